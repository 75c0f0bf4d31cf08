// SPDX-License-Identifier: GPL-2.0-or-later
// Q.931 messages and call states.

#include "q931.hpp"

#include <array>
#include <utility>

namespace models::tdm {

namespace {

constexpr std::uint8_t protocol_discriminator = 0x08;
constexpr unsigned reference_limit = 0x7FFF;
constexpr std::size_t call_limit =
    64;  ///< calls kept at once: 23 channels, some in release; beyond that SETUP is refused

constexpr std::uint8_t element_bearer = 0x04;
constexpr std::uint8_t element_cause = 0x08;
constexpr std::uint8_t element_call_state = 0x14;
constexpr std::uint8_t element_channel = 0x18;
constexpr std::uint8_t element_called_number = 0x70;

}  // namespace

struct Q931::Parsed {
    unsigned reference = 0;
    bool ours = false;  ///< the call reference was allocated by us
    Message message{};
    int channel = 0;
    int call_state = -1;
    Cause cause = Cause::normal_clearing;
    std::string number;
};

std::string_view Q931::name_of(Message message) noexcept {
    switch (message) {
    case Message::alerting:
        return "ALERTING";
    case Message::call_proceeding:
        return "CALL PROCEEDING";
    case Message::connect:
        return "CONNECT";
    case Message::setup:
        return "SETUP";
    case Message::connect_ack:
        return "CONNECT ACK";
    case Message::disconnect:
        return "DISCONNECT";
    case Message::release:
        return "RELEASE";
    case Message::release_complete:
        return "RELEASE COMPLETE";
    case Message::status_enquiry:
        return "STATUS ENQUIRY";
    case Message::status:
        return "STATUS";
    }
    return "?";
}

Q931::Q931(Side side, const PriTimers& timers, Hooks hooks)
    : m_side(side), m_timers(timers), m_hooks(std::move(hooks)) {}

// ---------------------------------------------------------------- octets

std::optional<Q931::Parsed> Q931::parse(std::span<const std::byte> bytes) {
    constexpr std::size_t header = 5;  // discriminator, length 2, reference 2 … and the type at [4]
    const auto octet = [&bytes](std::size_t i) { return std::to_integer<std::uint8_t>(bytes[i]); };
    if (bytes.size() < header || octet(0) != protocol_discriminator || octet(1) != 2) {
        return std::nullopt;
    }
    Parsed out;
    out.ours = (octet(2) & 0x80U) != 0;  // flag 1: from the side that did not originate the call
    out.reference = ((octet(2) & 0x7FU) << 8U) | octet(3);
    out.message = static_cast<Message>(octet(4));
    for (std::size_t i = header; i < bytes.size();) {
        const std::uint8_t id = octet(i);
        if ((id & 0x80U) != 0) {
            ++i;  // single-octet element
            continue;
        }
        if (i + 1 >= bytes.size()) {
            return std::nullopt;
        }
        const std::size_t length = octet(i + 1);
        if (length > bytes.size() - i - 2) {
            return std::nullopt;
        }
        const auto body = bytes.subspan(i + 2, length);
        if (id == element_channel && length >= 3) {
            out.channel = std::to_integer<int>(body[2]) & 0x7F;
        } else if (id == element_cause && length >= 2) {
            out.cause = static_cast<Cause>(std::to_integer<unsigned>(body[1]) & 0x7FU);
        } else if (id == element_call_state && length >= 1) {
            out.call_state = std::to_integer<int>(body[0]) & 0x3F;
        } else if (id == element_called_number && length >= 1) {
            for (const std::byte digit : body.subspan(1)) {
                out.number.push_back(static_cast<char>(digit));
            }
        }
        i += 2 + length;
    }
    return out;
}

void Q931::transmit(unsigned reference,
                    bool ours,
                    Message message,
                    std::span<const std::uint8_t> elements) {
    std::vector<std::byte> out;
    out.push_back(static_cast<std::byte>(protocol_discriminator));
    out.push_back(std::byte{2});
    out.push_back(static_cast<std::byte>((reference >> 8U) | (ours ? 0x00U : 0x80U)));
    out.push_back(static_cast<std::byte>(reference & 0xFFU));
    out.push_back(static_cast<std::byte>(message));
    for (const std::uint8_t element : elements) {
        out.push_back(static_cast<std::byte>(element));
    }
    if (m_hooks.traced) {
        m_hooks.traced(name_of(message), reference, true);
    }
    m_hooks.send(std::move(out));
}

void Q931::send_cause(const Call& call, Message message, Cause cause) {
    const std::uint8_t location =
        m_side == Side::user ? 0x81 : 0x82;  // private / public network serving the local user
    const std::array<std::uint8_t, 4> element{
        element_cause,
        2,
        location,
        static_cast<std::uint8_t>(0x80U | static_cast<unsigned>(cause))};
    transmit(call.reference, call.ours, message, element);
}

void Q931::send_setup(const Call& call) {
    std::vector<std::uint8_t> elements{
        element_bearer,
        3,
        0x80,
        0x90,
        0xA2,  // speech, 64 kbit/s, mu-law
        element_channel,
        3,
        0xA9,
        0x83,
        static_cast<std::uint8_t>(0x80 | call.channel)};  // exclusive, B channel
    elements.push_back(element_called_number);
    elements.push_back(static_cast<std::uint8_t>(call.number.size() + 1));
    elements.push_back(0x81);
    elements.insert(elements.end(), call.number.begin(), call.number.end());
    transmit(call.reference, call.ours, Message::setup, elements);
}

void Q931::send_channel(const Call& call, Message message) {
    const std::array<std::uint8_t, 5> element{
        element_channel, 3, 0xA9, 0x83, static_cast<std::uint8_t>(0x80 | call.channel)};
    transmit(call.reference, call.ours, message, element);
}

// ---------------------------------------------------------------- book-keeping

Q931::Call* Q931::find(CallHandle handle) {
    const auto found = m_calls.find(handle);
    return found == m_calls.end() ? nullptr : &found->second;
}

CallHandle Q931::find(unsigned reference, bool ours) const {
    for (const auto& [handle, call] : m_calls) {
        if (call.reference == reference && call.ours == ours) {
            return handle;
        }
    }
    return CallHandle::none;
}

void Q931::arm(CallHandle handle, ns3::Time time, void (Q931::*expired)(CallHandle)) {
    Call& call = m_calls.at(handle);
    stop_timer(call);
    m_hooks.later(time, [this, handle, timer = call.timer, expired] {
        const Call* const now = find(handle);
        if (now != nullptr && now->timer == timer) {
            (this->*expired)(handle);
        }
    });
}

void Q931::tell_cleared(CallHandle handle, Cause cause) {
    Call* const call = find(handle);
    if (call != nullptr && !call->told_cleared) {
        call->told_cleared = true;
        m_hooks.cleared(handle, cause);
    }
}

void Q931::finish(CallHandle handle, Cause cause) {
    tell_cleared(handle, cause);
    const auto found = m_calls.find(handle);
    if (found != m_calls.end()) {
        const int channel = found->second.channel;
        m_calls.erase(found);
        m_hooks.released(handle, channel);
    }
}

void Q931::forget_all() {
    while (!m_calls.empty()) {
        finish(m_calls.begin()->first, Cause::temporary_failure);
    }
}

// ---------------------------------------------------------------- requests of the user above

CallHandle Q931::setup(int channel, const std::string& number) {
    const auto handle = static_cast<CallHandle>(m_next_handle++);
    Call& call = m_calls[handle];
    call.ours = true;
    do {
        call.reference = m_next_reference;
        m_next_reference = m_next_reference % reference_limit + 1;
    } while (find(call.reference, true) != handle);
    call.channel = channel;
    call.number = number;
    send_setup(call);
    arm(handle, m_timers.t303, &Q931::t303_expired);
    return handle;
}

void Q931::proceed(CallHandle handle) {
    Call* const call = find(handle);
    if (call != nullptr && call->state == State::present) {
        call->state = State::incoming_proceeding;
        send_channel(*call, Message::call_proceeding);
    }
}

void Q931::alert(CallHandle handle) {
    Call* const call = find(handle);
    if (call != nullptr &&
        (call->state == State::present || call->state == State::incoming_proceeding)) {
        call->state = State::received;
        transmit(call->reference, call->ours, Message::alerting);
    }
}

void Q931::connect(CallHandle handle) {
    Call* const call = find(handle);
    if (call == nullptr ||
        (call->state != State::present && call->state != State::incoming_proceeding &&
         call->state != State::received)) {
        return;
    }
    transmit(call->reference, call->ours, Message::connect);
    if (m_side == Side::user) {
        call->state = State::connect_request;
        arm(handle, m_timers.t313, &Q931::t313_expired);
    } else {
        call->state = State::active;  // the network does not wait for the acknowledgement
    }
}

void Q931::hang_up(CallHandle handle, Cause cause) {
    Call* const call = find(handle);
    if (call == nullptr) {
        return;
    }
    call->told_cleared = true;
    switch (call->state) {
    case State::present:
        send_cause(*call, Message::release_complete, cause);
        finish(handle, cause);
        break;
    case State::disconnect_request:
    case State::disconnect_indication:
    case State::release_request:
        break;  // on its way
    case State::call_initiated:
    case State::outgoing_proceeding:
    case State::delivered:
    case State::received:
    case State::connect_request:
    case State::incoming_proceeding:
    case State::active:
        call->cause = cause;
        call->state = State::disconnect_request;
        send_cause(*call, Message::disconnect, cause);
        arm(handle, m_timers.t305, &Q931::t305_expired);
        break;
    }
}

// ---------------------------------------------------------------- timers

void Q931::t303_expired(CallHandle handle) {
    Call& call = m_calls.at(handle);
    if (call.tries++ == 0) {
        send_setup(call);
        arm(handle, m_timers.t303, &Q931::t303_expired);
    } else {
        send_cause(call, Message::release_complete, Cause::timer_expired);
        finish(handle, Cause::timer_expired);
    }
}

void Q931::t305_expired(CallHandle handle) {
    start_release(handle, m_calls.at(handle).cause);
}

void Q931::start_release(CallHandle handle, Cause cause) {
    Call& call = m_calls.at(handle);
    call.state = State::release_request;
    call.tries = 0;
    call.cause = cause;
    send_cause(call, Message::release, cause);
    arm(handle, m_timers.t308, &Q931::t308_expired);
}

void Q931::t308_expired(CallHandle handle) {
    Call& call = m_calls.at(handle);
    if (call.tries++ == 0) {
        send_cause(call, Message::release, call.cause);
        arm(handle, m_timers.t308, &Q931::t308_expired);
    } else {
        finish(handle, Cause::timer_expired);
    }
}

void Q931::t309_expired(CallHandle handle) {
    finish(handle, Cause::out_of_order);
}

void Q931::t313_expired(CallHandle handle) {
    Call& call = m_calls.at(handle);
    call.state = State::disconnect_request;
    call.cause = Cause::timer_expired;
    send_cause(call, Message::disconnect, Cause::timer_expired);
    arm(handle, m_timers.t305, &Q931::t305_expired);
    tell_cleared(handle, Cause::timer_expired);
}

// ---------------------------------------------------------------- data link

void Q931::dl_established() {
    for (auto& [handle, call] : m_calls) {
        if (call.state != State::active) {
            continue;
        }
        if (call.timer_t309) {
            stop_timer(call);
        }
        // Tell the other side what we believe; if it knows nothing of the call, it answers RELEASE
        // COMPLETE.
        const std::uint8_t location = m_side == Side::user ? 0x81 : 0x82;
        const std::array<std::uint8_t, 7> elements{element_cause,
                                                   2,
                                                   location,
                                                   0x80 | 31,
                                                   element_call_state,
                                                   1,
                                                   static_cast<std::uint8_t>(call.state)};
        transmit(call.reference, call.ours, Message::status, elements);
    }
}

void Q931::dl_released() {
    std::vector<CallHandle> unanswered;
    for (auto& [handle, call] : m_calls) {
        if (call.state != State::active) {
            unanswered.push_back(handle);
        } else if (!call.timer_t309) {
            arm(handle, m_timers.t309, &Q931::t309_expired);
            call.timer_t309 = true;
        }
    }
    for (const CallHandle handle : unanswered) {
        finish(handle, Cause::out_of_order);
    }
}

// ---------------------------------------------------------------- messages

void Q931::receive(std::span<const std::byte> bytes) {
    const std::optional<Parsed> in = parse(bytes);
    if (!in) {
        return;
    }
    if (m_hooks.traced) {
        m_hooks.traced(name_of(in->message), in->reference, false);
    }
    const CallHandle handle = find(in->reference, in->ours);
    Call* const call = find(handle);
    if (call == nullptr) {
        on_unknown(*in);
        return;
    }
    switch (in->message) {
    case Message::setup:
        break;  // repeated after T303
    case Message::call_proceeding:
        if (call->state == State::call_initiated) {
            stop_timer(*call);
            call->state = State::outgoing_proceeding;
        }
        break;
    case Message::alerting:
        if (call->state == State::call_initiated || call->state == State::outgoing_proceeding) {
            stop_timer(*call);
            call->state = State::delivered;
            m_hooks.alerting(handle);
        }
        break;
    case Message::connect:
        if (call->state == State::call_initiated || call->state == State::outgoing_proceeding ||
            call->state == State::delivered) {
            stop_timer(*call);
            call->state = State::active;
            transmit(call->reference, call->ours, Message::connect_ack);
            m_hooks.connected(handle);
        }
        break;
    case Message::connect_ack:
        if (call->state == State::connect_request) {
            stop_timer(*call);
            call->state = State::active;
            m_hooks.connected(handle);
        }
        break;
    case Message::disconnect:
        if (call->state == State::release_request) {
            break;
        }
        tell_cleared(handle, in->cause);
        if (find(handle) != nullptr) {
            start_release(handle, in->cause);
        }
        break;
    case Message::release:
        stop_timer(*call);
        transmit(call->reference, call->ours, Message::release_complete);
        finish(handle, in->cause);
        break;
    case Message::release_complete:
        finish(handle, in->cause);
        break;
    case Message::status_enquiry: {
        const std::uint8_t location = m_side == Side::user ? 0x81 : 0x82;
        const std::array<std::uint8_t, 7> elements{element_cause,
                                                   2,
                                                   location,
                                                   0x80 | 30,
                                                   element_call_state,
                                                   1,
                                                   static_cast<std::uint8_t>(call->state)};
        transmit(call->reference, call->ours, Message::status, elements);
        break;
    }
    case Message::status:
        if (in->call_state == 0) {
            finish(handle, in->cause);
        }
        break;
    }
}

void Q931::on_unknown(const Parsed& in) {
    Call stray;
    stray.reference = in.reference;
    stray.ours = in.ours;
    switch (in.message) {
    case Message::release_complete:
        break;
    case Message::setup: {
        if (in.ours || in.channel < 1 || in.channel > 23 || m_calls.size() >= call_limit) {
            send_cause(stray,
                       Message::release_complete,
                       in.ours ? Cause::invalid_call_reference : Cause::no_channel);
            break;
        }
        const auto handle = static_cast<CallHandle>(m_next_handle++);
        Call& call = m_calls[handle];
        call.reference = in.reference;
        call.ours = false;
        call.state = State::present;
        call.channel = in.channel;
        call.number = in.number;
        m_hooks.setup(handle, in.channel, in.number);
        break;
    }
    case Message::status:
        if (in.call_state != 0) {
            send_cause(stray, Message::release_complete, Cause::invalid_call_reference);
        }
        break;
    case Message::alerting:
    case Message::call_proceeding:
    case Message::connect:
    case Message::connect_ack:
    case Message::disconnect:
    case Message::release:
    case Message::status_enquiry:
        send_cause(stray, Message::release_complete, Cause::invalid_call_reference);
        break;
    }
}

}  // namespace models::tdm
