// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the resource groups of this node: starts left to right, stops right to left, time-outs,
// retries, escalation. Knows nothing of peers or protocol: ownership says start/stop, and reads the
// outcomes.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "../node/issuer.hpp"
#include "cluster/action.hpp"
#include "cluster/config.hpp"
#include "cluster/quirks.hpp"
#include "cluster/report.hpp"

namespace cluster {

struct GroupOutcome {
    GroupId group{};
    enum class Kind : std::uint8_t {
        started,       ///< every member runs
        stopped,       ///< every member is down
        start_failed,  ///< one member did not start; it and all others that may be up have been
                       ///< stopped (group is down)
        stop_failed,  ///< one member still runs after all attempts: `resource` says which; the rest
                      ///< has been stopped
    } kind = Kind::started;
    ResourceId resource;  ///< the member that failed
    bool operator==(const GroupOutcome&) const = default;
};

class ResourceManager final {
  public:
    /// References must outlive the manager.
    ResourceManager(const NodeFiles& files, const Quirks& quirks, Issuer& issuer);
    ~ResourceManager();

    /// Idempotent: starting a group that is running or starting does nothing but yield `started`
    /// once it runs. A start during a stop is carried out after the stop has finished, and the
    /// reverse.
    void start_group(Instant now, GroupId, ActionSink& out);
    void stop_group(Instant now, GroupId, ActionSink& out);

    /// False: the id is not ours (or was answered or cancelled before).
    bool on_completed(Instant now, const ActionCompleted&, ActionSink& out);
    void on_bridge_reply(Instant now, std::span<const std::byte> bytes, ActionSink& out);
    void on_deadline(Instant now, ActionSink& out);
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    /// Announce the held addresses of a group again (after a heal or a wake-up, once the other side
    /// has let go).
    void announce_again(Instant now, GroupId, ActionSink& out);
    /// Point the bridges of a group here again, without restarting anything: after a heal they may
    /// still send to the other side.
    void repoint_again(Instant now, GroupId, ActionSink& out);
    /// Ask the bridge of a group whether it is there, changing nothing in it. What was found is
    /// taken with take_look(), at most 1.5 s later with the default settings; nullopt: no bridge,
    /// or still asking. A bridge that only a script can reach counts as there.
    void look_at_bridge(Instant now, GroupId, ActionSink& out);
    [[nodiscard]] std::optional<bool> take_look(GroupId);
    /// Forget what repoint_again() and look_at_bridge() want; an exchange that has already switched
    /// the stream goes on to its end.
    void leave_bridge(GroupId);

    /// The addresses of a group go off the interfaces at once, nothing else changes; until it is
    /// stopped or speaks again they stay off.
    void fall_silent(Instant now, GroupId, ActionSink& out);
    void speak_again(Instant now, GroupId, ActionSink& out);
    /// As fall_silent, and also for addresses that are put on later, while the group is starting;
    /// ends with resume_group or the next stop.
    void suspend_group(Instant now, GroupId, ActionSink& out);
    /// The addresses are put on and announced; nothing else changes. One that cannot be put on is
    /// `failed` then; there is no outcome.
    void resume_group(Instant now, GroupId, ActionSink& out);
    /// Brings down what an earlier life may have left: addresses at once, then agents whose status
    /// says that they run. Outcome `stopped` or `stop_failed`.
    void clear_group(Instant now, GroupId, ActionSink& out);
    /// Stops every member, though none was started here: an earlier life may have left it running.
    void stop_whatever_runs(Instant now, GroupId, ActionSink& out);

    /// Outcomes since the last call, oldest first.
    [[nodiscard]] std::vector<GroupOutcome> take_outcomes();

    [[nodiscard]] const std::vector<ResourceState>& states(GroupId) const;
    [[nodiscard]] bool all_running(GroupId) const;
    [[nodiscard]] bool any_running(
        GroupId) const;  ///< something may still be up (running, starting, stopping, failed)
    [[nodiscard]] bool idle() const;  ///< no start or stop in progress

    /// Everything needed to go on after restore(); opaque bytes, versioned by the caller.
    void save(std::vector<std::byte>& out) const;
    bool load(std::span<const std::byte>& in);

  private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace cluster
