// SPDX-License-Identifier: GPL-2.0-or-later
// One direction of an ethmf TDMoE stream as states (signalling bits, alarm flags) plus items that
// ride along.
//
// The message is the real ethmf one (cluster/wire/tdmoe.hpp). What its 8 payload bytes per channel
// and millisecond would spread over many frames (LAPD frames, sounds, digits) follows the message
// whole, as an extension of our own: { kind 1, span 1, channel 1, length 2 (big endian), bytes }*.
// So it gets through exactly when frames get through.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "telephony.hpp"

namespace models::tdm {

inline constexpr int span_count = 4;
inline constexpr int channel_count = 24;

/// How long one frame stands for the stream: signalling detail sends one per 100 ms.
[[nodiscard]] inline ns3::Time frame_interval(TdmDetail detail) {
    return detail == TdmDetail::frame ? ns3::MilliSeconds(1) : ns3::MilliSeconds(100);
}

/// Silence after which the stream counts as interrupted; half an interval of grace for queues.
[[nodiscard]] inline ns3::Time flow_timeout(TdmDetail detail) {
    return detail == TdmDetail::frame ? ns3::MilliSeconds(3) : ns3::MilliSeconds(150);
}

/// Sends: keeps the states, builds messages. Encodes anew only what changed; a steady stream
/// patches sequence numbers.
class StreamSender {
  public:
    explicit StreamSender(int spans);
    void set_abcd(int span, int channel, std::uint8_t bits);  ///< both from 1
    void set_yellow(int span, bool);
    void add_dchannel(int span, std::span<const std::byte> frame);
    void add_inband(int span, int channel, const Inband&);
    /// All sounds that are not silence, again: after an interruption.
    void repeat_sounds();
    void drop_items() { m_items.clear(); }
    [[nodiscard]] std::uint8_t abcd(int span, int channel) const;
    [[nodiscard]] Inband::Sound sound(int span, int channel) const;
    /// The next message; it stands for `frames` frames. Takes the waiting items along.
    [[nodiscard]] const std::vector<std::byte>& next(unsigned frames);
    void reset();

  private:
    void append_inband(int span, int channel, const Inband&);
    int m_spans;
    std::array<std::array<std::uint8_t, channel_count>, span_count> m_abcd{};
    std::array<std::array<Inband::Sound, channel_count>, span_count> m_sound{};
    std::array<bool, span_count> m_yellow{};
    std::uint16_t m_sequence = 0;
    bool m_changed = true;
    std::vector<std::byte> m_message;
    std::size_t m_regular = 0;
    std::vector<std::byte> m_items;
};

/// Receives: tells what changed against the message before. Bytes are hostile: anything malformed
/// is counted, no more.
class StreamReceiver {
  public:
    std::function<void(int span, int channel, std::uint8_t bits)> on_abcd;
    std::function<void(int span, bool yellow)> on_yellow;
    std::function<void(int span, std::span<const std::byte> frame)> on_dchannel;
    std::function<void(int span, int channel, const Inband&)> on_inband;

    /// Is this a message at all? Tells nothing yet; deliver() must follow before the next check().
    [[nodiscard]] bool check(std::span<const std::byte> bytes);
    void deliver();
    /// Forget the states: the next message is told whole.
    void reset();
    [[nodiscard]] std::uint8_t abcd(int span, int channel) const;
    [[nodiscard]] std::uint64_t malformed() const noexcept { return m_malformed; }

  private:
    void deliver_items(std::span<const std::byte> items);
    std::vector<std::byte> m_bytes;  ///< being delivered
    std::size_t m_regular = 0;
    std::vector<std::byte>
        m_known;  ///< headers and signalling of the last message, sequence numbers zeroed
    bool m_fresh = true;
    std::array<std::array<std::uint8_t, channel_count>, span_count> m_abcd{};
    std::array<bool, span_count> m_yellow{};
    std::uint64_t m_malformed = 0;
};

}  // namespace models::tdm
