// SPDX-License-Identifier: GPL-2.0-or-later
// Frames that tell the neighbours where an address lives now, and the address texts they are made
// from.
#include "cluster/wire/announce_frame.hpp"

#include "bytes.hpp"

namespace cluster::wire {

namespace {

constexpr std::size_t ethernet_header_bytes = 14;
constexpr unsigned ethertype_arp = 0x0806;
constexpr unsigned ethertype_ipv6 = 0x86DD;
constexpr MacAddress broadcast_mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr MacAddress all_nodes_mac{0x33, 0x33, 0x00, 0x00, 0x00, 0x01};  // RFC 2464 §7
constexpr Ipv6Bytes all_nodes{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01};
constexpr unsigned next_header_icmpv6 = 58;

void put_ethernet(std::span<std::byte> frame,
                  const MacAddress& destination,
                  const MacAddress& source,
                  unsigned type) {
    put_octets(frame, 0, destination);
    put_octets(frame, 6, source);
    put_be16(frame, 12, type);
}

/// RFC 4443 §2.3: the Internet checksum over pseudo header and ICMPv6 message.
unsigned icmpv6_checksum(const Ipv6Bytes& source,
                         const Ipv6Bytes& destination,
                         std::span<const std::byte> message) {
    std::uint32_t sum = static_cast<std::uint32_t>(message.size()) + next_header_icmpv6;
    for (std::size_t i = 0; i < source.size(); i += 2) {
        sum += static_cast<std::uint32_t>(source[i] << 8 | source[i + 1]);
        sum += static_cast<std::uint32_t>(destination[i] << 8 | destination[i + 1]);
    }
    for (std::size_t i = 0; i < message.size(); i += 2) {
        sum += get_be16(message, i);
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum & 0xffff;
}

/// One group of IPv6 text: 1 to 4 hex digits.
std::optional<unsigned> parse_group(std::string_view text) noexcept {
    if (text.empty() || text.size() > 4) {
        return std::nullopt;
    }
    unsigned value = 0;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        if (!digit && (lower < 'a' || lower > 'f')) {
            return std::nullopt;
        }
        value = value << 4 | static_cast<unsigned>(digit ? c - '0' : lower - 'a' + 10);
    }
    return value;
}

/// Octets of "a:b:…" without "::"; the last piece may be an IPv4 address when `ipv4_allowed`.
struct Groups {
    std::array<std::uint8_t, 16> octets{};
    std::size_t count = 0;
};

std::optional<Groups> parse_groups(std::string_view text, bool ipv4_allowed) noexcept {
    Groups groups;
    if (text.empty()) {
        return groups;
    }
    for (;;) {
        const std::size_t colon = text.find(':');
        const std::string_view piece = text.substr(0, colon);
        if (colon == std::string_view::npos && ipv4_allowed &&
            piece.find('.') != std::string_view::npos) {
            const auto ipv4 = parse_ipv4(piece);
            if (!ipv4 || groups.count + ipv4->size() > groups.octets.size()) {
                return std::nullopt;
            }
            for (const std::uint8_t octet : *ipv4) {
                groups.octets[groups.count++] = octet;
            }
            return groups;
        }
        const auto group = parse_group(piece);
        if (!group || groups.count + 2 > groups.octets.size()) {
            return std::nullopt;
        }
        groups.octets[groups.count++] = static_cast<std::uint8_t>(*group >> 8);
        groups.octets[groups.count++] = static_cast<std::uint8_t>(*group & 0xff);
        if (colon == std::string_view::npos) {
            return groups;
        }
        text.remove_prefix(colon + 1);
    }
}

}  // namespace

std::optional<Ipv4Bytes> parse_ipv4(std::string_view text) noexcept {
    Ipv4Bytes address{};
    for (std::size_t i = 0; i < address.size(); ++i) {
        std::size_t digits = 0;
        unsigned value = 0;
        while (digits < text.size() && digits < 3 && text[digits] >= '0' && text[digits] <= '9') {
            value = value * 10 + static_cast<unsigned>(text[digits] - '0');
            ++digits;
        }
        // A leading zero is octal to some readers and decimal to others; refused.
        if (digits == 0 || value > 255 || (digits > 1 && text.front() == '0')) {
            return std::nullopt;
        }
        address[i] = static_cast<std::uint8_t>(value);
        text.remove_prefix(digits);
        if (i + 1 < address.size()) {
            if (!text.starts_with('.')) {
                return std::nullopt;
            }
            text.remove_prefix(1);
        }
    }
    return text.empty() ? std::optional{address} : std::nullopt;
}

std::optional<Ipv6Bytes> parse_ipv6(std::string_view text) {
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) {
        const auto groups = parse_groups(text, true);
        return groups && groups->count == 16 ? std::optional{groups->octets} : std::nullopt;
    }
    const std::string_view tail_text = text.substr(gap + 2);
    const auto head = parse_groups(text.substr(0, gap), false);
    const auto tail = parse_groups(tail_text, true);
    // "::" stands for at least one group of zeros (RFC 5952 §4.2.2 would not write it for one, RFC
    // 4291 allows it).
    if (!head || !tail || head->count + tail->count > 14) {
        return std::nullopt;
    }
    Ipv6Bytes address = head->octets;
    for (std::size_t i = 0; i < tail->count; ++i) {
        address[16 - tail->count + i] = tail->octets[i];
    }
    return address;
}

