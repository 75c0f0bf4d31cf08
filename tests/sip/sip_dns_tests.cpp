// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"

#include <map>

#include "sip/dns.hpp"

using namespace models::sip;
using namespace std::chrono_literals;

namespace {

DnsRecord a(const std::string& name, const std::string& address, std::uint32_t ttl = 300) {
    return {.name = name, .type = RecordType::a, .ttl_s = ttl, .target = address, .service = {}};
}

DnsRecord srv(const std::string& name,
              const std::string& host,
              std::uint16_t priority,
              std::uint16_t weight) {
    return {.name = name,
            .type = RecordType::srv,
            .target = host,
            .priority = priority,
            .weight = weight,
            .port = 5080,
            .service = {}};
}

struct Bench {
    Zone zone;
    bool answers = true;
    int queries = 0;
    std::int64_t now = 0;
    std::uint64_t drawn = 0;
    std::multimap<std::int64_t, std::function<void()>> timers;
    Resolver resolver{{.send =
                           [this](const std::string& datagram) {
                               ++queries;
                               const auto query = decode_dns(datagram);
                               REQUIRE(query.has_value());
                               if (answers) {
                                   const std::string reply = encode(zone.answer(*query));
                                   timers.emplace(now + 1,
                                                  [this, reply] { resolver.receive(reply); });
                               }
                           },
                       .later =
                           [this](Duration delay, std::function<void()> f) {
                               timers.emplace(now + delay.count(), std::move(f));
                           },
                       .now_ns = [this] { return now; },
                       .below =
                           [this](std::uint64_t bound) {
                               drawn = drawn * 6364136223846793005U + 1442695040888963407U;
                               return (drawn >> 33U) % bound;
                           }}};

    std::optional<std::vector<Target>>
    resolve(const std::string& host, Lookup lookup, std::uint16_t port = 0) {
        std::optional<std::vector<Target>> result;
        resolver.resolve(host, port, lookup, [&](std::vector<Target> t) { result = std::move(t); });
        const std::int64_t until = now + 20'000'000'000;
        while (!result && !timers.empty() && timers.begin()->first <= until) {
            auto event = timers.extract(timers.begin());
            now = event.key();
            event.mapped()();
        }
        return result;
    }
};

}  // namespace

TEST_CASE("DNS: messages survive being written and read; loops and short ones do not hang",
          "[sip]") {
    DnsMessage m;
    m.id = 7;
    m.response = true;
    m.question = "_sip._udp.example";
    m.type = RecordType::srv;
    m.answers = {srv("_sip._udp.example", "pbx1.example", 10, 60)};
    m.answers.push_back({.name = "example",
                         .type = RecordType::naptr,
                         .target = "_sip._udp.example",
                         .priority = 50,
                         .weight = 51,
                         .service = "SIP+D2U"});
    m.answers.push_back(a("pbx1.example", "10.10.10.110"));
    const std::string bytes = encode(m);
    CHECK(decode_dns(bytes) == m);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        CHECK_FALSE(decode_dns(std::string_view{bytes}.substr(0, n)));
    }
    std::string loop = bytes;
    loop[12] = '\xc0';
    loop[13] = '\x0c';
    CHECK_FALSE(decode_dns(loop));
}

TEST_CASE("DNS: an address needs no server, a port forbids SRV", "[sip]") {
    Bench bench;
    bench.zone.records = {srv("_sip._udp.example", "pbx1.example", 10, 0),
                          a("pbx1.example", "10.0.0.1"),
                          a("example", "10.0.0.9")};
    CHECK(bench.resolve("10.1.2.3", Lookup::naptr_srv) == std::vector<Target>{{"10.1.2.3", 5060}});
    CHECK(bench.queries == 0);
    CHECK(bench.resolve("example", Lookup::naptr_srv, 5070) ==
          std::vector<Target>{{"10.0.0.9", 5070}});
    CHECK(bench.resolve("example", Lookup::srv) == std::vector<Target>{{"10.0.0.1", 5080}});
}

TEST_CASE("DNS: NAPTR leads to SRV, priorities are kept and weights drawn", "[sip]") {
    Bench bench;
    bench.zone.records = {{.name = "example",
                           .type = RecordType::naptr,
                           .target = "_sip._udp.pool.example",
                           .priority = 50,
                           .weight = 50,
                           .service = "SIP+D2U"},
                          srv("_sip._udp.pool.example", "backup.example", 20, 0),
                          srv("_sip._udp.pool.example", "one.example", 10, 1),
                          srv("_sip._udp.pool.example", "two.example", 10, 1),
                          a("one.example", "10.0.0.1"),
                          a("two.example", "10.0.0.2"),
                          a("backup.example", "10.0.0.3")};
    std::map<std::string, int> first;
    for (int i = 0; i < 60; ++i) {
        const auto found = bench.resolve("example", Lookup::naptr_srv);
        REQUIRE(found);
        REQUIRE(found->size() == 3);
        CHECK(found->back().address == "10.0.0.3");
        ++first[found->front().address];
    }
    CHECK(first["10.0.0.1"] > 0);
    CHECK(first["10.0.0.2"] > 0);
}

TEST_CASE("DNS: answers are kept for their time to live, failures are not", "[sip]") {
    Bench bench;
    bench.zone.records = {a("example", "10.0.0.1", 60)};
    CHECK(bench.resolve("example", Lookup::a_only).has_value());
    CHECK(bench.resolve("example", Lookup::a_only).has_value());
    CHECK(bench.queries == 1);
    bench.answers = false;
    bench.now += 59'000'000'000;
    CHECK(bench.resolve("example", Lookup::a_only)->size() == 1);
    bench.now += 2'000'000'000;
    const std::int64_t asked = bench.now;
    CHECK(bench.resolve("example", Lookup::a_only)->empty());
    CHECK(bench.now == asked + 10'000'000'000);  // twice 5 s
    CHECK(bench.queries == 3);
    bench.answers = true;
    CHECK(bench.resolve("example", Lookup::a_only)->size() == 1);
}

TEST_CASE("DNS: without SRV the name's own addresses are used", "[sip]") {
    Bench bench;
    bench.zone.records = {a("example", "10.0.0.1"), a("example", "10.0.0.2")};
    CHECK(bench.resolve("example", Lookup::srv)->size() == 2);
    CHECK(bench.resolve("example", Lookup::a_only)->size() == 1);
    CHECK(bench.resolve("nothing.example", Lookup::srv)->empty());
}
