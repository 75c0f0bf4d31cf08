// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/probes.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <ns3/simulator.h>

#include "model/event.hpp"
#include "model/sip.hpp"

namespace sim {

namespace {

using models::to_time;

std::int64_t now_ns() {
    return ns3::Simulator::Now().GetNanoSeconds();
}

constexpr std::uint16_t options_port = 5062;
constexpr double enough_stations = 0.95;  // design §4: inward counts as restored

}  // namespace

// ---------------------------------------------------------------- CallProbes

CallProbes::CallProbes(models::Context& context,
                       models::Telephones& centre,
                       const ProbeSettings& settings)
    : m_context(context), m_centre(centre), m_settings(settings) {
    const auto add = [&](bool wanted, models::CallDirection direction) {
        if (wanted) {
            m_directions.push_back({direction, {}, {}});
        }
    };
    add(settings.outward, models::CallDirection::outward);
    add(settings.inward, models::CallDirection::inward);
    add(settings.station_to_station, models::CallDirection::station_to_station);
}

void CallProbes::start(Duration from) {
    for (std::size_t d = 0; d < m_directions.size(); ++d) {
        models::RandomStream phase = m_context.stream(
            "probe-phase/" + std::string{models::to_string(m_directions[d].direction)});
        const Duration offset = phase.uniform(Duration::zero(), m_settings.interval - Duration{1});
        models::post(to_time(from + offset), [this, d] { tick(d); });
    }
}

void CallProbes::tick(std::size_t d) {
    if (m_stopped) {
        return;
    }
    Direction& direction = m_directions[d];
    const std::size_t number = direction.samples.size();
    direction.samples.push_back(
        {.started = now_ns(), .answered = {}, .answer_record = 0, .enough_stations = true});
    direction.known.push_back(false);
    ++m_started;
    m_centre.probe(direction.direction,
                   to_time(m_settings.patience),
                   [this, d, number](const models::CallReport& report) {
                       ProbeSample& sample = m_directions[d].samples[number];
                       m_directions[d].known[number] = true;
                       if (report.answered) {
                           sample.answered = report.answered->GetNanoSeconds();
                           sample.answer_record = static_cast<std::uint64_t>(report.answer_record);
                           sample.enough_stations =
                               report.direction != models::CallDirection::inward ||
                               m_centre.stations_reachable() >= enough_stations;
                       }
                       if (on_fate) {
                           on_fate(sample.answered && sample.enough_stations);
                       }
                   });
    models::post(to_time(m_settings.interval), [this, d] { tick(d); });
}

std::vector<ProbedDirection> CallProbes::results() {
    std::vector<ProbedDirection> results;
    for (Direction& direction : m_directions) {
        ProbedDirection& result = results.emplace_back();
        result.name = models::to_string(direction.direction);
        for (std::size_t i = 0; i < direction.samples.size(); ++i) {
            if (direction.known[i]) {
                result.samples.push_back(direction.samples[i]);
            }
        }
    }
    return results;
}

// ---------------------------------------------------------------- CallLoad

CallLoad::CallLoad(models::Context& context, models::Telephones& centre, const AnalogCalls& spec)
    : m_centre(centre), m_spec(spec), m_gaps(context.stream("workload/" + spec.id + "/gap")),
      m_holds(context.stream("workload/" + spec.id + "/hold")),
      m_directions(context.stream("workload/" + spec.id + "/direction")) {}

void CallLoad::start() {
    if (m_spec.rate_per_hour > 0) {
        models::post(to_time(m_spec.start), [this] { next(); });
    }
}

void CallLoad::next() {
    const Duration mean{static_cast<std::int64_t>(3.6e12 / m_spec.rate_per_hour)};
    models::post(to_time(models::draw(models::ExponentialDist{mean}, m_gaps)), [this] {
        place();
        next();
    });
}

void CallLoad::place() {
    const std::size_t number = m_calls.size();
    m_calls.push_back({.started = now_ns(), .known = {}, .answered = {}, .dropped = false});
    // Half of the calls come from outside [assumed].
    const auto direction =
        m_directions.chance(0.5) ? models::CallDirection::outward : models::CallDirection::inward;
    m_centre.call(direction,
                  to_time(models::draw(m_spec.hold, m_holds)),
                  [this, number](const models::CallReport& report) {
                      Call& call = m_calls[number];
                      call.known = now_ns();
                      call.dropped = report.dropped;
                      if (report.answered) {
                          call.answered = report.answered->GetNanoSeconds();
                      }
                  });
}

WorkloadLog CallLoad::results(std::int64_t end, Duration settle) const {
    WorkloadLog log{m_spec.id, {}};
    for (const Call& call : m_calls) {
        if (call.started + settle.count() > end) {
            continue;
        }
        Attempt attempt{call.started, call.answered};
        if (!call.known) {
            attempt.answered =
                call.started;  // still talking: an unanswered one would have been given up by now
        }
        log.attempts.push_back(attempt);
    }
    return log;
}

void CallLoad::add_metrics(std::vector<std::pair<std::string, std::int64_t>>& metrics) const {
    std::int64_t answered = 0;
    std::int64_t failed = 0;
    std::int64_t dropped = 0;
    for (const Call& call : m_calls) {
        answered += call.answered ? 1 : 0;
        failed += call.known && !call.answered ? 1 : 0;
        dropped += call.dropped ? 1 : 0;
    }
    metrics.emplace_back("calls-attempted", static_cast<std::int64_t>(m_calls.size()));
    metrics.emplace_back("calls-dropped", dropped);
    metrics.emplace_back("calls-ended-answered", answered);
    metrics.emplace_back("calls-failed", failed);
    metrics.emplace_back("calls-in-progress-at-end", m_centre.calls_in_progress());
    m_centre.add_metrics(metrics);
}

CallsLost CallLoad::lost_since(std::int64_t from) const {
    CallsLost lost;
    for (const Call& call : m_calls) {
        if (call.known && *call.known >= from) {
            lost.dropped += call.dropped ? 1 : 0;
            lost.unanswered += call.answered ? 0 : 1;
        }
    }
    return lost;
}

void CallLoad::add_to(CallsOverTime& calls, std::int64_t settled) const {
    const auto count = [&](std::vector<std::int64_t>& parts, std::int64_t at) {
        const auto part = static_cast<std::size_t>(at / calls.part.count());
        ++parts[std::min(part, parts.size() - 1)];
    };
    for (const Call& call : m_calls) {
        if (call.answered || (!call.known && call.started <= settled)) {
            count(calls.answered, call.started);
        } else if (call.known) {
            count(calls.unanswered, call.started);
        }
        if (call.dropped && call.known) {
            count(calls.dropped, *call.known);
        }
    }
}

// ---------------------------------------------------------------- EchoLoad

EchoLoad::EchoLoad(models::Context& context,
                   models::LightEndpoint& client,
                   const IcmpEcho& spec,
                   std::uint16_t id)
    : m_client(client), m_spec(spec), m_id(id) {
    models::RandomStream phase = context.stream("workload/" + spec.id + "/phase");
    m_phase = phase.uniform(Duration::zero(), spec.interval - Duration{1});
}

/// OPTIONS as a monitoring program sends them: one datagram each, from a port of its own; the
/// number is the Call-ID.
void EchoLoad::send_options(std::size_t number) {
    const std::string own = m_client.address();
    const std::string text = fmt::format("OPTIONS sip:{0} SIP/2.0\r\n"
                                         "Via: SIP/2.0/UDP {1}:{2};branch=z9hG4bKprobe{3};rport\r\n"
                                         "Max-Forwards: 70\r\n"
                                         "From: <sip:probe@{1}>;tag=p{3}\r\n"
                                         "To: <sip:{0}>\r\nCall-ID: {3}\r\nCSeq: 1 OPTIONS\r\n"
                                         "Content-Length: 0\r\n\r\n",
                                         m_spec.to,
                                         own,
                                         options_port,
                                         number);
    m_client.send_udp(m_spec.to, models::sip_port, options_port, std::as_bytes(std::span{text}));
}

void EchoLoad::start() {
    if (m_spec.sip_options) {
        m_client.on_udp = [this](const std::string&,
                                 std::uint16_t,
                                 std::uint16_t to_port,
                                 std::span<const std::byte> bytes) {
            const auto answer = models::sip::parse(
                {reinterpret_cast<const char*>(bytes.data()), bytes.size()});  // NOLINT: text
            if (to_port != options_port || !answer || answer->status != 200) {
                return;
            }
            const auto number = models::sip::parse_number(answer->call_id(), 0xffffffffU);
            if (number && *number < m_attempts.size() && !m_attempts[*number].answered) {
                m_attempts[*number].answered = now_ns();
            }
        };
    }
    models::post(to_time(m_phase), [this] { tick(); });
}

void EchoLoad::tick() {
    // The sequence number is 16 bits; an answer belongs to the last request with that number.
    m_attempts.push_back({now_ns(), {}});
    if (m_spec.sip_options) {
        send_options(m_attempts.size() - 1);
    } else {
        m_client.send_echo(m_spec.to, m_id, static_cast<std::uint16_t>(m_attempts.size() - 1));
    }
    models::post(to_time(m_spec.interval), [this] { tick(); });
}

void EchoLoad::reply(const std::string& from, std::uint16_t id, std::uint16_t sequence) {
    if (id != m_id || from != m_spec.to || m_attempts.empty()) {
        return;
    }
    const std::size_t newest = m_attempts.size() - 1;
    const std::size_t back =
        static_cast<std::uint16_t>(static_cast<std::uint16_t>(newest) - sequence);
    if (back <= newest && !m_attempts[newest - back].answered) {
        m_attempts[newest - back].answered = now_ns();
    }
}

WorkloadLog EchoLoad::results() const {
    return {m_spec.id, m_attempts};
}

}  // namespace sim
