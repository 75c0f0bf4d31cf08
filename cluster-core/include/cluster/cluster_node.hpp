// SPDX-License-Identifier: GPL-2.0-or-later
// One cluster member: membership, ownership and the running of resource groups. No sockets, clock,
// threads, files or log text: events in, actions out. The same object runs inside the simulator and
// inside the daemon.
//
// Use: construct, handle(NodeStarted) once, then handle() for every event in the order in which
// they happened, and handle(DeadlineReached) when next_deadline() passes. Execute the sink's
// actions in order, then clear it. Deterministic: the same options and the same (now, event)
// sequence give the same actions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cluster/action.hpp"
#include "cluster/config.hpp"
#include "cluster/event.hpp"
#include "cluster/quirks.hpp"
#include "cluster/result.hpp"
#include "cluster/status.hpp"
#include "cluster/time.hpp"

namespace cluster {

/// All that shapes a node; constant for its life.
struct NodeOptions {
    std::string name;  ///< own node name, lower case, one of files.ha.nodes
    Uuid uuid;         ///< stable per node (heartbeat keeps it in hb_uuid)
    NodeFiles files;
    Quirks quirks;
    std::uint64_t seed =
        0;  ///< for the protocol's own random choices (ack trigger, retransmission delay)
};

enum class RestoreError : std::uint8_t {
    truncated,
    unknown_version,
    bad_checksum,
    other_configuration
};

class ClusterNode final {
  public:
    /// Precondition: `options.files` parsed without errors and name is among the nodes (checked,
    /// aborts otherwise).
    explicit ClusterNode(NodeOptions options);
    ~ClusterNode();
    ClusterNode(ClusterNode&&) noexcept;
    ClusterNode& operator=(ClusterNode&&) noexcept;

    /// The only way in; never blocks, never throws on any bytes. `now.monotonic` must not go
    /// backwards.
    void handle(const Now& now, const Event& event, ActionSink& out);

    /// The only timer a driver keeps. Nullopt: nothing to wait for (after LeaveCluster).
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    [[nodiscard]] NodeStatus status() const;

    /// Complete state for hand-over to a new process and for the head of an event log. restore()
    /// needs the same options.
    [[nodiscard]] std::vector<std::byte> snapshot() const;
    [[nodiscard]] static Result<ClusterNode, RestoreError>
    restore(NodeOptions options, std::span<const std::byte> bytes);

  private:
    class Impl;
    explicit ClusterNode(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

}  // namespace cluster
