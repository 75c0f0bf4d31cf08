// SPDX-License-Identifier: GPL-2.0-or-later
// Pipe protocol, worker to parent: 'P' and 8 bytes of simulated nanoseconds, any number of times;
// then 'R' and a result as JSON, or 'E' and a message, up to the end of the stream.
#include "workers.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/result_json.hpp"

namespace app {

namespace {

volatile std::sig_atomic_t stop_asked = 0;

void ask_stop(int) {
    stop_asked = 1;
}

/// Catches SIGINT and SIGTERM for its own life; system calls are interrupted, so that poll()
/// returns.
class StopSignals {
  public:
    StopSignals() {
        stop_asked = 0;
        struct sigaction action {};
        action.sa_handler = ask_stop;
        sigemptyset(&action.sa_mask);
        sigaction(SIGINT, &action, &m_interrupt);
        sigaction(SIGTERM, &action, &m_terminate);
    }
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    ~StopSignals() {
        sigaction(SIGINT, &m_interrupt, nullptr);
        sigaction(SIGTERM, &m_terminate, nullptr);
    }

  private:
    struct sigaction m_interrupt {};
    struct sigaction m_terminate {};
};

bool write_all(int fd, const char* data, std::size_t size) {
    while (size > 0) {
        const ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        data += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

/// The life of one worker; never returns.
[[noreturn]] void
work(const sim::Scenario& scenario, const RunJob& job, int fd, bool tell_progress) {
    signal(SIGINT, SIG_IGN);  // the parent decides, and tells by SIGKILL
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::string answer;
    int status = 0;
    try {
        sim::RunOptions options = job.options;
        if (tell_progress) {
            options.progress = [fd](sim::Duration simulated) {
                std::array<char, 9> message{'P'};
                const std::int64_t ns = simulated.count();
                std::memcpy(message.data() + 1, &ns, sizeof ns);
                (void)write_all(fd, message.data(), message.size());
            };
        }
        answer = 'R' + sim::result_to_json(scenario, sim::run(scenario, options));
    } catch (const std::exception& error) {
        answer = std::string("E") + error.what();
        status = 6;
    }
    const bool told = write_all(fd, answer.data(), answer.size());
    std::fflush(nullptr);
    _exit(told ? status : 6);  // no destructors of the parent's objects
}

struct Worker {
    std::size_t job = 0;
    pid_t pid = -1;
    int fd = -1;
    std::string received;
};

class Pool {
  public:
    Pool(const sim::Scenario& scenario,
         const std::vector<RunJob>& jobs,
         const std::function<void(const Progress&)>& progress,
         OnFailure on_failure)
        : m_scenario(scenario), m_jobs(jobs), m_progress(progress), m_on_failure(on_failure) {
        m_answer.results.resize(jobs.size());
        m_answer.reasons.resize(jobs.size());
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() { stop_all(); }

    WorkResult run(std::size_t at_once) {
        std::size_t next = 0;
        while (true) {
            while (next < m_jobs.size() && m_workers.size() < at_once && !m_answer.failure &&
                   stop_asked == 0) {
                start(next++);
            }
            if (m_workers.empty()) {
                break;
            }
            wait_for_something();
            if (stop_asked != 0) {
                m_answer.interrupted = true;
                stop_all();
                break;
            }
        }
        return std::move(m_answer);
    }

  private:
    void start(std::size_t job) {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) {
            fail(job, std::string("no pipe: ") + std::strerror(errno));
            return;
        }
        std::fflush(nullptr);  // nothing of ours may be written twice
        const pid_t pid = fork();
        if (pid == 0) {
            for (const Worker& other : m_workers) {
                close(other.fd);
            }
            close(ends[0]);
            work(m_jobs[job].scenario != nullptr ? *m_jobs[job].scenario : m_scenario,
                 m_jobs[job],
                 ends[1],
                 m_jobs.size() == 1 && m_progress != nullptr);
        }
        close(ends[1]);
        if (pid < 0) {
            close(ends[0]);
            fail(job, std::string("no process: ") + std::strerror(errno));
            return;
        }
        m_workers.push_back({job, pid, ends[0], {}});
    }

    void wait_for_something() {
        std::vector<pollfd> fds;
        for (const Worker& worker : m_workers) {
            fds.push_back({worker.fd, POLLIN, 0});
        }
        if (poll(fds.data(), fds.size(), -1) < 0) {
            return;  // a signal
        }
        for (std::size_t i = fds.size(); i-- > 0;) {
            if (fds[i].revents != 0 && !receive(m_workers[i])) {
                finish(m_workers[i]);
                m_workers.erase(m_workers.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
    }

    /// False at the end of the stream.
    bool receive(Worker& worker) {
        std::array<char, 65536> chunk;
        const ssize_t got = read(worker.fd, chunk.data(), chunk.size());
        if (got < 0) {
            return errno == EINTR;
        }
        worker.received.append(chunk.data(), static_cast<std::size_t>(got));
        std::size_t at = 0;
        while (at + 9 <= worker.received.size() && worker.received[at] == 'P') {
            std::int64_t ns = 0;
            std::memcpy(&ns, worker.received.data() + at + 1, sizeof ns);
            at += 9;
            tell(sim::Duration(ns));
        }
        worker.received.erase(0, at);
        return got > 0;
    }

    void finish(Worker& worker) {
        close(worker.fd);
        int status = 0;
        while (waitpid(worker.pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (WIFSIGNALED(status)) {
            fail(worker.job, std::string("the run died: ") + strsignal(WTERMSIG(status)));
        } else if (worker.received.empty()) {
            fail(worker.job,
                 "the run ended without a result, status " + std::to_string(WEXITSTATUS(status)));
        } else if (worker.received[0] == 'E') {
            fail(worker.job, worker.received.substr(1));
        } else {
            try {
                m_answer.results[worker.job] =
                    sim::result_from_json(std::string_view(worker.received).substr(1));
            } catch (const std::exception& error) {
                fail(worker.job, error.what());
                return;
            }
            ++m_done;
            tell(m_scenario.stop_at);
        }
    }

    void fail(std::size_t job, const std::string& reason) {
        if (m_on_failure == OnFailure::go_on) {
            m_answer.reasons[job] = reason;
            ++m_done;
            tell(m_scenario.stop_at);
            return;
        }
        const std::uint64_t seed = m_jobs[job].options.seed;
        if (!m_answer.failure || seed < m_answer.failure->seed) {
            m_answer.failure = RunFailure{seed, reason};
        }
    }

    void stop_all() {
        for (const Worker& worker : m_workers) {
            kill(worker.pid, SIGKILL);
            close(worker.fd);
            int status = 0;
            while (waitpid(worker.pid, &status, 0) < 0 && errno == EINTR) {
            }
        }
        m_workers.clear();
    }

    void tell(sim::Duration simulated) const {
        if (m_progress) {
            m_progress({m_done, m_jobs.size(), simulated});
        }
    }

    const sim::Scenario& m_scenario;
    const std::vector<RunJob>& m_jobs;
    const std::function<void(const Progress&)>& m_progress;
    OnFailure m_on_failure;
    std::vector<Worker> m_workers;
    std::size_t m_done = 0;
    WorkResult m_answer;
};

}  // namespace

WorkResult run_jobs(const sim::Scenario& scenario,
                    const std::vector<RunJob>& jobs,
                    std::size_t at_once,
                    const std::function<void(const Progress&)>& progress,
                    OnFailure on_failure) {
    const StopSignals signals;
    return Pool(scenario, jobs, progress, on_failure).run(std::max<std::size_t>(at_once, 1));
}

}  // namespace app
