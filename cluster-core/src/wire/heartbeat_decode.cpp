// SPDX-License-Identifier: GPL-2.0-or-later
// heartbeat messages: bytes -> verified fields. Three steps for both encodings: find the frame and
// its digest, verify, and only then look into the fields. The real daemon parses first, and one
// unsigned datagram can end it (measured with heartbeat 1:3.0.6-13); here nothing behind the
// verification is reachable without the key.
#include "cluster/wire/heartbeat.hpp"

#include <algorithm>

#include <nettle/memops.h>

#include "text.hpp"

namespace cluster::wire {

namespace {

/// Where one field lies in the datagram; 64 KiB is the limit of all positions. Trivial on purpose:
/// an array of these costs nothing until it is filled.
struct RawField {
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t equals;
    FieldType type;
};

/// What the first step found: fields not yet looked at, the signed bytes, and the text "<index>
/// <digest>".
struct Frame {
    std::array<RawField, max_fields> fields;
    std::size_t count;
    std::string_view input;
    std::string_view digest;
};

constexpr std::uint32_t position(std::size_t value) noexcept {
    return static_cast<std::uint32_t>(value);  // ≤ max_message_bytes
}

struct Netstring {
    std::size_t begin = 0;
    std::size_t end = 0;   ///< of the content
    std::size_t next = 0;  ///< behind the comma
};

/// `<length>:<content>,` at `at`.
std::optional<DecodeError>
read_netstring(std::string_view text, std::size_t at, Netstring& out) noexcept {
    constexpr std::size_t max_digits = 5;  // 65536
    std::size_t colon = at;
    while (colon < text.size() && colon - at <= max_digits && text[colon] != ':') {
        if (text[colon] < '0' || text[colon] > '9') {
            return DecodeError::bad_length;
        }
        ++colon;
    }
    if (colon == text.size()) {
        return DecodeError::truncated;
    }
    const auto length = parse_decimal(text.substr(at, colon - at), max_message_bytes);
    if (text[colon] != ':' || !length || *length > text.size() - colon - 1) {
        return DecodeError::bad_length;
    }
    out.begin = colon + 1;
    out.end = out.begin + static_cast<std::size_t>(*length);
    out.next = out.end + 1;
    if (out.end == text.size() || text[out.end] != ',') {
        return DecodeError::truncated;
    }
    return std::nullopt;
}

std::optional<DecodeError> find_netstring_frame(std::string_view text, Frame& frame) noexcept {
    std::size_t at = netstring_start.size();
    frame.count = 0;
    Netstring piece;
    while (!text.substr(at).starts_with('%')) {
        if (at == text.size()) {
            return DecodeError::truncated;
        }
        if (frame.count == max_fields) {
            return DecodeError::too_many_fields;
        }
        if (const auto error = read_netstring(text, at, piece)) {
            return error;
        }
        frame.fields[frame.count++] = {
            position(piece.begin), position(piece.end), 0, FieldType::string};
        at = piece.next;
    }
    if (!text.substr(at).starts_with(netstring_end)) {
        return DecodeError::truncated;
    }
    at += netstring_end.size();
    frame.input = text.substr(0, at);
    if (at == text.size()) {
        return DecodeError::no_digest;
    }
    if (const auto error = read_netstring(text, at, piece)) {
        return error;
    }
    if (piece.next != text.size()) {
        return DecodeError::trailing_bytes;
    }
    frame.digest = text.substr(piece.begin, piece.end - piece.begin);
    return std::nullopt;
}

std::optional<DecodeError> find_classic_frame(std::string_view text, Frame& frame) noexcept {
    std::size_t at = classic_start.size();
    frame.count = 0;
    std::size_t last_line = at;
    for (;;) {
        const std::size_t newline = text.find('\n', at);
        if (newline == std::string_view::npos) {
            return DecodeError::truncated;
        }
        if (text.substr(at, newline + 1 - at) == classic_end) {
            break;
        }
        if (frame.count == max_fields) {
            return DecodeError::too_many_fields;
        }
        frame.fields[frame.count++] = {position(at), position(newline), 0, FieldType::string};
        last_line = at;
        at = newline + 1;
    }
    if (at + classic_end.size() != text.size()) {
        return DecodeError::trailing_bytes;
    }
    // The digest is the last field, where every sender puts it; its input is all lines before it.
    const std::string_view line = text.substr(last_line, at - last_line);
    if (frame.count == 0 || !line.starts_with("auth=")) {
        return DecodeError::no_digest;
    }
    frame.input = text.substr(classic_start.size(), last_line - classic_start.size());
    frame.digest = line.substr(5, line.size() - 6);  // between "auth=" and the newline
    return std::nullopt;
}

bool is_digits(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_hex(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return hex_digit(c) >= 0; });
}

/// `<index> <lower-case hex>`.
std::optional<DecodeError> verify(const Frame& frame,
                                  const Authenticator& keys,
                                  bool with_sending_key,
                                  int& auth_index) noexcept {
    const std::size_t blank = frame.digest.find(' ');
    if (blank == std::string_view::npos || blank == 0 || blank + 1 == frame.digest.size()) {
        return DecodeError::bad_digest_syntax;
    }
    const std::string_view index_text = frame.digest.substr(0, blank);
    const std::string_view claimed = frame.digest.substr(blank + 1);
    const auto index = parse_decimal(index_text, 15);
    if (!index || !keys.has_method(static_cast<int>(*index))) {
        return is_digits(index_text) ? DecodeError::unknown_method : DecodeError::bad_digest_syntax;
    }
    const int method = static_cast<int>(*index);
    const int key = with_sending_key ? keys.sending_index() : method;
    if (!keys.has_method(key)) {
        return DecodeError::unknown_method;
    }
    std::array<char, 64> computed;
    const std::size_t length = keys.digest(method, key, as_bytes(frame.input), computed);
    if (length != claimed.size() ||
        nettle_memeql_sec(computed.data(), claimed.data(), length) == 0) {
        return is_hex(claimed) ? DecodeError::digest_mismatch : DecodeError::bad_digest_syntax;
    }
    auth_index = method;
    return std::nullopt;
}

/// Splits `(<type>)<name>=<value>`; in the classic encoding the type may be missing and then is
/// string.
std::optional<DecodeError>
parse_field(std::string_view text, Encoding encoding, RawField& field) noexcept {
    const std::string_view body = text.substr(field.begin, field.end - field.begin);
    std::size_t name = 0;
    if (body.starts_with('(')) {
        if (body.size() < 3 || body[2] != ')' || body[1] < '0' || body[1] > '5') {
            return DecodeError::bad_field;
        }
        field.type = static_cast<FieldType>(body[1] - '0');
        name = 3;
    } else if (encoding == Encoding::netstring) {
        return DecodeError::bad_field;
    }
    const std::size_t equals = body.find('=', name);
    if (equals == std::string_view::npos || !is_name(body.substr(name, equals - name))) {
        return DecodeError::bad_field;
    }
    const std::string_view value = body.substr(equals + 1);
    if (field.type == FieldType::string && !is_one_line(value)) {
        return DecodeError::bad_field;
    }
    if (field.type == FieldType::binary && encoding == Encoding::classic && !is_base64(value)) {
        return DecodeError::bad_base64;
    }
    const std::string_view name_text = body.substr(name, equals - name);
    if (field.type == FieldType::compressed || name_text == "_compressed_payload" ||
        name_text == "_compression_algorithm") {
        return DecodeError::compressed;
    }
    field.equals = position(field.begin + equals);
    field.begin += position(name);
    return std::nullopt;
}

}  // namespace

