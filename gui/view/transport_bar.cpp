// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/transport_bar.hpp"

#include <QHBoxLayout>

#include <array>

#include "model/time_text.hpp"

namespace gui {

namespace {

constexpr std::array<double, 11> speeds{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 50, 100};

}  // namespace

TransportBar::TransportBar(Session& session, QWidget* parent)
    : QWidget(parent), m_session(session) {
    setObjectName(QStringLiteral("transport"));
    auto* const row = new QHBoxLayout(this);
    row->setContentsMargins(8, 2, 8, 2);
    row->setSpacing(2);
    const auto act = [&](Icon icon, const char* object, const QString& name, auto what) {
        QToolButton* const made = add_button(icon, QString::fromLatin1(object), name);
        connect(made, &QToolButton::clicked, this, what);
        row->addWidget(made);
        return made;
    };
    act(Icon::first, "previousFault", tr("Previous fault (P)"), [this] {
        m_session.step_fault(-1);
    });
    act(Icon::back, "previousEvent", tr("Previous event (,)"), [this] {
        m_session.step_event(-1);
    });
    m_play = act(Icon::play, "play", tr("Play or pause (Space)"), [this] {
        m_session.set_playing(!m_session.playing());
    });
    act(Icon::forward, "nextEvent", tr("Next event (.)"), [this] { m_session.step_event(1); });
    act(Icon::last, "nextFault", tr("Next fault (N)"), [this] { m_session.step_fault(1); });

    m_time = new QLabel(this);
    m_time->setObjectName(QStringLiteral("time"));
    m_time->setAccessibleName(tr("Time"));
    m_time->setFont(number_font(14, false));
    m_rest = new QLabel(this);
    m_rest->setObjectName(QStringLiteral("timeRest"));
    m_rest->setFont(number_font(9));
    row->addSpacing(8);
    row->addWidget(m_time);
    row->addWidget(m_rest);
    row->addStretch(1);

    m_speed = new QComboBox(this);
    m_speed->setObjectName(QStringLiteral("speed"));
    m_speed->setAccessibleName(tr("Speed"));
    m_speed->setToolTip(tr("Simulated time per real time"));
    for (const double speed : speeds) {
        m_speed->addItem(tr("%1 ×").arg(speed), speed);
    }
    m_speed->setFocusPolicy(Qt::TabFocus);
    connect(m_speed, &QComboBox::activated, this, [this](int index) {
        m_session.set_speed(m_speed->itemData(index).toDouble());
    });
    row->addWidget(m_speed);
    row->addSpacing(6);
    m_loop = add_button(Icon::loop, QStringLiteral("loop"), tr("Loop the marked range (Ctrl+L)"));
    m_loop->setCheckable(true);
    m_loop->setText(tr("A–B"));
    m_loop->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    connect(m_loop, &QToolButton::clicked, this, [this] {
        m_session.set_loop(m_session.loop() ? std::nullopt : m_session.range());
        show_playing();
    });
    row->addWidget(m_loop);
    auto* const bookmark = act(Icon::bookmark, "bookmark", tr("Bookmark this moment (M)"), [this] {
        emit bookmarkWanted();
    });
    bookmark->setText(tr("Bookmark"));
    bookmark->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);

    connect(&session, &Session::timeChanged, this, &TransportBar::show_time);
    connect(&session, &Session::runChanged, this, &TransportBar::show_time);
    connect(&session, &Session::playingChanged, this, &TransportBar::show_playing);
    connect(&session, &Session::rangeChanged, this, &TransportBar::show_playing);
    show_time();
    show_playing();
}

QToolButton* TransportBar::add_button(Icon icon, const QString& object, const QString& name) {
    auto* const made = new QToolButton(this);
    made->setObjectName(object);
    made->setAccessibleName(name);
    made->setToolTip(name);
    made->setAutoRaise(true);
    made->setIconSize({18, 18});
    made->setFocusPolicy(Qt::TabFocus);
    m_buttons.emplace_back(made, icon);
    return made;
}

void TransportBar::set_theme(const Theme& theme) {
    m_theme = &theme;
    for (const auto& [button, icon] : m_buttons) {
        button->setIcon(make_icon(icon, theme.text));
    }
    show_playing();
}

void TransportBar::show_time() {
    const bool open = m_session.run() != nullptr;
    for (const auto& [button, icon] : m_buttons) {
        button->setEnabled(open);
    }
    m_loop->setEnabled(open && (m_session.range() || m_session.loop()));
    m_time->setText(open ? clock_text(m_session.t()) : QStringLiteral("--:--.---"));
    QString rest;
    if (open) {
        rest = QStringLiteral("/ %1").arg(clock_text(m_session.end()));
        const FaultMark* last = nullptr;
        for (const FaultMark& mark : m_session.run()->history->faults()) {
            if (!mark.repair && mark.t <= m_session.t()) {
                last = &mark;
            }
        }
        if (last != nullptr) {
            rest += tr("   fault %1").arg(signed_span_text(m_session.t() - last->t));
        }
    }
    m_rest->setText(rest);
}

void TransportBar::show_playing() {
    const bool playing = m_session.playing();
    m_play->setIcon(make_icon(playing ? Icon::pause : Icon::play, m_theme->text));
    m_loop->setChecked(m_session.loop().has_value());
    m_loop->setEnabled(m_session.run() != nullptr && (m_session.range() || m_session.loop()));
    int known = -1;
    for (int i = 0; i < m_speed->count(); ++i) {
        if (qFuzzyCompare(m_speed->itemData(i).toDouble(), m_session.speed())) {
            known = i;
        }
    }
    if (known >= 0) {
        m_speed->setCurrentIndex(known);
    } else {
        m_speed->setCurrentIndex(-1);
        m_speed->setPlaceholderText(tr("%1 ×").arg(m_session.speed()));
    }
}

}  // namespace gui
