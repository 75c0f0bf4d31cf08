// SPDX-License-Identifier: GPL-2.0-or-later
// ha.cf: every directive (default, accepted, refused), every rule with its position, hostile bytes.
// What is accepted and refused was measured with heartbeat 1:3.0.6-13 unless a comment says
// otherwise.
#include <functional>

#include "cluster/config.hpp"
#include "cluster/quirks.hpp"
#include "config/finding_list.hpp"
#include "support/catch.hpp"

using namespace cluster;
using namespace std::chrono_literals;

namespace {

// A file without any finding: what a test adds is the only thing that can draw one. Eight lines.
const std::string clean = "use_logd on\nauto_failback on\nkeepalive 200ms\ndeadtime 2\ninitdead "
                          "10\nnode asterisk1 asterisk2\n"
                          "bcast eth0\nserial /dev/ttyS0\n";

Parsed<HaConfig> with(const std::string& line) {
    return parse_ha_cf(clean + line + '\n', "ha.cf");
}

Parsed<HaConfig> before(const std::string& line) {
    return parse_ha_cf(line + '\n' + clean, "ha.cf");
}

}  // namespace

TEST_CASE("ha.cf: a sound file draws no finding", "[config][ha.cf]") {
    CHECK(summary(parse_ha_cf(clean, "ha.cf", "asterisk1").findings) == Strings{});
}

TEST_CASE("ha.cf: every default is heartbeat's", "[config][ha.cf]") {
    const auto c = parse_ha_cf("node a b\nbcast eth0\n", "ha.cf").value;
    CHECK(c.keepalive == 1s);
    CHECK(c.deadtime == 30s);
    CHECK(c.warntime == 15s);
    CHECK(c.initdead == 30s);
    CHECK(c.deadping == 30s);
    CHECK(c.udpport == 694);
    CHECK(c.baud == 19200);
    CHECK(c.auto_failback == AutoFailback::legacy);
    CHECK_FALSE(c.auto_failback_set);
    CHECK(c.hopfudge == 1);
    CHECK(c.msgfmt == MessageFormat::classic);
    CHECK(c.max_rexmit_delay == 250ms);
    CHECK(c.hbgenmethod == GenerationMethod::file);
    CHECK_FALSE(c.uuid_from_nodename);
    CHECK(c.use_logd);  // nothing else is given, so heartbeat logs through its daemon
    CHECK(c.conn_logd_time == 60s);
    CHECK(c.syslogmsgfmt);
    CHECK(c.log_badpack);
    CHECK(c.debug == 0);
    CHECK(c.compression == "zlib");
    CHECK(c.compression_threshold_kb == 2);
    CHECK_FALSE(c.traditional_compression);
    CHECK(c.autojoin == "none");
    CHECK(c.realtime);
    CHECK_FALSE(c.rtprio.has_value());
    CHECK(c.memreserve_kb == 6500);
    CHECK(c.coredumps);
    CHECK_FALSE(c.crm);
    CHECK(c.cluster_name == "linux-ha");
    CHECK_FALSE(c.use_apphbd);
}

TEST_CASE("ha.cf: initdead follows deadtime when it is not given", "[config][ha.cf]") {
    const auto initdead = [](const std::string& deadtime) {
        return parse_ha_cf("node a b\nbcast eth0\ndeadtime " + deadtime, "ha.cf").value.initdead;
    };
    CHECK(initdead("5.999") == 12s);
    CHECK(initdead("6") == 12s);
    CHECK(initdead("7") == 14s);
    CHECK(initdead("10") == 20s);
    CHECK(initdead("10.001") == 10001ms);
}

TEST_CASE("ha.cf: a time is seconds, or has ms or us attached", "[config][ha.cf]") {
    const std::vector<std::pair<std::string, std::optional<Duration>>> table{
        {"2", 2s},
        {"0.5", 500ms},
        {".2", 200ms},
        {"1.", 1s},
        {"200ms", 200ms},
        {"200MS", 200ms},
        {"200msec", 200ms},
        {"1500us", 2ms},
        {"499us", 0s},
        {"500usec", 1ms},
        {"0.2.3", 200ms},
        {"0", 0s},
        {"0.0004", 0s},
        {"200msfoo", 200ms},
        {"1000000000", 1000000000s},
        {"2s", std::nullopt},
        {"2sec", std::nullopt},
        {"", std::nullopt},
        {".", std::nullopt},
        {"ms", std::nullopt},
        {"-1", std::nullopt},
        {"+1", std::nullopt},
        {"1e3", std::nullopt},
        {"0x5", std::nullopt},
        {"1000000001", std::nullopt},
        {std::string(400, '9'), std::nullopt},
        {"1\0ms", 1s}};
    for (const auto& [word, expected] : table) {
        CAPTURE(word);
        CHECK(parse_heartbeat_time(word) == expected);
    }
}

