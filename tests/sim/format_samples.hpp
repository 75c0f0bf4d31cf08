// SPDX-License-Identifier: GPL-2.0-or-later
// A small scenario and a hand-made result, shared by the tests of the formats. Not a run: nothing
// here was simulated.
#pragma once

#include <chrono>
#include <string>

#include "report/text_report.hpp"
#include "run/run.hpp"
#include "scenario/scenario.hpp"

namespace sample {

using namespace std::chrono_literals;

/// A complete scenario of two servers, a switch and a bridge; valid on its own.
inline const std::string scenario_text = R"({
  "format": "failover-scenario/1",
  "id": "sample",
  "title": "A sample",
  "stop_at": "60s",
  "topology": {
    "nodes": [
      { "id": "a", "kind": "server", "interfaces": [ { "id": "eth0", "addresses": ["10.0.0.1/24"] } ] },
      { "id": "b", "kind": "server", "interfaces": [ { "id": "eth0", "addresses": ["10.0.0.2/24"] } ] },
      { "id": "sw", "kind": "switch", "ports": 4 },
      { "id": "fb", "kind": "fonebridge", "interfaces": [ { "id": "e1" } ] },
      { "id": "bank", "kind": "channel-bank" },
      { "id": "telco", "kind": "pstn" }
    ],
    "links": [
      { "id": "la", "ends": ["a:eth0", "sw:1"], "delay": "50us" },
      { "id": "lb", "ends": ["b:eth0", "sw:2"], "loss": 0.5 },
      { "id": "lf", "ends": ["fb:e1", "sw:3"], "rate": "100Mbps" },
      { "id": "pri", "kind": "t1", "ends": ["fb:span1", "telco:1"] },
      { "id": "t2", "kind": "t1", "ends": ["fb:span2", "bank:t1"] }
    ]
  },
  "profiles": { "pbx": { "start": { "dist": "uniform", "min": "5s", "max": "15s" } } },
  "cluster": {
    "members": ["a", "b"],
    "directory": "etc",
    "resources": { "asterisk": { "model": "pbx", "profile": "pbx", "bridge": "fb" } }
  },
  "workload": [
    { "id": "ping", "kind": "icmp-echo", "from": "a", "to": "10.0.0.9" },
    { "id": "calls", "kind": "analog-calls", "stations": 20, "banks": ["bank"], "outside_via": "pri", "rate_per_hour": 60 }
  ],
  "timeline": [
    { "id": "check", "at": "5s", "check": "steady-state", "require": ["vip-owner:a", "span-master:fb=a", "calls-in-progress>=1"] },
    { "id": "cut", "at": "10s", "fault": "link.down", "target": "la", "for": "20s" }
  ],
  "expect": [
    { "id": "fast", "kind": "takeover-time", "from": "cut", "max": "20s" },
    { "id": "typical", "kind": "takeover-time", "from": "cut", "quantile": 0.5, "max": "15s", "severity": "warn", "min_samples": 5 },
    { "id": "back", "kind": "takeover-time", "from": "cut/revert", "max": "1s" },
    { "id": "one", "kind": "invariant", "name": "no-dual-vip-owner" },
    { "id": "flap", "kind": "count", "event": "takeover", "after": "cut", "equals": 1 }
  ]
})";

inline sim::Scenario scenario() {
    return sim::read_scenario_text("sample.json", scenario_text).scenario.value();
}

inline sim::DirectionCutOff
cut_off(std::string direction, sim::Duration detect, sim::Duration service, sim::Duration call) {
    sim::DirectionCutOff cut;
    cut.direction = std::move(direction);
    cut.interrupted = true;
    cut.phases.on_path[static_cast<std::size_t>(sim::Phase::detect)] = detect;
    cut.phases.on_path[static_cast<std::size_t>(sim::Phase::service)] = service;
    cut.phases.on_path[static_cast<std::size_t>(sim::Phase::call)] = call;
    cut.phases.parallel[static_cast<std::size_t>(sim::Phase::bridge)] = 81ms;
    cut.longest = detect + service + call;
    cut.summed = cut.longest;
    cut.path = {10, 20, 30};
    return cut;
}

/// `service`: how long the service takes to start; the worst direction is inward, 1 s longer than
/// outward.
inline sim::RunResult result(std::uint64_t seed = 1, sim::Duration service = 12s) {
    sim::RunResult run;
    run.scenario_id = "sample";
    run.title = "A sample";
    run.scenario_digest = std::string(64, 'a');
    run.seed = seed;
    run.implementation = "understudyd";
    sim::Episode episode;
    episode.id = "cut";
    episode.verb = "link.down";
    episode.target = "la";
    episode.at = 10s;
    episode.evidence = "carrier lost at a:eth0 and sw:1";
    episode.directions = {cut_off("outward", 1934ms, service, 466ms),
                          cut_off("inward", 1934ms, service, 1466ms)};
    episode.worst_direction = "inward";
    const sim::Duration worst = episode.directions[1].longest;
    episode.verdict = worst < 15s    ? sim::TakeoverVerdict::faster
                      : worst <= 20s ? sim::TakeoverVerdict::in_target
                                     : sim::TakeoverVerdict::too_slow;
    episode.story = {
        {10s, "la is unplugged"}, {11934ms, "b declares a dead"}, {11935ms, "b takes 10.0.0.9"}};
    episode.advice = sim::advice_for(scenario(), episode);
    run.episodes.push_back(episode);
    const bool fast = worst <= 20s;
    run.expectations = {
        {"fast",
         fast ? sim::ExpectationVerdict::pass : sim::ExpectationVerdict::fail,
         "observed",
         "at most 20.000 s",
         worst.count(),
         {30}},
        {"typical",
         worst <= 15s ? sim::ExpectationVerdict::pass : sim::ExpectationVerdict::fail,
         "observed",
         "at most 15.000 s",
         worst.count(),
         {30}},
        {"back", sim::ExpectationVerdict::pass, "no interruption", "at most 1.000 s", 0, {}},
        {"one", sim::ExpectationVerdict::pass, "holds", "never violated", std::nullopt, {}},
        {"flap", sim::ExpectationVerdict::pass, "1", "exactly 1", std::nullopt, {20}},
        {"check", sim::ExpectationVerdict::pass, "all hold", "vip-owner:a", std::nullopt, {}}};
    run.invariants = {{"no-dual-vip-owner", true, false, "", {}, std::nullopt},
                      {"start-order", true, true, "shown elsewhere", {}, std::nullopt}};
    run.metrics = {{"calls-attempted", 17}, {"calls-dropped", 3}};
    run.parameters = {{"deadtime", "2000 ms", sim::Mark::yours, "ha.cf"},
                      {"fb command time", "5 ms", sim::Mark::assumed, "no public figure"}};
    run.bindings = {"a: fonulator: bridge switch"};
    run.findings = {{cluster::Severity::warning,
                     {"etc/ha.cf", 9, 1},
                     "single-heartbeat-path",
                     "one medium",
                     "two"}};
    run.records = 4711;
    run.passed = fast;
    return run;
}

}  // namespace sample
