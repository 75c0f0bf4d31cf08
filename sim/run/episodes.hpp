// SPDX-License-Identifier: GPL-2.0-or-later
// From probe calls to cut-offs and episodes. Pure. The definitions stand in docs/phases.md; in
// short: a cut-off begins with the fault (or with the first bad probe call, when good ones began in
// between) and ends with the first answer to a probe call that began in it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "run/run.hpp"
#include "run/trace.hpp"

namespace sim {

/// One probe call of one direction.
struct ProbeSample {
    std::int64_t started = 0;
    std::optional<std::int64_t> answered;
    std::uint64_t answer_record = 0;
    bool enough_stations =
        true;  ///< inward: at least 95 % of the stations could be reached when it was answered
};

struct CutOff {
    std::int64_t from = 0;
    std::optional<std::int64_t> to;  ///< nullopt: not restored by the end of the run
    std::uint64_t answer_record = 0;
};

/// How long a caller of this direction waits in undisturbed operation: the longest wait among the
/// probe calls that were answered before `until`.
[[nodiscard]] std::int64_t usual_wait(std::span<const ProbeSample> samples, std::int64_t until);

/// The cut-offs that open in [fault, window_end). `samples` of one direction, sorted by start. A
/// probe call is bad when it is not answered, or its caller waited more than `usual_wait` + 1 s.
[[nodiscard]] std::vector<CutOff> cut_offs(std::span<const ProbeSample> samples,
                                           std::int64_t usual_wait,
                                           std::int64_t fault,
                                           std::int64_t window_end);

/// What opened an episode.
struct EpisodeOpening {
    std::string id;
    std::string verb;
    std::string target;
    std::string evidence;
    std::int64_t at = 0;
    std::uint64_t record = 0;
};

/// One thing an operator would tell, as it happened.
struct StoryLine {
    std::int64_t at = 0;
    std::string text;
};

struct ProbedDirection {
    std::string name;
    std::vector<ProbeSample> samples;  ///< sorted by start
};

/// `openings` in time order; `end`: end of the run. `dual_owner_spans`: [from, to) in which two
/// nodes owned the same thing.
[[nodiscard]] std::vector<Episode>
make_episodes(const RecordStore&,
              const std::vector<EpisodeOpening>& openings,
              const std::vector<ProbedDirection>& directions,
              const std::vector<StoryLine>& story,
              const std::vector<std::pair<std::int64_t, std::int64_t>>& dual_owner_spans,
              std::int64_t end);

/// Design §4: < 15 s faster, 15-20 s in target, above too slow.
[[nodiscard]] TakeoverVerdict judge(const std::vector<DirectionCutOff>& directions,
                                    std::string& worst_direction);

}  // namespace sim
