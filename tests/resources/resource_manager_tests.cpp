// SPDX-License-Identifier: GPL-2.0-or-later
// The manager of resource groups against a scripted world: order, failures, retries, time limits,
// announcements, and whether everything ends. FakeEdge checks the order at every single action.
#include "fake_edge.hpp"
#include "prng.hpp"

using namespace cluster;
using namespace testing;
using namespace std::chrono_literals;

using Kind = GroupOutcome::Kind;
using Words = std::vector<std::string>;

namespace {

constexpr const char* three_words = "asterisk1 10.10.10.110 dahdi asterisk\n";

NodeFiles call_centre() {
    auto files = files_of("asterisk1 10.10.10.110 fonulator asterisk\n");
    files.settings.bindings["fonulator"].kind = BindingKind::bridge_switch;
    files.redfone = quad_config();
    return files;
}

NodeFiles two_segments() {
    auto files = files_of("asterisk1 10.10.10.110 77.77.77.110 fixrouting asterisk\n");
    files.settings.bindings["fixrouting"].kind = BindingKind::source_fixup;
    return files;
}

std::vector<Route> two_segment_routes() {
    return {{"default", "77.77.77.1", "eth1", "", "static", "global", 0},
            {"10.10.10.0/24", "", "eth0", "10.10.10.100", "kernel", "link", 100},
            {"77.77.77.0/24", "", "eth1", "77.77.77.100", "kernel", "link", 0}};
}

ResourceId member(int group, int position) {
    return {static_cast<GroupId>(group), static_cast<std::uint16_t>(position)};
}

bool is_agent(const Action& action, AgentOp op, int position = -1) {
    const auto* run = std::get_if<RunAgent>(&action);
    return run != nullptr && run->op == op && (position < 0 || run->resource.position == position);
}

}  // namespace

TEST_CASE("ResourceManager: members start from left to right, each after the one before it runs",
          "[core][resources]") {
    FakeEdge edge(files_of(three_words));
    edge.start();
    edge.settle();
    CHECK(edge.what() ==
          Words{"0: acquire 0", "0: status 1", "0: start 1", "0: status 2", "0: start 2"});
    REQUIRE(edge.outcomes.size() == 1);
    CHECK(edge.outcomes[0].kind == Kind::started);
    CHECK(edge.manager->all_running(GroupId{0}));
}

TEST_CASE("ResourceManager: members stop from right to left, without asking first",
          "[core][resources]") {
    FakeEdge edge(files_of(three_words));
    edge.start();
    edge.settle();
    edge.notes.clear();
    edge.stop();
    edge.settle();
    CHECK(edge.what() == Words{"0: stop 2", "0: stop 1", "0: release 0"});
    CHECK(edge.outcomes.back().kind == Kind::stopped);
    CHECK_FALSE(edge.manager->any_running(GroupId{0}));
    CHECK(edge.addresses.empty());
}

TEST_CASE("ResourceManager: what already runs is not started again", "[core][resources]") {
    FakeEdge edge(files_of(three_words));
    edge.agents = {member(0, 1), member(0, 2)};
    edge.addresses = {"10.10.10.110"};  // left behind by a crash
    edge.start();
    edge.settle();
    CHECK(edge.what() == Words{"0: acquire 0", "0: status 1", "0: status 2"});
    CHECK(edge.outcomes.back().kind == Kind::started);
}

TEST_CASE("ResourceManager: announcing begins with the completion, repeats by itself and does not "
          "hold up the next member",
          "[core][resources]") {
    FakeEdge edge(files_of(three_words));
    edge.fate = [](const Action& action) {
        return Fate{.after = is_agent(action, AgentOp::start) ? 5s : 10ms};
    };
    edge.start();
    REQUIRE(edge.step());  // the address is up
    REQUIRE(edge.announcements.size() == 1);
    CHECK(edge.announcements[0].first == edge.now);
    CHECK(edge.notes.back().what == "0: status 1");
    CHECK(edge.notes.back().at == edge.now);
    edge.run_for(10s);
    REQUIRE(edge.announcements.size() == 5);
    for (std::size_t i = 1; i < 5; ++i) {
        CHECK(edge.announcements[i].first - edge.announcements[i - 1].first == 200ms);
        CHECK(edge.announcements[i].second == (i % 2 == 0 ? ArpForm::request : ArpForm::reply));
    }
    edge.announce_again();
    edge.run_for(10s);
    CHECK(edge.announcements.size() == 10);
}

