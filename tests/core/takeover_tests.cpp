// SPDX-License-Identifier: GPL-2.0-or-later
// The main road: cold start, death of the owner, return. Two cores, no network model.
#include "support/catch.hpp"
#include "support/two_node_world.hpp"

using namespace std::chrono_literals;
using test_support::TwoNodeWorld;

TEST_CASE("Cluster: after a cold start of both nodes the preferred node owns the group, once",
          "[core][cluster]") {
    TwoNodeWorld world;
    world.start(0);
    world.start(1);
    world.run_for(30s);
    INFO(world.log_text());
    CHECK(world.owner() == 0);
    CHECK(world.service_runs(0, "asterisk"));
    CHECK(world.starts(0, "asterisk") == 1);
    CHECK(world.starts(1, "asterisk") == 0);
    CHECK(world.worst_double_ownership() == 0s);
    CHECK(world.status(0).stable);
    CHECK(world.status(1).stable);
}

TEST_CASE(
    "Cluster: the survivor takes the group of a node that lost power within deadtime and one beat",
    "[core][cluster]") {
    TwoNodeWorld world;
    world.start(0);
    world.start(1);
    world.run_for(30s);
    const auto killed = world.now();
    world.power_off(0);
    while (world.owner() != 1 && world.now() < killed + 5s) {
        world.run_for(1ms);
    }
    INFO(world.log_text());
    CHECK(world.owner() == 1);
    CHECK(world.now() - killed >= 1800ms);
    CHECK(world.now() - killed <= 2050ms);
    world.run_for(10s);
    CHECK(world.service_runs(1, "asterisk"));
}
