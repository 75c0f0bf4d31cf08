// SPDX-License-Identifier: GPL-2.0-or-later
// One run: builds the testbed, lets it live through the timeline, and judges what was recorded.
#include "run/run.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <ns3/global-value.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/simulator.h>
#include <ns3/string.h>

#include "model/event.hpp"
#include "report/text_report.hpp"
#include "run/event_log.hpp"
#include "run/expectations.hpp"
#include "run/fault_injector.hpp"
#include "run/implementation.hpp"
#include "run/invariants.hpp"
#include "run/lanes.hpp"
#include "run/observer.hpp"
#include "run/pcapng.hpp"
#include "run/probes.hpp"
#include "run/second_world.hpp"
#include "run/testbed.hpp"
#include "run/trace.hpp"

namespace sim {

namespace {

using namespace std::chrono_literals;
using models::to_time;

std::int64_t now_ns() {
    return ns3::Simulator::Now().GetNanoSeconds();
}

// Holders of addresses and spans are looked at after every fault and every completed action, and
// this often besides.
constexpr Duration sample_interval = 100ms;
// Probe calls begin this long before the first fault: long enough to know what is usual.
constexpr Duration probe_lead = 10s;
// Calls over time are counted in this many parts of the run.
constexpr std::int64_t parts_of_run = 60;

/// ns-3's simulator is one per process; this ends it, whatever happens.
struct SimulatorLife {
    SimulatorLife() {
        ns3::GlobalValue::Bind(
            "SchedulerType",
            ns3::StringValue("ns3::PriorityQueueScheduler"));  // the fastest measured
        ns3::RngSeedManager::SetSeed(
            1);  // our models draw from their own streams; ns-3's own are at least fixed
    }
    SimulatorLife(const SimulatorLife&) = delete;
    SimulatorLife& operator=(const SimulatorLife&) = delete;
    ~SimulatorLife() { ns3::Simulator::Destroy(); }
};

/// Those that are switched off for the implementation of this run.
std::vector<DisabledInvariant> invariants_off(const Scenario& scenario) {
    std::vector<DisabledInvariant> off = scenario.disabled_invariants;
    std::erase_if(off, [&](const DisabledInvariant& invariant) {
        return !concerns(invariant.implementation, scenario.cluster.implementation);
    });
    return off;
}

/// The native files of a member as they stand on disk: DIR/<member>/* over DIR/*.
ConfigTexts read_texts(const Scenario& scenario, const std::string& member) {
    const std::filesystem::path directory = scenario.cluster.directory_path;
    ConfigTexts texts;
    for (const char* name : {"ha.cf", "haresources", "authkeys", "redfone.conf"}) {
        for (const auto& place : {directory, directory / member}) {
            if (std::ifstream in{place / name, std::ios::binary}; in) {
                std::ostringstream text;
                text << in.rdbuf();
                texts[name] = std::move(text).str();
            }
        }
    }
    return texts;
}

/// Lines "<ns> <id> <target>".
std::vector<AppliedFault> read_faults(const std::string& text) {
    std::vector<AppliedFault> faults;
    std::istringstream lines{text};
    std::int64_t at = 0;
    AppliedFault fault;
    while (lines >> at >> fault.id && std::getline(lines >> std::ws, fault.target)) {
        fault.at = Duration{at};
        faults.push_back(fault);
    }
    return faults;
}

std::string_view lane_word(cluster::NodePhase phase) {
    switch (phase) {
    case cluster::NodePhase::init:
        return "init";
    case cluster::NodePhase::up:
        return "up";
    case cluster::NodePhase::active:
        return "active";
    case cluster::NodePhase::stopping:
        return "stopping";
    case cluster::NodePhase::stopped:
        return "stopped";
    }
    return "";
}

std::string_view lane_word(cluster::GroupRole role) {
    switch (role) {
    case cluster::GroupRole::standby:
        return "standby";
    case cluster::GroupRole::takeover:
        return "takeover";
    case cluster::GroupRole::active:
        return "active";
    case cluster::GroupRole::release:
        return "release";
    case cluster::GroupRole::fault:
        return "fault";
    }
    return "";
}

std::pair<std::string_view, std::string_view> rule_words(const cluster::PolicyDecision& made) {
    using Rule = cluster::PolicyDecision::Rule;
    using Decision = cluster::PolicyDecision::Decision;
    std::string_view rule;
    switch (made.rule) {
    case Rule::carrier:
        rule = "carrier";
        break;
    case Rule::ping_tie_break:
        rule = "ping-tie-break";
        break;
    case Rule::woke_up:
        rule = "woke-up";
        break;
    case Rule::returned:
        rule = "returned";
        break;
    case Rule::start_failure:
        rule = "start-failure";
        break;
    case Rule::stop_failure:
        rule = "stop-failure";
        break;
    case Rule::daemon_death:
        rule = "daemon-death";
        break;
    case Rule::bridge_stream:
        rule = "bridge-stream";
        break;
    }
    std::string_view decision;
    switch (made.decision) {
    case Decision::keeps:
        decision = "keeps";
        break;
    case Decision::takes_nothing:
        decision = "takes nothing";
        break;
    case Decision::releases:
        decision = "releases";
        break;
    case Decision::waits:
        decision = "waits";
        break;
    case Decision::retries:
        decision = "retries";
        break;
    case Decision::settled:
        decision = "settled";
        break;
    case Decision::points:
        decision = "points the bridge here";
        break;
    case Decision::leaves:
        decision = "leaves the bridge";
        break;
    }
    return {rule, decision};
}

class Engine {
  public:
    Engine(const Scenario& scenario, const RunOptions& options)
        : m_scenario(scenario), m_options(options),
          m_trace(options.trace, options.trace_file, &now_ns), m_context{m_trace, options.seed},
          m_invariants(scenario.cluster.members, groups(), invariants_off(scenario)),
          m_observer(scenario.cluster.members, shared_resources(), m_invariants) {}

