// SPDX-License-Identifier: GPL-2.0-or-later
// A JSON value together with where it stands, for readers that report everything that is wrong and
// go on. Knows quantities and ids; knows nothing of scenarios. Internal to the format library.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json_document.hpp"

namespace sim {

struct Problem {
    std::string pointer;
    std::string found;
    std::string expected;
    bool at_key = false;  ///< the key is wrong, not its value
};

/// Collects; stops counting at a bound, so that a hostile file cannot make the answer grow without
/// limit.
class Problems {
  public:
    static constexpr std::size_t most = 200;
    void add(std::string pointer, std::string found, std::string expected, bool at_key = false) {
        if (m_list.size() < most) {
            m_list.push_back({std::move(pointer), std::move(found), std::move(expected), at_key});
        }
    }
    [[nodiscard]] const std::vector<Problem>& list() const noexcept { return m_list; }

    /// Something that has a name could not be read. From now on a reference that leads nowhere says
    /// nothing new, so it is not reported.
    void names_lost() noexcept { m_names_lost = true; }
    void add_reference(std::string pointer, std::string found, std::string expected) {
        if (!m_names_lost) {
            add(std::move(pointer), std::move(found), std::move(expected));
        }
    }

  private:
    bool m_names_lost = false;
    std::vector<Problem> m_list;
};

class Cursor {
  public:
    Cursor(const Json& value, std::string pointer, Problems& problems)
        : m_value(&value), m_pointer(std::move(pointer)), m_problems(&problems) {}

    [[nodiscard]] const Json& json() const noexcept { return *m_value; }
    [[nodiscard]] const std::string& pointer() const noexcept { return m_pointer; }
    [[nodiscard]] Problems& problems() const noexcept { return *m_problems; }

    /// "found <this value>, expected …"
    void wrong(std::string expected) const {
        m_problems->add(m_pointer, describe(*m_value), std::move(expected));
    }
    void wrong(std::string found, std::string expected) const {
        m_problems->add(m_pointer, std::move(found), std::move(expected));
    }

    /// As wrong(), for a name that leads nowhere; see Problems::names_lost().
    void wrong_reference(std::string expected) const {
        m_problems->add_reference(m_pointer, describe(*m_value), std::move(expected));
    }

    /// Each says what is wrong when it answers nullopt.
    [[nodiscard]] std::optional<std::string> text(std::string_view what = "a string") const;
    [[nodiscard]] std::optional<std::string>
    id() const;  ///< letters, digits, ". _ -"; at most 64; starts with letter or digit
    [[nodiscard]] std::optional<Duration> duration(bool positive = false) const;
    [[nodiscard]] std::optional<std::uint64_t> rate() const;
    [[nodiscard]] std::optional<double> number(double min, double max) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::int64_t min, std::int64_t max) const;

    template <class T, std::size_t N>
    [[nodiscard]] std::optional<T>
    word(const std::array<std::pair<std::string_view, T>, N>& words) const {
        if (m_value->is_string()) {
            for (const auto& [known, value] : words) {
                if (m_value->get_ref<const std::string&>() == known) {
                    return value;
                }
            }
        }
        std::vector<std::string_view> known;
        for (const auto& entry : words) {
            known.push_back(entry.first);
        }
        wrong_word(known);
        return std::nullopt;
    }
    /// "expected one of …", with the nearest.
    void wrong_word(const std::vector<std::string_view>& known) const { wrong(one_of(known)); }
    [[nodiscard]] std::string one_of(const std::vector<std::string_view>& known) const;

    /// Calls f(Cursor) for each element; says so when this is no list.
    template <class F>
    void each(std::string_view what, F f) const {
        if (!m_value->is_array()) {
            wrong("a list of " + std::string(what));
            m_problems->names_lost();
            return;
        }
        for (std::size_t i = 0; i < m_value->size(); ++i) {
            f(Cursor((*m_value)[i], m_pointer + '/' + std::to_string(i), *m_problems));
        }
    }
    [[nodiscard]] std::vector<std::string> texts(std::string_view what) const;

  private:
    const Json* m_value;
    std::string m_pointer;
    Problems* m_problems;
};

/// The keys of one object. Every key asked for is a known one; finish() complains about all others
/// but x-….
class ObjectCursor {
  public:
    explicit ObjectCursor(const Cursor& cursor, std::string_view what = "an object");

    [[nodiscard]] std::optional<Cursor> get(std::string_view key);
    /// As get(); when the key is absent, says that `what` is expected there.
    [[nodiscard]] std::optional<Cursor> need(std::string_view key, std::string_view what);
    void finish() const;

    /// Runs `store` on the value of a key when it is there and well-formed: read(key, member,
    /// &Cursor::text).
    [[nodiscard]] const Cursor& cursor() const noexcept { return m_cursor; }

    /// Every key with its value, x-… left out; they count as known.
    template <class F>
    void each_key(F f) {
        if (!m_object) {
            return;
        }
        for (const auto& [key, value] : m_cursor.json().items()) {
            if (key.substr(0, 2) != "x-") {
                m_known.emplace_back(key);
                f(key,
                  Cursor(value,
                         m_cursor.pointer() + '/' + escape_pointer_token(key),
                         m_cursor.problems()));
            }
        }
    }

  private:
    Cursor m_cursor;
    bool m_object;
    std::vector<std::string> m_known;
};

[[nodiscard]] std::string quoted_list(const std::vector<std::string_view>& words);

/// The known word that `word` was probably meant to be; empty when none is near.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& known);

}  // namespace sim
