// SPDX-License-Identifier: GPL-2.0-or-later
// One daemon life: events of the ns-3 world in, the core's actions out. Decides nothing; knows
// sockets, one timer and which record caused what.
#include "daemon_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include <ns3/channel.h>
#include <ns3/icmpv4.h>
#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-header.h>
#include <ns3/ipv4-packet-info-tag.h>
#include <ns3/ipv4-raw-socket-factory.h>
#include <ns3/uinteger.h>

#include "cluster/check.hpp"
#include "cluster/wire/announce_frame.hpp"
#include "cluster/wire/fonebridge.hpp"
#include "cluster/wire/tdmoe.hpp"
#include "event.hpp"
#include "packets.hpp"
#include "report_records.hpp"

namespace models {
namespace {

namespace c = cluster;

constexpr const char* state_file = "/var/lib/understudy/state";
constexpr std::uint16_t icmp_identifier = 0x5544;  ///< plus the index of the ping target

/// The largest UDP payload; one buffer per daemon, as the contract of the core asks.
constexpr std::size_t receive_buffer_bytes = 65536;

/// Frames come a thousand a second; the daemon looks at its counter a few times a second [assumed:
/// long enough for the pause in which our own switch re-points the bridge to the same node].
const ns3::Time stream_silence = ns3::MilliSeconds(500);

c::MacAddress mac_bytes(ns3::Mac48Address mac) {
    c::MacAddress bytes{};
    mac.CopyTo(bytes.data());
    return bytes;
}

std::uint8_t* octets(std::byte* bytes) {
    return reinterpret_cast<std::uint8_t*>(bytes);  // NOLINT: ns-3 wants octets
}

const std::uint8_t* octets(const std::byte* bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes);  // NOLINT: ns-3 wants octets
}

ns3::Ptr<ns3::Packet> packet_of(std::span<const std::byte> bytes) {
    return ns3::Create<ns3::Packet>(octets(bytes.data()), static_cast<std::uint32_t>(bytes.size()));
}

ns3::InetSocketAddress socket_address(const std::string& address, std::uint16_t port) {
    return {ns3::Ipv4Address(parse_address(address).value_or(0)), port};
}

}  // namespace

struct DaemonProcess::Driver {
    Driver(Host& host_, DaemonOptions options_)
        : host(host_), recorder(host_.context().recorder), options(std::move(options_)),
          node(options.node), buffer(receive_buffer_bytes) {}

    ~Driver() { close(); }

    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    // ------------------------------------------------------------ world to core

    void start();
    void begin();
    void open_links();
    void close();

    [[nodiscard]] const c::HaConfig& ha() const { return options.node.files.ha; }

    [[nodiscard]] c::Instant monotonic() const {
        return c::Instant{c::Duration{host.monotonic_ns() + options.clock_offset_ns}};
    }

