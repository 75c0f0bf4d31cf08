// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/story.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace gui {

namespace {

constexpr std::size_t chain_limit = 10000;  // a chain that is longer is no chain

std::string seconds(std::string_view nanoseconds) {
    const double value = std::strtod(std::string(nanoseconds).c_str(), nullptr) / 1e9;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f s", value);
    return text.data();
}

std::string generic(const std::vector<Detail>& details) {
    std::string out;
    for (const Detail& detail : details) {
        if (!out.empty()) {
            out += " · ";
        }
        out += detail.key + " " + detail.value;
    }
    return out;
}

std::string words_for(std::string_view kind, const std::vector<Detail>& d) {
    const auto v = [&](std::string_view key) { return std::string(value_of(d, key)); };
    const auto on = [&](std::string_view key) { return value_of(d, key) == "true"; };
    if (kind == "fault.inject") {
        return "fault " + v("id") + ": " + v("verb");
    }
    if (kind == "fault.clear") {
        return "repair " + v("id") + ": " + v("verb");
    }
    if (kind == "fault.evidence") {
        return "it took effect: " + v("text");
    }
    if (kind == "check") {
        return v("verdict") + ": " + v("observed");
    }
    if (kind == "node.power" || kind == "switch.power" || kind == "bridge.power") {
        return on("on") ? "has power" : "has no power";
    }
    if (kind == "node.boot") {
        return "has booted";
    }
    if (kind == "node.crash") {
        return "kernel has crashed";
    }
    if (kind == "node.freeze") {
        return "no process is scheduled";
    }
    if (kind == "node.thaw") {
        return "processes go on";
    }
    if (kind == "process.start") {
        return v("process") + " starts";
    }
    if (kind == "process.end") {
        return v("process") + " has ended";
    }
    if (kind == "node.phase") {
        return "daemon: " + v("from") + " → " + v("to");
    }
    if (kind == "peer.state") {
        std::string out = v("peer") + " is " + v("to");
        if (v("reason") == "silent") {
            out += ", silent for " + seconds(v("silent_ns"));
        }
        return out;
    }
    if (kind == "peer.link") {
        return v("peer") + (on("up") ? " is heard on " : " is no longer heard on ") + v("device");
    }
    if (kind == "ms.detect") {
        return v("peer") + " declared dead (" + v("reason") + ")";
    }
    if (kind == "fence") {
        return v("result") == "none-configured" ? "no fencing configured for " + v("peer")
                                                : "fencing of " + v("peer") + ": " + v("result");
    }
    if (kind == "ms.fence") {
        return "fencing of " + v("peer") + " confirmed";
    }
    if (kind == "group.role") {
        return v("group") + ": " + v("from") + " → " + v("to") + " (" + v("reason") + ")";
    }
    if (kind == "ms.decide") {
        return "takes group " + v("group") + " (" + v("reason") + ")";
    }
    if (kind == "resource.state") {
        const bool failed = v("to") == "failed";
        return v("word") + " is " + v("to") + (failed ? " with " + v("code") : "");
    }
    if (kind == "ms.address") {
        return "has address " + v("address") + " on " + v("interface");
    }
    if (kind == "address.removed") {
        return "gave up address " + v("address");
    }
    if (kind == "address.announced") {
        return "announces " + v("address") + " (" + v("form") + ")";
    }
    if (kind == "ms.announce") {
        return "first frame from " + v("client") + " for " + v("address");
    }
    if (kind == "ms.route") {
        return "source fix-up in force";
    }
    if (kind == "bridge.step") {
        return "bridge step " + v("step") + " of " + v("steps") + " " + v("what");
    }
    if (kind == "bridge.request") {
        return "request: command " + v("command") + ", parameter " + v("parameter");
    }
    if (kind == "bridge.reply") {
        return "reply: command " + v("command") + ", status " + v("status") +
               (on("lost") ? ", lost" : "");
    }
    if (kind == "bridge.transmit") {
        return on("on") ? "sends TDMoE" : "sends no TDMoE";
    }
    if (kind == "bridge.destination") {
        return "sends to " + v("mac");
    }
    if (kind == "bridge.heard") {
        return "is fed by " + v("mac");
    }
    if (kind == "bridge.unfed") {
        return "nobody feeds it";
    }
    if (kind == "ms.bridge") {
        return "TDMoE arrives";
    }
    if (kind == "span.alarm") {
        return "span " + v("span") + (v("alarm") == "none" ? ": clear" : ": alarm " + v("alarm"));
    }
    if (kind == "t1.alarm") {
        return v("line") + (v("alarm") == "none" ? ": clear" : ": alarm " + v("alarm"));
    }
    if (kind == "agent.run") {
        return v("word") + " " + v("op");
    }
    if (kind == "agent.done") {
        return v("word") + " " + v("op") + " ended with " + v("status");
    }
    if (kind == "ms.service") {
        return "service answers its local probe";
    }
    if (kind == "dchannel.up") {
        return "D-channel up";
    }
    if (kind == "dchannel.down") {
        return "D-channel down";
    }
    if (kind == "dchannel.released") {
        return "D-channel released";
    }
    if (kind == "ms.trunk") {
        return "D-channel up and alarms clear";
    }
    if (kind == "ms.register") {
        return "callee can be reached again";
    }
    if (kind == "link.carrier") {
        return v("interface") + (on("up") ? " has carrier" : " lost carrier");
    }
    if (kind == "call.started") {
        return "call " + v("call") + " starts, " + v("direction");
    }
    if (kind == "call.answered") {
        return on("probe") ? "probe call answered, " + v("direction")
                           : "call " + v("call") + " answered, " + v("direction");
    }
    if (kind == "call.ended") {
        return "call " + v("call") + " ends";
    }
    if (kind == "call.dropped") {
        return "call " + v("call") + " dropped: " + v("reason");
    }
    if (kind == "call.failed") {
        return "call " + v("call") + " failed: " + v("reason");
    }
    if (kind == "q931") {
        return std::string(on("sent") ? "sends " : "gets ") + v("message") + ", call reference " +
               v("reference");
    }
    if (kind == "pkt") {
        std::string out = v("protocol") + " " + v("from") + " → " + v("to");
        if (!v("info").empty()) {
            out += ": " + v("info");
        }
        return v("drop").empty() ? out : out + " ✕ " + v("drop");
    }
    return generic(d);
}

bool of_exchange(std::string_view kind) {
    return kind == "bridge.request" || kind == "bridge.reply" || kind == "bridge.step" ||
           kind == "bridge.transmit" || kind == "bridge.destination";
}

WhyStep step_for(const Trace& trace, std::uint32_t index) {
    const Row& row = trace.rows[index];
    const std::string_view kind = trace.name(row.kind);
    WhyStep step;
    step.row = index;
    step.t = row.t;
    step.node = std::string(trace.name(row.subject));
    step.text = describe(trace, row);
    step.milestone = kind.starts_with("ms.");
    step.fault = kind == "fault.inject" || kind == "fault.clear";
    return step;
}

/// The last fault (or repair) with from < its record <= to; no_row when there is none.
std::uint32_t fault_between(const History& history, std::uint32_t from, std::uint32_t to) {
    std::uint32_t found = no_row;
    for (const FaultMark& mark : history.faults()) {
        if (!mark.repair && mark.row > from && mark.row <= to) {
            found = mark.row;
        }
    }
    return found;
}

/// "last heard at 179.952 s; " for a record that tells how long a peer was silent.
std::string silence_before(const Trace& trace, const Row& row) {
    const std::vector<Detail> details = trace.details(row);
    const std::string silent(value_of(details, "silent_ns"));
    if (silent.empty()) {
        return {};
    }
    const Time heard = row.t - std::strtoll(silent.c_str(), nullptr, 10);
    return "last heard at " + seconds(std::to_string(heard)) + "; ";
}

}  // namespace

