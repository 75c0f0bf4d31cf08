// SPDX-License-Identifier: GPL-2.0-or-later
// Nodes with their states, links, who owns which address, and the frames that are on their way. A
// pure function of run, time and selection; the part that seldom changes is kept as a picture.
#pragma once

#include <QPixmap>

#include "model/layout.hpp"
#include "view/canvas.hpp"

namespace gui {

class TopologyView final : public Canvas {
    Q_OBJECT

  public:
    TopologyView(Session&, QWidget* parent = nullptr);

    void paint(QPainter&, QSizeF) override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {360, 170}; }
    [[nodiscard]] QSize sizeHint() const override { return {860, 330}; }
    /// Node under that point; nobody: none.
    [[nodiscard]] std::uint32_t node_at(QPointF) const;

  protected:
    void refresh() override;
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    bool event(QEvent*) override;

  private:
    struct Geometry {
        QRectF area;                  ///< for nodes, without the legend
        bool labels = true;           ///< boxes with names; else dots
        std::vector<bool> subtitles;  ///< room for words below the box
        std::vector<bool> badges;     ///< room for badges below them
        std::vector<QRectF> boxes;
        std::vector<QLineF> links;  ///< from edge to edge
        std::vector<bool> drawn;    ///< both ends are known
    };
    /// What the kept picture shows.
    struct Key {
        QSizeF size;
        double scale = 1;
        bool dark = false;
        Selection selection;
        std::vector<Shown> nodes;
        std::vector<LinkState> links;
        std::vector<std::uint8_t> owners;
        std::vector<bool> spans;
        bool operator==(const Key&) const = default;
    };

    [[nodiscard]] const Geometry& geometry(QSizeF) const;
    void paint_still(QPainter&, QSizeF, const World&, const Key&) const;
    void paint_hull(QPainter&, const Geometry&) const;
    void paint_links(QPainter&, const Geometry&, const Key&) const;
    void paint_nodes(QPainter&, const Geometry&, const World&, const Key&) const;
    void
    paint_badges(QPainter&, const QRectF& box, double top, std::size_t node, const World&) const;
    void paint_legend(QPainter&, QSizeF) const;
    void paint_frames(QPainter&, const Geometry&) const;
    [[nodiscard]] Key key_of(QSizeF, double scale, const World&) const;

    Layout m_layout;
    std::vector<std::uint32_t> m_link_of_name;  ///< by NameId of a link
    std::vector<std::int8_t> m_end_of_name;     ///< by NameId of a port: 0, 1, or -1
    mutable Geometry m_geometry;
    mutable QSizeF m_geometry_size;
    QPixmap m_still;
    Key m_still_key;
};

}  // namespace gui
