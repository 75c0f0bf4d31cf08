// SPDX-License-Identifier: GPL-2.0-or-later
// What the compiler cannot see: which folder may include what, and that nothing deterministic reads
// a clock, a random device or the order of an unordered container. Not a style checker.

#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Line {
    std::string where;  ///< "cluster-core/src/x.cpp:12"
    std::string text;
};

/// All lines of C++ sources below `folder`, comments cut off.
std::vector<Line> lines_below(const std::string& folder) {
    std::vector<Line> lines;
    const fs::path root{SOURCE_DIR};
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator{root / folder}) {
        const std::string extension = entry.path().extension().string();
        if (entry.is_regular_file() && (extension == ".cpp" || extension == ".hpp")) {
            files.push_back(entry.path());
        }
    }
    for (const fs::path& file : files) {
        std::ifstream in{file};
        std::string text;
        for (int number = 1; std::getline(in, text); ++number) {
            text = text.substr(0, text.find("//"));
            lines.push_back(
                {fs::relative(file, root).string() + ":" + std::to_string(number), text});
        }
    }
    return lines;
}

using Rule = std::function<bool(const std::string& line)>;

/// Places that break the rule, one per line of text; empty when all is well.
std::string offenders(const std::vector<Line>& lines, const Rule& broken) {
    std::ostringstream out;
    for (const Line& line : lines) {
        if (broken(line.text)) {
            out << line.where << ": " << line.text << '\n';
        }
    }
    return out.str();
}

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

/// True for an #include of anything whose name holds one of the words.
Rule includes_any(std::vector<std::string> words) {
    return [words = std::move(words)](const std::string& line) {
        if (!contains(line, "#include")) {
            return false;
        }
        for (const std::string& word : words) {
            if (contains(line, word.c_str())) {
                return true;
            }
        }
        return false;
    };
}

Rule mentions_any(std::vector<std::string> words) {
    return [words = std::move(words)](const std::string& line) {
        for (const std::string& word : words) {
            if (contains(line, word.c_str())) {
                return true;
            }
        }
        return false;
    };
}

const std::vector<std::string> nondeterminism{"steady_clock",
                                              "system_clock",
                                              "high_resolution_clock",
                                              "clock_gettime",
                                              "gettimeofday",
                                              "std::time(",
                                              "random_device",
                                              "std::rand",
                                              "mt19937",
                                              "_distribution<",
                                              "unordered_map",
                                              "unordered_set",
                                              "std::thread",
                                              "std::async"};

std::vector<Line> core_lines() {
    std::vector<Line> all = lines_below("cluster-core/include");
    const std::vector<Line> sources = lines_below("cluster-core/src");
    all.insert(all.end(), sources.begin(), sources.end());
    return all;
}

}  // namespace

TEST_CASE("Architecture: the rule finder finds what it is told to find", "[tidy]") {
    const std::vector<Line> sample{{"a:1", "#include <ns3/node.h>"},
                                   {"a:2", "auto t = std::chrono::steady_clock::now();"}};
    CHECK(offenders(sample, includes_any({"<ns3/"})) == "a:1: #include <ns3/node.h>\n");
    CHECK(contains(offenders(sample, mentions_any(nondeterminism)), "a:2"));
    CHECK(offenders(sample, includes_any({"<Q"})).empty());
}

TEST_CASE("Architecture: sources are found at all", "[tidy]") {
    CHECK(core_lines().size() > 1000);
    CHECK(lines_below("models").size() > 500);
    CHECK(lines_below("sim").size() > 500);
}

TEST_CASE("Architecture: cluster-core knows no ns-3, Qt, JSON, POSIX, files or streams", "[tidy]") {
    CHECK(offenders(core_lines(),
                    includes_any({"<ns3/",
                                  "<Q",
                                  "nlohmann",
                                  "<sys/",
                                  "<unistd",
                                  "<netinet",
                                  "<arpa/",
                                  "<fcntl",
                                  "<poll",
                                  "<signal",
                                  "<fstream>",
                                  "<iostream>",
                                  "<filesystem>",
                                  "<thread>",
                                  "<mutex>",
                                  "models/",
                                  "model/",
                                  "sim/",
                                  "fmt/"})) == "");
}

