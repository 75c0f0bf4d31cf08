// SPDX-License-Identifier: GPL-2.0-or-later
// Two ClusterNodes in virtual time: links with latency, loss and cuts per direction, hosts with
// power, a scheduler that can freeze, and resources that take drawn times. No ns-3. Checkers run
// all the time.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cluster/cluster_node.hpp"

namespace test_support {

using cluster::Duration;
using cluster::Instant;

struct WorldOptions {
    std::string ha_cf =
        "keepalive 200ms\ndeadtime 2\nwarntime 1\ninitdead 10\nudpport 694\nbcast eth0\n";
    std::string auto_failback = "on";  ///< empty: no such line
    std::string haresources = "asterisk1 10.10.10.110 fonulator asterisk\n";
    std::string authkeys = "auth 1\n1 sha1 hbx-secret\n";
    cluster::Quirks quirks;
    cluster::Settings settings;
    std::uint64_t seed = 1;
    Duration latency = std::chrono::microseconds{300};
    bool log_messages = false;
    /// A foneBRIDGE whose flash names node 0; `fonulator` is bound to the switch, and the stream is
    /// told by what the bridge does (bridge_stream() is not needed).
    bool bridge = false;
};

/// How one word of haresources behaves on one node.
struct AgentBehaviour {
    Duration start = std::chrono::milliseconds{50};
    Duration stop = std::chrono::milliseconds{20};
    bool start_fails = false;
    bool stop_fails = false;
    bool stop_hangs = false;
};

class TwoNodeWorld {
  public:
    explicit TwoNodeWorld(WorldOptions options = {});
    ~TwoNodeWorld();

    // Faults and commands; node is 0 or 1 (asterisk1, asterisk2). All act now.
    void start(int node);
    void kill(int node);  ///< processes only: addresses and services stay
    void power_off(int node);
    void freeze(int node);
    void thaw(int node);
    void command(int node,
                 cluster::AdminCommand::Kind kind,
                 cluster::ResourceScope scope = cluster::ResourceScope::all);
    /// Messages of `from` no longer arrive over that link (-1: any link).
    void cut(int from, int link, bool is_cut);
    void split(bool is_split);
    void carrier(int node, int link, bool up);
    void bridge_stream(int node, bool arriving, bool link_up = true);
    /// The bridge: silent and mute; back with what its flash says; what it did.
    void bridge_off();
    void bridge_boots();
    /// Somebody runs fonulator on that node.
    void bridge_pointed_at(int node);
    /// The one that carries the stream; the control port stays reachable.
    void bridge_cable(bool in);
    void bridge_reachable(int node, bool reachable);
    [[nodiscard]] int bridge_sends_to() const;  ///< -1: nobody
    [[nodiscard]] int bridge_requests() const;
    /// The service manager's answer to the death of a daemon: a new life that releases.
    void release(int node);
    void reload(int node, const std::string& authkeys);
    void loss(int from, unsigned percent) { m_loss[static_cast<std::size_t>(from)] = percent; }
    void ping_reachable(int node, bool reachable) {
        m_ping_reachable[static_cast<std::size_t>(node)] = reachable;
    }
    void inject(int node, int link, std::span<const std::byte> bytes);
    AgentBehaviour& agent(int node, const std::string& word) { return m_agents[{node, word}]; }

    void run_until(Instant end);
    void run_for(Duration duration) { run_until(m_now + duration); }

    [[nodiscard]] Instant now() const { return m_now; }
    [[nodiscard]] bool runs(int node) const;
    [[nodiscard]] cluster::NodeStatus status(int node) const;
    [[nodiscard]] cluster::ClusterNode& node(int node);
    [[nodiscard]] bool has_address(int node, unsigned group = 0) const;
    [[nodiscard]] bool service_runs(int node, const std::string& word) const;
    /// 0, 1, -1 nobody, 2 both. Address of that group on a powered host.
    [[nodiscard]] int owner(unsigned group = 0) const;
    [[nodiscard]] unsigned starts(int node, const std::string& word) const;
    [[nodiscard]] unsigned stops(int node, const std::string& word) const;
    [[nodiscard]] const cluster::NodeOptions& options(int node) const;
    /// Sent by that node since its start, as "type fields"; status and NS_ left out.
    [[nodiscard]] const std::vector<std::string>& said(int node) const;
    [[nodiscard]] const std::vector<std::string>& log() const { return m_log; }
    [[nodiscard]] std::string log_text() const;
    /// Every report of the core.
    struct Said {
        Instant at;
        int node;
        cluster::ReportBody report;
    };
    [[nodiscard]] const std::vector<Said>& reports() const { return m_reports; }
    /// Longest time both nodes had an address of one group although both heard each other and both
    /// were scheduled.
    [[nodiscard]] Duration worst_double_ownership() const { return m_worst_double; }
    /// The same, heard or not, scheduled or not: what a client could meet.
    [[nodiscard]] Duration worst_double_anywhere() const { return m_worst_anywhere; }
    /// Snapshot → restore of a node between two events; false when it could not be restored.
    bool hand_over(int node);

  private:
    struct Host;
    struct Pending;
    struct Bridge;
    void follow_bridge();
    void deliver(Pending& pending);
    void handle(int node, const cluster::Event& event);
    void execute(int node, const cluster::IssuedAction& issued);
    void run_agent(int node, cluster::ActionId id, const cluster::RunAgent& action);
    void later(Duration delay, Pending pending);
    void note(int node, const std::string& text);
    void check();
    void send(int from, const cluster::SendDatagram& action);
    [[nodiscard]] bool reaches(int from) const;
    std::uint64_t random();

    WorldOptions m_options;
    Instant m_now{};
    std::array<std::unique_ptr<Host>, 2> m_hosts;
    std::multimap<std::pair<Instant, std::uint64_t>, std::unique_ptr<Pending>> m_queue;
    std::unique_ptr<Bridge> m_bridge;
    std::uint64_t m_order = 0;
    std::uint64_t m_random = 1;
    std::map<std::pair<int, std::string>, AgentBehaviour> m_agents;
    std::array<unsigned, 2> m_loss{};
    std::array<std::set<int>, 2> m_cut;
    std::array<bool, 2> m_ping_reachable{true, true};
    std::size_t m_links = 0;
    std::vector<std::string> m_log;
    std::vector<Said> m_reports;
    std::map<unsigned, Instant> m_double_since;
    std::optional<Instant> m_together_since;
    Duration m_worst_double{};
    std::optional<Instant> m_anywhere_since;
    Duration m_worst_anywhere{};
};

}  // namespace test_support
