// SPDX-License-Identifier: GPL-2.0-or-later
// One end of a PRI D-channel link, as ITU-T Q.921 and libpri do it (modulo 128, SAPI 0, TEI 0,
// balanced). Octets without flags and FCS. Bytes received are hostile.
//
//   stopped --start--> establishing --UA--> up <--RR/REJ F=1-- recovering
//                          ^  | N200+1 SABME unanswered            | N200 polls unanswered: down()
//                 T200     |  v released()                         v
//                        waiting <---------------------------- establishing
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "telephony.hpp"

namespace models::tdm {

/// Runs a function later; the owner decides in whose time (process, device) and carries the cause.
using Later = std::function<void(ns3::Time, std::function<void()>)>;

enum class Side : std::uint8_t { user, network };

class Lapd final {
  public:
    struct Hooks {
        Later later;
        std::function<void(std::vector<std::byte>)>
            send;  ///< a whole frame, when its last octet is out
        std::function<void(std::span<const std::byte>)> receive;  ///< layer 3 message
        std::function<void(bool by_peer)> established;  ///< also when the peer establishes anew
        std::function<void()> down;                     ///< given up on the peer; SABME goes out
        std::function<void()> released;                 ///< N200+1 SABME unanswered, or DISC
    };

    Lapd(Side side, const PriTimers& timers, Hooks hooks);

    void start();
    /// The owner dies: nothing is sent or called any more, until start().
    void stop();
    void on_frame(std::span<const std::byte> frame);
    void send(std::vector<std::byte> layer3);

    [[nodiscard]] bool up() const noexcept {
        return m_state == State::up || m_state == State::recovering;
    }
    [[nodiscard]] std::uint64_t establishments() const noexcept { return m_establishments; }
    [[nodiscard]] std::uint64_t sabme_sent() const noexcept { return m_sabme_sent; }

  private:
    enum class State : std::uint8_t { stopped, waiting, establishing, up, recovering };
    enum class Supervisory : std::uint8_t { rr = 0x01, rnr = 0x05, rej = 0x09 };

    void establish();
    void release();
    void enter_up(bool by_peer);
    void on_unnumbered(std::uint8_t control);
    void on_supervisory(std::uint8_t first, std::uint8_t second, bool command);
    void on_information(std::uint8_t first, std::uint8_t second, std::span<const std::byte> layer3);
    /// False: N(R) is impossible, the link is being established anew.
    bool acknowledge(std::uint8_t nr);
    void resend_from(std::uint8_t nr);
    void pump();
    void arm_t200();
    void stop_t200();
    void t200_expired();
    void watch_t203();
    void poll();
    void send_unnumbered(std::uint8_t control, bool command);
    void send_supervisory(Supervisory kind, bool command, bool poll_final);
    void output(std::vector<std::byte> frame);
    [[nodiscard]] std::vector<std::byte> address(bool command) const;

    Side m_side;
    PriTimers m_timers;
    Hooks m_hooks;
    State m_state = State::stopped;
    std::uint64_t m_life = 0;  ///< raised by stop(): old timers and frames die
    std::uint64_t m_t200 = 0;  ///< generation of the running timer
    bool m_t200_runs = false;
    bool m_t203_watched = false;
    ns3::Time m_last_heard;
    ns3::Time m_busy_until;  ///< the 64 kbit/s channel
    int m_retries = 0;
    std::uint8_t m_vs = 0, m_va = 0, m_vr = 0;
    bool m_reject_sent = false;
    bool m_peer_asked = false;  ///< a SABME came while ours was not answered
    std::deque<std::vector<std::byte>>
        m_queue;  ///< from V(A) on: sent and not acknowledged, then waiting
    std::uint64_t m_establishments = 0;
    std::uint64_t m_sabme_sent = 0;
};

}  // namespace models::tdm
