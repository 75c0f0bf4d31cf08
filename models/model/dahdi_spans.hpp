// SPDX-License-Identifier: GPL-2.0-or-later
// DAHDI dynamic spans (ethmf) in the kernel of one server: receives from one bridge by source
// address, declares and clears RED, and sends one frame for each it receives. A server that
// receives none sends none: the bridge is its clock [assumed: no other tick source]. Not here: what
// is done with channels; that is the PBX.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>

#include "host.hpp"
#include "tdm_stream.hpp"

namespace models::tdm {

class DahdiSpans final {
  public:
    struct Options {
        std::string interface;
        ns3::Mac48Address bridge;
        int spans = span_count;
        ns3::Time activation_delay;  ///< 0: the driver is loaded at boot
        TdmDetail detail = TdmDetail::signalling;
    };

    struct Hooks {  ///< called in kernel time; all may be null
        std::function<void(int span)> alarm_changed;
        std::function<void(int span, int channel, std::uint8_t bits)> abcd;
        std::function<void(int span, std::span<const std::byte>)> dchannel;
        std::function<void(int span, int channel, const Inband&)> inband;
        std::function<void()> frame;  ///< after each received frame
    };

    DahdiSpans(Host& host, Options options);
    ~DahdiSpans();
    DahdiSpans(const DahdiSpans&) = delete;
    DahdiSpans& operator=(const DahdiSpans&) = delete;

    Hooks hooks;

    /// The driver is loaded (with activation_delay 0 it is from boot on).
    void load();
    /// Kernel gone: everything volatile is lost.
    void lost();

    void send_abcd(int span, int channel, std::uint8_t bits);
    void send_dchannel(int span, std::span<const std::byte> frame);
    void send_inband(int span, int channel, const Inband&);
    /// Channels closed: idle bits and silence on all of them.
    void close_all();

    [[nodiscard]] T1Port::Alarm alarm(int span) const;
    [[nodiscard]] std::uint8_t abcd(int span, int channel) const {
        return m_receiver.abcd(span, channel);
    }
    [[nodiscard]] bool receiving() const;
    [[nodiscard]] ns3::Mac48Address own_mac() const;
    [[nodiscard]] ns3::Mac48Address bridge() const { return m_options.bridge; }
    /// "ms.bridge" of the present stream, "span.alarm" of the last change.
    [[nodiscard]] RecordId flow_record() const { return m_flow_record; }
    [[nodiscard]] RecordId alarm_record(int span) const {
        return m_spans[static_cast<std::size_t>(span - 1)].record;
    }
    /// Raised when the stream was interrupted or a span went RED.
    [[nodiscard]] std::uint64_t breaks() const { return m_breaks; }
    [[nodiscard]] std::uint64_t foreign_frames() const { return m_foreign; }

  private:
    struct SpanState {
        bool red = true;
        bool yellow = false;
        RecordId record = RecordId::none;
    };

    void received(const Frame& frame);
    void flow_started();
    void schedule_red_check();
    void red_check();
    void set_alarm(int span, bool red, bool yellow);
    void answer();
    void send_soon();

    Host& m_host;
    Options m_options;
    StreamSender m_sender;
    StreamReceiver m_receiver;
    std::array<SpanState, span_count> m_spans{};
    std::optional<ns3::Time> m_last;         ///< last good frame
    std::optional<ns3::Time> m_active_from;  ///< after load() and the activation delay
    ns3::Time m_check_phase;                 ///< of the 1 Hz check, within its second
    bool m_check_scheduled = false;
    bool m_send_pending = false;
    RecordId m_flow_record = RecordId::none;
    std::uint64_t m_breaks = 0;
    std::uint64_t m_foreign = 0;
};

}  // namespace models::tdm
