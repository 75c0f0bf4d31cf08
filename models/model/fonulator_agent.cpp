// SPDX-License-Identifier: GPL-2.0-or-later
// fonulator as a resource script runs it: exec, then the exchange under fonulator's own policy (10
// s per reply, no repeat), exit status 0 or 1. Stop and status do nothing on the bridge: the
// published script has no such words.

#include "telephony.hpp"

#include <utility>

#include <ns3/inet-socket-address.h>
#include <ns3/simulator.h>
#include <ns3/socket.h>

#include "cluster/bridge_switch.hpp"
#include "cluster/wire/fonebridge.hpp"
#include "event.hpp"

namespace models {

struct FonulatorAgent::Impl {
    Impl(Host& h, cluster::RedfoneConfig c, ScriptAgent::Profile p, std::string i)
        : host(h), config(std::move(c)), profile(p), interface(std::move(i)),
          stream(h.context().stream("fonulator/" + h.name())) {}

    void exec(Agent::Done done);
    void take(const cluster::BridgeAdvance&);
    void receive();
    void arm();
    void end(int status);

    [[nodiscard]] static cluster::Instant now() {
        return cluster::Instant{std::chrono::nanoseconds{ns3::Simulator::Now().GetNanoSeconds()}};
    }

    Host& host;
    cluster::RedfoneConfig config;
    ScriptAgent::Profile profile;
    std::string interface;
    RandomStream stream;
    std::uint64_t run = 0;  ///< raised when a run ends, however
    std::uint64_t timer = 0;
    std::optional<cluster::BridgeSwitch> exchange;
    ns3::Ptr<ns3::Socket> socket;
    Agent::Done done;
    int last_exit = -1;  ///< -1: not run since boot
};

void FonulatorAgent::Impl::exec(Agent::Done when_done) {
    done = std::move(when_done);
    socket = host.open_udp(
        interface.empty() ? host.interface_for(config.bridge_address) : interface, {}, 0);
    if (socket == nullptr) {
        end(1);
        return;
    }
    socket->SetRecvCallback(
        ns3::MakeCallback(+[](Impl* self, ns3::Ptr<ns3::Socket>) { self->receive(); }).Bind(this));
    exchange.emplace(config, cluster::BridgePolicy::fonulator());
    take(exchange->begin(now()));
}

void FonulatorAgent::Impl::receive() {
    while (socket != nullptr) {
        ns3::Address from;
        const ns3::Ptr<ns3::Packet> packet = socket->RecvFrom(from);
        if (packet == nullptr) {
            return;
        }
        std::vector<std::byte> bytes(packet->GetSize());
        packet->CopyData(reinterpret_cast<std::uint8_t*>(bytes.data()),
                         packet->GetSize());  // NOLINT: ns-3 wants octets
        // A connected socket: other senders are not heard.
        const auto sender = ns3::InetSocketAddress::ConvertFrom(from);
        if (sender.GetPort() != cluster::wire::fonebridge_port ||
            sender.GetIpv4() != ns3::Ipv4Address(config.bridge_address.c_str())) {
            continue;
        }
        host.schedule_user({}, ns3::Seconds(0), [this, at = run, bytes = std::move(bytes)] {
            if (at == run && exchange) {
                take(exchange->on_reply(now(), bytes));
            }
        });
    }
}

void FonulatorAgent::Impl::take(const cluster::BridgeAdvance& advance) {
    if (!advance.request.empty()) {
        const auto* data = reinterpret_cast<const std::uint8_t*>(
            advance.request.data());  // NOLINT: ns-3 wants octets
        socket->SendTo(
            ns3::Create<ns3::Packet>(data, static_cast<std::uint32_t>(advance.request.size())),
            0,
            ns3::InetSocketAddress(ns3::Ipv4Address(config.bridge_address.c_str()),
                                   cluster::wire::fonebridge_port));
    }
    if (const auto& result = exchange->result()) {
        Recorder& recorder = host.context().recorder;
        const Recorder::Scope scope(
            recorder,
            recorder.record("fonulator.done",
                            host.name(),
                            {{"ok", result->ok},
                             {"stage", cluster::to_string(result->stage)},
                             {"why", cluster::to_string(result->why)},
                             {"round_trips", std::int64_t{result->round_trips}}}));
        end(result->ok ? 0 : 1);
        return;
    }
    arm();
}

void FonulatorAgent::Impl::arm() {
    const auto deadline = exchange->next_deadline();
    if (!deadline) {
        return;
    }
    host.schedule_user({}, to_time(*deadline - now()), [this, at = ++timer] {
        if (at == timer && exchange) {
            take(exchange->on_deadline(now()));
        }
    });
}

void FonulatorAgent::Impl::end(int status) {
    ++run;
    ++timer;
    if (socket != nullptr) {
        socket->SetRecvCallback(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>());
        socket->Close();
        socket = nullptr;
    }
    last_exit = status;
    if (done) {
        const Agent::Done tell = std::exchange(done, nullptr);
        tell({status, {}});
    }
}

FonulatorAgent::FonulatorAgent(Host& host,
                               cluster::RedfoneConfig config,
                               ScriptAgent::Profile profile,
                               std::string interface)
    : m_impl(std::make_unique<Impl>(host, std::move(config), profile, std::move(interface))) {}

FonulatorAgent::~FonulatorAgent() = default;

void FonulatorAgent::run(cluster::AgentOp op, const std::vector<std::string>&, Done done) {
    Impl& impl = *m_impl;
    cancel();
    Recorder& recorder = impl.host.context().recorder;
    const std::string_view verb = op == cluster::AgentOp::start  ? "start"
                                  : op == cluster::AgentOp::stop ? "stop"
                                                                 : "status";
    const Recorder::Scope scope(
        recorder,
        recorder.record("agent.run",
                        impl.host.name(),
                        {{"word", std::string_view("fonulator")}, {"op", verb}}));
    // The profile's start is what the script costs around the exchange (shell, exec); the exchange
    // comes on top.
    const Distribution& cost = op == cluster::AgentOp::start  ? impl.profile.start
                               : op == cluster::AgentOp::stop ? impl.profile.stop
                                                              : impl.profile.status;
    if (op == cluster::AgentOp::stop && faults().stop_hangs()) {
        return;
    }
    const Duration drawn = draw(cost, impl.stream);
    impl.host.schedule_user(
        {},
        to_time(op == cluster::AgentOp::start ? faults().start_time(drawn) : drawn),
        [this, &impl, op, at = impl.run, done = std::move(done)]() mutable {
            if (at != impl.run) {
                return;
            }
            if ((op == cluster::AgentOp::start && faults().start_fails()) ||
                (op == cluster::AgentOp::stop && faults().stop_fails())) {
                done({1, {}});
            } else if (op == cluster::AgentOp::start) {
                impl.exec(std::move(done));
            } else if (op == cluster::AgentOp::stop) {
                impl.last_exit = -1;
                done({0, {}});
            } else {
                const bool ran = impl.last_exit == 0;
                done({ran ? 0 : 3, ran ? "running\n" : "not running\n"});
            }
        });
}

void FonulatorAgent::cancel() {
    m_impl->done = nullptr;
    const int before = m_impl->last_exit;
    m_impl->end(1);
    m_impl->last_exit = before;
    m_impl->exchange.reset();
}

void FonulatorAgent::host_lost() {
    cancel();
    m_impl->last_exit = -1;
}

}  // namespace models
