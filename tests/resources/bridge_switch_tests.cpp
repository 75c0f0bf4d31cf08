// SPDX-License-Identifier: GPL-2.0-or-later
// The exchange with the bridge against an emulated one: order, failures by step, late and foreign
// replies.
#include <algorithm>

#include "emulated_bridge.hpp"
#include "prng.hpp"
#include "support/catch.hpp"

using namespace cluster;
using namespace testing;
using namespace std::chrono_literals;

namespace {

BridgePolicy ours() {
    return BridgePolicy::ours(BridgeSettings{});
}

std::vector<int> pure_fail_over() {
    return {7, 1, 20, 43, 34, 21, 35, 35, 35, 35, 35, 35, 35, 35, 20};
}

int count_reports(const std::vector<BridgeStep>& reports, BridgeStep::What what) {
    return static_cast<int>(std::count_if(
        reports.begin(), reports.end(), [&](const auto& r) { return r.what == what; }));
}

}  // namespace

TEST_CASE(
    "BridgeSwitch: pure fail-over of a quad without DSP takes 15 round trips in fonulator's order",
    "[core][bridge]") {
    for (const auto& policy : {BridgePolicy::fonulator(), ours()}) {
        EmulatedBridge bridge;
        BridgeSwitch exchange(quad_config(), policy);
        BridgePlay play{bridge};
        const auto result = play.run(exchange);
        CHECK(result.ok);
        CHECK(result.why == BridgeTrouble::none);
        CHECK(result.stream == BridgeStream::on);
        CHECK(result.round_trips == 15);
        CHECK(play.commands == pure_fail_over());
        CHECK(play.took == 15 * 6ms);
        CHECK(bridge.destination[0] == server_mac());
        CHECK(bridge.destination[1] == old_server_mac());
        CHECK(bridge.transmitting);
        CHECK(bridge.registers.size() == 8);
        CHECK(play.reports.back().what == BridgeStep::What::finished);
        CHECK(play.reports.back().step == 15);
        CHECK(play.reports.back().steps == 15);
    }
}

TEST_CASE("BridgeSwitch: what differs on the bridge is written, and only that", "[core][bridge]") {
    EmulatedBridge bridge;
    auto config = quad_config();
    SECTION("other priorities: one round trip more") {
        config.priorities = {3, 2, 1, 0};
        BridgeSwitch exchange(config, ours());
        BridgePlay play{bridge};
        CHECK(play.run(exchange).ok);
        CHECK(play.commands ==
              std::vector<int>{7, 1, 20, 43, 34, 21, 34, 35, 35, 35, 35, 35, 35, 35, 35, 20});
        CHECK(bridge.priorities == std::array<std::uint8_t, 4>{3, 2, 1, 0});
    }
    SECTION("other spans: written with their priorities, which are not read first") {
        config.spans[2].rbs = false;
        BridgeSwitch exchange(config, ours());
        BridgePlay play{bridge};
        CHECK(play.run(exchange).ok);
        CHECK(play.commands ==
              std::vector<int>{7, 1, 20, 43, 21, 1, 34, 35, 35, 35, 35, 35, 35, 35, 35, 20});
        CHECK(bridge.spans == wire::encode_spans(config.spans));
    }
    SECTION("spans the file does not name keep their settings") {
        const auto before = bridge.spans;
        config.spans.resize(1);
        config.spans[0].rbs = true;
        BridgeSwitch exchange(config, ours());
        BridgePlay play{bridge};
        CHECK(play.run(exchange).ok);
        CHECK(bridge.registers.size() == 2);
        CHECK(std::equal(before.begin() + 16, before.end(), bridge.spans.begin() + 16));
        CHECK_FALSE(std::equal(before.begin(), before.begin() + 16, bridge.spans.begin()));
    }
    SECTION("a bridge with one span gets registers of one span") {
        bridge.info.spans = 1;
        BridgeSwitch exchange(config, ours());
        BridgePlay play{bridge};
        CHECK(play.run(exchange).round_trips == 9);
    }
    SECTION("a DSP costs one more round trip before the spans are read") {
        bridge.info.dsp_max_channels = 128;
        BridgeSwitch exchange(config, ours());
        BridgePlay play{bridge};
        CHECK(play.run(exchange).round_trips == 16);
        CHECK(play.commands[1] == 20);
    }
    SECTION("port 2 and the clock loop off are parameters of their commands") {
        config.port = 2;
        config.pll = false;
        BridgeSwitch exchange(config, ours());
        BridgePlay play{bridge};
        CHECK(play.run(exchange).ok);
        CHECK(bridge.destination[1] == server_mac());
        CHECK(bridge.destination[0] == old_server_mac());
        CHECK(bridge.clock_parameter == 1);
    }
}

