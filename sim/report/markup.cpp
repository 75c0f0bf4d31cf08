// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/markup.hpp"

#include <cstddef>
#include <cstdint>

namespace sim {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Bytes of the valid UTF-8 character at the head of the text (which is not empty); 0: none.
std::size_t character_at(std::string_view text) noexcept {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    const std::size_t size = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
    if (size == 0 || size > text.size()) {
        return 0;
    }
    std::uint32_t value = size == 1 ? first : first & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return 0;
        }
        value = (value << 6U) | (byte(i) & 0x3FU);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    const bool surrogate = value >= 0xD800 && value < 0xE000;
    const bool noncharacter = (value & 0xFFFEU) == 0xFFFE || (value >= 0xFDD0 && value <= 0xFDEF);
    const bool control =
        (value < 0x20 && value != '\t' && value != '\n') || (value >= 0x7F && value < 0xA0);
    return overlong || surrogate || noncharacter || control || value > 0x10FFFF ? 0 : size;
}

}  // namespace

std::string markup_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = character_at(text);
        if (size == 0) {
            out += replacement;
            text.remove_prefix(1);
            continue;
        }
        switch (text[0]) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out.append(text.substr(0, size));
        }
        text.remove_prefix(size);
    }
    return out;
}

}  // namespace sim
