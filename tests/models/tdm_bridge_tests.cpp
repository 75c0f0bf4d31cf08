// SPDX-License-Identifier: GPL-2.0-or-later
// The bridge: its control server, what a lost reply leaves behind, power, and the spans at the
// servers.

#include "cluster/wire/fonebridge.hpp"
#include "cluster/wire/tdmoe.hpp"
#include "model/tdm_stream.hpp"
#include "support/catch.hpp"
#include "tdm_support.hpp"

using namespace test;
using cluster::wire::BridgeCommandCode;
using cluster::wire::BridgeReply;
using cluster::wire::BridgeRequest;
using cluster::wire::BridgeStatus;
using models::T1Port;

namespace {

double now() {
    return in_seconds(ns3::Simulator::Now().GetNanoSeconds());
}

/// A host on the bridge's LAN that speaks the control protocol by hand: nobody asks it for a
/// password.
class Client {
  public:
    explicit Client(TelephonyWorld& world)
        : m_world(world),
          m_endpoint(
              world.context, "client", ns3::Mac48Address("02:00:00:00:09:01"), "192.168.1.9", 24) {
        m_link.emplace(world.context,
                       "client-cable",
                       m_endpoint,
                       world.tdmsw.port(9),
                       models::LinkDirection{});
        m_endpoint.on_udp = [this](const std::string&,
                                   std::uint16_t,
                                   std::uint16_t,
                                   std::span<const std::byte> bytes) {
            replies.emplace_back(now(), cluster::wire::decode_bridge_reply(bytes).value());
        };
    }
    void send(BridgeCommandCode command,
              std::uint8_t parameter = 0,
              std::vector<std::byte> payload = {}) {
        m_endpoint.send_udp(
            "192.168.1.254",
            1024,
            40000,
            encode(
                BridgeRequest{parameter, static_cast<std::uint8_t>(command), std::move(payload)}));
    }
    BridgeReply ask(BridgeCommandCode command,
                    std::uint8_t parameter = 0,
                    std::vector<std::byte> payload = {}) {
        replies.clear();
        send(command, parameter, std::move(payload));
        m_world.run_until(now() + 0.2);
        REQUIRE(replies.size() == 1);
        return replies[0].second;
    }
    std::vector<std::pair<double, BridgeReply>> replies;

  private:
    TelephonyWorld& m_world;
    models::LightEndpoint m_endpoint;
    std::optional<models::LanLink> m_link;
};

int status_of(const BridgeReply& reply) {
    return reply.status;
}

/// Sends nothing more from here on until the returned time: both directions of the server's TDM
/// cable.
void cut(TelephonyWorld& world, int server, bool on) {
    world.link(server).direction(0).cut = on;
    world.link(server).direction(1).cut = on;
}

}  // namespace

TEST_CASE("Bridge: every command in use is answered ok and with the length the host checks",
          "[models][tdm][bridge]") {
    TelephonyWorld world;
    Client client(world);
    world.run_until(1);
    const auto request = [](BridgeCommandCode code, std::uint8_t parameter, std::size_t bytes) {
        return BridgeRequest{
            parameter, static_cast<std::uint8_t>(code), std::vector<std::byte>(bytes)};
    };
    for (const BridgeRequest& r : {request(BridgeCommandCode::static_info, 0, 0),
                                   request(BridgeCommandCode::configure_spans, 0, 0),
                                   request(BridgeCommandCode::priorities, 0, 0),
                                   request(BridgeCommandCode::tdmoe_transmit, 0, 0),
                                   request(BridgeCommandCode::tdmoe_transmit, 1, 0),
                                   request(BridgeCommandCode::tdmoe_destination, 0, 6),
                                   request(BridgeCommandCode::stats, 0, 0),
                                   request(BridgeCommandCode::clock_select, 2, 4),
                                   request(BridgeCommandCode::store_config, 0, 0),
                                   request(BridgeCommandCode::clear_config, 0, 0),
                                   request(BridgeCommandCode::temperature, 0, 0)}) {
        const BridgeReply reply =
            client.ask(static_cast<BridgeCommandCode>(r.command), r.parameter, r.payload);
        CAPTURE(int{r.command});
        CHECK(status_of(reply) == 0);
        CHECK(reply.payload.size() == cluster::wire::expected_reply_payload(r));
    }
    CHECK(status_of(client.ask(static_cast<BridgeCommandCode>(99))) ==
          static_cast<int>(BridgeStatus::invalid_command));
    CHECK(status_of(client.ask(BridgeCommandCode::set_ip, 0, std::vector<std::byte>(4))) ==
          static_cast<int>(BridgeStatus::invalid_command));
    CHECK(
        status_of(client.ask(BridgeCommandCode::tdmoe_destination, 0, std::vector<std::byte>(5))) ==
        static_cast<int>(BridgeStatus::bad_length));
    CHECK(
        status_of(client.ask(BridgeCommandCode::tdmoe_destination, 7, std::vector<std::byte>(6))) ==
        static_cast<int>(BridgeStatus::bad_parameter));
    CHECK(status_of(client.ask(BridgeCommandCode::tdmoe_transmit, 9)) ==
          static_cast<int>(BridgeStatus::bad_parameter));
    CHECK(status_of(client.ask(
              BridgeCommandCode::priorities, 0x0F, std::vector<std::byte>(4, std::byte{9}))) ==
          static_cast<int>(BridgeStatus::out_of_bounds));

    const auto info =
        cluster::wire::decode_static_info(client.ask(BridgeCommandCode::static_info).payload);
    REQUIRE(info.has_value());
    CHECK(info->spans == 4);
    CHECK(info->build == 36);
    CHECK(info->addresses == std::array<std::uint8_t, 8>{192, 168, 1, 254, 192, 168, 1, 253});
}

