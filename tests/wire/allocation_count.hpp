// SPDX-License-Identifier: GPL-2.0-or-later
// Counts heap allocations of the whole test program, to prove that a piece of code makes none.
#pragma once

#include <cstddef>

namespace test_support {

[[nodiscard]] std::size_t allocation_count() noexcept;

}  // namespace test_support
