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

namespace {

/// The sample with one more entry in its timeline, written in JSON.
std::string with_entry(const std::string& text) {
    Json value = Json::parse(sample::scenario_text);
    value["timeline"].push_back(Json::parse(text));
    return value.dump(1);
}

const sim::TimelineEntry& entry_of(const sim::Scenario& scenario, const std::string& id) {
    const auto found = std::find_if(scenario.timeline.begin(),
                                    scenario.timeline.end(),
                                    [&](const sim::TimelineEntry& e) { return e.id == id; });
    REQUIRE(found != scenario.timeline.end());
    return *found;
}

template <class F>
F fault_of(const std::string& text) {
    const auto read = sim::read_scenario_text("s.json", with_entry(text));
    for (const auto& error : read.errors) {
        UNSCOPED_INFO(sim::to_string(error));
    }
    REQUIRE(read.scenario);
    return std::get<F>(std::get<sim::Fault>(entry_of(*read.scenario, "f").what));
}

/// The sample with a soak of these faults.
std::string with_soak(const std::string& faults, const std::string& until = "55s") {
    Json value = Json::parse(sample::scenario_text);
    value["soak"] =
        Json::parse(R"({"from": "5s", "every": {"dist": "uniform", "min": "1s", "max": "4s"}})");
    value["soak"]["until"] = until;
    value["soak"]["faults"] = Json::parse(faults);
    return value.dump(1);
}

}  // namespace

TEST_CASE("Scenario: faults keep what was written, and say the rest themselves",
          "[sim][scenario]") {
    const auto impair = fault_of<sim::LinkImpair>(
        R"({"id": "f", "at": "1s", "fault": "link.impair", "target": "la", "from": "sw", "loss": 0.2, "burst": "500ms", "rate": "2Mbps"})");
    CHECK(impair.target.id == "la");
    CHECK(impair.from == "sw");
    CHECK(impair.loss == 0.2);
    CHECK(impair.burst == sim::Duration(500ms));
    CHECK(impair.bits_per_second == 2'000'000U);
    CHECK_FALSE(impair.delay);

    const auto split = fault_of<sim::Partition>(
        R"({"id": "f", "at": "1s", "fault": "partition", "groups": [["a"], ["b", "fb"]]})");
    CHECK(split.target.id == "a | b, fb");
    CHECK(split.groups == std::vector<std::vector<std::string>>{{"a"}, {"b", "fb"}});

    CHECK(fault_of<sim::ClockStep>(
              R"({"id": "f", "at": "1s", "fault": "clock.step", "target": "a", "by": "-1.5min"})")
              .by == -sim::Duration(90s));
    const auto kill = fault_of<sim::ProcessKill>(
        R"({"id": "f", "at": "1s", "fault": "process.kill", "target": "a", "process": "heartbeat", "restart": "2s"})");
    CHECK(kill.process == "heartbeat");
    CHECK(kill.restart == sim::Duration(2s));
    CHECK(fault_of<sim::SwitchReboot>(
              R"({"id": "f", "at": "1s", "fault": "switch.reboot", "target": "sw"})")
              .takes == sim::Duration(30s));
    const auto start = fault_of<sim::ResourceStartFail>(
        R"({"id": "f", "at": "1s", "fault": "resource.start_fail", "target": "standby", "resource": "asterisk", "times": 3})");
    CHECK(start.target.role == sim::Target::Role::standby);
    CHECK(start.times == 3);
}

TEST_CASE("Scenario: other names of a verb mean the same and stay as written", "[sim][scenario]") {
    const auto read = sim::read_scenario_text(
        "s.json",
        with_entry(
            R"({"id": "f", "at": "1s", "fault": "switch.off", "target": "sw", "for": "1s"})"));
    REQUIRE(read.scenario);
    const auto& entry = entry_of(*read.scenario, "f");
    CHECK(entry.verb == "switch.off");
    CHECK(sim::verb(std::get<sim::Fault>(entry.what)) == "power.off");
    CHECK(
        std::get<sim::OperatorCommand>(
            std::get<sim::Fault>(
                entry_of(
                    sim::read_scenario_text(
                        "s.json",
                        with_entry(
                            R"({"id": "f", "at": "1s", "fault": "operator.promote", "target": "b"})"))
                        .scenario.value(),
                    "f")
                    .what))
            .command.kind == cluster::AdminCommand::Kind::takeover);
}

