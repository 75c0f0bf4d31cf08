// SPDX-License-Identifier: GPL-2.0-or-later
// What faults do to a run as a whole: when they happen, what comes of them, and what they leave
// alone. Bounds come from the scenario's own inputs.
#include "fault_support.hpp"

#include <set>

using namespace faulty;

namespace {

std::int64_t metric(const RunResult& result, const std::string& name) {
    for (const auto& [key, value] : result.metrics) {
        if (key == name) {
            return value;
        }
    }
    return -1;
}

After after(After::Event event, Duration delay, std::string node = {}) {
    After made;
    made.event = event;
    made.delay = delay;
    made.node = std::move(node);
    return made;
}

}  // namespace

TEST_CASE("Faults: a role, a draw and a name are resolved when the entry happens",
          "[sim][faults]") {
    Scenario s = call_centre();
    TimelineEntry role = entry("role", 25s, NodeFreeze{{.role = Target::Role::standby}});
    s.timeline = {role, entry("owner", 30s, slow("lan1"))};
    CHECK(fault(play(s), "role").target == "asterisk2");

    TimelineEntry drawn = entry("draw", 25s, slow(""));
    std::get<LinkImpair>(std::get<Fault>(drawn.what)).target = {.role = Target::Role::random,
                                                                .id = "random(lan1, lan2, tdm1)",
                                                                .among = {"lan1", "lan2", "tdm1"}};
    s.timeline = {drawn};
    s.stop_at = 27s;
    std::set<std::string> seen;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const std::string target = fault(play(s, seed), "draw").target;
        CHECK(fault(play(s, seed), "draw").target == target);
        seen.insert(target);
    }
    CHECK(seen == std::set<std::string>{"lan1", "lan2", "tdm1"});
}

TEST_CASE("Faults: an entry waits for its event, then for its delay", "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {entry("cut", 25s, PowerOff{at("asterisk1")}),
                  entry("dead", 25s, slow("lan3")),
                  entry("up", 25s, slow("lan2")),
                  entry("answered", 25s, slow("tdm1")),
                  entry("then", 25s, LinkRestore{at("tdm1")})};
    s.timeline[1].after = after(After::Event::peer_dead, 100ms, "asterisk2");
    s.timeline[2].after = after(After::Event::group_started, 0s);
    s.timeline[3].after = after(After::Event::call_answered, 0s);
    s.timeline[4].after = after(After::Event::entry, 2s);
    s.timeline[4].after->id = "answered";
    s.stop_at = 60s;
    const RunResult result = play(s);
    const Duration deadtime = s.cluster.files.at("asterisk2").ha.deadtime;
    const Duration keepalive = s.cluster.files.at("asterisk2").ha.keepalive;
    const Duration cut = fault(result, "cut").at;
    const Duration dead = fault(result, "dead").at - cut;
    CHECK(dead >= deadtime - keepalive + 100ms);
    CHECK(dead <= deadtime + 100ms + 10ms);
    CHECK(fault(result, "up").at > fault(result, "dead").at + 2s);  // Asterisk takes 2 s
    CHECK(fault(result, "answered").at > fault(result, "up").at);
    const Duration then = fault(result, "then").at - fault(result, "answered").at;
    CHECK(then >= 2s);
    CHECK(then <= 2s + 2ns);
    // Odd times only: nothing of the models falls on them.
    for (const AppliedFault& one : result.faults) {
        CHECK(one.at.count() % 2 == 1);
    }
}

TEST_CASE("Faults: an event that never comes ends the run with the entry that waited",
          "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {entry("waits", 25s, LinkDown{at("lan1")})};
    s.timeline[0].after = after(After::Event::peer_dead, 0s);
    CHECK(contains(trouble(s), "timeline entry waits: the event it waits for never came"));
    s.timeline = {entry("first", 25s, PowerOff{at("asterisk1")}), s.timeline[0]};
    s.timeline[1].after->delay = 100s;
    CHECK(contains(trouble(s), "timeline entry waits: its time came after the end of the run"));
}

