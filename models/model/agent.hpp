// SPDX-License-Identifier: GPL-2.0-or-later
// A resource script (or unit) on one host, as the daemon sees it: run it, wait, read exit status
// and output.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/action.hpp"
#include "host.hpp"

namespace models {

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
    /// Power lost or kernel crashed: all volatile state is gone.
    virtual void host_lost() = 0;
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
    int fail_next_starts = 0;  ///< fault: this many starts end with status 1
    bool stop_hangs = false;   ///< fault: stop never ends

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
