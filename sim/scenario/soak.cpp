// SPDX-License-Identifier: GPL-2.0-or-later
// What a seed draws from a soak, merged into the written timeline. Each purpose has a stream of its
// own, so that another weight or duration does not shift the other draws.
#include <algorithm>

#include "scenario.hpp"

namespace sim {

namespace {

// A hostile or slipped "every" of nothing must not make a list without end.
constexpr std::size_t most_draws = 10'000;
constexpr Duration least_step = std::chrono::milliseconds{1};
constexpr Duration endless{std::int64_t{1} << 61};  // far beyond any run; sums of two still fit

bool may_be_server(const Scenario& scenario, const Target& target) {
    const NodeSpec* node = scenario.topology.node(target.id);
    return node == nullptr || node->kind == NodeKind::server || node->kind == NodeKind::ups;
}

/// How long after its begin the fault and its repair are over.
struct Extent {
    const Scenario& scenario;
    Duration outage;

    /// A server that has power again is not back before it has booted.
    Duration operator()(const PowerOff& f) const {
        return outage + (may_be_server(scenario, f.target) ? default_boot_time : Duration{});
    }
    Duration operator()(const NodeCrash&) const { return outage + default_boot_time; }
    Duration operator()(const UpsFail&) const { return outage + default_boot_time; }
    Duration operator()(const PowerOn& f) const { return f.boot; }
    Duration operator()(const UpsRepair& f) const { return f.boot; }
    Duration operator()(const ProcessKill& f) const { return f.restart.value_or(Duration{}); }
    Duration operator()(const LinkFlap& f) const {
        const Duration most = endless / (2 * f.times);
        return f.down > most || f.up > most ? endless : (f.down + f.up) * f.times;
    }
    Duration operator()(const SwitchReboot& f) const { return f.takes; }
    template <class F>
    Duration operator()(const F&) const {
        return outage;
    }
};

/// By weight.
std::size_t choose(const std::vector<Soak::Choice>& choices, models::RandomStream& stream) {
    double total = 0;
    for (const Soak::Choice& choice : choices) {
        total += choice.weight;
    }
    double left = stream.unit() * total;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        left -= choices[i].weight;
        if (left < 0) {
            return i;
        }
    }
    return choices.size() - 1;
}

void draw_soak(const Scenario& scenario, std::uint64_t seed, std::vector<TimelineEntry>& timeline) {
    const Soak& soak = *scenario.soak;
    models::RandomStream when(seed, "soak/every");
    models::RandomStream which(seed, "soak/fault");
    std::vector<models::RandomStream> how_long;
    for (std::size_t i = 0; i < soak.faults.size(); ++i) {
        how_long.emplace_back(seed, "soak/for/" + std::to_string(i));
    }
    Duration free = soak.from;
    for (std::size_t n = 1; n <= most_draws; ++n) {
        const Duration at = free + std::clamp(models::draw(soak.every, when), least_step, endless);
        if (at > soak.until) {
            return;
        }
        const std::size_t index = choose(soak.faults, which);
        const Soak::Choice& choice = soak.faults[index];
        TimelineEntry entry = choice.entry;
        const Fault& fault = std::get<Fault>(entry.what);
        Duration outage{};
        if (reverse_of(fault)) {
            outage = std::clamp(models::draw(choice.outage, how_long[index]), least_step, endless);
            entry.outage = outage;
        }
        const Duration lasts = std::visit(Extent{scenario, outage}, fault);
        if (lasts > soak.until - at) {
            return;  // it would not be over in time; to look for a shorter one would be a bias
        }
        free = at + lasts;
        entry.id = "soak-" + std::to_string(n);
        entry.at = at;
        timeline.push_back(std::move(entry));
    }
}

}  // namespace

std::vector<TimelineEntry> timeline_of(const Scenario& scenario, std::uint64_t seed) {
    std::vector<TimelineEntry> timeline = scenario.timeline;
    if (scenario.soak && !scenario.soak->faults.empty()) {
        draw_soak(scenario, seed, timeline);
        std::stable_sort(
            timeline.begin(), timeline.end(), [](const TimelineEntry& a, const TimelineEntry& b) {
                return a.at < b.at;
            });
    }
    return timeline;
}

}  // namespace sim
