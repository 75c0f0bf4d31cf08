// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as authkeys: what is accepted has a usable signing key.
#include <cstdint>

#include "fuzz/finding_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = cluster::parse_authkeys(text, "authkeys");
    check_findings(parsed.findings, text);
    const auto& keys = parsed.value;
    CLUSTER_CHECK(keys.sending_index >= 0 && keys.sending_index <= 15);
    CLUSTER_CHECK(!parsed.ok() || keys.keys[static_cast<std::size_t>(keys.sending_index)]);
    for (const auto& key : keys.keys) {
        CLUSTER_CHECK(!key || key->secret.empty() == (key->method == cluster::AuthMethod::crc));
    }
    return 0;
}
