// SPDX-License-Identifier: GPL-2.0-or-later
#include "timeline_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace measured {
namespace {

constexpr double slack = 0.050;         // beyond the measured range
constexpr double narrow_range = 0.200;  // from here on the medians are compared, too
constexpr double median_slack = 0.100;

double quantile(std::vector<double> values, double q) {
    std::ranges::sort(values);
    const double place = q * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    const double part = place - static_cast<double>(low);
    return values[low] + (values[high] - values[low]) * part;
}

std::vector<double> values_of(const std::vector<Sample>& samples, std::string_view column) {
    std::vector<double> values;
    for (const Sample& sample : samples) {
        if (const auto found = sample.find(std::string{column}); found != sample.end()) {
            values.push_back(found->second);
        }
    }
    return values;
}

std::string judge(const Cell& cell) {
    if (cell.simulated_runs == 0) {
        return "never simulated";
    }
    if (cell.simulated_median < cell.measured_min - slack) {
        return fmt::format("{:.0f} ms below the measured range",
                           (cell.measured_min - cell.simulated_median) * 1000);
    }
    if (cell.simulated_median > cell.measured_max + slack) {
        return fmt::format("{:.0f} ms above the measured range",
                           (cell.simulated_median - cell.measured_max) * 1000);
    }
    const double off = std::abs(cell.simulated_median - cell.measured_median);
    if (cell.measured_max - cell.measured_min < narrow_range && off > median_slack) {
        return fmt::format("{:.0f} ms from the measured median of a narrow range", off * 1000);
    }
    return {};
}

void compare_columns(const RowPlan& plan,
                     const std::string& mode,
                     const std::vector<Sample>& measured,
                     const std::vector<Sample>& simulated,
                     Comparison& out) {
    for (const Column& column : plan.columns) {
        const std::vector<double> real = values_of(measured, column.key);
        if (real.empty()) {
            continue;
        }
        const std::vector<double> ours = values_of(simulated, column.key);
        Cell cell;
        cell.row = plan.row;
        cell.mode = mode;
        cell.column = column.title;
        cell.measured_runs = real.size();
        cell.simulated_runs = ours.size();
        cell.measured_min = quantile(real, 0);
        cell.measured_median = quantile(real, 0.5);
        cell.measured_max = quantile(real, 1);
        if (!ours.empty()) {
            cell.simulated_p05 = quantile(ours, 0.05);
            cell.simulated_median = quantile(ours, 0.5);
            cell.simulated_p95 = quantile(ours, 0.95);
        }
        cell.trouble = judge(cell);
        out.cells.push_back(std::move(cell));
    }
}

std::vector<Sample>
with_column(const std::vector<Sample>& samples, std::string_view column, bool present) {
    std::vector<Sample> chosen;
    std::ranges::copy_if(samples, std::back_inserter(chosen), [&](const Sample& sample) {
        return sample.contains(std::string{column}) == present;
    });
    return chosen;
}

const std::vector<Sample>& samples_of(const Samples& samples, const RowKey& row) {
    static const std::vector<Sample> none;
    const auto found = samples.find(row);
    return found == samples.end() ? none : found->second;
}

}  // namespace

const std::vector<RowPlan>& row_plans() {
    static const std::vector<Column> by_death{{"t0", "fault"},
                                              {"dead", "declared dead"},
                                              {"vip_add", "VIP up"},
                                              {"garp_first", "first GARP"},
                                              {"fonulator_begin", "fonulator begins"},
                                              {"fonulator_end", "fonulator done"},
                                              {"asterisk_begin", "asterisk begins"},
                                              {"asterisk_end", "asterisk done"},
                                              {"dead_to_vip", "dead to VIP"}};
    static const std::vector<Column> by_hand{{"loser_asterisk_stop", "asterisk stop begins"},
                                             {"vip_del", "VIP gone"},
                                             {"vip_add", "VIP up"},
                                             {"garp_first", "first GARP"},
                                             {"fonulator_begin", "fonulator begins"},
                                             {"fonulator_end", "fonulator done"},
                                             {"asterisk_begin", "asterisk begins"},
                                             {"asterisk_end", "asterisk done"},
                                             {"vip_gap", "no VIP"}};
    static const std::vector<Column> back{{"standby_seen", "standby begins"},
                                          {"loser_asterisk_stop", "asterisk stop begins"},
                                          {"vip_del", "VIP gone"},
                                          {"vip_add", "VIP up"},
                                          {"garp_first", "first GARP"},
                                          {"fonulator_begin", "fonulator begins"},
                                          {"fonulator_end", "fonulator done"},
                                          {"asterisk_begin", "asterisk begins"},
                                          {"asterisk_end", "asterisk done"},
                                          {"vip_gap", "VIP gone to up"}};
    static const std::vector<RowPlan> plans{
        {{"kill9", "takeover"}, "the owner's last heartbeat", by_death, {}, {}, {}},
        {{"linkdown", "takeover"}, "the owner's last heartbeat", by_death, {}, {}, {}},
        {{"sigstop", "takeover"}, "the owner's last heartbeat", by_death, {}, {}, {}},
        {{"standby", "takeover"}, "hb_standby all", by_hand, {}, {}, {}},
        {{"stopclean", "takeover"}, "heartbeat -k", by_hand, {}, {}, {}},
        {{"kill9", "return"}, "start of the daemon", back, {}, {}, {}},
        {{"stopclean", "return"}, "start of the daemon", back, {}, {}, {}},
        {{"standby", "return"}, "hb_takeover local", back, {}, {}, {}},
        {{"linkdown", "return"}, "link up", back, {}, {}, {}},
        {{"sigstop", "return"},
         "SIGCONT",
         back,
         "vip_add",
         "both restart",
         "only the taker restarts"}};
    return plans;
}

