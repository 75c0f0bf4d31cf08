// SPDX-License-Identifier: GPL-2.0-or-later
// How each fault is done to the models, and what shows that it took effect. One overload per
// alternative of sim::Fault: a verb without one does not compile. When they happen is the
// injector's business.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/report.hpp"
#include "run/testbed.hpp"
#include "scenario/scenario.hpp"

namespace sim {

/// The fault could not take effect; what() says why, in terms of the scenario.
class FaultRefused final : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct Effect {
    /// Seen in the models right after it; never an echo of the request.
    std::string evidence;
    /// What shows only later: asked once, when the fault is undone or repeated, at the latest at
    /// the end of the run. Throws FaultRefused when what was armed never struck.
    std::function<std::string()> later;
    /// Comes of it by itself, as an episode of its own "<id>/<suffix>". `happen` gives nothing when
    /// it no longer applies.
    struct Consequence {
        Duration after{};
        std::string suffix;
        std::string verb;
        std::function<std::optional<Effect>()> happen;
    };
    std::vector<Consequence> then;
};

/// What faults act on, and what they leave behind that is no model's own state.
struct FaultWorld {
    const Scenario& scenario;
    Testbed& testbed;
    models::Context& context;

    struct Ups {
        bool mains = true;
        bool broken = false;
        bool gives = true;              ///< power at its outlets
        std::uint64_t outages = 0;      ///< of the mains
        std::vector<std::string> dark;  ///< what lost its power with it
    };
    std::map<std::string, Ups> upses;

    struct Flap {
        int downs = 0;
        bool down_by_flap = false;
    };
    std::map<std::string, Flap> flaps;  ///< by link

    models::Partition partition;
    bool partitioned = false;

    /// Starts of a word that the daemon carries out itself with the bridge: the bridge refuses.
    struct RefusedStarts {
        std::string bridge;
        std::string node;
        std::string address;  ///< of the node, as the bridge sees it
        std::string word;
        int left = 0;
        int failed = 0;
    };
    std::vector<RefusedStarts> refused_starts;

    /// What a member's daemon reports; ends the refusals.
    void reported(const std::string& member, const cluster::ReportBody&);
};

/// Which strand of faults this one belongs to: the one before it on the same strand is over now,
/// and is asked for its later evidence. Empty: none.
[[nodiscard]] std::string strand_of(const Fault&, const std::string& target);

/// `target` is resolved. Throws FaultRefused.
[[nodiscard]] Effect apply_fault(FaultWorld&, const std::string& target, const Fault&);

// faults_power.cpp
Effect apply(FaultWorld&, const std::string& target, const PowerOff&);
Effect apply(FaultWorld&, const std::string& target, const PowerOn&);
Effect apply(FaultWorld&, const std::string& target, const NodeCrash&);
Effect apply(FaultWorld&, const std::string& target, const SwitchReboot&);
Effect apply(FaultWorld&, const std::string& target, const BridgeReboot&);
Effect apply(FaultWorld&, const std::string& target, const UpsFail&);
Effect apply(FaultWorld&, const std::string& target, const UpsRepair&);
// faults_network.cpp
Effect apply(FaultWorld&, const std::string& target, const LinkDown&);
Effect apply(FaultWorld&, const std::string& target, const LinkUp&);
Effect apply(FaultWorld&, const std::string& target, const LinkFlap&);
Effect apply(FaultWorld&, const std::string& target, const LinkImpair&);
Effect apply(FaultWorld&, const std::string& target, const LinkRestore&);
Effect apply(FaultWorld&, const std::string& target, const Partition&);
Effect apply(FaultWorld&, const std::string& target, const PartitionHeal&);
Effect apply(FaultWorld&, const std::string& target, const SerialNoise&);
Effect apply(FaultWorld&, const std::string& target, const SerialQuiet&);
Effect apply(FaultWorld&, const std::string& target, const SwitchArpStale&);
Effect apply(FaultWorld&, const std::string& target, const SwitchArpFresh&);
// faults_node.cpp
Effect apply(FaultWorld&, const std::string& target, const NodeFreeze&);
Effect apply(FaultWorld&, const std::string& target, const NodeThaw&);
Effect apply(FaultWorld&, const std::string& target, const CpuStarve&);
Effect apply(FaultWorld&, const std::string& target, const CpuRecover&);
Effect apply(FaultWorld&, const std::string& target, const ProcessKill&);
Effect apply(FaultWorld&, const std::string& target, const ProcessHang&);
Effect apply(FaultWorld&, const std::string& target, const ProcessResume&);
Effect apply(FaultWorld&, const std::string& target, const ResourceStartFail&);
Effect apply(FaultWorld&, const std::string& target, const ResourceStartSlow&);
Effect apply(FaultWorld&, const std::string& target, const ResourceStopHang&);
Effect apply(FaultWorld&, const std::string& target, const ResourceStopFail&);
Effect apply(FaultWorld&, const std::string& target, const ResourceHeal&);
Effect apply(FaultWorld&, const std::string& target, const ClockStep&);
Effect apply(FaultWorld&, const std::string& target, const ClockDrift&);
Effect apply(FaultWorld&, const std::string& target, const DiskFull&);
Effect apply(FaultWorld&, const std::string& target, const DiskFree&);
Effect apply(FaultWorld&, const std::string& target, const DiskFail&);
Effect apply(FaultWorld&, const std::string& target, const OperatorCommand&);
Effect apply(FaultWorld&, const std::string& target, const ConfigReload&);
// faults_telephony.cpp
Effect apply(FaultWorld&, const std::string& target, const BridgeLoseReply&);
Effect apply(FaultWorld&, const std::string& target, const SpanAlarm&);
Effect apply(FaultWorld&, const std::string& target, const SpanClear&);
Effect apply(FaultWorld&, const std::string& target, const UpstreamDown&);
Effect apply(FaultWorld&, const std::string& target, const UpstreamUp&);

// For these files: throw FaultRefused when there is no such thing.
models::Host& server_at(FaultWorld&, const std::string& target);
models::Host& running_server(FaultWorld&, const std::string& target);
models::Fonebridge& bridge_at(FaultWorld&, const std::string& target);
[[nodiscard]] std::int64_t now_ns_of_run();

/// "a", "a and b", "a, b and c".
[[nodiscard]] std::string enumerate(const std::vector<std::string>& things);

}  // namespace sim
