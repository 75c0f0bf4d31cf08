// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/history.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>

namespace gui {

namespace {

constexpr std::size_t effects_per_keyframe = 4096;

/// What a record changes. Closed: apply() has a case for each.
enum class Op : std::uint8_t {
    power,          ///< node a, value
    crash,          ///< node a
    boot,           ///< node a
    freeze,         ///< node a, value
    daemon,         ///< node a, value
    service,        ///< node a, value
    service_hangs,  ///< node a, value
    peer_silent,    ///< node a, value
    role,           ///< node a, group b, value = Role
    owner,          ///< node a, address b, value
    carrier,        ///< link a, end b, value = up
    alarm,          ///< link a, end b, value
    plugged,        ///< link a, value
    impaired,       ///< link a, value
    spans,          ///< node a, value
    unfed,          ///< node a, value
    transmitting,   ///< node a, value
    d_channel,      ///< node a, value = up
    call_answered,  ///< direction a
    call_over,      ///< direction a
    call_dropped,   ///< direction a
    call_failed,
    probe_answered,  ///< direction a
    fault
};

constexpr std::array<std::string_view, state_count> state_words{
    "in service", "active", "standby", "taking over", "degraded", "failed", "unknown"};

/// Kinds that change nothing that is shown as a state, but that the player has words for.
constexpr std::array<std::string_view, 39> quiet_kinds{"pkt",
                                                       "fault.evidence",
                                                       "fault.clear",
                                                       "check",
                                                       "node.phase",
                                                       "peer.link",
                                                       "agent.run",
                                                       "agent.done",
                                                       "resource.state",
                                                       "address.announced",
                                                       "bridge.request",
                                                       "bridge.reply",
                                                       "bridge.step",
                                                       "bridge.destination",
                                                       "span.alarm",
                                                       "fence",
                                                       "q931",
                                                       "call.started",
                                                       "dchannel.released",
                                                       "late-heartbeat",
                                                       "ping",
                                                       "standby",
                                                       "conflict",
                                                       "bad-packets",
                                                       "messages-lost",
                                                       "slept",
                                                       "link.unusable",
                                                       "fonulator.done",
                                                       "bridge.booted",
                                                       "note",
                                                       "clock.drift",
                                                       "clock.step",
                                                       "cpu.stall",
                                                       "exec.failed",
                                                       "keys.reloaded",
                                                       "link.flap",
                                                       "pbx.blocked",
                                                       "route.restored",
                                                       "telco.serving"};

std::string_view node_part(std::string_view subject) {
    return subject.substr(0, subject.find(':'));
}

bool truth(const std::vector<Detail>& details, std::string_view key) {
    return value_of(details, key) == "true";
}

Role role_of(std::string_view text) {
    if (text == "active") {
        return Role::active;
    }
    if (text == "takeover") {
        return Role::takeover;
    }
    if (text == "release") {
        return Role::release;
    }
    if (text == "fault") {
        return Role::fault;
    }
    return text == "standby" ? Role::standby : Role::none;
}

}  // namespace

struct History::Effect {
    Time t = 0;
    std::uint32_t row = no_row;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    Op op = Op::fault;
    std::uint8_t value = 0;
};

std::string_view word(State state) noexcept {
    return state_words[static_cast<std::size_t>(state)];
}

std::string_view word(Reason reason) noexcept {
    switch (reason) {
    case Reason::none:
        return {};
    case Reason::no_power:
        return "no power";
    case Reason::crashed:
        return "crashed";
    case Reason::frozen:
        return "frozen";
    case Reason::not_booted:
        return "not booted";
    case Reason::booting:
        return "booting";
    case Reason::no_daemon:
        return "no daemon";
    case Reason::group_failed:
        return "group failed";
    case Reason::releasing:
        return "releasing";
    case Reason::no_carrier:
        return "no carrier";
    case Reason::service_hangs:
        return "service hangs";
    case Reason::two_owners:
        return "2 owners";
    case Reason::peer_silent:
        return "peer silent";
    case Reason::unfed:
        return "not fed";
    case Reason::not_transmitting:
        return "not transmitting";
    case Reason::no_d_channel:
        return "no D-channel";
    case Reason::alarm:
        return "line alarm";
    case Reason::impaired:
        return "impaired";
    }
    return {};
}

/// Reads the records once and turns them into effects.
struct History::Builder {
    History& self;
    const Trace& trace = *self.m_trace;
    std::unordered_map<std::string, std::uint32_t> groups;
    std::unordered_map<std::string, std::uint32_t> addresses;
    std::unordered_map<std::string, std::uint32_t> directions;
    std::unordered_map<std::string, std::uint32_t> call_direction;  // by call number
    std::unordered_map<std::string, bool> call_is_up;
    std::vector<std::uint32_t> node_of_name;
    std::vector<std::uint32_t> link_of_name;
    std::vector<std::string> daemon_names{"heartbeat", "understudyd"};

