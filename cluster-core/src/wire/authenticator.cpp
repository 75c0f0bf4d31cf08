// SPDX-License-Identifier: GPL-2.0-or-later
// The digests of heartbeat: HMAC-SHA1, HMAC-MD5, a keyless CRC-32, and HMAC-SHA256 as a method of
// our own. Keying an HMAC costs two compressions; it is done once per key, a message copies the
// keyed state.
#include "cluster/wire/heartbeat.hpp"

#include <nettle/hmac.h>

#include "cluster/check.hpp"
#include "text.hpp"

namespace cluster::wire {

namespace {

/// One hash of nettle with its HMAC parts, so that the three are written once.
template <class State, class Keyed, auto SetKey, auto Update, auto Digest, std::size_t Size>
class Hmac {
  public:
    static constexpr std::size_t size = Size;

    explicit Hmac(const std::string& secret) {
        Keyed keyed;
        SetKey(&keyed, secret.size(), reinterpret_cast<const std::uint8_t*>(secret.data()));
        m_inner = keyed.inner;
        m_outer = keyed.outer;
    }

    void digest(std::span<const std::byte> bytes, std::uint8_t* out) const noexcept {
        State state = m_inner;
        Update(&state, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
        Digest(&state, Size, out);
        state = m_outer;
        Update(&state, Size, out);
        Digest(&state, Size, out);
    }

  private:
    State m_inner;
    State m_outer;
};

using HmacMd5 = Hmac<md5_ctx,
                     hmac_md5_ctx,
                     nettle_hmac_md5_set_key,
                     nettle_md5_update,
                     nettle_md5_digest,
                     MD5_DIGEST_SIZE>;
using HmacSha1 = Hmac<sha1_ctx,
                      hmac_sha1_ctx,
                      nettle_hmac_sha1_set_key,
                      nettle_sha1_update,
                      nettle_sha1_digest,
                      SHA1_DIGEST_SIZE>;
using HmacSha256 = Hmac<sha256_ctx,
                        hmac_sha256_ctx,
                        nettle_hmac_sha256_set_key,
                        nettle_sha256_update,
                        nettle_sha256_digest,
                        SHA256_DIGEST_SIZE>;

constexpr std::string_view hex_digits = "0123456789abcdef";

template <class H>
std::size_t
hex_digest(const H& hmac, std::span<const std::byte> bytes, std::span<char, 64> out) noexcept {
    std::array<std::uint8_t, H::size> raw;
    hmac.digest(bytes, raw.data());
    for (std::size_t i = 0; i < raw.size(); ++i) {
        out[2 * i] = hex_digits[raw[i] >> 4];
        out[2 * i + 1] = hex_digits[raw[i] & 0xf];
    }
    return 2 * raw.size();
}

/// Polynomial 04C11DB7, most significant bit first, as heartbeat's `crc` uses it (measured: start
/// value 0, complement at the end, message length not appended, so neither Ethernet's CRC nor POSIX
/// cksum).
constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i << 24;
        for (int bit = 0; bit < 8; ++bit) {
            value = value << 1 ^ ((value >> 31) != 0 ? 0x04C11DB7U : 0U);
        }
        table[i] = value;
    }
    return table;
}();

/// Printed as %x prints it: lower case, no leading zeros.
std::size_t hex_crc(std::span<const std::byte> bytes, std::span<char, 64> out) noexcept {
    std::uint32_t value = 0;
    for (const std::byte b : bytes) {
        value = value << 8 ^ crc_table[(value >> 24 ^ std::to_integer<std::uint32_t>(b)) & 0xff];
    }
    value = ~value;
    std::size_t digits = 1;
    while (digits < 8 && value >> (4 * digits) != 0) {
        ++digits;
    }
    for (std::size_t i = 0; i < digits; ++i) {
        out[i] = hex_digits[value >> (4 * (digits - 1 - i)) & 0xf];
    }
    return digits;
}

/// One secret, keyed for every method: with the key roll-over quirk a method meets the secret of
/// another index.
struct KeyedSecret {
    explicit KeyedSecret(const AuthKey& key)
        : method{key.method}, md5{key.secret}, sha1{key.secret}, sha256{key.secret} {}

    AuthMethod method;
    HmacMd5 md5;
    HmacSha1 sha1;
    HmacSha256 sha256;
};

}  // namespace

struct Authenticator::State {
    int sending_index = 0;
    std::array<std::unique_ptr<const KeyedSecret>, 16> keys;

    [[nodiscard]] const KeyedSecret* find(int index) const noexcept {
        return index >= 0 && index < 16 ? keys[static_cast<std::size_t>(index)].get() : nullptr;
    }
};

Authenticator::Authenticator(const AuthKeys& keys) : m_state{std::make_unique<State>()} {
    m_state->sending_index = keys.sending_index;
    for (std::size_t i = 0; i < keys.keys.size(); ++i) {
        if (keys.keys[i]) {
            m_state->keys[i] = std::make_unique<const KeyedSecret>(*keys.keys[i]);
        }
    }
}

Authenticator::~Authenticator() = default;
Authenticator::Authenticator(Authenticator&&) noexcept = default;
Authenticator& Authenticator::operator=(Authenticator&&) noexcept = default;

int Authenticator::sending_index() const noexcept {
    return m_state->sending_index;
}

bool Authenticator::has_method(int index) const noexcept {
    return m_state->find(index) != nullptr;
}

std::size_t Authenticator::digest(int index,
                                  int key_index,
                                  std::span<const std::byte> bytes,
                                  std::span<char, 64> out) const {
    const KeyedSecret* const method = m_state->find(index);
    const KeyedSecret* const key = m_state->find(key_index);
    CLUSTER_CHECK(method != nullptr && key != nullptr);
    switch (method->method) {
    case AuthMethod::crc:
        return hex_crc(bytes, out);
    case AuthMethod::md5:
        return hex_digest(key->md5, bytes, out);
    case AuthMethod::sha1:
        return hex_digest(key->sha1, bytes, out);
    case AuthMethod::sha256:
        return hex_digest(key->sha256, bytes, out);
    }
    CLUSTER_CHECK(false);  // a value outside the enumeration
    return 0;
}

}  // namespace cluster::wire
