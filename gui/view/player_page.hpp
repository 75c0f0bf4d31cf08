// SPDX-License-Identifier: GPL-2.0-or-later
// The Player page: topology, timeline and the panels around them. Docks move, close and are kept.
#pragma once

#include <QDockWidget>
#include <QMainWindow>
#include <QSplitter>

#include "view/event_log_panel.hpp"
#include "view/facts_strip.hpp"
#include "view/inspector.hpp"
#include "view/ladder_view.hpp"
#include "view/phase_chart.hpp"
#include "view/scenario_tree.hpp"
#include "view/timeline_view.hpp"
#include "view/topology_view.hpp"
#include "view/transport_bar.hpp"

namespace gui {

class PlayerPage final : public QMainWindow {
    Q_OBJECT

  public:
    PlayerPage(Session&, QWidget* parent = nullptr);

    void set_theme(const Theme&);
    /// Docks for a window of that size, as soon as the page is shown.
    void arrange_for(QSize);
    [[nodiscard]] std::vector<Canvas*> canvases() const;
    [[nodiscard]] EventLogPanel& log() noexcept { return *m_log; }

  signals:
    void bookmarkWanted();
    void clearFilterWanted();

  protected:
    void showEvent(QShowEvent*) override;

  private:
    void arrange();
    QDockWidget* dock(const QString& object, const QString& title, QWidget*, Qt::DockWidgetArea);

    Session& m_session;
    QSize m_arrange_for;  ///< empty: nothing to be arranged
    FactsStrip* m_facts;
    TopologyView* m_topology;
    TransportBar* m_transport;
    TimelineView* m_timeline;
    ScenarioTree* m_tree;
    EventLogPanel* m_log;
    PhaseChart* m_phases;
    Inspector* m_inspector;
    LadderView* m_ladder;
    QSplitter* m_centre;
    QSplitter* m_right;
    QDockWidget* m_scenario_dock;
    QDockWidget* m_log_dock;
    QDockWidget* m_phases_dock;
    QDockWidget* m_inspector_dock;
};

}  // namespace gui
