// SPDX-License-Identifier: GPL-2.0-or-later
#include "role_table.hpp"

#include "cluster/check.hpp"

namespace cluster {

bool RoleTable::legal(GroupRole from, GroupRole to) noexcept {
    switch (from) {
    case GroupRole::standby:
        return to == GroupRole::takeover || to == GroupRole::release;
    case GroupRole::takeover:
        return to == GroupRole::active || to == GroupRole::release || to == GroupRole::fault;
    case GroupRole::active:
        return to == GroupRole::release;
    case GroupRole::release:
        return to == GroupRole::standby || to == GroupRole::takeover || to == GroupRole::fault;
    case GroupRole::fault:
        return to == GroupRole::standby || to == GroupRole::takeover || to == GroupRole::release;
    }
    return false;
}

void RoleTable::change(GroupId group, GroupRole to, TakeoverReason reason) {
    GroupRole& role = m_roles.at(static_cast<std::size_t>(group));
    CLUSTER_CHECK(legal(role, to));
    const GroupRole from = role;
    role = to;
    m_context.report(GroupRoleChanged{group, from, to, reason});
}

}  // namespace cluster
