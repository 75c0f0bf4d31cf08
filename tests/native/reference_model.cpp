// SPDX-License-Identifier: GPL-2.0-or-later
#include "reference_model.hpp"

namespace native_model {

bool State::says_the_same(const State& o) const {
    return life == o.life && alive == o.alive && agreed == o.agreed && attempts == o.attempts &&
           plan == o.plan && hold == o.hold && since == o.since && failed == o.failed &&
           eligible == o.eligible;
}

Node::Node(const Options& options, int index, int life, int now)
    : m_options(options), m_self(index), m_started(now), m_last_run(now), m_plan_since(now) {
    m_own.life = life;
    m_own.alive = only(index);
    m_own.recent = only(index);
    m_own.agreed.members = all(options.nodes);  // view 0
    m_own.ask = true;
}

// 5.3
bool Node::quorum(const Options& options, Set acting, Set members) {
    if (options.without(SeededBug::quorum_of_reachable)) {
        return 2 * size(acting) > size(acting & members);
    }
    const int votes = 2 * size(acting & members);
    if (votes != size(members)) {
        return votes > size(members);
    }
    const bool both = options.tie_break == TieBreak::both_run && size(members) == 2;
    return both || has(acting, first(members));
}

void Node::tick(int now, const Send& send) {
    wake(now);
    for (std::size_t g = 0; g < max_groups; ++g) {
        if (m_own.hold[g] == Hold::releasing && m_changed[g] < now) {
            m_own.hold[g] = Hold::none;  // a stop takes one tick
        }
    }
    judge(now);
    say(now, true, send);
    m_last_run = now;
}

void Node::receive(int now, const Message& message, const Send& send) {
    wake(now);
    const State before = m_own;
    const Known& k = known(message.about);
    const bool fresh = !k.valid || message.state.life > k.state.life ||
                       (message.state.life == k.state.life && message.state.beat > k.state.beat);
    const bool answer =
        fresh && (message.state.ask || !has(m_own.alive, message.about)) && message.about != m_self;
    learn(now, message);
    judge(now);
    if (answer || !before.says_the_same(m_own)) {
        say(now, false, send);  // N1, N2
    }
    bool lacked = false;  // N3
    for (int n = 0; n < m_options.nodes; ++n) {
        lacked = lacked || (n != m_self && n != message.about && has(m_own.alive, n) &&
                            !has(known(n).state.recent, message.about));
    }
    if (fresh && lacked && message.about != m_self && !m_options.without(SeededBug::no_relay)) {
        send({message.about, true, message.state});
    }
    m_last_run = now;
}

/// An answer does not ask, or two who wait for a third would never end.
void Node::say(int now, bool may_ask, const Send& send) {
    ++m_own.beat;
    m_own.sent = now;
    m_own.ask = m_own.beat == 1;
    for (int n = 0; n < m_options.nodes; ++n) {
        m_own.ask = m_own.ask || (may_ask && n != m_self && !known(n).current);
    }
    send({m_self, false, m_own});
}

// N7
void Node::wake(int now) {
    if (now - m_last_run <= 1 || m_options.without(SeededBug::no_wake_rule)) {
        return;
    }
    const bool long_sleep = now - m_last_run > m_options.initdead;
    m_unsure_until = long_sleep ? now + m_options.deadtime : m_unsure_until;
    Set lapsed = 0;
    for (int n = 0; n < m_options.nodes; ++n) {
        Known& k = known(n);
        if (n != m_self && now - k.confirmed_at > m_options.half()) {
            lapsed |= only(n);
            k.current = false;
            k.at = k.valid && has(m_own.alive, n) ? now : k.at;
        }
    }
    if (quorum(lapsed, m_own.agreed.members) || (long_sleep && lapsed != 0)) {
        suspend_all(now);
    }
    m_started = m_own.agreed.id.epoch == 0 ? now : m_started;  // N10: initdead begins anew
    m_last_run = now;
}

void Node::learn(int now, const Message& message) {
    if (message.about == m_self) {
        return;
    }
    Known& k = known(message.about);
    const State& s = message.state;
    if (k.valid && (s.life < k.state.life || (s.life == k.state.life && s.beat < k.state.beat))) {
        return;
    }
    if (!message.relayed) {
        k.direct_at = now;
    }
    if (k.valid && s.life == k.state.life && s.beat == k.state.beat) {
        return;
    }
    const bool late = s.sent < now;
    for (int g = 0; g < m_options.groups; ++g) {
        const auto i = index(g);
        const bool owned_meanwhile = owning(k.state.hold[i]) || k.state.since[i] != s.since[i];
        if (owned_meanwhile && !owning(s.hold[i]) && m_own.hold[i] == Hold::up &&
            !m_options.without(SeededBug::no_second_announcement)) {
            announce(g, now);  // N19
        }
    }
    k.state = s;
    k.valid = true;
    k.at = now;
    k.in_time_at = late ? k.in_time_at : now;
    k.current = k.current || !late;
    const bool goes_on_with_us = has(s.plan.members, m_self) || s.plan.id <= m_own.plan.id;
    if (has(s.confirmed, m_self) && !late && goes_on_with_us) {
        k.confirmed_at = now;  // N6
    }
}

void Node::judge(int now) {
    look_around(now);
    accept(now);
    agree();
    yield(now);
    follow_plan(now);
    propose(now);
    agree();
    follow_plan(now);
    acquire(now);
}

// N4, N5
void Node::look_around(int now) {
    m_own.alive = only(m_self);
    m_own.recent = only(m_self);
    m_own.confirmed = only(m_self);
    for (int x = 0; x < m_options.nodes; ++x) {
        const Known& k = known(x);
        if (x != m_self && !k.valid && now >= m_unsure_until) {
            known(x).current = true;
        }
        if (x == m_self || !k.valid) {
            continue;
        }
        bool alive = now - k.at <= m_options.deadtime;
        for (int n = 0; n < m_options.nodes; ++n) {
            const Known& other = known(n);
            alive = alive ||
                    (n != x && n != m_self && other.valid && now - other.at <= m_options.deadtime &&
                     has(other.state.recent, x) && has(other.state.alive, m_self));
        }
        m_own.alive |= alive ? only(x) : Set{0};
        m_own.recent |= now - k.direct_at <= m_options.half() ? only(x) : Set{0};
        const bool heard = now - k.in_time_at <= m_options.half() && has(k.state.alive, m_self);
        m_own.confirmed |= heard ? only(x) : Set{0};
        if (!alive && now >= m_unsure_until) {
            known(x).current = true;  // dead: nothing to wait for
        }
    }
}

// N11
bool Node::acceptable(const Plan& plan) const {
    if (plan.id.epoch == 0 || !has(plan.members, m_self) || plan.id == m_own.plan.id) {
        return false;
    }
    if (plan.id < m_own.plan.id && !m_options.without(SeededBug::no_epoch_check)) {
        return false;
    }
    const auto refuses = [&](const View& view) {
        return view.id > plan.base && !quorum(plan.members, view.members);
    };
    bool refused = refuses(m_own.agreed);
    bool noted = m_own.attempts < max_attempted;
    for (int i = 0; i < m_own.attempts; ++i) {
        refused = refused || refuses(m_own.attempted[index(i)]);
        noted = noted || m_own.attempted[index(i)].members == plan.members;
    }
    return noted && !refused;
}

void Node::accept(int now) {
    for (int n = 0; n < m_options.nodes; ++n) {
        if (n != m_self && known(n).valid && acceptable(known(n).state.plan)) {
            m_own.plan = known(n).state.plan;
            m_plan_since = now;
            note_attempt(m_own.plan.view());
        }
    }
}

void Node::note_attempt(const View& view) {
    for (int i = 0; i < m_own.attempts; ++i) {
        if (m_own.attempted[index(i)].members == view.members) {
            m_own.attempted[index(i)].id = std::max(m_own.attempted[index(i)].id, view.id);
            return;
        }
    }
    m_own.attempted[index(m_own.attempts++)] = view;
}

bool Node::all_show(const Plan& plan) const {
    for (int n = 0; n < m_options.nodes; ++n) {
        if (has(plan.members, n) && said(n).plan.id != plan.id) {
            return false;
        }
    }
    return plan.id.epoch > 0;
}

// N12
void Node::agree() {
    if (all_show(m_own.plan) && m_own.plan.id > m_own.agreed.id) {
        m_own.agreed = m_own.plan.view();
    }
    for (int n = 0; n < m_options.nodes; ++n) {
        if (n != m_self && known(n).valid && known(n).state.agreed.id > m_own.agreed.id &&
            has(known(n).state.agreed.members, m_self)) {
            m_own.agreed = known(n).state.agreed;
        }
    }
    int kept = 0;
    for (int i = 0; i < m_own.attempts; ++i) {
        if (m_own.attempted[index(i)].id > m_own.agreed.id) {
            m_own.attempted[index(kept++)] = m_own.attempted[index(i)];
        }
    }
    m_own.attempts = kept;
}

void Node::suspend(int group, int now) {
    if (owning(m_own.hold[index(group)])) {
        m_own.hold[index(group)] = Hold::suspended;
        m_changed[index(group)] = now;
    }
}

void Node::let_go(int group) {
    m_own.hold[index(group)] = Hold::none;  // `since` stays: others see that we owned it
}

void Node::suspend_all(int now) {
    for (int g = 0; g < m_options.groups; ++g) {
        suspend(g, now);
    }
}

// N8
bool Node::leased(int now) const {
    if (m_options.without(SeededBug::no_lease)) {
        return true;
    }
    Set confirming = only(m_self);
    for (int n = 0; n < m_options.nodes; ++n) {
        confirming |= now - known(n).confirmed_at <= m_options.half() ? only(n) : Set{0};
    }
    return quorum(confirming, m_own.agreed.members);
}

// N16; the rank of section 6
bool Node::outranked(int group, int other) const {
    const auto i = index(group);
    const int home = m_options.home(group);
    if (m_options.auto_failback && (home == m_self || home == other)) {
        return home == other;
    }
    const int mine = m_own.since[i];
    const int theirs = known(other).state.since[i];
    return mine != theirs ? theirs > mine : other < m_self;
}

// N8, N16 to N18
void Node::yield(int now) {
    if (!leased(now)) {
        suspend_all(now);
    }
    for (int n = 0; n < m_options.nodes; ++n) {
        Known& k = known(n);
        if (n == m_self || !k.valid || !has(m_own.alive, n)) {
            k.deaf_since = never;
            continue;
        }
        const bool passed_over = has(m_own.plan.members, n) && k.state.agreed.id > m_own.plan.id &&
                                 !has(k.state.agreed.members, m_self);
        if (passed_over && !m_options.without(SeededBug::no_passed_over_rule)) {
            suspend_all(now);
        }
        const bool deaf = !has(k.state.alive, m_self);
        k.deaf_since = !deaf ? never : k.deaf_since == never ? now : k.deaf_since;
        const bool give_way = deaf && proved_deaf(k) && !m_options.without(SeededBug::no_deaf_rule);
        for (int g = 0; g < m_options.groups; ++g) {
            const auto i = index(g);
            if (!owning(m_own.hold[i]) || k.state.hold[i] != Hold::up) {
                continue;
            }
            const bool lose = (m_own.hold[i] == Hold::releasing || outranked(g, n)) &&
                              !m_options.without(SeededBug::no_conflict_rule);
            if (give_way || lose) {
                suspend(g, now);
            }
        }
    }
}

// N15
void Node::follow_plan(int now) {
    for (int g = 0; g < m_options.groups; ++g) {
        const auto i = index(g);
        const bool mine = m_own.plan.owner[i] == m_self;
        if (m_own.hold[i] == Hold::up && !mine) {
            m_own.hold[i] = Hold::releasing;
            m_changed[i] = now;
        }
        if (m_own.hold[i] == Hold::suspended) {
            bool served = false;
            for (int n = 0; n < m_options.nodes; ++n) {
                served = served || (n != m_self && has(m_own.alive, n) && known(n).valid &&
                                    known(n).state.hold[i] == Hold::up);
            }
            if (!mine || served || now - m_changed[i] > m_options.deadtime) {
                let_go(g);
            }
        }
    }
}

Set Node::circle() const {
    Set set = only(m_self);
    for (int n = 0; n < m_options.nodes; ++n) {
        if (n != m_self && has(m_own.alive, n) && has(known(n).state.alive, m_self)) {
            set |= only(n);
        }
    }
    return set;
}

// N9, N10
void Node::propose(int now) {
    const Set set = circle();
    const bool turn =
        m_options.without(SeededBug::only_first_proposes) ? m_self == 0 : first(set) == m_self;
    if (!turn || m_proposed_at == now) {
        return;
    }
    Set alive = 0;
    for (int n = 0; n < m_options.nodes; ++n) {
        alive |= has(set, n) ? said(n).alive : Set{0};
    }
    for (int n = 0; n < m_options.nodes; ++n) {
        const Known& k = known(n);
        if (n != m_self && !k.current) {
            return;
        }
        if (has(alive, n) && !has(set, n) &&
            (!proved_deaf(k) || outdated(n, set, now) || (k.state.alive & set) != 0)) {
            return;  // it may not have heard us yet, or newer news must come
        }
    }
    View base = m_own.agreed;
    int epoch = 0;
    for (int n = 0; n < m_options.nodes; ++n) {
        if (!has(set, n)) {
            continue;
        }
        const State& s = said(n);
        if ((s.alive & set) != set) {
            return;
        }
        base = s.agreed.id > base.id ? s.agreed : base;
        epoch = std::max({epoch, s.plan.id.epoch, s.agreed.id.epoch});
        for (int i = 0; i < s.attempts; ++i) {
            epoch = std::max(epoch, s.attempted[index(i)].id.epoch);
        }
    }
    bool allowed = quorum(set, base.members);
    for (int n = 0; n < m_options.nodes; ++n) {
        for (int i = 0; has(set, n) && i < said(n).attempts; ++i) {
            const View& view = said(n).attempted[index(i)];
            allowed = allowed && (view.id <= base.id || quorum(set, view.members));
        }
    }
    if (base.id.epoch == 0) {
        allowed = allowed && (set == all(m_options.nodes) || now - m_started >= m_options.initdead);
    }
    if (!allowed) {
        return;
    }
    bool needed = m_own.plan.members != set;
    for (int n = 0; n < m_options.nodes; ++n) {
        needed = needed || (has(set, n) && said(n).plan.id > m_own.plan.id);
    }
    needed = needed || (!all_show(m_own.plan) && now - m_plan_since >= 2);
    const Owners owners = place(set, now);
    Plan plan{{epoch + 1, m_self, m_own.life}, base.id, set, owners};
    if ((needed || owners != m_own.plan.owner) && acceptable(plan)) {
        m_own.plan = plan;
        m_plan_since = now;
        m_proposed_at = now;
        note_attempt(plan.view());
    }
}

/// Its beats of two ticks lack us; one old beat proves nothing.
bool Node::proved_deaf(const Known& k) {
    return k.deaf_since != never && k.at - k.deaf_since >= 2;
}

/// Old news of a node that one of `set` hears itself: a relay must bring newer ones.
bool Node::outdated(int node, Set set, int now) const {
    bool heard = false;
    for (int n = 0; n < m_options.nodes; ++n) {
        heard = heard || (has(set, n) && has(said(n).recent, node));
    }
    return heard && now - known(node).at > 1;
}

/// By a node alive that is no member; if that cannot be told, yes.
bool Node::owned_outside(int group, Set members, int now) const {
    for (int n = 0; n < m_options.nodes; ++n) {
        if (n != m_self && !has(members, n) && has(m_own.alive, n) &&
            (outdated(n, members, now) || owning(known(n).state.hold[index(group)]))) {
            return true;
        }
    }
    return false;
}

// P1, P3, P5
Owners Node::place(Set members, int now) const {
    Owners owners{-1, -1, -1};
    std::array<int, max_nodes> load{};
    const bool settled = all_show(m_own.plan) && m_own.plan.members == members &&
                         now - m_plan_since >= m_options.preempt;
    for (int g = 0; g < m_options.groups; ++g) {
        const auto i = index(g);
        const int home = m_options.home(g);
        const auto eligible = [&](int n) {
            return n >= 0 && has(members, n) && said(n).eligible &&
                   (!said(n).failed[i] || m_options.without(SeededBug::keeps_failed));
        };
        const auto best = [&](Hold hold) {
            int chosen = -1;
            for (int n = 0; n < m_options.nodes; ++n) {
                if (!eligible(n) || said(n).hold[i] != hold) {
                    continue;
                }
                const bool better = chosen < 0 || (m_options.auto_failback && n == home) ||
                                    (!(m_options.auto_failback && chosen == home) &&
                                     said(n).since[i] > said(chosen).since[i]);
                chosen = better ? n : chosen;
            }
            return chosen;
        };
        int owner = best(Hold::up);
        if (owner >= 0 && m_options.auto_failback && settled && eligible(home)) {
            owner = home;
        }
        owner = owner >= 0 ? owner : best(Hold::suspended);
        if (owner < 0 && !owned_outside(g, members, now)) {
            const int planned = m_own.plan.owner[i];
            if (eligible(planned) || eligible(home)) {
                owner = eligible(planned) ? planned : home;
            } else {
                for (int n = 0; n < m_options.nodes; ++n) {
                    const bool lighter = owner < 0 || load[index(n)] < load[index(owner)];
                    owner = eligible(n) && lighter ? n : owner;
                }
            }
        }
        owners[i] = static_cast<std::int8_t>(owner);
        if (owner >= 0) {
            ++load[index(owner)];
        }
    }
    return owners;
}

// N13
void Node::acquire(int now) {
    const bool agreed =
        all_show(m_own.plan) || m_options.without(SeededBug::acquire_before_accepted);
    if (!agreed || !leased(now)) {
        return;
    }
    for (int n = 0; n < m_options.nodes; ++n) {
        if (n != m_self && !known(n).current) {
            return;
        }
    }
    for (int g = 0; g < m_options.groups; ++g) {
        const auto i = index(g);
        if (m_own.plan.owner[i] != m_self || owning(m_own.hold[i]) ||
            owned_outside(g, m_own.plan.members, now)) {
            continue;
        }
        bool free = true;
        for (int n = 0; n < m_options.nodes; ++n) {
            free = free &&
                   (n == m_self || !has(m_own.plan.members, n) || said(n).hold[i] == Hold::none);
        }
        if (m_options.without(SeededBug::acquire_before_release)) {
            free = true;
        }
        const bool stuck =
            m_own.hold[i] == Hold::suspended && m_options.without(SeededBug::never_resumes);
        if (!free || stuck || m_own.failed[i]) {
            continue;
        }
        if (m_will_fail[i]) {
            m_own.failed[i] = true;  // P7
            m_will_fail[i] = false;
            let_go(g);
            continue;
        }
        m_own.hold[i] = Hold::up;
        m_own.since[i] = m_own.plan.id.epoch;
        announce(g, now);
    }
}

int Node::least_epoch() const {
    int least = 1'000'000;
    const auto look = [&](const State& s) {
        const auto take = [&](int epoch) { least = epoch > 0 ? std::min(least, epoch) : least; };
        take(s.agreed.id.epoch);
        take(s.plan.id.epoch);
        take(s.plan.base.epoch);
        for (int i = 0; i < s.attempts; ++i) {
            take(s.attempted[index(i)].id.epoch);
        }
        for (std::size_t g = 0; g < max_groups; ++g) {
            take(s.hold[g] == Hold::none ? 0 : s.since[g]);
        }
    };
    look(m_own);
    for (const Known& k : m_known) {
        if (k.valid) {
            look(k.state);
        }
    }
    return least;
}

}  // namespace native_model
