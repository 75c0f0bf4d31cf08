// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario file as text that is edited: where the entries of its timeline stand, and texts with
// one of them changed. Everything else of the text stays as it was typed. Not a validator:
// `understudy` is. No Qt.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gui {

struct ScriptField {
    std::string key;
    std::size_t from = 0;  ///< of the value in the text
    std::size_t to = 0;
    std::string value;  ///< strings without quotes and escapes, all else as it stands
    bool is_string = false;
};

struct ScriptEntry {
    std::size_t from = 0;  ///< of the object in the text
    std::size_t to = 0;
    std::vector<ScriptField> fields;

    /// Empty when there is no such member.
    [[nodiscard]] std::string_view value(std::string_view key) const noexcept;
    [[nodiscard]] const ScriptField* field(std::string_view key) const noexcept;
};

struct Script {
    std::string error;  ///< empty: the text is JSON as far as it was looked at
    std::size_t error_at = 0;
    std::string id;
    std::string title;
    std::string extends;
    std::string stop_at;  ///< as it stands there, such as "420s"; empty: not in this file
    std::vector<std::string> nodes;
    std::vector<std::string> links;
    std::vector<ScriptEntry> timeline;
    std::size_t timeline_from = 0;  ///< of the list in the text; 0: there is none
    std::size_t timeline_to = 0;
};

[[nodiscard]] Script read_script(std::string_view text);

/// The text with that member of that entry set to a string (added when it was not there).
[[nodiscard]] std::string
with_field(std::string_view text, const ScriptEntry&, std::string_view key, std::string_view value);
[[nodiscard]] std::string
without_field(std::string_view text, const ScriptEntry&, std::string_view key);
[[nodiscard]] std::string without_entry(std::string_view text, const Script&, std::size_t index);
/// With a new entry at the end of the timeline; the same text when there is no timeline.
[[nodiscard]] std::string with_entry(std::string_view text,
                                     const Script&,
                                     std::string_view id,
                                     std::string_view at,
                                     std::string_view fault,
                                     std::string_view target);

struct LineChange {
    bool added = false;    ///< else removed
    std::size_t line = 0;  ///< from 1, in the text it belongs to
    std::string text;
};

/// Lines that differ, in order; the shortest such list.
[[nodiscard]] std::vector<LineChange> what_changes(std::string_view before, std::string_view after);

}  // namespace gui