TEST_CASE("Faults: what is armed shows when it strikes, and needs no episode", "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {entry("armed", 24s, ResourceStartSlow{at("asterisk2"), "asterisk", {}, 3}),
                  entry("cut", 25s, PowerOff{at("asterisk1")})};
    const RunResult slow = play(s);
    CHECK(slow.episodes.size() == 1);
    CHECK(contains(fault(slow, "armed").evidence, "1 starts were slow"));
    s.timeline.erase(s.timeline.begin());
    const RunResult plain = play(s);
    // 2 s of start became 6 s.
    const Duration longer = episode(slow, "cut").directions.at(0).longest -
                            episode(plain, "cut").directions.at(0).longest;
    CHECK(longer > 3500ms);
    CHECK(longer < 4500ms);
}

TEST_CASE(
    "Faults: where the daemon is its own fonulator, its start fails because the bridge refuses",
    "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {entry("armed", 24s, ResourceStartFail{at("asterisk2"), "fonulator", 1}),
                  entry("cut", 25s, PowerOff{at("asterisk1")})};
    const AppliedFault armed = fault(play(s), "armed");
    CAPTURE(armed.evidence);
    CHECK(contains(armed.evidence, "fb1 refuses what asterisk2 asks"));
    CHECK(contains(armed.evidence, "1 starts failed"));
    // As a script it fails by itself.
    with_scripts(s);
    const AppliedFault script = fault(play(s), "armed");
    CAPTURE(script.evidence);
    CHECK(contains(script.evidence,
                   "the next 1 starts of fonulator on asterisk2 will fail; 1 starts failed"));
}

TEST_CASE("Faults: a battery carries its load for its time, and no longer", "[sim][faults]") {
    Scenario s = call_centre();
    for (NodeSpec& node : s.topology.nodes) {
        if (node.id == "psu2") {
            node.backup = 5s;
        }
    }
    s.timeline = {entry("mains", 25s, PowerOff{at("psu2")})};
    const RunResult empty = play(s);
    CHECK(contains(fault(empty, "mains").evidence, "asterisk2 has power; the battery ran empty"));
    const Duration lasted = fault(empty, "mains/battery-empty").at - fault(empty, "mains").at;
    CHECK(lasted >= 5s);
    CHECK(lasted <= 5s + 2ns);
    CHECK(contains(fault(empty, "mains/battery-empty").evidence, "life 1 of asterisk2 ended"));

    s.timeline[0] = lasting(s.timeline[0], 3s);
    const RunResult back = play(s);
    CHECK(contains(fault(back, "mains").evidence, "asterisk2 has power; the battery lasted"));
    CHECK(contains(fault(back, "mains/revert").evidence, "nothing on psu2 had lost power"));
    CHECK_FALSE(fault(back, "mains/battery-empty").took_effect);
    CHECK(back.episodes.size() == 2);
}

TEST_CASE("Faults: a switch that reboots is two episodes, a cable that flaps is one",
          "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {entry("sw", 25s, SwitchReboot{at("tdmsw"), 5s})};
    const RunResult reboot = play(s);
    REQUIRE(reboot.episodes.size() == 2);
    CHECK(reboot.episodes[1].id == "sw/revert");
    CHECK(reboot.episodes[1].verb == "switch.on");
    CHECK(contains(reboot.episodes[1].evidence,
                   "carrier at asterisk1:eth1, asterisk2:eth1 and fb1:eth1"));
    CHECK(episode(reboot, "sw").directions.at(0).interrupted);

    s.timeline = {entry("flap", 25s, LinkFlap{at("tdm1"), 300ms, 700ms, 3})};
    const RunResult flap = play(s);
    REQUIRE(flap.episodes.size() == 1);
    CHECK(contains(flap.episodes[0].evidence, "tdm1 went down 3 of 3 times"));
    // TDMoE is hit as much as anything else: every turn cuts the calls.
    CHECK(flap.episodes[0].directions.at(0).interrupted);
    CHECK(flap.episodes[0].directions.at(0).restored);
}

