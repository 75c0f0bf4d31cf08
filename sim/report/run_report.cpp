// SPDX-License-Identifier: GPL-2.0-or-later
// The report of one run.
#include <algorithm>

#include <fmt/format.h>

#include "report/explain.hpp"
#include "report/page.hpp"
#include "report/result_json.hpp"
#include "report/text_report.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

constexpr std::size_t name_columns = 19;
constexpr std::size_t time_columns = 10;
constexpr std::size_t bar_columns = 64;
constexpr std::size_t story_lines = 15;

/// Milliseconds are enough for people; what is shorter is not nothing.
std::string time_text(Duration time) {
    return time.count() > 0 && time < std::chrono::microseconds{500} ? "<0.001 s"
                                                                     : format_seconds(time);
}

Style style_of(TakeoverVerdict verdict) {
    switch (verdict) {
    case TakeoverVerdict::faster:
    case TakeoverVerdict::in_target:
    case TakeoverVerdict::no_interruption:
        return Style::good;
    case TakeoverVerdict::too_slow:
    case TakeoverVerdict::no_takeover:
        return Style::bad;
    }
    return Style::plain;
}

std::string upper(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return result;
}

const DirectionCutOff* worst_of(const Episode& episode) {
    const auto found = std::find_if(
        episode.directions.begin(), episode.directions.end(), [&](const DirectionCutOff& d) {
            return d.direction == episode.worst_direction;
        });
    return found == episode.directions.end() ? nullptr : &*found;
}

void header(Page& page, const Scenario& scenario, const RunResult& result) {
    page.line(page.styled(Style::strong,
                          fit(scenario.title.empty() ? scenario.id : scenario.title, page_width)));
    page.line(page.styled(Style::faint,
                          fmt::format("scenario {} · seed {} · {} · {} simulated",
                                      result.scenario_id,
                                      result.seed,
                                      result.implementation,
                                      format_seconds(scenario.stop_at))));
    page.line();
}

void verdicts(Page& page, const RunResult& result) {
    for (const Episode& episode : result.episodes) {
        const std::string word = upper(name(episode.verdict));
        const std::string prefix = result.episodes.size() > 1 ? episode.id + ": " : "";
        page.paragraph(page.styled(style_of(episode.verdict), word) + ": " + prefix +
                           verdict_sentence(episode),
                       4);
        if (episode.two_owners) {
            page.line(page.styled(Style::bad, "TWO OWNERS") + ": " + prefix +
                      "two nodes served the same thing at the same time (see Invariants).");
        }
    }
    if (result.episodes.empty()) {
        page.line("No fault was injected: nothing to measure.");
    }
}

/// "4 (3 dropped, 1 unanswered)"
std::string lost_text(const CallsLost& lost) {
    return lost.total() == 0
               ? "none"
               : fmt::format(
                     "{} ({} dropped, {} unanswered)", lost.total(), lost.dropped, lost.unanswered);
}

void calls_lost(Page& page, const RunResult& result) {
    if (!result.calls_lost) {
        return;
    }
    const auto& [from, run, nobody] = *result.calls_lost;
    page.line();
    page.line(
        "Calls lost:               " +
        page.styled(run.total() > nobody.total() ? Style::bad : Style::plain, lost_text(run)));
    page.line("had nobody acted:         " + lost_text(nobody));
}

std::string legend(const DirectionCutOff& direction) {
    std::string text;
    for (std::size_t i = 0; i < phase_count; ++i) {
        if (direction.phases.on_path[i].count() > 0) {
            text += fmt::format("{}{} {}",
                                text.empty() ? "" : " · ",
                                name(static_cast<Phase>(i)),
                                time_text(direction.phases.on_path[i]));
        }
    }
    return text;
}

void directions(Page& page, const Episode& episode, const TimeAxis& axis) {
    page.heading("How long each direction was cut off");
    page.line(pad_right("", name_columns + time_columns + 4) +
              page.styled(Style::faint, axis.scale()));
    for (const DirectionCutOff& direction : episode.directions) {
        const Duration shown = direction.interrupted ? direction.longest : Duration{};
        const Style style = !direction.interrupted                                 ? Style::plain
                            : !direction.restored || direction.longest > target_to ? Style::bad
                                                                                   : Style::good;
        page.line(
            "  " + pad_right(fit(direction.direction, name_columns), name_columns) +
            pad_left(direction.interrupted ? format_seconds(shown) : "not cut", time_columns) +
            "  " + axis.bar(page, Duration{}, shown, style, !direction.restored));
    }
    for (const DirectionCutOff& direction : episode.directions) {
        if (direction.summed > direction.longest) {
            page.line(fmt::format("  {}: {} in several cut-offs together",
                                  direction.direction,
                                  format_seconds(direction.summed)));
        }
    }
}

