// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/analysis.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "scenario/quantities.hpp"

namespace sim::analysis {

namespace {

/// Inward counts as restored when this share of the stations is reachable (design §4); the probe
/// calls of a simulation hold to it in every direction.
constexpr int restored_percent = 95;

PairResult judge(const Ways& ways) {
    PairResult result;
    result.kind = ways.kind;
    result.from = ways.from;
    result.to = ways.to;
    const DependencyGraph& graph = ways.graph;
    using Disjoint = DependencyGraph::Disjoint;
    result.edge_disjoint = graph.disjoint_ways(ways.source, ways.sink, Disjoint::edges);
    result.component_disjoint = graph.disjoint_ways(ways.source, ways.sink, Disjoint::components);
    result.single_points = ways.components(graph.single_points(ways.source, ways.sink));
    if (const auto cut = graph.minimum_cut(ways.source, ways.sink)) {
        result.minimum_cut = ways.components(*cut);
    }
    DependencyGraph::Vertex at = ways.source;
    const auto add = [&](const std::optional<ComponentId>& component) {
        if (component) {
            result.shortest_way.push_back(*component);
        }
    };
    for (const auto edge : graph.shortest_way(ways.source, ways.sink)) {
        add(ways.edge_component[edge]);
        at = graph.end(edge, 0) == at ? graph.end(edge, 1) : graph.end(edge, 0);
        add(ways.vertex_component[at]);
    }
    return result;
}

const SimulatedDirection* find(const Simulated& simulated, const std::string& direction) {
    const auto at =
        std::find_if(simulated.directions.begin(),
                     simulated.directions.end(),
                     [&](const SimulatedDirection& d) { return d.direction == direction; });
    return at == simulated.directions.end() ? nullptr : &*at;
}

/// A probe call of the simulation cannot tell some stations from none.
bool too_few_to_count(const Reach& reach) noexcept {
    return !reach.none() && reach.served * 100 < reach.of * restored_percent;
}

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        text += (text.empty() ? "" : ", ") + item;
    }
    return text.empty() ? "nobody" : text;
}

std::string runs(int some, int all) {
    return all == 1      ? std::string{}
           : some == all ? fmt::format(" with all {} seeds", all)
                         : fmt::format(" with {} of {} seeds", some, all);
}

/// What the simulation shows of who serves, in words.
std::string evidence(const SystemModel& model, const Simulated& simulated) {
    std::string text =
        fmt::format("at the end the service is complete on {}", joined(simulated.served_at_end));
    if (model.call_service()) {
        text += fmt::format(
            ", {} sends to {}", model.call_service()->bridge, joined(simulated.bridge_at_end));
    }
    if (simulated.two_owners) {
        text += ", two members served at once";
    }
    return text;
}

/// The graph expects calls, the simulation has none in time.
void explain_silence(const SystemModel& model,
                     const Reach& reach,
                     const Outlook& outlook,
                     const Simulated& simulated,
                     const SimulatedDirection& seen,
                     Comparison& comparison) {
    if (seen.never == 0) {
        comparison.notes.push_back(
            fmt::format("{}: restored, but after {}{}; the graph knows no times. Largest part: {}",
                        reach.direction,
                        seen.shortest == seen.longest || seen.runs - seen.in_time == 1
                            ? format_seconds(seen.longest, 1)
                            : "up to " + format_seconds(seen.longest, 1),
                        runs(seen.runs - seen.in_time, seen.runs),
                        simulated.largest_phase.empty() ? "not known" : simulated.largest_phase));
        return;
    }
    const bool at_server =
        std::find(simulated.served_at_end.begin(), simulated.served_at_end.end(), reach.by) !=
        simulated.served_at_end.end();
    const bool bridge_elsewhere =
        !simulated.bridge_at_end.empty() &&
        std::find(simulated.bridge_at_end.begin(), simulated.bridge_at_end.end(), reach.by) ==
            simulated.bridge_at_end.end();
    std::string reason;
    if (!simulated.settled) {
        reason = "the service was not complete before the failure";
    } else if (outlook.may_own.size() > 1 && (!at_server || bridge_elsewhere)) {
        reason = fmt::format("{} may hold the service then, and only the simulation can tell which",
                             joined(outlook.may_own));
    } else if (reach.needs_move && !at_server) {
        reason = fmt::format("the service should move to {}, and did not", reach.by);
    } else {
        comparison.agreement = Agreement::unexplained;
        comparison.notes.push_back(fmt::format(
            "{}: the graph has a way to {}, the simulation answers no call for {}{}; {}",
            reach.direction,
            reach.by,
            format_seconds(simulated.looked),
            runs(seen.never, seen.runs),
            evidence(model, simulated)));
        return;
    }
    comparison.notes.push_back(fmt::format("{}: no call is answered for {}{}: {}; {}",
                                           reach.direction,
                                           format_seconds(simulated.looked),
                                           runs(seen.never, seen.runs),
                                           reason,
                                           evidence(model, simulated)));
}

