// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/udp_links.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/epoll.h>

#include "linux_host/log.hpp"
#include "linux_host/report_text.hpp"

namespace linux_host {
namespace {

using cluster::LinkConfig;
using cluster::LinkKind;

/// Room for what arrives while the process is not scheduled or somebody floods the port [assumed:
/// 4 MiB hold 5 000 packets of the usual size].
constexpr int receive_buffer_bytes = 4 * 1024 * 1024;

bool is_ipv6(const LinkConfig& config) {
    return config.kind == LinkKind::ucast6 || config.kind == LinkKind::mcast6;
}

bool is_multicast(const LinkConfig& config) {
    return config.kind == LinkKind::mcast || config.kind == LinkKind::mcast6;
}

template <class T>
bool set(int fd, int level, int option, const T& value) {
    return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool bind_to_interface(int fd, const std::string& device) {
    return ::setsockopt(fd,
                        SOL_SOCKET,
                        SO_BINDTODEVICE,
                        device.c_str(),
                        static_cast<socklen_t>(device.size() + 1)) == 0;
}

socklen_t fill(sockaddr_storage& out, const IpBytes& address, std::uint16_t port, int scope) {
    out = {};
    if (address.ipv6) {
        auto& to = reinterpret_cast<sockaddr_in6&>(out);
        to.sin6_family = AF_INET6;
        to.sin6_port = htons(port);
        std::memcpy(&to.sin6_addr, address.octets.data(), 16);
        const bool local = (address.octets[0] == 0xfe && (address.octets[1] & 0xc0U) == 0x80U) ||
                           address.octets[0] == 0xff;
        to.sin6_scope_id = local ? static_cast<std::uint32_t>(scope) : 0;
        return sizeof to;
    }
    auto& to = reinterpret_cast<sockaddr_in&>(out);
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    std::memcpy(&to.sin_addr, address.octets.data(), 4);
    return sizeof to;
}

IpBytes ip_of(const sockaddr_storage& from) {
    IpBytes out;
    if (from.ss_family == AF_INET6) {
        out.ipv6 = true;
        std::memcpy(out.octets.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, 16);
    } else {
        std::memcpy(out.octets.data(), &reinterpret_cast<const sockaddr_in&>(from).sin_addr, 4);
    }
    return out;
}

IpBytes broadcast_of(const InterfaceAddress& address) {
    IpBytes out = address.address;
    for (int bit = address.prefix_length; bit < out.bits(); ++bit) {
        out.octets[static_cast<std::size_t>(bit / 8)] |=
            static_cast<std::uint8_t>(0x80U >> static_cast<unsigned>(bit % 8));
    }
    return out;
}

std::string reason(const char* what) {
    return std::string{what} + ": " + std::strerror(errno);
}

}  // namespace

UdpLinks::UdpLinks(Loop& loop,
                   const std::vector<LinkConfig>& config,
                   Receive receive,
                   bool listen_only)
    : m_loop(loop), m_config(config), m_receive(std::move(receive)), m_listen_only(listen_only),
      m_links(config.size()), m_buffer(65536) {}

void UdpLinks::refresh(const std::vector<Interface>& interfaces,
                       const std::vector<InterfaceAddress>& addresses,
                       const std::function<bool(const IpBytes&)>& is_fixed) {
    for (std::size_t i = 0; i < m_config.size(); ++i) {
        const LinkConfig& config = m_config[i];
        if (config.kind == LinkKind::serial) {
            continue;
        }
        Link& link = m_links[i];
        const std::string before = link.problem;
        const auto interface = std::ranges::find(interfaces, config.device, &Interface::name);
        if (interface == interfaces.end()) {
            link.socket.reset();
            link.problem = "no such interface";
        } else {
            link.problem = open_receiver(i, config, *interface);
            if (link.problem.empty()) {
                link.problem = open_sender(config, link, *interface, addresses, is_fixed);
            }
        }
        if (link.problem != before && !link.problem.empty()) {
            log(Level::warning, "link " + link_name(config) + " cannot be used: " + link.problem);
        } else if (link.problem != before) {
            log(Level::info, "link " + link_name(config) + " is open");
        }
    }
}

std::string UdpLinks::open_sender(const LinkConfig& config,
                                  Link& link,
                                  const Interface& interface,
                                  const std::vector<InterfaceAddress>& addresses,
                                  const std::function<bool(const IpBytes&)>& is_fixed) {
    const bool ipv6 = is_ipv6(config);
    const InterfaceAddress* own = nullptr;
    for (const InterfaceAddress& candidate : addresses) {
        if (candidate.interface == interface.index && candidate.address.ipv6 == ipv6 &&
            !candidate.tentative && is_fixed(candidate.address) &&
            (own == nullptr || (own->secondary && !candidate.secondary))) {
            own = &candidate;
        }
    }
    if (own == nullptr) {
        link.socket.reset();
        return "the interface has no address of its own";
    }
    if (link.socket && link.interface == interface.index && link.own == own->address) {
        return {};  // as before
    }
    link.socket.reset();
    IpBytes to = broadcast_of(*own);
    if (config.kind != LinkKind::bcast) {
        const auto named = parse_ip(config.address);
        if (!named || named->ipv6 != ipv6) {
            return "address " + config.address + " is none of its kind";
        }
        to = *named;
    }
    // Files are the same on all nodes, so one of the unicast lines names this node.
    const bool is_own =
        std::ranges::any_of(addresses, [&](const InterfaceAddress& a) { return a.address == to; });
    link.interface = interface.index;
    link.own = own->address;
    link.broadcast = broadcast_of(*own);
    if (is_own || m_listen_only) {
        return {};
    }
    Fd socket{::socket(
        ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP)};
    if (!socket) {
        return reason("socket");
    }
    const int fd = socket.get();
    if (!bind_to_interface(fd, config.device)) {
        return reason("SO_BINDTODEVICE");
    }
    // What waits in our own buffer is of no use later: heartbeats are for now.
    if (config.kind == LinkKind::bcast && !set(fd, SOL_SOCKET, SO_BROADCAST, 1)) {
        return reason("SO_BROADCAST");
    }
    if (config.kind == LinkKind::bcast && !set(fd, SOL_SOCKET, SO_DONTROUTE, 1)) {
        return reason("SO_DONTROUTE");
    }
    if (config.kind == LinkKind::mcast) {
        ip_mreqn request{};
        request.imr_ifindex = interface.index;
        std::memcpy(&request.imr_address, own->address.octets.data(), 4);
        if (!set(fd, IPPROTO_IP, IP_MULTICAST_IF, request) ||
            !set(fd, IPPROTO_IP, IP_MULTICAST_TTL, config.ttl) ||
            !set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, config.loop ? 1 : 0)) {
            return reason("multicast");
        }
    }
    if (config.kind == LinkKind::mcast6 &&
        (!set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface.index) ||
         !set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, config.ttl) ||
         !set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, config.loop ? 1 : 0))) {
        return reason("multicast");
    }
    sockaddr_storage from{};
    const socklen_t from_size = fill(from, own->address, 0, interface.index);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&from), from_size) != 0) {
        return reason("bind to the node's address");
    }
    link.destination_size = fill(link.destination, to, config.port, interface.index);
    link.socket = std::move(socket);
    return {};
}

