// SPDX-License-Identifier: GPL-2.0-or-later
// Pictures of a run for the HTML report: states over time, calls over time, the spread over seeds.
// Inline SVG without styles of its own; classes are those of html_report.cpp. Same input, same
// bytes.
#pragma once

#include <string>

#include "report/summary.hpp"
#include "run/run.hpp"

namespace sim {

/// Faults, cut-offs, states of every node and thing, and calls, all over one time axis.
[[nodiscard]] std::string
states_svg(const RunResult&, Duration from, Duration to, const std::string& title);

/// How many runs had which cut-off, over the target band. Empty when none was interrupted.
[[nodiscard]] std::string histogram_svg(const Summary&);

/// Each phase from least to most over all runs, p50 to p95 filled.
[[nodiscard]] std::string spread_svg(const Summary&);

}  // namespace sim
