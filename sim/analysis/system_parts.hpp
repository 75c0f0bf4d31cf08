// SPDX-License-Identifier: GPL-2.0-or-later
// Small helpers that the parts of SystemModel share. Internal to sim/analysis.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/scenario.hpp"

namespace sim::analysis {

[[nodiscard]] inline bool has(const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

/// "a, b and c"
[[nodiscard]] inline std::string listed(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        text += (i == 0 ? "" : i + 1 == items.size() ? " and " : ", ") + items[i];
    }
    return text;
}

/// "10.10.10.100" of "10.10.10.100/24"
[[nodiscard]] inline std::string without_length(const std::string& address) {
    return address.substr(0, address.find('/'));
}

[[nodiscard]] inline std::string_view what_is(LinkType type) {
    switch (type) {
    case LinkType::ethernet:
        return "Ethernet cable";
    case LinkType::serial:
        return "serial cable";
    case LinkType::t1:
        return "T1 line";
    }
    return "link";
}

}  // namespace sim::analysis
