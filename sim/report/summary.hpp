// SPDX-License-Identifier: GPL-2.0-or-later
// Many runs of one scenario, one per seed, as one answer: how cut-offs and phases spread, and what
// can be said about the expectations with 95 % confidence. Written as failover-summary/1
// (docs/result-format.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/statistics.hpp"
#include "run/run.hpp"

namespace sim {

/// An expectation over all runs. Time limits are judged at a quantile; everything else as the rate
/// of runs that pass.
struct ExpectationSummary {
    std::string id;
    ExpectationSeverity severity = ExpectationSeverity::error;
    ExpectationVerdict verdict = ExpectationVerdict::inconclusive;
    std::string limit;
    std::string reason;         ///< in words: what decided
    std::size_t passed = 0;     ///< runs that meet the limit
    std::size_t evaluated = 0;  ///< runs in which it was evaluated
    std::optional<double>
        quantile;  ///< of the upper limit; the lower limit is judged at 1 - quantile
    std::optional<std::int64_t>
        observed_ns;  ///< at the quantile of the upper limit (of the lower, if it is the only one)
};

struct InvariantSummary {
    std::string name;
    bool disabled = false;
    std::string reason;        ///< why disabled, or the first violation
    std::size_t violated = 0;  ///< runs
    std::size_t unevaluated = 0;
    std::optional<std::uint64_t> first_seed;  ///< smallest seed that violates it
};

struct DirectionSummary {
    std::string direction;
    std::size_t interrupted = 0;
    std::size_t restored = 0;  ///< of those
    Spread longest;
};

struct EpisodeSummary {
    std::string id;
    std::string verb;
    std::size_t runs = 0;
    std::map<std::string, std::size_t>
        verdicts;  ///< all words of TakeoverVerdict, and "two owners"
    std::vector<DirectionSummary> directions;
};

struct Summary {
    std::string scenario_id;
    std::string title;
    std::string digest;
    std::string implementation;
    std::uint64_t first_seed = 0;
    std::uint64_t last_seed = 0;
    std::size_t runs = 0;
    std::size_t wanted = 0;                       ///< more than runs: it was interrupted
    std::map<std::string, std::size_t> verdicts;  ///< of the first episode
    std::array<Spread, phase_count>
        phases{};  ///< first episode's worst direction; 0 where nothing was interrupted
    Spread unattributed;
    Spread total;
    std::vector<std::int64_t> totals;  ///< sorted, for the histogram
    std::vector<EpisodeSummary> episodes;
    std::vector<ExpectationSummary> expectations;
    std::vector<InvariantSummary> invariants;
    std::map<std::string, Spread> metrics;
};

/// Precondition: at least one run; all of this scenario, sorted by seed. `wanted`: how many were
/// asked for.
[[nodiscard]] Summary summarize(const Scenario&,
                                const std::vector<RunResult>&,
                                std::uint64_t first_seed,
                                std::uint64_t last_seed);

/// 0 pass, 1 an error-severity expectation or an invariant fails, 5 inconclusive or not all runs
/// done (design: exit codes).
[[nodiscard]] int exit_code(const Summary&) noexcept;

[[nodiscard]] std::string summary_to_json(const Summary&);

}  // namespace sim
