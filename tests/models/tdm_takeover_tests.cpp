// SPDX-License-Identifier: GPL-2.0-or-later
// The telephone side end to end: calls in all directions, the move to the other server, what is
// lost on the way.

#include "support/catch.hpp"
#include "tdm_support.hpp"

using namespace test;
using cluster::AgentOp;

TEST_CASE("Telephony: with server, bridge and trunk up, a probe is answered in each direction",
          "[models][tdm]") {
    TelephonyWorld world;
    world.start_server_1();
    world.run_until(12);
    REQUIRE(world.pbx(1).answers_local_probe());
    REQUIRE(world.pbx(1).trunk_up());
    REQUIRE(world.telco.dchannel_up());
    CHECK(world.centre->stations_reachable() == 1.0);
    for (const auto direction :
         {CallDirection::outward, CallDirection::inward, CallDirection::station_to_station}) {
        const CallReport report = world.probe(direction);
        INFO(models::to_string(direction) << ": " << report.failure);
        REQUIRE(report.answered.has_value());
        CHECK((*report.answered - report.started).GetMilliSeconds() < 100);
        CHECK(world.recorder.at(report.answer_record).kind == "call.answered");
    }
}

TEST_CASE("Telephony: calls of the workload go over the wire in each direction and end normally",
          "[models][tdm]") {
    TelephonyWorld world;
    world.start_server_1();
    world.at(12, [&] {
        for (const auto direction :
             {CallDirection::outward, CallDirection::inward, CallDirection::station_to_station}) {
            world.centre->call(direction, ns3::Seconds(5), world.collect());
        }
    });
    world.run_until(14);
    CHECK(world.centre->calls_in_progress() == 3);
    world.run_until(30);
    REQUIRE(world.reports.size() == 3);
    for (const CallReport& report : world.reports) {
        INFO(models::to_string(report.direction) << ": " << report.failure);
        REQUIRE(report.answered.has_value());
        CHECK_FALSE(report.dropped);
        CHECK((*report.ended - *report.answered).GetSeconds() == Approx(5.0).margin(0.01));
    }
    CHECK(world.centre->calls_in_progress() == 0);
}

TEST_CASE("Telephony: re-point and start of the other PBX bring calls back, and the causes say why",
          "[models][tdm]") {
    TelephonyWorld world;
    world.start_server_1();
    world.at(20, [&] { world.power_off(1); });
    world.at(22, [&] { world.start(world.fonulator(2)); });
    world.at(22.6, [&] { world.start(world.pbx(2)); });
    world.run_until(21);
    CHECK(world.probe(CallDirection::outward).failure == "server down");
    world.run_until(32.5);
    CHECK(world.exits == std::vector<int>{0, 0, 0});  // PBX 1, fonulator 2, PBX 2
    REQUIRE(world.pbx(2).trunk_up());
    for (const auto direction : {CallDirection::outward, CallDirection::inward}) {
        const CallReport report = world.probe(direction);
        INFO(models::to_string(direction) << ": " << report.failure);
        REQUIRE(report.answered.has_value());
        std::vector<std::string> chain;
        for (auto id = report.answer_record; id != models::RecordId::none;
             id = world.recorder.at(id).cause) {
            const auto& record = world.recorder.at(id);
            chain.push_back(record.kind + (record.subject == "asterisk2" ? "@2" : ""));
            UNSCOPED_INFO(in_seconds(record.at_ns) << " " << record.kind << " " << record.subject);
        }
        CAPTURE(chain);
        REQUIRE(chain.size() >= 4);
        CHECK(chain[0] == "call.answered");
        CHECK(chain[1].substr(0, 8) == "ms.trunk");  // of the side that was up last
        CHECK(chain[2].substr(0, 11) == "dchannel.up");
        CHECK(std::find(chain.begin(), chain.end(), "ms.service@2") != chain.end());
    }
    const auto flow = world.recorder.of("ms.bridge", "asterisk2");
    REQUIRE(flow.size() == 1);
    CHECK(in_seconds(flow[0].at_ns) > 22.1);
    CHECK(in_seconds(flow[0].at_ns) < 22.6);
    // Bridge first: its milestone comes from the transmit command, which comes from the agent.
    CHECK(world.recorder.at(flow[0].cause).kind == "bridge.transmit");
}

