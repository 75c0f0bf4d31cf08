// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/runner.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "linux_host/clock.hpp"
#include "linux_host/log.hpp"

namespace linux_host {
namespace {

using cluster::AgentOp;
using cluster::BindingKind;

constexpr std::size_t output_limit = 4096;  // docs of ActionCompleted
/// Between SIGTERM and SIGKILL [assumed: a script that can clean up does so in a second].
constexpr cluster::Duration grace = std::chrono::seconds{1};

const char* verb(AgentOp op, BindingKind kind) {
    switch (op) {
    case AgentOp::start:
        return "start";
    case AgentOp::stop:
        return "stop";
    case AgentOp::status:
        break;
    }
    return kind == BindingKind::ocf_agent      ? "monitor"
           : kind == BindingKind::systemd_unit ? "is-active"
                                               : "status";
}

bool plain_name(const std::string& name) {
    return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

AgentCall refused(int error, std::string why) {
    AgentCall call;
    call.error = error;
    call.problem = std::move(why);
    return call;
}

/// 0 and a usable file, or why not.
std::pair<int, std::string> judge_file(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return {errno, path + ": " + std::strerror(errno)};
    }
    if (!S_ISREG(status.st_mode)) {
        return {EACCES, path + " is no regular file"};
    }
    if (::access(path.c_str(), X_OK) != 0) {
        return {EACCES, path + " is not executable"};
    }
    if (auto why = who_else_may_change(path); !why.empty()) {
        return {EPERM, std::move(why)};
    }
    return {0, {}};
}

}  // namespace

std::string who_else_may_change(const std::string& path) {
    std::error_code problem;
    auto at = std::filesystem::canonical(path, problem);
    if (problem) {
        return path + ": " + problem.message();
    }
    for (;; at = at.parent_path()) {
        struct stat status {};
        if (::stat(at.c_str(), &status) != 0) {
            return at.string() + ": " + std::strerror(errno);
        }
        if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
            return at.string() + " belongs to user " + std::to_string(status.st_uid) +
                   ", not to root";
        }
        const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
        const bool group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != 0;
        if (!sticky && (group || (status.st_mode & S_IWOTH) != 0)) {
            return at.string() + " is writable for others than root";
        }
        if (at == at.root_path()) {
            return {};
        }
    }
}

AgentCall find_agent(const RunnerPaths& paths,
                     const std::string& node,
                     BindingKind kind,
                     const std::string& name,
                     const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& parameters,
                     AgentOp op) {
    AgentCall call;
    call.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "LC_ALL=C",
                        "HOME=/",
                        "HA_CURHOST=" + node,
                        "HA_NICEFAILBACK=yes",
                        "HA_LOGD=no"};
    if (kind == BindingKind::systemd_unit) {
        if (name.empty() || name.front() == '-') {
            return refused(EINVAL, "no unit name: \"" + name + "\"");
        }
        call.argv = {paths.systemctl, verb(op, kind), name};
    } else if (kind == BindingKind::ocf_agent) {
        const auto first = name.find(':');
        const auto second = first == std::string::npos ? first : name.find(':', first + 1);
        if (second == std::string::npos || name.substr(0, first) != "ocf" ||
            !plain_name(name.substr(first + 1, second - first - 1)) ||
            !plain_name(name.substr(second + 1))) {
            return refused(EINVAL, "no ocf:provider:type: \"" + name + "\"");
        }
        const std::string provider = name.substr(first + 1, second - first - 1);
        const std::string type = name.substr(second + 1);
        call.argv = {paths.ocf_root + "/resource.d/" + provider + "/" + type, verb(op, kind)};
        call.environment.insert(call.environment.end(),
                                {"OCF_ROOT=" + paths.ocf_root,
                                 "OCF_RA_VERSION_MAJOR=1",
                                 "OCF_RA_VERSION_MINOR=1",
                                 "OCF_RESOURCE_PROVIDER=" + provider,
                                 "OCF_RESOURCE_TYPE=" + type,
                                 "OCF_RESOURCE_INSTANCE=" + type});
        for (const auto& [key, value] : parameters) {
            call.environment.push_back("OCF_RESKEY_" + key + "=" + value);
        }
    } else {
        if (!plain_name(name)) {
            return refused(EINVAL, "no script name: \"" + name + "\"");
        }
        // resource.d wins over init.d, also when what is there cannot be run (measured with
        // heartbeat 3.0.6).
        std::string file = paths.resource_scripts + "/" + name;
        if (::access(file.c_str(), F_OK) != 0) {
            file = paths.init_scripts + "/" + name;
        }
        call.argv = {file};
        call.argv.insert(call.argv.end(), arguments.begin(), arguments.end());
        call.argv.emplace_back(verb(op, kind));
    }
    auto [error, problem] = judge_file(call.argv.front());
    if (error == ENOENT && kind == BindingKind::script) {
        problem =
            "no script " + name + " in " + paths.resource_scripts + " or " + paths.init_scripts;
    }
    call.error = error;
    call.problem = std::move(problem);
    return call;
}

struct Runner::Job {
    cluster::ActionId id{};
    std::optional<cluster::ResourceId> resource;
    bool keeps_output = false;
    AgentCall call;
    pid_t pid = 0;
    bool cancelled = false;
    Fd out;
    std::string output;
    Source out_source;
    Source child;
    Source killer;
};

