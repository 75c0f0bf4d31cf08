// SPDX-License-Identifier: GPL-2.0-or-later
// Q.921 data link procedures of the D-channel.

#include "lapd.hpp"

#include <algorithm>

#include <ns3/simulator.h>

namespace models::tdm {

namespace {

constexpr std::uint8_t control_sabme = 0x6F;
constexpr std::uint8_t control_dm = 0x0F;
constexpr std::uint8_t control_disc = 0x43;
constexpr std::uint8_t control_ua = 0x63;
constexpr std::uint8_t poll_bit = 0x10;         ///< P/F of U frames
constexpr unsigned window = 7;                  ///< K [sourced: libpri]
constexpr std::size_t queue_limit = 128;        ///< beyond, layer 3 is not listened to [assumed]
constexpr std::size_t information_limit = 260;  ///< N201
const ns3::Time octet_time = ns3::MicroSeconds(125);  // 64 kbit/s
constexpr std::size_t frame_overhead = 3;             ///< FCS and one flag

std::uint8_t distance(std::uint8_t from, std::uint8_t to) {
    return static_cast<std::uint8_t>((to - from) & 0x7F);
}

}  // namespace

Lapd::Lapd(Side side, const PriTimers& timers, Hooks hooks)
    : m_side(side), m_timers(timers), m_hooks(std::move(hooks)) {}

void Lapd::start() {
    stop();
    establish();
}

void Lapd::stop() {
    ++m_life;
    m_state = State::stopped;
    stop_t200();
    m_t203_watched = false;
    m_queue.clear();
    m_busy_until = ns3::Time();
}

void Lapd::establish() {
    m_state = State::establishing;
    m_peer_asked = false;
    m_retries = 0;
    send_unnumbered(control_sabme | poll_bit, true);
    ++m_sabme_sent;
    arm_t200();
}

void Lapd::release() {
    stop_t200();
    m_state = State::waiting;
    m_queue.clear();
    m_hooks.released();
    if (m_state != State::waiting) {
        return;
    }
    m_hooks.later(m_timers.t200,
                  [this, life = m_life] {  // link restart delay = T200 [sourced: libpri]
                      if (life == m_life && m_state == State::waiting) {
                          establish();
                      }
                  });
}

void Lapd::enter_up(bool by_peer) {
    stop_t200();
    m_vs = m_va = m_vr = 0;
    m_reject_sent = false;
    if (by_peer) {
        m_queue.clear();  // what the peer's predecessor would have got means nothing to it
    }
    m_state = State::up;
    ++m_establishments;
    m_last_heard = ns3::Simulator::Now();
    watch_t203();
    m_hooks.established(by_peer);
    pump();
}

void Lapd::on_frame(std::span<const std::byte> frame) {
    constexpr std::size_t address_octets = 2;
    if (m_state == State::stopped || frame.size() < address_octets + 1) {
        return;
    }
    const auto octet = [&frame](std::size_t i) { return std::to_integer<std::uint8_t>(frame[i]); };
    if ((octet(0) & 0xFDU) != 0x00 || octet(1) != 0x01) {
        return;  // not SAPI 0, TEI 0
    }
    // The network sends commands with C/R = 1, the user with 0.
    const bool from_network = m_side == Side::user;
    const bool command = ((octet(0) & 0x02U) != 0) == from_network;
    m_last_heard = ns3::Simulator::Now();
    const std::uint8_t control = octet(2);
    if ((control & 0x03U) == 0x03U) {
        on_unnumbered(control);
    } else if (frame.size() < address_octets + 2) {
        return;
    } else if (m_state == State::waiting) {
        if (command && (octet(3) & 0x01U) != 0) {
            send_unnumbered(control_dm | poll_bit, false);
        }
    } else if (up()) {
        if ((control & 0x01U) != 0) {
            on_supervisory(control, octet(3), command);
        } else {
            on_information(control, octet(3), frame.subspan(address_octets + 2));
        }
    }
}

void Lapd::on_unnumbered(std::uint8_t control) {
    const bool final = (control & poll_bit) != 0;
    switch (control & ~poll_bit) {
    case control_sabme:
        send_unnumbered(static_cast<std::uint8_t>(control_ua | (control & poll_bit)), false);
        if (m_state == State::establishing) {
            m_peer_asked = true;  // up when the answer to our own SABME comes
        } else {
            enter_up(true);
        }
        break;
    case control_ua:
        if (m_state == State::establishing && final) {
            enter_up(m_peer_asked);
        }
        break;
    case control_disc:
        send_unnumbered(
            static_cast<std::uint8_t>((up() ? control_ua : control_dm) | (control & poll_bit)),
            false);
        if (up()) {
            release();
        }
        break;
    case control_dm:
        if (up()) {
            m_hooks.down();
            establish();
        }
        break;
    default:
        break;
    }
}

bool Lapd::acknowledge(std::uint8_t nr) {
    if (distance(m_va, nr) > distance(m_va, m_vs)) {
        m_hooks.down();
        establish();
        return false;
    }
    const std::uint8_t acknowledged = distance(m_va, nr);
    m_queue.erase(m_queue.begin(), m_queue.begin() + acknowledged);
    m_va = nr;
    if (m_state == State::up) {
        if (m_va == m_vs) {
            stop_t200();
        } else if (acknowledged > 0) {
            arm_t200();
        }
    }
    return true;
}

void Lapd::resend_from(std::uint8_t nr) {
    stop_t200();
    m_state = State::up;
    m_vs = nr;
}

void Lapd::on_supervisory(std::uint8_t first, std::uint8_t second, bool command) {
    const auto nr = static_cast<std::uint8_t>(second >> 1U);
    const bool poll_final = (second & 0x01U) != 0;
    if (command && poll_final) {
        send_supervisory(Supervisory::rr, false, true);
    }
    if (!acknowledge(nr)) {
        return;
    }
    const bool answer_to_poll = m_state == State::recovering && !command && poll_final;
    const bool reject =
        first == static_cast<std::uint8_t>(Supervisory::rej) && m_state == State::up;
    if (answer_to_poll || reject) {
        resend_from(nr);
    }
    pump();
}

void Lapd::on_information(std::uint8_t first,
                          std::uint8_t second,
                          std::span<const std::byte> layer3) {
    const auto ns = static_cast<std::uint8_t>(first >> 1U);
    const bool poll = (second & 0x01U) != 0;
    const bool expected = ns == m_vr;
    if (expected) {
        m_vr = static_cast<std::uint8_t>((m_vr + 1U) & 0x7FU);
        m_reject_sent = false;
        send_supervisory(Supervisory::rr, false, poll);
    } else if (!m_reject_sent) {
        m_reject_sent = true;
        send_supervisory(Supervisory::rej, false, poll);
    } else if (poll) {
        send_supervisory(Supervisory::rr, false, true);
    }
    if (!acknowledge(static_cast<std::uint8_t>(second >> 1U))) {
        return;
    }
    if (expected && layer3.size() <= information_limit) {
        const std::vector<std::byte> message(layer3.begin(), layer3.end());
        m_hooks.receive(message);
    }
    pump();
}

void Lapd::send(std::vector<std::byte> layer3) {
    if (m_state != State::stopped && m_queue.size() < queue_limit) {
        m_queue.push_back(std::move(layer3));
        pump();
    }
}

void Lapd::pump() {
    while (m_state == State::up && distance(m_va, m_vs) < window &&
           distance(m_va, m_vs) < m_queue.size()) {
        std::vector<std::byte> frame = address(true);
        frame.push_back(static_cast<std::byte>(m_vs << 1U));
        frame.push_back(static_cast<std::byte>(m_vr << 1U));
        const std::vector<std::byte>& layer3 = m_queue[distance(m_va, m_vs)];
        frame.insert(frame.end(), layer3.begin(), layer3.end());
        m_vs = static_cast<std::uint8_t>((m_vs + 1U) & 0x7FU);
        output(std::move(frame));
        if (!m_t200_runs) {
            arm_t200();
        }
    }
}

// ---------------------------------------------------------------- timers

void Lapd::arm_t200() {
    m_t200_runs = true;
    m_hooks.later(m_timers.t200, [this, timer = ++m_t200] {
        if (timer == m_t200) {
            t200_expired();
        }
    });
}

void Lapd::stop_t200() {
    ++m_t200;
    m_t200_runs = false;
}

void Lapd::t200_expired() {
    m_t200_runs = false;
    switch (m_state) {
    case State::establishing:
        if (m_retries < m_timers.n200) {
            ++m_retries;
            send_unnumbered(control_sabme | poll_bit, true);
            ++m_sabme_sent;
            arm_t200();
        } else {
            release();
        }
        break;
    case State::up:
        m_state = State::recovering;
        m_retries = 1;
        poll();
        break;
    case State::recovering:
        if (m_retries < m_timers.n200) {
            ++m_retries;
            poll();
        } else {
            m_hooks.down();
            establish();
        }
        break;
    case State::stopped:
    case State::waiting:
        break;
    }
}

/// T203: one watcher that looks when the silence could be long enough.
void Lapd::watch_t203() {
    if (m_t203_watched) {
        return;
    }
    m_t203_watched = true;
    const ns3::Time due = m_last_heard + m_timers.t203;
    m_hooks.later(due - ns3::Simulator::Now(), [this, life = m_life] {
        if (life != m_life) {
            return;
        }
        m_t203_watched = false;
        if (!up()) {
            return;  // enter_up() watches again
        }
        if (m_state == State::up && !m_t200_runs &&
            ns3::Simulator::Now() - m_last_heard >= m_timers.t203) {
            m_state = State::recovering;
            m_retries = 0;
            poll();
            m_last_heard =
                ns3::Simulator::Now();  // the watch starts over; T200 is in charge until the answer
        } else if (m_t200_runs) {
            m_last_heard = ns3::Simulator::Now();
        }
        watch_t203();
    });
}

void Lapd::poll() {
    send_supervisory(Supervisory::rr, true, true);
    arm_t200();
}

// ---------------------------------------------------------------- frames

std::vector<std::byte> Lapd::address(bool command) const {
    const bool bit = command == (m_side == Side::network);
    return {static_cast<std::byte>(bit ? 0x02 : 0x00), std::byte{0x01}};
}

void Lapd::send_unnumbered(std::uint8_t control, bool command) {
    std::vector<std::byte> frame = address(command);
    frame.push_back(static_cast<std::byte>(control));
    output(std::move(frame));
}

void Lapd::send_supervisory(Supervisory kind, bool command, bool poll_final) {
    std::vector<std::byte> frame = address(command);
    frame.push_back(static_cast<std::byte>(kind));
    frame.push_back(
        static_cast<std::byte>(static_cast<unsigned>(m_vr) << 1U | (poll_final ? 1U : 0U)));
    output(std::move(frame));
}

void Lapd::output(std::vector<std::byte> frame) {
    const ns3::Time now = ns3::Simulator::Now();
    m_busy_until = std::max(now, m_busy_until) +
                   octet_time * static_cast<std::int64_t>(frame.size() + frame_overhead);
    m_hooks.later(m_busy_until - now, [this, life = m_life, frame = std::move(frame)]() mutable {
        if (life == m_life) {
            m_hooks.send(std::move(frame));
        }
    });
}

}  // namespace models::tdm
