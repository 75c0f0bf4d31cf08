// SPDX-License-Identifier: GPL-2.0-or-later
// Times as text and back. Always with a point, whatever the locale.
#pragma once

#include <QString>

#include <optional>

#include "trace/trace.hpp"

namespace gui {

[[nodiscard]] QString clock_text(Time t);                ///< "03:02.300"
[[nodiscard]] QString clock_text(Time t, int decimals);  ///< decimals 0 to 9
[[nodiscard]] QString span_text(Time span);              ///< "11.809 s", "0.2 ms"
[[nodiscard]] QString signed_span_text(Time span);       ///< "+11.809 s"
/// "182.3", "3:02.3", "182.3 s", "250 ms"; nullopt: none of them.
[[nodiscard]] std::optional<Time> parse_time(const QString&);

/// A step of 1, 2 or 5 times a power of ten (15 and 30 seconds, minutes above), so that `span` has
/// at most `most` of them.
[[nodiscard]] Time tick_step(Time span, int most);
[[nodiscard]] int decimals_for(Time step);

}  // namespace gui
