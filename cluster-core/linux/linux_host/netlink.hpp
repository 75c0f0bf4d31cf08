// SPDX-License-Identifier: GPL-2.0-or-later
// Interfaces, addresses and routes of the kernel: asked, changed, and watched (rtnetlink by way of
// libnl-3). Changes are confirmed by the kernel before the call returns; that takes microseconds.
// Errors are errno values, 0 = well.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config.hpp"
#include "cluster/event.hpp"

struct nl_sock;
struct nl_msg;
struct nlmsghdr;

namespace linux_host {

/// IPv4 in the first four octets.
struct IpBytes {
    std::array<std::uint8_t, 16> octets{};
    bool ipv6 = false;
    bool operator==(const IpBytes&) const = default;

    [[nodiscard]] std::size_t size() const noexcept { return ipv6 ? 16 : 4; }
    [[nodiscard]] int bits() const noexcept { return ipv6 ? 128 : 32; }
};

[[nodiscard]] std::optional<IpBytes> parse_ip(std::string_view text);
[[nodiscard]] std::string to_text(const IpBytes&);
/// True when the first `length` bits agree.
[[nodiscard]] bool same_prefix(const IpBytes& a, const IpBytes& b, int length) noexcept;

struct Interface {
    int index = 0;
    std::string name;
    cluster::MacAddress mac{};
    bool ethernet = false;  ///< has a MAC address and takes broadcasts
    bool up = false;
    bool carrier = false;  ///< up, and the other end is there
};

struct InterfaceAddress {
    int interface = 0;
    IpBytes address;
    int prefix_length = 0;
    bool tentative = false;  ///< IPv6: duplicate address detection runs
    bool duplicate = false;  ///< IPv6: it failed
    bool secondary = false;
};

/// A route of the main table with one way out. `attributes` is all the kernel said, for putting it
/// back as it was.
struct KernelRoute {
    cluster::Route route;
    std::vector<std::byte> header;      ///< struct rtmsg
    std::vector<std::byte> attributes;  ///< as received
};

/// Something changed; told after the fact.
struct NetlinkChange {
    enum class What : std::uint8_t {
        interface,
        interface_removed,
        address,
        address_removed,
        route,
        overrun  ///< changes were lost: look at everything anew
    } what = What::interface;
    Interface interface;
    InterfaceAddress address;
};

/// The constructor throws std::system_error when there is no rtnetlink.
class Netlink final {
  public:
    explicit Netlink(std::function<void(const NetlinkChange&)> changed);
    ~Netlink();
    Netlink(const Netlink&) = delete;
    Netlink& operator=(const Netlink&) = delete;

    /// Becomes readable when something changed; then call read_changes().
    [[nodiscard]] int watch_descriptor() const;
    void read_changes();
    /// Also wake up when routes change. Off at first: some hosts have tables that never rest.
    void watch_routes(bool);

    [[nodiscard]] std::vector<Interface> interfaces();
    [[nodiscard]] std::vector<InterfaceAddress> addresses();
    [[nodiscard]] std::vector<KernelRoute> routes();

    /// EEXIST: it is there already. `broadcast` empty: that of the prefix (IPv4).
    [[nodiscard]] int
    add_address(const InterfaceAddress&, const std::string& label, const std::string& broadcast);
    /// EADDRNOTAVAIL: it is not there.
    [[nodiscard]] int remove_address(const InterfaceAddress&);
    /// Puts `source` (empty: none) into the route, all else as it stands in `old`; creates the
    /// route if it has gone.
    [[nodiscard]] int put_route(const KernelRoute& old, const std::string& source);

  private:
    int transact(nl_msg* message);
    void dump(int type,
              int family,
              std::size_t header_bytes,
              const std::function<void(nlmsghdr*)>& each);
    void told(nlmsghdr* message);

    std::function<void(const NetlinkChange&)> m_changed;
    nl_sock* m_commands = nullptr;
    nl_sock* m_changes = nullptr;
    bool m_routes_watched = false;
};

}  // namespace linux_host
