// SPDX-License-Identifier: GPL-2.0-or-later
// What an earlier life of this daemon left running: killed, it stops nothing. The durable state
// tells which groups these are. Own groups are started again as usual, and found running; what the
// peer has meanwhile, or may take, is stopped before it can be met twice. While no peer is heard it
// runs on.
#include "ownership_r1.hpp"

namespace cluster {

void OwnershipR1::find_left_over() {
    const std::string& left = m_membership.left_running();
    if (m_context.quirks().restart_on_heal || left.size() != m_groups.size()) {
        return;  // heartbeat 3.0.6 never looks; or other groups than those of this life
    }
    each_group(
        [&](GroupId id) { group(id).left_over = left[static_cast<std::size_t>(id)] == '1'; });
}

void OwnershipR1::judge_left_over() {
    if (m_release_due || m_state == State::shutdown || !m_membership.any_alive()) {
        return;
    }
    each_group([&](GroupId id) {
        const bool peers = !is_local(id) || m_other_hold.foreign || claim_of_peer(id).runs;
        if (group(id).left_over && peers && m_roles.role(id) == GroupRole::standby) {
            group(id).left_over = false;
            m_roles.change(id, GroupRole::release, TakeoverReason::peer_request);
            m_resources.stop_whatever_runs(m_context.now, id, *m_context.out);
            let_go_of_addresses([id](GroupId other) { return other == id; });
        }
    });
}

/// Legacy knows no hold bits: when a peer that held our groups began a new life, its claims tell
/// whether it still runs them.
void OwnershipR1::take_what_nobody_runs() {
    each_group([&](GroupId id) {
        const Claim theirs = claim_of_peer(id);
        if (is_local(id) && m_roles.role(id) == GroupRole::standby && !group(id).asked &&
            !theirs.runs && !theirs.waits) {
            m_hold.local = true;
            start_one(id, TakeoverReason::peer_request);
        }
    });
}

}  // namespace cluster
