// SPDX-License-Identifier: GPL-2.0-or-later
// A resource script (or unit) on one host, as the daemon sees it: run it, wait, read exit status
// and output.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/action.hpp"
#include "host.hpp"

namespace models {

/// What is wrong with the starts and stops of one agent, and how often that was met. The same for
/// every kind of agent; each asks at its starts and stops.
class AgentFaults {
  public:
    int failing_starts = 0;  ///< this many starts end with status 1
    std::optional<Duration> start_takes;
    double start_factor = 1;  ///< of what was drawn; start_takes comes first
    bool stops_hang = false;  ///< stops never end
    bool stops_fail = false;  ///< stops end with status 1 and the resource goes on running

    struct Met {
        std::uint64_t starts_failed = 0;
        std::uint64_t starts_slowed = 0;
        std::uint64_t stops_hung = 0;
        std::uint64_t stops_failed = 0;
        [[nodiscard]] std::uint64_t total() const noexcept {
            return starts_failed + starts_slowed + stops_hung + stops_failed;
        }
    };
    [[nodiscard]] const Met& met() const noexcept { return m_met; }
    [[nodiscard]] bool armed() const noexcept {
        return failing_starts > 0 || start_takes || start_factor != 1 || stops_hang || stops_fail;
    }
    void heal() noexcept {
        failing_starts = 0;
        start_takes.reset();
        start_factor = 1;
        stops_hang = false;
        stops_fail = false;
    }

    // --- for agents
    [[nodiscard]] Duration start_time(Duration drawn);
    [[nodiscard]] bool start_fails();
    [[nodiscard]] bool stop_hangs();
    [[nodiscard]] bool stop_fails();

  private:
    Met m_met;
};

class Agent {
  public:
    struct Result {
        int exit_status = 0;
        std::string
            output;  ///< stdout; heartbeat's rule reads "running" / "OK" / "not running" in it
    };
    using Done = std::function<void(Result)>;

    virtual ~Agent() = default;
    /// `done` is called exactly once, later or at once, unless the host's incarnation ends or
    /// cancel() is called.
    virtual void run(cluster::AgentOp op, const std::vector<std::string>& arguments, Done done) = 0;
    /// The runner's process group was killed.
    virtual void cancel() = 0;
    /// Power lost or kernel crashed: all volatile state is gone. What is wrong with the program
    /// stays wrong.
    virtual void host_lost() = 0;
    /// Of the program that it runs.
    [[nodiscard]] virtual AgentFaults& faults() noexcept { return m_faults; }

  private:
    AgentFaults m_faults;
};

/// A script with durations and no behaviour: status reflects whether start succeeded since the last
/// stop.
class ScriptAgent final : public Agent {
  public:
    struct Profile {
        Distribution start = ConstantDist{};
        Distribution stop = ConstantDist{};
        Distribution status = ConstantDist{std::chrono::milliseconds{5}};
    };
    ScriptAgent(Host&, std::string word, Profile);
    void run(cluster::AgentOp, const std::vector<std::string>&, Done) override;
    void cancel() override;
    void host_lost() override;

    /// Called when a start has ended well / a stop has ended; lets a model attach behaviour (PBX,
    /// bridge program).
    std::function<void()> on_started;
    std::function<void()> on_stopped;

  private:
    Host& m_host;
    std::string m_word;
    Profile m_profile;
    RandomStream m_stream;
    bool m_running = false;
    std::uint64_t m_run = 0;  ///< invalidates a cancelled run
};

/// Agents by word of haresources, per host.
using AgentTable = std::map<std::string, std::unique_ptr<Agent>>;

}  // namespace models
