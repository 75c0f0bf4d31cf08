// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/sweep.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <tuple>

#include <nlohmann/json.hpp>

namespace gui {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int deepest = 4;
constexpr std::size_t most_summaries = 5000;
constexpr std::uintmax_t largest = 16U << 20U;

std::string text(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::uint64_t number(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

TimeSpread spread(const json& object, std::string_view key) {
    const auto found = object.find(std::string(key));
    if (found == object.end() || !found->is_object()) {
        return {};
    }
    const auto time = [&](const char* name) { return static_cast<Time>(number(*found, name)); };
    return {time("min_ns"), time("p50_ns"), time("p95_ns"), time("max_ns")};
}

/// A sentence when it is no summary.
std::string read_summary(const fs::path& file, SweepCell& cell) {
    std::ifstream in(file, std::ios::binary);
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(file, error);
    if (!in || error) {
        return "it cannot be read";
    }
    if (bytes > largest) {
        return "it is larger than 16 MiB";
    }
    const json object = json::parse(in, nullptr, false);
    if (!object.is_object()) {
        return "it is no JSON object";
    }
    if (const std::string format = text(object, "format"); format != "failover-summary/1") {
        return "found the format \"" + format + "\", expected \"failover-summary/1\"";
    }
    cell.folder = file.parent_path().string();
    cell.scenario = text(object, "scenario");
    cell.title = text(object, "title");
    cell.implementation = text(object, "implementation");
    cell.runs = number(object, "runs");
    if (const auto seeds = object.find("seeds");
        seeds != object.end() && seeds->is_array() && seeds->size() == 2 &&
        (*seeds)[0].is_number_unsigned() && (*seeds)[1].is_number_unsigned()) {
        cell.first_seed = (*seeds)[0].get<std::uint64_t>();
        cell.last_seed = (*seeds)[1].get<std::uint64_t>();
    }
    const auto incomplete = object.find("incomplete");
    cell.incomplete = incomplete != object.end() && *incomplete == true;
    if (const auto verdicts = object.find("verdicts");
        verdicts != object.end() && verdicts->is_object()) {
        for (const auto& [word, count] : verdicts->items()) {
            if (count.is_number_unsigned()) {
                cell.verdicts.emplace_back(word, count.get<std::uint64_t>());
            }
        }
    }
    if (const auto phases = object.find("phases"); phases != object.end() && phases->is_object()) {
        for (std::size_t phase = 0; phase < phase_count; ++phase) {
            cell.phases[phase] = spread(*phases, phase_names[phase]);
        }
        cell.total = spread(*phases, "total");
    }
    if (const auto list = object.find("expectations"); list != object.end() && list->is_array()) {
        for (const json& one : *list) {
            if (one.is_object()) {
                cell.expectations.push_back({text(one, "id"),
                                             text(one, "severity"),
                                             text(one, "verdict"),
                                             text(one, "reason"),
                                             text(one, "limit"),
                                             {}});
            }
        }
    }
    if (const auto list = object.find("invariants"); list != object.end() && list->is_array()) {
        for (const json& one : *list) {
            cell.invariants_violated += one.is_object() && number(one, "violated") > 0 ? 1U : 0U;
        }
    }
    return {};
}

void find_summaries(const fs::path& folder, int depth, std::vector<fs::path>& out) {
    std::error_code error;
    std::vector<fs::path> folders;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (entry.is_directory(error)) {
            // Single runs have no summary below them, and there can be thousands.
            if (!name.starts_with("seed-") && !name.starts_with(".")) {
                folders.push_back(entry.path());
            }
        } else if (name == "summary.json" && out.size() < most_summaries) {
            out.push_back(entry.path());
        }
    }
    if (depth < deepest) {
        for (const fs::path& one : folders) {
            find_summaries(one, depth + 1, out);
        }
    }
}

}  // namespace

std::uint64_t SweepCell::count(std::string_view verdict) const noexcept {
    const auto found = std::ranges::find(verdicts, verdict, &decltype(verdicts)::value_type::first);
    return found == verdicts.end() ? 0 : found->second;
}

std::string_view SweepCell::worst() const noexcept {
    for (const std::string_view verdict :
         {"no takeover", "too slow", "in target", "faster", "no interruption"}) {
        if (count(verdict) > 0) {
            return verdict;
        }
    }
    return {};
}

const SweepCell* SweepTable::at(std::size_t row, std::size_t column) const noexcept {
    const auto found = std::ranges::find_if(cells, [&](const SweepCell& cell) {
        return cell.scenario == scenarios[row] && cell.implementation == implementations[column];
    });
    return found == cells.end() ? nullptr : &*found;
}

ReadSweep read_sweep(const std::string& path) {
    std::error_code error;
    std::vector<fs::path> files;
    const bool folder = fs::is_directory(path, error);
    if (folder) {
        find_summaries(path, 0, files);
        std::ranges::sort(files);
        if (files.empty()) {
            return {std::nullopt,
                    "found no summary.json in it, expected what “understudy run --seeds A..B” "
                    "writes"};
        }
    } else {
        files.emplace_back(path);
    }
    SweepTable table;
    for (const fs::path& file : files) {
        SweepCell cell;
        if (const std::string why = read_summary(file, cell); !why.empty()) {
            if (!folder) {
                return {std::nullopt, why};
            }
            table.problems.push_back(file.string() + ": " + why);
            continue;
        }
        const auto same = std::ranges::find_if(table.cells, [&](const SweepCell& other) {
            return other.scenario == cell.scenario && other.implementation == cell.implementation;
        });
        if (same != table.cells.end()) {
            table.problems.push_back(same->folder + ": left out, " + cell.folder +
                                     " is of the same scenario and daemon");
            *same = std::move(cell);
        } else {
            table.cells.push_back(std::move(cell));
        }
    }
    for (const SweepCell& cell : table.cells) {
        if (std::ranges::count(table.scenarios, cell.scenario) == 0) {
            table.scenarios.push_back(cell.scenario);
        }
        if (std::ranges::count(table.implementations, cell.implementation) == 0) {
            table.implementations.push_back(cell.implementation);
        }
    }
    std::ranges::sort(table.scenarios);
    // Ours first.
    std::ranges::sort(table.implementations, std::greater<>{});
    if (table.cells.empty()) {
        return {std::nullopt, "none of its summaries can be read: " + table.problems.front()};
    }
    return {std::move(table), {}};
}

std::vector<SeedRun> runs_of(const SweepCell& cell) {
    std::vector<SeedRun> out;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(cell.folder, error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("seed-")) {
            continue;
        }
        const ReadResult read = read_result_file((entry.path() / "result.json").string());
        if (!read.result || read.result->scenario != cell.scenario) {
            continue;
        }
        SeedRun run;
        run.seed = read.result->seed;
        if (!read.result->episodes.empty()) {
            const EpisodeResult& first = read.result->episodes.front();
            run.verdict = first.verdict;
            run.two_owners = first.two_owners;
            if (const DirectionResult* const worst = first.worst()) {
                run.cut_off = worst->longest;
                run.restored = worst->restored;
            }
        }
        if (const fs::path trace = entry.path() / (cell.scenario + ".run.jsonl");
            fs::exists(trace, error)) {
            run.trace = trace.string();
        }
        out.push_back(std::move(run));
    }
    std::ranges::sort(out, [](const SeedRun& a, const SeedRun& b) {
        return std::tuple{!a.restored, a.cut_off, a.seed} <
               std::tuple{!b.restored, b.cut_off, b.seed};
    });
    return out;
}

}  // namespace gui
