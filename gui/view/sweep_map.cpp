// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/sweep_map.hpp"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <array>
#include <cmath>

#include "model/time_text.hpp"
#include "view/draw.hpp"

namespace gui {

namespace {

constexpr Time second = 1'000'000'000;
constexpr double row_height = 40;
constexpr double head_height = 26;
constexpr double gap = 3;
constexpr double margin = 12;
constexpr double axis_height = 20;
constexpr double legend_height = 74;
constexpr double dot = 7;

double names_width(QSizeF size) {
    return std::clamp(size.width() * 0.38, 120.0, 280.0);
}

QString seconds_text(Time t) {
    return QStringLiteral("%1 s").arg(
        static_cast<double>(t) / 1e9, 0, 'f', t < 100 * second ? 1 : 0);
}

bool good(std::string_view verdict) {
    return verdict == "faster" || verdict == "in target" || verdict == "no interruption";
}

}  // namespace

QColor cut_off_fill(Time t) {
    struct Stop {
        double at;
        int r, g, b;
    };
    // Cividis-like, made of equal steps of lightness.
    static constexpr std::array<Stop, 4> stops{{{0, 0xFD, 0xE7, 0x45},
                                                {15, 0xBB, 0xAE, 0x6E},
                                                {30, 0x75, 0x76, 0x77},
                                                {60, 0x16, 0x36, 0x73}}};
    const double seconds = std::clamp(static_cast<double>(t) / 1e9, 0.0, stops.back().at);
    for (std::size_t i = 1; i < stops.size(); ++i) {
        if (seconds <= stops[i].at) {
            const Stop& a = stops[i - 1];
            const Stop& b = stops[i];
            const double part = (seconds - a.at) / (b.at - a.at);
            const auto mix = [&](int from, int to) {
                return static_cast<int>(std::lround(from + (to - from) * part));
            };
            return {mix(a.r, b.r), mix(a.g, b.g), mix(a.b, b.b)};
        }
    }
    return {stops.back().r, stops.back().g, stops.back().b};
}

QString sweep_verdict(std::string_view verdict) {
    EpisodeResult episode;
    episode.verdict = verdict;
    return verdict == "two owners" ? SweepMap::tr("two owners") : verdict_words(episode);
}

// ---------------------------------------------------------------- the table

SweepMap::SweepMap(Session& session, QWidget* parent) : Canvas(session, parent) {
    setObjectName(QStringLiteral("sweepMap"));
    setAccessibleName(tr("Cut-off by scenario and daemon"));
    setFocusPolicy(Qt::StrongFocus);
}

void SweepMap::set_table(const SweepTable* table) {
    m_table = table;
    m_selected = -1;
    updateGeometry();
    update();
    const SweepCell* first = nullptr;
    for (std::size_t i = 0;
         table != nullptr && first == nullptr && i < table->implementations.size();
         ++i) {
        first = table->at(0, i);
    }
    select(first == nullptr ? -1 : static_cast<int>(first - table->cells.data()));
}

QSize SweepMap::sizeHint() const {
    const auto rows = m_table == nullptr ? 0 : m_table->scenarios.size();
    return {520,
            static_cast<int>(head_height + static_cast<double>(rows) * row_height + legend_height)};
}

QSize SweepMap::minimumSizeHint() const {
    return {300, sizeHint().height()};
}

void SweepMap::select(int cell) {
    m_selected = cell;
    if (cell >= 0 && m_table != nullptr) {
        const SweepCell& one = m_table->cells[static_cast<std::size_t>(cell)];
        setAccessibleDescription(tr("%1 with %2: %3 in the middle, worst: %4")
                                     .arg(QString::fromStdString(one.scenario),
                                          QString::fromStdString(one.implementation),
                                          seconds_text(one.total.p50),
                                          sweep_verdict(one.worst())));
    }
    update();
    emit selectionChanged();
}

QRectF SweepMap::cell_rect(std::size_t row, std::size_t column, QSizeF size) const {
    const double left = names_width(size);
    const double width = std::min((size.width() - left - margin) /
                                      static_cast<double>(m_table->implementations.size()),
                                  220.0);
    return QRectF(left + static_cast<double>(column) * width,
                  head_height + static_cast<double>(row) * row_height,
                  width,
                  row_height)
        .adjusted(gap / 2, gap / 2, -gap / 2, -gap / 2);
}

void SweepMap::paint(QPainter& painter, QSizeF size) {
    if (m_table == nullptr) {
        paint_empty(painter, size, tr("No results are open."));
        return;
    }
    painter.fillRect(QRectF(QPointF(), size), theme().panel);
    painter.setFont(text_font(9, true));
    painter.setPen(theme().text);
    for (std::size_t column = 0; column < m_table->implementations.size(); ++column) {
        const QRectF cell = cell_rect(0, column, size);
        draw_label(painter,
                   QRectF(cell.left() + 2, 4, cell.width() - 4, head_height - 6),
                   Qt::AlignLeft,
                   QString::fromStdString(m_table->implementations[column]),
                   Importance::critical);
    }
    for (std::size_t row = 0; row < m_table->scenarios.size(); ++row) {
        painter.setFont(text_font(9));
        painter.setPen(theme().text);
        const QRectF first = cell_rect(row, 0, size);
        draw_label(painter,
                   QRectF(margin, first.top(), first.left() - margin - 8, first.height()),
                   Qt::AlignLeft,
                   QString::fromStdString(m_table->scenarios[row]));
        for (std::size_t column = 0; column < m_table->implementations.size(); ++column) {
            const QRectF rect = cell_rect(row, column, size);
            if (const SweepCell* const cell = m_table->at(row, column)) {
                paint_cell(painter, *cell, rect, cell - m_table->cells.data() == m_selected);
            } else {
                painter.setPen(theme().muted);
                painter.setFont(text_font(8));
                draw_label(painter, rect, Qt::AlignHCenter, tr("not run"));
            }
        }
    }
    paint_legend(painter,
                 QRectF(margin,
                        head_height + static_cast<double>(m_table->scenarios.size()) * row_height,
                        size.width() - 2 * margin,
                        legend_height));
}

void SweepMap::paint_legend(QPainter& painter, const QRectF& room) const {
    painter.setFont(text_font(8));
    const auto words = [&](double x, double y, const QString& text) {
        painter.setPen(theme().muted);
        return x +
               draw_label(painter,
                          QRectF(x, y, std::max(room.right() - x, 0.0), 18),
                          Qt::AlignLeft,
                          text) +
               16;
    };
    double y = room.top() + 10;
    constexpr int steps = 24;
    constexpr double step = 5;
    for (int i = 0; i < steps; ++i) {
        painter.fillRect(QRectF(room.left() + i * step, y + 4, step, 11),
                         cut_off_fill(60 * second * i / (steps - 1)));
    }
    words(room.left() + steps * step + 6, y, tr("median cut-off, 0 to 60 s and more"));
    y += 21;
    painter.setPen(QPen(theme().good, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(room.left() + 1, y + 4, 14, 11));
    const double next = words(room.left() + 22, y, tr("✓ every run within 20 s"));
    draw_hatch(painter, QRectF(next, y + 4, 14, 11), theme().panel, theme().bad);
    words(next + 21, y, tr("✕ two owners, or no takeover"));
}

void SweepMap::paint_cell(QPainter& painter,
                          const SweepCell& cell,
                          const QRectF& rect,
                          bool selected) const {
    const std::uint64_t split = cell.count("two owners");
    const std::string_view worst = cell.worst();
    QColor fill = cut_off_fill(cell.total.p50);
    if (worst == "no interruption") {
        fill = theme().lane;
    }
    QColor ink = ink_on(fill);
    if (split > 0 || worst == "no takeover") {
        fill = theme().panel;
        draw_hatch(painter, rect, fill, theme().bad);
        ink = theme().text;
    } else {
        painter.fillRect(rect, fill);
    }
    const bool all_good = split == 0 && good(worst);
    if (all_good) {
        painter.setPen(QPen(theme().good, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect.adjusted(1, 1, -1, -1));
    }
    // What happened in every run stands first.
    const bool always = !worst.empty() && cell.count(worst) == cell.runs;
    const bool number = worst != "no interruption" && !(always && worst == "no takeover");
    QString main = number ? seconds_text(cell.total.p50) : sweep_verdict(worst);
    QString small = number
                        ? tr("p95 %1 · %2").arg(seconds_text(cell.total.p95), sweep_verdict(worst))
                        : tr("all runs (%1)").arg(cell.runs);
    if (split > 0) {
        small = tr("two owners in %1 of %2").arg(split).arg(cell.runs);
    } else if (worst == "no takeover" && !always) {
        small = tr("no takeover in %1 of %2").arg(cell.count(worst)).arg(cell.runs);
    }
    main += all_good ? QStringLiteral(" ✓") : QStringLiteral(" ✕");
    const auto write = [&](const QRectF& room, const QString& words, const QFont& font) {
        painter.setFont(font);
        if (split > 0 || worst == "no takeover") {
            const QFontMetricsF metrics(font, painter.device());
            painter.fillRect(QRectF(room.left() - 2,
                                    room.top() + 1,
                                    std::min(metrics.horizontalAdvance(words) + 4, room.width()),
                                    room.height() - 2),
                             fill);
        }
        painter.setPen(ink);
        draw_label(painter, room, Qt::AlignLeft, words);
    };
    const double half = rect.height() / 2;
    write(QRectF(rect.left() + 10, rect.top() + 2, rect.width() - 14, half - 1),
          main,
          text_font(9.5, true));
    write(QRectF(rect.left() + 10, rect.top() + half, rect.width() - 14, half - 3),
          small,
          text_font(8));
    if (selected) {
        painter.setRenderHint(QPainter::Antialiasing, true);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme().panel, 4));
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 2, 2);
        painter.setPen(QPen(theme().text, 2.5));
        painter.drawRoundedRect(rect.adjusted(0, 0, 0, 0), 3, 3);
        painter.setRenderHint(QPainter::Antialiasing, false);
    }
}

