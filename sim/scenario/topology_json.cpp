// SPDX-License-Identifier: GPL-2.0-or-later
// Block "topology": nodes with interfaces, links between them.
#include <algorithm>
#include <cstdlib>

#include "cluster/config.hpp"
#include "reader.hpp"
#include "sip/phone_profile.hpp"

namespace sim {

namespace {

constexpr std::array<std::pair<std::string_view, NodeKind>, 11> node_kinds{
    {{"server", NodeKind::server},
     {"switch", NodeKind::network_switch},
     {"fonebridge", NodeKind::fonebridge},
     {"pstn", NodeKind::pstn},
     {"channel-bank", NodeKind::channel_bank},
     {"client", NodeKind::client},
     {"ups", NodeKind::ups},
     {"router", NodeKind::router},
     {"phones", NodeKind::phones},
     {"sip-provider", NodeKind::sip_provider},
     {"dns", NodeKind::dns}}};

constexpr std::array<std::pair<std::string_view, bool>, 2> interface_kinds{
    {{"ethernet", false}, {"serial", true}}};

constexpr std::array<std::pair<std::string_view, LinkType>, 3> link_types{
    {{"ethernet", LinkType::ethernet}, {"serial", LinkType::serial}, {"t1", LinkType::t1}}};

/// What must be unique over the whole topology.
struct Taken {
    std::vector<std::string> nodes, links, macs, addresses, ends;
};

bool is_ipv4_with_prefix(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos || !is_ipv4(text.substr(0, slash))) {
        return false;
    }
    const std::string_view prefix = text.substr(slash + 1);
    const bool digits = !prefix.empty() && prefix.size() <= 2 &&
                        prefix.find_first_not_of("0123456789") == std::string_view::npos;
    return digits && std::atoi(std::string(prefix).c_str()) >= 1 &&
           std::atoi(std::string(prefix).c_str()) <= 32;
}

void read_addresses(const Cursor& list, InterfaceSpec& interface, Taken& taken) {
    list.each("addresses such as \"10.10.10.100/24\"", [&](const Cursor& item) {
        auto address = item.text("an address such as \"10.10.10.100/24\"");
        if (!address) {
            return;
        }
        if (!is_ipv4_with_prefix(*address)) {
            item.wrong("an IPv4 address with its prefix length, such as \"10.10.10.100/24\"");
            return;
        }
        claim_id(item, address->substr(0, address->find('/')), taken.addresses, "address");
        interface.addresses.push_back(std::move(*address));
    });
}

void read_mac(const Cursor& item, InterfaceSpec& interface, Taken& taken) {
    const auto text = item.text("a MAC address such as \"02:00:00:00:01:01\"");
    if (!text) {
        return;
    }
    const auto mac = cluster::parse_mac(*text);
    if (!mac || ((*mac)[0] & 1U) != 0) {
        item.wrong("a unicast MAC address such as \"02:00:00:00:01:01\"");
        return;
    }
    interface.mac = cluster::to_string(*mac);
    claim_id(item, interface.mac, taken.macs, "MAC address");
}

void read_interfaces(const Cursor& list, NodeSpec& node, Taken& taken) {
    std::vector<std::string> seen;
    list.each("interfaces", [&](const Cursor& item) {
        ObjectCursor object(item, "an interface: {\"id\": \"eth0\", …}");
        InterfaceSpec interface;
        if (const auto id = object.need("id", "the interface's name, such as \"eth0\"")) {
            interface.id = id->id().value_or("");
            claim_id(*id, interface.id, seen, "interface of this node");
        }
        if (node.kind == NodeKind::server) {
            if (const auto kind = object.get("kind")) {
                interface.serial = kind->word(interface_kinds).value_or(false);
            }
        }
        if (!interface.serial) {
            if (const auto addresses = object.get("addresses")) {
                read_addresses(*addresses, interface, taken);
            }
            if (const auto mac = object.get("mac")) {
                read_mac(*mac, interface, taken);
            }
        }
        object.finish();
        node.interfaces.push_back(std::move(interface));
    });
}

int small(const std::optional<std::int64_t>& value, int fallback) {
    return value ? static_cast<int>(*value) : fallback;
}

bool has_interfaces(NodeKind kind) noexcept {
    return kind == NodeKind::server || kind == NodeKind::client || kind == NodeKind::fonebridge ||
           kind == NodeKind::router || kind == NodeKind::phones || kind == NodeKind::sip_provider ||
           kind == NodeKind::dns;
}

/// One interface with one address.
bool is_endpoint(NodeKind kind) noexcept {
    return kind == NodeKind::client || kind == NodeKind::phones || kind == NodeKind::sip_provider ||
           kind == NodeKind::dns;
}

std::optional<std::string> read_ipv4(const Cursor& item) {
    auto text = item.text("an IPv4 address such as \"10.10.10.1\"");
    if (text && !is_ipv4(*text)) {
        item.wrong("an IPv4 address such as \"10.10.10.1\"");
        return std::nullopt;
    }
    return text;
}

std::vector<std::string> read_ipv4_list(const Cursor& list) {
    std::vector<std::string> result;
    list.each("IPv4 addresses", [&](const Cursor& item) {
        if (auto address = read_ipv4(item)) {
            result.push_back(std::move(*address));
        }
    });
    return result;
}

void read_routes(const Cursor& list, NodeSpec& node) {
    list.each("routes", [&](const Cursor& item) {
        ObjectCursor object(item, "a route: {\"destination\": \"default\", \"gateway\": …}");
        RouteSpec route;
        if (const auto to = object.need("destination", "\"default\" or a network")) {
            route.destination = to->text().value_or("");
            if (to->json().is_string() && route.destination != "default" &&
                !is_ipv4_with_prefix(route.destination)) {
                to->wrong("\"default\" or a network such as \"10.20.0.0/16\"");
            }
        }
        if (const auto gateway = object.need("gateway", "\"gateway\": an IPv4 address")) {
            route.gateway = read_ipv4(*gateway).value_or("");
        }
        if (const auto interface = object.need("interface", "\"interface\": one of this server")) {
            std::vector<std::string_view> known;
            for (const InterfaceSpec& candidate : node.interfaces) {
                if (!candidate.serial) {
                    known.emplace_back(candidate.id);
                }
            }
            route.interface = read_reference(*interface, known).value_or("");
        }
        if (const auto metric = object.get("metric")) {
            route.metric = static_cast<int>(metric->integer(0, 1'000'000).value_or(0));
        }
        object.finish();
        node.routes.push_back(std::move(route));
    });
}

void read_phones(ObjectCursor& object, NodeSpec& node) {
    PhonesSpec& phones = node.phones;
    if (const auto count = object.need("count", "\"count\": how many phones")) {
        phones.count = static_cast<int>(count->integer(1, 5000).value_or(1));
    }
    if (const auto profile = object.get("profile")) {
        std::vector<std::string_view> known;
        for (const auto& candidate : models::sip::phone_profiles()) {
            known.push_back(candidate.name);
        }
        phones.profile = read_reference(*profile, known).value_or(phones.profile);
    }
    if (const auto registrar = object.need("registrar", "\"registrar\": an address or a domain")) {
        phones.registrar = registrar->text().value_or("");
        if (registrar->json().is_string() &&
            (phones.registrar.empty() ||
             phones.registrar.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") !=
                 std::string::npos)) {
            registrar->wrong("an address or a domain in lower case");
        }
    }
    if (const auto servers = object.get("servers")) {
        phones.servers = read_ipv4_list(*servers);
    }
    if (const auto expires = object.get("expires")) {
        const auto seconds = expires->duration(true).value_or(std::chrono::seconds{3600});
        phones.expires_s =
            static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(seconds).count());
        if (*phones.expires_s < 1 || *phones.expires_s > 86400) {
            expires->wrong("1s to 24h");
        }
    }
    if (const auto dns = object.get("dns")) {
        phones.dns = read_ipv4(*dns).value_or("");
    }
    if (const auto first = object.get("first_extension")) {
        phones.first_extension = static_cast<int>(first->integer(1000, 8'000'000).value_or(1001));
        // 9 leads out, 600 is the echo test
    }
    if (const auto start = object.get("start")) {
        phones.start = start->duration().value_or(phones.start);
    }
    if (const auto spread = object.get("start_spread")) {
        phones.start_spread = spread->duration().value_or(phones.start_spread);
    }
}

