// SPDX-License-Identifier: GPL-2.0-or-later
// Phones: registration with what their make does when the server is gone, calls out and in.
#include "sip.hpp"

#include <set>

#include "packets.hpp"
#include "sip_endpoint.hpp"

namespace models {

namespace {

using sip::LegId;
using sip::Target;
using End = sip::UserAgent::End;

/// Ring to off-hook, as of every station [assumed].
constexpr std::chrono::milliseconds answer_time{20};
constexpr std::uint16_t first_media_port = 16384;

std::string next_address(const std::string& first, int offset) {
    return format_address(parse_address(first).value_or(0) + static_cast<std::uint32_t>(offset));
}

ns3::Mac48Address next_mac(const ns3::Mac48Address& first, int offset) {
    std::array<std::uint8_t, 6> bytes{};
    first.CopyTo(bytes.data());
    const unsigned low = (bytes[4] << 8U | bytes[5]) + static_cast<unsigned>(offset);
    bytes[4] = static_cast<std::uint8_t>(low >> 8U);
    bytes[5] = static_cast<std::uint8_t>(low);
    ns3::Mac48Address mac;
    mac.CopyFrom(bytes.data());
    return mac;
}

}  // namespace

std::string rtp_packet(std::uint16_t sequence, std::uint32_t ssrc) {
    std::string packet;
    const auto put = [&](std::uint32_t value, int octets) {
        for (int i = octets - 1; i >= 0; --i) {
            packet += static_cast<char>(value >> static_cast<unsigned>(8 * i) & 0xffU);
        }
    };
    put(0x80, 1);
    put(0, 1);  // PCMU
    put(sequence, 2);
    put(sequence * 160U, 4);
    put(ssrc, 4);
    packet.append(160, '\xff');  // silence
    return packet;
}

RtpSender::RtpSender(std::uint32_t ssrc, Send send) : m_ssrc(ssrc), m_send(std::move(send)) {
    tick();
}

void RtpSender::tick() {
    m_send(rtp_packet(m_sequence++, m_ssrc));
    m_event = post(ns3::MilliSeconds(20), [this] { tick(); });
}

struct SipPhones::Impl {
    struct Call {
        std::string number;
        Placed placed;
        std::vector<Target> servers;
        std::size_t server = 0;
        LegId leg{};
        bool retransmit = true;
        bool answered = false;
        bool hung_up = false;
        ns3::Time gives_up;
        std::unique_ptr<RtpSender> rtp;
    };

    struct Phone {
        Phone(Context& context,
              const std::string& name,
              ns3::Mac48Address mac,
              const std::string& address,
              int prefix_length,
              std::string extension)
            : endpoint(context, name, mac, address, prefix_length), sip(context, endpoint),
              user(std::move(extension)), stream(context.stream("sip-phone/" + name)) {
            account.user = user;
            account.secret = "secret-" + user;
        }
        LightEndpoint endpoint;
        SipEndpoint sip;
        std::string user;
        RandomStream stream;
        sip::Account account;
        std::unique_ptr<sip::Resolver> resolver;
        // registration
        std::string call_id, tag;
        std::uint32_t cseq = 0;
        std::string server;  // where it is registered
        ns3::Time registered_until;
        bool first_interval = true;
        int expires_s = 3600;
        std::uint64_t attempt = 0;        // of a registration; an older one is none of ours
        std::optional<std::size_t> away;  // went to this server of its list …
        ns3::Time away_since;             // … then
        std::uint64_t boots = 0;
        std::map<std::uint64_t, Call> calls;
        std::set<LegId> incoming;
        std::map<LegId, std::unique_ptr<RtpSender>> incoming_rtp;
        std::uint16_t next_port = first_media_port;
    };

    Impl(SipPhones& owner, Context& c, SipPhonesOptions o)
        : self(owner), context(c), options(std::move(o)) {}

