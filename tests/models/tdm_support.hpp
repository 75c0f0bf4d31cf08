// SPDX-License-Identifier: GPL-2.0-or-later
// A telephony-only testbed: two servers, one foneBRIDGE, a telco on span 1, three channel banks on
// spans 2 to 4. No cluster daemon: the tests start and stop the agents themselves.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/host.hpp"
#include "model/telephony.hpp"
#include "net_support.hpp"

namespace test {

using models::CallDirection;
using models::CallReport;

inline ns3::Time seconds(double s) {
    return ns3::NanoSeconds(static_cast<std::uint64_t>(s * 1e9));
}
inline double in_seconds(std::int64_t ns) {
    return static_cast<double>(ns) / 1e9;
}
inline ns3::Mac48Address server_mac(int server) {
    return ns3::Mac48Address(server == 1 ? "02:00:00:00:01:02" : "02:00:00:00:02:02");
}
inline cluster::MacAddress bytes_of_mac(ns3::Mac48Address mac) {
    cluster::MacAddress out{};
    mac.CopyTo(out.data());
    return out;
}

struct TelephonyOptions {
    bool stored = true;  ///< the bridge has a stored configuration, for server 1
    models::TdmDetail detail = models::TdmDetail::signalling;
    models::Duration pbx_start = std::chrono::seconds{8};
    models::PstnOptions telco{};
    models::PeopleOptions people{};
    models::PriTimers server_timers{};
    ns3::Time activation_delay{};
    std::uint64_t seed = 1;
};

class TelephonyWorld {
  public:
    explicit TelephonyWorld(TelephonyOptions options = {})
        : m_options(options), context{recorder, options.seed},
          tdmsw(context, "tdmsw", ns3::Seconds(300)), bridge(context, "fb1", bridge_options()),
          telco(context, "telco", options.telco) {
        models::LinkDirection cable;
        cable.delay = ns3::MicroSeconds(20);
        cable.bits_per_second = 100'000'000;
        for (int server = 1; server <= 2; ++server) {
            auto& host = hosts.emplace_back(
                std::make_unique<models::Host>(context, "asterisk" + std::to_string(server)));
            auto& port = host->add_interface(
                "eth1", server_mac(server), {"192.168.1." + std::to_string(server) + "/24"});
            links.push_back(std::make_unique<models::LanLink>(
                context, "tdm" + std::to_string(server), port, tdmsw.port(server), cable));
            models::PbxOptions pbx;
            pbx.profile.start = models::ConstantDist{options.pbx_start};
            pbx.profile.stop = models::ConstantDist{std::chrono::seconds{1}};
            pbx.bridge_mac = bridge_options().mac;
            pbx.timers = options.server_timers;
            pbx.detail = options.detail;
            pbx.span_activation_delay = options.activation_delay;
            pbxs.push_back(std::make_unique<models::Pbx>(*host, pbx));
            fonulators.push_back(std::make_unique<models::FonulatorAgent>(
                *host,
                config(server),
                models::ScriptAgent::Profile{
                    .start = models::ConstantDist{std::chrono::milliseconds{50}}},
                "eth1"));
            host->power_on(ns3::Seconds(0));
        }
        links.push_back(std::make_unique<models::LanLink>(
            context, "tdm3", bridge.ethernet(1), tdmsw.port(3), cable));
        lines.push_back(
            std::make_unique<models::T1Line>(context, "pri", bridge.span(1), telco.line(1)));
        bridge.attach_span(1, *lines.back());
        telco.attach_line(1, *lines.back());
        std::vector<models::ChannelBank*> bank_list;
        for (int bank = 1; bank <= 3; ++bank) {
            banks.push_back(
                std::make_unique<models::ChannelBank>(context, "bank" + std::to_string(bank), 24));
            lines.push_back(std::make_unique<models::T1Line>(context,
                                                             "t1-bank" + std::to_string(bank),
                                                             bridge.span(bank + 1),
                                                             banks.back()->line()));
            bridge.attach_span(bank + 1, *lines.back());
            banks.back()->attach_line(*lines.back());
            bank_list.push_back(banks.back().get());
        }
        centre.emplace(context, telco, bank_list, 60, options.people);
        for (const auto& pbx : pbxs) {
            centre->add_server(*pbx);
        }
    }

