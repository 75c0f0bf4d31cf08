// SPDX-License-Identifier: GPL-2.0-or-later
// The provider's edge, and a name server: both light endpoints.
#include "sip.hpp"

#include "packets.hpp"
#include "sip_endpoint.hpp"

namespace models {

namespace {

using sip::LegId;
using sip::Target;
using End = sip::UserAgent::End;

constexpr std::uint16_t first_media_port = 20000;

}  // namespace

struct SipProvider::Impl {
    struct Call {
        Placed placed;
        LegId leg{};
        bool answered = false;
        bool hung_up = false;
        std::unique_ptr<RtpSender> rtp;
    };

    Impl(Context& c,
         const std::string& name_,
         ns3::Mac48Address mac,
         const std::string& ipv4,
         int prefix_length,
         SipProviderOptions o)
        : context(c), name(name_), options(std::move(o)),
          endpoint(c, name_ + ":eth0", mac, ipv4, prefix_length), sip(c, endpoint),
          nonces(c, name_ + "/nonce"), stream(c.stream("sip-provider/" + name_)) {
        endpoint.gateway = options.gateway;
        sip.incoming = [this](LegId leg, const sip::Message& m, const Target& from) {
            incoming(leg, m, from);
        };
        sip.other = [this](sip::ServerId id, const sip::Message& m, const Target& from) {
            other(id, m, from);
        };
        sip.on_datagram =
            [this](const std::string&, std::uint16_t, std::uint16_t, std::span<const std::byte>) {
                ++rtp_received;
            };
        if (options.options_interval.IsStrictlyPositive()) {
            const auto phase = stream.uniform(
                sip::Duration{1}, sip::Duration{options.options_interval.GetNanoSeconds()});
            post(to_time(phase), [this] { probe_trunk(); });
        }
    }

    void incoming(LegId leg, const sip::Message& m, const Target& from);
    void other(sip::ServerId id, const sip::Message& m, const Target& from);
    /// 0: it may; else the status to refuse with, and what to say besides.
    int judge(const sip::Message& m, const Target& from, std::vector<sip::Header>& extra);
    [[nodiscard]] std::optional<Target> trunk_target() const {
        if (!options.trunk.empty()) {
            return Target{options.trunk, sip_port};
        }
        if (!registered || ns3::Simulator::Now() >= registered_until) {
            return std::nullopt;
        }
        return registered;
    }
    void probe_trunk();
    void trunk_answers(bool answers);
    std::unique_ptr<RtpSender> sound(LegId leg);

