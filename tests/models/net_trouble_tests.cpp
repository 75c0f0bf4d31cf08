// SPDX-License-Identifier: GPL-2.0-or-later
// What can go wrong with links, switches, processors, clocks and disks: each by itself, measured.
#include <cerrno>
#include <cmath>
#include <memory>
#include <set>

#include "model/agent.hpp"
#include "model/host.hpp"
#include "net_support.hpp"
#include "support/catch.hpp"

using models::Host;
using models::LanLink;
using models::LanSwitch;
using models::LinkDirection;
using models::SerialLine;
using ns3::MicroSeconds;
using ns3::MilliSeconds;
using ns3::Seconds;
using test::Sink;

namespace {

const ns3::Mac48Address mac_a{"02:00:00:00:00:0a"};
const ns3::Mac48Address mac_b{"02:00:00:00:00:0b"};
const ns3::Mac48Address mac_c{"02:00:00:00:00:0c"};

/// One frame per `every` for `count` of them, with its number as size.
void send_steadily(test::World& w, Sink& from, int count, ns3::Time every) {
    for (int i = 0; i < count; ++i) {
        w.simulation.at(
            every * i, [&from, i] { from.send(mac_b, 50 + static_cast<std::uint32_t>(i % 1000)); });
    }
}

}  // namespace

TEST_CASE("LanLink: bursts lose whole stretches, and as much on average as single losses",
          "[models][lan][trouble]") {
    test::World w;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    LanLink link(w.context, "l", a, b, {});
    link.direction(0).loss = 0.2;
    link.direction(0).burst = MilliSeconds(500);
    constexpr int frames = 60'000;
    send_steadily(w, a, frames, MilliSeconds(10));  // 600 s: about 240 bursts
    w.simulation.run_until(Seconds(601));
    const auto& met = link.counters(0);
    CHECK(met.offered == frames);
    CHECK(met.lost + b.frames.size() == frames);
    const double share = static_cast<double>(met.lost) / frames;
    // 240 exponential bursts of 0.5 s and as many gaps of 2 s: standard deviation of the share
    // about 0.2 * 0.8 * sqrt(2 / 240) = 0.015.
    CHECK(std::abs(share - 0.2) < 0.06);
    int gaps = 0;
    for (std::size_t i = 1; i < b.frames.size(); ++i) {
        gaps += b.frames[i].first - b.frames[i - 1].first > 15'000'000 ? 1 : 0;
    }
    // Single losses of a fifth would leave 9600 gaps.
    CHECK(gaps > 150);
    CHECK(gaps < 350);
}

TEST_CASE("LanLink: duplicates arrive twice, corrupt frames not at all, in their direction only",
          "[models][lan][trouble]") {
    test::World w;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    LanLink link(w.context, "l", a, b, {});
    link.direction(0).duplicate = 0.25;
    link.direction(0).corrupt = 0.1;
    send_steadily(w, a, 4000, MilliSeconds(1));
    for (int i = 0; i < 100; ++i) {
        w.simulation.at(MilliSeconds(static_cast<std::uint64_t>(i)), [&] { b.send(mac_a, 50); });
    }
    w.simulation.run_until(Seconds(5));
    const auto& met = link.counters(0);
    CHECK(std::abs(static_cast<int>(met.duplicated) - 1000) < 120);
    CHECK(met.corrupted > 350);
    CHECK(b.frames.size() == met.offered + met.duplicated - met.corrupted);
    CHECK(a.frames.size() == 100);
    CHECK(link.counters(1).duplicated == 0);
}

