// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/wire/native_fields.hpp"

#include <bit>
#include <charconv>
#include <utility>

#include "cluster/check.hpp"
#include "text.hpp"

namespace cluster::wire {

std::size_t NodeSet::size() const noexcept {
    std::size_t count = 0;
    for (const std::uint64_t word : m_words) {
        count += static_cast<std::size_t>(std::popcount(word));
    }
    return count;
}

std::size_t NodeSet::lowest(std::uint64_t word) noexcept {
    return static_cast<std::size_t>(std::countr_zero(word));
}

std::size_t NodeSet::first() const noexcept {
    for (std::size_t w = 0; w < words; ++w) {
        if (m_words[w] != 0) {
            return w * 64 + lowest(m_words[w]);
        }
    }
    return max_native_nodes;
}

namespace {

constexpr std::string_view hold_letters = "nsuxrfq";
constexpr std::string_view failure_letters = "-smt";
constexpr std::string_view health_letters = "ocf";
constexpr std::string_view flag_letters = "bglmnpr";

// ---------------------------------------------------------------- writing

std::string hex(std::uint64_t value) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return {digits.data(), end};
}

std::string set_text(const NodeSet& set, std::size_t nodes) {
    if (set == NodeSet::all(nodes)) {
        return "*";
    }
    std::string text;
    for (std::size_t digit = (nodes + 3) / 4; digit-- > 0;) {
        unsigned value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value |= set.has(digit * 4 + i) ? 1U << i : 0U;
        }
        if (value != 0 || !text.empty() || digit == 0) {
            text += hex(value);
        }
    }
    return text;
}

std::string id_text(const PlanId& id) {
    return hex(id.epoch) + '.' + hex(id.proposer) + '.' + hex(id.generation);
}

std::string view_text(const View& view, std::size_t nodes) {
    return view.id.epoch == 0 ? "0" : id_text(view.id) + '/' + set_text(view.members, nodes);
}

std::string plan_text(const Plan& plan, std::size_t nodes) {
    std::string text =
        id_text(plan.id) + '/' + id_text(plan.base) + '/' + set_text(plan.members, nodes) + '/';
    for (std::size_t g = 0; g < plan.owners.size(); ++g) {
        text += g == 0 ? "" : ",";
        text += plan.owners[g] == no_owner ? "-" : hex(static_cast<std::uint64_t>(plan.owners[g]));
    }
    return text;
}

void append_word(std::string& list, const std::string& word) {
    list += list.empty() ? word : ' ' + word;
}

void add_if_any(OutgoingMessage& out, std::string_view name, const std::string& text) {
    if (!text.empty()) {
        out.add(name, text);
    }
}

std::string flag_text(const NativeFlags& f) {
    const std::array<bool, 7> set{
        f.standby, f.asked, f.leaving, f.maintenance, f.no_carrier, f.pings, f.ready};
    std::string text;
    for (std::size_t i = 0; i < set.size(); ++i) {
        if (set[i]) {
            text += flag_letters[i];
        }
    }
    return text;
}

void add_state(const NativeState& state, const NativeLimits& limits, OutgoingMessage& out) {
    const std::size_t nodes = limits.nodes;
    CLUSTER_CHECK(state.groups.size() == limits.groups &&
                  state.attempted.size() <= max_attempted_views);
    out.add_hex("nu", state.uptime_ms);
    if (state.ask) {
        out.add("nq", "1");
    }
    out.add("nl", set_text(state.alive, nodes));
    out.add("nr", set_text(state.recent, nodes));
    out.add("nk", set_text(state.confirmed, nodes));
    out.add("nb", view_text(state.agreed, nodes));
    std::string attempted;
    for (const View& view : state.attempted) {
        append_word(attempted, view_text(view, nodes));
    }
    add_if_any(out, "nt", attempted);
    if (state.plan) {
        CLUSTER_CHECK(state.plan->owners.size() == limits.groups);
        out.add("np", plan_text(*state.plan, nodes));
    }
    std::string holds;
    std::string failures;
    for (std::size_t g = 0; g < state.groups.size(); ++g) {
        const GroupHold& group = state.groups[g];
        if (group.hold != Hold::none || group.epoch > 0) {
            append_word(holds,
                        hex(g) + ':' + hold_letters[static_cast<std::size_t>(group.hold)] + ':' +
                            hex(group.epoch));
        }
        if (group.failure != FailureReason::none) {
            append_word(failures,
                        hex(g) + ':' + failure_letters[static_cast<std::size_t>(group.failure)]);
        }
    }
    add_if_any(out, "nh", holds);
    add_if_any(out, "nx", failures);
    add_if_any(out, "nf", flag_text(state.flags));
    std::string asked;
    for (const Asked& entry : state.asked) {
        append_word(asked, hex(entry.group) + ':' + hex(entry.node));
    }
    add_if_any(out, "ng", asked);
    out.add("ns",
            std::to_string(state.health_score) +
                health_letters[static_cast<std::size_t>(state.health)]);
    if (!state.fenced.empty()) {
        out.add("nz", set_text(state.fenced, nodes));
    }
}

