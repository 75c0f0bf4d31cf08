// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/testbed.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "model/event.hpp"
#include "model/packets.hpp"
#include "run/implementation.hpp"

namespace sim {

namespace {

using models::to_time;

ns3::Mac48Address to_ns3(const cluster::MacAddress& mac) {
    return ns3::Mac48Address{cluster::to_string(mac).c_str()};
}

/// Locally administered, from the places of node and interface in the file: the same in every run.
ns3::Mac48Address assigned_mac(std::size_t node, std::size_t interface) {
    const auto node_number = static_cast<std::uint16_t>(node + 1);
    return to_ns3({0x02,
                   0x00,
                   0x00,
                   static_cast<std::uint8_t>(node_number >> 8U),
                   static_cast<std::uint8_t>(node_number),
                   static_cast<std::uint8_t>(interface + 1)});
}

ns3::Mac48Address mac_of(const InterfaceSpec& interface, std::size_t node, std::size_t number) {
    if (interface.mac.empty()) {
        return assigned_mac(node, number);
    }
    const auto mac = cluster::parse_mac(interface.mac);
    if (!mac) {
        throw std::runtime_error(
            fmt::format("interface {}: \"{}\" is no MAC address", interface.id, interface.mac));
    }
    return to_ns3(*mac);
}

std::string without_prefix_length(const std::string& address) {
    return address.substr(0, address.find('/'));
}

int prefix_length(const std::string& address) {
    const auto slash = address.find('/');
    int length = 24;
    if (slash != std::string::npos) {
        std::from_chars(address.data() + slash + 1, address.data() + address.size(), length);
    }
    return length;
}

/// The number at the end of "span3", "1", …; 1 when there is none ("t1" of a bank has one line
/// only).
int number_at_end(const std::string& text) {
    const auto first = text.find_last_not_of("0123456789") + 1;
    int number = 1;
    std::from_chars(text.data() + first, text.data() + text.size(), number);
    return number;
}

std::string device_name(const std::string& interface) {
    return interface.starts_with('/') ? interface : "/dev/" + interface;
}

/// The same for every run and seed: heartbeat keeps it in a file for the life of an installation.
cluster::Uuid uuid_of(const std::string& node) {
    models::RandomStream stream{0, "uuid/" + node};
    cluster::Uuid uuid;
    for (std::byte& b : uuid.bytes) {
        b = static_cast<std::byte>(stream.below(256));
    }
    uuid.bytes[6] = (uuid.bytes[6] & std::byte{0x0F}) | std::byte{0x40};  // RFC 4122 version 4
    uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
    return uuid;
}

const Profile& profile_of(const Scenario& scenario, const std::string& name) {
    const auto found = scenario.profiles.find(name);
    if (found == scenario.profiles.end()) {
        throw std::runtime_error(fmt::format("profile \"{}\" is not in the scenario", name));
    }
    return found->second;
}

models::ScriptAgent::Profile script_profile(const Profile& profile) {
    return {.start = profile.start, .stop = profile.stop, .status = profile.status};
}

/// What a link carries, for the trace. Names of protocols only: whoever wants bytes reads the event
/// log.
void describe_frame(const models::Frame& frame, std::string& protocol, std::string& info) {
    if (frame.ethertype == 0xD00D) {
        protocol = "tdmoe";
        return;
    }
    if (frame.ethertype == 0x0806) {
        protocol = "arp";
        std::array<std::uint8_t, 28> arp{};
        if (frame.packet->CopyData(arp.data(), arp.size()) == arp.size()) {
            const auto ip = [&](std::size_t at) {
                return fmt::format("{}.{}.{}.{}", arp[at], arp[at + 1], arp[at + 2], arp[at + 3]);
            };
            const std::string sender = ip(14);
            const std::string target = ip(24);
            info = sender == target ? fmt::format("gratuitous, {}", sender)
                   : arp[7] == 1    ? fmt::format("who has {}", target)
                                    : fmt::format("{} answers", sender);
        }
        return;
    }
    if (frame.ethertype != 0x0800) {
        return;
    }
    std::array<std::uint8_t, 64> ip{};
    const std::uint32_t size = frame.packet->CopyData(ip.data(), ip.size());
    const std::size_t header = static_cast<std::size_t>(ip[0] & 15U) * 4;
    if (size < header + 4) {
        return;
    }
    const auto port = [&](std::size_t at) { return ip[at] * 256 + ip[at + 1]; };
    if (ip[9] == 1) {
        protocol = "icmp";
        info = ip[header] == 8 ? "echo request" : ip[header] == 0 ? "echo reply" : "error";
    } else if (ip[9] == 17) {
        const int source = port(header);
        const int destination = port(header + 2);
        if (source == 1024 || destination == 1024) {
            protocol = "bridge";
            info = destination == 1024 ? "control request" : "control reply";
        } else if (destination == 694) {
            protocol = "heartbeat";
        } else if (source == 53 || destination == 53) {
            protocol = "dns";
        } else if (source == 5060 || destination == 5060) {
            protocol = "sip";
            std::array<std::uint8_t, 160> all{};
            const std::uint32_t got = frame.packet->CopyData(all.data(), all.size());
            for (std::size_t i = header + 8; i < got && all[i] >= 0x20 && all[i] < 0x7f; ++i) {
                info += static_cast<char>(all[i]);
            }
        } else if (source >= 10000 && destination >= 10000) {
            protocol = "rtp";
        } else {
            protocol = "udp";
        }
    }
}

}  // namespace

Testbed::Testbed(const Scenario& scenario, models::Context& context, DaemonHooks hooks)
    : m_context(context), m_hooks(std::move(hooks)),
      m_implementation(scenario.cluster.implementation) {
    build_nodes(scenario);
    build_links(scenario);
    build_agents(scenario);
    build_telephony(scenario);
    start_daemons(scenario);
    if (scenario.cluster.implementation == Implementation::heartbeat_3_0_6) {
        const auto costs = heartbeat_parameters();
        m_parameters.insert(m_parameters.end(), costs.begin(), costs.end());
    }
}

Testbed::~Testbed() {
    for (auto& [name, host] : m_hosts) {
        host->on_lost = nullptr;
        host->kill(daemon_process);  // while its agents are still there
    }
    m_call_centre.reset();
    for (auto& [name, host] : m_hosts) {
        host->on_boot = nullptr;
    }
    m_agents.clear();  // agents look at hosts, bridges and lines
}

// ---------------------------------------------------------------- building

void Testbed::build_nodes(const Scenario& scenario) {
    const Topology& topology = scenario.topology;
    for (std::size_t n = 0; n < topology.nodes.size(); ++n) {
        const NodeSpec& node = topology.nodes[n];
        for (std::size_t i = 0; i < node.interfaces.size(); ++i) {
            if (!node.interfaces[i].serial) {
                m_macs[node.id].emplace(node.interfaces[i].id, mac_of(node.interfaces[i], n, i));
            }
        }
        switch (node.kind) {
        case NodeKind::server: {
            auto& host = m_hosts[node.id];
            host = std::make_unique<models::Host>(m_context, node.id);
            for (const InterfaceSpec& interface : node.interfaces) {
                if (!interface.serial) {
                    m_interfaces[node.id][interface.id] = &host->add_interface(
                        interface.id, m_macs[node.id].at(interface.id), interface.addresses);
                }
            }
            for (const RouteSpec& route : node.routes) {
                host->add_static_route({.destination = route.destination,
                                        .gateway = route.gateway,
                                        .interface = route.interface,
                                        .source = {},
                                        .protocol = {},
                                        .scope = {},
                                        .metric = static_cast<std::uint32_t>(route.metric)});
            }
            break;
        }
        case NodeKind::client: {
            if (node.interfaces.empty() || node.interfaces.front().addresses.empty()) {
                throw std::runtime_error(
                    fmt::format("client {}: needs one interface with one address", node.id));
            }
            const InterfaceSpec& interface = node.interfaces.front();
            m_clients[node.id] = std::make_unique<models::LightEndpoint>(
                m_context,
                node.id + ":" + interface.id,
                m_macs[node.id].at(interface.id),
                without_prefix_length(interface.addresses.front()),
                prefix_length(interface.addresses.front()));
            m_clients[node.id]->gateway = node.gateway;
            break;
        }
        case NodeKind::network_switch:
            m_switches[node.id] =
                std::make_unique<models::LanSwitch>(m_context, node.id, to_time(node.mac_aging));
            break;
        case NodeKind::fonebridge: {
            models::FonebridgeOptions options;
            options.spans = node.spans;
            std::size_t number = 0;
            for (const InterfaceSpec& interface : node.interfaces) {
                if (number < options.addresses.size() && !interface.addresses.empty()) {
                    options.addresses[number] = without_prefix_length(interface.addresses.front());
                }
                if (number == 0) {
                    options.mac = m_macs[node.id].at(interface.id);
                }
                ++number;
            }
            // Its flash holds what the first member that has a redfone.conf wrote into it.
            options.has_stored = false;
            for (const std::string& member : scenario.cluster.members) {
                const auto files = scenario.cluster.files.find(member);
                if (!options.has_stored && files != scenario.cluster.files.end() &&
                    files->second.redfone) {
                    options.stored = *files->second.redfone;
                    options.has_stored = true;
                }
            }
            m_bridges[node.id] = std::make_unique<models::Fonebridge>(m_context, node.id, options);
            m_parameters.push_back({node.id + " command time",
                                    fmt::format("{} ms", options.command_time.GetMilliSeconds()),
                                    Mark::assumed,
                                    "no public figure; one control command of the bridge"});
            m_parameters.push_back(
                {node.id + " register write time",
                 fmt::format("{} ms", options.register_write_time.GetMilliSeconds()),
                 Mark::assumed,
                 "no public figure"});
            break;
        }
        case NodeKind::pstn:
            m_pstns[node.id] =
                std::make_unique<models::Pstn>(m_context, node.id, models::PstnOptions{});
            break;
        case NodeKind::channel_bank:
            m_banks[node.id] =
                std::make_unique<models::ChannelBank>(m_context, node.id, node.ports);
            break;
        case NodeKind::router:
        case NodeKind::phones:
        case NodeKind::sip_provider:
        case NodeKind::dns:
            build_sip_node(scenario, node, n);
            break;
        case NodeKind::ups:
            break;  // power is followed by the fault injector
        }
    }
}

models::LanPort& Testbed::lan_port(const Scenario& scenario, const LinkEnd& end) {
    const NodeSpec* node = scenario.topology.node(end.node);
    if (const auto found = m_switches.find(end.node); found != m_switches.end()) {
        return found->second->port(number_at_end(end.port));
    }
    if (const auto found = m_clients.find(end.node); found != m_clients.end()) {
        return *found->second;
    }
    if (const auto found = m_phones.find(end.node); found != m_phones.end()) {
        return *found->second;
    }
    if (const auto found = m_providers.find(end.node); found != m_providers.end()) {
        return found->second->port();
    }
    if (const auto found = m_dns.find(end.node); found != m_dns.end()) {
        return found->second->port();
    }
    if (const auto found = m_routers.find(end.node); found != m_routers.end()) {
        if (models::LanPort* const port = found->second->port(end.port); port != nullptr) {
            return *port;
        }
    }
    if (const auto found = m_bridges.find(end.node); found != m_bridges.end() && node != nullptr) {
        const auto at = std::ranges::find_if(node->interfaces, [&](const InterfaceSpec& interface) {
            return interface.id == end.port;
        });
        if (at != node->interfaces.end()) {
            return found->second->ethernet(static_cast<int>(at - node->interfaces.begin()) + 1);
        }
    }
    if (const auto found = m_interfaces.find(end.node); found != m_interfaces.end()) {
        if (const auto port = found->second.find(end.port); port != found->second.end()) {
            return *port->second;
        }
    }
    throw std::runtime_error(fmt::format("{}:{} is no Ethernet port", end.node, end.port));
}

models::T1Port& Testbed::t1_port(const LinkEnd& end) {
    if (const auto found = m_bridges.find(end.node); found != m_bridges.end()) {
        return found->second->span(number_at_end(end.port));
    }
    if (const auto found = m_pstns.find(end.node); found != m_pstns.end()) {
        return found->second->line(number_at_end(end.port));
    }
    if (const auto found = m_banks.find(end.node); found != m_banks.end()) {
        return found->second->line();
    }
    throw std::runtime_error(fmt::format("{}:{} is no T1 port", end.node, end.port));
}

void Testbed::build_links(const Scenario& scenario) {
    for (const LinkSpec& link : scenario.topology.links) {
        switch (link.type) {
        case LinkType::ethernet: {
            const models::LinkDirection both{.cut = false,
                                             .loss = link.loss,
                                             .burst = {},
                                             .delay = to_time(link.delay),
                                             .jitter = to_time(link.jitter),
                                             .bits_per_second = link.bits_per_second};
            auto& made = m_lan_links[link.id];
            made = std::make_unique<models::LanLink>(m_context,
                                                     link.id,
                                                     lan_port(scenario, link.ends[0]),
                                                     lan_port(scenario, link.ends[1]),
                                                     both);
            made->describe = describe_frame;
            break;
        }
        case LinkType::serial: {
            auto& line = m_serial_lines[link.id];
            line =
                std::make_unique<models::SerialLine>(m_context,
                                                     link.id,
                                                     link.ends[0].node + ":" + link.ends[0].port,
                                                     link.ends[1].node + ":" + link.ends[1].port,
                                                     static_cast<unsigned>(link.bits_per_second));
            for (int side = 0; side < 2; ++side) {
                models::Host* const at = host(link.ends[side].node);
                if (at == nullptr) {
                    throw std::runtime_error(fmt::format(
                        "serial line {}: {} is no server", link.id, link.ends[side].node));
                }
                at->add_serial(device_name(link.ends[side].port), *line, side);
            }
            break;
        }
        case LinkType::t1: {
            auto& line = m_t1_lines[link.id];
            line = std::make_unique<models::T1Line>(
                m_context, link.id, t1_port(link.ends[0]), t1_port(link.ends[1]));
            for (const LinkEnd& end : link.ends) {
                if (const auto found = m_bridges.find(end.node); found != m_bridges.end()) {
                    found->second->attach_span(number_at_end(end.port), *line);
                } else if (const auto telco = m_pstns.find(end.node); telco != m_pstns.end()) {
                    telco->second->attach_line(number_at_end(end.port), *line);
                } else {
                    m_banks.at(end.node)->attach_line(*line);
                }
            }
            break;
        }
        }
    }
}

void Testbed::build_sip_node(const Scenario& scenario, const NodeSpec& node, std::size_t number) {
    if (node.interfaces.empty()) {
        throw std::runtime_error(fmt::format("{}: needs an interface with an address", node.id));
    }
    for (const InterfaceSpec& interface : node.interfaces) {
        if (interface.addresses.size() != 1) {
            throw std::runtime_error(
                fmt::format("{}:{}: needs one address", node.id, interface.id));
        }
    }
    const InterfaceSpec& first = node.interfaces.front();
    const std::string address = without_prefix_length(first.addresses.front());
    const int length = prefix_length(first.addresses.front());
    bool rtp_packets = false;
    for (const auto& [word, model] : scenario.cluster.resources) {
        rtp_packets = rtp_packets || model.rtp_packets;
    }
    const auto rtp = rtp_packets ? models::RtpDetail::packets : models::RtpDetail::windows;
    if (node.kind == NodeKind::router) {
        auto& router = m_routers[node.id];
        router = std::make_unique<models::Router>(m_context, node.id);
        for (const InterfaceSpec& interface : node.interfaces) {
            router->add_interface(interface.id,
                                  m_macs[node.id].at(interface.id),
                                  without_prefix_length(interface.addresses.front()),
                                  prefix_length(interface.addresses.front()));
        }
    } else if (node.kind == NodeKind::phones) {
        models::SipPhonesOptions options;
        options.count = node.phones.count;
        options.first_address = address;
        options.prefix_length = length;
        // A block of its own: 02:01, the node's place in the file, then the phone.
        options.first_mac = to_ns3({0x02, 0x01, 0, static_cast<std::uint8_t>(number), 0, 0});
        options.first_extension = node.phones.first_extension;
        options.profile = models::sip::phone_profile(node.phones.profile);
        options.registrar = node.phones.registrar;
        options.servers = node.phones.servers;
        options.expires_s = node.phones.expires_s;
        options.dns = node.phones.dns;
        options.gateway = node.gateway;
        options.start = to_time(node.phones.start);
        options.start_spread = to_time(node.phones.start_spread);
        options.rtp = rtp;
        const auto name = node.id + ":" + first.id;
        m_phones[node.id] = std::make_unique<models::SipPhones>(m_context, name, options);
        m_phones[node.id]->start();
        m_parameters.push_back({node.id + " profile",
                                fmt::format("{}, expires {} s",
                                            node.phones.profile,
                                            options.expires_s.value_or(options.profile->expires_s)),
                                options.expires_s ? Mark::yours : Mark::sourced,
                                "what this make does when its server is gone; docs/models-sip.md"});
    } else if (node.kind == NodeKind::sip_provider) {
        models::SipProviderOptions options;
        options.auth =
            node.provider.by_digest ? models::SipAuth::by_digest : models::SipAuth::by_address;
        options.accepts = node.provider.accepts;
        options.trunk = node.provider.trunk;
        options.options_interval = to_time(node.provider.options);
        options.gateway = node.gateway;
        options.rtp = rtp;
        m_providers[node.id] = std::make_unique<models::SipProvider>(
            m_context, node.id, m_macs[node.id].at(first.id), address, length, options);
        m_parameters.push_back({node.id + " OPTIONS",
                                fmt::format("every {} s, {} misses",
                                            options.options_interval.GetSeconds(),
                                            options.options_misses),
                                Mark::assumed,
                                "30 to 60 s are usual"});
    } else {
        models::sip::Zone zone;
        for (const DnsRecordSpec& record : node.records) {
            zone.records.push_back({.name = record.name,
                                    .type = record.type == "A"     ? models::sip::RecordType::a
                                            : record.type == "SRV" ? models::sip::RecordType::srv
                                                                   : models::sip::RecordType::naptr,
                                    .ttl_s = static_cast<std::uint32_t>(record.ttl_s),
                                    .target = record.target,
                                    .priority = static_cast<std::uint16_t>(record.priority),
                                    .weight = static_cast<std::uint16_t>(record.weight),
                                    .port = static_cast<std::uint16_t>(record.port),
                                    .service = record.type == "NAPTR" ? "SIP+D2U" : ""});
        }
        m_dns[node.id] = std::make_unique<models::DnsServer>(m_context,
                                                             node.id,
                                                             m_macs[node.id].at(first.id),
                                                             address,
                                                             length,
                                                             std::move(zone),
                                                             node.gateway);
    }
}

void Testbed::build_sip_pbx(const Scenario& scenario,
                            models::Host& at,
                            const std::string& member,
                            const std::string& name,
                            const std::string& word,
                            const ScriptModel& model) {
    if (word != "asterisk") {
        // Its process has that name, whatever the script is called; the word is only a label.
        m_parameters.push_back({member + " " + word, "runs asterisk", Mark::yours, "scenario"});
    }
    models::SipPbxOptions options;
    options.profile = script_profile(profile_of(scenario, model.profile));
    options.standby = model.standby == ScriptModel::Standby::hot    ? models::Standby::hot
                      : model.standby == ScriptModel::Standby::warm ? models::Standby::warm
                                                                    : models::Standby::cold;
    for (const auto& [id, phones] : m_phones) {
        for (int i = 0; i < phones->count(); ++i) {
            const std::string user = phones->extension(i);
            options.phones.emplace(user, "secret-" + user);
        }
    }
    if (!model.provider.empty()) {
        options.trunk.provider = m_providers.at(model.provider)->address();
        options.trunk.registers = model.trunk_registers;
        options.trunk.forbidden_retry = to_time(model.forbidden_retry);
        options.trunk.qualify = to_time(model.trunk_qualify);
    }
    options.qualify = to_time(model.qualify);
    options.rtp = model.rtp_packets ? models::RtpDetail::packets : models::RtpDetail::windows;
    for (const auto& group : scenario.cluster.files.at(member).resources.groups) {
        for (const auto& resource : group.resources) {
            if (resource.script == "IPaddr" || resource.script == "IPaddr2") {
                const auto spec = cluster::parse_address_spec(
                    resource.arguments.empty() ? resource.text : resource.arguments.front());
                if (spec) {
                    options.service_addresses.push_back(spec->address);
                }
            }
        }
    }
    const std::string store =
        model.registrar == ScriptModel::Registrar::shared ? std::string{} : member;
    auto& registrar = m_registrars[store];
    if (!registrar) {
        registrar = std::make_unique<models::SipRegistrar>();
    }
    auto pbx = std::make_unique<models::SipPbx>(at, std::move(options), *registrar);
    if (model.registrar == ScriptModel::Registrar::replicated) {
        for (const std::string& peer : scenario.cluster.members) {
            if (peer != member) {
                auto& copy = m_registrars[peer];
                if (!copy) {
                    copy = std::make_unique<models::SipRegistrar>();
                }
                pbx->replicate_to(*copy, *host(peer));
            }
        }
    }
    at.on_boot = [raw = pbx.get()] { raw->boot(); };
    m_agents[member][name] = std::move(pbx);
}

void Testbed::build_sip_people(const Scenario& scenario) {
    std::vector<models::SipPhones*> phones;
    for (const NodeSpec& node : scenario.topology.nodes) {  // file order
        if (const auto found = m_phones.find(node.id); found != m_phones.end()) {
            phones.push_back(found->second.get());
        }
    }
    models::SipPeople people;
    people.patience = to_time(scenario.probes.patience);
    for (const Workload& workload : scenario.workload) {
        if (const auto* calls = std::get_if<AnalogCalls>(&workload);
            calls != nullptr && calls->sip) {
            people.patience = to_time(calls->patience);
            people.redials = calls->redials;
            people.redial_gap = to_time(calls->redial_gap);
        }
    }
    m_parameters.push_back({"redials",
                            fmt::format("{}, {} s apart, patience {} s",
                                        people.redials,
                                        people.redial_gap.GetSeconds(),
                                        people.patience.GetSeconds()),
                            Mark::assumed,
                            "callers of the workload"});
    m_call_centre = std::make_unique<models::SipTelephones>(
        m_context,
        std::move(phones),
        m_providers.empty() ? nullptr : m_providers.begin()->second.get(),
        people);
}

std::string Testbed::interface_towards(const Topology& topology,
                                       const std::string& server,
                                       const std::string& bridge) {
    const NodeSpec* node = topology.node(server);
    for (const InterfaceSpec& interface :
         node != nullptr ? node->interfaces : std::vector<InterfaceSpec>{}) {
        // Follow the cable, and switches behind it, until the bridge is seen or nothing new is.
        std::set<std::string> seen{server};
        std::vector<std::string> edge;
        for (const LinkSpec& link : topology.links) {
            for (int side = 0; side < 2; ++side) {
                if (link.type == LinkType::ethernet && link.ends[side].node == server &&
                    link.ends[side].port == interface.id) {
                    edge.push_back(link.ends[1 - side].node);
                }
            }
        }
        while (!edge.empty()) {
            const std::string at = edge.back();
            edge.pop_back();
            if (at == bridge) {
                return interface.id;
            }
            const NodeSpec* hop = topology.node(at);
            if (hop == nullptr || hop->kind != NodeKind::network_switch ||
                !seen.insert(at).second) {
                continue;
            }
            for (const LinkSpec& link : topology.links) {
                for (int side = 0; side < 2; ++side) {
                    if (link.type == LinkType::ethernet && link.ends[side].node == at) {
                        edge.push_back(link.ends[1 - side].node);
                    }
                }
            }
        }
    }
    return {};
}

void Testbed::build_agents(const Scenario& scenario) {
    for (const std::string& member : scenario.cluster.members) {
        models::Host* const at = host(member);
        if (at == nullptr) {
            throw std::runtime_error(fmt::format("member {} is no server of the topology", member));
        }
        const cluster::NodeFiles& files = scenario.cluster.files.at(member);
        models::AgentTable& agents = m_agents[member];
        const auto agent_names = [&](const std::string& word) {
            const auto bound = files.settings.bindings.find(word);
            return bound != files.settings.bindings.end() && !bound->second.name.empty()
                       ? bound->second.name
                       : word;
        };
        for (const auto& [word, model] : scenario.cluster.resources) {
            const Profile profile = profile_of(scenario, model.profile);
            switch (model.kind) {
            case ScriptModel::Kind::durations_only:
                agents[agent_names(word)] =
                    std::make_unique<models::ScriptAgent>(*at, word, script_profile(profile));
                break;
            case ScriptModel::Kind::sip_pbx:
                build_sip_pbx(scenario, *at, member, agent_names(word), word, model);
                break;
            case ScriptModel::Kind::published_fixrouting: {
                // The script was written for the segments of the first node.
                std::vector<models::PublishedFixrouting::Segment> segments;
                const NodeSpec* first = scenario.topology.node(scenario.cluster.members.front());
                for (const InterfaceSpec& interface : first->interfaces) {
                    for (const std::string& address : interface.addresses) {
                        const auto own = models::parse_prefix(address);
                        for (const auto& group : files.resources.groups) {
                            for (const auto& resource : group.resources) {
                                const auto spec = cluster::parse_address_spec(
                                    resource.arguments.empty() ? resource.text
                                                               : resource.arguments.front());
                                const auto moves =
                                    spec ? models::parse_address(spec->address) : std::nullopt;
                                if (own && moves && own->holds(*moves)) {
                                    segments.push_back({models::format_address(own->network()) +
                                                            "/" + std::to_string(own->length),
                                                        interface.id,
                                                        spec->address,
                                                        models::format_address(own->address)});
                                }
                            }
                        }
                    }
                }
                agents[agent_names(word)] = std::make_unique<models::PublishedFixrouting>(
                    *at, word, std::move(segments), script_profile(profile));
                break;
            }
            case ScriptModel::Kind::bridge_program: {
                if (!files.redfone) {
                    throw std::runtime_error(
                        fmt::format("{}: {} needs a redfone.conf", member, word));
                }
                agents[agent_names(word)] = std::make_unique<models::FonulatorAgent>(
                    *at,
                    *files.redfone,
                    script_profile(profile),
                    interface_towards(scenario.topology, member, model.bridge));
                break;
            }
            case ScriptModel::Kind::pbx: {
                models::PbxOptions options;
                options.profile = script_profile(profile);
                options.tdmoe_interface =
                    interface_towards(scenario.topology, member, model.bridge);
                const NodeSpec* bridge_node = scenario.topology.node(model.bridge);
                if (bridge_node == nullptr || bridge_node->interfaces.empty() ||
                    options.tdmoe_interface.empty()) {
                    throw std::runtime_error(fmt::format(
                        "{} on {}: no cable leads to bridge \"{}\"", word, member, model.bridge));
                }
                const int port = files.redfone ? files.redfone->port : 1;
                const auto number =
                    std::min(static_cast<std::size_t>(port), bridge_node->interfaces.size()) - 1;
                options.bridge_mac = m_macs.at(model.bridge).at(bridge_node->interfaces[number].id);
                options.station_spans.clear();
                for (const LinkSpec& link : scenario.topology.links) {
                    for (int side = 0; side < 2; ++side) {
                        const LinkEnd& here = link.ends[side];
                        const LinkEnd& there = link.ends[1 - side];
                        if (link.type == LinkType::t1 && here.node == model.bridge) {
                            if (m_pstns.contains(there.node)) {
                                options.pri_span = number_at_end(here.port);
                            } else {
                                options.station_spans.push_back(number_at_end(here.port));
                            }
                        }
                    }
                }
                std::ranges::sort(options.station_spans);
                agents[agent_names(word)] = std::make_unique<models::Pbx>(*at, options);
                break;
            }
            }
        }
        for (const cluster::Binding& binding :
             cluster::resolve_bindings(files.resources, files.settings)) {
            const auto& word =
                files.resources.groups[static_cast<std::size_t>(binding.resource.group)]
                    .resources[binding.resource.position]
                    .script;
            if (binding.kind == cluster::BindingKind::script && !agents.contains(word)) {
                if (auto script = make_known_script(*at, files.resources, word)) {
                    agents[word] = std::move(script);
                }
            }
        }
        at->on_lost = [this, member, &agents] {
            for (auto& [word, agent] : agents) {
                agent->host_lost();
            }
            if (m_hooks.lost) {
                m_hooks.lost(member_index(member));
            }
        };
    }
}

void Testbed::build_telephony(const Scenario& scenario) {
    if (!m_phones.empty()) {
        build_sip_people(scenario);
        return;
    }
    if (m_pstns.empty() && m_banks.empty()) {
        return;
    }
    if (m_pstns.size() != 1) {
        throw std::runtime_error(fmt::format(
            "{} telcos in the topology where telephones need exactly one", m_pstns.size()));
    }
    int stations = 0;
    std::vector<models::ChannelBank*> banks;
    for (const NodeSpec& node : scenario.topology.nodes) {  // file order
        if (const auto bank = m_banks.find(node.id); bank != m_banks.end()) {
            banks.push_back(bank->second.get());
            stations += node.ports;
        }
    }
    for (const Workload& workload : scenario.workload) {
        if (const auto* calls = std::get_if<AnalogCalls>(&workload);
            calls != nullptr && calls->stations > 0) {
            stations = calls->stations;
        }
    }
    models::PeopleOptions people;
    people.patience = to_time(scenario.probes.patience);
    m_call_centre = std::make_unique<models::CallCentre>(
        m_context, *m_pstns.begin()->second, banks, stations, people);
}

void Testbed::start_daemons(const Scenario& scenario) {
    m_members.reserve(scenario.cluster.members.size());  // hooks keep indexes, callers references
    for (const std::string& name : scenario.cluster.members) {
        const std::size_t index = m_members.size();
        Member& member = m_members.emplace_back();
        member.name = name;
        member.host = host(name);
        for (const auto& [interface, mac] : m_macs[name]) {
            cluster::MacAddress bytes{};
            mac.CopyTo(bytes.data());
            m_member_of_mac.emplace(bytes, index);
        }
        models::RandomStream seeds = m_context.stream("daemon-seed/" + name);
        member.options = {.name = name,
                          .uuid = uuid_of(name),
                          .files = scenario.cluster.files.at(name),
                          .quirks =
                              scenario.cluster.implementation == Implementation::heartbeat_3_0_6
                                  ? cluster::Quirks::heartbeat_3_0_6()
                                  : cluster::Quirks::ours(),
                          .seed = seeds.next()};
        for (const auto& group : member.options.files.resources.groups) {
            for (const auto& word : group.resources) {
                if (word.script == "IPaddr" || word.script == "IPaddr2") {
                    const auto spec = cluster::parse_address_spec(
                        word.arguments.empty() ? word.text : word.arguments.front());
                    if (spec && std::ranges::find(m_virtual_addresses, spec->address) ==
                                    m_virtual_addresses.end()) {
                        m_virtual_addresses.push_back(spec->address);
                    }
                }
            }
        }
        if (scenario.cluster.implementation == Implementation::heartbeat_3_0_6) {
            m_shells.emplace(name, models::HeartbeatShell{m_context, name});
        }
        models::AgentTable& agents = m_agents[name];
        for (auto& [word, agent] : agents) {
            if (auto* pbx = dynamic_cast<models::Pbx*>(agent.get()); pbx != nullptr) {
                member.pbx = pbx;
                if (auto* centre = dynamic_cast<models::CallCentre*>(m_call_centre.get())) {
                    centre->add_server(*pbx);
                }
            }
            if (auto* pbx = dynamic_cast<models::SipPbx*>(agent.get()); pbx != nullptr) {
                member.pbx = pbx;
                if (auto* people = dynamic_cast<models::SipTelephones*>(m_call_centre.get())) {
                    people->add_server(*pbx);
                }
            }
        }
        member.host->set_init([this, index](models::Host&) { return make_daemon(index); },
                              daemon_process);
        // Each daemon starts at its own moment of the first second, so that no two beats are locked
        // to each other.
        models::RandomStream start = m_context.stream("daemon-start/" + name);
        member.host->power_on(to_time(start.uniform(Duration::zero(), std::chrono::seconds{1})));
    }
}

bool Testbed::release_daemon(const Member& member) {
    models::Host& at = *member.host;
    if (m_implementation != Implementation::understudyd || !at.kernel_runs() ||
        at.find(daemon_process) != nullptr) {
        return false;
    }
    at.schedule(at.timings().process_start, [this, index = member_index(member.name)] {
        models::Host& host = *m_members[index].host;
        if (host.find(daemon_process) != nullptr) {
            return;  // somebody was faster
        }
        host.spawn(daemon_process, make_daemon(index));
        if (auto* daemon = dynamic_cast<models::DaemonProcess*>(host.find(daemon_process))) {
            daemon->command({cluster::AdminCommand::Kind::release, cluster::ResourceScope::all});
        }
    });
    return true;
}

void Testbed::retire_daemons() {
    m_daemons_retired = true;
    for (Member& member : m_members) {
        member.host->kill(daemon_process);
    }
}

std::unique_ptr<models::Process> Testbed::make_daemon(std::size_t index) {
    if (m_daemons_retired) {
        struct Idle final : models::Process {
            void start() override {}
        };
        return std::make_unique<Idle>();
    }
    models::DaemonOptions options;
    options.node = m_members[index].options;
    options.agents = &m_agents[m_members[index].name];
    if (const auto shell = m_shells.find(m_members[index].name); shell != m_shells.end()) {
        options.shell = &shell->second;
    }
    if (m_hooks.told) {
        options.tap = [this, index](const cluster::Now& now,
                                    const cluster::Event& event,
                                    const std::vector<cluster::IssuedAction>& actions) {
            m_hooks.told(index, now, event, actions);
        };
    }
    if (m_hooks.started) {
        options.on_start = [this, index](std::span<const std::byte> snapshot) {
            m_hooks.started(index, snapshot);
        };
    }
    options.on_leave = [this, index](cluster::LeaveCluster::Then then) {
        daemon_left(index, then);
    };
    return std::make_unique<models::DaemonProcess>(*m_members[index].host, std::move(options));
}

void Testbed::daemon_left(std::size_t index, cluster::LeaveCluster::Then then) {
    models::Host& at = *m_members[index].host;
    switch (then) {
    case cluster::LeaveCluster::Then::exit:
        at.kill(daemon_process);
        break;
    case cluster::LeaveCluster::Then::restart:
        at.kill(daemon_process);
        at.schedule(at.timings().process_start, [this, index] {
            m_members[index].host->spawn(daemon_process, make_daemon(index));
        });
        break;
    case cluster::LeaveCluster::Then::reboot:
        at.crash();
        at.power_on(to_time(default_boot_time));
        break;
    }
}

// ---------------------------------------------------------------- look-ups

namespace {

template <class Map>
auto find_in(Map& map, const std::string& id) -> decltype(map.begin()->second.get()) {
    const auto found = map.find(id);
    return found == map.end() ? nullptr : found->second.get();
}

}  // namespace

std::size_t Testbed::member_index(const std::string& name) const {
    for (std::size_t i = 0; i < m_members.size(); ++i) {
        if (m_members[i].name == name) {
            return i;
        }
    }
    return npos;
}

models::Host* Testbed::host(const std::string& id) {
    return find_in(m_hosts, id);
}
models::LanSwitch* Testbed::lan_switch(const std::string& id) {
    return find_in(m_switches, id);
}
models::LanLink* Testbed::lan_link(const std::string& id) {
    return find_in(m_lan_links, id);
}
models::SerialLine* Testbed::serial_line(const std::string& id) {
    return find_in(m_serial_lines, id);
}
models::T1Line* Testbed::t1_line(const std::string& id) {
    return find_in(m_t1_lines, id);
}
models::Fonebridge* Testbed::bridge(const std::string& id) {
    return find_in(m_bridges, id);
}
models::LightEndpoint* Testbed::client(const std::string& id) {
    return find_in(m_clients, id);
}

bool Testbed::start_daemon(const Member& member) {
    if (!member.host->kernel_runs() || member.host->find(daemon_process) != nullptr) {
        return false;
    }
    member.host->spawn(daemon_process, make_daemon(member_index(member.name)));
    return true;
}

models::SipProvider* Testbed::provider(const std::string& id) {
    return find_in(m_providers, id);
}

models::Pstn* Testbed::pstn(const std::string& id) {
    return find_in(m_pstns, id);
}

std::optional<cluster::NodeStatus> Testbed::status(const Member& member) const {
    const auto* daemon =
        dynamic_cast<const models::DaemonProcess*>(member.host->find(daemon_process));
    return daemon == nullptr ? std::nullopt : std::optional{daemon->status()};
}

models::Agent* Testbed::agent(const std::string& at, const std::string& word) {
    const auto agents = m_agents.find(at);
    return agents == m_agents.end() ? nullptr : find_in(agents->second, word);
}

std::size_t Testbed::member_with_mac(const cluster::MacAddress& mac) const {
    const auto found = m_member_of_mac.find(mac);
    return found == m_member_of_mac.end() ? npos : found->second;
}

}  // namespace sim
