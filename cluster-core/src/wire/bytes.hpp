// SPDX-License-Identifier: GPL-2.0-or-later
// Integers in network and in little-endian order, for the binary formats. Internal to cluster_wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cluster::wire {

constexpr void put_u8(std::span<std::byte> out, std::size_t at, unsigned value) {
    out[at] = static_cast<std::byte>(value);
}

constexpr void put_be16(std::span<std::byte> out, std::size_t at, unsigned value) {
    put_u8(out, at, value >> 8 & 0xff);
    put_u8(out, at + 1, value & 0xff);
}

constexpr void put_le16(std::span<std::byte> out, std::size_t at, unsigned value) {
    put_u8(out, at, value & 0xff);
    put_u8(out, at + 1, value >> 8 & 0xff);
}

constexpr std::uint8_t get_u8(std::span<const std::byte> bytes, std::size_t at) {
    return std::to_integer<std::uint8_t>(bytes[at]);
}

constexpr std::uint16_t get_be16(std::span<const std::byte> bytes, std::size_t at) {
    return static_cast<std::uint16_t>(get_u8(bytes, at) << 8 | get_u8(bytes, at + 1));
}

constexpr std::uint16_t get_le16(std::span<const std::byte> bytes, std::size_t at) {
    return static_cast<std::uint16_t>(get_u8(bytes, at + 1) << 8 | get_u8(bytes, at));
}

/// Copies an array of octets (MAC, IPv4, IPv6) into or out of a packet.
template <class Octets>
constexpr void put_octets(std::span<std::byte> out, std::size_t at, const Octets& octets) {
    for (const std::uint8_t octet : octets) {
        put_u8(out, at++, octet);
    }
}

template <class Octets>
constexpr Octets get_octets(std::span<const std::byte> bytes, std::size_t at) {
    Octets octets{};
    for (std::uint8_t& octet : octets) {
        octet = get_u8(bytes, at++);
    }
    return octets;
}

}  // namespace cluster::wire
