// SPDX-License-Identifier: GPL-2.0-or-later
// Strong identifiers. All are small indexes that the core hands out; none has a meaning outside one
// ClusterNode.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace cluster {

/// Index into HaConfig::links (one entry per medium *and* interface).
enum class LinkId : std::uint16_t {};

/// Index into HaConfig::ping_targets.
enum class PingTargetId : std::uint16_t {};

/// Index into the list of resource groups (lines of haresources after joining, in file order).
enum class GroupId : std::uint16_t {};

/// One word of a group: (group, position from the left).
struct ResourceId {
    GroupId group{};
    std::uint16_t position{};
    auto operator<=>(const ResourceId&) const = default;
};

/// Unique per ClusterNode life, strictly increasing. 0 is never used.
enum class ActionId : std::uint64_t {};

/// Node identity as on the wire: 16 raw bytes in RFC 4122 order.
struct Uuid {
    std::array<std::byte, 16> bytes{};
    auto operator<=>(const Uuid&) const = default;
};

}  // namespace cluster
