// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario as plain values: what was read from the JSON file, checked, defaults filled in. No
// ns-3, no JSON, no Qt. Format: docs/scenario-format.md and
// scenarios/schema/failover-scenario-1.json.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cluster/config.hpp"
#include "cluster/event.hpp"
#include "model/random.hpp"

namespace sim {

using Duration = std::chrono::nanoseconds;

enum class NodeKind : std::uint8_t {
    server,
    network_switch,
    fonebridge,
    pstn,
    channel_bank,
    client,
    ups,
    router,
    phones,
    sip_provider,
    dns
};

struct InterfaceSpec {
    std::string id;
    bool serial = false;
    std::vector<std::string> addresses;  ///< "10.10.10.100/24"
    std::string mac;                     ///< empty: assigned from node and interface order
};

struct RouteSpec {
    std::string destination;  ///< "default" or "10.20.0.0/16"
    std::string gateway;
    std::string interface;
    int metric = 0;
};

/// Phones of one make; their addresses, MAC addresses and extensions follow the first ones.
struct PhonesSpec {
    int count = 1;
    std::string profile = "single-a";  ///< of sip::phone_profiles()
    std::string registrar;             ///< address or domain
    std::vector<std::string> servers;  ///< further servers, by address
    std::optional<int> expires_s;
    std::string dns;  ///< address of a name server; empty: none
    int first_extension = 1001;
    Duration start = std::chrono::seconds{20};
    Duration start_spread = std::chrono::seconds{10};
};

struct ProviderSpec {
    bool by_digest = false;            ///< else by address
    std::vector<std::string> accepts;  ///< by address: these, others get 403
    std::string trunk;                 ///< where inward calls go; empty: the registered Contact
    Duration options = std::chrono::seconds{30};  ///< its OPTIONS; 0: none [assumed]
};

struct DnsRecordSpec {
    std::string name;
    std::string type;  ///< "A", "SRV", "NAPTR"
    std::string target;
    int priority = 0, weight = 0, port = 0;
    int ttl_s = 300;
};

struct NodeSpec {
    std::string id;
    NodeKind kind = NodeKind::server;
    std::string power;  ///< id of a ups node; empty = never fails
    std::vector<InterfaceSpec> interfaces;
    int ports = 24;  ///< switch, channel bank
    Duration mac_aging = std::chrono::seconds{300};
    int spans = 4;                    ///< fonebridge
    Duration backup{};                ///< ups: how long it carries on after mains fails
    std::string model;                ///< free text, shown
    std::string gateway{};            ///< phones, sip-provider, dns, client
    std::vector<RouteSpec> routes{};  ///< server
    PhonesSpec phones{};
    ProviderSpec provider{};
    std::vector<DnsRecordSpec> records{};  ///< dns
};

enum class LinkType : std::uint8_t { ethernet, serial, t1 };

struct LinkEnd {
    std::string node;
    std::string port;  ///< interface id, switch port number, "span1", "t1", …
};

struct LinkSpec {
    std::string id;
    LinkType type = LinkType::ethernet;
    LinkEnd ends[2];
    std::uint64_t bits_per_second = 1'000'000'000;  ///< serial: baud
    Duration delay{};
    Duration jitter{};
    double loss = 0;
};

struct Topology {
    std::vector<NodeSpec> nodes;
    std::vector<LinkSpec> links;
    [[nodiscard]] const NodeSpec* node(const std::string& id) const;
    [[nodiscard]] const LinkSpec* link(const std::string& id) const;
};

enum class Implementation : std::uint8_t { understudyd, heartbeat_3_0_6 };

/// What is said of one implementation only, or of both when it names none.
[[nodiscard]] constexpr bool concerns(const std::optional<Implementation>& named,
                                      Implementation running) noexcept {
    return !named || *named == running;
}

/// What a word of haresources is, for the simulation, when its script would run.
struct ScriptModel {
    enum class Kind : std::uint8_t {
        durations_only,
        pbx,
        bridge_program,
        sip_pbx,              ///< Asterisk with SIP phones and a SIP provider
        published_fixrouting  ///< the script of the published SIP cluster, to the letter
    } kind = Kind::durations_only;
    std::string profile;  ///< key of Scenario::profiles
    std::string bridge;   ///< node id, for bridge_program and pbx
    // sip_pbx
    std::string provider{};  ///< node id; empty: no outside line
    enum class Standby : std::uint8_t { cold, warm, hot } standby = Standby::cold;
    enum class Registrar : std::uint8_t {
        local,      ///< on the node's disk: the other node does not know it
        shared,     ///< one database for both
        replicated  ///< copied to the other node while it is up
    } registrar = Registrar::local;
    bool trunk_registers = false;
    Duration forbidden_retry{};  ///< 0: one 403 ends the trunk's registration for good
    Duration qualify{};          ///< of phones; 0: off
    Duration trunk_qualify{};    ///< of the provider; 0: off
    bool rtp_packets = false;
};

struct AcceptedFinding {
    std::string rule;
    std::string reason;
};

struct ClusterSpec {
    std::vector<std::string> members;
    std::string directory;       ///< as written, relative to the file that wrote it
    std::string directory_path;  ///< where it is; with `extends` that file may be another one
    std::map<std::string, cluster::NodeFiles> files;  ///< by member, overlays applied
    std::map<std::string, ScriptModel> resources;     ///< by word
    std::vector<AcceptedFinding> accept_lint;
    std::vector<cluster::Finding>
        findings;  ///< warnings and notes of the files; errors stop the reader
    Implementation implementation = Implementation::understudyd;
};

/// Where a number came from; shown with every parameter that shaped a result.
enum class Mark : std::uint8_t { yours, measured, sourced, assumed };

struct Profile {
    models::Distribution start = models::ConstantDist{};
    models::Distribution stop = models::ConstantDist{};
    models::Distribution status = models::ConstantDist{std::chrono::milliseconds{5}};
    Mark mark = Mark::yours;
    std::string source;  ///< where the durations come from; shown with the mark
};

struct AnalogCalls {
    std::string id;
    int stations = 0;
    std::vector<std::string> banks;
    std::string outside_via;  ///< link id of the PRI
    Duration start{};
    double rate_per_hour = 0;
    models::Distribution hold = models::ConstantDist{std::chrono::seconds{120}};
    // sip-calls: no banks and no T1, and callers that try again
    bool sip = false;
    Duration patience = std::chrono::seconds{10};   ///< [assumed, range 5-20 s]
    int redials = 2;                                ///< [assumed]
    Duration redial_gap = std::chrono::seconds{5};  ///< [assumed]
};

struct IcmpEcho {
    std::string id;
    std::string from;
    std::string to;
    Duration interval = std::chrono::milliseconds{100};
    bool sip_options = false;  ///< OPTIONS and 200 instead of echo
};

using Workload = std::variant<AnalogCalls, IcmpEcho>;

// ---------------------------------------------------------------- timeline

/// A target is an id of the topology, a role resolved when the entry happens, or a draw:
/// "random(a, b, c)", "random(members)" or "random(links)" takes one of `among` with the stream
/// named by the entry's id.
struct Target {
    enum class Role : std::uint8_t { id, active_node, vip_owner, standby, random } role = Role::id;
    std::string id{};                  ///< node, link or "node/process"
    std::vector<std::string> among{};  ///< random only: ids, in file order
};

// Every fault says what `for` reverts it to; "one shot" = nothing reverts it. "Arms" = it waits for
// something to strike at, opens no episode, and is an error when it never struck.

struct PowerOff {
    Target target;
};  ///< also written switch.off, bridge.off. `for`: PowerOn
struct PowerOn {
    Target target;
    Duration boot{};
};
struct NodeCrash {
    Target target;
};  ///< kernel panic: carrier stays, nothing answers. `for`: reboots then (default_boot_time)
struct NodeFreeze {
    Target target;
};
struct NodeThaw {
    Target target;
};
/// CPU starvation. Work of scripts and services takes `slowdown` times as long; with `stall` no
/// process at all (daemon included) is scheduled for the first `stall` of each `period`.
struct CpuStarve {
    Target target;
    double slowdown = 10;
    Duration stall{};
    Duration period = std::chrono::seconds{1};
};
struct CpuRecover {
    Target target;
};
/// `process`: "heartbeat" (the daemon), or a word of haresources. One shot; a daemon is started
/// again after `restart` (by the service manager) or stays dead.
struct ProcessKill {
    Target target;
    std::string process;
    std::optional<Duration> restart;
};
struct ProcessHang {
    Target target;
    std::string process;
};  ///< alive, does nothing. `for`: ProcessResume
struct ProcessResume {
    Target target;
    std::string process;
};
struct LinkDown {
    Target target;
};  ///< also serial.unplug; any link. `for`: LinkUp
struct LinkUp {
    Target target;
};  ///< also serial.plug
/// `times` times down for `down`, then up for `up`. One shot, one episode from the first down to
/// the last up.
struct LinkFlap {
    Target target;
    Duration down = std::chrono::milliseconds{500};
    Duration up = std::chrono::milliseconds{500};
    int times = 5;
};
/// Quality of an Ethernet link; carrier stays. `for`: LinkRestore.
struct LinkImpair {
    Target target;
    std::string from;  ///< only frames that this end (node id) sends; empty: both directions
    std::optional<double> loss;  ///< probabilities 0..1 per frame
    std::optional<double> duplicate;
    std::optional<double> reorder;
    std::optional<double> corrupt;  ///< a bit is flipped: the receiver's FCS or checksum drops it
    std::optional<Duration> delay;
    std::optional<Duration> jitter;
    std::optional<std::uint64_t> bits_per_second;
    /// Loss comes in bursts of this mean length (Gilbert model) with the same mean; 0 = independent
    Duration burst{};
};
struct LinkRestore {
    Target target;
};
/// Frames between nodes of different groups vanish on Ethernet, carrier stays (silent). Serial
/// lines are not touched. With `one_way` only frames from the first group to the others vanish.
/// `for`: PartitionHeal. Nodes in no group reach everybody.
struct Partition {
    Target target;  ///< text for reports, "asterisk1 | asterisk2, probe"
    std::vector<std::vector<std::string>> groups;
    bool one_way = false;
};
struct PartitionHeal {
    Target target;
};
struct SerialNoise {
    Target target;
    double probability = 0.1;
};  ///< a byte is random instead of the sent one. `for`: SerialQuiet
struct SerialQuiet {
    Target target;
};
struct SwitchReboot {
    Target target;
    Duration takes = std::chrono::seconds{30};
};  ///< [assumed] one shot, two openings: the loss and "<id>/revert"
/// The switch drops gratuitous ARP (port security, ARP inspection). `for`: SwitchArpFresh
struct SwitchArpStale {
    Target target;
};
struct SwitchArpFresh {
    Target target;
};
struct BridgeReboot {
    Target target;
};  ///< power taken for an instant: boots with its stored configuration; one shot
struct BridgeLoseReply {
    Target target;
    int number = 1;
};  ///< arms: loses the reply to the n-th control request from now
enum class SpanAlarmKind : std::uint8_t { red, yellow, blue };
struct SpanAlarm {
    Target target;        ///< id of a T1 link
    std::string seen_by;  ///< node id of the end that sees it; empty: the foneBRIDGE's end
    SpanAlarmKind alarm = SpanAlarmKind::red;
};  ///< `for`: SpanClear
struct SpanClear {
    Target target;
};
/// Arms: the next `times` starts of the word on the target end with status 1. `for`: ResourceHeal
struct ResourceStartFail {
    Target target;
    std::string resource;
    int times = 1;
};
/// Arms: starts take `takes`, or `factor` times what was drawn. `for`: ResourceHeal
struct ResourceStartSlow {
    Target target;
    std::string resource;
    std::optional<Duration> takes;
    double factor = 4;
};
/// Arms: stops never end. `for`: ResourceHeal
struct ResourceStopHang {
    Target target;
    std::string resource;
};
/// Arms: stops end with status 1 and the resource goes on running. `for`: ResourceHeal
struct ResourceStopFail {
    Target target;
    std::string resource;
};
struct ResourceHeal {
    Target target;
    std::string resource;
};
struct ClockStep {
    Target target;
    Duration by{};  ///< signed; wall clock only, the monotonic clock does not step
};                  ///< one shot
struct ClockDrift {
    Target target;
    double ppm = 0;  ///< of wall and monotonic clock; an oscillator off by 100 ppm is a bad one
};                   ///< `for`: drift 0 again
/// Every write fails (ENOSPC), reads go on. `for`: DiskFree
struct DiskFull {
    Target target;
};
struct DiskFree {
    Target target;
};
/// Nothing can be read or written: programs cannot be started, what touches the disk blocks. A
/// memory-locked heartbeat keeps beating. One shot.
struct DiskFail {
    Target target;
};
struct UpstreamDown {
    Target target;
};  ///< the telco (or later: the provider) does not serve; its line stays. `for`: UpstreamUp
struct UpstreamUp {
    Target target;
};
struct UpsFail {
    Target target;
};  ///< the ups itself: what hangs on it loses power at once, battery or not. `for`: UpsRepair
struct UpsRepair {
    Target target;
    Duration boot{};
};
struct OperatorCommand {
    Target target;
    cluster::AdminCommand command;
};  ///< operator.standby, .takeover (also .promote), .stop
/// SIGHUP: the daemon reads authkeys again. `keys` absent: the file is unchanged.
struct ConfigReload {
    Target target;
    std::string authkeys;  ///< path as written; empty: unchanged
    std::optional<cluster::AuthKeys> keys;
};

/// A server's firmware, kernel and daemons until heartbeat starts [assumed: mean of 45-120 s,
/// facts/scenario-language.md §4 "server-boot"]; power.on may say otherwise, the end of power.off's
/// `for` uses this.
inline constexpr Duration default_boot_time = std::chrono::seconds{75};

/// A closed set; std::visit without default finds every place that a new fault needs.
using Fault = std::variant<PowerOff,
                           PowerOn,
                           NodeCrash,
                           NodeFreeze,
                           NodeThaw,
                           CpuStarve,
                           CpuRecover,
                           ProcessKill,
                           ProcessHang,
                           ProcessResume,
                           LinkDown,
                           LinkUp,
                           LinkFlap,
                           LinkImpair,
                           LinkRestore,
                           Partition,
                           PartitionHeal,
                           SerialNoise,
                           SerialQuiet,
                           SwitchReboot,
                           SwitchArpStale,
                           SwitchArpFresh,
                           BridgeReboot,
                           BridgeLoseReply,
                           SpanAlarm,
                           SpanClear,
                           ResourceStartFail,
                           ResourceStartSlow,
                           ResourceStopHang,
                           ResourceStopFail,
                           ResourceHeal,
                           ClockStep,
                           ClockDrift,
                           DiskFull,
                           DiskFree,
                           DiskFail,
                           UpstreamDown,
                           UpstreamUp,
                           UpsFail,
                           UpsRepair,
                           OperatorCommand,
                           ConfigReload>;

[[nodiscard]] std::string_view verb(const Fault&);  ///< "power.off", "link.down", …

/// What undoes a fault when its `for` ends, at the same target; nullopt: nothing does, and `for` is
/// an error.
[[nodiscard]] std::optional<Fault> reverse_of(const Fault&);

/// True for a fault that only arms something ("Arms" above) or disarms it: it opens no episode.
[[nodiscard]] bool only_arms(const Fault&) noexcept;

/// "vip-owner:asterisk1", "group-started:asterisk1", "span-master:fb1=asterisk1",
/// "calls-in-progress>=1"
struct Requirement {
    enum class Kind : std::uint8_t {
        vip_owner,
        group_started,
        span_master,
        calls_in_progress
    } kind = Kind::vip_owner;
    std::string node;
    std::string bridge;
    int at_least = 0;
    std::string text;
};

struct Check {
    std::vector<Requirement> require;
    std::optional<Implementation> implementation;  ///< looked at only with this one
};

/// "after": {"event": …, "delay": …}: the entry happens `delay` after the first such event that
/// follows the entry before it in the file. An event that never comes makes the run an error.
struct After {
    enum class Event : std::uint8_t {
        entry,          ///< another entry (or "<id>/revert") was applied: `id`
        peer_dead,      ///< "peer-dead": any member declared another dead
        address_up,     ///< "address-up": a virtual address came up on a member
        group_started,  ///< "group-started"
        group_stopped,  ///< "group-stopped"
        service_up,     ///< "service-up": a service answers its local probe
        call_answered,  ///< "call-answered": first probe call answered after a cut-off
    } event = Event::entry;
    std::string id;
    std::string node;  ///< where it happens; empty: anywhere
    Duration delay{};
};

struct TimelineEntry {
    std::string id;
    Duration at{};  ///< absolute; with `after` only its place in the order
    std::optional<After> after;
    std::optional<Duration> outage;  ///< "for": the fault is reverted after this long (own episode)
    std::string verb;                ///< as written ("switch.off"), for reports
    std::variant<Fault, Check> what;
    bool opens_episode = true;  ///< false for checks and for faults that arm something
    /// By a soak. What is drawn may strike at nothing (its target is down already): such a fault is
    /// noted and left out, where a written one is an error.
    bool drawn = false;
};

/// Ids of the episodes that an entry opens: its own, "<id>/revert" for what undoes it.
[[nodiscard]] std::vector<std::string> episodes_of(const TimelineEntry&);

/// Random faults between `from` and `until`: one after the other, the next begins `every` after the
/// end of the one before, so that single-fault behaviour is judged. Each seed draws its own list.
struct Soak {
    Duration from{};
    Duration until{};
    models::Distribution every = models::ConstantDist{std::chrono::seconds{20}};
    struct Choice {
        double weight = 1;
        models::Distribution outage = models::ConstantDist{};  ///< its `for`
        TimelineEntry entry;  ///< id and time are filled in when drawn; id "soak-<n>"
    };
    std::vector<Choice> faults;
};

// ---------------------------------------------------------------- expectations

enum class ExpectationSeverity : std::uint8_t { error, warn };

struct TakeoverTime {
    std::string from;
    std::optional<Duration> min, max;
};  ///< worst direction of the episode `from`
struct DetectTime {
    std::string from;
    std::optional<Duration> min, max;
};
struct ProbeOutage {
    std::string workload;
    std::optional<Duration> max;
};  ///< longest gap of an icmp-echo workload
struct StartOrder {
    std::vector<std::string> sequence;
    std::string node;
};
struct InvariantHolds {
    std::string name;
};
/// Longest cut-off of one direction, whichever is worst.
struct CutOffTime {
    std::string from;
    std::string direction;  ///< "outward", "inward", "station-to-station"
    std::optional<Duration> min, max;
};
struct NoInterruption {
    std::string from;  ///< episode; empty: all
};
/// Every direction answers again before the next episode begins (or the run ends).
struct Restored {
    std::string from;  ///< episode; empty: all
};
/// The longest time in which two members held the same address or bridge span without a break.
struct TwoOwners {
    std::string from;  ///< episode; empty: the whole run
    std::optional<Duration> min, max;
};
struct MetricLimit {
    std::string metric;
    std::optional<std::int64_t> min, max;
};
struct EventCount {
    std::string event;
    std::string after;
    std::string before;
    std::optional<int> equals, min, max;
};  ///< event: "takeover"
struct SuccessRatio {
    std::string workload;
    Duration from{};
    double min = 0;
};
struct ReportMetric {
    std::string metric;
};  ///< never fails: prints a metric

using ExpectationKind = std::variant<TakeoverTime,
                                     DetectTime,
                                     ProbeOutage,
                                     StartOrder,
                                     InvariantHolds,
                                     CutOffTime,
                                     NoInterruption,
                                     Restored,
                                     TwoOwners,
                                     MetricLimit,
                                     EventCount,
                                     SuccessRatio,
                                     ReportMetric>;

struct Expectation {
    std::string id;
    ExpectationSeverity severity = ExpectationSeverity::error;
    ExpectationKind kind;
    std::optional<Implementation> implementation;  ///< judged only with this one; else left out
    bool known_bad = false;          ///< must fail: passes when it fails, and fails when it passes
    std::optional<double> quantile;  ///< over seeds; default 0.95 for time limits
    int min_samples = 1;
};

/// Invariants are on unless switched off by name with a reason.
struct DisabledInvariant {
    std::string name;
    std::string reason;
    std::optional<Implementation> implementation;  ///< off only with this one
};

struct ProbeSettings {
    bool outward = false, inward = false,
         station_to_station = false;  ///< directions the topology has
    Duration interval = std::chrono::milliseconds{100};
    Duration patience = std::chrono::seconds{10};  ///< [assumed, facts/telephony.md §5]
};

struct Scenario {
    std::string file;    ///< as given on the command line; never written into results
    std::string text;    ///< the file's bytes
    std::string digest;  ///< sha256 (hex) of the scenario, its bases and all files it names
    std::string id;
    std::string title;
    std::vector<std::string> tags;
    Duration stop_at{};
    std::uint64_t campaign_seed = 1;
    Topology topology;
    ClusterSpec cluster;
    std::map<std::string, Profile> profiles;
    std::vector<Workload> workload;
    ProbeSettings probes;
    std::vector<TimelineEntry> timeline;  ///< sorted by time, file order at equal times
    std::optional<Soak> soak;
    std::vector<Expectation> expect;
    std::vector<DisabledInvariant> disabled_invariants;
};

/// Names that `invariants.off` and the expectation kind `invariant` may use; all are on by default.
[[nodiscard]] std::span<const std::string_view> known_invariants() noexcept;

[[nodiscard]] std::string_view name(Mark) noexcept;  ///< "yours", "measured", "sourced", "assumed"
[[nodiscard]] std::string_view name(Implementation) noexcept;  ///< "understudyd", "heartbeat-3.0.6"
[[nodiscard]] std::string_view name(NodeKind) noexcept;  ///< as in the file: "server", "switch", …

/// One thing wrong with a scenario: `pointer` is an RFC 6901 JSON pointer; line/column 0 when not
/// known.
struct ScenarioError {
    std::string file;
    std::string pointer;
    int line = 0;
    int column = 0;
    std::string found;
    std::string expected;
};
[[nodiscard]] std::string to_string(const ScenarioError&);

struct ReadScenario {
    std::optional<Scenario> scenario;        ///< set when there is no error
    std::vector<ScenarioError> errors;       ///< of the scenario file
    std::vector<cluster::Finding> findings;  ///< of the configuration files, errors included
};

/// Reads the file and the configuration directory it names. Never throws on bad input.
[[nodiscard]] ReadScenario read_scenario(const std::string& path);

/// The scenario alone, from memory: opens no file, so neither bases nor configuration files are
/// followed.
[[nodiscard]] ReadScenario read_scenario_text(const std::string& file, std::string_view text);

/// The timeline of one seed: the written one with the soak's draws merged in, sorted. The same
/// scenario and seed give the same list.
[[nodiscard]] std::vector<TimelineEntry> timeline_of(const Scenario&, std::uint64_t seed);

}  // namespace sim
