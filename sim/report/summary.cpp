// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "scenario/quantities.hpp"

namespace sim {

namespace {

constexpr double default_quantile = 0.95;  // of time limits, when the scenario names none
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

constexpr std::array takeover_verdicts{TakeoverVerdict::faster,
                                       TakeoverVerdict::in_target,
                                       TakeoverVerdict::too_slow,
                                       TakeoverVerdict::no_interruption,
                                       TakeoverVerdict::no_takeover};

std::map<std::string, std::size_t> no_verdicts() {
    std::map<std::string, std::size_t> counts;
    for (const TakeoverVerdict verdict : takeover_verdicts) {
        counts[std::string(name(verdict))] = 0;
    }
    counts["two owners"] = 0;
    return counts;
}

void count(std::map<std::string, std::size_t>& counts, const Episode& episode) {
    ++counts[std::string(name(episode.verdict))];
    if (episode.two_owners) {
        ++counts["two owners"];
    }
}

const DirectionCutOff* worst_of(const Episode& episode) {
    const auto found = std::find_if(
        episode.directions.begin(), episode.directions.end(), [&](const DirectionCutOff& d) {
            return d.direction == episode.worst_direction;
        });
    return found == episode.directions.end() ? nullptr : &*found;
}

void summarize_phases(const std::vector<RunResult>& runs, Summary& summary) {
    std::array<std::vector<std::int64_t>, phase_count> samples;
    std::vector<std::int64_t> unattributed;
    for (const RunResult& run : runs) {
        if (run.episodes.empty()) {
            continue;
        }
        count(summary.verdicts, run.episodes.front());
        const DirectionCutOff* worst = worst_of(run.episodes.front());
        for (std::size_t i = 0; i < phase_count; ++i) {
            samples[i].push_back(worst == nullptr ? 0 : worst->phases.on_path[i].count());
        }
        unattributed.push_back(worst == nullptr ? 0 : worst->unattributed.count());
        summary.totals.push_back(worst == nullptr ? 0 : worst->longest.count());
    }
    std::sort(summary.totals.begin(), summary.totals.end());
    for (std::size_t i = 0; i < phase_count; ++i) {
        summary.phases[i] = spread_of(std::move(samples[i]));
    }
    summary.unattributed = spread_of(std::move(unattributed));
    summary.total = spread_of(summary.totals);
}

void summarize_episodes(const std::vector<RunResult>& runs, Summary& summary) {
    std::map<std::string, std::map<std::string, std::vector<std::int64_t>>>
        longest;  // episode, direction
    for (const RunResult& run : runs) {
        for (const Episode& episode : run.episodes) {
            auto entry = std::find_if(summary.episodes.begin(),
                                      summary.episodes.end(),
                                      [&](const EpisodeSummary& e) { return e.id == episode.id; });
            if (entry == summary.episodes.end()) {
                summary.episodes.push_back({episode.id, episode.verb, 0, no_verdicts(), {}});
                entry = summary.episodes.end() - 1;
            }
            ++entry->runs;
            count(entry->verdicts, episode);
            for (const DirectionCutOff& direction : episode.directions) {
                auto line = std::find_if(
                    entry->directions.begin(),
                    entry->directions.end(),
                    [&](const DirectionSummary& d) { return d.direction == direction.direction; });
                if (line == entry->directions.end()) {
                    entry->directions.push_back({direction.direction, 0, 0, {}});
                    line = entry->directions.end() - 1;
                }
                line->interrupted += direction.interrupted ? 1U : 0U;
                line->restored += direction.interrupted && direction.restored ? 1U : 0U;
                longest[episode.id][direction.direction].push_back(direction.longest.count());
            }
        }
    }
    for (EpisodeSummary& episode : summary.episodes) {
        for (DirectionSummary& direction : episode.directions) {
            direction.longest = spread_of(std::move(longest[episode.id][direction.direction]));
        }
    }
}

struct Limits {
    std::optional<Duration> min, max;
};

/// Nullopt: the expectation is no limit on a time.
std::optional<Limits> time_limits(const ExpectationKind& kind) {
    if (const auto* takeover = std::get_if<TakeoverTime>(&kind)) {
        return Limits{takeover->min, takeover->max};
    }
    if (const auto* detect = std::get_if<DetectTime>(&kind)) {
        return Limits{detect->min, detect->max};
    }
    if (const auto* cut = std::get_if<CutOffTime>(&kind)) {
        return Limits{cut->min, cut->max};
    }
    if (const auto* outage = std::get_if<ProbeOutage>(&kind)) {
        return Limits{std::nullopt, outage->max};
    }
    return std::nullopt;
}

std::string seconds_or_never(std::int64_t ns) {
    return ns == never ? "never" : format_seconds(Duration(ns));
}

ExpectationVerdict worse(ExpectationVerdict a, ExpectationVerdict b) {
    if (a == ExpectationVerdict::fail || b == ExpectationVerdict::fail) {
        return ExpectationVerdict::fail;
    }
    return a == ExpectationVerdict::pass && b == ExpectationVerdict::pass
               ? ExpectationVerdict::pass
               : ExpectationVerdict::inconclusive;
}

/// Is the q-quantile at most (at least) the limit, with 95 % confidence either way?
ExpectationVerdict judge_quantile(const std::vector<std::int64_t>& sorted,
                                  double q,
                                  std::int64_t limit,
                                  bool upper,
                                  std::string& reason) {
    const auto high = upper_bound_rank(sorted.size(), q);
    const auto low = lower_bound_rank(sorted.size(), q);
    const std::string lowest = low ? seconds_or_never(sorted[*low - 1]) : "unknown";
    const std::string highest = high ? seconds_or_never(sorted[*high - 1]) : "unknown";
    reason += fmt::format("{}p{:g} between {} and {} (95 % each)",
                          reason.empty() ? "" : "; ",
                          std::round(q * 1000) / 10,
                          lowest,
                          highest);
    if (upper) {
        if (high && sorted[*high - 1] <= limit) {
            return ExpectationVerdict::pass;
        }
        return low && sorted[*low - 1] > limit ? ExpectationVerdict::fail
                                               : ExpectationVerdict::inconclusive;
    }
    if (low && sorted[*low - 1] >= limit) {
        return ExpectationVerdict::pass;
    }
    return high && sorted[*high - 1] < limit ? ExpectationVerdict::fail
                                             : ExpectationVerdict::inconclusive;
}

void judge_times(const Expectation& wanted,
                 const Limits& limits,
                 std::vector<std::int64_t> samples,
                 ExpectationSummary& summary) {
    const double q = wanted.quantile.value_or(default_quantile);
    std::sort(samples.begin(), samples.end());
    summary.quantile = q;
    summary.verdict = ExpectationVerdict::pass;
    if (limits.max) {
        summary.observed_ns = quantile(samples, q);
        summary.verdict = judge_quantile(samples, q, limits.max->count(), true, summary.reason);
    }
    if (limits.min) {
        const std::int64_t observed = quantile(samples, 1 - q);
        summary.observed_ns = summary.observed_ns ? summary.observed_ns : observed;
        summary.verdict =
            worse(summary.verdict,
                  judge_quantile(samples, 1 - q, limits.min->count(), false, summary.reason));
    }
    if (summary.observed_ns == never) {
        summary.observed_ns.reset();
    }
}

/// A limit of single runs counts as a rate: it fails when fewer than 95 % of all runs would meet
/// it, with confidence.
void judge_rate(ExpectationSummary& summary) {
    const double bound = rate_upper_bound(summary.passed, summary.evaluated);
    summary.verdict =
        bound < default_quantile ? ExpectationVerdict::fail : ExpectationVerdict::pass;
    summary.reason = fmt::format("holds in {} of {} runs", summary.passed, summary.evaluated);
}

/// Still cut off when the run ended: how long it would have taken is not known, only that it is
/// longer.
bool not_restored(const ExpectationKind& kind, const RunResult& run) {
    const auto* takeover = std::get_if<TakeoverTime>(&kind);
    const auto* cut = std::get_if<CutOffTime>(&kind);
    if (takeover == nullptr && cut == nullptr) {
        return false;
    }
    const std::string& from = takeover != nullptr ? takeover->from : cut->from;
    const auto episode = std::find_if(
        run.episodes.begin(), run.episodes.end(), [&](const Episode& e) { return e.id == from; });
    return episode != run.episodes.end() &&
           std::any_of(episode->directions.begin(),
                       episode->directions.end(),
                       [&](const DirectionCutOff& d) {
                           return d.interrupted && !d.restored &&
                                  (cut == nullptr || d.direction == cut->direction);
                       });
}

/// Of these one run that breaks them is one too many; of other limits of single runs a rate is
/// judged.
bool in_every_run(const ExpectationKind& kind) {
    return std::holds_alternative<InvariantHolds>(kind) ||
           std::holds_alternative<NoInterruption>(kind) || std::holds_alternative<Restored>(kind) ||
           std::holds_alternative<TwoOwners>(kind) || std::holds_alternative<MetricLimit>(kind);
}

/// A run's result says "pass" when a known_bad expectation is not met; here met or not is judged.
bool met(const Expectation& wanted, const ExpectationResult& result) {
    return (result.verdict == ExpectationVerdict::pass) != wanted.known_bad;
}

void turn_round(ExpectationSummary& summary) {
    summary.passed = summary.evaluated - summary.passed;
    if (summary.verdict == ExpectationVerdict::fail) {
        summary.verdict = ExpectationVerdict::pass;
        summary.reason = "bad, as known: " + summary.reason;
    } else if (summary.verdict == ExpectationVerdict::pass) {
        summary.verdict = ExpectationVerdict::fail;
        summary.reason = "known to be bad, but it has become good: " + summary.reason;
    }
}

ExpectationSummary summarize_expectation(const Expectation& wanted,
                                         const std::vector<RunResult>& runs) {
    ExpectationSummary summary;
    summary.id = wanted.id;
    summary.severity = wanted.severity;
    std::vector<std::int64_t> samples;
    for (const RunResult& run : runs) {
        const auto result =
            std::find_if(run.expectations.begin(),
                         run.expectations.end(),
                         [&](const ExpectationResult& r) { return r.id == wanted.id; });
        if (result == run.expectations.end() ||
            result->verdict == ExpectationVerdict::inconclusive ||
            result->verdict == ExpectationVerdict::not_reached) {
            continue;
        }
        ++summary.evaluated;
        summary.passed += met(wanted, *result) ? 1U : 0U;
        summary.limit = result->limit;
        // A failure without a time is a wait without end ("not restored", "nobody was declared
        // dead").
        const bool endless =
            (!met(wanted, *result) && !result->observed_ns) || not_restored(wanted.kind, run);
        samples.push_back(endless ? never : result->observed_ns.value_or(0));
    }
    if (summary.evaluated == 0) {
        summary.reason = "evaluated in no run";
        return summary;
    }
    if (std::holds_alternative<ReportMetric>(wanted.kind)) {
        summary.verdict = ExpectationVerdict::pass;
        summary.reason = "see metrics";
    } else if (in_every_run(wanted.kind)) {
        summary.verdict = summary.passed == summary.evaluated ? ExpectationVerdict::pass
                                                              : ExpectationVerdict::fail;
        summary.reason = fmt::format(
            "{} in {} of {} runs",
            std::holds_alternative<InvariantHolds>(wanted.kind) ? "violated" : "not met",
            summary.evaluated - summary.passed,
            summary.evaluated);
    } else if (const auto limits = time_limits(wanted.kind)) {
        judge_times(wanted, *limits, std::move(samples), summary);
    } else {
        judge_rate(summary);
    }
    if (wanted.known_bad) {
        turn_round(summary);
    }
    if (summary.verdict == ExpectationVerdict::pass && summary.evaluated < runs.size()) {
        summary.verdict = ExpectationVerdict::inconclusive;
        summary.reason += fmt::format(
            "; not evaluated in {} of {} runs", runs.size() - summary.evaluated, runs.size());
    }
    if (summary.verdict != ExpectationVerdict::fail &&
        summary.evaluated < static_cast<std::size_t>(wanted.min_samples)) {
        summary.verdict = ExpectationVerdict::inconclusive;
        summary.reason += fmt::format("; {} samples are wanted", wanted.min_samples);
    }
    return summary;
}

void summarize_invariants(const std::vector<RunResult>& runs, Summary& summary) {
    for (const RunResult& run : runs) {
        for (const InvariantResult& result : run.invariants) {
            auto entry =
                std::find_if(summary.invariants.begin(),
                             summary.invariants.end(),
                             [&](const InvariantSummary& i) { return i.name == result.name; });
            if (entry == summary.invariants.end()) {
                summary.invariants.push_back({result.name,
                                              result.disabled,
                                              result.disabled ? result.reason : "",
                                              0,
                                              0,
                                              std::nullopt});
                entry = summary.invariants.end() - 1;
            }
            if (result.disabled) {
                continue;
            }
            entry->unevaluated += result.evaluated ? 0U : 1U;
            if (result.first_at) {
                ++entry->violated;
                if (!entry->first_seed) {
                    entry->first_seed = run.seed;
                    entry->reason = result.reason;
                }
            }
        }
    }
}

void summarize_metrics(const std::vector<RunResult>& runs, Summary& summary) {
    std::map<std::string, std::vector<std::int64_t>> values;
    for (const RunResult& run : runs) {
        for (const auto& [metric, value] : run.metrics) {
            values[metric].push_back(value);
        }
    }
    for (auto& [metric, samples] : values) {
        summary.metrics[metric] = spread_of(std::move(samples));
    }
}

}  // namespace

Summary summarize(const Scenario& scenario,
                  const std::vector<RunResult>& runs,
                  std::uint64_t first_seed,
                  std::uint64_t last_seed) {
    Summary summary;
    summary.scenario_id = scenario.id;
    summary.title = scenario.title;
    summary.first_seed = first_seed;
    summary.last_seed = last_seed;
    summary.runs = runs.size();
    summary.wanted = static_cast<std::size_t>(last_seed - first_seed + 1);
    summary.verdicts = no_verdicts();
    if (!runs.empty()) {
        summary.digest = runs.front().scenario_digest;
        summary.implementation = runs.front().implementation;
    }
    summarize_phases(runs, summary);
    summarize_episodes(runs, summary);
    for (const Expectation& wanted : scenario.expect) {
        if (concerns(wanted.implementation, scenario.cluster.implementation)) {
            summary.expectations.push_back(summarize_expectation(wanted, runs));
        }
    }
    for (const TimelineEntry& entry : scenario.timeline) {
        const auto* check = std::get_if<Check>(&entry.what);
        // A run judges it like an expectation of that id.
        if (check != nullptr && concerns(check->implementation, scenario.cluster.implementation)) {
            Expectation judged;
            judged.id = entry.id;
            judged.kind = EventCount{};  // a limit of single runs
            summary.expectations.push_back(summarize_expectation(judged, runs));
        }
    }
    summarize_invariants(runs, summary);
    summarize_metrics(runs, summary);
    return summary;
}

int exit_code(const Summary& summary) noexcept {
    bool open = summary.runs < summary.wanted;
    for (const ExpectationSummary& expectation : summary.expectations) {
        if (expectation.severity == ExpectationSeverity::warn) {
            continue;
        }
        if (expectation.verdict == ExpectationVerdict::fail) {
            return 1;
        }
        open = open || expectation.verdict != ExpectationVerdict::pass;
    }
    for (const InvariantSummary& invariant : summary.invariants) {
        if (!invariant.disabled && invariant.violated > 0) {
            return 1;
        }
        open = open || (!invariant.disabled && invariant.unevaluated > 0);
    }
    return open ? 5 : 0;
}

}  // namespace sim
