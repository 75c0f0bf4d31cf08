// SPDX-License-Identifier: GPL-2.0-or-later
// Plans: who proposes one, who accepts it, and when it is agreed (5.3, N9 to N12).
#include <algorithm>
#include <utility>

#include "ownership_native.hpp"

namespace cluster {

using wire::Plan;
using wire::PlanId;
using wire::View;

/// Who left cleanly has let go of everything, so its vote counts for those that go on.
wire::NodeSet OwnershipNative::said_goodbye() const {
    NodeSet gone;
    each_known([&](std::size_t n, const Known& known) {
        if (known.goodbye) {
            gone.insert(n);
        }
    });
    return gone;
}

Quorum OwnershipNative::quorum_of(const NodeSet& acting, const NodeSet& members) const {
    TieBreakers ties;
    ties.rule = m_context.options.files.settings.native.tie_break;
    ties.pings = !m_context.ha().ping_targets.empty();
    ties.pings_counted = m_pings_counted;
    if (m_own.flags.pings) {
        ties.reach_ping.insert(m_self);
    }
    each_known([&](std::size_t n, const Known& known) {
        if (known.state.flags.pings) {
            ties.reach_ping.insert(n);
        }
    });
    return quorum(acting | said_goodbye(), members, ties);
}

// N11
bool OwnershipNative::acceptable(const Plan& plan) const {
    if (!plan.members.has(m_self) || (m_own.plan && plan.id <= m_own.plan->id)) {
        return false;
    }
    const auto refuses = [&](const View& view) {
        return view.id > plan.base && !goes_on(quorum_of(plan.members, view.members));
    };
    const bool noted =
        m_own.attempted.size() < wire::max_attempted_views ||
        std::ranges::find(m_own.attempted, plan.members, &View::members) != m_own.attempted.end();
    return noted && !refuses(m_own.agreed) && std::ranges::none_of(m_own.attempted, refuses);
}

void OwnershipNative::accept() {
    each_known([&](std::size_t, const Known& known) {
        if (known.state.plan && acceptable(*known.state.plan)) {
            take_plan(*known.state.plan);
        }
    });
}

void OwnershipNative::take_plan(Plan plan) {
    m_own.plan = std::move(plan);
    m_plan_since = m_context.now;
    note_attempt(m_own.plan->view());
}

/// One entry per member set, with the greatest id.
void OwnershipNative::note_attempt(const View& view) {
    const auto known = std::ranges::find(m_own.attempted, view.members, &View::members);
    if (known != m_own.attempted.end()) {
        known->id = std::max(known->id, view.id);
    } else {
        m_own.attempted.push_back(view);
    }
}

bool OwnershipNative::all_show(const std::optional<Plan>& plan) const {
    bool all = plan.has_value();
    if (all) {
        plan->members.each([&](std::size_t n) {
            const auto& shown = said(n).plan;
            all = all && (n == m_self || m_known[n].valid) && shown && shown->id == plan->id;
        });
    }
    return all;
}

// N12
void OwnershipNative::agree() {
    if (all_show(m_own.plan) && m_own.plan->id > m_own.agreed.id) {
        m_own.agreed = m_own.plan->view();
    }
    each_known([&](std::size_t, const Known& known) {
        const View& theirs = known.state.agreed;
        if (theirs.id > m_own.agreed.id && theirs.members.has(m_self)) {
            m_own.agreed = theirs;
        }
    });
    std::erase_if(m_own.attempted, [&](const View& view) { return view.id <= m_own.agreed.id; });
    const bool fresh =
        m_own.plan && m_own.agreed.id == m_own.plan->id && m_reported_plan != m_own.plan->id;
    if (fresh) {
        m_reported_plan = m_own.plan->id;
        ViewAgreed report{m_own.plan->id.epoch, {}};
        m_own.plan->members.each([&](std::size_t n) { report.members.push_back(name_of(n)); });
        m_context.report(std::move(report));
        std::erase_if(m_own.asked, [&](const wire::Asked& asked) {
            return m_own.plan->owners[asked.group] == static_cast<std::int32_t>(asked.node);
        });
    }
}

/// This node and those that hear it and are heard by it.
wire::NodeSet OwnershipNative::circle() const {
    NodeSet set = NodeSet::only(m_self);
    each_known([&](std::size_t n, const Known& known) {
        if (m_own.alive.has(n) && known.state.alive.has(m_self)) {
            set.insert(n);
        }
    });
    return set;
}

/// Its beats over some time lack us; one old beat from before it heard us proves nothing.
bool OwnershipNative::proved_deaf(const Known& known) const {
    return known.deaf_since && known.at - *known.deaf_since >= deaf_time();
}

/// Old news of a node that one of `set` hears itself: a relay must bring newer ones.
bool OwnershipNative::outdated(std::size_t node, const NodeSet& set) const {
    bool heard = false;
    set.each([&](std::size_t n) { heard = heard || said(n).recent.has(node); });
    return heard && m_context.now - m_known[node].at > keepalive() * 3 / 2;
}

/// N9.2 and N9.3: somebody is not known well enough yet to leave him out or take him in.
bool OwnershipNative::hindered(const NodeSet& set) const {
    bool hindered = false;
    NodeSet alive;
    set.each([&](std::size_t n) {
        alive = alive | said(n).alive;
        hindered = hindered || !set.within(said(n).alive);
    });
    for (std::size_t n = 0; n < m_known.size() && !hindered; ++n) {
        const Known& known = m_known[n];
        if (n == m_self) {
            continue;
        }
        hindered =
            !known.current ||
            (alive.has(n) && !set.has(n) && !known.goodbye &&
             (!proved_deaf(known) || outdated(n, set) || !(known.state.alive & set).empty()));
    }
    return hindered;
}

/// N9.4: the greatest last agreed view of the set, if the set may go on from it.
std::optional<View> OwnershipNative::base_of(const NodeSet& set) const {
    View base = m_own.agreed;
    set.each([&](std::size_t n) { base = said(n).agreed.id > base.id ? said(n).agreed : base; });
    bool allowed = goes_on(quorum_of(set, base.members));
    const auto look = [&](std::size_t n) {
        for (const View& view : said(n).attempted) {
            allowed = allowed && (view.id <= base.id || goes_on(quorum_of(set, view.members)));
        }
    };
    set.each(look);
    said_goodbye().each(look);  // N22: what it attempted counts as if it were here
    return allowed ? std::optional{base} : std::nullopt;
}

std::uint64_t OwnershipNative::greatest_epoch(const NodeSet& set) const {
    std::uint64_t epoch = 0;
    set.each([&](std::size_t n) {
        const wire::NativeState& state = said(n);
        epoch = std::max({epoch, state.plan ? state.plan->id.epoch : 0, state.agreed.id.epoch});
        for (const View& view : state.attempted) {
            epoch = std::max(epoch, view.id.epoch);
        }
    });
    return epoch;
}

/// By a node alive that is no member; if that cannot be told, yes.
bool OwnershipNative::owned_outside(std::size_t group, const NodeSet& members) const {
    bool owned = false;
    each_known([&](std::size_t n, const Known& known) {
        owned = owned || (!members.has(n) && m_own.alive.has(n) &&
                          (outdated(n, members) || wire::owns(known.state.groups[group].hold)));
    });
    return owned;
}

Placement OwnershipNative::place_groups(const NodeSet& members) {
    const NativeSettings& settings = m_context.options.files.settings.native;
    PlacementInput input;
    input.order = &m_order;
    input.failback = m_failback;
    input.capacity = static_cast<std::uint32_t>(settings.capacity);
    input.members = members;
    for (std::size_t n = 0; n < m_known.size(); ++n) {
        input.states.push_back(&said(n));
    }
    input.present = m_own.plan ? &*m_own.plan : nullptr;
    const bool settled = all_show(m_own.plan) && m_own.plan->members == members;
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        input.owned_outside.push_back(owned_outside(g, members));
        const auto& since = m_groups[g].home_fit;
        input.may_preempt.push_back(settled && since &&
                                    m_context.now - *since >= settings.preempt_delay);
    }
    return place(input);
}

