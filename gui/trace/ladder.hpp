// SPDX-License-Identifier: GPL-2.0-or-later
// Messages between nodes, for a ladder: hops through switches are joined to one arrow, both halves
// of a Q.931 message to one, and milestones stand between them. No Qt.
#pragma once

#include <string>
#include <vector>

#include "trace/history.hpp"

namespace gui {

struct LadderLine {
    Time t = 0;
    Time arrived = 0;
    std::uint32_t from = nobody;  ///< node index
    std::uint32_t to = nobody;    ///< nobody: a note at `from`
    std::string label;
    std::string protocol;
    bool dropped = false;
    bool fault = false;
    std::uint32_t row = no_row;
};

struct LadderFilter {
    bool heartbeats = true;
    bool bridge = true;
    bool calls = true;    ///< Q.931
    bool others = false;  ///< ARP, ICMP, …
};

/// Lines with from <= t <= to, at most `most`: those nearest to `around`, in order.
[[nodiscard]] std::vector<LadderLine>
ladder(const History&, Time from, Time to, Time around, std::size_t most, const LadderFilter&);

/// At most that many of the lines (in order of time): those around t.
[[nodiscard]] std::vector<LadderLine>
nearest(std::vector<LadderLine> lines, Time t, std::size_t most);

/// As a sequence diagram in the language of Mermaid, for tickets and manuals.
[[nodiscard]] std::string mermaid(const History&, const std::vector<LadderLine>&);

}  // namespace gui
