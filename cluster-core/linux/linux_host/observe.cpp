// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/observe.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/epoll.h>

#include "cluster/wire/heartbeat.hpp"
#include "linux_host/clock.hpp"
#include "linux_host/live_config.hpp"
#include "linux_host/log.hpp"
#include "linux_host/netlink.hpp"
#include "linux_host/report_text.hpp"
#include "linux_host/udp_links.hpp"

namespace linux_host {
namespace {

using namespace cluster;

constexpr Duration between_summaries = std::chrono::minutes{1};

class Observer {
  public:
    explicit Observer(const NodeFiles& files)
        : m_files(files), m_keys(files.keys),
          m_links(
              m_loop,
              files.ha.links,
              [this](LinkId, std::span<const std::byte> bytes) { hear(bytes); },
              true),
          m_netlink([](const NetlinkChange&) {}) {}

    int run() {
        const auto stop = [this] {
            summary();
            m_loop.end(exit_well);
        };
        const Source term = m_loop.signal(SIGTERM, stop);
        const Source interrupt = m_loop.signal(SIGINT, stop);
        m_timer = m_loop.timer([this] {
            summary();
            m_timer.ring_at(boot_time() + between_summaries);
        });
        m_timer.ring_at(boot_time() + between_summaries);
        m_links.refresh(
            m_netlink.interfaces(), m_netlink.addresses(), [](const IpBytes&) { return true; });
        for (const LinkConfig& link : m_files.ha.links) {
            if (link.kind == LinkKind::serial) {
                log(Level::warning,
                    link_name(link) + " is not listened to: only one program can read it");
            }
        }
        log(Level::info, "observing; nothing is sent");
        return m_loop.run();
    }

  private:
    void hear(std::span<const std::byte> bytes) {
        wire::MessageView message;
        if (wire::decode(bytes, m_keys, message)) {
            ++m_refused;
            return;
        }
        const auto source = message.get("src");
        const auto sequence = message.get_hex("seq");
        if (message.get("t") != "status" || !source || !sequence) {
            return;
        }
        // The same message comes on every medium; the first copy counts.
        Node& node = m_nodes[std::string{*source}];
        if (node.last_sequence == *sequence) {
            return;
        }
        node.last_sequence = *sequence;
        const Duration gap = node.gaps.heard(boot_time());
        if (gap > m_files.ha.warntime) {
            log(Level::warning,
                "late heartbeat: " + seconds(gap) + " between two of node " + std::string{*source});
        }
    }

    void summary() {
        for (const auto& [name, node] : m_nodes) {
            std::string line = "node " + name + ": " + std::to_string(node.gaps.count()) +
                               " heartbeats, longest gap " + seconds(node.gaps.longest());
            for (std::size_t i = 0; i < GapCounter::dead_times.size(); ++i) {
                line += "; at deadtime " + seconds(GapCounter::dead_times[i]) +
                        " you would have had " + std::to_string(node.gaps.longer()[i]) +
                        " false takeover(s)";
            }
            log(Level::notice, line);
        }
        log(Level::notice, std::to_string(m_refused) + " packet(s) refused");
    }

    struct Node {
        GapCounter gaps;
        std::uint64_t last_sequence = 0;
    };

    const NodeFiles& m_files;
    wire::Authenticator m_keys;
    Loop m_loop;
    UdpLinks m_links;
    Netlink m_netlink;
    Source m_timer;
    std::map<std::string, Node> m_nodes;
    std::uint64_t m_refused = 0;
};

}  // namespace

Duration GapCounter::heard(Instant now) {
    const Duration gap = m_count == 0 ? Duration{} : now - m_last;
    m_last = now;
    ++m_count;
    m_longest = std::max(m_longest, gap);
    for (std::size_t i = 0; i < dead_times.size(); ++i) {
        m_longer[i] += gap > dead_times[i] ? 1U : 0U;
    }
    return gap;
}

int run_observer(const DaemonOptions& options) {
    open_log();
    const std::string node = options.node.empty() ? own_node_name() : options.node;
    const LiveConfig config = read_live_config(options.config_directory, node, options.paths);
    for (const Finding& finding : config.files.findings) {
        if (finding.severity == Severity::error) {
            log(Level::error, to_string(finding));
        }
    }
    if (!config.ok()) {
        return exit_configuration;
    }
    try {
        return Observer{config.files.value}.run();
    } catch (const std::exception& problem) {
        log(Level::error, problem.what());
        return exit_cannot_run;
    }
}

}  // namespace linux_host
