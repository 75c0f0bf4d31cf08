// SPDX-License-Identifier: GPL-2.0-or-later
// The state machine of hold bits and stability, and the dispatch of messages.
#include "ownership_r1.hpp"

#include <algorithm>
#include <utility>

namespace cluster {

std::string_view word_of(ResourceScope scope) noexcept {
    switch (scope) {
    case ResourceScope::all:
        return "all";
    case ResourceScope::local:
        return "local";
    case ResourceScope::foreign:
        return "foreign";
    }
    return "all";
}

std::string_view word_of(HoldBits bits) noexcept {
    if (bits.local && bits.foreign) {
        return "all";
    }
    return bits.local ? "local" : bits.foreign ? "foreign" : "none";
}

std::optional<ResourceScope> scope_of(std::string_view word) noexcept {
    for (const ResourceScope scope :
         {ResourceScope::all, ResourceScope::local, ResourceScope::foreign}) {
        if (word == word_of(scope)) {
            return scope;
        }
    }
    return std::nullopt;
}

ResourceScope complement(ResourceScope scope) noexcept {
    switch (scope) {
    case ResourceScope::all:
        return ResourceScope::all;
    case ResourceScope::local:
        return ResourceScope::foreign;
    case ResourceScope::foreign:
        return ResourceScope::local;
    }
    return ResourceScope::all;
}

OwnershipR1::OwnershipR1(Context& context, Membership& membership, ResourceManager& resources)
    : m_context(context), m_membership(membership), m_resources(resources), m_fencing(context),
      m_roles(context, context.options.files.resources.groups.size()),
      m_groups(context.options.files.resources.groups.size()) {}

void OwnershipR1::on_event(const PeerEvent& event) {
    if (m_left) {
        return;
    }
    switch (event.kind) {
    case PeerEvent::Kind::active:
        on_active();
        break;
    case PeerEvent::Kind::died:
        on_died(event.peer);
        break;
    case PeerEvent::Kind::healed:
        on_healed(event.peer);
        break;
    case PeerEvent::Kind::restarted:
        on_restarted();
        break;
    case PeerEvent::Kind::new_generation:
        m_other_stable = false;
        reset_standby();
        break;
    case PeerEvent::Kind::told_claims:
        on_claims(event.peer);
        break;
    }
}

void OwnershipR1::on_message(std::size_t peer, const wire::MessageView& view) {
    const std::string_view type = view.get("t").value_or(std::string_view{});
    if (m_left) {
        return;
    }
    if (type == "shutdone") {
        on_shutdone(peer);
    } else if (legacy() && type == "ip-request") {
        on_ip_request(peer, view);
    } else if (legacy() && type == "ip-request-resp") {
        on_ip_request_answer(view);
    } else if (legacy() && (!can_exchange() || type == "starting" || type == "resource")) {
        return;
    } else if (type == "starting") {
        on_starting();
    } else if (type == "resource") {
        on_resource(view);
    } else if (type == "ask_resources") {
        on_ask(view);
    } else if (type == "hb_takeover") {
        on_hb_takeover(view);
    }
}

void OwnershipR1::on_active() {
    if (m_state == State::shutdown || m_release_due) {
        return;
    }
    if (!m_membership.any_alive() && m_membership.isolated()) {
        m_state = State::starting;  // nobody heard and no carrier: proves nothing, take nothing
        return;
    }
    if (legacy()) {
        m_state = State::stable;
        if (m_membership.any_alive()) {
            ask_for_own_groups();
        } else {
            take_over({}, TakeoverReason::lone_start, {});
        }
        return;
    }
    m_state = State::starting;
    m_other_stable = false;  // whatever it said before, it says again in its answer
    m_membership.sender().begin("starting");
    m_membership.sender().send();
    if (!m_membership.any_alive()) {
        if (!m_fencing.waiting()) {
            take_over({}, TakeoverReason::lone_start, {});
        }
    } else if (std::exchange(m_owe_reply, false)) {
        on_starting();
    }
}

void OwnershipR1::on_starting() {
    m_other_stable = false;
    if (m_state == State::init) {
        m_owe_reply = true;
        return;
    }
    if (m_state == State::starting) {
        m_state = State::both_starting;
    }
    send_resource(announced_stable(), {});
}

/// Any `resource` message, also an own one, starts the 10 s in which somebody may say that it is
/// stable.
void OwnershipR1::received_resource_report() {
    if (m_state == State::starting || m_state == State::both_starting) {
        m_state = State::rscrcvd;
        m_timers.arm(Timer::ten_seconds, m_context.now + nobody_stable);
    }
}

void OwnershipR1::send_resource(bool stable, std::string_view info) {
    send_hold(stable, word_of(m_hold), info);
}

void OwnershipR1::send_hold(bool stable, std::string_view held, std::string_view info) {
    if (legacy()) {
        return;
    }
    wire::OutgoingMessage& message = m_membership.sender().begin("resource");
    message.add("rsc_hold", held);
    message.add("rtype", "full");
    message.add("isstable", stable ? "1" : "0");
    if (!info.empty()) {
        message.add("info", info);
    }
    m_membership.sender().send();
    received_resource_report();
}

/// heartbeat starts its own groups by answering a request that nobody sent. Real peers log it, and
/// nothing else.
void OwnershipR1::send_release_to_self(GroupId id) {
    send_answer(m_context.options.name, key_of(id), true);
}

void OwnershipR1::on_resource(const wire::MessageView& view) {
    const std::string_view word = view.get("rsc_hold").value_or(std::string_view{});
    HoldBits bits{.local = word == "local" || word == "all",
                  .foreign = word == "foreign" || word == "all"};
    const bool full = view.get("rtype") == "full";
    if (!full) {
        bits.local = bits.local || m_other_hold.local;
        bits.foreign = bits.foreign || m_other_hold.foreign;
    }
    m_other_hold = bits;
    received_resource_report();
    const auto stable = view.get("isstable");
    if (stable == "1") {
        const bool was_stable = std::exchange(m_other_stable, true);
        if (!was_stable ||
            (m_state != State::stable && m_state != State::init && m_state != State::shutdown)) {
            other_became_stable();
        }
        settle_after_report();
    } else if (stable) {
        m_other_stable = false;
    }
}

void OwnershipR1::other_became_stable() {
    if (m_state == State::init || m_state == State::shutdown) {
        return;
    }
    if (m_standby == Standby::y_promised) {
        end_standby(StandbyProgress::refused);  // X could not let go and serves again
    }
    send_resource(announced_stable(), {});
    if (m_state != State::stable) {
        become_stable(TakeoverReason::cold_start);
    } else {
        fail_back();
        move_failed();
    }
}

/// Precondition: active and not stable. Own groups are ours unless the other already has them.
void OwnershipR1::become_stable(TakeoverReason reason) {
    m_state = State::stable;
    m_timers.cancel(Timer::ten_seconds);
    const bool take = !m_other_hold.foreign;
    std::vector<GroupId> fresh;
    if (take) {
        m_hold.local = true;
        each_group([&](GroupId id) {
            if (is_local(id) && m_roles.role(id) != GroupRole::active) {
                fresh.push_back(id);
            }
        });
        start(ResourceScope::local, reason);
    }
    send_resource(true, {});
    for (const GroupId id : fresh) {
        send_release_to_self(id);
    }
    if (take) {
        send_resource(true, "req_our_resources()");
    }
}

/// The peer has told what it holds and that it is done: what a heal left open can be settled.
void OwnershipR1::settle_after_report() {
    if (std::exchange(m_heal_pending, false)) {
        // It kept (a real daemon always does): then it is the owner, whoever we are.
        const bool drop_local = m_hold.local && m_other_hold.foreign;
        const bool drop_foreign = m_hold.foreign && m_other_hold.local;
        if (drop_local || drop_foreign) {
            m_heal_releasing = true;
            let_go_of_addresses(
                [&](GroupId id) { return is_local(id) ? drop_local : drop_foreign; });
            for (const ResourceScope scope : {ResourceScope::local, ResourceScope::foreign}) {
                if (scope == ResourceScope::local ? drop_local : drop_foreign) {
                    hold(scope, false);
                    stop(scope, TakeoverReason::peer_request);
                }
            }
        }
    }
    if (m_announce_due && !(m_hold.local && m_other_hold.foreign) &&
        !(m_hold.foreign && m_other_hold.local)) {
        m_announce_due = false;
        m_timers.cancel(Timer::announce);
        if (m_standby == Standby::none) {
            claim_again();
        }
    }
}

void OwnershipR1::judge_conflict() {
    const bool local = m_hold.local && m_other_hold.foreign;
    const bool foreign = m_hold.foreign && m_other_hold.local;
    const bool conflict =
        (local || foreign) && m_membership.any_alive() && m_standby == Standby::none;
    if (conflict != m_conflict) {
        m_conflict = conflict;
        const ResourceScope scope = local && foreign ? ResourceScope::all
                                    : foreign        ? ResourceScope::foreign
                                                     : ResourceScope::local;
        m_context.report(OwnershipConflict{scope, conflict});
    }
}

/// Own groups that nobody holds although both sides are settled: their owner takes them. heartbeat
/// leaves them down, e.g. after the peer that held them restarted within deadtime.
void OwnershipR1::judge_orphans() {
    const bool orphaned = !m_context.quirks().restart_on_heal && m_state == State::stable &&
                          !legacy() && m_other_stable && m_membership.any_alive() &&
                          m_standby == Standby::none && !m_heal_releasing && !m_settling &&
                          !m_hold.local && !m_other_hold.foreign;
    if (legacy()) {
        return;  // armed when a peer begins a new life
    }
    if (!orphaned) {
        m_timers.cancel(Timer::orphan);
    } else {
        m_timers.arm_once(Timer::orphan, m_context.now + orphan_limit);
    }
}

void OwnershipR1::follow_up() {
    if (m_left) {
        return;
    }
    if (m_release_due && m_state == State::init && m_membership.any_alive()) {
        begin_release();
    }
    judge_left_over();
    for (const GroupOutcome& outcome : m_resources.take_outcomes()) {
        on_outcome(outcome);
    }
    finish_give();
    finish_take();
    finish_takeover();
    finish_requests();
    if (m_heal_releasing && !any_in(ResourceScope::all, GroupRole::release)) {
        m_heal_releasing = false;
        send_resource(announced_stable(), {});
    }
    finish_stop();
    move_failed();
    judge_start_failures();
    judge_pings();
    look_again();
    judge_conflict();
    judge_orphans();
    watch_bridge();
    note_claims();
}

void OwnershipR1::on_deadline() {
    const Instant now = m_context.now;
    m_fencing.on_deadline();
    if (m_timers.take_due(Timer::ten_seconds, now) && m_state == State::rscrcvd) {
        become_stable(TakeoverReason::cold_start);
    }
    if (m_timers.take_due(Timer::standby, now)) {
        on_standby_timeout();
    }
    if (m_timers.take_due(Timer::ipfail, now)) {
        begin_standby(ResourceScope::all, false);
    }
    if (m_timers.take_due(Timer::failed_move, now)) {
        // The bug (§4.4): on the owner the type always comes out as `foreign`, and nothing moves.
        begin_standby(m_context.quirks().start_failure_bug ? ResourceScope::foreign
                                                           : ResourceScope::local,
                      true);
    }
    if (m_timers.take_due(Timer::announce, now) && std::exchange(m_announce_due, false)) {
        claim_again();
    }
    const bool orphan_due = m_timers.take_due(Timer::orphan, now);
    if (orphan_due && legacy()) {
        if (m_membership.any_alive() && m_standby == Standby::none) {
            take_what_nobody_runs();
        }
    } else if (orphan_due) {
        m_hold.local = true;
        start(ResourceScope::local, TakeoverReason::peer_request);
        send_resource(true, {});
    }
    if (m_timers.take_due(Timer::settle, now)) {
        end_settling();
    }
    if (m_timers.take_due(Timer::tie_break, now)) {
        on_tie_break();
    }
    retry_starts();
    if (m_timers.take_due(Timer::bridge, now)) {
        look_at_bridge();
    }
    if (m_timers.take_due(Timer::fifo, now)) {
        begin_standby(m_fifo_scope, true);
    }
    if (m_timers.take_due(Timer::restart, now)) {
        begin_stop(true);
    }
    each_group([&](GroupId id) {
        if (group(id).asked && *group(id).asked <= now) {
            asked_in_vain(id);
        }
    });
    if (m_timers.take_due(Timer::leave, now)) {
        m_left = true;
        m_membership.set_phase(NodePhase::stopped);
        m_context.issue(LeaveCluster{m_restart_after_stop ? LeaveCluster::Then::restart
                                                          : LeaveCluster::Then::exit});
    }
}

bool OwnershipR1::on_completed(ActionId id, Outcome outcome) {
    if (!m_fencing.owns(id)) {
        return false;
    }
    const auto node = m_fencing.on_completed(id, outcome);
    if (node && m_state != State::init && m_state != State::shutdown) {
        take_over(*node, TakeoverReason::peer_dead, "OK");
    }
    return true;
}

std::optional<Instant> OwnershipR1::next_deadline() const {
    std::optional<Instant> next = earlier(m_timers.next(), m_fencing.next_deadline());
    for (const Group& entry : m_groups) {
        next = earlier(next, earlier(entry.asked, entry.retry_at));
    }
    return next;
}

void OwnershipR1::fill(NodeStatus& status) const {
    status.stable = m_state == State::stable;
    status.holds_local = m_hold.local;
    status.holds_foreign = m_hold.foreign;
    each_group([&](GroupId id) {
        const ResourceGroupConfig& config =
            m_context.options.files.resources.groups[static_cast<std::size_t>(id)];
        status.groups.push_back({.group = id,
                                 .key = std::string{key_of(id)},
                                 .preferred_node = config.node,
                                 .role = m_roles.role(id),
                                 .resources = m_resources.states(id)});
    });
}

}  // namespace cluster
