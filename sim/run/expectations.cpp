// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/expectations.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sim {

namespace {

const Episode* find_episode(const RunFacts& facts, const std::string& id) {
    const auto found = std::ranges::find_if(
        facts.episodes, [&](const Episode& episode) { return episode.id == id; });
    return found == facts.episodes.end() ? nullptr : &*found;
}

/// End of the window of an episode: the next one, or the end of the run.
std::int64_t window_end(const RunFacts& facts, const Episode& episode) {
    std::int64_t end = facts.end;
    for (const Episode& other : facts.episodes) {
        if (other.at > episode.at) {
            end = std::min(end, static_cast<std::int64_t>(other.at.count()));
        }
    }
    return end;
}

std::string limits(const std::optional<Duration>& min, const std::optional<Duration>& max) {
    if (min && max) {
        return fmt::format("{} to {}", seconds(*min), seconds(*max));
    }
    if (min) {
        return fmt::format("at least {}", seconds(*min));
    }
    return max ? fmt::format("at most {}", seconds(*max)) : "no limit";
}

ExpectationVerdict
within(Duration observed, const std::optional<Duration>& min, const std::optional<Duration>& max) {
    return (!min || observed >= *min) && (!max || observed <= *max) ? ExpectationVerdict::pass
                                                                    : ExpectationVerdict::fail;
}

/// The episodes an expectation speaks of: the named one, or all. Empty: it did not happen.
std::vector<const Episode*> episodes_named(const RunFacts& facts, const std::string& id) {
    std::vector<const Episode*> named;
    for (const Episode& episode : facts.episodes) {
        if (id.empty() || episode.id == id) {
            named.push_back(&episode);
        }
    }
    return named;
}

/// "outward in cut, inward in cut": the directions of which `bad` is true.
template <class Bad>
std::string directions_that(const std::vector<const Episode*>& episodes, Bad bad) {
    std::string list;
    for (const Episode* episode : episodes) {
        for (const DirectionCutOff& direction : episode->directions) {
            if (bad(direction)) {
                list += fmt::format(
                    "{}{} in {}", list.empty() ? "" : ", ", direction.direction, episode->id);
            }
        }
    }
    return list;
}

struct Judge {
    const RunFacts& facts;
    ExpectationResult& result;

    /// The episodes named `from`, when they say something about calls; else says why not.
    [[nodiscard]] std::vector<const Episode*> probed_episodes(const std::string& from) const {
        std::vector<const Episode*> episodes = episodes_named(facts, from);
        if (episodes.empty()) {
            result.observed = from.empty() ? "no episode happened"
                                           : fmt::format("episode {} did not happen", from);
        } else if (std::ranges::any_of(episodes,
                                       [](const Episode* e) { return e->directions.empty(); })) {
            result.verdict = ExpectationVerdict::inconclusive;
            result.observed = "no direction of calls was probed";
            episodes.clear();
        }
        return episodes;
    }

    void operator()(const CutOffTime& wanted) const {
        result.limit = fmt::format("{} {}", wanted.direction, limits(wanted.min, wanted.max));
        const Episode* episode = find_episode(facts, wanted.from);
        if (episode == nullptr) {
            result.observed = fmt::format("episode {} did not happen", wanted.from);
            return;
        }
        const auto direction =
            std::ranges::find_if(episode->directions, [&](const DirectionCutOff& d) {
                return d.direction == wanted.direction;
            });
        if (direction == episode->directions.end()) {
            result.verdict = ExpectationVerdict::inconclusive;
            result.observed = fmt::format("{} was not probed", wanted.direction);
            return;
        }
        result.evidence = direction->path;
        result.observed_ns = direction->longest.count();
        if (!direction->restored) {
            result.observed = fmt::format("not restored within {}", seconds(direction->longest));
            result.verdict = ExpectationVerdict::fail;
            return;
        }
        result.observed =
            direction->interrupted ? seconds(direction->longest) : std::string{"no interruption"};
        result.verdict = within(direction->longest, wanted.min, wanted.max);
    }

