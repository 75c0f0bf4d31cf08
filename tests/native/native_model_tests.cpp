// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of the native dialect against every short sequence of faults and against long random
// ones; and each check against a rule left out. UNDERSTUDY_NATIVE_SEQUENCES sets how many random
// sequences (default 100).
#include <cstdlib>
#include <string>

#include "explore_reference.hpp"
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

void hold_for_all(const Options& world, int faults) {
    CAPTURE(world.nodes, static_cast<int>(world.tie_break), world.auto_failback);
    const Exploration found = explore_reference(world, faults);
    CHECK(told(found.violation) == "");
    CHECK(found.complete);
    CHECK(found.paths > 100);
}

int wanted_sequences() {
    const char* const text = std::getenv("UNDERSTUDY_NATIVE_SEQUENCES");
    return text != nullptr ? std::atoi(text) : 100;
}

/// The first violation that the checks find with that rule left out.
std::string found_without(SeededBug bug, Options world, int faults, int sequences) {
    world.bug = bug;
    const Exploration found = explore_reference(world, faults);
    for (int seed = 0; !found.violation && seed < sequences; ++seed) {
        if (const auto violation = try_reference(world, static_cast<std::uint64_t>(seed), 8)) {
            return violation->what;
        }
    }
    return found.violation ? found.violation->what : "nothing";
}

}  // namespace

TEST_CASE("Native rules: three nodes keep one owner through every two faults", "[native][core]") {
    hold_for_all(options(3, 1, TieBreak::first_node, true), 2);
}

TEST_CASE("Native rules: two nodes keep one owner where it can be known, through every two faults",
          "[native][core]") {
    for (const bool auto_failback : {false, true}) {
        hold_for_all(options(2, 2, TieBreak::both_run, auto_failback), 2);
        hold_for_all(options(2, 2, TieBreak::first_node, auto_failback), 2);
    }
}

TEST_CASE("Native rules: the long exploration", "[.][native-long]") {
    for (const bool auto_failback : {false, true}) {
        for (const TieBreak tie_break : {TieBreak::both_run, TieBreak::first_node}) {
            hold_for_all(options(3, 1, tie_break, auto_failback), 2);
            hold_for_all(options(2, 2, tie_break, auto_failback), 3);
        }
    }
}

TEST_CASE("Native rules: five nodes and three groups survive long random sequences of faults",
          "[native][core]") {
    for (int seed = 0; seed < wanted_sequences(); ++seed) {
        const auto tie_break = seed % 2 == 0 ? TieBreak::both_run : TieBreak::first_node;
        const Options world = options(5, 3, tie_break, seed % 4 < 2);
        const auto violation = try_reference(world, static_cast<std::uint64_t>(seed), 8);
        if (violation) {
            CAPTURE(seed);
            CHECK(told(violation) == "");
        }
    }
}

TEST_CASE("Native rules: an owner that nobody hears lets go as soon as it hears the other take",
          "[native][core]") {
    const auto ticks_with_two = [](SeededBug bug) {
        Options world = options(2, 1, TieBreak::both_run, true);
        world.bug = bug;
        World<Node> pair{world};
        while (pair.now() < 20) {
            pair.step();
        }
        CHECK(pair.node(0)->owns(0));
        pair.apply({Fault::Kind::cut_direction, 0, 1});
        while (pair.now() < 40) {
            pair.step();
        }
        CHECK(pair.node(1)->owns(0));
        CHECK_FALSE(pair.node(0)->owns(0));
        return pair.longest_double();
    };
    CHECK(ticks_with_two(SeededBug::none) == 0);
    CHECK(ticks_with_two(SeededBug::no_passed_over_rule) > 0);
}

TEST_CASE("Native rules: each check notices a rule that is left out", "[native][core]") {
    const Options both = options(3, 1, TieBreak::both_run, true);
    const Options strict = options(3, 1, TieBreak::first_node, true);
    const Options pair = options(2, 1, TieBreak::both_run, true);
    const Options wide = options(5, 3, TieBreak::both_run, true);
    const Options wide_strict = options(5, 3, TieBreak::first_node, true);
    const auto begins = [](const std::string& text, const std::string& part) {
        CAPTURE(text);
        CHECK(text.substr(0, part.size()) == part);
    };
    begins(found_without(SeededBug::acquire_before_release, wide_strict, 0, 100), "S2");
    begins(found_without(SeededBug::acquire_before_accepted, wide_strict, 0, 200), "S2");
    begins(found_without(SeededBug::quorum_of_reachable, strict, 1, 0), "S2");
    begins(found_without(SeededBug::no_epoch_check, wide, 0, 50), "L");
    begins(found_without(SeededBug::no_wake_rule, pair, 2, 0), "S1");
    begins(found_without(SeededBug::no_lease, strict, 1, 0), "S2");
    begins(found_without(SeededBug::no_conflict_rule, pair, 2, 0), "S1");
    begins(found_without(SeededBug::no_deaf_rule, pair, 2, 0), "O");
    begins(found_without(SeededBug::no_relay, both, 1, 0), "L");
    begins(found_without(SeededBug::only_first_proposes, both, 1, 0), "L");
    begins(found_without(SeededBug::never_resumes, both, 2, 0), "L");
    begins(found_without(SeededBug::no_second_announcement, wide, 0, 100), "L");
    begins(found_without(SeededBug::keeps_failed, wide, 0, 100), "L");
}
