// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/expectations.hpp"

#include "support/catch.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t s = 1'000'000'000;

struct World {
    RecordStore store;
    RunFacts facts;

    World() {
        facts.records = &store;
        facts.end = 400 * s;
        Episode episode;
        episode.id = "cut";
        episode.at = 180s;
        episode.directions.push_back({.direction = "outward",
                                      .interrupted = true,
                                      .restored = true,
                                      .longest = 12s,
                                      .summed = 12s,
                                      .phases = {},
                                      .unattributed = {},
                                      .attribution_gap = {},
                                      .path = {1, 2}});
        episode.directions.push_back({.direction = "inward",
                                      .interrupted = true,
                                      .restored = true,
                                      .longest = 13s,
                                      .summed = 13s,
                                      .phases = {},
                                      .unattributed = {},
                                      .attribution_gap = {},
                                      .path = {3, 4}});
        episode.worst_direction = "inward";
        facts.episodes.push_back(episode);
    }
    ExpectationResult judge(ExpectationKind kind) const {
        Expectation expectation;
        expectation.id = "x";
        expectation.kind = std::move(kind);
        return evaluate(expectation, facts);
    }
    ExpectationVerdict verdict(ExpectationKind kind) const {
        return judge(std::move(kind)).verdict;
    }
};

constexpr auto pass = ExpectationVerdict::pass;
constexpr auto fail = ExpectationVerdict::fail;

}  // namespace

TEST_CASE("Expectation takeover-time: judged by the worst direction, both limits included",
          "[sim][expectations]") {
    World w;
    const auto result = w.judge(TakeoverTime{"cut", std::nullopt, 13s});
    CHECK(result.verdict == pass);
    CHECK(result.observed_ns == 13 * s);
    CHECK(result.evidence == std::vector<std::uint64_t>{3, 4});
    CHECK(w.verdict(TakeoverTime{"cut", std::nullopt, 12s}) == fail);
    CHECK(w.verdict(TakeoverTime{"cut", 14s, 20s}) == fail);
    CHECK(w.verdict(TakeoverTime{"other", std::nullopt, 13s}) == ExpectationVerdict::not_reached);
    w.facts.episodes[0].directions[0].restored = false;
    CHECK(w.verdict(TakeoverTime{"cut", std::nullopt, 13s}) == fail);
    w.facts.episodes[0].directions.clear();
    CHECK(w.verdict(TakeoverTime{"cut", std::nullopt, 13s}) == ExpectationVerdict::inconclusive);
}