// N9, N10
void OwnershipNative::propose() {
    const Instant now = m_context.now;
    const NodeSet set = circle();
    const bool too_soon = m_proposed_at && now - *m_proposed_at < std::max(repeat(), Duration{1});
    if (set.first() != m_self || too_soon || m_own.flags.no_carrier || hindered(set)) {
        return;
    }
    const auto base = base_of(set);
    if (!base) {
        return;
    }
    const bool first = base->id.epoch == 0;
    const bool complete = (set | said_goodbye()) == NodeSet::all(m_known.size());
    if (first && !complete && now - m_waits_since < m_context.ha().initdead) {
        return;
    }
    bool needed = !m_own.plan || m_own.plan->members != set ||
                  (!all_show(m_own.plan) && now - m_plan_since >= 2 * repeat());
    set.each([&](std::size_t n) {
        needed = needed || (said(n).plan && said(n).plan->id > m_own.plan->id);
    });
    Placement placement = place_groups(set);
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        notice(ClusterNotice::Kind::spares_exhausted,
               key_of(g),
               placement.why[g] == Unplaced::spares_exhausted);
        notice(ClusterNotice::Kind::no_eligible_node,
               key_of(g),
               placement.why[g] == Unplaced::no_eligible_node);
    }
    if (!needed && placement.owners == m_own.plan->owners) {
        return;
    }
    Plan plan{{greatest_epoch(set) + 1, m_self, m_membership.sender().generation()},
              base->id,
              set,
              std::move(placement.owners)};
    if (acceptable(plan)) {
        take_plan(std::move(plan));
        m_proposed_at = now;
    }
}

}  // namespace cluster