TEST_CASE("Faults: the owner's disk dies: heartbeats go on, callers are cut off, nobody takes over",
          "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {entry("disk", 25s, DiskFail{at("asterisk1")})};
    const RunResult result = play(s);
    CHECK(metric(result, "takeovers") == 0);
    const Episode& disk = episode(result, "disk");
    CHECK(disk.verdict == TakeoverVerdict::no_takeover);
    for (const DirectionCutOff& direction : disk.directions) {
        CHECK(direction.interrupted);
        CHECK_FALSE(direction.restored);
    }
    for (const auto& [when, line] : disk.story) {
        CHECK_FALSE(contains(line, "declared dead"));
    }
}

TEST_CASE("Faults: a disk that is full takes nothing away from callers", "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {lasting(entry("disk", 25s, DiskFull{at("asterisk1")}), 10s)};
    const RunResult result = play(s);
    CHECK(episode(result, "disk").verdict == TakeoverVerdict::no_interruption);
    CHECK(contains(fault(result, "disk/revert").evidence, "a write on asterisk1 succeeds"));
}

TEST_CASE("Faults: a daemon that stands still is declared dead after deadtime", "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {lasting(entry("hang", 25s, ProcessHang{at("asterisk1"), "heartbeat"}), 10s)};
    const RunResult result = play(s);
    CHECK(metric(result, "takeovers") == 1);
    CHECK(fault(result, "hang/revert").took_effect);
    // Shorter than deadtime: nobody notices.
    s.timeline[0].outage = 1s;
    CHECK(metric(play(s), "takeovers") == 0);
}

TEST_CASE("Faults: a stalled processor delays heartbeats, a slow one delays starts",
          "[sim][faults]") {
    Scenario s = call_centre();
    // Still for three seconds of every ten: deadtime is two.
    s.timeline = {lasting(entry("stall", 25s, CpuStarve{at("asterisk1"), 1, 3s, 10s}), 15s)};
    const RunResult stalled = play(s);
    CHECK(metric(stalled, "takeovers") >= 1);
    CHECK(contains(fault(stalled, "stall").evidence, "asterisk1 stood still 2 times"));
    // Still for a tenth of a second of every second: late, not dead.
    s.timeline = {lasting(entry("stall", 25s, CpuStarve{at("asterisk1"), 1, 100ms, 1s}), 15s)};
    CHECK(metric(play(s), "takeovers") == 0);

    s.timeline = {entry("slow", 24s, CpuStarve{at("asterisk2"), 3, 0s, 1s}),
                  entry("cut", 25s, PowerOff{at("asterisk1")})};
    const Duration slow = episode(play(s), "cut").directions.at(0).longest;
    s.timeline.erase(s.timeline.begin());
    const Duration plain = episode(play(s), "cut").directions.at(0).longest;
    CHECK(slow - plain > 3500ms);  // 2 s of start became 6 s
    CHECK(slow - plain < 5s);
}

TEST_CASE("Faults: one-way and silent partitions", "[sim][faults]") {
    Scenario s = call_centre();
    for (auto& [member, files] : s.cluster.files) {
        std::erase_if(files.ha.links, [](const cluster::LinkConfig& link) {
            return link.kind == cluster::LinkKind::serial;
        });
    }
    sim::Partition split;
    split.target = at("asterisk1 | asterisk2");
    split.groups = {{"asterisk1"}, {"asterisk2"}};
    s.timeline = {lasting(entry("split", 25s, split), 10s)};
    const RunResult both = play(s);
    CHECK(contains(fault(both, "split").evidence, "keep carrier"));
    CHECK(metric(both, "takeovers") >= 1);

    // What asterisk2 sends is lost: asterisk1 keeps all, and asterisk2 hears that it does.
    split.groups = {{"asterisk2"}, {"asterisk1"}};
    split.one_way = true;
    s.timeline = {lasting(entry("split", 25s, split), 10s)};
    CHECK(metric(play(s), "takeovers") == 0);
    // The clients' frames cross: they are in no group.
    split.one_way = false;
    split.groups = {{"asterisk1"}, {"asterisk2", "probe", "fb1"}};
    s.timeline = {lasting(entry("split", 25s, split), 10s)};
    const RunResult alone = play(s);
    CHECK(episode(alone, "split").directions.at(0).interrupted);
}

