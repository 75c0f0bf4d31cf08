// SPDX-License-Identifier: GPL-2.0-or-later
// A fixed set of one-shot timers, one per enumerator (the last one is named `count`). A timer that
// is due stays due until it is taken, so nothing is lost when a deadline is told late.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "cluster/time.hpp"

namespace cluster {

template <class Timer>
class TimerTable {
  public:
    void arm(Timer timer, Instant at) { slot(timer) = at; }
    void arm_once(Timer timer, Instant at) {
        if (!slot(timer)) {
            slot(timer) = at;
        }
    }
    void cancel(Timer timer) { slot(timer).reset(); }
    [[nodiscard]] bool armed(Timer timer) const {
        return m_at[static_cast<std::size_t>(timer)].has_value();
    }

    /// True, and disarmed, when the timer is due.
    bool take_due(Timer timer, Instant now) {
        std::optional<Instant>& at = slot(timer);
        const bool due = at && *at <= now;
        if (due) {
            at.reset();
        }
        return due;
    }

    [[nodiscard]] std::optional<Instant> next() const {
        std::optional<Instant> first;
        for (const std::optional<Instant>& at : m_at) {
            if (at && (!first || *at < *first)) {
                first = at;
            }
        }
        return first;
    }

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_at);
    }

  private:
    std::optional<Instant>& slot(Timer timer) { return m_at[static_cast<std::size_t>(timer)]; }

    std::array<std::optional<Instant>, static_cast<std::size_t>(Timer::count)> m_at{};
};

}  // namespace cluster
