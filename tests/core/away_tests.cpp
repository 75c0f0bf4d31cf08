// SPDX-License-Identifier: GPL-2.0-or-later
// One of two nodes is away: frozen, without carrier, cut off. One owner, no second outage, and the
// bounds of docs/ownership.md.
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

WorldOptions failback(const std::string& how) {
    WorldOptions options;
    options.auto_failback = how;
    return options;
}

/// Node 0 owns the group, and the bridge sends to it.
void settle(TwoNodeWorld& world) {
    world.start(0);
    world.run_for(300ms);
    world.start(1);
    world.run_for(30s);
    REQUIRE(world.owner() == 0);
    REQUIRE(world.service_runs(0, "asterisk"));
    world.bridge_stream(0, true);
    world.bridge_stream(1, false);
}

void lan(TwoNodeWorld& world, int node, bool on) {
    world.cut(node, 0, !on);
    world.cut(1 - node, 0, !on);
    world.carrier(node, 0, on);
}

/// The switch itself: both lose carrier.
void lan_switch(TwoNodeWorld& world, bool on) {
    world.split(!on);
    world.carrier(0, 0, on);
    world.carrier(1, 0, on);
}

bool decided(const TwoNodeWorld& world, int node, Rule rule, Decision decision) {
    return std::ranges::any_of(world.reports(), [&](const TwoNodeWorld::Said& said) {
        const auto* report = std::get_if<PolicyDecision>(&said.report);
        return said.node == node && report != nullptr && report->rule == rule &&
               report->decision == decision;
    });
}

constexpr const char* ping_lines = "keepalive 200ms\ndeadtime 2\nwarntime 1\ninitdead 10\n"
                                   "udpport 694\nbcast eth0\nping 10.10.10.1\n"
                                   "respawn hacluster /usr/lib/heartbeat/ipfail\n";

}  // namespace

// ---------------------------------------------------------------- freeze and thaw

