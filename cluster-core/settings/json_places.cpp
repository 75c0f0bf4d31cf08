// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_places.hpp"

#include <algorithm>

namespace cluster {

JsonPlace place_of_byte(std::string_view text, std::size_t byte) {
    const auto before = text.substr(0, std::min(byte, text.size()));
    const auto line_start = before.rfind('\n');
    return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
            static_cast<int>(line_start == std::string_view::npos
                                 ? before.size()
                                 : before.size() - line_start - 1) +
                1};
}

std::string pointer_token(std::string_view key) {
    std::string out;
    for (const char c : key) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

int nesting_depth(std::string_view text, int limit) {
    int depth = 0;
    int deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size() && deepest <= limit; ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return deepest;
}

JsonPlaces::JsonPlaces(std::string_view text) : m_text(text) {
    value("");
}

JsonPlace JsonPlaces::of(const std::string& pointer) const {
    const auto it = m_places.find(pointer);
    return it == m_places.end() ? JsonPlace{} : it->second;
}

void JsonPlaces::record(const std::string& pointer, std::size_t byte) {
    for (; m_counted < byte; ++m_counted) {
        if (m_text[m_counted] == '\n') {
            ++m_line;
            m_column = 1;
        } else {
            ++m_column;
        }
    }
    if (!m_places.emplace(pointer, JsonPlace{m_line, m_column}).second) {
        m_repeated.push_back({pointer, {m_line, m_column}});
    }
}

void JsonPlaces::skip_blanks() {
    while (m_at < m_text.size() &&
           (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) {
        ++m_at;
    }
}

std::string JsonPlaces::string() {
    // Keys with \u escapes keep them: such a key is unknown to us anyway, and only its place
    // matters.
    std::string out;
    for (++m_at; m_at < m_text.size() && peek() != '"'; ++m_at) {
        if (peek() == '\\') {
            ++m_at;
        }
        out += peek();
    }
    ++m_at;
    return out;
}

void JsonPlaces::value(const std::string& pointer) {
    skip_blanks();
    if (pointer.empty()) {
        record(pointer, m_at);
    }
    const char first = peek();
    if (first == '{' || first == '[') {
        const char last = first == '{' ? '}' : ']';
        std::size_t index = 0;
        ++m_at;
        skip_blanks();
        while (m_at < m_text.size() && peek() != last) {
            const auto begin = m_at;
            const auto child =
                pointer + '/' + (first == '{' ? pointer_token(string()) : std::to_string(index++));
            record(child, begin);
            skip_blanks();
            if (first == '{') {
                ++m_at;  // the colon
            }
            value(child);
            skip_blanks();
            if (peek() == ',') {
                ++m_at;
                skip_blanks();
            }
        }
        ++m_at;
    } else if (first == '"') {
        string();
    } else {
        while (m_at < m_text.size() &&
               std::string_view(" \t\r\n,]}").find(peek()) == std::string_view::npos) {
            ++m_at;
        }
    }
}

}  // namespace cluster