    using Handler = void (Builder::*)(std::uint32_t index, const Row&, const std::vector<Detail>&);

    explicit Builder(History& history) : self(history) {
        const std::size_t names = trace.name_count();
        node_of_name.assign(names, nobody);
        link_of_name.assign(names, nobody);
        std::unordered_map<std::string_view, std::uint32_t> nodes;
        std::unordered_map<std::string_view, std::uint32_t> links;
        for (std::uint32_t i = 0; i < trace.header.nodes.size(); ++i) {
            nodes.emplace(trace.header.nodes[i].id, i);
        }
        for (std::uint32_t i = 0; i < trace.header.links.size(); ++i) {
            links.emplace(trace.header.links[i].id, i);
            self.m_link_nodes.push_back({nobody, nobody});
            for (std::size_t end = 0; end < 2; ++end) {
                const auto found = nodes.find(node_part(trace.header.links[i].ends[end]));
                if (found != nodes.end()) {
                    self.m_link_nodes.back()[end] = found->second;
                }
            }
        }
        for (std::uint32_t i = 0; i < names; ++i) {
            const std::string_view name = trace.name(i);
            if (const auto found = nodes.find(node_part(name)); found != nodes.end()) {
                node_of_name[i] = found->second;
            }
            if (const auto found = links.find(name); found != links.end()) {
                link_of_name[i] = found->second;
            }
        }
        self.m_members.assign(trace.header.nodes.size(), false);
    }

    static std::uint32_t intern(std::unordered_map<std::string, std::uint32_t>& map,
                                std::vector<std::string>& list,
                                std::string_view name) {
        const auto [at, fresh] =
            map.try_emplace(std::string(name), static_cast<std::uint32_t>(list.size()));
        if (fresh) {
            list.emplace_back(name);
        }
        return at->second;
    }

    std::uint32_t direction(std::string_view name) {
        const auto [at, fresh] = directions.try_emplace(
            std::string(name), static_cast<std::uint32_t>(self.m_directions.size()));
        if (fresh) {
            self.m_directions.push_back({std::string(name), {}, {}});
        }
        return at->second;
    }

    void add(std::uint32_t row, Op op, std::uint32_t a, std::uint32_t b, std::uint8_t value) {
        self.m_effects.push_back({trace.rows[row].t, row, a, b, op, value});
    }

    /// For records of a node that the header lists.
    bool node(const Row& row, std::uint32_t& out) const {
        out = row.subject == no_name ? nobody : node_of_name[row.subject];
        return out != nobody;
    }

    void node_flag(std::uint32_t index, const Row& row, Op op, bool value) {
        std::uint32_t n = 0;
        if (node(row, n)) {
            add(index, op, n, 0, value ? 1 : 0);
        }
    }

