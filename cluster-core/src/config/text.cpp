// SPDX-License-Identifier: GPL-2.0-or-later
// Lines, words, findings and small checks for the configuration parsers. No grammar of any file
// lives here.
#include "text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace cluster {

std::string to_string(const Finding& finding) {
    std::string out = finding.where.file;
    if (finding.where.line > 0) {
        out += ':' + std::to_string(finding.where.line);
        if (finding.where.column > 0) {
            out += ':' + std::to_string(finding.where.column);
        }
    }
    switch (finding.severity) {
    case Severity::error:
        out += ": error: ";
        break;
    case Severity::warning:
        out += ": warning: ";
        break;
    case Severity::note:
        out += ": note: ";
        break;
    }
    out += "found " + finding.found;
    if (!finding.expected.empty()) {
        out += ", expected " + finding.expected;
    }
    return out + " [" + finding.rule + ']';
}

bool has_errors(const std::vector<Finding>& findings) noexcept {
    return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.severity == Severity::error;
    });
}

}  // namespace cluster

namespace cluster::text {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<Line> LineReader::next() {
    if (m_rest.empty()) {
        return std::nullopt;
    }
    Line line;
    line.number = ++m_number;
    const auto end = m_rest.find('\n');
    line.text = m_rest.substr(0, end);
    m_rest.remove_prefix(end == std::string_view::npos ? m_rest.size() : end + 1);
    if (const auto nul = line.text.find('\0'); nul != std::string_view::npos) {
        line.text = line.text.substr(0, nul);
        line.nul = true;
    }
    return line;
}

std::vector<Word>
split_words(std::string_view line, std::string_view separators, std::size_t from) {
    std::vector<Word> words;
    while (true) {
        const auto begin = line.find_first_not_of(separators, from);
        if (begin == std::string_view::npos) {
            return words;
        }
        const auto end = std::min(line.find_first_of(separators, begin), line.size());
        words.push_back({line.substr(begin, end - begin), static_cast<int>(begin) + 1});
        from = end;
    }
}

std::string printable(std::string_view text, std::size_t longest) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out;
    for (const char c : text.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            out += c;
        } else {
            out += "\\x";
            out += hex[byte >> 4U];
            out += hex[byte & 0xFU];
        }
    }
    return text.size() > longest ? out + "..." : out;
}

std::string quote(std::string_view text) {
    return '"' + printable(text, 60) + '"';
}

void FindingList::add(Severity severity,
                      int line,
                      int column,
                      std::string_view rule,
                      std::string found,
                      std::string expected) {
    if (m_out.size() >= limit) {
        ++m_left_out;
        m_worst_left_out = std::min(m_worst_left_out, severity);
        return;
    }
    m_out.push_back(
        {severity, at(line, column), std::string(rule), std::move(found), std::move(expected)});
}

void FindingList::error(
    int line, int column, std::string_view rule, std::string found, std::string expected) {
    add(Severity::error, line, column, rule, std::move(found), std::move(expected));
}

void FindingList::warning(
    int line, int column, std::string_view rule, std::string found, std::string expected) {
    add(Severity::warning, line, column, rule, std::move(found), std::move(expected));
}

void FindingList::note(
    int line, int column, std::string_view rule, std::string found, std::string expected) {
    add(Severity::note, line, column, rule, std::move(found), std::move(expected));
}

void FindingList::finish() {
    const auto key = [](const Finding& finding) {
        const bool whole_file = finding.where.line == 0;
        return std::pair(whole_file ? std::numeric_limits<int>::max() : finding.where.line,
                         finding.where.column);
    };
    std::stable_sort(m_out.begin(), m_out.end(), [&](const Finding& a, const Finding& b) {
        return key(a) < key(b);
    });
    if (m_left_out > 0) {
        m_out.push_back(
            {m_worst_left_out,
             at(0, 0),
             "too-many-findings",
             std::to_string(m_left_out) + " more findings",
             "fewer than " + std::to_string(limit) + " in one file; the rest is not listed"});
        m_left_out = 0;
    }
}

SourcePosition FindingList::at(int line, int column) const {
    return {m_file, line, column};
}

bool judge_line(const Line& line, FindingList& findings) {
    if (line.nul) {
        findings.warning(line.number,
                         static_cast<int>(line.text.size()) + 1,
                         "nul-byte",
                         "a NUL byte",
                         "text; heartbeat ignores the rest of the line");
    }
    if (line.text.size() > max_line_length) {
        findings.error(line.number,
                       static_cast<int>(max_line_length) + 1,
                       "line-too-long",
                       "a line of " + std::to_string(line.text.size()) + " bytes",
                       "at most " + std::to_string(max_line_length) +
                           "; heartbeat reads the rest as a line of its own");
        return false;
    }
    return true;
}