TEST_CASE("Telephony: no call survives the move, and each is counted once with a reason",
          "[models][tdm]") {
    TelephonyWorld world;
    world.start_server_1();
    world.at(12, [&] {
        for (const auto direction :
             {CallDirection::outward, CallDirection::inward, CallDirection::station_to_station}) {
            world.centre->call(direction, ns3::Seconds(600), world.collect());
        }
    });
    world.at(20, [&] { world.power_off(1); });
    world.at(22, [&] { world.start(world.fonulator(2)); });
    world.at(22.6, [&] { world.start(world.pbx(2)); });
    world.run_until(19);
    REQUIRE(world.centre->calls_in_progress() == 3);
    world.run_until(60);
    REQUIRE(world.reports.size() == 3);
    for (const CallReport& report : world.reports) {
        INFO(models::to_string(report.direction) << ": " << report.failure);
        CHECK(report.answered.has_value());
        CHECK(report.dropped);
        CHECK_FALSE(report.failure.empty());
        CHECK(report.ended->GetSeconds() > 20.1);
        CHECK(report.ended->GetSeconds() < 31);
    }
    CHECK(world.centre->calls_in_progress() == 0);
    // Everything is free again: the next calls are answered.
    for (const auto direction :
         {CallDirection::outward, CallDirection::inward, CallDirection::station_to_station}) {
        world.centre->call(direction, ns3::Seconds(1), world.collect());
    }
    world.run_until(70);
    REQUIRE(world.reports.size() == 6);
    for (std::size_t i = 3; i < 6; ++i) {
        INFO(world.reports[i].failure);
        CHECK(world.reports[i].answered.has_value());
        CHECK_FALSE(world.reports[i].dropped);
    }
}

TEST_CASE(
    "Telephony: a telco that keeps its calls clears them when the new server does not know them",
    "[models][tdm]") {
    TelephonyOptions options;
    options.telco.restart_on_sabme = false;
    options.people.silence_patience =
        ns3::Seconds(300);  // people who wait: the network has to clear
    options.pbx_start = std::chrono::seconds{5};
    TelephonyWorld world(options);
    world.start_server_1();
    world.at(
        8, [&] { world.centre->call(CallDirection::inward, ns3::Seconds(600), world.collect()); });
    world.at(20, [&] { world.power_off(1); });
    world.at(20.5, [&] { world.start(world.fonulator(2)); });
    world.at(21, [&] { world.start(world.pbx(2)); });
    world.run_until(25.9);
    CHECK(world.reports.empty());
    world.run_until(30);
    REQUIRE(world.reports.size() == 1);
    CHECK(world.reports[0].dropped);
    CHECK((world.reports[0].failure == "call unknown to the new server" ||
           world.reports[0].failure == "dial tone in the middle of the call"));
}

TEST_CASE("Telephony: a gap of 0.8 s costs only audio, a longer one drops every call of the "
          "channel banks",
          "[models][tdm]") {
    TelephonyWorld world;
    world.start_server_1();
    world.at(12, [&] {
        world.centre->call(CallDirection::station_to_station, ns3::Seconds(600), world.collect());
    });
    const auto cut = [&](bool on) {
        world.link(1).direction(0).cut = on;
        world.link(1).direction(1).cut = on;
    };
    world.at(15, [&] { cut(true); });
    world.at(15.8, [&] { cut(false); });
    world.run_until(28);
    CHECK(world.reports.empty());
    CHECK(world.centre->calls_in_progress() == 1);
    cut(true);
    world.run_until(30.3);
    cut(false);
    world.run_until(31);
    REQUIRE(world.reports.size() == 1);
    CHECK(world.reports[0].dropped);
    CHECK(world.reports[0].failure ==
          "dial tone in the middle of the call");  // off-hook at the clear: a new seizure
}

TEST_CASE("Telephony: 23 calls fit on the trunk, the next finds no channel, in both directions",
          "[models][tdm]") {
    const auto direction = GENERATE(CallDirection::outward, CallDirection::inward);
    TelephonyWorld world;
    world.start_server_1();
    world.at(12, [&] {
        for (int i = 0; i < 24; ++i) {
            world.centre->call(direction, ns3::Seconds(30), world.collect());
        }
    });
    world.run_until(20);
    CHECK(world.centre->calls_in_progress() == 23);
    REQUIRE(world.reports.size() == 1);
    CHECK(world.reports[0].failure == "no channel");
    CHECK_FALSE(world.reports[0].answered.has_value());
    // A probe has a circuit of its own.
    CHECK(world.probe(direction).answered.has_value());
    world.run_until(50);
    CHECK(world.reports.size() == 24);
    CHECK(world.centre->calls_in_progress() == 0);
}

