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

struct AuthKeys;

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

/// TDMoE frames of the bridge began or ceased to arrive here, or carrier changed on the interface
/// they come by. Told at the start, too, by a driver that can see it; one that cannot never tells.
struct BridgeStreamChanged {
    bool arriving = false;
    bool link_up = true;
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
        release,   ///< `understudyd --release`: a life that only gives away what a dead one left
                   ///< running, as soon as a peer is heard, and then stops (docs/decisions/0002)
    };

    Kind kind = Kind::standby;
    ResourceScope scope = ResourceScope::all;
};

/// SIGHUP: authkeys was read again. A file that does not parse is the driver's to report, not
/// handed on.
struct ConfigReloaded {
    const AuthKeys* keys = nullptr;  ///< null: unchanged
};

/// next_deadline() has been reached. Telling it early or twice is harmless.
struct DeadlineReached {};

using Event = std::variant<NodeStarted,
                           DatagramReceived,
                           LinkStateChanged,
                           ActionCompleted,
                           BridgeReplyReceived,
                           BridgeStreamChanged,
                           PingReplyReceived,
                           AdminCommand,
                           ConfigReloaded,
                           DeadlineReached>;

}  // namespace cluster