std::string
UdpLinks::open_receiver(std::size_t index, const LinkConfig& config, const Interface& interface) {
    const bool ipv6 = is_ipv6(config);
    auto found = std::ranges::find_if(m_receivers, [&](const auto& r) {
        return r->device == config.device && r->port == config.port && r->ipv6 == ipv6;
    });
    if (found != m_receivers.end() && (*found)->interface != interface.index) {
        m_receivers.erase(found);  // another interface of the same name
        found = m_receivers.end();
    }
    if (found == m_receivers.end()) {
        auto receiver = std::make_unique<Receiver>();
        receiver->device = config.device;
        receiver->interface = interface.index;
        receiver->port = config.port;
        receiver->ipv6 = ipv6;
        receiver->socket = Fd{::socket(
            ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP)};
        const int fd = receiver->socket.get();
        if (fd < 0) {
            return reason("socket");
        }
        if (!bind_to_interface(fd, config.device) || !set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) {
            return reason("SO_BINDTODEVICE");
        }
        if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer_bytes)) {
            set(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer_bytes);
        }
        if (ipv6) {
            set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
            set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
        } else {
            set(fd, IPPROTO_IP, IP_PKTINFO, 1);
            set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);  // only the groups of this socket
        }
        sockaddr_storage any{};
        IpBytes nowhere;
        nowhere.ipv6 = ipv6;
        const socklen_t size = fill(any, nowhere, config.port, 0);
        if (::bind(fd, reinterpret_cast<const sockaddr*>(&any), size) != 0) {
            return reason("bind to the port");
        }
        receiver->source = m_loop.descriptor(fd, EPOLLIN, [this, r = receiver.get()] {
            constexpr std::size_t at_a_time = 64;  // then timers and the rest have their turn
            read(*r, at_a_time);
        });
        m_receivers.push_back(std::move(receiver));
        found = m_receivers.end() - 1;
    }
    Receiver& receiver = **found;
    if (std::ranges::find(receiver.links, index) != receiver.links.end()) {
        return {};
    }
    if (is_multicast(config)) {
        const auto group = parse_ip(config.address);
        if (!group || group->ipv6 != ipv6) {
            return "group " + config.address + " is none of its kind";
        }
        bool joined = false;
        if (ipv6) {
            ipv6_mreq request{};
            std::memcpy(&request.ipv6mr_multiaddr, group->octets.data(), 16);
            request.ipv6mr_interface = static_cast<unsigned>(interface.index);
            joined = set(receiver.socket.get(), IPPROTO_IPV6, IPV6_JOIN_GROUP, request);
        } else {
            ip_mreqn request{};
            std::memcpy(&request.imr_multiaddr, group->octets.data(), 4);
            request.imr_ifindex = interface.index;
            joined = set(receiver.socket.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, request);
        }
        if (!joined && errno != EADDRINUSE) {
            return reason("joining the group");
        }
    }
    receiver.links.push_back(index);
    return {};
}

