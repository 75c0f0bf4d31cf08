// SPDX-License-Identifier: GPL-2.0-or-later
// The timeline of a scenario that is edited: its faults and checks along the time of the run. A
// fault that is dragged gets another time; nothing else of the script changes.
#pragma once

#include "trace/script.hpp"
#include "view/canvas.hpp"

namespace gui {

class ScriptStrip final : public Canvas {
    Q_OBJECT

  public:
    ScriptStrip(Session&, QWidget* parent = nullptr);

    void set_script(const Script&);
    void set_selected(int entry);
    void paint(QPainter&, QSizeF) override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {240, 92}; }
    [[nodiscard]] QSize sizeHint() const override { return {440, 92}; }
    /// Where an entry of the script is taken hold of; null: its time is not a plain one ("after").
    [[nodiscard]] QPointF handle_of(int entry, QSizeF) const;
    [[nodiscard]] Time time_at(double x, QSizeF) const;

  signals:
    void entryClicked(int entry);
    /// Once, when it is let go. A multiple of 100 ms, of 10 ms with Shift.
    void entryMoved(int entry, Time to);

  protected:
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;

  private:
    struct Mark {
        int entry = 0;
        Time at = 0;
        bool fault = false;
        QString words;
    };
    [[nodiscard]] double x_of(Time, QSizeF) const;
    [[nodiscard]] const Mark* mark_at(QPointF) const;
    [[nodiscard]] Time shown_time(const Mark&) const;

    std::vector<Mark> m_marks;
    Time m_end = 0;
    int m_selected = -1;
    int m_dragged = -1;  ///< entry; -1: none
    Time m_dragged_to = 0;
    double m_pressed_x = 0;
    bool m_moved = false;
};

}  // namespace gui
