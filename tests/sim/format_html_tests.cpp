// SPDX-License-Identifier: GPL-2.0-or-later
// The HTML report: well formed, on its own, and safe whatever stands in a scenario.
#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "format_samples.hpp"
#include "report/comparison.hpp"
#include "report/html_report.hpp"
#include "report/markup.hpp"
#include "report/summary.hpp"

using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// Empty: every tag is closed in order, every attribute quoted, no stray markup character.
std::string trouble_in(const std::string& page) {
    std::vector<std::string> open;
    std::size_t at = 0;
    while (at < page.size()) {
        if (page[at] == '&') {
            const std::size_t end = page.find(';', at);
            if (end == std::string::npos || end - at > 7) {
                return "a bare & at " + page.substr(at, 30);
            }
        }
        if (page[at] != '<') {
            if (page[at] == '>' && (open.empty() || open.back() != "style")) {
                return "a bare > at " + page.substr(at, 30);
            }
            ++at;
            continue;
        }
        const std::size_t end = page.find('>', at);
        if (end == std::string::npos) {
            return "a tag without end";
        }
        const std::string tag = page.substr(at + 1, end - at - 1);
        at = end + 1;
        if (tag.rfind("!DOCTYPE", 0) == 0) {
            continue;
        }
        if (std::count(tag.begin(), tag.end(), '"') % 2 != 0 || contains(tag, "<")) {
            return "a broken tag: " + tag;
        }
        if (tag[0] == '/') {
            if (open.empty() || open.back() != tag.substr(1)) {
                return "a wrong end: " + tag + " in " + (open.empty() ? "" : open.back());
            }
            open.pop_back();
            continue;
        }
        const std::string name = tag.substr(0, tag.find_first_of(" /"));
        if (name != "meta" && tag.back() != '/') {
            open.push_back(name);
        }
    }
    return open.empty() ? "" : "never closed: " + open.back();
}

sim::RunResult full_result() {
    sim::RunResult run = sample::result();
    run.calls_lost = sim::LossComparison{10s, {3, 1}, {7, 20}};
    run.calls = sim::CallsOverTime{20s, {4, 2, 5}, {0, 1, 0}, {0, 3, 0}};
    run.lanes = {{"a", "node", "", {{0s, "up"}, {10s, "off"}}},
                 {"a", "group", "10.0.0.9", {{0s, "none"}, {1s, "takeover"}, {2s, "active"}}},
                 {"b", "daemon", "", {{0s, "init"}, {1s, "active"}}}};
    run.rules = {{"b", "carrier", "keeps", 10s, 30s}};
    return run;
}

}  // namespace

TEST_CASE("Markup: what means something to a browser is written out", "[sim][report][html]") {
    CHECK(sim::markup_text("a<b>&\"c\"'") == "a&lt;b&gt;&amp;&quot;c&quot;&#39;");
    CHECK(sim::markup_text("Zürich → 1 s") == "Zürich → 1 s");
    const std::string replaced = "\xEF\xBF\xBD";
    CHECK(sim::markup_text(std::string_view("a\0b", 3)) == "a" + replaced + "b");
    CHECK(sim::markup_text("\x1b[0m") == replaced + "[0m");
    CHECK(sim::markup_text("\xff\xc0\xaf") == replaced + replaced + replaced);
    CHECK(sim::markup_text("\xed\xa0\x80") == replaced + replaced + replaced);  // a surrogate
    CHECK(sim::markup_text("\xe2\x82") == replaced + replaced);                 // cut off
}

