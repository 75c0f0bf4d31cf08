// SPDX-License-Identifier: GPL-2.0-or-later
// Groups: when one is started, suspended, resumed and given up (N8, N13 to N22).
#include <algorithm>
#include <utility>

#include "ownership_native.hpp"

namespace cluster {

using wire::FailureReason;

void OwnershipNative::set_hold(std::size_t group, Hold hold) {
    m_own.groups[group].hold = hold;
    m_groups[group].changed = m_context.now;
}

bool OwnershipNative::mine(std::size_t group) const {
    return m_own.plan && m_own.plan->owners[group] == static_cast<std::int32_t>(m_self);
}

bool OwnershipNative::up_elsewhere(std::size_t group) const {
    bool up = false;
    each_known([&](std::size_t n, const Known& known) {
        up = up || (m_own.alive.has(n) && known.state.groups[group].hold == Hold::up);
    });
    return up;
}

// N8
bool OwnershipNative::leased() const {
    NodeSet confirming = NodeSet::only(m_self);
    each_known([&](std::size_t n, const Known& known) {
        if (within(known.confirmed_at, lease())) {
            confirming.insert(n);
        }
    });
    return goes_on(quorum_of(confirming, m_own.agreed.members));
}

// N8, N16 to N18
void OwnershipNative::yield() {
    if (!leased()) {
        suspend_all();
    }
    each_known([&](std::size_t n, const Known& known) {
        if (!m_own.alive.has(n)) {
            return;
        }
        const wire::NativeState& theirs = known.state;
        const wire::PlanId plan = m_own.plan ? m_own.plan->id : wire::PlanId{};
        const bool passed_over = m_own.plan && m_own.plan->members.has(n) &&
                                 theirs.agreed.id > plan && !theirs.agreed.members.has(m_self);
        if (passed_over) {
            suspend_all();
        }
        const bool give_way = !theirs.alive.has(m_self) && proved_deaf(known);
        for (std::size_t g = 0; g < m_groups.size(); ++g) {
            const wire::GroupHold& own = m_own.groups[g];
            const wire::GroupHold& other = theirs.groups[g];
            const bool theirs_up = other.hold == Hold::up || other.hold == Hold::starting;
            if (!wire::owns(own.hold) || own.hold == Hold::unknown || !theirs_up) {
                continue;
            }
            const bool lower = outranks(m_order,
                                        m_failback,
                                        g,
                                        {static_cast<std::uint32_t>(n), other.epoch},
                                        {static_cast<std::uint32_t>(m_self), own.epoch});
            if (own.hold == Hold::releasing ? other.hold == Hold::up : give_way || lower) {
                suspend(g);
            }
        }
    });
}

void OwnershipNative::suspend_all() {
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        suspend(g);
    }
}

/// What is being released goes on with that; its addresses go now.
void OwnershipNative::suspend(std::size_t group) {
    const Hold hold = m_own.groups[group].hold;
    if (hold == Hold::releasing) {
        m_resources.fall_silent(m_context.now, id_of(group), *m_context.out);
        return;
    }
    if (hold != Hold::up && hold != Hold::starting) {
        return;
    }
    set_hold(group, Hold::suspended);
    m_roles.change(id_of(group), GroupRole::release, TakeoverReason::peer_request);
    m_resources.suspend_group(m_context.now, id_of(group), *m_context.out);
}

void OwnershipNative::release(std::size_t group) {
    const GroupId id = id_of(group);
    if (m_roles.role(id) != GroupRole::release) {
        m_roles.change(id,
                       GroupRole::release,
                       m_own.flags.leaving || m_own.flags.standby ? TakeoverReason::operator_command
                                                                  : TakeoverReason::peer_request);
    }
    set_hold(group, Hold::releasing);
    m_resources.stop_group(m_context.now, id, *m_context.out);
}

/// N21: without carrier it is left alone while the stream of a bridge shows that it serves.
bool OwnershipNative::still_serves() const {
    return m_own.flags.no_carrier && m_stream_arrives == true;
}

// N15
void OwnershipNative::follow_plan() {
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        const Hold hold = m_own.groups[g].hold;
        if (hold == Hold::up || hold == Hold::starting) {
            if (!mine(g)) {
                release(g);
            }
        } else if (hold == Hold::suspended) {
            const bool too_long =
                m_context.now - m_groups[g].changed > deadtime() && !still_serves();
            if (!mine(g) || up_elsewhere(g) || too_long) {
                release(g);
            }
        }
        const bool has_it = up_elsewhere(g);
        if (has_it && m_roles.role(id_of(g)) == GroupRole::fault &&
            m_own.groups[g].hold == Hold::none) {
            m_roles.change(id_of(g), GroupRole::standby, TakeoverReason::peer_request);
        }
    }
}

