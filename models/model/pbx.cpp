// SPDX-License-Identifier: GPL-2.0-or-later
// The PBX of one server: start and stop as a resource, stations on robbed-bit channels, trunk calls
// by Q.931, and the milestones "ms.service" and "ms.trunk". Extensions are span number and channel
// ("201" = span 2, channel 1); 9 leads out.

#include <algorithm>
#include <utility>

#include <ns3/simulator.h>

#include "event.hpp"
#include "pbx_impl.hpp"

namespace models {

namespace {

constexpr std::string_view process_name = "asterisk";
constexpr std::uint8_t abcd_idle = 0x5;  ///< towards the station: loop feed, no ringing [general
                                         ///< standards knowledge: T1.403 loop start]
constexpr std::uint8_t abcd_ring = 0x0;
constexpr std::uint8_t abcd_off_hook = 0xF;  ///< from the station: loop closed
constexpr int b_channels = 23;
constexpr char outside_prefix = '9';

}  // namespace

/// Lives in the host, so that power loss, kill and freeze reach it as they reach any process.
class Pbx::Impl::Asterisk final : public Process {
  public:
    explicit Asterisk(Impl& pbx) : m_pbx(pbx) {}
    ~Asterisk() override { m_pbx.process_ended(); }
    void start() override {}
    void frozen(bool stopped) override {
        m_pbx.process_frozen = stopped;
        if (!m_pbx.stands_still()) {
            m_pbx.go_on();
        }
    }

