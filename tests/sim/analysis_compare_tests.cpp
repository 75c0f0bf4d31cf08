// SPDX-License-Identifier: GPL-2.0-or-later
// Graph against simulation, without running one: how a failure becomes a scenario, how results are
// read, and what is said where the two differ.
#include "analysis/simulation.hpp"

#include "analysis_support.hpp"

using namespace sim;
using namespace sim::analysis;
using namespace std::chrono_literals;

namespace {

SimulatedDirection direction(std::string name, int runs, int in_time, int never, Duration longest) {
    SimulatedDirection seen;
    seen.direction = std::move(name);
    seen.runs = runs;
    seen.in_time = in_time;
    seen.never = never;
    seen.shortest = longest;
    seen.longest = longest;
    return seen;
}

/// All three directions the same; served by `member` at the end.
Simulated all_directions(int runs, int in_time, int never, Duration longest, Names members) {
    Simulated simulated;
    simulated.how = "by hand";
    simulated.looked = long_look;
    for (int n = 0; n < runs; ++n) {
        simulated.seeds.push_back(static_cast<std::uint64_t>(n + 1));
    }
    for (const char* name : {"outward", "inward", "station-to-station"}) {
        simulated.directions.push_back(direction(name, runs, in_time, never, longest));
    }
    simulated.served_at_end = members;
    simulated.bridge_at_end = std::move(members);
    simulated.largest_phase = "service 14.2 s";
    return simulated;
}

bool says(const Comparison& comparison, const std::string& part) {
    return std::any_of(comparison.notes.begin(),
                       comparison.notes.end(),
                       [&](const std::string& note) { return note.find(part) != note.npos; });
}

RunResult
run_result(std::uint64_t seed, bool interrupted, bool restored, Duration longest, bool two_owners) {
    RunResult run;
    run.seed = seed;
    Episode episode;
    episode.two_owners = two_owners;
    DirectionCutOff cut;
    cut.direction = "outward";
    cut.interrupted = interrupted;
    cut.restored = restored;
    cut.longest = longest;
    cut.phases.on_path[static_cast<std::size_t>(Phase::service)] = longest / 2;
    episode.directions = {cut};
    run.episodes = {episode};
    return run;
}

}  // namespace

TEST_CASE("Comparison: what both say needs no word", "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Comparison served =
        compare(model, after(model, {"asterisk1"}), all_directions(3, 3, 0, 12s, {"asterisk2"}));
    CHECK(served.agreement == Agreement::agrees);
    CHECK(served.notes.empty());
    const Comparison silent =
        compare(model, after(model, {"fb1"}), all_directions(3, 0, 3, 0s, {"asterisk1"}));
    CHECK(silent.agreement == Agreement::agrees);
}

TEST_CASE("Comparison: later than the limit is explained by time, once for all directions",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Comparison comparison =
        compare(model, after(model, {"lan1"}), all_directions(3, 2, 0, 21300ms, {"asterisk2"}));
    CHECK(comparison.agreement == Agreement::explained);
    REQUIRE(comparison.notes.size() == 1);
    CHECK(says(comparison, "outward, inward, station-to-station: restored after 21.3 s"));
    CHECK(says(comparison, "later than 20 s with 1 of 3 seeds"));
    CHECK(says(comparison, "the graph knows no times"));
    CHECK(says(comparison, "service 14.2 s"));
}

TEST_CASE("Comparison: a part of the stations is explained by how probes count",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Comparison comparison =
        compare(model, after(model, {"bank1"}), all_directions(1, 0, 1, 0s, {"asterisk1"}));
    CHECK(comparison.agreement == Agreement::explained);
    CHECK(comparison.by_counting);
    CHECK(says(comparison, "36 of 60 stations"));
    CHECK(says(comparison, "95 %"));
}

TEST_CASE("Comparison: a move that did not happen, or that nobody asked for, is told by who serves",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Comparison stayed =
        compare(model, after(model, {"asterisk1"}), all_directions(2, 0, 2, 0s, {}));
    CHECK(stayed.agreement == Agreement::explained);
    CHECK(says(stayed, "the service should move to asterisk2, and did not"));
    CHECK(says(stayed, "complete on nobody"));

    const Comparison moved =
        compare(model, after(model, {"tdm1"}), all_directions(2, 2, 0, 9s, {"asterisk2"}));
    CHECK(moved.agreement == Agreement::explained);
    CHECK(says(moved, "calls are answered after 9 s with all 2 seeds"));
    CHECK(says(moved, "do not ask asterisk2 to take the service"));

    const Comparison either =
        compare(model, after(model, {"lan1"}), all_directions(1, 0, 1, 0s, {"asterisk2"}));
    CHECK(either.agreement == Agreement::explained);
    CHECK(says(either, "asterisk1, asterisk2 may hold the service then"));
}

TEST_CASE("Comparison: a wrong graph is found out, in both directions", "[sim][analysis]") {
    // The graph believes in a second cable between bridge and switch that is not there.
    Scenario wrong = call_centre();
    LinkSpec imagined = *wrong.topology.link("tdm3");
    imagined.id = "tdm3b";
    wrong.topology.links.push_back(imagined);
    const SystemModel optimist(wrong);
    const Comparison missing =
        compare(optimist, after(optimist, {"tdm3"}), all_directions(1, 0, 1, 0s, {"asterisk1"}));
    CHECK(missing.agreement == Agreement::unexplained);
    CHECK(says(missing, "the graph has a way to asterisk1"));
    CHECK(says(missing, "complete on asterisk1"));

    // And here it has forgotten one.
    Scenario poor = call_centre();
    std::erase_if(poor.topology.links, [](const LinkSpec& link) { return link.id == "tdm2"; });
    const SystemModel pessimist(poor);
    const Comparison surplus = compare(
        pessimist, after(pessimist, {"asterisk1"}), all_directions(1, 1, 0, 11s, {"asterisk2"}));
    CHECK(surplus.agreement == Agreement::unexplained);
    CHECK(says(surplus, "the graph has no way"));
}

