// SPDX-License-Identifier: GPL-2.0-or-later
// authkeys: selection of the signing key, truncated files, secrets taken whole. Measured with
// heartbeat 1:3.0.6-13.
#include "cluster/config.hpp"
#include "config/finding_list.hpp"
#include "support/catch.hpp"

using namespace cluster;

namespace {

Parsed<AuthKeys> parse(std::string_view text) {
    return parse_authkeys(text, "authkeys");
}

}  // namespace

TEST_CASE("authkeys: the published secret is taken whole", "[config][authkeys]") {
    const auto parsed = parse("auth 1\n1 sha1 SuPerS&cretP@$$werd\n");
    CHECK(summary(parsed.findings) == Strings{});
    CHECK(parsed.value.sending_index == 1);
    REQUIRE(parsed.value.keys[1].has_value());
    CHECK(parsed.value.keys[1]->method == AuthMethod::sha1);
    CHECK(parsed.value.keys[1]->secret == "SuPerS&cretP@$$werd");
    CHECK_FALSE(parsed.value.keys[0].has_value());
}

TEST_CASE("authkeys: all methods, comments, leading blanks, '#' inside a secret",
          "[config][authkeys]") {
    const auto parsed = parse("# keys\n\n  auth 15\n 0 md5 a#b\r\n15 sha1 \"x\"\n");
    CHECK(summary(parsed.findings) == Strings{});
    CHECK(parsed.value.sending_index == 15);
    CHECK(parsed.value.keys[0]->secret == "a#b");
    CHECK(parsed.value.keys[15]->secret == "\"x\"");
    CHECK(summary(parse("auth 2\n2 crc\n").findings) == Strings{"warning 2:1 crc-is-no-key"});
    CHECK(summary(parse("auth 2\n2 sha256 k\n").findings) == Strings{"warning 2:3 not-heartbeat"});
}

TEST_CASE("authkeys: truncated files say what is missing", "[config][authkeys]") {
    const auto only_auth = parse("auth 1\n");
    REQUIRE(only_auth.findings.size() == 1);
    CHECK(to_string(only_auth.findings[0]) ==
          "authkeys:1:6: error: found auth 1 and no usable key 1, expected a line \"1 sha1 "
          "SECRET\" after it [key-missing]");
    const auto no_secret = parse("auth 1\n1 sha1");
    REQUIRE(summary(no_secret.findings) ==
            Strings{"error 1:6 key-missing", "error 2:3 missing-secret"});
    CHECK(to_string(no_secret.findings[1]) == "authkeys:2:3: error: found no secret after "
                                              "\"sha1\", expected 1 sha1 SECRET [missing-secret]");
    CHECK(summary(parse("").findings) == Strings{"error 0:0 no-auth"});
    CHECK(summary(parse("auth\n").findings) == Strings{"error 1:1 bad-auth", "error 0:0 no-auth"});
    CHECK(summary(parse("auth 1\n1\n").findings) ==
          Strings{"error 1:6 key-missing", "error 2:1 missing-method"});
}

TEST_CASE("authkeys: what heartbeat refuses", "[config][authkeys]") {
    const std::string good = "auth 1\n1 sha1 k\n";
    const std::vector<std::pair<std::string, std::string>> table{
        {"2 foo k", "error 3:3 unknown-method"},
        {"2 SHA1 k", "error 3:3 unknown-method"},
        {"16 sha1 k", "error 3:1 bad-key-number"},
        {"-1 sha1 k", "error 3:1 bad-key-number"},
        {"2 crc k", "error 3:7 crc-with-secret"},
        {"2 md5", "error 3:3 missing-secret"},
        {"foo", "error 3:1 bad-key-line"},
        {"axx", "error 3:1 bad-auth"},
        {"auth x", "error 3:6 bad-auth"},
        {"2x", "error 3:2 unknown-method"},
    };
    for (const auto& [line, finding] : table) {
        CAPTURE(line);
        CHECK(summary(parse(good + line).findings, Severity::error) == Strings{finding});
    }
    CHECK(summary(parse("1 sha1 k\nauth 1\n").findings) == Strings{"error 2:6 auth-after-key"});
    CHECK(summary(parse("auth 16\n1 sha1 k\n").findings) == Strings{"error 1:6 bad-auth"});
}

TEST_CASE("authkeys: foolish but accepted is a warning", "[config][authkeys]") {
    CHECK(summary(parse("auth 1\n1 sha1 two words\n").findings) ==
          Strings{"warning 2:12 extra-word"});
    CHECK(summary(parse("auth 1\n1 sha1 a\n1 md5 b\n").findings) ==
          Strings{"warning 3:1 repeated-key-number"});
    CHECK(summary(parse("auth 1\n1sha1 k\n").findings) == Strings{"warning 2:1 missing-blank"});
    CHECK(summary(parse("auth1\n1 sha1 k\n").findings) == Strings{});
    CHECK(summary(parse("auth 1x\n1 sha1 k\n").findings) == Strings{"warning 1:6 not-a-number"});
    const auto later = parse("auth 1\n1 sha1 k\nauth 2\n");
    CHECK(summary(later.findings) ==
          Strings{"warning 3:1 repeated-auth", "warning 3:6 auth-without-key"});
    CHECK(later.value.sending_index == 1);
    const auto second = parse("auth 1\n1 sha1 k\nauth 2\n2 md5 q\n");
    CHECK(second.ok());
    CHECK(second.value.sending_index == 2);
}

TEST_CASE("authkeys: hostile bytes", "[config][authkeys]") {
    CHECK_FALSE(parse(std::string(1U << 20U, 'a')).ok());
    CHECK_FALSE(parse(std::string("auth 1\n1 sha1 \0k\n", 17)).ok());
    CHECK_FALSE(parse("auth 99999999999999999999\n1 sha1 k\n").ok());
}
