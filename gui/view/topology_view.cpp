// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/topology_view.hpp"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPaintEngine>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <array>
#include <cmath>

#include "model/time_text.hpp"
#include "view/draw.hpp"

namespace gui {

namespace {

constexpr double legend_height = 26;
constexpr double box_height = 30;
constexpr double chip = 20;
constexpr double packet_size = 9;
constexpr std::size_t trails_up_to = 400;

QString kind_word(const std::string& kind) {
    if (kind == "pstn") {
        return TopologyView::tr("telco");
    }
    if (kind == "fonebridge") {
        return TopologyView::tr("foneBRIDGE");
    }
    if (kind == "channel-bank") {
        return TopologyView::tr("channel bank");
    }
    if (kind == "ups") {
        return TopologyView::tr("UPS");
    }
    return QString::fromStdString(kind);
}

/// Where the line from the centre of a box to `to` leaves the box.
QPointF edge_of(const QRectF& box, QPointF to) {
    const QPointF from = box.center();
    const QPointF way = to - from;
    const double x = std::abs(way.x()) > 1e-6 ? box.width() / 2 / std::abs(way.x()) : 1e9;
    const double y = std::abs(way.y()) > 1e-6 ? box.height() / 2 / std::abs(way.y()) : 1e9;
    return from + way * std::min({x, y, 1.0});
}

void draw_flag(QPainter& painter, const QRectF& box, QColor ink) {
    painter.setPen(QPen(ink, 1.2));
    painter.drawLine(QPointF(box.left() + box.width() * 0.25, box.top()),
                     QPointF(box.left() + box.width() * 0.25, box.bottom()));
    painter.setBrush(ink);
    painter.drawPolygon(
        QPolygonF({QPointF(box.left() + box.width() * 0.25, box.top()),
                   QPointF(box.right(), box.top() + box.height() * 0.28),
                   QPointF(box.left() + box.width() * 0.25, box.top() + box.height() * 0.56)}));
}

}  // namespace

TopologyView::TopologyView(Session& session, QWidget* parent) : Canvas(session, parent) {
    setObjectName(QStringLiteral("topology"));
    setAccessibleName(tr("Topology"));
    setMouseTracking(true);
    connect(&session, &Session::runChanged, this, [this] { refresh(); });
    connect(&session, &Session::timeChanged, this, qOverload<>(&QWidget::update));
    connect(&session, &Session::selectionChanged, this, qOverload<>(&QWidget::update));
    connect(&session, &Session::playingChanged, this, qOverload<>(&QWidget::update));
    refresh();
}

void TopologyView::refresh() {
    m_still = QPixmap();
    m_geometry_size = QSizeF();
    m_link_of_name.clear();
    m_end_of_name.clear();
    if (const Run* const run = m_session.run()) {
        const Trace& trace = *run->trace;
        m_layout = lay_out(*run->history);
        m_link_of_name.assign(trace.name_count(), nobody);
        m_end_of_name.assign(trace.name_count(), -1);
        for (std::uint32_t i = 0; i < trace.header.links.size(); ++i) {
            const TraceLink& link = trace.header.links[i];
            if (const NameId id = trace.find_name(link.id); id != no_name) {
                m_link_of_name[id] = i;
            }
            for (std::size_t end = 0; end < 2; ++end) {
                if (const NameId id = trace.find_name(link.ends[end]); id != no_name) {
                    m_end_of_name[id] = static_cast<std::int8_t>(end);
                }
            }
        }
    }
    update();
}

const TopologyView::Geometry& TopologyView::geometry(QSizeF size) const {
    if (m_geometry_size == size) {
        return m_geometry;
    }
    m_geometry_size = size;
    Geometry& g = m_geometry;
    g = Geometry{};
    g.area = QRectF(8, 14, size.width() - 16, size.height() - legend_height - 18);
    const TraceHeader& header = m_session.run()->trace->header;
    const QSizeF cell = m_layout.cell(g.area);
    g.labels = cell.height() >= 22 && cell.width() >= 76;
    const QFontMetricsF metrics(text_font(9.5, true));
    const double dot = std::clamp(std::min(cell.width(), cell.height()) * 0.6, 3.0, 14.0);
    for (std::size_t node = 0; node < header.nodes.size(); ++node) {
        const QPointF centre = m_layout.place(node, g.area);
        QSizeF box(dot, dot);
        if (g.labels) {
            // Room for the chip is kept for every node that ever shows one.
            const bool chipped = m_session.run()->history->member(node) ||
                                 m_session.run()->history->node_lanes()[node].size() > 1;
            const double name =
                metrics.horizontalAdvance(QString::fromStdString(header.nodes[node].id));
            const double wanted = name + 18 + (chipped ? chip + 6 : 0);
            box = {std::min(std::max(wanted, 56.0), cell.width() - 10),
                   std::clamp(m_layout.room[node] * cell.height() - 8, 14.0, box_height)};
        }
        const double room = m_layout.room[node] * cell.height();
        g.subtitles.push_back(g.labels && !m_layout.apart[node] && room >= 44);
        g.badges.push_back(g.subtitles.back() && room >= 64);
        const double lift = g.badges.back() ? 16 : g.subtitles.back() ? 7 : 0;
        g.boxes.emplace_back(centre - QPointF(box.width() / 2, box.height() / 2 + lift), box);
    }
    for (const TraceLink& link : header.links) {
        const std::uint32_t a = m_session.run()->history->node_of(link.ends[0]);
        const std::uint32_t b = m_session.run()->history->node_of(link.ends[1]);
        const bool known = a != nobody && b != nobody && a != b;
        g.drawn.push_back(known);
        g.links.push_back(known ? QLineF(edge_of(g.boxes[a], g.boxes[b].center()),
                                         edge_of(g.boxes[b], g.boxes[a].center()))
                                : QLineF());
    }
    return g;
}

TopologyView::Key TopologyView::key_of(QSizeF size, double scale, const World& world) const {
    const History& history = *m_session.run()->history;
    Key key;
    key.size = size;
    key.scale = scale;
    key.dark = theme().dark;
    key.selection =
        m_session.selection().what == Selection::What::row ? Selection{} : m_session.selection();
    for (std::size_t node = 0; node < world.nodes.size(); ++node) {
        key.nodes.push_back(history.shown_node(world, node));
        key.spans.push_back(world.nodes[node].spans);
    }
    for (std::size_t link = 0; link < world.links.size(); ++link) {
        key.links.push_back(history.shown_link(world, link));
    }
    key.owners = world.owners;
    return key;
}

void TopologyView::paint(QPainter& painter, QSizeF size) {
    const Run* const run = m_session.run();
    if (run == nullptr) {
        paint_empty(painter, size, tr("No run is open."));
        return;
    }
    if (run->trace->header.nodes.empty()) {
        paint_empty(painter, size, tr("No topology: the first line of this trace lists no nodes."));
        return;
    }
    const World world = run->history->world_at(m_session.t());
    const double scale = painter.device()->devicePixelRatioF();
    Key key = key_of(size, scale, world);
    if (painter.paintEngine()->type() == QPaintEngine::SVG || LabelAudit::active()) {
        paint_still(painter, size, world, key);
    } else {
        if (m_still.isNull() || m_still_key != key) {
            m_still = QPixmap((size * scale).toSize());
            m_still.setDevicePixelRatio(scale);
            QPainter still(&m_still);
            paint_still(still, size, world, key);
            still.end();
            m_still_key = std::move(key);
        }
        painter.drawPixmap(QPointF(), m_still);
    }
    paint_frames(painter, geometry(size));
}

void TopologyView::paint_still(QPainter& painter,
                               QSizeF size,
                               const World& world,
                               const Key& key) const {
    painter.fillRect(QRectF(QPointF(), size), theme().panel);
    painter.setRenderHint(QPainter::Antialiasing, true);
    const Geometry& g = geometry(size);
    paint_hull(painter, g);
    paint_links(painter, g, key);
    paint_nodes(painter, g, world, key);
    paint_legend(painter, size);
}

void TopologyView::paint_hull(QPainter& painter, const Geometry& g) const {
    const History& history = *m_session.run()->history;
    QRectF hull;
    for (std::size_t node = 0; node < g.boxes.size(); ++node) {
        if (history.member(node)) {
            hull = hull.united(g.boxes[node]);
        }
    }
    if (hull.isEmpty() || !g.labels) {
        return;
    }
    const bool words = std::ranges::count(g.subtitles, true) > 0;
    hull.adjust(-14, -20, 14, words ? 42 : 10);
    const double least_width = 116;
    if (hull.width() < least_width) {
        const double more = (least_width - hull.width()) / 2;
        hull.adjust(-more, 0, more, 0);
    }
    const double first = hull.top() + 20;
    hull = hull.intersected(g.area.adjusted(-4, -4, 4, 4));
    QColor fill = theme().accent;
    fill.setAlpha(theme().dark ? 26 : 16);
    painter.setBrush(fill);
    painter.setPen(QPen(theme().border, 1.2, Qt::DashLine));
    painter.drawRoundedRect(hull, 8, 8);
    if (first - hull.top() < 15) {
        return;  // the first member stands where the word would
    }
    painter.setPen(theme().muted);
    painter.setFont(text_font(8));
    draw_label(painter,
               QRectF(hull.left() + 8, hull.top() + 2, hull.width() - 12, 14),
               Qt::AlignLeft,
               tr("cluster"));
}

void TopologyView::paint_links(QPainter& painter, const Geometry& g, const Key& key) const {
    const TraceHeader& header = m_session.run()->trace->header;
    const QColor plain = theme().dark ? QColor(0x5E, 0x69, 0x74) : QColor(0xAD, 0xB6, 0xBF);
    for (std::size_t i = 0; i < g.links.size(); ++i) {
        if (!g.drawn[i]) {
            continue;
        }
        const bool selected =
            key.selection == Selection{Selection::What::link, static_cast<std::uint32_t>(i)};
        if (selected) {
            painter.setPen(QPen(theme().selection, 7));
            painter.drawLine(g.links[i]);
        }
        const std::string& type = header.links[i].type;
        const double width = g.labels ? 2 : 1;
        QPen pen(plain, width, type == "serial" ? Qt::DotLine : Qt::SolidLine);
        if (key.links[i] == LinkState::down) {
            pen = QPen(theme().bad, width, Qt::DashLine);
        } else if (key.links[i] == LinkState::impaired) {
            pen = QPen(theme().warning, width, Qt::DashDotLine);
        }
        painter.setPen(pen);
        painter.drawLine(g.links[i]);
        if (key.links[i] == LinkState::down && g.labels) {
            const QPointF c = g.links[i].center();
            painter.setPen(QPen(theme().panel, 5));
            painter.drawLine(c + QPointF(-5, -5), c + QPointF(5, 5));
            painter.drawLine(c + QPointF(-5, 5), c + QPointF(5, -5));
            painter.setPen(QPen(theme().bad, 2.4));
            painter.drawLine(c + QPointF(-5, -5), c + QPointF(5, 5));
            painter.drawLine(c + QPointF(-5, 5), c + QPointF(5, -5));
        }
    }
}

void TopologyView::paint_nodes(QPainter& painter,
                               const Geometry& g,
                               const World& world,
                               const Key& key) const {
    const Run& run = *m_session.run();
    const TraceHeader& header = run.trace->header;
    for (std::size_t node = 0; node < g.boxes.size(); ++node) {
        const QRectF& box = g.boxes[node];
        const Shown shown = key.nodes[node];
        const bool selected =
            key.selection == Selection{Selection::What::node, static_cast<std::uint32_t>(node)};
        const bool plain = shown.state == State::in_service;
        if (!g.labels) {
            painter.setPen(selected ? QPen(theme().text, 1.5) : QPen(Qt::NoPen));
            painter.setBrush(state_fill(shown.state));
            painter.drawRect(box);
            continue;
        }
        if (selected) {
            painter.setPen(QPen(theme().accent, 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(box.adjusted(-4, -4, 4, 4), 8, 8);
        }
        const bool telephone = header.nodes[node].kind == "channel-bank" ||
                               header.nodes[node].kind == "pstn" ||
                               header.nodes[node].kind == "client";
        const double radius = telephone ? box.height() / 2 : 6;
        QPen pen(plain ? theme().muted : state_fill(shown.state), plain ? 1.2 : 2.4);
        if (shown.state == State::failed) {
            pen.setStyle(Qt::DashLine);
        } else if (shown.state == State::unknown) {
            pen = QPen(theme().muted, 1.6, Qt::DotLine);
        }
        painter.setPen(pen);
        painter.setBrush(theme().panel);
        painter.drawRoundedRect(box, radius, radius);
        QRectF room = box.adjusted(8, 0, -7, 0);
        if (!plain || run.history->member(node)) {
            const double side = std::min(chip, box.height() - 8);
            const QRectF where(
                box.left() + (telephone ? 9 : 6), box.center().y() - side / 2, side, side);
            draw_state_chip(painter, where, shown.state);
            room.setLeft(where.right() + 5);
        }
        painter.setPen(theme().text);
        painter.setFont(text_font(9.5, true));
        const bool crowded = room.width() < 40;
        draw_label(painter,
                   room,
                   plain && !run.history->member(node) ? Qt::AlignHCenter : Qt::AlignLeft,
                   QString::fromStdString(header.nodes[node].id),
                   crowded ? Importance::helpful : Importance::critical);
        double below = box.bottom() + 3;
        if (g.subtitles[node]) {
            painter.setFont(text_font(8));
            painter.setPen(plain ? theme().muted : theme().state_text(shown.state));
            const QSizeF cell = m_layout.cell(g.area);
            const double width = std::max(cell.width() + 12, box.width());
            const QString words = plain ? kind_word(header.nodes[node].kind) : shown_words(shown);
            const double taken =
                std::min(QFontMetricsF(painter.font(), painter.device()).horizontalAdvance(words),
                         width) +
                6;
            painter.fillRect(QRectF(box.center().x() - taken / 2, below, taken, 13),
                             theme().panel);  // clear of the links
            draw_label(painter,
                       QRectF(box.center().x() - width / 2, below, width, 13),
                       Qt::AlignHCenter,
                       words,
                       plain ? Importance::helpful : Importance::critical);
            below += 15;
        }
        if (g.badges[node]) {
            paint_badges(painter, box, below, node, world);
        }
    }
}

void TopologyView::paint_badges(
    QPainter& painter, const QRectF& box, double top, std::size_t node, const World& world) const {
    const History& history = *m_session.run()->history;
    painter.setFont(text_font(8, true));
    const QFontMetricsF metrics(painter.font(), painter.device());
    struct Badge {
        QString text;
        QColor fill;
        bool flag;
    };
    std::vector<Badge> badges;
    for (std::size_t address = 0; address < history.addresses().size(); ++address) {
        if (world.owners[node * history.addresses().size() + address] != 0) {
            badges.push_back(
                {QString::fromStdString(history.addresses()[address]), owner_fill(), true});
        }
    }
    if (world.nodes[node].spans) {
        badges.push_back({tr("T1"), phase_fill(6), false});
    }
    constexpr double height = 16;
    constexpr double gap = 4;
    double width = -gap;
    for (const Badge& badge : badges) {
        width += metrics.horizontalAdvance(badge.text) + 14 + (badge.flag ? 11 : 0) + gap;
    }
    double x = box.center().x() - width / 2;
    for (const Badge& badge : badges) {
        const double flag = badge.flag ? 11 : 0;
        const QRectF pill(x, top, metrics.horizontalAdvance(badge.text) + 14 + flag, height);
        painter.setPen(Qt::NoPen);
        painter.setBrush(badge.fill);
        painter.drawRoundedRect(pill, height / 2, height / 2);
        const QColor ink = ink_on(badge.fill);
        if (badge.flag) {
            draw_flag(painter, QRectF(pill.left() + 6, pill.top() + 3, 9, 11), ink);
        }
        painter.setPen(ink);
        draw_label(painter,
                   pill.adjusted(7 + flag, 0, -6, 0),
                   Qt::AlignLeft,
                   badge.text,
                   Importance::critical);
        x = pill.right() + gap;
    }
}

void TopologyView::paint_legend(QPainter& painter, QSizeF size) const {
    painter.setFont(text_font(8.5));
    const QFontMetricsF metrics(painter.font(), painter.device());
    double x = 12;
    const double y = size.height() - legend_height / 2 - 1;
    const auto item = [&](const QString& words, double sign, auto draw) {
        const double width = sign + 5 + metrics.horizontalAdvance(words);
        if (x + width > size.width() - 6) {
            return;
        }
        draw(QRectF(x, y - sign / 2, sign, sign));
        painter.setPen(theme().muted);
        draw_label(
            painter, QRectF(x + sign + 5, y - 8, width - sign - 4, 16), Qt::AlignLeft, words);
        x += width + 13;
    };
    for (const State state : {State::active,
                              State::standby,
                              State::taking_over,
                              State::degraded,
                              State::failed,
                              State::unknown}) {
        item(state_word(state), 14, [&](const QRectF& where) {
            draw_state_chip(painter, where, state);
        });
    }
    x += 8;
    for (const char* const protocol : {"heartbeat", "arp", "bridge", "icmp"}) {
        item(QString::fromLatin1(protocol), packet_size, [&](const QRectF& where) {
            draw_packet(painter, where.center(), packet_size, packet_look(protocol), false);
        });
    }
    item(tr("dropped"), packet_size, [&](const QRectF& where) {
        draw_packet(
            painter, where.center(), packet_size * 0.8, {theme().muted, PacketShape::circle}, true);
    });
}

void TopologyView::paint_frames(QPainter& painter, const Geometry& g) const {
    const Trace& trace = *m_session.run()->trace;
    const Time t = m_session.t();
    const Time stretch = m_session.stretch();
    struct Sprite {
        QPointF at;
        QPointF back;
        const Hop* hop;
    };
    std::vector<Sprite> sprites;
    trace.for_hops_at(t, stretch, [&](const Hop& hop) {
        const std::uint32_t link =
            hop.link < m_link_of_name.size() ? m_link_of_name[hop.link] : nobody;
        if (link == nobody || !g.drawn[link]) {
            return;
        }
        const std::int8_t end = m_end_of_name[hop.from];
        if (end < 0) {
            return;
        }
        const double flight =
            static_cast<double>(std::max({hop.received - hop.sent, stretch, Time{1}}));
        double way = static_cast<double>(t - hop.sent) / flight;
        if (hop.drop != no_name) {
            way = std::min(way, 0.5);  // it gets half the way, and stays there crossed out
        }
        if (m_session.reduced_motion()) {
            way = 0.5;
        }
        const QLineF line =
            end == 0 ? g.links[link] : QLineF(g.links[link].p2(), g.links[link].p1());
        const QPointF at = line.pointAt(std::clamp(way, 0.0, 1.0));
        const double length = std::max(line.length(), 1.0);
        sprites.push_back({at, (line.p1() - line.p2()) * std::min(14.0 / length, way), &hop});
    });
    if (sprites.empty()) {
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    const bool trails = sprites.size() <= trails_up_to && !m_session.reduced_motion();
    const double size = g.labels ? packet_size : 4;
    // One picture for each look, drawn many times.
    const double scale = painter.device()->devicePixelRatioF();
    const double side = size * 2;
    struct Batch {
        NameId protocol;
        bool dropped;
        std::vector<QPainter::PixmapFragment> fragments;
    };
    std::vector<Batch> batches;
    const bool vector_device = painter.paintEngine()->type() == QPaintEngine::SVG;
    for (const Sprite& sprite : sprites) {
        const PacketLook look = packet_look(trace.name(sprite.hop->protocol));
        const bool dropped = sprite.hop->drop != no_name;
        if (trails) {
            QColor tail = look.colour;
            tail.setAlpha(110);
            painter.setPen(QPen(tail, 3, Qt::SolidLine, Qt::FlatCap));
            painter.drawLine(sprite.at, sprite.at + sprite.back);
        }
        if (vector_device) {
            draw_packet(painter, sprite.at, size, look, dropped);
            continue;
        }
        auto batch = std::ranges::find_if(batches, [&](const Batch& b) {
            return b.protocol == sprite.hop->protocol && b.dropped == dropped;
        });
        if (batch == batches.end()) {
            batches.push_back({sprite.hop->protocol, dropped, {}});
            batch = batches.end() - 1;
        }
        batch->fragments.push_back(QPainter::PixmapFragment::create(
            sprite.at, QRectF(0, 0, side * scale, side * scale), 1 / scale, 1 / scale));
    }
    for (const Batch& batch : batches) {
        QPixmap picture((QSizeF(side, side) * scale).toSize());
        picture.fill(Qt::transparent);
        QPainter sprite(&picture);
        sprite.setRenderHint(QPainter::Antialiasing, true);
        sprite.scale(scale, scale);
        draw_packet(sprite,
                    {side / 2, side / 2},
                    size,
                    packet_look(trace.name(batch.protocol)),
                    batch.dropped);
        sprite.end();
        painter.drawPixmapFragments(
            batch.fragments.data(), static_cast<int>(batch.fragments.size()), picture);
    }
}

std::uint32_t TopologyView::node_at(QPointF point) const {
    if (m_session.run() == nullptr || m_session.run()->trace->header.nodes.empty()) {
        return nobody;
    }
    const Geometry& g = geometry(size());
    for (std::uint32_t node = 0; node < g.boxes.size(); ++node) {
        if (g.boxes[node].adjusted(-3, -3, 3, g.subtitles[node] ? 16 : 3).contains(point)) {
            return node;
        }
    }
    return nobody;
}

void TopologyView::mousePressEvent(QMouseEvent* event) {
    if (m_session.run() == nullptr || m_session.run()->trace->header.nodes.empty()) {
        return;
    }
    if (const std::uint32_t node = node_at(event->position()); node != nobody) {
        m_session.select({Selection::What::node, node});
        return;
    }
    const Geometry& g = geometry(size());
    constexpr double reach = 6;
    for (std::uint32_t link = 0; link < g.links.size(); ++link) {
        const QLineF& line = g.links[link];
        if (!g.drawn[link] || line.length() < 1) {
            continue;
        }
        const QPointF along = line.p2() - line.p1();
        const QPointF off = event->position() - line.p1();
        const double way = std::clamp(
            QPointF::dotProduct(off, along) / QPointF::dotProduct(along, along), 0.0, 1.0);
        const QPointF nearest = line.pointAt(way) - event->position();
        if (std::hypot(nearest.x(), nearest.y()) < reach) {
            m_session.select({Selection::What::link, link});
            return;
        }
    }
    m_session.select({});
}

void TopologyView::mouseMoveEvent(QMouseEvent* event) {
    setCursor(node_at(event->position()) != nobody ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

bool TopologyView::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && m_session.run() != nullptr) {
        const auto* const help = static_cast<QHelpEvent*>(event);
        const std::uint32_t node = node_at(help->pos());
        if (node == nobody) {
            QToolTip::hideText();
            return true;
        }
        const Segment& segment = m_session.run()->history->segment_at(node, m_session.t());
        QToolTip::showText(
            help->globalPos(),
            tr("%1: %2 since %3")
                .arg(QString::fromStdString(m_session.run()->trace->header.nodes[node].id),
                     shown_words(segment.shown),
                     clock_text(segment.from)),
            this);
        return true;
    }
    return Canvas::event(event);
}

}  // namespace gui
