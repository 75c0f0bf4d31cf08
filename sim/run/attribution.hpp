// SPDX-License-Identifier: GPL-2.0-or-later
// Where the time of a cut-off went: the causes of the first answered probe call, walked back to the
// fault. Pure: reads records, runs nothing. The rules stand in docs/phases.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/run.hpp"
#include "run/trace.hpp"

namespace sim {

struct Attribution {
    PhaseTimes phases;                ///< on_path + unattributed == to - from
    Duration unattributed{};          ///< head of the cut-off that no milestone explains
    std::string gap;                  ///< why there is such a head; empty: the path is complete
    std::vector<std::uint64_t> path;  ///< record ids, oldest first
};

/// `from`, `to`: the cut-off; `answer`: the record of the call's answer (at `to`); `fault`: the
/// record of the fault.
[[nodiscard]] Attribution attribute(const RecordStore&,
                                    std::int64_t from,
                                    std::int64_t to,
                                    std::uint64_t fault,
                                    std::uint64_t answer);

}  // namespace sim
