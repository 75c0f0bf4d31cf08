// SPDX-License-Identifier: GPL-2.0-or-later
// What the core has to say: typed, never text. Drivers render it (journal, trace record, table
// row). A takeover reads in at most 15 of these. Nothing here is sent per packet.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "cluster/event.hpp"
#include "cluster/ids.hpp"
#include "cluster/time.hpp"

namespace cluster {

/// `late` = silent longer than warntime on every link; `dead` = longer than the dt it announced (or
/// initdead).
enum class PeerState : std::uint8_t { unknown, up, late, dead };

/// Role of this node for one group. The diagram stands in src/node/role_table.hpp.
enum class GroupRole : std::uint8_t { standby, takeover, active, release, fault };

/// Own membership state as announced in `st`.
enum class NodePhase : std::uint8_t { init, up, active, stopping, stopped };

enum class PeerChangeReason : std::uint8_t {
    heard,
    silent,
    shutdown,
    restarted,
    returned_after_partition,
    zero_dt
};

struct PeerStateChanged {
    std::string node;
    PeerState from = PeerState::unknown;
    PeerState to = PeerState::unknown;
    PeerChangeReason reason = PeerChangeReason::heard;
    Duration silent_for{};  ///< time since its last accepted status
};

/// Liveness of one link to one peer.
struct PeerLinkChanged {
    std::string node;
    LinkId link{};
    bool up = false;
};

struct PingTargetChanged {
    std::string target;
    bool up = false;
};

struct LateHeartbeat {
    std::string node;
    Duration interval{};
};

struct NodePhaseChanged {
    NodePhase from = NodePhase::init;
    NodePhase to = NodePhase::init;
};

/// Why a group changes hands; also the "decide" milestone of a takeover (reason != initial start).
enum class TakeoverReason : std::uint8_t {
    cold_start,
    peer_dead,
    peer_shutdown,
    peer_standby,
    peer_request,
    failback,
    lone_start,
    operator_command,
    start_retry  ///< it did not start before, and nobody else can take it
};

struct GroupRoleChanged {
    GroupId group{};
    GroupRole from = GroupRole::standby;
    GroupRole to = GroupRole::standby;
    TakeoverReason reason = TakeoverReason::cold_start;
};

enum class ResourceState : std::uint8_t { stopped, checking, starting, running, stopping, failed };

struct ResourceStateChanged {
    ResourceId resource;
    ResourceState to = ResourceState::stopped;
    int code = 0;  ///< exit status or errno when failed
};

/// Progress of the bridge switch; `step` counts from 1 to `steps`.
struct BridgeStep {
    int step = 0;
    int steps = 0;
    int attempt = 1;
    enum class What : std::uint8_t {
        sent,
        confirmed,
        lost_reply,
        refused,
        given_up,
        finished
    } what = What::sent;
    int status = 0;  ///< status byte of the reply when refused
};

enum class StandbyProgress : std::uint8_t {
    requested,
    accepted,
    released,
    taken,
    finished,
    refused,
    timed_out
};

struct StandbyChanged {
    StandbyProgress to = StandbyProgress::requested;
    ResourceScope scope = ResourceScope::all;
    bool initiated_here = false;
};

/// "Both machines own …": the hold bits of both sides contradict.
struct OwnershipConflict {
    ResourceScope scope = ResourceScope::local;
    bool conflict = true;  ///< false: it is over
};

/// One per kind, link and claimed sender; repeated at most once a minute with the count so far.
enum class BadPacketKind : std::uint8_t {
    malformed,
    bad_digest,
    unknown_method,
    unknown_node,
    replayed,
    reflected,
    missing_field,
    compressed
};

struct BadPackets {
    BadPacketKind kind = BadPacketKind::malformed;
    LinkId link{};
    std::string claimed_node;  ///< cut to 64 bytes; empty when unknown
    std::uint64_t count = 1;
};

struct MessagesLost {
    std::string node;
    std::uint64_t count = 0;
};

struct FencingReport {
    std::string node;
    enum class Result : std::uint8_t {
        none_configured,
        requested,
        confirmed,
        failed
    } result = Result::none_configured;
};

/// The node itself was not scheduled for longer than its own deadtime.
struct NodeSlept {
    Duration slept{};
};

/// A rule of ours that heartbeat 3.0.6 does not have decided something. These lines are the rules'
/// cost and benefit: "keeps" saved an outage or risked one, "takes_nothing" prolonged one.
struct PolicyDecision {
    enum class Rule : std::uint8_t {
        carrier,         ///< no carrier on any heartbeat path of this node
        ping_tie_break,  ///< the peer is silent and no ping target answers
        woke_up,         ///< this node was not scheduled for longer than its deadtime
        returned,        ///< a peer declared dead is back, and both sides compare what they hold
        start_failure,   ///< a group does not start, and nobody else can take it
        stop_failure,    ///< a group does not stop, so it is not handed over
        daemon_death,    ///< a life that gives away what a dead daemon left running
        bridge_stream,   ///< the bridge no longer sends to this owner, though the cable is fine
    } rule = Rule::carrier;
    enum class Decision : std::uint8_t {
        keeps,          ///< what runs here goes on
        takes_nothing,  ///< although the peer is silent
        releases,       ///< the peer serves, or will
        waits,          ///< until something is known; `delay` at most
        retries,        ///< after `delay`
        settled,        ///< the rule no longer applies
        points,         ///< the bridge, to this node, again
        leaves,         ///< the bridge as it is: the silent peer may have taken it
    } decision = Decision::keeps;
    Duration delay{};
};

/// authkeys was read again and is in force.
struct KeysReloaded {
    int sending_index = 0;
};

/// Native dialect: all members of a plan have accepted it.
struct ViewAgreed {
    std::uint64_t epoch = 0;
    std::vector<std::string> members;
};

/// Native dialect: something an operator should know, and that lasts. One when it begins, one when
/// it is over.
struct ClusterNotice {
    enum class Kind : std::uint8_t {
        no_quorum,              ///< this side takes nothing and holds nothing
        split_unsafe,           ///< two nodes, no tie-breaker: both may run everything
        spares_exhausted,       ///< every eligible node has as many groups as it may have
        no_eligible_node,       ///< nobody may run the group
        configuration_differs,  ///< the node's groups or nodes are not ours: it is no member
        mixed_cluster,          ///< a node speaks R1 among more than two: it is no member
    } kind = Kind::no_quorum;
    std::string subject;  ///< group (first word) or node; empty: the cluster
    bool begins = true;
};

using ReportBody = std::variant<PeerStateChanged,
                                PeerLinkChanged,
                                PingTargetChanged,
                                LateHeartbeat,
                                NodePhaseChanged,
                                GroupRoleChanged,
                                ResourceStateChanged,
                                BridgeStep,
                                StandbyChanged,
                                OwnershipConflict,
                                BadPackets,
                                MessagesLost,
                                FencingReport,
                                NodeSlept,
                                PolicyDecision,
                                KeysReloaded,
                                ViewAgreed,
                                ClusterNotice>;

}  // namespace cluster
