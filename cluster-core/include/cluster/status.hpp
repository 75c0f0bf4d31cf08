// SPDX-License-Identifier: GPL-2.0-or-later
// Read-only view of a ClusterNode for status commands, checkers and tests.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "cluster/report.hpp"

namespace cluster {

struct PeerStatus {
    std::string node;
    PeerState state = PeerState::unknown;
    std::string announced_status;  ///< its `st`: init, up, active, dead; cut to 32 bytes
    Duration announced_dt{};
    Instant last_status{};
    std::uint64_t generation = 0;
    std::uint64_t missing = 0;   ///< sequence numbers asked for and not received
    std::vector<bool> links_up;  ///< by LinkId
};

struct GroupStatus {
    GroupId group{};
    std::string key;  ///< first word of the group
    std::string preferred_node;
    GroupRole role = GroupRole::standby;
    std::vector<ResourceState> resources;  ///< left to right
};

/// Native dialect; epoch 0 everywhere: not agreed on anything yet.
struct NativeStatus {
    std::uint64_t dialect =
        0;                   ///< epoch in force; 0: R1 is spoken, and nothing below has a meaning
    std::uint64_t plan = 0;  ///< epoch of the accepted plan
    std::vector<std::string> members;  ///< of it
    std::vector<std::string> owners;   ///< by group; empty: nobody
    bool agreed = false;               ///< all members have accepted it
    bool quorum = false;               ///< this node may hold groups
};

struct Counters {
    std::uint64_t received = 0;  ///< datagrams given to handle()
    std::uint64_t accepted = 0;  ///< verified and processed, duplicates on other links included
    std::uint64_t duplicates = 0;
    std::uint64_t sent = 0;
    std::uint64_t retransmitted = 0;
    std::array<std::uint64_t, 8> bad{};  ///< by BadPacketKind
};

struct NodeStatus {
    std::string node;
    NodePhase phase = NodePhase::init;
    std::uint64_t generation = 0;
    bool stable = false;  ///< R1: own resource transition completed
    bool holds_local = false;
    bool holds_foreign = false;
    std::vector<PeerStatus> peers;
    std::vector<GroupStatus> groups;
    std::vector<bool> ping_targets_up;
    Counters counters;
    NativeStatus native;
};

}  // namespace cluster
