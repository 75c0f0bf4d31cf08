// SPDX-License-Identifier: GPL-2.0-or-later
// heartbeat 3.0.6 messages: bytes <-> values. Format and evidence: facts/heartbeat.md §1, restated
// in docs/wire-format.md. Bounded and total: any bytes give a message or a DecodeError; nothing of
// a message is visible before its digest has been verified. Decoding does not allocate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config.hpp"
#include "cluster/ids.hpp"
#include "cluster/result.hpp"

namespace cluster::wire {

/// Datagrams above this are refused before anything else is looked at (64 KiB is the limit of UDP).
inline constexpr std::size_t max_message_bytes = 65536;
/// R1 messages have at most 16 fields; hb itself has no limit below its 256 KiB.
inline constexpr std::size_t max_fields = 64;

enum class FieldType : std::uint8_t {
    string = 0,
    binary = 1,
    structure = 2,
    list = 3,
    compressed = 4,
    uncompressed = 5
};

enum class Encoding : std::uint8_t {
    netstring,  ///< ### … %%% + trailer; every UDP medium
    classic,    ///< >>> … <<<; serial lines and the local FIFO
};

enum class DecodeError : std::uint8_t {
    too_large,
    not_a_message,  ///< neither ###\n nor >>>\n at the start
    truncated,      ///< end mark, field end or trailer missing
    bad_length,     ///< length not decimal, too long, negative, or beyond the end
    bad_field,  ///< no (type) prefix, no '=', empty name, type not 0..5, newline or NUL in a name
                ///< or string
    too_many_fields,
    trailing_bytes,
    no_digest,
    bad_digest_syntax,
    unknown_method,  ///< index outside 0..15 or without a key
    digest_mismatch,
    compressed,  ///< verified, but holds a compressed field; R1 never sends one
    bad_base64,
};

[[nodiscard]] std::string_view to_string(DecodeError) noexcept;

/// Points into the datagram. `value` of a binary field of the classic encoding is still base64
/// (`base64` is true).
struct FieldView {
    std::string_view name;
    std::string_view value;
    FieldType type = FieldType::string;
    bool base64 = false;
};

/// A verified message. Valid as long as the bytes it was decoded from.
class MessageView {
  public:
    [[nodiscard]] std::span<const FieldView> fields() const noexcept {
        return {m_fields.data(), m_count};
    }
    [[nodiscard]] Encoding encoding() const noexcept { return m_encoding; }
    [[nodiscard]] int auth_index() const noexcept { return m_auth_index; }

    /// First field of that name (duplicates: the first wins, as in heartbeat).
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
    /// Lower- or upper-case hex without prefix, at most 16 digits; nullopt when absent or anything
    /// else.
    [[nodiscard]] std::optional<std::uint64_t> get_hex(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<std::uint64_t> get_decimal(std::string_view name) const noexcept;
    /// A binary field of exactly 16 bytes.
    [[nodiscard]] std::optional<Uuid> get_uuid(std::string_view name) const noexcept;

  private:
    friend class Decoder;
    std::array<FieldView, max_fields> m_fields;
    std::size_t m_count = 0;
    Encoding m_encoding = Encoding::netstring;
    int m_auth_index = 0;
};

/// Keys with their digest states prepared once. Digests are compared in constant time, as
/// lower-case text.
class Authenticator {
  public:
    explicit Authenticator(const AuthKeys& keys);
    ~Authenticator();
    Authenticator(Authenticator&&) noexcept;
    Authenticator& operator=(Authenticator&&) noexcept;

    [[nodiscard]] int sending_index() const noexcept;
    [[nodiscard]] bool has_method(int index) const noexcept;
    /// Lower-case hex digest of the bytes by method `index` with the key of `key_index` (quirk:
    /// they may differ). Precondition: both known. Writes to `out`, returns the number of
    /// characters (crc: 1..8, md5 32, sha1 40, sha256 64).
    std::size_t digest(int index,
                       int key_index,
                       std::span<const std::byte> bytes,
                       std::span<char, 64> out) const;

  private:
    struct State;
    std::unique_ptr<State> m_state;
};

struct VerifyOptions {
    bool verify_with_sending_key =
        false;  ///< Quirks::verify_with_sending_key; netstring packets only
};

/// Takes both encodings, as a UDP receiver of heartbeat does. Netstring: the trailer is checked;
/// classic: the inner field. `out` is only written when the result is nullopt (= success).
[[nodiscard]] std::optional<DecodeError> decode(std::span<const std::byte> datagram,
                                                const Authenticator& keys,
                                                MessageView& out,
                                                VerifyOptions options = {}) noexcept;

/// A message to be sent: fields in wire order, values raw (binary not base64).
struct OutgoingField {
    std::string name;
    std::string value;
    FieldType type = FieldType::string;
    bool operator==(const OutgoingField&) const = default;
};

struct OutgoingMessage {
    std::vector<OutgoingField> fields;
    void add(std::string_view name, std::string_view value) {
        fields.push_back({std::string{name}, std::string{value}, FieldType::string});
    }
    void add_hex(std::string_view name, std::uint64_t value);
    void add_decimal(std::string_view name, std::uint64_t value);
    void add_uuid(std::string_view name, const Uuid& value);
    bool operator==(const OutgoingMessage&) const = default;
};

/// Netstring encoding with trailer; with MessageFormat::classic also the inner auth field.
/// Byte-equal to heartbeat's. Appends to `out`. Checked, a violation ends the process: the sending
/// index has a key, no field is named auth, names are not empty and hold no '=', names and strings
/// hold neither newline nor NUL (a verified message never does).
void encode_netstring(const OutgoingMessage&,
                      const Authenticator&,
                      MessageFormat,
                      std::vector<std::byte>& out);
/// Classic encoding with inner auth field (serial lines, FIFO). Same checks; only binary values may
/// hold a newline.
void encode_classic(const OutgoingMessage&, const Authenticator&, std::vector<std::byte>& out);

/// Copies a verified view into an owned message, without the auth field (for tests, history and
/// re-encoding).
[[nodiscard]] OutgoingMessage to_outgoing(const MessageView&);

/// Splits the byte stream of a serial line into classic messages; resynchronises at the next
/// ">>>\n" after noise. Never holds more than max_message_bytes.
class SerialFramer {
  public:
    /// Calls `sink(span)` once per complete frame (">>>\n" … "<<<\n" inclusive). Views are valid
    /// during the call only.
    template <class Sink>
    void feed(std::span<const std::byte> chunk, Sink&& sink) {
        for (const std::byte b : chunk) {
            if (push(b)) {
                sink(std::span<const std::byte>{m_buffer});
                m_buffer.clear();
            }
        }
    }
    /// Bytes thrown away because they were not part of a frame.
    [[nodiscard]] std::uint64_t noise_bytes() const noexcept { return m_noise; }
    [[nodiscard]] const std::vector<std::byte>& pending() const noexcept { return m_buffer; }

  private:
    bool push(std::byte);  ///< true: m_buffer holds one complete frame
    std::vector<std::byte> m_buffer;
    std::uint64_t m_noise = 0;
};

}  // namespace cluster::wire
