// SPDX-License-Identifier: GPL-2.0-or-later
// The shipped call centre as a value that a test may change, and look-ups in an analysis by name.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "support/catch.hpp"

namespace sim::analysis {

inline Scenario call_centre(const std::string& name = "primary-power") {
    ReadScenario read =
        read_scenario(std::string{SOURCE_DIR} + "/scenarios/call-centre/" + name + ".json");
    for (const ScenarioError& error : read.errors) {
        FAIL(to_string(error));
    }
    REQUIRE(read.scenario.has_value());
    return *std::move(read.scenario);
}

inline NodeSpec& node(Scenario& scenario, const std::string& id) {
    for (NodeSpec& spec : scenario.topology.nodes) {
        if (spec.id == id) {
            return spec;
        }
    }
    throw std::runtime_error(id);
}

inline ComponentId component(const SystemModel& model, const std::string& id) {
    const auto found =
        model.node_component(id) ? model.node_component(id) : model.link_component(id);
    REQUIRE(found.has_value());
    return *found;
}

inline Outlook after(const SystemModel& model, const std::vector<std::string>& failed) {
    Failure failure;
    for (const std::string& id : failed) {
        failure.push_back(component(model, id));
    }
    std::sort(failure.begin(), failure.end());
    return model.outlook(failure);
}

inline const Reach& reach(const Outlook& outlook, const std::string& direction) {
    for (const Reach& one : outlook.directions) {
        if (one.direction == direction) {
            return one;
        }
    }
    throw std::runtime_error(direction);
}

inline std::vector<std::string> names(const SystemModel& model,
                                      const std::vector<ComponentId>& components) {
    std::vector<std::string> list;
    for (const ComponentId c : components) {
        list.push_back(model.components()[c].id);
    }
    std::sort(list.begin(), list.end());
    return list;
}

inline const PairResult&
pair(const Analysis& analysis, const std::string& from, const std::string& to) {
    for (const PairResult& one : analysis.pairs) {
        if (one.from == from && one.to == to) {
            return one;
        }
    }
    throw std::runtime_error(from + " to " + to);
}

/// Ids of the single failures that `wanted` holds for, sorted.
template <class Wanted>
std::vector<std::string>
singles(const SystemModel& model, const Analysis& analysis, const Wanted& wanted) {
    std::vector<std::string> list;
    for (const FailureResult& result : analysis.singles) {
        if (wanted(result)) {
            list.push_back(model.components()[result.failure.front()].id);
        }
    }
    std::sort(list.begin(), list.end());
    return list;
}

inline bool found(const SystemModel& model, const std::string& rule, const std::string& part) {
    return std::any_of(
        model.findings().begin(), model.findings().end(), [&](const StructureFinding& finding) {
            return finding.rule == rule && finding.text.find(part) != std::string::npos;
        });
}

using Names = std::vector<std::string>;

}  // namespace sim::analysis
