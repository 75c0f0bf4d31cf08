// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/script.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace gui {

namespace {

constexpr int deepest = 64;

/// Walks over JSON and calls back with the span of each member of the objects it is asked about.
class Walker {
  public:
    explicit Walker(std::string_view text) : m_text(text) {}

    [[nodiscard]] std::size_t at() const noexcept { return std::min(m_at, m_text.size()); }
    [[nodiscard]] bool failed() const noexcept { return !m_error.empty(); }
    [[nodiscard]] const std::string& error() const noexcept { return m_error; }

    void blanks() {
        while (m_at < m_text.size() &&
               std::string_view(" \t\r\n").find(m_text[m_at]) != std::string_view::npos) {
            ++m_at;
        }
    }

    bool fail(std::string what) {
        if (m_error.empty()) {
            m_error = std::move(what);
        }
        return false;
    }

    bool take(char c) {
        blanks();
        if (m_at < m_text.size() && m_text[m_at] == c) {
            ++m_at;
            return true;
        }
        return false;
    }

    [[nodiscard]] char peek() {
        blanks();
        return m_at < m_text.size() ? m_text[m_at] : '\0';
    }

    bool string(std::size_t& from, std::size_t& to) {
        blanks();
        from = m_at;
        if (m_at >= m_text.size() || m_text[m_at] != '"') {
            return fail("expected a string");
        }
        for (++m_at; m_at < m_text.size(); ++m_at) {
            if (m_text[m_at] == '\\') {
                ++m_at;
            } else if (m_text[m_at] == '"') {
                to = ++m_at;
                return true;
            } else if (m_text[m_at] == '\n') {
                break;
            }
        }
        return fail("expected the end of a string");
    }

    /// f(key, from): called before each value; it must step over it.
    template <class F>
    bool object(F f) {
        if (!take('{')) {
            return fail("expected an object");
        }
        if (take('}')) {
            return true;
        }
        do {
            std::size_t from = 0;
            std::size_t to = 0;
            if (!string(from, to)) {
                return false;
            }
            if (!take(':')) {
                return fail("expected a colon");
            }
            blanks();
            if (!f(std::string_view(m_text).substr(from + 1, to - from - 2)) || failed()) {
                return false;
            }
        } while (take(','));
        return take('}') || fail("expected a comma or the end of an object");
    }

    template <class F>
    bool list(F f) {
        if (!take('[')) {
            return fail("expected a list");
        }
        if (take(']')) {
            return true;
        }
        do {
            blanks();
            if (!f() || failed()) {
                return false;
            }
        } while (take(','));
        return take(']') || fail("expected a comma or the end of a list");
    }

    bool value() {
        if (m_depth > deepest) {
            return fail("nested too deeply");
        }
        ++m_depth;
        const bool ok = any_value();
        --m_depth;
        return ok;
    }

    [[nodiscard]] std::string_view text(std::size_t from, std::size_t to) const {
        return m_text.substr(from, to - from);
    }

