// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/sentences.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/text_report.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

std::string s(Duration time) {
    return format_seconds(time);
}

std::string percent(double share) {
    return fmt::format("{:g} %", share * 100);
}

std::string ordinal(int number) {
    const int tens = number % 100;
    const char* ending = tens >= 11 && tens <= 13 ? "th"
                         : number % 10 == 1       ? "st"
                         : number % 10 == 2       ? "nd"
                         : number % 10 == 3       ? "rd"
                                                  : "th";
    return fmt::format("{}{}", number, ending);
}

std::string process_of(const std::string& process, const std::string& node) {
    return process == "heartbeat" ? "the daemon of " + node : process + " on " + node;
}

std::string scope_words(cluster::ResourceScope scope) {
    switch (scope) {
    case cluster::ResourceScope::all:
        return "";
    case cluster::ResourceScope::local:
        return " with its own groups";
    case cluster::ResourceScope::foreign:
        return " with the groups of others";
    }
    return "";
}

/// One sentence per fault. A new fault does not compile without one.
struct FaultWords {
    const std::string& t;
    const Topology& topology;

    [[nodiscard]] const NodeSpec* node() const { return topology.node(t); }
    [[nodiscard]] bool is(NodeKind kind) const { return node() != nullptr && node()->kind == kind; }
    /// "the cable lan1 (asterisk1:eth0 to sw1:1)"
    [[nodiscard]] std::string link() const {
        const LinkSpec* const found = topology.link(t);
        if (found == nullptr) {
            return "the link " + t;
        }
        const char* kind = found->type == LinkType::t1       ? "the T1 line "
                           : found->type == LinkType::serial ? "the serial line "
                                                             : "the cable ";
        return fmt::format("{}{} ({}:{} to {}:{})",
                           kind,
                           t,
                           found->ends[0].node,
                           found->ends[0].port,
                           found->ends[1].node,
                           found->ends[1].port);
    }
    /// What hangs on a ups.
    [[nodiscard]] std::string fed() const {
        std::vector<std::string> fed;
        for (const NodeSpec& other : topology.nodes) {
            if (other.power == t) {
                fed.push_back(other.id);
            }
        }
        return fed.empty() ? "what hangs on it" : listed(fed);
    }
    [[nodiscard]] std::string boots(Duration boot) const {
        return is(NodeKind::network_switch) || is(NodeKind::fonebridge)
                   ? std::string{}
                   : fmt::format("; its daemon starts {} later", s(boot));
    }

