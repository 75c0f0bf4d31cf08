// SPDX-License-Identifier: GPL-2.0-or-later
// The published schemas say the same as the reader, as far as a schema can: everything but
// references between parts.
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "format_samples.hpp"
#include "report/comparison.hpp"
#include "report/result_json.hpp"
#include "report/summary.hpp"

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

json read_json(const std::string& path) {
    std::ifstream stream(std::string(SOURCE_DIR) + "/scenarios/" + path);
    return json::parse(stream);
}

class PublishedSchema {
  public:
    explicit PublishedSchema(const std::string& name)
        : m_text(read_json("schema/" + name + ".json")) {
        const valijson::adapters::NlohmannJsonAdapter adapter(m_text);
        valijson::SchemaParser parser;
        parser.populateSchema(adapter, m_schema);
    }
    [[nodiscard]] bool accepts(const json& document) const {
        const valijson::adapters::NlohmannJsonAdapter adapter(document);
        valijson::Validator validator;
        return validator.validate(m_schema, adapter, nullptr);
    }

  private:
    json m_text;
    valijson::Schema m_schema;
};

const PublishedSchema& scenario_schema() {
    static const PublishedSchema schema("failover-scenario-1");
    return schema;
}

bool reader_accepts(const json& document) {
    return sim::read_scenario_text("s.json", document.dump()).scenario.has_value();
}

json with(const char* op, const std::string& pointer, const json& value = {}) {
    return json::parse(sample::scenario_text)
        .patch(json::array({{{"op", op}, {"path", pointer}, {"value", value}}}));
}

}  // namespace

TEST_CASE("Schema: the shipped scenarios are valid, those that extend others by their outline",
          "[sim][scenario]") {
    const std::filesystem::path folder = std::string(SOURCE_DIR) + "/scenarios/call-centre";
    int seen = 0;
    for (const char* place : {"call-centre", "call-centre/base"}) {
        for (const auto& file : std::filesystem::directory_iterator(folder.parent_path() / place)) {
            if (file.path().extension() == ".json") {
                CAPTURE(file.path().filename().string());
                ++seen;
                CHECK(scenario_schema().accepts(
                    read_json(place + ('/' + file.path().filename().string()))));
            }
        }
    }
    CHECK(seen >= 25);
}