    RunResult run() {
        try {
            return run_first_world();
        } catch (const std::exception& error) {
            if (m_nobody_acts) {
                m_second_world.give_up(error.what());
            }
            throw;
        }
    }

  private:
    RunResult run_first_world() {
        open_event_logs();
        m_trace.header({.scenario = m_scenario.id,
                        .digest = m_scenario.digest,
                        .seed = m_options.seed,
                        .tool = "understudy " UNDERSTUDY_VERSION,
                        .ns3 = fmt::format("3.{}", NS3_MINOR),
                        .implementation = std::string{name(m_scenario.cluster.implementation)},
                        .topology = &m_scenario.topology});
        m_testbed = std::make_unique<Testbed>(
            m_scenario,
            m_context,
            DaemonHooks{
                .started = [this](std::size_t member,
                                  auto snapshot) { daemon_started(member, snapshot); },
                .told = [this](std::size_t member,
                               const auto& now,
                               const auto& event,
                               const auto& actions) { daemon_told(member, now, event, actions); },
                .lost = [this](std::size_t member) { m_invariants.node_lost(now_ns(), member); }});
        m_injector = std::make_unique<FaultInjector>(
            m_scenario,
            *m_testbed,
            FaultInjector::Hooks{
                .begins =
                    [this](const std::string& verb_word, const std::string& target) {
                        part_worlds();
                        m_observer.tell(now_ns(), verb_word + " " + target);
                    },
                .applied = [this](const std::string& target) { fault_applied(target); },
                .check = [this](const TimelineEntry& entry,
                                const Check& check) { check_now(entry, check); },
                .failed = [this](std::string reason) { fail(std::move(reason)); }});
        start_captures();
        make_lanes();
        sample_lanes(0);
        m_injector->schedule();
        if (m_injector->waits()) {
            m_trace.on_record = [this](std::string_view kind, std::string_view subject) {
                if (kind == "ms.address") {
                    m_injector->heard(After::Event::address_up, std::string{subject});
                } else if (kind == "ms.service") {
                    m_injector->heard(After::Event::service_up, std::string{subject});
                }
            };
        }
        start_load();
        models::post(to_time(sample_interval), [this] { sample_regularly(); });
        if (m_options.progress) {
            models::post(to_time(1s), [this] { report_progress(); });
        }
        ns3::Simulator::Stop(to_time(m_scenario.stop_at));
        ns3::Simulator::Run();
        if (m_nobody_acts) {
            m_second_world.answer(calls_lost());
        }
        if (m_second_world.exists()) {
            if (m_injector->depends_on_daemons()) {
                for (const AppliedFault& fault : m_injector->faults()) {
                    m_second_world.tell(
                        fmt::format("{} {} {}", fault.at.count(), fault.id, fault.target));
                }
            }
            m_second_world.tell_no_more();
        }
        if (m_failure.empty()) {
            m_failure = m_injector->conclude();
        }
        if (!m_failure.empty()) {
            throw std::runtime_error(m_failure);
        }
        for (const auto& capture : m_captures) {
            capture->finish();
        }
        RunResult result = conclude_run();
        for (auto& log : m_event_logs) {
            log->finish();
        }
        return result;
    }

    void start_captures() {
        if (m_options.pcap_dir.empty()) {
            return;
        }
        std::filesystem::create_directories(m_options.pcap_dir);
        for (const auto& [id, link] : m_testbed->lan_links()) {
            auto& file = m_captures.emplace_back(std::make_unique<PcapngWriter>(
                (std::filesystem::path{m_options.pcap_dir} / (id + ".pcapng")).string(), id));
            link->capture = [writer = file.get()](const models::Frame& frame) {
                writer->add(now_ns(), frame);
            };
        }
    }

