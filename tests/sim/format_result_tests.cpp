// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"

#include "format_samples.hpp"
#include "report/result_json.hpp"

using namespace std::chrono_literals;

TEST_CASE("Result: what was written reads back to the same bytes", "[sim][report]") {
    const sim::Scenario scenario = sample::scenario();
    sim::RunResult run = sample::result();
    run.invariants[0].first_at = 12s;
    run.invariants[0].violated_for = 250ms;
    run.episodes[0].two_owners = true;
    run.episodes[0].directions[1].unattributed = 5ns;
    run.episodes[0].directions[1].attribution_gap = "no cause known";
    run.passed = false;
    const std::string text = sim::result_to_json(scenario, run);
    const sim::RunResult again = sim::result_from_json(text);
    CHECK(sim::result_to_json(scenario, again) == text);
    CHECK(again.episodes[0].directions[1].longest == run.episodes[0].directions[1].longest);
    CHECK(again.episodes[0].verdict == run.episodes[0].verdict);
    CHECK(again.expectations[0].observed_ns == run.expectations[0].observed_ns);
    CHECK_FALSE(again.expectations[3].observed_ns.has_value());
    CHECK(again.metrics == run.metrics);
    CHECK(again.records == run.records);
}

TEST_CASE("Result: keys stand in a fixed order and times are integers", "[sim][report]") {
    const std::string text = sim::result_to_json(sample::scenario(), sample::result());
    CHECK(text.rfind("{\n  \"format\": \"failover-result/1\",\n  \"scenario\": \"sample\",", 0) ==
          0);
    CHECK(text.find("\"detect\": 1934000000") != std::string::npos);
    CHECK(text.find("e+") == std::string::npos);
    CHECK(text.back() == '\n');
}

TEST_CASE("Result: anything else is refused, not misread", "[sim][report]") {
    for (const char* text : {"",
                             "{}",
                             "[]",
                             "{\"format\": \"failover-result/2\"}",
                             "{\"format\": \"failover-result/1\"}",
                             "\xff"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(sim::result_from_json(text), std::runtime_error);
    }
}

TEST_CASE("Result: the verdict is pass only when nothing is open", "[sim][report]") {
    const sim::Scenario scenario = sample::scenario();
    sim::RunResult run = sample::result();
    CHECK(sim::overall_verdict(scenario, run) == "pass");
    run.passed = false;
    run.inconclusive = true;
    run.expectations[3].verdict = sim::ExpectationVerdict::inconclusive;
    CHECK(sim::overall_verdict(scenario, run) == "inconclusive");
    run.expectations[1].verdict = sim::ExpectationVerdict::fail;  // a warning only
    CHECK(sim::overall_verdict(scenario, run) == "inconclusive");
    run.expectations[0].verdict = sim::ExpectationVerdict::fail;
    CHECK(sim::overall_verdict(scenario, run) == "fail");
}

TEST_CASE("Result: a violated invariant fails unless it is switched off", "[sim][report]") {
    const sim::Scenario scenario = sample::scenario();
    sim::RunResult run = sample::result();
    run.passed = false;
    run.inconclusive = true;
    run.invariants[1].first_at = 1s;  // off
    CHECK(sim::overall_verdict(scenario, run) == "inconclusive");
    run.invariants[0].first_at = 1s;
    CHECK(sim::overall_verdict(scenario, run) == "fail");
}
