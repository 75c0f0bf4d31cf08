// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/invariants.hpp"

#include "support/catch.hpp"

#include <algorithm>

using namespace sim;
using cluster::GroupId;
using cluster::ResourceId;
using cluster::ResourceState;

namespace {

constexpr std::int64_t s = 1'000'000'000;
constexpr ResourceId first{GroupId{0}, 0};
constexpr ResourceId second{GroupId{0}, 1};

struct World : Invariants {
    explicit World(std::vector<DisabledInvariant> off = {})
        : Invariants({"a", "b"}, {{{"10.10.10.110", "asterisk"}, {}}}, std::move(off)) {}

    void start(std::int64_t t, std::size_t node) {
        resource(t, node, first, ResourceState::starting);
        resource(t, node, first, ResourceState::running);
        resource(t, node, second, ResourceState::starting);
        resource(t, node, second, ResourceState::running);
    }
    [[nodiscard]] InvariantResult result(const std::string& name) const {
        const auto all = results();
        return *std::ranges::find_if(all, [&](const InvariantResult& r) { return r.name == name; });
    }
    [[nodiscard]] bool violated(const std::string& name) const {
        return result(name).first_at.has_value();
    }
    [[nodiscard]] int violations() const {
        const auto all = results();
        return static_cast<int>(std::ranges::count_if(
            all, [](const InvariantResult& r) { return r.first_at.has_value(); }));
    }
};

}  // namespace

TEST_CASE("Invariants: an ordinary takeover violates nothing, and everything was evaluated",
          "[sim][invariants]") {
    World w;
    w.start(1 * s, 0);
    w.address(1 * s, 0, "10.10.10.110", true);
    w.span_master(1 * s, "fb1", 0, true);
    w.node_lost(180 * s, 0);
    w.address(182 * s, 1, "10.10.10.110", true);
    w.span_master(183 * s, "fb1", 1, true);
    w.start(182 * s, 1);
    w.end_of_run(400 * s, "");
    CHECK(w.violations() == 0);
    for (const InvariantResult& r : w.results()) {
        CAPTURE(r.name);
        CHECK(r.evaluated);
    }
    CHECK(w.dual_owner_spans().empty());
}

TEST_CASE("Invariants: two holders of one address are found, with how long and who",
          "[sim][invariants]") {
    World w;
    w.address(1 * s, 0, "10.10.10.110", true);
    w.address(10 * s, 1, "10.10.10.110", true);
    w.address(13 * s, 0, "10.10.10.110", false);
    w.end_of_run(20 * s, "");
    const auto r = w.result("no-dual-vip-owner");
    CHECK(r.first_at == Duration{10 * s});
    CHECK(r.violated_for == Duration{3 * s});
    CHECK(r.reason == "a and b both hold 10.10.10.110");
    CHECK(w.dual_owner_spans() ==
          std::vector<std::pair<std::int64_t, std::int64_t>>{{10 * s, 13 * s}});
}

TEST_CASE("Invariants: a holder that wakes up and lets go within 50 ms was no second owner",
          "[sim][invariants]") {
    World w;
    w.address(1 * s, 0, "10.10.10.110", true);
    w.node_scheduled(5 * s, 0, false);
    w.address(10 * s, 1, "10.10.10.110", true);
    w.node_scheduled(12 * s, 0, true);
    w.address(12 * s + 49'000'000, 0, "10.10.10.110", false);
    w.end_of_run(20 * s, "");
    CHECK_FALSE(w.violated("no-dual-vip-owner"));
}

TEST_CASE("Invariants: a frozen holder holds nothing until 50 ms after it thaws",
          "[sim][invariants]") {
    World w;
    w.address(1 * s, 0, "10.10.10.110", true);
    w.node_scheduled(5 * s, 0, false);
    w.address(10 * s, 1, "10.10.10.110", true);
    CHECK_FALSE(w.violated("no-dual-vip-owner"));
    w.node_scheduled(12 * s, 0, true);
    w.end_of_run(20 * s, "");
    constexpr std::int64_t awake = 12 * s + Invariants::wake_up_ns;
    CHECK(w.result("no-dual-vip-owner").first_at == Duration{awake});
    CHECK(w.result("no-dual-vip-owner").violated_for == Duration{20 * s - awake});
    CHECK(w.dual_owner_spans() ==
          std::vector<std::pair<std::int64_t, std::int64_t>>{{awake, 20 * s}});
}