TEST_CASE("Bridge: what is written is read back, and a refused command changes nothing",
          "[models][tdm][bridge]") {
    TelephonyWorld world;
    Client client(world);
    world.run_until(1);
    const std::vector<std::byte> wanted{std::byte{1}, std::byte{0}, std::byte{2}, std::byte{3}};
    world.bridge.refuse_command(static_cast<int>(BridgeCommandCode::priorities));
    CHECK(status_of(client.ask(BridgeCommandCode::priorities, 0x0F, wanted)) ==
          static_cast<int>(BridgeStatus::bad_parameter));
    CHECK(client.ask(BridgeCommandCode::priorities).payload != wanted);
    CHECK(status_of(client.ask(BridgeCommandCode::priorities, 0x0F, wanted)) == 0);
    CHECK(client.ask(BridgeCommandCode::priorities).payload == wanted);

    std::array<cluster::SpanConfig, 4> spans{};
    spans[1].rbs = true;
    const auto block = cluster::wire::encode_spans(spans);
    const std::vector<std::byte> bytes(block.begin(), block.end());
    CHECK(client.ask(BridgeCommandCode::configure_spans, 0x0F, bytes).payload == bytes);
    CHECK(client.ask(BridgeCommandCode::configure_spans).payload == bytes);
}

TEST_CASE("Bridge: commands take their time one after the other", "[models][tdm][bridge]") {
    TelephonyOptions options;
    options.stored = false;  // no stream: 5 ms a command
    TelephonyWorld world(options);
    Client client(world);
    (void)client.ask(BridgeCommandCode::static_info);  // ARP is done
    client.replies.clear();
    const double asked = now();
    for (int i = 0; i < 4; ++i) {
        client.send(BridgeCommandCode::static_info);
    }
    world.run_until(asked + 1);
    REQUIRE(client.replies.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(client.replies[i].first - asked ==
              Approx(0.005 * static_cast<double>(i + 1)).margin(0.001));
    }
}

TEST_CASE("Bridge: a flood of requests is bounded and answered in the end",
          "[models][tdm][bridge]") {
    TelephonyWorld world;
    Client client(world);
    (void)client.ask(BridgeCommandCode::static_info);
    client.replies.clear();
    for (int i = 0; i < 500; ++i) {
        client.send(BridgeCommandCode::static_info);
    }
    world.run_until(now() + 5);
    CHECK(client.replies.size() <= 40);
    CHECK(status_of(client.ask(BridgeCommandCode::static_info)) == 0);
}

TEST_CASE("fonulator: a pure fail-over takes 15 round trips and no line loses its framing",
          "[models][tdm][bridge]") {
    TelephonyWorld world;
    world.at(5, [&] { world.start(world.fonulator(2)); });
    world.run_until(6);
    REQUIRE(world.exits == std::vector<int>{0});
    CHECK(world.bridge.control_requests() == 15);
    const double took = in_seconds(world.exit_times[0]) - 5 - 0.05;
    CHECK(took > 0.1);
    CHECK(took < 0.5);
    CHECK(world.bridge.destination(1) == bytes_of_mac(server_mac(2)));
    CHECK(world.bridge.transmitting());
    CHECK(world.pbx(2).receives_tdmoe());
    CHECK_FALSE(world.pbx(1).receives_tdmoe());
    world.run_until(20);
    CHECK(world.recorder.of("t1.alarm").empty());
}