LooseInteger loose_integer(std::string_view word) {
    // Far above every limit of every directive, so that saturation never turns a wrong value into a
    // right one.
    constexpr long saturated = 1'000'000'000'000L;
    LooseInteger out;
    bool negative = false;
    std::size_t i = 0;
    if (i < word.size() && (word[i] == '-' || word[i] == '+')) {
        negative = word[i] == '-';
        ++i;
    }
    const std::size_t first = i;
    for (; i < word.size() && is_digit(word[i]); ++i) {
        out.value = std::min(saturated, out.value * 10 + (word[i] - '0'));
    }
    out.any_digit = i > first;
    out.length = i;
    out.clean = out.any_digit && i == word.size();
    if (negative) {
        out.value = -out.value;
    }
    return out;
}

std::optional<int> strict_integer(std::string_view word) {
    if (word.empty() || !std::all_of(word.begin(), word.end(), is_digit)) {
        return std::nullopt;
    }
    const long value = loose_integer(word).value;
    if (value > std::numeric_limits<int>::max()) {
        return std::nullopt;
    }
    return static_cast<int>(value);
}

std::string lower_case(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return lower(x) == lower(y);
    });
}

std::optional<bool> parse_boolean(std::string_view word) {
    constexpr std::array<std::string_view, 5> yes{"true", "on", "yes", "y", "1"};
    constexpr std::array<std::string_view, 5> no{"false", "off", "no", "n", "0"};
    const auto is = [&](std::string_view candidate) {
        return equal_ignoring_case(word, candidate);
    };
    if (std::any_of(yes.begin(), yes.end(), is)) {
        return true;
    }
    if (std::any_of(no.begin(), no.end(), is)) {
        return false;
    }
    return std::nullopt;
}

bool is_ipv4(std::string_view text) {
    for (int octet = 0; octet < 4; ++octet) {
        const auto end = octet < 3 ? text.find('.') : text.size();
        if (end == std::string_view::npos || end == 0 || end > 3) {
            return false;
        }
        const auto part = text.substr(0, end);
        const auto value = strict_integer(part);
        // A leading zero is octal to some readers and decimal to others: not an address we pass on.
        if (!value || *value > 255 || (part.size() > 1 && part.front() == '0')) {
            return false;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return text.empty();
}

bool is_ipv6(std::string_view text) {
    if (text.size() < 2 || text.size() > 45) {
        return false;
    }
    int groups = 0;
    bool gap = false;
    std::size_t i = 0;
    if (text.starts_with("::")) {
        gap = true;
        i = 2;
    }
    while (i < text.size()) {
        const auto end = std::min(text.find(':', i), text.size());
        const auto part = text.substr(i, end - i);
        if (end == text.size() && part.find('.') != std::string_view::npos) {
            if (!is_ipv4(part)) {
                return false;
            }
            groups += 2;
            i = end;
            break;
        }
        if (part.empty() || part.size() > 4 ||
            !std::all_of(part.begin(), part.end(), is_hex_digit)) {
            return false;
        }
        ++groups;
        i = end;
        if (i == text.size()) {
            break;
        }
        if (text.substr(i).starts_with("::")) {
            if (gap) {
                return false;
            }
            gap = true;
            i += 2;
        } else if (++i == text.size()) {
            return false;
        }
    }
    return gap ? groups < 8 : groups == 8;
}

bool is_interface_name(std::string_view name) {
    // Linux: IFNAMSIZ 16 with the final NUL; no slash, no colon, no blank.
    return !name.empty() && name.size() <= 15 && name != "." && name != ".." &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return c > ' ' && c < 0x7f && c != '/' && c != ':';
           });
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    constexpr std::size_t longest = 32;
    if (word.empty() || word.size() > longest) {
        return {};
    }
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const auto candidate : candidates) {
        const auto apart = candidate.size() > word.size() ? candidate.size() - word.size()
                                                          : word.size() - candidate.size();
        if (candidate.size() > longest || apart >= best_distance) {
            continue;
        }
        std::array<std::array<std::size_t, longest + 1>, longest + 1> d{};
        for (std::size_t i = 0; i <= word.size(); ++i) {
            d[i][0] = i;
        }
        for (std::size_t j = 0; j <= candidate.size(); ++j) {
            d[0][j] = j;
        }
        for (std::size_t i = 1; i <= word.size(); ++i) {
            for (std::size_t j = 1; j <= candidate.size(); ++j) {
                const bool same = lower(word[i - 1]) == lower(candidate[j - 1]);
                d[i][j] = std::min(
                    {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same ? 0U : 1U)});
                if (i > 1 && j > 1 && lower(word[i - 1]) == lower(candidate[j - 2]) &&
                    lower(word[i - 2]) == lower(candidate[j - 1])) {
                    d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        if (const auto distance = d[word.size()][candidate.size()]; distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace cluster::text
