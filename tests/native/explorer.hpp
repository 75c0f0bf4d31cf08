// SPDX-License-Identifier: GPL-2.0-or-later
// A small world of nodes and links in which every short sequence of faults can be tried, and the
// checks of docs/native-protocol.md §2. Generic over the node, so that the reference model and the
// core are explored by the same code. Knows nothing of the rules themselves.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "reference_model.hpp"

namespace native_model {

/// 64-bit FNV-1a over small numbers, finished by a mixer.
class Hash {
  public:
    template <class Number>
    void add(Number number) {
        m_value = (m_value ^ static_cast<std::uint64_t>(number)) * 1099511628211U;
        m_value ^= m_value >> 29U;
    }
    [[nodiscard]] std::uint64_t value() const { return m_value * 0x9E3779B97F4A7C15U; }

  private:
    std::uint64_t m_value = 14695981039346656037U;
};

/// What the world needs of a node. `state()` is what it would say in a beat.
template <class N>
concept ExploredNode = requires(N node,
                                const N look,
                                const typename N::Message& message,
                                const typename N::Send& send,
                                Hash& hash,
                                const Options& options,
                                const std::array<int, max_nodes>& beats) {
    N(options, 0, 1, 0);
    node.tick(0, send);
    node.receive(0, message, send);
    node.set_eligible(true);
    node.let_start_fail(0);
    look.add_to(hash, 0, 0, beats);
    { look.owns(0) } -> std::convertible_to<bool>;
    { look.may_own(0) } -> std::convertible_to<bool>;
    { look.announced_at(0) } -> std::convertible_to<int>;
    { look.state() } -> std::convertible_to<State>;
    { look.least_epoch() } -> std::convertible_to<int>;
    { N::quorum(options, Set{}, Set{}) } -> std::convertible_to<bool>;
};

struct Fault {
    enum class Kind : std::uint8_t {
        drop,       ///< the next message on its way
        duplicate,  ///< the next message arrives once more, a tick later
        delay,      ///< the next message arrives two ticks later, after others
        crash,
        restart,
        freeze,
        thaw,
        cut_direction,  ///< a to b
        cut_link,       ///< a and b
        isolate,        ///< a from everybody
        heal,
        fail_start,  ///< the next start of group b on node a
        toggle,      ///< eligibility of node a
    } kind = Kind::drop;
    int a = 0;
    int b = 0;
};

[[nodiscard]] std::string to_string(const Fault& fault);

struct Violation {
    std::string what;
    std::vector<std::string> story;
};

template <ExploredNode Node>
class World {
  public:
    explicit World(const Options& options) : m_options(options) {
        for (int n = 0; n < options.nodes; ++n) {
            m_nodes[at(n)].emplace(options, n, 1, 0);
            m_lives[at(n)] = 1;
            for (int other = 0; other < options.nodes; ++other) {
                m_link[at(n)][at(other)] = true;
            }
        }
    }

    /// The undisturbed course: the next message, or else the next tick.
    void step() {
        ++m_steps;
        if (++m_steps_of_tick > 5000) {
            violate("messages without end");
        }
        const std::size_t next = next_flight();
        if (next < m_flights.size()) {
            const Flight flight = m_flights[next];
            m_flights.erase(m_flights.begin() + static_cast<std::ptrdiff_t>(next));
            if (m_nodes[at(flight.to)] && !m_frozen[at(flight.to)]) {
                m_nodes[at(flight.to)]->receive(m_now, *flight.message, sender(flight.to));
            }
        } else {
            end_of_tick();
            m_steps_of_tick = 0;
            ++m_now;
            for (int n = 0; n < m_options.nodes; ++n) {
                if (runs(n)) {
                    m_nodes[at(n)]->tick(m_now, sender(n));
                }
            }
        }
        follow();
    }

