// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/system_model.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "analysis/system_parts.hpp"

namespace sim::analysis {

namespace {

std::string_view what_is(const NodeSpec& node, bool member) {
    switch (node.kind) {
    case NodeKind::server:
        return member ? "cluster member" : "server";
    case NodeKind::network_switch:
        return "switch";
    case NodeKind::fonebridge:
        return "foneBRIDGE";
    case NodeKind::pstn:
        return "telco";
    case NodeKind::channel_bank:
        return "channel bank";
    case NodeKind::client:
        return "client";
    case NodeKind::router:
        return "gateway";
    case NodeKind::phones:
        return "phones";
    case NodeKind::sip_provider:
        return "SIP provider";
    case NodeKind::dns:
        return "name server";
    case NodeKind::ups:
        return "power supply";
    }
    return "node";
}

/// An address with its network, as topologies write it ("10.10.10.100/24").
struct Network {
    std::uint32_t address = 0;
    std::uint32_t mask = 0;
};

std::optional<Network> parse_network(const std::string& text) {
    Network network;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (int octet = 0; octet < 4; ++octet) {
        unsigned value = 0;
        const auto [next, error] = std::from_chars(at, end, value);
        if (error != std::errc{} || value > 255 || (octet < 3 && (next == end || *next != '.'))) {
            return std::nullopt;
        }
        network.address = network.address << 8U | value;
        at = octet < 3 ? next + 1 : next;
    }
    unsigned length = 24;
    if (at != end && (*at != '/' || std::from_chars(at + 1, end, length).ec != std::errc{})) {
        return std::nullopt;
    }
    network.mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - std::min(length, 32U));
    return network;
}

std::string device_of(const std::string& interface) {
    return interface.starts_with('/') ? interface : "/dev/" + interface;
}

std::string_view word(cluster::LinkKind kind) {
    switch (kind) {
    case cluster::LinkKind::bcast:
        return "bcast";
    case cluster::LinkKind::ucast:
        return "ucast";
    case cluster::LinkKind::mcast:
        return "mcast";
    case cluster::LinkKind::ucast6:
        return "ucast6";
    case cluster::LinkKind::mcast6:
        return "mcast6";
    case cluster::LinkKind::serial:
        return "serial";
    }
    return "";
}

/// The group that holds `script`, or the one that holds the address.
const cluster::ResourceGroupConfig*
group_with(const cluster::HaResources& resources,
           const std::function<bool(const cluster::ResourceWord&)>& wanted) {
    for (const auto& group : resources.groups) {
        if (std::any_of(group.resources.begin(), group.resources.end(), wanted)) {
            return &group;
        }
    }
    return nullptr;
}

std::optional<cluster::AddressSpec> address_of(const cluster::ResourceWord& word) {
    if (word.script != "IPaddr" && word.script != "IPaddr2") {
        return std::nullopt;
    }
    return cluster::parse_address_spec(word.arguments.empty() ? word.text : word.arguments.front());
}

const InterfaceSpec* interface_with_mac(const NodeSpec& node, const cluster::MacAddress& mac) {
    for (const InterfaceSpec& interface : node.interfaces) {
        if (!interface.mac.empty() && cluster::parse_mac(interface.mac) == mac) {
            return &interface;
        }
    }
    return nullptr;
}

}  // namespace

// ---------------------------------------------------------------- ways

bool Ways::open(const std::vector<bool>& down) const {
    DependencyGraph::Elements gone;
    for (DependencyGraph::Vertex v = 0; v < vertex_component.size(); ++v) {
        if (vertex_component[v] && down[*vertex_component[v]]) {
            gone.vertices.push_back(v);
        }
    }
    for (DependencyGraph::Edge e = 0; e < edge_component.size(); ++e) {
        if (edge_component[e] && down[*edge_component[e]]) {
            gone.edges.push_back(e);
        }
    }
    return graph.connected(source, sink, gone);
}

