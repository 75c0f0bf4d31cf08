// SPDX-License-Identifier: GPL-2.0-or-later
// understudy.json: values, positions and pointers of findings, round trip, units.
#include "cluster/settings_json.hpp"

#include "config/finding_list.hpp"
#include "support/catch.hpp"

using namespace cluster;
using namespace std::chrono_literals;

namespace {

Parsed<Settings> parse(std::string_view text) {
    return parse_settings_json(text, "understudy.json");
}

/// One member after "format", which fills line 1.
Parsed<Settings> with(const std::string& member) {
    return parse("{\"format\":\"understudy-settings/1\",\n" + member + "}");
}

}  // namespace

TEST_CASE("understudy.json: everything can be set", "[config][settings]") {
    const auto parsed = parse(R"({
  "$schema": "x", "format": "understudy-settings/1", "x-owner": ["anything", 1],
  "bindings": {
    "fonulator": { "kind": "bridge_switch", "timeouts": { "start": "20s", "stop": "1.5s" } },
    "fixrouting": { "kind": "source_fixup", "networks": ["10.10.10.0/24", "77.77.77.0/24"] },
    "asterisk": { "kind": "systemd_unit", "name": "asterisk.service", "timeouts": { "status": "250ms" } },
    "ip": { "kind": "ocf_agent", "name": "ocf:heartbeat:IPaddr2", "parameters": { "ip": "10.0.0.1" } },
    "other": { "kind": "script", "x-note": 1 }
  },
  "announce": { "count": 3, "interval": "1s" },
  "bridge": { "reply_timeout": "10s", "attempts": 1, "watch": false },
  "start_failure": "heartbeat", "stop_attempts": 3, "stop_retry_delay": "500ms", "carrier_policy": false,
  "start_retry_delay": "5s", "start_retry_max": "2min", "stop_timeout": "7s", "stop_deadline": "0s",
  "ping_tie_break": false
})");
    CHECK(summary(parsed.findings) == Strings{});
    const auto& s = parsed.value;
    CHECK(s.bindings.size() == 5);
    CHECK(s.bindings.at("fonulator").kind == BindingKind::bridge_switch);
    CHECK((s.bindings.at("fonulator").timeouts == AgentTimeouts{20s, 1500ms, 0s}));
    CHECK(s.bindings.at("fixrouting").networks == Strings{"10.10.10.0/24", "77.77.77.0/24"});
    CHECK(s.bindings.at("asterisk").name == "asterisk.service");
    CHECK(s.bindings.at("ip").parameters.at("ip") == "10.0.0.1");
    CHECK((s.announce == AnnounceSettings{3, 1s}));
    CHECK((s.bridge == BridgeSettings{10s, 1, false}));
    CHECK(s.start_failure == StartFailurePolicy::heartbeat);
    CHECK(s.stop_attempts == 3);
    CHECK(s.stop_retry_delay == 500ms);
    CHECK_FALSE(s.carrier_policy);
    CHECK(s.start_retry_delay == 5s);
    CHECK(s.start_retry_max == 2min);
    CHECK(s.stop_timeout == 7s);
    CHECK(s.stop_deadline == 0s);
    CHECK_FALSE(s.ping_tie_break);
    CHECK((parse(settings_to_json(s)).value == s));
    CHECK(summary(parse(settings_to_json(s)).findings) == Strings{});
}

TEST_CASE("understudy.json: the empty file has every default", "[config][settings]") {
    const auto parsed = parse(R"({"format":"understudy-settings/1"})");
    CHECK(parsed.ok());
    CHECK((parsed.value == Settings{}));
    CHECK((parse(settings_to_json(Settings{})).value == Settings{}));
}

TEST_CASE("understudy.json: a finding carries pointer, line, column, found and expected",
          "[config][settings]") {
    const auto parsed =
        with("\"bindings\":{\"fonulator\":{\n  \"knid\":\"script\",\"kind\":\"script\"}}");
    REQUIRE(parsed.findings.size() == 1);
    CHECK(to_string(parsed.findings[0]) ==
          "understudy.json:3:3: error: found /bindings/fonulator/knid: unknown key \"knid\", "
          "expected \"kind\" [unknown-key]");
}

