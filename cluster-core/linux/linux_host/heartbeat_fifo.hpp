// SPDX-License-Identifier: GPL-2.0-or-later
// /var/lib/heartbeat/fifo: hb_standby and hb_takeover of the heartbeat package write there, and go
// on working. Only where heartbeat has its directory; mode 0600.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/event.hpp"
#include "cluster/wire/heartbeat.hpp"
#include "linux_host/fd.hpp"
#include "linux_host/loop.hpp"

namespace linux_host {

/// A message without the standard fields, as the tools write it. Nullopt: none that we follow.
[[nodiscard]] std::optional<cluster::AdminCommand> parse_fifo_message(std::string_view frame);

class HeartbeatFifo final {
  public:
    HeartbeatFifo(Loop&,
                  const std::string& heartbeat_directory,
                  std::function<void(const cluster::AdminCommand&)> asked);

  private:
    void read();

    std::function<void(const cluster::AdminCommand&)> m_asked;
    cluster::wire::SerialFramer m_framer;
    Fd m_fifo;
    Source m_source;
};

}  // namespace linux_host
