// SPDX-License-Identifier: GPL-2.0-or-later
#include "report_records.hpp"

#include <array>
#include <string>

namespace models {
namespace {

namespace c = cluster;

template <std::size_t N, class E>
constexpr std::string_view pick(const std::array<std::string_view, N>& names, E value) {
    const auto index = static_cast<std::size_t>(value);
    return index < N ? names[index] : std::string_view{"?"};
}

constexpr std::array<std::string_view, 4> peer_states{"unknown", "up", "late", "dead"};
constexpr std::array<std::string_view, 6> peer_reasons{
    "heard", "silent", "shutdown", "restarted", "returned-after-partition", "zero-dt"};
constexpr std::array<std::string_view, 5> roles{
    "standby", "takeover", "active", "release", "fault"};
constexpr std::array<std::string_view, 5> phases{"init", "up", "active", "stopping", "stopped"};
constexpr std::array<std::string_view, 9> takeover_reasons{"cold-start",
                                                           "peer-dead",
                                                           "peer-shutdown",
                                                           "peer-standby",
                                                           "peer-request",
                                                           "failback",
                                                           "lone-start",
                                                           "operator-command",
                                                           "start-retry"};
constexpr std::array<std::string_view, 8> policy_rules{"carrier",
                                                       "ping-tie-break",
                                                       "woke-up",
                                                       "returned",
                                                       "start-failure",
                                                       "stop-failure",
                                                       "daemon-death",
                                                       "bridge-stream"};
constexpr std::array<std::string_view, 8> policy_decisions{
    "keeps", "takes-nothing", "releases", "waits", "retries", "settled", "points", "leaves"};
constexpr std::array<std::string_view, 6> resource_states{
    "stopped", "checking", "starting", "running", "stopping", "failed"};
constexpr std::array<std::string_view, 6> bridge_progress{
    "sent", "confirmed", "lost-reply", "refused", "given-up", "finished"};
constexpr std::array<std::string_view, 7> standby_progress{
    "requested", "accepted", "released", "taken", "finished", "refused", "timed-out"};
constexpr std::array<std::string_view, 3> scopes{"all", "local", "foreign"};
constexpr std::array<std::string_view, 8> bad_kinds{"malformed",
                                                    "bad-digest",
                                                    "unknown-method",
                                                    "unknown-node",
                                                    "replayed",
                                                    "reflected",
                                                    "missing-field",
                                                    "compressed"};
constexpr std::array<std::string_view, 4> fencing_results{
    "none-configured", "requested", "confirmed", "failed"};
constexpr std::array<std::string_view, 6> notice_kinds{"no-quorum",
                                                       "split-unsafe",
                                                       "spares-exhausted",
                                                       "no-eligible-node",
                                                       "configuration-differs",
                                                       "mixed-cluster"};
static_assert(static_cast<std::size_t>(c::ClusterNotice::Kind::mixed_cluster) + 1 ==
              notice_kinds.size());
static_assert(static_cast<std::size_t>(c::PeerState::dead) + 1 == peer_states.size());
static_assert(static_cast<std::size_t>(c::PeerChangeReason::zero_dt) + 1 == peer_reasons.size());
static_assert(static_cast<std::size_t>(c::GroupRole::fault) + 1 == roles.size());
static_assert(static_cast<std::size_t>(c::NodePhase::stopped) + 1 == phases.size());
static_assert(static_cast<std::size_t>(c::TakeoverReason::start_retry) + 1 ==
              takeover_reasons.size());
static_assert(static_cast<std::size_t>(c::PolicyDecision::Rule::bridge_stream) + 1 ==
              policy_rules.size());
static_assert(static_cast<std::size_t>(c::PolicyDecision::Decision::leaves) + 1 ==
              policy_decisions.size());
static_assert(static_cast<std::size_t>(c::ResourceState::failed) + 1 == resource_states.size());
static_assert(static_cast<std::size_t>(c::BridgeStep::What::finished) + 1 ==
              bridge_progress.size());
static_assert(static_cast<std::size_t>(c::StandbyProgress::timed_out) + 1 ==
              standby_progress.size());
static_assert(static_cast<std::size_t>(c::ResourceScope::foreign) + 1 == scopes.size());
static_assert(static_cast<std::size_t>(c::BadPacketKind::compressed) + 1 == bad_kinds.size());
static_assert(static_cast<std::size_t>(c::FencingReport::Result::failed) + 1 ==
              fencing_results.size());

template <class T>
std::int64_t number(T value) {
    return static_cast<std::int64_t>(value);
}

struct Writer {
    Recorder& recorder;
    RecordId cause;
    std::string_view subject;
    const c::NodeFiles& files;

    RecordId write(std::string_view kind, std::initializer_list<TraceField> fields) const {
        return recorder.record_caused_by(cause, kind, subject, fields);
    }

    [[nodiscard]] std::string_view group_key(c::GroupId group) const {
        return word_of(files, {group, 0});
    }

    [[nodiscard]] std::string_view device(c::LinkId link) const {
        const auto index = static_cast<std::size_t>(link);
        return index < files.ha.links.size() ? std::string_view{files.ha.links[index].device}
                                             : std::string_view{};
    }