// ---------------------------------------------------------------- reading

/// Lower case, no leading zeros, at most `max`.
std::optional<std::uint64_t> read_hex(std::string_view text, std::uint64_t max) {
    if (text.empty() || text.size() > 16 || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const char c : text) {
        const int digit = c >= 'A' && c <= 'F' ? -1 : hex_digit(c);
        if (digit < 0) {
            return std::nullopt;
        }
        value = (value << 4U) | static_cast<std::uint64_t>(digit);
    }
    return value <= max ? std::optional{value} : std::nullopt;
}

std::optional<std::uint64_t> read_hex(std::string_view text) {
    return read_hex(text, UINT64_MAX);
}

std::optional<NodeSet> read_set(std::string_view text, std::size_t nodes) {
    if (text == "*") {
        return NodeSet::all(nodes);
    }
    if (text.empty() || text.size() > (nodes + 3) / 4 || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    NodeSet set;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[text.size() - 1 - i];
        const int digit = c >= 'A' && c <= 'F' ? -1 : hex_digit(c);
        for (std::size_t b = 0; b < 4; ++b) {
            if (digit < 0) {
                return std::nullopt;
            }
            if ((static_cast<unsigned>(digit) >> b & 1U) != 0) {
                if (i * 4 + b >= nodes) {
                    return std::nullopt;
                }
                set.insert(i * 4 + b);
            }
        }
    }
    // One text for one set, or equal states would look different.
    return set == NodeSet::all(nodes) ? std::nullopt : std::optional{set};
}

/// Takes the part before `separator` off the front; nullopt when there is none.
std::optional<std::string_view> cut(std::string_view& text, char separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at + 1);
    return part;
}

std::optional<PlanId> read_id(std::string_view text, std::size_t nodes) {
    const auto epoch = cut(text, '.');
    const auto proposer = cut(text, '.');
    if (!epoch || !proposer) {
        return std::nullopt;
    }
    const auto first = read_hex(*epoch);
    const auto second = read_hex(*proposer, nodes - 1);
    const auto third = read_hex(text);
    if (!first || !second || !third || (*first == 0 && (*second != 0 || *third != 0))) {
        return std::nullopt;
    }
    return PlanId{*first, *second, *third};
}

std::optional<View> read_view(std::string_view text, std::size_t nodes) {
    if (text == "0") {
        return View{{}, NodeSet::all(nodes)};
    }
    const auto id_part = cut(text, '/');
    const auto id = id_part ? read_id(*id_part, nodes) : std::nullopt;
    const auto members = read_set(text, nodes);
    if (!id || !members || id->epoch == 0 || members->empty()) {
        return std::nullopt;
    }
    return View{*id, *members};
}

