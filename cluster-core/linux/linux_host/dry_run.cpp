// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/dry_run.hpp"

#include <algorithm>
#include <deque>

#include "linux_host/report_text.hpp"

namespace linux_host {
namespace {

using namespace cluster;

/// Silence is played for this long after the limit of the slowest peer.
constexpr Duration played = std::chrono::seconds{30};
constexpr int most_steps = 10'000;

struct Player {
    const NodeFiles& files;
    ClusterNode node;
    Now now;
    Instant began;
    std::deque<ActionId> asked{};
    std::string out{};

    void line(const std::string& what) {
        out += "+" + seconds(now.monotonic - began) + "  " + what + "\n";
    }

    void operator()(ActionId id, const AcquireAddress& a) {
        ask(id, "address on: " + a.address.address);
    }
    void operator()(ActionId id, const ReleaseAddress& a) {
        ask(id, "address off: " + a.address.address);
    }
    void operator()(ActionId, const AnnounceAddress& a) { line("announce " + a.address.address); }
    void operator()(ActionId id, const QueryRoutes&) { asked.push_back(id); }
    void operator()(ActionId id, const ReplaceRoute& a) {
        ask(id, "route " + a.route.destination + " prefers " + a.route.source);
    }
    void operator()(ActionId id, const RunAgent& a) {
        ask(id,
            "run " + a.name +
                (a.op == AgentOp::start  ? " start"
                 : a.op == AgentOp::stop ? " stop"
                                         : " status"));
    }
    void operator()(ActionId id, const FenceNode& a) { ask(id, "fence " + a.node); }
    void operator()(ActionId id, const PersistState&) { asked.push_back(id); }
    void operator()(ActionId, const SendBridgeCommand&) { line("command to the foneBRIDGE"); }
    void operator()(ActionId, const Report& r) {
        const ReportLine report = describe(r.body, files);
        if (report.level <= Level::notice) {
            line(report.text);
        }
    }
    void operator()(ActionId, const LeaveCluster&) { line("leave the cluster"); }
    void operator()(ActionId, const SendDatagram&) {}
    void operator()(ActionId, const SendPing&) {}
    void operator()(ActionId, const Cancel&) {}

    void ask(ActionId id, const std::string& what) {
        line(what);
        asked.push_back(id);
    }

    void tell(const Event& event) {
        ActionSink sink;
        node.handle(now, event, sink);
        for (const IssuedAction& issued : sink.actions()) {
            std::visit([&](const auto& action) { (*this)(issued.id, action); }, issued.action);
        }
        sink.clear();
    }
};

}  // namespace

std::string dry_run_text(const Driver& driver) {
    auto copy = ClusterNode::restore(driver.node_options(), driver.snapshot());
    if (!copy.has_value()) {
        return "error: this node cannot be copied just now\n";
    }
    Clock clock;
    const Now now = clock.now();
    Player player{driver.files(), std::move(copy.value()), now, now.monotonic};
    Duration limit = driver.files().ha.deadtime;
    for (const PeerStatus& peer : driver.status().peers) {
        limit = std::max(limit, peer.announced_dt);
    }
    player.line("every peer falls silent; scripts are taken to say nothing and to succeed");
    for (int step = 0; step < most_steps; ++step) {
        if (!player.asked.empty()) {
            const ActionId id = player.asked.front();
            player.asked.pop_front();
            player.tell(ActionCompleted{id, Outcome::done, 0, {}, {}});
            continue;
        }
        const auto next = player.node.next_deadline();
        if (!next || *next > player.began + limit + played) {
            break;
        }
        player.now.monotonic = std::max(player.now.monotonic, *next);
        player.tell(DeadlineReached{});
    }
    return player.out;
}

}  // namespace linux_host
