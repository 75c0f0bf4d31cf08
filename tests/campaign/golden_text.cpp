// SPDX-License-Identifier: GPL-2.0-or-later
#include "golden_text.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "report/statistics.hpp"

namespace campaign {

namespace {

using sim::Duration;

std::string tenths(std::int64_t ns) {
    const std::int64_t value = (ns + 50'000'000) / 100'000'000;
    return fmt::format("{}.{}", value / 10, value % 10);
}

/// "9.2 to 12.9 s, median 11.0 s"; "2.0 s" when all are the same.
std::string seconds_range(std::vector<std::int64_t> samples) {
    const sim::Spread spread = sim::spread_of(std::move(samples));
    const std::string low = tenths(spread.min);
    const std::string high = tenths(spread.max);
    return low == high ? low + " s"
                       : fmt::format("{} to {} s, median {} s", low, high, tenths(spread.p50));
}

std::string number_range(std::vector<std::int64_t> samples) {
    const sim::Spread spread = sim::spread_of(std::move(samples));
    return spread.min == spread.max
               ? fmt::format("{}", spread.min)
               : fmt::format("{} to {}, median {}", spread.min, spread.max, spread.p50);
}

struct Direction {
    std::vector<std::int64_t> longest;  ///< of the runs in which it was cut off
    std::size_t not_restored = 0;
};

/// One episode in all runs; of a soak all that the same verb opened.
struct EpisodeLines {
    std::string title;
    std::size_t times = 0;
    std::vector<std::string> order;  ///< of the directions
    std::map<std::string, Direction> directions;
    std::vector<std::vector<std::int64_t>> phases =
        std::vector<std::vector<std::int64_t>>(sim::phase_count);
    std::vector<std::int64_t> unattributed;
};

bool drawn(const std::string& id) {
    return id.compare(0, 5, "soak-") == 0;
}

std::string key_of(const sim::Episode& episode) {
    if (!drawn(episode.id)) {
        return episode.id;
    }
    const bool revert = episode.id.find('/') != std::string::npos;
    return (revert ? "drawn, end: " : "drawn: ") + episode.verb;
}

void add(const sim::Episode& episode, EpisodeLines& lines) {
    ++lines.times;
    for (const sim::DirectionCutOff& direction : episode.directions) {
        if (!lines.directions.contains(direction.direction)) {
            lines.order.push_back(direction.direction);
        }
        Direction& sum = lines.directions[direction.direction];
        if (!direction.interrupted) {
            continue;
        }
        sum.longest.push_back(direction.longest.count());
        sum.not_restored += direction.restored ? 0U : 1U;
        if (direction.direction == episode.worst_direction) {
            for (std::size_t i = 0; i < sim::phase_count; ++i) {
                lines.phases[i].push_back(direction.phases.on_path[i].count());
            }
            lines.unattributed.push_back(direction.unattributed.count());
        }
    }
}

std::string phase_words(const EpisodeLines& lines) {
    std::string text;
    const auto say = [&](std::string_view phase, const std::vector<std::int64_t>& samples) {
        const std::string median = tenths(sim::spread_of(samples).p50);
        if (median != "0.0") {
            text += fmt::format("{}{} {} s", text.empty() ? "" : ", ", phase, median);
        }
    };
    for (std::size_t i = 0; i < sim::phase_count; ++i) {
        say(name(static_cast<sim::Phase>(i)), lines.phases[i]);
    }
    say("unattributed", lines.unattributed);
    return text;
}

std::string episode_text(const EpisodeLines& lines) {
    std::string text = lines.title + '\n';
    bool interrupted = false;
    for (const std::string& direction : lines.order) {
        const Direction& sum = lines.directions.at(direction);
        if (sum.longest.empty()) {
            continue;
        }
        interrupted = true;
        text += fmt::format("  {:<18} cut off in {} of {}, {}",
                            direction,
                            sum.longest.size(),
                            lines.times,
                            seconds_range(sum.longest));
        text +=
            sum.not_restored == 0 ? "\n" : fmt::format("; not restored in {}\n", sum.not_restored);
    }
    if (!interrupted) {
        return text + fmt::format("  no interruption in {} of {}\n", lines.times, lines.times);
    }
    if (const std::string phases = phase_words(lines); !phases.empty()) {
        text += "  where the time went (worst direction, medians): " + phases + '\n';
    }
    return text;
}

std::string episodes_text(const std::vector<sim::RunResult>& runs) {
    std::vector<std::string> order;
    std::map<std::string, EpisodeLines> episodes;
    bool any_drawn = false;
    for (const sim::RunResult& run : runs) {
        for (const sim::Episode& episode : run.episodes) {
            const std::string key = key_of(episode);
            if (!episodes.contains(key)) {
                order.push_back(key);
            }
            EpisodeLines& lines = episodes[key];
            if (lines.title.empty()) {
                any_drawn = any_drawn || drawn(episode.id);
                lines.title =
                    drawn(episode.id)
                        ? key
                        : fmt::format("{}: {} {}", episode.id, episode.verb, episode.target);
            }
            add(episode, lines);
        }
    }
    if (any_drawn) {
        std::stable_sort(order.begin(), order.end());
    }
    std::string text;
    for (const std::string& key : order) {
        text += episode_text(episodes.at(key));
    }
    return text;
}

std::string owners_text(const std::vector<sim::RunResult>& runs) {
    std::string text;
    for (const auto& [invariant, what] :
         {std::pair{"no-dual-vip-owner", "address"}, std::pair{"no-dual-span-owner", "bridge"}}) {
        std::vector<std::int64_t> samples;
        for (const sim::RunResult& run : runs) {
            for (const sim::InvariantResult& result : run.invariants) {
                if (result.name == invariant && result.first_at) {
                    samples.push_back(result.violated_for.count());
                }
            }
        }
        text += fmt::format("two owners of the {}: {}\n",
                            what,
                            samples.empty() ? "never"
                                            : fmt::format("in {} of {} runs, {}",
                                                          samples.size(),
                                                          runs.size(),
                                                          seconds_range(samples)));
    }
    return text;
}

std::string calls_text(const std::vector<sim::RunResult>& runs) {
    std::vector<std::int64_t> dropped;
    std::vector<std::int64_t> lost;
    std::vector<std::int64_t> nobody;
    for (const sim::RunResult& run : runs) {
        if (run.calls_lost) {
            dropped.push_back(run.calls_lost->run.dropped);
            lost.push_back(run.calls_lost->run.total());
            nobody.push_back(run.calls_lost->nobody_acted.total());
        }
    }
    if (lost.empty()) {
        return "";
    }
    return fmt::format("calls dropped: {}\ncalls lost: {}\nhad nobody acted: {}\n",
                       number_range(dropped),
                       number_range(lost),
                       number_range(nobody));
}

std::string expectations_text(const sim::Summary& summary) {
    std::string text;
    for (const sim::ExpectationSummary& expectation : summary.expectations) {
        text += fmt::format("  {:<18} {:<12} {} of {} runs{}\n",
                            expectation.id,
                            name(expectation.verdict),
                            expectation.passed,
                            expectation.evaluated,
                            expectation.severity == sim::ExpectationSeverity::warn ? " (a warning)"
                                                                                   : "");
    }
    for (const sim::InvariantSummary& invariant : summary.invariants) {
        if (invariant.disabled) {
            text += fmt::format("  {:<18} off          {}\n", invariant.name, invariant.reason);
        } else if (invariant.violated > 0) {
            text += fmt::format("  {:<18} violated     in {} of {} runs\n",
                                invariant.name,
                                invariant.violated,
                                summary.runs);
        }
    }
    return text.empty() ? "" : "expected\n" + text;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

}  // namespace

std::string verdict_of(const sim::Summary& summary) {
    const int code = sim::exit_code(summary);
    return code == 0 ? "pass" : code == 1 ? "fail" : "inconclusive";
}

std::string golden_text(const std::string& name,
                        const sim::Scenario& scenario,
                        const std::vector<sim::RunResult>& runs,
                        const sim::Summary& summary) {
    return fmt::format("{}\n{}, {}, seeds {} to {}: {}\n\n{}{}{}{}",
                       scenario.title,
                       name,
                       sim::name(scenario.cluster.implementation),
                       summary.first_seed,
                       summary.last_seed,
                       verdict_of(summary),
                       episodes_text(runs),
                       owners_text(runs),
                       calls_text(runs),
                       expectations_text(summary));
}

/// Longest common subsequence: the texts are short.
std::string difference(const std::string& old_text, const std::string& new_text) {
    const auto a = lines_of(old_text);
    const auto b = lines_of(new_text);
    std::vector<std::vector<std::size_t>> same(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1, 0));
    for (std::size_t i = a.size(); i-- > 0;) {
        for (std::size_t j = b.size(); j-- > 0;) {
            same[i][j] =
                a[i] == b[j] ? same[i + 1][j + 1] + 1 : std::max(same[i + 1][j], same[i][j + 1]);
        }
    }
    std::string text;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() || j < b.size()) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) {
            ++i;
            ++j;
        } else if (i < a.size() && (j == b.size() || same[i + 1][j] >= same[i][j + 1])) {
            text += "- " + a[i++] + '\n';
        } else {
            text += "+ " + b[j++] + '\n';
        }
    }
    return text;
}

}  // namespace campaign
