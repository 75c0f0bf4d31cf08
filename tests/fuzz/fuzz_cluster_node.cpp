// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes as a sequence of events into one core: time, raw packets, correctly signed messages of any
// content, completions, commands, sleep, hand-over. Checked: no crash, bounded output, ids
// increase, timers make progress, nothing after the end, and a restored snapshot is the same state.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "cluster/check.hpp"
#include "cluster/cluster_node.hpp"
#include "cluster/wire/heartbeat.hpp"

namespace {

using namespace cluster;

class Input {
  public:
    explicit Input(std::span<const std::uint8_t> bytes) : m_bytes(bytes) {}
    [[nodiscard]] bool empty() const { return m_bytes.empty(); }
    std::uint8_t byte() {
        if (m_bytes.empty()) {
            return 0;
        }
        const std::uint8_t value = m_bytes.front();
        m_bytes = m_bytes.subspan(1);
        return value;
    }
    std::span<const std::uint8_t> take(std::size_t size) {
        size = std::min(size, m_bytes.size());
        const auto taken = m_bytes.first(size);
        m_bytes = m_bytes.subspan(size);
        return taken;
    }

  private:
    std::span<const std::uint8_t> m_bytes;
};

constexpr std::array types{"status",
                           "starting",
                           "resource",
                           "ask_resources",
                           "hb_takeover",
                           "ip-request",
                           "ip-request-resp",
                           "shutdone",
                           "reqnodes",
                           "repnodes",
                           "NS_rexmit",
                           "NS_ackmsg",
                           "NS_nak_rexmit",
                           "stonith",
                           "addnode",
                           "status"};
constexpr std::array names{"st",
                           "dt",
                           "protocol",
                           "rsc_hold",
                           "rtype",
                           "isstable",
                           "info",
                           "dest",
                           "ipaddr",
                           "ok",
                           "weown",
                           "firstseq",
                           "lastseq",
                           "us_failed",
                           "us_pings",
                           "us_claims"};
constexpr std::array values{
    "active",   "up",        "init",         "dead", "7d0", "0",     "1",    "all",
    "local",    "foreign",   "none",         "full", "me",  "other", "done", "standby",
    "shutdown", "asterisk2", "10.10.10.110", "OK",   "yes", "no",    "5",    "ffffffffffffffff"};

class Bench {
  public:
    explicit Bench(std::uint8_t flavour) {
        options.name = "asterisk2";
        std::string ha = "keepalive 200ms\ndeadtime 2\nwarntime 1\ninitdead 10\nudpport 694\nbcast "
                         "eth0\nserial /dev/ttyS0\nping 10.10.10.1\n"
                         "respawn hacluster /usr/lib/heartbeat/ipfail\n";
        ha += (flavour & 4U) != 0 ? "stonith meatware /etc/ha.d/stonith.cfg\n" : "";
        ha += std::array{"auto_failback on\n",
                         "auto_failback off\n",
                         "auto_failback legacy\n",
                         "auto_failback on\n"}[flavour & 3U];
        ha += "node asterisk1\nnode asterisk2\n";
        options.files.ha = parse_ha_cf(ha, "ha.cf", options.name).value;
        options.files.resources =
            parse_haresources("asterisk1 10.10.10.110 asterisk\nasterisk2 10.10.10.111\n",
                              "haresources",
                              options.files.ha.nodes)
                .value;
        options.files.keys = parse_authkeys("auth 1\n1 sha1 k\n", "authkeys").value;
        if ((flavour & 8U) != 0) {
            options.quirks = Quirks::heartbeat_3_0_6();
            options.files.settings = options.files.settings.as_heartbeat_3_0_6();
        }
        keys = std::make_unique<wire::Authenticator>(options.files.keys);
        node = std::make_unique<ClusterNode>(options);
    }

