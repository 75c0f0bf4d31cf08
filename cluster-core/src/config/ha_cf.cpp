// SPDX-License-Identifier: GPL-2.0-or-later
// ha.cf: every directive of heartbeat 3.0.6, its value, its order rules and the rules between
// directives. Host facts (does the interface, user or program exist here?) are not judged: a file
// is read anywhere.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "cluster/config.hpp"
#include "text.hpp"

namespace cluster {

namespace {

using text::blanks;
using text::blanks_and_commas;
using text::Line;
using text::quote;
using text::Word;

constexpr int max_media = 64;   // links and ping targets together
constexpr int max_nodes = 100;  // nodes and ping targets together

/// What people write after a number; only some of it, and only attached, is a unit to heartbeat.
bool is_unit(std::string_view word) {
    constexpr std::array<std::string_view, 9> units{
        "ms", "msec", "us", "usec", "s", "sec", "seconds", "min", "m"};
    return std::find(units.begin(), units.end(), text::lower_case(word)) != units.end();
}

/// One line of the file, cut into the directive and what follows it.
struct Statement {
    int line = 0;
    Word directive;
    std::string_view rest;  ///< from the first argument to the end, trailing blanks removed
    std::vector<Word> words;
};

class HaCfParser {
  public:
    HaCfParser(std::string_view file_name, Parsed<HaConfig>& out)
        : m_findings(file_name, out.findings), m_config(out.value) {}

    void parse(std::string_view text, std::optional<std::string_view> own_node);

  private:
    using ValueHandler = void (HaCfParser::*)(const Statement&, const Word&);
    using LineHandler = void (HaCfParser::*)(const Statement&);

    /// `value` directives take each word in turn (the last one counts unless `repeatable`), `line`
    /// directives take the whole line. `usage` completes the sentence "expected …".
    struct Directive {
        std::string_view name;
        std::string_view usage;
        ValueHandler value = nullptr;
        LineHandler line = nullptr;
        bool repeatable = false;
    };
    static const std::array<Directive, 52>& directives();

    void statement(const Line&);
    void unknown(const Statement&);
    void no_value(const Statement&, const Directive&);
    void check(std::optional<std::string_view> own_node);
    void check_times();
    void check_media();
    void check_nodes(std::optional<std::string_view> own_node);
    void check_failback();
    void check_logging();

    void bad_value(const Statement& s, const Word& w, std::string_view expected) {
        m_findings.error(s.line,
                         w.column,
                         "bad-value",
                         std::string(s.directive.text) + ' ' + quote(w.text),
                         std::string(expected));
    }
    std::optional<Duration> time(const Statement&, const Word&, bool zero_allowed);
    std::optional<long> integer(const Statement&, const Word&, long low, long high);
    bool boolean(const Statement&, const Word&, bool& out);
    bool room_for_medium(const Statement&, const Word&);
    void add_link(const Statement&, const Word& where, LinkConfig);
    void add_multicast(const Statement&, LinkKind);
    void add_unicast(const Statement&, LinkKind);
    void add_child(const Statement&, bool failfast);

    // One handler per directive, in the order of the table.
    void node(const Statement&, const Word&);
    void keepalive(const Statement& s, const Word& w) {
        set_time(s, w, m_config.keepalive, m_keepalive, false);
    }
    void deadtime(const Statement& s, const Word& w) {
        set_time(s, w, m_config.deadtime, m_deadtime, true);
    }
    void warntime(const Statement& s, const Word& w) {
        set_time(s, w, m_config.warntime, m_warntime, false);
    }
    void initdead(const Statement& s, const Word& w) {
        set_time(s, w, m_config.initdead, m_initdead, true);
    }
    void deadping(const Statement& s, const Word& w) {
        set_time(s, w, m_config.deadping, m_deadping, true);
    }
    void udpport(const Statement&, const Word&);
    void baud(const Statement&, const Word&);
    void bcast(const Statement&, const Word&);
    void serial(const Statement&, const Word&);
    void ucast(const Statement& s) { add_unicast(s, LinkKind::ucast); }
    void ucast6(const Statement& s) { add_unicast(s, LinkKind::ucast6); }
    void mcast(const Statement& s) { add_multicast(s, LinkKind::mcast); }
    void mcast6(const Statement& s) { add_multicast(s, LinkKind::mcast6); }
    void ping(const Statement& s, const Word& w) { add_ping(s, w, false); }
    void ping6(const Statement& s, const Word& w) { add_ping(s, w, true); }
    void ping_group(const Statement&);
    void hopfudge(const Statement&, const Word&);
    void auto_failback(const Statement&, const Word&);
    void nice_failback(const Statement&, const Word&);
    void logfacility(const Statement&, const Word&);
    void logfile(const Statement& s, const Word& w) { deprecated_log(s, w, m_config.logfile); }
    void debugfile(const Statement& s, const Word& w) { deprecated_log(s, w, m_config.debugfile); }
    void use_logd(const Statement& s, const Word& w) {
        m_use_logd_set |= boolean(s, w, m_config.use_logd);
    }
    void conn_logd_time(const Statement&, const Word&);
    void syslogmsgfmt(const Statement& s, const Word& w) { boolean(s, w, m_config.syslogmsgfmt); }
    void log_badpack(const Statement& s, const Word& w) { boolean(s, w, m_config.log_badpack); }
    void debug(const Statement&, const Word&);
    void msgfmt(const Statement&, const Word&);
    void compression(const Statement&, const Word&);
    void compression_threshold(const Statement&, const Word&);
    void traditional_compression(const Statement& s, const Word& w) {
        boolean(s, w, m_config.traditional_compression);
    }
    void max_rexmit_delay(const Statement&, const Word&);
    void hbgenmethod(const Statement&, const Word&);
    void uuidfrom(const Statement&, const Word&);
    void autojoin(const Statement&, const Word&);
    void realtime(const Statement& s, const Word& w) { boolean(s, w, m_config.realtime); }
    void rtprio(const Statement&, const Word&);
    void memreserve(const Statement&, const Word&);
    void coredumps(const Statement& s, const Word& w) { boolean(s, w, m_config.coredumps); }
    void coreroot(const Statement&, const Word&);
    void watchdog(const Statement&, const Word&);
    void stonith(const Statement&);
    void stonith_host(const Statement&);
    void respawn(const Statement& s) { add_child(s, false); }
    void failfast(const Statement& s) { add_child(s, true); }
    void apiauth(const Statement&);
    void env(const Statement&, const Word&);
    void crm(const Statement&, const Word&);
    void crm_only_boolean(const Statement&, const Word&);
    void crm_only_text(const Statement&, const Word&) {}
    void cluster(const Statement&, const Word& w) { m_config.cluster_name = w.text; }
    void quorum_server(const Statement&, const Word& w) { m_config.quorum_server = w.text; }
    void use_apphbd(const Statement& s, const Word& w) { boolean(s, w, m_config.use_apphbd); }