    [[nodiscard]] const cluster::HaResources& shared_resources() const {
        // haresources must be the same on all members (heartbeat demands it); the first member's
        // stands for all.
        return m_scenario.cluster.files.at(m_scenario.cluster.members.front()).resources;
    }

    [[nodiscard]] std::vector<Invariants::Group> groups() const {
        std::vector<Invariants::Group> result;
        for (const auto& group : shared_resources().groups) {
            Invariants::Group& made = result.emplace_back();
            for (const auto& word : group.resources) {
                made.words.push_back(word.text);
                const auto address = word.script == "IPaddr" || word.script == "IPaddr2"
                                         ? cluster::parse_address_spec(word.arguments.empty()
                                                                           ? word.text
                                                                           : word.arguments.front())
                                         : std::nullopt;
                if (address) {
                    made.addresses.push_back(address->address);
                }
            }
        }
        return result;
    }

    void fail(std::string reason) {
        if (m_nobody_acts) {
            return;  // what a fault was to strike need not be there where nobody acts
        }
        if (m_failure.empty()) {
            m_failure = std::move(reason);
        }
        ns3::Simulator::Stop();
    }

    void open_event_logs() {
        if (m_options.event_log_dir.empty()) {
            return;
        }
        std::filesystem::create_directories(m_options.event_log_dir);
        m_event_logs.resize(m_scenario.cluster.members.size());
    }

    // ------------------------------------------------------------ had nobody acted

    /// At the first fault: the run goes on twice, here as it is and in a copy of this process where
    /// every daemon stands still from now on. Only the calls of the workload are compared.
    void part_worlds() {
        if (m_first_fault) {
            return;
        }
        m_first_fault = now_ns();
        if (auto* telephones = m_testbed->call_centre(); telephones != nullptr) {
            telephones->outage_begins();
        }
        if (m_calls.empty() || !m_second_world.split()) {
            return;
        }
        if (m_injector->depends_on_daemons()) {
            m_injector->follow(read_faults(m_second_world.told()));
        }
        m_nobody_acts = true;
        for (const auto& capture : m_captures) {
            capture->abandon();
        }
        m_trace.abandon();
        for (auto& log : m_event_logs) {
            (void)log.release();  // its file is the first world's
        }
        m_event_logs.clear();
        if (m_probes) {
            m_probes->stop();
        }
        m_testbed->retire_daemons();
    }

    [[nodiscard]] CallsLost calls_lost() const {
        CallsLost sum;
        for (const auto& calls : m_calls) {
            const CallsLost lost = calls->lost_since(*m_first_fault);
            sum.dropped += lost.dropped;
            sum.unanswered += lost.unanswered;
        }
        return sum;
    }

    // ------------------------------------------------------------ hooks

    void daemon_started(std::size_t member, std::span<const std::byte> snapshot) {
        m_invariants.daemon_started(now_ns(), member);
        m_lanes.set(m_member_lanes[member].daemon, now_ns(), "init");
        if (m_event_logs.empty()) {
            return;
        }
        auto& log = m_event_logs[member];
        if (!log) {
            const auto& options = m_testbed->members()[member].options;
            log = std::make_unique<EventLogWriter>(
                (std::filesystem::path{m_options.event_log_dir} / (options.name + ".eventlog"))
                    .string(),
                options,
                read_texts(m_scenario, options.name));
        }
        log->start(snapshot);
    }

    void daemon_told(std::size_t member,
                     const cluster::Now& now,
                     const cluster::Event& event,
                     const std::vector<cluster::IssuedAction>& actions) {
        for (const cluster::IssuedAction& issued : actions) {
            if (const auto* report = std::get_if<cluster::Report>(&issued.action);
                report != nullptr) {
                m_observer.reported(
                    now_ns(), member, report->body, static_cast<std::uint64_t>(m_trace.current()));
                reported_lane(member, report->body);
                reported_rule(member, report->body);
                if (m_injector) {
                    m_injector->reported(m_scenario.cluster.members[member], report->body);
                }
            }
        }
        if (std::holds_alternative<cluster::ActionCompleted>(event)) {
            sample();
        }
        if (!m_event_logs.empty()) {
            m_event_logs[member]->add(now, event, actions);
        }
    }

    void fault_applied(const std::string& target) {
        const std::size_t member = m_testbed->member_index(target);
        if (member != Testbed::npos) {
            m_invariants.node_scheduled(
                now_ns(), member, !m_testbed->members()[member].host->frozen());
        }
        sample();
    }