TEST_CASE("ResourceManager: giving the address back ends its announcing", "[core][resources]") {
    auto files = files_of("asterisk1 10.10.10.110\n");
    files.settings.announce = {.count = 20, .interval = 250ms};
    FakeEdge edge(files);
    edge.start();
    edge.settle();
    edge.run_for(900ms);
    const auto seen = edge.announcements.size();
    CHECK(seen == 4);  // 0, 250, 500, 750 ms after the address was up at 1 ms
    edge.stop();
    edge.run_for(60s);
    CHECK(edge.announcements.size() == seen);
    CHECK(edge.addresses.empty());
}

TEST_CASE("ResourceManager: an announcement count of zero sends none, of one sends one",
          "[core][resources]") {
    const int count = GENERATE(0, 1);
    auto files = files_of("asterisk1 10.10.10.110\n");
    files.settings.announce.count = count;
    FakeEdge edge(files);
    edge.start();
    edge.settle();
    edge.run_for(10s);
    CHECK(edge.announcements.size() == static_cast<std::size_t>(count));
    CHECK_FALSE(edge.manager->next_deadline().has_value());
}

TEST_CASE("ResourceManager: a member that does not start takes down what was started, itself first",
          "[core][resources]") {
    FakeEdge edge(files_of(three_words));
    edge.fate = [](const Action& action) {
        return Fate{.code = is_agent(action, AgentOp::start, 1) ? 1 : 0};
    };
    edge.start();
    edge.settle();
    CHECK(edge.what() ==
          Words{"0: acquire 0", "0: status 1", "0: start 1", "0: stop 1", "0: release 0"});
    REQUIRE(edge.outcomes.size() == 1);
    CHECK(edge.outcomes[0] == GroupOutcome{GroupId{0}, Kind::start_failed, member(0, 1)});
    CHECK_FALSE(edge.manager->any_running(GroupId{0}));
}

TEST_CASE(
    "ResourceManager: in heartbeat's profile a failed start stops every member, started or not",
    "[core][resources]") {
    auto files = files_of(three_words);
    files.settings.start_failure = StartFailurePolicy::heartbeat;
    FakeEdge edge(files);
    edge.fate = [](const Action& action) {
        return Fate{.code = is_agent(action, AgentOp::start, 1) ? 1 : 0};
    };
    edge.start();
    edge.settle();
    CHECK(
        edge.what() ==
        Words{
            "0: acquire 0", "0: status 1", "0: start 1", "0: stop 2", "0: stop 1", "0: release 0"});
    CHECK(edge.outcomes[0].kind == Kind::start_failed);
}

TEST_CASE("ResourceManager: a failed start also takes down what an earlier stop had left running",
          "[core][resources]") {
    auto files = files_of(three_words);
    files.settings.stop_attempts = 0;
    FakeEdge edge(files);
    edge.start();
    edge.settle();
    edge.fate = [](const Action& action) {
        return Fate{.code = is_agent(action, AgentOp::stop, 2) ? 1 : 0};
    };
    edge.stop();
    edge.settle();
    CHECK(edge.outcomes.back() == GroupOutcome{GroupId{0}, Kind::stop_failed, member(0, 2)});
    edge.fate = [](const Action& action) {
        return Fate{.code = is_agent(action, AgentOp::start, 1) ? 1 : 0};
    };
    edge.start();
    edge.settle();
    CHECK(edge.outcomes.back() == GroupOutcome{GroupId{0}, Kind::start_failed, member(0, 1)});
    CHECK(edge.agents.empty());
}

TEST_CASE("ResourceManager: an address that the kernel refuses fails the group with its errno",
          "[core][resources]") {
    FakeEdge edge(files_of(three_words));
    edge.fate = [](const Action& action) {
        return std::holds_alternative<AcquireAddress>(action)
                   ? Fate{.outcome = Outcome::failed, .code = 99}
                   : Fate{};
    };
    edge.start();
    edge.settle();
    CHECK(edge.outcomes.back() == GroupOutcome{GroupId{0}, Kind::start_failed, member(0, 0)});
    const auto failed = std::find_if(edge.states.begin(), edge.states.end(), [](const auto& s) {
        return s.to == ResourceState::failed;
    });
    REQUIRE(failed != edge.states.end());
    CHECK(failed->code == 99);
    CHECK(edge.announcements.empty());
}

