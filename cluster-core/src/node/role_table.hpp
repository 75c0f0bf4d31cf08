// SPDX-License-Identifier: GPL-2.0-or-later
// The role of this node for each resource group, and the only place where one changes.
//
//                    start asked                 every member runs
//      +---------+ -------------> +----------+ -----------------> +--------+
//      | standby |                | takeover |                    | active |
//      +---------+ <--------+     +----------+ -----------+       +--------+
//        ^   all down       |       |    ^  ^             |            |
//        |                  |  stop |    |  | start asked | stop asked | stop asked
//        |                  | asked |    |  | meanwhile   |            |
//        |                  |       v    |  |             |            |
//        |                +---------+ ---|--+             |            |
//        |                | release | <--|----------------|------------+
//        |                +---------+    |                |
//        |                  |     ^      | start asked    | a member does not start
//        | peer has it      |     |      | again          | (group is down)
//        |    a member does |     | stop |                v
//      +-------+   not stop |     | asked|            +-------+
//      | fault | <----------+     +------+----------- | fault |
//      +-------+                                      +-------+     (both boxes are the same role)
//
// standby -> release: a life that gives away what an earlier one may have left running.
#pragma once

#include <vector>

#include "context.hpp"

namespace cluster {

class RoleTable {
  public:
    RoleTable(Context& context, std::size_t groups)
        : m_context(context), m_roles(groups, GroupRole::standby) {}

    [[nodiscard]] static bool legal(GroupRole from, GroupRole to) noexcept;

    /// Reports the change. Precondition: an arrow of the diagram leads there (checked, aborts
    /// otherwise).
    void change(GroupId group, GroupRole to, TakeoverReason reason);

    [[nodiscard]] GroupRole role(GroupId group) const {
        return m_roles[static_cast<std::size_t>(group)];
    }
    [[nodiscard]] std::size_t size() const noexcept { return m_roles.size(); }

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_roles);
    }

  private:
    Context& m_context;
    std::vector<GroupRole> m_roles;
};

}  // namespace cluster
