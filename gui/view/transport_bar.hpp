// SPDX-License-Identifier: GPL-2.0-or-later
// Play, step, speed, loop and bookmark.
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QToolButton>
#include <QWidget>

#include "model/session.hpp"
#include "view/draw.hpp"

namespace gui {

class TransportBar final : public QWidget {
    Q_OBJECT

  public:
    TransportBar(Session&, QWidget* parent = nullptr);
    void set_theme(const Theme&);

  signals:
    void bookmarkWanted();

  private:
    QToolButton* add_button(Icon, const QString& object, const QString& name);
    void show_time();
    void show_playing();

    Session& m_session;
    std::vector<std::pair<QToolButton*, Icon>> m_buttons;
    QToolButton* m_play = nullptr;
    QToolButton* m_loop = nullptr;
    QLabel* m_time = nullptr;
    QLabel* m_rest = nullptr;
    QComboBox* m_speed = nullptr;
    const Theme* m_theme = &Theme::light();
};

}  // namespace gui
