// SPDX-License-Identifier: GPL-2.0-or-later
// The report over many seeds.
#include <algorithm>

#include <fmt/format.h>

#include "report/page.hpp"
#include "report/text_report.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

constexpr std::size_t histogram_columns = 60;
constexpr std::size_t histogram_bins = 24;

std::string plain_seconds(std::int64_t ns) {
    return fmt::format("{:.3f}", static_cast<double>(ns) / 1e9);
}

void verdict_counts(Page& page, const Summary& summary) {
    std::string text;
    for (const char* word :
         {"faster", "in target", "too slow", "no interruption", "no takeover", "two owners"}) {
        const auto found = summary.verdicts.find(word);
        if (found != summary.verdicts.end() && found->second > 0) {
            const bool bad = std::string_view(word) == "too slow" ||
                             std::string_view(word) == "no takeover" ||
                             std::string_view(word) == "two owners";
            text += (text.empty() ? "" : " · ") +
                    page.styled(bad ? Style::bad : Style::good,
                                fmt::format("{} {}", found->second, word));
        }
    }
    page.line(fmt::format("{} runs: {}", summary.runs, text.empty() ? "no episode" : text) +
              "  (target: cut off for 15 to 20 s)");
}

void calls_lost(Page& page, const Summary& summary) {
    const auto spread = [&](const char* metric, const char* label) {
        const auto found = summary.metrics.find(metric);
        if (found != summary.metrics.end()) {
            const Spread& s = found->second;
            page.line(fmt::format("{} {} to {} per run, median {}", label, s.min, s.max, s.p50));
        }
    };
    spread("calls-lost", "Calls lost:      ");
    spread("calls-lost-nobody-acted", "had nobody acted:");
}

void row(Page& page, std::string_view label, const Spread& spread) {
    page.line("  " + pad_right(label, 16) + pad_left(plain_seconds(spread.min), 10) +
              pad_left(plain_seconds(spread.p50), 10) + pad_left(plain_seconds(spread.p95), 10) +
              pad_left(plain_seconds(spread.max), 10));
}

void phase_table(Page& page, const Summary& summary) {
    const std::string episode =
        summary.episodes.empty() ? "" : ", episode " + summary.episodes.front().id;
    page.heading("Where the time goes, worst direction" + episode + " (seconds)");
    page.line(page.styled(Style::faint,
                          "  " + pad_right("phase", 16) + pad_left("min", 10) +
                              pad_left("p50", 10) + pad_left("p95", 10) + pad_left("max", 10)));
    for (std::size_t i = 0; i < phase_count; ++i) {
        if (summary.phases[i].max > 0) {
            row(page, name(static_cast<Phase>(i)), summary.phases[i]);
        }
    }
    if (summary.unattributed.max > 0) {
        row(page, "unattributed", summary.unattributed);
    }
    row(page, "total", summary.total);
}

Duration bin_width(Duration low, Duration high) {
    Duration width{};
    for (const int ms :
         {500, 1000, 2000, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000}) {
        width = std::chrono::milliseconds{ms};
        if (high / width - low / width < static_cast<std::int64_t>(histogram_bins)) {
            break;
        }
    }
    return width;
}

void histogram(Page& page, const Summary& summary) {
    if (summary.totals.empty() || summary.totals.back() <= 0) {
        return;
    }
    page.heading("Cut-off of the worst direction, runs per bin (│ = in the target of 15 to 20 s)");
    const Duration low{summary.totals.front()};
    const Duration high{summary.totals.back()};
    const Duration width = bin_width(low, high);
    const std::int64_t first = low / width;
    const std::int64_t last =
        std::min<std::int64_t>(high / width, first + static_cast<std::int64_t>(histogram_bins) - 1);
    std::vector<std::size_t> counts(static_cast<std::size_t>(last - first + 1), 0);
    std::size_t most = 1;  // no bar is longer than the longest
    for (const std::int64_t total : summary.totals) {
        std::size_t& count =
            counts[static_cast<std::size_t>(std::min(Duration(total) / width, last) - first)];
        most = std::max(most, ++count);
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const Duration from = (first + static_cast<std::int64_t>(i)) * width;
        const bool in_target = from >= target_from && from < target_to;
        std::size_t length = counts[i] * histogram_columns / most;
        length = counts[i] > 0 && length == 0 ? 1 : length;
        std::string bar;
        for (std::size_t c = 0; c < length; ++c) {
            bar += "█";
        }
        page.line("  " + pad_left(format_seconds(from), 9) + (in_target ? " │ " : "   ") +
                  page.styled(from >= target_to ? Style::bad : Style::good, bar) +
                  (counts[i] > 0 ? fmt::format(" {}", counts[i]) : ""));
    }
}

