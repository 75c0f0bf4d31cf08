// SPDX-License-Identifier: GPL-2.0-or-later
// Two cores that speak native, with scripts that take their time: what docs/native-protocol.md §2
// and §8 promise, in milliseconds.
#include <algorithm>

#include "cluster/wire/heartbeat.hpp"
#include "support/catch.hpp"
#include "support/two_node_world.hpp"

using namespace std::chrono_literals;
using namespace cluster;
using test_support::TwoNodeWorld;
using test_support::WorldOptions;

namespace {

WorldOptions native(const std::string& auto_failback = "on",
                    TieBreak tie_break = TieBreak::automatic) {
    WorldOptions options;
    options.auto_failback = auto_failback;
    options.settings.native.dialect = Dialect::native;
    options.settings.native.tie_break = tie_break;
    return options;
}

/// Both run, the first node owns the group.
void settle(TwoNodeWorld& world) {
    world.start(0);
    world.start(1);
    world.run_for(30s);
    REQUIRE(world.owner() == 0);
    REQUIRE(world.service_runs(0, "asterisk"));
}

/// Longest time without any owner while `what` runs, in steps of 1 ms.
template <class Until>
Duration time_until(TwoNodeWorld& world, Duration limit, Until&& until) {
    const Instant begin = world.now();
    while (!until() && world.now() - begin < limit) {
        world.run_for(1ms);
    }
    return world.now() - begin;
}

bool noticed(const TwoNodeWorld& world, int node, ClusterNotice::Kind kind) {
    return std::any_of(world.reports().begin(), world.reports().end(), [&](const auto& said) {
        const auto* notice = std::get_if<ClusterNotice>(&said.report);
        return said.node == node && notice != nullptr && notice->kind == kind && notice->begins;
    });
}

}  // namespace

TEST_CASE("Native: both start, one owns, nobody waits for initdead", "[core][native]") {
    TwoNodeWorld world{native()};
    world.start(0);
    world.start(1);
    const Duration took = time_until(world, 30s, [&] { return world.owner() == 0; });
    INFO(world.log_text());
    CHECK(took < 500ms);
    world.run_for(20s);
    CHECK(world.starts(0, "asterisk") == 1);
    CHECK(world.starts(1, "asterisk") == 0);
    CHECK(world.stops(0, "asterisk") == 0);
    CHECK(world.status(0).stable);
    CHECK(world.status(1).stable);
    CHECK(world.status(0).native.members == std::vector<std::string>{"asterisk1", "asterisk2"});
    CHECK(world.status(1).native.owners == std::vector<std::string>{"asterisk1"});
    CHECK(world.worst_double_anywhere() == 0s);
}

TEST_CASE("Native: a node that starts alone waits for initdead, then runs and says it is alone",
          "[core][native]") {
    TwoNodeWorld world{native()};
    world.start(1);
    const Duration took = time_until(world, 30s, [&] { return world.owner() == 1; });
    INFO(world.log_text());
    CHECK(took >= 10s);
    CHECK(took < 10500ms);
    CHECK(noticed(world, 1, ClusterNotice::Kind::split_unsafe));
}

TEST_CASE("Native: the survivor takes within deadtime and one beat", "[core][native]") {
    TwoNodeWorld world{native()};
    settle(world);
    world.power_off(0);
    const Duration took = time_until(world, 5s, [&] { return world.owner() == 1; });
    INFO(world.log_text());
    CHECK(took >= 1800ms);
    CHECK(took <= 2010ms);
    world.run_for(10s);
    CHECK(world.service_runs(1, "asterisk"));
}

TEST_CASE("Native: a healed split costs no address and no restart on the node that keeps",
          "[core][native]") {
    for (const char* const failback : {"on", "off"}) {
        TwoNodeWorld world{native(failback)};
        settle(world);
        world.split(true);
        world.run_for(12s);
        CHECK(world.owner() == 2);  // both, and both say so
        CHECK(noticed(world, 0, ClusterNotice::Kind::split_unsafe));
        const unsigned starts0 = world.starts(0, "asterisk");
        const unsigned starts1 = world.starts(1, "asterisk");
        world.split(false);
        Duration nobody{};
        Duration settled{};
        for (int ms = 0; ms < 15000; ++ms) {
            world.run_for(1ms);
            nobody += world.owner() == -1 ? 1ms : 0ms;
            settled = world.owner() == 2 ? Duration{1ms * (ms + 1)} : settled;
        }
        CAPTURE(failback);
        INFO(world.log_text());
        CHECK(nobody <= 10ms);
        CHECK(settled <= 1s);
        CHECK((world.owner() == 0 || world.owner() == 1));
        const int keeper = world.owner();
        CHECK(keeper == (std::string{failback} == "on" ? 0 : 1));
        CHECK(world.starts(0, "asterisk") == starts0);
        CHECK(world.starts(1, "asterisk") == starts1);
        CHECK(world.stops(keeper, "asterisk") == 0);
        CHECK_FALSE(world.service_runs(1 - keeper, "asterisk"));
        // The keeper announces after the other let go.
        const auto& log = world.log();
        const auto last_announcement = std::find_if(log.rbegin(), log.rend(), [](const auto& l) {
            return l.find("announces") != std::string::npos;
        });
        REQUIRE(last_announcement != log.rend());
        CHECK(last_announcement->find(keeper == 0 ? "asterisk1" : "asterisk2") !=
              std::string::npos);
        CHECK(world.worst_double_ownership() <= 300ms);
    }
}

