// SPDX-License-Identifier: GPL-2.0-or-later
// The driver: two daemons with the published call-centre files on two simulated hosts, over every
// medium it can use.
#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "model/agent.hpp"
#include "model/daemon_process.hpp"
#include "model/host.hpp"
#include "net_support.hpp"
#include "support/catch.hpp"

using models::DaemonOptions;
using models::DaemonProcess;
using models::Host;
using models::LanLink;
using models::LanSwitch;
using models::LightEndpoint;
using models::RecordId;
using ns3::MilliSeconds;
using ns3::Seconds;

namespace {

constexpr const char* vip = "10.10.10.110";

std::string read(const std::string& name) {
    std::ifstream file(SOURCE_DIR "/scenarios/call-centre/etc/" + name);
    REQUIRE(file.good());
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The published files; `change` edits the text of ha.cf.
cluster::NodeFiles published(const std::function<void(std::string&)>& change = {}) {
    std::string ha = read("ha.cf");
    if (change) {
        change(ha);
    }
    cluster::NodeFiles files;
    auto parsed = cluster::parse_ha_cf(ha, "ha.cf");
    REQUIRE(parsed.ok());
    files.ha = std::move(parsed.value);
    auto resources = cluster::parse_haresources(read("haresources"), "haresources", files.ha.nodes);
    REQUIRE(resources.ok());
    files.resources = std::move(resources.value);
    auto keys = cluster::parse_authkeys(read("authkeys"), "authkeys");
    REQUIRE(keys.ok());
    files.keys = std::move(keys.value);
    return files;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
}

struct Cluster : test::World {
    struct Member {
        Member(Cluster& world, const std::string& name) : host(world.context, name) {}
        Host host;
        models::AgentTable agents;
        std::vector<std::pair<std::int64_t, std::size_t>>
            events;  ///< (time, index of the event's kind)
        std::vector<cluster::LeaveCluster::Then> left;
    };

    explicit Cluster(cluster::NodeFiles files_ = published(),
                     ns3::Time second_start = MilliSeconds(137))
        : files(std::move(files_)) {
        ns3::Time start = MilliSeconds(611);
        int number = 1;
        for (Member* member : {&one, &two}) {
            add_agents(*member);
            member->host.on_lost = [member] {
                for (auto& [word, agent] : member->agents) {
                    agent->host_lost();
                }
            };
            member->host.set_init(
                [this, member, number](Host& host) {
                    return std::make_unique<DaemonProcess>(host, options(*member, number));
                },
                "heartbeat");
            member->host.power_on(start);
            start = second_start;
            ++number;
        }
    }

    static void add_agents(Member& member) {
        using std::chrono::milliseconds;
        member.agents["fonulator"] = std::make_unique<models::ScriptAgent>(
            member.host,
            "fonulator",
            models::ScriptAgent::Profile{.start = models::ConstantDist{milliseconds{300}},
                                         .stop = models::ConstantDist{milliseconds{5}}});
        member.agents["asterisk"] = std::make_unique<models::ScriptAgent>(
            member.host,
            "asterisk",
            models::ScriptAgent::Profile{.start = models::ConstantDist{milliseconds{5000}},
                                         .stop = models::ConstantDist{milliseconds{500}}});
    }

    DaemonOptions options(Member& member, int number) {
        DaemonOptions o;
        o.node.name = member.host.name();
        o.node.uuid.bytes[15] = static_cast<std::byte>(number);
        o.node.files = files;
        o.node.seed = static_cast<std::uint64_t>(number);
        o.agents = &member.agents;
        o.tap = [&member](const cluster::Now&,
                          const cluster::Event& event,
                          const std::vector<cluster::IssuedAction>&) {
            member.events.emplace_back(ns3::Simulator::Now().GetNanoSeconds(), event.index());
        };
        o.on_leave = [&member](cluster::LeaveCluster::Then then) {
            member.left.push_back(then);
            member.host.kill("heartbeat");
        };
        o.clock_offset_ns = 1'000'000'000'000LL * number;  // nodes booted at different times
        return o;
    }

    static DaemonProcess& daemon(Member& member) {
        auto* process = dynamic_cast<DaemonProcess*>(member.host.find("heartbeat"));
        REQUIRE(process != nullptr);
        return *process;
    }

    [[nodiscard]] std::size_t events_of(const Member& member, std::size_t kind) const {
        return static_cast<std::size_t>(
            std::ranges::count(member.events, kind, &std::pair<std::int64_t, std::size_t>::second));
    }

    /// Kinds of the records that led to this one, itself first.
    [[nodiscard]] std::vector<std::string> chain(RecordId from) const {
        std::vector<std::string> kinds;
        for (RecordId id = from; id != RecordId::none; id = recorder.at(id).cause) {
            REQUIRE(recorder.at(id).cause < id);
            kinds.push_back(recorder.at(id).kind);
        }
        return kinds;
    }

    cluster::NodeFiles files;
    LanSwitch lan{context, "sw1", Seconds(300)};
    Member one{*this, "asterisk1"};
    Member two{*this, "asterisk2"};
    LightEndpoint client{
        context, "client", ns3::Mac48Address("02:00:00:00:00:20"), "10.10.10.50", 24};
    LanLink l1{
        context,
        "l1",
        one.host.add_interface("eth0", ns3::Mac48Address("02:00:00:00:00:01"), {"10.10.10.100/24"}),
        lan.port(1),
        {}};
    LanLink l2{
        context,
        "l2",
        two.host.add_interface("eth0", ns3::Mac48Address("02:00:00:00:00:02"), {"10.10.10.120/24"}),
        lan.port(2),
        {}};
    LanLink l3{context, "l3", client, lan.port(3), {}};
};

template <class E>
constexpr std::size_t kind_of() {
    return cluster::Event{E{}}.index();
}

}  // namespace

TEST_CASE("Driver: cold start gives the group to its preferred node, left to right",
          "[models][daemon]") {
    Cluster w;
    w.simulation.run_until(Seconds(60));
    CHECK(w.one.host.has_address(vip));
    CHECK_FALSE(w.two.host.has_address(vip));
    std::vector<std::string> started;
    for (const auto& r : w.recorder.of("agent.run")) {
        CHECK(r.subject == "asterisk1");
        if (r.field("op") == "start") {
            started.push_back(r.field("word"));
        }
    }
    CHECK(started == std::vector<std::string>{"fonulator", "asterisk"});
    CHECK(Cluster::daemon(w.one).status().groups.at(0).role == cluster::GroupRole::active);
    CHECK(w.recorder.of("ms.address").size() == 1);
    CHECK(w.recorder.of("ms.address")[0].field("interface") == "eth0");
    CHECK(w.recorder.of("bad-packets").empty());
}

TEST_CASE("Driver: after loss of power the other node has the address within deadtime and a tick, "
          "and says why",
          "[models][daemon]") {
    const int phase = GENERATE(0, 37, 91, 150, 199);
    CAPTURE(phase);
    Cluster w;
    std::vector<std::int64_t> answered;
    w.client.on_echo_reply = [&](const std::string&, std::uint16_t, std::uint16_t) {
        answered.push_back(ns3::Simulator::Now().GetMilliSeconds());
    };
    for (std::uint64_t i = 0; i < 1000; ++i) {
        w.simulation.at(MilliSeconds(100 * i + 3),
                        [&, i] { w.client.send_echo(vip, 1, static_cast<std::uint16_t>(i)); });
    }
    const std::int64_t fault_ms = 60'017 + phase;  // anywhere between two beats of the dying node
    w.simulation.at(MilliSeconds(static_cast<std::uint64_t>(fault_ms)),
                    [&] { w.one.host.power_off(); });
    w.simulation.run_until(Seconds(80));

    const auto detect = w.recorder.of("ms.detect", "asterisk2");
    REQUIRE(detect.size() == 1);
    CHECK(detect[0].field("peer") == "asterisk1");
    const double detected =
        static_cast<double>(detect[0].at_ns) / 1e6 - static_cast<double>(fault_ms);
    CAPTURE(detected);
    CHECK(detected >= 1800);
    CHECK(detected <= 2010);
    const auto address = w.recorder.of("ms.address", "asterisk2");
    REQUIRE(address.size() == 1);
    CHECK(address[0].at_ns - detect[0].at_ns < 100'000'000);
    CHECK(w.two.host.has_address(vip));
    CHECK_FALSE(w.one.host.has_address(vip));

    const auto causes = w.chain(address[0].id);
    const auto position = [&](const char* kind) {
        return std::ranges::find(causes, kind) - causes.begin();
    };
    CAPTURE(causes);
    CHECK(position("ms.decide") < position("ms.detect"));
    CHECK(position("ms.detect") < static_cast<std::ptrdiff_t>(causes.size()));
    // Before the detection: what was last heard of the peer, which is older than the fault.
    CHECK(detect[0].cause != RecordId::none);

    const auto announce = w.recorder.of("ms.announce", "asterisk2");
    REQUIRE(announce.size() == 1);
    CHECK(w.recorder.at(announce[0].cause).kind == "address.announced");
    const auto back =
        std::ranges::find_if(answered, [&](std::int64_t at) { return at > fault_ms; });
    REQUIRE(back != answered.end());
    CHECK(*back <= address[0].at_ns / 1'000'000 + 110);

    // The service follows after the address, with the script's own time.
    const auto done = w.recorder.of("agent.done", "asterisk2");
    REQUIRE_FALSE(done.empty());
    const auto& last = done.back();
    CHECK(last.field("word") == "asterisk");
    CHECK(w.chain(last.id).size() > causes.size());
}

TEST_CASE("Driver: the same run twice gives the same records and frames",
          "[models][daemon][determinism]") {
    const auto once = [] {
        Cluster w;
        w.simulation.at(MilliSeconds(30'017), [&] { w.one.host.power_off(); });
        w.simulation.run_until(Seconds(45));
        return w.recorder.dump();
    };
    const std::string first = once();
    CHECK(first.size() > 10'000);
    CHECK(first == once());
}

TEST_CASE("Driver: the daemons hear each other over every medium", "[models][daemon]") {
    const auto medium = GENERATE(as<std::string>{},
                                 "bcast eth0",
                                 "mcast eth0 225.0.0.1 694 1 0",
                                 "ucast eth0 10.10.10.100\nucast eth0 10.10.10.120",
                                 "baud 19200\nserial /dev/ttyS0",
                                 "bcast eth0\nucast eth0 10.10.10.100\nucast eth0 "
                                 "10.10.10.120\nmcast eth0 225.0.0.1 694 1 0");
    CAPTURE(medium);
    Cluster w(published([&](std::string& ha) { replace(ha, "bcast eth0", medium); }));
    models::SerialLine line(w.context, "null-modem", "asterisk1:ttyS0", "asterisk2:ttyS0", 19200);
    w.one.host.add_serial("/dev/ttyS0", line, 0);
    w.two.host.add_serial("/dev/ttyS0", line, 1);
    w.simulation.run_until(Seconds(40));
    for (auto* member : {&w.one, &w.two}) {
        const auto status = Cluster::daemon(*member).status();
        REQUIRE(status.peers.size() == 1);
        CHECK(status.peers[0].state == cluster::PeerState::up);
        // Every line of ha.cf carries the peer, except the ucast line that names the node itself.
        for (std::size_t i = 0; i < w.files.ha.links.size(); ++i) {
            const bool own = w.files.ha.links[i].address == member->host.fixed_address("eth0");
            CAPTURE(i);
            CHECK((own || status.peers[0].links_up.at(i)));
        }
    }
    CHECK(w.one.host.has_address(vip));
    CHECK_FALSE(w.two.host.has_address(vip));
    CHECK(w.recorder.of("link.unusable").empty());
    CHECK(w.recorder.of("bad-packets").empty());
}

TEST_CASE("Driver: a medium that the host does not have is told once, and the daemon lives",
          "[models][daemon]") {
    Cluster w(published([](std::string& ha) {
        replace(ha, "bcast eth0", "bcast eth0\nbcast eth5\nserial /dev/ttyS7");
    }));
    w.simulation.run_until(Seconds(30));
    CHECK(w.recorder.of("link.unusable", "asterisk1").size() == 2);
    CHECK(w.one.host.has_address(vip));
}

TEST_CASE("Driver: carrier changes reach the core, for the links of that interface",
          "[models][daemon]") {
    Cluster w;
    w.simulation.at(Seconds(30), [&] { w.l1.set_plugged(false); });
    w.simulation.at(Seconds(31), [&] { w.l1.set_plugged(true); });
    w.simulation.run_until(Seconds(40));
    CHECK(w.events_of(w.one, kind_of<cluster::LinkStateChanged>()) == 2);
    CHECK(w.events_of(w.two, kind_of<cluster::LinkStateChanged>()) == 0);
}

TEST_CASE("Driver: ping targets are asked, and their answers reach the core", "[models][daemon]") {
    Cluster w(published([](std::string& ha) { ha += "ping 10.10.10.50\n"; }));
    w.simulation.at(Seconds(30), [&] { w.l3.set_plugged(false); });
    w.simulation.run_until(Seconds(50));
    CHECK(w.events_of(w.one, kind_of<cluster::PingReplyReceived>()) > 10);
    const auto told = w.recorder.of("ping", "asterisk1");
    REQUIRE(told.size() >= 2);
    CHECK(told.front().field("up") == "true");
    CHECK(told.back().field("up") == "false");
    CHECK(told.back().at_ns > 30'000'000'000);
}

TEST_CASE("Driver: a word without script is a failed start, not a silent success",
          "[models][daemon]") {
    Cluster w;
    w.one.agents.erase("fonulator");
    w.simulation.run_until(Seconds(40));
    bool failed = false;
    for (const auto& r : w.recorder.of("resource.state", "asterisk1")) {
        failed = failed || (r.field("word") == "fonulator" && r.field("to") == "failed");
    }
    CHECK(failed);
}

TEST_CASE("Driver: while the node is frozen nothing is handled; at the thaw all of it is, in order",
          "[models][daemon]") {
    Cluster w;
    w.simulation.at(Seconds(30), [&] { w.two.host.freeze(); });
    w.simulation.at(Seconds(31), [&] { w.two.host.thaw(); });
    w.simulation.run_until(Seconds(40));
    std::size_t during = 0;
    std::size_t at_thaw = 0;
    for (const auto& [at, kind] : w.two.events) {
        during += at > 30'000'000'000 && at < 31'000'000'000 ? 1U : 0U;
        at_thaw += at == 31'000'000'000 && kind == kind_of<cluster::DatagramReceived>() ? 1U : 0U;
    }
    CHECK(during == 0);
    CHECK(at_thaw == 5);  // one second of beats at 200 ms
    CHECK(w.recorder.of("ms.detect").empty());
    CHECK_FALSE(w.two.host.has_address(vip));
}

TEST_CASE("Driver: a killed daemon does nothing more, but the kernel keeps its addresses",
          "[models][daemon]") {
    Cluster w;
    w.simulation.at(Seconds(30), [&] { CHECK(w.one.host.kill("heartbeat")); });
    w.simulation.run_until(Seconds(50));
    CHECK(w.one.host.has_address(vip));
    CHECK(w.two.host.has_address(
        vip));  // split brain, as with the real daemon: nobody stops the dead one's resources
    for (const auto& [at, kind] : w.one.events) {
        CHECK(at <= 30'000'000'000);
    }
}

TEST_CASE("Driver: a clean stop releases everything, then the daemon leaves and the peer serves",
          "[models][daemon]") {
    Cluster w;
    w.simulation.at(Seconds(30), [&] {
        Cluster::daemon(w.one).command(
            {cluster::AdminCommand::Kind::stop, cluster::ResourceScope::all});
    });
    w.simulation.run_until(Seconds(60));
    CHECK(w.one.left ==
          std::vector<cluster::LeaveCluster::Then>{cluster::LeaveCluster::Then::exit});
    CHECK(w.one.host.find("heartbeat") == nullptr);
    CHECK_FALSE(w.one.host.has_address(vip));
    CHECK(w.two.host.has_address(vip));
    REQUIRE(w.recorder.of("address.removed", "asterisk1").size() == 1);
    const auto taken = w.recorder.of("ms.address", "asterisk2");
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].at_ns > w.recorder.of("address.removed", "asterisk1")[0].at_ns);
    // The peer's message is what led to it: the chain crosses the wire.
    bool crosses = false;
    for (RecordId id = taken[0].id; id != RecordId::none; id = w.recorder.at(id).cause) {
        crosses = crosses || w.recorder.at(id).subject == "asterisk1";
    }
    CHECK(crosses);
}

TEST_CASE("Driver: state that was stored is there after a reboot", "[models][daemon]") {
    Cluster w;
    w.simulation.at(Seconds(30), [&] { w.two.host.power_off(); });
    w.simulation.at(Seconds(40), [&] { w.two.host.power_on(Seconds(20)); });
    std::uint64_t before = 0;
    w.simulation.at(Seconds(29), [&] { before = Cluster::daemon(w.two).status().generation; });
    w.simulation.run_until(Seconds(90));
    CHECK_FALSE(w.two.host.disk().empty());
    CHECK(Cluster::daemon(w.two).status().generation > before);
    CHECK(Cluster::daemon(w.one).status().peers.at(0).state == cluster::PeerState::up);
    CHECK(w.one.host.has_address(vip));
    CHECK_FALSE(w.two.host.has_address(vip));
}

TEST_CASE("Driver: nothing it hears makes it fall over", "[models][daemon]") {
    Cluster w;
    models::RandomStream noise(5, "noise");
    for (std::uint64_t i = 0; i < 2000; ++i) {
        w.simulation.at(MilliSeconds(10 * i + 1), [&] {
            std::vector<std::byte> bytes(static_cast<std::size_t>(noise.below(1400)));
            for (std::byte& b : bytes) {
                b = static_cast<std::byte>(noise.below(256));
            }
            w.client.send_udp("10.10.10.255", 694, 694, bytes);
        });
    }
    w.simulation.run_until(Seconds(40));
    CHECK(w.one.host.has_address(vip));
    CHECK(Cluster::daemon(w.one).status().counters.bad[0] > 1000);
    CHECK(w.recorder.of("bad-packets", "asterisk1").size() <= 4);
}
