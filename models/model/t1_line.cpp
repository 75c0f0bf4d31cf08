// SPDX-License-Identifier: GPL-2.0-or-later
// A T1: framing, alarms with their integration times, and what rides on it. Signalling bits and
// sounds are states, so the receiver is told the present ones when it is in frame again; D-channel
// frames that meet no framing are lost.
//
// Each end integrates three defects on their own: RED (no framing from the far end), AIS (unframed
// ones), yellow (the far end is in RED):   quiet --defect lasts `declare`--> alarm --no defect for
// `clear`--> quiet.  The gravest is shown.

#include "telephony.hpp"

#include "cluster/check.hpp"
#include "tdm_schedule.hpp"

namespace models {

namespace {

constexpr int channels = 24;
/// Framer and line, each way [derived: half a 12-frame multiframe is 0.75 ms, plus line].
const ns3::Time line_delay = ns3::MicroSeconds(900);

constexpr std::uint8_t idle_abcd = 0x5;

std::string_view name_of(T1Port::Alarm alarm) {
    switch (alarm) {
    case T1Port::Alarm::none:
        return "none";
    case T1Port::Alarm::red:
        return "red";
    case T1Port::Alarm::yellow:
        return "yellow";
    case T1Port::Alarm::ais:
        return "ais";
    }
    return "?";
}

}  // namespace

struct T1Line::Impl {
    using Alarm = T1Port::Alarm;

    struct Integrator {
        bool defect = false;
        bool alarm = false;
        std::uint64_t change = 0;  ///< invalidates the timer of an older change
    };

    struct End {
        T1Port* port = nullptr;
        bool transmitting = true;
        Alarm forced = Alarm::none;
        bool framed = true;         ///< this end has found the far end's framing
        Alarm alarm = Alarm::none;  ///< as shown
        Integrator red, ais, yellow;
        std::array<std::uint64_t, 4> shown{};  ///< by kind of alarm
        std::uint64_t framing_change = 0;      ///< invalidates frames in flight and resync timers
        // what this end sends
        std::array<std::uint8_t, channels + 1> abcd{};
        std::array<Inband::Sound, channels + 1> sound{};
    };

    Impl(Context& c, std::string n, T1Timers t) : context(c), name(std::move(n)), timers(t) {}

    Context& context;
    std::string name;
    T1Timers timers;
    bool plugged = true;
    End ends[2];

    int index(const T1Port& port) const {
        CLUSTER_CHECK(&port == ends[0].port || &port == ends[1].port);
        return &port == ends[0].port ? 0 : 1;
    }

    /// No framing reaches end e.
    bool signal_lost(int e) const {
        return !plugged || !ends[1 - e].transmitting || ends[e].forced == Alarm::red ||
               ends[e].forced == Alarm::ais;
    }

    void update(int e) {
        update_framing(e);
        update_alarm(e);
    }

    void update_framing(int e) {
        End& end = ends[e];
        if (signal_lost(e)) {
            ++end.framing_change;
            if (end.framed) {
                end.framed = false;
                for (int channel = 1; channel <= channels; ++channel) {
                    if (ends[1 - e].sound[static_cast<std::size_t>(channel)] !=
                        Inband::Sound::silence) {
                        end.port->receive_inband(channel, Inband{});
                    }
                }
            }
            return;
        }
        if (end.framed) {
            return;
        }
        tdm::after(context, timers.resync, [this, e, change = ++end.framing_change] {
            if (ends[e].framing_change == change) {
                regain_frame(e);
            }
        });
    }

    void regain_frame(int e) {
        End& end = ends[e];
        end.framed = true;
        const End& far = ends[1 - e];
        for (int channel = 1; channel <= channels; ++channel) {
            const auto c = static_cast<std::size_t>(channel);
            end.port->receive_abcd(channel, far.abcd[c]);
            if (far.sound[c] != Inband::Sound::silence) {
                end.port->receive_inband(channel, Inband{far.sound[c], {}});
            }
        }
        update_alarm(e);
    }

    void update_alarm(int e) {
        End& end = ends[e];
        const bool ones = end.forced == Alarm::ais && plugged;
        integrate(e, end.ais, ones, timers.ais_declare, timers.red_clear);
        integrate(e, end.red, !end.framed && !ones, timers.red_declare, timers.red_clear);
        integrate(e,
                  end.yellow,
                  end.framed && (end.forced == Alarm::yellow || ends[1 - e].red.alarm),
                  timers.yellow_declare,
                  timers.yellow_declare);
    }

    void integrate(int e, Integrator& it, bool defect, ns3::Time declare, ns3::Time clear) {
        if (defect == it.defect) {
            return;
        }
        it.defect = defect;
        ++it.change;
        if (defect == it.alarm) {
            return;  // gone before it was declared, or back before it was cleared
        }
        tdm::after(context, defect ? declare : clear, [this, e, &it, change = it.change] {
            if (it.change == change) {
                it.alarm = it.defect;
                show(e);
                update_alarm(1 - e);  // RED here is a remote alarm there
            }
        });
    }

