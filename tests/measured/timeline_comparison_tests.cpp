// SPDX-License-Identifier: GPL-2.0-or-later
// The comparer can fail, in each of its ways.
#include "timeline_comparison.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"

using namespace measured;

namespace {

Samples real() {
    std::ifstream in{TEST_DATA_DIR "/captures/timeline-runs.jsonl"};
    return read_measured(in);
}

/// Every run of that row moved.
Samples moved(Samples samples, const RowKey& row, const std::string& column, double by) {
    for (Sample& sample : samples.at(row)) {
        if (sample.contains(column)) {
            sample[column] += by;
        }
    }
    return samples;
}

const Cell& cell_of(const Comparison& comparison, const RowKey& row, const std::string& title) {
    const auto found = std::ranges::find_if(comparison.cells, [&](const Cell& cell) {
        return cell.row == row && cell.column == title;
    });
    REQUIRE(found != comparison.cells.end());
    return *found;
}

}  // namespace

TEST_CASE("Measured timeline: fifty runs, and they agree with themselves", "[measured]") {
    const Samples samples = real();
    std::size_t runs = 0;
    for (const auto& [row, list] : samples) {
        runs += list.size();
    }
    CHECK(runs == 50);
    const Comparison same = compare(samples, samples);
    CHECK(same.inside());
    CHECK(same.cells.size() > 80);
}

TEST_CASE("Measured timeline: a wide row bears 50 ms beyond its range, not 60", "[measured]") {
    const RowKey row{"linkdown", "takeover"};
    // dead: 2.018 to 2.501, median 2.224
    CHECK(cell_of(compare(real(), moved(real(), row, "dead", 0.320)), row, "declared dead")
              .trouble.empty());
    CHECK(
        cell_of(compare(real(), moved(real(), row, "dead", 0.340)), row, "declared dead").trouble ==
        "63 ms above the measured range");
    CHECK(cell_of(compare(real(), moved(real(), row, "dead", -0.260)), row, "declared dead")
              .trouble == "54 ms below the measured range");
}

TEST_CASE("Measured timeline: a narrow row must meet the median, too", "[measured]") {
    // standby, VIP gone on the owner's return: 0.383 to 0.466
    Samples narrow;
    narrow[{"kill9", "return"}] = {{{"vip_add", 1.0}}, {{"vip_add", 1.01}}, {{"vip_add", 1.15}}};
    Samples simulated;
    simulated[{"kill9", "return"}] = {{{"vip_add", 1.12}}};
    const Comparison comparison = compare(narrow, simulated);
    CHECK(cell_of(comparison, {"kill9", "return"}, "VIP up").trouble ==
          "110 ms from the measured median of a narrow range");
    CHECK_FALSE(comparison.inside());
}

TEST_CASE("Measured timeline: what never happens in the model is outside", "[measured]") {
    Samples simulated = real();
    // Only runs in which the owner kept serving: the other mode is missing.
    auto& runs = simulated.at({"sigstop", "return"});
    std::erase_if(runs, [](const Sample& sample) { return sample.contains("vip_add"); });
    const Comparison comparison = compare(real(), simulated);
    CHECK_FALSE(comparison.inside());
    CHECK(std::ranges::any_of(comparison.cells, [](const Cell& cell) {
        return cell.mode == "both restart" && cell.trouble == "never simulated";
    }));
    CHECK_FALSE(compare(real(), {}).inside());
    CHECK_FALSE(compare({}, {}).inside());
}

TEST_CASE("Measured timeline: modes are compared one by one", "[measured]") {
    const Comparison comparison = compare(real(), real());
    REQUIRE(comparison.modes.size() == 2);
    CHECK(comparison.modes[0].mode == "only the taker restarts");
    CHECK(comparison.modes[0].measured == 3);
    CHECK(comparison.modes[1].measured == 2);
    CHECK(comparison.modes[1].measured_of == 5);
    const std::string text = table(comparison, "x");
    CHECK(text.find("both restart: measured 2 of 5, simulated 2 of 5.") != std::string::npos);
    CHECK(text.find("cells inside.") != std::string::npos);
}

TEST_CASE("Measured timeline: a damaged file says where", "[measured]") {
    std::istringstream in{"{\"fault\": \"kill9\", \"phase\": \"return\", \"dead\": 1.5}\n{oops\n"};
    CHECK_THROWS_WITH(read_measured(in), Catch::Contains("line 2"));
}
