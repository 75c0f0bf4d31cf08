// SPDX-License-Identifier: GPL-2.0-or-later
// Reader and writer of understudy.json. Each key is read in one place, with its limits and what is
// expected.
#include "cluster/settings_json.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "../src/config/text.hpp"
#include "json_places.hpp"

namespace cluster {

namespace {

using Json = nlohmann::json;
using std::chrono::hours;
using std::chrono::milliseconds;
using text::quote;

constexpr std::string_view format_name = "understudy-settings/1";
constexpr int deepest = 16;
constexpr Duration longest = hours{24};

struct KindName {
    std::string_view name;
    BindingKind kind;
};
// `address` and `source_address` are built-in words only.
constexpr std::array<KindName, 5> kinds{{{"script", BindingKind::script},
                                         {"bridge_switch", BindingKind::bridge_switch},
                                         {"source_fixup", BindingKind::source_fixup},
                                         {"systemd_unit", BindingKind::systemd_unit},
                                         {"ocf_agent", BindingKind::ocf_agent}}};

constexpr std::array<std::pair<std::string_view, Dialect>, 2> dialects{
    {{"auto", Dialect::automatic}, {"native", Dialect::native}}};
constexpr std::array<std::pair<std::string_view, TieBreak>, 4> tie_breaks{
    {{"auto", TieBreak::automatic},
     {"none", TieBreak::none},
     {"ping", TieBreak::ping},
     {"first_node", TieBreak::first_node}}};

template <class E, std::size_t n>
std::string_view word_of(E value, const std::array<std::pair<std::string_view, E>, n>& words) {
    const auto* const at =
        std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.second == value; });
    return at == words.end() ? std::string_view{} : at->first;
}

class SettingsReader {
  public:
    SettingsReader(std::string_view text, text::FindingList& findings, Settings& out)
        : m_places(text), m_findings(findings), m_settings(out) {}

    void read(const Json&);

  private:
    void error(const std::string& pointer,
               std::string_view rule,
               const std::string& found,
               std::string expected) {
        const auto place = m_places.of(pointer);
        m_findings.error(place.line,
                         place.column,
                         rule,
                         (pointer.empty() ? std::string("/") : text::printable(pointer)) + ": " +
                             found,
                         std::move(expected));
    }
    static std::string shown(const Json&);

    bool
    object(const Json&, const std::string& pointer, std::initializer_list<std::string_view> keys);
    void duration(const Json& parent,
                  const std::string& pointer,
                  const char* key,
                  Duration low,
                  Duration& out);
    void integer(const Json& parent,
                 const std::string& pointer,
                 const char* key,
                 int low,
                 int high,
                 int& out);
    void boolean(const Json& parent, const std::string& pointer, const char* key, bool& out);
    void string(const Json& parent, const std::string& pointer, const char* key, std::string& out);
    void binding(const Json&, const std::string& pointer, const std::string& word);
    void networks(const Json&, const std::string& pointer, BindingSettings& out);
    void native(const Json&);
    void nodes(const Json&, const std::string& pointer, std::vector<std::string>& out);
    template <class E, std::size_t n>
    void word(const Json& root,
              const char* key,
              const std::array<std::pair<std::string_view, E>, n>& words,
              E& out);

    JsonPlaces m_places;
    text::FindingList& m_findings;
    Settings& m_settings;
};

std::string SettingsReader::shown(const Json& value) {
    if (value.is_object()) {
        return "an object";
    }
    if (value.is_array()) {
        return "an array";
    }
    if (value.is_string()) {
        return quote(value.get_ref<const std::string&>());
    }
    return value.dump();
}

