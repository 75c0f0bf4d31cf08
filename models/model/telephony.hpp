// SPDX-License-Identifier: GPL-2.0-or-later
// The TDM side: foneBRIDGE, T1 lines, telco (PRI), channel banks with stations, the PBX on a
// server, and calls. Facts and marks: facts/fonebridge.md §2-§4, facts/telephony.md §1. Signalling
// detail by default; per frame on request.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent.hpp"
#include "cluster/config.hpp"
#include "lan.hpp"

namespace models {

enum class TdmDetail : std::uint8_t {
    signalling,  ///< one TDMoE frame per 100 ms stands for 100; changes are sent at once
    frame,       ///< every frame, 1000/s each way
};

/// What the listener of one channel hears. Tones and speech are states (they last until the next
/// change); `digits` are an event: DTMF that arrives with this change.
struct Inband {
    enum class Sound : std::uint8_t { silence, dial_tone, ringback, congestion, speech };
    Sound sound = Sound::silence;
    std::string digits;
    bool operator==(const Inband&) const = default;
};

/// The end of a T1 line on one device. Both ends see framing and alarms; D-channel and robbed bits
/// ride on it.
class T1Port {
  public:
    explicit T1Port(std::string name) : m_name(std::move(name)) {}
    T1Port(const T1Port&) = delete;
    T1Port& operator=(const T1Port&) = delete;
    virtual ~T1Port() = default;
    [[nodiscard]] const std::string& name() const noexcept { return m_name; }

    /// Alarm seen here after its integration time: none, RED (no framing), YELLOW (far end is RED),
    /// AIS (blue).
    enum class Alarm : std::uint8_t { none, red, yellow, ais };
    virtual void alarm_changed(Alarm) = 0;
    virtual void receive_dchannel(std::span<const std::byte> lapd_frame) = 0;
    virtual void receive_abcd(int channel, std::uint8_t bits) = 0;  ///< channel 1..24
    virtual void receive_inband(int /*channel*/, const Inband&) {}

  private:
    std::string m_name;
};

struct T1Timers {
    ns3::Time red_declare = ns3::MilliSeconds(2500);    ///< [sourced: DAHDI drivers; facts §4.1]
    ns3::Time red_clear = ns3::Seconds(10);             ///< [assumed: T1 network side]
    ns3::Time yellow_declare = ns3::MilliSeconds(500);  ///< [sourced]
    ns3::Time ais_declare = ns3::MilliSeconds(2500);    ///< [sourced]
    ns3::Time resync = ns3::MilliSeconds(50);           ///< [assumed]
};

class T1Line {
  public:
    T1Line(Context&, std::string name, T1Port& a, T1Port& b, T1Timers timers = {});
    ~T1Line();
    void set_plugged(bool);
    /// Span alarm injected at one end ("red", "yellow", "ais"), until none.
    void force_alarm(int end, T1Port::Alarm);
    [[nodiscard]] T1Port::Alarm forced_alarm(int end) const;
    /// How often this end has shown that alarm.
    [[nodiscard]] std::uint64_t alarms_shown(int end, T1Port::Alarm) const;
    [[nodiscard]] T1Port& end(int index) const;
    [[nodiscard]] bool plugged() const noexcept;
    /// 0.9 ms of line and framer delay each way [derived: T1 multiframe].
    void send_dchannel(const T1Port& from, std::vector<std::byte> lapd_frame);
    void send_abcd(const T1Port& from, int channel, std::uint8_t bits);
    void send_inband(const T1Port& from, int channel, const Inband&);
    [[nodiscard]] T1Port& far_end(const T1Port& end) const;
    /// End without power or framing: the other end loses frame.
    void set_transmitting(const T1Port& end, bool);
    [[nodiscard]] bool in_frame(const T1Port& end) const;
    [[nodiscard]] T1Port::Alarm alarm(const T1Port& end) const;
    [[nodiscard]] const std::string& name() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

struct FonebridgeOptions {
    int spans = 4;
    std::array<std::string, 2> addresses{"192.168.1.254",
                                         "192.168.1.253"};  ///< factory addresses [sourced]
    ns3::Mac48Address mac{"00:50:c2:00:00:10"};
    ns3::Time command_time = ns3::MilliSeconds(5);          ///< [assumed, facts §2.2]
    ns3::Time register_write_time = ns3::MilliSeconds(20);  ///< [assumed]
    ns3::Time boot_time = ns3::Seconds(15);                 ///< [assumed, facts §6]
    ns3::Time answer_under_load =
        ns3::MilliSeconds(2);  ///< added per command while TDMoE is sent [assumed, facts §7]
    TdmDetail detail = TdmDetail::signalling;
    cluster::RedfoneConfig stored;  ///< what --write-config has left in its flash
    bool has_stored = true;
};

/// Control server (UDP/1024), TDMoE source and sink, up to four T1 spans, stored configuration.
class Fonebridge {
  public:
    Fonebridge(Context&, std::string name, FonebridgeOptions);
    ~Fonebridge();
    Fonebridge(const Fonebridge&) = delete;
    Fonebridge& operator=(const Fonebridge&) = delete;

