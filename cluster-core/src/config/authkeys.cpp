// SPDX-License-Identifier: GPL-2.0-or-later
// authkeys: `auth N` chooses the key that signs, `N method secret` defines one. The file mode is a
// host fact and judged by whoever reads the file.
#include <array>
#include <utility>

#include "cluster/config.hpp"
#include "text.hpp"

namespace cluster {

namespace {

using text::quote;
using text::Word;

constexpr std::string_view methods =
    "sha1, md5, crc or sha256 (sha256: not understood by heartbeat)";

class AuthKeysParser {
  public:
    AuthKeysParser(std::string_view file_name, Parsed<AuthKeys>& out)
        : m_findings(file_name, out.findings), m_keys(out.value) {}

    void parse(std::string_view text);

  private:
    void auth_line(int line, const std::vector<Word>&);
    void key_line(int line, std::vector<Word>);

    text::FindingList m_findings;
    AuthKeys& m_keys;
    long m_wanted = -1;  // of the last `auth` line
    int m_wanted_line = 0;
    int m_wanted_column = 0;
    int m_selected = -1;  // key line that the then valid `auth` line chose
    std::array<int, 16> m_key_lines{};
};

void AuthKeysParser::parse(std::string_view text) {
    text::LineReader lines(text);
    while (const auto line = lines.next()) {
        if (!text::judge_line(*line, m_findings)) {
            continue;
        }
        const auto words = text::split_words(line->text);
        if (words.empty() || words[0].text.front() == '#') {
            continue;
        }
        if (words[0].text.front() == 'a') {
            auth_line(line->number, words);
        } else {
            key_line(line->number, words);
        }
    }
    if (m_selected < 0) {
        if (m_wanted_line == 0) {
            m_findings.error(
                0, 0, "no-auth", "no auth line", "\"auth N\" before the line of key N");
        } else {
            const auto n = std::to_string(m_wanted);
            const bool possible = m_wanted >= 0 && m_wanted < 16;
            const bool defined = possible && m_key_lines[static_cast<std::size_t>(m_wanted)] > 0;
            if (!possible) {
                m_findings.error(m_wanted_line,
                                 m_wanted_column,
                                 "bad-auth",
                                 "auth " + n,
                                 "a number from 0 to 15");
                m_findings.finish();
                return;
            }
            m_findings.error(
                m_wanted_line,
                m_wanted_column,
                defined ? "auth-after-key" : "key-missing",
                defined ? "auth " + n + " after key " + n : "auth " + n + " and no usable key " + n,
                defined ? "the auth line before the key lines (heartbeat does not look back)"
                        : "a line \"" + n + " sha1 SECRET\" after it");
        }
    } else {
        m_keys.sending_index = m_selected;
        if (m_wanted != m_selected) {
            m_findings.warning(m_wanted_line,
                               m_wanted_column,
                               "auth-without-key",
                               "auth " + std::to_string(m_wanted) + " with no key line after it",
                               "one auth line; heartbeat goes on signing with key " +
                                   std::to_string(m_selected));
        }
        if (m_keys.keys[static_cast<std::size_t>(m_selected)]->method == AuthMethod::crc) {
            m_findings.warning(m_key_lines[static_cast<std::size_t>(m_selected)],
                               1,
                               "crc-is-no-key",
                               "crc as signing method",
                               "sha1: anybody on the network can forge crc packets");
        }
    }
    m_findings.finish();
}

void AuthKeysParser::auth_line(int line, const std::vector<Word>& words) {
    // "auth 1", and as C's scanf allows also "auth1".
    const auto& first = words[0];
    Word number{"", first.column};
    if (first.text == "auth") {
        if (words.size() < 2) {
            m_findings.error(line,
                             first.column,
                             "bad-auth",
                             quote(first.text) + " without a number",
                             "auth N, N from 0 to 15");
            return;
        }
        number = words[1];
    } else if (first.text.starts_with("auth")) {
        number = {first.text.substr(4), first.column + 4};
    } else {
        m_findings.error(
            line, first.column, "bad-auth", quote(first.text), "\"auth\" or the number of a key");
        return;
    }
    const auto value = text::loose_integer(number.text);
    if (!value.any_digit) {
        m_findings.error(line,
                         number.column,
                         "bad-auth",
                         "auth " + quote(number.text),
                         "auth N, N from 0 to 15");
        return;
    }
    if (!value.clean) {
        m_findings.warning(line,
                           number.column,
                           "not-a-number",
                           "auth " + quote(number.text),
                           "a plain number; heartbeat reads " + std::to_string(value.value));
    }
    if (m_wanted_line > 0) {
        m_findings.warning(line,
                           first.column,
                           "repeated-auth",
                           "auth " + quote(number.text) + " after the auth of line " +
                               std::to_string(m_wanted_line),
                           "one auth line; each counts for the key lines below it");
    }
    m_wanted = value.value;
    m_wanted_line = line;
    m_wanted_column = number.column;
}

void AuthKeysParser::key_line(int line, std::vector<Word> words) {
    const auto number = text::loose_integer(words[0].text);
    if (!number.any_digit) {
        m_findings.error(line,
                         words[0].column,
                         "bad-key-line",
                         quote(words[0].text),
                         "\"auth N\" or \"N METHOD SECRET\"");
        return;
    }
    if (!number.clean) {
        // C's scanf needs no blank between the number and the method.
        m_findings.warning(line,
                           words[0].column,
                           "missing-blank",
                           quote(words[0].text),
                           "a blank after the number");
        words.insert(words.begin() + 1,
                     {words[0].text.substr(number.length),
                      words[0].column + static_cast<int>(number.length)});
        words[0].text = words[0].text.substr(0, number.length);
    }
    if (number.value < 0 || number.value > 15) {
        m_findings.error(line,
                         words[0].column,
                         "bad-key-number",
                         "key " + quote(words[0].text),
                         "a number from 0 to 15");
        return;
    }
    if (words.size() < 2) {
        m_findings.error(line,
                         words[0].column,
                         "missing-method",
                         "no method after " + quote(words[0].text),
                         "N METHOD SECRET, METHOD " + std::string(methods));
        return;
    }
    AuthKey key;
    const auto& method = words[1];
    if (method.text == "sha1") {
        key.method = AuthMethod::sha1;
    } else if (method.text == "md5") {
        key.method = AuthMethod::md5;
    } else if (method.text == "crc") {
        key.method = AuthMethod::crc;
    } else if (method.text == "sha256") {
        key.method = AuthMethod::sha256;
        m_findings.warning(line,
                           method.column,
                           "not-heartbeat",
                           "method \"sha256\"",
                           "sha1 while a node still runs heartbeat, which does not start with it");
    } else {
        m_findings.error(line,
                         method.column,
                         "unknown-method",
                         "unknown method " + quote(method.text),
                         std::string(methods));
        return;
    }
    if (key.method == AuthMethod::crc) {
        if (words.size() > 2) {
            m_findings.error(line,
                             words[2].column,
                             "crc-with-secret",
                             "a further word after crc",
                             "nothing: crc takes no secret");
            return;
        }
    } else if (words.size() < 3) {
        m_findings.error(line,
                         method.column,
                         "missing-secret",
                         "no secret after " + quote(method.text),
                         words[0].text.size() < 4 ? std::string(words[0].text) + ' ' +
                                                        std::string(method.text) + " SECRET"
                                                  : "a secret");
        return;
    } else {
        key.secret = words[2].text;
        if (words.size() > 3) {
            m_findings.warning(
                line,
                words[3].column,
                "extra-word",
                "a further word after the secret",
                "a secret without blanks; heartbeat ignores what follows the first word");
        }
    }
    const auto index = static_cast<std::size_t>(number.value);
    if (m_key_lines[index] > 0) {
        m_findings.warning(line,
                           words[0].column,
                           "repeated-key-number",
                           "key " + std::to_string(number.value) + " once more (first in line " +
                               std::to_string(m_key_lines[index]) + ")",
                           "each number once; the last one counts");
    }
    m_keys.keys[index] = std::move(key);
    m_key_lines[index] = line;
    if (number.value == m_wanted) {
        m_selected = static_cast<int>(number.value);
    }
}

}  // namespace

Parsed<AuthKeys> parse_authkeys(std::string_view text, std::string_view file_name) {
    Parsed<AuthKeys> out;
    AuthKeysParser(file_name, out).parse(text);
    return out;
}

}  // namespace cluster
