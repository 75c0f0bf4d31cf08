// SPDX-License-Identifier: GPL-2.0-or-later
// From bytes to a believed message: digest, sender, generation, number; then what membership itself
// understands.
#include <algorithm>
#include <utility>

#include "membership.hpp"

namespace cluster {
namespace {

BadPacketKind kind_of(wire::DecodeError error) {
    switch (error) {
    case wire::DecodeError::no_digest:
    case wire::DecodeError::bad_digest_syntax:
    case wire::DecodeError::digest_mismatch:
        return BadPacketKind::bad_digest;
    case wire::DecodeError::unknown_method:
        return BadPacketKind::unknown_method;
    case wire::DecodeError::compressed:
        return BadPacketKind::compressed;
    case wire::DecodeError::too_large:
    case wire::DecodeError::not_a_message:
    case wire::DecodeError::truncated:
    case wire::DecodeError::bad_length:
    case wire::DecodeError::bad_field:
    case wire::DecodeError::too_many_fields:
    case wire::DecodeError::trailing_bytes:
    case wire::DecodeError::bad_base64:
        return BadPacketKind::malformed;
    }
    return BadPacketKind::malformed;
}

}  // namespace

std::optional<std::size_t>
Membership::accept(LinkId link, std::span<const std::byte> packet, wire::MessageView& view) {
    const wire::VerifyOptions options{.verify_with_sending_key =
                                          m_context.quirks().verify_with_sending_key};
    if (const auto error = wire::decode(packet, m_keys, view, options)) {
        m_bad.note(kind_of(*error), link, {});
        return std::nullopt;
    }
    const auto type = view.get("t");
    const auto source = view.get("src");
    if (!type || !source || view.get_hex("ts").value_or(0) == 0) {
        m_bad.note(BadPacketKind::missing_field, link, source.value_or(std::string_view{}));
        return std::nullopt;
    }
    if (*source == m_context.options.name) {
        on_own(view, link);
        return std::nullopt;
    }
    const auto at = std::ranges::find(m_peers, *source, &Peer::name);
    if (at == m_peers.end()) {
        m_bad.note(BadPacketKind::unknown_node, link, *source);
        return std::nullopt;
    }
    Peer& peer = *at;
    const auto index = static_cast<std::size_t>(at - m_peers.begin());
    const std::uint64_t generation = view.get_hex("hg").value_or(0);
    if (generation < peer.generation) {
        m_bad.note(BadPacketKind::replayed, link, *source);
        return std::nullopt;
    }
    if (m_native) {
        return is_beat(peer, *type, view, link) ? std::optional{index} : std::nullopt;
    }
    if (type->starts_with("NS_")) {
        if (generation == peer.generation) {
            ++m_accepted;
            on_control(peer, *type, view);
        }
        return std::nullopt;
    }
    const std::uint64_t seq = view.get_hex("seq").value_or(0);
    if (seq == 0) {
        m_bad.note(BadPacketKind::missing_field, link, *source);
        return std::nullopt;
    }
    if (!peer.heard && *type == "reqnodes") {
        on_nodes(index,
                 *type,
                 view);  // it heard us before we heard it; without an answer it waits a second
        return std::nullopt;
    }
    if (!take_number(peer, index, *type, seq, view, link) || *type == "status" ||
        on_nodes(index, *type, view)) {
        return std::nullopt;
    }
    const auto destination = view.get("dest");
    return !destination || *destination == m_context.options.name ? std::optional{index}
                                                                  : std::nullopt;
}

/// Own packets come back when a ucast line names our own address: harmless if we sent them in this
/// life.
void Membership::on_own(const wire::MessageView& view, LinkId link) {
    const bool loop = view.get_hex("hg") == m_sender.generation() &&
                      view.get_hex("seq").value_or(0) <= m_sender.last_seq();
    if (loop && m_native && view.get("nw")) {
        return;  // another node has handed it on
    }
    if (loop) {
        m_bad.count(BadPacketKind::reflected);
    } else {
        m_bad.note(BadPacketKind::reflected, link, m_context.options.name);
    }
}

/// Generation and number of one message of a known sender. False: not to be processed (further).
bool Membership::take_number(Peer& peer,
                             std::size_t index,
                             std::string_view type,
                             std::uint64_t seq,
                             const wire::MessageView& view,
                             LinkId link) {
    const std::uint64_t generation = view.get_hex("hg").value_or(0);
    const bool status = type == "status";
    const bool newer = generation > peer.generation;
    if ((newer || !peer.heard) && !status) {
        return false;  // a generation is learned from status only; this message cannot be placed
                       // yet
    }
    const auto uuid = view.get_uuid("srcuuid");
    if (uuid && peer.uuid && *uuid != *peer.uuid && !newer) {
        m_bad.note(BadPacketKind::unknown_node,
                   link,
                   peer.name);  // the name is known, the machine is another
        return false;
    }
    if (peer.state == PeerState::dead && peer.heard && !newer &&
        (!status || seq <= peer.last_status_seq)) {
        if (status) {
            m_bad.note(BadPacketKind::replayed, link, peer.name);
        }
        return false;  // a dead node comes back with a fresh status or not at all
    }
    if (newer || peer.state == PeerState::dead) {
        peer.window
            .forget();  // what was said in another life or behind a partition is not asked for
    }
    if (newer) {
        peer.last_status_seq = 0;
    }
    if (uuid) {
        peer.uuid = uuid;
    }
    const auto verdict =
        peer.window.take(seq, m_context.now, m_context.ha().max_rexmit_delay, m_context.prng);
    if (verdict == SequenceWindow::Verdict::duplicate) {
        ++m_accepted;
        ++m_duplicates;
        if (seq == peer.window.last()) {
            heard_on(peer, link);
        }
        return false;
    }
    ++m_accepted;
    report_lost(peer);
    if (status && seq > peer.last_status_seq) {
        peer.last_status_seq = seq;
        peer.generation = generation;
        if (newer) {
            m_generations.learn(peer.name, generation);
        }
        on_status(index, view, seq, newer);
    }
    heard_on(peer, link);
    if (peer.speaks_acks && seq % 10 == peer.ack_trigger && !peer.window.older_missing(seq)) {
        acknowledge(peer, seq);
    }
    return true;
}

void Membership::on_status(std::size_t index,
                           const wire::MessageView& view,
                           std::uint64_t,
                           bool new_generation) {
    Peer& peer = m_peers[index];
    const Duration silent = m_context.now - peer.last_status;
    const PeerState from = peer.state;
    if (peer.heard && peer.alive() && silent > m_context.ha().warntime) {
        m_context.report(LateHeartbeat{peer.name, silent});
        if (m_context.quirks().restart_on_heal && silent > m_context.ha().deadtime) {
            // heartbeat 3.0.6 after its own stop (§3): the late message declares its sender dead on
            // the spot, and then counts as a change of its status: no return after a partition.
            declare_dead(index, PeerChangeReason::silent);
            peer.state = PeerState::up;
            m_context.report(PeerStateChanged{
                peer.name, PeerState::dead, PeerState::up, PeerChangeReason::heard, silent});
        }
    }
    const std::string_view announced = view.get("st").value_or(std::string_view{}).substr(0, 32);
    if (peer.status != announced) {
        peer.status = announced;
        run_status_script(false);
    }
    if (const auto dt = view.get_hex("dt")) {
        const auto cap = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(max_dt).count());
        peer.dt = std::chrono::milliseconds{std::min(*dt, cap)};
    }
    peer.speaks_acks = view.get("protocol").has_value();
    peer.reachable_pings = view.get_hex("us_pings");
    peer.last_status = m_context.now;
    const bool fresh_life = announced == "init" || announced == "up";
    const bool first = !std::exchange(peer.heard, true);
    if (!peer.alive() || (new_generation && !first)) {
        came_up(index, from, new_generation, fresh_life, silent);
    } else if (peer.state == PeerState::late) {
        peer.state = PeerState::up;
        m_context.report(
            PeerStateChanged{peer.name, from, PeerState::up, PeerChangeReason::heard, silent});
    }
    if (const auto claims = view.get("us_claims")) {
        hear_claims(index, *claims);
    }
    if (m_phase == NodePhase::up && !m_nodelist_known && !m_ask_nodes_at) {
        ask_nodes();
    }
    check_active();
}

