// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/result_json.hpp"

#include <algorithm>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace sim {

namespace {

using Ordered = nlohmann::ordered_json;

constexpr std::string_view format_name = "failover-result/1";

std::string_view name_of(cluster::Severity severity) {
    switch (severity) {
    case cluster::Severity::error:
        return "error";
    case cluster::Severity::warning:
        return "warning";
    case cluster::Severity::note:
        return "note";
    }
    return "";
}

// ---------------------------------------------------------------- writing

Ordered phases_json(const std::array<Duration, phase_count>& times) {
    Ordered object = Ordered::object();
    for (std::size_t i = 0; i < phase_count; ++i) {
        object[std::string(name(static_cast<Phase>(i)))] = times[i].count();
    }
    return object;
}

Ordered direction_json(const DirectionCutOff& cut_off) {
    return {{"direction", cut_off.direction},
            {"interrupted", cut_off.interrupted},
            {"restored", cut_off.restored},
            {"longest_ns", cut_off.longest.count()},
            {"summed_ns", cut_off.summed.count()},
            {"phases_ns", phases_json(cut_off.phases.on_path)},
            {"parallel_ns", phases_json(cut_off.phases.parallel)},
            {"unattributed_ns", cut_off.unattributed.count()},
            {"attribution_gap", cut_off.attribution_gap},
            {"path", cut_off.path},
            {"already_cut_off_by", cut_off.already_cut_off_by}};
}

Ordered episode_json(const Episode& episode) {
    Ordered directions = Ordered::array();
    for (const DirectionCutOff& direction : episode.directions) {
        directions.push_back(direction_json(direction));
    }
    Ordered story = Ordered::array();
    for (const auto& [at, text] : episode.story) {
        story.push_back({{"at_ns", at.count()}, {"text", text}});
    }
    return {{"id", episode.id},
            {"verb", episode.verb},
            {"target", episode.target},
            {"at_ns", episode.at.count()},
            {"evidence", episode.evidence},
            {"verdict", name(episode.verdict)},
            {"two_owners", episode.two_owners},
            {"worst_direction", episode.worst_direction},
            {"directions", std::move(directions)},
            {"story", std::move(story)},
            {"advice", episode.advice}};
}

Ordered fault_json(const AppliedFault& fault) {
    return {{"id", fault.id},
            {"verb", fault.verb},
            {"target", fault.target},
            {"at_ns", fault.at.count()},
            {"took_effect", fault.took_effect},
            {"evidence", fault.evidence}};
}

Ordered expectation_json(const Scenario& scenario, const ExpectationResult& result) {
    Ordered object{
        {"id", result.id},
        {"severity",
         severity_of(scenario, result.id) == ExpectationSeverity::warn ? "warn" : "error"},
        {"verdict", name(result.verdict)},
        {"observed", result.observed},
        {"limit", result.limit}};
    if (result.observed_ns) {
        object["observed_ns"] = *result.observed_ns;
    }
    object["evidence"] = result.evidence;
    return object;
}

Ordered invariant_json(const InvariantResult& result) {
    Ordered object{{"name", result.name},
                   {"evaluated", result.evaluated},
                   {"disabled", result.disabled},
                   {"reason", result.reason},
                   {"violated_for_ns", result.violated_for.count()}};
    if (result.first_at) {
        object["first_at_ns"] = result.first_at->count();
    }
    return object;
}

Ordered finding_json(const Scenario& scenario, const cluster::Finding& finding) {
    Ordered object{{"severity", name_of(finding.severity)},
                   {"file", finding.where.file},
                   {"line", finding.where.line},
                   {"column", finding.where.column},
                   {"rule", finding.rule},
                   {"found", finding.found},
                   {"expected", finding.expected}};
    if (const AcceptedFinding* entry = accepted(scenario, finding)) {
        object["accepted"] = entry->reason;
    }
    return object;
}

Ordered lost_json(const CallsLost& lost) {
    return {{"dropped", lost.dropped}, {"unanswered", lost.unanswered}};
}

Ordered calls_lost_json(const LossComparison& lost) {
    return {{"from_ns", lost.from.count()},
            {"run", lost_json(lost.run)},
            {"nobody_acted", lost_json(lost.nobody_acted)}};
}

Ordered calls_json(const CallsOverTime& calls) {
    return {{"part_ns", calls.part.count()},
            {"answered", calls.answered},
            {"unanswered", calls.unanswered},
            {"dropped", calls.dropped}};
}

Ordered lane_json(const StateLane& lane) {
    Ordered changes = Ordered::array();
    for (const auto& [at, state] : lane.changes) {
        changes.push_back({{"at_ns", at.count()}, {"state", state}});
    }
    return {{"node", lane.node},
            {"what", lane.what},
            {"name", lane.name},
            {"changes", std::move(changes)}};
}

Ordered rule_json(const RuleAtWork& at_work) {
    return {{"node", at_work.node},
            {"rule", at_work.rule},
            {"decision", at_work.decision},
            {"from_ns", at_work.from.count()},
            {"lasted_ns", at_work.lasted.count()}};
}

template <class T, class F>
Ordered list_json(const std::vector<T>& list, F to_json) {
    Ordered array = Ordered::array();
    for (const T& item : list) {
        array.push_back(to_json(item));
    }
    return array;
}

// ---------------------------------------------------------------- reading

template <class Names>
auto value_of(const Names& values, const std::string& text) {
    for (const auto value : values) {
        if (name(value) == text) {
            return value;
        }
    }
    throw std::runtime_error("unknown word \"" + text + "\" in a result");
}

constexpr std::array takeover_verdicts{TakeoverVerdict::faster,
                                       TakeoverVerdict::in_target,
                                       TakeoverVerdict::too_slow,
                                       TakeoverVerdict::no_interruption,
                                       TakeoverVerdict::no_takeover};
constexpr std::array expectation_verdicts{ExpectationVerdict::pass,
                                          ExpectationVerdict::fail,
                                          ExpectationVerdict::inconclusive,
                                          ExpectationVerdict::not_reached};
constexpr std::array all_marks{Mark::yours, Mark::measured, Mark::sourced, Mark::assumed};

Duration ns(const Ordered& value) {
    return Duration(value.get<std::int64_t>());
}

std::array<Duration, phase_count> read_phases(const Ordered& object) {
    std::array<Duration, phase_count> times{};
    for (std::size_t i = 0; i < phase_count; ++i) {
        times[i] = ns(object.at(std::string(name(static_cast<Phase>(i)))));
    }
    return times;
}

DirectionCutOff read_direction(const Ordered& value) {
    DirectionCutOff cut_off;
    cut_off.direction = value.at("direction").get<std::string>();
    cut_off.interrupted = value.at("interrupted").get<bool>();
    cut_off.restored = value.at("restored").get<bool>();
    cut_off.longest = ns(value.at("longest_ns"));
    cut_off.summed = ns(value.at("summed_ns"));
    cut_off.phases = {read_phases(value.at("phases_ns")), read_phases(value.at("parallel_ns"))};
    cut_off.unattributed = ns(value.at("unattributed_ns"));
    cut_off.attribution_gap = value.at("attribution_gap").get<std::string>();
    cut_off.path = value.at("path").get<std::vector<std::uint64_t>>();
    cut_off.already_cut_off_by = value.at("already_cut_off_by").get<std::string>();
    return cut_off;
}

Episode read_episode(const Ordered& value) {
    Episode episode;
    episode.id = value.at("id").get<std::string>();
    episode.verb = value.at("verb").get<std::string>();
    episode.target = value.at("target").get<std::string>();
    episode.at = ns(value.at("at_ns"));
    episode.evidence = value.at("evidence").get<std::string>();
    episode.verdict = value_of(takeover_verdicts, value.at("verdict").get<std::string>());
    episode.two_owners = value.at("two_owners").get<bool>();
    episode.worst_direction = value.at("worst_direction").get<std::string>();
    for (const Ordered& direction : value.at("directions")) {
        episode.directions.push_back(read_direction(direction));
    }
    for (const Ordered& line : value.at("story")) {
        episode.story.emplace_back(ns(line.at("at_ns")), line.at("text").get<std::string>());
    }
    episode.advice = value.at("advice").get<std::vector<std::string>>();
    return episode;
}

AppliedFault read_fault(const Ordered& value) {
    return {value.at("id").get<std::string>(),
            value.at("verb").get<std::string>(),
            value.at("target").get<std::string>(),
            ns(value.at("at_ns")),
            value.at("took_effect").get<bool>(),
            value.at("evidence").get<std::string>()};
}

ExpectationResult read_expectation(const Ordered& value) {
    ExpectationResult result;
    result.id = value.at("id").get<std::string>();
    result.verdict = value_of(expectation_verdicts, value.at("verdict").get<std::string>());
    result.observed = value.at("observed").get<std::string>();
    result.limit = value.at("limit").get<std::string>();
    if (value.contains("observed_ns")) {
        result.observed_ns = value.at("observed_ns").get<std::int64_t>();
    }
    result.evidence = value.at("evidence").get<std::vector<std::uint64_t>>();
    return result;
}

InvariantResult read_invariant(const Ordered& value) {
    InvariantResult result;
    result.name = value.at("name").get<std::string>();
    result.evaluated = value.at("evaluated").get<bool>();
    result.disabled = value.at("disabled").get<bool>();
    result.reason = value.at("reason").get<std::string>();
    result.violated_for = ns(value.at("violated_for_ns"));
    if (value.contains("first_at_ns")) {
        result.first_at = ns(value.at("first_at_ns"));
    }
    return result;
}

CallsLost read_lost(const Ordered& value) {
    return {value.at("dropped").get<std::int64_t>(), value.at("unanswered").get<std::int64_t>()};
}

LossComparison read_calls_lost(const Ordered& value) {
    return {
        ns(value.at("from_ns")), read_lost(value.at("run")), read_lost(value.at("nobody_acted"))};
}

CallsOverTime read_calls(const Ordered& value) {
    const auto counts = [&](const char* key) {
        return value.at(key).get<std::vector<std::int64_t>>();
    };
    CallsOverTime calls{
        ns(value.at("part_ns")), counts("answered"), counts("unanswered"), counts("dropped")};
    if (calls.part.count() <= 0 || calls.unanswered.size() != calls.answered.size() ||
        calls.dropped.size() != calls.answered.size()) {
        throw std::runtime_error("not a result: lists of calls of different length");
    }
    return calls;
}

StateLane read_lane(const Ordered& value) {
    StateLane lane{value.at("node").get<std::string>(),
                   value.at("what").get<std::string>(),
                   value.at("name").get<std::string>(),
                   {}};
    for (const Ordered& change : value.at("changes")) {
        lane.changes.emplace_back(ns(change.at("at_ns")), change.at("state").get<std::string>());
    }
    return lane;
}

cluster::Finding read_finding(const Ordered& value) {
    cluster::Finding finding;
    const auto severity = value.at("severity").get<std::string>();
    finding.severity = severity == "error"     ? cluster::Severity::error
                       : severity == "warning" ? cluster::Severity::warning
                                               : cluster::Severity::note;
    finding.where = {value.at("file").get<std::string>(),
                     value.at("line").get<int>(),
                     value.at("column").get<int>()};
    finding.rule = value.at("rule").get<std::string>();
    finding.found = value.at("found").get<std::string>();
    finding.expected = value.at("expected").get<std::string>();
    return finding;
}

RunResult read(const Ordered& value) {
    if (value.at("format") != format_name) {
        throw std::runtime_error("not a " + std::string(format_name));
    }
    RunResult result;
    result.scenario_id = value.at("scenario").get<std::string>();
    result.title = value.at("title").get<std::string>();
    result.scenario_digest = value.at("digest").get<std::string>();
    result.seed = value.at("seed").get<std::uint64_t>();
    result.implementation = value.at("implementation").get<std::string>();
    result.passed = value.at("verdict") == "pass";
    result.inconclusive = value.at("inconclusive").get<bool>();
    result.records = value.at("records").get<std::uint64_t>();
    for (const Ordered& episode : value.at("episodes")) {
        result.episodes.push_back(read_episode(episode));
    }
    for (const Ordered& fault : value.at("faults")) {
        result.faults.push_back(read_fault(fault));
    }
    for (const Ordered& expectation : value.at("expectations")) {
        result.expectations.push_back(read_expectation(expectation));
    }
    for (const Ordered& invariant : value.at("invariants")) {
        result.invariants.push_back(read_invariant(invariant));
    }
    for (const auto& [metric, number] : value.at("metrics").items()) {
        result.metrics.emplace_back(metric, number.get<std::int64_t>());
    }
    if (value.contains("calls_lost")) {
        result.calls_lost = read_calls_lost(value.at("calls_lost"));
    }
    if (value.contains("calls")) {
        result.calls = read_calls(value.at("calls"));
    }
    for (const Ordered& lane : value.at("lanes")) {
        result.lanes.push_back(read_lane(lane));
    }
    for (const Ordered& rule : value.at("rules")) {
        result.rules.push_back({rule.at("node").get<std::string>(),
                                rule.at("rule").get<std::string>(),
                                rule.at("decision").get<std::string>(),
                                ns(rule.at("from_ns")),
                                ns(rule.at("lasted_ns"))});
    }
    for (const Ordered& parameter : value.at("parameters")) {
        result.parameters.push_back({parameter.at("name").get<std::string>(),
                                     parameter.at("value").get<std::string>(),
                                     value_of(all_marks, parameter.at("mark").get<std::string>()),
                                     parameter.at("source").get<std::string>()});
    }
    for (const Ordered& finding : value.at("findings")) {
        result.findings.push_back(read_finding(finding));
    }
    result.bindings = value.at("bindings").get<std::vector<std::string>>();
    return result;
}

}  // namespace

