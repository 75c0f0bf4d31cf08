// SPDX-License-Identifier: GPL-2.0-or-later
// The program `understudy`: command line only. What the commands do stands in their own files.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "analyze_command.hpp"
#include "explain_command.hpp"
#include "run/event_log.hpp"
#include "run_command.hpp"
#include "schemas.hpp"

namespace {

constexpr const char* version_text =
    "understudy " UNDERSTUDY_VERSION " (ns-3 3." UNDERSTUDY_NS3_MINOR ")";

constexpr const char* run_examples = R"(
Examples:
  understudy run scenarios/call-centre/primary-power.json
  understudy run scenarios/call-centre/primary-power.json --seed 7 --trace all
  understudy run scenarios/call-centre/primary-power.json --seeds 1..200 -j 2
  understudy run a.json b.json --format json --out /tmp/results
  understudy run scenarios/call-centre/primary-power.json --implementation both --html report.html

Writes DIR/result.json, DIR/waterfall.svg, DIR/<scenario>.run.jsonl (trace) and DIR/<node>.eventlog; with --seeds
DIR/summary.json and DIR/seed-N/… . Without --out, DIR is results/<scenario>. With several
implementations each has a folder in DIR, and DIR/comparison.json sets them side by side.

Exit codes: 0 pass, 1 an expectation failed, 2 usage, 3 invalid scenario or configuration,
5 inconclusive, 6 internal error.)";

constexpr const char* analyze_examples = R"(
Examples:
  understudy analyze scenarios/call-centre/primary-power.json
  understudy analyze scenarios/call-centre/primary-power.json --simulate -j 2
  understudy analyze scenarios/call-centre/primary-power.json --simulate=2 --seeds 1..5
  understudy analyze scenarios/call-centre/primary-power.json --format dot | dot -Tsvg > call-centre.svg

Looks at topology and configuration files; the scenario's timeline does not matter. --simulate takes each failure
in turn and watches whether calls are answered within 20 s; where that differs from the graph, the report says why.

Exit codes: 0 analyzed, 2 usage, 3 invalid scenario or configuration, 5 interrupted, 6 internal error.)";

constexpr const char* explain_examples = R"(
Examples:
  understudy explain scenarios/call-centre/primary-power.json      what will happen, and what is judged
  understudy explain soak.json --seed 7                            with the faults that seed 7 draws
  understudy explain results/call-centre-primary-power             what happened in a finished run
  understudy explain results/call-centre-primary-power/call-centre-primary-power.run.jsonl

Runs nothing. Of a trace, the result.json beside it is told.
Exit codes: 0 explained, 2 usage, 3 not a valid scenario, result or trace.)";

constexpr const char* replay_examples = R"(
Example:
  understudy replay results/call-centre-primary-power/asterisk2.eventlog

Feeds what the node was told back into the failover core and compares what it asks for.
Exit codes: 0 the same actions, 6 different (the first difference is shown), 3 unreadable.)";

constexpr const char* schema_examples = R"(
Examples:
  understudy schema                         lists the names
  understudy schema failover-scenario-1     prints that JSON schema)";

/// --color, NO_COLOR and whether somebody looks.
bool wants_color(const std::string& mode) {
    if (mode != "auto") {
        return mode == "always";
    }
    const char* no_color = std::getenv("NO_COLOR");
    return (no_color == nullptr || *no_color == '\0') && isatty(STDOUT_FILENO) == 1;
}

struct Arguments {
    app::RunCommand run;
    app::AnalyzeCommand analyze;
    std::string seeds;
    std::string engine = "ns3";
    std::string implementation;
    std::string format = "text";
    std::string trace;
    std::string color = "auto";
    std::string event_log;
    std::string schema;
    app::ExplainCommand explain;
    std::uint64_t explain_seed = 0;
};

