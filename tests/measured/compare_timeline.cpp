// SPDX-License-Identifier: GPL-2.0-or-later
// compare_timeline: runs scenarios/measured/ with many seeds and compares with the measured runs of
// heartbeat 3.0.6. Exit 0: every cell inside, 1: not, 2: usage, 6: a run failed. No test framework:
// it is also the command that makes results/baselines/heartbeat-3.0.6-timeline.md.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "model/random.hpp"
#include "run/run.hpp"
#include "scenario/scenario.hpp"
#include "timeline_comparison.hpp"
#include "trace_reader.hpp"

namespace {

namespace fs = std::filesystem;
using measured::Record;
using measured::RowKey;
using measured::Sample;
using measured::Samples;
using measured::Story;

constexpr const char* owner = "asterisk1";
constexpr const char* taker = "asterisk2";
constexpr const char* scenarios[] = {"kill9", "linkdown", "sigstop", "standby", "stopclean"};

/// The last one on the wire before that moment.
double last_heartbeat(const std::vector<Record>& records, std::string_view node, double before) {
    double at = 0;
    for (const Record& record : records) {
        if (record.at < before && record.kind == "pkt" && record.protocol == "heartbeat" &&
            record.from == fmt::format("{}:eth0", node)) {
            at = record.at;
        }
    }
    return at;
}

Sample sample_of(const std::vector<Record>& records, const std::string& phase) {
    const Story whole{records};
    const bool returns = phase == "return";
    const auto begin = whole.fault(phase);
    const auto back = whole.fault("return");
    if (!begin || !back) {
        throw std::runtime_error("the trace has no " + phase);
    }
    const Story story{records, *begin, returns ? 1e9 : whole.fault("emptied").value_or(*back)};
    const char* const winner = returns ? owner : taker;
    const char* const loser = returns ? taker : owner;
    const auto dead = returns ? std::nullopt : story.event("ms.detect", taker);
    const auto gone = story.event("address.removed", loser);
    const bool by_death = dead && !gone;
    const double since = by_death ? last_heartbeat(records, owner, *begin) : *begin;
    Sample sample;
    const auto put = [&](const char* column, std::optional<double> at) {
        if (at) {
            sample[column] = *at - since;
        }
    };
    if (by_death) {
        put("t0", begin);
        put("dead", dead);
    }
    // The log of the node that takes: when it hears of the standby, or asks for it.
    put("standby_seen", story.first([&](const Record& r) {
        return r.kind == "standby" && r.node == winner &&
               (r.to == "accepted" || r.to == "requested");
    }));
    put("loser_asterisk_stop", story.script("agent.run", loser, "asterisk", "stop"));
    put("vip_del", gone);
    put("vip_add", story.event("ms.address", winner));
    put("garp_first", story.first([&](const Record& r) {
        return r.kind == "pkt" && r.protocol == "arp" && r.info.starts_with("gratuitous") &&
               r.from == fmt::format("{}:eth0", winner);
    }));
    put("fonulator_begin", story.script("agent.run", winner, "fonulator", "start"));
    put("fonulator_end", story.script("agent.done", winner, "fonulator", "start"));
    put("asterisk_begin", story.script("agent.run", winner, "asterisk", "start"));
    put("asterisk_end", story.script("agent.done", winner, "asterisk", "start"));
    measured::derive(sample);
    return sample;
}

/// Faults do not wait for a beat: each phase begins at its own moment of one keepalive.
sim::Scenario with_random_moments(sim::Scenario scenario, std::uint64_t seed) {
    models::RandomStream stream{seed, "measured/moments"};
    const auto late = [&] {
        return stream.uniform(sim::Duration{}, std::chrono::milliseconds{200});
    };
    const sim::Duration takeover = late();
    const sim::Duration back = takeover + late();
    for (sim::TimelineEntry& entry : scenario.timeline) {
        if (entry.id == "takeover") {
            entry.at += takeover;
        } else if (entry.id == "emptied" || entry.id == "return") {
            entry.at += back;
        }
    }
    return scenario;
}

/// Prints one line per phase: scenario, phase, columns as JSON.
void run_share(const std::vector<sim::Scenario>& played,
               unsigned seeds,
               unsigned share,
               unsigned shares,
               const fs::path& out) {
    std::ofstream lines{out};
    const fs::path trace = out.string() + ".trace";
    for (std::size_t s = 0; s < played.size(); ++s) {
        for (std::uint64_t seed = 1 + share; seed <= seeds; seed += shares) {
            const auto records =
                measured::run_and_read(with_random_moments(played[s], seed), seed, trace).records;
            for (const char* phase : {"takeover", "return"}) {
                lines << nlohmann::json{{"scenario", scenarios[s]},
                                        {"phase", phase},
                                        {"seed", seed},
                                        {"sample", sample_of(records, phase)}}
                             .dump()
                      << '\n';
            }
        }
    }
    if (!lines.flush()) {
        throw std::runtime_error(fmt::format("{}: cannot be written", out.string()));
    }
}

Samples simulate(const std::vector<sim::Scenario>& played, unsigned seeds, unsigned jobs) {
    const fs::path folder =
        fs::temp_directory_path() / fmt::format("compare-timeline-{}", ::getpid());
    fs::create_directories(folder);
    std::vector<pid_t> children;
    const auto file = [&](unsigned job) { return folder / fmt::format("{}.jsonl", job); };
    for (unsigned job = 0; job < jobs; ++job) {
        const pid_t child = ::fork();
        if (child < 0) {
            throw std::runtime_error("cannot start a worker");
        }
        if (child == 0) {
            try {
                run_share(played, seeds, job, jobs, file(job));
                ::_exit(0);
            } catch (const std::exception& error) {
                fmt::print(stderr, "compare_timeline: {}\n", error.what());
                ::_exit(6);
            }
        }
        children.push_back(child);
    }
    bool well = true;
    for (const pid_t child : children) {
        int status = 0;
        well = ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
               WEXITSTATUS(status) == 0 && well;
    }
    // By seed, so that the number of workers does not show.
    std::map<RowKey, std::map<std::uint64_t, Sample>> by_seed;
    for (unsigned job = 0; well && job < jobs; ++job) {
        std::ifstream in{file(job)};
        std::string line;
        while (std::getline(in, line)) {
            const nlohmann::json json = nlohmann::json::parse(line);
            by_seed[{json.at("scenario").get<std::string>(), json.at("phase").get<std::string>()}]
                   [json.at("seed").get<std::uint64_t>()] = json.at("sample").get<Sample>();
        }
    }
    fs::remove_all(folder);
    if (!well) {
        throw std::runtime_error("a worker failed");
    }
    Samples samples;
    for (auto& [row, runs] : by_seed) {
        for (auto& [seed, sample] : runs) {
            samples[row].push_back(std::move(sample));
        }
    }
    return samples;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App program{"Compares the model of heartbeat 3.0.6 with the measured timeline"};
    unsigned seeds = 200;
    unsigned jobs = 2;
    std::string source = ".";
    std::string write;
    std::ptrdiff_t outside = 0;
    program.add_option("--seeds", seeds, "Seeds 1..N of every scenario")
        ->check(CLI::Range(1, 100000));
    program.add_option("-j,--jobs", jobs, "Runs at the same time")->check(CLI::Range(1, 64));
    program.add_option("--source", source, "Root of the source tree");
    program.add_option("--outside", outside, "So many cells may be outside (0)");
    program.add_option("--write", write, "File for the table; default: standard output");
    CLI11_PARSE(program, argc, argv);
    try {
        std::vector<sim::Scenario> played;
        for (const char* name : scenarios) {
            const auto read = sim::read_scenario(
                (fs::path{source} / "scenarios/measured" / (std::string{name} + ".json")).string());
            if (!read.scenario) {
                for (const auto& error : read.errors) {
                    fmt::print(stderr, "{}\n", sim::to_string(error));
                }
                throw std::runtime_error(fmt::format("scenario {} is invalid", name));
            }
            played.push_back(*read.scenario);
        }
        std::ifstream file{fs::path{source} / "tests/data/captures/timeline-runs.jsonl"};
        const Samples real = measured::read_measured(file);
        const measured::Comparison comparison =
            measured::compare(real, simulate(played, seeds, jobs));
        const std::string text =
            measured::table(comparison, fmt::format("compare_timeline --seeds {}", seeds));
        if (write.empty()) {
            fmt::print("{}", text);
        } else {
            std::ofstream out{write};
            out << text;
            if (!out.flush()) {
                throw std::runtime_error(write + ": cannot be written");
            }
        }
        for (const measured::Cell& cell : comparison.cells) {
            if (!cell.trouble.empty()) {
                fmt::print(stderr,
                           "{} {}, {}{}{}: {}\n",
                           cell.row.scenario,
                           cell.row.phase,
                           cell.column,
                           cell.mode.empty() ? "" : ", ",
                           cell.mode,
                           cell.trouble);
            }
        }
        const auto found = std::ranges::count_if(
            comparison.cells, [](const measured::Cell& cell) { return !cell.trouble.empty(); });
        return !comparison.cells.empty() && found <= outside ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "compare_timeline: {}\n", error.what());
        return 6;
    }
}
