// SPDX-License-Identifier: GPL-2.0-or-later
// A trace in memory: the text as it was read, one row per record, one entry per hop. Read once,
// never changed. It knows the shape of a trace (docs/trace-format.md), not what its kinds mean:
// that is history.hpp. No Qt.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gui {

/// Nanoseconds of simulated time.
using Time = std::int64_t;
/// Index into Trace::names().
using NameId = std::uint32_t;
inline constexpr NameId no_name = 0xffff'ffff;
inline constexpr std::uint32_t no_row = 0xffff'ffff;

/// One line of the trace. `offset` and `length` find its text.
struct Row {
    Time t = 0;
    std::uint64_t seq = 0;
    std::uint64_t cause = 0;  ///< seq of another record; 0 = none
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
    NameId kind = no_name;
    NameId subject = no_name;  ///< node or link; no_name = none given
};

/// One frame over one link: a row of the kind `pkt`, unpacked.
struct Hop {
    Time sent = 0;
    Time received = 0;  ///< for a drop: the same as `sent`
    std::uint32_t row = no_row;
    NameId link = no_name;
    NameId from = no_name;  ///< "node:port"
    NameId to = no_name;
    NameId protocol = no_name;
    NameId drop = no_name;  ///< why it did not arrive; no_name = it did
};

struct TraceNode {
    std::string id;
    std::string kind;  ///< "server", "switch", … ; unknown words are kept
};

struct TraceLink {
    std::string id;
    std::string type;
    std::string ends[2];  ///< "node:port"
};

struct TraceHeader {
    int version = 1;
    std::string scenario;
    std::string digest;
    std::uint64_t seed = 0;
    std::string implementation;
    std::string tool;
    std::string ns3;
    std::string level;
    std::vector<TraceNode> nodes;
    std::vector<TraceLink> links;
};

struct TraceTrailer {
    Time t = 0;
    std::uint64_t events = 0;
    std::string exit;
    std::vector<std::pair<std::string, std::string>> verdicts;
};

/// Something about the file that its reader should know. Reading went on after it.
struct TraceProblem {
    std::uint64_t line = 0;  ///< counted from 1
    std::string what;
};

/// One member of `d`, as text: strings without quotes, all else as it stands in the file.
struct Detail {
    std::string key;
    std::string value;
};

class Trace {
  public:
    TraceHeader header;
    std::optional<TraceTrailer> trailer;  ///< none: the trace is truncated
    std::vector<Row> rows;                ///< sorted by (t, seq)
    std::vector<Hop> hops;                ///< sorted by time sent
    std::vector<TraceProblem> problems;   ///< the first hundred
    std::uint64_t problem_count = 0;
    std::uint64_t lines = 0;
    std::uint64_t partial_bytes = 0;  ///< length of a last line without its end, which was ignored

    [[nodiscard]] bool truncated() const noexcept { return !trailer; }
    /// End of the run, or time of the last record.
    [[nodiscard]] Time end() const noexcept;
    [[nodiscard]] bool empty() const noexcept { return rows.empty(); }

    [[nodiscard]] std::string_view name(NameId id) const noexcept {
        return id < m_names.size() ? std::string_view{m_names[id]} : std::string_view{};
    }
    [[nodiscard]] NameId find_name(std::string_view) const noexcept;  ///< no_name: not in the trace
    [[nodiscard]] std::size_t name_count() const noexcept { return m_names.size(); }
    /// How many rows have that kind.
    [[nodiscard]] std::uint32_t count_of(NameId kind) const noexcept {
        return kind < m_counts.size() ? m_counts[kind] : 0;
    }

    [[nodiscard]] std::string_view text(const Row& row) const noexcept {
        return {m_text.get() + row.offset, row.length};
    }
    /// The members of `d`, and `t2` and `drop` of hops. Empty when there are none.
    [[nodiscard]] std::vector<Detail> details(const Row&) const;
    /// Row of that record; no_row: not in the trace.
    [[nodiscard]] std::uint32_t row_of(std::uint64_t seq) const noexcept;
    /// First row with a time > t; rows.size() when there is none.
    [[nodiscard]] std::uint32_t first_after(Time t) const noexcept;
    /// Index of the first hop with a time sent > t.
    [[nodiscard]] std::uint32_t first_hop_after(Time t) const noexcept;
    /// Calls `f(hop)` for each hop that was sent in (t - stretch, t] or is still on its way at t,
    /// in the order of sending.
    template <class F>
    void for_hops_at(Time t, Time stretch, F f) const {
        const std::uint32_t last = first_hop_after(t);
        for (std::uint32_t i = first_hop_possibly_at(t, stretch, last); i < last; ++i) {
            if (hops[i].received > t || hops[i].sent > t - stretch) {
                f(hops[i]);
            }
        }
    }

    static constexpr std::uint32_t hops_per_chunk = 1024;

  private:
    friend class TraceReader;
    [[nodiscard]] std::uint32_t
    first_hop_possibly_at(Time t, Time stretch, std::uint32_t last) const noexcept;

    std::unique_ptr<char[]> m_text;
    std::size_t m_text_bytes = 0;
    std::vector<std::string> m_names;
    std::vector<std::uint32_t> m_counts;
    std::vector<std::uint32_t> m_row_of;  ///< by seq; empty when that would waste memory, then:
    std::vector<std::pair<std::uint64_t, std::uint32_t>> m_by_seq;  ///< sorted
    std::vector<Time> m_latest_arrival;  ///< of all hops up to the end of a chunk
};

/// `value` of the first detail with that key; empty when there is none.
[[nodiscard]] std::string_view value_of(const std::vector<Detail>&, std::string_view key) noexcept;

}  // namespace gui
