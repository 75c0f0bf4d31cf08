// SPDX-License-Identifier: GPL-2.0-or-later
#include "digest.hpp"

#include <array>
#include <cstdio>

#include <nettle/md5.h>
#include <nettle/sha2.h>

#include "message.hpp"

namespace models::sip {

namespace {

constexpr std::string_view scheme = "Digest ";
constexpr std::size_t longest_header = 2048;

std::string_view algorithm_name(DigestAlgorithm algorithm) noexcept {
    return algorithm == DigestAlgorithm::md5 ? "MD5" : "SHA-256";
}

std::optional<DigestAlgorithm> algorithm_of(std::string_view name) noexcept {
    if (equal_ignoring_case(name, "MD5")) {
        return DigestAlgorithm::md5;
    }
    return equal_ignoring_case(name, "SHA-256") ? std::optional{DigestAlgorithm::sha256}
                                                : std::nullopt;
}

/// Calls f(name, value) for each `name=value` or `name="value"`; false: not well-formed.
template <class F>
bool each_field(std::string_view text, F f) {
    if (text.size() > longest_header ||
        !equal_ignoring_case(text.substr(0, scheme.size()), scheme)) {
        return false;
    }
    text.remove_prefix(scheme.size());
    for (;;) {
        text = trimmed(text);
        const std::size_t equals = text.find('=');
        const std::string_view name = trimmed(text.substr(0, equals));
        if (equals == std::string_view::npos || name.empty() ||
            name.find_first_of("\", \t") != std::string_view::npos) {
            return false;
        }
        text = trimmed(text.substr(equals + 1));
        std::string_view value;
        if (!text.empty() && text.front() == '"') {
            const std::size_t end = text.find('"', 1);
            // Escapes inside are legal, but nobody here writes them.
            if (end == std::string_view::npos ||
                text.substr(0, end).find('\\') != std::string_view::npos) {
                return false;
            }
            value = text.substr(1, end - 1);
            text = trimmed(text.substr(end + 1));
        } else {
            const std::size_t end = text.find(',');
            value = trimmed(text.substr(0, end));
            text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
            if (value.find_first_of("\" \t") != std::string_view::npos) {
                return false;
            }
        }
        f(name, value);
        if (text.empty()) {
            return true;
        }
        if (text.front() != ',') {
            return false;
        }
        text.remove_prefix(1);
    }
}

std::string response_of(const Credentials& c, std::string_view secret, std::string_view method) {
    const auto hash = [&](const std::string& text) { return digest_hex(c.algorithm, text); };
    const std::string ha1 = hash(c.username + ':' + c.realm + ':' + std::string{secret});
    const std::string ha2 = hash(std::string{method} + ':' + c.uri);
    return c.qop_auth
               ? hash(ha1 + ':' + c.nonce + ':' + c.nonce_count + ':' + c.cnonce + ":auth:" + ha2)
               : hash(ha1 + ':' + c.nonce + ':' + ha2);
}

template <class Context, std::size_t N, class Init, class Update, class Digest>
std::string hex_of(std::string_view text, Init init, Update update, Digest digest) {
    Context context;
    init(&context);
    update(&context,
           text.size(),
           reinterpret_cast<const std::uint8_t*>(text.data()));  // NOLINT: nettle wants octets
    std::array<std::uint8_t, N> bytes{};
    digest(&context, bytes.size(), bytes.data());
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * N);
    for (const std::uint8_t byte : bytes) {
        hex += digits[byte >> 4U];
        hex += digits[byte & 15U];
    }
    return hex;
}

}  // namespace

std::string digest_hex(DigestAlgorithm algorithm, std::string_view text) {
    if (algorithm == DigestAlgorithm::md5) {
        return hex_of<md5_ctx, MD5_DIGEST_SIZE>(text, md5_init, md5_update, md5_digest);
    }
    return hex_of<sha256_ctx, SHA256_DIGEST_SIZE>(text, sha256_init, sha256_update, sha256_digest);
}

