// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/sweep.hpp"

#include "gui/test_folder.hpp"
#include "support/catch.hpp"

using namespace gui;
using namespace gui_test;

namespace {

std::string
summary(const std::string& scenario, const std::string& daemon, const std::string& verdicts) {
    return R"({"format":"failover-summary/1","scenario":")" + scenario +
           R"(","title":"T","digest":"d",)" + R"("implementation":")" + daemon +
           R"(","runs":3,"seeds":[1,3],"verdicts":)" + verdicts +
           R"(,"phases":{"detect":{"min_ns":1,"p50_ns":2,"p95_ns":3,"max_ns":3},)" +
           R"("total":{"min_ns":10,"p50_ns":20,"p95_ns":30,"max_ns":30}},)" +
           R"("expectations":[{"id":"quick","severity":"error","verdict":"fail","limit":"< 1 s","reason":"r"}],)" +
           R"("invariants":[{"name":"i","violated":2},{"name":"k","violated":0}]})";
}

std::string result(int seed, std::int64_t cut, bool restored) {
    return R"({"format":"failover-result/1","scenario":"one","title":"T","digest":"d","seed":)" +
           std::to_string(seed) +
           R"(,"implementation":"understudyd","verdict":"pass","episodes":[)" +
           R"({"id":"cut","at_ns":5,"verb":"power.off","target":"a","verdict":"faster","two_owners":false,)" +
           R"("worst_direction":"inward","directions":[{"direction":"inward","interrupted":true,"restored":)" +
           (restored ? "true" : "false") + R"(,"longest_ns":)" + std::to_string(cut) + "}]}]}";
}

}  // namespace

TEST_CASE("Sweep: summaries below a folder become a table of scenarios against daemons",
          "[gui][sweep]") {
    const TestFolder folder;
    folder.write("one/heartbeat-3.0.6/summary.json",
                 summary("one", "heartbeat-3.0.6", R"({"too slow":2,"faster":1,"two owners":1})"));
    folder.write("one/understudyd/summary.json", summary("one", "understudyd", R"({"faster":3})"));
    folder.write("two/summary.json", summary("two", "understudyd", R"({"no interruption":3})"));
    folder.write("broken/summary.json", "garbage");
    folder.write("one/understudyd/seed-1/summary.json", summary("never", "looked", "{}"));
    const ReadSweep read = read_sweep(folder.path());
    REQUIRE(read.table);
    CHECK(read.table->scenarios == std::vector<std::string>{"one", "two"});
    CHECK(read.table->implementations ==
          std::vector<std::string>{"understudyd", "heartbeat-3.0.6"});
    REQUIRE(read.table->problems.size() == 1);
    CHECK(read.table->problems.front().find("broken") != std::string::npos);
    const SweepCell* const cell = read.table->at(0, 1);
    REQUIRE(cell != nullptr);
    CHECK(cell->worst() == "too slow");
    CHECK(cell->count("two owners") == 1);
    CHECK(cell->total.p50 == 20);
    CHECK(cell->phases[0].most == 3);
    CHECK(cell->invariants_violated == 1);
    REQUIRE(cell->expectations.size() == 1);
    CHECK(cell->expectations.front().verdict == "fail");
    CHECK(read.table->at(1, 1) == nullptr);
    CHECK(read.table->at(1, 0)->worst() == "no interruption");
}

TEST_CASE("Sweep: what is no summary is refused with what was found", "[gui][sweep]") {
    const TestFolder folder;
    CHECK(read_sweep(folder.path()).error.find("no summary.json") != std::string::npos);
    CHECK(read_sweep(folder.path("none.json")).error.find("cannot be read") != std::string::npos);
    CHECK(read_sweep(folder.write("a.json", "[1]")).error.find("no JSON object") !=
          std::string::npos);
    CHECK(read_sweep(folder.write("b.json", R"({"format":"failover-result/1"})"))
              .error.find("failover-result/1") != std::string::npos);
    folder.write("summary.json", "[");
    CHECK(read_sweep(folder.path()).error.find("none of its summaries") != std::string::npos);
    // Members of any other shape are left empty.
    const ReadSweep odd = read_sweep(folder.write(
        "c.json",
        R"({"format":"failover-summary/1","scenario":1,"runs":-1,"seeds":[],"verdicts":[],"phases":3,"incomplete":1})"));
    REQUIRE(odd.table);
    CHECK(odd.table->cells.front().worst().empty());
}

TEST_CASE("Sweep: the runs behind a cell are in the order of their cut-offs", "[gui][sweep]") {
    const TestFolder folder;
    folder.write("summary.json", summary("one", "understudyd", R"({"faster":3})"));
    folder.write("seed-1/result.json", result(1, 30, true));
    folder.write("seed-2/result.json", result(2, 10, true));
    folder.write("seed-3/result.json", result(3, 5, false));
    folder.write("seed-4/result.json", "garbage");
    folder.write("seed-2/one.run.jsonl", "x");
    const ReadSweep read = read_sweep(folder.path("summary.json"));
    REQUIRE(read.table);
    const std::vector<SeedRun> runs = runs_of(read.table->cells.front());
    REQUIRE(runs.size() == 3);
    CHECK(runs[0].seed == 2);
    CHECK(runs[0].cut_off == 10);
    CHECK_FALSE(runs[0].trace.empty());
    CHECK(runs[1].seed == 1);
    CHECK(runs[1].trace.empty());
    CHECK(runs[2].seed == 3);
    CHECK_FALSE(runs[2].restored);
}
