// SPDX-License-Identifier: GPL-2.0-or-later
// SystemModel and analyze(): the call centre against lists written by hand from its topology and
// files, and what changes when one thing of it is changed.
#include "analysis_support.hpp"

using namespace sim;
using namespace sim::analysis;
using namespace std::chrono_literals;

TEST_CASE("Analysis: single points between the callers and the service of the call centre",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Analysis analysis = analyze(scenario, model);
    CHECK(names(model, pair(analysis, "telco", "service").single_points) ==
          Names{"fb1", "pri", "tdm3", "tdmsw"});
    CHECK(names(model, pair(analysis, "bank2", "service").single_points) ==
          Names{"fb1", "t1-bank2", "tdm3", "tdmsw"});
    CHECK(pair(analysis, "bank2", "service").component_disjoint == 1U);
    CHECK(names(model, pair(analysis, "probe", "service").single_points) == Names{"lan3", "sw1"});
    CHECK(names(model, pair(analysis, "telco", "service").shortest_way) ==
          Names{"asterisk1", "fb1", "pri", "tdm1", "tdm3", "tdmsw"});
}

TEST_CASE("Analysis: the call centre has one heartbeat path, and each part of it is a single point",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Analysis analysis = analyze(scenario, model);
    const PairResult& members = pair(analysis, "asterisk1", "asterisk2");
    CHECK(members.kind == Ways::Kind::heartbeat);
    CHECK(members.component_disjoint == 1U);
    CHECK(names(model, members.single_points) == Names{"lan1", "lan2", "sw1"});
    REQUIRE(model.heartbeats().size() == 1);
    CHECK(model.heartbeats()[0].configured == "bcast eth0");
    CHECK(found(model, "one-heartbeat-path", "sw1, lan1 and lan2"));
    CHECK(found(model, "unused-heartbeat-cable", "null-modem"));
    CHECK(found(model, "heartbeat-shares-switch", "sw1 carries the heartbeats and the clients"));
    CHECK(found(model, "unused-heartbeat-switch", "tdmsw"));
    CHECK(found(model, "no-battery", "psu1"));
    CHECK(found(model, "no-power-named", "sw1, tdmsw and fb1"));
    CHECK_FALSE(found(model, "shared-power", ""));
}

TEST_CASE("Analysis: exactly these single failures of the call centre leave no call, no outside "
          "call, or fewer stations",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Analysis analysis = analyze(scenario, model);
    const auto with = [&](Impact impact) {
        return singles(
            model, analysis, [&](const FailureResult& result) { return result.impact == impact; });
    };
    // tdm1: asterisk2 has a way, but nothing in the files watches asterisk1's TDM cable.
    CHECK(with(Impact::everything) == Names{"fb1", "tdm1", "tdm3", "tdmsw"});
    CHECK(with(Impact::directions) == Names{"pri", "telco"});
    CHECK(with(Impact::stations) ==
          Names{"bank1", "bank2", "bank3", "t1-bank1", "t1-bank2", "t1-bank3"});
    CHECK(with(Impact::none) == Names{"asterisk1",
                                      "asterisk2",
                                      "lan1",
                                      "lan2",
                                      "lan3",
                                      "null-modem",
                                      "psu1",
                                      "psu2",
                                      "sw1",
                                      "tdm2"});
    const Outlook tdm1 = after(model, {"tdm1"});
    CHECK(reach(tdm1, "outward").cause == Reach::Cause::not_moved);
    CHECK(tdm1.may_own == Names{"asterisk1"});
}

TEST_CASE("Analysis: stations fill the banks in file order, and are counted when a bank is cut off",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    CHECK(reach(after(model, {"bank1"}), "outward").served == 36);  // 60 = 24 + 24 + 12
    CHECK(reach(after(model, {"t1-bank3"}), "station-to-station").served == 48);
    CHECK(reach(after(model, {"bank1", "bank2", "bank3"}), "inward").none());
    const Outlook telco = after(model, {"telco"});
    CHECK(reach(telco, "outward").none());
    CHECK(reach(telco, "inward").why == "telco cut off");
    CHECK(reach(telco, "station-to-station").all());
}

TEST_CASE("Analysis: one supply for both members is a single point", "[sim][analysis]") {
    Scenario scenario = call_centre();
    node(scenario, "asterisk2").power = "psu1";
    const SystemModel model(scenario);
    CHECK(found(model, "shared-power", "psu1 feeds asterisk1 and asterisk2"));
    const Outlook outlook = after(model, {"psu1"});
    CHECK(reach(outlook, "station-to-station").none());
    CHECK(reach(outlook, "outward").why == "no member has power");
    CHECK(outlook.may_own.empty());
}

