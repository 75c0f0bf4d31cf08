// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/driver.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <sys/epoll.h>

#include "cluster/check.hpp"
#include "linux_host/fencing_call.hpp"
#include "linux_host/report_text.hpp"

namespace linux_host {
namespace {

using namespace cluster;

/// Before silence is judged, what waits in the sockets is read, so much per socket at most: beats
/// that came while this process was not scheduled count, and a flood cannot put the judgement off.
constexpr std::size_t drained_before_judging = 1024;

/// A serial device that is not there is tried again this often [assumed].
constexpr Duration serial_retry = std::chrono::seconds{5};

ClusterNode make_node(const DriverOptions& options) {
    if (options.snapshot.empty()) {
        return ClusterNode{options.node};
    }
    auto restored = ClusterNode::restore(options.node, options.snapshot);
    if (!restored.has_value()) {
        throw std::runtime_error("the state handed over does not fit this configuration");
    }
    return std::move(restored.value());
}

/// Everything in haresources that is an address: the node's own ones are those that remain.
std::vector<IpBytes> moving_addresses(const HaResources& resources) {
    std::vector<IpBytes> found;
    const auto add = [&](const std::string& word) {
        if (const auto spec = parse_address_spec(word)) {
            if (const auto address = parse_ip(spec->address)) {
                found.push_back(*address);
            }
        }
    };
    for (const ResourceGroupConfig& group : resources.groups) {
        for (const ResourceWord& word : group.resources) {
            add(word.text);
            std::ranges::for_each(word.arguments, add);
        }
    }
    return found;
}

}  // namespace

Driver::Driver(Loop& loop, StateWriter& writer, DriverOptions options)
    : m_loop(loop), m_writer(writer), m_options(std::move(options)), m_node(make_node(m_options)),
      m_netlink([this](const NetlinkChange& change) { kernel_changed(change); }),
      m_addresses(m_netlink,
                  moving_addresses(files().resources),
                  [this](ActionId id, int error) { answer_error(id, error); }),
      m_links(loop,
              files().ha.links,
              [this](LinkId link, std::span<const std::byte> bytes) {
                  handle(DatagramReceived{link, bytes});
              }),
      m_pinger(loop,
               files().ha.ping_targets,
               [this](PingTargetId target, std::uint16_t sequence) {
                   handle(PingReplyReceived{target, sequence});
               }),
      m_runner(loop, [this](ActionId id, const Runner::Result& result) {
          answer({id,
                  result.cancelled    ? Outcome::cancelled
                  : result.error != 0 ? Outcome::failed
                                      : Outcome::done,
                  result.error != 0 ? result.error : result.exit_status,
                  result.output,
                  {}});
      }) {
    m_netlink_source = m_loop.descriptor(m_netlink.watch_descriptor(), EPOLLIN, [this] {
        m_netlink.read_changes();
        if (std::exchange(m_kernel_changed, false)) {
            look_at_kernel();
        }
    });
    m_timer = m_loop.timer([this] { deadline(); });
    m_restore_timer = m_loop.timer([this] { look_at_kernel(); });
    m_serial_timer = m_loop.timer([this] { open_serial_lines(); });
    for (std::size_t i = 0; i < files().ha.links.size(); ++i) {
        const LinkConfig& link = files().ha.links[i];
        if (link.kind == LinkKind::serial) {
            const auto id = static_cast<LinkId>(i);
            m_serial[id] = std::make_unique<SerialLine>(
                loop, link.device, link.baud, [this, id](std::span<const std::byte> bytes) {
                    handle(DatagramReceived{id, bytes});
                });
        }
    }
    if (files().redfone) {
        m_bridge = std::make_unique<BridgePort>(
            loop, files().redfone->bridge_address, [this](std::span<const std::byte> bytes) {
                handle(BridgeReplyReceived{bytes});
            });
        m_stream = std::make_unique<BridgeStream>(loop, [this](bool arriving) {
            handle(BridgeStreamChanged{arriving, m_stream_link_up});
        });
    }
    m_writer.attach(loop);
}

Driver::~Driver() = default;

void Driver::start() {
    m_links.refresh(m_addresses.interfaces(), m_addresses.addresses(), [this](const IpBytes& a) {
        return !m_addresses.moves(a);
    });
    open_serial_lines();
    m_started = true;
    if (m_options.snapshot.empty()) {
        handle(NodeStarted{m_options.durable_state});
    } else {
        adopt();
    }
    tell_carrier();
    if (m_stream) {
        watch_bridge();
        handle(BridgeStreamChanged{false, m_stream_link_up});
    }
    rearm();
}

/// After a hand-over: what runs here is on the interfaces already.
void Driver::adopt() {
    const NodeStatus now = status();
    for (const Binding& binding : resolve_bindings(files().resources, files().settings)) {
        const auto group = static_cast<std::size_t>(binding.resource.group);
        if (binding.kind != BindingKind::address || group >= now.groups.size() ||
            now.groups[group].resources[binding.resource.position] != ResourceState::running) {
            continue;
        }
        const ResourceWord& word =
            files().resources.groups[group].resources[binding.resource.position];
        if (const auto spec =
                parse_address_spec(word.arguments.empty() ? word.text : word.arguments.front())) {
            m_addresses.adopt(binding.resource, *spec);
        }
    }
    m_addresses.adopt_routes();
}

void Driver::command(const AdminCommand& command) {
    handle(command);
}

void Driver::reload_keys(const AuthKeys& keys) {
    m_options.node.files.keys = keys;
    handle(ConfigReloaded{&keys});
}

DriverCounters Driver::counters() const {
    DriverCounters out;
    out.send_failures = m_links.send_failures();
    for (const auto& [id, line] : m_serial) {
        out.serial_dropped += line->dropped();
    }
    out.restored = m_addresses.restored();
    out.events = m_events;
    return out;
}

// ---------------------------------------------------------------- events

void Driver::handle(const Event& event) {
    if (m_left || !m_started) {
        return;
    }
    CLUSTER_CHECK(!m_handling);  // actions answer through m_answers
    run(event);
    while (!m_answers.empty() && !m_left) {
        const Answer next = std::move(m_answers.front());
        m_answers.pop_front();
        run(ActionCompleted{next.id, next.outcome, next.code, next.output, next.routes});
    }
    rearm();
}

void Driver::run(const Event& event) {
    m_handling = true;
    ++m_events;
    m_node.handle(m_clock.now(), event, m_sink);
    for (const IssuedAction& issued : m_sink.actions()) {
        std::visit([&](const auto& action) { execute(issued.id, action); }, issued.action);
    }
    m_sink.clear();
    m_handling = false;
}

void Driver::answer(Answer answer) {
    if (m_open.erase(answer.id) == 0) {
        return;  // cancelled, and answered so
    }
    --m_unanswered;
    m_answers.push_back(std::move(answer));
    if (!m_handling && m_started && !m_left) {
        const Answer first = std::move(m_answers.front());
        m_answers.pop_front();
        handle(ActionCompleted{first.id, first.outcome, first.code, first.output, first.routes});
    }
}

void Driver::answer_error(ActionId id, int error) {
    answer({id, error == 0 ? Outcome::done : Outcome::failed, error, {}, {}});
}

void Driver::rearm() {
    const auto next = m_left ? std::nullopt : m_node.next_deadline();
    if (!next) {
        m_timer.silence();
        m_timer_at.reset();
        return;
    }
    // An earlier alarm is left in place and looks again when it rings: deadlines mostly move away,
    // at every heartbeat.
    if (m_timer_at && *m_timer_at <= *next) {
        return;
    }
    m_timer_at = next;
    m_timer.ring_at(*next);
}

void Driver::deadline() {
    m_timer_at.reset();
    const auto due = [this] {
        const auto next = m_left ? std::nullopt : m_node.next_deadline();
        return next && *next <= boot_time();
    };
    if (due()) {
        m_links.drain(drained_before_judging);
    }
    if (due()) {
        handle(DeadlineReached{});
    } else {
        rearm();
    }
}

void Driver::kernel_changed(const NetlinkChange& change) {
    m_kernel_changed = true;
    if (change.what == NetlinkChange::What::address) {
        m_addresses.note(change.address);
    }
}

void Driver::look_at_kernel() {
    m_addresses.refresh();
    m_links.refresh(m_addresses.interfaces(), m_addresses.addresses(), [this](const IpBytes& a) {
        return !m_addresses.moves(a);
    });
    tell_carrier();
    if (m_stream) {
        const bool before = m_stream_link_up;
        watch_bridge();
        if (m_stream_link_up != before) {
            handle(BridgeStreamChanged{m_stream->arriving(), m_stream_link_up});
        }
    }
    if (!m_addresses.complete()) {
        m_restore_timer.ring_at(boot_time() + std::chrono::seconds{1});
    }
}

void Driver::tell_carrier() {
    for (std::size_t i = 0; i < files().ha.links.size(); ++i) {
        const LinkConfig& link = files().ha.links[i];
        if (link.kind == LinkKind::serial) {
            continue;
        }
        const auto interface =
            std::ranges::find(m_addresses.interfaces(), link.device, &Interface::name);
        const bool carrier = interface != m_addresses.interfaces().end() && interface->carrier;
        const std::string key = link.device + '/' + std::to_string(i);
        const auto known = m_carrier.find(key);
        // A core that is told nothing takes carrier for granted.
        if (carrier != (known == m_carrier.end() || known->second)) {
            m_carrier[key] = carrier;
            note(carrier ? Level::notice : Level::warning,
                 "interface " + link.device + (carrier ? " has carrier" : " has no carrier"),
                 "carrier");
            handle(LinkStateChanged{static_cast<LinkId>(i), carrier});
        }
    }
}

void Driver::watch_bridge() {
    const int interface = m_addresses.interface_towards(files().redfone->bridge_address);
    if (const int error = m_stream->watch(interface); error != 0) {
        note(Level::warning,
             std::string{"TDMoE frames cannot be watched for: "} + std::strerror(error),
             "bridge");
    }
    const auto card = std::ranges::find(m_addresses.interfaces(), interface, &Interface::index);
    m_stream_link_up = card != m_addresses.interfaces().end() && card->carrier;
}

void Driver::open_serial_lines() {
    bool all = true;
    for (auto& [id, line] : m_serial) {
        if (line->is_open()) {
            continue;
        }
        const std::string problem = line->open();
        all = all && problem.empty();
        auto& known = m_serial_problem[id];
        if (problem.empty()) {
            note(Level::info, "serial line " + line->name() + " is open", "link");
        } else if (problem != known) {
            note(Level::warning,
                 "serial line " + line->name() + " cannot be used: " + problem,
                 "link");
        }
        known = problem;
    }
    if (!m_serial.empty()) {
        m_serial_timer.ring_at(boot_time() + serial_retry);
    }
}

void Driver::note(Level level, std::string text, std::string kind) {
    log(level, text, {{"UNDERSTUDY_KIND", kind}});
    m_history.add({boot_time(), m_clock.now().wall, level, std::move(kind), std::move(text)});
}

// ---------------------------------------------------------------- actions

void Driver::execute(ActionId, const SendDatagram& action) {
    const auto serial = m_serial.find(action.link);
    if (serial != m_serial.end()) {
        serial->second->send(action.bytes);
    } else {
        (void)m_links.send(action.link, action.bytes);  // counted there; the next beat is due soon
    }
}

void Driver::execute(ActionId, const SendPing& action) {
    m_pinger.send(action.target, action.sequence);
}

void Driver::execute(ActionId, const SendBridgeCommand& action) {
    if (m_bridge) {
        (void)m_bridge->send(action.bytes);  // a reply that stays away says the same
    }
}

void Driver::execute(ActionId id, const AcquireAddress& action) {
    m_open[id] = 0;
    ++m_unanswered;
    const auto error = m_addresses.acquire(id, action);
    if (!error) {
        return;
    }
    if (*error == 0 || *error == EEXIST) {
        note(Level::info, "address " + action.address.address + " is up", "address");
        answer_error(id, 0);
    } else {
        note(Level::error,
             "address " + action.address.address + ": " + std::strerror(*error),
             "address");
        answer_error(id, *error);
    }
}

void Driver::execute(ActionId id, const ReleaseAddress& action) {
    m_open[id] = 0;
    ++m_unanswered;
    const int error = m_addresses.release(action);
    note(error == 0 ? Level::info : Level::error,
         "address " + action.address.address +
             (error == 0 ? std::string{" is off"} : std::string{": "} + std::strerror(error)),
         "address");
    answer_error(id, error);
}

void Driver::execute(ActionId, const AnnounceAddress& action) {
    m_addresses.announce(action);
}

void Driver::execute(ActionId id, const QueryRoutes&) {
    m_open[id] = 0;
    ++m_unanswered;
    answer({id, Outcome::done, 0, {}, m_addresses.query_routes()});
}

void Driver::execute(ActionId id, const ReplaceRoute& action) {
    m_open[id] = 0;
    ++m_unanswered;
    const int error = m_addresses.replace_route(action.route);
    note(error == 0 ? Level::info : Level::error,
         "route " + action.route.destination + " on " + action.route.interface + ": " +
             (error != 0                    ? std::strerror(error)
              : action.route.source.empty() ? std::string{"no preferred source"}
                                            : "source " + action.route.source),
         "route");
    answer_error(id, error);
}

void Driver::execute(ActionId id, const RunAgent& action) {
    m_open[id] = 0;
    ++m_unanswered;
    const ResourceWord& word =
        files()
            .resources.groups[static_cast<std::size_t>(action.resource.group)]
            .resources[action.resource.position];
    const auto bound = files().settings.bindings.find(word.script);
    AgentCall call =
        find_agent(m_options.paths,
                   m_options.node.name,
                   action.kind,
                   action.name,
                   action.arguments,
                   bound == files().settings.bindings.end() ? std::map<std::string, std::string>{}
                                                            : bound->second.parameters,
                   action.op);
    if (call.error != 0) {
        note(Level::error, "cannot run " + word.text + ": " + call.problem, "script");
    }
    m_runner.run(id, action.resource, action.op, std::move(call));
}

void Driver::execute(ActionId id, const FenceNode& action) {
    m_open[id] = 0;
    ++m_unanswered;
    AgentCall call = fencing_call(files().ha.stonith, m_options.node.name, action.node);
    if (call.error != 0) {
        note(Level::error, "cannot fence " + action.node + ": " + call.problem, "fencing");
        answer_error(id, call.error);
        return;
    }
    m_runner.run_plain(id, std::move(call));
}

void Driver::execute(ActionId id, const PersistState& action) {
    m_open[id] = 0;
    ++m_unanswered;
    m_writer.write(m_node.status().generation, action.bytes, [this, id](int error) {
        if (error != 0) {
            note(Level::error,
                 std::string{"the durable state cannot be written: "} + std::strerror(error),
                 "state");
        }
        answer_error(id, error);
    });
}

void Driver::execute(ActionId, const Cancel& action) {
    if (m_addresses.cancel(action.target)) {
        answer({action.target, Outcome::cancelled, 0, {}, {}});
    } else {
        m_runner.cancel(action.target);
    }
}

void Driver::execute(ActionId, const Report& action) {
    ReportLine line = describe(action.body, files());
    note(line.level, std::move(line.text), std::move(line.kind));
}

void Driver::execute(ActionId, const LeaveCluster& action) {
    m_left = true;
    m_timer.silence();
    if (m_options.on_leave) {
        m_options.on_leave(action.then);
    }
}

}  // namespace linux_host
