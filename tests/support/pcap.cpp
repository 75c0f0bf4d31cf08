// SPDX-License-Identifier: GPL-2.0-or-later
// Reader of packet captures for tests, see pcap.hpp.
#include "support/pcap.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace test_support {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t ethernet_bytes = 14;
constexpr std::size_t udp_bytes = 8;

unsigned u8(Bytes b, std::size_t at) {
    return std::to_integer<unsigned>(b[at]);
}

unsigned be16(Bytes b, std::size_t at) {
    return u8(b, at) << 8 | u8(b, at + 1);
}

template <std::size_t N>
std::array<std::uint8_t, N> octets(Bytes b, std::size_t at) {
    std::array<std::uint8_t, N> out{};
    for (std::size_t i = 0; i < N; ++i) {
        out[i] = std::to_integer<std::uint8_t>(b[at + i]);
    }
    return out;
}

/// 32-bit number in the byte order that the file's magic number announced.
std::uint32_t u32(Bytes b, std::size_t at, bool little) {
    return little ? u8(b, at + 3) << 24 | u8(b, at + 2) << 16 | u8(b, at + 1) << 8 | u8(b, at)
                  : u8(b, at) << 24 | u8(b, at + 1) << 16 | u8(b, at + 2) << 8 | u8(b, at + 3);
}

/// Fragments of one datagram, keyed by offset; complete when they join without a gap up to a last
/// fragment.
struct Fragments {
    std::map<std::size_t, std::vector<std::byte>> pieces;
    std::size_t total = 0;  ///< 0 until the last fragment was seen

    [[nodiscard]] std::vector<std::byte> joined() const {
        std::vector<std::byte> all;
        for (const auto& [offset, piece] : pieces) {
            if (offset != all.size()) {
                return {};
            }
            all.insert(all.end(), piece.begin(), piece.end());
        }
        return total != 0 && all.size() == total ? all : std::vector<std::byte>{};
    }
};

class Reader {
  public:
    void add(std::int64_t time_ns, Bytes frame) {
        CapturedPacket packet;
        packet.time_ns = time_ns;
        packet.frame.assign(frame.begin(), frame.end());
        if (frame.size() < ethernet_bytes) {
            m_packets.push_back(std::move(packet));
            return;
        }
        packet.destination_mac = octets<6>(frame, 0);
        packet.source_mac = octets<6>(frame, 6);
        packet.ethertype = static_cast<std::uint16_t>(be16(frame, 12));
        const Bytes body = frame.subspan(ethernet_bytes);
        packet.payload.assign(body.begin(), body.end());
        if (packet.ethertype == 0x0806) {
            packet.kind = PacketKind::arp;
        } else if (packet.ethertype == 0x0800 && !add_ipv4(packet, body)) {
            return;  // one fragment of several; the datagram comes with the last
        }
        m_packets.push_back(std::move(packet));
    }

    [[nodiscard]] std::vector<CapturedPacket> take() { return std::move(m_packets); }

  private:
    /// False: a fragment that does not complete its datagram.
    bool add_ipv4(CapturedPacket& packet, Bytes ip) {
        if (ip.size() < 20) {
            return true;
        }
        const std::size_t header = (u8(ip, 0) & 0xf) * 4;
        const std::size_t length = be16(ip, 2);
        if (header < 20 || length < header || length > ip.size()) {
            return true;
        }
        packet.source_ip = octets<4>(ip, 12);
        packet.destination_ip = octets<4>(ip, 16);
        const Bytes body = ip.subspan(header, length - header);
        const unsigned fragment = be16(ip, 6);
        const bool more = (fragment & 0x2000) != 0;
        const std::size_t offset = (fragment & 0x1fff) * std::size_t{8};
        std::vector<std::byte> datagram(body.begin(), body.end());
        if (more || offset != 0) {
            const auto key =
                std::make_tuple(packet.source_ip, packet.destination_ip, be16(ip, 4), u8(ip, 9));
            Fragments& fragments = m_fragments[key];
            fragments.pieces[offset] = std::move(datagram);
            if (!more) {
                fragments.total = offset + body.size();
            }
            datagram = fragments.joined();
            if (datagram.empty()) {
                return false;
            }
            m_fragments.erase(key);
        }
        if (u8(ip, 9) == 17 && datagram.size() >= udp_bytes && be16(datagram, 4) >= udp_bytes &&
            be16(datagram, 4) <= datagram.size()) {
            packet.kind = PacketKind::udp;
            packet.source_port = static_cast<std::uint16_t>(be16(datagram, 0));
            packet.destination_port = static_cast<std::uint16_t>(be16(datagram, 2));
            const Bytes udp = Bytes{datagram}.subspan(udp_bytes, be16(datagram, 4) - udp_bytes);
            packet.payload.assign(udp.begin(), udp.end());
        }
        return true;
    }

    std::vector<CapturedPacket> m_packets;
    std::map<std::tuple<Octets4, Octets4, unsigned, unsigned>, Fragments> m_fragments;
};

}  // namespace

std::vector<CapturedPacket> read_pcap(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        throw std::runtime_error{"cannot open capture " + path};
    }
    const std::vector<char> text{std::istreambuf_iterator<char>{file},
                                 std::istreambuf_iterator<char>{}};
    const Bytes bytes = std::as_bytes(std::span{text});
    if (bytes.size() < 24) {
        throw std::runtime_error{path + ": shorter than a pcap header"};
    }
    constexpr std::uint32_t microseconds = 0xa1b2c3d4;
    constexpr std::uint32_t nanoseconds = 0xa1b23c4d;
    const std::uint32_t magic = u32(bytes, 0, true);
    const bool little = magic == microseconds || magic == nanoseconds;
    const std::uint32_t format = u32(bytes, 0, little);
    if (format != microseconds && format != nanoseconds) {
        throw std::runtime_error{path + ": not a pcap file"};
    }
    if (u32(bytes, 20, little) != 1) {
        throw std::runtime_error{path + ": link type is not Ethernet"};
    }
    Reader reader;
    std::size_t at = 24;
    while (at < bytes.size()) {
        if (bytes.size() - at < 16 || bytes.size() - at - 16 < u32(bytes, at + 8, little)) {
            throw std::runtime_error{path + ": cut off at byte " + std::to_string(at)};
        }
        const std::int64_t fraction = u32(bytes, at + 4, little);
        const std::int64_t time_ns = std::int64_t{u32(bytes, at, little)} * 1'000'000'000 +
                                     fraction * (format == nanoseconds ? 1 : 1000);
        const std::size_t length = u32(bytes, at + 8, little);
        reader.add(time_ns, bytes.subspan(at + 16, length));
        at += 16 + length;
    }
    return reader.take();
}

std::vector<CapturedPacket> read_udp(const std::string& path, std::uint16_t port) {
    std::vector<CapturedPacket> packets = read_pcap(path);
    std::erase_if(packets, [port](const CapturedPacket& packet) {
        return packet.kind != PacketKind::udp || packet.destination_port != port;
    });
    return packets;
}

std::string capture_path(const std::string& file) {
    return TEST_DATA_DIR "/captures/" + file;
}

}  // namespace test_support
