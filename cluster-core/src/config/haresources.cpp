// SPDX-License-Identifier: GPL-2.0-or-later
// haresources: one line per resource group, preferred owner first. Words are judged as heartbeat's
// shell scripts read them; whether a script exists is a host fact and not judged here.
#include <algorithm>
#include <map>
#include <utility>

#include "cluster/config.hpp"
#include "text.hpp"

namespace cluster {

namespace {

using text::quote;

// Far beyond any real cluster; keeps group and position numbers (16 bits) and memory bounded on
// hostile input.
constexpr std::size_t max_groups = 1000;
constexpr std::size_t max_resources = 1000;

struct PlacedWord {
    std::string_view text;
    int line = 0;
    int column = 0;
};

/// The shell pattern by which heartbeat tells an address from a script name: digit, then three
/// times ".digit".
bool looks_like_address(std::string_view word) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (word.empty() || !is_digit(word.front())) {
        return false;
    }
    int dots = 0;
    for (std::size_t i = 1; i + 1 < word.size() && dots < 3; ++i) {
        if (word[i] == '.' && is_digit(word[i + 1])) {
            ++dots;
            ++i;
        }
    }
    return dots == 3;
}

class HaResourcesParser {
  public:
    HaResourcesParser(std::string_view file_name,
                      const std::vector<std::string>& nodes,
                      Parsed<HaResources>& out)
        : m_findings(file_name, out.findings), m_nodes(nodes), m_groups(out.value.groups) {}

    void parse(std::string_view text);

  private:
    void group(const std::vector<PlacedWord>&);
    void owner(const PlacedWord&);
    std::optional<ResourceWord> resource(const PlacedWord&);
    void built_in_arguments(const ResourceWord&, const PlacedWord&);
    void key(const ResourceGroupConfig&);

    text::FindingList m_findings;
    const std::vector<std::string>& m_nodes;
    std::vector<ResourceGroupConfig>& m_groups;
    std::map<std::string, int, std::less<>> m_keys;  // key -> line
};

void HaResourcesParser::parse(std::string_view text) {
    text::LineReader lines(text);
    std::vector<PlacedWord> words;  // of the logical line so far
    bool more = false;
    bool warned_about_cr = false;
    while (const auto line = lines.next()) {
        if (!text::judge_line(*line, m_findings)) {
            continue;
        }
        auto body = line->text.substr(0, line->text.find('#'));
        // Only a backslash as the very last character joins lines.
        more = !body.empty() && body.back() == '\\' && body.size() == line->text.size();
        if (more) {
            body.remove_suffix(1);
        }
        if (!warned_about_cr && body.find('\r') != std::string_view::npos) {
            warned_about_cr = true;
            m_findings.warning(line->number,
                               static_cast<int>(body.find('\r')) + 1,
                               "carriage-return",
                               "a carriage return",
                               "Unix line ends; the scripts take it as part of the last word");
        }
        if (words.empty()) {
            // The daemon takes the first word with all that sticks to it, the scripts cut it at
            // '#'.
            const auto raw = text::split_words(line->text.substr(0, text::max_line_length));
            if (!raw.empty() && raw[0].text.front() != '#' &&
                raw[0].text.find('#', 1) != std::string_view::npos) {
                m_findings.error(line->number,
                                 raw[0].column,
                                 "unknown-node",
                                 "unknown node " + quote(raw[0].text),
                                 "a blank before '#'");
                continue;
            }
        }
        for (const auto& word : text::split_words(body)) {
            if (words.size() <= max_resources) {
                words.push_back({word.text, line->number, word.column});
            } else {
                m_findings.error(line->number,
                                 word.column,
                                 "too-many-resources",
                                 quote(word.text),
                                 "at most 1000 resources in one group");
            }
        }
        if (!more) {
            group(words);
            words.clear();
        }
    }
    group(words);  // a last line that ends in a backslash
    if (m_groups.empty()) {
        m_findings.warning(0,
                           0,
                           "no-groups",
                           "no resource group",
                           "NODE RESOURCE...; with none there is nothing to take over");
    }
    m_findings.finish();
}

void HaResourcesParser::group(const std::vector<PlacedWord>& words) {
    if (words.empty()) {
        return;
    }
    owner(words[0]);
    if (words.size() == 1) {
        m_findings.warning(words[0].line,
                           words[0].column,
                           "empty-group",
                           quote(words[0].text) + " without a resource",
                           "NODE RESOURCE...");
        return;
    }
    if (m_groups.size() >= max_groups) {
        m_findings.error(
            words[0].line, words[0].column, "too-many-groups", "one more group", "at most 1000");
        return;
    }
    ResourceGroupConfig group;
    group.node = text::lower_case(words[0].text);
    group.where = m_findings.at(words[0].line, words[0].column);
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (auto word = resource(words[i])) {
            group.resources.push_back(std::move(*word));
        }
    }
    if (!group.resources.empty()) {
        key(group);
        m_groups.push_back(std::move(group));
    }
}

