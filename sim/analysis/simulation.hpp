// SPDX-License-Identifier: GPL-2.0-or-later
// A failure as scenarios to run, and what their results say about it. Runs nothing itself: whoever
// has workers runs them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"

namespace sim::analysis {

/// Enough to see whether calls are answered within call_limit; enough to see when they are at last.
inline constexpr Duration short_look = call_limit + std::chrono::seconds{15};
inline constexpr Duration long_look = std::chrono::seconds{150};

/// When a failure strikes: the cluster is settled then, as far as the scenario tells.
[[nodiscard]] Duration settled_at(const Scenario&);

struct FailureScenario {
    Scenario scenario;  ///< the original without its timeline and load, the failure in it
    std::string how;    ///< what is injected: "power.off fb1"
};

/// `look`: how long the run goes on after the failure.
[[nodiscard]] FailureScenario
scenario_of(const Scenario&, const SystemModel&, const Failure&, Duration look);

/// From the runs of one FailureScenario, all with the same `look`.
[[nodiscard]] Simulated
read_runs(const FailureScenario&, std::span<const RunResult> runs, Duration look);

/// Worth a run with long_look: the graph expects calls and the short one has seen none.
[[nodiscard]] bool wants_long_look(const Outlook&, const Simulated&);

}  // namespace sim::analysis
