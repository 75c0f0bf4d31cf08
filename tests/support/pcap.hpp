// SPDX-License-Identifier: GPL-2.0-or-later
// Reader of packet captures for tests: classic pcap, Ethernet, IPv4 with reassembled fragments,
// UDP, ARP. Not a general decoder: anything else is returned as a bare frame. Add
// tests/support/pcap.cpp to the test's SOURCES.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace test_support {

using Octets4 = std::array<std::uint8_t, 4>;
using Octets6 = std::array<std::uint8_t, 6>;

enum class PacketKind : std::uint8_t { other, arp, udp };

struct CapturedPacket {
    std::int64_t time_ns = 0;  ///< since 1970
    Octets6 source_mac{};
    Octets6 destination_mac{};
    std::uint16_t ethertype = 0;
    PacketKind kind = PacketKind::other;
    Octets4 source_ip{};
    Octets4 destination_ip{};
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::vector<std::byte>
        payload;  ///< udp: of the datagram; arp: the ARP body with padding; other: behind Ethernet
    std::vector<std::byte> frame;  ///< the whole frame; of a fragmented datagram: its last fragment
};

/// Packets in file order; a fragmented datagram stands where its last fragment was. Throws
/// std::runtime_error when the file cannot be read or is not a capture of this kind; a test must
/// not pass on an absent file.
[[nodiscard]] std::vector<CapturedPacket> read_pcap(const std::string& path);

/// Only UDP datagrams to `port`.
[[nodiscard]] std::vector<CapturedPacket> read_udp(const std::string& path, std::uint16_t port);

/// Path of a file under tests/data/captures.
[[nodiscard]] std::string capture_path(const std::string& file);

}  // namespace test_support
