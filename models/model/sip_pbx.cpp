// SPDX-License-Identifier: GPL-2.0-or-later
// Asterisk with PJSIP on one server: registrar, calls in two legs, trunk, qualify. Its socket is
// bound to nothing, so every packet leaves with the source that the kernel's routes prefer, and
// Via, Contact and SDP say the same.
#include "sip.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <ns3/inet-socket-address.h>
#include <ns3/packet.h>
#include <ns3/socket.h>

#include "sip_endpoint.hpp"

namespace models {

namespace {

using sip::LegId;
using sip::Target;
using End = sip::UserAgent::End;

constexpr const char* process_name = "asterisk";
constexpr std::string_view realm = "asterisk";
constexpr char outside_prefix = '9';
constexpr std::string_view echo_extension = "600";      ///< Echo(): answered by the PBX itself
constexpr double enough_phones = 0.95;                  ///< design §4
constexpr std::int64_t nonce_life_ns = 32'000'000'000;  ///< [sourced: pjsip.conf nonce_lifetime]
constexpr std::uint16_t first_media_port = 10000;       ///< [sourced: rtp.conf]
constexpr auto replication_delay = std::chrono::milliseconds{50};  ///< [assumed]

std::int64_t now_ns() {
    return ns3::Simulator::Now().GetNanoSeconds();
}

}  // namespace

const SipRegistrar::Binding* SipRegistrar::find(const std::string& user, std::int64_t now) const {
    const auto found = m_bindings.find(user);
    return found == m_bindings.end() || found->second.until_ns <= now ? nullptr : &found->second;
}

std::size_t SipRegistrar::valid(std::int64_t now) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        m_bindings, [now](const auto& binding) { return binding.second.until_ns > now; }));
}

struct SipPbx::Impl {
    class Asterisk;

    struct Bridge {
        LegId caller{}, callee{};
        bool trunk = false;
    };

    /// A relay of one leg's sound: one socket, what arrives goes out of the other leg.
    struct Relay {
        ns3::Ptr<ns3::Socket> socket;
    };

    Impl(Host& h, SipPbxOptions o, SipRegistrar& r)
        : host(h), options(std::move(o)), registrar(r), script(h, process_name, options.profile),
          tokens(h.context(), h.name() + "/asterisk"),
          stream(h.context().stream("agent/" + h.name() + "/asterisk/sip")) {
        script.on_started = [this] { started(); };
        script.on_stopped = [this] {
            if (options.standby == Standby::cold) {
                host.kill(process_name);
            }
        };
        account.user = options.trunk.user;
        account.secret = options.trunk.secret;
    }
    ~Impl() {
        if (runs()) {
            host.kill(process_name);
        }
    }

    [[nodiscard]] bool runs() const { return process != nullptr; }
    [[nodiscard]] bool stands_still() const { return hung || process_frozen; }
    [[nodiscard]] bool serves() const {
        return runs() && !stands_still() && host.kernel_runs() && !host.frozen();
    }
    [[nodiscard]] RecordId prerequisites() const {
        return models::later(models::later(service_record, register_record),
                             models::later(host.last_prerequisite(), trunk_record));
    }

    void started();
    void process_ended();
    void go_on();
    void drain();
    void later(sip::Duration delay, std::function<void()> f);

    void incoming(LegId leg, const sip::Message& m, const Target& from);
    void dial(LegId caller, const std::string& from, const std::string& number, bool from_trunk);
    void bridge(LegId caller, sip::UserAgent::Call call, bool trunk);
    void callee_ended(std::uint64_t id, const End& end);
    void other(sip::ServerId id, const sip::Message& m, const Target& from);
    void serve_register(sip::ServerId id, const sip::Message& m, const Target& from);
    void store(const std::string& user, const SipRegistrar::Binding& binding);
    /// Empty: the credentials are right; else what to put into WWW-Authenticate.
    std::string challenge_for(const sip::Message& m, std::string& user);
    void check_registered();
    void register_trunk();
    void qualify_trunk();
    void qualify_phone(const std::string& user);
    [[nodiscard]] std::uint16_t media_port() {
        next_port =
            next_port > 19000 ? first_media_port : static_cast<std::uint16_t>(next_port + 2);
        return next_port;
    }
    void relay(std::uint64_t id);
    void end_relay(std::uint64_t id);
    [[nodiscard]] sip::UserAgent& agent() { return *user_agent; }

