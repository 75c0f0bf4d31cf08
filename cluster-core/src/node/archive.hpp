// SPDX-License-Identifier: GPL-2.0-or-later
// Values to bytes and back for snapshots and for the durable state. One list of members per type
// (`archive`) serves both directions, so that they cannot drift apart. Little endian. Reading is
// total: bad bytes set failed().
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "cluster/ids.hpp"
#include "cluster/time.hpp"

namespace cluster {

template <class T>
concept Scalar = std::is_integral_v<T> || std::is_enum_v<T>;

class ArchiveWriter {
  public:
    explicit ArchiveWriter(std::vector<std::byte>& out) : m_out(out) {}

    template <class... Ts>
    void operator()(const Ts&... values) {
        (put(values), ...);
    }

  private:
    template <Scalar T>
    void put(const T& value) {
        auto raw = static_cast<std::uint64_t>(value);
        for (int i = 0; i < 8; ++i, raw >>= 8U) {
            m_out.push_back(static_cast<std::byte>(raw & 0xffU));
        }
    }
    void put(const Duration& value) { put(value.count()); }
    void put(const Instant& value) { put(value.time_since_epoch().count()); }
    void put(const Uuid& value) {
        m_out.insert(m_out.end(), value.bytes.begin(), value.bytes.end());
    }
    void put(const std::string& value) {
        put(value.size());
        for (const char c : value) {
            m_out.push_back(static_cast<std::byte>(c));
        }
    }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) {
            put(*value);
        }
    }
    void put(const std::vector<std::byte>& values) {
        put(values.size());
        m_out.insert(m_out.end(), values.begin(), values.end());
    }
    void put(const std::vector<bool>& values) {
        put(values.size());
        for (const bool value : values) {
            put(value);
        }
    }
    template <class T>
    void put(const std::vector<T>& values) {
        put(values.size());
        for (const T& value : values) {
            put(value);
        }
    }
    template <class T, std::size_t n>
    void put(const std::array<T, n>& values) {
        for (const T& value : values) {
            put(value);
        }
    }
    template <class T>
    requires std::is_class_v<T>
    void put(const T& value) { T::archive(*this, value); }

    std::vector<std::byte>& m_out;
};

class ArchiveReader {
  public:
    explicit ArchiveReader(std::span<const std::byte> in) : m_in(in) {}

    template <class... Ts>
    void operator()(Ts&... values) {
        (get(values), ...);
    }

    [[nodiscard]] bool failed() const noexcept { return m_failed; }
    void fail() noexcept { m_failed = true; }
    [[nodiscard]] std::span<const std::byte>& rest() noexcept { return m_in; }

  private:
    template <Scalar T>
    void get(T& value) {
        if (m_in.size() < 8) {
            m_failed = true;
            return;
        }
        std::uint64_t raw = 0;
        for (std::size_t i = 8; i-- > 0;) {
            raw = (raw << 8U) | std::to_integer<std::uint64_t>(m_in[i]);
        }
        m_in = m_in.subspan(8);
        value = static_cast<T>(raw);
    }
    void get(Duration& value) {
        std::int64_t count = 0;
        get(count);
        value = Duration{count};
    }
    void get(Instant& value) {
        Duration since{};
        get(since);
        value = Instant{since};
    }
    void get(Uuid& value) {
        if (m_in.size() < value.bytes.size()) {
            m_failed = true;
            return;
        }
        std::copy_n(m_in.begin(), value.bytes.size(), value.bytes.begin());
        m_in = m_in.subspan(value.bytes.size());
    }
    /// A length can never exceed the bytes that are left: nothing in here takes less than one byte
    /// per element.
    std::size_t length() {
        std::size_t size = 0;
        get(size);
        if (size > m_in.size()) {
            m_failed = true;
            size = 0;
        }
        return size;
    }
    void get(std::string& value) {
        const std::size_t size = length();
        value.clear();
        for (std::size_t i = 0; i < size; ++i) {
            value.push_back(static_cast<char>(m_in[i]));
        }
        m_in = m_in.subspan(size);
    }
    template <class T>
    void get(std::optional<T>& value) {
        bool present = false;
        get(present);
        value.reset();
        if (present && !m_failed) {
            value.emplace();
            get(*value);
        }
    }
    void get(std::vector<std::byte>& values) {
        const std::size_t size = length();
        values.assign(m_in.begin(), m_in.begin() + static_cast<std::ptrdiff_t>(size));
        m_in = m_in.subspan(size);
    }
    void get(std::vector<bool>& values) {
        values.assign(length(), false);
        for (std::size_t i = 0; i < values.size() && !m_failed; ++i) {
            bool value = false;
            get(value);
            values[i] = value;
        }
    }
    template <class T>
    void get(std::vector<T>& values) {
        const std::size_t size = length();
        values.clear();
        for (std::size_t i = 0; i < size && !m_failed; ++i) {
            get(values.emplace_back());
        }
    }
    template <class T, std::size_t n>
    void get(std::array<T, n>& values) {
        for (T& value : values) {
            get(value);
        }
    }
    template <class T>
    requires std::is_class_v<T>
    void get(T& value) { T::archive(*this, value); }

    std::span<const std::byte> m_in;
    bool m_failed = false;
};

/// FNV-1a, against torn and mixed-up files; not against an attacker.
[[nodiscard]] constexpr std::uint64_t checksum(std::span<const std::byte> bytes) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const std::byte b : bytes) {
        hash = (hash ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3U;
    }
    return hash;
}

}  // namespace cluster