// N13
void OwnershipNative::acquire() {
    if (!all_show(m_own.plan) || !leased() || m_own.flags.no_carrier) {
        return;
    }
    for (std::size_t n = 0; n < m_known.size(); ++n) {
        if (n != m_self && !m_known[n].current) {
            return;
        }
    }
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        const wire::GroupHold& own = m_own.groups[g];
        const bool can = own.hold == Hold::none || own.hold == Hold::suspended;
        if (!mine(g) || !can || own.failure != FailureReason::none || !m_own.flags.ready ||
            owned_outside(g, m_own.plan->members)) {
            continue;
        }
        bool free = true;
        m_own.plan->members.each([&](std::size_t n) {
            const Hold hold = said(n).groups[g].hold;
            free = free && (n == m_self || hold == Hold::none || hold == Hold::failed);
        });
        if (free) {
            begin_hold(g);
        }
    }
}

void OwnershipNative::begin_hold(std::size_t group) {
    const GroupId id = id_of(group);
    const Instant now = m_context.now;
    const bool resumes = m_own.groups[group].hold == Hold::suspended;
    m_roles.change(id, GroupRole::takeover, reason_for(group));
    m_own.groups[group].epoch = m_own.plan->id.epoch;
    m_groups[group].retried = false;
    if (!resumes) {
        set_hold(group, Hold::starting);
        m_resources.start_group(now, id, *m_context.out);
        return;
    }
    m_resources.resume_group(now, id, *m_context.out);
    if (m_resources.all_running(id)) {
        set_hold(group, Hold::up);
        m_roles.change(id, GroupRole::active, TakeoverReason::peer_request);
        m_resources.repoint_again(now, id, *m_context.out);
    } else {
        set_hold(group, Hold::starting);  // it was suspended before everything ran
    }
}

TakeoverReason OwnershipNative::reason_for(std::size_t group) const {
    if (m_groups[group].retried) {
        return TakeoverReason::start_retry;
    }
    if (m_own.plan->base.epoch == 0) {
        return m_own.plan->members == NodeSet::all(m_known.size()) ? TakeoverReason::cold_start
                                                                   : TakeoverReason::lone_start;
    }
    TakeoverReason reason = TakeoverReason::peer_request;
    each_known([&](std::size_t n, const Known& known) {
        if (known.goodbye) {
            reason = TakeoverReason::peer_shutdown;
        } else if (!m_own.alive.has(n) && wire::owns(known.state.groups[group].hold)) {
            reason = TakeoverReason::peer_dead;
        }
    });
    const bool home = m_order.home[group] == m_self;
    return reason == TakeoverReason::peer_request && home && m_failback ? TakeoverReason::failback
                                                                        : reason;
}

// N19
void OwnershipNative::announce(std::size_t group) {
    m_resources.announce_again(m_context.now, id_of(group), *m_context.out);
    m_resources.repoint_again(m_context.now, id_of(group), *m_context.out);
}

void OwnershipNative::on_outcome(const GroupOutcome& outcome) {
    const auto group = static_cast<std::size_t>(outcome.group);
    const GroupId id = outcome.group;
    const Hold hold = m_own.groups[group].hold;
    const GroupRole role = m_roles.role(id);
    switch (outcome.kind) {
    case GroupOutcome::Kind::started:
        if (hold == Hold::starting) {
            set_hold(group, Hold::up);
            m_groups[group].retry_delay = {};
            m_roles.change(id, GroupRole::active, TakeoverReason::cold_start);
        }
        break;
    case GroupOutcome::Kind::stopped:
        if (hold == Hold::releasing || hold == Hold::unknown) {
            set_hold(group, Hold::none);
            if (role == GroupRole::release || role == GroupRole::fault) {
                m_roles.change(id, GroupRole::standby, TakeoverReason::cold_start);
            }
            if (m_own.groups[group].failure == FailureReason::stop) {
                m_own.groups[group].failure = FailureReason::none;
            }
        }
        break;
    case GroupOutcome::Kind::start_failed:
        set_hold(group, Hold::none);
        if (role == GroupRole::takeover) {
            m_roles.change(id, GroupRole::fault, TakeoverReason::cold_start);
        } else if (role == GroupRole::release) {
            m_roles.change(id, GroupRole::standby, TakeoverReason::cold_start);
        }
        fail(group, FailureReason::start);
        break;
    case GroupOutcome::Kind::stop_failed:
        // P7: nobody else may take it; it is tried again.
        if (hold != Hold::unknown) {
            set_hold(group, Hold::releasing);
        }
        if (role == GroupRole::release || role == GroupRole::takeover) {
            m_roles.change(id, GroupRole::fault, TakeoverReason::cold_start);
        }
        m_own.groups[group].failure = FailureReason::stop;
        m_groups[group].stop_again =
            m_context.now + m_context.options.files.settings.start_retry_max;
        m_context.report(PolicyDecision{PolicyDecision::Rule::stop_failure,
                                        PolicyDecision::Decision::keeps,
                                        m_context.options.files.settings.start_retry_max});
        break;
    }
    become_ready();
}

