// SPDX-License-Identifier: GPL-2.0-or-later
// Source fix-up: which routes change, and that undoing gives back exactly what was there.
#include <algorithm>

#include "../../cluster-core/src/routing/ip_prefix.hpp"
#include "cluster/route_fixup.hpp"
#include "prng.hpp"
#include "support/catch.hpp"

using namespace cluster;
using testing::Prng;

namespace {

AddressSpec vip(const std::string& address, const std::string& interface = "") {
    AddressSpec spec;
    spec.address = address;
    spec.interface = interface;
    return spec;
}

std::vector<std::string> sources(const RouteFixupPlan& plan) {
    std::vector<std::string> all;
    for (const auto& change : plan.changes) {
        all.push_back(change.route.destination + " " + change.route.source);
    }
    return all;
}

void replace_in(std::vector<Route>& table, const std::vector<Route>& replacements) {
    for (const Route& route : replacements) {
        const auto old = std::find_if(
            table.begin(), table.end(), [&](const Route& r) { return same_route(r, route); });
        REQUIRE(old != table.end());
        *old = route;
    }
}

std::vector<Route> replacements(const RouteFixupPlan& plan) {
    std::vector<Route> all;
    for (const auto& change : plan.changes) {
        all.push_back(change.route);
    }
    return all;
}

const std::vector<Route> dynamic_t1{
    {"default", "77.77.77.1", "eth1", "", "static", "global", 0},
    {"10.10.10.0/24", "", "eth0", "10.10.10.100", "kernel", "link", 0},
    {"77.77.77.0/24", "", "eth1", "77.77.77.100", "kernel", "link", 0},
    {"192.168.1.0/24", "", "eth2", "192.168.1.10", "kernel", "link", 0},
    {"172.16.0.0/12", "10.10.10.1", "eth0", "", "static", "global", 0},
};

}  // namespace

TEST_CASE("RouteFixup: connected networks of the addresses and all that lies behind their gateways",
          "[core][routing]") {
    const std::vector<AddressSpec> both{vip("10.10.10.110"), vip("77.77.77.110")};
    CHECK(sources(plan_route_fixup(dynamic_t1, both)) ==
          std::vector<std::string>{"default 77.77.77.110",
                                   "10.10.10.0/24 10.10.10.110",
                                   "77.77.77.0/24 77.77.77.110",
                                   "172.16.0.0/12 10.10.10.110"});
    const std::vector<AddressSpec> lan{vip("10.10.10.110")};
    CHECK(sources(plan_route_fixup(dynamic_t1, lan)) ==
          std::vector<std::string>{"10.10.10.0/24 10.10.10.110", "172.16.0.0/12 10.10.10.110"});
}

TEST_CASE("RouteFixup: listed networks only, default when it is listed", "[core][routing]") {
    const std::vector<AddressSpec> both{vip("10.10.10.110"), vip("77.77.77.110")};
    const std::vector<std::string> published{"10.10.10.0/24", "77.77.77.0/24"};
    CHECK(sources(plan_route_fixup(dynamic_t1, both, published)) ==
          std::vector<std::string>{"10.10.10.0/24 10.10.10.110", "77.77.77.0/24 77.77.77.110"});
    const std::vector<std::string> with_default{"default"};
    CHECK(sources(plan_route_fixup(dynamic_t1, both, with_default)) ==
          std::vector<std::string>{"default 77.77.77.110"});
}

TEST_CASE("RouteFixup: metric, protocol and scope stay; a route is known by destination, gateway, "
          "interface and metric",
          "[core][routing]") {
    const std::vector<Route> routes{
        {"10.10.10.0/24", "", "eth0", "10.10.10.100", "kernel", "link", 100},
        {"10.10.10.0/24", "", "wlan0", "10.10.10.101", "kernel", "link", 600}};
    const std::vector<AddressSpec> any{vip("10.10.10.110")};
    const auto plan = plan_route_fixup(routes, any);
    REQUIRE(plan.changes.size() == 2);  // both interfaces lead to the same network
    CHECK(plan.changes[0].route.metric == 100);
    CHECK(plan.changes[0].route.protocol == "kernel");
    CHECK(plan.changes[0].route.scope == "link");
    CHECK(plan.changes[0].before == "10.10.10.100");
    const std::vector<AddressSpec> bound{vip("10.10.10.110", "eth0")};
    CHECK(plan_route_fixup(routes, bound).changes.size() == 1);
}

TEST_CASE(
    "RouteFixup: of two addresses in one network the first counts, of two networks the narrower",
    "[core][routing]") {
    const std::vector<AddressSpec> two{vip("10.10.10.110"), vip("10.10.10.111")};
    CHECK(plan_route_fixup(dynamic_t1, two).changes[0].route.source == "10.10.10.110");
    const std::vector<Route> nested{
        {"10.0.0.0/8", "", "eth0", "10.0.0.1", "kernel", "link", 0},
        {"10.10.10.0/24", "", "eth0", "10.10.10.100", "kernel", "link", 0},
        {"default", "10.10.10.1", "eth0", "", "", "", 0}};
    const std::vector<AddressSpec> wide_and_narrow{vip("10.1.1.1"), vip("10.10.10.110")};
    CHECK(plan_route_fixup(nested, wide_and_narrow).changes[2].route.source == "10.10.10.110");
}

TEST_CASE("RouteFixup: what already prefers the address is noted for the undoing, not replaced",
          "[core][routing]") {
    auto routes = dynamic_t1;
    routes[1].source = "10.10.10.110";
    const std::vector<AddressSpec> lan{vip("10.10.10.110")};
    const auto plan = plan_route_fixup(routes, lan);
    CHECK(sources(plan) == std::vector<std::string>{"172.16.0.0/12 10.10.10.110"});
    REQUIRE(plan.already.size() == 1);
    const auto undo = plan_route_undo(routes, plan.already);
    REQUIRE(undo.size() == 1);
    CHECK(undo[0].source.empty());
    CHECK(undo[0].destination == "10.10.10.0/24");
}

