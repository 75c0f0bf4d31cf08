// SPDX-License-Identifier: GPL-2.0-or-later
// Any datagram gives a message or an error. The first byte chooses how the rest is used: as it is,
// or as the inside of a netstring or classic message that gets its right digest here, so that the
// parsing behind the digest is reached.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/check.hpp"
#include "cluster/wire/heartbeat.hpp"

namespace {

using namespace cluster;
using namespace cluster::wire;

constexpr int crc_index = 3;

const Authenticator& keys() {
    static const Authenticator all = [] {
        AuthKeys keys;
        keys.sending_index = crc_index;
        keys.keys[1] = AuthKey{AuthMethod::sha1, "hbx-secret"};
        keys.keys[2] = AuthKey{AuthMethod::md5, "hbx-secret"};
        keys.keys[crc_index] = AuthKey{AuthMethod::crc, ""};
        keys.keys[15] = AuthKey{AuthMethod::sha256, "hbx-secret"};
        return Authenticator{keys};
    }();
    return all;
}

void append(std::vector<std::byte>& out, std::string_view text) {
    const auto bytes = std::as_bytes(std::span{text});
    out.insert(out.end(), bytes.begin(), bytes.end());
}

std::string signature(std::span<const std::byte> input) {
    std::array<char, 64> digest{};
    const std::size_t size = keys().digest(crc_index, crc_index, input, digest);
    return std::to_string(crc_index) + " " + std::string{digest.data(), size};
}

std::vector<std::byte> with_trailer(std::span<const std::byte> body) {
    std::vector<std::byte> packet;
    append(packet, "###\n");
    packet.insert(packet.end(), body.begin(), body.end());
    append(packet, "%%%\n");
    const std::string digest = signature(packet);
    append(packet, std::to_string(digest.size()) + ":" + digest + ",");
    return packet;
}

std::vector<std::byte> with_auth_line(std::span<const std::byte> lines) {
    std::vector<std::byte> packet;
    append(packet, ">>>\n");
    packet.insert(packet.end(), lines.begin(), lines.end());
    append(packet, "auth=" + signature(lines) + "\n<<<\n");
    return packet;
}

bool inside(std::string_view part, std::span<const std::byte> whole) {
    const auto* const begin = reinterpret_cast<const char*>(whole.data());
    return part.data() >= begin && part.data() + part.size() <= begin + whole.size();
}

/// Strings are on one line in every verified message; structures need not be, and then have no
/// classic form.
bool fits_classic(const OutgoingMessage& message) {
    for (const OutgoingField& field : message.fields) {
        if (field.type != FieldType::binary && field.value.find('\n') != std::string::npos) {
            return false;
        }
    }
    return true;
}

void check_same(std::span<const std::byte> packet, const OutgoingMessage& message) {
    MessageView view;
    const auto error = decode(packet, keys(), view);
    CLUSTER_CHECK(!error);
    CLUSTER_CHECK(to_outgoing(view) == message);
}

void check(std::span<const std::byte> packet) {
    MessageView view;
    static_cast<void>(decode(packet, keys(), view, {.verify_with_sending_key = true}));
    const auto error = decode(packet, keys(), view);
    if (error) {
        CLUSTER_CHECK(!to_string(*error).empty());
        return;
    }
    for (const FieldView& field : view.fields()) {
        CLUSTER_CHECK(!field.name.empty() && inside(field.name, packet) &&
                      inside(field.value, packet));
        static_cast<void>(view.get_hex(field.name));
        static_cast<void>(view.get_decimal(field.name));
        static_cast<void>(view.get_uuid(field.name));
    }
    const OutgoingMessage message = to_outgoing(view);
    if (packet.size() > max_message_bytes / 2 || message.fields.size() == max_fields) {
        return;  // with another digest or as base64 it may grow beyond the limits
    }
    std::vector<std::byte> again;
    encode_netstring(message, keys(), MessageFormat::netstring, again);
    check_same(again, message);
    if (fits_classic(message)) {
        again.clear();
        encode_netstring(message, keys(), MessageFormat::classic, again);
        check_same(again, message);
        again.clear();
        encode_classic(message, keys(), again);
        check_same(again, message);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto rest = std::as_bytes(std::span{data, size}).subspan(1);
    switch (data[0]) {
    case 'N':
        check(with_trailer(rest));
        break;
    case 'C':
        check(with_auth_line(rest));
        break;
    default:
        check(rest);
        break;
    }
    return 0;
}
