// SPDX-License-Identifier: GPL-2.0-or-later
// Catch2's main, with an exit status of its own for "cannot be done here": 77, and the reason.
#include <cstdio>

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
    return Catch::Session().run(argc, argv);
}
