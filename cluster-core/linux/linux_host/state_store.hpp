// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's directory (/var/lib/understudy): one daemon per directory, its identity, and the
// durable state of the core. Writing to a disk can take seconds, so a small process of its own does
// it; the loop never waits for a disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

#include "cluster/ids.hpp"
#include "linux_host/fd.hpp"
#include "linux_host/loop.hpp"

namespace linux_host {

/// What the last life left. `problem` says in words why `bytes` is empty although a file is there.
struct StoredState {
    std::vector<std::byte> bytes;
    std::uint64_t generation = 0;
    std::string problem;
};

[[nodiscard]] StoredState read_state(const std::string& directory);

/// The node's identity: our own file, else heartbeat's hb_uuid (a peer knows it by that), else
/// drawn. Stored in `directory`. Throws std::system_error when it cannot be stored.
[[nodiscard]] cluster::Uuid node_uuid(const std::string& directory,
                                      const std::string& heartbeat_directory);

/// heartbeat's own record of the last generation; 0: none.
[[nodiscard]] std::uint64_t read_heartbeat_generation(const std::string& heartbeat_directory);
/// So that a heartbeat which is started here after us goes on from there. Without effect when
/// heartbeat has no directory here.
void write_heartbeat_generation(const std::string& heartbeat_directory, std::uint64_t generation);

/// Held as long as this process or a write of it lasts. Waits up to 2 s for a life that ends.
/// Invalid descriptor: another daemon has it.
[[nodiscard]] Fd lock_directory(const std::string& directory);

/// Atomic (new file, fsync, rename, fsync of the directory), mode 0600. errno, 0 = durable.
[[nodiscard]] int write_file(const std::string& path, std::span<const std::byte> bytes);

class StateWriter final {
  public:
    /// Starts the writing process: call before memory is locked or the scheduling class changed.
    explicit StateWriter(std::string directory);
    /// Waits until everything is written, 2 s at most.
    ~StateWriter();
    StateWriter(const StateWriter&) = delete;
    StateWriter& operator=(const StateWriter&) = delete;

    /// `done(errno)` is called from the loop, in the order of the calls.
    void attach(Loop&);
    void write(std::uint64_t generation,
               std::span<const std::byte> bytes,
               std::function<void(int)> done);
    /// Of the writing process, for a daemon that replaces itself.
    [[nodiscard]] bool idle() const noexcept { return m_waiting.empty(); }

  private:
    void answered();

    std::string m_directory;
    Fd m_socket;
    pid_t m_process = 0;
    Source m_source;
    std::deque<std::function<void(int)>> m_waiting;
};

}  // namespace linux_host
