// SPDX-License-Identifier: GPL-2.0-or-later
// One process life of understudyd: reads the files, becomes a real-time process, runs the driver,
// answers signals, the service manager and the control socket.
#pragma once

#include <string>
#include <vector>

#include "linux_host/runner.hpp"

namespace linux_host {

struct DaemonOptions {
    std::string config_directory = "/etc/ha.d";
    std::string state_directory = "/var/lib/understudy";
    std::string heartbeat_directory = "/var/lib/heartbeat";
    std::string socket = "/run/understudy/control";
    std::string socket_group;  ///< who may look; empty: root only
    std::string metrics_file;  ///< for node_exporter's textfile collector; empty: none
    std::string node;          ///< empty: uname -n
    RunnerPaths paths;
    bool realtime = true;
    bool release = false;           ///< only give away what a dead life left running, then end
    std::vector<std::string> argv;  ///< to replace itself with
};

/// Exit statuses of understudyd, as its manual page says.
enum ExitStatus : int {
    exit_well = 0,
    exit_cannot_run = 1,
    exit_usage = 2,
    exit_configuration = 3,
    exit_heartbeat_runs = 4,
};

/// `-t`: prints findings and bindings.
[[nodiscard]] int check_configuration(const DaemonOptions&);
[[nodiscard]] int run_daemon(const DaemonOptions&);

}  // namespace linux_host
