// SPDX-License-Identifier: GPL-2.0-or-later
// The world around a ResourceManager in tests: virtual time, addresses, scripts, routes and a
// bridge that really change, answers that come late or badly, and checks of everything that must
// hold at each action.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "../../cluster-core/src/resources/resource_manager.hpp"
#include "emulated_bridge.hpp"
#include "support/catch.hpp"

namespace testing {

/// How the world deals with one answered action.
struct Fate {
    cluster::Duration after = 1ms;
    cluster::Outcome outcome = cluster::Outcome::done;
    int code = 0;
    bool never = false;    ///< hangs until it is cancelled
    std::string output{};  ///< status only; empty: the truth
};

/// "start 2", "stop 0", "acquire 0", "query", "replace", … of group g as "g: start 2".
struct Note {
    cluster::Instant at;
    std::string what;
};

inline cluster::NodeFiles files_of(const std::string& haresources) {
    cluster::NodeFiles files;
    files.ha.nodes = {"asterisk1", "asterisk2"};
    auto parsed = cluster::parse_haresources(haresources, "haresources", files.ha.nodes);
    REQUIRE(parsed.ok());
    files.resources = parsed.value;
    return files;
}

class FakeEdge {
  public:
    explicit FakeEdge(cluster::NodeFiles node_files,
                      cluster::Quirks node_quirks = cluster::Quirks::ours())
        : files(std::move(node_files)), quirks(node_quirks), manager(make_manager()) {}

    cluster::NodeFiles files;
    cluster::Quirks quirks;
    cluster::Issuer issuer;
    std::unique_ptr<cluster::ResourceManager> manager;

    cluster::Instant now{1000s};
    std::function<Fate(const cluster::Action&)> fate = [](const cluster::Action&) {
        return Fate{};
    };
    bool hand_over = false;  ///< save and load the manager before each event

    // The truth.
    std::set<std::string> addresses;
    std::set<cluster::ResourceId> agents;  ///< running
    std::vector<cluster::Route> routes;
    /// False while addresses go off and on under running members, with answers that nobody awaits.
    bool orderly = true;
    EmulatedBridge bridge;

    // What was seen.
    std::vector<Note> notes;
    std::vector<cluster::GroupOutcome> outcomes;
    std::vector<cluster::ResourceStateChanged> states;
    std::vector<cluster::BridgeStep> bridge_steps;
    std::vector<std::pair<cluster::Instant, cluster::ArpForm>> announcements;

    void start(int group = 0) {
        manager->start_group(now, static_cast<cluster::GroupId>(group), m_sink);
        execute();
    }

    void stop(int group = 0) {
        manager->stop_group(now, static_cast<cluster::GroupId>(group), m_sink);
        execute();
    }

    template <class Call>
    void call(const Call& what) {
        what(m_sink);
        execute();
    }

    void announce_again() {
        manager->announce_again(now, cluster::GroupId{0}, m_sink);
        execute();
    }

    void repoint_again() {
        manager->repoint_again(now, cluster::GroupId{0}, m_sink);
        execute();
    }

    void look_at_bridge() {
        manager->look_at_bridge(now, cluster::GroupId{0}, m_sink);
        execute();
    }

    /// The next thing that happens; false when nothing will.
    bool step() {
        if (hand_over) {
            exchange_manager();
        }
        const auto due =
            std::min_element(m_pending.begin(),
                             m_pending.end(),
                             [](const Pending& a, const Pending& b) { return a.at < b.at; });
        const bool answer = due != m_pending.end() && !due->fate.never;
        const auto deadline = manager->next_deadline();
        const bool reply = !m_replies.empty();
        if (!answer && !reply && !deadline) {
            return false;
        }
        if (answer && (!deadline || due->at <= *deadline) &&
            (!reply || due->at <= m_replies.front().first)) {
            const Pending pending = *due;
            m_pending.erase(due);
            now = std::max(now, pending.at);
            complete(pending, pending.fate.outcome);
        } else if (reply && (!deadline || m_replies.front().first <= *deadline)) {
            const auto [at, bytes] = m_replies.front();
            m_replies.pop_front();
            now = std::max(now, at);
            manager->on_bridge_reply(now, bytes, m_sink);
            execute();
        } else {
            now = std::max(now, *deadline);
            manager->on_deadline(now, m_sink);
            execute();
        }
        return true;
    }

    void run_for(cluster::Duration how_long) {
        const cluster::Instant end = now + how_long;
        while (next_event() <= end && step()) {
        }
        now = end;
    }

    /// Until the manager has nothing to do; the announcements may go on.
    void settle(cluster::Duration bound = 3600s) {
        const cluster::Instant end = now + bound;
        while (!manager->idle() && now < end) {
            if (!step()) {
                break;
            }
        }
        REQUIRE(manager->idle());
    }

