// SPDX-License-Identifier: GPL-2.0-or-later
// The bridge no longer sends to its owner, though the cable to it is fine. A foneBRIDGE that boots
// goes back to its stored configuration, which may name the other node, and has no watch of its
// own; somebody may also have run fonulator elsewhere. The owner points it here again
// (docs/ownership.md). A rule of ours, off in the profile.
//
//   stream ceased --1 s, or two beats--> look --silent--> look, every second, later every 5 s
//                                         | ^                |
//                            there        | +-- later -+     | there again
//                              v            |             v
//        nobody else can have it? --no--> leave it    point it here --still no stream--> look,
//        later
//                              +----yes-----------------^
//
// The control protocol cannot tell where the bridge sends to, so it is pointed by nobody who may be
// in the wrong: not while this node is quiet, settling, isolated or cut off, not while a group
// moves. With a peer that fell silent it may be the peer that serves; then only a bridge that was
// away, which no peer can have pointed meanwhile, is pointed here.
#include <algorithm>

#include "ownership_r1.hpp"

namespace cluster {

namespace {

/// Longer than the gap in the stream that an exchange makes itself (about 0.1 s), and long enough
/// for a bridge that boots with this node as its destination to begin to send [assumed].
constexpr Duration look_interval = std::chrono::seconds{1};
/// A bridge that was away for that many looks is asked less often.
constexpr std::uint64_t many_looks = 60;
constexpr Duration slow_look_interval = std::chrono::seconds{5};
/// After the bridge was pointed here in vain (its cable may be out): 2 s, 4 s, … 64 s.
constexpr std::uint64_t most_doublings = 6;

}  // namespace

bool OwnershipR1::misses_stream() const {
    return m_context.options.files.settings.bridge.watch && m_stream_arrives == false &&
           m_state != State::init && m_state != State::shutdown && !m_quiet && !m_settling &&
           !m_cut_off && !m_conflict && m_standby == Standby::none && !m_heal_releasing &&
           !m_membership.isolated() && any_in(ResourceScope::all, GroupRole::active);
}

void OwnershipR1::watch_bridge() {
    if (!misses_stream()) {
        m_timers.cancel(Timer::bridge);
        return;
    }
    if (!m_timers.armed(Timer::bridge)) {
        m_watch = {};
        each_group([&](GroupId id) { (void)m_resources.take_look(id); });
        m_timers.arm(Timer::bridge,
                     m_context.now + std::max(look_interval, 2 * m_context.ha().keepalive));
    }
}

/// True: the peer is there and does not run the group, or has said goodbye.
bool OwnershipR1::peer_lets_us(GroupId id) const {
    if (legacy() && !m_membership.peers_speak_claims()) {
        return false;  // a real heartbeat does not tell what it holds in this mode
    }
    return std::ranges::all_of(m_membership.peers(), [&](const Peer& peer) {
        const bool theirs = is_local(id) ? m_other_hold.foreign : m_other_hold.local;
        return peer.alive() ? peer.view != Peer::View::dead && !theirs : peer.shut_down;
    });
}

void OwnershipR1::look_at_bridge() {
    if (!misses_stream()) {
        return;
    }
    using Decision = PolicyDecision::Decision;
    Duration next = look_interval;
    each_group([&](GroupId id) {
        if (m_roles.role(id) != GroupRole::active) {
            return;
        }
        const std::optional<bool> there = m_resources.take_look(id);
        if (!there || !*there) {
            if (there) {
                m_watch.was_silent = true;
                next = ++m_watch.looks < many_looks ? look_interval : slow_look_interval;
            }
            m_resources.look_at_bridge(m_context.now, id, *m_context.out);
            return;
        }
        m_watch.looks = 0;
        next = look_interval * (2LL << std::min(m_watch.tries++, most_doublings - 1));
        if (m_watch.was_silent || peer_lets_us(id)) {
            decide(PolicyDecision::Rule::bridge_stream, Decision::points, next);
            m_resources.repoint_again(m_context.now, id, *m_context.out);
        } else if (!std::exchange(m_watch.told, true)) {
            decide(PolicyDecision::Rule::bridge_stream, Decision::leaves);
        }
        m_watch.was_silent = false;
    });
    m_timers.arm(Timer::bridge, m_context.now + next);
}

}  // namespace cluster
