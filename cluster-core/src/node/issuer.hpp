// SPDX-License-Identifier: GPL-2.0-or-later
// Hands out action ids. One per ClusterNode; every part of the core pushes its actions through it.
#pragma once

#include "cluster/action.hpp"

namespace cluster {

class Issuer {
  public:
    ActionId issue(ActionSink& out, Action action) {
        const ActionId id{++m_last};
        out.push(id, std::move(action));
        return id;
    }
    [[nodiscard]] std::uint64_t last() const noexcept { return m_last; }
    void restore(std::uint64_t last) noexcept { m_last = last; }

  private:
    std::uint64_t m_last = 0;
};

}  // namespace cluster