void derive(Sample& sample) {
    const auto difference = [&](const char* name, const char* from, const char* to) {
        const auto a = sample.find(from);
        const auto b = sample.find(to);
        if (a != sample.end() && b != sample.end()) {
            sample[name] = b->second - a->second;
        }
    };
    difference("dead_to_vip", "dead", "vip_add");
    difference("vip_gap", "vip_del", "vip_add");
}

Samples read_measured(std::istream& in) {
    Samples samples;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        try {
            const nlohmann::json run = nlohmann::json::parse(line);
            Sample sample;
            for (const auto& [key, value] : run.items()) {
                if (value.is_number_float()) {
                    sample[key] = value.get<double>();
                }
            }
            derive(sample);
            samples[{run.at("fault").get<std::string>(), run.at("phase").get<std::string>()}]
                .push_back(std::move(sample));
        } catch (const std::exception& error) {
            throw std::runtime_error(fmt::format(
                "line {}: {}, expected one measured run as a JSON object", number, error.what()));
        }
    }
    return samples;
}

bool Comparison::inside() const {
    return !cells.empty() &&
           std::ranges::all_of(cells, [](const Cell& cell) { return cell.trouble.empty(); });
}

Comparison compare(const Samples& measured, const Samples& simulated) {
    Comparison result;
    for (const RowPlan& plan : row_plans()) {
        const auto& real = samples_of(measured, plan.row);
        const auto& ours = samples_of(simulated, plan.row);
        if (plan.mode_column.empty()) {
            compare_columns(plan, {}, real, ours, result);
            continue;
        }
        for (const bool present : {false, true}) {
            const std::string mode{present ? plan.with_it : plan.without_it};
            const auto real_mode = with_column(real, plan.mode_column, present);
            const auto our_mode = with_column(ours, plan.mode_column, present);
            compare_columns(plan, mode, real_mode, our_mode, result);
            result.modes.push_back(
                {plan.row, mode, real_mode.size(), real.size(), our_mode.size(), ours.size()});
        }
    }
    return result;
}

std::string table(const Comparison& comparison, std::string_view command) {
    std::string out = "# heartbeat-3.0.6: measured timeline and model\n\n";
    out += fmt::format("Made by `{}`.\n\n", command);
    out +=
        "Measured: Debian heartbeat 1:3.0.6-13 with scripts that sleep 1 s and 5 s, five runs per "
        "row\n(`tests/data/captures/timeline-runs.jsonl`). Simulated: `scenarios/measured/`, the "
        "moment of each fault drawn within\none keepalive. Seconds; measured: median (min to max), "
        "simulated: median (5 % to 95 %). A cell is inside when the\nsimulated median is within 50 "
        "ms of the measured range and, where that range is narrower than 200 ms, within 100 "
        "ms\nof the measured median.\n";
    for (const RowPlan& plan : row_plans()) {
        out +=
            fmt::format("\n## {}, {} (since {})\n", plan.row.scenario, plan.row.phase, plan.since);
        for (const ModeShare& share : comparison.modes) {
            if (share.row == plan.row) {
                out += fmt::format("\n{}: measured {} of {}, simulated {} of {}.\n",
                                   share.mode,
                                   share.measured,
                                   share.measured_of,
                                   share.simulated,
                                   share.simulated_of);
            }
        }
        out += "\n| | measured | simulated | |\n|---|---|---|---|\n";
        for (const Cell& cell : comparison.cells) {
            if (cell.row != plan.row) {
                continue;
            }
            const std::string name =
                cell.mode.empty() ? cell.column : fmt::format("{} ({})", cell.column, cell.mode);
            out += fmt::format("| {} | {:.3f} ({:.3f} to {:.3f}), n = {} | {:.3f} ({:.3f} to "
                               "{:.3f}), n = {} | {} |\n",
                               name,
                               cell.measured_median,
                               cell.measured_min,
                               cell.measured_max,
                               cell.measured_runs,
                               cell.simulated_median,
                               cell.simulated_p05,
                               cell.simulated_p95,
                               cell.simulated_runs,
                               cell.trouble.empty() ? "inside" : "**" + cell.trouble + "**");
        }
    }
    const auto outside = std::ranges::count_if(
        comparison.cells, [](const Cell& cell) { return !cell.trouble.empty(); });
    out += fmt::format("\n{} of {} cells inside.\n",
                       comparison.cells.size() - static_cast<std::size_t>(outside),
                       comparison.cells.size());
    return out;
}

}  // namespace measured
