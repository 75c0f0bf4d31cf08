// SPDX-License-Identifier: GPL-2.0-or-later
#include "quantities.hpp"

#include <array>
#include <utility>

namespace sim {

namespace {

constexpr std::uint64_t limit = std::uint64_t{1} << 62;  // 146 years in nanoseconds

/// number x unit as an integer; nullopt when it is malformed, not whole or too large.
std::optional<std::uint64_t> scaled(std::string_view number, std::uint64_t unit) noexcept {
    std::uint64_t value = 0;
    std::uint64_t scale = unit;
    bool digits = false;
    bool point = false;
    bool digits_after_point = false;
    for (const char c : number) {
        if (c == '.') {
            if (point || !digits) {
                return std::nullopt;
            }
            point = true;
            continue;
        }
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        digits = true;
        if (!point) {
            if (value > (limit / unit - digit) / 10) {
                return std::nullopt;
            }
            value = value * 10 + digit;
        } else {
            digits_after_point = true;
            if (digit != 0 && scale % 10 != 0) {
                return std::nullopt;  // finer than one nanosecond (bit per second)
            }
            if (scale % 10 == 0) {
                scale /= 10;
                value = value * 10 + digit;
            }
        }
    }
    if (!digits || (point && !digits_after_point) || value > limit / scale) {
        return std::nullopt;
    }
    return value * scale;
}

template <std::size_t N>
std::optional<std::uint64_t>
with_unit(std::string_view text,
          const std::array<std::pair<std::string_view, std::uint64_t>, N>& units) noexcept {
    const std::size_t split = text.find_first_not_of("0123456789.");
    if (split == std::string_view::npos) {
        return std::nullopt;
    }
    for (const auto& [unit, scale] : units) {
        if (text.substr(split) == unit) {
            return scaled(text.substr(0, split), scale);
        }
    }
    return std::nullopt;
}

std::string decimal(std::uint64_t whole, std::uint64_t fraction, int digits) {
    std::string text = std::to_string(fraction);
    text.insert(0, static_cast<std::size_t>(digits) - text.size(), '0');
    while (!text.empty() && text.back() == '0') {
        text.pop_back();
    }
    return std::to_string(whole) + (text.empty() ? "" : "." + text);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) noexcept {
    static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 6> units{
        {{"ns", 1},
         {"us", 1'000},
         {"ms", 1'000'000},
         {"s", 1'000'000'000},
         {"min", 60'000'000'000},
         {"h", 3'600'000'000'000}}};
    const auto value = with_unit(text, units);
    if (!value) {
        return std::nullopt;
    }
    return Duration(static_cast<std::int64_t>(*value));
}

std::optional<std::uint64_t> parse_rate(std::string_view text) noexcept {
    static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> units{
        {{"bps", 1}, {"kbps", 1'000}, {"Mbps", 1'000'000}, {"Gbps", 1'000'000'000}}};
    const auto value = with_unit(text, units);
    return value && *value > 0 ? value : std::nullopt;
}

std::string format_seconds(Duration duration, int decimals) {
    std::int64_t step = 1'000'000'000;
    for (int i = 0; i < decimals; ++i) {
        step /= 10;
    }
    const bool negative = duration.count() < 0;
    const std::int64_t rounded =
        ((negative ? -duration.count() : duration.count()) + step / 2) / step * step;
    const auto whole = static_cast<std::uint64_t>(rounded / 1'000'000'000);
    const auto fraction = static_cast<std::uint64_t>(rounded % 1'000'000'000);
    return (negative && rounded != 0 ? "-" : "") + decimal(whole, fraction, 9) + " s";
}

std::string format_quantity(Duration duration) {
    const std::int64_t ns = duration.count();
    if (ns % 1'000'000'000 == 0 || ns >= 1'000'000'000) {
        return decimal(static_cast<std::uint64_t>(ns / 1'000'000'000),
                       static_cast<std::uint64_t>(ns % 1'000'000'000),
                       9) +
               "s";
    }
    if (ns >= 1'000'000) {
        return decimal(static_cast<std::uint64_t>(ns / 1'000'000),
                       static_cast<std::uint64_t>(ns % 1'000'000),
                       6) +
               "ms";
    }
    if (ns >= 1'000) {
        return decimal(static_cast<std::uint64_t>(ns / 1'000),
                       static_cast<std::uint64_t>(ns % 1'000),
                       3) +
               "us";
    }
    return std::to_string(ns) + "ns";
}

}  // namespace sim
