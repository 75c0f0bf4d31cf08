// SPDX-License-Identifier: GPL-2.0-or-later
// The kinds of resource: address, agent (script, unit, OCF), source fix-up, bridge switch; and the
// choice among them.
#include <algorithm>
#include <utility>

#include "agent_status.hpp"
#include "cluster/bridge_switch.hpp"
#include "cluster/check.hpp"
#include "cluster/route_fixup.hpp"
#include "resource.hpp"

namespace cluster {

namespace {

// errno values as Linux numbers them; the core has no POSIX header.
constexpr int errno_not_found = 2;      // ENOENT
constexpr int errno_invalid = 22;       // EINVAL
constexpr int errno_unreachable = 101;  // ENETUNREACH
constexpr int errno_timed_out = 110;    // ETIMEDOUT

/// The kernel answers within milliseconds; a driver that does not is stuck [assumed].
constexpr Duration kernel_limit = std::chrono::seconds{10};

/// A bridge that could not be pointed here again is asked once more after this [assumed: its reboot
/// takes some of these].
constexpr Duration repoint_delay = std::chrono::seconds{5};

/// The vendor's program, also when it is run as a script.
constexpr std::string_view bridge_program = "fonulator";

Duration limit_or(Duration configured, Duration fallback) {
    return configured > Duration::zero() ? configured : fallback;
}

int code_of(const ActionCompleted& completed) {
    return completed.outcome == Outcome::timed_out ? errno_timed_out : completed.code;
}

// ---------------------------------------------------------------- address

class AddressResource final : public Resource {
  public:
    AddressResource(ResourceId id,
                    AgentTimeouts limits,
                    std::optional<AddressSpec> address,
                    AnnounceSettings announce)
        : Resource(id, limits), m_address(std::move(address)), m_settings(announce) {}

    void announce(ResourceContext& context) override {
        if (state() == ResourceState::running && !m_silent) {
            m_announced = 0;
            announce_once(context);
        }
    }

    /// The answer is nobody's: what the address then is, the stop or the next start confirms.
    void fall_silent(ResourceContext& context) override {
        m_next_announcement.reset();
        if (!std::exchange(m_silent, true) && m_address && state() != ResourceState::stopped) {
            context.issuer.issue(context.out, ReleaseAddress{id(), *m_address});
        }
    }

    void speak_again(ResourceContext& context) override {
        if (std::exchange(m_silent, false) && m_address && state() == ResourceState::running) {
            issue(
                context, AcquireAddress{id(), *m_address}, limit_or(limits().start, kernel_limit));
        }
    }

    void hold_back(bool held) override { m_held_back = held; }

  private:
    void begin_start(ResourceContext& context) override {
        m_silent = m_held_back;
        if (m_held_back && m_address) {
            set_state(context, ResourceState::running);
            conclude(true);
            return;
        }
        set_state(context, ResourceState::starting);
        if (!m_address) {
            set_state(context, ResourceState::failed, errno_invalid);
            conclude(false);
            return;
        }
        issue(context, AcquireAddress{id(), *m_address}, limit_or(limits().start, kernel_limit));
    }

    void begin_stop(ResourceContext& context) override {
        m_silent = false;
        m_next_announcement.reset();
        set_state(context, ResourceState::stopping);
        if (!m_address) {
            set_state(context, ResourceState::stopped);
            conclude(true);
            return;
        }
        issue(context, ReleaseAddress{id(), *m_address}, limit_or(limits().stop, kernel_limit));
    }

    void begin_verify(ResourceContext& context) override {
        set_state(context, ResourceState::failed, m_code);
        conclude(false);
    }

    void answered(ResourceContext& context, const ActionCompleted& completed) override {
        const bool well = completed.outcome == Outcome::done;
        m_code = code_of(completed);
        if (operation() == Operation::stop) {
            if (well) {
                set_state(context, ResourceState::stopped);
            }
        } else {
            set_state(context, well ? ResourceState::running : ResourceState::failed, m_code);
            announce(context);
        }
        conclude(well);
    }

