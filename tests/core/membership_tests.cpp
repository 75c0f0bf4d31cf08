// SPDX-License-Identifier: GPL-2.0-or-later
// Liveness, generations, numbering: one core and a scripted peer.
#include <algorithm>

#include "node_support.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace cluster;
using test_support::LoneNode;

TEST_CASE("Membership: a peer is dead when its status is older than the dt it announced itself",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(1, "active", "bb8");  // 3000 ms, although our own deadtime is 2 s
    n.run_for(3s);
    CHECK(n.peer().state == PeerState::late);
    n.run_for(1ms);
    CHECK(n.peer().state == PeerState::dead);
}

TEST_CASE("Membership: only status counts as a sign of life", "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(1);
    n.run_for(1900ms);
    n.hear(n.message(
        2, 5, {{"t", "resource"}, {"rsc_hold", "none"}, {"rtype", "full"}, {"isstable", "0"}}));
    n.run_for(101ms);
    CHECK(n.peer().state == PeerState::dead);
}

TEST_CASE("Membership: peer silent on one of two links is up, and the link is reported",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(1);
    n.status(1, "active", "7d0", 5, 1);  // the same message over the other link
    CHECK(n.peer().links_up == std::vector<bool>{true, true});
    CHECK(n.node->status().counters.duplicates == 1);
    for (std::uint64_t seq = 2; seq < 15; ++seq) {
        n.run_for(200ms);
        n.status(seq, "active", "7d0", 5, 1);
    }
    CHECK(n.peer().state == PeerState::up);
    CHECK(n.peer().links_up == std::vector<bool>{false, true});
    CHECK(n.reported("link 0 to asterisk1 down"));
}

TEST_CASE("Membership: a gap longer than warntime is reported with the message that ends it",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(1);
    n.run_for(1500ms);
    n.status(2);
    CHECK(n.reported("late heartbeat of asterisk1: 1.500 s"));
    CHECK(n.peer().state == PeerState::up);
}

TEST_CASE("Membership: dt 0 means dead at once", "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(1);
    n.status(2, "active", "0");
    n.run_for(1ms);
    CHECK(n.reported("(zero dt"));
}

TEST_CASE("Membership: a node alone is active when initdead has passed, not before",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.run_for(10s);
    CHECK(n.node->status().phase == NodePhase::up);
    n.run_for(1ms);
    CHECK(n.node->status().phase == NodePhase::active);
    CHECK(n.reported("group 0: standby -> takeover (lone start)"));
}

TEST_CASE("Membership: an older generation is refused, also after our own restart",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(7, "active", "7d0", 9);
    REQUIRE_FALSE(n.durable.empty());
    n.status(8, "active", "7d0", 8);
    CHECK(n.node->status().counters.bad[static_cast<std::size_t>(BadPacketKind::replayed)] == 1);
    const auto first_generation = n.node->status().generation;

    const auto stored = n.durable;
    n.start(stored);
    n.status(900, "active", "7d0", 8);  // recorded from a life of the peer before the known one
    CHECK(n.peer().state == PeerState::unknown);
    CHECK(n.node->status().generation > first_generation);
    n.status(1, "init", "7d0", 10);
    CHECK(n.peer().state == PeerState::up);
}

