// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets.hpp"

#include <array>
#include <charconv>

namespace models {
namespace {

constexpr std::size_t ip_header_bytes = 20;
constexpr std::size_t udp_header_bytes = 8;
constexpr std::size_t icmp_header_bytes = 8;

std::uint16_t get16(std::span<const std::uint8_t> bytes, std::size_t at) noexcept {
    return static_cast<std::uint16_t>((bytes[at] << 8U) | bytes[at + 1]);
}

std::uint32_t get32(std::span<const std::uint8_t> bytes, std::size_t at) noexcept {
    return (static_cast<std::uint32_t>(get16(bytes, at)) << 16U) | get16(bytes, at + 2);
}

void put16(std::vector<std::uint8_t>& out, std::size_t at, std::uint16_t value) noexcept {
    out[at] = static_cast<std::uint8_t>(value >> 8U);
    out[at + 1] = static_cast<std::uint8_t>(value & 0xffU);
}

void put32(std::vector<std::uint8_t>& out, std::size_t at, std::uint32_t value) noexcept {
    put16(out, at, static_cast<std::uint16_t>(value >> 16U));
    put16(out, at + 2, static_cast<std::uint16_t>(value & 0xffffU));
}

/// RFC 1071.
std::uint16_t checksum(std::span<const std::uint8_t> bytes) noexcept {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        sum += get16(bytes, i);
    }
    if (bytes.size() % 2 != 0) {
        sum += static_cast<std::uint32_t>(bytes.back()) << 8U;
    }
    while ((sum >> 16U) != 0) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(~sum & 0xffffU);
}

void put_ip_header(std::vector<std::uint8_t>& out,
                   IpProtocol protocol,
                   std::uint32_t from,
                   std::uint32_t to,
                   std::uint16_t identification) {
    out[0] = 0x45;
    put16(out, 2, static_cast<std::uint16_t>(out.size()));
    put16(out, 4, identification);
    out[8] = 64;
    out[9] = static_cast<std::uint8_t>(protocol);
    put32(out, 12, from);
    put32(out, 16, to);
    put16(out, 10, checksum(std::span{out}.first(ip_header_bytes)));
}

}  // namespace

std::optional<std::uint32_t> parse_address(std::string_view text) noexcept {
    std::uint32_t address = 0;
    for (int part = 0; part < 4; ++part) {
        if (part > 0) {
            if (text.empty() || text.front() != '.') {
                return std::nullopt;
            }
            text.remove_prefix(1);
        }
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const auto digits = static_cast<std::size_t>(end - text.data());
        if (error != std::errc{} || value > 255 || digits > 3) {
            return std::nullopt;
        }
        address = (address << 8U) | value;
        text.remove_prefix(digits);
    }
    return text.empty() ? std::optional{address} : std::nullopt;
}

std::string format_address(std::uint32_t address) {
    std::string text;
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        text += std::to_string((address >> (shift - 8)) & 0xffU);
        if (shift > 8) {
            text += '.';
        }
    }
    return text;
}

std::optional<Prefix> parse_prefix(std::string_view text) noexcept {
    Prefix prefix;
    const std::size_t slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    prefix.address = *address;
    if (slash != std::string_view::npos) {
        const std::string_view length = text.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(length.data(), length.data() + length.size(), prefix.length);
        if (error != std::errc{} || end != length.data() + length.size() || prefix.length < 0 ||
            prefix.length > 32) {
            return std::nullopt;
        }
    }
    return prefix;
}

std::optional<Ipv4View> parse_ipv4_packet(std::span<const std::uint8_t> bytes) noexcept {
    if (bytes.size() < ip_header_bytes || bytes[0] >> 4U != 4) {
        return std::nullopt;
    }
    const std::size_t header = (bytes[0] & 0x0fU) * 4U;
    const std::size_t total = get16(bytes, 2);
    const bool fragment = (get16(bytes, 6) & 0x3fffU) != 0;  // more fragments, or an offset
    if (header < ip_header_bytes || total < header || total > bytes.size() || fragment) {
        return std::nullopt;
    }
    return Ipv4View{
        get32(bytes, 12), get32(bytes, 16), bytes[9], bytes.subspan(header, total - header)};
}

std::optional<UdpView> parse_udp(std::span<const std::uint8_t> bytes) noexcept {
    if (bytes.size() < udp_header_bytes) {
        return std::nullopt;
    }
    const std::size_t length = get16(bytes, 4);
    if (length < udp_header_bytes || length > bytes.size()) {
        return std::nullopt;
    }
    return UdpView{get16(bytes, 0),
                   get16(bytes, 2),
                   std::as_bytes(bytes.subspan(udp_header_bytes, length - udp_header_bytes))};
}

std::optional<EchoView> parse_echo(std::span<const std::uint8_t> bytes) noexcept {
    if (bytes.size() < icmp_header_bytes || bytes[1] != 0) {
        return std::nullopt;
    }
    const bool reply = bytes[0] == static_cast<std::uint8_t>(IcmpType::echo_reply);
    if (!reply && bytes[0] != static_cast<std::uint8_t>(IcmpType::echo_request)) {
        return std::nullopt;
    }
    return EchoView{reply, get16(bytes, 4), get16(bytes, 6), bytes.subspan(icmp_header_bytes)};
}

void build_udp(std::vector<std::uint8_t>& out,
               std::uint32_t from,
               std::uint32_t to,
               std::uint16_t identification,
               std::uint16_t from_port,
               std::uint16_t to_port,
               std::span<const std::byte> payload) {
    out.assign(ip_header_bytes + udp_header_bytes + payload.size(), 0);
    put16(out, ip_header_bytes, from_port);
    put16(out, ip_header_bytes + 2, to_port);
    put16(out, ip_header_bytes + 4, static_cast<std::uint16_t>(udp_header_bytes + payload.size()));
    for (std::size_t i = 0; i < payload.size(); ++i) {
        out[ip_header_bytes + udp_header_bytes + i] = std::to_integer<std::uint8_t>(payload[i]);
    }
    put_ip_header(out, IpProtocol::udp, from, to, identification);
}

void build_echo(std::vector<std::uint8_t>& out,
                std::uint32_t from,
                std::uint32_t to,
                std::uint16_t identification,
                bool reply,
                std::uint16_t id,
                std::uint16_t sequence,
                std::span<const std::uint8_t> data) {
    out.assign(ip_header_bytes + icmp_header_bytes, 0);
    out.insert(out.end(), data.begin(), data.end());
    out[ip_header_bytes] =
        static_cast<std::uint8_t>(reply ? IcmpType::echo_reply : IcmpType::echo_request);
    put16(out, ip_header_bytes + 4, id);
    put16(out, ip_header_bytes + 6, sequence);
    put16(out, ip_header_bytes + 2, checksum(std::span{out}.subspan(ip_header_bytes)));
    put_ip_header(out, IpProtocol::icmp, from, to, identification);
}

}  // namespace models
