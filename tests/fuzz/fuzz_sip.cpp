// SPDX-License-Identifier: GPL-2.0-or-later
// Any datagram is a SIP message or an error; what is one survives being written and read again. So
// do session descriptions, digest headers and DNS messages.
#include <cstdint>
#include <string_view>

#include "cluster/check.hpp"
#include "sip/digest.hpp"
#include "sip/dns.hpp"
#include "sip/message.hpp"
#include "sip/sdp.hpp"

using namespace models::sip;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto message = parse(text); message) {
        const std::string written = serialise(*message);
        const auto again = parse(written);
        // What was folded or abbreviated grows when it is written in full.
        CLUSTER_CHECK(again.has_value() || written.size() > max_message_bytes);
        CLUSTER_CHECK(!again || *again == *message);
        if (message->is_request()) {
            CLUSTER_CHECK(parse(serialise(make_response(*message, 200, "t"))).has_value() ||
                          written.size() + 64 > max_message_bytes);
        }
        if (const auto sdp = parse_sdp(message->body)) {
            CLUSTER_CHECK(parse_sdp(to_string(*sdp)) == sdp);
        }
    }
    if (const auto challenge = parse_challenge(text)) {
        CLUSTER_CHECK(parse_challenge(to_string(*challenge)) == challenge);
    }
    if (const auto credentials = parse_credentials(text)) {
        (void)verify(*credentials, "secret", "REGISTER");
    }
    if (const auto dns = decode_dns(text)) {
        const auto again = decode_dns(encode(*dns));
        CLUSTER_CHECK(again.has_value());
    }
    return 0;
}