    /// Where a value was set, for the rules between directives; line 0 = default.
    struct Place {
        int line = 0;
        int column = 0;
        std::string_view text;
        bool bad = false;  ///< a value was given and refused: rules that need it are not judged
    };
    void
    set_time(const Statement& s, const Word& w, Duration& out, Place& place, bool zero_allowed) {
        if (const auto value = time(s, w, zero_allowed)) {
            out = *value;
            place = {s.line, w.column, w.text, place.bad};
        } else {
            place.bad = true;
        }
    }
    void add_ping(const Statement&, const Word&, bool ipv6);
    void deprecated_log(const Statement&, const Word&, std::string& out);

    text::FindingList m_findings;
    HaConfig& m_config;
    std::set<std::string_view> m_seen;  // directives with a single value that have been given
    Place m_keepalive, m_deadtime, m_warntime, m_initdead, m_deadping, m_autojoin, m_crm, m_log,
        m_failback, m_ipfail;
    int m_baud_line = 0;
    bool m_any_media = false;
    bool m_use_logd_set = false;
    bool m_crm_seen = false;
    // heartbeat's media plug-ins read udpport and baud once, when their first line is met.
    std::optional<std::uint16_t> m_bcast_port, m_ucast_port, m_ucast6_port;
    std::optional<unsigned> m_serial_baud;
    std::set<std::string, std::less<>> m_api_clients;
};

const std::array<HaCfParser::Directive, 52>& HaCfParser::directives() {
    using P = HaCfParser;
    constexpr std::string_view a_time =
        "a time: seconds, or with attached ms, msec, us or usec (2, 0.5, 200ms)";
    constexpr std::string_view a_boolean = "on or off";
    static const std::array<Directive, 52> table{{
        {"node", "node NAME...", &P::node, nullptr, true},
        {"keepalive", a_time, &P::keepalive},
        {"deadtime", a_time, &P::deadtime},
        {"warntime", a_time, &P::warntime},
        {"initdead", a_time, &P::initdead},
        {"deadping", a_time, &P::deadping},
        {"udpport", "a UDP port", &P::udpport},
        {"baud", "a line speed", &P::baud},
        {"bcast", "bcast INTERFACE...", &P::bcast, nullptr, true},
        {"udp", "bcast INTERFACE...", &P::bcast, nullptr, true},
        {"ucast", "ucast INTERFACE ADDRESS", nullptr, &P::ucast, true},
        {"ucast6", "ucast6 INTERFACE ADDRESS", nullptr, &P::ucast6, true},
        {"mcast", "mcast INTERFACE GROUP PORT TTL LOOP", nullptr, &P::mcast, true},
        {"mcast6", "mcast6 INTERFACE GROUP PORT TTL LOOP", nullptr, &P::mcast6, true},
        {"serial", "serial DEVICE...", &P::serial, nullptr, true},
        {"ping", "ping ADDRESS...", &P::ping, nullptr, true},
        {"ping6", "ping6 ADDRESS...", &P::ping6, nullptr, true},
        {"ping_group", "ping_group NAME ADDRESS...", nullptr, &P::ping_group, true},
        {"hopfudge", "0 to 255", &P::hopfudge},
        {"auto_failback", "on, off or legacy", &P::auto_failback},
        {"nice_failback", a_boolean, &P::nice_failback},
        {"logfacility", "a syslog facility", &P::logfacility},
        {"logfile", "a path", &P::logfile},
        {"debugfile", "a path", &P::debugfile},
        {"use_logd", a_boolean, &P::use_logd},
        {"conn_logd_time", a_time, &P::conn_logd_time},
        {"syslogmsgfmt", a_boolean, &P::syslogmsgfmt},
        {"log_badpack", a_boolean, &P::log_badpack},
        {"debug", "0 to 255", &P::debug},
        {"msgfmt", "classic or netstring", &P::msgfmt},
        {"compression", "zlib or bz2", &P::compression},
        {"compression_threshold", "kilobytes", &P::compression_threshold},
        {"traditional_compression", a_boolean, &P::traditional_compression},
        {"max_rexmit_delay", "milliseconds without unit", &P::max_rexmit_delay},
        {"hbgenmethod", "file or time", &P::hbgenmethod},
        {"uuidfrom", "file or nodename", &P::uuidfrom},
        {"autojoin", "none", &P::autojoin},
        {"realtime", a_boolean, &P::realtime},
        {"rtprio", "1 to 99", &P::rtprio},
        {"memreserve", "kilobytes", &P::memreserve},
        {"coredumps", a_boolean, &P::coredumps},
        {"coreroot", "a directory", &P::coreroot},
        {"watchdog", "a device", &P::watchdog},
        {"stonith", "stonith TYPE FILE", nullptr, &P::stonith, true},
        {"stonith_host", "stonith_host HOST TYPE PARAMETERS...", nullptr, &P::stonith_host, true},
        {"respawn", "respawn USER /PATH/TO/COMMAND ARGUMENTS...", nullptr, &P::respawn, true},
        {"failfast", "failfast USER /PATH/TO/COMMAND ARGUMENTS...", nullptr, &P::failfast, true},
        {"apiauth", "apiauth CLIENT [uid=LIST] [gid=LIST]", nullptr, &P::apiauth, true},
        {"env", "env NAME=VALUE", &P::env, nullptr, true},
        {"cluster", "a name", &P::cluster},
        {"quorum_server", "a host", &P::quorum_server},
        {"use_apphbd", a_boolean, &P::use_apphbd},
    }};
    return table;
}

void HaCfParser::parse(std::string_view text, std::optional<std::string_view> own_node) {
    text::LineReader lines(text);
    while (const auto line = lines.next()) {
        if (text::judge_line(*line, m_findings)) {
            statement(*line);
        }
    }
    check(own_node);
    m_findings.finish();
}

void HaCfParser::statement(const Line& line) {
    auto body = line.text.substr(0, line.text.find('#'));
    if (const auto end = body.find('\r'); end != std::string_view::npos) {
        // heartbeat ends the line here, so files with DOS line ends work and old Macintosh ones do
        // not.
        if (body.find_first_not_of(blanks, end) != std::string_view::npos) {
            m_findings.warning(line.number,
                               static_cast<int>(end) + 1,
                               "carriage-return",
                               "text after a carriage return",
                               "one directive per line; heartbeat ignores the rest of this one");
        }
        body = body.substr(0, end);
    }
    const auto last = body.find_last_not_of(blanks);
    const auto first = body.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return;
    }
    body = body.substr(0, last + 1);