    std::string operator()(const PowerOff&) const {
        return is(NodeKind::ups) ? fmt::format("the mains fail that feed {} by {}", fed(), t)
                                 : t + " loses power";
    }
    std::string operator()(const PowerOn& f) const {
        return is(NodeKind::ups) ? fmt::format("the mains return that feed {} by {}", fed(), t)
                                 : t + " gets power" + boots(f.boot);
    }
    std::string operator()(const NodeCrash&) const {
        return fmt::format(
            "the kernel of {} stops: its cards keep carrier, and nothing on it answers", t);
    }
    std::string operator()(const NodeFreeze&) const {
        return fmt::format("{} freezes: no process on it is scheduled, its kernel still answers",
                           t);
    }
    std::string operator()(const NodeThaw&) const {
        return fmt::format("{} thaws: its processes go on where they stood", t);
    }
    std::string operator()(const CpuStarve& f) const {
        std::string text =
            fmt::format("{} is short of processor time: scripts and services take {:g} times as "
                        "long",
                        t,
                        f.slowdown);
        if (f.stall > Duration::zero()) {
            text += fmt::format(", and no process at all runs for the first {} of every {}",
                                s(f.stall),
                                s(f.period));
        }
        return text;
    }
    std::string operator()(const CpuRecover&) const { return t + " has processor time again"; }
    std::string operator()(const ProcessKill& f) const {
        return fmt::format("{} is killed; {}",
                           process_of(f.process, t),
                           f.restart ? fmt::format("it is started again {} later", s(*f.restart))
                                     : std::string("nobody starts it again"));
    }
    std::string operator()(const ProcessHang& f) const {
        return process_of(f.process, t) + " hangs: it is there and does nothing";
    }
    std::string operator()(const ProcessResume& f) const {
        return process_of(f.process, t) + " goes on";
    }
    std::string operator()(const LinkDown&) const { return link() + " is unplugged"; }
    std::string operator()(const LinkUp&) const { return link() + " is plugged in again"; }
    std::string operator()(const LinkFlap& f) const {
        return fmt::format(
            "{} goes down {} times, for {} each, {} apart", link(), f.times, s(f.down), s(f.up));
    }
    std::string operator()(const LinkImpair& f) const {
        std::vector<std::string> what;
        if (f.loss) {
            what.push_back(fmt::format("loses {} of its frames{}",
                                       percent(*f.loss),
                                       f.burst > Duration::zero()
                                           ? fmt::format(" in bursts of {} on average", s(f.burst))
                                           : std::string{}));
        }
        if (f.duplicate) {
            what.push_back(fmt::format("doubles {}", percent(*f.duplicate)));
        }
        if (f.reorder) {
            what.push_back(fmt::format("reorders {}", percent(*f.reorder)));
        }
        if (f.corrupt) {
            what.push_back(fmt::format("corrupts {}", percent(*f.corrupt)));
        }
        if (f.delay) {
            what.push_back(fmt::format("takes {}", s(*f.delay)));
        }
        if (f.jitter) {
            what.push_back(fmt::format("varies by {}", s(*f.jitter)));
        }
        if (f.bits_per_second) {
            what.push_back(fmt::format("carries {} bit/s", *f.bits_per_second));
        }
        return fmt::format("{} gets worse: it {}{}",
                           link(),
                           what.empty() ? "stays as it is" : listed(what),
                           f.from.empty() ? std::string(", both ways")
                                          : fmt::format(", of what {} sends", f.from));
    }
    std::string operator()(const LinkRestore&) const { return link() + " is as good as before"; }
    std::string operator()(const Partition& f) const {
        std::vector<std::string> groups;
        for (const auto& group : f.groups) {
            groups.push_back(listed(group));
        }
        if (f.one_way && !groups.empty()) {
            const std::string from = groups.front();
            groups.erase(groups.begin());
            return fmt::format("Ethernet frames from {} to {} vanish, without a sign; the way back "
                               "is open",
                               from,
                               listed(groups));
        }
        return fmt::format("Ethernet frames between {} vanish, without a sign",
                           listed(groups, " and between "));
    }
    std::string operator()(const PartitionHeal&) const {
        return "all nodes reach each other on Ethernet again";
    }
    std::string operator()(const SerialNoise& f) const {
        return fmt::format("{} garbles {} of its bytes", link(), percent(f.probability));
    }
    std::string operator()(const SerialQuiet&) const { return link() + " is clean again"; }
    std::string operator()(const SwitchReboot& f) const {
        return fmt::format("{} restarts and forwards nothing for {}", t, s(f.takes));
    }
    std::string operator()(const SwitchArpStale&) const {
        return t + " begins to drop gratuitous ARP";
    }
    std::string operator()(const SwitchArpFresh&) const {
        return t + " forwards gratuitous ARP again";
    }
    std::string operator()(const BridgeReboot&) const {
        return t + " loses power for an instant and boots with its stored configuration";
    }
    std::string operator()(const BridgeLoseReply& f) const {
        return fmt::format(
            "{} is set to lose its reply to the {} control request from now", t, ordinal(f.number));
    }
    std::string operator()(const SpanAlarm& f) const {
        const char* colour = f.alarm == SpanAlarmKind::red      ? "red"
                             : f.alarm == SpanAlarmKind::yellow ? "yellow"
                                                                : "blue";
        return fmt::format("{} gets a {} alarm{}",
                           link(),
                           colour,
                           f.seen_by.empty() ? std::string{} : ", seen by " + f.seen_by);
    }
    std::string operator()(const SpanClear&) const { return link() + " is free of alarms again"; }
    std::string operator()(const ResourceStartFail& f) const {
        return f.times == 1
                   ? fmt::format("the next start of {} on {} is set to fail", f.resource, t)
                   : fmt::format(
                         "the next {} starts of {} on {} are set to fail", f.times, f.resource, t);
    }
    std::string operator()(const ResourceStartSlow& f) const {
        return fmt::format("starts of {} on {} take {} from now on",
                           f.resource,
                           t,
                           f.takes ? s(*f.takes) : fmt::format("{:g} times as long", f.factor));
    }
    std::string operator()(const ResourceStopHang& f) const {
        return fmt::format("stops of {} on {} never end from now on", f.resource, t);
    }
    std::string operator()(const ResourceStopFail& f) const {
        return fmt::format(
            "stops of {} on {} fail from now on, and it goes on running", f.resource, t);
    }
    std::string operator()(const ResourceHeal& f) const {
        return fmt::format("{} on {} starts and stops as usual again", f.resource, t);
    }
    std::string operator()(const ClockStep& f) const {
        return fmt::format("the wall clock of {} jumps by {}{}",
                           t,
                           f.by < Duration::zero() ? "-" : "+",
                           s(f.by < Duration::zero() ? -f.by : f.by));
    }
    std::string operator()(const ClockDrift& f) const {
        return f.ppm == 0 ? fmt::format("the clocks of {} run true again", t)
                          : fmt::format("the clocks of {} begin to drift by {:g} ppm", t, f.ppm);
    }
    std::string operator()(const DiskFull&) const {
        return fmt::format("the disk of {} is full: every write fails", t);
    }
    std::string operator()(const DiskFree&) const {
        return fmt::format("the disk of {} has room again", t);
    }
    std::string operator()(const DiskFail&) const {
        return fmt::format("the disk of {} dies: nothing can be read or started, what is in memory "
                           "goes on",
                           t);
    }
    std::string operator()(const UpstreamDown&) const {
        return t + " stops serving calls; its line stays up";
    }
    std::string operator()(const UpstreamUp&) const { return t + " serves calls again"; }
    std::string operator()(const UpsFail&) const {
        return fmt::format("the ups {} fails, battery or not: {} lose power", t, fed());
    }
    std::string operator()(const UpsRepair& f) const {
        return fmt::format(
            "the ups {} is repaired: {} get power; daemons start {} later", t, fed(), s(f.boot));
    }
    std::string operator()(const OperatorCommand& f) const {
        switch (f.command.kind) {
        case cluster::AdminCommand::Kind::standby:
            return fmt::format(
                "an operator sends {} to standby{}", t, scope_words(f.command.scope));
        case cluster::AdminCommand::Kind::takeover:
            return fmt::format("an operator has {} take over{}", t, scope_words(f.command.scope));
        case cluster::AdminCommand::Kind::stop:
            return "an operator stops the daemon of " + t;
        case cluster::AdminCommand::Kind::release:
            return fmt::format("{} is told to give away what a dead daemon left running", t);
        }
        return {};
    }
    std::string operator()(const ConfigReload& f) const {
        return fmt::format("the daemon of {} reads authkeys again, {}",
                           t,
                           f.keys ? "which have changed" : "unchanged");
    }
};

