// SPDX-License-Identifier: GPL-2.0-or-later
// LanPort, LanLink, LanSwitch, SerialLine. No routing, no protocols: frames and bytes only.
#include "lan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "cluster/check.hpp"
#include "event.hpp"

namespace models {
namespace {

std::int64_t ns(ns3::Time t) {
    return t.GetTimeStep();
}

/// Bytes of one frame on the wire: payload padded to 46, header 14, FCS 4, preamble 8, gap 12 (IEEE
/// 802.3).
std::uint64_t wire_bytes(std::uint32_t payload) {
    return std::max<std::uint64_t>(payload, 46) + 38;
}

std::string_view ethertype_name(std::uint16_t ethertype) {
    switch (ethertype) {
    case 0x0800:
        return "ipv4";
    case 0x0806:
        return "arp";
    case 0x86DD:
        return "ipv6";
    case 0xD00D:
        return "tdmoe";
    default:
        return "ethernet";
    }
}

bool is_group_address(ns3::Mac48Address address) {
    return address.IsGroup();
}

/// Request or reply whose sender asks for, or answers for, its own address (RFC 5227 §1.1).
bool is_gratuitous_arp(const Frame& frame) {
    std::array<std::uint8_t, 28> arp{};
    return frame.ethertype == 0x0806 &&
           frame.packet->CopyData(arp.data(), arp.size()) == arp.size() &&
           std::equal(arp.begin() + 14, arp.begin() + 18, arp.begin() + 24);
}

}  // namespace

// ---------------------------------------------------------------- LanPort

LanPort::~LanPort() {
    if (m_link != nullptr) {
        m_link->leave(*this);
    }
}

void LanPort::set_powered(bool powered) {
    if (m_powered == powered) {
        return;
    }
    m_powered = powered;
    if (m_link != nullptr) {
        m_link->update_carrier();
    }
}

void LanPort::transmit(Frame frame) {
    if (m_link != nullptr && m_carrier) {
        m_link->send(*this, std::move(frame));
    }
}

// ---------------------------------------------------------------- Partition

void Partition::clear() {
    m_sides.clear();
    m_one_way = false;
}

bool Partition::drops(const ns3::Mac48Address& source, int side) {
    const auto from = m_sides.find(source);
    if (side < 0 || from == m_sides.end() || from->second == side ||
        (m_one_way && from->second != 0)) {
        return false;
    }
    ++m_dropped;
    return true;
}

// ---------------------------------------------------------------- LanLink

namespace {

/// A frame that is out of order comes a little late, not much: the paths of a bundle of cables
/// differ by less than this [assumed].
const ns3::Time reorder_hold = ns3::MilliSeconds(10);

}  // namespace

LanLink::Way::Way(Context& context, const std::string& stream)
    : loss(context.stream(stream + "loss")), burst(context.stream(stream + "burst")),
      duplicate(context.stream(stream + "duplicate")), reorder(context.stream(stream + "reorder")),
      corrupt(context.stream(stream + "corrupt")), jitter(context.stream(stream + "jitter")) {}

LanLink::LanLink(Context& context, std::string name, LanPort& a, LanPort& b, LinkDirection both)
    : m_context(context),
      m_name(std::move(name)), m_ends{&a, &b}, m_ways{{context, "link/" + m_name + "/ab/"},
                                                      {context, "link/" + m_name + "/ba/"}} {
    CLUSTER_CHECK(&a != &b && a.m_link == nullptr && b.m_link == nullptr);
    m_ways[0].now = both;
    m_ways[1].now = both;
    a.m_link = this;
    b.m_link = this;
    update_carrier();
}

LanLink::~LanLink() {
    for (LanPort* end : m_ends) {
        if (end != nullptr) {
            end->m_link = nullptr;
            end->m_carrier = false;
        }
    }
}

void LanLink::leave(LanPort& port) {
    port.m_link = nullptr;
    for (LanPort*& end : m_ends) {
        if (end == &port) {
            end = nullptr;
        }
    }
    update_carrier();
}

void LanLink::set_plugged(bool plugged) {
    m_plugged = plugged;
    update_carrier();
}

LinkDirection& LanLink::direction(int index) {
    CLUSTER_CHECK(index == 0 || index == 1);
    return m_ways[index].now;
}

const LinkCounters& LanLink::counters(int index) const {
    CLUSTER_CHECK(index == 0 || index == 1);
    return m_ways[index].counters;
}

LanPort& LanLink::end(int index) noexcept {
    CLUSTER_CHECK((index == 0 || index == 1) && m_ends[index] != nullptr);
    return *m_ends[index];
}

void LanLink::update_carrier() {
    const bool up = m_plugged && m_ends[0] != nullptr && m_ends[1] != nullptr &&
                    m_ends[0]->m_powered && m_ends[1]->m_powered;
    bool lost = false;
    // Both ends first, callbacks after: a callback that sends must see the same state at either
    // end.
    std::array<LanPort*, 2> changed{};
    std::size_t count = 0;
    for (LanPort* end : m_ends) {
        if (end != nullptr && end->m_carrier != up) {
            end->m_carrier = up;
            lost = lost || !up;
            changed[count++] = end;
        }
    }
    if (lost) {
        ++m_epoch;
        for (Way& way : m_ways) {
            way.busy_until = ns3::Time{};
            way.last_arrival = ns3::Time{};
            way.holds = false;
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        changed[i]->carrier_changed(up);
    }
}

void LanLink::report(const Frame& frame,
                     int index,
                     ns3::Time received,
                     std::string_view drop_reason) {
    Recorder::Hop hop;
    hop.link = m_name;
    hop.from =
        m_ends[index] != nullptr ? std::string_view{m_ends[index]->name()} : std::string_view{};
    hop.to = m_ends[1 - index] != nullptr ? std::string_view{m_ends[1 - index]->name()}
                                          : std::string_view{};
    hop.protocol = ethertype_name(frame.ethertype);
    if (describe && m_context.recorder.wants_detail()) {
        m_protocol.assign(hop.protocol);
        m_info.clear();
        describe(frame, m_protocol, m_info);
        hop.protocol = m_protocol;
        hop.info = m_info;
    }
    hop.sent_ns = ns(ns3::Simulator::Now());
    hop.received_ns = drop_reason.empty() ? ns(received) : -1;
    hop.drop_reason = drop_reason;
    hop.bytes = frame.packet->GetSize() + 14;
    m_context.recorder.hop(frame.cause, hop);
}

bool LanLink::lose(int index) {
    Way& way = m_ways[index];
    if (way.now.loss <= 0) {
        return false;
    }
    if (!way.now.burst.IsStrictlyPositive() || way.now.loss >= 1) {
        return way.loss.chance(way.now.loss);
    }
    // Mean lengths of burst and gap that make `loss` of the time burst.
    const auto draw_length = [&way] {
        const double mean = static_cast<double>(ns(way.now.burst)) *
                            (way.in_burst ? 1.0 : (1.0 - way.now.loss) / way.now.loss);
        const Duration length =
            draw(ExponentialDist{Duration{static_cast<std::int64_t>(mean)}}, way.burst);
        return to_time(std::max(length, Duration{1}));
    };
    const ns3::Time now = ns3::Simulator::Now();
    if (way.burst_for != way.now.burst) {
        way.burst_for = way.now.burst;
        way.in_burst = way.burst.chance(way.now.loss);
        way.burst_change = now + draw_length();
    }
    while (way.burst_change <= now) {
        way.in_burst = !way.in_burst;
        way.burst_change += draw_length();
    }
    return way.in_burst;
}

void LanLink::send(LanPort& from, Frame frame) {
    const int index = &from == m_ends[0] ? 0 : 1;
    frame.cause = m_context.recorder.current();
    Way& way = m_ways[index];
    ++way.counters.offered;

    const auto drop = [&](std::string_view reason) {
        ++m_dropped;
        report(frame, index, ns3::Simulator::Now(), reason);
    };
    if (way.now.cut) {
        return drop("cut");
    }
    LanPort& to = *m_ends[1 - index];
    if (to.m_partition != nullptr && to.m_partition->drops(frame.source, to.m_side)) {
        return drop("partition");
    }
    if (lose(index)) {
        ++way.counters.lost;
        return drop("loss");
    }
    const bool corrupted = way.now.corrupt > 0 && way.corrupt.chance(way.now.corrupt);
    transmit(index, frame, corrupted);
    if (way.now.duplicate > 0 && way.duplicate.chance(way.now.duplicate)) {
        ++way.counters.duplicated;
        transmit(index, frame, corrupted);
    }
}

void LanLink::transmit(int index, const Frame& frame, bool corrupted) {
    Way& way = m_ways[index];
    const ns3::Time now = ns3::Simulator::Now();
    const ns3::Time start = std::max(now, way.busy_until);
    if (start - now > way.now.queue_limit) {
        ++m_dropped;
        ++way.counters.queue_full;
        report(frame, index, now, "queue full");
        return;
    }
    const std::uint64_t rate = std::max<std::uint64_t>(way.now.bits_per_second, 1);
    const ns3::Time takes =
        ns3::NanoSeconds(wire_bytes(frame.packet->GetSize()) * 8'000'000'000ULL / rate);
    way.busy_until = start + takes;
    ns3::Time arrival = way.busy_until + way.now.delay;
    if (way.now.jitter.IsStrictlyPositive()) {
        arrival +=
            ns3::NanoSeconds(way.jitter.below(static_cast<std::uint64_t>(ns(way.now.jitter)) + 1));
    }
    // A cable does not reorder by itself.
    arrival = std::max(arrival, way.last_arrival);

    if (!way.holds && way.now.reorder > 0 && way.reorder.chance(way.now.reorder)) {
        way.holds = true;
        way.held_frame = frame;
        way.held_corrupted = corrupted;
        ++way.counters.held_back;
        post(arrival - now + reorder_hold, [this, index, held = ++way.held, epoch = m_epoch] {
            Way& w = m_ways[index];
            if (epoch == m_epoch && w.holds && w.held == held) {
                w.holds = false;
                arrive(index, ns3::Simulator::Now(), w.held_frame, w.held_corrupted);
            }
        });
        return;
    }
    way.last_arrival = arrival;
    arrive(index, arrival, frame, corrupted);
    if (way.holds) {
        way.holds = false;
        ++way.counters.overtaken;
        way.last_arrival = arrival + takes;
        arrive(index, arrival + takes, way.held_frame, way.held_corrupted);
    }
}

void LanLink::arrive(int index, ns3::Time arrival, const Frame& frame, bool corrupted) {
    report(frame, index, arrival, {});
    if (capture) {
        capture(frame);
    }
    LanPort* const to = m_ends[1 - index];
    post(to->context_id(),
         arrival - ns3::Simulator::Now(),
         [this, index, corrupted, epoch = m_epoch, frame] {
             const Recorder::Scope scope(m_context.recorder, frame.cause);
             if (epoch != m_epoch || m_ends[1 - index] == nullptr) {
                 ++m_dropped;
                 report(frame, index, ns3::Time{}, "carrier lost in flight");
                 return;
             }
             if (corrupted) {
                 ++m_dropped;
                 ++m_ways[index].counters.corrupted;
                 report(frame, index, ns3::Time{}, "corrupt");
                 return;
             }
             ++m_delivered;
             m_ends[1 - index]->receive(frame);
         });
}

// ---------------------------------------------------------------- LanSwitch

class LanSwitch::Port final : public LanPort {
  public:
    Port(LanSwitch& owner, int number)
        : LanPort(owner.m_name + ":" + std::to_string(number)), m_switch(owner), m_number(number) {}

    void receive(const Frame& frame) override { m_switch.forward(*this, frame); }

    void carrier_changed(bool up) override {
        if (!up) {
            std::erase_if(m_switch.m_table,
                          [this](const auto& entry) { return entry.second.port == m_number; });
        }
    }

    void send(const Frame& frame) { transmit(frame); }
    [[nodiscard]] int number() const noexcept { return m_number; }

  private:
    LanSwitch& m_switch;
    int m_number;
};

LanSwitch::LanSwitch(Context& context, std::string name, ns3::Time mac_aging)
    : m_context(context), m_name(std::move(name)), m_mac_aging(mac_aging) {}

LanSwitch::~LanSwitch() = default;

LanPort& LanSwitch::port(int number) {
    std::unique_ptr<Port>& slot = m_ports[number];
    if (!slot) {
        slot = std::make_unique<Port>(*this, number);
        slot->set_powered(m_powered);
    }
    return *slot;
}

void LanSwitch::set_power(bool powered) {
    if (m_powered == powered) {
        return;
    }
    m_powered = powered;
    m_table.clear();
    m_context.recorder.record("switch.power", m_name, {{"on", powered}});
    for (auto& [number, port] : m_ports) {
        port->set_powered(powered);
    }
}

int LanSwitch::learned_port(ns3::Mac48Address address) const {
    const auto found = m_table.find(address);
    const bool fresh =
        found != m_table.end() && ns3::Simulator::Now() - found->second.seen <= m_mac_aging;
    return fresh ? found->second.port : -1;
}

void LanSwitch::forward(Port& in, const Frame& frame) {
    if (!m_powered) {
        return;
    }
    if (!is_group_address(frame.source)) {
        m_table[frame.source] = {in.number(), ns3::Simulator::Now()};
    }
    if (m_drops_gratuitous_arp && is_gratuitous_arp(frame)) {
        ++m_gratuitous_arp_dropped;
        m_context.recorder.record(
            "switch.arp_dropped", m_name, {{"port", std::int64_t{in.number()}}});
        return;
    }
    if (!is_group_address(frame.destination)) {
        const int known = learned_port(frame.destination);
        if (known >= 0) {
            if (known != in.number()) {
                m_ports.at(known)->send(frame);
            }
            return;
        }
    }
    for (auto& [number, port] : m_ports) {
        if (port.get() != &in) {
            port->send(frame);
        }
    }
}

// ---------------------------------------------------------------- SerialLine

namespace {

/// Receive FIFO of a 16550A UART; the driver hands on what one interrupt brought.
constexpr std::size_t uart_fifo_bytes = 16;
/// Transmit buffer of the Linux serial core (UART_XMIT_SIZE = one page). A write that does not fit
/// is lost here; a real writer would block, and heartbeat's is then killed by its own timer.
constexpr std::uint64_t transmit_buffer_bytes = 4096;

}  // namespace

SerialLine::SerialLine(
    Context& context, std::string name, std::string end_a, std::string end_b, unsigned baud)
    : m_context(context), m_name(std::move(name)), m_end_names{std::move(end_a), std::move(end_b)},
      m_baud(std::max(baud, 1U)), m_noise_stream(context.stream("serial/" + m_name + "/noise")) {}

void SerialLine::attach(int side, Receive receive) {
    CLUSTER_CHECK(side == 0 || side == 1);
    m_receive[side] = std::move(receive);
}

void SerialLine::set_plugged(bool plugged) {
    if (m_plugged && !plugged) {
        ++m_epoch;
    }
    m_plugged = plugged;
}

void SerialLine::send(int side, std::span<const std::byte> bytes) {
    CLUSTER_CHECK(side == 0 || side == 1);
    if (bytes.empty()) {
        return;
    }
    const ns3::Time now = ns3::Simulator::Now();
    const RecordId cause = m_context.recorder.current();
    const auto line_time = [this](std::uint64_t n) {
        return ns3::NanoSeconds(n * 10'000'000'000ULL / m_baud);
    };

    const ns3::Time start = std::max(now, m_busy_until[side]);
    const bool fits = start - now + line_time(bytes.size()) <= line_time(transmit_buffer_bytes);
    const std::string_view drop_reason = !fits ? "buffer full" : !m_plugged ? "unplugged" : "";
    if (fits) {
        // The transmitter works whether or not something is plugged in.
        m_busy_until[side] = start + line_time(bytes.size());
    }
    Recorder::Hop hop;
    hop.link = m_name;
    hop.from = m_end_names[side];
    hop.to = m_end_names[1 - side];
    hop.protocol = "serial";
    hop.sent_ns = ns(now);
    hop.received_ns = drop_reason.empty() ? ns(m_busy_until[side]) : -1;
    hop.drop_reason = drop_reason;
    hop.bytes = static_cast<std::uint32_t>(bytes.size());
    m_context.recorder.hop(cause, hop);
    if (!drop_reason.empty()) {
        return;
    }

    m_carried += bytes.size();
    for (std::size_t offset = 0; offset < bytes.size(); offset += uart_fifo_bytes) {
        std::array<std::byte, uart_fifo_bytes> chunk{};
        const std::size_t size = std::min(uart_fifo_bytes, bytes.size() - offset);
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), size, chunk.begin());
        if (m_noise > 0) {
            for (std::size_t i = 0; i < size; ++i) {
                if (m_noise_stream.chance(m_noise)) {
                    ++m_garbled;
                    chunk[i] = static_cast<std::byte>(m_noise_stream.below(256));
                }
            }
        }
        const ns3::Time arrival = start + line_time(offset + size);
        post(0xffffffffU, arrival - now, [this, side, chunk, size, cause, epoch = m_epoch] {
            const Receive& receive = m_receive[1 - side];
            if (epoch == m_epoch && receive) {
                const Recorder::Scope scope(m_context.recorder, cause);
                receive(std::span{chunk.data(), size});
            }
        });
    }
}

}  // namespace models
