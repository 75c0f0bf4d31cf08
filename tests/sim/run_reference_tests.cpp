// SPDX-License-Identifier: GPL-2.0-or-later
// The reference scenario in ns-3: the published call centre loses its primary. Nothing here knows a
// phase length; all bounds are computed from the scenario's own inputs.
#include "run/run.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include "run/event_log.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

Scenario scenario(const std::string& name = "primary-power") {
    ReadScenario read =
        read_scenario(std::string{SOURCE_DIR} + "/scenarios/call-centre/" + name + ".json");
    for (const ScenarioError& error : read.errors) {
        FAIL(to_string(error));
    }
    REQUIRE(read.scenario.has_value());
    return *std::move(read.scenario);
}

/// Ends soon after the takeover: nothing that is looked at here happens later.
Scenario shortened(Scenario s) {
    s.stop_at = 215s;
    std::erase_if(s.timeline, [](const TimelineEntry& entry) { return entry.at > 200s; });
    return s;
}

RunResult run_seed(const Scenario& s, std::uint64_t seed) {
    RunOptions options;
    options.seed = seed;
    options.trace = TraceLevel::none;
    return run(s, options);
}

double seconds_of(Duration d) {
    return static_cast<double>(d.count()) * 1e-9;
}

double on_path(const DirectionCutOff& d, Phase phase) {
    return seconds_of(d.phases.on_path[static_cast<std::size_t>(phase)]);
}

const DirectionCutOff& direction(const RunResult& result, const std::string& name) {
    for (const DirectionCutOff& d : result.episodes.at(0).directions) {
        if (d.direction == name) {
            return d;
        }
    }
    FAIL("no direction " << name);
    return result.episodes.at(0).directions.at(0);
}

std::string contents(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void set_deadtime(Scenario& s, Duration deadtime) {
    for (auto& [member, files] : s.cluster.files) {
        files.ha.deadtime = deadtime;
        files.ha.warntime = deadtime / 2;
    }
}

}  // namespace

TEST_CASE("Reference: every seed passes, detection and phases are what the inputs allow",
          "[sim][reference]") {
    const Scenario s = shortened(scenario());
    const auto& ha = s.cluster.files.begin()->second.ha;
    const auto& start = std::get<models::UniformDist>(s.profiles.at("asterisk-p4").start);
    // Heartbeats stand still for deadtime; the last was sent up to one keepalive before the fault.
    const double detect_from = seconds_of(ha.deadtime - ha.keepalive);
    const double detect_to = seconds_of(ha.deadtime) + 0.01;
    std::vector<double> detects;
    std::vector<double> services;
    std::vector<double> rest;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        const RunResult result = run_seed(s, seed);
        REQUIRE(result.episodes.size() == 1);
        CHECK_FALSE(result.episodes[0].two_owners);
        for (const InvariantResult& invariant : result.invariants) {
            CAPTURE(invariant.name, invariant.reason);
            CHECK_FALSE(invariant.first_at.has_value());
        }
        for (const char* name : {"outward", "inward"}) {
            CAPTURE(name);
            const DirectionCutOff& d = direction(result, name);
            REQUIRE(d.restored);
            CHECK(d.attribution_gap.empty());
            CHECK(d.unattributed == 0ns);
            CHECK(std::accumulate(d.phases.on_path.begin(), d.phases.on_path.end(), Duration{}) ==
                  d.longest);
            CHECK(on_path(d, Phase::detect) >= detect_from);
            CHECK(on_path(d, Phase::detect) <= detect_to);
            CHECK(on_path(d, Phase::service) >= seconds_of(start.min));
            CHECK(on_path(d, Phase::service) <= seconds_of(start.max) + 0.1);
            CHECK(on_path(d, Phase::register_) == 0.0);
        }
        const DirectionCutOff& d = direction(result, "outward");
        detects.push_back(on_path(d, Phase::detect));
        services.push_back(on_path(d, Phase::service));
        rest.push_back(seconds_of(d.longest) - detects.back() - services.back());
    }
    // The draws show: detection fills its 200 ms, the service its 10 s.
    const auto [least, most] = std::minmax_element(detects.begin(), detects.end());
    CHECK(*most - *least > 0.12);
    const auto [quickest, slowest] = std::minmax_element(services.begin(), services.end());
    CHECK(*slowest - *quickest > 7.0);
    // Detection is uniform: its mean lies within 4 standard errors (0.2 / sqrt(12 * 40) = 0.009 s
    // each).
    const double mean_detect =
        std::accumulate(detects.begin(), detects.end(), 0.0) / static_cast<double>(detects.size());
    CHECK(std::abs(mean_detect - (detect_from + detect_to - 0.01) / 2) < 0.04);
    // What is left after detection and service varies by the place of the probe calls (100 ms) and
    // by where the D-channel's retransmissions stand when the service comes up (up to two T200 of 1
    // s each, when calls were up at the fault).
    const auto [low, high] = std::minmax_element(rest.begin(), rest.end());
    CAPTURE(*low, *high);
    CHECK(*high - *low < 2.1);
}

