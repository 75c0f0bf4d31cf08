// SPDX-License-Identifier: GPL-2.0-or-later
// Host and LightEndpoint: addresses that move, ARP as Linux does it, routes with a preferred
// source, power and freezing.
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>

#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-address.h>
#include <ns3/udp-socket-factory.h>

#include "cluster/wire/announce_frame.hpp"
#include "model/agent.hpp"
#include "model/host.hpp"
#include "net_support.hpp"
#include "support/catch.hpp"

using models::Host;
using models::LanLink;
using models::LanSwitch;
using models::LightEndpoint;
using ns3::MilliSeconds;
using ns3::Seconds;

namespace {

constexpr const char* vip = "10.10.10.110";

ns3::Mac48Address mac(int last) {
    return ns3::Mac48Address(("02:00:00:00:00:" + std::string{"0123456789abcdef"[last / 16]} +
                              "0123456789abcdef"[last % 16])
                                 .c_str());
}

/// Two servers and a light client on one switch.
struct Lan : test::World {
    LanSwitch lan{context, "sw1", Seconds(300)};
    Host one{context, "asterisk1"};
    Host two{context, "asterisk2"};
    LightEndpoint client{context, "client", mac(0x20), "10.10.10.50", 24};
    LanLink l1{
        context, "l1", one.add_interface("eth0", mac(1), {"10.10.10.100/24"}), lan.port(1), {}};
    LanLink l2{
        context, "l2", two.add_interface("eth0", mac(2), {"10.10.10.120/24"}), lan.port(2), {}};
    LanLink l3{context, "l3", client, lan.port(3), {}};

    void announce(Host& from, cluster::ArpForm form = cluster::ArpForm::request) {
        cluster::MacAddress own{};
        from.interfaces().front().mac.CopyTo(own.data());
        const auto frame =
            cluster::wire::gratuitous_arp(own, *cluster::wire::parse_ipv4(vip), form);
        from.send_raw(
            "eth0", ns3::Mac48Address::GetBroadcast(), 0x0806, std::span{frame}.subspan(14));
    }
};

/// Echo requests to the VIP every 100 ms from a light client; times of the answers.
struct Pinger {
    Pinger(test::World& world, LightEndpoint& from) : m_from(from) {
        from.on_echo_reply = [this](const std::string&, std::uint16_t, std::uint16_t) {
            answered.push_back(ns3::Simulator::Now().GetNanoSeconds());
        };
        for (int i = 0; i < 1200; ++i) {
            world.simulation.at(MilliSeconds(static_cast<std::uint64_t>(100 * i + 50)), [this, i] {
                m_from.send_echo(vip, 7, static_cast<std::uint16_t>(i));
            });
        }
    }
    /// First answer at or after this moment, in ms; -1: none.
    [[nodiscard]] std::int64_t first_after(std::int64_t ms) const {
        for (const std::int64_t at : answered) {
            if (at >= ms * 1'000'000) {
                return at / 1'000'000;
            }
        }
        return -1;
    }
    std::vector<std::int64_t> answered;