    Host& host;
    SipPbxOptions options;
    SipRegistrar& registrar;
    ScriptAgent script;
    SipTokens tokens;
    RandomStream stream;
    sip::Account account;
    std::vector<std::pair<SipRegistrar*, Host*>> copies;

    Asterisk* process = nullptr;  ///< owned by the host
    bool hung = false;
    bool process_frozen = false;
    std::uint64_t life = 0;
    std::uint64_t stop_orders = 0;
    std::vector<std::pair<RecordId, std::function<void()>>> held;
    ns3::Ptr<ns3::Socket> socket;
    std::unique_ptr<sip::UserAgent> user_agent;
    std::string nonce_secret;
    std::map<std::uint64_t, Bridge> bridges;
    std::map<std::uint64_t, std::vector<Relay>> relays;
    std::uint64_t next_bridge = 1;
    std::uint16_t next_port = first_media_port;
    std::set<std::string> unreachable_phones;
    std::set<std::string> qualified;
    std::int64_t busy_until = 0;
    std::int64_t storm_second = -1;
    std::uint64_t storm_count = 0;
    bool enough = false;
    bool provider_reachable = true;
    bool trunk_registered = false;
    int trunk_tries = 0;
    RecordId service_record = RecordId::none;
    RecordId register_record = RecordId::none;
    RecordId trunk_record = RecordId::none;
    Counters counters;
};

