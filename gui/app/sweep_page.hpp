// SPDX-License-Identifier: GPL-2.0-or-later
// The Sweep page: a folder of summaries as a table of scenarios against daemons; behind each cell
// its runs, phases and what was judged; a run that was recorded opens in the player.
#pragma once

#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableWidget>
#include <QWidget>

#include "view/sweep_map.hpp"

namespace gui {

class SweepPage final : public QWidget {
    Q_OBJECT

  public:
    explicit SweepPage(QWidget* parent = nullptr);

    void set_theme(const Theme&);
    /// A folder, or one summary. False (and a notice): there is nothing to show in it.
    bool open(const QString& path);
    /// "scenario" or "scenario/daemon"; nothing happens when there is no such cell.
    void select(const QString& what);
    [[nodiscard]] std::vector<Canvas*> canvases() const { return {m_map, m_chart}; }
    [[nodiscard]] SweepMap& map() noexcept { return *m_map; }
    [[nodiscard]] const std::vector<SeedRun>& runs() const noexcept { return m_runs; }
    [[nodiscard]] QString text() const { return m_title->text(); }

  signals:
    void openWanted();
    void noticeWanted(const QString& html);
    void traceWanted(const QString& path);

  private:
    void show_cell();
    void show_run(int run);
    void open_run(int run);

    Session m_none;  ///< canvases want one; nothing is played here
    SweepTable m_table;
    std::vector<SeedRun> m_runs;
    QStackedWidget* m_stack;
    QLabel* m_empty_title;
    QLabel* m_empty;
    QLabel* m_what;
    SweepMap* m_map;
    QLabel* m_title;
    QLabel* m_facts;
    SeedChart* m_chart;
    QTableWidget* m_phases;
    QTableWidget* m_seeds;
    QPushButton* m_median;
    const Theme* m_theme = &Theme::light();
};

}  // namespace gui