/// True when it is an object; every member that is not in `keys` is an error.
bool SettingsReader::object(const Json& value,
                            const std::string& pointer,
                            std::initializer_list<std::string_view> keys) {
    if (!value.is_object()) {
        error(pointer, "wrong-type", shown(value), "an object");
        return false;
    }
    for (const auto& [key, ignored] : value.items()) {
        if (key.starts_with("x-") || std::find(keys.begin(), keys.end(), key) != keys.end()) {
            continue;
        }
        std::string expected = "one of";
        for (const auto known : keys) {
            if (known.front() != '$') {
                expected += ' ' + std::string(known);
            }
        }
        if (const auto near = text::nearest(key, keys); !near.empty()) {
            expected = quote(near);
        }
        error(pointer + '/' + pointer_token(key),
              "unknown-key",
              "unknown key " + quote(key),
              std::move(expected));
    }
    return true;
}

void SettingsReader::duration(
    const Json& parent, const std::string& pointer, const char* key, Duration low, Duration& out) {
    const auto it = parent.find(key);
    if (it == parent.end()) {
        return;
    }
    const auto at = pointer + '/' + key;
    const auto value =
        it->is_string() ? parse_unit_duration(it->get_ref<const std::string&>()) : std::nullopt;
    if (!value) {
        error(at,
              "bad-duration",
              shown(*it),
              "a string with a unit: ns, us, ms, s, min or h (\"200ms\")");
    } else if (*value < low || *value > longest) {
        error(at, "out-of-range", shown(*it), low == Duration::zero() ? "0s to 24h" : "1ms to 24h");
    } else {
        out = *value;
    }
}

