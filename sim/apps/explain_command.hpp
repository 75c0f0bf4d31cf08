// SPDX-License-Identifier: GPL-2.0-or-later
// `understudy explain`: a scenario, a result, or the trace of a finished run, in sentences.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace app {

struct ExplainCommand {
    std::string file;  ///< scenario, result.json, trace, or the folder of a run
    std::optional<std::uint64_t> seed;
    bool color = false;
};

[[nodiscard]] int explain_command(const ExplainCommand&);

}  // namespace app
