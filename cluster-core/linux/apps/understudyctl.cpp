// SPDX-License-Identifier: GPL-2.0-or-later
// Asks the daemon of this node over its local socket.
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include <CLI/CLI.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "linux_host/fd.hpp"

namespace {

constexpr int exit_unreachable = 1;
constexpr int exit_usage = 2;

/// Sends one command and prints the answer; the exit status is the daemon's.
int ask(const std::string& path, const std::string& command) {
    const linux_host::Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const std::string line = command + "\n";
    if (path.size() >= sizeof address.sun_path ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(line.size())) {
        std::fprintf(stderr,
                     "error: understudyd does not answer at %s: %s\n",
                     path.c_str(),
                     std::strerror(errno));
        return exit_unreachable;
    }
    std::string reply;
    std::array<char, 4096> chunk{};
    for (ssize_t got = 0; (got = ::recv(socket.get(), chunk.data(), chunk.size(), 0)) > 0;) {
        reply.append(chunk.data(), static_cast<std::size_t>(got));
    }
    const auto end = reply.find('\n');
    if (end == std::string::npos) {
        std::fprintf(stderr, "error: understudyd went away\n");
        return exit_unreachable;
    }
    const std::string head = reply.substr(0, end);
    const int status = head == "ok" ? 0 : std::atoi(head.c_str() + std::strlen("error "));
    std::fputs(reply.c_str() + end + 1, status == 0 ? stdout : stderr);
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    std::string socket = "/run/understudy/control";
    std::string scope = "all";
    bool json = false;
    bool watch = false;
    CLI::App app{"Asks the failover daemon of this node."};
    app.set_version_flag("--version", "understudyctl " UNDERSTUDY_VERSION);
    app.add_option("--socket", socket, "Control socket")->capture_default_str();
    app.require_subcommand(1);
    auto* const status = app.add_subcommand("status", "Roles, peers, links, resources");
    status->add_flag("--json", json, "As JSON");
    status->add_flag("--watch", watch, "Again every second");
    auto* const history = app.add_subcommand("history", "What happened last");
    history->add_flag("--json", json, "One JSON object per line");
    app.add_subcommand("metrics", "Counters and gauges in the text format of Prometheus");
    app.add_subcommand("check", "Check the files as they are now, and show what each word does");
    app.add_subcommand("dry-run", "What this node would do if its peers fell silent now");
    const auto scoped = [&](const char* name, const char* help) {
        auto* const command = app.add_subcommand(name, help);
        command->add_option("scope", scope, "all, local, foreign or failback")
            ->capture_default_str();
        return command;
    };
    auto* const standby = scoped("standby", "Give groups to the peer (heartbeat: hb_standby)");
    auto* const demote = scoped("demote", "The same as standby");
    auto* const takeover = scoped("takeover", "Take groups from the peer (heartbeat: hb_takeover)");
    auto* const promote = scoped("promote", "The same as takeover");
    app.add_subcommand("reload", "Read the files again; new keys are in force at once");
    app.add_subcommand("restart", "Replace the daemon without touching what runs");
    app.add_subcommand("stop", "Stop what runs here and leave the cluster");
    app.footer(
        "Exit status: 0 well, 1 no answer or not allowed, 2 usage, 3 the files have errors.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    if (*standby || *demote) {
        return ask(socket, "standby " + scope);
    }
    if (*takeover || *promote) {
        return ask(socket, "takeover " + scope);
    }
    std::string command = app.get_subcommands().front()->get_name();
    if (json) {
        command += " json";
    }
    int result = ask(socket, command);
    while (watch && result == 0) {
        ::sleep(1);
        std::printf("\n");
        std::fflush(stdout);
        result = ask(socket, command);
    }
    return result;
}
