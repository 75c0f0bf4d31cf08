// SPDX-License-Identifier: GPL-2.0-or-later
// The ns-3 side of Host: LanDev (the network card as ns-3 sees it), kernel services, processes and
// power.
#include "host.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <utility>

#include <ns3/arp-cache.h>
#include <ns3/arp-l3-protocol.h>
#include <ns3/boolean.h>
#include <ns3/channel.h>
#include <ns3/config.h>
#include <ns3/inet-socket-address.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-interface.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-routing-helper.h>
#include <ns3/pointer.h>
#include <ns3/random-variable-stream.h>
#include <ns3/udp-socket-factory.h>
#include <ns3/udp-socket.h>
#include <ns3/uinteger.h>

#include "arp_announce_listener.hpp"
#include "cluster/check.hpp"
#include "event.hpp"
#include "packets.hpp"
#include "src_routing.hpp"

namespace models {
namespace {

class SrcRoutingHelper final : public ns3::Ipv4RoutingHelper {
  public:
    SrcRoutingHelper* Copy() const override { return new SrcRoutingHelper(*this); }
    ns3::Ptr<ns3::Ipv4RoutingProtocol> Create(ns3::Ptr<ns3::Node>) const override {
        return ns3::CreateObject<SrcRouting>();
    }
};

/// ns-3 delays every ARP request by up to 10 ms, at random; Linux does not. Never constructed as an
/// attribute holder: that would make it a generator of its own, and the first generator of a
/// process computes tables for 41 million instructions (measured, ns-3.37), a twentieth of a short
/// run.
class NoJitter final : public ns3::RandomVariableStream {
  public:
    static ns3::TypeId GetTypeId() {
        static const ns3::TypeId tid = ns3::TypeId("models::NoJitter")
                                           .SetParent<ns3::RandomVariableStream>()
                                           .SetGroupName("Understudy");
        return tid;
    }
    double GetValue() override { return 0; }
    std::uint32_t GetInteger() override { return 0; }

    /// The default of every ARP layer that is built from now on.
    static void install() {
        static const ns3::Ptr<NoJitter> instance(new NoJitter, false);
        ns3::Config::SetDefault("ns3::ArpL3Protocol::RequestJitter", ns3::PointerValue(instance));
    }
};

class Nic;

/// The card as the ns-3 stack sees it. Ethernet II, 1500 bytes; the frame itself is models::Frame.
class LanDev final : public ns3::NetDevice {
  public:
    static ns3::TypeId GetTypeId() {
        static const ns3::TypeId tid =
            ns3::TypeId("models::LanDev").SetParent<ns3::NetDevice>().SetGroupName("Understudy");
        return tid;
    }
    LanDev(Nic& nic, ns3::Mac48Address mac) : m_nic(&nic), m_mac(mac) {}

    void detach() { m_nic = nullptr; }
    void link_changed() { m_link_change(); }
    void deliver(const Frame& frame) {
        if (!m_receive.IsNull()) {
            m_receive(this, frame.packet, frame.ethertype, frame.source);
        }
    }

    void SetIfIndex(const std::uint32_t index) override { m_index = index; }
    std::uint32_t GetIfIndex() const override { return m_index; }
    ns3::Ptr<ns3::Channel> GetChannel() const override { return nullptr; }
    void SetAddress(ns3::Address address) override {
        m_mac = ns3::Mac48Address::ConvertFrom(address);
    }
    ns3::Address GetAddress() const override { return m_mac; }
    bool SetMtu(const std::uint16_t mtu) override {
        m_mtu = mtu;
        return true;
    }
    std::uint16_t GetMtu() const override { return m_mtu; }
    bool IsLinkUp() const override;
    void AddLinkChangeCallback(ns3::Callback<void> callback) override {
        m_link_change.ConnectWithoutContext(callback);
    }
    bool IsBroadcast() const override { return true; }
    ns3::Address GetBroadcast() const override { return ns3::Mac48Address::GetBroadcast(); }
    bool IsMulticast() const override { return true; }
    ns3::Address GetMulticast(ns3::Ipv4Address group) const override {
        return ns3::Mac48Address::GetMulticast(group);
    }
    ns3::Address GetMulticast(ns3::Ipv6Address group) const override {
        return ns3::Mac48Address::GetMulticast(group);
    }
    bool IsBridge() const override { return false; }
    bool IsPointToPoint() const override { return false; }
    bool Send(ns3::Ptr<ns3::Packet> packet,
              const ns3::Address& destination,
              std::uint16_t ethertype) override {
        return SendFrom(std::move(packet), m_mac, destination, ethertype);
    }
    bool SendFrom(ns3::Ptr<ns3::Packet> packet,
                  const ns3::Address& source,
                  const ns3::Address& destination,
                  std::uint16_t ethertype) override;
    ns3::Ptr<ns3::Node> GetNode() const override { return m_node; }
    void SetNode(ns3::Ptr<ns3::Node> node) override { m_node = node; }
    bool NeedsArp() const override { return true; }
    void SetReceiveCallback(ReceiveCallback callback) override { m_receive = callback; }
    void SetPromiscReceiveCallback(PromiscReceiveCallback) override {
    }  // the switch already keeps foreign frames away
    bool SupportsSendFrom() const override { return true; }

  private:
    void DoDispose() override {
        m_nic = nullptr;
        m_node = nullptr;  // node and device hold each other
        m_receive.Nullify();
        NetDevice::DoDispose();
    }

    Nic* m_nic;
    ns3::Mac48Address m_mac;
    ns3::Ptr<ns3::Node> m_node;
    std::uint32_t m_index = 0;
    std::uint16_t m_mtu = 1500;
    ReceiveCallback m_receive;
    ns3::TracedCallback<> m_link_change;
};

}  // namespace

// ---------------------------------------------------------------- state

struct Host::Impl {
    struct Running {
        std::unique_ptr<Process> process;
        std::uint64_t instance = 0;
        bool stopped = false;  ///< SIGSTOP of this process alone
        std::vector<std::pair<RecordId, std::function<void()>>>
            deferred;  ///< due while it did not run
    };
    /// Waits for the first client of an acquired address.
    struct Expected {
        std::uint32_t address = 0;
        RecordId since = RecordId::none;
    };