  private:
    LightEndpoint& m_from;
};

/// Everything a UDP socket of a host receives.
struct Listener {
    explicit Listener(ns3::Ptr<ns3::Socket> socket_) : socket(std::move(socket_)) {
        socket->SetRecvCallback(ns3::MakeCallback(&Listener::readable, this));
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() { socket->Close(); }
    void readable(ns3::Ptr<ns3::Socket> from) {
        ns3::Address peer;
        while (const auto packet = from->RecvFrom(peer)) {
            std::ostringstream text;
            ns3::InetSocketAddress::ConvertFrom(peer).GetIpv4().Print(text);
            senders.push_back(text.str());
            sizes.push_back(packet->GetSize());
            causes.push_back(cause ? cause() : models::RecordId::none);
        }
    }
    ns3::Ptr<ns3::Socket> socket;
    std::vector<std::string> senders;
    std::vector<std::uint32_t> sizes;
    std::vector<models::RecordId> causes;
    std::function<models::RecordId()> cause;
};

void send_to(ns3::Ptr<ns3::Socket> socket,
             const char* address,
             std::uint16_t port,
             std::uint32_t size = 20) {
    socket->SendTo(
        ns3::Create<ns3::Packet>(size), 0, ns3::InetSocketAddress(ns3::Ipv4Address(address), port));
}

cluster::Route lan_route(const char* source) {
    return {.destination = "10.10.10.0/24",
            .gateway = {},
            .interface = "eth0",
            .source = source,
            .protocol = "kernel",
            .scope = "link",
            .metric = 0};
}

}  // namespace

// ---------------------------------------------------------------- moving an address

TEST_CASE("LightEndpoint: follows a moved address at once when it is announced, in either form",
          "[models][arp]") {
    const auto form = GENERATE(cluster::ArpForm::request, cluster::ArpForm::reply);
    Lan w;
    Pinger ping(w, w.client);
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    w.simulation.at(Seconds(5), [&] {
        w.one.power_off();
        CHECK(w.two.add_address("eth0", vip) == 0);
        w.announce(w.two, form);
    });
    w.simulation.run_until(Seconds(10));
    CHECK(ping.first_after(0) < 100);
    CHECK(ping.first_after(5000) < 5100);
    CHECK(ping.answered.size() == 100);
}

TEST_CASE("LightEndpoint: without announcement it asks again when its own probing gives up, as "
          "Linux does",
          "[models][arp]") {
    Lan w;
    Pinger ping(w, w.client);
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    w.simulation.at(Seconds(5), [&] {
        w.one.power_off();
        CHECK(w.two.add_address("eth0", vip) == 0);
    });
    w.simulation.run_until(Seconds(100));
    // Reachable for 15..45 s since the start, then 5 s of delay, three probes a second apart, then
    // by broadcast.
    const std::int64_t back = ping.first_after(5000);
    CHECK(back > 15'000 + 8'000);
    CHECK(back < 45'000 + 8'000 + 1'200);
}

TEST_CASE("LightEndpoint: one that ignores gratuitous ARP is as badly off as without",
          "[models][arp]") {
    Lan w;
    w.client.ignores_gratuitous_arp = true;
    Pinger ping(w, w.client);
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    w.simulation.at(Seconds(5), [&] {
        w.one.power_off();
        CHECK(w.two.add_address("eth0", vip) == 0);
        w.announce(w.two);
    });
    w.simulation.run_until(Seconds(100));
    CHECK(ping.first_after(5000) > 20'000);
}

TEST_CASE("LightEndpoint: an announcement creates no entry for an address it never spoke to",
          "[models][arp]") {
    Lan w;
    w.announce(w.two);
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    bool answered = false;
    w.client.on_echo_reply = [&](const std::string&, std::uint16_t, std::uint16_t) {
        answered = true;
    };
    w.simulation.at(Seconds(1), [&] { w.client.send_echo(vip, 1, 1); });
    w.simulation.run_until(Seconds(2));
    CHECK(answered);  // it asked, and found the real owner
}

TEST_CASE("LightEndpoint: asks three times a second apart, then drops what waited",
          "[models][arp]") {
    Lan w;
    w.simulation.at(Seconds(1), [&] { w.client.send_echo("10.10.10.99", 1, 1); });
    w.simulation.run_until(Seconds(20));
    std::vector<std::int64_t> asked;
    for (const auto& hop : w.recorder.hops) {
        if (hop.link == "l3" && hop.from == "client") {
            CHECK(hop.protocol == "arp");
            asked.push_back(hop.sent_ns);
        }
    }
    CHECK(asked == std::vector<std::int64_t>{1'000'000'000, 2'000'000'000, 3'000'000'000});
}

TEST_CASE("LightEndpoint: answers echo, and UDP reaches its port with addresses", "[models][lan]") {
    Lan w;
    LightEndpoint other(w.context, "phone", mac(0x21), "10.10.10.51", 24);
    LanLink l4(w.context, "l4", other, w.lan.port(4), {});
    std::string from;
    std::string text;
    other.on_udp = [&](const std::string& sender,
                       std::uint16_t from_port,
                       std::uint16_t to_port,
                       std::span<const std::byte> bytes) {
        from = sender + ":" + std::to_string(from_port) + ">" + std::to_string(to_port);
        for (const std::byte b : bytes) {
            text += static_cast<char>(b);
        }
    };
    std::string echoed;
    w.client.on_echo_reply =
        [&](const std::string& sender, std::uint16_t id, std::uint16_t sequence) {
            echoed = sender + " " + std::to_string(id) + " " + std::to_string(sequence);
        };
    w.client.send_udp("10.10.10.51", 5060, 5061, test::bytes_of("hello"));
    w.client.send_echo("10.10.10.51", 9, 3);
    w.simulation.run_until(Seconds(1));
    CHECK(from == "10.10.10.50:5061>5060");
    CHECK(text == "hello");
    CHECK(echoed == "10.10.10.51 9 3");
}

TEST_CASE("Host: a client with a kernel follows the announcement of a moved address, and only that",
          "[models][arp]") {
    const bool announced = GENERATE(true, false);
    Lan w;
    Host caller(w.context, "caller");
    LanLink l4(w.context,
               "l4",
               caller.add_interface("eth0", mac(4), {"10.10.10.60/24"}),
               w.lan.port(4),
               {});
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    {
        Listener at_one(w.one.open_udp("eth0", "0.0.0.0", 5060));
        Listener at_two(w.two.open_udp("eth0", "0.0.0.0", 5060));
        const auto socket = caller.open_udp("eth0", {}, 5060);
        for (int i = 0; i < 40; ++i) {
            w.simulation.at(MilliSeconds(static_cast<std::uint64_t>(500 * i + 100)),
                            [&] { send_to(socket, vip, 5060); });
        }
        w.simulation.at(Seconds(5), [&] {
            CHECK(w.one.remove_address("eth0", vip) == 0);
            CHECK(w.two.add_address("eth0", vip) == 0);
            if (announced) {
                w.announce(w.two);
            }
        });
        w.simulation.run_until(Seconds(20));
        CHECK(at_one.sizes.size() == 10);
        CHECK(at_two.sizes.size() == (announced ? 30U : 0U));
    }
}

TEST_CASE("Host: ms.announce comes once per acquisition, with the announcement as cause",
          "[models][arp]") {
    Lan w;
    Pinger ping(w, w.client);
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    models::RecordId told{};
    w.simulation.at(Seconds(5), [&] {
        w.one.power_off();
        CHECK(w.two.add_address("eth0", vip) == 0);
        told = w.recorder.record("address.announced", "asterisk2");
        w.two.announced(vip, told);
        w.announce(w.two);
    });
    w.simulation.run_until(Seconds(8));
    const auto marks = w.recorder.of("ms.announce", "asterisk2");
    REQUIRE(marks.size() == 1);
    CHECK(marks[0].cause == told);
    CHECK(marks[0].field("client") == "10.10.10.50");
    CHECK(marks[0].at_ns >= 5'050'000'000);
    CHECK(marks[0].at_ns < 5'051'000'000);
    CHECK(w.recorder.of("ms.announce", "asterisk1").size() == 1);
}

TEST_CASE("Host: the cluster's own traffic to the address is not a client", "[models][arp]") {
    Lan w;
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    w.one.ignore_client_port(694);
    w.client.send_udp(vip, 694, 694, test::bytes_of("x"));
    w.simulation.run_until(Seconds(1));
    CHECK(w.recorder.of("ms.announce").empty());
    w.client.send_udp(vip, 5060, 694, test::bytes_of("x"));
    w.simulation.run_until(Seconds(2));
    CHECK(w.recorder.of("ms.announce").size() == 1);
}

TEST_CASE("Host: a packet from outside with an own address as source is dropped, as Linux does",
          "[models][arp]") {
    Lan w;
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    REQUIRE(w.two.add_address("eth0", vip) == 0);
    {
        Listener at_two(w.two.open_udp("eth0", "0.0.0.0", 694));
        const auto fixed = w.one.open_udp("eth0", {}, 0);
        const auto acquired = w.one.open_udp("eth0", vip, 0);
        for (int i = 0; i < 10; ++i) {
            send_to(fixed, "10.10.10.255", 694, 100);
            send_to(acquired, "10.10.10.255", 694, 200);
        }
        w.simulation.run_until(Seconds(1));
        CHECK(at_two.sizes == std::vector<std::uint32_t>(10, 100));
    }
}

// ---------------------------------------------------------------- addresses and routes

TEST_CASE("Host: addresses can be added twice, removed once, and fixed ones stay",
          "[models][host]") {
    Lan w;
    CHECK(w.one.add_address("eth0", vip) == 0);
    CHECK(w.one.add_address("eth0", vip) == 0);
    CHECK(w.one.has_address(vip));
    CHECK(w.one.interface_of(vip) == "eth0");
    CHECK_FALSE(w.one.is_fixed_address(vip));
    CHECK(w.one.is_fixed_address("10.10.10.100"));
    CHECK(w.one.remove_address("eth0", vip) == 0);
    CHECK(w.one.remove_address("eth0", vip) == EADDRNOTAVAIL);
    CHECK(w.one.remove_address("eth0", "10.10.10.100") == EADDRNOTAVAIL);
    CHECK(w.one.add_address("eth7", vip) == ENODEV);
    CHECK(w.one.add_address("", vip) == 0);  // by the connected network
    CHECK(w.one.add_address("", "192.0.2.1") == ENODEV);
    CHECK(w.one.add_address("eth0", "10.10.10") == EINVAL);
    CHECK(w.one.interface_for("10.10.10.7") == "eth0");
    CHECK(w.one.interface_for("192.0.2.7").empty());
    CHECK(w.one.broadcast_address("eth0") == "10.10.10.255");
}

TEST_CASE("Host: removing an address with the mask of the LAN leaves the LAN reachable",
          "[models][host]") {
    Lan w;
    CHECK(w.one.add_address("eth0", std::string{vip} + "/24") == 0);
    CHECK(w.one.routes().size() == 1);  // no second route for the same network
    CHECK(w.one.remove_address("eth0", std::string{vip} + "/24") == 0);
    REQUIRE(w.one.routes().size() == 1);
    CHECK(w.one.routes()[0] == lan_route("10.10.10.100"));
    {
        Listener at_two(w.two.open_udp("eth0", "0.0.0.0", 9));
        send_to(w.one.open_udp("eth0", {}, 0), "10.10.10.120", 9);
        w.simulation.run_until(Seconds(1));
        CHECK(at_two.sizes.size() == 1);
    }
}

TEST_CASE("Host: an address of another network brings its own connected route, and takes it along",
          "[models][host]") {
    Lan w;
    CHECK(w.one.add_address("eth0", "10.20.0.5/16") == 0);
    REQUIRE(w.one.routes().size() == 2);
    CHECK(w.one.routes()[1].destination == "10.20.0.0/16");
    CHECK(w.one.routes()[1].source == "10.20.0.5");
    CHECK(w.one.interface_for("10.20.9.9") == "eth0");
    CHECK(w.one.remove_address("eth0", "10.20.0.5") == 0);
    CHECK(w.one.routes().size() == 1);
}

TEST_CASE("Routes: a preferred source must be an own address, and the route must exist",
          "[models][routing]") {
    Lan w;
    CHECK(w.one.replace_route(lan_route(vip)) == EINVAL);  // before the address is there
    CHECK(w.one.add_address("eth0", vip) == 0);
    auto other = lan_route(vip);
    other.destination = "10.99.0.0/16";
    CHECK(w.one.replace_route(other) == ESRCH);
    other = lan_route(vip);
    other.metric = 100;
    CHECK(w.one.replace_route(other) == ESRCH);
    other.interface = "eth9";
    CHECK(w.one.replace_route(other) == ENODEV);
    CHECK(w.one.replace_route(lan_route("not an address")) == EINVAL);
    CHECK(w.one.replace_route(lan_route(vip)) == 0);
    CHECK(w.one.routes()[0] == lan_route(vip));
}

TEST_CASE("Routes: the preferred source is what an unbound socket sends from, until it is undone",
          "[models][routing]") {
    Lan w;
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    {
        Listener at_two(w.two.open_udp("eth0", "0.0.0.0", 9));
        const auto unbound =
            ns3::Socket::CreateSocket(w.one.node(), ns3::UdpSocketFactory::GetTypeId());
        unbound->Bind();
        const auto bound = w.one.open_udp("eth0", {}, 0);
        const auto step = [&](int second, std::function<void()> change) {
            w.simulation.at(Seconds(second), [&, change = std::move(change)] {
                change();
                send_to(unbound, "10.10.10.120", 9);
                send_to(bound, "10.10.10.120", 9);
            });
        };
        step(1, [] {});
        step(2, [&] { CHECK(w.one.replace_route(lan_route(vip)) == 0); });
        step(3, [&] { CHECK(w.one.replace_route(lan_route("10.10.10.100")) == 0); });
        w.simulation.run_until(Seconds(4));
        const std::vector<std::string> expected{
            "10.10.10.100", "10.10.10.100", vip, "10.10.10.100", "10.10.10.100", "10.10.10.100"};
        CHECK(at_two.senders == expected);
        unbound->Close();
    }
}

TEST_CASE(
    "Routes: deleting an address that a route prefers deletes that route, and the LAN is gone",
    "[models][routing]") {
    Lan w;
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    REQUIRE(w.one.replace_route(lan_route(vip)) == 0);
    CHECK(w.one.remove_address("eth0", vip) == 0);
    CHECK(w.one.routes().empty());
    {
        Listener at_two(w.two.open_udp("eth0", "0.0.0.0", 9));
        const auto socket = w.one.open_udp("eth0", {}, 0);
        send_to(socket, "10.10.10.120", 9);
        w.simulation.run_until(Seconds(1));
        CHECK(at_two.sizes.empty());
    }
}

TEST_CASE("Routes: a fix-up of the LAN leaves the default route's source alone",
          "[models][routing]") {
    Lan w;
    w.one.add_static_route({.destination = "default",
                            .gateway = "10.10.10.1",
                            .interface = {},
                            .source = {},
                            .protocol = {},
                            .scope = {},
                            .metric = 0});
    LightEndpoint gateway(w.context, "gw", mac(0x30), "10.10.10.1", 24);
    LanLink l4(w.context, "l4", gateway, w.lan.port(4), {});
    // It takes what is routed to it: seen on the wire.
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    REQUIRE(w.one.replace_route(lan_route(vip)) == 0);
    REQUIRE(w.one.routes().size() == 2);
    CHECK(w.one.routes()[1].destination == "default");
    CHECK(w.one.routes()[1].interface == "eth0");
    std::vector<std::string> sources;
    l4.describe = [&](const models::Frame& frame, std::string&, std::string&) {
        if (frame.ethertype == 0x0800 && frame.destination == mac(0x30)) {
            std::array<std::uint8_t, 20> header{};
            frame.packet->CopyData(header.data(), header.size());
            sources.push_back(std::to_string(header[12]) + "." + std::to_string(header[13]) + "." +
                              std::to_string(header[14]) + "." + std::to_string(header[15]));
        }
    };
    {
        const auto unbound =
            ns3::Socket::CreateSocket(w.one.node(), ns3::UdpSocketFactory::GetTypeId());
        unbound->Bind();
        send_to(unbound, "77.77.77.77", 5060);
        w.simulation.run_until(Seconds(1));
        REQUIRE(sources.size() == 1);
        CHECK(sources[0] == "10.10.10.100");
        auto route = w.one.routes()[1];
        route.source = vip;
        CHECK(w.one.replace_route(route) == 0);
        send_to(unbound, "77.77.77.77", 5060);
        w.simulation.run_until(Seconds(2));
        REQUIRE(sources.size() == 2);
        CHECK(sources[1] == vip);
        unbound->Close();
    }
}

TEST_CASE("Host: does not forward what is not for it", "[models][host]") {
    Lan w;
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    Pinger ping(w, w.client);
    // The old holder loses the address but keeps running: its kernel must not pass packets on to
    // the new one.
    w.simulation.at(Seconds(5), [&] {
        CHECK(w.one.remove_address("eth0", vip) == 0);
        CHECK(w.two.add_address("eth0", vip) == 0);
    });
    w.simulation.run_until(Seconds(10));
    CHECK(ping.first_after(5000) == -1);
}

TEST_CASE("Host: multicast leaves by the interface of its source, and arrives", "[models][host]") {
    Lan w;
    {
        Listener at_two(w.two.open_udp("eth0", "0.0.0.0", 694));
        send_to(w.one.open_udp("eth0", {}, 0), "225.0.0.1", 694, 33);
        w.simulation.run_until(Seconds(1));
        CHECK(at_two.sizes == std::vector<std::uint32_t>{33});
    }
}

TEST_CASE(
    "Host: loss of carrier is told, keeps addresses and routes, and empties the neighbour table",
    "[models][host]") {
    Lan w;
    std::vector<std::pair<std::string, bool>> told;
    w.one.on_carrier = [&](const std::string& interface, bool up) {
        told.emplace_back(interface, up);
    };
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    w.l1.set_plugged(false);
    CHECK(told == std::vector<std::pair<std::string, bool>>{{"eth0", false}});
    CHECK(w.one.has_address(vip));
    CHECK(w.one.routes().size() == 1);
    CHECK_FALSE(w.one.interfaces()[0].carrier);
    w.lan.set_power(false);
    w.l1.set_plugged(true);
    CHECK(told.size() == 1);  // the switch is dark: still no carrier
    w.lan.set_power(true);
    CHECK(told.size() == 2);
    w.l1.direction(1).cut = true;  // silent: nobody is told
    CHECK(told.size() == 2);
}

// ---------------------------------------------------------------- power, freezing, processes

namespace {

/// Counts its lives and holds a socket like any server.
class Server final : public models::Process {
  public:
    struct Log {
        int starts = 0;
        int ends = 0;
        int ticks = 0;
        std::vector<std::int64_t> received;
        std::vector<bool> frozen;
    };
    Server(Host& host, Log& log) : m_host(host), m_log(log) {}
    ~Server() override {
        ++m_log.ends;
        if (m_socket) {
            m_socket->SetRecvCallback(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>());
            m_socket->Close();
        }
    }
    void start() override {
        ++m_log.starts;
        m_socket = m_host.open_udp("eth0", "0.0.0.0", 5060);
        m_socket->SetRecvCallback(ns3::MakeCallback(&Server::readable, this));
        tick();
    }
    void frozen(bool on) override {
        m_log.frozen.push_back(on);
        m_frozen = on;
        if (!on) {
            readable(m_socket);
        }
    }

  private:
    void tick() {
        m_host.schedule_user("server", Seconds(1), [this] {
            ++m_log.ticks;
            tick();
        });
    }
    void readable(ns3::Ptr<ns3::Socket> socket) {
        while (!m_frozen && socket->Recv()) {
            m_log.received.push_back(ns3::Simulator::Now().GetMilliSeconds());
        }
    }
    Host& m_host;
    Log& m_log;
    ns3::Ptr<ns3::Socket> m_socket;
    bool m_frozen = false;
};

}  // namespace

TEST_CASE("Host: loss of power ends processes and scheduled work, and takes acquired addresses",
          "[models][power]") {
    Lan w;
    Server::Log log;
    int lost = 0;
    w.one.on_lost = [&] { ++lost; };
    w.one.set_init([&](Host& host) { return std::make_unique<Server>(host, log); }, "server");
    w.one.power_on(ns3::Time{});
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    bool ran = false;
    w.simulation.at(Seconds(5), [&] {
        REQUIRE(w.one.replace_route(lan_route(vip)) == 0);
        w.one.schedule(Seconds(2), [&] { ran = true; });
        CHECK(w.one.write_file("state", test::bytes_of("kept")) == 0);
    });
    w.simulation.at(Seconds(6) + MilliSeconds(500), [&] { w.one.power_off(); });
    w.simulation.run_until(Seconds(20));
    CHECK(log.starts == 1);
    CHECK(log.ends == 1);
    CHECK(log.ticks == 6);
    CHECK(lost == 1);
    CHECK_FALSE(ran);
    CHECK_FALSE(w.one.kernel_runs());
    CHECK_FALSE(w.one.has_address(vip));
    CHECK_FALSE(w.lan.port(1).carrier());
    CHECK(w.one.find("server") == nullptr);
    const auto incarnation = w.one.incarnation();

    w.one.power_on(Seconds(30));
    CHECK_FALSE(w.one.kernel_runs());
    w.simulation.run_until(Seconds(49));
    CHECK_FALSE(w.lan.port(1).carrier());
    w.simulation.run_until(Seconds(53) + MilliSeconds(500));
    CHECK(w.one.kernel_runs());
    CHECK(w.lan.port(1).carrier());
    CHECK(w.one.incarnation() == incarnation);
    CHECK(log.starts == 2);
    CHECK(log.ticks == 9);
    CHECK(w.one.routes() == std::vector<cluster::Route>{lan_route("10.10.10.100")});
    CHECK(w.one.disk().at("state") == test::bytes_of("kept"));
}

TEST_CASE("Host: losing power again while it boots leaves it off", "[models][power]") {
    Lan w;
    w.one.power_off();
    w.one.power_on(Seconds(10));
    w.simulation.at(Seconds(5), [&] { w.one.power_off(); });
    w.simulation.run_until(Seconds(30));
    CHECK_FALSE(w.one.kernel_runs());
    CHECK_FALSE(w.one.powered());
}

TEST_CASE("Host: a crashed kernel keeps the carrier and answers nothing", "[models][power]") {
    Lan w;
    Pinger ping(w, w.client);
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    w.simulation.at(Seconds(2), [&] { w.one.crash(); });
    w.simulation.at(Seconds(10), [&] { w.one.power_on(Seconds(5)); });  // the reset button
    w.simulation.run_until(Seconds(12));
    CHECK(w.lan.port(1).carrier());
    CHECK(w.one.powered());
    CHECK_FALSE(w.one.kernel_runs());
    CHECK(ping.first_after(2000) == -1);
    w.simulation.run_until(Seconds(16));
    CHECK(w.one.kernel_runs());
    CHECK_FALSE(w.one.has_address(vip));
}

TEST_CASE("Host: while frozen the kernel answers, datagrams wait, and all is delivered at the thaw",
          "[models][power]") {
    Lan w;
    Server::Log log;
    Pinger ping(w, w.client);
    REQUIRE(w.one.add_address("eth0", vip) == 0);
    w.one.spawn("server", std::make_unique<Server>(w.one, log));
    for (int i = 0; i < 10; ++i) {
        w.simulation.at(MilliSeconds(static_cast<std::uint64_t>(1000 * i + 300)),
                        [&] { w.client.send_udp(vip, 5060, 5060, test::bytes_of("x")); });
    }
    w.simulation.at(Seconds(2), [&] { w.one.freeze(); });
    w.simulation.at(Seconds(6), [&] { w.one.thaw(); });
    w.simulation.run_until(Seconds(10));
    CHECK(ping.answered.size() == 100);  // echo all the time
    REQUIRE(log.received.size() == 10);
    CHECK(log.received[1] == 1300);
    CHECK(log.received[2] == 6000);
    CHECK(log.received[5] == 6000);
    CHECK(log.received[6] == 6300);
    CHECK(log.frozen == std::vector<bool>{true, false});
    // The timer of second 2..6 was one timer: it went off once, at the thaw (at 2 s it was due just
    // before or after).
    CHECK(log.ticks >= 5);
    CHECK(log.ticks <= 6);
}

TEST_CASE("Host: a frozen process stands still alone; frozen twice it needs both thaws",
          "[models][power]") {
    Lan w;
    Server::Log log;
    w.one.spawn("server", std::make_unique<Server>(w.one, log));
    CHECK_FALSE(w.one.set_process_frozen("nobody", true));
    CHECK(w.one.set_process_frozen("server", true));
    w.one.freeze();
    w.simulation.run_until(Seconds(5));
    w.one.thaw();
    CHECK(log.ticks == 0);
    CHECK(log.frozen == std::vector<bool>{true});
    CHECK(w.one.set_process_frozen("server", false));
    CHECK(log.frozen == std::vector<bool>{true, false});
    CHECK(log.ticks == 1);
}

TEST_CASE("Host: a killed process closes its sockets; who sends there is told by ICMP",
          "[models][power]") {
    Lan w;
    Server::Log log;
    w.one.spawn("server", std::make_unique<Server>(w.one, log));
    std::vector<std::size_t> icmp_frames;
    w.l3.describe = [&](const models::Frame& frame, std::string&, std::string&) {
        std::array<std::uint8_t, 22> bytes{};
        if (frame.ethertype == 0x0800 &&
            frame.packet->CopyData(bytes.data(), bytes.size()) == bytes.size() && bytes[9] == 1 &&
            bytes[20] == 3) {
            icmp_frames.push_back(bytes[21]);  // code 3 = port unreachable
        }
    };
    w.client.send_udp("10.10.10.100", 5060, 5060, test::bytes_of("x"));
    w.simulation.run_until(Seconds(1));
    CHECK(log.received.size() == 1);
    CHECK(icmp_frames.empty());
    CHECK(w.one.kill("server"));
    CHECK_FALSE(w.one.kill("server"));
    CHECK(log.ends == 1);
    w.client.send_udp("10.10.10.100", 5060, 5060, test::bytes_of("x"));
    w.simulation.run_until(Seconds(2));
    CHECK(icmp_frames == std::vector<std::size_t>{3});
    CHECK(log.ticks <= 1);
}

TEST_CASE("Host: causes travel through timers, frames and sockets", "[models][cause]") {
    Lan w;
    {
        Listener at_two(w.two.open_udp("eth0", "0.0.0.0", 9));
        at_two.cause = [&] { return w.recorder.current(); };
        const auto socket = w.one.open_udp("eth0", {}, 0);
        const auto why = w.recorder.record("why", "test");
        {
            const models::Recorder::Scope scope(w.recorder, why);
            w.one.schedule(Seconds(1), [&] { send_to(socket, "10.10.10.120", 9); });
        }
        w.simulation.at(Seconds(2), [&] { send_to(socket, "10.10.10.120", 9); });
        w.simulation.run_until(Seconds(3));
        CHECK(at_two.causes == std::vector<models::RecordId>{why, models::RecordId::none});
    }
}

// ---------------------------------------------------------------- agents

TEST_CASE("ScriptAgent: takes its time, remembers its state, loses it with the power",
          "[models][agent]") {
    Lan w;
    models::ScriptAgent agent(w.one,
                              "asterisk",
                              {.start = models::ConstantDist{std::chrono::seconds{5}},
                               .stop = models::ConstantDist{std::chrono::seconds{1}}});
    std::vector<std::string> log;
    const auto run = [&](cluster::AgentOp op) {
        agent.run(op, {}, [&](models::Agent::Result r) {
            log.push_back(std::to_string(ns3::Simulator::Now().GetMilliSeconds()) + " " +
                          std::to_string(r.exit_status) + " " + r.output);
        });
    };
    run(cluster::AgentOp::status);
    w.simulation.at(Seconds(1), [&] { run(cluster::AgentOp::start); });
    w.simulation.at(Seconds(7), [&] { run(cluster::AgentOp::status); });
    w.simulation.at(Seconds(8), [&] { run(cluster::AgentOp::stop); });
    w.simulation.at(Seconds(10), [&] {
        agent.faults().failing_starts = 1;
        run(cluster::AgentOp::start);
    });
    w.simulation.at(Seconds(16), [&] { run(cluster::AgentOp::start); });
    w.simulation.at(Seconds(18), [&] { agent.cancel(); });
    w.simulation.run_until(Seconds(30));
    CHECK(log == std::vector<std::string>{
                     "5 3 not running\n", "6000 0 ", "7005 0 running\n", "9000 0 ", "15000 1 "});
    w.one.on_lost = [&] { agent.host_lost(); };
    run(cluster::AgentOp::start);
    w.simulation.run_until(Seconds(36));
    CHECK(log.size() == 6);
    w.one.power_off();
    w.one.power_on(Seconds(1));
    w.simulation.run_until(Seconds(40));
    run(cluster::AgentOp::status);
    w.simulation.run_until(Seconds(41));
    CHECK(log.back().ends_with("not running\n"));
}

TEST_CASE("ScriptAgent: stands still while the host is frozen", "[models][agent]") {
    Lan w;
    models::ScriptAgent agent(
        w.one, "asterisk", {.start = models::ConstantDist{std::chrono::seconds{2}}});
    std::int64_t done = 0;
    agent.run(cluster::AgentOp::start, {}, [&](models::Agent::Result) {
        done = ns3::Simulator::Now().GetMilliSeconds();
    });
    w.one.freeze();
    w.simulation.at(Seconds(9), [&] { w.one.thaw(); });
    w.simulation.run_until(Seconds(20));
    CHECK(done == 9000);
}

// ---------------------------------------------------------------- repeatability

TEST_CASE("Models: two runs in one process give the same records and frames",
          "[models][determinism]") {
    const auto once = [] {
        Lan w;
        w.l3.direction(0).loss = 0.2;
        w.l3.direction(1).jitter = MilliSeconds(5);
        Pinger ping(w, w.client);
        REQUIRE(w.one.add_address("eth0", vip) == 0);
        w.simulation.at(Seconds(5), [&] {
            w.one.power_off();
            CHECK(w.two.add_address("eth0", vip) == 0);
            w.announce(w.two);
        });
        w.simulation.run_until(Seconds(20));
        return w.recorder.dump();
    };
    const std::string first = once();
    CHECK(first.size() > 10'000);
    CHECK(first == once());
}
