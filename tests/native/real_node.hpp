// SPDX-License-Identifier: GPL-2.0-or-later
// A ClusterNode as the explorer wants it: one tick of the world is one keepalive of 250 ms, time
// stands still between two ticks, messages are the signed bytes, and resources are one address per
// group whose truth is kept here. Rules can be broken from outside only, by what the node is told
// or by what is done with its actions (Sabotage).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "cluster/cluster_node.hpp"
#include "cluster/wire/heartbeat.hpp"
#include "explorer.hpp"

namespace native_model {

enum class Sabotage : std::uint8_t {
    none,
    keeps_addresses,    ///< releases are confirmed, but not carried out
    hides_holds,        ///< nobody hears what others hold
    hides_sleep,        ///< a node that was stopped is told that no time has passed
    no_announcements,   ///< frames of a second announcement do not leave
    hides_plans,        ///< nobody hears of plans
    refuses_addresses,  ///< every second address is reported as on, and is not
};

class RealNode {
  public:
    struct Message {
        int about = 0;
        bool relayed = false;
        State state;  ///< what the bytes say, for the explorer
        std::vector<std::byte> bytes;
    };
    using Send = std::function<void(const Message&)>;

    static Sabotage sabotage;  ///< of all nodes made from now on

    RealNode(const Options& options, int index, int life, int now);
    RealNode(const RealNode& other);
    RealNode(RealNode&&) noexcept = default;
    RealNode& operator=(const RealNode&) = delete;

    void tick(int now, const Send& send);
    void receive(int now, const Message& message, const Send& send);
    void set_eligible(bool eligible) { m_wanted_eligible = eligible; }
    void let_start_fail(int group) { m_will_fail[at(group)] = true; }

    [[nodiscard]] bool owns(int group) const { return m_address[at(group)]; }
    [[nodiscard]] bool may_own(int group) const {
        return m_state.eligible && !m_state.failed[at(group)];
    }
    [[nodiscard]] int announced_at(int group) const { return m_announced[at(group)]; }
    [[nodiscard]] const State& state() const { return m_state; }
    [[nodiscard]] int least_epoch() const;
    [[nodiscard]] static bool quorum(const Options& options, Set acting, Set members) {
        return Node::quorum(options, acting, members);
    }

    /// States are not recognised: each counts as new.
    template <class AnyHash>
    void add_to(AnyHash& hash, int, int, const std::array<int, max_nodes>&) const {
        hash.add(++seen);
    }
    static std::uint64_t seen;

  private:
    [[nodiscard]] static std::size_t at(int i) { return static_cast<std::size_t>(i); }
    void give(const cluster::Event& event);
    void look_at(const cluster::SendDatagram& sent);
    void execute(const cluster::IssuedAction& issued);
    void run_deadlines();
    void follow_wishes();
    void hand_out(const Send& send);
    void complete(cluster::ActionId id, cluster::Outcome outcome);

    std::shared_ptr<const cluster::NodeOptions> m_options;
    std::shared_ptr<const cluster::wire::Authenticator> m_keys;
    std::unique_ptr<cluster::ClusterNode> m_node;
    int m_self = 0;
    int m_life = 0;
    int m_groups = 0;
    Sabotage m_sabotage = Sabotage::none;
    int m_tick = 0;
    cluster::Duration m_hidden{};  ///< time that the node is not told of
    bool m_started = false;
    bool m_wanted_eligible = true;
    State m_state;
    std::array<bool, max_groups> m_address{};
    std::array<bool, max_groups> m_unknown{};
    std::array<int, max_groups> m_announced{};
    std::array<bool, max_groups> m_will_fail{};
    struct Stop {
        cluster::ActionId id{};
        std::size_t group = 0;
        int since = 0;
    };
    std::vector<Stop> m_stops;
    std::vector<Message> m_out;
    unsigned m_acquired = 0;
};

/// Faults begin in the first `horizon` ticks.
[[nodiscard]] Exploration
explore_real(const Options& options, int faults, int horizon, Sabotage sabotage = Sabotage::none);
[[nodiscard]] std::optional<Violation> try_real(const Options& options,
                                                std::uint64_t seed,
                                                int rounds,
                                                Sabotage sabotage = Sabotage::none);

}  // namespace native_model