void read_provider(ObjectCursor& object, ProviderSpec& provider) {
    static constexpr std::array<std::pair<std::string_view, bool>, 2> kinds{
        {{"address", false}, {"digest", true}}};
    if (const auto auth = object.get("auth")) {
        provider.by_digest = auth->word(kinds).value_or(false);
    }
    if (const auto accepts = object.get("accepts")) {
        provider.accepts = read_ipv4_list(*accepts);
    }
    if (const auto trunk = object.get("trunk")) {
        provider.trunk = read_ipv4(*trunk).value_or("");
    }
    if (const auto options = object.get("options")) {
        provider.options = options->duration().value_or(provider.options);
    }
}

void read_records(const Cursor& list, NodeSpec& node) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> types{
        {{"A", "A"}, {"SRV", "SRV"}, {"NAPTR", "NAPTR"}}};
    list.each("DNS records", [&](const Cursor& item) {
        ObjectCursor object(item, "a record: {\"name\": …, \"type\": \"A\", \"target\": …}");
        DnsRecordSpec record;
        if (const auto name = object.need("name", "\"name\": the name asked for")) {
            record.name = name->text().value_or("");
        }
        if (const auto type = object.need("type", "\"type\": \"A\", \"SRV\" or \"NAPTR\"")) {
            record.type = type->word(types).value_or("A");
        }
        if (const auto target = object.need("target", "\"target\": an address or a name")) {
            record.target =
                record.type == "A" ? read_ipv4(*target).value_or("") : target->text().value_or("");
        }
        const auto small_number = [&](std::string_view key, int& value, int most) {
            if (const auto number = object.get(key)) {
                value = static_cast<int>(number->integer(0, most).value_or(0));
            }
        };
        small_number("priority", record.priority, 65535);
        small_number("weight", record.weight, 65535);
        small_number("port", record.port, 65535);
        small_number("ttl_s", record.ttl_s, 604800);
        object.finish();
        node.records.push_back(std::move(record));
    });
}