    [[nodiscard]] LanPort& ethernet(int port);  ///< 1 or 2
    [[nodiscard]] T1Port& span(int number);     ///< 1..4
    void attach_span(int number, T1Line&);
    [[nodiscard]] const std::string& name() const noexcept;

    void power_off();
    void power_on();      ///< boots, comes back with the stored configuration
    void set_mute(bool);  ///< control server does not answer
    /// Loses the reply to the n-th control request from now (1 = the next); 0 cancels.
    void lose_reply(int n);
    /// Refuses the next request with this command number (BridgeStatus::bad_parameter).
    void refuse_command(int command);

    [[nodiscard]] bool transmitting() const;
    [[nodiscard]] std::optional<cluster::MacAddress> destination(int port) const;
    [[nodiscard]] std::uint64_t control_requests() const;
    [[nodiscard]] std::uint64_t replies_lost() const;
    [[nodiscard]] bool running() const;  ///< powered and booted
    [[nodiscard]] bool powered() const;
    /// Requests from this address are refused (BridgeStatus::bad_parameter) until it is switched
    /// off again; how many were.
    void refuse_from(const std::string& address, bool);
    [[nodiscard]] std::uint64_t refused_from(const std::string& address) const;

    /// For the invariant "no two span masters": the server that gets the stream now (none while TX
    /// is off), and every server whose TDMoE frames the bridge plays out now. The bridge takes
    /// frames from any source [assumed: not stated in public sources], so two servers that both
    /// send are both heard.
    struct SpanMaster {
        std::optional<cluster::MacAddress> streams_to;
        std::vector<cluster::MacAddress> heard_from;  ///< sorted
    };
    [[nodiscard]] SpanMaster span_master() const;
    struct Impl;
    [[nodiscard]] Impl& impl() noexcept { return *m_impl; }

  private:
    std::unique_ptr<Impl> m_impl;
};

/// Who may call whom, for probes and load.
enum class CallDirection : std::uint8_t { outward, inward, station_to_station };
[[nodiscard]] std::string_view to_string(CallDirection) noexcept;

/// One call, from the first action of the caller to its end.
struct CallReport {
    std::uint64_t id = 0;
    CallDirection direction = CallDirection::outward;
    ns3::Time started;
    std::optional<ns3::Time> answered;
    std::optional<ns3::Time> ended;
    bool dropped = false;      ///< answered, then ended by the network and not by the parties
    std::string_view failure;  ///< why it was not answered, or why it was dropped; names in
                               ///< docs/models-telephony.md
    RecordId answer_record =
        RecordId::none;  ///< "call.answered"; its cause = the prerequisite satisfied last
};

struct PriTimers {  ///< facts/fonebridge.md §4.2, libpri defaults [sourced]
    ns3::Time t200 = ns3::Seconds(1);
    int n200 = 3;
    ns3::Time t203 = ns3::Seconds(10);
    ns3::Time t303 = ns3::Seconds(4);
    ns3::Time t305 = ns3::Seconds(30);
    ns3::Time t308 = ns3::Seconds(4);
    ns3::Time t309 = ns3::Seconds(6);
    ns3::Time t313 = ns3::Seconds(4);
};

struct PstnOptions {
    PriTimers timers{.t309 = ns3::Seconds(90)};  ///< telco side [assumed]
    ns3::Time answer_time =
        ns3::MilliSeconds(20);  ///< far party of an outward call answers [assumed: probe target]
    bool restart_on_sabme =
        true;  ///< clears its calls when the other side re-establishes [assumed]
};

/// The telco: network side of the PRI and the people behind it.
class Pstn {
  public:
    Pstn(Context&, std::string name, PstnOptions);
    ~Pstn();
    [[nodiscard]] T1Port& line(int number);  ///< "telco:1"
    void attach_line(int number, T1Line&);
    [[nodiscard]] bool dchannel_up() const;
    /// Its switch is down: no layer 2, no calls, nobody hears anything. The framers of its lines
    /// go on, so no line shows an alarm.
    void set_serving(bool);
    [[nodiscard]] bool serving() const noexcept;
    [[nodiscard]] const std::string& name() const noexcept;
    struct Impl;
    [[nodiscard]] Impl& impl() noexcept { return *m_impl; }

