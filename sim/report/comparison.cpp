// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/comparison.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/page.hpp"
#include "report/result_json.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

struct Cell {
    std::string text = "-";
    std::optional<std::int64_t> number{};
};

/// Adds a row unless nothing is to be said of it with any implementation.
template <class Column, class Make>
void add_row(Comparison& comparison,
             const std::vector<Column>& columns,
             std::string episode,
             std::string measure,
             std::string of,
             Make make) {
    ComparisonRow row{std::move(episode), std::move(measure), std::move(of), {}, {}};
    bool anything = false;
    for (const Column& column : columns) {
        const std::optional<Cell> cell = make(*column);
        anything = anything || cell.has_value();
        row.cells.push_back(cell ? cell->text : Cell{}.text);
        row.numbers.push_back(cell ? cell->number : std::nullopt);
    }
    if (anything) {
        comparison.rows.push_back(std::move(row));
    }
}

/// All names that occur with any implementation, in the order of their first appearance.
template <class Column, class List, class Name>
std::vector<std::string>
names_in(const std::vector<Column>& columns, List list, Name name_of_item) {
    std::vector<std::string> names;
    for (const Column& column : columns) {
        for (const auto& item : list(*column)) {
            const std::string& found = name_of_item(item);
            if (std::find(names.begin(), names.end(), found) == names.end()) {
                names.push_back(found);
            }
        }
    }
    return names;
}

template <class List>
auto with_id(const List& list, const std::string& id) -> decltype(&*list.begin()) {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.id == id; });
    return found == list.end() ? nullptr : &*found;
}

template <class List>
auto with_direction(const List& list, const std::string& direction) -> decltype(&*list.begin()) {
    const auto found = std::find_if(
        list.begin(), list.end(), [&](const auto& item) { return item.direction == direction; });
    return found == list.end() ? nullptr : &*found;
}

std::string spread_text(const Spread& spread, const std::function<std::string(std::int64_t)>& one) {
    return spread.min == spread.max
               ? one(spread.p50)
               : fmt::format("{} ({} to {})", one(spread.p50), one(spread.min), one(spread.max));
}

std::string time_text(std::int64_t ns) {
    return format_seconds(Duration{ns});
}

// ---------------------------------------------------------------- single runs

using Runs = std::vector<const RunResult*>;

void episode_rows(Comparison& comparison, const Runs& runs, const std::string& id) {
    const auto row = [&](const char* measure, std::string of, auto make) {
        add_row(comparison,
                runs,
                id,
                measure,
                std::move(of),
                [&](const RunResult& run) -> std::optional<Cell> {
                    const Episode* episode = with_id(run.episodes, id);
                    return episode == nullptr ? std::nullopt : make(*episode);
                });
    };
    row("verdict", "", [](const Episode& episode) -> std::optional<Cell> {
        return Cell{std::string(name(episode.verdict))};
    });
    row("two owners", "", [](const Episode& episode) -> std::optional<Cell> {
        return Cell{episode.two_owners ? "yes" : "no", episode.two_owners ? 1 : 0};
    });
    std::vector<std::string> directions;
    for (const RunResult* run : runs) {
        if (const Episode* episode = with_id(run->episodes, id); episode != nullptr) {
            for (const DirectionCutOff& direction : episode->directions) {
                if (std::find(directions.begin(), directions.end(), direction.direction) ==
                    directions.end()) {
                    directions.push_back(direction.direction);
                }
            }
        }
    }
    for (const std::string& name_of : directions) {
        row("cut-off", name_of, [&](const Episode& episode) -> std::optional<Cell> {
            const DirectionCutOff* d = with_direction(episode.directions, name_of);
            if (d == nullptr) {
                return std::nullopt;
            }
            return Cell{!d->interrupted ? "not cut"
                        : d->restored   ? time_text(d->longest.count())
                                        : time_text(d->longest.count()) + ", not restored",
                        d->interrupted ? d->longest.count() : 0};
        });
    }
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
        row("phase",
            std::string(name(static_cast<Phase>(phase))),
            [&](const Episode& episode) -> std::optional<Cell> {
                const DirectionCutOff* d =
                    with_direction(episode.directions, episode.worst_direction);
                if (d == nullptr || d->phases.on_path[phase].count() <= 0) {
                    return std::nullopt;
                }
                const std::int64_t ns = d->phases.on_path[phase].count();
                return Cell{ns < 500'000 ? "<0.001 s" : time_text(ns), ns};
            });
    }
}

std::optional<Cell> metric_of(const RunResult& run, std::string_view metric) {
    for (const auto& [found, value] : run.metrics) {
        if (found == metric) {
            return Cell{std::to_string(value), value};
        }
    }
    return std::nullopt;
}

// ---------------------------------------------------------------- many runs

using Summaries = std::vector<const Summary*>;