TEST_CASE("Comparison: what was not simulated is no agreement", "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    Simulated simulated;
    simulated.not_simulated = "the injector refused";
    const Comparison comparison = compare(model, after(model, {"psu1"}), simulated);
    CHECK(comparison.agreement == Agreement::not_simulated);
    CHECK(says(comparison, "the injector refused"));
}

TEST_CASE("Simulation: a failure becomes faults at one settled instant, and nothing else happens",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const auto made = scenario_of(
        scenario, model, {component(model, "asterisk1"), component(model, "pri")}, short_look);
    const Duration at = settled_at(scenario);
    CHECK(at > scenario.cluster.files.at("asterisk1").ha.initdead);
    CHECK(made.how == "power.off asterisk1, link.down pri");
    CHECK(made.scenario.stop_at == at + short_look);
    int faults = 0;
    for (const TimelineEntry& entry : made.scenario.timeline) {
        if (std::holds_alternative<Fault>(entry.what)) {
            ++faults;
            CHECK(entry.at == at);
            CHECK(entry.opens_episode);
        }
        CHECK(entry.at < made.scenario.stop_at);
    }
    CHECK(faults == 2);
    CHECK(std::is_sorted(made.scenario.timeline.begin(),
                         made.scenario.timeline.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; }));
}

TEST_CASE("Simulation: what has no switch is cut off by its cables, and that is said",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const auto telco = scenario_of(scenario, model, {component(model, "telco")}, short_look);
    CHECK(telco.how == "link.down pri (as telco has no switch)");
    const auto supply = scenario_of(scenario, model, {component(model, "psu2")}, short_look);
    CHECK(supply.how == "ups.fail psu2");
}

TEST_CASE("Simulation: results of several seeds are read as counts, extremes and evidence",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const auto made = scenario_of(scenario, model, {component(model, "lan1")}, short_look);
    std::vector<RunResult> runs{run_result(1, true, true, 12s, false),
                                run_result(2, true, true, 22s, true),
                                run_result(3, true, false, 35s, false),
                                run_result(4, false, true, 0s, false)};
    const auto check = [](std::string id, bool holds) {
        ExpectationResult result;
        result.id = std::move(id);
        result.verdict = holds ? ExpectationVerdict::pass : ExpectationVerdict::fail;
        return result;
    };
    runs[0].expectations = {check("settled", true),
                            check("group-at-end/asterisk1", false),
                            check("group-at-end/asterisk2", true),
                            check("bridge-at-end/asterisk2", true)};
    runs[1].expectations = {check("group-at-end/asterisk1", true)};
    const Simulated simulated = read_runs(made, runs, short_look);
    REQUIRE(simulated.directions.size() == 1);
    const SimulatedDirection& seen = simulated.directions[0];
    CHECK(seen.runs == 4);
    CHECK(seen.in_time == 2);
    CHECK(seen.not_cut == 1);
    CHECK(seen.never == 1);
    CHECK(seen.shortest == 12s);
    CHECK(seen.longest == 22s);
    CHECK(simulated.largest_phase == "service 11 s");
    CHECK(simulated.two_owners);
    CHECK(simulated.settled);
    CHECK(simulated.served_at_end == Names{"asterisk2", "asterisk1"});
    CHECK(simulated.bridge_at_end == Names{"asterisk2"});
    CHECK(wants_long_look(after(model, {"lan1"}), simulated));
    CHECK_FALSE(wants_long_look(after(model, {"fb1"}), simulated));
}

TEST_CASE("Simulation: of failures at the same instant the worst episode counts",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const auto made = scenario_of(scenario, model, {component(model, "lan1")}, short_look);
    RunResult run = run_result(1, false, true, 0s, false);
    run.episodes.push_back(run_result(1, true, false, 35s, false).episodes[0]);
    const Simulated simulated = read_runs(made, std::vector{run}, short_look);
    REQUIRE(simulated.directions.size() == 1);
    CHECK(simulated.directions[0].runs == 1);
    CHECK(simulated.directions[0].never == 1);
}

TEST_CASE(
    "Simulation: in time is by simulation, but stations that are too few to count are not none",
    "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    FailureResult result;
    result.outlook = after(model, {"bank1"});
    result.simulated = all_directions(1, 0, 1, 0s, {"asterisk1"});
    CHECK(calls_in_time(result) == InTime::partly);
    result.outlook = after(model, {"lan1"});
    result.simulated = all_directions(2, 1, 0, 21s, {"asterisk1"});
    CHECK(calls_in_time(result) == InTime::partly);
    result.simulated = all_directions(2, 0, 0, 21s, {"asterisk1"});
    CHECK(calls_in_time(result) == InTime::never);
    result.simulated.reset();
    CHECK(calls_in_time(result) == InTime::always);
    result.outlook = after(model, {"fb1"});
    CHECK(calls_in_time(result) == InTime::never);
}
