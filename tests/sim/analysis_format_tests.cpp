// SPDX-License-Identifier: GPL-2.0-or-later
// An analysis as text, as JSON against its published schema, and as DOT against the language's
// grammar (the part of it that is written).
#include "analysis/analysis_report.hpp"

#include "analysis_support.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "report/page.hpp"

using namespace sim;
using namespace sim::analysis;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

bool schema_accepts(const json& document) {
    std::ifstream stream(std::string(SOURCE_DIR) + "/scenarios/schema/failover-analysis-1.json");
    const json text = json::parse(stream);
    valijson::Schema schema;
    valijson::SchemaParser parser;
    const valijson::adapters::NlohmannJsonAdapter adapter(text);
    parser.populateSchema(adapter, schema);
    valijson::Validator validator;
    const valijson::adapters::NlohmannJsonAdapter target(document);
    valijson::ValidationResults results;
    const bool valid = validator.validate(schema, target, &results);
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
        std::string where;
        for (const std::string& part : error.context) {
            where += part;
        }
        UNSCOPED_INFO(where + ": " + error.description);
    }
    return valid;
}

Simulated some_run() {
    Simulated simulated;
    simulated.how = "power.off fb1";
    simulated.seeds = {1, 2};
    simulated.looked = 35s;
    SimulatedDirection seen;
    seen.direction = "outward";
    seen.runs = 2;
    seen.never = 2;
    simulated.directions = {seen};
    simulated.served_at_end = {"asterisk1"};
    return simulated;
}

/// A reader of the DOT that we write: graph { statement; … }, every name quoted. Throws on anything
/// else.
class Dot {
  public:
    explicit Dot(std::string text) : m_text(std::move(text)) {
        expect("graph");
        (void)quoted();
        expect("{");
        while (!take("}")) {
            statement();
            expect(";");
        }
        blanks();
        if (m_at != m_text.size()) {
            wrong("the end");
        }
    }
    std::map<std::string, std::map<std::string, std::string>> nodes;
    std::vector<std::pair<std::string, std::string>> edges;
    std::map<std::string, std::string> graph;

  private:
    [[noreturn]] void wrong(const std::string& expected) const {
        throw std::runtime_error("expected " + expected + " at: " + m_text.substr(m_at, 40));
    }
    void blanks() {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\n')) {
            ++m_at;
        }
    }
    bool take(const std::string& token) {
        blanks();
        if (m_text.compare(m_at, token.size(), token) != 0) {
            return false;
        }
        m_at += token.size();
        return true;
    }
    void expect(const std::string& token) {
        if (!take(token)) {
            wrong(token);
        }
    }
    std::string quoted() {
        expect("\"");
        std::string text;
        while (m_at < m_text.size() && m_text[m_at] != '"') {
            if (m_text[m_at] == '\n') {
                wrong("no bare line end in a string");
            }
            if (m_text[m_at] == '\\') {
                ++m_at;
                text += m_text[m_at] == 'n' ? '\n' : m_text[m_at];
            } else {
                text += m_text[m_at];
            }
            ++m_at;
        }
        expect("\"");
        return text;
    }
    std::string word() {
        blanks();
        std::string text;
        while (m_at < m_text.size() &&
               (std::isalnum(static_cast<unsigned char>(m_text[m_at])) != 0 ||
                m_text[m_at] == '_' || m_text[m_at] == '.')) {
            text += m_text[m_at++];
        }
        if (text.empty()) {
            wrong("a word");
        }
        return text;
    }
    std::map<std::string, std::string> attributes() {
        std::map<std::string, std::string> found;
        if (!take("[")) {
            return found;
        }
        do {
            const std::string name = word();
            expect("=");
            blanks();
            const std::string value = m_text[m_at] == '"' ? quoted() : word();
            if (!found.emplace(name, value).second) {
                wrong("each attribute once");
            }
        } while (take(","));
        expect("]");
        return found;
    }
    void statement() {
        blanks();
        if (m_text[m_at] != '"') {
            const std::string name = word();  // "node [..]", "edge [..]" or "label=.."
            if (take("=")) {
                graph[name] = quoted();
            } else if (name == "node" || name == "edge") {
                (void)attributes();
            } else {
                wrong("node, edge or an attribute");
            }
            return;
        }
        const std::string from = quoted();
        if (take("--")) {
            edges.emplace_back(from, quoted());
            (void)attributes();
        } else if (!nodes.emplace(from, attributes()).second) {
            wrong("each node once");
        }
    }

    std::string m_text;
    std::size_t m_at = 0;
};

}  // namespace