TEST_CASE("ha.cf: each directive takes its values", "[config][ha.cf]") {
    struct Case {
        std::string line;
        std::function<bool(const HaConfig&)> holds;
    };
    const std::vector<Case> table{
        {"warntime 1500ms", [](const HaConfig& c) { return c.warntime == 1500ms; }},
        {"deadping 3", [](const HaConfig& c) { return c.deadping == 3s; }},
        {"conn_logd_time 5", [](const HaConfig& c) { return c.conn_logd_time == 5s; }},
        {"hopfudge 0", [](const HaConfig& c) { return c.hopfudge == 0; }},
        {"hopfudge 255", [](const HaConfig& c) { return c.hopfudge == 255; }},
        {"syslogmsgfmt off", [](const HaConfig& c) { return !c.syslogmsgfmt; }},
        {"log_badpack N", [](const HaConfig& c) { return !c.log_badpack; }},
        {"debug 255", [](const HaConfig& c) { return c.debug == 255; }},
        {"msgfmt netstring",
         [](const HaConfig& c) { return c.msgfmt == MessageFormat::netstring; }},
        {"compression bz2", [](const HaConfig& c) { return c.compression == "bz2"; }},
        {"compression_threshold 20",
         [](const HaConfig& c) { return c.compression_threshold_kb == 20; }},
        {"traditional_compression YES",
         [](const HaConfig& c) { return c.traditional_compression; }},
        {"max_rexmit_delay 100", [](const HaConfig& c) { return c.max_rexmit_delay == 100ms; }},
        {"hbgenmethod time",
         [](const HaConfig& c) { return c.hbgenmethod == GenerationMethod::time; }},
        {"uuidfrom nodename", [](const HaConfig& c) { return c.uuid_from_nodename; }},
        {"autojoin None", [](const HaConfig& c) { return c.autojoin == "none"; }},
        {"realtime false", [](const HaConfig& c) { return !c.realtime; }},
        {"rtprio 99", [](const HaConfig& c) { return c.rtprio == 99; }},
        {"memreserve 1", [](const HaConfig& c) { return c.memreserve_kb == 1; }},
        {"coredumps 0", [](const HaConfig& c) { return !c.coredumps; }},
        {"coreroot /var/lib/cores",
         [](const HaConfig& c) { return c.coreroot == "/var/lib/cores"; }},
        {"watchdog /dev/watchdog", [](const HaConfig& c) { return c.watchdog == "/dev/watchdog"; }},
        {"cluster office", [](const HaConfig& c) { return c.cluster_name == "office"; }},
        {"quorum_server q1", [](const HaConfig& c) { return c.quorum_server == "q1"; }},
        {"use_apphbd y", [](const HaConfig& c) { return c.use_apphbd; }},
        {"crm off", [](const HaConfig& c) { return !c.crm; }},
        {"record_config_changes on", [](const HaConfig&) { return true; }},
        {"record_pengine_inputs on", [](const HaConfig&) { return true; }},
        {"enable_config_writes on", [](const HaConfig&) { return true; }},
        {"crmd_spawns_pengine on", [](const HaConfig&) { return true; }},
        {"crm_daemon_dir /usr/lib", [](const HaConfig&) { return true; }},
        {"env A=b C=d",
         [](const HaConfig& c) {
             return c.env == Strings{"A=b", "C=d"};
         }},
        {"apiauth x uid=root gid=haclient",
         [](const HaConfig& c) { return c.apiauth == Strings{"x uid=root gid=haclient"}; }},
        {"stonith meatware /etc/m",
         [](const HaConfig& c) {
             return c.stonith.at(0).type == "meatware" && c.stonith.at(0).parameters == "/etc/m" &&
                    c.stonith.at(0).host.empty();
         }},
        {"stonith_host * baytech 10.0.0.3 mylogin  pass",
         [](const HaConfig& c) {
             return c.stonith.at(0).host == "*" && c.stonith.at(0).type == "baytech" &&
                    c.stonith.at(0).parameters == "10.0.0.3 mylogin  pass";
         }},
        {"respawn root /bin/a  b",
         [](const HaConfig& c) {
             return c.respawn.at(0).user == "root" && c.respawn.at(0).command == "/bin/a  b" &&
                    !c.respawn.at(0).failfast;
         }},
        {"failfast root /bin/a", [](const HaConfig& c) { return c.respawn.at(0).failfast; }},
        {"ucast eth1 10.0.0.2",
         [](const HaConfig& c) {
             return c.links.at(2).kind == LinkKind::ucast && c.links.at(2).device == "eth1" &&
                    c.links.at(2).address == "10.0.0.2" && c.links.at(2).port == 694;
         }},
        {"ucast6 eth1 fe80::2",
         [](const HaConfig& c) { return c.links.at(2).kind == LinkKind::ucast6; }},
        {"mcast eth1 225.0.0.1 700 2 1",
         [](const HaConfig& c) {
             const auto& l = c.links.at(2);
             return l.kind == LinkKind::mcast && l.address == "225.0.0.1" && l.port == 700 &&
                    l.ttl == 2 && l.loop;
         }},
        {"mcast6 eth1 ff02::1 694 1 0",
         [](const HaConfig& c) {
             return c.links.at(2).kind == LinkKind::mcast6 && !c.links.at(2).loop;
         }},
        {"bcast eth1,eth2 eth3",
         [](const HaConfig& c) { return c.links.size() == 5 && c.links.at(4).device == "eth3"; }},
        {"serial /dev/ttyS1",
         [](const HaConfig& c) {
             return c.links.at(2).kind == LinkKind::serial && c.links.at(2).baud == 19200;
         }},
        {"  bcast eth1 # the second path",
         [](const HaConfig& c) {
             return c.links.at(2).where == SourcePosition{"ha.cf", 9, 9};
         }},
    };
    for (const auto& [line, holds] : table) {
        CAPTURE(line);
        const auto parsed = with(line);
        CHECK(summary(parsed.findings) == Strings{});
        CHECK(holds(parsed.value));
    }
}