    void operator()(const NoInterruption& wanted) const {
        result.limit = "no interruption";
        const auto episodes = probed_episodes(wanted.from);
        if (episodes.empty()) {
            return;
        }
        const std::string cut =
            directions_that(episodes, [](const DirectionCutOff& d) { return d.interrupted; });
        result.observed = cut.empty() ? "no interruption" : fmt::format("cut off: {}", cut);
        result.verdict = cut.empty() ? ExpectationVerdict::pass : ExpectationVerdict::fail;
    }

    void operator()(const Restored& wanted) const {
        result.limit = "every direction restored";
        const auto episodes = probed_episodes(wanted.from);
        if (episodes.empty()) {
            return;
        }
        const std::string cut = directions_that(
            episodes, [](const DirectionCutOff& d) { return d.interrupted && !d.restored; });
        result.observed = cut.empty() ? "restored" : fmt::format("not restored: {}", cut);
        result.verdict = cut.empty() ? ExpectationVerdict::pass : ExpectationVerdict::fail;
    }

    void operator()(const TwoOwners& wanted) const {
        result.limit = limits(wanted.min, wanted.max);
        std::int64_t from = 0;
        std::int64_t to = facts.end;
        if (!wanted.from.empty()) {
            const Episode* episode = find_episode(facts, wanted.from);
            if (episode == nullptr) {
                result.observed = fmt::format("episode {} did not happen", wanted.from);
                return;
            }
            from = episode->at.count();
            to = window_end(facts, *episode);
        }
        std::int64_t longest = 0;
        for (const auto& [begin, end] : facts.dual_owner_spans) {
            longest = std::max(longest, std::min(end, to) - std::max(begin, from));
        }
        result.observed_ns = longest;
        result.observed = longest == 0
                              ? "never two owners"
                              : fmt::format("two owners for {}", seconds(Duration{longest}));
        result.verdict = within(Duration{longest}, wanted.min, wanted.max);
    }

    void operator()(const MetricLimit& wanted) const {
        result.limit = wanted.min ? fmt::format("at least {}", *wanted.min) : "";
        result.limit +=
            wanted.max ? fmt::format("{}at most {}", wanted.min ? ", " : "", *wanted.max) : "";
        const auto found = std::ranges::find_if(
            facts.metrics, [&](const auto& metric) { return metric.first == wanted.metric; });
        if (found == facts.metrics.end()) {
            result.observed = fmt::format("metric {} was not measured", wanted.metric);
            result.verdict = ExpectationVerdict::inconclusive;
            return;
        }
        result.observed = fmt::format("{}", found->second);
        const bool good = (!wanted.min || found->second >= *wanted.min) &&
                          (!wanted.max || found->second <= *wanted.max);
        result.verdict = good ? ExpectationVerdict::pass : ExpectationVerdict::fail;
    }

    void operator()(const TakeoverTime& wanted) const {
        result.limit = limits(wanted.min, wanted.max);
        const Episode* episode = find_episode(facts, wanted.from);
        if (episode == nullptr) {
            result.observed = fmt::format("episode {} did not happen", wanted.from);
            return;
        }
        if (episode->directions.empty()) {
            result.verdict = ExpectationVerdict::inconclusive;
            result.observed = "no direction of calls was probed";
            return;
        }
        Duration worst{};
        bool restored = true;
        for (const DirectionCutOff& direction : episode->directions) {
            worst = std::max(worst, direction.longest);
            restored = restored && direction.restored;
            if (direction.direction == episode->worst_direction) {
                result.evidence = direction.path;
            }
        }
        result.observed_ns = worst.count();
        if (!restored) {
            result.observed = fmt::format("not restored within {}", seconds(worst));
            result.verdict = ExpectationVerdict::fail;
            return;
        }
        result.observed = episode->worst_direction.empty()
                              ? "no interruption"
                              : fmt::format("{} ({})", seconds(worst), episode->worst_direction);
        result.verdict = within(worst, wanted.min, wanted.max);
    }

    void operator()(const DetectTime& wanted) const {
        result.limit = limits(wanted.min, wanted.max);
        const Episode* episode = find_episode(facts, wanted.from);
        if (episode == nullptr) {
            result.observed = fmt::format("episode {} did not happen", wanted.from);
            return;
        }
        const Record* detected =
            facts.records->first("ms.detect", episode->at.count(), window_end(facts, *episode));
        if (detected == nullptr) {
            result.observed = "nobody was declared dead";
            result.verdict = ExpectationVerdict::fail;
            return;
        }
        const Duration observed{detected->t - episode->at.count()};
        result.observed = seconds(observed);
        result.observed_ns = observed.count();
        result.evidence = {detected->id};
        result.verdict = within(observed, wanted.min, wanted.max);
    }

