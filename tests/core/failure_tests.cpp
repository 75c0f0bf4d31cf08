// SPDX-License-Identifier: GPL-2.0-or-later
// What does not start, does not stop, or has lost its daemon: one owner and a service in the end.
#include <algorithm>

#include "support/catch.hpp"
#include "support/two_node_world.hpp"

using namespace std::chrono_literals;
using namespace cluster;
using test_support::TwoNodeWorld;
using test_support::WorldOptions;

namespace {

WorldOptions failback(const std::string& how) {
    WorldOptions options;
    options.auto_failback = how;
    return options;
}

void settle(TwoNodeWorld& world) {
    world.start(0);
    world.run_for(300ms);
    world.start(1);
    world.run_for(30s);
    REQUIRE(world.owner() == 0);
    REQUIRE(world.service_runs(0, "asterisk"));
}

std::vector<Duration> retries(const TwoNodeWorld& world, int node) {
    std::vector<Duration> delays;
    for (const TwoNodeWorld::Said& said : world.reports()) {
        const auto* report = std::get_if<PolicyDecision>(&said.report);
        if (said.node == node && report != nullptr &&
            report->rule == PolicyDecision::Rule::start_failure) {
            delays.push_back(report->delay);
        }
    }
    return delays;
}

}  // namespace

// ---------------------------------------------------------------- start

TEST_CASE("Start failure: alone it is tried again, later and later, until it runs",
          "[core][failure]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    CAPTURE(how);
    TwoNodeWorld world{failback(how)};
    settle(world);
    world.agent(1, "asterisk").start_fails = true;
    world.power_off(0);
    world.run_for(200s);
    CHECK(world.owner() == -1);
    world.agent(1, "asterisk").start_fails = false;
    world.run_for(70s);
    INFO(world.log_text());
    CHECK(retries(world, 1) == std::vector<Duration>{10s, 20s, 40s, 60s, 60s});
    CHECK(world.owner() == 1);
    CHECK(world.service_runs(1, "asterisk"));
}

TEST_CASE("Start failure: with the retry off it stays down", "[core][failure]") {
    WorldOptions options = failback("on");
    options.settings.start_retry_delay = 0s;
    TwoNodeWorld world{options};
    settle(world);
    world.agent(1, "asterisk").start_fails = true;
    world.power_off(0);
    world.run_for(100s);
    CHECK(world.starts(1, "asterisk") == 1);
}

TEST_CASE("Start failure: where it failed on both, it runs where it first can", "[core][failure]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    const auto healed = GENERATE(0, 1);
    CAPTURE(how, healed);
    TwoNodeWorld world{failback(how)};
    world.agent(0, "asterisk").start_fails = true;
    world.agent(1, "asterisk").start_fails = true;
    world.start(0);
    world.run_for(300ms);
    world.start(1);
    world.run_for(100s);
    CHECK(world.owner() != 2);
    world.agent(healed, "asterisk").start_fails = false;
    world.run_for(150s);
    INFO(world.log_text());
    CHECK(world.owner() == healed);
    CHECK(world.service_runs(healed, "asterisk"));
    CHECK(world.worst_double_anywhere() == 0s);
}

// ---------------------------------------------------------------- stop

TEST_CASE("Stop failure: a standby that cannot let go is called off, and the service goes on here",
          "[core][failure]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    const bool hangs = GENERATE(false, true);
    CAPTURE(how, hangs);
    TwoNodeWorld world{failback(how)};
    settle(world);
    (hangs ? world.agent(0, "asterisk").stop_hangs : world.agent(0, "asterisk").stop_fails) = true;
    world.command(0, AdminCommand::Kind::standby);
    world.run_for(100s);
    INFO(world.log_text());
    CHECK(world.runs(0));
    CHECK(world.owner() == 0);
    CHECK(world.service_runs(0, "asterisk"));
    CHECK_FALSE(world.service_runs(1, "asterisk"));
    CHECK(world.status(0).groups[0].role == GroupRole::active);
    CHECK(world.worst_double_anywhere() == 0s);
    // Nothing of it is left: the next one works.
    world.agent(0, "asterisk") = {};
    world.command(0, AdminCommand::Kind::standby);
    world.run_for(20s);
    CHECK(world.owner() == 1);
}