TEST_CASE("Telephony: a probe names the prerequisite that is missing", "[models][tdm]") {
    TelephonyWorld world;
    world.start_server_1();
    world.run_until(12);
    REQUIRE(world.probe(CallDirection::outward).answered.has_value());
    const auto reason = [&](CallDirection direction) {
        return std::string(world.probe(direction).failure);
    };

    SECTION("power of the server") {
        world.power_off(1);
        CHECK(reason(CallDirection::outward) == "server down");
        CHECK(reason(CallDirection::station_to_station) == "server down");
    }
    SECTION("the PBX process") {
        world.pbx(1).crash();
        CHECK(reason(CallDirection::inward) == "PBX not running");
        CHECK_FALSE(world.pbx(1).answers_local_probe());
    }
    SECTION("killed as a process") {
        CHECK(world.host(1).kill("asterisk"));
        CHECK(reason(CallDirection::inward) == "PBX not running");
    }
    SECTION("a PBX that hangs, and one that goes on") {
        world.pbx(1).hang(true);
        CHECK(reason(CallDirection::outward) == "PBX does not answer");
        world.pbx(1).hang(false);
        CHECK(reason(CallDirection::outward).empty());
    }
    SECTION("a frozen server, and a thawed one") {
        world.host(1).freeze();
        CHECK(reason(CallDirection::outward) == "PBX does not answer");
        world.host(1).thaw();
        CHECK(reason(CallDirection::outward).empty());
    }
    SECTION("power of the bridge") {
        world.bridge.power_off();
        CHECK(reason(CallDirection::outward) == "T1 out of frame");
    }
    SECTION("TDMoE switched off") {
        world.bridge.lose_reply(3);  // fonulator ends after TX off
        world.start(world.fonulator(1));
        world.run_until(25);
        CHECK(reason(CallDirection::outward) == "bridge does not transmit");
    }
    SECTION("TDMoE to the other server, where nothing runs") {
        world.start(world.fonulator(2));
        world.run_until(13);
        CHECK(reason(CallDirection::outward) == "PBX not running");
    }
    SECTION("the LAN of the bridge") {
        world.link(3).set_plugged(false);
        CHECK(reason(CallDirection::inward) == "bridge without carrier");
        world.link(3).set_plugged(true);
        world.run_until(12.5);
        CHECK(world.probe(CallDirection::station_to_station).answered.has_value());
    }
    SECTION("the LAN of the server") {
        world.link(1).set_plugged(false);
        world.run_until(12.5);
        CHECK(reason(CallDirection::outward) == "no TDMoE at the server");
    }
    SECTION("the way back over the LAN only") {
        world.link(3).direction(1).cut = true;  // towards the bridge
        world.run_until(12.5);
        CHECK(reason(CallDirection::outward) == "no TDMoE at the bridge");
    }
    SECTION("the trunk line, which leaves the stations among themselves") {
        world.line(1).set_plugged(false);
        CHECK(reason(CallDirection::outward) == "trunk T1 out of frame");
        CHECK(reason(CallDirection::station_to_station).empty());
        CHECK(world.centre->stations_reachable() == 0.0);
        world.run_until(20);
        world.line(1).set_plugged(true);
        world.run_until(21);
        CHECK(reason(CallDirection::inward) == "trunk in alarm at the telco");
        world.run_until(32);
        CHECK(reason(CallDirection::inward).empty());
    }
    SECTION("the line of one bank of three") {
        world.line(2).set_plugged(false);
        CHECK(reason(CallDirection::outward) == "T1 out of frame");
        CHECK(world.centre->stations_reachable() == Approx(36.0 / 60));
    }
    SECTION("the D-channel while the PBX stops") {
        world.start(world.pbx(1), cluster::AgentOp::stop);
        CHECK(reason(CallDirection::outward) == "PBX not running");
    }
}

TEST_CASE("Telephony: what is lost during the set-up fails the probe", "[models][tdm]") {
    TelephonyWorld world;
    world.start_server_1();
    std::optional<CallReport> report;
    world.at(12, [&] {
        world.centre->probe(
            CallDirection::outward, ns3::Seconds(10), [&](const CallReport& r) { report = r; });
    });
    world.at(12.02, [&] { world.pbx(1).hang(true); });
    world.at(12.03, [&] { world.pbx(1).hang(false); });
    world.at(12.04, [&] {
        world.bridge.power_off();
        world.bridge.power_on();
    });
    world.run_until(13);
    REQUIRE(report.has_value());
    CHECK_FALSE(report->answered.has_value());
}

