// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/report_text.hpp"

#include <array>
#include <cstdio>
#include <cstring>

namespace linux_host {
namespace {

using namespace cluster;

template <class E, std::size_t n>
std::string_view name_of(E value, const std::array<std::string_view, n>& names) {
    const auto index = static_cast<std::size_t>(value);
    return index < n ? names[index] : std::string_view{"?"};
}

template <class... Words>
constexpr auto words(Words... all) {
    return std::array<std::string_view, sizeof...(Words)>{all...};
}

std::string text(std::string_view view) {
    return std::string{view};
}

std::string_view because(TakeoverReason reason) {
    return name_of(reason,
                   words("at the start of the cluster",
                         "because its peer is dead",
                         "because its peer shut down",
                         "because its peer stands by",
                         "because its peer asked",
                         "to fail back",
                         "because nobody else is there",
                         "because an operator said so",
                         "in another attempt"));
}

std::string scope_name(ResourceScope scope) {
    return text(name_of(scope, words("all", "local", "foreign")));
}

struct Describer {
    const NodeFiles& files;

    [[nodiscard]] std::string group(GroupId id) const {
        const auto index = static_cast<std::size_t>(id);
        const auto& groups = files.resources.groups;
        return index < groups.size() && !groups[index].resources.empty()
                   ? groups[index].resources.front().text
                   : "#" + std::to_string(index);
    }

    [[nodiscard]] std::string resource(ResourceId id) const {
        const auto index = static_cast<std::size_t>(id.group);
        const auto& groups = files.resources.groups;
        return index < groups.size() && id.position < groups[index].resources.size()
                   ? groups[index].resources[id.position].text
                   : "#" + std::to_string(id.position);
    }

    [[nodiscard]] std::string link(LinkId id) const {
        const auto index = static_cast<std::size_t>(id);
        return index < files.ha.links.size() ? link_name(files.ha.links[index])
                                             : "#" + std::to_string(index);
    }

