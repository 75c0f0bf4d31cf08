// SPDX-License-Identifier: GPL-2.0-or-later
// heartbeat messages: values -> signed bytes, equal to the daemon's byte for byte (checked against
// its captures).
#include "cluster/wire/heartbeat.hpp"

#include <charconv>
#include <cstring>

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

/// What a receiver could not read back is a bug of the caller.
void check_field(const OutgoingField& field) {
    CLUSTER_CHECK(is_name(field.name) && field.name != auth_field &&
                  field.name.find('=') == std::string::npos);
    CLUSTER_CHECK(field.type != FieldType::string || is_one_line(field.value));
}

constexpr std::size_t type_bytes = 3;      // "(0)"
constexpr std::size_t max_signature = 67;  // "15 " and 64 hex digits
constexpr std::size_t frame_overhead =
    128 + 2 * max_signature;  // marks, auth field and trailer with their lengths

/// Enough for a message in either encoding: per field a length, type, separators, and the value as
/// base64.
std::size_t size_limit(const OutgoingMessage& message) {
    std::size_t size = frame_overhead;
    for (const OutgoingField& field : message.fields) {
        size += 32 + field.name.size() + field.value.size() + field.value.size() / 3;
    }
    return size;
}

/// Writes into `out` behind what is there, with room made once; finish() cuts `out` to what was
/// written.
class Writer {
  public:
    Writer(std::vector<std::byte>& out, std::size_t room)
        : m_out{out}, m_start{out.size()}, m_at{out.size()} {
        m_out.resize(m_start + room);
    }

    void put(std::string_view text) {
        CLUSTER_CHECK(text.size() <= m_out.size() - m_at);
        std::memcpy(m_out.data() + m_at, text.data(), text.size());
        m_at += text.size();
    }

    void put(char c) { put(std::string_view{&c, 1}); }

    void put_type(FieldType type) {
        const std::array<char, type_bytes> prefix{
            '(', static_cast<char>('0' + static_cast<int>(type)), ')'};
        put({prefix.data(), prefix.size()});
    }

    void put_length(std::size_t length) {
        std::array<char, 20> digits;
        const char* const end =
            std::to_chars(digits.data(), digits.data() + digits.size(), length).ptr;
        put({digits.data(), static_cast<std::size_t>(end - digits.data())});
        put(':');
    }

    void put_base64(std::string_view raw) {
        const std::size_t size = (raw.size() + 2) / 3 * 4;
        CLUSTER_CHECK(size <= m_out.size() - m_at);
        write_base64(raw, m_out.data() + m_at);
        m_at += size;
    }

    /// Everything from position `from` on, which mark() returned.
    [[nodiscard]] std::span<const std::byte> since(std::size_t from) const {
        return std::span{m_out}.subspan(from, m_at - from);
    }
    [[nodiscard]] std::size_t mark() const noexcept { return m_at; }
    void rewind() noexcept { m_at = m_start; }
    void finish() { m_out.resize(m_at); }

  private:
    std::vector<std::byte>& m_out;
    std::size_t m_start;
    std::size_t m_at;
};

/// The field lines of the classic encoding, which are also the input of the inner digest.
void put_lines(const OutgoingMessage& message, Writer& writer) {
    for (const OutgoingField& field : message.fields) {
        check_field(field);
        if (field.type != FieldType::string) {
            writer.put_type(field.type);
        }
        writer.put(field.name);
        writer.put('=');
        if (field.type == FieldType::binary) {
            writer.put_base64(field.value);
        } else {
            // Structures and lists hold no newline in this encoding either; their inner form is not
            // R1 traffic.
            CLUSTER_CHECK(field.type == FieldType::string ||
                          field.value.find('\n') == std::string::npos);
            writer.put(field.value);
        }
        writer.put('\n');
    }
}

void put_field(Writer& writer, FieldType type, std::string_view name, std::string_view value) {
    writer.put_length(type_bytes + name.size() + 1 + value.size());
    writer.put_type(type);
    writer.put(name);
    writer.put('=');
    writer.put(value);
    writer.put(',');
}

/// "<index> <digest>" with the sending method.
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
    std::array<char, max_signature> m_text;
    std::size_t m_size;
};

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
    Writer writer{out, size_limit(message)};
    const std::size_t start = writer.mark();
    std::optional<Signature> inner;
    if (format == MessageFormat::classic) {
        // The lines that the inner digest covers are built where the packet will stand, and then
        // overwritten.
        put_lines(message, writer);
        inner.emplace(keys, writer.since(start));
        writer.rewind();
    }
    writer.put(netstring_start);
    for (const OutgoingField& field : message.fields) {
        check_field(field);
        put_field(writer, field.type, field.name, field.value);
    }
    if (inner) {
        put_field(writer, FieldType::string, auth_field, inner->text());
    }
    writer.put(netstring_end);
    const Signature trailer{keys, writer.since(start)};
    writer.put_length(trailer.text().size());
    writer.put(trailer.text());
    writer.put(',');
    writer.finish();
}

void encode_classic(const OutgoingMessage& message,
                    const Authenticator& keys,
                    std::vector<std::byte>& out) {
    Writer writer{out, size_limit(message)};
    writer.put(classic_start);
    const std::size_t lines = writer.mark();
    put_lines(message, writer);
    const Signature signature{keys, writer.since(lines)};
    writer.put(auth_field);
    writer.put('=');
    writer.put(signature.text());
    writer.put('\n');
    writer.put(classic_end);
    writer.finish();
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
            decode_base64(field.value,
                          [&](std::byte b) { copy.value.push_back(static_cast<char>(b)); });
        } else {
            copy.value = field.value;
        }
    }
    return message;
}

}  // namespace cluster::wire
