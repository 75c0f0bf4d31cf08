// SPDX-License-Identifier: GPL-2.0-or-later
// DependencyGraph: small graphs whose answers are known, and random ones against brute force that
// tries every set of failures.
#include "analysis/dependency_graph.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <random>

using sim::analysis::DependencyGraph;
using Disjoint = DependencyGraph::Disjoint;
using Elements = DependencyGraph::Elements;

namespace {

DependencyGraph graph_of(std::size_t vertices,
                         const std::vector<std::pair<std::size_t, std::size_t>>& edges) {
    DependencyGraph graph;
    for (std::size_t v = 0; v < vertices; ++v) {
        graph.add_vertex();
    }
    for (const auto& [a, b] : edges) {
        graph.add_edge(a, b);
    }
    return graph;
}

/// Everything that may fail, as sets of one element.
std::vector<Elements> failures(const DependencyGraph& graph,
                               std::size_t from,
                               std::size_t to,
                               const std::vector<bool>& vertex_fails,
                               const std::vector<bool>& edge_fails,
                               bool with_vertices) {
    std::vector<Elements> all;
    for (std::size_t v = 0; with_vertices && v < graph.vertices(); ++v) {
        if (v != from && v != to && vertex_fails[v]) {
            all.push_back({{v}, {}});
        }
    }
    for (std::size_t e = 0; e < graph.edges(); ++e) {
        if (edge_fails[e]) {
            all.push_back({{}, {e}});
        }
    }
    return all;
}

Elements together(const Elements& a, const Elements& b) {
    Elements sum = a;
    sum.vertices.insert(sum.vertices.end(), b.vertices.begin(), b.vertices.end());
    sum.edges.insert(sum.edges.end(), b.edges.begin(), b.edges.end());
    return sum;
}

/// The size of a smallest cut of at most three elements; nullopt: larger, or there is none.
std::optional<std::size_t> brute_cut(const DependencyGraph& graph,
                                     std::size_t from,
                                     std::size_t to,
                                     const std::vector<Elements>& single) {
    if (!graph.connected(from, to)) {
        return 0;
    }
    for (const Elements& a : single) {
        if (!graph.connected(from, to, a)) {
            return 1;
        }
    }
    for (std::size_t i = 0; i < single.size(); ++i) {
        for (std::size_t j = i + 1; j < single.size(); ++j) {
            if (!graph.connected(from, to, together(single[i], single[j]))) {
                return 2;
            }
        }
    }
    for (std::size_t i = 0; i < single.size(); ++i) {
        for (std::size_t j = i + 1; j < single.size(); ++j) {
            for (std::size_t k = j + 1; k < single.size(); ++k) {
                if (!graph.connected(
                        from, to, together(single[i], together(single[j], single[k])))) {
                    return 3;
                }
            }
        }
    }
    return std::nullopt;
}

std::size_t parts_of(const DependencyGraph& graph, const Elements& removed) {
    std::vector<bool> seen(graph.vertices(), false);
    for (const auto v : removed.vertices) {
        seen[v] = true;
    }
    std::size_t parts = 0;
    for (std::size_t v = 0; v < graph.vertices(); ++v) {
        if (!seen[v]) {
            ++parts;
            for (std::size_t w = v; w < graph.vertices(); ++w) {
                if (!seen[w] && graph.connected(v, w, removed)) {
                    seen[w] = true;
                }
            }
        }
    }
    return parts;
}

}  // namespace

TEST_CASE("Graph: in a ring two ways join any two, and only neighbours have one without a vertex",
          "[sim][analysis]") {
    const auto ring = graph_of(5, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}});
    CHECK(ring.articulation_points().empty());
    CHECK(ring.bridges().empty());
    CHECK(ring.single_points(0, 2) == Elements{});
    CHECK(ring.disjoint_ways(0, 2) == 2U);
    CHECK(ring.disjoint_ways(0, 2, Disjoint::edges) == 2U);
    CHECK(ring.minimum_cut(0, 2)->size() == 2);
    CHECK(ring.shortest_way(0, 3) == std::vector<std::size_t>{4, 3});
}

TEST_CASE("Graph: the middle of a star is on every way, and so are both rays", "[sim][analysis]") {
    const auto star = graph_of(4, {{0, 1}, {0, 2}, {0, 3}});
    CHECK(star.articulation_points() == std::vector<std::size_t>{0});
    CHECK(star.bridges() == std::vector<std::size_t>{0, 1, 2});
    CHECK(star.single_points(1, 2) == Elements{{0}, {0, 1}});
    CHECK(star.disjoint_ways(1, 2) == 1U);
    CHECK(star.minimum_cut(1, 2)->size() == 1);
}

TEST_CASE("Graph: two disjoint paths need two failures, wherever they are", "[sim][analysis]") {
    const auto two = graph_of(6, {{0, 1}, {1, 2}, {2, 5}, {0, 3}, {3, 4}, {4, 5}});
    CHECK(two.single_points(0, 5) == Elements{});
    CHECK(two.disjoint_ways(0, 5) == 2U);
    const auto cut = two.minimum_cut(0, 5);
    REQUIRE(cut.has_value());
    CHECK(cut->size() == 2);
    CHECK_FALSE(two.connected(0, 5, *cut));
}

