// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/event_log.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nettle/sha2.h>
#include <nlohmann/json.hpp>

#include "cluster/settings_json.hpp"

namespace sim {

namespace {

using nlohmann::json;
using namespace cluster;

constexpr std::string_view format_name = "failover-eventlog/1";
constexpr std::size_t line_limit = 4 * 1024 * 1024;  // a snapshot is the longest line

// ---------------------------------------------------------------- bytes

std::string to_hex(std::span<const std::byte> bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        text += digits[std::to_integer<unsigned>(b) >> 4U];
        text += digits[std::to_integer<unsigned>(b) & 15U];
    }
    return text;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Throws std::invalid_argument.
std::vector<std::byte> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        throw std::invalid_argument("an odd number of hex digits");
    }
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            throw std::invalid_argument("something that is no lower-case hex digit");
        }
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return bytes;
}

// ---------------------------------------------------------------- actions as text

/// `full`: with all bytes, as it goes into the digest; else for readers.
struct ActionText {
    bool full = false;

    [[nodiscard]] std::string bytes(std::span<const std::byte> data) const {
        return full ? to_hex(data) : fmt::format("{} bytes", data.size());
    }
    static std::string resource(ResourceId id) {
        return fmt::format("{}.{}", static_cast<unsigned>(id.group), id.position);
    }
    static std::string address(const AddressSpec& spec) {
        return fmt::format("{}/{} on '{}' label '{}' broadcast '{}'",
                           spec.address,
                           spec.prefix_length.value_or(-1),
                           spec.interface,
                           spec.label,
                           spec.broadcast);
    }
    static std::string route(const Route& r) {
        return fmt::format("{} via '{}' dev '{}' src '{}' proto '{}' scope '{}' metric {}",
                           r.destination,
                           r.gateway,
                           r.interface,
                           r.source,
                           r.protocol,
                           r.scope,
                           r.metric);
    }

    std::string operator()(const SendDatagram& a) const {
        return fmt::format("send on link {}: {}", static_cast<unsigned>(a.link), bytes(a.bytes));
    }
    std::string operator()(const SendPing& a) const {
        return fmt::format(
            "ping target {}, sequence {}", static_cast<unsigned>(a.target), a.sequence);
    }
    std::string operator()(const SendBridgeCommand& a) const {
        return fmt::format("bridge command: {}", bytes(a.bytes));
    }
    std::string operator()(const AcquireAddress& a) const {
        return fmt::format("acquire {} for {}", address(a.address), resource(a.resource));
    }
    std::string operator()(const ReleaseAddress& a) const {
        return fmt::format("release {} of {}", address(a.address), resource(a.resource));
    }
    std::string operator()(const AnnounceAddress& a) const {
        return fmt::format("announce {} of {} by {}",
                           address(a.address),
                           resource(a.resource),
                           a.form == ArpForm::request ? "request" : "reply");
    }
    std::string operator()(const QueryRoutes&) const { return "query routes"; }
    std::string operator()(const ReplaceRoute& a) const {
        return fmt::format("replace route {}", route(a.route));
    }
    std::string operator()(const RunAgent& a) const {
        std::string text = fmt::format(
            "run '{}' kind {} for {}", a.name, static_cast<unsigned>(a.kind), resource(a.resource));
        for (const std::string& argument : a.arguments) {
            text += fmt::format(" '{}'", argument);
        }
        return text + (a.op == AgentOp::start  ? " start"
                       : a.op == AgentOp::stop ? " stop"
                                               : " status");
    }
    std::string operator()(const FenceNode& a) const { return fmt::format("fence {}", a.node); }
    std::string operator()(const PersistState& a) const {
        return fmt::format("persist: {}", bytes(a.bytes));
    }
    std::string operator()(const Cancel& a) const {
        return fmt::format("cancel {}", static_cast<std::uint64_t>(a.target));
    }
    std::string operator()(const Report& a) const { return std::visit(*this, a.body); }
    std::string operator()(const LeaveCluster& a) const {
        return fmt::format("leave, then {}", static_cast<unsigned>(a.then));
    }

