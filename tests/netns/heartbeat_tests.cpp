// SPDX-License-Identifier: GPL-2.0-or-later
// Our daemon beside the real heartbeat 3.0.6 of Debian: the address and the service are on exactly
// one node after every step, and the real daemon never restarts because of us.
#include "support/catch.hpp"

#include <fstream>
#include <sstream>

#include <signal.h>

#include "lab.hpp"

using lab::Implementation;
using lab::Lab;
using lab::milliseconds;
using lab::wait_for;

namespace {

lab::Config mixed(const std::string& auto_failback) {
    lab::Config config;
    config.timing = "keepalive 200ms\ndeadtime 2\nwarntime 1\ninitdead 10\n";
    config.auto_failback = auto_failback;
    return config;
}

std::string heartbeat_log(lab::Node& node) {
    std::ifstream in{node.folder() + "/hb.log"};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

/// How often the real daemon began a life, by its own doing or ours.
int lives(lab::Node& node) {
    const std::string log = heartbeat_log(node);
    const std::string mark = "Configuration validated. Starting heartbeat";
    int count = 0;
    for (auto at = log.find(mark); at != std::string::npos; at = log.find(mark, at + 1)) {
        ++count;
    }
    return count;
}

/// Waits until it is so, and looks again a moment later: roles must not flap.
bool settles_on(Lab& net, int number, milliseconds limit) {
    if (!wait_for([&] { return net.only_owner(number); }, limit)) {
        return false;
    }
    lab::sleep(milliseconds{700});
    return net.only_owner(number);
}

/// On failure, all that both sides said.
void require_owner(Lab& net, int number, milliseconds limit) {
    if (!settles_on(net, number, limit)) {
        FAIL("node " << number << " is not the only owner\n"
                     << net.logs() << heartbeat_log(net.node(1)) << heartbeat_log(net.node(2)));
    }
}

/// The real daemon takes no request before its own scripts have ended and it has said so.
constexpr milliseconds until_stable{3000};

}  // namespace

#define SKIP_WITHOUT_HEARTBEAT                                                                     \
    if (lab::heartbeat_program().empty()) {                                                        \
        WARN("skipped: heartbeat is not installed");                                               \
        return;                                                                                    \
    }

TEST_CASE("Heartbeat: cold start, standby from both sides, death of either, return",
          "[netns][heartbeat]") {
    SKIP_WITHOUT_HEARTBEAT
    Lab net{mixed("on")};
    lab::Node& real = net.node(1);
    lab::Node& ours = net.node(2);
    real.start(Implementation::heartbeat);
    ours.start();
    require_owner(net, 1, milliseconds{25000});
    CHECK(ours.role() == "standby");

    lab::sleep(until_stable);
    real.heartbeat_command("/usr/share/heartbeat/hb_standby all");
    require_owner(net, 2, milliseconds{10000});
    lab::sleep(until_stable);
    CHECK(ours.ask("standby all").starts_with("ok\n"));
    require_owner(net, 1, milliseconds{10000});
    lab::sleep(until_stable);
    real.heartbeat_command("/usr/share/heartbeat/hb_standby local");
    require_owner(net, 2, milliseconds{10000});
    lab::sleep(until_stable);
    real.heartbeat_command("/usr/share/heartbeat/hb_takeover local");
    require_owner(net, 1, milliseconds{10000});

    // Ours dies and comes back: nothing moves.
    ours.kill();
    lab::sleep(milliseconds{3000});
    CHECK(net.only_owner(1));
    ours.start();
    REQUIRE(wait_for([&] { return ours.phase() == "active"; }, milliseconds{5000}));

    // The real daemon stops: ours takes over at once, without waiting for the dead time.
    lab::sleep(milliseconds{1500});
    real.heartbeat_command(lab::heartbeat_program() + " -k");
    require_owner(net, 2, milliseconds{6000});

    // It comes back, and its group with it.
    real.start(Implementation::heartbeat);
    require_owner(net, 1, milliseconds{25000});
    CHECK(lives(real) == 2);
}

TEST_CASE("Heartbeat: a split heals without a restart of the real daemon", "[netns][heartbeat]") {
    SKIP_WITHOUT_HEARTBEAT
    Lab net{mixed("off")};
    lab::Node& ours = net.node(1);
    lab::Node& real = net.node(2);
    ours.start();
    real.start(Implementation::heartbeat);
    require_owner(net, 1, milliseconds{25000});
    lab::sleep(milliseconds{1000});
    net.split();
    REQUIRE(wait_for([&] { return real.has_address() && real.serves(); }, milliseconds{8000}));
    lab::sleep(milliseconds{500});
    net.heal();
    CHECK(wait_for([&] { return net.only_owner(1) || net.only_owner(2); }, milliseconds{8000}));
    lab::sleep(milliseconds{3000});
    CHECK((net.only_owner(1) || net.only_owner(2)));
    CHECK(lives(real) == 1);
}

TEST_CASE("Heartbeat: legacy: the owner's death and return", "[netns][heartbeat]") {
    SKIP_WITHOUT_HEARTBEAT
    Lab net{mixed("legacy")};
    lab::Node& ours = net.node(1);
    lab::Node& real = net.node(2);
    ours.start();
    real.start(Implementation::heartbeat);
    require_owner(net, 1, milliseconds{25000});
    lab::sleep(milliseconds{5000});  // the start bonus of the dead time is over
    ours.signal(SIGTERM);
    REQUIRE(ours.wait_end(milliseconds{8000}));
    require_owner(net, 2, milliseconds{8000});
    ours.start();
    require_owner(net, 1, milliseconds{25000});
    CHECK(lives(real) == 1);
}
