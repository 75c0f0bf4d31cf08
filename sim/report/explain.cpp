// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/explain.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/page.hpp"
#include "report/sentences.hpp"
#include "report/text_report.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

constexpr std::size_t indent = 4;

std::string s(Duration time) {
    return format_seconds(time);
}

void tell(Page& page, const std::string& sentence) {
    page.paragraph("  " + sentence, indent);
}

std::string plural(std::int64_t count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

// ---------------------------------------------------------------- a scenario

std::string path_words(const cluster::LinkConfig& link) {
    switch (link.kind) {
    case cluster::LinkKind::bcast:
        return "broadcast on " + link.device;
    case cluster::LinkKind::ucast:
    case cluster::LinkKind::ucast6:
        return fmt::format("to {} by {}", link.address, link.device);
    case cluster::LinkKind::mcast:
    case cluster::LinkKind::mcast6:
        return fmt::format("multicast {} on {}", link.address, link.device);
    case cluster::LinkKind::serial:
        return "the serial line " + link.device;
    }
    return {};
}

std::string failback_words(cluster::AutoFailback failback) {
    switch (failback) {
    case cluster::AutoFailback::on:
        return "A node that comes back takes its groups back.";
    case cluster::AutoFailback::off:
        return "A node that comes back leaves the groups where they are.";
    case cluster::AutoFailback::legacy:
        return "auto_failback is unset: a node that comes back takes its groups back, and standby "
               "is refused.";
    }
    return {};
}

void tell_cluster(Page& page, const Scenario& scenario) {
    page.heading("The cluster");
    const auto found = scenario.cluster.members.empty()
                           ? scenario.cluster.files.end()
                           : scenario.cluster.files.find(scenario.cluster.members.front());
    tell(page,
         fmt::format("{} run {}.",
                     listed(scenario.cluster.members),
                     name(scenario.cluster.implementation)));
    if (found == scenario.cluster.files.end()) {
        return;
    }
    const cluster::NodeFiles& files = found->second;
    std::vector<std::string> paths;
    for (const cluster::LinkConfig& link : files.ha.links) {
        paths.push_back(path_words(link));
    }
    tell(page,
         fmt::format("They tell each other every {} that they live, {}; after {} of silence on all "
                     "paths a node counts as dead, in the first {} after a start it does not.",
                     s(files.ha.keepalive),
                     paths.empty() ? std::string("over no path") : listed(paths),
                     s(files.ha.deadtime),
                     s(files.ha.initdead)));
    for (const cluster::ResourceGroupConfig& group : files.resources.groups) {
        std::vector<std::string> words;
        for (const cluster::ResourceWord& word : group.resources) {
            words.push_back(word.text);
        }
        tell(page, fmt::format("{} normally runs, in this order: {}.", group.node, listed(words)));
    }
    tell(page, failback_words(files.ha.auto_failback));
}

void tell_load(Page& page, const Scenario& scenario) {
    page.heading("What is asked of it");
    for (const Workload& workload : scenario.workload) {
        if (const auto* calls = std::get_if<AnalogCalls>(&workload); calls != nullptr) {
            tell(page,
                 fmt::format("From {} on, {:g} calls an hour begin between {} stations and the "
                             "outside ({}); a call lasts {}.",
                             s(calls->start),
                             calls->rate_per_hour,
                             calls->stations,
                             calls->id,
                             describe(calls->hold)));
        } else if (const auto* echo = std::get_if<IcmpEcho>(&workload); echo != nullptr) {
            tell(page,
                 fmt::format("{} asks {} for {} every {} ({}).",
                             echo->from,
                             echo->to,
                             echo->sip_options ? "an answer to OPTIONS" : "an echo",
                             s(echo->interval),
                             echo->id));
        }
    }
    std::vector<std::string> directions;
    if (scenario.probes.outward) {
        directions.emplace_back("outward");
    }
    if (scenario.probes.inward) {
        directions.emplace_back("inward");
    }
    if (scenario.probes.station_to_station) {
        directions.emplace_back("station to station");
    }
    if (!directions.empty()) {
        tell(page,
             fmt::format("Probe calls begin every {} {}; callers wait {} at most.",
                         s(scenario.probes.interval),
                         listed(directions),
                         s(scenario.probes.patience)));
    }
}

void tell_timeline(Page& page, const Scenario& scenario, std::optional<std::uint64_t> seed) {
    page.heading("What happens");
    const bool drawn = scenario.soak && seed;
    const auto timeline = drawn ? timeline_of(scenario, *seed) : scenario.timeline;
    for (const Sentence& sentence : sentences_of(timeline, scenario.topology)) {
        page.paragraph("  " + pad_right(sentence.id, 16) + ' ' + sentence.text, 19);
    }
    if (scenario.soak && !drawn) {
        bool first = true;
        for (const std::string& sentence : sentences_of(*scenario.soak, scenario.topology)) {
            page.paragraph((first ? "  " : "    - ") + sentence, first ? indent : 6);
            first = false;
        }
        tell(page, "With --seed N, what that seed draws is listed instead.");
    }
    tell(page, fmt::format("The run ends at {}.", s(scenario.stop_at)));
}

void tell_expectations(Page& page, const Scenario& scenario) {
    page.heading("What is judged");
    for (const Expectation& expectation : scenario.expect) {
        page.paragraph("  " + pad_right(expectation.id, 16) + ' ' + in_words(expectation) + '.',
                       19);
    }
    std::vector<std::string> held;
    for (const std::string_view invariant : known_invariants()) {
        const auto off = std::find_if(
            scenario.disabled_invariants.begin(),
            scenario.disabled_invariants.end(),
            [&](const DisabledInvariant& disabled) { return disabled.name == invariant; });
        if (off == scenario.disabled_invariants.end()) {
            held.emplace_back(invariant);
        } else {
            page.paragraph(fmt::format("  {} is not judged{}: {}",
                                       invariant,
                                       off->implementation
                                           ? fmt::format(" with {}", name(*off->implementation))
                                           : std::string{},
                                       off->reason),
                           indent);
        }
    }
    if (!held.empty()) {
        tell(page, "Besides, in every run: " + listed(held) + '.');
    }
}

// ---------------------------------------------------------------- a run

const DirectionCutOff* worst_of(const Episode& episode) {
    const auto found = std::find_if(
        episode.directions.begin(), episode.directions.end(), [&](const DirectionCutOff& d) {
            return d.direction == episode.worst_direction;
        });
    return found == episode.directions.end() ? nullptr : &*found;
}

std::string capital(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    }
    return text;
}