TEST_CASE("Graph: two paths through one vertex are two by edges and one by components",
          "[sim][analysis]") {
    const auto waist = graph_of(5, {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 4}, {3, 4}});
    CHECK(waist.single_points(0, 4) == Elements{{3}, {}});
    CHECK(waist.disjoint_ways(0, 4, Disjoint::edges) == 2U);
    CHECK(waist.disjoint_ways(0, 4, Disjoint::components) == 1U);
    CHECK(waist.minimum_cut(0, 4) == Elements{{3}, {}});
    CHECK(waist.minimum_cut(0, 4, Disjoint::edges)->edges.size() == 2);
}

TEST_CASE("Graph: parallel cables are no single point", "[sim][analysis]") {
    const auto twice = graph_of(2, {{0, 1}, {0, 1}});
    CHECK(twice.bridges().empty());
    CHECK(twice.single_points(0, 1) == Elements{});
    CHECK(twice.disjoint_ways(0, 1) == 2U);
}

TEST_CASE("Graph: a role cannot fail, and what nothing separates has no cut", "[sim][analysis]") {
    DependencyGraph graph;
    const auto caller = graph.add_vertex();
    const auto first = graph.add_vertex();
    const auto second = graph.add_vertex();
    const auto service = graph.add_vertex(false);
    graph.add_edge(caller, first);
    graph.add_edge(caller, second);
    graph.add_edge(first, service, false);
    graph.add_edge(second, service, false);
    CHECK(graph.single_points(caller, service) == Elements{});
    CHECK(graph.disjoint_ways(caller, service) == 2U);
    CHECK(graph.minimum_cut(first, service) == std::nullopt);
    CHECK(graph.disjoint_ways(first, service) == std::nullopt);
    CHECK(graph.disjoint_ways(first, first) == std::nullopt);
}

TEST_CASE("Graph: without any way there is nothing to cut", "[sim][analysis]") {
    const auto apart = graph_of(4, {{0, 1}, {2, 3}});
    CHECK_FALSE(apart.connected(0, 2));
    CHECK(apart.single_points(0, 2) == Elements{});
    CHECK(apart.disjoint_ways(0, 2) == 0U);
    CHECK(apart.minimum_cut(0, 2) == Elements{});
    CHECK(apart.shortest_way(0, 2).empty());
}

TEST_CASE("Graph: random graphs give what trying every failure gives", "[sim][analysis]") {
    const auto seed = GENERATE(take(200, random(1, 1'000'000)));
    CAPTURE(seed);
    std::mt19937 random(static_cast<unsigned>(seed));
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    const std::size_t vertices = 3 + below(5);
    const std::size_t edges = below(2 * vertices);
    DependencyGraph graph;
    std::vector<bool> vertex_fails;
    std::vector<bool> edge_fails;
    for (std::size_t v = 0; v < vertices; ++v) {
        vertex_fails.push_back(below(6) != 0);
        graph.add_vertex(vertex_fails.back());
    }
    for (std::size_t e = 0; e < edges; ++e) {
        const std::size_t a = below(vertices);
        const std::size_t b = below(vertices);  // loops and parallels included
        edge_fails.push_back(below(6) != 0);
        graph.add_edge(a, b, edge_fails.back());
    }

    const std::size_t whole = parts_of(graph, {});
    for (std::size_t v = 0; v < vertices; ++v) {
        // A vertex without any edge is a part of its own, and goes with it.
        const auto points = graph.articulation_points();
        const bool found = std::binary_search(points.begin(), points.end(), v);
        CHECK(found == (parts_of(graph, {{v}, {}}) > whole));
    }
    for (std::size_t e = 0; e < edges; ++e) {
        const auto bridges = graph.bridges();
        const bool found = std::binary_search(bridges.begin(), bridges.end(), e);
        CHECK(found == (parts_of(graph, {{}, {e}}) > whole));
    }

    const std::size_t from = 0;
    const std::size_t to = vertices - 1;
    const auto single = failures(graph, from, to, vertex_fails, edge_fails, true);
    const auto cables = failures(graph, from, to, vertex_fails, edge_fails, false);
    Elements expected;
    if (graph.connected(from, to)) {
        for (const Elements& one : single) {
            if (!graph.connected(from, to, one)) {
                expected = together(expected, one);
            }
        }
    }
    CHECK(graph.single_points(from, to) == expected);
    for (const auto& [disjoint, elements] :
         {std::pair{Disjoint::components, single}, std::pair{Disjoint::edges, cables}}) {
        const auto brute = brute_cut(graph, from, to, elements);
        const auto ways = graph.disjoint_ways(from, to, disjoint);
        const auto cut = graph.minimum_cut(from, to, disjoint);
        CHECK(ways.has_value() == cut.has_value());
        if (brute) {
            CHECK(ways == *brute);
        } else {
            CHECK((!ways || *ways > 3));
        }
        if (cut) {
            CHECK(cut->size() == *ways);
            CHECK_FALSE(graph.connected(from, to, *cut));
            CHECK((disjoint == Disjoint::components || cut->vertices.empty()));
        }
    }
    const auto way = graph.shortest_way(from, to);
    CHECK(way.empty() == !graph.connected(from, to));
}