TEST_CASE("LanLink: a frame held back is overtaken by the next one, or comes 10 ms late",
          "[models][lan][trouble]") {
    test::World w;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    LanLink link(w.context, "l", a, b, {});
    link.direction(0).reorder = 0.3;
    send_steadily(w, a, 900, MilliSeconds(1));
    w.simulation.run_until(Seconds(2));
    CHECK(b.frames.size() == 900);  // none is lost
    CHECK(link.counters(0).overtaken > 100);
    CHECK(link.counters(0).overtaken <= link.counters(0).held_back);
    // Frames a second apart have nobody behind them.
    const std::uint64_t before = link.counters(0).overtaken;
    link.direction(0).reorder = 1;
    w.simulation.at(Seconds(3), [&] { a.send(mac_b, 50); });
    w.simulation.run_until(Seconds(4));
    REQUIRE(b.frames.size() == 901);
    CHECK(b.frames.back().first >= 3'010'000'000);
    CHECK(b.frames.back().first < 3'010'100'000);
    CHECK(link.counters(0).overtaken == before);
}

TEST_CASE("Partition: frames of another side vanish at the last port, switches learn all the same",
          "[models][lan][trouble]") {
    test::World w;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    Sink c("c", mac_c);
    LanSwitch sw(w.context, "sw", Seconds(300));
    LanLink la(w.context, "la", a, sw.port(1), {});
    LanLink lb(w.context, "lb", b, sw.port(2), {});
    LanLink lc(w.context, "lc", c, sw.port(3), {});
    models::Partition partition;
    partition.put(mac_a, 0);
    partition.put(mac_b, 1);
    a.set_partition(&partition, 0);
    b.set_partition(&partition, 1);
    const auto exchange = [&](ns3::Time when) {
        w.simulation.at(when, [&] {
            a.send(ns3::Mac48Address::GetBroadcast(), 50);
            b.send(ns3::Mac48Address::GetBroadcast(), 50);
            c.send(ns3::Mac48Address::GetBroadcast(), 50);
        });
        w.simulation.run_until(when + MilliSeconds(500));
    };
    exchange(Seconds(1));
    CHECK(a.frames.size() == 1);  // of c, who is on no side
    CHECK(b.frames.size() == 1);
    CHECK(c.frames.size() == 2);
    CHECK(a.carrier());
    CHECK(sw.learned_port(mac_a) == 1);
    CHECK(partition.dropped() == 2);
    partition.set_one_way(true);  // only what side 0 sends is lost
    exchange(Seconds(2));
    CHECK(a.frames.size() == 3);
    CHECK(b.frames.size() == 2);
    a.set_partition(nullptr, -1);
    b.set_partition(nullptr, -1);
    exchange(Seconds(3));
    CHECK(a.frames.size() == 5);
    CHECK(b.frames.size() == 4);
}

TEST_CASE("LanSwitch: gratuitous ARP is dropped on order, other ARP is not",
          "[models][lan][trouble]") {
    test::World w;
    models::LightEndpoint one(w.context, "one", mac_a, "10.0.0.1", 24);
    models::LightEndpoint two(w.context, "two", mac_b, "10.0.0.2", 24);
    LanSwitch sw(w.context, "sw", Seconds(300));
    LanLink l1(w.context, "l1", one, sw.port(1), {});
    LanLink l2(w.context, "l2", two, sw.port(2), {});
    sw.set_drops_gratuitous_arp(true);
    int heard = 0;
    two.on_udp = [&](const std::string&, std::uint16_t, std::uint16_t, std::span<const std::byte>) {
        ++heard;
    };
    w.simulation.at(Seconds(1), [&] { one.send_udp("10.0.0.2", 7, 7, test::bytes_of("x")); });
    w.simulation.run_until(Seconds(2));
    CHECK(heard == 1);  // it was asked and answered
    CHECK(sw.gratuitous_arp_dropped() == 0);
    // Sender and target of a gratuitous one are the same address.
    std::array<std::byte, 28> arp{};
    arp[1] = std::byte{1};
    arp[2] = std::byte{8};
    arp[4] = std::byte{6};
    arp[5] = std::byte{4};
    arp[7] = std::byte{1};
    arp[14] = arp[24] = std::byte{10};
    arp[17] = arp[27] = std::byte{9};
    w.simulation.at(Seconds(3),
                    [&] { one.send_raw(ns3::Mac48Address::GetBroadcast(), 0x0806, arp); });
    w.simulation.run_until(Seconds(4));
    CHECK(sw.gratuitous_arp_dropped() == 1);
}

TEST_CASE("SerialLine: noise is counted against what was carried", "[models][trouble]") {
    test::World w;
    SerialLine line(w.context, "s", "a", "b", 115200);
    std::size_t arrived = 0;
    line.attach(1, [&](std::span<const std::byte> bytes) { arrived += bytes.size(); });
    line.set_noise(0.2);
    const std::vector<std::byte> block(100, std::byte{0x55});
    for (int i = 0; i < 100; ++i) {
        w.simulation.at(MilliSeconds(static_cast<std::uint64_t>(20 * i)),
                        [&] { line.send(0, block); });
    }
    w.simulation.run_until(Seconds(4));
    CHECK(arrived == 10'000);
    CHECK(line.carried() == 10'000);
    CHECK(std::abs(static_cast<int>(line.garbled()) - 2000) < 180);
}

TEST_CASE("Host: work takes longer while the processor is short, also when it is under way",
          "[models][trouble]") {
    test::World w;
    Host host(w.context, "h");
    std::int64_t done = 0;
    const auto note = [&] { done = ns3::Simulator::Now().GetNanoSeconds(); };
    // 1 s of it at full speed, 1 s at a quarter of it, then the rest: 1 + 1 + 2.75.
    w.simulation.at(Seconds(1), [&] { host.schedule_user({}, Seconds(4), note); });
    w.simulation.at(Seconds(2), [&] { host.starve(4, {}, Seconds(1)); });
    w.simulation.at(Seconds(3), [&] { host.starve(1, {}, Seconds(1)); });
    std::int64_t timer = 0;
    w.simulation.at(Seconds(2), [&] {
        host.schedule(Seconds(1), [&] { timer = ns3::Simulator::Now().GetNanoSeconds(); });
    });
    w.simulation.run_until(Seconds(20));
    CHECK(done == 5'750'000'000);
    CHECK(timer == 3'000'000'000);  // a timer is no work
}

TEST_CASE("Host: in a stall nothing runs; what was due comes after it", "[models][trouble]") {
    test::World w;
    Host host(w.context, "h");
    std::vector<std::int64_t> done;
    for (int i = 1; i <= 5; ++i) {
        w.simulation.at(Seconds(1), [&, i] {
            host.schedule_user({}, MilliSeconds(static_cast<std::uint64_t>(390 * i)), [&] {
                done.push_back(ns3::Simulator::Now().GetNanoSeconds() / 1'000'000);
            });
        });
    }
    w.simulation.at(Seconds(1), [&] { host.starve(1, MilliSeconds(500), Seconds(1)); });
    w.simulation.run_until(Seconds(4));
    // Due at 1.39, 1.78, 2.17, 2.56, 2.95; it stands still in [1.0, 1.5), [2.0, 2.5), [3.0, 3.5).
    CHECK(done == std::vector<std::int64_t>{1500, 1780, 2500, 2560, 2950});
    CHECK(host.stalls() == 3);
    host.starve(1, {}, Seconds(1));
    CHECK_FALSE(host.starved());
}

TEST_CASE("Host: a clock that is fast gains, a step moves the wall clock only",
          "[models][trouble]") {
    test::World w;
    Host host(w.context, "h");
    w.simulation.at(Seconds(10), [&] { host.set_drift(100); });
    w.simulation.run_until(Seconds(20));
    CHECK(host.monotonic_ns() == 20'000'000'000 + 1'000'000);  // 100 ppm of 10 s
    // The next second of this clock is over early.
    const ns3::Time wait = host.until(host.monotonic_ns() + 1'000'000'000);
    CHECK(wait.GetNanoSeconds() > 999'899'000);
    CHECK(wait.GetNanoSeconds() < 999'901'000);
    host.set_drift(0);
    CHECK(host.monotonic_ns() == 20'001'000'000);
    host.step_wall_clock(std::chrono::seconds{-30});
    CHECK(host.monotonic_ns() == 20'001'000'000);
    CHECK(host.wall_ns() == -9'999'000'000);
}

TEST_CASE("Host: a full disk takes no writes, a failed one starts no programs and no kernel",
          "[models][trouble]") {
    test::World w;
    Host host(w.context, "h");
    CHECK(host.write_file("f", test::bytes_of("old")) == 0);
    host.set_disk_state(Host::DiskState::full);
    CHECK(host.write_file("f", test::bytes_of("new")) == ENOSPC);
    CHECK(host.read_file("f") == test::bytes_of("old"));
    CHECK(host.may_exec() == 0);
    host.set_disk_state(Host::DiskState::failed);
    CHECK(host.write_file("f", test::bytes_of("new")) == EIO);
    CHECK_FALSE(host.read_file("f").has_value());
    CHECK(host.may_exec() == EIO);
    CHECK(host.kernel_runs());
    host.power_off();
    host.power_on(Seconds(5));
    CHECK(host.boots());
    w.simulation.run_until(Seconds(10));
    CHECK_FALSE(host.kernel_runs());
    host.set_disk_state(Host::DiskState::works);
    host.power_on(Seconds(5));
    w.simulation.run_until(Seconds(20));
    CHECK(host.kernel_runs());
    CHECK(host.read_file("f") == test::bytes_of("old"));
}

TEST_CASE("Agent: starts that fail or take long, stops that fail or hang, until healed",
          "[models][trouble]") {
    test::World w;
    Host host(w.context, "h");
    models::ScriptAgent agent(host,
                              "word",
                              {.start = models::ConstantDist{std::chrono::seconds{2}},
                               .stop = models::ConstantDist{std::chrono::seconds{1}}});
    struct Answer {
        std::int64_t at_ms = -1;
        int status = -1;
    };
    std::vector<Answer> answers;
    const auto ask = [&](ns3::Time when, cluster::AgentOp op) {
        w.simulation.at(when, [&, op] {
            agent.run(op, {}, [&](models::Agent::Result result) {
                answers.push_back(
                    {ns3::Simulator::Now().GetNanoSeconds() / 1'000'000, result.exit_status});
            });
        });
        w.simulation.run_until(when + Seconds(9));
    };
    agent.faults().failing_starts = 1;
    agent.faults().start_factor = 3;
    ask(Seconds(10), cluster::AgentOp::start);
    ask(Seconds(20), cluster::AgentOp::start);
    agent.faults().stops_fail = true;
    ask(Seconds(30), cluster::AgentOp::stop);
    ask(Seconds(40), cluster::AgentOp::status);
    agent.faults().stops_hang = true;
    ask(Seconds(50), cluster::AgentOp::stop);
    agent.faults().heal();
    CHECK_FALSE(agent.faults().armed());
    ask(Seconds(60), cluster::AgentOp::stop);
    ask(Seconds(70), cluster::AgentOp::status);
    REQUIRE(answers.size() == 6);
    CHECK(answers[0].at_ms == 16'000);
    CHECK(answers[0].status == 1);
    CHECK(answers[1].status == 0);
    CHECK(answers[2].status == 1);
    CHECK(answers[3].status == 0);  // it runs on
    CHECK(answers[4].at_ms == 61'000);
    CHECK(answers[4].status == 0);
    CHECK(answers[5].status == 3);
    CHECK(agent.faults().met().starts_failed == 1);
    CHECK(agent.faults().met().starts_slowed == 2);
    CHECK(agent.faults().met().stops_failed == 1);
    CHECK(agent.faults().met().stops_hung == 1);
}
