// SPDX-License-Identifier: GPL-2.0-or-later
// The reader's parts: each turns one block of the merged JSON into values of scenario.hpp and says
// what is wrong. References are checked while reading, so blocks are read in the order topology,
// profiles, cluster, workload, timeline, soak, expect. Internal to the format library.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json_cursor.hpp"
#include "scenario.hpp"

namespace sim {

[[nodiscard]] std::optional<models::Distribution> read_distribution(const Cursor&);
void read_topology(const Cursor&, Topology&);
void read_profiles(const Cursor&, std::map<std::string, Profile>&);
void read_workload(const Cursor&, Scenario&);
void read_timeline(const Cursor&, Scenario&);
void read_soak(const Cursor&, Scenario&);
void read_expectations(const Cursor&, Scenario&);
void read_invariants(const Cursor&, Scenario&);

/// The verb at `word` with its keys, which are those of `object`, `for` aside. Says what is wrong;
/// nullopt: the verb itself is.
[[nodiscard]] std::optional<Fault>
read_fault(const Cursor& word, ObjectCursor& object, const Scenario&);

[[nodiscard]] std::optional<Implementation> read_implementation(const Cursor&);

/// "10.10.10.50" (four decimal octets).
[[nodiscard]] bool is_ipv4(std::string_view) noexcept;

/// Ids of the nodes of these kinds, for "expected one of …".
[[nodiscard]] std::vector<std::string_view> ids_of(const Topology&,
                                                   std::initializer_list<NodeKind>);

/// Reads an id that must be one of `known`; says so when it is none.
[[nodiscard]] std::optional<std::string> read_reference(const Cursor&,
                                                        const std::vector<std::string_view>& known);

/// Says so when `id` was used before among `seen`, else notes it.
void claim_id(const Cursor&,
              const std::string& id,
              std::vector<std::string>& seen,
              std::string_view of_what);

}  // namespace sim
