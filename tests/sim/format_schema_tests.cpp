// SPDX-License-Identifier: GPL-2.0-or-later
// The published schemas say the same as the reader, as far as a schema can: everything but
// references between parts.
#include "support/catch.hpp"

#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "format_samples.hpp"
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
    for (const char* name : {"primary-power",
                             "primary-power-script",
                             "primary-power-failback-on",
                             "primary-power-lost-reply"}) {
        CAPTURE(name);
        CHECK(scenario_schema().accepts(read_json(std::string("call-centre/") + name + ".json")));
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
}