    Impl(Host& owner, Context& context_, std::string name_, HostTimings timings_)
        : self(owner), context(context_), name(std::move(name_)), timings(timings_) {}

    Nic* nic(std::string_view interface) const;
    Nic* nic_with(std::uint32_t address) const;
    void receive(Nic& nic, const Frame& frame);
    void receive_arp(Nic& nic, const Frame& frame);
    void output(std::uint32_t next_hop, std::uint32_t interface);
    bool looks_at_ip(const Frame& frame);
    bool answers_echo(const Nic& nic, const Frame& frame);
    void boot_tables();
    void lose_kernel();
    void kernel_up();
    void run_deferred(Running& running);
    [[nodiscard]] bool schedules() const { return kernel && !frozen && !stalled; }
    [[nodiscard]] bool runs(const Running& running) const {
        return schedules() && !running.stopped;
    }
    /// Around every change of `frozen` and `stalled`.
    void nothing_runs();
    void all_goes_on();
    void stall();
    void start_work(std::uint64_t id);
    void end_stalls();

    Host& self;
    Context& context;
    std::string name;
    HostTimings timings;
    ns3::Ptr<ns3::Node> node;
    ns3::Ptr<ns3::Ipv4L3Protocol> ipv4;
    ns3::Ptr<SrcRouting> routing;
    std::vector<std::unique_ptr<Nic>> nics;
    struct Serial {
        SerialLine* line;
        int side;
    };
    std::map<std::string, Serial> serials;
    std::vector<cluster::Route> static_routes;
    std::map<std::string, Running> processes;
    std::map<std::string, std::vector<std::byte>> disk;
    std::function<std::unique_ptr<Process>(Host&)> init;
    std::string init_name;
    bool init_started = false;
    bool power = true;
    bool kernel = true;
    bool frozen = false;
    bool boots = false;
    std::uint64_t incarnation = 1;
    // processor
    double slowdown = 1;
    ns3::Time stall_for, stall_every;
    bool stalled = false;
    std::uint64_t stalls = 0;
    std::uint64_t starvation = 0;  ///< raised when its kind changes
    struct Work {
        ns3::Time left;   ///< at full speed, when it was last looked at
        ns3::Time since;  ///< then
        ns3::EventId event;
        RecordId cause = RecordId::none;
        std::function<void()> done;
    };
    std::map<std::uint64_t, Work> work;  ///< under way
    std::uint64_t works = 0;
    // clocks
    std::int64_t clock_ns = 0;  ///< the monotonic one, when its rate was last changed
    ns3::Time clock_since;      ///< then
    std::int64_t drift_ppb = 0;
    std::int64_t wall_step_ns = 0;
    DiskState disk_state = DiskState::works;
    std::uint64_t failed_execs = 0;
    std::uint64_t instances = 0;
    std::vector<std::pair<RecordId, std::function<void()>>>
        deferred;  ///< user-space work of no process, due while frozen
    std::vector<std::uint32_t> own_addresses;
    std::vector<Expected> expected;
    RecordId last_prerequisite = RecordId::none;
    std::vector<std::uint16_t> ignored_ports;
    std::map<std::uint32_t, RecordId> unresolved;  ///< cause of what waits for ARP, by next hop
    std::vector<std::uint8_t> datagram;            ///< being built
    std::uint16_t identification = 0;              ///< of the datagrams built here
};

namespace {

class Nic final : public LanPort {
  public:
    Nic(Host::Impl& host_, std::string interface_, ns3::Mac48Address mac_)
        : LanPort(host_.name + ":" + interface_), host(host_), interface(std::move(interface_)),
          mac(mac_), device(ns3::Create<LanDev>(*this, mac_)) {}
    ~Nic() override { device->detach(); }

    void receive(const Frame& frame) override { host.receive(*this, frame); }

    void carrier_changed(bool up) override {
        if (!host.kernel) {
            return;
        }
        const Recorder::Scope scope(
            host.context.recorder,
            host.context.recorder.record("link.carrier",
                                         host.name,
                                         {{"interface", std::string_view{interface}}, {"up", up}}));
        device->link_changed();  // the stack forgets its neighbours here, as Linux does on loss of
                                 // carrier
        if (host.self.on_carrier) {
            host.self.on_carrier(interface, up);
        }
    }

    std::uint32_t context_id() const override { return host.node->GetId(); }
    void send(Frame frame) { transmit(std::move(frame)); }

