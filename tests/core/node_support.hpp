// SPDX-License-Identifier: GPL-2.0-or-later
// One core under test with a scripted peer: crafts signed messages of the peer and collects what
// the core does.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "cluster/cluster_node.hpp"
#include "support/report_text.hpp"

namespace test_support {

class LoneNode {
  public:
    explicit LoneNode(const std::string& extra_ha_cf = "", cluster::Quirks quirks = {}) {
        options.name = "asterisk2";
        options.uuid.bytes.fill(std::byte{0x22});
        const std::string ha = "keepalive 200ms\ndeadtime 2\nwarntime 1\ninitdead 10\nudpport "
                               "694\nbcast eth0\nbcast eth1\n" +
                               extra_ha_cf + "auto_failback on\nnode asterisk1\nnode asterisk2\n";
        options.files.ha = cluster::parse_ha_cf(ha, "ha.cf", options.name).value;
        options.files.resources = cluster::parse_haresources("asterisk1 10.10.10.110 asterisk\n",
                                                             "haresources",
                                                             options.files.ha.nodes)
                                      .value;
        options.files.keys = cluster::parse_authkeys("auth 1\n1 sha1 k\n", "authkeys").value;
        options.quirks = quirks;
        keys = std::make_unique<cluster::wire::Authenticator>(options.files.keys);
    }

    void start(std::span<const std::byte> stored = {}) {
        node = std::make_unique<cluster::ClusterNode>(options);
        give(cluster::NodeStarted{stored});
    }

    void give(const cluster::Event& event) {
        cluster::ActionSink sink;
        node->handle(
            {now, cluster::WallSeconds{1'800'000'000}, "0.00 0.01 0.05 1/100 1000"}, event, sink);
        for (const auto& issued : sink.actions()) {
            if (const auto* send = std::get_if<cluster::SendDatagram>(&issued.action)) {
                cluster::wire::MessageView view;
                if (send->link == cluster::LinkId{0} &&
                    !cluster::wire::decode(send->bytes, *keys, view)) {
                    said.push_back(own_fields(view));
                    packets.emplace_back(send->bytes.begin(), send->bytes.end());
                }
            } else if (const auto* report = std::get_if<cluster::Report>(&issued.action)) {
                reports.push_back(to_text(report->body));
            } else if (const auto* persist = std::get_if<cluster::PersistState>(&issued.action)) {
                durable.assign(persist->bytes.begin(), persist->bytes.end());
            }
            issues.push_back(issued.action.index());
        }
        for (const auto& issued : sink.actions()) {
            if (std::holds_alternative<cluster::PersistState>(issued.action)) {
                give(cluster::ActionCompleted{.id = issued.id,
                                              .outcome = cluster::Outcome::done,
                                              .code = 0,
                                              .output = {},
                                              .routes = {}});
            }
        }
    }

    void run_for(cluster::Duration duration) {
        const cluster::Instant end = now + duration;
        for (auto at = node->next_deadline(); at && *at <= end; at = node->next_deadline()) {
            now = std::max(now, *at);
            give(cluster::DeadlineReached{});
        }
        now = end;
    }

    using Fields = std::initializer_list<std::pair<const char*, std::string>>;

    [[nodiscard]] std::vector<std::byte> message(std::uint64_t seq,
                                                 std::uint64_t generation,
                                                 Fields fields,
                                                 const std::string& src = "asterisk1") const {
        cluster::wire::OutgoingMessage out;
        for (const auto& [name, value] : fields) {
            out.add(name, value);
        }
        out.add("src", src);
        if (seq > 0) {
            out.add_hex("seq", seq);
        }
        out.add_hex("hg", generation);
        out.add("ts", "6b000000");
        std::vector<std::byte> bytes;
        cluster::wire::encode_netstring(out, *keys, cluster::MessageFormat::netstring, bytes);
        return bytes;
    }

    void hear(const std::vector<std::byte>& bytes, int link = 0) {
        give(cluster::DatagramReceived{cluster::LinkId{static_cast<std::uint16_t>(link)}, bytes});
    }
    void status(std::uint64_t seq,
                const char* st = "active",
                const char* dt = "7d0",
                std::uint64_t generation = 5,
                int link = 0) {
        hear(message(seq, generation, {{"t", "status"}, {"st", st}, {"dt", dt}, {"protocol", "1"}}),
             link);
    }

    [[nodiscard]] std::size_t said_count(const std::string& begin) const {
        std::size_t n = 0;
        for (const auto& line : said) {
            n += line.starts_with(begin) ? 1U : 0U;
        }
        return n;
    }
    [[nodiscard]] bool reported(const std::string& part) const {
        for (const auto& line : reports) {
            if (line.find(part) != std::string::npos) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] cluster::PeerStatus peer() const { return node->status().peers.at(0); }

    cluster::NodeOptions options;
    std::unique_ptr<cluster::wire::Authenticator> keys;
    std::unique_ptr<cluster::ClusterNode> node;
    cluster::Instant now{std::chrono::seconds{1}};
    std::vector<std::string> said;
    std::vector<std::vector<std::byte>> packets;
    std::vector<std::string> reports;
    std::vector<std::size_t> issues;  ///< index of each action in its variant
    std::vector<std::byte> durable;
};

}  // namespace test_support
