// SPDX-License-Identifier: GPL-2.0-or-later
// LightEndpoint: ARP, IPv4, UDP and echo of one address without an ns-3 node. The neighbour table
// follows Linux (net/core/neighbour.c, net/ipv4/arp.c): reachable, then delayed probing by unicast,
// then broadcast again.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "cluster/check.hpp"
#include "cluster/wire/announce_frame.hpp"
#include "event.hpp"
#include "lan.hpp"
#include "packets.hpp"

namespace models {
namespace {

namespace wire = cluster::wire;

// Linux defaults [sourced: Documentation/networking/ip-sysctl, /proc/sys/net/ipv4/neigh/default].
constexpr Duration base_reachable_time = std::chrono::seconds{30};  // drawn from 0.5..1.5 of it
const ns3::Time delay_first_probe_time = ns3::Seconds(5);
const ns3::Time retransmission_time = ns3::Seconds(1);
constexpr int probe_limit = 3;              // ucast_solicit and mcast_solicit
constexpr std::size_t pending_limit = 101;  // unres_qlen

cluster::MacAddress to_bytes(ns3::Mac48Address mac) {
    cluster::MacAddress bytes{};
    mac.CopyTo(bytes.data());
    return bytes;
}

ns3::Mac48Address to_mac(const cluster::MacAddress& bytes) {
    ns3::Mac48Address mac;
    mac.CopyFrom(bytes.data());
    return mac;
}

wire::Ipv4Bytes to_wire(std::uint32_t address) {
    return {static_cast<std::uint8_t>(address >> 24U),
            static_cast<std::uint8_t>(address >> 16U),
            static_cast<std::uint8_t>(address >> 8U),
            static_cast<std::uint8_t>(address)};
}

std::uint32_t from_wire(const wire::Ipv4Bytes& bytes) {
    return (static_cast<std::uint32_t>(bytes[0]) << 24U) |
           (static_cast<std::uint32_t>(bytes[1]) << 16U) |
           (static_cast<std::uint32_t>(bytes[2]) << 8U) | bytes[3];
}

bool is_multicast(std::uint32_t address) {
    return address >> 28U == 0xeU;
}

}  // namespace

struct LightEndpoint::Impl {
    enum class State : std::uint8_t { incomplete, reachable, stale, delay, probe };

    struct Neighbour {
        ns3::Mac48Address mac;
        State state = State::incomplete;
        ns3::Time confirmed;
        int probes = 0;
        ns3::EventId timer;
        std::vector<std::pair<ns3::Ptr<const ns3::Packet>, RecordId>> pending;
    };

    Impl(LightEndpoint& owner, Context& context_, Prefix own)
        : self(owner), context(context_), prefix(own) {
        RandomStream stream = context.stream(owner.name() + "/neighbour");
        const Duration reachable =
            stream.uniform(base_reachable_time / 2, base_reachable_time * 3 / 2);
        reachable_time = to_time(reachable);
    }

    ~Impl() { flush(); }

    void flush() {
        for (auto& [address, neighbour] : neighbours) {
            neighbour.timer.Cancel();
        }
        neighbours.clear();
    }

    void transmit_ip(const ns3::Mac48Address& to, ns3::Ptr<const ns3::Packet> packet) {
        out({std::move(packet), self.m_mac, to, ethertype_ipv4, RecordId::none});
    }

    void out(Frame frame) {
        if (self.uplink) {
            self.uplink(std::move(frame));
        } else {
            self.transmit(std::move(frame));
        }
    }

    void send_arp(const wire::ArpBody& body, const ns3::Mac48Address& to) {
        const auto bytes = wire::encode(body);
        self.send_raw(to, ethertype_arp, bytes);
    }

    void ask(std::uint32_t address, const ns3::Mac48Address& to) {
        send_arp({.operation = 1,
                  .sender_mac = to_bytes(self.m_mac),
                  .sender_address = to_wire(prefix.address),
                  .target_mac = {},
                  .target_address = to_wire(address)},
                 to);
    }

    void send_ip(std::uint32_t destination) {
        auto packet =
            ns3::Create<ns3::Packet>(buffer.data(), static_cast<std::uint32_t>(buffer.size()));
        if (destination == std::numeric_limits<std::uint32_t>::max() ||
            destination == prefix.broadcast()) {
            return transmit_ip(ns3::Mac48Address::GetBroadcast(), packet);
        }
        if (is_multicast(destination)) {
            return transmit_ip(ns3::Mac48Address::GetMulticast(ns3::Ipv4Address(destination)),
                               packet);
        }
        std::uint32_t next_hop = destination;
        if (!prefix.holds(destination)) {
            const auto via = parse_address(self.gateway);
            if (!via) {
                return;  // network unreachable
            }
            next_hop = *via;
        }
        if (next_hop == prefix.address) {
            return;  // to itself: nobody asks for it
        }
        resolve(next_hop, packet);
    }

