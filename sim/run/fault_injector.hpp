// SPDX-License-Identifier: GPL-2.0-or-later
// Carries out the timeline: faults, repairs, operator commands, checks, at their times or after
// what they wait for. Every fault is looked at after it was applied; one that shows no effect ends
// the run with an error. How each is done stands in faults.hpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/episodes.hpp"
#include "run/faults.hpp"
#include "run/run.hpp"
#include "run/testbed.hpp"

namespace sim {

class FaultInjector {
  public:
    struct Hooks {
        /// Before each fault, so that it stands first in the story.
        std::function<void(const std::string& verb, const std::string& target)> begins;
        /// After each fault, with its record as the recorder's current one.
        std::function<void(const std::string& target)> applied;
        /// A check of the timeline is due.
        std::function<void(const TimelineEntry&, const Check&)> check;
        /// A fault could not take effect; the run is to be stopped.
        std::function<void(std::string)> failed;
    };

    FaultInjector(const Scenario&, Testbed&, Hooks);

    /// Puts every entry of the timeline on the simulator's agenda, at odd nanoseconds: no other
    /// event of a model that counts in whole microseconds falls on the same time, so the order
    /// never depends on who was scheduled first.
    void schedule();

    /// The timeline of this seed.
    [[nodiscard]] const std::vector<TimelineEntry>& timeline() const noexcept { return m_timeline; }

    /// Some entry waits for something to happen.
    [[nodiscard]] bool waits() const noexcept { return !m_waiting.empty(); }
    /// What is still to come depends on what daemons do: on a role, or on an event it waits for.
    [[nodiscard]] bool depends_on_daemons() const;
    /// Where nobody acts, the world in which somebody did decides: from now on roles are what they
    /// were there, and what waits for an event happens when it did there. `there`: all its faults.
    void follow(std::vector<AppliedFault> there);

    /// Something that entries may wait for has happened; `node` empty: at no node.
    void heard(After::Event, const std::string& node);
    /// A member's daemon reported.
    void reported(const std::string& member, const cluster::ReportBody&);

    /// Call once, after the run: completes the evidence. What went wrong: an armed fault that never
    /// struck, an entry whose event never came; empty when everything took effect.
    [[nodiscard]] std::string conclude();
    /// In the order of time; complete after conclude().
    [[nodiscard]] const std::vector<EpisodeOpening>& openings() const noexcept {
        return m_openings;
    }
    [[nodiscard]] const std::vector<AppliedFault>& faults() const noexcept { return m_faults; }

  private:
    /// One thing to be done to the world.
    struct Act {
        const TimelineEntry* entry = nullptr;
        std::string id;
        std::string verb;
        std::uint64_t cause = 0;
        bool clears = false;   ///< a repair, for the trace
        bool lenient = false;  ///< when it can strike at nothing it is left out
        std::function<Effect(const std::string& target)> effect;
        std::function<std::string(const std::string& target)> strand;
    };
    struct Later {
        std::string strand;
        std::size_t fault = 0;  ///< in m_faults
        std::uint64_t record = 0;
        std::function<std::string()> look;
    };
    struct Waiting {
        const TimelineEntry* entry = nullptr;
        std::string before;  ///< id of the entry before it; empty: none
        bool armed = false;
        bool over = false;  ///< its event came
        bool happened = false;
    };

    void happen(const TimelineEntry&);
    void
    inject(const TimelineEntry&, const Fault&, std::string id, std::uint64_t cause, bool lenient);
    /// False: refused, and reported so.
    bool carry_out(const Act&, const Target&);
    void follow_up(const Act&,
                   const std::string& target,
                   const Effect::Consequence&,
                   std::uint64_t record);
    void done(const std::string& id);
    void fire(Waiting&);
    void complete(const Later&);
    void fail(const std::string& id, const std::string& verb, const std::string& why);
    [[nodiscard]] std::string resolve(const Target&, const std::string& entry_id);

    Testbed& m_testbed;
    models::Recorder& m_recorder;
    Hooks m_hooks;
    std::vector<TimelineEntry> m_timeline;
    FaultWorld m_world;
    std::vector<Waiting> m_waiting;
    std::vector<EpisodeOpening> m_openings;
    std::vector<AppliedFault> m_faults;
    std::vector<AppliedFault> m_there;  ///< the faults of the world that is followed
    std::vector<std::size_t> m_fault_of_opening;
    std::vector<Later> m_later;
    std::string m_trouble;
};

}  // namespace sim
