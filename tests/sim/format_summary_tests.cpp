// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "format_samples.hpp"
#include "report/summary.hpp"

using namespace std::chrono_literals;

namespace {

/// One run per service time, seeds from 1.
std::vector<sim::RunResult> runs_with(const std::vector<sim::Duration>& services) {
    std::vector<sim::RunResult> runs;
    for (std::size_t i = 0; i < services.size(); ++i) {
        runs.push_back(sample::result(i + 1, services[i]));
    }
    return runs;
}

std::vector<sim::RunResult> many(std::size_t count, sim::Duration service) {
    return runs_with(std::vector<sim::Duration>(count, service));
}

const sim::ExpectationSummary& expectation(const sim::Summary& summary, const std::string& id) {
    return *std::find_if(summary.expectations.begin(),
                         summary.expectations.end(),
                         [&](const auto& e) { return e.id == id; });
}

sim::Summary summarize(const std::vector<sim::RunResult>& runs) {
    return sim::summarize(sample::scenario(), runs, 1, runs.size());
}

}  // namespace

TEST_CASE("Summary: phases and total are those of the first episode's worst direction",
          "[sim][report]") {
    const sim::Summary summary = summarize(runs_with({5s, 9s, 7s}));
    const auto service = summary.phases[static_cast<std::size_t>(sim::Phase::service)];
    CHECK(service == sim::Spread{5'000'000'000, 7'000'000'000, 9'000'000'000, 9'000'000'000});
    CHECK(summary.total.min ==
          sim::Duration(5s + 3400ms).count());  // inward: detect 1.934 s, call 1.466 s
    CHECK(summary.verdicts.at("faster") == 3);
    CHECK(summary.metrics.at("calls-dropped").p50 == 3);
    REQUIRE(summary.episodes.size() == 1);
    CHECK(summary.episodes[0].directions[0].interrupted == 3);
}

TEST_CASE("Summary: a limit at p95 passes only with enough samples", "[sim][report]") {
    CHECK(expectation(summarize(many(58, 5s)), "fast").verdict ==
          sim::ExpectationVerdict::inconclusive);
    CHECK(sim::exit_code(summarize(many(58, 5s))) == 5);
    CHECK(expectation(summarize(many(59, 5s)), "fast").verdict == sim::ExpectationVerdict::pass);
    CHECK(sim::exit_code(summarize(many(59, 5s))) == 0);
}

TEST_CASE("Summary: one slow run in 59 leaves p95 open, many slow runs fail it", "[sim][report]") {
    auto runs = many(58, 5s);
    runs.push_back(sample::result(59, 30s));
    CHECK(expectation(summarize(runs), "fast").verdict == sim::ExpectationVerdict::inconclusive);
    auto slow = many(40, 5s);
    for (std::uint64_t seed = 41; seed <= 60; ++seed) {
        slow.push_back(sample::result(seed, 30s));
    }
    const sim::Summary summary = summarize(slow);
    CHECK(expectation(summary, "fast").verdict == sim::ExpectationVerdict::fail);
    CHECK(expectation(summary, "fast").passed == 40);
    CHECK(sim::exit_code(summary) == 1);
}

TEST_CASE("Summary: what must be met in every run fails with the first that does not meet it",
          "[sim][report]") {
    sim::Scenario scenario = sample::scenario();
    scenario.expect[4].kind = sim::MetricLimit{"calls-dropped", {}, 0};
    auto runs = many(60, 5s);
    const auto judged = [&] { return sim::summarize(scenario, runs, 1, runs.size()); };
    CHECK(expectation(judged(), "flap").verdict == sim::ExpectationVerdict::pass);
    runs[30].expectations[4].verdict = sim::ExpectationVerdict::fail;
    CHECK(expectation(judged(), "flap").verdict == sim::ExpectationVerdict::fail);
    CHECK(expectation(judged(), "flap").reason == "not met in 1 of 60 runs");
    CHECK(sim::exit_code(judged()) == 1);
}

TEST_CASE("Summary: a known defect passes while it shows, whatever kind of limit it breaks",
          "[sim][report]") {
    sim::Scenario scenario = sample::scenario();
    scenario.expect[3].known_bad = true;  // an invariant: one run is enough
    scenario.expect[0].known_bad = true;  // a time limit
    auto runs = many(60, 5s);
    const auto judged = [&] { return sim::summarize(scenario, runs, 1, runs.size()); };
    // A run's verdicts are turned round already.
    for (sim::RunResult& run : runs) {
        run.expectations[0].verdict = sim::ExpectationVerdict::fail;
        run.expectations[3].verdict = sim::ExpectationVerdict::fail;
    }
    CHECK(expectation(judged(), "one").verdict == sim::ExpectationVerdict::fail);
    CHECK(expectation(judged(), "one").reason.find("it has become good") != std::string::npos);
    CHECK(expectation(judged(), "fast").verdict == sim::ExpectationVerdict::fail);
    runs[7].expectations[3].verdict = sim::ExpectationVerdict::pass;
    CHECK(expectation(judged(), "one").verdict == sim::ExpectationVerdict::pass);
    CHECK(expectation(judged(), "one").reason == "bad, as known: violated in 1 of 60 runs");
    CHECK(expectation(judged(), "one").passed == 1);
    for (sim::RunResult& run : runs) {
        run.expectations[0].verdict = sim::ExpectationVerdict::pass;
        run.expectations[0].observed_ns = 30'000'000'000;
    }
    CHECK(expectation(judged(), "fast").verdict == sim::ExpectationVerdict::pass);
}

