// SPDX-License-Identifier: GPL-2.0-or-later
// IPv4 (RFC 791), UDP (RFC 768) and ICMP echo (RFC 792) as bytes, for endpoints without an ns-3
// stack and for looking into frames. Whole datagrams only: no fragments, no options when building.
// Internal to the models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace models {

inline constexpr std::uint16_t ethertype_ipv4 = 0x0800;
inline constexpr std::uint16_t ethertype_arp = 0x0806;
inline constexpr std::uint16_t ethertype_ipv6 = 0x86DD;

/// Host byte order throughout; nullopt unless a strict dotted quad.
[[nodiscard]] std::optional<std::uint32_t> parse_address(std::string_view text) noexcept;
[[nodiscard]] std::string format_address(std::uint32_t address);

/// "10.10.10.100/24"; without "/n": /32. Nullopt when it is neither.
struct Prefix {
    std::uint32_t address = 0;
    int length = 32;
    [[nodiscard]] std::uint32_t mask() const noexcept {
        return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
    }
    [[nodiscard]] std::uint32_t network() const noexcept { return address & mask(); }
    [[nodiscard]] std::uint32_t broadcast() const noexcept { return address | ~mask(); }
    [[nodiscard]] bool holds(std::uint32_t other) const noexcept {
        return (other & mask()) == network();
    }
};
[[nodiscard]] std::optional<Prefix> parse_prefix(std::string_view text) noexcept;

enum class IpProtocol : std::uint8_t { icmp = 1, tcp = 6, udp = 17 };

struct Ipv4View {
    std::uint32_t source = 0;
    std::uint32_t destination = 0;
    std::uint8_t protocol = 0;
    std::span<const std::uint8_t> payload;
};

/// Nullopt: not IPv4, shorter than it says, or a fragment.
[[nodiscard]] std::optional<Ipv4View>
parse_ipv4_packet(std::span<const std::uint8_t> bytes) noexcept;

struct UdpView {
    std::uint16_t from_port = 0;
    std::uint16_t to_port = 0;
    std::span<const std::byte> payload;
};
[[nodiscard]] std::optional<UdpView> parse_udp(std::span<const std::uint8_t> bytes) noexcept;

enum class IcmpType : std::uint8_t { echo_reply = 0, unreachable = 3, echo_request = 8 };

struct EchoView {
    bool reply = false;
    std::uint16_t id = 0;
    std::uint16_t sequence = 0;
    std::span<const std::uint8_t> data;
};
[[nodiscard]] std::optional<EchoView> parse_echo(std::span<const std::uint8_t> bytes) noexcept;

/// Each clears `out` and fills it with a whole IPv4 packet.
void build_udp(std::vector<std::uint8_t>& out,
               std::uint32_t from,
               std::uint32_t to,
               std::uint16_t identification,
               std::uint16_t from_port,
               std::uint16_t to_port,
               std::span<const std::byte> payload);
void build_echo(std::vector<std::uint8_t>& out,
                std::uint32_t from,
                std::uint32_t to,
                std::uint16_t identification,
                bool reply,
                std::uint16_t id,
                std::uint16_t sequence,
                std::span<const std::uint8_t> data);

}  // namespace models
