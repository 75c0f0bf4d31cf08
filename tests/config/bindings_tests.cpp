// SPDX-License-Identifier: GPL-2.0-or-later
// Bindings: built-in words first, then understudy.json, then the script.
#include "cluster/config.hpp"
#include "support/catch.hpp"

using namespace cluster;

namespace {

HaResources resources(std::string_view text) {
    return parse_haresources(text, "haresources", {}).value;
}

}  // namespace

TEST_CASE("Bindings: built-in words, bound words, scripts", "[config][bindings]") {
    Settings settings;
    settings.bindings["fonulator"].kind = BindingKind::bridge_switch;
    settings.bindings["fixrouting"].kind = BindingKind::source_fixup;
    settings.bindings["asterisk"] = {BindingKind::systemd_unit, "asterisk.service", {}, {}, {}};
    const auto bindings =
        resolve_bindings(resources("a 10.0.0.1 IPaddr2::10.0.0.2/24/eth0:0 IPsrcaddr::10.0.0.1 "
                                   "fonulator asterisk\nb fixrouting Filesystem::/dev/x::/y\n"),
                         settings);
    REQUIRE(bindings.size() == 7);
    CHECK(bindings[0].kind == BindingKind::address);
    CHECK(bindings[0].detail == "IPaddr 10.0.0.1 on the interface of its subnet");
    CHECK(bindings[1].detail == "IPaddr2 10.0.0.2/24 on eth0, label 0");
    CHECK(bindings[2].kind == BindingKind::source_address);
    CHECK(bindings[3].kind == BindingKind::bridge_switch);
    CHECK(bindings[3].word == "fonulator");
    CHECK((bindings[3].resource == ResourceId{GroupId{0}, 3}));
    CHECK(bindings[4].detail == "systemd unit asterisk.service");
    CHECK(bindings[5].kind == BindingKind::source_fixup);
    CHECK((bindings[5].resource == ResourceId{GroupId{1}, 0}));
    CHECK(bindings[6].kind == BindingKind::script);
    CHECK(bindings[6].detail == "script Filesystem /dev/x /y");
}

TEST_CASE("Bindings: without settings every other word is its script", "[config][bindings]") {
    const auto bindings = resolve_bindings(resources("a 10.0.0.1 fonulator\n"), Settings{});
    REQUIRE(bindings.size() == 2);
    CHECK(bindings[1].kind == BindingKind::script);
}

TEST_CASE("Bindings: built-in words cannot be bound to something else", "[config][bindings]") {
    Settings settings;
    settings.bindings["IPaddr"].kind = BindingKind::systemd_unit;
    CHECK(resolve_bindings(resources("a 10.0.0.1\n"), settings).at(0).kind == BindingKind::address);
}
