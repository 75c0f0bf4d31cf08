// SPDX-License-Identifier: GPL-2.0-or-later
// Faults of one server: its processes, processor, clocks and disk, the programs it runs, and what
// its operator does to it.
#include "run/faults.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>

#include <fmt/format.h>

#include "model/event.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

using models::to_time;
using DiskState = models::Host::DiskState;

models::DaemonProcess& daemon_at(FaultWorld& world, const std::string& target) {
    auto* const daemon =
        dynamic_cast<models::DaemonProcess*>(server_at(world, target).find(daemon_process));
    if (daemon == nullptr) {
        throw FaultRefused(fmt::format("no daemon runs on {}", target));
    }
    return *daemon;
}

const Testbed::Member& member_at(FaultWorld& world, const std::string& target) {
    const std::size_t index = world.testbed.member_index(target);
    if (index == Testbed::npos) {
        throw FaultRefused(fmt::format("{} is no member of the cluster", target));
    }
    return world.testbed.members()[index];
}

/// How a word of haresources is carried out on a member; scripts have an agent.
struct Word {
    models::Agent* agent = nullptr;
    cluster::BindingKind kind = cluster::BindingKind::script;
    std::string detail;  ///< of the binding
};

Word word_at(FaultWorld& world, const std::string& target, const std::string& word) {
    const Testbed::Member& member = member_at(world, target);
    const cluster::NodeFiles& files = member.options.files;
    for (const cluster::Binding& binding :
         cluster::resolve_bindings(files.resources, files.settings)) {
        const auto& resource =
            files.resources.groups.at(static_cast<std::size_t>(binding.resource.group))
                .resources.at(binding.resource.position);
        if (resource.text != word && resource.script != word) {
            continue;
        }
        const auto named = files.settings.bindings.find(resource.script);
        const std::string name =
            named != files.settings.bindings.end() && !named->second.name.empty()
                ? named->second.name
                : resource.script;
        return {world.testbed.agent(target, name), binding.kind, binding.detail};
    }
    throw FaultRefused(fmt::format("{} is not in the haresources of {}", word, target));
}

models::PbxService&
service_at(FaultWorld& world, const std::string& target, const std::string& word) {
    running_server(world, target);
    auto* const pbx = dynamic_cast<models::PbxService*>(word_at(world, target, word).agent);
    if (pbx == nullptr) {
        throw FaultRefused(fmt::format("{} has no process that stays on {}", word, target));
    }
    return *pbx;
}

/// The agent of a word, for faults of its starts and stops.
models::Agent& agent_at(FaultWorld& world, const std::string& target, const std::string& word) {
    server_at(world, target);
    const Word found = word_at(world, target, word);
    const bool has_program = found.kind == cluster::BindingKind::script ||
                             found.kind == cluster::BindingKind::systemd_unit ||
                             found.kind == cluster::BindingKind::ocf_agent;
    if (found.agent == nullptr || !has_program) {
        throw FaultRefused(fmt::format(
            "{} on {} runs no program that could go wrong: it is {}", word, target, found.detail));
    }
    return *found.agent;
}

}  // namespace

// ---------------------------------------------------------------- the whole node

