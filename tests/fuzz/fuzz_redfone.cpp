// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as redfone.conf: what is accepted can be sent to a bridge.
#include <cstdint>

#include "fuzz/finding_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = cluster::parse_redfone_conf(text, "redfone.conf");
    check_findings(parsed.findings, text);
    const auto& c = parsed.value;
    CLUSTER_CHECK(c.spans.size() <= 4);
    CLUSTER_CHECK(c.port == 1 || c.port == 2);
    for (const auto priority : c.priorities) {
        CLUSTER_CHECK(priority >= 0 && priority <= 3);
    }
    for (const auto& span : c.spans) {
        CLUSTER_CHECK(!span.longhaul || !span.shorthaul);
    }
    CLUSTER_CHECK(!parsed.ok() || (c.server && !c.bridge_address.empty()));
    if (c.server) {
        CLUSTER_CHECK(cluster::parse_mac(cluster::to_string(*c.server)) == c.server);
    }
    return 0;
}
