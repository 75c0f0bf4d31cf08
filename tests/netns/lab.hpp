// SPDX-License-Identifier: GPL-2.0-or-later
// A LAN of two nodes in network namespaces of this process: a switch, two cables, the real daemon
// (or the real heartbeat) on each node. Everything ends with the Lab, also when the test dies.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <sys/types.h>

#include "linux_host/fd.hpp"

namespace lab {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Empty: namespaces can be made here; else why not.
[[nodiscard]] std::string impossible();
/// Path of the real heartbeat, empty when it is not installed.
[[nodiscard]] std::string heartbeat_program();

/// Polls every 2 ms.
[[nodiscard]] bool wait_for(const std::function<bool()>& what, milliseconds limit);
void sleep(milliseconds);

/// A namespace that lives as long as this object.
class Namespace final {
  public:
    Namespace();
    ~Namespace();
    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;

    [[nodiscard]] pid_t keeper() const noexcept { return m_keeper; }
    /// Runs a shell command inside; throws when it fails.
    void sh(const std::string& command) const;
    [[nodiscard]] std::string output(const std::string& command) const;
    /// Calls `what` with this thread inside.
    void inside(const std::function<void()>& what) const;

  private:
    pid_t m_keeper = 0;
    linux_host::Fd m_net;
};

struct Config {
    std::string timing = "keepalive 100ms\ndeadtime 600ms\nwarntime 300ms\ninitdead 3\n";
    std::string auto_failback = "legacy";
    std::string links = "bcast eth0\n";
    std::string more;  ///< further lines of ha.cf
    std::string haresources = "asterisk1 10.10.10.110 svc\n";
    std::string authkeys = "auth 1\n1 sha1 hbx-secret\n";
    std::string settings;  ///< understudy.json; empty: none
};

enum class Implementation { understudyd, heartbeat };

/// One node: its namespace, files, daemon, and what its service script did.
class Node final {
  public:
    Node(std::string folder, int number);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    void configure(const Config&);
    void start(Implementation = Implementation::understudyd,
               const std::vector<std::string>& extra = {});
    void signal(int number) const;
    /// SIGKILL to the daemon and nothing else; of heartbeat: to all its processes.
    void kill();
    /// True when it ended within the limit; `status` is its exit status.
    bool wait_end(milliseconds limit);
    [[nodiscard]] int exit_status() const noexcept { return m_exit_status; }
    [[nodiscard]] bool running();
    /// `heartbeat -k`, hb_standby … in heartbeat's container.
    void heartbeat_command(const std::string& command) const;

    /// One command over the control socket; empty when nobody answers.
    [[nodiscard]] std::string ask(const std::string& command) const;
    [[nodiscard]] std::string role() const;  ///< of the first group
    [[nodiscard]] std::string phase() const;
    [[nodiscard]] std::vector<nlohmann::json> history() const;
    [[nodiscard]] bool has_address(const std::string& address = "10.10.10.110") const;
    [[nodiscard]] bool serves() const;  ///< the script's service runs
    [[nodiscard]] std::string log() const;
    /// "start" and "stop" calls of the script so far.
    [[nodiscard]] std::string script_calls() const;

    [[nodiscard]] const Namespace& net() const noexcept { return m_net; }
    [[nodiscard]] const std::string& name() const noexcept { return m_name; }
    [[nodiscard]] const std::string& folder() const noexcept { return m_folder; }
    [[nodiscard]] pid_t daemon() const noexcept { return m_daemon; }

  private:
    std::string m_folder;
    std::string m_name;
    Namespace m_net;
    pid_t m_daemon = 0;
    pid_t m_container = 0;  ///< heartbeat's own PID, mount, UTS and IPC namespaces
    int m_exit_status = -1;
    Implementation m_implementation = Implementation::understudyd;
};

class Lab final {
  public:
    explicit Lab(const Config& = {});
    ~Lab();
    Lab(const Lab&) = delete;
    Lab& operator=(const Lab&) = delete;

    [[nodiscard]] Node& node(int number) {
        return *m_nodes.at(static_cast<std::size_t>(number - 1));
    }
    [[nodiscard]] const Namespace& net() const noexcept { return m_switch; }
    /// The switch passes nothing between the nodes, carrier stays.
    void split() const;
    void heal() const;
    /// Broadcasts towards this node are lost; the other direction works.
    void deafen(int number, bool deaf) const;
    /// Exactly one node has the address and the service, and it is this one.
    [[nodiscard]] bool only_owner(int number);
    [[nodiscard]] std::string logs();

  private:
    std::string m_folder;
    Namespace m_switch;
    std::array<std::unique_ptr<Node>, 2> m_nodes;
};

}  // namespace lab
