// SPDX-License-Identifier: GPL-2.0-or-later
// `understudy analyze`: the cluster of a scenario as a graph, each failure by the graph and, if
// wanted, simulated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "run_command.hpp"

namespace app {

struct AnalyzeCommand {
    enum class Format : std::uint8_t { text, json, dot };

    std::string file;
    int simulate = 0;    ///< 0: nothing, 1: every single failure, 2: every pair, too
    bool pairs = false;  ///< lists pairs of failures
    SeedRange seeds{1, 3};
    std::size_t jobs = 0;  ///< 0: one per processor
    Format format = Format::text;
    std::optional<sim::Implementation> implementation;
    bool color = false;
    bool progress = false;
};

[[nodiscard]] int analyze_command(const AnalyzeCommand&);

}  // namespace app
