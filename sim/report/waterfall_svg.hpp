// SPDX-License-Identifier: GPL-2.0-or-later
// The phases of one episode as a waterfall picture, one block per direction, against the 15-20 s
// band. Self-contained SVG (no script, no network, follows the viewer's light or dark setting);
// same result, same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "run/run.hpp"

namespace sim {

/// A file of its own brings its colours along; inside a page they are the page's (html_report.cpp).
enum class SvgPlace : std::uint8_t { file, page };

/// Throws std::out_of_range when there is no such episode.
[[nodiscard]] std::string
waterfall_svg(const RunResult& result, std::size_t episode_index, SvgPlace place = SvgPlace::file);

/// The episode to show first: the longest cut-off of any direction; nullopt without episodes.
[[nodiscard]] std::optional<std::size_t> worst_episode(const RunResult& result);

}  // namespace sim