    void resolve(std::uint32_t next_hop, const ns3::Ptr<const ns3::Packet>& packet) {
        const auto [entry, fresh] = neighbours.try_emplace(next_hop);
        Neighbour& neighbour = entry->second;
        if (fresh) {
            neighbour.probes = 1;
            ask(next_hop, ns3::Mac48Address::GetBroadcast());
            arm(next_hop, neighbour, retransmission_time);
        }
        if (neighbour.state == State::incomplete) {
            if (neighbour.pending.size() < pending_limit) {
                neighbour.pending.emplace_back(packet, context.recorder.current());
            }
            return;
        }
        if (neighbour.state == State::reachable &&
            ns3::Simulator::Now() - neighbour.confirmed > reachable_time) {
            neighbour.state = State::stale;
        }
        if (neighbour.state == State::stale) {
            neighbour.state = State::delay;
            arm(next_hop, neighbour, delay_first_probe_time);
        }
        transmit_ip(neighbour.mac, packet);
    }

    void arm(std::uint32_t address, Neighbour& neighbour, ns3::Time after) {
        neighbour.timer.Cancel();
        neighbour.timer = post(after, [this, address] { expired(address); });
    }

    void expired(std::uint32_t address) {
        const auto entry = neighbours.find(address);
        if (entry == neighbours.end()) {
            return;
        }
        // What the timer does was caused by nothing that happened: silence has no record.
        const Recorder::Scope scope(context.recorder, RecordId::none);
        Neighbour& neighbour = entry->second;
        if (neighbour.state == State::delay) {
            neighbour.state = State::probe;
            neighbour.probes = 0;
        }
        if (neighbour.probes >= probe_limit) {
            neighbours.erase(entry);  // failed; pending datagrams are lost, the next one starts
                                      // anew by broadcast
            return;
        }
        ++neighbour.probes;
        ask(address,
            neighbour.state == State::probe ? neighbour.mac : ns3::Mac48Address::GetBroadcast());
        arm(address, neighbour, retransmission_time);
    }

    /// `confirms`: a reply to us, which proves that both ways work.
    void learn(std::uint32_t address, const ns3::Mac48Address& mac, bool confirms, bool create) {
        auto entry = neighbours.find(address);
        if (entry == neighbours.end()) {
            if (!create) {
                return;
            }
            entry = neighbours.try_emplace(address).first;
        }
        Neighbour& neighbour = entry->second;
        const bool unchanged = neighbour.state != State::incomplete && neighbour.mac == mac;
        if (!confirms && unchanged) {
            return;
        }
        neighbour.mac = mac;
        neighbour.state = confirms ? State::reachable : State::stale;
        neighbour.confirmed = ns3::Simulator::Now();
        neighbour.timer.Cancel();
        const auto pending = std::exchange(neighbour.pending, {});
        for (const auto& [packet, cause] : pending) {
            const Recorder::Scope scope(context.recorder, later(cause, context.recorder.current()));
            resolve(address, packet);
        }
    }

    void receive_arp(const Frame& frame) {
        std::array<std::uint8_t, wire::arp_body_bytes> raw{};
        if (frame.packet->CopyData(raw.data(), raw.size()) != raw.size()) {
            return;
        }
        const auto body = wire::decode_arp(std::as_bytes(std::span{raw}));
        if (!body) {
            return;
        }
        const std::uint32_t sender = from_wire(body->sender_address);
        const std::uint32_t target = from_wire(body->target_address);
        if (sender == 0 || sender == prefix.address) {
            return;
        }
        const ns3::Mac48Address sender_mac = to_mac(body->sender_mac);
        const bool request_for_us = body->operation == 1 && target == prefix.address;
        const bool reply_to_us = body->operation == 2 && frame.destination == self.m_mac;
        if (self.ignores_gratuitous_arp && sender == target) {
            return;
        }
        learn(sender, sender_mac, reply_to_us, request_for_us);
        if (request_for_us) {
            send_arp({.operation = 2,
                      .sender_mac = to_bytes(self.m_mac),
                      .sender_address = to_wire(prefix.address),
                      .target_mac = body->sender_mac,
                      .target_address = body->sender_address},
                     sender_mac);
        }
    }

    void receive_ip(const Frame& frame) {
        received.resize(frame.packet->GetSize());
        frame.packet->CopyData(received.data(), static_cast<std::uint32_t>(received.size()));
        const auto packet = parse_ipv4_packet(received);
        if (!packet) {
            return;
        }
        const bool ours = packet->destination == prefix.address;
        const bool group = packet->destination == prefix.broadcast() ||
                           is_multicast(packet->destination) ||
                           packet->destination == std::numeric_limits<std::uint32_t>::max();
        if (!ours && !group) {
            if (self.on_transit && frame.destination == self.m_mac) {
                self.on_transit(received);
            }
            return;
        }
        if (packet->protocol == static_cast<std::uint8_t>(IpProtocol::udp)) {
            const auto udp = parse_udp(packet->payload);
            if (udp && self.on_udp) {
                self.on_udp(
                    format_address(packet->source), udp->from_port, udp->to_port, udp->payload);
            }
        } else if (packet->protocol == static_cast<std::uint8_t>(IpProtocol::icmp) && ours) {
            const auto echo = parse_echo(packet->payload);
            if (!echo) {
                receive_unreachable(packet->payload);
                return;
            }
            if (!echo->reply) {
                build_echo(buffer,
                           prefix.address,
                           packet->source,
                           ++identification,
                           true,
                           echo->id,
                           echo->sequence,
                           echo->data);
                send_ip(packet->source);
            } else if (self.on_echo_reply) {
                self.on_echo_reply(format_address(packet->source), echo->id, echo->sequence);
            }
        }
    }

