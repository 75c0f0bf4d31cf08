// SPDX-License-Identifier: GPL-2.0-or-later
// Times of the D-channel link, of call control and of T1 alarms, each alone.

#include "model/lapd.hpp"
#include "model/q931.hpp"
#include "model/tdm_schedule.hpp"
#include "model/tdm_stream.hpp"
#include "support/catch.hpp"
#include "tdm_support.hpp"

using namespace test;
using models::T1Port;
using models::tdm::CallHandle;
using models::tdm::Cause;
using models::tdm::Lapd;
using models::tdm::Q931;
using models::tdm::Side;

namespace {

double now() {
    return in_seconds(ns3::Simulator::Now().GetNanoSeconds());
}

/// Both ends of one D-channel, each with call control on top, and a wire that can be cut.
struct Pair {
    struct End {
        std::unique_ptr<Lapd> link;
        std::unique_ptr<Q931> calls;
        std::vector<double> established, down, released, sabme;
        std::vector<std::pair<double, Cause>> cleared;
        std::vector<CallHandle> incoming, connected;
        std::vector<std::string> messages;
        std::uint64_t frames = 0;
    };

    explicit Pair(World& w, models::PriTimers user = {}, models::PriTimers network = {})
        : world(w) {
        build(0, Side::user, user);
        build(1, Side::network, network);
    }

    void build(std::size_t e, Side side, const models::PriTimers& timers) {
        End& end = ends[e];
        const auto later = [this](ns3::Time t, std::function<void()> f) {
            models::tdm::after(world.context, t, std::move(f));
        };
        end.link = std::make_unique<Lapd>(
            side,
            timers,
            Lapd::Hooks{
                .later = later,
                .send =
                    [this, e](std::vector<std::byte> frame) {
                        ++ends[e].frames;
                        if (frame.size() == 3 && frame[2] == std::byte{0x7F}) {
                            ends[e].sabme.push_back(now());
                        }
                        if (!cut && !(lose && lose(e, frame))) {
                            ends[1 - e].link->on_frame(frame);
                        }
                    },
                .receive = [this, e](std::span<const std::byte> m) { ends[e].calls->receive(m); },
                .established =
                    [this, e](bool) {
                        ends[e].established.push_back(now());
                        ends[e].calls->dl_established();
                    },
                .down = [this, e] { ends[e].down.push_back(now()); },
                .released =
                    [this, e] {
                        ends[e].released.push_back(now());
                        ends[e].calls->dl_released();
                    }});
        end.calls = std::make_unique<Q931>(
            side,
            timers,
            Q931::Hooks{
                .later = later,
                .send = [this, e](std::vector<std::byte> m) { ends[e].link->send(std::move(m)); },
                .setup = [this, e](CallHandle h,
                                   int,
                                   const std::string&) { ends[e].incoming.push_back(h); },
                .alerting = [](CallHandle) {},
                .connected = [this, e](CallHandle h) { ends[e].connected.push_back(h); },
                .cleared = [this, e](CallHandle,
                                     Cause c) { ends[e].cleared.emplace_back(now(), c); },
                .released = [](CallHandle, int) {},
                .traced =
                    [this, e](std::string_view m, unsigned, bool sent) {
                        if (sent) {
                            ends[e].messages.emplace_back(m);
                        }
                    }});
    }

    World& world;
    End ends[2];
    bool cut = false;
    std::function<bool(std::size_t from, const std::vector<std::byte>&)> lose;
};

/// An answered call from the user side.
void answered_call(Pair& pair) {
    (void)pair.ends[0].calls->setup(23, "5551234");
    pair.world.simulation.run_until(ns3::Simulator::Now() + ns3::MilliSeconds(100));
    REQUIRE(pair.ends[1].incoming.size() == 1);
    pair.ends[1].calls->proceed(pair.ends[1].incoming[0]);
    pair.ends[1].calls->alert(pair.ends[1].incoming[0]);
    pair.ends[1].calls->connect(pair.ends[1].incoming[0]);
    pair.world.simulation.run_until(ns3::Simulator::Now() + ns3::MilliSeconds(100));
    REQUIRE(pair.ends[0].connected.size() == 1);
}

}  // namespace

