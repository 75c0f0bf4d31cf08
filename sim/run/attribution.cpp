// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/attribution.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace sim {

namespace {

Duration& of(std::array<Duration, phase_count>& times, Phase phase) {
    return times[static_cast<std::size_t>(phase)];
}

/// What was on its way while the path was not, phase by phase: the longest edge of each phase.
void add_parallel(const RecordStore& store,
                  std::int64_t from,
                  std::int64_t to,
                  Attribution& result) {
    auto at = std::lower_bound(store.all().begin(),
                               store.all().end(),
                               from,
                               [](const Record& record, std::int64_t t) { return record.t < t; });
    for (; at != store.all().end() && at->t <= to; ++at) {
        const auto phase = store.milestone(*at);
        if (!phase || std::ranges::find(result.path, at->id) != result.path.end()) {
            continue;
        }
        const Record* cause = store.find(at->cause);
        const Duration edge{at->t - std::max(from, cause != nullptr ? cause->t : at->t)};
        of(result.phases.parallel, *phase) = std::max(of(result.phases.parallel, *phase), edge);
    }
}

}  // namespace

Attribution attribute(const RecordStore& store,
                      std::int64_t from,
                      std::int64_t to,
                      std::uint64_t fault,
                      std::uint64_t answer) {
    Attribution result;
    // Back from the answer: `owner` is the phase that pays for the edge that ends where we stand.
    Phase owner = Phase::call;
    std::int64_t paid_until = to;
    const Record* record = store.find(answer);
    if (record == nullptr || record->t != to) {
        throw std::logic_error(fmt::format(
            "attribution: the answer at {} ns has no record of that time (id {})", to, answer));
    }
    const auto charge_back_to = [&](std::int64_t t) {
        const std::int64_t start = std::clamp(t, from, paid_until);
        of(result.phases.on_path, owner) += Duration{paid_until - start};
        paid_until = start;
    };
    while (true) {
        result.path.push_back(record->id);
        if (record->id == fault) {
            charge_back_to(record->t);
            break;
        }
        if (store.kind(*record).starts_with("fault.")) {
            result.gap =
                fmt::format("it waited for {} of {}", store.kind(*record), store.subject(*record));
            break;
        }
        if (const auto phase = store.milestone(*record); phase) {
            owner = *phase;
        } else if (store.kind(*record).starts_with("bridge.")) {
            // What waits for the bridge waits for the last reply of the exchange; the first TDMoE
            // frame (ms.bridge) comes a moment before that and lies beside the path.
            owner = Phase::bridge;
        }
        const Record* cause = store.find(record->cause);
        if (cause != nullptr && cause->id >= record->id) {
            throw std::logic_error(fmt::format(
                "attribution: record {} is caused by the later record {}", record->id, cause->id));
        }
        if (cause == nullptr) {
            result.gap = fmt::format(
                "the cause of {} at {} is not known", store.kind(*record), store.subject(*record));
            break;
        }
        if (cause->id < fault) {
            // The edge begins before the fault. Silence is such an edge: the limit that ran out was
            // set when the peer was last heard, and what the fault did is that nothing came after.
            // Its part since the fault counts as detect.
            result.path.push_back(fault);
            if (owner == Phase::detect) {
                charge_back_to(from);
            } else {
                result.gap = fmt::format("{} at {} follows from {} before the fault",
                                         store.kind(*record),
                                         store.subject(*record),
                                         store.kind(*cause));
            }
            break;
        }
        charge_back_to(cause->t);
        record = cause;
    }
    std::ranges::reverse(result.path);
    result.unattributed = Duration{paid_until - from};
    if (result.unattributed == Duration::zero()) {
        result.gap.clear();
    }
    add_parallel(store, from, to, result);
    Duration sum = result.unattributed;
    for (const Duration part : result.phases.on_path) {
        sum += part;
    }
    if (sum != Duration{to - from}) {
        throw std::logic_error("attribution: the phases do not add up to the cut-off");
    }
    return result;
}

}  // namespace sim
