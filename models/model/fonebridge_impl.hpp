// SPDX-License-Identifier: GPL-2.0-or-later
// Inside of the foneBRIDGE model, for its own source and for probes that follow the path. Not for
// the testbed.
#pragma once

#include <deque>
#include <map>

#include "cluster/wire/fonebridge.hpp"
#include "tdm_stream.hpp"
#include "telephony.hpp"

namespace models {

/// What the firmware works with; lost with power.
struct FonebridgeState {
    std::array<cluster::SpanConfig, 4> spans{};
    std::array<std::uint8_t, 4> priorities{0, 1, 2, 3};
    std::array<std::optional<cluster::MacAddress>, 2> destination{};
    int port = 0;  ///< Ethernet port that carries TDMoE, from 0
    bool transmit = false;
    bool pll = true;
    std::map<std::uint16_t, std::uint8_t> registers;
};

struct Fonebridge::Impl {
    class Ethernet;
    class Span;
    struct Source;

    Impl(Context&, std::string name, FonebridgeOptions);
    ~Impl();

    // --- control server
    void request_arrived(int port,
                         const std::string& from,
                         std::uint16_t from_port,
                         std::span<const std::byte>);
    [[nodiscard]] cluster::wire::BridgeReply execute(const cluster::wire::BridgeRequest&);
    [[nodiscard]] cluster::wire::BridgeReply execute_spans(const cluster::wire::BridgeRequest&);
    [[nodiscard]] cluster::wire::BridgeReply
    execute_priorities(const cluster::wire::BridgeRequest&);
    [[nodiscard]] cluster::wire::BridgeReply execute_register(const cluster::wire::BridgeRequest&);
    [[nodiscard]] ns3::Time time_of(const cluster::wire::BridgeRequest&) const;
    [[nodiscard]] std::vector<std::byte> static_info() const;
    [[nodiscard]] std::vector<std::byte> stats() const;

    // --- configuration and power
    using Running = FonebridgeState;
    void boot_done();
    void lose_state();
    void restart();  ///< boots with the stored configuration
    void apply_stored();
    void store();

    // --- TDMoE
    void set_transmit(bool);
    void stream_changed();  ///< starts the stream anew: a frame now, then one per interval
    void tick(std::uint64_t stream);
    void send_soon();  ///< states or items changed: one frame at the end of this instant
    void send_frame(unsigned frames);
    [[nodiscard]] bool streaming() const {
        return booted && running.transmit &&
               running.destination[static_cast<std::size_t>(running.port)].has_value();
    }
    [[nodiscard]] const LightEndpoint& tdm_port() const;
    [[nodiscard]] bool hears(const cluster::MacAddress& server) const;
    void tdmoe_arrived(const Frame&);
    void watch_silence(const ns3::Mac48Address&, Source&);
    void play_silence();

    Context& context;
    std::string name;
    FonebridgeOptions options;
    std::optional<Running> stored;
    Running running;
    bool powered = true;
    bool booted = true;
    bool mute = false;
    std::uint64_t life = 0;  ///< raised when power is lost or the firmware restarts
    std::unique_ptr<Ethernet> ethernet[2];
    std::vector<std::unique_ptr<Span>> spans;

    ns3::Time busy_until;
    int queued = 0;
    int lose_reply = 0;
    std::uint64_t replies_lost = 0;
    int refuse_command = -1;
    struct Refusal {
        bool refuses = false;
        std::uint64_t count = 0;
    };
    std::map<std::string, Refusal> refusals;  ///< by address of the server
    std::uint64_t requests = 0;
    std::uint64_t received[2] = {0, 0};
    std::uint64_t transmitted[2] = {0, 0};

    tdm::StreamSender sender;
    std::uint64_t stream = 0;  ///< raised whenever the stream starts anew
    ns3::Time stream_since;
    std::uint64_t stream_breaks = 0;  ///< raised whenever TX, destination or power interrupts it
    bool send_pending = false;
    RecordId stream_record = RecordId::none;
    std::map<ns3::Mac48Address, std::unique_ptr<Source>> sources;
    std::uint64_t watches = 0;
};

class Fonebridge::Impl::Span final : public T1Port {
  public:
    Span(Impl& bridge, int number)
        : T1Port(bridge.name + ":span" + std::to_string(number)), m_bridge(bridge),
          m_number(number) {}
    void alarm_changed(Alarm) override;
    void receive_dchannel(std::span<const std::byte>) override;
    void receive_abcd(int channel, std::uint8_t bits) override;
    void receive_inband(int channel, const Inband&) override;
    [[nodiscard]] Impl& bridge() const noexcept { return m_bridge; }
    [[nodiscard]] int number() const noexcept { return m_number; }
    T1Line* line = nullptr;
    std::array<bool, tdm::channel_count + 1>
        audible{};  ///< towards the line: something else than silence

  private:
    Impl& m_bridge;
    int m_number;
};

/// A server whose TDMoE frames arrive.
struct Fonebridge::Impl::Source {
    tdm::StreamReceiver receiver;
    ns3::Time last;
    std::uint64_t watch =
        0;  ///< running silence timer; 0: silent for longer than the flow time-out
};

class Fonebridge::Impl::Ethernet final : public LightEndpoint {
  public:
    Ethernet(Fonebridge::Impl& bridge, int index, ns3::Mac48Address mac)
        : LightEndpoint(bridge.context,
                        bridge.name + ":eth" + std::to_string(index + 1),
                        mac,
                        bridge.options.addresses[static_cast<std::size_t>(index)],
                        24),
          m_bridge(bridge), m_index(index) {}
    void carrier_changed(bool up) override;

  private:
    Fonebridge::Impl& m_bridge;
    int m_index;
};

}  // namespace models
