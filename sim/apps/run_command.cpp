// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_command.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "console.hpp"
#include "files.hpp"
#include "report/result_json.hpp"
#include "report/summary.hpp"
#include "report/text_report.hpp"
#include "report/waterfall_svg.hpp"
#include "workers.hpp"

namespace app {

namespace {

namespace fs = std::filesystem;

/// Where one run writes, and what it writes before its files get their names.
struct RunFiles {
    fs::path directory;
    std::string trace_name;
    bool recorded = false;

    [[nodiscard]] fs::path trace_part() const { return directory / (trace_name + ".part"); }
    [[nodiscard]] fs::path logs_part() const { return directory / "eventlogs.part"; }
};

void prepare(const RunFiles& files, const sim::Scenario& scenario) {
    make_directory(files.directory);
    // What an earlier run left must not stand beside a new result.
    std::error_code ignored;
    fs::remove(files.directory / "result.json", ignored);
    fs::remove(files.directory / "waterfall.svg", ignored);
    fs::remove(files.directory / files.trace_name, ignored);
    fs::remove_all(files.logs_part(), ignored);
    for (const std::string& member : scenario.cluster.members) {
        fs::remove(files.directory / (member + ".eventlog"), ignored);
    }
    if (files.recorded) {
        make_directory(files.logs_part());
    }
}

void publish(const RunFiles& files, const sim::Scenario& scenario, const sim::RunResult& result) {
    if (files.recorded) {
        move_file(files.trace_part(), files.directory / files.trace_name);
        for (const std::string& member : scenario.cluster.members) {
            const fs::path log = files.logs_part() / (member + ".eventlog");
            if (fs::exists(log)) {
                move_file(log, files.directory / (member + ".eventlog"));
            }
        }
        std::error_code ignored;
        fs::remove(files.logs_part(), ignored);
    }
    write_file(files.directory / "result.json", sim::result_to_json(scenario, result));
}

void discard(const RunFiles& files) {
    std::error_code ignored;
    fs::remove(files.trace_part(), ignored);
    fs::remove_all(files.logs_part(), ignored);
}

RunJob job_for(const RunCommand& command, const RunFiles& files, std::uint64_t seed) {
    RunJob job;
    job.options.seed = seed;
    job.options.trace =
        command.trace.value_or(command.seeds ? sim::TraceLevel::none : sim::TraceLevel::signalling);
    if (files.recorded) {
        job.options.trace_file = files.trace_part().string();
        job.options.event_log_dir = files.logs_part().string();
    }
    return job;
}

int report_failure(const sim::Scenario& scenario, const RunFailure& failure) {
    say(stderr,
        fmt::format("understudy: {}: seed {}: {}\n", scenario.file, failure.seed, failure.reason));
    say(stderr, fmt::format("again: understudy run {} --seed {}\n", scenario.file, failure.seed));
    return exit_internal;
}

int code_of(const sim::Scenario& scenario, const sim::RunResult& result) {
    const std::string_view verdict = sim::overall_verdict(scenario, result);
    return verdict == "pass" ? exit_pass : verdict == "fail" ? exit_failed : exit_inconclusive;
}

int run_one(const RunCommand& command, const sim::Scenario& scenario, const fs::path& out) {
    const RunFiles files{out, scenario.id + ".run.jsonl", command.trace != sim::TraceLevel::none};
    prepare(files, scenario);
    WorkResult work;
    {
        ProgressBar bar(command.progress, scenario.stop_at);
        work = run_jobs(scenario, {job_for(command, files, command.seed)}, 1, bar.listener());
    }
    if (!work.results.front()) {
        discard(files);
        if (work.failure) {
            return report_failure(scenario, *work.failure);
        }
        say(stderr, "understudy: interrupted, nothing was written\n");
        return exit_inconclusive;
    }
    const sim::RunResult& result = *work.results.front();
    publish(files, scenario, result);
    const auto worst = sim::worst_episode(result);
    if (worst) {
        write_file(out / "waterfall.svg", sim::waterfall_svg(result, *worst));
    }
    if (command.json) {
        say(stdout, sim::result_to_json(scenario, result));
    } else {
        say(stdout, sim::text_report(scenario, result, {command.color}));
        say(stdout,
            fmt::format("written: {}/result.json{}{}\n",
                        out.string(),
                        worst ? ", waterfall.svg" : "",
                        files.recorded
                            ? ", " + files.trace_name + " (trace), one .eventlog per node"
                            : ""));
    }
    return code_of(scenario, result);
}

int run_many(const RunCommand& command, const sim::Scenario& scenario, const fs::path& out) {
    const bool recorded = command.trace.value_or(sim::TraceLevel::none) != sim::TraceLevel::none;
    std::vector<RunFiles> files;
    std::vector<RunJob> jobs;
    for (std::uint64_t seed = command.seeds->first;; ++seed) {
        files.push_back({out / fmt::format("seed-{}", seed), scenario.id + ".run.jsonl", recorded});
        prepare(files.back(), scenario);
        jobs.push_back(job_for(command, files.back(), seed));
        if (seed == command.seeds->last) {
            break;
        }
    }
    std::error_code ignored;
    fs::remove(out / "summary.json", ignored);
    const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
    WorkResult work;
    {
        ProgressBar bar(command.progress, scenario.stop_at);
        work =
            run_jobs(scenario, jobs, command.jobs == 0 ? processors : command.jobs, bar.listener());
    }
    std::vector<sim::RunResult> results;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (work.results[i]) {
            publish(files[i], scenario, *work.results[i]);
            results.push_back(std::move(*work.results[i]));
        } else {
            discard(files[i]);
            fs::remove(files[i].directory, ignored);  // only when nothing is in it
        }
    }
    if (work.failure) {
        return report_failure(scenario, *work.failure);
    }
    const sim::Summary summary =
        sim::summarize(scenario, results, command.seeds->first, command.seeds->last);
    write_file(out / "summary.json", sim::summary_to_json(summary));
    if (command.json) {
        say(stdout, sim::summary_to_json(summary));
    } else {
        say(stdout, sim::text_report(scenario, summary, {command.color}));
        say(stdout,
            fmt::format("written: {}/summary.json, seed-N/result.json for each run\n",
                        out.string()));
    }
    return sim::exit_code(summary);
}

/// Of several scenarios: what is most wrong counts.
int worse(int a, int b) {
    static constexpr std::array order{
        exit_pass, exit_inconclusive, exit_failed, exit_invalid, exit_usage, exit_internal};
    const auto rank = [](int code) {
        return std::find(order.begin(), order.end(), code) - order.begin();
    };
    return rank(a) >= rank(b) ? a : b;
}

}  // namespace