void SettingsReader::integer(
    const Json& parent, const std::string& pointer, const char* key, int low, int high, int& out) {
    const auto it = parent.find(key);
    if (it == parent.end()) {
        return;
    }
    // Doubles are not integers here, and unsigned values beyond the signed range must not wrap.
    const bool fits = it->is_number_integer() &&
                      (!it->is_number_unsigned() || it->get<std::uint64_t>() <= 1'000'000'000U);
    const auto value = fits ? it->get<std::int64_t>() : std::int64_t{-1};
    if (!fits || value < low || value > high) {
        error(pointer + '/' + key,
              it->is_number_integer() ? "out-of-range" : "wrong-type",
              shown(*it),
              "an integer from " + std::to_string(low) + " to " + std::to_string(high));
        return;
    }
    out = static_cast<int>(value);
}

void SettingsReader::boolean(const Json& parent,
                             const std::string& pointer,
                             const char* key,
                             bool& out) {
    const auto it = parent.find(key);
    if (it == parent.end()) {
        return;
    }
    if (!it->is_boolean()) {
        error(pointer + '/' + key, "wrong-type", shown(*it), "true or false");
        return;
    }
    out = it->get<bool>();
}

void SettingsReader::string(const Json& parent,
                            const std::string& pointer,
                            const char* key,
                            std::string& out) {
    const auto it = parent.find(key);
    if (it == parent.end()) {
        return;
    }
    if (!it->is_string() || it->get_ref<const std::string&>().empty()) {
        error(pointer + '/' + key, "wrong-type", shown(*it), "a non-empty string");
        return;
    }
    out = it->get<std::string>();
}

void SettingsReader::networks(const Json& value, const std::string& pointer, BindingSettings& out) {
    if (!value.is_array()) {
        error(pointer, "wrong-type", shown(value), "an array of prefixes (\"10.10.10.0/24\")");
        return;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto at = pointer + '/' + std::to_string(i);
        const auto* prefix = value[i].get_ptr<const std::string*>();
        const auto spec = prefix != nullptr && std::count(prefix->begin(), prefix->end(), '/') == 1
                              ? parse_address_spec(*prefix)
                              : std::nullopt;
        if (!spec || !spec->prefix_length) {
            error(at, "bad-network", shown(value[i]), "a prefix (\"10.10.10.0/24\")");
        } else {
            out.networks.push_back(*prefix);
        }
    }
}

void SettingsReader::binding(const Json& value,
                             const std::string& pointer,
                             const std::string& word) {
    if (word == "IPaddr" || word == "IPaddr2" || word == "IPsrcaddr" || word.empty() ||
        word.find_first_of(" \t/:") != std::string::npos) {
        error(pointer,
              "bad-binding",
              "binding of " + quote(word),
              "a script name of haresources that is not built in (IPaddr, IPaddr2, IPsrcaddr are)");
        return;
    }
    if (!object(value, pointer, {"kind", "name", "parameters", "networks", "timeouts"})) {
        return;
    }
    BindingSettings out;
    const auto kind = value.find("kind");
    if (kind == value.end()) {
        error(pointer,
              "missing-key",
              "no \"kind\"",
              "\"kind\": script, bridge_switch, source_fixup, systemd_unit or ocf_agent");
        return;
    }
    const auto* name = kind->get_ptr<const std::string*>();
    const auto* known = name == nullptr
                            ? kinds.end()
                            : std::find_if(kinds.begin(), kinds.end(), [&](const KindName& k) {
                                  return k.name == *name;
                              });
    if (known == kinds.end()) {
        error(pointer + "/kind",
              "bad-value",
              shown(*kind),
              "script, bridge_switch, source_fixup, systemd_unit or ocf_agent");
        return;
    }
    out.kind = known->kind;
    const bool named = out.kind == BindingKind::systemd_unit || out.kind == BindingKind::ocf_agent;
    string(value, pointer, "name", out.name);
    if (named && !value.contains("name")) {
        error(pointer,
              "missing-key",
              "no \"name\"",
              out.kind == BindingKind::systemd_unit
                  ? "\"name\": the unit (\"asterisk.service\")"
                  : "\"name\": class:provider:type (\"ocf:heartbeat:IPaddr2\")");
    } else if (!named && value.contains("name")) {
        error(pointer + "/name",
              "misplaced-key",
              "\"name\" in a binding of kind " + quote(*name),
              "it with systemd_unit or ocf_agent only");
    }
    if (out.kind == BindingKind::ocf_agent && !out.name.empty()) {
        if (std::count(out.name.begin(), out.name.end(), ':') != 2) {
            error(pointer + "/name",
                  "bad-value",
                  quote(out.name),
                  "class:provider:type (\"ocf:heartbeat:IPaddr2\")");
        }
    }
    if (const auto parameters = value.find("parameters"); parameters != value.end()) {
        if (!parameters->is_object()) {
            error(
                pointer + "/parameters", "wrong-type", shown(*parameters), "an object of strings");
        } else {
            for (const auto& [key, parameter] : parameters->items()) {
                if (parameter.is_string()) {
                    out.parameters[key] = parameter.get<std::string>();
                } else {
                    error(pointer + "/parameters/" + pointer_token(key),
                          "wrong-type",
                          shown(parameter),
                          "a string");
                }
            }
        }
    }
    if (const auto list = value.find("networks"); list != value.end()) {
        if (out.kind != BindingKind::source_fixup) {
            error(pointer + "/networks",
                  "misplaced-key",
                  "\"networks\" in a binding of kind " + quote(*name),
                  "it with source_fixup only");
        } else {
            networks(*list, pointer + "/networks", out);
        }
    }
    if (const auto timeouts = value.find("timeouts"); timeouts != value.end()) {
        const auto at = pointer + "/timeouts";
        if (object(*timeouts, at, {"start", "stop", "status"})) {
            duration(*timeouts, at, "start", Duration::zero(), out.timeouts.start);
            duration(*timeouts, at, "stop", Duration::zero(), out.timeouts.stop);
            duration(*timeouts, at, "status", Duration::zero(), out.timeouts.status);
        }
    }
    m_settings.bindings[word] = std::move(out);
}

void SettingsReader::read(const Json& root) {
    for (const auto& repeated : m_places.repeated_keys()) {
        m_findings.error(repeated.place.line,
                         repeated.place.column,
                         "repeated-key",
                         text::printable(repeated.pointer) + ": this key once more",
                         "each key once");
    }
    if (!object(root,
                "",
                {"$schema",
                 "format",
                 "bindings",
                 "announce",
                 "bridge",
                 "start_failure",
                 "start_retry_delay",
                 "start_retry_max",
                 "stop_attempts",
                 "stop_retry_delay",
                 "stop_timeout",
                 "stop_deadline",
                 "carrier_policy",
                 "ping_tie_break",
                 "dialect",
                 "tie_break",
                 "placement",
                 "preempt_delay",
                 "failure_timeout"})) {
        return;
    }
    if (const auto format = root.find("format"); format == root.end()) {
        error("", "missing-key", "no \"format\"", "\"format\": " + quote(format_name));
    } else if (*format != format_name) {
        error("/format", "bad-value", shown(*format), quote(format_name));
    }
    if (const auto bindings = root.find("bindings"); bindings != root.end()) {
        if (!bindings->is_object()) {
            error("/bindings",
                  "wrong-type",
                  shown(*bindings),
                  "an object: word of haresources -> binding");
        } else {
            for (const auto& [word, value] : bindings->items()) {
                if (!word.starts_with("x-")) {
                    binding(value, "/bindings/" + pointer_token(word), word);
                }
            }
        }
    }
    if (const auto announce = root.find("announce");
        announce != root.end() && object(*announce, "/announce", {"count", "interval"})) {
        integer(*announce, "/announce", "count", 1, 1000, m_settings.announce.count);
        duration(*announce, "/announce", "interval", milliseconds{1}, m_settings.announce.interval);
    }
    if (const auto bridge = root.find("bridge");
        bridge != root.end() &&
        object(*bridge, "/bridge", {"reply_timeout", "attempts", "watch"})) {
        duration(
            *bridge, "/bridge", "reply_timeout", milliseconds{1}, m_settings.bridge.reply_timeout);
        integer(*bridge, "/bridge", "attempts", 1, 100, m_settings.bridge.attempts);
        boolean(*bridge, "/bridge", "watch", m_settings.bridge.watch);
    }
    if (const auto policy = root.find("start_failure"); policy != root.end()) {
        if (*policy == "move") {
            m_settings.start_failure = StartFailurePolicy::move;
        } else if (*policy == "heartbeat") {
            m_settings.start_failure = StartFailurePolicy::heartbeat;
        } else {
            error("/start_failure", "bad-value", shown(*policy), "\"move\" or \"heartbeat\"");
        }
    }
    integer(root, "", "stop_attempts", 1, 1000, m_settings.stop_attempts);
    duration(root, "", "stop_retry_delay", milliseconds{1}, m_settings.stop_retry_delay);
    duration(root, "", "start_retry_delay", Duration::zero(), m_settings.start_retry_delay);
    duration(root, "", "start_retry_max", milliseconds{1}, m_settings.start_retry_max);
    duration(root, "", "stop_timeout", Duration::zero(), m_settings.stop_timeout);
    duration(root, "", "stop_deadline", Duration::zero(), m_settings.stop_deadline);
    boolean(root, "", "carrier_policy", m_settings.carrier_policy);
    boolean(root, "", "ping_tie_break", m_settings.ping_tie_break);
    native(root);
}

void SettingsReader::native(const Json& root) {
    NativeSettings& out = m_settings.native;
    word(root, "dialect", dialects, out.dialect);
    word(root, "tie_break", tie_breaks, out.tie_break);
    duration(root, "", "preempt_delay", Duration::zero(), out.preempt_delay);
    duration(root, "", "failure_timeout", milliseconds{1}, out.failure_timeout);
    const auto placement = root.find("placement");
    if (placement == root.end() ||
        !object(*placement, "/placement", {"order", "group_order", "capacity"})) {
        return;
    }
    integer(*placement, "/placement", "capacity", 0, 1000, out.capacity);
    if (const auto order = placement->find("order"); order != placement->end()) {
        nodes(*order, "/placement/order", out.order);
    }
    const auto groups = placement->find("group_order");
    if (groups == placement->end()) {
        return;
    }
    if (!groups->is_object()) {
        error("/placement/group_order",
              "wrong-type",
              shown(*groups),
              "an object: first word of a group -> array of nodes");
        return;
    }
    for (const auto& [group, order] : groups->items()) {
        nodes(order, "/placement/group_order/" + pointer_token(group), out.group_order[group]);
    }
}

void SettingsReader::nodes(const Json& value,
                           const std::string& pointer,
                           std::vector<std::string>& out) {
    if (!value.is_array()) {
        error(pointer, "wrong-type", shown(value), "an array of node names");
        return;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto* name = value[i].get_ptr<const std::string*>();
        if (name == nullptr || name->empty()) {
            error(pointer + '/' + std::to_string(i), "wrong-type", shown(value[i]), "a node name");
        } else if (std::find(out.begin(), out.end(), *name) != out.end()) {
            error(pointer + '/' + std::to_string(i), "repeated-node", quote(*name), "it once");
        } else {
            out.push_back(*name);
        }
    }
}

template <class E, std::size_t n>
void SettingsReader::word(const Json& root,
                          const char* key,
                          const std::array<std::pair<std::string_view, E>, n>& words,
                          E& out) {
    const auto it = root.find(key);
    if (it == root.end()) {
        return;
    }
    std::string expected;
    for (const auto& [name, value] : words) {
        if (*it == name) {
            out = value;
            return;
        }
        expected += (expected.empty() ? "" : ", ") + quote(name);
    }
    error(std::string{"/"} + key, "bad-value", shown(*it), "one of " + expected);
}

/// What the JSON library says, without its prefix and numbers: ours carry the position.
std::string reason(const Json::parse_error& problem) {
    std::string what = problem.what();
    if (const auto colon = what.find(": "); colon != std::string::npos) {
        what = what.substr(colon + 2);
    }
    std::string clean;
    for (const char c : what.substr(0, 160)) {
        clean += c >= 0x20 && c < 0x7f ? c : '?';
    }
    return clean;
}

std::string shown_duration(Duration value) {
    const auto ns = value.count();
    if (ns % 1'000'000'000 == 0) {
        return std::to_string(ns / 1'000'000'000) + 's';
    }
    if (ns % 1'000'000 == 0) {
        return std::to_string(ns / 1'000'000) + "ms";
    }
    return std::to_string(ns) + "ns";
}

}  // namespace

std::optional<Duration> parse_unit_duration(std::string_view word) {
    // Nanoseconds in integers: "0.2s" must be exactly 200 ms.
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> units{
        {{"ns", 1},
         {"us", 1'000},
         {"ms", 1'000'000},
         {"s", 1'000'000'000},
         {"min", 60'000'000'000},
         {"h", 3'600'000'000'000}}};
    const auto number_end = std::min(word.find_first_not_of("0123456789."), word.size());
    const auto number = word.substr(0, number_end);
    const auto* unit = std::find_if(units.begin(), units.end(), [&](const auto& u) {
        return u.first == word.substr(number_end);
    });
    const auto dot = number.find('.');
    const auto whole = number.substr(0, dot);
    const auto fraction =
        dot == std::string_view::npos ? std::string_view() : number.substr(dot + 1);
    const bool bad_fraction =
        dot != std::string_view::npos &&
        (fraction.empty() || fraction.size() > 9 || fraction.find('.') != std::string_view::npos);
    const auto seconds = text::strict_integer(whole);
    if (unit == units.end() || !seconds || bad_fraction) {
        return std::nullopt;
    }
    constexpr std::int64_t most = std::int64_t{1} << 62U;
    if (*seconds > most / unit->second) {
        return std::nullopt;
    }
    std::int64_t ns = *seconds * unit->second;
    std::int64_t scale = unit->second;
    for (const char c : fraction) {
        if (scale % 10 != 0) {
            if (c != '0') {
                return std::nullopt;  // finer than a nanosecond
            }
            continue;
        }
        scale /= 10;
        ns += (c - '0') * scale;
    }
    return Duration{ns};
}

Parsed<Settings> parse_settings_json(std::string_view text, std::string_view file_name) {
    Parsed<Settings> out;
    text::FindingList findings(file_name, out.findings);
    if (nesting_depth(text, deepest) > deepest) {
        findings.error(0,
                       0,
                       "too-deep",
                       "more than " + std::to_string(deepest) + " levels of brackets",
                       "fewer");
    } else {
        try {
            const auto root = Json::parse(text.begin(), text.end());
            SettingsReader(text, findings, out.value).read(root);
        } catch (const Json::parse_error& problem) {
            const auto place = place_of_byte(text, problem.byte > 0 ? problem.byte - 1 : 0);
            findings.error(
                place.line, place.column, "bad-json", reason(problem), "JSON (RFC 8259)");
        } catch (const Json::exception& problem) {
            // No other kind is expected from parse(); should one come, it is still only a bad file.
            findings.error(0, 0, "bad-json", quote(problem.what()), "JSON (RFC 8259)");
        }
    }
    findings.finish();
    return out;
}

std::string settings_to_json(const Settings& settings) {
    nlohmann::ordered_json root;
    root["format"] = format_name;
    auto& bindings = root["bindings"] = nlohmann::ordered_json::object();
    for (const auto& [word, binding] : settings.bindings) {
        nlohmann::ordered_json out;
        const auto* kind =
            std::find_if(kinds.begin(), kinds.end(), [&, k = binding.kind](const KindName& name) {
                return name.kind == k;
            });
        out["kind"] = kind == kinds.end() ? std::string_view("script") : kind->name;
        if (!binding.name.empty()) {
            out["name"] = binding.name;
        }
        if (!binding.parameters.empty()) {
            out["parameters"] = binding.parameters;
        }
        if (!binding.networks.empty()) {
            out["networks"] = binding.networks;
        }
        if (binding.timeouts != AgentTimeouts{}) {
            out["timeouts"] = {{"start", shown_duration(binding.timeouts.start)},
                               {"stop", shown_duration(binding.timeouts.stop)},
                               {"status", shown_duration(binding.timeouts.status)}};
        }
        bindings[word] = std::move(out);
    }
    root["announce"] = {{"count", settings.announce.count},
                        {"interval", shown_duration(settings.announce.interval)}};
    root["bridge"] = {{"reply_timeout", shown_duration(settings.bridge.reply_timeout)},
                      {"attempts", settings.bridge.attempts},
                      {"watch", settings.bridge.watch}};
    root["start_failure"] =
        settings.start_failure == StartFailurePolicy::move ? "move" : "heartbeat";
    root["stop_attempts"] = settings.stop_attempts;
    root["stop_retry_delay"] = shown_duration(settings.stop_retry_delay);
    root["start_retry_delay"] = shown_duration(settings.start_retry_delay);
    root["start_retry_max"] = shown_duration(settings.start_retry_max);
    root["stop_timeout"] = shown_duration(settings.stop_timeout);
    root["stop_deadline"] = shown_duration(settings.stop_deadline);
    root["carrier_policy"] = settings.carrier_policy;
    root["ping_tie_break"] = settings.ping_tie_break;
    const NativeSettings& native = settings.native;
    root["dialect"] = word_of(native.dialect, dialects);
    root["tie_break"] = word_of(native.tie_break, tie_breaks);
    root["preempt_delay"] = shown_duration(native.preempt_delay);
    root["failure_timeout"] = shown_duration(native.failure_timeout);
    auto& placement = root["placement"] = nlohmann::ordered_json::object();
    placement["order"] = native.order;
    placement["group_order"] = nlohmann::ordered_json::object();
    for (const auto& [group, order] : native.group_order) {
        placement["group_order"][group] = order;
    }
    placement["capacity"] = native.capacity;
    return root.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

const std::map<std::string, BindingSettings>& simulator_default_bindings() {
    static const auto bindings = [] {
        std::map<std::string, BindingSettings> out;
        out["fonulator"].kind = BindingKind::bridge_switch;
        out["fixrouting"].kind = BindingKind::source_fixup;
        return out;
    }();
    return bindings;
}

void add_default_bindings(Settings& settings,
                          const std::map<std::string, BindingSettings>& defaults) {
    settings.bindings.insert(defaults.begin(), defaults.end());
}

}  // namespace cluster