Runner::Runner(Loop& loop, Done done) : m_loop(loop), m_done(std::move(done)) {}

/// What runs goes on: the next life of the daemon will ask for its status.
Runner::~Runner() = default;

void Runner::run(cluster::ActionId id, cluster::ResourceId resource, AgentOp op, AgentCall call) {
    auto job = std::make_unique<Job>();
    job->id = id;
    job->resource = resource;
    job->keeps_output = op == AgentOp::status;
    job->call = std::move(call);
    enqueue(std::move(job));
}

void Runner::run_plain(cluster::ActionId id, AgentCall call) {
    auto job = std::make_unique<Job>();
    job->id = id;
    job->call = std::move(call);
    enqueue(std::move(job));
}

void Runner::enqueue(std::unique_ptr<Job> job) {
    const bool waits =
        job->resource && std::ranges::any_of(m_jobs, [&](const std::unique_ptr<Job>& other) {
            return other->resource == job->resource;
        });
    m_jobs.push_back(std::move(job));
    if (!waits) {
        start(*m_jobs.back());
    }
}

void Runner::start(Job& job) {
    if (job.call.error != 0) {
        finish(job, {job.call.error, 0, {}, false});
        return;
    }
    std::array<int, 2> ends{-1, -1};
    Fd words;
    if (job.keeps_output && ::pipe2(ends.data(), O_CLOEXEC) == 0) {
        job.out = Fd{ends[0]};
        words = Fd{ends[1]};
        ::fcntl(job.out.get(), F_SETFL, O_NONBLOCK);
    }
    // What start and stop print may be printed by a service for the rest of its life, so it goes to
    // a place that stays: the journal, or our own standard error.
    Fd journal;
    if (log_is_journal()) {
        journal = Fd{sd_journal_stream_fd(job.call.argv.front().c_str(), 6, 0)};
    }
    const int elsewhere = journal ? journal.get() : STDERR_FILENO;

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, elsewhere, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&files, words ? words.get() : STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_addchdir_np(&files, "/");
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    const sched_param ordinary{};
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                 POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSCHEDULER);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setschedpolicy(&attributes, SCHED_OTHER);
    posix_spawnattr_setschedparam(&attributes, &ordinary);

    const auto pointers = [](std::vector<std::string>& texts) {
        std::vector<char*> out;
        for (std::string& text : texts) {
            out.push_back(text.data());
        }
        out.push_back(nullptr);
        return out;
    };
    const int error = posix_spawn(&job.pid,
                                  job.call.argv.front().c_str(),
                                  &files,
                                  &attributes,
                                  pointers(job.call.argv).data(),
                                  pointers(job.call.environment).data());
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        job.pid = 0;
        log(Level::error, job.call.argv.front() + " cannot be run: " + std::strerror(error));
        finish(job, {error, 0, {}, false});
        return;
    }
    if (job.out) {
        job.out_source =
            m_loop.descriptor(job.out.get(), EPOLLIN, [this, &job] { read_output(job); });
    }
    job.child = m_loop.child(job.pid, [this, &job](const siginfo_t& info) {
        ended(job, info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status);
    });
}

/// Keeps the beginning and throws the rest away, so that nobody blocks on a full pipe.
void Runner::read_output(Job& job) {
    std::array<char, 4096> chunk{};
    for (int i = 0; i < 16; ++i) {
        const ssize_t got = ::read(job.out.get(), chunk.data(), chunk.size());
        if (got > 0) {
            const auto room = output_limit - job.output.size();
            job.output.append(chunk.data(), std::min(static_cast<std::size_t>(got), room));
        } else {
            if (got == 0 || errno != EAGAIN) {
                job.out_source.reset();
            }
            return;
        }
    }
}

void Runner::ended(Job& job, int status) {
    if (job.out) {
        read_output(job);
    }
    if (job.cancelled) {
        // Nothing of the group may go on and undo what comes next.
        ::kill(-job.pid, SIGKILL);
    }
    finish(job, {0, status, std::move(job.output), job.cancelled});
}

void Runner::finish(Job& job, const Result& result) {
    const auto at = std::ranges::find_if(
        m_jobs, [&](const std::unique_ptr<Job>& other) { return other.get() == &job; });
    const std::unique_ptr<Job> finished = std::move(*at);
    m_jobs.erase(at);
    if (finished->resource) {
        const auto next = std::ranges::find_if(m_jobs, [&](const std::unique_ptr<Job>& other) {
            return other->resource == finished->resource && other->pid == 0;
        });
        if (next != m_jobs.end()) {
            start(**next);
        }
    }
    m_done(finished->id, result);
}

void Runner::cancel(cluster::ActionId id) {
    const auto at = std::ranges::find_if(
        m_jobs, [&](const std::unique_ptr<Job>& job) { return job->id == id; });
    if (at == m_jobs.end() || (*at)->cancelled) {
        return;
    }
    Job& job = **at;
    job.cancelled = true;
    if (job.pid == 0) {
        finish(job, {0, 0, {}, true});
        return;
    }
    ::kill(-job.pid, SIGTERM);
    job.killer = m_loop.timer([this, &job] { kill_group(job); });
    job.killer.ring_at(boot_time() + grace);
}

void Runner::kill_group(Job& job) {
    ::kill(-job.pid, SIGKILL);
}

}  // namespace linux_host
