// SPDX-License-Identifier: GPL-2.0-or-later
// What a node knows about itself and its peers: for people, as JSON ("understudy-status/1"), and as
// metrics in the text format of Prometheus.
#pragma once

#include <string>

#include "linux_host/driver.hpp"

namespace linux_host {

[[nodiscard]] std::string status_text(const Driver&);
[[nodiscard]] std::string status_json(const Driver&);
[[nodiscard]] std::string metrics_text(const Driver&);
/// `json`: one object per line, with the nanoseconds of the boot clock.
[[nodiscard]] std::string history_text(const Driver&, bool json);

}  // namespace linux_host
