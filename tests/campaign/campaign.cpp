// SPDX-License-Identifier: GPL-2.0-or-later
// The whole set: every scenario tagged "call-centre", both daemons, N seeds each; compares what
// comes out with the goldens, or rewrites them. With --soak: many seeds of one scenario, one
// daemon, looking for a run that does not pass. Simulations run in processes of their own.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nettle/sha2.h>

#include "golden_text.hpp"
#include "report/result_json.hpp"
#include "scenario/scenario.hpp"
#include "workers.hpp"

namespace {

namespace fs = std::filesystem;

constexpr std::array implementations{sim::Implementation::understudyd,
                                     sim::Implementation::heartbeat_3_0_6};
constexpr std::string_view fingerprint_key = "fingerprint";

struct Options {
    fs::path scenarios;
    fs::path goldens;
    std::vector<std::string> only;
    std::uint64_t seeds = 20;
    std::size_t jobs = 0;
    bool update = false;
    bool compare = true;
    std::string soak;  ///< a scenario file
};

struct Case {
    std::string name;
    std::string file;
    sim::Scenario scenario;
    std::string trace_file;  ///< of the first seed
};

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

std::string sha256(const std::string& bytes) {
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
    sha256_digest(&context, digest.size(), digest.data());
    std::string hex;
    for (const std::uint8_t byte : digest) {
        hex += fmt::format("{:02x}", byte);
    }
    return hex;
}

/// The whole number of processors, unless said otherwise.
std::size_t at_once(const Options& options) {
    return options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
}

std::string again(const Case& item, std::uint64_t seed) {
    return fmt::format("understudy run {} --implementation {} --seed {}",
                       item.file,
                       sim::name(item.scenario.cluster.implementation),
                       seed);
}

bool read_cases(const fs::path& file, std::vector<Case>& cases, bool both) {
    sim::ReadScenario read = sim::read_scenario(file.string());
    for (const sim::ScenarioError& error : read.errors) {
        fmt::print("{}\n", sim::to_string(error));
    }
    if (!read.scenario) {
        fmt::print("{}: not a valid scenario\n", file.string());
        return false;
    }
    const auto& tags = read.scenario->tags;
    if (both && std::find(tags.begin(), tags.end(), "call-centre") == tags.end()) {
        return true;  // not of the set
    }
    for (const sim::Implementation implementation : implementations) {
        if (both || implementation == sim::Implementation::understudyd) {
            cases.push_back({file.stem().string(), file.string(), *read.scenario, {}});
            cases.back().scenario.cluster.implementation = implementation;
        }
    }
    return true;
}

std::vector<fs::path> scenario_files(const Options& options) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(options.scenarios)) {
        const std::string name = entry.path().stem().string();
        if (entry.path().extension() == ".json" &&
            (options.only.empty() ||
             std::find(options.only.begin(), options.only.end(), name) != options.only.end())) {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// Traces of the first seeds are written here, and go with it.
class Scratch {
  public:
    Scratch() {
        std::string path = (fs::temp_directory_path() / "understudy-campaign-XXXXXX").string();
        if (mkdtemp(path.data()) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        m_path = path;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    [[nodiscard]] std::string file(std::size_t number) const {
        return (m_path / fmt::format("{}.jsonl", number)).string();
    }

  private:
    fs::path m_path;
};

enum class Change : std::uint8_t { none, fingerprint, text };

/// A golden file: the text, then one line "fingerprint (ns-3.37): …".
Change compare(const Options& options,
               const Case& item,
               const std::string& text,
               const std::string& fingerprint) {
    const fs::path path =
        options.goldens /
        fmt::format("{}.{}.txt", item.name, sim::name(item.scenario.cluster.implementation));
    const std::string prefix = fmt::format("{} (ns-3.{}): ", fingerprint_key, NS3_MINOR);
    const std::string old_file = read_file(path);
    const std::size_t at = old_file.rfind(std::string("\n") + std::string(fingerprint_key));
    const std::string old_text = at == std::string::npos ? old_file : old_file.substr(0, at + 1);
    const std::string old_print = at == std::string::npos ? "" : old_file.substr(at + 1);
    const std::string new_print = prefix + fingerprint + '\n';
    Change change = Change::none;
    if (old_text != text) {
        change = Change::text;
        fmt::print(
            "{}: changed\n{}", path.filename().string(), campaign::difference(old_text, text));
    } else if (old_print.compare(0, prefix.size(), prefix) != 0) {
        fmt::print("{}: its fingerprint is for another ns-3 and was not compared\n",
                   path.filename().string());
    } else if (old_print != new_print) {
        change = Change::fingerprint;
        fmt::print("{}: the same to an operator, but not byte by byte (fingerprint)\n",
                   path.filename().string());
    }
    if (options.update && change != Change::none) {
        std::ofstream(path, std::ios::binary) << text << new_print;
    }
    return change;
}

int check(const Options& options) {
    std::vector<Case> cases;
    bool readable = true;
    for (const fs::path& file : scenario_files(options)) {
        readable = read_cases(file, cases, true) && readable;
    }
    if (!readable || cases.empty()) {
        fmt::print("no scenarios, or not all can be read\n");
        return 3;
    }
    const Scratch scratch;
    std::vector<app::RunJob> jobs;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        cases[i].trace_file = scratch.file(i);
        for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
            app::RunJob job;
            job.scenario = &cases[i].scenario;
            job.options.seed = seed;
            job.options.trace = seed == 1 ? sim::TraceLevel::signalling : sim::TraceLevel::none;
            job.options.trace_file = seed == 1 ? cases[i].trace_file : "";
            jobs.push_back(std::move(job));
        }
    }
    const auto begin = std::chrono::steady_clock::now();
    app::WorkResult work = app::run_jobs(
        cases.front().scenario, jobs, at_once(options), nullptr, app::OnFailure::go_on);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (work.interrupted) {
        return 5;
    }
    int broken = 0;
    int unexpected = 0;
    int texts = 0;
    int fingerprints = 0;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const Case& item = cases[i];
        std::vector<sim::RunResult> runs;
        for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
            const std::size_t job = i * options.seeds + seed - 1;
            if (work.results[job]) {
                runs.push_back(std::move(*work.results[job]));
            } else {
                ++broken;
                fmt::print("{}\n  again: {}\n", work.reasons[job], again(item, seed));
            }
        }
        if (runs.size() < options.seeds) {
            continue;
        }
        const sim::Summary summary = sim::summarize(item.scenario, runs, 1, options.seeds);
        if (const std::string verdict = campaign::verdict_of(summary); verdict != "pass") {
            unexpected += verdict == "fail" ? 1 : 0;  // too few seeds for a quantile is none
            fmt::print("{}, {}: {}\n",
                       item.name,
                       sim::name(item.scenario.cluster.implementation),
                       verdict);
        }
        if (!options.compare) {
            continue;
        }
        const std::string fingerprint =
            sha256(read_file(item.trace_file) + sim::result_to_json(item.scenario, runs.front()));
        const Change change =
            compare(options,
                    item,
                    campaign::golden_text(item.name, item.scenario, runs, summary),
                    fingerprint);
        texts += change == Change::text ? 1 : 0;
        fingerprints += change == Change::fingerprint ? 1 : 0;
    }
    fmt::print("{} runs of {} scenarios with {} daemons in {:.1f} s, {} at once\n",
               jobs.size(),
               cases.size() / implementations.size(),
               implementations.size(),
               took.count(),
               at_once(options));
    fmt::print("{} could not be run, {} not as expected, {} goldens {} in what they say, {} in "
               "their fingerprint only\n",
               broken,
               unexpected,
               texts,
               options.update ? "rewritten" : "differ",
               fingerprints);
    if (broken > 0) {
        return 6;
    }
    return unexpected > 0 || (!options.update && (texts > 0 || fingerprints > 0)) ? 1 : 0;
}

