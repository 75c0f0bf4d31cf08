// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/run_result.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

namespace gui {

namespace {

using nlohmann::json;

std::string text(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

bool truth(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::int64_t number(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

/// Calls f for each object in the list `key`.
template <class F>
void for_each(const json& object, const char* key, F f) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_array()) {
        return;
    }
    for (const json& element : *found) {
        if (element.is_object()) {
            f(element);
        }
    }
}

std::vector<std::uint64_t> numbers(const json& object, const char* key) {
    std::vector<std::uint64_t> out;
    const auto found = object.find(key);
    if (found != object.end() && found->is_array()) {
        for (const json& element : *found) {
            if (element.is_number_unsigned()) {
                out.push_back(element.get<std::uint64_t>());
            }
        }
    }
    return out;
}

std::array<Time, phase_count> phases(const json& object, const char* key) {
    std::array<Time, phase_count> out{};
    const auto found = object.find(key);
    if (found != object.end() && found->is_object()) {
        for (std::size_t i = 0; i < phase_count; ++i) {
            out[i] = number(*found, std::string(phase_names[i]).c_str());
        }
    }
    return out;
}

DirectionResult direction(const json& object) {
    DirectionResult out;
    out.direction = text(object, "direction");
    out.interrupted = truth(object, "interrupted");
    out.restored = truth(object, "restored");
    out.longest = number(object, "longest_ns");
    out.summed = number(object, "summed_ns");
    out.phases = phases(object, "phases_ns");
    out.parallel = phases(object, "parallel_ns");
    out.unattributed = number(object, "unattributed_ns");
    out.gap = text(object, "attribution_gap");
    out.path = numbers(object, "path");
    return out;
}

EpisodeResult episode(const json& object) {
    EpisodeResult out;
    out.id = text(object, "id");
    out.verb = text(object, "verb");
    out.target = text(object, "target");
    out.at = number(object, "at_ns");
    out.evidence = text(object, "evidence");
    out.verdict = text(object, "verdict");
    out.two_owners = truth(object, "two_owners");
    out.worst_direction = text(object, "worst_direction");
    for_each(object, "directions", [&](const json& d) { out.directions.push_back(direction(d)); });
    for_each(object, "story", [&](const json& step) {
        out.story.push_back({number(step, "at_ns"), text(step, "text")});
    });
    return out;
}

}  // namespace

const DirectionResult* EpisodeResult::worst() const noexcept {
    const auto found = std::ranges::find(directions, worst_direction, &DirectionResult::direction);
    return found == directions.end() || !found->interrupted ? nullptr : &*found;
}

ReadResult read_result(std::string_view bytes) {
    const json object = json::parse(bytes.begin(), bytes.end(), nullptr, false);
    if (!object.is_object()) {
        return {std::nullopt, "it is no JSON object"};
    }
    const std::string format = text(object, "format");
    if (!format.starts_with("failover-result/")) {
        return {std::nullopt, "found format \"" + format + "\", expected \"failover-result/1\""};
    }
    RunResult result;
    result.scenario = text(object, "scenario");
    result.title = text(object, "title");
    result.digest = text(object, "digest");
    result.seed = static_cast<std::uint64_t>(number(object, "seed"));
    result.implementation = text(object, "implementation");
    result.verdict = text(object, "verdict");
    for_each(object, "episodes", [&](const json& e) { result.episodes.push_back(episode(e)); });
    for_each(object, "expectations", [&](const json& e) {
        result.expectations.push_back({text(e, "id"),
                                       text(e, "severity"),
                                       text(e, "verdict"),
                                       text(e, "observed"),
                                       text(e, "limit"),
                                       numbers(e, "evidence")});
    });
    for_each(object, "invariants", [&](const json& i) {
        InvariantView view{text(i, "name"),
                           truth(i, "evaluated"),
                           truth(i, "disabled"),
                           number(i, "violated_for_ns"),
                           std::nullopt};
        if (i.contains("first_at_ns")) {
            view.first_at = number(i, "first_at_ns");
        }
        result.invariants.push_back(std::move(view));
    });
    for_each(object, "parameters", [&](const json& p) {
        result.parameters.push_back(
            {text(p, "name"), text(p, "value"), text(p, "mark"), text(p, "source")});
    });
    if (const auto metrics = object.find("metrics");
        metrics != object.end() && metrics->is_object()) {
        for (const auto& [name, value] : metrics->items()) {
            if (value.is_number_integer()) {
                result.metrics.emplace_back(name, value.get<std::int64_t>());
            }
        }
    }
    return {std::move(result), {}};
}

ReadResult read_result_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return {std::nullopt, "it cannot be read"};
    }
    std::ostringstream bytes;
    bytes << in.rdbuf();
    return read_result(bytes.str());
}

std::optional<std::pair<Time, Time>> cut_off_of(const Trace& trace,
                                                const DirectionResult& direction) {
    if (!direction.interrupted || direction.path.empty()) {
        return std::nullopt;
    }
    const std::uint32_t last = trace.row_of(direction.path.back());
    if (!direction.restored || last == no_row) {
        return std::nullopt;
    }
    return std::pair{trace.rows[last].t - direction.longest, trace.rows[last].t};
}

}  // namespace gui