    std::string operator()(const PeerStateChanged& r) const {
        return fmt::format("report: peer {} from {} to {}, reason {}, silent for {} ns",
                           r.node,
                           static_cast<unsigned>(r.from),
                           static_cast<unsigned>(r.to),
                           static_cast<unsigned>(r.reason),
                           r.silent_for.count());
    }
    std::string operator()(const PeerLinkChanged& r) const {
        return fmt::format("report: link {} to {} {}",
                           static_cast<unsigned>(r.link),
                           r.node,
                           r.up ? "up" : "down");
    }
    std::string operator()(const PingTargetChanged& r) const {
        return fmt::format("report: ping target {} {}", r.target, r.up ? "up" : "down");
    }
    std::string operator()(const LateHeartbeat& r) const {
        return fmt::format("report: late heartbeat of {}, {} ns", r.node, r.interval.count());
    }
    std::string operator()(const NodePhaseChanged& r) const {
        return fmt::format("report: phase from {} to {}",
                           static_cast<unsigned>(r.from),
                           static_cast<unsigned>(r.to));
    }
    std::string operator()(const GroupRoleChanged& r) const {
        return fmt::format("report: group {} from {} to {}, reason {}",
                           static_cast<unsigned>(r.group),
                           static_cast<unsigned>(r.from),
                           static_cast<unsigned>(r.to),
                           static_cast<unsigned>(r.reason));
    }
    std::string operator()(const ResourceStateChanged& r) const {
        return fmt::format("report: resource {} to {}, code {}",
                           resource(r.resource),
                           static_cast<unsigned>(r.to),
                           r.code);
    }
    std::string operator()(const BridgeStep& r) const {
        return fmt::format("report: bridge step {} of {}, attempt {}, {}, status {}",
                           r.step,
                           r.steps,
                           r.attempt,
                           static_cast<unsigned>(r.what),
                           r.status);
    }
    std::string operator()(const StandbyChanged& r) const {
        return fmt::format("report: standby {}, scope {}, {}",
                           static_cast<unsigned>(r.to),
                           static_cast<unsigned>(r.scope),
                           r.initiated_here ? "initiated here" : "asked by the peer");
    }
    std::string operator()(const OwnershipConflict& r) const {
        return fmt::format("report: conflict over {} {}",
                           static_cast<unsigned>(r.scope),
                           r.conflict ? "begins" : "ends");
    }
    std::string operator()(const BadPackets& r) const {
        return fmt::format("report: bad packets kind {} on link {} of '{}': {}",
                           static_cast<unsigned>(r.kind),
                           static_cast<unsigned>(r.link),
                           r.claimed_node,
                           r.count);
    }
    std::string operator()(const MessagesLost& r) const {
        return fmt::format("report: {} messages of {} lost", r.count, r.node);
    }
    std::string operator()(const FencingReport& r) const {
        return fmt::format("report: fencing of {}: {}", r.node, static_cast<unsigned>(r.result));
    }
    std::string operator()(const NodeSlept& r) const {
        return fmt::format("report: slept {} ns", r.slept.count());
    }
    std::string operator()(const PolicyDecision& r) const {
        return fmt::format("report: rule {} decides {}, delay {} ns",
                           static_cast<unsigned>(r.rule),
                           static_cast<unsigned>(r.decision),
                           r.delay.count());
    }
    std::string operator()(const KeysReloaded& r) const {
        return fmt::format("report: keys reloaded, sending with {}", r.sending_index);
    }
    std::string operator()(const ViewAgreed& r) const {
        return fmt::format("report: view {} of {}", r.epoch, fmt::join(r.members, ", "));
    }
    std::string operator()(const ClusterNotice& r) const {
        return fmt::format("report: notice {} about '{}' {}",
                           static_cast<unsigned>(r.kind),
                           r.subject,
                           r.begins ? "begins" : "ends");
    }
};

/// The whole answer to one event, digested: every action with its id and all its bytes.
std::string digest(const std::vector<IssuedAction>& actions) {
    sha256_ctx context{};
    sha256_init(&context);
    for (const IssuedAction& issued : actions) {
        const std::string text = fmt::format("{} {}\n",
                                             static_cast<std::uint64_t>(issued.id),
                                             std::visit(ActionText{.full = true}, issued.action));
        sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
    }
    std::array<std::byte, 8>
        out{};  // 64 bits tell two answers apart; nobody is meant to be convinced of more
    sha256_digest(&context, out.size(), reinterpret_cast<std::uint8_t*>(out.data()));
    return to_hex(out);
}

// ---------------------------------------------------------------- configuration

