// SPDX-License-Identifier: GPL-2.0-or-later
// Suspending, resuming and clearing a group: which addresses are on, and that nothing else is
// touched.
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "../../cluster-core/src/resources/resource_manager.hpp"
#include "support/catch.hpp"

using namespace cluster;

namespace {

/// Answers everything at once, but what `held` names ("start 1"), which answer() does.
class Desk {
  public:
    explicit Desk(const std::string& haresources) {
        files.ha.nodes = {"asterisk1", "asterisk2"};
        files.resources = parse_haresources(haresources, "haresources", files.ha.nodes).value;
        manager = std::make_unique<ResourceManager>(files, quirks, issuer);
    }

    template <class Call>
    void call(Call&& what) {
        ActionSink sink;
        what(sink);
        execute(sink);
    }
    void start() {
        call([&](ActionSink& out) { manager->start_group(now, GroupId{0}, out); });
    }
    void stop() {
        call([&](ActionSink& out) { manager->stop_group(now, GroupId{0}, out); });
    }
    void suspend() {
        call([&](ActionSink& out) { manager->suspend_group(now, GroupId{0}, out); });
    }
    void resume() {
        call([&](ActionSink& out) { manager->resume_group(now, GroupId{0}, out); });
    }
    void clear() {
        call([&](ActionSink& out) { manager->clear_group(now, GroupId{0}, out); });
    }
    void answer(bool well = true) {
        REQUIRE(waiting.has_value());
        const IssuedAction issued = *waiting;
        waiting.reset();
        reply(issued, well);
    }
    [[nodiscard]] std::vector<GroupOutcome::Kind> outcomes() {
        std::vector<GroupOutcome::Kind> kinds;
        for (const GroupOutcome& outcome : manager->take_outcomes()) {
            kinds.push_back(outcome.kind);
        }
        return kinds;
    }
    void exchange() {
        std::vector<std::byte> bytes;
        manager->save(bytes);
        manager = std::make_unique<ResourceManager>(files, quirks, issuer);
        std::span<const std::byte> view = bytes;
        REQUIRE(manager->load(view));
    }

    NodeFiles files;
    Quirks quirks;
    Issuer issuer;
    std::unique_ptr<ResourceManager> manager;
    Instant now{std::chrono::seconds{1}};
    std::string held;
    bool refuse_addresses = false;
    std::optional<IssuedAction> waiting;
    std::set<std::string> addresses;
    std::set<std::uint16_t> agents;
    std::vector<std::string> done;  ///< "acquire 0", "start 1", …
    int announced = 0;

  private:
    void execute(const ActionSink& sink) {
        const std::vector<IssuedAction> actions = sink.actions();
        for (const IssuedAction& issued : actions) {
            const std::string what = name_of(issued.action);
            if (what.empty()) {
                continue;
            }
            done.push_back(what);
            if (what == held) {
                waiting = issued;
            } else {
                reply(issued, !(refuse_addresses && what.starts_with("acquire")));
            }
        }
    }

    std::string name_of(const Action& action) {
        if (const auto* acquire = std::get_if<AcquireAddress>(&action)) {
            return "acquire " + std::to_string(acquire->resource.position);
        }
        if (const auto* release = std::get_if<ReleaseAddress>(&action)) {
            return "release " + std::to_string(release->resource.position);
        }
        if (const auto* agent = std::get_if<RunAgent>(&action)) {
            const char* op = agent->op == AgentOp::start  ? "start "
                             : agent->op == AgentOp::stop ? "stop "
                                                          : "status ";
            return op + std::to_string(agent->resource.position);
        }
        if (const auto* announce = std::get_if<AnnounceAddress>(&action)) {
            CHECK(addresses.count(announce->address.address) == 1);
            ++announced;
        }
        return {};
    }

    void reply(const IssuedAction& issued, bool well) {
        ActionCompleted completed{.id = issued.id,
                                  .outcome = well ? Outcome::done : Outcome::failed,
                                  .code = well ? 0 : 1,
                                  .output = {},
                                  .routes = {}};
        if (const auto* acquire = std::get_if<AcquireAddress>(&issued.action); acquire && well) {
            addresses.insert(acquire->address.address);
        } else if (const auto* release = std::get_if<ReleaseAddress>(&issued.action)) {
            addresses.erase(release->address.address);
        } else if (const auto* agent = std::get_if<RunAgent>(&issued.action)) {
            const std::uint16_t position = agent->resource.position;
            if (agent->op == AgentOp::start && well) {
                agents.insert(position);
            } else if (agent->op == AgentOp::stop) {
                agents.erase(position);
            }
            completed.output = agents.count(position) != 0 ? "running" : "not running";
        }
        call([&](ActionSink& out) {
            static_cast<void>(manager->on_completed(now, completed, out));
        });
    }
};

using Words = std::vector<std::string>;
using Kind = GroupOutcome::Kind;

}  // namespace

