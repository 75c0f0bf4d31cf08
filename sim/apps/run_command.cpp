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
#include "report/comparison.hpp"
#include "report/html_report.hpp"
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
    job.options.pcap_dir = command.seeds ? std::string{} : command.pcap;
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

/// What is left of one scenario and implementation when it has been run.
struct Outcome {
    const sim::Scenario* scenario = nullptr;
    std::optional<sim::RunResult> result;  ///< of a single run
    std::optional<sim::Summary> summary;   ///< of a campaign
};

bool prints_json(const RunCommand& command) {
    return command.json && command.implementations.size() < 2;  // else the comparison is printed
}

int run_one(const RunCommand& command,
            const sim::Scenario& scenario,
            const fs::path& out,
            Outcome& outcome) {
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
    if (prints_json(command)) {
        say(stdout, sim::result_to_json(scenario, result));
    } else if (!command.json) {
        say(stdout, sim::text_report(scenario, result, {command.color}));
        say(stdout,
            fmt::format("written: {}/result.json{}{}\n",
                        out.string(),
                        worst ? ", waterfall.svg" : "",
                        files.recorded
                            ? ", " + files.trace_name + " (trace), one .eventlog per node"
                            : ""));
    }
    const int code = code_of(scenario, result);
    outcome.result = std::move(*work.results.front());
    return code;
}

int run_many(const RunCommand& command,
             const sim::Scenario& scenario,
             const fs::path& out,
             Outcome& outcome) {
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
    if (prints_json(command)) {
        say(stdout, sim::summary_to_json(summary));
    } else if (!command.json) {
        say(stdout, sim::text_report(scenario, summary, {command.color}));
        say(stdout,
            fmt::format("written: {}/summary.json, seed-N/result.json for each run\n",
                        out.string()));
    }
    outcome.summary = summary;
    return sim::exit_code(summary);
}

/// Of one scenario with several implementations; nothing when one of them has no result.
std::optional<sim::Comparison> compared(const std::vector<Outcome>& outcomes) {
    std::vector<const sim::Scenario*> scenarios;
    std::vector<const sim::RunResult*> results;
    std::vector<const sim::Summary*> summaries;
    for (const Outcome& outcome : outcomes) {
        scenarios.push_back(outcome.scenario);
        if (outcome.result) {
            results.push_back(&*outcome.result);
        } else if (outcome.summary) {
            summaries.push_back(&*outcome.summary);
        }
    }
    if (results.size() == outcomes.size()) {
        return sim::compare(scenarios, results);
    }
    if (summaries.size() == outcomes.size()) {
        return sim::compare(summaries);
    }
    return std::nullopt;
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

std::optional<std::vector<sim::Implementation>> parse_implementations(const std::string& text) {
    using sim::Implementation;
    static constexpr std::array all{Implementation::understudyd, Implementation::heartbeat_3_0_6};
    if (text == "both") {
        return std::vector<Implementation>(all.begin(), all.end());
    }
    std::vector<Implementation> found;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        const std::string_view word = std::string_view(text).substr(at, comma - at);
        const auto known = std::find_if(
            all.begin(), all.end(), [&](Implementation i) { return sim::name(i) == word; });
        if (known == all.end() || std::find(found.begin(), found.end(), *known) != found.end()) {
            return std::nullopt;
        }
        found.push_back(*known);
        at = comma + 1;
    }
    return found;
}

int run_command(const RunCommand& command) {
    std::vector<sim::Scenario> scenarios;  // one for each file and implementation
    bool all_valid = true;
    for (const std::string& file : command.files) {
        sim::ReadScenario read = sim::read_scenario(file);
        if (!accept(file, read, "nothing was run")) {
            all_valid = false;
            continue;
        }
        if (command.implementations.empty()) {
            scenarios.push_back(std::move(*read.scenario));
        }
        for (const sim::Implementation implementation : command.implementations) {
            scenarios.push_back(*read.scenario);
            scenarios.back().cluster.implementation = implementation;
        }
    }
    if (!all_valid) {
        return exit_invalid;
    }
    const std::size_t together = std::max<std::size_t>(command.implementations.size(), 1);
    const bool several = scenarios.size() > together;
    sim::HtmlReport html;
    std::vector<Outcome> outcomes;  // of the scenario that is run now
    int code = exit_pass;
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
        const sim::Scenario& scenario = scenarios[i];
        fs::path out =
            command.out.empty() ? fs::path("results") / scenario.id : fs::path(command.out);
        if (!command.out.empty() && several) {
            out /= scenario.id;
        }
        const fs::path folder =
            together > 1 ? out / sim::name(scenario.cluster.implementation) : out;
        if (i > 0 && !command.json) {
            say(stdout, "\n");
        }
        Outcome outcome{&scenario, {}, {}};
        const int this_code = command.seeds ? run_many(command, scenario, folder, outcome)
                                            : run_one(command, scenario, folder, outcome);
        // The implementation named first is judged, the others are shown; but none may break.
        if (i % together == 0 || this_code == exit_internal) {
            code = worse(code, this_code);
        }
        if (outcome.result) {
            html.add(scenario, *outcome.result);
        } else if (outcome.summary) {
            html.add(scenario, *outcome.summary);
        }
        outcomes.push_back(std::move(outcome));
        if (outcomes.size() < together) {
            continue;
        }
        if (const auto comparison = together > 1 ? compared(outcomes) : std::nullopt) {
            write_file(out / "comparison.json", sim::comparison_to_json(*comparison));
            say(stdout,
                command.json ? sim::comparison_to_json(*comparison)
                             : '\n' + sim::text_report(*comparison, command.color));
            html.add(*comparison);
        }
        outcomes.clear();
    }
    if (!command.html.empty()) {
        write_file(command.html, html.text());
        if (!command.json) {
            say(stdout, fmt::format("written: {}\n", command.html));
        }
    }
    return code;
}

}  // namespace app