TEST_CASE(
    "ResourceManager: a stop that fails is tried 11 times, a second apart, then the status decides",
    "[core][resources]") {
    const bool goes_down = GENERATE(true, false);
    FakeEdge edge(files_of(three_words));
    edge.start();
    edge.settle();
    edge.notes.clear();
    const Instant begun = edge.now;
    edge.fate = [&](const Action& action) {
        Fate fate{.after = 50ms, .code = is_agent(action, AgentOp::stop, 2) ? 1 : 0};
        if (is_agent(action, AgentOp::status, 2)) {
            fate.output =
                goes_down ? "Asterisk is not running" : "asterisk (pid 4711) is running...";
        }
        return fate;
    };
    edge.stop();
    edge.settle();
    const auto what = edge.what();
    CHECK(std::count(what.begin(), what.end(), "0: stop 2") ==
          11);  // measured with heartbeat 1:3.0.6-13: 11 calls
    CHECK(std::count(what.begin(), what.end(), "0: status 2") == 1);
    CHECK(edge.notes[10].at - begun == 10 * 1050ms);
    CHECK(Words(what.end() - 2, what.end()) ==
          Words{"0: stop 1", "0: release 0"});  // the rest goes down all the same
    if (goes_down) {
        CHECK(edge.outcomes.back().kind == Kind::stopped);
    } else {
        CHECK(edge.outcomes.back() == GroupOutcome{GroupId{0}, Kind::stop_failed, member(0, 2)});
        CHECK(edge.manager->any_running(GroupId{0}));
        // A second stop goes for what is left.
        edge.notes.clear();
        edge.fate = [](const Action&) { return Fate{}; };
        edge.stop();
        edge.settle();
        CHECK(edge.what() == Words{"0: stop 2"});
        CHECK(edge.outcomes.back().kind == Kind::stopped);
    }
}

TEST_CASE("ResourceManager: start and stop during the other are carried out after it; the last "
          "wish counts",
          "[core][resources]") {
    FakeEdge edge(files_of(three_words));
    SECTION("stop during start") {
        edge.start();
        edge.stop();
        edge.settle();
        REQUIRE(edge.outcomes.size() == 2);
        CHECK(edge.outcomes[0].kind == Kind::started);
        CHECK(edge.outcomes[1].kind == Kind::stopped);
        CHECK(edge.agents.empty());
    }
    SECTION("start during stop") {
        edge.start();
        edge.settle();
        edge.stop();
        edge.start();
        edge.settle();
        CHECK(edge.outcomes.back().kind == Kind::started);
        CHECK(edge.outcomes.size() == 3);
    }
    SECTION("stop and start again during start: it just starts") {
        edge.start();
        edge.stop();
        edge.start();
        edge.settle();
        REQUIRE(edge.outcomes.size() == 1);
        CHECK(edge.outcomes[0].kind == Kind::started);
    }
    SECTION("start twice, stop twice") {
        edge.start();
        edge.start();
        edge.settle();
        edge.start();
        CHECK(edge.outcomes.size() == 2);
        CHECK(edge.outcomes.back().kind == Kind::started);
        edge.stop();
        edge.stop();
        edge.settle();
        edge.stop();
        CHECK(edge.outcomes.back().kind == Kind::stopped);
        CHECK(edge.outcomes.size() == 4);
        CHECK(std::count_if(edge.notes.begin(), edge.notes.end(), [](const Note& n) {
                  return n.what == "0: stop 2";
              }) == 1);
    }
    SECTION("stop of a failing start") {
        edge.fate = [](const Action& action) {
            return Fate{.code = is_agent(action, AgentOp::start, 2) ? 1 : 0};
        };
        edge.start();
        edge.stop();
        edge.settle();
        REQUIRE(edge.outcomes.size() == 2);
        CHECK(edge.outcomes[0].kind == Kind::start_failed);
        CHECK(edge.outcomes[1].kind == Kind::stopped);
    }
}

TEST_CASE("ResourceManager: a time limit cancels the action, and its answer comes to nobody",
          "[core][resources]") {
    auto files = files_of(three_words);
    files.settings.bindings["asterisk"].timeouts = {.start = 30s, .stop = 20s, .status = 5s};
    files.settings.stop_attempts = 1;
    FakeEdge edge(files);
    edge.fate = [](const Action& action) {
        return Fate{.never = is_agent(action, AgentOp::start, 2)};
    };
    const Instant begun = edge.now;
    edge.start();
    edge.settle();
    CHECK(edge.outcomes.back() == GroupOutcome{GroupId{0}, Kind::start_failed, member(0, 2)});
    CHECK(edge.now - begun < 31s);
    CHECK(edge.now - begun >= 30s);
    CHECK(edge.what()[5] == "cancel");
    CHECK(edge.what()[6] == "0: stop 2");
    edge.answer_cancelled();

    edge.fate = [](const Action&) { return Fate{}; };
    edge.start();
    edge.settle();
    edge.fate = [](const Action& action) {
        return Fate{.never =
                        is_agent(action, AgentOp::stop, 2) || is_agent(action, AgentOp::status, 2)};
    };
    const Instant stopping = edge.now;
    edge.stop();
    edge.settle();
    edge.answer_cancelled();
    CHECK(edge.outcomes.back().kind ==
          Kind::stop_failed);  // hangs and cannot be judged: counts as running
    CHECK(edge.now - stopping == 20s + 1s + 20s + 5s + 2ms);
}

