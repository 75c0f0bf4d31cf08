// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/history.hpp"

#include "gui/small_trace.hpp"
#include "support/catch.hpp"
#include "trace/trace_reader.hpp"

#include <algorithm>
#include <random>

using namespace gui;
using namespace gui_test;

namespace {

std::shared_ptr<const Trace> reference() {
    static const std::shared_ptr<const Trace> trace = TraceReader::read_file(REFERENCE_RUN).trace;
    REQUIRE(trace);
    return trace;
}

}  // namespace

TEST_CASE("History: states follow the records", "[gui][history]") {
    const History history(TraceReader::read_text(whole).trace);
    const auto shown = [&](Time t, std::size_t node) {
        return history.shown_node(history.world_at(t), node);
    };
    CHECK(shown(0, 0) == Shown{State::standby, Reason::none});
    CHECK(shown(4, 1) == Shown{State::unknown, Reason::not_booted});
    CHECK(shown(10, 0) == Shown{State::taking_over, Reason::none});
    CHECK(shown(39, 0) == Shown{State::active, Reason::none});
    CHECK(shown(40, 0) == Shown{State::failed, Reason::no_power});
    CHECK(shown(50, 1) == Shown{State::degraded, Reason::peer_silent});
    CHECK(shown(60, 1) == Shown{State::taking_over, Reason::none});
    CHECK(shown(60, 2) == Shown{State::in_service, Reason::none});
    CHECK(history.shown_link(history.world_at(39), 0) == LinkState::up);
    CHECK(history.shown_link(history.world_at(40), 0) == LinkState::down);

    REQUIRE(history.addresses() == std::vector<std::string>{"10.0.0.1"});
    std::vector<std::pair<Time, std::uint32_t>> owners;
    for (const OwnerSegment& segment : history.owner_lanes().front()) {
        owners.emplace_back(segment.from, segment.owner);
    }
    CHECK(owners ==
          std::vector<std::pair<Time, std::uint32_t>>{{0, nobody}, {12, 0}, {40, nobody}, {62, 1}});
}

TEST_CASE("History: two owners are both shown as degraded", "[gui][history]") {
    const History history(
        TraceReader::read_text(
            header + events.substr(0, events.find("{\"t\":40")) +
            R"({"t":62,"seq":15,"k":"ms.address","n":"b","d":{"address":"10.0.0.1","interface":"eth0"}})" +
            "\n" + trailer)
            .trace);
    const World world = history.world_at(62);
    CHECK(history.shown_node(world, 0).reason == Reason::two_owners);
    CHECK(history.shown_node(world, 1).reason == Reason::two_owners);
    CHECK(history.owner_lanes().front().back().owner == several);
}

TEST_CASE("History: the world by index equals the world by replay from zero, at any time and in "
          "any order",
          "[gui][history][property]") {
    const History history(reference());
    const Time end = reference()->end();
    std::mt19937_64 random(GENERATE(1U, 2U, 3U, 4U, 5U));
    for (int i = 0; i < 60; ++i) {
        // Half of them just at, before or after a record, where mistakes would be.
        const Row& row = reference()->rows[random() % reference()->rows.size()];
        const Time t = i % 2 == 0 ? static_cast<Time>(random() % static_cast<std::uint64_t>(end))
                                  : row.t + static_cast<Time>(random() % 3) - 1;
        CAPTURE(t);
        REQUIRE(history.world_at(t) == history.replayed_to(t));
    }
}

TEST_CASE("History: scrubbing backwards shows what scrubbing forwards showed",
          "[gui][history][property]") {
    const History history(reference());
    const Time end = reference()->end();
    constexpr int steps = 500;
    std::vector<World> forwards;
    for (int i = 0; i <= steps; ++i) {
        forwards.push_back(history.world_at(end / steps * i));
    }
    for (int i = steps; i >= 0; --i) {
        REQUIRE(history.world_at(end / steps * i) == forwards[static_cast<std::size_t>(i)]);
    }
}

TEST_CASE("History: lanes say the same as the world at any time", "[gui][history][property]") {
    const History history(reference());
    const Time end = reference()->end();
    std::mt19937_64 random(7);
    for (int i = 0; i < 2000; ++i) {
        const Time t = static_cast<Time>(random() % static_cast<std::uint64_t>(end));
        const World world = history.world_at(t);
        for (std::size_t node = 0; node < world.nodes.size(); ++node) {
            CAPTURE(t, node);
            REQUIRE(history.segment_at(node, t).shown == history.shown_node(world, node));
        }
        for (std::size_t address = 0; address < history.addresses().size(); ++address) {
            const auto& lane = history.owner_lanes()[address];
            const auto after = std::ranges::upper_bound(lane, t, {}, &OwnerSegment::from);
            REQUIRE((after - 1)->everyone == history.owners(world, address));
        }
    }
}

TEST_CASE("History: the reference run shows the takeover", "[gui][history]") {
    const History history(reference());
    CHECK(history.unknown_kinds().empty());
    REQUIRE(history.faults().size() == 1);
    const FaultMark& fault = history.faults().front();
    CHECK(fault.verb == "power.off");
    CHECK(fault.target == "asterisk1");
    CHECK_FALSE(fault.evidence.empty());

    const auto first = history.node_of("asterisk1");
    const auto second = history.node_of("asterisk2");
    CHECK(history.segment_at(first, fault.t - 1).shown.state == State::active);
    CHECK(history.segment_at(first, fault.t).shown.state == State::failed);
    CHECK(history.segment_at(second, fault.t + 1'500'000'000).shown.reason == Reason::peer_silent);
    CHECK(history.segment_at(second, fault.t + 3'000'000'000).shown.state == State::taking_over);
    CHECK(history.segment_at(second, history.trace().end()).shown.state == State::active);
    CHECK(history.directions().size() == 3);

    World world = history.world_at(fault.t - 1);
    std::int32_t up = 0;
    for (const DirectionFacts& direction : world.directions) {
        up += direction.calls_up;
    }
    CHECK(up > 0);
    CHECK(history.world_at(history.trace().end()).calls_dropped == 7);
}
