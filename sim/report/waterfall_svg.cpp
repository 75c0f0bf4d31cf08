// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/waterfall_svg.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "report/markup.hpp"

namespace sim {

namespace {

using namespace std::chrono_literals;

constexpr double width = 900;
constexpr double label_width = 110;
constexpr double right_margin = 96;
constexpr double row_height = 22;
constexpr double block_gap = 20;
constexpr double title_height = 46;
constexpr double axis_height = 30;

/// One hue per phase, chosen to stay apart in greyscale order of appearance; every bar is also
/// named in words.
constexpr std::array<const char*, phase_count> colours{"#C23B00",
                                                       "#E69F00",
                                                       "#8C6D31",
                                                       "#0072B2",
                                                       "#7CC4F2",
                                                       "#6A51A3",
                                                       "#CC79A7",
                                                       "#009E73",
                                                       "#3F7F93",
                                                       "#B8860B",
                                                       "#5C6670"};

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

struct Scale {
    double limit = 22;  ///< seconds at the right edge
    [[nodiscard]] double x(double at) const {
        return label_width + (width - label_width - right_margin) * at / limit;
    }
};

std::size_t rows_of(const DirectionCutOff& cut_off) {
    const auto unexplained = static_cast<std::size_t>(cut_off.unattributed > 0ns);
    return unexplained +
           static_cast<std::size_t>(std::count_if(cut_off.phases.on_path.begin(),
                                                  cut_off.phases.on_path.end(),
                                                  [](Duration d) { return d > 0ns; }));
}

/// Rows below the headline: one per phase on the path, one for what the path does not explain.
double block_height(const DirectionCutOff& cut_off) {
    return row_height * static_cast<double>(1 + rows_of(cut_off)) + block_gap;
}

void draw_block(std::string& out, const DirectionCutOff& cut_off, const Scale& scale, double& y) {
    const std::string headline =
        !cut_off.interrupted ? "not interrupted"
        : cut_off.restored
            ? fmt::format("{:.2f} s", seconds(cut_off.longest))
            : fmt::format("not restored ({:.1f} s until the end)", seconds(cut_off.longest));
    out += fmt::format("<text class=\"head\" x=\"8\" y=\"{:.1f}\">{}: {}</text>\n",
                       y + 15,
                       markup_text(cut_off.direction),
                       headline);
    y += row_height;
    double begin = 0;
    const auto row = [&](std::string_view label, const char* colour, double length) {
        if (length <= 0) {
            return;
        }
        const double left = scale.x(begin);
        const double bar = std::max(1.5, scale.x(begin + length) - left);
        out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>",
                           label_width - 8,
                           y + 15,
                           label);
        out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
                           "rx=\"2\" fill=\"{}\"/>",
                           left,
                           y + 3,
                           bar,
                           row_height - 6,
                           colour);
        out += fmt::format(
            "<text x=\"{:.1f}\" y=\"{:.1f}\">{:.3f} s</text>\n", left + bar + 6, y + 15, length);
        begin += length;
        y += row_height;
    };
    row("not explained", "#3F464E", seconds(cut_off.unattributed));  // the head of the cut-off
    for (std::size_t i = 0; i < phase_count; ++i) {
        row(name(static_cast<Phase>(i)), colours[i], seconds(cut_off.phases.on_path[i]));
    }
    y += block_gap;
}

}  // namespace

std::optional<std::size_t> worst_episode(const RunResult& result) {
    std::optional<std::size_t> worst;
    Duration longest{-1};
    for (std::size_t i = 0; i < result.episodes.size(); ++i) {
        for (const DirectionCutOff& cut_off : result.episodes[i].directions) {
            if (cut_off.longest > longest) {
                longest = cut_off.longest;
                worst = i;
            }
        }
    }
    return worst;
}

std::string waterfall_svg(const RunResult& result, std::size_t episode_index, SvgPlace place) {
    if (episode_index >= result.episodes.size()) {
        throw std::out_of_range{"waterfall_svg: no such episode"};
    }
    const Episode& episode = result.episodes[episode_index];
    Scale scale;
    double height = title_height + axis_height;
    for (const DirectionCutOff& cut_off : episode.directions) {
        scale.limit = std::max(scale.limit, std::ceil(seconds(cut_off.longest) * 1.05));
        height += block_height(cut_off);
    }

    const std::string title = fmt::format("{}: {} of {}, seed {}: {}",
                                          markup_text(result.scenario_id),
                                          markup_text(episode.verb),
                                          markup_text(episode.target),
                                          result.seed,
                                          name(episode.verdict));
    std::string out;
    if (place == SvgPlace::file) {
        out = fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
            "width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\">\n"
            "<title>{2}</title>\n"
            "<style>svg{{background:#fff}}text{{font:13px "
            "sans-serif;fill:#1c2126}}.head{{font-weight:600}}.small{{font-size:11px}}"
            ".grid{{stroke:#8a939c;stroke-opacity:.35}}.band{{fill:#009E73;fill-opacity:.14}}"
            "@media(prefers-color-scheme:dark){{svg{{background:#15191d}}text{{fill:#e6eaee}}}}</"
            "style>\n",
            width,
            height,
            title);
    } else {
        out = fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" "
                          "aria-label=\"{}\">\n",
                          width,
                          height,
                          title);
    }
    out += fmt::format("<text class=\"head\" x=\"8\" y=\"20\">{}: {}</text>\n",
                       markup_text(result.scenario_id),
                       name(episode.verdict));
    out +=
        fmt::format("<text class=\"small\" x=\"8\" y=\"37\">{} of {} at {:.1f} s, seed {}</text>\n",
                    markup_text(episode.verb),
                    markup_text(episode.target),
                    seconds(episode.at),
                    result.seed);

    const double bottom = height - axis_height;
    out += fmt::format(
        "<rect class=\"band\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
        scale.x(15),
        title_height,
        scale.x(20) - scale.x(15),
        bottom - title_height);
    out += fmt::format("<text class=\"small\" x=\"{:.1f}\" y=\"{:.1f}\" "
                       "text-anchor=\"middle\">target 15-20 s</text>\n",
                       scale.x(17.5),
                       title_height - 4);
    const int step = scale.limit <= 30 ? 5 : scale.limit <= 120 ? 20 : 300;
    for (int tick = 0; tick <= static_cast<int>(scale.limit); tick += step) {
        out += fmt::format(
            "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>",
            scale.x(tick),
            title_height,
            bottom);
        out += fmt::format(
            "<text class=\"small\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{} s</text>\n",
            scale.x(tick),
            bottom + 16,
            tick);
    }
    double y = title_height;
    for (const DirectionCutOff& cut_off : episode.directions) {
        draw_block(out, cut_off, scale, y);
    }
    out += "</svg>\n";
    return out;
}

}  // namespace sim
