// SPDX-License-Identifier: GPL-2.0-or-later
// Two nodes with our daemon on a LAN of network namespaces: who has the address and the service.
#include "support/catch.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <random>

#include <nlohmann/json.hpp>
#include <signal.h>

#include "lab.hpp"
#include "wire_tap.hpp"

using lab::Lab;
using lab::milliseconds;
using lab::wait_for;

namespace {

/// Both daemons run, and node 1 owns everything.
void cold_start(Lab& net) {
    net.node(1).start();
    net.node(2).start();
    INFO(net.logs());
    REQUIRE(wait_for([&] { return net.only_owner(1) && net.node(2).phase() == "active"; },
                     milliseconds{8000}));
}

}  // namespace

TEST_CASE("Cluster: the preferred node owns after a cold start; the other takes over when it is "
          "killed, and stops everything when told to",
          "[netns][cluster]") {
    Lab net;
    cold_start(net);
    net.node(1).kill();
    // Nobody cleans up a killed daemon's node here, so the address is on both: that is what
    // --release is for.
    INFO(net.logs());
    REQUIRE(wait_for([&] { return net.node(2).role() == "active"; }, milliseconds{6000}));
    CHECK(net.node(2).has_address());
    CHECK(net.node(2).serves());
    CHECK(net.node(1).has_address());

    net.node(1).start(lab::Implementation::understudyd, {"--release"});
    REQUIRE(net.node(1).wait_end(milliseconds{8000}));
    CHECK(net.node(1).exit_status() == 0);
    CHECK(net.only_owner(2));

    net.node(2).signal(SIGTERM);
    REQUIRE(net.node(2).wait_end(milliseconds{8000}));
    CHECK(net.node(2).exit_status() == 0);
    CHECK_FALSE(net.node(2).has_address());
    CHECK_FALSE(net.node(2).serves());
}

TEST_CASE("Cluster: standby and takeover by command, clean stop hands over", "[netns][cluster]") {
    Lab net;
    cold_start(net);
    INFO(net.logs());
    CHECK(net.node(1).ask("standby sideways").starts_with("error 2\n"));
    CHECK(net.node(1).ask("standby all").starts_with("ok\n"));
    REQUIRE(wait_for([&] { return net.only_owner(2); }, milliseconds{5000}));
    CHECK(
        wait_for([&] { return net.node(2).role() == "active" && net.node(1).role() == "standby"; },
                 milliseconds{2000}));
    lab::sleep(milliseconds{500});
    CHECK(net.node(1).ask("takeover all").starts_with("ok\n"));
    REQUIRE(wait_for([&] { return net.only_owner(1); }, milliseconds{5000}));
    net.node(1).signal(SIGTERM);
    REQUIRE(net.node(1).wait_end(milliseconds{8000}));
    CHECK(wait_for([&] { return net.only_owner(2); }, milliseconds{1000}));
}

TEST_CASE("Cluster: a split gives two owners, its end leaves one, nobody restarts",
          "[netns][cluster]") {
    Lab net;
    cold_start(net);
    net.split();
    INFO(net.logs());
    REQUIRE(wait_for([&] { return net.node(1).has_address() && net.node(2).has_address(); },
                     milliseconds{6000}));
    lab::sleep(milliseconds{500});
    net.heal();
    const auto healed = lab::Clock::now();
    REQUIRE(wait_for([&] { return net.only_owner(1) || net.only_owner(2); }, milliseconds{5000}));
    CHECK(lab::Clock::now() - healed < std::chrono::seconds{2});
    lab::sleep(milliseconds{1500});
    CHECK((net.only_owner(1) || net.only_owner(2)));
    CHECK(net.node(1).running());
    CHECK(net.node(2).running());
}

TEST_CASE("Cluster: a node that hears nobody while it is heard does not stay a second owner",
          "[netns][cluster]") {
    Lab net;
    cold_start(net);
    net.deafen(2, true);
    INFO(net.logs());
    REQUIRE(wait_for([&] { return net.node(2).has_address(); }, milliseconds{6000}));
    net.deafen(2, false);
    REQUIRE(wait_for([&] { return net.only_owner(1) || net.only_owner(2); }, milliseconds{5000}));
    lab::sleep(milliseconds{1000});
    CHECK((net.only_owner(1) || net.only_owner(2)));
}

