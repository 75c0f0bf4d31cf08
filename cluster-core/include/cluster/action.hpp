// SPDX-License-Identifier: GPL-2.0-or-later
// Everything a ClusterNode can ask of the world. A closed set; a driver proves with ActionExecutor
// that it executes all.
//
// Completion contract. Sending (SendDatagram, SendPing, SendBridgeCommand), announcing
// (AnnounceAddress), Report, Cancel and LeaveCluster are not answered. Every other action is
// answered by exactly one ActionCompleted with its id. The core arms its own time limit and sends
// Cancel when it passes; the driver then answers `cancelled` (or the real outcome, if that came
// first).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "cluster/config.hpp"
#include "cluster/event.hpp"
#include "cluster/ids.hpp"
#include "cluster/report.hpp"

namespace cluster {

/// Byte views in actions point into the ActionSink and live until its clear().
struct SendDatagram {
    LinkId link{};
    std::span<const std::byte> bytes;
};

struct SendPing {
    PingTargetId target{};
    std::uint16_t sequence = 0;
};

/// One control request to the foneBRIDGE of redfone.conf (UDP/1024). Replies come as
/// BridgeReplyReceived.
struct SendBridgeCommand {
    std::span<const std::byte> bytes;
};

/// Put the address on its interface. Done = the kernel confirmed it. Already there = done.
struct AcquireAddress {
    ResourceId resource;
    AddressSpec address;
};

/// Take the address off. Not there = done.
struct ReleaseAddress {
    ResourceId resource;
    AddressSpec address;
};

enum class ArpForm : std::uint8_t { request, reply };

/// One gratuitous ARP (IPv4) or unsolicited neighbour advertisement (IPv6) frame, now.
struct AnnounceAddress {
    ResourceId resource;
    AddressSpec address;
    ArpForm form = ArpForm::request;
};

/// Read the main routing table; answered with ActionCompleted::routes.
struct QueryRoutes {};

/// Replace the route that has the same destination, gateway, interface and metric; keeps protocol
/// and scope.
struct ReplaceRoute {
    Route route;
};

enum class AgentOp : std::uint8_t { start, stop, status };

/// Run a resource script or agent. Done = it ended, whatever its exit status (`code`, `output`);
/// failed = it could not be run at all (`code` = errno).
struct RunAgent {
    ResourceId resource;
    BindingKind kind = BindingKind::script;
    std::string name;  ///< script word, unit, or class:provider:type
    std::vector<std::string> arguments;
    AgentOp op = AgentOp::status;
};

/// Cut the node off from power or shared resources by the configured device. Done = confirmed.
struct FenceNode {
    std::string node;
};

/// Store the bytes so that they survive a crash of the node; replaces what was stored before. Done
/// = durable.
struct PersistState {
    std::span<const std::byte> bytes;
};

struct Cancel {
    ActionId target{};
};

struct Report {
    ReportBody body;
};

/// The life of this ClusterNode ends; nothing is sent or acted on after it.
struct LeaveCluster {
    enum class Then : std::uint8_t {
        exit,     ///< clean stop finished
        restart,  ///< start the daemon anew (heartbeat's own reaction to a heal; quirk)
        reboot,   ///< reboot the machine at once (heartbeat's reaction to a stop failure; quirk)
    };

    Then then = Then::exit;
};

using Action = std::variant<SendDatagram,
                            SendPing,
                            SendBridgeCommand,
                            AcquireAddress,
                            ReleaseAddress,
                            AnnounceAddress,
                            QueryRoutes,
                            ReplaceRoute,
                            RunAgent,
                            FenceNode,
                            PersistState,
                            Cancel,
                            Report,
                            LeaveCluster>;

struct IssuedAction {
    ActionId id{};
    Action action;
};

/// Collects the actions of one handle() call, in the order in which they are to be executed. Reused
/// between calls.
class ActionSink final {
  public:
    ActionSink() = default;
    ActionSink(const ActionSink&) = delete;
    ActionSink& operator=(const ActionSink&) = delete;

    void push(ActionId id, Action action) { m_actions.push_back({id, std::move(action)}); }

    /// Copies bytes into the sink; the view lives until clear().
    [[nodiscard]] std::span<const std::byte> keep(std::span<const std::byte> bytes) {
        if (bytes.empty()) {
            return {};
        }
        auto* const copy = static_cast<std::byte*>(m_bytes.allocate(bytes.size(), 1));
        std::copy(bytes.begin(), bytes.end(), copy);
        return {copy, bytes.size()};
    }

    [[nodiscard]] const std::vector<IssuedAction>& actions() const noexcept { return m_actions; }
    [[nodiscard]] bool empty() const noexcept { return m_actions.empty(); }

    void clear() noexcept {
        m_actions.clear();
        m_bytes.release();
    }

  private:
    std::vector<IssuedAction> m_actions;
    std::array<std::byte, 4096> m_initial;
    std::pmr::monotonic_buffer_resource m_bytes{m_initial.data(), m_initial.size()};
};

template <class X, class A>
concept CanExecute = requires(X& x, ActionId id, const A& action) {
    x.execute(id, action);
};

template <class X, class V>
inline constexpr bool executes_all = false;
template <class X, class... As>
inline constexpr bool executes_all<X, std::variant<As...>> = (CanExecute<X, As> && ...);

/// static_assert(ActionExecutor<Driver>) stands in every driver.
template <class X>
concept ActionExecutor = executes_all<X, Action>;

}  // namespace cluster
