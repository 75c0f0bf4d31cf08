// SPDX-License-Identifier: GPL-2.0-or-later
// What two of our daemons tell each other about a group when one of them has been away (behind a
// partition, frozen, without carrier), and who gives way when both run it. One letter per group in
// the status field `us_claims`; real heartbeat ignores it. Pure.
//
//   -  does not run it
//   w  is about to take it, or to let go of it
//   h  runs it                 H  runs it since the other one fell silent
//   q  as h, but quiet         Q  as H, but quiet: its addresses are off until it is settled who
//                                 owns it
#pragma once

namespace cluster {

struct Claim {
    bool runs = false;
    bool quiet = false;
    bool taken = false;  ///< because the other one fell silent, which had it before
    bool waits = false;
};

[[nodiscard]] char letter_of(Claim claim) noexcept;
[[nodiscard]] Claim claim_of(char letter) noexcept;

struct ClaimSide {
    Claim claim;
    bool had_other_dead = false;  ///< it had declared the other one dead
};

/// Both run it: true when `mine` is the one that stops. Both sides come to opposite answers, since
/// each rule looks at a difference that both can see:
/// 1. who is quiet serves nobody who came by the address;
/// 2. who never noticed the other's absence yields: the other one does not hear, so it cannot;
/// 3. who took it from a silent owner returns it: the owner never stopped;
/// 4. the preferred node keeps.
[[nodiscard]] bool
gives_way(const ClaimSide& mine, const ClaimSide& theirs, bool preferred_here) noexcept;

}  // namespace cluster
