// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/script_strip.hpp"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>

#include "model/time_text.hpp"
#include "view/draw.hpp"

namespace gui {

namespace {

constexpr double margin = 14;
constexpr double axis_height = 18;
constexpr double first_row = 14;
constexpr double row_height = 22;
constexpr int rows = 2;
constexpr double drag_reach = 3;
constexpr Time ms = 1'000'000;

QString text_of(std::string_view view) {
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

}  // namespace

ScriptStrip::ScriptStrip(Session& session, QWidget* parent) : Canvas(session, parent) {
    setObjectName(QStringLiteral("scriptStrip"));
    setAccessibleName(tr("Timeline of the scenario"));
    setToolTip(tr("Drag a fault to change its time; with Shift in steps of 10 ms"));
    setMouseTracking(true);
}

void ScriptStrip::set_script(const Script& script) {
    m_marks.clear();
    Time last = 0;
    for (std::size_t i = 0; i < script.timeline.size(); ++i) {
        const ScriptEntry& entry = script.timeline[i];
        const auto at = parse_time(text_of(entry.value("at")));
        if (!at) {
            continue;  // after something else, or being typed
        }
        const bool fault = entry.field("fault") != nullptr;
        m_marks.push_back(
            {static_cast<int>(i),
             *at,
             fault,
             fault ? tr("%1 %2").arg(text_of(entry.value("fault")), text_of(entry.value("target")))
                   : text_of(entry.value("check"))});
        last = std::max(last, *at);
    }
    const auto stop = parse_time(QString::fromStdString(script.stop_at));
    m_end = std::max<Time>(stop.value_or(last + last / 4), 1000 * ms);
    m_dragged = -1;
    update();
}

void ScriptStrip::set_selected(int entry) {
    m_selected = entry;
    update();
}

double ScriptStrip::x_of(Time t, QSizeF size) const {
    return margin + static_cast<double>(t) / static_cast<double>(m_end) *
                        std::max(size.width() - 2 * margin, 1.0);
}

Time ScriptStrip::time_at(double x, QSizeF size) const {
    const double part = (x - margin) / std::max(size.width() - 2 * margin, 1.0);
    return static_cast<Time>(std::clamp(part, 0.0, 1.0) * static_cast<double>(m_end));
}

Time ScriptStrip::shown_time(const Mark& mark) const {
    return mark.entry == m_dragged && m_moved ? m_dragged_to : mark.at;
}

QPointF ScriptStrip::handle_of(int entry, QSizeF size) const {
    const auto found = std::ranges::find(m_marks, entry, &Mark::entry);
    if (found == m_marks.end()) {
        return {};
    }
    return {x_of(shown_time(*found), size), size.height() - axis_height - 4};
}

void ScriptStrip::paint(QPainter& painter, QSizeF size) {
    if (m_marks.empty()) {
        paint_empty(painter, size, tr("No faults yet."));
        return;
    }
    painter.fillRect(QRectF(QPointF(), size), theme().panel);
    const double ground = size.height() - axis_height;
    painter.setFont(number_font(8));
    const Time step =
        tick_step(m_end, std::max(static_cast<int>((size.width() - 2 * margin) / 64), 1));
    for (Time t = 0; t <= m_end; t += step) {
        const double x = x_of(t, size);
        painter.setPen(theme().grid);
        painter.drawLine(QPointF(x, 4), QPointF(x, ground));
        painter.setPen(theme().muted);
        const double left = std::clamp(x - 30, 0.0, size.width() - 60);
        draw_label(painter,
                   QRectF(left, ground + 1, 60, axis_height - 2),
                   x - 30 < 0              ? Qt::AlignLeft
                   : x + 30 > size.width() ? Qt::AlignRight
                                           : Qt::AlignHCenter,
                   clock_text(t, decimals_for(step)));
    }
    painter.setPen(QPen(theme().border, 2));
    painter.drawLine(QPointF(margin, ground), QPointF(size.width() - margin, ground));

    std::vector<const Mark*> order;
    for (const Mark& mark : m_marks) {
        order.push_back(&mark);
    }
    std::ranges::stable_sort(order, {}, [&](const Mark* mark) { return shown_time(*mark); });
    std::array<double, rows> free_from{};
    painter.setRenderHint(QPainter::Antialiasing, true);
    for (const Mark* const mark : order) {
        const double x = x_of(shown_time(*mark), size);
        const bool selected = mark->entry == m_selected;
        const QColor colour = mark->fault ? theme().bad : theme().muted;
        painter.setFont(text_font(8, selected));
        const QFontMetricsF metrics(painter.font(), painter.device());
        QString words = (mark->fault ? QStringLiteral("✕ ") : QStringLiteral("✓ ")) + mark->words;
        if (mark->entry == m_dragged && m_moved) {
            words = clock_text(m_dragged_to) + QLatin1Char(' ') + words;
        }
        const double width = metrics.horizontalAdvance(words) + 8;
        // On the other side of the line where there is no room behind it.
        const double left = x + 3 + width < size.width() ? x + 3 : std::max(x - 5 - width, 0.0);
        // In the first row that has room; where none has, only the line is drawn.
        int row = 0;
        while (row < rows && free_from[static_cast<std::size_t>(row)] > left) {
            ++row;
        }
        const double top = row < rows ? first_row + row * row_height - 8 : ground - 14;
        painter.setPen(QPen(selected ? theme().accent : colour, selected ? 2.5 : 1.5));
        painter.drawLine(QPointF(x, top), QPointF(x, ground));
        painter.setPen(Qt::NoPen);
        painter.setBrush(selected ? theme().accent : colour);
        if (mark->fault) {
            painter.drawRoundedRect(QRectF(x - 5, ground - 9, 10, 10), 2, 2);
        } else {
            painter.drawEllipse(QPointF(x, ground - 4), 3.5, 3.5);
        }
        if (row < rows) {
            free_from[static_cast<std::size_t>(row)] = left + width + 4;
            painter.setPen(selected ? theme().accent : colour);
            draw_label(painter, QRectF(left + 3, top - 1, width, 17), Qt::AlignLeft, words);
        }
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

const ScriptStrip::Mark* ScriptStrip::mark_at(QPointF where) const {
    const Mark* best = nullptr;
    double nearest = 9;
    for (const Mark& mark : m_marks) {
        const double far = std::abs(x_of(mark.at, size()) - where.x());
        // Of two at the same place the selected one is meant, then the fault.
        if (far < nearest || (far == nearest && best != nullptr && best->entry != m_selected &&
                              (mark.entry == m_selected || (mark.fault && !best->fault)))) {
            nearest = far;
            best = &mark;
        }
    }
    return best;
}

void ScriptStrip::mousePressEvent(QMouseEvent* event) {
    const Mark* const mark = mark_at(event->position());
    if (event->button() != Qt::LeftButton || mark == nullptr) {
        return;
    }
    m_dragged = mark->entry;
    m_dragged_to = mark->at;
    m_pressed_x = event->position().x();
    m_moved = false;
    emit entryClicked(mark->entry);
}

void ScriptStrip::mouseMoveEvent(QMouseEvent* event) {
    if (m_dragged < 0) {
        setCursor(mark_at(event->position()) != nullptr ? Qt::SizeHorCursor : Qt::ArrowCursor);
        return;
    }
    if (!m_moved && std::abs(event->position().x() - m_pressed_x) < drag_reach) {
        return;
    }
    m_moved = true;
    const Time step = (event->modifiers() & Qt::ShiftModifier) != 0 ? 10 * ms : 100 * ms;
    const Time t = time_at(event->position().x(), size());
    m_dragged_to = (t + step / 2) / step * step;
    update();
}

void ScriptStrip::mouseReleaseEvent(QMouseEvent*) {
    const int entry = m_dragged;
    const bool moved = m_moved;
    m_dragged = -1;
    m_moved = false;
    update();
    if (entry >= 0 && moved) {
        emit entryMoved(entry, m_dragged_to);
    }
}

}  // namespace gui
