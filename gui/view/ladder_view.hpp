// SPDX-License-Identifier: GPL-2.0-or-later
// Messages between nodes around the play head, one column per node that takes part.
#pragma once

#include "trace/ladder.hpp"
#include "view/canvas.hpp"

namespace gui {

class LadderView final : public Canvas {
    Q_OBJECT

  public:
    LadderView(Session&, QWidget* parent = nullptr);

    void paint(QPainter&, QSizeF) override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 110}; }
    [[nodiscard]] QSize sizeHint() const override { return {310, 300}; }

  protected:
    void mousePressEvent(QMouseEvent*) override;

  private:
    struct Placed {
        double y;
        std::uint32_t row;
    };
    std::vector<Placed> m_placed;
};

}  // namespace gui