TEST_CASE("understudy.json: each wrong value is an error at its key", "[config][settings]") {
    const std::vector<std::pair<std::string, std::string>> table{
        {R"("anounce":{})", "error 2:1 unknown-key"},
        {R"("announce":[])", "error 2:1 wrong-type"},
        {R"("announce":{"count":0})", "error 2:13 out-of-range"},
        {R"("announce":{"count":2.5})", "error 2:13 wrong-type"},
        {R"("announce":{"count":18446744073709551615})", "error 2:13 out-of-range"},
        {R"("announce":{"interval":200})", "error 2:13 bad-duration"},
        {R"("announce":{"interval":"200"})", "error 2:13 bad-duration"},
        {R"("announce":{"interval":"0s"})", "error 2:13 out-of-range"},
        {R"("bridge":{"attempts":"3"})", "error 2:11 wrong-type"},
        {R"("bridge":{"reply_timeout":"25h"})", "error 2:11 out-of-range"},
        {R"("start_failure":"stay")", "error 2:1 bad-value"},
        {R"("stop_attempts":-1)", "error 2:1 out-of-range"},
        {R"("stop_retry_delay":"2 s")", "error 2:1 bad-duration"},
        {R"("carrier_policy":"off")", "error 2:1 wrong-type"},
        {R"("ping_tie_break":1)", "error 2:1 wrong-type"},
        {R"("bridge":{"watch":1})", "error 2:11 wrong-type"},
        {R"("start_retry_max":"0s")", "error 2:1 out-of-range"},
        {R"("stop_timeout":20)", "error 2:1 bad-duration"},
        {R"("bindings":[])", "error 2:1 wrong-type"},
        {R"("bindings":{"a":1})", "error 2:13 wrong-type"},
        {R"("bindings":{"a":{}})", "error 2:13 missing-key"},
        {R"("bindings":{"a":{"kind":"address"}})", "error 2:18 bad-value"},
        {R"("bindings":{"a":{"kind":"systemd_unit"}})", "error 2:13 missing-key"},
        {R"("bindings":{"a":{"kind":"script","name":"x"}})", "error 2:34 misplaced-key"},
        {R"("bindings":{"a":{"kind":"script","networks":[]}})", "error 2:34 misplaced-key"},
        {R"("bindings":{"a":{"kind":"ocf_agent","name":"IPaddr2"}})", "error 2:37 bad-value"},
        {R"("bindings":{"a":{"kind":"source_fixup","networks":["10.0.0.0"]}})",
         "error 2:52 bad-network"},
        {R"("bindings":{"a":{"kind":"ocf_agent","name":"ocf:a:b","parameters":{"p":1}}})",
         "error 2:68 wrong-type"},
        {R"("bindings":{"IPaddr2":{"kind":"script"}})", "error 2:13 bad-binding"},
        {R"("bindings":{"a::b":{"kind":"script"}})", "error 2:13 bad-binding"},
        {R"("stop_attempts":1,"stop_attempts":2)", "error 2:19 repeated-key"},
        {R"("format":"understudy-settings/1")", "error 2:1 repeated-key"},
    };
    for (const auto& [member, finding] : table) {
        CAPTURE(member);
        CHECK(summary(with(member).findings) == Strings{finding});
    }
    CHECK(summary(parse("{}").findings) == Strings{"error 1:1 missing-key"});
    CHECK(summary(parse("[]").findings) == Strings{"error 1:1 wrong-type"});
    CHECK(summary(parse(R"({"format":"understudy/2"})").findings) ==
          Strings{"error 1:2 bad-value"});
}

TEST_CASE("understudy.json: all errors at once", "[config][settings]") {
    CHECK(with("\"stop_attempts\":0,\n\"bridge\":{\"atempts\":1},\n\"carrier_policy\":1")
              .findings.size() == 3);
}

