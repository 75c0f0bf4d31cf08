// SPDX-License-Identifier: GPL-2.0-or-later
// Base64 (RFC 4648 §4) as the classic encoding of heartbeat uses it for binary fields.
#include "text.hpp"

namespace cluster::wire {

bool is_base64(std::string_view text) noexcept {
    if (text.size() % 4 != 0) {
        return false;
    }
    std::size_t digits = text.size();
    while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') {
        --digits;
    }
    int last = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        last = base64_digit(text[i]);
        if (last < 0) {
            return false;
        }
    }
    // Two padding characters leave 4 unused bits in the last digit, one leaves 2: they must be
    // zero, so that each value has one text form and a signed message re-encodes to itself.
    const std::size_t padding = text.size() - digits;
    return padding == 0 || (static_cast<unsigned>(last) & (padding == 2 ? 0xfU : 0x3U)) == 0;
}

void write_base64(std::string_view raw, std::byte* out) noexcept {
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < raw.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group = group << 8 | (i + j < raw.size() ? static_cast<unsigned char>(raw[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            const bool padded = i + j > raw.size();
            *out++ = static_cast<std::byte>(padded ? '=' : alphabet[group >> (18 - 6 * j) & 0x3f]);
        }
    }
}

}  // namespace cluster::wire
