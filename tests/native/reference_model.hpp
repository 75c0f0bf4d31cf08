// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of docs/native-protocol.md in their plainest form: values instead of bytes, time in
// ticks of one keepalive, whole sets compared each time. Slow, and meant to be read beside the
// rules. Not the implementation, and not a part of it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <functional>

namespace native_model {

inline constexpr int max_nodes = 5;
inline constexpr int max_groups = 3;
inline constexpr int max_attempted = 8;

/// Bit i = node i.
using Set = std::uint8_t;
[[nodiscard]] constexpr Set only(int node) {
    return static_cast<Set>(1U << static_cast<unsigned>(node));
}
[[nodiscard]] constexpr bool has(Set set, int node) {
    return (set & only(node)) != 0;
}
[[nodiscard]] constexpr int size(Set set) {
    return std::popcount(set);
}
[[nodiscard]] constexpr int first(Set set) {
    return std::countr_zero(set);
}
[[nodiscard]] constexpr Set all(int nodes) {
    return static_cast<Set>((1U << static_cast<unsigned>(nodes)) - 1U);
}

/// A rule left out or done wrong, to show that the checks notice.
enum class SeededBug : std::uint8_t {
    none,
    acquire_before_release,   ///< N13 without a look at the holds of the others
    acquire_before_accepted,  ///< N13 without all members on the plan
    quorum_of_reachable,      ///< 5.3 counts who can be reached instead of the last agreed view
    no_epoch_check,           ///< N11 accepts smaller plans, too
    no_wake_rule,             ///< N7
    no_lease,                 ///< N8
    no_conflict_rule,         ///< N16
    no_passed_over_rule,      ///< N17
    no_deaf_rule,             ///< N18
    no_second_announcement,   ///< N19
    no_relay,                 ///< N3
    only_first_proposes,      ///< N9: only the first configured node ever proposes
    never_resumes,            ///< N15 without the way back
    keeps_failed,             ///< P1 ignores start failures
};

enum class TieBreak : std::uint8_t { both_run, first_node };

struct Options {
    int nodes = 3;
    int groups = 1;
    TieBreak tie_break = TieBreak::both_run;
    bool auto_failback = true;
    SeededBug bug = SeededBug::none;
    int deadtime = 5;  ///< D; H = 2, so one tick is left for G
    int initdead = 5;
    int preempt = 2;

    [[nodiscard]] int half() const { return deadtime / 2; }
    [[nodiscard]] bool without(SeededBug rule) const { return bug == rule; }
    [[nodiscard]] int home(int group) const { return group % nodes; }
};

struct Id {
    int epoch = 0;
    int proposer = 0;
    int life = 0;
    auto operator<=>(const Id&) const = default;
};

struct View {
    Id id;
    Set members = 0;
    bool operator==(const View&) const = default;
};

/// Owner of each group; -1 = nobody.
using Owners = std::array<std::int8_t, max_groups>;

struct Plan {
    Id id;
    Id base;
    Set members = 0;
    Owners owner{-1, -1, -1};
    bool operator==(const Plan&) const = default;
    [[nodiscard]] View view() const { return {id, members}; }
};

enum class Hold : std::uint8_t { none, up, suspended, releasing };
[[nodiscard]] constexpr bool owning(Hold hold) {
    return hold == Hold::up || hold == Hold::releasing;
}

/// What a beat says (section 4).
struct State {
    int life = 0;
    int beat = 0;
    int sent = 0;      ///< stands for nu: who receives it in a later tick finds it late
    bool ask = false;  ///< nq
    Set alive = 0;
    Set recent = 0;
    Set confirmed = 0;
    View agreed;
    std::array<View, max_attempted> attempted{};
    int attempts = 0;
    Plan plan;
    std::array<Hold, max_groups> hold{};
    std::array<int, max_groups> since{};  ///< epoch under which the hold was acquired
    std::array<bool, max_groups> failed{};
    bool eligible = true;  ///< ready, not in standby, healthy

    /// Equal but for number, time, `recent` and `confirmed`: nothing that must be told at once.
    [[nodiscard]] bool says_the_same(const State& other) const;
};

struct Message {
    int about = 0;         ///< whose state
    bool relayed = false;  ///< nw
    State state;
};

class Node {
  public:
    using Message = native_model::Message;
    using Send = std::function<void(const Message&)>;

    Node(const Options& options, int index, int life, int now);

    /// Once per tick.
    void tick(int now, const Send& send);
    void receive(int now, const Message& message, const Send& send);

    void set_eligible(bool eligible) { m_own.eligible = eligible; }
    /// The next start of the group ends in a failure.
    void let_start_fail(int group) { m_will_fail[index(group)] = true; }

    [[nodiscard]] bool owns(int group) const { return owning(m_own.hold[index(group)]); }
    [[nodiscard]] bool may_own(int group) const {
        return m_own.eligible && !m_own.failed[index(group)];
    }
    [[nodiscard]] int announced_at(int group) const { return m_announced[index(group)]; }
    [[nodiscard]] const State& state() const { return m_own; }
    [[nodiscard]] static bool quorum(const Options& options, Set acting, Set members);

    /// For the recognition of states that differ in nothing but the time and the count of epochs.
    [[nodiscard]] int least_epoch() const;
    template <class Hash>
    void add_to(Hash& hash, int now, int epoch_zero, const std::array<int, max_nodes>& beats) const;