    RecordId operator()(const c::PeerStateChanged& r) const {
        const RecordId told = write("peer.state",
                                    {{"peer", std::string_view{r.node}},
                                     {"from", pick(peer_states, r.from)},
                                     {"to", pick(peer_states, r.to)},
                                     {"reason", pick(peer_reasons, r.reason)},
                                     {"silent_ns", number(r.silent_for.count())}});
        if (r.to != c::PeerState::dead) {
            return told;
        }
        return write(
            "ms.detect",
            {{"peer", std::string_view{r.node}}, {"reason", pick(peer_reasons, r.reason)}});
    }
    RecordId operator()(const c::PeerLinkChanged& r) const {
        return write("peer.link",
                     {{"peer", std::string_view{r.node}},
                      {"device", device(r.link)},
                      {"link", number(r.link)},
                      {"up", r.up}});
    }
    RecordId operator()(const c::PingTargetChanged& r) const {
        return write("ping", {{"target", std::string_view{r.target}}, {"up", r.up}});
    }
    RecordId operator()(const c::LateHeartbeat& r) const {
        return write(
            "late-heartbeat",
            {{"peer", std::string_view{r.node}}, {"interval_ns", number(r.interval.count())}});
    }
    RecordId operator()(const c::NodePhaseChanged& r) const {
        return write("node.phase", {{"from", pick(phases, r.from)}, {"to", pick(phases, r.to)}});
    }
    RecordId operator()(const c::GroupRoleChanged& r) const {
        const std::string_view reason = pick(takeover_reasons, r.reason);
        const RecordId told = write("group.role",
                                    {{"group", group_key(r.group)},
                                     {"from", pick(roles, r.from)},
                                     {"to", pick(roles, r.to)},
                                     {"reason", reason}});
        if (r.to != c::GroupRole::takeover) {
            return told;
        }
        return write("ms.decide", {{"group", group_key(r.group)}, {"reason", reason}});
    }
    RecordId operator()(const c::ResourceStateChanged& r) const {
        return write("resource.state",
                     {{"group", group_key(r.resource.group)},
                      {"word", word_of(files, r.resource)},
                      {"position", number(r.resource.position)},
                      {"to", pick(resource_states, r.to)},
                      {"code", number(r.code)}});
    }
    RecordId operator()(const c::BridgeStep& r) const {
        return write("bridge.step",
                     {{"step", number(r.step)},
                      {"steps", number(r.steps)},
                      {"attempt", number(r.attempt)},
                      {"what", pick(bridge_progress, r.what)},
                      {"status", number(r.status)}});
    }
    RecordId operator()(const c::StandbyChanged& r) const {
        return write("standby",
                     {{"to", pick(standby_progress, r.to)},
                      {"scope", pick(scopes, r.scope)},
                      {"initiated_here", r.initiated_here}});
    }
    RecordId operator()(const c::OwnershipConflict& r) const {
        return write("conflict", {{"scope", pick(scopes, r.scope)}, {"conflict", r.conflict}});
    }
    RecordId operator()(const c::BadPackets& r) const {
        return write("bad-packets",
                     {{"kind", pick(bad_kinds, r.kind)},
                      {"device", device(r.link)},
                      {"claimed", std::string_view{r.claimed_node}},
                      {"count", number(r.count)}});
    }
    RecordId operator()(const c::MessagesLost& r) const {
        return write("messages-lost",
                     {{"peer", std::string_view{r.node}}, {"count", number(r.count)}});
    }
    RecordId operator()(const c::FencingReport& r) const {
        const RecordId told = write(
            "fence",
            {{"peer", std::string_view{r.node}}, {"result", pick(fencing_results, r.result)}});
        if (r.result != c::FencingReport::Result::confirmed) {
            return told;
        }
        return write("ms.fence", {{"peer", std::string_view{r.node}}});
    }
    RecordId operator()(const c::NodeSlept& r) const {
        return write("slept", {{"slept_ns", number(r.slept.count())}});
    }
    RecordId operator()(const c::PolicyDecision& r) const {
        return write("policy",
                     {{"rule", pick(policy_rules, r.rule)},
                      {"decision", pick(policy_decisions, r.decision)},
                      {"delay_ns", number(r.delay.count())}});
    }
    RecordId operator()(const c::KeysReloaded& r) const {
        return write("keys.reloaded", {{"sending_index", number(r.sending_index)}});
    }
    RecordId operator()(const c::ViewAgreed& r) const {
        std::string members;
        for (const std::string& member : r.members) {
            members += members.empty() ? member : ' ' + member;
        }
        return write("view",
                     {{"epoch", static_cast<std::int64_t>(r.epoch)},
                      {"members", std::string_view{members}}});
    }
    RecordId operator()(const c::ClusterNotice& r) const {
        return write("notice",
                     {{"kind", pick(notice_kinds, r.kind)},
                      {"about", std::string_view{r.subject}},
                      {"begins", number(r.begins)}});
    }
};

}  // namespace

RecordId record_report(Recorder& recorder,
                       RecordId cause,
                       std::string_view subject,
                       const cluster::ReportBody& report,
                       const cluster::NodeFiles& files) {
    return std::visit(Writer{recorder, cause, subject, files}, report);
}

std::string_view word_of(const cluster::NodeFiles& files, cluster::ResourceId resource) {
    const auto group = static_cast<std::size_t>(resource.group);
    if (group >= files.resources.groups.size() ||
        resource.position >= files.resources.groups[group].resources.size()) {
        return {};
    }
    return files.resources.groups[group].resources[resource.position].text;
}

}  // namespace models