namespace {

/// The sample with a serial line and a ups, and one more entry in its timeline.
json with_fault(const json& keys) {
    json document = json::parse(sample::scenario_text);
    auto& nodes = document["topology"]["nodes"];
    nodes[0]["interfaces"].push_back({{"id", "ttyS0"}, {"kind", "serial"}});
    nodes[1]["interfaces"].push_back({{"id", "ttyS0"}, {"kind", "serial"}});
    nodes.push_back({{"id", "ups"}, {"kind", "ups"}, {"backup", "60s"}});
    document["topology"]["links"].push_back(
        {{"id", "null-modem"}, {"kind", "serial"}, {"ends", {"a:ttyS0", "b:ttyS0"}}});
    json entry = {{"id", "f"}, {"at", "9s"}};
    entry.update(keys);
    document["timeline"].push_back(std::move(entry));
    return document;
}

/// One good entry of each verb, as in docs/scenario-format.md.
const std::vector<const char*> every_verb{
    R"~({"fault": "power.off", "target": "ups", "for": "5s"})~",
    R"~({"fault": "power.on", "target": "a", "boot": "30s"})~",
    R"~({"fault": "switch.off", "target": "sw", "for": "1s"})~",
    R"~({"fault": "switch.on", "target": "sw"})~",
    R"~({"fault": "bridge.off", "target": "fb", "for": "1s"})~",
    R"~({"fault": "bridge.on", "target": "fb"})~",
    R"~({"fault": "ups.fail", "target": "ups", "for": "1s"})~",
    R"~({"fault": "ups.repair", "target": "ups", "boot": "0s"})~",
    R"~({"fault": "node.crash", "target": "vip-owner", "for": "1s"})~",
    R"~({"fault": "node.freeze", "target": "random(members)", "for": "3s"})~",
    R"~({"fault": "node.thaw", "target": "a"})~",
    R"~({"fault": "node.cpu_starve", "target": "a", "slowdown": 20, "stall": "300ms", "period": "1s", "for": "9s"})~",
    R"~({"fault": "node.cpu_recover", "target": "a"})~",
    R"~({"fault": "process.kill", "target": "active-node", "process": "asterisk"})~",
    R"~({"fault": "process.kill", "target": "a", "process": "heartbeat", "restart": "2s"})~",
    R"~({"fault": "process.hang", "target": "a", "process": "asterisk", "for": "2s"})~",
    R"~({"fault": "process.resume", "target": "a", "process": "asterisk"})~",
    R"~({"fault": "link.down", "target": "random(la, pri)", "for": "2s"})~",
    R"~({"fault": "link.up", "target": "null-modem"})~",
    R"~({"fault": "link.flap", "target": "la", "down": "100ms", "up": "2s", "times": 3})~",
    R"~({"fault": "link.impair", "target": "random(links)", "loss": 0.2, "burst": "1s", "for": "2s"})~",
    R"~({"fault": "link.impair", "target": "la", "from": "a", "duplicate": 0.1, "reorder": 0.1, "corrupt": 0.1, "delay": "1ms", "jitter": "1ms", "rate": "1Mbps"})~",
    R"~({"fault": "link.restore", "target": "la"})~",
    R"~({"fault": "partition", "groups": [["a"], ["b", "fb"]], "one_way": true, "for": "5s"})~",
    R"~({"fault": "partition.heal"})~",
    R"~({"fault": "serial.unplug", "target": "null-modem", "for": "1s"})~",
    R"~({"fault": "serial.plug", "target": "null-modem"})~",
    R"~({"fault": "serial.noise", "target": "null-modem", "probability": 0.5, "for": "1s"})~",
    R"~({"fault": "serial.quiet", "target": "null-modem"})~",
    R"~({"fault": "switch.reboot", "target": "sw", "takes": "20s"})~",
    R"~({"fault": "switch.arp_stale", "target": "sw", "for": "1s"})~",
    R"~({"fault": "switch.arp_fresh", "target": "sw"})~",
    R"~({"fault": "bridge.reboot", "target": "fb"})~",
    R"~({"fault": "bridge.lose_reply", "target": "fb", "number": 3})~",
    R"~({"fault": "span.alarm", "target": "pri", "alarm": "yellow", "seen_by": "telco", "for": "1s"})~",
    R"~({"fault": "span.clear", "target": "pri"})~",
    R"~({"fault": "resource.start_fail", "target": "standby", "resource": "asterisk", "times": 2, "for": "1s"})~",
    R"~({"fault": "resource.start_slow", "target": "b", "resource": "asterisk", "takes": "60s"})~",
    R"~({"fault": "resource.start_slow", "target": "b", "resource": "asterisk", "factor": 2.5, "for": "1s"})~",
    R"~({"fault": "resource.stop_hang", "target": "b", "resource": "asterisk", "for": "1s"})~",
    R"~({"fault": "resource.stop_fail", "target": "b", "resource": "asterisk", "for": "1s"})~",
    R"~({"fault": "resource.heal", "target": "b", "resource": "asterisk"})~",
    R"~({"fault": "clock.step", "target": "a", "by": "-30s"})~",
    R"~({"fault": "clock.drift", "target": "a", "ppm": -50, "for": "1s"})~",
    R"~({"fault": "disk.full", "target": "a", "for": "1s"})~",
    R"~({"fault": "disk.free", "target": "a"})~",
    R"~({"fault": "disk.fail", "target": "a"})~",
    R"~({"fault": "upstream.down", "target": "telco", "for": "1s"})~",
    R"~({"fault": "upstream.up", "target": "telco"})~",
    R"~({"fault": "operator.standby", "target": "a", "scope": "local"})~",
    R"~({"fault": "operator.takeover", "target": "b"})~",
    R"~({"fault": "operator.promote", "target": "b", "scope": "all"})~",
    R"~({"fault": "operator.stop", "target": "b"})~",
    R"~({"fault": "config.reload", "target": "a"})~",
    R"~({"fault": "config.reload", "target": "a", "authkeys": "new/authkeys"})~",
};

json with_soak(const json& keys) {
    json document = json::parse(sample::scenario_text);
    document["soak"] = {{"from", "15s"},
                        {"until", "55s"},
                        {"every", {{"dist", "exponential"}, {"mean", "5s"}}},
                        {"faults", json::array()}};
    json choice = {{"fault", "link.down"},
                   {"target", "random(links)"},
                   {"for", {{"dist", "uniform"}, {"min", "1s"}, {"max", "9s"}}}};
    choice.update(keys);
    document["soak"]["faults"].push_back(std::move(choice));
    return document;
}

}  // namespace

