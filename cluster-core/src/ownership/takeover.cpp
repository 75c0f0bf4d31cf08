// SPDX-License-Identifier: GPL-2.0-or-later
// What the death, the return and the goodbye of the peer mean for our groups; our own sleep and our
// own goodbye.
#include <algorithm>
#include <utility>

#include "ownership_r1.hpp"

namespace cluster {

void OwnershipR1::send_stonith(std::string_view node, std::string_view result) {
    wire::OutgoingMessage& message = m_membership.sender().begin("stonith");
    message.add("node", node);
    message.add("result", result);
    m_membership.sender().send();
}

void OwnershipR1::on_died(std::size_t index) {
    const Peer& peer = m_membership.peers()[index];
    if (m_state == State::shutdown) {
        return;
    }
    const bool stayed = m_standby == Standby::x_asked;  // nothing was given yet
    reset_standby();
    if (stayed) {
        m_timers.cancel(Timer::standby);
    }
    m_other_stable = false;
    m_heal_pending = false;
    if (!stays_out(peer)) {
        follow_death(index);
    }
}

/// Nothing speaks against taking over.
void OwnershipR1::follow_death(std::size_t index) {
    const Peer& peer = m_membership.peers()[index];
    if (m_fencing.on_death(peer.name, peer.shut_down) == FencingPlanner::Plan::wait) {
        return;
    }
    if (peer.shut_down && m_hold == HoldBits{true, true}) {
        send_stonith(peer.name, "unneeded");  // everything was taken when it said goodbye
    } else if (m_state == State::init) {
        send_stonith(peer.name, "n_stnth");  // taken when we become active
    } else {
        take_over(peer.name, TakeoverReason::peer_dead, "n_stnth");
    }
}

/// Everything that is not ours yet, at once: no message and no durable write stands before the
/// first action.
void OwnershipR1::take_over(std::string_view node,
                            TakeoverReason reason,
                            std::string_view stonith_result) {
    if (m_membership.isolated()) {
        return;  // fencing was confirmed after carrier had gone
    }
    end_being_alone();
    end_quiet();
    std::vector<GroupId> fresh_local;
    each_group([&](GroupId id) {
        const GroupRole role = m_roles.role(id);
        if (role == GroupRole::active || role == GroupRole::takeover) {
            return;
        }
        // Held by the peer until now, as far as we know; who returns from a partition finds its
        // groups with itself.
        const bool held = is_local(id) ? m_hold.local : m_hold.foreign;  // then it only failed here
        const bool assumed =
            reason == TakeoverReason::peer_dead || reason == TakeoverReason::lone_start;
        group(id).taken_by_death =
            assumed && !held && (!is_local(id) || m_other_hold.foreign || legacy());
        if (is_local(id)) {
            fresh_local.push_back(id);
        }
    });
    m_foreign_by_death = m_foreign_by_death || !m_hold.foreign;
    m_foreign_since_death = m_foreign_since_death || !m_hold.foreign;
    m_hold = {true, true};
    m_other_hold = {};
    m_mach_down_due = true;
    start(ResourceScope::all, reason);
    if (m_membership.sender().last_seq() == 0) {
        m_membership.send_status();  // first of the new generation: a peer that can hear us learns
                                     // it from status only
    }
    if (!stonith_result.empty()) {
        send_stonith(node, stonith_result);
    }
    if (m_state != State::stable) {
        m_state = m_context.quirks().wait_when_alone ? State::rscrcvd : State::stable;
        m_timers.cancel(Timer::ten_seconds);
        if (m_state == State::rscrcvd) {
            m_timers.arm(Timer::ten_seconds, m_context.now + nobody_stable);
        }
    }
    if (legacy()) {
        m_mach_down_due = false;
    }
    for (const GroupId id : fresh_local) {
        send_release_to_self(id);
    }
    // heartbeat says isstable=1 here even while its own 10 s still run.
    send_resource(true, "req_our_resources()");
}

/// The peer has stopped cleanly: no waiting for its death.
void OwnershipR1::on_shutdone(std::size_t index) {
    m_membership.mark_shut_down(index);
    if (m_state == State::init || m_state == State::shutdown || m_timers.armed(Timer::restart)) {
        return;
    }
    reset_standby();
    end_being_alone();
    end_quiet();
    m_other_stable = false;
    m_other_hold = {};
    m_foreign_by_death = m_foreign_by_death || !m_hold.foreign;
    m_hold = {true, true};
    m_mach_down_due = !legacy();
    if (m_state != State::stable) {
        m_state = State::stable;
        m_timers.cancel(Timer::ten_seconds);
    }
    start(ResourceScope::all, TakeoverReason::peer_shutdown);
    if (!legacy()) {
        // To heartbeat this is the end of a standby that gave everything, and it says so.
        send_ask(ResourceScope::all, "done");
        send_resource(true, {});
        send_resource(true, "req_our_resources()");
    }
}

/// The scripts of a takeover have ended: only now may groups be handed back.
void OwnershipR1::finish_takeover() {
    if (!m_mach_down_due || any_in(ResourceScope::all, GroupRole::takeover) ||
        m_state == State::shutdown) {
        return;
    }
    m_mach_down_due = false;
    wire::OutgoingMessage& message = m_membership.sender().begin("resource");
    message.add("rsc_hold", "foreign");
    message.add("info", "mach_down");
    m_membership.sender().send();
    received_resource_report();
    if (!m_context.quirks().restart_on_heal) {
        fail_back();  // heartbeat 3.0.6 looks only when the peer becomes stable
    }
    move_failed();
}

/// The peer began a new life. What it held before is nobody's now; what we took stays ours until it
/// is given back.
void OwnershipR1::on_restarted() {
    m_fencing.on_return();
    end_being_alone();
    const bool gave_up = giving() || m_standby == Standby::x_given;
    reset_standby();
    if (gave_up && m_state == State::stable) {
        m_hold = m_before_give;  // the taker is gone before it took
        start_held(TakeoverReason::peer_dead);
    }
    m_other_stable = false;
    m_other_hold = {};
    m_foreign_since_death = false;
    if (legacy() && can_exchange() && m_state == State::stable) {
        m_timers.arm(Timer::orphan, m_context.now + orphan_limit);
    }
    bool doubled = false;
    each_group([&](GroupId id) {
        doubled = doubled || group(id).taken_by_death;
        group(id).taken_by_death = false;
        group(id).failed_at_peer = false;
    });
    m_announce_due = doubled;  // it may have woken from a long sleep with our addresses up
    if (doubled) {
        m_timers.arm(Timer::announce, m_context.now + announce_limit);
    }
}

/// A real daemon that we had declared dead never stopped. What we took because of that is dropped;
/// what it may have taken of ours it drops by the same rule, or, if it is a real daemon, it tells
/// us that it keeps it (settle_after_report).
void OwnershipR1::on_healed(std::size_t index) {
    if (!m_context.quirks().restart_on_heal && m_membership.peers_speak_claims()) {
        on_returned();
        return;
    }
    m_fencing.on_return();
    end_being_alone();
    end_quiet();
    reset_standby();
    if (m_state == State::shutdown || m_state == State::init) {
        return;
    }
    m_other_stable = false;
    if (m_context.quirks().restart_on_heal) {
        const bool late = m_context.prng.below(100) < restart_late_percent;
        m_timers.arm_once(Timer::restart,
                          m_context.now + restart_delay + (late ? clock_step : Duration{}));
        send_stonith(m_membership.peers()[index].name, "unneeded");
        return;
    }
    m_other_hold = {};
    m_mach_down_due = false;
    m_heal_pending = true;
    m_announce_due = m_hold.local || m_hold.foreign;
    m_repoint_due = m_announce_due;
    m_timers.arm(Timer::announce, m_context.now + announce_limit);
    let_go_of_addresses([&](GroupId id) { return group(id).taken_by_death; });
    each_group([&](GroupId id) {
        if (group(id).taken_by_death) {
            hold(is_local(id) ? ResourceScope::local : ResourceScope::foreign, false);
            stop_one(id, TakeoverReason::peer_request);
            m_heal_releasing = true;
        }
    });
    if (m_foreign_since_death) {
        hold(ResourceScope::foreign, false);  // also when there is no such group
    }
    m_foreign_since_death = false;
    each_group([&](GroupId id) { group(id).taken_by_death = false; });
    if (legacy()) {
        m_heal_pending = false;
        m_heal_releasing = false;
        m_membership.send_status();  // our generation is learned from status only; what comes
                                     // before it is not heard
        each_group([&](GroupId id) {
            if (is_local(id) && m_roles.role(id) == GroupRole::active) {
                m_membership.sender()
                    .begin("ip-request")
                    .add("ipaddr", key_of(id));  // a real daemon still has it
                m_membership.sender().send();
            }
        });
        return;
    }
    m_membership.sender().begin("starting");  // makes the peer tell what it holds
    m_membership.sender().send();
}

void OwnershipR1::give_up_everything() {
    let_go_of_addresses([](GroupId) { return true; });
    m_quiet = false;
    m_stream_seen = false;
    hold(ResourceScope::all, false);
    stop(ResourceScope::all, TakeoverReason::peer_request);
}

/// What we keep after the peer had it, too: the network learns again where it is, and nothing is
/// restarted.
void OwnershipR1::claim_again() {
    const bool repoint = std::exchange(m_repoint_due, false);
    if (m_context.quirks().no_announce_after_wake) {
        return;
    }
    each_group([&](GroupId id) {
        const GroupRole role = m_roles.role(id);
        if (role != GroupRole::active && role != GroupRole::takeover) {
            return;  // what is being given up is announced by its new owner
        }
        m_resources.announce_again(m_context.now, id, *m_context.out);
        if (repoint) {
            m_resources.repoint_again(m_context.now, id, *m_context.out);
        }
    });
}

/// Before the groups are stopped: right-to-left stops, or a start that must end first, would leave
/// the addresses up while another node has them too.
void OwnershipR1::let_go_of_addresses(const std::function<bool(GroupId)>& which) {
    each_group([&](GroupId id) {
        if (m_roles.role(id) != GroupRole::standby && which(id)) {
            m_resources.fall_silent(m_context.now, id, *m_context.out);
        }
    });
}

bool OwnershipR1::on_slept(Duration slept) {
    if (m_state == State::init || m_state == State::shutdown ||
        m_context.quirks().restart_on_heal) {
        return false;
    }
    // With the peer alive it may have taken everything; with a dead one it may have come back and
    // waited initdead.
    if (!m_membership.any_alive() && slept < m_context.ha().initdead) {
        return false;
    }
    const bool met = std::ranges::any_of(m_membership.peers(), &Peer::speaks_claims);
    if (m_state == State::stable && met && m_membership.peers_speak_claims()) {
        wake_up_among_ours();
        return false;
    }
    reset_standby();
    give_up_everything();
    m_state = State::init;
    m_timers = {};
    m_other_hold = {};
    m_other_stable = false;
    m_owe_reply = false;
    m_mach_down_due = false;
    m_heal_pending = false;
    m_heal_releasing = false;
    m_announce_due = false;
    m_repoint_due = false;
    return true;
}

void OwnershipR1::begin_stop(bool restart) {
    if (m_state == State::shutdown) {
        return;
    }
    const bool was_active = m_state != State::init;
    m_state = State::shutdown;
    m_restart_after_stop = restart;
    m_timers = {};
    reset_standby();
    m_fencing.on_return();
    m_membership.set_phase(NodePhase::stopping);
    m_mach_down_due = false;
    hold(ResourceScope::all, false);
    if (was_active) {
        send_hold(false, "none", "shutdown");
    }
    stop(ResourceScope::all, TakeoverReason::operator_command);
}

/// A life of its own for this alone: what a dead one left running is stopped, whether we know that
/// it runs or not, and the peer takes it at the goodbye. Called when a peer is heard: without one
/// the service goes on, and we stay to give it away.
void OwnershipR1::begin_release() {
    decide(PolicyDecision::Rule::daemon_death, PolicyDecision::Decision::releases);
    begin_stop(false);
    each_group([&](GroupId id) {
        group(id).left_over = false;
        m_roles.change(id, GroupRole::release, TakeoverReason::operator_command);
        m_resources.stop_whatever_runs(m_context.now, id, *m_context.out);
    });
}

void OwnershipR1::finish_stop() {
    if (m_state != State::shutdown || m_goodbye_sent) {
        return;
    }
    if (any_in(ResourceScope::all, GroupRole::release) ||
        any_in(ResourceScope::all, GroupRole::takeover)) {
        return;
    }
    if (any_up(ResourceScope::all)) {
        // A member could not be stopped. Saying goodbye would put it on two nodes: stay, and hold
        // what still runs.
        decide(PolicyDecision::Rule::stop_failure, PolicyDecision::Decision::keeps);
        m_release_due = false;
        m_state = State::stable;
        m_membership.set_phase(NodePhase::active);
        hold(ResourceScope::all, true);
        start(ResourceScope::all, TakeoverReason::operator_command);
        send_resource(true, {});
        return;
    }
    m_goodbye_sent = true;
    m_membership.sender().begin("shutdone").add("st", "dead");
    m_membership.sender().send();
    if (m_restart_after_stop) {
        m_membership.set_restarting();
    }
    m_timers.arm(Timer::leave,
                 m_context.now + (m_restart_after_stop ? restart_exec_delay : leave_delay));
}

}  // namespace cluster