void declare_run(CLI::App& parent, Arguments& arguments) {
    CLI::App* run =
        parent.add_subcommand("run", "Run scenarios and report how long callers were cut off");
    run->add_option("FILE", arguments.run.files, "Scenario files")->required();
    CLI::Option* seed =
        run->add_option("--seed", arguments.run.seed, "Seed of a single run")->default_val(1);
    run->add_option("--seeds", arguments.seeds, "Seeds A..B: a campaign, one run per seed")
        ->excludes(seed);
    run->add_option(
           "-j,--jobs", arguments.run.jobs, "Runs at the same time (default: one per processor)")
        ->check(CLI::Range(1, 1024));
    run->add_option(
        "--out", arguments.run.out, "Folder for what is written (default: results/<scenario>)");
    run->add_option("--pcap",
                    arguments.run.pcap,
                    "Folder for packet captures, one pcapng file per Ethernet link (single runs)");
    run->add_option("--format", arguments.format, "What is printed")
        ->check(CLI::IsMember({"text", "json"}))
        ->default_val("text");
    run->add_option(
           "--trace", arguments.trace, "What is recorded (default: signalling; campaigns: none)")
        ->check(CLI::IsMember({"all", "signalling", "none"}));
    run->add_option("--engine", arguments.engine, "ns3: simulation; lab: real processes")
        ->check(CLI::IsMember({"ns3", "lab"}))
        ->default_val("ns3");
    run->add_option("--implementation",
                    arguments.implementation,
                    "Which daemon runs on the nodes (default: as the scenario says): understudyd, "
                    "heartbeat-3.0.6, both, or several with commas; the first is judged, all are "
                    "compared");
    run->add_option(
        "--html", arguments.run.html, "Write the report as one HTML file, with pictures");
    run->add_option(
           "--color", arguments.color, "Colours; auto: on a terminal unless NO_COLOR is set")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->default_val("auto");
    run->footer(run_examples);
}

void declare_analyze(CLI::App& parent, Arguments& arguments) {
    CLI::App* analyze = parent.add_subcommand(
        "analyze", "Single points of failure, redundancy, and what each failure leaves");
    analyze->add_option("FILE", arguments.analyze.file, "Scenario file")->required();
    analyze->add_flag("--simulate{1}",
                      arguments.analyze.simulate,
                      "Simulate every single failure; --simulate=2: every pair, too");
    analyze->add_flag("--pairs",
                      arguments.analyze.pairs,
                      "List pairs of failures that do more than either alone");
    analyze->add_option("--seeds", arguments.seeds, "Seeds A..B of the simulations (1..3)");
    analyze
        ->add_option(
            "-j,--jobs", arguments.analyze.jobs, "Runs at the same time (one per processor)")
        ->check(CLI::Range(1, 1024));
    analyze->add_option("--format", arguments.format, "What is printed")
        ->check(CLI::IsMember({"text", "json", "dot"}))
        ->default_val("text");
    analyze
        ->add_option("--implementation",
                     arguments.implementation,
                     "Which daemon runs on the nodes (default: as the scenario says)")
        ->check(CLI::IsMember({"understudyd", "heartbeat-3.0.6"}));
    analyze
        ->add_option(
            "--color", arguments.color, "Colours; auto: on a terminal unless NO_COLOR is set")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->default_val("auto");
    analyze->footer(analyze_examples);
}

CLI::Option* declare_explain(CLI::App& parent, Arguments& arguments) {
    CLI::App* explain = parent.add_subcommand(
        "explain", "Tell in sentences what a scenario does or what happened in a finished run");
    explain
        ->add_option("FILE",
                     arguments.explain.file,
                     "Scenario, result.json, trace, or the folder of a finished run")
        ->required();
    CLI::Option* seed = explain->add_option(
        "--seed", arguments.explain_seed, "List what this seed draws (scenarios with a soak)");
    explain
        ->add_option(
            "--color", arguments.color, "Colours; auto: on a terminal unless NO_COLOR is set")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->default_val("auto");
    explain->footer(explain_examples);
    return seed;
}

int usage(const std::string& message) {
    std::fprintf(stderr, "understudy: %s\n", message.c_str());
    return app::exit_usage;
}

int run(Arguments& arguments) {
    app::RunCommand& command = arguments.run;
    if (arguments.engine == "lab") {
        return usage("--engine lab is not built yet; the simulation is --engine ns3");
    }
    if (!arguments.implementation.empty()) {
        const auto implementations = app::parse_implementations(arguments.implementation);
        if (!implementations) {
            return usage("--implementation: found " + arguments.implementation +
                         ", expected understudyd, heartbeat-3.0.6, both, or these with commas");
        }
        command.implementations = *implementations;
    }
    if (!arguments.seeds.empty()) {
        command.seeds = app::parse_seed_range(arguments.seeds);
        if (!command.seeds) {
            return usage("--seeds: found " + arguments.seeds +
                         ", expected A..B with A <= B and at most 1000000 seeds");
        }
    }
    static const std::map<std::string, sim::TraceLevel> levels{
        {"all", sim::TraceLevel::all},
        {"signalling", sim::TraceLevel::signalling},
        {"none", sim::TraceLevel::none}};
    if (!arguments.trace.empty()) {
        command.trace = levels.at(arguments.trace);
    }
    command.json = arguments.format == "json";
    command.color = wants_color(arguments.color);
    command.progress = isatty(STDERR_FILENO) == 1;
    return app::run_command(command);
}

