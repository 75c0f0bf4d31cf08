// SPDX-License-Identifier: GPL-2.0-or-later
#include "real_node.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "cluster/wire/native_fields.hpp"

namespace native_model {

using namespace cluster;

namespace {

constexpr Duration one_tick = std::chrono::milliseconds{250};

std::string name_of(int node) {
    return "n" + std::to_string(node);
}

std::string ms(int ticks) {
    return std::to_string(ticks * 250) + "ms\n";
}

std::shared_ptr<const NodeOptions> options_of(const Options& options, int index) {
    auto made = std::make_shared<NodeOptions>();
    made->name = name_of(index);
    made->uuid.bytes.fill(static_cast<std::byte>(index + 1));
    std::string ha = "keepalive 250ms\nwarntime 600ms\ndeadtime " + ms(options.deadtime) +
                     "initdead " + ms(options.initdead) + "bcast eth0\nauto_failback " +
                     (options.auto_failback ? "on\n" : "off\n");
    std::string resources;
    for (int n = 0; n < options.nodes; ++n) {
        ha += "node " + name_of(n) + "\n";
    }
    for (int g = 0; g < options.groups; ++g) {
        resources += name_of(options.home(g)) + " 10.0.0." + std::to_string(g + 1) + "\n";
    }
    auto parsed = parse_ha_cf(ha, "ha.cf", made->name);
    auto groups = parse_haresources(resources, "haresources", parsed.value.nodes);
    if (!parsed.ok() || !groups.ok()) {
        throw std::logic_error("the explorer's configuration is wrong");
    }
    made->files.ha = std::move(parsed.value);
    made->files.resources = std::move(groups.value);
    made->files.keys = parse_authkeys("auth 1\n1 crc\n", "authkeys").value;
    Settings& settings = made->files.settings;
    settings.native.dialect = Dialect::native;
    settings.native.tie_break = options.tie_break == TieBreak::both_run
                                    ? cluster::TieBreak::none
                                    : cluster::TieBreak::first_node;
    settings.native.preempt_delay = options.preempt * one_tick;
    settings.native.spacing = Duration::zero();
    settings.announce.count = 1;
    return made;
}

Id id_of(const wire::PlanId& id) {
    return {static_cast<int>(id.epoch),
            static_cast<int>(id.proposer),
            static_cast<int>(id.generation % 100'000)};
}

Set set_of(const wire::NodeSet& nodes) {
    Set set = 0;
    nodes.each([&](std::size_t n) { set |= only(static_cast<int>(n)); });
    return set;
}

View view_of(const wire::View& view) {
    return {id_of(view.id), set_of(view.members)};
}

Hold hold_of(wire::Hold hold) {
    switch (hold) {
    case wire::Hold::starting:
    case wire::Hold::up:
        return Hold::up;
    case wire::Hold::suspended:
        return Hold::suspended;
    case wire::Hold::releasing:
    case wire::Hold::unknown:
        return Hold::releasing;
    case wire::Hold::none:
    case wire::Hold::failed:
        break;
    }
    return Hold::none;
}

}  // namespace

Sabotage RealNode::sabotage = Sabotage::none;
std::uint64_t RealNode::seen = 0;

RealNode::RealNode(const Options& options, int index, int life, int now)
    : m_options(options_of(options, index)),
      m_keys(std::make_shared<wire::Authenticator>(m_options->files.keys)),
      m_node(std::make_unique<ClusterNode>(*m_options)), m_self(index), m_life(life),
      m_groups(options.groups), m_sabotage(sabotage), m_tick(now) {
    m_state.agreed.members = all(options.nodes);
    m_state.life = life;
}

RealNode::RealNode(const RealNode& other)
    : m_options(other.m_options), m_keys(other.m_keys), m_self(other.m_self), m_life(other.m_life),
      m_groups(other.m_groups), m_sabotage(other.m_sabotage), m_tick(other.m_tick),
      m_hidden(other.m_hidden), m_started(other.m_started),
      m_wanted_eligible(other.m_wanted_eligible), m_state(other.m_state),
      m_address(other.m_address), m_unknown(other.m_unknown), m_announced(other.m_announced),
      m_will_fail(other.m_will_fail), m_stops(other.m_stops), m_out(other.m_out),
      m_acquired(other.m_acquired) {
    auto copy = ClusterNode::restore(*m_options, other.m_node->snapshot());
    if (!copy) {
        throw std::logic_error("a node's own snapshot does not load");
    }
    m_node = std::make_unique<ClusterNode>(std::move(*copy));
}

void RealNode::give(const Event& event) {
    ActionSink sink;
    const Instant now{m_tick * one_tick - m_hidden + std::chrono::hours{1}};
    m_node->handle({now, WallSeconds{1'700'000'000 + m_life}, ""}, event, sink);
    for (const IssuedAction& issued : sink.actions()) {
        if (const auto* sent = std::get_if<SendDatagram>(&issued.action)) {
            look_at(*sent);  // what the node says of its holds explains what it asks for
        }
    }
    for (const IssuedAction& issued : std::vector<IssuedAction>(sink.actions())) {
        execute(issued);
    }
}

void RealNode::look_at(const SendDatagram& sent) {
    wire::MessageView view;
    if (wire::decode(sent.bytes, *m_keys, view)) {
        throw std::logic_error("a node sends what nobody can decode");
    }
    Message message;
    message.about = std::stoi(std::string{view.get("src").value().substr(1)});
    message.relayed = view.get("nw").has_value();
    message.bytes.assign(sent.bytes.begin(), sent.bytes.end());
    const wire::NativeLimits limits{
        m_options->files.ha.nodes.size(), static_cast<std::size_t>(m_groups), at(message.about)};
    std::uint64_t mark = 0;
    const std::string_view digits = view.get("nc").value_or("");
    for (const char c : digits) {
        mark = mark * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    const auto read = wire::read_native_fields(view, limits, mark);
    if (read && !*read) {
        throw std::logic_error("a node sends a beat with a bad field " +
                               std::string{read->error().field});
    }
    if (!read || !(*read)->state) {
        throw std::logic_error("a node sends a beat that cannot be read");
    }
    const wire::NativeState& said = *(*read)->state;
    State& state = message.state;
    state.life = m_life;
    state.beat = static_cast<int>(view.get_hex("seq").value_or(0));
    state.sent = m_tick;
    state.ask = said.ask;
    state.alive = set_of(said.alive);
    state.recent = set_of(said.recent);
    state.confirmed = set_of(said.confirmed);
    state.agreed = view_of(said.agreed);
    for (const wire::View& attempt : said.attempted) {
        state.attempted[at(state.attempts++)] = view_of(attempt);
    }
    if (said.plan) {
        state.plan.id = id_of(said.plan->id);
        state.plan.base = id_of(said.plan->base);
        state.plan.members = set_of(said.plan->members);
    }
    for (int g = 0; g < m_groups; ++g) {
        const wire::GroupHold& hold = said.groups[at(g)];
        state.hold[at(g)] = hold_of(hold.hold);
        state.since[at(g)] = static_cast<int>(hold.epoch);
        state.failed[at(g)] = hold.failure != wire::FailureReason::none;
        if (said.plan) {
            state.plan.owner[at(g)] = static_cast<std::int8_t>(said.plan->owners[at(g)]);
        }
    }
    state.eligible = said.flags.ready && !said.flags.standby;
    if (message.about == m_self && !message.relayed) {
        m_state = state;
        for (int g = 0; g < m_groups; ++g) {
            m_unknown[at(g)] = said.groups[at(g)].hold == wire::Hold::unknown;
        }
    }
    m_out.push_back(std::move(message));
}

void RealNode::execute(const IssuedAction& issued) {
    if (const auto* acquire = std::get_if<AcquireAddress>(&issued.action)) {
        const auto group = static_cast<std::size_t>(acquire->resource.group);
        const bool fails = std::exchange(m_will_fail[group], false);
        ++m_acquired;
        const bool pretends = m_sabotage == Sabotage::refuses_addresses && m_acquired % 2 == 0;
        m_address[group] = !fails && !pretends;
        complete(issued.id, fails ? Outcome::failed : Outcome::done);
    } else if (const auto* release = std::get_if<ReleaseAddress>(&issued.action)) {
        const auto group = static_cast<std::size_t>(release->resource.group);
        const bool keeps = m_sabotage == Sabotage::keeps_addresses;
        const bool again =
            std::ranges::any_of(m_stops, [&](const Stop& stop) { return stop.group == group; });
        const bool stops = m_state.hold[group] == Hold::releasing && !m_unknown[group];
        if (stops && !again) {
            m_stops.push_back({issued.id, group, m_tick});  // takes until the next tick
            return;
        }
        m_address[group] = m_address[group] && keeps;
        complete(issued.id, Outcome::done);
    } else if (const auto* frame = std::get_if<AnnounceAddress>(&issued.action)) {
        int& last = m_announced[static_cast<std::size_t>(frame->resource.group)];
        last = m_sabotage == Sabotage::no_announcements && last > 0 ? last : m_tick;
    } else if (std::holds_alternative<PersistState>(issued.action)) {
        complete(issued.id, Outcome::done);
    }
}

void RealNode::complete(ActionId id, Outcome outcome) {
    give(ActionCompleted{.id = id,
                         .outcome = outcome,
                         .code = outcome == Outcome::done ? 0 : 1,
                         .output = {},
                         .routes = {}});
}

void RealNode::run_deadlines() {
    const Instant now{m_tick * one_tick - m_hidden + std::chrono::hours{1}};
    for (int guard = 0; m_node->next_deadline() && *m_node->next_deadline() <= now; ++guard) {
        if (guard > 100) {
            throw std::logic_error("a deadline that never passes");
        }
        give(DeadlineReached{});
    }
}

void RealNode::follow_wishes() {
    if (m_wanted_eligible == m_state.eligible || !m_started) {
        return;
    }
    if (m_wanted_eligible) {
        give(AdminCommand{AdminCommand::Kind::takeover, ResourceScope::local});
    } else {
        give(AdminCommand{AdminCommand::Kind::standby, ResourceScope::all});
    }
}

void RealNode::hand_out(const Send& send) {
    for (const Message& message : std::exchange(m_out, {})) {
        send(message);
    }
}

void RealNode::tick(int now, const Send& send) {
    if (m_sabotage == Sabotage::hides_sleep && now - m_tick > 1) {
        m_hidden += (now - m_tick - 1) * one_tick;
    }
    m_tick = now;
    if (!std::exchange(m_started, true)) {
        give(NodeStarted{});
    } else {
        give(DeadlineReached{});
    }
    for (const Stop& stop : std::exchange(m_stops, {})) {
        if (stop.since == now) {
            m_stops.push_back(stop);
            continue;
        }
        m_address[stop.group] = m_address[stop.group] && m_sabotage == Sabotage::keeps_addresses;
        complete(stop.id, Outcome::done);
    }
    follow_wishes();
    run_deadlines();
    hand_out(send);
}

void RealNode::receive(int now, const Message& message, const Send& send) {
    m_tick = now;
    std::vector<std::byte> changed;
    const bool hides = m_sabotage == Sabotage::hides_holds || m_sabotage == Sabotage::hides_plans;
    if (hides) {
        wire::MessageView view;
        static_cast<void>(wire::decode(message.bytes, *m_keys, view));
        wire::OutgoingMessage copy = wire::to_outgoing(view);
        const char* const field = m_sabotage == Sabotage::hides_holds ? "nh" : "np";
        std::erase_if(copy.fields, [&](const auto& f) { return f.name == field; });
        wire::encode_netstring(copy, *m_keys, MessageFormat::classic, changed);
    }
    give(DatagramReceived{LinkId{0}, hides ? changed : message.bytes});
    run_deadlines();
    hand_out(send);
}

int RealNode::least_epoch() const {
    return m_state.plan.id.epoch > 0 ? m_state.plan.id.epoch : 1'000'000;
}

Exploration explore_real(const Options& options, int faults, int horizon, Sabotage sabotage) {
    RealNode::sabotage = sabotage;
    return Explorer<RealNode>{options, faults, horizon}.run();
}

std::optional<Violation>
try_real(const Options& options, std::uint64_t seed, int rounds, Sabotage sabotage) {
    RealNode::sabotage = sabotage;
    return try_sequence<RealNode>(options, seed, rounds);
}

}  // namespace native_model
