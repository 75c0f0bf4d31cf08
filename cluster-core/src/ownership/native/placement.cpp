// SPDX-License-Identifier: GPL-2.0-or-later
#include "placement.hpp"

#include <algorithm>

namespace cluster {

using wire::Hold;
using wire::NativeState;

namespace {

std::optional<std::uint32_t> index_of(const std::vector<std::string>& nodes,
                                      const std::string& name) {
    const auto at = std::ranges::find(nodes, name);
    return at == nodes.end() ? std::nullopt
                             : std::optional{static_cast<std::uint32_t>(at - nodes.begin())};
}

void append_new(std::vector<std::uint32_t>& order, std::uint32_t node) {
    if (std::ranges::find(order, node) == order.end()) {
        order.push_back(node);
    }
}

/// The choice for all groups, one after the other: each adds to the load of its owner.
class Chooser {
  public:
    explicit Chooser(const PlacementInput& input)
        : m_in(input), m_load(input.states.size(), 0), m_all_failed(every_member_failed()) {}

    [[nodiscard]] Placement run() {
        Placement out;
        const std::size_t groups = m_in.order->by_group.size();
        // Who holds a group has the room for it before anybody else is given one, and homes before
        // the others, so that those see the load that there will be.
        for (std::size_t g = 0; g < groups; ++g) {
            out.owners.push_back(taken(keeper(g)));
            out.why.push_back(Unplaced::placed);
        }
        for (const bool at_home : {true, false}) {
            for (std::size_t g = 0; g < groups; ++g) {
                if (out.owners[g] == wire::no_owner && !m_in.owned_outside[g]) {
                    out.owners[g] = taken(at_home ? planned_or_home(g, false) : choose(g));
                }
            }
        }
        for (std::size_t g = 0; g < groups; ++g) {
            if (out.owners[g] == wire::no_owner) {
                out.why[g] = m_in.owned_outside[g] ? Unplaced::owned_outside
                             : anybody_fit(g)      ? Unplaced::spares_exhausted
                                                   : Unplaced::no_eligible_node;
            }
        }
        return out;
    }

  private:
    /// P1 without capacity. If every node's health is failed, health decides nothing (P4).
    [[nodiscard]] bool fit(std::size_t node, std::size_t g) const {
        if (!m_in.members.has(node)) {
            return false;
        }
        const NativeState& state = *m_in.states[node];
        if (!m_all_failed || state.health != wire::HealthState::failed) {
            return eligible(state, g);
        }
        NativeState sick = state;
        sick.health = wire::HealthState::ok;
        return state.groups[g].hold != Hold::none && eligible(sick, g);  // holders stay
    }
    [[nodiscard]] bool room(std::size_t node) const {
        return m_in.capacity == 0 || m_load[node] < m_in.capacity;
    }
    [[nodiscard]] bool anybody_fit(std::size_t g) const {
        bool any = false;
        m_in.members.each([&](std::size_t n) { any = any || fit(n, g); });
        return any;
    }
    [[nodiscard]] bool every_member_failed() const {
        bool all = true;
        m_in.members.each([&](std::size_t n) {
            all = all && m_in.states[n]->health == wire::HealthState::failed;
        });
        return all;
    }

    /// The fit member of highest rank for which `wanted(hold)`.
    template <class Wanted>
    [[nodiscard]] std::int32_t best_holder(std::size_t g, Wanted&& wanted) const {
        std::optional<Holder> best;
        m_in.members.each([&](std::size_t n) {
            if (!fit(n, g) || !wanted(m_in.states[n]->groups[g].hold)) {
                return;
            }
            const Holder holder{static_cast<std::uint32_t>(n), m_in.states[n]->groups[g].epoch};
            if (!best || outranks(*m_in.order, m_in.failback, g, holder, *best)) {
                best = holder;
            }
        });
        return best ? static_cast<std::int32_t>(best->node) : wire::no_owner;
    }

    /// Whom the operator asked for, or who has the group, unless its home may take it back.
    [[nodiscard]] std::int32_t keeper(std::size_t g) const {
        const std::int32_t wanted = asked(g);
        if (wanted != wire::no_owner) {
            return wanted;
        }
        const std::int32_t up =
            best_holder(g, [](Hold hold) { return hold == Hold::up || hold == Hold::starting; });
        const std::uint32_t home = m_in.order->home[g];
        if (up != wire::no_owner && m_in.failback && m_in.may_preempt[g] && fit(home, g) &&
            m_in.states[home]->health == wire::HealthState::ok &&
            (room(home) || up == static_cast<std::int32_t>(home))) {
            return static_cast<std::int32_t>(home);
        }
        return up != wire::no_owner
                   ? up
                   : best_holder(g, [](Hold hold) { return hold == Hold::suspended; });
    }

