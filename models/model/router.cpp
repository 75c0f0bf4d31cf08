// SPDX-License-Identifier: GPL-2.0-or-later
// A gateway of light endpoints, one per interface.
#include "lan.hpp"
#include "packets.hpp"

#include <utility>

#include "cluster/check.hpp"

namespace models {

struct Router::Interface {
    Interface(Context& context,
              const std::string& name,
              ns3::Mac48Address mac,
              const std::string& ipv4,
              int length)
        : endpoint(context, name, mac, ipv4, length), network{parse_address(ipv4).value_or(0),
                                                              length} {}
    LightEndpoint endpoint;
    Prefix network;
};

Router::Router(Context& context, std::string name) : m_context(context), m_name(std::move(name)) {}

Router::~Router() = default;

LanPort& Router::add_interface(const std::string& interface,
                               ns3::Mac48Address mac,
                               const std::string& ipv4,
                               int prefix_length) {
    auto& made = m_interfaces[interface];
    made =
        std::make_unique<Interface>(m_context, m_name + ":" + interface, mac, ipv4, prefix_length);
    made->endpoint.on_transit = [this](std::span<const std::uint8_t> packet) { forward(packet); };
    return made->endpoint;
}

LanPort* Router::port(const std::string& interface) {
    const auto found = m_interfaces.find(interface);
    return found == m_interfaces.end() ? nullptr : &found->second->endpoint;
}

/// No ICMP of its own: what cannot be forwarded is dropped without a word.
void Router::forward(std::span<const std::uint8_t> packet) {
    const auto header = parse_ipv4_packet(packet);
    constexpr std::size_t ttl = 8;
    constexpr std::size_t checksum = 10;
    if (!header || packet[ttl] <= 1) {
        return;
    }
    for (auto& [name, interface] : m_interfaces) {
        if (!interface->network.holds(header->destination)) {
            continue;
        }
        m_packet.assign(packet.begin(), packet.end());
        --m_packet[ttl];
        // RFC 1141: one less in the upper octet of a word is one more in the sum.
        unsigned sum = (m_packet[checksum] << 8U | m_packet[checksum + 1]) + 0x0100U;
        sum = (sum & 0xffffU) + (sum >> 16U);
        m_packet[checksum] = static_cast<std::uint8_t>(sum >> 8U);
        m_packet[checksum + 1] = static_cast<std::uint8_t>(sum);
        ++m_forwarded;
        interface->endpoint.forward(m_packet);
        return;
    }
}

}  // namespace models
