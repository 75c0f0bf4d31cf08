// SPDX-License-Identifier: GPL-2.0-or-later
// Any datagram to or from a foneBRIDGE decodes or is an error, and what decodes encodes to itself.
#include <algorithm>
#include <cstdint>

#include "cluster/check.hpp"
#include "cluster/wire/announce_frame.hpp"
#include "cluster/wire/fonebridge.hpp"

namespace {

using namespace cluster::wire;

template <class Decoded>
void check_same(const Decoded& decoded, std::span<const std::byte> bytes) {
    CLUSTER_CHECK(std::ranges::equal(encode(decoded), bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span{data, size});
    if (const auto reply = decode_bridge_reply(bytes)) {
        check_same(*reply, bytes);
        // What the host does with a payload of a certain length.
        if (const auto info = decode_static_info(reply->payload)) {
            CLUSTER_CHECK(*decode_static_info(encode(*info)) == *info);
        }
        if (const auto spans = decode_spans(reply->payload)) {
            // Unknown pulse shapes read as "none", so settings converge in one step.
            const auto again = decode_spans(encode_spans(*spans));
            CLUSTER_CHECK(again && *again == *spans);
        }
        if (const auto write = decode_register_write(reply->payload)) {
            check_same(*write, reply->payload);
        }
    }
    if (const auto request = decode_bridge_request(bytes)) {
        check_same(*request, bytes);
        CLUSTER_CHECK(expected_reply_payload(*request) <= fonebridge_max_datagram - 2);
    }
    if (const auto arp = decode_arp(bytes)) {
        check_same(*arp, bytes.first(arp_body_bytes));
    }
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    static_cast<void>(parse_ipv4(text));
    static_cast<void>(parse_ipv6(text));
    return 0;
}