// P7
void OwnershipNative::fail(std::size_t group, FailureReason reason) {
    const Settings& settings = m_context.options.files.settings;
    m_own.groups[group].failure = reason;
    m_groups[group].failed_at = m_context.now;
    Duration& delay = m_groups[group].retry_delay;
    delay = std::min(delay == Duration{} ? settings.start_retry_delay : 2 * delay,
                     settings.start_retry_max);
}

bool OwnershipNative::others_eligible(std::size_t group) const {
    bool any = false;
    each_known([&](std::size_t n, const Known& known) {
        any = any || (m_own.alive.has(n) && eligible(known.state, group));
    });
    return any;
}

/// A failure is forgotten after a time; sooner where nobody else can take the group.
void OwnershipNative::forget_failures() {
    const Settings& settings = m_context.options.files.settings;
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        Group& group = m_groups[g];
        if (group.stop_again && m_context.now >= *group.stop_again) {
            group.stop_again.reset();
            if (m_own.groups[g].hold == Hold::unknown) {
                m_resources.clear_group(m_context.now, id_of(g), *m_context.out);
            } else {
                m_resources.stop_group(m_context.now, id_of(g), *m_context.out);
            }
        }
        if (!group.failed_at) {
            continue;
        }
        const bool alone = group.retry_delay > Duration{} && !others_eligible(g);
        const Duration limit = alone ? group.retry_delay : settings.native.failure_timeout;
        if (m_context.now - *group.failed_at >= limit) {
            group.failed_at.reset();
            group.retried = true;
            m_own.groups[g].failure = FailureReason::none;
            m_context.report(PolicyDecision{
                PolicyDecision::Rule::start_failure, PolicyDecision::Decision::retries, {}});
        }
    }
}

/// P5: since when the home could take the group back.
void OwnershipNative::watch_home(std::size_t group) {
    const std::size_t home = m_order.home[group];
    const wire::NativeState& state = said(home);
    const bool fit = m_own.plan && m_own.plan->members.has(home) && m_own.alive.has(home) &&
                     eligible(state, group) && state.health == wire::HealthState::ok;
    std::optional<Instant>& since = m_groups[group].home_fit;
    since = !fit ? std::nullopt : since ? since : std::optional{m_context.now};
}

/// An address that could not be put on again, or a member that is found down: started in place.
void OwnershipNative::repair(std::size_t group) {
    const GroupId id = id_of(group);
    if (m_own.groups[group].hold != Hold::up || m_resources.all_running(id)) {
        return;
    }
    m_roles.change(id, GroupRole::release, TakeoverReason::start_retry);
    m_roles.change(id, GroupRole::takeover, TakeoverReason::start_retry);
    set_hold(group, Hold::starting);
    m_resources.start_group(m_context.now, id, *m_context.out);
}

// N20
void OwnershipNative::become_ready() {
    const bool looked = std::ranges::none_of(
        m_own.groups, [](const wire::GroupHold& g) { return g.hold == Hold::unknown; });
    if (looked && !m_own.flags.ready) {
        m_own.flags.ready = true;
        m_membership.set_phase(NodePhase::active);
        m_judge_due = true;
    }
}

// N22
void OwnershipNative::begin_stop() {
    if (m_own.flags.leaving) {
        return;
    }
    m_own.flags.leaving = true;
    m_leave_at = m_context.now + deadtime();
    m_membership.set_phase(NodePhase::stopping);
    m_judge_due = true;
}

void OwnershipNative::finish_stop() {
    if (!m_own.flags.leaving || m_left) {
        return;
    }
    bool holds = false;
    const bool late = m_leave_at && m_context.now >= *m_leave_at;
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        const Hold hold = m_own.groups[g].hold;
        if (late && (hold == Hold::up || hold == Hold::starting || hold == Hold::suspended)) {
            release(g);  // nobody has planned for us
        }
        holds = holds || (m_own.groups[g].hold != Hold::none);
    }
    if (holds) {
        return;
    }
    send_beat("shutdone", false);
    m_left = true;
    m_membership.set_phase(NodePhase::stopped);
    m_context.issue(LeaveCluster{LeaveCluster::Then::exit});
}

}  // namespace cluster
