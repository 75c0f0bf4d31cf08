// SPDX-License-Identifier: GPL-2.0-or-later
// The published JSON schemas, compiled in from scenarios/schema/.
#pragma once

#include <string_view>
#include <vector>

namespace app {

struct PublishedSchema {
    std::string_view name;  ///< "failover-scenario-1"
    std::string_view text;
};

[[nodiscard]] const std::vector<PublishedSchema>& published_schemas();

}  // namespace app
