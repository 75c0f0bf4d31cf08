// SPDX-License-Identifier: GPL-2.0-or-later
#include "view.hpp"

namespace cluster {

Quorum quorum(const wire::NodeSet& acting, const wire::NodeSet& members, const TieBreakers& ties) {
    const std::size_t votes = 2 * (acting & members).size();
    const std::size_t all = members.size();
    if (votes != all) {
        return votes > all ? Quorum::yes : Quorum::no;
    }
    const bool pair = all <= 2;
    const bool by_ping =
        ties.rule == TieBreak::ping || (pair && ties.rule == TieBreak::automatic && ties.pings);
    if (pair && ties.fencing) {
        return Quorum::yes;
    }
    if (by_ping && ties.pings && ties.pings_counted) {
        return (acting & ties.reach_ping).empty() ? Quorum::no : Quorum::yes;
    }
    if (ties.rule == TieBreak::first_node || !pair) {
        return acting.has(members.first()) ? Quorum::yes : Quorum::no;
    }
    return Quorum::unsafe;
}

}  // namespace cluster
