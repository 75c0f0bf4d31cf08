// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/loop.hpp"

#include <system_error>
#include <utility>

#include <systemd/sd-event.h>

namespace linux_host {

struct Source::Held {
    sd_event_source* source = nullptr;
    std::function<void()> call;
    std::function<void(const siginfo_t&)> on_child;

    Held() = default;
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { sd_event_source_disable_unref(source); }
};

namespace {

void check(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(-result, std::generic_category(), what);
    }
}

}  // namespace

Source::Source() = default;
Source::Source(std::unique_ptr<Held> held) : m_held(std::move(held)) {}
Source::~Source() = default;
Source::Source(Source&&) noexcept = default;
Source& Source::operator=(Source&&) noexcept = default;

void Source::reset() {
    m_held.reset();
}

void Source::ring_at(cluster::Instant when) {
    // Microseconds are what sd-event counts in; rounded up, so that it never rings too early.
    const auto ns = when.time_since_epoch().count();
    const auto us = ns <= 0 ? 0 : static_cast<std::uint64_t>((ns + 999) / 1000);
    check(sd_event_source_set_time(m_held->source, us), "timer");
    check(sd_event_source_set_enabled(m_held->source, SD_EVENT_ONESHOT), "timer");
}

void Source::silence() {
    check(sd_event_source_set_enabled(m_held->source, SD_EVENT_OFF), "timer");
}

void Source::watch_for(std::uint32_t epoll_events) {
    check(sd_event_source_set_io_events(m_held->source, epoll_events), "descriptor");
}

Loop::Loop() {
    check(sd_event_new(&m_event), "event loop");
}

Loop::~Loop() {
    sd_event_unref(m_event);
}

namespace {

/// The callable lives in its Source, which it may remove: what runs is a copy.
void run_copy(const std::function<void()>& call) {
    const std::function<void()> copy = call;
    copy();
}

}  // namespace

Source Loop::descriptor(int fd, std::uint32_t epoll_events, std::function<void()> call) {
    auto held = std::make_unique<Source::Held>();
    held->call = std::move(call);
    check(sd_event_add_io(
              m_event,
              &held->source,
              fd,
              epoll_events,
              [](sd_event_source*, int, std::uint32_t, void* data) {
                  run_copy(static_cast<Source::Held*>(data)->call);
                  return 0;
              },
              held.get()),
          "descriptor");
    return Source{std::move(held)};
}

Source Loop::timer(std::function<void()> call) {
    auto held = std::make_unique<Source::Held>();
    held->call = std::move(call);
    check(sd_event_add_time(
              m_event,
              &held->source,
              CLOCK_BOOTTIME,
              0,
              1,  // exactly when asked for: the default of 250 ms is for those who are patient
              [](sd_event_source*, std::uint64_t, void* data) {
                  run_copy(static_cast<Source::Held*>(data)->call);
                  return 0;
              },
              held.get()),
          "timer");
    check(sd_event_source_set_enabled(held->source, SD_EVENT_OFF), "timer");
    return Source{std::move(held)};
}

Source Loop::signal(int number, std::function<void()> call) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    auto held = std::make_unique<Source::Held>();
    held->call = std::move(call);
    check(sd_event_add_signal(
              m_event,
              &held->source,
              number,
              [](sd_event_source*, const struct signalfd_siginfo*, void* data) {
                  run_copy(static_cast<Source::Held*>(data)->call);
                  return 0;
              },
              held.get()),
          "signal");
    return Source{std::move(held)};
}

Source Loop::child(pid_t pid, std::function<void(const siginfo_t&)> call) {
    auto held = std::make_unique<Source::Held>();
    held->on_child = std::move(call);
    check(sd_event_add_child(
              m_event,
              &held->source,
              pid,
              WEXITED,
              [](sd_event_source*, const siginfo_t* info, void* data) {
                  const auto copy = static_cast<Source::Held*>(data)->on_child;
                  copy(*info);
                  return 0;
              },
              held.get()),
          "child");
    return Source{std::move(held)};
}

bool Loop::feed_watchdog() {
    return sd_event_set_watchdog(m_event, 1) > 0;
}

int Loop::run() {
    return sd_event_loop(m_event);
}

void Loop::end(int status) {
    sd_event_exit(m_event, status);
}

}  // namespace linux_host
