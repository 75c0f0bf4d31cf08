// SPDX-License-Identifier: GPL-2.0-or-later
// The event loop of the daemon: sd-event with owned sources. One thread; nothing in it may block.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <signal.h>
#include <sys/types.h>

#include "cluster/time.hpp"

struct sd_event;
struct sd_event_source;

namespace linux_host {

/// Removing the object removes the source, also from inside its own callback.
class Source final {
  public:
    Source();
    ~Source();
    Source(Source&&) noexcept;
    Source& operator=(Source&&) noexcept;

    [[nodiscard]] explicit operator bool() const noexcept { return m_held != nullptr; }
    void reset();

    /// Timers only: rings once, at this time of the boot clock; a time that has passed rings at
    /// once.
    void ring_at(cluster::Instant);
    void silence();
    /// Descriptors only: EPOLLIN, EPOLLOUT.
    void watch_for(std::uint32_t epoll_events);

  private:
    friend class Loop;
    struct Held;
    explicit Source(std::unique_ptr<Held>);
    std::unique_ptr<Held> m_held;
};

/// Functions that create sources throw std::system_error when the system has no room for one.
class Loop final {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    [[nodiscard]] Source descriptor(int fd, std::uint32_t epoll_events, std::function<void()> call);
    [[nodiscard]] Source timer(std::function<void()> call);
    /// The signal is blocked from here on.
    [[nodiscard]] Source signal(int number, std::function<void()> call);
    [[nodiscard]] Source child(pid_t pid, std::function<void(const siginfo_t&)> call);

    /// Tells the service manager that we live, as often as it asked for. False: it did not ask.
    bool feed_watchdog();

    int run();
    void end(int status);

  private:
    sd_event* m_event = nullptr;
};

}  // namespace linux_host
