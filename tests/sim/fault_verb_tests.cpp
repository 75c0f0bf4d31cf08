// SPDX-License-Identifier: GPL-2.0-or-later
// Every verb of the timeline: what a run shows when it took effect, and what it says when it could
// not. A verb without both does not pass.
#include "fault_support.hpp"

#include <functional>
#include <iterator>
#include <map>

using namespace faulty;

namespace {

/// The fault under test has the id "it" in both lists.
struct Case {
    std::vector<TimelineEntry> timeline;
    std::vector<std::string> evidence;    ///< what its evidence says at the end of the run
    std::vector<TimelineEntry> refused;   ///< here it cannot take effect
    std::string why;                      ///< what the run says then
    std::function<void(Scenario&)> with;  ///< before either
};

template <class F>
TimelineEntry it(F fault, Duration when = 25s) {
    return entry("it", when, Fault{std::move(fault)});
}

cluster::AuthKeys new_keys() {
    cluster::AuthKeys keys;
    keys.sending_index = 2;
    keys.keys[2] = cluster::AuthKey{cluster::AuthMethod::sha1, "another"};
    return keys;
}

std::map<std::string, Case> cases() {
    const TimelineEntry off1 = entry("off", 22s, PowerOff{at("asterisk1")});
    const TimelineEntry lossy =
        entry("first", 22s, impair("lan1", [](LinkImpair& f) { f.loss = 0.5; }));
    const auto split = [](bool one_way) {
        sim::Partition fault;
        fault.target = at("asterisk1 | asterisk2");
        fault.groups = {{"asterisk1"}, {"asterisk2"}};
        fault.one_way = one_way;
        return fault;
    };
    std::map<std::string, Case> c;
    c["power.off"] = {
        {it(PowerOff{at("asterisk1")})},
        {"sw1:1 and tdmsw:1 without carrier", "life 1 of asterisk1 ended with its daemon"},
        {off1, it(PowerOff{at("asterisk1")})},
        "asterisk1 is off already",
        {}};
    c["power.on"] = {{off1, it(PowerOn{at("asterisk1"), 10s})},
                     {"asterisk1 boots for 10", "the kernel of asterisk1 came up"},
                     {it(PowerOn{at("asterisk1"), 10s})},
                     "asterisk1 runs already",
                     {}};
    c["node.crash"] = {
        {it(NodeCrash{at("asterisk1")})},
        {"life 1 of asterisk1 ended; it has power", "sw1:1 and tdmsw:1 keep carrier"},
        {off1, it(NodeCrash{at("asterisk1")})},
        "asterisk1 does not run",
        {}};
    c["node.freeze"] = {
        {it(NodeFreeze{at("asterisk1")})},
        {"no process of asterisk1 is scheduled; its kernel runs"},
        {entry("first", 22s, NodeFreeze{at("asterisk1")}), it(NodeFreeze{at("asterisk1")})},
        "asterisk1 is frozen already",
        {}};
    c["node.thaw"] = {
        {entry("first", 22s, NodeFreeze{at("asterisk1")}), it(NodeThaw{at("asterisk1")})},
        {"the processes of asterisk1 go on"},
        {it(NodeThaw{at("asterisk1")})},
        "asterisk1 is not frozen",
        {}};
    c["node.cpu_starve"] = {{it(CpuStarve{at("asterisk2"), 4, 100ms, 1s})},
                            {"1 s of work takes 4 s on asterisk2",
                             "nothing is scheduled for 100ms of each 1s",
                             "asterisk2 stood still 25 times"},
                            {it(CpuStarve{at("asterisk2"), 1, 0s, 1s})},
                            "slowdown 1 without a stall starves nothing",
                            {}};
    c["node.cpu_recover"] = {{entry("first", 22s, CpuStarve{at("asterisk2"), 4, 0s, 1s}),
                              it(CpuRecover{at("asterisk2")})},
                             {"1 s of work takes 1 s on asterisk2"},
                             {it(CpuRecover{at("asterisk2")})},
                             "the processor of asterisk2 is not short",
                             {}};
    c["process.kill"] = {{it(ProcessKill{at("asterisk1"), "heartbeat", 500ms})},
                         {"the daemon of asterisk1 is gone", "it was started again"},
                         {it(ProcessKill{at("asterisk1"), "fonulator", std::nullopt})},
                         "fonulator has no process that stays on asterisk1",
                         {}};
    c["process.hang"] = {{it(ProcessHang{at("asterisk1"), "asterisk"})},
                         {"asterisk on asterisk1 is there and answers nothing"},
                         {it(ProcessHang{at("asterisk2"), "asterisk"})},
                         "asterisk does not answer on asterisk2",
                         {}};
    c["process.resume"] = {{entry("first", 22s, ProcessHang{at("asterisk1"), "heartbeat"}),
                            it(ProcessResume{at("asterisk1"), "heartbeat"}, 23s)},
                           {"the daemon of asterisk1 goes on"},
                           {it(ProcessResume{at("asterisk1"), "heartbeat"})},
                           "no heartbeat hangs on asterisk1",
                           {}};
    c["link.down"] = {{it(LinkDown{at("lan1")})},
                      {"asterisk1:eth0 and sw1:1 have no carrier"},
                      {entry("first", 22s, LinkDown{at("lan1")}), it(LinkDown{at("lan1")})},
                      "lan1 is unplugged already",
                      {}};
    c["link.up"] = {{entry("first", 22s, LinkDown{at("pri")}), it(LinkUp{at("pri")})},
                    {"fb1:span1 and telco:1 have no framing"},
                    {it(LinkUp{at("pri")})},
                    "pri is plugged already",
                    {}};
    c["link.flap"] = {
        {it(LinkFlap{at("lan1"), 200ms, 300ms, 4})},
        {"asterisk1:eth0 and sw1:1 have no carrier", "lan1 went down 4 of 4 times"},
        {entry("first", 22s, LinkDown{at("lan1")}), it(LinkFlap{at("lan1"), 200ms, 300ms, 4})},
        "lan1 is unplugged, and cannot flap",
        {}};
    c["link.impair"] = {
        {it(impair("lan1",
                   [](LinkImpair& f) {
                       f.from = "asterisk1";
                       f.loss = 0.5;
                       f.duplicate = 0.5;
                   }))},
        {"asterisk1:eth0 to sw1:1: 50 % lost and 50 % duplicated", "frames", "lost", "duplicated"},
        {it(impair("lan1",
                   [](LinkImpair& f) {
                       f.from = "asterisk2";
                       f.loss = 0.5;
                   }))},
        "asterisk2 is no end of lan1",
        {}};
    c["link.restore"] = {{lossy, it(LinkRestore{at("lan1")})},
                         {"lan1 is as it was built"},
                         {it(LinkRestore{at("lan1")})},
                         "lan1 is not impaired",
                         {}};
    c["partition"] = {{it(split(false))},
                      {"filtered at asterisk1:eth0, asterisk1:eth1, asterisk2:eth0 and "
                       "asterisk2:eth1, which keep carrier",
                       "frames did not cross"},
                      {it([&] {
                          sim::Partition fault = split(false);
                          fault.groups[1].push_back("sw1");
                          return fault;
                      }())},
                      "sw1 sends no Ethernet frames of its own",
                      {}};
    c["partition.heal"] = {
        {entry("first", 22s, split(true)), it(PartitionHeal{at("asterisk1 | asterisk2")}, 23s)},
        {"no port filters any longer"},
        {it(PartitionHeal{at("asterisk1 | asterisk2")})},
        "the network is not partitioned",
        {}};
    c["serial.noise"] = {{it(SerialNoise{at("null-modem"), 0.25})},
                         {"25 % of the bytes on null-modem are noise", "were noise"},
                         {it(SerialNoise{at("lan1"), 0.25})},
                         "lan1 is no serial line",
                         {}};
    c["serial.quiet"] = {{entry("first", 22s, SerialNoise{at("null-modem"), 0.25}),
                          it(SerialQuiet{at("null-modem")})},
                         {"null-modem is quiet"},
                         {it(SerialQuiet{at("null-modem")})},
                         "null-modem has no noise",
                         {}};
    c["switch.reboot"] = {
        {it(SwitchReboot{at("sw1"), 5s})},
        {"sw1 forwards nothing; asterisk1:eth0, asterisk2:eth0 and probe:eth0 without carrier"},
        {it(SwitchReboot{at("fb1"), 5s})},
        "fb1 is no switch",
        {}};
    c["switch.arp_stale"] = {
        {it(SwitchArpStale{at("sw1")}), entry("cut", 26s, PowerOff{at("asterisk1")})},
        {"sw1 has power and its filter is on", "gratuitous ARP frames dropped"},
        {it(SwitchArpStale{at("fb1")})},
        "fb1 is no switch",
        {}};
    c["switch.arp_fresh"] = {
        {entry("first", 22s, SwitchArpStale{at("sw1")}), it(SwitchArpFresh{at("sw1")})},
        {"sw1 forwards gratuitous ARP again"},
        {it(SwitchArpFresh{at("sw1")})},
        "sw1 drops no gratuitous ARP",
        {}};
    c["bridge.reboot"] = {{it(BridgeReboot{at("fb1")})},
                          {"fb1 is off and sends nothing",
                           "telco:1",
                           "lost framing",
                           "fb1 came up with its stored configuration"},
                          {entry("first", 22s, PowerOff{at("fb1")}), it(BridgeReboot{at("fb1")})},
                          "fb1 is off already",
                          {}};
    c["bridge.lose_reply"] = {
        {it(BridgeLoseReply{at("fb1"), 3}), entry("cut", 26s, PowerOff{at("asterisk1")})},
        {"reply to control request 3 from now will be lost", "it was lost"},
        {it(BridgeLoseReply{at("fb1"), 3})},
        "was to be lost, but only",
        {}};
    c["span.alarm"] = {{it(SpanAlarm{at("pri"), "telco", SpanAlarmKind::yellow})},
                       {"telco:1 is told that the far end hears nothing", "telco:1 showed yellow"},
                       {it(SpanAlarm{at("pri"), "bank1", SpanAlarmKind::red})},
                       "bank1 is no end of pri",
                       {}};
    c["span.clear"] = {{entry("first", 22s, SpanAlarm{at("pri"), "", SpanAlarmKind::blue}),
                        it(SpanClear{at("pri")}, 28s)},
                       {"fb1:span1 receives what the far end sends"},
                       {it(SpanClear{at("pri")})},
                       "no alarm was put on pri",
                       {}};
    c["resource.start_fail"] = {
        {it(ResourceStartFail{at("asterisk2"), "asterisk", 1}),
         entry("cut", 26s, PowerOff{at("asterisk1")})},
        {"the next 1 starts of asterisk on asterisk2 will fail", "1 starts failed"},
        {it(ResourceStartFail{at("asterisk2"), "asterisk", 1})},
        "asterisk was not started on asterisk2",
        {}};
    c["resource.start_slow"] = {{it(ResourceStartSlow{at("asterisk2"), "asterisk", 8s, 1}),
                                 entry("cut", 26s, PowerOff{at("asterisk1")})},
                                {"starts of asterisk on asterisk2 take 8s", "1 starts were slow"},
                                {it(ResourceStartSlow{at("asterisk2"), "fonulator", 8s, 1})},
                                "fonulator on asterisk2 runs no program that could go wrong",
                                {}};
    c["resource.stop_hang"] = {{it(ResourceStopHang{at("asterisk1"), "asterisk"}),
                                entry("by", 26s, OperatorCommand{at("asterisk1"), {}})},
                               {"stops of asterisk on asterisk1 will never end", "stops hung"},
                               {it(ResourceStopHang{at("asterisk1"), "10.10.10.110"})},
                               "runs no program that could go wrong",
                               {}};
    c["resource.stop_fail"] = {{it(ResourceStopFail{at("asterisk1"), "asterisk"}),
                                entry("by", 26s, OperatorCommand{at("asterisk1"), {}})},
                               {"stops of asterisk on asterisk1 will fail", "stops failed"},
                               {it(ResourceStopFail{at("asterisk1"), "nothing"})},
                               "nothing is not in the haresources of asterisk1",
                               {}};
    c["resource.heal"] = {{entry("first", 22s, ResourceStopFail{at("asterisk1"), "asterisk"}),
                           entry("by", 23s, OperatorCommand{at("asterisk1"), {}}),
                           it(ResourceHeal{at("asterisk1"), "asterisk"}, 26s)},
                          {"starts and stops of asterisk on asterisk1 are as they should be"},
                          {it(ResourceHeal{at("asterisk1"), "asterisk"})},
                          "nothing is wrong with asterisk on asterisk1",
                          {}};
    c["clock.step"] = {
        {it(ClockStep{at("asterisk1"), -3600s})},
        {"the wall clock of asterisk1 went 3600 s back, its monotonic clock went on"},
        {it(ClockStep{at("sw1"), 1s})},
        "sw1 is no server",
        {}};
    c["clock.drift"] = {{it(ClockDrift{at("asterisk1"), 100})},
                        {"the clocks of asterisk1 are +100 ppm off", "they gained 2.5ms"},
                        {it(ClockDrift{at("asterisk1"), 0})},
                        "the clocks of asterisk1 are 0 ppm off already",
                        {}};
    c["disk.full"] = {
        {it(DiskFull{at("asterisk1")})},
        {"a write on asterisk1 ends with ENOSPC"},
        {entry("first", 22s, DiskFull{at("asterisk1")}), it(DiskFull{at("asterisk1")})},
        "the disk of asterisk1 is full already",
        {}};
    c["disk.free"] = {
        {entry("first", 22s, DiskFull{at("asterisk1")}), it(DiskFree{at("asterisk1")})},
        {"a write on asterisk1 succeeds"},
        {it(DiskFree{at("asterisk1")})},
        "the disk of asterisk1 works",
        {}};
    c["disk.fail"] = {
        {it(DiskFail{at("asterisk1")}), entry("by", 26s, OperatorCommand{at("asterisk1"), {}})},
        {"a write on asterisk1 ends with EIO; its daemon, locked in memory, goes on",
         "programs could not be started"},
        {entry("first", 22s, DiskFail{at("asterisk1")}), it(DiskFail{at("asterisk1")})},
        "the disk of asterisk1 has failed already",
        {}};
    c["upstream.down"] = {{it(UpstreamDown{at("telco")})},
                          {"telco answers no signalling; fb1:span1 in frame"},
                          {it(UpstreamDown{at("bank1")})},
                          "bank1 is no telco",
                          {}};
    c["upstream.up"] = {
        {entry("first", 22s, UpstreamDown{at("telco")}), it(UpstreamUp{at("telco")})},
        {"telco establishes its D-channels", "they came up"},
        {it(UpstreamUp{at("telco")})},
        "telco serves already",
        {}};
    c["ups.fail"] = {
        {it(UpsFail{at("psu2")})},
        {"sw1:2 and tdmsw:2 without carrier", "life 1 of asterisk2 ended with its daemon"},
        {it(UpsFail{at("asterisk1")})},
        "asterisk1 is no ups",
        {}};
    c["ups.repair"] = {{entry("first", 22s, UpsFail{at("psu2")}), it(UpsRepair{at("psu2"), 10s})},
                       {"asterisk2 boots for 10", "the kernel of asterisk2 came up"},
                       {it(UpsRepair{at("psu2"), 10s})},
                       "psu2 is not broken",
                       {}};
    c["operator.standby"] = {{it(OperatorCommand{at("asterisk1"), {}})},
                             {"the daemon of asterisk1 took the command"},
                             {off1, it(OperatorCommand{at("asterisk1"), {}})},
                             "no daemon runs on asterisk1",
                             {}};
    c["config.reload"] = {{it(ConfigReload{at("asterisk1"), "authkeys", new_keys()})},
                          {"the daemon of asterisk1 has read the new authkeys"},
                          {off1, it(ConfigReload{at("asterisk1"), "", std::nullopt})},
                          "no daemon runs on asterisk1",
                          {}};
    return c;
}

const Fault& fault_of(const TimelineEntry& made) {
    return std::get<Fault>(made.what);
}

const TimelineEntry& subject(const std::vector<TimelineEntry>& timeline) {
    const auto found = std::find_if(
        timeline.begin(), timeline.end(), [](const TimelineEntry& e) { return e.id == "it"; });
    REQUIRE(found != timeline.end());
    return *found;
}

}  // namespace

