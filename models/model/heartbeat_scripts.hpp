// SPDX-License-Identifier: GPL-2.0-or-later
// What heartbeat 3.0.6 runs as shell scripts where our daemon does it itself: IPaddr, IPaddr2,
// IPsrcaddr and the routing script; and what the shell around every resource script costs. Numbers
// are those of the measured test bed (heartbeat 1:3.0.6-13, resource-agents 4.12.0, two virtual
// CPUs with other work going on); docs/heartbeat-profile.md says how each was found.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent.hpp"
#include "cluster/event.hpp"
#include "cluster/route_fixup.hpp"

namespace models {

/// Process times around the resource scripts. Every draw is a process start or a chain of them.
struct HeartbeatCosts {
    /// Death, goodbye or return of the peer, or own groups: harc, the rc.d script, mach_down or
    /// req_resource, ResourceManager, until its first resource script starts. Derived: what the
    /// measured "dead -> VIP" (0.06…0.19 s, median 0.117, n = 15) leaves when IPaddr is taken off.
    Distribution take_chain = LognormalDist{std::chrono::milliseconds{70}, 0.40};
    /// The same in a standby: the daemon forks ResourceManager itself. Derived likewise from
    /// "standby: acquire -> VIP", 0.042…0.076 s, median 0.057, n = 10.
    Distribution standby_take_chain = LognormalDist{std::chrono::milliseconds{18}, 0.35};
    /// Until ResourceManager stops the first script of a group: measured 0.012…0.049 s, median
    /// 0.017, n = 10.
    Distribution give_chain = LognormalDist{std::chrono::milliseconds{16}, 0.40};
    /// From the end of one script to the start of the next: measured 3…6 ms between two stops, n =
    /// 15; 9…12 ms with the status call before a start (5…21 ms, n = 15).
    Distribution next_script = LognormalDist{std::chrono::milliseconds{3}, 0.40};
    /// hb_standby and hb_takeover until their message lies in the FIFO: below 30 ms (seen at the
    /// next tick, 34 ms later).
    Distribution fifo_command = LognormalDist{std::chrono::milliseconds{15}, 0.30};
    /// `heartbeat -k` until the daemon has its signal: derived from command -> first stop script,
    /// 0.016…0.064 s, median 0.036, less give_chain.
    Distribution stop_command = LognormalDist{std::chrono::milliseconds{16}, 0.50};
    /// exec of the daemon to its first message: derived; first tick seen 0.22 s after the start,
    /// and two daemons started one after the other beat 4 to 7 ms apart (10 captures).
    Distribution daemon_start =
        UniformDist{std::chrono::milliseconds{12}, std::chrono::milliseconds{15}};
    /// The children that write to and read from the media are polled once a second while they come
    /// up: some begin a second late. In 41 captured starts 7 writers and 1 reader did.
    unsigned late_writer_percent = 17;
    unsigned late_reader_percent = 2;
    Duration late_child = std::chrono::seconds{1};
};

/// One member's shell: draws the costs. Outlives the daemons that run in it.
class HeartbeatShell {
  public:
    HeartbeatShell(Context& context, const std::string& node, HeartbeatCosts costs = {})
        : m_costs(std::move(costs)), m_stream(context.stream("heartbeat/" + node)) {}

    enum class Before : std::uint8_t {
        take,          ///< first script of a takeover
        standby_take,  ///< … of a standby
        give,
        next_script,
        fifo_command,
        stop_command,
        first_message,
        late_writer,  ///< nothing is sent before; mostly zero
        late_reader,
    };
    [[nodiscard]] ns3::Time draw(Before what);

  private:
    HeartbeatCosts m_costs;
    RandomStream m_stream;
};

/// IPaddr and IPaddr2.
struct AddressScriptProfile {
    Distribution status = LognormalDist{std::chrono::milliseconds{12}, 0.35};
    /// Until ifconfig has put the address up.
    Distribution start = LognormalDist{std::chrono::milliseconds{22}, 0.35};
    /// From there to the end of the script; send_arp goes on in the background.
    Distribution rest = UniformDist{std::chrono::milliseconds{2}, std::chrono::milliseconds{5}};
    Distribution stop = LognormalDist{std::chrono::milliseconds{17}, 0.40};
    /// Address up to its first announcement: measured 1…11 ms, median 2…3.
    Distribution send_arp = UniformDist{std::chrono::milliseconds{1}, std::chrono::milliseconds{4}};
    int frames = 20;
    Duration interval = std::chrono::milliseconds{250};

    /// send_arp -i 500 -r 10: 20 frames, request and reply in turn, 250 ms apart (captured).
    [[nodiscard]] static AddressScriptProfile ipaddr() { return {}; }
    /// Count 5, interval 200 ms: 10 frames 100 ms apart (captured).
    [[nodiscard]] static AddressScriptProfile ipaddr2();
};

/// Puts the address of its first argument on the interface and announces it in the background: the
/// announcing goes on when the daemon that asked for it has died, and an address that is there
/// already is not announced again.
class AddressScript final : public Agent {
  public:
    AddressScript(Host&, std::string word, AddressScriptProfile);
    ~AddressScript() override;
    void run(cluster::AgentOp, const std::vector<std::string>& arguments, Done) override;
    void cancel() override;
    void host_lost() override;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// Routes prefer the given addresses (our script fixrouting; IPsrcaddr takes its address as
/// argument and touches the default route).
class RouteScript final : public Agent {
  public:
    RouteScript(Host&,
                std::string word,
                std::vector<cluster::AddressSpec> addresses,
                ScriptAgent::Profile);
    ~RouteScript() override;
    void run(cluster::AgentOp, const std::vector<std::string>& arguments, Done) override;
    void cancel() override;
    void host_lost() override;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// The published script `fixrouting`, to the letter (facts: two `ip route change` commands, the
/// same on every node, any failing one ends it): start prefers the virtual address of each segment,
/// stop the address of the *first* node, on whichever node it runs. It names no metric and knows no
/// default route.
class PublishedFixrouting final : public Agent {
  public:
    struct Segment {
        std::string network;          ///< "10.10.10.0/24"
        std::string interface;        ///< "eth0"
        std::string virtual_address;  ///< "10.10.10.110"
        std::string first_node;       ///< "10.10.10.100"
    };
    PublishedFixrouting(Host&, std::string word, std::vector<Segment>, ScriptAgent::Profile);
    ~PublishedFixrouting() override;
    void run(cluster::AgentOp, const std::vector<std::string>& arguments, Done) override;
    void cancel() override;
    void host_lost() override;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace models