TEST_CASE("BridgeSwitch: fonulator's outcome of a loss depends on the step", "[core][bridge]") {
    const int lost = GENERATE(range(1, 16));
    const bool request_lost = GENERATE(true, false);
    CAPTURE(lost, request_lost);
    EmulatedBridge bridge;
    (request_lost ? bridge.lose_request : bridge.lose_reply).insert(lost);
    BridgeSwitch exchange(quad_config(), BridgePolicy::fonulator());
    BridgePlay play{bridge};
    const auto result = play.run(exchange);

    CHECK(result.why == BridgeTrouble::no_reply);
    const bool message_only =
        lost == 4 || (lost >= 7 && lost <= 14);  // clock select, framer registers
    CHECK(result.ok == message_only);
    if (message_only) {
        CHECK(result.ignored_failures == 1);
        CHECK(result.round_trips == 15);
        CHECK(play.took == 14 * 6ms + 10s);
        CHECK(bridge.transmitting);
        CHECK(bridge.destination[0] == server_mac());
    } else {
        CHECK(result.round_trips == lost);  // no retry, nothing after it
        CHECK(play.took == (lost - 1) * 6ms + 10s);
    }
    switch (lost) {
    case 1:
    case 2:  // still streams to the old server
        CHECK(result.stream == BridgeStream::untouched);
        CHECK(bridge.transmitting);
        CHECK(bridge.destination[0] == old_server_mac());
        break;
    case 3:
        CHECK(result.stream == BridgeStream::unknown);
        CHECK(bridge.transmitting == request_lost);
        break;
    case 5:
    case 6:  // mute until the next run
        CHECK(result.stream == BridgeStream::off);
        CHECK_FALSE(bridge.transmitting);
        break;
    case 15:
        CHECK(result.stream == BridgeStream::unknown);
        CHECK(bridge.transmitting == !request_lost);
        CHECK(bridge.destination[0] == server_mac());
        break;
    default:
        break;
    }
}

TEST_CASE("BridgeSwitch: fonulator with every register write lost waits 80 s and calls it well",
          "[core][bridge]") {
    EmulatedBridge bridge;
    for (int n = 7; n <= 14; ++n) {
        bridge.lose_reply.insert(n);
    }
    BridgeSwitch exchange(quad_config(), BridgePolicy::fonulator());
    BridgePlay play{bridge};
    const auto result = play.run(exchange);
    CHECK(result.ok);
    CHECK(result.ignored_failures == 8);
    CHECK(play.took == 80s + 7 * 6ms);
}

TEST_CASE(
    "BridgeSwitch: fonulator checks the priorities only after it has switched transmission off",
    "[core][bridge]") {
    auto config = quad_config();
    config.priorities = {1, 1, 2, 3};
    EmulatedBridge bridge;
    {
        BridgeSwitch exchange(config, BridgePolicy::fonulator());
        BridgePlay play{bridge};
        const auto result = play.run(exchange);
        CHECK_FALSE(result.ok);
        CHECK(result.why == BridgeTrouble::invalid_priorities);
        CHECK(result.stream == BridgeStream::off);
        CHECK_FALSE(bridge.transmitting);
    }
    EmulatedBridge untouched;
    BridgeSwitch exchange(config, ours());
    BridgePlay play{untouched};
    CHECK(play.run(exchange).why == BridgeTrouble::invalid_priorities);
    CHECK(untouched.requests == 0);
}

