// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_cursor.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "quantities.hpp"

namespace sim {

namespace {

/// Edit distance, both words cut to 64 bytes.
std::size_t distance(std::string_view a, std::string_view b) {
    a = a.substr(0, 64);
    b = b.substr(0, 64);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
        }
    }
    return row[b.size()];
}

bool id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string quoted_list(const std::vector<std::string_view>& words) {
    std::string list;
    for (const std::string_view word : words) {
        list += (list.empty() ? "\"" : ", \"") + std::string(word) + '"';
    }
    return list;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        const std::size_t d = distance(word, candidate);
        if (d < best_distance && d < candidate.size()) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

std::optional<std::string> Cursor::text(std::string_view what) const {
    if (!m_value->is_string()) {
        wrong(std::string(what));
        return std::nullopt;
    }
    return m_value->get<std::string>();
}

std::optional<std::string> Cursor::id() const {
    const bool well_formed = m_value->is_string() && [&] {
        const auto& text = m_value->get_ref<const std::string&>();
        return !text.empty() && text.size() <= 64 && id_character(text[0]) &&
               std::all_of(text.begin(), text.end(), [](char c) {
                   return id_character(c) || c == '.' || c == '_' || c == '-';
               });
    }();
    if (!well_formed) {
        wrong("an id of letters, digits, \".\", \"_\" and \"-\", at most 64, a letter or digit "
              "first");
        return std::nullopt;
    }
    return m_value->get<std::string>();
}

std::optional<Duration> Cursor::duration(bool positive) const {
    const auto value = m_value->is_string() ? parse_duration(m_value->get_ref<const std::string&>())
                                            : std::nullopt;
    if (value && (!positive || value->count() > 0)) {
        return value;
    }
    if (value) {
        wrong("more than zero");
    } else if (m_value->is_number()) {
        wrong("a string with a unit such as \"" + m_value->dump() + "s\"");
    } else {
        wrong("a duration such as \"200ms\" or \"2s\" (units ns, us, ms, s, min, h)");
    }
    return std::nullopt;
}

std::optional<std::uint64_t> Cursor::rate() const {
    const auto value =
        m_value->is_string() ? parse_rate(m_value->get_ref<const std::string&>()) : std::nullopt;
    if (!value) {
        wrong(m_value->is_number() ? "a string with a unit such as \"" + m_value->dump() + "bps\""
                                   : "a rate such as \"100Mbps\" (units bps, kbps, Mbps, Gbps)");
    }
    return value;
}

std::optional<double> Cursor::number(double min, double max) const {
    if (m_value->is_number()) {
        const double value = m_value->get<double>();
        if (std::isfinite(value) && value >= min && value <= max) {
            return value;
        }
    }
    wrong("a number from " + Json(min).dump() + " to " + Json(max).dump());
    return std::nullopt;
}

std::optional<std::int64_t> Cursor::integer(std::int64_t min, std::int64_t max) const {
    if (m_value->is_number_unsigned() &&
        m_value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX)) {
        const std::int64_t value = m_value->get<std::int64_t>();
        if (value >= min && value <= max) {
            return value;
        }
    } else if (m_value->is_number_integer() && !m_value->is_number_unsigned()) {
        const std::int64_t value = m_value->get<std::int64_t>();
        if (value >= min && value <= max) {
            return value;
        }
    }
    wrong("a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
}

std::string Cursor::one_of(const std::vector<std::string_view>& known) const {
    if (known.empty()) {
        return "nothing: there is none to name";
    }
    const std::string_view guess = m_value->is_string()
                                       ? nearest(m_value->get_ref<const std::string&>(), known)
                                       : std::string_view{};
    return "one of " + quoted_list(known) +
           (guess.empty() ? "" : " (did you mean \"" + std::string(guess) + "\"?)");
}

std::vector<std::string> Cursor::texts(std::string_view what) const {
    std::vector<std::string> list;
    each(what, [&](const Cursor& item) {
        if (auto value = item.text()) {
            list.push_back(std::move(*value));
        }
    });
    return list;
}

ObjectCursor::ObjectCursor(const Cursor& cursor, std::string_view what)
    : m_cursor(cursor), m_object(cursor.json().is_object()) {
    if (!m_object) {
        cursor.wrong(std::string(what));
    }
}

std::optional<Cursor> ObjectCursor::get(std::string_view key) {
    m_known.emplace_back(key);
    if (!m_object) {
        return std::nullopt;
    }
    const auto found = m_cursor.json().find(std::string(key));
    if (found == m_cursor.json().end()) {
        return std::nullopt;
    }
    return Cursor(
        *found, m_cursor.pointer() + '/' + escape_pointer_token(key), m_cursor.problems());
}

std::optional<Cursor> ObjectCursor::need(std::string_view key, std::string_view what) {
    auto value = get(key);
    if (!value && m_object) {
        m_cursor.wrong("no \"" + std::string(key) + '"', std::string(what));
    }
    return value;
}

void ObjectCursor::finish() const {
    if (!m_object) {
        return;
    }
    std::vector<std::string_view> known(m_known.begin(), m_known.end());
    for (const auto& [key, value] : m_cursor.json().items()) {
        if (key.substr(0, 2) == "x-" || std::find(known.begin(), known.end(), key) != known.end()) {
            continue;
        }
        const std::string_view guess = nearest(key, known);
        m_cursor.problems().add(m_cursor.pointer() + '/' + escape_pointer_token(key),
                                "the unknown key \"" + printable(key) + '"',
                                guess.empty()
                                    ? "one of " + quoted_list(known)
                                    : '"' + std::string(guess) + "\", the nearest known key",
                                true);
    }
}

}  // namespace sim
