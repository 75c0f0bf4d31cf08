// SPDX-License-Identifier: GPL-2.0-or-later
// Beats: what is said and when, who is alive, and what a sleep means (N1 to N7).
#include <algorithm>
#include <utility>

#include "ownership_native.hpp"

namespace cluster {

namespace {

/// Nothing differs that must be told at once.
bool says_the_same(const wire::NativeState& a, const wire::NativeState& b) {
    return a.alive == b.alive && a.agreed == b.agreed && a.attempted == b.attempted &&
           a.plan == b.plan && a.groups == b.groups && a.flags == b.flags && a.asked == b.asked &&
           a.health == b.health && a.fenced == b.fenced;
}

}  // namespace

// N7. A socket's backlog is not news: beats that come now are late, and confirm nothing.
void OwnershipNative::wake(Duration since_last_call) {
    if (since_last_call <= keepalive() * 3 / 2 || m_left) {
        return;
    }
    const Instant now = m_context.now;
    const bool long_sleep = since_last_call > m_context.ha().initdead;
    if (since_last_call > deadtime()) {
        m_context.report(NodeSlept{since_last_call});
    }
    if (long_sleep) {
        m_unsure_until = now + deadtime();
        m_waits_since = now;
    }
    NodeSet lapsed;
    for (std::size_t n = 0; n < m_known.size(); ++n) {
        Known& known = m_known[n];
        if (n == m_self || within(known.confirmed_at, lease())) {
            continue;
        }
        lapsed.insert(n);
        known.current = false;
        if (known.valid && m_own.alive.has(n)) {
            known.at = now;  // silence while we slept proves nothing
        }
    }
    if (goes_on(quorum_of(lapsed, m_own.agreed.members)) || (long_sleep && !lapsed.empty())) {
        suspend_all();
        m_beat_wanted = true;
    }
    m_judge_due = true;
}

void OwnershipNative::on_message(std::size_t peer, LinkId link, const wire::MessageView& view) {
    const std::size_t node = node_of(peer);
    const auto read = wire::read_native_fields(view, limits(node), m_configuration);
    const bool goodbye = view.get("t") == "shutdone";
    if (!read) {
        notice(ClusterNotice::Kind::mixed_cluster, name_of(node), !goodbye);
        return;
    }
    if (!*read) {
        m_membership.refuse_malformed(link, peer);
        return;
    }
    const wire::NativeFields& fields = **read;
    const bool differs = fields.configuration != m_configuration;
    notice(ClusterNotice::Kind::configuration_differs, name_of(node), differs && !goodbye);
    notice(
        ClusterNotice::Kind::mixed_cluster, name_of(node), !differs && !fields.state && !goodbye);
    if (differs || !fields.state) {
        return;
    }
    const bool relayed = fields.relayed_by.has_value();
    const std::uint64_t generation = view.get_hex("hg").value_or(0);
    const std::uint64_t seq = view.get_hex("seq").value_or(0);
    Known& known = m_known[node];
    const bool newer_life = !known.valid || generation > known.generation;
    const bool fresh = newer_life || (generation == known.generation && seq > known.seq);
    m_membership.note_beat(peer, link, view, fresh, relayed);
    if (!fresh) {
        if (!relayed && generation == known.generation && seq == known.seq) {
            known.direct_at = m_context.now;  // the relayed copy was faster
            m_judge_due = m_judge_due || !m_own.recent.has(node);
        }
        return;
    }
    const bool answer = fields.state->ask || seq == 1 || !m_own.alive.has(node);
    m_judge_due =
        m_judge_due || answer || newer_life || goodbye || !steady(known, node, *fields.state);
    if (newer_life) {
        known.least.reset();
        known.deaf_since.reset();
    }
    if (const auto dt = m_membership.peers()[peer].dt) {
        known.deadtime = *dt;
    }
    if (known.deadtime <= Duration{}) {
        known.deadtime = deadtime();
    }
    known.generation = generation;
    known.seq = seq;
    learn(known, *fields.state, relayed);
    known.goodbye = goodbye;
    m_beat_wanted = m_beat_wanted || (answer && !goodbye);
    if (m_judge_due) {
        judge();  // who is alive decides whether the beat is handed on
    }
    relay(node, view);
}

/// A beat that changes nothing: times move on, and all the rest follows by itself.
bool OwnershipNative::steady(const Known& known,
                             std::size_t node,
                             const wire::NativeState& state) const {
    return known.valid && known.current && !known.goodbye && m_own.alive.has(node) &&
           m_own.recent.has(node) && m_own.confirmed.has(node) && state.alive.has(m_self) &&
           state.recent == known.state.recent && state.confirmed == known.state.confirmed &&
           says_the_same(state, known.state);
}

void OwnershipNative::learn(Known& known, const wire::NativeState& state, bool relayed) {
    const Instant now = m_context.now;
    const Duration offset = now.time_since_epoch() -
                            std::chrono::milliseconds{
                                std::min<std::uint64_t>(state.uptime_ms, std::uint64_t{1} << 42U)};
    known.least = known.least ? std::min(*known.least, offset) : offset;
    const bool late = offset - *known.least > guard() / 2;
    for (std::size_t g = 0; g < m_groups.size(); ++g) {  // N19
        const wire::GroupHold& before = known.state.groups[g];
        const wire::GroupHold& after = state.groups[g];
        const bool owned_meanwhile = wire::owns(before.hold) || before.epoch != after.epoch;
        if (owned_meanwhile && !wire::owns(after.hold) && m_own.groups[g].hold == Hold::up) {
            announce(g);
        }
    }
    known.state = state;
    known.valid = true;
    known.at = now;
    if (!relayed) {
        known.direct_at = now;
    }
    if (late) {
        return;
    }
    known.in_time_at = now;
    known.current = true;
    const wire::PlanId own_plan = m_own.plan ? m_own.plan->id : wire::PlanId{};
    const bool goes_on_with_us =
        !state.plan || state.plan->members.has(m_self) || state.plan->id <= own_plan;
    if (state.confirmed.has(m_self) && goes_on_with_us) {
        known.confirmed_at = now;  // N6
    }
}

// N3
void OwnershipNative::relay(std::size_t node, const wire::MessageView& view) {
    bool lacked = false;
    each_known([&](std::size_t n, const Known& known) {
        lacked = lacked || (n != node && m_own.alive.has(n) && !known.state.recent.has(node));
    });
    if (!lacked) {
        return;
    }
    wire::OutgoingMessage copy = wire::to_outgoing(view);
    std::erase_if(copy.fields, [](const wire::OutgoingField& f) { return f.name == "nw"; });
    copy.add("nw", m_context.options.name);
    m_membership.sender().forward(copy);
}

// N4, N5, N6
void OwnershipNative::look_around() {
    look_at_self();
    // Whom somebody hears who is alive for us and hears us: what he hears comes to us, too.
    NodeSet heard_by_others;
    each_known([&](std::size_t n, const Known& known) {
        if (!known.goodbye && m_context.now - known.at <= known.deadtime &&
            known.state.alive.has(m_self)) {
            NodeSet heard = known.state.recent;
            heard.erase(n);
            heard_by_others = heard_by_others | heard;
        }
    });
    m_own.alive = m_own.recent = m_own.confirmed = NodeSet::only(m_self);
    for (std::size_t n = 0; n < m_known.size(); ++n) {
        if (n != m_self) {
            look_at(n, heard_by_others);
        }
    }
}

void OwnershipNative::look_at(std::size_t node, const NodeSet& heard_by_others) {
    Known& known = m_known[node];
    const bool sure = !m_unsure_until || m_context.now >= *m_unsure_until;
    if (!known.valid) {
        known.current = known.current || sure;
        return;
    }
    const bool alive =
        !known.goodbye && (m_context.now - known.at <= known.deadtime || heard_by_others.has(node));
    if (alive) {
        m_own.alive.insert(node);
    } else if (sure) {
        known.current = true;  // dead: nothing to wait for
    }
    if (!known.goodbye && within(known.direct_at, known.deadtime / 2)) {
        m_own.recent.insert(node);
    }
    if (!known.goodbye && known.state.alive.has(m_self) &&
        within(known.in_time_at, known.deadtime / 2)) {
        m_own.confirmed.insert(node);
    }
    const bool deaf = alive && !known.state.alive.has(m_self);
    if (!deaf) {
        known.deaf_since.reset();
    } else if (!known.deaf_since) {
        known.deaf_since = m_context.now;
    }
    m_membership.judge_beats(peer_of(node), alive, known.goodbye);
}

void OwnershipNative::look_at_self() {
    const PingWatch& pings = m_membership.pings();
    m_own.flags.pings = !m_context.ha().ping_targets.empty() &&
                        pings.answered_since(m_context.now - deadtime() / 2);
    m_own.flags.no_carrier = m_membership.isolated();
}

bool OwnershipNative::unsettled() const {
    bool waits = !m_own.plan || m_own.alive != m_own.plan->members || !all_show(m_own.plan);
    for (std::size_t g = 0; g < m_groups.size() && !waits; ++g) {
        const Hold hold = m_own.groups[g].hold;
        waits = mine(g) ? hold != Hold::up : hold != Hold::none && hold != Hold::failed;
    }
    for (std::size_t n = 0; n < m_known.size() && !waits; ++n) {
        waits = n != m_self && !m_known[n].current;
    }
    return waits;
}

bool OwnershipNative::told() const {
    return m_beats > 0 && says_the_same(m_own, m_told);
}

/// `nq` in an answer would make two that wait for a third answer each other without end.
void OwnershipNative::send_beat(std::string_view type, bool may_ask) {
    const Instant now = m_context.now;
    m_own.uptime_ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now - m_born).count());
    m_own.flags.asked = !m_own.asked.empty();
    m_own.ask = m_beats == 0;
    for (std::size_t n = 0; n < m_known.size() && may_ask; ++n) {
        m_own.ask = m_own.ask || (n != m_self && !m_known[n].current);
    }
    wire::NativeFields fields;
    fields.dialect = fields.acknowledged = m_dialect;
    fields.configuration = m_configuration;
    fields.state = m_own;
    m_membership.send_beat(type, fields, limits(m_self));
    m_told = m_own;
    m_sent_at = now;
    ++m_beats;
    m_beat_wanted = false;
}

