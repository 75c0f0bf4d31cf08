// SPDX-License-Identifier: GPL-2.0-or-later
// A run as Chrome trace events, for ui.perfetto.dev and chrome://tracing: a track per node with
// its states, per address with its owner, per direction with the phases of its cut-off; faults
// across all of them; calls up as counters; frames as pairs that may overlap. No Qt.
#pragma once

#include <ostream>

#include "trace/history.hpp"
#include "trace/run_result.hpp"

namespace gui {

struct PerfettoOptions {
    Time from = 0;
    Time to = 0;         ///< what lies outside is left out; states are cut
    bool frames = true;  ///< most of the records of a run
};

/// Times are microseconds with three decimals, so that no nanosecond is lost. `result` may be null:
/// then there are no phases. False: `out` could not take it.
[[nodiscard]] bool
write_perfetto(std::ostream& out, const History&, const RunResult* result, const PerfettoOptions&);

}  // namespace gui
