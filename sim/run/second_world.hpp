// SPDX-License-Identifier: GPL-2.0-or-later
// The same run a second time from a moment on, in a copy of this process: what would have come of
// it had nobody acted. The copy shares no file and no stream with the first world and ends with its
// answer. Plain POSIX: it knows nothing of simulations.
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

#include "run/run.hpp"

namespace sim {

class SecondWorld {
  public:
    SecondWorld() = default;
    SecondWorld(const SecondWorld&) = delete;
    SecondWorld& operator=(const SecondWorld&) = delete;
    /// In the first world: ends the second one, if it still goes on.
    ~SecondWorld();

    /// Copies the process; true in the copy. No thread may run besides the caller's. Throws
    /// std::runtime_error when there is no process to be had.
    [[nodiscard]] bool split();
    [[nodiscard]] bool exists() const noexcept { return m_pid > 0; }

    /// In the first world: a line for the second, which may wait for it. Not needed by most.
    void tell(const std::string& line);
    /// In the first world: there will be no further line.
    void tell_no_more();
    /// In the second world: waits until the first one tells no more; all its lines.
    [[nodiscard]] std::string told();

    /// In the second world: ends it, with its answer or with what went wrong.
    [[noreturn]] void answer(const CallsLost&) noexcept;
    [[noreturn]] void give_up(const std::string& reason) noexcept;
    /// In the first world: waits for the answer. Throws std::runtime_error when there is none.
    [[nodiscard]] CallsLost result();

  private:
    void end_second_world() noexcept;

    pid_t m_pid = -1;
    int m_lines = -1;   ///< first world: its writing end; second: its reading end
    int m_answer = -1;  ///< the other way round
};

}  // namespace sim
