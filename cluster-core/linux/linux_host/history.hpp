// SPDX-License-Identifier: GPL-2.0-or-later
// The last things that happened, for `understudyctl history`: a ring of fixed length.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "cluster/time.hpp"
#include "linux_host/log.hpp"

namespace linux_host {

struct HistoryEntry {
    cluster::Instant at{};  ///< boot clock
    cluster::WallSeconds wall{};
    Level level = Level::info;
    std::string kind;
    std::string text;
};

class History final {
  public:
    static constexpr std::size_t length = 512;

    void add(HistoryEntry entry) {
        if (m_entries.size() == length) {
            m_entries.pop_front();
        }
        m_entries.push_back(std::move(entry));
    }

    [[nodiscard]] const std::deque<HistoryEntry>& entries() const noexcept { return m_entries; }

  private:
    std::deque<HistoryEntry> m_entries;
};

}  // namespace linux_host