    Context& context;
    std::string name;
    SipProviderOptions options;
    LightEndpoint endpoint;
    SipEndpoint sip;
    SipTokens nonces;
    RandomStream stream;
    std::string nonce;
    std::optional<Target> registered;
    ns3::Time registered_until;
    bool serving = true;
    bool up = true;
    int misses = 0;
    RecordId trunk_record = RecordId::none;
    std::uint64_t refused = 0;
    std::uint64_t rtp_received = 0;
    std::uint64_t next_call = 1;
    std::map<std::uint64_t, Call> calls;
    std::map<LegId, std::unique_ptr<RtpSender>> answered_legs;
    std::uint16_t next_port = first_media_port;
};

std::unique_ptr<RtpSender> SipProvider::Impl::sound(LegId leg) {
    const auto to = sip.agent().remote_media(leg);
    if (options.rtp != RtpDetail::packets || !to || to->port == 0) {
        return nullptr;
    }
    const std::uint16_t own = sip.agent().local_media(leg).port;
    return std::make_unique<RtpSender>(
        static_cast<std::uint32_t>(stream.next()),
        [this, to = *to, own](const std::string& packet) {
            const Recorder::Scope scope(context.recorder, RecordId::none);
            endpoint.send_udp(to.address, to.port, own, octets_of(packet));
        });
}

int SipProvider::Impl::judge(const sip::Message& m,
                             const Target& from,
                             std::vector<sip::Header>& extra) {
    if (options.auth == SipAuth::by_address) {
        if (std::ranges::find(options.accepts, from.address) != options.accepts.end()) {
            return 0;
        }
        ++refused;
        const std::string method = m.method_name;
        context.recorder.record("sip.refused",
                                name,
                                {{"method", std::string_view{method}},
                                 {"source", std::string_view{from.address}},
                                 {"status", std::int64_t{403}}});
        return 403;
    }
    const auto credentials = sip::parse_credentials(m.header("Authorization"));
    const bool fresh = credentials && !nonce.empty() && credentials->nonce == nonce;
    if (fresh && credentials->username == options.user &&
        sip::verify(*credentials, options.secret, m.method_name)) {
        return 0;
    }
    if (fresh) {
        ++refused;
        return 403;
    }
    if (nonce.empty()) {
        nonce = nonces.next() + nonces.next();
    }
    extra.push_back({"WWW-Authenticate",
                     sip::to_string(sip::Challenge{
                         .realm = name, .nonce = nonce, .stale = credentials.has_value()})});
    return 401;
}

void SipProvider::Impl::incoming(LegId leg, const sip::Message& m, const Target& from) {
    std::vector<sip::Header> extra;
    if (const int status = judge(m, from, extra); status != 0) {
        sip.agent().reject(leg, status, std::move(extra));
        return;
    }
    sip.agent().ring(leg);
    post(options.answer_time, [this, leg, cause = context.recorder.current()] {
        if (!sip.agent().exists(leg)) {
            return;
        }
        const Recorder::Scope scope(context.recorder, cause);
        next_port =
            next_port > 60000 ? first_media_port : static_cast<std::uint16_t>(next_port + 2);
        answered_legs[leg];
        sip.agent().answer(
            leg, next_port, {.ringing = {}, .answered = {}, .ended = [this, leg](const End&) {
                                 answered_legs.erase(leg);
                             }});
        if (const auto found = answered_legs.find(leg); found != answered_legs.end()) {
            found->second = sound(leg);
        }
    });
}

void SipProvider::Impl::other(sip::ServerId id, const sip::Message& m, const Target& from) {
    std::vector<sip::Header> extra;
    int status = m.method == sip::Method::options && options.auth == SipAuth::by_digest
                     ? 0
                     : judge(m, from, extra);
    if (status == 0) {
        status = m.method == sip::Method::register_ || m.method == sip::Method::options ? 200 : 405;
    }
    sip::Message response = sip::make_response(m, status, sip.token());
    response.headers.insert(response.headers.end(), extra.begin(), extra.end());
    if (status == 200 && m.method == sip::Method::register_) {
        const auto contact = m.contact();
        const auto expires = sip::parse_number(m.header("Expires"), 1U << 30U).value_or(3600);
        if (contact && parse_address(contact->uri.host)) {
            registered =
                Target{contact->uri.host, contact->uri.port == 0 ? sip_port : contact->uri.port};
            registered_until = ns3::Simulator::Now() + ns3::Seconds(expires);
            response.add("Contact", std::string{m.header("Contact")});
            response.add("Expires", std::to_string(expires));
        }
    }
    sip.agent().stack().respond(id, response);
}

/// OPTIONS to the cluster; after some misses no call is sent there until one is answered.
void SipProvider::Impl::probe_trunk() {
    const Recorder::Scope scope(context.recorder, RecordId::none);
    post(options.options_interval, [this] { probe_trunk(); });
    const auto target = trunk_target();
    if (!serving || !target) {
        return;
    }
    const sip::Uri uri{{}, target->address, 0, {}};
    sip.agent().request(
        sip.agent().make_request(
            sip::Method::options, uri, {{}, {"ping", endpoint.address(), 0, {}}, {}}, uri),
        *target,
        nullptr,
        [this](const sip::Message* response, sip::Stack::Failure) {
            trunk_answers(response != nullptr);
        },
        {.timeout = sip::Duration{options.options_timeout.GetNanoSeconds()}, .retransmit = true});
}

void SipProvider::Impl::trunk_answers(bool answers) {
    misses = answers ? 0 : misses + 1;
    const bool now_up = answers || (up && misses < options.options_misses);
    if (now_up == up) {
        return;
    }
    up = now_up;
    if (up) {
        trunk_record = context.recorder.record("ms.trunk", name);
    } else {
        context.recorder.record("sip.trunk_down", name);
    }
}

SipProvider::SipProvider(Context& context,
                         std::string name,
                         ns3::Mac48Address mac,
                         std::string ipv4,
                         int prefix_length,
                         SipProviderOptions options)
    : m_impl(std::make_unique<Impl>(context, name, mac, ipv4, prefix_length, std::move(options))) {}

SipProvider::~SipProvider() = default;

LanPort& SipProvider::port() {
    return m_impl->endpoint;
}

const std::string& SipProvider::address() const {
    return m_impl->endpoint.address();
}

void SipProvider::set_serving(bool serving) {
    m_impl->serving = serving;
    m_impl->sip.deaf = !serving;
}

bool SipProvider::serving() const noexcept {
    return m_impl->serving;
}

bool SipProvider::trunk_up() const {
    return m_impl->serving && m_impl->up && m_impl->trunk_target().has_value();
}

std::uint64_t SipProvider::refused() const noexcept {
    return m_impl->refused;
}

std::uint64_t SipProvider::place(const std::string& extension,
                                 ns3::Time patience,
                                 bool retransmit,
                                 Placed placed) {
    Impl& impl = *m_impl;
    const std::uint64_t id = impl.next_call++;
    impl.calls[id].placed = std::move(placed);
    const auto finish = [&impl, id](const End& end) {
        const auto found = impl.calls.find(id);
        if (found == impl.calls.end()) {
            return;
        }
        const auto told = std::move(found->second.placed.ended);
        const bool answered = found->second.answered;
        impl.calls.erase(found);
        if (told) {
            told(answered, answered && end.kind == End::Kind::by_peer, end.status);
        }
    };
    const auto target = impl.trunk_target();
    if (!trunk_up() || !target) {
        post(ns3::NanoSeconds(1), [finish] { finish({End::Kind::no_way, 0}); });
        return id;
    }
    const Recorder::Scope scope(impl.context.recorder,
                                later(impl.context.recorder.current(), impl.trunk_record));
    impl.next_port =
        impl.next_port > 60000 ? first_media_port : static_cast<std::uint16_t>(impl.next_port + 2);
    Impl::Call& call = impl.calls.at(id);
    call.leg = impl.sip.agent().call(
        {.to = {extension, target->address, 0, {}},
         .from = {{}, {"5551000", impl.endpoint.address(), 0, {}}, {}},
         .target = *target,
         .media_port = impl.next_port,
         .options = {.timeout =
                         retransmit ? sip::Duration{} : sip::Duration{patience.GetNanoSeconds()},
                     .retransmit = retransmit}},
        {.ringing = {},
         .answered =
             [&impl, id](const sip::Message&) {
                 Impl::Call& answered = impl.calls.at(id);
                 answered.answered = true;
                 answered.rtp = impl.sound(answered.leg);
                 if (const auto told = answered.placed.answered) {
                     told();
                 }
             },
         .ended = finish});
    post(patience, [this, id] {
        const auto open = m_impl->calls.find(id);
        if (open != m_impl->calls.end() && !open->second.answered) {
            hang_up(id);
        }
    });
    return id;
}

void SipProvider::hang_up(std::uint64_t id) {
    const auto found = m_impl->calls.find(id);
    if (found == m_impl->calls.end() || found->second.hung_up) {
        return;
    }
    Impl::Call& call = found->second;
    call.hung_up = true;
    call.rtp.reset();
    const auto told = std::move(call.placed.ended);
    call.placed.ended = nullptr;
    const bool answered = call.answered;
    m_impl->sip.agent().hang_up(call.leg);
    if (told) {
        told(answered, false, 0);
    }
}

std::optional<sip::Sdp> SipProvider::heard_from(std::uint64_t id) const {
    const auto found = m_impl->calls.find(id);
    return found == m_impl->calls.end() ? std::nullopt
                                        : m_impl->sip.agent().remote_media(found->second.leg);
}

std::size_t SipProvider::legs() const {
    return m_impl->answered_legs.size();
}

std::uint64_t SipProvider::rtp_received() const noexcept {
    return m_impl->rtp_received;
}

// ---------------------------------------------------------------- DnsServer

struct DnsServer::Impl {
    Impl(Context& context,
         const std::string& name,
         ns3::Mac48Address mac,
         const std::string& ipv4,
         int prefix_length,
         sip::Zone z)
        : endpoint(context, name + ":eth0", mac, ipv4, prefix_length), zone(std::move(z)) {
        endpoint.on_udp = [this](const std::string& from,
                                 std::uint16_t from_port,
                                 std::uint16_t to_port,
                                 std::span<const std::byte> bytes) {
            const auto query = sip::decode_dns(text_of(bytes));
            if (to_port != sip::dns_port || !query || query->response) {
                return;
            }
            ++queries;
            const std::string reply = sip::encode(zone.answer(*query));
            endpoint.send_udp(from, from_port, sip::dns_port, octets_of(reply));
        };
    }
    LightEndpoint endpoint;
    sip::Zone zone;
    std::uint64_t queries = 0;
};

DnsServer::DnsServer(Context& context,
                     std::string name,
                     ns3::Mac48Address mac,
                     std::string ipv4,
                     int prefix_length,
                     sip::Zone zone,
                     std::string gateway)
    : m_impl(std::make_unique<Impl>(context, name, mac, ipv4, prefix_length, std::move(zone))) {
    m_impl->endpoint.gateway = std::move(gateway);
}

DnsServer::~DnsServer() = default;

LanPort& DnsServer::port() {
    return m_impl->endpoint;
}

std::uint64_t DnsServer::queries() const noexcept {
    return m_impl->queries;
}

}  // namespace models
