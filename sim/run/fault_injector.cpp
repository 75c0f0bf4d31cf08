// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/fault_injector.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "model/event.hpp"

namespace sim {

namespace {

using models::to_time;

/// What undoes a fault when its `for` ends; nullopt: nothing does.
struct Reverse {
    std::optional<Fault> operator()(const PowerOff& f) const {
        return PowerOn{f.target, default_boot_time};
    }
    std::optional<Fault> operator()(const PowerOn& f) const { return PowerOff{f.target}; }
    std::optional<Fault> operator()(const LinkDown& f) const { return LinkUp{f.target}; }
    std::optional<Fault> operator()(const LinkUp& f) const { return LinkDown{f.target}; }
    std::optional<Fault> operator()(const NodeFreeze& f) const { return NodeThaw{f.target}; }
    std::optional<Fault> operator()(const NodeThaw& f) const { return NodeFreeze{f.target}; }
    std::optional<Fault> operator()(const ProcessKill&) const { return std::nullopt; }
    std::optional<Fault> operator()(const ProcessHang& f) const {
        return ProcessResume{f.target, f.process};
    }
    std::optional<Fault> operator()(const BridgeLoseReply&) const { return std::nullopt; }
    std::optional<Fault> operator()(const OperatorCommand&) const { return std::nullopt; }
    template <class F>
    std::optional<Fault> operator()(const F&) const {
        return std::nullopt;
    }
};

const Target& target_of(const Fault& fault) {
    return std::visit([](const auto& f) -> const Target& { return f.target; }, fault);
}

bool repairs(const Fault& fault) {
    return std::holds_alternative<PowerOn>(fault) || std::holds_alternative<LinkUp>(fault) ||
           std::holds_alternative<NodeThaw>(fault) || std::holds_alternative<ProcessResume>(fault);
}

std::string carrier_words(models::LanLink& link, bool up) {
    std::string text;
    for (int end = 0; end < 2; ++end) {
        if (link.end(end).carrier() == up) {
            text += (text.empty() ? "" : " and ") + link.end(end).name();
        }
    }
    return text;
}

}  // namespace

FaultInjector::FaultInjector(const Scenario& scenario,
                             Testbed& testbed,
                             models::Recorder& recorder,
                             Hooks hooks)
    : m_scenario(scenario), m_testbed(testbed), m_recorder(recorder), m_hooks(std::move(hooks)) {}

std::string FaultInjector::resolve(const Target& target) const {
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
        throw std::runtime_error(target.role == Target::Role::active_node
                                     ? "no member is active"
                                     : "no member holds a virtual address");
    case Target::Role::standby:
        for (const Testbed::Member& member : m_testbed.members()) {
            if (m_testbed.status(member) && !serves(member)) {
                return member.name;
            }
        }
        throw std::runtime_error("no member is standing by");
    case Target::Role::random:
        throw std::runtime_error("a random target is not carried out yet");
    }
    return target.id;
}