    [[nodiscard]] std::vector<std::string> what() const {
        std::vector<std::string> all;
        for (const Note& note : notes) {
            all.push_back(note.what);
        }
        return all;
    }

    [[nodiscard]] bool has_pending() const { return !m_pending.empty(); }

  private:
    struct Pending {
        cluster::Instant at;
        cluster::ActionId id{};
        cluster::Action action;
        Fate fate;
    };

    std::unique_ptr<cluster::ResourceManager> make_manager() {
        return std::make_unique<cluster::ResourceManager>(files, quirks, issuer);
    }

    void exchange_manager() {
        std::vector<std::byte> bytes;
        manager->save(bytes);
        manager = make_manager();
        std::span<const std::byte> view = bytes;
        REQUIRE(manager->load(view));
        REQUIRE(view.empty());
    }

    [[nodiscard]] cluster::Instant next_event() const {
        auto next = manager->next_deadline().value_or(cluster::Instant::max());
        for (const Pending& pending : m_pending) {
            next = pending.fate.never ? next : std::min(next, pending.at);
        }
        return m_replies.empty() ? next : std::min(next, m_replies.front().first);
    }

    void complete(const Pending& pending, cluster::Outcome outcome) {
        cluster::ActionCompleted completed{.id = pending.id,
                                           .outcome = outcome,
                                           .code = pending.fate.code,
                                           .output = {},
                                           .routes = {}};
        std::string output;
        std::vector<cluster::Route> table;
        std::visit(
            [&](const auto& action) {
                using A = std::decay_t<decltype(action)>;
                const bool well = outcome == cluster::Outcome::done;
                if constexpr (std::is_same_v<A, cluster::AcquireAddress>) {
                    if (well) {
                        addresses.insert(action.address.address);
                    }
                } else if constexpr (std::is_same_v<A, cluster::ReleaseAddress>) {
                    if (well) {
                        addresses.erase(action.address.address);
                        // The kernel's trap: a connected route that prefers the address goes with
                        // it.
                        std::erase_if(routes, [&](const auto& r) {
                            return r.source == action.address.address;
                        });
                    }
                } else if constexpr (std::is_same_v<A, cluster::QueryRoutes>) {
                    table = routes;
                    completed.routes = table;
                } else if constexpr (std::is_same_v<A, cluster::ReplaceRoute>) {
                    const auto old = std::find_if(routes.begin(), routes.end(), [&](const auto& r) {
                        return r.destination == action.route.destination &&
                               r.gateway == action.route.gateway &&
                               r.interface == action.route.interface &&
                               r.metric == action.route.metric;
                    });
                    if (well && old != routes.end()) {
                        *old = action.route;
                    } else {
                        completed.outcome = well ? cluster::Outcome::failed : outcome;
                    }
                } else if constexpr (std::is_same_v<A, cluster::RunAgent>) {
                    if (action.op == cluster::AgentOp::status) {
                        const bool up = agents.count(action.resource) != 0;
                        output = !pending.fate.output.empty() ? pending.fate.output
                                 : up                         ? "asterisk is running"
                                                              : "asterisk is not running";
                        if (pending.fate.code == 0 && !up) {
                            completed.code = 7;  // OCF and LSB agents would say so
                        }
                        completed.output = output;
                    } else if (well && pending.fate.code == 0) {
                        if (action.op == cluster::AgentOp::start) {
                            agents.insert(action.resource);
                        } else {
                            agents.erase(action.resource);
                        }
                    }
                }
            },
            pending.action);
        const bool wanted = manager->on_completed(now, completed, m_sink);
        CHECK((wanted || !orderly));
        execute();
        CHECK_FALSE(manager->on_completed(now, completed, m_sink));  // a second answer is nobody's
        CHECK(m_sink.empty());
    }

    void note(cluster::ResourceId id, const std::string& verb) {
        notes.push_back({now,
                         std::to_string(static_cast<int>(id.group)) + ": " + verb + " " +
                             std::to_string(id.position)});
    }

    /// Whatever is asked for must keep the order: to the left all run; to the right all are down or
    /// given up.
    void check_order(cluster::ResourceId id, bool starting) {
        if (!orderly) {
            return;
        }
        const auto& all = manager->states(id.group);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (starting && i < id.position) {
                CHECK(all[i] == cluster::ResourceState::running);
            }
            if (!starting && i > id.position) {
                CHECK((all[i] == cluster::ResourceState::stopped ||
                       all[i] == cluster::ResourceState::failed));
            }
        }
        // One thing at a time per group.
        for (const Pending& pending : m_pending) {
            CHECK(group_of(pending.action) != id.group);
        }
    }

