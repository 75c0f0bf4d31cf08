// SPDX-License-Identifier: GPL-2.0-or-later
// Control datagrams of the foneBRIDGE: layouts against hand-made bytes, and hostile input.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "cluster/wire/fonebridge.hpp"
#include "support/catch.hpp"

using namespace cluster;
using namespace cluster::wire;

namespace {

std::vector<std::byte> bytes_of(std::initializer_list<unsigned> values) {
    std::vector<std::byte> bytes;
    for (const unsigned value : values) {
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

BridgeRequest request(BridgeCommandCode command, std::uint8_t parameter = 0) {
    return {.parameter = parameter, .command = static_cast<std::uint8_t>(command), .payload = {}};
}

}  // namespace

TEST_CASE("foneBRIDGE codec: a request is parameter, command, payload", "[wire][fonebridge]") {
    // The fail-over command: port 2 sends to this MAC.
    const BridgeRequest point{.parameter = 1,
                              .command =
                                  static_cast<std::uint8_t>(BridgeCommandCode::tdmoe_destination),
                              .payload = bytes_of({0x00, 0x50, 0xc2, 0x01, 0x02, 0x03})};
    CHECK(encode(point) == bytes_of({1, 21, 0x00, 0x50, 0xc2, 0x01, 0x02, 0x03}));
    CHECK(*decode_bridge_request(encode(point)) == point);
    CHECK(encode(request(BridgeCommandCode::tdmoe_transmit, 1)) == bytes_of({1, 20}));

    const BridgeReply refused{.first = 9,
                              .status = static_cast<std::uint8_t>(BridgeStatus::bad_parameter),
                              .payload = {}};
    CHECK(encode(refused) == bytes_of({9, 7}));
    CHECK(*decode_bridge_reply(encode(refused)) == refused);
}

TEST_CASE("foneBRIDGE codec: datagrams of 2 to 1500 bytes are taken", "[wire][fonebridge]") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}}) {
        CHECK(decode_bridge_request(std::vector<std::byte>(size)).error() ==
              BridgeDecodeError::too_short);
        CHECK(decode_bridge_reply(std::vector<std::byte>(size)).error() ==
              BridgeDecodeError::too_short);
    }
    CHECK(decode_bridge_request(std::vector<std::byte>(2)).has_value());
    const std::vector<std::byte> largest(1500, std::byte{0xff});
    REQUIRE(decode_bridge_reply(largest).has_value());
    CHECK(encode(*decode_bridge_reply(largest)) == largest);
    CHECK(decode_bridge_reply(std::vector<std::byte>(1501)).error() == BridgeDecodeError::too_long);
    CHECK(decode_bridge_request(std::vector<std::byte>(1501)).error() ==
          BridgeDecodeError::too_long);
}

TEST_CASE("foneBRIDGE codec: reply lengths that a host insists on", "[wire][fonebridge]") {
    CHECK(expected_reply_payload(request(BridgeCommandCode::static_info)) == 352);
    CHECK(expected_reply_payload(request(BridgeCommandCode::configure_spans)) == 64);
    CHECK(expected_reply_payload(request(BridgeCommandCode::priorities)) == 4);
    CHECK(expected_reply_payload(request(BridgeCommandCode::priorities, bridge_write_all)) == 4);
    CHECK(expected_reply_payload(request(BridgeCommandCode::clock_select, 2)) == 4);
    CHECK(expected_reply_payload(request(BridgeCommandCode::stats)) == 208);
    CHECK(expected_reply_payload(request(BridgeCommandCode::tdmoe_transmit)) == 0);
    CHECK(expected_reply_payload(request(BridgeCommandCode::tdmoe_destination)) == 0);
    CHECK(expected_reply_payload(request(BridgeCommandCode::write_register)) == 0);
    CHECK(expected_reply_payload({.parameter = 0, .command = 250, .payload = {}}) == 0);
}

