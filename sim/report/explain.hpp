// SPDX-License-Identifier: GPL-2.0-or-later
// What a scenario will do, and what a finished run has done, told in sentences. At most 100
// columns; the same bytes for the same input. Nothing is run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "run/run.hpp"
#include "scenario/scenario.hpp"

namespace sim {

/// `seed`: what its soak draws is told, too.
[[nodiscard]] std::string explain(const Scenario&, std::optional<std::uint64_t> seed, bool color);

/// From the result alone: no scenario, no trace is needed.
[[nodiscard]] std::string explain(const RunResult&, bool color);

/// "callers were cut off for 11.8 s (worst direction: inward); the target is 15 to 20 s."
[[nodiscard]] std::string verdict_sentence(const Episode&);

/// "until the service answered"
[[nodiscard]] std::string_view until_words(Phase) noexcept;

}  // namespace sim