void FaultInjector::power(const std::string& target,
                          bool on,
                          Duration boot,
                          std::string& evidence) {
    const auto say = [&](const std::string& text) {
        evidence += (evidence.empty() ? "" : "; ") + text;
    };
    const NodeSpec* node = m_scenario.topology.node(target);
    if (node == nullptr) {
        throw std::runtime_error(fmt::format("{} is no node", target));
    }
    if (models::Host* const host = m_testbed.host(target); host != nullptr) {
        if (host->powered() == on) {
            throw std::runtime_error(
                fmt::format("{} {} already", target, on ? "has power" : "is off"));
        }
        const std::uint64_t life = host->incarnation();
        if (on) {
            host->power_on(to_time(boot));
            say(fmt::format("{} has power, kernel and daemon after {} s",
                            target,
                            std::chrono::duration_cast<std::chrono::seconds>(boot).count()));
            return;
        }
        host->power_off();
        if (host->powered() || host->incarnation() == life ||
            host->find(daemon_process) != nullptr) {
            throw std::runtime_error(fmt::format("{} still runs", target));
        }
        for (const LinkSpec& link : m_scenario.topology.links) {
            models::LanLink* const cable = m_testbed.lan_link(link.id);
            for (int end = 0; cable != nullptr && end < 2; ++end) {
                if (link.ends[end].node == target) {
                    if (cable->end(1 - end).carrier()) {
                        throw std::runtime_error(
                            fmt::format("{} still has carrier", cable->end(1 - end).name()));
                    }
                    say(fmt::format("{} lost carrier", cable->end(1 - end).name()));
                }
            }
        }
        say(fmt::format("life {} of {} ended with its daemon", life, target));
    } else if (models::LanSwitch* const lan_switch = m_testbed.lan_switch(target);
               lan_switch != nullptr) {
        if (lan_switch->powered() == on) {
            throw std::runtime_error(
                fmt::format("{} {} already", target, on ? "has power" : "is off"));
        }
        lan_switch->set_power(on);
        say(fmt::format("{} {}", target, on ? "forwards again" : "forwards nothing"));
    } else if (models::Fonebridge* const bridge = m_testbed.bridge(target); bridge != nullptr) {
        on ? bridge->power_on() : bridge->power_off();
        say(fmt::format("{} {}", target, on ? "boots" : "is off"));
    } else if (node->kind == NodeKind::ups) {
        // Mains gone (or back): what hangs on it follows, after the time the battery lasts.
        std::vector<std::string> fed;
        for (const NodeSpec& other : m_scenario.topology.nodes) {
            if (other.power == target) {
                fed.push_back(other.id);
            }
        }
        if (fed.empty()) {
            throw std::runtime_error(fmt::format("nothing hangs on {}", target));
        }
        if (on || node->backup == Duration::zero()) {
            for (const std::string& other : fed) {
                power(other, on, boot, evidence);
            }
        } else {
            throw std::runtime_error(fmt::format(
                "{} has a battery for {} s; cut the power of the node itself",
                target,
                std::chrono::duration_cast<std::chrono::seconds>(node->backup).count()));
        }
    } else {
        throw std::runtime_error(fmt::format("{} has no power switch", target));
    }
}

struct FaultInjector::Apply {
    FaultInjector& self;
    const std::string& target;

    models::Host& host() const {
        models::Host* const found = self.m_testbed.host(target);
        if (found == nullptr) {
            throw std::runtime_error(fmt::format("{} is no server", target));
        }
        return *found;
    }

