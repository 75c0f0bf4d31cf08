// SPDX-License-Identifier: GPL-2.0-or-later
// result.json of a run, as far as the player shows it (docs/result-format.md). Unknown keys are
// ignored, missing ones leave their member empty. No Qt.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trace/trace.hpp"

namespace gui {

inline constexpr std::size_t phase_count = 11;
/// In the order of docs/phases.md.
inline constexpr std::array<std::string_view, phase_count> phase_names{"detect",
                                                                       "decide",
                                                                       "fence",
                                                                       "address",
                                                                       "announce",
                                                                       "route",
                                                                       "bridge",
                                                                       "service",
                                                                       "trunk",
                                                                       "register",
                                                                       "call"};

struct DirectionResult {
    std::string direction;
    bool interrupted = false;
    bool restored = true;
    Time longest = 0;
    Time summed = 0;
    std::array<Time, phase_count> phases{};
    std::array<Time, phase_count> parallel{};
    Time unattributed = 0;
    std::string gap;
    std::vector<std::uint64_t> path;  ///< seqs, fault first, answered probe call last
};

struct StoryStep {
    Time at = 0;
    std::string text;
};

struct EpisodeResult {
    std::string id;
    std::string verb;
    std::string target;
    Time at = 0;
    std::string evidence;
    std::string verdict;
    bool two_owners = false;
    std::string worst_direction;
    std::vector<DirectionResult> directions;
    std::vector<StoryStep> story;

    /// The worst direction; null: none was interrupted.
    [[nodiscard]] const DirectionResult* worst() const noexcept;
};

struct ExpectationView {
    std::string id;
    std::string severity;
    std::string verdict;
    std::string observed;
    std::string limit;
    std::vector<std::uint64_t> evidence;
};

struct InvariantView {
    std::string name;
    bool evaluated = false;
    bool disabled = false;
    Time violated_for = 0;
    std::optional<Time> first_at;
};

struct ParameterView {
    std::string name;
    std::string value;
    std::string mark;
    std::string source;
};

struct RunResult {
    std::string scenario;
    std::string title;
    std::string digest;
    std::uint64_t seed = 0;
    std::string implementation;
    std::string verdict;
    std::vector<EpisodeResult> episodes;
    std::vector<ExpectationView> expectations;
    std::vector<InvariantView> invariants;
    std::vector<std::pair<std::string, std::int64_t>> metrics;
    std::vector<ParameterView> parameters;
};

struct ReadResult {
    std::optional<RunResult> result;
    std::string error;  ///< why there is none
};

[[nodiscard]] ReadResult read_result(std::string_view json);
[[nodiscard]] ReadResult read_result_file(const std::string& path);

/// When the longest cut-off of that direction began and ended, from the last record of its path.
/// nullopt: it was not restored, or the trace does not hold that record.
[[nodiscard]] std::optional<std::pair<Time, Time>> cut_off_of(const Trace&, const DirectionResult&);

}  // namespace gui
