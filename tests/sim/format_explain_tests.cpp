// SPDX-License-Identifier: GPL-2.0-or-later
// Sentences: of every fault, of timelines, of finished runs; and implementations side by side.
#include "support/catch.hpp"

#include <set>

#include <nlohmann/json.hpp>

#include "format_samples.hpp"
#include "report/comparison.hpp"
#include "report/explain.hpp"
#include "report/sentences.hpp"

using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// On one line, however it was wrapped.
std::string unwrapped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c != '\n' && c != ' ') {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    return out;
}

template <std::size_t... I>
std::vector<sim::Fault> one_of_each(std::index_sequence<I...>) {
    return {sim::Fault{std::in_place_index<I>}...};
}

std::vector<sim::Fault> all_faults() {
    std::vector<sim::Fault> faults =
        one_of_each(std::make_index_sequence<std::variant_size_v<sim::Fault>>{});
    for (sim::Fault& fault : faults) {
        std::visit([](auto& f) { f.target.id = "a"; }, fault);
    }
    return faults;
}

sim::TimelineEntry entry(std::string id, sim::Duration at, sim::Fault fault) {
    sim::TimelineEntry made;
    made.id = std::move(id);
    made.at = at;
    made.what = std::move(fault);
    return made;
}

}  // namespace

TEST_CASE("Explain: every fault has a sentence of its own", "[sim][explain]") {
    const sim::Scenario scenario = sample::scenario();
    std::set<std::string> seen;
    for (const sim::Fault& fault : all_faults()) {
        CAPTURE(sim::verb(fault));
        const std::string text = sim::in_words(fault, "a", scenario.topology);
        CHECK(text.size() > 8);
        CHECK(text.back() != '.');
        seen.insert(text);
    }
    CHECK(seen.size() == std::variant_size_v<sim::Fault>);
}

TEST_CASE("Explain: a timeline is told in order, what undoes a fault at its time",
          "[sim][explain]") {
    const sim::Scenario scenario = sample::scenario();
    sim::TimelineEntry cable = entry("cable", 10s, sim::LinkDown{{.id = "la"}});
    cable.outage = 20s;
    const sim::TimelineEntry power = entry("power", 15s, sim::PowerOff{{.id = "b"}});
    const auto told = sim::sentences_of({cable, power}, scenario.topology);
    REQUIRE(told.size() == 3);
    CHECK(told[0].text == "At 10 s the cable la (a:eth0 to sw:1) is unplugged.");
    CHECK(told[1].text == "At 15 s b loses power.");
    CHECK(told[2].id == "cable/revert");
    CHECK(told[2].text ==
          "At 30 s, 20 s later, the cable la (a:eth0 to sw:1) is plugged in again.");
}

TEST_CASE("Explain: roles, draws and events have words", "[sim][explain]") {
    CHECK(sim::in_words(sim::Target{.role = sim::Target::Role::standby}) ==
          "the node that stands by");
    CHECK(sim::in_words(sim::Target{.role = sim::Target::Role::random, .among = {"a", "b"}}) ==
          "one of a or b, drawn by the seed,");
    sim::TimelineEntry again = entry("again", 20s, sim::PowerOff{{.id = "b"}});
    again.after = sim::After{sim::After::Event::peer_dead, "", "b", 1s};
    again.outage = 5s;
    const auto told = sim::sentences_of({again}, sample::scenario().topology);
    REQUIRE(told.size() == 1);
    CHECK_FALSE(told[0].at.has_value());
    CHECK(told[0].text ==
          "1 s after b declared its peer dead b loses power; 5 s later, b gets power; its daemon "
          "starts 75 s later.");
}

TEST_CASE("Explain: a scenario says what it does and what is judged", "[sim][explain]") {
    const std::string text = unwrapped(sim::explain(sample::scenario(), std::nullopt, false));
    for (const char* part : {"A sample",
                             "What happens",
                             "At 10 s the cable la",
                             "The run ends at 60 s.",
                             "What is judged",
                             "after cut, callers are cut off for at most 20 s",
                             "(a warning only)",
                             "the invariant no-dual-vip-owner holds",
                             "exactly 1 takeover happens after cut"}) {
        CAPTURE(part);
        CHECK(contains(text, part));
    }
}

