// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/episodes.hpp"

#include "support/catch.hpp"

using namespace sim;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t s = 1'000'000'000;

/// Probe calls every 100 ms from `from` to `to`; those that begin in a down time are not answered,
/// the others after 20 ms.
std::vector<ProbeSample> probes(std::int64_t from,
                                std::int64_t to,
                                std::vector<std::pair<std::int64_t, std::int64_t>> down) {
    std::vector<ProbeSample> samples;
    for (std::int64_t t = from; t < to; t += 100 * ms) {
        ProbeSample sample;
        sample.started = t;
        bool up = true;
        for (const auto& [begin, end] : down) {
            up = up && (t < begin || t >= end);
        }
        if (up) {
            sample.answered = t + 20 * ms;
            sample.answer_record = static_cast<std::uint64_t>(t / (100 * ms)) + 1000;
        }
        samples.push_back(sample);
    }
    return samples;
}

DirectionCutOff direction(const char* name, Duration longest, bool restored = true) {
    DirectionCutOff d;
    d.direction = name;
    d.interrupted = longest > Duration::zero();
    d.restored = restored;
    d.longest = longest;
    d.summed = longest;
    return d;
}

TakeoverVerdict verdict(std::vector<DirectionCutOff> directions, std::string* worst = nullptr) {
    std::string name;
    const TakeoverVerdict result = judge(directions, name);
    if (worst != nullptr) {
        *worst = name;
    }
    return result;
}

}  // namespace

TEST_CASE("Cut-off: from the fault to the first answer, when no good call began in between",
          "[sim][episodes]") {
    const auto samples = probes(0, 60 * s, {{10 * s, 25 * s}});
    const auto cuts = cut_offs(samples, 20 * ms, 10 * s - 50 * ms, 60 * s);
    REQUIRE(cuts.size() == 1);
    CHECK(cuts[0].from == 10 * s - 50 * ms);
    CHECK(cuts[0].to == 25 * s + 20 * ms);
    CHECK(cuts[0].answer_record == 1250);
}

TEST_CASE("Cut-off: begins with the first bad call when good ones began after the fault",
          "[sim][episodes]") {
    const auto samples = probes(0, 60 * s, {{12 * s, 25 * s}});
    const auto cuts = cut_offs(samples, 20 * ms, 10 * s, 60 * s);
    REQUIRE(cuts.size() == 1);
    CHECK(cuts[0].from == 12 * s);
}

TEST_CASE("Cut-off: two interruptions of one episode are two", "[sim][episodes]") {
    const auto samples = probes(0, 60 * s, {{10 * s, 12 * s}, {20 * s, 23 * s}});
    const auto cuts = cut_offs(samples, 20 * ms, 10 * s, 60 * s);
    REQUIRE(cuts.size() == 2);
    CHECK(*cuts[0].to - cuts[0].from == 2 * s + 20 * ms);
    CHECK(cuts[1].from == 20 * s);
    CHECK(*cuts[1].to == 23 * s + 20 * ms);
}

TEST_CASE("Cut-off: never restored has no end", "[sim][episodes]") {
    const auto samples = probes(0, 60 * s, {{10 * s, 60 * s}});
    const auto cuts = cut_offs(samples, 20 * ms, 10 * s, 60 * s);
    REQUIRE(cuts.size() == 1);
    CHECK_FALSE(cuts[0].to.has_value());
}

TEST_CASE("Cut-off: a good run has none", "[sim][episodes]") {
    CHECK(cut_offs(probes(0, 60 * s, {}), 20 * ms, 10 * s, 60 * s).empty());
}

TEST_CASE("Cut-off: an answer that comes much later than usual is an interruption",
          "[sim][episodes]") {
    auto samples = probes(0, 60 * s, {});
    samples[150].answered =
        samples[150].started + 5 * s;  // others began and were answered meanwhile
    samples[150].answer_record = 7;
    const auto cuts = cut_offs(samples, 20 * ms, 10 * s, 60 * s);
    REQUIRE(cuts.size() == 1);
    CHECK(cuts[0].from == 15 * s);
    CHECK(*cuts[0].to ==
          15 * s + 120 * ms);  // ends with the first answer in it, here that of the next call
}

TEST_CASE("Cut-off: inward is restored when enough stations can be reached, not with the first",
          "[sim][episodes]") {
    auto samples = probes(0, 60 * s, {{10 * s, 20 * s}});
    for (std::size_t i = 200; i < 250; ++i) {
        samples[i].enough_stations = false;
    }
    const auto cuts = cut_offs(samples, 20 * ms, 10 * s, 60 * s);
    REQUIRE(cuts.size() == 1);
    CHECK(*cuts[0].to == 25 * s + 20 * ms);
}

TEST_CASE("Cut-off: a call that had failed before the fault is not the fault's",
          "[sim][episodes]") {
    const auto samples = probes(0, 60 * s, {{5 * s, 6 * s}});
    CHECK(cut_offs(samples, 20 * ms, 10 * s, 60 * s).empty());
}

TEST_CASE("Verdict: the bands of the target, by the worst direction", "[sim][episodes]") {
    using namespace std::chrono_literals;
    std::string worst;
    CHECK(verdict({direction("outward", 0s), direction("inward", 0s)}, &worst) ==
          TakeoverVerdict::no_interruption);
    CHECK(worst.empty());
    CHECK(verdict({direction("outward", 14999ms), direction("inward", 3s)}, &worst) ==
          TakeoverVerdict::faster);
    CHECK(worst == "outward");
    CHECK(verdict({direction("outward", 15s)}) == TakeoverVerdict::in_target);
    CHECK(verdict({direction("outward", 20s)}) == TakeoverVerdict::in_target);
    CHECK(verdict({direction("outward", 20001ms)}) == TakeoverVerdict::too_slow);
    CHECK(verdict({direction("outward", 3s), direction("inward", 41min)}, &worst) ==
          TakeoverVerdict::too_slow);
    CHECK(worst == "inward");
    CHECK(verdict({direction("outward", 200s, false), direction("inward", 200s, false)}) ==
          TakeoverVerdict::no_takeover);
    CHECK(verdict({direction("outward", 3s), direction("inward", 200s, false)}, &worst) ==
          TakeoverVerdict::too_slow);
    CHECK(worst == "inward");
    CHECK(verdict({}) == TakeoverVerdict::no_interruption);
}

