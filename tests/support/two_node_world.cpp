// SPDX-License-Identifier: GPL-2.0-or-later
#include "two_node_world.hpp"

#include <algorithm>
#include <stdexcept>

#include "cluster/check.hpp"
#include "../resources/emulated_bridge.hpp"
#include "report_text.hpp"

namespace test_support {

using namespace cluster;

struct TwoNodeWorld::Host {
    NodeOptions options;
    std::unique_ptr<ClusterNode> node;
    std::vector<std::byte> durable;
    bool powered = true;
    bool frozen = false;
    unsigned life = 0;                           ///< completions of an earlier life are dropped
    std::vector<std::unique_ptr<Pending>> held;  ///< arrived while frozen
    std::set<ResourceId> addresses;
    std::set<std::string> services;
    std::map<std::string, unsigned> starts;
    std::map<std::string, unsigned> stops;
    std::set<std::uint64_t> cancelled;
    std::vector<std::string> said;
    std::unique_ptr<wire::Authenticator> keys;
};

/// One thing that reaches a node later.
struct TwoNodeWorld::Pending {
    int node = 0;
    unsigned life = 0;
    bool is_datagram = false;
    LinkId link{};
    std::vector<std::byte> bytes;
    ActionId id{};
    Outcome outcome = Outcome::done;
    int code = 0;
    std::string output;
    enum class Effect {
        none,
        bridge,
        up,
        down,
        persist,
        service_up,
        service_down,
        ping
    } effect = Effect::none;
    ResourceId resource;
    std::string word;
};

struct TwoNodeWorld::Bridge {
    static MacAddress mac_of(int node) {
        return node == 0 ? testing::old_server_mac() : testing::server_mac();
    }