    void operator()(const ProbeOutage& wanted) const {
        result.limit = limits(std::nullopt, wanted.max);
        const auto workload = std::ranges::find_if(
            facts.workloads, [&](const WorkloadLog& log) { return log.id == wanted.workload; });
        if (workload == facts.workloads.end() || workload->attempts.empty()) {
            result.observed = fmt::format("workload {} did not run", wanted.workload);
            return;
        }
        const auto gap = longest_gap(*workload, facts.end);
        if (!gap) {
            result.observed = "never answered";
            result.verdict = ExpectationVerdict::fail;
            return;
        }
        result.observed = seconds(*gap);
        result.observed_ns = gap->count();
        result.verdict = within(*gap, std::nullopt, wanted.max);
    }

    void operator()(const StartOrder& wanted) const {
        for (const std::string& word : wanted.sequence) {
            result.limit += (result.limit.empty() ? "" : ", ") + word;
        }
        // The last run of starts on the node that begins with the first word.
        std::vector<const ResourceStart*> seen;
        for (const ResourceStart& start : facts.starts) {
            const auto is_it = [&](const std::string& word) {
                return word == start.word || word == start.script;
            };
            if (start.node == wanted.node && std::ranges::any_of(wanted.sequence, is_it)) {
                if (seen.size() == wanted.sequence.size()) {
                    seen.clear();
                }
                seen.push_back(&start);
            }
        }
        if (seen.empty()) {
            result.observed = fmt::format("nothing of it was started on {}", wanted.node);
            return;
        }
        bool equal = seen.size() == wanted.sequence.size();
        for (std::size_t i = 0; i < seen.size(); ++i) {
            result.observed += (i == 0 ? "" : ", ") + seen[i]->word;
            result.evidence.push_back(seen[i]->record);
            equal = equal &&
                    (wanted.sequence[i] == seen[i]->word || wanted.sequence[i] == seen[i]->script);
        }
        result.verdict = equal ? ExpectationVerdict::pass : ExpectationVerdict::fail;
    }

    void operator()(const InvariantHolds& wanted) const {
        result.limit = "never violated";
        const auto found =
            std::ranges::find_if(facts.invariants, [&](const InvariantResult& invariant) {
                return invariant.name == wanted.name;
            });
        if (found == facts.invariants.end() || !found->evaluated) {
            result.observed = "not evaluated";
            result.verdict = ExpectationVerdict::inconclusive;
            return;
        }
        if (!found->first_at) {
            result.observed = "holds";
            result.verdict = ExpectationVerdict::pass;
            return;
        }
        result.observed = fmt::format("violated at {} for {}: {}",
                                      seconds(*found->first_at),
                                      seconds(found->violated_for),
                                      found->reason);
        result.verdict = ExpectationVerdict::fail;
    }

    void operator()(const EventCount& wanted) const {
        if (wanted.equals) {
            result.limit = fmt::format("exactly {}", *wanted.equals);
        } else {
            result.limit = wanted.min ? fmt::format("at least {}", *wanted.min) : "";
            result.limit +=
                wanted.max ? fmt::format("{}at most {}", wanted.min ? ", " : "", *wanted.max) : "";
        }
        if (wanted.event != "takeover") {
            result.observed = fmt::format("event {} is not counted", wanted.event);
            result.verdict = ExpectationVerdict::inconclusive;
            return;
        }
        std::int64_t from = 0;
        std::int64_t to = facts.end;
        for (const auto& [name, limit] :
             {std::pair{&wanted.after, &from}, std::pair{&wanted.before, &to}}) {
            if (name->empty()) {
                continue;
            }
            const Episode* episode = find_episode(facts, *name);
            if (episode == nullptr) {
                result.observed = fmt::format("episode {} did not happen", *name);
                return;
            }
            *limit = episode->at.count();
        }
        int count = 0;
        for (const Takeover& takeover : facts.takeovers) {
            if (takeover.at >= from && (takeover.at < to || wanted.before.empty())) {
                ++count;
                result.evidence.push_back(takeover.record);
            }
        }
        result.observed = fmt::format("{}", count);
        const bool good = (!wanted.equals || count == *wanted.equals) &&
                          (!wanted.min || count >= *wanted.min) &&
                          (!wanted.max || count <= *wanted.max);
        result.verdict = good ? ExpectationVerdict::pass : ExpectationVerdict::fail;
    }

