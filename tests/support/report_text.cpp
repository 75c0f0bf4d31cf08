// SPDX-License-Identifier: GPL-2.0-or-later
#include "report_text.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace test_support {
namespace {

using namespace cluster;

template <class E, std::size_t n>
std::string name_of(E value, const std::array<const char*, n>& names) {
    const auto index = static_cast<std::size_t>(value);
    return index < n ? names[index] : "?";
}

std::string word(PeerState s) {
    return name_of(s, std::array{"unknown", "up", "late", "dead"});
}
std::string word(NodePhase p) {
    return name_of(p, std::array{"init", "up", "active", "stopping", "stopped"});
}
std::string word(PeerChangeReason r) {
    return name_of(
        r,
        std::array{
            "heard", "silent", "shutdown", "restarted", "returned after partition", "zero dt"});
}
std::string word(TakeoverReason r) {
    return name_of(r,
                   std::array{"cold start",
                              "peer dead",
                              "peer shutdown",
                              "peer standby",
                              "peer request",
                              "failback",
                              "lone start",
                              "operator",
                              "start retry"});
}
std::string word(ResourceState s) {
    return name_of(s,
                   std::array{"stopped", "checking", "starting", "running", "stopping", "failed"});
}
std::string word(ResourceScope s) {
    return name_of(s, std::array{"all", "local", "foreign"});
}
std::string word(StandbyProgress p) {
    return name_of(
        p,
        std::array{
            "requested", "accepted", "released", "taken", "finished", "refused", "timed out"});
}
std::string word(BadPacketKind k) {
    return name_of(k,
                   std::array{"malformed",
                              "bad digest",
                              "unknown method",
                              "unknown node",
                              "replayed",
                              "reflected",
                              "missing field",
                              "compressed"});
}
std::string number(auto id) {
    return std::to_string(static_cast<unsigned>(id));
}

std::string body(const PeerStateChanged& r) {
    return "peer " + r.node + ": " + word(r.from) + " -> " + word(r.to) + " (" + word(r.reason) +
           ", " + seconds(r.silent_for) + " s)";
}
std::string body(const PeerLinkChanged& r) {
    return "link " + number(r.link) + " to " + r.node + (r.up ? " up" : " down");
}
std::string body(const PingTargetChanged& r) {
    return "ping " + r.target + (r.up ? " up" : " down");
}
std::string body(const LateHeartbeat& r) {
    return "late heartbeat of " + r.node + ": " + seconds(r.interval) + " s";
}
std::string body(const NodePhaseChanged& r) {
    return "phase " + word(r.from) + " -> " + word(r.to);
}
std::string body(const GroupRoleChanged& r) {
    return "group " + number(r.group) + ": " + to_text(r.from) + " -> " + to_text(r.to) +
           (r.to == GroupRole::takeover || r.to == GroupRole::release ? " (" + word(r.reason) + ")"
                                                                      : "");
}
std::string body(const ResourceStateChanged& r) {
    return "resource " + number(r.resource.group) + "." + number(r.resource.position) + ": " +
           word(r.to) +
           (r.to == ResourceState::failed ? " (code " + std::to_string(r.code) + ")" : "");
}
std::string body(const BridgeStep& r) {
    return "bridge step " + std::to_string(r.step) + " of " + std::to_string(r.steps);
}
std::string body(const StandbyChanged& r) {
    return std::string{"standby "} + word(r.scope) +
           (r.initiated_here ? " from here: " : " from peer: ") + word(r.to);
}
std::string body(const OwnershipConflict& r) {
    return "conflict over " + word(r.scope) + (r.conflict ? " begins" : " is over");
}
std::string body(const BadPackets& r) {
    return "bad packets: " + word(r.kind) + " from '" + r.claimed_node + "' x" +
           std::to_string(r.count);
}
std::string body(const MessagesLost& r) {
    return "lost " + std::to_string(r.count) + " messages of " + r.node;
}
std::string body(const FencingReport& r) {
    return "fencing of " + r.node + ": " +
           name_of(r.result, std::array{"none configured", "requested", "confirmed", "failed"});
}
std::string body(const NodeSlept& r) {
    return "slept " + seconds(r.slept) + " s";
}
std::string body(const PolicyDecision& r) {
    return "rule " +
           name_of(r.rule,
                   std::array{"carrier",
                              "ping tie-break",
                              "woke up",
                              "returned",
                              "start failure",
                              "stop failure",
                              "daemon death",
                              "bridge stream"}) +
           ": " +
           name_of(r.decision,
                   std::array{"keeps",
                              "takes nothing",
                              "releases",
                              "waits",
                              "retries",
                              "settled",
                              "points the bridge",
                              "leaves the bridge"}) +
           (r.delay > Duration{} ? " " + seconds(r.delay) + " s" : "");
}
std::string body(const KeysReloaded& r) {
    return "keys reloaded, sends with " + std::to_string(r.sending_index);
}

std::string body(const ViewAgreed& r) {
    std::string text = "agreed on plan " + std::to_string(r.epoch) + " of";
    for (const std::string& member : r.members) {
        text += ' ' + member;
    }
    return text;
}
std::string body(const ClusterNotice& r) {
    return "notice: " +
           name_of(r.kind,
                   std::array{"no quorum",
                              "split unsafe",
                              "spares exhausted",
                              "no eligible node",
                              "configuration differs",
                              "mixed cluster"}) +
           (r.subject.empty() ? "" : " " + r.subject) + (r.begins ? "" : " is over");
}

bool standard(std::string_view name) {
    for (const std::string_view s :
         {"src", "srcuuid", "destuuid", "seq", "hg", "ts", "ld", "ttl", "auth", "t"}) {
        if (name == s) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string to_text(const cluster::ReportBody& report) {
    return std::visit([](const auto& r) { return body(r); }, report);
}

std::string to_text(cluster::GroupRole role) {
    return name_of(role, std::array{"standby", "takeover", "active", "release", "fault"});
}

std::string own_fields(const cluster::wire::MessageView& message) {
    std::string text{message.get("t").value_or("?")};
    for (const auto& field : message.fields()) {
        if (!standard(field.name)) {
            text += ' ' + std::string{field.name} + '=' + std::string{field.value};
        }
    }
    return text;
}

std::string seconds(cluster::Duration duration) {
    std::array<char, 32> text{};
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    std::snprintf(text.data(),
                  text.size(),
                  "%lld.%03lld",
                  static_cast<long long>(ms / 1000),
                  static_cast<long long>(ms % 1000));
    return text.data();
}

}  // namespace test_support
