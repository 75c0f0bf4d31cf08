// SPDX-License-Identifier: GPL-2.0-or-later
// How models tell what happened, and why. A record is one line of the trace; `cause` is the record
// of the prerequisite that was satisfied last. Causes travel by themselves: while something is
// handled, current() is the record that led to it; frames, timers and processes carry it along
// (LanLink, Host::schedule and the driver do this).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

namespace models {

/// Sequence number of a trace record; ids grow with time, so max() of two is "the later one". none
/// = no cause known.
enum class RecordId : std::uint64_t { none = 0 };

[[nodiscard]] constexpr RecordId later(RecordId a, RecordId b) noexcept {
    return a < b ? b : a;
}

struct TraceField {
    std::string_view key;
    std::variant<std::int64_t, bool, std::string_view> value;
};

/// Milestones are records whose kind starts with "ms." followed by the phase name of design §4,
/// e.g. "ms.detect", "ms.address", "ms.bridge"; `subject` is the node they belong to. Everything
/// else is only a link in the chain.
class Recorder {
  public:
    Recorder() = default;
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    virtual ~Recorder() = default;

    RecordId record(std::string_view kind,
                    std::string_view subject,
                    std::initializer_list<TraceField> fields = {}) {
        return write(m_current, kind, subject, {fields.begin(), fields.size()});
    }
    RecordId record_caused_by(RecordId cause,
                              std::string_view kind,
                              std::string_view subject,
                              std::initializer_list<TraceField> fields = {}) {
        return write(cause, kind, subject, {fields.begin(), fields.size()});
    }
    RecordId record_fields(RecordId cause,
                           std::string_view kind,
                           std::string_view subject,
                           std::span<const TraceField> fields) {
        return write(cause, kind, subject, fields);
    }

    [[nodiscard]] RecordId current() const noexcept { return m_current; }

    /// Sets current() for its own life.
    class Scope {
      public:
        Scope(Recorder& recorder, RecordId cause) noexcept
            : m_recorder(recorder), m_before(recorder.m_current) {
            recorder.m_current = cause;
        }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;
        ~Scope() { m_recorder.m_current = m_before; }

      private:
        Recorder& m_recorder;
        RecordId m_before;
    };

    /// False when nothing below milestones is wanted (--trace none): expensive fields need not be
    /// built.
    [[nodiscard]] virtual bool wants_detail() const noexcept = 0;

    /// One frame over one hop (record kind "pkt"): sent and received time, or the reason of a drop.
    /// Called by LanLink and serial lines for every frame; the recorder decides what is kept.
    /// `info` names what it carries ("heartbeat status").
    struct Hop {
        std::string_view link;
        std::string_view from;
        std::string_view to;
        std::string_view protocol;  ///< "heartbeat", "arp", "icmp", "tdmoe", "bridge", "sip", …
        std::string_view info;
        std::int64_t sent_ns = 0;
        std::int64_t received_ns = 0;  ///< -1: dropped
        std::string_view drop_reason;
        std::uint32_t bytes = 0;
    };
    virtual void hop(RecordId cause, const Hop&) = 0;

  protected:
    virtual RecordId write(RecordId cause,
                           std::string_view kind,
                           std::string_view subject,
                           std::span<const TraceField> fields) = 0;

  private:
    RecordId m_current = RecordId::none;
};

}  // namespace models
