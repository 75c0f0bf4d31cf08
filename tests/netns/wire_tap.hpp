// SPDX-License-Identifier: GPL-2.0-or-later
// What can be seen from outside: changes of addresses by netlink, gratuitous ARP by packet
// timestamps, and whether an address answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lab.hpp"
#include "linux_host/fd.hpp"

namespace lab {

/// Nanoseconds of the boot clock.
[[nodiscard]] std::int64_t boot_ns();

/// First events since clear() about 10.10.10.110 on eth0 of one node.
class WireTap final {
  public:
    explicit WireTap(const Namespace&);

    void clear();
    void read();
    /// Until the address is up and announced; wakes up with each message, so that its time is
    /// that of its arrival.
    [[nodiscard]] bool wait(milliseconds limit);

    std::optional<std::int64_t> address_up;
    std::optional<std::int64_t> address_down;
    std::optional<std::int64_t> announced;  ///< first gratuitous ARP

  private:
    linux_host::Fd m_netlink;
    linux_host::Fd m_packets;
};

/// One ICMP echo per millisecond from a node.
class Probe final {
  public:
    Probe(const Namespace&, const std::string& address);
    /// Sends for that long, then waits 100 ms for the last replies.
    void run(milliseconds);
    [[nodiscard]] int sent() const noexcept { return m_sent; }
    [[nodiscard]] int lost() const noexcept { return m_sent - m_answered; }

  private:
    void read();
    linux_host::Fd m_socket;
    int m_sent = 0;
    int m_answered = 0;
};

}  // namespace lab
