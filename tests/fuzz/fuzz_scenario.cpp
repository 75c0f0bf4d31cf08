// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a scenario: a value or errors with positions, never both and never neither. What a
// soak of it draws is in order and over in time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scenario/scenario.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const sim::ReadScenario read = sim::read_scenario_text("fuzz.json", text);
    if (read.scenario.has_value() == !read.errors.empty()) {
        __builtin_trap();
    }
    if (read.scenario) {
        const auto timeline = sim::timeline_of(*read.scenario, size);
        const auto earlier = [](const auto& a, const auto& b) { return a.at < b.at; };
        if (!std::is_sorted(timeline.begin(), timeline.end(), earlier)) {
            __builtin_trap();
        }
        for (const sim::TimelineEntry& entry : timeline) {
            if (entry.drawn &&
                (entry.at < read.scenario->soak->from || entry.at > read.scenario->soak->until)) {
                __builtin_trap();
            }
        }
    }
    for (const sim::ScenarioError& error : read.errors) {
        if (sim::to_string(error).empty() || error.found.empty() || error.expected.empty()) {
            __builtin_trap();
        }
    }
    return 0;
}
