// SPDX-License-Identifier: GPL-2.0-or-later
// Two of our daemons after one of them was away: behind a partition, frozen, without carrier. Each
// tells what it runs (claims.hpp); a group that runs twice is given up by one, and nothing that
// runs once is moved: a return is never a second outage. auto_failback is for a node that starts.
//
//            a dead peer is heard again, or says that it had us dead, or is quiet
//   settled -------------------------------------------------------------------> settling
//      ^  5 s without contradiction: flags of the break are forgotten               |
//      +----------------------------------------------------------------------------+
//
// A real heartbeat tells no claims; with it on_healed() goes the way of R1.
#include <algorithm>
#include <utility>

#include "ownership_r1.hpp"

namespace cluster {

Claim OwnershipR1::claim_here(GroupId id) const {
    const GroupRole role = m_roles.role(id);
    const bool runs = role == GroupRole::active || role == GroupRole::takeover;
    return {.runs = runs,
            .quiet = runs && m_quiet,
            .taken = runs && group(id).taken_by_death,
            .waits = !runs && (group(id).answer_due || m_timers.armed(Timer::tie_break) ||
                               m_fencing.waiting())};
}

bool OwnershipR1::runs_anything() const {
    bool runs = false;
    each_group([&](GroupId id) { runs = runs || claim_here(id).runs; });
    return runs;
}

void OwnershipR1::note_claims() {
    m_claims.clear();
    m_running.clear();
    each_group([&](GroupId id) {
        const Claim claim = claim_here(id);
        m_claims += letter_of(claim);
        const bool up = group(id).left_over || m_roles.role(id) != GroupRole::standby;
        m_running += up ? '1' : '0';
        if (claim.waits) {
            m_membership.tell_claims_until(m_context.now + settle_time);
        }
    });
    m_membership.set_claims(m_claims);
    if (!m_context.quirks().restart_on_heal && m_state != State::init) {
        m_membership.set_running(m_running);
    }
}

void OwnershipR1::decide(PolicyDecision::Rule rule,
                         PolicyDecision::Decision decision,
                         Duration delay) {
    m_context.report(PolicyDecision{rule, decision, delay});
}

// ---------------------------------------------------------------- quiet

/// The addresses go off at once, the services go on.
void OwnershipR1::go_quiet() {
    if (!std::exchange(m_quiet, true)) {
        let_go_of_addresses([](GroupId) { return true; });
    }
}

/// What still runs here is ours: its addresses come back and are announced.
void OwnershipR1::end_quiet() {
    if (std::exchange(m_quiet, false)) {
        each_group([&](GroupId id) {
            if (claim_here(id).runs) {
                m_resources.speak_again(m_context.now, id, *m_context.out);
            }
        });
    }
}

// ---------------------------------------------------------------- settling

void OwnershipR1::begin_settling() {
    m_settling = true;
    m_timers.arm(Timer::settle, m_context.now + settle_time);
    m_membership.tell_claims_until(m_context.now + settle_time);
    note_claims();
    m_membership.send_status();
}

/// A peer that we had declared dead never stopped. Both look at what both run.
void OwnershipR1::on_returned() {
    m_fencing.on_return();
    reset_standby();
    end_being_alone();
    if (m_state == State::shutdown || m_state == State::init) {
        return;
    }
    m_other_stable = false;
    m_other_hold = {};
    m_mach_down_due = false;
    m_foreign_by_death = false;  // it did not start anew: nothing goes back by itself
    m_foreign_since_death = false;
    begin_settling();
    if (!legacy()) {
        m_membership.sender().begin("starting");  // makes it tell its hold bits
        m_membership.sender().send();
    }
}

void OwnershipR1::on_claims(std::size_t index) {
    const Peer& peer = m_membership.peers()[index];
    if (m_state == State::init || m_state == State::shutdown || !peer.alive()) {
        return;
    }
    const bool unsure =
        peer.view != Peer::View::never_dead || peer.claims.find_first_of("qQ") != std::string::npos;
    if (!m_settling && unsure) {
        begin_settling();
    }
    if (m_settling) {
        compare_claims(peer);
    }
}

void OwnershipR1::compare_claims(const Peer& peer) {
    bool twice = false;
    bool open = peer.view == Peer::View::dead;  // it has not heard us yet, and may be about to take
    bool dropped = false;
    each_group([&](GroupId id) {
        const std::size_t place = static_cast<std::size_t>(id) + 1;
        const Claim theirs = place < peer.claims.size() ? claim_of(peer.claims[place]) : Claim{};
        const Claim mine = claim_here(id);
        open = open || theirs.waits;
        if (!mine.runs || !theirs.runs) {
            return;
        }
        twice = true;
        const ClaimSide us{mine, peer.returned};
        const ClaimSide them{theirs, peer.view != Peer::View::never_dead};
        if (gives_way(us, them, is_local(id))) {
            drop(id);
            dropped = true;
        } else {
            m_announce_due = true;
            m_repoint_due = m_repoint_due || !theirs.quiet;
        }
    });
    if (dropped) {
        decide(PolicyDecision::Rule::returned, PolicyDecision::Decision::releases);
        m_quiet = m_quiet && runs_anything();
    }
    if (twice) {
        m_timers.arm(Timer::settle, m_context.now + settle_time);
        m_membership.tell_claims_until(m_context.now + settle_time);
    } else if (!open) {
        if (m_quiet) {
            decide(PolicyDecision::Rule::returned, PolicyDecision::Decision::keeps);
            end_quiet();
        }
        if (std::exchange(m_announce_due, false)) {
            m_timers.cancel(Timer::announce);
            claim_again();
        }
    }
}

void OwnershipR1::drop(GroupId id) {
    let_go_of_addresses([id](GroupId other) { return other == id; });
    hold(is_local(id) ? ResourceScope::local : ResourceScope::foreign, false);
    stop_one(id, TakeoverReason::peer_request);
    m_heal_releasing = true;
}

void OwnershipR1::end_settling() {
    m_settling = false;
    m_membership.settle_returned();
    if (m_quiet && !m_membership.isolated() && !m_cut_off) {
        end_quiet();  // nobody contradicted, or nobody is there
    }
}

// ---------------------------------------------------------------- waking up

/// This node was not scheduled for longer than its deadtime, and its peer is one of ours: it may
/// have taken everything. Quiet until it tells, or is found to be silent itself.
void OwnershipR1::wake_up_among_ours() {
    reset_standby();
    for (const Timer timer :
         {Timer::ipfail, Timer::orphan, Timer::failed_move, Timer::announce, Timer::tie_break}) {
        m_timers.cancel(timer);
    }
    each_group([&](GroupId id) { group(id).asked.reset(); });
    m_announce_due = false;
    m_repoint_due = false;
    if (runs_anything()) {
        decide(PolicyDecision::Rule::woke_up, PolicyDecision::Decision::waits);
        go_quiet();
    }
    begin_settling();
}

}  // namespace cluster