TEST_CASE("BridgeSwitch: ours survives the loss of any one datagram, at the price of one time-out",
          "[core][bridge]") {
    const int lost = GENERATE(range(1, 16));
    const bool request_lost = GENERATE(true, false);
    CAPTURE(lost, request_lost);
    EmulatedBridge bridge;
    (request_lost ? bridge.lose_request : bridge.lose_reply).insert(lost);
    BridgeSwitch exchange(quad_config(), ours());
    BridgePlay play{bridge};
    const auto result = play.run(exchange);
    CHECK(result.ok);
    CHECK(result.ignored_failures == 0);
    CHECK(result.stream == BridgeStream::on);
    CHECK(bridge.transmitting);
    CHECK(bridge.destination[0] == server_mac());
    CHECK(bridge.registers.size() == 8);
    CHECK(count_reports(play.reports, BridgeStep::What::lost_reply) == 1);
    const bool drained = lost != 1 && lost != 15;  // nothing follows, or the reply is like no other
    CHECK(result.round_trips == (drained ? 17 : 16));
    CHECK(play.took == 500ms + (drained ? 16 : 15) * 6ms);
}

TEST_CASE("BridgeSwitch: two losses in a row are survived, too", "[core][bridge]") {
    const int first = GENERATE(range(1, 17));
    const bool request_lost = GENERATE(true, false);
    CAPTURE(first, request_lost);
    EmulatedBridge bridge;
    (request_lost ? bridge.lose_request : bridge.lose_reply) = {first, first + 1};
    BridgeSwitch exchange(quad_config(), ours());
    BridgePlay play{bridge};
    CHECK(play.run(exchange).ok);
    CHECK(bridge.transmitting);
    CHECK(bridge.destination[0] == server_mac());
}

TEST_CASE("BridgeSwitch: a mute bridge is given up after the attempts of the first step",
          "[core][bridge]") {
    EmulatedBridge bridge;
    bridge.mute = true;
    BridgeSwitch exchange(quad_config(), ours());
    BridgePlay play{bridge};
    const auto result = play.run(exchange);
    CHECK_FALSE(result.ok);
    CHECK(result.stage == BridgeStage::static_info);
    CHECK(result.stream == BridgeStream::untouched);
    CHECK(play.took == 1500ms);
}

TEST_CASE("BridgeSwitch: a bridge that falls silent half-way is given up soon, with a last try to "
          "switch it on",
          "[core][bridge]") {
    const int silent_from = GENERATE(range(2, 16));
    CAPTURE(silent_from);
    EmulatedBridge bridge;
    for (int n = silent_from; n < 200; ++n) {
        bridge.lose_request.insert(n);
    }
    BridgeSwitch exchange(quad_config(), ours());
    BridgePlay play{bridge};
    const auto result = play.run(exchange);
    CHECK_FALSE(result.ok);
    CHECK(result.why == BridgeTrouble::no_reply);
    CHECK(play.took < 5s);
    CHECK(result.destination_set == (silent_from > 6));
    if (silent_from > 3) {
        CHECK(play.commands.back() == 20);
        CHECK(result.stream == BridgeStream::unknown);
    }
}

