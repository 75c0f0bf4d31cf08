// SPDX-License-Identifier: GPL-2.0-or-later
// Reads what the cores report while the run goes on: the story an operator would tell, takeovers,
// starts, and food for the invariants. Pure: no ns-3.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cluster/action.hpp"
#include "run/episodes.hpp"
#include "run/expectations.hpp"
#include "run/invariants.hpp"

namespace sim {

class Observer {
  public:
    /// `resources`: the groups as every member reads them. References must outlive the observer.
    Observer(std::vector<std::string> members,
             const cluster::HaResources& resources,
             Invariants& invariants);

    /// `record`: what the reports are attached to in the trace.
    void
    reported(std::int64_t t, std::size_t member, const cluster::ReportBody&, std::uint64_t record);
    void tell(std::int64_t t, std::string text);

    [[nodiscard]] const std::vector<StoryLine>& story() const noexcept { return m_story; }
    [[nodiscard]] const std::vector<ResourceStart>& starts() const noexcept { return m_starts; }
    [[nodiscard]] const std::vector<Takeover>& takeovers() const noexcept { return m_takeovers; }

  private:
    struct Reader;
    std::vector<std::string> m_members;
    const cluster::HaResources& m_resources;
    Invariants& m_invariants;
    std::vector<StoryLine> m_story;
    std::vector<ResourceStart> m_starts;
    std::vector<Takeover> m_takeovers;
    std::map<cluster::GroupId, std::size_t> m_owner;  // the member that had each group last
};

}  // namespace sim
