// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/ladder_view.hpp"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

#include "model/time_text.hpp"
#include "view/draw.hpp"

namespace gui {

namespace {

constexpr double head_height = 36;
constexpr double line_height = 17;
constexpr double time_width = 74;
constexpr Time reach = 5'000'000'000;  // how far around the play head is looked

/// At most `most` lines around t. Looks no farther than it takes to find them.
std::vector<LadderLine> lines_around(const History& history, Time t, std::size_t most) {
    std::vector<LadderLine> lines;
    for (const Time far : {reach / 16, reach / 4, reach}) {
        lines = ladder(history, std::max<Time>(t - far, 0), t + far, t, most * 4, {});
        // At the edges the other half of a message may be out of sight.
        const Time safe = far - far / 4;
        const auto at = [&](Time when) {
            return std::ranges::lower_bound(lines, when, {}, &LadderLine::t) - lines.begin();
        };
        const auto half = static_cast<std::ptrdiff_t>(most / 2 + 1);
        if (at(t) - at(t - safe) >= half && at(t + safe) - at(t) >= half) {
            break;
        }
    }
    return nearest(std::move(lines), t, most);
}

}  // namespace

LadderView::LadderView(Session& session, QWidget* parent) : Canvas(session, parent) {
    setObjectName(QStringLiteral("ladder"));
    setAccessibleName(tr("Ladder"));
    connect(&session, &Session::runChanged, this, qOverload<>(&QWidget::update));
    connect(&session, &Session::timeChanged, this, qOverload<>(&QWidget::update));
    connect(&session, &Session::selectionChanged, this, qOverload<>(&QWidget::update));
}

void LadderView::paint(QPainter& painter, QSizeF size) {
    m_placed.clear();
    const Run* const run = m_session.run();
    if (run == nullptr) {
        paint_empty(painter, size, tr("No run is open."));
        return;
    }
    const Time t = m_session.t();
    const auto most =
        static_cast<std::size_t>(std::max((size.height() - head_height - 6) / line_height, 1.0));
    const std::vector<LadderLine> lines = lines_around(*run->history, t, most);
    if (lines.empty()) {
        paint_empty(painter,
                    size,
                    tr("No messages within 5 s of %1. They are where the overview is dense.")
                        .arg(clock_text(t)));
        return;
    }
    painter.fillRect(QRectF(QPointF(), size), theme().panel);
    painter.setFont(text_font(9, true));
    painter.setPen(theme().text);
    draw_label(painter,
               QRectF(10, 2, size.width() - 20, 16),
               Qt::AlignLeft,
               tr("Messages around %1").arg(clock_text(t)));

    // Columns: cluster members first, then who else takes part.
    std::vector<std::uint32_t> columns;
    for (std::uint32_t node = 0; node < run->trace->header.nodes.size(); ++node) {
        if (run->history->member(node)) {
            columns.push_back(node);
        }
    }
    for (const LadderLine& line : lines) {
        for (const std::uint32_t node : {line.from, line.to}) {
            if (node != nobody && std::ranges::count(columns, node) == 0) {
                columns.push_back(node);
            }
        }
    }
    constexpr std::size_t most_columns = 6;
    columns.resize(std::min(columns.size(), most_columns));
    const double left = time_width + 26;
    const double right = size.width() - 34;
    const auto x_of = [&](std::uint32_t node) {
        const auto at = std::ranges::find(columns, node) - columns.begin();
        return columns.size() < 2 ? left
                                  : left + (right - left) * static_cast<double>(at) /
                                               static_cast<double>(columns.size() - 1);
    };
    const double bottom = head_height + static_cast<double>(lines.size()) * line_height + 2;
    const double spread =
        columns.size() < 2 ? 80 : (right - left) / static_cast<double>(columns.size() - 1);
    for (const std::uint32_t node : columns) {
        const Shown shown = run->history->segment_at(node, t).shown;
        painter.setFont(text_font(8, true));
        painter.setPen(theme().state_text(shown.state));
        draw_label(painter,
                   QRectF(x_of(node) - spread / 2 + 1, 18, spread - 2, 15),
                   Qt::AlignHCenter,
                   QString::fromStdString(run->trace->header.nodes[node].id));
        painter.setPen(QPen(theme().border, 1.2));
        painter.drawLine(QPointF(x_of(node), 34),
                         QPointF(x_of(node), std::min(bottom, size.height())));
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    double y = head_height + line_height / 2;
    double play_head = -1;
    for (const LadderLine& line : lines) {
        if (play_head < 0 && line.t > t) {
            play_head = y - line_height / 2;
        }
        const bool selected = m_session.selection() == Selection{Selection::What::row, line.row};
        if (selected) {
            painter.fillRect(QRectF(0, y - line_height / 2, size.width(), line_height),
                             theme().selection);
        }
        painter.setFont(number_font(8));
        painter.setPen(theme().muted);
        draw_label(painter, QRectF(6, y - 8, time_width, 16), Qt::AlignLeft, clock_text(line.t));
        const bool drawn = line.from != nobody && std::ranges::count(columns, line.from) > 0;
        if (line.to == nobody || !drawn || std::ranges::count(columns, line.to) == 0) {
            painter.setFont(text_font(8, line.fault));
            const QColor colour = line.fault ? theme().bad : theme().muted;
            const double x = drawn ? x_of(line.from) : left;
            painter.setPen(Qt::NoPen);
            painter.setBrush(line.fault ? theme().bad : theme().accent);
            painter.drawEllipse(QPointF(x, y), 3, 3);
            const QString words = QString::fromStdString(line.label);
            const double wanted =
                QFontMetricsF(painter.font(), painter.device()).horizontalAdvance(words);
            QRectF room(x + 7, y - 8, size.width() - x - 11, 16);
            if (wanted > room.width() && x - left > room.width()) {
                const double width = std::min(wanted, x - left + 12);
                room = QRectF(x - 8 - width, y - 8, width, 16);
            }
            const double width = std::min(wanted, room.width());
            painter.fillRect(QRectF(room.left() - 2, y - 7, width + 4, 14),
                             selected ? theme().selection : theme().panel);
            painter.setPen(colour);
            draw_label(painter, room, Qt::AlignLeft, words);
        } else {
            const double a = x_of(line.from);
            const double b = line.dropped ? (a + x_of(line.to)) / 2 : x_of(line.to);
            const double way = b > a ? 1 : -1;
            QColor colour =
                line.protocol == "q931" ? theme().accent : packet_look(line.protocol).colour;
            if (line.dropped) {
                colour = theme().bad;
            }
            painter.setPen(QPen(colour, 1.4, line.dropped ? Qt::DashLine : Qt::SolidLine));
            painter.drawLine(QPointF(a, y + 5), QPointF(b, y + 5));
            painter.setPen(Qt::NoPen);
            painter.setBrush(colour);
            painter.drawPolygon(QPolygonF(
                {QPointF(b, y + 5), QPointF(b - way * 6, y + 2), QPointF(b - way * 6, y + 8)}));
            painter.setPen(theme().text);
            painter.setFont(text_font(7.5));
            draw_label(painter,
                       QRectF(std::min(a, b) - 12, y - 9, std::abs(b - a) + 24, 13),
                       Qt::AlignHCenter,
                       QString::fromStdString(line.label) +
                           (line.dropped ? QStringLiteral(" ✕") : QString()));
        }
        m_placed.push_back({y, line.row});
        y += line_height;
    }
    if (play_head < 0) {
        play_head = y - line_height / 2;
    }
    painter.setPen(QPen(theme().text, 1.5));
    painter.drawLine(QPointF(4, play_head), QPointF(size.width() - 4, play_head));
}

void LadderView::mousePressEvent(QMouseEvent* event) {
    for (const Placed& placed : m_placed) {
        if (std::abs(placed.y - event->position().y()) <= line_height / 2) {
            m_session.select_row(placed.row, true);
            return;
        }
    }
}

}  // namespace gui