/// Where the time went, as one went through it.
void tell_phases(Page& page, const DirectionCutOff& cut_off) {
    std::vector<std::string> steps;
    if (cut_off.unattributed > Duration::zero()) {
        steps.push_back(fmt::format(
            "{} that nothing explains ({})", s(cut_off.unattributed), cut_off.attribution_gap));
    }
    for (std::size_t i = 0; i < phase_count; ++i) {
        if (cut_off.phases.on_path[i] >= std::chrono::milliseconds{1}) {
            steps.push_back(fmt::format(
                "{} {}", s(cut_off.phases.on_path[i]), until_words(static_cast<Phase>(i))));
        }
    }
    if (!steps.empty()) {
        tell(page,
             fmt::format(
                 "{} callers waited {}.", capital(cut_off.direction), listed(steps, ", and ")));
    }
}

void tell_episode(Page& page, const Episode& episode) {
    page.heading(
        fmt::format("At {}: {} {} ({})", s(episode.at), episode.verb, episode.target, episode.id));
    if (!episode.evidence.empty()) {
        tell(page, fmt::format("It took effect: {}.", episode.evidence));
    }
    tell(page, capital(verdict_sentence(episode)));
    if (episode.two_owners) {
        tell(page, "For a time two nodes served the same thing.");
    }
    std::vector<std::string> lost;
    for (const DirectionCutOff& direction : episode.directions) {
        if (direction.interrupted && !direction.restored) {
            lost.push_back(direction.direction);
        }
    }
    if (!lost.empty()) {
        tell(page,
             fmt::format("{} calls were not answered again before the run ended.",
                         capital(listed(lost))));
    }
    if (const DirectionCutOff* worst = worst_of(episode); worst != nullptr) {
        tell_phases(page, *worst);
    }
    if (!episode.story.empty()) {
        page.line();
        for (const auto& [at, text] : episode.story) {
            page.paragraph("  " + pad_left(s(at), 10) + "  " + text, 14);
        }
    }
    if (!episode.advice.empty()) {
        page.line();
        for (const std::string& advice : episode.advice) {
            tell(page, "To change: " + advice);
        }
    }
}