std::optional<Challenge> parse_challenge(std::string_view header) {
    Challenge challenge;
    challenge.qop_auth = false;
    bool known = true;
    const bool well_formed = each_field(header, [&](std::string_view name, std::string_view value) {
        if (equal_ignoring_case(name, "realm")) {
            challenge.realm = value;
        } else if (equal_ignoring_case(name, "nonce")) {
            challenge.nonce = value;
        } else if (equal_ignoring_case(name, "stale")) {
            challenge.stale = equal_ignoring_case(value, "true");
        } else if (equal_ignoring_case(name, "algorithm")) {
            const auto algorithm = algorithm_of(value);
            known = known && algorithm.has_value();
            challenge.algorithm = algorithm.value_or(DigestAlgorithm::md5);
        } else if (equal_ignoring_case(name, "qop")) {
            // a list: "auth,auth-int"
            while (!value.empty()) {
                const std::size_t comma = value.find(',');
                challenge.qop_auth =
                    challenge.qop_auth || trimmed(value.substr(0, comma)) == "auth";
                value =
                    comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
            }
        }
    });
    if (!well_formed || !known || challenge.nonce.empty()) {
        return std::nullopt;
    }
    return challenge;
}

std::string to_string(const Challenge& challenge) {
    std::string text = "Digest realm=\"" + challenge.realm + "\",nonce=\"" + challenge.nonce +
                       "\",algorithm=" + std::string{algorithm_name(challenge.algorithm)};
    if (challenge.qop_auth) {
        text += ",qop=\"auth\"";
    }
    if (challenge.stale) {
        text += ",stale=true";
    }
    return text;
}

std::optional<Credentials> parse_credentials(std::string_view header) {
    Credentials credentials;
    bool known = true;
    const bool well_formed = each_field(header, [&](std::string_view name, std::string_view value) {
        const std::pair<std::string_view, std::string*> texts[] = {
            {"username", &credentials.username},
            {"realm", &credentials.realm},
            {"nonce", &credentials.nonce},
            {"uri", &credentials.uri},
            {"response", &credentials.response},
            {"cnonce", &credentials.cnonce},
            {"nc", &credentials.nonce_count}};
        for (const auto& [field, text] : texts) {
            if (equal_ignoring_case(name, field)) {
                *text = value;
            }
        }
        if (equal_ignoring_case(name, "algorithm")) {
            const auto algorithm = algorithm_of(value);
            known = known && algorithm.has_value();
            credentials.algorithm = algorithm.value_or(DigestAlgorithm::md5);
        } else if (equal_ignoring_case(name, "qop")) {
            credentials.qop_auth = value == "auth";
            known = known && credentials.qop_auth;
        }
    });
    if (!well_formed || !known || credentials.username.empty() || credentials.nonce.empty() ||
        credentials.response.empty()) {
        return std::nullopt;
    }
    return credentials;
}

std::string to_string(const Credentials& c) {
    std::string text = "Digest username=\"" + c.username + "\",realm=\"" + c.realm + "\",nonce=\"" +
                       c.nonce + "\",uri=\"" + c.uri + "\",response=\"" + c.response +
                       "\",algorithm=" + std::string{algorithm_name(c.algorithm)};
    if (c.qop_auth) {
        text += ",cnonce=\"" + c.cnonce + "\",qop=auth,nc=" + c.nonce_count;
    }
    return text;
}

Credentials answer(const Challenge& challenge,
                   std::string_view user,
                   std::string_view secret,
                   std::string_view method,
                   std::string_view uri,
                   std::string_view cnonce,
                   std::uint32_t count) {
    Credentials c;
    c.username = user;
    c.realm = challenge.realm;
    c.nonce = challenge.nonce;
    c.uri = uri;
    c.algorithm = challenge.algorithm;
    c.qop_auth = challenge.qop_auth;
    if (c.qop_auth) {
        c.cnonce = cnonce;
        std::array<char, 9> digits{};
        std::snprintf(digits.data(), digits.size(), "%08x", count);
        c.nonce_count = digits.data();
    }
    c.response = response_of(c, secret, method);
    return c;
}

bool verify(const Credentials& credentials, std::string_view secret, std::string_view method) {
    return equal_ignoring_case(credentials.response, response_of(credentials, secret, method));
}

}  // namespace models::sip