    std::string operator()(const PowerOff&) const {
        std::string evidence;
        self.power(target, false, {}, evidence);
        return evidence;
    }
    std::string operator()(const PowerOn& f) const {
        std::string evidence;
        self.power(target, true, f.boot, evidence);
        return evidence;
    }
    std::string plug(bool in) const {
        if (models::LanLink* const cable = self.m_testbed.lan_link(target); cable != nullptr) {
            if (cable->plugged() == in) {
                throw std::runtime_error(
                    fmt::format("{} is {} already", target, in ? "plugged" : "unplugged"));
            }
            cable->set_plugged(in);
            const std::string seen = carrier_words(*cable, in);
            if (!in && (cable->end(0).carrier() || cable->end(1).carrier())) {
                throw std::runtime_error(fmt::format("{}: carrier is still there", target));
            }
            return seen.empty() ? fmt::format("{} is plugged, but an end has no power", target)
                                : fmt::format("carrier {} at {}", in ? "is back" : "lost", seen);
        }
        if (models::SerialLine* const line = self.m_testbed.serial_line(target); line != nullptr) {
            if (line->plugged() == in) {
                throw std::runtime_error(
                    fmt::format("{} is {} already", target, in ? "plugged" : "unplugged"));
            }
            line->set_plugged(in);
            return fmt::format("{} {}", target, in ? "carries bytes again" : "carries no byte");
        }
        if (models::T1Line* const line = self.m_testbed.t1_line(target); line != nullptr) {
            line->set_plugged(in);
            return fmt::format("{} {}", target, in ? "is plugged again" : "is cut");
        }
        throw std::runtime_error(fmt::format("{} is no link", target));
    }
    std::string operator()(const LinkDown&) const { return plug(false); }
    std::string operator()(const LinkUp&) const { return plug(true); }
    std::string operator()(const NodeFreeze&) const {
        if (!host().kernel_runs() || host().frozen()) {
            throw std::runtime_error(fmt::format("{} does not run", target));
        }
        host().freeze();
        if (!host().frozen()) {
            throw std::runtime_error(fmt::format("{} still runs", target));
        }
        return fmt::format("no process of {} is scheduled; its kernel still answers", target);
    }
    std::string operator()(const NodeThaw&) const {
        if (!host().frozen()) {
            throw std::runtime_error(fmt::format("{} is not frozen", target));
        }
        host().thaw();
        return fmt::format("the processes of {} go on", target);
    }
    /// A word of haresources with a process that outlives its script.
    models::Pbx& service(const std::string& word) const {
        auto* const pbx = dynamic_cast<models::Pbx*>(self.m_testbed.agent(target, word));
        if (pbx == nullptr) {
            throw std::runtime_error(
                fmt::format("{} has no process that stays on {}", word, target));
        }
        return *pbx;
    }
    std::string operator()(const ProcessKill& f) const {
        if (f.process == daemon_process) {
            if (!host().kill(daemon_process) || host().find(daemon_process) != nullptr) {
                throw std::runtime_error(fmt::format("no {} runs on {}", f.process, target));
            }
            if (!f.restart) {
                auto& members = self.m_testbed.members();
                const std::size_t member = self.m_testbed.member_index(target);
                const bool released =
                    member != Testbed::npos && self.m_testbed.release_daemon(members[member]);
                return fmt::format("the daemon of {} is gone{}",
                                   target,
                                   released ? "; its service manager runs understudyd --release"
                                            : "");
            }
            host().schedule(to_time(*f.restart), [this_ = &self, node = target] {
                auto& testbed = this_->m_testbed;
                testbed.start_daemon(testbed.members()[testbed.member_index(node)]);
            });
            return fmt::format(
                "the daemon of {} is gone; its service manager starts it again after "
                "{} ms",
                target,
                std::chrono::duration_cast<std::chrono::milliseconds>(*f.restart).count());
        }
        models::Pbx* const pbx = &service(f.process);
        if (!pbx->answers_local_probe()) {
            throw std::runtime_error(fmt::format("{} does not run on {}", f.process, target));
        }
        pbx->crash();
        if (f.restart) {
            pbx->start_again(to_time(*f.restart));
        }
        if (pbx->answers_local_probe()) {
            throw std::runtime_error(fmt::format("{} on {} still answers", f.process, target));
        }
        return fmt::format("{} on {} no longer answers", f.process, target);
    }
    std::string operator()(const ProcessHang& f) const {
        if (f.process == daemon_process) {
            if (!host().process_runs(daemon_process)) {
                throw std::runtime_error(fmt::format("no {} runs on {}", f.process, target));
            }
            host().set_process_frozen(daemon_process, true);
            if (host().process_runs(daemon_process)) {
                throw std::runtime_error(fmt::format("{} on {} still runs", f.process, target));
            }
            return fmt::format("the daemon of {} is not scheduled; kernel and services go on",
                               target);
        }
        models::Pbx& pbx = service(f.process);
        if (!pbx.answers_local_probe()) {
            throw std::runtime_error(fmt::format("{} does not run on {}", f.process, target));
        }
        pbx.hang(true);
        if (pbx.answers_local_probe()) {
            throw std::runtime_error(fmt::format("{} on {} still answers", f.process, target));
        }
        return fmt::format("{} on {} is there and answers nothing", f.process, target);
    }
    std::string operator()(const ProcessResume& f) const {
        if (f.process == daemon_process) {
            if (host().find(daemon_process) == nullptr || host().process_runs(daemon_process)) {
                throw std::runtime_error(fmt::format("no {} hangs on {}", f.process, target));
            }
            host().set_process_frozen(daemon_process, false);
            if (!host().process_runs(daemon_process)) {
                throw std::runtime_error(
                    fmt::format("{} on {} still does not run", f.process, target));
            }
            return fmt::format("the daemon of {} goes on", target);
        }
        models::Pbx& pbx = service(f.process);
        if (pbx.answers_local_probe()) {
            throw std::runtime_error(fmt::format("{} does not hang on {}", f.process, target));
        }
        pbx.hang(false);
        if (!pbx.answers_local_probe()) {
            throw std::runtime_error(fmt::format("{} does not hang on {}", f.process, target));
        }
        return fmt::format("{} on {} answers again", f.process, target);
    }
    std::string operator()(const BridgeLoseReply& f) const {
        models::Fonebridge* const bridge = self.m_testbed.bridge(target);
        if (bridge == nullptr) {
            throw std::runtime_error(fmt::format("{} is no foneBRIDGE", target));
        }
        bridge->lose_reply(f.number);
        self.m_lost_replies.push_back(
            {target, bridge->control_requests() + static_cast<std::uint64_t>(f.number)});
        return fmt::format("reply to control request {} from now will be lost", f.number);
    }
    std::string operator()(const OperatorCommand& f) const {
        auto* const daemon = dynamic_cast<models::DaemonProcess*>(host().find(daemon_process));
        if (daemon == nullptr) {
            throw std::runtime_error(fmt::format("no daemon runs on {}", target));
        }
        daemon->command(f.command);
        return fmt::format("the daemon of {} took the command", target);
    }
    template <class F>
    std::string operator()(const F& f) const {
        throw std::runtime_error(fmt::format("{} is not carried out yet", verb(Fault{f})));
    }
};

