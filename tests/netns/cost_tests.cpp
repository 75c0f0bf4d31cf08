// SPDX-License-Identifier: GPL-2.0-or-later
// What acting costs, seen from outside: from the daemon's own record of a death to the address
// (netlink) and to the first gratuitous ARP (packet timestamp), all on the boot clock.
#include "support/catch.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lab.hpp"
#include "wire_tap.hpp"

using lab::Lab;
using lab::milliseconds;
using lab::wait_for;

namespace {

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

}  // namespace

TEST_CASE("Cost: from a death to the address and to its announcement, 30 times", "[netns][cost]") {
    lab::Config config;
    config.timing = "keepalive 50ms\ndeadtime 250ms\nwarntime 150ms\ninitdead 3\n";
    Lab net{config};
    lab::Node& taker = net.node(2);
    net.node(1).start();
    taker.start();
    REQUIRE(wait_for([&] { return net.only_owner(1) && taker.phase() == "active"; },
                     milliseconds{8000}));
    lab::WireTap tap{taker.net()};
    std::vector<double> address_ms;
    std::vector<double> announce_ms;
    constexpr std::size_t runs = 30;
    for (int i = 0; i < 60 && address_ms.size() < runs; ++i) {
        // Everything runs on node 1 before each split, so that node 2 takes it.
        if (!net.only_owner(1)) {
            (void)net.node(1).ask("takeover all");
            if (!wait_for([&] { return net.only_owner(1); }, milliseconds{3000})) {
                continue;
            }
            lab::sleep(milliseconds{200});
        }
        tap.clear();
        const std::int64_t cut = lab::boot_ns();
        net.split();
        INFO(net.logs());
        REQUIRE(tap.wait(milliseconds{8000}));
        std::int64_t dead = 0;
        for (const auto& entry : taker.history()) {
            const std::string text = entry["text"];
            if (entry["boot_ns"] > cut && text.find("asterisk1 is dead") != std::string::npos) {
                dead = entry["boot_ns"];
            }
        }
        REQUIRE(dead > 0);
        // The announcement follows the address, and the kernel stamps it; a busy machine may tell
        // us of the address later than that.
        const std::int64_t up = std::min(*tap.address_up, *tap.announced);
        address_ms.push_back(static_cast<double>(up - dead) / 1e6);
        announce_ms.push_back(static_cast<double>(*tap.announced - dead) / 1e6);
        net.heal();
        REQUIRE(
            wait_for([&] { return net.only_owner(1) || net.only_owner(2); }, milliseconds{6000}));
        lab::sleep(milliseconds{100});
    }
    REQUIRE(address_ms.size() == runs);
    WARN("death to address: median " << median(address_ms) << " ms; to the first gratuitous ARP: "
                                     << median(announce_ms) << " ms; " << runs << " times");
    // A loaded machine delays the tap as much as the daemon; medians bear it.
    CHECK(median(address_ms) <= 1.0);
    CHECK(median(announce_ms) <= 1.0);
}