  private:
    static constexpr int never = -1000;
    struct Known {
        State state;
        bool valid = false;
        bool current = true;  ///< N7
        int at = 0;           ///< when its newest beat came
        int direct_at = never;
        int in_time_at = never;
        int confirmed_at = never;
        int deaf_since = never;
    };

    [[nodiscard]] static std::size_t index(int i) { return static_cast<std::size_t>(i); }
    [[nodiscard]] Known& known(int node) { return m_known[index(node)]; }
    [[nodiscard]] const Known& known(int node) const { return m_known[index(node)]; }
    /// The last beat of a peer, or what we would say ourselves.
    [[nodiscard]] const State& said(int node) const {
        return node == m_self ? m_own : known(node).state;
    }

    void wake(int now);
    void learn(int now, const Message& message);
    void judge(int now);
    void look_around(int now);
    void accept(int now);
    void agree();
    void yield(int now);
    void follow_plan(int now);
    void propose(int now);
    void acquire(int now);
    void suspend(int group, int now);
    void suspend_all(int now);
    void let_go(int group);
    void announce(int group, int now) { m_announced[index(group)] = now; }
    void say(int now, bool may_ask, const Send& send);
    void note_attempt(const View& view);

    [[nodiscard]] bool quorum(Set acting, Set members) const {
        return quorum(m_options, acting, members);
    }
    [[nodiscard]] bool leased(int now) const;
    [[nodiscard]] bool acceptable(const Plan& plan) const;
    [[nodiscard]] bool all_show(const Plan& plan) const;
    [[nodiscard]] bool outranked(int group, int other) const;
    [[nodiscard]] Set circle() const;
    [[nodiscard]] static bool proved_deaf(const Known& k);
    [[nodiscard]] bool outdated(int node, Set set, int now) const;
    [[nodiscard]] bool owned_outside(int group, Set members, int now) const;
    [[nodiscard]] Owners place(Set members, int now) const;

    Options m_options;
    int m_self = 0;
    int m_started = 0;
    int m_last_run = 0;
    int m_plan_since = 0;
    int m_proposed_at = never;
    int m_unsure_until = never;  ///< N7: after a long sleep
    State m_own;
    std::array<Known, max_nodes> m_known{};
    std::array<int, max_groups> m_changed{};  ///< when the hold changed
    std::array<int, max_groups> m_announced{};
    std::array<bool, max_groups> m_will_fail{};
};

template <class Hash>
void add_id(Hash& hash, const Id& id, int epoch_zero) {
    hash.add(id.epoch == 0 ? 0 : id.epoch - epoch_zero + 1);
    hash.add(id.proposer);
    hash.add(id.life);
}

[[nodiscard]] constexpr int beat_number(int life, int beat) {
    return life * 100'000 + beat;
}

/// How many beats ago it was said; from an earlier life: long ago.
template <class Hash>
void add_state(Hash& hash, const State& s, int epoch_zero, int last_beat) {
    hash.add(s.life);
    hash.add(std::min(last_beat - beat_number(s.life, s.beat), 9));
    hash.add(s.ask);
    hash.add(s.alive);
    hash.add(s.recent);
    hash.add(s.confirmed);
    add_id(hash, s.agreed.id, epoch_zero);
    hash.add(s.agreed.members);
    for (int i = 0; i < s.attempts; ++i) {
        const View& view = s.attempted[static_cast<std::size_t>(i)];
        add_id(hash, view.id, epoch_zero);
        hash.add(view.members);
    }
    add_id(hash, s.plan.id, epoch_zero);
    add_id(hash, s.plan.base, epoch_zero);
    hash.add(s.plan.members);
    for (std::size_t g = 0; g < max_groups; ++g) {
        hash.add(s.plan.owner[g]);
        hash.add(static_cast<int>(s.hold[g]));
        hash.add(s.hold[g] == Hold::none ? 0 : s.since[g] - epoch_zero + 1);
        hash.add(s.failed[g]);
    }
    hash.add(s.eligible);
}

template <class Hash>
void Node::add_to(Hash& hash,
                  int now,
                  int epoch_zero,
                  const std::array<int, max_nodes>& beats) const {
    const auto age = [&](int at) { return std::min(now - at, m_options.deadtime + 2); };
    hash.add(std::min(now - m_started, m_options.initdead + 1));
    hash.add(std::min(now - m_last_run, m_options.initdead + 2));
    hash.add(std::min(now - m_plan_since, 4));
    hash.add(now == m_proposed_at);
    hash.add(std::max(m_unsure_until - now, 0));
    add_state(hash, m_own, epoch_zero, beats[index(m_self)]);
    for (int n = 0; n < m_options.nodes; ++n) {
        const Known& k = known(n);
        hash.add(k.current);
        if (!k.valid) {
            hash.add(-1);
            continue;
        }
        hash.add(age(k.at));
        hash.add(age(k.direct_at));
        hash.add(age(k.in_time_at));
        hash.add(age(k.confirmed_at));
        hash.add(age(k.deaf_since));
        add_state(hash, k.state, epoch_zero, beats[index(n)]);
    }
    for (std::size_t g = 0; g < max_groups; ++g) {
        hash.add(m_own.hold[g] == Hold::none || m_own.hold[g] == Hold::up ? 0 : age(m_changed[g]));
        hash.add(age(m_announced[g]));
        hash.add(m_will_fail[g]);
    }
}

}  // namespace native_model
