// SPDX-License-Identifier: GPL-2.0-or-later
// What this node would do if its peers fell silent now: a copy of the core is told so, every action
// it asks for is answered "done", and listed. Nothing is executed.
#pragma once

#include <string>

#include "linux_host/driver.hpp"

namespace linux_host {

[[nodiscard]] std::string dry_run_text(const Driver&);

}  // namespace linux_host
