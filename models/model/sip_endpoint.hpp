// SPDX-License-Identifier: GPL-2.0-or-later
// A SIP user agent on a light endpoint. Internal to the models.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <ns3/simulator.h>

#include "cluster/check.hpp"
#include "event.hpp"
#include "lan.hpp"
#include "sip.hpp"

namespace models {

[[nodiscard]] inline std::span<const std::byte> octets_of(std::string_view text) noexcept {
    return std::as_bytes(std::span{text});
}

[[nodiscard]] inline std::string_view text_of(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // NOLINT: SIP is text
}

/// Tokens for tags, branches and Call-IDs: unique in the run by the owner's name, the same in every
/// run of a seed.
class SipTokens {
  public:
    SipTokens(Context& context, const std::string& owner)
        : m_stream(context.stream("sip-token/" + owner)) {}
    [[nodiscard]] std::string next() {
        constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
        std::string token;
        std::uint64_t value = m_stream.next();
        for (int i = 0; i < 12; ++i) {
            token += digits[value & 31U];
            value >>= 5U;
        }
        return token;
    }

  private:
    RandomStream m_stream;
};

/// One RTP packet: version 2, PCMU, 20 ms (RFC 3550, RFC 3551).
[[nodiscard]] std::string rtp_packet(std::uint16_t sequence, std::uint32_t ssrc);

/// RTP of one side in packets: 20 ms apart, from its own port, as long as it lives.
class RtpSender {
  public:
    using Send = std::function<void(const std::string&)>;
    RtpSender(std::uint32_t ssrc, Send send);
    ~RtpSender() { m_event.Cancel(); }
    RtpSender(const RtpSender&) = delete;
    RtpSender& operator=(const RtpSender&) = delete;

  private:
    void tick();
    std::uint32_t m_ssrc;
    std::uint16_t m_sequence = 0;
    Send m_send;
    ns3::EventId m_event;
};

class SipEndpoint {
  public:
    SipEndpoint(Context& context, LightEndpoint& endpoint)
        : m_context(context), m_endpoint(endpoint), m_tokens(context, endpoint.name()),
          m_agent({.send =
                       [this](const sip::Target& to, const std::string& bytes) {
                           m_endpoint.send_udp(to.address, to.port, sip_port, octets_of(bytes));
                       },
                   .local_address = [this](const sip::Target&) { return m_endpoint.address(); },
                   .later =
                       [this](sip::Duration delay, std::function<void()> f) {
                           // By its own clock: nothing that happened is the cause.
                           post(to_time(delay), [this, f = std::move(f)] {
                               const Recorder::Scope scope(m_context.recorder, RecordId::none);
                               f();
                           });
                       },
                   .token = [this] { return m_tokens.next(); },
                   .incoming = [this](sip::LegId leg,
                                      const sip::Message& m,
                                      const sip::Target& from) { incoming(leg, m, from); },
                   .other = [this](sip::ServerId id,
                                   const sip::Message& m,
                                   const sip::Target& from) { other(id, m, from); }}) {
        endpoint.on_udp = [this](const std::string& from,
                                 std::uint16_t from_port,
                                 std::uint16_t to_port,
                                 std::span<const std::byte> bytes) {
            if (deaf) {
                return;
            }
            if (to_port == sip_port) {
                m_agent.receive(text_of(bytes), {from, from_port});
            } else if (on_datagram) {
                on_datagram(from, from_port, to_port, bytes);
            }
        };
        endpoint.on_unreachable = [this](const std::string& address, std::uint16_t port) {
            m_agent.stack().unreachable({address, port});
        };
    }
    [[nodiscard]] sip::UserAgent& agent() noexcept { return m_agent; }
    [[nodiscard]] LightEndpoint& endpoint() noexcept { return m_endpoint; }
    [[nodiscard]] std::string token() { return m_tokens.next(); }

    bool deaf = false;  ///< nothing that arrives is read
    std::function<void(sip::LegId, const sip::Message&, const sip::Target&)> incoming;
    std::function<void(sip::ServerId, const sip::Message&, const sip::Target&)> other;
    std::function<void(const std::string& from,
                       std::uint16_t from_port,
                       std::uint16_t to_port,
                       std::span<const std::byte>)>
        on_datagram;

  private:
    Context& m_context;
    LightEndpoint& m_endpoint;
    SipTokens m_tokens;
    sip::UserAgent m_agent;
};

}  // namespace models