    static cluster::GroupId group_of(const cluster::Action& action) {
        return std::visit(
            [](const auto& a) {
                if constexpr (requires { a.resource.group; }) {
                    return a.resource.group;
                } else {
                    return cluster::GroupId{0xFFFF};
                }
            },
            action);
    }

    void answer_later(cluster::ActionId id, const cluster::Action& action) {
        const Fate f = fate(action);
        m_pending.push_back({now + f.after, id, action, f});
    }

    void execute() {
        // The manager is re-entered only from step(), so the list does not change while it is
        // walked.
        const auto actions = m_sink.actions();
        for (const auto& issued : actions) {
            CHECK(static_cast<std::uint64_t>(issued.id) > m_last_id);
            m_last_id = static_cast<std::uint64_t>(issued.id);
            std::visit([&](const auto& action) { execute_one(issued.id, action); }, issued.action);
        }
        m_sink.clear();
        for (const auto& outcome : manager->take_outcomes()) {
            outcomes.push_back(outcome);
        }
    }

    void execute_one(cluster::ActionId id, const cluster::AcquireAddress& a) {
        check_order(a.resource, true);
        note(a.resource, "acquire");
        answer_later(id, a);
    }
    void execute_one(cluster::ActionId id, const cluster::ReleaseAddress& a) {
        check_order(a.resource, false);
        note(a.resource, "release");
        answer_later(id, a);
    }
    void execute_one(cluster::ActionId, const cluster::AnnounceAddress& a) {
        CHECK(addresses.count(a.address.address) != 0);
        announcements.emplace_back(now, a.form);
    }
    void execute_one(cluster::ActionId id, const cluster::QueryRoutes& a) {
        notes.push_back({now, "query"});
        answer_later(id, a);
    }
    void execute_one(cluster::ActionId id, const cluster::ReplaceRoute& a) {
        notes.push_back({now, "replace " + a.route.destination + " src " + a.route.source});
        answer_later(id, a);
    }
    void execute_one(cluster::ActionId id, const cluster::RunAgent& a) {
        const char* verb = a.op == cluster::AgentOp::start  ? "start"
                           : a.op == cluster::AgentOp::stop ? "stop"
                                                            : "status";
        if (a.op != cluster::AgentOp::status) {
            check_order(a.resource, a.op == cluster::AgentOp::start);
        }
        note(a.resource, verb);
        answer_later(id, a);
    }
    void execute_one(cluster::ActionId, const cluster::SendBridgeCommand& a) {
        const auto request = cluster::wire::decode_bridge_request(a.bytes);
        const int number = ++bridge.requests;
        if (bridge.mute || bridge.lose_request.count(number) != 0) {
            return;
        }
        auto reply = bridge.execute(request.value());
        if (bridge.lose_reply.count(number) == 0) {
            m_replies.emplace_back(now + 6ms, std::move(reply));
        }
    }
    void execute_one(cluster::ActionId, const cluster::Cancel& a) {
        const auto found = std::find_if(
            m_pending.begin(), m_pending.end(), [&](const Pending& p) { return p.id == a.target; });
        REQUIRE(found != m_pending.end());
        notes.push_back({now, "cancel"});
        // The contract's answer, which the manager no longer waits for.
        m_cancelled.push_back(found->id);
        m_pending.erase(found);
    }
    void execute_one(cluster::ActionId, const cluster::Report& a) {
        if (const auto* state = std::get_if<cluster::ResourceStateChanged>(&a.body)) {
            states.push_back(*state);
        } else if (const auto* bridge_step = std::get_if<cluster::BridgeStep>(&a.body)) {
            bridge_steps.push_back(*bridge_step);
        } else {
            FAIL("a report that is not ours");
        }
    }
    template <class Other>
    void execute_one(cluster::ActionId, const Other&) {
        FAIL("an action that is not the manager's");
    }

    cluster::ActionSink m_sink;
    std::vector<Pending> m_pending;
    std::deque<std::pair<cluster::Instant, std::vector<std::byte>>> m_replies;
    std::vector<cluster::ActionId> m_cancelled;
    std::uint64_t m_last_id = 0;

  public:
    /// Answers every cancelled action after the fact; nobody may listen.
    void answer_cancelled() {
        for (const cluster::ActionId id : m_cancelled) {
            const cluster::ActionCompleted late{.id = id,
                                                .outcome = cluster::Outcome::cancelled,
                                                .code = 0,
                                                .output = {},
                                                .routes = {}};
            CHECK_FALSE(manager->on_completed(now, late, m_sink));
            CHECK(m_sink.empty());
        }
        m_cancelled.clear();
    }
};

}  // namespace testing