int SweepMap::cell_at(QPointF where) const {
    if (m_table == nullptr) {
        return -1;
    }
    for (std::size_t row = 0; row < m_table->scenarios.size(); ++row) {
        for (std::size_t column = 0; column < m_table->implementations.size(); ++column) {
            if (cell_rect(row, column, size()).contains(where)) {
                const SweepCell* const cell = m_table->at(row, column);
                return cell == nullptr ? -1 : static_cast<int>(cell - m_table->cells.data());
            }
        }
    }
    return -1;
}

void SweepMap::mousePressEvent(QMouseEvent* event) {
    if (const int cell = cell_at(event->position()); cell >= 0) {
        select(cell);
    }
}

void SweepMap::mouseDoubleClickEvent(QMouseEvent* event) {
    if (const int cell = cell_at(event->position()); cell >= 0) {
        select(cell);
        emit activated();
    }
}

void SweepMap::keyPressEvent(QKeyEvent* event) {
    if (m_table == nullptr || m_selected < 0) {
        Canvas::keyPressEvent(event);
        return;
    }
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        emit activated();
        return;
    }
    const int down = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
    const int right = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (down == 0 && right == 0) {
        Canvas::keyPressEvent(event);
        return;
    }
    const SweepCell& now = m_table->cells[static_cast<std::size_t>(m_selected)];
    auto row = std::ranges::find(m_table->scenarios, now.scenario) - m_table->scenarios.begin();
    auto column = std::ranges::find(m_table->implementations, now.implementation) -
                  m_table->implementations.begin();
    const auto rows = static_cast<std::ptrdiff_t>(m_table->scenarios.size());
    const auto columns = static_cast<std::ptrdiff_t>(m_table->implementations.size());
    // Combinations that were not run are stepped over.
    for (;;) {
        row += down;
        column += right;
        if (row < 0 || column < 0 || row >= rows || column >= columns) {
            return;
        }
        if (const SweepCell* const cell =
                m_table->at(static_cast<std::size_t>(row), static_cast<std::size_t>(column))) {
            select(static_cast<int>(cell - m_table->cells.data()));
            return;
        }
    }
}