void waterfall(Page& page, const DirectionCutOff& direction, const TimeAxis& axis) {
    page.heading(
        fmt::format("Where the time went, {} ({})",
                    direction.direction,
                    direction.restored ? format_seconds(direction.longest) : "not restored"));
    Duration at{};
    for (std::size_t i = 0; i < phase_count; ++i) {
        const Duration time = direction.phases.on_path[i];
        if (time.count() <= 0) {
            continue;
        }
        page.line("  " + pad_right(name(static_cast<Phase>(i)), name_columns) +
                  pad_left(time_text(time), time_columns) + "  " +
                  axis.bar(page, at, at + time, Style::plain));
        at += time;
    }
    if (direction.unattributed.count() > 0) {
        page.line("  " + pad_right("unattributed", name_columns) +
                  pad_left(format_seconds(direction.unattributed), time_columns) + "  " +
                  axis.bar(page, at, at + direction.unattributed, Style::warning));
        page.paragraph("    " + direction.attribution_gap, 4);
        at += direction.unattributed;
    }
    page.line("  " + pad_right(direction.restored ? "total" : "until the end", name_columns) +
              pad_left(format_seconds(at), time_columns) + "  " +
              page.styled(Style::faint, axis.scale()));
    std::string parallel;
    for (std::size_t i = 0; i < phase_count; ++i) {
        if (direction.phases.parallel[i].count() > 0) {
            parallel += fmt::format("{}{} {}",
                                    parallel.empty() ? "" : " · ",
                                    name(static_cast<Phase>(i)),
                                    time_text(direction.phases.parallel[i]));
        }
    }
    if (!parallel.empty()) {
        page.paragraph("  at the same time, not on the path: " + parallel, 4);
    }
}

void episode_part(Page& page, const Episode& episode) {
    page.heading(fmt::format("Episode {}: {} {} at {}",
                             episode.id,
                             episode.verb,
                             episode.target,
                             format_seconds(episode.at)));
    if (!episode.evidence.empty()) {
        page.paragraph("  it took effect: " + episode.evidence, 4);
    }
    Duration longest{};
    for (const DirectionCutOff& direction : episode.directions) {
        longest = std::max(longest, direction.longest);
    }
    const TimeAxis axis(longest, bar_columns);
    const DirectionCutOff* worst = worst_of(episode);
    if (!episode.directions.empty()) {
        directions(page, episode, axis);
    }
    if (worst != nullptr) {
        waterfall(page, *worst, axis);
        for (const DirectionCutOff& direction : episode.directions) {
            if (direction.interrupted && &direction != worst) {
                page.paragraph(fmt::format("  {}: {}", direction.direction, legend(direction)), 4);
            }
        }
    }
    if (!episode.advice.empty()) {
        page.heading("What to change first");
        for (const std::string& advice : episode.advice) {
            page.paragraph("  " + advice, 4);
        }
    }
    if (!episode.story.empty()) {
        page.heading("What happened");
        const std::size_t shown = std::min(episode.story.size(), story_lines);
        for (std::size_t i = 0; i < shown; ++i) {
            page.paragraph("  " + pad_left(format_seconds(episode.story[i].first), time_columns) +
                               "  " + episode.story[i].second,
                           time_columns + 4);
        }
    }
}

Style style_of(ExpectationVerdict verdict) {
    switch (verdict) {
    case ExpectationVerdict::pass:
        return Style::good;
    case ExpectationVerdict::fail:
        return Style::bad;
    case ExpectationVerdict::inconclusive:
    case ExpectationVerdict::not_reached:
        return Style::warning;
    }
    return Style::plain;
}

void expectations(Page& page, const Scenario& scenario, const RunResult& result) {
    if (result.expectations.empty()) {
        return;
    }
    page.heading("Expectations");
    for (const ExpectationResult& expectation : result.expectations) {
        const bool warn = severity_of(scenario, expectation.id) == ExpectationSeverity::warn;
        page.line(
            "  " +
            page.styled(style_of(expectation.verdict), pad_right(name(expectation.verdict), 13)) +
            pad_right(fit(expectation.id, 18), 19) + pad_right(fit(expectation.observed, 36), 37) +
            fit(expectation.limit + (warn ? " (warning only)" : ""), 29));
    }
}

