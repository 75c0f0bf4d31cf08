// SPDX-License-Identifier: GPL-2.0-or-later
// The one include for tests: Catch2 2 on Debian 12, Catch2 3 on newer systems.
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
