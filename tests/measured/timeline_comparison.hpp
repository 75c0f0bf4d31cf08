// SPDX-License-Identifier: GPL-2.0-or-later
// The measured timeline of real heartbeat 3.0.6 against that of its model: what is compared, by
// which rule, and the table. Values only; the runs are made elsewhere (compare_timeline.cpp).
#pragma once

#include <istream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace measured {

/// One run of one phase: column -> seconds. A column without a value was not seen in that run.
using Sample = std::map<std::string, double>;

/// "takeover" or "return" of one scenario.
struct RowKey {
    std::string scenario;
    std::string phase;
    auto operator<=>(const RowKey&) const = default;
};
using Samples = std::map<RowKey, std::vector<Sample>>;

struct Column {
    std::string_view key;
    std::string_view title;
};

/// The columns of a row, and what its seconds are counted from.
struct RowPlan {
    RowKey row;
    std::string_view since;
    std::vector<Column> columns;
    /// A column that only one of two modes has; empty: the row has one mode.
    std::string_view mode_column;
    std::string_view with_it;
    std::string_view without_it;
};
[[nodiscard]] const std::vector<RowPlan>& row_plans();

/// tests/data/captures/timeline-runs.jsonl. Throws std::runtime_error with the line on bad input.
[[nodiscard]] Samples read_measured(std::istream&);
/// Adds what follows from other columns: "dead_to_vip", "vip_gap".
void derive(Sample&);

struct Cell {
    RowKey row;
    std::string mode;
    std::string column;
    std::size_t measured_runs = 0;
    std::size_t simulated_runs = 0;
    double measured_min = 0, measured_median = 0, measured_max = 0;
    double simulated_p05 = 0, simulated_median = 0, simulated_p95 = 0;
    std::string trouble;  ///< empty: inside
};
struct ModeShare {
    RowKey row;
    std::string mode;
    std::size_t measured = 0, measured_of = 0, simulated = 0, simulated_of = 0;
};
struct Comparison {
    std::vector<Cell> cells;
    std::vector<ModeShare> modes;
    [[nodiscard]] bool inside() const;
};

/// Every column: the simulated median lies within 50 ms of the measured range and, where the range
/// is narrower than 200 ms, within 100 ms of the measured median. A mode that was measured and is
/// never simulated is trouble, too.
[[nodiscard]] Comparison compare(const Samples& measured, const Samples& simulated);

/// Markdown; `command` made it.
[[nodiscard]] std::string table(const Comparison&, std::string_view command);

}  // namespace measured
