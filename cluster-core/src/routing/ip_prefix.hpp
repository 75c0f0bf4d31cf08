// SPDX-License-Identifier: GPL-2.0-or-later
// IPv4 and IPv6 addresses and prefixes as text, read just far enough to say which network holds
// which address. Not a general address library: no zones, no classful shorthands, no host names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cluster {

struct IpAddress {
    std::array<std::uint8_t, 16> octets{};  ///< IPv4: the first four
    bool ipv6 = false;
    bool operator==(const IpAddress&) const = default;
};

struct IpPrefix {
    IpAddress network;
    int length = 0;
    [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
    /// Same network, whatever the host bits of the text were.
    [[nodiscard]] bool same_network(const IpPrefix& other) const noexcept;
};

[[nodiscard]] std::optional<IpAddress> parse_ip_address(std::string_view text) noexcept;

/// "10.10.10.0/24", "2001:db8::/32", or an address alone (a host route). Not "default".
[[nodiscard]] std::optional<IpPrefix> parse_ip_prefix(std::string_view text) noexcept;

}  // namespace cluster