TEST_CASE("LAPD: SABME at once, four tries one T200 apart, release, and again after T200",
          "[models][tdm][lapd]") {
    World world;
    Pair pair(world);
    pair.cut = true;
    pair.ends[0].link->start();
    world.simulation.run_until(seconds(7.5));
    REQUIRE(pair.ends[0].sabme.size() == 7);
    for (const auto& [index, due] : std::vector<std::pair<std::size_t, double>>{
             {0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 5}, {5, 6}, {6, 7}}) {
        CHECK(pair.ends[0].sabme[index] == Approx(due).margin(0.01));
    }
    REQUIRE(pair.ends[0].released.size() == 1);
    CHECK(pair.ends[0].released[0] == Approx(4.0).margin(0.01));
}

TEST_CASE("LAPD: a peer that answers brings the link up within the time of two frames",
          "[models][tdm][lapd]") {
    World world;
    Pair pair(world);
    pair.ends[1].link->start();  // in vain: the other end does not run yet
    world.simulation.run_until(seconds(4.5));
    pair.ends[0].link->start();
    world.simulation.run_until(seconds(4.6));
    CHECK(pair.ends[0].link->up());
    CHECK(pair.ends[0].established.at(0) < 4.51);
}

TEST_CASE(
    "LAPD: idle link, silent peer: down at 14 s, released at 18 s, answered calls cleared at 24 s",
    "[models][tdm][lapd]") {
    World world;
    Pair pair(world);
    pair.ends[0].link->start();
    pair.ends[1].link->start();
    world.simulation.run_until(seconds(1));
    answered_call(pair);
    world.simulation.run_until(seconds(2));
    const double silent_from = 1.2;  // the last frame, within 0.1 s
    pair.cut = true;
    world.simulation.run_until(seconds(40));
    REQUIRE(pair.ends[0].down.size() >= 1);
    CHECK(pair.ends[0].down[0] - silent_from == Approx(14).margin(0.15));
    CHECK(pair.ends[0].released.at(0) - silent_from == Approx(18).margin(0.15));
    REQUIRE(pair.ends[0].cleared.size() == 1);
    CHECK(pair.ends[0].cleared[0].first - silent_from == Approx(24).margin(0.15));
    CHECK(pair.ends[0].cleared[0].second == Cause::out_of_order);
}

TEST_CASE("LAPD: with a message waiting for its acknowledgement: down at 4 s, released at 8 s, "
          "cleared at 14 s",
          "[models][tdm][lapd]") {
    World world;
    Pair pair(world);
    pair.ends[0].link->start();
    pair.ends[1].link->start();
    world.simulation.run_until(seconds(1));
    answered_call(pair);
    world.simulation.run_until(seconds(2));
    pair.cut = true;
    (void)pair.ends[0].calls->setup(22, "5559999");
    world.simulation.run_until(seconds(30));
    CHECK(pair.ends[0].down.at(0) == Approx(6).margin(0.05));
    CHECK(pair.ends[0].released.at(0) == Approx(10).margin(0.05));
    REQUIRE(pair.ends[0].cleared.size() == 2);
    CHECK(pair.ends[0].cleared[0].first <
          10.1);  // the unanswered one goes with the link, or with T303 before
    CHECK(pair.ends[0].cleared[1].first == Approx(16).margin(0.05));
}

TEST_CASE("LAPD: a lost information frame is repeated after T200 and arrives once",
          "[models][tdm][lapd]") {
    World world;
    Pair pair(world);
    pair.ends[0].link->start();
    pair.ends[1].link->start();
    world.simulation.run_until(seconds(1));
    int lost = 0;
    pair.lose = [&lost](std::size_t from, const std::vector<std::byte>& frame) {
        return from == 0 && frame.size() > 10 && lost++ == 0;
    };
    (void)pair.ends[0].calls->setup(23, "5551234");
    world.simulation.run_until(seconds(3));
    CHECK(lost == 2);
    CHECK(pair.ends[1].incoming.size() == 1);
    CHECK(pair.ends[0].link->up());
    CHECK(pair.ends[0].down.empty());
}

