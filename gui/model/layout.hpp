// SPDX-License-Identifier: GPL-2.0-or-later
// Where the nodes of a topology stand: cluster members in the middle, the telephone side left of
// them, the rest right, by distance. A pure function of nodes, links and members.
#pragma once

#include <QPointF>
#include <QRectF>
#include <QSizeF>

#include <vector>

#include "trace/history.hpp"

namespace gui {

struct Layout {
    std::vector<QPointF> at;   ///< centre of each node, in units of columns and rows
    std::vector<bool> apart;   ///< not linked to anything
    std::vector<double> room;  ///< height that each node has for itself, in rows
    double columns = 1;
    double rows = 1;
    double member_column = 0;
    bool has_members = false;

    /// Centre of the node in a picture of that size, with room for labels.
    [[nodiscard]] QPointF place(std::size_t node, const QRectF& area) const;
    [[nodiscard]] QSizeF cell(const QRectF& area) const;
};

[[nodiscard]] Layout lay_out(const History&);

}  // namespace gui
