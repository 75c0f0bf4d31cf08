// SPDX-License-Identifier: GPL-2.0-or-later
// Where in a JSON text each value stands: JSON pointer -> line and column. The JSON library keeps
// no positions, and it silently drops all but the last of equal keys; this scan finds both. It
// expects text that already parsed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cluster {

struct JsonPlace {
    int line = 0;
    int column = 0;
};

[[nodiscard]] JsonPlace place_of_byte(std::string_view text, std::size_t byte);

/// RFC 6901 reference token: '~' and '/' escaped.
[[nodiscard]] std::string pointer_token(std::string_view key);

class JsonPlaces {
  public:
    explicit JsonPlaces(std::string_view text);

    /// Place of the key for members, of the value otherwise; 0:0 when unknown.
    [[nodiscard]] JsonPlace of(const std::string& pointer) const;

    struct Repeated {
        std::string pointer;
        JsonPlace place;
    };
    [[nodiscard]] const std::vector<Repeated>& repeated_keys() const { return m_repeated; }

  private:
    void value(const std::string& pointer);
    std::string string();
    void skip_blanks();
    [[nodiscard]] char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }
    void record(const std::string& pointer, std::size_t byte);

    std::string_view m_text;
    std::size_t m_at = 0;
    std::size_t m_counted = 0;  // bytes for which line and column below are valid
    int m_line = 1;
    int m_column = 1;
    std::map<std::string, JsonPlace> m_places;
    std::vector<Repeated> m_repeated;
};

/// Nesting depth of brackets outside strings; stops counting beyond `limit`. For any text.
[[nodiscard]] int nesting_depth(std::string_view text, int limit);

}  // namespace cluster
