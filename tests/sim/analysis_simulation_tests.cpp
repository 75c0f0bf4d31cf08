// SPDX-License-Identifier: GPL-2.0-or-later
// The explainer against real runs: a right graph agrees with the simulation, a wrong one is found
// out by it.
#include "analysis/simulation.hpp"

#include "analysis_support.hpp"

using namespace sim;
using namespace sim::analysis;

namespace {

/// Simulates the failure of these in the true call centre; `model` may be of another one.
Simulated simulate(const Names& failed, Duration look = short_look) {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    Failure failure;
    for (const std::string& id : failed) {
        failure.push_back(component(model, id));
    }
    std::sort(failure.begin(), failure.end());
    const FailureScenario made = scenario_of(scenario, model, failure, look);
    RunOptions options;
    options.trace = TraceLevel::none;
    return read_runs(made, std::vector{run(made.scenario, options)}, look);
}

}  // namespace

TEST_CASE("Analysis: the right graph agrees with the simulation of the bridge and of the primary",
          "[sim][scenario][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Simulated bridge = simulate({"fb1"});
    CHECK(bridge.settled);
    CHECK(compare(model, after(model, {"fb1"}), bridge).agreement == Agreement::agrees);

    const Simulated primary = simulate({"asterisk1"});
    CHECK(primary.settled);
    CHECK(primary.served_at_end == Names{"asterisk2"});
    CHECK(primary.bridge_at_end == Names{"asterisk2"});
    CHECK(compare(model, after(model, {"asterisk1"}), primary).agreement == Agreement::agrees);
}

TEST_CASE("Analysis: a graph with a cable too many, or too few, is unexplained by the simulation",
          "[sim][scenario][analysis]") {
    Scenario surplus = call_centre();
    LinkSpec imagined = *surplus.topology.link("tdm3");
    imagined.id = "tdm3b";
    surplus.topology.links.push_back(imagined);
    const SystemModel optimist(surplus);
    const Outlook hope = after(optimist, {"tdm3"});
    CHECK(reach(hope, "outward").all());
    const Comparison found = compare(optimist, hope, simulate({"tdm3"}));
    CHECK(found.agreement == Agreement::unexplained);
    REQUIRE(found.notes.size() == 1);
    CHECK(found.notes[0].find("the graph has a way to asterisk1") != std::string::npos);

    Scenario lacking = call_centre();
    std::erase_if(lacking.topology.links, [](const LinkSpec& link) { return link.id == "tdm2"; });
    const SystemModel pessimist(lacking);
    const Outlook fear = after(pessimist, {"asterisk1"});
    CHECK(reach(fear, "outward").none());
    CHECK(compare(pessimist, fear, simulate({"asterisk1"})).agreement == Agreement::unexplained);
}

TEST_CASE("Analysis: failures of two at the same instant are simulated together",
          "[sim][scenario][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Simulated both = simulate({"asterisk1", "tdm2"});
    CHECK(both.settled);
    CHECK(compare(model, after(model, {"asterisk1", "tdm2"}), both).agreement == Agreement::agrees);
    for (const SimulatedDirection& seen : both.directions) {
        CHECK(seen.never == 1);
    }
}
