// SPDX-License-Identifier: GPL-2.0-or-later
// What must survive a crash: the generations we may have used, which groups run here (a daemon that
// is started again finds them), and the newest generation known of each
// peer (heartbeat 3.0.6 keeps the latter in memory only, which is what lets recorded packets hold
// up a restarted node). Own generations are reserved in blocks, so that raising ours at a peer's
// death needs no durable write first.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../node/context.hpp"

namespace cluster {

class Generations {
  public:
    /// Generations reserved per write; a write is due when fewer than a quarter are left (assumed:
    /// a peer that dies and returns 48 times during one write to disk has other problems).
    static constexpr std::uint64_t block = 64;
    static constexpr Duration retry_delay = std::chrono::seconds{10};  // assumed

    explicit Generations(Context& context) : m_context(context) {}

    /// Chooses the first generation of this life from what the last one stored.
    std::uint64_t start(std::span<const std::byte> durable_state);
    std::uint64_t raise();

    [[nodiscard]] std::uint64_t known(std::string_view node) const;
    void learn(std::string_view node, std::uint64_t generation);

    /// One letter per group, '1' = runs here; written when nothing else waits.
    void set_running(std::string_view running) {
        if (m_running != running) {
            m_running = running;
            m_dirty = true;
        }
    }
    /// What the life before this one ran.
    [[nodiscard]] const std::string& left_running() const noexcept { return m_left_running; }

    /// Issues the write if one is due. Call last in every handle(): nothing may wait for it.
    void persist_if_due();
    bool on_completed(ActionId id, Outcome outcome);
    [[nodiscard]] std::optional<Instant> next_deadline() const {
        return m_dirty && !m_writing ? m_retry_at : std::nullopt;
    }

    struct Known {
        std::string node;
        std::uint64_t generation = 0;

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.node, self.generation);
        }
    };

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_current,
           self.m_ceiling,
           self.m_known,
           self.m_running,
           self.m_left_running,
           self.m_dirty,
           self.m_writing,
           self.m_retry_at);
    }

  private:
    Context& m_context;
    std::uint64_t m_current = 0;
    std::uint64_t m_ceiling = 0;  ///< highest generation that the stored state allows us to use
    std::vector<Known> m_known;
    std::string m_running;
    std::string m_left_running;
    bool m_dirty = false;
    std::optional<ActionId> m_writing;
    std::optional<Instant> m_retry_at;
};

}  // namespace cluster