    Host::Impl& host;
    std::string interface;
    ns3::Mac48Address mac;
    ns3::Ptr<LanDev> device;
    std::uint32_t index = 0;    ///< ns-3 interface
    std::vector<Prefix> fixed;  ///< of the configuration; the first is the primary one
    /// shared: a receiver may replace itself while it runs
    std::vector<std::pair<std::uint16_t, std::shared_ptr<std::function<void(const Frame&)>>>> raw;
    std::vector<std::pair<std::uint16_t, std::shared_ptr<std::function<void()>>>> watched;
};

bool LanDev::IsLinkUp() const {
    return m_nic != nullptr && m_nic->carrier();
}

bool LanDev::SendFrom(ns3::Ptr<ns3::Packet> packet,
                      const ns3::Address& source,
                      const ns3::Address& destination,
                      std::uint16_t ethertype) {
    if (m_nic == nullptr || !m_nic->host.kernel) {
        return false;
    }
    m_nic->send({std::move(packet),
                 ns3::Mac48Address::ConvertFrom(source),
                 ns3::Mac48Address::ConvertFrom(destination),
                 ethertype,
                 RecordId::none});
    return true;
}

std::string prefix_text(const Prefix& prefix) {
    return format_address(prefix.network()) + "/" + std::to_string(prefix.length);
}

}  // namespace

Nic* Host::Impl::nic(std::string_view interface) const {
    const auto found = std::ranges::find_if(
        nics, [interface](const auto& n) { return n->interface == interface; });
    return found == nics.end() ? nullptr : found->get();
}

Nic* Host::Impl::nic_with(std::uint32_t address) const {
    const std::int32_t index = ipv4->GetInterfaceForAddress(ns3::Ipv4Address(address));
    const auto found = std::ranges::find_if(
        nics, [index](const auto& n) { return static_cast<std::int32_t>(n->index) == index; });
    return found == nics.end() ? nullptr : found->get();
}

/// False: the packet is dropped before the stack sees it.
bool Host::Impl::looks_at_ip(const Frame& frame) {
    std::array<std::uint8_t, 60 + 4> bytes{};  // the longest header and two ports
    const std::uint32_t size =
        frame.packet->CopyData(bytes.data(), expected.empty() ? 20 : bytes.size());
    if (size < 20) {
        return false;
    }
    const auto word = [&bytes](std::size_t at) {
        return (static_cast<std::uint32_t>(bytes[at]) << 24U) |
               (static_cast<std::uint32_t>(bytes[at + 1]) << 16U) |
               (static_cast<std::uint32_t>(bytes[at + 2]) << 8U) | bytes[at + 3];
    };
    // A "martian": it came from outside and claims to be from here. Linux drops it (measured: after
    // both nodes of a pair had taken the same address, heartbeats sent from that address did not
    // arrive).
    if (std::ranges::find(own_addresses, word(12)) != own_addresses.end()) {
        return false;
    }
    if (expected.empty()) {
        return true;
    }
    const auto waiting = std::ranges::find(expected, word(16), &Expected::address);
    if (waiting == expected.end()) {
        return true;
    }
    const std::size_t header = (bytes[0] & 0x0fU) * 4U;
    if (bytes[9] == static_cast<std::uint8_t>(IpProtocol::udp) && size >= header + 4) {
        const auto port = static_cast<std::uint16_t>((bytes[header + 2] << 8U) | bytes[header + 3]);
        if (std::ranges::find(ignored_ports, port) != ignored_ports.end()) {
            return true;
        }
    }
    const Expected met = *waiting;
    expected.erase(waiting);
    const std::string address = format_address(met.address);
    const std::string client = format_address(word(12));
    self.prerequisite(context.recorder.record_caused_by(
        later(frame.cause, met.since),
        "ms.announce",
        name,
        {{"address", std::string_view{address}}, {"client", std::string_view{client}}}));
    return true;
}

void Host::Impl::receive(Nic& nic, const Frame& frame) {
    if (!kernel || (frame.destination != nic.mac && !frame.destination.IsGroup())) {
        return;
    }
    for (const auto& [ethertype, on_frame] : nic.watched) {
        if (ethertype == frame.ethertype) {
            const auto keep = on_frame;
            (*keep)();
            break;
        }
    }
    for (const auto& [ethertype, receiver] : nic.raw) {
        if (ethertype == frame.ethertype) {
            const auto keep = receiver;
            (*keep)(frame);
            return;
        }
    }
    if (frame.ethertype == ethertype_arp) {
        receive_arp(nic, frame);
    } else if (frame.ethertype != ethertype_ipv4 ||
               (looks_at_ip(frame) && !answers_echo(nic, frame))) {
        nic.device->deliver(frame);
    }
}

/// The common echo request, answered as the ns-3 stack would answer it, at a thirtieth of the cost:
/// for an own address, by the routing table, to a neighbour that is known. False: anything else;
/// the stack sees to it.
bool Host::Impl::answers_echo(const Nic& nic, const Frame& frame) {
    std::array<std::uint8_t, 1500> bytes;
    const std::uint32_t size = frame.packet->GetSize();
    if (size > bytes.size() || frame.destination != nic.mac) {
        return false;
    }
    frame.packet->CopyData(bytes.data(), size);
    const auto packet = parse_ipv4_packet(std::span{bytes}.first(size));
    if (!packet || packet->protocol != static_cast<std::uint8_t>(IpProtocol::icmp) ||
        std::ranges::find(own_addresses, packet->destination) == own_addresses.end()) {
        return false;
    }
    const auto request = parse_echo(packet->payload);
    const SrcRouting::Entry* const route =
        request && !request->reply ? routing->lookup(packet->source, 0) : nullptr;
    if (route == nullptr) {
        return false;
    }
    const auto out =
        std::ranges::find_if(nics, [route](const auto& n) { return n->index == route->interface; });
    const std::uint32_t next_hop = route->gateway != 0 ? route->gateway : packet->source;
    ns3::ArpCache::Entry* const neighbour =
        ipv4->GetInterface(route->interface)->GetArpCache()->Lookup(ns3::Ipv4Address(next_hop));
    if (out == nics.end() || neighbour == nullptr ||
        !(neighbour->IsAlive() || neighbour->IsPermanent()) || neighbour->IsExpired()) {
        return false;
    }
    build_echo(datagram,
               packet->destination,
               packet->source,
               ++identification,
               true,
               request->id,
               request->sequence,
               request->data);
    (*out)->send(
        {ns3::Create<ns3::Packet>(datagram.data(), static_cast<std::uint32_t>(datagram.size())),
         (*out)->mac,
         ns3::Mac48Address::ConvertFrom(neighbour->GetMacAddress()),
         ethertype_ipv4,
         RecordId::none});
    return true;
}

/// ns-3 sends an ARP request from an event of its own, so that the cause of the packet that waits
/// for the answer would be lost. It is kept here, and current again when the answer lets the packet
/// go.
void Host::Impl::output(std::uint32_t next_hop, std::uint32_t interface) {
    const RecordId cause = context.recorder.current();
    if (cause == RecordId::none) {
        return;
    }
    ns3::ArpCache::Entry* const entry =
        ipv4->GetInterface(interface)->GetArpCache()->Lookup(ns3::Ipv4Address(next_hop));
    if (entry == nullptr || !entry->IsAlive() || entry->IsExpired()) {
        unresolved[next_hop] = cause;
    }
}

void Host::Impl::receive_arp(Nic& nic, const Frame& frame) {
    RecordId cause = frame.cause;
    std::array<std::uint8_t, 18> bytes{};
    if (!unresolved.empty() && frame.packet->CopyData(bytes.data(), bytes.size()) == bytes.size()) {
        const auto waiting =
            unresolved.find(ns3::Ipv4Address::Deserialize(&bytes[14]).Get());  // sender
        if (waiting != unresolved.end()) {
            cause = later(cause, waiting->second);
            unresolved.erase(waiting);
        }
    }
    const Recorder::Scope scope(context.recorder, cause);
    learn_from_arp(*ipv4->GetInterface(nic.index)->GetArpCache(), *frame.packet);
    nic.device->deliver(frame);
}

/// Addresses, routes and neighbours as after boot.
void Host::Impl::boot_tables() {
    std::vector<SrcRouting::Entry> table;
    own_addresses.clear();
    expected.clear();
    last_prerequisite = RecordId::none;
    unresolved.clear();
    for (const auto& n : nics) {
        for (std::uint32_t i = ipv4->GetNAddresses(n->index); i-- > 0;) {
            const std::uint32_t address = ipv4->GetAddress(n->index, i).GetLocal().Get();
            if (std::ranges::find(n->fixed, address, &Prefix::address) == n->fixed.end()) {
                ipv4->RemoveAddress(n->index, i);
            }
        }
        ipv4->GetInterface(n->index)->GetArpCache()->Flush();
        for (const Prefix& fixed : n->fixed) {
            own_addresses.push_back(fixed.address);
            const bool covered = std::ranges::any_of(table, [&](const SrcRouting::Entry& e) {
                return e.interface == n->index && e.network == fixed.network() &&
                       e.mask == fixed.mask();
            });
            if (!covered && fixed.length < 32) {
                table.push_back({.route = {.destination = prefix_text(fixed),
                                           .gateway = {},
                                           .interface = n->interface,
                                           .source = format_address(fixed.address),
                                           .protocol = "kernel",
                                           .scope = "link",
                                           .metric = 0},
                                 .network = fixed.network(),
                                 .mask = fixed.mask(),
                                 .gateway = 0,
                                 .interface = n->index,
                                 .source = fixed.address});
            }
        }
    }
    routing->assign(std::move(table));
    for (const cluster::Route& route : static_routes) {
        const auto prefix = route.destination == "default"
                                ? Prefix{0, 0}
                                : parse_prefix(route.destination).value_or(Prefix{});
        const std::uint32_t gateway = parse_address(route.gateway).value_or(0);
        const SrcRouting::Entry* connected = gateway != 0 ? routing->lookup(gateway, 0) : nullptr;
        const Nic* via = !route.interface.empty() ? nic(route.interface) : nullptr;
        CLUSTER_CHECK(via != nullptr ||
                      connected != nullptr);  // the testbed checks its topology before
        SrcRouting::Entry entry{.route = route,
                                .network = prefix.network(),
                                .mask = prefix.mask(),
                                .gateway = gateway,
                                .interface = via != nullptr ? via->index : connected->interface,
                                .source = parse_address(route.source).value_or(0)};
        if (via == nullptr) {
            entry.route.interface = connected->route.interface;
        }
        if (entry.route.protocol.empty()) {
            entry.route.protocol = "static";
        }
        if (entry.route.scope.empty()) {
            entry.route.scope = gateway != 0 ? "global" : "link";
        }
        routing->add(std::move(entry));
    }
}

void Host::Impl::lose_kernel() {
    kernel = false;
    frozen = false;
    boots = false;
    init_started = false;
    ++incarnation;
    end_stalls();
    slowdown = 1;
    for (auto& [id, one] : work) {
        one.event.Cancel();
    }
    work.clear();
    deferred.clear();
    {
        // Moved out first: a destructor may look its own process up.
        const auto dead = std::exchange(processes, {});
    }
    self.on_carrier = nullptr;
    if (self.on_lost) {
        self.on_lost();
    }
    boot_tables();
}

void Host::Impl::kernel_up() {
    kernel = true;
    for (const auto& n : nics) {
        n->set_powered(true);
    }
    context.recorder.record("node.boot", name);
    if (init) {
        init_started = true;
        self.spawn(init_name, init(self));
    }
    if (self.on_boot) {
        self.on_boot();
    }
}

void Host::Impl::run_deferred(Running& running) {
    const auto waiting = std::exchange(running.deferred, {});
    for (const auto& [cause, f] : waiting) {
        const Recorder::Scope scope(context.recorder, cause);
        f();
    }
}

// ---------------------------------------------------------------- wiring

Host::Host(Context& context, std::string name, HostTimings timings)
    : m_impl(std::make_unique<Impl>(*this, context, std::move(name), timings)) {
    m_impl->node = ns3::CreateObject<ns3::Node>();
    NoJitter::install();
    ns3::InternetStackHelper stack;
    stack.SetIpv6StackInstall(false);
    stack.SetRoutingHelper(SrcRoutingHelper{});
    stack.Install(m_impl->node);
    m_impl->ipv4 = m_impl->node->GetObject<ns3::Ipv4L3Protocol>();
    m_impl->ipv4->SetAttribute("IpForward", ns3::BooleanValue(false));
    m_impl->routing = ns3::DynamicCast<SrcRouting>(m_impl->ipv4->GetRoutingProtocol());
    CLUSTER_CHECK(m_impl->routing);
    m_impl->routing->on_output = [impl = m_impl.get()](std::uint32_t next_hop,
                                                       std::uint32_t interface) {
        impl->output(next_hop, interface);
    };
}

Host::~Host() {
    // Sockets first (inside the processes), then the ports: both reach into the ns-3 node, which
    // lives on until Simulator::Destroy.
    on_carrier = nullptr;
    m_impl->kernel = false;
    m_impl->processes.clear();
    m_impl->routing->on_output = nullptr;
}

const std::string& Host::name() const noexcept {
    return m_impl->name;
}

Context& Host::context() noexcept {
    return m_impl->context;
}

ns3::Ptr<ns3::Node> Host::node() const {
    return m_impl->node;
}

const HostTimings& Host::timings() const noexcept {
    return m_impl->timings;
}

LanPort& Host::add_interface(const std::string& interface,
                             ns3::Mac48Address mac,
                             const std::vector<std::string>& addresses) {
    CLUSTER_CHECK(m_impl->nic(interface) == nullptr);
    auto& nic = *m_impl->nics.emplace_back(std::make_unique<Nic>(*m_impl, interface, mac));
    nic.set_powered(m_impl->power);
    m_impl->node->AddDevice(nic.device);
    nic.index = m_impl->ipv4->AddInterface(nic.device);
    for (const std::string& text : addresses) {
        const auto prefix = parse_prefix(text);
        CLUSTER_CHECK(prefix.has_value());
        nic.fixed.push_back(*prefix);
        m_impl->ipv4->AddAddress(nic.index,
                                 ns3::Ipv4InterfaceAddress(ns3::Ipv4Address(prefix->address),
                                                           ns3::Ipv4Mask(prefix->mask())));
    }
    m_impl->ipv4->SetUp(nic.index);
    // Linux-like neighbour timers [sourced: base_reachable_time 30 s x 0.5..1.5, then about 8 s of
    // probing; a failed entry does not block the next packet; queue of 101 packets], as close as
    // ns-3's cache comes.
    const auto cache = m_impl->ipv4->GetInterface(nic.index)->GetArpCache();
    cache->SetAliveTimeout(ns3::Seconds(60));
    cache->SetDeadTimeout(ns3::Seconds(1));
    cache->SetAttribute("PendingQueueSize", ns3::UintegerValue(100));
    m_impl->boot_tables();
    return nic;
}

void Host::add_serial(const std::string& device, SerialLine& line, int side) {
    m_impl->serials[device] = {&line, side};
}

void Host::add_static_route(const cluster::Route& route) {
    m_impl->static_routes.push_back(route);
    m_impl->boot_tables();
}

void Host::set_init(std::function<std::unique_ptr<Process>(Host&)> make, std::string process_name) {
    m_impl->init = std::move(make);
    m_impl->init_name = std::move(process_name);
}

// ---------------------------------------------------------------- power

void Host::power_off() {
    if (!m_impl->power) {
        return;
    }
    m_impl->power = false;
    const Recorder::Scope scope(
        m_impl->context.recorder,
        m_impl->context.recorder.record("node.power", name(), {{"on", false}}));
    m_impl->lose_kernel();
    for (const auto& nic : m_impl->nics) {
        nic->set_powered(false);
    }
}

void Host::power_on(ns3::Time boot_time) {
    Impl& impl = *m_impl;
    if (impl.kernel && impl.init_started) {
        return;
    }
    if (!impl.power) {
        impl.power = true;
        impl.context.recorder.record("node.power", name(), {{"on", true}});
    }
    // The cards get carrier when their driver is loaded, with the kernel.
    impl.boots = true;
    schedule(boot_time, [&impl] {
        if (impl.kernel && impl.init_started) {
            return;
        }
        impl.boots = false;
        if (impl.disk_state == DiskState::failed) {
            impl.context.recorder.record("node.boot_failed", impl.name);
            return;
        }
        impl.kernel_up();
    });
}

void Host::crash() {
    if (!m_impl->kernel) {
        return;
    }
    const Recorder::Scope scope(m_impl->context.recorder,
                                m_impl->context.recorder.record("node.crash", name()));
    m_impl->lose_kernel();
}

void Host::Impl::nothing_runs() {
    for (auto& [process_name, running] : processes) {
        if (!running.stopped) {
            running.process->frozen(true);
        }
    }
}

void Host::Impl::all_goes_on() {
    const std::uint64_t life = incarnation;
    const auto waiting = std::exchange(deferred, {});
    for (const auto& [cause, f] : waiting) {
        const Recorder::Scope work_scope(context.recorder, cause);
        f();
    }
    // By name, since what runs here may end processes, or the host.
    std::vector<std::string> names;
    for (const auto& [process_name, running] : processes) {
        names.push_back(process_name);
    }
    for (const std::string& process_name : names) {
        const auto found = processes.find(process_name);
        if (incarnation == life && schedules() && found != processes.end() &&
            !found->second.stopped) {
            found->second.process->frozen(false);
            run_deferred(found->second);
        }
    }
}

void Host::freeze() {
    Impl& impl = *m_impl;
    if (!impl.kernel || impl.frozen) {
        return;
    }
    impl.context.recorder.record("node.freeze", name());
    const bool ran = impl.schedules();
    impl.frozen = true;
    if (ran) {
        impl.nothing_runs();
    }
}

void Host::thaw() {
    Impl& impl = *m_impl;
    if (!impl.frozen) {
        return;
    }
    const Recorder::Scope scope(impl.context.recorder,
                                impl.context.recorder.record("node.thaw", name()));
    impl.frozen = false;
    if (impl.schedules()) {
        impl.all_goes_on();
    }
}

// ---------------------------------------------------------------- processor

void Host::Impl::stall() {
    const bool ran = schedules();
    stalled = true;
    ++stalls;
    context.recorder.record("cpu.stall", name, {{"on", true}});
    if (ran) {
        nothing_runs();
    }
    self.schedule(stall_for, [this, at = starvation] {
        if (at == starvation) {
            const Recorder::Scope scope(
                context.recorder, context.recorder.record("cpu.stall", name, {{"on", false}}));
            stalled = false;
            if (schedules()) {
                all_goes_on();
            }
        }
    });
    self.schedule(stall_every, [this, at = starvation] {
        if (at == starvation) {
            stall();
        }
    });
}

/// No further one; the present one is over.
void Host::Impl::end_stalls() {
    ++starvation;
    stalled = false;
    stall_for = {};
}

void Host::starve(double slowdown, ns3::Time stall, ns3::Time period) {
    Impl& impl = *m_impl;
    CLUSTER_CHECK(slowdown > 0 && stall >= ns3::Time{} && (stall.IsZero() || period > stall));
    if (!impl.kernel) {
        return;
    }
    const ns3::Time now = ns3::Simulator::Now();
    for (auto& [id, one] : impl.work) {
        one.left -= to_time(Duration{static_cast<Duration::rep>(
            static_cast<double>((now - one.since).GetTimeStep()) / impl.slowdown)});
        one.left = std::max(one.left, ns3::Time{});
    }
    impl.slowdown = slowdown;
    for (auto& [id, one] : impl.work) {
        one.event.Cancel();
        impl.start_work(id);
    }
    const bool stood = impl.stalled && !impl.frozen;
    impl.end_stalls();
    if (stood) {
        impl.all_goes_on();
    }
    impl.stall_for = stall;
    impl.stall_every = period;
    if (stall.IsStrictlyPositive() && impl.kernel) {
        impl.stall();
    }
}

bool Host::starved() const noexcept {
    return m_impl->slowdown != 1 || m_impl->stall_for.IsStrictlyPositive();
}

bool Host::stalled() const noexcept {
    return m_impl->stalled;
}

std::uint64_t Host::stalls() const noexcept {
    return m_impl->stalls;
}

ns3::Time Host::work_time(ns3::Time work) const {
    return m_impl->slowdown == 1
               ? work
               : to_time(Duration{static_cast<Duration::rep>(
                     static_cast<double>(work.GetTimeStep()) * m_impl->slowdown)});
}

void Host::Impl::start_work(std::uint64_t id) {
    Work& one = work.at(id);
    one.since = ns3::Simulator::Now();
    one.event = post(self.work_time(one.left), [this, id] {
        const auto found = work.find(id);
        const Work finished = std::move(found->second);
        work.erase(found);
        const Recorder::Scope scope(context.recorder, finished.cause);
        finished.done();
    });
}

bool Host::powered() const noexcept {
    return m_impl->power;
}

bool Host::kernel_runs() const noexcept {
    return m_impl->kernel;
}

bool Host::frozen() const noexcept {
    return m_impl->frozen;
}

bool Host::boots() const noexcept {
    return m_impl->boots;
}

std::uint64_t Host::incarnation() const noexcept {
    return m_impl->incarnation;
}

// ---------------------------------------------------------------- processes

void Host::spawn(const std::string& process_name, std::unique_ptr<Process> process) {
    CLUSTER_CHECK(m_impl->kernel && process != nullptr);
    kill(process_name);
    Impl::Running& running = m_impl->processes[process_name];
    running.process = std::move(process);
    running.instance = ++m_impl->instances;
    m_impl->context.recorder.record(
        "process.start", name(), {{"process", std::string_view{process_name}}});
    Process& started = *running.process;
    if (!m_impl->schedules()) {
        started.frozen(true);
    }
    started.start();
}

bool Host::kill(const std::string& process_name) {
    const auto found = m_impl->processes.find(process_name);
    if (found == m_impl->processes.end()) {
        return false;
    }
    m_impl->context.recorder.record(
        "process.end", name(), {{"process", std::string_view{process_name}}});
    const auto dead = m_impl->processes.extract(found);  // destroyed when it is no longer found
    return true;
}

bool Host::set_process_frozen(const std::string& process_name, bool stopped) {
    const auto found = m_impl->processes.find(process_name);
    if (found == m_impl->processes.end()) {
        return false;
    }
    Impl::Running& running = found->second;
    if (running.stopped == stopped) {
        return true;
    }
    running.stopped = stopped;
    if (m_impl->schedules()) {
        running.process->frozen(stopped);
        if (!stopped) {
            m_impl->run_deferred(running);
        }
    }
    return true;
}

bool Host::process_runs(const std::string& process_name) const {
    const auto found = m_impl->processes.find(process_name);
    return found != m_impl->processes.end() && m_impl->runs(found->second);
}

bool Host::process_stopped(const std::string& process_name) const {
    const auto found = m_impl->processes.find(process_name);
    return found != m_impl->processes.end() && found->second.stopped;
}

Process* Host::find(const std::string& process_name) {
    const auto found = m_impl->processes.find(process_name);
    return found == m_impl->processes.end() ? nullptr : found->second.process.get();
}

void Host::schedule(ns3::Time delay, std::function<void()> f) {
    Impl& impl = *m_impl;
    post(delay,
         [&impl,
          incarnation = impl.incarnation,
          cause = impl.context.recorder.current(),
          f = std::move(f)] {
             if (incarnation == impl.incarnation) {
                 const Recorder::Scope scope(impl.context.recorder, cause);
                 f();
             }
         });
}

void Host::schedule_user(const std::string& process_name,
                         ns3::Time delay,
                         std::function<void()> f) {
    Impl& impl = *m_impl;
    const auto owner = impl.processes.find(process_name);
    const std::uint64_t instance = owner == impl.processes.end() ? 0 : owner->second.instance;
    const std::uint64_t id = ++impl.works;
    Impl::Work& one = impl.work[id];
    one.left = delay;
    one.cause = impl.context.recorder.current();
    one.done = [&impl, process_name, instance, f = std::move(f)]() mutable {
        const RecordId cause = impl.context.recorder.current();
        if (instance == 0) {
            if (!impl.schedules()) {
                impl.deferred.emplace_back(cause, std::move(f));
            } else {
                f();
            }
            return;
        }
        const auto found = impl.processes.find(process_name);
        if (found == impl.processes.end() || found->second.instance != instance) {
            return;  // it ended
        }
        if (!impl.runs(found->second)) {
            found->second.deferred.emplace_back(cause, std::move(f));
        } else {
            f();
        }
    };
    impl.start_work(id);
}

// ---------------------------------------------------------------- kernel services

std::vector<Host::InterfaceInfo> Host::interfaces() const {
    std::vector<InterfaceInfo> result;
    for (const auto& nic : m_impl->nics) {
        result.push_back({nic->interface, nic->mac, nic->carrier()});
    }
    return result;
}

std::string Host::interface_for(const std::string& address) const {
    const auto wanted = parse_address(address);
    const SrcRouting::Entry* entry = wanted ? m_impl->routing->lookup(*wanted, 0) : nullptr;
    return entry != nullptr && entry->gateway == 0 ? entry->route.interface : std::string {};
}

std::string Host::interface_of(const std::string& address) const {
    const auto wanted = parse_address(address);
    const Nic* nic = wanted ? m_impl->nic_with(*wanted) : nullptr;
    return nic != nullptr ? nic->interface : std::string {};
}

int Host::add_address(const std::string& interface, const std::string& address) {
    Impl& impl = *m_impl;
    auto prefix = parse_prefix(address);
    if (!prefix) {
        return EINVAL;
    }
    const std::string bare = format_address(prefix->address);
    Nic* const nic = impl.nic(interface.empty() ? interface_for(bare) : interface);
    if (nic == nullptr || !impl.kernel) {
        return ENODEV;
    }
    if (std::ranges::find(impl.own_addresses, prefix->address) != impl.own_addresses.end()) {
        return 0;
    }
    // Always /32 for ns-3: with the mask of the LAN it would treat the address as one more owner of
    // the subnet. The connected route that Linux makes for a new subnet is our own affair.
    ns3::Ipv4InterfaceAddress entry(ns3::Ipv4Address(prefix->address), ns3::Ipv4Mask::GetOnes());
    entry.SetSecondary();
    impl.ipv4->AddAddress(nic->index, entry);
    impl.own_addresses.push_back(prefix->address);
    const bool known_subnet =
        std::ranges::any_of(impl.routing->table(), [&](const SrcRouting::Entry& e) {
            return e.interface == nic->index && e.network == prefix->network() &&
                   e.mask == prefix->mask();
        });
    if (prefix->length < 32 && !known_subnet) {
        impl.routing->add({.route = {.destination = prefix_text(*prefix),
                                     .gateway = {},
                                     .interface = nic->interface,
                                     .source = bare,
                                     .protocol = "kernel",
                                     .scope = "link",
                                     .metric = 0},
                           .network = prefix->network(),
                           .mask = prefix->mask(),
                           .gateway = 0,
                           .interface = nic->index,
                           .source = prefix->address});
    }
    impl.expected.push_back({prefix->address, impl.context.recorder.current()});
    return 0;
}

int Host::remove_address(const std::string& interface, const std::string& address) {
    Impl& impl = *m_impl;
    const auto prefix = parse_prefix(address);
    if (!prefix) {
        return EINVAL;
    }
    Nic* const nic = interface.empty() ? impl.nic_with(prefix->address) : impl.nic(interface);
    if (!interface.empty() && nic == nullptr) {
        return ENODEV;
    }
    if (nic == nullptr || impl.nic_with(prefix->address) != nic ||
        is_fixed_address(format_address(prefix->address))) {
        return EADDRNOTAVAIL;
    }
    impl.ipv4->RemoveAddress(nic->index, ns3::Ipv4Address(prefix->address));
    std::erase(impl.own_addresses, prefix->address);
    std::erase_if(impl.expected,
                  [&](const Impl::Expected& e) { return e.address == prefix->address; });
    impl.routing->remove_preferring(prefix->address);
    return 0;
}

bool Host::has_address(const std::string& address) const {
    const auto wanted = parse_address(address);
    return wanted && m_impl->kernel &&
           std::ranges::find(m_impl->own_addresses, *wanted) != m_impl->own_addresses.end();
}

bool Host::is_fixed_address(const std::string& address) const {
    const auto wanted = parse_address(address);
    return wanted && std::ranges::any_of(m_impl->nics, [&](const auto& nic) {
               return std::ranges::find(nic->fixed, *wanted, &Prefix::address) != nic->fixed.end();
           });
}

std::vector<cluster::Route> Host::routes() const {
    std::vector<cluster::Route> result;
    for (const SrcRouting::Entry& entry : m_impl->routing->table()) {
        result.push_back(entry.route);
    }
    return result;
}

int Host::replace_route(const cluster::Route& route) {
    Impl& impl = *m_impl;
    const auto prefix = route.destination == "default" ? std::optional{Prefix{0, 0}}
                                                       : parse_prefix(route.destination);
    const auto source = parse_address(route.source);
    if (!prefix || (!source && !route.source.empty())) {
        return EINVAL;
    }
    const Nic* const nic = impl.nic(route.interface);
    if (nic == nullptr) {
        return ENODEV;
    }
    if (source && std::ranges::find(impl.own_addresses, *source) == impl.own_addresses.end()) {
        return EINVAL;  // "Invalid prefsrc address"
    }
    SrcRouting::Entry like{.route = route,
                           .network = prefix->network(),
                           .mask = prefix->mask(),
                           .gateway = parse_address(route.gateway).value_or(0),
                           .interface = nic->index,
                           .source = source.value_or(0)};
    SrcRouting::Entry* const entry = impl.routing->find(like);
    if (entry == nullptr) {
        return ESRCH;
    }
    entry->source = like.source;
    entry->route.source = route.source;
    return 0;
}

ns3::Ptr<ns3::Socket>
Host::open_udp(const std::string& interface, const std::string& source, std::uint16_t port) {
    const Nic* const nic = m_impl->nic(interface);
    CLUSTER_CHECK(nic != nullptr || interface.empty());
    auto socket = ns3::Socket::CreateSocket(m_impl->node, ns3::UdpSocketFactory::GetTypeId());
    if (nic != nullptr) {
        socket->BindToNetDevice(nic->device);
    }
    const std::string local = source.empty() ? fixed_address(interface) : source;
    const ns3::Ipv4Address address(parse_address(local).value_or(0));
    if (socket->Bind(ns3::InetSocketAddress(address, port)) != 0) {
        return nullptr;
    }
    socket->SetAllowBroadcast(true);
    return socket;
}

std::string Host::route_source(const std::string& destination) const {
    const auto wanted = parse_address(destination);
    const SrcRouting::Entry* const entry =
        wanted && m_impl->kernel ? m_impl->routing->lookup(*wanted, 0) : nullptr;
    if (entry == nullptr) {
        return {};
    }
    if (entry->source != 0) {
        return format_address(entry->source);
    }
    return fixed_address(entry->route.interface);
}

bool Host::send_broadcast(const std::string& interface,
                          std::uint16_t from_port,
                          std::uint16_t to_port,
                          std::span<const std::byte> bytes,
                          const std::string& source) {
    Impl& impl = *m_impl;
    Nic* const nic = impl.nic(interface);
    if (nic == nullptr || nic->fixed.empty() || !impl.kernel) {
        return false;
    }
    const Prefix& own = nic->fixed.front();
    build_udp(impl.datagram,
              source.empty() ? own.address : parse_address(source).value_or(own.address),
              own.broadcast(),
              ++impl.identification,
              from_port,
              to_port,
              bytes);
    if (impl.datagram.size() > nic->device->GetMtu()) {
        return false;
    }
    nic->send({ns3::Create<ns3::Packet>(impl.datagram.data(),
                                        static_cast<std::uint32_t>(impl.datagram.size())),
               nic->mac,
               ns3::Mac48Address::GetBroadcast(),
               ethertype_ipv4,
               RecordId::none});
    return true;
}

std::string Host::fixed_address(const std::string& interface) const {
    const Nic* const nic = m_impl->nic(interface);
    return nic != nullptr && !nic->fixed.empty() ? format_address(nic->fixed.front().address)
                                                 : std::string{};
}

std::string Host::broadcast_address(const std::string& interface) const {
    const Nic* const nic = m_impl->nic(interface);
    return nic != nullptr && !nic->fixed.empty() ? format_address(nic->fixed.front().broadcast())
                                                 : std::string{};
}

void Host::send_raw(const std::string& interface,
                    ns3::Mac48Address to,
                    std::uint16_t ethertype,
                    std::span<const std::byte> bytes) {
    Nic* const nic = m_impl->nic(interface);
    if (nic == nullptr || !m_impl->kernel) {
        return;
    }
    const auto* data =
        reinterpret_cast<const std::uint8_t*>(bytes.data());  // NOLINT: ns-3 wants octets
    nic->send({ns3::Create<ns3::Packet>(data, static_cast<std::uint32_t>(bytes.size())),
               nic->mac,
               to,
               ethertype,
               RecordId::none});
}

void Host::on_raw(const std::string& interface,
                  std::uint16_t ethertype,
                  std::function<void(const Frame&)> receiver) {
    Nic* const nic = m_impl->nic(interface);
    CLUSTER_CHECK(nic != nullptr);
    std::erase_if(nic->raw, [ethertype](const auto& r) { return r.first == ethertype; });
    if (receiver) {
        nic->raw.emplace_back(
            ethertype, std::make_shared<std::function<void(const Frame&)>>(std::move(receiver)));
    }
}

void Host::watch_raw(const std::string& interface,
                     std::uint16_t ethertype,
                     std::function<void()> on_frame) {
    Nic* const nic = m_impl->nic(interface);
    CLUSTER_CHECK(nic != nullptr);
    std::erase_if(nic->watched, [ethertype](const auto& w) { return w.first == ethertype; });
    if (on_frame) {
        nic->watched.emplace_back(ethertype,
                                  std::make_shared<std::function<void()>>(std::move(on_frame)));
    }
}

SerialLine* Host::serial(const std::string& device, int& side) {
    const auto found = m_impl->serials.find(device);
    if (found == m_impl->serials.end()) {
        return nullptr;
    }
    side = found->second.side;
    return found->second.line;
}

// ---------------------------------------------------------------- clocks

namespace {

constexpr std::int64_t billion = 1'000'000'000;

/// `elapsed` as a clock counts it that is fast by `ppb`; in two parts, so that nothing overflows.
std::int64_t counted(std::int64_t elapsed, std::int64_t ppb) {
    return elapsed + elapsed / billion * ppb + elapsed % billion * ppb / billion;
}

}  // namespace

std::int64_t Host::monotonic_ns() const {
    const std::int64_t elapsed = (ns3::Simulator::Now() - m_impl->clock_since).GetTimeStep();
    return m_impl->clock_ns + counted(elapsed, m_impl->drift_ppb);
}

std::int64_t Host::wall_ns() const {
    return monotonic_ns() + m_impl->wall_step_ns;
}

ns3::Time Host::until(std::int64_t target) const {
    const std::int64_t missing = std::max<std::int64_t>(target - monotonic_ns(), 0);
    if (m_impl->drift_ppb == 0) {
        return to_time(Duration{missing});
    }
    // A first guess from below, then up to the first nanosecond that is enough.
    auto wait = static_cast<std::int64_t>(
        static_cast<double>(missing) /
        (1.0 + static_cast<double>(m_impl->drift_ppb) / static_cast<double>(billion)));
    const std::int64_t elapsed = (ns3::Simulator::Now() - m_impl->clock_since).GetTimeStep();
    wait = std::max<std::int64_t>(wait - 1000, 0);
    while (m_impl->clock_ns + counted(elapsed + wait, m_impl->drift_ppb) <
           monotonic_ns() + missing) {
        ++wait;
    }
    return to_time(Duration{wait});
}

void Host::step_wall_clock(Duration by) {
    m_impl->wall_step_ns += by.count();
    m_impl->context.recorder.record("clock.step", name(), {{"by_ns", by.count()}});
}

void Host::set_drift(double ppm) {
    m_impl->clock_ns = monotonic_ns();
    m_impl->clock_since = ns3::Simulator::Now();
    m_impl->drift_ppb = std::llround(ppm * 1000);
    m_impl->context.recorder.record("clock.drift", name(), {{"ppb", m_impl->drift_ppb}});
}

double Host::drift() const noexcept {
    return static_cast<double>(m_impl->drift_ppb) / 1000;
}

// ---------------------------------------------------------------- disk

const std::map<std::string, std::vector<std::byte>>& Host::disk() const noexcept {
    return m_impl->disk;
}

void Host::set_disk_state(DiskState state) {
    constexpr std::array<std::string_view, 3> names{"works", "full", "failed"};
    m_impl->disk_state = state;
    m_impl->context.recorder.record(
        "disk", name(), {{"state", names[static_cast<std::size_t>(state)]}});
}

Host::DiskState Host::disk_state() const noexcept {
    return m_impl->disk_state;
}

int Host::write_file(const std::string& path, std::span<const std::byte> bytes) {
    if (m_impl->disk_state != DiskState::works) {
        return m_impl->disk_state == DiskState::full ? ENOSPC : EIO;
    }
    m_impl->disk[path].assign(bytes.begin(), bytes.end());
    return 0;
}

void Host::remove_file(const std::string& path) {
    if (m_impl->disk_state != DiskState::failed) {
        m_impl->disk.erase(path);
    }
}

std::optional<std::vector<std::byte>> Host::read_file(const std::string& path) const {
    const auto found = m_impl->disk.find(path);
    if (found == m_impl->disk.end() || m_impl->disk_state == DiskState::failed) {
        return std::nullopt;
    }
    return found->second;
}

int Host::may_exec() {
    if (m_impl->disk_state != DiskState::failed) {
        return 0;
    }
    ++m_impl->failed_execs;
    m_impl->context.recorder.record("exec.failed", name());
    return EIO;
}

std::uint64_t Host::failed_execs() const noexcept {
    return m_impl->failed_execs;
}

void Host::prerequisite(RecordId record) {
    m_impl->last_prerequisite = later(m_impl->last_prerequisite, record);
}

RecordId Host::last_prerequisite() const noexcept {
    return m_impl->last_prerequisite;
}

void Host::announced(const std::string& address, RecordId record) {
    prerequisite(record);
    const auto wanted = parse_address(address);
    for (Impl::Expected& expected : m_impl->expected) {
        if (wanted && expected.address == *wanted) {
            expected.since = later(expected.since, record);
        }
    }
}

void Host::ignore_client_port(std::uint16_t udp_port) {
    if (std::ranges::find(m_impl->ignored_ports, udp_port) == m_impl->ignored_ports.end()) {
        m_impl->ignored_ports.push_back(udp_port);
    }
}

}  // namespace models