TEST_CASE("PBX: D-channel up within T200 of the start; SABME while no frames flow reaches nobody",
          "[models][tdm]") {
    TelephonyOptions options;
    options.stored = false;  // no TDMoE at first
    options.pbx_start = std::chrono::seconds{5};
    TelephonyWorld world(options);
    world.at(0.1, [&] { world.start(world.pbx(1)); });
    world.at(9, [&] { world.start(world.fonulator(1)); });
    world.run_until(8.9);
    CHECK(world.pbx(1).answers_local_probe());
    CHECK_FALSE(world.pbx(1).dchannel_up());
    CHECK(world.recorder.of("ms.trunk").empty());
    world.run_until(12.5);
    REQUIRE(world.pbx(1).trunk_up());
    const auto flow = world.recorder.of("ms.bridge", "asterisk1");
    const auto up = world.recorder.of("dchannel.up", "asterisk1");
    const auto trunk = world.recorder.of("ms.trunk", "asterisk1");
    REQUIRE(flow.size() == 1);
    REQUIRE(up.size() == 1);
    REQUIRE(trunk.size() == 1);
    CHECK(up[0].at_ns - flow[0].at_ns < 2'100'000'000);  // T200, and once the pause of T200
    // Service came first: the flow is the prerequisite that was satisfied last.
    auto id = trunk[0].id;
    while (id != models::RecordId::none && world.recorder.at(id).kind != "ms.bridge") {
        id = world.recorder.at(id).cause;
    }
    CHECK(id == flow[0].id);
}

TEST_CASE(
    "PBX: status tells of the process, stop and start bring it back, a failed start leaves it down",
    "[models][tdm]") {
    TelephonyWorld world;
    world.start_server_1();
    world.run_until(9);
    world.start(world.pbx(1), cluster::AgentOp::status);
    world.run_until(10);
    world.pbx(1).crash();
    world.start(world.pbx(1), cluster::AgentOp::status);
    world.run_until(11);
    world.pbx(1).faults().failing_starts = 1;
    world.start(world.pbx(1));
    world.run_until(20);
    CHECK_FALSE(world.pbx(1).answers_local_probe());
    world.start(world.pbx(1));
    world.run_until(30);
    CHECK(world.pbx(1).answers_local_probe());
    CHECK(world.exits == std::vector<int>{0, 0, 3, 1, 0});
    CHECK(world.recorder.of("ms.service", "asterisk1").size() == 2);
    CHECK(world.probe(CallDirection::inward).answered.has_value());
}

TEST_CASE("PBX: a phone that is off-hook when the PBX comes up gets dial tone", "[models][tdm]") {
    TelephonyWorld world;
    // The caller waits for dial tone 10 s; the PBX is up at 8.1 s.
    world.start_server_1();
    world.at(3, [&] {
        world.centre->call(CallDirection::station_to_station, ns3::Seconds(1), world.collect());
    });
    world.run_until(15);
    REQUIRE(world.reports.size() == 1);
    INFO(world.reports[0].failure);
    REQUIRE(world.reports[0].answered.has_value());
    CHECK(world.reports[0].answered->GetSeconds() > 8.6);
    CHECK(world.reports[0].answered->GetSeconds() < 8.8);
}

TEST_CASE("Telephony: frame detail carries the same calls", "[models][tdm]") {
    TelephonyOptions options;
    options.detail = models::TdmDetail::frame;
    options.pbx_start = std::chrono::seconds{1};
    TelephonyWorld world(options);
    world.start_server_1();
    world.at(3,
             [&] { world.centre->call(CallDirection::outward, ns3::Seconds(1), world.collect()); });
    world.run_until(6);
    REQUIRE(world.reports.size() == 1);
    INFO(world.reports[0].failure);
    CHECK(world.reports[0].answered.has_value());
    CHECK_FALSE(world.reports[0].dropped);
    CHECK(world.link(3).delivered() > 11'000);  // 6 s, 1000 frames/s, both ways
    CHECK(world.probe(CallDirection::inward).answered.has_value());
}

TEST_CASE("Telephony: same seed, same records", "[models][tdm]") {
    const auto run = [] {
        TelephonyWorld world;
        world.start_server_1();
        world.at(10, [&] {
            for (int i = 0; i < 6; ++i) {
                world.centre->call(i % 2 == 0 ? CallDirection::outward : CallDirection::inward,
                                   ns3::Seconds(60),
                                   world.collect());
            }
        });
        world.at(20, [&] { world.power_off(1); });
        world.at(22, [&] { world.start(world.fonulator(2)); });
        world.at(22.6, [&] { world.start(world.pbx(2)); });
        world.run_until(40);
        return world.recorder.dump();
    };
    CHECK(run() == run());
}

TEST_CASE("Telephony: cost of 420 s with 30 probes a second", "[models][tdm][.bench]") {
    TelephonyWorld world;
    world.recorder.detail = false;
    world.start_server_1();
    int answered = 0;
    std::function<void(double)> tick = [&](double t) {
        for (const auto direction :
             {CallDirection::outward, CallDirection::inward, CallDirection::station_to_station}) {
            world.centre->probe(direction, ns3::Seconds(10), [&](const CallReport& r) {
                answered += r.answered ? 1 : 0;
            });
        }
        if (t < 420) {
            world.at(t + 0.1, [&tick, t] { tick(t + 0.1); });
        }
    };
    world.at(0.5, [&] { tick(0.5); });
    world.run_until(420);
    CHECK(answered > 12'000);
}
