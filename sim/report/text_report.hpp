// SPDX-License-Identifier: GPL-2.0-or-later
// What people read after a run or a campaign: verdict first, then where the time went, then what to
// change, then all that the verdict rests on. At most 100 columns; the same bytes for the same
// result.
#pragma once

#include <string>
#include <vector>

#include "report/summary.hpp"
#include "run/run.hpp"

namespace sim {

struct ReportOptions {
    bool color = false;
};

[[nodiscard]] std::string text_report(const Scenario&, const RunResult&, const ReportOptions&);
[[nodiscard]] std::string text_report(const Scenario&, const Summary&, const ReportOptions&);

/// What would shorten the longest cut-off most: its largest phase, and what that phase consists of
/// here. Empty when nothing was interrupted or nothing was restored.
[[nodiscard]] std::string next_best_change(const Scenario&, const Episode&);

/// What would have cured two owners, where there were two; then next_best_change().
[[nodiscard]] std::vector<std::string> advice_for(const Scenario&, const Episode&);

/// What has to stand on the command line for this implementation: "", " --implementation NAME".
[[nodiscard]] std::string implementation_option(const std::string& implementation);

/// What a rule did: "asterisk1 kept what it ran, with no carrier on any heartbeat path, for 30 s"
[[nodiscard]] std::string in_words(const RuleAtWork&);

/// "uniform 5 s to 15 s"
[[nodiscard]] std::string describe(const models::Distribution&);

}  // namespace sim
