// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent.hpp"

#include <string_view>
#include <utility>

#include "event.hpp"

namespace models {
namespace {

std::string_view verb(cluster::AgentOp op) {
    switch (op) {
    case cluster::AgentOp::start:
        return "start";
    case cluster::AgentOp::stop:
        return "stop";
    case cluster::AgentOp::status:
        return "status";
    }
    return "";
}

}  // namespace

Duration AgentFaults::start_time(Duration drawn) {
    if (!start_takes && start_factor == 1) {
        return drawn;
    }
    ++m_met.starts_slowed;
    return start_takes.value_or(
        Duration{static_cast<Duration::rep>(static_cast<double>(drawn.count()) * start_factor)});
}

bool AgentFaults::start_fails() {
    if (failing_starts <= 0) {
        return false;
    }
    --failing_starts;
    ++m_met.starts_failed;
    return true;
}

bool AgentFaults::stop_hangs() {
    m_met.stops_hung += stops_hang ? 1 : 0;
    return stops_hang;
}

bool AgentFaults::stop_fails() {
    m_met.stops_failed += stops_fail ? 1 : 0;
    return stops_fail;
}

ScriptAgent::ScriptAgent(Host& host, std::string word, Profile profile)
    : m_host(host), m_word(std::move(word)), m_profile(std::move(profile)),
      m_stream(host.context().stream("agent/" + host.name() + "/" + m_word)) {}

void ScriptAgent::run(cluster::AgentOp op, const std::vector<std::string>&, Done done) {
    const std::uint64_t run = ++m_run;
    Recorder& recorder = m_host.context().recorder;
    const RecordId begun = recorder.record(
        "agent.run", m_host.name(), {{"word", std::string_view{m_word}}, {"op", verb(op)}});
    const Recorder::Scope scope(recorder, begun);
    if (op == cluster::AgentOp::stop && faults().stop_hangs()) {
        return;
    }
    const Distribution& duration = op == cluster::AgentOp::start  ? m_profile.start
                                   : op == cluster::AgentOp::stop ? m_profile.stop
                                                                  : m_profile.status;
    const Duration drawn = draw(duration, m_stream);
    const ns3::Time takes =
        to_time(op == cluster::AgentOp::start ? faults().start_time(drawn) : drawn);
    // A script is no process of its own here: it only stands still when the whole host does.
    m_host.schedule_user({}, takes, [this, run, op, done = std::move(done)] {
        if (run != m_run) {
            return;  // killed meanwhile
        }
        Result result;
        if ((op == cluster::AgentOp::start && faults().start_fails()) ||
            (op == cluster::AgentOp::stop && faults().stop_fails())) {
            result.exit_status = 1;
        } else if (op == cluster::AgentOp::status) {
            result.exit_status = m_running ? 0 : 3;  // LSB: 3 = not running
            result.output = m_running ? "running\n" : "not running\n";
        } else {
            m_running = op == cluster::AgentOp::start;
        }
        Recorder& recorder_now = m_host.context().recorder;
        const RecordId ended = recorder_now.record("agent.done",
                                                   m_host.name(),
                                                   {{"word", std::string_view{m_word}},
                                                    {"op", verb(op)},
                                                    {"status", std::int64_t{result.exit_status}}});
        const Recorder::Scope done_scope(recorder_now, ended);
        if (op == cluster::AgentOp::start && result.exit_status == 0 && on_started) {
            on_started();
        }
        if (op == cluster::AgentOp::stop && result.exit_status == 0 && on_stopped) {
            on_stopped();
        }
        done(std::move(result));
    });
}

void ScriptAgent::cancel() {
    ++m_run;
}

void ScriptAgent::host_lost() {
    ++m_run;
    m_running = false;
}

}  // namespace models