    [[nodiscard]] c::Now now() const {
        return {monotonic(),
                c::WallSeconds{(options.wall_at_start * 1'000'000'000 + host.wall_ns()) /
                               1'000'000'000},
                options.load};
    }

    /// What happened is handled at once; while the process is stopped, or the core is at work, in
    /// turn and later.
    template <class F>
    void deliver(F&& what) {
        if (is_frozen || handling || !inbox.empty()) {
            inbox.push_back({recorder.current(), std::forward<F>(what)});
            if (!is_frozen && !handling) {
                drain();
            }
            return;
        }
        what();
        drain();
    }

    void drain() {
        while (!inbox.empty() && !is_frozen && !handling) {
            const Waiting next = std::move(inbox.front());
            inbox.pop_front();
            const Recorder::Scope scope(recorder, next.cause);
            next.run();
        }
    }

    void handle(const c::Event& event) {
        if (left || !begun) {
            return;
        }
        handling = true;
        const c::Now at = now();
        // A limit that ran out has no record of its own: what follows hangs on the story of its
        // subject.
        event_cause =
            std::holds_alternative<c::DeadlineReached>(event) ? RecordId::none : recorder.current();
        link_event = std::holds_alternative<c::LinkStateChanged>(event);
        batch = RecordId::none;
        node.handle(at, event, sink);
        if (options.tap) {
            options.tap(at, event, sink.actions());
        }
        for (const c::IssuedAction& issued : sink.actions()) {
            std::visit([&](const auto& action) { execute(issued.id, action); }, issued.action);
        }
        sink.clear();
        handling = false;
        rearm();
    }

    void rearm();
    void deadline();
    void watch_stream();
    void stream_frame();
    void look_at_stream();
    void tell_stream(bool arrives);
    [[nodiscard]] std::string bridge_interface() const;
    [[nodiscard]] bool carrier_on(const std::string& interface) const;
    void readable(ns3::Ptr<ns3::Socket> socket);
    void read_link(std::size_t receiver);
    void read_bridge();
    void read_ping();
    void serial_bytes(c::LinkId link, std::span<const std::byte> chunk);

    // ------------------------------------------------------------ core to world

    void execute(c::ActionId, const c::SendDatagram&);
    void execute(c::ActionId, const c::SendPing&);
    void execute(c::ActionId, const c::SendBridgeCommand&);
    void execute(c::ActionId, const c::AcquireAddress&);
    void execute(c::ActionId, const c::ReleaseAddress&);
    void execute(c::ActionId, const c::AnnounceAddress&);
    void execute(c::ActionId, const c::QueryRoutes&);
    [[nodiscard]] std::string heartbeat_source(const std::string& device) const;
    void execute(c::ActionId, const c::ReplaceRoute&);
    void execute(c::ActionId, const c::RunAgent&);
    void execute(c::ActionId, const c::FenceNode&);
    void execute(c::ActionId, const c::PersistState&);
    void execute(c::ActionId, const c::Cancel&);
    void execute(c::ActionId, const c::Report&);
    void execute(c::ActionId, const c::LeaveCluster&);

    struct Answer {
        c::Outcome outcome = c::Outcome::done;
        int code = 0;
        std::string output;
        std::vector<c::Route> routes;
    };
    /// recorder.current() becomes the cause of what the core does about it.
    void complete(c::ActionId id, Answer answer);
    static Answer answer_for(int error) {
        return {error == 0 ? c::Outcome::done : c::Outcome::failed, error, {}, {}};
    }

    /// Runs `work` in the kernel after `delay`, dead daemon or not; then `tell` if this daemon
    /// still lives.
    template <class Work, class Tell>
    void in_kernel(ns3::Time delay, Work work, Tell tell) {
        host.schedule(delay,
                      [alive = std::weak_ptr<char>(life),
                       work = std::move(work),
                       tell = std::move(tell)]() mutable {
                          auto result = work();
                          if (!alive.expired()) {
                              tell(std::move(result));
                          }
                      });
    }

    // ------------------------------------------------------------ causes

    /// Records of one subject, so that what happens to it later can be hung on them.
    [[nodiscard]] RecordId first_known(RecordId a, RecordId b, RecordId c_) const {
        return a != RecordId::none ? a : b != RecordId::none ? b : c_;
    }
    [[nodiscard]] RecordId cause_for(c::GroupId group) const {
        const auto known = group_story.find(group);
        const RecordId story = known == group_story.end() ? RecordId::none : known->second;
        return first_known(batch, event_cause, later(story, last_detect));
    }
    [[nodiscard]] RecordId cause_in_general() const {
        return first_known(batch, event_cause, story_so_far);
    }
    [[nodiscard]] RecordId cause_of_report(const c::ReportBody& report) const;
    void remember(c::GroupId group, RecordId record) {
        group_story[group] = later(group_story[group], record);
        story_so_far = later(story_so_far, record);
    }

    struct Waiting {
        RecordId cause;
        std::function<void()> run;
    };
    struct Link {
        ns3::Ptr<ns3::Socket> socket;  ///< sends; null: the link cannot be used here
        ns3::Address destination;
        std::uint16_t from_port = 0;
        SerialLine* serial = nullptr;
        int serial_side = 0;
    };
    /// One per interface and port: ns-3, unlike Linux, has no address re-use between sockets.
    struct Receiver {
        ns3::Ptr<ns3::Socket> socket;
        std::string device;
        std::uint16_t port = 0;
        std::vector<std::size_t> links;
    };
    struct Pending {
        std::optional<c::GroupId> group;
        Agent* agent = nullptr;
    };

    Host& host;
    Recorder& recorder;
    DaemonOptions options;
    c::ClusterNode node;
    c::ActionSink sink;
    std::vector<std::byte> buffer;
    std::vector<Link> links;
    std::vector<Receiver> receivers;
    ns3::Ptr<ns3::Socket> bridge;
    ns3::Ptr<ns3::Socket> icmp;
    std::string stream_interface;  ///< empty: this node has no bridge
    ns3::Time last_frame;
    bool stream_arrives = false;
    ns3::EventId stream_check;
    ns3::EventId timer;
    c::Instant timer_at{};
    std::int64_t last_deadline_ns = -1;
    int deadlines_at_once = 0;
    bool is_frozen = false;
    bool handling = false;
    bool begun = false;
    bool left = false;
    // Profile heartbeat-3.0.6 only.
    ns3::Time writes_from;
    ns3::Time reads_from;
    std::map<c::GroupId, HeartbeatShell::Before> chains;  ///< due before its next script
    std::deque<Waiting> inbox;
    std::uint64_t reloads = 0;
    std::size_t serial_waiting = 0;  ///< bytes in the inbox that came over serial lines
    std::map<c::ActionId, Pending> pending;
    std::shared_ptr<char> life = std::make_shared<char>();

    RecordId event_cause = RecordId::none;
    RecordId batch = RecordId::none;  ///< last telling report of this handle() call
    bool link_event = false;
    RecordId last_detect = RecordId::none;
    RecordId story_so_far = RecordId::none;
    RecordId bridge_story = RecordId::none;
    std::map<std::string, RecordId, std::less<>> peer_story;
    std::map<c::GroupId, RecordId> group_story;
};

static_assert(cluster::ActionExecutor<DaemonProcess::Driver>);

// ---------------------------------------------------------------- set-up

void DaemonProcess::Driver::start() {
    if (options.shell == nullptr) {
        return begin();
    }
    const ns3::Time first = options.shell->draw(HeartbeatShell::Before::first_message);
    const ns3::Time at = ns3::Simulator::Now() + first;
    writes_from = at + options.shell->draw(HeartbeatShell::Before::late_writer);
    reads_from = at + options.shell->draw(HeartbeatShell::Before::late_reader);
    host.schedule(first, [this, alive = std::weak_ptr<char>(life)] {
        if (!alive.expired()) {
            begin();
        }
    });
}

void DaemonProcess::Driver::begin() {
    begun = true;
    open_links();
    host.on_carrier = [this](const std::string& interface, bool carrier) {
        for (std::size_t i = 0; i < ha().links.size(); ++i) {
            if (ha().links[i].device == interface) {
                deliver([this, i, carrier] {
                    handle(c::LinkStateChanged{static_cast<c::LinkId>(i), carrier});
                });
            }
        }
        if (interface == stream_interface) {
            tell_stream(stream_arrives);
        }
    };
    if (options.on_start) {
        options.on_start(node.snapshot());
    }
    deliver([this] {
        const auto stored = host.read_file(state_file);
        handle(c::NodeStarted{stored ? std::span<const std::byte>{*stored}
                                     : std::span<const std::byte>{}});
        for (std::size_t i = 0; i < ha().links.size(); ++i) {
            for (const Host::InterfaceInfo& interface : host.interfaces()) {
                if (interface.name == ha().links[i].device && !interface.carrier) {
                    handle(c::LinkStateChanged{static_cast<c::LinkId>(i), false});
                }
            }
        }
    });
    watch_stream();
}

std::string DaemonProcess::Driver::bridge_interface() const {
    if (!options.node.files.redfone) {
        return {};
    }
    return options.bridge_interface.empty()
               ? host.interface_for(options.node.files.redfone->bridge_address)
               : options.bridge_interface;
}

bool DaemonProcess::Driver::carrier_on(const std::string& interface) const {
    return std::ranges::any_of(host.interfaces(), [&](const Host::InterfaceInfo& info) {
        return info.name == interface && info.carrier;
    });
}

/// The bridge sends to one server only: whether it is this one can be seen without asking anybody.
void DaemonProcess::Driver::watch_stream() {
    stream_interface = bridge_interface();
    if (stream_interface.empty()) {
        return;
    }
    tell_stream(false);
    host.watch_raw(stream_interface, c::wire::tdmoe_ethertype, [this] { stream_frame(); });
}

void DaemonProcess::Driver::stream_frame() {
    last_frame = ns3::Simulator::Now();
    if (!stream_arrives) {
        tell_stream(true);
        stream_check = post(stream_silence, [this] { look_at_stream(); });
    }
}

void DaemonProcess::Driver::look_at_stream() {
    const ns3::Time silent = ns3::Simulator::Now() - last_frame;
    if (silent < stream_silence) {
        stream_check = post(stream_silence - silent, [this] { look_at_stream(); });
    } else {
        tell_stream(false);
    }
}

void DaemonProcess::Driver::tell_stream(bool arrives) {
    stream_arrives = arrives;
    deliver([this, arrives, up = carrier_on(stream_interface)] {
        handle(c::BridgeStreamChanged{arrives, up});
    });
}

void DaemonProcess::Driver::open_links() {
    links.resize(ha().links.size());
    const auto unusable = [this](const c::LinkConfig& config, std::string_view reason) {
        recorder.record("link.unusable",
                        host.name(),
                        {{"device", std::string_view{config.device}}, {"reason", reason}});
    };
    for (std::size_t i = 0; i < links.size(); ++i) {
        const c::LinkConfig& config = ha().links[i];
        Link& link = links[i];
        if (config.kind == c::LinkKind::serial) {
            link.serial = host.serial(config.device, link.serial_side);
            if (link.serial == nullptr) {
                unusable(config, "no such serial line");
                continue;
            }
            link.serial->attach(link.serial_side, [this, i](std::span<const std::byte> chunk) {
                serial_bytes(static_cast<c::LinkId>(i), chunk);
            });
            continue;
        }
        if (config.kind == c::LinkKind::ucast6 || config.kind == c::LinkKind::mcast6) {
            unusable(config, "the simulated hosts speak IPv4 only");
            continue;
        }
        if (host.fixed_address(config.device).empty()) {
            unusable(config, "no such interface, or without address");
            continue;
        }
        // As heartbeat does: sends from an ephemeral port of the fixed address (never from an
        // acquired address, whose packets the peer would drop while it has that address too),
        // receives on any address of the interface.
        link.socket = host.open_udp(config.device, {}, 0);
        CLUSTER_CHECK(link.socket != nullptr);
        link.socket->ShutdownRecv();
        const std::string to = config.kind == c::LinkKind::bcast
                                   ? host.broadcast_address(config.device)
                                   : config.address;
        link.destination = socket_address(to, config.port);
        ns3::Address own;
        link.socket->GetSockName(own);
        link.from_port = ns3::InetSocketAddress::ConvertFrom(own).GetPort();
        host.ignore_client_port(config.port);

        auto shared = std::ranges::find_if(receivers, [&](const Receiver& r) {
            return r.device == config.device && r.port == config.port;
        });
        if (shared == receivers.end()) {
            receivers.push_back({host.open_udp(config.device, "0.0.0.0", config.port),
                                 config.device,
                                 config.port,
                                 {}});
            shared = receivers.end() - 1;
            if (shared->socket == nullptr) {
                unusable(config, "the port is in use");
                receivers.pop_back();
                continue;
            }
            shared->socket->SetRecvCallback(ns3::MakeCallback(&Driver::readable, this));
        }
        shared->links.push_back(i);
        shared->socket->SetRecvPktInfo(shared->links.size() > 1);
    }
    if (!ha().ping_targets.empty()) {
        icmp = ns3::Socket::CreateSocket(host.node(), ns3::Ipv4RawSocketFactory::GetTypeId());
        icmp->SetAttribute("Protocol",
                           ns3::UintegerValue(static_cast<std::uint64_t>(IpProtocol::icmp)));
        icmp->SetRecvCallback(ns3::MakeCallback(&Driver::readable, this));
    }
}

void DaemonProcess::Driver::close() {
    timer.Cancel();
    stream_check.Cancel();
    if (!stream_interface.empty()) {
        host.watch_raw(stream_interface, c::wire::tdmoe_ethertype, nullptr);
    }
    const auto shut = [](ns3::Ptr<ns3::Socket>& socket) {
        if (socket) {
            socket->SetRecvCallback(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>());
            socket->Close();
            socket = nullptr;
        }
    };
    for (Link& link : links) {
        shut(link.socket);
        if (link.serial != nullptr) {
            link.serial->attach(link.serial_side, nullptr);
        }
    }
    links.clear();
    for (Receiver& receiver : receivers) {
        shut(receiver.socket);
    }
    receivers.clear();
    shut(bridge);
    shut(icmp);
    host.on_carrier = nullptr;
}

// ---------------------------------------------------------------- timer

void DaemonProcess::Driver::rearm() {
    const auto next = left ? std::nullopt : node.next_deadline();
    if (!next) {
        timer.Cancel();
        return;
    }
    // An earlier alarm is left in place and looks again when it rings: deadlines mostly move away,
    // at every heartbeat.
    if (!timer.IsExpired() && timer_at <= *next) {
        return;
    }
    timer.Cancel();
    timer_at = *next;
    timer = post(host.until(next->time_since_epoch().count() - options.clock_offset_ns),
                 [this] { deliver([this] { deadline(); }); });
}

void DaemonProcess::Driver::deadline() {
    const auto next = left ? std::nullopt : node.next_deadline();
    if (!next || *next > monotonic()) {
        return rearm();
    }
    // A deadline that never moves on would stop simulated time; that is a bug of the core, to be
    // seen at once.
    const std::int64_t at = ns3::Simulator::Now().GetTimeStep();
    deadlines_at_once = at == last_deadline_ns ? deadlines_at_once + 1 : 0;
    last_deadline_ns = at;
    CLUSTER_CHECK(deadlines_at_once < 1000);
    handle(c::DeadlineReached{});
}

// ---------------------------------------------------------------- receiving

void DaemonProcess::Driver::readable(ns3::Ptr<ns3::Socket> socket) {
    // One call per datagram; the kernel's buffer holds it until its turn comes.
    if (ns3::Simulator::Now() < reads_from) {
        host.schedule(reads_from - ns3::Simulator::Now(),
                      [this, socket, alive = std::weak_ptr<char>(life)] {
                          if (!alive.expired()) {
                              readable(socket);
                          }
                      });
        return;
    }
    if (socket == bridge) {
        deliver([this] { read_bridge(); });
    } else if (socket == icmp) {
        deliver([this] { read_ping(); });
    } else {
        const auto found =
            std::ranges::find_if(receivers, [&](const Receiver& r) { return r.socket == socket; });
        if (found != receivers.end()) {
            deliver([this, index = static_cast<std::size_t>(found - receivers.begin())] {
                read_link(index);
            });
        }
    }
}

void DaemonProcess::Driver::read_link(std::size_t index) {
    if (index >= receivers.size()) {
        return;  // closed meanwhile
    }
    const Receiver& receiver = receivers[index];
    ns3::Address from;
    const ns3::Ptr<ns3::Packet> packet = receiver.socket->RecvFrom(from);
    if (!packet) {
        return;
    }
    std::size_t link = receiver.links.front();
    if (receiver.links.size() > 1) {
        // Several lines of ha.cf on one interface and port: the destination tells broadcast,
        // multicast and unicast apart, the sender tells unicast lines apart.
        ns3::Ipv4PacketInfoTag info;
        packet->RemovePacketTag(info);
        const ns3::Ipv4Address to = info.GetAddress();
        const ns3::Ipv4Address sender = ns3::InetSocketAddress::ConvertFrom(from).GetIpv4();
        for (const std::size_t candidate : receiver.links) {
            const c::LinkConfig& config = ha().links[candidate];
            const ns3::Ipv4Address its(parse_address(config.address).value_or(0));
            const ns3::Ipv4Address broadcast(
                parse_address(host.broadcast_address(config.device)).value_or(0));
            if ((config.kind == c::LinkKind::ucast && its == sender && to != broadcast &&
                 !to.IsMulticast()) ||
                (config.kind == c::LinkKind::bcast && to == broadcast) ||
                (config.kind == c::LinkKind::mcast && to == its)) {
                link = candidate;
                break;
            }
        }
    }
    const std::uint32_t size =
        packet->CopyData(octets(buffer.data()), static_cast<std::uint32_t>(buffer.size()));
    handle(c::DatagramReceived{static_cast<c::LinkId>(link), std::span{buffer}.first(size)});
}

void DaemonProcess::Driver::read_bridge() {
    const ns3::Ptr<ns3::Packet> packet = bridge ? bridge->Recv() : nullptr;
    if (packet) {
        const std::uint32_t size =
            packet->CopyData(octets(buffer.data()), static_cast<std::uint32_t>(buffer.size()));
        handle(c::BridgeReplyReceived{std::span{buffer}.first(size)});
    }
}

void DaemonProcess::Driver::read_ping() {
    const ns3::Ptr<ns3::Packet> packet = icmp ? icmp->Recv() : nullptr;
    if (!packet) {
        return;
    }
    std::array<std::uint8_t, 128> bytes{};
    const std::uint32_t size = packet->CopyData(bytes.data(), bytes.size());
    const auto header = static_cast<std::size_t>(bytes[0] & 0x0fU) * 4;
    if (size < 20 || size < header) {
        return;
    }
    const auto echo = parse_echo(std::span{bytes}.first(size).subspan(header));
    if (!echo || !echo->reply || echo->id < icmp_identifier ||
        echo->id - icmp_identifier >= static_cast<int>(ha().ping_targets.size())) {
        return;
    }
    handle(c::PingReplyReceived{static_cast<c::PingTargetId>(echo->id - icmp_identifier),
                                echo->sequence});
}

void DaemonProcess::Driver::serial_bytes(c::LinkId link, std::span<const std::byte> chunk) {
    // Input buffer of a Linux terminal: 4096 bytes (N_TTY_BUF_SIZE); what does not fit while nobody
    // reads is lost.
    if (serial_waiting + chunk.size() > 4096) {
        return;
    }
    serial_waiting += chunk.size();
    deliver([this, link, kept = std::vector<std::byte>(chunk.begin(), chunk.end())] {
        serial_waiting -= kept.size();
        handle(c::DatagramReceived{link, kept});
    });
}

// ---------------------------------------------------------------- actions

void DaemonProcess::Driver::complete(c::ActionId id, Answer answer) {
    const auto found = pending.find(id);
    if (found == pending.end()) {
        return;  // cancelled, and answered so
    }
    if (found->second.group) {
        remember(*found->second.group, recorder.current());
    }
    pending.erase(found);
    deliver([this, id, answer = std::move(answer)] {
        handle(c::ActionCompleted{id, answer.outcome, answer.code, answer.output, answer.routes});
    });
}

void DaemonProcess::Driver::execute(c::ActionId id, const c::SendDatagram& action) {
    const auto index = static_cast<std::size_t>(action.link);
    if (index >= links.size()) {
        return;
    }
    const Recorder::Scope scope(recorder, batch != RecordId::none ? batch : event_cause);
    if (ns3::Simulator::Now() < writes_from) {
        host.schedule(writes_from - ns3::Simulator::Now(),
                      [this,
                       id,
                       link = action.link,
                       bytes = std::vector<std::byte>(action.bytes.begin(), action.bytes.end()),
                       alive = std::weak_ptr<char>(life)] {
                          if (!alive.expired()) {
                              execute(id, c::SendDatagram{link, bytes});
                          }
                      });
        return;
    }
    Link& link = links[index];
    if (link.serial != nullptr) {
        link.serial->send(link.serial_side, action.bytes);
    } else if (const c::LinkConfig& config = ha().links[index];
               link.socket && !(config.kind == c::LinkKind::bcast &&
                                host.send_broadcast(config.device,
                                                    link.from_port,
                                                    config.port,
                                                    action.bytes,
                                                    heartbeat_source(config.device)))) {
        link.socket->SendTo(packet_of(action.bytes), 0, link.destination);
    }
}

/// Our sockets are bound to the fixed address of their interface. Those of heartbeat 3.0.6 are not,
/// so its packets leave with what the route of the segment prefers: a virtual address, once a
/// fix-up is in force [measured].
std::string DaemonProcess::Driver::heartbeat_source(const std::string& device) const {
    return options.shell != nullptr ? host.route_source(host.broadcast_address(device))
                                    : std::string{};
}

void DaemonProcess::Driver::execute(c::ActionId, const c::SendPing& action) {
    const auto index = static_cast<std::size_t>(action.target);
    if (!icmp || index >= ha().ping_targets.size()) {
        return;
    }
    const Recorder::Scope scope(recorder, RecordId::none);
    for (const std::string& address : ha().ping_targets[index].addresses) {
        ns3::Icmpv4Echo echo;
        echo.SetIdentifier(static_cast<std::uint16_t>(icmp_identifier + index));
        echo.SetSequenceNumber(action.sequence);
        auto packet = ns3::Create<ns3::Packet>();
        packet->AddHeader(echo);
        ns3::Icmpv4Header header;
        header.SetType(ns3::Icmpv4Header::ICMPV4_ECHO);
        header.SetCode(0);
        packet->AddHeader(header);
        icmp->SendTo(packet, 0, socket_address(address, 0));
    }
}

void DaemonProcess::Driver::execute(c::ActionId, const c::SendBridgeCommand& action) {
    if (!options.node.files.redfone) {
        return;
    }
    if (!bridge) {
        const std::string& address = options.node.files.redfone->bridge_address;
        const std::string interface = bridge_interface();
        if (interface.empty()) {
            return;  // network unreachable; the core's own time limit tells it
        }
        bridge = host.open_udp(interface, {}, 0);
        CLUSTER_CHECK(bridge != nullptr);
        bridge->Connect(socket_address(address, c::wire::fonebridge_port));
        bridge->SetRecvCallback(ns3::MakeCallback(&Driver::readable, this));
    }
    const Recorder::Scope scope(recorder, first_known(batch, event_cause, bridge_story));
    bridge->Send(packet_of(action.bytes));
}

void DaemonProcess::Driver::execute(c::ActionId id, const c::AcquireAddress& action) {
    pending[id] = {action.resource.group, nullptr};
    const c::AddressSpec& spec = action.address;
    std::string interface =
        spec.interface.empty() ? host.interface_for(spec.address) : spec.interface;
    std::string address =
        spec.address +
        (spec.prefix_length ? "/" + std::to_string(*spec.prefix_length) : std::string{});
    const Recorder::Scope scope(recorder, cause_for(action.resource.group));
    in_kernel(
        host.timings().address_change,
        [&host = host,
         interface = std::move(interface),
         address = std::move(address),
         bare = spec.address] {
            const bool had_it = host.has_address(bare);
            const int error = host.add_address(interface, address);
            RecordId record = host.context().recorder.current();
            if (error == 0 && !had_it) {
                record =
                    host.context().recorder.record("ms.address",
                                                   host.name(),
                                                   {{"address", std::string_view{bare}},
                                                    {"interface", std::string_view{interface}}});
                host.announced(bare, record);
            }
            return std::pair{error, record};
        },
        [this, id](std::pair<int, RecordId> result) {
            const Recorder::Scope after(recorder, result.second);
            complete(id, answer_for(result.first));
        });
}

void DaemonProcess::Driver::execute(c::ActionId id, const c::ReleaseAddress& action) {
    pending[id] = {action.resource.group, nullptr};
    const Recorder::Scope scope(recorder, cause_for(action.resource.group));
    in_kernel(
        host.timings().address_change,
        [&host = host, interface = action.address.interface, bare = action.address.address] {
            int error = host.remove_address(interface, bare);
            RecordId record = host.context().recorder.current();
            if (error == 0) {
                record = host.context().recorder.record(
                    "address.removed", host.name(), {{"address", std::string_view{bare}}});
            } else if (error == EADDRNOTAVAIL) {
                error = 0;  // not there = done
            }
            return std::pair{error, record};
        },
        [this, id](std::pair<int, RecordId> result) {
            const Recorder::Scope after(recorder, result.second);
            complete(id, answer_for(result.first));
        });
}

void DaemonProcess::Driver::execute(c::ActionId, const c::AnnounceAddress& action) {
    const std::string& address = action.address.address;
    const std::string interface =
        action.address.interface.empty() ? host.interface_of(address) : action.address.interface;
    const auto interfaces = host.interfaces();
    const auto card = std::ranges::find(interfaces, interface, &Host::InterfaceInfo::name);
    const auto ipv4 = c::wire::parse_ipv4(address);
    if (card == interfaces.end() || !ipv4) {
        return;  // the address went away between two repeats
    }
    const RecordId record = recorder.record_caused_by(
        cause_for(action.resource.group),
        "address.announced",
        host.name(),
        {{"address", std::string_view{address}},
         {"interface", std::string_view{interface}},
         {"form",
          action.form == c::ArpForm::reply ? std::string_view{"reply"}
                                           : std::string_view{"request"}}});
    host.announced(address, record);
    const Recorder::Scope scope(recorder, record);
    constexpr std::size_t ethernet_header = c::wire::arp_frame_bytes - c::wire::arp_body_bytes;
    const auto frame = c::wire::gratuitous_arp(mac_bytes(card->mac), *ipv4, action.form);
    host.send_raw(interface,
                  ns3::Mac48Address::GetBroadcast(),
                  ethertype_arp,
                  std::span{frame}.subspan(ethernet_header));
}

void DaemonProcess::Driver::execute(c::ActionId id, const c::QueryRoutes&) {
    pending[id] = {};
    const Recorder::Scope scope(recorder, cause_in_general());
    in_kernel(
        host.timings().route_change,
        [&host = host] { return host.routes(); },
        [this, id](std::vector<c::Route> routes) {
            complete(id, {c::Outcome::done, 0, {}, std::move(routes)});
        });
}

void DaemonProcess::Driver::execute(c::ActionId id, const c::ReplaceRoute& action) {
    pending[id] = {};
    const Recorder::Scope scope(recorder, cause_in_general());
    in_kernel(
        host.timings().route_change,
        [&host = host, route = action.route] {
            const int error = host.replace_route(route);
            RecordId record = host.context().recorder.current();
            if (error == 0) {
                // A fix-up prefers an acquired address; putting the fixed one back is its undoing.
                const bool fixup = !route.source.empty() && !host.is_fixed_address(route.source);
                record = host.context().recorder.record(
                    fixup ? "ms.route" : "route.restored",
                    host.name(),
                    {{"destination", std::string_view{route.destination}},
                     {"interface", std::string_view{route.interface}},
                     {"source", std::string_view{route.source}}});
                if (fixup) {
                    host.prerequisite(record);
                }
            }
            return std::pair{error, record};
        },
        [this, id](std::pair<int, RecordId> result) {
            const Recorder::Scope after(recorder, result.second);
            complete(id, answer_for(result.first));
        });
}

void DaemonProcess::Driver::execute(c::ActionId id, const c::RunAgent& action) {
    Pending& waiting = pending[id] = {action.resource.group, nullptr};
    const Recorder::Scope scope(recorder, cause_for(action.resource.group));
    const auto found =
        options.agents != nullptr ? options.agents->find(action.name) : AgentTable::iterator{};
    if (options.agents == nullptr || found == options.agents->end()) {
        return complete(id, answer_for(ENOENT));
    }
    waiting.agent = found->second.get();
    const auto run = [this,
                      id,
                      agent = waiting.agent,
                      op = action.op,
                      arguments = action.arguments,
                      alive = std::weak_ptr<char>(life)] {
        if (alive.expired() || !pending.contains(id)) {
            return;
        }
        if (const int error = host.may_exec(); error != 0) {
            return complete(id, answer_for(error));
        }
        agent->run(op, arguments, [this, id, alive](Agent::Result result) {
            if (!alive.expired()) {
                complete(id, {c::Outcome::done, result.exit_status, std::move(result.output), {}});
            }
        });
    };
    if (options.shell == nullptr) {
        return run();
    }
    const auto chain = chains.find(action.resource.group);
    const auto before = chain == chains.end() ? HeartbeatShell::Before::next_script : chain->second;
    if (chain != chains.end()) {
        chains.erase(chain);
    }
    host.schedule_user({}, options.shell->draw(before), run);
}

void DaemonProcess::Driver::execute(c::ActionId id, const c::FenceNode& action) {
    pending[id] = {};
    const Recorder::Scope scope(recorder, cause_in_general());
    if (!options.fence) {
        return complete(id, answer_for(ENODEV));
    }
    options.fence(action.node, [this, id, alive = std::weak_ptr<char>(life)](int error) {
        if (!alive.expired()) {
            complete(id, answer_for(error));
        }
    });
}

void DaemonProcess::Driver::execute(c::ActionId id, const c::PersistState& action) {
    pending[id] = {};
    const Recorder::Scope scope(recorder, first_known(batch, event_cause, RecordId::none));
    in_kernel(
        options.persist_time,
        [&host = host, bytes = std::vector<std::byte>(action.bytes.begin(), action.bytes.end())] {
            return host.write_file(state_file, bytes);
        },
        [this, id](int error) { complete(id, answer_for(error)); });
}

void DaemonProcess::Driver::execute(c::ActionId, const c::Cancel& action) {
    const auto found = pending.find(action.target);
    if (found == pending.end()) {
        return;  // answered already
    }
    // Only a running agent can be stopped half-way; what the kernel has been asked for will be
    // answered in a moment.
    if (found->second.agent != nullptr) {
        const Recorder::Scope scope(
            recorder, found->second.group ? cause_for(*found->second.group) : cause_in_general());
        found->second.agent->cancel();
        complete(action.target, {c::Outcome::cancelled, 0, {}, {}});
    }
}

RecordId DaemonProcess::Driver::cause_of_report(const c::ReportBody& report) const {
    const auto story_of_peer = [this](const std::string& peer) {
        const auto found = peer_story.find(peer);
        return found == peer_story.end() ? RecordId::none : found->second;
    };
    if (const auto* peer = std::get_if<c::PeerStateChanged>(&report)) {
        // Silence is no event: its beginning is the last thing known of the peer. Loss of carrier
        // is one.
        const bool silent = peer->reason == c::PeerChangeReason::silent && !link_event;
        return silent ? story_of_peer(peer->node)
                      : first_known(event_cause, story_of_peer(peer->node), RecordId::none);
    }
    if (const auto* link = std::get_if<c::PeerLinkChanged>(&report)) {
        return link->up || link_event ? event_cause : story_of_peer(link->node);
    }
    if (const auto* role = std::get_if<c::GroupRoleChanged>(&report)) {
        return cause_for(role->group);
    }
    if (const auto* resource = std::get_if<c::ResourceStateChanged>(&report)) {
        return cause_for(resource->resource.group);
    }
    if (std::holds_alternative<c::BridgeStep>(report)) {
        return first_known(batch, event_cause, bridge_story);
    }
    if (std::holds_alternative<c::FencingReport>(report) ||
        std::holds_alternative<c::StandbyChanged>(report)) {
        return cause_in_general();
    }
    return first_known(batch, event_cause, RecordId::none);
}

void DaemonProcess::Driver::execute(c::ActionId, const c::Report& action) {
    const RecordId record = record_report(
        recorder, cause_of_report(action.body), host.name(), action.body, options.node.files);
    if (const auto* peer = std::get_if<c::PeerStateChanged>(&action.body)) {
        peer_story[peer->node] = record;
        if (peer->to == c::PeerState::dead) {
            last_detect = record;
            story_so_far = record;
            batch = record;
        }
    } else if (const auto* link = std::get_if<c::PeerLinkChanged>(&action.body)) {
        peer_story[link->node] = record;
    } else if (const auto* role = std::get_if<c::GroupRoleChanged>(&action.body)) {
        remember(role->group, record);
        batch = record;
        if (role->to == c::GroupRole::takeover) {
            chains[role->group] = role->reason == c::TakeoverReason::peer_standby
                                      ? HeartbeatShell::Before::standby_take
                                      : HeartbeatShell::Before::take;
        } else if (role->to == c::GroupRole::release) {
            chains[role->group] = HeartbeatShell::Before::give;
        }
    } else if (const auto* resource = std::get_if<c::ResourceStateChanged>(&action.body)) {
        remember(resource->resource.group, record);
        batch = record;
    } else if (std::holds_alternative<c::BridgeStep>(action.body)) {
        bridge_story = record;
        batch = record;
    } else if (std::holds_alternative<c::FencingReport>(action.body) ||
               std::holds_alternative<c::StandbyChanged>(action.body)) {
        story_so_far = record;
        batch = record;
    }
}

void DaemonProcess::Driver::execute(c::ActionId, const c::LeaveCluster& action) {
    left = true;
    // From an event of its own: whoever is told may end this process.
    host.schedule(ns3::Time{}, [this, alive = std::weak_ptr<char>(life), then = action.then] {
        if (!alive.expired()) {
            close();
            if (const auto tell = options.on_leave; tell) {
                tell(then);
            }
        }
    });
}

// ---------------------------------------------------------------- process

DaemonProcess::DaemonProcess(Host& host, DaemonOptions options)
    : m_driver(std::make_unique<Driver>(host, std::move(options))) {}

DaemonProcess::~DaemonProcess() = default;

void DaemonProcess::start() {
    m_driver->start();
}

void DaemonProcess::frozen(bool frozen) {
    m_driver->is_frozen = frozen;
    m_driver->drain();
}

void DaemonProcess::command(const cluster::AdminCommand& command) {
    Driver& driver = *m_driver;
    if (driver.options.shell == nullptr) {
        driver.deliver([&driver, command] { driver.handle(command); });
        return;
    }
    const auto before = command.kind == cluster::AdminCommand::Kind::stop
                            ? HeartbeatShell::Before::stop_command
                            : HeartbeatShell::Before::fifo_command;
    driver.host.schedule_user({},
                              driver.options.shell->draw(before),
                              [&driver, command, alive = std::weak_ptr<char>(driver.life)] {
                                  if (!alive.expired()) {
                                      driver.deliver(
                                          [&driver, command] { driver.handle(command); });
                                  }
                              });
}

void DaemonProcess::reload(std::optional<cluster::AuthKeys> keys) {
    m_driver->deliver([this, keys = std::move(keys)] {
        m_driver->handle(c::ConfigReloaded{keys ? &*keys : nullptr});
        ++m_driver->reloads;
    });
}

std::uint64_t DaemonProcess::reloads() const noexcept {
    return m_driver->reloads;
}

cluster::NodeStatus DaemonProcess::status() const {
    return m_driver->node.status();
}

}  // namespace models