    // ------------------------------------------------------------ looking at what nodes hold

    struct MemberLanes {
        std::size_t node = 0;
        std::size_t daemon = 0;
        std::vector<std::size_t> groups;
        std::vector<std::size_t> addresses;
        std::optional<std::size_t> service;
        std::optional<std::size_t> trunk;
    };

    void make_lanes() {
        for (const auto& member : m_testbed->members()) {
            MemberLanes& lanes = m_member_lanes.emplace_back();
            lanes.node = m_lanes.add(member.name, "node");
            lanes.daemon = m_lanes.add(member.name, "daemon");
            for (const auto& group : shared_resources().groups) {
                lanes.groups.push_back(m_lanes.add(
                    member.name,
                    "group",
                    group.resources.empty() ? group.node : group.resources.front().text));
            }
            for (const std::string& address : m_testbed->virtual_addresses()) {
                lanes.addresses.push_back(m_lanes.add(member.name, "address", address));
            }
            if (member.pbx != nullptr) {
                lanes.service = m_lanes.add(member.name, "service");
                lanes.trunk = m_lanes.add(member.name, "trunk");
            }
        }
        for (const auto& [bridge_name, bridge] : m_testbed->bridges()) {
            m_bridge_lanes.push_back(m_lanes.add(bridge_name, "stream"));
        }
    }

    void reported_lane(std::size_t member, const cluster::ReportBody& body) {
        const MemberLanes& lanes = m_member_lanes[member];
        if (const auto* phase = std::get_if<cluster::NodePhaseChanged>(&body); phase != nullptr) {
            m_lanes.set(lanes.daemon, now_ns(), lane_word(phase->to));
        } else if (const auto* role = std::get_if<cluster::GroupRoleChanged>(&body);
                   role != nullptr) {
            m_lanes.set(lanes.groups.at(static_cast<std::size_t>(role->group)),
                        now_ns(),
                        lane_word(role->to));
        }
    }

    /// A decision of a rule lasts until the next one of the same rule on that node.
    void reported_rule(std::size_t member, const cluster::ReportBody& body) {
        const auto* made = std::get_if<cluster::PolicyDecision>(&body);
        if (made == nullptr) {
            return;
        }
        const Duration now{now_ns()};
        const auto [rule, decision] = rule_words(*made);
        const std::string& node = m_scenario.cluster.members[member];
        for (std::size_t i = m_rules.size(); i-- > 0;) {
            if (m_rules[i].node == node && m_rules[i].rule == rule) {
                if (m_rules_open[i] && m_rules[i].decision == decision) {
                    return;
                }
                if (m_rules_open[i]) {
                    m_rules[i].lasted = now - m_rules[i].from;
                    m_rules_open[i] = false;
                }
                break;
            }
        }
        if (made->decision != cluster::PolicyDecision::Decision::settled) {
            m_rules.push_back({node, std::string{rule}, std::string{decision}, now, {}});
            m_rules_open.push_back(true);
        }
    }

    void sample_lanes(std::int64_t t) {
        for (std::size_t m = 0; m < m_member_lanes.size(); ++m) {
            const MemberLanes& lanes = m_member_lanes[m];
            const Testbed::Member& member = m_testbed->members()[m];
            const bool runs = member.host->kernel_runs();
            m_lanes.set(lanes.node,
                        t,
                        !member.host->powered() ? "off"
                        : !runs                 ? "not up"
                        : member.host->frozen() ? "frozen"
                                                : "up");
            if (member.host->find(daemon_process) == nullptr) {
                m_lanes.set(lanes.daemon, t, "none");
                for (const std::size_t group : lanes.groups) {
                    m_lanes.set(group, t, "none");
                }
            }
            for (std::size_t a = 0; a < lanes.addresses.size(); ++a) {
                const bool held =
                    runs && member.host->has_address(m_testbed->virtual_addresses()[a]);
                m_lanes.set(lanes.addresses[a], t, held ? "held" : "none");
            }
            if (lanes.service) {
                m_lanes.set(
                    *lanes.service, t, member.pbx->answers_local_probe() ? "answers" : "none");
                m_lanes.set(*lanes.trunk, t, member.pbx->trunk_up() ? "up" : "none");
            }
        }
        std::size_t lane = 0;
        for (const auto& [bridge_name, bridge] : m_testbed->bridges()) {
            const auto to = bridge->span_master().streams_to;
            const std::size_t member = to ? m_testbed->member_with_mac(*to) : Testbed::npos;
            m_lanes.set(m_bridge_lanes[lane++],
                        t,
                        !to                       ? "none"
                        : member == Testbed::npos ? cluster::to_string(*to)
                                                  : m_testbed->members()[member].name);
        }
    }

