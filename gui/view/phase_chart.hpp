// SPDX-License-Identifier: GPL-2.0-or-later
// How long each direction was cut off and which phase took how much of it, against the target.
// Also draws several runs under one another for comparing.
#pragma once

#include "view/canvas.hpp"

namespace gui {

/// One bar of the chart.
struct PhaseBar {
    QString name;
    QString note;
    const EpisodeResult* episode = nullptr;
    const DirectionResult* direction = nullptr;
};

class PhaseChart final : public Canvas {
    Q_OBJECT

  public:
    PhaseChart(Session&, QWidget* parent = nullptr);

    void paint(QPainter&, QSizeF) override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {260, 110}; }
    [[nodiscard]] QSize sizeHint() const override { return {420, 200}; }
    /// Bars of other runs instead of the session's; they must outlive this view.
    void set_bars(std::vector<PhaseBar>, const QString& why_empty);

  private:
    [[nodiscard]] std::vector<PhaseBar> bars_of_session(QString& why_empty) const;
    void
    paint_bar(QPainter&, const PhaseBar&, const QRectF& room, double right, double per_pixel) const;
    void paint_legend(QPainter&, const QRectF&, const std::vector<PhaseBar>&) const;

    bool m_own_bars = false;
    std::vector<PhaseBar> m_bars;
    QString m_why_empty;
    const EpisodeResult* m_shown = nullptr;  ///< compared, never read
};

}  // namespace gui
