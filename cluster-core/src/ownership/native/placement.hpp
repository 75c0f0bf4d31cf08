// SPDX-License-Identifier: GPL-2.0-or-later
// Who should run each group: docs/native-protocol.md §6, as a pure function of what the beats of
// the members say. Decides nothing about when.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/config.hpp"
#include "cluster/wire/native_fields.hpp"

namespace cluster {

/// P2, worked out once from the configuration: node indexes in the order in which they are chosen.
struct PlacementOrder {
    std::vector<std::vector<std::uint32_t>> by_group;
    std::vector<std::uint32_t> home;  ///< by group
    std::vector<bool> spare;          ///< by node: nobody's home
};
[[nodiscard]] PlacementOrder make_order(const HaConfig&, const HaResources&, const NativeSettings&);

/// Ranks the holders of one group (N16): true when `a` is higher than `b`.
struct Holder {
    std::uint32_t node = 0;
    std::uint64_t epoch = 0;
};
[[nodiscard]] bool
outranks(const PlacementOrder&, bool failback, std::size_t group, Holder a, Holder b);

struct PlacementInput {
    const PlacementOrder* order = nullptr;
    bool failback = false;       ///< auto_failback on or legacy
    std::uint32_t capacity = 0;  ///< groups per node; 0: no limit
    wire::NodeSet members;
    /// By node; null: never heard. Those of members are not null.
    std::vector<const wire::NativeState*> states;
    const wire::Plan* present = nullptr;  ///< the accepted plan, if any
    /// By group: a node alive outside the members owns it, or it cannot be told.
    std::vector<bool> owned_outside;
    /// By group: its home has been fit without a break for preempt_delay, and the plan is settled.
    std::vector<bool> may_preempt;
};

enum class Unplaced : std::uint8_t { placed, owned_outside, spares_exhausted, no_eligible_node };

struct Placement {
    std::vector<std::int32_t> owners;
    std::vector<Unplaced> why;
};

/// P1, apart from `capacity`.
[[nodiscard]] bool eligible(const wire::NativeState& state, std::size_t group);
[[nodiscard]] Placement place(const PlacementInput& input);

}  // namespace cluster
