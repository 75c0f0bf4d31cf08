// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/simulation.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "scenario/quantities.hpp"

namespace sim::analysis {

namespace {

using namespace std::chrono_literals;

/// Between the end of initdead and a failure: a cold start, the slowest part of which is the PBX,
/// and the calls that tell what is usual.
constexpr Duration settling = 60s;
/// The checks at the end happen while everything still runs.
constexpr Duration before_end = 10ms;

constexpr std::string_view settled_check = "settled";
constexpr std::string_view group_check = "group-at-end/";
constexpr std::string_view bridge_check = "bridge-at-end/";

TimelineEntry entry(std::string id, Duration at, std::variant<Fault, Check> what) {
    TimelineEntry entry;
    entry.id = std::move(id);
    entry.at = at;
    if (const Fault* fault = std::get_if<Fault>(&what)) {
        entry.verb = verb(*fault);
    }
    entry.opens_episode = std::holds_alternative<Fault>(what);
    entry.what = std::move(what);
    return entry;
}

Requirement group_started(const std::string& member) {
    Requirement requirement;
    requirement.kind = Requirement::Kind::group_started;
    requirement.node = member;
    requirement.text = "group-started:" + member;
    return requirement;
}

Check requires_only(Requirement requirement) {
    Check check;
    check.require.push_back(std::move(requirement));
    return check;
}

/// What an injector can do to a component, and why it is that.
struct Injection {
    std::vector<Fault> faults;
    std::string why;
};

Injection injection(const Scenario& scenario, const Component& component) {
    const Target target{.id = component.id};
    switch (component.kind) {
    case Component::Kind::link:
        return {{LinkDown{target}}, ""};
    case Component::Kind::supply:
        return {{UpsFail{target}}, ""};
    case Component::Kind::node:
        break;
    }
    if (component.node != NodeKind::pstn && component.node != NodeKind::channel_bank) {
        return {{PowerOff{target}}, ""};
    }
    // Nobody switches these off; to all others a dead node is one whose cables are all cut.
    Injection cut;
    for (const LinkSpec& link : scenario.topology.links) {
        if (link.ends[0].node == component.id || link.ends[1].node == component.id) {
            cut.faults.emplace_back(LinkDown{Target{.id = link.id}});
        }
    }
    cut.why = fmt::format("as {} has no switch", component.id);
    return cut;
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

void add_run(Simulated& simulated, const RunResult& run, Duration& longest_restored) {
    simulated.seeds.push_back(run.seed);
    for (const ExpectationResult& check : run.expectations) {
        const bool holds = check.verdict == ExpectationVerdict::pass;
        if (check.id == settled_check) {
            simulated.settled = simulated.settled && holds;
        } else if (holds && check.id.starts_with(group_check)) {
            const std::string member = check.id.substr(group_check.size());
            if (!contains(simulated.served_at_end, member)) {
                simulated.served_at_end.push_back(member);
            }
        } else if (holds && check.id.starts_with(bridge_check)) {
            const std::string member = check.id.substr(bridge_check.size());
            if (!contains(simulated.bridge_at_end, member)) {
                simulated.bridge_at_end.push_back(member);
            }
        }
    }
    // Failures at the same instant are one to a caller: of their episodes the worst counts.
    std::vector<DirectionCutOff> worst;
    for (const Episode& episode : run.episodes) {
        simulated.two_owners = simulated.two_owners || episode.two_owners;
        for (const DirectionCutOff& direction : episode.directions) {
            const auto known =
                std::find_if(worst.begin(), worst.end(), [&](const DirectionCutOff& d) {
                    return d.direction == direction.direction;
                });
            if (known == worst.end()) {
                worst.push_back(direction);
            } else if (std::pair{!direction.restored, direction.longest} >
                       std::pair{!known->restored, known->longest}) {
                *known = direction;
            }
        }
    }
    for (const DirectionCutOff& cut : worst) {
        auto at =
            std::find_if(simulated.directions.begin(),
                         simulated.directions.end(),
                         [&](const SimulatedDirection& d) { return d.direction == cut.direction; });
        if (at == simulated.directions.end()) {
            at = simulated.directions.insert(simulated.directions.end(), SimulatedDirection{});
            at->direction = cut.direction;
        }
        ++at->runs;
        if (!cut.interrupted) {
            ++at->not_cut;
            ++at->in_time;
            continue;
        }
        if (!cut.restored) {
            ++at->never;
            continue;
        }
        at->in_time += cut.longest <= call_limit ? 1 : 0;
        at->shortest =
            at->longest == Duration::zero() ? cut.longest : std::min(at->shortest, cut.longest);
        at->longest = std::max(at->longest, cut.longest);
        if (cut.longest > longest_restored) {
            longest_restored = cut.longest;
            const auto& path = cut.phases.on_path;
            const auto most = std::max_element(path.begin(), path.end());
            if (most->count() > 0) {
                simulated.largest_phase = fmt::format("{} {}",
                                                      name(static_cast<Phase>(most - path.begin())),
                                                      format_seconds(*most, 1));
            }
        }
    }
}

}  // namespace

Duration settled_at(const Scenario& scenario) {
    Duration initdead{};
    for (const auto& [member, files] : scenario.cluster.files) {
        initdead = std::max<Duration>(initdead, files.ha.initdead);
    }
    return initdead + settling;
}

FailureScenario scenario_of(const Scenario& original,
                            const SystemModel& model,
                            const Failure& failure,
                            Duration look) {
    FailureScenario made{original, {}};
    Scenario& scenario = made.scenario;
    const Duration at = settled_at(original);
    scenario.stop_at = at + look;
    scenario.timeline.clear();
    scenario.soak.reset();
    scenario.expect.clear();
    // Probe calls tell who can call. Of the load only the number of stations matters.
    std::erase_if(scenario.workload, [](const Workload& workload) {
        return !std::holds_alternative<AnalogCalls>(workload);
    });
    for (Workload& workload : scenario.workload) {
        if (auto* load = std::get_if<AnalogCalls>(&workload)) {
            load->rate_per_hour = 0;
        }
    }
    if (model.call_service() &&
        original.cluster.files.at(model.members().front()).resources.groups.size() == 1) {
        scenario.timeline.push_back(
            entry(std::string(settled_check),
                  at - 1s,
                  requires_only(group_started(model.call_service()->owner))));
    }
    for (const ComponentId c : failure) {
        const Injection injected = injection(original, model.components()[c]);
        for (const Fault& fault : injected.faults) {
            const std::string target = std::visit([](const auto& f) { return f.target.id; }, fault);
            made.how += fmt::format("{}{} {}{}",
                                    made.how.empty() ? "" : ", ",
                                    verb(fault),
                                    target,
                                    injected.why.empty() ? "" : " (" + injected.why + ")");
            scenario.timeline.push_back(
                entry(fmt::format("failure-{}", scenario.timeline.size()), at, fault));
        }
    }
    for (const std::string& member : model.members()) {
        scenario.timeline.push_back(entry(std::string(group_check) + member,
                                          scenario.stop_at - before_end,
                                          requires_only(group_started(member))));
        if (model.call_service()) {
            Requirement requirement;
            requirement.kind = Requirement::Kind::span_master;
            requirement.node = member;
            requirement.bridge = model.call_service()->bridge;
            requirement.text = "span-master:" + requirement.bridge + "=" + member;
            scenario.timeline.push_back(entry(std::string(bridge_check) + member,
                                              scenario.stop_at - before_end,
                                              requires_only(std::move(requirement))));
        }
    }
    return made;
}

Simulated
read_runs(const FailureScenario& scenario, std::span<const RunResult> runs, Duration look) {
    Simulated simulated;
    simulated.how = scenario.how;
    simulated.looked = look;
    Duration longest_restored{};
    for (const RunResult& run : runs) {
        add_run(simulated, run, longest_restored);
    }
    return simulated;
}

bool wants_long_look(const Outlook& outlook, const Simulated& simulated) {
    return std::any_of(
        outlook.directions.begin(), outlook.directions.end(), [&](const Reach& reach) {
            return reach.all() && std::any_of(simulated.directions.begin(),
                                              simulated.directions.end(),
                                              [&](const SimulatedDirection& d) {
                                                  return d.direction == reach.direction &&
                                                         d.never > 0;
                                              });
        });
}

}  // namespace sim::analysis
