// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as understudy.json: never throws, and what is accepted reads back the same after
// writing.
#include <cstdint>

#include "cluster/settings_json.hpp"
#include "fuzz/finding_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = cluster::parse_settings_json(text, "understudy.json");
    check_findings(parsed.findings, text);
    if (parsed.ok()) {
        const auto again = cluster::parse_settings_json(cluster::settings_to_json(parsed.value),
                                                        "understudy.json");
        CLUSTER_CHECK(again.findings.empty() && again.value == parsed.value);
    }
    return 0;
}
