// SPDX-License-Identifier: GPL-2.0-or-later
// TDM over Ethernet frames (DAHDI dynamic spans), ethertype 0xD00D: single span (`eth`) and
// multi-span (`ethmf`). Source: facts/fonebridge.md §3. Payload of the Ethernet frame only; no
// Ethernet header here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cluster/result.hpp"

namespace cluster::wire {

inline constexpr std::uint16_t tdmoe_ethertype = 0xD00D;
inline constexpr int tdmoe_samples = 8;  ///< per channel and frame: 1000 frames/s at 8 kHz
inline constexpr int tdmoe_max_spans = 4;
inline constexpr int tdmoe_max_channels = 32;

struct TdmoeFlags {
    bool yellow = false;     ///< sender's own span is RED
    bool signalling = true;  ///< signalling words present
    bool loopback = false;
    bool channel0 = false;  ///< ethmf: first 8 payload bytes are to be skipped
    bool operator==(const TdmoeFlags&) const = default;
};

/// One span of a frame. `abcd`: low 4 bits per channel. `payload`: channels x 8 bytes, channel
/// after channel.
struct TdmoeSpan {
    TdmoeFlags flags;
    std::uint16_t sequence = 0;
    std::uint16_t channels = 24;
    std::array<std::uint8_t, tdmoe_max_channels> abcd{};
    std::vector<std::uint8_t> payload;
    bool operator==(const TdmoeSpan&) const = default;
};

enum class TdmoeError : std::uint8_t {
    too_short,
    bad_length,
    bad_samples,
    bad_channels,
    too_many_spans,
    not_this_format
};

/// `eth`: sub-address + one span.
struct TdmoeSingle {
    std::uint16_t sub_address = 0;  ///< bit 15 clear
    TdmoeSpan span;
    bool operator==(const TdmoeSingle&) const = default;
};

[[nodiscard]] std::vector<std::byte> encode(const TdmoeSingle&);
[[nodiscard]] Result<TdmoeSingle, TdmoeError> decode_tdmoe_single(std::span<const std::byte>);

/// `ethmf`: bit 15 of the sub-address word set, low byte = number of spans (1..4).
struct TdmoeMulti {
    std::vector<TdmoeSpan> spans;
    bool operator==(const TdmoeMulti&) const = default;
};

[[nodiscard]] std::vector<std::byte> encode(const TdmoeMulti&);
[[nodiscard]] Result<TdmoeMulti, TdmoeError> decode_tdmoe_multi(std::span<const std::byte>);

}  // namespace cluster::wire
