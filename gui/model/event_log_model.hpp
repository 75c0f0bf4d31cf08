// SPDX-License-Identifier: GPL-2.0-or-later
// The listed records of a session as rows of a table.
#pragma once

#include <QAbstractTableModel>

#include "model/session.hpp"
#include "model/theme.hpp"

namespace gui {

class EventLogModel final : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column : int { time, delta, source, kind, detail, columns };

    EventLogModel(Session&, QObject* parent);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex&, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation, int role) const override;

    /// Row of the trace in that line of the table.
    [[nodiscard]] std::uint32_t trace_row(int line) const;
    void set_theme(const Theme&);

  private:
    Session& m_session;
    const Theme* m_theme = &Theme::light();
};

/// The listed records as comma separated values, with a line of headings.
[[nodiscard]] QByteArray log_as_csv(const Session&);
/// The phases of all episodes and directions.
[[nodiscard]] QByteArray phases_as_csv(const Run&);

}  // namespace gui
