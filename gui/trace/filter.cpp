// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/filter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gui {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

bool holds(std::string_view text, std::string_view wanted) {
    return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), [](char a, char b) {
               return lower(a) == b;
           }) != text.end();
}

std::optional<Time> seconds(std::string_view text) {
    const std::string number(text);
    char* end = nullptr;
    const double value = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != '\0' || !(value >= 0 && value < 9e9)) {
        return std::nullopt;
    }
    return static_cast<Time>(std::llround(value * 1e9));
}

bool time_word(std::string_view value, FilterWord& word) {
    const std::size_t dots = value.find("..");
    if (dots == std::string_view::npos) {
        return false;
    }
    const std::string_view first = value.substr(0, dots);
    const std::string_view last = value.substr(dots + 2);
    const auto from = first.empty() ? std::optional<Time>{0} : seconds(first);
    const auto to = last.empty() ? std::optional<Time>{INT64_MAX} : seconds(last);
    if (!from || !to || *to < *from) {
        return false;
    }
    word.from = *from;
    word.to = *to;
    return true;
}

}  // namespace

Filter Filter::parse(std::string_view text) {
    Filter filter;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t from = text.find_first_not_of(' ', at);
        if (from == std::string_view::npos) {
            break;
        }
        at = std::min(text.find(' ', from), text.size());
        std::string_view token = text.substr(from, at - from);
        FilterWord word;
        word.as_typed = token;
        word.negated = token.size() > 1 && token.front() == '-';
        token.remove_prefix(word.negated ? 1 : 0);
        const std::size_t colon = token.find(':');
        const std::string_view key = token.substr(0, std::min(colon, token.size()));
        const std::string_view value =
            colon == std::string_view::npos ? std::string_view{} : token.substr(colon + 1);
        if (colon == std::string_view::npos ||
            (key != "node" && key != "kind" && key != "t" && key != "call")) {
            word.value = lowered(token);
        } else if (key == "t") {
            word.what = FilterWord::What::time;
            if (!time_word(value, word)) {
                filter.error = "t:" + std::string(value) + ": expected t:FROM..TO in seconds";
            }
        } else {
            word.what = key == "node"   ? FilterWord::What::node
                        : key == "kind" ? FilterWord::What::kind
                                        : FilterWord::What::call;
            word.value = lowered(value);
            if (word.value.empty()) {
                filter.error = std::string(key) + ": expected something after the colon";
            }
        }
        filter.words.push_back(std::move(word));
    }
    return filter;
}

bool Filter::matches(const Trace& trace, const Row& row) const {
    if (!error.empty()) {
        return false;
    }
    const std::string_view kind = trace.name(row.kind);
    if (!packets && kind == "pkt") {
        return false;
    }
    if (!probe_calls && kind == "call.answered" &&
        trace.text(row).find("\"probe\":true") != std::string_view::npos) {
        return false;
    }
    for (const FilterWord& word : words) {
        bool found = false;
        switch (word.what) {
        case FilterWord::What::node:
            found = lowered(trace.name(row.subject)).starts_with(word.value);
            break;
        case FilterWord::What::kind:
            found = lowered(kind).starts_with(word.value);
            break;
        case FilterWord::What::call:
            found = kind.starts_with("call.") && value_of(trace.details(row), "call") == word.value;
            break;
        case FilterWord::What::time:
            found = row.t >= word.from && row.t <= word.to;
            break;
        case FilterWord::What::text:
            found = holds(trace.text(row), word.value);
            break;
        }
        if (found == word.negated) {
            return false;
        }
    }
    return true;
}

std::vector<std::uint32_t> Filter::rows(const Trace& trace) const {
    std::vector<std::uint32_t> out;
    for (std::uint32_t i = 0; i < trace.rows.size(); ++i) {
        if (matches(trace, trace.rows[i])) {
            out.push_back(i);
        }
    }
    return out;
}

}  // namespace gui
