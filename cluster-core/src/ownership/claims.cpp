// SPDX-License-Identifier: GPL-2.0-or-later
#include "claims.hpp"

namespace cluster {

char letter_of(Claim claim) noexcept {
    if (!claim.runs) {
        return claim.waits ? 'w' : '-';
    }
    if (claim.quiet) {
        return claim.taken ? 'Q' : 'q';
    }
    return claim.taken ? 'H' : 'h';
}

Claim claim_of(char letter) noexcept {
    switch (letter) {
    case 'w':
        return {.waits = true};
    case 'h':
        return {.runs = true};
    case 'H':
        return {.runs = true, .taken = true};
    case 'q':
        return {.runs = true, .quiet = true};
    case 'Q':
        return {.runs = true, .quiet = true, .taken = true};
    default:
        return {};
    }
}

bool gives_way(const ClaimSide& mine, const ClaimSide& theirs, bool preferred_here) noexcept {
    if (mine.claim.quiet != theirs.claim.quiet) {
        return mine.claim.quiet;
    }
    if (mine.had_other_dead != theirs.had_other_dead) {
        return theirs.had_other_dead;
    }
    if (mine.claim.taken != theirs.claim.taken) {
        return mine.claim.taken;
    }
    return !preferred_here;
}

}  // namespace cluster