TEST_CASE("Schema and reader know the same verbs with the same keys", "[sim][scenario]") {
    for (const char* text : every_verb) {
        CAPTURE(text);
        const json good = json::parse(text);
        CHECK(scenario_schema().accepts(with_fault(good)));
        const auto read = sim::read_scenario_text("s.json", with_fault(good).dump());
        for (const auto& error : read.errors) {
            UNSCOPED_INFO(sim::to_string(error));
        }
        REQUIRE(read.scenario);
        const auto& entry = *std::find_if(read.scenario->timeline.begin(),
                                          read.scenario->timeline.end(),
                                          [](const auto& e) { return e.id == "f"; });
        CHECK(entry.verb == good.at("fault"));
        CHECK(entry.outage.has_value() == good.contains("for"));

        json unknown = good;
        unknown["colour"] = "red";
        CHECK_FALSE(scenario_schema().accepts(with_fault(unknown)));
        CHECK_FALSE(reader_accepts(with_fault(unknown)));
        json with_for = good;
        with_for["for"] = "1s";
        CHECK(scenario_schema().accepts(with_fault(with_for)) ==
              reader_accepts(with_fault(with_for)));
        for (const auto& [key, value] : good.items()) {
            json without = good;
            without.erase(key);
            CAPTURE(key);
            CHECK(scenario_schema().accepts(with_fault(without)) ==
                  reader_accepts(with_fault(without)));
            json wrong = good;
            wrong[key] = json::array({json::array()});
            CHECK_FALSE(scenario_schema().accepts(with_fault(wrong)));
            CHECK_FALSE(reader_accepts(with_fault(wrong)));
        }
    }
}