std::string after_words(const After& after) {
    const auto on = [&](const char* what_came) {
        return what_came + (after.node.empty() ? std::string{} : " on " + after.node);
    };
    std::string what;
    switch (after.event) {
    case After::Event::entry:
        what = after.id;
        break;
    case After::Event::peer_dead:
        what =
            (after.node.empty() ? std::string("a node") : after.node) + " declared its peer dead";
        break;
    case After::Event::address_up:
        what = on("a virtual address came up");
        break;
    case After::Event::group_started:
        what = on("a group was complete");
        break;
    case After::Event::group_stopped:
        what = on("a group was stopped");
        break;
    case After::Event::service_up:
        what = on("a service answered");
        break;
    case After::Event::call_answered:
        what = "calls were answered again";
        break;
    }
    return after.delay > Duration::zero() ? fmt::format("{} after {}", s(after.delay), what)
                                          : fmt::format("As soon as {}", what);
}

const Target& target_of(const Fault& fault) {
    return std::visit([](const auto& f) -> const Target& { return f.target; }, fault);
}

/// "at most 20 s", "1.8 s to 2.01 s", "at least 1 s"
template <class T, class Words>
std::string limits(const std::optional<T>& min, const std::optional<T>& max, Words words) {
    if (min && max) {
        return *min == *max ? "exactly " + words(*min)
                            : fmt::format("{} to {}", words(*min), words(*max));
    }
    return max ? "at most " + words(*max) : min ? "at least " + words(*min) : std::string("any");
}

