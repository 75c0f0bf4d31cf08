// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/dependency_graph.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/biconnected_components.hpp>
#include <boost/graph/edmonds_karp_max_flow.hpp>

namespace sim::analysis {

namespace {

using EdgeNumber = boost::property<boost::edge_index_t, std::size_t>;
using Undirected = boost::
    adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property, EdgeNumber>;

// Maximum flow wants each arc with its reverse.
using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
using ArcProperties = boost::property<
    boost::edge_capacity_t,
    std::int64_t,
    boost::property<boost::edge_residual_capacity_t,
                    std::int64_t,
                    boost::property<boost::edge_reverse_t, Traits::edge_descriptor, EdgeNumber>>>;
using Network = boost::
    adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, ArcProperties>;

/// More than all that may fail: never part of a minimum cut.
constexpr std::int64_t endless = std::int64_t{1} << 40;
constexpr std::size_t no_element = static_cast<std::size_t>(-1);

}  // namespace

DependencyGraph::Vertex DependencyGraph::add_vertex(bool can_fail) {
    m_vertex_fails.push_back(can_fail);
    return m_vertex_fails.size() - 1;
}

DependencyGraph::Edge DependencyGraph::add_edge(Vertex a, Vertex b, bool can_fail) {
    m_edges.push_back({{a, b}, can_fail});
    return m_edges.size() - 1;
}

bool DependencyGraph::connected(Vertex from, Vertex to, const Elements& removed) const {
    std::vector<bool> seen(vertices(), false);
    std::vector<bool> cut(edges(), false);
    for (const Vertex v : removed.vertices) {
        seen[v] = true;
    }
    for (const Edge e : removed.edges) {
        cut[e] = true;
    }
    if (seen[from] || seen[to]) {
        return false;
    }
    std::deque<Vertex> open{from};
    seen[from] = true;
    while (!open.empty()) {
        const Vertex at = open.front();
        open.pop_front();
        if (at == to) {
            return true;
        }
        for (Edge e = 0; e < edges(); ++e) {
            for (int side = 0; side < 2; ++side) {
                const Vertex next = m_edges[e].ends[1 - side];
                if (!cut[e] && m_edges[e].ends[side] == at && !seen[next]) {
                    seen[next] = true;
                    open.push_back(next);
                }
            }
        }
    }
    return false;
}

std::vector<DependencyGraph::Vertex> DependencyGraph::articulation_points() const {
    Undirected graph(vertices());
    for (Edge e = 0; e < edges(); ++e) {
        boost::add_edge(m_edges[e].ends[0], m_edges[e].ends[1], EdgeNumber{e}, graph);
    }
    std::vector<Vertex> points;
    boost::articulation_points(graph, std::back_inserter(points));
    std::sort(points.begin(), points.end());
    points.erase(std::unique(points.begin(), points.end()), points.end());
    return points;
}

std::vector<DependencyGraph::Edge> DependencyGraph::bridges() const {
    Undirected graph(vertices());
    for (Edge e = 0; e < edges(); ++e) {
        if (m_edges[e].ends[0] != m_edges[e].ends[1]) {  // a loop joins nothing
            boost::add_edge(m_edges[e].ends[0], m_edges[e].ends[1], EdgeNumber{e}, graph);
        }
    }
    // A bridge is a biconnected component of one edge.
    std::vector<std::size_t> component(edges(), no_element);
    const std::size_t count = boost::biconnected_components(
        graph, boost::make_iterator_property_map(component.begin(), get(boost::edge_index, graph)));
    std::vector<std::size_t> members(count, 0);
    for (const std::size_t c : component) {
        if (c != no_element) {
            ++members[c];
        }
    }
    // Boost passes over an edge that runs parallel to the one it came by, so parallels are sorted
    // out here.
    const auto has_parallel = [&](Edge e) {
        const auto same = [&](Edge other) {
            const auto& [a, b] = m_edges[e].ends;
            const auto& [c, d] = m_edges[other].ends;
            return other != e && ((a == c && b == d) || (a == d && b == c));
        };
        for (Edge other = 0; other < edges(); ++other) {
            if (same(other)) {
                return true;
            }
        }
        return false;
    };
    std::vector<Edge> result;
    for (Edge e = 0; e < edges(); ++e) {
        if (component[e] != no_element && members[component[e]] == 1 && !has_parallel(e)) {
            result.push_back(e);
        }
    }
    return result;
}

DependencyGraph::Elements DependencyGraph::single_points(Vertex from, Vertex to) const {
    Elements points;
    if (from == to || !connected(from, to)) {
        return points;
    }
    // What tears the graph apart does not always tear these two apart.
    for (const Vertex v : articulation_points()) {
        if (m_vertex_fails[v] && v != from && v != to && !connected(from, to, {{v}, {}})) {
            points.vertices.push_back(v);
        }
    }
    for (const Edge e : bridges()) {
        if (m_edges[e].can_fail && !connected(from, to, {{}, {e}})) {
            points.edges.push_back(e);
        }
    }
    return points;
}

/// Every vertex v is an arc 2v -> 2v+1 that carries what the vertex can, every edge two arcs.
struct DependencyGraph::Flow {
    Network network;
    std::int64_t value = 0;
};

DependencyGraph::Flow DependencyGraph::flow(Vertex from, Vertex to, Disjoint disjoint) const {
    Flow result{Network(2 * vertices()), 0};
    Network& network = result.network;
    const auto add_arc = [&](std::size_t a, std::size_t b, std::int64_t carries, std::size_t name) {
        const auto there = boost::add_edge(a, b, network).first;
        const auto back = boost::add_edge(b, a, network).first;
        put(boost::edge_capacity, network, there, carries);
        put(boost::edge_capacity, network, back, 0);
        put(boost::edge_reverse, network, there, back);
        put(boost::edge_reverse, network, back, there);
        put(boost::edge_index, network, there, name);
        put(boost::edge_index, network, back, no_element);
    };
    for (Vertex v = 0; v < vertices(); ++v) {
        const bool counts =
            disjoint == Disjoint::components && m_vertex_fails[v] && v != from && v != to;
        add_arc(2 * v, 2 * v + 1, counts ? 1 : endless, v);
    }
    for (Edge e = 0; e < edges(); ++e) {
        const std::int64_t carries = m_edges[e].can_fail ? 1 : endless;
        const auto [a, b] = m_edges[e].ends;
        add_arc(2 * a + 1, 2 * b, carries, vertices() + e);
        add_arc(2 * b + 1, 2 * a, carries, vertices() + e);
    }
    result.value = boost::edmonds_karp_max_flow(network, 2 * from, 2 * to + 1);
    return result;
}

std::optional<std::size_t>
DependencyGraph::disjoint_ways(Vertex from, Vertex to, Disjoint disjoint) const {
    if (from == to) {
        return std::nullopt;
    }
    const std::int64_t value = flow(from, to, disjoint).value;
    return value >= endless ? std::nullopt : std::optional{static_cast<std::size_t>(value)};
}

std::optional<DependencyGraph::Elements>
DependencyGraph::minimum_cut(Vertex from, Vertex to, Disjoint disjoint) const {
    if (from == to) {
        return std::nullopt;
    }
    const Flow solved = flow(from, to, disjoint);
    if (solved.value >= endless) {
        return std::nullopt;
    }
    // Full arcs that leave what can still be reached from `from`.
    const Network& network = solved.network;
    std::vector<bool> seen(boost::num_vertices(network), false);
    std::deque<std::size_t> open{2 * from};
    seen[2 * from] = true;
    while (!open.empty()) {
        const std::size_t at = open.front();
        open.pop_front();
        const auto [first, last] = out_edges(at, network);
        for (auto arc = first; arc != last; ++arc) {
            const std::size_t next = target(*arc, network);
            if (get(boost::edge_residual_capacity, network, *arc) > 0 && !seen[next]) {
                seen[next] = true;
                open.push_back(next);
            }
        }
    }
    Elements cut;
    const auto [first, last] = boost::edges(network);
    for (auto arc = first; arc != last; ++arc) {
        const std::size_t name = get(boost::edge_index, network, *arc);
        if (name == no_element || !seen[source(*arc, network)] || seen[target(*arc, network)]) {
            continue;
        }
        if (name < vertices()) {
            cut.vertices.push_back(name);
        } else {
            cut.edges.push_back(name - vertices());
        }
    }
    std::sort(cut.vertices.begin(), cut.vertices.end());
    std::sort(cut.edges.begin(), cut.edges.end());
    return cut;
}

std::vector<DependencyGraph::Edge> DependencyGraph::shortest_way(Vertex from, Vertex to) const {
    std::vector<std::size_t> by(vertices(), no_element);  // the edge that led here
    std::vector<bool> seen(vertices(), false);
    std::deque<Vertex> open{from};
    seen[from] = true;
    while (!open.empty()) {
        const Vertex at = open.front();
        open.pop_front();
        for (Edge e = 0; e < edges(); ++e) {
            for (int side = 0; side < 2; ++side) {
                const Vertex next = m_edges[e].ends[1 - side];
                if (m_edges[e].ends[side] == at && !seen[next]) {
                    seen[next] = true;
                    by[next] = e;
                    open.push_back(next);
                }
            }
        }
    }
    std::vector<Edge> way;
    if (!seen[to]) {
        return way;
    }
    for (Vertex at = to; at != from;) {
        const Edge e = by[at];
        way.push_back(e);
        at = m_edges[e].ends[0] == at ? m_edges[e].ends[1] : m_edges[e].ends[0];
    }
    std::reverse(way.begin(), way.end());
    return way;
}

}  // namespace sim::analysis
