// SPDX-License-Identifier: GPL-2.0-or-later
// The command that cuts a node off: the `stonith` tool of cluster-glue for `stonith` and
// `stonith_host` lines, a fence agent when the type begins with fence_.
#pragma once

#include <string>
#include <vector>

#include "cluster/config.hpp"
#include "linux_host/runner.hpp"

namespace linux_host {

[[nodiscard]] AgentCall fencing_call(const std::vector<cluster::StonithConfig>&,
                                     const std::string& own_node,
                                     const std::string& victim);

}  // namespace linux_host
