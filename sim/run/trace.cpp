// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/trace.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace sim {

namespace {

// A frame waits at most 100 ms in a queue; a serial line of 19200 baud carries 1.9 kB/s, so that a
// backlog of some messages takes seconds. What is older than this when it is told of cannot be
// sorted in, which ends the run.
constexpr std::int64_t reorder_window_ns = 30'000'000'000;

std::string_view type_word(LinkType type) {
    switch (type) {
    case LinkType::ethernet:
        return "ethernet";
    case LinkType::serial:
        return "serial";
    case LinkType::t1:
        return "t1";
    }
    return "?";
}

void append(fmt::memory_buffer& out, std::string_view text) {
    out.append(text.data(), text.data() + text.size());
}

void append_key(fmt::memory_buffer& out, std::string_view key, std::string_view value) {
    append(out, "\"");
    append(out, key);
    append(out, "\":\"");
    append_json_string(out, value);
    append(out, "\"");
}

}  // namespace

void append_json_string(fmt::memory_buffer& out, std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (byte < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
        } else {
            out.push_back(c);
        }
    }
}

// ---------------------------------------------------------------- RecordStore

std::size_t RecordStore::slot_of(std::string_view name) const noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : name) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    std::size_t slot = hash & (m_slots.size() - 1);
    while (m_slots[slot] != 0 && m_names[m_slots[slot] - 1] != name) {
        slot = (slot + 1) & (m_slots.size() - 1);
    }
    return slot;
}

std::uint32_t RecordStore::intern(std::string_view name) {
    if (m_names.size() * 2 >= m_slots.size()) {
        m_slots.assign(m_slots.empty() ? 256 : m_slots.size() * 2, 0);
        for (std::uint32_t i = 0; i < m_names.size(); ++i) {
            m_slots[slot_of(m_names[i])] = i + 1;
        }
    }
    const std::size_t slot = slot_of(name);
    if (m_slots[slot] != 0) {
        return m_slots[slot] - 1;
    }
    const auto index = static_cast<std::uint32_t>(m_names.size());
    const std::string& kept = m_names.emplace_back(name);
    m_slots[slot] = index + 1;
    std::int8_t phase = -1;
    if (kept.starts_with("ms.")) {
        for (std::size_t i = 0; i < phase_count; ++i) {
            if (std::string_view{kept}.substr(3) == sim::name(static_cast<Phase>(i))) {
                phase = static_cast<std::int8_t>(i);
            }
        }
        if (phase < 0) {
            throw std::logic_error(fmt::format("record kind {} names no phase", kept));
        }
    }
    m_phase_of_name.push_back(phase);
    return index;
}

void RecordStore::add(std::uint64_t id,
                      std::int64_t t,
                      std::uint64_t cause,
                      std::string_view kind,
                      std::string_view subject) {
    m_records.push_back({id, t, cause, intern(kind), intern(subject)});
}

const Record* RecordStore::find(std::uint64_t id) const noexcept {
    const auto at = std::lower_bound(
        m_records.begin(), m_records.end(), id, [](const Record& record, std::uint64_t wanted) {
            return record.id < wanted;
        });
    return at != m_records.end() && at->id == id ? &*at : nullptr;
}

std::optional<Phase> RecordStore::milestone(const Record& record) const noexcept {
    const std::int8_t phase = m_phase_of_name[record.kind];
    return phase < 0 ? std::nullopt : std::optional{static_cast<Phase>(phase)};
}

const Record* RecordStore::first(std::string_view kind,
                                 std::int64_t from,
                                 std::int64_t to,
                                 std::string_view subject) const noexcept {
    if (m_slots.empty()) {
        return nullptr;
    }
    const std::size_t slot = slot_of(kind);
    if (m_slots[slot] == 0) {
        return nullptr;
    }
    const std::uint32_t name = m_slots[slot] - 1;
    auto at = std::lower_bound(m_records.begin(),
                               m_records.end(),
                               from,
                               [](const Record& record, std::int64_t t) { return record.t < t; });
    for (; at != m_records.end() && at->t <= to; ++at) {
        if (at->kind == name && (subject.empty() || m_names[at->subject] == subject)) {
            return &*at;
        }
    }
    return nullptr;
}

