// SPDX-License-Identifier: GPL-2.0-or-later
// haresources and the address shorthand: forms, positions, what heartbeat refuses and what it only
// regrets later.
#include "cluster/config.hpp"
#include "config/finding_list.hpp"
#include "support/catch.hpp"

using namespace cluster;

namespace {

const Strings nodes{"asterisk1", "asterisk2"};

Parsed<HaResources> parse(std::string_view text) {
    return parse_haresources(text, "haresources", nodes);
}

}  // namespace

TEST_CASE("haresources: the published line is an address and two scripts",
          "[config][haresources]") {
    const auto parsed = parse("asterisk1 10.10.10.110 fonulator asterisk\n");
    CHECK(summary(parsed.findings) == Strings{});
    REQUIRE(parsed.value.groups.size() == 1);
    const auto& group = parsed.value.groups[0];
    CHECK(group.node == "asterisk1");
    REQUIRE(group.resources.size() == 3);
    CHECK(group.resources[0].text == "10.10.10.110");
    CHECK(group.resources[0].script == "IPaddr");
    CHECK(group.resources[0].arguments == Strings{"10.10.10.110"});
    CHECK(group.resources[1].script == "fonulator");
    CHECK(group.resources[1].arguments == Strings{});
    CHECK(group.resources[2].where == SourcePosition{"haresources", 1, 34});
}

TEST_CASE("haresources: arguments are cut at double colons, empty ones vanish",
          "[config][haresources]") {
    const auto groups =
        parse("asterisk1 Filesystem::/dev/sda1::/data::ext3 a::::b x::\n").value.groups;
    REQUIRE(groups.size() == 1);
    CHECK(groups[0].resources[0].script == "Filesystem");
    CHECK(groups[0].resources[0].arguments == Strings{"/dev/sda1", "/data", "ext3"});
    CHECK(groups[0].resources[1].arguments == Strings{"b"});
    CHECK(groups[0].resources[2].arguments == Strings{});
}

TEST_CASE("haresources: several groups per node, node names in any case, tabs and comments",
          "[config][haresources]") {
    const auto parsed = parse(
        "# groups\n\n\tASTERISK1\t10.0.0.1  a # first\nasterisk1 10.0.0.2\n  asterisk2 10.0.0.3 b");
    CHECK(summary(parsed.findings) == Strings{});
    REQUIRE(parsed.value.groups.size() == 3);
    CHECK(parsed.value.groups[0].node == "asterisk1");
    CHECK(parsed.value.groups[0].resources.size() == 2);
    CHECK(parsed.value.groups[1].where == SourcePosition{"haresources", 4, 1});
    CHECK(parsed.value.groups[2].resources[1].text == "b");
}

TEST_CASE("haresources: a backslash at the very end joins lines, positions stay those of the file",
          "[config][haresources]") {
    const auto parsed =
        parse("asterisk1 10.0.0.1 \\\n    fonulator \\\n  asterisk\nasterisk2 10.0.0.2\\\n");
    CHECK(summary(parsed.findings) == Strings{});
    REQUIRE(parsed.value.groups.size() == 2);
    REQUIRE(parsed.value.groups[0].resources.size() == 3);
    CHECK(parsed.value.groups[0].resources[1].where == SourcePosition{"haresources", 2, 5});
    CHECK(parsed.value.groups[0].resources[2].where == SourcePosition{"haresources", 3, 3});
    CHECK(parsed.value.groups[1].resources.size() == 1);
}

TEST_CASE("haresources: a blank after the backslash does not join", "[config][haresources]") {
    CHECK(summary(parse("asterisk1 a \\ \n  foo b\n").findings) ==
          Strings{"error 1:13 stray-backslash", "error 2:3 unknown-node"});
}

TEST_CASE("haresources: an unknown owner is refused, with the nearest name",
          "[config][haresources]") {
    const auto parsed = parse("asterisk1 a\nasterix2 b\n");
    REQUIRE(summary(parsed.findings) == Strings{"error 2:1 unknown-node"});
    CHECK(to_string(parsed.findings[0]) ==
          "haresources:2:1: error: found unknown node \"asterix2\", expected a node of ha.cf: "
          "\"asterisk2\" [unknown-node]");
    CHECK(summary(parse("asterisk1#x a\n").findings, Severity::error) ==
          Strings{"error 1:1 unknown-node"});
    CHECK(parse_haresources("anybody a\n", "f", {}).ok());
}

TEST_CASE("haresources: addresses are checked before the takeover needs them",
          "[config][haresources]") {
    CHECK(summary(parse("asterisk1 10.10.10.1100 a\n").findings) ==
          Strings{"error 1:11 bad-address"});
    CHECK(summary(parse("asterisk1 IPaddr2::10.0.0.1/33/eth0\n").findings) ==
          Strings{"error 1:11 bad-address"});
    CHECK(summary(parse("asterisk1 IPaddr2\n").findings) == Strings{"error 1:11 bad-address"});
    CHECK(summary(parse("asterisk1 IPaddr2::10.0.0.1/24/eth0:0/10.0.0.255 IPsrcaddr::10.0.0.1\n")
                      .findings) == Strings{});
    CHECK(summary(parse("asterisk1 IPaddr2::fe80::1\n").findings, Severity::error) ==
          Strings{"error 1:11 bad-address"});
    // A script whose name only begins like an address.
    CHECK(parse("asterisk1 10.0.start\n").value.groups.at(0).resources.at(0).script ==
          "10.0.start");
}

