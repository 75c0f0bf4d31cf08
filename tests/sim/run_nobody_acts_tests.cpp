// SPDX-License-Identifier: GPL-2.0-or-later
// "Calls lost had nobody acted": the second world of a run, alone and in the call centre.
#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <unistd.h>

#include "run/lanes.hpp"
#include "run/run.hpp"
#include "run/second_world.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

Scenario call_centre(const std::string& name = "primary-power") {
    ReadScenario read =
        read_scenario(std::string{SOURCE_DIR} + "/scenarios/call-centre/" + name + ".json");
    REQUIRE(read.scenario.has_value());
    return *std::move(read.scenario);
}

Scenario with_timeline(std::vector<TimelineEntry> timeline,
                       const std::string& base = "primary-power") {
    Scenario scenario = call_centre(base);
    scenario.stop_at = 400s;
    scenario.timeline = std::move(timeline);
    scenario.expect.clear();
    return scenario;
}

TimelineEntry entry(std::string id, Duration at, Fault fault, std::optional<Duration> outage = {}) {
    TimelineEntry made;
    made.id = std::move(id);
    made.at = at;
    made.outage = outage;
    made.verb = verb(fault);
    made.what = std::move(fault);
    return made;
}

RunResult run_seed(const Scenario& scenario, std::uint64_t seed) {
    RunOptions options;
    options.seed = seed;
    options.trace = TraceLevel::none;
    return run(scenario, options);
}

LossComparison lost(const Scenario& scenario, std::uint64_t seed) {
    const RunResult result = run_seed(scenario, seed);
    REQUIRE(result.calls_lost.has_value());
    return *result.calls_lost;
}

std::string contents(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("Second world: its answer comes back, and it is another process", "[sim][run]") {
    SecondWorld world;
    const pid_t here = getpid();
    if (world.split()) {
        world.answer({getpid() == here ? 0 : 3, 4});
    }
    CHECK(world.exists());
    CHECK(world.result() == CallsLost{3, 4});
    CHECK_FALSE(world.exists());
}

TEST_CASE("Second world: it can wait for all that the first one tells", "[sim][run]") {
    SecondWorld world;
    if (world.split()) {
        const std::string told = world.told();
        world.answer({static_cast<std::int64_t>(told.size()), told == "one\ntwo\n" ? 1 : 0});
    }
    world.tell("one");
    world.tell("two");
    CHECK(world.result() == CallsLost{8, 1});
}

TEST_CASE("Second world: what goes wrong there is told here", "[sim][run]") {
    SecondWorld failing;
    if (failing.split()) {
        failing.give_up("no such bridge");
    }
    CHECK_THROWS_WITH(failing.result(), Catch::Contains("no such bridge"));
    SecondWorld dying;
    if (dying.split()) {
        _exit(0);
    }
    CHECK_THROWS_WITH(dying.result(), Catch::Contains("without an answer"));
}

TEST_CASE("Second world: nobody waits for one whose answer is not wanted any more", "[sim][run]") {
    {
        SecondWorld world;
        if (world.split()) {
            pause();
            _exit(0);
        }
    }
    SUCCEED("it was ended");
}

TEST_CASE("Nobody acts: the LAN switch off for 30 s costs no call that crosses no LAN",
          "[sim][run]") {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        CAPTURE(seed);
        const LossComparison loss =
            lost(with_timeline({entry("dark", 180s, PowerOff{Target{.id = "sw1"}}, 30s)}), seed);
        CHECK(loss.from >= 180s);
        CHECK(loss.from < 180s + 1us);
        CHECK(loss.nobody_acted == CallsLost{0, 0});
    }
}

TEST_CASE("Nobody acts: the primary without power loses the calls in progress and all later ones",
          "[sim][run]") {
    const Scenario scenario =
        with_timeline({entry("cut", 180s, PowerOff{Target{.id = "asterisk1"}})});
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        CAPTURE(seed);
        const RunResult result = run_seed(scenario, seed);
        REQUIRE(result.calls_lost.has_value());
        const auto& [from, acted, nobody] = *result.calls_lost;
        // Every call that was up at the fault is lost either way; the takeover serves the later.
        CHECK(nobody.dropped > 0);
        CHECK(acted.dropped >= nobody.dropped);
        CHECK(nobody.unanswered > acted.unanswered);
        // All calls that the run answered after the fault are unanswered there, but the youngest,
        // whose callers still wait when the run ends.
        const CallsOverTime& calls = result.calls.value();
        const auto after = static_cast<std::size_t>(from / calls.part) + 1;
        std::int64_t later = 0;
        for (std::size_t part = after; part < calls.answered.size(); ++part) {
            later += calls.answered[part] + calls.unanswered[part];
        }
        CHECK(nobody.unanswered >= later);
    }
}

TEST_CASE("Nobody acts: a planned standby loses nothing when the operator stands still, too",
          "[sim][run]") {
    // With auto_failback unset, as published, a standby is refused.
    const LossComparison loss =
        lost(with_timeline({entry("planned", 180s, OperatorCommand{Target{.id = "asterisk1"}, {}})},
                           "primary-power-failback-on"),
             1);
    CHECK(loss.nobody_acted == CallsLost{0, 0});
    CHECK(loss.run.dropped > 0);  // what the planned switch really costs
}