    void give(const Event& event) {
        ActionSink sink;
        node->handle({now, WallSeconds{1'800'000'000}, "0.00 0.01 0.05 1/100 1000"}, event, sink);
        CLUSTER_CHECK(sink.actions().size() < 20'000);
        CLUSTER_CHECK(!left || sink.empty());
        for (const IssuedAction& issued : sink.actions()) {
            CLUSTER_CHECK(static_cast<std::uint64_t>(issued.id) > last_id);
            last_id = static_cast<std::uint64_t>(issued.id);
            const bool answered = std::holds_alternative<AcquireAddress>(issued.action) ||
                                  std::holds_alternative<ReleaseAddress>(issued.action) ||
                                  std::holds_alternative<RunAgent>(issued.action) ||
                                  std::holds_alternative<FenceNode>(issued.action) ||
                                  std::holds_alternative<PersistState>(issued.action);
            if (answered) {
                open.push_back(issued.id);
            }
            left = left || std::holds_alternative<LeaveCluster>(issued.action);
        }
    }

    void run_for(Duration duration) {
        const Instant end = now + duration;
        for (int guard = 0;; ++guard) {
            CLUSTER_CHECK(guard < 5000);
            const auto at = node->next_deadline();
            if (!at || *at > end) {
                break;
            }
            now = std::max(now, *at);
            give(DeadlineReached{});
            CLUSTER_CHECK(!node->next_deadline() || *node->next_deadline() > now);
        }
        now = end;
    }

    void hear(Input& in) {
        wire::OutgoingMessage message;
        const std::uint8_t type = in.byte();
        const std::string name = types[type % types.size()];
        message.add("t", name);
        const std::uint8_t extra = in.byte() % 6;
        for (std::uint8_t i = 0; i < extra; ++i) {
            const char* field = names[in.byte() % names.size()];
            message.add(field, values[in.byte() % values.size()]);
        }
        message.add("src", (type & 64U) != 0 ? "asterisk2" : "asterisk1");
        const std::uint8_t step = in.byte();
        if (!name.starts_with("NS_")) {
            seq = step < 200 ? seq + 1 : step < 240 ? seq + step - 200 : step;
            message.add_hex("seq", seq);
        }
        generation += (type & 128U) != 0 ? 1 : 0;
        message.add_hex("hg", generation);
        message.add("ts", "6b000000");
        std::vector<std::byte> bytes;
        const bool serial = (type & 32U) != 0;
        serial ? wire::encode_classic(message, *keys, bytes)
               : wire::encode_netstring(message, *keys, MessageFormat::classic, bytes);
        give(DatagramReceived{LinkId{static_cast<std::uint16_t>(serial ? 1 : 0)}, bytes});
    }

    void hand_over() {
        const auto bytes = node->snapshot();
        auto restored = ClusterNode::restore(options, bytes);
        CLUSTER_CHECK(restored.has_value());
        CLUSTER_CHECK(restored->snapshot() == bytes);
        *node = std::move(*restored);
    }

    NodeOptions options;
    std::unique_ptr<wire::Authenticator> keys;
    std::unique_ptr<ClusterNode> node;
    Instant now{std::chrono::seconds{1}};
    std::vector<ActionId> open;
    std::uint64_t last_id = 0;
    std::uint64_t seq = 0;
    std::uint64_t generation = 5;
    bool left = false;
};

void answer(Bench& bench, Input& in) {
    const std::uint8_t choice = in.byte();
    if (bench.open.empty()) {
        bench.give(ActionCompleted{ActionId{choice}, Outcome::done, 0, {}, {}});
        return;
    }
    const auto at = bench.open.begin() + static_cast<std::ptrdiff_t>(choice % bench.open.size());
    const ActionId id = *at;
    bench.open.erase(at);
    const auto outcome = choice < 192 ? Outcome::done : static_cast<Outcome>(choice % 4);
    bench.give(ActionCompleted{
        id, outcome, choice % 5 == 0 ? 1 : 0, choice % 2 == 0 ? "running" : "not running", {}});
}

void play(Bench& bench, Input& in) {
    switch (in.byte() % 12) {
    case 0:
        bench.run_for(std::chrono::milliseconds{in.byte()});
        break;
    case 1:
        bench.run_for(std::chrono::milliseconds{50 * in.byte()});
        break;
    case 2:
    case 3:
    case 4:
        bench.hear(in);
        break;
    case 5:
    case 6:
        answer(bench, in);
        break;
    case 7:
        bench.give(AdminCommand{static_cast<AdminCommand::Kind>(in.byte() % 4),
                                static_cast<ResourceScope>(in.byte() % 3)});
        break;
    case 8: {
        const std::uint8_t which = in.byte();
        const auto raw = std::as_bytes(in.take(in.byte()));
        bench.give(DatagramReceived{LinkId{static_cast<std::uint16_t>(which % 3)}, raw});
        break;
    }
    case 9:
        bench.now += std::chrono::milliseconds{100 * in.byte()};
        break;  // asleep
    case 10: {
        const std::uint8_t what = in.byte();
        if (what >= 240) {
            AuthKeys keys = bench.options.files.keys;
            keys.keys[2] = AuthKey{AuthMethod::md5, "k2"};
            keys.sending_index = what % 2 == 0 ? 1 : 2;
            bench.give(ConfigReloaded{what % 4 == 0 ? nullptr : &keys});
        } else if (what >= 208) {
            bench.give(BridgeStreamChanged{(what & 1U) != 0, (what & 2U) != 0});
        } else if (what % 2 == 0) {
            bench.give(LinkStateChanged{LinkId{static_cast<std::uint16_t>(what / 4 % 3)},
                                        (what & 2U) != 0});
        } else {
            bench.give(
                PingReplyReceived{PingTargetId{static_cast<std::uint16_t>(what / 4 % 2)}, what});
        }
        break;
    }
    default:
        bench.hand_over();
        break;
    }
    (void)bench.node->status();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4096) {
        return 0;
    }
    Input in{{data, size}};
    Bench bench{in.byte()};
    bench.give(NodeStarted{});
    for (int events = 0; !in.empty() && events < 600; ++events) {
        play(bench, in);
    }
    bench.run_for(std::chrono::seconds{30});
    return 0;
}