TEST_CASE("Scenario: a drawn target lists what it may be", "[sim][scenario]") {
    const auto among = [](const std::string& verb, const std::string& target) {
        const auto read =
            sim::read_scenario_text("s.json",
                                    with_entry(R"({"id": "f", "at": "1s", "fault": ")" + verb +
                                               R"(", "target": ")" + target + R"("})"));
        REQUIRE(read.scenario);
        const auto& fault = std::get<sim::Fault>(entry_of(*read.scenario, "f").what);
        const auto& found =
            std::visit([](const auto& f) -> const sim::Target& { return f.target; }, fault);
        CHECK(found.role == sim::Target::Role::random);
        return found.among;
    };
    using List = std::vector<std::string>;
    CHECK(among("power.off", "random(members)") == List{"a", "b"});
    CHECK(among("power.off", "random(sw,a)") == List{"sw", "a"});
    CHECK(among("link.down", "random(links)") == List{"la", "lb", "lf", "pri", "t2"});
    CHECK(among("link.restore", "random(links)") == List{"la", "lb", "lf"});
    CHECK(among("span.clear", "random( pri , t2 )") == List{"pri", "t2"});

    const auto error = only_error(with_entry(
        R"~({"id": "f", "at": "1s", "fault": "switch.off", "target": "random(members)"})~"));
    CHECK(error.pointer == "/timeline/2/target");
    CHECK(contains(error.expected, "\"sw\""));
    CHECK(contains(
        only_error(
            with_entry(
                R"~({"id": "f", "at": "1s", "fault": "node.freeze", "target": "random(a,,b)"})~"))
            .expected,
        "\"a\", \"b\""));
}

TEST_CASE("Scenario: after takes the place of at", "[sim][scenario]") {
    const auto read = sim::read_scenario_text(
        "s.json",
        with_entry(
            R"({"id": "f", "after": {"event": "cut/revert", "delay": "3s"}, "fault": "node.freeze", "target": "a"})"));
    REQUIRE(read.scenario);
    const auto& entry = read.scenario->timeline.back();
    CHECK(entry.id == "f");
    CHECK(entry.at == sim::Duration(10s));  // its place: behind the entry before it
    CHECK(entry.after.value().event == sim::After::Event::entry);
    CHECK(entry.after->id == "cut/revert");
    CHECK(entry.after->delay == sim::Duration(3s));

    const auto on_node = sim::read_scenario_text(
        "s.json",
        with_entry(
            R"({"id": "f", "after": {"event": "address-up", "node": "b"}, "fault": "node.freeze", "target": "a"})"));
    REQUIRE(on_node.scenario);
    CHECK(on_node.scenario->timeline.back().after->event == sim::After::Event::address_up);
    CHECK(on_node.scenario->timeline.back().after->node == "b");

    const auto said = [](const std::string& entry_text) {
        const auto error = only_error(with_entry(entry_text));
        return error.pointer + ": " + error.found + ", " + error.expected;
    };
    CHECK(contains(
        said(
            R"({"id": "f", "at": "1s", "after": {"event": "peer-dead"}, "fault": "node.freeze", "target": "a"})"),
        "/timeline/2: both \"at\" and \"after\""));
    CHECK(contains(said(R"({"id": "f", "fault": "node.freeze", "target": "a"})"),
                   "/timeline/2: no \"at\" and no \"after\""));
    CHECK(contains(
        said(
            R"({"id": "f", "after": {"event": "peer-ded"}, "fault": "node.freeze", "target": "a"})"),
        "did you mean \"peer-dead\"?"));
    CHECK(contains(
        said(
            R"({"id": "f", "after": {"event": "cut", "node": "a"}, "fault": "node.freeze", "target": "a"})"),
        "/timeline/2/after/node"));
}

TEST_CASE("Scenario: every fault that can be undone takes for, every other refuses it",
          "[sim][scenario]") {
    using namespace sim;
    CHECK(verb(reverse_of(PowerOff{Target{.id = "a"}}).value()) == "power.on");
    CHECK(std::get<PowerOn>(reverse_of(NodeCrash{Target{.id = "a"}}).value()).boot ==
          default_boot_time);
    const auto heal =
        std::get<ResourceHeal>(reverse_of(ResourceStopHang{Target{.id = "a"}, "asterisk"}).value());
    CHECK(heal.target.id == "a");
    CHECK(heal.resource == "asterisk");
    CHECK(std::get<ClockDrift>(reverse_of(ClockDrift{Target{.id = "a"}, 80}).value()).ppm == 0);
    CHECK_FALSE(reverse_of(DiskFail{Target{.id = "a"}}));
    CHECK_FALSE(reverse_of(NodeThaw{Target{.id = "a"}}));
    CHECK(only_arms(BridgeLoseReply{}));
    CHECK_FALSE(only_arms(PowerOff{}));

    const auto read = read_scenario_text(
        "s.json",
        with_entry(R"({"id": "f", "at": "1s", "fault": "switch.reboot", "target": "sw"})"));
    REQUIRE(read.scenario);
    CHECK(episodes_of(entry_of(*read.scenario, "f")) == std::vector<std::string>{"f", "f/revert"});
    CHECK(episodes_of(entry_of(*read.scenario, "check")).empty());
}