  private:
    std::unique_ptr<Impl> m_impl;
};

/// FXS channel bank: 24 stations on one T1, robbed-bit signalling.
class ChannelBank {
  public:
    ChannelBank(Context&, std::string name, int ports);
    ~ChannelBank();
    [[nodiscard]] T1Port& line();
    void attach_line(T1Line&);
    [[nodiscard]] int ports() const;
    [[nodiscard]] const std::string& name() const noexcept;
    struct Impl;
    [[nodiscard]] Impl& impl() noexcept { return *m_impl; }

  private:
    std::unique_ptr<Impl> m_impl;
};

struct PbxOptions {
    ScriptAgent::Profile profile;  ///< start, stop: distributions
    std::string tdmoe_interface = "eth1";
    ns3::Mac48Address bridge_mac;  ///< frames from other addresses are dropped, as DAHDI does
    PriTimers timers;
    int pri_span = 1;
    std::vector<int> station_spans{2, 3, 4};
    ns3::Time call_setup_time = ns3::MilliSeconds(20);  ///< dialplan work per call [assumed]
    ns3::Time span_activation_delay{};  ///< ethmf holds a new span 4 s when the driver is loaded
                                        ///< only now [sourced]; 0 = loaded at boot
    TdmDetail detail = TdmDetail::signalling;
};

/// A PBX on one server, as the daemon, faults and probes see it. Its process is "asterisk".
/// Records: "ms.service" when it answers its local probe.
class PbxService : public Agent {
  public:
    virtual void crash() = 0;  ///< the Asterisk process dies; nobody is told
    /// A watcher (safe_asterisk, a unit with Restart=) starts it again: it comes up `after` plus a
    /// start's time later, unless it runs by then or was told to stop.
    virtual void start_again(ns3::Time after) = 0;
    virtual void hang(bool) = 0;                   ///< process alive, answers nothing
    [[nodiscard]] virtual bool hangs() const = 0;  ///< by hang()
    [[nodiscard]] virtual bool answers_local_probe() const = 0;
    [[nodiscard]] virtual bool trunk_up() const = 0;
};

/// DAHDI dynamic spans in the kernel plus Asterisk on one server. The Agent side is what the daemon
/// starts and stops. Records: "ms.bridge" (TDMoE from the bridge arrives at this node after it did
/// not), "ms.service" (answers its local probe), "ms.trunk" (D-channel up and alarms clear).
class Pbx final : public PbxService {
  public:
    Pbx(Host&, PbxOptions);
    ~Pbx() override;
    void run(cluster::AgentOp, const std::vector<std::string>&, Done) override;
    void cancel() override;
    void host_lost() override;
    void crash() override;  ///< the Asterisk process dies; nobody is told
    /// A watcher (safe_asterisk, a unit with Restart=) starts it again: it comes up `after` plus a
    /// start's time later, unless it runs by then or was told to stop.
    void start_again(ns3::Time after) override;
    void hang(bool) override;                   ///< process alive, answers nothing
    [[nodiscard]] bool hangs() const override;  ///< by hang()
    [[nodiscard]] bool answers_local_probe() const override;
    [[nodiscard]] bool dchannel_up() const;
    [[nodiscard]] bool receives_tdmoe() const;
    [[nodiscard]] bool
    trunk_up() const override;  ///< service answers, D-channel up, PRI span without alarm
    [[nodiscard]] T1Port::Alarm span_alarm(int span) const;
    [[nodiscard]] AgentFaults& faults() noexcept override;  ///< of its init script
    struct Impl;
    [[nodiscard]] Impl& impl() noexcept { return *m_impl; }

