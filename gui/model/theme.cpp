// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/theme.hpp"

#include <QCoreApplication>

#include <array>
#include <cmath>

namespace gui {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(Theme)
};

Theme make_light() {
    Theme t;
    t.dark = false;
    t.window = QColor(0xF2, 0xF4, 0xF6);
    t.panel = QColor(0xFF, 0xFF, 0xFF);
    t.lane = QColor(0xF6, 0xF8, 0xFA);
    t.border = QColor(0xCF, 0xD5, 0xDB);
    t.text = QColor(0x1C, 0x21, 0x26);
    t.muted = QColor(0x57, 0x61, 0x6B);
    t.accent = QColor(0x00, 0x72, 0xB2);
    t.selection = QColor(0xCF, 0xE5, 0xF5);
    t.grid = QColor(0xDD, 0xE2, 0xE7);
    t.good = QColor(0x00, 0x6B, 0x4E);
    t.bad = QColor(0xB0, 0x34, 0x00);
    t.warning = QColor(0x83, 0x55, 0x00);
    t.target = QColor(0x00, 0x9E, 0x73, 46);
    t.notice = QColor(0xFD, 0xEE, 0xE6);
    return t;
}

Theme make_night() {
    Theme t;
    t.dark = true;
    t.window = QColor(0x1B, 0x1F, 0x24);
    t.panel = QColor(0x22, 0x27, 0x2D);
    t.lane = QColor(0x27, 0x2D, 0x33);
    t.border = QColor(0x3C, 0x44, 0x4D);
    t.text = QColor(0xE6, 0xEA, 0xEE);
    t.muted = QColor(0xA5, 0xAF, 0xB9);
    t.accent = QColor(0x62, 0xB8, 0xEC);
    t.selection = QColor(0x2A, 0x52, 0x76);
    t.grid = QColor(0x33, 0x3A, 0x42);
    t.good = QColor(0x4C, 0xD7, 0xA8);
    t.bad = QColor(0xFF, 0x8A, 0x5C);
    t.warning = QColor(0xF0, 0xB4, 0x29);
    t.target = QColor(0x00, 0x9E, 0x73, 70);
    t.notice = QColor(0x3B, 0x29, 0x20);
    return t;
}

double channel(int value) {
    const double c = value / 255.0;
    return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double luminance(QColor c) {
    return 0.2126 * channel(c.red()) + 0.7152 * channel(c.green()) + 0.0722 * channel(c.blue());
}

}  // namespace

const Theme& Theme::light() {
    static const Theme theme = make_light();
    return theme;
}

const Theme& Theme::night() {
    static const Theme theme = make_night();
    return theme;
}

QPalette Theme::palette() const {
    QPalette p;
    p.setColor(QPalette::Window, window);
    p.setColor(QPalette::WindowText, text);
    p.setColor(QPalette::Base, panel);
    p.setColor(QPalette::AlternateBase, lane);
    p.setColor(QPalette::Text, text);
    p.setColor(QPalette::PlaceholderText, muted);
    p.setColor(QPalette::Button, dark ? QColor(0x2B, 0x31, 0x38) : QColor(0xFA, 0xFB, 0xFC));
    p.setColor(QPalette::ButtonText, text);
    p.setColor(QPalette::BrightText, bad);
    p.setColor(QPalette::Highlight, selection);
    p.setColor(QPalette::HighlightedText, text);
    p.setColor(QPalette::ToolTipBase, panel);
    p.setColor(QPalette::ToolTipText, text);
    p.setColor(QPalette::Link, accent);
    p.setColor(QPalette::LinkVisited, accent);
    p.setColor(QPalette::Mid, border);
    p.setColor(QPalette::Midlight, border);
    p.setColor(QPalette::Dark, border);
    p.setColor(QPalette::Light, panel);
    p.setColor(QPalette::Shadow, dark ? QColor(Qt::black) : border);
    for (const QPalette::ColorRole role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        QColor faint = muted;
        faint.setAlpha(130);
        p.setColor(QPalette::Disabled, role, faint);
    }
    return p;
}

QColor Theme::state_text(State state) const {
    switch (state) {
    case State::in_service:
        return muted;
    case State::active:
        return dark ? QColor(0x62, 0xB8, 0xEC) : QColor(0x00, 0x5E, 0x93);
    case State::standby:
        return dark ? QColor(0x8F, 0xD0, 0xF7) : QColor(0x1B, 0x66, 0x91);
    case State::taking_over:
        return dark ? QColor(0xE2, 0x9C, 0xC3) : QColor(0x8F, 0x3D, 0x6B);
    case State::degraded:
        return warning;
    case State::failed:
        return bad;
    case State::unknown:
        return dark ? QColor(0xB4, 0xBD, 0xC6) : QColor(0x3F, 0x46, 0x4E);
    }
    return text;
}

