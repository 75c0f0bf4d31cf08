// SPDX-License-Identifier: GPL-2.0-or-later
// Faults of the TDM side: the bridge's control server, span alarms, the telco.
#include "run/faults.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sim {

namespace {

using Alarm = models::T1Port::Alarm;

std::string_view word(Alarm alarm) {
    switch (alarm) {
    case Alarm::none:
        return "no alarm";
    case Alarm::red:
        return "red";
    case Alarm::yellow:
        return "yellow";
    case Alarm::ais:
        return "blue";
    }
    return "?";
}

Alarm to_model(SpanAlarmKind kind) {
    switch (kind) {
    case SpanAlarmKind::red:
        return Alarm::red;
    case SpanAlarmKind::yellow:
        return Alarm::yellow;
    case SpanAlarmKind::blue:
        return Alarm::ais;
    }
    return Alarm::none;
}

models::T1Line& span_at(FaultWorld& world, const std::string& target) {
    models::T1Line* const line = world.testbed.t1_line(target);
    if (line == nullptr) {
        throw FaultRefused(fmt::format("{} is no T1", target));
    }
    return *line;
}

/// The end that is to see the alarm.
int seeing_end(FaultWorld& world, const std::string& target, const std::string& seen_by) {
    const LinkSpec& spec = *world.scenario.topology.link(target);
    for (int end = 0; end < 2; ++end) {
        const NodeSpec* const node = world.scenario.topology.node(spec.ends[end].node);
        if (seen_by.empty() ? node != nullptr && node->kind == NodeKind::fonebridge
                            : spec.ends[end].node == seen_by) {
            return end;
        }
    }
    throw FaultRefused(seen_by.empty() ? fmt::format("no end of {} is a foneBRIDGE", target)
                                       : fmt::format("{} is no end of {}", seen_by, target));
}

models::Pstn& telco_at(FaultWorld& world, const std::string& target) {
    models::Pstn* const telco = world.testbed.pstn(target);
    if (telco == nullptr) {
        throw FaultRefused(fmt::format("{} is no telco", target));
    }
    return *telco;
}

}  // namespace

Effect apply(FaultWorld& world, const std::string& target, const BridgeLoseReply& fault) {
    models::Fonebridge& bridge = bridge_at(world, target);
    if (fault.number < 1) {
        throw FaultRefused("replies are counted from 1");
    }
    const std::uint64_t lost = bridge.replies_lost();
    bridge.lose_reply(fault.number);
    return {fmt::format("reply to control request {} from now will be lost", fault.number),
            [&bridge, target, lost, from = bridge.control_requests(), number = fault.number] {
                if (bridge.replies_lost() == lost) {
                    throw FaultRefused(fmt::format(
                        "the reply to control request {} of {} was to be lost, but only {} came",
                        from + static_cast<std::uint64_t>(number),
                        target,
                        bridge.control_requests()));
                }
                return std::string{"it was lost"};
            },
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const SpanAlarm& fault) {
    models::T1Line& line = span_at(world, target);
    const int end = seeing_end(world, target, fault.seen_by);
    const Alarm alarm = to_model(fault.alarm);
    if (line.forced_alarm(end) != Alarm::none) {
        throw FaultRefused(fmt::format("{} sees trouble already", line.end(end).name()));
    }
    if (!line.in_frame(line.end(end))) {
        throw FaultRefused(fmt::format("{} has no framing already", line.end(end).name()));
    }
    const std::uint64_t shown = line.alarms_shown(end, alarm);
    line.force_alarm(end, alarm);
    if (line.in_frame(line.end(end)) != (alarm == Alarm::yellow)) {
        throw FaultRefused(fmt::format("{} sees what it saw before", line.end(end).name()));
    }
    return {fmt::format("{} {}",
                        line.end(end).name(),
                        alarm == Alarm::yellow ? "is told that the far end hears nothing"
                        : alarm == Alarm::red  ? "lost framing"
                                               : "receives unframed ones"),
            [&line, end, alarm, shown] {
                return fmt::format("{} {} {}",
                                   line.end(end).name(),
                                   line.alarms_shown(end, alarm) == shown ? "never showed"
                                                                          : "showed",
                                   word(alarm));
            },
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const SpanClear&) {
    models::T1Line& line = span_at(world, target);
    std::vector<std::string> cleared;
    for (int end = 0; end < 2; ++end) {
        if (line.forced_alarm(end) != Alarm::none) {
            line.force_alarm(end, Alarm::none);
            cleared.push_back(line.end(end).name());
        }
    }
    if (cleared.empty()) {
        throw FaultRefused(fmt::format("no alarm was put on {}", target));
    }
    return {fmt::format("{} {} what the far end sends",
                        enumerate(cleared),
                        cleared.size() == 1 ? "receives" : "receive"),
            nullptr,
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const UpstreamDown&) {
    if (models::SipProvider* const provider = world.testbed.provider(target); provider != nullptr) {
        if (!provider->serving()) {
            throw FaultRefused(fmt::format("{} serves nobody already", target));
        }
        provider->set_serving(false);
        return {fmt::format("{} answers no request", target), nullptr, {}};
    }
    models::Pstn& telco = telco_at(world, target);
    if (!telco.serving()) {
        throw FaultRefused(fmt::format("{} serves nobody already", target));
    }
    telco.set_serving(false);
    if (telco.serving() || telco.dchannel_up()) {
        throw FaultRefused(fmt::format("{} still serves", target));
    }
    std::vector<std::string> framed;
    for (const LinkSpec& link : world.scenario.topology.links) {
        models::T1Line* const line = world.testbed.t1_line(link.id);
        for (int end = 0; line != nullptr && end < 2; ++end) {
            if (link.ends[end].node == target && line->in_frame(line->end(1 - end))) {
                framed.push_back(line->end(1 - end).name());
            }
        }
    }
    return {fmt::format("{} answers no signalling{}",
                        target,
                        framed.empty() ? "" : "; " + enumerate(framed) + " in frame"),
            nullptr,
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const UpstreamUp&) {
    if (models::SipProvider* const provider = world.testbed.provider(target); provider != nullptr) {
        if (provider->serving()) {
            throw FaultRefused(fmt::format("{} serves already", target));
        }
        provider->set_serving(true);
        return {fmt::format("{} answers requests again", target), nullptr, {}};
    }
    models::Pstn& telco = telco_at(world, target);
    if (telco.serving()) {
        throw FaultRefused(fmt::format("{} serves already", target));
    }
    telco.set_serving(true);
    return {fmt::format("{} establishes its D-channels", target),
            [&telco, target] {
                return telco.dchannel_up() ? std::string{"they came up"}
                                           : std::string{"they did not come up"};
            },
            {}};
}

}  // namespace sim
