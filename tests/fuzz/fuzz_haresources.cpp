// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as haresources: bounded, every group has a node and resources, every word gets a
// binding.
#include <cstdint>

#include "fuzz/finding_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = cluster::parse_haresources(text, "haresources", {"asterisk1", "asterisk2"});
    check_findings(parsed.findings, text);
    const auto& groups = parsed.value.groups;
    CLUSTER_CHECK(groups.size() <= 1000);
    std::size_t words = 0;
    for (const auto& group : groups) {
        CLUSTER_CHECK(!group.node.empty() && !group.resources.empty() &&
                      group.resources.size() <= 1000);
        words += group.resources.size();
        for (const auto& resource : group.resources) {
            CLUSTER_CHECK(!resource.script.empty() && !resource.text.empty() &&
                          resource.where.line > 0);
            if (const auto spec = cluster::parse_address_spec(resource.text)) {
                CLUSTER_CHECK(!spec->address.empty());
                CLUSTER_CHECK(!spec->prefix_length ||
                              (*spec->prefix_length >= 0 && *spec->prefix_length <= 128));
            }
            if (parsed.ok()) {
                CLUSTER_CHECK(group.node == "asterisk1" || group.node == "asterisk2");
                const bool address = resource.script == "IPaddr" || resource.script == "IPaddr2";
                CLUSTER_CHECK(!address || cluster::parse_address_spec(resource.arguments.at(0)));
            }
        }
    }
    CLUSTER_CHECK(cluster::resolve_bindings(parsed.value, {}).size() == words);
    return 0;
}
