// SPDX-License-Identifier: GPL-2.0-or-later
// DAHDI dynamic spans: who is listened to, RED by a check once a second, clear at the first good
// frame.

#include <algorithm>

#include <ns3/simulator.h>

#include "cluster/wire/fonebridge.hpp"
#include "cluster/wire/tdmoe.hpp"
#include "dahdi_spans.hpp"
#include "event.hpp"

namespace models::tdm {

namespace {

constexpr std::uint8_t idle_abcd = 0x5;
const ns3::Time check_interval = ns3::Seconds(1);  ///< [sourced: dahdi_dynamic.c]
const ns3::Time red_after = ns3::Seconds(1);       ///< more than this without a frame [sourced]

std::string_view name_of(bool red, bool yellow) {
    if (red) {
        return "red";
    }
    return yellow ? "yellow" : "none";
}

std::size_t at(int one_based) {
    return static_cast<std::size_t>(one_based - 1);
}

}  // namespace

DahdiSpans::DahdiSpans(Host& host, Options options)
    : m_host(host), m_options(std::move(options)), m_sender(m_options.spans) {
    RandomStream stream = host.context().stream("dahdi-check/" + host.name());
    m_check_phase = to_time(stream.uniform(Duration{0}, std::chrono::seconds{1} - Duration{1}));
    m_receiver.reset();
    m_receiver.on_abcd = [this](int span, int channel, std::uint8_t bits) {
        if (span <= m_options.spans && hooks.abcd) {
            hooks.abcd(span, channel, bits);
        }
    };
    m_receiver.on_yellow = [this](int span, bool yellow) {
        if (span <= m_options.spans) {
            set_alarm(span, m_spans[at(span)].red, yellow);
        }
    };
    m_receiver.on_dchannel = [this](int span, std::span<const std::byte> bytes) {
        if (span <= m_options.spans && hooks.dchannel) {
            hooks.dchannel(span, bytes);
        }
    };
    m_receiver.on_inband = [this](int span, int channel, const Inband& inband) {
        if (span <= m_options.spans && hooks.inband) {
            hooks.inband(span, channel, inband);
        }
    };
    m_host.on_raw(m_options.interface, cluster::wire::tdmoe_ethertype, [this](const Frame& frame) {
        received(frame);
    });
    if (m_options.activation_delay.IsZero()) {
        m_active_from = ns3::Time();
    }
}

DahdiSpans::~DahdiSpans() {
    m_host.on_raw(m_options.interface, cluster::wire::tdmoe_ethertype, nullptr);
}

void DahdiSpans::load() {
    if (!m_active_from) {
        m_active_from = ns3::Simulator::Now() + m_options.activation_delay;
    }
}

void DahdiSpans::lost() {
    m_sender.reset();
    m_receiver.reset();
    m_spans = {};
    m_last.reset();
    if (!m_options.activation_delay.IsZero()) {
        m_active_from.reset();
    }
    m_check_scheduled = false;
    m_send_pending = false;
    ++m_breaks;
}

ns3::Mac48Address DahdiSpans::own_mac() const {
    for (const Host::InterfaceInfo& interface : m_host.interfaces()) {
        if (interface.name == m_options.interface) {
            return interface.mac;
        }
    }
    return {};
}

bool DahdiSpans::receiving() const {
    return m_host.kernel_runs() && m_last &&
           ns3::Simulator::Now() - *m_last < flow_timeout(m_options.detail);
}

T1Port::Alarm DahdiSpans::alarm(int span) const {
    const SpanState& state = m_spans[at(span)];
    if (state.red) {
        return T1Port::Alarm::red;
    }
    return state.yellow ? T1Port::Alarm::yellow : T1Port::Alarm::none;
}

// ---------------------------------------------------------------- receiving

void DahdiSpans::received(const Frame& frame) {
    if (!m_host.kernel_runs() || !m_active_from || ns3::Simulator::Now() < *m_active_from) {
        return;
    }
    if (frame.source != m_options.bridge) {
        ++m_foreign;  // dropped without a word, as DAHDI does
        return;
    }
    std::array<std::byte, cluster::wire::fonebridge_max_datagram> bytes;
    const std::size_t size = frame.packet->GetSize();
    if (size > bytes.size()) {
        return;
    }
    frame.packet->CopyData(reinterpret_cast<std::uint8_t*>(bytes.data()),
                           static_cast<std::uint32_t>(size));  // NOLINT: ns-3 wants octets
    if (!m_receiver.check(std::span(bytes).first(size))) {
        return;
    }
    const bool resumed = !receiving();
    m_last = ns3::Simulator::Now();
    Recorder& recorder = m_host.context().recorder;
    if (resumed) {
        flow_started();
    }
    const Recorder::Scope scope(recorder, resumed ? m_flow_record : recorder.current());
    if (resumed) {
        for (int span = 1; span <= m_options.spans; ++span) {
            set_alarm(span,
                      false,
                      m_spans[at(span)].yellow);  // clear with the first good frame [sourced]
        }
        m_sender.repeat_sounds();
    }
    schedule_red_check();
    m_receiver.deliver();
    answer();
    if (hooks.frame) {
        hooks.frame();
    }
}

void DahdiSpans::flow_started() {
    Recorder& recorder = m_host.context().recorder;
    ++m_breaks;
    m_flow_record = recorder.record("ms.bridge", m_host.name());
}

void DahdiSpans::schedule_red_check() {
    if (m_check_scheduled) {
        return;
    }
    m_check_scheduled = true;
    const std::int64_t second = check_interval.GetNanoSeconds();
    const std::int64_t since =
        (ns3::Simulator::Now().GetNanoSeconds() - m_check_phase.GetNanoSeconds() + second) % second;
    const ns3::Time wait = to_time(Duration{second - since});
    m_host.schedule(wait, [this] { red_check(); });
}

void DahdiSpans::red_check() {
    m_check_scheduled = false;
    if (m_last && ns3::Simulator::Now() - *m_last <= red_after) {
        schedule_red_check();
        return;
    }
    ++m_breaks;
    m_receiver.reset();
    for (int span = 1; span <= m_options.spans; ++span) {
        set_alarm(span, true, m_spans[at(span)].yellow);
    }
}

void DahdiSpans::set_alarm(int span, bool red, bool yellow) {
    SpanState& state = m_spans[at(span)];
    const bool changed = name_of(red, yellow) != name_of(state.red, state.yellow);
    state.red = red;
    state.yellow = yellow;
    if (!changed) {
        return;
    }
    Recorder& recorder = m_host.context().recorder;
    state.record = recorder.record("span.alarm",
                                   m_host.name(),
                                   {{"span", std::int64_t{span}}, {"alarm", name_of(red, yellow)}});
    m_sender.set_yellow(span, red);
    const Recorder::Scope scope(recorder, state.record);
    if (hooks.alarm_changed) {
        hooks.alarm_changed(span);
    }
}

// ---------------------------------------------------------------- sending

/// Each received frame triggers one to the bridge, standing for as many.
void DahdiSpans::answer() {
    const auto frames = static_cast<unsigned>(frame_interval(m_options.detail).GetMilliSeconds());
    m_host.send_raw(m_options.interface,
                    m_options.bridge,
                    cluster::wire::tdmoe_ethertype,
                    m_sender.next(frames));
}

void DahdiSpans::send_soon() {
    if (m_send_pending) {
        return;
    }
    m_send_pending = true;
    m_host.schedule(ns3::Seconds(0), [this] {
        m_send_pending = false;
        if (receiving()) {
            m_host.send_raw(m_options.interface,
                            m_options.bridge,
                            cluster::wire::tdmoe_ethertype,
                            m_sender.next(1));
        } else {
            m_sender.drop_items();
        }
    });
}

void DahdiSpans::send_abcd(int span, int channel, std::uint8_t bits) {
    if (m_sender.abcd(span, channel) != bits) {
        m_sender.set_abcd(span, channel, bits);
        send_soon();
    }
}

void DahdiSpans::send_dchannel(int span, std::span<const std::byte> frame) {
    m_sender.add_dchannel(span, frame);
    send_soon();
}

void DahdiSpans::send_inband(int span, int channel, const Inband& inband) {
    m_sender.add_inband(span, channel, inband);
    send_soon();
}

void DahdiSpans::close_all() {
    for (int span = 1; span <= m_options.spans; ++span) {
        for (int channel = 1; channel <= channel_count; ++channel) {
            send_abcd(span, channel, idle_abcd);
            if (m_sender.sound(span, channel) != Inband::Sound::silence) {
                send_inband(span, channel, Inband{});
            }
        }
    }
}

}  // namespace models::tdm