TEST_CASE("Analysis: a member and a switch on one supply are told", "[sim][analysis]") {
    Scenario scenario = call_centre();
    node(scenario, "tdmsw").power = "psu2";
    const SystemModel model(scenario);
    CHECK(found(model, "shared-power", "psu2 feeds asterisk2 together with tdmsw"));
    CHECK(reach(after(model, {"psu2"}), "outward").none());  // takes the way of the other, too
}

TEST_CASE("Analysis: the serial line in ha.cf makes a second heartbeat path", "[sim][analysis]") {
    Scenario scenario = call_centre();
    for (auto& [member, files] : scenario.cluster.files) {
        cluster::LinkConfig serial;
        serial.kind = cluster::LinkKind::serial;
        serial.device = "/dev/ttyS0";
        files.ha.links.push_back(serial);
    }
    const SystemModel model(scenario);
    const Analysis analysis = analyze(scenario, model);
    const PairResult& members = pair(analysis, "asterisk1", "asterisk2");
    CHECK(members.component_disjoint == 2U);
    CHECK(members.single_points.empty());
    CHECK(members.minimum_cut.size() == 2);
    CHECK_FALSE(found(model, "unused-heartbeat-cable", ""));
    CHECK_FALSE(found(model, "one-heartbeat-path", ""));
    // They still hear each other, so the service stays where it is.
    CHECK(after(model, {"lan1"}).may_own == Names{"asterisk1"});
    CHECK(after(model, {"lan1", "null-modem"}).may_own == Names{"asterisk1", "asterisk2"});
}

TEST_CASE("Analysis: a path of ha.cf that no cable carries is told", "[sim][analysis]") {
    Scenario scenario = call_centre();
    for (auto& [member, files] : scenario.cluster.files) {
        files.ha.links[0].device = "eth7";
    }
    const SystemModel model(scenario);
    CHECK(found(model, "heartbeat-path-nowhere", "bcast eth7"));
    CHECK(found(model, "no-heartbeat-path", "asterisk1 and asterisk2"));
}

TEST_CASE(
    "Analysis: without a peer's heartbeats a member may take, unless it has no carrier itself",
    "[sim][analysis]") {
    Scenario scenario = call_centre();
    const SystemModel model(scenario);
    CHECK(after(model, {}).may_own == Names{"asterisk1"});
    CHECK(after(model, {"lan1"}).may_own == Names{"asterisk1", "asterisk2"});
    CHECK(after(model, {"lan2"}).may_own == Names{"asterisk1"});
    CHECK(after(model, {"sw1"}).may_own == Names{"asterisk1"});
    CHECK(after(model, {"asterisk1"}).may_own == Names{"asterisk2"});
    CHECK(after(model, {"asterisk1", "sw1"}).may_own.empty());

    // The real heartbeat looks at no carrier.
    scenario.cluster.implementation = Implementation::heartbeat_3_0_6;
    const SystemModel real(scenario);
    CHECK(after(real, {"lan2"}).may_own == Names{"asterisk1", "asterisk2"});
    CHECK(after(real, {"asterisk1", "sw1"}).may_own == Names{"asterisk2"});
}

TEST_CASE("Analysis: ipfail moves the service to the member that reaches more ping targets",
          "[sim][analysis]") {
    Scenario scenario = call_centre();
    for (auto& [member, files] : scenario.cluster.files) {
        cluster::LinkConfig serial;
        serial.kind = cluster::LinkKind::serial;
        serial.device = "/dev/ttyS0";
        files.ha.links.push_back(serial);
        files.ha.ping_targets.push_back({"10.10.10.50", {"10.10.10.50"}, false, false, {}});
        files.ha.respawn.push_back({"hacluster", "/usr/lib/heartbeat/ipfail", false, {}});
    }
    SECTION("legacy: it cannot") {
        const SystemModel model(scenario);
        CHECK(after(model, {"lan1"}).may_own == Names{"asterisk1"});
    }
    SECTION("with auto_failback off") {
        for (auto& [member, files] : scenario.cluster.files) {
            files.ha.auto_failback = cluster::AutoFailback::off;
        }
        const SystemModel model(scenario);
        CHECK(after(model, {"lan1"}).may_own == Names{"asterisk2"});
        CHECK(after(model, {"lan2"}).may_own == Names{"asterisk1"});
        CHECK(after(model, {"lan3"}).may_own == Names{"asterisk1"});
    }
    SECTION("a target that is nowhere") {
        for (auto& [member, files] : scenario.cluster.files) {
            files.ha.ping_targets[0].addresses = {"10.10.10.1"};
        }
        CHECK(found(SystemModel(scenario), "ping-target-unknown", "10.10.10.1"));
    }
}