TEST_CASE("haresources: group keys that heartbeat would mix up draw warnings",
          "[config][haresources]") {
    CHECK(summary(parse("asterisk1 a b\nasterisk2 a c\n").findings) ==
          Strings{"warning 2:11 repeated-key"});
    CHECK(summary(parse("asterisk1 c++ b\n").findings) == Strings{"warning 1:11 key-is-a-pattern"});
    CHECK(summary(parse("asterisk1 10.0.0.1 c++\n").findings) == Strings{});
}

TEST_CASE("haresources: nothing to take over is a warning", "[config][haresources]") {
    CHECK(summary(parse("").findings) == Strings{"warning 0:0 no-groups"});
    CHECK(summary(parse("asterisk1\n").findings) ==
          Strings{"warning 1:1 empty-group", "warning 0:0 no-groups"});
    CHECK(summary(parse("asterisk1 ::a\nasterisk1 /etc/init.d/x\nasterisk1 ok\n").findings) ==
          Strings{"error 1:11 bad-resource", "error 2:11 bad-resource"});
}

TEST_CASE("haresources: carriage returns and hostile bytes", "[config][haresources]") {
    const auto dos = parse("asterisk1 10.0.0.1 a\r\nasterisk2 10.0.0.2 b\r\n");
    CHECK(summary(dos.findings) == Strings{"warning 1:21 carriage-return"});
    CHECK(dos.value.groups.at(0).resources.at(1).text == "a");
    CHECK(summary(parse(std::string("asterisk1 a\0b\n", 14)).findings) ==
          Strings{"warning 1:12 nul-byte"});
    std::string many;
    for (int i = 0; i < 100000; ++i) {
        many += "asterisk1 r" + std::to_string(i) + '\n';
    }
    const auto parsed = parse(many);
    CHECK(parsed.value.groups.size() == 1000);
    CHECK_FALSE(parsed.ok());
    std::string wide = "asterisk1";
    for (int i = 0; i < 200000; ++i) {
        wide += " r" + std::to_string(i) + (i % 100 == 99 ? " \\\n" : "");
    }
    CHECK(parse(wide).value.groups.at(0).resources.size() == 1000);
}

TEST_CASE("Address shorthand: ip/mask/interface:label/broadcast", "[config][address]") {
    const std::vector<std::pair<std::string, std::optional<AddressSpec>>> table{
        {"10.0.0.1", AddressSpec{"10.0.0.1", std::nullopt, "", "", ""}},
        {"10.0.0.1/24", AddressSpec{"10.0.0.1", 24, "", "", ""}},
        {"10.0.0.1/255.255.255.0", AddressSpec{"10.0.0.1", 24, "", "", ""}},
        {"10.0.0.1/24/eth0", AddressSpec{"10.0.0.1", 24, "eth0", "", ""}},
        {"10.0.0.1/24/eth0:0", AddressSpec{"10.0.0.1", 24, "eth0", "0", ""}},
        {"10.0.0.1/24/eth0:0/10.0.0.255", AddressSpec{"10.0.0.1", 24, "eth0", "0", "10.0.0.255"}},
        {"10.0.0.1/24/10.0.0.255", AddressSpec{"10.0.0.1", 24, "", "", "10.0.0.255"}},
        {"10.0.0.1//eth0", AddressSpec{"10.0.0.1", std::nullopt, "eth0", "", ""}},
        {"2001:db8::1/64/eth0", AddressSpec{"2001:db8::1", 64, "eth0", "", ""}},
        {"::", AddressSpec{"::", std::nullopt, "", "", ""}},
        {"::ffff:10.0.0.1", AddressSpec{"::ffff:10.0.0.1", std::nullopt, "", "", ""}},
        {"", std::nullopt},
        {"10.0.0", std::nullopt},
        {"10.0.0.256", std::nullopt},
        {"10.0.0.01", std::nullopt},
        {"10.0.0.1.2", std::nullopt},
        {"10.0.0.1/33", std::nullopt},
        {"10.0.0.1/-1", std::nullopt},
        {"10.0.0.1/255.0.255.0", std::nullopt},
        {"10.0.0.1/24/eth0/x", std::nullopt},
        {"10.0.0.1/24/10.0.0.255/10.0.0.255", std::nullopt},
        {"10.0.0.1/24/eth0/10.0.0.255/x", std::nullopt},
        {"10.0.0.1/24/abcdefghijklmnop", std::nullopt},
        {"1::2::3", std::nullopt},
        {"1:2:3:4:5:6:7:8:9", std::nullopt},
        {"1:2:3:4:5:6:7:", std::nullopt},
        {"2001:db8::1/129", std::nullopt},
    };
    for (const auto& [word, expected] : table) {
        CAPTURE(word);
        CHECK((parse_address_spec(word) == expected));
    }
}