TEST_CASE("Stop failure: a returning preferred owner does not start what the other one cannot stop",
          "[core][failure]") {
    TwoNodeWorld world{failback("legacy")};
    settle(world);
    world.power_off(0);
    world.run_for(20s);
    REQUIRE(world.service_runs(1, "asterisk"));
    world.agent(1, "asterisk").stop_fails = true;
    world.start(0);
    world.run_for(60s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK(world.service_runs(1, "asterisk"));
    CHECK_FALSE(world.service_runs(0, "asterisk"));
}

TEST_CASE("Stop failure: a clean stop that cannot let go stays, and holds what runs",
          "[core][failure]") {
    TwoNodeWorld world{failback("off")};
    settle(world);
    world.agent(0, "asterisk").stop_hangs = true;
    world.command(0, AdminCommand::Kind::stop);
    world.run_for(100s);
    INFO(world.log_text());
    CHECK(world.runs(0));
    CHECK(world.owner() == 0);
    CHECK(world.service_runs(0, "asterisk"));
    CHECK(world.starts(1, "asterisk") == 0);
}

// ---------------------------------------------------------------- standby with legacy

TEST_CASE("Standby: two of ours do it with auto_failback legacy, there and back",
          "[core][standby]") {
    TwoNodeWorld world{failback("legacy")};
    settle(world);
    world.command(0, AdminCommand::Kind::standby);
    world.run_for(20s);
    CHECK(world.owner() == 1);
    CHECK(world.service_runs(1, "asterisk"));
    world.command(0, AdminCommand::Kind::takeover);
    world.run_for(20s);
    INFO(world.log_text());
    CHECK(world.owner() == 0);
    CHECK(world.worst_double_anywhere() == 0s);
    world.power_off(0);
    world.run_for(10s);
    CHECK(world.owner() == 1);
}

// ---------------------------------------------------------------- a daemon that is dead for good

TEST_CASE("Release: what a dead daemon left running goes to the peer, in order, once",
          "[core][release]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    const auto after = GENERATE(2ms, 5000ms);  // before and after the peer has noticed
    CAPTURE(how, after.count());
    TwoNodeWorld world{failback(how)};
    settle(world);
    world.kill(0);
    world.run_for(after);
    world.release(0);
    world.run_for(300ms);
    CHECK_FALSE(world.service_runs(0, "asterisk"));
    CHECK_FALSE(world.has_address(0));
    world.run_for(60s);
    INFO(world.log_text());
    CHECK_FALSE(world.runs(0));
    CHECK(world.owner() == 1);
    CHECK(world.service_runs(1, "asterisk"));
    CHECK(world.stops(0, "asterisk") == 1);
    CHECK(world.starts(1, "asterisk") == 1);
    if (after < 1s) {
        CHECK(world.worst_double_anywhere() == 0s);
    }
}

TEST_CASE("Release: without a peer the service goes on until one is there to take it",
          "[core][release]") {
    TwoNodeWorld world{failback("legacy")};
    settle(world);
    world.power_off(1);
    world.run_for(10s);
    world.kill(0);
    world.release(0);
    world.run_for(100s);
    CHECK(world.service_runs(0, "asterisk"));
    CHECK(world.owner() == 0);
    world.start(1);
    world.run_for(20s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK(world.service_runs(1, "asterisk"));
    CHECK_FALSE(world.runs(0));
}

TEST_CASE("Release: a standby whose daemon died takes nothing away", "[core][release]") {
    TwoNodeWorld world{failback("on")};
    settle(world);
    world.kill(1);
    world.release(1);
    world.run_for(30s);
    INFO(world.log_text());
    CHECK_FALSE(world.runs(1));
    CHECK(world.owner() == 0);
    CHECK(world.stops(0, "asterisk") == 0);
}

TEST_CASE("Restart: a daemon that is started again within deadtime leaves one owner and a service",
          "[core][release]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    const auto after = GENERATE(1s, 5s);
    const int owner = GENERATE(0, 1);
    CAPTURE(how, after.count(), owner);
    TwoNodeWorld world{failback(how)};
    settle(world);
    if (owner == 1) {
        world.command(0, AdminCommand::Kind::standby);
        world.run_for(20s);
        REQUIRE(world.owner() == 1);
    }
    world.kill(owner);
    world.run_for(after);
    const auto again = world.now();
    world.start(owner);
    while (world.owner() == 2 && world.now() < again + 10s) {
        world.run_for(1ms);
    }
    CHECK(world.now() - again <= 300ms);  // one beat of the peer, if it has taken over
    world.run_for(60s);
    INFO(world.log_text());
    CHECK((world.owner() == 0 || world.owner() == 1));
    CHECK(world.service_runs(world.owner(), "asterisk"));
    CHECK_FALSE(world.service_runs(1 - world.owner(), "asterisk"));
    if (after == 1s) {
        CHECK(world.worst_double_anywhere() == 0s);
    }
    if (after == 1s && owner == 0) {
        CHECK(world.stops(0, "asterisk") == 0);  // found running
    }
}

TEST_CASE("Restart: a lone daemon that is started again interrupts nothing", "[core][release]") {
    const auto how = GENERATE(as<std::string>{}, "legacy", "on", "off");
    TwoNodeWorld world{failback(how)};
    settle(world);
    world.power_off(0);
    world.run_for(20s);
    REQUIRE(world.service_runs(1, "asterisk"));
    world.kill(1);
    world.run_for(1s);
    world.start(1);
    world.run_for(60s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK(world.stops(1, "asterisk") == 0);
}

// ---------------------------------------------------------------- new keys

TEST_CASE("Reload: new keys are in force at once, also after a hand-over", "[core][reload]") {
    TwoNodeWorld world{failback("off")};
    settle(world);
    const std::string both = "auth 1\n1 sha1 hbx-secret\n2 sha1 another\n";
    const std::string next = "auth 2\n1 sha1 hbx-secret\n2 sha1 another\n";
    for (const int node : {0, 1}) {
        world.reload(node, both);
    }
    world.reload(0, next);
    REQUIRE(world.hand_over(0));
    REQUIRE(world.hand_over(1));
    world.run_for(10s);
    CHECK(world.status(1).peers[0].state == PeerState::up);
    CHECK(world.status(0).peers[0].state == PeerState::up);
    // A key that the other one does not know is a partition; knowing it is a heal.
    world.reload(0, "auth 3\n1 sha1 hbx-secret\n2 sha1 another\n3 sha1 third\n");
    world.run_for(5s);
    CHECK(world.status(1).peers[0].state == PeerState::dead);
    world.reload(1, "auth 3\n1 sha1 hbx-secret\n2 sha1 another\n3 sha1 third\n");
    world.run_for(30s);
    INFO(world.log_text());
    CHECK(world.status(1).peers[0].state == PeerState::up);
    CHECK((world.owner() == 0 || world.owner() == 1));
}
