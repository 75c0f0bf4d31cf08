// SPDX-License-Identifier: GPL-2.0-or-later
// redfone.conf: the grammar of fonulator 2.0.1, its checks, spans with gaps.
#include "cluster/config.hpp"
#include "config/finding_list.hpp"
#include "support/catch.hpp"

using namespace cluster;

namespace {

const std::string globals =
    "[globals]\nfb=192.168.1.254\nserver=02:00:00:00:01:02\n";      // three lines
const std::string span1 = "[span1]\nframing=esf\nencoding=b8zs\n";  // lines 4 to 6

Parsed<RedfoneConfig> parse(const std::string& text) {
    return parse_redfone_conf(text, "redfone.conf");
}

Parsed<RedfoneConfig> with(const std::string& line) {
    return parse(globals + span1 + line + '\n');
}

}  // namespace

TEST_CASE("redfone.conf: globals and spans", "[config][redfone]") {
    const auto parsed = parse("# quad "
                              "bridge\n[GLOBALS]\nFB=192.168.1.254\nport=2\nserver=02-00-00-00-01-"
                              "0A\npriorities=1,0,2,3\nwplloff\n\n"
                              "[span1]\nframing=esf\nencoding=b8zs\nlonghaul=0\n[span2]\nframing="
                              "cas\nencoding=hdb3\ncrc4\nloopback\ndejitter\n"
                              "[span3]\nframing=sf\nencoding=ami\nrbs\nshorthaul=4\n[span4]"
                              "\nframing=ccs\nencoding=ami\nJ1\n"
                              "[dsp]\ndsp=ulaw\nvoiceA=1-23\ndata=24\n");
    CHECK(summary(parsed.findings) == Strings{});
    const auto& c = parsed.value;
    CHECK(c.bridge_address == "192.168.1.254");
    CHECK(c.port == 2);
    REQUIRE(c.server.has_value());
    CHECK(to_string(*c.server) == "02:00:00:00:01:0a");
    CHECK(c.priorities == std::array{1, 0, 2, 3});
    CHECK_FALSE(c.pll);
    CHECK(c.dsp == "ulaw");
    REQUIRE(c.spans.size() == 4);
    CHECK(c.spans[0] == SpanConfig{.longhaul = 0});
    CHECK(c.spans[1] == SpanConfig{.framing = T1Framing::cas,
                                   .encoding = LineCoding::hdb3,
                                   .crc4 = true,
                                   .rbs = true,
                                   .loopback = true,
                                   .dejitter = true});
    CHECK(c.spans[2] ==
          SpanConfig{
              .framing = T1Framing::sf, .encoding = LineCoding::ami, .rbs = true, .shorthaul = 4});
    CHECK(c.spans[3].j1);
}

TEST_CASE("redfone.conf: defaults", "[config][redfone]") {
    const auto c = parse(globals + span1).value;
    CHECK(c.port == 1);
    CHECK(c.priorities == std::array{0, 1, 2, 3});
    CHECK(c.pll);
    CHECK_FALSE(c.dsp_disabled);
    CHECK(c.spans == std::vector{SpanConfig{}});
    CHECK(with("[span2]\nrbs").value.spans.at(1).framing == T1Framing::sf);
    CHECK(summary(with("[span2]\nrbs").findings) == Strings{"warning 7:1 framing-unset"});
}

TEST_CASE("redfone.conf: gaps get the settings of the span named last", "[config][redfone]") {
    const auto gap = with("[span4]\nframing=ccs\nencoding=hdb3");
    CHECK(summary(gap.findings) == Strings{"warning 0:0 span-gap", "warning 0:0 span-gap"});
    REQUIRE(gap.value.spans.size() == 4);
    CHECK(gap.value.spans[0].framing == T1Framing::esf);
    CHECK(gap.value.spans[1].framing == T1Framing::ccs);
    CHECK(gap.value.spans[2].encoding == LineCoding::hdb3);
    // Named downwards, the last one named is span 1.
    CHECK(
        parse(globals + "[span3]\nframing=sf\nencoding=b8zs\n" + span1).value.spans.at(1).framing ==
        T1Framing::esf);
    // Fewer spans than the hardware has: the bridge keeps the others as they are.
    CHECK(parse(globals + span1).value.spans.size() == 1);
    CHECK(summary(parse(globals).findings) == Strings{"warning 0:0 no-spans"});
}

