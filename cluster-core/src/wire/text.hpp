// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes as text and small text primitives shared by the heartbeat codec's files. Internal to
// cluster_wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace cluster::wire {

inline constexpr std::string_view netstring_start = "###\n";
inline constexpr std::string_view netstring_end = "%%%\n";
inline constexpr std::string_view classic_start = ">>>\n";
inline constexpr std::string_view classic_end = "<<<\n";
inline constexpr std::string_view auth_field = "auth";

inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Strings end at NUL in the real daemon and at a newline in the classic encoding; a string that
/// holds either would mean different things to different readers. No sender makes one.
constexpr bool is_one_line(std::string_view text) noexcept {
    for (const char c : text) {
        if (c == '\n' || c == '\0') {
            return false;
        }
    }
    return true;
}

/// A field name: not empty, on one line, and without what would shift the borders of type, name and
/// value.
constexpr bool is_name(std::string_view text) noexcept {
    return !text.empty() && text.front() != '(' && is_one_line(text);
}

/// 0..15, or -1. heartbeat writes digests and numbers in lower case; numbers are read in either
/// case.
constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/// Decimal without sign, blanks or leading zeros, at most `max`.
constexpr std::optional<std::uint64_t> parse_decimal(std::string_view text,
                                                     std::uint64_t max) noexcept {
    if (text.empty() || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (max - digit) / 10) {
            return std::nullopt;
        }
        value = value * 10 + digit;
    }
    return value;
}

/// Strict RFC 4648 base64: padding required, no blanks, unused bits zero.
[[nodiscard]] bool is_base64(std::string_view text) noexcept;
/// Precondition: is_base64(text). Appends by calling put(std::byte) for each decoded byte.
template <class Put>
void decode_base64(std::string_view text, Put&& put);
/// Writes (size + 2) / 3 * 4 characters.
void write_base64(std::string_view raw, std::byte* out) noexcept;

/// 0..63, or -1.
constexpr int base64_digit(char c) noexcept {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+') {
        return 62;
    }
    return c == '/' ? 63 : -1;
}

template <class Put>
void decode_base64(std::string_view text, Put&& put) {
    for (std::size_t i = 0; i + 4 <= text.size(); i += 4) {
        unsigned group = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const int digit = base64_digit(text[i + j]);
            group = group << 6 | static_cast<unsigned>(digit < 0 ? 0 : digit);
        }
        const int bytes = text[i + 2] == '=' ? 1 : text[i + 3] == '=' ? 2 : 3;
        for (int b = 0; b < bytes; ++b) {
            put(static_cast<std::byte>(group >> (16 - 8 * b) & 0xff));
        }
    }
}

}  // namespace cluster::wire