TEST_CASE("ha.cf: ping targets with ipfail", "[config][ha.cf]") {
    const auto parsed =
        with("ping 10.0.0.254 10.0.0.253\nping6 fe80::1\nping_group routers 10.0.0.1 10.0.0.2\n"
             "respawn hacluster /usr/lib/heartbeat/ipfail -v");
    CHECK(summary(parsed.findings) == Strings{});
    CHECK(parsed.value.runs_ipfail());
    REQUIRE(parsed.value.ping_targets.size() == 4);
    CHECK(parsed.value.ping_targets[1].name == "10.0.0.253");
    CHECK(parsed.value.ping_targets[2].ipv6);
    CHECK(parsed.value.ping_targets[3].group);
    CHECK(parsed.value.ping_targets[3].name == "routers");
    CHECK(parsed.value.ping_targets[3].addresses == Strings{"10.0.0.1", "10.0.0.2"});
    CHECK_FALSE(with("respawn root /opt/ipfailover").value.runs_ipfail());
}

TEST_CASE("ha.cf: what heartbeat refuses is an error at the offending word", "[config][ha.cf]") {
    struct Case {
        std::string line;
        std::string finding;
    };
    const std::vector<Case> table{
        {"deadtme 2", "error 9:1 unknown-directive"},
        {"Keepalive 1", "error 9:1 unknown-directive"},
        {"\tfoo", "error 9:2 unknown-directive"},
        {"warntime 2s", "error 9:10 bad-value"},
        {"warntime 0", "error 9:10 bad-value"},
        {"conn_logd_time 0", "error 9:16 bad-value"},
        {"hopfudge 256", "error 9:10 bad-value"},
        {"hopfudge -1", "error 9:10 bad-value"},
        {"udpport 0", "error 9:9 bad-value"},
        {"baud 300", "error 9:6 bad-value"},
        {"auto_failback maybe", "error 9:15 bad-value"},
        {"nice_failback maybe", "error 9:15 bad-value"},
        {"logfacility LOCAL0", "error 9:13 bad-value"},
        {"syslogmsgfmt maybe", "error 9:14 bad-value"},
        {"log_badpack maybe", "error 9:13 bad-value"},
        {"debug 256", "error 9:7 bad-value"},
        {"msgfmt Classic", "error 9:8 bad-value"},
        {"compression gzip", "error 9:13 bad-value"},
        {"compression_threshold 0", "error 9:23 bad-value"},
        {"traditional_compression maybe", "error 9:25 bad-value"},
        {"max_rexmit_delay 0", "error 9:18 bad-value"},
        {"hbgenmethod File", "error 9:13 bad-value"},
        {"uuidfrom name", "error 9:10 bad-value"},
        {"autojoin some", "error 9:10 bad-value"},
        {"autojoin any", "error 9:10 autojoin-with-haresources"},
        {"realtime maybe", "error 9:10 bad-value"},
        {"rtprio 100", "error 9:8 bad-value"},
        {"memreserve 0", "error 9:12 bad-value"},
        {"coredumps maybe", "error 9:11 bad-value"},
        {"coreroot cores", "error 9:10 bad-value"},
        {"use_apphbd maybe", "error 9:12 bad-value"},
        {"crm maybe", "error 9:5 bad-value"},
        {"record_config_changes maybe", "error 9:23 bad-value"},
        {"bcast averyverylonginterface", "error 9:7 bad-value"},
        {"serial ttyS1", "error 9:8 bad-value"},
        {"ucast", "error 9:1 missing-argument"},
        {"ucast eth0", "error 9:7 missing-argument"},
        {"ucast6 eth0 host", "error 9:13 bad-value"},
        {"mcast eth0 225.0.0.1 694 1", "error 9:26 missing-argument"},
        {"mcast eth0 10.0.0.1 694 1 0", "error 9:12 bad-value"},
        {"mcast eth0 225.0.0.1 0 1 0", "error 9:22 bad-value"},
        {"mcast eth0 225.0.0.1 694 5 0", "error 9:26 bad-value"},
        {"mcast eth0 225.0.0.1 694 1 2", "error 9:28 bad-value"},
        {"mcast6 eth0 fe80::1 694 1 0", "error 9:13 bad-value"},
        {"ping_group routers", "error 9:12 missing-argument"},
        {"stonith meatware", "error 9:9 missing-argument"},
        {"stonith_host *", "error 9:14 missing-argument"},
        {"respawn root", "error 9:9 missing-argument"},
        {"respawn root ipfail", "error 9:14 bad-value"},
        {"apiauth x", "error 9:9 missing-argument"},
        {"apiauth x uid=a uid=b", "error 9:17 bad-value"},
        {"apiauth x foo", "error 9:11 bad-value"},
        {"env =x", "error 9:5 bad-value"},
    };
    for (const auto& [line, finding] : table) {
        CAPTURE(line);
        CHECK(summary(with(line).findings, Severity::error) == Strings{finding});
    }
}

