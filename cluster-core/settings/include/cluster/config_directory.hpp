// SPDX-License-Identifier: GPL-2.0-or-later
// A directory of configuration files as one node sees it: DIR/<node>/FILE wins over DIR/FILE.
// The only place of the core's side that reads files. /etc/ha.d of a node is such a directory
// without overlays.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cluster/config.hpp"

namespace cluster {

struct DirectoryOptions {
    /// Also judge what only the node itself can know; so far the file mode of authkeys. Without it
    /// a mode that heartbeat would refuse is a note (files in a repository are 0644).
    bool live = false;

    /// Bindings for words that understudy.json does not bind; see simulator_default_bindings().
    std::map<std::string, BindingSettings> default_bindings;

    /// Stands in findings and sources in place of the directory; empty = the directory as given.
    std::string shown_as;
};

/// Which file an answer came from.
struct ConfigSource {
    std::string name;      ///< "ha.cf"
    std::string path;      ///< as shown in findings
    bool overlay = false;  ///< true: from DIR/<node>
};

struct NodeConfiguration : Parsed<NodeFiles> {
    std::vector<ConfigSource>
        sources;  ///< files that were read, in the order of `config_file_names`
};

/// "ha.cf", "haresources", "authkeys", "understudy.json", "redfone.conf": the order in which they
/// are read.
[[nodiscard]] const std::vector<std::string>& config_file_names();

/// Never throws. Missing ha.cf, haresources or authkeys, and whatever cannot be read, are errors
/// that name the path. redfone.conf is required when a word of haresources is bound to the bridge
/// switch, and read whenever it is there.
[[nodiscard]] NodeConfiguration read_config_directory(const std::filesystem::path& directory,
                                                      const std::string& node,
                                                      const DirectoryOptions& options = {});

}  // namespace cluster
