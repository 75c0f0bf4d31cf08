// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"

#include "scenario/quantities.hpp"

using namespace std::chrono_literals;

TEST_CASE("Quantities: durations are exact and need a unit", "[sim][scenario]") {
    CHECK(sim::parse_duration("200ms") == sim::Duration(200ms));
    CHECK(sim::parse_duration("2s") == sim::Duration(2s));
    CHECK(sim::parse_duration("0.4s") == sim::Duration(400ms));
    CHECK(sim::parse_duration("1.000000001s") == sim::Duration(1'000'000'001ns));
    CHECK(sim::parse_duration("1.5min") == sim::Duration(90s));
    CHECK(sim::parse_duration("2h") == sim::Duration(7200s));
    CHECK(sim::parse_duration("0s") == sim::Duration(0s));
    CHECK(sim::parse_duration("50us") == sim::Duration(50us));
    CHECK(sim::parse_duration("1.500ns") == std::nullopt);
    CHECK(sim::parse_duration("1.000ns") == sim::Duration(1ns));
}

TEST_CASE("Quantities: what is no exact duration is refused", "[sim][scenario]") {
    for (const char* text : {"",
                             "5",
                             "s",
                             "-1s",
                             "+1s",
                             " 1s",
                             "1 s",
                             "1.s",
                             ".5s",
                             "1..2s",
                             "1.2.3s",
                             "1S",
                             "1sec",
                             "0.1ns",
                             "1.0000000001s",
                             "1e3s",
                             "99999999999h",
                             "18446744073709551616ns",
                             "9223372036854775807s",
                             "0x1s",
                             "1m"}) {
        CAPTURE(text);
        CHECK_FALSE(sim::parse_duration(text).has_value());
    }
}

TEST_CASE("Quantities: rates are whole bits per second", "[sim][scenario]") {
    CHECK(sim::parse_rate("1.544Mbps") == 1'544'000U);
    CHECK(sim::parse_rate("19200bps") == 19'200U);
    CHECK(sim::parse_rate("1Gbps") == 1'000'000'000U);
    for (const char* text : {"0bps", "1", "1mbps", "0.5bps", "1Tbps", ""}) {
        CAPTURE(text);
        CHECK_FALSE(sim::parse_rate(text).has_value());
    }
}

TEST_CASE("Quantities: seconds for people are rounded, not cut", "[sim][report]") {
    CHECK(sim::format_seconds(17'412'600'000ns) == "17.413 s");
    CHECK(sim::format_seconds(17'412'600'000ns, 1) == "17.4 s");
    CHECK(sim::format_seconds(180s) == "180 s");
    CHECK(sim::format_seconds(999'999'999ns) == "1 s");
    CHECK(sim::format_seconds(-1500ms) == "-1.5 s");
    CHECK(sim::format_seconds(400ns) == "0 s");
}

TEST_CASE("Quantities: the exact form reads back", "[sim][scenario]") {
    for (const sim::Duration value : {sim::Duration(1ns),
                                      sim::Duration(1500ns),
                                      sim::Duration(50us),
                                      sim::Duration(200ms),
                                      sim::Duration(1'800'000'001ns),
                                      sim::Duration(420s)}) {
        CHECK(sim::parse_duration(sim::format_quantity(value)) == value);
    }
}
