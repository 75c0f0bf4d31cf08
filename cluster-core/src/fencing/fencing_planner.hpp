// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a dead node must be fenced before its groups are taken, and the waiting for the
// confirmation. Never gives up and never lets a takeover pass without it: that is what a configured
// device means.
#pragma once

#include <optional>
#include <string>

#include "../node/context.hpp"

namespace cluster {

class FencingPlanner {
  public:
    static constexpr Duration retry_delay =
        std::chrono::seconds{5};  // assumed; heartbeat retries too

    enum class Plan : std::uint8_t { take_now, wait };

    explicit FencingPlanner(Context& context) : m_context(context) {}

    /// The peer is dead. `clean`: it said goodbye, so there is nothing to fence.
    Plan on_death(const std::string& node, bool clean);
    void on_return();  ///< it lives: no more fencing

    /// Node name when that completion confirmed the fencing we wait for.
    std::optional<std::string> on_completed(ActionId id, Outcome outcome);
    [[nodiscard]] bool owns(ActionId id) const noexcept { return m_action == id; }
    void on_deadline();
    [[nodiscard]] std::optional<Instant> next_deadline() const { return m_retry_at; }
    [[nodiscard]] bool configured() const;
    [[nodiscard]] bool waiting() const noexcept {
        return m_action.has_value() || m_retry_at.has_value();
    }

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_node, self.m_action, self.m_retry_at);
    }

  private:
    void request();

    Context& m_context;
    std::string m_node;
    std::optional<ActionId> m_action;
    std::optional<Instant> m_retry_at;
};

}  // namespace cluster
