// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/attribution.hpp"

#include "support/catch.hpp"

#include <stdexcept>

using namespace sim;

namespace {

/// Times in ms.
struct Story {
    RecordStore store;
    std::uint64_t add(std::uint64_t id,
                      std::int64_t ms,
                      std::uint64_t cause,
                      const char* kind,
                      const char* subject = "b") {
        store.add(id, ms * 1'000'000, cause, kind, subject);
        return id;
    }
};

Duration on_path(const Attribution& a, Phase phase) {
    return a.phases.on_path[static_cast<std::size_t>(phase)];
}
Duration parallel(const Attribution& a, Phase phase) {
    return a.phases.parallel[static_cast<std::size_t>(phase)];
}
constexpr Duration ms(std::int64_t n) {
    return std::chrono::milliseconds{n};
}

Duration sum(const Attribution& a) {
    Duration total = a.unattributed;
    for (const Duration d : a.phases.on_path) {
        total += d;
    }
    return total;
}

/// Fault at 1000 by record 10, answer at 9000 by record 90.
Story takeover() {
    Story s;
    s.add(5, 900, 0, "hb.status", "a");
    s.add(10, 1000, 0, "fault.inject", "a");
    s.add(20, 2900, 10, "ms.detect");
    s.add(25, 2950, 20, "role");
    s.add(30, 3000, 25, "ms.decide");
    s.add(40, 3050, 30, "ms.address");
    s.add(45, 3400, 40, "ms.announce");  // off the path
    s.add(50, 4000, 40, "ms.bridge");
    s.add(60, 8000, 50, "ms.service");
    s.add(70, 8600, 60, "ms.trunk");
    s.add(90, 9000, 70, "call.answered");
    return s;
}

}  // namespace

TEST_CASE(
    "Attribution: each edge goes to the phase that its milestone ends, and the sum is the cut-off",
    "[sim][attribution]") {
    const Story s = takeover();
    const Attribution a = attribute(s.store, 1'000'000'000, 9'000'000'000, 10, 90);
    CHECK(on_path(a, Phase::detect) == ms(1900));
    CHECK(on_path(a, Phase::decide) ==
          ms(100));  // the record between merges into the milestone that follows
    CHECK(on_path(a, Phase::address) == ms(50));
    CHECK(on_path(a, Phase::announce) == ms(0));
    CHECK(parallel(a, Phase::announce) == ms(350));
    CHECK(on_path(a, Phase::bridge) == ms(950));
    CHECK(on_path(a, Phase::service) == ms(4000));
    CHECK(on_path(a, Phase::trunk) == ms(600));
    CHECK(on_path(a, Phase::call) == ms(400));
    CHECK(a.unattributed == ms(0));
    CHECK(a.gap.empty());
    CHECK(sum(a) == ms(8000));
    CHECK(a.path == std::vector<std::uint64_t>{10, 20, 25, 30, 40, 50, 60, 70, 90});
}

TEST_CASE("Attribution: silence begins before the fault and counts from the fault",
          "[sim][attribution]") {
    Story s;
    s.add(5, 900, 0, "hb.status", "a");
    s.add(10, 1000, 0, "fault.inject", "a");
    s.add(20, 2900, 5, "ms.detect");
    s.add(90, 9000, 20, "call.answered");
    const Attribution a = attribute(s.store, 1'000'000'000, 9'000'000'000, 10, 90);
    CHECK(on_path(a, Phase::detect) == ms(1900));
    CHECK(on_path(a, Phase::call) == ms(6100));
    CHECK(a.gap.empty());
    CHECK(sum(a) == ms(8000));
}

