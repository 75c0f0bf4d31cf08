// SPDX-License-Identifier: GPL-2.0-or-later
// Look-ups and names of the scenario values.
#include "scenario.hpp"

#include <algorithm>
#include <array>

namespace sim {

namespace {

template <class T>
const T* find_id(const std::vector<T>& list, const std::string& id) {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const T& item) { return item.id == id; });
    return found == list.end() ? nullptr : &*found;
}

struct VerbOf {
    std::string_view operator()(const PowerOff&) const { return "power.off"; }
    std::string_view operator()(const PowerOn&) const { return "power.on"; }
    std::string_view operator()(const NodeCrash&) const { return "node.crash"; }
    std::string_view operator()(const NodeFreeze&) const { return "node.freeze"; }
    std::string_view operator()(const NodeThaw&) const { return "node.thaw"; }
    std::string_view operator()(const CpuStarve&) const { return "node.cpu_starve"; }
    std::string_view operator()(const CpuRecover&) const { return "node.cpu_recover"; }
    std::string_view operator()(const ProcessKill&) const { return "process.kill"; }
    std::string_view operator()(const ProcessHang&) const { return "process.hang"; }
    std::string_view operator()(const ProcessResume&) const { return "process.resume"; }
    std::string_view operator()(const LinkDown&) const { return "link.down"; }
    std::string_view operator()(const LinkUp&) const { return "link.up"; }
    std::string_view operator()(const LinkFlap&) const { return "link.flap"; }
    std::string_view operator()(const LinkImpair&) const { return "link.impair"; }
    std::string_view operator()(const LinkRestore&) const { return "link.restore"; }
    std::string_view operator()(const Partition&) const { return "partition"; }
    std::string_view operator()(const PartitionHeal&) const { return "partition.heal"; }
    std::string_view operator()(const SerialNoise&) const { return "serial.noise"; }
    std::string_view operator()(const SerialQuiet&) const { return "serial.quiet"; }
    std::string_view operator()(const SwitchReboot&) const { return "switch.reboot"; }
    std::string_view operator()(const SwitchArpStale&) const { return "switch.arp_stale"; }
    std::string_view operator()(const SwitchArpFresh&) const { return "switch.arp_fresh"; }
    std::string_view operator()(const BridgeReboot&) const { return "bridge.reboot"; }
    std::string_view operator()(const BridgeLoseReply&) const { return "bridge.lose_reply"; }
    std::string_view operator()(const SpanAlarm&) const { return "span.alarm"; }
    std::string_view operator()(const SpanClear&) const { return "span.clear"; }
    std::string_view operator()(const ResourceStartFail&) const { return "resource.start_fail"; }
    std::string_view operator()(const ResourceStartSlow&) const { return "resource.start_slow"; }
    std::string_view operator()(const ResourceStopHang&) const { return "resource.stop_hang"; }
    std::string_view operator()(const ResourceStopFail&) const { return "resource.stop_fail"; }
    std::string_view operator()(const ResourceHeal&) const { return "resource.heal"; }
    std::string_view operator()(const ClockStep&) const { return "clock.step"; }
    std::string_view operator()(const ClockDrift&) const { return "clock.drift"; }
    std::string_view operator()(const DiskFull&) const { return "disk.full"; }
    std::string_view operator()(const DiskFree&) const { return "disk.free"; }
    std::string_view operator()(const DiskFail&) const { return "disk.fail"; }
    std::string_view operator()(const UpstreamDown&) const { return "upstream.down"; }
    std::string_view operator()(const UpstreamUp&) const { return "upstream.up"; }
    std::string_view operator()(const UpsFail&) const { return "ups.fail"; }
    std::string_view operator()(const UpsRepair&) const { return "ups.repair"; }
    std::string_view operator()(const ConfigReload&) const { return "config.reload"; }

    std::string_view operator()(const OperatorCommand& fault) const {
        switch (fault.command.kind) {
        case cluster::AdminCommand::Kind::standby:
            return "operator.standby";
        case cluster::AdminCommand::Kind::takeover:
            return "operator.takeover";
        case cluster::AdminCommand::Kind::stop:
            return "operator.stop";
        case cluster::AdminCommand::Kind::release:
            return "operator.release";
        }
        return "operator";
    }
};

/// The one list of what can be undone. A new fault has to say here whether it can.
struct ReverseOf {
    using Undo = std::optional<Fault>;

    Undo operator()(const PowerOff& f) const { return PowerOn{f.target, default_boot_time}; }
    Undo operator()(const NodeCrash& f) const { return PowerOn{f.target, default_boot_time}; }
    Undo operator()(const NodeFreeze& f) const { return NodeThaw{f.target}; }
    Undo operator()(const CpuStarve& f) const { return CpuRecover{f.target}; }
    Undo operator()(const ProcessHang& f) const { return ProcessResume{f.target, f.process}; }
    Undo operator()(const LinkDown& f) const { return LinkUp{f.target}; }
    Undo operator()(const LinkImpair& f) const { return LinkRestore{f.target}; }
    Undo operator()(const Partition& f) const { return PartitionHeal{f.target}; }
    Undo operator()(const SerialNoise& f) const { return SerialQuiet{f.target}; }
    Undo operator()(const SwitchArpStale& f) const { return SwitchArpFresh{f.target}; }
    Undo operator()(const SpanAlarm& f) const { return SpanClear{f.target}; }
    Undo operator()(const ResourceStartFail& f) const { return heal(f); }
    Undo operator()(const ResourceStartSlow& f) const { return heal(f); }
    Undo operator()(const ResourceStopHang& f) const { return heal(f); }
    Undo operator()(const ResourceStopFail& f) const { return heal(f); }
    Undo operator()(const ClockDrift& f) const { return ClockDrift{f.target, 0}; }
    Undo operator()(const DiskFull& f) const { return DiskFree{f.target}; }
    Undo operator()(const UpstreamDown& f) const { return UpstreamUp{f.target}; }
    Undo operator()(const UpsFail& f) const { return UpsRepair{f.target, default_boot_time}; }