    static cluster::RedfoneConfig config(int server) {
        cluster::RedfoneConfig out;
        out.bridge_address = "192.168.1.254";
        out.server = bytes_of_mac(server_mac(server));
        out.spans.resize(4);
        for (std::size_t span = 1; span < 4; ++span) {
            out.spans[span].rbs = true;
        }
        return out;
    }

    models::FonebridgeOptions bridge_options() const {
        models::FonebridgeOptions out;
        out.stored = config(1);
        out.has_stored = m_options.stored;
        out.detail = m_options.detail;
        return out;
    }

    models::Host& host(int server) { return *hosts[static_cast<std::size_t>(server - 1)]; }
    models::Pbx& pbx(int server) { return *pbxs[static_cast<std::size_t>(server - 1)]; }
    models::FonulatorAgent& fonulator(int server) {
        return *fonulators[static_cast<std::size_t>(server - 1)];
    }
    models::LanLink& link(int number) { return *links[static_cast<std::size_t>(number - 1)]; }
    models::T1Line& line(int span) { return *lines[static_cast<std::size_t>(span - 1)]; }

    /// Runs an agent; its exit status is kept in `exits`.
    void start(models::Agent& agent, cluster::AgentOp op = cluster::AgentOp::start) {
        agent.run(op, {}, [this](models::Agent::Result result) {
            exits.push_back(result.exit_status);
            exit_times.push_back(ns3::Simulator::Now().GetNanoSeconds());
        });
    }

    /// As power.off of a server: the agents learn it as the testbed tells them.
    void power_off(int server) {
        host(server).power_off();
        pbx(server).host_lost();
        fonulator(server).host_lost();
    }

    void run_until(double s) { simulation.run_until(seconds(s)); }
    template <class F>
    void at(double s, F f) {
        simulation.at(seconds(s), f);
    }

    /// The bridge serves server 1, whose PBX runs: ready at about `pbx_start`.
    void start_server_1() {
        at(0.1, [this] { start(pbx(1)); });
    }

    /// One probe, followed to its end.
    CallReport probe(CallDirection direction) {
        std::optional<CallReport> report;
        centre->probe(direction, ns3::Seconds(10), [&report](const CallReport& r) { report = r; });
        const double until = in_seconds(ns3::Simulator::Now().GetNanoSeconds()) + 10.1;
        while (!report && in_seconds(ns3::Simulator::Now().GetNanoSeconds()) < until) {
            run_until(in_seconds(ns3::Simulator::Now().GetNanoSeconds()) + 0.02);
        }
        REQUIRE(report.has_value());
        return *report;
    }

    /// Calls of the workload report here.
    models::CallCentre::Finished collect() {
        return [this](const CallReport& r) { reports.push_back(r); };
    }

  private:
    TelephonyOptions m_options;

  public:
    Simulation simulation;
    KeepingRecorder recorder;
    models::Context context;
    models::LanSwitch tdmsw;
    models::Fonebridge bridge;
    models::Pstn telco;
    std::vector<std::unique_ptr<models::Host>> hosts;
    std::vector<std::unique_ptr<models::LanLink>> links;
    std::vector<std::unique_ptr<models::ChannelBank>> banks;
    std::vector<std::unique_ptr<models::T1Line>> lines;
    std::vector<std::unique_ptr<models::Pbx>> pbxs;
    std::vector<std::unique_ptr<models::FonulatorAgent>> fonulators;
    std::optional<models::CallCentre> centre;
    std::vector<int> exits;
    std::vector<std::int64_t> exit_times;
    std::vector<CallReport> reports;
};

}  // namespace test