TEST_CASE("foneBRIDGE codec: static information, 352 bytes", "[wire][fonebridge]") {
    BridgeStaticInfo info;
    std::ranges::copy(std::string{"2.0.1"}, info.software_version.begin());
    std::ranges::copy(std::string{"Jan 1 2008"}, info.compile_date.begin());
    info.core_version = 0x0102;
    info.build = 36;
    info.spans = 4;
    info.devices = 1;
    info.mac_count = 2;
    info.mac = {0x00, 0x50, 0xc2, 0x65, 0xd0, 0x12};
    info.addresses = {192, 168, 1, 254, 192, 168, 1, 253};
    info.flags = 1;
    info.dsp_max_channels = 128;
    const auto bytes = encode(info);
    REQUIRE(bytes.size() == 352);
    const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
    CHECK(at(0) == '2');
    CHECK(at(16) == 'J');
    CHECK(at(48) == 0x02);  // little-endian
    CHECK(at(49) == 0x01);
    CHECK(at(50) == 36);
    CHECK(at(52) == 4);
    CHECK(at(53) == 1);
    CHECK(at(54) == 2);
    CHECK(at(72) == 0x00);
    CHECK(at(77) == 0x12);
    CHECK(at(78) == 192);
    CHECK(at(85) == 253);
    CHECK(at(86) == 1);
    CHECK(at(336) == 128);
    CHECK(std::ranges::count(bytes, std::byte{0}) > 250);
    REQUIRE(decode_static_info(bytes).has_value());
    CHECK(*decode_static_info(bytes) == info);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{351}, std::size_t{353}, std::size_t{1498}}) {
        CHECK(decode_static_info(std::vector<std::byte>(size)).error() ==
              BridgeDecodeError::bad_length);
    }
}

TEST_CASE("foneBRIDGE codec: span settings as 16 bytes each", "[wire][fonebridge]") {
    std::array<SpanConfig, 4> spans;
    spans[0].longhaul = 3;
    spans[1].framing = T1Framing::sf;
    spans[1].encoding = LineCoding::ami;
    spans[1].rbs = true;
    spans[1].shorthaul = 4;
    spans[2].framing = T1Framing::ccs;
    spans[2].encoding = LineCoding::hdb3;
    spans[2].crc4 = true;
    spans[2].loopback = true;
    spans[3].j1 = true;
    const auto block = encode_spans(spans);
    const auto span_bytes = [&](std::size_t i) {
        return std::vector<std::byte>(block.begin() + static_cast<std::ptrdiff_t>(16 * i),
                                      block.begin() + static_cast<std::ptrdiff_t>(16 * i + 9));
    };
    //                                E1 J1 ESF AMI RBS CRC loop EQ LBO
    CHECK(span_bytes(0) == bytes_of({0, 0, 1, 0, 0, 0, 0, 1, 0x9}));
    CHECK(span_bytes(1) == bytes_of({0, 0, 0, 1, 1, 0, 0, 0, 0x6}));
    CHECK(span_bytes(2) == bytes_of({1, 0, 0, 0, 0, 1, 1, 0, 0x0}));
    CHECK(span_bytes(3) == bytes_of({0, 1, 1, 0, 0, 0, 0, 0, 0x2}));
    REQUIRE(decode_spans(block).has_value());
    CHECK(*decode_spans(block) == spans);
    CHECK(decode_spans(std::span{block}.first(63)).error() == BridgeDecodeError::bad_length);
    CHECK(decode_spans(std::vector<std::byte>(65)).error() == BridgeDecodeError::bad_length);
}

TEST_CASE("foneBRIDGE codec: every line build-out comes back, E1 CAS sets RBS",
          "[wire][fonebridge]") {
    for (int i = 0; i < 4; ++i) {
        std::array<SpanConfig, 1> spans;
        spans[0].longhaul = i;
        CHECK((*decode_spans(encode_spans(spans)))[0] == spans[0]);
    }
    for (int i = 0; i < 5; ++i) {
        std::array<SpanConfig, 1> spans;
        spans[0].shorthaul = i;
        CHECK((*decode_spans(encode_spans(spans)))[0] == spans[0]);
    }
    std::array<SpanConfig, 1> cas;
    cas[0].framing = T1Framing::cas;
    cas[0].encoding = LineCoding::hdb3;
    const SpanConfig back = (*decode_spans(encode_spans(cas)))[0];
    CHECK(back.framing == T1Framing::cas);
    CHECK(back.rbs);
    // Any bytes are span settings of some kind; decoding must not fail or loop.
    CHECK(decode_spans(std::vector<std::byte>(64, std::byte{0xff})).has_value());
}

TEST_CASE("foneBRIDGE codec: register write is address and value", "[wire][fonebridge]") {
    const RegisterWrite write{.address = jitter_registers[1], .value = jitter_attenuator_on};
    CHECK(encode(write) == bytes_of({0x27, 0x08}));
    CHECK(*decode_register_write(encode(write)) == write);
    CHECK(decode_register_write({}).error() == BridgeDecodeError::bad_length);
    CHECK(decode_register_write(bytes_of({1, 2, 3})).error() == BridgeDecodeError::bad_length);
}
