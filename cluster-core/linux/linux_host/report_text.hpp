// SPDX-License-Identifier: GPL-2.0-or-later
// What the core reports, in an operator's words. One line each, with how loudly to say it.
#pragma once

#include <string>
#include <string_view>

#include "cluster/config.hpp"
#include "cluster/report.hpp"
#include "cluster/status.hpp"
#include "linux_host/log.hpp"

namespace linux_host {

struct ReportLine {
    Level level = Level::info;
    std::string text;
    std::string kind;  ///< stable word for filters: "peer", "role", "resource", …
};

[[nodiscard]] ReportLine describe(const cluster::ReportBody&, const cluster::NodeFiles&);

[[nodiscard]] std::string_view word(cluster::PeerState);
[[nodiscard]] std::string_view word(cluster::GroupRole);
[[nodiscard]] std::string_view word(cluster::NodePhase);
[[nodiscard]] std::string_view word(cluster::ResourceState);
[[nodiscard]] std::string_view word(cluster::BadPacketKind);

/// "2.013 s"
[[nodiscard]] std::string seconds(cluster::Duration);
/// "bcast eth0", "ucast eth1 10.0.0.2", "serial /dev/ttyS0"
[[nodiscard]] std::string link_name(const cluster::LinkConfig&);

}  // namespace linux_host