    /// Requests and replies in turn, as send_arp of the Linux-HA agents does: some hosts learn from
    /// one form only.
    void announce_once(ResourceContext& context) {
        m_next_announcement.reset();
        if (m_announced >= m_settings.count || !m_address) {
            return;
        }
        const ArpForm form = m_announced % 2 == 0 ? ArpForm::request : ArpForm::reply;
        context.issuer.issue(context.out, AnnounceAddress{id(), *m_address, form});
        ++m_announced;
        if (m_announced < m_settings.count) {
            m_next_announcement = context.now + m_settings.interval;
        }
    }

    void on_timer(ResourceContext& context) override { announce_once(context); }
    [[nodiscard]] std::optional<Instant> next_timer() const override { return m_next_announcement; }

    void save_more(StateWriter& writer) const override {
        writer.signed_number(m_announced);
        writer.time(m_next_announcement);
        writer.signed_number(m_code);
        writer.flag(m_silent);
        writer.flag(m_held_back);
    }

    void load_more(StateReader& reader) override {
        m_announced = static_cast<int>(reader.signed_number());
        m_next_announcement = reader.time();
        m_code = static_cast<int>(reader.signed_number());
        m_silent = reader.flag();
        m_held_back = reader.flag();
        if (m_announced < 0) {
            reader.fail();
        }
    }

    std::optional<AddressSpec> m_address;
    AnnounceSettings m_settings;
    int m_announced = 0;
    int m_code = 0;
    bool m_silent = false;  ///< off until it is settled who owns it
    bool m_held_back = false;
    std::optional<Instant> m_next_announcement;
};

// ---------------------------------------------------------------- script, systemd unit, OCF agent

class AgentResource final : public Resource {
  public:
    AgentResource(ResourceId id,
                  AgentTimeouts limits,
                  BindingKind kind,
                  std::string name,
                  std::vector<std::string> arguments,
                  Duration stop_limit,
                  bool points_bridge)
        : Resource(id, limits), m_kind(kind), m_name(std::move(name)),
          m_arguments(std::move(arguments)), m_stop_limit(stop_limit),
          m_points_bridge(points_bridge) {}

    /// heartbeat's way to point the bridge is to start the script; started again it points again.
    void repoint(ResourceContext& context) override {
        const bool runs = state() == ResourceState::running && progress() != Progress::busy;
        if (m_points_bridge && runs && !m_pointing) {
            m_again.reset();
            m_pointing = true;
            run(context, AgentOp::start);
        }
    }

    void look(ResourceContext&) override {
        m_looked = m_points_bridge && state() == ResourceState::running && !m_pointing;
    }
    [[nodiscard]] std::optional<bool> take_look() override {
        return std::exchange(m_looked, false) ? std::optional{true} : std::nullopt;
    }
    void leave_bridge() override {
        m_looked = false;
        m_again.reset();
    }

  private:
    void run(ResourceContext& context, AgentOp op) {
        m_op = op;
        const Duration limit = op == AgentOp::start  ? limits().start
                               : op == AgentOp::stop ? limit_or(limits().stop, m_stop_limit)
                                                     : limits().status;
        issue(context, RunAgent{id(), m_kind, m_name, m_arguments, op}, limit);
    }

    void begin_start(ResourceContext& context) override {
        set_state(context, ResourceState::checking);
        run(context, AgentOp::status);
    }

    void begin_stop(ResourceContext& context) override {
        if (std::exchange(m_pointing, false)) {
            abandon(context);
        }
        m_again.reset();
        set_state(context, ResourceState::stopping);
        run(context, AgentOp::stop);
    }

    void begin_verify(ResourceContext& context) override { run(context, AgentOp::status); }
    void begin_probe(ResourceContext& context) override { run(context, AgentOp::status); }