    /// Nobody can see an address whose interface has no carrier.
    static bool on_carrier(const models::Host& host, const std::string& address) {
        const std::string interface = host.interface_of(address);
        const auto interfaces = host.interfaces();
        return std::ranges::any_of(interfaces, [&](const models::Host::InterfaceInfo& info) {
            return info.name == interface && info.carrier;
        });
    }

    /// It is no second owner, but whoever reads the story shall know of it.
    void note_unseen(std::int64_t t, std::size_t member, const std::string& address, bool unseen) {
        const std::pair key{member, address};
        if (unseen != m_unseen.contains(key)) {
            unseen ? static_cast<void>(m_unseen.insert(key))
                   : static_cast<void>(m_unseen.erase(key));
            m_observer.tell(
                t,
                fmt::format("{} {}",
                            m_testbed->members()[member].name,
                            unseen ? "holds " + address + " where no carrier is: no client sees it"
                                   : "no longer holds " + address + " unseen"));
        }
    }

    void sample() {
        const std::int64_t t = now_ns();
        sample_lanes(t);
        auto& members = m_testbed->members();
        for (std::size_t m = 0; m < members.size(); ++m) {
            for (const std::string& address : m_testbed->virtual_addresses()) {
                const models::Host& host = *members[m].host;
                const bool held = host.kernel_runs() && host.has_address(address);
                const bool seen = held && on_carrier(host, address);
                m_invariants.address(t, m, address, seen);
                note_unseen(t, m, address, held && !seen);
            }
        }
        for (const auto& [bridge_name, bridge] : m_testbed->bridges()) {
            const auto heard = bridge->span_master().heard_from;
            std::vector<bool> masters(members.size(), false);
            for (const cluster::MacAddress& mac : heard) {
                if (const std::size_t m = m_testbed->member_with_mac(mac); m != Testbed::npos) {
                    masters[m] = true;
                }
            }
            // Who no longer is goes first: both belong to the same moment.
            for (const bool master : {false, true}) {
                for (std::size_t m = 0; m < members.size(); ++m) {
                    if (masters[m] == master) {
                        m_invariants.span_master(t, bridge_name, m, master);
                    }
                }
            }
        }
    }

    void sample_regularly() {
        if (m_nobody_acts) {
            return;
        }
        sample();
        models::post(to_time(sample_interval), [this] { sample_regularly(); });
    }

    void report_progress() {
        if (m_nobody_acts) {
            return;
        }
        m_options.progress(Duration{now_ns()});
        models::post(to_time(1s), [this] { report_progress(); });
    }

    // ------------------------------------------------------------ load

    void start_load() {
        models::Telephones* const centre = m_testbed->call_centre();
        if (centre != nullptr) {
            Duration first_fault = m_scenario.stop_at;
            for (const TimelineEntry& entry : m_injector->timeline()) {
                if (std::holds_alternative<Fault>(entry.what)) {
                    first_fault = std::min(first_fault, entry.at);
                }
            }
            m_probes = std::make_unique<CallProbes>(m_context, *centre, m_scenario.probes);
            if (m_injector->waits()) {
                m_probes->on_fate = [this](bool answered) {
                    if (answered && std::exchange(m_cut_off, false)) {
                        m_injector->heard(After::Event::call_answered, {});
                    }
                    m_cut_off = m_cut_off || !answered;
                };
            }
            m_probes->start(std::max(Duration::zero(), first_fault - probe_lead));
        }
        for (const Workload& workload : m_scenario.workload) {
            if (const auto* calls = std::get_if<AnalogCalls>(&workload); calls != nullptr) {
                if (centre == nullptr) {
                    throw std::runtime_error(
                        fmt::format("workload {}: no telephones in the topology", calls->id));
                }
                m_calls.push_back(std::make_unique<CallLoad>(m_context, *centre, *calls));
                m_calls.back()->start();
            } else if (const auto* echo = std::get_if<IcmpEcho>(&workload); echo != nullptr) {
                models::LightEndpoint* const client = m_testbed->client(echo->from);
                if (client == nullptr) {
                    throw std::runtime_error(
                        fmt::format("workload {}: {} is no client", echo->id, echo->from));
                }
                m_echoes.push_back(std::make_unique<EchoLoad>(
                    m_context, *client, *echo, static_cast<std::uint16_t>(m_echoes.size() + 1)));
                m_echoes.back()->start();
                client->on_echo_reply =
                    [this](const std::string& from, std::uint16_t id, std::uint16_t sequence) {
                        for (auto& load : m_echoes) {
                            load->reply(from, id, sequence);
                        }
                    };
            }
        }
    }

    // ------------------------------------------------------------ checks of the timeline