TEST_CASE("Html: a run, a campaign and a comparison are well formed and say what they should",
          "[sim][report][html]") {
    const sim::Scenario scenario = sample::scenario();
    const sim::RunResult run = full_result();
    sim::HtmlReport report;
    report.add(scenario, run);
    const std::string page = report.text();
    CHECK(trouble_in(page) == "");
    CHECK(page.rfind("<!DOCTYPE html>\n<html lang=\"en\">", 0) == 0);
    for (const char* part : {"A sample",
                             "calls lost had nobody acted",
                             "The whole run",
                             "Where the time went",
                             "What to change first",
                             "What happened",
                             "What was done",
                             "Expectations",
                             "Invariants",
                             "What the result rests on",
                             "kept what it ran",
                             "Findings in the files",
                             "assumed",
                             "understudy run sample.json --seed 1",
                             "prefers-color-scheme:dark",
                             "@media print"}) {
        CAPTURE(part);
        CHECK(contains(page, part));
    }
    CHECK(contains(page, "role=\"img\""));
    CHECK(contains(page, "aria-label="));

    std::vector<sim::RunResult> runs;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        runs.push_back(sample::result(seed, 5s + std::chrono::milliseconds(seed * 700)));
    }
    const sim::Summary summary = sim::summarize(scenario, runs, 1, 20);
    sim::HtmlReport campaign;
    campaign.add(scenario, summary);
    campaign.add(sim::compare({&summary, &summary}));
    CHECK(trouble_in(campaign.text()) == "");
    CHECK(contains(campaign.text(), "Side by side"));
    CHECK(contains(campaign.text(), "How long callers were cut off"));
}

TEST_CASE("Html: nothing comes from the network, and nothing runs", "[sim][report][html]") {
    sim::HtmlReport report;
    report.add(sample::scenario(), full_result());
    const std::string page = report.text();
    CHECK_FALSE(contains(page, "<script"));
    CHECK_FALSE(contains(page, "http://"));
    CHECK_FALSE(contains(page, "https://"));
    CHECK_FALSE(contains(page, "url("));
    CHECK_FALSE(contains(page, "@import"));
    CHECK(contains(page, "default-src 'none'"));
}

TEST_CASE("Html: hostile names stay text", "[sim][report][html]") {
    const std::string evil = "\"><script>alert('x')</script><img src=x onerror=alert(1)>&\x01\xff";
    sim::Scenario scenario = sample::scenario();
    scenario.title = evil;
    scenario.file = evil;
    sim::RunResult run = full_result();
    run.title = evil;
    run.scenario_id = evil;
    run.episodes[0].id = evil;
    run.episodes[0].verb = evil;
    run.episodes[0].target = evil;
    run.episodes[0].evidence = evil;
    run.episodes[0].story[0].second = evil;
    run.episodes[0].advice = {evil};
    run.episodes[0].directions[0].direction = evil;
    run.episodes[0].directions[0].attribution_gap = evil;
    run.lanes[0].node = evil;
    run.lanes[0].changes[0].second = evil;
    run.expectations[0].id = evil;
    run.expectations[0].observed = evil;
    run.invariants[0].name = evil;
    run.parameters[0] = {evil, evil, sim::Mark::yours, evil};
    run.bindings[0] = evil;
    run.findings[0].found = evil;
    run.metrics[0].first = evil;
    run.rules[0].node = evil;
    sim::HtmlReport report;
    report.add(scenario, run);
    report.add(sim::compare({&scenario}, {&run}));
    const std::string page = report.text();
    CHECK(trouble_in(page) == "");
    CHECK_FALSE(contains(page, "<script"));
    CHECK_FALSE(contains(page, "<img"));
    CHECK_FALSE(contains(page, "\x01"));
    CHECK_FALSE(contains(page, "\xff"));
    CHECK(contains(page, "&lt;script&gt;"));
}

TEST_CASE("Html: a run in which nothing happened is a page, too", "[sim][report][html]") {
    sim::RunResult run;
    run.scenario_id = "sample";
    run.implementation = "understudyd";
    sim::HtmlReport report;
    report.add(sample::scenario(), run);
    CHECK(trouble_in(report.text()) == "");
    CHECK(contains(report.text(), "No fault was injected"));
}

TEST_CASE("Html: the same result gives the same bytes", "[sim][report][html]") {
    const auto page = [] {
        sim::HtmlReport report;
        report.add(sample::scenario(), full_result());
        return report.text();
    };
    CHECK((page() == page()));
}
