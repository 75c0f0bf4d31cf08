// SPDX-License-Identifier: GPL-2.0-or-later
// The telco: network side of each PRI, one switch behind all of them, far parties that answer.

#include "telephony.hpp"

#include "cluster/check.hpp"
#include "pstn_impl.hpp"
#include "tdm_schedule.hpp"

namespace models {

namespace {
constexpr int b_channels = 23;
}  // namespace

Pstn::Impl::Impl(Context& c, std::string n, PstnOptions o)
    : context(c), name(std::move(n)), options(o) {}

Pstn::Impl::~Impl() = default;

Pstn::Impl::Line& Pstn::Impl::line(int number) {
    std::unique_ptr<Line>& found = lines[number];
    if (!found) {
        found = std::make_unique<Line>(*this, number);
    }
    return *found;
}

// ---------------------------------------------------------------- one PRI

Pstn::Impl::Line::Line(Impl& telco, int number)
    : T1Port(telco.name + ":" + std::to_string(number)),
      lapd(tdm::Side::network,
           telco.options.timers,
           tdm::Lapd::Hooks{
               .later =
                   [this](ns3::Time delay, std::function<void()> f) {
                       tdm::after(m_telco.context, delay, std::move(f));
                   },
               .send =
                   [this](std::vector<std::byte> frame) {
                       line->send_dchannel(*this, std::move(frame));
                   },
               .receive = [this](std::span<const std::byte> message) { q931.receive(message); },
               .established =
                   [this](bool by_peer) {
                       Recorder& recorder = m_telco.context.recorder;
                       ++breaks;
                       m_dchannel_record =
                           recorder.record("dchannel.up", m_telco.name, {{"by_peer", by_peer}});
                       const Recorder::Scope scope(recorder, m_dchannel_record);
                       if (by_peer && m_telco.options.restart_on_sabme) {
                           q931.forget_all();
                       }
                       q931.dl_established();
                       m_trunk_was_up = false;  // established anew: perhaps by another server
                       check_trunk();
                   },
               .down =
                   [this] {
                       ++breaks;
                       m_telco.context.recorder.record("dchannel.down", m_telco.name);
                       m_trunk_was_up = false;
                   },
               .released =
                   [this] {
                       ++breaks;
                       m_telco.context.recorder.record("dchannel.released", m_telco.name);
                       m_trunk_was_up = false;
                       q931.dl_released();
                   },
           }),
      q931(tdm::Side::network,
           telco.options.timers,
           tdm::Q931::Hooks{
               .later =
                   [this](ns3::Time delay, std::function<void()> f) {
                       tdm::after(m_telco.context, delay, std::move(f));
                   },
               .send = [this](std::vector<std::byte> message) { lapd.send(std::move(message)); },
               .setup =
                   [this](tdm::CallHandle handle, int channel, const std::string& called) {
                       if (channels.count(channel) != 0 || alarm != Alarm::none) {
                           channel_of[handle] = 0;
                           q931.hang_up(handle, tdm::Cause::channel_not_available);
                           return;
                       }
                       channels[channel] = handle;
                       channel_of[handle] = channel;
                       q931.proceed(handle);
                       q931.alert(handle);
                       const CallId id{m_number, handle};
                       if (m_telco.incoming) {
                           m_telco.incoming(id, called);
                       }
                       tdm::after(m_telco.context, m_telco.options.answer_time, [this, id] {
                           if (channel_of.count(id.handle) != 0) {
                               q931.connect(id.handle);
                               m_telco.say(id, Inband::Sound::speech);
                           }
                       });
                   },
               .alerting = [](tdm::CallHandle) {},
               .connected =
                   [this](tdm::CallHandle handle) {
                       if (placed.count(handle) != 0 && m_telco.connected) {
                           m_telco.connected({m_number, handle});
                       }
                   },
               .cleared =
                   [this](tdm::CallHandle handle, tdm::Cause cause) {
                       m_telco.say({m_number, handle}, Inband::Sound::silence);
                       if (m_telco.cleared) {
                           m_telco.cleared({m_number, handle}, cause);
                       }
                   },
               .released =
                   [this](tdm::CallHandle handle, int channel) {
                       const auto busy = channels.find(channel);
                       if (busy != channels.end() && busy->second == handle) {
                           channels.erase(busy);
                       }
                       channel_of.erase(handle);
                       placed.erase(handle);
                   },
               .traced =
                   [this](std::string_view message, unsigned reference, bool sent) {
                       m_telco.context.recorder.record("q931",
                                                       m_telco.name,
                                                       {{"message", message},
                                                        {"reference", std::int64_t{reference}},
                                                        {"sent", sent}});
                   },
           }),
      m_telco(telco), m_number(number) {}

void Pstn::Impl::Line::start() {
    tdm::after(m_telco.context, ns3::Seconds(0), [this] {
        if (m_telco.serving) {
            lapd.start();
        }
    });
}

/// The switch behind the line forgets its calls; nothing of that is signalled.
void Pstn::Impl::Line::stop_serving() {
    lapd.stop();
    ++breaks;
    m_trunk_was_up = false;
    q931.forget_all();
}

void Pstn::Impl::Line::alarm_changed(Alarm now) {
    alarm = now;
    ++breaks;
    m_alarm_record = m_telco.context.recorder.current();
    check_trunk();
}

/// The telco's half of the trunk milestone; the PBX records its own. A call needs both.
void Pstn::Impl::Line::check_trunk() {
    const bool up = lapd.up() && alarm == Alarm::none;
    if (up && !m_trunk_was_up) {
        Recorder& recorder = m_telco.context.recorder;
        m_trunk_record = recorder.record_caused_by(
            later(recorder.current(), later(m_dchannel_record, m_alarm_record)),
            "ms.trunk",
            m_telco.name,
            {{"line", std::int64_t{m_number}}});
    }
    m_trunk_was_up = up;
}

void Pstn::Impl::Line::receive_dchannel(std::span<const std::byte> frame) {
    if (m_telco.serving) {
        lapd.on_frame(frame);
    }
}

void Pstn::Impl::Line::receive_inband(int channel, const Inband& inband) {
    sounds[channel] = inband.sound;
    const auto busy = channels.find(channel);
    if (busy != channels.end() && m_telco.heard) {
        m_telco.heard({m_number, busy->second}, inband.sound);
    }
}

int Pstn::Impl::Line::free_channel() const {
    for (int channel = 1; channel <= b_channels; ++channel) {
        if (channels.count(channel) == 0) {
            return channel;
        }
    }
    return 0;
}

// ---------------------------------------------------------------- for the people

Pstn::Impl::Line* Pstn::Impl::working_line(std::string_view& why) {
    why = "no trunk";
    if (!serving) {
        why = "telco does not serve";
        return nullptr;
    }
    for (const auto& [number, line] : lines) {
        if (line->line == nullptr) {
            continue;
        }
        if (!line->line->in_frame(*line)) {
            why = "trunk T1 out of frame";
        } else if (line->alarm != T1Port::Alarm::none) {
            why = "trunk in alarm at the telco";
        } else if (!line->lapd.up()) {
            why = "D-channel down at the telco";
        } else {
            return line.get();
        }
    }
    return nullptr;
}

Pstn::Impl::CallId Pstn::Impl::place(const std::string& number, std::string_view& why) {
    Line* const way = working_line(why);
    if (way == nullptr) {
        return {};
    }
    const int channel = way->free_channel();
    if (channel == 0) {
        why = "no channel";
        return {};
    }
    const tdm::CallHandle handle = way->q931.setup(channel, number);
    way->channels[channel] = handle;
    way->channel_of[handle] = channel;
    way->placed.insert(handle);
    for (const auto& [n, line] : lines) {
        if (line.get() == way) {
            return {n, handle};
        }
    }
    return {};
}

void Pstn::Impl::say(CallId id, Inband::Sound sound) {
    Line& way = line(id.line);
    const auto found = way.channel_of.find(id.handle);
    if (found != way.channel_of.end() && found->second != 0 && way.line != nullptr) {
        way.line->send_inband(way, found->second, {sound, {}});
    }
}

void Pstn::Impl::hang_up(CallId id) {
    say(id, Inband::Sound::silence);
    line(id.line).q931.hang_up(id.handle, tdm::Cause::normal_clearing);
}

// ---------------------------------------------------------------- the public face

Pstn::Pstn(Context& context, std::string name, PstnOptions options)
    : m_impl(std::make_unique<Impl>(context, std::move(name), options)) {}

Pstn::~Pstn() = default;

T1Port& Pstn::line(int number) {
    return m_impl->line(number);
}

void Pstn::attach_line(int number, T1Line& line) {
    Impl::Line& port = m_impl->line(number);
    port.line = &line;
    port.start();
}

bool Pstn::dchannel_up() const {
    for (const auto& [number, line] : m_impl->lines) {
        if (line->lapd.up()) {
            return true;
        }
    }
    return false;
}

void Pstn::set_serving(bool serving) {
    if (m_impl->serving == serving) {
        return;
    }
    m_impl->serving = serving;
    Recorder& recorder = m_impl->context.recorder;
    const Recorder::Scope scope(recorder,
                                recorder.record("telco.serving", m_impl->name, {{"on", serving}}));
    for (const auto& [number, line] : m_impl->lines) {
        if (serving) {
            line->start();
        } else {
            line->stop_serving();
        }
    }
}

bool Pstn::serving() const noexcept {
    return m_impl->serving;
}

const std::string& Pstn::name() const noexcept {
    return m_impl->name;
}

}  // namespace models
