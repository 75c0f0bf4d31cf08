// SPDX-License-Identifier: GPL-2.0-or-later
// A computer: power, kernel, processes. The kernel is an ns-3 node with an IPv4 stack (ARP,
// addresses, routes with a preferred source); processes are objects that live inside one
// incarnation and die with it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ns3/node.h>
#include <ns3/nstime.h>
#include <ns3/ptr.h>
#include <ns3/socket.h>

#include "cluster/config.hpp"
#include "cluster/event.hpp"
#include "lan.hpp"

namespace models {

/// Costs of the kernel's own work. Zero is allowed; defaults and their marks stand in
/// docs/models.md.
struct HostTimings {
    ns3::Time address_change = ns3::MicroSeconds(
        50);  ///< netlink request to confirmation [assumed; budget design §10: <= 1 ms]
    ns3::Time route_change = ns3::MicroSeconds(50);  ///< [assumed]
    ns3::Time process_start = ns3::MilliSeconds(2);  ///< fork + exec of a small program [assumed]
};

/// Anything that runs in user space. Destroyed when the process is killed, or the host loses power
/// or crashes.
class Process {
  public:
    Process() = default;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    virtual ~Process() = default;
    virtual void start() = 0;
    /// SIGSTOP / SIGCONT, or freeze of the whole node: a stopped process receives nothing; what its
    /// sockets and timers collected meanwhile is delivered when it goes on.
    virtual void frozen(bool) {}
};

class Host {
  public:
    Host(Context&, std::string name, HostTimings timings = {});
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    [[nodiscard]] const std::string& name() const noexcept;
    [[nodiscard]] Context& context() noexcept;
    [[nodiscard]] ns3::Ptr<ns3::Node> node() const;
    [[nodiscard]] const HostTimings& timings() const noexcept;

    // --- wiring, before the run
    /// `addresses`: "10.10.10.100/24", fixed, present whenever the kernel runs. `mac` is given by
    /// the testbed.
    LanPort& add_interface(const std::string& interface,
                           ns3::Mac48Address mac,
                           const std::vector<std::string>& addresses);
    void add_serial(const std::string& device, SerialLine& line, int side);
    void add_static_route(const cluster::Route&);
    /// Process started at power-on (after boot) by `make`; restarted by power_on() with a new
    /// incarnation.
    /// Besides it: what a service manager starts at boot.
    std::function<void()> on_boot;
    void set_init(std::function<std::unique_ptr<Process>(Host&)> make, std::string process_name);

    // --- power, kernel, processes
    void power_off();
    void power_on(ns3::Time boot_time);  ///< kernel up after boot_time, then the init process
    void crash();                        ///< kernel panic: as power_off, but carrier stays up
    void freeze();  ///< every process stops being scheduled; the kernel still answers ARP and echo
    void thaw();
    [[nodiscard]] bool powered() const noexcept;
    [[nodiscard]] bool kernel_runs() const noexcept;
    [[nodiscard]] bool frozen() const noexcept;
    /// Power is there and the kernel will be, unless something comes in between.
    [[nodiscard]] bool boots() const noexcept;
    [[nodiscard]] std::uint64_t
    incarnation() const noexcept;  ///< +1 on every loss of power or crash

    /// The processor is short: work of scripts and services takes `slowdown` times as long, and
    /// with `stall` nothing in user space is scheduled for the first `stall` of each `period`.
    /// 1 and 0: it is short no longer, as after a boot.
    void starve(double slowdown, ns3::Time stall, ns3::Time period);
    [[nodiscard]] bool starved() const noexcept;
    [[nodiscard]] bool stalled() const noexcept;
    [[nodiscard]] std::uint64_t stalls() const noexcept;  ///< so far
    /// How long so much work takes now.
    [[nodiscard]] ns3::Time work_time(ns3::Time) const;

    void spawn(const std::string& process_name, std::unique_ptr<Process>);
    bool kill(const std::string& process_name);  ///< false: no such process
    /// SIGSTOP / SIGCONT of one process; false: no such process.
    bool set_process_frozen(const std::string& process_name, bool);
    /// It is there and gets processor time: neither it nor the whole host is stopped.
    [[nodiscard]] bool process_runs(const std::string& process_name) const;
    /// It is there and was sent SIGSTOP.
    [[nodiscard]] bool process_stopped(const std::string& process_name) const;
    [[nodiscard]] Process* find(const std::string& process_name);

    /// Runs `f` after `delay` unless the incarnation has ended by then; carries Recorder::current()
    /// along. Kernel time: goes on while frozen. Use defer_while_frozen for user-space work.
    void schedule(ns3::Time delay, std::function<void()> f);
    /// Work of a process, or of a script: as schedule(), but it takes longer while the processor is
    /// short; when the host (or the named process) is frozen at that moment it runs right
    /// after the thaw.
    void schedule_user(const std::string& process_name, ns3::Time delay, std::function<void()> f);

