// SPDX-License-Identifier: GPL-2.0-or-later
// Runs resource scripts and agents: no shell, clean environment, each in a process group of its
// own, without our privileges of scheduling. One run per resource at a time: what is cancelled is
// ended first (SIGTERM, a second later SIGKILL, to the whole group).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "cluster/action.hpp"
#include "cluster/settings.hpp"
#include "linux_host/fd.hpp"
#include "linux_host/loop.hpp"

namespace linux_host {

struct RunnerPaths {
    std::string resource_scripts = "/etc/ha.d/resource.d";
    std::string init_scripts = "/etc/init.d";
    std::string ocf_root = "/usr/lib/ocf";
    std::string systemctl = "/usr/bin/systemctl";
};

/// What would be executed, or why nothing can be.
struct AgentCall {
    std::vector<std::string> argv;         ///< argv[0] is the file
    std::vector<std::string> environment;  ///< NAME=value
    int error = 0;                         ///< errno when argv is not usable
    std::string problem;                   ///< in words
};

/// Finds the file and judges whether it may be run: a regular file that is executable, owned by
/// root or by us, in directories of which the same is true, and writable for nobody else.
[[nodiscard]] AgentCall find_agent(const RunnerPaths&,
                                   const std::string& node,
                                   cluster::BindingKind,
                                   const std::string& name,
                                   const std::vector<std::string>& arguments,
                                   const std::map<std::string, std::string>& parameters,
                                   cluster::AgentOp);

/// Empty: nobody but root (or we) can change what is at `path`.
[[nodiscard]] std::string who_else_may_change(const std::string& path);

class Runner final {
  public:
    struct Result {
        int error = 0;        ///< errno: it could not be run
        int exit_status = 0;  ///< 128 + n after signal n
        std::string output;   ///< first 4 KiB of what `status` printed
        bool cancelled = false;
    };
    using Done = std::function<void(cluster::ActionId, const Result&)>;

    Runner(Loop&, Done);
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    void run(cluster::ActionId, cluster::ResourceId, cluster::AgentOp, AgentCall);
    void run_plain(cluster::ActionId, AgentCall);  ///< no resource, e.g. a fencing command
    /// Without effect when it is over.
    void cancel(cluster::ActionId);
    [[nodiscard]] bool idle() const noexcept { return m_jobs.empty(); }

  private:
    struct Job;
    void enqueue(std::unique_ptr<Job>);
    void start(Job&);
    void read_output(Job&);
    void ended(Job&, int status);
    void finish(Job&, const Result&);
    void kill_group(Job&);

    Loop& m_loop;
    Done m_done;
    std::list<std::unique_ptr<Job>> m_jobs;
};

}  // namespace linux_host
