// SPDX-License-Identifier: GPL-2.0-or-later
// Faults of cables, switches and whole networks.
#include "run/faults.hpp"

#include <utility>

#include <fmt/format.h>

#include "model/event.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

using models::to_time;

Duration to_duration(ns3::Time t) {
    return Duration{t.GetNanoSeconds()};
}

// ---------------------------------------------------------------- plugs

/// The three kinds of cable, with what all of them have.
class Cable {
  public:
    Cable(FaultWorld& world, const std::string& target)
        : m_lan(world.testbed.lan_link(target)), m_serial(world.testbed.serial_line(target)),
          m_t1(world.testbed.t1_line(target)), m_name(target) {
        if (m_lan == nullptr && m_serial == nullptr && m_t1 == nullptr) {
            throw FaultRefused(fmt::format("{} is no link", target));
        }
    }
    [[nodiscard]] bool plugged() const {
        return m_lan != nullptr      ? m_lan->plugged()
               : m_serial != nullptr ? m_serial->plugged()
                                     : m_t1->plugged();
    }
    void plug(bool in) const {
        if (m_lan != nullptr) {
            m_lan->set_plugged(in);
        } else if (m_serial != nullptr) {
            m_serial->set_plugged(in);
        } else {
            m_t1->set_plugged(in);
        }
    }
    /// What its ends see now.
    [[nodiscard]] std::string seen() const {
        if (m_serial != nullptr) {
            return fmt::format(
                "{} {}", m_name, m_serial->plugged() ? "carries bytes again" : "carries no byte");
        }
        std::vector<std::string> good;
        std::vector<std::string> bad;
        for (int end = 0; end < 2; ++end) {
            if (m_lan != nullptr) {
                (m_lan->end(end).carrier() ? good : bad).push_back(m_lan->end(end).name());
            } else {
                (m_t1->in_frame(m_t1->end(end)) ? good : bad).push_back(m_t1->end(end).name());
            }
        }
        const auto told = [&](const std::vector<std::string>& ends, const char* has) {
            return fmt::format("{} {} {}{}",
                               enumerate(ends),
                               ends.size() == 1 ? "has" : "have",
                               has,
                               m_lan != nullptr ? "carrier" : "framing");
        };
        std::string text = good.empty() ? "" : told(good, "");
        if (!bad.empty()) {
            text += (text.empty() ? "" : "; ") + told(bad, "no ");
        }
        return text;
    }
    /// An end still works as if the plug were in.
    [[nodiscard]] bool still_works() const {
        return m_lan != nullptr  ? m_lan->end(0).carrier() || m_lan->end(1).carrier()
               : m_t1 != nullptr ? m_t1->in_frame(m_t1->end(0)) || m_t1->in_frame(m_t1->end(1))
                                 : m_serial->plugged();
    }

  private:
    models::LanLink* m_lan;
    models::SerialLine* m_serial;
    models::T1Line* m_t1;
    std::string m_name;
};

Effect plug(FaultWorld& world, const std::string& target, bool in) {
    const Cable cable(world, target);
    if (cable.plugged() == in) {
        throw FaultRefused(fmt::format("{} is {} already", target, in ? "plugged" : "unplugged"));
    }
    cable.plug(in);
    if (cable.plugged() != in || (!in && cable.still_works())) {
        throw FaultRefused(fmt::format("{} works as before", target));
    }
    return {cable.seen(), nullptr, {}};
}

// ---------------------------------------------------------------- quality

models::LanLink& ethernet_at(FaultWorld& world, const std::string& target) {
    models::LanLink* const link = world.testbed.lan_link(target);
    if (link == nullptr) {
        throw FaultRefused(fmt::format("{} is no Ethernet link", target));
    }
    return *link;
}

models::LinkDirection as_built(const LinkSpec& link) {
    return {.cut = false,
            .loss = link.loss,
            .burst = {},
            .duplicate = 0,
            .reorder = 0,
            .corrupt = 0,
            .delay = to_time(link.delay),
            .jitter = to_time(link.jitter),
            .bits_per_second = link.bits_per_second};
}