// ---------------------------------------------------------------- TraceWriter

TraceWriter::TraceWriter(TraceLevel level, const std::string& file, Clock now)
    : m_level(level), m_file(nullptr, &std::fclose), m_now(now) {
    if (level == TraceLevel::none || file.empty()) {
        m_level = TraceLevel::none;
        return;
    }
    m_file.reset(std::fopen(file.c_str(), "wb"));
    if (!m_file) {
        throw std::runtime_error(
            fmt::format("{}: cannot write the trace: {}", file, std::strerror(errno)));
    }
}

TraceWriter::~TraceWriter() = default;

void TraceWriter::put(std::string_view line) {
    m_failed = m_failed || std::fwrite(line.data(), 1, line.size(), m_file.get()) != line.size();
}

void TraceWriter::header(const TraceHeader& header) {
    if (!m_file) {
        return;
    }
    m_buffer.clear();
    append(m_buffer, "{\"format\":\"failover-trace/1\",");
    append_key(m_buffer, "scenario", header.scenario);
    append(m_buffer, ",");
    append_key(m_buffer, "digest", header.digest);
    fmt::format_to(std::back_inserter(m_buffer), ",\"seed\":{},", header.seed);
    append_key(m_buffer, "implementation", header.implementation);
    append(m_buffer, ",");
    append_key(m_buffer, "tool", header.tool);
    append(m_buffer, ",");
    append_key(m_buffer, "ns3", header.ns3);
    append(m_buffer, ",\"unit\":\"ns\",");
    append_key(m_buffer, "level", m_level == TraceLevel::all ? "all" : "signalling");
    append(m_buffer, ",\"nodes\":[");
    bool first = true;
    for (const NodeSpec& node : header.topology->nodes) {
        append(m_buffer, first ? "{" : ",{");
        first = false;
        append_key(m_buffer, "id", node.id);
        append(m_buffer, ",");
        append_key(m_buffer, "kind", name(node.kind));
        append(m_buffer, "}");
    }
    append(m_buffer, "],\"links\":[");
    first = true;
    for (const LinkSpec& link : header.topology->links) {
        append(m_buffer, first ? "{" : ",{");
        first = false;
        append_key(m_buffer, "id", link.id);
        append(m_buffer, ",");
        append_key(m_buffer, "type", type_word(link.type));
        append(m_buffer, ",\"ends\":[\"");
        append_json_string(m_buffer, link.ends[0].node + ":" + link.ends[0].port);
        append(m_buffer, "\",\"");
        append_json_string(m_buffer, link.ends[1].node + ":" + link.ends[1].port);
        append(m_buffer, "\"]}");
    }
    append(m_buffer, "]}\n");
    put({m_buffer.data(), m_buffer.size()});
}

models::RecordId TraceWriter::write(models::RecordId cause,
                                    std::string_view kind,
                                    std::string_view subject,
                                    std::span<const models::TraceField> fields) {
    const std::uint64_t id = ++m_last_id;
    if (m_abandoned) {
        return models::RecordId{id};
    }
    const std::int64_t t = m_now();
    m_store.add(id, t, static_cast<std::uint64_t>(cause), kind, subject);
    if (on_record) {
        on_record(kind, subject);
    }
    if (m_file) {
        m_buffer.clear();
        fmt::format_to(std::back_inserter(m_buffer), "{{\"t\":{},\"seq\":{},", t, id);
        append_key(m_buffer, "k", kind);
        append(m_buffer, ",");
        append_key(m_buffer, "n", subject);
        if (cause != models::RecordId::none) {
            fmt::format_to(
                std::back_inserter(m_buffer), ",\"cause\":{}", static_cast<std::uint64_t>(cause));
        }
        if (!fields.empty()) {
            append(m_buffer, ",\"d\":{");
            bool first = true;
            for (const models::TraceField& field : fields) {
                append(m_buffer, first ? "" : ",");
                first = false;
                if (const auto* text = std::get_if<std::string_view>(&field.value)) {
                    append_key(m_buffer, field.key, *text);
                } else if (const auto* flag = std::get_if<bool>(&field.value)) {
                    fmt::format_to(std::back_inserter(m_buffer), "\"{}\":{}", field.key, *flag);
                } else {
                    fmt::format_to(std::back_inserter(m_buffer),
                                   "\"{}\":{}",
                                   field.key,
                                   std::get<std::int64_t>(field.value));
                }
            }
            append(m_buffer, "}");
        }
        append(m_buffer, "}\n");
        hold(t, id);
    }
    return models::RecordId{id};
}