TEST_CASE("LAPD: more messages than the window holds arrive in order", "[models][tdm][lapd]") {
    World world;
    Pair pair(world);
    pair.ends[0].link->start();
    pair.ends[1].link->start();
    world.simulation.run_until(seconds(1));
    for (int channel = 1; channel <= 20; ++channel) {
        (void)pair.ends[0].calls->setup(channel, "1");
    }
    world.simulation.run_until(seconds(2));
    CHECK(pair.ends[1].incoming.size() == 20);
}

TEST_CASE("LAPD and Q.931: any bytes are survived", "[models][tdm][lapd]") {
    World world;
    Pair pair(world);
    pair.ends[0].link->start();
    pair.ends[1].link->start();
    world.simulation.run_until(seconds(1));
    models::RandomStream stream(7, "hostile");
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::byte> bytes(stream.below(40));
        for (std::byte& b : bytes) {
            b = static_cast<std::byte>(stream.below(256));
        }
        if (bytes.size() > 2 && stream.chance(0.8)) {
            bytes[0] = std::byte{0x00};
            bytes[1] = std::byte{0x01};
        }
        pair.ends[1].link->on_frame(bytes);
        if (bytes.size() > 2 && stream.chance(0.8)) {
            bytes[0] = std::byte{0x08};
            bytes[1] = std::byte{0x02};
        }
        pair.ends[1].calls->receive(bytes);
    }
    CHECK(pair.ends[1].calls->calls() <= 64);
    world.simulation.run_until(seconds(60));
    CHECK(pair.ends[1].link->up());
}

TEST_CASE("Q.931: an unanswered SETUP is repeated once after T303 and given up after the second",
          "[models][tdm][q931]") {
    World world;
    Pair pair(world);
    pair.ends[0].link->start();
    pair.ends[1].link->start();
    world.simulation.run_until(seconds(1));
    (void)pair.ends[0].calls->setup(23, "5551234");  // nobody proceeds
    world.simulation.run_until(seconds(20));
    CHECK(pair.ends[0].messages == std::vector<std::string>{"SETUP", "SETUP", "RELEASE COMPLETE"});
    REQUIRE(pair.ends[0].cleared.size() == 1);
    CHECK(pair.ends[0].cleared[0].first == Approx(9).margin(0.01));
    CHECK(pair.ends[1].calls->calls() == 0);
}

TEST_CASE("Q.931: a message about an unknown call is answered with RELEASE COMPLETE, cause 81",
          "[models][tdm][q931]") {
    World world;
    Pair pair(world);
    pair.ends[0].link->start();
    pair.ends[1].link->start();
    world.simulation.run_until(seconds(1));
    answered_call(pair);
    // The user side is replaced by one that knows nothing of the call.
    pair.ends[0].link->stop();
    pair.build(0, Side::user, {});
    pair.ends[0].messages.clear();
    pair.ends[0].link->start();
    world.simulation.run_until(seconds(5));
    CHECK(pair.ends[0].messages == std::vector<std::string>{"RELEASE COMPLETE"});
    REQUIRE(pair.ends[1].cleared.size() == 1);
    CHECK(pair.ends[1].cleared[0].second == Cause::invalid_call_reference);
    CHECK(pair.ends[1].calls->calls() == 0);
}

TEST_CASE("Q.931: normal clearing runs DISCONNECT, RELEASE, RELEASE COMPLETE",
          "[models][tdm][q931]") {
    World world;
    Pair pair(world);
    pair.ends[0].link->start();
    pair.ends[1].link->start();
    world.simulation.run_until(seconds(1));
    answered_call(pair);
    pair.ends[1].calls->hang_up(pair.ends[1].incoming[0], Cause::normal_clearing);
    world.simulation.run_until(seconds(2));
    CHECK(pair.ends[0].calls->calls() == 0);
    CHECK(pair.ends[1].calls->calls() == 0);
    CHECK(pair.ends[1].messages.back() == "RELEASE COMPLETE");
    CHECK(pair.ends[0].messages.back() == "RELEASE");
    REQUIRE(pair.ends[0].cleared.size() == 1);
    CHECK(pair.ends[0].cleared[0].second == Cause::normal_clearing);
}

