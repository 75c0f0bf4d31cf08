// SPDX-License-Identifier: GPL-2.0-or-later
// heartbeat messages: values -> signed bytes, equal to the daemon's byte for byte (checked against its captures).
#include "cluster/wire/heartbeat.hpp"

#include <charconv>

#include "cluster/check.hpp"
#include "text.hpp"

namespace cluster::wire {

namespace {

template <class Number>
std::string number_text(Number value, int base) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
    return {digits.data(), end};
}

/// What a receiver could not read back is a bug of the caller; see is_one_line in heartbeat_decode.cpp.
void check_field(const OutgoingField& field) {
    constexpr std::string_view not_in_line{"\n\0", 2};
    CLUSTER_CHECK(!field.name.empty() && field.name != auth_field);
    CLUSTER_CHECK(field.name.find('=') == std::string::npos);
    CLUSTER_CHECK(field.name.find_first_of(not_in_line) == std::string::npos);
    CLUSTER_CHECK(field.type != FieldType::string || field.value.find_first_of(not_in_line) == std::string::npos);
}

void append_type(std::vector<std::byte>& out, FieldType type) {
    const std::array<char, 3> prefix{'(', static_cast<char>('0' + static_cast<int>(type)), ')'};
    append(out, {prefix.data(), prefix.size()});
}

void append_lines(const OutgoingMessage& message, std::vector<std::byte>& out) {
    for (const OutgoingField& field : message.fields) {
        check_field(field);
        if (field.type != FieldType::string) {
            append_type(out, field.type);
        } else {
            // A name of type string that begins like a type prefix would be read as one.
            CLUSTER_CHECK(field.name.front() != '(');
        }
        append(out, field.name);
        append(out, "=");
        if (field.type == FieldType::binary) {
            append_base64(out, field.value);
        } else {
            // Structures and lists hold no newline in this encoding either; their inner form is not R1 traffic.
            CLUSTER_CHECK(field.value.find('\n') == std::string::npos);
            append(out, field.value);
        }
        append(out, "\n");
    }
}

void append_netstring(std::vector<std::byte>& out,
                      std::optional<FieldType> type,
                      std::string_view head,
                      std::string_view separator,
                      std::string_view tail) {
    std::array<char, 20> digits;
    const std::size_t length = (type ? 3 : 0) + head.size() + separator.size() + tail.size();
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), length).ptr;
    append(out, {digits.data(), static_cast<std::size_t>(end - digits.data())});
    append(out, ":");
    if (type) {
        append_type(out, *type);
    }
    append(out, head);
    append(out, separator);
    append(out, tail);
    append(out, ",");
}

/// "<index> <digest>" with the sending method; at most 2 + 1 + 64 characters.
class Signature {
  public:
    Signature(const Authenticator& keys, std::span<const std::byte> input) {
        const int index = keys.sending_index();
        char* at = std::to_chars(m_text.data(), m_text.data() + 2, index).ptr;
        *at++ = ' ';
        at += keys.digest(index, index, input, std::span<char, 64>{at, 64});
        m_size = static_cast<std::size_t>(at - m_text.data());
    }

    [[nodiscard]] std::string_view text() const noexcept { return {m_text.data(), m_size}; }

  private:
    std::array<char, 67> m_text;
    std::size_t m_size;
};

std::span<const std::byte> since(const std::vector<std::byte>& out, std::size_t start) {
    return std::span{out}.subspan(start);
}

}  // namespace

void OutgoingMessage::add_hex(std::string_view name, std::uint64_t value) {
    add(name, number_text(value, 16));
}

void OutgoingMessage::add_decimal(std::string_view name, std::uint64_t value) {
    add(name, number_text(value, 10));
}

void OutgoingMessage::add_uuid(std::string_view name, const Uuid& value) {
    fields.push_back({std::string{name}, std::string{as_text(value.bytes)}, FieldType::binary});
}

void encode_netstring(const OutgoingMessage& message,
                      const Authenticator& keys,
                      MessageFormat format,
                      std::vector<std::byte>& out) {
    const std::size_t start = out.size();
    std::optional<Signature> inner;
    if (format == MessageFormat::classic) {
        // The inner digest is one over the lines of the classic encoding; they are built where the packet will stand.
        append_lines(message, out);
        inner.emplace(keys, since(out, start));
        out.resize(start);
    }
    append(out, netstring_start);
    for (const OutgoingField& field : message.fields) {
        check_field(field);
        append_netstring(out, field.type, field.name, "=", field.value);
    }
    if (inner) {
        append_netstring(out, FieldType::string, auth_field, "=", inner->text());
    }
    append(out, netstring_end);
    const Signature trailer{keys, since(out, start)};
    append_netstring(out, std::nullopt, trailer.text(), "", "");
}

void encode_classic(const OutgoingMessage& message, const Authenticator& keys, std::vector<std::byte>& out) {
    append(out, classic_start);
    const std::size_t lines = out.size();
    append_lines(message, out);
    const Signature signature{keys, since(out, lines)};
    append(out, auth_field);
    append(out, "=");
    append(out, signature.text());
    append(out, "\n");
    append(out, classic_end);
}

OutgoingMessage to_outgoing(const MessageView& view) {
    OutgoingMessage message;
    message.fields.reserve(view.fields().size());
    for (const FieldView& field : view.fields()) {
        if (field.name == auth_field) {
            continue;
        }
        OutgoingField& copy = message.fields.emplace_back();
        copy.name = field.name;
        copy.type = field.type;
        if (field.base64) {
            decode_base64(field.value, [&](std::byte b) { copy.value.push_back(static_cast<char>(b)); });
        } else {
            copy.value = field.value;
        }
    }
    return message;
}

}  // namespace cluster::wire
