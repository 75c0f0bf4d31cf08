// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration directory that a scenario names: read for each member as the daemon would,
// judged together with the scenario. Internal to the format library.
#pragma once

#include <string>
#include <vector>

#include "json_cursor.hpp"
#include "scenario.hpp"

namespace sim {

struct NamedText {
    std::string name;  ///< without folders of this machine
    std::string text;
};

/// Fills scenario.cluster.files; appends every file that was read to `texts`. Findings name files
/// by their path.
[[nodiscard]] std::vector<cluster::Finding>
read_cluster_files(const std::string& directory, Scenario&, std::vector<NamedText>& texts);

/// The same findings, files named relative to `base`: results carry no path of this machine.
[[nodiscard]] std::vector<cluster::Finding> relative_to(const std::string& base,
                                                        std::vector<cluster::Finding>);

/// What scenario and files must agree on: members, models of scripts, words of start orders,
/// accepted warnings. `root` is the whole scenario. Precondition: the files have no errors.
void check_cluster_files(const Cursor& root, const Scenario&, const std::vector<cluster::Finding>&);

/// sha256 in hex over names, lengths and bytes, in this order.
[[nodiscard]] std::string digest_of(const std::vector<NamedText>&);

}  // namespace sim
