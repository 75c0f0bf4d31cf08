// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/perfetto.hpp"

#include <algorithm>
#include <string>

namespace gui {

namespace {

// "Processes" of that format: groups of tracks, in the order in which they are wanted.
constexpr int pid_faults = 1;
constexpr int pid_phases = 2;
constexpr int pid_owners = 3;
constexpr int pid_nodes = 4;
constexpr int pid_calls = 5;
constexpr int pid_links = 6;

std::string quoted(std::string_view text) {
    static constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < ' ') {
            out += "\\u00";
            out += hex[byte >> 4U];
            out += hex[byte & 15U];
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string micros(Time t) {
    std::string rest = std::to_string(t % 1000);
    rest.insert(0, 3 - rest.size(), '0');
    return std::to_string(t / 1000) + "." + rest;
}

class Writer {
  public:
    Writer(std::ostream& out, const PerfettoOptions& options) : m_out(out), m_options(options) {
        m_out << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
    }

    void process(int pid, std::string_view name) {
        line(R"("ph":"M","name":"process_name","pid":)" + std::to_string(pid) +
             ",\"args\":{\"name\":" + quoted(name) + "}");
        line(R"("ph":"M","name":"process_sort_index","pid":)" + std::to_string(pid) +
             ",\"args\":{\"sort_index\":" + std::to_string(pid) + "}");
    }
    void track(int pid, std::size_t tid, std::string_view name) {
        line(R"("ph":"M","name":"thread_name")" + place(pid, tid) +
             ",\"args\":{\"name\":" + quoted(name) + "}");
    }
    void slice(int pid, std::size_t tid, std::string_view name, Time from, Time to) {
        from = std::max(from, m_options.from);
        to = std::min(to, m_options.to);
        if (from < to) {
            line("\"ph\":\"X\",\"name\":" + quoted(name) + place(pid, tid) +
                 ",\"ts\":" + micros(from) + ",\"dur\":" + micros(to - from));
        }
    }
    void instant(int pid, std::size_t tid, std::string_view name, Time t, char scope) {
        if (inside(t)) {
            line("\"ph\":\"i\",\"name\":" + quoted(name) + place(pid, tid) +
                 ",\"ts\":" + micros(t) + ",\"s\":\"" + scope + "\"");
        }
    }
    void counter(int pid, std::string_view name, Time t, std::int64_t value) {
        if (inside(t)) {
            line("\"ph\":\"C\",\"name\":" + quoted(name) + place(pid, 0) + ",\"ts\":" + micros(t) +
                 ",\"args\":{\"value\":" + std::to_string(value) + "}");
        }
    }
    void pair(int pid,
              std::string_view category,
              std::string_view name,
              std::uint64_t id,
              Time from,
              Time to) {
        if (!inside(from)) {
            return;
        }
        const std::string common = "\"cat\":" + quoted(category) + ",\"name\":" + quoted(name) +
                                   ",\"id\":" + std::to_string(id) + place(pid, 0);
        line("\"ph\":\"b\"," + common + ",\"ts\":" + micros(from));
        line("\"ph\":\"e\"," + common + ",\"ts\":" + micros(to));
    }
    void end(const TraceHeader& header) {
        m_out << "\n],\"otherData\":{\"scenario\":" << quoted(header.scenario)
              << ",\"seed\":" << quoted(std::to_string(header.seed))
              << ",\"digest\":" << quoted(header.digest)
              << ",\"implementation\":" << quoted(header.implementation) << "}}\n";
    }

  private:
    [[nodiscard]] bool inside(Time t) const noexcept {
        return t >= m_options.from && t <= m_options.to;
    }
    static std::string place(int pid, std::size_t tid) {
        return ",\"pid\":" + std::to_string(pid) + ",\"tid\":" + std::to_string(tid);
    }
    void line(const std::string& members) {
        m_out << (m_first ? "{" : ",\n{") << members << '}';
        m_first = false;
    }

    std::ostream& m_out;
    const PerfettoOptions& m_options;
    bool m_first = true;
};

std::string words_of(const Shown& shown) {
    std::string out(word(shown.state));
    if (shown.reason != Reason::none) {
        out += ", " + std::string(word(shown.reason));
    }
    return out;
}

void write_phases(Writer& writer, const Trace& trace, const RunResult& result) {
    std::size_t tid = 0;
    for (const EpisodeResult& episode : result.episodes) {
        for (const DirectionResult& direction : episode.directions) {
            const auto cut = cut_off_of(trace, direction);
            if (!cut) {
                continue;
            }
            ++tid;
            writer.track(pid_phases, tid, episode.id + ", " + direction.direction);
            Time at = cut->first;
            const auto piece = [&](std::string_view name, Time length) {
                writer.slice(pid_phases, tid, name, at, at + length);
                at += length;
            };
            piece("not explained", direction.unattributed);
            for (std::size_t phase = 0; phase < phase_count; ++phase) {
                piece(phase_names[phase], direction.phases[phase]);
            }
        }
    }
}

}  // namespace

bool write_perfetto(std::ostream& out,
                    const History& history,
                    const RunResult* result,
                    const PerfettoOptions& options) {
    const Trace& trace = history.trace();
    const TraceHeader& header = trace.header;
    const Time end = trace.end();
    Writer writer(out, options);

    writer.process(pid_faults, "faults");
    writer.track(pid_faults, 0, "faults and repairs");
    for (const FaultMark& mark : history.faults()) {
        writer.instant(pid_faults, 0, mark.verb + " " + mark.target, mark.t, 'g');
    }
    if (result != nullptr) {
        writer.process(pid_phases, "phases of the cut-off");
        write_phases(writer, trace, *result);
    }
    writer.process(pid_owners, "owner of the address");
    for (std::size_t address = 0; address < history.addresses().size(); ++address) {
        writer.track(pid_owners, address, history.addresses()[address]);
        const auto& lane = history.owner_lanes()[address];
        for (std::size_t i = 0; i < lane.size(); ++i) {
            const std::string who = lane[i].owner == nobody    ? "nobody"
                                    : lane[i].owner == several ? "two owners"
                                                               : header.nodes[lane[i].owner].id;
            writer.slice(pid_owners,
                         address,
                         who,
                         lane[i].from,
                         i + 1 < lane.size() ? lane[i + 1].from : end);
        }
    }
    writer.process(pid_nodes, "nodes");
    for (std::size_t node = 0; node < header.nodes.size(); ++node) {
        writer.track(pid_nodes, node, header.nodes[node].id);
        const auto& lane = history.node_lanes()[node];
        for (std::size_t i = 0; i < lane.size(); ++i) {
            writer.slice(pid_nodes,
                         node,
                         words_of(lane[i].shown),
                         lane[i].from,
                         i + 1 < lane.size() ? lane[i + 1].from : end);
        }
    }
    for (const Milestone& milestone : history.milestones()) {
        const Row& row = trace.rows[milestone.row];
        if (const std::uint32_t node =
                row.subject == no_name ? nobody : history.node_of(trace.name(row.subject));
            node != nobody) {
            writer.instant(pid_nodes, node, milestone.phase, milestone.t, 't');
        }
    }
    writer.process(pid_calls, "calls");
    for (const DirectionLane& lane : history.directions()) {
        for (const CallCount& count : lane.calls) {
            writer.counter(pid_calls, "calls up, " + lane.name, count.t, count.up);
        }
    }
    if (options.frames) {
        writer.process(pid_links, "frames");
        for (const Hop& hop : trace.hops) {
            std::string name(trace.name(hop.protocol));
            name +=
                " " + std::string(trace.name(hop.from)) + " → " + std::string(trace.name(hop.to));
            if (hop.drop != no_name) {
                name += " (dropped: " + std::string(trace.name(hop.drop)) + ")";
            }
            writer.pair(pid_links, trace.name(hop.link), name, hop.row, hop.sent, hop.received);
        }
    }
    writer.end(header);
    out.flush();
    return out.good();
}

}  // namespace gui
