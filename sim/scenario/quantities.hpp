// SPDX-License-Identifier: GPL-2.0-or-later
// Quantities as scenarios write them: "200ms", "1.544Mbps". Exact: what cannot be held exactly is
// refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scenario.hpp"

namespace sim {

/// Decimal number and one of ns, us, ms, s, min, h; no sign, no blank. Whole nanoseconds only.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text) noexcept;

/// Decimal number and one of bps, kbps, Mbps, Gbps. Whole bits per second, > 0.
[[nodiscard]] std::optional<std::uint64_t> parse_rate(std::string_view text) noexcept;

/// Seconds for people, always with a point and three decimals at most: "17.4 s", "0.81 s", "180 s".
[[nodiscard]] std::string format_seconds(Duration, int decimals = 3);

/// Shortest exact form with a unit, as a scenario would write it: "1.8s", "200ms".
[[nodiscard]] std::string format_quantity(Duration);

}  // namespace sim