TEST_CASE("ResourceManager: scripts without a limit are waited for as long as they take",
          "[core][resources]") {
    FakeEdge edge(files_of(three_words));
    edge.fate = [](const Action& action) {
        return Fate{.after = is_agent(action, AgentOp::start) ? 900s : 1ms};
    };
    edge.start();
    edge.settle();
    CHECK(edge.outcomes.back().kind == Kind::started);
}

TEST_CASE("ResourceManager: the status of an agent is judged by its kind", "[core][resources]") {
    auto files = files_of("asterisk1 asterisk\n");
    auto& bound = files.settings.bindings["asterisk"];
    int code = 0;
    std::string output;
    bool starts = false;
    SECTION("script: the text") {
        bound.kind = BindingKind::script;
        std::tie(code, output, starts) =
            GENERATE(table<int, std::string, bool>({{0, "asterisk is stopped", true},
                                                    {0, "Asterisk is NOT RUNNING", true},
                                                    {3, "asterisk is running", false},
                                                    {1, "NOT OK", false},
                                                    {0, "ok", true},
                                                    {0, "Running", true}}));
    }
    SECTION("systemd: the exit status") {
        bound.kind = BindingKind::systemd_unit;
        bound.name = "asterisk.service";
        std::tie(code, output, starts) =
            GENERATE(table<int, std::string, bool>({{0, "inactive", false}, {3, "running", true}}));
    }
    SECTION("OCF: 0 runs, 7 does not, anything else is unclear and is started") {
        bound.kind = BindingKind::ocf_agent;
        bound.name = "ocf:heartbeat:asterisk";
        std::tie(code, output, starts) = GENERATE(table<int, std::string, bool>(
            {{0, "-", false}, {7, "running", true}, {1, "running", true}}));
    }
    CAPTURE(code, output);
    FakeEdge edge(files);
    edge.agents = {member(0, 0)};  // so that the edge does not change the status
    std::vector<RunAgent> runs;
    edge.fate = [&](const Action& action) {
        runs.push_back(std::get<RunAgent>(action));
        return runs.back().op == AgentOp::status ? Fate{.code = code, .output = output} : Fate{};
    };
    edge.start();
    edge.settle();
    CHECK(runs.size() == (starts ? 2 : 1));
    CHECK(runs[0].name == (bound.name.empty() && bound.kind == BindingKind::script
                               ? "asterisk"
                               : edge.files.settings.bindings["asterisk"].name));
    CHECK(edge.outcomes.back().kind == Kind::started);
}

TEST_CASE("ResourceManager: arguments of a word reach its script", "[core][resources]") {
    FakeEdge edge(files_of("asterisk1 drbddisk::r0 Filesystem::/dev/drbd0::/var/spool::ext4\n"));
    std::vector<std::string> seen;
    edge.fate = [&](const Action& action) {
        const auto& run = std::get<RunAgent>(action);
        seen = run.arguments;
        return Fate{};
    };
    edge.start();
    edge.settle();
    CHECK(seen == Words{"/dev/drbd0", "/var/spool", "ext4"});
}

TEST_CASE("ResourceManager: the bridge is re-pointed between the address and the service",
          "[core][resources][bridge]") {
    FakeEdge edge(call_centre());
    edge.start();
    edge.settle();
    CHECK(edge.what() == Words{"0: acquire 0", "0: status 2", "0: start 2"});
    CHECK(edge.bridge.requests == 15);
    CHECK(edge.bridge.destination[0] == server_mac());
    CHECK(edge.bridge.transmitting);
    CHECK(edge.notes[1].at - edge.notes[0].at == 1ms + 15 * 6ms);
    REQUIRE(edge.bridge_steps.size() == 2);
    CHECK(edge.bridge_steps[0].what == BridgeStep::What::sent);
    CHECK(edge.bridge_steps[1].what == BridgeStep::What::finished);
    // Giving the group back leaves the stream to the next owner.
    edge.stop();
    edge.settle();
    CHECK(edge.bridge.requests == 15);
    CHECK(edge.outcomes.back().kind == Kind::stopped);
    edge.start();
    edge.settle();
    CHECK(edge.bridge.requests == 30);
}