    void answered(ResourceContext& context, const ActionCompleted& completed) override {
        const bool well = completed.outcome == Outcome::done && completed.code == 0;
        if (std::exchange(m_pointing, false)) {
            if (!well) {
                m_again = context.now + repoint_delay;
            }
            return;
        }
        switch (m_op) {
        case AgentOp::status: {
            const AgentStatus status = judge_status(m_kind, completed);
            if (operation() == Operation::verify) {
                const bool down = status == AgentStatus::not_running;
                set_state(context, down ? ResourceState::stopped : ResourceState::failed, m_code);
                conclude(down);
            } else if (operation() == Operation::probe) {
                const bool down = status == AgentStatus::not_running;
                if (down) {
                    set_state(context, ResourceState::stopped);
                }
                conclude(down);
            } else if (status == AgentStatus::running) {
                set_state(context, ResourceState::running);
                conclude(true);
            } else {
                set_state(context, ResourceState::starting);
                run(context, AgentOp::start);
            }
            break;
        }
        case AgentOp::start:
            set_state(
                context, well ? ResourceState::running : ResourceState::failed, code_of(completed));
            conclude(well);
            break;
        case AgentOp::stop:
            m_code = code_of(completed);
            if (well) {
                set_state(context, ResourceState::stopped);
            }
            conclude(well);
            break;
        }
    }

    void save_more(StateWriter& writer) const override {
        writer.word(m_op);
        writer.signed_number(m_code);
        writer.flag(m_pointing);
        writer.flag(m_looked);
        writer.time(m_again);
    }

    void load_more(StateReader& reader) override {
        m_op = reader.word(AgentOp::status);
        m_code = static_cast<int>(reader.signed_number());
        m_pointing = reader.flag();
        m_looked = reader.flag();
        m_again = reader.time();
    }

    void on_timer(ResourceContext& context) override { repoint(context); }
    [[nodiscard]] std::optional<Instant> next_timer() const override { return m_again; }

    BindingKind m_kind;
    std::string m_name;
    std::vector<std::string> m_arguments;
    Duration m_stop_limit;
    bool m_points_bridge;
    AgentOp m_op = AgentOp::status;
    int m_code = 0;                  ///< of the last stop
    bool m_pointing = false;         ///< started once more while running
    bool m_looked = false;           ///< asked, not taken
    std::optional<Instant> m_again;  ///< that failed: once more then
};

// ---------------------------------------------------------------- source fix-up, IPsrcaddr

class SourceResource final : public Resource {
  public:
    SourceResource(ResourceId id,
                   AgentTimeouts limits,
                   std::vector<AddressSpec> addresses,
                   std::vector<std::string> networks)
        : Resource(id, limits), m_addresses(std::move(addresses)), m_networks(std::move(networks)) {
    }

    void assume_running() override {
        Resource::assume_running();
        m_unknown = true;
    }

    /// Before its addresses go: the kernel deletes a connected route together with the address that
    /// it prefers, and the node would lose the network. Nobody waits for the answers; a later stop
    /// looks at the routes again.
    void fall_silent(ResourceContext& context) override {
        if (std::exchange(m_silent, true) || state() == ResourceState::stopped) {
            return;
        }
        m_todo.clear();
        for (auto change = m_applied.rbegin(); change != m_applied.rend(); ++change) {
            Route route = change->route;
            route.source = change->before;
            context.issuer.issue(context.out, ReplaceRoute{std::move(route)});
        }
    }

    /// After its addresses: what they say about routes is planned anew.
    void speak_again(ResourceContext& context) override {
        if (std::exchange(m_silent, false) && state() == ResourceState::running) {
            query(context);
        }
    }

    void hold_back(bool held) override { m_held_back = held; }

  private:
    void begin_start(ResourceContext& context) override {
        m_silent = m_held_back;
        if (m_silent) {
            set_state(context, ResourceState::running);
            conclude(true);
            return;
        }
        set_state(context, ResourceState::starting);
        query(context);
    }

    void begin_stop(ResourceContext& context) override {
        m_silent = false;
        set_state(context, ResourceState::stopping);
        if (m_applied.empty() && !m_unknown) {
            set_state(context, ResourceState::stopped);
            conclude(true);
        } else {
            query(context);
        }
    }

    void begin_verify(ResourceContext& context) override {
        set_state(context, ResourceState::failed, m_code);
        conclude(false);
    }

    void query(ResourceContext& context) {
        m_todo.clear();
        m_asked = true;
        issue(context, QueryRoutes{}, kernel_limit);
    }