TEST_CASE("Q.931: DISCONNECT without answer: RELEASE after T305, again after T308, then gone",
          "[models][tdm][q931]") {
    World world;
    models::PriTimers timers;
    Pair pair(world, timers, timers);
    pair.ends[0].link->start();
    pair.ends[1].link->start();
    world.simulation.run_until(seconds(1));
    answered_call(pair);
    pair.ends[1].calls =
        std::make_unique<Q931>(Side::network,
                               timers,
                               Q931::Hooks{.later = [](ns3::Time, std::function<void()>) {},
                                           .send = [](std::vector<std::byte>) {},
                                           .setup = {},
                                           .alerting = {},
                                           .connected = {},
                                           .cleared = {},
                                           .released = {},
                                           .traced = {}});  // deaf and dumb
    pair.ends[0].messages.clear();
    const double at = now();
    pair.ends[0].calls->hang_up(CallHandle{1}, Cause::normal_clearing);
    world.simulation.run_until(seconds(at + 37));
    CHECK(pair.ends[0].messages == std::vector<std::string>{"DISCONNECT", "RELEASE", "RELEASE"});
    CHECK(pair.ends[0].calls->calls() == 1);
    world.simulation.run_until(seconds(at + 38.1));
    CHECK(pair.ends[0].calls->calls() == 0);
}

// ---------------------------------------------------------------- T1

namespace {

class Probe final : public T1Port {
  public:
    using T1Port::T1Port;
    void alarm_changed(Alarm alarm) override { alarms.emplace_back(now(), alarm); }
    void receive_dchannel(std::span<const std::byte> f) override {
        dchannel.emplace_back(now(), f.size());
    }
    void receive_abcd(int channel, std::uint8_t bits) override { abcd.emplace_back(channel, bits); }
    std::vector<std::pair<double, Alarm>> alarms;
    std::vector<std::pair<double, std::size_t>> dchannel;
    std::vector<std::pair<int, int>> abcd;
};

}  // namespace

TEST_CASE("T1: framing lost for less than 2.5 s is no alarm; longer is RED here and yellow there",
          "[models][tdm][t1]") {
    World world;
    Probe a("a");
    Probe b("b");
    models::T1Line line(world.context, "t1", a, b);
    world.simulation.at(seconds(1), [&] { line.set_transmitting(a, false); });
    world.simulation.at(seconds(3.4), [&] { line.set_transmitting(a, true); });
    world.simulation.run_until(seconds(10));
    CHECK(b.alarms.empty());
    CHECK(line.in_frame(b));

    world.simulation.at(seconds(20), [&] { line.set_transmitting(a, false); });
    world.simulation.at(seconds(30), [&] { line.set_transmitting(a, true); });
    world.simulation.run_until(seconds(60));
    REQUIRE(b.alarms.size() == 2);
    CHECK(b.alarms[0].first == Approx(22.5).margin(1e-6));
    CHECK(b.alarms[0].second == T1Port::Alarm::red);
    CHECK(b.alarms[1].first == Approx(40.05).margin(1e-6));  // 50 ms resync, 10 s clear
    CHECK(b.alarms[1].second == T1Port::Alarm::none);
    REQUIRE(a.alarms.size() == 2);
    CHECK(a.alarms[0].first == Approx(23.0).margin(1e-6));  // yellow 0.5 s after the far end's RED
    CHECK(a.alarms[0].second == T1Port::Alarm::yellow);
}

TEST_CASE("T1: unplugged, both ends go RED and both clear 10 s after they are in frame again",
          "[models][tdm][t1]") {
    World world;
    Probe a("a");
    Probe b("b");
    models::T1Line line(world.context, "t1", a, b);
    world.simulation.at(seconds(1), [&] { line.set_plugged(false); });
    world.simulation.at(seconds(10), [&] { line.set_plugged(true); });
    world.simulation.run_until(seconds(19.9));
    CHECK(line.alarm(a) == T1Port::Alarm::red);
    CHECK(line.alarm(b) == T1Port::Alarm::red);
    CHECK(line.in_frame(a));
    world.simulation.run_until(seconds(21));
    CHECK(line.alarm(a) == T1Port::Alarm::none);
    CHECK(line.alarm(b) == T1Port::Alarm::none);
}