void UdpLinks::drain(std::size_t limit) {
    for (const auto& receiver : m_receivers) {
        read(*receiver, limit);
    }
}

void UdpLinks::read(Receiver& receiver, std::size_t limit) {
    for (std::size_t i = 0; i < limit; ++i) {
        sockaddr_storage from{};
        iovec into{m_buffer.data(), m_buffer.size()};
        alignas(cmsghdr) std::array<std::byte, 128> control{};
        msghdr header{};
        header.msg_name = &from;
        header.msg_namelen = sizeof from;
        header.msg_iov = &into;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const ssize_t size = ::recvmsg(receiver.socket.get(), &header, 0);
        if (size < 0) {
            return;  // nothing more, or an error of an earlier datagram
        }
        std::optional<IpBytes> to;
        for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
             part = CMSG_NXTHDR(&header, part)) {
            if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
                in_pktinfo info{};
                std::memcpy(&info, CMSG_DATA(part), sizeof info);
                to.emplace();
                std::memcpy(to->octets.data(), &info.ipi_addr, 4);
            } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
                in6_pktinfo info{};
                std::memcpy(&info, CMSG_DATA(part), sizeof info);
                to.emplace();
                to->ipv6 = true;
                std::memcpy(to->octets.data(), &info.ipi6_addr, 16);
            }
        }
        const std::size_t link = which_link(receiver, ip_of(from), to);
        if (link < m_links.size()) {
            m_receive(static_cast<cluster::LinkId>(link),
                      std::span{m_buffer}.first(static_cast<std::size_t>(size)));
        }
    }
}

/// Several lines of ha.cf on one interface and port: the destination tells broadcast, multicast and
/// unicast apart, the sender tells unicast lines apart.
std::size_t UdpLinks::which_link(const Receiver& receiver,
                                 const IpBytes& from,
                                 const std::optional<IpBytes>& to) const {
    if (receiver.links.empty()) {
        return m_links.size();
    }
    if (receiver.links.size() > 1 && to) {
        for (const std::size_t candidate : receiver.links) {
            const LinkConfig& config = m_config[candidate];
            const bool to_all = *to == m_links[candidate].broadcast;
            const auto its = parse_ip(config.address);
            if ((config.kind == LinkKind::bcast && to_all) ||
                (is_multicast(config) && its && *to == *its) ||
                (!is_multicast(config) && its && from == *its && !to_all)) {
                return candidate;
            }
        }
    }
    return receiver.links.front();
}

bool UdpLinks::usable(cluster::LinkId link) const {
    const auto index = static_cast<std::size_t>(link);
    return index < m_links.size() && m_links[index].problem.empty();
}

int UdpLinks::send(cluster::LinkId link, std::span<const std::byte> bytes) {
    const auto index = static_cast<std::size_t>(link);
    if (index >= m_links.size() || !m_links[index].socket) {
        return 0;
    }
    const Link& to = m_links[index];
    if (::sendto(to.socket.get(),
                 bytes.data(),
                 bytes.size(),
                 MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&to.destination),
                 to.destination_size) < 0) {
        ++m_send_failures;
        return errno;
    }
    return 0;
}

}  // namespace linux_host