std::optional<SeedRange> parse_seed_range(const std::string& text) {
    constexpr std::uint64_t most = 1'000'000;
    const std::size_t dots = text.find("..");
    if (dots == std::string::npos) {
        return std::nullopt;
    }
    SeedRange range;
    const auto number = [](std::string_view part, std::uint64_t& value) {
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        return error == std::errc{} && end == part.data() + part.size();
    };
    const std::string_view view = text;
    if (!number(view.substr(0, dots), range.first) || !number(view.substr(dots + 2), range.last) ||
        range.first > range.last || range.last - range.first >= most) {
        return std::nullopt;
    }
    return range;
}

int run_command(const RunCommand& command) {
    std::vector<sim::Scenario> scenarios;
    bool all_valid = true;
    for (const std::string& file : command.files) {
        sim::ReadScenario read = sim::read_scenario(file);
        if (!accept(file, read, "nothing was run")) {
            all_valid = false;
            continue;
        }
        if (command.implementation) {
            read.scenario->cluster.implementation = *command.implementation;
        }
        scenarios.push_back(std::move(*read.scenario));
    }
    if (!all_valid) {
        return exit_invalid;
    }
    int code = exit_pass;
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
        const sim::Scenario& scenario = scenarios[i];
        fs::path out =
            command.out.empty() ? fs::path("results") / scenario.id : fs::path(command.out);
        if (!command.out.empty() && scenarios.size() > 1) {
            out /= scenario.id;
        }
        if (i > 0 && !command.json) {
            say(stdout, "\n");
        }
        code = worse(code,
                     command.seeds ? run_many(command, scenario, out)
                                   : run_one(command, scenario, out));
    }
    return code;
}

}  // namespace app