void invariants(Page& page, const RunResult& result) {
    if (result.invariants.empty()) {
        return;
    }
    page.heading("Invariants");
    std::string held;
    for (const InvariantResult& invariant : result.invariants) {
        if (invariant.disabled) {
            page.paragraph("  " + page.styled(Style::warning, pad_right("off", 13)) +
                               invariant.name + ": " + invariant.reason,
                           15);
        } else if (!invariant.evaluated) {
            page.paragraph("  " + page.styled(Style::warning, pad_right("inconclusive", 13)) +
                               invariant.name + ": " +
                               (invariant.reason.empty() ? "not evaluated" : invariant.reason),
                           15);
        } else if (invariant.first_at) {
            page.paragraph("  " + page.styled(Style::bad, pad_right("violated", 13)) +
                               fmt::format("{} at {} for {}: {}",
                                           invariant.name,
                                           format_seconds(*invariant.first_at),
                                           format_seconds(invariant.violated_for),
                                           invariant.reason),
                           15);
        } else {
            held += (held.empty() ? "" : ", ") + invariant.name;
        }
    }
    if (!held.empty()) {
        page.paragraph("  held: " + held, 8);
    }
}

void rules(Page& page, const RunResult& result) {
    if (result.rules.empty()) {
        return;
    }
    page.heading("What the daemon's own rules did (heartbeat 3.0.6 has none of them)");
    for (const RuleAtWork& rule : result.rules) {
        page.paragraph("  " + pad_left(format_seconds(rule.from), time_columns) + "  " +
                           in_words(rule) + '.',
                       time_columns + 4);
    }
}

void parameters(Page& page, const RunResult& result) {
    if (!result.parameters.empty()) {
        page.heading("What the result rests on");
        for (const Parameter& parameter : result.parameters) {
            page.paragraph("  " + pad_right(name(parameter.mark), 10) + parameter.name + " = " +
                               parameter.value +
                               (parameter.source.empty() ? "" : "  (" + parameter.source + ")"),
                           14);
        }
    }
    if (!result.bindings.empty()) {
        page.heading("What each word of haresources does");
        for (const std::string& binding : result.bindings) {
            page.paragraph("  " + binding, 6);
        }
    }
}

void findings(Page& page, const Scenario& scenario, const RunResult& result) {
    if (result.findings.empty()) {
        return;
    }
    page.heading("Findings in the files");
    for (const cluster::Finding& finding : result.findings) {
        page.paragraph("  " + cluster::to_string(finding), 6);
        if (const AcceptedFinding* entry = accepted(scenario, finding)) {
            page.paragraph("      accepted: " + entry->reason, 8);
        }
    }
}

void conclusion(Page& page, const Scenario& scenario, const RunResult& result) {
    const std::string_view verdict = overall_verdict(scenario, result);
    page.line();
    page.line(page.styled(verdict == "pass"   ? Style::good
                          : verdict == "fail" ? Style::bad
                                              : Style::warning,
                          upper(verdict)) +
              fmt::format("  ({} records)", result.records));
    page.line(page.styled(Style::faint,
                          fmt::format("again: understudy run {} --seed {}{}",
                                      scenario.file,
                                      result.seed,
                                      implementation_option(result.implementation))));
    if (!result.scenario_digest.empty()) {
        page.line(
            page.styled(Style::faint, "scenario and files: sha256 " + result.scenario_digest));
    }
}

}  // namespace

std::string implementation_option(const std::string& implementation) {
    return implementation.empty() || implementation == name(Implementation::understudyd)
               ? std::string{}
               : " --implementation " + implementation;
}

std::string
text_report(const Scenario& scenario, const RunResult& result, const ReportOptions& options) {
    Page page(options.color);
    header(page, scenario, result);
    verdicts(page, result);
    calls_lost(page, result);
    for (const Episode& episode : result.episodes) {
        episode_part(page, episode);
    }
    rules(page, result);
    expectations(page, scenario, result);
    invariants(page, result);
    parameters(page, result);
    findings(page, scenario, result);
    conclusion(page, scenario, result);
    return page.text();
}

}  // namespace sim
