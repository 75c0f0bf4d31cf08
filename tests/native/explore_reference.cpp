// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore_reference.hpp"

namespace native_model {

std::string to_string(const Fault& fault) {
    static constexpr std::array names{"drop",
                                      "duplicate",
                                      "delay",
                                      "crash",
                                      "restart",
                                      "freeze",
                                      "thaw",
                                      "cut direction",
                                      "cut link",
                                      "isolate",
                                      "heal",
                                      "fail start",
                                      "toggle eligibility"};
    return std::string{names[static_cast<std::size_t>(fault.kind)]} + " " +
           std::to_string(fault.a) + " " + std::to_string(fault.b);
}

Exploration explore_reference(const Options& options, int faults) {
    return Explorer<Node>{options, faults}.run();
}

std::optional<Violation> try_reference(const Options& options, std::uint64_t seed, int rounds) {
    return try_sequence<Node>(options, seed, rounds);
}

}  // namespace native_model
