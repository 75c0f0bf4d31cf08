// SPDX-License-Identifier: GPL-2.0-or-later
// What the records of a trace mean for nodes, links, addresses and calls, and how the world looked
// at any time. world_at(t) is a pure function of the trace and t; nothing here plays. The states
// are what the player shows, derived in one place (shown_state). No Qt.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trace/trace.hpp"

namespace gui {

enum class State : std::uint8_t {
    in_service,  ///< nothing is known against it; cluster members are never just this
    active,
    standby,
    taking_over,
    degraded,
    failed,
    unknown
};
inline constexpr std::size_t state_count = 7;
[[nodiscard]] std::string_view word(State) noexcept;  ///< "in service", "active", …

/// Why a state is what it is, in a few words.
enum class Reason : std::uint8_t {
    none,
    no_power,
    crashed,
    frozen,
    not_booted,
    booting,
    no_daemon,
    group_failed,
    releasing,
    no_carrier,
    service_hangs,
    two_owners,
    peer_silent,
    unfed,
    not_transmitting,
    no_d_channel,
    alarm,
    impaired
};
[[nodiscard]] std::string_view word(Reason) noexcept;  ///< "no power"; empty for none

struct Shown {
    State state = State::in_service;
    Reason reason = Reason::none;
    bool operator==(const Shown&) const = default;
};

enum class Role : std::uint8_t { none, standby, takeover, active, release, fault };

struct NodeFacts {
    bool powered = true;
    bool crashed = false;
    bool was_off = false;
    bool booted = false;
    bool frozen = false;
    bool daemon = false;
    bool service = false;
    bool service_hangs = false;
    bool peer_silent = false;
    bool spans = false;  ///< TDMoE arrives here
    bool unfed = false;
    bool transmitting = true;
    bool d_channel_down = false;
    std::uint8_t lost_carriers = 0;
    std::uint8_t alarms = 0;
    bool operator==(const NodeFacts&) const = default;
};

struct LinkFacts {
    bool unplugged = false;
    bool impaired = false;
    bool alarm[2] = {false, false};
    bool no_carrier[2] = {false, false};  ///< as its ends' hosts told
    bool operator==(const LinkFacts&) const = default;
};

enum class LinkState : std::uint8_t { up, impaired, down };

inline constexpr Time never = -1;

struct DirectionFacts {
    std::int32_t calls_up = 0;
    Time last_probe_answer = never;
    bool operator==(const DirectionFacts&) const = default;
};

/// Everything that is shown of one moment, save frames on their way. Compared by tests.
struct World {
    std::vector<NodeFacts> nodes;
    std::vector<LinkFacts> links;
    std::vector<Role> roles;           ///< [node * groups + group]
    std::vector<std::uint8_t> owners;  ///< [node * addresses + address]
    std::vector<DirectionFacts> directions;
    std::int32_t calls_dropped = 0;
    std::int32_t calls_failed = 0;
    std::uint32_t last_fault = no_row;  ///< row of the last fault.inject
    bool operator==(const World&) const = default;
};

/// A state that lasts until the next segment of its lane begins, the last one to the end.
struct Segment {
    Time from = 0;
    Shown shown;
};

inline constexpr std::uint32_t nobody = 0xffff'ffff;
inline constexpr std::uint32_t several = 0xffff'fffe;

struct OwnerSegment {
    Time from = 0;
    std::uint32_t owner = nobody;         ///< node index, nobody, several
    std::vector<std::uint32_t> everyone;  ///< node indexes
};

/// An answered probe call, or a call of the workload that began or ended.
struct CallCount {
    Time t = 0;
    std::int32_t up = 0;
};

struct DirectionLane {
    std::string name;
    std::vector<Time> probe_answers;
    std::vector<CallCount> calls;  ///< calls up, whenever that changes
};

struct FaultMark {
    Time t = 0;
    std::uint32_t row = no_row;
    bool repair = false;
    std::string id;
    std::string verb;
    std::string target;
    std::string evidence;
};

struct Milestone {
    Time t = 0;
    std::uint32_t row = no_row;
    std::string phase;
};

class History {
  public:
    explicit History(std::shared_ptr<const Trace> trace);
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    [[nodiscard]] const Trace& trace() const noexcept { return *m_trace; }
    /// The world after all records with a time <= t.
    [[nodiscard]] World world_at(Time t) const;
    /// The same, by applying every record from the beginning: what world_at() is tested against.
    [[nodiscard]] World replayed_to(Time t) const;

    [[nodiscard]] Shown shown_node(const World&, std::size_t node) const;
    [[nodiscard]] LinkState shown_link(const World&, std::size_t link) const;
    [[nodiscard]] std::vector<std::uint32_t> owners(const World&, std::size_t address) const;

    [[nodiscard]] const std::vector<std::string>& groups() const noexcept { return m_groups; }
    [[nodiscard]] const std::vector<std::string>& addresses() const noexcept { return m_addresses; }
    /// True: it takes part in the cluster (a daemon, a role or a peer was told of it).
    [[nodiscard]] bool member(std::size_t node) const noexcept { return m_members[node]; }
    /// Index of the node that `subject` speaks of ("node" or "node:port"); nobody when there is
    /// none.
    [[nodiscard]] std::uint32_t node_of(std::string_view subject) const noexcept;
    [[nodiscard]] std::uint32_t link_of(std::string_view id) const noexcept;

    [[nodiscard]] const std::vector<std::vector<Segment>>& node_lanes() const noexcept {
        return m_node_lanes;
    }
    [[nodiscard]] const std::vector<std::vector<OwnerSegment>>& owner_lanes() const noexcept {
        return m_owner_lanes;
    }
    [[nodiscard]] const std::vector<DirectionLane>& directions() const noexcept {
        return m_directions;
    }
    [[nodiscard]] const std::vector<FaultMark>& faults() const noexcept { return m_faults; }
    [[nodiscard]] const std::vector<Milestone>& milestones() const noexcept { return m_milestones; }

    /// State of that lane at t.
    [[nodiscard]] const Segment& segment_at(std::size_t node, Time t) const;
    /// Records of kinds that this player has no words for, by kind.
    [[nodiscard]] const std::vector<std::pair<std::string, std::uint32_t>>&
    unknown_kinds() const noexcept {
        return m_unknown_kinds;
    }

  private:
    struct Builder;
    struct Effect;
    void apply(World&, const Effect&) const;
    [[nodiscard]] World beginning() const;
    void build_lanes();

    std::shared_ptr<const Trace> m_trace;
    std::vector<std::string> m_groups;
    std::vector<std::string> m_addresses;
    std::vector<bool> m_members;
    std::vector<std::array<std::uint32_t, 2>> m_link_nodes;
    std::vector<Effect> m_effects;   ///< sorted by time
    std::vector<World> m_keyframes;  ///< before effect i * effects_per_keyframe
    std::vector<std::vector<Segment>> m_node_lanes;
    std::vector<std::vector<OwnerSegment>> m_owner_lanes;
    std::vector<DirectionLane> m_directions;
    std::vector<FaultMark> m_faults;
    std::vector<Milestone> m_milestones;
    std::vector<std::pair<std::string, std::uint32_t>> m_unknown_kinds;
};

}  // namespace gui
