// SPDX-License-Identifier: GPL-2.0-or-later
// The framer of serial lines: what is lost and garbled on the way must cost as few messages as
// possible, and no memory.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/wire/heartbeat.hpp"
#include "support/catch.hpp"

using cluster::wire::max_message_bytes;
using cluster::wire::SerialFramer;
using namespace std::string_literals;

namespace {

struct Fed {
    std::vector<std::string> frames;
    std::uint64_t noise = 0;
    std::size_t pending = 0;
};

void feed(SerialFramer& framer, std::string_view text, std::vector<std::string>& frames) {
    framer.feed(std::as_bytes(std::span{text}), [&](std::span<const std::byte> frame) {
        std::string& copy = frames.emplace_back();
        for (const std::byte b : frame) {
            copy += static_cast<char>(b);
        }
    });
}

Fed fed(std::string_view text) {
    SerialFramer framer;
    Fed result;
    feed(framer, text, result.frames);
    result.noise = framer.noise_bytes();
    result.pending = framer.pending().size();
    return result;
}

const std::string one = ">>>\nt=a\n<<<\n";
const std::string two = ">>>\nt=b\nst=up\n<<<\n";
using Frames = std::vector<std::string>;

}  // namespace

TEST_CASE("Serial framer: frames back to back", "[wire][serial]") {
    const Fed result = fed(one + two + one);
    CHECK(result.frames == Frames{one, two, one});
    CHECK(result.noise == 0);
    CHECK(result.pending == 0);
}

TEST_CASE("Serial framer: noise before and between frames is counted and skipped",
          "[wire][serial]") {
    const Fed result = fed("xyz" + one + "\n>\n>>\n\0\xff"s + two + "tail");
    CHECK(result.frames == Frames{one, two});
    CHECK(result.noise == 3 + 8 + 4);
    CHECK(result.pending == 0);
}

TEST_CASE("Serial framer: a start mark right behind noise is found", "[wire][serial]") {
    CHECK(fed("x" + one).frames == Frames{one});
    CHECK(fed(">" + one).frames == Frames{one});
    CHECK(fed(">>>>>>" + one).frames == Frames{one});
    CHECK(fed(">>" + one).noise == 2);
}

TEST_CASE("Serial framer: when the end of a frame is lost the next frame still counts",
          "[wire][serial]") {
    const Fed result = fed(">>>\nt=lost\nst=" + "\n"s + two);
    CHECK(result.frames == Frames{two});
    CHECK(result.noise == 15);
}

TEST_CASE("Serial framer: marks inside a line are content", "[wire][serial]") {
    const std::string odd = ">>>\ninfo=a>>>\nx=<<<\n<<< \n<<<\n";
    CHECK(fed(odd).frames == Frames{odd});
}

TEST_CASE("Serial framer: an empty frame is a frame", "[wire][serial]") {
    CHECK(fed(">>>\n<<<\n").frames == Frames{">>>\n<<<\n"});
}

TEST_CASE("Serial framer: cutting the stream anywhere changes nothing", "[wire][serial]") {
    const std::string stream = "no" + one + ">>>\nt=cut\n" + two + "ise" + one;
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        SerialFramer framer;
        Frames frames;
        feed(framer, std::string_view{stream}.substr(0, cut), frames);
        feed(framer, std::string_view{stream}.substr(cut), frames);
        REQUIRE(frames == Frames{one, two, one});
    }
}

TEST_CASE("Serial framer: an endless frame is dropped at the limit, and the line recovers",
          "[wire][serial]") {
    SerialFramer framer;
    Frames frames;
    feed(framer, ">>>\n", frames);
    const std::string line(1000, 'A');
    std::size_t most = 0;
    for (int i = 0; i < 200; ++i) {
        feed(framer, line + (i % 2 == 0 ? "\n" : ""), frames);
        most = std::max(most, framer.pending().size());
    }
    CHECK(frames.empty());
    CHECK(most <= max_message_bytes);
    CHECK(framer.pending().size() < 4);
    CHECK(framer.noise_bytes() == 4 + 200 * 1000 + 100);
    feed(framer, one, frames);
    CHECK(frames == Frames{one});
}

TEST_CASE("Serial framer: a start mark across the limit is not lost", "[wire][serial]") {
    for (std::size_t shift = 0; shift < 5; ++shift) {
        SerialFramer framer;
        Frames frames;
        feed(
            framer, ">>>\n" + std::string(max_message_bytes - 5 - shift, 'A') + "\n" + one, frames);
        CAPTURE(shift);
        REQUIRE(frames == Frames{one});
    }
}