void Membership::hear_claims(std::size_t index, std::string_view text) {
    Peer& peer = m_peers[index];
    const std::size_t most = m_context.options.files.resources.groups.size() + 1;
    peer.view = text.starts_with('d')   ? Peer::View::dead
                : text.starts_with('r') ? Peer::View::returned
                                        : Peer::View::never_dead;
    peer.claims = text.substr(0, most);
    m_events.push_back({PeerEvent::Kind::told_claims, index});
}

void Membership::came_up(
    std::size_t index, PeerState from, bool new_generation, bool fresh_life, Duration silent) {
    Peer& peer = m_peers[index];
    peer.returned = false;
    m_tell_until = std::max(m_tell_until, m_context.now + first_claims);
    const bool was_dead = from == PeerState::dead;
    PeerChangeReason reason = PeerChangeReason::heard;
    if (was_dead && !fresh_life) {
        reason = PeerChangeReason::returned_after_partition;
        peer.returned = true;
        m_events.push_back({PeerEvent::Kind::healed, index});
    } else if (was_dead || fresh_life) {
        if (from != PeerState::unknown) {
            reason = PeerChangeReason::restarted;
            m_events.push_back({PeerEvent::Kind::restarted, index});
        }
    } else if (new_generation && from != PeerState::unknown) {
        reason = PeerChangeReason::restarted;
        m_events.push_back({PeerEvent::Kind::new_generation, index});
    }
    peer.state = PeerState::up;
    peer.shut_down = false;
    peer.dead_while_isolated = false;
    peer.second_look.reset();
    m_context.report(PeerStateChanged{peer.name, from, PeerState::up, reason, silent});
}