/// Keys that only some kinds have.
void read_node_details(ObjectCursor& object, NodeSpec& node, Taken& taken) {
    const NodeKind kind = node.kind;
    if (has_interfaces(kind)) {
        const bool must = kind != NodeKind::server;
        if (const auto list =
                must ? object.need("interfaces", "\"interfaces\": a list of interfaces")
                     : object.get("interfaces")) {
            read_interfaces(*list, node, taken);
            const std::size_t most = is_endpoint(kind) ? 1 : kind == NodeKind::fonebridge ? 2 : 64;
            const std::size_t count = list->json().is_array() ? list->json().size() : 1;
            if (count > most || (must && count == 0)) {
                list->wrong(most == 1 ? "one interface"
                                      : "1 to " + std::to_string(most) + " interfaces");
            } else if (is_endpoint(kind) && !node.interfaces.empty() &&
                       node.interfaces[0].addresses.empty()) {
                list->wrong("an interface without an address", "an interface with one address");
            }
        }
    }
    if (kind == NodeKind::network_switch) {
        if (const auto ports = object.get("ports")) {
            node.ports = small(ports->integer(1, 1024), node.ports);
        }
        if (const auto aging = object.get("mac_aging")) {
            node.mac_aging = aging->duration(true).value_or(node.mac_aging);
        }
    }
    if (kind == NodeKind::channel_bank) {
        if (const auto ports = object.get("ports")) {
            node.ports = small(ports->integer(1, 24), node.ports);
        }
    }
    if (kind == NodeKind::fonebridge) {
        if (const auto spans = object.get("spans")) {
            node.spans = small(spans->integer(1, 4), node.spans);
        }
    }
    if (kind == NodeKind::server) {
        if (const auto routes = object.get("routes")) {
            read_routes(*routes, node);
        }
    }
    if (is_endpoint(kind)) {
        if (const auto gateway = object.get("gateway")) {
            node.gateway = read_ipv4(*gateway).value_or("");
        }
    }
    if (kind == NodeKind::phones) {
        read_phones(object, node);
    }
    if (kind == NodeKind::sip_provider) {
        read_provider(object, node.provider);
    }
    if (kind == NodeKind::dns) {
        if (const auto records = object.need("records", "\"records\": a list of DNS records")) {
            read_records(*records, node);
        }
    }
    if (kind == NodeKind::ups) {
        if (const auto backup = object.get("backup")) {
            node.backup = backup->duration().value_or(node.backup);
        }
    }
}

struct PowerReference {
    Cursor where;
    std::string ups;
};

