// SPDX-License-Identifier: GPL-2.0-or-later
// Ethernet as the simulation needs it: full-duplex links with per-direction faults, carrier events,
// a learning switch. Replaces ns-3's csma/bridge (half duplex, silent Detach, no flush): reasons
// and measurements in facts/ns3.md §3.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ns3/mac48-address.h>
#include <ns3/net-device.h>
#include <ns3/nstime.h>
#include <ns3/packet.h>
#include <ns3/ptr.h>

#include "random.hpp"
#include "recorder.hpp"

namespace models {

/// What every model object is built with. Outlives all models of a run.
struct Context {
    Recorder& recorder;
    std::uint64_t seed = 0;
    [[nodiscard]] RandomStream stream(std::string_view name) const {
        return RandomStream{seed, name};
    }
};

struct Frame {
    ns3::Ptr<const ns3::Packet> packet;  ///< payload without Ethernet header
    ns3::Mac48Address source;
    ns3::Mac48Address destination;
    std::uint16_t ethertype = 0;
    RecordId cause = RecordId::none;  ///< set by LanLink from Recorder::current() when it is sent
};

class LanLink;

/// A network that is divided although every cable has carrier: frames from a node of one side that
/// would arrive at a node of another side vanish at that node's port. What lies in between sees
/// them: switches learn and forward, as they would when a filter in the last port is at fault.
class Partition {
  public:
    /// Sides are numbered from 0. Not told of: reaches everybody.
    void put(const ns3::Mac48Address& address, int side) { m_sides[address] = side; }
    /// Only frames from side 0 to another one vanish.
    void set_one_way(bool one_way) noexcept { m_one_way = one_way; }
    void clear();
    /// Asked for each frame that would arrive at a port of `side`; counts what it drops.
    [[nodiscard]] bool drops(const ns3::Mac48Address& source, int side);
    [[nodiscard]] std::uint64_t dropped() const noexcept { return m_dropped; }

  private:
    std::map<ns3::Mac48Address, int> m_sides;
    bool m_one_way = false;
    std::uint64_t m_dropped = 0;
};

/// One end of a LanLink: a host NIC, a switch port, a light endpoint. Called with
/// Recorder::current() = frame.cause.
class LanPort {
  public:
    explicit LanPort(std::string name) : m_name(std::move(name)) {}
    LanPort(const LanPort&) = delete;
    LanPort& operator=(const LanPort&) = delete;
    virtual ~LanPort();  ///< leaves its link; the other end loses carrier

    virtual void receive(const Frame&) = 0;
    virtual void carrier_changed(bool up) = 0;
    /// ns-3 node id for the event context; 0xffffffff = none.
    [[nodiscard]] virtual std::uint32_t context_id() const { return 0xffffffffU; }

    [[nodiscard]] const std::string& name() const noexcept {
        return m_name;
    }  ///< "asterisk1:eth0", "sw1:3"
    [[nodiscard]] bool carrier() const noexcept { return m_carrier; }
    [[nodiscard]] LanLink* link() const noexcept { return m_link; }
    /// False while the device is without power: the other end loses carrier too.
    void set_powered(bool);
    [[nodiscard]] bool powered() const noexcept { return m_powered; }
    /// Frames that arrive here have to pass the partition. Null: no partition.
    void set_partition(Partition* partition, int side) {
        m_partition = partition;
        m_side = side;
    }

  protected:
    /// Dropped silently when there is no link or no carrier.
    void transmit(Frame);

  private:
    friend class LanLink;
    std::string m_name;
    LanLink* m_link = nullptr;
    bool m_powered = true;
    bool m_carrier = false;
    Partition* m_partition = nullptr;
    int m_side = -1;
};

struct LinkDirection {
    bool cut = false;  ///< silent: frames vanish, carrier stays
    double loss = 0;   ///< 0..1, per frame
    /// Mean length of a burst of loss: all frames of a burst are lost, bursts and the gaps between
    /// them last as long as draws of an exponential distribution say, and `loss` of the time is
    /// burst (a Gilbert channel in continuous time). 0: each frame is lost or not by itself.
    ns3::Time burst{};
    double duplicate = 0;  ///< 0..1: the frame goes out twice
    /// 0..1: the frame is held back until the next one of this direction has arrived, for
    /// reorder_hold at most.
    double reorder = 0;
    double corrupt = 0;  ///< 0..1: a bit is flipped; the receiver's check of the FCS drops it
    ns3::Time delay;     ///< propagation
    ns3::Time jitter;    ///< uniform 0..jitter on top; order is kept
    std::uint64_t bits_per_second = 1'000'000'000;
    ns3::Time queue_limit = ns3::MilliSeconds(100);  ///< frames that would wait longer are dropped
};

/// What became of the frames of one direction, since the link is there.
struct LinkCounters {
    std::uint64_t offered = 0;
    std::uint64_t lost = 0;
    std::uint64_t corrupted = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t held_back = 0;  ///< by `reorder`
    std::uint64_t overtaken = 0;  ///< of these: a later frame arrived first
    std::uint64_t queue_full = 0;
};

class LanLink {
  public:
    LanLink(Context&, std::string name, LanPort& a, LanPort& b, LinkDirection both);
    ~LanLink();
    LanLink(const LanLink&) = delete;
    LanLink& operator=(const LanLink&) = delete;

