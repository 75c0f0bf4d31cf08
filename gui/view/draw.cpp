// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/draw.hpp"

#include <QFontMetricsF>
#include <QIconEngine>

#include <cmath>

namespace gui {

namespace {

thread_local LabelAudit* current_audit = nullptr;

}  // namespace

LabelAudit::LabelAudit() : m_outer(current_audit) {
    current_audit = this;
}

LabelAudit::~LabelAudit() {
    current_audit = m_outer;
}

bool LabelAudit::active() noexcept {
    return current_audit != nullptr;
}

void LabelAudit::note(
    const QPainter& painter, const QRectF& where, const QString& text, bool cut, bool critical) {
    if (current_audit != nullptr) {
        current_audit->m_labels.push_back(
            {painter.combinedTransform().mapRect(where), text, cut, critical});
    }
}

QStringList LabelAudit::complaints() const {
    QStringList out;
    for (std::size_t i = 0; i < m_labels.size(); ++i) {
        const DrawnLabel& label = m_labels[i];
        if (!label.critical) {
            continue;
        }
        if (label.cut_short) {
            out << QStringLiteral("cut short: \"%1\"").arg(label.text);
        }
        for (std::size_t k = 0; k < m_labels.size(); ++k) {
            const DrawnLabel& other = m_labels[k];
            if (k == i || (other.critical && k < i)) {
                continue;
            }
            // A pixel of touching is no overlap.
            if (label.where.adjusted(1, 2, -1, -2).intersects(other.where.adjusted(1, 2, -1, -2))) {
                out << QStringLiteral("\"%1\" lies on \"%2\"").arg(other.text, label.text);
            }
        }
    }
    return out;
}

double draw_label(QPainter& painter,
                  const QRectF& room,
                  Qt::Alignment alignment,
                  const QString& text,
                  Importance importance) {
    if (text.isEmpty()) {
        return 0;
    }
    const QFontMetricsF metrics(painter.font(), painter.device());
    const double wanted = metrics.horizontalAdvance(text);
    // Rounding of positions must not cost a letter.
    const bool cut = wanted > room.width() + 0.5;
    QString shown = text;
    if (cut) {
        shown = metrics.elidedText(text, Qt::ElideRight, room.width());
        constexpr int fewest = 4;  // three letters and the dots
        if (importance == Importance::helpful && shown.size() < fewest) {
            return 0;
        }
    }
    const double width = std::min(wanted, room.width());
    double x = room.left();
    if ((alignment & Qt::AlignHCenter) != 0) {
        x = room.center().x() - width / 2;
    } else if ((alignment & Qt::AlignRight) != 0) {
        x = room.right() - width;
    }
    const QRectF where(x, room.center().y() - metrics.height() / 2, width, metrics.height());
    painter.drawText(QPointF(x, where.top() + metrics.ascent()), shown);
    LabelAudit::note(painter, where, text, cut, importance == Importance::critical);
    return width;
}

void draw_hatch(QPainter& painter, const QRectF& rect, QColor fill, QColor lines) {
    painter.fillRect(rect, fill);
    painter.save();
    painter.setClipRect(rect, Qt::IntersectClip);
    painter.setPen(QPen(lines, 1));
    painter.setRenderHint(QPainter::Antialiasing, true);
    constexpr double gap = 6;
    for (double x = std::floor((rect.left() - rect.height()) / gap) * gap; x < rect.right();
         x += gap) {
        painter.drawLine(QPointF(x, rect.bottom()), QPointF(x + rect.height(), rect.top()));
    }
    painter.restore();
}

namespace {

void draw_pattern(QPainter& painter, const QRectF& rect, State state) {
    QColor lines = state_ink(state);
    lines.setAlpha(70);
    painter.save();
    painter.setClipRect(rect, Qt::IntersectClip);
    painter.setRenderHint(QPainter::Antialiasing, true);
    constexpr double gap = 5;
    const double left = std::max(rect.left(), painter.clipBoundingRect().left() - gap);
    const double right = std::min(rect.right(), painter.clipBoundingRect().right() + gap);
    const double start = rect.left() + std::floor((left - rect.left()) / gap) * gap;
    switch (state_pattern(state)) {
    case Pattern::hatch:
        painter.setPen(QPen(lines, 1.2));
        for (double x = start - rect.height(); x < right; x += gap) {
            painter.drawLine(QPointF(x, rect.bottom()), QPointF(x + rect.height(), rect.top()));
        }
        break;
    case Pattern::bars:
        painter.setPen(QPen(lines, 1));
        for (double x = start + gap / 2; x < right; x += gap) {
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()));
        }
        break;
    case Pattern::dots:
    case Pattern::sparse_dots: {
        painter.setPen(Qt::NoPen);
        painter.setBrush(lines);
        const double step = state_pattern(state) == Pattern::dots ? gap : gap * 1.4;
        bool odd = false;
        for (double x = start + step / 2; x < right; x += step) {
            for (double y = rect.top() + (odd ? step : step / 2); y < rect.bottom(); y += step) {
                painter.drawEllipse(QPointF(x, y), 0.8, 0.8);
            }
            odd = !odd;
        }
        break;
    }
    case Pattern::plain:
        break;
    }
    painter.restore();
}

}  // namespace

