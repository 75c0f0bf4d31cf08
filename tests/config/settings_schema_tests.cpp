// SPDX-License-Identifier: GPL-2.0-or-later
// The published schema of understudy.json agrees with the reader, on the shipped files and on wrong
// ones.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "cluster/settings_json.hpp"
#include "support/catch.hpp"

namespace {

using valijson::adapters::NlohmannJsonAdapter;

std::string read(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

bool schema_accepts(const std::string& text) {
    static const auto document = nlohmann::json::parse(
        read(std::filesystem::path(SOURCE_DIR) / "scenarios/schema/understudy-1.json"));
    static const auto schema = [] {
        auto out = std::make_unique<valijson::Schema>();
        valijson::SchemaParser().populateSchema(NlohmannJsonAdapter(document), *out);
        return out;
    }();
    const auto instance = nlohmann::json::parse(text);
    return valijson::Validator().validate(*schema, NlohmannJsonAdapter(instance), nullptr);
}

bool reader_accepts(const std::string& text) {
    return cluster::parse_settings_json(text, "understudy.json").ok();
}

}  // namespace

TEST_CASE("Schema: the shipped understudy.json files are valid", "[config][schema]") {
    for (const auto* directory : {"etc", "etc-script", "etc-failback-on"}) {
        CAPTURE(directory);
        const auto text = read(std::filesystem::path(SOURCE_DIR) / "scenarios/call-centre" /
                               directory / "understudy.json");
        CHECK(schema_accepts(text));
        CHECK(reader_accepts(text));
    }
    CHECK(schema_accepts(cluster::settings_to_json({})));
}

TEST_CASE("Schema: schema and reader refuse the same mistakes", "[config][schema]") {
    const std::string head = R"({"format":"understudy-settings/1",)";
    for (const auto& member : {R"("anounce":{}})",
                               R"("announce":{"count":0}})",
                               R"("announce":{"interval":200}})",
                               R"("announce":{"interval":"200"}})",
                               R"("bindings":{"fonulator":{"kind":"bridge"}}})",
                               R"("bindings":{"fonulator":{"knid":"script"}}})",
                               R"("bindings":{"fonulator":{}}})",
                               R"("bindings":{"IPaddr":{"kind":"script"}}})",
                               R"("bindings":{"a":{"kind":"systemd_unit"}}})",
                               R"("bindings":{"a":{"kind":"script","name":"x"}}})",
                               R"("bindings":{"a":{"kind":"script","networks":[]}}})",
                               R"("start_failure":"stay"})",
                               R"("carrier_policy":1})"}) {
        CAPTURE(member);
        CHECK_FALSE(schema_accepts(head + member));
        CHECK_FALSE(reader_accepts(head + member));
    }
    CHECK_FALSE(schema_accepts("{}"));
    for (const auto& member :
         {R"("x-note":1})",
          R"("bindings":{"a":{"kind":"systemd_unit","name":"a.service"}}})",
          R"("bindings":{"a":{"kind":"source_fixup","networks":["10.0.0.0/8"]}}})"}) {
        CAPTURE(member);
        CHECK(schema_accepts(head + member));
        CHECK(reader_accepts(head + member));
    }
}