    void operator()(const SuccessRatio& wanted) const {
        result.limit = fmt::format("at least {:.4g} from {}", wanted.min, seconds(wanted.from));
        const auto workload = std::ranges::find_if(
            facts.workloads, [&](const WorkloadLog& log) { return log.id == wanted.workload; });
        int attempts = 0;
        int answered = 0;
        if (workload != facts.workloads.end()) {
            for (const Attempt& attempt : workload->attempts) {
                if (attempt.started >= wanted.from.count()) {
                    ++attempts;
                    answered += attempt.answered ? 1 : 0;
                }
            }
        }
        if (attempts == 0) {
            result.observed = "nothing was attempted";
            return;
        }
        result.observed = fmt::format("{} of {}", answered, attempts);
        result.verdict = static_cast<double>(answered) >= wanted.min * static_cast<double>(attempts)
                             ? ExpectationVerdict::pass
                             : ExpectationVerdict::fail;
    }

    void operator()(const ReportMetric& wanted) const {
        const auto found = std::ranges::find_if(
            facts.metrics, [&](const auto& metric) { return metric.first == wanted.metric; });
        if (found == facts.metrics.end()) {
            result.observed = fmt::format("metric {} was not measured", wanted.metric);
            result.verdict = ExpectationVerdict::inconclusive;
            return;
        }
        result.observed = fmt::format("{}", found->second);
        result.verdict = ExpectationVerdict::pass;
    }
};

}  // namespace

std::string seconds(Duration time) {
    const std::int64_t ms = (time.count() + 500'000) / 1'000'000;
    return fmt::format("{}.{:03} s", ms / 1000, ms % 1000);
}

std::optional<Duration> longest_gap(const WorkloadLog& log, std::int64_t end) {
    std::vector<std::int64_t> answers;
    for (const Attempt& attempt : log.attempts) {
        if (attempt.answered) {
            answers.push_back(*attempt.answered);
        }
    }
    if (answers.empty()) {
        return std::nullopt;
    }
    std::ranges::sort(answers);
    answers.push_back(end);
    std::int64_t longest = 0;
    for (std::size_t i = 1; i < answers.size(); ++i) {
        longest = std::max(longest, answers[i] - answers[i - 1]);
    }
    return Duration{longest};
}

ExpectationResult evaluate(const Expectation& expectation, const RunFacts& facts) {
    ExpectationResult result;
    result.id = expectation.id;
    std::visit(Judge{facts, result}, expectation.kind);
    if (expectation.known_bad) {
        if (result.verdict == ExpectationVerdict::fail) {
            result.verdict = ExpectationVerdict::pass;
            result.observed = "bad, as known: " + result.observed;
        } else if (result.verdict == ExpectationVerdict::pass) {
            result.verdict = ExpectationVerdict::fail;
            result.observed = "known to be bad, but it has become good: " + result.observed;
        }
    }
    return result;
}

void conclude(const std::vector<Expectation>& expectations, RunResult& run) {
    bool failed = false;
    bool open = false;
    for (const ExpectationResult& result : run.expectations) {
        const auto wanted = std::ranges::find_if(
            expectations, [&](const Expectation& e) { return e.id == result.id; });
        const bool warning =
            wanted != expectations.end() && wanted->severity == ExpectationSeverity::warn;
        failed = failed || (result.verdict == ExpectationVerdict::fail && !warning);
        open = open || result.verdict == ExpectationVerdict::inconclusive ||
               result.verdict == ExpectationVerdict::not_reached;
    }
    for (const InvariantResult& invariant : run.invariants) {
        if (!invariant.disabled) {
            failed = failed || invariant.first_at.has_value();
            open = open || !invariant.evaluated;
        }
    }
    run.inconclusive = open;
    run.passed = !failed && !open;
}

}  // namespace sim
