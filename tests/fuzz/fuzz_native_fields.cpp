// SPDX-License-Identifier: GPL-2.0-or-later
// Lines "name=value" as fields of a signed beat. What reads as a native beat is written again with
// the same text in every field: there is one text for one meaning. The first byte chooses nodes,
// groups and sender.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/check.hpp"
#include "cluster/wire/native_fields.hpp"

namespace {

using namespace cluster;
using namespace cluster::wire;

constexpr std::uint64_t mark = 0x0123456789abcdefU;

const Authenticator& keys() {
    static const Authenticator made = [] {
        AuthKeys values;
        values.sending_index = 1;
        values.keys[1] = AuthKey{AuthMethod::crc, ""};
        return Authenticator{values};
    }();
    return made;
}

OutgoingMessage message_of(std::string_view text) {
    OutgoingMessage message;
    message.add("t", "status");
    while (!text.empty() && message.fields.size() < max_fields - 2) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto equals = line.find('=');
        const bool usable = equals != std::string_view::npos && equals > 0 && line[0] != '(' &&
                            line.find('\0') == std::string_view::npos &&
                            line.substr(0, equals) != "auth";
        if (usable) {
            message.add(line.substr(0, equals), line.substr(equals + 1));
        }
    }
    return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > 8192) {
        return 0;
    }
    const NativeLimits limits{.nodes = 1U + (data[0] & 7U) * ((data[0] & 128U) != 0 ? 36U : 1U),
                              .groups = data[0] >> 3U & 3U,
                              .sender = 0};
    std::string text;
    for (std::size_t i = 1; i < size; ++i) {
        text += static_cast<char>(data[i]);
    }
    std::vector<std::byte> bytes;
    encode_netstring(message_of(text), keys(), MessageFormat::netstring, bytes);
    MessageView view;
    if (bytes.size() > max_message_bytes || decode(bytes, keys(), view)) {
        return 0;
    }
    const auto answer = read_native_fields(view, limits, mark);
    if (answer && *answer) {
        OutgoingMessage again;
        add_native_fields(**answer, limits, again);
        for (const OutgoingField& field : again.fields) {
            CLUSTER_CHECK(view.get(field.name) == field.value);
        }
    }
    return 0;
}
