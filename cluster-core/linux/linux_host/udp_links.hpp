// SPDX-License-Identifier: GPL-2.0-or-later
// The UDP media of ha.cf: broadcast, multicast, unicast, IPv4 and IPv6. Sends from the node's fixed
// address, never from one that moves (a peer that has that address, too, would drop it as its own);
// receives on any address of the interface. Interfaces may come, go and change their addresses:
// refresh() follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "cluster/config.hpp"
#include "cluster/ids.hpp"
#include "linux_host/fd.hpp"
#include "linux_host/loop.hpp"
#include "linux_host/netlink.hpp"

namespace linux_host {

class UdpLinks final {
  public:
    using Receive = std::function<void(cluster::LinkId, std::span<const std::byte>)>;

    /// `listen_only`: nothing is ever sent (`--observe`).
    UdpLinks(Loop&, const std::vector<cluster::LinkConfig>&, Receive, bool listen_only = false);

    /// Opens what can be opened now. `is_fixed` tells the node's own addresses from those that
    /// move. Logs each link that becomes usable or unusable, once.
    void refresh(const std::vector<Interface>&,
                 const std::vector<InterfaceAddress>&,
                 const std::function<bool(const IpBytes&)>& is_fixed);

    /// errno; 0 also for serial links, which are not ours.
    int send(cluster::LinkId, std::span<const std::byte>);
    /// Reads what waits, at most `limit` datagrams per socket.
    void drain(std::size_t limit);

    [[nodiscard]] std::uint64_t send_failures() const noexcept { return m_send_failures; }
    [[nodiscard]] bool usable(cluster::LinkId) const;

  private:
    struct Link {
        Fd socket;
        sockaddr_storage destination{};
        socklen_t destination_size = 0;
        int interface = 0;
        IpBytes own;
        IpBytes broadcast;
        std::string problem = "not opened yet";
    };
    /// One per interface, port and family.
    struct Receiver {
        Fd socket;
        std::string device;
        int interface = 0;
        std::uint16_t port = 0;
        bool ipv6 = false;
        std::vector<std::size_t> links;
        Source source;
    };

    [[nodiscard]] std::string open_sender(const cluster::LinkConfig&,
                                          Link&,
                                          const Interface&,
                                          const std::vector<InterfaceAddress>&,
                                          const std::function<bool(const IpBytes&)>& is_fixed);
    [[nodiscard]] std::string
    open_receiver(std::size_t link, const cluster::LinkConfig&, const Interface&);
    void read(Receiver&, std::size_t limit);
    [[nodiscard]] std::size_t
    which_link(const Receiver&, const IpBytes& from, const std::optional<IpBytes>& to) const;

    Loop& m_loop;
    const std::vector<cluster::LinkConfig>& m_config;
    Receive m_receive;
    bool m_listen_only;
    std::vector<Link> m_links;
    std::vector<std::unique_ptr<Receiver>> m_receivers;
    std::vector<std::byte> m_buffer;
    std::uint64_t m_send_failures = 0;
};

}  // namespace linux_host
