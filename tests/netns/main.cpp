// SPDX-License-Identifier: GPL-2.0-or-later
// Catch2's main, with an exit status of its own for "cannot be done here": 77, and the reason.
#include <algorithm>
#include <cstdio>
#include <cstring>

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include "lab.hpp"

int main(int argc, char** argv) {
    if (const std::string why = lab::impossible(); !why.empty()) {
        std::printf("skipped: %s\n", why.c_str());
        return 77;
    }
    const auto named = [&](const char* tag) {
        return std::any_of(
            argv + 1, argv + argc, [&](const char* word) { return std::strcmp(word, tag) == 0; });
    };
    if (named("[heartbeat]") && lab::heartbeat_program().empty()) {
        std::printf("skipped: heartbeat 3.0.6 is not installed\n");
        return 77;
    }
    return Catch::Session().run(argc, argv);
}
