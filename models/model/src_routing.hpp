// SPDX-License-Identifier: GPL-2.0-or-later
// The main routing table of a Linux host, for an ns-3 node: connected and static routes with metric
// and preferred source. Complete in itself (not Ipv4StaticRouting: that has no source, and deletes
// connected routes with a VIP of the same mask). A host does not forward; multicast and broadcast
// leave by the interface of their source address.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <ns3/ipv4-routing-protocol.h>
#include <ns3/ipv4.h>

#include "cluster/event.hpp"

namespace models {

class SrcRouting final : public ns3::Ipv4RoutingProtocol {
  public:
    static ns3::TypeId GetTypeId();

    struct Entry {
        cluster::Route route;  ///< as `ip route show` would print it
        std::uint32_t network = 0;
        std::uint32_t mask = 0;
        std::uint32_t gateway = 0;    ///< 0: on link
        std::uint32_t interface = 0;  ///< ns-3 index
        std::uint32_t source = 0;     ///< preferred; 0: first address of the interface
    };

    [[nodiscard]] const std::vector<Entry>& table() const noexcept { return m_table; }
    void assign(std::vector<Entry> table) { m_table = std::move(table); }
    void add(Entry entry) { m_table.push_back(std::move(entry)); }
    /// Told of the next hop of every unicast packet before it is sent; may be null.
    std::function<void(std::uint32_t next_hop, std::uint32_t interface)> on_output;
    /// Same destination, gateway, interface and metric; null: none.
    [[nodiscard]] Entry* find(const Entry& like);
    /// What Linux does when an address goes: every route that prefers it goes too.
    void remove_preferring(std::uint32_t source);
    /// Longest prefix, then lowest metric, then first; null: unreachable.
    [[nodiscard]] const Entry* lookup(std::uint32_t destination,
                                      std::uint32_t interface_or_0) const;

    ns3::Ptr<ns3::Ipv4Route> RouteOutput(ns3::Ptr<ns3::Packet> packet,
                                         const ns3::Ipv4Header& header,
                                         ns3::Ptr<ns3::NetDevice> oif,
                                         ns3::Socket::SocketErrno& error) override;
#if NS3_MINOR >= 39
    bool RouteInput(ns3::Ptr<const ns3::Packet> packet,
                    const ns3::Ipv4Header& header,
                    ns3::Ptr<const ns3::NetDevice> device,
                    const UnicastForwardCallback& unicast,
                    const MulticastForwardCallback& multicast,
                    const LocalDeliverCallback& local,
                    const ErrorCallback& error) override;
#else
    bool RouteInput(ns3::Ptr<const ns3::Packet> packet,
                    const ns3::Ipv4Header& header,
                    ns3::Ptr<const ns3::NetDevice> device,
                    UnicastForwardCallback unicast,
                    MulticastForwardCallback multicast,
                    LocalDeliverCallback local,
                    ErrorCallback error) override;
#endif
    void NotifyInterfaceUp(std::uint32_t) override {}
    void NotifyInterfaceDown(std::uint32_t) override {}
    void NotifyAddAddress(std::uint32_t, ns3::Ipv4InterfaceAddress) override {}
    void NotifyRemoveAddress(std::uint32_t, ns3::Ipv4InterfaceAddress) override {}
    void SetIpv4(ns3::Ptr<ns3::Ipv4> ipv4) override {
        m_ipv4 = ipv4;
    }
    void PrintRoutingTable(ns3::Ptr<ns3::OutputStreamWrapper>, ns3::Time::Unit) const override {}

  private:
    void DoDispose() override;
    ns3::Ptr<ns3::Ipv4> m_ipv4;
    std::vector<Entry> m_table;
};

}  // namespace models