    void answered(ResourceContext& context, const ActionCompleted& completed) override {
        const bool stopping = operation() == Operation::stop;
        if (m_silent && !stopping) {  // fell silent meanwhile: nothing is to be changed now
            m_asked = false;
            set_state(context, ResourceState::running);
            conclude(true);
            return;
        }
        if (completed.outcome != Outcome::done) {
            m_code = code_of(completed);
            if (!stopping) {
                set_state(context, ResourceState::failed, m_code);
            }
            conclude(false);
            return;
        }
        if (m_asked) {
            m_asked = false;
            if (stopping && std::exchange(m_unknown, false)) {
                for (const RouteChange& change :
                     plan_route_fixup(completed.routes, m_addresses, m_networks).already) {
                    remember(change);  // an earlier life changed it
                }
            }
            if (stopping) {
                m_todo = plan_route_undo(completed.routes, m_applied);
            } else if (!plan(completed.routes)) {
                set_state(context, ResourceState::failed, errno_unreachable);
                conclude(false);
                return;
            }
        }
        next(context);
    }

    bool plan(std::span<const Route> routes) {
        const RouteFixupPlan plan = plan_route_fixup(routes, m_addresses, m_networks);
        for (const RouteChange& change : plan.already) {
            remember(change);
        }
        for (const RouteChange& change : plan.changes) {
            remember(
                change);  // before it is asked for: an answer that is lost must not lose the undo
            m_todo.push_back(change.route);
        }
        return !plan.empty();
    }

    /// An earlier note about the same route (its undo failed) knows the true source.
    void remember(const RouteChange& change) {
        const bool known =
            std::any_of(m_applied.begin(), m_applied.end(), [&](const RouteChange& c) {
                return same_route(c.route, change.route) && c.route.source == change.route.source;
            });
        if (!known) {
            m_applied.push_back(change);
        }
    }

    void next(ResourceContext& context) {
        if (!m_todo.empty()) {
            const Route route = m_todo.front();
            m_todo.erase(m_todo.begin());
            issue(context, ReplaceRoute{route}, kernel_limit);
            return;
        }
        if (operation() == Operation::stop) {
            m_applied.clear();
            set_state(context, ResourceState::stopped);
        } else {
            set_state(context, ResourceState::running);
        }
        conclude(true);
    }

    static void put(StateWriter& writer, const Route& route) {
        for (const std::string* text : {&route.destination,
                                        &route.gateway,
                                        &route.interface,
                                        &route.source,
                                        &route.protocol,
                                        &route.scope}) {
            writer.text(*text);
        }
        writer.number(route.metric);
    }

    static Route get(StateReader& reader) {
        Route route;
        for (std::string* text : {&route.destination,
                                  &route.gateway,
                                  &route.interface,
                                  &route.source,
                                  &route.protocol,
                                  &route.scope}) {
            *text = reader.text();
        }
        route.metric = static_cast<std::uint32_t>(reader.number_up_to(0xFFFFFFFFU));
        return route;
    }

    void save_more(StateWriter& writer) const override {
        writer.flag(m_asked);
        writer.flag(m_unknown);
        writer.flag(m_silent);
        writer.flag(m_held_back);
        writer.signed_number(m_code);
        writer.number(m_todo.size());
        for (const Route& route : m_todo) {
            put(writer, route);
        }
        writer.number(m_applied.size());
        for (const RouteChange& change : m_applied) {
            put(writer, change.route);
            writer.text(change.before);
        }
    }

    void load_more(StateReader& reader) override {
        m_asked = reader.flag();
        m_unknown = reader.flag();
        m_silent = reader.flag();
        m_held_back = reader.flag();
        m_code = static_cast<int>(reader.signed_number());
        m_todo.clear();
        for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left) {
            m_todo.push_back(get(reader));
        }
        m_applied.clear();
        for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left) {
            RouteChange change{get(reader), {}};
            change.before = reader.text();
            m_applied.push_back(std::move(change));
        }
    }