    [[nodiscard]] std::string unmet(const Requirement& requirement) {
        const std::size_t member = m_testbed->member_index(requirement.node);
        const Testbed::Member* node =
            member == Testbed::npos ? nullptr : &m_testbed->members()[member];
        if (node == nullptr && requirement.kind != Requirement::Kind::calls_in_progress) {
            return fmt::format("{} is no member", requirement.node);
        }
        switch (requirement.kind) {
        case Requirement::Kind::vip_owner:
            for (const std::string& address : m_testbed->virtual_addresses()) {
                if (!node->host->kernel_runs() || !node->host->has_address(address)) {
                    return fmt::format("{} does not hold {}", node->name, address);
                }
            }
            return {};
        case Requirement::Kind::group_started: {
            const auto status = node->host->kernel_runs() ? m_testbed->status(*node) : std::nullopt;
            if (!status) {
                return fmt::format("no daemon runs on {}", node->name);
            }
            for (const auto& group : status->groups) {
                if (!std::ranges::all_of(group.resources, [](cluster::ResourceState s) {
                        return s == cluster::ResourceState::running;
                    })) {
                    return fmt::format("group {} is not complete on {}", group.key, node->name);
                }
            }
            return {};
        }
        case Requirement::Kind::span_master: {
            models::Fonebridge* const bridge = m_testbed->bridge(requirement.bridge);
            if (bridge == nullptr) {
                return fmt::format("{} is no foneBRIDGE", requirement.bridge);
            }
            const auto to = bridge->span_master().streams_to;
            if (!to) {
                return fmt::format("{} sends to nobody", requirement.bridge);
            }
            return m_testbed->member_with_mac(*to) == member
                       ? std::string{}
                       : fmt::format("{} sends to {}", requirement.bridge, cluster::to_string(*to));
        }
        case Requirement::Kind::calls_in_progress: {
            const int calls = m_testbed->call_centre() == nullptr
                                  ? 0
                                  : m_testbed->call_centre()->calls_in_progress();
            return calls >= requirement.at_least ? std::string{}
                                                 : fmt::format("{} calls in progress", calls);
        }
        }
        return "unknown requirement";
    }

    void check_now(const TimelineEntry& entry, const Check& check) {
        if (!concerns(check.implementation, m_scenario.cluster.implementation)) {
            return;
        }
        ExpectationResult result;
        result.id = entry.id;
        result.verdict = ExpectationVerdict::pass;
        for (const Requirement& requirement : check.require) {
            result.limit += (result.limit.empty() ? "" : ", ") + requirement.text;
            if (const std::string trouble = unmet(requirement); !trouble.empty()) {
                result.verdict = ExpectationVerdict::fail;
                result.observed += (result.observed.empty() ? "" : "; ") + trouble;
            }
        }
        if (result.observed.empty()) {
            result.observed = "as required";
        }
        const auto record = m_trace.record(
            "check",
            entry.id,
            {{"verdict", name(result.verdict)}, {"observed", std::string_view{result.observed}}});
        result.evidence = {static_cast<std::uint64_t>(record)};
        m_checks.push_back(std::move(result));
    }

    // ------------------------------------------------------------ the end

    [[nodiscard]] static std::string
    trouble_at_end(const std::vector<ProbedDirection>& directions) {
        for (const ProbedDirection& direction : directions) {
            if (direction.samples.empty() || !direction.samples.back().answered ||
                !direction.samples.back().enough_stations) {
                return fmt::format("the last {} probe call was not answered", direction.name);
            }
        }
        return {};
    }

