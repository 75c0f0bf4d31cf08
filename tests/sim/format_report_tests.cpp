// SPDX-License-Identifier: GPL-2.0-or-later
// Goldens stand in tests/golden/report/; UPDATE_GOLDEN=1 rewrites them, then read the difference.
#include "support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "format_samples.hpp"
#include "report/page.hpp"
#include "report/text_report.hpp"
#include "report/waterfall_svg.hpp"

using namespace std::chrono_literals;

namespace {

void check_golden(const std::string& name, const std::string& text) {
    const std::string path = std::string(SOURCE_DIR) + "/tests/golden/report/" + name;
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream(path, std::ios::binary) << text;
    }
    std::ifstream stream(path, std::ios::binary);
    const std::string expected{std::istreambuf_iterator<char>(stream), {}};
    CHECK(text == expected);
}

std::size_t widest(const std::string& text) {
    std::istringstream lines(text);
    std::size_t most = 0;
    for (std::string line; std::getline(lines, line);) {
        most = std::max(most, sim::columns_of(line));
    }
    return most;
}

std::string without_escapes(const std::string& text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\x1b') {
            at = text.find('m', at);
        } else {
            plain += text[at];
        }
    }
    return plain;
}

sim::Summary campaign() {
    std::vector<sim::RunResult> runs;
    for (std::uint64_t seed = 1; seed <= 80; ++seed) {
        runs.push_back(sample::result(seed, 5s + std::chrono::milliseconds(seed * 137)));
    }
    return sim::summarize(sample::scenario(), runs, 1, 80);
}

}  // namespace

TEST_CASE("Report: one run, inside the target", "[sim][report]") {
    check_golden("run-in-target.txt", sim::text_report(sample::scenario(), sample::result(), {}));
}

TEST_CASE("Report: two owners, a violated invariant and a failed limit are said first",
          "[sim][report]") {
    sim::RunResult run = sample::result(3, 25s);
    run.episodes[0].two_owners = true;
    run.invariants[0].first_at = 12s;
    run.invariants[0].violated_for = 400ms;
    run.invariants[0].reason = "a and b hold 10.0.0.9";
    const std::string text = sim::text_report(sample::scenario(), run, {});
    CHECK(text.find("TOO SLOW") < text.find("Episode"));
    CHECK(text.find("TWO OWNERS") < text.find("Episode"));
    check_golden("run-two-owners.txt", text);
}

TEST_CASE("Report: a campaign", "[sim][report]") {
    check_golden("campaign.txt", sim::text_report(sample::scenario(), campaign(), {}));
}

TEST_CASE("Report: no line is wider than 100 columns, whatever the values", "[sim][report]") {
    sim::RunResult run = sample::result(1, 2500s);
    run.episodes[0].evidence = "one thing and another " + std::string(70, 'x') +
                               " and a third, and more of it until the line is full";
    run.expectations[0].observed = std::string(90, 'y');
    run.expectations[0].limit = "at most a great many seconds, as it says here";
    run.parameters.push_back({"a parameter with a rather long name",
                              "and a value that is long as well",
                              sim::Mark::measured,
                              "measured somewhere far away with something"});
    CHECK(widest(sim::text_report(sample::scenario(), run, {})) <= sim::page_width);
    CHECK(widest(sim::text_report(sample::scenario(), run, {true})) <= sim::page_width);
    CHECK(widest(sim::text_report(sample::scenario(), campaign(), {})) <= sim::page_width);
}

TEST_CASE("Report: colour adds nothing but colour", "[sim][report]") {
    const std::string colored = sim::text_report(sample::scenario(), campaign(), {true});
    CHECK(colored.find('\x1b') != std::string::npos);
    CHECK(without_escapes(colored) == sim::text_report(sample::scenario(), campaign(), {}));
}

TEST_CASE("Report: the advice names the largest phase and what is left without it",
          "[sim][report]") {
    sim::Episode episode = sample::result().episodes[0];
    const std::string service = sim::next_best_change(sample::scenario(), episode);
    CHECK(service.rfind("service: 12 s of 15.4 s (78 %)", 0) == 0);
    CHECK(service.find("uniform 5 s to 15 s") != std::string::npos);
    CHECK(service.find("about 3.4 s") != std::string::npos);
    episode.directions[1] = sample::cut_off("inward", 9s, 1s, 500ms);
    CHECK(sim::next_best_change(sample::scenario(), episode).rfind("detect: 9 s of 10.5 s", 0) ==
          0);
    episode.directions[1].restored = false;
    CHECK(sim::next_best_change(sample::scenario(), episode).empty());
}

TEST_CASE("Waterfall: the bars of a direction are as long as its cut-off, end to end",
          "[sim][report]") {
    sim::RunResult result = sample::result();
    result.episodes.front().directions.front().direction = "<out & in>";
    const std::string svg = sim::waterfall_svg(result, 0);
    CHECK(svg.find("&lt;out &amp; in&gt;") != std::string::npos);
    CHECK(svg.find("<out") == std::string::npos);
    CHECK(svg == sim::waterfall_svg(result, 0));

    // Bars of the first direction: each begins where the one before ended.
    std::size_t at = 0;
    const auto number_after = [&](const char* key) {
        at = svg.find(key, at) + std::string(key).size();
        return std::stod(svg.substr(at));
    };
    std::size_t bars = 0;
    for (const sim::Duration phase : result.episodes.front().directions.front().phases.on_path) {
        bars += phase > 0ns ? 1U : 0U;
    }
    REQUIRE(bars >= 3);
    at = svg.find("&lt;out");
    double end = 0;
    for (std::size_t i = 0; i < bars; ++i) {
        const double left = number_after("<rect x=\"");
        const double width = number_after("width=\"");
        if (i > 0) {
            CHECK(left == Approx(end).margin(1.6));  // a bar is never thinner than 1.5 pixels
        }
        end = left + width;
    }
    CHECK_THROWS_AS(sim::waterfall_svg(result, 99), std::out_of_range);
    CHECK(sim::worst_episode(result) == 0);
    CHECK_FALSE(sim::worst_episode(sim::RunResult{}).has_value());
}

TEST_CASE("Page: bars are never empty for a positive time and never leave the axis",
          "[sim][report]") {
    const sim::Page page(false);
    const sim::TimeAxis axis(18s, 50);
    CHECK(sim::columns_of(axis.bar(page, 0s, 18s, sim::Style::plain)) == 50);
    CHECK(axis.bar(page, 3s, 3s + 1ns, sim::Style::plain).find("▏") != std::string::npos);
    CHECK(sim::columns_of(axis.bar(page, 1000s, 2000s, sim::Style::plain)) == 50);
    CHECK(axis.bar(page, 2s, 2s, sim::Style::plain).find("█") == std::string::npos);
}

TEST_CASE("Page: wrapping keeps words and alignment", "[sim][report]") {
    sim::Page page(false);
    page.paragraph("  pass         " + std::string(80, 'a') + " " + std::string(30, 'b'), 15);
    CHECK(page.text() == "  pass         " + std::string(80, 'a') + "\n" + std::string(15, ' ') +
                             std::string(30, 'b') + "\n");
}
