// SPDX-License-Identifier: GPL-2.0-or-later
// What `understudy analyze` finds out: redundancy of each pair, single points of failure, every
// single failure and every pair of failures, and how far a simulation of them agrees. Values and
// the code that fills them; printing is elsewhere, and nothing here runs a simulation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/system_model.hpp"
#include "run/run.hpp"

namespace sim::analysis {

/// Design §4: no call within this after a failure is the worst verdict.
inline constexpr Duration call_limit = std::chrono::seconds{20};

struct PairResult {
    Ways::Kind kind = Ways::Kind::calls;
    std::string from;
    std::string to;
    std::optional<std::size_t> edge_disjoint;       ///< nullopt: nothing can separate them
    std::optional<std::size_t> component_disjoint;  ///< share neither cable nor device
    std::vector<ComponentId> single_points;
    std::vector<ComponentId> minimum_cut;
    std::vector<ComponentId> shortest_way;  ///< from end to end, devices and cables in turn
};

/// What is left of the calls (without telephones: of the addresses).
enum class Impact : std::uint8_t {
    none,        ///< everybody is served
    stations,    ///< some stations (or clients) are cut off, every direction goes on
    directions,  ///< a direction is gone
    everything,  ///< nobody can call any more
};
[[nodiscard]] std::string_view name(Impact) noexcept;
[[nodiscard]] Impact impact_of(const Outlook&) noexcept;

struct SimulatedDirection {
    std::string direction;
    int runs = 0;
    int in_time = 0;      ///< runs with a call answered within call_limit, or none interrupted
    int not_cut = 0;      ///< runs in which nobody was cut off
    int never = 0;        ///< runs without any answer for `looked`
    Duration shortest{};  ///< cut-off of the runs that were restored
    Duration longest{};
};

/// One failure, simulated with some seeds. Evidence is what the nodes really did at the end.
struct Simulated {
    std::string how;            ///< "power.off fb1"; "link.down pri, because telco has no switch"
    std::string not_simulated;  ///< why; empty: it was
    std::vector<std::uint64_t> seeds;
    Duration looked{};  ///< after the failure
    std::vector<SimulatedDirection> directions;
    bool settled = true;      ///< the service was complete before the failure, in every run
    bool two_owners = false;  ///< in some run
    std::vector<std::string> served_at_end;  ///< members with the whole group, in some run
    std::vector<std::string> bridge_at_end;  ///< members the bridge sends to, in some run
    std::string largest_phase;               ///< of the longest restored cut-off: "service 14.2 s"
};

enum class Agreement : std::uint8_t { not_simulated, agrees, explained, unexplained };
[[nodiscard]] std::string_view name(Agreement) noexcept;

struct Comparison {
    Agreement agreement = Agreement::not_simulated;
    std::vector<std::string> notes;  ///< why they differ; or why there is nothing to compare
    /// They differ only in that a probe call cannot tell some stations from none.
    bool by_counting = false;
};

struct FailureResult {
    Failure failure;
    Outlook outlook;
    Impact impact = Impact::none;
    /// Pairs only: neither failure alone does this much, so it is news.
    bool only_together = false;
    std::optional<Simulated> simulated;
    Comparison comparison;
};

struct Analysis {
    std::string scenario_id;
    std::string title;
    std::string digest;
    std::string implementation;
    std::vector<PairResult> pairs;
    std::vector<FailureResult> singles;
    std::vector<FailureResult> doubles;  ///< independent ones: neither includes the other
};

/// Is a call possible within call_limit after the failure? By simulation where there is one, except
/// that a probe call cannot tell some stations from none; else by the graph, which knows no times.
enum class InTime : std::uint8_t {
    always,  ///< in every direction, with every seed
    partly,  ///< in some direction, for some stations, or with some seed
    never,
};
[[nodiscard]] InTime calls_in_time(const FailureResult&) noexcept;
[[nodiscard]] InTime direction_in_time(const FailureResult&, const Reach&) noexcept;

/// Everything that needs no simulation.
[[nodiscard]] Analysis analyze(const Scenario&, const SystemModel&);

/// Graph against simulation, direction by direction. What cannot be derived from the evidence is
/// called unexplained: then graph or simulation is wrong.
[[nodiscard]] Comparison compare(const SystemModel&, const Outlook&, const Simulated&);

}  // namespace sim::analysis