TEST_CASE("T1: injected AIS and yellow take their integration times", "[models][tdm][t1]") {
    World world;
    Probe a("a");
    Probe b("b");
    models::T1Line line(world.context, "t1", a, b);
    world.simulation.at(seconds(1), [&] {
        line.force_alarm(1, T1Port::Alarm::ais);
        line.force_alarm(0, T1Port::Alarm::yellow);
    });
    world.simulation.run_until(seconds(5));
    REQUIRE(b.alarms.size() == 1);
    CHECK(b.alarms[0].first == Approx(3.5).margin(1e-6));
    CHECK(b.alarms[0].second == T1Port::Alarm::ais);
    REQUIRE(a.alarms.size() == 1);
    CHECK(a.alarms[0].first == Approx(1.5).margin(1e-6));
}

TEST_CASE("T1: what is sent while out of frame is lost, signalling bits are told again",
          "[models][tdm][t1]") {
    World world;
    Probe a("a");
    Probe b("b");
    models::T1Line line(world.context, "t1", a, b);
    world.simulation.at(seconds(1), [&] { line.set_plugged(false); });
    world.simulation.at(seconds(2), [&] {
        line.send_dchannel(a, std::vector<std::byte>(5));
        line.send_abcd(a, 7, 0xF);
    });
    world.simulation.at(seconds(3), [&] { line.set_plugged(true); });
    world.simulation.at(seconds(4), [&] { line.send_dchannel(a, std::vector<std::byte>(6)); });
    world.simulation.run_until(seconds(5));
    REQUIRE(b.dchannel.size() == 1);
    CHECK(b.dchannel[0].second == 6);
    CHECK(b.dchannel[0].first == Approx(4.0009).margin(1e-6));
    CHECK(std::find(b.abcd.begin(), b.abcd.end(), std::pair<int, int>{7, 0xF}) != b.abcd.end());
}

// ---------------------------------------------------------------- TDMoE messages

TEST_CASE(
    "TDMoE stream: changes, alarm flags, D-channel frames and digits arrive as they were sent",
    "[models][tdm]") {
    models::tdm::StreamSender sender(4);
    models::tdm::StreamReceiver receiver;
    receiver.reset();
    std::vector<std::string> told;
    receiver.on_abcd = [&](int span, int channel, std::uint8_t bits) {
        if (bits != 5) {
            told.push_back("abcd " + std::to_string(span) + "/" + std::to_string(channel) + "=" +
                           std::to_string(bits));
        }
    };
    receiver.on_yellow = [&](int span, bool on) {
        if (on) {
            told.push_back("yellow " + std::to_string(span));
        }
    };
    receiver.on_dchannel = [&](int span, std::span<const std::byte> f) {
        told.push_back("d " + std::to_string(span) + " " + std::to_string(f.size()));
    };
    receiver.on_inband = [&](int span, int channel, const models::Inband& i) {
        told.push_back("in " + std::to_string(span) + "/" + std::to_string(channel) + " " +
                       i.digits);
    };
    const auto pass = [&] {
        const auto bytes = sender.next(100);
        REQUIRE(receiver.check(bytes));
        receiver.deliver();
    };
    pass();
    CHECK(told.empty());
    sender.set_abcd(2, 24, 0xF);
    sender.set_yellow(3, true);
    sender.add_dchannel(1, std::vector<std::byte>(9));
    sender.add_inband(4, 1, {models::Inband::Sound::silence, "9123"});
    pass();
    CHECK(told == std::vector<std::string>{"abcd 2/24=15", "yellow 3", "d 1 9", "in 4/1 9123"});
    told.clear();
    pass();
    CHECK(told.empty());
}

TEST_CASE("TDMoE stream: any bytes are survived and counted", "[models][tdm]") {
    models::tdm::StreamSender sender(4);
    models::tdm::StreamReceiver receiver;
    receiver.reset();
    const auto good = sender.next(1);
    models::RandomStream stream(3, "hostile");
    for (int i = 0; i < 5'000; ++i) {
        std::vector<std::byte> bytes = good;
        bytes.resize(stream.below(1400));
        for (int flips = 0; flips < 8 && !bytes.empty(); ++flips) {
            bytes[stream.below(stream.chance(0.5) ? std::min<std::size_t>(bytes.size(), 30)
                                                  : bytes.size())] =
                static_cast<std::byte>(stream.below(256));
        }
        if (receiver.check(bytes)) {
            receiver.deliver();
        }
    }
    CHECK(receiver.malformed() > 1000);
    REQUIRE(receiver.check(good));
}
