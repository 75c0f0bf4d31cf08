// SPDX-License-Identifier: GPL-2.0-or-later
// One serial heartbeat line: raw, 8N1, RTS/CTS, as heartbeat sets it up. Never waits: a message
// that does not fit behind what is still to be written is dropped whole (the next one is due soon).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "linux_host/fd.hpp"
#include "linux_host/loop.hpp"

namespace linux_host {

class SerialLine final {
  public:
    SerialLine(Loop&,
               std::string device,
               unsigned baud,
               std::function<void(std::span<const std::byte>)> receive);

    /// Empty, or why not. Call again later to try again.
    [[nodiscard]] std::string open();
    [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(m_device); }
    void send(std::span<const std::byte> message);
    [[nodiscard]] std::uint64_t dropped() const noexcept { return m_dropped; }
    [[nodiscard]] const std::string& name() const noexcept { return m_name; }

  private:
    void ready();
    void read();
    void write();

    Loop& m_loop;
    std::string m_name;
    unsigned m_baud;
    std::function<void(std::span<const std::byte>)> m_receive;
    Fd m_device;
    Source m_source;
    std::vector<std::byte> m_waiting;
    std::uint64_t m_dropped = 0;
};

}  // namespace linux_host
