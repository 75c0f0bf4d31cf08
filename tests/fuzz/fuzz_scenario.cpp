// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a scenario: a value or errors with positions, never both and never neither.
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
    for (const sim::ScenarioError& error : read.errors) {
        if (sim::to_string(error).empty() || error.found.empty() || error.expected.empty()) {
            __builtin_trap();
        }
    }
    return 0;
}
