// SPDX-License-Identifier: GPL-2.0-or-later
// The start of a life, commands, notices and the view from outside.
#include "ownership_native.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "cluster/check.hpp"

namespace cluster {

namespace {

/// `nc`: FNV-1a over what gives indexes their meaning.
std::uint64_t mark_of(const NodeOptions& options) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    const auto add = [&](std::string_view line) {
        for (const char c : line) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        }
        hash = (hash ^ static_cast<unsigned char>('\n')) * 0x100000001b3U;
    };
    for (const std::string& node : options.files.ha.nodes) {
        add(node);
    }
    for (const ResourceGroupConfig& group : options.files.resources.groups) {
        std::string line = group.node;
        for (const ResourceWord& word : group.resources) {
            line += ' ' + word.text;
        }
        add(line);
    }
    add(std::array{
        "auto",
        "none",
        "ping",
        "first_node"}[static_cast<std::size_t>(options.files.settings.native.tie_break)]);
    return hash;
}

}  // namespace

bool OwnershipNative::from_the_start(const NodeOptions& options) {
    const std::size_t nodes = options.files.ha.nodes.size();
    return !options.quirks.restart_on_heal && nodes <= wire::max_native_nodes &&
           options.files.resources.groups.size() <= wire::max_native_groups &&
           (nodes > 2 || (nodes == 2 && options.files.settings.native.dialect == Dialect::native));
}

OwnershipNative::OwnershipNative(Context& context,
                                 Membership& membership,
                                 ResourceManager& resources)
    : m_context(context), m_membership(membership), m_resources(resources),
      m_order(make_order(
          context.ha(), context.options.files.resources, context.options.files.settings.native)),
      m_self(static_cast<std::size_t>(std::ranges::find(context.ha().nodes, context.options.name) -
                                      context.ha().nodes.begin())),
      m_configuration(mark_of(context.options)),
      m_failback(context.ha().auto_failback != AutoFailback::off),
      m_roles(context, context.options.files.resources.groups.size()),
      m_known(context.ha().nodes.size()), m_groups(context.options.files.resources.groups.size()) {
    m_own.groups.resize(m_groups.size());
    for (Known& known : m_known) {
        known.state.groups.resize(m_groups.size());
    }
    if (m_known.size() <= wire::max_native_nodes) {
        m_own.agreed.members = NodeSet::all(m_known.size());  // view 0
        m_own.alive = m_own.recent = m_own.confirmed =
            m_self < m_known.size() ? NodeSet::only(m_self) : NodeSet{};
    }
}

void OwnershipNative::start() {
    m_born = m_waits_since = m_plan_since = m_sent_at = m_context.now;
    m_membership.set_phase(NodePhase::up);
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        set_hold(g, Hold::unknown);
        m_resources.clear_group(m_context.now, id_of(g), *m_context.out);
    }
    become_ready();
    m_judge_due = true;
}

void OwnershipNative::on_stream(const BridgeStreamChanged& event) {
    m_stream_arrives = event.link_up ? std::optional{event.arriving} : std::nullopt;
    m_judge_due = true;
}

void OwnershipNative::on_command(const AdminCommand& command) {
    const auto in_scope = [&](std::size_t g) {
        return command.scope == ResourceScope::all ||
               (m_order.home[g] == m_self) == (command.scope == ResourceScope::local);
    };
    switch (command.kind) {
    case AdminCommand::Kind::standby: {
        bool possible = true;
        for (std::size_t g = 0; g < m_groups.size(); ++g) {
            possible = possible && (!mine(g) || !in_scope(g) || others_eligible(g));
        }
        const bool refused = !possible || !all_show(m_own.plan);
        m_context.report(StandbyChanged{
            refused ? StandbyProgress::refused : StandbyProgress::requested, command.scope, true});
        if (refused) {
            return;
        }
        if (command.scope == ResourceScope::all) {
            m_own.flags.standby = true;
            m_own.asked.clear();
        } else {
            give_away(in_scope);
        }
        break;
    }
    case AdminCommand::Kind::takeover:
        if (!all_show(m_own.plan)) {
            m_context.report(StandbyChanged{StandbyProgress::refused, command.scope, true});
            return;
        }
        m_own.flags.standby = false;
        m_own.asked.clear();
        for (std::size_t g = 0; g < m_groups.size(); ++g) {
            if (in_scope(g) && !mine(g)) {
                m_own.asked.push_back(
                    {static_cast<std::uint32_t>(g), static_cast<std::uint32_t>(m_self)});
            }
        }
        m_context.report(StandbyChanged{StandbyProgress::requested, command.scope, true});
        break;
    case AdminCommand::Kind::stop:
    case AdminCommand::Kind::release:
        begin_stop();
        break;
    }
    m_judge_due = true;
}

