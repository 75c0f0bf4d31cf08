// SPDX-License-Identifier: GPL-2.0-or-later
// One word of haresources at work: how it is started, stopped and looked at. Order, retries and
// escalation are the manager's; a resource does one thing at a time and has at most one action
// under way.
//
//             start()                    stop()                        verify()
//   stopped ──► [checking ►] starting ──► running ──► stopping ──► stopped
//                     └── failed ◄──┘                    └─(retries, then verify)─► stopped or
//                     failed
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "../node/issuer.hpp"
#include "cluster/action.hpp"
#include "cluster/config.hpp"
#include "cluster/report.hpp"
#include "state_bytes.hpp"

namespace cluster {

/// What a resource may use during one call.
struct ResourceContext {
    Instant now;
    ActionSink& out;
    Issuer& issuer;
};

class Resource {
  public:
    enum class Operation : std::uint8_t { start, stop, verify, probe };
    enum class Progress : std::uint8_t { idle, busy, done, failed };

    Resource(ResourceId id, AgentTimeouts limits) : m_id(id), m_limits(limits) {}
    virtual ~Resource() = default;
    Resource(const Resource&) = delete;
    Resource& operator=(const Resource&) = delete;

    /// Precondition: not busy. May be over on return.
    void begin(ResourceContext&, Operation);
    /// False: not the answer that is waited for.
    bool on_completed(ResourceContext&, const ActionCompleted&);
    void on_deadline(ResourceContext&);
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    [[nodiscard]] ResourceId id() const noexcept { return m_id; }
    [[nodiscard]] ResourceState state() const noexcept { return m_state; }
    [[nodiscard]] Progress progress() const noexcept { return m_progress; }

    /// Tell the network (again) where the address is; only addresses do something.
    virtual void announce(ResourceContext&) {}
    /// Send the stream of a running bridge switch here (again). Its state stays what it is: trouble
    /// is reported step by step, and stops nothing. Carried out when the bridge is lent.
    virtual void repoint(ResourceContext&) {}
    /// Ask a running bridge switch's bridge whether it is there; the answer comes with
    /// take_look(). A script cannot ask: its bridge counts as there.
    virtual void look(ResourceContext&) {}
    [[nodiscard]] virtual std::optional<bool> take_look() { return std::nullopt; }
    /// The stream arrives here, or is nobody's business any more: what look() and repoint() wanted
    /// and have not begun is forgotten.
    virtual void leave_bridge() {}

    /// Addresses: off the interface although it counts as running, and back. Source fix-up: undone
    /// before (members are called from right to left), and planned again after.
    virtual void fall_silent(ResourceContext&) {}
    virtual void speak_again(ResourceContext&) {}
    /// Addresses and source fix-up: a start changes nothing, but waits for speak_again().
    virtual void hold_back(bool) {}
    /// Nobody knows whether it runs: a stop is to be carried out all the same.
    virtual void assume_running() { m_state = ResourceState::running; }

    /// The bridge answers one exchange at a time: the manager lends it. Only bridge switches want
    /// it.
    [[nodiscard]] virtual bool waits_for_bridge() const { return false; }
    [[nodiscard]] virtual bool has_bridge() const { return false; }
    virtual void give_bridge(ResourceContext&) {}
    virtual void on_bridge_reply(ResourceContext&, std::span<const std::byte>) {}

    void save(std::vector<std::byte>& out) const;
    bool load(std::span<const std::byte>& in);

  protected:
    virtual void begin_start(ResourceContext&) = 0;
    virtual void begin_stop(ResourceContext&) = 0;
    /// After all stop attempts: is it down all the same? By default nobody can tell, so it counts
    /// as up.
    virtual void begin_verify(ResourceContext&) { conclude(false); }
    /// Before a stop: is it down already? By default nobody can tell, so it is stopped.
    virtual void begin_probe(ResourceContext&) { conclude(false); }
    /// The answer to issue(); a passed time limit comes as `timed_out`.
    virtual void answered(ResourceContext&, const ActionCompleted&) = 0;
    /// Timers of its own.
    virtual void on_timer(ResourceContext&) {}
    [[nodiscard]] virtual std::optional<Instant> next_timer() const { return std::nullopt; }
    virtual void save_more(StateWriter&) const {}
    virtual void load_more(StateReader&) {}

    /// Issues an action that will be answered. `limit` zero: wait for ever.
    void issue(ResourceContext&, Action action, Duration limit);
    /// Breaks off what is under way outside of any operation; its answer is nobody's then.
    void abandon(ResourceContext& context);
    /// The operation may take no longer than this, whatever actions it consists of.
    void set_limit(ResourceContext& context, Duration limit);
    void set_state(ResourceContext&, ResourceState, int code = 0);
    void conclude(bool well) { m_progress = well ? Progress::done : Progress::failed; }
    [[nodiscard]] Operation operation() const noexcept { return m_operation; }
    [[nodiscard]] const AgentTimeouts& limits() const noexcept { return m_limits; }

  private:
    ResourceId m_id;
    AgentTimeouts m_limits;
    ResourceState m_state = ResourceState::stopped;
    Operation m_operation = Operation::start;
    Progress m_progress = Progress::idle;
    std::optional<ActionId> m_pending;
    std::optional<Instant> m_limit;
};

/// `left` = the addresses of the same group to the left of the word: those that are up when it is
/// started.
[[nodiscard]] std::unique_ptr<Resource> make_resource(const NodeFiles& files,
                                                      ResourceId id,
                                                      BindingKind kind,
                                                      const std::vector<AddressSpec>& left);

/// The address a word of kind `address` or `source_address` names.
[[nodiscard]] std::optional<AddressSpec> address_of(const ResourceWord& word);

}  // namespace cluster
