// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_document.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace sim {

namespace {

constexpr std::size_t max_shown = 60;

/// Walks a text that is known to be valid JSON, once, and notes where things stand.
class Locator {
  public:
    Locator(std::string_view text, const std::set<std::string, std::less<>>& wanted)
        : m_text(text), m_wanted(wanted) {}

    Located run() {
        if (m_text.substr(0, 3) == "\xEF\xBB\xBF") {
            m_at = 3;
        }
        value();
        return std::move(m_located);
    }

  private:
    void blanks() {
        while (m_at < m_text.size() && std::strchr(" \t\r\n", m_text[m_at]) != nullptr &&
               m_text[m_at] != '\0') {
            ++m_at;
        }
    }

    [[nodiscard]] char here() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }

    /// Returns the decoded string; \u escapes of keys are decoded by the library, they are rare.
    std::string string() {
        const std::size_t start = m_at++;
        bool escaped = false;
        while (m_at < m_text.size() && m_text[m_at] != '"') {
            if (m_text[m_at] == '\\') {
                escaped = true;
                ++m_at;
            }
            ++m_at;
        }
        ++m_at;
        const std::string_view raw = m_text.substr(start, m_at - start);
        if (!escaped) {
            return std::string(raw.substr(1, raw.size() - 2));
        }
        return Json::parse(raw).get<std::string>();
    }

    void value() {
        blanks();
        if (m_wanted.contains(m_pointer)) {
            m_located.values.emplace(m_pointer, position_at(m_text, m_at));
        }
        if (here() == '{') {
            object();
        } else if (here() == '[') {
            array();
        } else if (here() == '"') {
            string();
        } else {
            while (m_at < m_text.size() && std::strchr(",]} \t\r\n", m_text[m_at]) == nullptr) {
                ++m_at;
            }
        }
    }

    void object() {
        std::set<std::string> keys;
        ++m_at;
        blanks();
        while (here() == '"') {
            const std::size_t key_at = m_at;
            const std::string key = string();
            const std::size_t length = m_pointer.size();
            m_pointer += '/' + escape_pointer_token(key);
            if (!keys.insert(key).second && m_located.repeated_keys.size() < 100) {
                m_located.repeated_keys.emplace_back(m_pointer, position_at(m_text, key_at));
            }
            if (m_wanted.contains(m_pointer)) {
                m_located.keys.emplace(m_pointer, position_at(m_text, key_at));
            }
            blanks();
            ++m_at;  // ':'
            value();
            m_pointer.resize(length);
            blanks();
            if (here() == ',') {
                ++m_at;
                blanks();
            }
        }
        ++m_at;  // '}'
    }

    void array() {
        ++m_at;
        blanks();
        for (std::size_t index = 0; m_at < m_text.size() && here() != ']'; ++index) {
            const std::size_t length = m_pointer.size();
            m_pointer += '/' + std::to_string(index);
            value();
            m_pointer.resize(length);
            blanks();
            if (here() == ',') {
                ++m_at;
                blanks();
            }
        }
        ++m_at;  // ']'
    }

    std::string_view m_text;
    const std::set<std::string, std::less<>>& m_wanted;
    std::size_t m_at = 0;
    std::string m_pointer;
    Located m_located;
};

/// Builds the value and keeps the first syntax error with its byte offset.
class SyntaxReader final : public nlohmann::detail::json_sax_dom_parser<Json> {
  public:
    using Base = nlohmann::detail::json_sax_dom_parser<Json>;
    explicit SyntaxReader(Json& value) : Base(value, false) {}

    template <class Exception>
    bool parse_error(std::size_t position, const std::string& last_token, const Exception& error) {
        offset = position;
        token = last_token;
        message = error.what();
        return false;
    }

    std::size_t offset = 0;
    std::string token;
    std::string message;
};