std::string_view overall_verdict(const Scenario& scenario, const RunResult& result) noexcept {
    if (result.passed && !result.inconclusive) {
        return "pass";
    }
    const bool failed =
        std::any_of(result.expectations.begin(),
                    result.expectations.end(),
                    [&](const ExpectationResult& e) {
                        return e.verdict == ExpectationVerdict::fail &&
                               severity_of(scenario, e.id) == ExpectationSeverity::error;
                    }) ||
        std::any_of(result.invariants.begin(),
                    result.invariants.end(),
                    [](const InvariantResult& i) { return !i.disabled && i.first_at.has_value(); });
    return failed || !result.inconclusive ? "fail" : "inconclusive";
}

ExpectationSeverity severity_of(const Scenario& scenario, const std::string& id) noexcept {
    const auto found = std::find_if(scenario.expect.begin(),
                                    scenario.expect.end(),
                                    [&](const Expectation& e) { return e.id == id; });
    return found == scenario.expect.end() ? ExpectationSeverity::error : found->severity;
}

const AcceptedFinding* accepted(const Scenario& scenario, const cluster::Finding& finding) {
    const auto& list = scenario.cluster.accept_lint;
    const auto found = std::find_if(list.begin(), list.end(), [&](const AcceptedFinding& entry) {
        return entry.rule == finding.rule;
    });
    return found == list.end() ? nullptr : &*found;
}

