// SPDX-License-Identifier: GPL-2.0-or-later
// What one node knows of one other node. Values only; Membership judges them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cluster/ids.hpp"
#include "cluster/report.hpp"
#include "sequence_window.hpp"

namespace cluster {

struct PeerLink {
    Instant heard{};
    bool up = false;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.heard, self.up);
    }
};

struct Peer {
    std::string name;
    PeerState state = PeerState::unknown;
    std::optional<Uuid> uuid;
    std::string status;          ///< its `st`, cut to 32 bytes
    std::optional<Duration> dt;  ///< its dead limit, as it announced it
    Instant last_status{};       ///< before the first one: when we began to listen
    std::uint64_t generation =
        0;  ///< highest known; learned from status only, kept across our restarts
    std::uint64_t last_status_seq = 0;
    bool heard = false;        ///< a status was accepted in this life
    bool speaks_acks = false;  ///< its status carries `protocol`
    bool shut_down = false;    ///< sent `shutdone`; its death will be no surprise
    /// What it says it runs, one letter per group (ownership/claims.hpp); empty until it told. A
    /// real heartbeat never does.
    std::string claims;
    /// How it sees us, told together with `claims`.
    enum class View : std::uint8_t { never_dead, dead, returned } view = View::never_dead;
    bool returned = false;  ///< we had declared it dead, and it is not settled yet what that means
    bool dead_while_isolated = false;  ///< declared dead while *we* had no carrier: proves nothing
    std::optional<Instant> second_look;  ///< carrier is back: dead for good if still silent then
    std::optional<std::uint64_t> reachable_pings;
    std::uint64_t ack_trigger = 0;  ///< acknowledge numbers that end in this digit
    std::uint64_t lost_unreported = 0;
    Instant lost_reported{};
    SequenceWindow window;
    std::vector<PeerLink> links;  ///< by LinkId

    [[nodiscard]] bool speaks_claims() const noexcept { return !claims.empty(); }
    [[nodiscard]] bool alive() const noexcept {
        return state == PeerState::up || state == PeerState::late;
    }

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.name,
           self.state,
           self.uuid,
           self.status,
           self.dt,
           self.last_status,
           self.generation,
           self.last_status_seq);
        ar(self.heard,
           self.speaks_acks,
           self.shut_down,
           self.claims,
           self.view,
           self.returned,
           self.dead_while_isolated,
           self.second_look);
        ar(self.reachable_pings,
           self.ack_trigger,
           self.lost_unreported,
           self.lost_reported,
           self.window,
           self.links);
    }
};

}  // namespace cluster