void read_nodes(const Cursor& list, Topology& topology, Taken& taken) {
    std::vector<PowerReference> feeds;
    list.each("nodes", [&](const Cursor& item) {
        ObjectCursor object(item, "a node: {\"id\": …, \"kind\": …}");
        NodeSpec node;
        if (const auto id = object.need("id", "the node's id")) {
            node.id = id->id().value_or("");
            claim_id(*id, node.id, taken.nodes, "node");
        }
        std::optional<NodeKind> kind;
        if (const auto word = object.need("kind", "\"kind\": \"server\" or another kind of node")) {
            kind = word->word(node_kinds);
        }
        if (!kind) {
            item.problems().names_lost();
            return;  // which keys are known depends on it
        }
        node.kind = *kind;
        if (const auto model = object.get("model")) {
            node.model = model->text().value_or("");
        }
        if (node.kind == NodeKind::server || node.kind == NodeKind::network_switch ||
            node.kind == NodeKind::fonebridge) {
            if (const auto power = object.get("power")) {
                node.power = power->id().value_or("");
                feeds.push_back({*power, node.power});
            }
        }
        read_node_details(object, node, taken);
        object.finish();
        topology.nodes.push_back(std::move(node));
    });
    const auto sources = ids_of(topology, {NodeKind::ups});
    for (const PowerReference& feed : feeds) {
        if (!feed.ups.empty() &&
            std::find(sources.begin(), sources.end(), feed.ups) == sources.end()) {
            feed.where.wrong_reference(feed.where.one_of(sources));
        }
    }
}

bool port_number(std::string_view text, int most) {
    if (text.empty() || text.size() > 4 || text[0] == '0' ||
        text.find_first_not_of("0123456789") != std::string_view::npos) {
        return false;
    }
    return std::atoi(std::string(text).c_str()) <= most;
}

/// What may stand after the colon at this node for a link of this type; empty: the port is right.
std::string wrong_port(const NodeSpec& node, const std::string& port, LinkType type) {
    const auto interface = std::find_if(node.interfaces.begin(),
                                        node.interfaces.end(),
                                        [&](const InterfaceSpec& i) { return i.id == port; });
    const bool known = interface != node.interfaces.end();
    switch (type) {
    case LinkType::ethernet:
        if (node.kind == NodeKind::network_switch) {
            return port_number(port, node.ports)
                       ? ""
                       : "a port of this switch, 1 to " + std::to_string(node.ports);
        }
        if (has_interfaces(node.kind)) {
            return known && !interface->serial ? "" : "an Ethernet interface of " + node.id;
        }
        return "a switch, or a node with interfaces";
    case LinkType::serial:
        return node.kind == NodeKind::server && known && interface->serial
                   ? ""
                   : "a serial interface of a server";
    case LinkType::t1:
        if (node.kind == NodeKind::fonebridge) {
            return port.substr(0, 4) == "span" && port_number(port.substr(4), node.spans)
                       ? ""
                       : "a span of this bridge, span1 to span" + std::to_string(node.spans);
        }
        if (node.kind == NodeKind::pstn) {
            return port_number(port, 28) ? "" : "a line number of the telco, such as \"telco:1\"";
        }
        if (node.kind == NodeKind::channel_bank) {
            return port == "t1" ? "" : "\"" + node.id + ":t1\"";
        }
        return "a fonebridge, pstn or channel-bank";
    }
    return "";
}

void read_end(
    const Cursor& item, LinkEnd& end, LinkType type, const Topology& topology, Taken& taken) {
    const auto text = item.text("an end \"node:port\"");
    if (!text) {
        return;
    }
    const std::size_t colon = text->find(':');
    if (colon == std::string::npos) {
        item.wrong("an end \"node:port\", such as \"asterisk1:eth0\" or \"sw1:1\"");
        return;
    }
    end = {text->substr(0, colon), text->substr(colon + 1)};
    const NodeSpec* node = topology.node(end.node);
    if (node == nullptr) {
        std::vector<std::string_view> known;
        for (const NodeSpec& candidate : topology.nodes) {
            known.emplace_back(candidate.id);
        }
        const std::string_view guess = nearest(end.node, known);
        item.wrong_reference(
            "a node of the topology before the colon" +
            (guess.empty() ? "" : " (did you mean \"" + std::string(guess) + "\"?)"));
        return;
    }
    if (const std::string expected = wrong_port(*node, end.port, type); !expected.empty()) {
        item.wrong(expected);
        return;
    }
    claim_id(item, *text, taken.ends, "end of a link");
}

