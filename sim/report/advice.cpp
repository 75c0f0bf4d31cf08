// SPDX-License-Identifier: GPL-2.0-or-later
// Which single change would shorten a cut-off most. Everything said here is computed from the run
// and the files.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

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

/// A serial line between members that ha.cf does not use; empty: none.
std::string unused_serial_line(const Scenario& scenario, const cluster::HaConfig& ha) {
    const auto member = [&](const std::string& node) {
        const auto& members = scenario.cluster.members;
        return std::find(members.begin(), members.end(), node) != members.end();
    };
    const bool used = std::any_of(ha.links.begin(), ha.links.end(), [](const auto& link) {
        return link.kind == cluster::LinkKind::serial;
    });
    for (const LinkSpec& link : scenario.topology.links) {
        if (!used && link.type == LinkType::serial && member(link.ends[0].node) &&
            member(link.ends[1].node)) {
            return link.id;
        }
    }
    return {};
}

std::string cure_of_two_owners(const Scenario& scenario, const Episode& episode) {
    const auto* files = any_files(scenario);
    if (!episode.two_owners || files == nullptr) {
        return "";
    }
    const bool heartbeat = scenario.cluster.implementation == Implementation::heartbeat_3_0_6;
    if (episode.verb == "node.freeze" || episode.verb == "node.thaw" ||
        episode.verb == "cpu.starve" || episode.verb == "process.hang" ||
        episode.verb == "process.resume") {
        return fmt::format(
            "two owners: a node that wakes up still serves what its peer took meanwhile. {}",
            heartbeat ? "heartbeat notices only when it hears its peer; a stonith line (fencing) "
                        "prevents it, and understudyd gives up what it holds when it wakes."
                      : "A stonith line (fencing) keeps it from waking up at all.");
    }
    std::set<std::string> paths;
    for (const cluster::LinkConfig& link : files->ha.links) {
        paths.insert(link.device);
    }
    if (paths.size() > 1) {
        return fmt::format(
            "two owners, although heartbeats have {} paths: a stonith line (fencing) "
            "is what is left.",
            paths.size());
    }
    const std::string line = unused_serial_line(scenario, files->ha);
    std::string text =
        fmt::format("two owners: all heartbeats cross {}, so nodes that do not hear each other "
                    "cannot tell a broken path from a dead peer. A second path keeps one owner{}",
                    paths.empty() ? std::string("no path") : *paths.begin(),
                    line.empty() ? std::string(", such as a serial line")
                                 : fmt::format(": the serial line {} is there, and ha.cf does not "
                                               "use it",
                                               line));
    text += files->ha.runs_ipfail() && !files->ha.ping_targets.empty()
                ? "."
                : ". So does a ping target outside both nodes with ipfail.";
    return text;
}

}  // namespace

std::string describe(const models::Distribution& distribution) {
    return std::visit(DescribeDistribution{}, distribution);
}

std::string in_words(const RuleAtWork& at_work) {
    static const std::map<std::string, std::string, std::less<>> because{
        {"carrier", "with no carrier on any heartbeat path"},
        {"ping-tie-break", "with its peer silent and no ping target answering"},
        {"woke-up", "after it had not been scheduled"},
        {"returned", "with a peer that came back"},
        {"start-failure", "with a group that starts nowhere"},
        {"stop-failure", "with a group that does not stop"},
        {"daemon-death", "after the death of its daemon"},
        {"bridge-stream", "when the stream of the bridge had ceased"}};
    static const std::map<std::string, std::string, std::less<>> did{
        {"keeps", "kept what it ran"},
        {"takes nothing", "took nothing"},
        {"releases", "gave up what it ran"},
        {"waits", "waited"},
        {"retries", "tried again"},
        {"points the bridge here", "pointed the bridge to itself"},
        {"leaves the bridge", "left the bridge as it was"}};
    const auto word = [](const auto& words, const std::string& key) {
        const auto found = words.find(key);
        return found == words.end() ? key : found->second;
    };
    // Giving up, trying again and pointing a bridge are moments; what lasts is told with its time.
    const bool moment = at_work.decision != "keeps" && at_work.decision != "takes nothing" &&
                        at_work.decision != "waits";
    return fmt::format("{} {}, {}{}",
                       at_work.node,
                       word(did, at_work.decision),
                       word(because, at_work.rule),
                       moment ? std::string{} : ", for " + format_seconds(at_work.lasted));
}

std::vector<std::string> advice_for(const Scenario& scenario, const Episode& episode) {
    std::vector<std::string> advice;
    for (std::string text :
         {cure_of_two_owners(scenario, episode), next_best_change(scenario, episode)}) {
        if (!text.empty()) {
            advice.push_back(std::move(text));
        }
    }
    return advice;
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