int analyze(Arguments& arguments) {
    app::AnalyzeCommand& command = arguments.analyze;
    if (command.simulate < 0 || command.simulate > 2) {
        return usage("--simulate: found " + std::to_string(command.simulate) +
                     ", expected 1 (single failures) or 2 (pairs, too)");
    }
    if (!arguments.seeds.empty()) {
        const auto seeds = app::parse_seed_range(arguments.seeds);
        if (!seeds) {
            return usage("--seeds: found " + arguments.seeds +
                         ", expected A..B with A <= B and at most 1000000 seeds");
        }
        command.seeds = *seeds;
    }
    static const std::map<std::string, sim::Implementation> implementations{
        {"understudyd", sim::Implementation::understudyd},
        {"heartbeat-3.0.6", sim::Implementation::heartbeat_3_0_6}};
    if (!arguments.implementation.empty()) {
        command.implementation = implementations.at(arguments.implementation);
    }
    static const std::map<std::string, app::AnalyzeCommand::Format> formats{
        {"text", app::AnalyzeCommand::Format::text},
        {"json", app::AnalyzeCommand::Format::json},
        {"dot", app::AnalyzeCommand::Format::dot}};
    command.format = formats.at(arguments.format);
    command.color = wants_color(arguments.color);
    command.progress = isatty(STDERR_FILENO) == 1;
    return app::analyze_command(command);
}

int replay(const std::string& path) {
    const sim::ReplayResult result = sim::replay_event_log(path);
    switch (result.outcome) {
    case sim::ReplayResult::Outcome::same:
        std::printf("%s: the same actions: %llu events, %llu actions\n",
                    result.node.c_str(),
                    static_cast<unsigned long long>(result.events),
                    static_cast<unsigned long long>(result.actions));
        return app::exit_pass;
    case sim::ReplayResult::Outcome::different:
        std::printf("%s: different after %llu events\n%s\n",
                    result.node.c_str(),
                    static_cast<unsigned long long>(result.events),
                    result.message.c_str());
        return app::exit_internal;
    case sim::ReplayResult::Outcome::unreadable:
        std::fprintf(stderr, "%s: %s\n", path.c_str(), result.message.c_str());
        return app::exit_invalid;
    }
    return app::exit_internal;
}

int print_schema(const std::string& wanted) {
    for (const app::PublishedSchema& schema : app::published_schemas()) {
        if (wanted.empty()) {
            std::printf("%.*s\n", static_cast<int>(schema.name.size()), schema.name.data());
        } else if (schema.name == wanted) {
            std::fwrite(schema.text.data(), 1, schema.text.size(), stdout);
            return app::exit_pass;
        }
    }
    return wanted.empty() ? app::exit_pass
                          : usage("schema: found " + wanted +
                                  ", expected one of the names that `understudy schema` lists");
}

int main_with_exceptions(int argc, char** argv) {
    CLI::App program{"Rehearses a failover: which outages does the cluster survive, and how long "
                     "are callers cut off?",
                     "understudy"};
    program.set_version_flag("--version", version_text);
    program.require_subcommand(1);
    program.footer("\nExamples:\n  understudy run scenarios/call-centre/primary-power.json\n  "
                   "understudy run --help");
    Arguments arguments;
    declare_run(program, arguments);
    declare_analyze(program, arguments);
    const CLI::Option* explain_seed = declare_explain(program, arguments);
    CLI::App* replay_command =
        program.add_subcommand("replay", "Feed an event log back into the failover core");
    replay_command->add_option("EVENTLOG", arguments.event_log, "Event log of one node")
        ->required();
    replay_command->footer(replay_examples);
    CLI::App* schema_command = program.add_subcommand("schema", "Print a published JSON schema");
    schema_command->add_option(
        "NAME", arguments.schema, "Name of the schema; without it the names are listed");
    schema_command->footer(schema_examples);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? app::exit_pass : app::exit_usage;
    }
    if (program.got_subcommand("run")) {
        return run(arguments);
    }
    if (program.got_subcommand("analyze")) {
        return analyze(arguments);
    }
    if (program.got_subcommand("explain")) {
        if (explain_seed->count() > 0) {
            arguments.explain.seed = arguments.explain_seed;
        }
        arguments.explain.color = wants_color(arguments.color);
        return app::explain_command(arguments.explain);
    }
    return program.got_subcommand("replay") ? replay(arguments.event_log)
                                            : print_schema(arguments.schema);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return main_with_exceptions(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "understudy: %s\n", error.what());
        return app::exit_internal;
    }
}
