// SPDX-License-Identifier: GPL-2.0-or-later
// What one core was told and what it answered, so that its decisions can be replayed. JSON Lines,
// format "failover-eventlog/1" (docs/trace-format.md). Not the trace: that says what happened in
// the world. The log holds the node's configuration with its keys, because signatures are part of
// the answers: keep it private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cluster/cluster_node.hpp"

namespace sim {

/// Texts of the native files of one node, by name ("ha.cf", "haresources", "authkeys",
/// "redfone.conf").
using ConfigTexts = std::map<std::string, std::string>;

class EventLogWriter {
  public:
    /// `path` is created, readable for its owner only. Throws std::runtime_error when that fails.
    /// `ring_events` > 0: keeps between one and two times that many of the last events; then
    /// `snapshot` is asked for the state at the head of each half. 0: keeps all.
    EventLogWriter(const std::string& path,
                   const cluster::NodeOptions& options,
                   const ConfigTexts& texts,
                   std::size_t ring_events = 0,
                   std::function<std::vector<std::byte>()> snapshot = {});
    ~EventLogWriter();

    /// A life of the daemon begins with this snapshot.
    void start(std::span<const std::byte> snapshot);
    void add(const cluster::Now&, const cluster::Event&, const std::vector<cluster::IssuedAction>&);
    /// Writes what is held and closes; throws std::runtime_error when not everything could be
    /// written.
    void finish();

  private:
    void put(std::string line);

    std::unique_ptr<std::FILE, int (*)(std::FILE*)> m_file;
    std::string m_path;
    std::size_t m_ring_events = 0;
    std::function<std::vector<std::byte>()> m_snapshot;
    std::deque<std::vector<std::string>> m_halves;  // ring only
    std::size_t m_in_half = 0;
    bool m_failed = false;
};

struct ReplayResult {
    enum class Outcome : std::uint8_t { same, different, unreadable } outcome = Outcome::unreadable;
    std::string node;
    std::uint64_t events = 0;  ///< replayed
    std::uint64_t actions = 0;
    std::string
        message;  ///< the first difference, or why the log cannot be read: line, found, expected
};

/// Feeds the log back into a core. Never throws on any bytes.
[[nodiscard]] ReplayResult replay_event_log(const std::string& path);

/// One action in one line, without the bytes it carries ("send link 0, 183 bytes").
[[nodiscard]] std::string describe(const cluster::Action&);

}  // namespace sim
