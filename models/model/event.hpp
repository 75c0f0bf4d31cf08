// SPDX-License-Identifier: GPL-2.0-or-later
// Scheduling of a callable in ns-3 without the copies that Simulator::Schedule makes of it.
// Internal to the models.
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ns3/event-id.h>
#include <ns3/event-impl.h>
#include <ns3/nstime.h>
#include <ns3/ptr.h>
#include <ns3/simulator.h>

namespace models {

[[nodiscard]] inline ns3::Time to_time(std::chrono::nanoseconds d) {
    return ns3::NanoSeconds(static_cast<std::uint64_t>(d.count()));
}

template <class F>
class Task final : public ns3::EventImpl {
  public:
    explicit Task(F f) : m_function(std::move(f)) {}

  private:
    void Notify() override { m_function(); }
    F m_function;
};

/// No handle, with the event context of an ns-3 node.
template <class F>
void post(std::uint32_t context, ns3::Time delay, F&& f) {
    ns3::EventImpl* const event = new Task<std::decay_t<F>>(std::forward<F>(f));
    ns3::Simulator::ScheduleWithContext(context, delay, event);
}

/// In the current context; the handle can be cancelled.
template <class F>
ns3::EventId post(ns3::Time delay, F&& f) {
    return ns3::Simulator::Schedule(
        delay, ns3::Ptr<ns3::EventImpl>(new Task<std::decay_t<F>>(std::forward<F>(f)), false));
}

}  // namespace models
