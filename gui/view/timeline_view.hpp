// SPDX-License-Identifier: GPL-2.0-or-later
// The run along time: overview, ruler, faults, phases against the target, address owners, a lane
// per node, calls per direction. Zooming and panning show another part and change nothing else.
#pragma once

#include <QPixmap>
#include <QScrollBar>

#include <functional>

#include "view/canvas.hpp"

namespace gui {

/// Time to pixel and back. A window without width maps everything to its left edge.
struct TimelineScale {
    Time from = 0;
    Time to = 1;
    double left = 0;
    double width = 1;

    [[nodiscard]] double to_x(Time t) const noexcept {
        return left + (to > from
                           ? static_cast<double>(t - from) / static_cast<double>(to - from) * width
                           : 0.0);
    }
    [[nodiscard]] Time to_time(double x) const noexcept {
        return from + static_cast<Time>((x - left) / (width > 0 ? width : 1.0) *
                                        static_cast<double>(to - from));
    }
};

/// Events, answered calls and time per state in that range, in a sentence.
[[nodiscard]] QString range_summary(const Session&, Time from, Time to);

class TimelineView final : public Canvas {
    Q_OBJECT

  public:
    TimelineView(Session&, QWidget* parent = nullptr);

    void paint(QPainter&, QSizeF) override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {360, 150}; }
    [[nodiscard]] QSize sizeHint() const override { return {860, 270}; }
    [[nodiscard]] TimelineScale scale(QSizeF) const;

  protected:
    void refresh() override;
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void mouseDoubleClickEvent(QMouseEvent*) override;
    void wheelEvent(QWheelEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    bool event(QEvent*) override;

  private:
    enum class What : std::uint8_t { faults, phases, owner, node, direction };
    struct Lane {
        What what;
        std::size_t index = 0;
        QString label;
        double height = 18;
        double top = 0;  ///< below the header, before scrolling
    };
    enum class Drag : std::uint8_t { none, overview, scrub, range, pan };

    void place_scroll_bar();
    [[nodiscard]] double content_height() const;
    [[nodiscard]] const Lane* lane_at(QPointF) const;
    void click(QPointF);
    [[nodiscard]] QString tip_at(QPointF) const;

    void paint_anew();
    void paint_still(QPainter&, QSizeF, const TimelineScale&);
    /// What depends on the time shown and on the record under the pointer.
    void paint_moving(QPainter&, QSizeF, const TimelineScale&) const;
    void paint_overview(QPainter&, QSizeF);
    void paint_times(QPainter&, const TimelineScale&) const;
    void paint_ruler(QPainter&, QSizeF, const TimelineScale&) const;
    void paint_play_head(QPainter&, QSizeF, const TimelineScale&) const;
    void paint_lane(QPainter&, const Lane&, const QRectF&, const TimelineScale&) const;
    void paint_faults(QPainter&, const QRectF&, const TimelineScale&) const;
    void paint_phases(QPainter&, const QRectF&, const TimelineScale&) const;
    void paint_episode(QPainter&,
                       const EpisodeResult&,
                       std::pair<Time, Time> cut,
                       Time until,
                       const QRectF&,
                       const TimelineScale&) const;
    void paint_owner(QPainter&, std::size_t address, const QRectF&, const TimelineScale&) const;
    void paint_node(QPainter&, std::size_t node, const QRectF&, const TimelineScale&) const;
    void
    paint_direction(QPainter&, std::size_t direction, const QRectF&, const TimelineScale&) const;
    void paint_calls_up(QPainter&, const DirectionLane&, const QRectF&, const TimelineScale&) const;
    void paint_range(QPainter&, QSizeF, const TimelineScale&) const;

    std::vector<Lane> m_lanes;
    QScrollBar m_scroll{Qt::Vertical, this};
    QPixmap m_overview;
    QPixmap m_still;  ///< null: to be painted anew
    Drag m_drag = Drag::none;
    QPointF m_pressed;
    std::pair<Time, Time> m_pressed_window;
    bool m_moved = false;
};

}  // namespace gui
