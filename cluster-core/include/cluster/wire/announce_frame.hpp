// SPDX-License-Identifier: GPL-2.0-or-later
// Gratuitous ARP (RFC 826, RFC 5227 §3) and unsolicited neighbour advertisement (RFC 4861 §4.4,
// §7.2.6) frames.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "cluster/action.hpp"
#include "cluster/config.hpp"
#include "cluster/result.hpp"

namespace cluster::wire {

using Ipv4Bytes = std::array<std::uint8_t, 4>;
using Ipv6Bytes = std::array<std::uint8_t, 16>;

[[nodiscard]] std::optional<Ipv4Bytes>
    parse_ipv4(std::string_view) noexcept;  ///< strict dotted quad
[[nodiscard]] std::optional<Ipv6Bytes>
    parse_ipv6(std::string_view);  ///< RFC 4291 text forms, no zone

inline constexpr std::size_t arp_frame_bytes = 42;  ///< Ethernet header + ARP, unpadded
inline constexpr std::size_t arp_body_bytes = 28;
inline constexpr std::size_t neighbour_advertisement_bytes =
    86;  ///< Ethernet + IPv6 + NA + target link-layer option

/// Broadcast frame as IPaddr's send_arp makes it: request: target MAC zero; reply: target MAC = own
/// (facts §4.4).
[[nodiscard]] std::array<std::byte, arp_frame_bytes>
gratuitous_arp(const MacAddress& own, const Ipv4Bytes& address, ArpForm form);
/// To ff02::1, override set, solicited clear, router clear; ICMPv6 checksum filled in. Source = the
/// address itself.
[[nodiscard]] std::array<std::byte, neighbour_advertisement_bytes>
unsolicited_advertisement(const MacAddress& own, const Ipv6Bytes& address);

struct ArpBody {
    std::uint16_t operation = 1;  ///< 1 request, 2 reply
    MacAddress sender_mac{};
    Ipv4Bytes sender_address{};
    MacAddress target_mac{};
    Ipv4Bytes target_address{};
    bool operator==(const ArpBody&) const = default;
};

enum class ArpError : std::uint8_t { too_short, not_ethernet_ipv4, bad_operation };

[[nodiscard]] std::array<std::byte, arp_body_bytes> encode(const ArpBody&);
[[nodiscard]] Result<ArpBody, ArpError> decode_arp(std::span<const std::byte>);

}  // namespace cluster::wire