TEST_CASE("Cluster: an address removed by hand is back within 10 ms and announced",
          "[netns][cluster]") {
    Lab net;
    cold_start(net);
    lab::sleep(milliseconds{1200});  // the announcements of the start are over
    lab::WireTap tap{net.node(1).net()};
    std::vector<double> back;
    for (int i = 0; i < 10; ++i) {
        tap.clear();
        net.node(1).net().sh("ip addr del 10.10.10.110/24 dev eth0");
        REQUIRE(tap.wait(milliseconds{1000}));
        back.push_back(static_cast<double>(*tap.address_up - *tap.address_down) / 1e6);
    }
    CAPTURE(back);
    std::ranges::sort(back);
    CHECK(back[back.size() / 2] < 10.0);
    WARN("removed by hand to back: median " << back[back.size() / 2] << " ms, longest "
                                            << back.back() << " ms, 10 times");
    CHECK(net.node(1).ask("metrics").find("understudy_restored_total 10") != std::string::npos);
}

TEST_CASE("Cluster: the source of a route that somebody else removes comes back",
          "[netns][cluster]") {
    lab::Config config;
    config.haresources = "asterisk1 10.10.10.110 fixrouting svc\n";
    config.settings = R"({"format": "understudy-settings/1",
        "bindings": {"fixrouting": {"kind": "source_fixup"}}})";
    Lab net{config};
    cold_start(net);
    INFO(net.logs());
    const auto sources = [&] { return net.node(1).net().output("ip -4 route show"); };
    const auto both = [&] {
        const std::string routes = sources();
        return routes.find("10.10.10.0/24 dev eth0 proto kernel scope link src 10.10.10.110") !=
                   std::string::npos &&
               routes.find("default via 10.10.10.1 dev eth0 src 10.10.10.110") != std::string::npos;
    };
    INFO(sources());
    REQUIRE(both());
    // The kernel takes the routes that prefer an address along with it.
    net.node(1).net().sh("ip addr del 10.10.10.110/24 dev eth0");
    CHECK(wait_for(both, milliseconds{500}));
    net.node(1).net().sh("ip route replace default via 10.10.10.1");
    CHECK(wait_for(both, milliseconds{500}));
    net.node(1).signal(SIGTERM);
    REQUIRE(net.node(1).wait_end(milliseconds{8000}));
    CHECK(sources().find("10.10.10.110") == std::string::npos);
    CHECK(sources().find("default via 10.10.10.1") != std::string::npos);
    CHECK(sources().find("10.10.10.0/24") != std::string::npos);
}

TEST_CASE("Cluster: reload with broken files changes nothing, with new keys puts them in force",
          "[netns][cluster]") {
    Lab net;
    cold_start(net);
    const std::string etc = net.node(1).folder() + "/ha.d/";
    std::ofstream{etc + "ha.cf", std::ios::app} << "deadtme 3\n";
    const std::string refused = net.node(1).ask("reload");
    CHECK(refused.starts_with("error 3\n"));
    CHECK(refused.find("deadtme") != std::string::npos);
    CHECK(net.node(1).role() == "active");

    // A key is changed without a gap: first both know it, then both use it.
    for (const char* const keys : {"auth 1\n1 sha1 hbx-secret\n2 sha1 other\n",
                                   "auth 2\n1 sha1 hbx-secret\n2 sha1 other\n"}) {
        for (int i = 1; i <= 2; ++i) {
            net.node(i).configure({});
            std::ofstream{net.node(i).folder() + "/ha.d/authkeys"} << keys;
            CHECK(net.node(i).ask("reload").starts_with("ok\n"));
        }
        lab::sleep(milliseconds{900});  // longer than the dead time
    }
    INFO(net.logs());
    CHECK(net.only_owner(1));
    CHECK(net.node(2).log().find("is dead") == std::string::npos);
    CHECK(net.node(2).log().find("bad digest") == std::string::npos);
}

