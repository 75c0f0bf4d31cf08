// SPDX-License-Identifier: GPL-2.0-or-later
// Blocks "timeline" and "soak": when faults and checks happen. What a fault says is read in
// fault_json.cpp.
#include <algorithm>
#include <cstdlib>

#include "reader.hpp"

namespace sim {

namespace {

std::vector<std::string_view> members_of(const Scenario& scenario) {
    return {scenario.cluster.members.begin(), scenario.cluster.members.end()};
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
    if (const auto implementation = object.get("implementation")) {
        check.implementation = read_implementation(*implementation);
    }
    return check;
}

// ---------------------------------------------------------------- when

constexpr std::array<std::pair<std::string_view, After::Event>, 6> after_events{
    {{"peer-dead", After::Event::peer_dead},
     {"address-up", After::Event::address_up},
     {"group-started", After::Event::group_started},
     {"group-stopped", After::Event::group_stopped},
     {"service-up", After::Event::service_up},
     {"call-answered", After::Event::call_answered}}};

/// What the entries read so far are called, and what undoes them.
std::vector<std::string> names_so_far(const Scenario& scenario) {
    std::vector<std::string> names;
    for (const TimelineEntry& entry : scenario.timeline) {
        names.push_back(entry.id);
        for (std::string& episode : episodes_of(entry)) {
            if (episode != entry.id) {
                names.push_back(std::move(episode));
            }
        }
    }
    return names;
}

After read_after(const Cursor& cursor, const Scenario& scenario) {
    After after;
    ObjectCursor object(cursor, "{\"event\": …, \"delay\": …}");
    if (const auto event =
            object.need("event", "\"event\": \"peer-dead\", another event or an earlier entry")) {
        const auto named =
            std::find_if(after_events.begin(), after_events.end(), [&](const auto& known) {
                return event->json() == known.first;
            });
        if (named != after_events.end()) {
            after.event = named->second;
        } else {
            const auto earlier = names_so_far(scenario);
            std::vector<std::string_view> known(earlier.begin(), earlier.end());
            for (const auto& [word, value] : after_events) {
                known.push_back(word);
            }
            after.id = read_reference(*event, known).value_or("");
        }
        if (const auto node = object.get("node")) {
            if (named == after_events.end()) {
                node->wrong("\"node\" only with an event that happens on a node");
            } else {
                after.node = read_reference(*node, members_of(scenario)).value_or("");
            }
        }
    }
    if (const auto delay = object.get("delay")) {
        after.delay = delay->duration().value_or(Duration{});
    }
    object.finish();
    return after;
}

/// `at` or `after`. An entry with `after` stands behind the entry before it, whose time it borrows.
void read_time(const Cursor& item,
               ObjectCursor& object,
               const Scenario& scenario,
               TimelineEntry& entry) {
    const auto at = object.get("at");
    const auto after = object.get("after");
    if (at.has_value() == after.has_value()) {
        item.wrong(at ? "both \"at\" and \"after\"" : "no \"at\" and no \"after\"",
                   "one of them: \"at\": a time such as \"180s\"");
    }
    if (at) {
        entry.at = at->duration().value_or(Duration{});
        if (scenario.stop_at.count() > 0 && entry.at >= scenario.stop_at) {
            at->wrong("a time before stop_at");
        }
    } else if (after) {
        entry.after = read_after(*after, scenario);
        entry.at = scenario.timeline.empty() ? Duration{} : scenario.timeline.back().at;
    }
}

/// "for": nothing stands there, or the fault has a reverse. Says so when neither is true.
std::optional<Cursor> get_for(ObjectCursor& object, const Fault& fault) {
    auto outage = object.get("for");
    if (outage && !reverse_of(fault)) {
        outage->problems().add(outage->pointer(),
                               "\"for\" on a fault that nothing reverts",
                               "\"for\" on a fault that can be undone, such as power.off",
                               true);
        outage->problems().names_lost();  // "<id>/revert" may be meant somewhere
        outage.reset();
    }
    return outage;
}

void read_for(ObjectCursor& object,
              const Fault& fault,
              TimelineEntry& entry,
              const Scenario& scenario) {
    if (const auto outage = get_for(object, fault)) {
        entry.outage = outage->duration(true);
        if (entry.outage && !entry.after &&
            entry.at<scenario.stop_at&& * entry.outage> scenario.stop_at - entry.at) {
            outage->wrong("an end before stop_at");
        }
    }
}

/// False: what it is could not be told.
bool read_what(const Cursor& item,
               ObjectCursor& object,
               const Scenario& scenario,
               TimelineEntry& entry) {
    const auto fault = object.get("fault");
    const auto check = object.get("check");
    if (fault.has_value() == check.has_value()) {
        item.wrong(fault ? "both \"fault\" and \"check\"" : "neither \"fault\" nor \"check\"",
                   "one of them");
        return false;
    }
    if (check) {
        entry.what = read_check(object, *check, scenario);
        entry.opens_episode = false;
        return true;
    }
    auto what = read_fault(*fault, object, scenario);
    if (!what) {
        return false;
    }
    entry.verb = fault->json().get<std::string>();
    entry.opens_episode = !only_arms(*what);
    read_for(object, *what, entry, scenario);
    entry.what = std::move(*what);
    return true;
}

void read_entry(const Cursor& item, Scenario& scenario, std::vector<std::string>& seen) {
    ObjectCursor object(item, "a timeline entry: {\"id\": …, \"at\": …, \"fault\": …}");
    TimelineEntry entry;
    if (const auto id = object.need("id", "the entry's id")) {
        entry.id = id->id().value_or("");
        claim_id(*id, entry.id, seen, "timeline id");
    }
    read_time(item, object, scenario, entry);
    if (!read_what(item, object, scenario, entry)) {
        item.problems().names_lost();
        return;
    }
    object.finish();
    scenario.timeline.push_back(std::move(entry));
}

// ---------------------------------------------------------------- soak

std::optional<Soak::Choice> read_choice(const Cursor& item, const Scenario& scenario) {
    ObjectCursor object(item, "{\"fault\": …, \"target\": …, \"for\": …}");
    const auto word = object.need("fault", "\"fault\": a verb such as \"power.off\"");
    auto fault = word ? read_fault(*word, object, scenario) : std::nullopt;
    if (!fault) {
        return std::nullopt;
    }
    Soak::Choice choice;
    if (const auto weight = object.get("weight")) {
        choice.weight = weight->number(0, 1e6).value_or(1);
    }
    const auto outage = get_for(object, *fault);
    if (outage) {
        choice.outage = read_distribution(*outage).value_or(choice.outage);
    } else if (reverse_of(*fault) && !object.get("for")) {
        item.wrong("no \"for\"", "\"for\": a distribution; what a soak breaks is repaired again");
    }
    object.finish();
    choice.entry.verb = word->json().get<std::string>();
    choice.entry.opens_episode = !only_arms(*fault);
    choice.entry.drawn = true;
    choice.entry.what = std::move(*fault);
    return choice;
}

void read_soak_times(ObjectCursor& object, const Scenario& scenario, Soak& soak) {
    const auto from = object.need("from", "\"from\": the time of the first fault at the earliest");
    const auto until = object.need("until", "\"until\": the time at which all is repaired");
    if (from) {
        soak.from = from->duration().value_or(Duration{});
    }
    if (until) {
        soak.until = until->duration().value_or(soak.from);
        if (soak.until < soak.from) {
            until->wrong("at least \"from\"");
        } else if (scenario.stop_at.count() > 0 && soak.until >= scenario.stop_at) {
            until->wrong("a time before stop_at");
        }
    }
    if (const auto every = object.need("every", "\"every\": a distribution")) {
        soak.every = read_distribution(*every).value_or(soak.every);
    }
}

}  // namespace

void read_timeline(const Cursor& cursor, Scenario& scenario) {
    std::vector<std::string> seen;
    cursor.each("timeline entries", [&](const Cursor& item) { read_entry(item, scenario, seen); });
    std::stable_sort(scenario.timeline.begin(),
                     scenario.timeline.end(),
                     [](const TimelineEntry& a, const TimelineEntry& b) { return a.at < b.at; });
}

void read_soak(const Cursor& cursor, Scenario& scenario) {
    ObjectCursor object(cursor, "{\"from\": …, \"until\": …, \"every\": …, \"faults\": […]}");
    Soak soak;
    read_soak_times(object, scenario, soak);
    if (const auto faults = object.need("faults", "\"faults\": a list of what may happen")) {
        double weights = 0;
        faults->each("faults that may happen", [&](const Cursor& item) {
            if (auto choice = read_choice(item, scenario)) {
                weights += choice->weight;
                soak.faults.push_back(std::move(*choice));
            } else {
                item.problems().names_lost();
                weights = 1;  // unknown, and the fault is reported already
            }
        });
        if (faults->json().is_array() && !(weights > 0)) {
            faults->wrong(faults->json().empty() ? "at least one fault"
                                                 : "a \"weight\" above 0 somewhere");
        }
    }
    object.finish();
    for (const TimelineEntry& entry : scenario.timeline) {
        if (entry.id.compare(0, 5, "soak-") == 0) {
            cursor.wrong(
                "a soak beside the entry \"" + entry.id + '"',
                "no id of the timeline that begins with \"soak-\": its draws are called so");
        }
    }
    scenario.soak = std::move(soak);
}

}  // namespace sim
