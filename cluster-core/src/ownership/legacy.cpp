// SPDX-License-Identifier: GPL-2.0-or-later
// auto_failback legacy: groups are asked for one by one with ip-request. A returning owner always
// gets its groups.
#include <algorithm>

#include "ownership_r1.hpp"

namespace cluster {

std::string_view OwnershipR1::key_of(GroupId id) const {
    const ResourceGroupConfig& config =
        m_context.options.files.resources.groups[static_cast<std::size_t>(id)];
    return config.resources.empty() ? std::string_view{}
                                    : std::string_view{config.resources.front().text};
}

std::optional<GroupId> OwnershipR1::group_of(std::string_view key) const {
    std::optional<GroupId> found;
    each_group([&](GroupId id) {
        if (!found && key_of(id) == key) {
            found = id;
        }
    });
    return found;
}

/// What the peer last told of the group; nothing, when it is no live one of ours.
Claim OwnershipR1::claim_of_peer(GroupId id) const {
    const std::size_t place = static_cast<std::size_t>(id) + 1;
    for (const Peer& peer : m_membership.peers()) {
        if (peer.alive() && place < peer.claims.size()) {
            return claim_of(peer.claims[place]);
        }
    }
    return {};
}

/// No answer in time. heartbeat takes it then; one of ours may still be stopping it, or keep it
/// because it cannot.
void OwnershipR1::asked_in_vain(GroupId id) {
    const Claim theirs = claim_of_peer(id);
    group(id).asked.reset();
    if (theirs.waits) {
        group(id).asked = m_context.now + answer_limit;
    } else if (theirs.runs) {
        m_hold.local = false;
    } else {
        start_one(id, TakeoverReason::cold_start);
    }
}

/// On becoming active. A peer that is not active itself cannot hold anything: no need to ask.
void OwnershipR1::ask_for_own_groups() {
    const bool ask = std::ranges::any_of(m_membership.peers(), [](const Peer& peer) {
        return peer.alive() && peer.status == "active";
    });
    m_hold.local = true;
    each_group([&](GroupId id) {
        if (!is_local(id)) {
            return;
        }
        if (ask) {
            group(id).asked = m_context.now + answer_limit;
            m_membership.sender().begin("ip-request").add("ipaddr", key_of(id));
            m_membership.sender().send();
        } else {
            start_one(id, TakeoverReason::cold_start);
            send_release_to_self(id);
        }
    });
}

void OwnershipR1::send_answer(std::string_view destination, std::string_view key, bool owned) {
    wire::OutgoingMessage& message = m_membership.sender().begin("ip-request-resp");
    message.add("dest", destination);
    message.add("ipaddr", key);
    message.add("weown", owned ? "yes" : "no");
    message.add("ok", "OK");
    const Uuid* uuid = destination == m_context.options.name ? &m_context.options.uuid : nullptr;
    for (std::size_t i = 0; i < m_membership.peers().size(); ++i) {
        if (m_membership.peers()[i].name == destination) {
            uuid = m_membership.uuid_of(i);
        }
    }
    m_membership.sender().send(uuid);
}

void OwnershipR1::on_ip_request(std::size_t peer, const wire::MessageView& view) {
    const auto key = view.get("ipaddr");
    const auto id = key ? group_of(*key) : std::nullopt;
    if (!id || m_state == State::shutdown || is_local(*id)) {
        return;  // nobody but its preferred owner asks for a group
    }
    const GroupRole role = m_roles.role(*id);
    if (role == GroupRole::standby || (role == GroupRole::fault && !m_resources.any_running(*id))) {
        send_answer(m_membership.peers()[peer].name, *key, false);
        return;
    }
    group(*id).answer_due = true;
    m_hold.foreign = false;
    let_go_of_addresses(
        [&](GroupId other) { return other == *id; });  // the owner may have it up already
    stop_one(*id, TakeoverReason::peer_request);
}

/// Releases that a peer waits for. A group that does not stop is never answered for.
void OwnershipR1::finish_requests() {
    each_group([&](GroupId id) {
        if (group(id).answer_due && m_roles.role(id) == GroupRole::standby) {
            group(id).answer_due = false;
            for (const Peer& peer : m_membership.peers()) {
                if (peer.alive() && peer.name == m_context.options.files.resources
                                                     .groups[static_cast<std::size_t>(id)]
                                                     .node) {
                    send_answer(peer.name, key_of(id), true);
                }
            }
        }
    });
}

/// It does not stop: one that waits for it must not start it. It stays here, and runs again as a
/// whole.
void OwnershipR1::keep_requested(GroupId id) {
    group(id).answer_due = false;
    m_hold.foreign = true;
    decide(PolicyDecision::Rule::stop_failure, PolicyDecision::Decision::keeps);
    start_one(id, TakeoverReason::operator_command);
    begin_settling();  // the owner hears that it is held, and does not take it without an answer
}

void OwnershipR1::on_ip_request_answer(const wire::MessageView& view) {
    const auto key = view.get("ipaddr");
    const auto id = key ? group_of(*key) : std::nullopt;
    if (!id || view.get("ok") != "OK" || m_state == State::shutdown) {
        return;
    }
    if (group(*id).asked) {
        start_one(*id, TakeoverReason::failback);
    } else if (m_announce_due && is_local(*id) && m_roles.role(*id) == GroupRole::active) {
        m_announce_due = false;
        m_timers.cancel(Timer::announce);
        claim_again();
    }
}

}  // namespace cluster
