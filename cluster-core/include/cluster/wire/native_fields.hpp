// SPDX-License-Identifier: GPL-2.0-or-later
// The fields that a beat of the native dialect carries on top of heartbeat's: values <-> text, as
// docs/native-protocol.md §4 says. Strict and bounded: a field that breaks its syntax, or names a
// node or group that does not exist, makes the whole beat malformed. Says nothing about what the
// values mean.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/result.hpp"
#include "cluster/wire/heartbeat.hpp"

namespace cluster::wire {

inline constexpr std::size_t max_native_nodes = 256;
inline constexpr std::size_t max_native_groups = 1024;  // assumed: more are refused, not cut
inline constexpr std::size_t max_attempted_views = 8;
inline constexpr std::uint64_t native_version = 1;

/// Nodes by their index in the `node` lines of ha.cf.
class NodeSet {
  public:
    constexpr NodeSet() = default;
    /// The first `count` nodes.
    [[nodiscard]] static constexpr NodeSet all(std::size_t count) {
        NodeSet set;
        for (std::size_t i = 0; i < count && i < max_native_nodes; ++i) {
            set.insert(i);
        }
        return set;
    }
    [[nodiscard]] static constexpr NodeSet only(std::size_t node) {
        NodeSet set;
        set.insert(node);
        return set;
    }

    constexpr void insert(std::size_t node) { m_words[node / 64] |= bit(node); }
    constexpr void erase(std::size_t node) { m_words[node / 64] &= ~bit(node); }
    [[nodiscard]] constexpr bool has(std::size_t node) const {
        return node < max_native_nodes && (m_words[node / 64] & bit(node)) != 0;
    }
    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] bool empty() const noexcept { return *this == NodeSet{}; }
    /// The lowest index; max_native_nodes when empty.
    [[nodiscard]] std::size_t first() const noexcept;
    /// Nothing outside `other`.
    [[nodiscard]] bool within(const NodeSet& other) const noexcept {
        return (*this & other) == *this;
    }

    friend constexpr NodeSet operator&(NodeSet a, const NodeSet& b) {
        for (std::size_t i = 0; i < words; ++i) {
            a.m_words[i] &= b.m_words[i];
        }
        return a;
    }
    friend constexpr NodeSet operator|(NodeSet a, const NodeSet& b) {
        for (std::size_t i = 0; i < words; ++i) {
            a.m_words[i] |= b.m_words[i];
        }
        return a;
    }
    bool operator==(const NodeSet&) const = default;

    /// Calls visit(index) in ascending order.
    template <class Visit>
    void each(Visit&& visit) const {
        for (std::size_t w = 0; w < words; ++w) {
            for (std::uint64_t rest = m_words[w]; rest != 0; rest &= rest - 1) {
                visit(w * 64 + lowest(rest));
            }
        }
    }

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_words);
    }

  private:
    static constexpr std::size_t words = max_native_nodes / 64;
    [[nodiscard]] static constexpr std::uint64_t bit(std::size_t node) {
        return std::uint64_t{1} << (node % 64);
    }
    [[nodiscard]] static std::size_t lowest(std::uint64_t word) noexcept;

    std::array<std::uint64_t, words> m_words{};
};

/// Of a plan: compared from left to right.
struct PlanId {
    std::uint64_t epoch = 0;
    std::uint64_t proposer = 0;    ///< node index
    std::uint64_t generation = 0;  ///< of the proposer
    auto operator<=>(const PlanId&) const = default;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.epoch, self.proposer, self.generation);
    }
};

/// Id and members of a plan. Epoch 0 is view 0: all configured nodes.
struct View {
    PlanId id;
    NodeSet members;
    bool operator==(const View&) const = default;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.id, self.members);
    }
};

inline constexpr std::int32_t no_owner = -1;

struct Plan {
    PlanId id;
    PlanId base;
    NodeSet members;
    std::vector<std::int32_t> owners;  ///< by group; no_owner = nobody
    bool operator==(const Plan&) const = default;
    [[nodiscard]] View view() const { return {id, members}; }

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.id, self.base, self.members, self.owners);
    }
};