    void power(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        node_flag(index, row, Op::power, truth(d, "on"));
    }
    void crash(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        node_flag(index, row, Op::crash, true);
    }
    void boot(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        node_flag(index, row, Op::boot, true);
    }
    void freeze(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        node_flag(index, row, Op::freeze, true);
    }
    void thaw(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        node_flag(index, row, Op::freeze, false);
    }
    void process(std::uint32_t index, const Row& row, const std::vector<Detail>& d, bool runs) {
        const bool is_daemon = std::ranges::count(daemon_names, value_of(d, "process")) > 0;
        std::uint32_t n = 0;
        if (is_daemon && node(row, n)) {
            self.m_members[n] = true;
        }
        node_flag(index, row, is_daemon ? Op::daemon : Op::service, runs);
    }
    void process_start(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        process(index, row, d, true);
    }
    void process_end(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        process(index, row, d, false);
    }
    void hang(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        node_flag(index, row, Op::service_hangs, truth(d, "hung"));
    }
    void peer(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        std::uint32_t n = 0;
        if (node(row, n)) {
            self.m_members[n] = true;
            if (const std::uint32_t other = self.node_of(value_of(d, "peer")); other != nobody) {
                self.m_members[other] = true;
            }
        }
        node_flag(index, row, Op::peer_silent, value_of(d, "to") == "late");
    }
    void role(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        std::uint32_t n = 0;
        if (node(row, n)) {
            self.m_members[n] = true;
            add(index,
                Op::role,
                n,
                intern(groups, self.m_groups, value_of(d, "group")),
                static_cast<std::uint8_t>(role_of(value_of(d, "to"))));
        }
    }
    void address(std::uint32_t index, const Row& row, const std::vector<Detail>& d, bool has) {
        std::uint32_t n = 0;
        if (node(row, n)) {
            add(index,
                Op::owner,
                n,
                intern(addresses, self.m_addresses, value_of(d, "address")),
                has ? 1 : 0);
        }
    }
    void address_here(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        address(index, row, d, true);
    }
    void address_gone(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        address(index, row, d, false);
    }
    void carrier(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        if (row.subject == no_name) {
            return;
        }
        const std::string port =
            std::string(trace.name(row.subject)) + ":" + std::string(value_of(d, "interface"));
        end_flag(index, port, Op::carrier, truth(d, "up"));
    }
    void end_flag(std::uint32_t index, std::string_view port, Op op, bool value) {
        for (std::uint32_t link = 0; link < trace.header.links.size(); ++link) {
            for (std::uint32_t end = 0; end < 2; ++end) {
                if (trace.header.links[link].ends[end] == port) {
                    add(index, op, link, end, value ? 1 : 0);
                }
            }
        }
    }
    void t1_alarm(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        if (row.subject != no_name) {
            end_flag(index, trace.name(row.subject), Op::alarm, value_of(d, "alarm") != "none");
        }
    }
    void link_flag(std::uint32_t index, const Row& row, Op op, bool value) {
        if (row.subject != no_name && link_of_name[row.subject] != nobody) {
            add(index, op, link_of_name[row.subject], 0, value ? 1 : 0);
        }
    }
    void t1_plugged(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        link_flag(index, row, Op::plugged, true);
    }
    void t1_unplugged(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        link_flag(index, row, Op::plugged, false);
    }
    void service(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        node_flag(index, row, Op::service, true);
    }
    void spans_here(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        node_flag(index, row, Op::spans, true);
        milestone(index, row, {});
    }
    void span_alarm(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        if (value_of(d, "alarm") != "none") {
            node_flag(index, row, Op::spans, false);
        }
    }
    void unfed(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        node_flag(index, row, Op::unfed, true);
    }
    void fed(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        node_flag(index, row, Op::unfed, false);
    }
    void transmit(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        node_flag(index, row, Op::transmitting, truth(d, "on"));
    }
    void d_channel_up(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        node_flag(index, row, Op::d_channel, true);
    }
    void d_channel_down(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        node_flag(index, row, Op::d_channel, false);
    }

    void call_started(std::uint32_t, const Row&, const std::vector<Detail>& d) {
        call_direction[std::string(value_of(d, "call"))] = direction(value_of(d, "direction"));
    }
    void call_answered(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        const std::uint32_t where = direction(value_of(d, "direction"));
        if (truth(d, "probe")) {
            add(index, Op::probe_answered, where, 0, 0);
            self.m_directions[where].probe_answers.push_back(row.t);
            return;
        }
        const std::string call(value_of(d, "call"));
        call_direction[call] = where;
        bool& up = call_is_up[call];
        if (!up) {
            up = true;
            add(index, Op::call_answered, where, 0, 0);
        }
    }
    void call_over(std::uint32_t index, const std::vector<Detail>& d, Op op) {
        const std::string call(value_of(d, "call"));
        const auto where = call_direction.find(call);
        const auto up = call_is_up.find(call);
        if (where != call_direction.end() && up != call_is_up.end() && up->second) {
            up->second = false;
            add(index, op, where->second, 0, 1);
        } else if (op == Op::call_dropped && where != call_direction.end()) {
            add(index, op, where->second, 0, 0);  // dropped before it was answered
        }
    }
    void call_ended(std::uint32_t index, const Row&, const std::vector<Detail>& d) {
        call_over(index, d, Op::call_over);
    }
    void call_dropped(std::uint32_t index, const Row&, const std::vector<Detail>& d) {
        call_over(index, d, Op::call_dropped);
    }
    void call_failed(std::uint32_t index, const Row&, const std::vector<Detail>&) {
        add(index, Op::call_failed, 0, 0, 0);
    }