/// Says what is wrong with one run; false: nothing.
bool violates(const Case& item, const sim::RunResult& run) {
    std::string text;
    for (const sim::InvariantResult& invariant : run.invariants) {
        if (!invariant.disabled && invariant.first_at) {
            text += fmt::format("  {}: {}\n", invariant.name, invariant.reason);
        }
    }
    for (const sim::ExpectationResult& expectation : run.expectations) {
        if (expectation.verdict == sim::ExpectationVerdict::fail) {
            text += fmt::format("  {}: {}\n", expectation.id, expectation.observed);
        }
    }
    if (!text.empty()) {
        fmt::print("seed {}:\n{}  again: {}\n", run.seed, text, again(item, run.seed));
    }
    return !text.empty();
}

int soak(const Options& options) {
    std::vector<Case> cases;
    if (!read_cases(options.soak, cases, false)) {
        return 3;
    }
    std::vector<app::RunJob> jobs;
    for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
        app::RunJob job;
        job.options.seed = seed;
        job.options.trace = sim::TraceLevel::none;
        jobs.push_back(std::move(job));
    }
    const auto begin = std::chrono::steady_clock::now();
    const app::WorkResult work = app::run_jobs(
        cases.front().scenario, jobs, at_once(options), nullptr, app::OnFailure::go_on);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (work.interrupted) {
        return 5;
    }
    int broken = 0;
    int violated = 0;
    std::size_t faults = 0;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (!work.results[i]) {
            ++broken;
            fmt::print("{}\n  again: {}\n", work.reasons[i], again(cases.front(), i + 1));
            continue;
        }
        faults += work.results[i]->episodes.size();
        violated += violates(cases.front(), *work.results[i]) ? 1 : 0;
    }
    fmt::print("{} seeds of {}, {} faults and repairs, in {:.1f} s: {} could not be run, {} "
               "violated what must hold\n",
               jobs.size(),
               cases.front().name,
               faults,
               took.count(),
               broken,
               violated);
    return broken > 0 ? 6 : violated > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    options.scenarios = fs::path(SOURCE_DIR) / "scenarios" / "call-centre";
    options.goldens = fs::path(SOURCE_DIR) / "tests" / "golden" / "call-centre";
    CLI::App program("Runs every scenario of the call centre with both daemons and compares what "
                     "comes out with tests/golden/call-centre.");
    program.add_option("--only", options.only, "Names of scenarios (default: all)");
    program.add_option("--seeds", options.seeds, "Seeds 1 to N")->check(CLI::Range(1, 1'000'000));
    program.add_option("-j,--jobs", options.jobs, "Runs at the same time");
    program.add_flag("!--no-goldens", options.compare, "Only run, compare nothing");
    program.add_flag("--update", options.update, "Rewrite the goldens that differ");
    program.add_option("--soak", options.soak, "Look for violations in this scenario instead");
    CLI11_PARSE(program, argc, argv);
    try {
        return options.soak.empty() ? check(options) : soak(options);
    } catch (const std::exception& error) {
        fmt::print("{}\n", error.what());
        return 6;
    }
}
