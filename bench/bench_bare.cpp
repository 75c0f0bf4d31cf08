// SPDX-License-Identifier: GPL-2.0-or-later
// The yardstick of budget 2: a bare ns-3 program that sends the frames of a recorded run, at their
// times, over the same links and hosts, and signs and verifies the same heartbeats. No core, no
// telephony, no probes, no bookkeeping.
//   bench_bare --convert TRACE FRAMES   compact list of the frames of a trace recorded with --trace
//   all bench_bare FRAMES                   send them; prints what arrived
// ARP, echo replies and forwarding by the switch happen by themselves, so only what a source sent
// is in the list.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <ns3/boolean.h>
#include <ns3/config.h>
#include <ns3/global-value.h>
#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-address.h>
#include <ns3/packet.h>
#include <ns3/simulator.h>
#include <ns3/socket.h>
#include <ns3/string.h>

#include <nlohmann/json.hpp>

#include "cluster/wire/heartbeat.hpp"
#include "cluster/wire/tdmoe.hpp"
#include "model/host.hpp"
#include "model/lan.hpp"

namespace {

enum class Kind : std::uint8_t { heartbeat, echo, raw };
enum class Source : std::uint8_t { asterisk1, asterisk2, bridge, probe };

struct Sent {
    std::int64_t at_ns = 0;
    std::uint32_t bytes = 0;
    Kind kind = Kind::raw;
    Source source = Source::probe;
};

constexpr std::uint32_t udp_overhead = 14 + 20 + 8;

int convert(const char* trace, const char* frames) {
    std::ifstream in{trace};
    std::ofstream out{frames, std::ios::binary};
    std::string line;
    std::size_t count = 0;
    while (std::getline(in, line)) {
        if (line.find("\"k\":\"pkt\"") == std::string::npos) {
            continue;
        }
        const auto record = nlohmann::json::parse(line);
        const auto& detail = record["d"];
        const std::string from = detail["from"];
        const std::string protocol = detail["protocol"];
        Sent sent{.at_ns = record["t"],
                  .bytes = detail["bytes"],
                  .kind = Kind::raw,
                  .source = Source::probe};
        if (from.starts_with("asterisk1:")) {
            sent.source = Source::asterisk1;
        } else if (from.starts_with("asterisk2:")) {
            sent.source = Source::asterisk2;
        } else if (from.starts_with("fb1:")) {
            sent.source = Source::bridge;
        } else if (!from.starts_with("probe:")) {
            continue;  // a switch forwards by itself
        }
        if (protocol == "heartbeat") {
            sent.kind = Kind::heartbeat;
        } else if (protocol == "icmp") {
            if (sent.source != Source::probe) {
                continue;
            }
            sent.kind = Kind::echo;
        } else if (protocol == "arp") {
            continue;
        }
        out.write(reinterpret_cast<const char*>(&sent), sizeof sent);
        ++count;
    }
    std::printf("%zu frames\n", count);
    return count > 0 && out ? EXIT_SUCCESS : EXIT_FAILURE;
}

class NoRecorder final : public models::Recorder {
  public:
    [[nodiscard]] bool wants_detail() const noexcept override { return false; }
    void hop(models::RecordId, const Hop&) override {}

