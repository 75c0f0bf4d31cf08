// SPDX-License-Identifier: GPL-2.0-or-later
// Faults as they stand in a timeline or a soak: one row per verb, with its keys. What a verb may be
// aimed at is checked here; whether it can take effect when it is due, only the run can say.
#include <algorithm>

#include "quantities.hpp"
#include "reader.hpp"

namespace sim {

namespace {

constexpr std::array<std::pair<std::string_view, Target::Role>, 3> roles{
    {{"active-node", Target::Role::active_node},
     {"vip-owner", Target::Role::vip_owner},
     {"standby", Target::Role::standby}}};

constexpr std::array<std::pair<std::string_view, cluster::ResourceScope>, 3> scopes{
    {{"all", cluster::ResourceScope::all},
     {"local", cluster::ResourceScope::local},
     {"foreign", cluster::ResourceScope::foreign}}};

constexpr std::array<std::pair<std::string_view, SpanAlarmKind>, 3> alarms{
    {{"red", SpanAlarmKind::red},
     {"yellow", SpanAlarmKind::yellow},
     {"blue", SpanAlarmKind::blue}}};

using Words = std::vector<std::string_view>;

// ---------------------------------------------------------------- targets

/// What a fault can be aimed at.
struct Aims {
    Words ids;
    Words members;  ///< "random(members)"; with these the roles are aims, too
    Words links;    ///< "random(links)"
};

Aims nodes(const Scenario& scenario, std::initializer_list<NodeKind> kinds) {
    Aims aims{ids_of(scenario.topology, kinds), {}, {}};
    if (std::find(kinds.begin(), kinds.end(), NodeKind::server) != kinds.end()) {
        aims.members.assign(scenario.cluster.members.begin(), scenario.cluster.members.end());
    }
    return aims;
}

Aims members(const Scenario& scenario) {
    const Words all{scenario.cluster.members.begin(), scenario.cluster.members.end()};
    return {all, all, {}};
}

Aims links(const Scenario& scenario, std::initializer_list<LinkType> types) {
    Words ids;
    for (const LinkSpec& link : scenario.topology.links) {
        if (std::find(types.begin(), types.end(), link.type) != types.end()) {
            ids.emplace_back(link.id);
        }
    }
    return {ids, {}, ids};
}

Aims any_link(const Scenario& scenario) {
    return links(scenario, {LinkType::ethernet, LinkType::serial, LinkType::t1});
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    return first == std::string_view::npos
               ? std::string_view{}
               : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// "random(a, b)", "random(members)", "random(links)".
void read_random(const Cursor& cursor, std::string_view list, const Aims& aims, Target& target) {
    const auto take = [&](const Words& words) { target.among.assign(words.begin(), words.end()); };
    if (list == "members" && !aims.members.empty()) {
        return take(aims.members);
    }
    if (list == "links" && !aims.links.empty()) {
        return take(aims.links);
    }
    for (bool more = true; more;) {
        const std::size_t comma = list.find(',');
        const std::string_view id = trimmed(list.substr(0, comma));
        if (std::find(aims.ids.begin(), aims.ids.end(), id) == aims.ids.end()) {
            cursor.wrong_reference("\"random(…)\" of " + cursor.one_of(aims.ids));
            return;
        }
        target.among.emplace_back(id);
        more = comma != std::string_view::npos;
        list.remove_prefix(more ? comma + 1 : list.size());
    }
}

Target read_target(ObjectCursor& object, Aims aims) {
    Target target;
    const auto cursor = object.need(
        "target",
        "\"target\": " +
            (aims.ids.empty() ? "an id" : quoted_list({aims.ids.front()}) + " or another id"));
    if (!cursor) {
        return target;
    }
    if (!aims.members.empty()) {
        for (const auto& [word, role] : roles) {
            if (cursor->json() == word) {
                target.role = role;
                return target;
            }
        }
    }
    constexpr std::string_view opening = "random(";
    const std::string_view text = cursor->json().is_string()
                                      ? cursor->json().get_ref<const std::string&>()
                                      : std::string_view{};
    if (text.substr(0, opening.size()) == opening && text.back() == ')') {
        target.role = Target::Role::random;
        read_random(*cursor,
                    trimmed(text.substr(opening.size(), text.size() - opening.size() - 1)),
                    aims,
                    target);
        return target;
    }
    if (!aims.members.empty()) {
        for (const auto& [word, role] : roles) {
            aims.ids.push_back(word);
        }
    }
    target.id = read_reference(*cursor, aims.ids).value_or("");
    return target;
}

Target server(ObjectCursor& object, const Scenario& scenario) {
    return read_target(object, nodes(scenario, {NodeKind::server}));
}

Target fonebridge(ObjectCursor& object, const Scenario& scenario) {
    return read_target(object, nodes(scenario, {NodeKind::fonebridge}));
}

Target network_switch(ObjectCursor& object, const Scenario& scenario) {
    return read_target(object, nodes(scenario, {NodeKind::network_switch}));
}

Target serial_line(ObjectCursor& object, const Scenario& scenario) {
    return read_target(object, links(scenario, {LinkType::serial}));
}

// ---------------------------------------------------------------- values

/// Each leaves `value` as it is when the key is absent or wrong.
void get_duration(ObjectCursor& object,
                  std::string_view key,
                  Duration& value,
                  bool positive = true) {
    if (const auto cursor = object.get(key)) {
        value = cursor->duration(positive).value_or(value);
    }
}

void get_duration(ObjectCursor& object, std::string_view key, std::optional<Duration>& value) {
    if (const auto cursor = object.get(key)) {
        value = cursor->duration();
    }
}

void get_number(ObjectCursor& object, std::string_view key, double min, double max, double& value) {
    if (const auto cursor = object.get(key)) {
        value = cursor->number(min, max).value_or(value);
    }
}

void get_probability(ObjectCursor& object, std::string_view key, std::optional<double>& value) {
    if (const auto cursor = object.get(key)) {
        value = cursor->number(0, 1);
    }
}

void get_integer(ObjectCursor& object, std::string_view key, int& value) {
    if (const auto cursor = object.get(key)) {
        value = static_cast<int>(cursor->integer(1, 1000).value_or(value));
    }
}

/// "-30s", "+1.5s", "2min".
std::optional<Duration> signed_duration(const Cursor& cursor) {
    std::string_view text = cursor.json().is_string() ? cursor.json().get_ref<const std::string&>()
                                                      : std::string_view{};
    const bool negative = !text.empty() && text.front() == '-';
    if (!text.empty() && (negative || text.front() == '+')) {
        text.remove_prefix(1);
    }
    const auto value = parse_duration(text);
    if (!value || value->count() == 0) {
        cursor.wrong("a duration other than zero, with a sign if it goes back, such as \"-30s\"");
        return std::nullopt;
    }
    return negative ? -*value : *value;
}

// ---------------------------------------------------------------- the verbs

template <class F, Target (*Aim)(ObjectCursor&, const Scenario&)>
Fault plain(ObjectCursor& object, const Scenario& scenario) {
    F fault;
    fault.target = Aim(object, scenario);
    return fault;
}

Target powered(ObjectCursor& object, const Scenario& scenario) {
    return read_target(
        object,
        nodes(scenario,
              {NodeKind::server, NodeKind::network_switch, NodeKind::fonebridge, NodeKind::ups}));
}

Target a_link(ObjectCursor& object, const Scenario& scenario) {
    return read_target(object, any_link(scenario));
}

Target ethernet(ObjectCursor& object, const Scenario& scenario) {
    return read_target(object, links(scenario, {LinkType::ethernet}));
}

Target t1_line(ObjectCursor& object, const Scenario& scenario) {
    return read_target(object, links(scenario, {LinkType::t1}));
}

Target telco(ObjectCursor& object, const Scenario& scenario) {
    return read_target(object, nodes(scenario, {NodeKind::pstn, NodeKind::sip_provider}));
}

Target ups(ObjectCursor& object, const Scenario& scenario) {
    return read_target(object, nodes(scenario, {NodeKind::ups}));
}

Fault power_on(ObjectCursor& object, const Scenario& scenario) {
    PowerOn fault{powered(object, scenario), default_boot_time};
    get_duration(object, "boot", fault.boot, false);
    return fault;
}

Fault ups_repair(ObjectCursor& object, const Scenario& scenario) {
    UpsRepair fault{ups(object, scenario), default_boot_time};
    get_duration(object, "boot", fault.boot, false);
    return fault;
}

Fault cpu_starve(ObjectCursor& object, const Scenario& scenario) {
    CpuStarve fault;
    fault.target = server(object, scenario);
    get_number(object, "slowdown", 1, 1e6, fault.slowdown);
    get_duration(object, "stall", fault.stall, false);
    get_duration(object, "period", fault.period);
    if (fault.stall > fault.period) {
        if (const auto stall = object.get("stall")) {
            stall->wrong("at most \"period\", " + format_quantity(fault.period));
        }
    }
    return fault;
}

std::string read_process(ObjectCursor& object, const Scenario& scenario) {
    Words known{"heartbeat"};
    for (const auto& [word, model] : scenario.cluster.resources) {
        known.emplace_back(word);
    }
    const auto process = object.need(
        "process", "\"process\": \"heartbeat\" or a word of haresources that has a model");
    return process ? read_reference(*process, known).value_or("") : "";
}

Fault process_kill(ObjectCursor& object, const Scenario& scenario) {
    ProcessKill fault;
    fault.target = server(object, scenario);
    fault.process = read_process(object, scenario);
    get_duration(object, "restart", fault.restart);
    if (fault.restart && fault.process != "heartbeat") {
        object.get("restart")->wrong("\"restart\" only with \"process\": \"heartbeat\"");
    }
    return fault;
}

template <class F>
Fault of_process(ObjectCursor& object, const Scenario& scenario) {
    F fault;
    fault.target = server(object, scenario);
    fault.process = read_process(object, scenario);
    return fault;
}

Fault link_flap(ObjectCursor& object, const Scenario& scenario) {
    LinkFlap fault;
    fault.target = a_link(object, scenario);
    get_duration(object, "down", fault.down);
    get_duration(object, "up", fault.up);
    get_integer(object, "times", fault.times);
    return fault;
}

/// The ids at the ends of the target link; empty when the target is drawn.
Words ends_of(const Scenario& scenario, const Target& target) {
    const LinkSpec* link = scenario.topology.link(target.id);
    return link == nullptr ? Words{} : Words{link->ends[0].node, link->ends[1].node};
}

/// The key names one end of the target link.
void get_end(ObjectCursor& object,
             std::string_view key,
             const Scenario& scenario,
             const Target& target,
             std::string& value) {
    if (const auto cursor = object.get(key)) {
        if (target.role == Target::Role::random) {
            cursor->wrong("no \"" + std::string(key) + "\" where the link is drawn");
        } else {
            value = read_reference(*cursor, ends_of(scenario, target)).value_or("");
        }
    }
}

Fault link_impair(ObjectCursor& object, const Scenario& scenario) {
    LinkImpair fault;
    fault.target = ethernet(object, scenario);
    get_end(object, "from", scenario, fault.target, fault.from);
    get_probability(object, "loss", fault.loss);
    get_probability(object, "duplicate", fault.duplicate);
    get_probability(object, "reorder", fault.reorder);
    get_probability(object, "corrupt", fault.corrupt);
    get_duration(object, "delay", fault.delay);
    get_duration(object, "jitter", fault.jitter);
    const auto rate = object.get("rate");
    if (rate) {
        fault.bits_per_second = rate->rate();
    }
    if (const auto burst = object.get("burst")) {
        fault.burst = burst->duration().value_or(Duration{});
        if (!object.get("loss")) {
            burst->wrong("\"burst\" only with \"loss\"");
        }
    }
    constexpr std::array<std::string_view, 7> qualities{
        "loss", "duplicate", "reorder", "corrupt", "delay", "jitter", "rate"};
    if (std::none_of(qualities.begin(), qualities.end(), [&](std::string_view key) {
            return object.get(key).has_value();
        })) {
        object.cursor().wrong("nothing that is impaired",
                              "one or more of " +
                                  quoted_list({qualities.begin(), qualities.end()}));
    }
    return fault;
}

std::vector<std::string>
read_group(const Cursor& list, const Words& known, std::vector<std::string>& seen) {
    std::vector<std::string> group;
    list.each("ids of nodes", [&](const Cursor& item) {
        if (auto node = read_reference(item, known)) {
            claim_id(item, *node, seen, "node");
            group.push_back(std::move(*node));
        }
    });
    if (list.json().is_array() && list.json().empty()) {
        list.wrong("at least one node");
    }
    return group;
}

Fault partition(ObjectCursor& object, const Scenario& scenario) {
    Partition fault;
    const auto known = ids_of(scenario.topology,
                              {NodeKind::server,
                               NodeKind::client,
                               NodeKind::fonebridge,
                               NodeKind::phones,
                               NodeKind::sip_provider});
    if (const auto groups = object.need("groups", "\"groups\": lists of nodes that are apart")) {
        std::vector<std::string> seen;
        groups->each("lists of nodes", [&](const Cursor& item) {
            fault.groups.push_back(read_group(item, known, seen));
        });
        if (groups->json().is_array() && groups->json().size() < 2) {
            groups->wrong("at least two groups");
        }
    }
    if (const auto one_way = object.get("one_way")) {
        if (one_way->json().is_boolean()) {
            fault.one_way = one_way->json().get<bool>();
        } else {
            one_way->wrong("true or false");
        }
    }
    for (const auto& group : fault.groups) {
        fault.target.id += fault.target.id.empty() ? "" : (fault.one_way ? " > " : " | ");
        for (std::size_t i = 0; i < group.size(); ++i) {
            fault.target.id += (i == 0 ? "" : ", ") + group[i];
        }
    }
    return fault;
}

Fault partition_heal(ObjectCursor&, const Scenario&) {
    return PartitionHeal{};
}

Fault serial_noise(ObjectCursor& object, const Scenario& scenario) {
    SerialNoise fault;
    fault.target = serial_line(object, scenario);
    get_number(object, "probability", 0, 1, fault.probability);
    return fault;
}

Fault switch_reboot(ObjectCursor& object, const Scenario& scenario) {
    SwitchReboot fault;
    fault.target = network_switch(object, scenario);
    get_duration(object, "takes", fault.takes);
    return fault;
}

Fault lose_reply(ObjectCursor& object, const Scenario& scenario) {
    BridgeLoseReply fault;
    fault.target = fonebridge(object, scenario);
    get_integer(object, "number", fault.number);
    return fault;
}

Fault span_alarm(ObjectCursor& object, const Scenario& scenario) {
    SpanAlarm fault;
    fault.target = t1_line(object, scenario);
    get_end(object, "seen_by", scenario, fault.target, fault.seen_by);
    if (const auto alarm = object.get("alarm")) {
        fault.alarm = alarm->word(alarms).value_or(fault.alarm);
    }
    return fault;
}

/// Whether it is a word of haresources is checked when that was read.
std::string read_resource(ObjectCursor& object) {
    const auto resource = object.need("resource", "\"resource\": a word of haresources");
    return resource ? resource->text().value_or("") : "";
}

template <class F>
Fault of_resource(ObjectCursor& object, const Scenario& scenario) {
    F fault;
    fault.target = read_target(object, members(scenario));
    fault.resource = read_resource(object);
    if constexpr (std::is_same_v<F, ResourceStartFail>) {
        get_integer(object, "times", fault.times);
    }
    return fault;
}

Fault start_slow(ObjectCursor& object, const Scenario& scenario) {
    ResourceStartSlow fault;
    fault.target = read_target(object, members(scenario));
    fault.resource = read_resource(object);
    get_duration(object, "takes", fault.takes);
    get_number(object, "factor", 0.001, 1e6, fault.factor);
    if (object.get("takes") && object.get("factor")) {
        object.cursor().wrong("both \"takes\" and \"factor\"", "one of them");
    }
    return fault;
}

Fault clock_step(ObjectCursor& object, const Scenario& scenario) {
    ClockStep fault;
    fault.target = server(object, scenario);
    if (const auto by = object.need("by", "\"by\": a duration such as \"-30s\"")) {
        fault.by = signed_duration(*by).value_or(Duration{});
    }
    return fault;
}

Fault clock_drift(ObjectCursor& object, const Scenario& scenario) {
    ClockDrift fault;
    fault.target = server(object, scenario);
    if (const auto ppm = object.need("ppm", "\"ppm\": how fast the clock runs away, such as 100")) {
        fault.ppm = ppm->number(-100'000, 100'000).value_or(0);
    }
    return fault;
}

template <cluster::AdminCommand::Kind K>
Fault operator_command(ObjectCursor& object, const Scenario& scenario) {
    OperatorCommand fault{read_target(object, members(scenario)), {K, cluster::ResourceScope::all}};
    if constexpr (K != cluster::AdminCommand::Kind::stop) {
        if (const auto scope = object.get("scope")) {
            fault.command.scope = scope->word(scopes).value_or(cluster::ResourceScope::all);
        }
    }
    return fault;
}

/// The file itself is read later: where it stands depends on the file that names it.
Fault config_reload(ObjectCursor& object, const Scenario& scenario) {
    ConfigReload fault;
    fault.target = read_target(object, members(scenario));
    if (const auto keys = object.get("authkeys")) {
        fault.authkeys = keys->text("the path of a file").value_or("");
        if (keys->json().is_string() &&
            (fault.authkeys.empty() || fault.authkeys.find('\0') != std::string::npos)) {
            keys->wrong("the path of a file, relative to the scenario file");
            fault.authkeys.clear();
        }
    }
    return fault;
}

using Reader = Fault (*)(ObjectCursor&, const Scenario&);
using Command = cluster::AdminCommand::Kind;

constexpr std::array<std::pair<std::string_view, Reader>, 51> verbs{
    {{"power.off", plain<PowerOff, powered>},
     {"power.on", power_on},
     {"node.crash", plain<NodeCrash, server>},
     {"node.freeze", plain<NodeFreeze, server>},
     {"node.thaw", plain<NodeThaw, server>},
     {"node.cpu_starve", cpu_starve},
     {"node.cpu_recover", plain<CpuRecover, server>},
     {"process.kill", process_kill},
     {"process.hang", of_process<ProcessHang>},
     {"process.resume", of_process<ProcessResume>},
     {"link.down", plain<LinkDown, a_link>},
     {"link.up", plain<LinkUp, a_link>},
     {"link.flap", link_flap},
     {"link.impair", link_impair},
     {"link.restore", plain<LinkRestore, ethernet>},
     {"partition", partition},
     {"partition.heal", partition_heal},
     {"serial.unplug", plain<LinkDown, serial_line>},
     {"serial.plug", plain<LinkUp, serial_line>},
     {"serial.noise", serial_noise},
     {"serial.quiet", plain<SerialQuiet, serial_line>},
     {"switch.off", plain<PowerOff, network_switch>},
     {"switch.on", plain<PowerOn, network_switch>},
     {"switch.reboot", switch_reboot},
     {"switch.arp_stale", plain<SwitchArpStale, network_switch>},
     {"switch.arp_fresh", plain<SwitchArpFresh, network_switch>},
     {"bridge.off", plain<PowerOff, fonebridge>},
     {"bridge.on", plain<PowerOn, fonebridge>},
     {"bridge.reboot", plain<BridgeReboot, fonebridge>},
     {"bridge.lose_reply", lose_reply},
     {"span.alarm", span_alarm},
     {"span.clear", plain<SpanClear, t1_line>},
     {"resource.start_fail", of_resource<ResourceStartFail>},
     {"resource.start_slow", start_slow},
     {"resource.stop_hang", of_resource<ResourceStopHang>},
     {"resource.stop_fail", of_resource<ResourceStopFail>},
     {"resource.heal", of_resource<ResourceHeal>},
     {"clock.step", clock_step},
     {"clock.drift", clock_drift},
     {"disk.full", plain<DiskFull, server>},
     {"disk.free", plain<DiskFree, server>},
     {"disk.fail", plain<DiskFail, server>},
     {"upstream.down", plain<UpstreamDown, telco>},
     {"upstream.up", plain<UpstreamUp, telco>},
     {"ups.fail", plain<UpsFail, ups>},
     {"ups.repair", ups_repair},
     {"operator.standby", operator_command<Command::standby>},
     {"operator.takeover", operator_command<Command::takeover>},
     {"operator.promote", operator_command<Command::takeover>},
     {"operator.stop", operator_command<Command::stop>},
     {"config.reload", config_reload}}};

}  // namespace

std::optional<Fault>
read_fault(const Cursor& word, ObjectCursor& object, const Scenario& scenario) {
    const auto reader = word.word(verbs);
    return reader ? std::optional((*reader)(object, scenario)) : std::nullopt;
}

}  // namespace sim