TEST_CASE("BridgeSwitch: ours is not left mute when a step fails and the bridge still listens",
          "[core][bridge]") {
    for (const int command : {1, 20, 43, 34, 21, 35}) {
        CAPTURE(command);
        EmulatedBridge bridge;
        bridge.refuse_command[command] = 3;  // as many as we try
        BridgeSwitch exchange(quad_config(), ours());
        BridgePlay play{bridge};
        const auto result = play.run(exchange);
        CHECK(result.why == BridgeTrouble::refused);
        CHECK(result.status == 7);
        CHECK(bridge.transmitting);
        const bool secondary = command == 43 || command == 34 || command == 35;
        CHECK(result.ok == secondary);
        CHECK((bridge.destination[0] == server_mac()) == secondary);
        // fonulator on the same bridge: refused destination leaves it mute.
        EmulatedBridge theirs;
        theirs.refuse_command[command] = 1;
        BridgeSwitch run(quad_config(), BridgePolicy::fonulator());
        BridgePlay their_play{theirs};
        CHECK(their_play.run(run).ok == (command == 43 || command == 35));
        CHECK(theirs.transmitting ==
              (command == 43 || command == 35 || command == 1 || command == 20));
    }
}

TEST_CASE("BridgeSwitch: a late reply makes fonulator take one step's reply for the next one's",
          "[core][bridge]") {
    EmulatedBridge bridge;
    bridge.delay_reply[4] = 10s + 3ms;  // clock select; read priorities expects four bytes, too
    BridgeSwitch exchange(quad_config(), BridgePolicy::fonulator());
    BridgePlay play{bridge};
    const auto result = play.run(exchange);
    CHECK_FALSE(result.ok);
    CHECK(result.stage ==
          BridgeStage::destination);  // it saw the priorities' four bytes where none should be
    CHECK_FALSE(bridge.transmitting);
}

TEST_CASE("BridgeSwitch: ours does not take a late reply of one step for the next one's",
          "[core][bridge]") {
    const int late = GENERATE(range(1, 15));
    const auto delay = GENERATE(501ms, 600ms, 999ms, 1400ms);
    CAPTURE(late, delay.count());
    EmulatedBridge bridge;
    bridge.delay_reply[late] = delay;
    // The repeat is answered at once, its reply queues behind; the request after the drain is lost.
    bridge.lose_request.insert(late + 3);
    BridgeSwitch exchange(quad_config(), ours());
    BridgePlay play{bridge};
    CHECK(play.run(exchange).ok);
    CHECK(bridge.transmitting);
    CHECK(bridge.destination[0] == server_mac());
    CHECK(bridge.registers.size() == 8);
}

TEST_CASE("BridgeSwitch: whatever is lost or late, a claim about the bridge is true",
          "[core][bridge]") {
    const auto seed = GENERATE(range(0, 600));
    CAPTURE(seed);
    Prng random(static_cast<std::uint64_t>(seed));
    EmulatedBridge bridge;
    const auto loss = 3 + random.below(20);
    for (int n = 1; n < 400; ++n) {
        if (random.one_in(loss)) {
            (random.one_in(2) ? bridge.lose_request : bridge.lose_reply).insert(n);
        }
        if (random.one_in(4)) {
            bridge.delay_reply[n] =
                std::chrono::milliseconds(1 + static_cast<int>(random.below(1300)));
        }
    }
    if (random.one_in(3)) {
        for (const int command : {1, 20, 21, 34, 35, 43}) {
            bridge.refuse_command[command] = static_cast<int>(random.below(3));
        }
    }
    auto config = quad_config();
    if (random.one_in(2)) {
        config.spans[1].rbs = false;
    }
    BridgeSwitch exchange(config, ours());
    BridgePlay play{bridge};
    // Handing the state over to a fresh object at any moment changes nothing.
    BridgeSwitch* current = &exchange;
    play.between = [&](BridgeSwitch& running) {
        std::vector<std::byte> bytes;
        running.save(bytes);
        BridgeSwitch other(config, ours());
        std::span<const std::byte> view = bytes;
        REQUIRE(other.load(view));
        REQUIRE(view.empty());
        running = std::move(other);
    };
    const auto result = play.run(*current);
    CHECK(play.took < 60s);
    if (result.ok) {
        CHECK(bridge.transmitting);
        CHECK(bridge.destination[0] == server_mac());
        CHECK(bridge.spans == wire::encode_spans(config.spans));
    }
    if (result.ok && result.why == BridgeTrouble::none) {
        CHECK(bridge.registers.size() == 8);
    }
    CHECK(result.destination_set <= (bridge.destination[0] == server_mac()));
    if (result.stream == BridgeStream::on || result.stream == BridgeStream::untouched) {
        CHECK(bridge.transmitting);
    }
    if (result.stream == BridgeStream::off) {
        CHECK_FALSE(bridge.transmitting);
    }
}

