// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/run_pictures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "report/markup.hpp"
#include "report/page.hpp"
#include "scenario/quantities.hpp"

namespace sim {

namespace {

constexpr double width = 960;
constexpr double label_width = 170;
constexpr double right_margin = 14;
constexpr double row_height = 20;
constexpr double bar_height = 14;
constexpr double character_width = 6.2;  ///< of the small type, roughly: words that fit are drawn

double in_seconds(Duration time) {
    return std::chrono::duration<double>(time).count();
}

/// 1, 2 or 5 times a power of ten, so that about `wanted` of them make up the span.
double tick_step(double span, int wanted) {
    const double raw = span / wanted;
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= raw) {
            return factor * power;
        }
    }
    return 10 * power;
}

std::string tick_text(double at, double step) {
    return fmt::format("{:.{}f} s", at, step >= 1 ? 0 : step >= 0.1 ? 1 : 2);
}

struct Axis {
    double from = 0;
    double to = 1;
    [[nodiscard]] double x(double at) const {
        const double share = std::clamp((at - from) / (to - from), 0.0, 1.0);
        return label_width + (width - label_width - right_margin) * share;
    }
    [[nodiscard]] double x(Duration at) const { return x(in_seconds(at)); }
};

void draw_axis(std::string& out, const Axis& axis, double top, double bottom) {
    const double step = tick_step(axis.to - axis.from, 8);
    for (double at = std::ceil(axis.from / step) * step; at <= axis.to + step / 1000; at += step) {
        out += fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" "
                           "y2=\"{2:.1f}\"/><text class=\"small\" x=\"{0:.1f}\" y=\"{3:.1f}\" "
                           "text-anchor=\"middle\">{4}</text>\n",
                           axis.x(at),
                           top,
                           bottom,
                           bottom + 15,
                           tick_text(at, step));
    }
}

void draw_label(std::string& out, double y, std::string_view text, bool strong = false) {
    constexpr std::size_t most = 27;
    out += fmt::format("<text{} x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
                       strong ? " class=\"head\"" : "",
                       label_width - 8,
                       y + bar_height - 2,
                       markup_text(fit(text, most)));
}

/// A state as one of five looks; the words themselves are drawn where they fit.
std::string_view look_of(const std::string& what, const std::string& state) {
    if (state == "none") {
        return what == "daemon" ? "s-bad" : "s-idle";
    }
    if (what == "node") {
        return state == "up" ? "s-ok" : "s-bad";
    }
    if (state == "standby" || state == "stopped") {
        return "s-idle";
    }
    if (state == "fault") {
        return "s-bad";
    }
    if (state == "init" || state == "stopping" || state == "takeover" || state == "release") {
        return "s-busy";
    }
    return "s-ok";
}

/// "none" is drawn as nothing, but where it is bad news.
void draw_state(std::string& out,
                const Axis& axis,
                double y,
                Duration from,
                Duration to,
                std::string_view look,
                const std::string& what,
                const std::string& state) {
    if (in_seconds(to) <= axis.from || in_seconds(from) >= axis.to) {
        return;
    }
    const double left = axis.x(from);
    const double length = std::max(1.0, axis.x(to) - left);
    const bool bar = look != "s-idle";
    const std::string words = markup_text(state);
    out += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                       "height=\"{:.1f}\"><title>{}: {}, {} to {}</title></rect>",
                       look,
                       left,
                       bar ? y : y + bar_height / 2 - 1,
                       length,
                       bar ? bar_height : 2.0,
                       markup_text(what),
                       words,
                       format_seconds(from),
                       format_seconds(to));
    if (bar && static_cast<double>(columns_of(state)) * character_width + 6 < length) {
        out += fmt::format("<text class=\"in-bar {}-text\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
                           look,
                           left + 4,
                           y + bar_height - 3.5,
                           words);
    }
    out += '\n';
}

