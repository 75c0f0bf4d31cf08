// SPDX-License-Identifier: GPL-2.0-or-later
// The Sweep page. Sweeps are not built yet; the page says so and shows nothing else.
#pragma once

#include <QLabel>
#include <QWidget>

#include "model/theme.hpp"

namespace gui {

class SweepPage final : public QWidget {
    Q_OBJECT

  public:
    explicit SweepPage(QWidget* parent = nullptr);
    void set_theme(const Theme&);

  private:
    QLabel* m_text;
};

}  // namespace gui
