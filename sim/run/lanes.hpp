// SPDX-License-Identifier: GPL-2.0-or-later
// Collects what each thing of a run was and when that changed. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "run/run.hpp"

namespace sim {

class Lanes {
  public:
    [[nodiscard]] std::size_t add(std::string node, std::string what, std::string name = {}) {
        m_lanes.push_back({std::move(node), std::move(what), std::move(name), {}});
        return m_lanes.size() - 1;
    }
    /// Times do not decrease within a lane.
    void set(std::size_t lane, std::int64_t t, std::string_view state) {
        auto& changes = m_lanes[lane].changes;
        if (!changes.empty() && changes.back().second == state) {
            return;
        }
        if (!changes.empty() && changes.back().first.count() == t) {
            changes.back().second = state;  // nobody could have seen the one before
            return;
        }
        changes.emplace_back(Duration{t}, state);
    }
    [[nodiscard]] const std::vector<StateLane>& all() const noexcept { return m_lanes; }

  private:
    std::vector<StateLane> m_lanes;
};

}  // namespace sim
