// SPDX-License-Identifier: GPL-2.0-or-later
// Timers of TDM devices that are not hosts: one ns-3 event that carries the cause along.
#pragma once

#include <utility>

#include "event.hpp"
#include "lan.hpp"

namespace models::tdm {

/// Runs `f` after `delay` with Recorder::current() as it is now. What `f` points to must outlive
/// the run.
template <class F>
void after(Context& context, ns3::Time delay, F f) {
    post(delay,
         [&recorder = context.recorder,
          cause = context.recorder.current(),
          f = std::move(f)]() mutable {
             const Recorder::Scope scope(recorder, cause);
             f();
         });
}

}  // namespace models::tdm
