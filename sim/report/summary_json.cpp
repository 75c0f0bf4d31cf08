// SPDX-License-Identifier: GPL-2.0-or-later
// failover-summary/1 (docs/result-format.md).
#include <cmath>

#include <nlohmann/json.hpp>

#include "report/summary.hpp"

namespace sim {

namespace {

using Ordered = nlohmann::ordered_json;

Ordered spread_ns(const Spread& spread) {
    return {{"min_ns", spread.min},
            {"p50_ns", spread.p50},
            {"p95_ns", spread.p95},
            {"max_ns", spread.max}};
}

/// Verdicts in the order of severity, which is not that of the alphabet.
Ordered verdict_counts(const std::map<std::string, std::size_t>& counts) {
    Ordered object = Ordered::object();
    for (const char* word :
         {"faster", "in target", "too slow", "no interruption", "no takeover", "two owners"}) {
        const auto found = counts.find(word);
        object[word] = found == counts.end() ? 0 : found->second;
    }
    return object;
}

Ordered phases(const Summary& summary) {
    Ordered object = Ordered::object();
    for (std::size_t i = 0; i < phase_count; ++i) {
        object[std::string(name(static_cast<Phase>(i)))] = spread_ns(summary.phases[i]);
    }
    if (summary.unattributed.max != 0) {
        object["unattributed"] = spread_ns(summary.unattributed);
    }
    object["total"] = spread_ns(summary.total);
    return object;
}

Ordered episode(const EpisodeSummary& summary) {
    Ordered directions = Ordered::array();
    for (const DirectionSummary& direction : summary.directions) {
        directions.push_back({{"direction", direction.direction},
                              {"interrupted", direction.interrupted},
                              {"restored", direction.restored},
                              {"longest", spread_ns(direction.longest)}});
    }
    return {{"id", summary.id},
            {"verb", summary.verb},
            {"runs", summary.runs},
            {"verdicts", verdict_counts(summary.verdicts)},
            {"directions", std::move(directions)}};
}

Ordered expectation(const ExpectationSummary& summary) {
    Ordered object{{"id", summary.id},
                   {"severity", summary.severity == ExpectationSeverity::warn ? "warn" : "error"},
                   {"verdict", name(summary.verdict)},
                   {"limit", summary.limit},
                   {"reason", summary.reason},
                   {"passed", summary.passed},
                   {"evaluated", summary.evaluated}};
    if (summary.quantile) {
        object["quantile"] = *summary.quantile;
    }
    if (summary.observed_ns) {
        object["observed_ns"] = *summary.observed_ns;
    }
    return object;
}

Ordered invariant(const InvariantSummary& summary) {
    Ordered object{{"name", summary.name},
                   {"disabled", summary.disabled},
                   {"violated", summary.violated},
                   {"unevaluated", summary.unevaluated},
                   {"reason", summary.reason}};
    if (summary.first_seed) {
        object["first_seed"] = *summary.first_seed;
    }
    return object;
}

template <class T, class F>
Ordered list(const std::vector<T>& items, F to_json) {
    Ordered array = Ordered::array();
    for (const T& item : items) {
        array.push_back(to_json(item));
    }
    return array;
}

}  // namespace

std::string summary_to_json(const Summary& summary) {
    Ordered metrics = Ordered::object();
    for (const auto& [metric, spread] : summary.metrics) {
        metrics[metric] = Ordered{
            {"min", spread.min}, {"p50", spread.p50}, {"p95", spread.p95}, {"max", spread.max}};
    }
    Ordered object{{"format", "failover-summary/1"},
                   {"scenario", summary.scenario_id},
                   {"title", summary.title},
                   {"digest", summary.digest},
                   {"implementation", summary.implementation},
                   {"runs", summary.runs},
                   {"seeds", {summary.first_seed, summary.last_seed}}};
    if (summary.runs < summary.wanted) {
        object["incomplete"] = true;
    }
    object["verdicts"] = verdict_counts(summary.verdicts);
    object["phases"] = phases(summary);
    object["episodes"] = list(summary.episodes, episode);
    object["expectations"] = list(summary.expectations, expectation);
    object["invariants"] = list(summary.invariants, invariant);
    object["metrics"] = std::move(metrics);
    return object.dump(2, ' ', false, Ordered::error_handler_t::replace) + '\n';
}

}  // namespace sim
