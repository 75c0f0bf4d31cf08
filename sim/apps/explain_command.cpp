// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain_command.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "console.hpp"
#include "report/explain.hpp"
#include "report/result_json.hpp"
#include "run_command.hpp"

namespace app {

namespace {

namespace fs = std::filesystem;

constexpr const char* expected =
    "a scenario (failover-scenario/1), a result.json, the trace of a run, or a folder with a "
    "result.json";

int refuse(const std::string& file, const std::string& found) {
    say(stderr, fmt::format("{}: error: found {}, expected {}\n", file, found, expected));
    return exit_invalid;
}

std::optional<std::string> contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return std::nullopt;
    }
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

int explain_result(const fs::path& path, const std::string& text, bool color) {
    try {
        say(stdout, sim::explain(sim::result_from_json(text), color));
        return exit_pass;
    } catch (const std::exception& error) {
        return refuse(path.string(), error.what());
    }
}

/// The result that stands beside a trace and is of the same run.
int explain_trace(const fs::path& path, const nlohmann::json& header, bool color) {
    const fs::path beside = path.parent_path() / "result.json";
    const auto text = contents(beside);
    if (!text) {
        return refuse(path.string(),
                      fmt::format("the trace of a run without its result ({} is not there)",
                                  beside.string()));
    }
    const auto result = nlohmann::json::parse(*text, nullptr, false);
    for (const char* key : {"scenario", "digest", "seed", "implementation"}) {
        if (!result.is_object() || !header.contains(key) || !result.contains(key) ||
            result.at(key) != header.at(key)) {
            return refuse(path.string(),
                          fmt::format("a trace whose \"{}\" is not that of {}: of another run",
                                      key,
                                      beside.string()));
        }
    }
    return explain_result(beside, *text, color);
}

int explain_scenario(const ExplainCommand& command) {
    const sim::ReadScenario read = sim::read_scenario(command.file);
    if (!accept(command.file, read, "nothing was explained")) {
        return exit_invalid;
    }
    say(stdout, sim::explain(*read.scenario, command.seed, command.color));
    return exit_pass;
}

}  // namespace

int explain_command(const ExplainCommand& command) {
    fs::path path = command.file;
    std::error_code error;
    if (fs::is_directory(path, error)) {
        path /= "result.json";
    }
    const auto text = contents(path);
    if (!text) {
        return refuse(path.string(), "no readable file");
    }
    // A trace is JSON Lines; its first line says what it is.
    const auto line = nlohmann::json::parse(text->substr(0, text->find('\n')), nullptr, false);
    if (line.is_object() && line.value("format", "") == "failover-trace/1") {
        return explain_trace(path, line, command.color);
    }
    const auto document = nlohmann::json::parse(*text, nullptr, false);
    if (document.is_object() && document.contains("format") && document["format"].is_string()) {
        const auto format = document["format"].get<std::string>();
        if (format == "failover-result/1") {
            return explain_result(path, *text, command.color);
        }
        if (format != "failover-scenario/1") {
            return refuse(path.string(), "the format \"" + format + "\"");
        }
    }
    // Whatever else it is, the reader of scenarios says best what is wrong with it, and where.
    return explain_scenario(command);
}

}  // namespace app
