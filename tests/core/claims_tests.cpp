// SPDX-License-Identifier: GPL-2.0-or-later
// The rule by which one of two owners gives way: over all that they can tell each other.
#include "../../cluster-core/src/ownership/claims.hpp"

#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace cluster;

TEST_CASE("Claims: every letter means what was written, anything else nothing", "[core][claims]") {
    for (const char letter : std::string_view{"-whHqQ"}) {
        CAPTURE(letter);
        CHECK(letter_of(claim_of(letter)) == letter);
    }
    for (int letter = -128; letter < 128; ++letter) {
        const char c = static_cast<char>(letter);
        if (std::string_view{"whHqQ"}.find(c) == std::string_view::npos) {
            CHECK_FALSE(claim_of(c).runs);
            CHECK_FALSE(claim_of(c).waits);
        }
    }
}

TEST_CASE("Claims: of two owners exactly one gives way, whatever they tell", "[core][claims]") {
    std::vector<ClaimSide> sides;
    for (const char letter : std::string_view{"hHqQ"}) {
        for (const bool dead : {false, true}) {
            sides.push_back({claim_of(letter), dead});
        }
    }
    for (const ClaimSide& one : sides) {
        for (const ClaimSide& other : sides) {
            for (const bool preferred : {false, true}) {
                CAPTURE(letter_of(one.claim), letter_of(other.claim), preferred);
                CHECK(gives_way(one, other, preferred) != gives_way(other, one, !preferred));
            }
        }
    }
}

TEST_CASE("Claims: who is quiet gives way, then who noticed nothing, then who took it, then who is "
          "not preferred",
          "[core][claims]") {
    const auto side = [](char letter, bool dead) { return ClaimSide{claim_of(letter), dead}; };
    CHECK(gives_way(side('q', true), side('H', false), true));
    CHECK(gives_way(side('h', false), side('H', true), true));
    CHECK(gives_way(side('H', true), side('h', true), true));
    CHECK(gives_way(side('h', true), side('h', true), false));
}
