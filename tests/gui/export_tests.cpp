// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/ladder.hpp"
#include "trace/perfetto.hpp"
#include "trace/trace_reader.hpp"

#include "gui/small_trace.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <sstream>

using namespace gui;
using namespace gui_test;
using nlohmann::json;

namespace {

json exported(const History& history, const RunResult* result, const PerfettoOptions& options) {
    std::ostringstream out;
    REQUIRE(write_perfetto(out, history, result, options));
    const json parsed = json::parse(out.str(), nullptr, false);
    REQUIRE(parsed.is_object());
    return parsed;
}

/// Nanoseconds of a time in microseconds, as it stands in the text.
Time nanos(const json& micros) {
    return static_cast<Time>(std::llround(micros.get<double>() * 1000));
}

}  // namespace

TEST_CASE("Perfetto: the reference run as trace events that nest, with all its frames",
          "[gui][export]") {
    const auto trace = TraceReader::read_file(REFERENCE_RUN).trace;
    const History history(trace);
    const auto result = read_result_file(REFERENCE_RESULT).result;
    REQUIRE(result);
    const json all = exported(history, &*result, {0, trace->end(), true});
    CHECK(all["otherData"]["digest"] == trace->header.digest);
    std::map<std::pair<int, int>, Time> until;
    std::map<std::string, Time> phases;
    std::size_t begun = 0;
    std::size_t ended = 0;
    int global = 0;
    for (const json& event : all["traceEvents"]) {
        const std::string ph = event["ph"];
        if (ph == "X") {
            // Slices of one track follow one another.
            Time& last = until[{event["pid"], event["tid"]}];
            CHECK(nanos(event["ts"]) >= last);
            last = nanos(event["ts"]) + nanos(event["dur"]);
            if (event["pid"] == 2) {
                phases[event["name"]] += nanos(event["dur"]);
            }
        }
        begun += ph == "b" ? 1 : 0;
        ended += ph == "e" ? 1 : 0;
        global += ph == "i" && event["s"] == "g" ? 1 : 0;
    }
    CHECK(begun == trace->hops.size());
    CHECK(ended == begun);
    CHECK(global == static_cast<int>(history.faults().size()));
    // The phases of all directions, to the nanosecond.
    Time detect = 0;
    for (const DirectionResult& direction : result->episodes.front().directions) {
        detect += direction.phases[0];
    }
    CHECK(phases["detect"] == detect);
}

TEST_CASE("Perfetto: a range cuts states and leaves the rest out", "[gui][export]") {
    const auto trace = TraceReader::read_text(whole).trace;
    const History history(trace);
    const json all = exported(history, nullptr, {12, 50, false});
    for (const json& event : all["traceEvents"]) {
        CHECK(event["ph"] != "b");
        if (event.contains("ts")) {
            CHECK(nanos(event["ts"]) >= 12);
            CHECK(nanos(event["ts"]) + (event.contains("dur") ? nanos(event["dur"]) : 0) <= 50);
        }
    }
    std::ostringstream full;
    full.setstate(std::ios::badbit);
    CHECK_FALSE(write_perfetto(full, history, nullptr, {0, 100, true}));
}

TEST_CASE("Mermaid: arrows, notes and what was dropped", "[gui][export]") {
    std::string text = header + events + trailer;
    const History history(TraceReader::read_text(text).trace);
    const std::string diagram = mermaid(history, ladder(history, 0, 100, 50, 100, LadderFilter{}));
    CHECK(diagram.starts_with("sequenceDiagram\n"));
    CHECK(diagram.find("participant n0 as a\n") != std::string::npos);
    CHECK(diagram.find("Note over n0") != std::string::npos);
    CHECK(diagram.find("-x") != std::string::npos);
    for (const char bad : {'"', '<', '>'}) {
        CHECK(diagram.substr(diagram.find('\n')).find(std::string(" ") + bad) == std::string::npos);
    }
    CHECK(mermaid(history, {}) == "sequenceDiagram\n");
}
