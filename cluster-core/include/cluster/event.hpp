// SPDX-License-Identifier: GPL-2.0-or-later
// Everything a ClusterNode can be told. A closed set: a driver that can produce these is complete.
// Spans and views are valid during the handle() call only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cluster/ids.hpp"

namespace cluster {

/// First event of a life, exactly once. `durable_state` = bytes of the last PersistState this node
/// executed, empty on the very first start or when they were lost.
struct NodeStarted {
    std::span<const std::byte> durable_state;
};

/// UDP media: one whole datagram. Serial media: any chunk of the byte stream; the core does the
/// framing.
struct DatagramReceived {
    LinkId link{};
    std::span<const std::byte> bytes;
};

struct LinkStateChanged {
    LinkId link{};
    bool carrier = false;
};

enum class Outcome : std::uint8_t { done, failed, timed_out, cancelled };

/// One IPv4 or IPv6 route of the node's main table, as `ip route show` lists it. Empty text =
/// absent.
struct Route {
    std::string destination;  ///< "default" or a prefix "10.10.10.0/24"
    std::string gateway;
    std::string interface;
    std::string source;    ///< preferred source ("src")
    std::string protocol;  ///< "kernel", "static", "dhcp", …
    std::string scope;     ///< "link", "global", …
    std::uint32_t metric = 0;
    bool operator==(const Route&) const = default;
};

/// The one answer to an action. Late, second and unknown answers are ignored by the core.
struct ActionCompleted {
    ActionId id{};
    Outcome outcome = Outcome::done;
    int code = 0;                   ///< exit status of an agent, or errno
    std::string_view output;        ///< RunAgent: the first 4 KiB of its stdout
    std::span<const Route> routes;  ///< QueryRoutes only
};

/// A datagram from the bridge's control port.
struct BridgeReplyReceived {
    std::span<const std::byte> bytes;
};

struct PingReplyReceived {
    PingTargetId target{};
    std::uint16_t sequence = 0;
};

enum class ResourceScope : std::uint8_t { all, local, foreign };

/// What an operator (or the FIFO of heartbeat's own tools) asks for.
struct AdminCommand {
    enum class Kind : std::uint8_t {
        standby,   ///< hb_standby [all|local|foreign]; failback = foreign
        takeover,  ///< hb_takeover [all|local|foreign]
        stop,      ///< clean stop of this node (heartbeat -k)
    };

    Kind kind = Kind::standby;
    ResourceScope scope = ResourceScope::all;
};

/// next_deadline() has been reached. Telling it early or twice is harmless.
struct DeadlineReached {};

using Event = std::variant<NodeStarted,
                           DatagramReceived,
                           LinkStateChanged,
                           ActionCompleted,
                           BridgeReplyReceived,
                           PingReplyReceived,
                           AdminCommand,
                           DeadlineReached>;

}  // namespace cluster