/// What a node has of a group. It owns it while any address of it may be on an interface.
enum class Hold : std::uint8_t { none, starting, up, suspended, releasing, failed, unknown };
[[nodiscard]] constexpr bool owns(Hold hold) noexcept {
    return hold == Hold::starting || hold == Hold::up || hold == Hold::releasing ||
           hold == Hold::unknown;
}

enum class FailureReason : std::uint8_t { none, start, monitor, stop };

/// One group as its sender has it.
struct GroupHold {
    Hold hold = Hold::none;
    std::uint64_t epoch = 0;  ///< of the plan under which it was (last) acquired
    FailureReason failure = FailureReason::none;
    bool operator==(const GroupHold&) const = default;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.hold, self.epoch, self.failure);
    }
};

enum class HealthState : std::uint8_t { ok, critical, failed };

struct NativeFlags {
    bool standby = false;      ///< b: operator standby
    bool asked = false;        ///< g: groups asked for follow in `ng`
    bool leaving = false;      ///< l
    bool maintenance = false;  ///< m
    bool no_carrier = false;   ///< n
    bool pings = false;        ///< p: reaches a ping target
    bool ready = false;        ///< r
    bool operator==(const NativeFlags&) const = default;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.standby,
           self.asked,
           self.leaving,
           self.maintenance,
           self.no_carrier,
           self.pings,
           self.ready);
    }
};

/// A takeover asked for by the operator.
struct Asked {
    std::uint32_t group = 0;
    std::uint32_t node = 0;
    bool operator==(const Asked&) const = default;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.group, self.node);
    }
};

/// What only beats of a node in the native dialect carry.
struct NativeState {
    std::uint64_t uptime_ms = 0;           ///< nu
    bool ask = false;                      ///< nq
    NodeSet alive;                         ///< nl
    NodeSet recent;                        ///< nr
    NodeSet confirmed;                     ///< nk
    View agreed;                           ///< nb; epoch 0: view 0
    std::vector<View> attempted;           ///< nt
    std::optional<Plan> plan;              ///< np
    std::vector<GroupHold> groups;         ///< nh and nx, by group
    NativeFlags flags;                     ///< nf
    std::vector<Asked> asked;              ///< ng
    std::uint32_t health_score = 0;        ///< ns
    HealthState health = HealthState::ok;  ///< ns
    NodeSet fenced;                        ///< nz

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.uptime_ms,
           self.ask,
           self.alive,
           self.recent,
           self.confirmed,
           self.agreed,
           self.attempted,
           self.plan,
           self.groups,
           self.flags);
        ar(self.asked, self.health_score, self.health, self.fenced);
    }
};

struct NativeFields {
    std::uint64_t version = native_version;  ///< nv: the highest that the sender speaks
    std::uint64_t dialect = 0;               ///< nd: epoch in force; 0: R1
    std::uint64_t acknowledged = 0;          ///< na; equal to `dialect` when absent
    std::uint64_t configuration = 0;         ///< nc
    std::optional<NativeState> state;        ///< present when `dialect` is not 0
    std::optional<std::string> relayed_by;   ///< nw
};

/// How many nodes and groups there are, and who the sender is.
struct NativeLimits {
    std::size_t nodes = 0;
    std::size_t groups = 0;
    std::size_t sender = 0;
};

/// The field that is missing or wrong.
struct NativeFieldError {
    std::string_view field;
};

/// Appends the fields in the order of the table. Precondition: sets, plans and groups fit `limits`.
void add_native_fields(const NativeFields&, const NativeLimits&, OutgoingMessage& out);

/// Nullopt: no `nv`, a message of another implementation. `configuration` is checked by the caller
/// first when it matters: indexes mean something between equal configurations only, so of a sender
/// with another one only nv, nd, na and nc are read (`own_configuration`).
[[nodiscard]] std::optional<Result<NativeFields, NativeFieldError>>
read_native_fields(const MessageView&, const NativeLimits&, std::uint64_t own_configuration);

}  // namespace cluster::wire