TEST_CASE("ResourceManager: the bridge is pointed here again without restarting anything",
          "[core][resources][bridge]") {
    FakeEdge edge(call_centre());
    edge.hand_over = true;
    edge.repoint_again();
    CHECK(edge.bridge.requests == 0);  // nothing runs
    edge.start();
    edge.settle();
    const auto before = edge.what();
    edge.bridge.destination = {old_server_mac(), old_server_mac()};  // the taker was here
    SECTION("all goes well") {
        edge.repoint_again();
        edge.repoint_again();  // under way already
        edge.run_for(1s);
        CHECK(edge.bridge.requests == 30);
        CHECK(edge.bridge.destination[0] == server_mac());
        CHECK(edge.bridge.transmitting);
    }
    SECTION("a bridge that does not answer is told, and stops nothing") {
        edge.bridge.mute = true;
        edge.repoint_again();
        edge.run_for(60s);
        CHECK(edge.bridge_steps.back().what == BridgeStep::What::given_up);
        edge.bridge.mute = false;
        edge.repoint_again();
        edge.run_for(1s);
        CHECK(edge.bridge.destination[0] == server_mac());
    }
    SECTION("a stop ends it") {
        edge.repoint_again();
        edge.stop();
        edge.settle();
        CHECK(edge.outcomes.back().kind == Kind::stopped);
        edge.run_for(1s);
        edge.start();
        edge.settle();
        CHECK(edge.bridge.destination[0] == server_mac());
        CHECK(edge.outcomes.back().kind == Kind::started);
        return;
    }
    CHECK(edge.what() == before);
    CHECK(edge.manager->all_running(GroupId{0}));
    CHECK(edge.outcomes.size() == 1);
}

TEST_CASE("ResourceManager: a look at the bridge asks once and changes nothing in it",
          "[core][resources][bridge]") {
    FakeEdge edge(call_centre());
    edge.hand_over = true;
    edge.look_at_bridge();
    edge.run_for(2s);
    CHECK(edge.manager->take_look(GroupId{0}) == std::nullopt);  // nothing runs
    edge.start();
    edge.settle();
    const std::vector<int> before = edge.bridge.executed;
    const std::size_t told = edge.bridge_steps.size();
    SECTION("it is there") {
        edge.look_at_bridge();
        CHECK(edge.manager->take_look(GroupId{0}) == std::nullopt);  // not yet known
        edge.run_for(1s);
        CHECK(edge.manager->take_look(GroupId{0}) == true);
        CHECK(edge.manager->take_look(GroupId{0}) == std::nullopt);  // taken
        CHECK(edge.bridge.executed.size() == before.size() + 1);
        CHECK(edge.bridge.executed.back() == 7);
    }
    SECTION("it is not there: three sends") {
        edge.bridge.mute = true;
        edge.look_at_bridge();
        edge.run_for(1400ms);
        CHECK(edge.manager->take_look(GroupId{0}) == std::nullopt);
        edge.run_for(200ms);
        CHECK(edge.manager->take_look(GroupId{0}) == false);
        CHECK(edge.bridge.requests == 18);
        CHECK(edge.bridge.executed == before);
    }
    SECTION("what is to be pointed meanwhile is pointed afterwards") {
        edge.bridge.destination = {old_server_mac(), old_server_mac()};
        edge.look_at_bridge();
        edge.repoint_again();
        edge.run_for(2s);
        CHECK(edge.bridge.destination[0] == server_mac());
        return;
    }
    SECTION("left alone before it answers: nothing is known") {
        edge.look_at_bridge();
        edge.manager->leave_bridge(GroupId{0});
        edge.run_for(2s);
        CHECK(edge.manager->take_look(GroupId{0}) == std::nullopt);
    }
    SECTION("an exchange that has switched the stream off goes on to its end") {
        edge.repoint_again();
        edge.run_for(20ms);
        REQUIRE_FALSE(edge.bridge.transmitting);
        edge.manager->leave_bridge(GroupId{0});
        edge.run_for(2s);
        CHECK(edge.bridge.transmitting);
        return;
    }
    CHECK(edge.bridge_steps.size() == told);
    CHECK(edge.bridge.transmitting);
}

TEST_CASE("ResourceManager: a lost reply of the bridge is told and costs its time-out",
          "[core][resources][bridge]") {
    FakeEdge edge(call_centre());
    edge.bridge.lose_reply = {6};
    edge.start();
    edge.settle();
    CHECK(edge.outcomes.back().kind == Kind::started);
    CHECK(edge.notes[1].at - edge.notes[0].at == 1ms + 16 * 6ms + 500ms);
    REQUIRE(edge.bridge_steps.size() == 3);
    CHECK(edge.bridge_steps[1].what == BridgeStep::What::lost_reply);
    CHECK(edge.bridge_steps[1].step == 6);
}

TEST_CASE("ResourceManager: a mute bridge fails the group", "[core][resources][bridge]") {
    FakeEdge edge(call_centre());
    edge.bridge.mute = true;
    edge.start();
    edge.settle();
    CHECK(edge.outcomes.back() == GroupOutcome{GroupId{0}, Kind::start_failed, member(0, 1)});
    CHECK(edge.addresses.empty());
    CHECK(edge.bridge_steps.back().what == BridgeStep::What::given_up);
}

