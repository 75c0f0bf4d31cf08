// SPDX-License-Identifier: GPL-2.0-or-later
// Two runs laid over one another at their first fault: phases, a table of what differs, and both
// topologies on one clock.
#pragma once

#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <QTableWidget>
#include <QWidget>

#include "view/facts_strip.hpp"
#include "view/phase_chart.hpp"
#include "view/topology_view.hpp"

namespace gui {

class ComparePage final : public QWidget {
    Q_OBJECT

  public:
    explicit ComparePage(QWidget* parent = nullptr);

    void set_theme(const Theme&);
    /// Either may be null.
    void set_runs(std::shared_ptr<const Run> a, std::shared_ptr<const Run> b);
    [[nodiscard]] std::shared_ptr<const Run> run_a() const { return m_a.shared_run(); }
    [[nodiscard]] std::shared_ptr<const Run> run_b() const { return m_b.shared_run(); }
    [[nodiscard]] QTableWidget& table() noexcept { return *m_table; }
    [[nodiscard]] std::vector<Canvas*> canvases() const;
    /// Time since the fault, in both.
    void go(Time since_fault);
    [[nodiscard]] Session& session_a() noexcept { return m_a; }
    [[nodiscard]] Session& session_b() noexcept { return m_b; }

  signals:
    void chooseWanted(bool first);
    void showInPlayer(std::shared_ptr<const gui::Run>, gui::Time);

  private:
    void show_again();
    void fill_table();
    void follow();

    Session m_a;
    Session m_b;
    Time m_anchor_a = 0;
    Time m_anchor_b = 0;
    QLabel* m_name_a;
    QLabel* m_name_b;
    QLabel* m_warning;
    QLabel* m_clock;
    QPushButton* m_choose_a;
    QPushButton* m_choose_b;
    QPushButton* m_play;
    QPushButton* m_first;
    QSlider* m_slider;
    PhaseChart* m_phases;
    QTableWidget* m_table;
    TopologyView* m_topology_a;
    TopologyView* m_topology_b;
    FactsStrip* m_facts_a;
    FactsStrip* m_facts_b;
    const Theme* m_theme = &Theme::light();
};

}  // namespace gui