    testing::EmulatedBridge device;
    bool on = true;
    bool cable = true;
    std::array<bool, 2> reachable{true, true};
    std::array<bool, 2> told{};  ///< the stream arrives there
};

TwoNodeWorld::TwoNodeWorld(WorldOptions options)
    : m_options(std::move(options)), m_random(m_options.seed) {
    std::string ha = m_options.ha_cf;
    if (!m_options.auto_failback.empty()) {
        ha += "auto_failback " + m_options.auto_failback + "\n";
    }
    ha += "node asterisk1\nnode asterisk2\n";
    for (std::size_t i = 0; i < 2; ++i) {
        m_hosts[i] = std::make_unique<Host>();
        NodeOptions& node = m_hosts[i]->options;
        node.name = i == 0 ? "asterisk1" : "asterisk2";
        node.uuid.bytes.fill(static_cast<std::byte>(0x11 * (i + 1)));
        auto parsed = parse_ha_cf(ha, "ha.cf", node.name);
        auto resources =
            parse_haresources(m_options.haresources, "haresources", parsed.value.nodes);
        auto keys = parse_authkeys(m_options.authkeys, "authkeys");
        for (const auto* findings : {&parsed.findings, &resources.findings, &keys.findings}) {
            for (const Finding& finding : *findings) {
                if (finding.severity == Severity::error) {
                    throw std::runtime_error(to_string(finding));
                }
            }
        }
        node.files.ha = std::move(parsed.value);
        node.files.resources = std::move(resources.value);
        node.files.keys = std::move(keys.value);
        node.quirks = m_options.quirks;
        node.files.settings = m_options.settings;
        if (m_options.quirks.start_failure_bug) {
            node.files.settings = node.files.settings.as_heartbeat_3_0_6();
            node.files.settings.bindings.clear();  // this world has no IPaddr script
        }
        if (m_options.bridge) {
            node.files.redfone = testing::quad_config();
            node.files.redfone->server = Bridge::mac_of(static_cast<int>(i));
            if (!m_options.quirks.start_failure_bug) {
                node.files.settings.bindings["fonulator"].kind = BindingKind::bridge_switch;
            }
        }
        node.seed = m_options.seed * 2 + i;
        m_hosts[i]->keys = std::make_unique<wire::Authenticator>(node.files.keys);
        m_links = node.files.ha.links.size();
    }
    if (m_options.bridge) {
        m_bridge = std::make_unique<Bridge>();
    }
    m_agents[{0, "fonulator"}] = m_agents[{1, "fonulator"}] = {.start = std::chrono::seconds{1}};
    m_agents[{0, "asterisk"}] = m_agents[{1, "asterisk"}] = {.start = std::chrono::seconds{5}};
}

TwoNodeWorld::~TwoNodeWorld() = default;

std::uint64_t TwoNodeWorld::random() {
    m_random = m_random * 6364136223846793005U + 1442695040888963407U;
    return m_random >> 33U;
}

void TwoNodeWorld::note(int node, const std::string& text) {
    m_log.push_back(seconds(m_now.time_since_epoch()) + " asterisk" + std::to_string(node + 1) +
                    " " + text);
}

void TwoNodeWorld::start(int node) {
    Host& host = *m_hosts[static_cast<std::size_t>(node)];
    host.powered = true;
    host.frozen = false;
    ++host.life;
    host.options.seed += 17;
    host.node = std::make_unique<ClusterNode>(host.options);
    note(node, "** starts");
    const std::vector<std::byte> durable = host.durable;
    handle(node, NodeStarted{durable});
}

void TwoNodeWorld::kill(int node) {
    Host& host = *m_hosts[static_cast<std::size_t>(node)];
    host.node.reset();
    ++host.life;
    host.held.clear();
    note(node, "** killed");
    check();
}

void TwoNodeWorld::power_off(int node) {
    Host& host = *m_hosts[static_cast<std::size_t>(node)];
    host.node.reset();
    ++host.life;
    host.held.clear();
    host.powered = false;
    host.addresses.clear();
    host.services.clear();
    note(node, "** power off");
    check();
}

void TwoNodeWorld::freeze(int node) {
    m_hosts[static_cast<std::size_t>(node)]->frozen = true;
    note(node, "** frozen");
    check();
}

void TwoNodeWorld::thaw(int node) {
    Host& host = *m_hosts[static_cast<std::size_t>(node)];
    host.frozen = false;
    note(node, "** thawed");
    check();
    for (auto& pending : std::exchange(host.held, {})) {
        deliver(*pending);
    }
}

void TwoNodeWorld::command(int node, AdminCommand::Kind kind, ResourceScope scope) {
    static constexpr std::array names{"standby", "takeover", "stop", "release"};
    static constexpr std::array scopes{"all", "local", "foreign"};
    note(node,
         std::string{"** command "} + names[static_cast<std::size_t>(kind)] + " " +
             scopes[static_cast<std::size_t>(scope)]);
    handle(node, AdminCommand{kind, scope});
}

void TwoNodeWorld::cut(int from, int link, bool is_cut) {
    for (int i = 0; i < static_cast<int>(m_links); ++i) {
        if (link == -1 || link == i) {
            auto& cuts = m_cut[static_cast<std::size_t>(from)];
            is_cut ? static_cast<void>(cuts.insert(i)) : static_cast<void>(cuts.erase(i));
        }
    }
    note(from,
         std::string{"** "} + (is_cut ? "not heard" : "heard again") +
             (link < 0 ? "" : " on link " + std::to_string(link)));
    check();
}

void TwoNodeWorld::split(bool is_split) {
    cut(0, -1, is_split);
    cut(1, -1, is_split);
}

void TwoNodeWorld::carrier(int node, int link, bool up) {
    note(node,
         std::string{"** carrier "} + (up ? "back" : "lost") + " on link " + std::to_string(link));
    handle(node, LinkStateChanged{LinkId{static_cast<std::uint16_t>(link)}, up});
}

void TwoNodeWorld::bridge_stream(int node, bool arriving, bool link_up) {
    note(node,
         std::string{"** bridge stream "} + (arriving ? "arrives" : "ceased") +
             (link_up ? "" : ", no link to it"));
    handle(node, BridgeStreamChanged{arriving, link_up});
}

/// Tells each node whether the stream arrives there, when that has changed.
void TwoNodeWorld::follow_bridge() {
    for (const int node : {0, 1}) {
        const bool arrives = m_bridge->cable && bridge_sends_to() == node;
        if (std::exchange(m_bridge->told[static_cast<std::size_t>(node)], arrives) != arrives) {
            bridge_stream(node, arrives);
        }
    }
}

void TwoNodeWorld::bridge_off() {
    m_bridge->on = false;
    follow_bridge();
}

void TwoNodeWorld::bridge_boots() {
    m_bridge->on = true;
    m_bridge->device.transmitting = true;
    m_bridge->device.destination = {Bridge::mac_of(0), Bridge::mac_of(0)};
    follow_bridge();
}

void TwoNodeWorld::bridge_pointed_at(int node) {
    m_bridge->device.destination[0] = Bridge::mac_of(node);
    follow_bridge();
}

void TwoNodeWorld::bridge_cable(bool in) {
    m_bridge->cable = in;
    follow_bridge();
}

void TwoNodeWorld::bridge_reachable(int node, bool reachable) {
    m_bridge->reachable[static_cast<std::size_t>(node)] = reachable;
}

int TwoNodeWorld::bridge_sends_to() const {
    if (!m_bridge->on || !m_bridge->device.transmitting) {
        return -1;
    }
    return m_bridge->device.destination[0] == Bridge::mac_of(0) ? 0 : 1;
}

int TwoNodeWorld::bridge_requests() const {
    return m_bridge->device.requests;
}

void TwoNodeWorld::release(int node) {
    start(node);
    command(node, AdminCommand::Kind::release);
}

void TwoNodeWorld::reload(int node, const std::string& authkeys) {
    const AuthKeys keys = parse_authkeys(authkeys, "authkeys").value;
    m_hosts[static_cast<std::size_t>(node)]->keys = std::make_unique<wire::Authenticator>(keys);
    note(node, "** reads authkeys again");
    handle(node, ConfigReloaded{&keys});
}

void TwoNodeWorld::inject(int node, int link, std::span<const std::byte> bytes) {
    handle(node, DatagramReceived{LinkId{static_cast<std::uint16_t>(link)}, bytes});
}

void TwoNodeWorld::handle(int node, const Event& event) {
    Host& host = *m_hosts[static_cast<std::size_t>(node)];
    if (!host.node || host.frozen) {
        return;
    }
    ActionSink sink;
    host.node->handle(
        {m_now,
         WallSeconds{1'800'000'000 + m_now.time_since_epoch().count() / 1'000'000'000},
         "0.00 0.01 0.05 1/100 1000"},
        event,
        sink);
    for (const IssuedAction& issued : sink.actions()) {
        execute(node, issued);
    }
    check();
}

void TwoNodeWorld::later(Duration delay, Pending pending) {
    pending.life = m_hosts[static_cast<std::size_t>(pending.node)]->life;
    m_queue.emplace(std::pair{m_now + delay, ++m_order},
                    std::make_unique<Pending>(std::move(pending)));
}

void TwoNodeWorld::send(int from, const SendDatagram& action) {
    Host& host = *m_hosts[static_cast<std::size_t>(from)];
    wire::MessageView view;
    if (action.link == LinkId{0} && !wire::decode(action.bytes, *host.keys, view)) {
        const std::string type{view.get("t").value_or("?")};
        if (type != "status" && !type.starts_with("NS_")) {
            host.said.push_back(own_fields(view));
            if (m_options.log_messages) {
                note(from, "says " + host.said.back());
            }
        }
    }
    const int link = static_cast<int>(action.link);
    const bool lost = m_cut[static_cast<std::size_t>(from)].count(link) != 0 ||
                      random() % 100 < m_loss[static_cast<std::size_t>(from)];
    if (!lost) {
        Pending pending;
        pending.node = 1 - from;
        pending.is_datagram = true;
        pending.link = action.link;
        pending.bytes.assign(action.bytes.begin(), action.bytes.end());
        later(m_options.latency, std::move(pending));
    }
}

void TwoNodeWorld::run_agent(int node, ActionId id, const RunAgent& action) {
    Host& host = *m_hosts[static_cast<std::size_t>(node)];
    const AgentBehaviour& behaviour = m_agents[{node, action.name}];
    Pending pending;
    pending.node = node;
    pending.id = id;
    pending.word = action.name;
    Duration takes = std::chrono::milliseconds{5};
    if (action.op == AgentOp::status) {
        pending.output = host.services.count(action.name) != 0 ? "running" : "not running";
    } else if (action.op == AgentOp::start) {
        ++host.starts[action.name];
        note(node, "runs " + action.name + " start");
        takes = behaviour.start;
        pending.code = behaviour.start_fails ? 1 : 0;
        pending.effect =
            behaviour.start_fails ? Pending::Effect::none : Pending::Effect::service_up;
    } else {
        ++host.stops[action.name];
        note(node, "runs " + action.name + " stop");
        if (behaviour.stop_hangs) {
            return;
        }
        takes = behaviour.stop;
        pending.code = behaviour.stop_fails ? 1 : 0;
        pending.effect =
            behaviour.stop_fails ? Pending::Effect::none : Pending::Effect::service_down;
    }
    later(takes, std::move(pending));
}

void TwoNodeWorld::execute(int node, const IssuedAction& issued) {
    Host& host = *m_hosts[static_cast<std::size_t>(node)];
    const auto complete = [&](Duration takes, Pending::Effect effect, ResourceId resource = {}) {
        Pending pending;
        pending.node = node;
        pending.id = issued.id;
        pending.effect = effect;
        pending.resource = resource;
        later(takes, std::move(pending));
    };
    if (const auto* send_action = std::get_if<SendDatagram>(&issued.action)) {
        send(node, *send_action);
    } else if (const auto* ping = std::get_if<SendPing>(&issued.action)) {
        if (m_ping_reachable[static_cast<std::size_t>(node)]) {
            Pending pending;
            pending.node = node;
            pending.effect = Pending::Effect::ping;
            pending.link = LinkId{static_cast<std::uint16_t>(ping->target)};
            later(std::chrono::milliseconds{1}, std::move(pending));
        }
    } else if (const auto* acquire = std::get_if<AcquireAddress>(&issued.action)) {
        complete(std::chrono::milliseconds{2}, Pending::Effect::up, acquire->resource);
    } else if (const auto* release = std::get_if<ReleaseAddress>(&issued.action)) {
        complete(std::chrono::milliseconds{2}, Pending::Effect::down, release->resource);
    } else if (const auto* announce = std::get_if<AnnounceAddress>(&issued.action)) {
        note(node, "announces " + announce->address.address);
    } else if (const auto* agent = std::get_if<RunAgent>(&issued.action)) {
        run_agent(node, issued.id, *agent);
    } else if (const auto* fence = std::get_if<FenceNode>(&issued.action)) {
        note(node, "fences " + fence->node);
        complete(std::chrono::milliseconds{500}, Pending::Effect::none);
    } else if (const auto* persist = std::get_if<PersistState>(&issued.action)) {
        Pending pending;
        pending.node = node;
        pending.id = issued.id;
        pending.effect = Pending::Effect::persist;
        pending.bytes.assign(persist->bytes.begin(), persist->bytes.end());
        later(std::chrono::milliseconds{3}, std::move(pending));
    } else if (std::get_if<QueryRoutes>(&issued.action) != nullptr ||
               std::get_if<ReplaceRoute>(&issued.action) != nullptr) {
        complete(std::chrono::milliseconds{1}, Pending::Effect::none);
    } else if (const auto* command = std::get_if<SendBridgeCommand>(&issued.action)) {
        if (m_bridge) {
            ++m_bridge->device.requests;
            Pending pending;
            pending.node = node;
            pending.effect = Pending::Effect::bridge;
            pending.bytes.assign(command->bytes.begin(), command->bytes.end());
            later(std::chrono::milliseconds{6}, std::move(pending));
        }
    } else if (const auto* report = std::get_if<Report>(&issued.action)) {
        note(node, to_text(report->body));
        m_reports.push_back({m_now, node, report->body});
    } else if (const auto* leave = std::get_if<LeaveCluster>(&issued.action)) {
        static constexpr std::array names{"exit", "restart", "reboot"};
        note(node, std::string{"leaves: "} + names[static_cast<std::size_t>(leave->then)]);
        if (leave->then == LeaveCluster::Then::reboot) {
            host.addresses.clear();
            host.services.clear();
        }
        ++host.life;
        Pending pending;  // the object is still on the stack: end it from the queue
        pending.node = node;
        pending.word = names[static_cast<std::size_t>(leave->then)];
        later(Duration{}, std::move(pending));
    }
}

void TwoNodeWorld::deliver(Pending& pending) {
    Host& host = *m_hosts[static_cast<std::size_t>(pending.node)];
    if (pending.life != host.life) {
        return;
    }
    if (pending.id == ActionId{} && !pending.is_datagram &&
        pending.effect == Pending::Effect::none) {
        host.node.reset();
        if (pending.word == "restart") {
            start(pending.node);
        }
        return;
    }
    switch (pending.effect) {
    case Pending::Effect::none:
        break;
    case Pending::Effect::bridge: {
        const auto request = wire::decode_bridge_request(pending.bytes);
        CLUSTER_CHECK(request.has_value());
        if (m_bridge->on && m_bridge->reachable[static_cast<std::size_t>(pending.node)]) {
            const std::vector<std::byte> reply = m_bridge->device.execute(*request);
            follow_bridge();
            handle(pending.node, BridgeReplyReceived{reply});
        }
        return;
    }
    case Pending::Effect::up:
        host.addresses.insert(pending.resource);
        note(pending.node,
             "has address of group " +
                 std::to_string(static_cast<unsigned>(pending.resource.group)));
        break;
    case Pending::Effect::down:
        if (host.addresses.erase(pending.resource) != 0) {
            note(pending.node,
                 "lets go of address of group " +
                     std::to_string(static_cast<unsigned>(pending.resource.group)));
        }
        break;
    case Pending::Effect::persist:
        host.durable = pending.bytes;
        break;
    case Pending::Effect::service_up:
        host.services.insert(pending.word);
        break;
    case Pending::Effect::service_down:
        host.services.erase(pending.word);
        break;
    case Pending::Effect::ping:
        handle(pending.node,
               PingReplyReceived{PingTargetId{static_cast<std::uint16_t>(pending.link)}, 0});
        return;
    }
    if (pending.is_datagram) {
        handle(pending.node, DatagramReceived{pending.link, pending.bytes});
    } else {
        handle(pending.node,
               ActionCompleted{pending.id, pending.outcome, pending.code, pending.output, {}});
    }
}

void TwoNodeWorld::run_until(Instant end) {
    for (;;) {
        std::optional<Instant> next;
        int which = -1;
        for (int i = 0; i < 2; ++i) {
            const Host& host = *m_hosts[static_cast<std::size_t>(i)];
            const auto at = host.node && !host.frozen ? host.node->next_deadline() : std::nullopt;
            if (at && (!next || *at < *next)) {
                next = at;
                which = i;
            }
        }
        if (!m_queue.empty() && (!next || m_queue.begin()->first.first <= *next)) {
            next = m_queue.begin()->first.first;
            which = -1;
        }
        if (!next || *next > end) {
            m_now = end;
            return;
        }
        m_now = std::max(m_now, *next);
        if (which >= 0) {
            handle(which, DeadlineReached{});
            const auto again = runs(which)
                                   ? m_hosts[static_cast<std::size_t>(which)]->node->next_deadline()
                                   : std::nullopt;
            CLUSTER_CHECK(!again ||
                          *again > m_now);  // a deadline that stays due would spin a driver
            continue;
        }
        auto pending = std::move(m_queue.begin()->second);
        m_queue.erase(m_queue.begin());
        Host& host = *m_hosts[static_cast<std::size_t>(pending->node)];
        if (host.frozen && pending->life == host.life) {
            host.held.push_back(std::move(pending));
        } else {
            deliver(*pending);
        }
    }
}

bool TwoNodeWorld::reaches(int from) const {
    return m_cut[static_cast<std::size_t>(from)].size() < m_links;
}

/// Double ownership counts while both nodes run, are scheduled and can hear each other.
void TwoNodeWorld::check() {
    const bool twice = owner() == 2;
    if (twice) {
        m_anywhere_since = m_anywhere_since.value_or(m_now);
        m_worst_anywhere = std::max(m_worst_anywhere, m_now - *m_anywhere_since);
    } else if (m_anywhere_since) {
        m_worst_anywhere = std::max(m_worst_anywhere, m_now - *m_anywhere_since);
        m_anywhere_since.reset();
    }
    const auto scheduled = [this](int i) {
        return runs(i) && !m_hosts[static_cast<std::size_t>(i)]->frozen;
    };
    const bool together = scheduled(0) && scheduled(1) && reaches(0) && reaches(1) &&
                          m_loss[0] == 0 && m_loss[1] == 0;
    if (!together) {
        m_together_since.reset();
        m_double_since.clear();
        return;
    }
    const Instant since = m_together_since.value_or(m_now);
    m_together_since = since;
    for (unsigned group = 0; group < m_hosts[0]->options.files.resources.groups.size(); ++group) {
        if (owner(group) != 2) {
            m_double_since.erase(group);
            continue;
        }
        const Instant begin = m_double_since.try_emplace(group, m_now).first->second;
        m_worst_double = std::max(m_worst_double, m_now - begin);
    }
}

bool TwoNodeWorld::runs(int node) const {
    return m_hosts[static_cast<std::size_t>(node)]->node != nullptr;
}

NodeStatus TwoNodeWorld::status(int node) const {
    return m_hosts[static_cast<std::size_t>(node)]->node->status();
}

ClusterNode& TwoNodeWorld::node(int node) {
    return *m_hosts[static_cast<std::size_t>(node)]->node;
}

bool TwoNodeWorld::has_address(int node, unsigned group) const {
    const Host& host = *m_hosts[static_cast<std::size_t>(node)];
    return host.powered && std::ranges::any_of(host.addresses, [group](const ResourceId& id) {
               return static_cast<unsigned>(id.group) == group;
           });
}

bool TwoNodeWorld::service_runs(int node, const std::string& word) const {
    return m_hosts[static_cast<std::size_t>(node)]->services.count(word) != 0;
}

int TwoNodeWorld::owner(unsigned group) const {
    const bool first = has_address(0, group);
    const bool second = has_address(1, group);
    return first && second ? 2 : first ? 0 : second ? 1 : -1;
}

unsigned TwoNodeWorld::starts(int node, const std::string& word) const {
    const auto& starts = m_hosts[static_cast<std::size_t>(node)]->starts;
    const auto at = starts.find(word);
    return at == starts.end() ? 0 : at->second;
}

unsigned TwoNodeWorld::stops(int node, const std::string& word) const {
    const auto& stops = m_hosts[static_cast<std::size_t>(node)]->stops;
    const auto at = stops.find(word);
    return at == stops.end() ? 0 : at->second;
}

const NodeOptions& TwoNodeWorld::options(int node) const {
    return m_hosts[static_cast<std::size_t>(node)]->options;
}

const std::vector<std::string>& TwoNodeWorld::said(int node) const {
    return m_hosts[static_cast<std::size_t>(node)]->said;
}

std::string TwoNodeWorld::log_text() const {
    std::string text;
    for (const std::string& line : m_log) {
        text += line + '\n';
    }
    return text;
}

bool TwoNodeWorld::hand_over(int node) {
    Host& host = *m_hosts[static_cast<std::size_t>(node)];
    const auto bytes = host.node->snapshot();
    auto restored = ClusterNode::restore(host.options, bytes);
    if (!restored) {
        return false;
    }
    *host.node = std::move(*restored);
    return true;
}

}  // namespace test_support
