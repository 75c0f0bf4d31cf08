// SPDX-License-Identifier: GPL-2.0-or-later
// Call control of one PRI (ITU-T Q.931 as far as basic calls need it), either side. Above it: PBX
// or telco; below: LAPD. Messages are real octets; what is received is hostile.
//
//   setup():    call_initiated -> outgoing_proceeding -> delivered -> active
//   on_setup:   present -> incoming_proceeding -> received -> connect_request -> active
//   clearing:   disconnect_request (DISCONNECT sent, T305) -> release_request (RELEASE sent, T308)
//   -> gone
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lapd.hpp"

namespace models::tdm {

/// One call on this interface; unique for the life of the object, never reused.
enum class CallHandle : std::uint64_t { none = 0 };

enum class Cause : std::uint8_t {
    unallocated_number = 1,
    normal_clearing = 16,
    user_busy = 17,
    out_of_order = 27,
    no_channel = 34,
    network_out_of_order = 38,
    temporary_failure = 41,
    channel_not_available = 44,
    invalid_call_reference = 81,
    timer_expired = 102,
};

class Q931 final {
  public:
    struct Hooks {
        Later later;
        std::function<void(std::vector<std::byte>)> send;
        std::function<void(CallHandle, int channel, const std::string& number)> setup;
        std::function<void(CallHandle)> alerting;
        std::function<void(CallHandle)> connected;
        /// The call is over for its users (comes once, unless hang_up() was called); its channel is
        /// not free yet.
        std::function<void(CallHandle, Cause)> cleared;
        /// Call reference and channel are free.
        std::function<void(CallHandle, int channel)> released;
        /// For the trace: a message went out or came in.
        std::function<void(std::string_view message, unsigned reference, bool sent)> traced;
    };

    Q931(Side side, const PriTimers& timers, Hooks hooks);

    [[nodiscard]] CallHandle setup(int channel, const std::string& number);
    void proceed(CallHandle);
    void alert(CallHandle);
    void connect(CallHandle);
    void hang_up(CallHandle, Cause);
    /// Forgets a call or all of them at once, without a message; `released` comes for each.
    void forget_all();

    void dl_established();
    void dl_released();
    void receive(std::span<const std::byte> message);

    [[nodiscard]] std::size_t calls() const noexcept { return m_calls.size(); }

  private:
    enum class State : std::uint8_t {  // values as in the call state element
        call_initiated = 1,
        outgoing_proceeding = 3,
        delivered = 4,
        present = 6,
        received = 7,
        connect_request = 8,
        incoming_proceeding = 9,
        active = 10,
        disconnect_request = 11,
        disconnect_indication = 12,
        release_request = 19,
    };
    enum class Message : std::uint8_t {
        alerting = 0x01,
        call_proceeding = 0x02,
        connect = 0x07,
        setup = 0x05,
        connect_ack = 0x0F,
        disconnect = 0x45,
        release = 0x4D,
        release_complete = 0x5A,
        status_enquiry = 0x75,
        status = 0x7D,
    };
    struct Call {
        unsigned reference = 0;
        bool ours = false;  ///< we originated it: flag 0 in what we send
        State state = State::call_initiated;
        int channel = 0;
        std::string number;
        bool told_cleared = false;  ///< users know, or asked for it
        std::uint64_t timer = 0;    ///< generation of the call's one running timer
        bool timer_t309 = false;
        int tries = 0;
        Cause cause = Cause::normal_clearing;
    };
    struct Parsed;

    static std::string_view name_of(Message) noexcept;
    [[nodiscard]] static std::optional<Parsed> parse(std::span<const std::byte>);
    [[nodiscard]] Call* find(CallHandle);
    [[nodiscard]] CallHandle find(unsigned reference, bool ours) const;
    void
    transmit(unsigned reference, bool ours, Message, std::span<const std::uint8_t> elements = {});
    void send_cause(const Call&, Message, Cause);
    void send_setup(const Call&);
    void send_channel(const Call&, Message);
    void arm(CallHandle, ns3::Time, void (Q931::*expired)(CallHandle));
    void stop_timer(Call& call) {
        ++call.timer;
        call.timer_t309 = false;
    }
    void t303_expired(CallHandle);
    void t305_expired(CallHandle);
    void t308_expired(CallHandle);
    void t309_expired(CallHandle);
    void t313_expired(CallHandle);
    void start_release(CallHandle, Cause);
    void tell_cleared(CallHandle, Cause);
    void finish(CallHandle, Cause);
    void on_unknown(const Parsed&);

    Side m_side;
    PriTimers m_timers;
    Hooks m_hooks;
    std::map<CallHandle, Call> m_calls;
    std::uint64_t m_next_handle = 1;
    unsigned m_next_reference = 1;
};

}  // namespace models::tdm