bool SweepMap::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* const help = static_cast<QHelpEvent*>(event);
        const int at = cell_at(help->pos());
        if (at < 0) {
            QToolTip::hideText();
            return true;
        }
        const SweepCell& cell = m_table->cells[static_cast<std::size_t>(at)];
        QToolTip::showText(help->globalPos(),
                           QStringLiteral("%1\n%2 … %3 (%4)")
                               .arg(QString::fromStdString(cell.title),
                                    seconds_text(cell.total.least),
                                    seconds_text(cell.total.most),
                                    QString::fromStdString(cell.implementation)),
                           this);
        return true;
    }
    return Canvas::event(event);
}

// ---------------------------------------------------------------- the runs of a cell

SeedChart::SeedChart(Session& session, QWidget* parent) : Canvas(session, parent) {
    setObjectName(QStringLiteral("seedChart"));
    setAccessibleName(tr("Cut-off of every seed"));
}

void SeedChart::set_runs(const std::vector<SeedRun>* runs) {
    m_runs = runs;
    m_marked = -1;
    update();
}

void SeedChart::set_marked(int run) {
    m_marked = run;
    update();
}

Time SeedChart::longest() const {
    Time most = 21 * second;
    for (const SeedRun& run : *m_runs) {
        most = std::max(most, run.cut_off);
    }
    return most;
}

