// SPDX-License-Identifier: GPL-2.0-or-later
// Who runs which resource groups, in the dialect of heartbeat 3.0.6 with haresources ("R1"): two
// parties, each with the hold bits local (groups that prefer it) and foreign (the other's). Says
// start and stop; ResourceManager carries out.
//
//   init --active, `starting` sent--> starting --peer's `starting`--> both_starting
//     any `resource` heard or sent: --> rscrcvd --10 s, or the peer says isstable=1--> stable
//     --stop--> shutdown
//
// With auto_failback legacy none of this exists: groups are asked for one by one (ip-request).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../fencing/fencing_planner.hpp"
#include "../membership/membership.hpp"
#include "../node/role_table.hpp"
#include "../node/timer_table.hpp"
#include "../resources/resource_manager.hpp"
#include "claims.hpp"

namespace cluster {

/// Which of the two sets of groups a node holds, seen from itself.
struct HoldBits {
    bool local = false;
    bool foreign = false;
    bool operator==(const HoldBits&) const = default;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.local, self.foreign);
    }
};

class OwnershipR1 {
  public:
    OwnershipR1(Context& context, Membership& membership, ResourceManager& resources);

    void on_event(const PeerEvent& event);
    void on_message(std::size_t peer, const wire::MessageView& view);
    void on_command(const AdminCommand& command);
    void on_stream(const BridgeStreamChanged& event);
    bool on_completed(ActionId id, Outcome outcome);
    void on_deadline();
    /// Call after anything that may have moved a resource, a peer or a ping target.
    void follow_up();
    /// First of all in a life: what the one before may have left running.
    void find_left_over();
    /// Hands what runs here to membership, which tells it.
    void note_claims();
    /// This node was not scheduled for that long. True: others may own our groups now, and they
    /// have been given up.
    bool on_slept(Duration slept);

    [[nodiscard]] std::optional<Instant> next_deadline() const;
    [[nodiscard]] bool left() const noexcept { return m_left; }
    [[nodiscard]] bool leaving() const { return m_timers.armed(Timer::leave); }
    void fill(NodeStatus& status) const;

