// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/compare.hpp"

#include <algorithm>

namespace gui {

namespace {

void word(std::vector<Difference>& out, std::string name, std::string a, std::string b) {
    out.push_back({std::move(name), Difference::Unit::word, std::move(a), std::move(b), {}, {}});
}

void number(std::vector<Difference>& out,
            std::string name,
            Difference::Unit unit,
            std::optional<std::int64_t> a,
            std::optional<std::int64_t> b) {
    out.push_back({std::move(name), unit, {}, {}, a, b});
}

/// Details as they stand in the file: from `"d":` to the end of the line.
std::string_view details_text(const Trace& trace, const Row& row) {
    const std::string_view text = trace.text(row);
    const std::size_t at = text.find("\"d\":");
    return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

}  // namespace

Time anchor(const Trace& trace) {
    const NameId fault = trace.find_name("fault.inject");
    const auto found = std::ranges::find(trace.rows, fault, &Row::kind);
    return fault == no_name || found == trace.rows.end() ? 0 : found->t;
}

std::vector<Difference> differences(const RunResult& a, const RunResult& b) {
    std::vector<Difference> out;
    const EpisodeResult* const first_a = a.episodes.empty() ? nullptr : &a.episodes.front();
    const EpisodeResult* const first_b = b.episodes.empty() ? nullptr : &b.episodes.front();
    const auto verdict = [](const EpisodeResult* episode) {
        return episode == nullptr ? std::string{"–"}
                                  : episode->verdict + (episode->two_owners ? ", two owners" : "");
    };
    word(out, "takeover", verdict(first_a), verdict(first_b));
    word(out, "whole run", a.verdict, b.verdict);
    const auto worst = [](const EpisodeResult* episode) {
        return episode == nullptr ? nullptr : episode->worst();
    };
    const DirectionResult* const worst_a = worst(first_a);
    const DirectionResult* const worst_b = worst(first_b);
    word(out,
         "worst direction",
         worst_a == nullptr ? "none" : worst_a->direction,
         worst_b == nullptr ? "none" : worst_b->direction);
    std::vector<std::string> directions;
    for (const EpisodeResult* const episode : {first_a, first_b}) {
        for (std::size_t i = 0; episode != nullptr && i < episode->directions.size(); ++i) {
            const std::string& name = episode->directions[i].direction;
            if (std::ranges::count(directions, name) == 0) {
                directions.push_back(name);
            }
        }
    }
    const auto longest = [](const EpisodeResult* episode,
                            const std::string& name) -> std::optional<std::int64_t> {
        if (episode == nullptr) {
            return std::nullopt;
        }
        const auto found =
            std::ranges::find(episode->directions, name, &DirectionResult::direction);
        return found == episode->directions.end() ? std::nullopt : std::optional{found->longest};
    };
    for (const std::string& name : directions) {
        number(out,
               "cut off, " + name,
               Difference::Unit::time,
               longest(first_a, name),
               longest(first_b, name));
    }
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
        const std::int64_t in_a = worst_a == nullptr ? 0 : worst_a->phases[phase];
        const std::int64_t in_b = worst_b == nullptr ? 0 : worst_b->phases[phase];
        if (in_a != 0 || in_b != 0) {
            number(out,
                   "phase " + std::string(phase_names[phase]),
                   Difference::Unit::time,
                   in_a,
                   in_b);
        }
    }
    std::vector<std::string> metrics;
    for (const RunResult* const result : {&a, &b}) {
        for (const auto& [name, value] : result->metrics) {
            if (std::ranges::count(metrics, name) == 0) {
                metrics.push_back(name);
            }
        }
    }
    const auto metric = [](const RunResult& result,
                           const std::string& name) -> std::optional<std::int64_t> {
        for (const auto& [key, value] : result.metrics) {
            if (key == name) {
                return value;
            }
        }
        return std::nullopt;
    };
    for (const std::string& name : metrics) {
        number(out, name, Difference::Unit::count, metric(a, name), metric(b, name));
    }
    return out;
}

FirstDifference first_difference(const Trace& a, const Trace& b) {
    const std::size_t both = std::min(a.rows.size(), b.rows.size());
    for (std::uint32_t i = 0; i < both; ++i) {
        const Row& left = a.rows[i];
        const Row& right = b.rows[i];
        if (left.t != right.t || a.name(left.kind) != b.name(right.kind) ||
            a.name(left.subject) != b.name(right.subject) ||
            details_text(a, left) != details_text(b, right)) {
            return {false, i, i};
        }
    }
    if (a.rows.size() == b.rows.size()) {
        return {};
    }
    const auto next = static_cast<std::uint32_t>(both);
    return {false, next < a.rows.size() ? next : no_row, next < b.rows.size() ? next : no_row};
}

}  // namespace gui
