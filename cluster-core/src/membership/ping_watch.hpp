// SPDX-License-Identifier: GPL-2.0-or-later
// Reachability of the `ping` and `ping_group` targets: one echo per keepalive, down after deadping
// of silence. Only counts; what a lower count means is ownership's business (ipfail's rule).
#pragma once

#include <optional>
#include <vector>

#include "../node/context.hpp"

namespace cluster {

class PingWatch {
  public:
    explicit PingWatch(Context& context);

    void start();
    void send_all();  ///< on every keepalive tick
    void on_reply(PingTargetId target);
    void judge();
    /// After our own sleep: silence of that time says nothing.
    void excuse();

    [[nodiscard]] std::optional<Instant> next_deadline() const;
    [[nodiscard]] std::size_t reachable() const;
    /// Any target, at that time or later.
    [[nodiscard]] bool answered_since(Instant at) const;
    /// False until every target had deadping to answer.
    [[nodiscard]] bool settled() const { return m_settled; }
    [[nodiscard]] std::vector<bool> up() const;

    struct Target {
        Instant heard{};
        bool up = false;
        std::uint16_t sequence = 0;

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.heard, self.up, self.sequence);
        }
    };

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_targets, self.m_settles_at, self.m_settled);
    }

  private:
    Context& m_context;
    std::vector<Target> m_targets;
    Instant m_settles_at{};
    bool m_settled = false;
};

}  // namespace cluster
