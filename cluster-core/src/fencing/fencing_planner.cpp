// SPDX-License-Identifier: GPL-2.0-or-later
#include "fencing_planner.hpp"

#include <algorithm>
#include <utility>

namespace cluster {

bool FencingPlanner::configured() const {
    return std::ranges::any_of(m_context.ha().stonith, [this](const StonithConfig& device) {
        return device.host.empty() || device.host == "*" || device.host == m_context.options.name;
    });
}

FencingPlanner::Plan FencingPlanner::on_death(const std::string& node, bool clean) {
    if (clean) {
        return Plan::take_now;
    }
    if (!configured()) {
        m_context.report(FencingReport{node, FencingReport::Result::none_configured});
        return Plan::take_now;
    }
    if (!waiting()) {
        m_node = node;
        request();
    }
    return Plan::wait;
}

void FencingPlanner::request() {
    m_context.report(FencingReport{m_node, FencingReport::Result::requested});
    m_action = m_context.issue(FenceNode{m_node});
}

void FencingPlanner::on_return() {
    m_retry_at.reset();
    if (m_action) {
        m_context.issue(Cancel{*m_action});
        m_action.reset();
    }
}

std::optional<std::string> FencingPlanner::on_completed(ActionId id, Outcome outcome) {
    if (m_action != id) {
        return std::nullopt;
    }
    m_action.reset();
    if (outcome == Outcome::done) {
        m_context.report(FencingReport{m_node, FencingReport::Result::confirmed});
        return m_node;
    }
    m_context.report(FencingReport{m_node, FencingReport::Result::failed});
    m_retry_at = m_context.now + retry_delay;
    return std::nullopt;
}

void FencingPlanner::on_deadline() {
    if (m_retry_at && m_context.now >= *m_retry_at) {
        m_retry_at.reset();
        request();
    }
}

}  // namespace cluster
