// SPDX-License-Identifier: GPL-2.0-or-later
// Who runs which resource groups among any number of our own nodes: docs/native-protocol.md §5.
// Full state in each beat, nothing is acknowledged; every change is a plan that all its members
// accept. Says start, stop, suspend and resume; ResourceManager carries out. The rules' numbers
// stand at the functions that follow them.
//
//   unknown --all is down--> none --plan names us (N13)--> starting --> up
//                             ^                              |  ^       |
//                             |                  N7, N8, N16..N18 |  N13  | plan names another,
//                             |                              v  |       v or a start fails
//                             +--stop confirmed-- releasing <-- suspended
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../membership/membership.hpp"
#include "../../node/role_table.hpp"
#include "../../resources/resource_manager.hpp"
#include "placement.hpp"
#include "view.hpp"

namespace cluster {

class OwnershipNative {
  public:
    OwnershipNative(Context& context, Membership& membership, ResourceManager& resources);

    /// This configuration speaks native from the first beat on.
    [[nodiscard]] static bool from_the_start(const NodeOptions& options);

    /// First of all in a life (N20).
    void start();
    /// First thing of every call (N7).
    void wake(Duration since_last_call);
    /// A status or goodbye of `peer` (index of Membership::peers()).
    void on_message(std::size_t peer, LinkId link, const wire::MessageView& view);
    void on_command(const AdminCommand& command);
    void on_stream(const BridgeStreamChanged& event);
    /// Carrier changed.
    void judge_again() noexcept { m_judge_due = true; }
    void on_deadline();
    /// Last thing of every call: outcomes of groups, and beats that a change asks for.
    void follow_up();

