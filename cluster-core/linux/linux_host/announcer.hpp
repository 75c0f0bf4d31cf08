// SPDX-License-Identifier: GPL-2.0-or-later
// Puts ready-made Ethernet frames (gratuitous ARP, neighbour advertisements) on an interface.
#pragma once

#include <cstddef>
#include <span>

#include "linux_host/fd.hpp"

namespace linux_host {

class Announcer final {
  public:
    /// Throws std::system_error without the right to raw sockets.
    Announcer();
    /// errno, 0 = handed to the card.
    [[nodiscard]] int send(int interface, std::span<const std::byte> frame);

  private:
    Fd m_socket;
};

}  // namespace linux_host
