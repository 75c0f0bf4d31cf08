// SPDX-License-Identifier: GPL-2.0-or-later
// Inside of the PBX model, for its own source and for probes that follow the path. Not for the
// testbed.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "dahdi_spans.hpp"
#include "lapd.hpp"
#include "q931.hpp"
#include "telephony.hpp"

namespace models {

struct Pbx::Impl {
    class Asterisk;  ///< the process; its end, however it comes, ends everything below `spans`

    /// One end of a call on this PBX.
    struct Leg {
        bool trunk = false;
        int span = 0;
        int channel = 0;
        tdm::CallHandle handle = tdm::CallHandle::none;  ///< trunk
    };
    struct Call {
        Leg caller;
        Leg callee;
        bool answered = false;
    };
    using CallNumber = std::uint64_t;

    struct Station {
        enum class State : std::uint8_t {
            on_hook,
            dial_tone,
            dialled,
            ringing,
            talking,
            wait_on_hook
        };
        State state = State::on_hook;
        CallNumber call = 0;
        Inband::Sound heard = Inband::Sound::silence;  ///< what comes from the station
    };
    using ChannelKey = std::pair<int, int>;  ///< span, channel

    Impl(Host&, PbxOptions);
    ~Impl();

    // --- the process
    void started();
    void stop_begun();
    void process_ended();
    [[nodiscard]] bool runs() const { return process != nullptr; }
    [[nodiscard]] bool serves() const;
    /// Process time: later, unless the process has ended; stands still while it is hung or frozen.
    void later(ns3::Time, std::function<void()>);
    void go_on();  ///< after a hang or a freeze
    [[nodiscard]] bool stands_still() const { return hung || process_frozen || blocked; }
    /// Every call is written to disk when it is set up and when it ends (log, call records). A disk
    /// that does not answer holds the whole process there [assumed: one lock for the log].
    bool blocks_on_disk();

    // --- spans and stations
    void alarm_changed(int span);
    void abcd_arrived(int span, int channel, std::uint8_t bits);
    void inband_arrived(int span, int channel, const Inband&);
    void read_hooks(int span);
    void off_hook(ChannelKey);
    void on_hook(ChannelKey);
    void digits(ChannelKey, const std::string& number);
    void route(ChannelKey, const std::string& number);
    void congestion(ChannelKey);
    [[nodiscard]] bool is_station(int span) const;
    void ring(CallNumber, ChannelKey);
    void answer(CallNumber);
    /// Ends a call; `except` has hung up itself.
    void end_call(CallNumber, const Leg* except, tdm::Cause);
    void sound_to(const Leg&, const Inband&);
    [[nodiscard]] Inband::Sound heard_from(const Leg&) const;

    // --- trunk
    void trunk_setup(tdm::CallHandle, int channel, const std::string& number);
    [[nodiscard]] CallNumber call_of(tdm::CallHandle) const;
    [[nodiscard]] int free_channel() const;
    void check_trunk();
    [[nodiscard]] bool trunk_works() const;
    [[nodiscard]] RecordId prerequisites() const;

    Host& host;
    PbxOptions options;
    ScriptAgent script;
    tdm::DahdiSpans spans;

    Asterisk* process = nullptr;  ///< owned by the host
    bool serving = false;         ///< between end of start and begin of stop
    bool hung = false;
    bool process_frozen = false;
    bool blocked = false;  ///< waits for a disk that never answers
    bool trunk_was_up = false;
    std::uint64_t life = 0;         ///< of the process
    std::uint64_t stop_orders = 0;  ///< a watcher does not start again what was told to stop
    RandomStream watcher_stream;
    std::vector<std::pair<RecordId, std::function<void()>>> held;  ///< while it stands still
    std::optional<tdm::Lapd> lapd;
    std::optional<tdm::Q931> q931;
    std::map<ChannelKey, Station> stations;
    std::map<CallNumber, Call> calls;
    std::set<int> busy_channels;               ///< B channels of the PRI
    std::map<int, Inband::Sound> trunk_heard;  ///< by B channel
    CallNumber next_call = 1;
    std::uint64_t trunk_breaks = 0;  ///< raised when the D-channel is lost
    RecordId service_record = RecordId::none;
    RecordId dchannel_record = RecordId::none;
    RecordId trunk_record = RecordId::none;
};

}  // namespace models
