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
    ups
};

struct InterfaceSpec {
    std::string id;
    bool serial = false;
    std::vector<std::string> addresses;  ///< "10.10.10.100/24"
    std::string mac;                     ///< empty: assigned from node and interface order
};

struct NodeSpec {
    std::string id;
    NodeKind kind = NodeKind::server;
    std::string power;  ///< id of a ups node; empty = never fails
    std::vector<InterfaceSpec> interfaces;
    int ports = 24;  ///< switch, channel bank
    Duration mac_aging = std::chrono::seconds{300};
    int spans = 4;      ///< fonebridge
    Duration backup{};  ///< ups: how long it carries on after mains fails
    std::string model;  ///< free text, shown
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

/// What a word of haresources is, for the simulation, when its script would run.
struct ScriptModel {
    enum class Kind : std::uint8_t {
        durations_only,
        pbx,
        bridge_program
    } kind = Kind::durations_only;
    std::string profile;  ///< key of Scenario::profiles
    std::string bridge;   ///< node id, for bridge_program and pbx
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
};

struct IcmpEcho {
    std::string id;
    std::string from;
    std::string to;
    Duration interval = std::chrono::milliseconds{100};
};

using Workload = std::variant<AnalogCalls, IcmpEcho>;

// ---------------------------------------------------------------- timeline

/// A target is an id of the topology or a role resolved when the entry happens.
struct Target {
    enum class Role : std::uint8_t { id, active_node, vip_owner, standby } role = Role::id;
    std::string id;  ///< node, link or "node/process"
};

struct PowerOff {
    Target target;
};
struct PowerOn {
    Target target;
    Duration boot{};
};
struct LinkDown {
    Target target;
};
struct LinkUp {
    Target target;
};
struct NodeFreeze {
    Target target;
};
struct NodeThaw {
    Target target;
};
struct ProcessKill {
    Target target;
    std::string process;
};  ///< "heartbeat" (the daemon), or a word of haresources
struct BridgeLoseReply {
    Target target;
    int number = 1;
};  ///< loses the reply to the n-th control request from now
struct OperatorCommand {
    Target target;
    cluster::AdminCommand command;
};

/// A server's firmware, kernel and daemons until heartbeat starts [assumed: mean of 45-120 s,
/// facts/scenario-language.md §4 "server-boot"]; power.on may say otherwise, the end of power.off's
/// `for` uses this.
inline constexpr Duration default_boot_time = std::chrono::seconds{75};

/// A closed set; std::visit without default finds every place that a new fault needs.
using Fault = std::variant<PowerOff,
                           PowerOn,
                           LinkDown,
                           LinkUp,
                           NodeFreeze,
                           NodeThaw,
                           ProcessKill,
                           BridgeLoseReply,
                           OperatorCommand>;

[[nodiscard]] std::string_view verb(const Fault&);  ///< "power.off", "link.down", …

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
};

struct TimelineEntry {
    std::string id;
    Duration at{};                   ///< absolute
    std::optional<Duration> outage;  ///< "for": the fault is reverted after this long (own episode)
    std::variant<Fault, Check> what;
    bool opens_episode =
        true;  ///< false for checks and for bridge.lose-reply (arms something, cuts nothing)
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
                                     EventCount,
                                     SuccessRatio,
                                     ReportMetric>;

struct Expectation {
    std::string id;
    ExpectationSeverity severity = ExpectationSeverity::error;
    ExpectationKind kind;
    std::optional<double> quantile;  ///< over seeds; default 0.95 for time limits
    int min_samples = 1;
};

/// Invariants are on unless switched off by name with a reason.
struct DisabledInvariant {
    std::string name;
    std::string reason;
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

}  // namespace sim
