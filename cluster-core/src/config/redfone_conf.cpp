// SPDX-License-Identifier: GPL-2.0-or-later
// redfone.conf: the foneBRIDGE and its spans as fonulator 2.0.1 reads them. That reader is strict
// (no blanks, no unknown text), so nearly everything here is an error; licence key blocks are
// skipped, the DSP channel map is checked.
#include <algorithm>
#include <map>
#include <utility>

#include "cluster/config.hpp"
#include "text.hpp"

namespace cluster {

namespace {

using text::Line;
using text::quote;

class RedfoneParser {
  public:
    RedfoneParser(std::string_view file_name, Parsed<RedfoneConfig>& out)
        : m_findings(file_name, out.findings), m_config(out.value) {}

    void parse(std::string_view text);

  private:
    enum class Section { none, globals, span, dsp };

    struct NamedSpan {
        int number = 0;
        int line = 0;
        SpanConfig config;
        bool framing_set = false;
        bool e1_framing = false;
        bool e1_coding = false;
        bool coding_fixes_mode = false;
    };

    void line(const Line&);
    void section(const Line&, std::string_view name);
    void directive(const Line&, std::string_view key, std::optional<std::string_view> value);
    void global(const Line&, std::string_view key, std::optional<std::string_view> value);
    void span(const Line&, std::string_view key, std::optional<std::string_view> value);
    void dsp(const Line&, std::string_view key, std::optional<std::string_view> value);
    void priorities(const Line&, std::string_view value);
    void haul(const Line&, std::string_view key, std::string_view value);
    void channels(const Line&, std::string_view key, std::string_view value);
    void key_entry(const Line&);
    void finish();
    NamedSpan& current();

    void bad_value(const Line& l,
                   std::string_view key,
                   std::string_view value,
                   std::string_view expected) {
        m_findings.error(l.number,
                         static_cast<int>(key.size()) + 2,
                         "bad-value",
                         std::string(key) + '=' + quote(value),
                         std::string(expected));
    }

