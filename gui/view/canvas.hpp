// SPDX-License-Identifier: GPL-2.0-or-later
// A view with its own painter: what it paints on the screen it can paint on a file, too.
#pragma once

#include <QWidget>

#include "model/session.hpp"
#include "model/theme.hpp"

namespace gui {

class Canvas : public QWidget {
    Q_OBJECT

  public:
    Canvas(Session& session, QWidget* parent);

    void set_theme(const Theme&);
    [[nodiscard]] const Theme& theme() const noexcept { return *m_theme; }
    /// Paints the whole view into a rectangle of this size. Depends on nothing but the session.
    virtual void paint(QPainter&, QSizeF) = 0;

    bool save_png(const QString& file, double scale);
    bool save_svg(const QString& file);

  protected:
    void paintEvent(QPaintEvent*) override;
    /// Forget what is derived from the run or the theme.
    virtual void refresh() { update(); }
    /// "Why is this empty", in the middle of the view.
    void paint_empty(QPainter&, QSizeF, const QString& why) const;

    Session& m_session;

  private:
    const Theme* m_theme = &Theme::light();
};

}  // namespace gui