    [[nodiscard]] bool between_ticks() const { return next_flight() == m_flights.size(); }
    [[nodiscard]] int peace() const { return m_now - m_last_fault; }
    /// L: deadtime + 1 s, a tick being a quarter of a second, and what the model rounds up.
    [[nodiscard]] int peace_needed() const { return m_options.deadtime + 4 + 1; }
    [[nodiscard]] const std::optional<Violation>& violation() const { return m_violation; }
    [[nodiscard]] int now() const { return m_now; }
    /// Ticks that ended with two owners of which one heard the other.
    [[nodiscard]] int longest_double() const { return m_longest_double; }
    [[nodiscard]] const Node* node(int n) const {
        return m_nodes[at(n)] ? &*m_nodes[at(n)] : nullptr;
    }
    [[nodiscard]] const std::vector<std::string>& story() const { return m_story; }

    [[nodiscard]] std::vector<Fault> faults() const {
        std::vector<Fault> list;
        if (!between_ticks()) {
            list.push_back({Fault::Kind::drop});
            list.push_back({Fault::Kind::duplicate});
            list.push_back({Fault::Kind::delay});
        }
        bool cut = false;
        for (int a = 0; a < m_options.nodes; ++a) {
            if (!m_nodes[at(a)]) {
                list.push_back({Fault::Kind::restart, a});
                continue;
            }
            list.push_back({Fault::Kind::crash, a});
            list.push_back({m_frozen[at(a)] ? Fault::Kind::thaw : Fault::Kind::freeze, a});
            for (int b = 0; b < m_options.nodes; ++b) {
                if (a != b && m_link[at(a)][at(b)]) {
                    list.push_back({Fault::Kind::cut_direction, a, b});
                    if (a < b && m_link[at(b)][at(a)]) {
                        list.push_back({Fault::Kind::cut_link, a, b});
                    }
                }
                cut = cut || !m_link[at(a)][at(b)];
            }
            if (m_options.nodes > 2) {
                list.push_back({Fault::Kind::isolate, a});
            }
        }
        if (cut) {
            list.push_back({Fault::Kind::heal});
        }
        return list;
    }

    void apply(const Fault& fault) {
        m_last_fault = m_now;
        m_story.push_back("tick " + std::to_string(m_now) + ", step " + std::to_string(m_steps) +
                          ": " + describe(fault));
        const int a = fault.a;
        switch (fault.kind) {
        case Fault::Kind::drop:
        case Fault::Kind::duplicate:
        case Fault::Kind::delay:
            disturb_next(fault.kind);
            break;
        case Fault::Kind::crash:
            m_nodes[at(a)].reset();
            m_frozen[at(a)] = false;
            std::erase_if(m_flights, [&](const Flight& f) { return f.to == a; });
            interrupt(a);
            break;
        case Fault::Kind::restart:
            m_nodes[at(a)].emplace(m_options, a, ++m_lives[at(a)], m_now);
            m_nodes[at(a)]->set_eligible(m_eligible[at(a)]);
            m_nodes[at(a)]->tick(m_now, sender(a));
            m_forgotten = true;
            interrupt(a);
            break;
        case Fault::Kind::freeze:
            m_frozen[at(a)] = true;
            m_frozen_since[at(a)] = m_now;
            interrupt(a);
            break;
        case Fault::Kind::thaw:
            m_frozen[at(a)] = false;
            interrupt(a);
            m_nodes[at(a)]->tick(m_now, sender(a));
            check_thaw(a);
            break;
        case Fault::Kind::cut_direction:
            cut(a, fault.b);
            break;
        case Fault::Kind::cut_link:
            cut(a, fault.b);
            cut(fault.b, a);
            break;
        case Fault::Kind::isolate:
            for (int b = 0; b < m_options.nodes; ++b) {
                if (b != a) {
                    cut(a, b);
                    cut(b, a);
                }
            }
            break;
        case Fault::Kind::heal:
            for (int n = 0; n < m_options.nodes; ++n) {
                m_link[at(n)].fill(true);
                interrupt(n);
            }
            break;
        case Fault::Kind::fail_start:
            if (m_nodes[at(a)]) {
                m_nodes[at(a)]->let_start_fail(fault.b);
            }
            break;
        case Fault::Kind::toggle:
            if (m_nodes[at(a)]) {
                m_eligible[at(a)] = !m_eligible[at(a)];
                m_nodes[at(a)]->set_eligible(m_eligible[at(a)]);
            }
            break;
        }
        follow();
    }

