// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/canvas.hpp"

#include <QImage>
#include <QPainter>
#include <QSvgGenerator>

namespace gui {

Canvas::Canvas(Session& session, QWidget* parent) : QWidget(parent), m_session(session) {
    setAttribute(Qt::WA_OpaquePaintEvent);
}

void Canvas::set_theme(const Theme& theme) {
    m_theme = &theme;
    refresh();
}

void Canvas::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paint(painter, size());
}

bool Canvas::save_png(const QString& file, double scale) {
    QImage image((QSizeF(size()) * scale).toSize(), QImage::Format_RGB32);
    image.setDevicePixelRatio(scale);
    image.fill(m_theme->panel);
    QPainter painter(&image);
    paint(painter, size());
    painter.end();
    return image.save(file, "PNG");
}

bool Canvas::save_svg(const QString& file) {
    QSvgGenerator generator;
    generator.setFileName(file);
    generator.setSize(size());
    generator.setViewBox(QRect(QPoint(), size()));
    generator.setTitle(accessibleName());
    QPainter painter;
    if (!painter.begin(&generator)) {
        return false;
    }
    paint(painter, size());
    return painter.end();
}

void Canvas::paint_empty(QPainter& painter, QSizeF size, const QString& why) const {
    painter.fillRect(QRectF(QPointF(), size), m_theme->panel);
    painter.setPen(m_theme->muted);
    painter.setFont(text_font(10));
    painter.drawText(
        QRectF(QPointF(), size).adjusted(16, 8, -16, -8), Qt::AlignCenter | Qt::TextWordWrap, why);
}

}  // namespace gui
