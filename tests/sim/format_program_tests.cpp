// SPDX-License-Identifier: GPL-2.0-or-later
// The program as its users run it: what it says about bad input, its exit codes, and that seeds and
// jobs give the same bytes.
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace {

struct Ran {
    int code = -1;
    std::string out;  ///< stdout and stderr, as they came
};

Ran understudy(const std::string& arguments, const std::string& environment = "") {
    const std::string command =
        environment + " \"" PROGRAM_DIR "/understudy\" " + arguments + " 2>&1";
    Ran ran;
    std::FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> chunk;
    std::size_t got = 0;
    while ((got = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0) {
        ran.out.append(chunk.data(), got);
    }
    const int status = pclose(pipe);
    ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    return ran;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string read_file(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A private copy of the call centre that a test may spoil.
class CallCentre {
  public:
    CallCentre()
        : m_path(fs::temp_directory_path() / ("understudy-program-" + std::to_string(getpid()))) {
        fs::remove_all(m_path);
        fs::copy(fs::path(SOURCE_DIR) / "scenarios" / "call-centre",
                 m_path,
                 fs::copy_options::recursive);
    }
    CallCentre(const CallCentre&) = delete;
    CallCentre& operator=(const CallCentre&) = delete;
    ~CallCentre() { fs::remove_all(m_path); }

    [[nodiscard]] fs::path path(const std::string& name) const { return m_path / name; }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name), std::ios::binary) << text;
    }
    void replace(const std::string& name, const std::string& what, const std::string& by) const {
        std::string text = read_file(path(name));
        const auto at = text.find(what);
        REQUIRE(at != std::string::npos);
        write(name, text.replace(at, what.size(), by));
    }
    [[nodiscard]] Ran run(const std::string& more = "") const {
        return understudy("run " + path("primary-power.json").string() + " --out " +
                          path("out").string() + ' ' + more);
    }
    /// Exit 3 and a line that holds all of this.
    void refuses(const std::vector<std::string>& parts) const {
        const Ran ran = run();
        CAPTURE(ran.out);
        CHECK(ran.code == 3);
        std::size_t from = 0;
        bool found = false;
        while (from < ran.out.size() && !found) {
            const std::size_t end = std::min(ran.out.find('\n', from), ran.out.size());
            const std::string line = ran.out.substr(from, end - from);
            found = std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
                return contains(line, part);
            });
            from = end + 1;
        }
        CHECK(found);
        CHECK_FALSE(fs::exists(path("out")));
    }

  private:
    fs::path m_path;
};

std::map<std::string, std::string> files_in(const fs::path& directory) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (entry.is_regular_file()) {
            files[fs::relative(entry.path(), directory).string()] = read_file(entry.path());
        }
    }
    return files;
}

}  // namespace

TEST_CASE("understudy: a misspelt directive has file, line, column, found and expected",
          "[sim][program]") {
    const CallCentre centre;
    centre.replace("etc/ha.cf", "deadtime 2", "deadtme 2");
    centre.refuses({"etc/ha.cf:5:1", "error", "deadtme", "expected"});
}

TEST_CASE("understudy: a wrong unit in ha.cf has its position", "[sim][program]") {
    const CallCentre centre;
    centre.replace("etc/ha.cf", "deadtime 2", "deadtime 2parsecs");
    centre.refuses({"etc/ha.cf:5:10", "2parsecs", "expected"});
}

TEST_CASE("understudy: a wrong unit in a scenario has pointer and position", "[sim][program]") {
    const CallCentre centre;
    centre.replace("primary-power.json", "\"at\": \"180s\"", "\"at\": 180");
    centre.refuses({"primary-power.json:",
                    "/timeline/1/at",
                    "found 180",
                    "a string with a unit such as \"180s\""});
}

TEST_CASE("understudy: an unknown key has pointer, position and the nearest known key",
          "[sim][program]") {
    const CallCentre centre;
    centre.replace("primary-power.json", "\"stop_at\"", "\"stopat\"");
    centre.refuses({"primary-power.json:7:3", "/stopat", "unknown key", "\"stop_at\""});
}

TEST_CASE("understudy: a missing configuration file is named", "[sim][program]") {
    const CallCentre centre;
    fs::remove(centre.path("etc/haresources"));
    centre.refuses({"etc/haresources", "error", "found", "expected"});
}

TEST_CASE("understudy: a missing scenario is named", "[sim][program]") {
    const CallCentre centre;
    fs::remove(centre.path("primary-power.json"));
    centre.refuses({"primary-power.json", "no such file", "expected"});
}

TEST_CASE("understudy: a truncated authkeys says what is missing", "[sim][program]") {
    const CallCentre centre;
    centre.write("etc/authkeys", "auth 1\n1 sha1");
    centre.refuses({"etc/authkeys:2:", "error", "found", "expected"});
    centre.write("etc/authkeys", "auth 1\n");
    centre.refuses({"etc/authkeys:", "error", "found", "expected"});
}