void tell_verdicts(Page& page, const RunResult& result) {
    page.heading("The verdict");
    bool all = true;
    for (const ExpectationResult& expectation : result.expectations) {
        if (expectation.verdict == ExpectationVerdict::pass) {
            continue;
        }
        all = false;
        tell(page,
             fmt::format("{}: {}: {}{}.",
                         expectation.id,
                         name(expectation.verdict),
                         expectation.observed,
                         expectation.limit.empty() ? "" : "; expected: " + expectation.limit));
    }
    for (const InvariantResult& invariant : result.invariants) {
        if (!invariant.disabled && invariant.first_at) {
            all = false;
            tell(page,
                 fmt::format("{} did not hold, from {} on, for {} in all: {}.",
                             invariant.name,
                             s(*invariant.first_at),
                             s(invariant.violated_for),
                             invariant.reason));
        } else if (!invariant.disabled && !invariant.evaluated) {
            all = false;
            tell(page, fmt::format("{} could not be judged.", invariant.name));
        }
    }
    if (all) {
        tell(page,
             result.expectations.empty() ? "Nothing was expected, and all invariants hold."
                                         : "All that was expected is so, and all invariants hold.");
    }
}

}  // namespace

std::string_view until_words(Phase phase) noexcept {
    switch (phase) {
    case Phase::detect:
        return "until the failure was noticed (detect)";
    case Phase::decide:
        return "until another node was allowed to take over (decide)";
    case Phase::fence:
        return "until fencing was confirmed (fence)";
    case Phase::address:
        return "until the address was on its interface (address)";
    case Phase::announce:
        return "until the first client found the new owner (announce)";
    case Phase::route:
        return "until the routes had their source (route)";
    case Phase::bridge:
        return "until the bridge sent to the new owner (bridge)";
    case Phase::service:
        return "until the service answered (service)";
    case Phase::trunk:
        return "until the outside line was up (trunk)";
    case Phase::register_:
        return "until the phones were registered (register)";
    case Phase::call:
        return "until the first call was answered (call)";
    }
    return "";
}

std::string verdict_sentence(const Episode& episode) {
    const DirectionCutOff* worst = worst_of(episode);
    const std::string time = worst == nullptr ? "" : format_seconds(worst->longest, 1);
    const std::string where =
        worst == nullptr ? "" : " (worst direction: " + worst->direction + ")";
    switch (episode.verdict) {
    case TakeoverVerdict::faster:
    case TakeoverVerdict::in_target:
        return "callers were cut off for " + time + where + "; the target is 15 to 20 s.";
    case TakeoverVerdict::too_slow:
        return (worst != nullptr && !worst->restored ? "callers were still cut off after "
                                                     : "callers were cut off for ") +
               time + where + "; the target is 15 to 20 s.";
    case TakeoverVerdict::no_interruption:
        return already_cut_off_by(episode).empty()
                   ? "no caller was cut off."
                   : "callers were already cut off by " + already_cut_off_by(episode) + ".";
    case TakeoverVerdict::no_takeover:
        return "callers were still cut off after " + time + where + ": nobody took over.";
    }
    return {};
}

std::string explain(const Scenario& scenario, std::optional<std::uint64_t> seed, bool color) {
    Page page(color);
    page.line(page.styled(Style::strong,
                          fit(scenario.title.empty() ? scenario.id : scenario.title, page_width)));
    page.line(page.styled(Style::faint, "scenario " + scenario.id));
    tell_cluster(page, scenario);
    tell_load(page, scenario);
    tell_timeline(page, scenario, seed);
    tell_expectations(page, scenario);
    return page.text();
}

std::string explain(const RunResult& result, bool color) {
    Page page(color);
    page.line(page.styled(
        Style::strong, fit(result.title.empty() ? result.scenario_id : result.title, page_width)));
    page.line(page.styled(
        Style::faint,
        fmt::format(
            "scenario {} · seed {} · {}", result.scenario_id, result.seed, result.implementation)));
    if (result.episodes.empty()) {
        page.line();
        page.line("No fault was injected: nothing happened.");
    }
    for (const Episode& episode : result.episodes) {
        tell_episode(page, episode);
    }
    if (result.calls_lost) {
        page.heading("Calls lost");
        const auto& [from, run, nobody] = *result.calls_lost;
        tell(page,
             fmt::format("From {} on {} were lost: {} dropped, {} unanswered.",
                         s(from),
                         plural(run.total(), "call"),
                         run.dropped,
                         run.unanswered));
        tell(page,
             fmt::format("Had nobody acted, {} would have been: {} dropped, {} unanswered.",
                         nobody.total(),
                         nobody.dropped,
                         nobody.unanswered));
    }
    tell_verdicts(page, result);
    return page.text();
}

}  // namespace sim
