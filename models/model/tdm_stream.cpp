// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of a TDMoE stream: the wire codec for what changed, memory compares for what did not.

#include "tdm_stream.hpp"

#include <algorithm>

#include "cluster/check.hpp"
#include "cluster/wire/tdmoe.hpp"

namespace models::tdm {

namespace {

constexpr std::uint8_t idle_abcd = 0x5;
constexpr std::uint8_t idle_code = 0xFF;  ///< mu-law silence
constexpr std::size_t head_bytes = 2;
constexpr std::size_t span_header_bytes = 6;
constexpr std::size_t signalling_bytes = 16;
constexpr std::size_t payload_bytes = 256;
constexpr std::size_t sequence_offset = 2;  ///< in a span header
constexpr std::size_t sequence_bytes = 2;

enum class Item : std::uint8_t { dchannel = 1, inband = 2 };
constexpr std::size_t item_header_bytes = 5;

std::size_t at(int one_based) {
    return static_cast<std::size_t>(one_based - 1);
}

/// Length of the ethmf message that starts here, 0 when it cannot be one.
std::size_t regular_length(std::span<const std::byte> bytes) {
    if (bytes.size() < head_bytes) {
        return 0;
    }
    const auto spans = std::to_integer<std::size_t>(bytes[1]);
    const std::size_t length =
        head_bytes + spans * (span_header_bytes + signalling_bytes + payload_bytes);
    return spans >= 1 && spans <= span_count && length <= bytes.size() ? length : 0;
}

/// Of what is watched: the two bytes of head, the span headers and the signalling words.
bool differs_in_sequence_only(std::span<const std::byte> known,
                              std::span<const std::byte> bytes,
                              std::size_t spans) {
    const auto same = [&](std::size_t from, std::size_t to) {
        return std::equal(known.begin() + static_cast<std::ptrdiff_t>(from),
                          known.begin() + static_cast<std::ptrdiff_t>(to),
                          bytes.begin() + static_cast<std::ptrdiff_t>(from));
    };
    std::size_t from = 0;
    for (std::size_t span = 0; span < spans; ++span) {
        const std::size_t sequence = head_bytes + span * span_header_bytes + sequence_offset;
        if (!same(from, sequence)) {
            return false;
        }
        from = sequence + sequence_bytes;
    }
    return same(from, known.size());
}

void append_item(std::vector<std::byte>& out,
                 Item kind,
                 int span,
                 int channel,
                 std::span<const std::byte> bytes) {
    out.push_back(static_cast<std::byte>(kind));
    out.push_back(static_cast<std::byte>(span));
    out.push_back(static_cast<std::byte>(channel));
    out.push_back(static_cast<std::byte>((bytes.size() >> 8U) & 0xFFU));
    out.push_back(static_cast<std::byte>(bytes.size() & 0xFFU));
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

StreamSender::StreamSender(int spans) : m_spans(spans) {
    CLUSTER_CHECK(spans >= 1 && spans <= span_count);
    reset();
}

void StreamSender::reset() {
    for (auto& span : m_abcd) {
        span.fill(idle_abcd);
    }
    for (auto& span : m_sound) {
        span.fill(Inband::Sound::silence);
    }
    m_yellow.fill(false);
    m_items.clear();
    m_changed = true;
}

void StreamSender::set_abcd(int span, int channel, std::uint8_t bits) {
    m_abcd[at(span)][at(channel)] = bits & 0x0FU;
    m_changed = true;
}

void StreamSender::set_yellow(int span, bool yellow) {
    m_yellow[at(span)] = yellow;
    m_changed = true;
}

void StreamSender::add_dchannel(int span, std::span<const std::byte> frame) {
    append_item(m_items, Item::dchannel, span, channel_count, frame);
}

void StreamSender::append_inband(int span, int channel, const Inband& inband) {
    std::vector<std::byte> bytes;
    bytes.push_back(static_cast<std::byte>(inband.sound));
    for (const char digit : inband.digits) {
        bytes.push_back(static_cast<std::byte>(digit));
    }
    append_item(m_items, Item::inband, span, channel, bytes);
}

void StreamSender::add_inband(int span, int channel, const Inband& inband) {
    m_sound[at(span)][at(channel)] = inband.sound;
    append_inband(span, channel, inband);
}

void StreamSender::repeat_sounds() {
    for (int span = 1; span <= m_spans; ++span) {
        for (int channel = 1; channel <= channel_count; ++channel) {
            const Inband::Sound sound = m_sound[at(span)][at(channel)];
            if (sound != Inband::Sound::silence) {
                append_inband(span, channel, Inband{sound, {}});
            }
        }
    }
}

std::uint8_t StreamSender::abcd(int span, int channel) const {
    return m_abcd[at(span)][at(channel)];
}

Inband::Sound StreamSender::sound(int span, int channel) const {
    return m_sound[at(span)][at(channel)];
}

const std::vector<std::byte>& StreamSender::next(unsigned frames) {
    if (m_changed) {
        cluster::wire::TdmoeMulti message;
        for (int span = 1; span <= m_spans; ++span) {
            cluster::wire::TdmoeSpan& out = message.spans.emplace_back();
            out.flags.yellow = m_yellow[at(span)];
            out.channels = channel_count;
            std::copy(m_abcd[at(span)].begin(), m_abcd[at(span)].end(), out.abcd.begin());
            out.payload.assign(
                static_cast<std::size_t>(channel_count * cluster::wire::tdmoe_samples), idle_code);
        }
        m_message = encode(message);
        m_regular = m_message.size();
        m_changed = false;
    }
    m_message.resize(m_regular);
    m_sequence = static_cast<std::uint16_t>(m_sequence + frames);
    for (int span = 1; span <= m_spans; ++span) {
        const std::size_t offset = head_bytes + at(span) * span_header_bytes + sequence_offset;
        m_message[offset] = static_cast<std::byte>(m_sequence >> 8U);
        m_message[offset + 1] = static_cast<std::byte>(m_sequence & 0xFFU);
    }
    m_message.insert(m_message.end(), m_items.begin(), m_items.end());
    m_items.clear();
    return m_message;
}

bool StreamReceiver::check(std::span<const std::byte> bytes) {
    m_regular = regular_length(bytes);
    if (m_regular == 0) {
        ++m_malformed;
        return false;
    }
    m_bytes.assign(bytes.begin(), bytes.end());
    const auto spans = std::to_integer<std::size_t>(m_bytes[1]);
    const std::size_t watched = head_bytes + spans * (span_header_bytes + signalling_bytes);
    // Steady state: nothing but the sequence numbers differs from the message before.
    const bool same =
        !m_fresh && m_known.size() == watched && differs_in_sequence_only(m_known, m_bytes, spans);
    if (same) {
        return true;
    }
    if (!cluster::wire::decode_tdmoe_multi(std::span(m_bytes).first(m_regular)).has_value()) {
        ++m_malformed;
        return false;
    }
    m_known.clear();  // deliver() takes it up
    return true;
}

void StreamReceiver::deliver() {
    if (m_known.empty()) {
        const auto decoded = cluster::wire::decode_tdmoe_multi(std::span(m_bytes).first(m_regular));
        CLUSTER_CHECK(decoded.has_value());
        const auto spans = decoded->spans.size();
        const std::size_t watched = head_bytes + spans * (span_header_bytes + signalling_bytes);
        m_known.assign(m_bytes.begin(), m_bytes.begin() + static_cast<std::ptrdiff_t>(watched));
        const bool tell_all = m_fresh;
        m_fresh = false;
        for (std::size_t s = 0; s < spans; ++s) {
            const cluster::wire::TdmoeSpan& in = decoded->spans[s];
            if (tell_all || m_yellow[s] != in.flags.yellow) {
                m_yellow[s] = in.flags.yellow;
                if (on_yellow) {
                    on_yellow(static_cast<int>(s) + 1, in.flags.yellow);
                }
            }
            for (std::size_t c = 0; c < channel_count && c < in.channels; ++c) {
                if (tell_all || m_abcd[s][c] != in.abcd[c]) {
                    m_abcd[s][c] = in.abcd[c];
                    if (on_abcd) {
                        on_abcd(static_cast<int>(s) + 1, static_cast<int>(c) + 1, in.abcd[c]);
                    }
                }
            }
        }
    }
    if (m_bytes.size() > m_regular) {
        const std::vector<std::byte> items(m_bytes.begin() + static_cast<std::ptrdiff_t>(m_regular),
                                           m_bytes.end());
        deliver_items(items);
    }
}

void StreamReceiver::deliver_items(std::span<const std::byte> items) {
    while (items.size() >= item_header_bytes) {
        const auto kind = std::to_integer<std::uint8_t>(items[0]);
        const int span = std::to_integer<int>(items[1]);
        const int channel = std::to_integer<int>(items[2]);
        const std::size_t length =
            (std::to_integer<std::size_t>(items[3]) << 8U) | std::to_integer<std::size_t>(items[4]);
        if (length > items.size() - item_header_bytes || span < 1 || span > span_count ||
            channel < 1 || channel > channel_count) {
            ++m_malformed;
            return;
        }
        const auto body = items.subspan(item_header_bytes, length);
        items = items.subspan(item_header_bytes + length);
        if (kind == static_cast<std::uint8_t>(Item::dchannel)) {
            if (on_dchannel) {
                on_dchannel(span, body);
            }
        } else if (kind == static_cast<std::uint8_t>(Item::inband) && !body.empty() &&
                   std::to_integer<std::uint8_t>(body[0]) <=
                       static_cast<std::uint8_t>(Inband::Sound::speech)) {
            Inband inband{static_cast<Inband::Sound>(std::to_integer<std::uint8_t>(body[0])), {}};
            for (const std::byte digit : body.subspan(1)) {
                inband.digits.push_back(static_cast<char>(digit));
            }
            if (on_inband) {
                on_inband(span, channel, inband);
            }
        } else {
            ++m_malformed;
        }
    }
}

void StreamReceiver::reset() {
    m_fresh = true;
    m_known.clear();
    m_yellow.fill(false);
    for (auto& span : m_abcd) {
        span.fill(idle_abcd);
    }
}

std::uint8_t StreamReceiver::abcd(int span, int channel) const {
    return m_abcd[at(span)][at(channel)];
}

}  // namespace models::tdm
