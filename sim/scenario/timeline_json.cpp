// SPDX-License-Identifier: GPL-2.0-or-later
// Block "timeline": faults and checks at absolute times.
#include <algorithm>
#include <cstdlib>

#include "reader.hpp"

namespace sim {

namespace {

enum class FaultVerb : std::uint8_t {
    power_off,
    power_on,
    link_down,
    link_up,
    node_freeze,
    node_thaw,
    process_kill,
    bridge_lose_reply,
    operator_standby,
    operator_takeover,
    operator_stop,
};

constexpr std::array<std::pair<std::string_view, FaultVerb>, 11> fault_verbs{
    {{"power.off", FaultVerb::power_off},
     {"power.on", FaultVerb::power_on},
     {"link.down", FaultVerb::link_down},
     {"link.up", FaultVerb::link_up},
     {"node.freeze", FaultVerb::node_freeze},
     {"node.thaw", FaultVerb::node_thaw},
     {"process.kill", FaultVerb::process_kill},
     {"bridge.lose_reply", FaultVerb::bridge_lose_reply},
     {"operator.standby", FaultVerb::operator_standby},
     {"operator.takeover", FaultVerb::operator_takeover},
     {"operator.stop", FaultVerb::operator_stop}}};

constexpr std::array<std::pair<std::string_view, Target::Role>, 3> roles{
    {{"active-node", Target::Role::active_node},
     {"vip-owner", Target::Role::vip_owner},
     {"standby", Target::Role::standby}}};

constexpr std::array<std::pair<std::string_view, cluster::ResourceScope>, 3> scopes{
    {{"all", cluster::ResourceScope::all},
     {"local", cluster::ResourceScope::local},
     {"foreign", cluster::ResourceScope::foreign}}};

std::vector<std::string_view> members_of(const Scenario& scenario) {
    return {scenario.cluster.members.begin(), scenario.cluster.members.end()};
}

/// `known` ids, and for members the roles too.
Target read_target(ObjectCursor& object, std::vector<std::string_view> known, bool with_roles) {
    Target target;
    const auto cursor = object.need(
        "target",
        "\"target\": " +
            (known.empty() ? "an id" : quoted_list({known.front()}) + " or another id"));
    if (!cursor) {
        return target;
    }
    if (with_roles) {
        for (const auto& [word, role] : roles) {
            if (cursor->json() == word) {
                target.role = role;
                return target;
            }
            known.push_back(word);
        }
    }
    target.id = read_reference(*cursor, known).value_or("");
    return target;
}

Target
node_target(ObjectCursor& object, const Scenario& scenario, std::initializer_list<NodeKind> kinds) {
    return read_target(object, ids_of(scenario.topology, kinds), true);
}

Target link_target(ObjectCursor& object, const Scenario& scenario) {
    std::vector<std::string_view> known;
    for (const LinkSpec& link : scenario.topology.links) {
        known.emplace_back(link.id);
    }
    return read_target(object, std::move(known), false);
}

ProcessKill read_process_kill(ObjectCursor& object, const Scenario& scenario) {
    ProcessKill kill{node_target(object, scenario, {NodeKind::server}), {}, {}};
    std::vector<std::string_view> known{"heartbeat"};
    for (const auto& [word, model] : scenario.cluster.resources) {
        known.emplace_back(word);
    }
    if (const auto process = object.need(
            "process", "\"process\": \"heartbeat\" or a word of haresources that has a model")) {
        kill.process = read_reference(*process, known).value_or("");
    }
    return kill;
}

BridgeLoseReply read_lose_reply(ObjectCursor& object, const Scenario& scenario) {
    BridgeLoseReply fault{
        read_target(object, ids_of(scenario.topology, {NodeKind::fonebridge}), false), 1};
    if (const auto number = object.get("number")) {
        fault.number = static_cast<int>(number->integer(1, 1000).value_or(1));
    }
    return fault;
}

OperatorCommand
read_operator(ObjectCursor& object, const Scenario& scenario, cluster::AdminCommand::Kind kind) {
    OperatorCommand fault{read_target(object, members_of(scenario), true),
                          {kind, cluster::ResourceScope::all}};
    if (kind != cluster::AdminCommand::Kind::stop) {
        if (const auto scope = object.get("scope")) {
            fault.command.scope = scope->word(scopes).value_or(cluster::ResourceScope::all);
        }
    }
    return fault;
}

/// What can lose power. A ups is the mains behind it; with a battery that lasts, nothing would
/// happen.
Target power_target(ObjectCursor& object, const Scenario& scenario) {
    Target target = node_target(
        object,
        scenario,
        {NodeKind::server, NodeKind::network_switch, NodeKind::fonebridge, NodeKind::ups});
    const NodeSpec* node =
        target.role == Target::Role::id ? scenario.topology.node(target.id) : nullptr;
    if (node != nullptr && node->kind == NodeKind::ups && node->backup.count() > 0) {
        object.get("target")->wrong("the ups \"" + node->id + "\", whose battery carries on",
                                    "a ups without \"backup\", or what hangs on it");
    }
    return target;
}

Fault read_fault(FaultVerb verb, ObjectCursor& object, const Scenario& scenario) {
    switch (verb) {
    case FaultVerb::power_off:
        return PowerOff{power_target(object, scenario)};
    case FaultVerb::power_on: {
        PowerOn fault{power_target(object, scenario), default_boot_time};
        if (const auto boot = object.get("boot")) {
            fault.boot = boot->duration().value_or(fault.boot);
        }
        return fault;
    }
    case FaultVerb::link_down:
        return LinkDown{link_target(object, scenario)};
    case FaultVerb::link_up:
        return LinkUp{link_target(object, scenario)};
    case FaultVerb::node_freeze:
        return NodeFreeze{node_target(object, scenario, {NodeKind::server})};
    case FaultVerb::node_thaw:
        return NodeThaw{node_target(object, scenario, {NodeKind::server})};
    case FaultVerb::process_kill:
        return read_process_kill(object, scenario);
    case FaultVerb::bridge_lose_reply:
        return read_lose_reply(object, scenario);
    case FaultVerb::operator_standby:
        return read_operator(object, scenario, cluster::AdminCommand::Kind::standby);
    case FaultVerb::operator_takeover:
        return read_operator(object, scenario, cluster::AdminCommand::Kind::takeover);
    case FaultVerb::operator_stop:
        return read_operator(object, scenario, cluster::AdminCommand::Kind::stop);
    }
    return PowerOff{};
}

bool may_revert(FaultVerb verb) {
    return verb == FaultVerb::power_off || verb == FaultVerb::link_down ||
           verb == FaultVerb::node_freeze;
}

constexpr std::string_view requirement_forms =
    "\"vip-owner:NODE\", \"group-started:NODE\", \"span-master:BRIDGE=NODE\" or "
    "\"calls-in-progress>=N\"";

/// Reads NODE (a cluster member); says so when it is none.
bool is_member(const Cursor& item, const std::string& node, const Scenario& scenario) {
    const auto& members = scenario.cluster.members;
    if (std::find(members.begin(), members.end(), node) != members.end()) {
        return true;
    }
    item.wrong_reference("one of the cluster members " + quoted_list(members_of(scenario)));
    return false;
}

std::optional<Requirement> read_requirement(const Cursor& item, const Scenario& scenario) {
    const auto text = item.text(requirement_forms);
    if (!text) {
        return std::nullopt;
    }
    Requirement requirement;
    requirement.text = *text;
    const auto rest = [&](std::string_view prefix) -> std::optional<std::string> {
        return text->compare(0, prefix.size(), prefix) == 0
                   ? std::optional(text->substr(prefix.size()))
                   : std::nullopt;
    };
    if (const auto vip = rest("vip-owner:")) {
        requirement.kind = Requirement::Kind::vip_owner;
        requirement.node = *vip;
        return is_member(item, *vip, scenario) ? std::optional(requirement) : std::nullopt;
    }
    if (const auto group = rest("group-started:")) {
        requirement.kind = Requirement::Kind::group_started;
        requirement.node = *group;
        return is_member(item, *group, scenario) ? std::optional(requirement) : std::nullopt;
    }
    if (const auto span = rest("span-master:")) {
        const std::size_t equals = span->find('=');
        if (equals != std::string::npos) {
            requirement.kind = Requirement::Kind::span_master;
            requirement.bridge = span->substr(0, equals);
            requirement.node = span->substr(equals + 1);
            const auto bridges = ids_of(scenario.topology, {NodeKind::fonebridge});
            if (std::find(bridges.begin(), bridges.end(), requirement.bridge) == bridges.end()) {
                item.wrong_reference("one of the bridges " + quoted_list(bridges));
                return std::nullopt;
            }
            return is_member(item, requirement.node, scenario) ? std::optional(requirement)
                                                               : std::nullopt;
        }
    }
    if (const auto calls = rest("calls-in-progress>=")) {
        if (!calls->empty() && calls->size() <= 6 &&
            calls->find_first_not_of("0123456789") == std::string::npos) {
            requirement.kind = Requirement::Kind::calls_in_progress;
            requirement.at_least = std::atoi(calls->c_str());
            return requirement;
        }
    }
    item.wrong(std::string(requirement_forms));
    return std::nullopt;
}

Check read_check(ObjectCursor& object, const Cursor& kind, const Scenario& scenario) {
    static constexpr std::array<std::pair<std::string_view, int>, 2> names{
        {{"steady-state", 0}, {"recovered", 1}}};
    (void)kind.word(names);
    Check check;
    if (const auto list =
            object.need("require", "\"require\": a list of " + std::string(requirement_forms))) {
        list->each("requirements", [&](const Cursor& item) {
            if (auto requirement = read_requirement(item, scenario)) {
                check.require.push_back(std::move(*requirement));
            }
        });
        if (list->json().is_array() && list->json().empty()) {
            list->wrong("at least one of " + std::string(requirement_forms));
        }
    }
    return check;
}

void read_for(ObjectCursor& object,
              FaultVerb verb,
              TimelineEntry& entry,
              const Scenario& scenario) {
    const auto outage = object.get("for");
    if (!outage) {
        return;
    }
    if (!may_revert(verb)) {
        outage->problems().add(outage->pointer(),
                               "\"for\" on a fault that nothing reverts",
                               "\"for\" only on power.off, link.down and node.freeze",
                               true);
        outage->problems().names_lost();  // "<id>/revert" may be meant somewhere
        return;
    }
    entry.outage = outage->duration(true);
    if (entry.outage && entry.at<scenario.stop_at&& * entry.outage> scenario.stop_at - entry.at) {
        outage->wrong("an end before stop_at");
    }
}

void read_entry(const Cursor& item, Scenario& scenario, std::vector<std::string>& seen) {
    ObjectCursor object(item, "a timeline entry: {\"id\": …, \"at\": …, \"fault\": …}");
    TimelineEntry entry;
    if (const auto id = object.need("id", "the entry's id")) {
        entry.id = id->id().value_or("");
        claim_id(*id, entry.id, seen, "timeline id");
    }
    if (const auto at = object.need("at", "\"at\": a time such as \"180s\"")) {
        entry.at = at->duration().value_or(Duration{});
        if (scenario.stop_at.count() > 0 && entry.at >= scenario.stop_at) {
            at->wrong("a time before stop_at");
        }
    }
    const auto fault = object.get("fault");
    const auto check = object.get("check");
    if (fault.has_value() == check.has_value()) {
        item.wrong(fault ? "both \"fault\" and \"check\"" : "neither \"fault\" nor \"check\"",
                   "one of them");
        item.problems().names_lost();
        return;
    }
    if (fault) {
        const auto verb = fault->word(fault_verbs);
        if (!verb) {
            item.problems().names_lost();
            return;
        }
        entry.what = read_fault(*verb, object, scenario);
        entry.opens_episode = *verb != FaultVerb::bridge_lose_reply;
        read_for(object, *verb, entry, scenario);
    } else {
        entry.what = read_check(object, *check, scenario);
        entry.opens_episode = false;
    }
    object.finish();
    scenario.timeline.push_back(std::move(entry));
}

}  // namespace

void read_timeline(const Cursor& cursor, Scenario& scenario) {
    std::vector<std::string> seen;
    cursor.each("timeline entries", [&](const Cursor& item) { read_entry(item, scenario, seen); });
    std::stable_sort(scenario.timeline.begin(),
                     scenario.timeline.end(),
                     [](const TimelineEntry& a, const TimelineEntry& b) { return a.at < b.at; });
}

}  // namespace sim
