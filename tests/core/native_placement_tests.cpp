// SPDX-License-Identifier: GPL-2.0-or-later
// docs/native-protocol.md §5.3 and §6 as tables: who may go on, and who gets which group.
#include <vector>

#include "../../cluster-core/src/ownership/native/placement.hpp"
#include "../../cluster-core/src/ownership/native/view.hpp"
#include "support/catch.hpp"

using namespace cluster;
using wire::Hold;
using wire::NodeSet;

namespace {

NodeSet set_of(std::initializer_list<std::size_t> nodes) {
    NodeSet set;
    for (const std::size_t node : nodes) {
        set.insert(node);
    }
    return set;
}

/// Members with state, ready and holding nothing; homes and order from the configuration.
struct Case {
    Case(std::size_t nodes, const std::vector<std::string>& homes, NativeSettings settings = {}) {
        HaConfig ha;
        HaResources resources;
        for (std::size_t n = 0; n < nodes; ++n) {
            ha.nodes.push_back(std::string(1, static_cast<char>('a' + n)));
        }
        for (std::size_t g = 0; g < homes.size(); ++g) {
            ResourceWord word;
            word.text = "g" + std::to_string(g);
            resources.groups.push_back({homes[g], {word}, {}});
        }
        order = make_order(ha, resources, settings);
        states.resize(nodes);
        for (wire::NativeState& state : states) {
            state.flags.ready = true;
            state.groups.resize(homes.size());
        }
        input.order = &order;
        input.failback = true;
        input.capacity = static_cast<std::uint32_t>(settings.capacity);
        input.members = NodeSet::all(nodes);
        input.owned_outside.assign(homes.size(), false);
        input.may_preempt.assign(homes.size(), false);
    }

    void holds(std::size_t node, std::size_t group, Hold hold = Hold::up, std::uint64_t epoch = 1) {
        states[node].groups[group] = {hold, epoch, wire::FailureReason::none};
    }
    std::vector<std::int32_t> owners() {
        input.states.clear();
        for (const wire::NativeState& state : states) {
            input.states.push_back(&state);
        }
        last = place(input);
        return last.owners;
    }

