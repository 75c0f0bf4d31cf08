// SPDX-License-Identifier: GPL-2.0-or-later
// What is done to the telephones and clients during a run: probe calls in every direction, calls of
// the workload, echo requests. All by clocks of their own; nothing here knows what the cluster is
// doing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/lan.hpp"
#include "model/telephony.hpp"
#include "run/episodes.hpp"
#include "run/expectations.hpp"
#include "run/run.hpp"
#include "scenario/scenario.hpp"

namespace sim {

/// One probe call per direction and interval, each direction with its own phase.
class CallProbes {
  public:
    CallProbes(models::Context&, models::Telephones&, const ProbeSettings&);
    /// `from`: when the first probe of each direction may start.
    void start(Duration from);
    /// No further probe call starts.
    void stop() noexcept { m_stopped = true; }
    /// Told of the fate of every probe call; may be null.
    std::function<void(bool answered)> on_fate;
    /// Call once, after the run. Probe calls whose fate is open are left out.
    [[nodiscard]] std::vector<ProbedDirection> results();
    [[nodiscard]] std::int64_t started() const noexcept { return m_started; }

  private:
    struct Direction {
        models::CallDirection direction;
        std::vector<ProbeSample> samples;
        std::vector<bool> known;
    };
    void tick(std::size_t direction);

    models::Context& m_context;
    models::Telephones& m_centre;
    ProbeSettings m_settings;
    std::vector<Direction> m_directions;
    std::int64_t m_started = 0;
    bool m_stopped = false;
};

/// Calls of the stations and to them, with exponential gaps.
class CallLoad {
  public:
    CallLoad(models::Context&, models::Telephones&, const AnalogCalls&);
    void start();
    /// Call once, after the run at `end`. Calls younger than `settle` are left out: whether they
    /// will be answered is open.
    [[nodiscard]] WorkloadLog results(std::int64_t end, Duration settle) const;
    void add_metrics(std::vector<std::pair<std::string, std::int64_t>>& metrics) const;
    /// Calls whose loss became certain at `from` or later.
    [[nodiscard]] CallsLost lost_since(std::int64_t from) const;
    /// Adds its calls to the parts they fall into. A call that goes on at the end was answered when
    /// it was placed before `settled`; later ones are open and count nowhere.
    void add_to(CallsOverTime&, std::int64_t settled) const;

  private:
    struct Call {
        std::int64_t started = 0;
        std::optional<std::int64_t> known;  ///< when its end, or that it has none, became certain
        std::optional<std::int64_t> answered;
        bool dropped = false;
    };
    void next();
    void place();

    models::Telephones& m_centre;
    AnalogCalls m_spec;
    models::RandomStream m_gaps;
    models::RandomStream m_holds;
    models::RandomStream m_directions;
    std::vector<Call> m_calls;
};

/// Echo requests of one client at a fixed interval.
class EchoLoad {
  public:
    EchoLoad(models::Context&, models::LightEndpoint& client, const IcmpEcho&, std::uint16_t id);
    void start();
    void reply(const std::string& from, std::uint16_t id, std::uint16_t sequence);
    [[nodiscard]] WorkloadLog results() const;

  private:
    void tick();
    void send_options(std::size_t number);

    models::LightEndpoint& m_client;
    IcmpEcho m_spec;
    std::uint16_t m_id;
    Duration m_phase;
    std::vector<Attempt> m_attempts;
};

}  // namespace sim
