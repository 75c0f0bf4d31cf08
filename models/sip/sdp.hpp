// SPDX-License-Identifier: GPL-2.0-or-later
// Session descriptions (RFC 4566, RFC 3264) with one audio stream: what an offer or answer says
// about where its sender wants the sound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace models::sip {

struct Sdp {
    std::string address;     ///< c= of the stream, or of the session; also written into o=
    std::uint16_t port = 0;  ///< m=audio; 0: refused
    std::uint64_t session = 0;
    bool operator==(const Sdp&) const = default;
};
[[nodiscard]] std::optional<Sdp> parse_sdp(std::string_view body);
/// PCMU (payload type 0), 20 ms.
[[nodiscard]] std::string to_string(const Sdp&);

}  // namespace models::sip