TEST_CASE("Expectation detect-time: from the fault to the declaration of death",
          "[sim][expectations]") {
    World w;
    CHECK(w.verdict(DetectTime{"cut", 1800ms, 2s}) == fail);  // nobody was declared dead
    w.store.add(1, 100 * s, 0, "ms.detect", "b");             // before the fault
    CHECK(w.verdict(DetectTime{"cut", 1800ms, 2s}) == fail);
    w.store.add(2, 181'900'000'000, 0, "ms.detect", "b");
    CHECK(w.verdict(DetectTime{"cut", 1800ms, 2s}) == pass);
    CHECK(w.judge(DetectTime{"cut", 1800ms, 2s}).observed == "1.900 s");
    CHECK(w.verdict(DetectTime{"cut", 1950ms, 2s}) == fail);
}

TEST_CASE("Expectation probe-outage: the longest time without an answer, up to the end",
          "[sim][expectations]") {
    World w;
    CHECK(w.verdict(ProbeOutage{"vip", 4s}) == ExpectationVerdict::not_reached);
    WorkloadLog log{"vip", {}};
    for (std::int64_t t = 0; t < 400; ++t) {
        log.attempts.push_back(
            {t * s, t < 180 || t >= 183 ? std::optional{t * s + 1000} : std::nullopt});
    }
    w.facts.workloads.push_back(log);
    CHECK(w.verdict(ProbeOutage{"vip", 4s}) == pass);
    CHECK(w.verdict(ProbeOutage{"vip", 3999ms}) == fail);
    for (auto& attempt : w.facts.workloads[0].attempts) {
        attempt.answered = attempt.started < 180 * s ? attempt.answered : std::nullopt;
    }
    CHECK(w.verdict(ProbeOutage{"vip", 200s}) == fail);  // silent until the end
    for (auto& attempt : w.facts.workloads[0].attempts) {
        attempt.answered.reset();
    }
    CHECK(w.verdict(ProbeOutage{"vip", 1000s}) == fail);
}

TEST_CASE("Expectation start-order: as they ran on that node", "[sim][expectations]") {
    World w;
    const StartOrder wanted{{"10.10.10.110", "fonulator", "asterisk"}, "b"};
    CHECK(w.verdict(wanted) == ExpectationVerdict::not_reached);
    w.facts.starts = {{1, "a", "10.10.10.110", "IPaddr", 1},
                      {2, "a", "asterisk", "asterisk", 2},
                      {10, "b", "10.10.10.110", "IPaddr", 3},
                      {11, "b", "fonulator", "fonulator", 4}};
    CHECK(w.verdict(wanted) == fail);  // not complete
    w.facts.starts.push_back({12, "b", "asterisk", "asterisk", 5});
    CHECK(w.verdict(wanted) == pass);
    CHECK(w.judge(wanted).evidence == std::vector<std::uint64_t>{3, 4, 5});
    CHECK(w.verdict(StartOrder{{"fonulator", "10.10.10.110", "asterisk"}, "b"}) == fail);
    CHECK(w.verdict(StartOrder{{"IPaddr", "asterisk"}, "b"}) == pass);
}

TEST_CASE("Expectation invariant: holds, violated, not evaluated", "[sim][expectations]") {
    World w;
    CHECK(w.verdict(InvariantHolds{"no-dual-vip-owner"}) == ExpectationVerdict::inconclusive);
    w.facts.invariants.push_back({.name = "no-dual-vip-owner",
                                  .evaluated = true,
                                  .disabled = false,
                                  .reason = {},
                                  .violated_for = {},
                                  .first_at = {}});
    CHECK(w.verdict(InvariantHolds{"no-dual-vip-owner"}) == pass);
    w.facts.invariants[0].first_at = 3s;
    CHECK(w.verdict(InvariantHolds{"no-dual-vip-owner"}) == fail);
}

TEST_CASE("Expectation count: takeovers before and after an episode", "[sim][expectations]") {
    World w;
    w.facts.takeovers = {{100 * s, "a", 1}, {182 * s, "b", 2}};
    CHECK(w.verdict(EventCount{"takeover", "cut", "", 1, {}, {}}) == pass);
    CHECK(w.verdict(EventCount{"takeover", "", "cut", 0, {}, {}}) == fail);
    CHECK(w.verdict(EventCount{"takeover", "", "", 2, {}, {}}) == pass);
    CHECK(w.verdict(EventCount{"takeover", "", "", {}, 3, {}}) == fail);
    CHECK(w.verdict(EventCount{"takeover", "", "", {}, {}, 1}) == fail);
    CHECK(w.verdict(EventCount{"takeover", "nothing", "", 0, {}, {}}) ==
          ExpectationVerdict::not_reached);
    CHECK(w.verdict(EventCount{"take-over", "", "", 0, {}, {}}) ==
          ExpectationVerdict::inconclusive);
}

TEST_CASE("Expectation success-ratio: of what was attempted from then on", "[sim][expectations]") {
    World w;
    CHECK(w.verdict(SuccessRatio{"stations", 210s, 0.99}) == ExpectationVerdict::not_reached);
    WorkloadLog log{"stations", {{190 * s, std::nullopt}}};
    w.facts.workloads.push_back(log);
    CHECK(w.verdict(SuccessRatio{"stations", 210s, 0.99}) == ExpectationVerdict::not_reached);
    for (int i = 0; i < 100; ++i) {
        w.facts.workloads[0].attempts.push_back(
            {(211 + i) * s, i == 0 ? std::nullopt : std::optional{(212 + i) * s}});
    }
    CHECK(w.verdict(SuccessRatio{"stations", 210s, 0.99}) == pass);
    CHECK(w.verdict(SuccessRatio{"stations", 210s, 0.995}) == fail);
    CHECK(w.verdict(SuccessRatio{"stations", 180s, 0.99}) == fail);
}

TEST_CASE("Expectation report: prints what was measured", "[sim][expectations]") {
    World w;
    CHECK(w.verdict(ReportMetric{"calls-dropped"}) == ExpectationVerdict::inconclusive);
    w.facts.metrics = {{"calls-dropped", 4}};
    CHECK(w.judge(ReportMetric{"calls-dropped"}).observed == "4");
}

TEST_CASE("Expectation cut-off: of the direction that is named", "[sim][expectations]") {
    World w;
    CHECK(w.verdict(CutOffTime{"cut", "outward", {}, 12s}) == pass);
    CHECK(w.verdict(CutOffTime{"cut", "outward", 12s, {}}) == pass);
    CHECK(w.verdict(CutOffTime{"cut", "inward", {}, 12s}) == fail);
    CHECK(w.judge(CutOffTime{"cut", "inward", {}, 12s}).evidence ==
          std::vector<std::uint64_t>{3, 4});
    CHECK(w.verdict(CutOffTime{"cut", "station-to-station", {}, 12s}) ==
          ExpectationVerdict::inconclusive);
    CHECK(w.verdict(CutOffTime{"other", "inward", {}, 12s}) == ExpectationVerdict::not_reached);
    w.facts.episodes[0].directions[0].restored = false;
    CHECK(w.verdict(CutOffTime{"cut", "outward", {}, 100s}) == fail);
}

TEST_CASE("Expectations no-interruption and restored: of one episode or of all",
          "[sim][expectations]") {
    World w;
    CHECK(w.verdict(NoInterruption{"cut"}) == fail);
    CHECK(w.judge(NoInterruption{""}).observed == "cut off: outward in cut, inward in cut");
    CHECK(w.verdict(Restored{"cut"}) == pass);
    w.facts.episodes[0].directions[1].restored = false;
    CHECK(w.verdict(Restored{"cut"}) == fail);
    CHECK(w.judge(Restored{""}).observed == "not restored: inward in cut");
    Episode quiet = w.facts.episodes[0];
    quiet.id = "quiet";
    for (DirectionCutOff& direction : quiet.directions) {
        direction.interrupted = false;
        direction.restored = true;
    }
    w.facts.episodes.push_back(quiet);
    CHECK(w.verdict(NoInterruption{"quiet"}) == pass);
    CHECK(w.verdict(NoInterruption{""}) == fail);
    CHECK(w.verdict(Restored{""}) == fail);
    CHECK(w.verdict(Restored{"other"}) == ExpectationVerdict::not_reached);
    w.facts.episodes[1].directions.clear();
    CHECK(w.verdict(NoInterruption{"quiet"}) == ExpectationVerdict::inconclusive);
    w.facts.episodes.clear();
    CHECK(w.verdict(NoInterruption{""}) == ExpectationVerdict::not_reached);
}

TEST_CASE("Expectation two-owners: the longest of the run, or of the part that lies in an episode",
          "[sim][expectations]") {
    World w;
    CHECK(w.verdict(TwoOwners{"", {}, 0s}) == pass);
    w.facts.dual_owner_spans = {{179 * s, 181 * s}, {190 * s, 191 * s}};
    CHECK(w.verdict(TwoOwners{"", {}, 0s}) == fail);
    CHECK(w.judge(TwoOwners{"", {}, 0s}).observed_ns == 2 * s);
    CHECK(w.judge(TwoOwners{"cut", {}, 0s}).observed_ns == s);
    Episode next = w.facts.episodes[0];
    next.id = "next";
    next.at = 185s;
    w.facts.episodes.push_back(next);
    CHECK(w.judge(TwoOwners{"cut", {}, 0s}).observed_ns == s);
    CHECK(w.judge(TwoOwners{"next", {}, 0s}).observed_ns == s);
    CHECK(w.verdict(TwoOwners{"cut", 1s, 1s}) == pass);
    CHECK(w.verdict(TwoOwners{"other", {}, 0s}) == ExpectationVerdict::not_reached);
}

TEST_CASE("Expectation metric: both limits included", "[sim][expectations]") {
    World w;
    CHECK(w.verdict(MetricLimit{"calls-dropped", {}, 0}) == ExpectationVerdict::inconclusive);
    w.facts.metrics = {{"calls-dropped", 4}};
    CHECK(w.verdict(MetricLimit{"calls-dropped", {}, 4}) == pass);
    CHECK(w.verdict(MetricLimit{"calls-dropped", 4, {}}) == pass);
    CHECK(w.verdict(MetricLimit{"calls-dropped", {}, 3}) == fail);
    CHECK(w.verdict(MetricLimit{"calls-dropped", 5, {}}) == fail);
}

TEST_CASE("Expectation known_bad: passes while it is bad, and says when it has become good",
          "[sim][expectations]") {
    World w;
    const auto judge = [&](Duration max) {
        Expectation expectation;
        expectation.id = "x";
        expectation.known_bad = true;
        expectation.kind = TakeoverTime{"cut", std::nullopt, max};
        return evaluate(expectation, w.facts);
    };
    CHECK(judge(12s).verdict == pass);
    CHECK(judge(12s).observed == "bad, as known: 13.000 s (inward)");
    CHECK(judge(13s).verdict == fail);
    CHECK(judge(13s).observed.find("it has become good") != std::string::npos);
    w.facts.episodes.clear();
    CHECK(judge(12s).verdict == ExpectationVerdict::not_reached);  // nothing is known then
}

TEST_CASE("Conclusion: a run passes only when everything was evaluated", "[sim][expectations]") {
    Expectation error;
    error.id = "e";
    Expectation warning;
    warning.id = "w";
    warning.severity = ExpectationSeverity::warn;
    RunResult run;
    const auto with = [&](ExpectationVerdict e, ExpectationVerdict w) {
        run.expectations.resize(2);
        run.expectations[0].id = "e";
        run.expectations[0].verdict = e;
        run.expectations[1].id = "w";
        run.expectations[1].verdict = w;
        conclude({error, warning}, run);
        return std::pair{run.passed, run.inconclusive};
    };
    CHECK(with(pass, pass) == std::pair{true, false});
    CHECK(with(pass, fail) == std::pair{true, false});
    CHECK(with(fail, pass) == std::pair{false, false});
    CHECK(with(ExpectationVerdict::not_reached, pass) == std::pair{false, true});
    CHECK(with(pass, ExpectationVerdict::inconclusive) == std::pair{false, true});
    run.invariants.push_back({.name = "i",
                              .evaluated = true,
                              .disabled = false,
                              .reason = {},
                              .violated_for = {},
                              .first_at = 1s});
    CHECK(with(pass, pass) == std::pair{false, false});
    run.invariants[0].disabled = true;
    CHECK(with(pass, pass) == std::pair{true, false});
    run.invariants[0] = {.name = "i",
                         .evaluated = false,
                         .disabled = false,
                         .reason = {},
                         .violated_for = {},
                         .first_at = {}};
    CHECK(with(pass, pass) == std::pair{false, true});
}
