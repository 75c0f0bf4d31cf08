// SPDX-License-Identifier: GPL-2.0-or-later
// ICMP echo to the ping nodes of ha.cf, IPv4 and IPv6.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "cluster/config.hpp"
#include "cluster/ids.hpp"
#include "linux_host/fd.hpp"
#include "linux_host/loop.hpp"
#include "linux_host/netlink.hpp"

namespace linux_host {

class Pinger final {
  public:
    using Answered = std::function<void(cluster::PingTargetId, std::uint16_t sequence)>;

    /// Throws std::system_error without the right to raw sockets. No target: opens nothing.
    Pinger(Loop&, const std::vector<cluster::PingTargetConfig>&, Answered);

    void send(cluster::PingTargetId, std::uint16_t sequence);

  private:
    struct Target {
        std::vector<IpBytes> addresses;
    };
    void open(Fd& socket, Source& source, bool ipv6);
    void read(bool ipv6);

    Loop& m_loop;
    Answered m_answered;
    std::vector<Target> m_targets;
    std::uint16_t m_first_identifier;  ///< plus the index of the target
    Fd m_ipv4;
    Fd m_ipv6;
    Source m_ipv4_source;
    Source m_ipv6_source;
};

}  // namespace linux_host
