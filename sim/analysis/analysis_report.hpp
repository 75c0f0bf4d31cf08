// SPDX-License-Identifier: GPL-2.0-or-later
// An analysis as text for people, as failover-analysis/1, and as a graph for Graphviz. The same
// bytes for the same analysis; no paths of this machine.
#pragma once

#include <string>

#include "analysis/analysis.hpp"

namespace sim::analysis {

struct ReportOptions {
    bool color = false;
    bool doubles = false;  ///< pairs of failures were asked for, so each of interest is listed
};

/// At most page_width columns.
[[nodiscard]] std::string
text_report(const SystemModel&, const Analysis&, const ReportOptions& = {});

/// Integer nanoseconds, stable key order, ends with a newline.
[[nodiscard]] std::string analysis_to_json(const SystemModel&, const Analysis&);

/// An undirected graph: devices and cables, power, heartbeats, what the service needs.
[[nodiscard]] std::string analysis_to_dot(const Scenario&, const SystemModel&, const Analysis&);

}  // namespace sim::analysis
