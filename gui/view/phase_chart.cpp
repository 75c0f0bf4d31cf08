// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/phase_chart.hpp"

#include <QPainter>

#include <algorithm>

#include "model/time_text.hpp"
#include "view/draw.hpp"

namespace gui {

namespace {

constexpr Time second = 1'000'000'000;
constexpr double axis_height = 18;
constexpr double head_height = 18;
constexpr double legend_line = 17;

/// "11.809 s faster ✓". A direction that is not the worst is judged alone; the episode is judged by
/// its worst.
QString total_of(const PhaseBar& bar, bool& good) {
    const DirectionResult& d = *bar.direction;
    EpisodeResult alone = *bar.episode;
    if (bar.episode->worst_direction != d.direction && d.restored) {
        alone.verdict = d.longest < 15 * second    ? "faster"
                        : d.longest <= 20 * second ? "in target"
                                                   : "too slow";
        alone.two_owners = false;
    }
    good = d.restored && verdict_is_good(alone);
    return (d.restored ? PhaseChart::tr("%1 %2").arg(span_text(d.longest), verdict_words(alone))
                       : PhaseChart::tr("not restored")) +
           (good ? QStringLiteral(" ✓") : QStringLiteral(" ✕"));
}

}  // namespace

PhaseChart::PhaseChart(Session& session, QWidget* parent) : Canvas(session, parent) {
    setObjectName(QStringLiteral("phases"));
    setAccessibleName(tr("Takeover phases"));
    connect(&session, &Session::runChanged, this, qOverload<>(&QWidget::update));
    connect(&session, &Session::timeChanged, this, [this] {
        // All of an episode is shown at once.
        const Run* const run = m_session.run();
        const EpisodeResult* const now = run == nullptr ? nullptr : run->episode_at(m_session.t());
        if (!m_own_bars && now != m_shown) {
            update();
        }
    });
}

void PhaseChart::set_bars(std::vector<PhaseBar> bars, const QString& why_empty) {
    m_own_bars = true;
    m_bars = std::move(bars);
    m_why_empty = why_empty;
    update();
}

std::vector<PhaseBar> PhaseChart::bars_of_session(QString& why_empty) const {
    std::vector<PhaseBar> bars;
    const Run* const run = m_session.run();
    if (run == nullptr) {
        why_empty = tr("No run is open.");
        return bars;
    }
    if (!run->result) {
        why_empty = tr("No phases: %1.").arg(run->no_result);
        return bars;
    }
    const EpisodeResult* episode = run->episode_at(m_session.t());
    if (episode == nullptr && !run->result->episodes.empty()) {
        episode = &run->result->episodes.front();
    }
    if (episode == nullptr) {
        why_empty = tr("No fault, so no takeover: this scenario has no episode.");
        return bars;
    }
    for (const DirectionResult& direction : episode->directions) {
        if (direction.interrupted) {
            bars.push_back({QString::fromStdString(direction.direction),
                            QString::fromStdString(episode->id),
                            episode,
                            &direction});
        }
    }
    if (bars.empty()) {
        why_empty = tr("Nobody was cut off by %1: no interruption.")
                        .arg(QString::fromStdString(episode->id));
    }
    return bars;
}

void PhaseChart::paint(QPainter& painter, QSizeF size) {
    QString why_empty = m_why_empty;
    const std::vector<PhaseBar> bars = m_own_bars ? m_bars : bars_of_session(why_empty);
    m_shown = m_session.run() == nullptr ? nullptr : m_session.run()->episode_at(m_session.t());
    if (bars.empty()) {
        paint_empty(painter, size, why_empty);
        return;
    }
    painter.fillRect(QRectF(QPointF(), size), theme().panel);
    Time longest = 20 * second;
    for (const PhaseBar& bar : bars) {
        longest = std::max(longest, bar.direction->longest);
    }
    // As wide as the names and the verdicts need.
    const QFontMetricsF metrics(text_font(8.5, true), painter.device());
    double names = 0;
    double totals = 0;
    for (const PhaseBar& bar : bars) {
        bool good = false;
        names = std::max(
            {names, metrics.horizontalAdvance(bar.name), metrics.horizontalAdvance(bar.note)});
        totals = std::max(totals, metrics.horizontalAdvance(total_of(bar, good)));
    }
    const double left = names + 22;
    const double width = std::max(size.width() - left - totals - 22, 40.0);
    const double per_pixel = static_cast<double>(longest) * 1.08 / width;
    const auto x = [&](Time t) { return left + static_cast<double>(t) / per_pixel; };

    const double legend = size.height() > 150 ? legend_line * 2 + 4 : 0;
    const double room = size.height() - head_height - axis_height - legend;
    const double row = std::clamp(room / static_cast<double>(bars.size()), 16.0, 46.0);
    const double bottom = head_height + row * static_cast<double>(bars.size());

    painter.fillRect(QRectF(x(15 * second), 2, x(20 * second) - x(15 * second), bottom - 2),
                     theme().target);
    painter.setFont(text_font(8, true));
    painter.setPen(theme().good);
    const double middle = (x(15 * second) + x(20 * second)) / 2;
    draw_label(painter,
               QRectF(middle - 60, 1, 120, head_height),
               Qt::AlignHCenter,
               tr("target 15–20 s"),
               Importance::critical);
    painter.setFont(number_font(8));
    const Time step = tick_step(longest, std::max(static_cast<int>(width / 52), 1));
    for (Time t = 0; x(t) <= left + width; t += step) {
        painter.setPen(theme().grid);
        painter.drawLine(QPointF(x(t), head_height), QPointF(x(t), bottom));
        painter.setPen(theme().muted);
        draw_label(
            painter,
            QRectF(x(t) - 26, bottom + 1, 52, axis_height - 2),
            Qt::AlignHCenter,
            QStringLiteral("%1 s").arg(static_cast<double>(t) / 1e9, 0, 'f', decimals_for(step)));
    }
    for (std::size_t i = 0; i < bars.size(); ++i) {
        paint_bar(painter,
                  bars[i],
                  QRectF(left, head_height + row * static_cast<double>(i), width, row),
                  size.width(),
                  per_pixel);
    }
    if (legend > 0) {
        paint_legend(
            painter, QRectF(12, bottom + axis_height + 2, size.width() - 20, legend), bars);
    }
}

void PhaseChart::paint_bar(QPainter& painter,
                           const PhaseBar& bar,
                           const QRectF& room,
                           double right,
                           double per_pixel) const {
    const DirectionResult& d = *bar.direction;
    const bool worst = bar.episode->worst_direction == d.direction;
    painter.setPen(theme().text);
    painter.setFont(text_font(8.5, worst));
    const bool tall = room.height() >= 34 && !bar.note.isEmpty();
    const QRectF names(10, room.top(), room.left() - 14, room.height());
    draw_label(painter,
               tall ? names.adjusted(0, 2, 0, -room.height() / 2) : names,
               Qt::AlignLeft,
               bar.name,
               Importance::critical);
    if (tall) {
        painter.setFont(text_font(8));
        painter.setPen(theme().muted);
        draw_label(
            painter, names.adjusted(0, room.height() / 2 - 1, 0, -2), Qt::AlignLeft, bar.note);
    }
    const double height = std::min(room.height() - 4, 24.0);
    double x = room.left();
    painter.setFont(text_font(8));
    const auto piece = [&](Time length, QColor fill) {
        const double width = static_cast<double>(length) / per_pixel;
        if (width <= 0) {
            return;
        }
        const QRectF rect(x, room.center().y() - height / 2, width, height);
        x += width;
        painter.fillRect(rect, fill);
        if (rect.width() > 3) {
            painter.fillRect(QRectF(rect.right() - 1, rect.top(), 1, rect.height()), theme().panel);
        }
        const QString text = QStringLiteral("%1").arg(static_cast<double>(length) / 1e9, 0, 'f', 1);
        const QFontMetricsF metrics(painter.font(), painter.device());
        if (metrics.horizontalAdvance(text) < width - 3) {
            painter.setPen(ink_on(fill));
            draw_label(painter, rect, Qt::AlignHCenter, text);
        }
    };
    piece(d.unattributed, not_explained_fill());
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
        piece(d.phases[phase], phase_fill(phase));
    }
    if (!d.restored) {
        const QRectF rest(x, room.center().y() - height / 2, room.right() - x, height);
        draw_hatch(painter, rest, theme().panel, theme().bad);
    }
    bool good = false;
    const QString words = total_of(bar, good);
    painter.setPen(good ? theme().good : theme().bad);
    painter.setFont(text_font(8.5, worst));
    draw_label(painter,
               QRectF(room.right() + 8, room.top(), right - room.right() - 12, room.height()),
               Qt::AlignLeft,
               words,
               Importance::critical);
}