TEST_CASE("fonulator: what a lost reply leaves behind depends on the step",
          "[models][tdm][bridge]") {
    struct Row {
        int reply;
        int exit;
        bool transmits;
        int destination;
        double extra;
    };
    // 1 static info, 2 spans, 3 TX off, 4 clock, 5 priorities, 6 destination, 7..14 registers, 15
    // TX on
    const Row row = GENERATE(Row{1, 1, true, 1, 10},
                             Row{2, 1, true, 1, 10},
                             Row{3, 1, false, 1, 10},
                             Row{4, 0, true, 2, 10},
                             Row{5, 1, false, 1, 10},
                             Row{6, 1, false, 2, 10},
                             Row{9, 0, true, 2, 10},
                             Row{15, 1, true, 2, 10});
    CAPTURE(row.reply);
    TelephonyWorld world;
    world.at(5, [&] {
        world.bridge.lose_reply(row.reply);
        world.start(world.fonulator(2));
    });
    world.run_until(30);
    REQUIRE(world.exits.size() == 1);
    CHECK(world.exits[0] == row.exit);
    CHECK(world.bridge.transmitting() == row.transmits);
    CHECK(world.bridge.destination(1) == bytes_of_mac(server_mac(row.destination)));
    const double took = in_seconds(world.exit_times[0]) - 5;
    CHECK(took > row.extra);
    CHECK(took < row.extra + 0.6);
}

TEST_CASE("Bridge: mute, it goes on streaming to the old server", "[models][tdm][bridge]") {
    TelephonyWorld world;
    world.bridge.set_mute(true);
    world.at(5, [&] { world.start(world.fonulator(2)); });
    world.run_until(16);
    CHECK(world.exits == std::vector<int>{1});
    CHECK(world.pbx(1).receives_tdmoe());
}

TEST_CASE(
    "Bridge: after a power cycle it comes back in 15 s with what was stored, not with what was set",
    "[models][tdm][bridge]") {
    TelephonyWorld world;
    world.at(5, [&] { world.start(world.fonulator(2)); });
    world.at(10, [&] { world.bridge.power_off(); });
    world.at(11, [&] { world.bridge.power_on(); });
    world.run_until(10.9);
    CHECK_FALSE(world.bridge.running());
    CHECK_FALSE(world.pbx(2).receives_tdmoe());
    world.run_until(25.9);
    CHECK_FALSE(world.bridge.running());
    world.run_until(27);
    CHECK(world.bridge.running());
    CHECK(world.bridge.destination(1) == bytes_of_mac(server_mac(1)));
    CHECK(world.pbx(1).receives_tdmoe());
    CHECK_FALSE(world.pbx(2).receives_tdmoe());
    // 16 s without framing: the telco has been in RED, and clears 10 s after the resync.
    const auto alarms = world.recorder.of("t1.alarm", "telco:1");
    REQUIRE(alarms.size() >= 1);
    CHECK(in_seconds(alarms[0].at_ns) == Approx(12.5).margin(0.01));
}

TEST_CASE(
    "Bridge: without a stored configuration it is mute after a power cycle until fonulator runs",
    "[models][tdm][bridge]") {
    TelephonyOptions options;
    options.stored = false;
    TelephonyWorld world(options);
    world.at(1, [&] { world.start(world.fonulator(1)); });
    world.at(5, [&] { world.bridge.power_off(); });
    world.at(6, [&] { world.bridge.power_on(); });
    world.run_until(4);
    CHECK(world.bridge.transmitting());
    world.run_until(30);
    CHECK(world.bridge.running());
    CHECK_FALSE(world.bridge.transmitting());
    CHECK(world.line(1).in_frame(world.telco.line(1)));
    world.start(world.fonulator(1));
    world.run_until(32);
    CHECK(world.exits == std::vector<int>{0, 0});
    CHECK(world.pbx(1).receives_tdmoe());
}

TEST_CASE("Bridge: a stored re-point survives the power cycle", "[models][tdm][bridge]") {
    TelephonyWorld world;
    Client client(world);
    world.at(1, [&] { world.start(world.fonulator(2)); });
    world.run_until(3);
    CHECK(status_of(client.ask(BridgeCommandCode::store_config)) == 0);
    world.bridge.power_off();
    world.run_until(4);
    world.bridge.power_on();
    world.run_until(20);
    CHECK(world.bridge.destination(1) == bytes_of_mac(server_mac(2)));
    CHECK(world.pbx(2).receives_tdmoe());
}

