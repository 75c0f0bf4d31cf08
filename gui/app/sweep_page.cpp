// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/sweep_page.hpp"

#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

#include "model/time_text.hpp"

namespace gui {

namespace {

QTableWidget* table(const QString& object, const QString& name, const QStringList& columns) {
    auto* const made = new QTableWidget(0, static_cast<int>(columns.size()));
    made->setObjectName(object);
    made->setAccessibleName(name);
    made->setHorizontalHeaderLabels(columns);
    made->verticalHeader()->hide();
    made->verticalHeader()->setDefaultSectionSize(23);
    made->setEditTriggers(QAbstractItemView::NoEditTriggers);
    made->setSelectionBehavior(QAbstractItemView::SelectRows);
    made->setSelectionMode(QAbstractItemView::SingleSelection);
    made->setShowGrid(false);
    made->setAlternatingRowColors(true);
    made->setFrameShape(QFrame::NoFrame);
    made->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    made->horizontalHeader()->setStretchLastSection(true);
    return made;
}

}  // namespace

SweepPage::SweepPage(QWidget* parent)
    : QWidget(parent), m_stack(new QStackedWidget),
      m_empty_title(new QLabel(tr("No results are open"))), m_empty(new QLabel), m_what(new QLabel),
      m_map(new SweepMap(m_none)), m_title(new QLabel), m_facts(new QLabel),
      m_chart(new SeedChart(m_none)),
      m_phases(table(QStringLiteral("sweepPhases"),
                     tr("Phases over all runs"),
                     {tr("phase"), tr("least"), tr("median"), tr("p95"), tr("most")})),
      m_seeds(table(QStringLiteral("sweepSeeds"),
                    tr("Runs"),
                    {tr("seed"), tr("cut-off"), tr("verdict"), tr("trace")})),
      m_median(new QPushButton(tr("Open the median run"))) {
    setObjectName(QStringLiteral("sweepPage"));
    auto* const empty = new QWidget;
    auto* const column = new QVBoxLayout(empty);
    m_empty_title->setFont(text_font(15, true));
    m_empty_title->setAlignment(Qt::AlignCenter);
    m_empty->setObjectName(QStringLiteral("sweepEmpty"));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_empty->setWordWrap(true);
    m_empty->setText(tr(
        "Here many runs are seen at once: scenarios against daemons, over seeds.\nMake some "
        "with\n\nunderstudy run scenarios/call-centre/*.json --seeds 1..40 --implementation both "
        "--out DIR\n\nand open DIR. With --trace signalling each run can be played from here."));
    auto* const open_empty = new QPushButton(tr("Open a folder of results…"));
    open_empty->setObjectName(QStringLiteral("openSweep"));
    open_empty->setMinimumHeight(34);
    connect(open_empty, &QPushButton::clicked, this, &SweepPage::openWanted);
    auto* const middle = new QHBoxLayout;
    middle->addStretch(1);
    middle->addWidget(open_empty);
    middle->addStretch(1);
    column->addStretch(2);
    column->addWidget(m_empty_title);
    column->addSpacing(6);
    column->addWidget(m_empty);
    column->addSpacing(10);
    column->addLayout(middle);
    column->addStretch(3);

    m_what->setObjectName(QStringLiteral("sweepWhat"));
    auto* const open_other = new QPushButton(tr("Open another folder…"));
    open_other->setObjectName(QStringLiteral("openOtherSweep"));
    connect(open_other, &QPushButton::clicked, this, &SweepPage::openWanted);
    auto* const left = new QWidget;
    auto* const left_column = new QVBoxLayout(left);
    left_column->setContentsMargins(12, 10, 6, 10);
    auto* const head = new QHBoxLayout;
    head->addWidget(m_what, 1);
    head->addWidget(open_other);
    left_column->addLayout(head);
    auto* const scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("sweepScroll"));
    scroll->setAccessibleName(tr("Table of results"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(m_map);
    left_column->addWidget(scroll, 1);

    auto* const right = new QWidget;
    auto* const right_column = new QVBoxLayout(right);
    right_column->setContentsMargins(6, 10, 12, 10);
    m_title->setFont(text_font(11, true));
    m_title->setObjectName(QStringLiteral("sweepTitle"));
    m_title->setWordWrap(true);
    m_facts->setObjectName(QStringLiteral("sweepFacts"));
    m_facts->setWordWrap(true);
    m_facts->setTextFormat(Qt::RichText);
    m_median->setObjectName(QStringLiteral("openMedian"));
    right_column->addWidget(m_title);
    right_column->addWidget(m_facts);
    right_column->addWidget(m_chart);
    m_chart->setMinimumHeight(130);
    auto* const tables = new QSplitter(Qt::Vertical);
    tables->addWidget(m_phases);
    tables->addWidget(m_seeds);
    tables->setSizes({210, 290});
    m_seeds->setColumnWidth(0, 70);
    m_seeds->setColumnWidth(1, 170);
    m_seeds->setColumnWidth(2, 150);
    right_column->addWidget(tables, 1);
    auto* const buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(m_median);
    right_column->addLayout(buttons);

    auto* const halves = new QSplitter(Qt::Horizontal);
    halves->addWidget(left);
    halves->addWidget(right);
    halves->setSizes({720, 620});
    m_stack->addWidget(empty);
    m_stack->addWidget(halves);
    auto* const whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(m_stack);

    connect(m_map, &SweepMap::selectionChanged, this, &SweepPage::show_cell);
    const auto median = [this] { open_run((static_cast<int>(m_runs.size()) - 1) / 2); };
    connect(m_map, &SweepMap::activated, this, median);
    connect(m_median, &QPushButton::clicked, this, median);
    connect(m_chart, &SeedChart::clicked, this, &SweepPage::show_run);
    connect(m_seeds, &QTableWidget::itemSelectionChanged, this, [this] {
        const auto items = m_seeds->selectedItems();
        m_chart->set_marked(items.isEmpty() ? -1 : items.front()->row());
    });
    connect(m_seeds, &QTableWidget::itemActivated, this, [this](QTableWidgetItem* item) {
        open_run(item->row());
    });
}

void SweepPage::set_theme(const Theme& theme) {
    m_theme = &theme;
    QPalette quiet = palette();
    quiet.setColor(QPalette::WindowText, theme.muted);
    m_empty->setPalette(quiet);
    m_what->setPalette(quiet);
    m_map->set_theme(theme);
    m_chart->set_theme(theme);
    show_cell();
}

bool SweepPage::open(const QString& path) {
    ReadSweep read = read_sweep(path.toStdString());
    if (!read.table) {
        emit noticeWanted(tr("%1 cannot be shown as results: %2.")
                              .arg(path, QString::fromStdString(read.error))
                              .toHtmlEscaped());
        return false;
    }
    m_map->set_table(nullptr);
    m_table = std::move(*read.table);
    if (!m_table.problems.empty()) {
        emit noticeWanted(
            tr("%n file(s) were left out.", nullptr, static_cast<int>(m_table.problems.size()))
                .toHtmlEscaped() +
            QLatin1Char(' ') + QString::fromStdString(m_table.problems.front()).toHtmlEscaped());
    }
    std::uint64_t runs = 0;
    for (const SweepCell& cell : m_table.cells) {
        runs += cell.runs;
    }
    m_what->setText(
        tr("%1: %2 scenarios, %3 runs. Cut-off of the worst direction: median, p95, worst verdict.")
            .arg(QFileInfo(QDir(path).absolutePath()).fileName())
            .arg(m_table.scenarios.size())
            .arg(runs));
    m_what->setWordWrap(true);
    m_map->set_table(&m_table);
    m_stack->setCurrentIndex(1);
    return true;
}

void SweepPage::select(const QString& what) {
    const std::string wanted = what.toStdString();
    for (std::size_t i = 0; i < m_table.cells.size(); ++i) {
        const SweepCell& cell = m_table.cells[i];
        if (wanted == cell.scenario || wanted == cell.scenario + "/" + cell.implementation) {
            m_map->select(static_cast<int>(i));
            return;
        }
    }
}

void SweepPage::show_cell() {
    m_phases->setRowCount(0);
    m_seeds->setRowCount(0);
    m_chart->set_runs(nullptr);
    m_runs.clear();
    if (m_map->selected() < 0) {
        m_title->clear();
        m_facts->clear();
        m_median->setEnabled(false);
        return;
    }
    const SweepCell& cell = m_table.cells[static_cast<std::size_t>(m_map->selected())];
    m_title->setText(cell.title.empty() ? QString::fromStdString(cell.scenario)
                                        : QString::fromStdString(cell.title));
    QStringList verdicts;
    for (const auto& [word, count] : cell.verdicts) {
        if (count > 0) {
            verdicts << tr("%1 × %2").arg(count).arg(sweep_verdict(word));
        }
    }
    QStringList failed;
    for (const ExpectationView& one : cell.expectations) {
        if (one.verdict != "pass") {
            failed << QStringLiteral("%1 (%2)").arg(QString::fromStdString(one.id),
                                                    QString::fromStdString(one.verdict));
        }
    }
    QString facts = tr("%1 · seeds %2 to %3 · %4%5")
                        .arg(QString::fromStdString(cell.implementation))
                        .arg(cell.first_seed)
                        .arg(cell.last_seed)
                        .arg(verdicts.join(QStringLiteral(", ")),
                             cell.incomplete ? tr(" · not all runs were done") : QString())
                        .toHtmlEscaped();
    if (failed.isEmpty() && cell.invariants_violated == 0) {
        facts += QStringLiteral("<br><span style='color:%1'>✓</span> %2")
                     .arg(m_theme->good.name(), tr("Every expectation passed.").toHtmlEscaped());
    } else {
        constexpr qsizetype most = 5;
        if (failed.size() > most) {
            const auto more = failed.size() - most;
            failed = failed.mid(0, most);
            failed << tr("and %1 more").arg(more);
        }
        if (cell.invariants_violated > 0) {
            failed.prepend(tr(
                "%n invariant(s) violated", nullptr, static_cast<int>(cell.invariants_violated)));
        }
        facts +=
            QStringLiteral("<br><span style='color:%1'>✕</span> %2")
                .arg(m_theme->bad.name(),
                     tr("Not passed: %1").arg(failed.join(QStringLiteral(", "))).toHtmlEscaped());
    }
    m_facts->setText(facts);

    const auto add = [](QTableWidget* to, const QStringList& cells, bool bold) {
        const int row = to->rowCount();
        to->insertRow(row);
        for (int column = 0; column < cells.size(); ++column) {
            auto* const item = new QTableWidgetItem(cells[column]);
            if (bold) {
                item->setFont(text_font(9, true));
            }
            to->setItem(row, column, item);
        }
    };
    const auto spread = [](const QString& name, const TimeSpread& s) {
        return QStringList{
            name, span_text(s.least), span_text(s.p50), span_text(s.p95), span_text(s.most)};
    };
    add(m_phases, spread(tr("cut off"), cell.total), true);
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
        if (cell.phases[phase].most > 0) {
            add(m_phases, spread(phase_word(phase), cell.phases[phase]), false);
        }
    }
    m_runs = runs_of(cell);
    for (const SeedRun& run : m_runs) {
        EpisodeResult episode;
        episode.verdict = run.verdict;
        episode.two_owners = run.two_owners;
        add(m_seeds,
            {QString::number(run.seed),
             run.restored ? span_text(run.cut_off)
                          : tr("%1, still open").arg(span_text(run.cut_off)),
             run.verdict.empty() ? QString() : verdict_words(episode),
             run.trace.empty() ? tr("not kept") : tr("open: Enter")},
            false);
    }
    m_chart->set_runs(&m_runs);
    m_median->setEnabled(!m_runs.empty());
}

void SweepPage::show_run(int run) {
    m_seeds->selectRow(run);
    m_seeds->setFocus();
}

void SweepPage::open_run(int run) {
    if (run < 0 || run >= static_cast<int>(m_runs.size())) {
        return;
    }
    const SeedRun& one = m_runs[static_cast<std::size_t>(run)];
    if (one.trace.empty()) {
        emit noticeWanted(
            tr("The trace of seed %1 was not kept. Run the scenario with --seed %1, or all of "
               "them with --trace signalling.")
                .arg(one.seed)
                .toHtmlEscaped());
        return;
    }
    emit traceWanted(QString::fromStdString(one.trace));
}

}  // namespace gui
