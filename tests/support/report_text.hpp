// SPDX-License-Identifier: GPL-2.0-or-later
// Reports and messages of the core as short lines for transcripts and failure messages.
#pragma once

#include <string>

#include "cluster/report.hpp"
#include "cluster/wire/heartbeat.hpp"

namespace test_support {

[[nodiscard]] std::string to_text(const cluster::ReportBody& report);
[[nodiscard]] std::string to_text(cluster::GroupRole role);
/// Type and own fields of a message, without the standard fields (src, seq, hg, …).
[[nodiscard]] std::string own_fields(const cluster::wire::MessageView& message);
/// "12.345": seconds with three decimals.
[[nodiscard]] std::string seconds(cluster::Duration duration);

}  // namespace test_support
