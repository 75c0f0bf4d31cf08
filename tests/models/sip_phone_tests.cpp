// SPDX-License-Identifier: GPL-2.0-or-later
// Each make of phone against what its guide says: two registrars, the first of which falls silent.
#include "support/catch.hpp"

#include "model/sip.hpp"
#include "model/sip_endpoint.hpp"
#include "net_support.hpp"

using namespace models;
using namespace std::chrono_literals;

namespace {

/// A registrar that takes everybody, and answers every call.
struct FakeServer {
    FakeServer(Context& context,
               const std::string& name,
               const char* mac,
               const std::string& address)
        : endpoint(context, name, ns3::Mac48Address(mac), address, 24), sip(context, endpoint) {
        sip.other = [this](sip::ServerId id, const sip::Message& m, const sip::Target&) {
            ++registrations;
            sip::Message ok = sip::make_response(m, 200, "t");
            ok.add("Expires", std::string{m.header("Expires")});
            sip.agent().stack().respond(id, ok);
        };
        sip.incoming = [this](sip::LegId leg, const sip::Message&, const sip::Target&) {
            ++calls;
            sip.agent().answer(leg, 4000, {});
        };
    }
    LightEndpoint endpoint;
    SipEndpoint sip;
    int registrations = 0;
    int calls = 0;
};

struct Bench {
    explicit Bench(const char* profile, bool two_servers = true, int expires_s = 120)
        : sw(world.context, "sw", ns3::Seconds(300)),
          first(world.context, "first", "02:00:00:00:09:01", "10.10.10.100"),
          second(world.context, "second", "02:00:00:00:09:02", "10.10.10.120"),
          dns(world.context,
              "dns",
              ns3::Mac48Address("02:00:00:00:09:03"),
              "10.10.10.53",
              24,
              zone(two_servers),
              {}),
          phones(world.context, "phones:lan", options(profile, expires_s)),
          l1(world.context, "l1", sw.port(1), first.endpoint, fast()),
          l2(world.context, "l2", sw.port(2), second.endpoint, fast()),
          l3(world.context, "l3", sw.port(3), dns.port(), fast()),
          l4(world.context, "l4", sw.port(4), phones, fast()) {
        phones.start();
        world.simulation.run_until(ns3::Seconds(30));
        REQUIRE(phones.server(0) == "10.10.10.100");
    }
    static LinkDirection fast() { return {.delay = ns3::MicroSeconds(50)}; }
    static sip::Zone zone(bool two) {
        using sip::RecordType;
        sip::Zone z;
        z.records = {{.name = "pbx.example",
                      .type = RecordType::naptr,
                      .target = "_sip._udp.pbx.example",
                      .priority = 50,
                      .weight = 50,
                      .service = "SIP+D2U"},
                     {.name = "_sip._udp.pbx.example",
                      .type = RecordType::srv,
                      .target = "one.example",
                      .priority = 10,
                      .port = 5060,
                      .service = {}},
                     {.name = "one.example", .target = "10.10.10.100", .service = {}},
                     {.name = "two.example", .target = "10.10.10.120", .service = {}},
                     {.name = "pbx.example", .target = "10.10.10.100", .service = {}}};
        if (two) {
            z.records.push_back({.name = "_sip._udp.pbx.example",
                                 .type = RecordType::srv,
                                 .target = "two.example",
                                 .priority = 20,
                                 .port = 5060,
                                 .service = {}});
        }
        return z;
    }
    static SipPhonesOptions options(const char* profile, int expires_s) {
        SipPhonesOptions o;
        o.count = 1;
        o.first_address = "10.10.10.130";
        o.first_mac = ns3::Mac48Address("02:01:00:00:00:00");
        o.profile = sip::phone_profile(profile);
        REQUIRE(o.profile != nullptr);
        o.registrar = "pbx.example";
        o.dns = "10.10.10.53";
        o.expires_s = expires_s;
        o.start = ns3::Seconds(1);
        o.start_spread = ns3::Seconds(1);
        return o;
    }
    /// Seconds until the call was answered; negative: it was not.
    double call(double patience_s = 60) {
        const ns3::Time begun = ns3::Simulator::Now();
        double answered = -1;
        std::uint64_t id = 0;
        id = phones.place(
            0,
            "95550100",
            ns3::Seconds(patience_s),
            true,
            {.answered = [&] { answered = (ns3::Simulator::Now() - begun).GetSeconds(); },
             .ended = {}});
        world.simulation.run_until(begun + ns3::Seconds(patience_s + 1));
        phones.hang_up(0, id);
        world.simulation.run_until(ns3::Simulator::Now() + ns3::Seconds(1));
        return answered;
    }
    void run(double seconds) {
        world.simulation.run_until(ns3::Simulator::Now() + ns3::Seconds(seconds));
    }

