// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/analysis.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "analysis/system_parts.hpp"
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

struct Difference {
    Agreement agreement = Agreement::explained;
    std::string direction;
    std::string text;
};

Difference counted_as_cut_off(const Reach& reach) {
    return {Agreement::explained,
            reach.direction,
            fmt::format("{} of {} stations have a way; a probe call of the simulation counts only "
                        "when {} % have one",
                        reach.served,
                        reach.of,
                        restored_percent)};
}

/// The graph expects calls, the simulation has none in time.
Difference silence(const SystemModel& model,
                   const Reach& reach,
                   const Outlook& outlook,
                   const Simulated& simulated,
                   const SimulatedDirection& seen) {
    Difference difference{Agreement::explained, reach.direction, {}};
    if (seen.never == 0) {
        const int late = seen.runs - seen.in_time;
        difference.text =
            fmt::format("restored after {}{}{}; the graph knows no times. Largest part: {}",
                        late > 1 ? "up to " : "",
                        format_seconds(seen.longest, 1),
                        late == seen.runs ? std::string{}
                                          : fmt::format(", later than {} with {} of {} seeds",
                                                        format_seconds(call_limit),
                                                        late,
                                                        seen.runs),
                        simulated.largest_phase.empty() ? "not known" : simulated.largest_phase);
        return difference;
    }
    const bool complete = has(simulated.served_at_end, reach.by);
    const bool bridge_elsewhere =
        !simulated.bridge_at_end.empty() && !has(simulated.bridge_at_end, reach.by);
    std::string reason;
    if (!simulated.settled) {
        reason = "the service was not complete before the failure";
    } else if (outlook.may_own.size() > 1 && (!complete || bridge_elsewhere)) {
        reason = fmt::format("{} may hold the service then, and only the simulation can tell which",
                             joined(outlook.may_own));
    } else if (reach.needs_move && !complete) {
        reason = fmt::format("the service should move to {}, and did not", reach.by);
    } else {
        difference.agreement = Agreement::unexplained;
        reason = fmt::format("the graph has a way to {}", reach.by);
    }
    difference.text = fmt::format("no call is answered for {}{}: {}; {}",
                                  format_seconds(simulated.looked),
                                  runs(seen.never, seen.runs),
                                  reason,
                                  evidence(model, simulated));
    return difference;
}

/// The graph has no way, or one for some stations only, and the simulation answers calls.
Difference answers(const SystemModel& model,
                   const Reach& reach,
                   const Outlook& outlook,
                   const Simulated& simulated,
                   const SimulatedDirection& seen) {
    const auto surprise =
        std::find_if(simulated.served_at_end.begin(),
                     simulated.served_at_end.end(),
                     [&](const std::string& member) { return !has(outlook.may_own, member); });
    const bool moved =
        reach.cause == Reach::Cause::not_moved && surprise != simulated.served_at_end.end();
    return {moved ? Agreement::explained : Agreement::unexplained,
            reach.direction,
            fmt::format(
                "{}{}, though {}; {}",
                seen.not_cut == seen.runs
                    ? "calls go on"
                    : fmt::format("calls are answered after {}", format_seconds(seen.longest, 1)),
                runs(seen.in_time, seen.runs),
                moved ? fmt::format("the files alone do not ask {} to take the service", *surprise)
                      : fmt::format("the graph has no way ({})", reach.why),
                evidence(model, simulated))};
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

InTime direction_in_time(const FailureResult& result, const Reach& reach) noexcept {
    const SimulatedDirection* seen = result.simulated && result.simulated->not_simulated.empty()
                                         ? find(*result.simulated, reach.direction)
                                         : nullptr;
    if (seen == nullptr || too_few_to_count(reach)) {
        return reach.all() ? InTime::always : reach.none() ? InTime::never : InTime::partly;
    }
    return seen->in_time == seen->runs ? InTime::always
           : seen->in_time == 0        ? InTime::never
                                       : InTime::partly;
}

InTime calls_in_time(const FailureResult& result) noexcept {
    bool never = true;
    bool always = true;
    for (const Reach& reach : result.outlook.directions) {
        if (reach.kind == Ways::Kind::calls) {
            const InTime in_time = direction_in_time(result, reach);
            never = never && in_time == InTime::never;
            always = always && in_time == InTime::always;
        }
    }
    return always ? InTime::always : never ? InTime::never : InTime::partly;
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
    std::vector<Difference> differences;
    bool only_counting = true;
    for (const Reach& reach : outlook.directions) {
        const SimulatedDirection* seen = find(simulated, reach.direction);
        if (seen == nullptr) {
            continue;  // not probed: addresses
        }
        const bool few = too_few_to_count(reach);
        const bool expected = !reach.none() && !few;
        std::optional<Difference> difference;
        if (few && seen->in_time == 0) {
            difference = counted_as_cut_off(reach);
        } else if (expected && seen->in_time < seen->runs) {
            difference = silence(model, reach, outlook, simulated, *seen);
        } else if (!expected && seen->in_time > 0) {
            difference = answers(model, reach, outlook, simulated, *seen);
        }
        if (difference) {
            only_counting = only_counting && few;
            differences.push_back(*std::move(difference));
            comparison.agreement = std::max(comparison.agreement, differences.back().agreement);
        }
    }
    comparison.by_counting = !differences.empty() && only_counting;
    // What holds for several directions is said once.
    for (std::size_t d = 0; d < differences.size(); ++d) {
        std::string directions = differences[d].direction;
        for (std::size_t other = differences.size(); other-- > d + 1;) {
            if (differences[other].text == differences[d].text) {
                directions.insert(differences[d].direction.size(),
                                  ", " + differences[other].direction);
                differences.erase(differences.begin() + static_cast<std::ptrdiff_t>(other));
            }
        }
        comparison.notes.push_back(directions + ": " + differences[d].text);
    }
    return comparison;
}

}  // namespace sim::analysis