    /// L and the second announcement. Call after peace_needed().
    void check_liveness() {
        for (int n = 0; n < m_options.nodes && !m_violation; ++n) {
            const Set side = reaches_back(n);
            if (!runs(n) || first(side) != n || !goes_on(side)) {
                continue;
            }
            for (int g = 0; g < m_options.groups; ++g) {
                check_group(side, g);
            }
            m_forgotten = m_forgotten && side != all(m_options.nodes);
        }
    }

    [[nodiscard]] std::uint64_t fingerprint() const {
        Hash hash;
        int zero = m_last_agreed.id.epoch > 0 ? m_last_agreed.id.epoch : 1'000'000;
        std::array<int, max_nodes> beats{};
        for (int n = 0; n < m_options.nodes; ++n) {
            beats[at(n)] = beat_number(m_lives[at(n)] + 1, 0);
            if (m_nodes[at(n)]) {
                zero = std::min(zero, m_nodes[at(n)]->least_epoch());
                beats[at(n)] = beat_number(m_lives[at(n)], m_nodes[at(n)]->state().beat);
            }
        }
        hash.add(std::min(peace(), peace_needed()));
        for (int n = 0; n < m_options.nodes; ++n) {
            hash.add(m_nodes[at(n)].has_value());
            hash.add(m_frozen[at(n)] ? std::min(m_now - m_frozen_since[at(n)], 9) : -1);
            hash.add(m_eligible[at(n)]);
            hash.add(m_lives[at(n)]);
            if (m_nodes[at(n)]) {
                m_nodes[at(n)]->add_to(hash, m_now, zero, beats);
            }
            for (int other = 0; other < m_options.nodes; ++other) {
                hash.add(m_link[at(n)][at(other)]);
                hash.add(std::min(m_now - m_contact[at(n)][at(other)], 2));
                hash.add(m_both_own[at(n)][at(other)]);
            }
        }
        hash.add(m_forgotten);
        add_id(hash, m_last_agreed.id, zero);
        hash.add(m_last_agreed.members);
        for (const auto& owed : m_owed) {
            hash.add(owed.announced_after == never ? -1
                                                   : std::min(m_now - owed.announced_after, 7));
            hash.add(owed.by);
        }
        for (const Flight& f : m_flights) {
            hash.add(f.from);
            hash.add(f.to);
            hash.add(std::max(f.at - m_now, 0));
            hash.add(f.message->about);
            hash.add(f.message->relayed);
            hash.add(std::min(m_now - f.message->state.sent, 5));
            add_state(hash, f.message->state, zero, beats[at(f.message->about)]);
        }
        return hash.value();
    }

  private:
    struct Flight {
        int from = 0;
        int to = 0;
        int at = 0;  ///< not before this tick
        std::shared_ptr<const typename Node::Message> message;
    };
    /// `by` let go of the group while somebody else owned it: who owns it announces again.
    struct Owed {
        int announced_after = never;
        int by = 0;
    };
    static constexpr int never = -1000;
    static constexpr int socket_room = 6;

    [[nodiscard]] static std::size_t at(int i) { return static_cast<std::size_t>(i); }
    [[nodiscard]] bool runs(int n) const { return m_nodes[at(n)] && !m_frozen[at(n)]; }
    [[nodiscard]] bool owns(int n, int g) const { return runs(n) && m_nodes[at(n)]->owns(g); }

    [[nodiscard]] typename Node::Send sender(int from) {
        return [this, from](const typename Node::Message& message) {
            auto shared = std::make_shared<const typename Node::Message>(message);
            for (int to = 0; to < m_options.nodes; ++to) {
                if (to != from && m_link[at(from)][at(to)] && m_nodes[at(to)] && has_room(to)) {
                    m_flights.push_back({from, to, m_now, shared});
                }
            }
        };
    }

    /// A frozen node's socket holds the oldest messages.
    [[nodiscard]] bool has_room(int to) const {
        return !m_frozen[at(to)] || std::count_if(m_flights.begin(), m_flights.end(), [&](auto& f) {
                                        return f.to == to;
                                    }) < socket_room;
    }

    /// First in the order of sending among those that may arrive now; a frozen node's wait.
    [[nodiscard]] std::size_t next_flight() const {
        std::size_t i = 0;
        while (i < m_flights.size() && (m_flights[i].at > m_now || m_frozen[at(m_flights[i].to)])) {
            ++i;
        }
        return i;
    }

