// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/ladder.hpp"

#include <algorithm>

#include "trace/story.hpp"

namespace gui {

namespace {

constexpr Time longest_relay = 5'000'000;  // a switch passes a frame on within 5 ms

bool wanted(std::string_view protocol, const LadderFilter& filter) {
    if (protocol == "heartbeat" || protocol == "serial") {
        return filter.heartbeats;
    }
    return protocol == "bridge" ? filter.bridge : filter.others && protocol != "tdmoe";
}

bool relays(const Trace& trace, std::uint32_t node) {
    return node != nobody && trace.header.nodes[node].kind == "switch";
}

/// A frame that a switch has got and may pass on.
struct Waiting {
    std::uint32_t at = nobody;
    Time received = 0;
    std::string info;
    LadderLine line;
    bool used = false;
};

}  // namespace

std::vector<LadderLine> ladder(const History& history,
                               Time from,
                               Time to,
                               Time around,
                               std::size_t most,
                               const LadderFilter& filter) {
    const Trace& trace = history.trace();
    std::vector<LadderLine> out;
    std::vector<Waiting> waiting;
    std::vector<std::pair<std::size_t, std::string>> half_calls;  // line, message and reference
    // Frames before `from` may still be relayed after it.
    for (std::uint32_t i = trace.first_after(from - longest_relay - 1);
         i < trace.rows.size() && trace.rows[i].t <= to;
         ++i) {
        const Row& row = trace.rows[i];
        const std::string_view kind = trace.name(row.kind);
        if (kind == "pkt") {
            const std::vector<Detail> d = trace.details(row);
            const std::string protocol(value_of(d, "protocol"));
            if (!wanted(protocol, filter)) {
                continue;
            }
            const std::uint32_t a = history.node_of(value_of(d, "from"));
            const std::uint32_t b = history.node_of(value_of(d, "to"));
            if (a == nobody || b == nobody) {
                continue;
            }
            const std::string info(value_of(d, "info"));
            const std::string arrival(value_of(d, "t2"));
            LadderLine line;
            line.t = row.t;
            line.arrived = arrival.empty() ? row.t : std::strtoll(arrival.c_str(), nullptr, 10);
            line.from = a;
            line.to = b;
            line.protocol = protocol;
            line.label = info.empty() ? protocol : info;
            line.dropped = !value_of(d, "drop").empty();
            line.row = i;
            std::erase_if(waiting,
                          [&](const Waiting& w) { return w.received + longest_relay < row.t; });
            if (relays(trace, a)) {
                const auto first = std::ranges::find_if(waiting, [&](const Waiting& w) {
                    return w.at == a && w.received <= row.t && w.line.protocol == protocol &&
                           w.info == info && w.line.from != b;
                });
                if (first != waiting.end()) {
                    line.from = first->line.from;
                    line.t = first->line.t;
                }
            }
            if (relays(trace, b) && !line.dropped) {
                waiting.push_back({b, line.arrived, info, line, false});
                continue;
            }
            // Flooded to somebody who has no part in it: not of interest here.
            if (protocol == "heartbeat" && !history.member(line.to)) {
                continue;
            }
            out.push_back(std::move(line));
        } else if (kind == "q931" && filter.calls) {
            const std::vector<Detail> d = trace.details(row);
            const std::string key =
                std::string(value_of(d, "message")) + " " + std::string(value_of(d, "reference"));
            const std::uint32_t node = history.node_of(trace.name(row.subject));
            if (node == nobody) {
                continue;
            }
            if (value_of(d, "sent") == "true") {
                LadderLine line;
                line.t = line.arrived = row.t;
                line.from = node;
                line.label = value_of(d, "message");
                line.protocol = "q931";
                line.row = i;
                half_calls.emplace_back(out.size(), key);
                out.push_back(std::move(line));
            } else {
                const auto half = std::ranges::find_if(half_calls, [&](const auto& h) {
                    return h.second == key && out[h.first].from != node &&
                           out[h.first].to == nobody;
                });
                if (half != half_calls.end()) {
                    out[half->first].to = node;
                    out[half->first].arrived = row.t;
                    half_calls.erase(half);
                }
            }
        } else if (kind.starts_with("ms.") || kind == "fault.inject" || kind == "fault.clear" ||
                   (kind == "peer.state")) {
            const std::uint32_t node = history.node_of(trace.name(row.subject));
            LadderLine line;
            line.t = line.arrived = row.t;
            line.from = node;
            line.label = describe(trace, row);
            line.fault = kind == "fault.inject";
            line.row = i;
            if (node != nobody || line.fault) {
                out.push_back(std::move(line));
            }
        }
    }
    std::erase_if(out, [&](const LadderLine& line) { return line.t < from; });
    std::ranges::stable_sort(out, {}, &LadderLine::t);
    return nearest(std::move(out), around, most);
}

std::vector<LadderLine> nearest(std::vector<LadderLine> lines, Time t, std::size_t most) {
    if (lines.size() > most) {
        const auto at = std::ranges::lower_bound(lines, t, {}, &LadderLine::t) - lines.begin();
        const auto half = static_cast<std::ptrdiff_t>(most / 2);
        const auto first = std::clamp<std::ptrdiff_t>(
            at - half, 0, static_cast<std::ptrdiff_t>(lines.size() - most));
        lines = {lines.begin() + first, lines.begin() + first + static_cast<std::ptrdiff_t>(most)};
    }
    return lines;
}

std::string mermaid(const History& history, const std::vector<LadderLine>& lines) {
    const Trace& trace = history.trace();
    // Quotes, semicolons and the like have a meaning there.
    const auto plain = [](std::string_view text) {
        std::string out;
        for (const char c : text) {
            if (c == ';' || c == '#' || c == '"' || c == '<' || c == '>') {
                out += "#" + std::to_string(static_cast<int>(c)) + ";";
            } else {
                out += c == '\n' || c == '\r' ? ' ' : c;
            }
        }
        return out;
    };
    const auto seconds = [](Time t) {
        std::string ms = std::to_string(t / 1'000'000 % 1000);
        ms.insert(0, 3 - ms.size(), '0');
        return std::to_string(t / 1'000'000'000) + "." + ms;
    };
    std::vector<std::uint32_t> columns;
    for (const LadderLine& line : lines) {
        for (const std::uint32_t node : {line.from, line.to}) {
            if (node != nobody && std::ranges::count(columns, node) == 0) {
                columns.push_back(node);
            }
        }
    }
    std::string out = "sequenceDiagram\n";
    for (const std::uint32_t node : columns) {
        out += "  participant n" + std::to_string(node) + " as " +
               plain(trace.header.nodes[node].id) + "\n";
    }
    if (columns.empty()) {
        return out;
    }
    for (const LadderLine& line : lines) {
        const std::string words = ": " + seconds(line.t) + " " + plain(line.label) + "\n";
        const std::string from =
            "n" + std::to_string(line.from == nobody ? columns.front() : line.from);
        if (line.to == nobody) {
            out += "  Note over " + from + words;
        } else {
            out +=
                "  " + from + (line.dropped ? "-x" : "->>") + "n" + std::to_string(line.to) + words;
        }
    }
    return out;
}

}  // namespace gui
