// SPDX-License-Identifier: GPL-2.0-or-later
// Brush strokes that all painters share, and the audit of labels: a test asks which labels were cut
// short or lie on one another.
#pragma once

#include <QIcon>
#include <QPainter>
#include <QString>

#include <vector>

#include "model/theme.hpp"

namespace gui {

struct DrawnLabel {
    QRectF where;
    QString text;
    bool cut_short = false;
    bool critical = false;  ///< must always be legible in full
};

/// Collects the labels that are drawn while one of these lives on the stack of this thread.
class LabelAudit {
  public:
    LabelAudit();
    ~LabelAudit();
    LabelAudit(const LabelAudit&) = delete;
    LabelAudit& operator=(const LabelAudit&) = delete;

    [[nodiscard]] const std::vector<DrawnLabel>& labels() const noexcept { return m_labels; }
    /// Sentences about critical labels that are cut short or overlap; empty when all is well.
    [[nodiscard]] QStringList complaints() const;

    [[nodiscard]] static bool active() noexcept;
    static void
    note(const QPainter&, const QRectF& where, const QString& text, bool cut, bool critical);

  private:
    LabelAudit* m_outer;
    std::vector<DrawnLabel> m_labels;
};

enum class Importance : std::uint8_t { critical, helpful };

/// Draws one line of text, elided when it is too long; helpful text that has no room for three
/// letters is left out. Returns the width it took.
double draw_label(QPainter&,
                  const QRectF& room,
                  Qt::Alignment,
                  const QString& text,
                  Importance = Importance::helpful);

/// A square with the fill, pattern and glyph of the state.
void draw_state_chip(QPainter&, const QRectF&, State);
/// Fill and pattern of the state, glyph and words as far as there is room.
void draw_state_bar(QPainter&, const QRectF&, Shown);
void draw_hatch(QPainter&, const QRectF&, QColor fill, QColor lines);
void draw_packet(QPainter&, QPointF centre, double size, PacketLook, bool dropped);
/// A rounded label on a fill; returns its rectangle.
QRectF draw_pill(QPainter&, QPointF left_middle, const QString& text, QColor fill, double height);

enum class Icon : std::uint8_t {
    open,
    edit,
    run,
    compare,
    sweep,
    save,
    first,
    back,
    play,
    pause,
    forward,
    last,
    loop,
    bookmark,
    stop,
    player
};
/// Drawn anew for each size and theme.
[[nodiscard]] QIcon make_icon(Icon, QColor);

}  // namespace gui
