// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/page.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sim {

namespace {

bool starts_character(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// First `columns` characters.
std::string_view head(std::string_view text, std::size_t columns) {
    std::size_t seen = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (starts_character(text[at]) && seen++ == columns) {
            return text.substr(0, at);
        }
    }
    return text;
}

}  // namespace

void Page::heading(std::string_view text) {
    line();
    line(styled(Style::strong, text));
}

void Page::paragraph(std::string_view text, std::size_t indent) {
    std::string current;
    bool has_word = false;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t word_at = std::min(text.find_first_not_of(' ', at), text.size());
        const std::size_t end = std::min(text.find(' ', word_at), text.size());
        const std::string_view gap =
            text.substr(at, word_at - at);  // kept as it is: it may align columns
        const std::string_view word = text.substr(word_at, end - word_at);
        if (has_word && columns_of(current) + gap.size() + columns_of(word) > page_width) {
            line(current);
            current.assign(indent, ' ');
        } else {
            current += gap;
        }
        current += word;
        has_word = true;
        at = end;
    }
    line(current);
}

std::string Page::styled(Style style, std::string_view text) const {
    if (!m_color || style == Style::plain || text.empty()) {
        return std::string(text);
    }
    static constexpr std::array<std::string_view, 6> codes{"", "1", "2", "32", "33", "31"};
    return "\x1b[" + std::string(codes[static_cast<std::size_t>(style)]) + "m" + std::string(text) +
           "\x1b[0m";
}

std::size_t columns_of(std::string_view text) noexcept {
    std::size_t columns = 0;
    bool escape = false;  // a colour sequence takes no column
    for (const char c : text) {
        if (c == '\x1b') {
            escape = true;
        } else if (escape) {
            escape = c != 'm';
        } else if (starts_character(c)) {
            ++columns;
        }
    }
    return columns;
}

std::string pad_right(std::string_view text, std::size_t columns) {
    const std::size_t taken = columns_of(text);
    return std::string(text) + std::string(taken < columns ? columns - taken : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t columns) {
    const std::size_t taken = columns_of(text);
    return std::string(taken < columns ? columns - taken : 0, ' ') + std::string(text);
}

std::string fit(std::string_view text, std::size_t columns) {
    if (columns_of(text) <= columns) {
        return std::string(text);
    }
    return std::string(head(text, columns - 1)) + "…";
}

TimeAxis::TimeAxis(Duration longest, std::size_t columns)
    : m_columns(columns), m_step(std::chrono::seconds{5}), m_end{} {
    const Duration wanted = std::max<Duration>(longest, target_to + std::chrono::seconds{2});
    for (const int seconds : {5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600}) {
        m_step = std::chrono::seconds{seconds};
        if (wanted <= 8 * m_step) {
            break;
        }
    }
    const auto steps = std::max<std::int64_t>((wanted + m_step - Duration{1}) / m_step, 1);
    m_end = steps * m_step;
}

double TimeAxis::cell(Duration at) const noexcept {
    return static_cast<double>(at.count()) / static_cast<double>(m_end.count()) *
           static_cast<double>(m_columns);
}

std::string TimeAxis::scale() const {
    std::string row;
    for (Duration at{}; at <= m_end; at += m_step) {
        const auto column = static_cast<std::size_t>(std::lround(cell(at)));
        const std::string label =
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(at).count());
        if (column >= row.size() + (row.empty() ? 0 : 1) &&
            column + label.size() <= m_columns + 3) {
            row.append(column - row.size(), ' ');
            row += label;
        }
    }
    return row + " s";
}

std::string
TimeAxis::bar(const Page& page, Duration from, Duration to, Style style, bool open_end) const {
    const double start = cell(from);
    const double end = cell(to);
    const auto first = static_cast<std::size_t>(std::max(0.0, std::floor(start + 0.5)));
    auto last = static_cast<std::size_t>(std::max(0.0, std::floor(end + 0.5)));
    const bool sliver = to > from && last <= first;  // shorter than its cell
    std::size_t begin = std::min(first, m_columns - 1);
    last = sliver ? begin + 1 : std::min(last, m_columns);
    std::string body;
    for (std::size_t column = begin; column < last; ++column) {
        body += sliver ? "▏" : "█";
    }
    if (open_end && !body.empty()) {
        body.replace(body.size() - std::string_view("█").size(), std::string::npos, "▶");
    }
    const auto gap = [&](std::size_t a, std::size_t b) {
        std::string cells;
        for (std::size_t column = a; column < b; ++column) {
            const double middle = static_cast<double>(column) + 0.5;
            cells += middle >= cell(target_from) && middle < cell(target_to) ? "░" : " ";
        }
        return page.styled(Style::faint, cells);
    };
    if (to <= from) {
        return gap(0, m_columns);
    }
    return gap(0, begin) + page.styled(style, body) + gap(last, m_columns);
}

}  // namespace sim