    void fault(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        fault_mark(index, row, d, false);
        add(index, Op::fault, 0, 0, 0);
        link_verb(index, row, value_of(d, "verb"));
    }
    void repair(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        fault_mark(index, row, d, true);
        link_verb(index, row, value_of(d, "verb"));
    }
    /// Ethernet and serial lines have no record of their own for being unplugged.
    void link_verb(std::uint32_t index, const Row& row, std::string_view verb) {
        if (verb == "link.down") {
            link_flag(index, row, Op::plugged, false);
        } else if (verb == "link.up") {
            link_flag(index, row, Op::plugged, true);
        } else if (verb == "link.impair" || verb == "serial.noise") {
            link_flag(index, row, Op::impaired, true);
        } else if (verb == "link.restore" || verb == "serial.quiet") {
            link_flag(index, row, Op::impaired, false);
        }
    }
    void
    fault_mark(std::uint32_t index, const Row& row, const std::vector<Detail>& d, bool repair) {
        self.m_faults.push_back({row.t,
                                 index,
                                 repair,
                                 std::string(value_of(d, "id")),
                                 std::string(value_of(d, "verb")),
                                 std::string(trace.name(row.subject)),
                                 {}});
    }
    void evidence(std::uint32_t, const Row& row, const std::vector<Detail>& d) {
        for (FaultMark& mark : self.m_faults) {
            if (row.cause != 0 && trace.rows[mark.row].seq == row.cause) {
                mark.evidence = value_of(d, "text");
            }
        }
    }
    void milestone(std::uint32_t index, const Row& row, const std::vector<Detail>&) {
        self.m_milestones.push_back({row.t, index, std::string(trace.name(row.kind).substr(3))});
    }
    void address_milestone(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        address_here(index, row, d);
        milestone(index, row, d);
    }
    void service_milestone(std::uint32_t index, const Row& row, const std::vector<Detail>& d) {
        service(index, row, d);
        milestone(index, row, d);
    }

