// SPDX-License-Identifier: GPL-2.0-or-later
// `ip[/mask[/if[:label]][/broadcast]]`: the address shorthand of haresources and the argument of
// IPaddr and IPaddr2.
#include <bit>
#include <cstdint>

#include "cluster/config.hpp"
#include "text.hpp"

namespace cluster {

namespace {

/// "24" or "255.255.255.0"; at most 32 or 128.
std::optional<int> prefix_length(std::string_view word, bool ipv6) {
    if (!ipv6 && text::is_ipv4(word)) {
        std::uint32_t mask = 0;
        for (int octet = 0; octet < 4; ++octet) {
            const auto end = word.find('.');
            mask = mask << 8U |
                   static_cast<std::uint32_t>(text::loose_integer(word.substr(0, end)).value);
            word.remove_prefix(end == std::string_view::npos ? word.size() : end + 1);
        }
        const int ones = std::countl_one(mask);
        return std::popcount(mask) == ones ? std::optional(ones) : std::nullopt;
    }
    const auto length = text::strict_integer(word);
    return length && *length <= (ipv6 ? 128 : 32) ? length : std::nullopt;
}

}  // namespace

std::optional<AddressSpec> parse_address_spec(std::string_view word) {
    std::array<std::string_view, 4> parts;
    std::size_t count = 0;
    while (true) {
        if (count == parts.size()) {
            return std::nullopt;
        }
        const auto end = word.find('/');
        parts[count++] = word.substr(0, end);
        if (end == std::string_view::npos) {
            break;
        }
        word.remove_prefix(end + 1);
    }

    AddressSpec spec;
    const bool ipv6 = text::is_ipv6(parts[0]);
    if (!ipv6 && !text::is_ipv4(parts[0])) {
        return std::nullopt;
    }
    spec.address = parts[0];
    if (!parts[1].empty()) {
        spec.prefix_length = prefix_length(parts[1], ipv6);
        if (!spec.prefix_length) {
            return std::nullopt;
        }
    }
    auto broadcast = parts[3];
    if (auto interface = parts[2]; !interface.empty()) {
        if (interface.front() >= '0' && interface.front() <= '9') {
            // A third part that starts with a digit is the broadcast address; nothing may follow
            // it.
            if (count > 3) {
                return std::nullopt;
            }
            broadcast = interface;
        } else {
            const auto colon = interface.find(':');
            if (colon != std::string_view::npos) {
                spec.label = interface.substr(colon + 1);
                interface = interface.substr(0, colon);
            }
            if (!text::is_interface_name(interface)) {
                return std::nullopt;
            }
            spec.interface = interface;
        }
    }
    if (!broadcast.empty()) {
        if (ipv6 || !text::is_ipv4(broadcast)) {
            return std::nullopt;
        }
        spec.broadcast = broadcast;
    }
    return spec;
}

}  // namespace cluster