class Decoder {
  public:
    static std::optional<DecodeError> decode(std::span<const std::byte> datagram,
                                             const Authenticator& keys,
                                             MessageView& out,
                                             VerifyOptions options) noexcept {
        if (datagram.size() > max_message_bytes) {
            return DecodeError::too_large;
        }
        const std::string_view text = as_text(datagram);
        const bool netstring = text.starts_with(netstring_start);
        if (!netstring && !text.starts_with(classic_start)) {
            return DecodeError::not_a_message;
        }
        const Encoding encoding = netstring ? Encoding::netstring : Encoding::classic;

        Frame frame;
        if (const auto error =
                netstring ? find_netstring_frame(text, frame) : find_classic_frame(text, frame)) {
            return error;
        }
        int auth_index = 0;
        if (const auto error =
                verify(frame, keys, netstring && options.verify_with_sending_key, auth_index)) {
            return error;
        }
        for (std::size_t i = 0; i < frame.count; ++i) {
            if (const auto error = parse_field(text, encoding, frame.fields[i])) {
                return error;
            }
        }
        for (std::size_t i = 0; i < frame.count; ++i) {
            const RawField& raw = frame.fields[i];
            out.m_fields[i] = {.name = text.substr(raw.begin, raw.equals - raw.begin),
                               .value = text.substr(raw.equals + 1, raw.end - raw.equals - 1),
                               .type = raw.type,
                               .base64 = raw.type == FieldType::binary && !netstring};
        }
        out.m_count = frame.count;
        out.m_encoding = encoding;
        out.m_auth_index = auth_index;
        return std::nullopt;
    }
};