std::array<std::byte, arp_frame_bytes>
gratuitous_arp(const MacAddress& own, const Ipv4Bytes& address, ArpForm form) {
    std::array<std::byte, arp_frame_bytes> frame{};
    put_ethernet(frame, broadcast_mac, own, ethertype_arp);
    const bool reply = form == ArpForm::reply;
    const auto body = encode(ArpBody{.operation = static_cast<std::uint16_t>(reply ? 2 : 1),
                                     .sender_mac = own,
                                     .sender_address = address,
                                     .target_mac = reply ? own : MacAddress{},
                                     .target_address = address});
    for (std::size_t i = 0; i < body.size(); ++i) {
        frame[ethernet_header_bytes + i] = body[i];
    }
    return frame;
}

std::array<std::byte, neighbour_advertisement_bytes>
unsolicited_advertisement(const MacAddress& own, const Ipv6Bytes& address) {
    constexpr std::size_t ip = ethernet_header_bytes;
    constexpr std::size_t icmp = ip + 40;
    constexpr std::size_t icmp_bytes = 32;  // 24 + target link-layer address option
    static_assert(icmp + icmp_bytes == neighbour_advertisement_bytes);

    std::array<std::byte, neighbour_advertisement_bytes> frame{};
    put_ethernet(frame, all_nodes_mac, own, ethertype_ipv6);
    put_u8(frame, ip, 0x60);
    put_be16(frame, ip + 4, icmp_bytes);
    put_u8(frame, ip + 6, next_header_icmpv6);
    put_u8(frame, ip + 7, 255);  // RFC 4861 §7.1.2: any other hop limit is discarded
    put_octets(frame, ip + 8, address);
    put_octets(frame, ip + 24, all_nodes);
    put_u8(frame, icmp, 136);
    put_u8(frame, icmp + 4, 0x20);  // override; neither router nor solicited
    put_octets(frame, icmp + 8, address);
    put_u8(frame, icmp + 24, 2);  // target link-layer address, in units of 8 bytes: 1
    put_u8(frame, icmp + 25, 1);
    put_octets(frame, icmp + 26, own);
    put_be16(frame, icmp + 2, icmpv6_checksum(address, all_nodes, std::span{frame}.subspan(icmp)));
    return frame;
}

std::array<std::byte, arp_body_bytes> encode(const ArpBody& arp) {
    std::array<std::byte, arp_body_bytes> body{};
    put_be16(body, 0, 1);       // Ethernet
    put_be16(body, 2, 0x0800);  // IPv4
    put_u8(body, 4, 6);
    put_u8(body, 5, 4);
    put_be16(body, 6, arp.operation);
    put_octets(body, 8, arp.sender_mac);
    put_octets(body, 14, arp.sender_address);
    put_octets(body, 18, arp.target_mac);
    put_octets(body, 24, arp.target_address);
    return body;
}

Result<ArpBody, ArpError> decode_arp(std::span<const std::byte> bytes) {
    // Longer is fine: short Ethernet frames arrive padded to 60 bytes.
    if (bytes.size() < arp_body_bytes) {
        return Unexpected{ArpError::too_short};
    }
    if (get_be16(bytes, 0) != 1 || get_be16(bytes, 2) != 0x0800 || get_u8(bytes, 4) != 6 ||
        get_u8(bytes, 5) != 4) {
        return Unexpected{ArpError::not_ethernet_ipv4};
    }
    const std::uint16_t operation = get_be16(bytes, 6);
    if (operation != 1 && operation != 2) {
        return Unexpected{ArpError::bad_operation};
    }
    return ArpBody{.operation = operation,
                   .sender_mac = get_octets<MacAddress>(bytes, 8),
                   .sender_address = get_octets<Ipv4Bytes>(bytes, 14),
                   .target_mac = get_octets<MacAddress>(bytes, 18),
                   .target_address = get_octets<Ipv4Bytes>(bytes, 24)};
}

}  // namespace cluster::wire
