// SPDX-License-Identifier: GPL-2.0-or-later
// The explorer put on the reference model, compiled once with optimisation.
#pragma once

#include "explorer.hpp"

namespace native_model {

[[nodiscard]] Exploration explore_reference(const Options& options, int faults);
[[nodiscard]] std::optional<Violation>
try_reference(const Options& options, std::uint64_t seed, int rounds);

}  // namespace native_model
