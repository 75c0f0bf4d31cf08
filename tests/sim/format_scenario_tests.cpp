// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "format_samples.hpp"
#include "scenario/json_document.hpp"

using namespace std::chrono_literals;
using sim::Json;

namespace {

/// The sample with one value changed by a JSON patch operation ("replace", "add", "remove").
std::string changed(const char* op, const std::string& pointer, const Json& value = {}) {
    const Json patch = Json::array({{{"op", op}, {"path", pointer}, {"value", value}}});
    return Json::parse(sample::scenario_text).patch(patch).dump(1);
}

/// The only error of a text; fails when there is none or more.
sim::ScenarioError only_error(const std::string& text) {
    const auto read = sim::read_scenario_text("s.json", text);
    for (const auto& error : read.errors) {
        UNSCOPED_INFO(sim::to_string(error));
    }
    REQUIRE(read.errors.size() == 1);
    CHECK_FALSE(read.scenario.has_value());
    return read.errors.front();
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A folder that goes with the test.
class Folder {
  public:
    Folder()
        : m_path(std::filesystem::temp_directory_path() /
                 ("understudy-format-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(m_path);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(m_path); }
    std::string write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((m_path / name).parent_path());
        std::ofstream(m_path / name) << text;
        return (m_path / name).string();
    }

  private:
    std::filesystem::path m_path;
};

}  // namespace

TEST_CASE("Scenario: the sample reads with its defaults", "[sim][scenario]") {
    const sim::Scenario scenario = sample::scenario();
    CHECK(scenario.stop_at == sim::Duration(60s));
    CHECK(scenario.campaign_seed == 1);
    CHECK(scenario.topology.node("fb")->spans == 4);
    CHECK(scenario.topology.link("la")->bits_per_second == 1'000'000'000U);
    CHECK(scenario.topology.link("la")->delay == sim::Duration(50us));
    CHECK(scenario.topology.link("pri")->type == sim::LinkType::t1);
    CHECK(scenario.probes.outward);
    CHECK(scenario.probes.inward);
    CHECK(scenario.probes.station_to_station);
    CHECK(scenario.probes.interval == sim::Duration(100ms));
    REQUIRE(scenario.timeline.size() == 2);
    CHECK_FALSE(scenario.timeline[0].opens_episode);
    CHECK(scenario.timeline[1].outage == sim::Duration(20s));
    const auto& check = std::get<sim::Check>(scenario.timeline[0].what);
    CHECK(check.require[1].bridge == "fb");
    CHECK(check.require[2].at_least == 1);
    CHECK(scenario.expect[1].severity == sim::ExpectationSeverity::warn);
    CHECK(scenario.expect[1].quantile == 0.5);
}

TEST_CASE("Scenario: directions follow from what hangs on the bridge", "[sim][scenario]") {
    Json value = Json::parse(sample::scenario_text);
    value["topology"]["links"].erase(3);  // the line to the telco
    value["workload"].erase(1);
    const auto read = sim::read_scenario_text("s.json", value.dump());
    REQUIRE(read.scenario);
    CHECK_FALSE(read.scenario->probes.outward);
    CHECK_FALSE(read.scenario->probes.inward);
    CHECK(read.scenario->probes.station_to_station);
}

TEST_CASE("Scenario: a bare number for a duration says what it should be", "[sim][scenario]") {
    const auto error = only_error(changed("replace", "/timeline/1/at", 5));
    CHECK(error.pointer == "/timeline/1/at");
    CHECK(error.found == "5");
    CHECK(error.expected == "a string with a unit such as \"5s\"");
    CHECK(error.line > 0);
    CHECK(error.column > 0);
}

TEST_CASE("Scenario: an unknown key names the nearest known one and stands at the key",
          "[sim][scenario]") {
    const auto error = only_error("{\n  \"titel\": 1," + sample::scenario_text.substr(1));
    CHECK(error.pointer == "/titel");
    CHECK(error.line == 2);
    CHECK(error.column == 3);
    CHECK(error.found == "the unknown key \"titel\"");
    CHECK(error.expected == "\"title\", the nearest known key");
}

TEST_CASE("Scenario: x- keys are free everywhere", "[sim][scenario]") {
    Json value = Json::parse(sample::scenario_text);
    value["x-note"] = {{"any", 1}};
    value["topology"]["nodes"][0]["x-rack"] = 7;
    value["profiles"]["x-why"] = "because";
    value["expect"][0]["x-ticket"] = 12;
    CHECK(sim::read_scenario_text("s.json", value.dump()).scenario.has_value());
}

TEST_CASE("Scenario: each wrong thing is said once, where it stands", "[sim][scenario]") {
    struct Case {
        const char* op;
        const char* pointer;
        Json value;
        const char* at;
        const char* found;
        const char* expected;
    };
    const std::vector<Case> cases{
        {"replace",
         "/format",
         "failover-scenario/2",
         "/format",
         "\"failover-scenario/2\"",
         "failover-scenario/1"},
        {"replace", "/id", "../x", "/id", "\"../x\"", "an id of letters"},
        {"remove", "/title", {}, "", "no \"title\"", "one line"},
        {"replace",
         "/topology/nodes/0/kind",
         "sever",
         "/topology/nodes/0/kind",
         "\"sever\"",
         "did you mean \"server\"?"},
        {"replace",
         "/topology/nodes/4/id",
         "fb",
         "/topology/nodes/4/id",
         "\"fb\" a second time",
         "each node once"},
        {"replace",
         "/topology/nodes/1/interfaces/0/addresses/0",
         "10.0.0.1/24",
         "/topology/nodes/1/interfaces/0/addresses/0",
         "\"10.0.0.1\" a second time",
         "each address once"},
        {"replace",
         "/topology/nodes/0/interfaces/0/addresses/0",
         "10.0.0.300/24",
         "/topology/nodes/0/interfaces/0/addresses/0",
         "10.0.0.300/24",
         "prefix length"},
        {"add",
         "/topology/nodes/0/interfaces/0/mac",
         "01:00:00:00:00:01",
         "/topology/nodes/0/interfaces/0/mac",
         "01:00:00:00:00:01",
         "a unicast MAC"},
        {"replace",
         "/topology/links/0/ends/1",
         "sw:9",
         "/topology/links/0/ends/1",
         "\"sw:9\"",
         "a port of this switch, 1 to 4"},
        {"replace",
         "/topology/links/0/ends/1",
         "sx:1",
         "/topology/links/0/ends/1",
         "\"sx:1\"",
         "did you mean \"sw\"?"},
        {"replace",
         "/topology/links/1/ends/1",
         "sw:1",
         "/topology/links/1/ends/1",
         "a second time",
         "each end of a link once"},
        {"replace",
         "/topology/links/3/ends/0",
         "fb:span5",
         "/topology/links/3/ends/0",
         "\"fb:span5\"",
         "span1 to span4"},
        {"replace",
         "/topology/links/1/loss",
         1.5,
         "/topology/links/1/loss",
         "1.5",
         "a number from 0.0 to 1.0"},
        {"add",
         "/topology/nodes/0/power",
         "psu",
         "/topology/nodes/0/power",
         "\"psu\"",
         "there is none to name"},
        {"replace",
         "/profiles/pbx/start/max",
         "1s",
         "/profiles/pbx/start/max",
         "\"1s\"",
         "at least \"min\""},
        {"replace",
         "/profiles/pbx/start/dist",
         "unifrom",
         "/profiles/pbx/start/dist",
         "\"unifrom\"",
         "did you mean \"uniform\"?"},
        {"replace",
         "/cluster/members/1",
         "sw",
         "/cluster/members/1",
         "\"sw\"",
         "one of \"a\", \"b\""},
        {"replace",
         "/cluster/resources/asterisk/profile",
         "pbxx",
         "/cluster/resources/asterisk/profile",
         "\"pbxx\"",
         "\"pbx\""},
        {"remove",
         "/cluster/resources/asterisk/bridge",
         {},
         "/cluster/resources/asterisk",
         "no \"bridge\"",
         "a fonebridge of the topology"},
        {"replace", "/workload/0/to", "10.0.0", "/workload/0/to", "\"10.0.0\"", "an IPv4 address"},
        {"replace", "/workload/1/stations", 30, "/workload/1/stations", "30", "at most 24"},
        {"replace", "/timeline/1/at", "60s", "/timeline/1/at", "\"60s\"", "before stop_at"},
        {"replace",
         "/timeline/1/for",
         "51s",
         "/timeline/1/for",
         "\"51s\"",
         "an end before stop_at"},
        {"replace", "/timeline/1/target", "lx", "/timeline/1/target", "\"lx\"", "\"la\""},
        {"replace",
         "/timeline/1/fault",
         "link.dwon",
         "/timeline/1/fault",
         "\"link.dwon\"",
         "did you mean \"link.down\"?"},
        {"add", "/timeline/1/check", "recovered", "/timeline/1", "both", "one of them"},
        {"replace",
         "/timeline/0/require/0",
         "vip-owner:c",
         "/timeline/0/require/0",
         "\"vip-owner:c\"",
         "\"a\", \"b\""},
        {"replace",
         "/timeline/0/require/2",
         "calls>=1",
         "/timeline/0/require/2",
         "\"calls>=1\"",
         "calls-in-progress>=N"},
        {"replace",
         "/expect/0/from",
         "check",
         "/expect/0/from",
         "\"check\"",
         "\"cut\", \"cut/revert\""},
        {"remove", "/expect/0/max", {}, "/expect/0", "no limit", "\"max\""},
        {"replace", "/expect/1/quantile", 1.5, "/expect/1/quantile", "1.5", "0.01 to 0.99"},
        {"replace",
         "/expect/3/name",
         "no-dual-owner",
         "/expect/3/name",
         "\"no-dual-owner\"",
         "did you mean \"no-dual-vip-owner\"?"},
        {"add",
         "/invariants",
         Json::parse(R"({"off": [{"name": "start-order", "reason": ""}]})"),
         "/invariants/off/0/reason",
         "\"\"",
         "why"},
        {"replace", "/timeline", {}, "/timeline", "null", "a list"},
    };
    for (const Case& item : cases) {
        const std::string text = changed(item.op, item.pointer, item.value);
        CAPTURE(item.pointer, item.value.dump());
        const auto error = only_error(text);
        CHECK(error.pointer == item.at);
        CHECK(contains(error.found, item.found));
        CHECK(contains(error.expected, item.expected));
        CHECK(error.line > 0);
        CHECK(error.column > 0);
    }
}

TEST_CASE("Scenario: for stands only where something reverts it", "[sim][scenario]") {
    Json value = Json::parse(sample::scenario_text);
    value["timeline"][1]["fault"] = "link.up";
    const auto error = only_error(value.dump(1));
    CHECK(error.pointer == "/timeline/1/for");
}

TEST_CASE("Scenario: all errors come at once, in the order of the file", "[sim][scenario]") {
    Json value = Json::parse(sample::scenario_text);
    value["stop_at"] = 60;
    value["topology"]["nodes"][2]["ports"] = "4";
    value["expect"][4]["equals"] = -1;
    const auto read = sim::read_scenario_text("s.json", value.dump(1));
    REQUIRE(read.errors.size() == 3);
    CHECK(std::is_sorted(read.errors.begin(), read.errors.end(), [](const auto& a, const auto& b) {
        return a.line < b.line;
    }));
}

TEST_CASE("Scenario: errors have an upper limit", "[sim][scenario]") {
    Json value = Json::parse(sample::scenario_text);
    for (int i = 0; i < 1000; ++i) {
        value["zz" + std::to_string(i)] = 1;
    }
    const auto read = sim::read_scenario_text("s.json", value.dump(1));
    CHECK(read.errors.size() == 201);
}

TEST_CASE("Scenario: equal times keep the order of the file", "[sim][scenario]") {
    Json value = Json::parse(sample::scenario_text);
    value["timeline"].push_back(
        {{"id", "second"}, {"at", "5s"}, {"fault", "operator.standby"}, {"target", "active-node"}});
    const auto read = sim::read_scenario_text("s.json", value.dump());
    REQUIRE(read.scenario);
    CHECK(read.scenario->timeline[0].id == "check");
    CHECK(read.scenario->timeline[1].id == "second");
    CHECK(read.scenario->timeline[2].id == "cut");
}

TEST_CASE("Scenario: bases are merged and errors stand in the file that wrote them",
          "[sim][scenario]") {
    const Folder folder;
    folder.write("base.json", changed("replace", "/topology/links/1/loss", 2));
    const std::string path = folder.write("derived.json", R"({
  "format": "failover-scenario/1", "extends": "base.json", "id": "derived",
  "timeline": [ { "id": "cut", "at": 7 } ] })");
    const auto read = sim::read_scenario(path);
    std::vector<std::string> texts;
    for (const auto& error : read.errors) {
        texts.push_back(std::filesystem::path(error.file).filename().string() + error.pointer +
                        ":" + std::to_string(error.line));
    }
    CHECK(std::count(texts.begin(), texts.end(), "derived.json/timeline/1/at:3") == 1);
    CHECK(std::count_if(texts.begin(), texts.end(), [](const std::string& t) {
              return contains(t, "base.json/topology/links/1/loss:");
          }) == 1);
}

TEST_CASE("Scenario: a cycle of bases is an error at the line that closes it", "[sim][scenario]") {
    const Folder folder;
    folder.write("a.json", "{\n \"extends\": \"b.json\" }");
    const std::string path = folder.write("b.json", "{ \"extends\": \"a.json\" }");
    const auto read = sim::read_scenario(path);
    REQUIRE(read.errors.size() == 1);
    CHECK(contains(read.errors[0].file, "a.json"));
    CHECK(read.errors[0].line == 2);
    CHECK(contains(read.errors[0].found, "leads back"));
}

TEST_CASE("Scenario: a missing base is an error where it is named", "[sim][scenario]") {
    const Folder folder;
    const auto read = sim::read_scenario(folder.write("a.json", "{ \"extends\": \"none.json\" }"));
    REQUIRE(read.errors.size() == 1);
    CHECK(read.errors[0].pointer == "/extends");
    CHECK(read.errors[0].column == 14);
    CHECK(contains(read.errors[0].found, "no such file"));
}

TEST_CASE("Scenario: the shipped scenarios read, and their files agree with them",
          "[sim][scenario]") {
    for (const char* name : {"primary-power",
                             "primary-power-script",
                             "primary-power-failback-on",
                             "primary-power-lost-reply"}) {
        CAPTURE(name);
        const auto read = sim::read_scenario(std::string(SOURCE_DIR) + "/scenarios/call-centre/" +
                                             name + ".json");
        for (const auto& error : read.errors) {
            UNSCOPED_INFO(sim::to_string(error));
        }
        for (const auto& finding : read.findings) {
            UNSCOPED_INFO(cluster::to_string(finding));
        }
        REQUIRE(read.scenario);
        CHECK(read.scenario->digest.size() == 64);
        CHECK(read.scenario->cluster.files.at("asterisk2").redfone.has_value());
        for (const auto& finding : read.scenario->cluster.findings) {
            CHECK(finding.where.file.rfind("etc", 0) == 0);  // relative: no folder of this machine
        }
    }
}

TEST_CASE("Scenario: the digest depends on every file and on nothing else", "[sim][scenario]") {
    const std::string source = std::string(SOURCE_DIR) + "/scenarios/call-centre/";
    const Folder folder;
    std::filesystem::copy(
        source, folder.write("x", "") + "-copy", std::filesystem::copy_options::recursive);
    const std::string copy = folder.write("x", "") + "-copy/";
    const auto digest = [](const std::string& path) {
        return sim::read_scenario(path).scenario.value().digest;
    };
    const std::string before = digest(copy + "primary-power.json");
    CHECK(before == digest(source + "primary-power.json"));
    std::ofstream(copy + "etc/asterisk2/redfone.conf", std::ios::app) << "# changed\n";
    CHECK(before != digest(copy + "primary-power.json"));
}
