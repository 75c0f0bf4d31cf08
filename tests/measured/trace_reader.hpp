// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a scenario and keeps what its trace says that the tests of the profile look at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/run.hpp"
#include "scenario/scenario.hpp"

namespace measured {

struct Record {
    double at = 0;  ///< seconds
    std::string kind, node;
    // Details; empty where a record has none of that name.
    std::string word, op, from, to, info, protocol, id, form;
};

/// Records of a trace file, oldest first. Throws on a line that is no JSON.
[[nodiscard]] std::vector<Record> read_trace(const std::filesystem::path& file);

struct Ran {
    sim::RunResult result;
    std::vector<Record> records;
};
/// `trace` is written and removed again. `event_log_dir` empty: no event logs.
[[nodiscard]] Ran run_and_read(const sim::Scenario&,
                               std::uint64_t seed,
                               const std::filesystem::path& trace,
                               const std::string& event_log_dir = {});

/// A view on the records from `since` on.
class Story {
  public:
    explicit Story(const std::vector<Record>& records, double since = 0, double until = 1e9)
        : m_records(records), m_since(since), m_until(until) {}

    template <class Match>
    [[nodiscard]] std::optional<double> first(Match&& match) const {
        for (const Record& record : m_records) {
            if (record.at >= m_since && record.at < m_until && match(record)) {
                return record.at;
            }
        }
        return std::nullopt;
    }
    template <class Match>
    [[nodiscard]] std::size_t count(Match&& match) const {
        std::size_t number = 0U;
        for (const Record& record : m_records) {
            number += record.at >= m_since && record.at < m_until && match(record) ? 1U : 0U;
        }
        return number;
    }
    [[nodiscard]] std::optional<double> event(std::string_view kind, std::string_view node) const {
        return first([&](const Record& r) { return r.kind == kind && r.node == node; });
    }
    [[nodiscard]] std::size_t events(std::string_view kind, std::string_view node) const {
        return count([&](const Record& r) { return r.kind == kind && r.node == node; });
    }
    /// kind: "agent.run" or "agent.done".
    [[nodiscard]] std::optional<double> script(std::string_view kind,
                                               std::string_view node,
                                               std::string_view word,
                                               std::string_view op) const {
        return first([&](const Record& r) {
            return r.kind == kind && r.node == node && r.word == word && r.op == op;
        });
    }
    [[nodiscard]] std::size_t
    calls(std::string_view node, std::string_view word, std::string_view op) const {
        return count([&](const Record& r) {
            return r.kind == "agent.run" && r.node == node && r.word == word && r.op == op;
        });
    }
    /// When the timeline entry was applied.
    [[nodiscard]] std::optional<double> fault(std::string_view id) const {
        return first([&](const Record& r) {
            return (r.kind == "fault.inject" || r.kind == "fault.clear") && r.id == id;
        });
    }

  private:
    const std::vector<Record>& m_records;
    double m_since;
    double m_until;
};

}  // namespace measured
