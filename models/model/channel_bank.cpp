// SPDX-License-Identifier: GPL-2.0-or-later
// FXS channel bank: turns robbed bits into ringing and loop current into robbed bits. Loop start,
// one phone per channel.

#include "telephony.hpp"

#include "channel_bank_impl.hpp"
#include "cluster/check.hpp"

namespace models {

namespace {
constexpr std::uint8_t abcd_on_hook = 0x5;  // [general standards knowledge: T1.403 loop start]
constexpr std::uint8_t abcd_off_hook = 0xF;
constexpr std::uint8_t abcd_ring = 0x0;
constexpr int channels = 24;

std::size_t at(int port) {
    return static_cast<std::size_t>(port);
}
}  // namespace

ChannelBank::Impl::Impl(Context& c, std::string n, int p)
    : context(c), name(std::move(n)), ports(p), port(std::make_unique<Port>(*this)) {
    CLUSTER_CHECK(ports >= 1 && ports <= channels);
}

ChannelBank::Impl::~Impl() = default;

void ChannelBank::Impl::off_hook(int number) {
    phones[at(number)].off_hook = true;
    phones[at(number)].ringing = false;
    line->send_abcd(*port, number, abcd_off_hook);
}

void ChannelBank::Impl::on_hook(int number) {
    Phone& phone = phones[at(number)];
    phone.off_hook = false;
    if (phone.says != Inband::Sound::silence) {
        say(number, Inband::Sound::silence);
    }
    line->send_abcd(*port, number, abcd_on_hook);
}

void ChannelBank::Impl::dial(int number, const std::string& digits) {
    line->send_inband(*port, number, {phones[at(number)].says, digits});
}

void ChannelBank::Impl::say(int number, Inband::Sound sound) {
    phones[at(number)].says = sound;
    line->send_inband(*port, number, {sound, {}});
}

void ChannelBank::Impl::Port::receive_abcd(int channel, std::uint8_t bits) {
    if (channel > m_bank.ports) {
        return;
    }
    Phone& phone = m_bank.phones[at(channel)];
    const bool ringing = bits == abcd_ring && !phone.off_hook;
    if (ringing != phone.ringing) {
        phone.ringing = ringing;
        if (m_bank.ring) {
            m_bank.ring(channel, ringing);
        }
    }
}

void ChannelBank::Impl::Port::receive_inband(int channel, const Inband& inband) {
    if (channel > m_bank.ports) {
        return;
    }
    m_bank.phones[at(channel)].hears = inband.sound;
    if (m_bank.heard) {
        m_bank.heard(channel, inband.sound);
    }
}

ChannelBank::ChannelBank(Context& context, std::string name, int ports)
    : m_impl(std::make_unique<Impl>(context, std::move(name), ports)) {}

ChannelBank::~ChannelBank() = default;

T1Port& ChannelBank::line() {
    return *m_impl->port;
}

void ChannelBank::attach_line(T1Line& line) {
    m_impl->line = &line;
}

int ChannelBank::ports() const {
    return m_impl->ports;
}

const std::string& ChannelBank::name() const noexcept {
    return m_impl->name;
}

}  // namespace models
