// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/script.hpp"

#include "support/catch.hpp"

#include <fstream>
#include <sstream>

using namespace gui;

namespace {

const std::string sample = R"({
  "id": "x", "title": "A \"title\"",
  "topology": { "nodes": [ { "id": "a", "kind": "server", "more": [1, {"id": "no"}] }, { "id": "b" } ],
                "links": [ { "id": "l1", "ends": ["a:0", "b:0"] } ] },
  "timeline": [
    { "id": "steady", "at": "10s", "check": "steady-state" },
    { "id": "cut", "at": "20s", "fault": "power.off", "target": "a", "for": "5s" },
    { "at": "30s", "fault": "link.down", "target": "l1" }
  ]
}
)";

}  // namespace

TEST_CASE("Script: the entries of a timeline are found with their places", "[gui][script]") {
    const Script script = read_script(sample);
    CHECK(script.error.empty());
    CHECK(script.id == "x");
    CHECK(script.title == "A \"title\"");
    CHECK(script.nodes == std::vector<std::string>{"a", "b"});
    CHECK(script.links == std::vector<std::string>{"l1"});
    REQUIRE(script.timeline.size() == 3);
    CHECK(script.timeline[1].value("fault") == "power.off");
    CHECK(script.timeline[1].value("nothing").empty());
    const ScriptField* const at = script.timeline[1].field("at");
    REQUIRE(at != nullptr);
    CHECK(sample.substr(at->from, at->to - at->from) == "\"20s\"");
}

TEST_CASE("Script: changing one value changes nothing else", "[gui][script]") {
    const Script script = read_script(sample);
    const std::string changed = with_field(sample, script.timeline[1], "at", "21s");
    std::string expected = sample;
    expected.replace(expected.find("20s"), 3, "21s");
    CHECK(changed == expected);
    const std::vector<LineChange> changes = what_changes(sample, changed);
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].line == 7);
    CHECK_FALSE(changes[0].added);
    CHECK(changes[1].added);
    CHECK(what_changes(sample, sample).empty());
}

TEST_CASE("Script: members and entries come and go, and the text stays JSON", "[gui][script]") {
    const auto read = [](const std::string& text) {
        Script script = read_script(text);
        INFO(text);
        CHECK(script.error.empty());
        return script;
    };
    const Script script = read(sample);
    CHECK(read(with_field(sample, script.timeline[2], "for", "3s")).timeline[2].value("for") ==
          "3s");
    CHECK(read(with_field(sample, script.timeline[2], "id", "a\"b")).timeline[2].value("id") ==
          "a\"b");
    CHECK(read(without_field(sample, script.timeline[1], "for")).timeline[1].field("for") ==
          nullptr);
    CHECK(read(without_field(sample, script.timeline[1], "id")).timeline[1].value("at") == "20s");
    for (std::size_t i = 0; i < 3; ++i) {
        const Script less = read(without_entry(sample, script, i));
        REQUIRE(less.timeline.size() == 2);
        CHECK(less.timeline[0].value("at") == script.timeline[i == 0 ? 1 : 0].value("at"));
    }
    const Script more = read(with_entry(sample, script, "f", "40s", "link.up", "l1"));
    REQUIRE(more.timeline.size() == 4);
    CHECK(more.timeline[3].value("fault") == "link.up");
    const std::string empty = R"({"timeline": []})";
    CHECK(read(with_entry(empty, read(empty), "f", "40s", "link.up", "l1")).timeline.size() == 1);
    const std::string one = R"({"timeline": [ {"id": "x"} ]})";
    const std::string none = without_entry(one, read(one), 0);
    CHECK(read(none).timeline.empty());
    CHECK(read(without_field(one, read(one).timeline[0], "id")).timeline[0].fields.empty());
}

TEST_CASE("Script: broken text is told with its place and harms nothing", "[gui][script]") {
    for (std::size_t cut = 0; cut < sample.size(); ++cut) {
        const Script script = read_script(std::string_view(sample).substr(0, cut));
        if (cut + 2 < sample.size()) {
            CHECK_FALSE(script.error.empty());
        }
        CHECK(script.error_at <= cut);
    }
    CHECK(read_script(sample + "x").error == "something follows the end of the scenario");
    CHECK_FALSE(read_script(std::string(100000, '[')).error.empty());
    CHECK_FALSE(read_script(R"({"timeline": [ { "at": "1s" "x": 1 } ] })").error.empty());
}

TEST_CASE("Script: changes of long texts are shown as the fewest lines", "[gui][script]") {
    std::string before;
    std::string after;
    for (int i = 0; i < 3000; ++i) {
        const std::string line = "line " + std::to_string(i) + "\n";
        before += line;
        after += i == 1500 ? "new\n" + line : i == 2000 ? "" : line;
    }
    const std::vector<LineChange> changes = what_changes(before, after);
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].text == "new");
    CHECK(changes[1].text == "line 2000");
}
