// SPDX-License-Identifier: GPL-2.0-or-later
// Runs of one scenario in processes of their own: ns-3 has one simulator per process, and a run
// that crashes must not take the others along. Each run is forked from this (warm) process and
// sends its result through a pipe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/run.hpp"

namespace app {

struct RunJob {
    sim::RunOptions options;
    const sim::Scenario* scenario = nullptr;  ///< null: the one that run_jobs() is given
};

enum class OnFailure : std::uint8_t {
    stop,   ///< no further job is started
    go_on,  ///< the reason is kept with the job
};

struct RunFailure {
    std::uint64_t seed = 0;
    std::string reason;
};

struct WorkResult {
    std::vector<std::optional<sim::RunResult>>
        results;  ///< in the order of the jobs; empty: not done
    std::optional<RunFailure>
        failure;  ///< OnFailure::stop: the one with the smallest seed; the others were stopped
    std::vector<std::string> reasons;  ///< OnFailure::go_on, by job: why there is no result
    bool interrupted = false;          ///< by SIGINT or SIGTERM
};

struct Progress {
    std::size_t done = 0;
    std::size_t of = 0;
    sim::Duration simulated{};  ///< of the run that told last
};

/// `seen` gets every result as soon as it is there, in any order; `progress` may be null. The
/// answer does not depend on `at_once`.
[[nodiscard]] WorkResult run_jobs(const sim::Scenario&,
                                  const std::vector<RunJob>& jobs,
                                  std::size_t at_once,
                                  const std::function<void(const Progress&)>& progress,
                                  OnFailure = OnFailure::stop);

}  // namespace app