QPointF SeedChart::place_of(std::size_t run, QSizeF size) const {
    const double width = std::max(size.width() - 2 * margin - 70, 1.0);
    const double x = margin + static_cast<double>((*m_runs)[run].cut_off) /
                                  static_cast<double>(longest()) * width;
    // Spread over the height by the seed, so that equal cut-offs do not hide one another.
    const double room = std::max(size.height() - axis_height - 24 - dot, 1.0);
    const double part = static_cast<double>(((*m_runs)[run].seed * 7919) % 97) / 96.0;
    return {x, 24 + dot / 2 + part * room};
}

void SeedChart::paint(QPainter& painter, QSizeF size) {
    if (m_runs == nullptr || m_runs->empty()) {
        paint_empty(
            painter,
            size,
            tr("No single runs lie beside this summary: seed-N/result.json was not found."));
        return;
    }
    painter.fillRect(QRectF(QPointF(), size), theme().panel);
    const Time most = longest();
    const double width = std::max(size.width() - 2 * margin - 70, 1.0);
    const auto x_of = [&](Time t) {
        return margin + static_cast<double>(t) / static_cast<double>(most) * width;
    };
    const double bottom = size.height() - axis_height;
    painter.fillRect(
        QRectF(x_of(15 * second), 2, x_of(20 * second) - x_of(15 * second), bottom - 2),
        theme().target);
    painter.setFont(text_font(8, true));
    painter.setPen(theme().good);
    const double middle = (x_of(15 * second) + x_of(20 * second)) / 2;
    draw_label(painter, QRectF(middle - 60, 2, 120, 16), Qt::AlignHCenter, tr("target 15–20 s"));
    painter.setFont(number_font(8));
    const Time step = tick_step(most, std::max(static_cast<int>(width / 56), 1));
    for (Time t = 0; x_of(t) <= margin + width + 1; t += step) {
        painter.setPen(theme().grid);
        painter.drawLine(QPointF(x_of(t), 20), QPointF(x_of(t), bottom));
        painter.setPen(theme().muted);
        draw_label(
            painter,
            QRectF(x_of(t) - 27, bottom + 1, 54, axis_height - 2),
            t == 0 ? Qt::AlignRight : Qt::AlignHCenter,
            QStringLiteral("%1 s").arg(static_cast<double>(t) / 1e9, 0, 'f', decimals_for(step)));
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    const double half = x_of((*m_runs)[(m_runs->size() - 1) / 2].cut_off);
    painter.setPen(QPen(theme().text, 2));
    painter.drawLine(QPointF(half, 22), QPointF(half, bottom));
    for (std::size_t i = 0; i < m_runs->size(); ++i) {
        const SeedRun& run = (*m_runs)[i];
        const QPointF at = place_of(i, size);
        const bool bad = run.two_owners || !run.restored || !good(run.verdict);
        const bool marked = static_cast<int>(i) == m_marked;
        painter.setPen(QPen(marked ? theme().text : theme().panel, marked ? 2 : 0.8));
        painter.setBrush(bad ? theme().bad : theme().accent);
        const double r = marked ? dot * 0.75 : dot / 2;
        // Shape as well as colour.
        if (bad) {
            painter.drawRect(QRectF(at.x() - r, at.y() - r, 2 * r, 2 * r));
        } else {
            painter.drawEllipse(at, r, r);
        }
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

int SeedChart::run_at(QPointF where) const {
    int best = -1;
    double nearest = 8;
    for (std::size_t i = 0; m_runs != nullptr && i < m_runs->size(); ++i) {
        const QPointF away = place_of(i, size()) - where;
        const double far = std::hypot(away.x(), away.y());
        if (far < nearest) {
            nearest = far;
            best = static_cast<int>(i);
        }
    }
    return best;
}

void SeedChart::mousePressEvent(QMouseEvent* event) {
    if (const int run = run_at(event->position()); run >= 0) {
        emit clicked(run);
    }
}

}  // namespace gui
