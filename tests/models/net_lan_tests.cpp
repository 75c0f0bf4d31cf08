// SPDX-License-Identifier: GPL-2.0-or-later
// Links, switch, serial line: times, loss, carrier, learning.
#include <algorithm>
#include <array>
#include <functional>
#include <memory>

#include "net_support.hpp"
#include "support/catch.hpp"

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

}  // namespace

TEST_CASE("LanLink: a frame takes its own length and the propagation delay", "[models][lan]") {
    test::World w;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    LinkDirection way;
    way.bits_per_second = 100'000'000;
    way.delay = MicroSeconds(3);
    LanLink link(w.context, "l", a, b, way);
    CHECK(a.carrier());
    CHECK(a.carrier_events == std::vector<bool>{true});

    a.send(mac_b, 100);  // 100 + 14 header + 4 FCS + 20 preamble and gap = 138 bytes = 11.04 us
    a.send(mac_b, 10);   // padded to 46: 84 bytes = 6.72 us, behind the first
    w.simulation.run_until(Seconds(1));

    REQUIRE(b.frames.size() == 2);
    CHECK(b.frames[0].first == 11'040 + 3'000);
    CHECK(b.frames[1].first == 11'040 + 6'720 + 3'000);
    CHECK(link.delivered() == 2);
    REQUIRE(w.recorder.hops.size() == 2);
    CHECK(w.recorder.hops[0].received_ns == 14'040);
}

TEST_CASE("LanLink: loss and cut act in one direction only, and leave the carrier alone",
          "[models][lan]") {
    test::World w;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    LanLink link(w.context, "l", a, b, {});
    link.direction(0).loss = 0.3;
    link.direction(1).cut = true;
    for (int i = 0; i < 2000; ++i) {
        w.simulation.at(MilliSeconds(static_cast<std::uint64_t>(i)), [&] {
            a.send(mac_b, 50);
            b.send(mac_a, 50);
        });
    }
    w.simulation.run_until(Seconds(3));
    CHECK(a.frames.empty());
    CHECK(std::abs(static_cast<int>(b.frames.size()) - 1400) < 90);  // 4.4 standard deviations
    CHECK(a.carrier());
    CHECK(link.dropped() == 4000 - b.frames.size());
}

TEST_CASE("LanLink: jitter spreads arrivals without changing their order", "[models][lan]") {
    test::World w;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    LinkDirection way;
    way.delay = MilliSeconds(1);
    way.jitter = MilliSeconds(10);
    LanLink link(w.context, "l", a, b, way);
    for (std::uint32_t i = 0; i < 500; ++i) {
        w.simulation.at(MilliSeconds(2 * i), [&, i] { a.send(mac_b, 50 + i); });
    }
    w.simulation.run_until(Seconds(3));
    REQUIRE(b.frames.size() == 500);
    std::int64_t least = INT64_MAX;
    std::int64_t most = 0;
    for (std::uint32_t i = 0; i < 500; ++i) {
        CHECK(b.frames[i].second.packet->GetSize() == 50 + i);
        const std::int64_t took = b.frames[i].first - 2'000'000LL * i;
        least = std::min(least, took);
        most = std::max(most, took);
    }
    CHECK(least < 3'000'000);
    CHECK(most > 9'000'000);
    CHECK(most <= 11'000'000 + 10'000);
}

TEST_CASE("LanLink: what would wait longer than the queue limit is dropped", "[models][lan]") {
    test::World w;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    LinkDirection way;
    way.bits_per_second = 1'000'000;
    way.queue_limit = MilliSeconds(10);
    LanLink link(w.context, "l", a, b, way);
    for (int i = 0; i < 10; ++i) {
        a.send(mac_b, 462);  // 500 bytes on the wire = 4 ms each
    }
    w.simulation.run_until(Seconds(1));
    CHECK(b.frames.size() == 3);  // waiting 0, 4 and 8 ms; the fourth would wait 12
    CHECK(w.recorder.hops.back().drop_reason == "queue full");
}

TEST_CASE("LanLink: pulling the cable drops carrier at both ends and what is in flight",
          "[models][lan]") {
    test::World w;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    LinkDirection way;
    way.delay = MilliSeconds(5);
    LanLink link(w.context, "l", a, b, way);
    w.simulation.at(MilliSeconds(1), [&] { a.send(mac_b, 50); });
    w.simulation.at(MilliSeconds(2), [&] { link.set_plugged(false); });
    w.simulation.at(MilliSeconds(3), [&] { a.send(mac_b, 50); });
    w.simulation.at(MilliSeconds(4), [&] { link.set_plugged(true); });
    w.simulation.at(MilliSeconds(20), [&] { a.send(mac_b, 50); });
    w.simulation.run_until(Seconds(1));
    CHECK(a.carrier_events == std::vector<bool>{true, false, true});
    CHECK(b.carrier_events == std::vector<bool>{true, false, true});
    REQUIRE(b.frames.size() == 1);
    CHECK(b.frames[0].first > 25'000'000);
    CHECK(link.dropped() == 1);
    CHECK(w.recorder.hops[1].drop_reason == "carrier lost in flight");
}

TEST_CASE("LanLink: a port without power takes the carrier of the other end with it",
          "[models][lan]") {
    test::World w;
    Sink a("a", mac_a);
    auto b = std::make_unique<Sink>("b", mac_b);
    LanLink link(w.context, "l", a, *b, {});
    b->set_powered(false);
    CHECK_FALSE(a.carrier());
    b->set_powered(true);
    CHECK(a.carrier());
    b.reset();
    CHECK_FALSE(a.carrier());
    a.send(mac_b, 50);  // into nothing
    w.simulation.run_until(Seconds(1));
    CHECK(link.delivered() == 0);
}

TEST_CASE("LanLink: a frame carries the cause that was current when it was sent", "[models][lan]") {
    test::World w;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    LanLink link(w.context, "l", a, b, {});
    link.describe = [](const models::Frame& frame, std::string& protocol, std::string& info) {
        protocol = "test";
        info = std::to_string(frame.packet->GetSize());
    };
    const models::RecordId cause = w.recorder.record("something", "a");
    {
        const models::Recorder::Scope scope(w.recorder, cause);
        a.send(mac_b, 77);
    }
    a.send(mac_b, 78);
    w.simulation.run_until(Seconds(1));
    REQUIRE(b.frames.size() == 2);
    CHECK(b.frames[0].second.cause == cause);
    CHECK(b.frames[1].second.cause == models::RecordId::none);
    CHECK(w.recorder.hops[0].protocol == "test");
    CHECK(w.recorder.hops[0].info == "77");
    CHECK(w.recorder.current() == models::RecordId::none);
}

namespace {

struct Switched : test::World {
    LanSwitch lan{context, "sw1", Seconds(300)};
    Sink a{"a", mac_a};
    Sink b{"b", mac_b};
    Sink c{"c", mac_c};
    LanLink la{context, "la", a, lan.port(1), {}};
    LanLink lb{context, "lb", b, lan.port(2), {}};
    LanLink lc{context, "lc", c, lan.port(3), {}};
};

}  // namespace

TEST_CASE("LanSwitch: floods what it does not know, and learns", "[models][lan]") {
    Switched w;
    w.a.send(mac_b, 50);
    w.simulation.run_until(MilliSeconds(1));
    CHECK(w.b.frames.size() == 1);
    CHECK(w.c.frames.size() == 1);
    CHECK(w.a.frames.empty());
    CHECK(w.lan.learned_port(mac_a) == 1);
    CHECK(w.lan.learned_port(mac_b) == -1);
    w.b.send(mac_a, 50);
    w.simulation.run_until(MilliSeconds(2));
    CHECK(w.a.frames.size() == 1);
    CHECK(w.c.frames.size() == 1);  // not flooded
    w.b.send(ns3::Mac48Address::GetBroadcast(), 50);
    w.simulation.run_until(MilliSeconds(3));
    CHECK(w.a.frames.size() == 2);
    CHECK(w.c.frames.size() == 2);
    CHECK(w.b.frames.size() == 1);
}

TEST_CASE("LanSwitch: forgets an address after its ageing time", "[models][lan]") {
    Switched w;
    w.a.send(mac_b, 50);
    w.simulation.run_until(Seconds(299));
    CHECK(w.lan.learned_port(mac_a) == 1);
    w.simulation.run_until(Seconds(301));
    CHECK(w.lan.learned_port(mac_a) == -1);
}

TEST_CASE("LanSwitch: loss of carrier flushes only that port, loss of power everything",
          "[models][lan]") {
    Switched w;
    w.a.send(mac_b, 50);
    w.b.send(mac_a, 50);
    w.simulation.run_until(MilliSeconds(1));
    w.la.set_plugged(false);
    CHECK(w.lan.learned_port(mac_a) == -1);
    CHECK(w.lan.learned_port(mac_b) == 2);
    w.la.set_plugged(true);
    w.lan.set_power(false);
    CHECK(w.lan.learned_port(mac_b) == -1);
    CHECK_FALSE(w.a.carrier());
    CHECK_FALSE(w.c.carrier());
    w.a.send(ns3::Mac48Address::GetBroadcast(), 50);
    w.simulation.run_until(MilliSeconds(2));
    CHECK(w.c.frames.size() == 1);  // only the flood of the start
    w.lan.set_power(true);
    CHECK(w.c.carrier());
    w.a.send(ns3::Mac48Address::GetBroadcast(), 50);
    w.simulation.run_until(MilliSeconds(3));
    CHECK(w.c.frames.size() == 2);
}

TEST_CASE("LanSwitch: a station that moves to another port is followed by its next frame",
          "[models][lan]") {
    Switched w;
    w.a.send(mac_b, 50);
    w.simulation.run_until(MilliSeconds(1));
    Sink moved("a'", mac_a);
    LanLink link(w.context, "l4", moved, w.lan.port(4), {});
    moved.send(mac_b, 50);
    w.simulation.run_until(MilliSeconds(2));
    CHECK(w.lan.learned_port(mac_a) == 4);
}

// ---------------------------------------------------------------- every kind of link keeps the
// same promises

TEST_CASE("Link conformance: every kind carries bytes both ways, keeps causes, loses all while "
          "unplugged, and recovers",
          "[models][lan]") {
    struct Harness {
        std::function<void(int side, std::size_t bytes)> send;
        std::function<void(bool)> plug;
        std::array<std::size_t, 2> received{};    ///< bytes that arrived at side 0 and 1
        std::array<models::RecordId, 2> cause{};  ///< of the last arrival
    };
    test::World w;
    Harness h;
    Sink a("a", mac_a);
    Sink b("b", mac_b);
    std::unique_ptr<LanLink> lan;
    std::unique_ptr<SerialLine> serial;
    const std::string kind = GENERATE(std::string{"ethernet"}, std::string{"serial"});
    CAPTURE(kind);
    const auto collect = [&] {
        if (lan) {
            for (int side = 0; side < 2; ++side) {
                Sink& port = side == 0 ? a : b;
                h.received[static_cast<std::size_t>(side)] = 0;
                for (const auto& [at, frame] : port.frames) {
                    h.received[static_cast<std::size_t>(side)] += frame.packet->GetSize();
                    h.cause[static_cast<std::size_t>(side)] = frame.cause;
                }
            }
        }
    };
    if (kind == "ethernet") {
        lan = std::make_unique<LanLink>(w.context, "l", a, b, LinkDirection{});
        h.send = [&](int side, std::size_t n) {
            (side == 0 ? a : b).send(side == 0 ? mac_b : mac_a, static_cast<std::uint32_t>(n));
        };
        h.plug = [&](bool on) { lan->set_plugged(on); };
    } else {
        serial = std::make_unique<SerialLine>(w.context, "s", "a", "b", 19200);
        for (int side = 0; side < 2; ++side) {
            serial->attach(side, [&, side](std::span<const std::byte> chunk) {
                h.received[static_cast<std::size_t>(side)] += chunk.size();
                h.cause[static_cast<std::size_t>(side)] = w.recorder.current();
            });
        }
        h.send = [&](int side, std::size_t n) { serial->send(side, std::vector<std::byte>(n)); };
        h.plug = [&](bool on) { serial->set_plugged(on); };
    }

    const models::RecordId why = w.recorder.record("why", "test");
    {
        const models::Recorder::Scope scope(w.recorder, why);
        h.send(0, 100);
        h.send(1, 60);
    }
    w.simulation.run_until(Seconds(1));
    collect();
    CHECK(h.received == std::array<std::size_t, 2>{60, 100});
    CHECK(h.cause[1] == why);
    const std::size_t hops = w.recorder.hops.size();
    CHECK(hops == 2);
    CHECK(w.recorder.hops[0].cause == why);

    h.plug(false);
    h.send(0, 100);
    h.send(1, 60);
    w.simulation.run_until(Seconds(2));
    collect();
    CHECK(h.received == std::array<std::size_t, 2>{60, 100});

    h.plug(true);
    h.send(0, 7);
    w.simulation.run_until(Seconds(3));
    collect();
    CHECK(h.received == std::array<std::size_t, 2>{60, 107});
}

// ---------------------------------------------------------------- serial

TEST_CASE("SerialLine: 100 bytes at 9600 baud take 104.17 ms, the next ones follow behind",
          "[models][serial]") {
    test::World w;
    SerialLine line(w.context, "null-modem", "a:ttyS0", "b:ttyS0", 9600);
    std::vector<std::byte> got;
    std::int64_t last = 0;
    line.attach(1, [&](std::span<const std::byte> chunk) {
        CHECK(chunk.size() <= 16);
        got.insert(got.end(), chunk.begin(), chunk.end());
        last = ns3::Simulator::Now().GetNanoSeconds();
    });
    std::vector<std::byte> sent(100);
    for (std::size_t i = 0; i < sent.size(); ++i) {
        sent[i] = static_cast<std::byte>(i);
    }
    line.send(0, sent);
    w.simulation.run_until(MilliSeconds(150));
    CHECK(got == sent);
    CHECK(last == 104'166'666);
    line.send(0, sent);
    line.send(0, sent);
    w.simulation.run_until(Seconds(1));
    CHECK(got.size() == 300);
    CHECK(last == 150'000'000 + 2 * 104'166'666);
}

TEST_CASE("SerialLine: writes beyond the transmit buffer are lost, not queued without limit",
          "[models][serial]") {
    test::World w;
    SerialLine line(w.context, "s", "a", "b", 9600);
    std::size_t got = 0;
    line.attach(1, [&](std::span<const std::byte> chunk) { got += chunk.size(); });
    for (int i = 0; i < 100; ++i) {
        line.send(0, std::vector<std::byte>(400));
    }
    w.simulation.run_until(Seconds(60));
    CHECK(got == 4000);
}

TEST_CASE("SerialLine: noise changes bytes, not their number; a pulled plug loses the rest",
          "[models][serial]") {
    test::World w;
    SerialLine line(w.context, "s", "a", "b", 9600);
    std::vector<std::byte> got;
    line.attach(1, [&](std::span<const std::byte> chunk) {
        got.insert(got.end(), chunk.begin(), chunk.end());
    });
    line.set_noise(0.5);
    line.send(0, std::vector<std::byte>(1000));
    w.simulation.run_until(Seconds(2));
    CHECK(got.size() == 1000);
    const auto changed = static_cast<int>(
        std::count_if(got.begin(), got.end(), [](std::byte b) { return b != std::byte{}; }));
    CHECK(std::abs(changed - 498) < 80);
    line.set_noise(0);
    line.send(0, std::vector<std::byte>(96));
    w.simulation.at(Seconds(2) + MilliSeconds(50), [&] { line.set_plugged(false); });
    w.simulation.run_until(Seconds(3));
    CHECK(got.size() == 1000 + 48);  // 50 ms = 48 bytes = three full FIFOs
}
