// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/implementation.hpp"

#include <algorithm>
#include <utility>

#include "model/heartbeat_scripts.hpp"

namespace sim {

namespace {

using namespace std::chrono_literals;

/// The script of the published call centre. Its durations are known as "about a second" only; the
/// exchange with the bridge comes on top, from the model of the bridge.
constexpr const char* fonulator_profile = "fonulator under heartbeat-3.0.6";

void give_fonulator_a_model(Scenario& scenario) {
    const auto bridge = std::ranges::find(
        scenario.topology.nodes, NodeKind::fonebridge, [](const NodeSpec& n) { return n.kind; });
    const bool named = std::ranges::any_of(scenario.cluster.files, [](const auto& member) {
        return std::ranges::any_of(member.second.resources.groups, [](const auto& group) {
            return std::ranges::any_of(group.resources,
                                       [](const auto& word) { return word.script == "fonulator"; });
        });
    });
    if (!named || bridge == scenario.topology.nodes.end() ||
        scenario.cluster.resources.contains("fonulator")) {
        return;
    }
    scenario.cluster.resources["fonulator"] = {
        ScriptModel::Kind::bridge_program, fonulator_profile, bridge->id};
    scenario.profiles[fonulator_profile] = {
        .start = models::TriangularDist{400ms, 800ms, 1500ms},
        .stop = models::ConstantDist{100ms},
        .mark = Mark::assumed,
        .source = "published: the bridge is configured in about a second; the program itself adds "
                  "its 15 exchanges"};
}

}  // namespace

Scenario as_played(Scenario scenario) {
    if (scenario.cluster.implementation != Implementation::heartbeat_3_0_6) {
        return scenario;
    }
    bool had_settings = false;
    for (auto& [member, files] : scenario.cluster.files) {
        had_settings = had_settings || files.settings != cluster::Settings{};
        files.settings = cluster::Settings{}.as_heartbeat_3_0_6();
    }
    if (had_settings) {
        scenario.cluster.findings.push_back(
            {.severity = cluster::Severity::note,
             .where = {.file = "understudy.json", .line = 1, .column = 1},
             .rule = "not-heartbeat",
             .found = "a file that heartbeat 3.0.6 does not know",
             .expected = "nothing; every word of haresources runs its script"});
    }
    give_fonulator_a_model(scenario);
    return scenario;
}

std::unique_ptr<models::Agent> make_known_script(models::Host& host,
                                                 const cluster::HaResources& resources,
                                                 const std::string& word) {
    if (word == "IPaddr") {
        return std::make_unique<models::AddressScript>(
            host, word, models::AddressScriptProfile::ipaddr());
    }
    if (word == "IPaddr2") {
        return std::make_unique<models::AddressScript>(
            host, word, models::AddressScriptProfile::ipaddr2());
    }
    if (word != "IPsrcaddr" && word != "fixrouting") {
        return nullptr;
    }
    // The script is written for the addresses of its group.
    std::vector<cluster::AddressSpec> addresses;
    for (const auto& group : resources.groups) {
        const bool here = std::ranges::any_of(
            group.resources, [&](const auto& resource) { return resource.script == word; });
        for (const auto& resource : here ? group.resources : std::vector<cluster::ResourceWord>{}) {
            const bool address = resource.script == "IPaddr" || resource.script == "IPaddr2";
            const auto spec = address && !resource.arguments.empty()
                                  ? cluster::parse_address_spec(resource.arguments.front())
                                  : std::nullopt;
            if (spec) {
                addresses.push_back(*spec);
            }
        }
    }
    return std::make_unique<models::RouteScript>(
        host, word, std::move(addresses), models::ScriptAgent::Profile{});
}

std::vector<Parameter> heartbeat_parameters() {
    const std::string bed = "heartbeat 1:3.0.6-13 on two virtual CPUs with other work going on";
    return {
        {"heartbeat: packets handled", "on its keepalive tick", Mark::measured, bed},
        {"heartbeat: second pass after a tick",
         "27 % after 20 ms, 10 % after 100 ms",
         Mark::measured,
         "acknowledgements in 22 captures"},
        {"heartbeat: silence judged", "every 250 ms at most", Mark::sourced, "heartbeat 3.0.6"},
        {"heartbeat: scripts up to the first resource",
         "median 70 ms, in a standby 18 ms",
         Mark::measured,
         bed},
        {"heartbeat: IPaddr start", "median 22 ms to the address", Mark::measured, bed},
        {"heartbeat: IPaddr announces", "20 frames, 250 ms apart", Mark::measured, "captured"},
        {"heartbeat: IPaddr2 announces", "10 frames, 100 ms apart", Mark::measured, "captured"},
        {"heartbeat: a writer that begins 1 s late", "17 %", Mark::measured, "41 captured starts"},
        {"heartbeat: silence judged before the backlog is read",
         "50 % of wake-ups",
         Mark::measured,
         "3 of 6 runs; the race of two processes"}};
}

}  // namespace sim
