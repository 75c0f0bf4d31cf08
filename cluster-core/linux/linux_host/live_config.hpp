// SPDX-License-Identifier: GPL-2.0-or-later
// /etc/ha.d as this node is to run it: the files, and what only the node itself can say about them
// (who may change them, do the interfaces and scripts exist, is heartbeat still here).
#pragma once

#include <string>
#include <vector>

#include "cluster/config_directory.hpp"
#include "linux_host/runner.hpp"

namespace linux_host {

struct LiveConfig {
    cluster::NodeConfiguration files;
    [[nodiscard]] bool ok() const noexcept { return files.ok(); }
};

[[nodiscard]] LiveConfig
read_live_config(const std::string& directory, const std::string& node, const RunnerPaths&);

/// uname -n in lower case, as heartbeat names a node.
[[nodiscard]] std::string own_node_name();

/// Process id of a heartbeat in our network namespace; 0: none.
[[nodiscard]] int running_heartbeat();

/// The bindings, one line each: "10.10.10.110   address  IPaddr 10.10.10.110 on …".
[[nodiscard]] std::string
bindings_text(const cluster::NodeFiles&, const RunnerPaths&, const std::string& node);

}  // namespace linux_host
