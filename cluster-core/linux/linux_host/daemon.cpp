// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/daemon.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "linux_host/control_socket.hpp"
#include "linux_host/driver.hpp"
#include "linux_host/dry_run.hpp"
#include "linux_host/heartbeat_fifo.hpp"
#include "linux_host/live_config.hpp"
#include "linux_host/status_text.hpp"

namespace linux_host {
namespace {

using namespace cluster;

/// Names the descriptor with the snapshot of the life before.
constexpr const char* handover_variable = "UNDERSTUDY_HANDOVER";
/// How often the metrics file is written: node_exporter's usual scrape interval.
constexpr Duration metrics_interval = std::chrono::seconds{15};
/// Above everything of ordinary priority, below the kernel's own real-time threads.
constexpr int default_priority = 1;

std::string findings_text(const NodeConfiguration& files) {
    std::string out;
    for (const Finding& finding : files.findings) {
        out += to_string(finding) + "\n";
    }
    return out;
}

void become_realtime(const HaConfig& ha) {
    if (!ha.realtime) {
        return;
    }
    sched_param priority{};
    priority.sched_priority = std::clamp(ha.rtprio.value_or(default_priority), 1, 99);
    if (::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &priority) != 0) {
        log(Level::warning,
            std::string{"no real-time priority: "} + std::strerror(errno) +
                "; a busy machine may delay heartbeats");
    }
    rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    (void)::setrlimit(RLIMIT_MEMLOCK, &limit);
    // Only what is used: libraries map far more than they touch.
    if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
        log(Level::warning, std::string{"memory is not locked: "} + std::strerror(errno));
    }
}

/// What one life gives to the next: the seed of the protocol's random choices, part of what a
/// snapshot must fit, and the snapshot.
struct HandOver {
    std::uint64_t seed = 0;
    std::vector<std::byte> snapshot;
};

/// The descriptor to inherit, or -1 and errno.
int hand_over(const HandOver& state) {
    const int file = ::memfd_create("understudy-handover", 0);
    const auto put = [file](const void* bytes, std::size_t size) {
        return ::write(file, bytes, size) == static_cast<ssize_t>(size);
    };
    return file >= 0 && put(&state.seed, sizeof state.seed) &&
                   put(state.snapshot.data(), state.snapshot.size())
               ? file
               : -1;
}

HandOver handed_over() {
    HandOver state;
    const char* const name = std::getenv(handover_variable);
    if (name == nullptr) {
        return state;
    }
    const Fd file{std::atoi(name)};
    ::unsetenv(handover_variable);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 ||
        status.st_size <= static_cast<off_t>(sizeof state.seed)) {
        return state;
    }
    state.snapshot.resize(static_cast<std::size_t>(status.st_size) - sizeof state.seed);
    if (::pread(file.get(), &state.seed, sizeof state.seed, 0) != sizeof state.seed ||
        ::pread(file.get(), state.snapshot.data(), state.snapshot.size(), sizeof state.seed) !=
            static_cast<ssize_t>(state.snapshot.size())) {
        state.snapshot.clear();
    }
    return state;
}

class Daemon {
  public:
    Daemon(const DaemonOptions& options, NodeFiles files, std::string node)
        : m_options(options), m_writer(std::make_unique<StateWriter>(options.state_directory)) {
        DriverOptions driver;
        driver.node.name = std::move(node);
        driver.node.uuid = node_uuid(options.state_directory, options.heartbeat_directory);
        driver.node.files = std::move(files);
        if (::getrandom(&driver.node.seed, sizeof driver.node.seed, 0) < 0) {
            throw std::system_error(errno, std::generic_category(), "random numbers");
        }
        driver.durable_state = durable_state();
        driver.paths = options.paths;
        if (HandOver before = handed_over(); !before.snapshot.empty()) {
            driver.node.seed = before.seed;
            driver.snapshot = std::move(before.snapshot);
        }
        driver.on_leave = [this](LeaveCluster::Then then) { leave(then); };
        m_goes_on = !driver.snapshot.empty();
        try {
            m_driver = std::make_unique<Driver>(m_loop, *m_writer, driver);
        } catch (const std::runtime_error& problem) {
            if (!m_goes_on) {
                throw;
            }
            // The durable state knows what runs here; the peer hears of a restart.
            log(Level::notice, std::string{problem.what()} + "; starting anew beside what runs");
            driver.snapshot.clear();
            m_goes_on = false;
            m_driver = std::make_unique<Driver>(m_loop, *m_writer, driver);
        }
    }

