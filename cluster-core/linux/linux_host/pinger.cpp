// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/pinger.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace linux_host {
namespace {

constexpr std::size_t echo_bytes = 16;  ///< header and eight octets of text

std::uint16_t checksum(const std::array<std::uint8_t, echo_bytes>& bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        sum += static_cast<std::uint32_t>(bytes[i] << 8U | bytes[i + 1]);
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace

Pinger::Pinger(Loop& loop, const std::vector<cluster::PingTargetConfig>& targets, Answered answered)
    : m_loop(loop), m_answered(std::move(answered)),
      // Two daemons in one network namespace must not take each other's replies.
      m_first_identifier(static_cast<std::uint16_t>(::getpid() << 4)) {
    for (const auto& target : targets) {
        Target& added = m_targets.emplace_back();
        for (const std::string& text : target.addresses) {
            if (const auto address = parse_ip(text)) {
                added.addresses.push_back(*address);
                if (address->ipv6 && !m_ipv6) {
                    open(m_ipv6, m_ipv6_source, true);
                } else if (!address->ipv6 && !m_ipv4) {
                    open(m_ipv4, m_ipv4_source, false);
                }
            }
        }
    }
}

void Pinger::open(Fd& socket, Source& source, bool ipv6) {
    socket = Fd{::socket(ipv6 ? AF_INET6 : AF_INET,
                         SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                         ipv6 ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP))};
    if (!socket) {
        throw std::system_error(errno, std::generic_category(), "raw socket for ping");
    }
    if (ipv6) {
        icmp6_filter only{};
        ICMP6_FILTER_SETBLOCKALL(&only);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only);
        ::setsockopt(socket.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &only, sizeof only);
    } else {
        icmp_filter only{};
        only.data = ~(1U << static_cast<unsigned>(ICMP_ECHOREPLY));
        ::setsockopt(socket.get(), SOL_RAW, ICMP_FILTER, &only, sizeof only);
    }
    source = m_loop.descriptor(socket.get(), EPOLLIN, [this, ipv6] { read(ipv6); });
}

void Pinger::send(cluster::PingTargetId target, std::uint16_t sequence) {
    const auto index = static_cast<std::size_t>(target);
    if (index >= m_targets.size()) {
        return;
    }
    const auto identifier = static_cast<std::uint16_t>(m_first_identifier + index);
    for (const IpBytes& address : m_targets[index].addresses) {
        std::array<std::uint8_t, echo_bytes> echo{};
        echo[0] = address.ipv6 ? std::uint8_t{ICMP6_ECHO_REQUEST} : std::uint8_t{ICMP_ECHO};
        echo[4] = static_cast<std::uint8_t>(identifier >> 8U);
        echo[5] = static_cast<std::uint8_t>(identifier);
        echo[6] = static_cast<std::uint8_t>(sequence >> 8U);
        echo[7] = static_cast<std::uint8_t>(sequence);
        sockaddr_storage to{};
        socklen_t size = 0;
        if (address.ipv6) {  // the kernel fills in the checksum of ICMPv6
            auto& in6 = reinterpret_cast<sockaddr_in6&>(to);
            in6.sin6_family = AF_INET6;
            std::memcpy(&in6.sin6_addr, address.octets.data(), 16);
            size = sizeof in6;
        } else {
            const std::uint16_t sum = checksum(echo);
            echo[2] = static_cast<std::uint8_t>(sum >> 8U);
            echo[3] = static_cast<std::uint8_t>(sum);
            auto& in = reinterpret_cast<sockaddr_in&>(to);
            in.sin_family = AF_INET;
            std::memcpy(&in.sin_addr, address.octets.data(), 4);
            size = sizeof in;
        }
        // No answer is what a failure to send amounts to, and the core knows how to count those.
        (void)::sendto(address.ipv6 ? m_ipv6.get() : m_ipv4.get(),
                       echo.data(),
                       echo.size(),
                       0,
                       reinterpret_cast<const sockaddr*>(&to),
                       size);
    }
}

void Pinger::read(bool ipv6) {
    std::array<std::uint8_t, 256> packet{};
    for (int i = 0; i < 64; ++i) {
        sockaddr_storage from{};
        socklen_t from_size = sizeof from;
        const ssize_t got = ::recvfrom(ipv6 ? m_ipv6.get() : m_ipv4.get(),
                                       packet.data(),
                                       packet.size(),
                                       0,
                                       reinterpret_cast<sockaddr*>(&from),
                                       &from_size);
        if (got < 0) {
            return;
        }
        // A raw IPv4 socket hands over the IP header, too.
        const std::size_t skip = ipv6 ? 0 : static_cast<std::size_t>(packet[0] & 0x0fU) * 4;
        if (static_cast<std::size_t>(got) < skip + 8) {
            continue;
        }
        IpBytes sender;
        sender.ipv6 = ipv6;
        if (ipv6) {
            std::memcpy(sender.octets.data(), &reinterpret_cast<sockaddr_in6&>(from).sin6_addr, 16);
        } else {
            std::memcpy(sender.octets.data(), &reinterpret_cast<sockaddr_in&>(from).sin_addr, 4);
        }
        const auto identifier =
            static_cast<std::uint16_t>(packet[skip + 4] << 8U | packet[skip + 5]);
        const auto index = static_cast<std::uint16_t>(identifier - m_first_identifier);
        if (index < m_targets.size() && std::ranges::find(m_targets[index].addresses, sender) !=
                                            m_targets[index].addresses.end()) {
            m_answered(static_cast<cluster::PingTargetId>(index),
                       static_cast<std::uint16_t>(packet[skip + 6] << 8U | packet[skip + 7]));
        }
    }
}

}  // namespace linux_host
