// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration files of a cluster as values, and their parsers. Text in, values and findings
// out; no file access. Acceptance follows heartbeat 3.0.6 (facts measured against the Debian
// daemon): what it refuses is an error here, what it accepts but nobody should want is a warning.
// All findings of a file are reported at once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/ids.hpp"
#include "cluster/settings.hpp"
#include "cluster/time.hpp"

namespace cluster {

/// 1-based; line 0 = the file as a whole (e.g. "no node directive").
struct SourcePosition {
    std::string file;
    int line = 0;
    int column = 0;
    auto operator<=>(const SourcePosition&) const = default;
};

enum class Severity : std::uint8_t { error, warning, note };

/// One thing to say about a file. `rule` is a stable kebab-case name ("unknown-directive",
/// "auto-failback-unset").
struct Finding {
    Severity severity = Severity::error;
    SourcePosition where;
    std::string rule;
    std::string found;     ///< what stands there, quoted as in the file
    std::string expected;  ///< what would be right, in one short clause
};

/// "file:line:column: error: found …, expected … [rule]"
[[nodiscard]] std::string to_string(const Finding&);
[[nodiscard]] bool has_errors(const std::vector<Finding>&) noexcept;

/// A parser never throws and never stops at the first error; `value` holds all that could be
/// understood.
template <class T>
struct Parsed {
    T value{};
    std::vector<Finding> findings;
    [[nodiscard]] bool ok() const noexcept { return !has_errors(findings); }
};

// ---------------------------------------------------------------- ha.cf

enum class LinkKind : std::uint8_t { bcast, ucast, mcast, ucast6, mcast6, serial };
enum class AutoFailback : std::uint8_t { on, off, legacy };
enum class MessageFormat : std::uint8_t { classic, netstring };
enum class GenerationMethod : std::uint8_t { file, time };

/// One medium on one interface ("bcast eth0 eth1" gives two).
struct LinkConfig {
    LinkKind kind = LinkKind::bcast;
    std::string device;        ///< interface name, or tty path for serial
    std::string address;       ///< ucast/ucast6: peer address; mcast/mcast6: group; else empty
    std::uint16_t port = 694;  ///< UDP; udpport for bcast and ucast, from the line itself for mcast
    int ttl = 1;               ///< mcast only, 0..4
    bool loop = false;         ///< mcast only
    unsigned baud = 19200;     ///< serial only
    SourcePosition where;
};

/// `ping a b` gives one target per address, `ping_group name a b` one target that is up while any
/// member answers.
struct PingTargetConfig {
    std::string name;  ///< pseudo node name: the address, or the name of the group
    std::vector<std::string> addresses;  ///< at least one
    bool group = false;
    bool ipv6 = false;
    SourcePosition where;
};

struct RespawnConfig {
    std::string user;
    std::string command;
    bool failfast = false;
    SourcePosition where;
};

struct StonithConfig {
    std::string host;  ///< stonith_host: the host that may use it, "*" = any; empty for `stonith`
    std::string type;
    std::string parameters;
    SourcePosition where;
};

/// Every directive of ha.cf of heartbeat 3.0.6. Durations are resolved (defaults and derived values
/// filled in).
struct HaConfig {
    std::vector<std::string> nodes;  ///< lower case, in file order, without ping targets
    Duration keepalive = std::chrono::seconds{1};
    Duration deadtime = std::chrono::seconds{30};
    Duration warntime{};  ///< default deadtime / 2
    Duration
        initdead{};  ///< default: deadtime if > 10 s, 12 s if deadtime < 6 s, else 2 x deadtime
    Duration deadping{};  ///< default deadtime
    std::uint16_t udpport = 694;
    unsigned baud = 19200;
    std::vector<LinkConfig> links;
    std::vector<PingTargetConfig> ping_targets;
    AutoFailback auto_failback = AutoFailback::legacy;
    bool auto_failback_set = false;  ///< false: the legacy default applies, with a warning
    int hopfudge = 1;
    MessageFormat msgfmt = MessageFormat::classic;
    Duration max_rexmit_delay = std::chrono::milliseconds{250};
    GenerationMethod hbgenmethod = GenerationMethod::file;
    bool uuid_from_nodename = false;
    std::string logfacility;
    std::string logfile;
    std::string debugfile;
    bool use_logd = false;
    Duration conn_logd_time = std::chrono::seconds{60};
    bool syslogmsgfmt = true;
    bool log_badpack = true;
    int debug = 0;
    std::string compression = "zlib";
    unsigned compression_threshold_kb = 2;
    bool traditional_compression = false;
    std::string autojoin = "none";
    bool realtime = true;
    std::optional<int> rtprio;
    unsigned memreserve_kb = 6500;
    bool coredumps = true;
    std::string coreroot;
    std::string watchdog;
    std::vector<StonithConfig> stonith;
    std::vector<RespawnConfig> respawn;
    std::vector<std::string> apiauth;
    std::vector<std::string> env;
    bool crm = false;
    std::string cluster_name = "linux-ha";
    std::string quorum_server;
    bool use_apphbd = false;