    int run() {
        if (m_options.realtime) {
            become_realtime(m_driver->files().ha);
        }
        m_sources.push_back(m_loop.signal(SIGTERM, [this] { stop("SIGTERM"); }));
        m_sources.push_back(m_loop.signal(SIGINT, [this] { stop("SIGINT"); }));
        m_sources.push_back(m_loop.signal(SIGHUP, [this] { (void)reload(); }));
        if (!m_options.socket.empty()) {
            m_control.emplace(m_loop,
                              m_options.socket,
                              m_options.socket_group,
                              [this](const std::string& command, bool may_control) {
                                  return answer(command, may_control);
                              });
        }
        m_fifo.emplace(m_loop, m_options.heartbeat_directory, [this](const AdminCommand& command) {
            m_driver->command(command);
        });
        m_restart_timer = m_loop.timer([this] { replace_when_quiet(); });
        if (!m_options.metrics_file.empty()) {
            m_metrics_timer = m_loop.timer([this] { write_metrics(); });
            write_metrics();
        }
        m_driver->start();
        if (m_options.release) {
            m_driver->command({AdminCommand::Kind::release, ResourceScope::all});
        }
        m_loop.feed_watchdog();
        sd_notify(0, "READY=1");
        log(Level::info, m_goes_on ? "goes on after a hand-over" : "started");
        return m_loop.run();
    }

  private:
    std::vector<std::byte> durable_state() {
        StoredState stored = read_state(m_options.state_directory);
        if (!stored.problem.empty()) {
            log(Level::warning, stored.problem + "; starting without it");
        }
        // heartbeat ran here since and went past our numbers; with no state the core begins at the
        // time of day, which is above both.
        constexpr std::uint64_t reserved = 64;
        if (read_heartbeat_generation(m_options.heartbeat_directory) >=
            stored.generation + reserved) {
            return {};
        }
        return std::move(stored.bytes);
    }

    void stop(const char* why) {
        log(Level::notice, std::string{"clean stop ("} + why + ")");
        sd_notify(0, "STOPPING=1");
        m_driver->command({AdminCommand::Kind::stop, ResourceScope::all});
    }

    void leave(LeaveCluster::Then then) {
        if (then == LeaveCluster::Then::reboot) {
            // A quirk of heartbeat that this daemon never switches on.
            log(Level::error, "the core asked for a reboot; ending instead");
            m_loop.end(exit_cannot_run);
            return;
        }
        write_heartbeat_generation(m_options.heartbeat_directory, m_driver->status().generation);
        log(Level::notice, "left the cluster");
        m_loop.end(exit_well);
    }

    ControlReply reload() {
        sd_notify(0, "RELOADING=1");
        const LiveConfig fresh =
            read_live_config(m_options.config_directory, m_driver->status().node, m_options.paths);
        ControlReply reply;
        if (!fresh.ok()) {
            for (const Finding& finding : fresh.files.findings) {
                if (finding.severity == Severity::error) {
                    log(Level::error, to_string(finding));
                }
            }
            log(Level::error, "the files have errors; nothing is changed");
            reply = {exit_configuration, findings_text(fresh.files) + "nothing is changed\n"};
        } else {
            m_driver->reload_keys(fresh.files.value.keys);
            reply.text = "authkeys is in force; other files take effect with `understudyctl "
                         "restart`\n";
            log(Level::notice, "authkeys was read again");
        }
        sd_notify(0, "READY=1");
        return reply;
    }

