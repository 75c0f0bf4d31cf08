// SPDX-License-Identifier: GPL-2.0-or-later
// The phases of one episode as a waterfall picture, one block per direction, against the 15-20 s band.
// Self-contained SVG (no script, no network, follows the viewer's light or dark setting); same result, same bytes.
#pragma once

#include <string>

#include "run/run.hpp"

namespace sim {

/// Precondition: `episode_index` < result.episodes.size().
[[nodiscard]] std::string waterfall_svg(const RunResult& result, std::size_t episode_index);

}  // namespace sim