void draw_state_chip(QPainter& painter, const QRectF& rect, State state) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    QPainterPath box;
    box.addRoundedRect(rect, rect.width() * 0.2, rect.width() * 0.2);
    painter.fillPath(box, state_fill(state));
    painter.setClipPath(box, Qt::IntersectClip);
    draw_pattern(painter, rect, state);
    const QTransform place =
        QTransform::fromTranslate(rect.left(), rect.top()).scale(rect.width(), rect.height());
    // A rim in the fill keeps the glyph clear of the pattern.
    const QPainterPath glyph = place.map(state_glyph(state));
    painter.strokePath(glyph, QPen(state_fill(state), rect.width() * 0.12));
    painter.fillPath(glyph, state_ink(state));
    painter.restore();
}

void draw_state_bar(QPainter& painter, const QRectF& rect, Shown shown) {
    const State state = shown.state;
    if (state == State::in_service) {
        // Nothing to see here: a thin line, so that trouble stands out.
        painter.fillRect(QRectF(rect.left(), rect.center().y() - 1.5, rect.width(), 3),
                         state_fill(state));
        return;
    }
    painter.fillRect(rect, state_fill(state));
    draw_pattern(painter, rect, state);
    if (rect.width() < rect.height()) {
        return;
    }
    const QFontMetricsF metrics(painter.font(), painter.device());
    const QString words = shown_words(shown);
    const double glyph = rect.height() * 0.86;
    double wanted = glyph + 2 + metrics.horizontalAdvance(words);
    QString text = words;
    if (wanted > rect.width() - 8) {
        text = state_word(state);
        wanted = glyph + 2 + metrics.horizontalAdvance(text);
    }
    const bool room_for_text = wanted <= rect.width() - 8;
    const double width = room_for_text ? wanted : glyph;
    const QRectF plate(rect.center().x() - width / 2, rect.top(), width, rect.height());
    // Behind glyph and word the fill is plain, so that both can be read.
    painter.fillRect(plate.adjusted(-3, 0, 3, 0), state_fill(state));
    const QRectF box(plate.left(), rect.center().y() - glyph / 2, glyph, glyph);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.fillPath(QTransform::fromTranslate(box.left(), box.top())
                         .scale(glyph, glyph)
                         .map(state_glyph(state)),
                     state_ink(state));
    painter.restore();
    if (room_for_text) {
        painter.setPen(state_ink(state));
        draw_label(
            painter, plate.adjusted(glyph + 2, 0, 1, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
    }
}

void draw_packet(QPainter& painter, QPointF centre, double size, PacketLook look, bool dropped) {
    const double r = size / 2;
    painter.setPen(Qt::NoPen);
    painter.setBrush(look.colour);
    switch (look.shape) {
    case PacketShape::circle:
        painter.drawEllipse(centre, r, r);
        break;
    case PacketShape::square:
        painter.drawRect(QRectF(centre.x() - r * 0.9, centre.y() - r * 0.9, r * 1.8, r * 1.8));
        break;
    case PacketShape::diamond:
        painter.drawPolygon(QPolygonF({centre + QPointF(0, -r * 1.2),
                                       centre + QPointF(r * 1.2, 0),
                                       centre + QPointF(0, r * 1.2),
                                       centre + QPointF(-r * 1.2, 0)}));
        break;
    case PacketShape::triangle:
        painter.drawPolygon(QPolygonF({centre + QPointF(0, -r * 1.1),
                                       centre + QPointF(r * 1.1, r * 0.9),
                                       centre + QPointF(-r * 1.1, r * 0.9)}));
        break;
    }
    if (dropped) {
        painter.setPen(QPen(state_fill(State::failed), 2.4));
        painter.drawLine(centre + QPointF(-r * 1.4, -r * 1.4), centre + QPointF(r * 1.4, r * 1.4));
        painter.drawLine(centre + QPointF(-r * 1.4, r * 1.4), centre + QPointF(r * 1.4, -r * 1.4));
    }
}

QRectF
draw_pill(QPainter& painter, QPointF left_middle, const QString& text, QColor fill, double height) {
    const QFontMetricsF metrics(painter.font(), painter.device());
    const QRectF rect(left_middle.x(),
                      left_middle.y() - height / 2,
                      metrics.horizontalAdvance(text) + height,
                      height);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawRoundedRect(rect, height / 2, height / 2);
    painter.setPen(ink_on(fill));
    draw_label(painter,
               rect.adjusted(height / 2, 0, -height / 2 + 1, 0),
               Qt::AlignLeft | Qt::AlignVCenter,
               text,
               Importance::critical);
    painter.restore();
    return rect;
}

// ---------------------------------------------------------------- icons

namespace {

class PathIcon final : public QIconEngine {
  public:
    PathIcon(Icon icon, QColor colour) : m_icon(icon), m_colour(colour) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        QColor colour = m_colour;
        if (mode == QIcon::Disabled) {
            colour.setAlpha(90);
        }
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing, true);
        painter->translate(rect.topLeft());
        // At the left of a wider box: the rest keeps the text away.
        const double side = std::min(rect.width(), rect.height()) / 16.0;
        painter->scale(side, side);
        painter->setPen(QPen(colour, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter->setBrush(Qt::NoBrush);
        draw(*painter, colour);
        painter->restore();
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return pixmap;
    }
    [[nodiscard]] QIconEngine* clone() const override { return new PathIcon(m_icon, m_colour); }

  private:
    static void triangle(QPainter& p, QColor colour, double x, double width) {
        QPainterPath path;
        path.moveTo(x, 3.5);
        path.lineTo(x + width, 8);
        path.lineTo(x, 12.5);
        path.closeSubpath();
        p.fillPath(path, colour);
    }

    void draw(QPainter& p, QColor colour) const {
        switch (m_icon) {
        case Icon::open:
            p.drawPolyline(QPolygonF(
                {{1.5, 13}, {1.5, 3}, {6, 3}, {7.5, 5}, {14.5, 5}, {14.5, 13}, {1.5, 13}}));
            break;
        case Icon::edit:
            p.drawLine(QPointF(3, 13), QPointF(12.5, 3.5));
            p.drawLine(QPointF(2, 14), QPointF(3, 13));
            p.drawEllipse(QPointF(12.8, 3.2), 1, 1);
            break;
        case Icon::run:
            p.drawEllipse(QPointF(8, 8), 6.5, 6.5);
            triangle(p, colour, 6.2, 5);
            break;
        case Icon::player:
            p.drawRoundedRect(QRectF(1.5, 2.5, 13, 11), 1.5, 1.5);
            triangle(p, colour, 6, 5);
            break;
        case Icon::compare:
            p.drawRect(QRectF(1.5, 2.5, 5.5, 11));
            p.drawRect(QRectF(9, 2.5, 5.5, 11));
            break;
        case Icon::sweep:
            for (int x = 0; x < 3; ++x) {
                for (int y = 0; y < 3; ++y) {
                    p.fillRect(QRectF(2 + x * 4.4, 2 + y * 4.4, 3.4, 3.4),
                               (x + y) % 2 == 0
                                   ? colour
                                   : QColor(colour.red(), colour.green(), colour.blue(), 110));
                }
            }
            break;
        case Icon::save:
            p.drawLine(QPointF(8, 10), QPointF(8, 2));
            p.drawPolyline(QPolygonF({{5, 5}, {8, 2}, {11, 5}}));
            p.drawPolyline(QPolygonF({{2.5, 8}, {2.5, 14}, {13.5, 14}, {13.5, 8}}));
            break;
        case Icon::first:
        case Icon::back: {
            p.translate(16, 0);
            p.scale(-1, 1);
            if (m_icon == Icon::first) {
                triangle(p, colour, 2, 5);
                triangle(p, colour, 7, 5);
            } else {
                triangle(p, colour, 4, 6);
            }
            p.fillRect(QRectF(m_icon == Icon::first ? 12 : 10.5, 3.5, 1.8, 9), colour);
            break;
        }
        case Icon::last:
            triangle(p, colour, 2, 5);
            triangle(p, colour, 7, 5);
            p.fillRect(QRectF(12, 3.5, 1.8, 9), colour);
            break;
        case Icon::forward:
            triangle(p, colour, 4, 6);
            p.fillRect(QRectF(10.5, 3.5, 1.8, 9), colour);
            break;
        case Icon::play:
            triangle(p, colour, 4.5, 8);
            break;
        case Icon::pause:
            p.fillRect(QRectF(4, 3.5, 2.8, 9), colour);
            p.fillRect(QRectF(9.2, 3.5, 2.8, 9), colour);
            break;
        case Icon::stop:
            p.fillRect(QRectF(4, 4, 8, 8), colour);
            break;
        case Icon::loop:
            p.drawArc(QRectF(3, 3, 10, 10), 40 * 16, 280 * 16);
            p.drawPolyline(QPolygonF({{9.5, 4.6}, {12.2, 4.9}, {12.6, 2.2}}));
            break;
        case Icon::bookmark:
            p.drawPolyline(
                QPolygonF({{4, 2.5}, {12, 2.5}, {12, 13.5}, {8, 10}, {4, 13.5}, {4, 2.5}}));
            break;
        }
    }

    Icon m_icon;
    QColor m_colour;
};

}  // namespace

QIcon make_icon(Icon icon, QColor colour) {
    return QIcon(new PathIcon(icon, colour));
}

}  // namespace gui