TEST_CASE("Schema and reader accept the same good documents", "[sim][scenario]") {
    const std::vector<json> good{
        json::parse(sample::scenario_text),
        with("add", "/x-note", 5),
        with("add", "/topology/nodes/0/x-rack", "r1"),
        with("add", "/tags", json::array({"a"})),
        with("add", "/seeds", {{"campaign", 7}}),
        with("add", "/probes", {{"interval", "50ms"}}),
        with("replace",
             "/profiles/pbx/start",
             {{"dist", "triangular"}, {"min", "1s"}, {"mode", "2s"}, {"max", "3s"}}),
        with("replace",
             "/profiles/pbx/start",
             {{"dist", "lognormal"}, {"median", "1s"}, {"sigma", 0.5}}),
        with("replace", "/profiles/pbx/start", {{"dist", "empirical"}, {"values", {"1s", "2.5s"}}}),
        with("add", "/cluster/implementation", "heartbeat-3.0.6"),
        with("add", "/cluster/accept_lint", json::array({{{"rule", "r"}, {"reason", "why"}}})),
        with("add",
             "/invariants",
             {{"off", json::array({{{"name", "start-order"}, {"reason", "why"}}})}}),
        with("add",
             "/timeline/-",
             {{"id", "s"},
              {"at", "9s"},
              {"fault", "operator.standby"},
              {"target", "active-node"},
              {"scope", "local"}}),
        with("add",
             "/timeline/-",
             {{"id", "l"},
              {"at", "9s"},
              {"fault", "bridge.lose_reply"},
              {"target", "fb"},
              {"number", 3}}),
        with("add",
             "/timeline/-",
             {{"id", "k"},
              {"at", "9s"},
              {"fault", "process.kill"},
              {"target", "a"},
              {"process", "heartbeat"}}),
        with("add",
             "/timeline/-",
             {{"id", "p"}, {"at", "9s"}, {"fault", "power.on"}, {"target", "a"}, {"boot", "30s"}}),
        with("add",
             "/expect/-",
             {{"id", "r"}, {"kind", "success-ratio"}, {"workload", "calls"}, {"min", 0.99}}),
        with("add", "/expect/-", {{"id", "m"}, {"kind", "report"}, {"metric", "calls-dropped"}}),
        with("add",
             "/expect/-",
             {{"id", "m"},
              {"kind", "metric"},
              {"metric", "calls-dropped"},
              {"max", 0},
              {"implementation", "understudyd"}}),
        with("add",
             "/expect/-",
             {{"id", "c"},
              {"kind", "cut-off"},
              {"from", "cut"},
              {"direction", "inward"},
              {"max", "5s"},
              {"quantile", 0.5},
              {"known_bad", true}}),
        with("add", "/expect/-", {{"id", "n"}, {"kind", "no-interruption"}, {"from", "cut"}}),
        with("add", "/expect/-", {{"id", "n"}, {"kind", "restored"}}),
        with("add", "/expect/-", {{"id", "o"}, {"kind", "two-owners"}, {"max", "0s"}}),
        with("add", "/timeline/0/implementation", "heartbeat-3.0.6"),
        with("add",
             "/invariants",
             {{"off",
               json::array({{{"name", "start-order"},
                             {"reason", "why"},
                             {"implementation", "heartbeat-3.0.6"}}})}}),
        with("add",
             "/timeline/-",
             {{"id", "l"},
              {"after", {{"event", "peer-dead"}, {"node", "b"}, {"delay", "1s"}}},
              {"fault", "disk.full"},
              {"target", "standby"}}),
        with("add",
             "/timeline/-",
             {{"id", "l"},
              {"after", {{"event", "cut/revert"}}},
              {"check", "recovered"},
              {"require", {"vip-owner:a"}}}),
        with_soak(json::object()),
        with_soak({{"weight", 2.5}}),
    };
    for (const json& document : good) {
        CAPTURE(document.dump());
        CHECK(scenario_schema().accepts(document));
        CHECK(reader_accepts(document));
    }
}

