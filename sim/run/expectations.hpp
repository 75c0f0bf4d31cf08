// SPDX-License-Identifier: GPL-2.0-or-later
// Judges what a scenario expects of one run against what happened. Pure. A verdict other than
// "pass" or "fail" says that the expectation was not evaluated; a run cannot pass then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "run/run.hpp"
#include "run/trace.hpp"

namespace sim {

/// A word of haresources that ran on a node from then on.
struct ResourceStart {
    std::int64_t at = 0;
    std::string node;
    std::string word;    ///< as it stands in haresources
    std::string script;  ///< what it runs; start orders may name either
    std::uint64_t record = 0;
};

struct Takeover {
    std::int64_t at = 0;
    std::string node;
    std::uint64_t record = 0;
};

/// One attempt of a workload: a call, or an echo request.
struct Attempt {
    std::int64_t started = 0;
    std::optional<std::int64_t> answered;
};

struct WorkloadLog {
    std::string id;
    std::vector<Attempt> attempts;  ///< sorted by start
};

/// Everything an expectation can ask for.
struct RunFacts {
    const RecordStore* records = nullptr;
    std::vector<Episode> episodes;
    std::vector<InvariantResult> invariants;
    std::vector<ResourceStart> starts;  ///< in time order; the change to "running"
    std::vector<Takeover> takeovers;    ///< a member took a group that another had last
    std::vector<WorkloadLog> workloads;
    std::vector<std::pair<std::string, std::int64_t>> metrics;
    std::vector<std::pair<std::int64_t, std::int64_t>>
        dual_owner_spans;  ///< [from, to): two members held the same thing
    std::int64_t end = 0;
};

/// A known_bad expectation passes when what it wants is not met.
[[nodiscard]] ExpectationResult evaluate(const Expectation&, const RunFacts&);

/// Longest time without an answer of an echo workload, from its first answer to `end`; nullopt:
/// never answered.
[[nodiscard]] std::optional<Duration> longest_gap(const WorkloadLog&, std::int64_t end);

/// passed and inconclusive of the result: error-severity expectations, and every invariant that is
/// on.
void conclude(const std::vector<Expectation>&, RunResult&);

/// "1.934 s", for people.
[[nodiscard]] std::string seconds(Duration);

}  // namespace sim