TEST_CASE("ha.cf: what may stand only once is an error the second time", "[config][ha.cf]") {
    CHECK(summary(before("baud 9600\nbaud 9600").findings, Severity::error) ==
          Strings{"error 2:6 repeated-baud"});
    CHECK(summary(with("watchdog /dev/a\nwatchdog /dev/b").findings, Severity::error) ==
          Strings{"error 10:10 repeated-watchdog"});
    CHECK(summary(with("crm off\npacemaker off").findings, Severity::error) ==
          Strings{"error 10:11 repeated-crm"});
    CHECK(summary(with("apiauth x uid=a\napiauth x gid=b").findings, Severity::error) ==
          Strings{"error 10:9 repeated-apiauth"});
}

TEST_CASE("ha.cf: foolish but accepted is a warning", "[config][ha.cf]") {
    struct Case {
        std::string line;
        std::string finding;
    };
    const std::vector<Case> table{
        {"warntime", "warning 9:1 missing-value"},
        {"keepalive 150ms", "warning 9:1 repeated-directive"},
        {"warntime 1 1.5", "warning 9:12 several-values"},
        {"warntime 1000msx", "warning 9:10 odd-unit"},
        {"warntime 2", "warning 9:10 warntime-too-large"},
        {"warntime 0.2", "warning 9:10 warntime-too-small"},
        {"hopfudge abc", "warning 9:10 not-a-number"},
        {"udpport 695", "warning 9:1 port-after-media"},
        {"node Asterisk2", "warning 9:6 repeated-node"},
        {"node asterisk3", "warning 0:0 more-than-two-nodes"},
        {"bcast eth0", "warning 9:7 repeated-medium"},
        {"ucast eth1 peer", "warning 9:12 host-name"},
        {"ucast eth1 10.0.0.2 x", "warning 9:21 extra-word"},
        {"mcast eth1 225.0.0.1 694 0 0", "warning 9:26 ttl-zero"},
        {"ping 10.0.0.254", "warning 9:6 ping-without-ipfail"},
        {"respawn root /x/ipfail", "warning 9:14 ipfail-without-ping"},
        {"crm respawn", "warning 9:5 crm-on"},
        {"env NAME", "warning 9:5 env-without-value"},
        {"nice_failback on", "warning 9:1 obsolete-directive"},
    };
    for (const auto& [line, finding] : table) {
        CAPTURE(line);
        CHECK(summary(with(line).findings, Severity::warning) == Strings{finding});
    }
}