TEST_CASE("Faults: the telco does not serve: outward and inward are cut off, stations still talk",
          "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {lasting(entry("telco", 25s, UpstreamDown{at("telco")}), 10s)};
    const RunResult result = play(s);
    for (const DirectionCutOff& direction : episode(result, "telco").directions) {
        CAPTURE(direction.direction);
        CHECK(direction.interrupted == (direction.direction != "station-to-station"));
        CHECK(direction.restored);
    }
    CHECK(metric(result, "takeovers") == 0);
}

TEST_CASE("Faults: red, yellow and blue at either end of the PRI stop calls over it",
          "[sim][faults]") {
    for (const SpanAlarmKind kind :
         {SpanAlarmKind::red, SpanAlarmKind::yellow, SpanAlarmKind::blue}) {
        for (const char* const end : {"fb1", "telco"}) {
            CAPTURE(static_cast<int>(kind), end);
            Scenario s = call_centre();
            s.timeline = {lasting(entry("alarm", 25s, SpanAlarm{at("pri"), end, kind}), 8s)};
            const RunResult result = play(s);
            const Episode& alarm = episode(result, "alarm");
            for (const DirectionCutOff& direction : alarm.directions) {
                CAPTURE(direction.direction);
                // The bridge does not tell the server of a yellow alarm that it receives itself.
                if (direction.direction == "station-to-station") {
                    CHECK_FALSE(direction.interrupted);
                }
            }
            CHECK(contains(alarm.evidence, " showed "));
        }
    }
}

TEST_CASE("Faults: what a soak draws may strike at nothing, and is left out then",
          "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {entry("soak-1", 25s, LinkUp{at("lan1")})};
    s.timeline[0].drawn = true;
    const RunResult result = play(s);
    CHECK(result.episodes.empty());
    CHECK_FALSE(fault(result, "soak-1").took_effect);
    CHECK(contains(fault(result, "soak-1").evidence, "left out: lan1 is plugged already"));
    s.timeline[0].drawn = false;
    CHECK_FALSE(trouble(s).empty());
}

TEST_CASE("Faults: the end of a fault that something else has ended is left out", "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {lasting(entry("freeze", 25s, NodeFreeze{at("asterisk1")}), 5s),
                  entry("cut", 27s, PowerOff{at("asterisk1")})};
    const RunResult result = play(s);
    CHECK_FALSE(fault(result, "freeze/revert").took_effect);
    CHECK(result.episodes.size() == 2);
}

TEST_CASE("Faults: an impairment counts the frames it met until it ends", "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {lasting(entry("loss",
                                25s,
                                impair("lan1",
                                       [](LinkImpair& f) {
                                           f.from = "asterisk1";
                                           f.loss = 1.0;
                                       })),
                          1500ms)};
    const std::string evidence = fault(play(s), "loss").evidence;
    CAPTURE(evidence);
    // A heartbeat every 200 ms, and nothing else: 7 or 8 in 1.5 s.
    CHECK((contains(evidence, "of 7 frames 7 lost") || contains(evidence, "of 8 frames 8 lost")));
}

TEST_CASE("Faults: the same seed gives the same faults", "[sim][faults]") {
    Scenario s = call_centre();
    s.timeline = {entry("loss",
                        25s,
                        impair("lan1",
                               [](LinkImpair& f) {
                                   f.loss = 0.3;
                                   f.duplicate = 0.2;
                                   f.reorder = 0.2;
                                   f.corrupt = 0.1;
                                   f.jitter = 5ms;
                                   f.burst = 300ms;
                               })),
                  entry("noise", 26s, SerialNoise{at("null-modem"), 0.2})};
    const RunResult one = play(s, 7);
    const RunResult two = play(s, 7);
    CHECK(fault(one, "loss").evidence == fault(two, "loss").evidence);
    CHECK(fault(one, "noise").evidence == fault(two, "noise").evidence);
    CHECK(one.records == two.records);
    CHECK(fault(play(s, 8), "loss").evidence != fault(one, "loss").evidence);
}
