// SPDX-License-Identifier: GPL-2.0-or-later
// Who may go on: docs/native-protocol.md §5.3, as a pure function.
#pragma once

#include "cluster/settings.hpp"
#include "cluster/wire/native_fields.hpp"

namespace cluster {

enum class Quorum : std::uint8_t {
    no,
    yes,
    unsafe,  ///< half of two without anything to break the tie: the other half may go on, too
};

/// What breaks a tie, as far as it is known here.
struct TieBreakers {
    TieBreak rule = TieBreak::automatic;
    bool fencing = false;        ///< a device is configured; it fences before anything is taken
    bool pings = false;          ///< ping targets are configured
    bool pings_counted = false;  ///< a member reached one when all members last heard each other
    wire::NodeSet reach_ping;    ///< nodes that reach one now
};

/// `acting`: the nodes that act together, and those that said goodbye to one of them.
[[nodiscard]] Quorum
quorum(const wire::NodeSet& acting, const wire::NodeSet& members, const TieBreakers& ties);

[[nodiscard]] inline bool goes_on(Quorum quorum) noexcept {
    return quorum != Quorum::no;
}

}  // namespace cluster