std::string result_to_json(const Scenario& scenario, const RunResult& result) {
    Ordered metrics = Ordered::object();
    for (const auto& [metric, value] : result.metrics) {
        metrics[metric] = value;
    }
    Ordered object{
        {"format", format_name},
        {"scenario", result.scenario_id},
        {"title", scenario.title},
        {"digest", result.scenario_digest},
        {"seed", result.seed},
        {"implementation", result.implementation},
        {"verdict", overall_verdict(scenario, result)},
        {"inconclusive", result.inconclusive},
        {"episodes", list_json(result.episodes, episode_json)},
        {"faults", list_json(result.faults, fault_json)},
        {"expectations",
         list_json(result.expectations,
                   [&](const ExpectationResult& e) { return expectation_json(scenario, e); })},
        {"invariants", list_json(result.invariants, invariant_json)},
        {"metrics", std::move(metrics)}};
    if (result.calls_lost) {
        object["calls_lost"] = calls_lost_json(*result.calls_lost);
    }
    if (result.calls) {
        object["calls"] = calls_json(*result.calls);
    }
    object.update(
        Ordered{{"lanes", list_json(result.lanes, lane_json)},
                {"rules", list_json(result.rules, rule_json)},
                {"parameters",
                 list_json(result.parameters,
                           [](const Parameter& p) {
                               return Ordered{{"name", p.name},
                                              {"value", p.value},
                                              {"mark", name(p.mark)},
                                              {"source", p.source}};
                           })},
                {"bindings", result.bindings},
                {"findings",
                 list_json(result.findings,
                           [&](const cluster::Finding& f) { return finding_json(scenario, f); })},
                {"records", result.records}});
    return object.dump(2, ' ', false, Ordered::error_handler_t::replace) + '\n';
}

RunResult result_from_json(std::string_view text) {
    try {
        return read(Ordered::parse(text));
    } catch (const nlohmann::json::exception& error) {
        throw std::runtime_error(std::string("not a result: ") + error.what());
    }
}

}  // namespace sim
