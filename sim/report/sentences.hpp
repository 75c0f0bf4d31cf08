// SPDX-License-Identifier: GPL-2.0-or-later
// Timelines and expectations in plain sentences: for `understudy explain` and for what stands above
// a report. Pure text; nothing is run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenario/scenario.hpp"

namespace sim {

/// "asterisk1", "the node that serves", "one of a, b and c, drawn by the seed"
[[nodiscard]] std::string in_words(const Target&);

/// What a fault does, as the rest of a sentence that begins with a time: "asterisk1 loses power".
/// `target` is what is struck, in words.
[[nodiscard]] std::string in_words(const Fault&, const std::string& target, const Topology&);

/// "asterisk1 holds the virtual addresses"
[[nodiscard]] std::string in_words(const Requirement&);

/// "callers are cut off for at most 20 s after cut (worst direction)"
[[nodiscard]] std::string in_words(const Expectation&);

/// One sentence of a timeline.
struct Sentence {
    std::optional<Duration> at;  ///< none: the time depends on the run
    std::string id;              ///< entry, "<id>/revert"
    std::string text;            ///< whole sentence, with its time
};

/// In the order of the timeline; what undoes a fault stands at its own time.
[[nodiscard]] std::vector<Sentence> sentences_of(const std::vector<TimelineEntry>&,
                                                 const Topology&);

/// "Between 60 s and 300 s, faults are drawn …", one sentence per choice after it.
[[nodiscard]] std::vector<std::string> sentences_of(const Soak&, const Topology&);

/// "a", "a and b", "a, b and c"
[[nodiscard]] std::string listed(const std::vector<std::string>& words, const char* last = " and ");

}  // namespace sim