    std::vector<AddressSpec> m_addresses;
    std::vector<std::string> m_networks;
    bool m_unknown = false;  ///< an earlier life may have changed routes
    bool m_asked = false;    ///< the next answer is the routing table
    bool m_silent = false;   ///< its addresses are off until it is settled who owns them
    bool m_held_back = false;
    std::vector<Route> m_todo;
    std::vector<RouteChange> m_applied;  ///< to be undone
    int m_code = 0;
};

// ---------------------------------------------------------------- bridge switch

class BridgeResource final : public Resource {
  public:
    BridgeResource(ResourceId id,
                   AgentTimeouts limits,
                   const std::optional<RedfoneConfig>& config,
                   const BridgeSettings& settings)
        : Resource(id, limits) {
        if (config) {
            m_exchange.emplace(*config, BridgePolicy::ours(settings));
        }
    }

    [[nodiscard]] bool waits_for_bridge() const override { return m_phase == Phase::waiting; }
    [[nodiscard]] bool has_bridge() const override { return m_phase == Phase::exchanging; }

    void repoint(ResourceContext& context) override {
        m_again.reset();
        if (state() != ResourceState::running) {
            return;
        }
        if (m_phase != Phase::exchanging) {
            m_phase = Phase::waiting;
            m_looking = false;
        } else if (m_looking) {
            m_again = context.now;  // as soon as the look is over
        }
    }

    void look(ResourceContext&) override {
        if (state() == ResourceState::running && m_phase == Phase::idle && m_exchange) {
            m_phase = Phase::waiting;
            m_looking = true;
        }
    }

    [[nodiscard]] std::optional<bool> take_look() override { return std::exchange(m_there, {}); }

    void leave_bridge() override {
        m_there.reset();
        m_again.reset();
        const bool begun = m_phase == Phase::exchanging && m_exchange->touched_stream();
        if (progress() != Progress::busy && !begun) {
            m_phase = Phase::idle;
            m_looking = false;
        }
    }

    void give_bridge(ResourceContext& context) override {
        m_phase = Phase::exchanging;
        pass_on(context,
                m_looking ? m_exchange->look(context.now) : m_exchange->begin(context.now));
    }

    void on_bridge_reply(ResourceContext& context, std::span<const std::byte> bytes) override {
        pass_on(context, m_exchange->on_reply(context.now, bytes));
    }

  private:
    enum class Phase : std::uint8_t { idle, waiting, exchanging };

    void begin_start(ResourceContext& context) override {
        set_state(context, ResourceState::starting);
        if (!m_exchange) {
            set_state(context, ResourceState::failed, errno_not_found);  // no redfone.conf
            conclude(false);
            return;
        }
        m_phase = Phase::waiting;
        set_limit(context, limits().start);
    }

    /// The bridge keeps sending where it was told to until the next owner points it elsewhere;
    /// switching the stream off would only make the gap longer.
    void begin_stop(ResourceContext& context) override {
        m_again.reset();
        m_there.reset();
        m_looking = false;
        m_phase = Phase::idle;
        set_state(context, ResourceState::stopped);
        conclude(true);
    }

    /// Only the limit of the whole exchange: datagrams are not answered actions.
    void answered(ResourceContext& context, const ActionCompleted& completed) override {
        end(context, code_of(completed));
    }

    void pass_on(ResourceContext& context, const BridgeAdvance& advance) {
        for (const BridgeStep& step : advance.reports) {
            // A smooth exchange is two reports, its beginning and its end; trouble is told step by
            // step.
            const bool routine =
                step.what == BridgeStep::What::confirmed ||
                (step.what == BridgeStep::What::sent && (step.step > 1 || step.attempt > 1));
            if (!routine) {
                context.issuer.issue(context.out, Report{step});
            }
        }
        if (!advance.request.empty()) {
            context.issuer.issue(context.out, SendBridgeCommand{context.out.keep(advance.request)});
        }
        if (const auto& result = m_exchange->result()) {
            end(context,
                result->ok                               ? 0
                : result->why == BridgeTrouble::no_reply ? errno_timed_out
                : result->why == BridgeTrouble::refused  ? result->status
                                                         : errno_invalid);
        }
    }

