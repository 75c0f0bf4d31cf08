// SPDX-License-Identifier: GPL-2.0-or-later
// Counts refused packets per kind, and reports each (kind, link, claimed sender) at most once a
// minute. Bounded: senders beyond the table share one entry, so a flood of invented names costs
// nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../node/context.hpp"

namespace cluster {

class BadPacketLog {
  public:
    static constexpr Duration report_interval = std::chrono::minutes{1};
    static constexpr std::size_t max_entries = 64;

    explicit BadPacketLog(Context& context) : m_context(context) {}

    void note(BadPacketKind kind, LinkId link, std::string_view claimed_node);
    /// Counted only: our own packet that a link looped back.
    void count(BadPacketKind kind) { ++m_counts[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] const std::array<std::uint64_t, 8>& counts() const noexcept { return m_counts; }

    struct Entry {
        BadPacketKind kind{};
        LinkId link{};
        std::string node;
        std::uint64_t count = 0;
        Instant reported{};

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.kind, self.link, self.node, self.count, self.reported);
        }
    };

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_counts, self.m_entries);
    }

  private:
    Context& m_context;
    std::array<std::uint64_t, 8> m_counts{};
    std::vector<Entry> m_entries;
};

}  // namespace cluster