std::vector<ComponentId> Ways::components(const DependencyGraph::Elements& elements) const {
    std::vector<ComponentId> found;
    for (const auto v : elements.vertices) {
        if (vertex_component[v]) {
            found.push_back(*vertex_component[v]);
        }
    }
    for (const auto e : elements.edges) {
        if (edge_component[e]) {
            found.push_back(*edge_component[e]);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool SystemModel::is_switch(const std::string& node) const {
    const NodeSpec* spec = m_scenario.topology.node(node);
    return spec != nullptr && spec->kind == NodeKind::network_switch;
}

template <class Admits>
Ways SystemModel::ways(Ways::Kind kind,
                       const std::string& from,
                       const std::vector<std::string>& to,
                       const Admits& admits) const {
    Ways ways;
    ways.kind = kind;
    ways.from = from;
    ways.to = to.size() == 1 ? to.front() : "service";
    std::map<std::string, DependencyGraph::Vertex> vertices;
    const auto vertex = [&](const std::string& node) {
        const auto [at, is_new] = vertices.try_emplace(node, ways.graph.vertices());
        if (is_new) {
            ways.graph.add_vertex();
            ways.vertex_component.push_back(node_component(node));
        }
        return at->second;
    };
    ways.source = vertex(from);
    for (const LinkSpec& link : m_scenario.topology.links) {
        if (admits(link)) {
            ways.graph.add_edge(vertex(link.ends[0].node), vertex(link.ends[1].node));
            ways.edge_component.push_back(link_component(link.id));
        }
    }
    if (to.size() == 1) {
        ways.sink = vertex(to.front());
        return ways;
    }
    ways.sink = ways.graph.add_vertex(false);
    ways.vertex_component.push_back(std::nullopt);
    for (const std::string& member : to) {
        ways.graph.add_edge(vertex(member), ways.sink, false);
        ways.edge_component.push_back(std::nullopt);
    }
    return ways;
}

// ---------------------------------------------------------------- building

SystemModel::SystemModel(const Scenario& scenario) : m_scenario(scenario) {
    find_components();
    find_power();
    find_call_service();
    find_addresses();
    find_heartbeats();
    judge_structure();
}

std::optional<ComponentId> SystemModel::node_component(const std::string& id) const {
    for (ComponentId c = 0; c < m_components.size(); ++c) {
        if (m_components[c].kind != Component::Kind::link && m_components[c].id == id) {
            return c;
        }
    }
    return std::nullopt;
}

std::optional<ComponentId> SystemModel::link_component(const std::string& id) const {
    for (ComponentId c = 0; c < m_components.size(); ++c) {
        if (m_components[c].kind == Component::Kind::link && m_components[c].id == id) {
            return c;
        }
    }
    return std::nullopt;
}

/// Everything but clients: they use the service, they are no part of it.
void SystemModel::find_components() {
    for (const NodeSpec& node : m_scenario.topology.nodes) {
        if (node.kind != NodeKind::client && node.kind != NodeKind::ups) {
            m_components.push_back({Component::Kind::node,
                                    node.id,
                                    std::string(what_is(node, has(members(), node.id))),
                                    node.kind});
        }
    }
    for (const LinkSpec& link : m_scenario.topology.links) {
        m_components.push_back(
            {Component::Kind::link, link.id, std::string(what_is(link.type)), NodeKind::server});
    }
    for (const NodeSpec& node : m_scenario.topology.nodes) {
        if (node.kind == NodeKind::ups) {
            m_components.push_back(
                {Component::Kind::supply, node.id, std::string(what_is(node, false)), node.kind});
        }
    }
}

void SystemModel::find_power() {
    for (const NodeSpec& node : m_scenario.topology.nodes) {
        if (node.kind == NodeKind::ups) {
            PowerSupply& supply = m_supplies.emplace_back();
            supply.id = node.id;
            supply.backup = node.backup;
            for (const NodeSpec& fed : m_scenario.topology.nodes) {
                if (fed.power == node.id) {
                    supply.feeds.push_back(fed.id);
                }
            }
        } else if ((node.kind == NodeKind::server || node.kind == NodeKind::network_switch ||
                    node.kind == NodeKind::fonebridge) &&
                   node.power.empty()) {
            m_without_supply.push_back(node.id);
        }
    }
}

/// The PBX of haresources, the bridge it is behind, and for each member the interface to which the
/// bridge is pointed when that member takes over.
void SystemModel::find_call_service() {
    const ClusterSpec& cluster = m_scenario.cluster;
    const auto& files = cluster.files.at(members().front());
    const auto is_pbx = [&](const cluster::ResourceWord& w) {
        const auto model = cluster.resources.find(w.script);
        return model != cluster.resources.end() && model->second.kind == ScriptModel::Kind::pbx;
    };
    const cluster::ResourceGroupConfig* group = group_with(files.resources, is_pbx);
    if (group == nullptr) {
        return;
    }
    Service& service = m_calls.emplace();
    service.owner = group->node;
    for (const auto& w : group->resources) {
        service.needs.push_back(w.text);
        if (is_pbx(w) && service.name.empty()) {
            service.name = w.script;
            service.bridge = cluster.resources.at(w.script).bridge;
        }
    }
    const Topology& topology = m_scenario.topology;
    const NodeSpec* bridge = topology.node(service.bridge);
    if (bridge == nullptr) {
        return;
    }
    // Stations fill the banks in file order; a workload may say that there are fewer than ports.
    int left = 0;
    for (const NodeSpec& node : topology.nodes) {
        left += node.kind == NodeKind::channel_bank ? node.ports : 0;
    }
    for (const Workload& workload : m_scenario.workload) {
        if (const auto* load = std::get_if<AnalogCalls>(&workload);
            load != nullptr && load->stations > 0) {
            left = load->stations;
        }
    }
    for (const NodeSpec& node : topology.nodes) {
        if (node.kind == NodeKind::pstn) {
            m_callers.push_back({node.id, 0});
        } else if (node.kind == NodeKind::channel_bank && left > 0) {
            m_callers.push_back({node.id, std::min(left, node.ports)});
            left -= m_callers.back().stations;
        }
    }

    const auto points_bridge = [&](const cluster::ResourceWord& w) {
        const auto bound = files.settings.bindings.find(w.script);
        const auto model = cluster.resources.find(w.script);
        return (bound != files.settings.bindings.end() &&
                bound->second.kind == cluster::BindingKind::bridge_switch) ||
               (model != cluster.resources.end() &&
                model->second.kind == ScriptModel::Kind::bridge_program);
    };
    const bool repointed =
        std::any_of(group->resources.begin(), group->resources.end(), points_bridge);
    if (!repointed) {
        m_findings.push_back(
            {"bridge-not-repointed",
             fmt::format("no word of haresources points {} at the member that takes over: calls go "
                         "where its stored configuration says",
                         service.bridge)});
    }
    // Where the bridge sends when `member` serves: an interface of that member, or nothing of it.
    const auto tdm_interface = [&](const std::string& member) -> std::string {
        const NodeSpec* node = topology.node(member);
        // Not re-pointed: its flash holds what the first member that has a redfone.conf wrote.
        const cluster::RedfoneConfig* config = nullptr;
        for (const std::string& m : repointed ? std::vector{member} : members()) {
            if (const auto& redfone = cluster.files.at(m).redfone; redfone && config == nullptr) {
                config = &*redfone;
            }
        }
        if (config != nullptr && config->server) {
            if (const InterfaceSpec* at = interface_with_mac(*node, *config->server);
                at != nullptr) {
                return at->id;
            }
            for (const NodeSpec& other : topology.nodes) {
                if (interface_with_mac(other, *config->server) != nullptr) {
                    return {};  // somebody else's
                }
            }
        }
        // MAC addresses are assigned later: the interface whose cables lead to the bridge.
        for (const InterfaceSpec& interface : node->interfaces) {
            const Ways found =
                ways(Ways::Kind::calls, member, {service.bridge}, [&](const LinkSpec& link) {
                    return link.type == LinkType::ethernet &&
                           std::all_of(
                               std::begin(link.ends), std::end(link.ends), [&](const LinkEnd& end) {
                                   return is_switch(end.node) || end.node == service.bridge ||
                                          (end.node == member && end.port == interface.id);
                               });
                });
            if (found.graph.connected(found.source, found.sink)) {
                return interface.id;
            }
        }
        return {};
    };
    const auto bridge_port = [&](const std::string& member) -> std::string {
        const auto& redfone = cluster.files.at(member).redfone;
        const std::size_t port = redfone ? static_cast<std::size_t>(redfone->port) : 1;
        return bridge->interfaces.empty()
                   ? std::string{}
                   : bridge->interfaces[std::min(port, bridge->interfaces.size()) - 1].id;
    };
    std::map<std::string, std::string> interfaces;
    for (const std::string& member : members()) {
        interfaces[member] = tdm_interface(member);
        service.interfaces.emplace_back(member, interfaces[member]);
        if (interfaces[member].empty()) {
            m_findings.push_back(
                {"bridge-misses-member",
                 fmt::format("{} is never pointed at an interface of {} (server= of its "
                             "redfone.conf): that member cannot serve calls",
                             service.bridge,
                             member)});
        }
    }
    const auto call_ways = [&](const Caller& caller, const std::vector<std::string>& to) {
        return ways(Ways::Kind::calls, caller.node, to, [&](const LinkSpec& link) {
            const auto& [a, b] = link.ends;
            if (link.type == LinkType::t1) {
                return (a.node == caller.node && b.node == service.bridge) ||
                       (b.node == caller.node && a.node == service.bridge);
            }
            const auto admitted = [&](const LinkEnd& end) {
                return is_switch(end.node) ||
                       std::any_of(to.begin(), to.end(), [&](const std::string& member) {
                           return (end.node == member && end.port == interfaces.at(member)) ||
                                  (end.node == service.bridge && end.port == bridge_port(member));
                       });
            };
            return link.type == LinkType::ethernet && admitted(a) && admitted(b);
        });
    };
    for (const std::string& member : members()) {
        MemberWays& mine = m_call_ways.emplace_back();
        mine.member = member;
        for (const Caller& caller : m_callers) {
            mine.from.push_back(call_ways(caller, {member}));
        }
    }
    for (const Caller& caller : m_callers) {
        m_pairs.push_back(call_ways(caller, members()));
    }
}

void SystemModel::find_addresses() {
    const Topology& topology = m_scenario.topology;
    const auto& resources = m_scenario.cluster.files.at(members().front()).resources;
    std::vector<std::string> clients;
    for (const NodeSpec& node : topology.nodes) {
        if (node.kind == NodeKind::client) {
            clients.push_back(node.id);
        }
    }
    for (const auto& group : resources.groups) {
        for (const auto& resource : group.resources) {
            const auto spec = address_of(resource);
            const auto network = spec ? parse_network(spec->address) : std::nullopt;
            if (!network) {
                continue;  // IPv6 addresses are not followed
            }
            Service& service = m_addresses.emplace_back();
            service.name = spec->address;
            service.owner = group.node;
            for (const auto& w : group.resources) {
                service.needs.push_back(w.text);
            }
            std::map<std::string, std::string> interfaces;
            for (const std::string& member : members()) {
                std::string& found = interfaces[member];
                for (const InterfaceSpec& interface : topology.node(member)->interfaces) {
                    for (const std::string& own : interface.addresses) {
                        const auto connected = parse_network(own);
                        if (found.empty() &&
                            (spec->interface.empty()
                                 ? connected && ((connected->address ^ network->address) &
                                                 connected->mask) == 0
                                 : spec->interface == interface.id)) {
                            found = interface.id;
                        }
                    }
                }
                service.interfaces.emplace_back(member, found);
                if (found.empty()) {
                    m_findings.push_back(
                        {"address-without-interface",
                         fmt::format("{} has no interface in the network of {}: it cannot take it",
                                     member,
                                     spec->address)});
                }
            }
            const auto client_ways = [&](const std::string& client,
                                         const std::vector<std::string>& to) {
                return ways(Ways::Kind::address, client, to, [&](const LinkSpec& link) {
                    const auto admitted = [&](const LinkEnd& end) {
                        return is_switch(end.node) || end.node == client ||
                               (has(to, end.node) && end.port == interfaces.at(end.node));
                    };
                    return link.type == LinkType::ethernet && admitted(link.ends[0]) &&
                           admitted(link.ends[1]);
                });
            };
            AddressWays& made = m_address_ways.emplace_back();
            made.clients = clients;
            for (const std::string& member : members()) {
                MemberWays& mine = made.members.emplace_back();
                mine.member = member;
                for (const std::string& client : clients) {
                    mine.from.push_back(client_ways(client, {member}));
                }
            }
            for (const std::string& client : clients) {
                m_pairs.push_back(client_ways(client, members()));
            }
        }
    }
}

void SystemModel::find_heartbeats() {
    const Topology& topology = m_scenario.topology;
    const auto interface_with = [&](const std::string& node, const std::string& address) {
        for (const InterfaceSpec& interface : topology.node(node)->interfaces) {
            for (const std::string& own : interface.addresses) {
                if (without_length(own) == address) {
                    return interface.id;
                }
            }
        }
        return std::string{};
    };
    // Both ends of one configured path: interface ids.
    struct Ends {
        std::string at[2];
        bool serial = false;
    };
    const auto admits =
        [&](const LinkSpec& link, const std::string& a, const std::string& b, const Ends& ends) {
            const auto is_end = [&](const LinkEnd& end) {
                const auto named = [&](const std::string& interface) {
                    return ends.serial ? device_of(interface) : interface;
                };
                return (end.node == a && named(end.port) == ends.at[0]) ||
                       (end.node == b && named(end.port) == ends.at[1]);
            };
            if (ends.serial) {
                return link.type == LinkType::serial && is_end(link.ends[0]) &&
                       is_end(link.ends[1]);
            }
            return link.type == LinkType::ethernet &&
                   (is_switch(link.ends[0].node) || is_end(link.ends[0])) &&
                   (is_switch(link.ends[1].node) || is_end(link.ends[1]));
        };
    for (std::size_t i = 0; i < members().size(); ++i) {
        for (std::size_t j = i + 1; j < members().size(); ++j) {
            const std::string& a = members()[i];
            const std::string& b = members()[j];
            std::vector<Ends> all;
            for (int side = 0; side < 2; ++side) {
                const std::string& mine = side == 0 ? a : b;
                const std::string& other = side == 0 ? b : a;
                for (const cluster::LinkConfig& config :
                     m_scenario.cluster.files.at(mine).ha.links) {
                    Ends ends;
                    ends.serial = config.kind == cluster::LinkKind::serial;
                    ends.at[side] = config.device;
                    ends.at[1 - side] = config.device;
                    std::string configured = fmt::format("{} {}", word(config.kind), config.device);
                    if (config.kind == cluster::LinkKind::ucast ||
                        config.kind == cluster::LinkKind::ucast6) {
                        ends.at[1 - side] = interface_with(other, config.address);
                        if (ends.at[1 - side].empty()) {
                            continue;  // to a third member, or to itself
                        }
                    }
                    const auto known = std::find_if(all.begin(), all.end(), [&](const Ends& e) {
                        return e.serial == ends.serial && e.at[0] == ends.at[0] &&
                               e.at[1] == ends.at[1];
                    });
                    if (known != all.end()) {
                        continue;
                    }
                    all.push_back(ends);
                    HeartbeatPath& path = m_heartbeats.emplace_back();
                    path.members[0] = a;
                    path.members[1] = b;
                    path.configured = std::move(configured);
                    path.where = config.where;
                    path.ways = ways(Ways::Kind::heartbeat, a, {b}, [&](const LinkSpec& link) {
                        return admits(link, a, b, ends);
                    });
                    path.wired = path.ways.graph.connected(path.ways.source, path.ways.sink);
                }
            }
            m_pairs.push_back(ways(Ways::Kind::heartbeat, a, {b}, [&](const LinkSpec& link) {
                return std::any_of(all.begin(), all.end(), [&](const Ends& ends) {
                    return admits(link, a, b, ends);
                });
            }));
        }
    }
}

/// Ping targets that the member reaches.
int SystemModel::pings(const std::string& member, const std::vector<bool>& down) const {
    int reached = 0;
    for (const cluster::PingTargetConfig& target :
         m_scenario.cluster.files.at(member).ha.ping_targets) {
        bool answers = false;
        for (const NodeSpec& node : m_scenario.topology.nodes) {
            for (const InterfaceSpec& interface : node.interfaces) {
                for (const std::string& own : interface.addresses) {
                    if (!has(target.addresses, without_length(own))) {
                        continue;
                    }
                    const Ways path =
                        ways(Ways::Kind::heartbeat, member, {node.id}, [&](const LinkSpec& link) {
                            const auto admitted = [&](const LinkEnd& end) {
                                return is_switch(end.node) || end.node == member ||
                                       (end.node == node.id && end.port == interface.id);
                            };
                            return link.type == LinkType::ethernet && admitted(link.ends[0]) &&
                                   admitted(link.ends[1]);
                        });
                    answers = answers || path.open(down);
                }
            }
        }
        reached += answers ? 1 : 0;
    }
    return reached;
}

}  // namespace sim::analysis
