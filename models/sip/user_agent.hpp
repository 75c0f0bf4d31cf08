// SPDX-License-Identifier: GPL-2.0-or-later
// Call legs of one SIP element: what a phone has one of, a provider many, and a PBX two of for each
// call. Dialogs (RFC 3261 12), offers and answers, digest as a client. No I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "digest.hpp"
#include "sdp.hpp"
#include "stack.hpp"

namespace models::sip {

enum class LegId : std::uint64_t { none = 0 };

/// Somebody's name and secret at a registrar, and what it last asked.
struct Account {
    std::string user;
    std::string secret;
    std::string domain;
    std::optional<Challenge> challenge;  ///< answered in advance from then on
    std::uint32_t nonce_count = 0;
};

class UserAgent {
  public:
    struct Hooks {
        std::function<void(const Target&, const std::string&)> send;
        std::function<std::string(const Target&)> local_address;
        std::function<void(Duration, std::function<void()>)> later;
        std::function<std::string()> token;
        /// An INVITE outside of a dialog: ring(), answer() or reject() it, now or later.
        std::function<void(LegId, const Message&, const Target&)> incoming;
        /// Any other request outside of a dialog; answer it with stack().respond(). Null: OPTIONS
        /// gets 200, the rest 405.
        std::function<void(ServerId, const Message&, const Target&)> other;
    };
    /// Why a leg is over.
    struct End {
        enum class Kind : std::uint8_t {
            refused,    ///< a final response that is no 2xx: `status`
            no_answer,  ///< time-out
            no_way,     ///< ICMP, or no route
            by_peer,    ///< BYE or CANCEL came
            by_us,      ///< hang_up(), and the other side knows (or never will)
        } kind = Kind::by_us;
        int status = 0;
    };
    struct Events {
        std::function<void()> ringing;
        std::function<void(const Message& answer)> answered;
        std::function<void(const End&)> ended;  ///< exactly once
    };
    struct Call {
        Uri to;
        NameAddr from;  ///< a tag is added
        Target target;
        Account* account = nullptr;  ///< must outlive the leg; null: 401 is a refusal
        std::uint16_t media_port = 0;
        Stack::Options options{};
    };

    UserAgent(Hooks, Timers = {});
    ~UserAgent();
    UserAgent(const UserAgent&) = delete;
    UserAgent& operator=(const UserAgent&) = delete;

    LegId call(Call, Events);
    void ring(LegId);
    /// Told when an incoming leg ends before it is answered; answer() replaces it.
    void watch(LegId, std::function<void(const End&)> ended);
    void answer(LegId, std::uint16_t media_port, Events);
    void reject(LegId, int status, std::vector<Header> extra = {});
    /// CANCEL, BYE or 487, whatever the leg needs; later calls do nothing.
    void hang_up(LegId);
    [[nodiscard]] bool exists(LegId) const;
    /// Where the other side of an established leg wants the sound.
    [[nodiscard]] std::optional<Sdp> remote_media(LegId) const;
    /// What this side said about itself; empty address: nothing yet.
    [[nodiscard]] Sdp local_media(LegId) const;
    [[nodiscard]] std::size_t legs() const noexcept { return m_legs.size(); }

    /// A request outside of a dialog; one challenge is answered. `done` gets null when no final
    /// response came.
    using Done = std::function<void(const Message*, Stack::Failure)>;
    void request(Message, const Target&, Account*, Done, Stack::Options);
    /// Request line, Max-Forwards, From (with tag), To, Call-ID, CSeq; no Via.
    [[nodiscard]] Message make_request(Method, const Uri&, const NameAddr& from, const Uri& to);

    [[nodiscard]] Stack& stack() noexcept { return m_stack; }
    void receive(std::string_view datagram, const Target& from) { m_stack.receive(datagram, from); }

  private:
    struct Leg;
    Leg* leg(LegId);
    void send_invite(LegId);
    void on_invite_response(LegId, const Message&);
    void on_request(ServerId, const Message&, const Target&, ServerId cancelled);
    void in_dialog(ServerId, const Message&, const Target&);
    void bye(Leg&);
    void end(LegId, End);
    [[nodiscard]] std::string contact(const std::string& user, const Target&) const;
    void authorise(Message&, Account&);
    void offer(Leg&, Message&);

    Hooks m_hooks;
    Stack m_stack;
    std::map<std::uint64_t, std::unique_ptr<Leg>> m_legs;
    std::map<std::string, std::uint64_t, std::less<>> m_dialogs;  // call id + local tag
    std::map<std::uint64_t, std::uint64_t> m_invites;             // server transaction -> leg
    std::uint64_t m_last = 0;
};

}  // namespace models::sip
