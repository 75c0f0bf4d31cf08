// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of the selected node, link or record at this time, and why it is so: the chain of
// causes, each step a link to its record.
#pragma once

#include <QTextBrowser>

#include "model/session.hpp"
#include "model/theme.hpp"

namespace gui {

/// The page as HTML; links are "row:N" (select and go) and "node:N".
[[nodiscard]] QString inspector_page(const Session&, const Theme&);

class Inspector final : public QTextBrowser {
    Q_OBJECT

  public:
    Inspector(Session&, QWidget* parent = nullptr);
    void set_theme(const Theme&);

  private:
    void show_again();

    Session& m_session;
    const Theme* m_theme = &Theme::light();
    QString m_shown;
};

}  // namespace gui
