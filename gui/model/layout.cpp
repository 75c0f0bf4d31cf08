// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/layout.hpp"

#include <QRectF>

#include <algorithm>
#include <cmath>
#include <map>

namespace gui {

namespace {

constexpr double apart_row = 0.7;          // what is linked to nothing needs little room
constexpr std::size_t column_height = 26;  // more nodes than that stand in several columns

bool telephone_side(std::string_view kind) {
    return kind == "fonebridge" || kind == "pstn" || kind == "channel-bank";
}

using Columns = std::map<int, std::vector<std::uint32_t>>;

/// What is linked to nothing stands at the foot of columns with room there, near the middle; when
/// there are not enough of them, in rows of its own below.
void place_apart(Layout& out,
                 const std::vector<std::uint32_t>& apart,
                 const Columns& columns,
                 double body) {
    std::vector<double> feet;
    double x = 0;
    for (const auto& [key, nodes] : columns) {
        const std::size_t parts =
            std::max<std::size_t>((nodes.size() + column_height - 1) / column_height, 1);
        if (parts == 1 && static_cast<double>(nodes.size()) * 3 <= body) {
            feet.push_back(x);
        }
        x += static_cast<double>(parts);
    }
    std::ranges::stable_sort(
        feet, {}, [&](double foot) { return std::abs(foot - out.member_column); });
    if (apart.size() <= feet.size()) {
        feet.resize(apart.size());
        std::ranges::sort(feet);
        for (std::size_t i = 0; i < apart.size(); ++i) {
            out.at[apart[i]] = {feet[i], body - 0.5 - apart_row / 2};
        }
        return;
    }
    const auto in_row = static_cast<std::size_t>(std::max(out.columns, 1.0));
    for (std::size_t i = 0; i < apart.size(); ++i) {
        const std::size_t line = i / in_row;
        out.at[apart[i]] = {static_cast<double>(i % in_row),
                            body - 0.5 + (static_cast<double>(line) + 0.5) * apart_row};
    }
    out.rows = body + apart_row * static_cast<double>((apart.size() + in_row - 1) / in_row);
}

}  // namespace

QSizeF Layout::cell(const QRectF& area) const {
    return {area.width() / columns, area.height() / rows};
}

QPointF Layout::place(std::size_t node, const QRectF& area) const {
    const QSizeF size = cell(area);
    return {area.left() + (at[node].x() + 0.5) * size.width(),
            area.top() + (at[node].y() + 0.5) * size.height()};
}

Layout lay_out(const History& history) {
    const TraceHeader& header = history.trace().header;
    const std::size_t count = header.nodes.size();
    Layout out;
    out.at.resize(count);
    out.apart.assign(count, true);
    out.room.assign(count, apart_row);
    std::vector<std::vector<std::uint32_t>> neighbours(count);
    for (const TraceLink& link : header.links) {
        const std::uint32_t a = history.node_of(link.ends[0]);
        const std::uint32_t b = history.node_of(link.ends[1]);
        if (a == nobody || b == nobody || a == b) {
            continue;
        }
        neighbours[a].push_back(b);
        neighbours[b].push_back(a);
        out.apart[a] = false;
        out.apart[b] = false;
    }

    // Distance from the middle; without members the node with the most links is the middle.
    constexpr int far = 1 << 20;
    std::vector<int> column(count, far);
    std::vector<std::uint32_t> queue;
    for (std::uint32_t node = 0; node < count; ++node) {
        if (history.member(node)) {
            column[node] = 0;
            queue.push_back(node);
        }
    }
    out.has_members = !queue.empty();
    if (queue.empty() && count > 0) {
        const auto most = std::ranges::max_element(
            neighbours, {}, [](const std::vector<std::uint32_t>& list) { return list.size(); });
        queue.push_back(static_cast<std::uint32_t>(most - neighbours.begin()));
        column[queue.front()] = 0;
    }
    const std::vector<std::uint32_t> middle = queue;
    for (std::size_t at = 0; at < queue.size(); ++at) {
        for (const std::uint32_t next : neighbours[queue[at]]) {
            if (column[next] == far) {
                column[next] = column[queue[at]] + 1;
                queue.push_back(next);
            }
        }
    }
    // What hangs together without the middle stands on one side of it.
    std::vector<bool> seen(count, false);
    for (const std::uint32_t node : middle) {
        seen[node] = true;
    }
    for (std::uint32_t start = 0; start < count; ++start) {
        if (seen[start] || out.apart[start]) {
            continue;
        }
        std::vector<std::uint32_t> part{start};
        seen[start] = true;
        bool left = telephone_side(header.nodes[start].kind);
        for (std::size_t at = 0; at < part.size(); ++at) {
            for (const std::uint32_t next : neighbours[part[at]]) {
                if (!seen[next]) {
                    seen[next] = true;
                    part.push_back(next);
                    left = left || telephone_side(header.nodes[next].kind);
                }
            }
        }
        for (const std::uint32_t node : part) {
            if (column[node] == far) {
                column[node] = 1;  // not reached from the middle
            }
            column[node] = left ? -column[node] : column[node];
        }
    }

    Columns columns;
    std::vector<std::uint32_t> apart;
    for (std::uint32_t node = 0; node < count; ++node) {
        if (out.apart[node]) {
            apart.push_back(node);
        } else {
            columns[column[node]].push_back(node);
        }
    }
    // Rows: from the middle outwards, each near its neighbours further in.
    std::vector<double> row(count, 0);
    const auto order = [&](std::vector<std::uint32_t>& nodes, int toward) {
        std::vector<std::pair<double, std::uint32_t>> keyed;
        for (const std::uint32_t node : nodes) {
            double sum = 0;
            int n = 0;
            for (const std::uint32_t next : neighbours[node]) {
                if (std::abs(column[next]) < std::abs(column[node]) && column[next] * toward >= 0) {
                    sum += row[next];
                    ++n;
                }
            }
            keyed.emplace_back(n > 0 ? sum / n : 0.5, node);
        }
        std::ranges::stable_sort(keyed, {}, &std::pair<double, std::uint32_t>::first);
        for (std::size_t i = 0; i < keyed.size(); ++i) {
            nodes[i] = keyed[i].second;
            row[nodes[i]] =
                (static_cast<double>(i) + 0.5) / static_cast<double>(keyed.size());  // 0 to 1
        }
    };
    std::vector<int> keys;
    for (const auto& [key, nodes] : columns) {
        keys.push_back(key);
    }
    std::ranges::stable_sort(keys, {}, [](int key) { return std::abs(key); });
    for (const int key : keys) {
        order(columns[key], key < 0 ? -1 : 1);
    }

    std::size_t tallest = 1;
    double x = 0;
    for (auto& [key, nodes] : columns) {
        const std::size_t parts = (nodes.size() + column_height - 1) / column_height;
        tallest = std::max(tallest, std::min(nodes.size(), column_height));
        if (key == 0) {
            out.member_column = x;
        }
        x += static_cast<double>(std::max<std::size_t>(parts, 1));
    }
    out.columns = std::max(x, 1.0);
    out.rows = static_cast<double>(std::max<std::size_t>(tallest, 3));
    const double body = out.rows;
    x = 0;
    for (auto& [key, nodes] : columns) {
        const std::size_t parts =
            std::max<std::size_t>((nodes.size() + column_height - 1) / column_height, 1);
        const std::size_t in_part = (nodes.size() + parts - 1) / parts;
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            const std::size_t part = i / in_part;
            const std::size_t here = std::min(in_part, nodes.size() - part * in_part);
            const double y = (static_cast<double>(i % in_part) + 0.5) / static_cast<double>(here);
            out.at[nodes[i]] = {x + static_cast<double>(part), y * body - 0.5};
            out.room[nodes[i]] = body / static_cast<double>(here);
        }
        x += static_cast<double>(parts);
    }
    place_apart(out, apart, columns, body);
    return out;
}

}  // namespace gui