/// Calls one(word) for each word between single blanks; false when one is refused or empty.
template <class One>
bool each_word(std::string_view text, One&& one) {
    while (true) {
        const auto end = text.find(' ');
        const std::string_view word = text.substr(0, end);
        if (word.empty() || !one(word)) {
            return false;
        }
        if (end == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(end + 1);
    }
}

std::optional<Plan> read_plan(std::string_view text, const NativeLimits& limits) {
    Plan plan;
    const auto id_part = cut(text, '/');
    const auto base_part = cut(text, '/');
    const auto set_part = cut(text, '/');
    if (!id_part || !base_part || !set_part) {
        return std::nullopt;
    }
    const auto id = read_id(*id_part, limits.nodes);
    const auto base = read_id(*base_part, limits.nodes);
    const auto members = read_set(*set_part, limits.nodes);
    // The proposer has accepted its plan, so it is a member.
    if (!id || !base || !members || id->epoch == 0 || !(*base < *id) ||
        !members->has(id->proposer)) {
        return std::nullopt;
    }
    plan.id = *id;
    plan.base = *base;
    plan.members = *members;
    plan.owners.reserve(limits.groups);
    for (std::size_t g = 0; g < limits.groups; ++g) {
        const bool last = g + 1 == limits.groups;
        const auto word = last ? std::optional{text} : cut(text, ',');
        if (!word) {
            return std::nullopt;
        }
        if (*word == "-") {
            plan.owners.push_back(no_owner);
            continue;
        }
        const auto node = read_hex(*word, limits.nodes - 1);
        if (!node || !members->has(*node)) {
            return std::nullopt;
        }
        plan.owners.push_back(static_cast<std::int32_t>(*node));
    }
    return limits.groups > 0 || text.empty() ? std::optional{plan} : std::nullopt;
}

bool read_attempted(std::string_view text, std::size_t nodes, std::vector<View>& out) {
    return each_word(text, [&](std::string_view word) {
        const auto view = read_view(word, nodes);
        if (!view || view->id.epoch == 0 || out.size() == max_attempted_views) {
            return false;
        }
        out.push_back(*view);
        return true;
    });
}

/// `group:letter`, groups ascending. Returns the group; `rest` is what follows the colon.
std::optional<std::size_t>
read_group(std::string_view word, std::size_t groups, std::size_t& next, std::string_view& rest) {
    const auto number = cut(word, ':');
    const auto group = number && groups > 0 ? read_hex(*number, groups - 1) : std::nullopt;
    if (!group || *group < next) {
        return std::nullopt;
    }
    next = static_cast<std::size_t>(*group) + 1;
    rest = word;
    return static_cast<std::size_t>(*group);
}

bool read_holds(std::string_view text, std::vector<GroupHold>& out) {
    std::size_t next = 0;
    return each_word(text, [&](std::string_view word) {
        std::string_view rest;
        const auto group = read_group(word, out.size(), next, rest);
        const auto letter = group ? cut(rest, ':') : std::nullopt;
        const auto epoch = letter ? read_hex(rest) : std::nullopt;
        const auto state = letter && letter->size() == 1 ? hold_letters.find(letter->front())
                                                         : std::string_view::npos;
        if (!epoch || state == std::string_view::npos) {
            return false;
        }
        out[*group].hold = static_cast<Hold>(state);
        out[*group].epoch = *epoch;
        return out[*group].hold != Hold::none || *epoch > 0;
    });
}

bool read_failures(std::string_view text, std::vector<GroupHold>& out) {
    std::size_t next = 0;
    return each_word(text, [&](std::string_view word) {
        std::string_view rest;
        const auto group = read_group(word, out.size(), next, rest);
        const auto reason =
            group && rest.size() == 1 ? failure_letters.find(rest.front()) : std::string_view::npos;
        if (reason == std::string_view::npos || reason == 0) {
            return false;
        }
        out[*group].failure = static_cast<FailureReason>(reason);
        return true;
    });
}

bool read_flags(std::string_view text, NativeFlags& out) {
    const std::array<bool*, 7> flags{&out.standby,
                                     &out.asked,
                                     &out.leaving,
                                     &out.maintenance,
                                     &out.no_carrier,
                                     &out.pings,
                                     &out.ready};
    std::size_t next = 0;
    for (const char c : text) {
        const auto at = flag_letters.find(c);
        if (at == std::string_view::npos || at < next) {
            return false;
        }
        *flags[at] = true;
        next = at + 1;
    }
    return !text.empty();
}

bool read_asked(std::string_view text, const NativeLimits& limits, std::vector<Asked>& out) {
    std::size_t next = 0;
    return each_word(text, [&](std::string_view word) {
        std::string_view rest;
        const auto group = read_group(word, limits.groups, next, rest);
        const auto node = group ? read_hex(rest, limits.nodes - 1) : std::nullopt;
        if (!node) {
            return false;
        }
        out.push_back({static_cast<std::uint32_t>(*group), static_cast<std::uint32_t>(*node)});
        return true;
    });
}

bool read_health(std::string_view text, NativeState& out) {
    if (text.empty()) {
        return false;
    }
    const auto state = health_letters.find(text.back());
    const auto score = parse_decimal(text.substr(0, text.size() - 1), 1'000'000);
    if (!score || state == std::string_view::npos) {
        return false;
    }
    out.health_score = static_cast<std::uint32_t>(*score);
    out.health = static_cast<HealthState>(state);
    return true;
}

/// The name of the first field that is wrong; empty when all are well.
std::string_view
read_state(const MessageView& view, const NativeLimits& limits, NativeState& state) {
    state.groups.resize(limits.groups);
    const std::size_t nodes = limits.nodes;
    const auto uptime = read_hex(view.get("nu").value_or(""));
    if (!uptime) {
        return "nu";
    }
    state.uptime_ms = *uptime;
    const auto ask = view.get("nq");
    if (ask && ask != "1") {
        return "nq";
    }
    state.ask = ask.has_value();
    struct Wanted {
        std::string_view name;
        NodeSet& set;
    };
    for (const Wanted& wanted :
         {Wanted{"nl", state.alive}, Wanted{"nr", state.recent}, Wanted{"nk", state.confirmed}}) {
        const auto set = read_set(view.get(wanted.name).value_or(""), nodes);
        if (!set || !set->has(limits.sender)) {
            return wanted.name;
        }
        wanted.set = *set;
    }
    const auto agreed = read_view(view.get("nb").value_or(""), nodes);
    if (!agreed || !agreed->members.has(limits.sender)) {
        return "nb";
    }
    state.agreed = *agreed;
    if (const auto text = view.get("nt"); text && !read_attempted(*text, nodes, state.attempted)) {
        return "nt";
    }
    if (const auto text = view.get("np")) {
        state.plan = read_plan(*text, limits);
        if (!state.plan || !state.plan->members.has(limits.sender)) {
            return "np";
        }
    }
    if (const auto text = view.get("nh"); text && !read_holds(*text, state.groups)) {
        return "nh";
    }
    if (const auto text = view.get("nx"); text && !read_failures(*text, state.groups)) {
        return "nx";
    }
    if (const auto text = view.get("nf"); text && !read_flags(*text, state.flags)) {
        return "nf";
    }
    const auto asked = view.get("ng");
    if (asked.has_value() != state.flags.asked ||
        (asked && !read_asked(*asked, limits, state.asked))) {
        return "ng";
    }
    if (!read_health(view.get("ns").value_or(""), state)) {
        return "ns";
    }
    if (const auto text = view.get("nz")) {
        const auto set = read_set(*text, nodes);
        if (!set || set->empty()) {
            return "nz";
        }
        state.fenced = *set;
    }
    return {};
}

}  // namespace

