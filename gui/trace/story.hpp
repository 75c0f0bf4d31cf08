// SPDX-License-Identifier: GPL-2.0-or-later
// Records in words, and the chain of causes that leads from one of them back to the fault. No Qt;
// the sentences are English, as the rest of a trace is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trace/history.hpp"
#include "trace/run_result.hpp"

namespace gui {

/// "asterisk1 declared dead (silent)". A kind without words of its own: its details as they stand.
[[nodiscard]] std::string describe(const Trace&, const Row&);

struct WhyStep {
    std::uint32_t row = no_row;
    Time t = 0;
    std::string node;
    std::string text;     ///< what happened
    std::string because;  ///< how it leads to the step before it in the list; empty: by its cause
    std::uint32_t folded = 0;  ///< records of the same exchange between this step and the next
    bool milestone = false;
    bool fault = false;
};

/// From the record back towards the fault, newest first; the first step is the record itself. A
/// silence has no record: where a chain jumps over a fault because a peer was last heard before it,
/// the fault follows. Ends at the fault, or where causes end (then `ends_because` of the last step
/// is in its `because`).
[[nodiscard]] std::vector<WhyStep> why(const History&, std::uint32_t row);

/// The answer that ended the longest cut-off of the worst direction of that episode; no_row: none.
[[nodiscard]] std::uint32_t first_answer(const Trace&, const EpisodeResult&);

}  // namespace gui
