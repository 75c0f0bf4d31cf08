// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/story.hpp"

#include "gui/small_trace.hpp"
#include "support/catch.hpp"
#include "trace/trace_reader.hpp"

using namespace gui;
using namespace gui_test;

TEST_CASE("Why: silence leads to the fault, not to what was heard before it", "[gui][story]") {
    const History history(TraceReader::read_text(whole).trace);
    const std::vector<WhyStep> chain = why(history, history.trace().row_of(15));
    std::vector<std::string> texts;
    for (const WhyStep& step : chain) {
        texts.push_back(step.node + ": " + step.text);
    }
    CHECK(texts == std::vector<std::string>{"b: has address 10.0.0.1 on eth0",
                                            "b: g: standby → takeover (peer-dead)",
                                            "b: a declared dead (silent)",
                                            "b: a is late, silent for 0.000 s",
                                            "a: fault cut: power.off"});
    CHECK(chain.back().because == "last heard at 0.000 s; the fault is why nothing came after");
    CHECK(chain.back().fault);
}

TEST_CASE("Why: a chain without a known cause says so and ends", "[gui][story]") {
    const History history(TraceReader::read_text(header +
                                                 R"({"t":1,"seq":5,"k":"note","cause":3})" + "\n" +
                                                 R"({"t":1,"seq":6,"k":"note","cause":6})" + "\n" +
                                                 R"({"t":1,"seq":7,"k":"note"})" + "\n")
                              .trace);
    for (std::uint32_t row = 0; row < 3; ++row) {
        const std::vector<WhyStep> chain = why(history, row);
        REQUIRE(chain.size() == 1);
        CHECK_FALSE(chain.front().because.empty());
    }
}

TEST_CASE("Why: the reference run leads from the first answered call back to the fault",
          "[gui][story]") {
    const History history(TraceReader::read_file(REFERENCE_RUN).trace);
    const ReadResult result = read_result_file(REFERENCE_RESULT);
    REQUIRE(result.result);
    const EpisodeResult& episode = result.result->episodes.front();
    const std::vector<WhyStep> chain = why(history, first_answer(history.trace(), episode));
    REQUIRE(chain.size() > 5);
    CHECK(chain.back().fault);
    CHECK(chain.back().t == episode.at);
    for (std::size_t i = 0; i < chain.size(); ++i) {
        CHECK_FALSE(chain[i].node.empty());
        CHECK_FALSE(chain[i].text.empty());
        CHECK((i == 0 || chain[i].t <= chain[i - 1].t));
    }
    CHECK(chain.size() < 30);  // the exchange with the bridge is folded
}

TEST_CASE("Result: phases of the reference run sum to the cut-off", "[gui][story]") {
    const ReadResult read = read_result_file(REFERENCE_RESULT);
    REQUIRE(read.result);
    const EpisodeResult& episode = read.result->episodes.front();
    const DirectionResult* const worst = episode.worst();
    REQUIRE(worst != nullptr);
    Time sum = worst->unattributed;
    for (const Time phase : worst->phases) {
        sum += phase;
    }
    CHECK(sum == worst->longest);
    const ReadTrace trace = TraceReader::read_file(REFERENCE_RUN);
    const auto cut_off = cut_off_of(*trace.trace, *worst);
    REQUIRE(cut_off);
    CHECK(cut_off->first == episode.at);
    CHECK(read_result("[1]").error == "it is no JSON object");
    CHECK_FALSE(read_result(R"({"format":"x"})").result);
    CHECK(read_result(R"({"format":"failover-result/1","episodes":[{},3,"x"]})").result);
}