std::optional<DecodeError> decode(std::span<const std::byte> datagram,
                                  const Authenticator& keys,
                                  MessageView& out,
                                  VerifyOptions options) noexcept {
    return Decoder::decode(datagram, keys, out, options);
}

std::string_view to_string(DecodeError error) noexcept {
    switch (error) {
    case DecodeError::too_large:
        return "too large";
    case DecodeError::not_a_message:
        return "not a message";
    case DecodeError::truncated:
        return "truncated";
    case DecodeError::bad_length:
        return "bad length";
    case DecodeError::bad_field:
        return "bad field";
    case DecodeError::too_many_fields:
        return "too many fields";
    case DecodeError::trailing_bytes:
        return "trailing bytes";
    case DecodeError::no_digest:
        return "no digest";
    case DecodeError::bad_digest_syntax:
        return "bad digest syntax";
    case DecodeError::unknown_method:
        return "unknown method";
    case DecodeError::digest_mismatch:
        return "digest mismatch";
    case DecodeError::compressed:
        return "compressed";
    case DecodeError::bad_base64:
        return "bad base64";
    }
    return "unknown error";
}

std::optional<std::string_view> MessageView::get(std::string_view name) const noexcept {
    for (const FieldView& field : fields()) {
        if (field.name == name) {
            return field.value;
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> MessageView::get_hex(std::string_view name) const noexcept {
    const auto text = get(name);
    if (!text || text->empty() || text->size() > 16) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const char c : *text) {
        const int digit = hex_digit(c);
        if (digit < 0) {
            return std::nullopt;
        }
        value = value << 4 | static_cast<std::uint64_t>(digit);
    }
    return value;
}

std::optional<std::uint64_t> MessageView::get_decimal(std::string_view name) const noexcept {
    const auto text = get(name);
    return text ? parse_decimal(*text, UINT64_MAX) : std::nullopt;
}

std::optional<Uuid> MessageView::get_uuid(std::string_view name) const noexcept {
    for (const FieldView& field : fields()) {
        if (field.name != name) {
            continue;
        }
        Uuid uuid;
        std::size_t count = 0;
        const auto put = [&](std::byte b) {
            if (count < uuid.bytes.size()) {
                uuid.bytes[count] = b;
            }
            ++count;
        };
        if (field.type != FieldType::binary) {
            return std::nullopt;
        }
        if (field.base64) {
            decode_base64(field.value, put);
        } else {
            std::ranges::for_each(as_bytes(field.value), put);
        }
        return count == uuid.bytes.size() ? std::optional{uuid} : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace cluster::wire
