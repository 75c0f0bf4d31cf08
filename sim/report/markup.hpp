// SPDX-License-Identifier: GPL-2.0-or-later
// Text on its way into HTML and SVG. Whatever stands in a scenario, the page that comes out is well
// formed and says just that.
#pragma once

#include <string>
#include <string_view>

namespace sim {

/// For element content and quoted attributes: markup characters become references; what is no valid
/// UTF-8, and control characters that neither HTML nor XML allows, become U+FFFD.
[[nodiscard]] std::string markup_text(std::string_view text);

}  // namespace sim