    /// Pull or plug the cable: carrier changes at both ends, frames in flight are lost.
    void set_plugged(bool);
    [[nodiscard]] bool plugged() const noexcept { return m_plugged; }
    /// Impairments by direction: 0 = a to b, 1 = b to a. Carrier is not touched.
    [[nodiscard]] LinkDirection& direction(int index);
    [[nodiscard]] const std::string& name() const noexcept { return m_name; }
    [[nodiscard]] LanPort& end(int index) noexcept;

    [[nodiscard]] std::uint64_t delivered() const noexcept { return m_delivered; }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return m_dropped; }
    [[nodiscard]] const LinkCounters& counters(int index) const;
    /// How often carrier was lost here.
    [[nodiscard]] std::uint64_t carrier_losses() const noexcept { return m_epoch; }

    /// Names what a frame carries for the trace; set once by the testbed. Null: ethertype names
    /// only.
    std::function<void(const Frame&, std::string& protocol, std::string& info)> describe;
    /// Shown every frame that goes out on the wire, when it goes (packet capture); may be null.
    std::function<void(const Frame&)> capture;

  private:
    friend class LanPort;
    void send(LanPort& from, Frame frame);
    void update_carrier();
    void leave(LanPort&);
    void report(const Frame&, int index, ns3::Time received, std::string_view drop_reason);
    /// One copy of a frame on the wire.
    void transmit(int index, const Frame& frame, bool corrupted);
    void arrive(int index, ns3::Time arrival, const Frame& frame, bool corrupted);
    [[nodiscard]] bool lose(int index);

    /// One direction on its way: draws of its own, so that what one side sends moves nothing of the
    /// other.
    struct Way {
        Way(Context&, const std::string& stream);
        LinkDirection now;
        LinkCounters counters;
        ns3::Time busy_until;
        ns3::Time last_arrival;
        RandomStream loss, burst, duplicate, reorder, corrupt, jitter;
        bool in_burst = false;
        ns3::Time burst_change;  ///< when the present burst, or gap, ends
        ns3::Time burst_for;     ///< the mean length it was drawn with
        bool holds = false;      ///< a frame waits for the next one
        std::uint64_t held = 0;  ///< number of that frame
        Frame held_frame;
        bool held_corrupted = false;
    };

    Context& m_context;
    std::string m_name;
    LanPort* m_ends[2];
    Way m_ways[2];
    bool m_plugged = true;
    std::uint64_t m_epoch = 0;  ///< raised when the cable is pulled: kills what is in flight
    std::uint64_t m_delivered = 0;
    std::uint64_t m_dropped = 0;
    std::string m_protocol;  ///< reused buffers of report()
    std::string m_info;
};

/// Learning switch with ageing. Loss of carrier or power flushes what was learned. No spanning
/// tree: build no loops.
class LanSwitch {
  public:
    LanSwitch(Context&, std::string name, ns3::Time mac_aging);
    ~LanSwitch();
    LanSwitch(const LanSwitch&) = delete;
    LanSwitch& operator=(const LanSwitch&) = delete;

    LanPort& port(int number);  ///< created on first use
    void set_power(bool);
    [[nodiscard]] bool powered() const noexcept { return m_powered; }
    [[nodiscard]] const std::string& name() const noexcept { return m_name; }
    /// The port number the address was learned on, or -1.
    [[nodiscard]] int learned_port(ns3::Mac48Address) const;
    /// Gratuitous ARP is dropped (port security, ARP inspection); its sender is learned before
    /// [assumed: learning comes first in the pipeline].
    void set_drops_gratuitous_arp(bool drops) noexcept { m_drops_gratuitous_arp = drops; }
    [[nodiscard]] bool drops_gratuitous_arp() const noexcept { return m_drops_gratuitous_arp; }
    [[nodiscard]] std::uint64_t gratuitous_arp_dropped() const noexcept {
        return m_gratuitous_arp_dropped;
    }

  private:
    class Port;
    friend class Port;
    void forward(Port& in, const Frame&);
    Context& m_context;
    std::string m_name;
    ns3::Time m_mac_aging;
    bool m_powered = true;
    bool m_drops_gratuitous_arp = false;
    std::uint64_t m_gratuitous_arp_dropped = 0;
    std::map<int, std::unique_ptr<Port>> m_ports;
    struct Learned {
        int port = -1;
        ns3::Time seen;
    };
    std::map<ns3::Mac48Address, Learned> m_table;
};

