// SPDX-License-Identifier: GPL-2.0-or-later
// Arguments of understudyd.
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <limits.h>
#include <unistd.h>

#include "linux_host/daemon.hpp"
#include "linux_host/observe.hpp"

int main(int argc, char** argv) {
    linux_host::DaemonOptions options;
    bool check = false;
    bool observe = false;
    bool no_realtime = false;
    CLI::App app{"Failover daemon: keeps addresses and services of a cluster on a node that lives. "
                 "Reads /etc/ha.d as heartbeat does."};
    app.set_version_flag("--version", "understudyd " UNDERSTUDY_VERSION);
    app.add_option(
           "-d,--config", options.config_directory, "Directory with ha.cf, haresources, authkeys")
        ->capture_default_str();
    app.add_flag(
        "-t,--check", check, "Check the files, print what each word of haresources does, and end");
    app.add_flag("--observe",
                 observe,
                 "Only listen: never send, never act; tell late heartbeats and what shorter "
                 "deadtimes would have done");
    app.add_flag("--release",
                 options.release,
                 "Give away what a dead daemon left running, as soon as a peer is heard, and end");
    app.add_option("--state", options.state_directory, "Directory of the durable state")
        ->capture_default_str();
    app.add_option("--heartbeat-state", options.heartbeat_directory, "heartbeat's own directory")
        ->capture_default_str();
    app.add_option("--socket", options.socket, "Control socket")->capture_default_str();
    app.add_option("--socket-group", options.socket_group, "Group that may look at the status");
    app.add_option("--metrics-file", options.metrics_file, "Write metrics there every 15 s");
    app.add_option("--node", options.node, "Name of this node (default: uname -n)");
    app.add_option("--resource-scripts", options.paths.resource_scripts, "Looked up first")
        ->capture_default_str();
    app.add_option("--init-scripts", options.paths.init_scripts, "Looked up second")
        ->capture_default_str();
    app.add_flag("--no-realtime", no_realtime, "Ordinary priority, memory not locked");
    app.footer(
        "Runs in the foreground; a service manager puts it into the background (Type=notify).\n"
        "Exit status: 0 clean stop, 1 cannot run, 2 usage, 3 invalid configuration, 4 heartbeat "
        "runs here.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return status == 0 ? 0 : linux_host::exit_usage;
    }
    options.realtime = !no_realtime;
    // Its own file, under the name it has now: after an upgrade that is the new program.
    std::string self(PATH_MAX, '\0');
    const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size());
    self.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    options.argv.push_back(self);
    options.argv.insert(options.argv.end(), argv + 1, argv + argc);
    if (check) {
        return linux_host::check_configuration(options);
    }
    if (observe) {
        return linux_host::run_observer(options);
    }
    return linux_host::run_daemon(options);
}
