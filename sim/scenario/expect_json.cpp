// SPDX-License-Identifier: GPL-2.0-or-later
// Blocks "expect" and "invariants": what a run is judged by.
#include <algorithm>

#include "reader.hpp"

namespace sim {

namespace {

enum class Kind : std::uint8_t {
    takeover_time,
    detect_time,
    probe_outage,
    start_order,
    invariant,
    count,
    success_ratio,
    report,
    cut_off,
    no_interruption,
    restored,
    two_owners,
    metric
};

constexpr std::array<std::pair<std::string_view, Kind>, 13> kinds{
    {{"takeover-time", Kind::takeover_time},
     {"detect-time", Kind::detect_time},
     {"probe-outage", Kind::probe_outage},
     {"start-order", Kind::start_order},
     {"invariant", Kind::invariant},
     {"count", Kind::count},
     {"success-ratio", Kind::success_ratio},
     {"report", Kind::report},
     {"cut-off", Kind::cut_off},
     {"no-interruption", Kind::no_interruption},
     {"restored", Kind::restored},
     {"two-owners", Kind::two_owners},
     {"metric", Kind::metric}}};

constexpr std::array<std::pair<std::string_view, ExpectationSeverity>, 2> severities{
    {{"error", ExpectationSeverity::error}, {"warn", ExpectationSeverity::warn}}};

template <class T>
std::vector<std::string_view> workload_ids(const Scenario& scenario) {
    std::vector<std::string_view> ids;
    for (const Workload& workload : scenario.workload) {
        if (const auto* found = std::get_if<T>(&workload)) {
            ids.emplace_back(found->id);
        }
    }
    return ids;
}

void read_limits(ObjectCursor& object, std::optional<Duration>& min, std::optional<Duration>& max) {
    const auto low = object.get("min");
    const auto high = object.get("max");
    if (low) {
        min = low->duration();
    }
    if (high) {
        max = high->duration();
    }
    if (!low && !high) {
        object.cursor().wrong("no limit", "\"min\", \"max\" or both");
    }
    if (min && max && *min > *max) {
        high->wrong("at least \"min\"");
    }
}

/// Reads the id of an episode: of the timeline entry itself, or "<id>/revert" for the end of its
/// `for`.
std::string read_episode_id(const Cursor& cursor, const Scenario& scenario) {
    std::vector<std::string> ids;
    for (const TimelineEntry& entry : scenario.timeline) {
        const auto opened = episodes_of(entry);
        ids.insert(ids.end(), opened.begin(), opened.end());
    }
    return read_reference(cursor, {ids.begin(), ids.end()}).value_or("");
}

std::string read_episode(ObjectCursor& object, const Scenario& scenario) {
    const auto from = object.need("from", "\"from\": the id of a timeline fault");
    return from ? read_episode_id(*from, scenario) : "";
}

/// The episode an expectation may, but need not, be about.
std::string read_scope(ObjectCursor& object, const Scenario& scenario) {
    const auto from = object.get("from");
    return from ? read_episode_id(*from, scenario) : "";
}

CutOffTime read_cut_off(ObjectCursor& object, const Scenario& scenario) {
    static constexpr std::array<std::pair<std::string_view, int>, 3> directions{
        {{"outward", 0}, {"inward", 1}, {"station-to-station", 2}}};
    CutOffTime cut{read_episode(object, scenario), {}, {}, {}};
    if (const auto direction = object.need("direction", "\"direction\": \"outward\" or another")) {
        if (direction->word(directions)) {
            cut.direction = direction->json().get<std::string>();
        }
    }
    read_limits(object, cut.min, cut.max);
    return cut;
}

MetricLimit read_metric(ObjectCursor& object) {
    constexpr std::int64_t most = 1'000'000'000;
    MetricLimit limit;
    if (const auto metric =
            object.need("metric", "\"metric\": the name of a metric, such as \"calls-dropped\"")) {
        limit.metric = metric->id().value_or("");
    }
    const auto min = object.get("min");
    const auto max = object.get("max");
    if (min) {
        limit.min = min->integer(0, most);
    }
    if (max) {
        limit.max = max->integer(0, most);
    }
    if (!min && !max) {
        object.cursor().wrong("no limit", "\"min\", \"max\" or both");
    }
    return limit;
}

StartOrder read_start_order(ObjectCursor& object, const Scenario& scenario) {
    StartOrder order;
    if (const auto sequence =
            object.need("sequence", "\"sequence\": words of haresources from left to right")) {
        order.sequence = sequence->texts("words of haresources");
        if (sequence->json().is_array() && sequence->json().size() < 2) {
            sequence->wrong("at least two words");
        }
    }
    if (const auto node = object.need("node", "\"node\": a cluster member")) {
        order.node = read_reference(
                         *node, {scenario.cluster.members.begin(), scenario.cluster.members.end()})
                         .value_or("");
    }
    return order;
}

/// True when the key is there, well-formed or not.
bool read_bound(ObjectCursor& object, std::string_view key, std::optional<int>& bound) {
    const auto value = object.get(key);
    if (!value) {
        return false;
    }
    if (const auto number = value->integer(0, 1'000'000)) {
        bound = static_cast<int>(*number);
    }
    return true;
}

EventCount read_count(ObjectCursor& object, const Scenario& scenario) {
    static constexpr std::array<std::pair<std::string_view, int>, 1> events{{{"takeover", 0}}};
    EventCount count;
    if (const auto event = object.need("event", "\"event\": \"takeover\"")) {
        if (event->word(events)) {
            count.event = event->json().get<std::string>();
        }
    }
    if (const auto after = object.get("after")) {
        count.after = read_episode_id(*after, scenario);
    }
    if (const auto before = object.get("before")) {
        count.before = read_episode_id(*before, scenario);
    }
    const bool equals = read_bound(object, "equals", count.equals);
    const bool min = read_bound(object, "min", count.min);
    const bool max = read_bound(object, "max", count.max);
    if (!equals && !min && !max) {
        object.cursor().wrong("no limit", "\"equals\", \"min\" or \"max\"");
    }
    return count;
}

SuccessRatio read_ratio(ObjectCursor& object, const Scenario& scenario) {
    SuccessRatio ratio;
    if (const auto workload =
            object.need("workload", "\"workload\": the id of an analog-calls workload")) {
        ratio.workload =
            read_reference(*workload, workload_ids<AnalogCalls>(scenario)).value_or("");
    }
    if (const auto from = object.get("from")) {
        ratio.from = from->duration().value_or(Duration{});
    }
    if (const auto min = object.need("min", "\"min\": a share from 0 to 1")) {
        ratio.min = min->number(0, 1).value_or(0);
    }
    return ratio;
}

ExpectationKind read_kind(Kind kind, ObjectCursor& object, const Scenario& scenario) {
    switch (kind) {
    case Kind::takeover_time: {
        TakeoverTime time{read_episode(object, scenario), {}, {}};
        read_limits(object, time.min, time.max);
        return time;
    }
    case Kind::detect_time: {
        DetectTime time{read_episode(object, scenario), {}, {}};
        read_limits(object, time.min, time.max);
        return time;
    }
    case Kind::probe_outage: {
        ProbeOutage outage;
        if (const auto workload =
                object.need("workload", "\"workload\": the id of an icmp-echo workload")) {
            outage.workload =
                read_reference(*workload, workload_ids<IcmpEcho>(scenario)).value_or("");
        }
        if (const auto max = object.need("max", "\"max\": a duration such as \"4s\"")) {
            outage.max = max->duration();
        }
        return outage;
    }
    case Kind::start_order:
        return read_start_order(object, scenario);
    case Kind::invariant: {
        InvariantHolds invariant;
        if (const auto name =
                object.need("name",
                            "\"name\": one of " + quoted_list({known_invariants().begin(),
                                                               known_invariants().end()}))) {
            invariant.name =
                read_reference(*name, {known_invariants().begin(), known_invariants().end()})
                    .value_or("");
        }
        return invariant;
    }
    case Kind::count:
        return read_count(object, scenario);
    case Kind::success_ratio:
        return read_ratio(object, scenario);
    case Kind::cut_off:
        return read_cut_off(object, scenario);
    case Kind::no_interruption:
        return NoInterruption{read_scope(object, scenario)};
    case Kind::restored:
        return Restored{read_scope(object, scenario)};
    case Kind::two_owners: {
        TwoOwners owners{read_scope(object, scenario), {}, {}};
        read_limits(object, owners.min, owners.max);
        return owners;
    }
    case Kind::metric:
        return read_metric(object);
    case Kind::report: {
        ReportMetric metric;
        if (const auto name = object.need(
                "metric", "\"metric\": the name of a metric, such as \"calls-dropped\"")) {
            metric.metric = name->id().value_or("");
        }
        return metric;
    }
    }
    return ReportMetric{};
}

bool is_time_limit(Kind kind) {
    return kind == Kind::takeover_time || kind == Kind::detect_time || kind == Kind::probe_outage ||
           kind == Kind::cut_off;
}

void read_expectation(const Cursor& item, Scenario& scenario, std::vector<std::string>& seen) {
    ObjectCursor object(item, "an expectation: {\"id\": …, \"kind\": …}");
    Expectation expectation;
    if (const auto id = object.need("id", "the expectation's id")) {
        expectation.id = id->id().value_or("");
        claim_id(*id, expectation.id, seen, "id of an expectation or a check");
    }
    if (const auto severity = object.get("severity")) {
        expectation.severity = severity->word(severities).value_or(ExpectationSeverity::error);
    }
    const auto word =
        object.need("kind", "\"kind\": \"takeover-time\" or another kind of expectation");
    const auto kind = word ? word->word(kinds) : std::nullopt;
    if (!kind) {
        return;
    }
    expectation.kind = read_kind(*kind, object, scenario);
    if (is_time_limit(*kind)) {
        if (const auto quantile = object.get("quantile")) {
            expectation.quantile = quantile->number(0.01, 0.99);
        }
        if (const auto samples = object.get("min_samples")) {
            expectation.min_samples = static_cast<int>(samples->integer(1, 1'000'000).value_or(1));
        }
    }
    if (const auto implementation = object.get("implementation")) {
        expectation.implementation = read_implementation(*implementation);
    }
    if (*kind != Kind::report) {
        if (const auto known_bad = object.get("known_bad")) {
            if (known_bad->json().is_boolean()) {
                expectation.known_bad = known_bad->json().get<bool>();
            } else {
                known_bad->wrong("true or false");
            }
        }
    }
    object.finish();
    scenario.expect.push_back(std::move(expectation));
}

}  // namespace

void read_expectations(const Cursor& cursor, Scenario& scenario) {
    std::vector<std::string> seen;  // a check of the timeline is judged under its id, too
    for (const TimelineEntry& entry : scenario.timeline) {
        if (std::holds_alternative<Check>(entry.what)) {
            seen.push_back(entry.id);
        }
    }
    cursor.each("expectations",
                [&](const Cursor& item) { read_expectation(item, scenario, seen); });
}

void read_invariants(const Cursor& cursor, Scenario& scenario) {
    ObjectCursor object(cursor, "{\"off\": [{\"name\": …, \"reason\": …}]}");
    if (const auto off = object.get("off")) {
        std::vector<std::string> seen;
        off->each("{\"name\": …, \"reason\": …}", [&](const Cursor& item) {
            ObjectCursor entry(item, "{\"name\": …, \"reason\": …}");
            DisabledInvariant disabled;
            if (const auto name = entry.need("name", "the invariant's name")) {
                disabled.name =
                    read_reference(*name, {known_invariants().begin(), known_invariants().end()})
                        .value_or("");
                claim_id(*name, disabled.name, seen, "invariant");
            }
            if (const auto reason = entry.need("reason", "\"reason\": why it is not wanted")) {
                disabled.reason = reason->text().value_or("");
                if (disabled.reason.empty() && reason->json().is_string()) {
                    reason->wrong("why it is not wanted");
                }
            }
            if (const auto implementation = entry.get("implementation")) {
                disabled.implementation = read_implementation(*implementation);
            }
            entry.finish();
            scenario.disabled_invariants.push_back(std::move(disabled));
        });
    }
    object.finish();
}

}  // namespace sim
