// SPDX-License-Identifier: GPL-2.0-or-later
// Faults of power: servers, switches, bridges, uninterruptible supplies; and the kernel panic,
// which is the same without loss of carrier.
#include "run/faults.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "model/event.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

using models::to_time;

void say(std::string& evidence, const std::string& text) {
    evidence += (evidence.empty() ? "" : "; ") + text;
}

/// Whether the far ends of a node's cables see carrier; the ones that do, or do not.
std::vector<std::string> far_ends(FaultWorld& world, const std::string& node, bool carrier) {
    std::vector<std::string> names;
    for (const LinkSpec& link : world.scenario.topology.links) {
        models::LanLink* const cable = world.testbed.lan_link(link.id);
        for (int end = 0; cable != nullptr && end < 2; ++end) {
            if (link.ends[end].node == node && cable->end(1 - end).carrier() == carrier) {
                names.push_back(cable->end(1 - end).name());
            }
        }
    }
    return names;
}

/// The supply of a node that gives no power now; null: it has power, as far as that goes.
const std::string* dead_supply(FaultWorld& world, const std::string& node) {
    const NodeSpec* spec = world.scenario.topology.node(node);
    const auto ups = spec == nullptr ? world.upses.end() : world.upses.find(spec->power);
    return ups != world.upses.end() && !ups->second.gives ? &spec->power : nullptr;
}

bool has_power(FaultWorld& world, const std::string& node) {
    if (const models::Host* host = world.testbed.host(node); host != nullptr) {
        return host->powered();
    }
    if (const models::LanSwitch* lan_switch = world.testbed.lan_switch(node);
        lan_switch != nullptr) {
        return lan_switch->powered();
    }
    const models::Fonebridge* bridge = world.testbed.bridge(node);
    return bridge != nullptr && bridge->powered();
}

void require_power(FaultWorld& world, const std::string& target, bool power) {
    if (has_power(world, target) != power) {
        throw FaultRefused(
            fmt::format("{} {}", target, power ? "is off already" : "has power already"));
    }
    if (!power) {
        if (const std::string* ups = dead_supply(world, target); ups != nullptr) {
            throw FaultRefused(fmt::format("{} gives {} no power", *ups, target));
        }
    }
}

std::string host_off(FaultWorld& world, const std::string& target, models::Host& host) {
    const std::uint64_t life = host.incarnation();
    const bool had_daemon = host.find(daemon_process) != nullptr;
    host.power_off();
    if (host.powered() || host.incarnation() == life || host.find(daemon_process) != nullptr) {
        throw FaultRefused(fmt::format("{} still runs", target));
    }
    if (const auto still = far_ends(world, target, true); !still.empty()) {
        throw FaultRefused(fmt::format("{} still has carrier", enumerate(still)));
    }
    std::string evidence;
    if (const auto lost = far_ends(world, target, false); !lost.empty()) {
        evidence = enumerate(lost) + " without carrier";
    }
    say(evidence,
        fmt::format("life {} of {} ended{}", life, target, had_daemon ? " with its daemon" : ""));
    return evidence;
}

/// What hangs on a bridge's spans and has lost framing.
std::vector<std::string> out_of_frame(FaultWorld& world, const std::string& bridge) {
    std::vector<std::string> names;
    for (const LinkSpec& link : world.scenario.topology.links) {
        models::T1Line* const line = world.testbed.t1_line(link.id);
        for (int end = 0; line != nullptr && end < 2; ++end) {
            if (link.ends[end].node == bridge && !line->in_frame(line->end(1 - end))) {
                names.push_back(line->end(1 - end).name());
            }
        }
    }
    return names;
}

std::string node_off(FaultWorld& world, const std::string& target) {
    if (models::Host* const host = world.testbed.host(target); host != nullptr) {
        return host_off(world, target, *host);
    }
    if (models::LanSwitch* const lan_switch = world.testbed.lan_switch(target);
        lan_switch != nullptr) {
        lan_switch->set_power(false);
        const auto still = far_ends(world, target, true);
        if (lan_switch->powered() || !still.empty()) {
            throw FaultRefused(fmt::format("{} still forwards", target));
        }
        return fmt::format("{} forwards nothing; {} without carrier",
                           target,
                           enumerate(far_ends(world, target, false)));
    }
    models::Fonebridge* const bridge = world.testbed.bridge(target);
    bridge->power_off();
    if (bridge->powered() || bridge->running() || bridge->transmitting()) {
        throw FaultRefused(fmt::format("{} still runs", target));
    }
    std::string evidence = fmt::format("{} is off and sends nothing", target);
    if (const auto lost = out_of_frame(world, target); !lost.empty()) {
        say(evidence, enumerate(lost) + " lost framing");
    }
    return evidence;
}

