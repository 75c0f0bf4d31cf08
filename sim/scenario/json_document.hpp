// SPDX-License-Identifier: GPL-2.0-or-later
// One JSON file in memory: its value, and where each part of it stands in the text. Knows JSON,
// `extends` and nothing else of scenarios. Not a validator: syntax and size only. Internal to the
// format library.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "scenario.hpp"

namespace sim {

using Json = nlohmann::json;

inline constexpr std::size_t max_document_bytes = std::size_t{16} << 20;
inline constexpr int max_document_depth =
    64;  ///< a scenario needs 6; recursion over the value stays shallow
inline constexpr int max_extends = 16;

struct TextPosition {
    int line = 0;    ///< 1-based
    int column = 0;  ///< 1-based, in bytes
};
[[nodiscard]] TextPosition position_at(std::string_view text, std::size_t offset) noexcept;

/// Positions of the values with these RFC 6901 pointers, and of keys that stand twice in one
/// object. Precondition: `text` is valid JSON. Pointers that lead nowhere are absent from the
/// answer.
struct Located {
    std::map<std::string, TextPosition, std::less<>> values;
    std::map<std::string, TextPosition, std::less<>>
        keys;  ///< of members of objects: where the key stands
    std::vector<std::pair<std::string, TextPosition>>
        repeated_keys;  ///< pointer of the second value
};
[[nodiscard]] Located locate(std::string_view text,
                             const std::set<std::string, std::less<>>& pointers);

[[nodiscard]] std::string escape_pointer_token(std::string_view);

/// Short and printable, for "found …": numbers and short strings as they stand, else what kind of
/// thing it is.
[[nodiscard]] std::string describe(const Json&);
/// Control characters and bytes that are not UTF-8 replaced, cut to 60 bytes or so.
[[nodiscard]] std::string printable(std::string_view);

/// RFC 7386 merge patch, except that two lists of objects with "id" are merged by id (new ids are
/// appended).
[[nodiscard]] Json merge_by_id(const Json& base, const Json& patch);

struct Document {
    std::string file;
    std::string text;
    Json value;
};

/// A file and what it extends, most derived first, and their merged value without "extends".
struct DocumentChain {
    std::vector<Document> documents;
    Json merged;

    /// The document in which the value at this pointer of `merged` (or its nearest parent) was
    /// written, and its pointer there. Elements of lists merged by id are followed by their id.
    struct Origin {
        const Document* document = nullptr;
        std::string pointer;
        bool exact = false;  ///< false: the value itself is absent, this is a parent
    };
    [[nodiscard]] Origin origin(const std::string& pointer) const;
};

/// Parses one text. Syntax errors, excess of size or depth and repeated keys go to `errors`.
[[nodiscard]] std::optional<Json>
parse_document(const std::string& file, std::string_view text, std::vector<ScenarioError>& errors);

/// Reads the file and its bases. On errors the merged value is what could be read.
[[nodiscard]] std::optional<DocumentChain> read_chain(const std::string& path,
                                                      std::vector<ScenarioError>& errors);

/// Whole file, at most max_document_bytes. The error names the file, what was found and what was
/// expected.
[[nodiscard]] std::optional<std::string> read_whole_file(const std::string& path,
                                                         std::vector<ScenarioError>& errors);

}  // namespace sim
