// SPDX-License-Identifier: GPL-2.0-or-later
// Carries out the timeline: faults, repairs, operator commands, checks. Every fault is looked at
// after it was applied; one that shows no effect ends the run with an error.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "run/episodes.hpp"
#include "run/run.hpp"
#include "run/testbed.hpp"

namespace sim {

class FaultInjector {
  public:
    struct Hooks {
        /// Before each fault, so that it stands first in the story.
        std::function<void(const std::string& verb, const std::string& target)> begins;
        /// After each fault, with its record as the recorder's current one.
        std::function<void(const Fault&, const std::string& target)> applied;
        /// A check of the timeline is due.
        std::function<void(const TimelineEntry&, const Check&)> check;
        /// A fault could not take effect; the run is to be stopped.
        std::function<void(std::string)> failed;
    };

    FaultInjector(const Scenario&, Testbed&, models::Recorder&, Hooks);

    /// Puts every entry of the timeline on the simulator's agenda, at odd nanoseconds: no other
    /// event of a model that counts in whole microseconds falls on the same time, so the order
    /// never depends on who was scheduled first.
    void schedule();

    [[nodiscard]] const std::vector<EpisodeOpening>& openings() const noexcept {
        return m_openings;
    }
    /// After the run: what was armed and never struck; empty when everything took effect.
    [[nodiscard]] std::string unfinished();

    [[nodiscard]] std::string resolve(const Target&) const;

  private:
    struct Apply;
    void inject(const TimelineEntry&,
                const Fault&,
                std::string id,
                const std::string& verb_word,
                std::uint64_t cause);
    void power(const std::string& target, bool on, Duration boot, std::string& evidence);

    const Scenario& m_scenario;
    Testbed& m_testbed;
    models::Recorder& m_recorder;
    Hooks m_hooks;
    std::vector<EpisodeOpening> m_openings;
    struct LostReply {
        std::string bridge;
        std::uint64_t at_request = 0;
    };  // count of its control requests
    std::vector<LostReply> m_lost_replies;
};

}  // namespace sim