std::string counts_text(const std::map<std::string, std::size_t>& verdicts) {
    std::string text;
    for (const char* word : {"faster", "in target", "too slow", "no interruption", "no takeover"}) {
        const auto found = verdicts.find(word);
        if (found != verdicts.end() && found->second > 0) {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", found->second, word);
        }
    }
    return text;
}

void episode_rows(Comparison& comparison, const Summaries& summaries, const std::string& id) {
    const auto row = [&](const char* measure, std::string of, auto make) {
        add_row(comparison,
                summaries,
                id,
                measure,
                std::move(of),
                [&](const Summary& summary) -> std::optional<Cell> {
                    const EpisodeSummary* episode = with_id(summary.episodes, id);
                    return episode == nullptr ? std::nullopt : make(*episode);
                });
    };
    row("verdict", "", [](const EpisodeSummary& episode) -> std::optional<Cell> {
        return Cell{counts_text(episode.verdicts)};
    });
    row("two owners", "", [](const EpisodeSummary& episode) -> std::optional<Cell> {
        const auto found = episode.verdicts.find("two owners");
        const std::size_t count = found == episode.verdicts.end() ? 0 : found->second;
        return Cell{count == 0 ? "no" : fmt::format("in {} of {} runs", count, episode.runs),
                    static_cast<std::int64_t>(count)};
    });
    std::vector<std::string> directions;
    for (const Summary* summary : summaries) {
        if (const EpisodeSummary* episode = with_id(summary->episodes, id); episode != nullptr) {
            for (const DirectionSummary& direction : episode->directions) {
                if (std::find(directions.begin(), directions.end(), direction.direction) ==
                    directions.end()) {
                    directions.push_back(direction.direction);
                }
            }
        }
    }
    for (const std::string& name_of : directions) {
        row("cut-off", name_of, [&](const EpisodeSummary& episode) -> std::optional<Cell> {
            const DirectionSummary* d = with_direction(episode.directions, name_of);
            if (d == nullptr) {
                return std::nullopt;
            }
            std::string text = d->interrupted == 0 ? "not cut" : spread_text(d->longest, time_text);
            if (d->restored < d->interrupted) {
                text += fmt::format(", {} not restored", d->interrupted - d->restored);
            }
            return Cell{std::move(text), d->longest.p50};
        });
    }
}

std::optional<Cell> metric_of(const Summary& summary, const std::string& metric) {
    const auto found = summary.metrics.find(metric);
    if (found == summary.metrics.end()) {
        return std::nullopt;
    }
    return Cell{
        spread_text(found->second, [](std::int64_t value) { return std::to_string(value); }),
        found->second.p50};
}

template <class Columns>
void rows_at_end(Comparison& comparison, const Columns& columns) {
    for (const auto& [metric, words] :
         {std::pair{"calls-lost", "calls lost"},
          std::pair{"calls-dropped", "calls dropped"},
          std::pair{"calls-lost-nobody-acted", "calls lost had nobody acted"},
          std::pair{"takeovers", "takeovers"}}) {
        add_row(comparison, columns, "", words, "", [&](const auto& column) {
            return metric_of(column, metric);
        });
    }
}

std::string label_of(const ComparisonRow& row) {
    return row.of.empty() ? row.measure : row.measure + ", " + row.of;
}

}  // namespace

Comparison compare(const std::vector<const Scenario*>& scenarios, const Runs& runs) {
    Comparison comparison;
    comparison.scenario_id = runs.front()->scenario_id;
    comparison.title = runs.front()->title;
    comparison.first_seed = runs.front()->seed;
    comparison.last_seed = runs.front()->seed;
    for (const RunResult* run : runs) {
        comparison.implementations.push_back(run->implementation);
    }
    ComparisonRow overall{"", "result", "", {}, {}};
    for (std::size_t i = 0; i < runs.size(); ++i) {
        overall.cells.emplace_back(overall_verdict(*scenarios[i], *runs[i]));
        overall.numbers.emplace_back();
    }
    comparison.rows.push_back(std::move(overall));
    const auto ids = names_in(
        runs,
        [](const RunResult& run) -> const auto& { return run.episodes; },
        [](const Episode& episode) -> const std::string& { return episode.id; });
    for (const std::string& id : ids) {
        episode_rows(comparison, runs, id);
    }
    const auto invariants = names_in(
        runs,
        [](const RunResult& run) -> const auto& { return run.invariants; },
        [](const InvariantResult& invariant) -> const std::string& { return invariant.name; });
    for (const std::string& invariant : invariants) {
        add_row(comparison,
                runs,
                "",
                "violated",
                invariant,
                [&](const RunResult& run) -> std::optional<Cell> {
                    for (const InvariantResult& found : run.invariants) {
                        if (found.name == invariant && found.first_at) {
                            return Cell{"for " + time_text(found.violated_for.count()),
                                        found.violated_for.count()};
                        }
                    }
                    return std::nullopt;
                });
    }
    rows_at_end(comparison, runs);
    return comparison;
}