std::optional<std::size_t> too_deep_at(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (in_string) {
            if (c == '\\') {
                ++at;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > max_document_depth) {
                return at;
            }
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return std::nullopt;
}

std::string after(const std::string& text, std::string_view mark, std::string_view until) {
    const std::size_t start = text.find(mark);
    if (start == std::string::npos) {
        return {};
    }
    const std::size_t from = start + mark.size();
    const std::size_t end = until.empty() ? std::string::npos : text.find(until, from);
    return text.substr(from, end == std::string::npos ? std::string::npos : end - from);
}

/// The token that surprised the library. It tells how many bytes it has read, and a token text that
/// may begin too early.
std::string_view token_before(std::string_view text, const SyntaxReader& reader) {
    constexpr std::string_view structural = "{}[]:,";
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t end = std::min(reader.offset, text.size());
    if (end == 0) {
        return text.substr(0, 0);
    }
    const bool in_string = reader.message.find("invalid string") != std::string::npos;
    if (in_string || text[end - 1] == '"') {
        const std::size_t length = std::min(end, std::max<std::size_t>(reader.token.size(), 1));
        return text.substr(end - length, length);
    }
    std::size_t start = end - 1;
    if (structural.find(text[start]) == std::string_view::npos) {
        while (start > 0 && (structural.find(text[start - 1]) == std::string_view::npos &&
                             blanks.find(text[start - 1]) == std::string_view::npos)) {
            --start;
        }
    }
    return text.substr(start, end - start);
}

ScenarioError
syntax_error(const std::string& file, std::string_view text, const SyntaxReader& reader) {
    const std::string_view token = token_before(text, reader);
    const TextPosition where =
        position_at(text, static_cast<std::size_t>(token.data() - text.data()));
    ScenarioError error{file, "", where.line, where.column, "", ""};
    const std::string unexpected = after(reader.message, "unexpected ", ";");
    const bool at_end = unexpected.find("end of input") != std::string::npos;
    error.found =
        at_end ? "the end of the file" : printable(token.empty() ? unexpected : std::string(token));
    error.expected = after(reader.message, "; expected ", "");
    if (error.expected.empty()) {
        const std::string reason = after(reader.message, " - ", ";");
        error.expected =
            reason.empty() || at_end ? "valid JSON" : "valid JSON (" + printable(reason) + ")";
    }
    return error;
}

bool list_of_objects_with_id(const Json& value) {
    return value.is_array() && !value.empty() &&
           std::all_of(value.begin(), value.end(), [](const Json& item) {
               return item.is_object() && item.contains("id") && item["id"].is_string();
           });
}

const Json* find_by_id(const Json& list, const Json& id) {
    for (const Json& item : list) {
        if (item["id"] == id) {
            return &item;
        }
    }
    return nullptr;
}

/// Tokens of a pointer that we made ourselves, unescaped.
std::vector<std::string> tokens_of(const std::string& pointer) {
    std::vector<std::string> tokens;
    std::size_t at = 0;
    while (at < pointer.size()) {
        const std::size_t end = std::min(pointer.find('/', at + 1), pointer.size());
        std::string token;
        for (std::size_t i = at + 1; i < end; ++i) {
            if (pointer[i] == '~' && i + 1 < end) {
                token += pointer[++i] == '1' ? '/' : '~';
            } else {
                token += pointer[i];
            }
        }
        tokens.push_back(std::move(token));
        at = end;
    }
    return tokens;
}

const Json* child(const Json& value, const std::string& token) {
    if (value.is_object()) {
        const auto found = value.find(token);
        return found == value.end() ? nullptr : &*found;
    }
    if (value.is_array() && !token.empty() && token.size() < 9 &&
        token.find_first_not_of("0123456789") == std::string::npos) {
        const std::size_t index = std::stoul(token);
        return index < value.size() ? &value[index] : nullptr;
    }
    return nullptr;
}

}  // namespace

TextPosition position_at(std::string_view text, std::size_t offset) noexcept {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 == 0
    return {static_cast<int>(lines) + 1, static_cast<int>(before.size() - line_start) + 1};
}

Located locate(std::string_view text, const std::set<std::string, std::less<>>& pointers) {
    return Locator(text, pointers).run();
}

