// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/time_text.hpp"

#include <QRegularExpression>

#include <array>
#include <cmath>

namespace gui {

namespace {

constexpr Time second = 1'000'000'000;

}  // namespace

QString clock_text(Time t) {
    return clock_text(t, 3);
}

QString clock_text(Time t, int decimals) {
    const QString sign = t < 0 ? QStringLiteral("-") : QString();
    Time rest = t < 0 ? -t : t;
    Time unit = 1;
    for (int i = decimals; i < 9; ++i) {
        unit *= 10;
    }
    rest -= rest % unit;  // shown times do not run ahead of what has happened
    const Time minutes = rest / (60 * second);
    const Time seconds = rest / second % 60;
    QString text = sign + QStringLiteral("%1:%2")
                              .arg(minutes, 2, 10, QLatin1Char('0'))
                              .arg(seconds, 2, 10, QLatin1Char('0'));
    if (decimals > 0) {
        text += QStringLiteral(".%1").arg(rest % second / unit, decimals, 10, QLatin1Char('0'));
    }
    return text;
}

QString span_text(Time span) {
    const double seconds = static_cast<double>(span) / 1e9;
    const double size = std::abs(seconds);
    if (span == 0) {
        return QStringLiteral("0 s");
    }
    if (size < 1e-6) {
        return QStringLiteral("%1 ns").arg(span);
    }
    if (size < 1e-3) {
        return QStringLiteral("%1 µs").arg(seconds * 1e6, 0, 'f', 1);
    }
    if (size < 0.1) {
        return QStringLiteral("%1 ms").arg(seconds * 1e3, 0, 'f', 1);
    }
    return QStringLiteral("%1 s").arg(seconds, 0, 'f', 3);
}

QString signed_span_text(Time span) {
    return (span >= 0 ? QStringLiteral("+") : QString()) +
           QStringLiteral("%1 s").arg(static_cast<double>(span) / 1e9, 0, 'f', 3);
}

std::optional<Time> parse_time(const QString& text) {
    static const QRegularExpression clock(QStringLiteral(
        "^\\s*(?:(\\d{1,6}):)?(\\d{1,9}(?:\\.\\d{1,9})?)\\s*(s|ms|us|ns|min)?\\s*$"));
    const auto match = clock.match(text);
    if (!match.hasMatch()) {
        return std::nullopt;
    }
    const QString unit = match.captured(3);
    if (!match.captured(1).isEmpty() && !unit.isEmpty()) {
        return std::nullopt;
    }
    const double value = match.captured(2).toDouble() + match.captured(1).toDouble() * 60;
    const double factor = unit == QLatin1String("ms")    ? 1e6
                          : unit == QLatin1String("us")  ? 1e3
                          : unit == QLatin1String("ns")  ? 1
                          : unit == QLatin1String("min") ? 60e9
                                                         : 1e9;
    return static_cast<Time>(std::llround(value * factor));
}

Time tick_step(Time span, int most) {
    const Time parts = std::max(most, 1);
    const Time least = (span + parts - 1) / parts;
    for (Time power = 1; power < second * 10; power *= 10) {
        for (const Time times : {1, 2, 5}) {
            if (times * power >= least) {
                return times * power;
            }
        }
    }
    for (const Time step :
         {10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400}) {
        if (step * second >= least) {
            return step * second;
        }
    }
    return std::max<Time>(least, 1);
}

int decimals_for(Time step) {
    int decimals = 0;
    for (Time unit = second; unit > 1 && step % unit != 0; unit /= 10) {
        ++decimals;
    }
    return decimals;
}

}  // namespace gui