TEST_CASE("ResourceManager: a limit on the bridge switch ends the exchange",
          "[core][resources][bridge]") {
    auto files = call_centre();
    files.settings.bindings["fonulator"].timeouts.start = 700ms;
    files.settings.bridge = {.reply_timeout = 10s, .attempts = 3};
    FakeEdge edge(files);
    edge.bridge.lose_reply = {3};
    edge.hand_over = true;  // an exchange that was broken off can be handed over, too
    const Instant begun = edge.now;
    edge.start();
    edge.settle();
    CHECK(edge.outcomes.back().kind == Kind::start_failed);
    CHECK(edge.now - begun == 1ms + 700ms + 1ms);
}

TEST_CASE("ResourceManager: a bridge switch without redfone.conf fails",
          "[core][resources][bridge]") {
    auto files = call_centre();
    files.redfone.reset();
    FakeEdge edge(files);
    edge.start();
    edge.settle();
    CHECK(edge.outcomes.back() == GroupOutcome{GroupId{0}, Kind::start_failed, member(0, 1)});
}

TEST_CASE("ResourceManager: two groups that switch the bridge take turns",
          "[core][resources][bridge]") {
    auto files = files_of("asterisk1 fonulator\nasterisk2 fonulator::again\n");
    files.settings.bindings["fonulator"].kind = BindingKind::bridge_switch;
    files.redfone = quad_config();
    FakeEdge edge(files);
    edge.start(0);
    edge.start(1);
    CHECK(edge.bridge.requests == 1);
    edge.settle();
    CHECK(edge.bridge.requests == 30);
    CHECK(edge.outcomes.size() == 2);
    CHECK(edge.manager->all_running(GroupId{0}));
    CHECK(edge.manager->all_running(GroupId{1}));
}

TEST_CASE("ResourceManager: routes prefer the group's addresses once these are up, and again their "
          "own before these go",
          "[core][resources][routing]") {
    FakeEdge edge(two_segments());
    edge.routes = two_segment_routes();
    const auto before = edge.routes;
    edge.start();
    edge.settle();
    CHECK(edge.routes[0].source == "77.77.77.110");  // the provider behind the gateway sees it, too
    CHECK(edge.routes[1].source == "10.10.10.110");
    CHECK(edge.routes[1].metric == 100);
    CHECK(edge.routes[2].source == "77.77.77.110");
    edge.notes.clear();
    edge.stop();
    edge.settle();
    CHECK(edge.routes ==
          before);  // the edge deletes routes that prefer a deleted address, as Linux does
    const auto what = edge.what();
    CHECK(Words(what.end() - 2, what.end()) == Words{"0: release 1", "0: release 0"});
}

TEST_CASE(
    "ResourceManager: addresses that go off at once take no route with them, and are preferred "
    "again when they come back",
    "[core][resources][routing]") {
    FakeEdge edge(two_segments());
    edge.routes = two_segment_routes();
    const auto before = edge.routes;
    edge.start();
    edge.settle();
    const auto fixed = edge.routes;
    const bool suspended = GENERATE(false, true);
    edge.orderly = false;
    edge.call([&](ActionSink& out) {
        suspended ? edge.manager->suspend_group(edge.now, GroupId{0}, out)
                  : edge.manager->fall_silent(edge.now, GroupId{0}, out);
    });
    edge.run_for(1s);
    CHECK(edge.addresses.empty());
    CHECK(edge.routes == before);
    if (GENERATE(false, true)) {
        edge.call([&](ActionSink& out) {
            suspended ? edge.manager->resume_group(edge.now, GroupId{0}, out)
                      : edge.manager->speak_again(edge.now, GroupId{0}, out);
        });
        edge.run_for(1s);
        CHECK(edge.addresses.size() == 2);
        CHECK(edge.routes == fixed);
    }
    edge.orderly = true;
    edge.stop();
    edge.settle();
    CHECK(edge.routes == before);
    CHECK_FALSE(edge.manager->any_running(GroupId{0}));
}

TEST_CASE("ResourceManager: a fix-up that fails half-way is undone", "[core][resources][routing]") {
    FakeEdge edge(two_segments());
    edge.routes = two_segment_routes();
    const auto before = edge.routes;
    int replacements = 0;
    edge.fate = [&](const Action& action) {
        return std::holds_alternative<ReplaceRoute>(action) && ++replacements == 3
                   ? Fate{.outcome = Outcome::failed, .code = 22}
                   : Fate{};
    };
    edge.start();
    edge.settle();
    CHECK(edge.outcomes.back() == GroupOutcome{GroupId{0}, Kind::start_failed, member(0, 2)});
    CHECK(edge.routes == before);
}