    ControlReply restart() {
        const LiveConfig fresh =
            read_live_config(m_options.config_directory, m_driver->status().node, m_options.paths);
        if (!fresh.ok()) {
            return {exit_configuration, findings_text(fresh.files) + "not restarted\n"};
        }
        if (m_options.argv.empty() || ::access(m_options.argv.front().c_str(), X_OK) != 0) {
            return {exit_cannot_run, "error: the program file is not there; not restarted\n"};
        }
        m_restart_timer.ring_at(boot_time() + std::chrono::milliseconds{5});
        return {exit_well, "restarting; what runs goes on\n"};
    }

    /// The same process becomes the new program; nothing is stopped, and the peer hears no gap.
    void replace_when_quiet() {
        if (!m_driver->quiet()) {
            m_restart_timer.ring_at(boot_time() + std::chrono::milliseconds{20});
            return;
        }
        const int file = hand_over({m_driver->node_options().seed, m_driver->snapshot()});
        if (file < 0) {
            log(Level::error, std::string{"cannot restart: "} + std::strerror(errno));
            return;
        }
        ::setenv(handover_variable, std::to_string(file).c_str(), 1);
        m_control.reset();
        m_driver.reset();
        m_writer.reset();  // waits for what is being written
        std::vector<std::string> words = m_options.argv;
        std::vector<char*> argv;
        for (std::string& word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        ::execv(argv.front(), argv.data());
        log(Level::error, std::string{"cannot restart: "} + std::strerror(errno));
        m_loop.end(exit_cannot_run);  // the service manager starts it anew
    }

    void write_metrics() {
        // Complete or not at all: the collector may look at any moment.
        const std::string fresh = m_options.metrics_file + ".new";
        const std::string text = m_started_metrics ? metrics_text(*m_driver) : std::string{};
        m_started_metrics = true;
        if (!text.empty()) {
            const Fd file{
                ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)};
            const bool written = file && ::write(file.get(), text.data(), text.size()) ==
                                             static_cast<ssize_t>(text.size());
            if (!written || ::rename(fresh.c_str(), m_options.metrics_file.c_str()) != 0) {
                if (!std::exchange(m_metrics_failed, true)) {
                    log(Level::warning, m_options.metrics_file + ": " + std::strerror(errno));
                }
            } else {
                m_metrics_failed = false;
            }
        }
        m_metrics_timer.ring_at(
            boot_time() + (text.empty() ? Duration{std::chrono::seconds{1}} : metrics_interval));
    }

    ControlReply answer(const std::string& line, bool may_control);

    DaemonOptions m_options;
    std::unique_ptr<StateWriter> m_writer;  // before the loop has descriptors
    Loop m_loop;
    std::unique_ptr<Driver> m_driver;
    std::optional<ControlSocket> m_control;
    std::optional<HeartbeatFifo> m_fifo;
    std::vector<Source> m_sources;
    Source m_restart_timer;
    Source m_metrics_timer;
    bool m_goes_on = false;
    bool m_started_metrics = false;
    bool m_metrics_failed = false;
};

std::optional<ResourceScope> scope_of(const std::string& word) {
    if (word.empty() || word == "all") {
        return ResourceScope::all;
    }
    if (word == "local") {
        return ResourceScope::local;
    }
    if (word == "foreign" || word == "failback") {
        return ResourceScope::foreign;
    }
    return std::nullopt;
}

