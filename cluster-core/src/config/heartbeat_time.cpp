// SPDX-License-Identifier: GPL-2.0-or-later
// Durations as ha.cf writes them. Nothing else has this format; understudy.json has its own, with
// mandatory units.
#include <cmath>
#include <cstddef>

#include "cluster/config.hpp"
#include "text.hpp"

namespace cluster {

std::optional<Duration> parse_heartbeat_time(std::string_view word) {
    // Digits and dots, read by hand: the standard conversions depend on the locale or are missing
    // in one of the two standard libraries. A second dot ends the number, as it does for C's atof.
    std::size_t i = 0;
    double number = 0;
    double scale = 0;  // 0 = before the dot
    bool ended = false;
    bool any_digit = false;
    for (; i < word.size() && ((word[i] >= '0' && word[i] <= '9') || word[i] == '.'); ++i) {
        if (word[i] == '.') {
            ended = ended || scale > 0;
            scale = scale > 0 ? scale : 1;
        } else if (!ended) {
            any_digit = true;
            if (scale > 0) {
                scale /= 10;
                number += scale * (word[i] - '0');
            } else {
                number = number * 10 + (word[i] - '0');
            }
        }
    }
    if (!any_digit) {
        return std::nullopt;
    }
    const auto unit = text::lower_case(word.substr(i));
    double milliseconds = 0;
    if (unit.empty()) {
        milliseconds = number * 1000;
    } else if (unit.starts_with("ms")) {  // "ms", "msec", and whatever begins so: 1:3.0.6-13 starts
                                          // with "200msfoo"
        milliseconds = number;
    } else if (unit.starts_with("us")) {
        milliseconds = number / 1000;
    } else {
        return std::nullopt;
    }
    constexpr double longest = 1e12;  // about 31 years; keeps every sum of two far from overflow
    if (!(milliseconds <= longest)) {
        return std::nullopt;
    }
    // heartbeat keeps whole milliseconds, rounded half up: "400us" is 0 and thus no keepalive.
    return std::chrono::milliseconds{static_cast<long long>(std::floor(milliseconds + 0.5))};
}

}  // namespace cluster