    enum class State : std::uint8_t { init, starting, both_starting, rscrcvd, stable, shutdown };

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_state,
           self.m_hold,
           self.m_other_hold,
           self.m_before_give,
           self.m_other_stable,
           self.m_owe_reply,
           self.m_foreign_by_death);
        ar(self.m_foreign_since_death,
           self.m_mach_down_due,
           self.m_heal_pending,
           self.m_heal_releasing,
           self.m_announce_due,
           self.m_repoint_due,
           self.m_conflict);
        ar(self.m_stream_arrives,
           self.m_stream_seen,
           self.m_quiet,
           self.m_cut_off,
           self.m_watch,
           self.m_settling,
           self.m_release_due);
        ar(self.m_standby,
           self.m_scope,
           self.m_goodbye_sent,
           self.m_restart_after_stop,
           self.m_left);
        ar(self.m_fifo_scope);
        ar(self.m_groups, self.m_roles, self.m_timers, self.m_fencing);
    }

  private:
    enum class Timer : std::uint8_t {
        ten_seconds,  ///< rscrcvd without anybody stable
        standby,      ///< the running standby gets no answer
        ipfail,       ///< the peer has reached more ping targets for long enough
        restart,      ///< quirk: give up everything after a heal
        leave,        ///< end of a clean stop
        announce,     ///< announce again at the latest now
        orphan,       ///< nobody holds our own groups
        failed_move,  ///< quirk: 30 s after a start failure
        settle,       ///< no contradiction since the peer returned: the break is forgotten
        tie_break,    ///< a cut-off owner has surely let go by then
        bridge,       ///< the stream of the bridge ceased: look at the bridge
        fifo,         ///< quirk: hb_takeover of the peer has become our hb_standby
        count
    };

    /// rc.d/hb_takeover runs hb_standby, which writes to the FIFO; its end wakes the loop. Measured
    /// 18 to 24 ms after the tick that had the message (heartbeat 1:3.0.6-13, 2 captures).
    static constexpr Duration fifo_delay = std::chrono::milliseconds{20};
    static constexpr Duration nobody_stable =
        std::chrono::seconds{10};  // heartbeat 3.0.6, measured 10.0-10.3 s
    static constexpr Duration answer_limit =
        std::chrono::seconds{10};  // ask_resources me; heartbeat 3.0.6
    static constexpr Duration handover_limit =
        std::chrono::hours{1};  // ask_resources done; heartbeat 3.0.6
    static constexpr Duration leave_delay =
        std::chrono::seconds{1};  // shutdone to exit; heartbeat 3.0.6
    static constexpr Duration restart_delay =
        std::chrono::seconds{2};  // heal to give-up; heartbeat 3.0.6
    /// The timer is set after the logging of the heal; in a clock of 10 ms that can be a step
    /// later, and then the tick 2 s after misses it [measured: 2 of 8 give-ups came a tick late].
    static constexpr unsigned restart_late_percent = 25;
    static constexpr Duration clock_step = std::chrono::milliseconds{10};
    static constexpr Duration restart_exec_delay =
        std::chrono::seconds{5};  // shutdone to the new life; measured 5.0 s
    static constexpr Duration failed_move_delay = std::chrono::seconds{30};  // heartbeat 3.0.6
    /// ipfail acts 4 s after the difference appeared (with deadtime 2 the old owner
    /// released 7.84-7.97 s after the cut).
    static constexpr Duration ipfail_delay = std::chrono::seconds{4};
    static constexpr Duration announce_limit = std::chrono::seconds{3};  // assumed
    static constexpr Duration settle_time =
        std::chrono::seconds{5};  // assumed: many beats, also with a slow one
    /// From the end of its deadtime to addresses off [assumed; measured in the models: 0.05 ms, a
    /// busy node is late by some milliseconds].
    static constexpr Duration let_go_margin = std::chrono::milliseconds{200};
    static constexpr Duration orphan_limit =
        std::chrono::seconds{3};  // assumed: longer than any exchange takes

    /// Progress of hb_standby: X gives, Y takes.
    enum class Standby : std::uint8_t { none, x_asked, x_giving, x_given, y_promised, y_taking };

    struct Group {
        bool left_over = false;  ///< an earlier life may have left it running
        bool failed_here = false;
        bool failed_at_peer = false;
        bool taken_by_death = false;      ///< taken because the peer died, which held it before
        bool answer_due = false;          ///< legacy: the peer waits for our release
        std::optional<Instant> asked;     ///< legacy: take it then without an answer
        std::optional<Instant> retry_at;  ///< start it again then
        Duration retry_delay{};

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.left_over,
               self.failed_here,
               self.failed_at_peer,
               self.taken_by_death,
               self.answer_due,
               self.asked,
               self.retry_at,
               self.retry_delay);
        }
    };

    // ownership_r1.cpp: states, messages, groups
    void on_active();
    void on_starting();
    void on_resource(const wire::MessageView& view);
    void other_became_stable();
    void become_stable(TakeoverReason reason);
    void received_resource_report();
    void send_resource(bool stable, std::string_view info);
    void send_hold(bool stable, std::string_view hold, std::string_view info);
    void send_release_to_self(GroupId group);
    void settle_after_report();
    void judge_conflict();
    void judge_orphans();
    [[nodiscard]] bool legacy() const {
        return m_context.ha().auto_failback == AutoFailback::legacy;
    }
    [[nodiscard]] bool announced_stable() const {
        return m_state == State::stable && !m_heal_releasing;
    }

    // groups.cpp
    void start(ResourceScope scope, TakeoverReason reason);
    void start_held(TakeoverReason reason);
    void stop(ResourceScope scope, TakeoverReason reason);
    void start_one(GroupId group, TakeoverReason reason);
    void stop_one(GroupId group, TakeoverReason reason);
    void on_outcome(const GroupOutcome& outcome);
    void on_start_failed(GroupId group);
    void move_failed();
    [[nodiscard]] bool is_local(GroupId group) const;
    [[nodiscard]] bool in_scope(GroupId group, ResourceScope scope) const;
    [[nodiscard]] bool any_in(ResourceScope scope, GroupRole role) const;
    [[nodiscard]] bool any_up(ResourceScope scope) const;
    void hold(ResourceScope scope, bool held);

    // takeover.cpp: death, return, sleep, end
    void on_died(std::size_t peer);
    void follow_death(std::size_t peer);
    void take_over(std::string_view node, TakeoverReason reason, std::string_view stonith_result);
    void on_shutdone(std::size_t peer);
    void on_restarted();
    void on_healed(std::size_t peer);
    void finish_takeover();
    void give_up_everything();
    void claim_again();
    void let_go_of_addresses(const std::function<bool(GroupId)>& which);
    void begin_stop(bool restart);
    void begin_release();
    void finish_stop();
    void send_stonith(std::string_view node, std::string_view result);

    // returning.cpp: one of two of ours was away
    [[nodiscard]] Claim claim_here(GroupId group) const;
    [[nodiscard]] bool runs_anything() const;
    void decide(PolicyDecision::Rule rule, PolicyDecision::Decision decision, Duration delay = {});
    void go_quiet();
    void end_quiet();
    void begin_settling();
    void end_settling();
    void on_returned();
    void on_claims(std::size_t peer);
    void compare_claims(const Peer& peer);
    void drop(GroupId group);
    void wake_up_among_ours();

    // alone.cpp: nobody is heard
    [[nodiscard]] bool still_serves() const;
    [[nodiscard]] bool tie_break_counts(const Peer& peer) const;
    [[nodiscard]] bool stays_out(const Peer& peer);
    void stay_alone(PolicyDecision::Rule rule);
    void look_again();
    void on_tie_break();
    void end_being_alone();

    // bridge_watch.cpp
    [[nodiscard]] bool misses_stream() const;
    [[nodiscard]] bool peer_lets_us(GroupId group) const;
    void watch_bridge();
    void look_at_bridge();

    // retry.cpp
    [[nodiscard]] bool start_failed_here(GroupId group) const;
    void judge_start_failures();
    void retry_starts();

    // left_over.cpp
    void judge_left_over();
    void take_what_nobody_runs();

    // standby.cpp
    [[nodiscard]] bool can_exchange() const;
    [[nodiscard]] bool other_ready() const;
    void begin_standby(ResourceScope scope, bool refused_is_reported);
    void on_ask(const wire::MessageView& view);
    void on_hb_takeover(const wire::MessageView& view);
    void promise(ResourceScope scope, const wire::MessageView& view);
    void give();
    void finish_give();
    void take();
    void finish_take();
    void abort_give();
    void end_standby(StandbyProgress progress);
    void reset_standby();
    void on_standby_timeout();
    void fail_back();
    void judge_pings();
    void send_ask(ResourceScope scope, std::string_view info);
    [[nodiscard]] bool giving() const;

    // legacy.cpp
    void ask_for_own_groups();
    void on_ip_request(std::size_t peer, const wire::MessageView& view);
    void on_ip_request_answer(const wire::MessageView& view);
    void finish_requests();
    [[nodiscard]] Claim claim_of_peer(GroupId group) const;
    void asked_in_vain(GroupId group);
    void keep_requested(GroupId group);
    void send_answer(std::string_view destination, std::string_view key, bool owned);
    [[nodiscard]] std::string_view key_of(GroupId group) const;
    [[nodiscard]] std::optional<GroupId> group_of(std::string_view key) const;

    template <class Visit>
    void each_group(Visit&& visit) const {
        for (std::size_t i = 0; i < m_groups.size(); ++i) {
            visit(GroupId{static_cast<std::uint16_t>(i)});
        }
    }
    [[nodiscard]] Group& group(GroupId id) { return m_groups[static_cast<std::size_t>(id)]; }
    [[nodiscard]] const Group& group(GroupId id) const {
        return m_groups[static_cast<std::size_t>(id)];
    }

    Context& m_context;
    Membership& m_membership;
    ResourceManager& m_resources;
    FencingPlanner m_fencing;
    RoleTable m_roles;
    TimerTable<Timer> m_timers;
    std::vector<Group> m_groups;
    State m_state = State::init;
    HoldBits m_hold;
    HoldBits m_other_hold;
    HoldBits m_before_give;  ///< what to take back when a standby cannot let go
    bool m_other_stable = false;
    bool m_owe_reply = false;            ///< `starting` came before we were active
    bool m_foreign_by_death = false;     ///< fail back when the peer is stable again
    bool m_foreign_since_death = false;  ///< taken at the last death: dropped if that was no death
    bool m_mach_down_due = false;        ///< tell when the groups of a dead peer run
    bool m_heal_pending = false;         ///< no report from the peer since it returned
    bool m_heal_releasing = false;       ///< dropping what the returned peer holds
    bool m_announce_due = false;         ///< the peer may have answered for our addresses
    bool m_repoint_due = false;          ///< the peer may have pointed our bridges at itself
    bool m_conflict = false;
    bool m_goodbye_sent = false;
    bool m_restart_after_stop = false;
    bool m_left = false;
    std::optional<bool> m_stream_arrives;  ///< nothing: not told, or no link to hear it by
    bool m_stream_seen = false;            ///< it has arrived here while we ran something
    bool m_quiet = false;                  ///< addresses are off until it is settled who owns them
    bool m_cut_off = false;                ///< the ping tie-break spoke against us
    /// Of the bridge whose stream ceased.
    struct BridgeWatch {
        bool was_silent = false;  ///< it did not answer since: it is what went away
        bool told = false;        ///< that it is left as it is
        std::uint64_t looks = 0;  ///< in vain, in a row
        std::uint64_t tries = 0;  ///< the question was decided, and the stream did not come

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.was_silent, self.told, self.looks, self.tries);
        }
    } m_watch;
    bool m_settling = false;     ///< a peer was away; claims are compared
    bool m_release_due = false;  ///< this life only gives away what a dead one left running
    std::string m_claims;        ///< working space of note_claims()
    std::string m_running;       ///< likewise
    Standby m_standby = Standby::none;
    ResourceScope m_scope = ResourceScope::all;  ///< of the running standby, seen from X
    ResourceScope m_fifo_scope = ResourceScope::all;
};

[[nodiscard]] std::string_view word_of(ResourceScope scope) noexcept;
[[nodiscard]] std::string_view word_of(HoldBits bits) noexcept;
[[nodiscard]] std::optional<ResourceScope> scope_of(std::string_view word) noexcept;
[[nodiscard]] ResourceScope complement(ResourceScope scope) noexcept;

}  // namespace cluster