    void disturb_next(Fault::Kind kind) {
        const std::size_t i = next_flight();
        if (i == m_flights.size()) {
            return;
        }
        Flight flight = m_flights[i];
        touch(flight.from, flight.to);
        if (kind != Fault::Kind::duplicate) {
            m_flights.erase(m_flights.begin() + static_cast<std::ptrdiff_t>(i));
        }
        if (kind != Fault::Kind::drop) {
            flight.at = m_now + (kind == Fault::Kind::delay ? 2 : 1);
            m_flights.push_back(flight);
        }
    }

    [[nodiscard]] std::string describe(const Fault& fault) const {
        std::string text = to_string(fault);
        const std::size_t i = next_flight();
        if (fault.kind <= Fault::Kind::delay && i < m_flights.size()) {
            text += " " + std::to_string(m_flights[i].from) + "->" +
                    std::to_string(m_flights[i].to) + " about " +
                    std::to_string(m_flights[i].message->about);
        }
        return text;
    }

    void touch(int a, int b) {
        m_contact[at(a)][at(b)] = m_now;
        m_contact[at(b)][at(a)] = m_now;
    }
    void interrupt(int a) {
        for (int b = 0; b < m_options.nodes; ++b) {
            touch(a, b);
        }
    }
    void cut(int a, int b) {
        m_link[at(a)][at(b)] = false;
        std::erase_if(m_flights, [&](const Flight& f) { return f.from == a && f.to == b; });
    }

    /// After each step: what is to be remembered, and S2.
    void follow() {
        for (int n = 0; n < m_options.nodes; ++n) {
            if (m_nodes[at(n)] && m_nodes[at(n)]->state().agreed.id > m_last_agreed.id) {
                m_last_agreed = m_nodes[at(n)]->state().agreed;
            }
        }
        for (int g = 0; g < m_options.groups; ++g) {
            Set owners = 0;
            for (int n = 0; n < m_options.nodes; ++n) {
                owners |= owns(n, g) ? only(n) : Set{0};
            }
            const Set let_go = static_cast<Set>(m_owners[at(g)] & ~owners);
            for (int n = 0; n < m_options.nodes; ++n) {
                if (has(let_go, n) && runs(n) && owners != 0) {
                    m_owed[at(g)] = {m_now, n};
                }
            }
            m_owners[at(g)] = owners;
            if (m_options.tie_break == TieBreak::first_node && size(owners) > 1 && !m_forgotten) {
                violate("S2: more than one owner of group " + std::to_string(g));
            }
        }
    }

    /// S1: contact lasted for the whole tick, so all beats of the tick have arrived. Where only one
    /// hears the other: D + 1 s.
    void end_of_tick() {
        for (int a = 0; a < m_options.nodes; ++a) {
            for (int b = 0; b < m_options.nodes; ++b) {
                bool both = false;
                for (int g = 0; g < m_options.groups; ++g) {
                    both = both || (owns(a, g) && owns(b, g));
                }
                int& lasted = m_both_own[at(a)][at(b)];
                lasted = a != b && both && m_link[at(a)][at(b)] ? lasted + 1 : 0;
                m_longest_double = std::max(m_longest_double, lasted);
                if (lasted > m_options.deadtime + 4) {
                    violate("O: node " + std::to_string(b) + " hears node " + std::to_string(a) +
                            " and owns what it owns");
                }
            }
        }
        for (int a = 0; a < m_options.nodes; ++a) {
            for (int b = 0; b < m_options.nodes; ++b) {
                if (a == b || !m_link[at(a)][at(b)] || !m_link[at(b)][at(a)] || !runs(a) ||
                    !runs(b)) {
                    touch(a, b);
                    continue;
                }
                for (int g = 0; g < m_options.groups; ++g) {
                    if (owns(a, g) && owns(b, g) && m_now - m_contact[at(a)][at(b)] > 1) {
                        violate("S1: nodes " + std::to_string(a) + " and " + std::to_string(b) +
                                " reach each other and own group " + std::to_string(g));
                    }
                }
            }
        }
    }