    [[nodiscard]] std::optional<Instant> next_deadline() const;
    [[nodiscard]] bool left() const noexcept { return m_left; }
    void fill(NodeStatus& status) const;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_own,
           self.m_told,
           self.m_known,
           self.m_groups,
           self.m_roles,
           self.m_dialect,
           self.m_born,
           self.m_waits_since,
           self.m_plan_since,
           self.m_proposed_at);
        ar(self.m_unsure_until,
           self.m_sent_at,
           self.m_beats,
           self.m_beat_wanted,
           self.m_judge_due,
           self.m_reported_plan,
           self.m_pings_counted,
           self.m_stream_arrives);
        ar(self.m_notices, self.m_leave_at, self.m_left, self.m_deadline, self.m_unsettled);
    }

  private:
    using NodeSet = wire::NodeSet;
    using Hold = wire::Hold;

    /// What we know of another node.
    struct Known {
        wire::NativeState state;  ///< of its last beat
        std::uint64_t generation = 0;
        std::uint64_t seq = 0;
        bool valid = false;    ///< a beat was heard in this life
        bool current = true;   ///< N7
        bool goodbye = false;  ///< it left cleanly, everything let go of
        Instant at{};          ///< when its newest beat came
        std::optional<Instant> direct_at;
        std::optional<Instant> in_time_at;
        std::optional<Instant> confirmed_at;
        std::optional<Instant> deaf_since;
        std::optional<Duration> least;  ///< of (arrival - nu) in this life of it
        Duration deadtime{};            ///< what it announced

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.state,
               self.generation,
               self.seq,
               self.valid,
               self.current,
               self.goodbye,
               self.at,
               self.direct_at,
               self.in_time_at,
               self.confirmed_at);
            ar(self.deaf_since, self.least, self.deadtime);
        }
    };

    struct Group {
        Instant changed{};                  ///< when the hold changed
        std::optional<Instant> failed_at;   ///< the failure is forgotten some time after it
        Duration retry_delay{};             ///< … after this, where nobody else can take it
        std::optional<Instant> home_fit;    ///< the home is fit to take it back since then (P5)
        std::optional<Instant> stop_again;  ///< a stop failed
        bool retried = false;

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.changed,
               self.failed_at,
               self.retry_delay,
               self.home_fit,
               self.stop_again,
               self.retried);
        }
    };

    /// A ClusterNotice that lasts.
    struct Notice {
        ClusterNotice::Kind kind{};
        std::string subject;
        bool operator==(const Notice&) const = default;

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.kind, self.subject);
        }
    };

    static constexpr Duration max_repeat = std::chrono::milliseconds{100};  // assumed
    static constexpr Duration max_guard = std::chrono::milliseconds{100};   // assumed
    static constexpr Duration least_deaf = std::chrono::milliseconds{300};  // assumed

    // beats.cpp: N1 to N7
    void learn(Known& known, const wire::NativeState& state, bool relayed);
    void relay(std::size_t node, const wire::MessageView& view);
    void look_around();
    void look_at(std::size_t node, const NodeSet& heard_by_others);
    void look_at_self();
    [[nodiscard]] bool steady(const Known& known, std::size_t node, const wire::NativeState&) const;
    [[nodiscard]] bool unsettled() const;
    [[nodiscard]] bool told() const;
    void send_beat(std::string_view type, bool may_ask);
    void judge();
    void plan_deadline();

    // agreement.cpp: 5.3, N9 to N12
    void accept();
    void agree();
    void propose();
    void take_plan(wire::Plan plan);
    void note_attempt(const wire::View& view);
    [[nodiscard]] bool acceptable(const wire::Plan& plan) const;
    [[nodiscard]] bool all_show(const std::optional<wire::Plan>& plan) const;
    [[nodiscard]] NodeSet circle() const;
    [[nodiscard]] bool proved_deaf(const Known& known) const;
    [[nodiscard]] bool outdated(std::size_t node, const NodeSet& set) const;
    [[nodiscard]] bool hindered(const NodeSet& set) const;
    [[nodiscard]] std::optional<wire::View> base_of(const NodeSet& set) const;
    [[nodiscard]] std::uint64_t greatest_epoch(const NodeSet& set) const;
    [[nodiscard]] bool owned_outside(std::size_t group, const NodeSet& members) const;
    [[nodiscard]] Placement place_groups(const NodeSet& members);
    [[nodiscard]] Quorum quorum_of(const NodeSet& acting, const NodeSet& members) const;
    [[nodiscard]] NodeSet said_goodbye() const;

    // holding.cpp: N8, N13 to N20
    void yield();
    void follow_plan();
    void acquire();
    void begin_hold(std::size_t group);
    void suspend(std::size_t group);
    void suspend_all();
    void release(std::size_t group);
    void announce(std::size_t group);
    void on_outcome(const GroupOutcome& outcome);
    void set_hold(std::size_t group, Hold hold);
    void fail(std::size_t group, wire::FailureReason reason);
    void forget_failures();
    void begin_stop();
    void finish_stop();
    void become_ready();
    void watch_home(std::size_t group);
    void repair(std::size_t group);
    [[nodiscard]] bool leased() const;
    [[nodiscard]] bool still_serves() const;
    [[nodiscard]] bool mine(std::size_t group) const;
    [[nodiscard]] bool others_eligible(std::size_t group) const;
    [[nodiscard]] bool up_elsewhere(std::size_t group) const;
    [[nodiscard]] TakeoverReason reason_for(std::size_t group) const;

    void give_away(const std::function<bool(std::size_t)>& which);
    void notice(ClusterNotice::Kind kind, const std::string& subject, bool holds);
    void notice_state();

    [[nodiscard]] std::size_t node_of(std::size_t peer) const noexcept {
        return peer < m_self ? peer : peer + 1;
    }
    [[nodiscard]] std::size_t peer_of(std::size_t node) const noexcept {
        return node < m_self ? node : node - 1;
    }
    /// The last beat of a node, or what we would say ourselves.
    [[nodiscard]] const wire::NativeState& said(std::size_t node) const {
        return node == m_self ? m_own : m_known[node].state;
    }
    [[nodiscard]] wire::NativeLimits limits(std::size_t sender) const noexcept {
        return {m_known.size(), m_groups.size(), sender};
    }
    [[nodiscard]] const std::string& name_of(std::size_t node) const {
        return m_context.ha().nodes[node];
    }
    [[nodiscard]] std::string key_of(std::size_t group) const;
    [[nodiscard]] GroupId id_of(std::size_t group) const noexcept {
        return GroupId{static_cast<std::uint16_t>(group)};
    }
    [[nodiscard]] bool within(const std::optional<Instant>& at, Duration limit) const {
        return at && m_context.now - *at <= limit;
    }
    /// Calls visit(node, known) for each other node that was heard in this life.
    template <class Visit>
    void each_known(Visit&& visit) const {
        for (std::size_t n = 0; n < m_known.size(); ++n) {
            if (n != m_self && m_known[n].valid) {
                visit(n, m_known[n]);
            }
        }
    }

    // §3
    [[nodiscard]] Duration keepalive() const {
        return std::max<Duration>(m_context.ha().keepalive, std::chrono::milliseconds{1});
    }
    [[nodiscard]] Duration deadtime() const { return m_context.ha().deadtime; }
    [[nodiscard]] Duration guard() const { return std::min(deadtime() / 8, max_guard); }
    /// A confirmation lasts this long.
    [[nodiscard]] Duration lease() const { return deadtime() / 2 - guard(); }
    [[nodiscard]] Duration repeat() const { return std::min(keepalive(), max_repeat); }
    [[nodiscard]] Duration deaf_time() const {
        const Duration most = std::max<Duration>(std::chrono::seconds{1} - keepalive(), least_deaf);
        return std::clamp(2 * keepalive(), least_deaf, most);
    }
    [[nodiscard]] Duration spacing() const {
        return m_context.options.files.settings.native.spacing;
    }

    Context& m_context;
    Membership& m_membership;
    ResourceManager& m_resources;
    PlacementOrder m_order;
    std::size_t m_self = 0;
    std::uint64_t m_configuration = 0;  ///< nc
    bool m_failback = false;
    RoleTable m_roles;

    wire::NativeState m_own;
    wire::NativeState m_told;    ///< our last beat
    std::vector<Known> m_known;  ///< by node; the entry of this node is not used
    std::vector<Group> m_groups;
    std::uint64_t m_dialect = 1;
    Instant m_born{};
    Instant m_waits_since{};  ///< N10: initdead counts from here
    Instant m_plan_since{};
    std::optional<Instant> m_proposed_at;
    std::optional<Instant> m_unsure_until;  ///< N7, after a long sleep
    Instant m_sent_at{};
    std::uint64_t m_beats = 0;
    bool m_beat_wanted = false;  ///< an answer
    bool m_judge_due = false;    ///< in follow_up()
    bool m_unsettled = true;     ///< N1: a beat each `repeat`
    wire::PlanId m_reported_plan;
    bool m_pings_counted = false;
    std::optional<bool> m_stream_arrives;
    std::vector<Notice> m_notices;
    std::optional<Instant> m_leave_at;
    bool m_left = false;
    std::optional<Instant> m_deadline;
};

}  // namespace cluster
