// SPDX-License-Identifier: GPL-2.0-or-later
// What differs between two runs: verdicts, cut-offs, phases, metrics, and the first record that is
// not the same. No Qt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trace/run_result.hpp"
#include "trace/trace.hpp"

namespace gui {

struct Difference {
    enum class Unit : std::uint8_t { word, time, count };
    std::string name;
    Unit unit = Unit::word;
    std::string a;  ///< words, when the unit is that
    std::string b;
    std::optional<std::int64_t> number_a;
    std::optional<std::int64_t> number_b;

    [[nodiscard]] bool differs() const noexcept {
        return unit == Unit::word ? a != b : number_a != number_b;
    }
};

/// First episodes are compared with one another, phases of the worst direction of each.
[[nodiscard]] std::vector<Difference> differences(const RunResult&, const RunResult&);

/// Time at which two runs are laid over one another: the first fault, else the beginning.
[[nodiscard]] Time anchor(const Trace&);

struct FirstDifference {
    bool same = true;              ///< the traces say the same to their end
    std::uint32_t row_a = no_row;  ///< no_row: that trace had ended
    std::uint32_t row_b = no_row;
};

/// Compares time, kind, node and details; record numbers may differ.
[[nodiscard]] FirstDifference first_difference(const Trace&, const Trace&);

}  // namespace gui