/// Now, and what came of it.
std::pair<std::string, std::function<std::string()>>
node_on(FaultWorld& world, const std::string& target, Duration boot) {
    if (models::Host* const host = world.testbed.host(target); host != nullptr) {
        host->power_on(to_time(boot));
        if (!host->boots()) {
            throw FaultRefused(fmt::format("{} does not boot", target));
        }
        const std::uint64_t life = host->incarnation();
        return {fmt::format("{} boots for {}", target, format_seconds(boot)),
                [host, target, life]() -> std::string {
                    if (host->incarnation() != life) {
                        return fmt::format("{} was interrupted", target);
                    }
                    return fmt::format("the kernel of {} {}",
                                       target,
                                       host->kernel_runs() ? "came up" : "did not come up");
                }};
    }
    if (models::LanSwitch* const lan_switch = world.testbed.lan_switch(target);
        lan_switch != nullptr) {
        lan_switch->set_power(true);
        const auto back = far_ends(world, target, true);
        return {fmt::format("{} forwards again{}",
                            target,
                            back.empty() ? "" : "; carrier at " + enumerate(back)),
                nullptr};
    }
    models::Fonebridge* const bridge = world.testbed.bridge(target);
    bridge->power_on();
    if (!bridge->powered()) {
        throw FaultRefused(fmt::format("{} stays off", target));
    }
    return {fmt::format("{} boots", target), [bridge, target] {
                return fmt::format("{} {}",
                                   target,
                                   bridge->running() ? "came up with its stored configuration"
                                                     : "was not up again");
            }};
}

// ---------------------------------------------------------------- supplies

/// Of those that have a power switch of their own here.
std::vector<std::string> fed_by(FaultWorld& world, const std::string& ups) {
    std::vector<std::string> fed;
    for (const NodeSpec& node : world.scenario.topology.nodes) {
        if (node.power == ups &&
            (node.kind == NodeKind::server || node.kind == NodeKind::network_switch ||
             node.kind == NodeKind::fonebridge)) {
            fed.push_back(node.id);
        }
    }
    return fed;
}

std::string all_dark(FaultWorld& world, const std::string& ups) {
    std::string evidence;
    for (const std::string& node : fed_by(world, ups)) {
        if (has_power(world, node)) {
            say(evidence, node_off(world, node));
            world.upses[ups].dark.push_back(node);
        }
    }
    world.upses[ups].gives = false;
    return evidence;
}

Effect all_lit(FaultWorld& world, const std::string& ups, Duration boot) {
    Effect effect;
    std::vector<std::function<std::string()>> later;
    world.upses[ups].gives = true;
    for (const std::string& node : std::exchange(world.upses[ups].dark, {})) {
        auto [now, then] = node_on(world, node, boot);
        say(effect.evidence, now);
        if (then) {
            later.push_back(std::move(then));
        }
    }
    if (effect.evidence.empty()) {
        effect.evidence = fmt::format("nothing on {} had lost power", ups);
    }
    if (!later.empty()) {
        effect.later = [later = std::move(later)] {
            std::string text;
            for (const auto& one : later) {
                say(text, one());
            }
            return text;
        };
    }
    return effect;
}

const NodeSpec& node_with_power(FaultWorld& world, const std::string& target) {
    const NodeSpec* const node = world.scenario.topology.node(target);
    if (node == nullptr) {
        throw FaultRefused(fmt::format("{} is no node", target));
    }
    if (node->kind != NodeKind::server && node->kind != NodeKind::network_switch &&
        node->kind != NodeKind::fonebridge && node->kind != NodeKind::ups) {
        throw FaultRefused(fmt::format(
            "{} is a {}, and those have no power switch here", target, name(node->kind)));
    }
    return *node;
}

const NodeSpec& ups_at(FaultWorld& world, const std::string& target) {
    const NodeSpec& node = node_with_power(world, target);
    if (node.kind != NodeKind::ups) {
        throw FaultRefused(fmt::format("{} is no ups", target));
    }
    if (fed_by(world, target).empty()) {
        throw FaultRefused(fmt::format("nothing hangs on {}", target));
    }
    return node;
}

Effect mains_gone(FaultWorld& world, const std::string& target, const NodeSpec& node) {
    FaultWorld::Ups& ups = world.upses[target];
    if (ups.broken || !ups.mains) {
        throw FaultRefused(
            fmt::format("{} {}", target, ups.broken ? "is broken" : "has no mains already"));
    }
    const auto fed = fed_by(world, target);
    std::vector<std::string> lit;
    std::ranges::copy_if(fed, std::back_inserter(lit), [&](const std::string& one) {
        return has_power(world, one);
    });
    if (lit.empty()) {
        throw FaultRefused(fmt::format("nothing on {} has power", target));
    }
    ups.mains = false;
    const std::uint64_t outage = ++ups.outages;
    if (node.backup == Duration::zero()) {
        return {all_dark(world, target), nullptr, {}};
    }
    Effect effect;
    effect.evidence = fmt::format("{} runs on its battery; {} {} power",
                                  target,
                                  enumerate(lit),
                                  lit.size() == 1 ? "has" : "have");
    effect.later = [&world, target] {
        return std::string{world.upses[target].gives ? "the battery lasted"
                                                     : "the battery ran empty"};
    };
    effect.then.push_back({node.backup,
                           "battery-empty",
                           "power.off",
                           [&world, target, outage]() -> std::optional<Effect> {
                               const FaultWorld::Ups& now = world.upses[target];
                               if (now.mains || now.broken || now.outages != outage) {
                                   return std::nullopt;
                               }
                               std::string evidence = all_dark(world, target);
                               if (evidence.empty()) {
                                   return std::nullopt;  // nothing was left that had power
                               }
                               return Effect{std::move(evidence), nullptr, {}};
                           }});
    return effect;
}

}  // namespace

