// SPDX-License-Identifier: GPL-2.0-or-later
// The node's two views of its foneBRIDGE: the control port (UDP/1024), and whether TDMoE frames of
// it arrive here. The frames come a thousand a second per span; they are counted by the kernel, and
// the count is looked at a few times a second.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "cluster/time.hpp"
#include "linux_host/fd.hpp"
#include "linux_host/loop.hpp"

namespace linux_host {

class BridgePort final {
  public:
    BridgePort(Loop&, std::string address, std::function<void(std::span<const std::byte>)> replied);

    /// Opens the socket at the first call. errno; 0 = sent.
    [[nodiscard]] int send(std::span<const std::byte> request);

  private:
    void read();

    Loop& m_loop;
    std::string m_address;
    std::function<void(std::span<const std::byte>)> m_replied;
    Fd m_socket;
    Source m_source;
};

class BridgeStream final {
  public:
    /// Between two looks [derived: two of them make the 500 ms after which the models call the
    /// stream silent].
    static constexpr cluster::Duration between_looks = std::chrono::milliseconds{250};

    /// `changed(arriving)` is called when that changes.
    BridgeStream(Loop&, std::function<void(bool arriving)> changed);
    /// Watches this interface from now on; 0: none. errno of the socket, 0 = well.
    int watch(int interface);
    [[nodiscard]] bool arriving() const noexcept { return m_arriving; }

  private:
    void look();

    std::function<void(bool)> m_changed;
    Fd m_socket;
    Source m_timer;
    int m_interface = 0;
    int m_silent_looks = 0;
    bool m_arriving = false;
};

}  // namespace linux_host
