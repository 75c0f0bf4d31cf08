// SPDX-License-Identifier: GPL-2.0-or-later
// Starting, stopping and moving of groups, and what their outcomes mean for the roles.
#include <algorithm>

#include "ownership_r1.hpp"

namespace cluster {

bool OwnershipR1::is_local(GroupId id) const {
    return m_context.options.files.resources.groups[static_cast<std::size_t>(id)].node ==
           m_context.options.name;
}

bool OwnershipR1::in_scope(GroupId id, ResourceScope scope) const {
    return scope == ResourceScope::all || is_local(id) == (scope == ResourceScope::local);
}

bool OwnershipR1::any_in(ResourceScope scope, GroupRole role) const {
    bool found = false;
    each_group(
        [&](GroupId id) { found = found || (in_scope(id, scope) && m_roles.role(id) == role); });
    return found;
}

/// Something of the scope may still run here.
bool OwnershipR1::any_up(ResourceScope scope) const {
    bool found = false;
    each_group(
        [&](GroupId id) { found = found || (in_scope(id, scope) && m_resources.any_running(id)); });
    return found;
}

void OwnershipR1::hold(ResourceScope scope, bool held) {
    if (scope != ResourceScope::foreign) {
        m_hold.local = held;
    }
    if (scope != ResourceScope::local) {
        m_hold.foreign = held;
        m_foreign_by_death = m_foreign_by_death && held;
    }
}

void OwnershipR1::start(ResourceScope scope, TakeoverReason reason) {
    each_group([&](GroupId id) {
        if (in_scope(id, scope)) {
            start_one(id, reason);
        }
    });
}

void OwnershipR1::start_held(TakeoverReason reason) {
    if (m_hold.local) {
        start(ResourceScope::local, reason);
    }
    if (m_hold.foreign) {
        start(ResourceScope::foreign, reason);
    }
}

void OwnershipR1::stop(ResourceScope scope, TakeoverReason reason) {
    each_group([&](GroupId id) {
        if (in_scope(id, scope)) {
            stop_one(id, reason);
        }
    });
}

void OwnershipR1::start_one(GroupId id, TakeoverReason reason) {
    const GroupRole role = m_roles.role(id);
    if (role == GroupRole::takeover || role == GroupRole::active) {
        return;
    }
    group(id).asked.reset();
    group(id).retry_at.reset();
    group(id).left_over = false;
    m_roles.change(id, GroupRole::takeover, reason);
    m_resources.start_group(m_context.now, id, *m_context.out);
}

void OwnershipR1::stop_one(GroupId id, TakeoverReason reason) {
    const GroupRole role = m_roles.role(id);
    group(id).taken_by_death = false;
    group(id).asked.reset();
    if (role == GroupRole::standby || role == GroupRole::release) {
        return;
    }
    if (role == GroupRole::fault && !m_resources.any_running(id)) {
        return;  // already down; it stays `fault` until somebody runs it
    }
    m_roles.change(id, GroupRole::release, reason);
    m_resources.stop_group(m_context.now, id, *m_context.out);
}

void OwnershipR1::on_outcome(const GroupOutcome& outcome) {
    const GroupId id = outcome.group;
    const GroupRole role = m_roles.role(id);
    switch (outcome.kind) {
    case GroupOutcome::Kind::started:
        if (role == GroupRole::takeover) {
            m_roles.change(id, GroupRole::active, TakeoverReason::cold_start);
            group(id).failed_here = false;
            group(id).retry_delay = {};
        }
        break;
    case GroupOutcome::Kind::stopped:
        if (role == GroupRole::release) {
            m_roles.change(id, GroupRole::standby, TakeoverReason::cold_start);
        }
        break;
    case GroupOutcome::Kind::start_failed:
        if (role == GroupRole::takeover) {
            m_roles.change(id, GroupRole::fault, TakeoverReason::cold_start);
            on_start_failed(id);
        } else if (role == GroupRole::release) {
            m_roles.change(id,
                           GroupRole::standby,
                           TakeoverReason::cold_start);  // failed before it was to stop: down
        }
        break;
    case GroupOutcome::Kind::stop_failed:
        if (role == GroupRole::release) {
            m_roles.change(id, GroupRole::fault, TakeoverReason::cold_start);
            if (m_context.quirks().reboot_on_stop_failure) {
                m_left = true;
                m_context.issue(LeaveCluster{LeaveCluster::Then::reboot});
            } else if (giving() && in_scope(id, m_scope)) {
                decide(PolicyDecision::Rule::stop_failure, PolicyDecision::Decision::keeps);
                abort_give();
            } else if (group(id).answer_due) {
                keep_requested(id);
            }
        }
        break;
    }
}

void OwnershipR1::on_start_failed(GroupId id) {
    group(id).failed_here = true;
    if (m_context.options.files.settings.start_failure == StartFailurePolicy::heartbeat) {
        m_timers.arm_once(Timer::failed_move, m_context.now + failed_move_delay);
    }
}

/// A group that does not start here goes to the peer, unless it failed there too. R1 moves whole
/// scopes, so its neighbours move with it.
void OwnershipR1::move_failed() {
    const bool possible =
        m_context.options.files.settings.start_failure == StartFailurePolicy::move &&
        can_exchange() && m_state == State::stable && other_ready() && m_standby == Standby::none &&
        m_membership.any_alive();
    if (!possible) {
        return;
    }
    for (std::size_t i = 0; i < m_groups.size(); ++i) {
        const GroupId id{static_cast<std::uint16_t>(i)};
        if (start_failed_here(id) && !group(id).failed_at_peer) {
            begin_standby(is_local(id) ? ResourceScope::local : ResourceScope::foreign, false);
            return;
        }
    }
}

}  // namespace cluster
