// SPDX-License-Identifier: GPL-2.0-or-later
// What all configuration parsers share: lines and words with their positions, a bounded list of
// findings, and the number and address checks. Internal to cluster-core/src/config. Every function
// is total: any bytes are allowed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config.hpp"

namespace cluster::text {

/// Longest line that heartbeat reads in one piece (its MAXLINE; a longer one is cut and its rest
/// read as a new line).
inline constexpr std::size_t max_line_length = 5119;

struct Line {
    std::string_view text;  ///< without its line end
    int number = 0;         ///< 1-based
    bool nul = false;       ///< cut at a NUL byte, as C string functions would
};

/// Splits at '\n'; a last line without line end counts.
class LineReader {
  public:
    explicit LineReader(std::string_view text) : m_rest(text) {}
    [[nodiscard]] std::optional<Line> next();

  private:
    std::string_view m_rest;
    int m_number = 0;
};

struct Word {
    std::string_view text;
    int column = 0;  ///< 1-based
};

inline constexpr std::string_view blanks = " \t\r\f";
inline constexpr std::string_view blanks_and_commas = ", \t\r\f";

/// Words of `line` from byte `from` on, separated by any of `separators`.
[[nodiscard]] std::vector<Word>
split_words(std::string_view line, std::string_view separators = blanks, std::size_t from = 0);

/// At most `longest` bytes of it, everything but printable ASCII as \xNN: a finding can be shown
/// anywhere.
[[nodiscard]] std::string printable(std::string_view, std::size_t longest = 200);

/// In double quotes, not longer than ~60 characters, everything but printable ASCII as \xNN.
[[nodiscard]] std::string quote(std::string_view);

/// Collects findings in file order. After `limit` of them only counts go on, so that a hostile file
/// stays small; finish() then adds one finding with the number and the worst severity of what was
/// left out.
class FindingList {
  public:
    static constexpr std::size_t limit = 200;

    FindingList(std::string_view file, std::vector<Finding>& out) : m_file(file), m_out(out) {}

    void
    error(int line, int column, std::string_view rule, std::string found, std::string expected);
    void
    warning(int line, int column, std::string_view rule, std::string found, std::string expected);
    void note(int line, int column, std::string_view rule, std::string found, std::string expected);

    /// Sorts by position (findings about the whole file last) and closes the list.
    void finish();

    [[nodiscard]] SourcePosition at(int line, int column) const;

    /// From here on findings are only counted: not worth composing a suggestion.
    [[nodiscard]] bool full() const { return m_out.size() >= limit; }

  private:
    void add(Severity,
             int line,
             int column,
             std::string_view rule,
             std::string found,
             std::string expected);

    std::string m_file;
    std::vector<Finding>& m_out;
    std::size_t m_left_out = 0;
    Severity m_worst_left_out = Severity::note;
};

/// The checks that every heartbeat file needs line by line: length and NUL bytes. False: skip the
/// line.
bool judge_line(const Line&, FindingList&);

/// Integer as C's atoi reads it: leading digits count, the rest is ignored. `clean` = the whole
/// word was a number.
struct LooseInteger {
    long value = 0;
    std::size_t length = 0;  ///< bytes read, sign included
    bool any_digit = false;
    bool clean = false;
};
[[nodiscard]] LooseInteger loose_integer(std::string_view);

/// Whole word decimal, no sign; nullopt otherwise or above 2^31-1.
[[nodiscard]] std::optional<int> strict_integer(std::string_view);

[[nodiscard]] std::string lower_case(std::string_view);
[[nodiscard]] bool equal_ignoring_case(std::string_view, std::string_view);

/// true/on/yes/y/1, false/off/no/n/0 in any case.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view);

[[nodiscard]] bool is_ipv4(std::string_view);
[[nodiscard]] bool is_ipv6(std::string_view);
[[nodiscard]] bool is_interface_name(std::string_view);

/// The candidate that `word` most likely stands for, or empty when none is near (typing errors:
/// insert, delete, replace, swap of neighbours).
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

}  // namespace cluster::text
