// SPDX-License-Identifier: GPL-2.0-or-later
// The ns-3 driver of cluster::ClusterNode: sockets, timer and executor of one daemon life on a
// Host.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent.hpp"
#include "cluster/cluster_node.hpp"
#include "heartbeat_scripts.hpp"
#include "host.hpp"

namespace models {

struct DaemonOptions {
    cluster::NodeOptions node;
    /// Profile heartbeat-3.0.6: what its shell costs. Null: our daemon, which runs no shell.
    HeartbeatShell* shell = nullptr;
    AgentTable* agents = nullptr;  ///< of this host; outlives the process
    std::string
        bridge_interface;  ///< interface towards the bridge's control address; empty: by route
    /// Told of every (now, event) before it is handled and of the actions after it (event log); may
    /// be null.
    std::function<void(
        const cluster::Now&, const cluster::Event&, const std::vector<cluster::IssuedAction>&)>
        tap;
    /// Told once at start with the initial snapshot.
    std::function<void(std::span<const std::byte> snapshot)> on_start;
    /// The daemon has left; its sockets are closed. Called from an event of its own, so the process
    /// may be killed in it.
    std::function<void(cluster::LeaveCluster::Then)> on_leave;
    /// Fencing device: cut `node` off and call `done` with 0 or an errno. Null: there is none
    /// (ENODEV).
    std::function<void(const std::string& node, std::function<void(int error)> done)> fence;
    /// Wall clock at simulated 0 and the load text that stands in the messages; fixed so that runs
    /// are byte-equal.
    std::int64_t wall_at_start = 1'800'000'000;
    std::string load = "0.00 0.01 0.05 1/100 1000";
    /// The node's boot-time clock minus simulated time.
    std::int64_t clock_offset_ns = 0;
    /// PersistState to durable [assumed: one small synchronous write on a solid-state disk].
    ns3::Time persist_time = ns3::MilliSeconds(1);
};

class DaemonProcess final : public Process {
  public:
    DaemonProcess(Host&, DaemonOptions);
    ~DaemonProcess() override;
    void start() override;
    void frozen(bool) override;
    void command(const cluster::AdminCommand&);
    /// SIGHUP. Nothing: the file is unchanged.
    void reload(std::optional<cluster::AuthKeys> keys);
    /// SIGHUPs that have been handled.
    [[nodiscard]] std::uint64_t reloads() const noexcept;
    [[nodiscard]] cluster::NodeStatus status() const;
    struct Driver;  ///< satisfies cluster::ActionExecutor; defined in the .cpp

  private:
    std::unique_ptr<Driver> m_driver;
};

}  // namespace models
