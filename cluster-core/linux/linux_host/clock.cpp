// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/clock.hpp"

#include <algorithm>
#include <string_view>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

namespace linux_host {

cluster::Instant boot_time() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return cluster::Instant{std::chrono::seconds{now.tv_sec} +
                            std::chrono::nanoseconds{now.tv_nsec}};
}

Clock::Clock() : m_load_file(::open("/proc/loadavg", O_RDONLY | O_CLOEXEC)) {}

cluster::Now Clock::now() {
    const cluster::Instant monotonic = boot_time();
    if (m_load_size == 0 || monotonic - m_load_read >= std::chrono::seconds{1}) {
        const ssize_t got = ::pread(m_load_file.get(), m_load.data(), m_load.size(), 0);
        const std::string_view line{m_load.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
        m_load_size = std::min(line.find('\n'), line.size());
        m_load_read = monotonic;
    }
    timespec wall{};
    clock_gettime(CLOCK_REALTIME, &wall);
    return {monotonic, cluster::WallSeconds{wall.tv_sec}, {m_load.data(), m_load_size}};
}

}  // namespace linux_host