TEST_CASE("Analysis JSON: the call centre's is as its schema says", "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    Analysis analysis = analyze(scenario, model);
    CHECK(schema_accepts(json::parse(analysis_to_json(model, analysis))));

    analysis.singles[0].simulated = some_run();
    analysis.singles[0].comparison.agreement = Agreement::unexplained;
    analysis.singles[0].comparison.notes = {"because"};
    analysis.singles[1].simulated = Simulated{};
    analysis.singles[1].simulated->not_simulated = "refused";
    json document = json::parse(analysis_to_json(model, analysis));
    CHECK(schema_accepts(document));
    CHECK(document["singles"][0]["simulated"]["directions"][0]["never"] == 2);
    CHECK(document["singles"][0]["agreement"] == "unexplained");

    document["singles"][0]["impact"] = "huge";
    CHECK_FALSE(schema_accepts(document));
}

TEST_CASE("Analysis JSON: every rule that is found is one of the schema's", "[sim][analysis]") {
    Scenario scenario = call_centre();
    for (auto& [member, files] : scenario.cluster.files) {
        files.ha.links[0].device = "eth7";
        std::erase_if(files.resources.groups.at(0).resources,
                      [](const auto& word) { return word.script == "fonulator"; });
        files.ha.ping_targets.push_back({"10.10.10.1", {"10.10.10.1"}, false, false, {}});
    }
    for (InterfaceSpec& interface : node(scenario, "asterisk2").interfaces) {
        interface.addresses.clear();
    }
    node(scenario, "asterisk2").power = "psu1";
    const SystemModel model(scenario);
    CHECK(model.findings().size() > 7);
    CHECK(schema_accepts(json::parse(analysis_to_json(model, analyze(scenario, model)))));
}

TEST_CASE("Analysis text: the verdict names foneBRIDGE, switch, PRI and the heartbeat path",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const std::string text = text_report(model, analyze(scenario, model));
    const auto holds = [&](const char* part) { return text.find(part) != std::string::npos; };
    CAPTURE(text);
    CHECK(holds("NO CALL after one failure of: tdmsw (switch), fb1 (foneBRIDGE)"));
    CHECK(holds("NO OUTWARD OR INWARD CALL after one failure of: telco (telco), pri (T1 line)"));
    CHECK(holds("\"bcast eth0\" of ha.cf: asterisk1 – lan1 – sw1 – lan2 – asterisk2"));
    CHECK(holds("Every single failure (22)"));
    CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("Analysis text: no line is wider than the page, with and without pairs and colour",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    Analysis analysis = analyze(scenario, model);
    for (FailureResult& result : analysis.singles) {
        result.simulated = some_run();
        result.comparison = compare(model, result.outlook, *result.simulated);
    }
    for (const bool color : {false, true}) {
        std::istringstream lines(text_report(model, analysis, {color, true}));
        for (std::string line; std::getline(lines, line);) {
            CAPTURE(line);
            CHECK(columns_of(line) <= page_width);
        }
    }
}

TEST_CASE("Analysis DOT: is one graph, quoted, with a node for each end of each edge",
          "[sim][analysis]") {
    Scenario scenario = call_centre();
    scenario.title = "a \"quoted\" title \\ with\ntwo lines";
    const SystemModel model(scenario);
    const Dot dot(analysis_to_dot(scenario, model, analyze(scenario, model)));
    CHECK(dot.graph.at("label") == scenario.title);
    for (const NodeSpec& node : scenario.topology.nodes) {
        CHECK(dot.nodes.count("node/" + node.id) == 1);
    }
    CHECK(dot.edges.size() > scenario.topology.links.size());
    for (const auto& [from, to] : dot.edges) {
        CHECK(dot.nodes.count(from) == 1);
        CHECK(dot.nodes.count(to) == 1);
    }
    CHECK(dot.nodes.at("node/fb1").at("label").find("ends all calls") != std::string::npos);
    CHECK(dot.nodes.at("node/sw1").at("label").find("ends") == std::string::npos);
}

TEST_CASE("Analysis: the same scenario gives the same bytes", "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const SystemModel again(scenario);
    CHECK(analysis_to_json(model, analyze(scenario, model)) ==
          analysis_to_json(again, analyze(scenario, again)));
}