TEST_CASE("Scenario: what is wrong with a fault stands where it is wrong", "[sim][scenario]") {
    struct Case {
        const char* keys;
        const char* pointer;
        const char* expected;
    };
    const std::vector<Case> cases{
        {R"("fault": "link.impair", "target": "pri", "loss": 0.1)", "/target", "\"la\""},
        {R"("fault": "link.impair", "target": "la", "loss": 1.5)", "/loss", "from 0.0 to 1.0"},
        {R"("fault": "link.impair", "target": "la", "loss": 0.1, "from": "b")",
         "/from",
         "\"a\", \"sw\""},
        {R"("fault": "link.impair", "target": "la")", "", "one or more of"},
        {R"~("fault": "link.impair", "target": "random(la, lb)", "loss": 0.1, "from": "a")~",
         "/from",
         "drawn"},
        {R"("fault": "partition", "groups": [["a"]])", "/groups", "two groups"},
        {R"("fault": "partition", "groups": [["a"], ["a"]])", "/groups/1/0", "each node once"},
        {R"("fault": "partition", "groups": [["a"], []])", "/groups/1", "at least one node"},
        {R"("fault": "clock.step", "target": "a", "by": "0s")", "/by", "other than zero"},
        {R"("fault": "node.cpu_starve", "target": "a", "stall": "2s")",
         "/stall",
         "at most \"period\", 1s"},
        {R"("fault": "process.kill", "target": "a", "process": "asterisk", "restart": "1s")",
         "/restart",
         "heartbeat"},
        {R"("fault": "process.kill", "target": "a", "process": "apache")",
         "/process",
         "\"asterisk\""},
        {R"("fault": "resource.start_slow", "target": "a", "resource": "x", "takes": "1s", "factor": 2)",
         "",
         "one of them"},
        {R"("fault": "span.alarm", "target": "pri", "alarm": "green")",
         "/alarm",
         "\"red\", \"yellow\", \"blue\""},
        {R"("fault": "upstream.down", "target": "fb")", "/target", "\"telco\""},
        {R"("fault": "config.reload", "target": "a", "authkeys": "")",
         "/authkeys",
         "path of a file"},
        {R"("fault": "disk.fail", "target": "a", "for": "1s")", "/for", "can be undone"},
    };
    for (const Case& item : cases) {
        CAPTURE(item.keys);
        const auto error =
            only_error(with_entry(R"({"id": "f", "at": "1s", )" + std::string(item.keys) + "}"));
        CHECK(error.pointer == std::string("/timeline/2") + item.pointer);
        CHECK(contains(error.expected, item.expected));
        CHECK(error.line > 0);
    }
}

TEST_CASE("Soak: a seed draws the same list every time, another seed another", "[sim][scenario]") {
    const auto read = sim::read_scenario_text(
        "s.json",
        with_soak(
            R"~([{"fault": "link.down", "target": "random(links)", "for": {"dist": "uniform", "min": "1s", "max": "3s"}},
                {"weight": 0.5, "fault": "bridge.reboot", "target": "fb"}])~"));
    for (const auto& error : read.errors) {
        UNSCOPED_INFO(sim::to_string(error));
    }
    REQUIRE(read.scenario);
    const auto text = [&](std::uint64_t seed) {
        std::string list;
        for (const sim::TimelineEntry& entry : sim::timeline_of(*read.scenario, seed)) {
            list += entry.id + ' ' + entry.verb + ' ' + std::to_string(entry.at.count()) + ' ' +
                    std::to_string(entry.outage.value_or(sim::Duration{}).count()) + '\n';
        }
        return list;
    };
    CHECK(text(7) == text(7));
    CHECK(text(7) != text(8));
    bool reboots = false;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const auto timeline = sim::timeline_of(*read.scenario, seed);
        sim::Duration free = 5s;
        int number = 0;
        CHECK(std::is_sorted(timeline.begin(), timeline.end(), [](const auto& a, const auto& b) {
            return a.at < b.at;
        }));
        for (const sim::TimelineEntry& entry : timeline) {
            if (!entry.drawn) {
                continue;
            }
            CHECK(entry.id == "soak-" + std::to_string(++number));
            CHECK(entry.opens_episode);
            CHECK(entry.at >= free + 1s);  // one after the other
            CHECK(entry.at <= free + 4s);
            free = entry.at + entry.outage.value_or(sim::Duration{});
            CHECK(free <= sim::Duration(55s));  // healed in time
            reboots = reboots || entry.verb == "bridge.reboot";
            CHECK(entry.outage.has_value() == (entry.verb == "link.down"));
        }
        CHECK(number >= 5);
        CHECK(timeline.size() == read.scenario->timeline.size() + static_cast<std::size_t>(number));
    }
    CHECK(reboots);
}

