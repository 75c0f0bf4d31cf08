// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/invariants.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sim {

using cluster::ResourceState;

namespace {

constexpr std::string_view dual_vip = "no-dual-vip-owner";
constexpr std::string_view dual_span = "no-dual-span-owner";
constexpr std::string_view start_order = "start-order";
constexpr std::string_view stop_order = "stop-order-reversed";
constexpr std::string_view started_twice = "no-resource-started-twice";
constexpr std::string_view single_group = "single-active-resource-group";
constexpr std::string_view recovered = "recovered-at-end";

/// May be serving somebody.
bool is_up(ResourceState state) {
    return state == ResourceState::starting || state == ResourceState::running ||
           state == ResourceState::stopping;
}

}  // namespace

Invariants::Invariants(std::vector<std::string> nodes,
                       std::vector<Group> groups,
                       std::vector<DisabledInvariant> disabled)
    : m_nodes(std::move(nodes)), m_groups(std::move(groups)), m_disabled(std::move(disabled)),
      m_scheduled(m_nodes.size(), true), m_waking_until(m_nodes.size(), 0) {
    for (const std::string_view name : known_invariants()) {
        m_states[std::string{name}];
    }
    m_resources.resize(m_nodes.size());
    for (auto& node : m_resources) {
        for (const Group& group : m_groups) {
            node.emplace_back(group.words.size(), ResourceState::stopped);
        }
    }
}

ResourceState& Invariants::state(std::size_t node, cluster::ResourceId resource) {
    return m_resources.at(node).at(static_cast<std::size_t>(resource.group)).at(resource.position);
}

void Invariants::judge(std::int64_t t,
                       std::string_view invariant,
                       bool violated,
                       const std::string& reason) {
    State& state = m_states.find(invariant)->second;
    state.evaluated = true;
    if (violated && !state.violated) {
        state.since = t;
        if (!state.first) {
            state.first = t;
            state.reason = reason;
        }
    } else if (!violated && state.violated) {
        state.total += Duration{t - state.since};
    }
    state.violated = violated;
}

void Invariants::moment(std::int64_t t, std::string_view invariant, const std::string& reason) {
    State& state = m_states.find(invariant)->second;
    if (!state.first) {
        state.first = t;
        state.reason = reason;
    }
}

void Invariants::judge_holders(std::int64_t t,
                               std::string_view invariant,
                               const Holders& holders,
                               std::string_view what) {
    std::string reason;
    for (const auto& [thing, nodes] : holders) {
        std::string names;
        int count = 0;
        for (const std::size_t node : nodes) {
            if (counts(node)) {
                names += (count++ == 0 ? "" : " and ") + m_nodes[node];
            }
        }
        if (count > 1 && reason.empty()) {
            reason = fmt::format("{} {} {} {}", names, count == 2 ? "both" : "all", what, thing);
        }
    }
    judge(t, invariant, !reason.empty(), reason);
}

/// Clients find the group on that node: by its address, or, without one, by whatever runs.
bool Invariants::can_be_met(std::size_t node, const Group& group) const {
    return group.addresses.empty() ||
           std::ranges::any_of(group.addresses, [&](const std::string& address) {
               const auto holders = m_addresses.find(address);
               return holders != m_addresses.end() && holders->second.contains(node);
           });
}

void Invariants::catch_up(std::int64_t t) {
    for (std::int64_t& until : m_waking_until) {
        if (until != 0 && until <= t) {
            judge_all(std::exchange(until, 0));
        }
    }
}

void Invariants::judge_all(std::int64_t t) {
    judge_holders(t, dual_vip, m_addresses, "hold");
    judge_holders(t, dual_span, m_spans, "are span master of");
    std::string reason;
    for (std::size_t group = 0; group < m_groups.size(); ++group) {
        std::vector<std::string> owners;
        for (std::size_t node = 0; node < m_nodes.size(); ++node) {
            if (counts(node) && std::ranges::any_of(m_resources[node][group], is_up) &&
                can_be_met(node, m_groups[group])) {
                owners.push_back(m_nodes[node]);
            }
        }
        if (owners.size() > 1 && reason.empty()) {
            reason =
                fmt::format("group {} is up on {} and {}",
                            m_groups[group].words.empty() ? "?" : m_groups[group].words.front(),
                            owners[0],
                            owners[1]);
        }
    }
    judge(t, single_group, !reason.empty(), reason);

    const bool dual =
        m_states.find(dual_vip)->second.violated || m_states.find(dual_span)->second.violated;
    if (dual && !m_dual_since) {
        m_dual_since = t;
    } else if (!dual && m_dual_since) {
        m_dual_spans.emplace_back(*m_dual_since, t);
        m_dual_since.reset();
    }
}

void Invariants::node_lost(std::int64_t t, std::size_t node) {
    catch_up(t);
    m_waking_until.at(node) = 0;
    for (auto& group : m_resources.at(node)) {
        std::ranges::fill(group, ResourceState::stopped);
    }
    for (auto& [address, holders] : m_addresses) {
        holders.erase(node);
    }
    for (auto& [span, masters] : m_spans) {
        masters.erase(node);
    }
    m_scheduled[node] = true;  // whatever comes back is scheduled
    judge_all(t);
}

