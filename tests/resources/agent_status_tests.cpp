// SPDX-License-Identifier: GPL-2.0-or-later
// heartbeat's reading of a script's status text.
#include "../../cluster-core/src/resources/agent_status.hpp"
#include "support/catch.hpp"

using namespace cluster;

TEST_CASE("AgentStatus: the text of a script's status decides, as heartbeat reads it",
          "[core][resources]") {
    CHECK(output_says_running("asterisk (pid 4711) is running..."));
    CHECK(output_says_running("OK"));
    CHECK(output_says_running("NOT OK"));  // heartbeat's trap, kept
    CHECK(output_says_running("Running OK"));
    CHECK_FALSE(output_says_running(""));
    CHECK_FALSE(output_says_running("asterisk is stopped"));
    CHECK_FALSE(output_says_running("asterisk is not running"));
    CHECK_FALSE(output_says_running("Not Running"));
    CHECK_FALSE(output_says_running("dahdi is running, asterisk is NOT running"));
}

TEST_CASE("AgentStatus: no end is no answer; no script is no service", "[core][resources]") {
    const auto answer = [](Outcome outcome, int code) {
        return ActionCompleted{
            .id = {}, .outcome = outcome, .code = code, .output = "running", .routes = {}};
    };
    for (const auto kind :
         {BindingKind::script, BindingKind::systemd_unit, BindingKind::ocf_agent}) {
        CHECK(judge_status(kind, answer(Outcome::timed_out, 0)) == AgentStatus::unknown);
        CHECK(judge_status(kind, answer(Outcome::cancelled, 0)) == AgentStatus::unknown);
        CHECK(judge_status(kind, answer(Outcome::failed, 2)) == AgentStatus::not_running);
        CHECK(judge_status(kind, answer(Outcome::failed, 11)) ==
              AgentStatus::unknown);  // EAGAIN: no process to be had
        CHECK(judge_status(kind, answer(Outcome::done, 0)) == AgentStatus::running);
    }
    CHECK(judge_status(BindingKind::ocf_agent, answer(Outcome::done, 7)) ==
          AgentStatus::not_running);
    CHECK(judge_status(BindingKind::ocf_agent, answer(Outcome::done, 1)) == AgentStatus::unknown);
    CHECK(judge_status(BindingKind::systemd_unit, answer(Outcome::done, 3)) ==
          AgentStatus::not_running);
}