std::string describe(const Trace& trace, const Row& row) {
    return words_for(trace.name(row.kind), trace.details(row));
}

std::vector<WhyStep> why(const History& history, std::uint32_t row) {
    const Trace& trace = history.trace();
    std::vector<WhyStep> chain;
    if (row >= trace.rows.size()) {
        return chain;
    }
    std::uint32_t at = row;
    for (std::size_t count = 0; count < chain_limit; ++count) {
        chain.push_back(step_for(trace, at));
        if (chain.back().fault) {
            break;
        }
        const Row& record = trace.rows[at];
        const std::uint32_t cause = record.cause == 0 ? no_row : trace.row_of(record.cause);
        // A cause is older than what follows from it; anything else is a broken trace.
        const bool usable = cause != no_row && trace.rows[cause].seq < record.seq;
        const std::uint32_t fault = fault_between(history, usable ? cause : 0, at);
        if (usable && fault == no_row) {
            at = cause;
            continue;
        }
        if (fault != no_row && usable) {
            // What it follows from lies before the fault: the fault is why nothing came after.
            WhyStep step = step_for(trace, fault);
            step.because = silence_before(trace, record) + "the fault is why nothing came after";
            chain.push_back(std::move(step));
        } else {
            chain.back().because =
                record.cause == 0 ? "no cause is recorded" : "its cause is not in this trace";
        }
        break;
    }
    // Fold the exchange with the bridge: its first and last record stay.
    std::vector<WhyStep> folded;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        const auto exchange = [&](std::size_t k) {
            return k < chain.size() && of_exchange(trace.name(trace.rows[chain[k].row].kind));
        };
        if (i > 0 && exchange(i - 1) && exchange(i) && exchange(i + 1)) {
            ++folded.back().folded;
            continue;
        }
        folded.push_back(std::move(chain[i]));
    }
    return folded;
}

std::uint32_t first_answer(const Trace& trace, const EpisodeResult& episode) {
    const DirectionResult* const worst = episode.worst();
    return worst == nullptr || worst->path.empty() ? no_row : trace.row_of(worst->path.back());
}

}  // namespace gui
