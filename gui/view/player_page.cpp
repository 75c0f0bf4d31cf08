// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/player_page.hpp"

#include <QVBoxLayout>

#include <utility>

namespace gui {

PlayerPage::PlayerPage(Session& session, QWidget* parent)
    : QMainWindow(parent), m_session(session), m_facts(new FactsStrip(session)),
      m_topology(new TopologyView(session)), m_transport(new TransportBar(session)),
      m_timeline(new TimelineView(session)), m_tree(new ScenarioTree(session)),
      m_log(new EventLogPanel(session)), m_phases(new PhaseChart(session)),
      m_inspector(new Inspector(session)), m_ladder(new LadderView(session)) {
    setObjectName(QStringLiteral("playerPage"));
    setWindowFlags(Qt::Widget);
    setDockOptions(QMainWindow::AllowTabbedDocks | QMainWindow::AllowNestedDocks);

    auto* const upper = new QWidget(this);
    auto* const upper_column = new QVBoxLayout(upper);
    upper_column->setContentsMargins(0, 0, 0, 0);
    upper_column->setSpacing(0);
    upper_column->addWidget(m_facts);
    upper_column->addWidget(m_topology, 1);
    auto* const lower = new QWidget(this);
    auto* const lower_column = new QVBoxLayout(lower);
    lower_column->setContentsMargins(0, 0, 0, 0);
    lower_column->setSpacing(0);
    lower_column->addWidget(m_transport);
    lower_column->addWidget(m_timeline, 1);
    m_centre = new QSplitter(Qt::Vertical, this);
    m_centre->setObjectName(QStringLiteral("centre"));
    m_centre->addWidget(upper);
    m_centre->addWidget(lower);
    m_centre->setChildrenCollapsible(false);
    m_centre->setStretchFactor(0, 1);
    m_centre->setHandleWidth(4);
    setCentralWidget(m_centre);

    m_right = new QSplitter(Qt::Vertical, this);
    m_right->addWidget(m_inspector);
    m_right->addWidget(m_ladder);
    m_right->setChildrenCollapsible(false);
    m_right->setHandleWidth(4);
    m_tree->setMinimumWidth(190);
    m_right->setMinimumWidth(230);

    m_scenario_dock =
        dock(QStringLiteral("scenarioDock"), tr("Scenario"), m_tree, Qt::LeftDockWidgetArea);
    m_log_dock = dock(QStringLiteral("logDock"), tr("Event log"), m_log, Qt::BottomDockWidgetArea);
    m_phases_dock = dock(
        QStringLiteral("phasesDock"), tr("Takeover phases"), m_phases, Qt::BottomDockWidgetArea);
    m_inspector_dock =
        dock(QStringLiteral("inspectorDock"), tr("Inspector"), m_right, Qt::RightDockWidgetArea);
    setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);

    connect(m_transport, &TransportBar::bookmarkWanted, this, &PlayerPage::bookmarkWanted);
    connect(m_log, &EventLogPanel::clearFilterWanted, this, &PlayerPage::clearFilterWanted);
    // A new selection is worth seeing, even where the inspector is a tab.
    connect(&session, &Session::selectionChanged, this, [this] {
        if (m_session.selection().what != Selection::What::nothing && isVisible() &&
            !m_log->table().hasFocus()) {
            m_inspector_dock->raise();
        }
    });
}

QDockWidget* PlayerPage::dock(const QString& object,
                              const QString& title,
                              QWidget* inside,
                              Qt::DockWidgetArea area) {
    auto* const made = new QDockWidget(title, this);
    made->setObjectName(object);
    made->setWidget(inside);
    addDockWidget(area, made);
    return made;
}

void PlayerPage::arrange_for(QSize size) {
    m_arrange_for = size;
    if (isVisible()) {
        arrange();
    }
}

void PlayerPage::showEvent(QShowEvent* event) {
    QMainWindow::showEvent(event);
    // Docks can be resized once they have a size.
    QMetaObject::invokeMethod(this, &PlayerPage::arrange, Qt::QueuedConnection);
}

void PlayerPage::arrange() {
    if (m_arrange_for.isEmpty()) {
        return;
    }
    const QSize size = std::exchange(m_arrange_for, QSize());
    constexpr int roomy_width = 1400;
    constexpr int tall = 820;
    if (size.width() >= roomy_width) {
        addDockWidget(Qt::RightDockWidgetArea, m_inspector_dock);
        m_right->setSizes({320, 300});
    } else {
        // Little room: the inspector shares the left side with the scenario.
        tabifyDockWidget(m_scenario_dock, m_inspector_dock);
        m_scenario_dock->raise();
        m_right->setSizes({400, 200});
    }
    splitDockWidget(m_log_dock, m_phases_dock, Qt::Horizontal);
    if (size.width() >= roomy_width) {
        resizeDocks({m_scenario_dock, m_inspector_dock}, {228, 330}, Qt::Horizontal);
    } else {
        resizeDocks({m_scenario_dock}, {268}, Qt::Horizontal);
    }
    resizeDocks({m_log_dock, m_phases_dock}, {510, 490}, Qt::Horizontal);
    const int bottom = size.height() >= tall ? 200 : 140;
    resizeDocks({m_log_dock, m_phases_dock}, {bottom, bottom}, Qt::Vertical);
    m_centre->setSizes(size.height() >= tall ? QList<int>{340, 290} : QList<int>{226, 256});
}

void PlayerPage::set_theme(const Theme& theme) {
    for (Canvas* const canvas : canvases()) {
        canvas->set_theme(theme);
    }
    m_transport->set_theme(theme);
    m_tree->set_theme(theme);
    m_log->set_theme(theme);
    m_inspector->set_theme(theme);
}

std::vector<Canvas*> PlayerPage::canvases() const {
    return {m_facts, m_topology, m_timeline, m_phases, m_ladder};
}

}  // namespace gui