TEST_CASE("Schema and reader refuse the same bad documents", "[sim][scenario]") {
    const std::vector<json> bad{
        json::array(),
        json(5),
        with("replace", "/format", "failover-scenario/2"),
        with("remove", "/stop_at"),
        with("remove", "/topology"),
        with("remove", "/timeline"),
        with("add", "/sweep", json::object()),
        with("replace", "/stop_at", 60),
        with("replace", "/stop_at", "60"),
        with("replace", "/id", "a b"),
        with("replace", "/topology/nodes/0/kind", "sever"),
        with("add", "/topology/nodes/0/ports", 3),
        with("replace", "/topology/nodes/2/ports", 0),
        with("replace", "/topology/nodes/2/ports", "4"),
        with("remove", "/topology/nodes/3/interfaces"),
        with("add", "/topology/links/3/rate", "1Mbps"),
        with("replace", "/topology/links/0/ends", json::array({"a:eth0"})),
        with("replace", "/topology/links/1/loss", 2),
        with("remove", "/topology/links/1/id"),
        with("replace", "/profiles/pbx/start", {{"dist", "uniform"}, {"min", "5s"}}),
        with("replace", "/profiles/pbx/start", {{"dist", "uniform"}, {"min", 5}, {"max", "6s"}}),
        with("add", "/profiles/pbx/start/mode", "6s"),
        with("replace", "/cluster/members", json::array()),
        with("add", "/cluster/kind", "heartbeat-v1"),
        with("remove", "/cluster/resources/asterisk/bridge"),
        with("replace", "/workload/0/kind", "sip-calls"),
        with("replace", "/workload/1/rate_per_hour", "60"),
        with("add", "/timeline/1/check", "recovered"),
        with("replace", "/timeline/1/fault", "link.up"),  // with "for"
        with("replace", "/timeline/0/require", json::array()),
        with("replace", "/timeline/0/require/0", "owner:a"),
        with("remove", "/expect/0/max"),
        with("replace", "/expect/1/quantile", 1),
        with("add", "/expect/3/quantile", 0.5),
        with("replace", "/expect/3/name", "no-owner"),
        with("remove", "/expect/4/equals"),
        with("add", "/expect/0/severity", "fatal"),
        with("add", "/invariants", {{"off", json::array({{{"name", "start-order"}}})}}),
        with("add", "/timeline/1/after", {{"event", "peer-dead"}}),  // with "at"
        with("remove", "/timeline/1/at"),
        with("replace", "/timeline/1/target", "random()"),
        with("add", "/expect/3/known_bad", 1),
        with("add",
             "/expect/-",
             {{"id", "m"}, {"kind", "report"}, {"metric", "x"}, {"known_bad", true}}),
        with("add", "/expect/-", {{"id", "m"}, {"kind", "metric"}, {"metric", "x"}}),
        with("add", "/expect/-", {{"id", "o"}, {"kind", "two-owners"}}),
        with(
            "add", "/expect/-", {{"id", "c"}, {"kind", "cut-off"}, {"from", "cut"}, {"max", "5s"}}),
        with_fault(json::parse(R"({"fault": "link.impair", "target": "la"})")),
        with_fault(json::parse(
            R"({"fault": "link.impair", "target": "la", "delay": "1s", "burst": "1s"})")),
        with_fault(json::parse(R"({"fault": "resource.start_slow", "target": "a", "resource": "x",
                                   "takes": "1s", "factor": 2})")),
        with_fault(json::parse(
            R"({"fault": "process.kill", "target": "a", "process": "asterisk", "restart": "1s"})")),
        with_fault(json::parse(R"({"fault": "clock.step", "target": "a", "by": "--1s"})")),
        with_fault(json::parse(R"({"fault": "partition", "groups": [["a"]]})")),
        with_soak({{"for", "5s"}}),
        with_soak({{"for", nullptr}}),
        with_soak({{"id", "x"}}),
        with_soak({{"fault", "link.up"}}),  // with "for"
        with("add", "/soak", {{"from", "1s"}}),
    };
    for (const json& document : bad) {
        CAPTURE(document.dump());
        CHECK_FALSE(scenario_schema().accepts(document));
        CHECK_FALSE(reader_accepts(document));
    }
}

TEST_CASE("Schema: results and summaries are what they publish", "[sim][report]") {
    sim::RunResult run = sample::result();
    const PublishedSchema result_schema("failover-result-1");
    CHECK(result_schema.accepts(json::parse(sim::result_to_json(sample::scenario(), run))));
    run.invariants[0].first_at = 3s;
    run.calls_lost = sim::LossComparison{10s, {3, 1}, {7, 20}};
    run.calls = sim::CallsOverTime{20s, {4, 2}, {0, 1}, {0, 3}};
    run.lanes = {{"a", "node", "", {{0s, "up"}, {10s, "off"}}}};
    run.rules = {{"b", "carrier", "keeps", 10s, 30s}};
    CHECK(result_schema.accepts(json::parse(sim::result_to_json(sample::scenario(), run))));
    json broken = json::parse(sim::result_to_json(sample::scenario(), run));
    broken["episodes"][0]["directions"][0]["longest_ns"] = 1.5;
    CHECK_FALSE(result_schema.accepts(broken));

    const PublishedSchema summary_schema("failover-summary-1");
    const std::vector<sim::RunResult> runs{sample::result(1), sample::result(2)};
    json summary =
        json::parse(sim::summary_to_json(sim::summarize(sample::scenario(), runs, 1, 2)));
    CHECK(summary_schema.accepts(summary));
    summary["phases"].erase("total");
    CHECK_FALSE(summary_schema.accepts(summary));

    const PublishedSchema comparison_schema("failover-comparison-1");
    const sim::Scenario scenario = sample::scenario();
    json comparison = json::parse(sim::comparison_to_json(sim::compare({&scenario}, {&run})));
    CHECK(comparison_schema.accepts(comparison));
    comparison["rows"][0]["measure"] = "taste";
    CHECK_FALSE(comparison_schema.accepts(comparison));
}
