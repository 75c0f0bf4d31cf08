// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as ha.cf: bounded, and what is accepted keeps the rules between directives.
#include <cstdint>

#include "fuzz/finding_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = cluster::parse_ha_cf(text, "ha.cf", "asterisk1");
    check_findings(parsed.findings, text);
    const auto& c = parsed.value;
    CLUSTER_CHECK(c.links.size() + c.ping_targets.size() <= 64);
    CLUSTER_CHECK(c.nodes.size() + c.ping_targets.size() <= 100);
    for (const auto& target : c.ping_targets) {
        CLUSTER_CHECK(!target.addresses.empty());
    }
    for (const auto& link : c.links) {
        CLUSTER_CHECK(!link.device.empty() && link.where.line > 0);
    }
    if (parsed.ok()) {
        CLUSTER_CHECK(!c.nodes.empty() && (!c.links.empty() || !c.ping_targets.empty()));
        CLUSTER_CHECK(c.keepalive > cluster::Duration::zero());
        CLUSTER_CHECK(c.deadtime > 2 * c.keepalive);
        CLUSTER_CHECK(c.deadping > 2 * c.keepalive);
        CLUSTER_CHECK(c.initdead >= c.deadtime);
        CLUSTER_CHECK(c.warntime > cluster::Duration::zero());
    }
    return 0;
}
