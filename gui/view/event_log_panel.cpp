// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/event_log_panel.hpp"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLocale>
#include <QVBoxLayout>

namespace gui {

EventLogPanel::EventLogPanel(Session& session, QWidget* parent)
    : QWidget(parent), m_session(session), m_model(new EventLogModel(session, this)),
      m_table(new QTableView(this)), m_counts(new QLabel(this)), m_empty(new QLabel(this)),
      m_packets(new QCheckBox(tr("frames"), this)),
      m_probes(new QCheckBox(tr("probe calls"), this)) {
    setObjectName(QStringLiteral("eventLogPanel"));
    m_table->setObjectName(QStringLiteral("eventLog"));
    m_table->setAccessibleName(tr("Event log"));
    m_table->setModel(m_model);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setWordWrap(false);
    m_table->setMouseTracking(true);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->verticalHeader()->setDefaultSectionSize(20);
    m_table->verticalHeader()->setMinimumSectionSize(16);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    QHeaderView* const header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setStretchLastSection(true);
    m_table->setColumnWidth(EventLogModel::time, 80);
    m_table->setColumnWidth(EventLogModel::delta, 60);
    m_table->setColumnWidth(EventLogModel::source, 76);
    m_table->setColumnWidth(EventLogModel::kind, 118);
    m_counts->setObjectName(QStringLiteral("logCounts"));
    m_empty->setObjectName(QStringLiteral("logEmpty"));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    m_packets->setObjectName(QStringLiteral("listFrames"));
    m_packets->setToolTip(tr("List every frame on every link, too"));
    m_probes->setObjectName(QStringLiteral("listProbes"));
    m_probes->setToolTip(tr("List every answered probe call, too"));

    auto* const column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* const row = new QHBoxLayout;
    row->setContentsMargins(8, 2, 8, 2);
    row->addWidget(m_counts);
    row->addStretch(1);
    row->addWidget(m_packets);
    row->addWidget(m_probes);
    column->addLayout(row);
    column->addWidget(m_table, 1);
    column->addWidget(m_empty, 1);

    for (QCheckBox* const box : {m_packets, m_probes}) {
        connect(box, &QCheckBox::toggled, this, [this] {
            m_session.set_listed(m_packets->isChecked(), m_probes->isChecked());
        });
    }
    connect(m_empty, &QLabel::linkActivated, this, [this] { emit clearFilterWanted(); });
    connect(m_table, &QTableView::clicked, this, [this](const QModelIndex& index) {
        m_session.select_row(m_model->trace_row(index.row()), true);
    });
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex& index) {
        // Enter opens the cause.
        const std::uint32_t at = m_model->trace_row(index.row());
        if (at != no_row) {
            const Trace& trace = *m_session.run()->trace;
            m_session.select_row(trace.row_of(trace.rows[at].cause), true);
        }
    });
    connect(m_table, &QTableView::entered, this, [this](const QModelIndex& index) {
        m_session.hover_row(m_model->trace_row(index.row()));
    });
    connect(&session, &Session::filterChanged, this, [this] {
        show_counts();
        follow();
    });
    connect(&session, &Session::timeChanged, this, &EventLogPanel::follow);
    connect(&session, &Session::selectionChanged, this, &EventLogPanel::follow);
    show_counts();
}

void EventLogPanel::set_theme(const Theme& theme) {
    m_model->set_theme(theme);
}

void EventLogPanel::show_counts() {
    const QLocale locale;
    const Run* const run = m_session.run();
    const bool empty = run == nullptr || m_session.listed().empty();
    m_table->setVisible(!empty);
    m_empty->setVisible(empty);
    if (run == nullptr) {
        m_counts->clear();
        m_empty->setText(tr("No run is open."));
        return;
    }
    const QString listed = locale.toString(static_cast<qulonglong>(m_session.listed().size()));
    const QString all = locale.toString(static_cast<qulonglong>(run->trace->rows.size()));
    m_counts->setText(tr("%1 of %2 records").arg(listed, all));
    m_empty->setText(
        m_session.filter().error.empty()
            ? tr("0 of %1 records match. <a href='clear'>Clear filter</a>").arg(all)
            : tr("The filter cannot be understood: %1. <a href='clear'>Clear filter</a>")
                  .arg(QString::fromStdString(m_session.filter().error).toHtmlEscaped()));
}

void EventLogPanel::follow() {
    if (!m_table->isVisible()) {
        return;
    }
    int line = m_session.listed_at(m_session.t());
    if (m_session.selection().what == Selection::What::row && m_session.run() != nullptr) {
        const auto& listed = m_session.listed();
        const auto found = std::ranges::lower_bound(listed, m_session.selection().index);
        if (found != listed.end() && *found == m_session.selection().index &&
            m_session.run()->trace->rows[*found].t == m_session.t()) {
            line = static_cast<int>(found - listed.begin());
        }
    }
    if (line < 0) {
        m_table->clearSelection();
        return;
    }
    if (m_table->currentIndex().row() != line || !m_table->selectionModel()->hasSelection()) {
        m_table->setCurrentIndex(m_model->index(line, 0));
        m_table->selectRow(line);
    }
    m_table->scrollTo(m_model->index(line, 0));
}

}  // namespace gui