TEST_CASE("ha.cf: deadtime must be more than twice keepalive", "[config][ha.cf]") {
    const auto at = [](const std::string& keepalive, const std::string& deadtime) {
        return summary(parse_ha_cf("node a b\nbcast eth0\nserial /dev/ttyS0\nauto_failback "
                                   "on\nuse_logd on\nkeepalive " +
                                       keepalive + "\ndeadtime " + deadtime + '\n',
                                   "ha.cf")
                           .findings);
    };
    CHECK(at("1", "2") == Strings{"error 7:10 deadtime-too-small"});
    CHECK(at("1", "2.001") == Strings{});
    CHECK(at("999ms", "2") == Strings{});
    // Only keepalive is set: the finding stands there.
    CHECK(summary(parse_ha_cf("node a b\nbcast eth0\nkeepalive 15\n", "ha.cf").findings,
                  Severity::error) == Strings{"error 3:11 deadtime-too-small"});
}

TEST_CASE("ha.cf: initdead and deadping have their rules", "[config][ha.cf]") {
    const auto base = std::string("node a b\nbcast eth0\nserial /dev/ttyS0\nauto_failback "
                                  "on\nuse_logd on\nkeepalive 200ms\ndeadtime 2\n");
    const auto at = [&](const std::string& line) {
        return summary(parse_ha_cf(base + line, "ha.cf").findings);
    };
    CHECK(at("initdead 1999ms") == Strings{"error 8:10 initdead-too-small"});
    CHECK(at("initdead 2") == Strings{"warning 8:10 initdead-short"});
    CHECK(at("initdead 10") == Strings{});
    CHECK(at("deadping 400ms") == Strings{"error 8:10 deadping-too-small"});
    CHECK(at("deadping 401ms") == Strings{});
}

TEST_CASE("ha.cf: auto_failback and its older names", "[config][ha.cf]") {
    const auto base = std::string("node a b\nbcast eth0\nserial /dev/ttyS0\nuse_logd on\n");
    const auto parse = [&](const std::string& line) { return parse_ha_cf(base + line, "ha.cf"); };
    CHECK(parse("auto_failback OFF").value.auto_failback == AutoFailback::off);
    CHECK(parse("auto_failback yes").value.auto_failback == AutoFailback::on);
    CHECK(parse("auto_failback Legacy").value.auto_failback == AutoFailback::legacy);
    CHECK(summary(parse("auto_failback legacy").findings) ==
          Strings{"warning 5:15 auto-failback-legacy"});
    CHECK(summary(parse("").findings) == Strings{"warning 0:0 auto-failback-unset"});
    CHECK(parse("nice_failback on").value.auto_failback == AutoFailback::legacy);
    CHECK(parse("auto_failback on\nnice_failback off").value.auto_failback == AutoFailback::off);
    CHECK(rules(parse("ping 10.0.0.1\nrespawn root /x/ipfail").findings, Severity::warning) ==
          Strings{"ipfail-with-legacy", "auto-failback-unset"});
}

