// SPDX-License-Identifier: GPL-2.0-or-later
// What must hold in every run, whatever the scenario expects. Fed with observations while the run
// goes on; judges by what nodes really hold and others can see, not by what they announce. Pure.
//
// An owner is one that a client or the bridge can see. An address on an interface without carrier
// is seen by nobody; a node that is not scheduled serves nobody; services that run on without their
// address (a node that is being quiet until it is settled who owns it) are no second owner. A node
// that wakes up has 50 ms to notice that it was away.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/ids.hpp"
#include "cluster/report.hpp"
#include "run/run.hpp"

namespace sim {

class Invariants {
  public:
    struct Group {
        std::vector<std::string> words;      ///< left to right
        std::vector<std::string> addresses;  ///< by which clients find it; may be empty
    };

    /// Nodes are told by their index in `nodes`, groups by GroupId.
    Invariants(std::vector<std::string> nodes,
               std::vector<Group> groups,
               std::vector<DisabledInvariant> disabled);

    /// Power or kernel gone: nothing of it counts any more, and its resources are forgotten.
    void node_lost(std::int64_t t, std::size_t node);
    static constexpr std::int64_t wake_up_ns = 50'000'000;  ///< the bound of docs/ownership.md

    /// A frozen node serves nobody: it holds nothing until `wake_up_ns` after it thaws.
    void node_scheduled(std::int64_t t, std::size_t node, bool scheduled);
    /// The daemon began a new life: it will say anew what runs (and may find something running).
    void daemon_started(std::int64_t t, std::size_t node);
    void resource(std::int64_t t, std::size_t node, cluster::ResourceId, cluster::ResourceState);
    /// `held`: on an interface of the node that has carrier.
    void address(std::int64_t t, std::size_t node, const std::string& address, bool held);
    void span_master(std::int64_t t, const std::string& bridge, std::size_t node, bool master);
    /// At the end of the run. `trouble` empty: every direction is served again.
    void end_of_run(std::int64_t t, const std::string& trouble);

    /// Somebody held something twice: [from, to), for the episodes' "two owners". Complete after
    /// end_of_run().
    [[nodiscard]] const std::vector<std::pair<std::int64_t, std::int64_t>>&
    dual_owner_spans() const noexcept {
        return m_dual_spans;
    }
    [[nodiscard]] std::vector<InvariantResult> results() const;

  private:
    struct State {
        bool evaluated = false;
        bool violated = false;
        std::int64_t since = 0;
        Duration total{};
        std::optional<std::int64_t> first;
        std::string reason;
    };
    using Holders = std::map<std::string, std::set<std::size_t>>;

    void
    judge(std::int64_t t, std::string_view invariant, bool violated, const std::string& reason);
    void moment(std::int64_t t,
                std::string_view invariant,
                const std::string& reason);  ///< violated at one instant
    void judge_holders(std::int64_t t,
                       std::string_view invariant,
                       const Holders& holders,
                       std::string_view what);
    void judge_all(std::int64_t t);
    /// Judges the moments before `t` at which a woken node began to count.
    void catch_up(std::int64_t t);
    [[nodiscard]] bool counts(std::size_t node) const {
        return m_scheduled[node] && m_waking_until[node] == 0;
    }
    [[nodiscard]] bool can_be_met(std::size_t node, const Group& group) const;
    cluster::ResourceState& state(std::size_t node, cluster::ResourceId);

    std::vector<std::string> m_nodes;
    std::vector<Group> m_groups;
    std::vector<DisabledInvariant> m_disabled;
    std::map<std::string, State, std::less<>> m_states;
    std::vector<bool> m_scheduled;
    std::vector<std::int64_t> m_waking_until;  ///< 0: awake
    std::vector<std::vector<std::vector<cluster::ResourceState>>>
        m_resources;  // node, group, position
    Holders m_addresses;
    Holders m_spans;
    std::optional<std::int64_t> m_dual_since;
    std::vector<std::pair<std::int64_t, std::int64_t>> m_dual_spans;
};

}  // namespace sim