TEST_CASE("Membership: torn durable state is no state", "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(7, "active", "7d0", 9);
    auto torn = n.durable;
    torn[20] ^= std::byte{1};
    n.start(torn);
    CHECK(n.node->status().generation == 1'800'000'001);  // time() + 1, as heartbeat does
}

TEST_CASE("Membership: our generation rises when a peer that was heard is declared dead",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(1);
    n.hear(n.message(
        2, 5, {{"dest", "asterisk2"}, {"t", "repnodes"}, {"nodelist", "asterisk1 asterisk2 "}}));
    REQUIRE(n.node->status().phase == NodePhase::active);
    const auto before = n.node->status().generation;
    n.issues.clear();
    n.run_for(2001ms);
    CHECK(n.node->status().generation == before + 1);
    // No durable write between detection and the first action of the takeover.
    const auto acquire =
        std::find(n.issues.begin(), n.issues.end(), Action{AcquireAddress{}}.index());
    const auto persist =
        std::find(n.issues.begin(), n.issues.end(), Action{PersistState{}}.index());
    REQUIRE(acquire != n.issues.end());
    CHECK(persist >= acquire);
}

TEST_CASE("Membership: without the cure (quirk) the generation stays", "[core][membership]") {
    Quirks quirks;
    quirks.new_generation_on_peer_death = false;
    LoneNode n{"", quirks};
    n.start();
    n.status(1);
    n.hear(n.message(
        2, 5, {{"dest", "asterisk2"}, {"t", "repnodes"}, {"nodelist", "asterisk1 asterisk2 "}}));
    const auto before = n.node->status().generation;
    n.run_for(2001ms);
    CHECK(n.node->status().generation == before);
}

TEST_CASE("Membership: missing messages are asked for by decimal number until they come",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(14);
    n.status(18);  // 15, 16, 17 missing
    CHECK(n.peer().missing == 3);
    n.run_for(251ms);
    CHECK(n.said_count("NS_rexmit dest=asterisk1 firstseq=15 lastseq=15") == 1);
    CHECK(n.said_count("NS_rexmit dest=asterisk1 firstseq=17 lastseq=17") == 1);
    n.run_for(250ms);
    CHECK(n.said_count("NS_rexmit dest=asterisk1 firstseq=15 lastseq=15") == 2);
    n.status(16);
    CHECK(n.peer().missing == 2);
    n.hear(n.message(0, 5, {{"t", "NS_nak_rexmit"}, {"firstseq", "f"}, {"dest", "asterisk2"}}));
    CHECK(n.peer().missing == 1);
    CHECK(n.reported("lost 1 messages of asterisk1"));
}

TEST_CASE("Membership: a gap of more than 250 is forgotten", "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(1);
    n.status(300);
    CHECK(n.peer().missing == 0);
    CHECK(n.reported("lost 298 messages"));
}

TEST_CASE("Membership: retransmissions are byte-identical, guarded and bounded",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(1);
    const auto original = n.packets.at(1);  // our second message
    const auto sent_before = n.packets.size();
    const auto ask = n.message(
        0, 5, {{"t", "NS_rexmit"}, {"dest", "asterisk2"}, {"firstseq", "2"}, {"lastseq", "2"}});
    n.hear(ask);
    REQUIRE(n.packets.size() == sent_before + 1);
    CHECK(n.packets.back() == original);
    n.hear(ask);
    CHECK(n.packets.size() == sent_before + 1);  // within 240 ms
    n.hear(n.message(0,
                     5,
                     {{"t", "NS_rexmit"},
                      {"dest", "asterisk2"},
                      {"firstseq", "0"},
                      {"lastseq", "18446744073709551615"}}));
    CHECK(n.packets.size() <= sent_before + 1 + 50);
}

TEST_CASE("Membership: every tenth number is acknowledged", "[core][membership]") {
    LoneNode n;
    n.start();
    for (std::uint64_t seq = 1; seq <= 40; ++seq) {
        n.status(seq);
    }
    CHECK(n.said_count("NS_ackmsg dest=asterisk1") == 4);
}

TEST_CASE("Membership: packets of strangers, without fields, or badly signed are counted and "
          "reported once",
          "[core][membership]") {
    LoneNode n;
    n.start();
    for (int i = 0; i < 100; ++i) {
        n.hear(n.message(1, 5, {{"t", "status"}}, "stranger"));
        n.hear(n.message(0, 5, {{"t", "status"}}));
        auto forged = n.message(1, 5, {{"t", "status"}});
        forged[10] ^= std::byte{1};
        n.hear(forged);
    }
    const auto bad = n.node->status().counters.bad;
    CHECK(bad[static_cast<std::size_t>(BadPacketKind::unknown_node)] == 100);
    CHECK(bad[static_cast<std::size_t>(BadPacketKind::missing_field)] == 100);
    CHECK(n.reports.size() <= 4);  // the start and one per kind
    CHECK(n.peer().state == PeerState::unknown);
}

TEST_CASE("Membership: own packets that a link brings back are harmless, those of another life are "
          "reported",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.hear(n.packets.at(0));
    CHECK_FALSE(n.reported("reflected"));
    n.hear(n.message(1, 5, {{"t", "status"}}, "asterisk2"));
    CHECK(n.reported("reflected"));
}

TEST_CASE("Membership: reqnodes is answered with both names even before a status of the asker",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.hear(n.message(4, 5, {{"t", "reqnodes"}, {"dest", "asterisk2"}}));
    CHECK(n.said_count("repnodes dest=asterisk1 nodelist=asterisk1 asterisk2  delnodelist= ") == 1);
}

TEST_CASE("Membership: dt carries two more seconds for the first five", "[core][membership]") {
    LoneNode n;
    n.start();
    CHECK(n.said.front() == "status st=init dt=fa0 protocol=1 us_claims=u-");
    n.run_for(5s);
    CHECK(n.said.back() == "status st=up dt=7d0 protocol=1 us_claims=u-");
}

TEST_CASE("Membership: next_deadline never lies in the past after it was served",
          "[core][membership]") {
    LoneNode n;
    n.start();
    n.status(1);
    for (int i = 0; i < 2000; ++i) {
        const auto at = n.node->next_deadline();
        REQUIRE(at);
        n.now = std::max(n.now, *at);
        n.give(DeadlineReached{});
        REQUIRE(*n.node->next_deadline() > n.now);
    }
}
