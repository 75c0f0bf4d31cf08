// SPDX-License-Identifier: GPL-2.0-or-later
// What must hold of the findings of any parser on any bytes: few, inside the text, printable.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "cluster/check.hpp"
#include "cluster/config.hpp"

inline void check_findings(const std::vector<cluster::Finding>& findings, std::string_view text) {
    constexpr std::size_t most = 201;  // 200 and the one that counts the rest
    CLUSTER_CHECK(findings.size() <= most);
    const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    for (const auto& finding : findings) {
        CLUSTER_CHECK(finding.where.line >= 0 && finding.where.line <= lines);
        CLUSTER_CHECK(finding.where.column >= 0 &&
                      static_cast<std::size_t>(finding.where.column) <= text.size() + 1);
        CLUSTER_CHECK((finding.where.line == 0) == (finding.where.column == 0));
        CLUSTER_CHECK(!finding.rule.empty());
        const auto shown = to_string(finding);
        CLUSTER_CHECK(shown.size() < 4096);
        CLUSTER_CHECK(
            std::all_of(shown.begin(), shown.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
    }
}
