// SPDX-License-Identifier: GPL-2.0-or-later
// One run of one scenario with one seed, in this process (ns-3 has one simulator per process;
// campaigns fork). No ns-3 types here. The name() functions are defined in report/names.cpp (format
// library).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scenario/scenario.hpp"

namespace sim {

enum class TraceLevel : std::uint8_t { none, signalling, all };

struct RunOptions {
    std::uint64_t seed = 1;
    TraceLevel trace = TraceLevel::signalling;
    std::string trace_file;  ///< empty: no trace is written
    std::string
        event_log_dir;     ///< empty: no event logs; else <dir>/<node>.eventlog for each member
    std::string pcap_dir;  ///< empty: none; else <dir>/<link>.pcapng for each Ethernet link
    std::function<void(Duration simulated)>
        progress;  ///< about every simulated second; may be null
};

/// The phases of design §4, in order. The names are part of every format.
enum class Phase : std::uint8_t {
    detect,
    decide,
    fence,
    address,
    announce,
    route,
    bridge,
    service,
    trunk,
    register_,
    call
};
inline constexpr std::size_t phase_count = 11;
[[nodiscard]] std::string_view name(Phase) noexcept;  ///< "register" for register_

struct PhaseTimes {
    std::array<Duration, phase_count>
        on_path{};  ///< sums to the cut-off, less what is unattributed
    std::array<Duration, phase_count>
        parallel{};  ///< milestones off the path: time from their cause to them
};

struct DirectionCutOff {
    std::string direction;  ///< "outward", "inward", "station-to-station"
    bool interrupted = false;
    bool restored = true;  ///< false: still cut off at the end of the run
    Duration longest{};
    Duration summed{};
    PhaseTimes phases;        ///< of the longest; phases.on_path + unattributed == longest
    Duration unattributed{};  ///< part of the longest that no milestone explains; 0 in a complete
                              ///< attribution
    std::string attribution_gap;      ///< why there is such a part; empty when there is none
    std::vector<std::uint64_t> path;  ///< record ids, fault first, answered probe last
    /// Episode whose cut-off of this direction was running when this one opened: what is cut off
    /// then counts there. Empty: callers were served.
    std::string already_cut_off_by{};
};

enum class TakeoverVerdict : std::uint8_t {
    faster,
    in_target,
    too_slow,
    no_interruption,
    no_takeover
};
[[nodiscard]] std::string_view
    name(TakeoverVerdict) noexcept;  ///< "faster", "in target", "too slow", "no interruption", "no
                                     ///< takeover"

struct Episode {
    std::string id;  ///< of the timeline entry; "<id>/revert" for the end of `for`
    std::string verb;
    std::string target;  ///< resolved
    Duration at{};
    std::string evidence;  ///< what shows that the fault took effect
    std::vector<DirectionCutOff> directions;
    std::string worst_direction;  ///< empty: no interruption
    TakeoverVerdict verdict = TakeoverVerdict::no_interruption;
    bool two_owners = false;
    std::vector<std::pair<Duration, std::string>>
        story;                        ///< what an operator would tell, ≤ 15 lines
    std::vector<std::string> advice;  ///< what to change, what helps most first
};

/// Id of the episode whose cut-off ran when this one opened, in any direction; empty: none did.
[[nodiscard]] std::string already_cut_off_by(const Episode&);

enum class ExpectationVerdict : std::uint8_t { pass, fail, inconclusive, not_reached };
[[nodiscard]] std::string_view name(ExpectationVerdict) noexcept;

struct ExpectationResult {
    std::string id;
    ExpectationVerdict verdict = ExpectationVerdict::not_reached;
    std::string observed;
    std::string limit;
    std::optional<std::int64_t> observed_ns;  ///< for quantiles over seeds
    std::vector<std::uint64_t> evidence;      ///< record ids
};

struct InvariantResult {
    std::string name;
    bool evaluated = false;
    bool disabled = false;
    std::string reason;  ///< why disabled, or what violated it
    Duration violated_for{};
    std::optional<Duration> first_at;
};

struct Parameter {
    std::string name;
    std::string value;
    Mark mark = Mark::assumed;
    std::string source;
};

/// A fault or repair of the timeline, whether it opened an episode or not.
struct AppliedFault {
    std::string id;  ///< of the timeline entry; "<id>/revert" and the like for what came of it
    std::string verb;
    std::string target;  ///< resolved
    Duration at{};
    bool took_effect = true;  ///< false: it could strike at nothing and was left out
    std::string evidence;     ///< what shows that it took effect, or why it was left out
};

/// Calls of the workload that were lost, from the first fault on.
struct CallsLost {
    std::int64_t dropped = 0;     ///< answered, then ended by the network
    std::int64_t unanswered = 0;  ///< placed, and given up by the caller
    [[nodiscard]] std::int64_t total() const noexcept { return dropped + unanswered; }
    bool operator==(const CallsLost&) const = default;
};

/// The same run (scenario, seed, faults) in two worlds.
struct LossComparison {
    Duration from{};         ///< the first fault
    CallsLost run;           ///< what was lost
    CallsLost nobody_acted;  ///< what is lost when all daemons and operators stand still from then
};

/// What one thing was in the course of the run: a node, its daemon, a group, an address, a service,
/// the stream of a bridge. Each state lasts until the next change or the end of the run.
struct StateLane {
    std::string node;
    std::string what;  ///< "node", "daemon", "group", "address", "service", "trunk", "stream"
    std::string name;  ///< which group, which address; empty where a node has only one
    std::vector<std::pair<Duration, std::string>> changes;  ///< words in docs/result-format.md
};

/// The workload's calls, counted in equal parts of the run; all lists have the same length.
struct CallsOverTime {
    Duration part{};
    std::vector<std::int64_t> answered;    ///< by the time they were placed
    std::vector<std::int64_t> unanswered;  ///< by the time they were placed
    std::vector<std::int64_t> dropped;     ///< by the time they were lost
};

/// A rule of ours was at work on a node: what heartbeat 3.0.6 does not have, and what it did.
struct RuleAtWork {
    std::string node;
    std::string rule;      ///< "carrier", "ping-tie-break", …
    std::string decision;  ///< "keeps", "takes nothing", "releases", "waits", "retries"
    Duration from{};
    Duration lasted{};  ///< until the rule decided otherwise or no longer applied
};

struct RunResult {
    std::string scenario_id;
    std::string title;
    std::string scenario_digest;  ///< sha256 of the scenario and all files it names
    std::uint64_t seed = 0;
    std::string implementation;
    std::vector<Episode> episodes;
    std::vector<AppliedFault> faults;  ///< in the order of time
    std::vector<ExpectationResult> expectations;
    std::vector<InvariantResult> invariants;
    std::vector<std::pair<std::string, std::int64_t>>
        metrics;  ///< sorted by name: calls-dropped, calls-attempted, …
    std::optional<LossComparison> calls_lost;  ///< none without calls or without a fault
    std::optional<CallsOverTime> calls;        ///< none without calls
    std::vector<StateLane> lanes;
    std::vector<RuleAtWork> rules;  ///< in the order of time
    std::vector<Parameter> parameters;
    std::vector<cluster::Finding> findings;
    std::vector<std::string> bindings;  ///< one line per word and node
    std::uint64_t records = 0;
    bool passed = false;  ///< all error-severity expectations pass and no invariant is violated
    bool inconclusive = false;  ///< something could not be evaluated
};

/// Precondition: the scenario was read without errors. Throws std::runtime_error on an internal
/// error (exit 6), e.g. a fault that could not take effect.
[[nodiscard]] RunResult run(const Scenario&, const RunOptions&);

}  // namespace sim