/// What differs from the cable as it was built.
std::string differences(const models::LinkDirection& now, const models::LinkDirection& built) {
    std::vector<std::string> words;
    const auto share = [&](double have, double had, const char* what) {
        if (have != had) {
            words.push_back(fmt::format("{:.4g} % {}", have * 100, what));
        }
    };
    share(now.loss, built.loss, "lost");
    if (now.burst != built.burst) {
        words.push_back(fmt::format("in bursts of {}", format_quantity(to_duration(now.burst))));
    }
    share(now.duplicate, built.duplicate, "duplicated");
    share(now.reorder, built.reorder, "out of order");
    share(now.corrupt, built.corrupt, "corrupt");
    const auto time = [&](ns3::Time have, ns3::Time had, const char* what) {
        if (have != had) {
            words.push_back(fmt::format("{} {}", what, format_quantity(to_duration(have))));
        }
    };
    time(now.delay, built.delay, "delay");
    time(now.jitter, built.jitter, "jitter");
    if (now.bits_per_second != built.bits_per_second) {
        words.push_back(fmt::format("{} bit/s", now.bits_per_second));
    }
    return enumerate(words);
}

/// Frames of one direction that met the impairment between two looks.
std::string
met(const std::string& way, const models::LinkCounters& then, const models::LinkCounters& now) {
    if (now.offered == then.offered) {
        return fmt::format("{}: no frame met it", way);
    }
    std::string text = fmt::format("{}: of {} frames", way, now.offered - then.offered);
    std::vector<std::string> words;
    const auto count = [&](std::uint64_t a, std::uint64_t b, const char* what) {
        if (b != a) {
            words.push_back(fmt::format("{} {}", b - a, what));
        }
    };
    count(then.lost, now.lost, "lost");
    count(then.duplicated, now.duplicated, "duplicated");
    count(then.overtaken, now.overtaken, "overtaken");
    count(then.corrupted, now.corrupted, "corrupt");
    count(then.queue_full, now.queue_full, "dropped from a full queue");
    return text + " " + (words.empty() ? "none lost" : enumerate(words));
}

bool same(const models::LinkDirection& a, const models::LinkDirection& b) {
    return differences(a, b).empty() && a.cut == b.cut;
}

void require_share(const std::optional<double>& value, const char* what) {
    if (value && !(*value >= 0 && *value <= 1)) {
        throw FaultRefused(fmt::format("{} of {} is no probability", what, *value));
    }
}

// ---------------------------------------------------------------- partitions

/// The ports of a node that sends frames of its own.
std::vector<models::LanPort*> ports_of(FaultWorld& world, const std::string& node) {
    std::vector<models::LanPort*> ports;
    for (const LinkSpec& link : world.scenario.topology.links) {
        models::LanLink* const cable = world.testbed.lan_link(link.id);
        for (int end = 0; cable != nullptr && end < 2; ++end) {
            if (link.ends[end].node == node) {
                ports.push_back(&cable->end(end));
            }
        }
    }
    return ports;
}

std::vector<ns3::Mac48Address> addresses_of(FaultWorld& world, const std::string& node) {
    std::vector<ns3::Mac48Address> addresses;
    if (models::Host* const host = world.testbed.host(node); host != nullptr) {
        for (const models::Host::InterfaceInfo& interface : host->interfaces()) {
            addresses.push_back(interface.mac);
        }
    } else if (models::LightEndpoint* const client = world.testbed.client(node);
               client != nullptr) {
        addresses.push_back(client->mac());
    } else if (models::Fonebridge* const bridge = world.testbed.bridge(node); bridge != nullptr) {
        for (int port = 1; port <= 2; ++port) {
            if (const auto* end = dynamic_cast<models::LightEndpoint*>(&bridge->ethernet(port));
                end != nullptr) {
                addresses.push_back(end->mac());
            }
        }
    }
    return addresses;
}

void leave_partition(FaultWorld& world) {
    for (const LinkSpec& link : world.scenario.topology.links) {
        models::LanLink* const cable = world.testbed.lan_link(link.id);
        for (int end = 0; cable != nullptr && end < 2; ++end) {
            cable->end(end).set_partition(nullptr, -1);
        }
    }
    world.partition.clear();
    world.partitioned = false;
}

models::SerialLine& serial_at(FaultWorld& world, const std::string& target) {
    models::SerialLine* const line = world.testbed.serial_line(target);
    if (line == nullptr) {
        throw FaultRefused(fmt::format("{} is no serial line", target));
    }
    return *line;
}

models::LanSwitch& switch_at(FaultWorld& world, const std::string& target) {
    models::LanSwitch* const lan_switch = world.testbed.lan_switch(target);
    if (lan_switch == nullptr) {
        throw FaultRefused(fmt::format("{} is no switch", target));
    }
    return *lan_switch;
}

}  // namespace

Effect apply(FaultWorld& world, const std::string& target, const LinkDown&) {
    return plug(world, target, false);
}

Effect apply(FaultWorld& world, const std::string& target, const LinkUp&) {
    return plug(world, target, true);
}