void PhaseChart::paint_legend(QPainter& painter,
                              const QRectF& room,
                              const std::vector<PhaseBar>& bars) const {
    painter.setFont(text_font(8));
    const QFontMetricsF metrics(painter.font(), painter.device());
    double x = room.left();
    double y = room.top();
    const auto item = [&](QColor fill, const QString& words) {
        const double width = 16 + metrics.horizontalAdvance(words) + 12;
        if (x + width > room.right()) {
            x = room.left();
            y += legend_line;
        }
        if (y + legend_line > room.bottom() + 1) {
            return;
        }
        painter.fillRect(QRectF(x, y + 4, 10, 10), fill);
        painter.setPen(theme().muted);
        draw_label(painter, QRectF(x + 15, y, width - 16, legend_line), Qt::AlignLeft, words);
        x += width;
    };
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
        Time most = 0;
        Time worst = 0;
        for (const PhaseBar& bar : bars) {
            most = std::max(most, bar.direction->phases[phase]);
            if (bar.episode->worst_direction == bar.direction->direction) {
                worst = bar.direction->phases[phase];
            }
        }
        if (most > 0) {
            item(phase_fill(phase),
                 bars.size() == 1 || !m_own_bars
                     ? tr("%1 %2").arg(phase_word(phase), span_text(worst))
                     : phase_word(phase));
        }
    }
}

}  // namespace gui