TEST_CASE("Bridge: streams to one server and hears one", "[models][tdm][bridge]") {
    TelephonyWorld world;
    world.at(5, [&] { world.start(world.fonulator(2)); });
    world.run_until(4);
    CHECK(world.bridge.span_master().streams_to == bytes_of_mac(server_mac(1)));
    CHECK(world.bridge.span_master().heard_from ==
          std::vector<cluster::MacAddress>{bytes_of_mac(server_mac(1))});
    for (int i = 0; i < 100; ++i) {
        world.run_until(5 + 0.01 * i);
        CHECK(world.bridge.span_master().heard_from.size() <= 1);
    }
    CHECK(world.bridge.span_master().streams_to == bytes_of_mac(server_mac(2)));
    CHECK(world.bridge.span_master().heard_from ==
          std::vector<cluster::MacAddress>{bytes_of_mac(server_mac(2))});
}

TEST_CASE("Bridge: a server that keeps sending by itself is heard too", "[models][tdm][bridge]") {
    TelephonyWorld world;
    world.run_until(1);
    models::LightEndpoint rogue(
        world.context, "rogue", ns3::Mac48Address("02:00:00:00:0a:01"), "192.168.1.10", 24);
    models::LanLink cable(
        world.context, "rogue-cable", rogue, world.tdmsw.port(10), models::LinkDirection{});
    models::tdm::StreamSender sender(4);
    rogue.send_raw(
        ns3::Mac48Address("00:50:c2:00:00:10"), cluster::wire::tdmoe_ethertype, sender.next(1));
    world.run_until(1.05);
    CHECK(world.bridge.span_master().heard_from.size() == 2);
}

TEST_CASE("DAHDI span: RED 1 to 2 s after the last frame, clear with the first",
          "[models][tdm][span]") {
    const auto seed = GENERATE(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3});
    TelephonyOptions options;
    options.seed = seed;
    TelephonyWorld world(options);
    world.run_until(4.95);
    REQUIRE(world.pbx(1).span_alarm(1) == T1Port::Alarm::none);
    REQUIRE(world.pbx(2).span_alarm(1) == T1Port::Alarm::red);  // never heard anything
    cut(world, 1, true);
    world.run_until(5.85);
    CHECK(world.pbx(1).span_alarm(1) == T1Port::Alarm::none);
    world.run_until(10);
    CHECK(world.pbx(1).span_alarm(1) == T1Port::Alarm::red);
    cut(world, 1, false);
    world.run_until(10.2);
    CHECK(world.pbx(1).span_alarm(1) == T1Port::Alarm::none);
    std::vector<double> red;
    for (const auto& record : world.recorder.of("span.alarm", "asterisk1")) {
        if (record.field("span") == "1" && record.field("alarm") == "red") {
            red.push_back(in_seconds(record.at_ns));
        }
    }
    REQUIRE(red.size() == 1);
    const double last = 4.9;  // frames at 4.9 s, 5.0 s, …; the cut came at 4.95 s
    CHECK(red[0] - last > 1.0);
    CHECK(red[0] - last <= 2.0 + 1e-3);
}

TEST_CASE("DAHDI span: the far line's RED is yellow here, and nothing else is",
          "[models][tdm][span]") {
    TelephonyWorld world;
    world.at(5, [&] { world.line(1).set_plugged(false); });
    world.run_until(7.4);
    CHECK(world.pbx(1).span_alarm(1) == T1Port::Alarm::none);
    world.run_until(7.6);
    CHECK(world.pbx(1).span_alarm(1) == T1Port::Alarm::yellow);
    CHECK(world.pbx(1).span_alarm(2) == T1Port::Alarm::none);
}

TEST_CASE("DAHDI span: frames from another source are dropped", "[models][tdm][span]") {
    TelephonyWorld world;
    world.run_until(1);
    models::LightEndpoint rogue(
        world.context, "rogue", ns3::Mac48Address("02:00:00:00:0a:01"), "192.168.1.10", 24);
    models::LanLink cable(
        world.context, "rogue-cable", rogue, world.tdmsw.port(10), models::LinkDirection{});
    models::tdm::StreamSender sender(4);
    rogue.send_raw(server_mac(2), cluster::wire::tdmoe_ethertype, sender.next(1));
    world.run_until(2);
    CHECK_FALSE(world.pbx(2).receives_tdmoe());
    CHECK(world.recorder.of("ms.bridge", "asterisk2").empty());
}

TEST_CASE("DAHDI span: a driver loaded at take-over holds the span for 4 s",
          "[models][tdm][span]") {
    TelephonyOptions options;
    options.activation_delay = ns3::Seconds(4);
    TelephonyWorld world(options);
    world.start_server_1();  // up at 8.1 s
    world.run_until(12.0);
    CHECK_FALSE(world.pbx(1).receives_tdmoe());
    world.run_until(12.3);
    CHECK(world.pbx(1).receives_tdmoe());
}
