// SPDX-License-Identifier: GPL-2.0-or-later
// Source fix-up: packets towards the networks of a virtual address shall leave with that address as
// their source. Pure planning on route tables as values; the manager of resources asks for the
// table and issues the replacements.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cluster/config.hpp"
#include "cluster/event.hpp"

namespace cluster {

/// One route and the source it had before. `before` empty = none stood there.
struct RouteChange {
    Route route;  ///< with the new source
    std::string before;
    bool operator==(const RouteChange&) const = default;
};

struct RouteFixupPlan {
    /// To replace, in table order.
    std::vector<RouteChange> changes;
    /// Routes that already prefer the virtual address (left behind by a crash): nothing to do now,
    /// but to be undone, or the kernel deletes them together with the address. Their earlier source
    /// is not known: `before` is empty, the kernel then chooses the interface's first address.
    std::vector<RouteChange> already;
    [[nodiscard]] bool empty() const noexcept { return changes.empty() && already.empty(); }
};

/// Which routes get which virtual address as source:
/// - the connected routes (no gateway) that contain the address, on its interface if it names one,
/// and
/// - every route, default included, whose gateway lies in such a network on the same interface.
/// `networks` not empty: only routes with one of these destinations ("default" or a prefix).
/// Two addresses in one network: the first one counts. Metric, protocol and scope stay as they are.
[[nodiscard]] RouteFixupPlan plan_route_fixup(std::span<const Route> routes,
                                              std::span<const AddressSpec> addresses,
                                              std::span<const std::string> networks = {});

/// The replacements that undo `applied` on the present table, last change first. A route that has
/// vanished, or whose source somebody else has changed since, is left alone.
[[nodiscard]] std::vector<Route> plan_route_undo(std::span<const Route> routes,
                                                 std::span<const RouteChange> applied);

/// Same destination, gateway, interface and metric: what a replacement is matched by.
[[nodiscard]] bool same_route(const Route& a, const Route& b) noexcept;

}  // namespace cluster
