// SPDX-License-Identifier: GPL-2.0-or-later
// HTTP digest authentication as SIP uses it (RFC 3261 22, RFC 8760): MD5 and SHA-256, qop "auth" or
// none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace models::sip {

enum class DigestAlgorithm : std::uint8_t { md5, sha256 };

/// WWW-Authenticate.
struct Challenge {
    std::string realm;
    std::string nonce;
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
    bool qop_auth = true;
    bool stale = false;
    bool operator==(const Challenge&) const = default;
};
[[nodiscard]] std::optional<Challenge> parse_challenge(std::string_view header);
[[nodiscard]] std::string to_string(const Challenge&);

/// Authorization.
struct Credentials {
    std::string username;
    std::string realm;
    std::string nonce;
    std::string uri;
    std::string response;
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
    bool qop_auth = false;
    std::string cnonce;
    std::string nonce_count;  ///< eight hex digits
    bool operator==(const Credentials&) const = default;
};
[[nodiscard]] std::optional<Credentials> parse_credentials(std::string_view header);
[[nodiscard]] std::string to_string(const Credentials&);

/// The answer to a challenge. `cnonce` and `count` are used with qop only.
[[nodiscard]] Credentials answer(const Challenge&,
                                 std::string_view user,
                                 std::string_view secret,
                                 std::string_view method,
                                 std::string_view uri,
                                 std::string_view cnonce,
                                 std::uint32_t count);
/// That the secret is right; the nonce is the caller's business.
[[nodiscard]] bool verify(const Credentials&, std::string_view secret, std::string_view method);

/// Lower-case hex; also used to make nonces.
[[nodiscard]] std::string digest_hex(DigestAlgorithm, std::string_view text);

}  // namespace models::sip