TEST_CASE("Invariants: two span masters are found", "[sim][invariants]") {
    World w;
    w.span_master(1 * s, "fb1", 0, true);
    w.span_master(2 * s, "fb1", 1, true);
    w.end_of_run(3 * s, "");
    CHECK(w.result("no-dual-span-owner").violated_for == Duration{1 * s});
    CHECK(w.result("no-dual-span-owner").reason == "a and b both are span master of fb1");
}

TEST_CASE("Invariants: a start before the member to its left runs is found", "[sim][invariants]") {
    World w;
    w.resource(1 * s, 0, first, ResourceState::starting);
    w.resource(2 * s, 0, second, ResourceState::starting);
    CHECK(w.result("start-order").reason == "asterisk was started on a before 10.10.10.110 ran");
    CHECK(w.violations() == 1);
}

TEST_CASE("Invariants: a stop while the member to its right is up is found", "[sim][invariants]") {
    World w;
    w.start(1 * s, 0);
    w.resource(2 * s, 0, first, ResourceState::stopping);
    CHECK(w.result("stop-order-reversed").reason ==
          "10.10.10.110 was stopped on a while asterisk was up");
    CHECK(w.violations() == 1);
}

TEST_CASE("Invariants: a second start of what runs is found", "[sim][invariants]") {
    World w;
    w.start(1 * s, 0);
    w.resource(2 * s, 0, second, ResourceState::starting);
    CHECK(w.violated("no-resource-started-twice"));
    CHECK(w.violations() == 1);
}

TEST_CASE("Invariants: a group that is up on two nodes is found", "[sim][invariants]") {
    World w;
    w.start(1 * s, 0);
    w.resource(2 * s, 1, first, ResourceState::starting);
    CHECK(w.violated("single-active-resource-group"));
    CHECK(w.violations() == 1);
    w.node_lost(4 * s, 0);
    w.end_of_run(9 * s, "calls fail");
    CHECK(w.result("single-active-resource-group").violated_for == Duration{2 * s});
}

TEST_CASE(
    "Invariants: a group is owned where its address can be met, so that services which run on "
    "without it are no second owner",
    "[sim][invariants]") {
    Invariants w({"a", "b"}, {{{"10.10.10.110", "asterisk"}, {"10.10.10.110"}}}, {});
    const auto violated = [&w] {
        const auto all = w.results();
        return std::ranges::any_of(all, [](const InvariantResult& r) {
            return r.name == "single-active-resource-group" && r.first_at.has_value();
        });
    };
    for (const std::size_t node : {0U, 1U}) {
        w.resource(1 * s, node, second, ResourceState::running);
    }
    CHECK_FALSE(violated());
    w.address(2 * s, 1, "10.10.10.110", true);
    CHECK_FALSE(violated());
    w.address(3 * s, 0, "10.10.10.110", true);
    CHECK(violated());
}

TEST_CASE("Invariants: not recovered at the end is found: by calls, and by a group that runs "
          "nowhere or twice",
          "[sim][invariants]") {
    World calls;
    calls.start(1 * s, 0);
    calls.end_of_run(9 * s, "the last outward probe call was not answered");
    CHECK(calls.result("recovered-at-end").reason ==
          "the last outward probe call was not answered");

    World nowhere;
    nowhere.end_of_run(9 * s, "");
    CHECK(nowhere.result("recovered-at-end").reason ==
          "group 10.10.10.110 runs completely on 0 nodes");

    World twice;
    twice.start(1 * s, 0);
    twice.start(1 * s, 1);
    twice.end_of_run(9 * s, "");
    CHECK(twice.result("recovered-at-end").reason ==
          "group 10.10.10.110 runs completely on 2 nodes");
}

TEST_CASE("Invariants: one that is switched off says why", "[sim][invariants]") {
    World w{{{"start-order", "known", {}}}};
    w.resource(2 * s, 0, second, ResourceState::starting);
    CHECK(w.result("start-order").disabled);
    CHECK(w.result("start-order").reason == "known");
}