    /// S1 after a thaw: whoever slept so long that others could take over owns nothing of theirs.
    void check_thaw(int a) {
        if (m_now - m_frozen_since[at(a)] <= m_options.deadtime) {
            return;
        }
        for (int b = 0; b < m_options.nodes; ++b) {
            for (int g = 0; b != a && g < m_options.groups; ++g) {
                if (owns(a, g) && owns(b, g) && m_link[at(a)][at(b)] && m_link[at(b)][at(a)]) {
                    violate("S1: node " + std::to_string(a) + " thaws and still owns group " +
                            std::to_string(g) + " of node " + std::to_string(b));
                }
            }
        }
    }

    [[nodiscard]] Set reached_from(int start, bool backwards) const {
        Set set = only(start);
        for (int round = 0; round < m_options.nodes; ++round) {
            for (int a = 0; a < m_options.nodes; ++a) {
                for (int b = 0; b < m_options.nodes; ++b) {
                    const bool link = backwards ? m_link[at(b)][at(a)] : m_link[at(a)][at(b)];
                    if (has(set, a) && runs(a) && runs(b) && link) {
                        set |= only(b);
                    }
                }
            }
        }
        return set;
    }
    [[nodiscard]] Set reaches_back(int n) const {
        return static_cast<Set>(reached_from(n, false) & reached_from(n, true));
    }

    /// Majority side: quorum of the last agreed view, also of that which its nodes know, and of
    /// every later attempt that they remember.
    [[nodiscard]] bool goes_on(Set side) const {
        bool yes =
            Node::quorum(m_options, side, m_last_agreed.members) || m_last_agreed.id.epoch == 0;
        View base{{}, all(m_options.nodes)};
        for (int n = 0; n < m_options.nodes; ++n) {
            if (has(side, n) && m_nodes[at(n)]->state().agreed.id > base.id) {
                base = m_nodes[at(n)]->state().agreed;
            }
        }
        yes = yes && Node::quorum(m_options, side, base.members);
        for (int n = 0; n < m_options.nodes; ++n) {
            if (!has(side, n)) {
                continue;
            }
            const State state = m_nodes[at(n)]->state();
            for (int i = 0; i < state.attempts; ++i) {
                const View& view = state.attempted[at(i)];
                yes = yes && (view.id <= base.id || Node::quorum(m_options, side, view.members));
            }
        }
        return yes;
    }

    void check_group(Set side, int g) {
        int owners = 0;
        bool possible = false;
        bool outside = false;
        int owner = -1;
        for (int n = 0; n < m_options.nodes; ++n) {
            if (has(side, n)) {
                possible = possible || m_nodes[at(n)]->may_own(g);
                owners += owns(n, g) ? 1 : 0;
                owner = owns(n, g) ? n : owner;
            } else {
                outside = outside || (owns(n, g) && (reached_from(n, false) & side) != 0);
            }
        }
        const std::string name = "group " + std::to_string(g) + " on side " + std::to_string(side);
        if (owners > 1) {
            violate("L: more than one owner of " + name);
        } else if (owners == 0 && possible && !outside) {
            violate("L: no owner of " + name);
        }
        const Owed& owed = m_owed[at(g)];
        if (owners == 1 && owed.announced_after != never && has(side, owed.by) &&
            m_nodes[at(owner)]->announced_at(g) < owed.announced_after) {
            violate("L: the owner of " + name + " did not announce after the other let go");
        }
    }

    void violate(const std::string& what) {
        if (!m_violation) {
            m_violation = Violation{what + " at tick " + std::to_string(m_now), m_story};
        }
    }