TEST_CASE("understudy: an unreadable file is named with the reason", "[sim][program]") {
    const CallCentre centre;
    fs::remove(centre.path("etc/ha.cf"));
    fs::create_directory(centre.path("etc/ha.cf"));  // unreadable for root, too
    centre.refuses({"etc/ha.cf", "error", "found", "expected"});
    if (geteuid() != 0) {
        fs::remove(centre.path("etc/ha.cf"));
        centre.write("etc/ha.cf", "node a\n");
        fs::permissions(centre.path("etc/ha.cf"), fs::perms::none);
        centre.refuses({"etc/ha.cf", "error", "found", "expected"});
    }
}

TEST_CASE("understudy: errors of the scenario and of the files come together", "[sim][program]") {
    const CallCentre centre;
    centre.replace("primary-power.json", "\"at\": \"180s\"", "\"at\": 180");
    centre.replace("etc/ha.cf", "deadtime 2", "deadtme 2");
    const Ran ran = centre.run();
    CAPTURE(ran.out);
    CHECK(ran.code == 3);
    CHECK(contains(ran.out, "/timeline/1/at"));
    CHECK(contains(ran.out, "deadtme"));
}

TEST_CASE("understudy: wrong usage is exit 2 and says what is expected", "[sim][program]") {
    CHECK(understudy("").code == 2);
    CHECK(understudy("frobnicate").code == 2);
    CHECK(understudy("run").code == 2);
    CHECK(understudy("run x.json --seeds 9..1").code == 2);
    CHECK(understudy("run x.json --seed 1 --seeds 1..2").code == 2);
    const Ran lab = understudy("run x.json --engine lab");
    CHECK(lab.code == 2);
    CHECK(contains(lab.out, "not built yet"));
    const Ran implementation = understudy("run x.json --implementation heartbeat-2");
    CHECK(implementation.code == 2);
    CHECK(contains(implementation.out, "found heartbeat-2, expected understudyd"));
    CHECK(understudy("schema nonesuch").code == 2);
    CHECK(understudy("replay /nonexistent.eventlog").code == 3);
}

TEST_CASE("understudy: help has examples, and the version names ns-3", "[sim][program]") {
    for (const char* command :
         {"--help", "run --help", "explain --help", "replay --help", "schema --help"}) {
        const Ran ran = understudy(command);
        CHECK(ran.code == 0);
        CHECK(contains(ran.out, "Example"));
    }
    const Ran version = understudy("--version");
    CHECK(version.code == 0);
    CHECK(contains(version.out, "ns-3 3."));
}

TEST_CASE("understudy: schema prints what is published", "[sim][program]") {
    const Ran ran = understudy("schema failover-scenario-1");
    CHECK(ran.code == 0);
    CHECK(ran.out == read_file(fs::path(SOURCE_DIR) / "scenarios/schema/failover-scenario-1.json"));
}

TEST_CASE("understudy: one run leaves result, trace and event logs that replay", "[sim][program]") {
    const CallCentre centre;
    const Ran ran = centre.run("--seed 3");
    CAPTURE(ran.out);
    CHECK((ran.code == 0 || ran.code == 1));
    const auto result = nlohmann::json::parse(read_file(centre.path("out/result.json")));
    CHECK(result["seed"] == 3);
    for (const auto& direction : result["episodes"][0]["directions"]) {
        std::int64_t sum = direction["unattributed_ns"].get<std::int64_t>();
        for (const auto& [phase, ns] : direction["phases_ns"].items()) {
            sum += ns.get<std::int64_t>();
        }
        CHECK(sum == direction["longest_ns"].get<std::int64_t>());
    }
    CHECK(fs::file_size(centre.path("out/call-centre-primary-power.run.jsonl")) > 0);
    for (const char* node : {"asterisk1", "asterisk2"}) {
        const Ran replay =
            understudy("replay " + centre.path(std::string("out/") + node + ".eventlog").string());
        CAPTURE(replay.out);
        CHECK(replay.code == 0);
    }
    for (const auto& [name, text] : files_in(centre.path("out"))) {
        CHECK_FALSE(contains(name, ".part"));
    }
}

TEST_CASE("understudy: a changed event log no longer replays to the same actions",
          "[sim][program]") {
    const CallCentre centre;
    REQUIRE(centre.run().code != 3);
    const fs::path log = centre.path("out/asterisk2.eventlog");
    const std::string text = read_file(log);
    std::ofstream(log, std::ios::binary)
        << text.substr(0, text.size() / 2);  // cut in the middle of a line
    const Ran cut = understudy("replay " + log.string());
    CAPTURE(cut.out);
    CHECK(cut.code != 0);
}

TEST_CASE("understudy: jobs and repetition change no byte", "[sim][program]") {
    const CallCentre centre;
    const std::string file = centre.path("primary-power.json").string();
    const auto campaign = [&](const char* name, const char* jobs) {
        const Ran ran =
            understudy("run " + file + " --seeds 1..6 --trace signalling --format json -j " + jobs +
                       " --out " + centre.path(name).string());
        CAPTURE(ran.out);
        CHECK((ran.code == 0 || ran.code == 1 || ran.code == 5));
        CHECK(nlohmann::json::parse(ran.out)["runs"] == 6);
        return files_in(centre.path(name));
    };
    const auto one = campaign("one", "1");
    const auto two = campaign("two", "2");
    CHECK(one.size() == 6 * 4 + 1);
    REQUIRE(one.size() == two.size());
    for (const auto& [name, text] : one) {
        CAPTURE(name);
        CHECK((text == two.at(name)));
    }
    CHECK(one.at("seed-1/result.json") != one.at("seed-2/result.json"));
}

