// SPDX-License-Identifier: GPL-2.0-or-later
// Inside of the telco model, for its own source, the people behind it and probes. Not for the
// testbed.
#pragma once

#include <map>
#include <set>

#include "lapd.hpp"
#include "q931.hpp"
#include "telephony.hpp"

namespace models {

struct Pstn::Impl {
    class Line;

    /// A call as the far party knows it.
    struct CallId {
        int line = 0;
        tdm::CallHandle handle = tdm::CallHandle::none;
        auto operator<=>(const CallId&) const = default;
    };

    Impl(Context& c, std::string n, PstnOptions o);
    ~Impl();

    /// The people. All may be null.
    std::function<void(CallId, const std::string& number)>
        incoming;                           ///< the telco rings and answers by itself
    std::function<void(CallId)> connected;  ///< a call we placed was answered
    std::function<void(CallId, Inband::Sound)> heard;
    std::function<void(CallId, tdm::Cause)> cleared;  ///< by the network or the other side

    /// handle none: not possible, `why` says so.
    CallId place(const std::string& number, std::string_view& why);
    void say(CallId, Inband::Sound);
    void hang_up(CallId);
    [[nodiscard]] Line* working_line(std::string_view& why);
    Line& line(int number);

    Context& context;
    std::string name;
    PstnOptions options;
    bool serving = true;
    std::map<int, std::unique_ptr<Line>> lines;
};

class Pstn::Impl::Line final : public T1Port {
  public:
    Line(Impl& telco, int number);
    void alarm_changed(Alarm) override;
    void receive_dchannel(std::span<const std::byte>) override;
    void receive_abcd(int, std::uint8_t) override {}
    void receive_inband(int channel, const Inband&) override;

    void start();
    void stop_serving();
    [[nodiscard]] int free_channel() const;
    /// "ms.trunk" of this side: D-channel up and no alarm on the line.
    [[nodiscard]] RecordId record() const { return m_trunk_record; }

    T1Line* line = nullptr;
    Alarm alarm = Alarm::none;
    tdm::Lapd lapd;
    tdm::Q931 q931;
    std::map<int, tdm::CallHandle> channels;  ///< busy B channels
    std::map<tdm::CallHandle, int> channel_of;
    std::set<tdm::CallHandle> placed;     ///< by our people
    std::map<int, Inband::Sound> sounds;  ///< what arrives, by channel
    std::uint64_t breaks = 0;             ///< raised when the D-channel or the line is lost

  private:
    void check_trunk();
    Impl& m_telco;
    int m_number;
    bool m_trunk_was_up = false;
    RecordId m_trunk_record = RecordId::none;
    RecordId m_dchannel_record = RecordId::none;
    RecordId m_alarm_record = RecordId::none;
};

}  // namespace models
