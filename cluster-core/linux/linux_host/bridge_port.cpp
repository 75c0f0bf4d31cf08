// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/bridge_port.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "cluster/wire/fonebridge.hpp"
#include "cluster/wire/tdmoe.hpp"
#include "linux_host/clock.hpp"

namespace linux_host {

BridgePort::BridgePort(Loop& loop,
                       std::string address,
                       std::function<void(std::span<const std::byte>)> replied)
    : m_loop(loop), m_address(std::move(address)), m_replied(std::move(replied)) {}

int BridgePort::send(std::span<const std::byte> request) {
    if (!m_socket) {
        Fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(cluster::wire::fonebridge_port);
        if (!socket) {
            return errno;
        }
        if (::inet_pton(AF_INET, m_address.c_str(), &to.sin_addr) != 1) {
            return EINVAL;
        }
        if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
            return errno;
        }
        m_source = m_loop.descriptor(socket.get(), EPOLLIN, [this] { read(); });
        m_socket = std::move(socket);
    }
    if (::send(m_socket.get(), request.data(), request.size(), MSG_NOSIGNAL) >= 0) {
        return 0;
    }
    const int error = errno;
    if (error != ECONNREFUSED && error != EAGAIN) {
        m_source.reset();  // the way there changed: another socket next time
        m_socket.reset();
    }
    return error;
}

void BridgePort::read() {
    std::array<std::byte, 2048> reply{};
    for (int i = 0; i < 16 && m_socket; ++i) {
        const ssize_t got = ::recv(m_socket.get(), reply.data(), reply.size(), 0);
        if (got < 0) {
            return;
        }
        m_replied(std::span{reply}.first(static_cast<std::size_t>(got)));
    }
}

BridgeStream::BridgeStream(Loop& loop, std::function<void(bool)> changed)
    : m_changed(std::move(changed)), m_timer(loop.timer([this] { look(); })) {}

int BridgeStream::watch(int interface) {
    if (interface == m_interface) {
        return 0;
    }
    m_interface = interface;
    m_socket.reset();
    m_timer.silence();
    if (interface == 0) {
        return 0;
    }
    // Nobody reads this socket: the kernel counts what would have been queued, the queue itself is
    // kept as small as it can be, and one octet of each frame is enough.
    Fd socket{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) {
        return errno;
    }
    const int smallest = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
    std::array<sock_filter, 1> one_octet{{{BPF_RET | BPF_K, 0, 0, 1}}};
    const sock_fprog program{one_octet.size(), one_octet.data()};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_protocol = htons(cluster::wire::tdmoe_ethertype);
    where.sll_ifindex = interface;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
        return errno;
    }
    m_socket = std::move(socket);
    m_timer.ring_at(boot_time() + between_looks);
    return 0;
}

void BridgeStream::look() {
    tpacket_stats count{};
    socklen_t size = sizeof count;
    // Reading the count clears it. Frames that found the queue full are counted, too.
    if (::getsockopt(m_socket.get(), SOL_PACKET, PACKET_STATISTICS, &count, &size) != 0) {
        count = {};
    }
    m_silent_looks = count.tp_packets > 0 ? 0 : m_silent_looks + 1;
    const bool arriving = m_silent_looks == 0 || (m_arriving && m_silent_looks < 2);
    m_timer.ring_at(boot_time() + between_looks);
    if (arriving != m_arriving) {
        m_arriving = arriving;
        m_changed(arriving);
    }
}

}  // namespace linux_host
