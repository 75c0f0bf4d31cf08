// SPDX-License-Identifier: GPL-2.0-or-later
// `understudy run`: read scenarios, run them, write the files, print the report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "run/run.hpp"

namespace app {

/// design: command line. 77 (skipped) is the lab's.
enum ExitCode : int {
    exit_pass = 0,
    exit_failed = 1,
    exit_usage = 2,
    exit_invalid = 3,
    exit_inconclusive = 5,
    exit_internal = 6
};

struct SeedRange {
    std::uint64_t first = 1;
    std::uint64_t last = 1;
};

/// "understudyd", "heartbeat-3.0.6", "both", or several with commas between; nullopt: none of these,
/// or one twice.
[[nodiscard]] std::optional<std::vector<sim::Implementation>>
parse_implementations(const std::string&);

/// "A..B" with A <= B and at most a million seeds.
[[nodiscard]] std::optional<SeedRange> parse_seed_range(const std::string&);

struct RunCommand {
    std::vector<std::string> files;
    std::uint64_t seed = 1;
    std::string pcap;  ///< folder for packet captures; of a single run
    std::optional<SeedRange> seeds;  ///< a campaign, even of one seed
    std::size_t jobs = 0;            ///< 0: one per processor
    std::string out;                 ///< empty: results/<scenario>
    bool json = false;
    std::optional<sim::TraceLevel> trace;  ///< default: signalling for one run, none for a campaign
    std::vector<sim::Implementation> implementations;  ///< empty: as each scenario says
    std::string html;                                   ///< file for the HTML report; empty: none
    bool color = false;
    bool progress = false;
};

[[nodiscard]] int run_command(const RunCommand&);

}  // namespace app
