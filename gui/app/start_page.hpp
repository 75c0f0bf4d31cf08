// SPDX-License-Identifier: GPL-2.0-or-later
// What is there when no run is: a place to drop files, three buttons, recent runs.
#pragma once

#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QWidget>

#include "model/theme.hpp"

namespace gui {

struct RecentRun {
    QString path;
    QString verdict;
    bool good = false;
    QString seed;
    QString opened;  ///< ISO date and time
};

class StartPage final : public QWidget {
    Q_OBJECT

  public:
    explicit StartPage(QWidget* parent = nullptr);
    void set_theme(const Theme&);
    void show_recent(const std::vector<RecentRun>&);

  signals:
    void openWanted();
    void runWanted();
    void demoWanted();
    void recentWanted(const QString& path);

  protected:
    void paintEvent(QPaintEvent*) override;

  private:
    QWidget* m_card;
    QLabel* m_title;
    QLabel* m_hint;
    QLabel* m_recent_title;
    QLabel* m_keys;
    QTableWidget* m_recent;
    std::vector<std::pair<QPushButton*, int>> m_buttons;
    const Theme* m_theme = &Theme::light();
};

}  // namespace gui
