// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/theme.hpp"
#include "model/clock.hpp"
#include "model/time_text.hpp"

#include "support/catch.hpp"

#include <QFontDatabase>

#include <array>
#include <cmath>

using namespace gui;

namespace {

constexpr double least_contrast = 4.5;  // WCAG 2 AA for text
constexpr std::array<State, 6> coloured{State::active,
                                        State::standby,
                                        State::taking_over,
                                        State::degraded,
                                        State::failed,
                                        State::unknown};

struct Linear {
    double r, g, b;
};

double to_linear(double c) {
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

Linear linear(QColor c) {
    return {to_linear(c.redF()), to_linear(c.greenF()), to_linear(c.blueF())};
}

struct Lab {
    double l, a, b;
};

Lab lab(Linear c) {
    const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
    const double x = f((0.4124 * c.r + 0.3576 * c.g + 0.1805 * c.b) / 0.9505);
    const double y = f(0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b);
    const double z = f((0.0193 * c.r + 0.1192 * c.g + 0.9505 * c.b) / 1.089);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

using Matrix = std::array<double, 9>;

/// Full colour blindness by Machado, Oliveira and Fernandes (2009), in linear RGB.
constexpr Matrix normal{1, 0, 0, 0, 1, 0, 0, 0, 1};
constexpr Matrix protan{
    0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998};
constexpr Matrix deutan{
    0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881};
constexpr Matrix tritan{
    1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900};

Lab seen(QColor c, const Matrix& m) {
    const Linear in = linear(c);
    const auto clamp = [](double v) { return v < 0 ? 0.0 : v > 1 ? 1.0 : v; };
    return lab({clamp(m[0] * in.r + m[1] * in.g + m[2] * in.b),
                clamp(m[3] * in.r + m[4] * in.g + m[5] * in.b),
                clamp(m[6] * in.r + m[7] * in.g + m[8] * in.b)});
}

double distance(const Lab& a, const Lab& b) {
    return std::sqrt((a.l - b.l) * (a.l - b.l) + (a.a - b.a) * (a.a - b.a) +
                     (a.b - b.b) * (a.b - b.b));
}

double least_distance(const Matrix& m) {
    double least = 1000;
    for (const State a : coloured) {
        for (const State b : coloured) {
            if (a < b) {
                least = std::min(least, distance(seen(state_fill(a), m), seen(state_fill(b), m)));
            }
        }
    }
    return least;
}

}  // namespace

TEST_CASE("Theme: there are fonts to write with", "[gui][theme]") {
    CHECK_FALSE(QFontDatabase::families().isEmpty());
}

TEST_CASE("Theme: text can be read on everything it stands on, in both themes", "[gui][theme]") {
    for (const bool dark : {false, true}) {
        const Theme& theme = Theme::of(dark);
        CAPTURE(dark);
        for (const QColor ground : {theme.window, theme.panel, theme.lane}) {
            for (const QColor ink :
                 {theme.text, theme.muted, theme.good, theme.bad, theme.warning, theme.accent}) {
                CAPTURE(ground.name().toStdString(), ink.name().toStdString());
                CHECK(contrast(ink, ground) >= least_contrast);
            }
            for (const State state : coloured) {
                CAPTURE(ground.name().toStdString(), std::string(word(state)));
                CHECK(contrast(theme.state_text(state), ground) >= least_contrast);
            }
        }
        CHECK(contrast(theme.text, theme.selection) >= least_contrast);
        CHECK(contrast(theme.text, theme.notice) >= least_contrast);
        CHECK(contrast(theme.accent, theme.notice) >= least_contrast);
    }
}

TEST_CASE("Theme: words on fills can be read", "[gui][theme]") {
    for (const State state : coloured) {
        CAPTURE(std::string(word(state)));
        CHECK(contrast(state_ink(state), state_fill(state)) >= least_contrast);
    }
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
        CAPTURE(phase);
        CHECK(contrast(ink_on(phase_fill(phase)), phase_fill(phase)) >= least_contrast);
    }
    CHECK(contrast(ink_on(owner_fill()), owner_fill()) >= least_contrast);
    CHECK(contrast(ink_on(not_explained_fill()), not_explained_fill()) >= least_contrast);
}

TEST_CASE("Theme: state colours stay apart for every kind of colour vision", "[gui][theme]") {
    constexpr double easy = 15;  // CIE76
    CHECK(least_distance(normal) > easy);
    CHECK(least_distance(protan) > easy);
    CHECK(least_distance(deutan) > easy);
    CHECK(least_distance(tritan) > easy);
}

TEST_CASE("Theme: states that look alike in grey differ in pattern, glyph and word",
          "[gui][theme]") {
    for (const State a : coloured) {
        for (const State b : coloured) {
            if (a >= b) {
                continue;
            }
            CAPTURE(std::string(word(a)), std::string(word(b)));
            CHECK(state_glyph(a) != state_glyph(b));
            CHECK(state_word(a) != state_word(b));
            const double grey =
                std::abs(seen(state_fill(a), normal).l - seen(state_fill(b), normal).l);
            CHECK((grey > 15 || state_pattern(a) != state_pattern(b)));
        }
    }
}

TEST_CASE("Time as text: always with a point, and back", "[gui][time]") {
    CHECK(clock_text(182'300'000'000) == "03:02.300");
    CHECK(clock_text(182'300'999'999) == "03:02.300");
    CHECK(clock_text(3'600'000'000'000, 0) == "60:00");
    CHECK(span_text(11'809'173'720) == "11.809 s");
    CHECK(span_text(50'000) == "50.0 µs");
    CHECK(span_text(0) == "0 s");
    CHECK(parse_time("182.3") == 182'300'000'000);
    CHECK(parse_time("3:02.3") == 182'300'000'000);
    CHECK(parse_time(" 250 ms ") == 250'000'000);
    CHECK(parse_time("2min") == 120'000'000'000);
    for (const char* const bad : {"", "x", "-1", "1:2 ms", "1e3", "1.2.3"}) {
        CHECK_FALSE(parse_time(QString::fromLatin1(bad)));
    }
    for (Time span = 10; span < 1'000'000'000'000; span = span * 3 + 1) {
        const Time step = tick_step(span, 8);
        CHECK(span / step <= 8);
        CHECK(decimals_for(step) <= 9);
    }
}

TEST_CASE("Clock: it stops at both ends, loops, and runs as fast as it is told", "[gui][clock]") {
    PlayerClock clock;
    clock.end = 1000;
    clock.advance(100);
    CHECK(clock.t == 0);
    clock.playing = true;
    clock.speed = 2;
    clock.advance(100);
    CHECK(clock.t == 200);
    clock.direction = -1;
    clock.advance(50);
    CHECK(clock.t == 100);
    clock.advance(5000);
    CHECK(clock.t == 0);
    CHECK_FALSE(clock.playing);
    clock.playing = true;
    clock.direction = 1;
    clock.loop = std::pair<Time, Time>{100, 300};
    clock.t = 290;
    clock.advance(10);
    CHECK(clock.t == 100);
    clock.go(-5);
    CHECK(clock.t == 0);
    clock.go(5000);
    CHECK(clock.t == 1000);
}