    ReportLine operator()(const PeerStateChanged& r) const {
        const auto reason = name_of(r.reason,
                                    words("heard",
                                          "silent",
                                          "it shut down",
                                          "it was started again",
                                          "back after a partition",
                                          "it announced a dead time of zero"));
        if (r.to == PeerState::dead) {
            return {Level::warning,
                    "node " + r.node + " is dead: " +
                        (r.reason == PeerChangeReason::silent
                             ? "silent for " + seconds(r.silent_for)
                             : text(reason)),
                    "peer"};
        }
        return {r.to == PeerState::late ? Level::warning : Level::notice,
                "node " + r.node + " is " + text(word(r.to)) + " (" + text(reason) + ")",
                "peer"};
    }
    ReportLine operator()(const PeerLinkChanged& r) const {
        return {r.up ? Level::info : Level::warning,
                "link " + link(r.link) + " to " + r.node + (r.up ? " is up" : " is down"),
                "link"};
    }
    ReportLine operator()(const PingTargetChanged& r) const {
        return {r.up ? Level::info : Level::warning,
                "ping target " + r.target + (r.up ? " answers" : " does not answer"),
                "ping"};
    }
    ReportLine operator()(const LateHeartbeat& r) const {
        return {Level::warning,
                "late heartbeat: " + seconds(r.interval) + " between two of node " + r.node,
                "late"};
    }
    ReportLine operator()(const NodePhaseChanged& r) const {
        return {Level::info, "this node is " + text(word(r.to)), "phase"};
    }
    ReportLine operator()(const GroupRoleChanged& r) const {
        switch (r.to) {
        case GroupRole::takeover:
            return {
                Level::notice, "takes " + group(r.group) + ' ' + text(because(r.reason)), "role"};
        case GroupRole::release:
            return {Level::notice,
                    "releases " + group(r.group) + ' ' + text(because(r.reason)),
                    "role"};
        case GroupRole::active:
            return {Level::notice, group(r.group) + " is complete here", "role"};
        case GroupRole::standby:
            return {Level::notice, group(r.group) + " is not here any more", "role"};
        case GroupRole::fault:
            break;
        }
        return {Level::error, group(r.group) + " has failed here", "role"};
    }
    ReportLine operator()(const ResourceStateChanged& r) const {
        if (r.to == ResourceState::failed) {
            return {Level::error,
                    resource(r.resource) + " failed (code " + std::to_string(r.code) + ")",
                    "resource"};
        }
        return {Level::info, resource(r.resource) + " is " + text(word(r.to)), "resource"};
    }
    ReportLine operator()(const BridgeStep& r) const {
        const std::string step =
            "step " + std::to_string(r.step) + " of " + std::to_string(r.steps);
        switch (r.what) {
        case BridgeStep::What::finished:
            return {Level::notice,
                    "foneBRIDGE points here, after " + std::to_string(r.steps) + " steps",
                    "bridge"};
        case BridgeStep::What::lost_reply:
            return {Level::warning,
                    "foneBRIDGE: no reply to " + step + ", attempt " + std::to_string(r.attempt),
                    "bridge"};
        case BridgeStep::What::refused:
            return {Level::warning,
                    "foneBRIDGE refused " + step + " with status " + std::to_string(r.status),
                    "bridge"};
        case BridgeStep::What::given_up:
            return {Level::error, "foneBRIDGE: given up at " + step, "bridge"};
        case BridgeStep::What::sent:
        case BridgeStep::What::confirmed:
            break;
        }
        return {Level::info, "foneBRIDGE: " + step, "bridge"};
    }
    ReportLine operator()(const StandbyChanged& r) const {
        const auto progress = name_of(r.to,
                                      words("requested",
                                            "accepted",
                                            "released",
                                            "taken over",
                                            "finished",
                                            "refused",
                                            "timed out"));
        const bool bad = r.to == StandbyProgress::refused || r.to == StandbyProgress::timed_out;
        return {bad ? Level::warning : Level::notice,
                "standby of " + scope_name(r.scope) +
                    (r.initiated_here ? " from here: " : " of the peer: ") + text(progress),
                "standby"};
    }
    ReportLine operator()(const OwnershipConflict& r) const {
        return {r.conflict ? Level::error : Level::notice,
                r.conflict ? "both nodes say that they own the " + scope_name(r.scope) + " groups"
                           : std::string{"the nodes agree again on who owns what"},
                "conflict"};
    }
    ReportLine operator()(const BadPackets& r) const {
        return {Level::warning,
                "refused " + std::to_string(r.count) + " packet(s) on " + link(r.link) + ": " +
                    text(word(r.kind)) +
                    (r.claimed_node.empty() ? std::string{} : ", claims to be " + r.claimed_node),
                "bad-packets"};
    }
    ReportLine operator()(const MessagesLost& r) const {
        return {
            Level::info, "lost " + std::to_string(r.count) + " message(s) of " + r.node, "loss"};
    }
    ReportLine operator()(const FencingReport& r) const {
        const bool bad = r.result == FencingReport::Result::failed;
        return {bad ? Level::error : Level::info,
                "fencing of " + r.node + ": " +
                    text(name_of(r.result,
                                 words("none configured", "requested", "confirmed", "failed"))),
                "fencing"};
    }
    ReportLine operator()(const NodeSlept& r) const {
        return {Level::warning, "this node did not run for " + seconds(r.slept), "slept"};
    }
    ReportLine operator()(const PolicyDecision& r) const {
        std::string line =
            "rule " +
            text(name_of(r.rule,
                         words("carrier",
                               "ping tie-break",
                               "woke up",
                               "returned",
                               "start failure",
                               "stop failure",
                               "daemon death"))) +
            ": " +
            text(name_of(
                r.decision,
                words("keeps", "takes nothing", "releases", "waits", "tries again", "settled")));
        if (r.delay > Duration::zero()) {
            line += ", " + seconds(r.delay);
        }
        return {Level::notice, line, "rule"};
    }
    ReportLine operator()(const KeysReloaded& r) const {
        return {Level::notice,
                "new keys are in force; sends with key " + std::to_string(r.sending_index),
                "keys"};
    }
    ReportLine operator()(const ViewAgreed& r) const {
        std::string line = "agreed on plan " + std::to_string(r.epoch) + " of";
        for (const std::string& member : r.members) {
            line += ' ' + member;
        }
        return {Level::notice, line, "view"};
    }
    ReportLine operator()(const ClusterNotice& r) const {
        std::string line = r.begins ? "" : "over: ";
        line += text(name_of(r.kind,
                             words("no quorum, nothing is held here",
                                   "no tie-breaker, the other node may run everything, too",
                                   "every eligible node is full",
                                   "no node may run the group",
                                   "nodes or groups are not the same as here",
                                   "speaks the two-node protocol")));
        if (!r.subject.empty()) {
            line += ": " + r.subject;
        }
        return {r.begins ? Level::warning : Level::notice, line, "cluster"};
    }
};

}  // namespace

ReportLine describe(const ReportBody& report, const NodeFiles& files) {
    return std::visit(Describer{files}, report);
}

std::string_view word(PeerState state) {
    return name_of(state, words("unknown", "up", "late", "dead"));
}

std::string_view word(GroupRole role) {
    return name_of(role, words("standby", "takeover", "active", "release", "fault"));
}

std::string_view word(NodePhase phase) {
    return name_of(phase, words("init", "up", "active", "stopping", "stopped"));
}

std::string_view word(ResourceState state) {
    return name_of(state,
                   words("stopped", "checking", "starting", "running", "stopping", "failed"));
}

std::string_view word(BadPacketKind kind) {
    return name_of(kind,
                   words("malformed",
                         "bad digest",
                         "unknown method",
                         "unknown node",
                         "replayed",
                         "reflected",
                         "missing field",
                         "compressed"));
}

std::string seconds(Duration duration) {
    std::array<char, 32> out{};
    std::snprintf(out.data(), out.size(), "%.3f s", static_cast<double>(duration.count()) / 1e9);
    return out.data();
}

std::string link_name(const LinkConfig& config) {
    std::string out{
        name_of(config.kind, words("bcast", "ucast", "mcast", "ucast6", "mcast6", "serial"))};
    out += ' ' + config.device;
    if (!config.address.empty()) {
        out += ' ' + config.address;
    }
    return out;
}

}  // namespace linux_host
