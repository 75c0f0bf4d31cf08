// SPDX-License-Identifier: GPL-2.0-or-later
// Time as the core sees it: told, never asked. Nothing here can read a clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>
#include <string_view>

namespace cluster {

/// Clock without now(): the time points are nanoseconds of the node's boot-time (CLOCK_BOOTTIME)
/// axis.
struct CoreClock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<CoreClock, duration>;
    static constexpr bool is_steady = true;
};

using Duration = CoreClock::duration;
using Instant = CoreClock::time_point;

/// Seconds since 1970-01-01T00:00:00Z, as they stand in the `ts` field of a heartbeat message.
enum class WallSeconds : std::int64_t {};

/// What a driver tells the core with every event. All three parts belong to the same instant.
/// `load` is the line of /proc/loadavg without its newline (it stands, signed, in the `ld` field);
/// the view must stay valid during the call only, and is cut to 63 bytes by the core.
struct Now {
    Instant monotonic{};
    WallSeconds wall{};
    std::string_view load{};
};

}  // namespace cluster