  private:
    Impl& m_pbx;
};

// ---------------------------------------------------------------- the process

Pbx::Impl::Impl(Host& h, PbxOptions o)
    : host(h), options(std::move(o)), script(h, std::string(process_name), options.profile),
      spans(h,
            {options.tdmoe_interface,
             options.bridge_mac,
             tdm::span_count,
             options.span_activation_delay,
             options.detail}),
      watcher_stream(h.context().stream("agent/" + h.name() + "/asterisk/watcher")) {
    spans.hooks.alarm_changed = [this](int span) { alarm_changed(span); };
    spans.hooks.abcd = [this](int span, int channel, std::uint8_t bits) {
        abcd_arrived(span, channel, bits);
    };
    spans.hooks.inband = [this](int span, int channel, const Inband& inband) {
        inband_arrived(span, channel, inband);
    };
    spans.hooks.dchannel = [this](int span, std::span<const std::byte> frame) {
        // The kernel keeps little of what a process does not read; the link recovers by itself
        // [assumed: nothing kept].
        if (span == options.pri_span && runs() && !stands_still()) {
            // What we answer rests on all that lets us answer, not only on the question.
            Recorder& recorder = host.context().recorder;
            const Recorder::Scope scope(recorder,
                                        models::later(recorder.current(), prerequisites()));
            lapd->on_frame(frame);
        }
    };
    script.on_started = [this] { started(); };
    script.on_stopped = [this] { host.kill(std::string(process_name)); };
}

Pbx::Impl::~Impl() {
    if (runs()) {
        host.kill(std::string(process_name));
    }
}

bool Pbx::Impl::serves() const {
    return serving && runs() && !stands_still() && host.kernel_runs() && !host.frozen();
}

void Pbx::Impl::later(ns3::Time delay, std::function<void()> f) {
    host.schedule(delay, [this, at = life, f = std::move(f)]() mutable {
        if (life != at) {
            return;
        }
        if (stands_still()) {
            held.emplace_back(host.context().recorder.current(), std::move(f));
        } else {
            f();
        }
    });
}

bool Pbx::Impl::blocks_on_disk() {
    if (!blocked && runs() && host.disk_state() == Host::DiskState::failed) {
        blocked = true;
        host.context().recorder.record("pbx.blocked", host.name());
    }
    return blocked;
}

void Pbx::Impl::go_on() {
    Recorder& recorder = host.context().recorder;
    service_record = recorder.record("ms.service", host.name());
    const Recorder::Scope scope(recorder, service_record);
    const std::uint64_t at = life;
    for (auto& [cause, f] : std::exchange(held, {})) {
        const Recorder::Scope held_scope(recorder, models::later(cause, service_record));
        if (life == at) {
            f();
        }
    }
    for (const int span : options.station_spans) {
        read_hooks(span);
    }
    trunk_was_up = false;
    check_trunk();
}

void Pbx::Impl::started() {
    if (runs()) {
        return;  // it was running all the time
    }
    auto asterisk = std::make_unique<Asterisk>(*this);
    process = asterisk.get();
    ++life;
    hung = false;
    process_frozen = false;
    blocked = false;
    serving = true;
    host.spawn(std::string(process_name), std::move(asterisk));
    Recorder& recorder = host.context().recorder;
    service_record = recorder.record("ms.service", host.name());
    const Recorder::Scope scope(recorder, service_record);
    spans.load();

    const auto in_process_time = [this](ns3::Time delay, std::function<void()> f) {
        later(delay, std::move(f));
    };
    lapd.emplace(
        tdm::Side::user,
        options.timers,
        tdm::Lapd::Hooks{
            .later = in_process_time,
            .send =
                [this](std::vector<std::byte> frame) {
                    spans.send_dchannel(options.pri_span, frame);
                },
            .receive = [this](std::span<const std::byte> message) { q931->receive(message); },
            .established =
                [this](bool by_peer) {
                    Recorder& r = host.context().recorder;
                    dchannel_record =
                        r.record_caused_by(models::later(r.current(), prerequisites()),
                                           "dchannel.up",
                                           host.name(),
                                           {{"by_peer", by_peer}});
                    const Recorder::Scope up(r, dchannel_record);
                    ++trunk_breaks;
                    q931->dl_established();
                    trunk_was_up = false;
                    check_trunk();
                },
            .down =
                [this] {
                    host.context().recorder.record("dchannel.down", host.name());
                    ++trunk_breaks;
                    check_trunk();
                },
            .released =
                [this] {
                    host.context().recorder.record("dchannel.released", host.name());
                    ++trunk_breaks;
                    q931->dl_released();
                    check_trunk();
                },
        });
    q931.emplace(
        tdm::Side::user,
        options.timers,
        tdm::Q931::Hooks{
            .later = in_process_time,
            .send = [this](std::vector<std::byte> message) { lapd->send(std::move(message)); },
            .setup = [this](tdm::CallHandle handle,
                            int channel,
                            const std::string& number) { trunk_setup(handle, channel, number); },
            .alerting =
                [this](tdm::CallHandle handle) {
                    if (const CallNumber number = call_of(handle); number != 0) {
                        sound_to(calls.at(number).caller, {Inband::Sound::ringback, {}});
                    }
                },
            .connected =
                [this](tdm::CallHandle handle) {
                    if (const CallNumber number = call_of(handle);
                        number != 0 && !calls.at(number).answered) {
                        answer(number);
                    }
                },
            .cleared =
                [this](tdm::CallHandle handle, tdm::Cause cause) {
                    if (const CallNumber number = call_of(handle); number != 0) {
                        const Call& call = calls.at(number);
                        const Leg trunk = call.caller.trunk ? call.caller : call.callee;
                        end_call(number, &trunk, cause);
                    }
                },
            .released =
                [this](tdm::CallHandle, int channel) {
                    busy_channels.erase(channel);
                    trunk_heard.erase(channel);
                },
            .traced =
                [this](std::string_view message, unsigned reference, bool sent) {
                    host.context().recorder.record("q931",
                                                   host.name(),
                                                   {{"message", message},
                                                    {"reference", std::int64_t{reference}},
                                                    {"sent", sent}});
                },
        });
    // Phones that are off-hook now are new seizures: they get dial tone.
    for (const int span : options.station_spans) {
        read_hooks(span);
    }
    lapd->start();
}

void Pbx::Impl::stop_begun() {
    if (!runs() || !serving) {
        return;
    }
    serving = false;
    while (!calls.empty() && !blocked) {
        end_call(calls.begin()->first, nullptr, tdm::Cause::normal_clearing);
    }
}

/// Called by ~Asterisk: stopped, killed, crashed, or the machine is gone.
void Pbx::Impl::process_ended() {
    process = nullptr;
    serving = false;
    hung = false;
    process_frozen = false;
    blocked = false;
    trunk_was_up = false;
    ++life;
    ++trunk_breaks;
    held.clear();
    if (lapd) {
        lapd->stop();  // objects stay: we may be inside one of their calls
    }
    stations.clear();
    calls.clear();
    busy_channels.clear();
    trunk_heard.clear();
    if (host.kernel_runs()) {
        spans.close_all();  // the kernel closes the channels
    }
}

// ---------------------------------------------------------------- stations

bool Pbx::Impl::is_station(int span) const {
    return std::find(options.station_spans.begin(), options.station_spans.end(), span) !=
           options.station_spans.end();
}

void Pbx::Impl::alarm_changed(int span) {
    if (!runs() || stands_still()) {
        return;
    }
    if (span == options.pri_span) {
        check_trunk();  // calls stay: T309 decides
        return;
    }
    if (!is_station(span)) {
        return;
    }
    if (spans.alarm(span) == T1Port::Alarm::none) {
        read_hooks(span);
        return;
    }
    // Robbed-bit channels in alarm are treated as hung up at once [sourced: sig_analog.c].
    for (int channel = 1; channel <= tdm::channel_count; ++channel) {
        on_hook({span, channel});
    }
}

void Pbx::Impl::read_hooks(int span) {
    if (spans.alarm(span) != T1Port::Alarm::none || !spans.receiving()) {
        return;
    }
    for (int channel = 1; channel <= tdm::channel_count; ++channel) {
        abcd_arrived(span, channel, spans.abcd(span, channel));
    }
}

void Pbx::Impl::abcd_arrived(int span, int channel, std::uint8_t bits) {
    if (!serving || stands_still() || !is_station(span) ||
        spans.alarm(span) != T1Port::Alarm::none) {
        return;
    }
    if (bits == abcd_off_hook) {
        off_hook({span, channel});
    } else {
        on_hook({span, channel});
    }
}

void Pbx::Impl::off_hook(ChannelKey key) {
    Station& station = stations[key];
    switch (station.state) {
    case Station::State::on_hook:
        station.state = Station::State::dial_tone;
        spans.send_inband(key.first, key.second, {Inband::Sound::dial_tone, {}});
        break;
    case Station::State::ringing:
        spans.send_abcd(key.first, key.second, abcd_idle);
        station.state = Station::State::talking;
        if (const Call& call = calls.at(station.call); call.caller.trunk) {
            q931->connect(call.caller.handle);
        }
        answer(station.call);
        break;
    case Station::State::dial_tone:
    case Station::State::dialled:
    case Station::State::talking:
    case Station::State::wait_on_hook:
        break;
    }
}

void Pbx::Impl::on_hook(ChannelKey key) {
    const auto found = stations.find(key);
    if (found == stations.end() || found->second.state == Station::State::on_hook) {
        return;
    }
    Station& station = found->second;
    const bool alarm = spans.alarm(key.first) != T1Port::Alarm::none;
    if (station.state == Station::State::ringing && !alarm) {
        return;  // it rings because it is on-hook
    }
    const CallNumber call = station.call;
    if (station.state == Station::State::ringing) {
        spans.send_abcd(key.first, key.second, abcd_idle);
    }
    station = Station{};
    spans.send_inband(key.first, key.second, {});
    if (call != 0) {
        const Leg self{.trunk = false, .span = key.first, .channel = key.second};
        end_call(
            call, &self, alarm ? tdm::Cause::network_out_of_order : tdm::Cause::normal_clearing);
    }
}

void Pbx::Impl::inband_arrived(int span, int channel, const Inband& inband) {
    if (!runs() || stands_still()) {
        return;
    }
    CallNumber number = 0;
    Leg from{.trunk = span == options.pri_span, .span = span, .channel = channel};
    if (from.trunk) {
        trunk_heard[channel] = inband.sound;
        for (const auto& [n, call] : calls) {
            const Leg& leg = call.caller.trunk ? call.caller : call.callee;
            if (leg.trunk && leg.channel == channel) {
                number = n;
            }
        }
    } else {
        Station& station = stations[{span, channel}];
        station.heard = inband.sound;
        number = station.call;
        if (!inband.digits.empty()) {
            digits({span, channel}, inband.digits);
        }
    }
    if (const auto found = calls.find(number); found != calls.end() && found->second.answered) {
        const bool caller = found->second.caller.trunk == from.trunk &&
                            found->second.caller.span == span &&
                            found->second.caller.channel == channel;
        sound_to(caller ? found->second.callee : found->second.caller, {inband.sound, {}});
    }
}

void Pbx::Impl::digits(ChannelKey key, const std::string& number) {
    Station& station = stations[key];
    if (station.state != Station::State::dial_tone) {
        return;
    }
    station.state = Station::State::dialled;
    spans.send_inband(key.first, key.second, {});
    later(host.work_time(options.call_setup_time), [this, key, number] {
        if (stations[key].state == Station::State::dialled && stations[key].call == 0) {
            route(key, number);
        }
    });
}

void Pbx::Impl::congestion(ChannelKey key) {
    Station& station = stations[key];
    station.state = Station::State::wait_on_hook;
    station.call = 0;
    spans.send_inband(key.first, key.second, {Inband::Sound::congestion, {}});
}

void Pbx::Impl::route(ChannelKey key, const std::string& number) {
    if (blocks_on_disk()) {
        return;
    }
    const Leg caller{.trunk = false, .span = key.first, .channel = key.second};
    if (!number.empty() && number.front() == outside_prefix) {
        const int channel = free_channel();
        if (!trunk_works() || channel == 0) {
            congestion(key);
            return;
        }
        busy_channels.insert(channel);
        const CallNumber id = next_call++;
        stations[key].call = id;
        calls[id] =
            Call{caller, Leg{.trunk = true, .span = options.pri_span, .channel = channel}, false};
        calls[id].callee.handle = q931->setup(channel, number.substr(1));
        return;
    }
    const bool numeric =
        number.size() == 3 &&
        std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
    const int extension = numeric ? std::stoi(number) : 0;
    const ChannelKey callee{extension / 100, extension % 100};
    if (!is_station(callee.first) || callee.second < 1 || callee.second > tdm::channel_count ||
        callee == key || spans.alarm(callee.first) != T1Port::Alarm::none ||
        stations[callee].state != Station::State::on_hook) {
        congestion(key);
        return;
    }
    const CallNumber id = next_call++;
    stations[key].call = id;
    calls[id] =
        Call{caller, Leg{.trunk = false, .span = callee.first, .channel = callee.second}, false};
    ring(id, callee);
    sound_to(caller, {Inband::Sound::ringback, {}});
}

void Pbx::Impl::ring(CallNumber id, ChannelKey key) {
    Station& station = stations[key];
    station.state = Station::State::ringing;
    station.call = id;
    spans.send_abcd(key.first, key.second, abcd_ring);
}

void Pbx::Impl::answer(CallNumber id) {
    Call& call = calls.at(id);
    call.answered = true;
    for (const Leg* leg : {&call.caller, &call.callee}) {
        if (!leg->trunk) {
            stations[{leg->span, leg->channel}].state = Station::State::talking;
        }
    }
    sound_to(call.caller, {heard_from(call.callee), {}});
    sound_to(call.callee, {heard_from(call.caller), {}});
}

void Pbx::Impl::end_call(CallNumber id, const Leg* except, tdm::Cause cause) {
    const auto found = calls.find(id);
    if (found == calls.end() || blocks_on_disk()) {
        return;
    }
    const Call call = found->second;
    calls.erase(found);
    for (const Leg* leg : {&call.caller, &call.callee}) {
        if (except != nullptr && leg->trunk == except->trunk && leg->span == except->span &&
            leg->channel == except->channel) {
            continue;
        }
        if (leg->trunk) {
            q931->hang_up(leg->handle, cause);
            spans.send_inband(leg->span, leg->channel, {});
            continue;
        }
        const ChannelKey key{leg->span, leg->channel};
        Station& station = stations[key];
        if (station.state == Station::State::ringing) {
            station = Station{};
            spans.send_abcd(key.first, key.second, abcd_idle);
        } else if (station.state != Station::State::on_hook) {
            congestion(key);
        }
    }
    if (except != nullptr && except->trunk) {
        spans.send_inband(except->span, except->channel, {});
    }
}

void Pbx::Impl::sound_to(const Leg& leg, const Inband& inband) {
    if (leg.trunk || stations[{leg.span, leg.channel}].state != Station::State::ringing) {
        spans.send_inband(leg.span, leg.channel, inband);
    }
}

Inband::Sound Pbx::Impl::heard_from(const Leg& leg) const {
    if (leg.trunk) {
        const auto found = trunk_heard.find(leg.channel);
        return found == trunk_heard.end() ? Inband::Sound::silence : found->second;
    }
    const auto found = stations.find({leg.span, leg.channel});
    return found == stations.end() ? Inband::Sound::silence : found->second.heard;
}

// ---------------------------------------------------------------- trunk

bool Pbx::Impl::trunk_works() const {
    return serves() && lapd && lapd->up() && spans.alarm(options.pri_span) == T1Port::Alarm::none;
}

int Pbx::Impl::free_channel() const {
    for (int channel = b_channels; channel >= 1;
         --channel) {  // from the top; the telco picks from the bottom [assumed]
        if (busy_channels.count(channel) == 0) {
            return channel;
        }
    }
    return 0;
}

Pbx::Impl::CallNumber Pbx::Impl::call_of(tdm::CallHandle handle) const {
    for (const auto& [number, call] : calls) {
        if ((call.caller.trunk && call.caller.handle == handle) ||
            (call.callee.trunk && call.callee.handle == handle)) {
            return number;
        }
    }
    return 0;
}

void Pbx::Impl::trunk_setup(tdm::CallHandle handle, int channel, const std::string& number) {
    if (!busy_channels.insert(channel).second) {
        q931->hang_up(handle, tdm::Cause::channel_not_available);
        busy_channels.insert(channel);  // still held by the other call
        return;
    }
    if (!serving) {
        q931->hang_up(handle, tdm::Cause::temporary_failure);
        return;
    }
    if (blocks_on_disk()) {
        return;
    }
    q931->proceed(handle);
    later(host.work_time(options.call_setup_time), [this, handle, channel, number] {
        const bool numeric =
            number.size() == 3 &&
            std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
        const int extension = numeric ? std::stoi(number) : 0;
        const ChannelKey callee{extension / 100, extension % 100};
        const bool exists =
            is_station(callee.first) && callee.second >= 1 && callee.second <= tdm::channel_count;
        if (!exists || spans.alarm(callee.first) != T1Port::Alarm::none) {
            q931->hang_up(handle,
                          exists ? tdm::Cause::out_of_order : tdm::Cause::unallocated_number);
            return;
        }
        if (stations[callee].state != Station::State::on_hook) {
            q931->hang_up(handle, tdm::Cause::user_busy);
            return;
        }
        const CallNumber id = next_call++;
        calls[id] =
            Call{Leg{.trunk = true, .span = options.pri_span, .channel = channel, .handle = handle},
                 Leg{.trunk = false, .span = callee.first, .channel = callee.second},
                 false};
        ring(id, callee);
        q931->alert(handle);
    });
}

RecordId Pbx::Impl::prerequisites() const {
    return models::later(service_record,
                         models::later(spans.flow_record(), spans.alarm_record(options.pri_span)));
}

void Pbx::Impl::check_trunk() {
    const bool up = trunk_works();
    if (up && !trunk_was_up) {
        Recorder& recorder = host.context().recorder;
        trunk_record = recorder.record_caused_by(
            models::later(recorder.current(), models::later(dchannel_record, prerequisites())),
            "ms.trunk",
            host.name());
    }
    trunk_was_up = up;
}

// ---------------------------------------------------------------- the public face

Pbx::Pbx(Host& host, PbxOptions options)
    : m_impl(std::make_unique<Impl>(host, std::move(options))) {}

Pbx::~Pbx() = default;

void Pbx::run(cluster::AgentOp op, const std::vector<std::string>& arguments, Done done) {
    if (op == cluster::AgentOp::stop) {
        ++m_impl->stop_orders;
        if (!faults().stops_fail) {
            m_impl->stop_begun();
        }
    }
    m_impl->script.run(op, arguments, [this, op, done = std::move(done)](Result result) {
        if (op == cluster::AgentOp::status) {
            const bool alive =
                m_impl->runs();  // the script looks for the process, not for an answer
            result = {alive ? 0 : 3, alive ? "running\n" : "not running\n"};
        }
        done(std::move(result));
    });
}

void Pbx::cancel() {
    m_impl->script.cancel();
}

void Pbx::host_lost() {
    m_impl->script.host_lost();
    m_impl->spans.lost();
    if (m_impl->runs()) {
        m_impl->process_ended();
    }
}

void Pbx::crash() {
    if (m_impl->runs()) {
        m_impl->host.kill(std::string(process_name));
    }
}

void Pbx::start_again(ns3::Time after) {
    Impl& impl = *m_impl;
    const ns3::Time takes = after + to_time(draw(impl.options.profile.start, impl.watcher_stream));
    impl.host.schedule_user({}, takes, [&impl, orders = impl.stop_orders] {
        if (impl.stop_orders == orders && !impl.runs() && impl.host.may_exec() == 0) {
            impl.started();
        }
    });
}

void Pbx::hang(bool hung) {
    Impl& impl = *m_impl;
    if (!impl.runs() || impl.hung == hung) {
        return;
    }
    const bool stood_still = impl.stands_still();
    impl.hung = hung;
    impl.host.context().recorder.record("pbx.hang", impl.host.name(), {{"hung", hung}});
    if (stood_still && !impl.stands_still()) {
        impl.go_on();
    }
}

bool Pbx::hangs() const {
    return m_impl->hung;
}

bool Pbx::answers_local_probe() const {
    return m_impl->serves();
}

bool Pbx::dchannel_up() const {
    return m_impl->runs() && m_impl->lapd && m_impl->lapd->up();
}

bool Pbx::receives_tdmoe() const {
    return m_impl->spans.receiving();
}

bool Pbx::trunk_up() const {
    return m_impl->trunk_works();
}

T1Port::Alarm Pbx::span_alarm(int span) const {
    return m_impl->spans.alarm(span);
}

AgentFaults& Pbx::faults() noexcept {
    return m_impl->script.faults();
}

}  // namespace models