TEST_CASE(
    "Analysis: a redfone.conf that names the other node's interface leaves its member useless",
    "[sim][analysis]") {
    Scenario scenario = call_centre();
    auto& redfone = scenario.cluster.files.at("asterisk2").redfone;
    REQUIRE(redfone.has_value());
    redfone->server = scenario.cluster.files.at("asterisk1").redfone->server;
    const SystemModel model(scenario);
    CHECK(found(model, "bridge-misses-member", "asterisk2"));
    CHECK(reach(after(model, {}), "outward").all());
    CHECK(reach(after(model, {"asterisk1"}), "outward").none());
    CHECK(reach(after(model, {"asterisk1"}), "address 10.10.10.110").all());
}

TEST_CASE("Analysis: without a word that re-points the bridge only its stored member serves",
          "[sim][analysis]") {
    Scenario scenario = call_centre();
    for (auto& [member, files] : scenario.cluster.files) {
        auto& words = files.resources.groups.at(0).resources;
        std::erase_if(words, [](const auto& word) { return word.script == "fonulator"; });
    }
    const SystemModel model(scenario);
    CHECK(found(model, "bridge-not-repointed", "fb1"));
    CHECK(reach(after(model, {}), "inward").all());
    CHECK(reach(after(model, {"asterisk1"}), "inward").none());
}

TEST_CASE("Analysis: a failure includes what hangs on it, and pairs are of independent ones only",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const auto at = [&](const char* id) { return component(model, id); };
    CHECK(model.includes(at("psu1"), at("asterisk1")));
    CHECK(model.includes(at("psu1"), at("lan1")));
    CHECK(model.includes(at("telco"), at("pri")));
    CHECK_FALSE(model.includes(at("asterisk1"), at("psu1")));
    CHECK_FALSE(model.includes(at("psu1"), at("lan2")));
    const Analysis analysis = analyze(scenario, model);
    const std::size_t n = model.components().size();
    std::size_t dependent = 0;
    for (ComponentId a = 0; a < n; ++a) {
        for (ComponentId b = a + 1; b < n; ++b) {
            dependent += model.includes(a, b) || model.includes(b, a) ? 1U : 0U;
        }
    }
    CHECK(analysis.doubles.size() == n * (n - 1) / 2 - dependent);
}

TEST_CASE("Analysis: more failures never serve more, as long as the owner is the same",
          "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Analysis analysis = analyze(scenario, model);
    for (const FailureResult& both : analysis.doubles) {
        for (const ComponentId c : both.failure) {
            const Outlook& one = analysis.singles[c].outlook;
            for (std::size_t d = 0; d < one.directions.size(); ++d) {
                if (one.may_own == both.outlook.may_own) {
                    CHECK(both.outlook.directions[d].served <= one.directions[d].served);
                }
            }
        }
    }
}

TEST_CASE("Analysis: pairs that do more than either alone are marked", "[sim][analysis]") {
    const Scenario scenario = call_centre();
    const SystemModel model(scenario);
    const Analysis analysis = analyze(scenario, model);
    const auto marked = [&](const char* a, const char* b) {
        const auto at = std::find_if(
            analysis.doubles.begin(), analysis.doubles.end(), [&](const FailureResult& result) {
                return names(model, result.failure) == Names{a, b};
            });
        REQUIRE(at != analysis.doubles.end());
        return at->only_together;
    };
    CHECK(marked("asterisk1", "asterisk2"));
    CHECK(marked("asterisk1", "tdm2"));
    CHECK_FALSE(marked("asterisk1", "fb1"));
    CHECK_FALSE(marked("lan1", "lan2"));
}

TEST_CASE("Analysis: a second TDM switch takes the switch from the single points",
          "[sim][analysis]") {
    Scenario scenario = call_centre();
    NodeSpec other = node(scenario, "tdmsw");
    other.id = "tdmsw2";
    scenario.topology.nodes.push_back(other);
    const auto cable = [&](const char* id, LinkEnd a, LinkEnd b) {
        LinkSpec link = *scenario.topology.link("tdm3");
        link.id = id;
        link.ends[0] = std::move(a);
        link.ends[1] = std::move(b);
        scenario.topology.links.push_back(std::move(link));
    };
    // Not possible with one port each; two cables at the same interface stand for a bond.
    cable("tdm1b", {"asterisk1", "eth1"}, {"tdmsw2", "1"});
    cable("tdm2b", {"asterisk2", "eth1"}, {"tdmsw2", "2"});
    cable("tdm3b", {"fb1", "fb1-eth"}, {"tdmsw2", "3"});
    const SystemModel model(scenario);
    const Analysis analysis = analyze(scenario, model);
    CHECK(names(model, pair(analysis, "telco", "service").single_points) == Names{"fb1", "pri"});
    CHECK(reach(after(model, {"tdmsw"}), "outward").all());
    CHECK(reach(after(model, {"tdmsw", "tdmsw2"}), "outward").none());
}