TEST_CASE("ha.cf: one heartbeat path is a warning, two devices are none", "[config][ha.cf]") {
    const auto at = [](const std::string& media) {
        return summary(
            parse_ha_cf("node a b\nauto_failback on\nuse_logd on\n" + media, "ha.cf").findings);
    };
    CHECK(at("bcast eth0") == Strings{"warning 4:7 single-heartbeat-path"});
    CHECK(at("ucast eth0 10.0.0.1\nucast eth0 10.0.0.2") ==
          Strings{"warning 4:7 single-heartbeat-path"});
    CHECK(at("bcast eth0 eth1") == Strings{});
    CHECK(at("bcast eth0\nserial /dev/ttyS0") == Strings{});
    CHECK(at("") == Strings{"error 0:0 no-media"});
    CHECK(rules(parse_ha_cf("node a b\nauto_failback on\nuse_logd on\nping 10.0.0.1\n", "ha.cf")
                    .findings,
                Severity::warning) == Strings{"no-heartbeat-path", "ping-without-ipfail"});
}

TEST_CASE("ha.cf: udpport and baud count for the media below them", "[config][ha.cf]") {
    const auto c = parse_ha_cf("node a b\nudpport 700\nbaud 9600\nbcast eth0\nserial "
                               "/dev/ttyS0\nudpport 701\nbcast eth1\nucast eth2 10.0.0.2\n"
                               "mcast eth3 225.0.0.1 702 1 0\n",
                               "ha.cf")
                       .value;
    REQUIRE(c.links.size() == 5);
    CHECK(c.links[0].port == 700);
    CHECK(c.links[1].baud == 9600);
    CHECK(c.links[2].port == 700);  // the broadcast medium has read its port already
    CHECK(c.links[3].port == 701);  // the unicast medium had not
    CHECK(c.links[4].port == 702);
    CHECK(c.udpport == 701);
    CHECK(rules(parse_ha_cf("node a b\nserial /dev/ttyS0\nbaud 9600\n", "f").findings,
                Severity::warning) ==
          Strings{"single-heartbeat-path", "baud-after-media", "auto-failback-unset"});
}

TEST_CASE("ha.cf: nodes are compared in lower case and the own one must be there",
          "[config][ha.cf]") {
    CHECK(parse_ha_cf(clean, "ha.cf", "ASTERISK1").ok());
    CHECK(parse_ha_cf("node A,B\nbcast eth0\n", "ha.cf").value.nodes == Strings{"a", "b"});
    CHECK(summary(parse_ha_cf(clean, "ha.cf", "asterisk3").findings) ==
          Strings{"error 0:0 own-node-missing"});
    CHECK(summary(parse_ha_cf("bcast eth0\n", "ha.cf").findings, Severity::error) ==
          Strings{"error 0:0 no-node"});
    CHECK(rules(parse_ha_cf("bcast eth0\nnode a\n", "ha.cf").findings, Severity::warning) ==
          Strings{"single-heartbeat-path", "single-node", "auto-failback-unset"});
}

TEST_CASE("ha.cf: at most 64 media and 100 nodes, ping targets included", "[config][ha.cf]") {
    std::string media;
    for (int i = 0; i < 62; ++i) {
        media += "bcast e" + std::to_string(i) + '\n';
    }
    CHECK(with(media).ok());  // 64 with the two of the base
    CHECK(summary(with(media + "ping 10.0.0.1").findings, Severity::error) ==
          Strings{"error 71:6 too-many-media"});
    std::string nodes;
    for (int i = 0; i < 98; ++i) {
        nodes += "node n" + std::to_string(i) + '\n';
    }
    CHECK(with(nodes).ok());
    CHECK(summary(with(nodes + "node one-more").findings, Severity::error) ==
          Strings{"error 107:6 too-many-nodes"});
}

TEST_CASE("ha.cf: without any log the log daemon is used, unless that is switched off",
          "[config][ha.cf]") {
    CHECK(summary(parse_ha_cf("use_logd off\nnode a b\nbcast eth0\n", "ha.cf").findings,
                  Severity::error) == Strings{"error 0:0 no-log"});
    CHECK(parse_ha_cf("use_logd off\nlogfile /x\nnode a b\nbcast eth0\n", "ha.cf").ok());
    CHECK(rules(with("logfile /x").findings, Severity::note) ==
          Strings{"deprecated-directive", "log-twice"});
}

