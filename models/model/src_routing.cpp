// SPDX-License-Identifier: GPL-2.0-or-later
#include "src_routing.hpp"

#include <algorithm>

#include <ns3/ipv4-interface-address.h>
#include <ns3/ipv4-route.h>
#include <ns3/net-device.h>

namespace models {
namespace {

bool is_multicast(std::uint32_t address) {
    return address >> 28U == 0xeU;
}

ns3::Ptr<ns3::Ipv4Route> make_route(ns3::Ipv4& ipv4,
                                    std::uint32_t destination,
                                    std::uint32_t gateway,
                                    std::uint32_t interface,
                                    std::uint32_t source) {
    auto route = ns3::Create<ns3::Ipv4Route>();
    route->SetDestination(ns3::Ipv4Address(destination));
    route->SetGateway(ns3::Ipv4Address(gateway));
    route->SetSource(source != 0 ? ns3::Ipv4Address(source)
                                 : ipv4.GetAddress(interface, 0).GetLocal());
    route->SetOutputDevice(ipv4.GetNetDevice(interface));
    return route;
}

}  // namespace

ns3::TypeId SrcRouting::GetTypeId() {
    static const ns3::TypeId tid = ns3::TypeId("models::SrcRouting")
                                       .SetParent<ns3::Ipv4RoutingProtocol>()
                                       .SetGroupName("Understudy")
                                       .AddConstructor<SrcRouting>();
    return tid;
}

SrcRouting::Entry* SrcRouting::find(const Entry& like) {
    const auto found = std::ranges::find_if(m_table, [&like](const Entry& e) {
        return e.network == like.network && e.mask == like.mask && e.gateway == like.gateway &&
               e.interface == like.interface && e.route.metric == like.route.metric;
    });
    return found == m_table.end() ? nullptr : &*found;
}

void SrcRouting::remove_preferring(std::uint32_t source) {
    std::erase_if(m_table, [source](const Entry& e) { return e.source == source; });
}

const SrcRouting::Entry* SrcRouting::lookup(std::uint32_t destination,
                                            std::uint32_t interface_or_0) const {
    const Entry* best = nullptr;
    for (const Entry& e : m_table) {
        if ((destination & e.mask) != e.network ||
            (interface_or_0 != 0 && e.interface != interface_or_0)) {
            continue;
        }
        if (best == nullptr || e.mask > best->mask ||
            (e.mask == best->mask && e.route.metric < best->route.metric)) {
            best = &e;
        }
    }
    return best;
}

ns3::Ptr<ns3::Ipv4Route> SrcRouting::RouteOutput(ns3::Ptr<ns3::Packet>,
                                                 const ns3::Ipv4Header& header,
                                                 ns3::Ptr<ns3::NetDevice> oif,
                                                 ns3::Socket::SocketErrno& error) {
    error = ns3::Socket::ERROR_NOTERROR;
    const std::uint32_t destination = header.GetDestination().Get();
    std::uint32_t interface =
        oif ? static_cast<std::uint32_t>(m_ipv4->GetInterfaceForDevice(oif)) : 0;

    // An own address is reached through the interface that has it; the stack loops it back there.
    const std::int32_t own = m_ipv4->GetInterfaceForAddress(header.GetDestination());
    if (own >= 0) {
        return make_route(*m_ipv4, destination, 0, static_cast<std::uint32_t>(own), destination);
    }
    if (is_multicast(destination)) {
        if (interface == 0) {
            const std::int32_t of_source = m_ipv4->GetInterfaceForAddress(header.GetSource());
            interface = of_source > 0 ? static_cast<std::uint32_t>(of_source) : 0;
        }
        if (interface != 0) {
            return make_route(*m_ipv4, destination, 0, interface, 0);
        }
    }
    if (const Entry* entry = lookup(destination, interface)) {
        if (on_output) {
            on_output(entry->gateway != 0 ? entry->gateway : destination, entry->interface);
        }
        return make_route(*m_ipv4, destination, entry->gateway, entry->interface, entry->source);
    }
    error = ns3::Socket::ERROR_NOROUTETOHOST;
    return nullptr;
}

#if NS3_MINOR >= 39
bool SrcRouting::RouteInput(ns3::Ptr<const ns3::Packet> packet,
                            const ns3::Ipv4Header& header,
                            ns3::Ptr<const ns3::NetDevice> device,
                            const UnicastForwardCallback&,
                            const MulticastForwardCallback&,
                            const LocalDeliverCallback& local,
                            const ErrorCallback& error) {
#else
bool SrcRouting::RouteInput(ns3::Ptr<const ns3::Packet> packet,
                            const ns3::Ipv4Header& header,
                            ns3::Ptr<const ns3::NetDevice> device,
                            UnicastForwardCallback,
                            MulticastForwardCallback,
                            LocalDeliverCallback local,
                            ErrorCallback error) {
#endif
    const auto interface = static_cast<std::uint32_t>(m_ipv4->GetInterfaceForDevice(device));
    if (is_multicast(header.GetDestination().Get()) ||
        m_ipv4->IsDestinationAddress(header.GetDestination(), interface)) {
        local(packet, header, interface);
        return true;
    }
    error(packet, header, ns3::Socket::ERROR_NOROUTETOHOST);  // hosts do not forward
    return true;
}

void SrcRouting::DoDispose() {
    m_ipv4 = nullptr;
    m_table.clear();
    Ipv4RoutingProtocol::DoDispose();
}

}  // namespace models