    RunResult conclude_run() {
        const std::int64_t end = now_ns();
        const std::vector<ProbedDirection> directions =
            m_probes ? m_probes->results() : std::vector<ProbedDirection>{};
        sample();
        m_invariants.end_of_run(end, trouble_at_end(directions));

        RunResult result;
        result.scenario_id = m_scenario.id;
        result.title = m_scenario.title;
        result.scenario_digest = m_scenario.digest;
        result.seed = m_options.seed;
        result.implementation = name(m_scenario.cluster.implementation);
        result.episodes = make_episodes(m_trace.store(),
                                        m_injector->openings(),
                                        directions,
                                        m_observer.story(),
                                        m_invariants.dual_owner_spans(),
                                        end);
        result.faults = m_injector->faults();
        result.invariants = m_invariants.results();
        result.findings = m_scenario.cluster.findings;
        for (const std::string& member : m_scenario.cluster.members) {
            const auto& files = m_scenario.cluster.files.at(member);
            for (const cluster::Binding& binding :
                 cluster::resolve_bindings(files.resources, files.settings)) {
                result.bindings.push_back(
                    fmt::format("{}: {}: {}", member, binding.word, binding.detail));
            }
        }
        add_parameters(result);

        RunFacts facts;
        facts.records = &m_trace.store();
        facts.episodes = result.episodes;
        facts.invariants = result.invariants;
        facts.starts = m_observer.starts();
        facts.takeovers = m_observer.takeovers();
        facts.dual_owner_spans = m_invariants.dual_owner_spans();
        facts.end = end;
        for (const auto& calls : m_calls) {
            calls->add_metrics(facts.metrics);
            facts.workloads.push_back(calls->results(end, settled()));
        }
        for (const auto& echo : m_echoes) {
            facts.workloads.push_back(echo->results());
        }
        add_calls(result, facts, end);
        add_metrics(facts);
        result.metrics = facts.metrics;

        for (const TimelineEntry& entry : m_injector->timeline()) {
            const auto* check = std::get_if<Check>(&entry.what);
            if (check != nullptr &&
                concerns(check->implementation, m_scenario.cluster.implementation)) {
                const auto found = std::ranges::find_if(
                    m_checks, [&](const ExpectationResult& made) { return made.id == entry.id; });
                ExpectationResult open;
                open.id = entry.id;
                open.observed = "the run ended before";
                result.expectations.push_back(found == m_checks.end() ? open : *found);
            }
        }
        for (const Expectation& expectation : m_scenario.expect) {
            if (concerns(expectation.implementation, m_scenario.cluster.implementation)) {
                result.expectations.push_back(evaluate(expectation, facts));
            }
        }
        conclude(m_scenario.expect, result);
        result.lanes = m_lanes.all();
        for (std::size_t i = 0; i < m_rules.size(); ++i) {
            if (m_rules_open[i]) {
                m_rules[i].lasted = Duration{end} - m_rules[i].from;
            }
        }
        result.rules = m_rules;
        for (Episode& episode : result.episodes) {
            episode.advice = advice_for(m_scenario, episode);
        }
        result.records = m_trace.count();

        TraceTrailer trailer{.t = end, .exit = "stop_at", .verdicts = {}};
        for (const ExpectationResult& expectation : result.expectations) {
            trailer.verdicts.emplace_back(expectation.id, name(expectation.verdict));
        }
        m_trace.finish(trailer);
        return result;
    }

    /// A call of the workload that is still unanswered after this never will be.
    [[nodiscard]] Duration settled() const {
        const auto* telephones = m_testbed->call_centre();
        return telephones == nullptr ? Duration{}
                                     : Duration{telephones->settled_after().GetNanoSeconds()};
    }

    void add_calls(RunResult& result, RunFacts& facts, std::int64_t end) {
        if (m_calls.empty()) {
            return;
        }
        CallsOverTime& over_time = result.calls.emplace();
        over_time.part = Duration{std::max<std::int64_t>(1, end / parts_of_run)};
        const auto parts = static_cast<std::size_t>(parts_of_run);
        over_time.answered.resize(parts);
        over_time.unanswered.resize(parts);
        over_time.dropped.resize(parts);
        for (const auto& calls : m_calls) {
            calls->add_to(over_time, end - settled().count());
        }
        if (m_second_world.exists()) {
            result.calls_lost = {Duration{*m_first_fault}, calls_lost(), m_second_world.result()};
            facts.metrics.emplace_back("calls-lost", result.calls_lost->run.total());
            facts.metrics.emplace_back("calls-lost-nobody-acted",
                                       result.calls_lost->nobody_acted.total());
        }
    }

    [[nodiscard]] bool asks_by_sip(const std::string& workload) const {
        return std::ranges::any_of(m_scenario.workload, [&](const Workload& candidate) {
            const auto* echo = std::get_if<IcmpEcho>(&candidate);
            return echo != nullptr && echo->sip_options && echo->id == workload;
        });
    }

    /// From one answer to the next, in ns.
    [[nodiscard]] static std::int64_t longest_gap(const WorkloadLog& log) {
        std::int64_t longest = 0;
        std::optional<std::int64_t> last;
        for (const Attempt& attempt : log.attempts) {
            if (attempt.answered) {
                longest = std::max(longest, *attempt.answered - last.value_or(*attempt.answered));
                last = attempt.answered;
            }
        }
        return longest;
    }

    /// Interfaces with an address and no route to their own network: what a source fix-up leaves
    /// behind that is not undone before its address goes.
    [[nodiscard]] static std::int64_t networks_lost(const Testbed::Member& member) {
        if (!member.host->kernel_runs()) {
            return 0;
        }
        const auto routes = member.host->routes();
        std::int64_t lost = 0;
        for (const auto& interface : member.host->interfaces()) {
            const bool connected = std::ranges::any_of(routes, [&](const cluster::Route& route) {
                return route.interface == interface.name && route.gateway.empty();
            });
            lost += !member.host->fixed_address(interface.name).empty() && !connected ? 1 : 0;
        }
        return lost;
    }

