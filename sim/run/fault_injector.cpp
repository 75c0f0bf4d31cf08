// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/fault_injector.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <ns3/simulator.h>

#include "model/event.hpp"

namespace sim {

namespace {

using models::to_time;

const Target& target_of(const Fault& fault) {
    return std::visit([](const auto& f) -> const Target& { return f.target; }, fault);
}

/// Repairs have a record kind of their own in the trace.
struct Clears {
    bool operator()(const PowerOn&) const { return true; }
    bool operator()(const NodeThaw&) const { return true; }
    bool operator()(const CpuRecover&) const { return true; }
    bool operator()(const ProcessResume&) const { return true; }
    bool operator()(const LinkUp&) const { return true; }
    bool operator()(const LinkRestore&) const { return true; }
    bool operator()(const PartitionHeal&) const { return true; }
    bool operator()(const SerialQuiet&) const { return true; }
    bool operator()(const SwitchArpFresh&) const { return true; }
    bool operator()(const SpanClear&) const { return true; }
    bool operator()(const ResourceHeal&) const { return true; }
    bool operator()(const DiskFree&) const { return true; }
    bool operator()(const UpstreamUp&) const { return true; }
    bool operator()(const UpsRepair&) const { return true; }
    template <class F>
    bool operator()(const F&) const {
        return false;
    }
};

/// Verbs that show more later name what they work on; the next of the same strand ends that.
struct Strand {
    const std::string& target;

    std::string operator()(const PowerOff&) const { return "power " + target; }
    std::string operator()(const PowerOn&) const { return "power " + target; }
    std::string operator()(const NodeCrash&) const { return "power " + target; }
    std::string operator()(const SwitchReboot&) const { return "power " + target; }
    std::string operator()(const BridgeReboot&) const { return "power " + target; }
    std::string operator()(const UpsFail&) const { return "power " + target; }
    std::string operator()(const UpsRepair&) const { return "power " + target; }
    std::string operator()(const CpuStarve&) const { return "cpu " + target; }
    std::string operator()(const CpuRecover&) const { return "cpu " + target; }
    std::string operator()(const LinkImpair&) const { return "quality " + target; }
    std::string operator()(const LinkRestore&) const { return "quality " + target; }
    std::string operator()(const LinkFlap&) const { return "flap " + target; }
    std::string operator()(const Partition&) const { return "partition"; }
    std::string operator()(const PartitionHeal&) const { return "partition"; }
    std::string operator()(const SerialNoise&) const { return "noise " + target; }
    std::string operator()(const SerialQuiet&) const { return "noise " + target; }
    std::string operator()(const SwitchArpStale&) const { return "arp " + target; }
    std::string operator()(const SwitchArpFresh&) const { return "arp " + target; }
    std::string operator()(const SpanAlarm&) const { return "alarm " + target; }
    std::string operator()(const SpanClear&) const { return "alarm " + target; }
    std::string operator()(const ResourceStartFail& f) const { return word(f); }
    std::string operator()(const ResourceStartSlow& f) const { return word(f); }
    std::string operator()(const ResourceStopHang& f) const { return word(f); }
    std::string operator()(const ResourceStopFail& f) const { return word(f); }
    std::string operator()(const ResourceHeal& f) const { return word(f); }
    std::string operator()(const ClockDrift&) const { return "clock " + target; }
    std::string operator()(const UpstreamDown&) const { return "upstream " + target; }
    std::string operator()(const UpstreamUp&) const { return "upstream " + target; }
    template <class F>
    std::string operator()(const F&) const {
        return {};
    }