    void build();
    void wire(Phone& phone);
    void find_servers(Phone& phone, sip::Resolver::Done done);
    void register_soon(Phone& phone, sip::Duration after);
    void register_now(Phone& phone);
    void register_at(Phone& phone, std::vector<Target> servers, std::size_t index, std::uint64_t);
    void registered(Phone& phone, const Target& server, std::uint32_t granted_s);
    void call_server(Phone& phone, std::uint64_t id);
    void call_ended(Phone& phone, std::uint64_t id, const End& end);
    [[nodiscard]] std::uint16_t media_port(Phone& phone) {
        phone.next_port = phone.next_port > 32000 ? first_media_port
                                                  : static_cast<std::uint16_t>(phone.next_port + 2);
        return phone.next_port;
    }
    [[nodiscard]] std::size_t first_server(Phone& phone, std::size_t servers);
    void after(sip::Duration delay, std::function<void()> f) {
        post(to_time(delay), [this, f = std::move(f)] {
            const Recorder::Scope scope(context.recorder, RecordId::none);
            f();
        });
    }
    [[nodiscard]] std::unique_ptr<RtpSender> sound(Phone& phone, LegId leg);

    SipPhones& self;
    Context& context;
    SipPhonesOptions options;
    std::vector<std::unique_ptr<Phone>> phones;
    std::map<ns3::Mac48Address, std::size_t> by_mac;
    std::uint64_t next_call = 1;
    std::uint64_t registrations_sent = 0;
    std::uint64_t rtp_received = 0;
};

void SipPhones::Impl::build() {
    for (int i = 0; i < options.count; ++i) {
        const std::string name = self.name() + "/" + std::to_string(i + 1);
        auto phone = std::make_unique<Phone>(context,
                                             name,
                                             next_mac(options.first_mac, i),
                                             next_address(options.first_address, i),
                                             options.prefix_length,
                                             std::to_string(options.first_extension + i));
        by_mac.emplace(phone->endpoint.mac(), phones.size());
        wire(*phone);
        phones.push_back(std::move(phone));
    }
}

void SipPhones::Impl::wire(Phone& phone) {
    phone.endpoint.gateway = options.gateway;
    phone.account.domain = options.registrar;
    phone.expires_s = options.expires_s.value_or(options.profile->expires_s);
    phone.call_id = phone.sip.token();
    phone.tag = phone.sip.token();
    phone.endpoint.uplink = [this](Frame frame) {
        // The switch in the cupboard: a phone beside it gets the frame at once.
        if (!frame.destination.IsGroup()) {
            if (const auto neighbour = by_mac.find(frame.destination); neighbour != by_mac.end()) {
                frame.cause = context.recorder.current();
                post(ns3::MicroSeconds(10), [this, frame, to = neighbour->second] {
                    const Recorder::Scope scope(context.recorder, frame.cause);
                    phones[to]->endpoint.receive(frame);
                });
                return;
            }
        } else {
            for (const auto& other : phones) {
                if (other->endpoint.mac() != frame.source) {
                    other->endpoint.receive(frame);
                }
            }
        }
        self.transmit(std::move(frame));
    };
    if (!options.dns.empty()) {
        phone.resolver = std::make_unique<sip::Resolver>(sip::Resolver::Hooks{
            .send =
                [this, &phone](const std::string& query) {
                    phone.endpoint.send_udp(
                        options.dns, sip::dns_port, sip::dns_port + 10000, octets_of(query));
                },
            .later = [this](sip::Duration delay,
                            std::function<void()> f) { after(delay, std::move(f)); },
            .now_ns = [] { return ns3::Simulator::Now().GetNanoSeconds(); },
            .below = [&phone](std::uint64_t bound) { return phone.stream.below(bound); }});
    }
    phone.sip.on_datagram = [this, &phone](const std::string&,
                                           std::uint16_t from_port,
                                           std::uint16_t,
                                           std::span<const std::byte> bytes) {
        if (from_port == sip::dns_port && phone.resolver) {
            phone.resolver->receive(text_of(bytes));
        } else {
            ++rtp_received;
        }
    };
    phone.sip.other = [&phone](sip::ServerId id, const sip::Message& m, const Target&) {
        phone.sip.agent().stack().respond(
            id,
            sip::make_response(m, m.method == sip::Method::options ? 200 : 405, phone.sip.token()));
    };
    phone.sip.incoming = [this, &phone](LegId leg, const sip::Message&, const Target&) {
        phone.sip.agent().ring(leg);
        post(to_time(answer_time), [this, &phone, leg, cause = context.recorder.current()] {
            if (!phone.sip.agent().exists(leg)) {
                return;
            }
            const Recorder::Scope scope(context.recorder, cause);
            phone.incoming.insert(leg);
            phone.sip.agent().answer(
                leg,
                media_port(phone),
                {.ringing = {}, .answered = {}, .ended = [&phone, leg](const End&) {
                     phone.incoming.erase(leg);
                     phone.incoming_rtp.erase(leg);
                 }});
            if (auto rtp = sound(phone, leg)) {
                phone.incoming_rtp[leg] = std::move(rtp);
            }
        });
    };
}

std::unique_ptr<RtpSender> SipPhones::Impl::sound(Phone& phone, LegId leg) {
    const auto to = phone.sip.agent().remote_media(leg);
    if (options.rtp != RtpDetail::packets || !to || to->port == 0) {
        return nullptr;
    }
    const std::uint16_t own = phone.sip.agent().local_media(leg).port;
    return std::make_unique<RtpSender>(
        static_cast<std::uint32_t>(phone.stream.next()),
        [this, &phone, to = *to, own](const std::string& packet) {
            const Recorder::Scope scope(context.recorder, RecordId::none);
            phone.endpoint.send_udp(to.address, to.port, own, octets_of(packet));
        });
}

// ---------------------------------------------------------------- servers

void SipPhones::Impl::find_servers(Phone& phone, sip::Resolver::Done done) {
    const auto add_listed = [this, done = std::move(done)](std::vector<Target> found) {
        for (const std::string& server : options.servers) {
            found.push_back({server, sip_port});
        }
        done(std::move(found));
    };
    if (phone.resolver) {
        phone.resolver->resolve(options.registrar, 0, options.profile->lookup, add_listed);
    } else {
        add_listed(parse_address(options.registrar)
                       ? std::vector<Target>{{options.registrar, sip_port}}
                       : std::vector<Target>{});
    }
}

std::size_t SipPhones::Impl::first_server(Phone& phone, std::size_t servers) {
    using Back = sip::PhoneProfile::Back;
    const sip::PhoneProfile& profile = *options.profile;
    if (profile.redraws && servers > 1) {
        return phone.stream.below(servers);
    }
    if (!phone.away || *phone.away >= servers || profile.back == Back::each_request) {
        return 0;
    }
    if (profile.back == Back::after &&
        ns3::Simulator::Now() - phone.away_since >= to_time(profile.back_after)) {
        phone.away.reset();
        return 0;
    }
    return *phone.away;
}

// ---------------------------------------------------------------- registration

void SipPhones::Impl::register_soon(Phone& phone, sip::Duration delay) {
    after(delay, [this, &phone, attempt = ++phone.attempt] {
        if (attempt == phone.attempt) {
            register_now(phone);
        }
    });
}

void SipPhones::Impl::register_now(Phone& phone) {
    find_servers(phone, [this, &phone, attempt = phone.attempt](std::vector<Target> servers) {
        if (attempt != phone.attempt) {
            return;
        }
        if (servers.empty()) {
            register_soon(phone, options.profile->retry);
            return;
        }
        const std::size_t first = options.profile->registers_at_next || options.profile->redraws
                                      ? first_server(phone, servers.size())
                                      : 0;
        register_at(phone, std::move(servers), first, attempt);
    });
}

void SipPhones::Impl::register_at(Phone& phone,
                                  std::vector<Target> servers,
                                  std::size_t index,
                                  std::uint64_t attempt) {
    ++registrations_sent;
    const Target server = servers[index];
    const sip::NameAddr self_address{
        {}, {phone.user, options.registrar, 0, {}}, {{"tag", phone.tag}}};
    sip::Message m = phone.sip.agent().make_request(
        sip::Method::register_, {{}, options.registrar, 0, {}}, self_address, self_address.uri);
    phone.cseq += 2;  // a challenge takes the one between
    m.cseq = phone.cseq;
    m.set("Call-ID", phone.call_id);
    m.set("CSeq", std::to_string(m.cseq) + " REGISTER");
    m.add("Contact",
          '<' + sip::to_string(sip::Uri{phone.user, phone.endpoint.address(), sip_port, {}}) + '>');
    m.add("Expires", std::to_string(phone.expires_s));
    const bool last = index + 1 >= servers.size() || !options.profile->registers_at_next;
    phone.sip.agent().request(
        std::move(m),
        server,
        &phone.account,
        [this, &phone, servers, index, attempt, server, last](const sip::Message* response,
                                                              sip::Stack::Failure) {
            if (attempt != phone.attempt) {
                return;
            }
            if (response != nullptr && response->status == 200) {
                const auto granted = sip::parse_number(response->header("Expires"), 1U << 30U);
                if (index != 0) {
                    if (phone.away != index) {  // its time away counts from when it went there
                        phone.away = index;
                        phone.away_since = ns3::Simulator::Now();
                    }
                } else {
                    phone.away.reset();
                }
                registered(
                    phone, server, granted.value_or(static_cast<std::uint32_t>(phone.expires_s)));
                return;
            }
            if (!last && (response == nullptr || response->status == 503)) {
                register_at(phone, servers, index + 1, attempt);
                return;
            }
            if (options.profile->reboots_after > sip::Duration::zero()) {
                ++phone.boots;
                if (phone.resolver) {
                    phone.resolver->forget_all();
                }
                register_soon(phone, options.profile->reboots_after);
                return;
            }
            register_soon(phone, options.profile->retry);
        },
        {.timeout = last ? sip::Duration{} : options.profile->server_timeout, .retransmit = true});
}

void SipPhones::Impl::registered(Phone& phone, const Target& server, std::uint32_t granted_s) {
    phone.server = server.address;
    const sip::Duration granted = std::chrono::seconds{granted_s};
    phone.registered_until = ns3::Simulator::Now() + to_time(granted);
    const sip::Duration interval = granted > 2 * options.profile->renew_before
                                       ? granted - options.profile->renew_before
                                       : granted / 2;
    const bool first = std::exchange(phone.first_interval, false);
    register_soon(phone, first ? phone.stream.uniform(sip::Duration{1}, interval) : interval);
}

// ---------------------------------------------------------------- calls

void SipPhones::Impl::call_server(Phone& phone, std::uint64_t id) {
    Call& call = phone.calls.at(id);
    const Target server = call.servers[call.server];
    const bool last = call.server + 1 >= call.servers.size() || !options.profile->tries_next;
    const sip::Duration left{(call.gives_up - ns3::Simulator::Now()).GetNanoSeconds()};
    call.leg = phone.sip.agent().call(
        {.to = {call.number, options.registrar, 0, {}},
         .from = {{}, {phone.user, options.registrar, 0, {}}, {}},
         .target = server,
         .account = &phone.account,
         .media_port = media_port(phone),
         .options = {.timeout = !call.retransmit ? std::max(left, sip::Duration{1})
                                : last           ? sip::Duration{}
                                                 : options.profile->server_timeout,
                     .retransmit = call.retransmit}},
        {.ringing = {},
         .answered =
             [this, &phone, id](const sip::Message&) {
                 Call& answered = phone.calls.at(id);
                 answered.answered = true;
                 answered.rtp = sound(phone, answered.leg);
                 if (const auto told = answered.placed.answered) {
                     told();
                 }
             },
         .ended = [this, &phone, id](const End& end) { call_ended(phone, id, end); }});
}

void SipPhones::Impl::call_ended(Phone& phone, std::uint64_t id, const End& end) {
    const auto found = phone.calls.find(id);
    if (found == phone.calls.end()) {
        return;
    }
    Call& call = found->second;
    const bool server_is_gone = end.kind == End::Kind::no_answer || end.kind == End::Kind::no_way ||
                                (end.kind == End::Kind::refused && end.status == 503);
    if (!call.answered && !call.hung_up && server_is_gone && options.profile->tries_next &&
        call.server + 1 < call.servers.size() && ns3::Simulator::Now() < call.gives_up) {
        ++call.server;
        call_server(phone, id);
        return;
    }
    const auto told = std::move(call.placed.ended);
    const bool answered = call.answered;
    phone.calls.erase(found);
    if (told) {
        told(answered, answered && end.kind == End::Kind::by_peer, end.status);
    }
}

// ---------------------------------------------------------------- SipPhones

SipPhones::SipPhones(Context& context, std::string name, SipPhonesOptions options)
    : LanPort(std::move(name)), m_impl(std::make_unique<Impl>(*this, context, std::move(options))) {
    CLUSTER_CHECK(m_impl->options.profile != nullptr);
    m_impl->build();
}

SipPhones::~SipPhones() = default;

void SipPhones::receive(const Frame& frame) {
    Impl& impl = *m_impl;
    if (!frame.destination.IsGroup()) {
        if (const auto to = impl.by_mac.find(frame.destination); to != impl.by_mac.end()) {
            impl.phones[to->second]->endpoint.receive(frame);
        }
        return;
    }
    if (frame.ethertype != ethertype_arp) {
        return;  // no phone listens to broadcast datagrams
    }
    for (const auto& phone : impl.phones) {
        phone->endpoint.receive(frame);
    }
}

void SipPhones::carrier_changed(bool) {}  // the phones have carrier from their own switch

void SipPhones::start() {
    Impl& impl = *m_impl;
    for (const auto& phone : impl.phones) {
        const auto spread = phone->stream.uniform(
            sip::Duration::zero(), sip::Duration{impl.options.start_spread.GetNanoSeconds()});
        impl.register_soon(*phone, sip::Duration{impl.options.start.GetNanoSeconds()} + spread);
    }
}

const SipPhonesOptions& SipPhones::options() const noexcept {
    return m_impl->options;
}

int SipPhones::count() const noexcept {
    return m_impl->options.count;
}

std::string SipPhones::extension(int phone) const {
    return m_impl->phones.at(static_cast<std::size_t>(phone))->user;
}

bool SipPhones::registered(int phone) const {
    const auto& p = *m_impl->phones.at(static_cast<std::size_t>(phone));
    return !p.server.empty() && ns3::Simulator::Now() < p.registered_until;
}

std::string SipPhones::server(int phone) const {
    return registered(phone) ? m_impl->phones.at(static_cast<std::size_t>(phone))->server
                             : std::string{};
}

std::uint64_t SipPhones::registrations_sent() const noexcept {
    return m_impl->registrations_sent;
}

std::uint64_t SipPhones::rtp_received() const noexcept {
    return m_impl->rtp_received;
}

std::uint64_t SipPhones::place(
    int number, const std::string& to, ns3::Time patience, bool retransmit, Placed placed) {
    Impl& impl = *m_impl;
    Impl::Phone& phone = *impl.phones.at(static_cast<std::size_t>(number));
    const std::uint64_t id = impl.next_call++;
    Impl::Call& call = phone.calls[id];
    call.number = to;
    call.placed = std::move(placed);
    call.retransmit = retransmit;
    call.gives_up = ns3::Simulator::Now() + patience;
    impl.find_servers(phone, [&impl, &phone, id](std::vector<Target> servers) {
        const auto found = phone.calls.find(id);
        if (found == phone.calls.end()) {
            return;
        }
        if (servers.empty()) {
            impl.after(sip::Duration{1}, [&impl, &phone, id] {
                impl.call_ended(phone, id, {End::Kind::no_way, 0});
            });
            return;
        }
        found->second.server = impl.first_server(phone, servers.size());
        found->second.servers = std::move(servers);
        impl.call_server(phone, id);
    });
    post(patience, [this, number, id] {
        const auto& calls = m_impl->phones[static_cast<std::size_t>(number)]->calls;
        if (const auto open = calls.find(id); open != calls.end() && !open->second.answered) {
            hang_up(number, id);
        }
    });
    return id;
}

void SipPhones::hang_up(int number, std::uint64_t id) {
    Impl::Phone& phone = *m_impl->phones.at(static_cast<std::size_t>(number));
    const auto found = phone.calls.find(id);
    if (found == phone.calls.end() || found->second.hung_up) {
        return;
    }
    Impl::Call& call = found->second;
    call.hung_up = true;
    call.rtp.reset();
    phone.sip.agent().hang_up(call.leg);
    // The user is done with it, whatever becomes of the leg.
    const auto told = std::move(call.placed.ended);
    call.placed.ended = nullptr;
    if (told) {
        told(call.answered, false, 0);
    }
}

std::optional<sip::Sdp> SipPhones::heard_from(int number, std::uint64_t id) const {
    const Impl::Phone& phone = *m_impl->phones.at(static_cast<std::size_t>(number));
    const auto found = phone.calls.find(id);
    return found == phone.calls.end()
               ? std::nullopt
               : const_cast<Impl::Phone&>(phone).sip.agent().remote_media(found->second.leg);
}

void SipPhones::hang_up_incoming(int number) {
    Impl::Phone& phone = *m_impl->phones.at(static_cast<std::size_t>(number));
    for (const LegId leg : std::set<LegId>{phone.incoming}) {
        phone.sip.agent().hang_up(leg);
    }
}

}  // namespace models
