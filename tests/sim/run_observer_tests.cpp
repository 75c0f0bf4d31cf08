// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/observer.hpp"

#include "support/catch.hpp"

using namespace sim;
using namespace cluster;

namespace {

struct World {
    HaResources resources =
        parse_haresources("a 10.10.10.110 asterisk\n", "haresources", {"a", "b"}).value;
    Invariants invariants{{"a", "b"}, {{{"10.10.10.110", "asterisk"}, {}}}, {}};
    Observer observer{{"a", "b"}, resources, invariants};

    void
    role(std::int64_t t, std::size_t member, GroupRole from, GroupRole to, TakeoverReason reason) {
        observer.reported(t,
                          member,
                          GroupRoleChanged{GroupId{0}, from, to, reason},
                          static_cast<std::uint64_t>(t));
    }
};

}  // namespace

TEST_CASE("Observer: the first owner takes over from nobody, whatever its reason",
          "[sim][observer]") {
    World w;
    w.role(1, 0, GroupRole::standby, GroupRole::takeover, TakeoverReason::failback);
    w.role(2, 0, GroupRole::takeover, GroupRole::active, TakeoverReason::failback);
    CHECK(w.observer.takeovers().empty());
    w.role(3, 1, GroupRole::standby, GroupRole::takeover, TakeoverReason::peer_dead);
    w.role(4, 0, GroupRole::standby, GroupRole::takeover, TakeoverReason::failback);
    REQUIRE(w.observer.takeovers().size() == 2);
    CHECK(w.observer.takeovers()[0].node == "b");
    CHECK(w.observer.takeovers()[1].record == 4);
}

TEST_CASE("Observer: starts and story in the words of an operator", "[sim][observer]") {
    World w;
    w.observer.reported(5,
                        1,
                        PeerStateChanged{"a",
                                         PeerState::late,
                                         PeerState::dead,
                                         PeerChangeReason::silent,
                                         std::chrono::seconds{2}},
                        1);
    w.observer.reported(6, 1, ResourceStateChanged{{GroupId{0}, 0}, ResourceState::starting, 0}, 2);
    w.observer.reported(7, 1, ResourceStateChanged{{GroupId{0}, 0}, ResourceState::running, 0}, 3);
    w.observer.reported(8, 1, BridgeStep{3, 15, 1, BridgeStep::What::lost_reply, 0}, 4);
    REQUIRE(w.observer.story().size() == 3);
    CHECK(w.observer.story()[0].text == "b: a declared dead, silent for 2.000 s");
    CHECK(w.observer.story()[1].text == "b: 10.10.10.110 runs");
    CHECK(w.observer.story()[2].text == "b: no reply to bridge step 3 of 15, attempt 1");
    REQUIRE(w.observer.starts().size() == 1);
    CHECK(w.observer.starts()[0].word == "10.10.10.110");
    CHECK(w.observer.starts()[0].script == "IPaddr");
}