QColor state_fill(State state) {
    switch (state) {
    case State::in_service:
        return {0xA9, 0xB4, 0xBE};
    case State::active:
        return {0x00, 0x72, 0xB2};
    case State::standby:
        return {0x7C, 0xC4, 0xF2};
    case State::taking_over:
        return {0xCC, 0x79, 0xA7};
    case State::degraded:
        return {0xE6, 0x9F, 0x00};
    case State::failed:
        return {0xC2, 0x3B, 0x00};
    case State::unknown:
        return {0x3F, 0x46, 0x4E};
    }
    return {};
}

QColor state_ink(State state) {
    return ink_on(state_fill(state));
}

Pattern state_pattern(State state) {
    switch (state) {
    case State::taking_over:
        return Pattern::dots;
    case State::failed:
        return Pattern::hatch;
    case State::unknown:
        return Pattern::sparse_dots;
    case State::degraded:
        return Pattern::bars;
    case State::in_service:
    case State::active:
    case State::standby:
        break;
    }
    return Pattern::plain;
}

QPainterPath state_glyph(State state) {
    QPainterPath path;
    path.setFillRule(Qt::WindingFill);
    switch (state) {
    case State::in_service:
        path.addEllipse(QPointF(0.5, 0.5), 0.16, 0.16);
        break;
    case State::active:
        path.moveTo(0.30, 0.20);
        path.lineTo(0.80, 0.50);
        path.lineTo(0.30, 0.80);
        path.closeSubpath();
        break;
    case State::standby:
        path.addRect(0.30, 0.22, 0.14, 0.56);
        path.addRect(0.56, 0.22, 0.14, 0.56);
        break;
    case State::taking_over: {
        path.setFillRule(Qt::OddEvenFill);
        path.addEllipse(QPointF(0.5, 0.5), 0.32, 0.32);
        QPainterPath half;
        half.moveTo(0.5, 0.24);
        half.arcTo(QRectF(0.24, 0.24, 0.52, 0.52), 90, -180);
        half.closeSubpath();
        path.addPath(half);
        break;
    }
    case State::degraded:
        path.addRoundedRect(QRectF(0.42, 0.18, 0.16, 0.40), 0.05, 0.05);
        path.addEllipse(QPointF(0.5, 0.74), 0.095, 0.095);
        break;
    case State::failed: {
        QPainterPath bar;
        bar.addRect(-0.36, -0.075, 0.72, 0.15);
        QTransform turn;
        turn.translate(0.5, 0.5);
        path.addPath(QTransform(turn).rotate(45).map(bar));
        path.addPath(QTransform(turn).rotate(-45).map(bar));
        break;
    }
    case State::unknown: {
        QPainterPath hook;
        hook.moveTo(0.34, 0.38);
        hook.cubicTo(0.34, 0.14, 0.68, 0.14, 0.66, 0.38);
        hook.cubicTo(0.65, 0.50, 0.50, 0.48, 0.50, 0.62);
        QPainterPathStroker stroker;
        stroker.setWidth(0.12);
        path.addPath(stroker.createStroke(hook));
        path.addEllipse(QPointF(0.5, 0.78), 0.075, 0.075);
        break;
    }
    }
    return path;
}

QString state_word(State state) {
    switch (state) {
    case State::in_service:
        return Words::tr("in service");
    case State::active:
        return Words::tr("active");
    case State::standby:
        return Words::tr("standby");
    case State::taking_over:
        return Words::tr("taking over");
    case State::degraded:
        return Words::tr("degraded");
    case State::failed:
        return Words::tr("failed");
    case State::unknown:
        return Words::tr("unknown");
    }
    return {};
}

/// For lupdate: shown_words() translates what history.cpp says.
[[maybe_unused]] constexpr std::array<const char*, 17> reasons{
    QT_TRANSLATE_NOOP("Theme", "no power"),
    QT_TRANSLATE_NOOP("Theme", "crashed"),
    QT_TRANSLATE_NOOP("Theme", "frozen"),
    QT_TRANSLATE_NOOP("Theme", "not booted"),
    QT_TRANSLATE_NOOP("Theme", "booting"),
    QT_TRANSLATE_NOOP("Theme", "no daemon"),
    QT_TRANSLATE_NOOP("Theme", "group failed"),
    QT_TRANSLATE_NOOP("Theme", "releasing"),
    QT_TRANSLATE_NOOP("Theme", "no carrier"),
    QT_TRANSLATE_NOOP("Theme", "service hangs"),
    QT_TRANSLATE_NOOP("Theme", "2 owners"),
    QT_TRANSLATE_NOOP("Theme", "peer silent"),
    QT_TRANSLATE_NOOP("Theme", "not fed"),
    QT_TRANSLATE_NOOP("Theme", "not transmitting"),
    QT_TRANSLATE_NOOP("Theme", "no D-channel"),
    QT_TRANSLATE_NOOP("Theme", "line alarm"),
    QT_TRANSLATE_NOOP("Theme", "impaired")};