/// Groups of ours go to the first node of their order that may have them.
void OwnershipNative::give_away(const std::function<bool(std::size_t)>& which) {
    m_own.asked.clear();
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        if (!mine(g) || !which(g)) {
            continue;
        }
        for (const std::uint32_t node : m_order.by_group[g]) {
            if (node != m_self && m_own.alive.has(node) && eligible(said(node), g)) {
                m_own.asked.push_back({static_cast<std::uint32_t>(g), node});
                break;
            }
        }
    }
}

std::string OwnershipNative::key_of(std::size_t group) const {
    const auto& words = m_context.options.files.resources.groups[group].resources;
    return words.empty() ? std::string{} : words.front().text;
}

void OwnershipNative::notice(ClusterNotice::Kind kind, const std::string& subject, bool holds) {
    const Notice entry{kind, subject};
    const auto known = std::ranges::find(m_notices, entry);
    if ((known != m_notices.end()) == holds) {
        return;
    }
    if (holds) {
        m_notices.push_back(entry);
    } else {
        m_notices.erase(known);
    }
    m_context.report(ClusterNotice{kind, subject, holds});
}

void OwnershipNative::notice_state() {
    if (m_own.alive == m_own.agreed.members) {  // all hear each other: does the tie-breaker count?
        bool reached = m_own.flags.pings;
        each_known(
            [&](std::size_t, const Known& known) { reached = reached || known.state.flags.pings; });
        m_pings_counted = reached;
    }
    const bool began = m_own.plan || m_context.now - m_waits_since >= m_context.ha().initdead;
    const Quorum quorum = quorum_of(circle(), m_own.agreed.members);
    notice(ClusterNotice::Kind::no_quorum, {}, began && !goes_on(quorum));
    // Alone of two, and nothing says that the other one is not running the same.
    const bool alone = m_known.size() == 2 && m_own.plan && m_own.plan->members.size() == 1;
    const bool unsafe =
        alone && quorum_of(m_own.alive, NodeSet::all(m_known.size())) == Quorum::unsafe;
    notice(ClusterNotice::Kind::split_unsafe, {}, unsafe);
}

void OwnershipNative::fill(NodeStatus& status) const {
    NativeStatus& native = status.native;
    native.dialect = m_dialect;
    native.agreed = all_show(m_own.plan);
    native.quorum = leased();
    if (m_own.plan) {
        native.plan = m_own.plan->id.epoch;
        m_own.plan->members.each([&](std::size_t n) { native.members.push_back(name_of(n)); });
        for (const std::int32_t owner : m_own.plan->owners) {
            native.owners.push_back(
                owner == wire::no_owner ? std::string{} : name_of(static_cast<std::size_t>(owner)));
        }
    }
    status.stable = native.agreed && !unsettled();
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        const Hold hold = m_own.groups[g].hold;
        const bool local = m_order.home[g] == m_self;
        (local ? status.holds_local : status.holds_foreign) |=
            hold == Hold::up || hold == Hold::starting;
        status.groups.push_back({.group = id_of(g),
                                 .key = key_of(g),
                                 .preferred_node = m_context.options.files.resources.groups[g].node,
                                 .role = m_roles.role(id_of(g)),
                                 .resources = m_resources.states(id_of(g))});
    }
}

}  // namespace cluster