std::string after_episode(const std::string& from) {
    return from.empty() ? std::string("at any time") : "after " + from;
}

struct ExpectationWords {
    static std::string count(std::int64_t n) { return std::to_string(n); }

    std::string operator()(const TakeoverTime& e) const {
        return fmt::format("{}, callers are cut off for {} (worst direction)",
                           after_episode(e.from),
                           limits(e.min, e.max, s));
    }
    std::string operator()(const DetectTime& e) const {
        return fmt::format(
            "{}, the failure is noticed within {}", after_episode(e.from), limits(e.min, e.max, s));
    }
    std::string operator()(const ProbeOutage& e) const {
        return fmt::format(
            "{} gets no answer for {}", e.workload, limits(std::optional<Duration>{}, e.max, s));
    }
    std::string operator()(const StartOrder& e) const {
        return fmt::format("on {}, these start in this order: {}", e.node, listed(e.sequence));
    }
    std::string operator()(const InvariantHolds& e) const {
        return fmt::format("the invariant {} holds", e.name);
    }
    std::string operator()(const CutOffTime& e) const {
        return fmt::format("{}, {} callers are cut off for {}",
                           after_episode(e.from),
                           e.direction,
                           limits(e.min, e.max, s));
    }
    std::string operator()(const NoInterruption& e) const {
        return after_episode(e.from) + ", no caller is cut off";
    }
    std::string operator()(const Restored& e) const {
        return after_episode(e.from) +
               ", every direction answers again before anything else happens";
    }
    std::string operator()(const TwoOwners& e) const {
        return fmt::format("{}, two nodes own the same thing for {}",
                           after_episode(e.from),
                           limits(e.min, e.max, s));
    }
    std::string operator()(const MetricLimit& e) const {
        return fmt::format("{} is {}", e.metric, limits(e.min, e.max, count));
    }
    std::string operator()(const EventCount& e) const {
        const std::string how_many = e.equals
                                         ? "exactly " + count(*e.equals)
                                         : limits(e.min, e.max, [](int n) { return count(n); });
        return fmt::format("{} {}{}{}",
                           how_many,
                           e.event + (how_many == "exactly 1" ? " happens" : "s happen"),
                           e.after.empty() ? "" : " after " + e.after,
                           e.before.empty() ? "" : " before " + e.before);
    }
    std::string operator()(const SuccessRatio& e) const {
        return fmt::format(
            "from {} on, at least {} of {} are answered", s(e.from), percent(e.min), e.workload);
    }
    std::string operator()(const ReportMetric& e) const {
        return fmt::format("{} is printed, not judged", e.metric);
    }
};

}  // namespace

std::string listed(const std::vector<std::string>& words, const char* last) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text += i == 0 ? "" : i + 1 == words.size() ? last : ", ";
        text += words[i];
    }
    return text;
}

std::string in_words(const Target& target) {
    switch (target.role) {
    case Target::Role::id:
        return target.id;
    case Target::Role::active_node:
        return "the node that serves";
    case Target::Role::vip_owner:
        return "the node that holds the address";
    case Target::Role::standby:
        return "the node that stands by";
    case Target::Role::random:
        return fmt::format("one of {}, drawn by the seed,", listed(target.among, " or "));
    }
    return {};
}

std::string in_words(const Fault& fault, const std::string& target, const Topology& topology) {
    return std::visit(FaultWords{target, topology}, fault);
}

std::string in_words(const Requirement& requirement) {
    switch (requirement.kind) {
    case Requirement::Kind::vip_owner:
        return requirement.node + " holds the virtual addresses";
    case Requirement::Kind::group_started:
        return "every group is complete on " + requirement.node;
    case Requirement::Kind::span_master:
        return fmt::format("{} sends its spans to {}", requirement.bridge, requirement.node);
    case Requirement::Kind::calls_in_progress:
        return fmt::format("at least {} call{} in progress",
                           requirement.at_least,
                           requirement.at_least == 1 ? " is" : "s are");
    }
    return {};
}