void HaResourcesParser::owner(const PlacedWord& word) {
    if (m_nodes.empty()) {
        return;
    }
    const auto is_this = [&](std::string_view node) {
        return text::equal_ignoring_case(node, word.text);
    };
    if (std::any_of(m_nodes.begin(), m_nodes.end(), is_this)) {
        return;
    }
    std::string expected = "a node of ha.cf";
    if (!m_findings.full()) {
        const auto near = text::nearest(word.text, {m_nodes.begin(), m_nodes.end()});
        expected += near.empty() ? " in the first column" : ": " + quote(near);
    }
    m_findings.error(word.line,
                     word.column,
                     "unknown-node",
                     "unknown node " + quote(word.text),
                     std::move(expected));
}

std::optional<ResourceWord> HaResourcesParser::resource(const PlacedWord& word) {
    ResourceWord out;
    out.text = word.text;
    out.where = m_findings.at(word.line, word.column);
    if (word.text == "\\") {
        m_findings.error(word.line,
                         word.column,
                         "stray-backslash",
                         "a backslash before the end of the line",
                         "the backslash as the last character, to join lines");
        return std::nullopt;
    }
    const auto first = word.text.find("::");
    if (first == std::string_view::npos && looks_like_address(word.text)) {
        out.script = "IPaddr";
        out.arguments.emplace_back(word.text);
    } else {
        out.script = word.text.substr(0, first);
        auto rest =
            first == std::string_view::npos ? std::string_view() : word.text.substr(first + 2);
        while (!rest.empty()) {
            const auto end = rest.find("::");
            // Empty arguments vanish, as they do when the shell splits the blanks that "::" turns
            // into.
            if (const auto argument = rest.substr(0, end); !argument.empty()) {
                out.arguments.emplace_back(argument);
            }
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
        }
    }
    if (out.script.empty() || out.script.find('/') != std::string::npos) {
        m_findings.error(word.line,
                         word.column,
                         "bad-resource",
                         quote(word.text),
                         "an address or SCRIPT[::ARGUMENT]..., the script without a path");
        return std::nullopt;
    }
    built_in_arguments(out, word);
    return out;
}

void HaResourcesParser::built_in_arguments(const ResourceWord& resource, const PlacedWord& word) {
    if (resource.script != "IPaddr" && resource.script != "IPaddr2" &&
        resource.script != "IPsrcaddr") {
        return;
    }
    // heartbeat starts with such a line and fails when it has to take the address: the worst moment
    // to find out.
    if (resource.arguments.empty()) {
        m_findings.error(word.line,
                         word.column,
                         "bad-address",
                         quote(word.text),
                         resource.script + "::ADDRESS[/MASK[/INTERFACE[:LABEL]][/BROADCAST]]");
        return;
    }
    const auto spec = parse_address_spec(resource.arguments[0]);
    if (!spec || (resource.script == "IPsrcaddr" && !spec->interface.empty())) {
        m_findings.error(word.line,
                         word.column,
                         "bad-address",
                         quote(resource.arguments[0]),
                         "ADDRESS[/MASK[/INTERFACE[:LABEL]][/BROADCAST]]");
    } else if (resource.arguments.size() > 1) {
        m_findings.warning(word.line,
                           word.column,
                           "extra-argument",
                           quote(resource.arguments[1]) + " after the address",
                           "one argument; \"::\" also cuts an IPv6 address in two");
    }
}

void HaResourcesParser::key(const ResourceGroupConfig& group) {
    const auto& first = group.resources.front();
    const auto [known, is_new] = m_keys.emplace(first.text, first.where.line);
    if (!is_new) {
        m_findings.warning(
            first.where.line,
            first.where.column,
            "repeated-key",
            quote(first.text) + " as first resource again (also line " +
                std::to_string(known->second) + ")",
            "a different first resource in each group: heartbeat finds groups by it");
    }
    if (first.text.find_first_of("+*?()[]{}|^$\\") != std::string::npos) {
        m_findings.warning(first.where.line,
                           first.where.column,
                           "key-is-a-pattern",
                           quote(first.text) + " as first resource",
                           "one without + * ? ( ) [ ] { } | ^ $ \\: heartbeat looks it up as a "
                           "regular expression");
    }
}

}  // namespace

Parsed<HaResources> parse_haresources(std::string_view text,
                                      std::string_view file_name,
                                      const std::vector<std::string>& nodes) {
    Parsed<HaResources> out;
    HaResourcesParser(file_name, nodes, out).parse(text);
    return out;
}

}  // namespace cluster