TEST_CASE("Attribution: a path that does not lead to the fault is told, not hidden",
          "[sim][attribution]") {
    Story s;
    s.add(10, 1000, 0, "fault.inject", "a");
    s.add(60, 8000, 0, "ms.service");
    s.add(90, 9000, 60, "call.answered");
    const Attribution a = attribute(s.store, 1'000'000'000, 9'000'000'000, 10, 90);
    CHECK(a.unattributed == ms(7000));
    CHECK(on_path(a, Phase::service) == ms(0));
    CHECK(on_path(a, Phase::call) == ms(1000));
    CHECK(a.gap == "the cause of ms.service at b is not known");
    CHECK(sum(a) == ms(8000));
}

TEST_CASE("Attribution: an effect of something older than the fault is no effect of the fault",
          "[sim][attribution]") {
    Story s;
    s.add(5, 900, 0, "service.start", "b");
    s.add(10, 1000, 0, "fault.inject", "a");
    s.add(60, 8000, 5, "ms.service");
    s.add(90, 9000, 60, "call.answered");
    const Attribution a = attribute(s.store, 1'000'000'000, 9'000'000'000, 10, 90);
    CHECK(a.unattributed == ms(7000));
    CHECK(a.gap == "ms.service at b follows from service.start before the fault");
    CHECK(sum(a) == ms(8000));
}

TEST_CASE("Attribution: the exchange with the bridge is phase bridge, also when the first frame "
          "lies beside the path",
          "[sim][attribution]") {
    Story s;
    s.add(10, 1000, 0, "fault.inject", "a");
    s.add(30, 3000, 10, "ms.decide");
    s.add(31, 3010, 30, "bridge.step");
    s.add(32, 3020, 31, "bridge.request", "fb1");
    s.add(33, 3200, 32, "bridge.reply", "fb1");
    s.add(34, 3201, 33, "ms.bridge");  // beside the path
    s.add(35, 3250, 33, "resource.state");
    s.add(60, 8000, 35, "ms.service");
    s.add(90, 9000, 60, "call.answered");
    const Attribution a = attribute(s.store, 1'000'000'000, 9'000'000'000, 10, 90);
    CHECK(on_path(a, Phase::bridge) == ms(200));
    CHECK(parallel(a, Phase::bridge) == ms(1));
    CHECK(on_path(a, Phase::service) == ms(4800));
    CHECK(sum(a) == ms(8000));
}

TEST_CASE("Attribution: waiting for the repair is no phase of a takeover", "[sim][attribution]") {
    Story s;
    s.add(10, 1000, 0, "fault.inject", "lan1");
    s.add(30, 6000, 10, "fault.clear", "lan1");
    s.add(70, 6500, 30, "ms.trunk");
    s.add(90, 7000, 70, "call.answered");
    const Attribution a = attribute(s.store, 1'000'000'000, 7'000'000'000, 10, 90);
    CHECK(on_path(a, Phase::trunk) == ms(500));
    CHECK(on_path(a, Phase::call) == ms(500));
    CHECK(a.unattributed == ms(5000));
    CHECK(a.gap == "it waited for fault.clear of lan1");
}

TEST_CASE("Attribution: only what lies inside the cut-off is charged", "[sim][attribution]") {
    const Story s = takeover();
    const Attribution a = attribute(s.store, 3'500'000'000, 9'000'000'000, 10, 90);
    CHECK(on_path(a, Phase::detect) == ms(0));
    CHECK(on_path(a, Phase::bridge) == ms(500));
    CHECK(sum(a) == ms(5500));
    CHECK(a.unattributed == ms(0));
}

TEST_CASE("Attribution: an answer without a record, and a cause later than its effect, are bugs",
          "[sim][attribution]") {
    Story s = takeover();
    CHECK_THROWS_AS(attribute(s.store, 0, 9'000'000'000, 10, 91), std::logic_error);
    CHECK_THROWS_AS(attribute(s.store, 0, 8'999'000'000, 10, 90), std::logic_error);
    s.add(95, 9500, 96, "ms.trunk");
    s.add(96, 9500, 10, "ms.service");
    s.add(97, 9500, 95, "call.answered");
    CHECK_THROWS_AS(attribute(s.store, 1'000'000'000, 9'500'000'000, 10, 97), std::logic_error);
}
