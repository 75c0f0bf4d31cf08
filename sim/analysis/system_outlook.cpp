// SPDX-License-Identifier: GPL-2.0-or-later
// What is left after a failure: who may hold the service, and whom it can serve.
#include "analysis/system_model.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "analysis/system_parts.hpp"

namespace sim::analysis {

std::vector<bool> SystemModel::down(const Failure& failure) const {
    std::vector<bool> down(m_components.size(), false);
    for (const ComponentId c : failure) {
        down[c] = true;
        if (m_components[c].kind != Component::Kind::supply) {
            continue;
        }
        for (const PowerSupply& supply : m_supplies) {
            for (const std::string& node : supply.feeds) {
                if (supply.id == m_components[c].id) {
                    if (const auto fed = node_component(node)) {
                        down[*fed] = true;
                    }
                }
            }
        }
    }
    return down;
}

bool SystemModel::hears(const std::string& a,
                        const std::string& b,
                        const std::vector<bool>& down) const {
    return std::any_of(m_pairs.begin(), m_pairs.end(), [&](const Ways& pair) {
        return pair.kind == Ways::Kind::heartbeat &&
               ((pair.from == a && pair.to == b) || (pair.from == b && pair.to == a)) &&
               pair.open(down);
    });
}

/// On every heartbeat path. A serial line has none to lose.
bool SystemModel::without_carrier(const std::string& member, const std::vector<bool>& down) const {
    for (const cluster::LinkConfig& config : m_scenario.cluster.files.at(member).ha.links) {
        if (config.kind == cluster::LinkKind::serial) {
            return false;
        }
        for (const LinkSpec& link : m_scenario.topology.links) {
            for (int side = 0; side < 2; ++side) {
                if (link.ends[side].node != member || link.ends[side].port != config.device) {
                    continue;
                }
                const auto other = node_component(link.ends[1 - side].node);
                if (!down[*link_component(link.id)] && (!other || !down[*other])) {
                    return false;
                }
            }
        }
    }
    return true;
}

/// Who may hold a group that prefers `owner`. More than one where nobody can tell: then the graph
/// asks only whether any of them could serve.
std::vector<std::string> SystemModel::may_own(const std::string& owner,
                                              const std::vector<bool>& down) const {
    const auto alive = [&](const std::string& member) { return !down[*node_component(member)]; };
    const auto& files = m_scenario.cluster.files.at(members().front());
    const bool watches_carrier = m_scenario.cluster.implementation == Implementation::understudyd &&
                                 files.settings.carrier_policy;
    std::vector<std::string> result;
    const bool owner_alive = has(members(), owner) && alive(owner);
    const bool ipfail =
        files.ha.runs_ipfail() && files.ha.auto_failback != cluster::AutoFailback::legacy;
    bool gives_away = false;
    for (const std::string& member : members()) {
        if (!alive(member) || member == owner) {
            continue;
        }
        const bool hears_owner = owner_alive && hears(member, owner, down);
        if (hears_owner) {
            if (ipfail && pings(member, down) > pings(owner, down)) {
                result.push_back(member);
                gives_away = true;
            }
        } else if (!watches_carrier || !without_carrier(member, down)) {
            result.push_back(member);
        }
    }
    if (owner_alive && !gives_away) {
        result.insert(result.begin(), owner);
    }
    return result;
}

std::string SystemModel::why_not_moved(const std::string& owner,
                                       const std::string& able,
                                       const std::vector<bool>& down) const {
    const auto at = node_component(owner);
    if (at && !down[*at] && hears(able, owner, down)) {
        return fmt::format(
            "{} has a way, but the service stays on {}: its heartbeats still arrive, "
            "and nothing in the files watches what failed",
            able,
            owner);
    }
    return fmt::format("{} has a way, but no carrier on any heartbeat path, and so takes nothing",
                       able);
}

Reach SystemModel::calls(const std::string& direction,
                         const std::vector<std::string>& owners,
                         const std::vector<bool>& down) const {
    Reach reach;
    reach.direction = direction;
    const bool with_trunk = direction != "station-to-station";
    std::vector<std::string> cut_off;        // callers that reach no member at all
    std::vector<std::string> cut_from_best;  // banks that do not reach `by`
    std::string able;                        // a member with ways, entitled or not
    int able_to = 0;
    for (std::size_t c = 0; c < m_callers.size(); ++c) {
        reach.of += m_callers[c].stations;
        if (std::none_of(m_call_ways.begin(), m_call_ways.end(), [&](const MemberWays& mine) {
                return mine.from[c].open(down);
            })) {
            cut_off.push_back(m_callers[c].node);
        }
    }
    for (const MemberWays& mine : m_call_ways) {
        int stations = 0;
        bool trunk = !with_trunk;
        std::vector<std::string> missing;
        for (std::size_t c = 0; c < m_callers.size(); ++c) {
            const bool open = mine.from[c].open(down);
            trunk = trunk || (m_callers[c].stations == 0 && open);
            stations += open ? m_callers[c].stations : 0;
            if (!open && m_callers[c].stations > 0) {
                missing.push_back(m_callers[c].node);
            }
        }
        const int served = trunk ? stations : 0;
        if (served > able_to) {
            able_to = served;
            able = mine.member;
        }
        if (has(owners, mine.member) && served > reach.served) {
            reach.served = served;
            reach.by = mine.member;
            cut_from_best = missing;
        }
    }
    reach.needs_move = !reach.by.empty() && reach.by != m_calls->owner;
    if (reach.all()) {
        return reach;
    }
    if (able_to > reach.served) {
        reach.cause = Reach::Cause::not_moved;
        reach.why = why_not_moved(m_calls->owner, able, down);
        return reach;
    }
    reach.cause = Reach::Cause::cabling;
    if (std::all_of(members().begin(), members().end(), [&](const std::string& member) {
            return down[*node_component(member)];
        })) {
        reach.why = "no member has power";
    } else if (reach.served > 0) {
        reach.why = fmt::format("{} cut off", listed(cut_from_best));
    } else if (cut_off.size() == m_callers.size()) {
        reach.why = "no caller has a way to any member";
    } else {
        reach.why = fmt::format("{} cut off", listed(cut_off));
    }
    return reach;
}

Reach SystemModel::clients(std::size_t address,
                           const std::vector<std::string>& owners,
                           const std::vector<bool>& down) const {
    const AddressWays& all = m_address_ways[address];
    Reach reach;
    reach.direction = "address " + m_addresses[address].name;
    reach.kind = Ways::Kind::address;
    reach.of = static_cast<int>(all.clients.size());
    int able_to = 0;
    std::string able;
    for (const MemberWays& mine : all.members) {
        const int served = static_cast<int>(std::count_if(
            mine.from.begin(), mine.from.end(), [&](const Ways& way) { return way.open(down); }));
        if (served > able_to) {
            able_to = served;
            able = mine.member;
        }
        if (has(owners, mine.member) && served > reach.served) {
            reach.served = served;
            reach.by = mine.member;
        }
    }
    reach.needs_move = !reach.by.empty() && reach.by != m_addresses[address].owner;
    if (reach.all()) {
        return reach;
    }
    if (able_to > reach.served) {
        reach.cause = Reach::Cause::not_moved;
        reach.why = why_not_moved(m_addresses[address].owner, able, down);
    } else {
        reach.cause = Reach::Cause::cabling;
        reach.why = reach.none()
                        ? "no client has a way"
                        : fmt::format("only {} of {} clients have a way", reach.served, reach.of);
    }
    return reach;
}

Outlook SystemModel::outlook(const Failure& failure) const {
    const std::vector<bool> gone = down(failure);
    Outlook outlook;
    if (m_calls) {
        outlook.may_own = may_own(m_calls->owner, gone);
        const ProbeSettings& probes = m_scenario.probes;
        for (const auto& [wanted, direction] :
             {std::pair{probes.outward, "outward"},
              std::pair{probes.inward, "inward"},
              std::pair{probes.station_to_station, "station-to-station"}}) {
            if (wanted) {
                outlook.directions.push_back(calls(direction, outlook.may_own, gone));
            }
        }
    }
    for (std::size_t a = 0; a < m_addresses.size(); ++a) {
        const auto owners = may_own(m_addresses[a].owner, gone);
        if (!m_calls && a == 0) {
            outlook.may_own = owners;
        }
        if (!m_address_ways[a].clients.empty()) {
            outlook.directions.push_back(clients(a, owners, gone));
        }
    }
    for (std::size_t i = 0; i < members().size(); ++i) {
        for (std::size_t j = i + 1; j < members().size(); ++j) {
            const bool both_alive =
                !gone[*node_component(members()[i])] && !gone[*node_component(members()[j])];
            if (both_alive && !hears(members()[i], members()[j], gone)) {
                outlook.members_hear_each_other = false;
            }
        }
    }
    return outlook;
}

bool SystemModel::includes(ComponentId whole, ComponentId part) const {
    if (whole == part) {
        return true;
    }
    const Component& a = m_components[whole];
    const Component& b = m_components[part];
    if (a.kind == Component::Kind::supply && b.kind != Component::Kind::supply) {
        for (const PowerSupply& supply : m_supplies) {
            if (supply.id == a.id) {
                return std::any_of(
                    supply.feeds.begin(), supply.feeds.end(), [&](const std::string& node) {
                        const auto fed = node_component(node);
                        return fed && includes(*fed, part);
                    });
            }
        }
    }
    if (a.kind == Component::Kind::node && b.kind == Component::Kind::link) {
        const LinkSpec* link = m_scenario.topology.link(b.id);
        return link->ends[0].node == a.id || link->ends[1].node == a.id;
    }
    return false;
}

std::string SystemModel::describe(ComponentId c) const {
    const Component& component = m_components[c];
    switch (component.kind) {
    case Component::Kind::node:
        return component.id + " off";
    case Component::Kind::link:
        return component.id + " cut";
    case Component::Kind::supply:
        return component.id + " fails";
    }
    return component.id;
}

std::string SystemModel::describe(const Failure& failure) const {
    std::string text;
    for (const ComponentId c : failure) {
        text += (text.empty() ? "" : " + ") + describe(c);
    }
    return text;
}

}  // namespace sim::analysis