TEST_CASE("Soak: weights decide how often, and another fault's duration changes no choice",
          "[sim][scenario]") {
    const auto verbs = [](const std::string& faults) {
        std::vector<std::string> list;
        const auto read = sim::read_scenario_text("s.json", with_soak(faults));
        REQUIRE(read.scenario);
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            for (const sim::TimelineEntry& entry : sim::timeline_of(*read.scenario, seed)) {
                if (entry.id == "soak-1") {
                    list.push_back(entry.verb);
                }
            }
        }
        return list;
    };
    const std::string three_to_one =
        R"([{"weight": 3, "fault": "link.down", "target": "la", "for": {"dist": "constant", "value": "1s"}},
            {"weight": 1, "fault": "bridge.reboot", "target": "fb"}])";
    const auto drawn = verbs(three_to_one);
    CHECK(drawn.size() == 200);
    const auto downs = std::count(drawn.begin(), drawn.end(), "link.down");
    CHECK(downs > 125);  // 150 are expected; five standard deviations
    CHECK(downs < 175);
    std::string longer = three_to_one;
    longer.replace(longer.find("\"1s\""), 4, "\"9s\"");
    CHECK(verbs(longer) == drawn);
}

TEST_CASE("Soak: a server that was switched on has booted before the next fault",
          "[sim][scenario]") {
    Json value = Json::parse(with_soak(
        R"~([{"fault": "power.off", "target": "random(members)", "for": {"dist": "constant", "value": "5s"}}])~",
        "999s"));
    value["stop_at"] = "1000s";
    const auto read = sim::read_scenario_text("s.json", value.dump());
    REQUIRE(read.scenario);
    sim::Duration free{};
    for (const sim::TimelineEntry& entry : sim::timeline_of(*read.scenario, 3)) {
        if (entry.drawn) {
            CHECK(entry.at > free);
            free = entry.at + 5s + sim::default_boot_time;
        }
    }
    CHECK(free > sim::Duration(800s));
}

TEST_CASE("Soak: what it breaks must be repaired, and it ends before the run", "[sim][scenario]") {
    const auto said = [](const std::string& text) {
        const auto error = only_error(text);
        return error.pointer + ": " + error.expected;
    };
    CHECK(contains(said(with_soak(R"([{"fault": "link.down", "target": "la"}])")),
                   "/soak/faults/0: \"for\": a distribution"));
    CHECK(contains(said(with_soak(R"([{"fault": "bridge.reboot", "target": "fb", "for": {}}])")),
                   "/soak/faults/0/for: \"for\" on a fault that can be undone"));
    CHECK(contains(said(with_soak("[]")), "/soak/faults: at least one fault"));
    CHECK(contains(said(with_soak(R"([{"weight": 0, "fault": "bridge.reboot", "target": "fb"}])")),
                   "/soak/faults: a \"weight\" above 0"));
    CHECK(contains(said(with_soak(R"([{"fault": "bridge.reboot", "target": "fb"}])", "60s")),
                   "/soak/until: a time before stop_at"));
    Json value = Json::parse(with_soak(R"([{"fault": "bridge.reboot", "target": "fb"}])"));
    value["timeline"][1]["id"] = "soak-1";
    for (auto& expectation : value["expect"]) {
        expectation.erase("after");
        if (expectation.contains("from")) {
            expectation["from"] = expectation["from"] == "cut" ? "soak-1" : "soak-1/revert";
        }
    }
    CHECK(contains(said(value.dump()), "/soak: no id of the timeline"));
}

