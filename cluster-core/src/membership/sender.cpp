// SPDX-License-Identifier: GPL-2.0-or-later
#include "sender.hpp"

#include <algorithm>

namespace cluster {

Sender::Sender(Context& context, const wire::Authenticator& keys)
    : m_context(context), m_keys(keys) {
    const HaConfig& ha = context.ha();
    m_has_serial = std::ranges::any_of(
        ha.links, [](const LinkConfig& link) { return link.kind == LinkKind::serial; });
    m_has_udp = std::ranges::any_of(
        ha.links, [](const LinkConfig& link) { return link.kind != LinkKind::serial; });
    // ttl = hopfudge + number of configured nodes, ping targets included. Nobody forwards, so
    // nobody reads it.
    m_ttl = static_cast<std::size_t>(std::max(ha.hopfudge, 0)) + ha.nodes.size() +
            ha.ping_targets.size();
}

wire::OutgoingMessage& Sender::begin(std::string_view type) {
    begin_empty().add("t", type);
    return m_message;
}

wire::OutgoingMessage& Sender::begin_empty() {
    m_message.fields.clear();
    return m_message;
}

void Sender::complete(const Uuid* destination, bool numbered) {
    if (destination != nullptr) {
        m_message.add_uuid("destuuid", *destination);
    }
    m_message.add("src", m_context.options.name);
    m_message.add_uuid("srcuuid", m_context.options.uuid);
    if (numbered) {
        m_message.add_hex("seq", ++m_seq);
    }
    m_message.add_hex("hg", m_generation);
    m_message.add_hex("ts", static_cast<std::uint64_t>(m_context.wall));
    if (numbered) {
        m_message.add("ld", m_context.load);
    }
    m_message.add_decimal("ttl", m_ttl);
}

void Sender::encode(const wire::OutgoingMessage& message, Kept& into) const {
    into.netstring.clear();
    into.classic.clear();
    if (m_has_udp) {
        wire::encode_netstring(message, m_keys, m_context.ha().msgfmt, into.netstring);
    }
    if (m_has_serial) {
        wire::encode_classic(message, m_keys, into.classic);
    }
}

void Sender::transmit(const Kept& message) {
    ActionSink& out = *m_context.out;
    const std::span<const std::byte> netstring = out.keep(message.netstring);
    const std::span<const std::byte> classic = out.keep(message.classic);
    for (std::size_t i = 0; i < m_context.ha().links.size(); ++i) {
        const bool serial = m_context.ha().links[i].kind == LinkKind::serial;
        m_context.issue(
            SendDatagram{LinkId{static_cast<std::uint16_t>(i)}, serial ? classic : netstring});
        ++m_sent;
    }
}

void Sender::send(const Uuid* destination) {
    complete(destination, true);
    const std::size_t slot = m_seq % history;
    if (slot >= m_history.size()) {
        m_history.resize(slot + 1);
    }
    Kept& kept = m_history[slot];
    kept.seq = m_seq;
    kept.repeated = Instant{Duration::min()};
    encode(m_message, kept);
    transmit(kept);
}

void Sender::send_unnumbered(const Uuid* destination) {
    complete(destination, false);
    encode(m_message, m_unnumbered);
    transmit(m_unnumbered);
}

void Sender::send_beat() {
    complete(nullptr, true);
    encode(m_message, m_unnumbered);
    transmit(m_unnumbered);
}

void Sender::forward(const wire::OutgoingMessage& message) {
    encode(message, m_unnumbered);
    transmit(m_unnumbered);
}

bool Sender::repeat_one(std::uint64_t seq) {
    const std::size_t slot = seq % history;
    if (slot >= m_history.size() || m_history[slot].seq != seq) {
        return false;
    }
    Kept& kept = m_history[slot];
    if (kept.repeated == Instant{Duration::min()} ||
        m_context.now - kept.repeated >= repeat_guard) {
        kept.repeated = m_context.now;
        ++m_retransmitted;
        transmit(kept);
    }
    return true;
}

void Sender::start_generation(std::uint64_t generation) {
    m_generation = generation;
    m_seq = 0;
    for (Kept& kept : m_history) {
        kept.seq = 0;
    }
}

}  // namespace cluster