template <class E>
E enum_from(const json& value, int last) {
    const int number = value.get<int>();
    if (number < 0 || number > last) {
        throw std::invalid_argument(fmt::format("{} where at most {} is known", number, last));
    }
    return static_cast<E>(number);
}

json to_json(const Quirks& quirks) {
    // A structured binding, so that a new quirk does not compile until it is written down here.
    const auto& [on_tick,
                 soon,
                 soon_percent,
                 late,
                 late_percent,
                 interval,
                 restart,
                 generation,
                 start_bug,
                 reboot,
                 hold,
                 no_announce,
                 sending_key,
                 one_by_one,
                 alone] = quirks;
    return {on_tick,
            soon.count(),
            soon_percent,
            late.count(),
            late_percent,
            interval.count(),
            restart,
            generation,
            start_bug,
            reboot,
            hold,
            no_announce,
            sending_key,
            one_by_one,
            alone};
}

Quirks quirks_from(const json& value) {
    Quirks quirks;
    auto& [on_tick,
           soon,
           soon_percent,
           late,
           late_percent,
           interval,
           restart,
           generation,
           start_bug,
           reboot,
           hold,
           no_announce,
           sending_key,
           one_by_one,
           alone] = quirks;
    std::size_t at = 0;
    const auto next = [&](auto& field) {
        using Field = std::remove_reference_t<decltype(field)>;
        if constexpr (std::is_same_v<Field, Duration>) {
            field = Duration{value.at(at++).get<std::int64_t>()};
        } else {
            field = value.at(at++).get<Field>();
        }
    };
    next(on_tick);
    next(soon);
    next(soon_percent);
    next(late);
    next(late_percent);
    next(interval);
    next(restart);
    next(generation);
    next(start_bug);
    next(reboot);
    next(hold);
    next(no_announce);
    next(sending_key);
    next(one_by_one);
    next(alone);
    return quirks;
}

template <class T>
T parsed(Parsed<T> result) {
    if (!result.ok()) {
        throw std::invalid_argument(to_string(result.findings.front()));
    }
    return std::move(result.value);
}

NodeOptions options_from(const json& header) {
    NodeOptions options;
    options.name = header.at("node").get<std::string>();
    const auto uuid = from_hex(header.at("uuid").get<std::string>());
    if (uuid.size() != options.uuid.bytes.size()) {
        throw std::invalid_argument("a uuid that has not 16 bytes");
    }
    std::copy(uuid.begin(), uuid.end(), options.uuid.bytes.begin());
    options.seed = header.at("seed").get<std::uint64_t>();
    options.quirks = quirks_from(header.at("quirks"));
    const json& files = header.at("files");
    const auto text = [&](const char* name) { return files.at(name).get<std::string>(); };
    options.files.ha = parsed(parse_ha_cf(text("ha.cf"), "ha.cf", options.name));
    options.files.resources =
        parsed(parse_haresources(text("haresources"), "haresources", options.files.ha.nodes));
    options.files.keys = parsed(parse_authkeys(text("authkeys"), "authkeys"));
    options.files.settings =
        parsed(parse_settings_json(text("understudy.json"), "understudy.json"));
    if (options.quirks == Quirks::heartbeat_3_0_6()) {
        options.files.settings = options.files.settings.as_heartbeat_3_0_6();
    }
    if (files.contains("redfone.conf")) {
        options.files.redfone = parsed(parse_redfone_conf(text("redfone.conf"), "redfone.conf"));
    }
    return options;
}

// ---------------------------------------------------------------- events

json route_json(const Route& r) {
    return {r.destination, r.gateway, r.interface, r.source, r.protocol, r.scope, r.metric};
}

Route route_from(const json& r) {
    return {.destination = r.at(0).get<std::string>(),
            .gateway = r.at(1).get<std::string>(),
            .interface = r.at(2).get<std::string>(),
            .source = r.at(3).get<std::string>(),
            .protocol = r.at(4).get<std::string>(),
            .scope = r.at(5).get<std::string>(),
            .metric = r.at(6).get<std::uint32_t>()};
}

/// Adds the event to the line.
struct EventJson {
    json& line;