void draw_faults(
    std::string& out, const RunResult& result, const Axis& axis, double y, double bottom) {
    double free_from = 0;
    for (const Episode& episode : result.episodes) {
        if (in_seconds(episode.at) < axis.from || in_seconds(episode.at) > axis.to) {
            continue;
        }
        const double x = axis.x(episode.at);
        out += fmt::format("<line class=\"fault\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" "
                           "y2=\"{2:.1f}\"/><path class=\"fault-mark\" d=\"M{3:.1f} {1:.1f}h8l-4 "
                           "7z\"><title>{4} at {5}</title></path>",
                           x,
                           y,
                           bottom,
                           x - 4,
                           markup_text(episode.id + ": " + episode.verb + " " + episode.target),
                           format_seconds(episode.at));
        const std::string words = fit(episode.verb + " " + episode.target, 44);
        const double length = static_cast<double>(columns_of(words)) * character_width;
        const bool leftwards = x + length + 8 > width;
        const double begin = leftwards ? x - 6 - length : x + 6;
        if (begin >= free_from && begin > label_width) {
            out += fmt::format("<text class=\"small\" x=\"{:.1f}\" y=\"{:.1f}\" "
                               "text-anchor=\"{}\">{}</text>",
                               leftwards ? x - 6 : x + 6,
                               y + 9,
                               leftwards ? "end" : "start",
                               markup_text(words));
            free_from = begin + length + 10;
        }
        out += '\n';
    }
}

void draw_cut_offs(std::string& out, const RunResult& result, const Axis& axis, double& y) {
    std::vector<std::string> directions;
    for (const Episode& episode : result.episodes) {
        for (const DirectionCutOff& cut_off : episode.directions) {
            if (std::find(directions.begin(), directions.end(), cut_off.direction) ==
                directions.end()) {
                directions.push_back(cut_off.direction);
            }
        }
    }
    for (const std::string& direction : directions) {
        draw_label(out, y, direction);
        out += fmt::format("<rect class=\"s-line\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                           "height=\"2\"/>",
                           label_width,
                           y + bar_height / 2 - 1,
                           width - label_width - right_margin);
        for (const Episode& episode : result.episodes) {
            for (const DirectionCutOff& cut_off : episode.directions) {
                if (cut_off.direction == direction && cut_off.interrupted) {
                    // A cut-off begins with its fault or soon after; its longest one is drawn
                    // there.
                    draw_state(out,
                               axis,
                               y,
                               episode.at,
                               episode.at + cut_off.longest,
                               "s-cut",
                               direction + " calls",
                               cut_off.restored ? "cut off" : "cut off until the end");
                }
            }
        }
        y += row_height;
    }
}