    Undo operator()(const PowerOn&) const { return std::nullopt; }
    Undo operator()(const NodeThaw&) const { return std::nullopt; }
    Undo operator()(const CpuRecover&) const { return std::nullopt; }
    Undo operator()(const ProcessKill&) const { return std::nullopt; }
    Undo operator()(const ProcessResume&) const { return std::nullopt; }
    Undo operator()(const LinkUp&) const { return std::nullopt; }
    Undo operator()(const LinkFlap&) const { return std::nullopt; }
    Undo operator()(const LinkRestore&) const { return std::nullopt; }
    Undo operator()(const PartitionHeal&) const { return std::nullopt; }
    Undo operator()(const SerialQuiet&) const { return std::nullopt; }
    Undo operator()(const SwitchReboot&) const { return std::nullopt; }
    Undo operator()(const SwitchArpFresh&) const { return std::nullopt; }
    Undo operator()(const BridgeReboot&) const { return std::nullopt; }
    Undo operator()(const BridgeLoseReply&) const { return std::nullopt; }
    Undo operator()(const SpanClear&) const { return std::nullopt; }
    Undo operator()(const ResourceHeal&) const { return std::nullopt; }
    Undo operator()(const ClockStep&) const { return std::nullopt; }
    Undo operator()(const DiskFree&) const { return std::nullopt; }
    Undo operator()(const DiskFail&) const { return std::nullopt; }
    Undo operator()(const UpstreamUp&) const { return std::nullopt; }
    Undo operator()(const UpsRepair&) const { return std::nullopt; }
    Undo operator()(const OperatorCommand&) const { return std::nullopt; }
    Undo operator()(const ConfigReload&) const { return std::nullopt; }

  private:
    template <class F>
    static Undo heal(const F& f) {
        return ResourceHeal{f.target, f.resource};
    }
};

}  // namespace

const NodeSpec* Topology::node(const std::string& id) const {
    return find_id(nodes, id);
}

const LinkSpec* Topology::link(const std::string& id) const {
    return find_id(links, id);
}

std::string_view verb(const Fault& fault) {
    return std::visit(VerbOf{}, fault);
}

std::optional<Fault> reverse_of(const Fault& fault) {
    return std::visit(ReverseOf{}, fault);
}

bool only_arms(const Fault& fault) noexcept {
    return std::holds_alternative<BridgeLoseReply>(fault) ||
           std::holds_alternative<ResourceStartFail>(fault) ||
           std::holds_alternative<ResourceStartSlow>(fault) ||
           std::holds_alternative<ResourceStopHang>(fault) ||
           std::holds_alternative<ResourceStopFail>(fault) ||
           std::holds_alternative<ResourceHeal>(fault);
}

std::vector<std::string> episodes_of(const TimelineEntry& entry) {
    std::vector<std::string> ids;
    if (entry.opens_episode) {
        const auto* fault = std::get_if<Fault>(&entry.what);
        ids.push_back(entry.id);
        if (entry.outage || (fault != nullptr && std::holds_alternative<SwitchReboot>(*fault))) {
            ids.push_back(entry.id + "/revert");
        }
    }
    return ids;
}

std::span<const std::string_view> known_invariants() noexcept {
    static constexpr std::array<std::string_view, 7> names{"no-dual-vip-owner",
                                                           "no-dual-span-owner",
                                                           "start-order",
                                                           "stop-order-reversed",
                                                           "no-resource-started-twice",
                                                           "single-active-resource-group",
                                                           "recovered-at-end"};
    return names;
}

std::string_view name(Mark mark) noexcept {
    switch (mark) {
    case Mark::yours:
        return "yours";
    case Mark::measured:
        return "measured";
    case Mark::sourced:
        return "sourced";
    case Mark::assumed:
        return "assumed";
    }
    return "";
}

std::string_view name(Implementation implementation) noexcept {
    switch (implementation) {
    case Implementation::understudyd:
        return "understudyd";
    case Implementation::heartbeat_3_0_6:
        return "heartbeat-3.0.6";
    }
    return "";
}

std::string_view name(NodeKind kind) noexcept {
    switch (kind) {
    case NodeKind::server:
        return "server";
    case NodeKind::network_switch:
        return "switch";
    case NodeKind::fonebridge:
        return "fonebridge";
    case NodeKind::pstn:
        return "pstn";
    case NodeKind::channel_bank:
        return "channel-bank";
    case NodeKind::client:
        return "client";
    case NodeKind::ups:
        return "ups";
    case NodeKind::router:
        return "router";
    case NodeKind::phones:
        return "phones";
    case NodeKind::sip_provider:
        return "sip-provider";
    case NodeKind::dns:
        return "dns";
    }
    return "";
}

std::string to_string(const ScenarioError& error) {
    std::string text = error.file;
    if (error.line > 0) {
        text += ':' + std::to_string(error.line) + ':' + std::to_string(error.column);
    }
    text += ": error: ";
    if (!error.pointer.empty()) {
        text += error.pointer + ": ";
    }
    return text + "found " + error.found + ", expected " + error.expected;
}

}  // namespace sim
