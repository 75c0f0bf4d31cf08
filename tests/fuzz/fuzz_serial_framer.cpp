// SPDX-License-Identifier: GPL-2.0-or-later
// Any byte stream, cut anywhere, gives the same frames; each has both marks; memory stays bounded;
// no byte is lost or counted twice; and after any noise a good frame is found again.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cluster/check.hpp"
#include "cluster/wire/heartbeat.hpp"

namespace {

using cluster::wire::SerialFramer;
using Bytes = std::vector<std::byte>;

struct Outcome {
    std::vector<Bytes> frames;
    std::uint64_t noise = 0;
    Bytes pending;
    bool operator==(const Outcome&) const = default;
};

bool is(std::span<const std::byte> bytes, std::string_view text) {
    return std::ranges::equal(bytes, std::as_bytes(std::span{text}));
}

void feed(SerialFramer& framer, std::span<const std::byte> chunk, Outcome& outcome) {
    framer.feed(chunk, [&](std::span<const std::byte> frame) {
        CLUSTER_CHECK(frame.size() >= 8 && frame.size() <= cluster::wire::max_message_bytes);
        CLUSTER_CHECK(is(frame.first(4), ">>>\n") && is(frame.last(4), "<<<\n"));
        outcome.frames.emplace_back(frame.begin(), frame.end());
    });
    CLUSTER_CHECK(framer.pending().size() < cluster::wire::max_message_bytes);
    outcome.noise = framer.noise_bytes();
    outcome.pending = framer.pending();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto stream = std::as_bytes(std::span{data, size}).subspan(1);
    const std::size_t chunk = data[0] % 32 + 1U;

    SerialFramer whole;
    Outcome at_once;
    feed(whole, stream, at_once);

    SerialFramer cut;
    Outcome in_chunks;
    for (std::size_t at = 0; at < stream.size(); at += chunk) {
        feed(cut, stream.subspan(at, std::min(chunk, stream.size() - at)), in_chunks);
    }
    CLUSTER_CHECK(at_once == in_chunks);

    std::size_t accounted = at_once.pending.size() + at_once.noise;
    for (const Bytes& frame : at_once.frames) {
        accounted += frame.size();
    }
    CLUSTER_CHECK(accounted == stream.size());

    // The newline in front may complete a pending frame as well.
    constexpr std::string_view good = "\n>>>\nt=status\n<<<\n";
    const std::size_t before = at_once.frames.size();
    feed(whole, std::as_bytes(std::span{good}), at_once);
    CLUSTER_CHECK(at_once.frames.size() > before);
    CLUSTER_CHECK(is(at_once.frames.back(), good.substr(1)));
    return 0;
}
