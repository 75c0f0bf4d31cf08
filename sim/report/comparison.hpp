// SPDX-License-Identifier: GPL-2.0-or-later
// The same scenario and seeds with several implementations, side by side. Pure. Written as
// failover-comparison/1 (docs/result-format.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/summary.hpp"
#include "run/run.hpp"

namespace sim {

struct ComparisonRow {
    std::string episode;  ///< empty: of the whole run
    std::string measure;  ///< "verdict", "cut-off", "phase", "two owners", "calls lost", …
    std::string of;       ///< which direction, phase or invariant; else empty
    std::vector<std::string> cells;                    ///< for people, one per implementation
    std::vector<std::optional<std::int64_t>> numbers;  ///< ns or counts; over seeds the median
};

struct Comparison {
    std::string scenario_id;
    std::string title;
    std::uint64_t first_seed = 0;
    std::uint64_t last_seed = 0;
    std::vector<std::string> implementations;
    std::vector<ComparisonRow> rows;
};

/// Preconditions: at least one; all of the same scenario and seed.
[[nodiscard]] Comparison compare(const std::vector<const Scenario*>&,
                                 const std::vector<const RunResult*>&);
/// Preconditions: at least one; all of the same scenario and seeds.
[[nodiscard]] Comparison compare(const std::vector<const Summary*>&);

[[nodiscard]] std::string text_report(const Comparison&, bool color);
[[nodiscard]] std::string comparison_to_json(const Comparison&);

}  // namespace sim
