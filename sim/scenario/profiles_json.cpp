// SPDX-License-Identifier: GPL-2.0-or-later
// Blocks "profiles" and "workload": distributions of durations, and who calls whom.
#include <algorithm>

#include "reader.hpp"

namespace sim {

namespace {

enum class Dist : std::uint8_t {
    constant,
    uniform,
    triangular,
    normal,
    lognormal,
    exponential,
    weibull,
    empirical
};

constexpr std::array<std::pair<std::string_view, Dist>, 8> dists{
    {{"constant", Dist::constant},
     {"uniform", Dist::uniform},
     {"triangular", Dist::triangular},
     {"normal", Dist::normal},
     {"lognormal", Dist::lognormal},
     {"exponential", Dist::exponential},
     {"weibull", Dist::weibull},
     {"empirical", Dist::empirical}}};

constexpr std::array<std::pair<std::string_view, Mark>, 4> marks{{{"yours", Mark::yours},
                                                                  {"measured", Mark::measured},
                                                                  {"sourced", Mark::sourced},
                                                                  {"assumed", Mark::assumed}}};

Duration need_duration(ObjectCursor& object, std::string_view key) {
    const auto value = object.need(key, '"' + std::string(key) + "\": a duration such as \"5s\"");
    return value ? value->duration().value_or(Duration{}) : Duration{};
}

/// Says so when a > b.
void need_order(
    ObjectCursor& object, std::string_view low, Duration a, std::string_view high, Duration b) {
    if (a > b) {
        if (const auto value = object.get(high)) {
            value->wrong("at least \"" + std::string(low) + '"');
        }
    }
}

models::Distribution read_bounded(Dist dist, ObjectCursor& object) {
    const Duration min = need_duration(object, "min");
    const Duration max = need_duration(object, "max");
    need_order(object, "min", min, "max", max);
    if (dist == Dist::triangular) {
        const Duration mode = need_duration(object, "mode");
        need_order(object, "min", min, "mode", mode);
        need_order(object, "mode", mode, "max", max);
        return models::TriangularDist{min, mode, max};
    }
    if (dist == Dist::normal) {
        return models::NormalDist{
            need_duration(object, "mean"), need_duration(object, "sd"), min, max};
    }
    return models::UniformDist{min, max};
}

models::Distribution read_empirical(ObjectCursor& object) {
    models::EmpiricalDist empirical;
    if (const auto values = object.need("values", "\"values\": a list of durations")) {
        values->each("durations", [&](const Cursor& item) {
            if (const auto value = item.duration()) {
                empirical.values.push_back(*value);
            }
        });
        if (values->json().is_array() && values->json().empty()) {
            values->wrong("at least one duration");
        }
    }
    return empirical;
}

models::Distribution read_shape(Dist dist, ObjectCursor& object) {
    switch (dist) {
    case Dist::constant:
        return models::ConstantDist{need_duration(object, "value")};
    case Dist::uniform:
    case Dist::triangular:
    case Dist::normal:
        return read_bounded(dist, object);
    case Dist::lognormal: {
        models::LognormalDist lognormal{need_duration(object, "median"), 0};
        if (const auto sigma = object.need("sigma", "\"sigma\": a number")) {
            lognormal.sigma = sigma->number(0, 5).value_or(0);
        }
        return lognormal;
    }
    case Dist::exponential:
        return models::ExponentialDist{need_duration(object, "mean")};
    case Dist::weibull: {
        models::WeibullDist weibull{need_duration(object, "scale"), 1};
        if (const auto shape = object.need("shape", "\"shape\": a number")) {
            weibull.shape = shape->number(0.1, 100).value_or(1);
        }
        return weibull;
    }
    case Dist::empirical:
        return read_empirical(object);
    }
    return models::ConstantDist{};
}

void read_calls(ObjectCursor& object, Scenario& scenario, AnalogCalls& calls) {
    int ports = 0;
    if (const auto banks = object.need("banks", "\"banks\": ids of channel banks")) {
        const auto known = ids_of(scenario.topology, {NodeKind::channel_bank});
        std::vector<std::string> seen;
        banks->each("ids of channel banks", [&](const Cursor& item) {
            if (auto bank = read_reference(item, known)) {
                claim_id(item, *bank, seen, "bank");
                ports += scenario.topology.node(*bank)->ports;
                calls.banks.push_back(std::move(*bank));
            }
        });
    }
    if (const auto stations =
            object.need("stations", "\"stations\": how many stations are connected")) {
        calls.stations = static_cast<int>(stations->integer(1, 24 * 28).value_or(1));
        if (calls.stations > ports && ports > 0) {
            stations->wrong("at most " + std::to_string(ports) + ", the ports of the banks");
        }
    }
    if (const auto via =
            object.need("outside_via", "\"outside_via\": the id of the t1 link to the telco")) {
        std::vector<std::string_view> lines;
        for (const LinkSpec& link : scenario.topology.links) {
            const bool to_telco =
                std::any_of(std::begin(link.ends), std::end(link.ends), [&](const LinkEnd& end) {
                    const NodeSpec* node = scenario.topology.node(end.node);
                    return node != nullptr && node->kind == NodeKind::pstn;
                });
            if (link.type == LinkType::t1 && to_telco) {
                lines.emplace_back(link.id);
            }
        }
        calls.outside_via = read_reference(*via, lines).value_or("");
    }
    if (const auto start = object.get("start")) {
        calls.start = start->duration().value_or(Duration{});
    }
    if (const auto rate =
            object.need("rate_per_hour", "\"rate_per_hour\": calls of all stations together")) {
        calls.rate_per_hour = rate->number(0, 1e6).value_or(0);
    }
    if (const auto hold = object.get("hold")) {
        calls.hold = read_distribution(*hold).value_or(calls.hold);
    }
}

void read_sip_calls(ObjectCursor& object, const Scenario& scenario, AnalogCalls& calls) {
    for (const NodeSpec& node : scenario.topology.nodes) {
        calls.stations += node.kind == NodeKind::phones ? node.phones.count : 0;
    }
    if (const auto start = object.get("start")) {
        calls.start = start->duration().value_or(Duration{});
    }
    if (const auto rate =
            object.need("rate_per_hour", "\"rate_per_hour\": calls of all phones together")) {
        calls.rate_per_hour = rate->number(0, 1e6).value_or(0);
    }
    if (const auto hold = object.get("hold")) {
        calls.hold = read_distribution(*hold).value_or(calls.hold);
    }
    if (const auto patience = object.get("patience")) {
        calls.patience = patience->duration(true).value_or(calls.patience);
    }
    if (const auto redials = object.get("redials")) {
        calls.redials = static_cast<int>(redials->integer(0, 20).value_or(calls.redials));
    }
    if (const auto gap = object.get("redial_gap")) {
        calls.redial_gap = gap->duration().value_or(calls.redial_gap);
    }
}

void read_echo(ObjectCursor& object, const Scenario& scenario, IcmpEcho& echo) {
    if (const auto from = object.need("from", "\"from\": a client or server")) {
        echo.from =
            read_reference(*from, ids_of(scenario.topology, {NodeKind::client, NodeKind::server}))
                .value_or("");
    }
    if (const auto to = object.need("to", "\"to\": an IPv4 address")) {
        echo.to = to->text().value_or("");
        if (!is_ipv4(echo.to) && to->json().is_string()) {
            to->wrong("an IPv4 address such as \"10.10.10.110\"");
        }
    }
    if (const auto interval = object.get("interval")) {
        echo.interval = interval->duration(true).value_or(echo.interval);
    }
}

}  // namespace

std::optional<models::Distribution> read_distribution(const Cursor& cursor) {
    ObjectCursor object(
        cursor, "a distribution: {\"dist\": \"uniform\", \"min\": \"5s\", \"max\": \"15s\"}");
    const auto word = object.need("dist", "\"dist\": the name of a distribution");
    const auto dist = word ? word->word(dists) : std::nullopt;
    if (!dist) {
        return std::nullopt;
    }
    models::Distribution distribution = read_shape(*dist, object);
    object.finish();
    return distribution;
}

void read_profiles(const Cursor& cursor, std::map<std::string, Profile>& profiles) {
    ObjectCursor object(cursor, "an object with a key for each profile");
    object.each_key([&](const std::string& name, const Cursor& item) {
        ObjectCursor entry(item, "a profile: {\"start\": {…}, \"stop\": {…}}");
        Profile profile;
        if (const auto start = entry.need("start", "\"start\": a distribution")) {
            profile.start = read_distribution(*start).value_or(profile.start);
        }
        if (const auto stop = entry.get("stop")) {
            profile.stop = read_distribution(*stop).value_or(profile.stop);
        }
        if (const auto status = entry.get("status")) {
            profile.status = read_distribution(*status).value_or(profile.status);
        }
        if (const auto mark = entry.get("mark")) {
            profile.mark = mark->word(marks).value_or(Mark::yours);
        }
        if (const auto source = entry.get("source")) {
            profile.source = source->text().value_or("");
        }
        entry.finish();
        profiles.emplace(name, std::move(profile));
    });
}

void read_workload(const Cursor& cursor, Scenario& scenario) {
    enum class Kind : std::uint8_t { analog, echo, sip_calls, sip_options };
    static constexpr std::array<std::pair<std::string_view, Kind>, 4> kinds{
        {{"analog-calls", Kind::analog},
         {"icmp-echo", Kind::echo},
         {"sip-calls", Kind::sip_calls},
         {"sip-options", Kind::sip_options}}};
    std::vector<std::string> seen;
    cursor.each("workloads", [&](const Cursor& item) {
        ObjectCursor object(item, "a workload: {\"id\": …, \"kind\": …}");
        std::string id;
        if (const auto name = object.need("id", "the workload's id")) {
            id = name->id().value_or("");
            claim_id(*name, id, seen, "workload");
        }
        const auto word = object.need("kind", "\"kind\": \"analog-calls\", \"icmp-echo\", …");
        const auto kind = word ? word->word(kinds) : std::nullopt;
        if (!kind) {
            item.problems().names_lost();
            return;
        }
        if (*kind == Kind::analog || *kind == Kind::sip_calls) {
            AnalogCalls calls;
            calls.id = id;
            calls.sip = *kind == Kind::sip_calls;
            if (calls.sip) {
                read_sip_calls(object, scenario, calls);
            } else {
                read_calls(object, scenario, calls);
            }
            scenario.workload.emplace_back(std::move(calls));
        } else {
            IcmpEcho echo;
            echo.id = id;
            echo.sip_options = *kind == Kind::sip_options;
            read_echo(object, scenario, echo);
            scenario.workload.emplace_back(std::move(echo));
        }
        object.finish();
    });
}

}  // namespace sim
