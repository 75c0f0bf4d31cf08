// SPDX-License-Identifier: GPL-2.0-or-later
// "Does it run?" as heartbeat, systemd and OCF answer it.
#pragma once

#include <string_view>

#include "cluster/event.hpp"
#include "cluster/settings.hpp"

namespace cluster {

/// heartbeat's rule for scripts: the text decides, not the exit status. "not running" in any case:
/// no; otherwise "running" or "OK": yes; otherwise no. (So "stopped" is down, and "NOT OK" is up.)
[[nodiscard]] bool output_says_running(std::string_view output) noexcept;

enum class AgentStatus : std::uint8_t { running, not_running, unknown };

/// Scripts: the rule above. systemd: exit status 0 = running. OCF: 0 = running, 7 = not running,
/// else unknown. An agent that does not exist has nothing running; one that could not be run or did
/// not end tells nothing.
[[nodiscard]] AgentStatus judge_status(BindingKind kind, const ActionCompleted& answer) noexcept;

}  // namespace cluster