    void operator()(const NodeStarted& e) const {
        line["e"] = "started", line["bytes"] = to_hex(e.durable_state);
    }
    void operator()(const DatagramReceived& e) const {
        line["e"] = "datagram", line["link"] = static_cast<unsigned>(e.link),
        line["bytes"] = to_hex(e.bytes);
    }
    void operator()(const LinkStateChanged& e) const {
        line["e"] = "carrier", line["link"] = static_cast<unsigned>(e.link), line["up"] = e.carrier;
    }
    void operator()(const ActionCompleted& e) const {
        line["e"] = "completed", line["id"] = static_cast<std::uint64_t>(e.id),
        line["outcome"] = static_cast<unsigned>(e.outcome), line["code"] = e.code;
        line["output"] = to_hex(std::as_bytes(std::span{e.output}));
        json routes = json::array();
        for (const Route& route : e.routes) {
            routes.push_back(route_json(route));
        }
        line["routes"] = std::move(routes);
    }
    void operator()(const BridgeReplyReceived& e) const {
        line["e"] = "bridge-reply", line["bytes"] = to_hex(e.bytes);
    }
    void operator()(const BridgeStreamChanged& e) const {
        line["e"] = "bridge-stream", line["arriving"] = e.arriving, line["up"] = e.link_up;
    }
    void operator()(const PingReplyReceived& e) const {
        line["e"] = "ping-reply", line["target"] = static_cast<unsigned>(e.target),
        line["sequence"] = e.sequence;
    }
    void operator()(const AdminCommand& e) const {
        line["e"] = "command", line["kind"] = static_cast<unsigned>(e.kind),
        line["scope"] = static_cast<unsigned>(e.scope);
    }
    void operator()(const ConfigReloaded& e) const {
        line["e"] = "reload";
        if (e.keys != nullptr) {
            line["sending"] = e.keys->sending_index;
            json keys = json::array();
            for (std::size_t i = 0; i < e.keys->keys.size(); ++i) {
                if (const auto& key = e.keys->keys[i]) {
                    keys.push_back({i, static_cast<unsigned>(key->method), key->secret});
                }
            }
            line["keys"] = std::move(keys);
        }
    }
    void operator()(const DeadlineReached&) const { line["e"] = "deadline"; }
};

/// An event with what its views point to.
struct OwnedEvent {
    std::vector<std::byte> bytes;
    std::string output;
    std::vector<Route> routes;
    AuthKeys keys;
    Event event;
};

AuthKeys keys_from(const json& line) {
    AuthKeys keys;
    const auto last = static_cast<int>(keys.keys.size()) - 1;
    const auto index = [&](const json& value) {
        const int number = value.get<int>();
        if (number < 0 || number > last) {
            throw std::invalid_argument(fmt::format("a key with index {}", number));
        }
        return number;
    };
    keys.sending_index = index(line.at("sending"));
    for (const json& key : line.at("keys")) {
        keys.keys[static_cast<std::size_t>(index(key.at(0)))] = {
            enum_from<AuthMethod>(key.at(1), static_cast<int>(AuthMethod::sha256)),
            key.at(2).get<std::string>()};
    }
    if (!keys.keys[static_cast<std::size_t>(keys.sending_index)]) {
        throw std::invalid_argument("no key to send with");
    }
    return keys;
}

/// `owned` stays where it is while the event is used.
void read_event(const json& line, OwnedEvent& owned) {
    const std::string kind = line.at("e").get<std::string>();
    if (line.contains("bytes")) {
        owned.bytes = from_hex(line.at("bytes").get<std::string>());
    }
    if (kind == "started") {
        owned.event = NodeStarted{.durable_state = owned.bytes};
    } else if (kind == "datagram") {
        owned.event = DatagramReceived{.link = LinkId{line.at("link").get<std::uint16_t>()},
                                       .bytes = owned.bytes};
    } else if (kind == "carrier") {
        owned.event = LinkStateChanged{.link = LinkId{line.at("link").get<std::uint16_t>()},
                                       .carrier = line.at("up").get<bool>()};
    } else if (kind == "completed") {
        for (const std::byte b : from_hex(line.at("output").get<std::string>())) {
            owned.output += static_cast<char>(b);
        }
        for (const json& route : line.at("routes")) {
            owned.routes.push_back(route_from(route));
        }
        owned.event = ActionCompleted{
            .id = ActionId{line.at("id").get<std::uint64_t>()},
            .outcome = enum_from<Outcome>(line.at("outcome"), static_cast<int>(Outcome::cancelled)),
            .code = line.at("code").get<int>(),
            .output = owned.output,
            .routes = owned.routes};
    } else if (kind == "bridge-reply") {
        owned.event = BridgeReplyReceived{.bytes = owned.bytes};
    } else if (kind == "bridge-stream") {
        owned.event = BridgeStreamChanged{.arriving = line.at("arriving").get<bool>(),
                                          .link_up = line.at("up").get<bool>()};
    } else if (kind == "reload") {
        owned.event = ConfigReloaded{};
        if (line.contains("keys")) {
            owned.keys = keys_from(line);
            owned.event = ConfigReloaded{&owned.keys};
        }
    } else if (kind == "ping-reply") {
        owned.event =
            PingReplyReceived{.target = PingTargetId{line.at("target").get<std::uint16_t>()},
                              .sequence = line.at("sequence").get<std::uint16_t>()};
    } else if (kind == "command") {
        owned.event =
            AdminCommand{.kind = enum_from<AdminCommand::Kind>(
                             line.at("kind"), static_cast<int>(AdminCommand::Kind::release)),
                         .scope = enum_from<ResourceScope>(
                             line.at("scope"), static_cast<int>(ResourceScope::foreign))};
    } else if (kind == "deadline") {
        owned.event = DeadlineReached{};
    } else {
        throw std::invalid_argument(fmt::format("an event \"{}\"", kind));
    }
}