TEST_CASE("understudy.json: the native dialect", "[config][settings][native]") {
    const auto good = with(R"("dialect":"native","tie_break":"first_node","preempt_delay":"7s",
        "failure_timeout":"1min",
        "placement":{"order":["c","a"],"group_order":{"10.0.0.1":["b"]},"capacity":2})");
    REQUIRE(good.ok());
    const NativeSettings& native = good.value.native;
    CHECK(native.dialect == Dialect::native);
    CHECK(native.tie_break == TieBreak::first_node);
    CHECK((native.preempt_delay == 7s));
    CHECK((native.failure_timeout == 60s));
    CHECK(native.order == Strings{"c", "a"});
    CHECK(native.group_order.at("10.0.0.1") == Strings{"b"});
    CHECK(native.capacity == 2);
    CHECK(parse(settings_to_json(good.value)).value == good.value);
    CHECK(with("\"dialect\":\"r1\"").findings.at(0).expected == "one of \"auto\", \"native\"");
    CHECK(with("\"tie_break\":1").findings.at(0).rule == "bad-value");
    CHECK(with("\"preempt_delay\":5").findings.at(0).rule == "bad-duration");
    CHECK(with("\"placement\":[]").findings.at(0).rule == "wrong-type");
    CHECK(with("\"placement\":{\"order\":\"a\"}").findings.at(0).rule == "wrong-type");
    CHECK(with("\"placement\":{\"order\":[1]}").findings.at(0).rule == "wrong-type");
    CHECK(with("\"placement\":{\"order\":[\"a\",\"a\"]}").findings.at(0).rule == "repeated-node");
    CHECK(with("\"placement\":{\"group_order\":[]}").findings.at(0).rule == "wrong-type");
    CHECK(with("\"placement\":{\"capacity\":-1}").findings.at(0).rule == "out-of-range");
    CHECK(with("\"placement\":{\"spares\":1}").findings.at(0).rule == "unknown-key");
}

TEST_CASE("understudy.json: what is no JSON has a position, and nothing throws",
          "[config][settings]") {
    CHECK(summary(parse("{\n  \"format\": \n}").findings) == Strings{"error 3:1 bad-json"});
    CHECK(summary(parse("").findings) == Strings{"error 1:1 bad-json"});
    CHECK_FALSE(parse("{\"format\":\"\xff\"}").ok());
    CHECK_FALSE(parse(std::string("{\"a\":1}\0", 8)).ok());
    CHECK(summary(parse(std::string(100000, '[')).findings) == Strings{"error 0:0 too-deep"});
    CHECK_FALSE(parse(R"({"format":1e999})").ok());
    CHECK_FALSE(parse(R"({"a/b~":1,"format":"understudy-settings/1"})").ok());
    CHECK(parse(R"({"a/b~":1,"format":"understudy-settings/1"})").findings.at(0).found ==
          "/a~1b~0: unknown key \"a/b~\"");
}

TEST_CASE("Durations with units are exact and always have a unit", "[config][settings]") {
    const std::vector<std::pair<std::string, std::optional<Duration>>> table{
        {"200ms", 200ms},    {"2s", 2s},
        {"0.2s", 200ms},     {"1.5s", 1500ms},
        {"250us", 250us},    {"7ns", 7ns},
        {"2min", 120s},      {"1h", 1h},
        {"0s", 0s},          {"0.000000001s", 1ns},
        {"1.50ms", 1500us},  {"200", {}},
        {"ms", {}},          {"1.s", {}},
        {".5s", {}},         {"1.2.3s", {}},
        {"-1s", {}},         {"1 s", {}},
        {"1S", {}},          {"0.5ns", {}},
        {"1e3s", {}},        {"", {}},
        {"2147483648s", {}}, {"0.0000000001s", {}},
        {"2147483647h", {}},
    };
    for (const auto& [word, expected] : table) {
        CAPTURE(word);
        CHECK((parse_unit_duration(word) == expected));
    }
}

TEST_CASE("The simulator binds the two known scripts unless told otherwise", "[config][settings]") {
    Settings settings;
    settings.bindings["fonulator"].kind = BindingKind::script;
    add_default_bindings(settings, simulator_default_bindings());
    CHECK(settings.bindings.at("fonulator").kind == BindingKind::script);
    CHECK(settings.bindings.at("fixrouting").kind == BindingKind::source_fixup);
    CHECK(simulator_default_bindings().at("fonulator").kind == BindingKind::bridge_switch);
}