    void add_metrics(RunFacts& facts) const {
        for (const WorkloadLog& log : facts.workloads) {
            std::int64_t unanswered = 0;
            for (const Attempt& attempt : log.attempts) {
                unanswered += attempt.answered ? 0 : 1;
            }
            facts.metrics.emplace_back(log.id + "-unanswered", unanswered);
            if (asks_by_sip(log.id)) {
                facts.metrics.emplace_back(log.id + "-gap-us", longest_gap(log) / 1000);
            }
        }
        facts.metrics.emplace_back("probe-calls", m_probes ? m_probes->started() : 0);
        facts.metrics.emplace_back("takeovers", static_cast<std::int64_t>(facts.takeovers.size()));
        for (const auto& [bridge_name, bridge] : m_testbed->bridges()) {
            facts.metrics.emplace_back(bridge_name + "-control-requests",
                                       static_cast<std::int64_t>(bridge->control_requests()));
        }
        for (const auto& member : m_testbed->members()) {
            if (m_testbed->call_centre() != nullptr && m_testbed->bridges().empty()) {
                facts.metrics.emplace_back(member.name + "-networks-lost", networks_lost(member));
            }
            if (const auto status =
                    member.host->kernel_runs() ? m_testbed->status(member) : std::nullopt;
                status) {
                facts.metrics.emplace_back(member.name + "-messages-accepted",
                                           static_cast<std::int64_t>(status->counters.accepted));
            }
        }
        std::ranges::sort(facts.metrics);
    }

    void add_parameters(RunResult& result) const {
        const auto& ha = m_scenario.cluster.files.at(m_scenario.cluster.members.front()).ha;
        const auto ms = [](Duration d) {
            return fmt::format("{} ms",
                               std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
        };
        result.parameters.push_back({"keepalive", ms(ha.keepalive), Mark::yours, "ha.cf"});
        result.parameters.push_back({"deadtime", ms(ha.deadtime), Mark::yours, "ha.cf"});
        result.parameters.push_back({"initdead", ms(ha.initdead), Mark::yours, "ha.cf"});
        for (const auto& [profile_name, profile] : m_scenario.profiles) {
            result.parameters.push_back({"profile " + profile_name,
                                         fmt::format("start {}; stop {}; status {}",
                                                     describe(profile.start),
                                                     describe(profile.stop),
                                                     describe(profile.status)),
                                         profile.mark,
                                         profile.source});
        }
        result.parameters.insert(result.parameters.end(),
                                 m_testbed->parameters().begin(),
                                 m_testbed->parameters().end());
        result.parameters.push_back({"probe interval",
                                     ms(m_scenario.probes.interval),
                                     Mark::yours,
                                     "resolution of every cut-off"});
        result.parameters.push_back(
            {"caller patience", ms(m_scenario.probes.patience), Mark::assumed, "range 5-20 s"});
    }

    const Scenario& m_scenario;
    const RunOptions& m_options;
    SimulatorLife
        m_simulator;  // before everything that holds ns-3 objects, so that it ends after them
    TraceWriter m_trace;
    models::Context m_context;
    Invariants m_invariants;
    std::set<std::pair<std::size_t, std::string>> m_unseen;  ///< held without carrier
    Observer m_observer;
    Lanes m_lanes;
    std::vector<MemberLanes> m_member_lanes;
    std::vector<std::size_t> m_bridge_lanes;
    std::vector<RuleAtWork> m_rules;
    std::vector<bool> m_rules_open;
    SecondWorld m_second_world;
    bool m_nobody_acts = false;  // this is the second world
    std::optional<std::int64_t> m_first_fault;
    std::vector<std::unique_ptr<EventLogWriter>> m_event_logs;
    std::vector<ExpectationResult> m_checks;
    std::string m_failure;
    std::vector<std::unique_ptr<PcapngWriter>> m_captures;  // the links write into them
    std::unique_ptr<Testbed> m_testbed;
    std::unique_ptr<FaultInjector> m_injector;
    std::unique_ptr<CallProbes> m_probes;
    bool m_cut_off = false;  // the last probe calls were not answered
    std::vector<std::unique_ptr<CallLoad>> m_calls;
    std::vector<std::unique_ptr<EchoLoad>> m_echoes;
};

}  // namespace

RunResult run(const Scenario& scenario, const RunOptions& options) {
    if (scenario.cluster.members.empty()) {
        throw std::runtime_error("a cluster without members");
    }
    try {
        const Scenario played = as_played(scenario);
        return Engine{played, options}.run();
    } catch (const std::runtime_error&) {
        throw;
    } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("internal error: {}", error.what()));
    }
}

}  // namespace sim