/// Lives in the host, so that power loss, kill and freeze reach it as they reach any process.
class SipPbx::Impl::Asterisk final : public Process {
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

void SipPbx::Impl::later(sip::Duration delay, std::function<void()> f) {
    post(to_time(delay), [this, at = life, f = std::move(f)]() mutable {
        if (life != at) {
            return;
        }
        const Recorder::Scope scope(host.context().recorder, RecordId::none);
        if (stands_still() || host.frozen()) {
            held.emplace_back(RecordId::none, std::move(f));
        } else {
            f();
        }
    });
}

void SipPbx::Impl::started() {
    if (runs()) {
        return;  // it was running all the time
    }
    auto asterisk = std::make_unique<Asterisk>(*this);
    process = asterisk.get();
    ++life;
    hung = false;
    process_frozen = false;
    nonce_secret = tokens.next();
    unreachable_phones.clear();
    qualified.clear();
    provider_reachable = true;
    trunk_registered = false;
    trunk_tries = 0;
    account.challenge.reset();
    busy_until = 0;
    register_record = RecordId::none;
    trunk_record = RecordId::none;
    host.spawn(process_name, std::move(asterisk));
    Recorder& recorder = host.context().recorder;
    service_record = recorder.record("ms.service", host.name());
    const Recorder::Scope scope(recorder, service_record);

    user_agent = std::make_unique<sip::UserAgent>(sip::UserAgent::Hooks{
        .send =
            [this](const Target& to, const std::string& bytes) {
                if (!socket) {
                    return;
                }
                socket->SendTo(
                    ns3::Create<ns3::Packet>(
                        reinterpret_cast<const std::uint8_t*>(bytes.data()),  // NOLINT: octets
                        static_cast<std::uint32_t>(bytes.size())),
                    0,
                    ns3::InetSocketAddress(ns3::Ipv4Address(to.address.c_str()), to.port));
            },
        .local_address = [this](const Target& to) { return host.route_source(to.address); },
        .later = [this](sip::Duration delay,
                        std::function<void()> f) { later(delay, std::move(f)); },
        .token = [this] { return tokens.next(); },
        .incoming = [this](LegId leg,
                           const sip::Message& m,
                           const Target& from) { incoming(leg, m, from); },
        .other = [this](sip::ServerId id,
                        const sip::Message& m,
                        const Target& from) { other(id, m, from); }});
    socket = host.open_udp({}, "0.0.0.0", sip_port);
    if (socket) {
        socket->SetRecvCallback([this](ns3::Ptr<ns3::Socket>) { drain(); });
    }
    enough = false;
    check_registered();
    if (options.trunk.registers) {
        const auto wait = stream.uniform(sip::Duration{options.trunk.first_min.GetNanoSeconds()},
                                         sip::Duration{options.trunk.first_max.GetNanoSeconds()});
        later(wait, [this] { register_trunk(); });
    }
    if (!options.trunk.provider.empty() && options.trunk.qualify.IsStrictlyPositive()) {
        // Somewhere in the first interval [measured].
        later(
            stream.uniform(sip::Duration{1}, sip::Duration{options.trunk.qualify.GetNanoSeconds()}),
            [this] { qualify_trunk(); });
    }
    for (const auto& [user, secret] : options.phones) {
        if (registrar.find(user, now_ns()) != nullptr) {
            qualify_phone(user);
        }
    }
}

/// Called by ~Asterisk: stopped, killed, crashed, or the machine is gone.
void SipPbx::Impl::process_ended() {
    process = nullptr;
    ++life;
    hung = false;
    process_frozen = false;
    held.clear();
    if (socket) {
        socket->SetRecvCallback(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>());
        socket->Close();
        socket = nullptr;
    }
    while (!relays.empty()) {
        end_relay(relays.begin()->first);
    }
    bridges.clear();
    // We may be inside one of its calls: it goes a little later.
    if (user_agent) {
        post(ns3::Time{}, [agent = std::shared_ptr<sip::UserAgent>(std::move(user_agent))] {});
    }
}

void SipPbx::Impl::go_on() {
    Recorder& recorder = host.context().recorder;
    service_record = recorder.record("ms.service", host.name());
    const std::uint64_t at = life;
    for (auto& [cause, f] : std::exchange(held, {})) {
        const Recorder::Scope scope(recorder, service_record);
        if (life == at) {
            f();
        }
    }
    if (life == at) {
        drain();
    }
}

void SipPbx::Impl::drain() {
    if (!runs() || stands_still() || host.frozen()) {
        return;  // it stays in the socket's buffer
    }
    const std::uint64_t at = life;
    ns3::Address from;
    std::string text;
    for (ns3::Ptr<ns3::Packet> packet = socket->RecvFrom(from); packet;
         packet = life == at && socket ? socket->RecvFrom(from) : nullptr) {
        text.resize(packet->GetSize());
        packet->CopyData(reinterpret_cast<std::uint8_t*>(text.data()),  // NOLINT: octets
                         static_cast<std::uint32_t>(text.size()));
        const auto source = ns3::InetSocketAddress::ConvertFrom(from);
        const ns3::Ipv4Address ip = source.GetIpv4();
        const std::uint32_t word = ip.Get();
        const std::string address =
            std::to_string(word >> 24U) + '.' + std::to_string(word >> 16U & 255U) + '.' +
            std::to_string(word >> 8U & 255U) + '.' + std::to_string(word & 255U);
        // What it answers rests on all that lets it answer, not only on the question.
        Recorder& recorder = host.context().recorder;
        const Recorder::Scope scope(recorder, models::later(recorder.current(), prerequisites()));
        agent().receive(text, {address, source.GetPort()});
    }
}

// ---------------------------------------------------------------- registrar

std::string SipPbx::Impl::challenge_for(const sip::Message& m, std::string& user) {
    const auto credentials = sip::parse_credentials(m.header("Authorization"));
    bool stale = false;
    if (credentials) {
        const std::size_t slash = credentials->nonce.find('/');
        const auto made = sip::parse_number(credentials->nonce.substr(0, slash), ~0U);
        const bool ours =
            slash != std::string::npos && made &&
            credentials->nonce.substr(slash + 1) ==
                sip::digest_hex(sip::DigestAlgorithm::md5, std::to_string(*made) + nonce_secret);
        const std::int64_t age = made ? now_ns() - std::int64_t{*made} * 1'000'000'000 : 0;
        const auto phone = options.phones.find(credentials->username);
        const bool right = phone != options.phones.end() &&
                           sip::verify(*credentials, phone->second, m.method_name);
        if (ours && age <= nonce_life_ns && right) {
            user = credentials->username;
            return {};
        }
        stale = right;  // the secret is right, only the nonce is not one of ours, or too old
    }
    ++counters.challenged;
    const std::string second = std::to_string(now_ns() / 1'000'000'000);
    return sip::to_string(sip::Challenge{
        .realm = std::string{realm},
        .nonce = second + '/' + sip::digest_hex(sip::DigestAlgorithm::md5, second + nonce_secret),
        .stale = stale});
}

void SipPbx::Impl::other(sip::ServerId id, const sip::Message& m, const Target& from) {
    if (m.method == sip::Method::register_) {
        // One after the other, as fast as it can.
        const std::int64_t cost = 1'000'000'000 / std::max(1, options.registrations_per_s);
        busy_until = std::max(busy_until, now_ns()) + cost;
        const RecordId cause = host.context().recorder.current();
        later(sip::Duration{busy_until - now_ns()}, [this, id, m, from, cause] {
            const Recorder::Scope scope(host.context().recorder, cause);
            serve_register(id, m, from);
        });
        return;
    }
    const bool known = m.method == sip::Method::options;
    sip::Message response = sip::make_response(m, known ? 200 : 405, tokens.next());
    if (known) {
        response.add(
            "Contact",
            '<' + sip::to_string(sip::Uri{{}, host.route_source(from.address), sip_port, {}}) +
                '>');
        response.add("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER");
    }
    agent().stack().respond(id, response);
}

void SipPbx::Impl::serve_register(sip::ServerId id, const sip::Message& m, const Target& from) {
    std::string user;
    if (const std::string challenge = challenge_for(m, user); !challenge.empty()) {
        sip::Message response = sip::make_response(m, 401, tokens.next());
        response.add("WWW-Authenticate", challenge);
        agent().stack().respond(id, response);
        return;
    }
    const auto to = m.to();
    const auto contact = m.contact();
    if (!to || to->uri.user != user || !contact) {
        agent().stack().respond(id, sip::make_response(m, !contact ? 400 : 403, tokens.next()));
        return;
    }
    auto expires = sip::parse_number(m.header("Expires"), 1U << 30U)
                       .value_or(static_cast<std::uint32_t>(options.max_expires_s));
    sip::Message response = sip::make_response(m, 200, tokens.next());
    if (expires == 0) {
        registrar.remove(user);
    } else {
        expires = std::clamp(expires,
                             static_cast<std::uint32_t>(options.min_expires_s),
                             static_cast<std::uint32_t>(options.max_expires_s));
        store(user, {contact->uri, from, now_ns() + std::int64_t{expires} * 1'000'000'000});
        response.add("Contact",
                     '<' + sip::to_string(contact->uri) + ">;expires=" + std::to_string(expires));
        response.add("Expires", std::to_string(expires));
    }
    ++counters.registrations;
    const std::int64_t second = now_ns() / 1'000'000'000;
    storm_count = second == storm_second ? storm_count + 1 : 1;
    storm_second = second;
    counters.registrations_peak = std::max(counters.registrations_peak, storm_count);
    agent().stack().respond(id, response);
    check_registered();
    qualify_phone(user);
}

void SipPbx::Impl::store(const std::string& user, const SipRegistrar::Binding& binding) {
    registrar.put(user, binding);
    for (const auto& [copy, at] : copies) {
        post(to_time(replication_delay), [copy = copy, at = at, user, binding] {
            if (at->powered()) {
                copy->put(user, binding);
            }
        });
    }
}

/// "ms.register": as many phones as matter are known here again.
void SipPbx::Impl::check_registered() {
    const bool now_enough =
        static_cast<double>(registrar.valid(now_ns())) >=
        enough_phones * static_cast<double>(std::max<std::size_t>(options.phones.size(), 1));
    if (now_enough && !enough) {
        Recorder& recorder = host.context().recorder;
        register_record = recorder.record_caused_by(
            models::later(recorder.current(), prerequisites()),
            "ms.register",
            host.name(),
            {{"phones", static_cast<std::int64_t>(registrar.valid(now_ns()))}});
    }
    enough = now_enough;
}

void SipPbx::Impl::qualify_phone(const std::string& user) {
    if (!options.qualify.IsStrictlyPositive() || !qualified.insert(user).second) {
        return;
    }
    // Spread over the first interval, then every interval.
    const sip::Duration interval{options.qualify.GetNanoSeconds()};
    later(stream.uniform(sip::Duration{1}, interval), [this, user] {
        qualified.erase(user);
        const SipRegistrar::Binding* const binding = registrar.find(user, now_ns());
        if (binding == nullptr) {
            return;
        }
        const sip::Uri self_uri{"asterisk", host.route_source(binding->source.address), 0, {}};
        agent().request(
            agent().make_request(
                sip::Method::options, binding->contact, {{}, self_uri, {}}, binding->contact),
            binding->source,
            nullptr,
            [this, user](const sip::Message* response, sip::Stack::Failure) {
                if (response != nullptr) {
                    unreachable_phones.erase(user);
                } else {
                    unreachable_phones.insert(user);
                }
            },
            {.timeout = sip::Duration{options.qualify_timeout.GetNanoSeconds()},
             .retransmit = true});
        qualify_phone(user);
    });
}

// ---------------------------------------------------------------- calls

void SipPbx::Impl::incoming(LegId leg, const sip::Message& m, const Target& from) {
    const std::string number = m.request_uri.user;
    if (from.address == options.trunk.provider) {  // identified by its address
        const auto caller = m.from();
        dial(leg, caller ? caller->uri.user : std::string{}, number, true);
        return;
    }
    std::string user;
    if (const std::string challenge = challenge_for(m, user); !challenge.empty()) {
        agent().reject(leg, 401, {{"WWW-Authenticate", challenge}});
        return;
    }
    dial(leg, user, number, false);
}

void SipPbx::Impl::dial(LegId caller,
                        const std::string& from,
                        const std::string& number,
                        bool from_trunk) {
    ++counters.calls;
    const RecordId cause = host.context().recorder.current();
    later(sip::Duration{options.call_setup_time.GetNanoSeconds()},
          [this, caller, from, number, from_trunk, cause] {
              const Recorder::Scope scope(host.context().recorder, cause);
              if (number == echo_extension) {
                  agent().answer(caller, media_port(), {});
                  return;
              }
              if (!from_trunk && !number.empty() && number.front() == outside_prefix) {
                  if (options.trunk.provider.empty() || !provider_reachable) {
                      ++counters.calls_failed;
                      agent().reject(caller, 503);
                      return;
                  }
                  const Target target{options.trunk.provider, sip_port};
                  bridge(caller,
                         {.to = {number.substr(1), options.trunk.provider, 0, {}},
                          .from = {{}, {from, host.route_source(target.address), 0, {}}, {}},
                          .target = target,
                          .account = &account},
                         true);
                  return;
              }
              const SipRegistrar::Binding* const binding = registrar.find(number, now_ns());
              if (binding == nullptr || unreachable_phones.contains(number)) {
                  ++counters.calls_failed;
                  agent().reject(caller, options.phones.contains(number) ? 503 : 404);
                  return;
              }
              bridge(caller,
                     {.to = binding->contact,
                      .from = {{}, {from, host.route_source(binding->source.address), 0, {}}, {}},
                      .target = binding->source},
                     from_trunk);
          });
}

void SipPbx::Impl::bridge(LegId caller, sip::UserAgent::Call call, bool trunk) {
    if (!agent().exists(caller)) {
        return;  // cancelled meanwhile
    }
    const std::uint64_t id = next_bridge++;
    bridges[id] = {caller, LegId::none, trunk};
    call.media_port = media_port();
    const auto caller_ended = [this, id](const End&) {
        if (const auto ended = bridges.find(id); ended != bridges.end()) {
            const LegId other_leg = ended->second.callee;
            bridges.erase(ended);
            end_relay(id);
            agent().hang_up(other_leg);
        }
    };
    agent().watch(caller, caller_ended);
    const LegId callee = agent().call(
        std::move(call),
        {.ringing =
             [this, id] {
                 if (const auto b = bridges.find(id); b != bridges.end()) {
                     agent().ring(b->second.caller);
                 }
             },
         .answered =
             [this, id, caller_ended](const sip::Message&) {
                 const auto b = bridges.find(id);
                 if (b == bridges.end()) {
                     return;
                 }
                 agent().answer(b->second.caller,
                                media_port(),
                                {.ringing = {}, .answered = {}, .ended = caller_ended});
                 relay(id);
             },
         .ended = [this, id](const End& end) { callee_ended(id, end); }});
    if (const auto b = bridges.find(id); b != bridges.end()) {
        b->second.callee = callee;
    }
}

void SipPbx::Impl::callee_ended(std::uint64_t id, const End& end) {
    const auto found = bridges.find(id);
    if (found == bridges.end()) {
        return;
    }
    const Bridge over = found->second;
    bridges.erase(found);
    end_relay(id);
    if (end.kind == End::Kind::refused && end.status == 403) {
        ++counters.refused_by_provider;
    }
    ++counters.calls_failed;
    // 403 of the provider is 503 for the phone [measured]; so is everything that is no answer.
    const int status = end.kind == End::Kind::refused && (end.status == 486 || end.status == 404)
                           ? end.status
                           : 503;
    agent().reject(over.caller, status);  // does nothing when it was answered …
    agent().hang_up(over.caller);         // … this ends it then
}

void SipPbx::Impl::end_relay(std::uint64_t id) {
    const auto found = relays.find(id);
    if (found == relays.end()) {
        return;
    }
    for (const Relay& relay : found->second) {
        relay.socket->SetRecvCallback(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>());
        relay.socket->Close();
    }
    relays.erase(found);
}

/// Sound in packets: what comes in for one leg leaves from the other.
void SipPbx::Impl::relay(std::uint64_t id) {
    if (options.rtp != RtpDetail::packets) {
        return;
    }
    const Bridge& bridge = bridges.at(id);
    for (const auto& [in, out] :
         {std::pair{bridge.caller, bridge.callee}, std::pair{bridge.callee, bridge.caller}}) {
        const auto to = agent().remote_media(out);
        ns3::Ptr<ns3::Socket> here = host.open_udp({}, "0.0.0.0", agent().local_media(in).port);
        if (!here || !to) {
            continue;
        }
        relays[id].push_back({here});
        const std::size_t other_side = in == bridge.caller ? 1 : 0;
        here->SetRecvCallback([this, id, other_side, to = *to](ns3::Ptr<ns3::Socket> socket_in) {
            if (!serves()) {
                return;
            }
            while (const ns3::Ptr<ns3::Packet> packet = socket_in->Recv()) {
                const auto legs = relays.find(id);
                if (legs == relays.end() || legs->second.size() <= other_side) {
                    continue;
                }
                const Recorder::Scope scope(host.context().recorder, RecordId::none);
                legs->second[other_side].socket->SendTo(
                    packet->Copy(),
                    0,
                    ns3::InetSocketAddress(ns3::Ipv4Address(to.address.c_str()), to.port));
            }
        });
    }
}

// ---------------------------------------------------------------- trunk

void SipPbx::Impl::register_trunk() {
    const Target provider{options.trunk.provider, sip_port};
    const std::string local = host.route_source(provider.address);
    const auto again = [this](ns3::Time after) {
        later(sip::Duration{after.GetNanoSeconds()}, [this] { register_trunk(); });
    };
    if (local.empty()) {
        again(options.trunk.retry);
        return;
    }
    const sip::Uri domain{{}, provider.address, 0, {}};
    const sip::NameAddr self_address{{}, {options.trunk.user, provider.address, 0, {}}, {}};
    sip::Message m =
        agent().make_request(sip::Method::register_, domain, self_address, self_address.uri);
    m.add("Contact", '<' + sip::to_string(sip::Uri{options.trunk.user, local, sip_port, {}}) + '>');
    m.add("Expires", std::to_string(options.trunk.expires_s));
    ++counters.trunk_registrations;
    agent().request(
        std::move(m),
        provider,
        &account,
        [this, again](const sip::Message* response, sip::Stack::Failure) {
            Recorder& recorder = host.context().recorder;
            if (response != nullptr && response->status == 200) {
                trunk_tries = 0;
                if (!trunk_registered) {
                    trunk_record = recorder.record_caused_by(
                        models::later(recorder.current(), prerequisites()),
                        "ms.trunk",
                        host.name());
                }
                trunk_registered = true;
                const auto granted =
                    sip::parse_number(response->header("Expires"), 1U << 30U)
                        .value_or(static_cast<std::uint32_t>(options.trunk.expires_s));
                // renewed 15 s before expiry, but not at once [sourced: chan_sip]
                again(ns3::Seconds(granted > 30 ? granted - 15 : granted * 0.8));
                return;
            }
            trunk_registered = false;
            const bool forbidden = response != nullptr && response->status == 403;
            const ns3::Time wait = forbidden ? options.trunk.forbidden_retry : options.trunk.retry;
            if (wait.IsZero() || ++trunk_tries > options.trunk.max_retries) {
                counters.trunk_gave_up = true;
                recorder.record(
                    "sip.registration_stopped",
                    host.name(),
                    {{"status", std::int64_t{response != nullptr ? response->status : 0}}});
                return;  // for good, until somebody acts
            }
            again(wait);
        },
        {});
}

void SipPbx::Impl::qualify_trunk() {
    const sip::Uri uri{{}, options.trunk.provider, 0, {}};
    later(sip::Duration{options.trunk.qualify.GetNanoSeconds()}, [this] { qualify_trunk(); });
    const std::string local = host.route_source(options.trunk.provider);
    if (local.empty()) {
        return;
    }
    agent().request(
        agent().make_request(sip::Method::options, uri, {{}, {"asterisk", local, 0, {}}, {}}, uri),
        {options.trunk.provider, sip_port},
        nullptr,
        [this](const sip::Message* response, sip::Stack::Failure) {
            provider_reachable = response != nullptr;  // any answer will do [sourced]
        },
        {.timeout = sip::Duration{options.qualify_timeout.GetNanoSeconds()}, .retransmit = true});
}

// ---------------------------------------------------------------- SipPbx

SipPbx::SipPbx(Host& host, SipPbxOptions options, SipRegistrar& registrar)
    : m_impl(std::make_unique<Impl>(host, std::move(options), registrar)) {}

SipPbx::~SipPbx() = default;

void SipPbx::boot() {
    Impl& impl = *m_impl;
    if (impl.options.standby == Standby::cold) {
        return;
    }
    const ns3::Time takes = to_time(draw(impl.options.profile.start, impl.stream));
    impl.host.schedule_user({}, takes, [&impl] {
        if (!impl.runs() && impl.host.may_exec() == 0) {
            impl.started();
        }
    });
}

void SipPbx::replicate_to(SipRegistrar& store, Host& at) {
    m_impl->copies.emplace_back(&store, &at);
}

void SipPbx::run(cluster::AgentOp op, const std::vector<std::string>& arguments, Done done) {
    Impl& impl = *m_impl;
    if (op == cluster::AgentOp::stop) {
        ++impl.stop_orders;
    }
    // The script of a hot standby only looks whether it runs.
    if (impl.options.standby == Standby::hot && impl.runs() && !faults().armed() &&
        op != cluster::AgentOp::status) {
        impl.host.schedule_user({}, impl.host.timings().process_start, [done = std::move(done)] {
            done({0, {}});
        });
        return;
    }
    impl.script.run(op, arguments, [&impl, op, done = std::move(done)](Result result) {
        if (op == cluster::AgentOp::status) {
            result = {impl.runs() ? 0 : 3, impl.runs() ? "running\n" : "not running\n"};
        }
        done(std::move(result));
    });
}

void SipPbx::cancel() {
    m_impl->script.cancel();
}

void SipPbx::host_lost() {
    m_impl->script.host_lost();
    if (m_impl->runs()) {
        m_impl->process_ended();
    }
}

void SipPbx::crash() {
    if (m_impl->runs()) {
        m_impl->host.kill(process_name);
    }
}

void SipPbx::start_again(ns3::Time after) {
    Impl& impl = *m_impl;
    const ns3::Time takes = after + to_time(draw(impl.options.profile.start, impl.stream));
    impl.host.schedule_user({}, takes, [&impl, orders = impl.stop_orders] {
        if (impl.stop_orders == orders && !impl.runs() && impl.host.may_exec() == 0) {
            impl.started();
        }
    });
}

void SipPbx::hang(bool hung) {
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

bool SipPbx::hangs() const {
    return m_impl->hung;
}

bool SipPbx::answers_local_probe() const {
    return m_impl->serves();
}

bool SipPbx::trunk_up() const {
    const Impl& impl = *m_impl;
    return impl.serves() && !impl.options.trunk.provider.empty() && impl.provider_reachable &&
           (!impl.options.trunk.registers || impl.trunk_registered);
}

AgentFaults& SipPbx::faults() noexcept {
    return m_impl->script.faults();
}

Host& SipPbx::host() noexcept {
    return m_impl->host;
}

double SipPbx::registered_share() const {
    const auto phones = m_impl->options.phones.size();
    return phones == 0 ? 1.0
                       : static_cast<double>(m_impl->registrar.valid(now_ns())) /
                             static_cast<double>(phones);
}

bool SipPbx::holds_service_address() const {
    const Impl& impl = *m_impl;
    return impl.host.kernel_runs() &&
           std::ranges::any_of(impl.options.service_addresses, [&](const std::string& address) {
               return impl.host.has_address(address);
           });
}

bool SipPbx::sends_media(const std::string& address, std::uint16_t port) const {
    const Impl& impl = *m_impl;
    if (!impl.serves() || !impl.host.has_address(address)) {
        return false;
    }
    return std::ranges::any_of(impl.bridges, [&](const auto& bridge) {
        for (const LegId leg : {bridge.second.caller, bridge.second.callee}) {
            const sip::Sdp own = impl.user_agent->local_media(leg);
            if (own.port == port && own.address == address) {
                return true;
            }
        }
        return false;
    });
}

const SipPbx::Counters& SipPbx::counters() const noexcept {
    return m_impl->counters;
}

}  // namespace models
