// SPDX-License-Identifier: GPL-2.0-or-later
// A group that does not start is tried again while nobody else can take it: after 10 s, 20 s, 40 s,
// 60 s, 60 s, … (settings). With a live peer where it failed, too, the two take turns.
//
//   fault --peer can take it--> moved (groups.cpp)
//     | peer dead, or it failed there: after the delay
//     v
//   takeover --starts--> active (the delay begins anew)
//     | fails: the delay doubles; with a live peer it is the peer's turn
//     v
//   fault
#include <algorithm>

#include "ownership_r1.hpp"

namespace cluster {

bool OwnershipR1::start_failed_here(GroupId id) const {
    const bool held = is_local(id) ? m_hold.local : m_hold.foreign;
    return held && m_roles.role(id) == GroupRole::fault && group(id).failed_here &&
           !m_resources.any_running(id);
}

void OwnershipR1::judge_start_failures() {
    const Settings& settings = m_context.options.files.settings;
    const bool wanted = settings.start_failure == StartFailurePolicy::move &&
                        settings.start_retry_delay > Duration::zero() && m_state == State::stable &&
                        !m_quiet;
    each_group([&](GroupId id) {
        Group& entry = group(id);
        const bool alone = !m_membership.any_alive() || entry.failed_at_peer || !can_exchange();
        if (!wanted || !start_failed_here(id) || !alone) {
            entry.retry_at.reset();
        } else if (!entry.retry_at) {
            entry.retry_delay =
                entry.retry_delay == Duration::zero()
                    ? settings.start_retry_delay
                    : std::min(2 * entry.retry_delay,
                               std::max(settings.start_retry_delay, settings.start_retry_max));
            entry.retry_at = m_context.now + entry.retry_delay;
            decide(PolicyDecision::Rule::start_failure,
                   PolicyDecision::Decision::retries,
                   entry.retry_delay);
        }
    });
}

void OwnershipR1::retry_starts() {
    each_group([&](GroupId id) {
        Group& entry = group(id);
        if (entry.retry_at && *entry.retry_at <= m_context.now) {
            entry.retry_at.reset();
            entry.failed_at_peer = false;  // fails it again, then it is the peer's turn
            start_one(id, TakeoverReason::start_retry);
        }
    });
}

}  // namespace cluster