    Statement s;
    s.line = line.number;
    const auto directive_end = std::min(body.find_first_of(blanks, first), body.size());
    s.directive = {body.substr(first, directive_end - first), static_cast<int>(first) + 1};

    const auto& table = directives();
    auto found = std::find_if(
        table.begin(), table.end(), [&](const Directive& d) { return d.name == s.directive.text; });
    if (found == table.end()) {
        // The R2 words are known, but nothing of them matters to a haresources cluster except `crm`
        // itself.
        static const std::array<Directive, 7> r2_table{{
            {"crm", "on or off", &HaCfParser::crm},
            {"pacemaker", "on or off", &HaCfParser::crm},
            {"crm_daemon_dir", "a directory", &HaCfParser::crm_only_text},
            {"crmd_spawns_pengine", "on or off", &HaCfParser::crm_only_boolean},
            {"record_config_changes", "on or off", &HaCfParser::crm_only_boolean},
            {"record_pengine_inputs", "on or off", &HaCfParser::crm_only_boolean},
            {"enable_config_writes", "on or off", &HaCfParser::crm_only_boolean},
        }};
        const auto* r2 = std::find_if(r2_table.begin(), r2_table.end(), [&](const Directive& d) {
            return d.name == s.directive.text;
        });
        if (r2 == r2_table.end()) {
            unknown(s);
            return;
        }
        found = r2;
    }

    const auto rest = body.find_first_not_of(blanks_and_commas, directive_end);
    if (rest == std::string_view::npos) {
        no_value(s, *found);
        return;
    }
    s.rest = body.substr(rest);
    s.words = text::split_words(body, found->line != nullptr ? blanks : blanks_and_commas, rest);