    Options m_options;
    int m_now = 0;
    int m_last_fault = 0;
    int m_steps = 0;  ///< for the story only
    int m_steps_of_tick = 0;
    std::array<std::optional<Node>, max_nodes> m_nodes;
    std::array<int, max_nodes> m_lives{};
    std::array<bool, max_nodes> m_frozen{};
    std::array<int, max_nodes> m_frozen_since{};
    std::array<bool, max_nodes> m_eligible{true, true, true, true, true};
    std::array<std::array<bool, max_nodes>, max_nodes> m_link{};
    std::array<std::array<int, max_nodes>, max_nodes> m_contact{};
    std::array<std::array<int, max_nodes>, max_nodes> m_both_own{};
    int m_longest_double = 0;
    std::array<Set, max_groups> m_owners{};
    std::array<Owed, max_groups> m_owed{};
    View m_last_agreed;
    bool m_forgotten = false;  ///< votes, by a restart: S2 is void until all nodes agree again
    std::vector<Flight> m_flights;
    std::vector<std::string> m_story;
    std::optional<Violation> m_violation;
};

struct Exploration {
    std::optional<Violation> violation;
    std::uint64_t states = 0;
    std::uint64_t paths = 0;  ///< sequences of faults followed until peace
    bool complete = true;     ///< false: stopped by the limit of states
};

/// Every sequence of up to `faults` faults, each at any message or tick.
template <ExploredNode Node>
class Explorer {
  public:
    /// `horizon`: no fault begins after that tick; for nodes whose states are never recognised, so
    /// that the undisturbed course has an end.
    Explorer(const Options& options,
             int faults,
             int horizon = 1'000'000,
             std::uint64_t limit = 50'000'000)
        : m_options(options), m_faults(faults), m_horizon(horizon), m_limit(limit) {}

    [[nodiscard]] Exploration run() {
        follow(World<Node>{m_options}, m_faults);
        return m_result;
    }

  private:
    void follow(World<Node> world, int left) {
        while (!m_result.violation) {
            if (world.violation()) {
                m_result.violation = world.violation();
                return;
            }
            if (m_result.states >= m_limit) {
                m_result.complete = false;
                return;
            }
            auto [seen, fresh] = m_seen.try_emplace(world.fingerprint(), left);
            if (!fresh && seen->second >= left) {
                return;
            }
            seen->second = left;
            ++m_result.states;
            if (world.peace() >= world.peace_needed() && world.between_ticks()) {
                ++m_result.paths;
                world.check_liveness();
                if (world.violation()) {
                    continue;
                }
                if (left == 0) {
                    return;
                }
            }
            if (left > 0 && world.now() > m_horizon) {
                left = 0;
            }
            if (left > 0) {
                for (const Fault& fault : world.faults()) {
                    World<Node> other = world;
                    other.apply(fault);
                    follow(std::move(other), left - 1);
                }
            }
            world.step();
        }
    }

    Options m_options;
    int m_faults = 0;
    int m_horizon = 0;
    std::uint64_t m_limit = 0;
    std::unordered_map<std::uint64_t, int> m_seen;
    Exploration m_result;
};

/// One long sequence: `rounds` times some faults, then all links, nodes and stalls are mended one
/// by one or left, and peace follows. Same seed, same sequence.
template <ExploredNode Node>
[[nodiscard]] std::optional<Violation>
try_sequence(const Options& options, std::uint64_t seed, int rounds) {
    std::uint64_t state = seed * 0x9E3779B97F4A7C15U + 0x632BE59BD9B4E019U;
    const auto roll = [&](std::size_t sides) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::size_t>((state >> 33U) % sides);
    };
    const auto steps = [&](World<Node>& world, std::size_t count) {
        for (std::size_t i = 0; i < count && !world.violation(); ++i) {
            world.step();
        }
    };
    World<Node> world{options};
    for (int round = 0; round < rounds && !world.violation(); ++round) {
        const std::size_t count = 1 + roll(6);
        for (std::size_t i = 0; i < count && !world.violation(); ++i) {
            std::vector<Fault> faults = world.faults();
            faults.push_back({Fault::Kind::fail_start,
                              static_cast<int>(roll(static_cast<std::size_t>(options.nodes))),
                              static_cast<int>(roll(static_cast<std::size_t>(options.groups)))});
            faults.push_back({Fault::Kind::toggle,
                              static_cast<int>(roll(static_cast<std::size_t>(options.nodes))),
                              0});
            world.apply(faults[roll(faults.size())]);
            steps(world, roll(3) == 0 ? roll(400) : roll(12));
        }
        if (roll(2) == 0) {
            world.apply({Fault::Kind::heal});
        }
        while (!world.violation() &&
               (world.peace() < world.peace_needed() || !world.between_ticks())) {
            world.step();
        }
        if (!world.violation()) {
            world.check_liveness();
        }
    }
    return world.violation();
}

}  // namespace native_model
