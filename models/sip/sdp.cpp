// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdp.hpp"

#include <charconv>

#include "message.hpp"

namespace models::sip {

namespace {

std::string_view word(std::string_view& text) noexcept {
    const std::size_t gap = text.find(' ');
    const std::string_view first = text.substr(0, gap);
    text.remove_prefix(gap == std::string_view::npos ? text.size() : gap + 1);
    return first;
}

bool is_dotted_quad(std::string_view text) noexcept {
    for (int i = 0; i < 4; ++i) {
        const std::size_t dot = i < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos || dot == 0 || dot > 3 ||
            !parse_number(text.substr(0, dot), 255)) {
            return false;
        }
        text.remove_prefix(i < 3 ? dot + 1 : dot);
    }
    return true;
}

}  // namespace

std::optional<Sdp> parse_sdp(std::string_view body) {
    if (body.size() > max_message_bytes || body.substr(0, 3) != "v=0") {
        return std::nullopt;
    }
    Sdp sdp;
    bool audio = false;
    while (!body.empty()) {
        const std::size_t end = body.find('\n');
        std::string_view line = body.substr(0, end);
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
        if (!line.empty() && line.back() == '\r') {
            line.remove_suffix(1);
        }
        if (line.size() < 2 || line[1] != '=') {
            return std::nullopt;
        }
        std::string_view value = line.substr(2);
        if (line[0] == 'c') {
            if (word(value) != "IN" || word(value) != "IP4" || !is_dotted_quad(value)) {
                return std::nullopt;
            }
            sdp.address = value;
        } else if (line[0] == 'o') {
            (void)word(value);
            const std::string_view id = word(value);
            const auto [at, error] = std::from_chars(id.data(), id.data() + id.size(), sdp.session);
            if (error != std::errc{} || at != id.data() + id.size()) {
                return std::nullopt;
            }
        } else if (line[0] == 'm' && !audio) {
            if (word(value) != "audio") {
                continue;
            }
            const auto port = parse_number(word(value), 65535);
            if (!port) {
                return std::nullopt;
            }
            sdp.port = static_cast<std::uint16_t>(*port);
            audio = true;
        }
    }
    return audio && !sdp.address.empty() ? std::optional{sdp} : std::nullopt;
}

std::string to_string(const Sdp& sdp) {
    const std::string session = std::to_string(sdp.session);
    return "v=0\r\no=- " + session + " 1 IN IP4 " + sdp.address + "\r\ns=-\r\nc=IN IP4 " +
           sdp.address + "\r\nt=0 0\r\nm=audio " + std::to_string(sdp.port) +
           " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n";
}

}  // namespace models::sip