TEST_CASE("Summary: what concerns another implementation is left out", "[sim][report]") {
    sim::Scenario scenario = sample::scenario();
    scenario.expect[0].implementation = sim::Implementation::heartbeat_3_0_6;
    const auto runs = many(60, 5s);
    const auto has_fast = [&] {
        const auto summary = sim::summarize(scenario, runs, 1, runs.size());
        return std::any_of(summary.expectations.begin(),
                           summary.expectations.end(),
                           [](const auto& e) { return e.id == "fast"; });
    };
    CHECK_FALSE(has_fast());
    scenario.cluster.implementation = sim::Implementation::heartbeat_3_0_6;
    CHECK(has_fast());
}

TEST_CASE("Summary: a warning never decides the exit code", "[sim][report]") {
    const sim::Summary summary = summarize(many(60, 15s));  // 18.4 s: inside 20 s, beyond 15 s
    CHECK(expectation(summary, "typical").verdict == sim::ExpectationVerdict::fail);
    CHECK(sim::exit_code(summary) == 0);
}

TEST_CASE("Summary: min_samples keeps a verdict open", "[sim][report]") {
    CHECK(expectation(summarize(many(4, 5s)), "typical").verdict ==
          sim::ExpectationVerdict::inconclusive);
    CHECK(expectation(summarize(many(5, 5s)), "typical").verdict == sim::ExpectationVerdict::pass);
}

TEST_CASE("Summary: one violated invariant fails the campaign", "[sim][report]") {
    auto runs = many(60, 5s);
    runs[7].invariants[0].first_at = 3s;
    runs[7].invariants[0].reason = "a and b hold 10.0.0.9";
    const sim::Summary summary = summarize(runs);
    CHECK(summary.invariants[0].violated == 1);
    CHECK(summary.invariants[0].first_seed == 8U);
    CHECK(sim::exit_code(summary) == 1);
    runs[7].invariants[0].first_at.reset();
    runs[7].invariants[1].first_at = 3s;  // switched off
    CHECK(sim::exit_code(summarize(runs)) == 0);
}

TEST_CASE("Summary: an expectation that one run could not evaluate is never a pass",
          "[sim][report]") {
    auto runs = many(100, 5s);
    runs[3].expectations[0].verdict = sim::ExpectationVerdict::not_reached;
    const sim::Summary summary = summarize(runs);
    CHECK(expectation(summary, "fast").verdict == sim::ExpectationVerdict::inconclusive);
    CHECK(sim::exit_code(summary) == 5);
}

TEST_CASE("Summary: what was never restored counts as endless, not as the time it was watched",
          "[sim][report]") {
    auto runs = many(60, 5s);
    for (auto& run : runs) {
        run.episodes[0].directions[1].restored = false;
        run.expectations[0].verdict = sim::ExpectationVerdict::fail;
    }
    const sim::Summary summary = summarize(runs);
    CHECK(expectation(summary, "fast").verdict == sim::ExpectationVerdict::fail);
    CHECK_FALSE(expectation(summary, "fast").observed_ns.has_value());
    CHECK(expectation(summary, "fast").reason.find("never") != std::string::npos);
}

TEST_CASE("Summary: limits of single runs count as a rate", "[sim][report]") {
    auto runs = many(100, 5s);
    runs[0].expectations[4].verdict = sim::ExpectationVerdict::fail;
    CHECK(expectation(summarize(runs), "flap").verdict == sim::ExpectationVerdict::pass);
    CHECK(expectation(summarize(runs), "flap").passed == 99);
    for (std::size_t i = 0; i < 20; ++i) {
        runs[i].expectations[4].verdict = sim::ExpectationVerdict::fail;
    }
    CHECK(expectation(summarize(runs), "flap").verdict == sim::ExpectationVerdict::fail);
}

TEST_CASE("Summary: missing runs are said and leave the campaign open", "[sim][report]") {
    const sim::Summary summary = sim::summarize(sample::scenario(), many(60, 5s), 1, 100);
    CHECK(sim::exit_code(summary) == 5);
    const auto json = nlohmann::json::parse(sim::summary_to_json(summary));
    CHECK(json["incomplete"] == true);
    CHECK(json["runs"] == 60);
    CHECK(json["seeds"] == nlohmann::json({1, 100}));
}

TEST_CASE("Summary: no run at all is no pass", "[sim][report]") {
    const sim::Summary summary = sim::summarize(sample::scenario(), {}, 1, 3);
    CHECK(sim::exit_code(summary) == 5);
    CHECK(nlohmann::json::parse(sim::summary_to_json(summary))["phases"]["total"]["max_ns"] == 0);
}

TEST_CASE("Summary: the JSON has the published keys in their order", "[sim][report]") {
    const auto json = nlohmann::ordered_json::parse(sim::summary_to_json(summarize(many(3, 5s))));
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) {
        keys.push_back(key);
    }
    CHECK(keys == std::vector<std::string>{"format",
                                           "scenario",
                                           "title",
                                           "digest",
                                           "implementation",
                                           "runs",
                                           "seeds",
                                           "verdicts",
                                           "phases",
                                           "episodes",
                                           "expectations",
                                           "invariants",
                                           "metrics"});
    CHECK(json["phases"]["detect"] == nlohmann::ordered_json({{"min_ns", 1934000000},
                                                              {"p50_ns", 1934000000},
                                                              {"p95_ns", 1934000000},
                                                              {"max_ns", 1934000000}}));
    CHECK(json["phases"].contains("total"));
}