void Membership::heard_on(Peer& peer, LinkId link) {
    PeerLink& seen = peer.links[static_cast<std::size_t>(link)];
    seen.heard = m_context.now;
    if (!seen.up && peer.alive()) {
        seen.up = true;
        m_context.report(PeerLinkChanged{peer.name, link, true});
    }
}

void Membership::acknowledge(const Peer& peer, std::uint64_t seq) {
    wire::OutgoingMessage& message = m_sender.begin("NS_ackmsg");
    message.add("dest", peer.name);
    message.add_hex("ackseq", seq);
    m_sender.send_unnumbered(peer.uuid ? &*peer.uuid : nullptr);
}

void Membership::on_control(Peer& peer, std::string_view type, const wire::MessageView& view) {
    if (view.get("dest") != m_context.options.name) {
        return;
    }
    if (type == "NS_rexmit") {
        // Decimal, unlike every other number of the protocol.
        const auto first = view.get_decimal("firstseq");
        const auto last = view.get_decimal("lastseq");
        if (first && last) {
            m_sender.repeat(*first, *last, [&](std::uint64_t seq) {
                wire::OutgoingMessage& message = m_sender.begin("NS_nak_rexmit");
                message.add_hex("firstseq", seq);
                message.add("dest", peer.name);
                message.add("info", "seqno not found");
                m_sender.send_unnumbered(peer.uuid ? &*peer.uuid : nullptr);
            });
        }
    } else if (type == "NS_nak_rexmit") {
        if (const auto seq = view.get_hex("firstseq")) {
            peer.window.give_up(*seq);
            report_lost(peer);
        }
    }
}

/// The node list: we answer from our configuration, and take an answer as the sign that the peer
/// knows us.
bool Membership::on_nodes(std::size_t index, std::string_view type, const wire::MessageView& view) {
    const bool for_us = view.get("dest") == m_context.options.name;
    if (type == "reqnodes") {
        if (for_us) {
            std::string names;
            for (const std::string& node : m_context.ha().nodes) {
                names += node + ' ';
            }
            wire::OutgoingMessage& message = m_sender.begin_empty();
            message.add("dest", m_peers[index].name);
            message.add("t", "repnodes");
            message.add("nodelist", names);
            message.add("delnodelist", " ");
            m_sender.send(uuid_of(index));
        }
        return true;
    }
    if (type == "repnodes") {
        if (for_us && m_phase == NodePhase::up) {
            m_nodelist_known = true;
            m_ask_nodes_at.reset();
            check_active();
        }
        return true;
    }
    return false;
}

}  // namespace cluster