ControlReply Daemon::answer(const std::string& line, bool may_control) {
    std::istringstream words{line};
    std::string verb;
    std::string argument;
    words >> verb >> argument;
    if (verb == "status") {
        return {0, argument == "json" ? status_json(*m_driver) : status_text(*m_driver)};
    }
    if (verb == "history") {
        return {0, history_text(*m_driver, argument == "json")};
    }
    if (verb == "metrics") {
        return {0, metrics_text(*m_driver)};
    }
    if (verb == "dry-run") {
        return {0, dry_run_text(*m_driver)};
    }
    if (verb == "check") {
        const LiveConfig fresh =
            read_live_config(m_options.config_directory, m_driver->status().node, m_options.paths);
        return {fresh.ok() ? exit_well : exit_configuration,
                findings_text(fresh.files) +
                    bindings_text(fresh.files.value, m_options.paths, m_driver->status().node)};
    }
    const bool known = verb == "standby" || verb == "takeover" || verb == "stop" ||
                       verb == "reload" || verb == "restart";
    if (!known) {
        return {exit_usage, "error: unknown command \"" + verb + "\"\n"};
    }
    if (!may_control) {
        return {exit_cannot_run, "error: only root may do this\n"};
    }
    if (verb == "reload") {
        return reload();
    }
    if (verb == "restart") {
        return restart();
    }
    if (verb == "stop") {
        stop("understudyctl");
        return {};
    }
    const auto scope = scope_of(argument);
    if (!scope) {
        return {exit_usage,
                "error: found \"" + argument + "\", expected all, local, foreign or failback\n"};
    }
    m_driver->command(
        {verb == "standby" ? AdminCommand::Kind::standby : AdminCommand::Kind::takeover, *scope});
    return {0, "asked for; `understudyctl history` tells what came of it\n"};
}

std::string node_name(const DaemonOptions& options) {
    return options.node.empty() ? own_node_name() : options.node;
}

}  // namespace

int check_configuration(const DaemonOptions& options) {
    const std::string node = node_name(options);
    const LiveConfig config = read_live_config(options.config_directory, node, options.paths);
    std::fputs(findings_text(config.files).c_str(), stderr);
    if (!config.files.value.resources.groups.empty()) {
        std::printf("node %s\n%s",
                    node.c_str(),
                    bindings_text(config.files.value, options.paths, node).c_str());
    }
    return config.ok() ? exit_well : exit_configuration;
}

int run_daemon(const DaemonOptions& options) {
    open_log();
    const std::string node = node_name(options);
    LiveConfig config = read_live_config(options.config_directory, node, options.paths);
    for (const Finding& finding : config.files.findings) {
        if (finding.severity != Severity::note) {
            log(finding.severity == Severity::error ? Level::error : Level::warning,
                to_string(finding));
        }
    }
    if (!config.ok()) {
        return exit_configuration;
    }
    if (const int other = running_heartbeat(); other != 0) {
        log(Level::error,
            "heartbeat runs here (process " + std::to_string(other) +
                "); both would own the same groups. Stop and disable it first.");
        return exit_heartbeat_runs;
    }
    try {
        std::error_code ignored;
        std::filesystem::create_directories(options.state_directory, ignored);
        ::chmod(options.state_directory.c_str(), 0700);
        if (!options.socket.empty()) {
            std::filesystem::create_directories(std::filesystem::path(options.socket).parent_path(),
                                                ignored);
        }
        const Fd lock = lock_directory(options.state_directory);
        if (!lock) {
            log(Level::error,
                "another understudyd uses " + options.state_directory +
                    ", or it cannot be written");
            return exit_cannot_run;
        }
        ::signal(SIGPIPE, SIG_IGN);
        // Children are waited for by name; a stopped daemon must not find their deaths blocked.
        sigset_t children;
        sigemptyset(&children);
        sigaddset(&children, SIGCHLD);
        sigprocmask(SIG_BLOCK, &children, nullptr);
        return Daemon{options, std::move(config.files.value), node}.run();
    } catch (const std::exception& problem) {
        log(Level::error, problem.what());
        return exit_cannot_run;
    }
}

}  // namespace linux_host