    void show(int e) {
        End& end = ends[e];
        Alarm alarm = Alarm::none;
        if (end.red.alarm) {
            alarm = Alarm::red;
        } else if (end.ais.alarm) {
            alarm = Alarm::ais;
        } else if (end.yellow.alarm) {
            alarm = Alarm::yellow;
        }
        if (alarm == end.alarm) {
            return;
        }
        end.alarm = alarm;
        ++end.shown[static_cast<std::size_t>(alarm)];
        const RecordId id =
            context.recorder.record("t1.alarm",
                                    end.port->name(),
                                    {{"line", std::string_view(name)}, {"alarm", name_of(alarm)}});
        const Recorder::Scope scope(context.recorder, id);
        end.port->alarm_changed(alarm);
    }

    /// `deliver(port)` at the far end after the line delay, if framing holds until then.
    template <class F>
    void carry(int from, F deliver) {
        const int to = 1 - from;
        if (!ends[to].framed) {
            return;
        }
        tdm::after(context,
                   line_delay,
                   [this, to, change = ends[to].framing_change, deliver = std::move(deliver)] {
                       if (ends[to].framed && ends[to].framing_change == change) {
                           deliver(*ends[to].port);
                       }
                   });
    }
};

T1Line::T1Line(Context& context, std::string name, T1Port& a, T1Port& b, T1Timers timers)
    : m_impl(std::make_unique<Impl>(context, std::move(name), timers)) {
    m_impl->ends[0].port = &a;
    m_impl->ends[1].port = &b;
    for (Impl::End& end : m_impl->ends) {
        end.abcd.fill(idle_abcd);
    }
}

T1Line::~T1Line() = default;

void T1Line::set_plugged(bool plugged) {
    if (m_impl->plugged == plugged) {
        return;
    }
    m_impl->plugged = plugged;
    m_impl->context.recorder.record(plugged ? "t1.plugged" : "t1.unplugged", m_impl->name);
    m_impl->update(0);
    m_impl->update(1);
}

void T1Line::force_alarm(int end, T1Port::Alarm alarm) {
    CLUSTER_CHECK(end == 0 || end == 1);
    m_impl->ends[end].forced = alarm;
    m_impl->update(end);
}

T1Port::Alarm T1Line::forced_alarm(int end) const {
    CLUSTER_CHECK(end == 0 || end == 1);
    return m_impl->ends[end].forced;
}

std::uint64_t T1Line::alarms_shown(int end, T1Port::Alarm alarm) const {
    CLUSTER_CHECK(end == 0 || end == 1);
    return m_impl->ends[end].shown[static_cast<std::size_t>(alarm)];
}

T1Port& T1Line::end(int index) const {
    CLUSTER_CHECK(index == 0 || index == 1);
    return *m_impl->ends[index].port;
}

bool T1Line::plugged() const noexcept {
    return m_impl->plugged;
}

void T1Line::send_dchannel(const T1Port& from, std::vector<std::byte> lapd_frame) {
    m_impl->carry(m_impl->index(from),
                  [frame = std::move(lapd_frame)](T1Port& port) { port.receive_dchannel(frame); });
}

void T1Line::send_abcd(const T1Port& from, int channel, std::uint8_t bits) {
    CLUSTER_CHECK(channel >= 1 && channel <= channels);
    const int e = m_impl->index(from);
    std::uint8_t& present = m_impl->ends[e].abcd[static_cast<std::size_t>(channel)];
    if (present != bits) {
        present = bits;
        m_impl->carry(e, [channel, bits](T1Port& port) { port.receive_abcd(channel, bits); });
    }
}

void T1Line::send_inband(const T1Port& from, int channel, const Inband& inband) {
    CLUSTER_CHECK(channel >= 1 && channel <= channels);
    const int e = m_impl->index(from);
    m_impl->ends[e].sound[static_cast<std::size_t>(channel)] = inband.sound;
    m_impl->carry(e, [channel, inband](T1Port& port) { port.receive_inband(channel, inband); });
}

T1Port& T1Line::far_end(const T1Port& end) const {
    return *m_impl->ends[1 - m_impl->index(end)].port;
}

void T1Line::set_transmitting(const T1Port& end, bool transmitting) {
    const int e = m_impl->index(end);
    if (m_impl->ends[e].transmitting != transmitting) {
        m_impl->ends[e].transmitting = transmitting;
        m_impl->update(1 - e);
    }
}

bool T1Line::in_frame(const T1Port& end) const {
    return m_impl->ends[m_impl->index(end)].framed;
}

T1Port::Alarm T1Line::alarm(const T1Port& end) const {
    return m_impl->ends[m_impl->index(end)].alarm;
}

const std::string& T1Line::name() const noexcept {
    return m_impl->name;
}

}  // namespace models