TEST_CASE("Nobody acts: a node that comes back starts no service", "[sim][run]") {
    const Scenario off = with_timeline({entry("cut", 180s, PowerOff{Target{.id = "asterisk1"}})});
    const Scenario back =
        with_timeline({entry("cut", 180s, PowerOff{Target{.id = "asterisk1"}}, 20s)});
    CHECK(lost(off, 2).nobody_acted == lost(back, 2).nobody_acted);
}

TEST_CASE("Nobody acts: roles and events are those of the world in which somebody acted",
          "[sim][run]") {
    // First asterisk1, which serves, then whoever serves after the takeover: asterisk2. Without
    // power on both, the bridge sends to nobody.
    TimelineEntry second =
        entry("again", 240s, LinkDown{Target{.id = "pri"}});  // felt in any world
    second.after = After{After::Event::group_started, "", "asterisk2", 20s};
    const Scenario waits = with_timeline(
        {entry("dark", 180s, PowerOff{Target{.id = "sw1"}}, 5s),
         entry("cut", 200s, PowerOff{Target{.role = Target::Role::active_node}}),
         second});
    const RunResult result = run_seed(waits, 1);
    REQUIRE(result.faults.size() == 4);
    CHECK(result.faults[2].target == "asterisk1");
    // The same faults at the same times, written down.
    const Scenario fixed = with_timeline(
        {entry("dark", 180s, PowerOff{Target{.id = "sw1"}}, 5s),
         entry("cut", 200s, PowerOff{Target{.id = "asterisk1"}}),
         entry("again", result.faults[3].at, LinkDown{Target{.id = "pri"}})});
    CHECK(lost(fixed, 1).nobody_acted == result.calls_lost->nobody_acted);
    CHECK(result.calls_lost->nobody_acted.dropped > 0);
    CHECK(result.calls_lost->nobody_acted.unanswered > result.calls_lost->run.unanswered);
}

TEST_CASE("Nobody acts: the second world changes nothing of the first, nor its files",
          "[sim][run]") {
    const Scenario scenario =
        with_timeline({entry("cut", 180s, PowerOff{Target{.id = "asterisk1"}})});
    Scenario quiet = scenario;
    quiet.workload.erase(quiet.workload.begin());  // no calls: no second world
    const auto directory =
        std::filesystem::temp_directory_path() / ("understudy-worlds-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory);
    const auto record = [&](const Scenario& s, const std::string& name) {
        RunOptions options;
        options.trace_file = (directory / (name + ".jsonl")).string();
        options.event_log_dir = (directory / name).string();
        return run(s, options);
    };
    const RunResult first = record(scenario, "a");
    const RunResult again = record(scenario, "b");
    CHECK(first.calls_lost->nobody_acted == again.calls_lost->nobody_acted);
    CHECK((contents(directory / "a.jsonl") == contents(directory / "b.jsonl")));
    CHECK((contents(directory / "a/asterisk2.eventlog") ==
           contents(directory / "b/asterisk2.eventlog")));
    const std::string trace = contents(directory / "a.jsonl");
    CHECK(trace.find("\"end\":true") != std::string::npos);
    CHECK(trace.find("\"end\":true") == trace.rfind("\"end\":true"));
    CHECK_FALSE(record(quiet, "c").calls_lost.has_value());
    std::filesystem::remove_all(directory);
}

TEST_CASE("Lanes: a state is kept once, and what lasted no time is not kept", "[sim][run]") {
    Lanes lanes;
    const std::size_t lane = lanes.add("a", "service");
    lanes.set(lane, 0, "none");
    lanes.set(lane, 5, "none");
    lanes.set(lane, 7, "starting");
    lanes.set(lane, 7, "answers");
    REQUIRE(lanes.all().size() == 1);
    CHECK(lanes.all()[0].changes ==
          std::vector<std::pair<Duration, std::string>>{{0ns, "none"}, {7ns, "answers"}});
}

TEST_CASE("Lanes: a takeover shows in them", "[sim][run]") {
    const RunResult result =
        run_seed(with_timeline({entry("cut", 180s, PowerOff{Target{.id = "asterisk1"}})}), 1);
    const auto state = [&](const std::string& node, const std::string& what, Duration at) {
        std::string word;
        for (const StateLane& lane : result.lanes) {
            for (const auto& [from, now] : lane.changes) {
                if (lane.node == node && lane.what == what && from <= at) {
                    word = now;
                }
            }
        }
        return word;
    };
    CHECK(state("asterisk1", "node", 170s) == "up");
    CHECK(state("asterisk1", "node", 190s) == "off");
    CHECK(state("asterisk1", "daemon", 190s) == "none");
    CHECK(state("asterisk1", "service", 170s) == "answers");
    CHECK(state("asterisk2", "service", 170s) == "none");
    CHECK(state("asterisk2", "service", 390s) == "answers");
    CHECK(state("asterisk2", "group", 390s) == "active");
    CHECK(state("asterisk2", "address", 390s) == "held");
    CHECK(state("fb1", "stream", 170s) == "asterisk1");
    CHECK(state("fb1", "stream", 390s) == "asterisk2");
}
