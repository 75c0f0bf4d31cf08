// SPDX-License-Identifier: GPL-2.0-or-later
// Plain text for a terminal: columns, bars over a time axis, optional colour. Knows nothing of
// runs. Colour never carries meaning alone: every styled thing is a word or a shape, too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scenario/scenario.hpp"

namespace sim {

inline constexpr std::size_t page_width = 100;

/// The target of design §4 ("takeover in 15 to 20 seconds"), drawn behind every bar.
inline constexpr Duration target_from = std::chrono::seconds{15};
inline constexpr Duration target_to = std::chrono::seconds{20};

enum class Style : std::uint8_t { plain, strong, faint, good, warning, bad };

class Page {
  public:
    explicit Page(bool color) : m_color(color) {}

    void line(std::string_view text = {}) { m_text.append(text).push_back('\n'); }
    void heading(std::string_view text);
    /// Wrapped at page_width; continuation lines are indented by `indent` columns.
    void paragraph(std::string_view text, std::size_t indent);
    [[nodiscard]] std::string styled(Style, std::string_view text) const;
    [[nodiscard]] bool color() const noexcept { return m_color; }
    [[nodiscard]] const std::string& text() const noexcept { return m_text; }

  private:
    bool m_color;
    std::string m_text;
};

/// Columns that a UTF-8 text takes when every character takes one.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t columns);
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t columns);
/// Cut to `columns`, with an ellipsis where something was left out.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);

/// Time from left to right over `columns` cells, the target band shaded.
class TimeAxis {
  public:
    /// Covers `longest` and the target band.
    TimeAxis(Duration longest, std::size_t columns);

    /// "0    5    10 …  s"
    [[nodiscard]] std::string scale() const;
    /// A bar from `from` to `to`; never empty for a positive duration. `open_end`: goes on beyond
    /// what was seen.
    [[nodiscard]] std::string
    bar(const Page&, Duration from, Duration to, Style, bool open_end = false) const;

  private:
    [[nodiscard]] double cell(Duration) const noexcept;

    std::size_t m_columns;
    Duration m_step;
    Duration m_end;
};

}  // namespace sim