void OwnershipNative::judge() {
    m_judge_due = false;
    forget_failures();
    look_around();
    accept();
    agree();
    yield();
    follow_plan();
    propose();
    agree();
    follow_plan();
    acquire();
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        watch_home(g);
    }
    notice_state();
    finish_stop();
    m_unsettled = unsettled();
    plan_deadline();
}

/// The next instant at which time alone can change anything. Beats that come meanwhile only move
/// it further away, so it is worked out in judge() alone.
void OwnershipNative::plan_deadline() {
    const Instant now = m_context.now;
    m_deadline.reset();
    const auto at = [&](std::optional<Instant> since, Duration limit) {
        if (since && *since + limit > now) {
            m_deadline = earlier(m_deadline, *since + limit);
        }
    };
    constexpr Duration longer{1};  // "longer than"
    each_known([&](std::size_t, const Known& known) {
        at(known.at, known.deadtime + longer);
        at(known.direct_at, known.deadtime / 2 + longer);
        at(known.in_time_at, known.deadtime / 2 + longer);
        at(known.confirmed_at, lease() + longer);
    });
    at(m_unsure_until, {});
    at(m_waits_since, m_context.ha().initdead);
    at(m_proposed_at, repeat());
    if (m_own.plan && !all_show(m_own.plan)) {
        at(m_plan_since, 2 * repeat());
    }
    const NativeSettings& settings = m_context.options.files.settings.native;
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        const Group& group = m_groups[g];
        if (m_own.groups[g].hold == Hold::suspended) {
            at(group.changed, deadtime() + longer);
        }
        at(group.home_fit, settings.preempt_delay);
        at(group.failed_at, settings.failure_timeout);
        at(group.failed_at, group.retry_delay);
        at(group.stop_again, {});
    }
    at(m_leave_at, {});
}

std::optional<Instant> OwnershipNative::next_deadline() const {
    if (m_left) {
        return std::nullopt;
    }
    std::optional<Instant> next =
        earlier(m_deadline, m_sent_at + (m_unsettled ? repeat() : keepalive()));
    if (m_beat_wanted || !told()) {
        next = earlier(next, m_sent_at + spacing());
    }
    return next;
}

void OwnershipNative::on_deadline() {
    const Instant now = m_context.now;
    const bool timer = now - m_sent_at >= (m_unsettled ? repeat() : keepalive());
    if (timer || (m_deadline && now >= *m_deadline)) {
        judge();
    }
    if (timer && !m_left) {
        send_beat("status", true);
    }
}

void OwnershipNative::follow_up() {
    for (const GroupOutcome& outcome : m_resources.take_outcomes()) {
        on_outcome(outcome);
        m_judge_due = true;
    }
    if (m_left) {
        return;
    }
    if (m_judge_due) {
        judge();
    }
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        repair(g);
    }
    const bool due = m_beats == 0 || m_context.now - m_sent_at >= spacing();
    if (due && !m_left && (m_beat_wanted || !told())) {
        send_beat("status", false);
    }
}

}  // namespace cluster