TEST_CASE("Away: after a freeze the taker keeps, nothing is started twice, and the address is "
          "double for at most 50 ms",
          "[core][away]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    const auto frozen = GENERATE(3s, 10s, 200s);
    CAPTURE(how, frozen.count());
    TwoNodeWorld world{failback(how)};
    settle(world);
    world.freeze(0);
    world.run_for(frozen);
    REQUIRE(world.owner() == 2);  // the frozen kernel still has it
    world.thaw(0);
    world.run_for(50ms);
    CHECK(world.owner() == 1);
    world.run_for(60s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK(world.service_runs(1, "asterisk"));
    CHECK_FALSE(world.service_runs(0, "asterisk"));
    CHECK(world.starts(0, "asterisk") == 1);
    CHECK(world.starts(1, "asterisk") == 1);
    CHECK(world.stops(1, "asterisk") == 0);
    CHECK(world.worst_double_ownership() <= 50ms);
}

TEST_CASE("Away: when both nodes were frozen the owner keeps, and only its address blinks",
          "[core][away]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    CAPTURE(how);
    TwoNodeWorld world{failback(how)};
    settle(world);
    world.freeze(0);
    world.freeze(1);
    world.run_for(30s);
    world.thaw(1);
    world.run_for(3ms);
    world.thaw(0);
    world.run_for(1s);
    INFO(world.log_text());
    CHECK(world.owner() == 0);
    CHECK(decided(world, 0, Rule::woke_up, Decision::waits));
    world.run_for(30s);
    CHECK(world.owner() == 0);
    CHECK(world.stops(0, "asterisk") == 0);
    CHECK(world.starts(1, "asterisk") == 0);
}

TEST_CASE("Away: an owner that wakes and finds its peer dead serves again", "[core][away]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    CAPTURE(how);
    TwoNodeWorld world{failback(how)};
    settle(world);
    world.freeze(0);
    world.power_off(1);
    world.run_for(10s);
    world.thaw(0);
    world.run_for(10s);
    INFO(world.log_text());
    CHECK(world.owner() == 0);
    CHECK(world.service_runs(0, "asterisk"));
    CHECK(world.stops(0, "asterisk") == 0);
}

TEST_CASE("Away: a snapshot taken while it is open who owns the group goes on the same way",
          "[core][away]") {
    std::string logs[2];
    for (const int variant : {0, 1}) {
        TwoNodeWorld world{failback("legacy")};
        settle(world);
        lan_switch(world, false);
        for (int i = 0; i < 40; ++i) {
            world.run_for(170ms);
            if (i == 20) {
                lan_switch(world, true);
            }
            if (variant == 1) {
                REQUIRE(world.hand_over(0));
                REQUIRE(world.hand_over(1));
            }
        }
        logs[variant] = world.log_text();
    }
    CHECK(logs[0] == logs[1]);
}

// ---------------------------------------------------------------- carrier

TEST_CASE("Carrier: a LAN switch that is off for 30 s stops no service and moves nothing",
          "[core][carrier]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    CAPTURE(how);
    TwoNodeWorld world{failback(how)};
    settle(world);
    lan_switch(world, false);
    world.run_for(30s);
    CHECK(decided(world, 0, Rule::carrier, Decision::keeps));
    CHECK(decided(world, 1, Rule::carrier, Decision::takes_nothing));
    CHECK(world.owner() == -1);  // quiet: nobody can reach the address anyhow
    lan_switch(world, true);
    world.run_for(500ms);
    INFO(world.log_text());
    CHECK(world.owner() == 0);
    world.run_for(30s);
    CHECK(world.owner() == 0);
    CHECK(world.stops(0, "asterisk") == 0);
    CHECK(world.stops(0, "fonulator") == 0);
    CHECK(world.starts(0, "fonulator") == 1);  // the bridge was never pointed elsewhere
    CHECK(world.starts(1, "asterisk") == 0);
    CHECK(world.worst_double_anywhere() == 0s);
}

TEST_CASE("Carrier: a LAN switch that is off for 1 s is not even noticed", "[core][carrier]") {
    TwoNodeWorld world{failback("legacy")};
    settle(world);
    const std::size_t before = world.reports().size();
    lan_switch(world, false);
    world.run_for(1s);
    lan_switch(world, true);
    world.run_for(10s);
    INFO(world.log_text());
    CHECK(world.owner() == 0);
    for (std::size_t i = before; i < world.reports().size(); ++i) {
        CHECK_FALSE(std::holds_alternative<PolicyDecision>(world.reports()[i].report));
        CHECK_FALSE(std::holds_alternative<GroupRoleChanged>(world.reports()[i].report));
    }
}

TEST_CASE("Carrier: the owner whose cable is out gives up when the bridge sends elsewhere, and the "
          "taker keeps afterwards",
          "[core][carrier]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    CAPTURE(how);
    TwoNodeWorld world{failback(how)};
    settle(world);
    lan(world, 0, false);
    world.run_for(2500ms);
    CHECK(world.owner() == 1);  // the other one let go of the address, but serves the bridge
    CHECK(world.service_runs(0, "asterisk"));
    world.bridge_stream(0, false);
    world.bridge_stream(1, true);
    world.run_for(1s);
    CHECK_FALSE(world.service_runs(0, "asterisk"));
    CHECK(decided(world, 0, Rule::carrier, Decision::releases));
    world.run_for(16s);
    lan(world, 0, true);
    world.run_for(40s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK(world.service_runs(1, "asterisk"));
    CHECK(world.starts(0, "asterisk") == 1);
    CHECK(world.starts(1, "asterisk") == 1);
    CHECK(world.stops(1, "asterisk") == 0);
    // Both declare each other dead within one beat.
    CHECK(world.worst_double_anywhere() <= 210ms);
}

TEST_CASE("Carrier: without a bridge to look at, the owner keeps quietly and gives way on return",
          "[core][carrier]") {
    TwoNodeWorld world{failback("legacy")};
    world.start(0);
    world.start(1);
    world.run_for(30s);
    lan(world, 0, false);
    world.run_for(20s);
    CHECK(world.service_runs(0, "asterisk"));
    CHECK(world.owner() == 1);
    lan(world, 0, true);
    world.run_for(30s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK_FALSE(world.service_runs(0, "asterisk"));
    CHECK(world.starts(1, "asterisk") == 1);
}

TEST_CASE("Carrier: a node without carrier takes nothing from a dead peer until it is back",
          "[core][carrier]") {
    TwoNodeWorld world{failback("on")};
    settle(world);
    lan(world, 1, false);
    world.run_for(500ms);
    world.power_off(0);
    world.run_for(30s);
    CHECK(world.owner() == -1);
    CHECK(decided(world, 1, Rule::carrier, Decision::takes_nothing));
    lan(world, 1, true);
    world.run_for(3s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
}

TEST_CASE("Carrier: an owner alone serves again on the address when the network is back",
          "[core][carrier]") {
    TwoNodeWorld world{failback("off")};
    settle(world);
    lan(world, 0, false);
    world.run_for(500ms);
    world.power_off(1);
    world.run_for(30s);
    lan(world, 0, true);
    world.run_for(3s);
    INFO(world.log_text());
    CHECK(world.owner() == 0);
    CHECK(world.stops(0, "asterisk") == 0);
}

TEST_CASE("Carrier: with the policy off carrier is ignored, and both own", "[core][carrier]") {
    WorldOptions options = failback("legacy");
    options.settings.carrier_policy = false;
    TwoNodeWorld world{options};
    settle(world);
    lan(world, 0, false);
    world.run_for(10s);
    CHECK(world.owner() == 2);
}

// ---------------------------------------------------------------- ping tie-break

TEST_CASE("Ping tie-break: in a silent partition the owner that reaches no ping target lets go "
          "before the other one takes",
          "[core][tie-break]") {
    const auto seed = GENERATE(range(1U, 31U));
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    CAPTURE(seed, how);
    WorldOptions options = failback(how);
    options.ha_cf = ping_lines;
    options.seed = seed;
    TwoNodeWorld world{options};
    settle(world);
    world.run_for(std::chrono::milliseconds{seed * 13});
    const auto cut = world.now();
    world.split(true);
    world.ping_reachable(0, false);
    while (world.owner() != 1 && world.now() < cut + 10s) {
        world.run_for(1ms);
    }
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    // deadtime, one beat of difference, and the margin (docs/ownership.md)
    CHECK(world.now() - cut <= 2s + 200ms + 200ms + 5ms);
    world.bridge_stream(0, false);
    world.run_for(10s);
    CHECK_FALSE(world.service_runs(0, "asterisk"));
    world.split(false);
    world.ping_reachable(0, true);
    world.run_for(30s);
    CHECK(world.owner() == 1);
    CHECK(world.starts(1, "asterisk") == 1);
    CHECK(world.worst_double_anywhere() == 0s);
}

TEST_CASE("Ping tie-break: a dead switch leaves the service with the owner that the bridge feeds",
          "[core][tie-break]") {
    WorldOptions options = failback("legacy");
    options.ha_cf = ping_lines;
    TwoNodeWorld world{options};
    settle(world);
    world.split(true);
    world.ping_reachable(0, false);
    world.ping_reachable(1, false);
    world.run_for(20s);
    CHECK(world.owner() == -1);
    CHECK(world.service_runs(0, "asterisk"));
    world.ping_reachable(0, true);
    world.ping_reachable(1, true);
    world.split(false);
    world.run_for(20s);
    INFO(world.log_text());
    CHECK(world.owner() == 0);
    CHECK(world.stops(0, "asterisk") == 0);
    CHECK(world.starts(1, "asterisk") == 0);
}

TEST_CASE("Ping tie-break: a target that was down before the peer fell silent decides nothing",
          "[core][tie-break]") {
    WorldOptions options = failback("legacy");
    options.ha_cf = ping_lines;
    TwoNodeWorld world{options};
    settle(world);
    world.ping_reachable(0, false);
    world.ping_reachable(1, false);
    world.run_for(10s);
    const auto dead = world.now();
    world.power_off(0);
    while (world.owner() != 1 && world.now() < dead + 10s) {
        world.run_for(1ms);
    }
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK(world.now() - dead <= 2050ms);
}

TEST_CASE("Ping tie-break: who was cut off and is alone afterwards takes over again",
          "[core][tie-break]") {
    WorldOptions options = failback("legacy");
    options.ha_cf = ping_lines;
    TwoNodeWorld world{options};
    settle(world);
    world.power_off(0);
    world.ping_reachable(1, false);
    world.run_for(20s);
    CHECK(world.owner() == -1);
    CHECK(decided(world, 1, Rule::ping_tie_break, Decision::takes_nothing));
    world.ping_reachable(1, true);
    world.run_for(2s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
}