  protected:
    models::RecordId write(models::RecordId,
                           std::string_view,
                           std::string_view,
                           std::span<const models::TraceField>) override {
        return models::RecordId::none;
    }
};

/// A status message that is `bytes` long on the wire, Ethernet header included.
cluster::wire::OutgoingMessage
message(std::uint64_t sequence, std::uint32_t bytes, const cluster::wire::Authenticator& keys) {
    cluster::wire::OutgoingMessage result;
    result.add("t", "status");
    result.add("st", "active");
    result.add("src", "asterisk1");
    result.add_hex("seq", sequence);
    result.add("ld", "");
    std::vector<std::byte> encoded;
    cluster::wire::encode_netstring(result, keys, cluster::MessageFormat::classic, encoded);
    const std::size_t have = encoded.size() + udp_overhead;
    if (bytes > have) {
        result.fields.back().value.assign(bytes - have - 1,
                                          'x');  // one byte goes into the longer length prefix
    }
    return result;
}

int play(const char* frames) {
    std::ifstream in{frames, std::ios::binary};
    std::vector<Sent> list;
    for (Sent sent; in.read(reinterpret_cast<char*>(&sent), sizeof sent);) {
        list.push_back(sent);
    }
    if (list.empty()) {
        std::fprintf(stderr, "bench_bare: %s holds no frames\n", frames);
        return EXIT_FAILURE;
    }
    ns3::GlobalValue::Bind("SchedulerType", ns3::StringValue("ns3::PriorityQueueScheduler"));

    NoRecorder recorder;
    models::Context context{recorder, 1};
    std::uint64_t verified = 0;
    std::uint64_t echoes = 0;
    std::uint64_t raw = 0;
    {
        models::Host first{context, "asterisk1"};
        models::Host second{context, "asterisk2"};
        models::LanSwitch lan{context, "sw1", ns3::Seconds(300)};
        models::LanSwitch tdm{context, "tdmsw", ns3::Seconds(300)};
        models::LightEndpoint probe{
            context, "probe", ns3::Mac48Address{"02:00:00:00:03:01"}, "10.10.10.50", 24};
        models::LightEndpoint bridge{
            context, "fb1", ns3::Mac48Address{"02:00:00:00:04:01"}, "192.168.1.254", 24};
        models::LinkDirection wire;
        wire.delay = ns3::MicroSeconds(50);
        auto& first0 = first.add_interface(
            "eth0", ns3::Mac48Address{"02:00:00:00:01:01"}, {"10.10.10.100/24"});
        auto& first1 = first.add_interface(
            "eth1", ns3::Mac48Address{"02:00:00:00:01:02"}, {"192.168.1.100/24"});
        auto& second0 = second.add_interface(
            "eth0", ns3::Mac48Address{"02:00:00:00:02:01"}, {"10.10.10.120/24"});
        auto& second1 = second.add_interface(
            "eth1", ns3::Mac48Address{"02:00:00:00:02:02"}, {"192.168.1.120/24"});
        models::LanLink lan1{context, "lan1", first0, lan.port(1), wire};
        models::LanLink lan2{context, "lan2", second0, lan.port(2), wire};
        models::LanLink lan3{context, "lan3", probe, lan.port(3), wire};
        models::LanLink tdm1{context, "tdm1", first1, tdm.port(1), wire};
        models::LanLink tdm2{context, "tdm2", second1, tdm.port(2), wire};
        models::LanLink tdm3{context, "tdm3", bridge, tdm.port(3), wire};
        first.power_on(ns3::Seconds(0));
        second.power_on(ns3::Seconds(0));

        cluster::AuthKeys keys;
        keys.sending_index = 1;
        keys.keys[1] = cluster::AuthKey{cluster::AuthMethod::sha1, "SuPerS&cretP@$$werd"};
        const cluster::wire::Authenticator authenticator{keys};
        std::array<ns3::Ptr<ns3::Socket>, 2> sockets;  // sending, from the fixed address
        std::array<ns3::Ptr<ns3::Socket>, 2> receivers;
        std::array<std::uint8_t, 2048> buffer{};
        const auto receive = [&](ns3::Ptr<ns3::Socket> socket) {
            while (const auto packet = socket->Recv()) {
                const std::uint32_t size =
                    packet->CopyData(buffer.data(), static_cast<std::uint32_t>(buffer.size()));
                cluster::wire::MessageView view;
                if (!cluster::wire::decode(
                        std::as_bytes(std::span{buffer.data(), size}), authenticator, view)) {
                    ++verified;
                }
            }
        };
        probe.on_echo_reply = [&](const std::string&, std::uint16_t, std::uint16_t) { ++echoes; };
        bridge.on_raw = [&](const models::Frame&) { ++raw; };
        const auto count_raw = [&](const models::Frame&) { ++raw; };

        ns3::Simulator::Schedule(
            ns3::NanoSeconds(1), ns3::MakeEvent([&] {
                sockets = {first.open_udp("eth0", "", 0), second.open_udp("eth0", "", 0)};
                receivers = {first.open_udp("eth0", "0.0.0.0", 694),
                             second.open_udp("eth0", "0.0.0.0", 694)};
                for (auto& socket : sockets) {
                    socket->ShutdownRecv();
                }
                for (auto& socket : receivers) {
                    socket->SetRecvCallback(ns3::MakeCallback(
                        &std::remove_reference_t<decltype(receive)>::operator(), &receive));
                }
                first.on_raw("eth1", cluster::wire::tdmoe_ethertype, count_raw);
                second.on_raw("eth1", cluster::wire::tdmoe_ethertype, count_raw);
            }));
        const ns3::InetSocketAddress everyone{ns3::Ipv4Address{"10.10.10.255"}, 694};
        std::uint64_t sequence = 0;
        std::vector<std::byte> encoded;
        const std::vector<std::byte> payload(1500);
        std::size_t next = 0;
        std::function<void()> send_next = [&] {
            const std::int64_t now = ns3::Simulator::Now().GetNanoSeconds();
            for (; next < list.size() && list[next].at_ns <= now; ++next) {
                const Sent& sent = list[next];
                models::Host& host = sent.source == Source::asterisk1 ? first : second;
                switch (sent.kind) {
                case Kind::heartbeat:
                    encoded.clear();
                    cluster::wire::encode_netstring(message(++sequence, sent.bytes, authenticator),
                                                    authenticator,
                                                    cluster::MessageFormat::classic,
                                                    encoded);
                    sockets[sent.source == Source::asterisk1 ? 0 : 1]->SendTo(
                        ns3::Create<ns3::Packet>(
                            reinterpret_cast<const std::uint8_t*>(encoded.data()),
                            static_cast<std::uint32_t>(encoded.size())),
                        0,
                        everyone);
                    break;
                case Kind::echo:
                    probe.send_echo("10.10.10.120", 1, static_cast<std::uint16_t>(++sequence));
                    break;
                case Kind::raw: {
                    const std::span<const std::byte> bytes{
                        payload.data(), std::min<std::size_t>(sent.bytes - 14, payload.size())};
                    if (sent.source == Source::bridge) {
                        bridge.send_raw(ns3::Mac48Address{"02:00:00:00:02:02"},
                                        cluster::wire::tdmoe_ethertype,
                                        bytes);
                    } else {
                        host.send_raw("eth1",
                                      ns3::Mac48Address{"02:00:00:00:04:01"},
                                      cluster::wire::tdmoe_ethertype,
                                      bytes);
                    }
                    break;
                }
                }
            }
            if (next < list.size()) {
                ns3::Simulator::Schedule(
                    ns3::NanoSeconds(static_cast<std::uint64_t>(list[next].at_ns - now)),
                    ns3::MakeEvent([&send_next] { send_next(); }));
            }
        };
        ns3::Simulator::Schedule(ns3::NanoSeconds(2),
                                 ns3::MakeEvent([&send_next] { send_next(); }));
        ns3::Simulator::Stop(
            ns3::NanoSeconds(static_cast<std::uint64_t>(list.back().at_ns) + 1'000'000'000));
        ns3::Simulator::Run();
        for (auto* pair : {&sockets, &receivers}) {
            for (auto& socket : *pair) {
                socket->Close();
                socket = nullptr;
            }
        }
    }
    ns3::Simulator::Destroy();
    std::printf("{\"sent\":%zu,\"verified\":%llu,\"echoes\":%llu,\"raw\":%llu}\n",
                list.size(),
                static_cast<unsigned long long>(verified),
                static_cast<unsigned long long>(echoes),
                static_cast<unsigned long long>(raw));
    return verified > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4 && std::strcmp(argv[1], "--convert") == 0) {
        return convert(argv[2], argv[3]);
    }
    if (argc == 2) {
        return play(argv[1]);
    }
    std::fprintf(stderr, "usage: bench_bare --convert TRACE FRAMES | bench_bare FRAMES\n");
    return 2;
}
