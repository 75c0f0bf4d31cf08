// SPDX-License-Identifier: GPL-2.0-or-later
// `understudyd --observe`: listens to a running cluster and never sends or acts. Tells late
// heartbeats, and how often a shorter deadtime would have declared a living node dead.
#pragma once

#include <array>
#include <cstdint>

#include "cluster/time.hpp"
#include "linux_host/daemon.hpp"

namespace linux_host {

/// Gaps between the heartbeats of one node, against some dead times.
class GapCounter final {
  public:
    static constexpr std::array<cluster::Duration, 3> dead_times{
        std::chrono::seconds{2}, std::chrono::seconds{1}, std::chrono::milliseconds{500}};

    /// A status message was heard. Returns the gap since the one before; zero for the first.
    cluster::Duration heard(cluster::Instant now);
    /// One count per dead time: gaps that were longer.
    [[nodiscard]] const std::array<std::uint64_t, 3>& longer() const noexcept { return m_longer; }
    [[nodiscard]] cluster::Duration longest() const noexcept { return m_longest; }
    [[nodiscard]] std::uint64_t count() const noexcept { return m_count; }

  private:
    cluster::Instant m_last{};
    cluster::Duration m_longest{};
    std::uint64_t m_count = 0;
    std::array<std::uint64_t, 3> m_longer{};
};

/// Runs until SIGTERM or SIGINT; then, and every minute, prints what it saw.
[[nodiscard]] int run_observer(const DaemonOptions&);

}  // namespace linux_host