    // --- kernel services for processes (take effect at once; callers add HostTimings)
    struct InterfaceInfo {
        std::string name;
        ns3::Mac48Address mac;
        bool carrier = false;
    };
    [[nodiscard]] std::vector<InterfaceInfo> interfaces() const;
    /// Interface whose connected network holds the address; empty: none.
    [[nodiscard]] std::string interface_for(const std::string& address) const;
    /// errno-like: 0 ok, EEXIST never (already there = 0), ENODEV, EADDRNOTAVAIL.
    int add_address(const std::string& interface, const std::string& address);
    int remove_address(const std::string& interface, const std::string& address);
    [[nodiscard]] bool has_address(const std::string& address) const;
    [[nodiscard]] std::vector<cluster::Route> routes() const;
    /// EINVAL when the source is not an own address, ESRCH when there is no such route (as Linux).
    int replace_route(const cluster::Route&);
    /// Broadcast-capable UDP socket bound to the interface and `source` (fixed address of it when
    /// empty) and port.
    /// With no interface and source "0.0.0.0" it is bound to nothing: each datagram leaves with the
    /// preferred source of its route.
    ns3::Ptr<ns3::Socket>
    open_udp(const std::string& interface, const std::string& source, std::uint16_t port);
    /// The source that a datagram to that address would leave with when its socket is bound to
    /// nothing: what a UDP socket says after connect(). Empty: network unreachable.
    [[nodiscard]] std::string route_source(const std::string& destination) const;
    /// Broadcast on the LAN of the interface, from its fixed address: the frame that a socket bound
    /// there would send, without the way down through ns-3. False, and nothing sent: no such
    /// interface, no address, or too long for one frame.
    bool send_broadcast(const std::string& interface,
                        std::uint16_t from_port,
                        std::uint16_t to_port,
                        std::span<const std::byte> bytes,
                        const std::string& source = {});
    [[nodiscard]] std::string fixed_address(const std::string& interface) const;
    [[nodiscard]] std::string broadcast_address(const std::string& interface) const;
    void send_raw(const std::string& interface,
                  ns3::Mac48Address to,
                  std::uint16_t ethertype,
                  std::span<const std::byte> bytes);
    /// One receiver per ethertype and interface; null removes it.
    void on_raw(const std::string& interface,
                std::uint16_t ethertype,
                std::function<void(const Frame&)>);
    /// Looks at the frames of that type that reach this host, besides whoever receives them. One
    /// look-out per interface and type; null removes it.
    void watch_raw(const std::string& interface,
                   std::uint16_t ethertype,
                   std::function<void()> on_frame);
    SerialLine* serial(const std::string& device, int& side);
    std::function<void(const std::string& interface, bool carrier)>
        on_carrier;  ///< set by the running daemon
    /// Power lost or kernel crashed, after the processes are gone; set by the testbed
    /// (Agent::host_lost of its agents).
    std::function<void()> on_lost;
    /// True for the addresses of add_interface, false for acquired ones and those that are not
    /// there.
    [[nodiscard]] bool is_fixed_address(const std::string& address) const;
    /// Interface that has the address now; empty: none.
    [[nodiscard]] std::string interface_of(const std::string& address) const;

    // --- clocks
    /// CLOCK_BOOTTIME without its offset: simulated time as this oscillator counts it.
    [[nodiscard]] std::int64_t monotonic_ns() const;
    /// Wall clock since the beginning of the simulation: the same plus all steps.
    [[nodiscard]] std::int64_t wall_ns() const;
    /// Simulated time until monotonic_ns() has reached that value; 0 when it has.
    [[nodiscard]] ns3::Time until(std::int64_t monotonic_ns) const;
    void step_wall_clock(Duration by);
    void set_drift(double ppm);
    [[nodiscard]] double drift() const noexcept;

    // --- disk; what it holds survives power loss
    enum class DiskState : std::uint8_t {
        works,
        full,    ///< writes end with ENOSPC
        failed,  ///< reads and writes end with EIO: no program can be started, and no kernel
    };
    [[nodiscard]] const std::map<std::string, std::vector<std::byte>>& disk() const noexcept;
    void set_disk_state(DiskState);
    [[nodiscard]] DiskState disk_state() const noexcept;
    /// errno-like: 0 ok.
    int write_file(const std::string& path, std::span<const std::byte> bytes);
    void remove_file(const std::string& path);
    /// nullopt: not there, or not readable.
    [[nodiscard]] std::optional<std::vector<std::byte>> read_file(const std::string& path) const;
    /// A program of this host's disk: 0, or the errno that its execve ends with. Counts failures.
    int may_exec();
    [[nodiscard]] std::uint64_t failed_execs() const noexcept;

    /// "ms.announce": the first frame of a client for an acquired address arrives. Armed by
    /// add_address, fires once per acquisition. Cause = the later of the frame's own cause and the
    /// last record told here (address confirmed, address announced); a client that sends by its own
    /// clock should therefore send without a Recorder::Scope. Frames to the UDP ports of `ignore`
    /// (the cluster's own traffic) do not count.
    void announced(const std::string& address, RecordId record);
    void ignore_client_port(std::uint16_t udp_port);
    /// Something that whoever is served by this host had to wait for: an address, its first client,
    /// a route. Told by announced() and by whoever changes routes; lost with the kernel.
    void prerequisite(RecordId record);
    [[nodiscard]] RecordId last_prerequisite() const noexcept;

    struct Impl;  ///< of host.cpp only

  private:
    std::unique_ptr<Impl> m_impl;
};

}  // namespace models