void draw_calls(std::string& out, const CallsOverTime& calls, const Axis& axis, double& y) {
    constexpr double height = 64;
    std::int64_t most = 1;
    for (std::size_t i = 0; i < calls.answered.size(); ++i) {
        most = std::max(most, calls.answered[i] + calls.unanswered[i]);
    }
    const double unit = height / static_cast<double>(most);
    const double base = y + height;
    draw_label(out, y, "calls placed");
    draw_label(
        out, y + row_height, fmt::format("most: {} in {}", most, format_seconds(calls.part)));
    const auto column = [&](std::size_t part, double& top, std::int64_t count, const char* look) {
        if (count <= 0) {
            return;
        }
        const Duration from = calls.part * static_cast<std::int64_t>(part);
        if (in_seconds(from + calls.part) <= axis.from || in_seconds(from) >= axis.to) {
            return;
        }
        const double left = axis.x(from);
        const double tall = unit * static_cast<double>(count);
        top -= tall;
        out += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                           "height=\"{:.1f}\"><title>{} {} from {} on</title></rect>",
                           look,
                           left + 0.5,
                           top,
                           std::max(1.0, axis.x(from + calls.part) - left - 1),
                           tall,
                           count,
                           look + 2,
                           format_seconds(from));
    };
    for (std::size_t part = 0; part < calls.answered.size(); ++part) {
        double top = base;
        column(part, top, calls.answered[part], "c-answered");
        column(part, top, calls.unanswered[part], "c-unanswered");
    }
    out += fmt::format("<line class=\"base\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" "
                       "y2=\"{:.1f}\"/>\n",
                       label_width,
                       base,
                       width - right_margin,
                       base);
    y = base + 4;
    draw_label(out, y, "calls dropped");
    for (std::size_t part = 0; part < calls.dropped.size(); ++part) {
        const Duration from = calls.part * static_cast<std::int64_t>(part);
        if (calls.dropped[part] > 0 && in_seconds(from + calls.part) > axis.from &&
            in_seconds(from) < axis.to) {
            const double left = axis.x(from);
            out += fmt::format("<rect class=\"c-dropped\" x=\"{:.1f}\" y=\"{:.1f}\" "
                               "width=\"{:.1f}\" height=\"{:.1f}\"><title>{} dropped from {} "
                               "on</title></rect><text class=\"small\" x=\"{:.1f}\" "
                               "y=\"{:.1f}\">{}</text>",
                               left + 0.5,
                               y,
                               std::max(2.0, axis.x(from + calls.part) - left - 1),
                               bar_height,
                               calls.dropped[part],
                               format_seconds(from),
                               axis.x(from + calls.part) + 3,
                               y + bar_height - 3,
                               calls.dropped[part]);
        }
    }
    out += '\n';
    y += row_height;
}

std::string lane_label(const StateLane& lane) {
    return lane.what + (lane.name.empty() ? "" : " " + lane.name);
}

std::string svg(double height, const std::string& title, const std::string& body) {
    return fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n{}"
                       "</svg>\n",
                       width,
                       height,
                       markup_text(title),
                       body);
}

}  // namespace

std::string
states_svg(const RunResult& result, Duration from, Duration to, const std::string& title) {
    const Axis axis{in_seconds(from), std::max(in_seconds(to), in_seconds(from) + 0.001)};
    constexpr double top = 18;
    double y = top;
    std::string rows;
    draw_cut_offs(rows, result, axis, y);
    std::string node;
    for (const StateLane& lane : result.lanes) {
        if (lane.node != node) {
            node = lane.node;
            y += 6;
            draw_label(rows, y, node, true);
            y += row_height - 2;
        }
        draw_label(rows, y, lane_label(lane));
        for (std::size_t i = 0; i < lane.changes.size(); ++i) {
            const auto& [at, state] = lane.changes[i];
            const Duration end = i + 1 < lane.changes.size() ? lane.changes[i + 1].first : to;
            draw_state(rows,
                       axis,
                       y,
                       at,
                       std::max(at, end),
                       look_of(lane.what, state),
                       lane.node + " " + lane_label(lane),
                       state);
        }
        y += row_height;
    }
    // Counts in parts that are long beside the picture would only mislead.
    if (result.calls && !result.calls->answered.empty() && to - from > 10 * result.calls->part) {
        y += 10;
        draw_calls(rows, *result.calls, axis, y);
    }
    std::string body;
    draw_axis(body, axis, top, y);
    body += rows;
    draw_faults(body, result, axis, 2, y);
    return svg(y + 24, title, body);
}