    PlacementOrder order;
    std::vector<wire::NativeState> states;
    PlacementInput input;
    Placement last;
};

using Owners = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("Quorum: majority, half and minority", "[core][native]") {
    TieBreakers ties;
    ties.rule = TieBreak::none;
    const NodeSet five = NodeSet::all(5);
    CHECK(quorum(set_of({0, 1, 2}), five, ties) == Quorum::yes);
    CHECK(quorum(set_of({3, 4}), five, ties) == Quorum::no);
    CHECK(quorum(set_of({3, 4, 7}), five, ties) == Quorum::no);  // 7 has no vote
    const NodeSet four = NodeSet::all(4);
    CHECK(quorum(set_of({0, 3}), four, ties) == Quorum::yes);
    CHECK(quorum(set_of({1, 2}), four, ties) == Quorum::no);
    const NodeSet pair = set_of({1, 3});
    CHECK(quorum(set_of({1}), pair, ties) == Quorum::unsafe);
    CHECK(quorum(set_of({3}), pair, ties) == Quorum::unsafe);
    CHECK(quorum(set_of({1, 3}), pair, ties) == Quorum::yes);
    CHECK(quorum(set_of({2}), pair, ties) == Quorum::no);
    CHECK(quorum(set_of({3}), set_of({3}), ties) == Quorum::yes);
}

TEST_CASE("Quorum: what breaks the tie of two", "[core][native]") {
    const NodeSet pair = NodeSet::all(2);
    TieBreakers ties;
    ties.rule = TieBreak::first_node;
    CHECK(quorum(set_of({0}), pair, ties) == Quorum::yes);
    CHECK(quorum(set_of({1}), pair, ties) == Quorum::no);
    for (const TieBreak rule : {TieBreak::automatic, TieBreak::ping}) {
        ties = {};
        ties.rule = rule;
        CHECK(quorum(set_of({0}), pair, ties) == Quorum::unsafe);  // no targets
        ties.pings = true;
        CHECK(quorum(set_of({0}), pair, ties) == Quorum::unsafe);  // they were down before
        ties.pings_counted = true;
        CHECK(quorum(set_of({0}), pair, ties) == Quorum::no);
        ties.reach_ping = set_of({0});
        CHECK(quorum(set_of({0}), pair, ties) == Quorum::yes);
        CHECK(quorum(set_of({1}), pair, ties) == Quorum::no);
    }
    ties.rule = TieBreak::none;
    CHECK(quorum(set_of({1}), pair, ties) == Quorum::unsafe);
    ties.fencing = true;
    CHECK(quorum(set_of({1}), pair, ties) == Quorum::yes);
    // Four: automatic is the first node, pings only when asked for.
    ties = {};
    ties.pings = ties.pings_counted = true;
    ties.reach_ping = set_of({2});
    CHECK(quorum(set_of({2, 3}), NodeSet::all(4), ties) == Quorum::no);
    ties.rule = TieBreak::ping;
    CHECK(quorum(set_of({2, 3}), NodeSet::all(4), ties) == Quorum::yes);
    CHECK(quorum(set_of({0, 1}), NodeSet::all(4), ties) == Quorum::no);
}

TEST_CASE("Placement: groups start at home, then on spares, the least loaded first",
          "[core][native]") {
    Case n_plus_m{5, {"a", "b", "c"}};
    CHECK(n_plus_m.owners() == Owners{0, 1, 2});
    n_plus_m.input.members = set_of({2, 3, 4});
    CHECK(n_plus_m.owners() == Owners{3, 4, 2});
    n_plus_m.input.members = set_of({2, 4});
    CHECK(n_plus_m.owners() == Owners{4, 4, 2});  // no group waits, whatever the load
}

TEST_CASE("Placement: capacity makes the next failure without a spare a clear state",
          "[core][native]") {
    NativeSettings settings;
    settings.capacity = 1;
    Case spare{3, {"a", "b"}, settings};
    spare.input.members = set_of({1, 2});
    CHECK(spare.owners() == Owners{2, 1});
    spare.input.members = set_of({2});
    spare.holds(2, 0);
    CHECK(spare.owners() == Owners{2, wire::no_owner});
    CHECK(spare.last.why[1] == Unplaced::spares_exhausted);
    spare.states[2].flags.standby = true;
    CHECK(spare.owners() == Owners{wire::no_owner, wire::no_owner});
    CHECK(spare.last.why[0] == Unplaced::no_eligible_node);
}

TEST_CASE("Placement: two homes are each other's backup", "[core][native]") {
    Case pair{2, {"a", "b"}};
    CHECK(pair.owners() == Owners{0, 1});
    pair.input.members = set_of({1});
    CHECK(pair.owners() == Owners{1, 1});
}

TEST_CASE("Placement: the configured order comes after home", "[core][native]") {
    NativeSettings settings;
    settings.order = {"c", "b", "unknown"};
    settings.group_order["g1"] = {"b"};
    Case ordered{4, {"a", "a"}, settings};
    CHECK(ordered.order.by_group[0] == std::vector<std::uint32_t>{0, 2, 1, 3});
    CHECK(ordered.order.by_group[1] == std::vector<std::uint32_t>{0, 1, 2, 3});
    ordered.input.members = set_of({1, 2, 3});
    CHECK(ordered.owners() == Owners{2, 1});
}

TEST_CASE("Placement: who holds a group keeps it, the one of highest rank", "[core][native]") {
    Case three{3, {"a"}};
    three.holds(2, 0, Hold::up, 4);
    CHECK(three.owners() == Owners{2});
    three.holds(1, 0, Hold::up, 5);
    CHECK(three.owners() == Owners{1});  // the later epoch
    three.holds(0, 0, Hold::up, 1);
    CHECK(three.owners() == Owners{0});  // its home, with auto_failback
    three.input.failback = false;
    CHECK(three.owners() == Owners{1});
    three.states[1].flags.leaving = true;
    CHECK(three.owners() == Owners{2});
    three.holds(2, 0, Hold::suspended, 9);
    CHECK(three.owners() == Owners{0});  // up before suspended
}

TEST_CASE("Placement: the home takes back after its delay, and only when it is fit",
          "[core][native]") {
    Case pair{2, {"a"}};
    pair.holds(1, 0);
    CHECK(pair.owners() == Owners{1});
    pair.input.may_preempt[0] = true;
    CHECK(pair.owners() == Owners{0});
    pair.input.failback = false;
    CHECK(pair.owners() == Owners{1});
    pair.input.failback = true;
    pair.states[0].health = wire::HealthState::critical;
    CHECK(pair.owners() == Owners{1});
    pair.states[0].health = wire::HealthState::ok;
    pair.states[0].groups[0].failure = wire::FailureReason::start;
    CHECK(pair.owners() == Owners{1});
}

TEST_CASE("Placement: what speaks against a node", "[core][native]") {
    Case pair{2, {"a"}};
    wire::NativeState& home = pair.states[0];
    const wire::NativeState fit = home;
    home.flags.ready = false;
    CHECK(pair.owners() == Owners{1});
    home = fit;
    home.flags.standby = true;
    CHECK(pair.owners() == Owners{1});
    home = fit;
    home.flags.no_carrier = true;
    CHECK(pair.owners() == Owners{1});
    home = fit;
    home.groups[0].failure = wire::FailureReason::monitor;
    CHECK(pair.owners() == Owners{1});
    home = fit;
    home.health = wire::HealthState::failed;
    CHECK(pair.owners() == Owners{1});
    home = fit;
    home.health = wire::HealthState::critical;
    CHECK(pair.owners() == Owners{1});  // only if nobody healthier is there
    pair.states[1].health = wire::HealthState::critical;
    CHECK(pair.owners() == Owners{0});
    // All failed: a sick service is better than none, but nothing is started on a sick node.
    home.health = pair.states[1].health = wire::HealthState::failed;
    CHECK(pair.owners() == Owners{wire::no_owner});
    pair.holds(1, 0);
    CHECK(pair.owners() == Owners{1});
}

TEST_CASE("Placement: a group owned outside gets no owner; an operator's wish comes first",
          "[core][native]") {
    Case three{3, {"a"}};
    three.input.owned_outside[0] = true;
    CHECK(three.owners() == Owners{wire::no_owner});
    CHECK(three.last.why[0] == Unplaced::owned_outside);
    three.input.owned_outside[0] = false;
    three.holds(0, 0);
    three.states[2].asked = {{0, 1}};
    CHECK(three.owners() == Owners{1});
    three.states[1].flags.standby = true;
    CHECK(three.owners() == Owners{0});
}