TEST_CASE("redfone.conf: each unknown or misplaced word is an error at its place",
          "[config][redfone]") {
    const std::vector<std::pair<std::string, std::string>> table{
        {"crcmlt", "error 7:1 unknown-directive"},
        {"fb1=1.2.3.4", "error 7:1 unknown-directive"},
        {"frming=esf", "error 7:1 unknown-directive"},
        {" rbs", "error 7:1 blank"},
        {"rbs ", "error 7:4 blank"},
        {"framing = esf", "error 7:8 blank"},
        {"rbs # comment", "error 7:4 blank"},
        {"framing=d4", "error 7:9 bad-value"},
        {"encoding=", "error 7:10 bad-value"},
        {"framing", "error 7:1 bad-value"},
        {"rbs=1", "error 7:4 bad-value"},
        {"longhaul=4", "error 7:10 bad-value"},
        {"shorthaul=5", "error 7:11 bad-value"},
        {"fb=10.0.0.1", "error 7:1 wrong-section"},
        {"voiceA=1", "error 7:1 wrong-section"},
        {"[span1]", "error 7:1 repeated-section"},
        {"[span0]", "error 7:6 bad-span"},
        {"[span5]", "error 7:6 bad-span"},
        {"[span12]", "error 7:1 bad-section"},
        {"[span2", "error 7:1 bad-section"},
        {"[globals]", "error 7:1 repeated-section"},
        {"[dsp]\nvoiceA=0", "error 8:8 bad-value"},
        {"[dsp]\nvoiceB=4-125", "error 8:8 bad-value"},
        {"[dsp]\ndata=9-3", "error 8:6 bad-value"},
        {"[dsp]\n[dsp]", "error 8:1 repeated-section"},
        {"[dsp]\n[span2]\nframing=esf", "error 8:1 section-order"},
        {"dsp=on", "error 7:5 bad-value"},
        {"longhaul=1\nshorthaul=1", "error 8:1 haul-twice"},
        {"key_entry {\nSLOT_ID = 0x1;", "error 7:1 open-key-entry"},
    };
    for (const auto& [line, finding] : table) {
        CAPTURE(line);
        CHECK(summary(with(line).findings, Severity::error) == Strings{finding});
    }
    CHECK(with("crcmlt").findings.at(0).expected == "\"crc4\"");
    CHECK(with("frming=esf").findings.at(0).expected == "\"framing\"");
}

TEST_CASE("redfone.conf: global values", "[config][redfone]") {
    const auto errors = [](const std::string& line) {
        return summary(
            parse("[globals]\n" + line + "\nfb=1.2.3.4\nserver=02:00:00:00:01:02\n" + span1)
                .findings,
            Severity::error);
    };
    CHECK(errors("port=3") == Strings{"error 2:6 bad-value"});
    CHECK(errors("priorities=0,1,2") == Strings{"error 2:12 bad-value"});
    CHECK(errors("priorities=0,1,2,2") == Strings{"error 2:12 bad-value"});
    CHECK(errors("priorities=1,2,3,4") == Strings{"error 2:12 bad-value"});
    CHECK(errors("priorities=0,0,1,2") == Strings{"error 2:12 bad-value"});
    CHECK(errors("priorities=0,0,0,0") == Strings{});
    CHECK(errors("priorities=3,2,1,0  ") == Strings{});
    CHECK(summary(parse("[globals]\nfb=a-b\nserver=02:00:00:00:01\n" + span1).findings) ==
          Strings{"error 2:4 bad-value",
                  "error 3:8 bad-value",
                  "error 0:0 missing-fb",
                  "error 0:0 missing-server"});
    CHECK(summary(parse("[globals]\nfb=bridge\nserver=01:00:00:00:01:02\n" + span1).findings) ==
          Strings{"warning 2:4 host-name", "warning 3:8 group-mac"});
    CHECK(summary(parse(span1).findings, Severity::error) ==
          Strings{"error 1:1 section-order", "error 0:0 missing-fb", "error 0:0 missing-server"});
}

TEST_CASE("redfone.conf: accepted but odd", "[config][redfone]") {
    CHECK(summary(with("[span2]\nframing=esf\nencoding=hdb3").findings) ==
          Strings{"warning 7:1 t1-e1-mixed"});
    CHECK(summary(with("[span2]\nframing=esf\n[span1]\nrbs").findings) ==
          Strings{"warning 9:1 reopened-span"});
    CHECK(summary(with("framing=sf").findings) == Strings{"warning 7:1 repeated-directive"});
    CHECK(summary(with("slave").findings) == Strings{"warning 7:1 old-hardware"});
    CHECK(summary(with("master").findings) == Strings{"note 7:1 deprecated-directive"});
    CHECK(summary(with("key_entry {\n SLOT_ID = 0x1;\n CUSTOMER_KEY = 0xAB;\n}\nrbs").findings) ==
          Strings{});
}

TEST_CASE("redfone.conf: DOS line ends are one error, hostile bytes are bounded",
          "[config][redfone]") {
    std::string dos;
    for (const char c : globals + span1) {
        dos += c == '\n' ? "\r\n" : std::string(1, c);
    }
    CHECK(summary(parse(dos).findings) == Strings{"error 1:10 carriage-return"});
    CHECK_FALSE(parse(std::string(1U << 20U, '[')).ok());
    std::string many;
    for (int i = 0; i < 50000; ++i) {
        many += "[span1]\n[span2]\n";
    }
    CHECK(parse(globals + many).findings.size() <= 202);
}

TEST_CASE("MAC addresses: one separator, six pairs", "[config][redfone]") {
    CHECK(to_string(*parse_mac("00:50:c2:AB:cd:eF")) == "00:50:c2:ab:cd:ef");
    CHECK(parse_mac("00-50-c2-ab-cd-ef") == parse_mac("00:50:c2:ab:cd:ef"));
    for (const auto* bad : {"",
                            "00:50:c2:ab:cd",
                            "00:50:c2:ab:cd:e",
                            "00:50:c2:ab:cd:eg",
                            "00:50-c2:ab:cd:ef",
                            "0050c2abcdef",
                            "00:50:c2:ab:cd:ef:"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_mac(bad).has_value());
    }
}
