// SPDX-License-Identifier: GPL-2.0-or-later
// The foneBRIDGE: control server (UDP/1024, one command at a time), TDMoE source and sink, stored
// configuration, power. Its framers keep the T1 lines in frame as long as it has power, whether
// TDMoE flows or not.

#include "telephony.hpp"

#include <algorithm>

#include "cluster/check.hpp"
#include "cluster/wire/tdmoe.hpp"
#include "fonebridge_impl.hpp"
#include "tdm_schedule.hpp"

namespace models {

namespace {

using cluster::wire::BridgeCommandCode;
using cluster::wire::BridgeReply;
using cluster::wire::BridgeRequest;
using cluster::wire::BridgeStatus;

/// Requests that wait while one is worked on; more are dropped, as a socket buffer does [assumed].
constexpr int request_queue = 32;
/// Servers remembered by source address; the one silent longest makes room.
constexpr std::size_t source_limit = 8;
constexpr std::uint8_t idle_abcd = 0x5;

BridgeReply reply_with(BridgeStatus status, std::vector<std::byte> payload = {}) {
    return BridgeReply{0, static_cast<std::uint8_t>(status), std::move(payload)};
}

cluster::MacAddress to_core(ns3::Mac48Address mac) {
    cluster::MacAddress out{};
    mac.CopyTo(out.data());
    return out;
}

ns3::Mac48Address to_ns3(const cluster::MacAddress& mac) {
    ns3::Mac48Address out;
    out.CopyFrom(mac.data());
    return out;
}

ns3::Mac48Address plus_one(ns3::Mac48Address mac) {
    cluster::MacAddress bytes = to_core(mac);
    for (std::size_t i = bytes.size(); i-- > 0;) {
        if (++bytes[i] != 0) {
            break;
        }
    }
    return to_ns3(bytes);
}

std::array<std::uint8_t, 4> parse_ipv4(const std::string& text) {
    std::array<std::uint8_t, 4> out{};
    std::size_t part = 0;
    unsigned value = 0;
    for (const char c : text) {
        if (c == '.' && part < 3) {
            out[part++] = static_cast<std::uint8_t>(value);
            value = 0;
        } else if (c >= '0' && c <= '9') {
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
    }
    out[part] = static_cast<std::uint8_t>(value);
    return out;
}

void put_le32(std::vector<std::byte>& out, std::size_t offset, std::uint64_t value) {
    for (std::size_t i = 0; i < 4 && offset + i < out.size(); ++i) {
        out[offset + i] = static_cast<std::byte>((value >> (8U * i)) & 0xFFU);
    }
}

}  // namespace

// ---------------------------------------------------------------- set-up, power, configuration

Fonebridge::Impl::Impl(Context& c, std::string n, FonebridgeOptions o)
    : context(c), name(std::move(n)), options(std::move(o)), sender(options.spans) {
    if (options.has_stored) {
        const cluster::RedfoneConfig& config = options.stored;
        Running& flash = stored.emplace();
        for (std::size_t i = 0; i < flash.spans.size() && i < config.spans.size(); ++i) {
            flash.spans[i] = config.spans[i];
        }
        for (std::size_t i = 0; i < flash.priorities.size(); ++i) {
            flash.priorities[i] = static_cast<std::uint8_t>(config.priorities[i]);
        }
        flash.port = config.port == 2 ? 1 : 0;
        flash.destination[static_cast<std::size_t>(flash.port)] = config.server;
        flash.transmit = config.server.has_value();
        flash.pll = config.pll;
    }
    for (int i = 0; i < 2; ++i) {
        ethernet[i] =
            std::make_unique<Ethernet>(*this, i, i == 0 ? options.mac : plus_one(options.mac));
        ethernet[i]->on_udp = [this, i](const std::string& from,
                                        std::uint16_t from_port,
                                        std::uint16_t to_port,
                                        std::span<const std::byte> bytes) {
            if (to_port == cluster::wire::fonebridge_port) {
                request_arrived(i, from, from_port, bytes);
            }
        };
        ethernet[i]->on_raw = [this, i](const Frame& frame) {
            if (frame.ethertype == cluster::wire::tdmoe_ethertype) {
                ++received[i];
                tdmoe_arrived(frame);
            }
        };
    }
    for (int number = 1; number <= options.spans; ++number) {
        spans.push_back(std::make_unique<Span>(*this, number));
    }
    apply_stored();
    if (running.transmit) {
        tdm::after(context, ns3::Seconds(0), [this, at_start = life] {
            if (life == at_start) {
                stream_changed();
            }
        });
    }
}

Fonebridge::Impl::~Impl() = default;

void Fonebridge::Impl::apply_stored() {
    running = stored.value_or(Running{});
}

void Fonebridge::Impl::store() {
    stored = running;
}

void Fonebridge::Impl::lose_state() {
    ++life;
    ++stream;
    ++stream_breaks;
    booted = false;
    queued = 0;
    busy_until = ns3::Time();
    send_pending = false;
    running = Running{};
    sender.reset();
    sources.clear();
    for (const auto& span : spans) {
        span->audible.fill(false);
        if (span->line != nullptr) {
            span->line->set_transmitting(*span, false);
        }
    }
}

void Fonebridge::Impl::restart() {
    tdm::after(context, options.boot_time, [this, boot = life] {
        if (life == boot && powered) {
            boot_done();
        }
    });
}

void Fonebridge::Impl::boot_done() {
    booted = true;
    const RecordId id =
        context.recorder.record("bridge.booted", name, {{"stored", stored.has_value()}});
    const Recorder::Scope scope(context.recorder, id);
    apply_stored();
    for (const auto& port : ethernet) {
        port->set_powered(true);
    }
    for (const auto& span : spans) {
        if (span->line != nullptr) {
            span->line->set_transmitting(*span, true);
        }
    }
    if (streaming()) {
        stream_changed();
    }
}

// ---------------------------------------------------------------- control server

void Fonebridge::Impl::request_arrived(int port,
                                       const std::string& from,
                                       std::uint16_t from_port,
                                       std::span<const std::byte> bytes) {
    if (!booted) {
        return;
    }
    auto request = cluster::wire::decode_bridge_request(bytes);
    if (!request.has_value()) {
        return;
    }
    ++requests;
    const bool lost = lose_reply > 0 && --lose_reply == 0;
    if (mute || queued >= request_queue) {
        return;
    }
    const RecordId id = context.recorder.record("bridge.request",
                                                name,
                                                {{"command", std::int64_t{request->command}},
                                                 {"parameter", std::int64_t{request->parameter}}});
    const Recorder::Scope scope(context.recorder, id);
    const ns3::Time now = ns3::Simulator::Now();
    busy_until = std::max(now, busy_until) + time_of(*request);
    ++queued;
    tdm::after(context,
               busy_until - now,
               [this, port, from, from_port, lost, at = life, request = std::move(*request)] {
                   if (life != at) {
                       return;
                   }
                   --queued;
                   BridgeReply reply;
                   const auto refusal = refusals.find(from);
                   if (refusal != refusals.end() && refusal->second.refuses) {
                       ++refusal->second.count;
                       reply = reply_with(BridgeStatus::bad_parameter);
                   } else if (refuse_command == request.command) {
                       refuse_command = -1;
                       reply = reply_with(BridgeStatus::bad_parameter);
                   } else {
                       reply = execute(request);
                   }
                   reply.first = request.parameter;
                   const RecordId done =
                       context.recorder.record("bridge.reply",
                                               name,
                                               {{"command", std::int64_t{request.command}},
                                                {"status", std::int64_t{reply.status}},
                                                {"lost", lost}});
                   const Recorder::Scope reply_scope(context.recorder, done);
                   replies_lost += lost ? 1 : 0;
                   if (!lost && !mute) {
                       ethernet[port]->send_udp(
                           from, from_port, cluster::wire::fonebridge_port, encode(reply));
                   }
                   if (request.command == static_cast<std::uint8_t>(BridgeCommandCode::reset) &&
                       reply.status == 0) {
                       lose_state();
                       for (const auto& interface : ethernet) {
                           interface->set_powered(false);
                       }
                       restart();
                   }
               });
}

ns3::Time Fonebridge::Impl::time_of(const BridgeRequest& request) const {
    const auto is = [&request](BridgeCommandCode code) {
        return request.command == static_cast<std::uint8_t>(code);
    };
    const bool writes_flash_or_framer = is(BridgeCommandCode::write_register) ||
                                        is(BridgeCommandCode::store_config) ||
                                        is(BridgeCommandCode::clear_config);
    const ns3::Time time =
        writes_flash_or_framer ? options.register_write_time : options.command_time;
    return streaming() ? time + options.answer_under_load : time;
}

BridgeReply Fonebridge::Impl::execute(const BridgeRequest& request) {
    const auto padded = [&request](std::vector<std::byte> payload) {
        payload.resize(cluster::wire::expected_reply_payload(request));
        return reply_with(BridgeStatus::ok, std::move(payload));
    };
    switch (static_cast<BridgeCommandCode>(request.command)) {
    case BridgeCommandCode::static_info:
        return reply_with(BridgeStatus::ok, static_info());
    case BridgeCommandCode::configure_spans:
        return execute_spans(request);
    case BridgeCommandCode::priorities:
        return execute_priorities(request);
    case BridgeCommandCode::write_register:
    case BridgeCommandCode::read_register:
        return execute_register(request);
    case BridgeCommandCode::stop_flow:
        set_transmit(false);
        return padded({});
    case BridgeCommandCode::tdmoe_transmit:
        if (request.parameter > 1) {
            return reply_with(BridgeStatus::bad_parameter);
        }
        set_transmit(request.parameter == 1);
        return padded({});
    case BridgeCommandCode::tdmoe_destination: {
        if (request.parameter > 1) {
            return reply_with(BridgeStatus::bad_parameter);
        }
        cluster::MacAddress mac{};
        if (request.payload.size() != mac.size()) {
            return reply_with(BridgeStatus::bad_length);
        }
        std::transform(request.payload.begin(),
                       request.payload.end(),
                       mac.begin(),
                       [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
        running.port = request.parameter;
        running.destination[request.parameter] = mac;
        ++stream_breaks;
        const std::string text = cluster::to_string(mac);
        stream_record = context.recorder.record(
            "bridge.destination",
            name,
            {{"mac", std::string_view(text)}, {"port", std::int64_t{request.parameter + 1}}});
        if (streaming()) {
            const Recorder::Scope scope(context.recorder, stream_record);
            stream_changed();
        }
        return padded({});
    }
    case BridgeCommandCode::clock_select:
        if (request.parameter != 1 && request.parameter != 2) {
            return reply_with(BridgeStatus::bad_parameter);
        }
        running.pll = request.parameter == 2;
        return padded({});
    case BridgeCommandCode::stats:
        return padded(stats());
    case BridgeCommandCode::store_config:
        store();
        return padded({});
    case BridgeCommandCode::clear_config:
        stored.reset();
        return padded({});
    case BridgeCommandCode::reset:
    case BridgeCommandCode::key_write:
    case BridgeCommandCode::rbs_read:
    case BridgeCommandCode::temperature:
        return padded({});
    case BridgeCommandCode::set_ip:
        break;  // the model's addresses are fixed
    }
    return reply_with(BridgeStatus::invalid_command);
}

BridgeReply Fonebridge::Impl::execute_spans(const BridgeRequest& request) {
    if (request.parameter == cluster::wire::bridge_write_all) {
        const auto spans_read = cluster::wire::decode_spans(request.payload);
        if (!spans_read.has_value()) {
            return reply_with(BridgeStatus::bad_length);
        }
        running.spans = *spans_read;
    } else if (request.parameter != cluster::wire::bridge_read) {
        return reply_with(BridgeStatus::bad_parameter);
    }
    const auto block = cluster::wire::encode_spans(running.spans);
    return reply_with(BridgeStatus::ok, {block.begin(), block.end()});
}

BridgeReply Fonebridge::Impl::execute_priorities(const BridgeRequest& request) {
    if (request.parameter == cluster::wire::bridge_write_all) {
        if (request.payload.size() != running.priorities.size()) {
            return reply_with(BridgeStatus::bad_length);
        }
        std::array<std::uint8_t, 4> asked{};
        std::transform(request.payload.begin(),
                       request.payload.end(),
                       asked.begin(),
                       [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
        if (std::any_of(asked.begin(), asked.end(), [](std::uint8_t p) { return p > 3; })) {
            return reply_with(BridgeStatus::out_of_bounds);
        }
        running.priorities = asked;
    } else if (request.parameter != cluster::wire::bridge_read) {
        return reply_with(BridgeStatus::bad_parameter);
    }
    std::vector<std::byte> payload;
    for (const std::uint8_t priority : running.priorities) {
        payload.push_back(static_cast<std::byte>(priority));
    }
    payload.resize(cluster::wire::expected_reply_payload(request));
    return reply_with(BridgeStatus::ok, std::move(payload));
}

BridgeReply Fonebridge::Impl::execute_register(const BridgeRequest& request) {
    const auto write = cluster::wire::decode_register_write(request.payload);
    std::vector<std::byte> payload;
    if (request.command == static_cast<std::uint8_t>(BridgeCommandCode::write_register)) {
        if (!write.has_value()) {
            return reply_with(BridgeStatus::bad_length);
        }
        running.registers[write->address] = write->value;
    } else if (write.has_value()) {
        const auto found = running.registers.find(write->address);
        payload = encode(cluster::wire::RegisterWrite{
            write->address, found == running.registers.end() ? std::uint8_t{0} : found->second});
    }
    payload.resize(cluster::wire::expected_reply_payload(request));
    return reply_with(BridgeStatus::ok, std::move(payload));
}

std::vector<std::byte> Fonebridge::Impl::static_info() const {
    cluster::wire::BridgeStaticInfo info;
    constexpr std::string_view version = "2.1.0";
    std::copy(version.begin(), version.end(), info.software_version.begin());
    info.spans = static_cast<std::uint8_t>(options.spans);
    info.mac = to_core(ethernet[0]->mac());
    for (std::size_t port = 0; port < 2; ++port) {
        const auto address = parse_ipv4(options.addresses[port]);
        std::copy(address.begin(),
                  address.end(),
                  info.addresses.begin() + static_cast<std::ptrdiff_t>(port * 4));
    }
    return encode(info);
}

std::vector<std::byte> Fonebridge::Impl::stats() const {
    constexpr std::size_t counters = 6;  // per Ethernet port: received, sent, dropped
    std::vector<std::byte> out(counters * 4);
    for (std::size_t port = 0; port < 2; ++port) {
        put_le32(out, port * 12, received[port]);
        put_le32(out, port * 12 + 4, transmitted[port]);
    }
    return out;
}

// ---------------------------------------------------------------- TDMoE towards the server

void Fonebridge::Impl::set_transmit(bool on) {
    if (running.transmit == on) {
        return;
    }
    running.transmit = on;
    if (!on) {
        ++stream_breaks;
    }
    stream_record = context.recorder.record("bridge.transmit", name, {{"on", on}});
    const Recorder::Scope scope(context.recorder, stream_record);
    stream_changed();
}

void Fonebridge::Impl::stream_changed() {
    ++stream;
    stream_since = ns3::Simulator::Now();
    sender.drop_items();
    if (streaming()) {
        sender.repeat_sounds();
        tick(stream);
    }
}

void Fonebridge::Impl::tick(std::uint64_t of_stream) {
    if (of_stream != stream || !streaming()) {
        return;
    }
    const ns3::Time interval = tdm::frame_interval(options.detail);
    send_frame(static_cast<unsigned>(interval.GetMilliSeconds()));
    tdm::after(context, interval, [this, of_stream] { tick(of_stream); });
}

void Fonebridge::Impl::send_soon() {
    if (send_pending) {
        return;
    }
    send_pending = true;
    tdm::after(context, ns3::Seconds(0), [this, at = life] {
        if (life != at) {
            return;
        }
        send_pending = false;
        if (streaming()) {
            send_frame(1);
        } else {
            sender.drop_items();
        }
    });
}

void Fonebridge::Impl::send_frame(unsigned frames) {
    const auto port = static_cast<std::size_t>(running.port);
    ++transmitted[port];
    ethernet[port]->send_raw(
        to_ns3(*running.destination[port]), cluster::wire::tdmoe_ethertype, sender.next(frames));
}

void Fonebridge::Impl::Ethernet::carrier_changed(bool up) {
    LightEndpoint::carrier_changed(up);
    if (m_index == m_bridge.running.port) {
        ++m_bridge.stream_breaks;
        if (up && m_bridge.streaming()) {
            m_bridge.stream_changed();  // the stream goes on because the link is back
        }
    }
}

void Fonebridge::Impl::Span::alarm_changed(Alarm alarm) {
    if (m_bridge.booted) {
        m_bridge.sender.set_yellow(m_number, alarm == Alarm::red || alarm == Alarm::ais);
        m_bridge.send_soon();
    }
}

void Fonebridge::Impl::Span::receive_dchannel(std::span<const std::byte> frame) {
    if (m_bridge.streaming()) {
        m_bridge.sender.add_dchannel(m_number, frame);
        m_bridge.send_soon();
    }
}

void Fonebridge::Impl::Span::receive_abcd(int channel, std::uint8_t bits) {
    if (m_bridge.booted) {
        m_bridge.sender.set_abcd(m_number, channel, bits);
        m_bridge.send_soon();
    }
}

void Fonebridge::Impl::Span::receive_inband(int channel, const Inband& inband) {
    if (m_bridge.booted) {
        m_bridge.sender.add_inband(m_number, channel, inband);
        m_bridge.send_soon();
    }
}

// ---------------------------------------------------------------- TDMoE from servers

const LightEndpoint& Fonebridge::Impl::tdm_port() const {
    return *ethernet[running.port];
}

bool Fonebridge::Impl::hears(const cluster::MacAddress& server) const {
    return std::any_of(sources.begin(), sources.end(), [mac = to_ns3(server)](const auto& s) {
        return s.second->watch != 0 && s.first == mac;
    });
}

void Fonebridge::Impl::tdmoe_arrived(const Frame& frame) {
    if (!booted) {
        return;
    }
    auto found = sources.find(frame.source);
    if (found == sources.end()) {
        if (sources.size() >= source_limit) {
            const auto oldest =
                std::min_element(sources.begin(), sources.end(), [](const auto& a, const auto& b) {
                    return a.second->last < b.second->last;
                });
            sources.erase(oldest);
        }
        auto source = std::make_unique<Source>();
        source->receiver.reset();
        source->receiver.on_abcd = [this](int span, int channel, std::uint8_t bits) {
            if (span <= options.spans &&
                spans[static_cast<std::size_t>(span - 1)]->line != nullptr) {
                Span& port = *spans[static_cast<std::size_t>(span - 1)];
                port.line->send_abcd(port, channel, bits);
            }
        };
        source->receiver.on_dchannel = [this](int span, std::span<const std::byte> bytes) {
            if (span <= options.spans &&
                spans[static_cast<std::size_t>(span - 1)]->line != nullptr) {
                Span& port = *spans[static_cast<std::size_t>(span - 1)];
                port.line->send_dchannel(port, {bytes.begin(), bytes.end()});
            }
        };
        source->receiver.on_inband = [this](int span, int channel, const Inband& inband) {
            if (span <= options.spans &&
                spans[static_cast<std::size_t>(span - 1)]->line != nullptr) {
                Span& port = *spans[static_cast<std::size_t>(span - 1)];
                port.audible[static_cast<std::size_t>(channel)] =
                    inband.sound != Inband::Sound::silence;
                port.line->send_inband(port, channel, inband);
            }
        };
        found = sources.emplace(frame.source, std::move(source)).first;
    }
    Source& source = *found->second;
    std::array<std::byte, cluster::wire::fonebridge_max_datagram> bytes;
    const std::size_t size = frame.packet->GetSize();
    if (size > bytes.size()) {
        return;
    }
    frame.packet->CopyData(reinterpret_cast<std::uint8_t*>(bytes.data()),
                           static_cast<std::uint32_t>(size));
    if (!source.receiver.check(std::span(bytes).first(size))) {
        return;
    }
    source.last = ns3::Simulator::Now();
    if (source.watch == 0) {
        const std::string mac = cluster::to_string(to_core(frame.source));
        context.recorder.record("bridge.heard", name, {{"mac", std::string_view(mac)}});
        watch_silence(frame.source, source);
    }
    source.receiver.deliver();
}

/// One timer per source, re-armed only when it fires.
void Fonebridge::Impl::watch_silence(const ns3::Mac48Address& mac, Source& source) {
    source.watch = ++watches;
    const ns3::Time due = source.last + tdm::flow_timeout(options.detail);
    tdm::after(context, due - ns3::Simulator::Now(), [this, mac, watch = source.watch] {
        const auto found = sources.find(mac);
        if (found == sources.end() || found->second->watch != watch) {
            return;  // forgotten meanwhile
        }
        Source& watched = *found->second;
        if (ns3::Simulator::Now() - watched.last < tdm::flow_timeout(options.detail)) {
            watch_silence(mac, watched);
            return;
        }
        watched.watch = 0;
        watched.receiver.reset();
        if (std::none_of(sources.begin(), sources.end(), [](const auto& s) {
                return s.second->watch != 0;
            })) {
            context.recorder.record("bridge.unfed", name);
            play_silence();
        }
    });
}

/// Nobody feeds the lines: idle code and idle signalling bits [assumed: not stated in public
/// sources].
void Fonebridge::Impl::play_silence() {
    for (const auto& span : spans) {
        if (span->line == nullptr) {
            continue;
        }
        for (int channel = 1; channel <= tdm::channel_count; ++channel) {
            span->line->send_abcd(*span, channel, idle_abcd);
            if (span->audible[static_cast<std::size_t>(channel)]) {
                span->audible[static_cast<std::size_t>(channel)] = false;
                span->line->send_inband(*span, channel, Inband{});
            }
        }
    }
}

// ---------------------------------------------------------------- the public face

Fonebridge::Fonebridge(Context& context, std::string name, FonebridgeOptions options)
    : m_impl(std::make_unique<Impl>(context, std::move(name), std::move(options))) {}

Fonebridge::~Fonebridge() = default;

LanPort& Fonebridge::ethernet(int port) {
    CLUSTER_CHECK(port == 1 || port == 2);
    return *m_impl->ethernet[port - 1];
}

T1Port& Fonebridge::span(int number) {
    CLUSTER_CHECK(number >= 1 && number <= m_impl->options.spans);
    return *m_impl->spans[static_cast<std::size_t>(number - 1)];
}

void Fonebridge::attach_span(int number, T1Line& line) {
    CLUSTER_CHECK(number >= 1 && number <= m_impl->options.spans);
    Impl::Span& port = *m_impl->spans[static_cast<std::size_t>(number - 1)];
    port.line = &line;
    line.set_transmitting(port, m_impl->booted);
}

const std::string& Fonebridge::name() const noexcept {
    return m_impl->name;
}

void Fonebridge::power_off() {
    if (!m_impl->powered) {
        return;
    }
    m_impl->powered = false;
    const RecordId id =
        m_impl->context.recorder.record("bridge.power", m_impl->name, {{"on", false}});
    const Recorder::Scope scope(m_impl->context.recorder, id);
    m_impl->lose_state();
    for (const auto& port : m_impl->ethernet) {
        port->set_powered(false);
    }
}

void Fonebridge::power_on() {
    if (m_impl->powered) {
        return;
    }
    m_impl->powered = true;
    const RecordId id =
        m_impl->context.recorder.record("bridge.power", m_impl->name, {{"on", true}});
    const Recorder::Scope scope(m_impl->context.recorder, id);
    m_impl->restart();
}

void Fonebridge::set_mute(bool mute) {
    m_impl->mute = mute;
}

void Fonebridge::lose_reply(int n) {
    m_impl->lose_reply = std::max(n, 0);
}

void Fonebridge::refuse_command(int command) {
    m_impl->refuse_command = command;
}

void Fonebridge::refuse_from(const std::string& address, bool refuse) {
    m_impl->refusals[address].refuses = refuse;
}

std::uint64_t Fonebridge::refused_from(const std::string& address) const {
    const auto found = m_impl->refusals.find(address);
    return found == m_impl->refusals.end() ? 0 : found->second.count;
}

bool Fonebridge::powered() const {
    return m_impl->powered;
}

bool Fonebridge::transmitting() const {
    return m_impl->streaming();
}

std::optional<cluster::MacAddress> Fonebridge::destination(int port) const {
    CLUSTER_CHECK(port == 1 || port == 2);
    return m_impl->running.destination[static_cast<std::size_t>(port - 1)];
}

std::uint64_t Fonebridge::control_requests() const {
    return m_impl->requests;
}

std::uint64_t Fonebridge::replies_lost() const {
    return m_impl->replies_lost;
}

bool Fonebridge::running() const {
    return m_impl->booted;
}

Fonebridge::SpanMaster Fonebridge::span_master() const {
    SpanMaster out;
    if (m_impl->streaming()) {
        out.streams_to =
            m_impl->running.destination[static_cast<std::size_t>(m_impl->running.port)];
    }
    for (const auto& [mac, source] : m_impl->sources) {
        // What came before the stream was switched is history: one frame stands for 100 ms in
        // signalling detail.
        if (source->watch != 0 && source->last >= m_impl->stream_since) {
            out.heard_from.push_back(to_core(mac));
        }
    }
    return out;
}

}  // namespace models