void read_links(const Cursor& list, Topology& topology, Taken& taken) {
    list.each("links", [&](const Cursor& item) {
        ObjectCursor object(item, "a link: {\"id\": …, \"ends\": […, …]}");
        LinkSpec link;
        if (const auto id = object.need("id", "the link's id")) {
            link.id = id->id().value_or("");
            claim_id(*id, link.id, taken.links, "link");
        }
        std::optional<LinkType> type = LinkType::ethernet;
        if (const auto kind = object.get("kind")) {
            type = kind->word(link_types);
        }
        if (!type) {
            item.problems().names_lost();
            return;
        }
        link.type = *type;
        if (const auto ends = object.need("ends", "\"ends\": [\"node:port\", \"node:port\"]")) {
            if (!ends->json().is_array() || ends->json().size() != 2) {
                ends->wrong("two ends, [\"node:port\", \"node:port\"]");
            } else {
                std::size_t index = 0;
                ends->each("ends", [&](const Cursor& end) {
                    read_end(end, link.ends[index++], link.type, topology, taken);
                });
            }
        }
        if (link.type != LinkType::t1) {
            link.bits_per_second = link.type == LinkType::serial ? 19200 : 1'000'000'000;
            if (const auto rate = object.get("rate")) {
                link.bits_per_second = rate->rate().value_or(link.bits_per_second);
            }
        }
        if (link.type == LinkType::ethernet) {
            if (const auto delay = object.get("delay")) {
                link.delay = delay->duration().value_or(link.delay);
            }
            if (const auto jitter = object.get("jitter")) {
                link.jitter = jitter->duration().value_or(link.jitter);
            }
            if (const auto loss = object.get("loss")) {
                link.loss = loss->number(0, 1).value_or(0);
            }
        }
        object.finish();
        topology.links.push_back(std::move(link));
    });
}

}  // namespace

bool is_ipv4(std::string_view text) noexcept {
    int octets = 0;
    while (octets < 4) {
        std::size_t digits = 0;
        int value = 0;
        while (digits < text.size() && digits < 3 && text[digits] >= '0' && text[digits] <= '9') {
            value = value * 10 + (text[digits] - '0');
            ++digits;
        }
        if (digits == 0 || value > 255 || (digits > 1 && text[0] == '0')) {
            return false;
        }
        text.remove_prefix(digits);
        ++octets;
        if (octets < 4) {
            if (text.empty() || text[0] != '.') {
                return false;
            }
            text.remove_prefix(1);
        }
    }
    return text.empty();
}

std::vector<std::string_view> ids_of(const Topology& topology,
                                     std::initializer_list<NodeKind> kinds) {
    std::vector<std::string_view> ids;
    for (const NodeSpec& node : topology.nodes) {
        if (std::find(kinds.begin(), kinds.end(), node.kind) != kinds.end()) {
            ids.emplace_back(node.id);
        }
    }
    return ids;
}

std::optional<std::string> read_reference(const Cursor& cursor,
                                          const std::vector<std::string_view>& known) {
    if (cursor.json().is_string()) {
        const auto& text = cursor.json().get_ref<const std::string&>();
        if (std::find(known.begin(), known.end(), text) != known.end()) {
            return text;
        }
    }
    cursor.wrong_reference(cursor.one_of(known));
    return std::nullopt;
}

void claim_id(const Cursor& cursor,
              const std::string& id,
              std::vector<std::string>& seen,
              std::string_view of_what) {
    if (id.empty()) {
        return;  // already reported
    }
    if (std::find(seen.begin(), seen.end(), id) != seen.end()) {
        cursor.wrong("\"" + printable(id) + "\" a second time",
                     "each " + std::string(of_what) + " once");
        cursor.problems()
            .names_lost();  // which of the two was meant, and what the other should be called
    } else {
        seen.push_back(id);
    }
}

void read_topology(const Cursor& cursor, Topology& topology) {
    ObjectCursor object(cursor, "{\"nodes\": […], \"links\": […]}");
    Taken taken;
    if (const auto nodes = object.need("nodes", "a list of nodes")) {
        read_nodes(*nodes, topology, taken);
    }
    if (const auto links = object.get("links")) {
        read_links(*links, topology, taken);
    }
    object.finish();
}

}  // namespace sim
