// SPDX-License-Identifier: GPL-2.0-or-later
// The core on this machine: events of sockets, timers, kernel and scripts in, actions out. Decides
// nothing about the cluster. The counterpart of the simulator's DaemonProcess.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/cluster_node.hpp"
#include "linux_host/addresses.hpp"
#include "linux_host/bridge_port.hpp"
#include "linux_host/clock.hpp"
#include "linux_host/history.hpp"
#include "linux_host/loop.hpp"
#include "linux_host/netlink.hpp"
#include "linux_host/pinger.hpp"
#include "linux_host/runner.hpp"
#include "linux_host/serial_line.hpp"
#include "linux_host/state_store.hpp"
#include "linux_host/udp_links.hpp"

namespace linux_host {

struct DriverOptions {
    cluster::NodeOptions node;
    std::vector<std::byte> durable_state;
    /// Not empty: this life goes on from the snapshot of the one before (hand-over restart).
    std::vector<std::byte> snapshot;
    RunnerPaths paths;
    std::function<void(cluster::LeaveCluster::Then)> on_leave;
};

/// What the driver itself counts.
struct DriverCounters {
    std::uint64_t send_failures = 0;
    std::uint64_t serial_dropped = 0;
    std::uint64_t restored = 0;  ///< addresses and route sources put back
    std::uint64_t events = 0;
};

class Driver final {
  public:
    /// Throws std::system_error when the kernel refuses what the daemon cannot do without, and
    /// std::runtime_error when the snapshot does not fit. `loop` and `writer` must outlive it.
    Driver(Loop& loop, StateWriter& writer, DriverOptions options);
    ~Driver();
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    /// The life begins: call once.
    void start();
    void command(const cluster::AdminCommand&);
    void reload_keys(const cluster::AuthKeys&);

    [[nodiscard]] cluster::NodeStatus status() const { return m_node.status(); }
    [[nodiscard]] const cluster::NodeOptions& node_options() const { return m_options.node; }
    [[nodiscard]] const cluster::NodeFiles& files() const { return m_options.node.files; }
    [[nodiscard]] const History& history() const noexcept { return m_history; }
    [[nodiscard]] DriverCounters counters() const;
    /// Nothing that was asked of the world is unanswered: the moment for a hand-over.
    [[nodiscard]] bool quiet() const noexcept { return m_unanswered == 0; }
    [[nodiscard]] std::vector<std::byte> snapshot() const { return m_node.snapshot(); }

    void execute(cluster::ActionId, const cluster::SendDatagram&);
    void execute(cluster::ActionId, const cluster::SendPing&);
    void execute(cluster::ActionId, const cluster::SendBridgeCommand&);
    void execute(cluster::ActionId, const cluster::AcquireAddress&);
    void execute(cluster::ActionId, const cluster::ReleaseAddress&);
    void execute(cluster::ActionId, const cluster::AnnounceAddress&);
    void execute(cluster::ActionId, const cluster::QueryRoutes&);
    void execute(cluster::ActionId, const cluster::ReplaceRoute&);
    void execute(cluster::ActionId, const cluster::RunAgent&);
    void execute(cluster::ActionId, const cluster::FenceNode&);
    void execute(cluster::ActionId, const cluster::PersistState&);
    void execute(cluster::ActionId, const cluster::Cancel&);
    void execute(cluster::ActionId, const cluster::Report&);
    void execute(cluster::ActionId, const cluster::LeaveCluster&);

  private:
    struct Answer {
        cluster::ActionId id{};
        cluster::Outcome outcome = cluster::Outcome::done;
        int code = 0;
        std::string output;
        std::vector<cluster::Route> routes;
    };

    void handle(const cluster::Event&);
    void run(const cluster::Event&);
    void answer(Answer);
    void answer_error(cluster::ActionId, int error);
    void rearm();
    void deadline();
    void kernel_changed(const NetlinkChange&);
    void look_at_kernel();
    void tell_carrier();
    void watch_bridge();
    void open_serial_lines();
    void adopt();
    void note(Level, std::string text, std::string kind);

    Loop& m_loop;
    StateWriter& m_writer;
    DriverOptions m_options;
    Clock m_clock;
    cluster::ClusterNode m_node;
    cluster::ActionSink m_sink;
    std::deque<Answer> m_answers;
    bool m_handling = false;
    bool m_started = false;
    bool m_left = false;
    std::uint64_t m_events = 0;
    std::uint64_t m_unanswered = 0;
    std::map<cluster::ActionId, int> m_open;

    Netlink m_netlink;
    Source m_netlink_source;
    bool m_kernel_changed = false;
    Addresses m_addresses;
    UdpLinks m_links;
    std::map<cluster::LinkId, std::unique_ptr<SerialLine>> m_serial;
    std::map<cluster::LinkId, std::string> m_serial_problem;
    Source m_serial_timer;
    std::map<std::string, bool> m_carrier;
    Pinger m_pinger;
    std::unique_ptr<BridgePort> m_bridge;
    std::unique_ptr<BridgeStream> m_stream;
    bool m_stream_link_up = true;
    Runner m_runner;
    Source m_timer;
    std::optional<cluster::Instant> m_timer_at;
    Source m_restore_timer;
    History m_history;
};

static_assert(cluster::ActionExecutor<Driver>);

}  // namespace linux_host