TEST_CASE("Architecture: nettle is used in wire only", "[tidy]") {
    std::vector<Line> lines = core_lines();
    std::erase_if(
        lines, [](const Line& line) { return line.where.rfind("cluster-core/src/wire/", 0) == 0; });
    CHECK(offenders(lines, includes_any({"nettle"})) == "");
}

TEST_CASE(
    "Architecture: core and models neither read a clock nor draw from the library's random sources",
    "[tidy]") {
    CHECK(offenders(core_lines(), mentions_any(nondeterminism)) == "");
    CHECK(offenders(lines_below("models"), mentions_any(nondeterminism)) == "");
    CHECK(offenders(lines_below("sim/run"), mentions_any(nondeterminism)) == "");
}

TEST_CASE("Architecture: models know nothing of scenarios, reports or Qt", "[tidy]") {
    CHECK(offenders(lines_below("models"),
                    includes_any({"scenario/", "report/", "\"run/", "<Q", "nlohmann"})) == "");
}

TEST_CASE(
    "Architecture: the scenario format, the reports and the analysis know neither ns-3 nor Qt",
    "[tidy]") {
    for (const char* folder : {"sim/scenario", "sim/report", "sim/analysis"}) {
        CHECK(offenders(lines_below(folder),
                        includes_any({"<ns3/", "<Q", "model/host", "model/lan"})) == "");
    }
}

TEST_CASE("Architecture: the player knows traces and results, not what made them", "[tidy]") {
    CHECK(offenders(lines_below("gui"),
                    includes_any(
                        {"ns3/", "cluster/", "models", "scenario/", "\"run/", "report/"})) == "");
    CHECK(offenders(lines_below("gui/trace"),
                    includes_any({"<Q", "\"model/", "\"view/", "\"app/"})) == "");
    CHECK(offenders(lines_below("gui/model"), includes_any({"\"view/", "\"app/"})) == "");
    CHECK(offenders(lines_below("gui/view"), includes_any({"\"app/"})) == "");
}

TEST_CASE("Architecture: the daemon knows the core and Linux, no models, no simulator, no Qt",
          "[tidy]") {
    const std::vector<Line> lines = lines_below("cluster-core/linux");
    CHECK(lines.size() > 500);
    CHECK(offenders(lines,
                    includes_any({"<ns3/", "<Q", "model/", "scenario/", "\"run/", "report/"})) ==
          "");
    CHECK(offenders(core_lines(), includes_any({"linux_host/"})) == "");
    CHECK(offenders(lines_below("models"), includes_any({"linux_host/"})) == "");
}

TEST_CASE("Architecture: only single ns-3 headers are included", "[tidy]") {
    for (const char* folder : {"models", "sim"}) {
        CHECK(offenders(lines_below(folder),
                        includes_any({"-module.h", "<ns3/singleton.h", "des-metrics"})) == "");
    }
}

TEST_CASE("Architecture: no header uses a whole namespace", "[tidy]") {
    for (const char* folder : {"cluster-core", "models", "sim"}) {
        std::vector<Line> lines = lines_below(folder);
        std::erase_if(
            lines, [](const Line& line) { return line.where.find(".hpp:") == std::string::npos; });
        CHECK(offenders(lines, mentions_any({"using namespace"})) == "");
    }
}

TEST_CASE("Architecture: Boost.Graph stays behind one header of sim/analysis", "[tidy]") {
    for (const char* folder : {"cluster-core", "models", "sim"}) {
        std::vector<Line> lines = lines_below(folder);
        std::erase_if(lines, [](const Line& line) {
            return line.where.rfind("sim/analysis/dependency_graph.cpp:", 0) == 0;
        });
        CHECK(offenders(lines, includes_any({"boost/graph"})) == "");
    }
}
