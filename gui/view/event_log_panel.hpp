// SPDX-License-Identifier: GPL-2.0-or-later
// The event log: a table that follows the play head, and says why it is empty.
#pragma once

#include <QCheckBox>
#include <QLabel>
#include <QTableView>
#include <QWidget>

#include "model/event_log_model.hpp"

namespace gui {

class EventLogPanel final : public QWidget {
    Q_OBJECT

  public:
    EventLogPanel(Session&, QWidget* parent = nullptr);
    void set_theme(const Theme&);
    [[nodiscard]] QTableView& table() noexcept { return *m_table; }

  signals:
    void clearFilterWanted();

  private:
    void follow();
    void show_counts();

    Session& m_session;
    EventLogModel* m_model;
    QTableView* m_table;
    QLabel* m_counts;
    QLabel* m_empty;
    QCheckBox* m_packets;
    QCheckBox* m_probes;
};

}  // namespace gui
