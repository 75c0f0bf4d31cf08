// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/start_page.hpp"

#include <QDateTime>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLocale>
#include <QPainter>
#include <QVBoxLayout>

#include "view/draw.hpp"

namespace gui {

StartPage::StartPage(QWidget* parent)
    : QWidget(parent), m_card(new QWidget(this)), m_title(new QLabel(tr("No run is open"))),
      m_hint(new QLabel(
          tr("Drop a trace (.run.jsonl), a scenario (.json) or a folder of results here"))),
      m_recent_title(new QLabel(tr("Recent"))),
      m_keys(new QLabel(tr("Space play · J K L back, pause, forward · , . event · N P fault · "
                           "M bookmark · F1 all keys"))),
      m_recent(new QTableWidget(0, 4)) {
    setObjectName(QStringLiteral("startPage"));
    m_title->setFont(text_font(17, true));
    m_title->setAlignment(Qt::AlignCenter);
    m_hint->setAlignment(Qt::AlignCenter);
    m_recent_title->setFont(text_font(10, true));
    m_keys->setAlignment(Qt::AlignCenter);
    m_keys->setWordWrap(true);
    auto* const column = new QVBoxLayout(m_card);
    column->setContentsMargins(34, 26, 34, 20);
    column->setSpacing(8);
    column->addWidget(m_title);
    column->addWidget(m_hint);
    auto* const row = new QHBoxLayout;
    row->setSpacing(10);
    row->addStretch(1);
    const auto button = [&](Icon icon, const QString& words, const char* name, auto signal) {
        auto* const made = new QPushButton(words);
        made->setObjectName(QString::fromLatin1(name));
        made->setMinimumHeight(36);
        made->setIconSize({20, 16});
        connect(made, &QPushButton::clicked, this, signal);
        m_buttons.emplace_back(made, static_cast<int>(icon));
        row->addWidget(made);
        return made;
    };
    button(Icon::open, tr("Open a trace…"), "startOpen", &StartPage::openWanted);
    button(Icon::run, tr("Run a scenario…"), "startRun", &StartPage::runWanted);
    button(Icon::play, tr("Play the demo outage"), "startDemo", &StartPage::demoWanted)
        ->setDefault(true);
    row->addStretch(1);
    column->addSpacing(6);
    column->addLayout(row);
    column->addSpacing(10);
    column->addWidget(m_recent_title);
    m_recent->setObjectName(QStringLiteral("recentRuns"));
    m_recent->setAccessibleName(tr("Recent runs"));
    m_recent->setFrameShape(QFrame::NoFrame);
    m_recent->setShowGrid(false);
    m_recent->horizontalHeader()->hide();
    m_recent->verticalHeader()->hide();
    m_recent->verticalHeader()->setDefaultSectionSize(26);
    m_recent->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_recent->setSelectionMode(QAbstractItemView::SingleSelection);
    m_recent->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_recent->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_recent->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    column->addWidget(m_recent, 1);
    column->addWidget(m_keys);
    const auto open = [this](QTableWidgetItem* item) {
        emit recentWanted(m_recent->item(item->row(), 0)->data(Qt::UserRole).toString());
    };
    connect(m_recent, &QTableWidget::itemActivated, this, open);
    connect(m_recent, &QTableWidget::itemClicked, this, open);

    auto* const outer = new QHBoxLayout(this);
    outer->setContentsMargins(24, 24, 24, 24);
    outer->addStretch(1);
    m_card->setMaximumSize(780, 460);
    outer->addWidget(m_card, 6);
    outer->addStretch(1);
    show_recent({});
}

void StartPage::set_theme(const Theme& theme) {
    m_theme = &theme;
    for (const auto& [button, icon] : m_buttons) {
        button->setIcon(make_icon(static_cast<Icon>(icon), theme.text));
    }
    QPalette quiet = palette();
    quiet.setColor(QPalette::WindowText, theme.muted);
    m_keys->setPalette(quiet);
    m_hint->setPalette(quiet);
    update();
}

void StartPage::show_recent(const std::vector<RecentRun>& runs) {
    m_recent->setRowCount(static_cast<int>(runs.size()));
    m_recent_title->setText(
        runs.empty() ? tr("Recent: none yet. Runs that you open are listed here.") : tr("Recent"));
    for (int i = 0; i < static_cast<int>(runs.size()); ++i) {
        const RecentRun& run = runs[static_cast<std::size_t>(i)];
        auto* const name = new QTableWidgetItem(QFileInfo(run.path).fileName());
        name->setData(Qt::UserRole, run.path);
        name->setToolTip(run.path);
        auto* const verdict = new QTableWidgetItem(run.verdict);
        verdict->setForeground(run.good ? m_theme->good : m_theme->bad);
        const QDateTime when = QDateTime::fromString(run.opened, Qt::ISODate);
        m_recent->setItem(i, 0, name);
        m_recent->setItem(i, 1, verdict);
        m_recent->setItem(i, 2, new QTableWidgetItem(run.seed));
        m_recent->setItem(
            i, 3, new QTableWidgetItem(QLocale().toString(when, QLocale::ShortFormat)));
    }
}

void StartPage::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(QPen(m_theme->border, 2, Qt::DashLine));
    painter.setBrush(m_theme->panel);
    painter.drawRoundedRect(QRectF(m_card->geometry()), 10, 10);
}

}  // namespace gui
