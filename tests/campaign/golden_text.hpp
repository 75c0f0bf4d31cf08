// SPDX-License-Identifier: GPL-2.0-or-later
// What a campaign over one scenario says, in lines an operator can read and a diff can compare.
// Rounded, so that only what matters changes it. Runs nothing.
#pragma once

#include <string>
#include <vector>

#include "report/summary.hpp"
#include "run/run.hpp"

namespace campaign {

/// `name`: of the scenario's file, without folder and ending. `runs`: sorted by seed, not empty.
[[nodiscard]] std::string golden_text(const std::string& name,
                                      const sim::Scenario&,
                                      const std::vector<sim::RunResult>& runs,
                                      const sim::Summary&);

/// "pass", "fail", "inconclusive".
[[nodiscard]] std::string verdict_of(const sim::Summary&);

/// Lines that are only in one of the texts, "- " and "+ ".
[[nodiscard]] std::string difference(const std::string& old_text, const std::string& new_text);

}  // namespace campaign