void add_native_fields(const NativeFields& fields,
                       const NativeLimits& limits,
                       OutgoingMessage& out) {
    CLUSTER_CHECK(limits.nodes > 0 && limits.nodes <= max_native_nodes &&
                  limits.groups <= max_native_groups && limits.sender < limits.nodes);
    CLUSTER_CHECK(fields.state.has_value() == (fields.dialect != 0));
    out.add_decimal("nv", fields.version);
    out.add_hex("nd", fields.dialect);
    if (fields.acknowledged != fields.dialect) {
        out.add_hex("na", fields.acknowledged);
    }
    std::string mark = hex(fields.configuration);
    mark.insert(0, 16 - mark.size(), '0');
    out.add("nc", mark);
    if (fields.state) {
        add_state(*fields.state, limits, out);
    }
    if (fields.relayed_by) {
        out.add("nw", *fields.relayed_by);
    }
}

std::optional<Result<NativeFields, NativeFieldError>> read_native_fields(
    const MessageView& view, const NativeLimits& limits, std::uint64_t own_configuration) {
    using Answer = Result<NativeFields, NativeFieldError>;
    const auto wrong = [](std::string_view field) {
        return Answer{Unexpected{NativeFieldError{field}}};
    };
    const auto version_text = view.get("nv");
    if (!version_text) {
        return std::nullopt;
    }
    NativeFields fields;
    const auto version = parse_decimal(*version_text, 1'000'000);
    if (!version || *version == 0) {
        return wrong("nv");
    }
    fields.version = *version;
    const auto dialect = read_hex(view.get("nd").value_or(""));
    if (!dialect) {
        return wrong("nd");
    }
    fields.dialect = fields.acknowledged = *dialect;
    if (const auto text = view.get("na")) {
        const auto acknowledged = read_hex(*text);
        if (!acknowledged || *acknowledged == *dialect) {
            return wrong("na");
        }
        fields.acknowledged = *acknowledged;
    }
    const std::string_view mark = view.get("nc").value_or("");
    for (const char c : mark) {
        if (hex_digit(c) < 0 || (c >= 'A' && c <= 'F')) {
            return wrong("nc");
        }
    }
    if (mark.size() != 16) {
        return wrong("nc");
    }
    for (const char c : mark) {
        fields.configuration =
            (fields.configuration << 4U) | static_cast<std::uint64_t>(hex_digit(c));
    }
    if (const auto text = view.get("nw")) {
        if (text->empty()) {
            return wrong("nw");
        }
        fields.relayed_by = std::string{*text};
    }
    if (fields.dialect != 0 && fields.configuration == own_configuration) {
        const std::string_view field = read_state(view, limits, fields.state.emplace());
        if (!field.empty()) {
            return wrong(field);
        }
    }
    return Answer{std::move(fields)};
}

}  // namespace cluster::wire
