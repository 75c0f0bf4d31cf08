// SPDX-License-Identifier: GPL-2.0-or-later
// The addresses and route sources that move: put on, taken off, announced, and put back when
// somebody else took them away. Knows the kernel's tables; decides nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/action.hpp"
#include "linux_host/announcer.hpp"
#include "linux_host/netlink.hpp"

namespace linux_host {

class Addresses final {
  public:
    /// Answers an action that could not be answered at once (IPv6: duplicate address detection).
    using Answer = std::function<void(cluster::ActionId, int error)>;

    Addresses(Netlink&, std::vector<IpBytes> moving, Answer later);

    /// Nullopt: answered later. errno otherwise, 0 = it stands.
    [[nodiscard]] std::optional<int> acquire(cluster::ActionId, const cluster::AcquireAddress&);
    /// errno, 0 = it is gone.
    [[nodiscard]] int release(const cluster::ReleaseAddress&);
    void announce(const cluster::AnnounceAddress&);
    [[nodiscard]] std::vector<cluster::Route> query_routes();
    [[nodiscard]] int replace_route(const cluster::Route&);
    /// False: that was answered already.
    bool cancel(cluster::ActionId);

    /// A life that goes on where another one stood: what is on the interfaces is held, and the
    /// routes that prefer it.
    void adopt(cluster::ResourceId, const cluster::AddressSpec&);
    void adopt_routes();

    /// Looks at the kernel's tables anew, and puts back what is missing of what we hold.
    void refresh();
    /// False: something that is held is missing, and could not be put back just now.
    [[nodiscard]] bool complete() const;
    /// The result of duplicate address detection, if it is one.
    void note(const InterfaceAddress&);

    [[nodiscard]] bool moves(const IpBytes& address) const;
    [[nodiscard]] const std::vector<Interface>& interfaces() const noexcept { return m_interfaces; }
    [[nodiscard]] const std::vector<InterfaceAddress>& addresses() const noexcept {
        return m_addresses;
    }
    /// Interface by which `address` is reached; 0: none.
    [[nodiscard]] int interface_towards(const std::string& address);
    [[nodiscard]] std::uint64_t restored() const noexcept { return m_restored; }

  private:
    struct Held {
        InterfaceAddress at;
        std::string label;
        std::string broadcast;
    };

    [[nodiscard]] std::optional<InterfaceAddress> place_of(const cluster::AddressSpec&);
    [[nodiscard]] bool present(const InterfaceAddress&) const;
    void send_announcement(const InterfaceAddress&, cluster::ArpForm);
    void restore(Held&);
    void restore_routes();

    Netlink& m_netlink;
    Announcer m_announcer;
    std::vector<IpBytes> m_moving;  ///< every address that haresources names
    Answer m_later;
    std::vector<Interface> m_interfaces;
    std::vector<InterfaceAddress> m_addresses;
    std::map<cluster::ResourceId, Held> m_held;
    std::map<cluster::ActionId, cluster::ResourceId> m_checking;  ///< duplicate detection runs
    std::vector<KernelRoute> m_table;                             ///< as last asked for
    std::vector<KernelRoute> m_sources;  ///< routes that prefer an address we hold
    std::uint64_t m_restored = 0;
    cluster::Instant m_restoring_since{};
    int m_restored_in_second = 0;
};

}  // namespace linux_host
