// SPDX-License-Identifier: GPL-2.0-or-later
// understudy.json as a value: what heartbeat's files have no word for. Optional; every default is
// stated here. The JSON reader is cluster-core/settings (own target), so that the core itself needs
// no JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/time.hpp"

namespace cluster {

/// What carries out one word of haresources.
enum class BindingKind : std::uint8_t {
    address,         ///< IPaddr, IPaddr2, bare address: built in
    source_address,  ///< IPsrcaddr: built in, the source fix-up of the default route
    script,          ///< resource.d / init.d script, exactly as heartbeat would call it
    bridge_switch,   ///< the foneBRIDGE re-pointed by our core (redfone.conf of the node)
    source_fixup,    ///< routes of the listed networks prefer the group's virtual addresses
    systemd_unit,
    ocf_agent,
};

/// Time-outs of one bound word. Zero = no limit (heartbeat's own behaviour for start and stop of
/// scripts).
struct AgentTimeouts {
    Duration start = std::chrono::seconds{0};
    Duration stop = std::chrono::seconds{0};
    Duration status = std::chrono::seconds{0};
    bool operator==(const AgentTimeouts&) const = default;
};

struct BindingSettings {
    BindingKind kind = BindingKind::script;
    std::string name;  ///< unit name, or OCF "class:provider:type"; else empty
    std::map<std::string, std::string> parameters;
    std::vector<std::string>
        networks;  ///< source_fixup: prefixes; empty = every connected network of the group's
                   ///< addresses, and the routes (default included) through a gateway there
    AgentTimeouts timeouts;
    bool operator==(const BindingSettings&) const = default;
};

/// How often, and how long apart, an acquired address is announced.
/// Defaults: 5 frames, 200 ms (Linux-HA IPaddr2, facts/heartbeat.md §4.4: count 5, interval 200
/// ms).
struct AnnounceSettings {
    int count = 5;
    Duration interval = std::chrono::milliseconds{200};
    bool operator==(const AnnounceSettings&) const = default;
};

/// foneBRIDGE control exchange. Reply wait 10 s is fonulator's; ours is shorter and retries (see
/// bridge/).
struct BridgeSettings {
    Duration reply_timeout = std::chrono::milliseconds{500};
    int attempts = 3;  ///< sends of one step before the switch is given up
    /// The owner points the bridge here again when its stream has ceased (docs/ownership.md).
    bool watch = true;
    bool operator==(const BridgeSettings&) const = default;
};

enum class StartFailurePolicy : std::uint8_t {
    move,       ///< give the group to the peer; if it failed there too, or nobody is there, try
                ///< again (ours)
    heartbeat,  ///< heartbeat 3.0.6: 30 s, then standby with its bug (profile only)
};

/// docs/native-protocol.md §7. More than two nodes speak native, whatever stands here.
enum class Dialect : std::uint8_t {
    automatic,  ///< two nodes: R1, so that a real heartbeat can be the other one
    native,     ///< native from the start: every node of the cluster must be ours
};

/// What gives half of the votes the majority (docs/native-protocol.md §5.3).
enum class TieBreak : std::uint8_t {
    automatic,   ///< two nodes: the ping targets of ha.cf, if any; else both run
    none,        ///< two nodes without contact both run, and say so
    ping,        ///< the half that reaches a ping target
    first_node,  ///< the half with the first member
};

/// Rules of the native dialect. All figures without a source are assumed.
struct NativeSettings {
    Dialect dialect = Dialect::automatic;
    TieBreak tie_break = TieBreak::automatic;
    /// Order in which nodes are chosen after the home of a group (P2), for all groups and for the
    /// group with that first word. Nodes that are not named follow in their usual order.
    std::vector<std::string> order;
    std::map<std::string, std::vector<std::string>> group_order;
    int capacity = 0;  ///< groups per node; 0: no limit
    /// So long a home must be eligible before its group moves back to it (P5).
    Duration preempt_delay = std::chrono::seconds{5};
    /// A failure here is forgotten after this (P7).
    Duration failure_timeout = std::chrono::minutes{10};
    /// Shortest distance of beats sent for a change (N1). Not in understudy.json: nobody has a
    /// reason to change it, but the explorer of the rules, whose time stands still.
    Duration spacing = std::chrono::milliseconds{2};
    bool operator==(const NativeSettings&) const = default;
};

struct Settings {
    std::map<std::string, BindingSettings> bindings;  ///< key: the script word, e.g. "fonulator"
    AnnounceSettings announce;
    BridgeSettings bridge;
    StartFailurePolicy start_failure = StartFailurePolicy::move;
    /// A group that starts nowhere is tried again after this, then after twice as long, … [assumed:
    /// what fails for a moment has recovered, and a script that always fails costs little]. Zero:
    /// it stays down.
    Duration start_retry_delay = std::chrono::seconds{10};
    Duration start_retry_max = std::chrono::seconds{60};
    int stop_attempts = 10;  ///< then escalate; heartbeat's figure
    Duration stop_retry_delay = std::chrono::seconds{1};
    /// One run of a script's stop that has no limit of its own [assumed: twice what the slowest
    /// init script of a telephone system takes]. Zero: no limit, as heartbeat.
    Duration stop_timeout = std::chrono::seconds{20};
    /// All attempts to stop one member; none begins after it. Zero: no limit.
    Duration stop_deadline = std::chrono::seconds{60};
    bool carrier_policy = true;  ///< docs/ownership.md; off = carrier is ignored
    /// With ipfail configured: a silent peer and no ping target that answers = nothing is taken or
    /// kept.
    bool ping_tie_break = true;
    NativeSettings native;
    bool operator==(const Settings&) const = default;

    /// What heartbeat 3.0.6 makes of it: every rule of ours off, and every word runs its script,
    /// the addresses included.
    [[nodiscard]] Settings as_heartbeat_3_0_6() const;
};

}  // namespace cluster
