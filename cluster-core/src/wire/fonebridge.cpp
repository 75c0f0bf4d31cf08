// SPDX-License-Identifier: GPL-2.0-or-later
// foneBRIDGE control datagrams: values <-> bytes, for the host's side and for the emulated bridge.
// Multi-byte numbers are little-endian: the host sends C structures as they lie in memory (sourced
// from libfb).
#include "cluster/wire/fonebridge.hpp"

#include <algorithm>

#include "bytes.hpp"
#include "cluster/check.hpp"

namespace cluster::wire {

namespace {

constexpr std::size_t header_bytes = 2;

std::vector<std::byte>
encode_datagram(unsigned first, unsigned second, const std::vector<std::byte>& payload) {
    CLUSTER_CHECK(payload.size() <= fonebridge_max_datagram - header_bytes);
    std::vector<std::byte> bytes(header_bytes + payload.size());
    put_u8(bytes, 0, first);
    put_u8(bytes, 1, second);
    std::ranges::copy(payload, bytes.begin() + header_bytes);
    return bytes;
}

std::optional<BridgeDecodeError> check_size(std::span<const std::byte> bytes) {
    if (bytes.size() < header_bytes) {
        return BridgeDecodeError::too_short;
    }
    if (bytes.size() > fonebridge_max_datagram) {
        return BridgeDecodeError::too_long;
    }
    return std::nullopt;
}

std::vector<std::byte> payload_of(std::span<const std::byte> bytes) {
    const auto payload = bytes.subspan(header_bytes);
    return {payload.begin(), payload.end()};
}

}  // namespace

std::vector<std::byte> encode(const BridgeRequest& request) {
    return encode_datagram(request.parameter, request.command, request.payload);
}

std::vector<std::byte> encode(const BridgeReply& reply) {
    return encode_datagram(reply.first, reply.status, reply.payload);
}

Result<BridgeRequest, BridgeDecodeError> decode_bridge_request(std::span<const std::byte> bytes) {
    if (const auto error = check_size(bytes)) {
        return Unexpected{*error};
    }
    return BridgeRequest{
        .parameter = get_u8(bytes, 0), .command = get_u8(bytes, 1), .payload = payload_of(bytes)};
}

Result<BridgeReply, BridgeDecodeError> decode_bridge_reply(std::span<const std::byte> bytes) {
    if (const auto error = check_size(bytes)) {
        return Unexpected{*error};
    }
    return BridgeReply{
        .first = get_u8(bytes, 0), .status = get_u8(bytes, 1), .payload = payload_of(bytes)};
}

// Sourced from libfb and fonulator: a host that expects no payload takes a reply of exactly two
// bytes.
std::size_t expected_reply_payload(const BridgeRequest& request) noexcept {
    switch (static_cast<BridgeCommandCode>(request.command)) {
    case BridgeCommandCode::static_info:
        return static_info_bytes;
    case BridgeCommandCode::configure_spans:
        return span_block_bytes;
    case BridgeCommandCode::priorities:  // read and write: the values before
    case BridgeCommandCode::clock_select:
        return 4;
    case BridgeCommandCode::stats:
        return 208;
    case BridgeCommandCode::stop_flow:
    case BridgeCommandCode::reset:
    case BridgeCommandCode::tdmoe_transmit:
    case BridgeCommandCode::tdmoe_destination:
    case BridgeCommandCode::rbs_read:
    case BridgeCommandCode::set_ip:
    case BridgeCommandCode::write_register:
    case BridgeCommandCode::read_register:
    case BridgeCommandCode::store_config:
    case BridgeCommandCode::clear_config:
    case BridgeCommandCode::key_write:
    case BridgeCommandCode::temperature:
        return 0;
    }
    return 0;  // a number without a name
}

namespace {

// Offsets in the static information (sourced from libfb: packed structure of 352 bytes).
constexpr std::size_t at_software_version = 0;
constexpr std::size_t at_compile_date = 16;
constexpr std::size_t at_core_version = 48;
constexpr std::size_t at_build = 50;
constexpr std::size_t at_spans = 52;
constexpr std::size_t at_devices = 53;
constexpr std::size_t at_mac_count = 54;
constexpr std::size_t at_mac = 72;        // start of the stored configuration, 256 bytes
constexpr std::size_t at_addresses = 78;  // network order
constexpr std::size_t at_flags = 86;
constexpr std::size_t at_dsp = 336;  // highest number of channels

template <std::size_t N>
void put_text(std::span<std::byte> out, std::size_t at, const std::array<char, N>& text) {
    for (const char c : text) {
        out[at++] = static_cast<std::byte>(c);
    }
}

template <std::size_t N>
void get_text(std::span<const std::byte> bytes, std::size_t at, std::array<char, N>& text) {
    for (char& c : text) {
        c = static_cast<char>(bytes[at++]);
    }
}

}  // namespace

std::vector<std::byte> encode(const BridgeStaticInfo& info) {
    CLUSTER_CHECK(info.dsp_max_channels <= 0xff);
    std::vector<std::byte> bytes(static_info_bytes);
    put_text(bytes, at_software_version, info.software_version);
    put_text(bytes, at_compile_date, info.compile_date);
    put_le16(bytes, at_core_version, info.core_version);
    put_le16(bytes, at_build, info.build);
    put_u8(bytes, at_spans, info.spans);
    put_u8(bytes, at_devices, info.devices);
    put_u8(bytes, at_mac_count, info.mac_count);
    put_octets(bytes, at_mac, info.mac);
    put_octets(bytes, at_addresses, info.addresses);
    put_u8(bytes, at_flags, info.flags);
    put_u8(bytes, at_dsp, info.dsp_max_channels);
    return bytes;
}

Result<BridgeStaticInfo, BridgeDecodeError> decode_static_info(std::span<const std::byte> bytes) {
    if (bytes.size() != static_info_bytes) {
        return Unexpected{BridgeDecodeError::bad_length};
    }
    BridgeStaticInfo info;
    get_text(bytes, at_software_version, info.software_version);
    get_text(bytes, at_compile_date, info.compile_date);
    info.core_version = get_le16(bytes, at_core_version);
    info.build = get_le16(bytes, at_build);
    info.spans = get_u8(bytes, at_spans);
    info.devices = get_u8(bytes, at_devices);
    info.mac_count = get_u8(bytes, at_mac_count);
    info.mac = get_octets<MacAddress>(bytes, at_mac);
    info.addresses = get_octets<std::array<std::uint8_t, 8>>(bytes, at_addresses);
    info.flags = get_u8(bytes, at_flags);
    info.dsp_max_channels = get_u8(bytes, at_dsp);
    return info;
}

namespace {

constexpr std::size_t max_spans = 4;
constexpr std::size_t span_bytes = span_block_bytes / max_spans;

// Pulse shapes of the framer chip for `longhaul=` and `shorthaul=` (sourced from libfb).
constexpr std::array<unsigned, 4> longhaul_pulse{0x2, 0xb, 0xa, 0x9};
constexpr std::array<unsigned, 5> shorthaul_pulse{0x2, 0x3, 0x4, 0x5, 0x6};
constexpr unsigned j1_pulse = 0x2;

/// J1 wins over an E1 framing, as in fonulator.
bool is_e1(const SpanConfig& span) noexcept {
    return !span.j1 && (span.framing == T1Framing::ccs || span.framing == T1Framing::cas);
}

template <std::size_t N>
std::optional<int> find_pulse(const std::array<unsigned, N>& pulses, unsigned pulse) {
    const auto found = std::ranges::find(pulses, pulse);
    return found == pulses.end() ? std::nullopt
                                 : std::optional{static_cast<int>(found - pulses.begin())};
}

unsigned pulse_of(const SpanConfig& span) {
    if (span.j1) {
        return j1_pulse;
    }
    if (span.longhaul) {
        return longhaul_pulse.at(static_cast<std::size_t>(*span.longhaul));
    }
    return span.shorthaul ? shorthaul_pulse.at(static_cast<std::size_t>(*span.shorthaul)) : 0;
}

}  // namespace

std::array<std::byte, span_block_bytes> encode_spans(std::span<const SpanConfig> spans) {
    CLUSTER_CHECK(spans.size() <= max_spans);
    std::array<std::byte, span_block_bytes> block{};
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const SpanConfig& span = spans[i];
        const auto out = std::span<std::byte>{block}.subspan(i * span_bytes, span_bytes);
        put_u8(out, 0, is_e1(span) ? 1 : 0);
        put_u8(out, 1, span.j1 ? 1 : 0);
        put_u8(out, 2, span.framing == T1Framing::esf ? 1 : 0);
        put_u8(out, 3, span.encoding == LineCoding::ami ? 1 : 0);
        put_u8(out, 4, span.rbs || span.framing == T1Framing::cas ? 1 : 0);
        put_u8(out, 5, span.crc4 ? 1 : 0);
        put_u8(out, 6, span.loopback ? 1 : 0);
        put_u8(out, 7, span.longhaul ? 1 : 0);
        put_u8(out, 8, pulse_of(span));
    }
    return block;
}