Effect apply(FaultWorld& world, const std::string& target, const NodeFreeze&) {
    models::Host& host = running_server(world, target);
    if (host.frozen()) {
        throw FaultRefused(fmt::format("{} is frozen already", target));
    }
    host.freeze();
    if (!host.frozen() || host.process_runs(daemon_process)) {
        throw FaultRefused(fmt::format("{} still runs", target));
    }
    return {fmt::format("no process of {} is scheduled; its kernel {}",
                        target,
                        host.kernel_runs() ? "runs" : "does not run"),
            nullptr,
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const NodeThaw&) {
    models::Host& host = server_at(world, target);
    if (!host.frozen()) {
        throw FaultRefused(fmt::format("{} is not frozen", target));
    }
    host.thaw();
    if (host.frozen()) {
        throw FaultRefused(fmt::format("{} stays frozen", target));
    }
    return {fmt::format("the processes of {} go on", target), nullptr, {}};
}

Effect apply(FaultWorld& world, const std::string& target, const CpuStarve& fault) {
    models::Host& host = running_server(world, target);
    if (!(fault.slowdown >= 1) || fault.stall < Duration::zero() ||
        (fault.stall > Duration::zero() && fault.period <= fault.stall)) {
        throw FaultRefused("a slowdown below 1, or a stall that is no part of its period");
    }
    if (fault.slowdown == 1 && fault.stall == Duration::zero()) {
        throw FaultRefused("slowdown 1 without a stall starves nothing");
    }
    if (host.starved()) {
        throw FaultRefused(fmt::format("the processor of {} is short already", target));
    }
    const std::uint64_t stalls = host.stalls();
    host.starve(fault.slowdown, to_time(fault.stall), to_time(fault.period));
    std::string evidence =
        fmt::format("1 s of work takes {} on {}",
                    format_seconds(Duration{host.work_time(ns3::Seconds(1)).GetNanoSeconds()}),
                    target);
    if (fault.stall > Duration::zero()) {
        if (!host.stalled() || host.process_runs(daemon_process)) {
            throw FaultRefused(fmt::format("{} still runs", target));
        }
        evidence += fmt::format("; nothing is scheduled for {} of each {}",
                                format_quantity(fault.stall),
                                format_quantity(fault.period));
    }
    return {std::move(evidence),
            [&host, stalls, stalling = fault.stall > Duration::zero(), target] {
                return stalling
                           ? fmt::format("{} stood still {} times", target, host.stalls() - stalls)
                           : std::string{};
            },
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const CpuRecover&) {
    models::Host& host = running_server(world, target);
    if (!host.starved()) {
        throw FaultRefused(fmt::format("the processor of {} is not short", target));
    }
    host.starve(1, {}, ns3::Seconds(1));
    if (host.starved()) {
        throw FaultRefused(fmt::format("the processor of {} is still short", target));
    }
    return {fmt::format("1 s of work takes {} on {}",
                        format_seconds(Duration{host.work_time(ns3::Seconds(1)).GetNanoSeconds()}),
                        target),
            nullptr,
            {}};
}

// ---------------------------------------------------------------- processes

Effect apply(FaultWorld& world, const std::string& target, const ProcessKill& fault) {
    models::Host& host = running_server(world, target);
    if (fault.process != daemon_process) {
        models::PbxService& pbx = service_at(world, target, fault.process);
        if (!pbx.answers_local_probe()) {
            throw FaultRefused(fmt::format("{} does not answer on {}", fault.process, target));
        }
        pbx.crash();
        if (pbx.answers_local_probe()) {
            throw FaultRefused(fmt::format("{} on {} still answers", fault.process, target));
        }
        if (fault.restart) {
            pbx.start_again(to_time(*fault.restart));
        }
        return {fmt::format("{} on {} no longer answers", fault.process, target),
                [&pbx, restart = fault.restart.has_value()] {
                    return !restart                    ? std::string{}
                           : pbx.answers_local_probe() ? std::string{"it was started again"}
                                                       : std::string{"it did not answer again"};
                },
                {}};
    }
    const Testbed::Member& member = member_at(world, target);
    if (!host.kill(daemon_process) || host.find(daemon_process) != nullptr) {
        throw FaultRefused(fmt::format("no {} runs on {}", fault.process, target));
    }
    std::string evidence = fmt::format("the daemon of {} is gone", target);
    if (!fault.restart) {
        if (world.testbed.release_daemon(member)) {
            evidence += "; its service manager runs understudyd --release";
        }
        return {std::move(evidence), nullptr, {}};
    }
    host.schedule(to_time(*fault.restart), [&world, &member] {
        if (member.host->may_exec() == 0) {
            world.testbed.start_daemon(member);
        }
    });
    return {std::move(evidence),
            [&host] {
                return host.find(daemon_process) != nullptr ? std::string{"it was started again"}
                                                            : std::string{"it was not there again"};
            },
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const ProcessHang& fault) {
    models::Host& host = running_server(world, target);
    if (fault.process != daemon_process) {
        models::PbxService& pbx = service_at(world, target, fault.process);
        if (!pbx.answers_local_probe()) {
            throw FaultRefused(fmt::format("{} does not answer on {}", fault.process, target));
        }
        pbx.hang(true);
        if (pbx.answers_local_probe()) {
            throw FaultRefused(fmt::format("{} on {} still answers", fault.process, target));
        }
        return {fmt::format("{} on {} is there and answers nothing", fault.process, target),
                nullptr,
                {}};
    }
    if (!host.process_runs(daemon_process)) {
        throw FaultRefused(fmt::format("no {} runs on {}", fault.process, target));
    }
    host.set_process_frozen(daemon_process, true);
    if (host.process_runs(daemon_process)) {
        throw FaultRefused(fmt::format("{} on {} still runs", fault.process, target));
    }
    return {fmt::format("the daemon of {} is not scheduled; kernel and services go on", target),
            nullptr,
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const ProcessResume& fault) {
    models::Host& host = running_server(world, target);
    if (fault.process != daemon_process) {
        models::PbxService& pbx = service_at(world, target, fault.process);
        if (!pbx.hangs()) {
            throw FaultRefused(fmt::format("{} does not hang on {}", fault.process, target));
        }
        pbx.hang(false);
        return {fmt::format("{} on {} {}",
                            fault.process,
                            target,
                            pbx.answers_local_probe() ? "answers again" : "goes on"),
                nullptr,
                {}};
    }
    if (!host.process_stopped(daemon_process)) {
        throw FaultRefused(fmt::format("no {} hangs on {}", fault.process, target));
    }
    host.set_process_frozen(daemon_process, false);
    if (host.process_stopped(daemon_process)) {
        throw FaultRefused(fmt::format("{} on {} still hangs", fault.process, target));
    }
    return {fmt::format("the daemon of {} goes on", target), nullptr, {}};
}

// ---------------------------------------------------------------- starts and stops

namespace {

/// Armed faults of starts and stops show when they strike.
Effect armed(models::AgentFaults& faults,
             std::string evidence,
             std::uint64_t models::AgentFaults::Met::*count,
             std::string struck,
             std::string never) {
    return {std::move(evidence),
            [&faults,
             count,
             then = faults.met().*count,
             struck = std::move(struck),
             never = std::move(never)] {
                const std::uint64_t met = faults.met().*count - then;
                if (met == 0) {
                    throw FaultRefused(never);
                }
                return fmt::format("{} {}", met, struck);
            },
            {}};
}

/// Where the daemon is its own fonulator the bridge refuses instead.
Effect refuse_starts(FaultWorld& world,
                     const std::string& target,
                     const ResourceStartFail& fault,
                     const std::string& binding) {
    const Testbed::Member& member = member_at(world, target);
    const auto& redfone = member.options.files.redfone;
    const NodeSpec* bridge_node = nullptr;
    for (const NodeSpec& node : world.scenario.topology.nodes) {
        for (const InterfaceSpec& interface : node.interfaces) {
            for (const std::string& address : interface.addresses) {
                if (node.kind == NodeKind::fonebridge && redfone &&
                    address.substr(0, address.find('/')) == redfone->bridge_address) {
                    bridge_node = &node;
                }
            }
        }
    }
    if (bridge_node == nullptr) {
        throw FaultRefused(fmt::format("{} on {} is {}, and no bridge of the topology has the "
                                       "address of its redfone.conf",
                                       fault.resource,
                                       target,
                                       binding));
    }
    models::Fonebridge& bridge = bridge_at(world, bridge_node->id);
    const std::string address =
        member.host->fixed_address(member.host->interface_for(redfone->bridge_address));
    if (address.empty()) {
        throw FaultRefused(fmt::format("{} has no way to {}", target, bridge_node->id));
    }
    bridge.refuse_from(address, true);
    const std::size_t index = world.refused_starts.size();
    world.refused_starts.push_back(
        {bridge_node->id, target, address, fault.resource, fault.times, 0});
    return {fmt::format("{} on {} is {}: {} refuses what {} asks",
                        fault.resource,
                        target,
                        binding,
                        bridge_node->id,
                        target),
            [&world, &bridge, index, address, then = bridge.refused_from(address)] {
                const FaultWorld::RefusedStarts& met = world.refused_starts[index];
                const std::uint64_t refused = bridge.refused_from(address) - then;
                if (refused == 0) {
                    throw FaultRefused(fmt::format("no start of {} asked the bridge", met.word));
                }
                return fmt::format("{} requests refused, {} starts failed", refused, met.failed);
            },
            {}};
}

}  // namespace

Effect apply(FaultWorld& world, const std::string& target, const ResourceStartFail& fault) {
    if (fault.times < 1) {
        throw FaultRefused("a start that fails less than once");
    }
    server_at(world, target);
    if (const Word word = word_at(world, target, fault.resource);
        word.kind == cluster::BindingKind::bridge_switch) {
        return refuse_starts(world, target, fault, word.detail);
    }
    models::AgentFaults& faults = agent_at(world, target, fault.resource).faults();
    faults.failing_starts += fault.times;
    return armed(faults,
                 fmt::format("the next {} starts of {} on {} will fail",
                             faults.failing_starts,
                             fault.resource,
                             target),
                 &models::AgentFaults::Met::starts_failed,
                 "starts failed",
                 fmt::format("{} was not started on {}", fault.resource, target));
}

Effect apply(FaultWorld& world, const std::string& target, const ResourceStartSlow& fault) {
    if ((fault.takes && *fault.takes < Duration::zero()) || !(fault.factor > 0)) {
        throw FaultRefused("a start that takes no time");
    }
    models::AgentFaults& faults = agent_at(world, target, fault.resource).faults();
    faults.start_takes = fault.takes;
    faults.start_factor = fault.takes ? 1 : fault.factor;
    if (!faults.armed()) {
        throw FaultRefused("factor 1 slows nothing down");
    }
    return armed(faults,
                 faults.start_takes ? fmt::format("starts of {} on {} take {}",
                                                  fault.resource,
                                                  target,
                                                  format_quantity(*faults.start_takes))
                                    : fmt::format("starts of {} on {} take {:.4g} times as long",
                                                  fault.resource,
                                                  target,
                                                  faults.start_factor),
                 &models::AgentFaults::Met::starts_slowed,
                 "starts were slow",
                 fmt::format("{} was not started on {}", fault.resource, target));
}

Effect apply(FaultWorld& world, const std::string& target, const ResourceStopHang& fault) {
    models::AgentFaults& faults = agent_at(world, target, fault.resource).faults();
    faults.stops_hang = true;
    return armed(faults,
                 fmt::format("stops of {} on {} will never end", fault.resource, target),
                 &models::AgentFaults::Met::stops_hung,
                 "stops hung",
                 fmt::format("{} was not stopped on {}", fault.resource, target));
}

Effect apply(FaultWorld& world, const std::string& target, const ResourceStopFail& fault) {
    models::AgentFaults& faults = agent_at(world, target, fault.resource).faults();
    faults.stops_fail = true;
    return armed(faults,
                 fmt::format("stops of {} on {} will fail", fault.resource, target),
                 &models::AgentFaults::Met::stops_failed,
                 "stops failed",
                 fmt::format("{} was not stopped on {}", fault.resource, target));
}

Effect apply(FaultWorld& world, const std::string& target, const ResourceHeal& fault) {
    server_at(world, target);
    if (const Word word = word_at(world, target, fault.resource);
        word.kind == cluster::BindingKind::bridge_switch) {
        bool refused = false;
        for (FaultWorld::RefusedStarts& starts : world.refused_starts) {
            if (starts.node == target && starts.word == fault.resource && starts.left > 0) {
                starts.left = 0;
                bridge_at(world, starts.bridge).refuse_from(starts.address, false);
                refused = true;
            }
        }
        if (!refused) {
            throw FaultRefused(
                fmt::format("nothing is wrong with {} on {}", fault.resource, target));
        }
        return {fmt::format("the bridge serves {} again", target), nullptr, {}};
    }
    models::AgentFaults& faults = agent_at(world, target, fault.resource).faults();
    if (!faults.armed()) {
        throw FaultRefused(fmt::format("nothing is wrong with {} on {}", fault.resource, target));
    }
    faults.heal();
    return {
        fmt::format("starts and stops of {} on {} are as they should be", fault.resource, target),
        nullptr,
        {}};
}

void FaultWorld::reported(const std::string& member, const cluster::ReportBody& body) {
    const auto* const change = std::get_if<cluster::ResourceStateChanged>(&body);
    if (change == nullptr || change->to != cluster::ResourceState::failed) {
        return;
    }
    for (RefusedStarts& starts : refused_starts) {
        if (starts.node != member || starts.left == 0) {
            continue;
        }
        const cluster::NodeFiles& files =
            testbed.members()[testbed.member_index(member)].options.files;
        const auto& word =
            files.resources.groups.at(static_cast<std::size_t>(change->resource.group))
                .resources.at(change->resource.position);
        if (word.text == starts.word || word.script == starts.word) {
            ++starts.failed;
            if (--starts.left == 0) {
                bridge_at(*this, starts.bridge).refuse_from(starts.address, false);
            }
        }
    }
}

// ---------------------------------------------------------------- clocks

Effect apply(FaultWorld& world, const std::string& target, const ClockStep& fault) {
    models::Host& host = running_server(world, target);
    if (fault.by == Duration::zero()) {
        throw FaultRefused("a step of nothing");
    }
    const std::int64_t wall = host.wall_ns();
    const std::int64_t monotonic = host.monotonic_ns();
    host.step_wall_clock(fault.by);
    const Duration stepped{host.wall_ns() - wall};
    if (stepped != fault.by || host.monotonic_ns() != monotonic) {
        throw FaultRefused(fmt::format("the clocks of {} did not step alike", target));
    }
    return {fmt::format("the wall clock of {} went {} {}, its monotonic clock went on",
                        target,
                        format_seconds(std::chrono::abs(stepped)),
                        stepped > Duration::zero() ? "forward" : "back"),
            nullptr,
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const ClockDrift& fault) {
    models::Host& host = running_server(world, target);
    // More than a tenth is no oscillator.
    if (!(std::abs(fault.ppm) <= 100'000)) {
        throw FaultRefused(fmt::format("{} ppm is no clock", fault.ppm));
    }
    if (host.drift() == fault.ppm) {
        throw FaultRefused(
            fmt::format("the clocks of {} are {} ppm off already", target, fault.ppm));
    }
    const Duration before{host.monotonic_ns()};
    host.set_drift(fault.ppm);
    const Duration then{host.monotonic_ns() - now_ns_of_run()};
    if (Duration{host.monotonic_ns()} != before) {
        throw FaultRefused(fmt::format("the clocks of {} jumped", target));
    }
    return {fmt::format("the clocks of {} are {:+.4g} ppm off", target, host.drift()),
            [&host, then, target] {
                const auto gained = std::chrono::round<std::chrono::microseconds>(
                    Duration{host.monotonic_ns() - now_ns_of_run()} - then);
                return gained.count() == 0 ? std::string{"they kept time"}
                                           : fmt::format("they {} {}",
                                                         gained.count() > 0 ? "gained" : "lost",
                                                         format_quantity(std::chrono::abs(gained)));
            },
            {}};
}

// ---------------------------------------------------------------- disk

namespace {

constexpr const char* test_file = "/var/tmp/understudy-fault-test";
constexpr std::byte test_bytes[]{std::byte{1}};

/// errno of a write now; nothing is left behind.
int write_now(models::Host& host) {
    const int error = host.write_file(test_file, test_bytes);
    host.remove_file(test_file);
    return error;
}

std::string_view errno_name(int error) {
    return error == ENOSPC ? "ENOSPC" : error == EIO ? "EIO" : "no error";
}

models::Host& disk_at(FaultWorld& world, const std::string& target, DiskState required) {
    models::Host& host = server_at(world, target);
    if (host.disk_state() != required) {
        throw FaultRefused(fmt::format("the disk of {} {}",
                                       target,
                                       host.disk_state() == DiskState::works ? "works"
                                       : host.disk_state() == DiskState::full
                                           ? "is full already"
                                           : "has failed already"));
    }
    return host;
}

}  // namespace

Effect apply(FaultWorld& world, const std::string& target, const DiskFull&) {
    models::Host& host = disk_at(world, target, DiskState::works);
    host.set_disk_state(DiskState::full);
    const int error = write_now(host);
    if (error == 0) {
        throw FaultRefused(fmt::format("the disk of {} takes writes", target));
    }
    return {fmt::format("a write on {} ends with {}", target, errno_name(error)), nullptr, {}};
}

Effect apply(FaultWorld& world, const std::string& target, const DiskFree&) {
    models::Host& host = disk_at(world, target, DiskState::full);
    host.set_disk_state(DiskState::works);
    if (write_now(host) != 0) {
        throw FaultRefused(fmt::format("the disk of {} takes no writes", target));
    }
    return {fmt::format("a write on {} succeeds", target), nullptr, {}};
}

Effect apply(FaultWorld& world, const std::string& target, const DiskFail&) {
    models::Host& host = server_at(world, target);
    if (host.disk_state() == DiskState::failed) {
        throw FaultRefused(fmt::format("the disk of {} has failed already", target));
    }
    host.set_disk_state(DiskState::failed);
    const int error = write_now(host);
    if (error == 0) {
        throw FaultRefused(fmt::format("the disk of {} takes writes", target));
    }
    return {fmt::format(
                "a write on {} ends with {}{}",
                target,
                errno_name(error),
                host.process_runs(daemon_process) ? "; its daemon, locked in memory, goes on" : ""),
            [&host, then = host.failed_execs()] {
                return fmt::format("{} programs could not be started", host.failed_execs() - then);
            },
            {}};
}

// ---------------------------------------------------------------- operator

Effect apply(FaultWorld& world, const std::string& target, const OperatorCommand& fault) {
    models::DaemonProcess& daemon = daemon_at(world, target);
    daemon.command(fault.command);
    return {
        fmt::format("the daemon of {} {} the command",
                    target,
                    server_at(world, target).process_runs(daemon_process) ? "took" : "will find"),
        nullptr,
        {}};
}

Effect apply(FaultWorld& world, const std::string& target, const ConfigReload& fault) {
    models::DaemonProcess& daemon = daemon_at(world, target);
    models::Host& host = server_at(world, target);
    // A file that cannot be read is not read; the daemon keeps its keys.
    if (host.disk_state() == DiskState::failed) {
        throw FaultRefused(fmt::format("the disk of {} has failed: nothing can be read", target));
    }
    const std::uint64_t life = host.incarnation();
    const std::uint64_t before = daemon.reloads();
    daemon.reload(fault.keys);
    const std::string what = fault.keys ? "the new authkeys" : "authkeys, which has not changed";
    if (daemon.reloads() != before) {
        return {fmt::format("the daemon of {} has read {}", target, what), nullptr, {}};
    }
    return {fmt::format("the daemon of {} will read {} when it is scheduled", target, what),
            [&host, &daemon, life, before, target] {
                if (host.incarnation() != life || host.find(daemon_process) != &daemon ||
                    daemon.reloads() == before) {
                    throw FaultRefused(
                        fmt::format("the daemon of {} never read its files", target));
                }
                return std::string{"it has"};
            },
            {}};
}

}  // namespace sim
