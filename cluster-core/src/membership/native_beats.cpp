// SPDX-License-Identifier: GPL-2.0-or-later
// Beats of the native dialect on their way in and out: identity and numbers of the sender, links,
// reports. What a beat says is ownership's.
#include <algorithm>
#include <utility>

#include "membership.hpp"

namespace cluster {

void Membership::start_native(std::span<const std::byte> durable_state) {
    const Instant now = m_context.now;
    m_native = true;
    m_sender.start_generation(m_generations.start(durable_state));
    m_started = m_last_check = now;
    for (Peer& peer : m_peers) {
        peer.generation = m_generations.known(peer.name);
        peer.last_status = now;
    }
    m_pings.start();
    m_pings.send_all();
    m_next_beat = now + std::max<Duration>(m_context.ha().keepalive, std::chrono::milliseconds{1});
}

void Membership::send_beat(std::string_view type,
                           const wire::NativeFields& fields,
                           const wire::NativeLimits& limits) {
    wire::OutgoingMessage& message = m_sender.begin(type);
    message.add("st", announced_phase());
    message.add_hex(
        "dt",
        static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(m_context.ha().deadtime)
                .count()));
    message.add("protocol", "1");
    wire::add_native_fields(fields, limits, message);
    m_sender.send_beat();
}

/// Of this machine, and of a kind that the native dialect knows.
bool Membership::is_beat(Peer& peer,
                         std::string_view type,
                         const wire::MessageView& view,
                         LinkId link) {
    if (type != "status" && type != "shutdone") {
        ++m_accepted;
        return false;
    }
    if (view.get_hex("seq").value_or(0) == 0) {
        m_bad.note(BadPacketKind::missing_field, link, peer.name);
        return false;
    }
    const auto uuid = view.get_uuid("srcuuid");
    const bool newer = view.get_hex("hg").value_or(0) > peer.generation;
    if (uuid && peer.uuid && *uuid != *peer.uuid && !newer) {
        m_bad.note(BadPacketKind::unknown_node, link, peer.name);
        return false;
    }
    ++m_accepted;
    return true;
}

void Membership::refuse_malformed(LinkId link, std::size_t peer) {
    m_bad.note(BadPacketKind::malformed, link, m_peers[peer].name);
}

void Membership::note_beat(
    std::size_t index, LinkId link, const wire::MessageView& view, bool fresh, bool relayed) {
    Peer& peer = m_peers[index];
    if (!fresh) {
        ++m_duplicates;
    } else {
        const std::uint64_t generation = view.get_hex("hg").value_or(0);
        const bool newer = peer.heard && generation > peer.generation;
        const Duration silent = m_context.now - peer.last_status;
        if (generation > peer.generation) {
            peer.generation = generation;
            m_generations.learn(peer.name, generation);
        }
        if (peer.heard && peer.alive() && silent > m_context.ha().warntime) {
            m_context.report(LateHeartbeat{peer.name, silent});
        }
        if (const auto uuid = view.get_uuid("srcuuid")) {
            peer.uuid = uuid;
        }
        peer.status = view.get("st").value_or(std::string_view{}).substr(0, 32);
        peer.dt.reset();
        if (const auto dt = view.get_hex("dt")) {
            const auto cap = static_cast<std::uint64_t>(
                std::chrono::duration_cast<std::chrono::milliseconds>(max_dt).count());
            peer.dt = std::chrono::milliseconds{std::min(*dt, cap)};
        }
        peer.last_status_seq = view.get_hex("seq").value_or(0);
        peer.last_status = m_context.now;
        peer.heard = true;
        if (view.get("t") == "shutdone") {
            peer.shut_down = true;
        } else if (newer || !peer.alive()) {
            set_alive(peer,
                      newer ? PeerChangeReason::restarted
                      : peer.state == PeerState::unknown
                          ? PeerChangeReason::heard
                          : PeerChangeReason::returned_after_partition,
                      silent);
        }
    }
    if (!relayed) {
        heard_on(peer, link);
    }
}

void Membership::set_alive(Peer& peer, PeerChangeReason reason, Duration silent) {
    const PeerState from = std::exchange(peer.state, PeerState::up);
    peer.shut_down = false;
    m_context.report(PeerStateChanged{peer.name, from, PeerState::up, reason, silent});
}

void Membership::judge_beats(std::size_t index, bool alive, bool goodbye) {
    Peer& peer = m_peers[index];
    const Duration silent = m_context.now - peer.last_status;
    if (alive && !peer.alive()) {
        set_alive(peer, PeerChangeReason::heard, silent);
    } else if (!alive && peer.alive()) {
        const PeerState from = std::exchange(peer.state, PeerState::dead);
        for (PeerLink& link : peer.links) {
            link.up = false;
        }
        m_context.report(
            PeerStateChanged{peer.name,
                             from,
                             PeerState::dead,
                             goodbye ? PeerChangeReason::shutdown : PeerChangeReason::silent,
                             silent});
    }
}

}  // namespace cluster