void Invariants::node_scheduled(std::int64_t t, std::size_t node, bool scheduled) {
    catch_up(t);
    m_waking_until.at(node) = scheduled && !m_scheduled[node] ? t + wake_up_ns : 0;
    m_scheduled.at(node) = scheduled;
    judge_all(t);
}

void Invariants::daemon_started(std::int64_t t, std::size_t node) {
    catch_up(t);
    for (auto& group : m_resources.at(node)) {
        std::ranges::fill(group, ResourceState::stopped);
    }
    judge_all(t);
}

void Invariants::resource(std::int64_t t,
                          std::size_t node,
                          cluster::ResourceId id,
                          ResourceState to) {
    catch_up(t);
    const ResourceState before = state(node, id);
    const auto& group = m_resources[node][static_cast<std::size_t>(id.group)];
    const auto& words = m_groups[static_cast<std::size_t>(id.group)].words;
    if (to == ResourceState::starting) {
        m_states.find(start_order)->second.evaluated = true;
        m_states.find(started_twice)->second.evaluated = true;
        if (before == ResourceState::running || before == ResourceState::starting) {
            moment(t,
                   started_twice,
                   fmt::format("{} was started on {} while it was up there",
                               words[id.position],
                               m_nodes[node]));
        }
        for (std::size_t left = 0; left < id.position; ++left) {
            if (group[left] != ResourceState::running) {
                moment(t,
                       start_order,
                       fmt::format("{} was started on {} before {} ran",
                                   words[id.position],
                                   m_nodes[node],
                                   words[left]));
            }
        }
    }
    if (to == ResourceState::stopping) {
        m_states.find(stop_order)->second.evaluated = true;
        for (std::size_t right = id.position + 1U; right < group.size(); ++right) {
            if (is_up(group[right])) {
                moment(t,
                       stop_order,
                       fmt::format("{} was stopped on {} while {} was up",
                                   words[id.position],
                                   m_nodes[node],
                                   words[right]));
            }
        }
    }
    state(node, id) = to;
    judge_all(t);
}

void Invariants::address(std::int64_t t, std::size_t node, const std::string& address, bool held) {
    catch_up(t);
    auto& holders = m_addresses[address];
    if (held ? holders.insert(node).second : holders.erase(node) != 0) {
        judge_all(t);
    }
}

void Invariants::span_master(std::int64_t t,
                             const std::string& bridge,
                             std::size_t node,
                             bool master) {
    catch_up(t);
    auto& masters = m_spans[bridge];
    if (master ? masters.insert(node).second : masters.erase(node) != 0) {
        judge_all(t);
    }
}

void Invariants::end_of_run(std::int64_t t, const std::string& trouble) {
    catch_up(t);
    std::string reason = trouble;
    for (std::size_t group = 0; group < m_groups.size(); ++group) {
        std::size_t complete = 0;
        for (std::size_t node = 0; node < m_nodes.size(); ++node) {
            const auto& members = m_resources[node][group];
            complete += counts(node) && std::ranges::all_of(members,
                                                            [](ResourceState s) {
                                                                return s == ResourceState::running;
                                                            })
                            ? 1U
                            : 0U;
        }
        if (complete != 1 && reason.empty()) {
            reason =
                fmt::format("group {} runs completely on {} nodes",
                            m_groups[group].words.empty() ? "?" : m_groups[group].words.front(),
                            complete);
        }
    }
    State& end = m_states.find(recovered)->second;
    end.evaluated = true;
    if (!reason.empty()) {
        moment(t, recovered, reason);
    }
    // A run in which nothing was ever stopped has kept the order of stopping.
    for (const std::string_view name : {start_order, stop_order, started_twice}) {
        m_states.find(name)->second.evaluated = true;
    }
    judge_all(t);
    for (auto& [name, state] : m_states) {
        if (state.violated) {
            state.total += Duration{t - state.since};
            state.since = t;
        }
    }
    if (m_dual_since) {
        m_dual_spans.emplace_back(*m_dual_since, t);
        m_dual_since.reset();
    }
}

std::vector<InvariantResult> Invariants::results() const {
    std::vector<InvariantResult> results;
    for (const std::string_view name : known_invariants()) {
        const State& state = m_states.find(name)->second;
        InvariantResult result{.name = std::string{name},
                               .evaluated = state.evaluated,
                               .disabled = false,
                               .reason = state.reason,
                               .violated_for = state.total,
                               .first_at = {}};
        if (state.first) {
            result.first_at = Duration{*state.first};
        }
        for (const DisabledInvariant& off : m_disabled) {
            if (off.name == name) {
                result.disabled = true;
                result.reason = off.reason;
            }
        }
        results.push_back(std::move(result));
    }
    return results;
}

}  // namespace sim
