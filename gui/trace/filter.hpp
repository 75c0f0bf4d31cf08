// SPDX-License-Identifier: GPL-2.0-or-later
// The one filter of the player: which records are listed. Words are all wanted at once:
//   node:NAME  kind:PREFIX  call:N  t:A..B (seconds)  anything else: somewhere in the line.
// A word with "-" before it must not match. No Qt.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace/trace.hpp"

namespace gui {

struct FilterWord {
    enum class What : std::uint8_t { node, kind, call, time, text };
    What what = What::text;
    std::string value;  ///< lower case
    Time from = 0;
    Time to = 0;
    bool negated = false;
    std::string as_typed;
};

struct Filter {
    std::vector<FilterWord> words;
    std::string error;         ///< which word cannot be understood; then it matches nothing
    bool packets = false;      ///< also frames
    bool probe_calls = false;  ///< also answered probe calls

    [[nodiscard]] static Filter parse(std::string_view);
    [[nodiscard]] bool matches(const Trace&, const Row&) const;
    /// Indexes of all rows that match, in order.
    [[nodiscard]] std::vector<std::uint32_t> rows(const Trace&) const;
};

}  // namespace gui