Comparison compare(const Summaries& summaries) {
    Comparison comparison;
    comparison.scenario_id = summaries.front()->scenario_id;
    comparison.title = summaries.front()->title;
    comparison.first_seed = summaries.front()->first_seed;
    comparison.last_seed = summaries.front()->last_seed;
    ComparisonRow overall{"", "result", "", {}, {}};
    for (const Summary* summary : summaries) {
        comparison.implementations.push_back(summary->implementation);
        const int code = exit_code(*summary);
        overall.cells.emplace_back(code == 0 ? "pass" : code == 1 ? "fail" : "inconclusive");
        overall.numbers.emplace_back();
    }
    comparison.rows.push_back(std::move(overall));
    const auto ids = names_in(
        summaries,
        [](const Summary& summary) -> const auto& { return summary.episodes; },
        [](const EpisodeSummary& episode) -> const std::string& { return episode.id; });
    for (const std::string& id : ids) {
        episode_rows(comparison, summaries, id);
        for (std::size_t phase = 0; id == ids.front() && phase < phase_count; ++phase) {
            add_row(comparison,
                    summaries,
                    id,
                    "phase",
                    std::string(name(static_cast<Phase>(phase))),
                    [&](const Summary& summary) -> std::optional<Cell> {
                        const Spread& spread = summary.phases[phase];
                        return spread.max <= 0 ? std::nullopt
                                               : std::optional{Cell{spread_text(spread, time_text),
                                                                    spread.p50}};
                    });
        }
    }
    const auto invariants = names_in(
        summaries,
        [](const Summary& summary) -> const auto& { return summary.invariants; },
        [](const InvariantSummary& invariant) -> const std::string& { return invariant.name; });
    for (const std::string& invariant : invariants) {
        add_row(comparison,
                summaries,
                "",
                "violated",
                invariant,
                [&](const Summary& summary) -> std::optional<Cell> {
                    for (const InvariantSummary& found : summary.invariants) {
                        if (found.name == invariant && found.violated > 0) {
                            return Cell{
                                fmt::format("in {} of {} runs", found.violated, summary.runs),
                                static_cast<std::int64_t>(found.violated)};
                        }
                    }
                    return std::nullopt;
                });
    }
    rows_at_end(comparison, summaries);
    return comparison;
}

std::string text_report(const Comparison& comparison, bool color) {
    Page page(color);
    page.line(page.styled(Style::strong,
                          fit("Side by side: " + (comparison.title.empty() ? comparison.scenario_id
                                                                           : comparison.title),
                              page_width)));
    page.line(page.styled(
        Style::faint,
        comparison.first_seed == comparison.last_seed
            ? fmt::format("scenario {} · seed {}", comparison.scenario_id, comparison.first_seed)
            : fmt::format("scenario {} · seeds {} to {} · median (least to most)",
                          comparison.scenario_id,
                          comparison.first_seed,
                          comparison.last_seed)));
    page.line();
    constexpr std::size_t label_columns = 36;
    const std::size_t columns = (page_width - label_columns - 2) /
                                std::max<std::size_t>(comparison.implementations.size(), 1);
    std::string head = "  " + pad_right("", label_columns);
    for (const std::string& implementation : comparison.implementations) {
        head += pad_right(fit(implementation, columns - 1), columns);
    }
    page.line(page.styled(Style::strong, head.substr(0, head.find_last_not_of(' ') + 1)));
    std::string episode;
    for (const ComparisonRow& row : comparison.rows) {
        if (row.episode != episode) {
            page.line(row.episode.empty() ? std::string("  whole run") : "  " + row.episode);
            episode = row.episode;
        }
        std::string line = (row.measure == "result" ? "  " : "    ") +
                           pad_right(fit(label_of(row), label_columns - 3),
                                     label_columns - (row.measure == "result" ? 0 : 2));
        for (const std::string& cell : row.cells) {
            line += pad_right(fit(cell, columns - 1), columns);
        }
        page.line(line.substr(0, line.find_last_not_of(' ') + 1));
    }
    return page.text();
}

std::string comparison_to_json(const Comparison& comparison) {
    using Ordered = nlohmann::ordered_json;
    Ordered rows = Ordered::array();
    for (const ComparisonRow& row : comparison.rows) {
        Ordered numbers = Ordered::array();
        for (const auto& number : row.numbers) {
            numbers.push_back(number ? Ordered(*number) : Ordered(nullptr));
        }
        rows.push_back(Ordered{{"episode", row.episode},
                               {"measure", row.measure},
                               {"of", row.of},
                               {"cells", row.cells},
                               {"numbers", std::move(numbers)}});
    }
    const Ordered object{{"format", "failover-comparison/1"},
                         {"scenario", comparison.scenario_id},
                         {"title", comparison.title},
                         {"seeds", {comparison.first_seed, comparison.last_seed}},
                         {"implementations", comparison.implementations},
                         {"rows", std::move(rows)}};
    return object.dump(2, ' ', false, Ordered::error_handler_t::replace) + '\n';
}

}  // namespace sim