TEST_CASE("understudy: explain tells a scenario, a folder, a result and a trace",
          "[sim][program]") {
    const CallCentre centre;
    REQUIRE(centre.run().code == 0);
    const Ran scenario = understudy("explain " + centre.path("primary-power.json").string());
    CHECK(scenario.code == 0);
    CHECK(contains(scenario.out, "At 180 s asterisk1 loses power."));
    const Ran folder = understudy("explain " + centre.path("out").string());
    CAPTURE(folder.out);
    CHECK(folder.code == 0);
    CHECK(contains(folder.out, "Callers were cut off for"));
    CHECK(contains(folder.out, "Had nobody acted"));
    CHECK(understudy("explain " + centre.path("out/result.json").string()).out == folder.out);
    const std::string trace = centre.path("out/call-centre-primary-power.run.jsonl").string();
    CHECK(understudy("explain " + trace).out == folder.out);
    REQUIRE(understudy("run " + centre.path("primary-power.json").string() +
                       " --seed 2 --trace none --out " + centre.path("other").string())
                .code == 0);
    fs::copy_file(centre.path("other/result.json"),
                  centre.path("out/result.json"),
                  fs::copy_options::overwrite_existing);
    const Ran foreign = understudy("explain " + trace);
    CHECK(foreign.code == 3);
    CHECK(contains(foreign.out, "of another run"));
    fs::remove(centre.path("out/result.json"));
    CHECK(contains(understudy("explain " + trace).out, "without its result"));
}

TEST_CASE("understudy: explain says what is wrong with anything else", "[sim][program]") {
    const CallCentre centre;
    CHECK(understudy("explain").code == 2);
    const Ran missing = understudy("explain /nonexistent");
    CHECK(missing.code == 3);
    CHECK(contains(missing.out, "no readable file"));
    centre.write("other.json", R"({"format": "failover-summary/1"})");
    const Ran other = understudy("explain " + centre.path("other.json").string());
    CHECK(other.code == 3);
    CHECK(contains(other.out, "found the format \"failover-summary/1\""));
    centre.write("result.json", R"({"format": "failover-result/1"})");
    CHECK(understudy("explain " + centre.path("result.json").string()).code == 3);
    centre.replace("primary-power.json", "\"at\": \"180s\"", "\"at\": 180");
    const Ran broken = understudy("explain " + centre.path("primary-power.json").string());
    CHECK(broken.code == 3);
    CHECK(contains(broken.out, "/timeline/1/at"));
}

TEST_CASE("understudy: --html writes one page for run and campaign", "[sim][program]") {
    const CallCentre centre;
    const std::string html = centre.path("page.html").string();
    REQUIRE(centre.run("--trace none --html " + html).code == 0);
    const std::string page = read_file(html);
    CHECK(contains(page, "<!DOCTYPE html>"));
    CHECK(contains(page, "calls lost had nobody acted"));
    CHECK(contains(page, "</html>"));
    REQUIRE(centre.run("--seeds 1..2 --html " + html).code != 3);
    CHECK(contains(read_file(html), "seeds 1 to 2"));
}

TEST_CASE("README: the report shown is what the program prints", "[sim][program]") {
    const std::string readme = read_file(fs::path(SOURCE_DIR) / "README.md");
    const std::string mark =
        "<!-- output of: understudy run scenarios/call-centre/primary-power.json --seed 1";
    const std::size_t from = readme.find("```\n", readme.find(mark));
    REQUIRE(from != std::string::npos);
    std::istringstream shown(readme.substr(from + 4, readme.find("```", from + 4) - from - 4));

    const fs::path out =
        fs::temp_directory_path() / ("understudy-readme-" + std::to_string(getpid()));
    const Ran ran =
        understudy("run \"" SOURCE_DIR
                   "/scenarios/call-centre/primary-power.json\" --seed 1 --trace none --out " +
                   out.string());
    REQUIRE(ran.code == 0);
    CHECK(read_file(out / "waterfall.svg") ==
          read_file(fs::path(SOURCE_DIR) / "docs/images/primary-power-seed-1.svg"));
    fs::remove_all(out);
    std::istringstream printed(ran.out);
    std::vector<std::string> lines;
    for (std::string line; std::getline(printed, line);) {
        line.erase(line.find_last_not_of(' ') + 1);
        lines.push_back(line);
    }
    std::size_t compared = 0;
    for (std::string line; std::getline(shown, line); ++compared) {
        CAPTURE(line);
        CHECK(std::find(lines.begin(), lines.end(), line) != lines.end());
    }
    CHECK(compared > 30);
}