void FaultInjector::inject(const TimelineEntry& entry,
                           const Fault& fault,
                           std::string id,
                           const std::string& verb_word,
                           std::uint64_t cause) {
    try {
        const std::string target = resolve(target_of(fault));
        const auto record = m_recorder.record_caused_by(
            models::RecordId{cause},
            repairs(fault) ? "fault.clear" : "fault.inject",
            target,
            {{"id", std::string_view{id}}, {"verb", std::string_view{verb_word}}});
        const models::Recorder::Scope scope(m_recorder, record);
        m_hooks.begins(verb_word, target);
        const std::string evidence = std::visit(Apply{*this, target}, fault);
        m_recorder.record("fault.evidence", target, {{"text", std::string_view{evidence}}});
        if (entry.opens_episode) {
            m_openings.push_back({id,
                                  verb_word,
                                  target,
                                  evidence,
                                  ns3::Simulator::Now().GetNanoSeconds(),
                                  static_cast<std::uint64_t>(record)});
        }
        m_hooks.applied(fault, target);
        if (entry.outage && &fault == std::get_if<Fault>(&entry.what)) {
            if (auto reverse = std::visit(Reverse{}, fault)) {
                // The role was resolved when the fault happened; the repair is for the same thing.
                std::visit([&](auto& f) { f.target = Target{.id = target}; }, *reverse);
                models::post(to_time(*entry.outage),
                             [this, &entry, reverse = *std::move(reverse), id, record] {
                                 inject(entry,
                                        reverse,
                                        id + "/revert",
                                        std::string{verb(reverse)},
                                        static_cast<std::uint64_t>(record));
                             });
            }
        }
    } catch (const std::exception& error) {
        m_hooks.failed(fmt::format("timeline entry {} ({}): {}", id, verb_word, error.what()));
    }
}

void FaultInjector::schedule() {
    for (const TimelineEntry& entry : m_scenario.timeline) {
        const Duration odd{entry.at.count() | 1};
        models::post(to_time(odd), [this, &entry] {
            if (const auto* check = std::get_if<Check>(&entry.what); check != nullptr) {
                m_hooks.check(entry, *check);
            } else {
                const Fault& fault = std::get<Fault>(entry.what);
                inject(entry, fault, entry.id, std::string{verb(fault)}, 0);
            }
        });
    }
}

std::string FaultInjector::unfinished() {
    for (const LostReply& lost : m_lost_replies) {
        models::Fonebridge* const bridge = m_testbed.bridge(lost.bridge);
        if (bridge->control_requests() < lost.at_request) {
            return fmt::format(
                "the reply to control request {} of {} was to be lost, but only {} came",
                lost.at_request,
                lost.bridge,
                bridge->control_requests());
        }
    }
    return {};
}

}  // namespace sim
