// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/html_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/explain.hpp"
#include "report/markup.hpp"
#include "report/page.hpp"
#include "report/result_json.hpp"
#include "report/run_pictures.hpp"
#include "report/sentences.hpp"
#include "report/text_report.hpp"
#include "report/waterfall_svg.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

/// Colours are variables, so that dark and paper need to say them only. Contrast of text is at
/// least 4.5 to 1 in each; no state is told by colour alone.
constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2126;--faint:#57606a;--line:#d0d7de;--card:#f6f8fa;
--ok:#1a7f4b;--bad:#b42318;--warn:#8a5a00;--ok-bar:#4cb782;--busy-bar:#e0a526;--bad-bar:#d1493a;
--idle-bar:#b6bec7;--cut-bar:#b42318;--band:#009e73;--link:#0b57a4}
@media(prefers-color-scheme:dark){:root{--bg:#15191d;--fg:#e6eaee;--faint:#a3adb7;--line:#39424b;
--card:#1d2329;--ok:#5cd39a;--bad:#ff8f84;--warn:#f0bd5c;--ok-bar:#277c54;--busy-bar:#b98512;
--bad-bar:#c6483b;--idle-bar:#4b555f;--cut-bar:#cf4436;--link:#7cc0ff}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:70rem;background:var(--bg);color:var(--fg);
font:16px/1.5 system-ui,sans-serif;overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0}h2{font-size:1.25rem;margin:2rem 0 .5rem}
h3{font-size:1.05rem;margin:1.5rem 0 .4rem}p{margin:.4rem 0}
.faint{color:var(--faint)}.ok{color:var(--ok)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.badge{display:inline-block;border:2px solid currentColor;border-radius:.4rem;padding:0 .6rem;
font-weight:700;letter-spacing:.03em}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:.8rem;margin:1rem 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.7rem 1rem}
.card strong{display:block;font-size:1.5rem;line-height:1.3}
section.part{border-top:3px solid var(--line);margin-top:2.5rem;padding-top:1rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
caption{text-align:left;color:var(--faint);padding-bottom:.3rem}
ol.story{list-style:none;padding:0;margin:.4rem 0}
ol.story li{display:grid;grid-template-columns:6.5rem 1fr;gap:.8rem}
ol.story time{text-align:right;color:var(--faint);font-variant-numeric:tabular-nums}
.advice{border-left:4px solid var(--busy-bar);padding-left:.8rem}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--link)}
code{font-size:.9em;overflow-wrap:anywhere}
nav ul{padding-left:1.2rem}a{color:var(--link)}
svg{display:block;width:100%;min-width:42rem;height:auto;margin:.6rem 0}
svg text{font:12px system-ui,sans-serif;fill:var(--fg)}
svg text.head{font-weight:600}svg text.small{font-size:11px;fill:var(--faint)}
svg text.in-bar{font-size:11px}
.grid{stroke:var(--line)}.base{stroke:var(--faint)}.band{fill:var(--band);fill-opacity:.16}
.whisker{stroke:var(--faint);stroke-width:2}
.fault{stroke:var(--bad);stroke-dasharray:4 3}.fault-mark{fill:var(--bad)}
.s-ok,.c-answered{fill:var(--ok-bar)}.s-busy{fill:var(--busy-bar)}.s-bad,.c-dropped{fill:var(--bad-bar)}
.c-unanswered{fill:var(--busy-bar)}.s-idle,.s-line{fill:var(--idle-bar)}.s-cut{fill:var(--cut-bar)}
svg text.s-bad-text,svg text.s-cut-text{fill:#fff}svg text.s-ok-text,svg text.s-busy-text{fill:#111}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;font-size:.85rem;color:var(--faint);margin:0 0 .5rem}
.key i{display:inline-block;width:1.1em;height:.8em;margin-right:.35em;border-radius:2px;vertical-align:-.05em}
@media(prefers-color-scheme:dark){svg text.s-ok-text{fill:#fff}}
@media print{:root{--bg:#fff;--fg:#000;--faint:#444;--line:#bbb;--card:#fff;--ok:#1a7f4b;--bad:#b42318;
--warn:#8a5a00;--ok-bar:#8fd3b3;--busy-bar:#ecc873;--bad-bar:#c0392b;--idle-bar:#b6bec7;--cut-bar:#b42318;--link:#000}
body{max-width:none;padding:0;font-size:10pt}svg{min-width:0}.card,tr,li,svg{break-inside:avoid}
h2,h3{break-after:avoid}section.part{break-before:page}section.part:first-of-type{break-before:auto}
svg text.s-ok-text{fill:#111}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
)css";

constexpr std::string_view key_of_states =
    "<p class=\"key\"><span><i style=\"background:var(--ok-bar)\"></i>works, or holds it</span>"
    "<span><i style=\"background:var(--busy-bar)\"></i>on its way</span>"
    "<span><i style=\"background:var(--bad-bar)\"></i>down</span>"
    "<span><i style=\"background:var(--idle-bar);height:2px;vertical-align:.25em\"></i>stands by, "
    "or does not hold it</span>"
    "<span><i style=\"background:var(--cut-bar)\"></i>callers cut off</span></p>\n";

std::string e(std::string_view text) {
    return markup_text(text);
}

std::string s(Duration time) {
    return format_seconds(time);
}

std::string time_text(Duration time) {
    return time.count() > 0 && time < std::chrono::microseconds{500} ? "<0.001 s" : s(time);
}

std::string_view look_of(TakeoverVerdict verdict) {
    switch (verdict) {
    case TakeoverVerdict::faster:
    case TakeoverVerdict::in_target:
    case TakeoverVerdict::no_interruption:
        return "ok";
    case TakeoverVerdict::too_slow:
    case TakeoverVerdict::no_takeover:
        return "bad";
    }
    return "";
}

std::string_view look_of(ExpectationVerdict verdict) {
    switch (verdict) {
    case ExpectationVerdict::pass:
        return "ok";
    case ExpectationVerdict::fail:
        return "bad";
    case ExpectationVerdict::inconclusive:
    case ExpectationVerdict::not_reached:
        return "warn";
    }
    return "";
}

std::string_view look_of_result(std::string_view verdict) {
    return verdict == "pass" ? "ok" : verdict == "fail" ? "bad" : "warn";
}

/// A table; cells are escaped here. `numeric`: how many columns, from the second on, are figures.
class Table {
  public:
    Table(std::string caption, const std::vector<std::string>& head, bool numeric = false)
        : m_numeric(numeric) {
        m_out = "<div class=\"wide\"><table>";
        if (!caption.empty()) {
            m_out += "<caption>" + e(caption) + "</caption>";
        }
        m_out += "\n<thead><tr>";
        for (std::size_t i = 0; i < head.size(); ++i) {
            m_out += fmt::format("<th scope=\"col\"{}>{}</th>",
                                 m_numeric && i > 0 ? " class=\"n\"" : "",
                                 e(head[i]));
        }
        m_out += "</tr></thead>\n<tbody>\n";
    }
    /// `look`: of the first cell.
    void row(const std::vector<std::string>& cells, std::string_view look = {}) {
        m_out += "<tr>";
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string_view classes = i == 0      ? look
                                             : m_numeric ? std::string_view{"n"}
                                                         : std::string_view{};
            m_out +=
                fmt::format("<td{}>{}</td>",
                            classes.empty() ? std::string{} : fmt::format(" class=\"{}\"", classes),
                            e(cells[i]));
        }
        m_out += "</tr>\n";
        m_empty = false;
    }
    [[nodiscard]] bool empty() const noexcept { return m_empty; }
    [[nodiscard]] std::string text() const { return m_out + "</tbody></table></div>\n"; }

  private:
    bool m_numeric;
    bool m_empty = true;
    std::string m_out;
};

std::string heading(int level, std::string_view text) {
    return fmt::format("<h{0}>{1}</h{0}>\n", level, e(text));
}

std::string card(std::string_view label,
                 std::string_view big,
                 std::string_view more,
                 std::string_view look = {}) {
    return fmt::format("<div class=\"card\"><span class=\"faint\">{}</span><strong{}>{}</strong>"
                       "<span>{}</span></div>\n",
                       e(label),
                       look.empty() ? std::string{} : fmt::format(" class=\"{}\"", look),
                       e(big),
                       e(more));
}

std::string details(std::string_view summary, const std::string& body) {
    return fmt::format("<details><summary>{}</summary>\n{}</details>\n", e(summary), body);
}

std::string picture(const std::string& svg) {
    return svg.empty() ? std::string{} : "<div class=\"wide\">" + svg + "</div>\n";
}

const DirectionCutOff* worst_of(const Episode& episode) {
    const auto found = std::find_if(
        episode.directions.begin(), episode.directions.end(), [&](const DirectionCutOff& d) {
            return d.direction == episode.worst_direction;
        });
    return found == episode.directions.end() ? nullptr : &*found;
}

// ---------------------------------------------------------------- one run

std::string verdict_cards(const RunResult& result) {
    std::string out = "<div class=\"cards\">\n";
    for (const Episode& episode : result.episodes) {
        const DirectionCutOff* worst = worst_of(episode);
        out += card(episode.id + ": " + episode.verb + " " + episode.target,
                    worst == nullptr ? std::string("0 s") : format_seconds(worst->longest, 1),
                    std::string(name(episode.verdict)) +
                        (worst == nullptr ? "" : ", worst direction " + worst->direction) +
                        (episode.two_owners ? "; TWO OWNERS" : ""),
                    episode.two_owners ? "bad" : look_of(episode.verdict));
    }
    if (result.calls_lost) {
        const auto& [from, run, nobody] = *result.calls_lost;
        out += card("calls lost",
                    std::to_string(run.total()),
                    fmt::format("{} dropped, {} unanswered", run.dropped, run.unanswered),
                    run.total() > nobody.total() ? "bad" : "");
        out += card("calls lost had nobody acted",
                    std::to_string(nobody.total()),
                    fmt::format("{} dropped, {} unanswered", nobody.dropped, nobody.unanswered));
    }
    return out + "</div>\n";
}

Duration end_of(const Scenario& scenario, const RunResult& result) {
    Duration end = scenario.stop_at;
    for (const StateLane& lane : result.lanes) {
        if (!lane.changes.empty()) {
            end = std::max(end, lane.changes.back().first);
        }
    }
    return end;
}

std::string lanes_table(const RunResult& result) {
    Table table("", {"node", "what", "from", "state"});
    for (const StateLane& lane : result.lanes) {
        for (const auto& [at, state] : lane.changes) {
            table.row(
                {lane.node, lane.what + (lane.name.empty() ? "" : " " + lane.name), s(at), state});
        }
    }
    return table.text();
}

std::string whole_run(const Scenario& scenario, const RunResult& result) {
    std::string out = heading(2, "The whole run");
    out += picture(states_svg(
        result, Duration{}, end_of(scenario, result), "States, cut-offs and calls over the run"));
    out += key_of_states;
    out += details("The states as a table", lanes_table(result));
    return out;
}

std::string phases_table(const Episode& episode) {
    std::vector<std::string> head{"phase"};
    for (const DirectionCutOff& direction : episode.directions) {
        head.push_back(direction.direction);
    }
    Table table("", head, true);
    const auto row = [&](std::string_view label, auto time_of) {
        std::vector<std::string> cells{std::string(label)};
        bool any = false;
        for (const DirectionCutOff& direction : episode.directions) {
            const Duration time = time_of(direction);
            any = any || time.count() > 0;
            cells.push_back(time.count() > 0 ? time_text(time) : "-");
        }
        if (any) {
            table.row(cells);
        }
    };
    for (std::size_t i = 0; i < phase_count; ++i) {
        row(name(static_cast<Phase>(i)),
            [&](const DirectionCutOff& d) { return d.phases.on_path[i]; });
    }
    row("not explained", [](const DirectionCutOff& d) { return d.unattributed; });
    std::vector<std::string> total{"cut off for"};
    for (const DirectionCutOff& direction : episode.directions) {
        total.push_back(!direction.interrupted ? "not cut"
                        : direction.restored   ? s(direction.longest)
                                               : s(direction.longest) + ", not restored");
    }
    table.row(total);
    return table.text();
}

/// The window in which something of the episode changes: from just before it to just after its
/// last cut-off.
std::string closer(const Scenario& scenario, const RunResult& result, const Episode& episode) {
    Duration longest{};
    for (const DirectionCutOff& direction : episode.directions) {
        longest = std::max(longest, direction.longest);
    }
    const Duration end = end_of(scenario, result);
    if (longest <= Duration::zero() || longest > end / 3) {
        return {};  // the whole run shows as much
    }
    const Duration margin = std::max<Duration>(longest / 5, std::chrono::seconds{1});
    return picture(states_svg(result,
                              std::max<Duration>(episode.at - margin, Duration{}),
                              std::min<Duration>(episode.at + longest + margin, end),
                              "States around " + episode.id)) +
           std::string(key_of_states);
}

std::string episode_part(const Scenario& scenario, const RunResult& result, std::size_t index) {
    const Episode& episode = result.episodes[index];
    std::string out = heading(
        2, fmt::format("{}: {} {} at {}", episode.id, episode.verb, episode.target, s(episode.at)));
    std::string sentence = verdict_sentence(episode);
    if (!sentence.empty() && sentence[0] >= 'a' && sentence[0] <= 'z') {
        sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
    }
    out += fmt::format("<p>{}</p>\n", e(sentence));
    if (!episode.evidence.empty()) {
        out += fmt::format("<p class=\"faint\">It took effect: {}.</p>\n", e(episode.evidence));
    }
    if (episode.two_owners) {
        out += "<p class=\"bad\"><strong>Two nodes served the same thing at the same "
               "time.</strong></p>\n";
    }
    const bool cut = std::any_of(episode.directions.begin(),
                                 episode.directions.end(),
                                 [](const DirectionCutOff& d) { return d.interrupted; });
    if (cut) {
        out += heading(3, "Where the time went");
        out += picture(waterfall_svg(result, index, SvgPlace::page));
        for (const DirectionCutOff& direction : episode.directions) {
            if (!direction.attribution_gap.empty()) {
                out += fmt::format("<p class=\"warn\">{}: not explained in full: {}</p>\n",
                                   e(direction.direction),
                                   e(direction.attribution_gap));
            }
        }
        out += details("The phases as a table", phases_table(episode));
        out += closer(scenario, result, episode);
    }
    if (!episode.advice.empty()) {
        out += heading(3, "What to change first");
        for (const std::string& advice : episode.advice) {
            out += fmt::format("<p class=\"advice\">{}</p>\n", e(advice));
        }
    }
    if (!episode.story.empty()) {
        out += heading(3, "What happened");
        out += "<ol class=\"story\">\n";
        for (const auto& [at, text] : episode.story) {
            out += fmt::format("<li><time>{}</time><span>{}</span></li>\n", s(at), e(text));
        }
        out += "</ol>\n";
    }
    return out;
}

std::string timeline_part(const Scenario& scenario, const RunResult& result) {
    std::string body = "<ol class=\"story\">\n";
    for (const Sentence& sentence :
         sentences_of(timeline_of(scenario, result.seed), scenario.topology)) {
        body += fmt::format("<li><time>{}</time><span>{}</span></li>\n",
                            sentence.at ? s(*sentence.at) : "later",
                            e(sentence.text));
    }
    return heading(2, "What was done") + body + "</ol>\n";
}

std::string judgement(const Scenario& scenario, const RunResult& result) {
    std::string out;
    Table expectations("", {"verdict", "expectation", "observed", "limit"});
    for (const ExpectationResult& expectation : result.expectations) {
        const bool warn = severity_of(scenario, expectation.id) == ExpectationSeverity::warn;
        expectations.row({std::string(name(expectation.verdict)),
                          expectation.id,
                          expectation.observed,
                          expectation.limit + (warn ? " (warning only)" : "")},
                         look_of(expectation.verdict));
    }
    if (!expectations.empty()) {
        out += heading(2, "Expectations") + expectations.text();
    }
    Table invariants("", {"verdict", "invariant", "detail"});
    for (const InvariantResult& invariant : result.invariants) {
        if (invariant.disabled) {
            invariants.row({"off", invariant.name, invariant.reason}, "warn");
        } else if (!invariant.evaluated) {
            invariants.row({"inconclusive", invariant.name, invariant.reason}, "warn");
        } else if (invariant.first_at) {
            invariants.row({"violated",
                            invariant.name,
                            fmt::format("at {} for {}: {}",
                                        s(*invariant.first_at),
                                        s(invariant.violated_for),
                                        invariant.reason)},
                           "bad");
        } else {
            invariants.row({"held", invariant.name, ""}, "ok");
        }
    }
    if (!invariants.empty()) {
        out += heading(2, "Invariants") + invariants.text();
    }
    return out;
}

std::string rests_on(const Scenario& scenario, const RunResult& result) {
    std::string out;
    if (!result.rules.empty()) {
        out += heading(2, "What the daemon's own rules did");
        out += "<p class=\"faint\">heartbeat 3.0.6 has none of them.</p>\n<ol class=\"story\">\n";
        for (const RuleAtWork& rule : result.rules) {
            out += fmt::format(
                "<li><time>{}</time><span>{}.</span></li>\n", s(rule.from), e(in_words(rule)));
        }
        out += "</ol>\n";
    }
    Table parameters("", {"mark", "parameter", "value", "source"});
    for (const Parameter& parameter : result.parameters) {
        parameters.row(
            {std::string(name(parameter.mark)), parameter.name, parameter.value, parameter.source},
            parameter.mark == Mark::assumed ? "warn" : "");
    }
    if (!parameters.empty()) {
        out += heading(2, "What the result rests on") + parameters.text();
    }
    if (!result.bindings.empty()) {
        std::string list = "<ul>\n";
        for (const std::string& binding : result.bindings) {
            list += fmt::format("<li>{}</li>\n", e(binding));
        }
        out += details("What each word of haresources does", list + "</ul>\n");
    }
    Table metrics("", {"metric", "value"}, true);
    for (const auto& [metric, value] : result.metrics) {
        metrics.row({metric, std::to_string(value)});
    }
    if (!metrics.empty()) {
        out += details("All metrics", metrics.text());
    }
    if (!result.findings.empty()) {
        Table findings("", {"finding", "accepted because"});
        for (const cluster::Finding& finding : result.findings) {
            const AcceptedFinding* entry = accepted(scenario, finding);
            findings.row({cluster::to_string(finding), entry == nullptr ? "" : entry->reason});
        }
        out += heading(2, "Findings in the files") + findings.text();
    }
    return out;
}

std::string
header(const std::string& title, const std::string& faint, std::string_view verdict, int level) {
    return fmt::format("<header>\n<h{0}>{1}</h{0}>\n<p class=\"faint\">{2}</p>\n"
                       "<p><span class=\"badge {3}\">{4}</span></p>\n</header>\n",
                       level,
                       e(title),
                       e(faint),
                       look_of_result(verdict),
                       verdict == "pass"   ? "PASS"
                       : verdict == "fail" ? "FAIL"
                                           : "INCONCLUSIVE");
}

std::string footer(const std::string& command, const std::string& digest) {
    return fmt::format("<footer class=\"faint\"><p>Again: <code>{}</code></p>\n{}</footer>\n",
                       e(command),
                       digest.empty() ? std::string{}
                                      : fmt::format("<p>Scenario and files: sha256 "
                                                    "<code>{}</code></p>\n",
                                                    e(digest)));
}

// ---------------------------------------------------------------- many runs

std::string plain(std::int64_t ns) {
    return fmt::format("{:.3f}", static_cast<double>(ns) / 1e9);
}

std::vector<std::string> spread_cells(std::string label, const Spread& spread) {
    return {std::move(label),
            plain(spread.min),
            plain(spread.p50),
            plain(spread.p95),
            plain(spread.max)};
}

std::string campaign_cards(const Summary& summary) {
    std::string out = "<div class=\"cards\">\n";
    for (const char* word :
         {"faster", "in target", "too slow", "no interruption", "no takeover", "two owners"}) {
        const auto found = summary.verdicts.find(word);
        if (found != summary.verdicts.end() && found->second > 0) {
            const std::string_view text = word;
            const bool bad = text == "too slow" || text == "no takeover" || text == "two owners";
            out += card(word,
                        fmt::format("{} of {}", found->second, summary.runs),
                        "runs, first episode",
                        bad ? "bad" : "ok");
        }
    }
    const auto lost = [&](const char* metric, const char* label) {
        const auto found = summary.metrics.find(metric);
        if (found != summary.metrics.end()) {
            out +=
                card(label,
                     std::to_string(found->second.p50),
                     fmt::format("median; {} to {} per run", found->second.min, found->second.max));
        }
    };
    lost("calls-lost", "calls lost");
    lost("calls-lost-nobody-acted", "calls lost had nobody acted");
    return out + "</div>\n";
}

std::string campaign_tables(const Summary& summary) {
    const std::vector<std::string> spread_head{"phase", "least", "median", "p95", "most"};
    std::string out = heading(2, "How long callers were cut off");
    const std::string histogram = histogram_svg(summary);
    out += histogram.empty() ? "<p>The first episode cut no caller off, in no run.</p>\n"
                             : picture(histogram);
    out += heading(2, "Where the time goes");
    out += picture(spread_svg(summary));
    Table phases("Worst direction of the first episode, in seconds", spread_head, true);
    for (std::size_t i = 0; i < phase_count; ++i) {
        if (summary.phases[i].max > 0) {
            phases.row(spread_cells(std::string(name(static_cast<Phase>(i))), summary.phases[i]));
        }
    }
    if (summary.unattributed.max > 0) {
        phases.row(spread_cells("not explained", summary.unattributed));
    }
    phases.row(spread_cells("total", summary.total));
    out += phases.text();
    out += heading(2, "Cut-off by episode and direction");
    Table episodes(
        "In seconds",
        {"episode, direction", "runs cut", "not restored", "least", "median", "p95", "most"},
        true);
    for (const EpisodeSummary& episode : summary.episodes) {
        for (const DirectionSummary& direction : episode.directions) {
            episodes.row({episode.id + ", " + direction.direction,
                          fmt::format("{} of {}", direction.interrupted, episode.runs),
                          std::to_string(direction.interrupted - direction.restored),
                          plain(direction.longest.min),
                          plain(direction.longest.p50),
                          plain(direction.longest.p95),
                          plain(direction.longest.max)});
        }
    }
    out += episodes.text();
    Table expectations("", {"verdict", "expectation", "limit", "why"});
    for (const ExpectationSummary& expectation : summary.expectations) {
        expectations.row(
            {std::string(name(expectation.verdict)),
             expectation.id,
             expectation.limit,
             expectation.reason +
                 (expectation.severity == ExpectationSeverity::warn ? " (warning only)" : "")},
            look_of(expectation.verdict));
    }
    if (!expectations.empty()) {
        out += heading(2, "Expectations over all runs") + expectations.text();
    }
    Table invariants("", {"verdict", "invariant", "detail"});
    for (const InvariantSummary& invariant : summary.invariants) {
        if (invariant.disabled) {
            invariants.row({"off", invariant.name, invariant.reason}, "warn");
        } else if (invariant.violated > 0) {
            invariants.row({"violated",
                            invariant.name,
                            fmt::format("in {} runs, first with seed {}: {}",
                                        invariant.violated,
                                        invariant.first_seed.value_or(0),
                                        invariant.reason)},
                           "bad");
        } else if (invariant.unevaluated > 0) {
            invariants.row({"inconclusive",
                            invariant.name,
                            fmt::format("not evaluated in {} runs", invariant.unevaluated)},
                           "warn");
        } else {
            invariants.row({"held", invariant.name, ""}, "ok");
        }
    }
    if (!invariants.empty()) {
        out += heading(2, "Invariants") + invariants.text();
    }
    return out;
}

}  // namespace

void HtmlReport::add(const Scenario& scenario, const RunResult& result) {
    const std::string title = scenario.title.empty() ? scenario.id : scenario.title;
    std::string body = header(title,
                              fmt::format("scenario {} · seed {} · {} · {} simulated",
                                          result.scenario_id,
                                          result.seed,
                                          result.implementation,
                                          s(scenario.stop_at)),
                              overall_verdict(scenario, result),
                              1);
    if (result.episodes.empty()) {
        body += "<p>No fault was injected: nothing to measure.</p>\n";
    }
    body += verdict_cards(result);
    body += whole_run(scenario, result);
    for (std::size_t i = 0; i < result.episodes.size(); ++i) {
        body += episode_part(scenario, result, i);
    }
    body += timeline_part(scenario, result);
    body += judgement(scenario, result);
    body += rests_on(scenario, result);
    body += footer(fmt::format("understudy run {} --seed {}{}",
                               scenario.file,
                               result.seed,
                               implementation_option(result.implementation)),
                   result.scenario_digest);
    m_parts.push_back({title + ", " + result.implementation, std::move(body)});
}

void HtmlReport::add(const Scenario& scenario, const Summary& summary) {
    const std::string title = summary.title.empty() ? summary.scenario_id : summary.title;
    const int code = exit_code(summary);
    std::string body = header(title,
                              fmt::format("scenario {} · seeds {} to {} · {} · {} runs",
                                          summary.scenario_id,
                                          summary.first_seed,
                                          summary.last_seed,
                                          summary.implementation,
                                          summary.runs),
                              code == 0   ? "pass"
                              : code == 1 ? "fail"
                                          : "inconclusive",
                              1);
    if (summary.runs < summary.wanted) {
        body += fmt::format(
            "<p class=\"warn\">Incomplete: {} of {} runs.</p>\n", summary.runs, summary.wanted);
    }
    body += campaign_cards(summary);
    body += campaign_tables(summary);
    body += footer(fmt::format("understudy run {} --seeds {}..{}{}",
                               scenario.file,
                               summary.first_seed,
                               summary.last_seed,
                               implementation_option(summary.implementation)),
                   summary.digest);
    m_parts.push_back({title + ", " + summary.implementation, std::move(body)});
}

void HtmlReport::add(const Comparison& comparison) {
    std::vector<std::string> head{""};
    head.insert(head.end(), comparison.implementations.begin(), comparison.implementations.end());
    Table table("", head);
    std::string episode;
    for (const ComparisonRow& row : comparison.rows) {
        std::vector<std::string> cells{(row.episode.empty() ? "" : row.episode + ": ") +
                                       row.measure + (row.of.empty() ? "" : ", " + row.of)};
        cells.insert(cells.end(), row.cells.begin(), row.cells.end());
        table.row(cells);
    }
    m_comparisons += "<section>\n" +
                     heading(1,
                             "Side by side: " + (comparison.title.empty() ? comparison.scenario_id
                                                                          : comparison.title)) +
                     fmt::format("<p class=\"faint\">scenario {} · {}</p>\n",
                                 e(comparison.scenario_id),
                                 comparison.first_seed == comparison.last_seed
                                     ? fmt::format("seed {}", comparison.first_seed)
                                     : fmt::format("seeds {} to {}; median (least to most)",
                                                   comparison.first_seed,
                                                   comparison.last_seed)) +
                     table.text() + "</section>\n";
}

std::string HtmlReport::text() const {
    const std::string title = m_parts.empty() ? "Understudy" : m_parts.front().title;
    std::string out = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
        e(title),
        style);
    out += m_comparisons;
    if (m_parts.size() > 1) {
        out += "<nav aria-label=\"Parts\">\n<ul>\n";
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            out +=
                fmt::format("<li><a href=\"#part-{}\">{}</a></li>\n", i + 1, e(m_parts[i].title));
        }
        out += "</ul>\n</nav>\n";
    }
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        out += fmt::format(
            "<section class=\"part\" id=\"part-{}\">\n{}</section>\n", i + 1, m_parts[i].body);
    }
    return out + "</main>\n</body>\n</html>\n";
}

}  // namespace sim