QString shown_words(Shown shown) {
    const std::string_view reason = word(shown.reason);
    if (reason.empty()) {
        return state_word(shown.state);
    }
    return Words::tr("%1 · %2").arg(
        state_word(shown.state),
        Words::tr(std::string(reason).c_str()));  // reasons: words of history.cpp
}

QColor phase_fill(std::size_t phase) {
    // The colours of the report's waterfall (sim/report/waterfall_svg.cpp).
    static const std::array<QColor, phase_count> fills{QColor(0xC2, 0x3B, 0x00),
                                                       QColor(0xE6, 0x9F, 0x00),
                                                       QColor(0x8C, 0x6D, 0x31),
                                                       QColor(0x00, 0x72, 0xB2),
                                                       QColor(0x7C, 0xC4, 0xF2),
                                                       QColor(0x6A, 0x51, 0xA3),
                                                       QColor(0xCC, 0x79, 0xA7),
                                                       QColor(0x00, 0x9E, 0x73),
                                                       QColor(0x3F, 0x7F, 0x93),
                                                       QColor(0xB8, 0x86, 0x0B),
                                                       QColor(0x5C, 0x66, 0x70)};
    return fills[phase % phase_count];
}

QString phase_word(std::size_t phase) {
    static const std::array<const char*, phase_count> words{QT_TRANSLATE_NOOP("Theme", "detect"),
                                                            QT_TRANSLATE_NOOP("Theme", "decide"),
                                                            QT_TRANSLATE_NOOP("Theme", "fence"),
                                                            QT_TRANSLATE_NOOP("Theme", "address"),
                                                            QT_TRANSLATE_NOOP("Theme", "announce"),
                                                            QT_TRANSLATE_NOOP("Theme", "route"),
                                                            QT_TRANSLATE_NOOP("Theme", "bridge"),
                                                            QT_TRANSLATE_NOOP("Theme", "service"),
                                                            QT_TRANSLATE_NOOP("Theme", "trunk"),
                                                            QT_TRANSLATE_NOOP("Theme", "register"),
                                                            QT_TRANSLATE_NOOP("Theme", "call")};
    return Words::tr(words[phase % phase_count]);
}

QColor not_explained_fill() {
    return {0x3F, 0x46, 0x4E};
}

QColor owner_fill() {
    return {0xF0, 0xE4, 0x42};
}

QColor ink_on(QColor fill) {
    const QColor dark(Qt::black);
    const QColor white(Qt::white);
    return contrast(dark, fill) > contrast(white, fill) ? dark : white;
}

PacketLook packet_look(std::string_view protocol) {
    if (protocol == "heartbeat") {
        return {QColor(0xCC, 0x79, 0xA7), PacketShape::circle};
    }
    if (protocol == "arp") {
        return {QColor(0xE6, 0x9F, 0x00), PacketShape::diamond};
    }
    if (protocol == "bridge" || protocol == "sip") {
        return {QColor(0x00, 0x72, 0xB2), PacketShape::square};
    }
    if (protocol == "icmp") {
        return {QColor(0x00, 0x9E, 0x73), PacketShape::triangle};
    }
    if (protocol == "tdmoe" || protocol == "rtp") {
        return {QColor(0x00, 0x9E, 0x73), PacketShape::circle};
    }
    return {QColor(0x8A, 0x93, 0x9C), PacketShape::circle};
}

double contrast(QColor a, QColor b) {
    const double first = luminance(a) + 0.05;
    const double second = luminance(b) + 0.05;
    return first > second ? first / second : second / first;
}

QFont text_font(double points, bool bold) {
    QFont font(QStringList{QStringLiteral("Inter"), QStringLiteral("DejaVu Sans")});
    font.setPointSizeF(points);
    font.setWeight(bold ? QFont::DemiBold : QFont::Normal);
    return font;
}

QFont number_font(double points, bool bold) {
    QFont font(QStringList{QStringLiteral("JetBrains Mono"), QStringLiteral("DejaVu Sans Mono")});
    font.setPointSizeF(points);
    font.setStyleHint(QFont::Monospace);
    font.setWeight(bold ? QFont::DemiBold : QFont::Normal);
    return font;
}

bool verdict_is_good(const EpisodeResult& episode) {
    return !episode.two_owners && (episode.verdict == "faster" || episode.verdict == "in target" ||
                                   episode.verdict == "no interruption");
}

QString verdict_words(const EpisodeResult& episode) {
    QString words;
    if (episode.verdict == "faster") {
        words = Words::tr("faster");
    } else if (episode.verdict == "in target") {
        words = Words::tr("in target");
    } else if (episode.verdict == "too slow") {
        words = Words::tr("too slow");
    } else if (episode.verdict == "no interruption") {
        words = Words::tr("no interruption");
    } else if (episode.verdict == "no takeover") {
        words = Words::tr("no takeover");
    } else {
        words = QString::fromStdString(episode.verdict);
    }
    return episode.two_owners ? Words::tr("%1, two owners").arg(words) : words;
}

}  // namespace gui