    /// Type 3, code 3 with the header and the ports of what was sent (RFC 792).
    void receive_unreachable(std::span<const std::uint8_t> icmp) const {
        constexpr std::size_t inner = 8;
        if (!self.on_unreachable || icmp.size() < inner + 20 + 4 ||
            icmp[0] != static_cast<std::uint8_t>(IcmpType::unreachable) || icmp[1] != 3) {
            return;
        }
        const auto sent = icmp.subspan(inner);
        const std::size_t header = static_cast<std::size_t>(sent[0] & 15U) * 4;
        if (sent[9] != static_cast<std::uint8_t>(IpProtocol::udp) || sent.size() < header + 4) {
            return;
        }
        std::uint32_t address = 0;
        for (std::size_t i = 16; i < 20; ++i) {
            address = address << 8U | sent[i];
        }
        self.on_unreachable(format_address(address),
                            static_cast<std::uint16_t>(sent[header + 2] << 8U | sent[header + 3]));
    }

    LightEndpoint& self;
    Context& context;
    Prefix prefix;
    ns3::Time reachable_time;
    std::map<std::uint32_t, Neighbour> neighbours;
    std::uint16_t identification = 0;
    std::vector<std::uint8_t> buffer;    // packet being built
    std::vector<std::uint8_t> received;  // packet being read
};

LightEndpoint::LightEndpoint(
    Context& context, std::string name, ns3::Mac48Address mac, std::string ipv4, int prefix_length)
    : LanPort(std::move(name)), m_mac(mac), m_address(std::move(ipv4)) {
    Prefix prefix{0, std::clamp(prefix_length, 0, 32)};
    if (!m_address.empty()) {
        const auto address = parse_address(m_address);
        CLUSTER_CHECK(address.has_value());
        prefix.address = *address;
    }
    m_impl = std::make_unique<Impl>(*this, context, prefix);
}

LightEndpoint::~LightEndpoint() = default;

void LightEndpoint::receive(const Frame& frame) {
    if (frame.destination != m_mac && !frame.destination.IsGroup()) {
        return;
    }
    if (frame.ethertype == ethertype_arp) {
        m_impl->receive_arp(frame);
    } else if (frame.ethertype == ethertype_ipv4) {
        m_impl->receive_ip(frame);
    } else if (on_raw) {
        on_raw(frame);
    }
}

void LightEndpoint::carrier_changed(bool up) {
    if (!up) {
        m_impl->flush();
    }
}

void LightEndpoint::send_udp(const std::string& to,
                             std::uint16_t to_port,
                             std::uint16_t from_port,
                             std::span<const std::byte> bytes) {
    const auto destination = parse_address(to);
    CLUSTER_CHECK(destination.has_value());
    build_udp(m_impl->buffer,
              m_impl->prefix.address,
              *destination,
              ++m_impl->identification,
              from_port,
              to_port,
              bytes);
    m_impl->send_ip(*destination);
}

void LightEndpoint::send_echo(const std::string& to, std::uint16_t id, std::uint16_t sequence) {
    const auto destination = parse_address(to);
    CLUSTER_CHECK(destination.has_value());
    build_echo(m_impl->buffer,
               m_impl->prefix.address,
               *destination,
               ++m_impl->identification,
               false,
               id,
               sequence,
               {});
    m_impl->send_ip(*destination);
}

void LightEndpoint::send_raw(ns3::Mac48Address to,
                             std::uint16_t ethertype,
                             std::span<const std::byte> bytes) {
    const auto* data =
        reinterpret_cast<const std::uint8_t*>(bytes.data());  // NOLINT: ns-3 wants octets
    m_impl->out({ns3::Create<ns3::Packet>(data, static_cast<std::uint32_t>(bytes.size())),
                 m_mac,
                 to,
                 ethertype,
                 RecordId::none});
}

void LightEndpoint::forward(std::span<const std::uint8_t> packet) {
    if (packet.size() < 20) {
        return;
    }
    m_impl->buffer.assign(packet.begin(), packet.end());
    std::uint32_t destination = 0;
    for (std::size_t i = 16; i < 20; ++i) {
        destination = destination << 8U | packet[i];
    }
    m_impl->send_ip(destination);
}

}  // namespace models
