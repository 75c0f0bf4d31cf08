// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/scenario_tree.hpp"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLocale>
#include <QPainter>
#include <QSignalBlocker>

#include "model/time_text.hpp"
#include "view/draw.hpp"

namespace gui {

namespace {

constexpr int node_role = Qt::UserRole;
constexpr int row_role = Qt::UserRole + 1;
constexpr int time_role = Qt::UserRole + 2;

QIcon chip_icon(State state) {
    QIcon icon;
    for (const int side : {16, 32}) {
        QPixmap picture(side, side);
        picture.fill(Qt::transparent);
        QPainter painter(&picture);
        draw_state_chip(painter, QRectF(1, 1, side - 2, side - 2), state);
        painter.end();
        icon.addPixmap(picture);
    }
    return icon;
}

}  // namespace

ScenarioTree::ScenarioTree(Session& session, QWidget* parent)
    : QTreeWidget(parent), m_session(session) {
    setObjectName(QStringLiteral("scenarioTree"));
    setAccessibleName(tr("Scenario"));
    setColumnCount(2);
    setHeaderHidden(true);
    setRootIsDecorated(true);
    setIndentation(14);
    setUniformRowHeights(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(0, QHeaderView::Stretch);
    header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    setTextElideMode(Qt::ElideRight);
    connect(&session, &Session::runChanged, this, &ScenarioTree::fill);
    connect(&session, &Session::timeChanged, this, &ScenarioTree::show_states);
    connect(&session, &Session::selectionChanged, this, &ScenarioTree::show_selection);
    connect(&session, &Session::bookmarksChanged, this, &ScenarioTree::fill_bookmarks);
    connect(this, &QTreeWidget::itemClicked, this, &ScenarioTree::activated_item);
    connect(this, &QTreeWidget::itemActivated, this, &ScenarioTree::activated_item);
    fill();
}

void ScenarioTree::set_theme(const Theme& theme) {
    m_theme = &theme;
    fill();
}

QTreeWidgetItem* ScenarioTree::group(const QString& name, const QString& value) {
    auto* const item = new QTreeWidgetItem(this, {name, value});
    item->setFont(0, text_font(9.5, true));
    item->setForeground(1, m_theme->muted);
    item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    item->setExpanded(true);
    return item;
}

QTreeWidgetItem* ScenarioTree::leaf(QTreeWidgetItem* parent,
                                    const QString& name,
                                    const QString& value,
                                    const QString& tip) {
    auto* const item = new QTreeWidgetItem(parent, {name, value});
    item->setForeground(1, m_theme->muted);
    item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    const QString text = tip.isEmpty() ? QStringLiteral("%1  %2").arg(name, value) : tip;
    item->setToolTip(0, text);
    item->setToolTip(1, text);
    return item;
}

void ScenarioTree::fill() {
    clear();
    m_nodes.clear();
    m_shown.clear();
    m_bookmarks = nullptr;
    const Run* const run = m_session.run();
    if (run == nullptr) {
        return;
    }
    const Trace& trace = *run->trace;
    const QLocale locale;
    auto* const facts = group(QString::fromStdString(trace.header.scenario), {});
    facts->setFirstColumnSpanned(true);
    leaf(facts, tr("seed"), QString::number(trace.header.seed));
    facts->setToolTip(0, QString::fromStdString(trace.header.scenario));
    if (run->result && !run->result->title.empty()) {
        facts->setToolTip(0, QString::fromStdString(run->result->title));
    }
    leaf(facts, tr("daemon"), QString::fromStdString(trace.header.implementation));
    leaf(facts, tr("records"), locale.toString(static_cast<qulonglong>(trace.rows.size())));
    leaf(facts, tr("simulated"), span_text(trace.end()));
    const QString tool = QString::fromStdString(trace.header.tool);
    leaf(facts, tr("made by"), tool.section(QLatin1Char(' '), -1), tool);
    leaf(facts, tr("ns-3"), QString::fromStdString(trace.header.ns3));
    leaf(facts,
         tr("digest"),
         QString::fromStdString(trace.header.digest.substr(0, 8)),
         QString::fromStdString(trace.header.digest));

    auto* const nodes = group(tr("Nodes"), QString::number(trace.header.nodes.size()));
    for (const bool members : {true, false}) {
        for (std::uint32_t node = 0; node < trace.header.nodes.size(); ++node) {
            if (run->history->member(node) == members) {
                auto* const item =
                    leaf(nodes, QString::fromStdString(trace.header.nodes[node].id), {});
                item->setData(0, node_role, node);
                m_nodes.resize(trace.header.nodes.size());
                m_nodes[node] = item;
            }
        }
    }
    constexpr std::size_t nodes_shown_at_once = 24;
    nodes->setExpanded(trace.header.nodes.size() <= nodes_shown_at_once);
    m_shown.resize(m_nodes.size());

    auto* const faults = group(tr("Faults"), QString::number(run->history->faults().size()));
    for (const FaultMark& mark : run->history->faults()) {
        auto* const item = leaf(
            faults,
            tr("%1 %2").arg(QString::fromStdString(mark.verb), QString::fromStdString(mark.target)),
            clock_text(mark.t),
            QString::fromStdString(mark.evidence));
        item->setData(0, row_role, mark.row);
    }
    if (run->result) {
        int passed = 0;
        auto* const expectations = group(tr("Expectations"), {});
        for (const ExpectationView& expectation : run->result->expectations) {
            const bool pass = expectation.verdict == "pass";
            passed += pass ? 1 : 0;
            auto* const item = leaf(expectations,
                                    (pass                            ? QStringLiteral("✓ ")
                                     : expectation.verdict == "fail" ? QStringLiteral("✕ ")
                                                                     : QStringLiteral("? ")) +
                                        QString::fromStdString(expectation.id),
                                    pass ? QString() : QString::fromStdString(expectation.verdict),
                                    tr("%1: observed %2, expected %3")
                                        .arg(QString::fromStdString(expectation.verdict),
                                             QString::fromStdString(expectation.observed),
                                             QString::fromStdString(expectation.limit)));
            item->setForeground(0,
                                pass                            ? m_theme->good
                                : expectation.verdict == "fail" ? m_theme->bad
                                                                : m_theme->warning);
        }
        expectations->setText(1, tr("%1 of %2").arg(passed).arg(run->result->expectations.size()));
        auto* const invariants = group(tr("Invariants"), {});
        int held = 0;
        for (const InvariantView& invariant : run->result->invariants) {
            const bool ok =
                invariant.evaluated && invariant.violated_for == 0 && !invariant.first_at;
            held += ok ? 1 : 0;
            auto* const item = leaf(invariants,
                                    (invariant.disabled ? QStringLiteral("– ")
                                     : ok               ? QStringLiteral("✓ ")
                                                        : QStringLiteral("✕ ")) +
                                        QString::fromStdString(invariant.name),
                                    ok                   ? QString()
                                    : invariant.disabled ? tr("off")
                                                         : span_text(invariant.violated_for));
            item->setForeground(0,
                                invariant.disabled ? m_theme->muted
                                : ok               ? m_theme->good
                                                   : m_theme->bad);
            if (invariant.first_at) {
                item->setData(0, time_role, qlonglong{*invariant.first_at});
            }
        }
        invariants->setText(1, tr("%1 of %2").arg(held).arg(run->result->invariants.size()));
        invariants->setExpanded(held != static_cast<int>(run->result->invariants.size()));
        auto* const rests =
            group(tr("It rests on"), QString::number(run->result->parameters.size()));
        for (const ParameterView& parameter : run->result->parameters) {
            leaf(rests,
                 QString::fromStdString(parameter.name),
                 QString::fromStdString(parameter.mark),
                 tr("%1 = %2 (%3: %4)")
                     .arg(QString::fromStdString(parameter.name),
                          QString::fromStdString(parameter.value),
                          QString::fromStdString(parameter.mark),
                          QString::fromStdString(parameter.source)));
        }
        rests->setExpanded(false);
    }
    fill_bookmarks();
    show_states();
    show_selection();
}

void ScenarioTree::fill_bookmarks() {
    delete m_bookmarks;
    m_bookmarks = nullptr;
    if (m_session.run() == nullptr || m_session.bookmarks().empty()) {
        return;
    }
    m_bookmarks = group(tr("Bookmarks"), QString::number(m_session.bookmarks().size()));
    for (const Bookmark& bookmark : m_session.bookmarks()) {
        auto* const item = leaf(m_bookmarks,
                                bookmark.note.isEmpty() ? tr("(no note)") : bookmark.note,
                                clock_text(bookmark.t));
        item->setData(0, time_role, qlonglong{bookmark.t});
    }
}

void ScenarioTree::show_states() {
    const Run* const run = m_session.run();
    if (run == nullptr) {
        return;
    }
    for (std::size_t node = 0; node < m_nodes.size(); ++node) {
        const Shown shown = run->history->segment_at(node, m_session.t()).shown;
        QTreeWidgetItem* const item = m_nodes[node];
        if (item == nullptr || (!item->icon(0).isNull() && shown == m_shown[node])) {
            continue;
        }
        m_shown[node] = shown;
        item->setIcon(0, chip_icon(shown.state));
        item->setText(1,
                      shown.state == gui::State::in_service ? QString() : state_word(shown.state));
        item->setForeground(1, m_theme->state_text(shown.state));
        const QString tip = tr("%1: %2").arg(item->text(0), shown_words(shown));
        item->setToolTip(0, tip);
        item->setToolTip(1, tip);
    }
}

void ScenarioTree::show_selection() {
    const QSignalBlocker quiet(this);
    clearSelection();
    const Selection selection = m_session.selection();
    if (selection.what == Selection::What::node && selection.index < m_nodes.size() &&
        m_nodes[selection.index] != nullptr) {
        m_nodes[selection.index]->setSelected(true);
    }
}

void ScenarioTree::activated_item(QTreeWidgetItem* item) {
    if (const QVariant node = item->data(0, node_role); node.isValid()) {
        m_session.select({Selection::What::node, node.toUInt()});
    } else if (const QVariant row = item->data(0, row_role); row.isValid()) {
        m_session.select_row(row.toUInt(), true);
    } else if (const QVariant time = item->data(0, time_role); time.isValid()) {
        m_session.go(time.toLongLong());
    }
}

}  // namespace gui