    void end(ResourceContext& context, int code) {
        m_phase = Phase::idle;
        if (std::exchange(m_looking, false)) {
            m_there = code == 0;
            if (m_again) {  // repoint() came meanwhile
                m_again.reset();
                m_phase = Phase::waiting;
            }
            return;
        }
        if (progress() != Progress::busy) {  // re-pointed while running
            if (code != 0) {
                m_again = context.now + repoint_delay;
            }
            return;
        }
        set_limit(context, Duration::zero());
        set_state(context, code == 0 ? ResourceState::running : ResourceState::failed, code);
        conclude(code == 0);
    }

    void on_timer(ResourceContext& context) override {
        if (m_phase == Phase::exchanging) {
            pass_on(context, m_exchange->on_deadline(context.now));
        } else {
            repoint(context);
        }
    }

    [[nodiscard]] std::optional<Instant> next_timer() const override {
        return m_phase == Phase::exchanging ? m_exchange->next_deadline() : m_again;
    }

    void save_more(StateWriter& writer) const override {
        writer.word(m_phase);
        writer.flag(m_looking);
        writer.flag(m_there.has_value());
        writer.flag(m_there.value_or(false));
        writer.time(m_again);
        std::vector<std::byte> bytes;
        if (m_exchange) {
            m_exchange->save(bytes);
        }
        writer.block(bytes);
    }

    void load_more(StateReader& reader) override {
        m_phase = reader.word(Phase::exchanging);
        m_looking = reader.flag();
        const bool looked = reader.flag();
        const bool there = reader.flag();
        m_there = looked ? std::optional{there} : std::nullopt;
        m_again = reader.time();
        auto bytes = reader.block();
        const bool fits = m_exchange ? m_exchange->load(bytes) : m_phase == Phase::idle;
        const bool runs = m_exchange && m_exchange->next_deadline().has_value();
        if (!fits ||
            (m_phase == Phase::exchanging && !runs)) {  // one that was broken off is no concern
            reader.fail();
        }
    }

    std::optional<BridgeSwitch> m_exchange;
    Phase m_phase = Phase::idle;
    bool m_looking = false;          ///< the exchange waited for or under way only asks
    std::optional<bool> m_there;     ///< what the last look found, until it is taken
    std::optional<Instant> m_again;  ///< could not be pointed here again: once more then
};

}  // namespace

std::optional<AddressSpec> address_of(const ResourceWord& word) {
    return parse_address_spec(word.arguments.empty() ? word.text : word.arguments.front());
}

std::unique_ptr<Resource> make_resource(const NodeFiles& files,
                                        ResourceId id,
                                        BindingKind kind,
                                        const std::vector<AddressSpec>& left) {
    const ResourceWord& word =
        files.resources.groups[static_cast<std::size_t>(id.group)].resources[id.position];
    const auto entry = files.settings.bindings.find(word.script);
    const BindingSettings bound =
        entry == files.settings.bindings.end() ? BindingSettings{} : entry->second;
    switch (kind) {
    case BindingKind::address:
        return std::make_unique<AddressResource>(
            id, bound.timeouts, address_of(word), files.settings.announce);
    case BindingKind::source_address: {
        std::vector<AddressSpec> addresses;
        if (const auto address = address_of(word)) {
            addresses.push_back(*address);
        }
        return std::make_unique<SourceResource>(
            id, bound.timeouts, std::move(addresses), std::vector<std::string>{"default"});
    }
    case BindingKind::source_fixup:
        return std::make_unique<SourceResource>(id, bound.timeouts, left, bound.networks);
    case BindingKind::bridge_switch:
        return std::make_unique<BridgeResource>(
            id, bound.timeouts, files.redfone, files.settings.bridge);
    case BindingKind::script:
    case BindingKind::systemd_unit:
    case BindingKind::ocf_agent:
        break;
    }
    const bool points_bridge = word.script == bridge_program && files.redfone.has_value();
    return std::make_unique<AgentResource>(id,
                                           bound.timeouts,
                                           kind,
                                           bound.name.empty() ? word.script : bound.name,
                                           word.arguments,
                                           files.settings.stop_timeout,
                                           points_bridge);
}

}  // namespace cluster
