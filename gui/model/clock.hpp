// SPDX-License-Identifier: GPL-2.0-or-later
// The one clock of the player. Pure: it is told how much time has passed, and reads none.
#pragma once

#include <optional>
#include <utility>

#include "trace/trace.hpp"

namespace gui {

struct PlayerClock {
    Time t = 0;
    Time end = 0;
    double speed = 1.0;  ///< simulated per real time; 0.01 to 100
    int direction = 1;   ///< 1 forwards, -1 backwards
    bool playing = false;
    std::optional<std::pair<Time, Time>> loop;

    /// Stops at both ends; jumps from the end of a loop to its beginning.
    void advance(Time real_time) noexcept {
        if (!playing) {
            return;
        }
        t += static_cast<Time>(static_cast<double>(real_time) * speed) * direction;
        if (loop && loop->second > loop->first) {
            if (direction > 0 && t > loop->second) {
                t = loop->first;
            } else if (direction < 0 && t < loop->first) {
                t = loop->second;
            }
        }
        if (t <= 0 || t >= end) {
            t = t <= 0 ? 0 : end;
            playing = false;
        }
    }

    void go(Time to) noexcept { t = to < 0 ? 0 : to > end ? end : to; }
};

}  // namespace gui
