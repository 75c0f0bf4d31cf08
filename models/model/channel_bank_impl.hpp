// SPDX-License-Identifier: GPL-2.0-or-later
// Inside of the channel bank model, for its own source, the people at the phones and probes. Not
// for the testbed.
#pragma once

#include <array>

#include "telephony.hpp"

namespace models {

struct ChannelBank::Impl {
    class Port;

    Impl(Context& context, std::string name, int ports);
    ~Impl();

    // --- what a person does with a phone; ports from 1
    void off_hook(int port);
    void on_hook(int port);
    void dial(int port, const std::string& digits);
    void say(int port, Inband::Sound);

    // --- what a person notices; may be null
    std::function<void(int port, bool ringing)> ring;
    std::function<void(int port, Inband::Sound)> heard;

    struct Phone {
        bool off_hook = false;
        bool ringing = false;
        Inband::Sound hears = Inband::Sound::silence;
        Inband::Sound says = Inband::Sound::silence;
    };

    Context& context;
    std::string name;
    int ports;
    std::unique_ptr<Port> port;
    T1Line* line = nullptr;
    std::array<Phone, 25> phones{};
};

class ChannelBank::Impl::Port final : public T1Port {
  public:
    explicit Port(Impl& bank) : T1Port(bank.name + ":t1"), m_bank(bank) {}
    void alarm_changed(Alarm) override {}  // the phones hear silence already when framing is lost
    void receive_dchannel(std::span<const std::byte>) override {}
    void receive_abcd(int channel, std::uint8_t bits) override;
    void receive_inband(int channel, const Inband&) override;

  private:
    Impl& m_bank;
};

}  // namespace models
