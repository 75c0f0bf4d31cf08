// SPDX-License-Identifier: GPL-2.0-or-later
// What the commands say to a terminal: text, a progress bar, and what is wrong with a scenario.
#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "scenario/scenario.hpp"
#include "workers.hpp"

namespace app {

void say(std::FILE* stream, const std::string& text);

/// Prints everything that is wrong; false: nothing can be done with the scenario. `done` says what
/// was not: "nothing was run".
[[nodiscard]] bool
accept(const std::string& file, const sim::ReadScenario&, const std::string& done);

/// Progress bar on a terminal; clears itself.
class ProgressBar {
  public:
    explicit ProgressBar(bool shown, sim::Duration stop_at) : m_shown(shown), m_stop_at(stop_at) {}
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar();

    /// Null when nothing is shown: a run that tells nobody how far it is costs no switch to the
    /// parent and back.
    [[nodiscard]] std::function<void(const Progress&)> listener();

  private:
    void draw(const Progress& progress);

    bool m_shown;
    sim::Duration m_stop_at;
    int m_drawn = -1;
    std::size_t m_done = 0;
};

}  // namespace app
