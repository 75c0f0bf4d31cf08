// SPDX-License-Identifier: GPL-2.0-or-later
// Result<T, E>: a value or a typed error. Member names are those of std::expected, so that it can
// be replaced one day.
#pragma once

#include <utility>
#include <variant>

namespace cluster {

template <class E>
struct Unexpected {
    E error;
};

template <class E>
Unexpected(E) -> Unexpected<E>;

template <class T, class E>
class [[nodiscard]] Result {
  public:
    Result(T value)
        : m_state(std::in_place_index<0>, std::move(value)) {
    }  // NOLINT(google-explicit-constructor)
    Result(Unexpected<E> error)
        : m_state(std::in_place_index<1>, std::move(error.error)) {
    }  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool has_value() const noexcept { return m_state.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

    /// Precondition: has_value(). Violations throw std::bad_variant_access, they never read
    /// garbage.
    [[nodiscard]] T& value() & { return std::get<0>(m_state); }
    [[nodiscard]] const T& value() const& { return std::get<0>(m_state); }
    [[nodiscard]] T&& value() && { return std::get<0>(std::move(m_state)); }
    [[nodiscard]] T& operator*() & { return value(); }
    [[nodiscard]] const T& operator*() const& { return value(); }
    [[nodiscard]] T* operator->() { return &value(); }
    [[nodiscard]] const T* operator->() const { return &value(); }

    /// Precondition: !has_value().
    [[nodiscard]] const E& error() const { return std::get<1>(m_state); }

  private:
    std::variant<T, E> m_state;
};

}  // namespace cluster
