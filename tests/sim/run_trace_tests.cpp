// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/trace.hpp"

#include "support/catch.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

using namespace sim;
using models::RecordId;

namespace {

std::int64_t g_now = 0;
std::int64_t fake_now() {
    return g_now;
}

std::string contents(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

models::Recorder::Hop
hop(std::int64_t sent, std::int64_t received, std::string_view protocol = "heartbeat") {
    return {.link = "lan1",
            .from = "a:eth0",
            .to = "sw1:1",
            .protocol = protocol,
            .info = "status",
            .sent_ns = sent,
            .received_ns = received,
            .drop_reason = received < 0 ? "loss" : "",
            .bytes = 200};
}

}  // namespace

TEST_CASE("Trace: header, events sorted by time and seq, trailer with the count", "[sim][trace]") {
    const std::string path = "trace_sorted.run.jsonl";
    Topology topology;
    topology.nodes.push_back(
        {.id = "a", .kind = NodeKind::server, .power = {}, .interfaces = {}, .model = {}});
    topology.links.push_back(
        {.id = "lan1", .type = LinkType::ethernet, .ends = {{"a", "eth0"}, {"sw1", "1"}}});
    {
        TraceWriter trace{TraceLevel::signalling, path, &fake_now};
        trace.header({.scenario = "s",
                      .digest = "d",
                      .seed = 7,
                      .tool = "t",
                      .ns3 = "3.37",
                      .implementation = "understudyd",
                      .topology = &topology});
        g_now = 100;
        const RecordId first =
            trace.record("fault.inject", "a", {{"verb", std::string_view{"power.off"}}});
        g_now = 300;
        trace.hop(first, hop(50, 300));  // told of when it arrived, sorted by when it was sent
        trace.record_caused_by(
            first, "ms.detect", "b", {{"silent", std::int64_t{5}}, {"all", true}});
        trace.hop(RecordId::none, hop(300, -1));
        trace.finish({.t = 400, .exit = "stop_at", .verdicts = {{"takeover", "pass"}}});
    }
    CHECK(
        contents(path) ==
        "{\"format\":\"failover-trace/"
        "1\",\"scenario\":\"s\",\"digest\":\"d\",\"seed\":7,\"implementation\":\"understudyd\","
        "\"tool\":\"t\",\"ns3\":\"3.37\","
        "\"unit\":\"ns\",\"level\":\"signalling\",\"nodes\":[{\"id\":\"a\",\"kind\":\"server\"}],"
        "\"links\":[{\"id\":\"lan1\",\"type\":\"ethernet\",\"ends\":[\"a:eth0\",\"sw1:1\"]}]}\n"
        "{\"t\":50,\"seq\":2,\"k\":\"pkt\",\"n\":\"lan1\",\"cause\":1,\"t2\":300,\"d\":{\"from\":"
        "\"a:eth0\",\"to\":\"sw1:1\",\"protocol\":\"heartbeat\",\"info\":\"status\",\"bytes\":200}}"
        "\n"
        "{\"t\":100,\"seq\":1,\"k\":\"fault.inject\",\"n\":\"a\",\"d\":{\"verb\":\"power.off\"}}\n"
        "{\"t\":300,\"seq\":3,\"k\":\"ms.detect\",\"n\":\"b\",\"cause\":1,\"d\":{\"silent\":5,"
        "\"all\":true}}\n"
        "{\"t\":300,\"seq\":4,\"k\":\"pkt\",\"n\":\"lan1\",\"drop\":\"loss\",\"d\":{\"from\":\"a:"
        "eth0\",\"to\":\"sw1:1\",\"protocol\":\"heartbeat\",\"info\":\"status\",\"bytes\":200}}\n"
        "{\"end\":true,\"t\":400,\"events\":4,\"exit\":\"stop_at\",\"verdicts\":{\"takeover\":"
        "\"pass\"}}\n");
    std::remove(path.c_str());
}

TEST_CASE("Trace: level signalling leaves out TDMoE, level all keeps it, and ids are the same",
          "[sim][trace]") {
    const std::string path = "trace_level.run.jsonl";
    std::uint64_t counts[3] = {};
    std::size_t lines[3] = {};
    const TraceLevel levels[3] = {TraceLevel::none, TraceLevel::signalling, TraceLevel::all};
    for (int i = 0; i < 3; ++i) {
        g_now = 10;
        TraceWriter trace{levels[i], path, &fake_now};
        trace.hop(RecordId::none, hop(10, 20, "tdmoe"));
        trace.record("note", "a");
        trace.finish({.t = 30, .exit = "stop_at", .verdicts = {}});
        counts[i] = trace.count();
        const std::string text = levels[i] == TraceLevel::none ? "" : contents(path);
        lines[i] = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
        CHECK(trace.store().find(2) != nullptr);
        CHECK(trace.store().find(1) == nullptr);  // a hop is no record
    }
    CHECK(counts[0] == 2);
    CHECK(counts[1] == 2);
    CHECK(counts[2] == 2);
    CHECK(lines[1] == 2);
    CHECK(lines[2] == 3);
    std::remove(path.c_str());
}

TEST_CASE("Trace: names are escaped as JSON", "[sim][trace]") {
    fmt::memory_buffer out;
    append_json_string(out, "a\"b\\c\nd\x01");
    CHECK(std::string(out.data(), out.size()) == "a\\\"b\\\\c\\u000ad\\u0001");
}

TEST_CASE("Trace: the store finds records by id, kind and time", "[sim][trace]") {
    RecordStore store;
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        store.add(i * 2,
                  static_cast<std::int64_t>(i * 10),
                  i * 2 - 2,
                  i % 2 == 0 ? "ms.address" : "other",
                  "node" + std::to_string(i % 300));
    }
    REQUIRE(store.find(500) != nullptr);
    CHECK(store.find(500)->t == 2500);
    CHECK(store.find(501) == nullptr);
    CHECK(store.milestone(*store.find(500)) == Phase::address);
    CHECK_FALSE(store.milestone(*store.find(502)).has_value());
    CHECK(store.subject(*store.find(700)) == "node50");
    CHECK(store.first("ms.address", 15, 10000)->t == 20);
    CHECK(store.first("ms.address", 15, 19) == nullptr);
    CHECK(store.first("ms.address", 0, 100000, "node50")->t == 500);
    CHECK(store.first("nothing", 0, 100000) == nullptr);
    CHECK(RecordStore{}.first("nothing", 0, 1) == nullptr);
}

TEST_CASE("Trace: a milestone that names no phase is a bug and says so", "[sim][trace]") {
    RecordStore store;
    CHECK_THROWS_AS(store.add(1, 0, 0, "ms.lunch", "a"), std::logic_error);
}

TEST_CASE("Trace: a file that cannot be written is an error", "[sim][trace]") {
    CHECK_THROWS_AS(TraceWriter(TraceLevel::all, "no/such/folder/x.jsonl", &fake_now),
                    std::runtime_error);
}
