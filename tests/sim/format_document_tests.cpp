// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"

#include "scenario/json_document.hpp"

using sim::Json;

namespace {

std::vector<sim::ScenarioError> errors_of(const std::string& text) {
    std::vector<sim::ScenarioError> errors;
    (void)sim::parse_document("f.json", text, errors);
    return errors;
}

}  // namespace

TEST_CASE("Document: a syntax error has line, column, found and expected", "[sim][scenario]") {
    const auto errors = errors_of("{\n  \"a\": 1,\n  \"b\": }\n");
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].line == 3);
    CHECK(errors[0].column == 8);
    CHECK(errors[0].found == "}");
    CHECK(errors[0].expected.find("literal") != std::string::npos);
}

TEST_CASE("Document: the end of the file in the middle is said as such", "[sim][scenario]") {
    const auto errors = errors_of("{\"a\": [1, 2");
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].found == "the end of the file");
    CHECK(errors[0].line == 1);
}

TEST_CASE("Document: a key that stands twice is an error where it stands again",
          "[sim][scenario]") {
    const auto errors = errors_of("{\n \"a\": {\"k\": 1,\n        \"k\": 2}}");
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].pointer == "/a/k");
    CHECK(errors[0].line == 3);
    CHECK(errors[0].column == 9);
}

TEST_CASE("Document: depth and size are limited", "[sim][scenario]") {
    CHECK(errors_of(std::string(64, '[') + std::string(64, ']')).empty());
    const auto deep = errors_of(std::string(65, '[') + std::string(65, ']'));
    REQUIRE(deep.size() == 1);
    CHECK(deep[0].column == 65);
    const auto large = errors_of(std::string(sim::max_document_bytes + 1, ' '));
    REQUIRE(large.size() == 1);
    CHECK(large[0].expected == "at most 16 MiB");
}

TEST_CASE("Document: values are found by pointer, escapes and lists included", "[sim][scenario]") {
    const std::string text =
        "{\"a/b\": [10,\n  {\"~\": \"x\"}, [], \"s,]\" ],\n \"\\u0041\": true}";
    const auto located = sim::locate(text, {"", "/a~1b/1/~0", "/a~1b/3", "/A", "/none"});
    CHECK(located.values.at("").column == 1);
    CHECK(located.values.at("/a~1b/1/~0").line == 2);
    CHECK(located.values.at("/a~1b/1/~0").column == 9);
    CHECK(located.values.at("/a~1b/3").column == 19);
    CHECK(located.values.at("/A").line == 3);
    CHECK(located.keys.at("/A").column == 2);
    CHECK_FALSE(located.values.contains("/none"));
}

TEST_CASE("Document: merge patch replaces, removes and merges lists by id", "[sim][scenario]") {
    const Json base = Json::parse(
        R"({"a": 1, "b": {"c": 1, "d": 2}, "plain": [1, 2], "list": [{"id": "x", "v": 1}, {"id": "y", "v": 2}]})");
    const Json patch = Json::parse(
        R"({"a": null, "b": {"d": 3}, "plain": [9], "list": [{"id": "y", "w": 5}, {"id": "z"}]})");
    CHECK(
        sim::merge_by_id(base, patch) ==
        Json::parse(
            R"({"b": {"c": 1, "d": 3}, "plain": [9], "list": [{"id": "x", "v": 1}, {"id": "y", "v": 2, "w": 5}, {"id": "z"}]})"));
}

TEST_CASE("Document: RFC 7386 examples hold for lists without ids", "[sim][scenario]") {
    const auto merged = [](const char* base, const char* patch) {
        return sim::merge_by_id(Json::parse(base), Json::parse(patch));
    };
    CHECK(merged(R"({"a":"b"})", R"({"a":"c"})") == Json::parse(R"({"a":"c"})"));
    CHECK(merged(R"({"a":"b","b":"c"})", R"({"a":null})") == Json::parse(R"({"b":"c"})"));
    CHECK(merged(R"({"a":["b"]})", R"({"a":"c"})") == Json::parse(R"({"a":"c"})"));
    CHECK(merged(R"({"a":"foo"})", R"("bar")") == Json::parse(R"("bar")"));
    CHECK(merged(R"([1,2])", R"({"a":"b","c":null})") == Json::parse(R"({"a":"b"})"));
    CHECK(merged(R"({"e":null})", R"({"a":1})") == Json::parse(R"({"e":null,"a":1})"));
    CHECK(merged(R"({})", R"({"a":{"bb":{"ccc":null}}})") == Json::parse(R"({"a":{"bb":{}}})"));
}

TEST_CASE("Document: a merged value is traced to the file that wrote it", "[sim][scenario]") {
    sim::DocumentChain chain;
    chain.documents.push_back(
        {"derived.json", "", Json::parse(R"({"list": [{"id": "y", "w": 5}]})")});
    chain.documents.push_back(
        {"base.json", "", Json::parse(R"({"list": [{"id": "x", "v": 1}, {"id": "y", "v": 2}]})")});
    chain.merged = sim::merge_by_id(chain.documents[1].value, chain.documents[0].value);
    CHECK(chain.origin("/list/1/w").document->file == "derived.json");
    CHECK(chain.origin("/list/1/w").pointer == "/list/0/w");
    CHECK(chain.origin("/list/1/v").document->file == "base.json");
    CHECK(chain.origin("/list/1/v").pointer == "/list/1/v");
    CHECK(chain.origin("/list/0").document->file == "base.json");
    CHECK_FALSE(chain.origin("/list/0/none").exact);
}

TEST_CASE("Document: hostile text is made printable", "[sim][scenario]") {
    CHECK(sim::printable("a\x1b[31m\xff") == "a\\u001b[31m\\ufffd");
    CHECK(sim::printable(std::string(100, 'x')).size() < 70);
    CHECK(sim::describe(Json(5)) == "5");
    CHECK(sim::describe(Json("a\"b")) == "\"a\"b\"");
    CHECK(sim::describe(Json::array({1, 2})) == "a list of 2");
}