TEST_CASE("Reference: the distribution of the total is the sum of the inputs' distributions",
          "[sim][reference]") {
    // detect U(1.8, 2.0) + service U(5, 15) + place of the probe call U(0, 0.1) + a part that does
    // not vary: its median is taken from the runs, the shape from the inputs. Kolmogorov-Smirnov,
    // 40 samples, 1 % level: 0.252.
    const Scenario s = shortened(scenario());
    std::vector<double> totals;
    std::vector<double> fixed;
    for (std::uint64_t seed = 101; seed <= 140; ++seed) {
        const RunResult result = run_seed(s, seed);
        const DirectionCutOff& d = direction(result, "outward");
        totals.push_back(seconds_of(d.longest));
        fixed.push_back(totals.back() - on_path(d, Phase::detect) - on_path(d, Phase::service));
    }
    std::ranges::sort(fixed);
    const double constant = fixed[fixed.size() / 2] - 0.05;
    models::RandomStream draws{7, "convolution"};
    std::vector<double> expected;
    for (int i = 0; i < 20000; ++i) {
        expected.push_back(1.8 + 0.2 * draws.unit() + 5 + 10 * draws.unit() + 0.1 * draws.unit() +
                           constant);
    }
    std::ranges::sort(totals);
    std::ranges::sort(expected);
    double distance = 0;
    for (std::size_t i = 0; i < totals.size(); ++i) {
        const auto below =
            static_cast<double>(std::lower_bound(expected.begin(), expected.end(), totals[i]) -
                                expected.begin()) /
            static_cast<double>(expected.size());
        const auto n = static_cast<double>(totals.size());
        distance = std::max({distance,
                             std::abs(below - static_cast<double>(i) / n),
                             std::abs(below - static_cast<double>(i + 1) / n)});
    }
    CHECK(distance < 0.252);
}

TEST_CASE(
    "Reference: the same seed gives the same trace and the same result, whatever the trace level",
    "[sim][reference]") {
    const Scenario s = shortened(scenario());
    std::string traces[2];
    std::vector<RunResult> results;
    for (int i = 0; i < 2; ++i) {
        RunOptions options;
        options.seed = 5;
        options.trace = TraceLevel::signalling;
        options.trace_file = "reference_same.run.jsonl";
        results.push_back(run(s, options));
        traces[i] = contents(options.trace_file);
        std::remove(options.trace_file.c_str());
    }
    results.push_back(run_seed(s, 5));
    CHECK(traces[0].size() > 100000);
    CHECK((traces[0] == traces[1]));
    for (const RunResult& result : results) {
        CHECK(result.records == results[0].records);
        CHECK(direction(result, "outward").path == direction(results[0], "outward").path);
        CHECK(direction(result, "outward").longest == direction(results[0], "outward").longest);
        CHECK(direction(result, "inward").longest == direction(results[0], "inward").longest);
    }
    CHECK(direction(run_seed(s, 6), "outward").longest != direction(results[0], "outward").longest);
}

TEST_CASE("Reference: replay of both nodes gives the same actions", "[sim][reference]") {
    const Scenario s = scenario();
    RunOptions options;
    options.seed = 3;
    options.trace = TraceLevel::none;
    options.event_log_dir = "reference_logs";
    const RunResult result = run(s, options);
    CHECK(result.passed);
    for (const std::string& member : s.cluster.members) {
        const ReplayResult replay =
            replay_event_log(options.event_log_dir + "/" + member + ".eventlog");
        CAPTURE(member, replay.message);
        CHECK(replay.outcome == ReplayResult::Outcome::same);
        CHECK(replay.node == member);
        CHECK(replay.events > 1000);
    }
}

TEST_CASE("Reference: phases follow what causes them", "[sim][reference]") {
    const Scenario plain = shortened(scenario());
    const RunResult before = run_seed(plain, 9);
    SECTION("deadtime") {
        Scenario s = plain;
        set_deadtime(s, 5s);
        const double detect = on_path(direction(run_seed(s, 9), "outward"), Phase::detect);
        CHECK(detect >= 4.8);
        CHECK(detect <= 5.01);
    }
    SECTION("start of the service") {
        Scenario s = plain;
        s.profiles.at("asterisk-p4").start = models::ConstantDist{7s};
        const RunResult after = run_seed(s, 9);
        CHECK(on_path(direction(after, "outward"), Phase::service) == Approx(7.0).margin(0.1));
        CHECK(on_path(direction(after, "outward"), Phase::detect) ==
              Approx(on_path(direction(before, "outward"), Phase::detect)).margin(0.001));
    }
    SECTION("a lost reply of the bridge, by the time that its repeat waits") {
        const Scenario lossy = shortened(scenario("primary-power-lost-reply"));
        for (const Duration wait : {Duration{500ms}, Duration{1200ms}}) {
            Scenario s = lossy;
            for (auto& [member, files] : s.cluster.files) {
                files.settings.bridge.reply_timeout = wait;
            }
            const RunResult after = run_seed(s, 9);
            const double extra = on_path(direction(after, "outward"), Phase::bridge) -
                                 on_path(direction(before, "outward"), Phase::bridge);
            CHECK(extra == Approx(seconds_of(wait)).margin(0.05));
            CHECK(on_path(direction(after, "outward"), Phase::detect) ==
                  Approx(on_path(direction(before, "outward"), Phase::detect)).margin(0.001));
        }
    }
}

