// SPDX-License-Identifier: GPL-2.0-or-later
// Colours, patterns and glyphs: the one place that says how a state, a phase or a protocol looks. A
// state always shows by colour and pattern and glyph and word; colour alone is never enough.
#pragma once

#include <QColor>
#include <QFont>
#include <QPainterPath>
#include <QPalette>
#include <QString>

#include "trace/history.hpp"
#include "trace/run_result.hpp"

namespace gui {

struct Theme {
    bool dark = false;
    QColor window;
    QColor panel;
    QColor lane;  ///< every other lane
    QColor border;
    QColor text;
    QColor muted;
    QColor accent;
    QColor selection;
    QColor grid;
    QColor good;     ///< as text
    QColor bad;      ///< as text
    QColor warning;  ///< as text
    QColor target;   ///< fill of the target band
    QColor notice;   ///< background of the strip that tells of problems

    [[nodiscard]] static const Theme& light();
    [[nodiscard]] static const Theme& night();
    [[nodiscard]] static const Theme& of(bool dark) { return dark ? night() : light(); }

    [[nodiscard]] QPalette palette() const;
    /// As text on `window` and `panel`.
    [[nodiscard]] QColor state_text(State) const;
};

/// Fill colours are the same in both themes.
[[nodiscard]] QColor state_fill(State);
[[nodiscard]] QColor state_ink(State);  ///< glyph and text on that fill
/// Drawn by draw.cpp: Qt's own patterns do not follow the scale of the screen.
enum class Pattern : std::uint8_t { plain, hatch, bars, dots, sparse_dots };
[[nodiscard]] Pattern state_pattern(State);
/// Within a box of one by one.
[[nodiscard]] QPainterPath state_glyph(State);
[[nodiscard]] QString state_word(State);
[[nodiscard]] QString shown_words(Shown);  ///< "failed · no power"

[[nodiscard]] QColor phase_fill(std::size_t phase);
[[nodiscard]] QString phase_word(std::size_t phase);
[[nodiscard]] QColor not_explained_fill();
[[nodiscard]] QColor owner_fill();
/// Black or white, whichever can be read better on it.
[[nodiscard]] QColor ink_on(QColor fill);

enum class PacketShape : std::uint8_t { circle, square, diamond, triangle };

struct PacketLook {
    QColor colour;
    PacketShape shape;
};
[[nodiscard]] PacketLook packet_look(std::string_view protocol);

/// WCAG 2 contrast, 1 to 21.
[[nodiscard]] double contrast(QColor, QColor);

[[nodiscard]] QFont text_font(double points, bool bold = false);
[[nodiscard]] QFont number_font(double points, bool bold = false);

/// Verdict of an episode with its sign: "faster ✓". `good`: whether it counts as one.
[[nodiscard]] QString verdict_words(const EpisodeResult&);
[[nodiscard]] bool verdict_is_good(const EpisodeResult&);

}  // namespace gui
