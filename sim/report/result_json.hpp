// SPDX-License-Identifier: GPL-2.0-or-later
// failover-result/1: one run as JSON (docs/result-format.md). Integer nanoseconds, stable key
// order, no paths or dates.
#pragma once

#include <string>
#include <string_view>

#include "run/run.hpp"

namespace sim {

/// Ends with a newline. The scenario gives title, severities and accepted findings.
[[nodiscard]] std::string result_to_json(const Scenario&, const RunResult&);

/// Reads what result_to_json() wrote; throws std::runtime_error on anything else.
[[nodiscard]] RunResult result_from_json(std::string_view);

/// "pass", "fail" or "inconclusive".
[[nodiscard]] std::string_view overall_verdict(const Scenario&, const RunResult&) noexcept;

[[nodiscard]] ExpectationSeverity severity_of(const Scenario&,
                                              const std::string& expectation_id) noexcept;

/// The entry that accepts this finding; null: none does.
[[nodiscard]] const AcceptedFinding* accepted(const Scenario&, const cluster::Finding&);

}  // namespace sim
