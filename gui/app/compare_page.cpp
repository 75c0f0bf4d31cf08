// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/compare_page.hpp"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLocale>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

#include "model/time_text.hpp"
#include "trace/compare.hpp"

namespace gui {

namespace {

constexpr Time ms = 1'000'000;
constexpr Time before_fault = 5'000 * ms;
constexpr Time after_fault = 60'000 * ms;

QString
cell_text(const Difference& difference, const std::string& words, std::optional<std::int64_t> n) {
    switch (difference.unit) {
    case Difference::Unit::word:
        return QString::fromStdString(words);
    case Difference::Unit::time:
        return n ? span_text(*n) : QStringLiteral("–");
    case Difference::Unit::count:
        return n ? QLocale().toString(qlonglong{*n}) : QStringLiteral("–");
    }
    return {};
}

QString change_text(const Difference& d) {
    if (!d.differs()) {
        return QStringLiteral("=");
    }
    if (d.unit == Difference::Unit::word || !d.number_a || !d.number_b) {
        return ComparePage::tr("differs");
    }
    const std::int64_t change = *d.number_b - *d.number_a;
    const QString sign = change > 0 ? QStringLiteral("▲") : QStringLiteral("▼");
    const std::int64_t size = change > 0 ? change : -change;
    if (d.unit == Difference::Unit::time) {
        return QStringLiteral("%1 %2 %3")
            .arg(sign,
                 span_text(size),
                 change > 0 ? ComparePage::tr("longer") : ComparePage::tr("shorter"));
    }
    return QStringLiteral("%1 %2 %3")
        .arg(sign,
             QLocale().toString(qlonglong{size}),
             change > 0 ? ComparePage::tr("more") : ComparePage::tr("fewer"));
}

}  // namespace

ComparePage::ComparePage(QWidget* parent)
    : QWidget(parent), m_name_a(new QLabel), m_name_b(new QLabel), m_warning(new QLabel),
      m_clock(new QLabel), m_choose_a(new QPushButton(tr("Open A…"))),
      m_choose_b(new QPushButton(tr("Open B…"))), m_play(new QPushButton(tr("Play both"))),
      m_first(new QPushButton(tr("First difference"))), m_slider(new QSlider(Qt::Horizontal)),
      m_phases(new PhaseChart(m_a)), m_table(new QTableWidget(0, 4)),
      m_topology_a(new TopologyView(m_a)), m_topology_b(new TopologyView(m_b)),
      m_facts_a(new FactsStrip(m_a)), m_facts_b(new FactsStrip(m_b)) {
    setObjectName(QStringLiteral("comparePage"));
    const auto named = [](QWidget* widget, const char* object, const QString& name) {
        widget->setObjectName(QString::fromLatin1(object));
        widget->setAccessibleName(name);
    };
    named(m_choose_a, "chooseA", tr("Open run A"));
    named(m_choose_b, "chooseB", tr("Open run B"));
    named(m_play, "playBoth", tr("Play both"));
    named(m_first, "firstDifference", tr("Go to the first difference"));
    named(m_slider, "compareTime", tr("Time since the fault"));
    named(m_table, "differences", tr("What differs"));
    named(m_phases, "comparePhases", tr("Takeover phases of both runs"));
    named(m_topology_a, "topologyA", tr("Topology of run A"));
    named(m_topology_b, "topologyB", tr("Topology of run B"));
    named(m_facts_a, "factsA", tr("Facts of run A"));
    named(m_facts_b, "factsB", tr("Facts of run B"));
    m_warning->setObjectName(QStringLiteral("compareWarning"));
    m_warning->setWordWrap(true);
    m_clock->setFont(number_font(11, true));
    for (QLabel* const name : {m_name_a, m_name_b}) {
        name->setFont(text_font(10, true));
        name->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_table->setHorizontalHeaderLabels({tr("what"), tr("A"), tr("B"), tr("B against A")});
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(23);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setColumnWidth(0, 200);
    m_table->setColumnWidth(1, 110);
    m_table->setColumnWidth(2, 110);

    auto* const left = new QWidget;
    auto* const left_column = new QVBoxLayout(left);
    left_column->setContentsMargins(12, 8, 6, 8);
    left_column->addWidget(m_warning);
    left_column->addWidget(m_phases);
    m_phases->setMinimumHeight(190);
    left_column->addWidget(m_table, 1);

    auto* const right = new QWidget;
    auto* const right_column = new QVBoxLayout(right);
    right_column->setContentsMargins(6, 8, 12, 8);
    const auto heading =
        [&](QLabel* name, QPushButton* choose, FactsStrip* facts, TopologyView* view) {
            auto* const row = new QHBoxLayout;
            row->addWidget(name, 1);
            row->addWidget(choose);
            right_column->addLayout(row);
            right_column->addWidget(facts);
            right_column->addWidget(view, 1);
        };
    heading(m_name_a, m_choose_a, m_facts_a, m_topology_a);
    heading(m_name_b, m_choose_b, m_facts_b, m_topology_b);
    auto* const bar = new QHBoxLayout;
    bar->addWidget(m_play);
    bar->addWidget(m_clock);
    bar->addWidget(m_slider, 1);
    bar->addWidget(m_first);
    right_column->addLayout(bar);

    auto* const halves = new QSplitter(Qt::Horizontal, this);
    halves->addWidget(left);
    halves->addWidget(right);
    halves->setSizes({640, 760});
    auto* const row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(halves);

    m_slider->setRange(static_cast<int>(-before_fault / ms), static_cast<int>(after_fault / ms));
    connect(m_slider, &QSlider::valueChanged, this, [this](int value) { go(value * ms); });
    connect(m_choose_a, &QPushButton::clicked, this, [this] { emit chooseWanted(true); });
    connect(m_choose_b, &QPushButton::clicked, this, [this] { emit chooseWanted(false); });
    connect(m_play, &QPushButton::clicked, this, [this] { m_a.set_playing(!m_a.playing()); });
    connect(&m_a, &Session::playingChanged, this, [this] {
        m_play->setText(m_a.playing() ? tr("Pause") : tr("Play both"));
    });
    connect(&m_a, &Session::timeChanged, this, &ComparePage::follow);
    connect(m_first, &QPushButton::clicked, this, [this] {
        if (m_a.run() == nullptr || m_b.run() == nullptr) {
            return;
        }
        const FirstDifference first = first_difference(*m_a.run()->trace, *m_b.run()->trace);
        if (first.row_a != no_row) {
            go(m_a.run()->trace->rows[first.row_a].t - m_anchor_a);
        }
    });
    show_again();
}

void ComparePage::set_theme(const Theme& theme) {
    m_theme = &theme;
    for (Canvas* const canvas : canvases()) {
        canvas->set_theme(theme);
    }
    fill_table();
}

std::vector<Canvas*> ComparePage::canvases() const {
    return {m_phases, m_facts_a, m_topology_a, m_facts_b, m_topology_b};
}

void ComparePage::set_runs(std::shared_ptr<const Run> a, std::shared_ptr<const Run> b) {
    m_a.set_run(std::move(a));
    m_b.set_run(std::move(b));
    m_anchor_a = m_a.run() != nullptr ? anchor(*m_a.run()->trace) : 0;
    m_anchor_b = m_b.run() != nullptr ? anchor(*m_b.run()->trace) : 0;
    show_again();
    go(0);
}

void ComparePage::go(Time since_fault) {
    m_a.go(m_anchor_a + since_fault);
    follow();
}

void ComparePage::follow() {
    const Time since = m_a.run() != nullptr ? m_a.t() - m_anchor_a : 0;
    m_b.go(m_anchor_b + since);
    m_clock->setText(tr("fault %1").arg(signed_span_text(since)));
    const QSignalBlocker quiet(m_slider);
    m_slider->setValue(static_cast<int>(since / ms));
}

void ComparePage::show_again() {
    const auto name = [](const QString& letter, const Run* run) {
        return run == nullptr ? tr("%1: no run is open").arg(letter)
                              : tr("%1: %2 · %3")
                                    .arg(letter,
                                         run->title(),
                                         QString::fromStdString(run->trace->header.implementation));
    };
    m_name_a->setText(name(QStringLiteral("A"), m_a.run()));
    m_name_b->setText(name(QStringLiteral("B"), m_b.run()));
    const bool both = m_a.run() != nullptr && m_b.run() != nullptr;
    for (QWidget* const widget : std::initializer_list<QWidget*>{m_play, m_slider, m_first}) {
        widget->setEnabled(both);
    }
    QStringList warnings;
    if (both) {
        const TraceHeader& a = m_a.run()->trace->header;
        const TraceHeader& b = m_b.run()->trace->header;
        if (a.scenario != b.scenario) {
            warnings << tr("These are different scenarios: %1 and %2.")
                            .arg(QString::fromStdString(a.scenario),
                                 QString::fromStdString(b.scenario));
        } else if (a.digest != b.digest) {
            warnings << tr("The scenario or its files differ between the two runs.");
        }
        if (a.seed != b.seed) {
            warnings << tr("The seeds differ (%1 and %2): part of every difference is chance.")
                            .arg(a.seed)
                            .arg(b.seed);
        }
        if (a.implementation != b.implementation) {
            warnings << tr("The daemons differ: %1 and %2.")
                            .arg(QString::fromStdString(a.implementation),
                                 QString::fromStdString(b.implementation));
        }
        if (a.tool != b.tool || a.ns3 != b.ns3) {
            warnings << tr("The simulators differ: %1 and %2.")
                            .arg(QString::fromStdString(a.tool), QString::fromStdString(b.tool));
        }
    }
    m_warning->setText(warnings.join(QLatin1Char(' ')));
    m_warning->setVisible(!warnings.isEmpty());
    std::vector<PhaseBar> bars;
    for (const auto& [letter, session] :
         {std::pair{QStringLiteral("A"), &m_a}, std::pair{QStringLiteral("B"), &m_b}}) {
        const Run* const run = session->run();
        if (run == nullptr || !run->result || run->result->episodes.empty()) {
            continue;
        }
        const EpisodeResult& episode = run->result->episodes.front();
        if (const DirectionResult* const worst = episode.worst()) {
            bars.push_back({letter + QLatin1Char(' ') + QString::fromStdString(worst->direction),
                            QString::fromStdString(run->trace->header.implementation),
                            &episode,
                            worst});
        }
    }
    m_phases->set_bars(std::move(bars),
                       both ? tr("Nobody was cut off in either run, or their results are missing.")
                            : tr("Open two runs to compare them: the same scenario with one thing "
                                 "changed, or with another daemon."));
    fill_table();
}

void ComparePage::fill_table() {
    m_table->setRowCount(0);
    if (m_a.run() == nullptr || m_b.run() == nullptr) {
        return;
    }
    const auto add = [&](const QStringList& cells, QColor colour, bool bold) {
        const int row = m_table->rowCount();
        m_table->insertRow(row);
        for (int column = 0; column < cells.size(); ++column) {
            auto* const item = new QTableWidgetItem(cells[column]);
            if (column == 3) {
                item->setForeground(colour);
            }
            if (bold) {
                item->setFont(text_font(9, true));
            }
            m_table->setItem(row, column, item);
        }
    };
    if (m_a.run()->result && m_b.run()->result) {
        for (const Difference& d : differences(*m_a.run()->result, *m_b.run()->result)) {
            const bool time =
                d.unit == Difference::Unit::time && d.differs() && d.number_a && d.number_b;
            const QColor colour = !d.differs() ? m_theme->muted
                                  : time
                                      ? (*d.number_b < *d.number_a ? m_theme->good : m_theme->bad)
                                      : m_theme->text;
            add({QString::fromStdString(d.name),
                 cell_text(d, d.a, d.number_a),
                 cell_text(d, d.b, d.number_b),
                 change_text(d)},
                colour,
                d.name.starts_with("cut off") || d.name == "takeover");
        }
    } else {
        add({tr("results"), m_a.run()->no_result, m_b.run()->no_result, {}}, m_theme->muted, false);
    }
    const FirstDifference first = first_difference(*m_a.run()->trace, *m_b.run()->trace);
    const auto where = [](const Run& run, std::uint32_t row) {
        return row == no_row
                   ? tr("ended")
                   : QStringLiteral("%1 %2").arg(clock_text(run.trace->rows[row].t),
                                                 QString::fromStdString(std::string(
                                                     run.trace->name(run.trace->rows[row].kind))));
    };
    add({tr("first record that differs"),
         first.same ? QStringLiteral("–") : where(*m_a.run(), first.row_a),
         first.same ? QStringLiteral("–") : where(*m_b.run(), first.row_b),
         first.same ? tr("= the traces say the same") : QString()},
        m_theme->muted,
        false);
}

}  // namespace gui