TEST_CASE(
    "ResourceManager: a fix-up left behind by a crash is undone, too, before the address goes",
    "[core][resources][routing]") {
    FakeEdge edge(two_segments());
    edge.routes = two_segment_routes();
    edge.routes[1].source = "10.10.10.110";
    edge.start();
    edge.settle();
    edge.stop();
    edge.settle();
    REQUIRE(edge.routes.size() == 3);
    CHECK(edge.routes[1].source.empty());  // the kernel chooses the node's own address
}

TEST_CASE("ResourceManager: a fix-up without a network to fix fails",
          "[core][resources][routing]") {
    FakeEdge edge(two_segments());
    edge.start();
    edge.settle();
    CHECK(edge.outcomes.back() == GroupOutcome{GroupId{0}, Kind::start_failed, member(0, 2)});
}

TEST_CASE("ResourceManager: IPsrcaddr makes the default route prefer its address",
          "[core][resources][routing]") {
    FakeEdge edge(files_of("asterisk1 77.77.77.110 IPsrcaddr::77.77.77.110\n"));
    edge.routes = two_segment_routes();
    const auto before = edge.routes;
    edge.start();
    edge.settle();
    CHECK(edge.routes[0].source == "77.77.77.110");
    CHECK(edge.routes[1] == before[1]);
    CHECK(edge.routes[2] == before[2]);
    edge.stop();
    edge.settle();
    CHECK(edge.routes == before);
}

TEST_CASE("ResourceManager: groups start side by side, in heartbeat's profile one after the other",
          "[core][resources]") {
    const bool serial = GENERATE(false, true);
    Quirks quirks;
    quirks.groups_one_after_another = serial;
    FakeEdge edge(files_of("asterisk1 10.10.10.110 asterisk\nasterisk2 10.10.10.111 ldap\n"),
                  quirks);
    edge.fate = [](const Action&) { return Fate{.after = 1s}; };
    const Instant begun = edge.now;
    edge.start(0);
    edge.start(1);
    edge.settle();
    CHECK(edge.outcomes.size() == 2);
    CHECK(edge.outcomes[0].group == GroupId{0});
    CHECK(edge.now - begun == (serial ? 6s : 3s));
}

TEST_CASE("ResourceManager: every combination of answers ends, in the state it claims",
          "[core][resources]") {
    // Bits: address refused; runs before, start fails, stop fails always, stop fails once, status
    // lies - per script.
    const int bits = GENERATE(range(0, 1 << 9));
    CAPTURE(bits);
    const auto bit = [bits](int n) { return ((bits >> n) & 1) != 0; };
    auto files = files_of(three_words);
    files.settings.stop_attempts = 2;
    FakeEdge edge(files);
    edge.hand_over = bit(8);
    for (const int script : {1, 2}) {
        if (bit(script)) {
            edge.agents.insert(member(0, script));
        }
    }
    std::map<int, int> stops;
    edge.fate = [&](const Action& action) {
        Fate fate{.after = 10ms};
        if (std::holds_alternative<AcquireAddress>(action) && bit(0)) {
            fate.outcome = Outcome::failed;
        }
        if (const auto* run = std::get_if<RunAgent>(&action)) {
            const int script = run->resource.position;
            if (run->op == AgentOp::start && bit(2 + script)) {
                fate.code = 1;
            }
            if (run->op == AgentOp::stop && bit(4 + script) &&
                (script == 1 || ++stops[script] == 1)) {
                fate.code = 1;  // the first script for good, the second once
            }
            if (run->op == AgentOp::status && bit(7) && script == 2) {
                fate.outcome = Outcome::failed;
            }
        }
        return fate;
    };
    edge.start();
    edge.settle(100s);
    REQUIRE(edge.outcomes.size() == 1);
    const bool stuck = edge.agents.count(member(0, 1)) != 0 && bit(5);
    switch (edge.outcomes[0].kind) {
    case Kind::started:
        CHECK(edge.manager->all_running(GroupId{0}));
        CHECK(edge.agents.size() == 2);
        CHECK(edge.addresses.size() == 1);
        break;
    case Kind::start_failed:
        CHECK_FALSE(edge.manager->any_running(GroupId{0}));
        CHECK(edge.addresses.empty());
        break;
    case Kind::stop_failed:
        CHECK(stuck);
        CHECK(edge.addresses.empty());
        break;
    case Kind::stopped:
        FAIL("nobody asked for a stop");
    }
    edge.stop();
    edge.settle(100s);
    CHECK((edge.outcomes.back().kind == Kind::stopped ||
           edge.outcomes.back().kind == Kind::stop_failed));
    CHECK(edge.addresses.empty());
    CHECK_FALSE(edge.has_pending());
    edge.notes.clear();
    edge.run_for(1h);
    CHECK(edge.notes.empty());  // nothing after the stop has finished
}

