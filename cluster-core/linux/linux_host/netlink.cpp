// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/netlink.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

namespace linux_host {
namespace {

// Values of linux/if_arp.h, whose header collides with that of the C library.
constexpr unsigned short arphrd_ether = 1;

struct MessageDeleter {
    void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, MessageDeleter>;

struct CallbackDeleter {
    void operator()(nl_cb* callback) const { nl_cb_put(callback); }
};
using Callbacks = std::unique_ptr<nl_cb, CallbackDeleter>;

Callbacks new_callbacks() {
    Callbacks callbacks{nl_cb_alloc(NL_CB_DEFAULT)};
    if (!callbacks) {
        throw std::bad_alloc{};
    }
    return callbacks;
}

Message new_message(int type, int flags) {
    Message message{nlmsg_alloc_simple(type, flags)};
    if (!message) {
        throw std::bad_alloc{};
    }
    return message;
}

template <class Header>
const Header* header_of(nlmsghdr* message) {
    return nlmsg_valid_hdr(message, sizeof(Header)) != 0
               ? static_cast<const Header*>(nlmsg_data(message))
               : nullptr;
}

template <class Header>
const nlattr* attribute(nlmsghdr* message, int type) {
    return nlmsg_find_attr(message, sizeof(Header), type);
}

IpBytes ip_of(const nlattr* attribute, int family) {
    IpBytes out;
    out.ipv6 = family == AF_INET6;
    if (attribute != nullptr && nla_len(attribute) >= static_cast<int>(out.size())) {
        std::memcpy(out.octets.data(), nla_data(attribute), out.size());
    }
    return out;
}

std::optional<Interface> interface_of(nlmsghdr* message) {
    const auto* const header = header_of<ifinfomsg>(message);
    const nlattr* const name = attribute<ifinfomsg>(message, IFLA_IFNAME);
    // Bridges repeat the links of their ports in a family of their own, without the flags we need.
    if (header == nullptr || name == nullptr || header->ifi_family != AF_UNSPEC) {
        return std::nullopt;
    }
    Interface out;
    out.index = header->ifi_index;
    out.name = nla_get_string(name);
    out.up = (header->ifi_flags & IFF_UP) != 0;
    out.carrier = out.up && (header->ifi_flags & IFF_LOWER_UP) != 0;
    const nlattr* const mac = attribute<ifinfomsg>(message, IFLA_ADDRESS);
    if (mac != nullptr && nla_len(mac) == static_cast<int>(out.mac.size())) {
        std::memcpy(out.mac.data(), nla_data(mac), out.mac.size());
        out.ethernet = header->ifi_type == arphrd_ether;
    }
    return out;
}

std::optional<InterfaceAddress> address_of(nlmsghdr* message) {
    const auto* const header = header_of<ifaddrmsg>(message);
    if (header == nullptr || (header->ifa_family != AF_INET && header->ifa_family != AF_INET6)) {
        return std::nullopt;
    }
    const nlattr* local = attribute<ifaddrmsg>(message, IFA_LOCAL);
    if (local == nullptr) {
        local = attribute<ifaddrmsg>(message, IFA_ADDRESS);
    }
    if (local == nullptr) {
        return std::nullopt;
    }
    const nlattr* const wide = attribute<ifaddrmsg>(message, IFA_FLAGS);
    const std::uint32_t flags = wide != nullptr ? nla_get_u32(wide) : header->ifa_flags;
    InterfaceAddress out;
    out.interface = static_cast<int>(header->ifa_index);
    out.address = ip_of(local, header->ifa_family);
    out.prefix_length = header->ifa_prefixlen;
    out.tentative = (flags & IFA_F_TENTATIVE) != 0;
    out.duplicate = (flags & IFA_F_DADFAILED) != 0;
    out.secondary = header->ifa_family == AF_INET && (flags & IFA_F_SECONDARY) != 0;
    return out;
}

std::string protocol_name(unsigned char protocol) {
    switch (protocol) {
    case RTPROT_REDIRECT:
        return "redirect";
    case RTPROT_KERNEL:
        return "kernel";
    case RTPROT_BOOT:
        return "boot";
    case RTPROT_STATIC:
        return "static";
    case RTPROT_RA:
        return "ra";
    case RTPROT_DHCP:
        return "dhcp";
    default:
        return std::to_string(protocol);
    }
}

std::string scope_name(unsigned char scope) {
    switch (scope) {
    case RT_SCOPE_UNIVERSE:
        return "global";
    case RT_SCOPE_SITE:
        return "site";
    case RT_SCOPE_LINK:
        return "link";
    case RT_SCOPE_HOST:
        return "host";
    default:
        return std::to_string(scope);
    }
}

/// Unicast routes of the main table with one way out; the rest is none of our business.
std::optional<KernelRoute> route_of(nlmsghdr* message, const std::vector<Interface>& interfaces) {
    const auto* const header = header_of<rtmsg>(message);
    if (header == nullptr || header->rtm_type != RTN_UNICAST ||
        (header->rtm_flags & RTM_F_CLONED) != 0) {
        return std::nullopt;
    }
    const nlattr* const table = attribute<rtmsg>(message, RTA_TABLE);
    const nlattr* const out = attribute<rtmsg>(message, RTA_OIF);
    if ((table != nullptr ? nla_get_u32(table) : header->rtm_table) != RT_TABLE_MAIN ||
        out == nullptr) {
        return std::nullopt;
    }
    const auto interface =
        std::ranges::find(interfaces, static_cast<int>(nla_get_u32(out)), &Interface::index);
    if (interface == interfaces.end()) {
        return std::nullopt;
    }
    const int family = header->rtm_family;
    KernelRoute found;
    const nlattr* const destination = attribute<rtmsg>(message, RTA_DST);
    found.route.destination = destination == nullptr ? "default"
                                                     : to_text(ip_of(destination, family)) + "/" +
                                                           std::to_string(header->rtm_dst_len);
    if (const nlattr* gateway = attribute<rtmsg>(message, RTA_GATEWAY)) {
        found.route.gateway = to_text(ip_of(gateway, family));
    }
    if (const nlattr* source = attribute<rtmsg>(message, RTA_PREFSRC)) {
        found.route.source = to_text(ip_of(source, family));
    }
    if (const nlattr* metric = attribute<rtmsg>(message, RTA_PRIORITY)) {
        found.route.metric = nla_get_u32(metric);
    }
    found.route.interface = interface->name;
    found.route.protocol = protocol_name(header->rtm_protocol);
    found.route.scope = scope_name(header->rtm_scope);
    const auto* const begin = static_cast<const std::byte*>(nlmsg_data(message));
    found.header.assign(begin, begin + sizeof(rtmsg));
    const auto* const first =
        reinterpret_cast<const std::byte*>(nlmsg_attrdata(message, sizeof(rtmsg)));
    found.attributes.assign(first, first + nlmsg_attrlen(message, sizeof(rtmsg)));
    return found;
}

}  // namespace

std::optional<IpBytes> parse_ip(std::string_view text) {
    const std::string copy{text};
    IpBytes out;
    if (::inet_pton(AF_INET, copy.c_str(), out.octets.data()) == 1) {
        return out;
    }
    out = {};
    out.ipv6 = true;
    if (::inet_pton(AF_INET6, copy.c_str(), out.octets.data()) == 1) {
        return out;
    }
    return std::nullopt;
}

std::string to_text(const IpBytes& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(address.ipv6 ? AF_INET6 : AF_INET, address.octets.data(), text.data(), text.size());
    return text.data();
}

bool same_prefix(const IpBytes& a, const IpBytes& b, int length) noexcept {
    if (a.ipv6 != b.ipv6) {
        return false;
    }
    for (int bit = 0; bit < length && bit < a.bits(); ++bit) {
        const auto octet = static_cast<std::size_t>(bit / 8);
        const auto mask = static_cast<std::uint8_t>(0x80U >> static_cast<unsigned>(bit % 8));
        if (((a.octets[octet] ^ b.octets[octet]) & mask) != 0) {
            return false;
        }
    }
    return true;
}

Netlink::Netlink(std::function<void(const NetlinkChange&)> changed)
    : m_changed(std::move(changed)), m_commands(nl_socket_alloc()), m_changes(nl_socket_alloc()) {
    if (m_commands == nullptr || m_changes == nullptr ||
        nl_connect(m_commands, NETLINK_ROUTE) < 0 || nl_connect(m_changes, NETLINK_ROUTE) < 0) {
        throw std::system_error(errno, std::generic_category(), "rtnetlink");
    }
    nl_socket_disable_seq_check(m_changes);
    nl_socket_set_nonblocking(m_changes);
    nl_socket_add_memberships(m_changes, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0);
    nl_socket_modify_cb(
        m_changes,
        NL_CB_VALID,
        NL_CB_CUSTOM,
        [](nl_msg* message, void* self) -> int {
            static_cast<Netlink*>(self)->told(nlmsg_hdr(message));
            return NL_OK;
        },
        this);
}

Netlink::~Netlink() {
    nl_socket_free(m_commands);
    nl_socket_free(m_changes);
}

int Netlink::watch_descriptor() const {
    return nl_socket_get_fd(m_changes);
}

void Netlink::read_changes() {
    // One datagram per call; EAGAIN ends it.
    for (;;) {
        const int result = nl_recvmsgs_default(m_changes);
        if (result == -NLE_NOMEM) {
            m_changed({NetlinkChange::What::overrun, {}, {}});
        } else if (result < 0) {
            return;
        }
    }
}

void Netlink::watch_routes(bool on) {
    if (std::exchange(m_routes_watched, on) == on) {
        return;
    }
    if (on) {
        nl_socket_add_memberships(m_changes, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, 0);
    } else {
        nl_socket_drop_memberships(m_changes, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, 0);
    }
}

void Netlink::told(nlmsghdr* message) {
    using What = NetlinkChange::What;
    if (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK) {
        if (const auto interface = interface_of(message)) {
            m_changed(
                {message->nlmsg_type == RTM_NEWLINK ? What::interface : What::interface_removed,
                 *interface,
                 {}});
        }
    } else if (message->nlmsg_type == RTM_NEWADDR || message->nlmsg_type == RTM_DELADDR) {
        if (const auto address = address_of(message)) {
            m_changed({message->nlmsg_type == RTM_NEWADDR ? What::address : What::address_removed,
                       {},
                       *address});
        }
    } else if (message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE) {
        m_changed({What::route, {}, {}});
    }
}

/// Sends one request and waits for the kernel's word. rtnetlink handles a request inside the send,
/// so the answer is there when send returns.
int Netlink::transact(nl_msg* message) {
    struct Answer {
        bool done = false;
        int error = 0;
    } answer;
    const Callbacks callbacks = new_callbacks();
    nl_cb_set(
        callbacks.get(),
        NL_CB_ACK,
        NL_CB_CUSTOM,
        [](nl_msg*, void* data) -> int {
            static_cast<Answer*>(data)->done = true;
            return NL_STOP;
        },
        &answer);
    nl_cb_err(
        callbacks.get(),
        NL_CB_CUSTOM,
        [](sockaddr_nl*, nlmsgerr* error, void* data) -> int {
            *static_cast<Answer*>(data) = {true, -error->error};
            return NL_STOP;
        },
        &answer);
    if (nl_send_auto(m_commands, message) < 0) {
        return EIO;
    }
    while (!answer.done) {
        if (nl_recvmsgs(m_commands, callbacks.get()) < 0 && !answer.done) {
            return EIO;
        }
    }
    return answer.error;
}

void Netlink::dump(int type,
                   int family,
                   std::size_t header_bytes,
                   const std::function<void(nlmsghdr*)>& each) {
    constexpr int attempts = 5;  // a table that changes while it is read is read again
    for (int i = 0; i < attempts; ++i) {
        std::vector<std::vector<std::byte>> messages;
        const Callbacks callbacks = new_callbacks();
        nl_cb_set(
            callbacks.get(),
            NL_CB_VALID,
            NL_CB_CUSTOM,
            [](nl_msg* message, void* data) -> int {
                auto* const raw = nlmsg_hdr(message);
                const auto* const bytes = reinterpret_cast<const std::byte*>(raw);
                static_cast<std::vector<std::vector<std::byte>>*>(data)->emplace_back(
                    bytes, bytes + raw->nlmsg_len);
                return NL_OK;
            },
            &messages);
        std::array<std::byte, 32> header{};
        header[0] = static_cast<std::byte>(family);  // first octet of all three headers
        nl_send_simple(m_commands, type, NLM_F_DUMP, header.data(), header_bytes);
        if (nl_recvmsgs(m_commands, callbacks.get()) == -NLE_DUMP_INTR) {
            continue;
        }
        for (auto& message : messages) {
            each(reinterpret_cast<nlmsghdr*>(message.data()));
        }
        return;
    }
}

std::vector<Interface> Netlink::interfaces() {
    std::vector<Interface> found;
    dump(RTM_GETLINK, AF_UNSPEC, sizeof(ifinfomsg), [&](nlmsghdr* message) {
        if (auto interface = interface_of(message)) {
            found.push_back(std::move(*interface));
        }
    });
    return found;
}

std::vector<InterfaceAddress> Netlink::addresses() {
    std::vector<InterfaceAddress> found;
    dump(RTM_GETADDR, AF_UNSPEC, sizeof(ifaddrmsg), [&](nlmsghdr* message) {
        if (const auto address = address_of(message)) {
            found.push_back(*address);
        }
    });
    return found;
}

std::vector<KernelRoute> Netlink::routes() {
    const std::vector<Interface> known = interfaces();
    std::vector<KernelRoute> found;
    for (const int family : {AF_INET, AF_INET6}) {
        dump(RTM_GETROUTE, family, sizeof(rtmsg), [&](nlmsghdr* message) {
            if (auto route = route_of(message, known)) {
                found.push_back(std::move(*route));
            }
        });
    }
    return found;
}

namespace {

Message address_message(int type, int flags, const InterfaceAddress& address) {
    Message message = new_message(type, flags);
    ifaddrmsg header{};
    header.ifa_family = address.address.ipv6 ? AF_INET6 : AF_INET;
    header.ifa_prefixlen = static_cast<std::uint8_t>(address.prefix_length);
    header.ifa_index = static_cast<std::uint32_t>(address.interface);
    header.ifa_scope = RT_SCOPE_UNIVERSE;
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    const int size = static_cast<int>(address.address.size());
    nla_put(message.get(), IFA_LOCAL, size, address.address.octets.data());
    nla_put(message.get(), IFA_ADDRESS, size, address.address.octets.data());
    return message;
}

}  // namespace

int Netlink::add_address(const InterfaceAddress& address,
                         const std::string& label,
                         const std::string& broadcast) {
    const Message message =
        address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, address);
    if (!address.address.ipv6) {
        auto where_to = parse_ip(broadcast);
        if (!where_to && address.prefix_length < 31) {
            where_to = address.address;
            for (int bit = address.prefix_length; bit < 32; ++bit) {
                where_to->octets[static_cast<std::size_t>(bit / 8)] |=
                    static_cast<std::uint8_t>(0x80U >> static_cast<unsigned>(bit % 8));
            }
        }
        if (where_to) {
            nla_put(message.get(), IFA_BROADCAST, 4, where_to->octets.data());
        }
        if (!label.empty()) {
            nla_put_string(message.get(), IFA_LABEL, label.c_str());
        }
    }
    return transact(message.get());
}

int Netlink::remove_address(const InterfaceAddress& address) {
    const int error = transact(address_message(RTM_DELADDR, NLM_F_ACK, address).get());
    return error == ENODEV ? EADDRNOTAVAIL : error;
}

int Netlink::put_route(const KernelRoute& old, const std::string& source) {
    const auto put = [&](int flags) {
        const Message message = new_message(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | flags);
        rtmsg header{};
        std::memcpy(&header, old.header.data(), std::min(sizeof header, old.header.size()));
        // What the kernel says about the state of a next hop is no part of the route.
        header.rtm_flags &= static_cast<unsigned>(RTNH_F_ONLINK);
        nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
        auto attributes = old.attributes;
        int left = static_cast<int>(attributes.size());
        for (auto* at = reinterpret_cast<nlattr*>(attributes.data()); nla_ok(at, left) != 0;
             at = nla_next(at, &left)) {
            const int type = nla_type(at);
            if (type != RTA_PREFSRC && type != RTA_CACHEINFO && type != RTA_PREF) {
                nla_put(message.get(), type, nla_len(at), nla_data(at));
            }
        }
        if (const auto bytes = parse_ip(source)) {
            nla_put(
                message.get(), RTA_PREFSRC, static_cast<int>(bytes->size()), bytes->octets.data());
        }
        return transact(message.get());
    };
    return put(NLM_F_REPLACE);
}

}  // namespace linux_host