    /// P6. Of several askers the one with the lowest index.
    [[nodiscard]] std::int32_t asked(std::size_t g) const {
        std::int32_t wanted = wire::no_owner;
        m_in.members.each([&](std::size_t n) {
            for (const wire::Asked& entry : m_in.states[n]->asked) {
                if (wanted == wire::no_owner && entry.group == g && fit(entry.node, g)) {
                    wanted = static_cast<std::int32_t>(entry.node);
                }
            }
        });
        return wanted;
    }

    std::int32_t taken(std::int32_t node) {
        if (node != wire::no_owner) {
            ++m_load[static_cast<std::size_t>(node)];
        }
        return node;
    }
    [[nodiscard]] bool free(std::int64_t node, std::size_t g) const {
        return node >= 0 && fit(static_cast<std::size_t>(node), g) &&
               room(static_cast<std::size_t>(node));
    }
    [[nodiscard]] bool healthy(std::int64_t node) const {
        return m_in.states[static_cast<std::size_t>(node)]->health == wire::HealthState::ok;
    }

    [[nodiscard]] std::int32_t planned_or_home(std::size_t g, bool any_health) const {
        const std::int32_t planned =
            m_in.present != nullptr ? m_in.present->owners[g] : wire::no_owner;
        for (const std::int32_t node : {planned, static_cast<std::int32_t>(m_in.order->home[g])}) {
            if (free(node, g) && (any_health || healthy(node))) {
                return node;
            }
        }
        return wire::no_owner;
    }

    [[nodiscard]] std::int32_t choose(std::size_t g) const {
        for (const bool any_health : {false, true}) {
            std::int32_t best = planned_or_home(g, any_health);
            if (best != wire::no_owner) {
                return best;
            }
            for (const std::uint32_t node : m_in.order->by_group[g]) {
                const bool candidate = free(node, g) && (any_health || healthy(node));
                if (candidate && (best == wire::no_owner || better(node, best))) {
                    best = static_cast<std::int32_t>(node);
                }
            }
            if (best != wire::no_owner) {
                return best;
            }
        }
        return wire::no_owner;
    }

    /// Fewest groups, spares first; equal ones stay in the order.
    [[nodiscard]] bool better(std::uint32_t node, std::int32_t than) const {
        const auto other = static_cast<std::size_t>(than);
        if (m_load[node] != m_load[other]) {
            return m_load[node] < m_load[other];
        }
        return m_in.order->spare[node] && !m_in.order->spare[other];
    }

    const PlacementInput& m_in;
    std::vector<std::uint32_t> m_load;
    bool m_all_failed;
};

}  // namespace

PlacementOrder
make_order(const HaConfig& ha, const HaResources& resources, const NativeSettings& settings) {
    PlacementOrder order;
    order.spare.assign(ha.nodes.size(), true);
    for (const ResourceGroupConfig& group : resources.groups) {
        order.home.push_back(index_of(ha.nodes, group.node).value_or(0));
        order.spare[order.home.back()] = false;
    }
    for (std::size_t g = 0; g < resources.groups.size(); ++g) {
        std::vector<std::uint32_t>& list = order.by_group.emplace_back();
        list.push_back(order.home[g]);
        const std::string key = resources.groups[g].resources.empty()
                                    ? std::string{}
                                    : resources.groups[g].resources.front().text;
        const auto own = settings.group_order.find(key);
        for (const std::string& name :
             own != settings.group_order.end() ? own->second : settings.order) {
            if (const auto node = index_of(ha.nodes, name)) {
                append_new(list, *node);
            }
        }
        for (const bool spare : {true, false}) {
            for (std::uint32_t n = 0; n < ha.nodes.size(); ++n) {
                if (order.spare[n] == spare) {
                    append_new(list, n);
                }
            }
        }
    }
    return order;
}

bool outranks(const PlacementOrder& order, bool failback, std::size_t group, Holder a, Holder b) {
    const std::uint32_t home = order.home[group];
    if (failback && a.node != b.node && (a.node == home || b.node == home)) {
        return a.node == home;
    }
    return a.epoch != b.epoch ? a.epoch > b.epoch : a.node < b.node;
}

bool eligible(const NativeState& state, std::size_t group) {
    return state.flags.ready && !state.flags.standby && !state.flags.leaving &&
           !state.flags.no_carrier && state.health != wire::HealthState::failed &&
           state.groups[group].failure == wire::FailureReason::none;
}

Placement place(const PlacementInput& input) {
    return Chooser{input}.run();
}

}  // namespace cluster
