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

// ---------------------------------------------------------------- LanLink

LanLink::LanLink(Context& context, std::string name, LanPort& a, LanPort& b, LinkDirection both)
    : m_context(context), m_name(std::move(name)), m_ends{&a, &b}, m_directions{both, both},
      m_loss_stream(context.stream("link/" + m_name + "/loss")),
      m_jitter_stream(context.stream("link/" + m_name + "/jitter")) {
    CLUSTER_CHECK(&a != &b && a.m_link == nullptr && b.m_link == nullptr);
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
    return m_directions[index];
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
        for (int side = 0; side < 2; ++side) {
            m_busy_until[side] = ns3::Time{};
            m_last_arrival[side] = ns3::Time{};
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

void LanLink::send(LanPort& from, Frame frame) {
    const int index = &from == m_ends[0] ? 0 : 1;
    frame.cause = m_context.recorder.current();
    const LinkDirection& way = m_directions[index];
    const ns3::Time now = ns3::Simulator::Now();

    const auto drop = [&](std::string_view reason) {
        ++m_dropped;
        report(frame, index, now, reason);
    };
    if (way.cut) {
        return drop("cut");
    }
    if (way.loss > 0 && m_loss_stream.chance(way.loss)) {
        return drop("loss");
    }
    const ns3::Time start = std::max(now, m_busy_until[index]);
    if (start - now > way.queue_limit) {
        return drop("queue full");
    }
    const std::uint64_t rate = std::max<std::uint64_t>(way.bits_per_second, 1);
    m_busy_until[index] =
        start + ns3::NanoSeconds(wire_bytes(frame.packet->GetSize()) * 8'000'000'000ULL / rate);
    ns3::Time arrival = m_busy_until[index] + way.delay;
    if (way.jitter.IsStrictlyPositive()) {
        arrival +=
            ns3::NanoSeconds(m_jitter_stream.below(static_cast<std::uint64_t>(ns(way.jitter)) + 1));
    }
    // A cable does not reorder.
    arrival = std::max(arrival, m_last_arrival[index]);
    m_last_arrival[index] = arrival;
    report(frame, index, arrival, {});

    LanPort* const to = m_ends[1 - index];
    post(to->context_id(), arrival - now, [this, index, epoch = m_epoch, frame = std::move(frame)] {
        const Recorder::Scope scope(m_context.recorder, frame.cause);
        if (epoch != m_epoch || m_ends[1 - index] == nullptr) {
            ++m_dropped;
            report(frame, index, ns3::Time{}, "carrier lost in flight");
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

    for (std::size_t offset = 0; offset < bytes.size(); offset += uart_fifo_bytes) {
        std::array<std::byte, uart_fifo_bytes> chunk{};
        const std::size_t size = std::min(uart_fifo_bytes, bytes.size() - offset);
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), size, chunk.begin());
        if (m_noise > 0) {
            for (std::size_t i = 0; i < size; ++i) {
                if (m_noise_stream.chance(m_noise)) {
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