std::string start_line(std::span<const std::byte> snapshot) {
    return json{{"start", to_hex(snapshot)}}.dump() + "\n";
}

}  // namespace

std::string describe(const Action& action) {
    return std::visit(ActionText{}, action);
}

// ---------------------------------------------------------------- writer

EventLogWriter::EventLogWriter(const std::string& path,
                               const NodeOptions& options,
                               const ConfigTexts& texts,
                               std::size_t ring_events,
                               std::function<std::vector<std::byte>()> snapshot)
    : m_file(nullptr, &std::fclose), m_path(path), m_ring_events(snapshot ? ring_events : 0),
      m_snapshot(std::move(snapshot)) {
    const int descriptor =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    m_file.reset(descriptor < 0 ? nullptr : ::fdopen(descriptor, "wb"));
    if (!m_file) {
        throw std::runtime_error(
            fmt::format("{}: cannot write the event log: {}", path, std::strerror(errno)));
    }
    nlohmann::ordered_json header;
    header["format"] = format_name;
    header["node"] = options.name;
    header["uuid"] = to_hex(options.uuid.bytes);
    header["seed"] = options.seed;
    header["quirks"] = to_json(options.quirks);
    header["files"] = texts;
    // As it is after all defaults, so that what binds a word by default today does not matter at
    // replay.
    Settings settings = options.files.settings;
    if (options.quirks == Quirks::heartbeat_3_0_6()) {
        settings.bindings.clear();  // of the profile; no file may name them
    }
    header["files"]["understudy.json"] = settings_to_json(settings);
    const std::string line =
        header.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    m_failed = std::fwrite(line.data(), 1, line.size(), m_file.get()) != line.size();
}

EventLogWriter::~EventLogWriter() = default;

void EventLogWriter::put(std::string line) {
    if (m_ring_events == 0) {
        m_failed =
            std::fwrite(line.data(), 1, line.size(), m_file.get()) != line.size() || m_failed;
        return;
    }
    if (m_halves.empty()) {
        m_halves.emplace_back();
    }
    m_halves.back().push_back(std::move(line));
}

void EventLogWriter::start(std::span<const std::byte> snapshot) {
    put(start_line(snapshot));
}

void EventLogWriter::add(const Now& now,
                         const Event& event,
                         const std::vector<IssuedAction>& actions) {
    json line;
    line["t"] = now.monotonic.time_since_epoch().count();
    line["wall"] = static_cast<std::int64_t>(now.wall);
    line["load"] = std::string{now.load};
    std::visit(EventJson{line}, event);
    line["answer"] = digest(actions);
    if (!actions.empty()) {
        json list = json::array();
        for (const IssuedAction& issued : actions) {
            list.push_back(fmt::format(
                "{} {}", static_cast<std::uint64_t>(issued.id), describe(issued.action)));
        }
        line["actions"] = std::move(list);
    }
    put(line.dump(-1, ' ', true, json::error_handler_t::replace) + "\n");
    // Between two events the state is complete: a new half may begin here.
    if (m_ring_events != 0 && ++m_in_half >= m_ring_events) {
        m_in_half = 0;
        if (m_halves.size() == 2) {
            m_halves.pop_front();
        }
        m_halves.emplace_back().push_back(start_line(m_snapshot()));
    }
}

