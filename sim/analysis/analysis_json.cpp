// SPDX-License-Identifier: GPL-2.0-or-later
// failover-analysis/1 (scenarios/schema/failover-analysis-1.json).
#include <nlohmann/json.hpp>

#include "analysis/analysis_report.hpp"

namespace sim::analysis {

namespace {

using Json = nlohmann::ordered_json;

std::string_view name(Component::Kind kind) {
    switch (kind) {
    case Component::Kind::node:
        return "node";
    case Component::Kind::link:
        return "link";
    case Component::Kind::supply:
        return "supply";
    }
    return "";
}

std::string_view name(Ways::Kind kind) {
    switch (kind) {
    case Ways::Kind::calls:
        return "calls";
    case Ways::Kind::address:
        return "address";
    case Ways::Kind::heartbeat:
        return "heartbeat";
    }
    return "";
}

std::string_view name(Reach::Cause cause) {
    switch (cause) {
    case Reach::Cause::nothing:
        return "nothing";
    case Reach::Cause::cabling:
        return "cabling";
    case Reach::Cause::not_moved:
        return "not-moved";
    }
    return "";
}

std::string_view name(InTime in_time) {
    switch (in_time) {
    case InTime::always:
        return "always";
    case InTime::partly:
        return "partly";
    case InTime::never:
        return "never";
    }
    return "";
}

Json ids(const SystemModel& model, const std::vector<ComponentId>& components) {
    Json list = Json::array();
    for (const ComponentId c : components) {
        list.push_back(model.components()[c].id);
    }
    return list;
}

Json ways(const std::optional<std::size_t>& ways) {
    return ways ? Json(*ways) : Json(nullptr);
}

Json components(const SystemModel& model) {
    Json list = Json::array();
    for (const Component& component : model.components()) {
        list.push_back(
            {{"id", component.id}, {"kind", name(component.kind)}, {"what", component.what}});
    }
    return list;
}

Json service(const SystemModel::Service& service) {
    Json interfaces = Json::object();
    for (const auto& [member, interface] : service.interfaces) {
        interfaces[member] = interface.empty() ? Json(nullptr) : Json(interface);
    }
    Json json{{"name", service.name}, {"owner", service.owner}, {"group", service.needs}};
    if (!service.bridge.empty()) {
        json["bridge"] = service.bridge;
    }
    json["interfaces"] = std::move(interfaces);
    return json;
}

Json services(const SystemModel& model) {
    Json list = Json::array();
    if (model.call_service()) {
        list.push_back(service(*model.call_service()));
    }
    for (const auto& address : model.addresses()) {
        list.push_back(service(address));
    }
    return list;
}

Json pairs(const SystemModel& model, const Analysis& analysis) {
    Json list = Json::array();
    for (const PairResult& pair : analysis.pairs) {
        list.push_back({{"kind", name(pair.kind)},
                        {"from", pair.from},
                        {"to", pair.to},
                        {"edge_disjoint_ways", ways(pair.edge_disjoint)},
                        {"vertex_disjoint_ways", ways(pair.component_disjoint)},
                        {"single_points", ids(model, pair.single_points)},
                        {"minimum_cut", ids(model, pair.minimum_cut)},
                        {"shortest_way", ids(model, pair.shortest_way)}});
    }
    return list;
}

Json heartbeats(const SystemModel& model) {
    Json list = Json::array();
    for (const HeartbeatPath& path : model.heartbeats()) {
        list.push_back({{"members", {path.members[0], path.members[1]}},
                        {"configured", path.configured},
                        {"line", path.where.line},
                        {"wired", path.wired}});
    }
    return list;
}

Json power(const SystemModel& model) {
    Json supplies = Json::array();
    for (const PowerSupply& supply : model.supplies()) {
        supplies.push_back(
            {{"id", supply.id}, {"backup_ns", supply.backup.count()}, {"feeds", supply.feeds}});
    }
    return {{"supplies", std::move(supplies)}, {"without_supply", model.without_supply()}};
}

Json findings(const SystemModel& model) {
    Json list = Json::array();
    for (const StructureFinding& finding : model.findings()) {
        list.push_back({{"rule", finding.rule}, {"text", finding.text}});
    }
    return list;
}

Json directions(const Outlook& outlook) {
    Json list = Json::array();
    for (const Reach& reach : outlook.directions) {
        Json json{{"direction", reach.direction}, {"served", reach.served}, {"of", reach.of}};
        if (!reach.by.empty()) {
            json["by"] = reach.by;
        }
        if (!reach.all()) {
            json["cause"] = name(reach.cause);
            json["why"] = reach.why;
        }
        list.push_back(std::move(json));
    }
    return list;
}

Json simulated(const Simulated& run) {
    Json json{{"injected", run.how}};
    if (!run.not_simulated.empty()) {
        json["not_simulated"] = run.not_simulated;
        return json;
    }
    json["seeds"] = run.seeds;
    json["looked_ns"] = run.looked.count();
    Json list = Json::array();
    for (const SimulatedDirection& seen : run.directions) {
        list.push_back({{"direction", seen.direction},
                        {"runs", seen.runs},
                        {"in_time", seen.in_time},
                        {"not_cut", seen.not_cut},
                        {"never", seen.never},
                        {"shortest_ns", seen.shortest.count()},
                        {"longest_ns", seen.longest.count()}});
    }
    json["directions"] = std::move(list);
    json["settled"] = run.settled;
    json["two_owners"] = run.two_owners;
    json["served_at_end"] = run.served_at_end;
    json["bridge_at_end"] = run.bridge_at_end;
    return json;
}

Json failures(const SystemModel& model, const std::vector<FailureResult>& results) {
    Json list = Json::array();
    for (const FailureResult& result : results) {
        Json json{{"components", ids(model, result.failure)},
                  {"impact", name(result.impact)},
                  {"calls_in_time", name(calls_in_time(result))},
                  {"may_own", result.outlook.may_own},
                  {"members_hear_each_other", result.outlook.members_hear_each_other},
                  {"directions", directions(result.outlook)}};
        if (result.failure.size() > 1) {
            json["only_together"] = result.only_together;
        }
        if (result.simulated) {
            json["simulated"] = simulated(*result.simulated);
            json["agreement"] = name(result.comparison.agreement);
            json["notes"] = result.comparison.notes;
        }
        list.push_back(std::move(json));
    }
    return list;
}

}  // namespace

std::string analysis_to_json(const SystemModel& model, const Analysis& analysis) {
    const Json json{{"format", "failover-analysis/1"},
                    {"scenario", analysis.scenario_id},
                    {"digest", analysis.digest},
                    {"implementation", analysis.implementation},
                    {"call_limit_ns", call_limit.count()},
                    {"components", components(model)},
                    {"services", services(model)},
                    {"pairs", pairs(model, analysis)},
                    {"heartbeats", heartbeats(model)},
                    {"power", power(model)},
                    {"findings", findings(model)},
                    {"singles", failures(model, analysis.singles)},
                    {"doubles", failures(model, analysis.doubles)}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace sim::analysis