TEST_CASE("Scenario: the keys of a reload are read where the scenario stands", "[sim][scenario]") {
    const Folder folder;
    const std::string source =
        std::string(SOURCE_DIR) + "/scenarios/call-centre/primary-power.json";
    const auto read = [&](const std::string& keys) {
        folder.write("keys/authkeys", keys);
        return sim::read_scenario(folder.write("s.json",
                                               R"({"extends": ")" + source +
                                                   R"(", "timeline": [
          {"id": "other", "at": "1s", "fault": "config.reload", "target": "asterisk2"},
          {"id": "new-keys", "at": "2s", "fault": "config.reload", "target": "asterisk1", "authkeys": "keys/authkeys"}]})"));
    };
    const auto good = read("auth 1\n1 sha1 new\n");
    for (const auto& error : good.errors) {
        UNSCOPED_INFO(sim::to_string(error));
    }
    REQUIRE(good.scenario);
    const auto reload = [&](const std::string& id) {
        return std::get<sim::ConfigReload>(std::get<sim::Fault>(entry_of(*good.scenario, id).what));
    };
    CHECK(reload("new-keys").keys.has_value());
    CHECK_FALSE(reload("other").keys.has_value());
    CHECK(good.scenario->digest != read("auth 1\n1 sha1 newer\n").scenario.value().digest);

    const auto broken = read("auth 1\n1 sha9 new\n");
    CHECK_FALSE(broken.scenario);
    REQUIRE(cluster::has_errors(broken.findings));
    CHECK(std::any_of(
        broken.findings.begin(), broken.findings.end(), [](const cluster::Finding& finding) {
            return finding.severity == cluster::Severity::error &&
                   contains(finding.where.file, "keys/authkeys") && finding.where.line == 2;
        }));

    const auto missing =
        sim::read_scenario(folder.write("t.json", R"({"extends": ")" + source + R"(", "timeline": [
          {"id": "r", "at": "2s", "fault": "config.reload", "target": "asterisk1", "authkeys": "none"}]})"));
    REQUIRE(missing.errors.size() == 1);
    CHECK(contains(missing.errors[0].pointer, "/authkeys"));
    CHECK(missing.errors[0].line == 2);
}

TEST_CASE("Scenario: a fault of a word that haresources does not have is an error",
          "[sim][scenario]") {
    const Folder folder;
    const std::string source =
        std::string(SOURCE_DIR) + "/scenarios/call-centre/primary-power.json";
    const auto read =
        sim::read_scenario(folder.write("s.json", R"({"extends": ")" + source + R"(", "timeline": [
          {"id": "r", "at": "2s", "fault": "resource.stop_hang", "target": "asterisk1", "resource": "asterix"}]})"));
    REQUIRE(read.errors.size() == 1);
    CHECK(contains(read.errors[0].expected, "did you mean \"asterisk\"?"));
}

TEST_CASE("Scenario: expectations and checks of one implementation, and known defects",
          "[sim][scenario]") {
    Json value = Json::parse(sample::scenario_text);
    value["expect"][0]["implementation"] = "heartbeat-3.0.6";
    value["expect"][3]["known_bad"] = true;
    value["timeline"][0]["implementation"] = "understudyd";
    value["invariants"] = Json::parse(
        R"({"off": [{"name": "start-order", "reason": "why", "implementation": "heartbeat-3.0.6"}]})");
    const auto read = sim::read_scenario_text("s.json", value.dump());
    REQUIRE(read.scenario);
    CHECK(read.scenario->expect[0].implementation == sim::Implementation::heartbeat_3_0_6);
    CHECK_FALSE(read.scenario->expect[1].implementation);
    CHECK(read.scenario->expect[3].known_bad);
    CHECK(std::get<sim::Check>(read.scenario->timeline[0].what).implementation ==
          sim::Implementation::understudyd);
    CHECK(read.scenario->disabled_invariants[0].implementation ==
          sim::Implementation::heartbeat_3_0_6);
    CHECK(sim::concerns(std::nullopt, sim::Implementation::understudyd));
    CHECK_FALSE(
        sim::concerns(sim::Implementation::heartbeat_3_0_6, sim::Implementation::understudyd));
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
    const std::filesystem::path folder = std::string(SOURCE_DIR) + "/scenarios/call-centre";
    int seen = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        if (file.path().extension() != ".json") {
            continue;
        }
        CAPTURE(file.path().filename().string());
        ++seen;
        const auto read = sim::read_scenario(file.path().string());
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
    CHECK(seen >= 25);
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