/// The graph has no way, the simulation answers calls.
void explain_answers(const SystemModel& model,
                     const Reach& reach,
                     const Outlook& outlook,
                     const Simulated& simulated,
                     const SimulatedDirection& seen,
                     Comparison& comparison) {
    const auto surprise =
        std::find_if(simulated.served_at_end.begin(),
                     simulated.served_at_end.end(),
                     [&](const std::string& member) {
                         return std::find(outlook.may_own.begin(), outlook.may_own.end(), member) ==
                                outlook.may_own.end();
                     });
    const std::string after =
        seen.not_cut == seen.runs
            ? "calls go on"
            : fmt::format("calls are answered after {}", format_seconds(seen.longest, 1));
    if (reach.cause == Reach::Cause::not_moved && surprise != simulated.served_at_end.end()) {
        comparison.notes.push_back(
            fmt::format("{}: {}{}: {} took the service, which the files alone do not ask for; {}",
                        reach.direction,
                        after,
                        runs(seen.in_time, seen.runs),
                        *surprise,
                        evidence(model, simulated)));
        return;
    }
    comparison.agreement = Agreement::unexplained;
    comparison.notes.push_back(
        fmt::format("{}: the graph has no way ({}), in the simulation {}{}; {}",
                    reach.direction,
                    reach.why,
                    after,
                    runs(seen.in_time, seen.runs),
                    evidence(model, simulated)));
}

}  // namespace

std::string_view name(Impact impact) noexcept {
    switch (impact) {
    case Impact::none:
        return "none";
    case Impact::stations:
        return "stations";
    case Impact::directions:
        return "directions";
    case Impact::everything:
        return "everything";
    }
    return "";
}

std::string_view name(Agreement agreement) noexcept {
    switch (agreement) {
    case Agreement::not_simulated:
        return "not simulated";
    case Agreement::agrees:
        return "agrees";
    case Agreement::explained:
        return "explained";
    case Agreement::unexplained:
        return "unexplained";
    }
    return "";
}

Impact impact_of(const Outlook& outlook) noexcept {
    const bool telephones =
        std::any_of(outlook.directions.begin(), outlook.directions.end(), [](const Reach& reach) {
            return reach.kind == Ways::Kind::calls;
        });
    std::size_t counted = 0;
    std::size_t gone = 0;
    bool some_missing = false;
    for (const Reach& reach : outlook.directions) {
        if (telephones && reach.kind != Ways::Kind::calls) {
            continue;
        }
        ++counted;
        gone += reach.none() ? 1U : 0U;
        some_missing = some_missing || !reach.all();
    }
    return counted > 0 && gone == counted ? Impact::everything
           : gone > 0                     ? Impact::directions
           : some_missing                 ? Impact::stations
                                          : Impact::none;
}

InTime calls_in_time(const FailureResult& result) noexcept {
    bool any = false;
    bool always = true;
    bool counted = false;
    for (const Reach& reach : result.outlook.directions) {
        if (reach.kind != Ways::Kind::calls) {
            continue;
        }
        counted = true;
        const SimulatedDirection* seen = result.simulated && result.simulated->not_simulated.empty()
                                             ? find(*result.simulated, reach.direction)
                                             : nullptr;
        if (seen == nullptr || too_few_to_count(reach)) {
            any = any || !reach.none();
            always = always && reach.all();
        } else {
            any = any || seen->in_time > 0;
            always = always && seen->in_time == seen->runs;
        }
    }
    return !counted || always ? InTime::always : any ? InTime::partly : InTime::never;
}

Analysis analyze(const Scenario& scenario, const SystemModel& model) {
    Analysis analysis;
    analysis.scenario_id = scenario.id;
    analysis.title = scenario.title;
    analysis.digest = scenario.digest;
    analysis.implementation = name(scenario.cluster.implementation);
    for (const Ways& ways : model.pairs()) {
        analysis.pairs.push_back(judge(ways));
    }
    const auto judged = [&](Failure failure) {
        FailureResult result;
        result.outlook = model.outlook(failure);
        result.impact = impact_of(result.outlook);
        result.failure = std::move(failure);
        return result;
    };
    const std::size_t count = model.components().size();
    for (ComponentId a = 0; a < count; ++a) {
        analysis.singles.push_back(judged({a}));
    }
    for (ComponentId a = 0; a < count; ++a) {
        for (ComponentId b = a + 1; b < count; ++b) {
            if (!model.includes(a, b) && !model.includes(b, a)) {
                FailureResult result = judged({a, b});
                result.only_together = result.impact > std::max(analysis.singles[a].impact,
                                                                analysis.singles[b].impact);
                analysis.doubles.push_back(std::move(result));
            }
        }
    }
    return analysis;
}

Comparison compare(const SystemModel& model, const Outlook& outlook, const Simulated& simulated) {
    Comparison comparison;
    if (!simulated.not_simulated.empty()) {
        comparison.notes.push_back(simulated.not_simulated);
        return comparison;
    }
    comparison.agreement = Agreement::agrees;
    for (const Reach& reach : outlook.directions) {
        const SimulatedDirection* seen = find(simulated, reach.direction);
        if (seen == nullptr) {
            continue;  // not probed: addresses
        }
        const bool all_in_time = seen->in_time == seen->runs;
        const bool expected = !reach.none() && !too_few_to_count(reach);
        if (too_few_to_count(reach) && seen->in_time == 0) {
            comparison.notes.push_back(fmt::format("{}: {} of {} stations have a way; the "
                                                   "simulation counts a direction as served from "
                                                   "{} % of the stations on",
                                                   reach.direction,
                                                   reach.served,
                                                   reach.of,
                                                   restored_percent));
        } else if (expected && !all_in_time) {
            explain_silence(model, reach, outlook, simulated, *seen, comparison);
        } else if (!expected && seen->in_time > 0) {
            explain_answers(model, reach, outlook, simulated, *seen, comparison);
        }
    }
    if (!comparison.notes.empty() && comparison.agreement == Agreement::agrees) {
        comparison.agreement = Agreement::explained;
    }
    return comparison;
}

}  // namespace sim::analysis
