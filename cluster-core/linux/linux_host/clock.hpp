// SPDX-License-Identifier: GPL-2.0-or-later
// The times a ClusterNode is told: boot clock (counts while the machine is suspended), wall clock,
// load line.
#pragma once

#include <array>
#include <cstddef>

#include "cluster/time.hpp"
#include "linux_host/fd.hpp"

namespace linux_host {

[[nodiscard]] cluster::Instant boot_time();

class Clock final {
  public:
    Clock();
    /// The load line is read at most once a second; the view lives until the next call.
    [[nodiscard]] cluster::Now now();

  private:
    Fd m_load_file;
    std::array<char, 64> m_load{};
    std::size_t m_load_size = 0;
    cluster::Instant m_load_read{};
};

}  // namespace linux_host