/// Full-duplex 8N1 line: 10 bit times per byte. Delivers chunks as a UART with a small FIFO does.
class SerialLine {
  public:
    using Receive = std::function<void(std::span<const std::byte>)>;
    SerialLine(Context&, std::string name, std::string end_a, std::string end_b, unsigned baud);
    /// side 0 or 1. Null: nobody listens, bytes are lost.
    void attach(int side, Receive);
    void send(int side, std::span<const std::byte>);
    void set_plugged(bool);
    [[nodiscard]] bool plugged() const noexcept { return m_plugged; }
    /// Random bytes instead of the sent ones, with this probability per byte.
    void set_noise(double probability) { m_noise = probability; }
    [[nodiscard]] double noise() const noexcept { return m_noise; }
    /// Bytes sent over the plugged line, and those of them that noise made up.
    [[nodiscard]] std::uint64_t carried() const noexcept { return m_carried; }
    [[nodiscard]] std::uint64_t garbled() const noexcept { return m_garbled; }
    [[nodiscard]] const std::string& name() const noexcept { return m_name; }

  private:
    Context& m_context;
    std::string m_name;
    std::string m_end_names[2];
    unsigned m_baud;
    bool m_plugged = true;
    double m_noise = 0;
    std::uint64_t m_carried = 0;
    std::uint64_t m_garbled = 0;
    std::uint64_t m_epoch = 0;
    ns3::Time m_busy_until[2];
    Receive m_receive[2];
    RandomStream m_noise_stream;
};

/// A host without an ns-3 stack: one MAC, one IPv4 address. Answers ARP and echo; its neighbour
/// table honours gratuitous ARP as Linux does (existing entries only). For probes, phones, bridges:
/// crowds cost little.
class LightEndpoint : public LanPort {
  public:
    LightEndpoint(
        Context&, std::string name, ns3::Mac48Address mac, std::string ipv4, int prefix_length);
    ~LightEndpoint() override;

    void receive(const Frame&) override;
    void carrier_changed(bool up) override;

    /// ARP resolution first when needed (3 requests 1 s apart, then the datagrams are dropped).
    /// Off-link goes to `gateway`.
    void send_udp(const std::string& to,
                  std::uint16_t to_port,
                  std::uint16_t from_port,
                  std::span<const std::byte> bytes);
    void send_echo(const std::string& to, std::uint16_t id, std::uint16_t sequence);
    void send_raw(ns3::Mac48Address to, std::uint16_t ethertype, std::span<const std::byte> bytes);

    std::function<void(const std::string& from,
                       std::uint16_t from_port,
                       std::uint16_t to_port,
                       std::span<const std::byte>)>
        on_udp;
    std::function<void(const std::string& from, std::uint16_t id, std::uint16_t sequence)>
        on_echo_reply;
    std::function<void(const Frame&)> on_raw;  ///< every other ethertype
    /// ICMP "port unreachable": what was sent to that address and port found nobody.
    std::function<void(const std::string& address, std::uint16_t port)> on_unreachable;
    /// A unicast packet for somebody else that came to this MAC address; null: dropped.
    std::function<void(std::span<const std::uint8_t> ipv4_packet)> on_transit;
    /// Takes the frames instead of a link of its own: one port for a crowd (SipPhones).
    std::function<void(Frame)> uplink;
    /// Sends a whole IPv4 packet on, by ARP and gateway as any other.
    void forward(std::span<const std::uint8_t> ipv4_packet);
    bool ignores_gratuitous_arp = false;
    std::string gateway;

    [[nodiscard]] ns3::Mac48Address mac() const noexcept { return m_mac; }
    [[nodiscard]] const std::string& address() const noexcept { return m_address; }

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
    ns3::Mac48Address m_mac;
    std::string m_address;
};

/// A gateway: forwards IPv4 between its interfaces, by their networks alone.
class Router {
  public:
    Router(Context&, std::string name);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;
    LanPort& add_interface(const std::string& interface,
                           ns3::Mac48Address mac,
                           const std::string& ipv4,
                           int prefix_length);
    [[nodiscard]] LanPort* port(const std::string& interface);
    [[nodiscard]] std::uint64_t forwarded() const noexcept { return m_forwarded; }

  private:
    struct Interface;
    void forward(std::span<const std::uint8_t> packet);
    Context& m_context;
    std::string m_name;
    std::map<std::string, std::unique_ptr<Interface>> m_interfaces;
    std::vector<std::uint8_t> m_packet;
    std::uint64_t m_forwarded = 0;
};

}  // namespace models
