// SPDX-License-Identifier: GPL-2.0-or-later
// What a node does that hears nobody: is the peer dead, or are we cut off? Rules of ours, both off
// in the profile (docs/ownership.md has the bounds).
//
//                       no carrier on any path            +----------+  stream of the bridge ceased
//   the peer is silent -------------------------------->  | isolated |
//   ----------------------------+
//      |   |                                              +----------+  (link to it is up) | |   |
//      ipfail configured, no ping target answers    +---------+   no stream arrives          v |
//      +------------------------------------------>   | cut off | ---------------------> gives up
//      |                                                  +---------+ everything | ipfail
//      configured, one answers: waits until a cut-off owner has surely let go
//      v
//   takes over
//
// Isolated or cut off: nothing is taken; what runs goes on, quiet (its addresses are off).
#include <algorithm>

#include "ownership_r1.hpp"

namespace cluster {

/// The bridge shows whether it still sends to us. Without a bridge, or without a link to it,
/// nothing is known: carrier alone stops no service, but the tie-break is there to prevent two
/// owners.
bool OwnershipR1::still_serves() const {
    return m_membership.isolated() ? !(m_stream_seen && m_stream_arrives == false)
                                   : m_stream_arrives == true;
}

void OwnershipR1::stay_alone(PolicyDecision::Rule rule) {
    m_other_hold = {};
    if (!runs_anything()) {
        decide(rule, PolicyDecision::Decision::takes_nothing);
    } else if (still_serves()) {
        decide(rule, PolicyDecision::Decision::keeps);
        go_quiet();
    } else {
        decide(rule, PolicyDecision::Decision::releases);
        give_up_everything();
    }
}

/// The tie-break counts when a target answered while the peer was still there; one that was down
/// before says nothing about us.
bool OwnershipR1::tie_break_counts(const Peer& peer) const {
    const HaConfig& ha = m_context.ha();
    return m_context.options.files.settings.ping_tie_break && ha.runs_ipfail() && peer.heard &&
           !peer.shut_down && m_membership.pings().answered_since(peer.last_status - ha.deadping);
}

/// True: nothing is to be taken now.
bool OwnershipR1::stays_out(const Peer& peer) {
    if (m_membership.isolated()) {
        stay_alone(PolicyDecision::Rule::carrier);
        return true;
    }
    if (!tie_break_counts(peer)) {
        return false;
    }
    const HaConfig& ha = m_context.ha();
    if (!m_membership.pings().answered_since(m_context.now - ha.deadtime / 2)) {
        m_cut_off = true;
        stay_alone(PolicyDecision::Rule::ping_tie_break);
        return true;
    }
    // The owner's deadtime may have begun one beat after ours; then it lets go of its addresses.
    const Duration delay = ha.keepalive + let_go_margin;
    m_timers.arm(Timer::tie_break, m_context.now + delay);
    decide(PolicyDecision::Rule::ping_tie_break, PolicyDecision::Decision::waits, delay);
    return true;
}

/// Cut off, and a ping target answers again: the question is asked anew.
void OwnershipR1::look_again() {
    if (!m_cut_off ||
        !m_membership.pings().answered_since(m_context.now - m_context.ha().keepalive)) {
        return;
    }
    m_cut_off = false;
    for (std::size_t i = 0; i < m_membership.peers().size(); ++i) {
        if (m_membership.peers()[i].state == PeerState::dead) {
            on_died(i);
            return;
        }
    }
}

void OwnershipR1::on_tie_break() {
    for (std::size_t i = 0; i < m_membership.peers().size(); ++i) {
        const Peer& peer = m_membership.peers()[i];
        if (peer.state == PeerState::dead) {
            if (m_membership.isolated() ||
                !m_membership.pings().answered_since(m_context.now - m_context.ha().deadtime / 2)) {
                on_died(i);
            } else {
                follow_death(i);
            }
            return;
        }
    }
}

void OwnershipR1::end_being_alone() {
    m_cut_off = false;
    m_timers.cancel(Timer::tie_break);
}

void OwnershipR1::on_stream(const BridgeStreamChanged& event) {
    m_stream_arrives = event.link_up ? std::optional{event.arriving} : std::nullopt;
    m_stream_seen = runs_anything() && (m_stream_seen || event.arriving);
    if (m_quiet && (m_membership.isolated() || m_cut_off) && !m_membership.any_alive() &&
        runs_anything() && !still_serves()) {
        decide(m_cut_off ? PolicyDecision::Rule::ping_tie_break : PolicyDecision::Rule::carrier,
               PolicyDecision::Decision::releases);
        give_up_everything();
    }
    if (m_stream_arrives == true) {
        each_group([&](GroupId id) { m_resources.leave_bridge(id); });
    }
}

}  // namespace cluster
