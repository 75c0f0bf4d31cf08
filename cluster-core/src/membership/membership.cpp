// SPDX-License-Identifier: GPL-2.0-or-later
// Own life cycle and everything that time decides: beats, silence, requests for missing messages.
#include "membership.hpp"

#include <algorithm>
#include <utility>

#include "cluster/check.hpp"

namespace cluster {

Membership::Membership(Context& context)
    : m_context(context), m_keys(context.options.files.keys), m_sender(context, m_keys),
      m_generations(context), m_bad(context), m_pings(context),
      m_framers(context.ha().links.size()), m_carrier(context.ha().links.size(), true) {
    for (const std::string& node : context.ha().nodes) {
        if (node != context.options.name) {
            Peer& peer = m_peers.emplace_back();
            peer.name = node;
            peer.ack_trigger = context.prng.below(10);
            peer.links.resize(context.ha().links.size());
        }
    }
}

void Membership::start(std::span<const std::byte> durable_state) {
    const Instant now = m_context.now;
    m_sender.start_generation(m_generations.start(durable_state));
    m_started = now;
    m_bonus_until = now + start_bonus_lasts;
    m_tell_until = now + first_claims;
    m_last_check = now;
    for (Peer& peer : m_peers) {
        peer.generation = m_generations.known(peer.name);
        peer.last_status = now;
    }
    m_pings.start();
    m_pings.send_all();
    send_status();
    set_phase(NodePhase::up);
    send_status();
    m_next_beat = now + m_context.ha().keepalive;
    check_active();  // a cluster of one has nobody to wait for
}

Duration Membership::own_dt() const {
    const Duration bonus = m_restarting ? restart_bonus : m_bonus_until ? start_bonus : Duration{};
    return m_context.ha().deadtime + bonus;
}

void Membership::send_status() {
    wire::OutgoingMessage& message = m_sender.begin("status");
    // A node that is stopping says active until its last message (§2.7).
    message.add("st", announced_phase());
    message.add_hex("dt",
                    static_cast<std::uint64_t>(
                        std::chrono::duration_cast<std::chrono::milliseconds>(own_dt()).count()));
    message.add("protocol", "1");
    // Fields of our own; heartbeat ignores names it does not know (§7).
    if (m_context.ha().runs_ipfail() && m_pings.settled()) {
        message.add_hex("us_pings", m_pings.reachable());
    }
    if (tells_claims()) {
        std::string text = std::ranges::any_of(m_peers,
                                               [](const Peer& peer) {
                                                   return peer.state == PeerState::dead &&
                                                          peer.heard && !peer.shut_down;
                                               })
                               ? "d"
                           : std::ranges::any_of(m_peers, &Peer::returned) ? "r"
                                                                           : "u";
        message.add("us_claims", text += m_claims);
    }
    m_sender.send();
}

std::string_view Membership::announced_phase() const {
    return m_phase == NodePhase::init ? "init" : m_phase == NodePhase::up ? "up" : "active";
}

void Membership::set_phase(NodePhase phase) {
    if (phase != m_phase) {
        const NodePhase from = std::exchange(m_phase, phase);
        m_context.report(NodePhaseChanged{from, phase});
    }
}

void Membership::set_restarting() {
    m_restarting = true;
}

void Membership::beat() {
    const Duration keepalive =
        std::max<Duration>(m_context.ha().keepalive, std::chrono::milliseconds{1});
    // Beats that were slept through are not made up for.
    m_next_beat += keepalive * ((m_context.now - m_next_beat) / keepalive + 1);
    m_pings.send_all();
    if (!m_native) {
        send_status();
    }
}

/// Quirk handle_on_tick. False: silence is judged in a second pass, or not at all this time.
bool Membership::judge_in_this_tick() {
    const Quirks& quirks = m_context.quirks();
    m_next_pass.reset();
    if (!judging_is_due()) {
        return false;
    }
    const std::uint64_t draw = m_context.prng.below(100);
    if (draw < quirks.soon_pass_percent) {
        m_next_pass = m_context.now + quirks.soon_pass;
    } else if (draw < quirks.soon_pass_percent + quirks.late_pass_percent) {
        m_next_pass = m_context.now + quirks.late_pass;
    }
    return !m_next_pass;
}

void Membership::pass_at_end_of_script(Duration after) {
    m_script_pass = m_context.now + after;
}

/// heartbeat 3.0.6 runs rc.d/status at every change of a status, its own included.
void Membership::run_status_script(bool own) {
    if (!m_context.quirks().handle_on_tick) {
        return;
    }
    // Measured: the end of the script wakes the loop 7 to 28 ms after a peer's change (7 captures)
    // and 92 to 99 ms after it has become active itself (2 captures). In three returns of the
    // timeline runs the busier machine needed more than 30 and 110 ms, or the standby would have
    // begun a tick later.
    const std::uint64_t ms = own ? 90 + m_context.prng.below(41) : 7 + m_context.prng.below(39);
    pass_at_end_of_script(std::chrono::milliseconds{ms});
}

void Membership::catch_up() {
    m_next_beat = m_context.now + backlog_delay;
    m_next_pass.reset();
    m_script_pass.reset();
    m_judges_first = m_context.prng.below(100) < judges_first_percent;
}

void Membership::before_backlog() {
    if (std::exchange(m_judges_first, false)) {
        m_last_check = m_context.now;
        judge();
    }
}

void Membership::on_deadline() {
    const Instant now = m_context.now;
    const bool tick = now >= m_next_beat;
    const bool second = !tick && m_next_pass && now >= *m_next_pass;
    if (m_script_pass && now >= *m_script_pass) {
        m_script_pass.reset();
    }
    if (second) {
        m_next_pass.reset();
    }
    if (tick) {
        beat();
    }
    if (m_bonus_until && now >= *m_bonus_until) {
        m_bonus_until.reset();
        send_status();  // a change of dt is told at once
    }
    m_pings.judge();
    if (m_native) {
        for (std::size_t i = 0; i < m_peers.size() && tick; ++i) {
            judge_links(m_peers[i]);
        }
        return;
    }
    if (!m_context.quirks().handle_on_tick || second || (tick && judge_in_this_tick())) {
        m_last_check = now;
        judge();
    }
    for (std::size_t i = 0; i < m_peers.size(); ++i) {
        ask_missing(i);
    }
    if (m_ask_nodes_at && now >= *m_ask_nodes_at) {
        ask_nodes();
    }
}

Duration Membership::limit_of(const Peer& peer) const {
    if (!peer.heard) {
        return m_phase == NodePhase::up || m_phase == NodePhase::init ? m_context.ha().initdead
                                                                      : m_context.ha().deadtime;
    }
    return peer.dt.value_or(m_context.ha().deadtime);
}

void Membership::judge() {
    for (std::size_t i = 0; i < m_peers.size(); ++i) {
        judge_peer(i);
    }
    check_active();
}

void Membership::judge_peer(std::size_t index) {
    Peer& peer = m_peers[index];
    const Instant now = m_context.now;
    const Duration silent = now - peer.last_status;
    if (peer.state == PeerState::dead) {
        if (peer.second_look && now >= *peer.second_look) {
            peer.second_look.reset();
            peer.dead_while_isolated = false;
            m_events.push_back({PeerEvent::Kind::died, index});
        }
        return;
    }
    if (silent > limit_of(peer)) {
        declare_dead(index,
                     peer.dt == Duration{} ? PeerChangeReason::zero_dt : PeerChangeReason::silent);
        return;
    }
    if (peer.state == PeerState::up && silent > m_context.ha().warntime) {
        peer.state = PeerState::late;
        m_context.report(PeerStateChanged{
            peer.name, PeerState::up, PeerState::late, PeerChangeReason::silent, silent});
    }
    judge_links(peer);
}

void Membership::judge_links(Peer& peer) {
    for (std::size_t i = 0; i < peer.links.size(); ++i) {
        if (peer.links[i].up && m_context.now - peer.links[i].heard > limit_of(peer)) {
            peer.links[i].up = false;
            m_context.report(
                PeerLinkChanged{peer.name, LinkId{static_cast<std::uint16_t>(i)}, false});
        }
    }
}

void Membership::declare_dead(std::size_t index, PeerChangeReason reason) {
    Peer& peer = m_peers[index];
    const PeerState from = std::exchange(peer.state, PeerState::dead);
    peer.window.forget_missing();
    peer.reachable_pings.reset();
    for (PeerLink& link : peer.links) {
        link.up = false;
    }
    if (peer.shut_down) {
        reason = PeerChangeReason::shutdown;
    }
    m_context.report(PeerStateChanged{
        peer.name, from, PeerState::dead, reason, m_context.now - peer.last_status});
    peer.returned = false;
    peer.dead_while_isolated = isolated();
    // A real daemon that lives on after all will see us restart, not return from a partition (§6
    // point 9).
    if (m_context.quirks().new_generation_on_peer_death && peer.heard && !peer.shut_down &&
        m_phase == NodePhase::active) {
        m_sender.start_generation(m_generations.raise());
    }
    m_events.push_back({PeerEvent::Kind::died, index});
}

void Membership::ask_missing(std::size_t index) {
    Peer& peer = m_peers[index];
    if (!peer.alive()) {
        return;
    }
    peer.window.ask(m_context.now, Sender::max_repeats, [&](std::uint64_t seq) {
        wire::OutgoingMessage& message = m_sender.begin("NS_rexmit");
        message.add("dest", peer.name);
        message.add_decimal("firstseq", seq);
        message.add_decimal("lastseq", seq);
        m_sender.send_unnumbered(uuid_of(index));
    });
}

void Membership::report_lost(Peer& peer) {
    peer.lost_unreported += peer.window.take_lost();
    const bool due = peer.lost_reported == Instant{} ||
                     m_context.now - peer.lost_reported >= BadPacketLog::report_interval;
    if (peer.lost_unreported > 0 && due) {
        m_context.report(MessagesLost{peer.name, std::exchange(peer.lost_unreported, 0)});
        peer.lost_reported = m_context.now;
    }
}

void Membership::ask_nodes() {
    m_ask_nodes_at.reset();
    if (m_nodelist_known || m_phase != NodePhase::up || m_peers.empty()) {
        return;
    }
    for (std::size_t n = 0; n < m_peers.size(); ++n) {
        const std::size_t index = m_ask_next++ % m_peers.size();
        if (m_peers[index].alive() && m_peers[index].speaks_acks) {
            m_sender.begin("reqnodes").add("dest", m_peers[index].name);
            m_sender.send(uuid_of(index));
            m_ask_nodes_at = m_context.now + nodes_interval;
            return;
        }
    }
}

void Membership::check_active() {
    if (m_phase != NodePhase::up) {
        return;
    }
    const auto waited_for = [](const Peer& peer) {
        return !peer.heard && peer.state != PeerState::dead;
    };
    const auto answers = [](const Peer& peer) { return peer.alive() && peer.speaks_acks; };
    if (std::ranges::any_of(m_peers, waited_for) ||
        (!m_nodelist_known && std::ranges::any_of(m_peers, answers))) {
        return;
    }
    set_phase(NodePhase::active);
    run_status_script(true);
    send_status();  // a change of status is told at once
    m_events.push_back({PeerEvent::Kind::active, 0});
}

void Membership::on_carrier(LinkId link, bool carrier) {
    const auto index = static_cast<std::size_t>(link);
    if (index >= m_carrier.size()) {
        return;
    }
    const bool was_isolated = isolated();
    m_carrier[index] = carrier;
    if (was_isolated && !isolated()) {
        for (Peer& peer : m_peers) {
            if (peer.state == PeerState::dead && peer.dead_while_isolated) {
                peer.second_look = m_context.now + limit_of(peer);
            }
        }
    }
}

bool Membership::reload_keys(const AuthKeys& keys) {
    const auto sending = static_cast<std::size_t>(keys.sending_index);
    if (sending >= keys.keys.size() || !keys.keys[sending]) {
        return false;
    }
    m_new_keys = ReloadedKeys{keys};
    m_keys = wire::Authenticator{keys};
    return true;
}

void Membership::use_restored_keys() {
    if (const auto saved = std::exchange(m_new_keys, std::nullopt)) {
        static_cast<void>(reload_keys(saved->keys));
    }
}

bool Membership::isolated() const {
    return m_context.options.files.settings.carrier_policy && !m_carrier.empty() &&
           std::ranges::find(m_carrier, true) == m_carrier.end();
}

/// In the first seconds, while a peer is dead to us, and while it is open what its return means. In
/// between nobody needs it.
bool Membership::tells_claims() const {
    return !m_context.quirks().restart_on_heal &&
           (m_phase != NodePhase::active || m_context.now < m_tell_until ||
            std::ranges::any_of(m_peers,
                                [](const Peer& peer) { return peer.state == PeerState::dead; }));
}

void Membership::settle_returned() {
    for (Peer& peer : m_peers) {
        peer.returned = false;
    }
}

bool Membership::peers_speak_claims() const {
    return std::ranges::all_of(
        m_peers, [](const Peer& peer) { return !peer.heard || peer.speaks_claims(); });
}

void Membership::excuse_silence() {
    for (Peer& peer : m_peers) {
        peer.last_status = m_context.now;  // not judged by the time we slept
        for (PeerLink& link : peer.links) {
            link.heard = m_context.now;
        }
    }
    m_pings.excuse();
}

void Membership::wake_up() {
    excuse_silence();
    m_sender.start_generation(m_generations.raise());
    m_nodelist_known = false;
    set_phase(NodePhase::up);
    m_next_beat = m_context.now + m_context.ha().keepalive;
    send_status();
    m_ask_nodes_at = m_context.now + m_context.ha().keepalive;
}

std::optional<Instant> Membership::peer_deadline(const Peer& peer) const {
    if (peer.state == PeerState::dead) {
        return peer.second_look;
    }
    const auto after = [](Instant since, Duration limit) {
        return since + limit + Duration{1};
    };  // "longer than"
    std::optional<Instant> next = after(peer.last_status, limit_of(peer));
    if (peer.state == PeerState::up) {
        next = earlier(next, after(peer.last_status, m_context.ha().warntime));
    }
    for (const PeerLink& link : peer.links) {
        if (link.up) {
            next = earlier(next, after(link.heard, limit_of(peer)));
        }
    }
    return next;
}

std::optional<Instant> Membership::next_deadline() const {
    std::optional<Instant> next = earlier(m_next_beat, m_bonus_until);
    next = earlier(next, m_next_pass);
    next = earlier(next, m_script_pass);
    next = earlier(next, m_ask_nodes_at);
    next = earlier(next, m_pings.next_deadline());
    next = earlier(next, m_generations.next_deadline());
    if (m_native) {
        return next;
    }
    for (const Peer& peer : m_peers) {
        if (m_context.quirks().dead_check_interval == Duration{}) {
            next = earlier(next, peer_deadline(peer));
        }
        if (peer.alive()) {
            next = earlier(next, peer.window.next_request());
        }
    }
    return next;
}

std::vector<PeerEvent> Membership::take_events() {
    return std::exchange(m_events, {});
}

const Uuid* Membership::uuid_of(std::size_t peer) const {
    CLUSTER_CHECK(peer < m_peers.size());
    return m_peers[peer].uuid ? &*m_peers[peer].uuid : nullptr;
}

bool Membership::any_alive() const {
    return std::ranges::any_of(m_peers, &Peer::alive);
}

void Membership::fill(NodeStatus& status) const {
    status.phase = m_phase;
    status.generation = m_sender.generation();
    for (const Peer& peer : m_peers) {
        PeerStatus& view = status.peers.emplace_back();
        view.node = peer.name;
        view.state = peer.state;
        view.announced_status = peer.status;
        view.announced_dt = peer.dt.value_or(Duration{});
        view.last_status = peer.last_status;
        view.generation = peer.generation;
        view.missing = peer.window.missing();
        for (const PeerLink& link : peer.links) {
            view.links_up.push_back(link.up);
        }
    }
    status.ping_targets_up = m_pings.up();
    status.counters.received = m_received;
    status.counters.accepted = m_accepted;
    status.counters.duplicates = m_duplicates;
    status.counters.sent = m_sender.sent();
    status.counters.retransmitted = m_sender.retransmitted();
    status.counters.bad = m_bad.counts();
}

void Membership::save_framers(std::vector<std::vector<std::byte>>& out) const {
    for (const wire::SerialFramer& framer : m_framers) {
        out.push_back(framer.pending());
    }
}

void Membership::load_framers(const std::vector<std::vector<std::byte>>& in) {
    for (std::size_t i = 0; i < in.size() && i < m_framers.size(); ++i) {
        m_framers[i].feed(
            in[i], [](std::span<const std::byte>) {});  // an unfinished frame completes nothing
    }
}

}  // namespace cluster
