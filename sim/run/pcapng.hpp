// SPDX-License-Identifier: GPL-2.0-or-later
// Packet captures of simulated links in pcapng (one section, one Ethernet interface, nanoseconds).
// Whole frames as they go out on the wire, without padding and FCS. No dates: time starts at 0.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "model/lan.hpp"

namespace sim {

class PcapngWriter {
  public:
    /// Throws std::runtime_error when the file cannot be opened.
    PcapngWriter(const std::string& file, const std::string& link);
    void add(std::int64_t t_ns, const models::Frame&);
    /// Throws std::runtime_error when the file could not be written.
    void finish();
    /// In a forked process: the file is the parent's. The process must end without destroying this.
    void abandon() noexcept { m_abandoned = true; }

  private:
    void block(std::uint32_t type, const std::vector<std::uint8_t>& body);
    std::string m_name;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> m_file;
    std::vector<std::uint8_t> m_body;
    bool m_abandoned = false;
};

}  // namespace sim
