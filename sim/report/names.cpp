// SPDX-License-Identifier: GPL-2.0-or-later
// The words that results, summaries, reports and traces use for closed sets of values. Part of
// every format. They stand here, not in run/, because reading and printing a result needs no
// engine.
#include "run/run.hpp"

namespace sim {

std::string_view name(Phase phase) noexcept {
    switch (phase) {
    case Phase::detect:
        return "detect";
    case Phase::decide:
        return "decide";
    case Phase::fence:
        return "fence";
    case Phase::address:
        return "address";
    case Phase::announce:
        return "announce";
    case Phase::route:
        return "route";
    case Phase::bridge:
        return "bridge";
    case Phase::service:
        return "service";
    case Phase::trunk:
        return "trunk";
    case Phase::register_:
        return "register";
    case Phase::call:
        return "call";
    }
    return "";
}

std::string_view name(TakeoverVerdict verdict) noexcept {
    switch (verdict) {
    case TakeoverVerdict::faster:
        return "faster";
    case TakeoverVerdict::in_target:
        return "in target";
    case TakeoverVerdict::too_slow:
        return "too slow";
    case TakeoverVerdict::no_interruption:
        return "no interruption";
    case TakeoverVerdict::no_takeover:
        return "no takeover";
    }
    return "";
}

std::string_view name(ExpectationVerdict verdict) noexcept {
    switch (verdict) {
    case ExpectationVerdict::pass:
        return "pass";
    case ExpectationVerdict::fail:
        return "fail";
    case ExpectationVerdict::inconclusive:
        return "inconclusive";
    case ExpectationVerdict::not_reached:
        return "not reached";
    }
    return "";
}

std::string already_cut_off_by(const Episode& episode) {
    for (const DirectionCutOff& direction : episode.directions) {
        if (!direction.already_cut_off_by.empty()) {
            return direction.already_cut_off_by;
        }
    }
    return {};
}

}  // namespace sim
