// SPDX-License-Identifier: GPL-2.0-or-later
// `understudy analyze` as its users run it: what the call centre survives within 20 s by graph and
// by simulation, exit codes, formats, and that jobs do not change a byte.
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string>

#include <nlohmann/json.hpp>
#include <sys/wait.h>

using nlohmann::json;

namespace {

struct Ran {
    int code = -1;
    std::string out;  ///< stdout
};

Ran understudy(const std::string& arguments, const std::string& rest = "2>/dev/null") {
    const std::string command = "\"" PROGRAM_DIR "/understudy\" " + arguments + ' ' + rest;
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

std::string scenario(const std::string& name) {
    return SOURCE_DIR "/scenarios/call-centre/" + name + ".json";
}

std::set<std::string> singles(const json& document, const char* key, const json& value) {
    std::set<std::string> names;
    for (const json& failure : document["singles"]) {
        if (failure[key] == value) {
            names.insert(failure["components"][0].get<std::string>());
        }
    }
    return names;
}

}  // namespace

TEST_CASE("understudy analyze: the call centre's single failures, by graph and by simulation",
          "[sim][program][analysis]") {
    const Ran ran = understudy("analyze " + scenario("primary-power") +
                               " --simulate --seeds 1..3 -j 2 --format json");
    REQUIRE(ran.code == 0);
    const json document = json::parse(ran.out);
    CHECK(singles(document, "calls_in_time", "never") ==
          std::set<std::string>{"fb1", "tdm1", "tdm3", "tdmsw"});
    CHECK(singles(document, "calls_in_time", "partly") ==
          std::set<std::string>{
              "bank1", "bank2", "bank3", "pri", "t1-bank1", "t1-bank2", "t1-bank3", "telco"});
    for (const json& failure : document["singles"]) {
        CAPTURE(failure.dump());
        CHECK((failure["agreement"] == "agrees" || failure["agreement"] == "explained"));
        CHECK(failure["simulated"]["settled"] == true);
        CHECK((failure["agreement"] == "agrees") == failure["notes"].empty());
    }
}

TEST_CASE("understudy analyze: one supply for both servers ends all calls",
          "[sim][program][analysis]") {
    const Ran ran = understudy("analyze " + scenario("shared-power") +
                               " --simulate --seeds 1..1 --format json");
    REQUIRE(ran.code == 0);
    const json document = json::parse(ran.out);
    CHECK(singles(document, "calls_in_time", "never") ==
          std::set<std::string>{"fb1", "psu1", "tdm1", "tdm3", "tdmsw"});
    const Ran text = understudy("analyze " + scenario("shared-power"));
    CHECK(text.out.find("psu1 (feeds asterisk1 and asterisk2)") != std::string::npos);
    CHECK(text.out.find("[shared-power]") != std::string::npos);
}

TEST_CASE("understudy analyze: jobs change no byte", "[sim][program][analysis]") {
    const std::string arguments =
        "analyze " + scenario("primary-power") + " --simulate --seeds 5..5";
    const Ran one = understudy(arguments + " -j 1");
    const Ran two = understudy(arguments + " -j 3");
    CHECK(one.code == 0);
    CHECK(one.out == two.out);
    CHECK(one.out.find("0 unexplained") != std::string::npos);
}

TEST_CASE("understudy analyze: exit codes and what is said", "[sim][program][analysis]") {
    CHECK(understudy("analyze").code == 2);
    CHECK(understudy("analyze --simulate=3 " + scenario("primary-power")).code == 2);
    CHECK(understudy("analyze --seeds 5..1 " + scenario("primary-power")).code == 2);
    CHECK(understudy("analyze --format xml " + scenario("primary-power")).code == 2);
    const Ran missing = understudy("analyze /nowhere.json", "2>&1");
    CHECK(missing.code == 3);
    CHECK(missing.out.find("nothing was analyzed") != std::string::npos);
    const Ran help = understudy("analyze --help");
    CHECK(help.code == 0);
    CHECK(help.out.find("--simulate=2") != std::string::npos);
    CHECK(understudy("schema failover-analysis-1").out.find("failover-analysis/1") !=
          std::string::npos);
}

TEST_CASE("understudy analyze: Graphviz reads the graph, where it is installed",
          "[sim][program][analysis]") {
    const Ran dot = understudy("analyze " + scenario("primary-power") + " --format dot");
    CHECK(dot.code == 0);
    CHECK(dot.out.rfind("graph \"call-centre-primary-power\" {", 0) == 0);
    if (std::system("dot -V >/dev/null 2>&1") == 0) {
        const Ran drawn = understudy("analyze " + scenario("primary-power") + " --format dot",
                                     "| dot -Tsvg -o /dev/null 2>&1 && echo drawn");
        CHECK(drawn.out == "drawn\n");
    }
}
