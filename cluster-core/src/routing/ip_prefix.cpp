// SPDX-License-Identifier: GPL-2.0-or-later
// Text of addresses and prefixes to octets.
#include "ip_prefix.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace cluster {

namespace {

std::optional<unsigned>
number(std::string_view text, int base, unsigned limit, std::size_t digits) {
    unsigned value = 0;
    if (text.empty() || text.size() > digits) {
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size() || value > limit) {
        return std::nullopt;
    }
    return value;
}

/// Four decimal numbers into `octets`.
bool parse_dotted_quad(std::string_view text, std::uint8_t* octets) {
    for (int i = 0; i < 4; ++i) {
        const std::size_t dot = i < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos) {
            return false;
        }
        const auto value = number(text.substr(0, dot), 10, 255, 3);
        if (!value) {
            return false;
        }
        octets[i] = static_cast<std::uint8_t>(*value);
        text.remove_prefix(i < 3 ? dot + 1 : dot);
    }
    return true;
}

/// Groups of a part of an IPv6 address without "::"; returns how many octets it fills, -1 on error.
int parse_groups(std::string_view text, std::array<std::uint8_t, 16>& octets) {
    std::size_t filled = 0;
    while (!text.empty()) {
        const std::size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
            return filled <= 12 && parse_dotted_quad(group, octets.data() + filled)
                       ? static_cast<int>(filled + 4)
                       : -1;
        }
        const auto value = number(group, 16, 0xFFFF, 4);
        if (!value || filled > 14) {
            return -1;
        }
        octets[filled++] = static_cast<std::uint8_t>(*value >> 8U);
        octets[filled++] = static_cast<std::uint8_t>(*value & 0xFFU);
        if (colon == std::string_view::npos) {
            break;
        }
        text.remove_prefix(colon + 1);
        if (text.empty()) {
            return -1;  // a single colon at the end
        }
    }
    return static_cast<int>(filled);
}

}  // namespace

std::optional<IpAddress> parse_ip_address(std::string_view text) noexcept {
    IpAddress address;
    if (text.find(':') == std::string_view::npos) {
        return parse_dotted_quad(text, address.octets.data()) ? std::optional{address}
                                                              : std::nullopt;
    }
    address.ipv6 = true;
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) {
        return parse_groups(text, address.octets) == 16 ? std::optional{address} : std::nullopt;
    }
    std::array<std::uint8_t, 16> tail{};
    const int before = parse_groups(text.substr(0, gap), address.octets);
    const int after = parse_groups(text.substr(gap + 2), tail);
    if (before < 0 || after < 0 || before + after > 14) {
        return std::nullopt;
    }
    std::copy_n(tail.begin(), after, address.octets.end() - after);
    return address;
}

std::optional<IpPrefix> parse_ip_prefix(std::string_view text) noexcept {
    const std::size_t slash = text.find('/');
    const auto address = parse_ip_address(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    const unsigned longest = address->ipv6 ? 128 : 32;
    if (slash == std::string_view::npos) {
        return IpPrefix{*address, static_cast<int>(longest)};
    }
    const auto length = number(text.substr(slash + 1), 10, longest, 3);
    if (!length) {
        return std::nullopt;
    }
    return IpPrefix{*address, static_cast<int>(*length)};
}

bool IpPrefix::contains(const IpAddress& address) const noexcept {
    if (address.ipv6 != network.ipv6) {
        return false;
    }
    for (int bit = 0; bit < length; bit += 8) {
        const auto i = static_cast<std::size_t>(bit / 8);
        const int rest = length - bit;
        const auto mask = static_cast<std::uint8_t>(rest >= 8 ? 0xFF : 0xFF << (8 - rest));
        if ((address.octets[i] & mask) != (network.octets[i] & mask)) {
            return false;
        }
    }
    return true;
}

bool IpPrefix::same_network(const IpPrefix& other) const noexcept {
    return length == other.length && contains(other.network);
}

}  // namespace cluster
