// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire_tap.hpp"

#include <array>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// The macros of linux/rtnetlink.h convert as C does.
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wcast-align"

namespace lab {
namespace {

std::int64_t clock_ns(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

const std::array<std::uint8_t, 4> watched{10, 10, 10, 110};

}  // namespace

std::int64_t boot_ns() {
    return clock_ns(CLOCK_BOOTTIME);
}

WireTap::WireTap(const Namespace& where) {
    where.inside([&] {
        m_netlink = linux_host::Fd{
            ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
        sockaddr_nl groups{};
        groups.nl_family = AF_NETLINK;
        groups.nl_groups = RTMGRP_IPV4_IFADDR;
        m_packets = linux_host::Fd{
            ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL))};
        sockaddr_ll card{};
        card.sll_family = AF_PACKET;
        card.sll_protocol = htons(ETH_P_ALL);
        card.sll_ifindex = static_cast<int>(::if_nametoindex("eth0"));
        const int on = 1;
        if (::bind(m_netlink.get(), reinterpret_cast<const sockaddr*>(&groups), sizeof groups) !=
                0 ||
            ::bind(m_packets.get(), reinterpret_cast<const sockaddr*>(&card), sizeof card) != 0 ||
            ::setsockopt(m_packets.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) {
            throw std::runtime_error("tap");
        }
    });
}

void WireTap::clear() {
    read();
    address_up.reset();
    address_down.reset();
    announced.reset();
}

void WireTap::read() {
    alignas(nlmsghdr) std::array<char, 8192> buffer{};
    for (ssize_t got = 0; (got = ::recv(m_netlink.get(), buffer.data(), buffer.size(), 0)) > 0;) {
        const std::int64_t now = boot_ns();
        auto left = static_cast<unsigned>(got);
        for (auto* at = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(at, left);
             at = NLMSG_NEXT(at, left)) {
            const auto* const head = static_cast<const ifaddrmsg*>(NLMSG_DATA(at));
            auto size = static_cast<int>(IFA_PAYLOAD(at));
            for (const rtattr* part = IFA_RTA(head); RTA_OK(part, size);
                 part = RTA_NEXT(part, size)) {
                if (part->rta_type == IFA_LOCAL &&
                    std::memcmp(RTA_DATA(part), watched.data(), 4) == 0) {
                    auto& first = at->nlmsg_type == RTM_NEWADDR ? address_up : address_down;
                    first = first.value_or(now);
                }
            }
        }
    }
    for (;;) {
        std::array<std::uint8_t, 128> frame{};
        iovec into{frame.data(), frame.size()};
        alignas(cmsghdr) std::array<char, 128> control{};
        msghdr header{};
        header.msg_iov = &into;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const ssize_t got = ::recvmsg(m_packets.get(), &header, 0);
        if (got < 0) {
            return;
        }
        // Ethernet type ARP, sender address = target address = ours.
        const bool arp = got >= 42 && frame[12] == 0x08 && frame[13] == 0x06 &&
                         std::memcmp(&frame[28], watched.data(), 4) == 0 &&
                         std::memcmp(&frame[38], watched.data(), 4) == 0;
        const cmsghdr* const stamp = CMSG_FIRSTHDR(&header);
        if (arp && !announced && stamp != nullptr && stamp->cmsg_type == SCM_TIMESTAMPNS) {
            timespec at{};
            std::memcpy(&at, CMSG_DATA(stamp), sizeof at);
            // Packets are stamped with the time of day.
            announced =
                at.tv_sec * 1'000'000'000LL + at.tv_nsec - clock_ns(CLOCK_REALTIME) + boot_ns();
        }
    }
}

bool WireTap::wait(milliseconds limit) {
    const auto end = Clock::now() + limit;
    while (!address_up || !announced) {
        std::array<pollfd, 2> both{{{m_netlink.get(), POLLIN, 0}, {m_packets.get(), POLLIN, 0}}};
        if (Clock::now() > end) {
            return false;
        }
        ::poll(both.data(), both.size(), 50);
        read();
    }
    return true;
}

Probe::Probe(const Namespace& from, const std::string& address) {
    from.inside([&] {
        m_socket = linux_host::Fd{
            ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP)};
        sockaddr_in to{};
        to.sin_family = AF_INET;
        ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
        if (::connect(m_socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
            throw std::runtime_error("probe");
        }
    });
}

void Probe::run(milliseconds time) {
    const auto end = Clock::now() + time;
    for (auto next = Clock::now(); next < end; next += milliseconds{1}) {
        while (Clock::now() < next) {
            ::usleep(100);
        }
        icmphdr echo{};
        echo.type = ICMP_ECHO;
        echo.un.echo.id = htons(0x7573);
        echo.un.echo.sequence = htons(static_cast<std::uint16_t>(m_sent));
        // One word of nothing to sum: header only.
        std::uint32_t sum = htons(ICMP_ECHO << 8) + echo.un.echo.id + echo.un.echo.sequence;
        sum = (sum & 0xffff) + (sum >> 16U);
        echo.checksum = static_cast<std::uint16_t>(~((sum & 0xffff) + (sum >> 16U)));
        if (::send(m_socket.get(), &echo, sizeof echo, 0) >= 0) {
            ++m_sent;
        }
        read();
    }
    sleep(milliseconds{100});
    read();
}

void Probe::read() {
    std::array<std::uint8_t, 256> packet{};
    for (;;) {
        const ssize_t got = ::recv(m_socket.get(), packet.data(), packet.size(), 0);
        if (got < 0) {
            return;
        }
        m_answered += got >= 28 && packet[20] == ICMP_ECHOREPLY ? 1 : 0;
    }
}

}  // namespace lab