Result<std::array<SpanConfig, 4>, BridgeDecodeError>
decode_spans(std::span<const std::byte> bytes) {
    if (bytes.size() != span_block_bytes) {
        return Unexpected{BridgeDecodeError::bad_length};
    }
    std::array<SpanConfig, max_spans> spans;
    for (std::size_t i = 0; i < max_spans; ++i) {
        const auto in = bytes.subspan(i * span_bytes, span_bytes);
        const auto flag = [&](std::size_t at) { return get_u8(in, at) != 0; };
        SpanConfig& span = spans[i];
        span.j1 = flag(1);
        const bool e1 = flag(0) && !span.j1;
        span.rbs = flag(4);
        if (e1) {
            span.framing = span.rbs ? T1Framing::cas : T1Framing::ccs;
        } else {
            span.framing = flag(2) ? T1Framing::esf : T1Framing::sf;
        }
        span.encoding = flag(3) ? LineCoding::ami : e1 ? LineCoding::hdb3 : LineCoding::b8zs;
        span.crc4 = flag(5);
        span.loopback = flag(6);
        if (!span.j1) {
            (flag(7) ? span.longhaul : span.shorthaul) =
                flag(7) ? find_pulse(longhaul_pulse, get_u8(in, 8))
                        : find_pulse(shorthaul_pulse, get_u8(in, 8));
        }
    }
    return spans;
}

std::vector<std::byte> encode(const RegisterWrite& write) {
    return {static_cast<std::byte>(write.address), static_cast<std::byte>(write.value)};
}

Result<RegisterWrite, BridgeDecodeError> decode_register_write(std::span<const std::byte> bytes) {
    if (bytes.size() != 2) {
        return Unexpected{BridgeDecodeError::bad_length};
    }
    return RegisterWrite{.address = get_u8(bytes, 0), .value = get_u8(bytes, 1)};
}

}  // namespace cluster::wire