  private:
    template <class F>
    std::string word(const F& f) const {
        return "resource " + target + " " + f.resource;
    }
};

/// The next odd nanosecond that is not before `at`.
ns3::Time odd_from_now(Duration delay) {
    const std::int64_t at = (now_ns_of_run() + delay.count()) | 1;
    return to_time(Duration{at - now_ns_of_run()});
}

}  // namespace

std::int64_t now_ns_of_run() {
    return ns3::Simulator::Now().GetNanoSeconds();
}

std::string enumerate(const std::vector<std::string>& things) {
    std::string text;
    for (std::size_t i = 0; i < things.size(); ++i) {
        text += (i == 0 ? "" : i + 1 == things.size() ? " and " : ", ") + things[i];
    }
    return text;
}

models::Host& server_at(FaultWorld& world, const std::string& target) {
    models::Host* const found = world.testbed.host(target);
    if (found == nullptr) {
        throw FaultRefused(fmt::format("{} is no server", target));
    }
    return *found;
}

models::Host& running_server(FaultWorld& world, const std::string& target) {
    models::Host& host = server_at(world, target);
    if (!host.kernel_runs()) {
        throw FaultRefused(fmt::format("{} does not run", target));
    }
    return host;
}

models::Fonebridge& bridge_at(FaultWorld& world, const std::string& target) {
    models::Fonebridge* const bridge = world.testbed.bridge(target);
    if (bridge == nullptr) {
        throw FaultRefused(fmt::format("{} is no foneBRIDGE", target));
    }
    return *bridge;
}

std::string strand_of(const Fault& fault, const std::string& target) {
    return std::visit(Strand{target}, fault);
}

Effect apply_fault(FaultWorld& world, const std::string& target, const Fault& fault) {
    return std::visit([&](const auto& f) { return apply(world, target, f); }, fault);
}

FaultInjector::FaultInjector(const Scenario& scenario, Testbed& testbed, Hooks hooks)
    : m_testbed(testbed), m_recorder(testbed.context().recorder), m_hooks(std::move(hooks)),
      m_timeline(timeline_of(scenario, testbed.context().seed)), m_world{.scenario = scenario,
                                                                         .testbed = testbed,
                                                                         .context =
                                                                             testbed.context(),
                                                                         .upses = {},
                                                                         .flaps = {},
                                                                         .partition = {},
                                                                         .partitioned = false,
                                                                         .refused_starts = {}} {}

// ---------------------------------------------------------------- targets

std::string FaultInjector::resolve(const Target& target, const std::string& entry_id) {
    const auto serves = [&](const Testbed::Member& member) {
        const auto status = member.host->kernel_runs() ? m_testbed.status(member) : std::nullopt;
        return status && std::ranges::any_of(status->groups, [](const cluster::GroupStatus& group) {
                   return group.role == cluster::GroupRole::active ||
                          group.role == cluster::GroupRole::takeover;
               });
    };
    const auto owns_address = [&](const Testbed::Member& member) {
        return member.host->kernel_runs() &&
               std::ranges::any_of(m_testbed.virtual_addresses(), [&](const std::string& address) {
                   return member.host->has_address(address);
               });
    };
    for (const AppliedFault& there : m_there) {
        if (there.id == entry_id && target.role != Target::Role::id) {
            return there.target;
        }
    }
    switch (target.role) {
    case Target::Role::id:
        return target.id;
    case Target::Role::active_node:
    case Target::Role::vip_owner:
        for (const Testbed::Member& member : m_testbed.members()) {
            if (target.role == Target::Role::active_node ? serves(member) : owns_address(member)) {
                return member.name;
            }
        }
        throw FaultRefused(target.role == Target::Role::active_node
                               ? "no member is active"
                               : "no member holds a virtual address");
    case Target::Role::standby:
        for (const Testbed::Member& member : m_testbed.members()) {
            if (m_testbed.status(member) && !serves(member)) {
                return member.name;
            }
        }
        throw FaultRefused("no member is standing by");
    case Target::Role::random: {
        if (target.among.empty()) {
            throw FaultRefused("nothing to draw from");
        }
        models::RandomStream stream = m_testbed.context().stream("random-target/" + entry_id);
        return target.among[stream.below(target.among.size())];
    }
    }
    return target.id;
}

// ---------------------------------------------------------------- one act

void FaultInjector::fail(const std::string& id, const std::string& verb, const std::string& why) {
    m_hooks.failed(fmt::format("timeline entry {} ({}): {}", id, verb, why));
}

void FaultInjector::complete(const Later& later) {
    AppliedFault& fault = m_faults[later.fault];
    try {
        const std::string text = later.look();
        if (text.empty()) {
            return;
        }
        fault.evidence += "; " + text;
        m_recorder.record_caused_by(models::RecordId{later.record},
                                    "fault.evidence",
                                    fault.target,
                                    {{"text", std::string_view{text}}});
    } catch (const std::exception& error) {
        if (m_trouble.empty()) {
            m_trouble =
                fmt::format("timeline entry {} ({}): {}", fault.id, fault.verb, error.what());
        }
    }
}

bool FaultInjector::carry_out(const Act& act, const Target& wanted) {
    std::string target = wanted.id;
    try {
        target = resolve(wanted, act.entry->id);
        // What came before on this strand ends here, and is looked at while it still lasts.
        if (const std::string strand = act.strand ? act.strand(target) : std::string{};
            !strand.empty()) {
            for (Later& later : m_later) {
                if (later.look && later.strand == strand) {
                    complete(later);
                    later.look = nullptr;
                }
            }
        }
        const auto record = m_recorder.record_caused_by(
            models::RecordId{act.cause},
            act.clears ? "fault.clear" : "fault.inject",
            target,
            {{"id", std::string_view{act.id}}, {"verb", std::string_view{act.verb}}});
        const models::Recorder::Scope scope(m_recorder, record);
        m_hooks.begins(act.verb, target);
        Effect effect = act.effect(target);
        m_recorder.record("fault.evidence", target, {{"text", std::string_view{effect.evidence}}});
        const std::int64_t now = now_ns_of_run();
        const auto number = static_cast<std::uint64_t>(record);
        m_faults.push_back({act.id, act.verb, target, Duration{now}, true, effect.evidence});
        if (act.entry->opens_episode) {
            m_fault_of_opening.push_back(m_faults.size() - 1);
            m_openings.push_back({act.id, act.verb, target, effect.evidence, now, number});
        }
        if (effect.later) {
            m_later.push_back({act.strand ? act.strand(target) : std::string{},
                               m_faults.size() - 1,
                               number,
                               std::move(effect.later)});
        }
        m_hooks.applied(target);
        for (Effect::Consequence& consequence : effect.then) {
            follow_up(act, target, consequence, number);
        }
        if (const auto* fault = std::get_if<Fault>(&act.entry->what);
            act.entry->outage && act.id == act.entry->id && fault != nullptr) {
            if (auto reverse = reverse_of(*fault)) {
                // The role was resolved when the fault happened; the repair is for the same thing.
                std::visit([&](auto& f) { f.target = Target{.id = target}; }, *reverse);
                models::post(odd_from_now(*act.entry->outage),
                             [this, entry = act.entry, reverse = *std::move(reverse), number] {
                                 inject(*entry, reverse, entry->id + "/revert", number, true);
                             });
            }
        }
        done(act.id);
        return true;
    } catch (const std::exception& error) {
        if (!act.lenient) {
            fail(act.id, act.verb, error.what());
            return false;
        }
        m_recorder.record_caused_by(models::RecordId{act.cause},
                                    "fault.left_out",
                                    target,
                                    {{"id", std::string_view{act.id}},
                                     {"verb", std::string_view{act.verb}},
                                     {"why", std::string_view{error.what()}}});
        m_faults.push_back({act.id,
                            act.verb,
                            target,
                            Duration{now_ns_of_run()},
                            false,
                            fmt::format("left out: {}", error.what())});
        done(act.id);
        return false;
    }
}

void FaultInjector::inject(const TimelineEntry& entry,
                           const Fault& fault,
                           std::string id,
                           std::uint64_t cause,
                           bool lenient) {
    carry_out(
        {.entry = &entry,
         .id = std::move(id),
         .verb = std::string{verb(fault)},
         .cause = cause,
         .clears = std::visit(Clears{}, fault),
         .lenient = lenient,
         .effect = [&](const std::string& target) { return apply_fault(m_world, target, fault); },
         .strand = [&](const std::string& target) { return strand_of(fault, target); }},
        target_of(fault));
}

void FaultInjector::follow_up(const Act& act,
                              const std::string& target,
                              const Effect::Consequence& consequence,
                              std::uint64_t record) {
    models::post(odd_from_now(consequence.after),
                 [this, entry = act.entry, id = act.id, target, consequence, record] {
                     // What it is has to be known before it is told: it may not apply any longer.
                     const Act next{.entry = entry,
                                    .id = id + "/" + consequence.suffix,
                                    .verb = consequence.verb,
                                    .cause = record,
                                    .clears = false,
                                    .lenient = true,
                                    .effect =
                                        [&consequence](const std::string&) {
                                            auto effect = consequence.happen();
                                            if (!effect) {
                                                throw FaultRefused("it no longer applies");
                                            }
                                            return *std::move(effect);
                                        },
                                    .strand = nullptr};
                     carry_out(next, Target{.id = target});
                 });
}

// ---------------------------------------------------------------- when

void FaultInjector::happen(const TimelineEntry& entry) {
    for (Waiting& waiting : m_waiting) {
        waiting.happened = waiting.happened || waiting.entry == &entry;
    }
    if (const auto* check = std::get_if<Check>(&entry.what); check != nullptr) {
        m_hooks.check(entry, *check);
        done(entry.id);
    } else {
        inject(entry, std::get<Fault>(entry.what), entry.id, 0, entry.drawn);
    }
}

void FaultInjector::done(const std::string& id) {
    for (Waiting& waiting : m_waiting) {
        if (!waiting.armed && waiting.before == id) {
            waiting.armed = true;
        }
        if (!waiting.over && waiting.entry->after->event == After::Event::entry &&
            waiting.entry->after->id == id) {
            fire(waiting);
        }
    }
}

void FaultInjector::fire(Waiting& waiting) {
    waiting.over = true;
    models::post(odd_from_now(waiting.entry->after->delay),
                 [this, entry = waiting.entry] { happen(*entry); });
}

void FaultInjector::heard(After::Event event, const std::string& node) {
    for (Waiting& waiting : m_waiting) {
        const After& after = *waiting.entry->after;
        if (waiting.armed && !waiting.over && after.event == event &&
            (after.node.empty() || after.node == node)) {
            fire(waiting);
        }
    }
}

void FaultInjector::reported(const std::string& member, const cluster::ReportBody& body) {
    m_world.reported(member, body);
    if (m_waiting.empty()) {
        return;
    }
    if (const auto* peer = std::get_if<cluster::PeerStateChanged>(&body);
        peer != nullptr && peer->to == cluster::PeerState::dead) {
        heard(After::Event::peer_dead, member);
    } else if (const auto* role = std::get_if<cluster::GroupRoleChanged>(&body); role != nullptr) {
        if (role->to == cluster::GroupRole::active) {
            heard(After::Event::group_started, member);
        } else if (role->from == cluster::GroupRole::release &&
                   role->to == cluster::GroupRole::standby) {
            heard(After::Event::group_stopped, member);
        }
    }
}

void FaultInjector::schedule() {
    std::string before;
    for (const TimelineEntry& entry : m_timeline) {
        if (entry.after) {
            Waiting& waiting = m_waiting.emplace_back();
            waiting.entry = &entry;
            waiting.before = before;
            waiting.armed = before.empty();
        } else {
            const Duration odd{entry.at.count() | 1};
            models::post(to_time(odd), [this, &entry] { happen(entry); });
        }
        if (!entry.drawn) {
            before = entry.id;
        }
    }
}

bool FaultInjector::depends_on_daemons() const {
    return std::ranges::any_of(m_timeline, [](const TimelineEntry& entry) {
        const auto* fault = std::get_if<Fault>(&entry.what);
        const auto role =
            fault == nullptr ? Target::Role::id
                             : std::visit([](const auto& f) { return f.target.role; }, *fault);
        return entry.after || role == Target::Role::active_node ||
               role == Target::Role::vip_owner || role == Target::Role::standby;
    });
}

void FaultInjector::follow(std::vector<AppliedFault> there) {
    m_there = std::move(there);
    for (Waiting& waiting : m_waiting) {
        if (waiting.over) {
            continue;  // its event came before the worlds parted
        }
        waiting.over = true;
        const auto same = std::ranges::find_if(m_there, [&](const AppliedFault& fault) {
            return fault.id == waiting.entry->id;
        });
        const ns3::Time now = ns3::Simulator::Now();
        if (same != m_there.end() && to_time(same->at) >= now) {
            models::post(to_time(same->at) - now,
                         [this, entry = waiting.entry] { happen(*entry); });
        }
    }
}

std::string FaultInjector::conclude() {
    for (const Later& later : m_later) {
        if (later.look) {
            complete(later);
        }
    }
    m_later.clear();
    for (std::size_t i = 0; i < m_openings.size(); ++i) {
        m_openings[i].evidence = m_faults[m_fault_of_opening[i]].evidence;
    }
    for (const Waiting& waiting : m_waiting) {
        if (m_trouble.empty() && !waiting.happened) {
            m_trouble = fmt::format("timeline entry {}: {}",
                                    waiting.entry->id,
                                    !waiting.armed ? "what stands before it never happened"
                                    : waiting.over ? "its time came after the end of the run"
                                                   : "the event it waits for never came");
        }
    }
    return m_trouble;
}

}  // namespace sim
