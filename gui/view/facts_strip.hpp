// SPDX-License-Identifier: GPL-2.0-or-later
// The facts of the moment, as cards: who owns the address, which phase, how long since the fault,
// which calls are answered, how many are up.
#pragma once

#include "view/canvas.hpp"

namespace gui {

struct Fact {
    QString name;
    QString value;
    QColor colour;
};

[[nodiscard]] std::vector<Fact> facts_of(const Session&, const Theme&);

class FactsStrip final : public Canvas {
    Q_OBJECT

  public:
    FactsStrip(Session&, QWidget* parent = nullptr);

    void paint(QPainter&, QSizeF) override;
    [[nodiscard]] QSize sizeHint() const override { return {600, 48}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {300, 48}; }
};

}  // namespace gui