Effect apply(FaultWorld& world, const std::string& target, const PowerOff&) {
    const NodeSpec& node = node_with_power(world, target);
    if (node.kind == NodeKind::ups) {
        return mains_gone(world, target, ups_at(world, target));
    }
    require_power(world, target, true);
    return {node_off(world, target), nullptr, {}};
}

Effect apply(FaultWorld& world, const std::string& target, const PowerOn& fault) {
    const NodeSpec& node = node_with_power(world, target);
    if (node.kind == NodeKind::ups) {
        ups_at(world, target);
        FaultWorld::Ups& ups = world.upses[target];
        if (ups.mains || ups.broken) {
            throw FaultRefused(
                fmt::format("{} {}", target, ups.broken ? "is broken" : "has mains already"));
        }
        ups.mains = true;
        return all_lit(world, target, fault.boot);
    }
    // A server that crashed has power; this is its reset button then.
    const models::Host* const host = world.testbed.host(target);
    if (host == nullptr || !host->powered()) {
        require_power(world, target, false);
    } else if (host->kernel_runs() || host->boots()) {
        throw FaultRefused(
            fmt::format("{} {} already", target, host->kernel_runs() ? "runs" : "boots"));
    }
    auto [evidence, later] = node_on(world, target, fault.boot);
    return {std::move(evidence), std::move(later), {}};
}

Effect apply(FaultWorld& world, const std::string& target, const NodeCrash&) {
    models::Host& host = running_server(world, target);
    const std::uint64_t life = host.incarnation();
    host.crash();
    if (host.kernel_runs() || host.incarnation() == life) {
        throw FaultRefused(fmt::format("{} still runs", target));
    }
    std::string evidence = fmt::format("life {} of {} ended; it has power", life, target);
    if (const auto up = far_ends(world, target, true); !up.empty()) {
        say(evidence,
            fmt::format("{} {} carrier", enumerate(up), up.size() == 1 ? "keeps" : "keep"));
    }
    return {std::move(evidence), nullptr, {}};
}

Effect apply(FaultWorld& world, const std::string& target, const SwitchReboot& fault) {
    models::LanSwitch* const lan_switch = world.testbed.lan_switch(target);
    if (lan_switch == nullptr) {
        throw FaultRefused(fmt::format("{} is no switch", target));
    }
    require_power(world, target, true);
    Effect effect{node_off(world, target), nullptr, {}};
    effect.then.push_back({fault.takes,
                           "revert",
                           "switch.on",
                           [&world, target, lan_switch]() -> std::optional<Effect> {
                               if (lan_switch->powered() || dead_supply(world, target) != nullptr) {
                                   return std::nullopt;
                               }
                               return Effect{node_on(world, target, {}).first, nullptr, {}};
                           }});
    return effect;
}

Effect apply(FaultWorld& world, const std::string& target, const BridgeReboot&) {
    models::Fonebridge& bridge = bridge_at(world, target);
    require_power(world, target, true);
    std::string evidence = node_off(world, target);
    auto [boots, later] = node_on(world, target, {});
    if (bridge.running()) {
        throw FaultRefused(fmt::format("{} still runs", target));
    }
    say(evidence, boots);
    return {std::move(evidence), std::move(later), {}};
}

Effect apply(FaultWorld& world, const std::string& target, const UpsFail&) {
    ups_at(world, target);
    FaultWorld::Ups& ups = world.upses[target];
    if (ups.broken) {
        throw FaultRefused(fmt::format("{} is broken already", target));
    }
    std::string evidence = all_dark(world, target);
    if (evidence.empty()) {
        throw FaultRefused(fmt::format("nothing on {} has power", target));
    }
    ups.broken = true;
    return {std::move(evidence), nullptr, {}};
}

Effect apply(FaultWorld& world, const std::string& target, const UpsRepair& fault) {
    ups_at(world, target);
    FaultWorld::Ups& ups = world.upses[target];
    if (!ups.broken) {
        throw FaultRefused(fmt::format("{} is not broken", target));
    }
    ups.broken = false;
    if (!ups.mains) {
        return {fmt::format("{} works, and has no mains", target), nullptr, {}};
    }
    return all_lit(world, target, fault.boot);
}

}  // namespace sim
