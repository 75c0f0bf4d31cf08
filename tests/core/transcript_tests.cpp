// SPDX-License-Identifier: GPL-2.0-or-later
// Transcripts: tests/transcripts/*.txt hold a script (lines before "---") and what the world did
// (lines after it). UPDATE_GOLDEN=1 rewrites the second part; the commit then says why it moved.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/two_node_world.hpp"

using namespace std::chrono_literals;
using namespace cluster;
using test_support::TwoNodeWorld;
using test_support::WorldOptions;

namespace {

Instant at_seconds(const std::string& text) {
    return Instant{std::chrono::milliseconds{std::llround(std::stod(text) * 1000)}};
}

struct Script {
    WorldOptions options;
    std::vector<std::pair<Instant, std::vector<std::string>>> steps;
    Instant until{};
};

/// Lines: `auto_failback on`, `haresources …` (repeatable), `ha.cf …`, `profile heartbeat-3.0.6`,
/// `at SECONDS VERB …`, `until SECONDS`.
Script parse(std::istream& in) {
    Script script;
    script.options.log_messages = true;
    std::string resources;
    for (std::string line; std::getline(in, line) && line != "---";) {
        std::istringstream words{line.substr(0, line.find('#'))};
        std::string first;
        words >> first;
        std::string rest;
        std::getline(words >> std::ws, rest);
        if (first == "auto_failback") {
            script.options.auto_failback = rest;
        } else if (first == "haresources") {
            resources += rest + '\n';
        } else if (first == "ha.cf") {
            script.options.ha_cf += rest + '\n';
        } else if (first == "profile") {
            REQUIRE(rest == "heartbeat-3.0.6");
            script.options.quirks = Quirks::heartbeat_3_0_6();
        } else if (first == "until") {
            script.until = at_seconds(rest);
        } else if (first == "at") {
            std::istringstream parts{rest};
            std::vector<std::string> step;
            std::string time;
            parts >> time;
            for (std::string word; parts >> word;) {
                step.push_back(word);
            }
            script.steps.emplace_back(at_seconds(time), step);
        } else {
            CAPTURE(line);
            REQUIRE(first.empty());
        }
    }
    if (!resources.empty()) {
        script.options.haresources = resources;
    }
    return script;
}

void act(TwoNodeWorld& world, const std::vector<std::string>& step) {
    CAPTURE(step);
    REQUIRE(step.size() >= 2);
    const std::string& verb = step[0];
    const std::string argument = step.size() > 2 ? step[2] : "";
    REQUIRE((step[1] == "asterisk1" || step[1] == "asterisk2" || step[1] == "both"));
    const int node = step[1] == "asterisk2" ? 1 : 0;
    const ResourceScope scope = argument == "local"     ? ResourceScope::local
                                : argument == "foreign" ? ResourceScope::foreign
                                                        : ResourceScope::all;
    if (verb == "start") {
        world.start(node);
    } else if (verb == "kill") {
        world.kill(node);
    } else if (verb == "power-off") {
        world.power_off(node);
    } else if (verb == "freeze") {
        world.freeze(node);
    } else if (verb == "thaw") {
        world.thaw(node);
    } else if (verb == "standby") {
        world.command(node, AdminCommand::Kind::standby, scope);
    } else if (verb == "takeover") {
        world.command(node, AdminCommand::Kind::takeover, scope);
    } else if (verb == "stop") {
        world.command(node, AdminCommand::Kind::stop);
    } else if (verb == "split") {
        world.split(true);
    } else if (verb == "heal") {
        world.split(false);
    } else if (verb == "mute") {
        world.cut(node, -1, true);
    } else if (verb == "unmute") {
        world.cut(node, -1, false);
    } else if (verb == "carrier-lost" || verb == "carrier-back") {
        world.carrier(node, 0, verb == "carrier-back");
    } else if (verb == "start-fails") {
        world.agent(node, argument).start_fails = true;
    } else if (verb == "stop-fails") {
        world.agent(node, argument).stop_fails = true;
    } else if (verb == "stop-works") {
        world.agent(node, argument).stop_fails = false;
    } else if (verb == "pings-lost") {
        world.ping_reachable(node, false);
    } else {
        FAIL("unknown verb " << verb);
    }
}

std::string play(const std::string& path, std::string& script_text, std::string& expected) {
    std::ifstream in{path};
    REQUIRE(in.good());
    std::stringstream whole;
    whole << in.rdbuf();
    const std::string text = whole.str();
    const auto cut = text.find("---\n");
    script_text = text.substr(0, cut);
    expected = cut == std::string::npos ? "" : text.substr(cut + 4);
    std::istringstream lines{text};
    const Script script = parse(lines);
    TwoNodeWorld world{script.options};
    for (const auto& [time, step] : script.steps) {
        world.run_until(time);
        act(world, step);
    }
    world.run_until(script.until);
    std::string out = world.log_text();
    const auto name = [](int owner) {
        return owner == 0 ? "asterisk1" : owner == 1 ? "asterisk2" : owner == 2 ? "both" : "nobody";
    };
    for (unsigned group = 0; group < world.options(0).files.resources.groups.size(); ++group) {
        out += "end: group " + std::to_string(group) + " on " + name(world.owner(group)) + '\n';
    }
    out += "end: longest double ownership while both could hear each other " +
           std::to_string(
               std::chrono::duration_cast<std::chrono::milliseconds>(world.worst_double_ownership())
                   .count()) +
           " ms\n";
    return out;
}

}  // namespace

TEST_CASE("Transcripts: every script in tests/transcripts plays as written", "[core][transcript]") {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{SOURCE_DIR "/tests/transcripts"}) {
        if (entry.path().extension() == ".txt") {
            files.push_back(entry.path().string());
        }
    }
    std::sort(files.begin(), files.end());
    REQUIRE(files.size() >= 12);
    for (const std::string& file : files) {
        DYNAMIC_SECTION(std::filesystem::path{file}.stem().string()) {
            std::string script;
            std::string expected;
            const std::string actual = play(file, script, expected);
            if (const char* update = std::getenv("UPDATE_GOLDEN");
                update != nullptr && std::string{update} == "1") {
                std::ofstream{file} << script << "---\n" << actual;
            } else {
                CHECK(actual == expected);
            }
        }
    }
}
