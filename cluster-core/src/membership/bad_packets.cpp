// SPDX-License-Identifier: GPL-2.0-or-later
#include "bad_packets.hpp"

#include <algorithm>

namespace cluster {

void BadPacketLog::note(BadPacketKind kind, LinkId link, std::string_view claimed_node) {
    count(kind);
    claimed_node = claimed_node.substr(0, 64);
    if (m_entries.size() + 1 >= max_entries) {
        claimed_node = {};
    }
    const auto same = [&](const Entry& e) {
        return e.kind == kind && e.link == link && e.node == claimed_node;
    };
    auto at = std::ranges::find_if(m_entries, same);
    if (at == m_entries.end()) {
        if (m_entries.size() >= max_entries) {
            return;  // counted; kinds x links beyond the table are never reported one by one
        }
        m_entries.push_back({kind, link, std::string{claimed_node}, 1, m_context.now});
        m_context.report(BadPackets{kind, link, std::string{claimed_node}, 1});
        return;
    }
    ++at->count;
    if (m_context.now - at->reported >= report_interval) {
        at->reported = m_context.now;
        m_context.report(BadPackets{kind, link, at->node, at->count});
    }
}

}  // namespace cluster