std::string histogram_svg(const Summary& summary) {
    if (summary.totals.empty() || summary.totals.back() <= 0) {
        return {};
    }
    constexpr double height = 150;
    constexpr double top = 20;
    constexpr int bins = 40;
    const double least = static_cast<double>(summary.totals.front()) / 1e9;
    const double most = static_cast<double>(summary.totals.back()) / 1e9;
    const double low = std::min(std::floor(least), 14.0);
    const double high = std::max(std::ceil(most + 0.001), 21.0);
    const Axis axis{low, high};
    const double bin = (high - low) / bins;
    std::array<std::size_t, bins> counts{};
    for (const std::int64_t total : summary.totals) {
        const auto place = static_cast<int>((static_cast<double>(total) / 1e9 - low) / bin);
        ++counts[static_cast<std::size_t>(std::clamp(place, 0, bins - 1))];
    }
    const double unit =
        height / static_cast<double>(*std::max_element(counts.begin(), counts.end()));
    const double base = top + height;
    std::string body;
    body += fmt::format("<rect class=\"band\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                        "height=\"{:.1f}\"/><text class=\"small\" x=\"{:.1f}\" y=\"{:.1f}\" "
                        "text-anchor=\"middle\">target 15-20 s</text>\n",
                        axis.x(target_from),
                        top,
                        axis.x(target_to) - axis.x(target_from),
                        height,
                        (axis.x(target_from) + axis.x(target_to)) / 2,
                        top - 5);
    draw_axis(body, axis, top, base);
    for (int i = 0; i < bins; ++i) {
        const std::size_t count = counts[static_cast<std::size_t>(i)];
        if (count > 0) {
            const double left = axis.x(low + i * bin);
            const double tall = unit * static_cast<double>(count);
            body += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                                "height=\"{:.1f}\"><title>{} runs from {:.1f} s to {:.1f} "
                                "s</title></rect>\n",
                                low + i * bin >= in_seconds(target_to) ? "c-dropped" : "c-answered",
                                left + 0.5,
                                base - tall,
                                std::max(1.0, axis.x(low + (i + 1) * bin) - left - 1),
                                tall,
                                count,
                                low + i * bin,
                                low + (i + 1) * bin);
        }
    }
    draw_label(body, top, "runs");
    draw_label(body, top + row_height, fmt::format("{} in all", summary.totals.size()));
    body += fmt::format("<line class=\"base\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" "
                        "y2=\"{:.1f}\"/>\n",
                        label_width,
                        base,
                        width - right_margin,
                        base);
    return svg(base + 24, "Cut-off of the worst direction over all runs", body);
}

std::string spread_svg(const Summary& summary) {
    if (summary.total.max <= 0) {
        return {};
    }
    const auto s = [](std::int64_t ns) { return static_cast<double>(ns) / 1e9; };
    const Axis axis{0, std::max(s(summary.total.max) * 1.02, 21.0)};
    constexpr double top = 18;
    double y = top;
    std::string rows;
    const auto row = [&](std::string_view label, const Spread& spread) {
        if (spread.max <= 0) {
            return;
        }
        draw_label(rows, y, label);
        const double middle = y + bar_height / 2;
        rows += fmt::format("<line class=\"whisker\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" "
                            "y2=\"{:.1f}\"/><rect class=\"c-answered\" x=\"{:.1f}\" y=\"{:.1f}\" "
                            "width=\"{:.1f}\" height=\"{:.1f}\"><title>{}: least {:.3f} s, median "
                            "{:.3f} s, p95 {:.3f} s, most {:.3f} s</title></rect>\n",
                            axis.x(s(spread.min)),
                            middle,
                            axis.x(s(spread.max)),
                            middle,
                            axis.x(s(spread.p50)),
                            y,
                            std::max(2.0, axis.x(s(spread.p95)) - axis.x(s(spread.p50))),
                            bar_height,
                            label,
                            s(spread.min),
                            s(spread.p50),
                            s(spread.p95),
                            s(spread.max));
        y += row_height;
    };
    for (std::size_t i = 0; i < phase_count; ++i) {
        row(name(static_cast<Phase>(i)), summary.phases[i]);
    }
    row("unattributed", summary.unattributed);
    row("total", summary.total);
    std::string body = fmt::format("<rect class=\"band\" x=\"{:.1f}\" y=\"{:.1f}\" "
                                   "width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
                                   axis.x(target_from),
                                   top,
                                   axis.x(target_to) - axis.x(target_from),
                                   y - top);
    draw_axis(body, axis, top, y);
    body += rows;
    return svg(
        y + 24, "Phases over all runs: line from least to most, bar from median to p95", body);
}

}  // namespace sim
