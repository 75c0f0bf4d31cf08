// SPDX-License-Identifier: GPL-2.0-or-later
// Which single change would shorten a cut-off most. Everything said here is computed from the run
// and the files.
#include <algorithm>

#include <fmt/format.h>

#include "report/page.hpp"
#include "report/text_report.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

struct DescribeDistribution {
    static std::string s(Duration value) { return format_seconds(value); }

    std::string operator()(const models::ConstantDist& d) const { return "constant " + s(d.value); }
    std::string operator()(const models::UniformDist& d) const {
        return "uniform " + s(d.min) + " to " + s(d.max);
    }
    std::string operator()(const models::TriangularDist& d) const {
        return "triangular " + s(d.min) + " to " + s(d.max) + ", mode " + s(d.mode);
    }
    std::string operator()(const models::NormalDist& d) const {
        return "normal " + s(d.mean) + " ± " + s(d.sd) + ", cut to " + s(d.min) + " to " + s(d.max);
    }
    std::string operator()(const models::LognormalDist& d) const {
        return fmt::format("lognormal, median {}, sigma {:g}", s(d.median), d.sigma);
    }
    std::string operator()(const models::ExponentialDist& d) const {
        return "exponential, mean " + s(d.mean);
    }
    std::string operator()(const models::WeibullDist& d) const {
        return fmt::format("weibull, scale {}, shape {:g}", s(d.scale), d.shape);
    }
    std::string operator()(const models::EmpiricalDist& d) const {
        return fmt::format("one of {} measured values", d.values.size());
    }
};

const cluster::NodeFiles* any_files(const Scenario& scenario) {
    return scenario.cluster.files.empty() ? nullptr : &scenario.cluster.files.begin()->second;
}

std::string verdict_in_words(Duration total) {
    if (total < target_from) {
        return "faster than the target";
    }
    return total <= target_to ? "inside the target" : "still too slow";
}

std::string leaves(Duration total, Duration saved) {
    return fmt::format("would leave about {}: {}.",
                       format_seconds(total - saved, 1),
                       verdict_in_words(total - saved));
}

std::string about_detect(const Scenario& scenario, Duration total) {
    const auto* files = any_files(scenario);
    if (files == nullptr) {
        return "";
    }
    const Duration deadtime = files->ha.deadtime;
    const Duration keepalive = files->ha.keepalive;
    // Four beats may be lost before a peer counts as dead: heartbeat's own rule of thumb for
    // deadtime.
    const Duration shortest = std::max<Duration>(4 * keepalive, deadtime / 2);
    if (shortest >= deadtime) {
        return fmt::format("deadtime {} is {} keepalives of {}: shorten keepalive first.",
                           format_seconds(deadtime),
                           deadtime / std::max<Duration>(keepalive, Duration{1}),
                           format_seconds(keepalive));
    }
    return fmt::format("deadtime is {}, keepalive {}. deadtime {} {}",
                       format_seconds(deadtime),
                       format_seconds(keepalive),
                       format_seconds(shortest),
                       leaves(total, deadtime - shortest));
}

std::string about_decide(const Scenario& scenario) {
    const auto* files = any_files(scenario);
    return files == nullptr ? ""
                            : fmt::format("the time from the death of the peer to the first "
                                          "takeover action; initdead is {}.",
                                          format_seconds(files->ha.initdead));
}

std::string about_announce(const Scenario& scenario) {
    const auto* files = any_files(scenario);
    return files == nullptr ? ""
                            : fmt::format("clients learn the new owner from {} announcements {} "
                                          "apart, or when their own entry expires.",
                                          files->settings.announce.count,
                                          format_seconds(files->settings.announce.interval));
}

/// The words of haresources whose model is of this kind, with their start times.
std::string start_times(const Scenario& scenario, ScriptModel::Kind kind) {
    std::string text;
    for (const auto& [word, model] : scenario.cluster.resources) {
        const auto profile = scenario.profiles.find(model.profile);
        if (model.kind == kind && profile != scenario.profiles.end()) {
            text += fmt::format("{}{} starts in {} [{}]",
                                text.empty() ? "" : "; ",
                                word,
                                describe(profile->second.start),
                                name(profile->second.mark));
        }
    }
    return text;
}

std::string about_bridge(const Scenario& scenario) {
    const std::string program = start_times(scenario, ScriptModel::Kind::bridge_program);
    const auto* files = any_files(scenario);
    if (!program.empty()) {
        return program + ". Bound to the built-in bridge switch, no program has to start.";
    }
    return files == nullptr
               ? ""
               : fmt::format(
                     "each lost answer of the bridge costs {} (at most {} sends of a step).",
                     format_seconds(files->settings.bridge.reply_timeout),
                     files->settings.bridge.attempts);
}

std::string about_service(const Scenario& scenario, Duration total, Duration phase) {
    std::string text = start_times(scenario, ScriptModel::Kind::pbx);
    if (text.empty()) {
        text = start_times(scenario, ScriptModel::Kind::durations_only);
    }
    return text + (text.empty() ? "" : ". ") +
           "A warm standby, where it runs before it is needed, " + leaves(total, phase);
}

std::string about(Phase phase, const Scenario& scenario, Duration total, Duration time) {
    switch (phase) {
    case Phase::detect:
        return about_detect(scenario, total);
    case Phase::decide:
        return about_decide(scenario);
    case Phase::fence:
        return "a fencing device that confirms faster, or a second one in parallel.";
    case Phase::address:
        return "the kernel's own work: something holds the address back.";
    case Phase::announce:
        return about_announce(scenario);
    case Phase::route:
        return "the source fix-up reads and replaces routes one by one.";
    case Phase::bridge:
        return about_bridge(scenario);
    case Phase::service:
        return about_service(scenario, total, time);
    case Phase::trunk:
        return "the outside line's own recovery: alarm clearing and the D-channel. A warm standby "
               "that keeps layer 2 up, or the telco's timers, " +
               leaves(total, time);
    case Phase::register_:
        return "a shorter registration interval of the phones.";
    case Phase::call:
        return "setting up one call, and waiting for the next probe.";
    }
    return "";
}

}  // namespace

std::string describe(const models::Distribution& distribution) {
    return std::visit(DescribeDistribution{}, distribution);
}

std::string next_best_change(const Scenario& scenario, const Episode& episode) {
    const auto worst = std::find_if(
        episode.directions.begin(), episode.directions.end(), [&](const DirectionCutOff& d) {
            return d.direction == episode.worst_direction;
        });
    if (worst == episode.directions.end() || !worst->restored || worst->longest.count() <= 0) {
        return "";
    }
    const auto& times = worst->phases.on_path;
    const auto largest = std::max_element(times.begin(), times.end());
    const auto phase = static_cast<Phase>(largest - times.begin());
    if (largest->count() <= 0) {
        return "";
    }
    const auto percent =
        (largest->count() * 100 + worst->longest.count() / 2) / worst->longest.count();
    return fmt::format("{}: {} of {} ({} %): {}",
                       name(phase),
                       format_seconds(*largest),
                       format_seconds(worst->longest),
                       percent,
                       about(phase, scenario, worst->longest, *largest));
}

}  // namespace sim
