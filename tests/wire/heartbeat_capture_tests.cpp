// SPDX-License-Identifier: GPL-2.0-or-later
// The heartbeat codec against packets of the real daemon (tests/data/captures/index.md).
#include "support/catch.hpp"
#include "support/pcap.hpp"

#include "cluster/wire/heartbeat.hpp"

TEST_CASE("smoke") {
    cluster::AuthKeys keys;
    keys.keys[1] = cluster::AuthKey{cluster::AuthMethod::sha1, "hbx-secret"};
    keys.sending_index = 1;
    const cluster::wire::Authenticator auth{keys};
    int n = 0;
    for (const auto& packet : test_support::read_udp(test_support::capture_path("startup-sha1.pcap"), 694)) {
        cluster::wire::MessageView view;
        const auto error = cluster::wire::decode(packet.payload, auth, view);
        REQUIRE(!error);
        std::vector<std::byte> again;
        encode_netstring(to_outgoing(view), auth, cluster::MessageFormat::classic, again);
        REQUIRE(again == packet.payload);
        ++n;
    }
    WARN(n);
}