TEST_CASE("Episodes: a cut-off that outlives its episode is not counted twice", "[sim][episodes]") {
    RecordStore store;
    store.add(1, 10 * s, 0, "fault.inject", "lan1");
    store.add(2, 15 * s, 1, "fault.clear", "lan1");
    store.add(1250, 25 * s + 20 * ms, 2, "call.answered", "telco");
    const std::vector<EpisodeOpening> openings{{"cut", "link.down", "lan1", "", 10 * s, 1},
                                               {"cut/revert", "link.up", "lan1", "", 15 * s, 2}};
    const std::vector<ProbedDirection> directions{
        {"outward", probes(0, 60 * s, {{10 * s, 25 * s}})}};
    const auto episodes = make_episodes(store,
                                        openings,
                                        directions,
                                        {{11 * s, "something"}, {16 * s, "else"}},
                                        {{12 * s, 13 * s}},
                                        60 * s);
    REQUIRE(episodes.size() == 2);
    CHECK(episodes[0].directions[0].longest == Duration{15 * s + 20 * ms});
    CHECK(episodes[0].directions[0].attribution_gap == "it waited for fault.clear of lan1");
    CHECK(episodes[0].verdict == TakeoverVerdict::in_target);
    CHECK(episodes[0].two_owners);
    REQUIRE(episodes[0].story.size() == 2);
    CHECK(episodes[0].story[0].second == "something");
    CHECK(episodes[0].story[1].second ==
          "outward calls are answered again");  // even after the next episode began
    CHECK(episodes[0].story[1].first == Duration{25 * s + 20 * ms});
    CHECK_FALSE(episodes[1].directions[0].interrupted);
    CHECK(episodes[1].verdict == TakeoverVerdict::no_interruption);
    CHECK_FALSE(episodes[1].two_owners);
}

TEST_CASE("Episodes: a story has at most 15 lines", "[sim][episodes]") {
    RecordStore store;
    store.add(1, 10 * s, 0, "fault.inject", "a");
    std::vector<StoryLine> story;
    for (int i = 0; i < 40; ++i) {
        story.push_back({11 * s + i, "line"});
    }
    const auto episodes =
        make_episodes(store, {{"cut", "power.off", "a", "", 10 * s, 1}}, {}, story, {}, 60 * s);
    REQUIRE(episodes[0].story.size() == 15);
    CHECK(episodes[0].story.back().second == "… and 26 more");
}

TEST_CASE(
    "Cut-off: a call that the next fault spoils while it is under way belongs to the next episode",
    "[sim][episodes]") {
    // Served again since 15 s; the next episode opens at 20.01 s, and spoils the call of 20.00 s
    // that would have been answered at 20.02 s.
    const auto samples = probes(0, 40 * s, {{10 * s, 15 * s}, {20 * s, 22 * s}});
    const std::int64_t next = 20 * s + 10 * ms;
    const auto first = cut_offs(samples, 20 * ms, 10 * s - 50 * ms, next);
    REQUIRE(first.size() == 1);
    CHECK(first[0].to == 15 * s + 20 * ms);
    const auto second = cut_offs(samples, 20 * ms, next, 40 * s);
    REQUIRE(second.size() == 1);
    CHECK(second[0].from == next);
    CHECK(second[0].to == 22 * s + 20 * ms);
    // Without service in between it is the first fault's, however close the next one follows.
    const auto close = cut_offs(
        probes(0, 40 * s, {{10 * s, 15 * s}}), 20 * ms, 10 * s - 50 * ms, 10 * s + 10 * ms);
    REQUIRE(close.size() == 1);
    CHECK(close[0].from == 10 * s - 50 * ms);
}

TEST_CASE("Episodes: a fault that meets callers who are cut off already says by what",
          "[sim][episodes]") {
    const std::vector<ProbedDirection> directions{
        {"outward", probes(0, 60 * s, {{10 * s, 25 * s}})}};
    std::vector<EpisodeOpening> openings(2);
    openings[0].id = "power";
    openings[0].at = 10 * s;
    openings[1].id = "cable";
    openings[1].at = 15 * s;
    openings[0].record = 1;
    openings[1].record = 2;
    RecordStore store;
    store.add(1, 10 * s, 0, "fault.inject", "asterisk1");
    store.add(2, 15 * s, 0, "fault.inject", "lan1");
    store.add(1250, 25 * s + 20 * ms, 1, "call.answered", "telco");
    const auto episodes = make_episodes(store, openings, directions, {}, {}, 60 * s);
    REQUIRE(episodes.size() == 2);
    CHECK(already_cut_off_by(episodes[0]).empty());
    CHECK(episodes[0].directions.at(0).interrupted);
    CHECK_FALSE(episodes[1].directions.at(0).interrupted);
    CHECK(already_cut_off_by(episodes[1]) == "power");

    // One that comes after the end of the cut-off stands on its own.
    openings[1].at = 30 * s;
    const auto apart = make_episodes(store, openings, directions, {}, {}, 60 * s);
    CHECK(already_cut_off_by(apart[1]).empty());
}
