// SPDX-License-Identifier: GPL-2.0-or-later
#include "user_agent.hpp"

#include <algorithm>
#include <utility>

namespace models::sip {

namespace {

std::string dialog_key(std::string_view call_id, std::string_view local_tag) {
    return std::string{call_id} + '/' + std::string{local_tag};
}

Target target_of(const Uri& uri) {
    return {uri.host, uri.port == 0 ? default_port : uri.port};
}

bool is_address(std::string_view text) noexcept {
    return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

struct UserAgent::Leg {
    enum class State : std::uint8_t { calling, incoming, up, closing };
    LegId id{};
    State state = State::calling;
    bool outgoing = true;
    Call call;
    Events events;
    Message invite;     // incoming: as received; outgoing: as last sent, without Via
    ClientId client{};  // of the INVITE we sent
    ServerId server{};  // of the INVITE we got
    std::string call_id;
    std::string local_tag;
    NameAddr local, remote;
    Uri remote_target;
    Target peer;
    std::uint32_t cseq = 1;
    int challenges = 0;
    bool hung_up = false;
    Sdp local_sdp;
    std::optional<Sdp> remote_sdp;
};

UserAgent::UserAgent(Hooks hooks, Timers timers)
    : m_hooks(std::move(hooks)),
      m_stack({.send = m_hooks.send,
               .local_address = m_hooks.local_address,
               .later = m_hooks.later,
               .token = m_hooks.token,
               .request =
                   [this](ServerId id, const Message& m, const Target& from, ServerId cancelled) {
                       on_request(id, m, from, cancelled);
                   },
               .ack = {}},
              timers) {}

UserAgent::~UserAgent() = default;

UserAgent::Leg* UserAgent::leg(LegId id) {
    const auto found = m_legs.find(static_cast<std::uint64_t>(id));
    return found == m_legs.end() ? nullptr : found->second.get();
}

bool UserAgent::exists(LegId id) const {
    return m_legs.contains(static_cast<std::uint64_t>(id));
}

std::optional<Sdp> UserAgent::remote_media(LegId id) const {
    const auto found = m_legs.find(static_cast<std::uint64_t>(id));
    return found == m_legs.end() ? std::nullopt : found->second->remote_sdp;
}

Sdp UserAgent::local_media(LegId id) const {
    const auto found = m_legs.find(static_cast<std::uint64_t>(id));
    return found == m_legs.end() ? Sdp{} : found->second->local_sdp;
}

std::string UserAgent::contact(const std::string& user, const Target& to) const {
    return '<' + to_string(Uri{user, m_hooks.local_address(to), default_port, {}}) + '>';
}

Message
UserAgent::make_request(Method method, const Uri& uri, const NameAddr& from, const Uri& to) {
    Message m;
    m.method = method;
    m.method_name = to_string(method);
    m.request_uri = uri;
    m.cseq = 1;
    NameAddr tagged = from;
    if (tagged.tag().empty()) {
        tagged.parameters.emplace_back("tag", m_hooks.token());
    }
    m.headers.reserve(12);
    m.add("Max-Forwards", "70");
    m.add("From", to_string(tagged));
    m.add("To", '<' + to_string(to) + '>');
    m.add("Call-ID", m_hooks.token());
    m.add("CSeq", "1 " + m.method_name);
    return m;
}

void UserAgent::authorise(Message& m, Account& account) {
    if (!account.challenge) {
        return;
    }
    const std::string uri = to_string(m.request_uri);
    m.set("Authorization",
          to_string(sip::answer(*account.challenge,
                                account.user,
                                account.secret,
                                m.method_name,
                                uri,
                                m_hooks.token(),
                                ++account.nonce_count)));
}

void UserAgent::request(
    Message m, const Target& to, Account* account, Done done, Stack::Options options) {
    if (account != nullptr) {
        authorise(m, *account);
    }
    auto shared = std::make_shared<Done>(std::move(done));
    const auto failed = [shared](Stack::Failure why) { (*shared)(nullptr, why); };
    const auto final_answer = [shared](const Message& response) {
        if (response.status >= 200) {
            (*shared)(&response, Stack::Failure::timeout);
        }
    };
    Message copy = m;
    m_stack.request(
        std::move(m),
        to,
        {.response =
             [this, account, copy = std::move(copy), to, options, failed, final_answer](
                 const Message& response) mutable {
                 const auto challenge = response.status == 401 && account != nullptr
                                            ? parse_challenge(response.header("WWW-Authenticate"))
                                            : std::nullopt;
                 if (!challenge) {
                     final_answer(response);
                     return;
                 }
                 account->challenge = *challenge;
                 account->nonce_count = 0;
                 copy.set("CSeq", std::to_string(++copy.cseq) + ' ' + copy.method_name);
                 authorise(copy, *account);
                 m_stack.request(
                     std::move(copy), to, {.response = final_answer, .failed = failed}, options);
             },
         .failed = failed},
        options);
}

// ---------------------------------------------------------------- outgoing

LegId UserAgent::call(Call call, Events events) {
    const LegId id{++m_last};
    auto made = std::make_unique<Leg>();
    made->id = id;
    made->call = std::move(call);
    made->events = std::move(events);
    made->peer = made->call.target;
    made->invite = make_request(Method::invite, made->call.to, made->call.from, made->call.to);
    made->call_id = made->invite.call_id();
    made->local = *made->invite.from();
    made->local_tag = made->local.tag();
    made->invite.add("Contact", contact(made->call.from.uri.user, made->call.target));
    offer(*made, made->invite);
    m_dialogs[dialog_key(made->call_id, made->local_tag)] = static_cast<std::uint64_t>(id);
    if (made->call.account != nullptr) {
        authorise(made->invite, *made->call.account);
    }
    m_legs.emplace(static_cast<std::uint64_t>(id), std::move(made));
    send_invite(id);
    return id;
}

void UserAgent::offer(Leg& leg, Message& m) {
    leg.local_sdp = {.address = m_hooks.local_address(leg.peer),
                     .port = leg.call.media_port,
                     .session = static_cast<std::uint64_t>(leg.id)};
    m.set("Content-Type", "application/sdp");
    m.body = to_string(leg.local_sdp);
}

void UserAgent::send_invite(LegId id) {
    Leg& leg = *this->leg(id);
    leg.client = m_stack.request(
        leg.invite,
        leg.call.target,
        {.response = [this, id](const Message& response) { on_invite_response(id, response); },
         .failed =
             [this, id](Stack::Failure why) {
                 end(id,
                     {why == Stack::Failure::timeout ? End::Kind::no_answer : End::Kind::no_way,
                      0});
             }},
        leg.call.options);
}

void UserAgent::on_invite_response(LegId id, const Message& response) {
    Leg* const leg = this->leg(id);
    if (leg == nullptr) {
        return;
    }
    if (response.status < 200) {
        if (response.status == 180 && leg->events.ringing) {
            const auto told = leg->events.ringing;
            told();
        }
        return;
    }
    if (response.status >= 300) {
        const auto challenge = response.status == 401 && leg->call.account != nullptr
                                   ? parse_challenge(response.header("WWW-Authenticate"))
                                   : std::nullopt;
        // Once, or again when only the nonce was too old.
        if (challenge && !leg->hung_up && leg->challenges < 2 &&
            (leg->challenges == 0 || challenge->stale)) {
            ++leg->challenges;
            leg->call.account->challenge = *challenge;
            leg->call.account->nonce_count = 0;
            leg->cseq = ++leg->invite.cseq;
            leg->invite.set("CSeq", std::to_string(leg->cseq) + " INVITE");
            authorise(leg->invite, *leg->call.account);
            send_invite(id);
            return;
        }
        end(id, {leg->hung_up ? End::Kind::by_us : End::Kind::refused, response.status});
        return;
    }
    leg->state = Leg::State::up;
    leg->remote = response.to().value_or(NameAddr{});
    const auto there = response.contact();
    leg->remote_target = there ? there->uri : leg->call.to;
    if (is_address(leg->remote_target.host)) {
        leg->peer = target_of(leg->remote_target);
    }
    leg->remote_sdp = parse_sdp(response.body);
    Message ack;
    ack.method = Method::ack;
    ack.method_name = "ACK";
    ack.request_uri = leg->remote_target;
    ack.cseq = leg->invite.cseq;
    ack.headers = {{"Max-Forwards", "70"},
                   {"From", to_string(leg->local)},
                   {"To", to_string(leg->remote)},
                   {"Call-ID", leg->call_id},
                   {"CSeq", std::to_string(ack.cseq) + " ACK"}};
    m_stack.acknowledge(leg->client, std::move(ack), leg->peer);
    if (leg->hung_up) {
        bye(*leg);  // it was cancelled, but the answer was faster
        return;
    }
    if (leg->events.answered) {
        const auto told = leg->events.answered;
        told(response);
    }
}

// ---------------------------------------------------------------- incoming

void UserAgent::on_request(ServerId id,
                           const Message& request,
                           const Target& from,
                           ServerId cancelled) {
    if (request.method == Method::cancel) {
        const auto invite = m_invites.find(static_cast<std::uint64_t>(cancelled));
        Leg* const leg = invite == m_invites.end() ? nullptr : this->leg(LegId{invite->second});
        m_stack.respond(id, make_response(request, leg == nullptr ? 481 : 200, m_hooks.token()));
        if (leg != nullptr && leg->state == Leg::State::incoming) {
            m_stack.respond(leg->server, make_response(leg->invite, 487, leg->local_tag));
            end(leg->id, {End::Kind::by_peer, 487});
        }
        return;
    }
    const auto to = request.to();
    if (to && !to->tag().empty()) {
        in_dialog(id, request, from);
        return;
    }
    if (request.method != Method::invite) {
        if (m_hooks.other) {
            m_hooks.other(id, request, from);
        } else {
            m_stack.respond(id,
                            make_response(request,
                                          request.method == Method::options ? 200 : 405,
                                          m_hooks.token()));
        }
        return;
    }
    const LegId leg_id{++m_last};
    auto made = std::make_unique<Leg>();
    made->id = leg_id;
    made->state = Leg::State::incoming;
    made->outgoing = false;
    made->invite = request;
    made->server = id;
    made->call_id = request.call_id();
    made->local_tag = m_hooks.token();
    made->local = *to;
    made->local.parameters = {{"tag", made->local_tag}};
    made->remote = request.from().value_or(NameAddr{});
    const auto there = request.contact();
    made->remote_target = there ? there->uri : made->remote.uri;
    made->peer = is_address(made->remote_target.host) ? target_of(made->remote_target) : from;
    made->remote_sdp = parse_sdp(request.body);
    m_dialogs[dialog_key(made->call_id, made->local_tag)] = static_cast<std::uint64_t>(leg_id);
    m_invites[static_cast<std::uint64_t>(id)] = static_cast<std::uint64_t>(leg_id);
    m_legs.emplace(static_cast<std::uint64_t>(leg_id), std::move(made));
    if (m_hooks.incoming) {
        m_hooks.incoming(leg_id, request, from);
    } else {
        reject(leg_id, 486);
    }
}

void UserAgent::in_dialog(ServerId id, const Message& request, const Target&) {
    const auto to = request.to();
    const auto found = m_dialogs.find(dialog_key(request.call_id(), to->tag()));
    Leg* const leg = found == m_dialogs.end() ? nullptr : this->leg(LegId{found->second});
    if (leg == nullptr || leg->state == Leg::State::closing) {
        m_stack.respond(id, make_response(request, 481, {}));
        return;
    }
    Message response = make_response(request, 200, {});
    if (request.method == Method::invite) {  // a refresh: the session stays what it was
        response.add("Contact", contact(leg->local.uri.user, leg->peer));
        response.add("Content-Type", "application/sdp");
        response.body = to_string(leg->local_sdp);
    }
    m_stack.respond(id, response);
    if (request.method == Method::bye) {
        end(leg->id, {End::Kind::by_peer, 0});
    }
}

void UserAgent::ring(LegId id) {
    if (const Leg* const leg = this->leg(id);
        leg != nullptr && leg->state == Leg::State::incoming) {
        m_stack.respond(leg->server, make_response(leg->invite, 180, leg->local_tag));
    }
}

void UserAgent::watch(LegId id, std::function<void(const End&)> ended) {
    if (Leg* const leg = this->leg(id); leg != nullptr) {
        leg->events.ended = std::move(ended);
    }
}

void UserAgent::answer(LegId id, std::uint16_t media_port, Events events) {
    Leg* const leg = this->leg(id);
    if (leg == nullptr || leg->state != Leg::State::incoming) {
        if (events.ended) {
            events.ended({End::Kind::by_peer, 0});
        }
        return;
    }
    leg->state = Leg::State::up;
    leg->events = std::move(events);
    leg->call.media_port = media_port;
    Message response = make_response(leg->invite, 200, leg->local_tag);
    response.add("Contact", contact(leg->local.uri.user, leg->peer));
    offer(*leg, response);
    m_stack.respond(leg->server, response);
}

void UserAgent::reject(LegId id, int status, std::vector<Header> extra) {
    Leg* const leg = this->leg(id);
    if (leg == nullptr || leg->state != Leg::State::incoming) {
        return;
    }
    Message response = make_response(leg->invite, status, leg->local_tag);
    response.headers.insert(response.headers.end(), extra.begin(), extra.end());
    m_stack.respond(leg->server, response);
    end(id, {End::Kind::by_us, status});
}

// ---------------------------------------------------------------- end

void UserAgent::bye(Leg& leg) {
    leg.state = Leg::State::closing;
    Message m;
    m.method = Method::bye;
    m.method_name = "BYE";
    m.request_uri = leg.remote_target;
    m.cseq = ++leg.cseq;
    m.headers = {{"Max-Forwards", "70"},
                 {"From", to_string(leg.local)},
                 {"To", to_string(leg.remote)},
                 {"Call-ID", leg.call_id},
                 {"CSeq", std::to_string(m.cseq) + " BYE"}};
    const LegId id = leg.id;
    m_stack.request(std::move(m),
                    leg.peer,
                    {.response =
                         [this, id](const Message& response) {
                             if (response.status >= 200) {
                                 end(id, {End::Kind::by_us, response.status});
                             }
                         },
                     .failed =
                         [this, id](Stack::Failure) {
                             end(id, {End::Kind::by_us, 0});
                         }});
}

void UserAgent::hang_up(LegId id) {
    Leg* const leg = this->leg(id);
    if (leg == nullptr || leg->hung_up) {
        return;
    }
    leg->hung_up = true;
    switch (leg->state) {
    case Leg::State::calling:
        m_stack.cancel(leg->client);
        break;
    case Leg::State::incoming:
        reject(id, 487);
        break;
    case Leg::State::up:
        bye(*leg);
        break;
    case Leg::State::closing:
        break;
    }
}

void UserAgent::end(LegId id, End why) {
    const auto found = m_legs.find(static_cast<std::uint64_t>(id));
    if (found == m_legs.end()) {
        return;
    }
    const std::unique_ptr<Leg> leg = std::move(found->second);
    m_legs.erase(found);
    m_dialogs.erase(dialog_key(leg->call_id, leg->local_tag));
    m_invites.erase(static_cast<std::uint64_t>(leg->server));
    if (leg->events.ended) {
        leg->events.ended(why);
    }
}

}  // namespace models::sip