TEST_CASE("ResourceManager: under random wishes, outcomes and delays every group ends where it was "
          "last wanted or says why not",
          "[core][resources]") {
    const auto seed = GENERATE(range(0, 400));
    CAPTURE(seed);
    Prng random(static_cast<std::uint64_t>(seed) + 1);
    auto files =
        files_of("asterisk1 10.10.10.110 77.77.77.110 fixrouting fonulator dahdi asterisk\n"
                 "asterisk2 10.10.10.111 ldap\n"
                 "asterisk1 IPaddr2::10.10.10.112/24/eth0 web::a::b\n");
    files.settings.bindings["fonulator"].kind = BindingKind::bridge_switch;
    files.settings.bindings["fixrouting"].kind = BindingKind::source_fixup;
    files.settings.stop_attempts = static_cast<int>(random.below(3));
    files.redfone = quad_config();
    for (const char* word : {"dahdi", "asterisk", "ldap", "web"}) {
        files.settings.bindings[word].timeouts = {
            .start = 60s, .stop = 30s, .status = 10s};  // so that nothing hangs for ever
    }
    Quirks quirks;
    quirks.groups_one_after_another = random.one_in(2);
    FakeEdge edge(files, quirks);
    edge.routes = two_segment_routes();
    const auto routes_before = edge.routes;
    edge.hand_over = random.one_in(3);
    const std::uint64_t trouble = 2 + random.below(30);
    bool calm = false;
    edge.fate = [&](const Action&) {
        Fate fate{.after = std::chrono::milliseconds(static_cast<int>(random.below(5000)))};
        if (!calm && random.one_in(trouble)) {
            fate.never = random.one_in(3);
            fate.outcome = random.one_in(2) ? Outcome::failed : Outcome::done;
            fate.code = 11 + static_cast<int>(random.below(3));
        }
        return fate;
    };
    for (int n = 1; n < 1000; ++n) {
        if (random.one_in(trouble)) {
            (random.one_in(2) ? edge.bridge.lose_reply : edge.bridge.lose_request).insert(n);
        }
    }
    std::array<bool, 3> wanted{};
    for (int i = 0; i < 12; ++i) {
        const auto group = static_cast<int>(random.below(3));
        wanted.at(static_cast<std::size_t>(group)) = random.one_in(2);
        if (wanted.at(static_cast<std::size_t>(group))) {
            edge.start(group);
        } else {
            edge.stop(group);
        }
        edge.run_for(std::chrono::milliseconds(static_cast<int>(random.below(60'000))));
        edge.answer_cancelled();
    }
    edge.settle(3600s);
    for (int g = 0; g < 3; ++g) {
        const auto last =
            std::find_if(edge.outcomes.rbegin(), edge.outcomes.rend(), [&](const auto& o) {
                return o.group == static_cast<GroupId>(g);
            });
        if (last == edge.outcomes.rend()) {
            CHECK_FALSE(edge.manager->any_running(static_cast<GroupId>(g)));
            continue;
        }
        switch (last->kind) {
        case Kind::started:
            CHECK(edge.manager->all_running(static_cast<GroupId>(g)));
            break;
        case Kind::stopped:
        case Kind::start_failed:
            CHECK_FALSE(edge.manager->any_running(static_cast<GroupId>(g)));
            break;
        case Kind::stop_failed:
            CHECK(edge.manager->any_running(static_cast<GroupId>(g)));
            break;
        }
    }
    // In calm weather everything can be brought down, and the routes are what they were.
    calm = true;
    edge.bridge.lose_reply.clear();
    edge.bridge.lose_request.clear();
    for (int g = 0; g < 3; ++g) {
        edge.stop(g);
    }
    edge.settle(3600s);
    CHECK(edge.addresses.empty());
    CHECK(edge.agents.empty());
    CHECK_FALSE(edge.has_pending());
    edge.run_for(60s);
    CHECK_FALSE(edge.manager->next_deadline().has_value());
}

TEST_CASE("ResourceManager: saved bytes that are cut or altered never load into nonsense",
          "[core][resources]") {
    FakeEdge edge(call_centre());
    edge.start();
    edge.run_for(20ms);  // in the middle of the exchange
    std::vector<std::byte> bytes;
    edge.manager->save(bytes);
    Issuer issuer;
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        ResourceManager other(edge.files, edge.quirks, issuer);
        std::span<const std::byte> view{bytes.data(), cut};
        CHECK_FALSE(other.load(view));
    }
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
        auto altered = bytes;
        altered[i / 8] ^= static_cast<std::byte>(1U << (i % 8));
        ResourceManager other(edge.files, edge.quirks, issuer);
        std::span<const std::byte> view = altered;
        if (other.load(view)) {
            ActionSink sink;
            other.start_group(edge.now, GroupId{0}, sink);
            other.on_deadline(edge.now + 1h, sink);  // must not crash
        }
    }
}