TEST_CASE("ha.cf: deprecated directives are notes", "[config][ha.cf]") {
    const auto parsed = parse_ha_cf("baud 19200\nnode a b\nudp eth0\n", "ha.cf");
    CHECK(summary(parsed.findings) == Strings{"note 1:1 deprecated-directive",
                                              "note 3:1 deprecated-directive",
                                              "warning 3:5 single-heartbeat-path",
                                              "warning 0:0 auto-failback-unset"});
    CHECK(parsed.value.links.at(0).kind == LinkKind::bcast);
}

TEST_CASE("ha.cf: all errors are reported at once, in file order", "[config][ha.cf]") {
    const auto parsed = parse_ha_cf(
        "keepalive 200 ms\ndeadtme 2\nwarntime 1s\nbcast eth0\nnode a b\nauto_failback on\n",
        "etc/ha.cf");
    CHECK(summary(parsed.findings, Severity::error) ==
          Strings{"error 1:15 bad-value", "error 2:1 unknown-directive", "error 3:10 bad-value"});
}

TEST_CASE("ha.cf: a finding says file, position, found and expected", "[config][ha.cf]") {
    const auto parsed = parse_ha_cf(clean + "deadtme 2\nwarntime 200 ms\n", "etc/ha.cf");
    REQUIRE(parsed.findings.size() >= 2);
    CHECK(to_string(parsed.findings[0]) ==
          "etc/ha.cf:9:1: error: found unknown directive \"deadtme\", expected \"deadtime\" "
          "[unknown-directive]");
    const auto unit = parse_ha_cf(clean + "warntime 1s\n", "etc/ha.cf");
    CHECK(to_string(unit.findings.at(0)) ==
          "etc/ha.cf:9:10: error: found warntime \"1s\", expected seconds without unit, or "
          "attached ms, msec, us or usec (2, 0.5, 200ms) [bad-value]");
}

TEST_CASE("ha.cf: DOS line ends work, text after a lone carriage return does not count",
          "[config][ha.cf]") {
    std::string dos;
    for (const char c : clean) {
        dos += c == '\n' ? "\r\n" : std::string(1, c);
    }
    CHECK(summary(parse_ha_cf(dos, "ha.cf").findings) == Strings{});
    CHECK(summary(with("warntime 1\rfoo bar").findings) == Strings{"warning 9:11 carriage-return"});
}

TEST_CASE("ha.cf: hostile bytes give findings, never more than a bounded list", "[config][ha.cf]") {
    CHECK(parse_ha_cf("", "ha.cf").findings.size() == 3);
    CHECK(summary(with(std::string("warntime 1\0foo", 14)).findings) ==
          Strings{"warning 9:11 nul-byte"});
    CHECK(summary(with("node " + std::string(6000, 'x')).findings) ==
          Strings{"error 9:5120 line-too-long"});
    CHECK(summary(with("node " + std::string(200, 'x')).findings, Severity::error) ==
          Strings{"error 9:6 bad-value"});
    const auto megabyte = parse_ha_cf(std::string(1U << 20U, '\xff'), "ha.cf");
    CHECK_FALSE(megabyte.ok());
    std::string many;
    for (int i = 0; i < 100000; ++i) {
        many += "x" + std::to_string(i) + '\n';
    }
    const auto parsed = parse_ha_cf(many, "ha.cf");
    CHECK(parsed.findings.size() == 201);
    CHECK(parsed.findings.back().rule == "too-many-findings");
    CHECK(parsed.findings.back().severity == Severity::error);
}

TEST_CASE("Quirks: ours has no defect but what the protocol needs, the profile has all",
          "[config][quirks]") {
    const auto theirs = Quirks::heartbeat_3_0_6();
    CHECK(theirs.handle_on_tick);
    CHECK(theirs.dead_check_interval == 250ms);
    CHECK(theirs.restart_on_heal);
    CHECK_FALSE(theirs.new_generation_on_peer_death);
    CHECK(theirs.start_failure_bug);
    CHECK(theirs.reboot_on_stop_failure);
    CHECK(theirs.no_announce_after_wake);
    CHECK(theirs.verify_with_sending_key);
    CHECK_FALSE(Quirks::ours().restart_on_heal);
    CHECK(Quirks::ours().dead_check_interval == Duration::zero());
}
