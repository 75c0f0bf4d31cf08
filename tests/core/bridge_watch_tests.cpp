// SPDX-License-Identifier: GPL-2.0-or-later
// The owner to whom the bridge no longer sends points it here again; nobody else ever does, and a
// bridge that may rightly send elsewhere is left alone (docs/ownership.md).
#include <algorithm>

#include "support/catch.hpp"
#include "support/two_node_world.hpp"

using namespace std::chrono_literals;
using namespace cluster;
using test_support::TwoNodeWorld;
using test_support::WorldOptions;

namespace {

using Rule = PolicyDecision::Rule;
using Decision = PolicyDecision::Decision;

WorldOptions with_bridge() {
    WorldOptions options;
    options.bridge = true;
    return options;
}

/// Node 1 has the group; the flash of the bridge names node 0.
void taken_by_second(TwoNodeWorld& world, bool first_is_dead) {
    world.start(0);
    world.run_for(300ms);
    world.start(1);
    world.run_for(30s);
    REQUIRE(world.owner() == 0);
    REQUIRE(world.bridge_sends_to() == 0);
    if (first_is_dead) {
        world.power_off(0);
    } else {
        world.command(0, AdminCommand::Kind::standby);
    }
    world.run_for(30s);
    REQUIRE(world.owner() == 1);
    REQUIRE(world.bridge_sends_to() == 1);
}

int decisions(const TwoNodeWorld& world, int node, Decision decision) {
    return static_cast<int>(
        std::ranges::count_if(world.reports(), [&](const TwoNodeWorld::Said& said) {
            const auto* report = std::get_if<PolicyDecision>(&said.report);
            return said.node == node && report != nullptr && report->rule == Rule::bridge_stream &&
                   report->decision == decision;
        }));
}

}  // namespace

TEST_CASE("Bridge watch: a bridge that reboots to the other node is pointed back by its owner",
          "[core][bridge_watch]") {
    const bool first_is_dead = GENERATE(false, true);
    const auto away = GENERATE(3s, 15s, 300s);
    CAPTURE(first_is_dead, away.count());
    TwoNodeWorld world{with_bridge()};
    taken_by_second(world, first_is_dead);
    world.bridge_off();
    world.run_for(away);
    world.bridge_boots();
    REQUIRE(world.bridge_sends_to() == 0);
    // One look (at most 5 s to the next one, when it was away for long), one second, one exchange.
    world.run_for(away > 60s ? 8s : 3s);
    INFO(world.log_text());
    CHECK(world.bridge_sends_to() == 1);
    CHECK(decisions(world, 1, Decision::points) == 1);
    CHECK(decisions(world, 0, Decision::points) == 0);
    CHECK(world.owner() == 1);
    CHECK(world.stops(1, "asterisk") == 0);
    const int before = world.bridge_requests();
    world.run_for(300s);
    CHECK(world.bridge_requests() == before);  // and that is that
}

TEST_CASE("Bridge watch: a bridge that boots and sends to its owner is not touched",
          "[core][bridge_watch]") {
    TwoNodeWorld world{with_bridge()};
    world.start(0);
    world.run_for(300ms);
    world.start(1);
    world.run_for(30s);
    REQUIRE(world.bridge_sends_to() == 0);
    world.bridge_off();
    const auto away = GENERATE(500ms, 1100ms, 15s);
    world.run_for(away);
    world.bridge_boots();
    world.run_for(60s);
    INFO(world.log_text());
    CHECK(world.bridge_sends_to() == 0);
    CHECK(decisions(world, 0, Decision::points) == 0);
}

TEST_CASE("Bridge watch: fonulator run on the standby is undone; the standby itself points nothing",
          "[core][bridge_watch]") {
    TwoNodeWorld world{with_bridge()};
    taken_by_second(world, false);
    world.bridge_pointed_at(0);
    world.run_for(3s);
    INFO(world.log_text());
    CHECK(world.bridge_sends_to() == 1);
    CHECK(decisions(world, 1, Decision::points) == 1);
    CHECK(decisions(world, 0, Decision::points) == 0);
}

TEST_CASE("Bridge watch: two owners that do not hear each other do not fight for the bridge",
          "[core][bridge_watch]") {
    const bool reaches_bridge = GENERATE(true, false);
    CAPTURE(reaches_bridge);
    TwoNodeWorld world{with_bridge()};
    world.start(0);
    world.run_for(300ms);
    world.start(1);
    world.run_for(30s);
    world.split(true);
    world.bridge_reachable(0, reaches_bridge);
    world.run_for(120s);
    CHECK(world.owner() == 2);
    CHECK(world.bridge_sends_to() == 1);  // the taker pointed it, and it stays there
    CHECK(decisions(world, 0, Decision::leaves) == (reaches_bridge ? 1 : 0));
    // Healed: whoever keeps the group has the bridge in the end, and pointed it at most once.
    world.split(false);
    world.bridge_reachable(0, true);
    world.run_for(60s);
    INFO(world.log_text());
    CHECK(world.owner() != 2);
    CHECK(world.bridge_sends_to() == world.owner());
    CHECK(decisions(world, 0, Decision::points) + decisions(world, 1, Decision::points) == 0);
}

TEST_CASE("Bridge watch: a stream that stays away costs ever fewer exchanges",
          "[core][bridge_watch]") {
    WorldOptions options = with_bridge();
    TwoNodeWorld world{options};
    taken_by_second(world, false);
    world.bridge_cable(false);
    world.run_for(600s);
    INFO(world.log_text());
    const int points = decisions(world, 1, Decision::points);
    CHECK(points >= 8);  // 2 s, 4 s, … 64 s apart
    CHECK(points <= 16);
    CHECK(world.owner() == 1);
    CHECK(world.stops(1, "asterisk") == 0);
}

TEST_CASE("Bridge watch: heartbeat 3.0.6, and the setting bridge/watch false, leave it as it is",
          "[core][bridge_watch]") {
    WorldOptions options = with_bridge();
    options.settings.bridge.watch = false;
    TwoNodeWorld world{options};
    taken_by_second(world, false);
    const int before = world.bridge_requests();
    world.bridge_off();
    world.run_for(15s);
    world.bridge_boots();
    world.run_for(120s);
    CHECK(world.bridge_sends_to() == 0);
    CHECK(world.bridge_requests() == before);
    CHECK_FALSE(Settings{}.as_heartbeat_3_0_6().bridge.watch);
}

TEST_CASE("Bridge watch: a snapshot taken while the bridge is away goes on the same way",
          "[core][bridge_watch]") {
    std::string logs[2];
    for (const int variant : {0, 1}) {
        TwoNodeWorld world{with_bridge()};
        taken_by_second(world, true);
        world.bridge_off();
        for (int i = 0; i < 60; ++i) {
            world.run_for(170ms);
            if (i == 30) {
                world.bridge_boots();
            }
            if (variant == 1) {
                REQUIRE(world.hand_over(1));
            }
        }
        CHECK(world.bridge_sends_to() == 1);
        logs[variant] = world.log_text();
    }
    CHECK(logs[0] == logs[1]);
}
