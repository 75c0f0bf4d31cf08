// SPDX-License-Identifier: GPL-2.0-or-later
// What is worth knowing about cabling, power and files together, before anything fails.
#include "analysis/system_model.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "analysis/system_parts.hpp"

namespace sim::analysis {

void SystemModel::judge_structure() {
    judge_heartbeats();
    judge_power();
}

void SystemModel::judge_heartbeats() {
    const Topology& topology = m_scenario.topology;
    for (const HeartbeatPath& path : m_heartbeats) {
        if (!path.wired) {
            m_findings.push_back({"heartbeat-path-nowhere",
                                  fmt::format("\"{}\" of ha.cf joins {} and {} in no way: no cable",
                                              path.configured,
                                              path.members[0],
                                              path.members[1])});
        }
    }
    const auto in_some = [&](Ways::Kind kind, ComponentId c) {
        return std::any_of(m_pairs.begin(), m_pairs.end(), [&](const Ways& pair) {
            const auto holds = [&](const std::optional<ComponentId>& entry) { return entry == c; };
            return pair.kind == kind &&
                   (std::any_of(
                        pair.vertex_component.begin(), pair.vertex_component.end(), holds) ||
                    std::any_of(pair.edge_component.begin(), pair.edge_component.end(), holds));
        });
    };
    for (const Ways& pair : m_pairs) {
        if (pair.kind != Ways::Kind::heartbeat) {
            continue;
        }
        const auto ways_between = pair.graph.disjoint_ways(pair.source, pair.sink);
        if (ways_between == 0U) {
            m_findings.push_back(
                {"no-heartbeat-path",
                 fmt::format("{} and {} cannot hear each other at all", pair.from, pair.to)});
        } else if (ways_between == 1U) {
            std::vector<std::string> points;
            for (const ComponentId c :
                 pair.components(pair.graph.single_points(pair.source, pair.sink))) {
                points.push_back(m_components[c].id);
            }
            m_findings.push_back(
                {"one-heartbeat-path",
                 fmt::format(
                     "all heartbeats between {} and {} need {}: one failure there, and each "
                     "takes the other for dead",
                     pair.from,
                     pair.to,
                     listed(points))});
        }
    }
    for (const LinkSpec& link : topology.links) {
        const bool between_members =
            has(members(), link.ends[0].node) && has(members(), link.ends[1].node);
        if (between_members && !in_some(Ways::Kind::heartbeat, *link_component(link.id))) {
            m_findings.push_back(
                {"unused-heartbeat-cable",
                 fmt::format("{} ({}) joins {}:{} and {}:{}, but ha.cf does not use it for "
                             "heartbeats",
                             link.id,
                             what_is(link.type),
                             link.ends[0].node,
                             link.ends[0].port,
                             link.ends[1].node,
                             link.ends[1].port)});
        }
    }
    for (const NodeSpec& node : topology.nodes) {
        if (node.kind != NodeKind::network_switch) {
            continue;
        }
        const ComponentId c = *node_component(node.id);
        if (in_some(Ways::Kind::heartbeat, c)) {
            for (const auto& [kind, traffic] : {std::pair{Ways::Kind::address, "the clients"},
                                                std::pair{Ways::Kind::calls, "the calls"}}) {
                if (in_some(kind, c)) {
                    m_findings.push_back(
                        {"heartbeat-shares-switch",
                         fmt::format("{} carries the heartbeats and {}", node.id, traffic)});
                }
            }
            continue;
        }
        // A switch that joins the members, yet carries no heartbeat: a second path that costs one
        // line of ha.cf.
        std::vector<std::string> joined;
        for (const LinkSpec& link : topology.links) {
            for (int side = 0; side < 2; ++side) {
                if (link.ends[1 - side].node == node.id && has(members(), link.ends[side].node)) {
                    joined.push_back(link.ends[side].node + ":" + link.ends[side].port);
                }
            }
        }
        if (joined.size() > 1) {
            m_findings.push_back(
                {"unused-heartbeat-switch",
                 fmt::format("{} joins {}, but ha.cf sends no heartbeat there: a second path would "
                             "cost no cable",
                             node.id,
                             listed(joined))});
        }
    }
    const auto& ha = m_scenario.cluster.files.at(members().front()).ha;
    for (const cluster::PingTargetConfig& target : ha.ping_targets) {
        for (const std::string& address : target.addresses) {
            const bool known = std::any_of(
                topology.nodes.begin(), topology.nodes.end(), [&](const NodeSpec& node) {
                    return std::any_of(node.interfaces.begin(),
                                       node.interfaces.end(),
                                       [&](const InterfaceSpec& interface) {
                                           return std::any_of(interface.addresses.begin(),
                                                              interface.addresses.end(),
                                                              [&](const std::string& own) {
                                                                  return without_length(own) ==
                                                                         address;
                                                              });
                                       });
                });
            if (!known) {
                m_findings.push_back(
                    {"ping-target-unknown",
                     fmt::format("ping target {} of ha.cf is no address of the topology",
                                 address)});
            }
        }
    }
}

void SystemModel::judge_power() {
    for (const PowerSupply& supply : m_supplies) {
        std::vector<std::string> fed_members;
        std::vector<std::string> others;
        for (const std::string& node : supply.feeds) {
            (has(members(), node) ? fed_members : others).push_back(node);
        }
        if (fed_members.size() > 1) {
            m_findings.push_back(
                {"shared-power",
                 fmt::format("{} feeds {}: one failure takes {}",
                             supply.id,
                             listed(fed_members),
                             fed_members.size() == members().size() ? "every member"
                                                                    : "them together")});
        }
        if (!fed_members.empty() && !others.empty()) {
            m_findings.push_back({"shared-power",
                                  fmt::format("{} feeds {} together with {}",
                                              supply.id,
                                              listed(fed_members),
                                              listed(others))});
        }
        if (!supply.feeds.empty() && supply.backup == Duration::zero()) {
            m_findings.push_back(
                {"no-battery",
                 fmt::format("{} has no battery: when mains fails, {} {} off at once",
                             supply.id,
                             listed(supply.feeds),
                             supply.feeds.size() == 1 ? "is" : "are")});
        }
    }
    if (!m_without_supply.empty()) {
        m_findings.push_back(
            {"no-power-named",
             fmt::format("no supply is named for {}: whether they share one with a member is not "
                         "known here",
                         listed(m_without_supply))});
    }
}

}  // namespace sim::analysis
