// SPDX-License-Identifier: GPL-2.0-or-later
// Values to bytes and back for the saved state of resources, routing and bridge. Little endian, no
// versions of its own: whoever stores the bytes says which layout they have. Reading never runs
// past the end and never allocates more than the bytes that are there can fill.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "cluster/time.hpp"

namespace cluster {

class StateWriter {
  public:
    explicit StateWriter(std::vector<std::byte>& out) noexcept : m_out(out) {}

    void number(std::uint64_t value) {
        for (int shift = 0; shift < 64; shift += 8) {
            m_out.push_back(static_cast<std::byte>(value >> shift));
        }
    }
    void flag(bool value) { m_out.push_back(static_cast<std::byte>(value ? 1 : 0)); }
    void small(std::uint8_t value) { m_out.push_back(static_cast<std::byte>(value)); }
    void signed_number(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
    template <class E>
    requires std::is_enum_v<E>
    void word(E value) { small(static_cast<std::uint8_t>(value)); }
    void text(std::string_view value) {
        number(value.size());
        for (const char c : value) {
            m_out.push_back(static_cast<std::byte>(c));
        }
    }
    void block(std::span<const std::byte> value) {
        number(value.size());
        m_out.insert(m_out.end(), value.begin(), value.end());
    }
    void time(const std::optional<Instant>& value) {
        flag(value.has_value());
        if (value) {
            signed_number(value->time_since_epoch().count());
        }
    }

  private:
    std::vector<std::byte>& m_out;
};

class StateReader {
  public:
    explicit StateReader(std::span<const std::byte>& in) noexcept : m_in(in) {}

    /// False once anything was missing or out of range; all further reads give zero.
    [[nodiscard]] bool ok() const noexcept { return m_ok; }
    void fail() noexcept { m_ok = false; }

    std::uint64_t number() {
        if (!has(8)) {
            return 0;
        }
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 8; ++i) {
            value |= std::to_integer<std::uint64_t>(m_in[i]) << (8 * i);
        }
        m_in = m_in.subspan(8);
        return value;
    }
    std::uint8_t small() {
        if (!has(1)) {
            return 0;
        }
        const auto value = std::to_integer<std::uint8_t>(m_in[0]);
        m_in = m_in.subspan(1);
        return value;
    }
    bool flag() {
        const std::uint8_t value = small();
        if (value > 1) {
            fail();
        }
        return value == 1;
    }
    std::int64_t signed_number() { return static_cast<std::int64_t>(number()); }
    /// A number that must lie in [0, limit].
    std::uint64_t number_up_to(std::uint64_t limit) {
        const std::uint64_t value = number();
        if (value > limit) {
            fail();
            return 0;
        }
        return value;
    }
    template <class E>
    requires std::is_enum_v<E> E word(E last) {
        const std::uint8_t value = small();
        if (value > static_cast<std::uint8_t>(last)) {
            fail();
            return E{};
        }
        return static_cast<E>(value);
    }
    std::span<const std::byte> block() {
        const std::uint64_t size = number();
        if (!has(size)) {
            return {};
        }
        const auto bytes = m_in.first(static_cast<std::size_t>(size));
        m_in = m_in.subspan(static_cast<std::size_t>(size));
        return bytes;
    }
    std::string text() {
        std::string value;
        for (const std::byte b : block()) {
            value.push_back(static_cast<char>(b));
        }
        return value;
    }
    std::optional<Instant> time() {
        if (!flag()) {
            return std::nullopt;
        }
        return Instant{Duration{signed_number()}};
    }

  private:
    bool has(std::uint64_t size) noexcept {
        if (!m_ok || size > m_in.size()) {
            m_ok = false;
        }
        return m_ok;
    }

    std::span<const std::byte>& m_in;
    bool m_ok = true;
};

}  // namespace cluster