std::string in_words(const Expectation& expectation) {
    std::string text = std::visit(ExpectationWords{}, expectation.kind);
    if (expectation.quantile) {
        text += *expectation.quantile == 0.5
                    ? std::string(", in half of all runs")
                    : fmt::format(", in {} of all runs", percent(*expectation.quantile));
    }
    if (expectation.implementation) {
        text = fmt::format("with {}: {}", name(*expectation.implementation), text);
    }
    if (expectation.known_bad) {
        text += "; this is known not to be so, and would be reported if it were";
    }
    if (expectation.severity == ExpectationSeverity::warn) {
        text += " (a warning only)";
    }
    return text;
}

std::vector<Sentence> sentences_of(const std::vector<TimelineEntry>& timeline,
                                   const Topology& topology) {
    std::vector<Sentence> sentences;
    for (const TimelineEntry& entry : timeline) {
        Sentence sentence;
        sentence.id = entry.id;
        const std::string when =
            entry.after ? after_words(*entry.after) : fmt::format("At {}", s(entry.at));
        if (!entry.after) {
            sentence.at = entry.at;
        }
        if (const auto* check = std::get_if<Check>(&entry.what); check != nullptr) {
            std::vector<std::string> required;
            for (const Requirement& requirement : check->require) {
                required.push_back(in_words(requirement));
            }
            sentence.text = fmt::format(
                "{}{} it is checked that {}.",
                when,
                check->implementation ? fmt::format(", with {},", name(*check->implementation))
                                      : std::string{},
                listed(required));
            sentences.push_back(std::move(sentence));
            continue;
        }
        const Fault& fault = std::get<Fault>(entry.what);
        const std::string target = in_words(target_of(fault));
        const bool by_id = target_of(fault).role == Target::Role::id;
        sentence.text = fmt::format("{} {}", when, in_words(fault, target, topology));
        const auto reverse = entry.outage ? reverse_of(fault) : std::nullopt;
        if (reverse && !entry.after) {
            sentence.text += '.';
            sentences.push_back(std::move(sentence));
            const Duration end = entry.at + *entry.outage;
            sentences.push_back({end,
                                 entry.id + "/revert",
                                 fmt::format("At {}, {} later, {}.",
                                             s(end),
                                             s(*entry.outage),
                                             in_words(*reverse, by_id ? target : "it", topology))});
        } else {
            if (reverse) {
                sentence.text += fmt::format("; {} later, {}",
                                             s(*entry.outage),
                                             in_words(*reverse, by_id ? target : "it", topology));
            }
            sentence.text += '.';
            sentences.push_back(std::move(sentence));
        }
    }
    // What undoes a fault stands among the other entries by its time; an entry whose time depends
    // on the run stays behind the one it follows.
    Duration last{};
    std::vector<std::pair<Duration, Sentence>> keyed;
    for (Sentence& sentence : sentences) {
        if (sentence.at && !sentence.id.ends_with("/revert")) {
            last = *sentence.at;
        }
        const Duration key = sentence.at.value_or(last);
        keyed.emplace_back(key, std::move(sentence));
    }
    std::stable_sort(
        keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    sentences.clear();
    for (auto& [key, sentence] : keyed) {
        sentences.push_back(std::move(sentence));
    }
    return sentences;
}

std::vector<std::string> sentences_of(const Soak& soak, const Topology& topology) {
    std::vector<std::string> sentences{
        fmt::format("Between {} and {} faults are drawn by the seed, one after the other; the next "
                    "comes {} after the end of the one before:",
                    s(soak.from),
                    s(soak.until),
                    describe(soak.every))};
    double sum = 0;
    for (const Soak::Choice& choice : soak.faults) {
        sum += choice.weight;
    }
    for (const Soak::Choice& choice : soak.faults) {
        const auto* fault = std::get_if<Fault>(&choice.entry.what);
        if (fault == nullptr || sum <= 0) {
            continue;
        }
        const auto reverse = reverse_of(*fault);
        sentences.push_back(fmt::format("in {:.0f} % of cases {}{}.",
                                        choice.weight / sum * 100,
                                        in_words(*fault, in_words(target_of(*fault)), topology),
                                        reverse ? fmt::format(" (for {})", describe(choice.outage))
                                                : std::string{}));
    }
    return sentences;
}

}  // namespace sim