Effect apply(FaultWorld& world, const std::string& target, const LinkFlap& fault) {
    const Cable cable(world, target);
    if (!cable.plugged()) {
        throw FaultRefused(fmt::format("{} is unplugged, and cannot flap", target));
    }
    if (fault.times < 1 || fault.down <= Duration::zero() || fault.up <= Duration::zero()) {
        throw FaultRefused("a flap needs a time down, a time up and at least one turn");
    }
    // Another entry of the timeline may pull the cable in between: then the flap pulls and plugs
    // nothing.
    FaultWorld::Flap& flap = world.flaps[target];
    flap = {.downs = 1, .down_by_flap = true};
    cable.plug(false);
    if (cable.still_works()) {
        throw FaultRefused(fmt::format("{} works as before", target));
    }
    std::string evidence = cable.seen();
    models::Recorder& recorder = world.context.recorder;
    const Duration turn = fault.down + fault.up;
    for (int n = 0; n < fault.times; ++n) {
        if (n > 0) {
            models::post(to_time(turn * n), [cable, &flap, &recorder, target] {
                if (cable.plugged()) {
                    const models::Recorder::Scope scope(
                        recorder, recorder.record("link.flap", target, {{"up", false}}));
                    cable.plug(false);
                    flap.down_by_flap = true;
                    ++flap.downs;
                }
            });
        }
        models::post(to_time(turn * n + fault.down), [cable, &flap, &recorder, target] {
            if (std::exchange(flap.down_by_flap, false) && !cable.plugged()) {
                const models::Recorder::Scope scope(
                    recorder, recorder.record("link.flap", target, {{"up", true}}));
                cable.plug(true);
            }
        });
    }
    return {std::move(evidence),
            [cable, &flap, times = fault.times, target] {
                return fmt::format("{} went down {} of {} times{}",
                                   target,
                                   flap.downs,
                                   times,
                                   cable.plugged() ? "" : " and is down");
            },
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const LinkImpair& fault) {
    models::LanLink& link = ethernet_at(world, target);
    const LinkSpec& spec = *world.scenario.topology.link(target);
    if (!fault.from.empty() && fault.from != spec.ends[0].node && fault.from != spec.ends[1].node) {
        throw FaultRefused(fmt::format("{} is no end of {}", fault.from, target));
    }
    require_share(fault.loss, "loss");
    require_share(fault.duplicate, "duplicate");
    require_share(fault.reorder, "reorder");
    require_share(fault.corrupt, "corrupt");
    const models::LinkDirection built = as_built(spec);
    models::LinkDirection wanted = built;
    wanted.loss = fault.loss.value_or(built.loss);
    wanted.burst = to_time(fault.burst);
    wanted.duplicate = fault.duplicate.value_or(0);
    wanted.reorder = fault.reorder.value_or(0);
    wanted.corrupt = fault.corrupt.value_or(0);
    wanted.delay = fault.delay ? to_time(*fault.delay) : built.delay;
    wanted.jitter = fault.jitter ? to_time(*fault.jitter) : built.jitter;
    wanted.bits_per_second = fault.bits_per_second.value_or(built.bits_per_second);
    if (same(wanted, built)) {
        throw FaultRefused(fmt::format("{} is built that way: nothing would be impaired", target));
    }
    Effect effect;
    std::vector<std::function<std::string()>> looks;
    for (int way = 0; way < 2; ++way) {
        if (!fault.from.empty() && fault.from != spec.ends[way].node) {
            continue;
        }
        link.direction(way) = wanted;
        const std::string words =
            fmt::format("{} to {}", link.end(way).name(), link.end(1 - way).name());
        effect.evidence += fmt::format("{}{}: {}",
                                       effect.evidence.empty() ? "" : "; ",
                                       words,
                                       differences(link.direction(way), built));
        looks.push_back([&link, way, words, then = link.counters(way)] {
            return met(words, then, link.counters(way));
        });
    }
    effect.later = [looks = std::move(looks)] {
        std::string text;
        for (const auto& look : looks) {
            text += (text.empty() ? "" : "; ") + look();
        }
        return text;
    };
    return effect;
}

Effect apply(FaultWorld& world, const std::string& target, const LinkRestore&) {
    models::LanLink& link = ethernet_at(world, target);
    const models::LinkDirection built = as_built(*world.scenario.topology.link(target));
    if (same(link.direction(0), built) && same(link.direction(1), built)) {
        throw FaultRefused(fmt::format("{} is not impaired", target));
    }
    for (int way = 0; way < 2; ++way) {
        link.direction(way) = built;
    }
    return {fmt::format("{} is as it was built", target), nullptr, {}};
}

Effect apply(FaultWorld& world, const std::string& /*target*/, const Partition& fault) {
    if (world.partitioned) {
        throw FaultRefused("the network is partitioned already");
    }
    if (fault.groups.size() < 2) {
        throw FaultRefused("a partition needs two groups");
    }
    std::map<std::string, int> side_of;
    for (std::size_t side = 0; side < fault.groups.size(); ++side) {
        for (const std::string& node : fault.groups[side]) {
            if (addresses_of(world, node).empty() || ports_of(world, node).empty()) {
                throw FaultRefused(fmt::format(
                    "{} sends no Ethernet frames of its own, so it is on no side; name the nodes "
                    "behind it",
                    node));
            }
            if (!side_of.emplace(node, static_cast<int>(side)).second) {
                throw FaultRefused(fmt::format("{} is in two groups", node));
            }
        }
    }
    std::vector<std::string> without;
    std::vector<std::string> ports;
    for (const auto& [node, side] : side_of) {
        for (const ns3::Mac48Address& address : addresses_of(world, node)) {
            world.partition.put(address, side);
        }
        for (models::LanPort* const port : ports_of(world, node)) {
            port->set_partition(&world.partition, side);
            (port->carrier() ? ports : without).push_back(port->name());
        }
    }
    world.partition.set_one_way(fault.one_way);
    world.partitioned = true;
    std::string evidence = fmt::format("filtered at {}, which {} carrier",
                                       enumerate(ports.empty() ? without : ports),
                                       ports.empty()       ? "had no"
                                       : ports.size() == 1 ? "keeps"
                                                           : "keep");
    return {std::move(evidence),
            [&world, then = world.partition.dropped()] {
                const std::uint64_t dropped = world.partition.dropped() - then;
                return dropped == 0 ? std::string{"no frame tried to cross"}
                                    : fmt::format("{} frames did not cross", dropped);
            },
            {}};
}

Effect apply(FaultWorld& world, const std::string& /*target*/, const PartitionHeal&) {
    if (!world.partitioned) {
        throw FaultRefused("the network is not partitioned");
    }
    leave_partition(world);
    return {"no port filters any longer", nullptr, {}};
}

Effect apply(FaultWorld& world, const std::string& target, const SerialNoise& fault) {
    models::SerialLine& line = serial_at(world, target);
    if (!(fault.probability > 0 && fault.probability <= 1)) {
        throw FaultRefused(fmt::format("noise of {} is no probability", fault.probability));
    }
    line.set_noise(fault.probability);
    return {fmt::format("{:.4g} % of the bytes on {} are noise", line.noise() * 100, target),
            [&line, carried = line.carried(), garbled = line.garbled()] {
                return fmt::format("of {} bytes {} were noise",
                                   line.carried() - carried,
                                   line.garbled() - garbled);
            },
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const SerialQuiet&) {
    models::SerialLine& line = serial_at(world, target);
    if (line.noise() <= 0) {
        throw FaultRefused(fmt::format("{} has no noise", target));
    }
    line.set_noise(0);
    return {fmt::format("{} is quiet", target), nullptr, {}};
}

Effect apply(FaultWorld& world, const std::string& target, const SwitchArpStale&) {
    models::LanSwitch& lan_switch = switch_at(world, target);
    if (lan_switch.drops_gratuitous_arp() || !lan_switch.powered()) {
        throw FaultRefused(fmt::format(
            "{} {}", target, lan_switch.powered() ? "drops gratuitous ARP already" : "is off"));
    }
    lan_switch.set_drops_gratuitous_arp(true);
    return {fmt::format("{} has power and its filter is on", target),
            [&lan_switch, then = lan_switch.gratuitous_arp_dropped()] {
                const std::uint64_t dropped = lan_switch.gratuitous_arp_dropped() - then;
                return dropped == 0 ? std::string{"no gratuitous ARP came by"}
                                    : fmt::format("{} gratuitous ARP frames dropped", dropped);
            },
            {}};
}

Effect apply(FaultWorld& world, const std::string& target, const SwitchArpFresh&) {
    models::LanSwitch& lan_switch = switch_at(world, target);
    if (!lan_switch.drops_gratuitous_arp()) {
        throw FaultRefused(fmt::format("{} drops no gratuitous ARP", target));
    }
    lan_switch.set_drops_gratuitous_arp(false);
    return {fmt::format("{} forwards gratuitous ARP again", target), nullptr, {}};
}

}  // namespace sim
