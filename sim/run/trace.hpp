// SPDX-License-Identifier: GPL-2.0-or-later
// The recorder of a run: a compact store of what happened and why (for attribution and
// expectations) and, when asked for, the trace file (docs/trace-format.md). No ns-3: time comes
// from a function.
#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "model/recorder.hpp"
#include "run/run.hpp"

namespace sim {

/// One record without its fields. `kind` and `subject` are indexes into the store's names.
struct Record {
    std::uint64_t id = 0;
    std::int64_t t = 0;
    std::uint64_t cause = 0;  ///< 0 = none known
    std::uint32_t kind = 0;
    std::uint32_t subject = 0;
};

/// Records in the order of their ids, which is the order of time. Ids have gaps (hops of frames
/// count, too).
class RecordStore {
  public:
    void add(std::uint64_t id,
             std::int64_t t,
             std::uint64_t cause,
             std::string_view kind,
             std::string_view subject);

    /// Null: no such record.
    [[nodiscard]] const Record* find(std::uint64_t id) const noexcept;
    [[nodiscard]] const std::vector<Record>& all() const noexcept { return m_records; }
    [[nodiscard]] std::string_view kind(const Record& record) const noexcept {
        return m_names[record.kind];
    }
    [[nodiscard]] std::string_view subject(const Record& record) const noexcept {
        return m_names[record.subject];
    }
    /// The phase that a milestone ends; nullopt for every other record.
    [[nodiscard]] std::optional<Phase> milestone(const Record& record) const noexcept;
    /// First record of that kind with from <= t <= to (and that subject, when given). Null: none.
    [[nodiscard]] const Record* first(std::string_view kind,
                                      std::int64_t from,
                                      std::int64_t to,
                                      std::string_view subject = {}) const noexcept;

  private:
    [[nodiscard]] std::size_t
    slot_of(std::string_view name) const noexcept;  // where it is, or belongs
    std::uint32_t intern(std::string_view name);

    std::vector<Record> m_records;
    std::deque<std::string> m_names;
    std::vector<std::int8_t> m_phase_of_name;  // -1: not a milestone
    std::vector<std::uint32_t> m_slots;  // open addressing by FNV-1a; name index + 1, 0 = free
};

struct TraceHeader {
    std::string scenario;
    std::string digest;
    std::uint64_t seed = 0;
    std::string tool;
    std::string ns3;
    std::string implementation;
    const Topology* topology = nullptr;
};

struct TraceTrailer {
    std::int64_t t = 0;
    std::string exit;  ///< "stop_at", or why the run ended otherwise
    std::vector<std::pair<std::string, std::string>> verdicts;  ///< expectation id -> verdict
};

/// JSON string contents: quotes, backslashes and control characters escaped; other bytes as they
/// are.
void append_json_string(fmt::memory_buffer& out, std::string_view text);

class TraceWriter final : public models::Recorder {
  public:
    using Clock = std::int64_t (*)();

    /// `file` empty: nothing is written, whatever the level. Throws std::runtime_error when it
    /// cannot be opened.
    TraceWriter(TraceLevel level, const std::string& file, Clock now);
    ~TraceWriter() override;

    void header(const TraceHeader&);
    /// Writes what is held back, then the trailer; throws std::runtime_error when the file could
    /// not be written.
    void finish(const TraceTrailer&);
    /// In a forked process: nothing is kept or written from now on, and the file, which is the
    /// parent's, stays as it is. The process must end without destroying this.
    void abandon() noexcept;

    [[nodiscard]] bool wants_detail() const noexcept override { return m_file != nullptr; }
    /// Told of every record; may be null. It must record nothing itself.
    std::function<void(std::string_view kind, std::string_view subject)> on_record;
    void hop(models::RecordId cause, const Hop&) override;

    [[nodiscard]] const RecordStore& store() const noexcept { return m_store; }
    /// Records and hops so far; the same whatever the trace level.
    [[nodiscard]] std::uint64_t count() const noexcept { return m_last_id; }

  protected:
    models::RecordId write(models::RecordId cause,
                           std::string_view kind,
                           std::string_view subject,
                           std::span<const models::TraceField> fields) override;

  private:
    struct Held {
        std::int64_t t = 0;
        std::uint64_t seq = 0;
        std::string line;
    };

    void hold(std::int64_t t, std::uint64_t seq);
    void release(std::int64_t before);
    void put(std::string_view line);

    TraceLevel m_level;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> m_file;
    Clock m_now;
    RecordStore m_store;
    std::uint64_t m_last_id = 0;
    std::uint64_t m_lines = 0;
    std::vector<Held> m_held;  // heap, smallest (t, seq) first: a hop is told of when it arrives,
                               // but sorts by when it was sent
    std::int64_t m_released = std::numeric_limits<std::int64_t>::min();
    fmt::memory_buffer m_buffer;
    bool m_failed = false;
    bool m_abandoned = false;
};

}  // namespace sim