    test::World world;
    LanSwitch sw;
    FakeServer first, second;
    DnsServer dns;
    SipPhones phones;
    LanLink l1, l2, l3, l4;
};

}  // namespace

TEST_CASE(
    "Phones: rfc3263-ideal goes on to the next server after 32 s, registers there, and comes back",
    "[models][sip]") {
    Bench bench("rfc3263-ideal");
    bench.first.sip.deaf = true;
    CHECK(bench.call() == Approx(32).margin(0.5));
    bench.run(200);
    CHECK(bench.phones.server(0) == "10.10.10.120");
    bench.first.sip.deaf = false;
    const int before = bench.first.calls;
    CHECK(bench.call(5) == Approx(0).margin(0.5));
    CHECK(bench.first.calls == before + 1);
}

TEST_CASE(
    "Phones: polycom calls over the backup after three repetitions but does not register there",
    "[models][sip]") {
    Bench bench("polycom");
    bench.first.sip.deaf = true;
    CHECK(bench.call() == Approx(7.5).margin(0.5));
    bench.run(300);
    CHECK(bench.phones.server(0).empty());  // so no inward call finds it
    CHECK(bench.second.registrations == 0);
}

TEST_CASE("Phones: yealink asks for an address only, so SRV does not help it over UDP",
          "[models][sip]") {
    Bench bench("yealink");
    bench.first.sip.deaf = true;
    CHECK(bench.call() < 0);
    bench.run(300);
    CHECK(bench.phones.server(0).empty());
}

TEST_CASE("Phones: cisco-spa stays at the second server for an hour", "[models][sip]") {
    Bench bench("cisco-spa");
    bench.first.sip.deaf = true;
    bench.run(200);
    CHECK(bench.phones.server(0) == "10.10.10.120");
    bench.first.sip.deaf = false;
    bench.run(1800);
    CHECK(bench.phones.server(0) == "10.10.10.120");
    bench.run(3000);
    CHECK(bench.phones.server(0) == "10.10.10.100");
}

TEST_CASE("Phones: cisco-79xx does not fail over by UDP; it starts anew every minute or two",
          "[models][sip]") {
    Bench bench("cisco-79xx");
    bench.first.sip.deaf = true;
    CHECK(bench.call() < 0);
    bench.run(400);
    CHECK(bench.second.registrations == 0);
    CHECK(bench.phones.server(0).empty());
    bench.first.sip.deaf = false;
    bench.run(130);
    CHECK(bench.phones.server(0) == "10.10.10.100");
}

TEST_CASE("Phones: snom draws a server for each request, so about half of its calls wait 32 s",
          "[models][sip]") {
    Bench bench("snom");
    bench.first.sip.deaf = true;
    int waited = 0;
    for (int i = 0; i < 16; ++i) {
        const double answered = bench.call(40);
        waited += answered < 0 || answered > 30 ? 1 : 0;
    }
    CHECK(waited >= 3);
    CHECK(waited <= 13);
}

TEST_CASE("Phones: audiocodes needs the name: 32 s, then the next one", "[models][sip]") {
    Bench bench("audiocodes");
    bench.first.sip.deaf = true;
    CHECK(bench.call() == Approx(32).margin(0.5));
}

TEST_CASE("Phones: grandstream fails over and does not come back", "[models][sip]") {
    Bench bench("grandstream");
    bench.first.sip.deaf = true;
    bench.run(200);
    CHECK(bench.phones.server(0) == "10.10.10.120");
    bench.first.sip.deaf = false;
    bench.run(8000);
    CHECK(bench.phones.server(0) == "10.10.10.120");
}

TEST_CASE("Phones: single-a knows one address and waits for it", "[models][sip]") {
    Bench bench("single-a");
    bench.first.sip.deaf = true;
    CHECK(bench.call() < 0);
    bench.run(300);
    CHECK(bench.phones.server(0).empty());
    CHECK(bench.second.registrations + bench.second.calls == 0);
    bench.first.sip.deaf = false;
    bench.run(100);
    CHECK(bench.phones.server(0) == "10.10.10.100");
}

TEST_CASE("Phones: a port that nobody listens on fails at once, not after 32 s", "[models][sip]") {
    Bench bench("rfc3263-ideal");
    Host host(bench.world.context, "host");
    LanPort& nic =
        host.add_interface("eth0", ns3::Mac48Address("02:00:00:00:09:04"), {"10.10.10.100/24"});
    bench.l1.set_plugged(false);
    LanLink l5(bench.world.context, "l5", bench.sw.port(5), nic, Bench::fast());
    bench.run(60);  // the neighbour's entry is confirmed, and asked for anew
    CHECK(bench.call(20) < 4);
}