void EventLogWriter::finish() {
    if (!m_file) {
        return;
    }
    for (const auto& half : m_halves) {
        for (const std::string& line : half) {
            m_failed =
                std::fwrite(line.data(), 1, line.size(), m_file.get()) != line.size() || m_failed;
        }
    }
    m_failed = std::fclose(m_file.release()) != 0 || m_failed;
    if (m_failed) {
        throw std::runtime_error(
            fmt::format("{}: the event log could not be written completely", m_path));
    }
}

// ---------------------------------------------------------------- replay

ReplayResult replay_event_log(const std::string& path) {
    ReplayResult result;
    std::ifstream in{path, std::ios::binary};
    if (!in) {
        result.message = fmt::format("{}: cannot be opened: {}", path, std::strerror(errno));
        return result;
    }
    std::string text;
    int line_number = 0;
    std::optional<NodeOptions> options;
    std::optional<ClusterNode> node;
    ActionSink sink;
    Instant last{};
    try {
        while (std::getline(in, text)) {
            ++line_number;
            if (text.size() > line_limit) {
                throw std::invalid_argument(fmt::format("a line of {} bytes", text.size()));
            }
            const json line = json::parse(text);
            if (!options) {
                if (line.value("format", "") != format_name) {
                    throw std::invalid_argument(fmt::format("found format \"{}\", expected \"{}\"",
                                                            line.value("format", ""),
                                                            format_name));
                }
                options = options_from(line);
                result.node = options->name;
                continue;
            }
            if (line.contains("start")) {
                auto restored =
                    ClusterNode::restore(*options, from_hex(line.at("start").get<std::string>()));
                if (!restored) {
                    throw std::invalid_argument(
                        fmt::format("a snapshot that this version cannot read (reason {})",
                                    static_cast<int>(restored.error())));
                }
                node.emplace(std::move(restored).value());
                last = {};
                continue;
            }
            if (!node) {
                throw std::invalid_argument("an event before any snapshot");
            }
            const Instant at{Duration{line.at("t").get<std::int64_t>()}};
            if (at < last) {
                throw std::invalid_argument("a time before that of the event above");
            }
            last = at;
            OwnedEvent owned;
            read_event(line, owned);
            const std::string load = line.at("load").get<std::string>();
            sink.clear();
            node->handle({.monotonic = at,
                          .wall = WallSeconds{line.at("wall").get<std::int64_t>()},
                          .load = load},
                         owned.event,
                         sink);
            ++result.events;
            result.actions += sink.actions().size();
            if (digest(sink.actions()) == line.at("answer").get<std::string>()) {
                continue;
            }
            result.outcome = ReplayResult::Outcome::different;
            result.message = fmt::format("{}:{}: event {} at {} ns: the answer differs",
                                         path,
                                         line_number,
                                         line.at("e").get<std::string>(),
                                         at.time_since_epoch().count());
            const json logged = line.value("actions", json::array());
            const std::size_t count = std::max(logged.size(), sink.actions().size());
            for (std::size_t i = 0; i < count; ++i) {
                const std::string before =
                    i < logged.size() ? logged[i].get<std::string>() : "nothing";
                const std::string now =
                    i < sink.actions().size()
                        ? fmt::format("{} {}",
                                      static_cast<std::uint64_t>(sink.actions()[i].id),
                                      describe(sink.actions()[i].action))
                        : "nothing";
                if (before != now || i + 1 == count) {
                    result.message += fmt::format("; action {}: logged \"{}\", replayed \"{}\"{}",
                                                  i + 1,
                                                  before,
                                                  now,
                                                  before == now ? " with other bytes" : "");
                    break;
                }
            }
            return result;
        }
        if (!options) {
            throw std::invalid_argument("an empty file");
        }
        if (result.events == 0) {
            throw std::invalid_argument("no event");
        }
    } catch (const std::exception& error) {
        result.outcome = ReplayResult::Outcome::unreadable;
        result.message = fmt::format("{}:{}: found {}, expected a line of {}",
                                     path,
                                     std::max(line_number, 1),
                                     error.what(),
                                     format_name);
        return result;
    }
    result.outcome = ReplayResult::Outcome::same;
    return result;
}

}  // namespace sim
