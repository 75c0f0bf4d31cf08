// SPDX-License-Identifier: GPL-2.0-or-later
// A table of many runs as coloured cells: a row per scenario, a column per daemon; and the runs of
// one cell as dots along the time of their cut-off.
#pragma once

#include "trace/sweep.hpp"
#include "view/canvas.hpp"

namespace gui {

/// Yellow (nothing) to blue (a minute and more), monotone in lightness, so that it is as good in
/// grey.
[[nodiscard]] QColor cut_off_fill(Time);
/// A verdict of results files in the words of this window.
[[nodiscard]] QString sweep_verdict(std::string_view);

class SweepMap final : public Canvas {
    Q_OBJECT

  public:
    SweepMap(Session&, QWidget* parent = nullptr);

    void set_table(const SweepTable*);  ///< must outlive its being shown; null: none
    void paint(QPainter&, QSizeF) override;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;
    /// Index into the cells of the table; -1: none.
    [[nodiscard]] int selected() const noexcept { return m_selected; }
    void select(int cell);
    [[nodiscard]] QRectF cell_rect(std::size_t row, std::size_t column, QSizeF) const;

  signals:
    void selectionChanged();
    void activated();  ///< double click or Enter

  protected:
    void mousePressEvent(QMouseEvent*) override;
    void mouseDoubleClickEvent(QMouseEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    bool event(QEvent*) override;

  private:
    [[nodiscard]] int cell_at(QPointF) const;
    void paint_legend(QPainter&, const QRectF& room) const;
    void paint_cell(QPainter&, const SweepCell&, const QRectF&, bool selected) const;

    const SweepTable* m_table = nullptr;
    int m_selected = -1;
};

class SeedChart final : public Canvas {
    Q_OBJECT

  public:
    SeedChart(Session&, QWidget* parent = nullptr);

    void set_runs(const std::vector<SeedRun>*);  ///< must outlive its being shown
    void set_marked(int run);
    void paint(QPainter&, QSizeF) override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {260, 110}; }
    [[nodiscard]] QSize sizeHint() const override { return {420, 130}; }
    /// Index of the run at that place; -1: none.
    [[nodiscard]] int run_at(QPointF) const;

  signals:
    void clicked(int run);

  protected:
    void mousePressEvent(QMouseEvent*) override;

  private:
    [[nodiscard]] QPointF place_of(std::size_t run, QSizeF) const;
    [[nodiscard]] Time longest() const;

    const std::vector<SeedRun>* m_runs = nullptr;
    int m_marked = -1;
};

}  // namespace gui
