// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/timeline_view.hpp"

#include <QHelpEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <array>
#include <cmath>

#include "model/time_text.hpp"
#include "trace/story.hpp"
#include "view/draw.hpp"

namespace gui {

namespace {

constexpr Time second = 1'000'000'000;
constexpr Time target_from = 15 * second;  // docs/phases.md: 15 to 20 s is "in target"
constexpr Time target_to = 20 * second;
constexpr double label_width = 136;
constexpr double right_margin = 14;
constexpr double overview_top = 4;
constexpr double overview_height = 18;
constexpr double ruler_top = overview_top + overview_height + 3;
constexpr double ruler_height = 20;
constexpr double header_height = ruler_top + ruler_height;
constexpr double drag_reach = 4;

double overview_width(QSizeF size) {
    return std::max(size.width() - label_width - right_margin, 1.0);
}

Time tick_of(const TimelineScale& scale) {
    constexpr double apart = 86;  // a time is that wide
    return tick_step(scale.to - scale.from, std::max(static_cast<int>(scale.width / apart), 1));
}

QRectF span_rect(const TimelineScale& scale, Time from, Time to, const QRectF& lane) {
    const double left = std::max(scale.to_x(from), lane.left());
    const double right = std::min(scale.to_x(to), lane.right());
    return {left, lane.top(), std::max(right - left, 0.0), lane.height()};
}

/// Time without an answer that is longer than this is no pause between two probe calls.
Time longest_pause(const DirectionLane& lane) {
    if (lane.probe_answers.size() < 2) {
        return second;
    }
    std::vector<Time> gaps;
    for (std::size_t i = 1; i < lane.probe_answers.size(); ++i) {
        gaps.push_back(lane.probe_answers[i] - lane.probe_answers[i - 1]);
    }
    const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
    std::ranges::nth_element(gaps, middle);
    return std::max<Time>(*middle * 5, second / 5);
}

}  // namespace

QString range_summary(const Session& session, Time from, Time to) {
    const Run* const run = session.run();
    if (run == nullptr) {
        return {};
    }
    const Trace& trace = *run->trace;
    const QLocale locale;
    QStringList parts;
    parts << TimelineView::tr("%1 to %2: %3")
                 .arg(clock_text(from), clock_text(to), span_text(to - from));
    parts << TimelineView::tr("%1 records")
                 .arg(locale.toString(trace.first_after(to) - trace.first_after(from - 1)));
    for (const DirectionLane& lane : run->history->directions()) {
        const auto first = std::ranges::lower_bound(lane.probe_answers, from);
        const auto last = std::ranges::upper_bound(lane.probe_answers, to);
        parts << TimelineView::tr("%1: %2 probe calls answered")
                     .arg(QString::fromStdString(lane.name),
                          locale.toString(qlonglong{last - first}));
    }
    if (session.selection().what == Selection::What::node) {
        const std::size_t node = session.selection().index;
        std::array<Time, state_count> spent{};
        const auto& lane = run->history->node_lanes()[node];
        for (std::size_t i = 0; i < lane.size(); ++i) {
            const Time begin = std::max(from, lane[i].from);
            const Time end = std::min(to, i + 1 < lane.size() ? lane[i + 1].from : trace.end());
            spent[static_cast<std::size_t>(lane[i].shown.state)] += std::max<Time>(end - begin, 0);
        }
        QStringList states;
        for (std::size_t state = 0; state < state_count; ++state) {
            if (spent[state] > 0) {
                states << TimelineView::tr("%1 %2").arg(state_word(static_cast<State>(state)),
                                                        span_text(spent[state]));
            }
        }
        parts << TimelineView::tr("%1: %2").arg(QString::fromStdString(trace.header.nodes[node].id),
                                                states.join(QStringLiteral(", ")));
    }
    return parts.join(QStringLiteral(" · "));
}

TimelineView::TimelineView(Session& session, QWidget* parent) : Canvas(session, parent) {
    setObjectName(QStringLiteral("timeline"));
    setAccessibleName(tr("Timeline"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    m_scroll.setObjectName(QStringLiteral("timelineScroll"));
    m_scroll.setAccessibleName(tr("Lanes"));
    m_scroll.hide();
    connect(&m_scroll, &QScrollBar::valueChanged, this, &TimelineView::paint_anew);
    connect(&session, &Session::runChanged, this, [this] { refresh(); });
    for (const auto signal : {&Session::timeChanged, &Session::hoverChanged}) {
        connect(&session, signal, this, qOverload<>(&QWidget::update));
    }
    for (const auto signal : {&Session::windowChanged,
                              &Session::selectionChanged,
                              &Session::rangeChanged,
                              &Session::bookmarksChanged,
                              &Session::playingChanged}) {
        connect(&session, signal, this, &TimelineView::paint_anew);
    }
    refresh();
}

void TimelineView::refresh() {
    m_lanes.clear();
    m_overview = QPixmap();
    if (const Run* const run = m_session.run()) {
        const History& history = *run->history;
        const TraceHeader& header = run->trace->header;
        m_lanes.push_back({What::faults, 0, tr("faults"), 23, 0});
        m_lanes.push_back({What::phases, 0, tr("takeover phases"), 25, 0});
        for (std::size_t i = 0; i < history.addresses().size(); ++i) {
            m_lanes.push_back(
                {What::owner, i, QString::fromStdString(history.addresses()[i]), 17, 0});
        }
        const auto add_nodes = [&](bool members) {
            for (std::size_t node = 0; node < header.nodes.size(); ++node) {
                if (history.member(node) == members &&
                    (members || history.node_lanes()[node].size() > 1)) {
                    m_lanes.push_back(
                        {What::node, node, QString::fromStdString(header.nodes[node].id), 17, 0});
                }
            }
        };
        add_nodes(true);
        for (std::size_t i = 0; i < history.directions().size(); ++i) {
            m_lanes.push_back(
                {What::direction,
                 i,
                 tr("calls %1").arg(QString::fromStdString(history.directions()[i].name)),
                 20,
                 0});
        }
        add_nodes(false);
        double top = 0;
        for (Lane& lane : m_lanes) {
            lane.top = top;
            top += lane.height;
        }
    }
    place_scroll_bar();
    paint_anew();
}

void TimelineView::paint_anew() {
    m_still = QPixmap();
    update();
}

double TimelineView::content_height() const {
    return m_lanes.empty() ? 0 : m_lanes.back().top + m_lanes.back().height + 4;
}

void TimelineView::place_scroll_bar() {
    const int room = height() - static_cast<int>(header_height);
    const int more = static_cast<int>(std::ceil(content_height())) - room;
    const int bar = m_scroll.sizeHint().width();
    m_scroll.setGeometry(width() - bar, static_cast<int>(header_height), bar, std::max(room, 1));
    m_scroll.setRange(0, std::max(more, 0));
    m_scroll.setPageStep(std::max(room, 1));
    m_scroll.setSingleStep(18);
    m_scroll.setVisible(more > 0);
}

void TimelineView::resizeEvent(QResizeEvent*) {
    place_scroll_bar();
    paint_anew();
}

TimelineScale TimelineView::scale(QSizeF size) const {
    const auto [from, to] = m_session.window();
    return {from, to, label_width, std::max(size.width() - label_width - right_margin, 1.0)};
}

void TimelineView::paint(QPainter& painter, QSizeF size) {
    if (m_session.run() == nullptr) {
        paint_empty(painter, size, tr("No run is open."));
        return;
    }
    const TimelineScale s = scale(size);
    paint_still(painter, size, s);
    paint_moving(painter, size, s);
}

/// Most of the view does not depend on the time shown: scrubbing paints it once.
void TimelineView::paintEvent(QPaintEvent* event) {
    if (m_session.run() == nullptr) {
        Canvas::paintEvent(event);
        return;
    }
    const double ratio = devicePixelRatioF();
    const QSize wanted = (QSizeF(size()) * ratio).toSize();
    const TimelineScale s = scale(size());
    if (m_still.size() != wanted || m_still.devicePixelRatioF() != ratio) {
        m_still = QPixmap(wanted);
        m_still.setDevicePixelRatio(ratio);
        QPainter still(&m_still);
        paint_still(still, size(), s);
    }
    QPainter painter(this);
    painter.drawPixmap(QPointF(), m_still);
    paint_moving(painter, size(), s);
}

void TimelineView::paint_still(QPainter& painter, QSizeF size, const TimelineScale& s) {
    painter.fillRect(QRectF(QPointF(), size), theme().panel);
    paint_ruler(painter, size, s);
    paint_overview(painter, size);
    painter.save();
    painter.setClipRect(QRectF(0, header_height, size.width(), size.height() - header_height));
    const double scrolled = m_scroll.isVisibleTo(this) ? m_scroll.value() : 0;
    bool odd = false;
    for (const Lane& lane : m_lanes) {
        const double top = header_height + lane.top - scrolled;
        odd = !odd;
        if (top > size.height() || top + lane.height < header_height) {
            continue;
        }
        const QRectF whole(0, top, size.width(), lane.height);
        if (odd) {
            painter.fillRect(whole, theme().lane);
        }
        const bool selected =
            lane.what == What::node &&
            m_session.selection() ==
                Selection{Selection::What::node, static_cast<std::uint32_t>(lane.index)};
        painter.setFont(text_font(8.5, selected));
        painter.setPen(selected ? theme().accent : theme().text);
        const bool visible = top >= header_height && top + lane.height <= size.height();
        draw_label(painter,
                   QRectF(6, top, label_width - 14, lane.height),
                   Qt::AlignRight,
                   lane.label,
                   visible ? Importance::critical : Importance::helpful);
        paint_lane(painter, lane, QRectF(s.left, top, s.width, lane.height), s);
    }
    // Faults are seen in all lanes.
    for (const FaultMark& mark : m_session.run()->history->faults()) {
        const double x = s.to_x(mark.t);
        if (x >= s.left && x <= s.left + s.width) {
            painter.setPen(QPen(mark.repair ? theme().muted : theme().bad, 1, Qt::DashLine));
            painter.drawLine(QPointF(x, header_height), QPointF(x, size.height()));
        }
    }
    painter.restore();
    paint_range(painter, size, s);
}

void TimelineView::paint_moving(QPainter& painter, QSizeF size, const TimelineScale& s) const {
    const TimelineScale all{
        0, std::max<Time>(m_session.end(), 1), label_width, overview_width(size)};
    const double x = all.to_x(m_session.t());
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(QPen(theme().text, 1.5));
    painter.drawLine(QPointF(x, overview_top), QPointF(x, overview_top + overview_height));
    painter.setRenderHint(QPainter::Antialiasing, false);
    paint_times(painter, s);
    paint_play_head(painter, size, s);
}

void TimelineView::paint_overview(QPainter& painter, QSizeF size) {
    const Run& run = *m_session.run();
    const Trace& trace = *run.trace;
    const QRectF room(label_width, overview_top, overview_width(size), overview_height);
    painter.setFont(text_font(8));
    painter.setPen(theme().muted);
    draw_label(painter,
               QRectF(6, overview_top, label_width - 14, overview_height),
               Qt::AlignRight,
               tr("whole run, %1").arg(clock_text(m_session.end(), 0)));
    const double ratio = painter.device()->devicePixelRatioF();
    const QSize wanted = (room.size() * ratio).toSize();
    if (m_overview.size() != wanted || m_overview.devicePixelRatioF() != ratio) {
        m_overview = QPixmap(wanted);
        m_overview.setDevicePixelRatio(ratio);
        m_overview.fill(theme().lane);
        QPainter picture(&m_overview);
        const int columns = static_cast<int>(room.width());
        std::vector<double> counts;
        double most = 1;
        std::uint32_t before = 0;
        for (int x = 0; x < columns; ++x) {
            const Time until =
                static_cast<Time>(static_cast<double>(m_session.end()) * (x + 1) / columns);
            const std::uint32_t after = trace.first_after(until);
            counts.push_back(std::log1p(static_cast<double>(after - before)));
            most = std::max(most, counts.back());
            before = after;
        }
        QColor bar = theme().accent;
        bar.setAlpha(120);
        for (int x = 0; x < columns; ++x) {
            const double h = counts[static_cast<std::size_t>(x)] / most * (room.height() - 2);
            picture.fillRect(QRectF(x, room.height() - h, 1, h), bar);
        }
    }
    painter.drawPixmap(room.topLeft(), m_overview);
    const TimelineScale all{0, std::max<Time>(m_session.end(), 1), room.left(), room.width()};
    painter.setRenderHint(QPainter::Antialiasing, true);
    for (const FaultMark& mark : run.history->faults()) {
        const double x = all.to_x(mark.t);
        painter.setPen(Qt::NoPen);
        painter.setBrush(mark.repair ? theme().muted : theme().bad);
        painter.drawPolygon(QPolygonF(
            {QPointF(x - 4, room.top()), QPointF(x + 4, room.top()), QPointF(x, room.top() + 7)}));
    }
    const auto [from, to] = m_session.window();
    const double left = all.to_x(from);
    const QRectF window(left, room.top(), std::max(all.to_x(to) - left, 3.0), room.height());
    QColor veil = theme().accent;
    veil.setAlpha(50);
    painter.setPen(QPen(theme().accent, 1.5));
    painter.setBrush(veil);
    painter.drawRect(window);
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void TimelineView::paint_times(QPainter& painter, const TimelineScale& s) const {
    const Time step = tick_of(s);
    const int decimals = decimals_for(step);
    painter.setFont(number_font(8));
    painter.setPen(theme().muted);
    for (Time t = (s.from + step - 1) / step * step; t <= s.to; t += step) {
        const double half = 43;
        const double middle = std::clamp(s.to_x(t), s.left + 22, s.left + s.width - 22);
        // The flag of the play head covers what is near it.
        if (std::abs(middle - s.to_x(m_session.t())) > 72) {
            draw_label(painter,
                       QRectF(middle - half, ruler_top, half * 2, ruler_height - 4),
                       Qt::AlignHCenter,
                       clock_text(t, decimals));
        }
    }
}

void TimelineView::paint_ruler(QPainter& painter, QSizeF size, const TimelineScale& s) const {
    const Time step = tick_of(s);
    painter.setPen(theme().grid);
    for (Time t = (s.from + step - 1) / step * step; t <= s.to; t += step) {
        const double x = s.to_x(t);
        painter.drawLine(QPointF(x, ruler_top + ruler_height - 3), QPointF(x, size.height()));
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    for (const Bookmark& bookmark : m_session.bookmarks()) {
        const double x = s.to_x(bookmark.t);
        if (x >= s.left && x <= s.left + s.width) {
            painter.setPen(QPen(theme().text, 0.8));
            painter.setBrush(owner_fill());
            painter.drawPolygon(QPolygonF({QPointF(x - 4, ruler_top + 6),
                                           QPointF(x + 4, ruler_top + 6),
                                           QPointF(x + 4, ruler_top + 18),
                                           QPointF(x, ruler_top + 14),
                                           QPointF(x - 4, ruler_top + 18)}));
        }
    }
    if (const auto loop = m_session.loop()) {
        const QRectF bar = span_rect(
            s, loop->first, loop->second, QRectF(s.left, ruler_top + ruler_height - 4, s.width, 4));
        painter.fillRect(bar, theme().accent);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void TimelineView::paint_play_head(QPainter& painter, QSizeF size, const TimelineScale& s) const {
    const auto line_at = [&](Time t, const QPen& pen) {
        const double x = s.to_x(t);
        if (x >= s.left - 0.5 && x <= s.left + s.width + 0.5) {
            painter.setPen(pen);
            painter.drawLine(QPointF(x, header_height - 2), QPointF(x, size.height()));
        }
    };
    if (m_session.hovered_row() != no_row) {
        line_at(m_session.run()->trace->rows[m_session.hovered_row()].t, QPen(theme().accent, 1));
    }
    line_at(m_session.t(), QPen(theme().text, 2));
    const double x = s.to_x(m_session.t());
    if (x < s.left - 0.5 || x > s.left + s.width + 0.5) {
        return;
    }
    painter.setFont(number_font(8.5, true));
    const QString text = clock_text(m_session.t());
    const QFontMetricsF metrics(painter.font(), painter.device());
    const double width = metrics.horizontalAdvance(text) + 14;
    const QRectF flag(std::clamp(x - width / 2, s.left, s.left + s.width - width),
                      ruler_top,
                      width,
                      ruler_height - 2);
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme().text);
    painter.drawRoundedRect(flag, 8, 8);
    painter.setPen(theme().panel);
    draw_label(painter, flag.adjusted(5, 0, -5, 0), Qt::AlignHCenter, text, Importance::critical);
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void TimelineView::paint_lane(QPainter& painter,
                              const Lane& lane,
                              const QRectF& room,
                              const TimelineScale& s) const {
    painter.save();
    painter.setClipRect(room.adjusted(0, 0, right_margin, 0), Qt::IntersectClip);
    painter.setFont(text_font(8));
    switch (lane.what) {
    case What::faults:
        paint_faults(painter, room, s);
        break;
    case What::phases:
        paint_phases(painter, room, s);
        break;
    case What::owner:
        paint_owner(painter, lane.index, room.adjusted(0, 2, 0, -2), s);
        break;
    case What::node:
        paint_node(painter, lane.index, room.adjusted(0, 2, 0, -2), s);
        break;
    case What::direction:
        paint_direction(painter, lane.index, room.adjusted(0, 2, 0, -2), s);
        break;
    }
    painter.restore();
}

void TimelineView::paint_faults(QPainter& painter,
                                const QRectF& room,
                                const TimelineScale& s) const {
    const auto& faults = m_session.run()->history->faults();
    if (faults.empty()) {
        painter.setPen(theme().muted);
        draw_label(painter, room.adjusted(6, 0, 0, 0), Qt::AlignLeft, tr("no fault in this run"));
        return;
    }
    painter.setFont(text_font(8, true));
    const QFontMetricsF metrics(painter.font(), painter.device());
    double free_from = room.left() - 100;
    for (std::size_t i = 0; i < faults.size(); ++i) {
        const FaultMark& mark = faults[i];
        const double x = s.to_x(mark.t);
        if (x > room.right() || x < room.left() - 200) {
            continue;
        }
        const QString text =
            (mark.repair ? QStringLiteral("↻ ") : QStringLiteral("✕ ")) +
            tr("%1 %2").arg(QString::fromStdString(mark.verb), QString::fromStdString(mark.target));
        const double width = metrics.horizontalAdvance(text) + 18;
        const double next =
            i + 1 < faults.size() ? s.to_x(faults[i + 1].t) : room.right() + right_margin;
        const double left = std::min(x + 1, room.right() + right_margin - width - 1);
        const QColor fill =
            mark.repair ? (theme().dark ? QColor(0x55, 0x60, 0x6B) : QColor(0xC4, 0xCB, 0xD2))
                        : state_fill(State::failed);
        painter.setRenderHint(QPainter::Antialiasing, true);
        if (left >= free_from && (left + width <= next || next > room.right())) {
            draw_pill(painter, {left, room.center().y()}, text, fill, 18);
            free_from = left + width + 3;
        } else {
            painter.setPen(Qt::NoPen);
            painter.setBrush(fill);
            painter.drawEllipse(QPointF(x, room.center().y()), 4, 4);
        }
        painter.setRenderHint(QPainter::Antialiasing, false);
    }
}

void TimelineView::paint_phases(QPainter& painter,
                                const QRectF& room,
                                const TimelineScale& s) const {
    const Run& run = *m_session.run();
    if (!run.result) {
        // Without a result the milestones are all there is.
        for (const Milestone& milestone : run.history->milestones()) {
            const double x = s.to_x(milestone.t);
            const auto phase =
                std::ranges::find(phase_names, milestone.phase) - phase_names.begin();
            if (x >= room.left() && x <= room.right()) {
                painter.fillRect(QRectF(x - 1, room.top() + 4, 2, room.height() - 8),
                                 phase_fill(static_cast<std::size_t>(phase)));
            }
        }
        painter.setPen(theme().muted);
        draw_label(painter,
                   room.adjusted(6, 0, 0, 0),
                   Qt::AlignLeft,
                   tr("No phases: %1. Marks are milestones.").arg(run.no_result));
        return;
    }
    struct CutOff {
        const EpisodeResult* episode;
        std::pair<Time, Time> cut;
    };
    std::vector<CutOff> all;
    for (const EpisodeResult& episode : run.result->episodes) {
        if (const auto cut = run.cut_off(episode)) {
            all.push_back({&episode, *cut});
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        // Band and verdict end where the next cut-off begins.
        const Time until = i + 1 < all.size() ? all[i + 1].cut.first : m_session.end();
        paint_episode(painter, *all[i].episode, all[i].cut, until, room, s);
    }
}

void TimelineView::paint_episode(QPainter& painter,
                                 const EpisodeResult& episode,
                                 std::pair<Time, Time> cut,
                                 Time until,
                                 const QRectF& room,
                                 const TimelineScale& s) const {
    const DirectionResult& worst = *episode.worst();
    const QRectF bars = room.adjusted(0, 3, 0, -3);
    const QRectF band = span_rect(
        s, std::min(cut.first + target_from, until), std::min(cut.first + target_to, until), room);
    if (band.width() > 0) {
        painter.fillRect(band, theme().target);
        painter.setPen(QPen(theme().good, 1, Qt::DashLine));
        painter.drawLine(band.topLeft(), band.bottomLeft());
        painter.drawLine(band.topRight(), band.bottomRight());
    }
    painter.setFont(text_font(8));
    const QFontMetricsF metrics(painter.font(), painter.device());
    Time at = cut.first;
    const auto bar = [&](Time length, QColor fill, const QString& name) {
        const QRectF rect = span_rect(s, at, at + length, bars);
        at += length;
        if (rect.width() <= 0) {
            return;
        }
        painter.fillRect(rect, fill);
        painter.setPen(ink_on(fill));
        const QString full = tr("%1 %2").arg(name, span_text(length));
        if (metrics.horizontalAdvance(full) < rect.width() - 4) {
            draw_label(painter, rect.adjusted(2, 0, -1, 0), Qt::AlignHCenter, full);
        } else if (metrics.horizontalAdvance(name) < rect.width() - 2) {
            draw_label(painter, rect.adjusted(1, 0, 0, 0), Qt::AlignHCenter, name);
        }
    };
    bar(worst.unattributed, not_explained_fill(), tr("not explained"));
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
        bar(worst.phases[phase], phase_fill(phase), phase_word(phase));
    }

    // The verdict stands behind the band, or before it, or nowhere: where there is room.
    const bool good = verdict_is_good(episode);
    const QString words =
        (worst.restored ? tr("%1, %2").arg(span_text(worst.longest), verdict_words(episode))
                        : tr("not restored, %1").arg(verdict_words(episode))) +
        (good ? QStringLiteral(" ✓") : QStringLiteral(" ✕"));
    painter.setPen(good ? theme().good : theme().bad);
    painter.setFont(text_font(8, true));
    const double wanted =
        QFontMetricsF(painter.font(), painter.device()).horizontalAdvance(words) + 8;
    const double end = std::min(room.right() + right_margin, s.to_x(until));
    const double behind = std::max(s.to_x(cut.second), s.to_x(cut.first + target_to)) + 6;
    const double after = s.to_x(cut.second) + 6;
    for (const auto& [from, to] :
         {std::pair{behind, end}, std::pair{after, std::min(band.left(), end)}}) {
        if (from >= room.left() && from + wanted <= to) {
            draw_label(
                painter, QRectF(from, room.top(), to - from, room.height()), Qt::AlignLeft, words);
            break;
        }
    }
}

void TimelineView::paint_owner(QPainter& painter,
                               std::size_t address,
                               const QRectF& room,
                               const TimelineScale& s) const {
    const Run& run = *m_session.run();
    const auto& lane = run.history->owner_lanes()[address];
    for (std::size_t i = 0; i < lane.size(); ++i) {
        const Time to = i + 1 < lane.size() ? lane[i + 1].from : run.trace->end();
        const QRectF rect = span_rect(s, lane[i].from, to, room);
        if (rect.width() <= 0) {
            continue;
        }
        QString text;
        QColor ink;
        if (lane[i].owner == nobody) {
            const QColor fill = theme().dark ? QColor(0x3A, 0x42, 0x4B) : QColor(0xE3, 0xE7, 0xEB);
            draw_hatch(painter,
                       rect,
                       fill,
                       theme().dark ? QColor(0x5A, 0x65, 0x70) : QColor(0xB4, 0xBD, 0xC6));
            text = tr("nobody · %1").arg(span_text(to - lane[i].from));
            ink = theme().text;
            const QFontMetricsF metrics(painter.font(), painter.device());
            const double wanted = metrics.horizontalAdvance(text) + 8;
            if (wanted < rect.width()) {
                painter.fillRect(
                    QRectF(
                        rect.center().x() - wanted / 2, rect.top() + 1, wanted, rect.height() - 2),
                    fill);
            } else {
                text = tr("nobody");
            }
        } else if (lane[i].owner == several) {
            draw_hatch(painter, rect, state_fill(State::failed), QColor(255, 255, 255, 70));
            QStringList names;
            for (const std::uint32_t node : lane[i].everyone) {
                names << QString::fromStdString(run.trace->header.nodes[node].id);
            }
            text = tr("two owners: %1").arg(names.join(QStringLiteral(" + ")));
            ink = Qt::white;
            const QFontMetricsF metrics(painter.font(), painter.device());
            const double wanted = std::min(metrics.horizontalAdvance(text) + 8, rect.width());
            painter.fillRect(
                QRectF(rect.center().x() - wanted / 2, rect.top(), wanted, rect.height()),
                state_fill(State::failed));
        } else {
            painter.fillRect(rect, owner_fill());
            text = QString::fromStdString(run.trace->header.nodes[lane[i].owner].id);
            ink = ink_on(owner_fill());
        }
        painter.setPen(ink);
        draw_label(painter, rect.adjusted(3, 0, -2, 0), Qt::AlignHCenter, text);
        painter.fillRect(QRectF(rect.right() - 0.5, rect.top(), 1, rect.height()), theme().panel);
    }
}

void TimelineView::paint_node(QPainter& painter,
                              std::size_t node,
                              const QRectF& room,
                              const TimelineScale& s) const {
    const Run& run = *m_session.run();
    const auto& lane = run.history->node_lanes()[node];
    for (std::size_t i = 0; i < lane.size(); ++i) {
        const Time to = i + 1 < lane.size() ? lane[i + 1].from : run.trace->end();
        QRectF rect = span_rect(s, lane[i].from, to, room);
        if (rect.width() <= 0 &&
            (s.to_x(lane[i].from) < room.left() || s.to_x(lane[i].from) > room.right())) {
            continue;
        }
        rect.setWidth(std::max(rect.width(), 1.0));  // never hide a state
        draw_state_bar(painter, rect, lane[i].shown);
        painter.fillRect(QRectF(rect.right() - 0.5, rect.top(), 1, rect.height()), theme().panel);
    }
}

void TimelineView::paint_direction(QPainter& painter,
                                   std::size_t direction,
                                   const QRectF& room,
                                   const TimelineScale& s) const {
    const Run& run = *m_session.run();
    const DirectionLane& lane = run.history->directions()[direction];
    if (lane.probe_answers.empty()) {
        painter.setPen(theme().muted);
        draw_label(painter,
                   room.adjusted(6, 0, 0, 0),
                   Qt::AlignLeft,
                   tr("no probe call was answered in this direction"));
    }
    // Answered: from answer to answer, as long as they follow one another closely.
    const Time pause = longest_pause(lane);
    QColor answered(0x00, 0x9E, 0x73);
    answered.setAlpha(theme().dark ? 130 : 110);
    const auto begin = std::ranges::lower_bound(lane.probe_answers, s.from - pause);
    for (auto at = begin; at != lane.probe_answers.end() && *at <= s.to + pause;) {
        auto last = at;
        const double x = s.to_x(*at);
        while (last + 1 != lane.probe_answers.end() && *(last + 1) - *last <= pause) {
            ++last;
            if (*last > s.to + pause) {
                break;
            }
        }
        const double right = std::min(s.to_x(*last), room.right());
        const double left = std::max(x, room.left());
        if (right >= left) {
            painter.fillRect(QRectF(left, room.top(), std::max(right - left, 1.0), room.height()),
                             answered);
        }
        at = last + 1;
    }
    // Cut off: as the result says, else where answers are missing.
    std::vector<std::pair<QRectF, QString>> plates;
    const auto cut = [&](Time from, Time to, const QString& words) {
        const QRectF rect = span_rect(s, from, to, room);
        if (rect.width() <= 0) {
            return;
        }
        QColor fill = state_fill(State::failed);
        fill.setAlpha(theme().dark ? 90 : 45);
        QColor lines = state_fill(State::failed);
        lines.setAlpha(150);
        painter.fillRect(rect, theme().panel);
        draw_hatch(painter, rect, fill, lines);
        const QFontMetricsF metrics(painter.font(), painter.device());
        const double wanted = metrics.horizontalAdvance(words) + 10;
        if (wanted < rect.width()) {
            const QRectF plate(
                rect.center().x() - wanted / 2, rect.top() + 1, wanted, rect.height() - 2);
            plates.emplace_back(plate, words);
        }
    };
    if (run.result) {
        for (const EpisodeResult& episode : run.result->episodes) {
            for (const DirectionResult& d : episode.directions) {
                if (d.direction != lane.name || !d.interrupted) {
                    continue;
                }
                if (const auto known = cut_off_of(*run.trace, d)) {
                    cut(known->first, known->second, tr("cut off %1").arg(span_text(d.longest)));
                } else {
                    cut(run.trace->end() - d.longest, run.trace->end(), tr("not restored"));
                }
            }
        }
    } else {
        for (auto at = begin; at != lane.probe_answers.end() && *at <= s.to; ++at) {
            if (at != lane.probe_answers.begin() && *at - *(at - 1) > pause) {
                cut(*(at - 1), *at, tr("no answer for %1").arg(span_text(*at - *(at - 1))));
            }
        }
    }
    paint_calls_up(painter, lane, room, s);
    for (const auto& [plate, words] : plates) {
        painter.fillRect(plate, theme().panel);
        painter.setPen(theme().bad);
        draw_label(painter, plate.adjusted(4, 0, -3, 0), Qt::AlignHCenter, words);
    }
}

/// Calls of the workload that are up, as steps.
void TimelineView::paint_calls_up(QPainter& painter,
                                  const DirectionLane& lane,
                                  const QRectF& room,
                                  const TimelineScale& s) const {
    std::int32_t most = 0;
    for (const CallCount& count : lane.calls) {
        most = std::max(most, count.up);
    }
    if (most == 0) {
        return;
    }
    const auto y = [&](std::int32_t up) {
        return room.bottom() - 2 - static_cast<double>(up) / most * (room.height() - 5);
    };
    QPolygonF line;
    std::int32_t up = 0;
    double x = room.left();
    line << QPointF(x, y(0));
    for (const CallCount& count : lane.calls) {
        x = std::clamp(s.to_x(count.t), room.left(), room.right());
        if (count.t <= s.from) {
            up = count.up;
            line.clear();
            line << QPointF(room.left(), y(up));
            continue;
        }
        if (count.t > s.to) {
            break;
        }
        line << QPointF(x, y(up)) << QPointF(x, y(count.up));
        up = count.up;
    }
    line << QPointF(std::clamp(s.to_x(m_session.end()), room.left(), room.right()), y(up));
    painter.setPen(QPen(theme().text, 1.3));
    painter.drawPolyline(line);
}

void TimelineView::paint_range(QPainter& painter, QSizeF size, const TimelineScale& s) const {
    const auto range = m_session.range();
    if (!range) {
        return;
    }
    const QRectF rect =
        span_rect(s,
                  range->first,
                  range->second,
                  QRectF(s.left, header_height, s.width, size.height() - header_height));
    QColor veil = theme().accent;
    veil.setAlpha(40);
    painter.fillRect(rect, veil);
    painter.setPen(QPen(theme().accent, 1));
    painter.drawLine(rect.topLeft(), rect.bottomLeft());
    painter.drawLine(rect.topRight(), rect.bottomRight());
}

// ---------------------------------------------------------------- mouse

const TimelineView::Lane* TimelineView::lane_at(QPointF point) const {
    if (point.y() < header_height) {
        return nullptr;
    }
    const double y =
        point.y() - header_height + (m_scroll.isVisibleTo(this) ? m_scroll.value() : 0);
    for (const Lane& lane : m_lanes) {
        if (y >= lane.top && y < lane.top + lane.height) {
            return &lane;
        }
    }
    return nullptr;
}

void TimelineView::mousePressEvent(QMouseEvent* event) {
    if (m_session.run() == nullptr) {
        return;
    }
    m_pressed = event->position();
    m_pressed_window = m_session.window();
    m_moved = false;
    const TimelineScale s = scale(size());
    if (event->button() == Qt::MiddleButton) {
        m_drag = Drag::pan;
    } else if (event->button() != Qt::LeftButton) {
        m_drag = Drag::none;
    } else if (m_pressed.y() < ruler_top) {
        m_drag = Drag::overview;
        mouseMoveEvent(event);
    } else if (m_pressed.y() < header_height) {
        m_drag = Drag::scrub;
        m_session.go(s.to_time(m_pressed.x()));
    } else {
        m_drag = Drag::range;
    }
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
    if (m_session.run() == nullptr) {
        return;
    }
    const QPointF at = event->position();
    const TimelineScale s = scale(size());
    m_moved = m_moved || (at - m_pressed).manhattanLength() > drag_reach;
    switch (m_drag) {
    case Drag::none:
        setCursor(at.y() >= ruler_top && at.y() < header_height ? Qt::SizeHorCursor
                                                                : Qt::ArrowCursor);
        break;
    case Drag::overview: {
        const TimelineScale all{0, std::max<Time>(m_session.end(), 1), s.left, s.width};
        const auto [from, to] = m_session.window();
        const Time middle = all.to_time(at.x());
        m_session.set_window(middle - (to - from) / 2, middle + (to - from) / 2);
        break;
    }
    case Drag::scrub:
        m_session.go(s.to_time(at.x()));
        break;
    case Drag::range:
        if (m_moved) {
            const Time a = std::clamp<Time>(s.to_time(m_pressed.x()), 0, m_session.end());
            const Time b = std::clamp<Time>(s.to_time(at.x()), 0, m_session.end());
            m_session.set_range(std::pair{std::min(a, b), std::max(a, b)});
        }
        break;
    case Drag::pan: {
        const TimelineScale before{
            m_pressed_window.first, m_pressed_window.second, s.left, s.width};
        const Time by = before.to_time(m_pressed.x()) - before.to_time(at.x());
        m_session.set_window(m_pressed_window.first + by, m_pressed_window.second + by);
        break;
    }
    }
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
    if (m_drag == Drag::range && !m_moved && m_session.run() != nullptr) {
        m_session.set_range(std::nullopt);
        click(event->position());
    }
    m_drag = Drag::none;
}

void TimelineView::click(QPointF point) {
    const Run& run = *m_session.run();
    const Lane* const lane = lane_at(point);
    if (lane == nullptr) {
        return;
    }
    const TimelineScale s = scale(size());
    const Time t = s.to_time(point.x());
    const auto index = static_cast<std::uint32_t>(lane->index);
    switch (lane->what) {
    case What::faults: {
        const FaultMark* best = nullptr;
        for (const FaultMark& mark : run.history->faults()) {
            if (s.to_x(mark.t) - 6 <= point.x()) {
                best = &mark;
            }
        }
        if (best != nullptr) {
            m_session.select_row(best->row, false);
        }
        break;
    }
    case What::phases:
        if (const EpisodeResult* const episode = run.episode_at(t)) {
            m_session.select_row(first_answer(*run.trace, *episode), false);
        }
        break;
    case What::owner: {
        const auto& owners = run.history->owner_lanes()[lane->index];
        const auto after = std::ranges::upper_bound(owners, t, {}, &OwnerSegment::from);
        if (after != owners.begin() && !(after - 1)->everyone.empty()) {
            m_session.select({Selection::What::node, (after - 1)->everyone.front()});
        }
        break;
    }
    case What::node:
        m_session.select({Selection::What::node, index});
        break;
    case What::direction: {
        // The answered probe call next to the pointer leads to its "why".
        const auto& answers = run.history->directions()[lane->index].probe_answers;
        const auto next = std::ranges::lower_bound(answers, t);
        if (next != answers.end()) {
            for (std::uint32_t row = run.trace->first_after(*next - 1);
                 row < run.trace->rows.size() && run.trace->rows[row].t == *next;
                 ++row) {
                if (run.trace->name(run.trace->rows[row].kind) == "call.answered") {
                    m_session.select_row(row, false);
                }
            }
        }
        break;
    }
    }
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (m_session.run() != nullptr && event->position().y() >= header_height) {
        m_session.go(scale(size()).to_time(event->position().x()));
    }
}

void TimelineView::wheelEvent(QWheelEvent* event) {
    if (m_session.run() == nullptr) {
        return;
    }
    const TimelineScale s = scale(size());
    const double x = event->position().x();
    const double turns = event->angleDelta().y() / 120.0;
    const double sideways = event->angleDelta().x() / 120.0;
    if (x < label_width && m_scroll.isVisibleTo(this)) {
        m_scroll.setValue(m_scroll.value() - static_cast<int>(turns * 36));
    } else if ((event->modifiers() & Qt::ShiftModifier) != 0 ||
               std::abs(sideways) > std::abs(turns)) {
        const Time by =
            static_cast<Time>(static_cast<double>(s.to - s.from) * 0.1 * -(turns + sideways));
        m_session.set_window(s.from + by, s.to + by);
    } else {
        const Time pointer = std::clamp(s.to_time(x), s.from, s.to);
        const double factor = std::pow(0.8, turns);
        m_session.set_window(
            pointer - static_cast<Time>(static_cast<double>(pointer - s.from) * factor),
            pointer + static_cast<Time>(static_cast<double>(s.to - pointer) * factor));
    }
    event->accept();
}

QString TimelineView::tip_at(QPointF point) const {
    const Lane* const lane = lane_at(point);
    if (m_session.run() == nullptr || lane == nullptr) {
        return {};
    }
    const Run& run = *m_session.run();
    const Time t = scale(size()).to_time(point.x());
    if (lane->what == What::node) {
        const auto& segments = run.history->node_lanes()[lane->index];
        const Segment& here = run.history->segment_at(lane->index, t);
        Time to = run.trace->end();
        for (const Segment& segment : segments) {
            if (segment.from > t) {
                to = segment.from;
                break;
            }
        }
        return tr("%1: %2\n%3 to %4 (%5)")
            .arg(lane->label,
                 shown_words(here.shown),
                 clock_text(here.from),
                 clock_text(to),
                 span_text(to - here.from));
    }
    if (lane->what == What::phases) {
        if (const EpisodeResult* const episode = run.episode_at(t)) {
            QStringList lines;
            if (const DirectionResult* const worst = episode->worst()) {
                lines << tr("%1: %2, %3")
                             .arg(QString::fromStdString(worst->direction),
                                  span_text(worst->longest),
                                  verdict_words(*episode));
                for (std::size_t phase = 0; phase < phase_count; ++phase) {
                    if (worst->phases[phase] > 0) {
                        lines << tr("%1 %2").arg(phase_word(phase),
                                                 span_text(worst->phases[phase]));
                    }
                }
            } else {
                lines << verdict_words(*episode);
            }
            return lines.join(QLatin1Char('\n'));
        }
    }
    if (lane->what == What::faults) {
        for (const FaultMark& mark : run.history->faults()) {
            const double x = scale(size()).to_x(mark.t);
            if (point.x() > x - 6 && point.x() < x + 140) {
                return tr("%1 %2 at %3\n%4")
                    .arg(QString::fromStdString(mark.verb),
                         QString::fromStdString(mark.target),
                         clock_text(mark.t),
                         QString::fromStdString(mark.evidence));
            }
        }
    }
    return {};
}

bool TimelineView::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* const help = static_cast<QHelpEvent*>(event);
        const QString tip = tip_at(help->pos());
        tip.isEmpty() ? QToolTip::hideText() : QToolTip::showText(help->globalPos(), tip, this);
        return true;
    }
    return Canvas::event(event);
}

}  // namespace gui