  private:
    bool any_value() {
        switch (peek()) {
        case '{':
            return object([this](std::string_view) { return value(); });
        case '[':
            return list([this] { return value(); });
        case '"': {
            std::size_t from = 0;
            std::size_t to = 0;
            return string(from, to);
        }
        default:
            break;
        }
        const std::size_t from = m_at;
        while (m_at < m_text.size() &&
               std::string_view(",]} \t\r\n").find(m_text[m_at]) == std::string_view::npos) {
            ++m_at;
        }
        return m_at > from || fail("expected a value");
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    int m_depth = 0;
    std::string m_error;
};

std::string plain(std::string_view json_text) {
    const auto value = nlohmann::json::parse(json_text.begin(), json_text.end(), nullptr, false);
    return value.is_string() ? value.get<std::string>() : std::string(json_text);
}

bool read_entry(Walker& walker, ScriptEntry& entry) {
    walker.blanks();
    entry.from = walker.at();
    if (walker.peek() != '{') {
        return walker.value();
    }
    const bool ok = walker.object([&](std::string_view key) {
        ScriptField field;
        field.key = key;
        field.from = walker.at();
        field.is_string = walker.peek() == '"';
        if (!walker.value()) {
            return false;
        }
        field.to = walker.at();
        field.value = plain(walker.text(field.from, field.to));
        entry.fields.push_back(std::move(field));
        return true;
    });
    entry.to = walker.at();
    return ok;
}

/// Ids of the objects in the list that stands next.
bool read_ids(Walker& walker, std::vector<std::string>& out) {
    if (walker.peek() != '[') {
        return walker.value();
    }
    return walker.list([&] {
        ScriptEntry entry;
        if (!read_entry(walker, entry)) {
            return false;
        }
        if (!entry.value("id").empty()) {
            out.emplace_back(entry.value("id"));
        }
        return true;
    });
}

std::string as_json(std::string_view value) {
    return nlohmann::json(std::string(value))
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace

const ScriptField* ScriptEntry::field(std::string_view key) const noexcept {
    const auto found = std::ranges::find(fields, key, &ScriptField::key);
    return found == fields.end() ? nullptr : &*found;
}

std::string_view ScriptEntry::value(std::string_view key) const noexcept {
    const ScriptField* const found = field(key);
    return found == nullptr ? std::string_view{} : std::string_view{found->value};
}

Script read_script(std::string_view text) {
    Script script;
    Walker walker(text);
    walker.object([&](std::string_view key) {
        const auto string_into = [&](std::string& out) {
            const std::size_t from = walker.at();
            if (!walker.value()) {
                return false;
            }
            out = plain(walker.text(from, walker.at()));
            return true;
        };
        if (key == "id") {
            return string_into(script.id);
        }
        if (key == "title") {
            return string_into(script.title);
        }
        if (key == "stop_at") {
            return string_into(script.stop_at);
        }
        if (key == "extends") {
            return string_into(script.extends);
        }
        if (key == "topology" && walker.peek() == '{') {
            return walker.object([&](std::string_view part) {
                return part == "nodes"   ? read_ids(walker, script.nodes)
                       : part == "links" ? read_ids(walker, script.links)
                                         : walker.value();
            });
        }
        if (key == "timeline" && walker.peek() == '[') {
            script.timeline_from = walker.at();
            const bool ok = walker.list([&] {
                ScriptEntry entry;
                const bool read = read_entry(walker, entry);
                if (read && entry.to > entry.from) {
                    script.timeline.push_back(std::move(entry));
                }
                return read;
            });
            script.timeline_to = walker.at();
            return ok;
        }
        return walker.value();
    });
    walker.blanks();
    if (!walker.failed() && walker.at() != text.size()) {
        walker.fail("something follows the end of the scenario");
    }
    script.error = walker.error();
    script.error_at = walker.at();
    return script;
}

std::string with_field(std::string_view text,
                       const ScriptEntry& entry,
                       std::string_view key,
                       std::string_view value) {
    std::string out(text);
    if (const ScriptField* const field = entry.field(key)) {
        out.replace(field->from, field->to - field->from, as_json(value));
        return out;
    }
    // After the last member, in the style of the line it stands on.
    const std::size_t after = entry.fields.empty() ? entry.from + 1 : entry.fields.back().to;
    out.insert(after,
               (entry.fields.empty() ? std::string(" ") : std::string(", ")) + as_json(key) + ": " +
                   as_json(value));
    return out;
}

std::string without_field(std::string_view text, const ScriptEntry& entry, std::string_view key) {
    std::string out(text);
    const ScriptField* const field = entry.field(key);
    if (field == nullptr) {
        return out;
    }
    const auto index = static_cast<std::size_t>(field - entry.fields.data());
    if (index > 0) {
        const std::size_t from = entry.fields[index - 1].to;
        out.erase(from, field->to - from);
    } else if (entry.fields.size() > 1) {
        const std::size_t key_from = out.find('"', entry.from);
        const std::size_t next = out.find('"', out.find(',', field->to));
        out.erase(key_from, next - key_from);
    } else {
        out.erase(entry.from + 1, field->to - entry.from - 1);
    }
    return out;
}

std::string without_entry(std::string_view text, const Script& script, std::size_t index) {
    std::string out(text);
    if (index >= script.timeline.size()) {
        return out;
    }
    const ScriptEntry& entry = script.timeline[index];
    if (index > 0) {
        const std::size_t from = script.timeline[index - 1].to;
        out.erase(from, entry.to - from);
    } else if (script.timeline.size() > 1) {
        out.erase(entry.from, script.timeline[1].from - entry.from);
    } else {
        out.erase(entry.from, entry.to - entry.from);
    }
    return out;
}

std::string with_entry(std::string_view text,
                       const Script& script,
                       std::string_view id,
                       std::string_view at,
                       std::string_view fault,
                       std::string_view target) {
    std::string out(text);
    if (script.timeline_to == 0) {
        return out;
    }
    const std::string entry = "{ \"id\": " + as_json(id) + ", \"at\": " + as_json(at) +
                              ", \"fault\": " + as_json(fault) +
                              ", \"target\": " + as_json(target) + " }";
    if (script.timeline.empty()) {
        out.insert(script.timeline_from + 1, "\n    " + entry + "\n  ");
    } else {
        out.insert(script.timeline.back().to, ",\n    " + entry);
    }
    return out;
}

std::vector<LineChange> what_changes(std::string_view before, std::string_view after) {
    const std::vector<std::string_view> a = lines_of(before);
    const std::vector<std::string_view> b = lines_of(after);
    std::size_t head = 0;
    while (head < a.size() && head < b.size() && a[head] == b[head]) {
        ++head;
    }
    std::size_t tail = 0;
    while (tail < a.size() - head && tail < b.size() - head &&
           a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) {
        ++tail;
    }
    const std::size_t rows = a.size() - head - tail;
    const std::size_t columns = b.size() - head - tail;
    std::vector<LineChange> out;
    constexpr std::size_t most_cells = 4'000'000;  // beyond that: all out, all in
    if (rows * columns > most_cells) {
        for (std::size_t i = 0; i < rows; ++i) {
            out.push_back({false, head + i + 1, std::string(a[head + i])});
        }
        for (std::size_t k = 0; k < columns; ++k) {
            out.push_back({true, head + k + 1, std::string(b[head + k])});
        }
        return out;
    }
    // Longest common subsequence, from the end.
    std::vector<std::uint32_t> common((rows + 1) * (columns + 1), 0);
    const auto cell = [&](std::size_t i, std::size_t k) -> std::uint32_t& {
        return common[i * (columns + 1) + k];
    };
    for (std::size_t i = rows; i-- > 0;) {
        for (std::size_t k = columns; k-- > 0;) {
            cell(i, k) = a[head + i] == b[head + k] ? cell(i + 1, k + 1) + 1
                                                    : std::max(cell(i + 1, k), cell(i, k + 1));
        }
    }
    for (std::size_t i = 0, k = 0; i < rows || k < columns;) {
        if (i < rows && k < columns && a[head + i] == b[head + k]) {
            ++i;
            ++k;
        } else if (i < rows && (k == columns || cell(i + 1, k) >= cell(i, k + 1))) {
            out.push_back({false, head + i + 1, std::string(a[head + i])});
            ++i;
        } else {
            out.push_back({true, head + k + 1, std::string(b[head + k])});
            ++k;
        }
    }
    return out;
}

}  // namespace gui