TEST_CASE("Explain: a finished run is told phase by phase, with what to change", "[sim][explain]") {
    sim::RunResult run = sample::result();
    run.calls_lost = sim::LossComparison{10s, {3, 1}, {7, 20}};
    const std::string text = unwrapped(sim::explain(run, false));
    for (const char* part : {"At 10 s: link.down la (cut)",
                             "It took effect: carrier lost",
                             "Callers were cut off for 15.4 s (worst direction: inward)",
                             "1.934 s until the failure was noticed",
                             "12 s until the service answered",
                             "To change: service:",
                             "From 10 s on 4 calls were lost",
                             "Had nobody acted, 27 would have been"}) {
        CAPTURE(part);
        CHECK(contains(text, part));
    }
    CHECK(contains(sim::explain(sample::result(1, 5s), false), "All that was expected is so"));
    run.expectations[0].verdict = sim::ExpectationVerdict::fail;
    run.episodes[0].directions[1].restored = false;
    const std::string failed = unwrapped(sim::explain(run, false));
    CHECK(contains(failed, "fast: fail: observed; expected: at most 20.000 s"));
    CHECK(contains(failed, "Inward calls were not answered again before the run ended"));
}

TEST_CASE("Comparison: two implementations side by side", "[sim][report]") {
    const sim::Scenario scenario = sample::scenario();
    const sim::RunResult ours = sample::result(1, 5s);
    sim::RunResult theirs = sample::result(1, 25s);
    theirs.implementation = "heartbeat-3.0.6";
    theirs.episodes[0].two_owners = true;
    const sim::Comparison comparison = sim::compare({&scenario, &scenario}, {&ours, &theirs});
    CHECK(comparison.implementations == std::vector<std::string>{"understudyd", "heartbeat-3.0.6"});
    const std::string text = sim::text_report(comparison, false);
    for (const char* part : {"Side by side: A sample",
                             "understudyd",
                             "heartbeat-3.0.6",
                             "faster",
                             "too slow",
                             "two owners",
                             "cut-off, inward",
                             "phase, service"}) {
        CAPTURE(part);
        CHECK(contains(text, part));
    }
    const auto json = nlohmann::json::parse(sim::comparison_to_json(comparison));
    CHECK(json["format"] == "failover-comparison/1");
    for (const auto& row : json["rows"]) {
        CHECK(row["cells"].size() == 2);
        CHECK(row["numbers"].size() == 2);
        if (row["measure"] == "cut-off" && row["of"] == "inward") {
            CHECK(row["numbers"][0] == 8'400'000'000);
            CHECK(row["numbers"][1] == 28'400'000'000);
        }
    }
}

TEST_CASE("Advice: two owners are told what would have cured them", "[sim][report]") {
    sim::Scenario scenario = sample::scenario();
    cluster::HaConfig ha;
    ha.links.emplace_back().device = "eth0";
    scenario.cluster.files["a"].ha = ha;
    sim::RunResult run = sample::result();
    run.episodes[0].two_owners = true;
    const auto single = sim::advice_for(scenario, run.episodes[0]);
    REQUIRE(single.size() == 2);
    CHECK(contains(single[0], "all heartbeats cross eth0"));
    CHECK(contains(single[0], "ping target"));
    scenario.topology.links.push_back({.id = "null-modem",
                                       .type = sim::LinkType::serial,
                                       .ends = {{"a", "ttyS0"}, {"b", "ttyS0"}}});
    CHECK(contains(sim::advice_for(scenario, run.episodes[0])[0],
                   "the serial line null-modem is there"));
    run.episodes[0].verb = "node.thaw";
    CHECK(contains(sim::advice_for(scenario, run.episodes[0])[0], "wakes up"));
    run.episodes[0].two_owners = false;
    CHECK(sim::advice_for(scenario, run.episodes[0]).size() == 1);
}