TEST_CASE("RouteFixup: a route that vanished or was changed by somebody else is left alone",
          "[core][routing]") {
    const std::vector<AddressSpec> both{vip("10.10.10.110"), vip("77.77.77.110")};
    const auto plan = plan_route_fixup(dynamic_t1, both);
    auto table = dynamic_t1;
    replace_in(table, replacements(plan));
    table[2].source = "77.77.77.5";
    table.erase(table.begin() + 1);
    const auto undo = plan_route_undo(table, plan.changes);
    REQUIRE(undo.size() == 2);
    CHECK(undo[0].destination == "172.16.0.0/12");  // last change first
    CHECK(undo[1].destination == "default");
}

TEST_CASE("RouteFixup: IPv6 networks are understood", "[core][routing]") {
    const std::vector<Route> routes{{"2001:db8:1::/64", "", "eth0", "", "kernel", "", 256},
                                    {"default", "2001:db8:1::1", "eth0", "", "ra", "", 1024},
                                    {"default", "10.10.10.1", "eth0", "", "static", "", 0}};
    const std::vector<AddressSpec> six{vip("2001:db8:1::110")};
    CHECK(sources(plan_route_fixup(routes, six)) ==
          std::vector<std::string>{"2001:db8:1::/64 2001:db8:1::110", "default 2001:db8:1::110"});
}

TEST_CASE("RouteFixup: applying and undoing leaves any table as it was", "[core][routing]") {
    const auto seed = GENERATE(range(0, 500));
    CAPTURE(seed);
    Prng random(static_cast<std::uint64_t>(seed));
    const auto byte = [&](std::uint64_t n) { return std::to_string(random.below(n)); };
    std::vector<Route> table;
    for (auto left = random.below(12); left > 0; --left) {
        Route route;
        const auto length = random.below(4) * 8;
        route.destination = random.one_in(4) ? "default"
                            : random.one_in(9)
                                ? "garbage/99"
                                : "10." + byte(2) + "." + byte(2) + ".0/" + std::to_string(length);
        route.gateway = random.one_in(2) ? "10." + byte(2) + "." + byte(2) + ".1" : "";
        route.interface = "eth" + byte(2);
        route.source = random.one_in(2) ? "10." + byte(2) + "." + byte(2) + ".100" : "";
        route.protocol = random.one_in(2) ? "kernel" : "dhcp";
        route.scope = random.one_in(2) ? "link" : "global";
        route.metric = static_cast<std::uint32_t>(random.below(3) * 100);
        if (std::none_of(
                table.begin(), table.end(), [&](const Route& r) { return same_route(r, route); })) {
            table.push_back(route);
        }
    }
    std::vector<AddressSpec> addresses;
    for (auto left = random.below(4); left > 0; --left) {
        addresses.push_back(
            vip("10." + byte(2) + "." + byte(2) + ".110", random.one_in(3) ? "eth" + byte(2) : ""));
    }
    const auto before = table;
    const auto plan = plan_route_fixup(table, addresses);
    replace_in(table, replacements(plan));
    CHECK(plan_route_fixup(table, addresses).changes.empty());  // once is enough
    for (std::size_t i = 0; i < table.size(); ++i) {
        auto same = table[i];
        same.source = before[i].source;
        CHECK(same == before[i]);  // nothing but the source has changed
    }
    replace_in(table, plan_route_undo(table, plan.changes));
    CHECK(table == before);
}

TEST_CASE("IpPrefix: addresses and prefixes are read strictly", "[core][routing]") {
    for (const char* good : {"0.0.0.0",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "1::",
                             "2001:db8::1:0",
                             "1:2:3:4:5:6:7:8",
                             "::ffff:10.10.10.110",
                             "1:2:3:4:5:6:77.88.99.11"}) {
        CAPTURE(good);
        CHECK(parse_ip_address(good).has_value());
    }
    for (const char* bad : {"",
                            ".",
                            "1.2.3",
                            "1.2.3.4.5",
                            "256.0.0.1",
                            "1.2.3.4 ",
                            "-1.2.3.4",
                            "0x1.2.3.4",
                            "1..2.3",
                            ":",
                            ":::",
                            "1::2::3",
                            "1:2:3:4:5:6:7",
                            "1:2:3:4:5:6:7:8:9",
                            "12345::",
                            "::g",
                            "1:2:3:4:5:6:7:8::",
                            "1:",
                            ":1",
                            "::1.2.3",
                            "::1.2.3.4:5"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_ip_address(bad).has_value());
    }
    CHECK_FALSE(parse_ip_prefix("default").has_value());
    CHECK_FALSE(parse_ip_prefix("10.0.0.0/33").has_value());
    CHECK_FALSE(parse_ip_prefix("10.0.0.0/").has_value());
    CHECK_FALSE(parse_ip_prefix("10.0.0.0/+8").has_value());
    CHECK(parse_ip_prefix("10.10.10.5/20")->contains(*parse_ip_address("10.10.15.255")));
    CHECK_FALSE(parse_ip_prefix("10.10.10.5/20")->contains(*parse_ip_address("10.10.16.0")));
    CHECK(parse_ip_prefix("0.0.0.0/0")->contains(*parse_ip_address("1.2.3.4")));
    CHECK_FALSE(parse_ip_prefix("::/0")->contains(*parse_ip_address("1.2.3.4")));
}
