// SPDX-License-Identifier: GPL-2.0-or-later
// A call centre in which faults happen soon, and what a run made of them.
#pragma once

#include "run/run.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace faulty {

using namespace sim;
using namespace std::chrono_literals;

/// The published call centre with a short grace period, a PBX that starts in 2 s, no calls of its
/// own and an empty timeline: everything runs on asterisk1 after 20 s.
inline Scenario call_centre() {
    ReadScenario read =
        read_scenario(std::string{SOURCE_DIR} + "/scenarios/call-centre/primary-power.json");
    REQUIRE(read.scenario.has_value());
    Scenario s = *std::move(read.scenario);
    for (auto& [member, files] : s.cluster.files) {
        files.ha.initdead = 5s;
        cluster::LinkConfig serial;
        serial.kind = cluster::LinkKind::serial;
        serial.device = "/dev/ttyS0";
        files.ha.links.push_back(serial);
        files.ha.auto_failback = cluster::AutoFailback::off;
    }
    Profile& pbx = s.profiles.at("asterisk-p4");
    pbx.start = models::ConstantDist{2s};
    pbx.stop = models::ConstantDist{1s};
    s.timeline.clear();
    s.expect.clear();
    s.workload.clear();
    s.stop_at = 50s;
    return s;
}

/// With the fonulator as a script, as heartbeat would run it.
inline void with_scripts(Scenario& s) {
    for (auto& [member, files] : s.cluster.files) {
        files.settings.bindings.erase("fonulator");
    }
    s.profiles["fonulator"].start = models::ConstantDist{500ms};
    s.profiles["fonulator"].stop = models::ConstantDist{100ms};
    s.cluster.resources["fonulator"] = {
        .kind = ScriptModel::Kind::bridge_program, .profile = "fonulator", .bridge = "fb1"};
}

inline Target at(std::string id) {
    Target target;
    target.id = std::move(id);
    return target;
}

inline TimelineEntry entry(std::string id, Duration when, Fault fault) {
    TimelineEntry made;
    made.id = std::move(id);
    made.at = when;
    made.opens_episode = !only_arms(fault);
    made.what = std::move(fault);
    return made;
}

/// `set` says what is wrong with the link.
template <class F>
LinkImpair impair(std::string link, F set) {
    LinkImpair made;
    made.target = at(std::move(link));
    set(made);
    return made;
}

inline LinkImpair slow(std::string link) {
    return impair(std::move(link), [](LinkImpair& f) { f.delay = 1ms; });
}

inline TimelineEntry lasting(TimelineEntry made, Duration outage) {
    made.outage = outage;
    return made;
}

inline RunResult play(const Scenario& s, std::uint64_t seed = 1) {
    RunOptions options;
    options.seed = seed;
    options.trace = TraceLevel::none;
    return run(s, options);
}

/// What the run says when it stops; empty: it did not.
inline std::string trouble(const Scenario& s) {
    try {
        static_cast<void>(play(s));
        return {};
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

inline const AppliedFault& fault(const RunResult& result, const std::string& id) {
    const auto found = std::find_if(result.faults.begin(),
                                    result.faults.end(),
                                    [&](const AppliedFault& f) { return f.id == id; });
    if (found == result.faults.end()) {
        FAIL("no fault " << id);
    }
    return *found;
}

inline const Episode& episode(const RunResult& result, const std::string& id) {
    const auto found = std::find_if(result.episodes.begin(),
                                    result.episodes.end(),
                                    [&](const Episode& e) { return e.id == id; });
    if (found == result.episodes.end()) {
        FAIL("no episode " << id);
    }
    return *found;
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace faulty