TEST_CASE(
    "BridgeSwitch: datagrams that cannot be the reply are ignored by ours and end fonulator's run",
    "[core][bridge]") {
    const std::vector<std::vector<std::byte>> garbage{
        {},
        {std::byte{0}},
        {std::byte{0}, std::byte{0}},              // ok, but no payload
        std::vector<std::byte>(66, std::byte{0}),  // length of another command
        std::vector<std::byte>(1501, std::byte{0}),
    };
    for (const auto& bytes : garbage) {
        CAPTURE(bytes.size());
        const Instant now{1s};
        BridgeSwitch exchange(quad_config(), ours());
        static_cast<void>(exchange.begin(now));
        const auto advance = exchange.on_reply(now, bytes);
        CHECK(advance.request.empty());
        CHECK(advance.reports.empty());
        CHECK(exchange.next_deadline() == now + 500ms);

        BridgeSwitch run(quad_config(), BridgePolicy::fonulator());
        static_cast<void>(run.begin(now));
        static_cast<void>(run.on_reply(now, bytes));
        REQUIRE(run.result().has_value());
        CHECK(run.result()->why == BridgeTrouble::bad_reply);
    }
}

TEST_CASE("BridgeSwitch: without server= it refuses before it touches the stream, unless the "
          "bridge is an echo canceller",
          "[core][bridge]") {
    auto config = quad_config();
    config.server.reset();
    EmulatedBridge bridge;
    BridgeSwitch exchange(config, ours());
    BridgePlay play{bridge};
    CHECK(play.run(exchange).why == BridgeTrouble::no_server);
    CHECK(bridge.executed == std::vector<int>{7});

    EmulatedBridge canceller;
    canceller.info.flags = 1;
    BridgeSwitch other(config, ours());
    BridgePlay other_play{canceller};
    CHECK(other_play.run(other).ok);
    CHECK(canceller.destination[0] == old_server_mac());
}

TEST_CASE("BridgeSwitch: replies and deadlines outside an exchange do nothing; a second begin "
          "starts anew",
          "[core][bridge]") {
    EmulatedBridge bridge;
    BridgeSwitch exchange(quad_config(), ours());
    CHECK_FALSE(exchange.next_deadline().has_value());
    CHECK(exchange.on_reply(Instant{1s}, std::vector<std::byte>(2)).request.empty());
    CHECK(exchange.on_deadline(Instant{1s}).request.empty());
    BridgePlay play{bridge};
    CHECK(play.run(exchange).ok);
    CHECK(exchange.on_reply(Instant{2000s}, std::vector<std::byte>(2)).request.empty());
    CHECK(exchange.on_deadline(Instant{2000s}).request.empty());
    BridgePlay again{bridge};
    CHECK(again.run(exchange).round_trips == 15);
}

TEST_CASE("BridgeSwitch: saved bytes that are cut or altered never load into nonsense",
          "[core][bridge]") {
    BridgeSwitch exchange(quad_config(), ours());
    static_cast<void>(exchange.begin(Instant{1s}));
    std::vector<std::byte> bytes;
    exchange.save(bytes);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        BridgeSwitch other(quad_config(), ours());
        std::span<const std::byte> view{bytes.data(), cut};
        CHECK_FALSE(other.load(view));
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto altered = bytes;
        altered[i] ^= std::byte{0xFF};
        BridgeSwitch other(quad_config(), ours());
        std::span<const std::byte> view = altered;
        if (other.load(view) && other.next_deadline()) {
            static_cast<void>(other.on_deadline(*other.next_deadline()));  // must not crash
        }
    }
}
