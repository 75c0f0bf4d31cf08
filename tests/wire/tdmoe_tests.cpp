// SPDX-License-Identifier: GPL-2.0-or-later
// TDM over Ethernet frames: sizes on the wire, layouts, and hostile input.
#include <array>
#include <string>
#include <vector>

#include "cluster/wire/tdmoe.hpp"
#include "support/catch.hpp"

using namespace cluster::wire;

namespace {

constexpr std::size_t ethernet_header = 14;

TdmoeSpan span_of(std::uint16_t channels, std::uint16_t sequence) {
    TdmoeSpan span;
    span.sequence = sequence;
    span.channels = channels;
    for (std::size_t i = 0; i < channels; ++i) {
        span.abcd[i] = static_cast<std::uint8_t>((i * 5 + sequence) & 0xf);
        for (std::size_t sample = 0; sample < 8; ++sample) {
            span.payload.push_back(static_cast<std::uint8_t>(i * 8 + sample + sequence));
        }
    }
    return span;
}

unsigned at(const std::vector<std::byte>& bytes, std::size_t i) {
    return std::to_integer<unsigned>(bytes.at(i));
}

}  // namespace

TEST_CASE("TDMoE codec: frame sizes of T1, E1 and one to four spans", "[wire][tdmoe]") {
    CHECK(encode(TdmoeSingle{.sub_address = 0, .span = span_of(24, 1)}).size() + ethernet_header ==
          226);
    CHECK(encode(TdmoeSingle{.sub_address = 0, .span = span_of(31, 1)}).size() == 2 + 270);
    CHECK(encode(TdmoeMulti{{span_of(24, 1)}}).size() == 2 + 278);
    CHECK(encode(TdmoeMulti{{span_of(24, 1), span_of(24, 1), span_of(31, 1), span_of(24, 1)}})
              .size() == 1114);
}

TEST_CASE("TDMoE codec: layout of a single span", "[wire][tdmoe]") {
    TdmoeSpan span = span_of(24, 0x1234);
    span.flags = {.yellow = true, .signalling = true, .loopback = false, .channel0 = false};
    span.abcd = {1, 2, 3, 4, 15};
    const auto bytes = encode(TdmoeSingle{.sub_address = 3, .span = span});
    CHECK(at(bytes, 0) == 0);
    CHECK(at(bytes, 1) == 3);
    CHECK(at(bytes, 2) == 8);
    CHECK(at(bytes, 3) == 0x03);
    CHECK(at(bytes, 4) == 0x12);
    CHECK(at(bytes, 5) == 0x34);
    CHECK(at(bytes, 6) == 0);
    CHECK(at(bytes, 7) == 24);
    CHECK(at(bytes, 8) == 0x43);  // channels 4 and 3; the lowest channel in the lowest nibble
    CHECK(at(bytes, 9) == 0x21);
    CHECK(at(bytes, 11) == 0x0f);
    CHECK(at(bytes, 20) == span.payload[0]);
    CHECK(at(bytes, 211) == span.payload[191]);
}

TEST_CASE("TDMoE codec: layout of four spans", "[wire][tdmoe]") {
    TdmoeMulti frame;
    for (std::uint16_t i = 0; i < 4; ++i) {
        frame.spans.push_back(span_of(24, static_cast<std::uint16_t>(0x100 + i)));
    }
    const auto bytes = encode(frame);
    CHECK(at(bytes, 0) == 0x80);
    CHECK(at(bytes, 1) == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(at(bytes, 2 + 6 * i) == 8);
        CHECK(at(bytes, 2 + 6 * i + 3) == i);
        CHECK(at(bytes, 90 + 256 * i) ==
              frame.spans[i].payload[0]);           // byte 104 of the frame for the first
        CHECK(at(bytes, 90 + 256 * i + 192) == 0);  // channels 25 to 32 are padding
    }
}

TEST_CASE("TDMoE codec: what is sent comes back", "[wire][tdmoe]") {
    for (std::uint16_t channels = 1; channels <= 32; ++channels) {
        CAPTURE(channels);
        const TdmoeSingle single{.sub_address = 0x7fff, .span = span_of(channels, 0xfffe)};
        REQUIRE(decode_tdmoe_single(encode(single)).has_value());
        CHECK(*decode_tdmoe_single(encode(single)) == single);
        TdmoeMulti multi;
        for (std::size_t count = 1; count <= 4; ++count) {
            multi.spans.push_back(span_of(channels, static_cast<std::uint16_t>(count)));
            multi.spans.back().flags.channel0 = count % 2 == 0;
            multi.spans.back().flags.loopback = count % 3 == 0;
            REQUIRE(decode_tdmoe_multi(encode(multi)).has_value());
            CHECK(*decode_tdmoe_multi(encode(multi)) == multi);
        }
    }
    TdmoeSingle silent{.sub_address = 1, .span = span_of(24, 7)};
    silent.span.flags.signalling = false;
    silent.span.abcd = {};
    CHECK(encode(silent).size() == 2 + 6 + 192);
    CHECK(*decode_tdmoe_single(encode(silent)) == silent);
}

TEST_CASE("TDMoE codec: malformed frames and their errors", "[wire][tdmoe]") {
    auto single = encode(TdmoeSingle{.sub_address = 1, .span = span_of(24, 1)});
    for (std::size_t size = 0; size < single.size(); ++size) {
        REQUIRE(decode_tdmoe_single(std::span{single}.first(size)).error() ==
                TdmoeError::too_short);
    }
    CHECK(decode_tdmoe_multi(single).error() == TdmoeError::not_this_format);
    single.push_back(std::byte{0});
    CHECK(decode_tdmoe_single(single).error() == TdmoeError::bad_length);
    single.pop_back();
    const auto with = [](std::vector<std::byte> bytes, std::size_t position, unsigned value) {
        bytes.at(position) = static_cast<std::byte>(value);
        return bytes;
    };
    CHECK(decode_tdmoe_single(with(single, 2, 7)).error() == TdmoeError::bad_samples);
    CHECK(decode_tdmoe_single(with(single, 7, 0)).error() == TdmoeError::bad_channels);
    CHECK(decode_tdmoe_single(with(single, 7, 33)).error() == TdmoeError::bad_channels);
    CHECK(decode_tdmoe_single(with(single, 6, 0xff)).error() == TdmoeError::bad_channels);
    CHECK(decode_tdmoe_single(with(single, 7, 23)).error() == TdmoeError::bad_length);
    CHECK(decode_tdmoe_single(with(single, 7, 25)).error() == TdmoeError::too_short);

    auto multi = encode(TdmoeMulti{{span_of(24, 1), span_of(24, 2)}});
    for (std::size_t size = 0; size < multi.size(); ++size) {
        REQUIRE(decode_tdmoe_multi(std::span{multi}.first(size)).error() == TdmoeError::too_short);
    }
    CHECK(decode_tdmoe_single(multi).error() == TdmoeError::not_this_format);
    CHECK(decode_tdmoe_multi(with(multi, 1, 0)).error() == TdmoeError::too_many_spans);
    CHECK(decode_tdmoe_multi(with(multi, 1, 5)).error() == TdmoeError::too_many_spans);
    CHECK(decode_tdmoe_multi(with(multi, 1, 1)).error() == TdmoeError::bad_length);
    CHECK(decode_tdmoe_multi(with(multi, 1, 3)).error() == TdmoeError::too_short);
    CHECK(decode_tdmoe_multi(with(multi, 2, 9)).error() == TdmoeError::bad_samples);
    CHECK(decode_tdmoe_multi(with(multi, 13, 40)).error() == TdmoeError::bad_channels);
}
