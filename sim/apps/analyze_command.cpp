// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze_command.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "analysis/analysis_report.hpp"
#include "analysis/simulation.hpp"
#include "console.hpp"
#include "workers.hpp"

namespace app {

namespace {

namespace analysis = sim::analysis;

/// One failure on its way through the workers.
struct Pending {
    analysis::FailureResult* result;
    analysis::FailureScenario made;
};

/// The injector refuses what cannot take effect; anything else that ends a run is a bug.
bool is_refusal(const std::string& reason) {
    return reason.starts_with("timeline entry ");
}

enum class Outcome { done, interrupted, failed };

class Simulation {
  public:
    Simulation(const AnalyzeCommand& command,
               const sim::Scenario& scenario,
               const analysis::SystemModel& model)
        : m_command(command), m_scenario(scenario), m_model(model) {}

    /// `failed` has said why.
    Outcome run(const std::vector<analysis::FailureResult*>& failures) {
        if (const Outcome outcome = run(failures, analysis::short_look); outcome != Outcome::done) {
            return outcome;
        }
        // Most failures are decided soon; only where the graph expects calls and none came does it
        // matter whether they come at last.
        std::vector<analysis::FailureResult*> open;
        for (analysis::FailureResult* failure : failures) {
            if (analysis::wants_long_look(failure->outlook, *failure->simulated)) {
                open.push_back(failure);
            }
        }
        if (!open.empty()) {
            if (const Outcome outcome = run(open, analysis::long_look); outcome != Outcome::done) {
                return outcome;
            }
        }
        for (analysis::FailureResult* failure : failures) {
            failure->comparison = analysis::compare(m_model, failure->outlook, *failure->simulated);
        }
        return Outcome::done;
    }

  private:
    Outcome run(const std::vector<analysis::FailureResult*>& failures, sim::Duration look) {
        std::vector<Pending> pending;
        pending.reserve(failures.size());
        for (analysis::FailureResult* failure : failures) {
            pending.push_back(
                {failure, analysis::scenario_of(m_scenario, m_model, failure->failure, look)});
        }
        const std::uint64_t seeds = m_command.seeds.last - m_command.seeds.first + 1;
        std::vector<RunJob> jobs;
        for (const Pending& one : pending) {
            for (std::uint64_t n = 0; n < seeds; ++n) {
                RunJob job;
                job.options.seed = m_command.seeds.first + n;
                job.options.trace = sim::TraceLevel::none;
                job.scenario = &one.made.scenario;
                jobs.push_back(std::move(job));
            }
        }
        const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
        WorkResult work;
        {
            ProgressBar bar(m_command.progress, m_scenario.stop_at);
            work = run_jobs(m_scenario,
                            jobs,
                            m_command.jobs == 0 ? processors : m_command.jobs,
                            bar.listener(),
                            OnFailure::go_on);
        }
        if (work.interrupted) {
            return Outcome::interrupted;
        }
        for (std::size_t p = 0; p < pending.size(); ++p) {
            std::vector<sim::RunResult> results;
            std::string reason;
            for (std::size_t job = p * seeds; job < (p + 1) * seeds; ++job) {
                if (work.results[job]) {
                    results.push_back(std::move(*work.results[job]));
                } else if (reason.empty()) {
                    reason = work.reasons[job];
                }
            }
            pending[p].result->simulated = analysis::read_runs(pending[p].made, results, look);
            if (!reason.empty() && !is_refusal(reason)) {
                say(stderr,
                    fmt::format("understudy: {}: {}: {}\n",
                                m_command.file,
                                m_model.describe(pending[p].result->failure),
                                reason));
                return Outcome::failed;
            }
            pending[p].result->simulated->not_simulated = std::move(reason);
        }
        return Outcome::done;
    }

    const AnalyzeCommand& m_command;
    const sim::Scenario& m_scenario;
    const analysis::SystemModel& m_model;
};

}  // namespace

int analyze_command(const AnalyzeCommand& command) {
    sim::ReadScenario read = sim::read_scenario(command.file);
    if (!accept(command.file, read, "nothing was analyzed")) {
        return exit_invalid;
    }
    sim::Scenario& scenario = *read.scenario;
    if (command.implementation) {
        scenario.cluster.implementation = *command.implementation;
    }
    const analysis::SystemModel model(scenario);
    analysis::Analysis result = analysis::analyze(scenario, model);
    if (command.simulate > 0) {
        if (!scenario.probes.outward && !scenario.probes.inward &&
            !scenario.probes.station_to_station) {
            say(stderr,
                "understudy: " + command.file +
                    ": --simulate measures calls, and this topology has no telephones\n");
            return exit_usage;
        }
        std::vector<analysis::FailureResult*> failures;
        for (analysis::FailureResult& failure : result.singles) {
            failures.push_back(&failure);
        }
        for (analysis::FailureResult& failure : result.doubles) {
            if (command.simulate > 1) {
                failures.push_back(&failure);
            }
        }
        switch (Simulation(command, scenario, model).run(failures)) {
        case Outcome::done:
            break;
        case Outcome::interrupted:
            say(stderr, "understudy: interrupted, nothing was printed\n");
            return exit_inconclusive;
        case Outcome::failed:
            return exit_internal;
        }
    }
    switch (command.format) {
    case AnalyzeCommand::Format::text:
        say(stdout,
            analysis::text_report(
                model, result, {command.color, command.pairs || command.simulate > 1}));
        break;
    case AnalyzeCommand::Format::json:
        say(stdout, analysis::analysis_to_json(model, result));
        break;
    case AnalyzeCommand::Format::dot:
        say(stdout, analysis::analysis_to_dot(scenario, model, result));
        break;
    }
    return exit_pass;
}

}  // namespace app
