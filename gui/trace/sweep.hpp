// SPDX-License-Identifier: GPL-2.0-or-later
// Many runs at a glance: the summaries (failover-summary/1, docs/result-format.md) below a folder,
// as a table of scenarios against daemons, and the single runs behind each cell. No Qt.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trace/run_result.hpp"

namespace gui {

/// Nanoseconds.
struct TimeSpread {
    Time least = 0;
    Time p50 = 0;
    Time p95 = 0;
    Time most = 0;
};

/// One summary: a scenario with one daemon, over seeds.
struct SweepCell {
    std::string folder;  ///< where the summary lies; its runs are in seed-N below it
    std::string scenario;
    std::string title;
    std::string implementation;
    std::uint64_t runs = 0;
    std::uint64_t first_seed = 0;
    std::uint64_t last_seed = 0;
    bool incomplete = false;
    std::vector<std::pair<std::string, std::uint64_t>> verdicts;  ///< of the first episode
    std::array<TimeSpread, phase_count> phases{};
    TimeSpread total;
    std::vector<ExpectationView> expectations;
    std::uint64_t invariants_violated = 0;

    [[nodiscard]] std::uint64_t count(std::string_view verdict) const noexcept;
    /// The worst of its runs: "no takeover", "too slow", "in target", "faster", "no interruption";
    /// empty without runs. Two owners come on top, see count().
    [[nodiscard]] std::string_view worst() const noexcept;
};

struct SweepTable {
    std::vector<std::string> scenarios;        ///< rows, in the order of their names
    std::vector<std::string> implementations;  ///< columns
    std::vector<SweepCell> cells;
    std::vector<std::string> problems;  ///< files that looked like summaries and could not be read

    /// Null: that combination was not run.
    [[nodiscard]] const SweepCell* at(std::size_t row, std::size_t column) const noexcept;
};

struct ReadSweep {
    std::optional<SweepTable> table;
    std::string error;  ///< one sentence: what was found, what was expected
};

/// From a folder (looked through four levels deep) or from one summary. Of two summaries of the
/// same scenario and daemon the one found last in the order of names counts, and the other is told
/// as a problem.
[[nodiscard]] ReadSweep read_sweep(const std::string& path);

/// One run behind a cell.
struct SeedRun {
    std::uint64_t seed = 0;
    Time cut_off = 0;  ///< the longest of the worst direction of the first episode; 0: none
    bool restored = true;
    bool two_owners = false;
    std::string verdict;
    std::string trace;  ///< empty: it was not recorded
};

/// In the order of their cut-offs, those that were not restored last.
[[nodiscard]] std::vector<SeedRun> runs_of(const SweepCell&);

}  // namespace gui