    if (found->line != nullptr) {
        (this->*found->line)(s);
        return;
    }
    if (!found->repeatable) {
        if (!m_seen.insert(found->name).second) {
            m_findings.warning(s.line,
                               s.directive.column,
                               "repeated-directive",
                               quote(s.directive.text) + " once more",
                               "it once; the last value counts");
        }
        if (s.words.size() > 1 && !is_unit(s.words[1].text)) {
            m_findings.warning(s.line,
                               s.words[1].column,
                               "several-values",
                               quote(s.words[1].text) + " after the value of " +
                                   std::string(s.directive.text),
                               "one value; heartbeat takes each in turn and keeps the last");
        }
    }
    for (const auto& word : s.words) {
        (this->*found->value)(s, word);
    }
}

void HaCfParser::unknown(const Statement& s) {
    if (m_findings.full()) {
        m_findings.error(s.line, s.directive.column, "unknown-directive", {}, {});
        return;
    }
    std::vector<std::string_view> names{"crm", "pacemaker"};
    for (const auto& directive : directives()) {
        names.push_back(directive.name);
    }
    const auto near = text::nearest(s.directive.text, names);
    m_findings.error(s.line,
                     s.directive.column,
                     "unknown-directive",
                     "unknown directive " + quote(s.directive.text),
                     near.empty()
                         ? std::string("a directive of ha.cf (directives are case-sensitive)")
                         : quote(near));
}

void HaCfParser::no_value(const Statement& s, const Directive& directive) {
    const auto found = quote(s.directive.text) + " without a value";
    if (directive.line != nullptr) {
        m_findings.error(
            s.line, s.directive.column, "missing-argument", found, std::string(directive.usage));
    } else {
        m_findings.warning(s.line,
                           s.directive.column,
                           "missing-value",
                           found,
                           std::string(directive.usage) + "; heartbeat ignores the line");
    }
}

// ---------------------------------------------------------------- kinds of values

std::optional<Duration> HaCfParser::time(const Statement& s, const Word& w, bool zero_allowed) {
    const auto value = parse_heartbeat_time(w.text);
    if (!value) {
        const bool after_blank = w.column != s.words.front().column && is_unit(w.text);
        bad_value(s,
                  w,
                  after_blank
                      ? "no blank before the unit: seconds without unit, or attached ms, msec, us "
                        "or usec (200ms)"
                      : "seconds without unit, or attached ms, msec, us or usec (2, 0.5, 200ms)");
        return std::nullopt;
    }
    if (*value == Duration::zero() && !zero_allowed) {
        bad_value(s, w, "at least 1ms");
        return std::nullopt;
    }
    const auto unit = text::lower_case(
        w.text.substr(std::min(w.text.find_first_not_of("0123456789."), w.text.size())));
    if (!unit.empty() && unit != "ms" && unit != "msec" && unit != "us" && unit != "usec") {
        m_findings.warning(s.line,
                           w.column,
                           "odd-unit",
                           std::string(s.directive.text) + ' ' + quote(w.text),
                           "ms, msec, us or usec; heartbeat looks at the first two letters only");
    }
    return value;
}

std::optional<long> HaCfParser::integer(const Statement& s, const Word& w, long low, long high) {
    const auto number = text::loose_integer(w.text);
    if (number.value < low || number.value > high) {
        bad_value(s, w, "an integer from " + std::to_string(low) + " to " + std::to_string(high));
        return std::nullopt;
    }
    if (!number.clean) {
        m_findings.warning(s.line,
                           w.column,
                           "not-a-number",
                           std::string(s.directive.text) + ' ' + quote(w.text),
                           "a plain integer; heartbeat reads " + std::to_string(number.value));
    }
    return number.value;
}

bool HaCfParser::boolean(const Statement& s, const Word& w, bool& out) {
    const auto value = text::parse_boolean(w.text);
    if (!value) {
        bad_value(s, w, "true, on, yes, y, 1, false, off, no, n or 0");
        return false;
    }
    out = *value;
    return true;
}

// ---------------------------------------------------------------- nodes

void HaCfParser::node(const Statement& s, const Word& w) {
    constexpr std::size_t longest = 99;  // heartbeat's HOSTLENG with the final NUL
    if (w.text.size() > longest) {
        m_findings.error(s.line,
                         w.column,
                         "bad-value",
                         "a node name of " + std::to_string(w.text.size()) + " bytes",
                         "at most 99");
        return;
    }
    auto name = text::lower_case(w.text);
    if (std::find(m_config.nodes.begin(), m_config.nodes.end(), name) != m_config.nodes.end()) {
        m_findings.warning(s.line,
                           w.column,
                           "repeated-node",
                           "node " + quote(w.text) + " once more",
                           "each node once");
        return;
    }
    if (static_cast<int>(m_config.nodes.size() + m_config.ping_targets.size()) >= max_nodes) {
        m_findings.error(s.line,
                         w.column,
                         "too-many-nodes",
                         "node " + quote(w.text),
                         "at most 100 nodes, ping targets included");
        return;
    }
    m_config.nodes.push_back(std::move(name));
}

// ---------------------------------------------------------------- media

void HaCfParser::udpport(const Statement& s, const Word& w) {
    // heartbeat refuses only 0 and less, and cuts the rest to 16 bits without a word; nobody can
    // want that.
    if (const auto port = integer(s, w, 1, 65535)) {
        m_config.udpport = static_cast<std::uint16_t>(*port);
        if (m_any_media) {
            m_findings.warning(
                s.line,
                s.directive.column,
                "port-after-media",
                "udpport after a media line",
                "udpport before the first media line; the ones above keep their port");
        }
    }
}

void HaCfParser::baud(const Statement& s, const Word& w) {
    constexpr std::array<long, 7> speeds{9600, 19200, 38400, 57600, 115200, 230400, 460800};
    if (m_baud_line > 0) {
        m_findings.error(s.line,
                         w.column,
                         "repeated-baud",
                         "baud once more (first in line " + std::to_string(m_baud_line) + ")",
                         "baud at most once");
        return;
    }
    m_baud_line = s.line;
    const auto number = text::loose_integer(w.text);
    if (std::find(speeds.begin(), speeds.end(), number.value) == speeds.end()) {
        bad_value(s, w, "9600, 19200, 38400, 57600, 115200, 230400 or 460800");
        return;
    }
    if (!number.clean) {
        m_findings.warning(
            s.line, w.column, "not-a-number", "baud " + quote(w.text), "a plain integer");
    }
    m_config.baud = static_cast<unsigned>(number.value);
    m_findings.note(s.line, s.directive.column, "deprecated-directive", "\"baud\"", "");
    if (m_any_media) {
        m_findings.warning(s.line,
                           s.directive.column,
                           "baud-after-media",
                           "baud after a media line",
                           "baud before the first media line; a serial line above keeps its speed");
    }
}

bool HaCfParser::room_for_medium(const Statement& s, const Word& w) {
    m_any_media = true;
    if (static_cast<int>(m_config.links.size() + m_config.ping_targets.size()) < max_media) {
        return true;
    }
    m_findings.error(s.line,
                     w.column,
                     "too-many-media",
                     std::string(s.directive.text) + ' ' + quote(w.text),
                     "at most 64 media, ping targets included");
    return false;
}

void HaCfParser::add_link(const Statement& s, const Word& where, LinkConfig link) {
    const bool repeated =
        std::any_of(m_config.links.begin(), m_config.links.end(), [&](const LinkConfig& other) {
            return other.kind == link.kind && other.device == link.device &&
                   other.address == link.address && other.port == link.port;
        });
    if (repeated) {
        m_findings.warning(s.line,
                           where.column,
                           "repeated-medium",
                           std::string(s.directive.text) + ' ' + quote(where.text) + " once more",
                           "each medium once");
    }
    if (room_for_medium(s, where)) {
        link.where = m_findings.at(s.line, where.column);
        m_config.links.push_back(std::move(link));
    }
}

void HaCfParser::bcast(const Statement& s, const Word& w) {
    if (s.directive.text == "udp" && w.column == s.words.front().column) {
        m_findings.note(s.line, s.directive.column, "deprecated-directive", "\"udp\"", "\"bcast\"");
    }
    if (!text::is_interface_name(w.text)) {
        bad_value(s, w, "the name of a network interface (at most 15 characters)");
        return;
    }
    LinkConfig link;
    link.kind = LinkKind::bcast;
    link.device = w.text;
    m_bcast_port = m_bcast_port.value_or(m_config.udpport);
    link.port = *m_bcast_port;
    add_link(s, w, std::move(link));
}

void HaCfParser::serial(const Statement& s, const Word& w) {
    if (w.text.front() != '/') {
        bad_value(s, w, "the full path of a serial device (/dev/ttyS0)");
        return;
    }
    LinkConfig link;
    link.kind = LinkKind::serial;
    link.device = w.text;
    link.port = 0;
    m_serial_baud = m_serial_baud.value_or(m_config.baud);
    link.baud = *m_serial_baud;
    add_link(s, w, std::move(link));
}

void HaCfParser::add_unicast(const Statement& s, LinkKind kind) {
    const bool ipv6 = kind == LinkKind::ucast6;
    if (!text::is_interface_name(s.words[0].text)) {
        bad_value(s, s.words[0], "the name of a network interface (at most 15 characters)");
        return;
    }
    if (s.words.size() < 2) {
        m_findings.error(s.line,
                         s.words[0].column,
                         "missing-argument",
                         "no address after " + quote(s.words[0].text),
                         std::string(s.directive.text) + " INTERFACE ADDRESS");
        return;
    }
    if (s.words.size() > 2) {
        m_findings.warning(s.line,
                           s.words[2].column,
                           "extra-word",
                           quote(s.words[2].text),
                           "nothing after the address; heartbeat ignores it");
    }
    LinkConfig link;
    link.kind = kind;
    link.device = s.words[0].text;
    link.address = s.words[1].text;
    if (ipv6 && !text::is_ipv6(link.address)) {
        bad_value(s, s.words[1], "an IPv6 address");
        return;
    }
    if (!ipv6 && !text::is_ipv4(link.address)) {
        m_findings.warning(s.line,
                           s.words[1].column,
                           "host-name",
                           quote(s.words[1].text),
                           "an IPv4 address; a name needs a name server at start");
    }
    auto& port = ipv6 ? m_ucast6_port : m_ucast_port;
    port = port.value_or(m_config.udpport);
    link.port = *port;
    add_link(s, s.words[0], std::move(link));
}

void HaCfParser::add_multicast(const Statement& s, LinkKind kind) {
    const bool ipv6 = kind == LinkKind::mcast6;
    constexpr std::array<std::string_view, 5> names{"INTERFACE", "GROUP", "PORT", "TTL", "LOOP"};
    if (s.words.size() < names.size()) {
        m_findings.error(s.line,
                         s.words.back().column,
                         "missing-argument",
                         "no " + std::string(names[s.words.size()]) + " after " +
                             quote(s.words.back().text),
                         std::string(s.directive.text) + " INTERFACE GROUP PORT TTL LOOP");
        return;
    }
    if (s.words.size() > names.size()) {
        m_findings.warning(s.line,
                           s.words[5].column,
                           "extra-word",
                           quote(s.words[5].text),
                           "nothing after LOOP; heartbeat ignores it");
    }
    bool good = true;
    if (!text::is_interface_name(s.words[0].text)) {
        bad_value(s, s.words[0], "the name of a network interface (at most 15 characters)");
        good = false;
    }
    const auto group = s.words[1].text;
    const auto first_octet = text::loose_integer(group).value;
    if (ipv6 ? !(text::is_ipv6(group) && text::lower_case(group).starts_with("ff"))
             : !(text::is_ipv4(group) && first_octet >= 224 && first_octet <= 239)) {
        bad_value(s,
                  s.words[1],
                  ipv6 ? "an IPv6 multicast group (ff..)"
                       : "a class D address (224.0.0.0 to 239.255.255.255)");
        good = false;
    }
    const auto port = integer(s, s.words[2], 1, 65535);
    const auto ttl = integer(s, s.words[3], 0, 4);
    const auto loop = integer(s, s.words[4], 0, 1);
    if (!good || !port || !ttl || !loop) {
        return;
    }
    LinkConfig link;
    link.kind = kind;
    link.device = s.words[0].text;
    link.address = group;
    link.port = static_cast<std::uint16_t>(*port);
    link.ttl = static_cast<int>(*ttl);
    link.loop = *loop == 1;
    if (link.ttl == 0) {
        m_findings.warning(s.line,
                           s.words[3].column,
                           "ttl-zero",
                           "ttl 0",
                           "at least 1; packets with 0 never leave the node");
    }
    add_link(s, s.words[0], std::move(link));
}

// ---------------------------------------------------------------- ping targets

void HaCfParser::add_ping(const Statement& s, const Word& w, bool ipv6) {
    if (!(ipv6 ? text::is_ipv6(w.text) : text::is_ipv4(w.text))) {
        m_findings.warning(s.line,
                           w.column,
                           "host-name",
                           std::string(s.directive.text) + ' ' + quote(w.text),
                           std::string(ipv6 ? "an IPv6" : "an IPv4") +
                               " address; a name needs a name server at start");
    }
    if (static_cast<int>(m_config.nodes.size() + m_config.ping_targets.size()) >= max_nodes) {
        m_findings.error(s.line,
                         w.column,
                         "too-many-nodes",
                         std::string(s.directive.text) + ' ' + quote(w.text),
                         "at most 100 nodes, ping targets included");
        return;
    }
    if (room_for_medium(s, w)) {
        m_config.ping_targets.push_back({std::string(w.text),
                                         {std::string(w.text)},
                                         false,
                                         ipv6,
                                         m_findings.at(s.line, w.column)});
    }
}

void HaCfParser::ping_group(const Statement& s) {
    if (s.words.size() < 2) {
        m_findings.error(s.line,
                         s.words[0].column,
                         "missing-argument",
                         "no address after " + quote(s.words[0].text),
                         "ping_group NAME ADDRESS...");
        return;
    }
    if (!room_for_medium(s, s.words[0])) {
        return;
    }
    PingTargetConfig target;
    target.name = s.words[0].text;
    target.group = true;
    target.where = m_findings.at(s.line, s.words[0].column);
    for (std::size_t i = 1; i < s.words.size(); ++i) {
        if (!text::is_ipv4(s.words[i].text)) {
            m_findings.warning(s.line,
                               s.words[i].column,
                               "host-name",
                               "ping_group member " + quote(s.words[i].text),
                               "an IPv4 address; a name needs a name server at start");
        }
        target.addresses.emplace_back(s.words[i].text);
    }
    m_config.ping_targets.push_back(std::move(target));
}

// ---------------------------------------------------------------- protocol

void HaCfParser::hopfudge(const Statement& s, const Word& w) {
    if (const auto value = integer(s, w, 0, 255)) {
        m_config.hopfudge = static_cast<int>(*value);
    }
}

void HaCfParser::auto_failback(const Statement& s, const Word& w) {
    m_failback = {s.line, w.column, w.text};
    if (text::equal_ignoring_case(w.text, "legacy")) {
        m_config.auto_failback = AutoFailback::legacy;
    } else if (const auto on = text::parse_boolean(w.text)) {
        m_config.auto_failback = *on ? AutoFailback::on : AutoFailback::off;
    } else {
        bad_value(s, w, "on, off or legacy");
        return;
    }
    m_config.auto_failback_set = true;
}

void HaCfParser::nice_failback(const Statement& s, const Word& w) {
    bool ignored = false;
    if (!boolean(s, w, ignored)) {
        return;
    }
    // Whatever its value says: after `auto_failback on|off` it means off, else legacy (3.0.6).
    const bool after_on_or_off =
        m_config.auto_failback_set && m_config.auto_failback != AutoFailback::legacy;
    m_config.auto_failback = after_on_or_off ? AutoFailback::off : AutoFailback::legacy;
    m_config.auto_failback_set = true;
    m_failback = {s.line, w.column, w.text};
    m_findings.warning(
        s.line,
        s.directive.column,
        "obsolete-directive",
        "\"nice_failback\"",
        std::string("auto_failback on or off; heartbeat takes this line as auto_failback ") +
            (after_on_or_off ? "off" : "legacy"));
}

void HaCfParser::msgfmt(const Statement& s, const Word& w) {
    if (w.text == "classic") {
        m_config.msgfmt = MessageFormat::classic;
    } else if (w.text == "netstring") {
        m_config.msgfmt = MessageFormat::netstring;
    } else {
        bad_value(s, w, "classic or netstring");
    }
}

void HaCfParser::compression(const Statement& s, const Word& w) {
    if (w.text != "zlib" && w.text != "bz2") {
        bad_value(s, w, "zlib or bz2");
        return;
    }
    m_config.compression = w.text;
}

void HaCfParser::compression_threshold(const Statement& s, const Word& w) {
    if (const auto value = integer(s, w, 1, 1'000'000)) {
        m_config.compression_threshold_kb = static_cast<unsigned>(*value);
    }
}

void HaCfParser::max_rexmit_delay(const Statement& s, const Word& w) {
    if (const auto value = integer(s, w, 1, 1'000'000'000)) {
        m_config.max_rexmit_delay = std::chrono::milliseconds{*value};
    }
}

void HaCfParser::hbgenmethod(const Statement& s, const Word& w) {
    if (w.text == "file") {
        m_config.hbgenmethod = GenerationMethod::file;
    } else if (w.text == "time") {
        m_config.hbgenmethod = GenerationMethod::time;
    } else {
        bad_value(s, w, "file or time");
    }
}

void HaCfParser::uuidfrom(const Statement& s, const Word& w) {
    if (w.text == "file" || w.text == "nodename") {
        m_config.uuid_from_nodename = w.text == "nodename";
    } else {
        bad_value(s, w, "file or nodename");
    }
}

void HaCfParser::autojoin(const Statement& s, const Word& w) {
    auto value = text::lower_case(w.text);
    if (value != "none" && value != "other" && value != "any") {
        bad_value(s, w, "none (other and any only with crm on)");
        return;
    }
    m_config.autojoin = std::move(value);
    m_autojoin = {s.line, w.column, w.text};
}

// ---------------------------------------------------------------- logging and process

void HaCfParser::logfacility(const Statement& s, const Word& w) {
    constexpr std::array<std::string_view, 22> names{
        "auth",   "authpriv", "cron",   "daemon", "ftp",    "kern",  "lpr",    "mail",
        "news",   "security", "syslog", "user",   "uucp",   "none",  "local0", "local1",
        "local2", "local3",   "local4", "local5", "local6", "local7"};
    if (std::find(names.begin(), names.end(), w.text) == names.end()) {
        bad_value(s, w, "a syslog facility (daemon, user, local0 to local7, ...)");
        return;
    }
    deprecated_log(s, w, m_config.logfacility);
}

void HaCfParser::deprecated_log(const Statement& s, const Word& w, std::string& out) {
    out = w.text;
    m_log = {s.line, s.directive.column, s.directive.text};
    m_findings.note(s.line,
                    s.directive.column,
                    "deprecated-directive",
                    quote(s.directive.text),
                    "\"use_logd on\"");
}

void HaCfParser::conn_logd_time(const Statement& s, const Word& w) {
    if (const auto value = time(s, w, false)) {
        m_config.conn_logd_time = *value;
    }
}

void HaCfParser::debug(const Statement& s, const Word& w) {
    if (const auto value = integer(s, w, 0, 255)) {
        m_config.debug = static_cast<int>(*value);
    }
}

void HaCfParser::rtprio(const Statement& s, const Word& w) {
    if (const auto value = integer(s, w, 1, 99)) {
        m_config.rtprio = static_cast<int>(*value);
    }
}

void HaCfParser::memreserve(const Statement& s, const Word& w) {
    if (const auto value = integer(s, w, 1, 1'000'000'000)) {
        m_config.memreserve_kb = static_cast<unsigned>(*value);
    }
}

void HaCfParser::coreroot(const Statement& s, const Word& w) {
    if (w.text.front() != '/') {
        bad_value(s, w, "the full path of a directory");
        return;
    }
    m_config.coreroot = w.text;
}

void HaCfParser::watchdog(const Statement& s, const Word& w) {
    if (!m_config.watchdog.empty()) {
        m_findings.error(s.line,
                         w.column,
                         "repeated-watchdog",
                         "watchdog " + quote(w.text) + " after " + quote(m_config.watchdog),
                         "one watchdog device");
        return;
    }
    m_config.watchdog = w.text;
}

void HaCfParser::stonith(const Statement& s) {
    if (s.words.size() < 2) {
        m_findings.error(s.line,
                         s.words[0].column,
                         "missing-argument",
                         "no file after " + quote(s.words[0].text),
                         "stonith TYPE FILE");
        return;
    }
    if (!m_config.stonith.empty()) {
        m_findings.warning(s.line,
                           s.directive.column,
                           "repeated-stonith",
                           "a further stonith device",
                           "one; heartbeat uses the last");
    }
    const auto parameters = static_cast<std::size_t>(s.words[1].text.data() - s.rest.data());
    m_config.stonith.push_back({"",
                                std::string(s.words[0].text),
                                std::string(s.rest.substr(parameters)),
                                m_findings.at(s.line, s.words[0].column)});
}

void HaCfParser::stonith_host(const Statement& s) {
    if (s.words.size() < 2) {
        m_findings.error(s.line,
                         s.words[0].column,
                         "missing-argument",
                         "no type after " + quote(s.words[0].text),
                         "stonith_host HOST TYPE PARAMETERS...");
        return;
    }
    std::string parameters;
    if (s.words.size() > 2) {
        parameters =
            s.rest.substr(static_cast<std::size_t>(s.words[2].text.data() - s.rest.data()));
    }
    m_config.stonith.push_back({std::string(s.words[0].text),
                                std::string(s.words[1].text),
                                std::move(parameters),
                                m_findings.at(s.line, s.words[0].column)});
}

void HaCfParser::add_child(const Statement& s, bool failfast) {
    if (s.words.size() < 2) {
        m_findings.error(s.line,
                         s.words[0].column,
                         "missing-argument",
                         "no command after " + quote(s.words[0].text),
                         std::string(s.directive.text) + " USER /PATH/TO/COMMAND ARGUMENTS...");
        return;
    }
    if (s.words[1].text.front() != '/') {
        bad_value(s, s.words[1], "the full path of a program");
        return;
    }
    const auto command = static_cast<std::size_t>(s.words[1].text.data() - s.rest.data());
    m_config.respawn.push_back({std::string(s.words[0].text),
                                std::string(s.rest.substr(command)),
                                failfast,
                                m_findings.at(s.line, s.words[1].column)});
    if (m_ipfail.line == 0 && m_config.runs_ipfail()) {
        m_ipfail = {s.line, s.words[1].column, s.words[1].text};
    }
}

void HaCfParser::apiauth(const Statement& s) {
    bool uid = false;
    bool gid = false;
    for (std::size_t i = 1; i < s.words.size(); ++i) {
        const auto word = s.words[i].text;
        bool* seen = word.starts_with("uid=") ? &uid : word.starts_with("gid=") ? &gid : nullptr;
        if (seen == nullptr || *seen) {
            bad_value(s, s.words[i], "uid=LIST or gid=LIST, each once");
            return;
        }
        *seen = true;
    }
    if (!uid && !gid) {
        m_findings.error(s.line,
                         s.words[0].column,
                         "missing-argument",
                         "no uid= or gid= after " + quote(s.words[0].text),
                         "apiauth CLIENT [uid=LIST] [gid=LIST]");
        return;
    }
    if (!m_api_clients.emplace(s.words[0].text).second) {
        m_findings.error(s.line,
                         s.words[0].column,
                         "repeated-apiauth",
                         "apiauth for " + quote(s.words[0].text) + " once more",
                         "each client once");
        return;
    }
    m_config.apiauth.emplace_back(s.rest);
}

void HaCfParser::env(const Statement& s, const Word& w) {
    if (w.text.front() == '=') {
        bad_value(s, w, "NAME=VALUE");
        return;
    }
    if (w.text.find('=') == std::string_view::npos) {
        m_findings.warning(
            s.line, w.column, "env-without-value", "env " + quote(w.text), "NAME=VALUE");
    }
    m_config.env.emplace_back(w.text);
}

void HaCfParser::crm(const Statement& s, const Word& w) {
    if (m_crm_seen) {
        m_findings.error(s.line,
                         w.column,
                         "repeated-crm",
                         quote(s.directive.text) + " once more",
                         "crm or pacemaker at most once");
        return;
    }
    m_crm_seen = true;
    m_crm = {s.line, w.column, w.text};
    constexpr std::array<std::string_view, 5> modes{
        "minimal", "manual", "respawn", "valgrind", "ccm-only"};
    if (std::any_of(modes.begin(), modes.end(), [&](auto mode) {
            return text::equal_ignoring_case(mode, w.text);
        })) {
        m_config.crm = true;
    } else {
        boolean(s, w, m_config.crm);
    }
}

void HaCfParser::crm_only_boolean(const Statement& s, const Word& w) {
    bool ignored = false;
    boolean(s, w, ignored);
}

// ---------------------------------------------------------------- rules between directives

void HaCfParser::check(std::optional<std::string_view> own_node) {
    check_times();
    check_media();
    check_nodes(own_node);
    check_failback();
    check_logging();
    if (m_config.crm) {
        m_findings.warning(m_crm.line,
                           m_crm.column,
                           "crm-on",
                           "crm " + quote(m_crm.text),
                           "crm off; with it heartbeat does not read haresources");
    } else if (m_config.autojoin != "none") {
        m_findings.error(m_autojoin.line,
                         m_autojoin.column,
                         "autojoin-with-haresources",
                         "autojoin " + quote(m_autojoin.text),
                         "none, as haresources names its nodes");
    }
}

void HaCfParser::check_times() {
    using std::chrono::seconds;
    auto& c = m_config;
    const auto show = [](const Place& place, std::string_view name, Duration value) {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(value).count();
        return std::string(name) + ' ' +
               (place.line > 0 ? quote(place.text) : "of " + std::to_string(ms) + " ms (default)");
    };
    // When the offending value is a default, the finding stands where the other one was set.
    const auto where = [](const Place& first, const Place& second) {
        return first.line > 0 ? first : second;
    };

    if (m_warntime.line == 0) {
        c.warntime = c.deadtime / 2;
    }
    if (m_deadping.line == 0) {
        c.deadping = c.deadtime;
    }
    if (m_initdead.line == 0) {
        c.initdead = c.deadtime > seconds{10}  ? c.deadtime
                     : c.deadtime < seconds{6} ? seconds{12}
                                               : 2 * c.deadtime;
    }

    const auto keepalive = show(m_keepalive, "keepalive", c.keepalive);
    const auto deadtime = show(m_deadtime, "deadtime", c.deadtime);
    const bool limits_known = !m_keepalive.bad && !m_deadtime.bad;
    if (limits_known && c.deadtime <= 2 * c.keepalive) {
        const auto place = where(m_deadtime, m_keepalive);
        m_findings.error(place.line,
                         place.column,
                         "deadtime-too-small",
                         deadtime,
                         "more than twice the " + keepalive);
    }
    if (m_deadping.line > 0 && !m_deadping.bad && !m_keepalive.bad &&
        c.deadping <= 2 * c.keepalive) {
        m_findings.error(m_deadping.line,
                         m_deadping.column,
                         "deadping-too-small",
                         show(m_deadping, "deadping", c.deadping),
                         "more than twice the " + keepalive);
    }
    const auto initdead = show(m_initdead, "initdead", c.initdead);
    if (m_deadtime.bad || m_initdead.bad) {
        // Not judged: one of the two is not what was meant.
    } else if (c.initdead < c.deadtime) {
        m_findings.error(m_initdead.line,
                         m_initdead.column,
                         "initdead-too-small",
                         initdead,
                         "at least the " + deadtime);
    } else if (c.initdead < seconds{10}) {
        m_findings.warning(m_initdead.line,
                           m_initdead.column,
                           "initdead-short",
                           initdead,
                           "at least 10; networks come up slowly");
    }
    const auto warntime = show(m_warntime, "warntime", c.warntime);
    if (m_warntime.line == 0 || m_warntime.bad || !limits_known) {
        return;
    }
    if (c.warntime >= c.deadtime) {
        m_findings.warning(m_warntime.line,
                           m_warntime.column,
                           "warntime-too-large",
                           warntime,
                           "less than the " + deadtime + "; it never warns");
    } else if (c.warntime <= c.keepalive) {
        m_findings.warning(m_warntime.line,
                           m_warntime.column,
                           "warntime-too-small",
                           warntime,
                           "more than the " + keepalive + "; it always warns");
    }
}

void HaCfParser::check_media() {
    const auto& links = m_config.links;
    if (links.empty()) {
        if (m_config.ping_targets.empty()) {
            m_findings.error(
                0, 0, "no-media", "no media line", "at least one of bcast, ucast, mcast, serial");
        } else {
            m_findings.warning(m_config.ping_targets[0].where.line,
                               m_config.ping_targets[0].where.column,
                               "no-heartbeat-path",
                               "only ping targets",
                               "a medium that reaches the peer");
        }
        return;
    }
    const bool one_path = std::all_of(links.begin(), links.end(), [&](const LinkConfig& link) {
        return link.device == links[0].device;
    });
    if (one_path) {
        m_findings.warning(links[0].where.line,
                           links[0].where.column,
                           "single-heartbeat-path",
                           "all heartbeats on " + quote(links[0].device),
                           "a second path; when this one fails both nodes take the resources");
    }
}

void HaCfParser::check_nodes(std::optional<std::string_view> own_node) {
    const auto& nodes = m_config.nodes;
    if (nodes.empty()) {
        m_findings.error(0, 0, "no-node", "no node line", "node NAME for every member");
    } else if (nodes.size() == 1) {
        m_findings.warning(
            0, 0, "single-node", "only node " + quote(nodes[0]), "two nodes; nobody can take over");
    } else if (nodes.size() > 2 && !m_config.crm) {
        m_findings.warning(0,
                           0,
                           "more-than-two-nodes",
                           std::to_string(nodes.size()) + " nodes",
                           "two; with haresources heartbeat knows only one \"other side\" and "
                           "starts resources twice");
    }
    if (own_node && !nodes.empty()) {
        const auto name = text::lower_case(*own_node);
        if (std::find(nodes.begin(), nodes.end(), name) == nodes.end()) {
            std::string listed;
            for (std::size_t i = 0; i < nodes.size() && i < 4; ++i) {
                listed += (i > 0 ? ", " : "") + quote(nodes[i]);
            }
            m_findings.error(0,
                             0,
                             "own-node-missing",
                             "nodes " + listed + (nodes.size() > 4 ? ", ..." : ""),
                             "node " + quote(name) + " (uname -n of this node) among them");
        }
    }
}

void HaCfParser::check_failback() {
    const bool legacy = m_config.auto_failback == AutoFailback::legacy;
    if (!m_config.auto_failback_set) {
        m_findings.warning(0,
                           0,
                           "auto-failback-unset",
                           "no auto_failback line",
                           "auto_failback on or off; unset means legacy: the preferred node always "
                           "takes its group back and standby is refused");
    } else if (legacy) {
        m_findings.warning(m_failback.line,
                           m_failback.column,
                           "auto-failback-legacy",
                           "auto_failback legacy",
                           "on or off; legacy is deprecated and refuses standby");
    }
    const bool ipfail = m_config.runs_ipfail();
    if (!m_config.ping_targets.empty() && !ipfail && !m_config.crm) {
        const auto& where = m_config.ping_targets[0].where;
        m_findings.warning(
            where.line,
            where.column,
            "ping-without-ipfail",
            "ping targets",
            "respawn hacluster /usr/lib/heartbeat/ipfail; without it they decide nothing");
    }
    if (ipfail && m_config.ping_targets.empty()) {
        m_findings.warning(m_ipfail.line,
                           m_ipfail.column,
                           "ipfail-without-ping",
                           quote(m_ipfail.text),
                           "a ping or ping_group line for it to compare");
    }
    if (ipfail && legacy) {
        m_findings.warning(m_ipfail.line,
                           m_ipfail.column,
                           "ipfail-with-legacy",
                           quote(m_ipfail.text),
                           "auto_failback on or off; in legacy mode ipfail cannot move anything");
    }
}

void HaCfParser::check_logging() {
    const bool any_log = m_log.line > 0;
    if (!any_log && !m_config.use_logd) {
        if (m_use_logd_set) {
            m_findings.error(0,
                             0,
                             "no-log",
                             "use_logd off and no logfile, debugfile or logfacility",
                             "one of them");
        } else {
            m_config.use_logd = true;  // heartbeat switches the log daemon on by itself
        }
    } else if (any_log && m_config.use_logd) {
        m_findings.note(m_log.line,
                        m_log.column,
                        "log-twice",
                        quote(m_log.text) + " next to use_logd on",
                        "the log daemon's own configuration");
    }
}

}  // namespace

bool HaConfig::runs_ipfail() const {
    return std::any_of(respawn.begin(), respawn.end(), [](const RespawnConfig& child) {
        const auto program =
            std::string_view(child.command).substr(0, child.command.find_first_of(blanks));
        return program.substr(program.find_last_of('/') + 1) == "ipfail";
    });
}

Parsed<HaConfig> parse_ha_cf(std::string_view text,
                             std::string_view file_name,
                             std::optional<std::string_view> own_node) {
    Parsed<HaConfig> out;
    HaCfParser(file_name, out).parse(text, own_node);
    return out;
}

}  // namespace cluster