std::string escape_pointer_token(std::string_view token) {
    std::string escaped;
    for (const char c : token) {
        if (c == '~') {
            escaped += "~0";
        } else if (c == '/') {
            escaped += "~1";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

std::string printable(std::string_view text) {
    const bool cut = text.size() > max_shown;
    std::string shown = Json(std::string(text.substr(0, max_shown)))
                            .dump(-1, ' ', true, Json::error_handler_t::replace);
    shown = shown.substr(1, shown.size() - 2);
    std::string plain;
    for (std::size_t at = 0; at < shown.size(); ++at) {  // keep quotes as they are typed
        if (shown[at] == '\\' && at + 1 < shown.size() &&
            (shown[at + 1] == '"' || shown[at + 1] == '\\')) {
            ++at;
        }
        plain += shown[at];
    }
    return cut ? plain + "…" : plain;
}

std::string describe(const Json& value) {
    switch (value.type()) {
    case Json::value_t::object:
        return value.empty() ? "an empty object" : "an object";
    case Json::value_t::array:
        return value.empty() ? "an empty list" : "a list of " + std::to_string(value.size());
    case Json::value_t::string:
        return '"' + printable(value.get_ref<const std::string&>()) + '"';
    case Json::value_t::null:
    case Json::value_t::boolean:
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
        return value.dump();
    case Json::value_t::binary:
    case Json::value_t::discarded:
        break;
    }
    return "nothing";
}

Json merge_by_id(const Json& base, const Json& patch) {
    if (patch.is_object()) {
        Json merged = base.is_object() ? base : Json::object();
        for (const auto& [key, value] : patch.items()) {
            if (value.is_null()) {
                merged.erase(key);
            } else if (const auto old = merged.find(key); old != merged.end()) {
                *old = merge_by_id(*old, value);
            } else {
                merged[key] = merge_by_id(Json(), value);
            }
        }
        return merged;
    }
    if (list_of_objects_with_id(base) && list_of_objects_with_id(patch)) {
        Json merged = base;
        std::map<std::string, std::size_t> index;
        for (std::size_t i = 0; i < merged.size(); ++i) {
            index.emplace(merged[i]["id"].get<std::string>(), i);
        }
        for (const Json& item : patch) {
            const auto found = index.find(item["id"].get<std::string>());
            if (found == index.end()) {
                merged.push_back(merge_by_id(Json(), item));
            } else {
                merged[found->second] = merge_by_id(merged[found->second], item);
            }
        }
        return merged;
    }
    return patch;
}

std::optional<Json>
parse_document(const std::string& file, std::string_view text, std::vector<ScenarioError>& errors) {
    if (text.size() > max_document_bytes) {
        errors.push_back(
            {file, "", 0, 0, std::to_string(text.size()) + " bytes", "at most 16 MiB"});
        return std::nullopt;
    }
    if (const auto deep = too_deep_at(text)) {
        const TextPosition where = position_at(text, *deep);
        errors.push_back(
            {file,
             "",
             where.line,
             where.column,
             "a nesting of more than " + std::to_string(max_document_depth) + " levels",
             "a scenario (see docs/scenario-format.md)"});
        return std::nullopt;
    }
    Json value;
    SyntaxReader reader(value);
    if (!Json::sax_parse(text.begin(), text.end(), &reader)) {
        errors.push_back(syntax_error(file, text, reader));
        return std::nullopt;
    }
    for (const auto& [pointer, where] : locate(text, {}).repeated_keys) {
        errors.push_back({file,
                          printable(pointer),
                          where.line,
                          where.column,
                          "the same key a second time",
                          "each key once"});
    }
    return value;
}

std::optional<std::string> read_whole_file(const std::string& path,
                                           std::vector<ScenarioError>& errors) {
    const auto refuse = [&](const std::string& found, const std::string& expected) {
        errors.push_back({path, "", 0, 0, found, expected});
        return std::nullopt;
    };
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    if (!std::filesystem::exists(status)) {
        return refuse("no such file", "a scenario file");
    }
    if (std::filesystem::is_directory(status)) {
        return refuse("a directory", "a scenario file");
    }
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        return refuse("an unreadable file (" + std::generic_category().message(errno) + ")",
                      "a file that you may read");
    }
    std::string text;
    std::array<char, 65536> chunk;
    while (stream.read(chunk.data(), chunk.size()), stream.gcount() > 0) {
        text.append(chunk.data(), static_cast<std::size_t>(stream.gcount()));
        if (text.size() > max_document_bytes) {
            return refuse("more than 16 MiB", "at most 16 MiB");
        }
    }
    if (stream.bad()) {
        return refuse("a read error", "a file that can be read to its end");
    }
    return text;
}

std::optional<DocumentChain> read_chain(const std::string& path,
                                        std::vector<ScenarioError>& errors) {
    namespace fs = std::filesystem;
    DocumentChain chain;
    std::vector<std::string> seen;
    std::string next = path;
    const std::size_t errors_before = errors.size();
    while (true) {
        auto text = read_whole_file(next, errors);
        if (!text) {
            if (!chain.documents.empty()) {  // point at the line that asked for it
                const Document& from = chain.documents.back();
                const auto where = locate(from.text, {"/extends"}).values;
                const TextPosition at = where.empty() ? TextPosition{} : where.begin()->second;
                ScenarioError& error = errors.back();
                error.found = error.found + " (" + next + ")";
                error.expected = "a scenario file, relative to this one";
                error.file = from.file;
                error.pointer = "/extends";
                error.line = at.line;
                error.column = at.column;
            }
            return std::nullopt;
        }
        auto value = parse_document(next, *text, errors);
        if (!value) {
            return std::nullopt;
        }
        std::error_code ignored;
        seen.push_back(fs::weakly_canonical(next, ignored).string());
        chain.documents.push_back({next, std::move(*text), std::move(*value)});
        const Document& current = chain.documents.back();
        if (!current.value.is_object() || !current.value.contains("extends")) {
            break;
        }
        const auto where = locate(current.text, {"/extends"}).values.begin()->second;
        const Json& extends = current.value["extends"];
        const auto refuse = [&](const std::string& found, const std::string& expected) {
            errors.push_back({current.file, "/extends", where.line, where.column, found, expected});
        };
        if (!extends.is_string() ||
            extends.get_ref<const std::string&>().find('\0') != std::string::npos) {
            refuse(describe(extends), "the path of a scenario file, relative to this one");
            return std::nullopt;
        }
        next = (fs::path(current.file).parent_path() / extends.get<std::string>())
                   .lexically_normal()
                   .string();
        if (std::find(seen.begin(), seen.end(), fs::weakly_canonical(next, ignored).string()) !=
            seen.end()) {
            refuse(describe(extends) + ", which leads back here", "bases without a cycle");
            return std::nullopt;
        }
        if (seen.size() >= max_extends) {
            refuse("more than " + std::to_string(max_extends) + " bases", "a shorter chain");
            return std::nullopt;
        }
    }
    chain.merged = chain.documents.back().value;
    for (auto document = chain.documents.rbegin() + 1; document != chain.documents.rend();
         ++document) {
        chain.merged = merge_by_id(chain.merged, document->value);
    }
    if (chain.merged.is_object()) {
        chain.merged.erase("extends");
    }
    if (errors.size() > errors_before) {
        return std::nullopt;  // repeated keys: the meaning is not certain
    }
    return chain;
}

DocumentChain::Origin DocumentChain::origin(const std::string& pointer) const {
    const std::vector<std::string> tokens = tokens_of(pointer);
    Origin best;
    std::size_t best_depth = 0;
    for (const Document& document : documents) {
        const Json* in_merged = &merged;
        const Json* here = &document.value;
        std::string where;
        std::size_t depth = 0;
        for (; depth < tokens.size(); ++depth) {
            const Json* next_merged =
                in_merged == nullptr ? nullptr : child(*in_merged, tokens[depth]);
            const Json* next = nullptr;
            std::string token = tokens[depth];
            if (next_merged != nullptr && list_of_objects_with_id(*here) &&
                next_merged->is_object() && next_merged->contains("id")) {
                next = find_by_id(*here, (*next_merged)["id"]);
                token = next == nullptr ? token : std::to_string(next - &(*here)[0]);
            } else {
                next = child(*here, token);
            }
            if (next == nullptr) {
                break;
            }
            where += '/' + escape_pointer_token(token);
            here = next;
            in_merged = next_merged;
        }
        if (best.document == nullptr || depth > best_depth) {
            best = {&document, where, depth == tokens.size()};
            best_depth = depth;
        }
    }
    return best;
}

}  // namespace sim