  private:
    std::unique_ptr<Impl> m_impl;
};

/// How the people behave. All [assumed] unless said otherwise; facts/telephony.md §5.
struct PeopleOptions {
    ns3::Time patience =
        ns3::Seconds(10);  ///< waits for dial tone and answer before hanging up (range 5-20)
    ns3::Time silence_patience = ns3::Seconds(8);  ///< hears nothing in a call, then hangs up
    ns3::Time dial_time = ns3::MilliSeconds(500);  ///< dials after dial tone
    ns3::Time station_answer =
        ns3::MilliSeconds(20);  ///< ring to off-hook; as PstnOptions::answer_time
};

/// Whoever places calls for probes and load, and follows them. A probe call hangs up once answered,
/// uses a circuit outside the counted load, and is not repeated.
class Telephones {
  public:
    Telephones() = default;
    Telephones(const Telephones&) = delete;
    Telephones& operator=(const Telephones&) = delete;
    virtual ~Telephones() = default;
    using Finished = std::function<void(const CallReport&)>;
    /// Gives up `patience` after its start when not answered.
    virtual void probe(CallDirection, ns3::Time patience, Finished) = 0;
    /// A call of the workload; held for `hold` after the answer.
    virtual void call(CallDirection, ns3::Time hold, Finished) = 0;
    [[nodiscard]] virtual int calls_in_progress() const = 0;  ///< answered, workload only
    /// Share of stations that an inward call would reach now, 0..1 (design §4: restored at 95 %).
    [[nodiscard]] virtual double stations_reachable() const = 0;
    /// A call of the workload that is still unanswered after this never will be.
    [[nodiscard]] virtual ns3::Time settled_after() const { return ns3::Seconds(15); }
    /// The first fault of the run happens now.
    virtual void outage_begins() {}
    virtual void add_metrics(std::vector<std::pair<std::string, std::int64_t>>&) const {}
};

/// Places calls and follows them. Knows all stations; picks free ones. A probe call hangs up once
/// answered, uses a reserved circuit outside the counted load, and is not repeated: what is missing
/// at its start, or is lost during its set-up, fails it, and `finished` is called as soon as that
/// is certain (latest after `patience`).
class CallCentre final : public Telephones {
  public:
    CallCentre(
        Context&, Pstn&, std::vector<ChannelBank*> banks, int stations, PeopleOptions people = {});
    ~CallCentre() override;
    /// Every PBX that may serve the spans; needed before the first probe (probes follow the path
    /// synchronously, which is cheaper than signalling; calls of the workload find their way over
    /// the wire).
    void add_server(Pbx&);

    void probe(CallDirection, ns3::Time patience, Finished) override;
    void call(CallDirection, ns3::Time hold, Finished) override;
    [[nodiscard]] int calls_in_progress() const override;
    [[nodiscard]] double stations_reachable() const override;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// The fonulator program as heartbeat would run it: exec, 15 round trips by UDP, one process. Used
/// when the word is bound to a script; when it is bound to the bridge switch the core does the
/// exchange itself.
class FonulatorAgent final : public Agent {
  public:
    FonulatorAgent(Host&, cluster::RedfoneConfig, ScriptAgent::Profile, std::string interface);
    ~FonulatorAgent() override;
    void run(cluster::AgentOp, const std::vector<std::string>&, Done) override;
    void cancel() override;
    void host_lost() override;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace models
