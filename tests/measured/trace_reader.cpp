// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace_reader.hpp"

#include <fstream>

#include <nlohmann/json.hpp>

namespace measured {

std::vector<Record> read_trace(const std::filesystem::path& file) {
    std::vector<Record> records;
    std::ifstream in{file};
    std::string line;
    while (std::getline(in, line)) {
        const nlohmann::json json = nlohmann::json::parse(line);
        if (!json.contains("k")) {
            continue;
        }
        const nlohmann::json details = json.value("d", nlohmann::json::object());
        const auto text = [&](const char* key) {
            const auto found = details.find(key);
            return found != details.end() && found->is_string() ? found->get<std::string>()
                                                                : std::string{};
        };
        records.push_back({.at = static_cast<double>(json.at("t").get<std::int64_t>()) / 1e9,
                           .kind = json.at("k").get<std::string>(),
                           .node = json.value("n", std::string{}),
                           .word = text("word"),
                           .op = text("op"),
                           .from = text("from"),
                           .to = text("to"),
                           .info = text("info"),
                           .protocol = text("protocol"),
                           .id = text("id"),
                           .form = text("form")});
    }
    return records;
}

Ran run_and_read(const sim::Scenario& scenario,
                 std::uint64_t seed,
                 const std::filesystem::path& trace,
                 const std::string& event_log_dir) {
    sim::RunOptions options;
    options.seed = seed;
    options.trace = sim::TraceLevel::signalling;
    options.trace_file = trace.string();
    options.event_log_dir = event_log_dir;
    Ran ran{.result = sim::run(scenario, options), .records = {}};
    ran.records = read_trace(trace);
    std::filesystem::remove(trace);
    return ran;
}

}  // namespace measured