void episodes(Page& page, const Summary& summary) {
    page.heading("Cut-off by episode and direction (seconds)");
    page.line(page.styled(Style::faint,
                          "  " + pad_right("episode", 16) + pad_right("direction", 20) +
                              pad_left("runs cut", 10) + pad_left("min", 10) + pad_left("p50", 10) +
                              pad_left("p95", 10) + pad_left("max", 10)));
    for (const EpisodeSummary& episode : summary.episodes) {
        for (const DirectionSummary& direction : episode.directions) {
            page.line("  " + pad_right(fit(episode.id, 15), 16) +
                      pad_right(fit(direction.direction, 19), 20) +
                      pad_left(fmt::format("{}", direction.interrupted), 10) +
                      pad_left(plain_seconds(direction.longest.min), 10) +
                      pad_left(plain_seconds(direction.longest.p50), 10) +
                      pad_left(plain_seconds(direction.longest.p95), 10) +
                      pad_left(plain_seconds(direction.longest.max), 10));
            if (direction.restored < direction.interrupted) {
                page.line(fmt::format("    {} of them not restored when the run ended",
                                      direction.interrupted - direction.restored));
            }
        }
    }
}

void expectations(Page& page, const Summary& summary) {
    if (!summary.expectations.empty()) {
        page.heading("Expectations over all runs");
    }
    for (const ExpectationSummary& expectation : summary.expectations) {
        const Style style = expectation.verdict == ExpectationVerdict::pass   ? Style::good
                            : expectation.verdict == ExpectationVerdict::fail ? Style::bad
                                                                              : Style::warning;
        page.paragraph(
            "  " + page.styled(style, pad_right(name(expectation.verdict), 13)) +
                pad_right(fit(expectation.id, 18), 19) + expectation.limit +
                (expectation.limit.empty() ? "" : ": ") + expectation.reason +
                (expectation.severity == ExpectationSeverity::warn ? " (warning only)" : ""),
            34);
    }
}

void invariants(Page& page, const Summary& summary) {
    if (summary.invariants.empty()) {
        return;
    }
    page.heading("Invariants");
    std::string held;
    for (const InvariantSummary& invariant : summary.invariants) {
        if (invariant.disabled) {
            page.paragraph("  off          " + invariant.name + ": " + invariant.reason, 15);
        } else if (invariant.violated > 0) {
            page.paragraph("  " + page.styled(Style::bad, "violated     ") +
                               fmt::format("{} in {} runs, first with seed {}: {}",
                                           invariant.name,
                                           invariant.violated,
                                           invariant.first_seed.value_or(0),
                                           invariant.reason),
                           15);
        } else if (invariant.unevaluated > 0) {
            page.paragraph("  " + page.styled(Style::warning, "inconclusive ") +
                               fmt::format("{}: not evaluated in {} runs",
                                           invariant.name,
                                           invariant.unevaluated),
                           15);
        } else {
            held += (held.empty() ? "" : ", ") + invariant.name;
        }
    }
    if (!held.empty()) {
        page.paragraph("  held in all runs: " + held, 8);
    }
}

}  // namespace

std::string
text_report(const Scenario& scenario, const Summary& summary, const ReportOptions& options) {
    Page page(options.color);
    page.line(
        page.styled(Style::strong,
                    fit(summary.title.empty() ? summary.scenario_id : summary.title, page_width)));
    page.line(page.styled(Style::faint,
                          fmt::format("scenario {} · seeds {} to {} · {}",
                                      summary.scenario_id,
                                      summary.first_seed,
                                      summary.last_seed,
                                      summary.implementation)));
    page.line();
    verdict_counts(page, summary);
    if (summary.runs < summary.wanted) {
        page.line(
            page.styled(Style::warning,
                        fmt::format("INCOMPLETE: {} of {} runs", summary.runs, summary.wanted)));
    }
    calls_lost(page, summary);
    phase_table(page, summary);
    histogram(page, summary);
    episodes(page, summary);
    expectations(page, summary);
    invariants(page, summary);
    const int code = exit_code(summary);
    page.line();
    page.line(page.styled(code == 0   ? Style::good
                          : code == 1 ? Style::bad
                                      : Style::warning,
                          code == 0   ? "PASS"
                          : code == 1 ? "FAIL"
                                      : "INCONCLUSIVE"));
    page.line(page.styled(Style::faint,
                          fmt::format("again: understudy run {} --seeds {}..{}{}",
                                      scenario.file,
                                      summary.first_seed,
                                      summary.last_seed,
                                      implementation_option(summary.implementation))));
    return page.text();
}

}  // namespace sim
