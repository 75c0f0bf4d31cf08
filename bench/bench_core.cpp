// SPDX-License-Identifier: GPL-2.0-or-later
// Cost of one received heartbeat in the core: decode, verify, membership. Two real cores talk in
// virtual time; only the handling of accepted status datagrams is timed. Prints one line of JSON.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cluster/cluster_node.hpp"

namespace {

using namespace std::chrono_literals;

cluster::NodeFiles files() {
    cluster::NodeFiles result;
    result.ha =
        cluster::parse_ha_cf(
            "keepalive 200ms\ndeadtime 2\nwarntime 1\ninitdead 120\nudpport 694\nbcast eth0\n"
            "auto_failback on\nnode asterisk1\nnode asterisk2\n",
            "ha.cf")
            .value;
    result.resources =
        cluster::parse_haresources("asterisk1 10.10.10.110\n", "haresources", result.ha.nodes)
            .value;
    result.keys = cluster::parse_authkeys("auth 1\n1 sha1 SuPerS&cretP@$$werd\n", "authkeys").value;
    return result;
}

cluster::ClusterNode node(const std::string& name, std::byte id) {
    cluster::NodeOptions options;
    options.name = name;
    options.uuid.bytes.fill(id);
    options.files = files();
    options.seed = 7;
    return cluster::ClusterNode{std::move(options)};
}

/// Answers what has to be answered, at once; returns the datagrams.
std::vector<std::vector<std::byte>>
execute(cluster::ClusterNode& self, const cluster::Now& now, cluster::ActionSink& sink) {
    std::vector<std::vector<std::byte>> sent;
    std::vector<cluster::ActionId> to_answer;
    for (const cluster::IssuedAction& issued : sink.actions()) {
        if (const auto* send = std::get_if<cluster::SendDatagram>(&issued.action)) {
            sent.emplace_back(send->bytes.begin(), send->bytes.end());
        } else if (std::holds_alternative<cluster::AcquireAddress>(issued.action) ||
                   std::holds_alternative<cluster::ReleaseAddress>(issued.action) ||
                   std::holds_alternative<cluster::PersistState>(issued.action)) {
            to_answer.push_back(issued.id);
        }
    }
    sink.clear();
    for (const cluster::ActionId id : to_answer) {
        cluster::ActionSink more;
        cluster::ActionCompleted done;
        done.id = id;
        self.handle(now, done, more);
        for (auto& bytes : execute(self, now, more)) {
            sent.push_back(std::move(bytes));
        }
    }
    return sent;
}

}  // namespace

int main() {
    cluster::ClusterNode a = node("asterisk1", std::byte{1});
    cluster::ClusterNode b = node("asterisk2", std::byte{2});
    cluster::ActionSink sink;
    cluster::Now now{
        cluster::Instant{1s}, cluster::WallSeconds{1'800'000'000}, "0.00 0.01 0.05 1/100 1000"};

    std::vector<double> nanoseconds;
    std::vector<std::vector<std::byte>> to_a;
    std::vector<std::vector<std::byte>> to_b;
    a.handle(now, cluster::NodeStarted{}, sink);
    to_b = execute(a, now, sink);
    b.handle(now, cluster::NodeStarted{}, sink);
    to_a = execute(b, now, sink);

    constexpr int wanted = 50'000;
    while (nanoseconds.size() < wanted) {
        while (!to_a.empty() || !to_b.empty()) {
            std::vector<std::vector<std::byte>> from_a;
            for (const auto& bytes : to_b) {
                const auto before = std::chrono::steady_clock::now();
                b.handle(now, cluster::DatagramReceived{cluster::LinkId{0}, bytes}, sink);
                const auto after = std::chrono::steady_clock::now();
                if (sink.empty()) {
                    nanoseconds.push_back(
                        std::chrono::duration<double, std::nano>(after - before).count());
                }
                for (auto& reply : execute(b, now, sink)) {
                    from_a.push_back(std::move(reply));
                }
            }
            to_b.clear();
            for (const auto& bytes : to_a) {
                a.handle(now, cluster::DatagramReceived{cluster::LinkId{0}, bytes}, sink);
                for (auto& reply : execute(a, now, sink)) {
                    to_b.push_back(std::move(reply));
                }
            }
            to_a = std::move(from_a);
        }
        const auto next = std::min(a.next_deadline(), b.next_deadline());
        if (!next) {
            std::fprintf(stderr, "bench_core: a node has nothing left to wait for\n");
            return EXIT_FAILURE;
        }
        const cluster::Instant at = std::max(*next, now.monotonic);
        now.wall = cluster::WallSeconds{1'800'000'000 + at.time_since_epoch() / 1s};
        now.monotonic = at;
        a.handle(now, cluster::DeadlineReached{}, sink);
        to_b = execute(a, now, sink);
        b.handle(now, cluster::DeadlineReached{}, sink);
        to_a = execute(b, now, sink);
    }
    std::sort(nanoseconds.begin(), nanoseconds.end());
    const auto at = [&](double share) {
        return nanoseconds[static_cast<std::size_t>(share *
                                                    static_cast<double>(nanoseconds.size() - 1))];
    };
    std::printf("{\"bench\":\"core.received_heartbeat\",\"unit\":\"ns\",\"count\":%zu,\"p50\":%.0f,"
                "\"p95\":%.0f}\n",
                nanoseconds.size(),
                at(0.5),
                at(0.95));
    return EXIT_SUCCESS;
}
