// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/announcer.hpp"

#include <cerrno>
#include <system_error>

#include <linux/if_packet.h>
#include <sys/socket.h>

namespace linux_host {

// Protocol 0: this socket only sends.
Announcer::Announcer() : m_socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    if (!m_socket) {
        throw std::system_error(errno, std::generic_category(), "raw socket for announcements");
    }
}

int Announcer::send(int interface, std::span<const std::byte> frame) {
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = interface;
    return ::sendto(m_socket.get(),
                    frame.data(),
                    frame.size(),
                    0,
                    reinterpret_cast<const sockaddr*>(&to),
                    sizeof to) < 0
               ? errno
               : 0;
}

}  // namespace linux_host
