// SPDX-License-Identifier: GPL-2.0-or-later
// Control protocol of the Redfone foneBRIDGE (UDP port 1024): request and reply codecs for both
// ends. Source of formats and numbers: facts/fonebridge.md §2 (sourced from fonulator and libfb).
// No I/O, no retry logic: that is bridge/ in the core; the emulator in models/ uses the same codecs
// from the other side.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cluster/config.hpp"
#include "cluster/result.hpp"

namespace cluster::wire {

inline constexpr std::uint16_t fonebridge_port = 1024;
inline constexpr std::size_t fonebridge_max_datagram = 1500;

enum class BridgeCommandCode : std::uint8_t {
    configure_spans = 1,
    stop_flow = 5,
    static_info = 7,
    reset = 12,
    tdmoe_transmit = 20,
    tdmoe_destination = 21,
    stats = 27,
    rbs_read = 28,
    set_ip = 30,
    priorities = 34,
    write_register = 35,
    read_register = 36,
    store_config = 39,
    clear_config = 40,
    key_write = 41,
    clock_select = 43,
    temperature = 50,
};

enum class BridgeStatus : std::uint8_t {
    ok = 0,
    crc_failed = 1,
    no_memory = 2,
    invalid_command = 3,
    out_of_bounds = 4,
    no_device = 5,
    bad_length = 6,
    bad_parameter = 7
};

/// param 0 = read, param 0x0F = write (spans and priorities).
inline constexpr std::uint8_t bridge_read = 0x00;
inline constexpr std::uint8_t bridge_write_all = 0x0F;

struct BridgeRequest {
    std::uint8_t parameter = 0;
    std::uint8_t command = 0;  ///< BridgeCommandCode, or any other number
    std::vector<std::byte> payload;
    bool operator==(const BridgeRequest&) const = default;
};

struct BridgeReply {
    std::uint8_t first = 0;   ///< meaningless; echoed parameter in our emulator
    std::uint8_t status = 0;  ///< BridgeStatus
    std::vector<std::byte> payload;
    bool operator==(const BridgeReply&) const = default;
};

enum class BridgeDecodeError : std::uint8_t { too_short, too_long, bad_length };

[[nodiscard]] std::vector<std::byte> encode(const BridgeRequest&);
[[nodiscard]] std::vector<std::byte> encode(const BridgeReply&);
[[nodiscard]] Result<BridgeRequest, BridgeDecodeError>
    decode_bridge_request(std::span<const std::byte>);
[[nodiscard]] Result<BridgeReply, BridgeDecodeError>
    decode_bridge_reply(std::span<const std::byte>);

/// Payload length of the ok reply to a request, the only thing besides the status that the host
/// checks.
[[nodiscard]] std::size_t expected_reply_payload(const BridgeRequest&) noexcept;

/// Reply of command 7 (352 bytes).
struct BridgeStaticInfo {
    std::array<char, 16> software_version{};
    std::array<char, 32> compile_date{};
    std::uint16_t core_version = 2;
    std::uint16_t build = 36;  ///< from 36: "2.0 features"
    std::uint8_t spans = 4;
    std::uint8_t devices = 1;
    std::uint8_t mac_count = 2;
    MacAddress mac{};                         ///< first port; the second is + 1
    std::array<std::uint8_t, 8> addresses{};  ///< two IPv4 addresses
    std::uint8_t flags = 0;                   ///< bit 0 = echo-canceller mode, no TDMoE
    std::uint16_t dsp_max_channels = 0;       ///< 128 = DSP present
    bool operator==(const BridgeStaticInfo&) const = default;
};

inline constexpr std::size_t static_info_bytes = 352;
[[nodiscard]] std::vector<std::byte> encode(const BridgeStaticInfo&);
[[nodiscard]] Result<BridgeStaticInfo, BridgeDecodeError>
    decode_static_info(std::span<const std::byte>);

/// Payload of command 1: four spans of 16 bytes.
inline constexpr std::size_t span_block_bytes = 64;
[[nodiscard]] std::array<std::byte, span_block_bytes>
encode_spans(std::span<const SpanConfig> spans);
[[nodiscard]] Result<std::array<SpanConfig, 4>, BridgeDecodeError>
    decode_spans(std::span<const std::byte>);

/// Register write (35): parameter = span 0..3; payload = 8-bit register address, value (sourced
/// from libfb). fonulator writes both jitter-attenuator registers of each configured span: 8 = on,
/// 0 = off.
inline constexpr std::array<std::uint8_t, 2> jitter_registers{0x21, 0x27};
inline constexpr std::uint8_t jitter_attenuator_on = 0x08;
struct RegisterWrite {
    std::uint8_t address = 0;
    std::uint8_t value = 0;
    bool operator==(const RegisterWrite&) const = default;
};
[[nodiscard]] std::vector<std::byte> encode(const RegisterWrite&);
[[nodiscard]] Result<RegisterWrite, BridgeDecodeError>
    decode_register_write(std::span<const std::byte>);

}  // namespace cluster::wire