    text::FindingList m_findings;
    RedfoneConfig& m_config;
    Section m_section = Section::none;
    bool m_globals_seen = false;
    bool m_in_key_entry = false;
    int m_key_entry_line = 0;
    int m_span = 0;
    int m_span_line = 0;
    std::vector<NamedSpan> m_spans;                  // in order of first use
    std::map<std::string, int, std::less<>> m_seen;  // key within the section -> line
};

void RedfoneParser::parse(std::string_view text) {
    if (const auto cr = text.find('\r'); cr != std::string_view::npos) {
        // One finding instead of one per line; the lines are then read without it to find what else
        // is wrong.
        const auto before = text.substr(0, cr);
        const auto line_start = before.rfind('\n');
        m_findings.error(
            static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
            static_cast<int>(line_start == std::string_view::npos ? cr : cr - line_start - 1) + 1,
            "carriage-return",
            "a carriage return",
            "Unix line ends; fonulator takes no other");
    }
    text::LineReader lines(text);
    while (auto next = lines.next()) {
        if (!text::judge_line(*next, m_findings)) {
            continue;
        }
        while (!next->text.empty() && next->text.back() == '\r') {
            next->text.remove_suffix(1);
        }
        line(*next);
    }
    finish();
    m_findings.finish();
}

void RedfoneParser::line(const Line& l) {
    const auto body = l.text;
    if (m_in_key_entry || text::equal_ignoring_case(body.substr(0, 11), "key_entry {")) {
        key_entry(l);
        return;
    }
    if (body.find_first_not_of(" \t") == std::string_view::npos || body.front() == '#') {
        return;
    }
    if (const auto blank = body.find_first_of(" \t"); blank != std::string_view::npos) {
        // priorities= and dsp= alone are not anchored to the line end, so blanks may follow them.
        const auto head = text::lower_case(body.substr(0, blank));
        const bool trailing = body.find_first_not_of(" \t", blank) == std::string_view::npos;
        if (!(trailing && (head.starts_with("priorities=") || head.starts_with("dsp=")))) {
            m_findings.error(l.number,
                             static_cast<int>(blank) + 1,
                             "blank",
                             "a blank in " + quote(body),
                             "no blanks at all: KEY=VALUE from the first column; a comment has a "
                             "line of its own");
            return;
        }
        directive(l,
                  body.substr(0, head.find('=')),
                  body.substr(head.find('=') + 1, blank - head.find('=') - 1));
        return;
    }
    if (body.front() == '[') {
        if (body.back() != ']') {
            m_findings.error(
                l.number, 1, "bad-section", quote(body), "[globals], [span1] to [span4] or [dsp]");
            return;
        }
        section(l, body.substr(1, body.size() - 2));
        return;
    }
    const auto equals = body.find('=');
    if (equals == std::string_view::npos) {
        directive(l, body, std::nullopt);
    } else {
        directive(l, body.substr(0, equals), body.substr(equals + 1));
    }
}

void RedfoneParser::section(const Line& l, std::string_view raw_name) {
    const auto name = text::lower_case(raw_name);
    m_seen.clear();
    if (name == "globals") {
        if (m_section != Section::none) {
            m_findings.error(l.number,
                             1,
                             m_globals_seen ? "repeated-section" : "section-order",
                             quote("[globals]"),
                             "[globals] once, as the first section");
        }
        m_section = Section::globals;
        m_globals_seen = true;
    } else if (name.size() == 5 && name.starts_with("span") && name[4] >= '0' && name[4] <= '9') {
        const int number = name[4] - '0';
        if (m_section == Section::none || m_section == Section::dsp) {
            m_findings.error(l.number,
                             1,
                             "section-order",
                             quote(l.text),
                             m_section == Section::none ? "[globals] before it"
                                                        : "the spans before [dsp]");
        }
        if (number < 1 || number > 4) {
            m_findings.error(l.number, 6, "bad-span", quote(l.text), "[span1] to [span4]");
        } else if (m_section == Section::span && m_span == number) {
            m_findings.error(l.number,
                             1,
                             "repeated-section",
                             quote(l.text) + " directly after itself (line " +
                                 std::to_string(m_span_line) + ")",
                             "each span once");
        } else if (std::any_of(m_spans.begin(), m_spans.end(), [&](const NamedSpan& s) {
                       return s.number == number;
                   })) {
            m_findings.warning(l.number,
                               1,
                               "reopened-span",
                               quote(l.text) + " once more",
                               "each span once; fonulator adds to the first");
        }
        m_section = Section::span;
        m_span = number;
        m_span_line = l.number;
    } else if (name == "dsp") {
        if (m_section == Section::none || m_section == Section::dsp) {
            m_findings.error(l.number,
                             1,
                             m_section == Section::dsp ? "repeated-section" : "section-order",
                             quote("[dsp]"),
                             "[dsp] once, as the last section");
        }
        m_section = Section::dsp;
    } else {
        m_findings.error(
            l.number, 1, "bad-section", quote(l.text), "[globals], [span1] to [span4] or [dsp]");
        m_section = m_section == Section::none ? Section::globals
                                               : m_section;  // no second complaint per line
    }
}

void RedfoneParser::directive(const Line& l,
                              std::string_view raw_key,
                              std::optional<std::string_view> value) {
    const auto key = text::lower_case(raw_key);
    struct Known {
        std::string_view key;
        Section section;
        bool has_value;
    };
    // dsp= and dspdisabled are taken in any section.
    static constexpr std::array<Known, 22> table{{
        {"fb", Section::globals, true},       {"port", Section::globals, true},
        {"server", Section::globals, true},   {"priorities", Section::globals, true},
        {"wplloff", Section::globals, false}, {"iec", Section::none, false},
        {"framing", Section::span, true},     {"encoding", Section::span, true},
        {"crc4", Section::span, false},       {"rbs", Section::span, false},
        {"j1", Section::span, false},         {"loopback", Section::span, false},
        {"slave", Section::span, false},      {"master", Section::none, false},
        {"longhaul", Section::span, true},    {"shorthaul", Section::span, true},
        {"dejitter", Section::span, false},   {"dspdisabled", Section::none, false},
        {"dsp", Section::none, true},         {"voicea", Section::dsp, true},
        {"voiceb", Section::dsp, true},       {"data", Section::dsp, true},
    }};
    const auto* known =
        std::find_if(table.begin(), table.end(), [&](const Known& k) { return k.key == key; });
    if (known == table.end()) {
        std::string expected = "a directive of redfone.conf";
        if (!m_findings.full()) {
            std::vector<std::string_view> names;
            for (const auto& k : table) {
                names.push_back(k.key);
            }
            const auto near = text::nearest(key, names);
            if (key == "crcmlt") {
                expected = quote("crc4");
            } else if (key == "fb1" || key == "fb2") {
                expected =
                    quote("fb=ADDRESS") + " and " + quote("port=1") + " or " + quote("port=2");
            } else if (!near.empty()) {
                expected = quote(near);
            }
        }
        m_findings.error(l.number,
                         1,
                         "unknown-directive",
                         "unknown directive " + quote(raw_key),
                         std::move(expected));
        return;
    }
    if (known->has_value != value.has_value()) {
        m_findings.error(l.number,
                         known->has_value ? 1 : static_cast<int>(key.size()) + 1,
                         "bad-value",
                         quote(l.text),
                         known->has_value ? key + "=VALUE" : quote(key) + " alone");
        return;
    }
    if (known->section != Section::none && known->section != m_section) {
        const std::string_view home = known->section == Section::globals ? "[globals]"
                                      : known->section == Section::span  ? "a [spanN]"
                                                                         : "[dsp]";
        m_findings.error(l.number,
                         1,
                         "wrong-section",
                         quote(l.text) + (m_section == Section::none ? " before any section"
                                                                     : " outside its section"),
                         "it in " + std::string(home));
        return;
    }
    if (key != "voicea" && key != "voiceb" && key != "data") {
        if (const auto [earlier, is_new] = m_seen.emplace(key, l.number); !is_new) {
            m_findings.warning(l.number,
                               1,
                               "repeated-directive",
                               quote(l.text) + " once more (first in line " +
                                   std::to_string(earlier->second) + ")",
                               "it once per section; the last one counts");
        }
    }
    switch (known->section) {
    case Section::globals:
        global(l, key, value);
        break;
    case Section::span:
        span(l, key, value);
        break;
    case Section::dsp:
    case Section::none:
        dsp(l, key, value);
        break;
    }
}

void RedfoneParser::global(const Line& l,
                           std::string_view key,
                           std::optional<std::string_view> value) {
    if (key == "fb") {
        const auto legal = [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                   c == '.';
        };
        if (value->empty() || !std::all_of(value->begin(), value->end(), legal)) {
            bad_value(l, key, *value, "an address or host name of letters, digits and dots");
            return;
        }
        m_config.bridge_address = *value;
        if (!text::is_ipv4(*value)) {
            m_findings.warning(
                l.number,
                4,
                "host-name",
                "fb=" + quote(*value),
                "an IPv4 address; a name needs a name server in the moment of the takeover");
        }
    } else if (key == "port") {
        if (*value != "1" && *value != "2") {
            bad_value(l, key, *value, "1 or 2");
            return;
        }
        m_config.port = value->front() - '0';
    } else if (key == "server") {
        const auto mac = parse_mac(*value);
        if (!mac) {
            bad_value(l, key, *value, "a MAC address (00:11:22:33:44:55)");
            return;
        }
        m_config.server = mac;
        if (((*mac)[0] & 1U) != 0) {
            m_findings.warning(l.number,
                               8,
                               "group-mac",
                               "server=" + quote(*value),
                               "the address of one interface, not of a group");
        }
    } else if (key == "priorities") {
        priorities(l, *value);
    } else {
        m_config.pll = false;  // wplloff
    }
}

void RedfoneParser::priorities(const Line& l, std::string_view value) {
    constexpr std::string_view expected = "four of 0 to 3, each once, or 0,0,0,0";
    const auto digit = [&](std::size_t i) { return value[i] >= '0' && value[i] <= '9'; };
    const bool form = value.size() == 7 && value[1] == ',' && value[3] == ',' && value[5] == ',' &&
                      digit(0) && digit(2) && digit(4) && digit(6);
    if (!form) {
        bad_value(l, "priorities", value, expected);
        return;
    }
    std::array<int, 4> numbers{};
    for (std::size_t i = 0; i < 4; ++i) {
        numbers[i] = value[2 * i] - '0';
    }
    auto sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    if (sorted != std::array{0, 1, 2, 3} && sorted != std::array{0, 0, 0, 0}) {
        bad_value(l, "priorities", value, expected);
        return;
    }
    m_config.priorities = numbers;
}

RedfoneParser::NamedSpan& RedfoneParser::current() {
    const auto it = std::find_if(
        m_spans.begin(), m_spans.end(), [&](const NamedSpan& s) { return s.number == m_span; });
    if (it != m_spans.end()) {
        return *it;
    }
    NamedSpan fresh;
    fresh.number = m_span;
    fresh.line = m_span_line;
    fresh.config.framing = T1Framing::sf;  // what fonulator leaves when framing= is not given
    m_spans.push_back(fresh);
    return m_spans.back();
}

void RedfoneParser::span(const Line& l,
                         std::string_view key,
                         std::optional<std::string_view> value) {
    auto& named = current();
    auto& config = named.config;
    if (key == "framing") {
        const auto framing = text::lower_case(*value);
        named.framing_set = true;
        named.e1_framing = framing == "ccs" || framing == "cas";
        if (framing == "esf") {
            config.framing = T1Framing::esf;
        } else if (framing == "sf") {
            config.framing = T1Framing::sf;
        } else if (framing == "ccs") {
            config.framing = T1Framing::ccs;
            config.rbs = false;
        } else if (framing == "cas") {
            config.framing = T1Framing::cas;
            config.rbs = true;
        } else {
            bad_value(l, key, *value, "esf, sf, ccs or cas");
        }
    } else if (key == "encoding") {
        const auto coding = text::lower_case(*value);
        named.e1_coding = coding == "hdb3";
        named.coding_fixes_mode = coding == "hdb3" || coding == "b8zs";
        if (coding == "b8zs") {
            config.encoding = LineCoding::b8zs;
        } else if (coding == "hdb3") {
            config.encoding = LineCoding::hdb3;
        } else if (coding == "ami") {
            config.encoding = LineCoding::ami;
        } else {
            bad_value(l, key, *value, "b8zs, hdb3 or ami");
        }
    } else if (key == "longhaul" || key == "shorthaul") {
        haul(l, key, *value);
    } else if (key == "crc4") {
        config.crc4 = true;
    } else if (key == "rbs") {
        config.rbs = true;
    } else if (key == "j1") {
        config.j1 = true;
    } else if (key == "loopback") {
        config.loopback = true;
    } else if (key == "slave") {
        config.slave = true;
        m_findings.warning(l.number,
                           1,
                           "old-hardware",
                           "\"slave\"",
                           "priorities= in [globals]; bridges since build 36 do not read slave");
    } else {
        config.dejitter = true;
    }
}

void RedfoneParser::haul(const Line& l, std::string_view key, std::string_view value) {
    auto& config = current().config;
    const bool is_long = key == "longhaul";
    const int highest = is_long ? 3 : 4;
    const auto number = text::strict_integer(value);
    if (!number || *number > highest || value.size() != 1) {
        bad_value(l, key, value, "0 to " + std::to_string(highest));
        return;
    }
    if (is_long ? config.shorthaul.has_value() : config.longhaul.has_value()) {
        m_findings.error(l.number,
                         1,
                         "haul-twice",
                         quote(l.text) + " next to " + (is_long ? "shorthaul" : "longhaul"),
                         "either longhaul or shorthaul");
        return;
    }
    (is_long ? config.longhaul : config.shorthaul) = number;
}

void RedfoneParser::dsp(const Line& l,
                        std::string_view key,
                        std::optional<std::string_view> value) {
    if (key == "dspdisabled") {
        m_config.dsp_disabled = true;
    } else if (key == "dsp") {
        const auto law = text::lower_case(*value);
        if (law != "ulaw" && law != "alaw" && law != "off") {
            bad_value(l, key, *value, "ulaw, alaw or off");
            return;
        }
        m_config.dsp = law;
    } else if (key == "iec" || key == "master") {
        m_findings.note(
            l.number, 1, "deprecated-directive", quote(key), "nothing: fonulator ignores it");
    } else {
        channels(l, key, *value);
    }
}

void RedfoneParser::channels(const Line& l, std::string_view key, std::string_view value) {
    const auto dash = value.find('-');
    const auto first = text::strict_integer(value.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : text::strict_integer(value.substr(dash + 1));
    if (!first || !last || *first < 1 || *last > 124 || *first > *last) {
        bad_value(l, key, value, "a channel or a range of 1 to 124");
    }
}

void RedfoneParser::key_entry(const Line& l) {
    if (!m_in_key_entry) {
        m_key_entry_line = l.number;
    }
    m_in_key_entry = l.text.find('}') == std::string_view::npos;
}

void RedfoneParser::finish() {
    if (m_in_key_entry) {
        m_findings.error(m_key_entry_line,
                         1,
                         "open-key-entry",
                         "\"key_entry {\" without an end",
                         "\"}\" after the keys");
    }
    if (m_config.bridge_address.empty()) {
        m_findings.error(
            0, 0, "missing-fb", "no fb= line", "fb=ADDRESS of the bridge in [globals]");
    }
    if (!m_config.server) {
        m_findings.error(0,
                         0,
                         "missing-server",
                         "no server= line",
                         "server=MAC of this node's interface towards the bridge in [globals]");
    }
    int highest = 0;
    for (const auto& span : m_spans) {
        if (span.number < 1 || span.number > 4) {
            continue;
        }
        highest = std::max(highest, span.number);
        if (!span.framing_set) {
            m_findings.warning(span.line,
                               1,
                               "framing-unset",
                               "[span" + std::to_string(span.number) + "] without framing=",
                               "framing=esf or another; unset means sf");
        } else if (span.coding_fixes_mode && span.e1_framing != span.e1_coding) {
            m_findings.warning(span.line,
                               1,
                               "t1-e1-mixed",
                               "[span" + std::to_string(span.number) +
                                   "] with a framing and an encoding of different line types",
                               "esf or sf with b8zs, ccs or cas with hdb3");
        }
    }
    if (highest == 0) {
        m_findings.warning(
            0, 0, "no-spans", "no span section", "[span1]...; the bridge keeps its present spans");
        return;
    }
    // Gaps get the settings of the span that was named last.
    m_config.spans.assign(static_cast<std::size_t>(highest), SpanConfig{});
    std::array<bool, 5> named{};
    const SpanConfig* last = nullptr;
    for (const auto& span : m_spans) {
        if (span.number >= 1 && span.number <= 4) {
            named[static_cast<std::size_t>(span.number)] = true;
            m_config.spans[static_cast<std::size_t>(span.number) - 1] = span.config;
            last = &span.config;
        }
    }
    for (int number = 1; number <= highest; ++number) {
        if (!named[static_cast<std::size_t>(number)]) {
            m_config.spans[static_cast<std::size_t>(number) - 1] = *last;
            m_findings.warning(0,
                               0,
                               "span-gap",
                               "no settings for span " + std::to_string(number),
                               "a [span" + std::to_string(number) +
                                   "]; it gets those of the span named last");
        }
    }
}

}  // namespace

Parsed<RedfoneConfig> parse_redfone_conf(std::string_view text, std::string_view file_name) {
    Parsed<RedfoneConfig> out;
    RedfoneParser(file_name, out).parse(text);
    return out;
}

std::string to_string(const MacAddress& mac) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out;
    for (const auto byte : mac) {
        if (!out.empty()) {
            out += ':';
        }
        out += hex[byte >> 4U];
        out += hex[byte & 0xFU];
    }
    return out;
}

std::optional<MacAddress> parse_mac(std::string_view text) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    if (text.size() != 17) {
        return std::nullopt;
    }
    MacAddress mac{};
    for (std::size_t i = 0; i < 6; ++i) {
        const int high = digit(text[3 * i]);
        const int low = digit(text[3 * i + 1]);
        // fonulator's scanner takes mixed separators, its converter does not.
        if (high < 0 || low < 0 ||
            (i < 5 &&
             ((text[3 * i + 2] != ':' && text[3 * i + 2] != '-') || text[3 * i + 2] != text[2]))) {
            return std::nullopt;
        }
        mac[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return mac;
}

}  // namespace cluster
