// SPDX-License-Identifier: GPL-2.0-or-later
// An undirected multigraph with two terminals in mind: what separates them, how many ways join
// them. Algorithms are Boost.Graph's, behind this header only. Knows nothing of networks.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace sim::analysis {

class DependencyGraph {
  public:
    using Vertex = std::size_t;  ///< 0, 1, … in the order of add_vertex()
    using Edge = std::size_t;    ///< 0, 1, … in the order of add_edge()

    /// What cannot fail stands for a role ("any member"), not for a thing.
    Vertex add_vertex(bool can_fail = true);
    Edge add_edge(Vertex, Vertex, bool can_fail = true);
    [[nodiscard]] std::size_t vertices() const noexcept { return m_vertex_fails.size(); }
    [[nodiscard]] std::size_t edges() const noexcept { return m_edges.size(); }
    [[nodiscard]] Vertex end(Edge edge, int side) const { return m_edges[edge].ends[side]; }

    /// Vertices and edges, each ascending.
    struct Elements {
        std::vector<Vertex> vertices;
        std::vector<Edge> edges;
        [[nodiscard]] std::size_t size() const noexcept { return vertices.size() + edges.size(); }
        bool operator==(const Elements&) const = default;
    };

    /// Is there a way when these are gone? A removed terminal has none.
    [[nodiscard]] bool connected(Vertex from, Vertex to, const Elements& removed = {}) const;

    /// Vertices whose loss tears the graph apart somewhere, whether or not they may fail.
    [[nodiscard]] std::vector<Vertex> articulation_points() const;
    /// Edges whose loss tears the graph apart somewhere, whether or not they may fail.
    [[nodiscard]] std::vector<Edge> bridges() const;

    /// What may fail and lies on every way between the two; empty when there is no way at all.
    [[nodiscard]] Elements single_points(Vertex from, Vertex to) const;

    /// Ways that share nothing that may fail: no edge (`edges`), or neither edge nor vertex
    /// (`components`). By Menger's theorem as many as a minimum cut has elements.
    enum class Disjoint { edges, components };
    /// nullopt: no set of failures separates them.
    [[nodiscard]] std::optional<std::size_t>
    disjoint_ways(Vertex from, Vertex to, Disjoint = Disjoint::components) const;
    /// A smallest set whose loss separates them (the one nearest to `from`); nullopt: there is
    /// none.
    [[nodiscard]] std::optional<Elements>
    minimum_cut(Vertex from, Vertex to, Disjoint = Disjoint::components) const;

    /// The way with the fewest edges; of equals one with the edge added first. Empty: none.
    [[nodiscard]] std::vector<Edge> shortest_way(Vertex from, Vertex to) const;

  private:
    struct EdgeSpec {
        Vertex ends[2];
        bool can_fail;
    };
    struct Flow;
    [[nodiscard]] Flow flow(Vertex from, Vertex to, Disjoint) const;

    std::vector<bool> m_vertex_fails;
    std::vector<EdgeSpec> m_edges;
};

}  // namespace sim::analysis