TEST_CASE("Cluster: a daemon that replaces itself is not noticed", "[netns][cluster]") {
    Lab net;
    cold_start(net);
    const std::string calls = net.node(1).script_calls();
    lab::Probe probe{net.node(2).net(), "10.10.10.110"};
    probe.run(milliseconds{300});
    CHECK(net.node(1).ask("restart").starts_with("ok\n"));
    probe.run(milliseconds{1500});
    INFO(net.logs());
    CHECK(probe.sent() > 800);
    CHECK(probe.lost() == 0);
    CHECK(net.node(1).log().find("goes on after a hand-over") != std::string::npos);
    CHECK(net.node(1).role() == "active");
    CHECK(net.node(1).script_calls() == calls);
    CHECK(net.node(2).log().find("is dead") == std::string::npos);
    CHECK(net.node(2).log().find("started again") == std::string::npos);
    // The new life still holds what the old one did.
    net.node(1).net().sh("ip addr del 10.10.10.110/24 dev eth0");
    CHECK(wait_for([&] { return net.node(1).has_address(); }, milliseconds{500}));
}

TEST_CASE("Cluster: a second daemon for the same state is refused", "[netns][cluster]") {
    Lab net;
    net.node(1).start();
    REQUIRE(wait_for([&] { return !net.node(1).phase().empty(); }, milliseconds{3000}));
    lab::Node& node = net.node(1);
    const std::string line =
        "timeout 20 " PROGRAM_DIR "/understudyd --config=" + node.folder() +
        "/ha.d --node=asterisk1 --socket=" + node.folder() + "/run/other --state=" + node.folder() +
        "/state --resource-scripts=" + node.folder() + "/ha.d/resource.d 2>&1; echo status $?";
    const std::string said = node.net().output(line);
    CHECK(said.find("another understudyd uses") != std::string::npos);
    CHECK(said.find("status 1") != std::string::npos);
}

TEST_CASE("Cluster: killed at random moments, the cluster ends with one owner and nothing left "
          "behind",
          "[netns][kill]") {
    const char* const wanted = std::getenv("UNDERSTUDY_KILLS");
    const int kills = wanted == nullptr ? 20 : std::atoi(wanted);
    lab::Config config;
    config.timing = "keepalive 50ms\ndeadtime 250ms\nwarntime 150ms\ninitdead 1\n";
    Lab net{config};
    cold_start(net);
    std::mt19937 random{20261122};
    for (int i = 0; i < kills; ++i) {
        CAPTURE(i);
        lab::Node& victim = net.node(1 + static_cast<int>(random() % 2));
        lab::Node& other = net.node(victim.name() == "asterisk1" ? 2 : 1);
        // Something is under way when it dies: a start, a takeover, a hand-over, a stop, or
        // nothing.
        switch (random() % 4) {
        case 0:
            (void)victim.ask("standby all");
            break;
        case 1:
            (void)other.ask("standby all");
            break;
        case 2:
            victim.signal(SIGTERM);
            break;
        default:
            break;
        }
        lab::sleep(milliseconds{random() % 60});
        victim.kill();
        const bool back_at_once = random() % 2 == 0;
        if (!back_at_once) {
            // The service manager gives up: the short life that cleans up.
            victim.start(lab::Implementation::understudyd, {"--release"});
            if (!victim.wait_end(milliseconds{8000})) {
                FAIL("the release does not end\n" << net.logs());
            }
            const int owner = other.name() == "asterisk1" ? 1 : 2;
            INFO(net.logs());
            REQUIRE(wait_for([&] { return net.only_owner(owner); }, milliseconds{8000}));
        }
        victim.start();
        INFO(net.logs());
        REQUIRE(wait_for(
            [&] {
                return (net.only_owner(1) || net.only_owner(2)) &&
                       net.node(1).phase() == "active" && net.node(2).phase() == "active";
            },
            milliseconds{12000}));
    }
    for (int i = 1; i <= 2; ++i) {
        net.node(i).signal(SIGTERM);
        CHECK(net.node(i).wait_end(milliseconds{8000}));
        CHECK_FALSE(net.node(i).has_address());
        CHECK_FALSE(net.node(i).serves());
    }
}