TEST_CASE("Native: with a tie-breaker a split never has two owners", "[core][native]") {
    TwoNodeWorld world{native("off", TieBreak::first_node)};
    settle(world);
    world.split(true);
    world.run_for(20s);
    CHECK(world.owner() == 0);
    world.split(false);
    world.run_for(5s);
    world.command(0, AdminCommand::Kind::standby, ResourceScope::local);
    world.run_for(20s);
    REQUIRE(world.owner() == 1);
    world.split(true);
    world.run_for(20s);
    INFO(world.log_text());
    CHECK(world.owner() == 0);  // the second never runs alone
    CHECK(noticed(world, 1, ClusterNotice::Kind::no_quorum));
    CHECK(world.worst_double_anywhere() == 0s);
}

TEST_CASE("Native: a ping target breaks the tie", "[core][native]") {
    WorldOptions options = native();
    options.ha_cf += "ping 10.10.10.1\n";
    TwoNodeWorld world{options};
    settle(world);
    world.ping_reachable(0, false);
    world.split(true);
    world.run_for(10s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK(world.worst_double_anywhere() == 0s);
    world.ping_reachable(0, true);
    world.split(false);
    world.run_for(20s);
    CHECK(world.owner() == 0);  // handed back after preempt_delay
    CHECK(world.worst_double_anywhere() == 0s);
}

TEST_CASE("Native: an owner that was frozen lets go in its first step", "[core][native]") {
    TwoNodeWorld world{native("off")};
    settle(world);
    world.freeze(0);
    world.run_for(8s);
    world.thaw(0);
    world.run_for(10s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK(world.worst_double_ownership() <= 50ms);
    CHECK_FALSE(world.service_runs(0, "asterisk"));
}

TEST_CASE("Native: a short freeze restarts nothing, and the addresses are back at once",
          "[core][native]") {
    TwoNodeWorld world{native()};
    settle(world);
    world.freeze(0);
    world.run_for(1500ms);
    world.thaw(0);
    const Duration away = time_until(world, 1s, [&] { return world.owner() == 0; });
    INFO(world.log_text());
    CHECK(away <= 10ms);
    world.run_for(10s);
    CHECK(world.starts(0, "asterisk") == 1);
    CHECK(world.stops(0, "asterisk") == 0);
    CHECK(world.owner() == 0);
}

TEST_CASE("Native: one-way loss ends with one owner", "[core][native]") {
    for (const int deaf : {0, 1}) {
        for (const char* const failback : {"on", "off"}) {
            TwoNodeWorld world{native(failback)};
            settle(world);
            world.cut(1 - deaf, -1, true);
            world.run_for(15s);
            CAPTURE(deaf, failback);
            INFO(world.log_text());
            CHECK(world.owner() == deaf);
            CHECK(world.worst_double_ownership() == 0s);
            world.cut(1 - deaf, -1, false);
            world.run_for(20s);
            CHECK(world.owner() == (std::string{failback} == "on" ? 0 : deaf));
        }
    }
}

TEST_CASE("Native: a daemon that is started again within deadtime gives its group away",
          "[core][native]") {
    TwoNodeWorld world{native("off")};
    settle(world);
    world.kill(0);
    world.run_for(300ms);
    world.start(0);
    world.run_for(20s);
    INFO(world.log_text());
    CHECK((world.owner() == 0 || world.owner() == 1));
    const int owner = world.owner();
    CHECK(world.service_runs(owner, "asterisk"));
    CHECK_FALSE(world.service_runs(1 - owner, "asterisk"));
    CHECK(world.worst_double_anywhere() == 0s);
}

TEST_CASE("Native: a start that fails moves the group; one that fails everywhere is tried again",
          "[core][native]") {
    TwoNodeWorld world{native()};
    world.agent(0, "asterisk").start_fails = true;
    world.start(0);
    world.start(1);
    world.run_for(20s);
    CHECK(world.owner() == 1);
    CHECK(world.service_runs(1, "asterisk"));
    world.power_off(1);
    world.run_for(5s);
    world.agent(0, "asterisk").start_fails = false;
    world.run_for(30s);
    INFO(world.log_text());
    CHECK(world.owner() == 0);
    CHECK(world.service_runs(0, "asterisk"));
    CHECK(world.worst_double_anywhere() == 0s);
}

TEST_CASE("Native: a clean stop hands over without waiting for a death", "[core][native]") {
    TwoNodeWorld world{native()};
    settle(world);
    world.command(0, AdminCommand::Kind::stop);
    const Duration took = time_until(world, 5s, [&] { return world.owner() == 1; });
    INFO(world.log_text());
    CHECK(took <= 200ms);
    CHECK_FALSE(world.runs(0));
    CHECK(world.starts(0, "asterisk") == 1);
    CHECK_FALSE(world.service_runs(0, "asterisk"));
    CHECK(world.worst_double_anywhere() == 0s);
    world.run_for(10s);
    world.command(1, AdminCommand::Kind::stop);
    world.run_for(10s);
    CHECK(world.owner() == -1);
    CHECK_FALSE(world.runs(1));
}

TEST_CASE("Native: standby and takeover move groups; the last fit node refuses standby",
          "[core][native]") {
    TwoNodeWorld world{native("off")};
    settle(world);
    world.command(0, AdminCommand::Kind::standby);
    world.run_for(15s);
    CHECK(world.owner() == 1);
    world.command(1, AdminCommand::Kind::standby);
    world.run_for(15s);
    CHECK(world.owner() == 1);
    world.command(0, AdminCommand::Kind::takeover);
    world.run_for(15s);
    CHECK(world.owner() == 0);
    world.command(0, AdminCommand::Kind::standby, ResourceScope::local);
    world.run_for(15s);
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK(world.service_runs(1, "asterisk"));
    CHECK(world.worst_double_anywhere() == 0s);
}

TEST_CASE("Native: hand-over by snapshot at any moment changes nothing", "[core][native]") {
    const auto course = [](bool hands_over) {
        TwoNodeWorld world{native()};
        world.start(0);
        world.start(1);
        for (int i = 0; i < 400; ++i) {
            if (i == 150) {
                world.split(true);
            } else if (i == 260) {
                world.split(false);
            }
            world.run_for(53ms);
            if (hands_over) {
                CHECK(world.hand_over(i % 2));
            }
        }
        return world.log_text();
    };
    CHECK(course(true) == course(false));
}

TEST_CASE("Native: a peer without the dialect is no member, and that is said", "[core][native]") {
    WorldOptions options = native();
    TwoNodeWorld world{options};
    world.start(0);
    wire::OutgoingMessage message;
    message.add("t", "status");
    message.add("st", "active");
    message.add("dt", "7d0");
    message.add("protocol", "1");
    message.add("src", "asterisk2");
    message.add("seq", "1");
    message.add("hg", "5");
    message.add("ts", "6b000000");
    const wire::Authenticator keys{world.options(0).files.keys};
    std::vector<std::byte> bytes;
    wire::encode_netstring(message, keys, MessageFormat::classic, bytes);
    world.inject(0, 0, bytes);
    CHECK(noticed(world, 0, ClusterNotice::Kind::mixed_cluster));
    CHECK(world.status(0).peers.at(0).state != PeerState::up);
}

TEST_CASE("Native: a beat with a broken field is reported and changes nothing", "[core][native]") {
    TwoNodeWorld world{native()};
    settle(world);
    const auto before = world.status(0).native.plan;
    wire::OutgoingMessage message;
    message.add("t", "status");
    message.add("nv", "1");
    message.add("nd", "x");
    message.add("src", "asterisk2");
    message.add("seq", "ffffff");
    message.add("hg", "ffffffffff");
    message.add("ts", "6b000000");
    const wire::Authenticator keys{world.options(0).files.keys};
    std::vector<std::byte> bytes;
    wire::encode_netstring(message, keys, MessageFormat::classic, bytes);
    world.inject(0, 0, bytes);
    CHECK(world.status(0).counters.bad[static_cast<std::size_t>(BadPacketKind::malformed)] == 1);
    world.run_for(5s);
    CHECK(world.status(0).native.plan == before);
    CHECK(world.owner() == 0);
}