    /// True when a respawn line runs ipfail; only then do ping targets decide anything (facts:
    /// heartbeat.md §7).
    [[nodiscard]] bool runs_ipfail() const;
};

/// `own_node`: uname -n when the file is judged on the node it is for (then it must be among
/// `node`), else nullopt.
[[nodiscard]] Parsed<HaConfig> parse_ha_cf(std::string_view text,
                                           std::string_view file_name,
                                           std::optional<std::string_view> own_node = std::nullopt);

/// A duration as ha.cf writes it: decimal seconds, or with attached ms, msec, us, usec (any case).
/// Nullopt when it is none, or longer than about 31 years. In whole milliseconds, rounded half up,
/// as heartbeat keeps it; the daemon's clock resolution of 10 ms is not applied.
[[nodiscard]] std::optional<Duration> parse_heartbeat_time(std::string_view text);

// ---------------------------------------------------------------- haresources

/// `ip[/mask[/if[:label]][/broadcast]]` of the address shorthand or of IPaddr/IPaddr2 arguments.
struct AddressSpec {
    std::string address;               ///< IPv4 dotted quad (IPv6 for IPaddr2-style arguments)
    std::optional<int> prefix_length;  ///< nullopt: taken from the matching connected route
    std::string interface;  ///< empty: the interface whose connected route holds the address
    std::string label;
    std::string broadcast;
    bool operator==(const AddressSpec&) const = default;
};

[[nodiscard]] std::optional<AddressSpec> parse_address_spec(std::string_view word);

/// `script::arg1::arg2` or an address.
struct ResourceWord {
    std::string text;    ///< exactly as written (the group key is the first of a line)
    std::string script;  ///< "IPaddr" for the shorthand
    std::vector<std::string> arguments;
    SourcePosition where;
};

struct ResourceGroupConfig {
    std::string node;  ///< preferred owner, lower case
    std::vector<ResourceWord> resources;
    SourcePosition where;
};

struct HaResources {
    std::vector<ResourceGroupConfig> groups;
};

/// `nodes`: names of ha.cf; an unknown owner is an error, as for the daemon. Empty list: owners are
/// not judged.
[[nodiscard]] Parsed<HaResources> parse_haresources(std::string_view text,
                                                    std::string_view file_name,
                                                    const std::vector<std::string>& nodes);

// ---------------------------------------------------------------- authkeys

enum class AuthMethod : std::uint8_t { crc, md5, sha1, sha256 };

struct AuthKey {
    AuthMethod method = AuthMethod::crc;
    std::string secret;  ///< empty for crc; one word, no expansion of any character
};

struct AuthKeys {
    int sending_index = 0;  ///< 0..15, the `auth N` line
    std::array<std::optional<AuthKey>, 16> keys;
};

/// sha256 is our own method; real heartbeat refuses it, so it draws a warning.
[[nodiscard]] Parsed<AuthKeys> parse_authkeys(std::string_view text, std::string_view file_name);

// ---------------------------------------------------------------- redfone.conf

using MacAddress = std::array<std::uint8_t, 6>;

enum class T1Framing : std::uint8_t { esf, sf, ccs, cas };
enum class LineCoding : std::uint8_t { b8zs, hdb3, ami };

struct SpanConfig {
    T1Framing framing = T1Framing::esf;
    LineCoding encoding = LineCoding::b8zs;
    bool crc4 = false;
    bool rbs = false;
    bool j1 = false;
    bool loopback = false;
    bool slave = false;
    std::optional<int> longhaul = std::nullopt;
    std::optional<int> shorthaul = std::nullopt;
    bool dejitter = false;
    bool operator==(const SpanConfig&) const = default;
};

/// /etc/redfone.conf of one node (grammar: fonulator 2.0.1). It differs per node in `server`.
struct RedfoneConfig {
    std::string bridge_address;        ///< fb=
    int port = 1;                      ///< port=, 1 or 2
    std::optional<MacAddress> server;  ///< server=, TDMoE destination
    std::array<int, 4> priorities{0, 1, 2, 3};
    bool pll = true;                ///< wplloff clears it
    std::vector<SpanConfig> spans;  ///< [span1]… gaps filled as fonulator does; at most 4
    bool dsp_disabled = false;
    std::string dsp;  ///< "", ulaw, alaw, off
};

[[nodiscard]] Parsed<RedfoneConfig> parse_redfone_conf(std::string_view text,
                                                       std::string_view file_name);

[[nodiscard]] std::string to_string(const MacAddress&);               ///< aa:bb:cc:dd:ee:ff
[[nodiscard]] std::optional<MacAddress> parse_mac(std::string_view);  ///< ':' or '-' separated

// ---------------------------------------------------------------- the whole directory of one node

/// What one node runs with. `redfone` only when a binding needs it.
struct NodeFiles {
    HaConfig ha;
    HaResources resources;
    AuthKeys keys;
    Settings settings;
    std::optional<RedfoneConfig> redfone;
};

/// What one word of haresources does on this node, after bindings: the line `understudyd -t` and
/// `understudy` print.
struct Binding {
    ResourceId resource;
    std::string word;
    BindingKind kind = BindingKind::script;
    std::string detail;  ///< human: "IPaddr 10.10.10.110 on the interface of its subnet", "script
                         ///< fonulator", …
};

/// IPaddr, IPaddr2, IPsrcaddr and bare addresses are built in; settings bind other words; the rest
/// are scripts.
[[nodiscard]] std::vector<Binding> resolve_bindings(const HaResources&, const Settings&);

}  // namespace cluster