TEST_CASE("Suspend: addresses go off at once, come back announced, and nothing else is touched",
          "[core][resources][native]") {
    const bool handed_over = GENERATE(false, true);
    Desk desk{"asterisk1 10.0.0.1 asterisk 10.0.0.2\n"};
    desk.start();
    CHECK(desk.outcomes() == std::vector{Kind::started});
    desk.done.clear();
    desk.suspend();
    CHECK(desk.addresses.empty());
    CHECK(desk.agents.size() == 1);
    CHECK(desk.done == Words{"release 2", "release 0"});
    CHECK(desk.manager->all_running(GroupId{0}));
    if (handed_over) {
        desk.exchange();
    }
    desk.suspend();
    CHECK(desk.done.size() == 2);
    desk.announced = 0;
    desk.resume();
    CHECK(desk.addresses.size() == 2);
    CHECK(desk.done == Words{"release 2", "release 0", "acquire 0", "acquire 2"});
    CHECK(desk.announced == 2);
    CHECK(desk.outcomes().empty());
}

TEST_CASE("Suspend: a group that is starting goes on without its addresses",
          "[core][resources][native]") {
    const bool handed_over = GENERATE(false, true);
    Desk desk{"asterisk1 10.0.0.1 asterisk 10.0.0.2\n"};
    desk.held = "start 1";
    desk.start();
    CHECK(desk.addresses.size() == 1);
    desk.suspend();
    CHECK(desk.addresses.empty());
    if (handed_over) {
        desk.exchange();
    }
    desk.answer();
    CHECK(desk.outcomes() == std::vector{Kind::started});
    CHECK(desk.addresses.empty());
    CHECK(desk.agents.size() == 1);
    desk.resume();
    CHECK(desk.addresses.size() == 2);
}

TEST_CASE("Suspend: ends with the next stop, whatever had been reached",
          "[core][resources][native]") {
    Desk desk{"asterisk1 10.0.0.1 asterisk 10.0.0.2\n"};
    desk.held = "start 1";
    desk.start();
    desk.suspend();
    desk.answer(false);
    CHECK(desk.outcomes() == std::vector{Kind::start_failed});
    desk.held.clear();
    desk.stop();
    desk.start();
    CHECK(desk.addresses.size() == 2);
    desk.suspend();
    desk.stop();
    CHECK(desk.addresses.empty());
    CHECK(desk.agents.empty());
    desk.resume();
    CHECK(desk.addresses.empty());
    desk.start();
    CHECK(desk.addresses.size() == 2);
}

TEST_CASE("Suspend: an address that cannot be put on again shows as failed",
          "[core][resources][native]") {
    Desk desk{"asterisk1 10.0.0.1 asterisk\n"};
    desk.start();
    desk.suspend();
    desk.refuse_addresses = true;
    desk.resume();
    CHECK_FALSE(desk.manager->all_running(GroupId{0}));
    CHECK(desk.manager->any_running(GroupId{0}));
}

TEST_CASE("Clear: addresses first, then only what runs is stopped", "[core][resources][native]") {
    Desk desk{"asterisk1 10.0.0.1 dahdi asterisk\n"};
    desk.addresses = {"10.0.0.1"};
    desk.agents = {1};
    const bool handed_over = GENERATE(false, true);
    desk.held = "status 2";
    desk.clear();
    CHECK(desk.addresses.empty());
    if (handed_over) {
        desk.exchange();
    }
    desk.answer();
    CHECK(desk.done == Words{"release 0", "status 2", "status 1", "stop 1", "release 0"});
    CHECK(desk.agents.empty());
    CHECK(desk.outcomes() == std::vector{Kind::stopped});
    CHECK_FALSE(desk.manager->any_running(GroupId{0}));
    desk.held.clear();
    desk.done.clear();
    desk.start();
    CHECK(desk.addresses.size() == 1);
    CHECK(desk.agents.size() == 2);
    desk.stop();
    CHECK(desk.done == Words{"acquire 0",
                             "status 1",
                             "start 1",
                             "status 2",
                             "start 2",
                             "stop 2",
                             "stop 1",
                             "release 0"});
}