void TraceWriter::hop(models::RecordId cause, const Hop& hop) {
    const std::uint64_t id = ++m_last_id;  // always, so that ids do not depend on the trace level
    if (!m_file ||
        (m_level == TraceLevel::signalling && (hop.protocol == "tdmoe" || hop.protocol == "rtp"))) {
        return;
    }
    m_buffer.clear();
    fmt::format_to(
        std::back_inserter(m_buffer), "{{\"t\":{},\"seq\":{},\"k\":\"pkt\",", hop.sent_ns, id);
    append_key(m_buffer, "n", hop.link);
    if (cause != models::RecordId::none) {
        fmt::format_to(
            std::back_inserter(m_buffer), ",\"cause\":{}", static_cast<std::uint64_t>(cause));
    }
    append(m_buffer, ",");
    if (hop.received_ns >= 0) {
        fmt::format_to(std::back_inserter(m_buffer), "\"t2\":{}", hop.received_ns);
    } else {
        append_key(m_buffer, "drop", hop.drop_reason);
    }
    append(m_buffer, ",\"d\":{");
    append_key(m_buffer, "from", hop.from);
    append(m_buffer, ",");
    append_key(m_buffer, "to", hop.to);
    append(m_buffer, ",");
    append_key(m_buffer, "protocol", hop.protocol);
    append(m_buffer, ",");
    append_key(m_buffer, "info", hop.info);
    fmt::format_to(std::back_inserter(m_buffer), ",\"bytes\":{}}}}}\n", hop.bytes);
    hold(hop.sent_ns, id);
}

void TraceWriter::hold(std::int64_t t, std::uint64_t seq) {
    if (t < m_released) {
        throw std::logic_error(
            fmt::format("trace: a line of t={} came after t={} was written", t, m_released));
    }
    const auto later = [](const Held& a, const Held& b) {
        return std::pair{a.t, a.seq} > std::pair{b.t, b.seq};
    };
    m_held.push_back({t, seq, std::string{m_buffer.data(), m_buffer.size()}});
    std::push_heap(m_held.begin(), m_held.end(), later);
    release(m_now() - reorder_window_ns);
}

void TraceWriter::release(std::int64_t before) {
    const auto later = [](const Held& a, const Held& b) {
        return std::pair{a.t, a.seq} > std::pair{b.t, b.seq};
    };
    while (!m_held.empty() && m_held.front().t < before) {
        std::pop_heap(m_held.begin(), m_held.end(), later);
        put(m_held.back().line);
        m_released = m_held.back().t;
        m_held.pop_back();
        ++m_lines;
    }
}

void TraceWriter::abandon() noexcept {
    (void)m_file.release();  // closing it would write what the parent writes, too
    m_abandoned = true;
}

void TraceWriter::finish(const TraceTrailer& trailer) {
    if (!m_file) {
        return;
    }
    release(std::numeric_limits<std::int64_t>::max());
    m_buffer.clear();
    fmt::format_to(
        std::back_inserter(m_buffer), "{{\"end\":true,\"t\":{},\"events\":{},", trailer.t, m_lines);
    append_key(m_buffer, "exit", trailer.exit);
    append(m_buffer, ",\"verdicts\":{");
    bool first = true;
    for (const auto& [id, verdict] : trailer.verdicts) {
        append(m_buffer, first ? "" : ",");
        first = false;
        append_key(m_buffer, id, verdict);
    }
    append(m_buffer, "}}\n");
    put({m_buffer.data(), m_buffer.size()});
    m_failed = std::fclose(m_file.release()) != 0 || m_failed;
    if (m_failed) {
        throw std::runtime_error("the trace could not be written completely (disk full?)");
    }
}

}  // namespace sim
