// SPDX-License-Identifier: GPL-2.0-or-later
#include "ping_watch.hpp"

#include <algorithm>

namespace cluster {

PingWatch::PingWatch(Context& context)
    : m_context(context), m_targets(context.ha().ping_targets.size()) {}

void PingWatch::start() {
    m_settles_at = m_context.now + m_context.ha().deadping;
}

void PingWatch::send_all() {
    for (std::size_t i = 0; i < m_targets.size(); ++i) {
        m_context.issue(
            SendPing{PingTargetId{static_cast<std::uint16_t>(i)}, ++m_targets[i].sequence});
    }
}

void PingWatch::on_reply(PingTargetId id) {
    const auto index = static_cast<std::size_t>(id);
    if (index >= m_targets.size()) {
        return;
    }
    Target& target = m_targets[index];
    target.heard = m_context.now;
    if (!target.up) {
        target.up = true;
        m_context.report(PingTargetChanged{m_context.ha().ping_targets[index].name, true});
    }
}

void PingWatch::judge() {
    if (!m_settled && m_context.now >= m_settles_at) {
        m_settled = true;
    }
    for (std::size_t i = 0; i < m_targets.size(); ++i) {
        if (m_targets[i].up && m_context.now > m_targets[i].heard + m_context.ha().deadping) {
            m_targets[i].up = false;
            m_context.report(PingTargetChanged{m_context.ha().ping_targets[i].name, false});
        }
    }
}

void PingWatch::excuse() {
    m_settles_at = m_context.now + m_context.ha().deadping;
    m_settled = false;
    for (Target& target : m_targets) {
        target.heard = m_context.now;
    }
}

std::optional<Instant> PingWatch::next_deadline() const {
    if (m_targets.empty()) {
        return std::nullopt;
    }
    std::optional<Instant> next = m_settled ? std::nullopt : std::optional{m_settles_at};
    for (const Target& target : m_targets) {
        if (target.up) {
            next = earlier(next, target.heard + m_context.ha().deadping + Duration{1});
        }
    }
    return next;
}

std::size_t PingWatch::reachable() const {
    return static_cast<std::size_t>(std::ranges::count(m_targets, true, &Target::up));
}

bool PingWatch::answered_since(Instant at) const {
    return std::ranges::any_of(m_targets, [at](const Target& target) {
        return target.heard != Instant{} && target.heard >= at;
    });
}

std::vector<bool> PingWatch::up() const {
    std::vector<bool> result;
    for (const Target& target : m_targets) {
        result.push_back(target.up);
    }
    return result;
}

}  // namespace cluster