    void run() {
        const std::unordered_map<std::string_view, Handler> table{
            {"node.power", &Builder::power},
            {"switch.power", &Builder::power},
            {"bridge.power", &Builder::power},
            {"node.crash", &Builder::crash},
            {"node.boot", &Builder::boot},
            {"node.freeze", &Builder::freeze},
            {"node.thaw", &Builder::thaw},
            {"process.start", &Builder::process_start},
            {"process.end", &Builder::process_end},
            {"pbx.hang", &Builder::hang},
            {"peer.state", &Builder::peer},
            {"group.role", &Builder::role},
            {"ms.address", &Builder::address_milestone},
            {"address.removed", &Builder::address_gone},
            {"link.carrier", &Builder::carrier},
            {"t1.alarm", &Builder::t1_alarm},
            {"t1.plugged", &Builder::t1_plugged},
            {"t1.unplugged", &Builder::t1_unplugged},
            {"ms.service", &Builder::service_milestone},
            {"ms.bridge", &Builder::spans_here},
            {"span.alarm", &Builder::span_alarm},
            {"bridge.unfed", &Builder::unfed},
            {"bridge.heard", &Builder::fed},
            {"bridge.transmit", &Builder::transmit},
            {"dchannel.up", &Builder::d_channel_up},
            {"dchannel.down", &Builder::d_channel_down},
            {"call.started", &Builder::call_started},
            {"call.answered", &Builder::call_answered},
            {"call.ended", &Builder::call_ended},
            {"call.dropped", &Builder::call_dropped},
            {"call.failed", &Builder::call_failed},
            {"fault.inject", &Builder::fault},
            {"fault.clear", &Builder::repair},
            {"fault.evidence", &Builder::evidence},
        };
        std::vector<Handler> handlers(trace.name_count(), nullptr);
        for (NameId id = 0; id < trace.name_count(); ++id) {
            const std::string_view name = trace.name(id);
            if (const auto found = table.find(name); found != table.end()) {
                handlers[id] = found->second;
            } else if (name.starts_with("ms.")) {
                handlers[id] = &Builder::milestone;
            } else if (trace.count_of(id) > 0 && std::ranges::count(quiet_kinds, name) == 0) {
                self.m_unknown_kinds.emplace_back(name, trace.count_of(id));
            }
        }
        for (std::uint32_t i = 0; i < trace.rows.size(); ++i) {
            const Row& row = trace.rows[i];
            if (const Handler handle = handlers[row.kind]; handle != nullptr) {
                (this->*handle)(i, row, trace.details(row));
            }
        }
    }
};

History::History(std::shared_ptr<const Trace> trace) : m_trace(std::move(trace)) {
    Builder(*this).run();
    build_lanes();
}

History::~History() = default;

World History::beginning() const {
    World world;
    const TraceHeader& header = m_trace->header;
    world.nodes.resize(header.nodes.size());
    world.links.resize(header.links.size());
    world.roles.assign(header.nodes.size() * m_groups.size(), Role::none);
    world.owners.assign(header.nodes.size() * m_addresses.size(), 0);
    world.directions.resize(m_directions.size());
    return world;
}

namespace {

/// A kernel that is gone takes all it held with it.
void lose_kernel(World& world, std::size_t node, std::size_t groups, std::size_t addresses) {
    NodeFacts kept;
    kept.powered = world.nodes[node].powered;
    kept.crashed = world.nodes[node].crashed;
    kept.was_off = true;
    kept.alarms = world.nodes[node].alarms;
    world.nodes[node] = kept;
    for (std::size_t group = 0; group < groups; ++group) {
        world.roles[node * groups + group] = Role::none;
    }
    for (std::size_t address = 0; address < addresses; ++address) {
        world.owners[node * addresses + address] = 0;
    }
}

}  // namespace

void History::apply(World& world, const Effect& e) const {
    const bool on = e.value != 0;
    switch (e.op) {
    case Op::power:
        world.nodes[e.a].powered = on;
        if (!on) {
            world.nodes[e.a].crashed = false;
            lose_kernel(world, e.a, m_groups.size(), m_addresses.size());
            for (std::size_t link = 0; link < world.links.size(); ++link) {
                for (std::size_t end = 0; end < 2; ++end) {
                    if (m_link_nodes[link][end] == e.a) {
                        world.links[link].no_carrier[end] = false;
                    }
                }
            }
        }
        break;
    case Op::crash:
        world.nodes[e.a].crashed = true;
        lose_kernel(world, e.a, m_groups.size(), m_addresses.size());
        break;
    case Op::boot:
        world.nodes[e.a].booted = true;
        world.nodes[e.a].crashed = false;
        break;
    case Op::freeze:
        world.nodes[e.a].frozen = on;
        break;
    case Op::daemon:
        world.nodes[e.a].daemon = on;
        break;
    case Op::service:
        world.nodes[e.a].service = on;
        if (!on) {
            world.nodes[e.a].service_hangs = false;
        }
        break;
    case Op::service_hangs:
        world.nodes[e.a].service_hangs = on;
        break;
    case Op::peer_silent:
        world.nodes[e.a].peer_silent = on;
        break;
    case Op::role:
        world.roles[e.a * m_groups.size() + e.b] = static_cast<Role>(e.value);
        break;
    case Op::owner:
        world.owners[e.a * m_addresses.size() + e.b] = e.value;
        break;
    case Op::carrier: {
        bool& lost = world.links[e.a].no_carrier[e.b];
        if (lost == on) {
            lost = !on;
            if (const std::uint32_t node = m_link_nodes[e.a][e.b]; node != nobody) {
                std::uint8_t& count = world.nodes[node].lost_carriers;
                count = static_cast<std::uint8_t>(lost ? count + 1 : (count > 0 ? count - 1 : 0));
            }
        }
        break;
    }
    case Op::alarm: {
        bool& alarm = world.links[e.a].alarm[e.b];
        if (alarm != on) {
            alarm = on;
            if (const std::uint32_t node = m_link_nodes[e.a][e.b]; node != nobody) {
                std::uint8_t& count = world.nodes[node].alarms;
                count = static_cast<std::uint8_t>(alarm ? count + 1 : (count > 0 ? count - 1 : 0));
            }
        }
        break;
    }
    case Op::plugged:
        world.links[e.a].unplugged = !on;
        break;
    case Op::impaired:
        world.links[e.a].impaired = on;
        break;
    case Op::spans:
        world.nodes[e.a].spans = on;
        break;
    case Op::unfed:
        world.nodes[e.a].unfed = on;
        break;
    case Op::transmitting:
        world.nodes[e.a].transmitting = on;
        break;
    case Op::d_channel:
        world.nodes[e.a].d_channel_down = !on;
        break;
    case Op::call_answered:
        ++world.directions[e.a].calls_up;
        break;
    case Op::call_dropped:
        ++world.calls_dropped;
        world.directions[e.a].calls_up -= on ? 1 : 0;
        break;
    case Op::call_over:
        world.directions[e.a].calls_up -= on ? 1 : 0;
        break;
    case Op::call_failed:
        ++world.calls_failed;
        break;
    case Op::probe_answered:
        world.directions[e.a].last_probe_answer = e.t;
        break;
    case Op::fault:
        world.last_fault = e.row;
        break;
    }
}

World History::world_at(Time t) const {
    const auto end = std::ranges::upper_bound(m_effects, t, {}, &Effect::t);
    const auto count = static_cast<std::size_t>(end - m_effects.begin());
    if (m_keyframes.empty()) {
        return beginning();
    }
    const std::size_t frame = std::min(count / effects_per_keyframe, m_keyframes.size() - 1);
    World world = m_keyframes[frame];
    for (std::size_t i = frame * effects_per_keyframe; i < count; ++i) {
        apply(world, m_effects[i]);
    }
    return world;
}

World History::replayed_to(Time t) const {
    World world = beginning();
    for (const Effect& effect : m_effects) {
        if (effect.t <= t) {
            apply(world, effect);
        }
    }
    return world;
}

Shown History::shown_node(const World& world, std::size_t node) const {
    const NodeFacts& facts = world.nodes[node];
    if (!facts.powered) {
        return {State::failed, Reason::no_power};
    }
    if (facts.crashed) {
        return {State::failed, Reason::crashed};
    }
    if (!m_members[node]) {
        if (facts.unfed) {
            return {State::degraded, Reason::unfed};
        }
        if (!facts.transmitting) {
            return {State::degraded, Reason::not_transmitting};
        }
        if (facts.d_channel_down) {
            return {State::degraded, Reason::no_d_channel};
        }
        if (facts.alarms > 0) {
            return {State::degraded, Reason::alarm};
        }
        return facts.lost_carriers > 0 ? Shown{State::degraded, Reason::no_carrier} : Shown{};
    }
    if (!facts.booted) {
        return {State::unknown, facts.was_off ? Reason::booting : Reason::not_booted};
    }
    if (facts.frozen) {
        return {State::failed, Reason::frozen};
    }
    bool takes = false;
    bool active = false;
    bool releases = false;
    bool fault = false;
    for (std::size_t group = 0; group < m_groups.size(); ++group) {
        const Role role = world.roles[node * m_groups.size() + group];
        takes |= role == Role::takeover;
        active |= role == Role::active;
        releases |= role == Role::release;
        fault |= role == Role::fault;
    }
    if (fault) {
        return {State::degraded, Reason::group_failed};
    }
    if (takes) {
        return {State::taking_over, Reason::none};
    }
    if (releases) {
        return {State::degraded, Reason::releasing};
    }
    for (std::size_t address = 0; address < m_addresses.size(); ++address) {
        if (world.owners[node * m_addresses.size() + address] != 0 &&
            owners(world, address).size() > 1) {
            return {State::degraded, Reason::two_owners};
        }
    }
    if (!facts.daemon) {
        return {State::degraded, Reason::no_daemon};
    }
    if (facts.lost_carriers > 0) {
        return {State::degraded, Reason::no_carrier};
    }
    if (facts.service_hangs) {
        return {State::degraded, Reason::service_hangs};
    }
    if (active) {
        return {State::active, Reason::none};
    }
    return facts.peer_silent ? Shown{State::degraded, Reason::peer_silent}
                             : Shown{State::standby, Reason::none};
}

LinkState History::shown_link(const World& world, std::size_t link) const {
    const LinkFacts& facts = world.links[link];
    const auto dead = [&](std::uint32_t node) {
        return node != nobody && !world.nodes[node].powered;
    };
    if (facts.unplugged || facts.no_carrier[0] || facts.no_carrier[1] ||
        dead(m_link_nodes[link][0]) || dead(m_link_nodes[link][1])) {
        return LinkState::down;
    }
    return facts.impaired || facts.alarm[0] || facts.alarm[1] ? LinkState::impaired : LinkState::up;
}

std::vector<std::uint32_t> History::owners(const World& world, std::size_t address) const {
    std::vector<std::uint32_t> out;
    for (std::uint32_t node = 0; node < world.nodes.size(); ++node) {
        if (world.owners[node * m_addresses.size() + address] != 0) {
            out.push_back(node);
        }
    }
    return out;
}

std::uint32_t History::node_of(std::string_view subject) const noexcept {
    const std::string_view id = node_part(subject);
    const auto& nodes = m_trace->header.nodes;
    const auto found = std::ranges::find(nodes, id, &TraceNode::id);
    return found == nodes.end() ? nobody : static_cast<std::uint32_t>(found - nodes.begin());
}

std::uint32_t History::link_of(std::string_view id) const noexcept {
    const auto& links = m_trace->header.links;
    const auto found = std::ranges::find(links, id, &TraceLink::id);
    return found == links.end() ? nobody : static_cast<std::uint32_t>(found - links.begin());
}

const Segment& History::segment_at(std::size_t node, Time t) const {
    const std::vector<Segment>& lane = m_node_lanes[node];
    const auto after = std::ranges::upper_bound(lane, t, {}, &Segment::from);
    return after == lane.begin() ? lane.front() : *(after - 1);
}

void History::build_lanes() {
    World world = beginning();
    const std::size_t nodes = world.nodes.size();
    m_node_lanes.resize(nodes);
    for (std::size_t node = 0; node < nodes; ++node) {
        m_node_lanes[node].push_back({0, shown_node(world, node)});
    }
    m_owner_lanes.assign(m_addresses.size(), {OwnerSegment{}});

    const auto look_at_node = [&](std::size_t node, Time t) {
        std::vector<Segment>& lane = m_node_lanes[node];
        const Shown shown = shown_node(world, node);
        if (lane.back().from == t) {
            lane.back().shown = shown;  // several records of one moment
            if (lane.size() > 1 && lane[lane.size() - 2].shown == shown) {
                lane.pop_back();
            }
        } else if (lane.back().shown != shown) {
            lane.push_back({t, shown});
        }
    };
    const auto look_at_owner = [&](std::size_t address, Time t) {
        std::vector<OwnerSegment>& lane = m_owner_lanes[address];
        std::vector<std::uint32_t> now = owners(world, address);
        const std::uint32_t owner = now.empty() ? nobody : now.size() > 1 ? several : now.front();
        if (lane.back().everyone == now) {
            return;
        }
        if (lane.back().from == t) {
            lane.back() = {t, owner, std::move(now)};
        } else {
            lane.push_back({t, owner, std::move(now)});
        }
    };
    for (std::size_t i = 0; i < m_effects.size(); ++i) {
        if (i % effects_per_keyframe == 0) {
            m_keyframes.push_back(world);
        }
        const Effect& effect = m_effects[i];
        apply(world, effect);
        switch (effect.op) {
        case Op::call_answered:
        case Op::call_over:
        case Op::call_dropped:
            m_directions[effect.a].calls.push_back({effect.t, world.directions[effect.a].calls_up});
            break;
        case Op::call_failed:
        case Op::probe_answered:
        case Op::fault:
        case Op::plugged:
        case Op::impaired:
            break;
        case Op::carrier:
        case Op::alarm:
            if (const std::uint32_t node = m_link_nodes[effect.a][effect.b]; node != nobody) {
                look_at_node(node, effect.t);
            }
            break;
        case Op::owner:
            look_at_owner(effect.b, effect.t);
            for (std::size_t node = 0; node < nodes; ++node) {
                if (m_members[node]) {
                    look_at_node(node, effect.t);  // two owners concern both
                }
            }
            break;
        case Op::power:
        case Op::crash:
            for (std::size_t address = 0; address < m_addresses.size(); ++address) {
                look_at_owner(address, effect.t);
            }
            for (std::size_t node = 0; node < nodes; ++node) {
                look_at_node(node, effect.t);
            }
            break;
        case Op::boot:
        case Op::freeze:
        case Op::daemon:
        case Op::service:
        case Op::service_hangs:
        case Op::peer_silent:
        case Op::role:
        case Op::spans:
        case Op::unfed:
        case Op::transmitting:
        case Op::d_channel:
            look_at_node(effect.a, effect.t);
            break;
        }
    }
}

}  // namespace gui
