// SPDX-License-Identifier: GPL-2.0-or-later
// hb_standby, hb_takeover and failback: X gives, Y takes, in three phases (facts/heartbeat.md
// §2.6).
//
//   X: ask me ----------------------> Y
//   X <----------------- ask other :Y        (X: resource …, isstable=0, info=standby; stops)
//   X: ask done --------------------> Y      (Y starts)
//   X <------ ask done, resource …=1 :Y
//   X: resource …, isstable=1 ------> Y
//
// With auto_failback legacy heartbeat refuses all of it. Two of ours do it all the same, without
// the hold bits; X that cannot let go says so with "ask us_refused".
//
// A field `us_failed` in "ask me" names the groups that did not start at X; heartbeat ignores it.
#include <algorithm>
#include <charconv>

#include "ownership_r1.hpp"

namespace cluster {

bool OwnershipR1::can_exchange() const {
    const auto met = [](const Peer& peer) { return peer.speaks_claims(); };
    return !legacy() || (std::ranges::any_of(m_membership.peers(), met) &&
                         m_membership.peers_speak_claims() && !m_context.quirks().restart_on_heal);
}

/// The peer has finished what it was doing with its groups; legacy knows no such state.
bool OwnershipR1::other_ready() const {
    return legacy() ? std::ranges::any_of(
                          m_membership.peers(),
                          [](const Peer& peer) { return peer.alive() && peer.status == "active"; })
                    : m_other_stable;
}

bool OwnershipR1::giving() const {
    return m_standby == Standby::x_giving;
}

void OwnershipR1::send_ask(ResourceScope scope, std::string_view info) {
    wire::OutgoingMessage& message = m_membership.sender().begin("ask_resources");
    message.add("rsc_hold", word_of(scope));
    message.add("info", info);
    if (info == "me") {
        std::string failed;
        each_group([&](GroupId id) {
            if (group(id).failed_here && in_scope(id, scope)) {
                failed += std::to_string(static_cast<unsigned>(id)) + ' ';
            }
        });
        if (!failed.empty()) {
            message.add("us_failed", failed);
        }
    }
    m_membership.sender().send();
}

void OwnershipR1::on_command(const AdminCommand& command) {
    if (m_left || m_state == State::shutdown) {
        return;
    }
    switch (command.kind) {
    case AdminCommand::Kind::stop:
        begin_stop(false);
        break;
    case AdminCommand::Kind::release:
        if (m_state == State::init && m_membership.phase() != NodePhase::active) {
            m_release_due = true;
            decide(PolicyDecision::Rule::daemon_death, PolicyDecision::Decision::waits);
        } else {
            begin_stop(false);  // this life knows what it runs
        }
        break;
    case AdminCommand::Kind::standby:
        each_group([&](GroupId id) { group(id).failed_here = group(id).failed_at_peer = false; });
        begin_standby(command.scope, true);
        break;
    case AdminCommand::Kind::takeover:
        each_group([&](GroupId id) { group(id).failed_here = group(id).failed_at_peer = false; });
        if (!can_exchange() || m_state == State::init) {
            m_context.report(StandbyChanged{StandbyProgress::refused, command.scope, true});
            break;
        }
        // Its peer turns it into a standby of the complementary scope.
        m_membership.sender().begin("hb_takeover").add("rsc_hold", word_of(command.scope));
        m_membership.sender().send();
        break;
    }
}

void OwnershipR1::begin_standby(ResourceScope scope, bool refused_is_reported) {
    const bool possible = can_exchange() && m_state == State::stable && other_ready() && !m_quiet &&
                          m_standby == Standby::none && m_membership.any_alive() &&
                          !any_in(ResourceScope::all, GroupRole::takeover) && !m_heal_releasing;
    if (!possible) {
        if (refused_is_reported) {
            m_context.report(StandbyChanged{StandbyProgress::refused, scope, true});
        }
        return;
    }
    m_standby = Standby::x_asked;
    m_scope = scope;
    m_timers.arm(Timer::standby, m_context.now + answer_limit);
    m_context.report(StandbyChanged{StandbyProgress::requested, scope, true});
    send_ask(scope, "me");
}

void OwnershipR1::on_ask(const wire::MessageView& view) {
    const auto scope = scope_of(view.get("rsc_hold").value_or(std::string_view{}));
    const std::string_view info = view.get("info").value_or(std::string_view{});
    if (!scope) {
        return;
    }
    if (info == "me") {
        promise(*scope, view);
    } else if (*scope != m_scope) {
        return;
    } else if (info == "other" && m_standby == Standby::x_asked) {
        give();
    } else if (info == "us_refused" && m_standby == Standby::y_promised) {
        end_standby(StandbyProgress::refused);
    } else if (info == "done" && m_standby == Standby::y_promised) {
        take();
    } else if (info == "done" && m_standby == Standby::x_given) {
        end_standby(StandbyProgress::finished);
        each_group([&](GroupId id) {
            if (in_scope(id, m_scope) && m_roles.role(id) == GroupRole::fault &&
                !m_resources.any_running(id)) {
                m_roles.change(id, GroupRole::standby, TakeoverReason::peer_request);
            }
        });
        send_resource(true, {});
    }
}

void OwnershipR1::promise(ResourceScope scope, const wire::MessageView& view) {
    // Both asked at once: the one with the smaller name gives, the other one's request is dropped.
    const std::string_view source = view.get("src").value_or(std::string_view{});
    const bool crossed = m_standby == Standby::x_asked && source < m_context.options.name;
    if (m_state != State::stable || !other_ready() || (m_standby != Standby::none && !crossed)) {
        m_context.report(StandbyChanged{StandbyProgress::refused, scope, false});
        return;
    }
    const std::string_view failed = view.get("us_failed").value_or(std::string_view{});
    for (const char* at = failed.data(); at != failed.data() + failed.size();) {
        std::size_t index = 0;
        const auto [end, error] = std::from_chars(at, failed.data() + failed.size(), index);
        if (error == std::errc{} && index < m_groups.size()) {
            m_groups[index].failed_at_peer = true;
        }
        at = error == std::errc{} ? end : at + 1;
        at += at != failed.data() + failed.size() && *at == ' ' ? 1 : 0;
    }
    m_standby = Standby::y_promised;
    m_scope = scope;
    m_timers.arm(Timer::standby, m_context.now + handover_limit);
    m_context.report(StandbyChanged{StandbyProgress::accepted, scope, false});
    send_ask(scope, "other");
}

void OwnershipR1::give() {
    m_standby = Standby::x_giving;
    m_timers.arm(Timer::standby, m_context.now + handover_limit);
    m_other_stable = false;  // until it says that it has taken
    m_before_give = m_hold;
    hold(m_scope, false);
    stop(m_scope, TakeoverReason::peer_standby);
    send_resource(false, "standby");
}

void OwnershipR1::finish_give() {
    if (giving() && !any_in(m_scope, GroupRole::release) && !any_up(m_scope)) {
        m_standby = Standby::x_given;
        m_context.report(StandbyChanged{StandbyProgress::released, m_scope, true});
        send_ask(m_scope, "done");
    }
}

/// A member does not stop: the peer must not start it. We take back what we have stopped.
void OwnershipR1::abort_give() {
    end_standby(StandbyProgress::refused);
    if (legacy()) {
        send_ask(m_scope, "us_refused");
    }
    m_hold = m_before_give;
    start_held(TakeoverReason::operator_command);
    send_resource(true, {});
}

void OwnershipR1::take() {
    m_standby = Standby::y_taking;
    const ResourceScope mine = complement(m_scope);
    hold(mine, true);
    start(mine, TakeoverReason::peer_standby);
}

void OwnershipR1::finish_take() {
    if (m_standby != Standby::y_taking || any_in(complement(m_scope), GroupRole::takeover)) {
        return;
    }
    end_standby(StandbyProgress::taken);
    send_ask(m_scope, "done");
    send_resource(true, {});
    move_failed();
}

void OwnershipR1::end_standby(StandbyProgress progress) {
    const bool here = m_standby == Standby::x_asked || m_standby == Standby::x_giving ||
                      m_standby == Standby::x_given;
    m_standby = Standby::none;
    m_timers.cancel(Timer::standby);
    m_context.report(StandbyChanged{progress, m_scope, here});
}

void OwnershipR1::reset_standby() {
    m_standby = Standby::none;
    m_timers.cancel(Timer::standby);
}

void OwnershipR1::on_standby_timeout() {
    const bool given = m_standby == Standby::x_given || giving();
    end_standby(StandbyProgress::timed_out);
    if (given) {
        send_resource(true, {});
    }
}

void OwnershipR1::on_hb_takeover(const wire::MessageView& view) {
    if (const auto scope = scope_of(view.get("rsc_hold").value_or(std::string_view{}))) {
        if (m_context.quirks().handle_on_tick) {
            m_fifo_scope = complement(*scope);
            m_timers.arm(Timer::fifo, m_context.now + fifo_delay);
            m_membership.pass_at_end_of_script(fifo_delay);
        } else {
            begin_standby(complement(*scope), true);
        }
    }
}

/// auto_failback on: what we took when the peer died goes back as soon as it is stable again.
void OwnershipR1::fail_back() {
    if (m_context.ha().auto_failback == AutoFailback::on && m_hold.foreign && m_foreign_by_death &&
        m_other_stable && !m_mach_down_due) {
        begin_standby(ResourceScope::foreign, false);
    }
}

/// ipfail's rule (§7): who reaches fewer ping targets than the other gives everything away; never
/// when equal or unknown. Real ipfail agrees by client messages; between two of ours the count
/// stands in the status message.
void OwnershipR1::judge_pings() {
    if (!m_context.ha().runs_ipfail()) {
        return;
    }
    const auto& peers = m_membership.peers();
    const bool fewer =
        m_membership.pings().settled() && std::ranges::any_of(peers, [&](const Peer& peer) {
            return peer.alive() && peer.reachable_pings &&
                   *peer.reachable_pings > m_membership.pings().reachable();
        });
    if (fewer && m_state == State::stable && (m_hold.local || m_hold.foreign)) {
        // Real ipfail asks the peer for its count first: an answer of one tick.
        const Duration asks =
            m_context.quirks().handle_on_tick ? m_context.ha().keepalive : Duration{};
        m_timers.arm_once(Timer::ipfail, m_context.now + asks + ipfail_delay);
    } else {
        m_timers.cancel(Timer::ipfail);
    }
}

}  // namespace cluster