TEST_CASE("Faults: every verb has a case here, under its own name", "[sim][faults]") {
    std::vector<bool> covered(std::variant_size_v<Fault>, false);
    for (const auto& [word, one] : cases()) {
        CAPTURE(word);
        CHECK(verb(fault_of(subject(one.timeline))) == word);
        CHECK(fault_of(subject(one.refused)).index() == fault_of(subject(one.timeline)).index());
        CHECK_FALSE(one.evidence.empty());
        CHECK_FALSE(one.why.empty());
        covered[fault_of(subject(one.timeline)).index()] = true;
    }
    for (std::size_t i = 0; i < covered.size(); ++i) {
        CAPTURE(i);
        CHECK(covered[i]);
    }
}

TEST_CASE("Faults: a run shows what each verb did", "[sim][faults]") {
    for (const auto& [word, one] : cases()) {
        DYNAMIC_SECTION(word) {
            Scenario s = call_centre();
            if (one.with) {
                one.with(s);
            }
            s.timeline = one.timeline;
            const RunResult result = play(s);
            const AppliedFault& applied = fault(result, "it");
            CHECK(applied.took_effect);
            CHECK(applied.verb == word);
            for (const std::string& part : one.evidence) {
                CAPTURE(applied.evidence, part);
                CHECK(contains(applied.evidence, part));
            }
            if (subject(one.timeline).opens_episode) {
                CHECK(episode(result, "it").evidence == applied.evidence);
            }
        }
    }
}

TEST_CASE("Faults: one that cannot take effect stops the run and says which and why",
          "[sim][faults]") {
    for (const auto& [word, one] : cases()) {
        DYNAMIC_SECTION(word) {
            Scenario s = call_centre();
            if (one.with) {
                one.with(s);
            }
            s.timeline = one.refused;
            const std::string said = trouble(s);
            CAPTURE(said, one.why);
            CHECK(contains(said, "timeline entry it (" + word + ")"));
            CHECK(contains(said, one.why));
        }
    }
}
