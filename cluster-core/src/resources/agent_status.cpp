// SPDX-License-Identifier: GPL-2.0-or-later
// The three rules of agent_status.hpp.
#include "agent_status.hpp"

#include <algorithm>

namespace cluster {

namespace {

constexpr int ocf_success = 0;
constexpr int ocf_not_running = 7;
constexpr int errno_not_found = 2;  // ENOENT as Linux numbers it

bool contains_any_case(std::string_view text, std::string_view lower_case) noexcept {
    const auto same = [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    };
    return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), same) !=
           text.end();
}

}  // namespace

bool output_says_running(std::string_view output) noexcept {
    if (contains_any_case(output, "not running")) {
        return false;
    }
    return output.find("running") != std::string_view::npos ||
           output.find("OK") != std::string_view::npos;
}

AgentStatus judge_status(BindingKind kind, const ActionCompleted& answer) noexcept {
    if (answer.outcome != Outcome::done) {
        const bool absent = answer.outcome == Outcome::failed && answer.code == errno_not_found;
        return absent ? AgentStatus::not_running : AgentStatus::unknown;
    }
    if (kind == BindingKind::ocf_agent) {
        return answer.code == ocf_success       ? AgentStatus::running
               : answer.code == ocf_not_running ? AgentStatus::not_running
                                                : AgentStatus::unknown;
    }
    const bool running =
        kind == BindingKind::systemd_unit ? answer.code == 0 : output_says_running(answer.output);
    return running ? AgentStatus::running : AgentStatus::not_running;
}

}  // namespace cluster
