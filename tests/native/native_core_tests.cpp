// SPDX-License-Identifier: GPL-2.0-or-later
// The core itself under the explorer: every single fault at every message and tick, and long random
// sequences; and each check against a driver that sabotages. UNDERSTUDY_NATIVE_CORE_SEQUENCES sets
// how many random sequences (default 30).
#include <cstdlib>
#include <string>

#include "real_node.hpp"
#include "support/catch.hpp"

using namespace native_model;

namespace {

std::string told(const std::optional<Violation>& violation) {
    std::string text;
    if (violation) {
        text = violation->what;
        for (const auto& line : violation->story) {
            text += "\n  " + line;
        }
    }
    return text;
}

Options options(int nodes, int groups, TieBreak tie_break, bool auto_failback) {
    Options made;
    made.nodes = nodes;
    made.groups = groups;
    made.tie_break = tie_break;
    made.auto_failback = auto_failback;
    return made;
}

int wanted(const char* variable, int otherwise) {
    const char* const text = std::getenv(variable);
    return text != nullptr ? std::atoi(text) : otherwise;
}

void hold_for_all(const Options& world, int faults, int horizon) {
    CAPTURE(world.nodes, static_cast<int>(world.tie_break), world.auto_failback);
    const Exploration found = explore_real(world, faults, horizon);
    CHECK(told(found.violation) == "");
    CHECK(found.complete);
    CHECK(found.paths > 100);
}

std::string found_with(Sabotage sabotage, const Options& world, int faults, int sequences) {
    if (faults > 0) {
        const Exploration found = explore_real(world, faults, 12, sabotage);
        if (found.violation) {
            return found.violation->what;
        }
    }
    for (int seed = 0; seed < sequences; ++seed) {
        if (const auto violation = try_real(world, static_cast<std::uint64_t>(seed), 8, sabotage)) {
            return violation->what;
        }
    }
    return "nothing";
}

}  // namespace

TEST_CASE("Native core: an undisturbed cluster settles on one owner per group", "[native][core]") {
    for (const int nodes : {2, 3, 5}) {
        World<RealNode> world{options(nodes, 3, TieBreak::both_run, true)};
        while (world.now() < 20 && !world.violation()) {
            world.step();
        }
        world.check_liveness();
        CAPTURE(nodes);
        CHECK(told(world.violation()) == "");
        for (int g = 0; g < 3; ++g) {
            CHECK(world.node(g % nodes)->owns(g));
        }
    }
}

TEST_CASE("Native core: one owner through every single fault", "[native][core]") {
    hold_for_all(options(3, 1, TieBreak::first_node, true), 1, 12);
    hold_for_all(options(2, 2, TieBreak::both_run, true), 1, 12);
    hold_for_all(options(2, 2, TieBreak::first_node, false), 1, 12);
}

TEST_CASE("Native core: the long exploration", "[.][native-long]") {
    for (const bool auto_failback : {false, true}) {
        for (const TieBreak tie_break : {TieBreak::both_run, TieBreak::first_node}) {
            hold_for_all(options(3, 2, tie_break, auto_failback), 1, 20);
            hold_for_all(options(4, 2, tie_break, auto_failback), 1, 16);
            hold_for_all(options(2, 1, tie_break, auto_failback), 2, 9);
        }
    }
}

TEST_CASE("Native core: five nodes and three groups survive long random sequences of faults",
          "[native][core]") {
    const int first = wanted("UNDERSTUDY_NATIVE_CORE_FIRST", 0);
    for (int seed = first; seed < first + wanted("UNDERSTUDY_NATIVE_CORE_SEQUENCES", 30); ++seed) {
        const auto tie_break = seed % 2 == 0 ? TieBreak::both_run : TieBreak::first_node;
        const Options world = options(5, 3, tie_break, seed % 4 < 2);
        const auto violation = try_real(world, static_cast<std::uint64_t>(seed), 8);
        if (violation) {
            CAPTURE(seed);
            CHECK(told(violation) == "");
        }
    }
}

TEST_CASE("Native core: each check notices what a driver does wrong", "[native][core]") {
    const Options strict = options(3, 1, TieBreak::first_node, true);
    const Options pair = options(2, 1, TieBreak::both_run, true);
    const Options wide = options(5, 3, TieBreak::both_run, true);
    const Options wide_strict = options(5, 3, TieBreak::first_node, true);
    const auto begins = [](const std::string& text, const std::string& part) {
        CAPTURE(text);
        CHECK(text.substr(0, part.size()) == part);
    };
    begins(found_with(Sabotage::keeps_addresses, strict, 1, 0), "S2");
    begins(found_with(Sabotage::keeps_addresses, pair, 0, 50), "S1");
    begins(found_with(Sabotage::hides_holds, wide_strict, 0, 50), "S2");
    begins(found_with(Sabotage::hides_sleep, pair, 0, 50), "S1");
    begins(found_with(Sabotage::no_announcements, wide, 0, 50), "L");
    begins(found_with(Sabotage::hides_plans, pair, 1, 0), "L");
    begins(found_with(Sabotage::refuses_addresses, wide, 0, 50), "L");
}