TEST_CASE("Reference: a fault that cannot take effect ends the run with an error",
          "[sim][reference]") {
    Scenario s = shortened(scenario());
    TimelineEntry again;
    again.id = "again";
    again.at = 185s;
    again.what = Fault{PowerOff{Target{.id = "asterisk1"}}};
    s.timeline.push_back(again);
    std::string said;
    try {
        (void)run_seed(s, 1);
    } catch (const std::runtime_error& error) {
        said = error.what();
    }
    CHECK(said == "timeline entry again (power.off): asterisk1 is off already");
}

TEST_CASE("Reference: when the owner's cable is out its peer takes over, nobody ever sees two "
          "owners, and the return is no second outage",
          "[sim][reference]") {
    for (const bool failback : {false, true}) {
        Scenario s = scenario("lan-cable-out");
        s.stop_at = 240s;
        for (TimelineEntry& entry : s.timeline) {
            entry.at = std::min<Duration>(entry.at, 230s);
        }
        for (auto& [member, files] : s.cluster.files) {
            files.ha.auto_failback =
                failback ? cluster::AutoFailback::on : cluster::AutoFailback::legacy;
        }
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {  // who hears whom first differs
            CAPTURE(failback, seed);
            const RunResult result = run_seed(s, seed);
            REQUIRE(result.episodes.size() == 2);
            const auto settled =
                std::ranges::find(result.expectations, "settled", &ExpectationResult::id);
            REQUIRE(settled != result.expectations.end());
            CHECK(settled->verdict == ExpectationVerdict::pass);
            for (const InvariantResult& invariant : result.invariants) {
                CAPTURE(invariant.name, invariant.reason, seconds_of(invariant.violated_for));
                CHECK_FALSE(invariant.first_at.has_value());
            }
            for (const Episode& episode : result.episodes) {
                CHECK_FALSE(episode.two_owners);
            }
            for (const DirectionCutOff& d : result.episodes[1].directions) {
                CAPTURE(d.direction);
                CHECK(seconds_of(d.longest) == 0);
            }
        }
    }
}

TEST_CASE("Reference: with the carrier policy off the same cable makes two owners",
          "[sim][reference]") {
    Scenario s = scenario("lan-cable-out");
    s.stop_at = 240s;
    for (TimelineEntry& entry : s.timeline) {
        entry.at = std::min<Duration>(entry.at, 230s);
    }
    for (auto& [member, files] : s.cluster.files) {
        files.settings.carrier_policy = false;
    }
    const RunResult result = run_seed(s, 1);
    const auto vip =
        std::ranges::find(result.invariants, "no-dual-vip-owner", &InvariantResult::name);
    REQUIRE(vip != result.invariants.end());
    REQUIRE(vip->first_at.has_value());  // at the return: before, one of them has no carrier
    CHECK(*vip->first_at >= 200s);
}

TEST_CASE("Reference: a scenario that stands elsewhere than its files is replayed, too",
          "[sim][reference]") {
    const std::string file = "reference_elsewhere.json";
    std::ofstream{file}
        << R"({"format": "failover-scenario/1", "id": "elsewhere", "title": "elsewhere",
        "extends": ")"
        << SOURCE_DIR << R"(/scenarios/call-centre/primary-power.json"})";
    ReadScenario read = read_scenario(file);
    std::remove(file.c_str());
    for (const ScenarioError& error : read.errors) {
        UNSCOPED_INFO(to_string(error));
    }
    REQUIRE(read.scenario.has_value());
    RunOptions options;
    options.trace = TraceLevel::none;
    options.event_log_dir = "reference_elsewhere";
    (void)run(*read.scenario, options);
    for (const std::string& member : read.scenario->cluster.members) {
        const ReplayResult replay =
            replay_event_log(options.event_log_dir + "/" + member + ".eventlog");
        CAPTURE(member, replay.message);
        CHECK(replay.outcome == ReplayResult::Outcome::same);
    }
    std::filesystem::remove_all(options.event_log_dir);
}
