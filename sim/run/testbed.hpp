// SPDX-License-Identifier: GPL-2.0-or-later
// The scenario's world as model objects: hosts, switches, cables, the bridge and the telephones,
// and the daemon on each cluster member. Builds and wires; what happens to it is the fault
// injector's and the probes' business.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/agent.hpp"
#include "model/daemon_process.hpp"
#include "model/host.hpp"
#include "model/lan.hpp"
#include "model/sip.hpp"
#include "model/telephony.hpp"
#include "run/run.hpp"
#include "scenario/scenario.hpp"

namespace sim {

/// Name of the daemon among the processes of a host, whatever implementation it plays.
inline constexpr const char* daemon_process = "heartbeat";

/// Hooks of the run into each daemon; `member` is its index in ClusterSpec::members.
struct DaemonHooks {
    std::function<void(std::size_t member, std::span<const std::byte> snapshot)> started;
    std::function<void(std::size_t member,
                       const cluster::Now&,
                       const cluster::Event&,
                       const std::vector<cluster::IssuedAction>&)>
        told;
    std::function<void(std::size_t member)> lost;  ///< power or kernel gone
};

class Testbed {
  public:
    struct Member {
        std::string name;
        models::Host* host = nullptr;
        models::PbxService* pbx = nullptr;  ///< null: no telephone service on it
        cluster::NodeOptions options;
    };

    /// Throws std::runtime_error when the scenario asks for something that cannot be wired.
    Testbed(const Scenario&, models::Context&, DaemonHooks);
    ~Testbed();
    Testbed(const Testbed&) = delete;
    Testbed& operator=(const Testbed&) = delete;

    [[nodiscard]] models::Context& context() noexcept { return m_context; }
    [[nodiscard]] std::vector<Member>& members() noexcept { return m_members; }
    [[nodiscard]] std::size_t member_index(const std::string& name) const;  ///< npos: no member
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

    // Each null when the scenario has no such thing.
    [[nodiscard]] models::Host* host(const std::string& id);
    [[nodiscard]] models::LanSwitch* lan_switch(const std::string& id);
    [[nodiscard]] models::LanLink* lan_link(const std::string& id);
    [[nodiscard]] models::SerialLine* serial_line(const std::string& id);
    [[nodiscard]] models::T1Line* t1_line(const std::string& id);
    [[nodiscard]] models::Fonebridge* bridge(const std::string& id);
    [[nodiscard]] models::LightEndpoint* client(const std::string& id);
    [[nodiscard]] models::Pstn* pstn(const std::string& id);
    [[nodiscard]] models::SipProvider* provider(const std::string& id);
    [[nodiscard]] models::Telephones* call_centre() noexcept { return m_call_centre.get(); }
    [[nodiscard]] const std::map<std::string, std::unique_ptr<models::LanLink>>&
    lan_links() const noexcept {
        return m_lan_links;
    }
    [[nodiscard]] const std::map<std::string, std::unique_ptr<models::Fonebridge>>&
    bridges() const noexcept {
        return m_bridges;
    }

    /// A service manager starts the member's daemon anew, under the name daemon_process. False: the
    /// kernel does not run, or a daemon is there already.
    bool start_daemon(const Member&);
    /// The member's daemon died and will not be restarted: the service manager runs
    /// `understudyd --release`, which gives away what still runs (docs/decisions/0002). False:
    /// there is nothing of the kind, as with heartbeat 3.0.6, or the node itself is gone.
    bool release_daemon(const Member&);
    /// Every daemon is gone, and whatever starts one from now on starts nothing: nobody acts.
    void retire_daemons();
    /// The daemon's status; nullopt while it does not run.
    [[nodiscard]] std::optional<cluster::NodeStatus> status(const Member&) const;
    [[nodiscard]] models::Agent* agent(const std::string& host, const std::string& word);

    /// Addresses that move between members (of haresources), in file order.
    [[nodiscard]] const std::vector<std::string>& virtual_addresses() const noexcept {
        return m_virtual_addresses;
    }
    /// The member that a server MAC of redfone.conf belongs to; npos: none.
    [[nodiscard]] std::size_t member_with_mac(const cluster::MacAddress&) const;
    /// All parameters that shaped the run, with their marks.
    [[nodiscard]] const std::vector<Parameter>& parameters() const noexcept { return m_parameters; }

  private:
    void build_nodes(const Scenario&);
    void build_links(const Scenario&);
    void build_telephony(const Scenario&);
    void build_sip_node(const Scenario&, const NodeSpec&, std::size_t number);
    void build_sip_people(const Scenario&);
    void build_sip_pbx(const Scenario&,
                       models::Host&,
                       const std::string& member,
                       const std::string& name,
                       const std::string& word,
                       const ScriptModel&);
    void build_agents(const Scenario&);
    void start_daemons(const Scenario&);
    [[nodiscard]] std::unique_ptr<models::Process> make_daemon(std::size_t member);
    /// A daemon has ended its life by its own decision.
    void daemon_left(std::size_t member, cluster::LeaveCluster::Then);
    [[nodiscard]] models::LanPort& lan_port(const Scenario&, const LinkEnd&);
    [[nodiscard]] models::T1Port& t1_port(const LinkEnd&);
    /// The interface of `server` that reaches `bridge` (by the cables); empty: none.
    [[nodiscard]] static std::string
    interface_towards(const Topology&, const std::string& server, const std::string& bridge);

    models::Context& m_context;
    DaemonHooks m_hooks;
    Implementation m_implementation;
    // Order matters: hosts (and the daemons in them) go before the agents they use, cables before
    // what they connect.
    std::map<std::string, std::unique_ptr<models::Host>> m_hosts;
    std::map<std::string, models::AgentTable> m_agents;  // by host
    std::map<std::string, std::unique_ptr<models::LanSwitch>> m_switches;
    std::map<std::string, std::unique_ptr<models::LightEndpoint>> m_clients;
    std::map<std::string, std::unique_ptr<models::Fonebridge>> m_bridges;
    std::map<std::string, std::unique_ptr<models::Router>> m_routers;
    std::map<std::string, std::unique_ptr<models::SipPhones>> m_phones;
    std::map<std::string, std::unique_ptr<models::SipProvider>> m_providers;
    std::map<std::string, std::unique_ptr<models::DnsServer>> m_dns;
    std::map<std::string, std::unique_ptr<models::SipRegistrar>> m_registrars;  // by member, or ""
    std::map<std::string, std::unique_ptr<models::Pstn>> m_pstns;
    std::map<std::string, std::unique_ptr<models::ChannelBank>> m_banks;
    std::map<std::string, std::map<std::string, models::LanPort*>>
        m_interfaces;  // host -> interface -> port
    std::map<std::string, std::map<std::string, ns3::Mac48Address>>
        m_macs;  // host or bridge -> interface -> MAC
    std::map<std::string, std::unique_ptr<models::LanLink>> m_lan_links;
    std::map<std::string, std::unique_ptr<models::SerialLine>> m_serial_lines;
    std::map<std::string, std::unique_ptr<models::T1Line>> m_t1_lines;
    std::unique_ptr<models::Telephones> m_call_centre;
    std::map<std::string, models::HeartbeatShell> m_shells;  // profile heartbeat-3.0.6 only
    std::vector<Member> m_members;
    std::map<cluster::MacAddress, std::size_t> m_member_of_mac;
    std::vector<std::string> m_virtual_addresses;
    bool m_daemons_retired = false;
    std::vector<Parameter> m_parameters;
};

}  // namespace sim
