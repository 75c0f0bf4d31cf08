// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/compare.hpp"
#include "trace/ladder.hpp"

#include "gui/small_trace.hpp"
#include "support/catch.hpp"
#include "trace/trace_reader.hpp"

using namespace gui;
using namespace gui_test;

TEST_CASE("Compare: the same trace has no difference, a changed one has its first",
          "[gui][compare]") {
    const auto a = TraceReader::read_text(whole).trace;
    CHECK(first_difference(*a, *a).same);
    CHECK(anchor(*a) == 40);

    std::string text = whole;
    text.replace(text.find("\"t\":60"), 6, "\"t\":61");
    const auto b = TraceReader::read_text(text).trace;
    const FirstDifference first = first_difference(*a, *b);
    REQUIRE_FALSE(first.same);
    CHECK(a->rows[first.row_a].t == 60);

    // Other record numbers alone are no difference.
    std::string renumbered = header;
    renumbered += R"({"t":0,"seq":7,"k":"node.boot","n":"a"})"
                  "\n";
    const auto c = TraceReader::read_text(renumbered).trace;
    const FirstDifference ended = first_difference(*a, *c);
    CHECK(ended.row_a == 1);
    CHECK(ended.row_b == no_row);
    CHECK(anchor(*c) == 0);
}

TEST_CASE("Compare: results are laid side by side", "[gui][compare]") {
    const ReadResult reference = read_result_file(REFERENCE_RESULT);
    REQUIRE(reference.result);
    const RunResult& a = *reference.result;
    for (const Difference& d : differences(a, a)) {
        CHECK_FALSE(d.differs());
    }
    RunResult b = a;
    b.episodes[0].directions[1].longest += 5;
    b.episodes[0].verdict = "too slow";
    b.metrics.emplace_back("only-in-b", 3);
    std::vector<std::string> names;
    for (const Difference& d : differences(a, b)) {
        if (d.differs()) {
            names.push_back(d.name);
        }
    }
    CHECK(names == std::vector<std::string>{"takeover", "cut off, inward", "only-in-b"});
    CHECK(differences(RunResult{}, RunResult{}).size() == 3);
}

TEST_CASE("Ladder: a frame through a switch is one arrow, and flooding is left out",
          "[gui][ladder]") {
    const auto trace = TraceReader::read_file(REFERENCE_RUN).trace;
    const History history(trace);
    const Time fault = history.faults().front().t;
    const auto lines = ladder(history, fault - 2'000'000'000, fault, fault, 1000, {});
    int heartbeats = 0;
    for (const LadderLine& line : lines) {
        if (line.protocol == "heartbeat") {
            ++heartbeats;
            CHECK(history.member(line.from));
            CHECK(history.member(line.to));
            CHECK(line.arrived > line.t);
        }
    }
    // Two nodes, five a second each, for two seconds.
    CHECK(heartbeats >= 18);
    CHECK(heartbeats <= 22);
    CHECK(ladder(history, fault, fault + 3'000'000'000, fault, 10, {}).size() == 10);
    const auto calls = ladder(history,
                              39'000'000'000,
                              40'000'000'000,
                              39'000'000'000,
                              100,
                              LadderFilter{false, false, true, false});
    REQUIRE_FALSE(calls.empty());
    CHECK(calls.front().label == "SETUP");
    CHECK(calls.front().from == history.node_of("telco"));
    CHECK(calls.front().to == history.node_of("asterisk1"));
}
