// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of the run as a tree: facts of the run, nodes with their states, faults,
// expectations, invariants, bookmarks, what the result rests on.
#pragma once

#include <QTreeWidget>

#include "model/session.hpp"
#include "model/theme.hpp"

namespace gui {

class ScenarioTree final : public QTreeWidget {
    Q_OBJECT

  public:
    ScenarioTree(Session&, QWidget* parent = nullptr);
    void set_theme(const Theme&);

  private:
    void fill();
    void fill_bookmarks();
    void show_states();
    void show_selection();
    void activated_item(QTreeWidgetItem*);
    QTreeWidgetItem* group(const QString& name, const QString& value);
    QTreeWidgetItem* leaf(QTreeWidgetItem* parent,
                          const QString& name,
                          const QString& value,
                          const QString& tip = {});

    Session& m_session;
    const Theme* m_theme = &Theme::light();
    std::vector<QTreeWidgetItem*> m_nodes;
    std::vector<Shown> m_shown;
    QTreeWidgetItem* m_bookmarks = nullptr;
};

}  // namespace gui
