// SPDX-License-Identifier: GPL-2.0-or-later
// The analysis as a graph for Graphviz: `understudy analyze FILE --format dot | dot -Tsvg`. Colour
// never carries meaning alone: what ends all calls is drawn bold and says so.
#include <algorithm>

#include <fmt/format.h>

#include "analysis/analysis_report.hpp"
#include "analysis/system_parts.hpp"

namespace sim::analysis {

namespace {

/// A quoted string of the DOT language: only the quote and the backslash mean something in it.
std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
        }
        if (c == '\n') {
            result += "\\n";
        } else {
            result += c;
        }
    }
    return result + '"';
}

std::string label(std::string_view first, std::string_view second, std::string_view third = {}) {
    std::string text = std::string(first) + '\n' + std::string(second);
    if (!third.empty()) {
        text += '\n' + std::string(third);
    }
    return quoted(text);
}

std::string_view shape(NodeKind kind) {
    switch (kind) {
    case NodeKind::server:
        return "box";
    case NodeKind::network_switch:
        return "hexagon";
    case NodeKind::fonebridge:
        return "octagon";
    case NodeKind::pstn:
        return "house";
    case NodeKind::channel_bank:
        return "trapezium";
    case NodeKind::client:
    case NodeKind::phones:
    case NodeKind::dns:
        return "ellipse";
    case NodeKind::router:
        return "diamond";
    case NodeKind::sip_provider:
        return "house";
    case NodeKind::ups:
        return "cylinder";
    }
    return "box";
}

struct Mark {
    std::string_view words;
    std::string_view attributes;
};

Mark mark_of(const Analysis& analysis, const std::optional<ComponentId>& component) {
    if (!component || *component >= analysis.singles.size()) {
        return {};
    }
    switch (analysis.singles[*component].impact) {
    case Impact::everything:
        return {"ends all calls", ", color=\"#b00020\", penwidth=3"};
    case Impact::directions:
        return {"ends a direction", ", color=\"#c06000\", penwidth=2"};
    case Impact::stations:
        return {"cuts off some", ", color=\"#c06000\""};
    case Impact::none:
        return {};
    }
    return {};
}

}  // namespace

std::string
analysis_to_dot(const Scenario& scenario, const SystemModel& model, const Analysis& analysis) {
    const Topology& topology = scenario.topology;
    const auto in_heartbeats = [&](ComponentId link) {
        return std::any_of(
            model.heartbeats().begin(), model.heartbeats().end(), [&](const HeartbeatPath& path) {
                return path.wired && std::find(path.ways.edge_component.begin(),
                                               path.ways.edge_component.end(),
                                               link) != path.ways.edge_component.end();
            });
    };
    std::string out = fmt::format("graph {} {{\n  label={};\n  labelloc=\"t\";\n"
                                  "  node [fontname=\"sans-serif\"];\n"
                                  "  edge [fontname=\"sans-serif\", fontsize=10];\n",
                                  quoted(scenario.id),
                                  quoted(scenario.title));
    for (const NodeSpec& node : topology.nodes) {
        const auto component = model.node_component(node.id);
        const Mark mark = mark_of(analysis, component);
        out += fmt::format(
            "  {} [shape=\"{}\", label={}{}];\n",
            quoted("node/" + node.id),
            shape(node.kind),
            label(node.id, component ? model.components()[*component].what : "client", mark.words),
            mark.attributes);
    }
    for (const LinkSpec& link : topology.links) {
        const auto component = model.link_component(link.id);
        const Mark mark = mark_of(analysis, component);
        const bool heartbeat = component && in_heartbeats(*component);
        const std::string port_names = fmt::format("{} – {}", link.ends[0].port, link.ends[1].port);
        out +=
            fmt::format("  {} -- {} [label={}{}{}{}];\n",
                        quoted("node/" + link.ends[0].node),
                        quoted("node/" + link.ends[1].node),
                        label(link.id + (heartbeat ? " (heartbeats)" : ""), port_names, mark.words),
                        link.type == LinkType::serial ? ", style=\"dotted\""
                        : link.type == LinkType::t1   ? ", style=\"bold\""
                                                      : "",
                        heartbeat ? ", fontcolor=\"#0050a0\"" : "",
                        mark.attributes);
    }
    for (const PowerSupply& supply : model.supplies()) {
        for (const std::string& node : supply.feeds) {
            out +=
                fmt::format("  {} -- {} [style=\"dashed\", label=\"power\", color=\"#707070\"];\n",
                            quoted("node/" + supply.id),
                            quoted("node/" + node));
        }
    }
    const auto draw_service = [&](const SystemModel::Service& service) {
        const std::string name = quoted("service/" + service.name);
        out += fmt::format("  {} [shape=\"component\", label={}];\n",
                           name,
                           label(service.name, "preferred on " + service.owner));
        for (const auto& [member, interface] : service.interfaces) {
            out += fmt::format("  {} -- {} [style=\"dotted\", color=\"#707070\", label={}];\n",
                               name,
                               quoted("node/" + member),
                               quoted(interface.empty() ? "cannot serve" : "by " + interface));
        }
    };
    if (model.call_service()) {
        draw_service(*model.call_service());
    }
    for (const auto& address : model.addresses()) {
        draw_service(address);
    }
    return out + "}\n";
}

}  // namespace sim::analysis
