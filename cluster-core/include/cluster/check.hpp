// SPDX-License-Identifier: GPL-2.0-or-later
// CLUSTER_CHECK: a bug in our own code. On in every build; prints where and ends the process.
// Never for wire input, configuration or the operating system: those have typed errors.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace cluster::detail {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "CLUSTER_CHECK failed: %s (%s:%d)\n", condition, file, line);
    std::abort();
}

}  // namespace cluster::detail

#define CLUSTER_CHECK(condition)                                                                   \
    (static_cast<bool>(condition)                                                                  \
         ? static_cast<void>(0)                                                                    \
         : ::cluster::detail::check_failed(#condition, __FILE__, __LINE__))
