// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario's cluster as things that can fail and ways that need them: who reaches the service,
// who hears whose heartbeats, and which member may hold the service after a failure. Follows the
// cabling and the configuration files; knows no times and simulates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/dependency_graph.hpp"
#include "scenario/scenario.hpp"

namespace sim::analysis {

using ComponentId = std::size_t;

struct Component {
    enum class Kind : std::uint8_t { node, link, supply } kind = Kind::node;
    std::string id;
    std::string what;  ///< "foneBRIDGE", "Ethernet cable", …
    NodeKind node = NodeKind::server;
};

/// What failed: ascending.
using Failure = std::vector<ComponentId>;

/// The ways between two ends, as a graph whose parts are components.
struct Ways {
    enum class Kind : std::uint8_t { calls, address, heartbeat } kind = Kind::calls;
    std::string from;
    std::string to;  ///< a member, or the role "service"
    DependencyGraph graph;
    DependencyGraph::Vertex source = 0;
    DependencyGraph::Vertex sink = 0;
    std::vector<std::optional<ComponentId>> vertex_component;
    std::vector<std::optional<ComponentId>> edge_component;

    /// `down`: by component.
    [[nodiscard]] bool open(const std::vector<bool>& down) const;
    [[nodiscard]] std::vector<ComponentId> components(const DependencyGraph::Elements&) const;
};

/// One path of ha.cf between two members.
struct HeartbeatPath {
    std::string members[2];
    std::string configured;  ///< "bcast eth0"
    cluster::SourcePosition where;
    bool wired = false;  ///< the cabling joins the two ends
    Ways ways;
};

/// What one direction of calls, or the clients of one address, have after a failure.
struct Reach {
    std::string direction;  ///< "outward", …, "address 10.10.10.110"
    Ways::Kind kind = Ways::Kind::calls;
    int served = 0;
    int of = 0;               ///< stations, or clients
    std::string by;           ///< the member that serves most; empty: none
    bool needs_move = false;  ///< `by` is not the preferred owner
    /// Why not all are served. `not_moved`: a member has a way, but is not entitled to the service.
    enum class Cause : std::uint8_t { nothing, cabling, not_moved } cause = Cause::nothing;
    std::string why;
    [[nodiscard]] bool all() const noexcept { return served == of; }
    [[nodiscard]] bool none() const noexcept { return served == 0; }
};

struct Outlook {
    std::vector<Reach> directions;
    std::vector<std::string>
        may_own;  ///< members that may hold the call service (or the first group)
    bool members_hear_each_other = true;  ///< those that are alive
};

struct PowerSupply {
    std::string id;
    Duration backup{};
    std::vector<std::string> feeds;  ///< nodes, in file order
};

/// Something worth knowing about the files together with the cabling.
struct StructureFinding {
    std::string rule;  ///< "shared-power", …
    std::string text;
};

class SystemModel {
  public:
    /// Precondition: the scenario was read without errors.
    explicit SystemModel(const Scenario&);

    [[nodiscard]] const std::vector<Component>& components() const noexcept { return m_components; }
    /// nullopt: unknown, or a client. Nodes and links have names of their own kind.
    [[nodiscard]] std::optional<ComponentId> node_component(const std::string& id) const;
    [[nodiscard]] std::optional<ComponentId> link_component(const std::string& id) const;

    /// Between each end that calls, or uses an address, and any member that can serve it; and
    /// between each two members' heartbeats over all configured paths together.
    [[nodiscard]] const std::vector<Ways>& pairs() const noexcept { return m_pairs; }
    [[nodiscard]] const std::vector<HeartbeatPath>& heartbeats() const noexcept {
        return m_heartbeats;
    }
    [[nodiscard]] const std::vector<PowerSupply>& supplies() const noexcept { return m_supplies; }
    /// Nodes that need power and name no supply: in a simulation they never lose it by themselves.
    [[nodiscard]] const std::vector<std::string>& without_supply() const noexcept {
        return m_without_supply;
    }
    [[nodiscard]] const std::vector<StructureFinding>& findings() const noexcept {
        return m_findings;
    }
    [[nodiscard]] const std::vector<std::string>& members() const noexcept {
        return m_scenario.cluster.members;
    }
    /// What the service consists of, "asterisk (bridge fb1), preferred on asterisk1".
    struct Service {
        std::string name;                ///< the word, or the address
        std::string bridge;              ///< calls only
        std::string owner;               ///< preferred
        std::vector<std::string> needs;  ///< words of its group, left to right
        std::vector<std::pair<std::string, std::string>> interfaces;  ///< member, interface
    };
    [[nodiscard]] const std::optional<Service>& call_service() const noexcept { return m_calls; }
    [[nodiscard]] const std::vector<Service>& addresses() const noexcept { return m_addresses; }

    /// Of a failure: what can still be served, when the cluster moves the service as its files
    /// allow.
    [[nodiscard]] Outlook outlook(const Failure&) const;
    /// The failure of `whole` includes that of `part` (a supply and what hangs on it, a node and
    /// its cables).
    [[nodiscard]] bool includes(ComponentId whole, ComponentId part) const;
    /// "fb1 without power", "lan1 cut", "psu1 fails".
    [[nodiscard]] std::string describe(ComponentId) const;
    [[nodiscard]] std::string describe(const Failure&) const;

  private:
    struct MemberWays {
        std::string member;
        std::vector<Ways> from;  ///< of each caller, in the order of m_callers or of the clients
    };
    struct Caller {
        std::string node;
        int stations = 0;  ///< 0: the outside line
    };
    struct AddressWays {
        std::vector<std::string> clients;
        std::vector<MemberWays> members;
    };

    void find_components();
    void find_power();
    void find_call_service();
    void find_addresses();
    void find_heartbeats();
    void judge_structure();
    void judge_heartbeats();
    void judge_power();

    /// Links for which `admits` holds, switches in between.
    template <class Admits>
    [[nodiscard]] Ways ways(Ways::Kind,
                            const std::string& from,
                            const std::vector<std::string>& to,
                            const Admits& admits) const;
    [[nodiscard]] bool is_switch(const std::string& node) const;
    [[nodiscard]] std::vector<bool> down(const Failure&) const;
    [[nodiscard]] bool
    hears(const std::string& a, const std::string& b, const std::vector<bool>& down) const;
    [[nodiscard]] bool without_carrier(const std::string& member,
                                       const std::vector<bool>& down) const;
    [[nodiscard]] int pings(const std::string& member, const std::vector<bool>& down) const;
    [[nodiscard]] std::vector<std::string> may_own(const std::string& owner,
                                                   const std::vector<bool>& down) const;
    [[nodiscard]] std::string why_not_moved(const std::string& owner,
                                            const std::string& able,
                                            const std::vector<bool>& down) const;
    [[nodiscard]] Reach calls(const std::string& direction,
                              const std::vector<std::string>& owners,
                              const std::vector<bool>& down) const;
    [[nodiscard]] Reach clients(std::size_t address,
                                const std::vector<std::string>& owners,
                                const std::vector<bool>& down) const;

    const Scenario& m_scenario;
    std::vector<Component> m_components;
    std::vector<PowerSupply> m_supplies;
    std::vector<std::string> m_without_supply;
    std::optional<Service> m_calls;
    std::vector<Caller> m_callers;
    std::vector<MemberWays> m_call_ways;
    std::vector<Service> m_addresses;
    std::vector<AddressWays> m_address_ways;
    std::vector<HeartbeatPath> m_heartbeats;
    std::vector<Ways> m_pairs;
    std::vector<StructureFinding> m_findings;
};

}  // namespace sim::analysis
