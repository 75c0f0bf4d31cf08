// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/sweep_page.hpp"

#include <QVBoxLayout>

namespace gui {

SweepPage::SweepPage(QWidget* parent) : QWidget(parent), m_text(new QLabel) {
    setObjectName(QStringLiteral("sweepPage"));
    auto* const column = new QVBoxLayout(this);
    auto* const title = new QLabel(tr("No sweep to show"));
    title->setFont(text_font(15, true));
    title->setAlignment(Qt::AlignCenter);
    m_text->setObjectName(QStringLiteral("sweepEmpty"));
    m_text->setAlignment(Qt::AlignCenter);
    m_text->setWordWrap(true);
    m_text->setText(
        tr("A sweep runs one scenario over a grid of settings. understudy cannot do that "
           "yet, so there is no table of results to read.\nUntil then: change one setting "
           "in the script editor, and use “Run and compare”."));
    column->addStretch(1);
    column->addWidget(title);
    column->addWidget(m_text);
    column->addStretch(2);
}

void SweepPage::set_theme(const Theme& theme) {
    QPalette quiet = palette();
    quiet.setColor(QPalette::WindowText, theme.muted);
    m_text->setPalette(quiet);
}

}  // namespace gui
