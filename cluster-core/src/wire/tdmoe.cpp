// SPDX-License-Identifier: GPL-2.0-or-later
// TDM over Ethernet frames: span headers, signalling words and samples <-> bytes.
#include "cluster/wire/tdmoe.hpp"

#include <algorithm>

#include "bytes.hpp"
#include "cluster/check.hpp"

namespace cluster::wire {

namespace {

constexpr std::size_t sub_address_bytes = 2;
constexpr std::size_t header_bytes = 6;
constexpr std::size_t samples = tdmoe_samples;
constexpr std::size_t multi_signalling_bytes = 16;                         // padded
constexpr std::size_t multi_payload_bytes = tdmoe_max_channels * samples;  // padded
constexpr unsigned multi_mark = 0x8000;

constexpr unsigned flag_yellow = 1;
constexpr unsigned flag_signalling = 2;
constexpr unsigned flag_loopback = 4;
constexpr unsigned flag_channel0 = 8;

/// One 16-bit word per 4 channels.
constexpr std::size_t signalling_bytes(std::size_t channels) noexcept {
    return 2 * ((channels + 3) / 4);
}

void check_span(const TdmoeSpan& span) {
    CLUSTER_CHECK(span.channels >= 1 && span.channels <= tdmoe_max_channels);
    CLUSTER_CHECK(span.payload.size() == span.channels * samples);
}

void put_header(std::span<std::byte> out, const TdmoeSpan& span) {
    put_u8(out, 0, tdmoe_samples);
    put_u8(out,
           1,
           (span.flags.yellow ? flag_yellow : 0) | (span.flags.signalling ? flag_signalling : 0) |
               (span.flags.loopback ? flag_loopback : 0) |
               (span.flags.channel0 ? flag_channel0 : 0));
    put_be16(out, 2, span.sequence);
    put_be16(out, 4, span.channels);
}

void put_signalling(std::span<std::byte> out, const TdmoeSpan& span) {
    for (std::size_t first = 0; first < span.channels; first += 4) {
        unsigned word = 0;
        for (std::size_t i = first; i < std::min<std::size_t>(first + 4, span.channels); ++i) {
            word |= (span.abcd[i] & 0xfU) << (4 * (i - first));
        }
        put_be16(out, first / 2, word);
    }
}

void put_payload(std::span<std::byte> out, const TdmoeSpan& span) {
    std::ranges::transform(
        span.payload, out.begin(), [](std::uint8_t sample) { return std::byte{sample}; });
}

/// Flags, sequence and channel count; the rest of the span stays empty.
Result<TdmoeSpan, TdmoeError> get_header(std::span<const std::byte> bytes) {
    if (get_u8(bytes, 0) != tdmoe_samples) {
        return Unexpected{TdmoeError::bad_samples};
    }
    const unsigned flags = get_u8(bytes, 1);
    TdmoeSpan span;
    span.flags = {.yellow = (flags & flag_yellow) != 0,
                  .signalling = (flags & flag_signalling) != 0,
                  .loopback = (flags & flag_loopback) != 0,
                  .channel0 = (flags & flag_channel0) != 0};
    span.sequence = get_be16(bytes, 2);
    span.channels = get_be16(bytes, 4);
    if (span.channels < 1 || span.channels > tdmoe_max_channels) {
        return Unexpected{TdmoeError::bad_channels};
    }
    return span;
}

void get_signalling(std::span<const std::byte> bytes, TdmoeSpan& span) {
    for (std::size_t i = 0; i < span.channels; ++i) {
        span.abcd[i] =
            static_cast<std::uint8_t>(get_be16(bytes, 2 * (i / 4)) >> (4 * (i % 4)) & 0xf);
    }
}

void get_payload(std::span<const std::byte> bytes, TdmoeSpan& span) {
    span.payload.resize(span.channels * samples);
    std::ranges::transform(bytes.first(span.payload.size()),
                           span.payload.begin(),
                           [](std::byte sample) { return std::to_integer<std::uint8_t>(sample); });
}

}  // namespace

std::vector<std::byte> encode(const TdmoeSingle& frame) {
    const TdmoeSpan& span = frame.span;
    check_span(span);
    CLUSTER_CHECK(frame.sub_address < multi_mark);
    const std::size_t signalling = span.flags.signalling ? signalling_bytes(span.channels) : 0;
    std::vector<std::byte> bytes(sub_address_bytes + header_bytes + signalling +
                                 span.payload.size());
    const std::span<std::byte> out{bytes};
    put_be16(out, 0, frame.sub_address);
    put_header(out.subspan(sub_address_bytes), span);
    if (span.flags.signalling) {
        put_signalling(out.subspan(sub_address_bytes + header_bytes), span);
    }
    put_payload(out.subspan(sub_address_bytes + header_bytes + signalling), span);
    return bytes;
}

Result<TdmoeSingle, TdmoeError> decode_tdmoe_single(std::span<const std::byte> bytes) {
    if (bytes.size() < sub_address_bytes + header_bytes) {
        return Unexpected{TdmoeError::too_short};
    }
    TdmoeSingle frame;
    frame.sub_address = get_be16(bytes, 0);
    if ((frame.sub_address & multi_mark) != 0) {
        return Unexpected{TdmoeError::not_this_format};
    }
    auto span = get_header(bytes.subspan(sub_address_bytes));
    if (!span) {
        return Unexpected{span.error()};
    }
    const std::size_t signalling = span->flags.signalling ? signalling_bytes(span->channels) : 0;
    const auto body = bytes.subspan(sub_address_bytes + header_bytes);
    const std::size_t expected = signalling + span->channels * samples;
    if (body.size() != expected) {
        return Unexpected{body.size() < expected ? TdmoeError::too_short : TdmoeError::bad_length};
    }
    if (span->flags.signalling) {
        get_signalling(body, *span);
    }
    get_payload(body.subspan(signalling), *span);
    frame.span = std::move(*span);
    return frame;
}

std::vector<std::byte> encode(const TdmoeMulti& frame) {
    const std::size_t count = frame.spans.size();
    CLUSTER_CHECK(count >= 1 && count <= tdmoe_max_spans);
    std::vector<std::byte> bytes(
        sub_address_bytes + count * (header_bytes + multi_signalling_bytes + multi_payload_bytes));
    const std::span<std::byte> out{bytes};
    put_be16(out, 0, multi_mark | static_cast<unsigned>(count));
    const auto headers = out.subspan(sub_address_bytes);
    const auto signalling = headers.subspan(count * header_bytes);
    const auto payloads = signalling.subspan(count * multi_signalling_bytes);
    for (std::size_t i = 0; i < count; ++i) {
        const TdmoeSpan& span = frame.spans[i];
        check_span(span);
        put_header(headers.subspan(i * header_bytes), span);
        if (span.flags.signalling) {
            put_signalling(signalling.subspan(i * multi_signalling_bytes), span);
        }
        put_payload(payloads.subspan(i * multi_payload_bytes), span);
    }
    return bytes;
}

Result<TdmoeMulti, TdmoeError> decode_tdmoe_multi(std::span<const std::byte> bytes) {
    if (bytes.size() < sub_address_bytes) {
        return Unexpected{TdmoeError::too_short};
    }
    const unsigned word = get_be16(bytes, 0);
    if ((word & multi_mark) == 0) {
        return Unexpected{TdmoeError::not_this_format};
    }
    const std::size_t count = word & 0xff;
    if (count < 1 || count > tdmoe_max_spans) {
        return Unexpected{TdmoeError::too_many_spans};
    }
    const std::size_t expected =
        sub_address_bytes + count * (header_bytes + multi_signalling_bytes + multi_payload_bytes);
    if (bytes.size() != expected) {
        return Unexpected{bytes.size() < expected ? TdmoeError::too_short : TdmoeError::bad_length};
    }
    const auto headers = bytes.subspan(sub_address_bytes);
    const auto signalling = headers.subspan(count * header_bytes);
    const auto payloads = signalling.subspan(count * multi_signalling_bytes);
    TdmoeMulti frame;
    frame.spans.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto span = get_header(headers.subspan(i * header_bytes));
        if (!span) {
            return Unexpected{span.error()};
        }
        if (span->flags.signalling) {
            get_signalling(signalling.subspan(i * multi_signalling_bytes), *span);
        }
        get_payload(payloads.subspan(i * multi_payload_bytes), *span);
        frame.spans.push_back(std::move(*span));
    }
    return frame;
}

}  // namespace cluster::wire
