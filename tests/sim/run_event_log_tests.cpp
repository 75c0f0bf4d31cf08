// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/event_log.hpp"

#include "support/catch.hpp"

#include <cstdio>
#include <fstream>
#include <functional>
#include <sstream>

#include <sys/stat.h>

#include "cluster/config.hpp"

using namespace sim;
using namespace cluster;
using namespace std::chrono_literals;

namespace {

const ConfigTexts texts{{"ha.cf",
                         "keepalive 200ms\ndeadtime 2\nwarntime 1\ninitdead 120\nudpport "
                         "694\nbcast eth0\nauto_failback off\nnode a\nnode b\n"},
                        {"haresources", "a 10.10.10.110 asterisk\n"},
                        {"authkeys", "auth 1\n1 sha1 secret\n"}};

NodeOptions options() {
    NodeOptions o;
    o.name = "a";
    o.uuid.bytes[3] = std::byte{7};
    o.seed = 42;
    o.files.ha = parse_ha_cf(texts.at("ha.cf"), "ha.cf", "a").value;
    o.files.resources =
        parse_haresources(texts.at("haresources"), "haresources", o.files.ha.nodes).value;
    o.files.keys = parse_authkeys(texts.at("authkeys"), "authkeys").value;
    return o;
}

/// A node that starts alone, is answered for everything, and beats for some minutes.
void live(EventLogWriter& log, Duration until, ClusterNode* out = nullptr) {
    ClusterNode own{options()};
    ClusterNode& node = out != nullptr ? *out : own;
    log.start(node.snapshot());
    ActionSink sink;
    std::vector<ActionCompleted> answers;
    const auto tell = [&](Instant t, const Event& event) {
        sink.clear();
        const Now now{.monotonic = t,
                      .wall = WallSeconds{1'800'000'000},
                      .load = "0.00 0.01 0.05 1/100 1000"};
        node.handle(now, event, sink);
        log.add(now, event, sink.actions());
        for (const IssuedAction& issued : sink.actions()) {
            if (std::holds_alternative<AcquireAddress>(issued.action) ||
                std::holds_alternative<PersistState>(issued.action) ||
                std::holds_alternative<ReleaseAddress>(issued.action)) {
                answers.push_back({.id = issued.id,
                                   .outcome = Outcome::done,
                                   .code = 0,
                                   .output = {},
                                   .routes = {}});
            } else if (const auto* run = std::get_if<RunAgent>(&issued.action); run != nullptr) {
                answers.push_back({.id = issued.id,
                                   .outcome = Outcome::done,
                                   .code = 0,
                                   .output = run->op == AgentOp::status ? "not running\n" : "",
                                   .routes = {}});
            }
        }
    };
    Instant t{};
    tell(t, NodeStarted{});
    while (t.time_since_epoch() < until) {
        while (!answers.empty()) {
            const ActionCompleted answer = answers.front();
            answers.erase(answers.begin());
            tell(t, answer);
        }
        const auto next = node.next_deadline();
        REQUIRE(next.has_value());
        t = std::max(t, *next);
        tell(t, DeadlineReached{});
    }
}

std::string contents(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void write(const std::string& path, const std::string& text) {
    std::ofstream{path, std::ios::binary} << text;
}

}  // namespace

TEST_CASE("Event log: replay gives the same actions", "[sim][eventlog]") {
    const std::string path = "replay_same.eventlog";
    EventLogWriter log{path, options(), texts};
    live(log, 130s);
    log.finish();
    const ReplayResult result = replay_event_log(path);
    CAPTURE(result.message);
    CHECK(result.outcome == ReplayResult::Outcome::same);
    CHECK(result.node == "a");
    CHECK(result.events > 600);
    CHECK(result.actions > 600);
    std::remove(path.c_str());
}

TEST_CASE("Event log: only its owner may read it, as it holds the keys", "[sim][eventlog]") {
    const std::string path = "mode.eventlog";
    EventLogWriter log{path, options(), texts};
    log.finish();
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    std::remove(path.c_str());
}

TEST_CASE("Event log: a changed event or answer is found, with its line", "[sim][eventlog]") {
    const std::string path = "replay_tampered.eventlog";
    {
        EventLogWriter log{path, options(), texts};
        live(log, 130s);
        log.finish();
    }
    const std::string good = contents(path);
    const auto tampered = [&](const std::string& what, const std::string& by) {
        std::string text = good;
        const auto at = text.rfind(what);
        REQUIRE(at != std::string::npos);
        text.replace(at, what.size(), by);
        write(path, text);
        return replay_event_log(path);
    };
    SECTION("the answer") {
        const auto at = good.rfind("\"answer\":\"");
        const std::string answer = good.substr(at, 26);
        const ReplayResult result =
            tampered(answer,
                     answer[10] == '0' ? "\"answer\":\"1" + answer.substr(11)
                                       : "\"answer\":\"0" + answer.substr(11));
        CHECK(result.outcome == ReplayResult::Outcome::different);
        CHECK(result.message.find("replay_tampered.eventlog:") == 0);
        CHECK(result.message.find("the answer differs") != std::string::npos);
    }
    SECTION("the wall clock, which is signed") {
        CHECK(tampered("\"wall\":1800000000", "\"wall\":1800000001").outcome ==
              ReplayResult::Outcome::different);
    }
    SECTION("the key") {
        CHECK(tampered("sha1 secret", "sha1 Secret").outcome == ReplayResult::Outcome::different);
    }
    SECTION("an event of another kind") {
        const ReplayResult result = tampered("\"e\":\"deadline\"", "\"e\":\"dead\"");
        CHECK(result.outcome == ReplayResult::Outcome::unreadable);
        CHECK(result.message.find("an event \"dead\"") != std::string::npos);
    }
    std::remove(path.c_str());
}

TEST_CASE("Event log: what is no event log is refused with a reason", "[sim][eventlog]") {
    const std::string path = "replay_bad.eventlog";
    for (const char* text :
         {"",
          "{}\n",
          "not json\n",
          "[]\n",
          "{\"format\":\"failover-eventlog/1\"}\n",
          "{\"format\":\"failover-eventlog/"
          "1\",\"node\":\"a\",\"uuid\":\"00\",\"seed\":1,\"quirks\":[],\"files\":{}}\n",
          "7\n"}) {
        CAPTURE(text);
        write(path, text);
        const ReplayResult result = replay_event_log(path);
        CHECK(result.outcome == ReplayResult::Outcome::unreadable);
        CHECK(result.message.find(path) == 0);
    }
    CHECK(replay_event_log("no/such.eventlog").outcome == ReplayResult::Outcome::unreadable);
    std::remove(path.c_str());
}

TEST_CASE("Event log: a cut log is unreadable at its last line, whole lines before it replay",
          "[sim][eventlog]") {
    const std::string path = "replay_cut.eventlog";
    {
        EventLogWriter log{path, options(), texts};
        live(log, 20s);
        log.finish();
    }
    const std::string good = contents(path);
    write(path, good.substr(0, good.size() - 20));
    const ReplayResult result = replay_event_log(path);
    CHECK(result.outcome == ReplayResult::Outcome::unreadable);
    CHECK(result.events > 50);
    std::remove(path.c_str());
}

TEST_CASE("Event log: a ring keeps the end, and that replays from a snapshot in the middle",
          "[sim][eventlog]") {
    const std::string path = "replay_ring.eventlog";
    ClusterNode node{options()};
    EventLogWriter log{path, options(), texts, 100, [&] { return node.snapshot(); }};
    live(log, 130s, &node);
    log.finish();
    const ReplayResult result = replay_event_log(path);
    CAPTURE(result.message);
    CHECK(result.outcome == ReplayResult::Outcome::same);
    CHECK(result.events >= 100);
    CHECK(result.events < 200);
    std::remove(path.c_str());
}
