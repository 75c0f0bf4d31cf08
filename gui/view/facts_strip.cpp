// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/facts_strip.hpp"

#include <QPainter>

#include <algorithm>

#include "model/time_text.hpp"
#include "view/draw.hpp"

namespace gui {

namespace {

constexpr Time second = 1'000'000'000;

void add_owner(std::vector<Fact>& out, const Run& run, const World& world, const Theme& theme) {
    const History& history = *run.history;
    for (std::size_t address = 0; address < history.addresses().size() && address < 2; ++address) {
        const auto owners = history.owners(world, address);
        Fact fact{
            FactsStrip::tr("owner of %1").arg(QString::fromStdString(history.addresses()[address])),
            {},
            theme.text};
        if (owners.empty()) {
            fact.value = FactsStrip::tr("nobody");
            fact.colour = theme.bad;
        } else {
            QStringList names;
            for (const std::uint32_t owner : owners) {
                names << QString::fromStdString(run.trace->header.nodes[owner].id);
            }
            fact.value = names.join(QStringLiteral(" + "));
            fact.colour = owners.size() > 1 ? theme.bad : theme.text;
        }
        out.push_back(std::move(fact));
    }
}

void add_phase(std::vector<Fact>& out, const Run& run, Time t, const Theme& theme) {
    const EpisodeResult* const episode = run.episode_at(t);
    if (episode == nullptr) {
        out.push_back(
            {FactsStrip::tr("phase"),
             run.result ? FactsStrip::tr("before the first fault") : FactsStrip::tr("not known"),
             theme.muted});
        return;
    }
    const std::size_t phase = run.phase_at(*episode, t);
    const auto cut = run.cut_off(*episode);
    if (phase < phase_count) {
        out.push_back(
            {FactsStrip::tr("phase"),
             FactsStrip::tr("%1 of %2: %3").arg(phase + 1).arg(phase_count).arg(phase_word(phase)),
             theme.state_text(State::taking_over)});
    } else if (!cut) {
        out.push_back({FactsStrip::tr("phase"), verdict_words(*episode), theme.good});
    } else if (t >= cut->second && episode->worst()->restored) {
        out.push_back({FactsStrip::tr("phase"),
                       FactsStrip::tr("over: %1").arg(verdict_words(*episode)),
                       verdict_is_good(*episode) ? theme.good : theme.bad});
    } else {
        out.push_back({FactsStrip::tr("phase"), FactsStrip::tr("not explained"), theme.muted});
    }
}

}  // namespace

std::vector<Fact> facts_of(const Session& session, const Theme& theme) {
    std::vector<Fact> out;
    const Run* const run = session.run();
    if (run == nullptr) {
        return out;
    }
    const Time t = session.t();
    const World world = run->history->world_at(t);
    add_owner(out, *run, world, theme);
    add_phase(out, *run, t, theme);
    if (world.last_fault != no_row) {
        out.push_back(
            {FactsStrip::tr("since fault"),
             QStringLiteral("%1 s").arg(
                 static_cast<double>(t - run->trace->rows[world.last_fault].t) / 1e9, 0, 'f', 3),
             theme.text});
    }
    int up = 0;
    int answered = 0;
    const auto& directions = run->history->directions();
    for (std::size_t i = 0; i < directions.size(); ++i) {
        up += world.directions[i].calls_up;
        const Time last = world.directions[i].last_probe_answer;
        answered += last != never && t - last < second ? 1 : 0;
    }
    if (!directions.empty()) {
        const bool probing = std::ranges::any_of(directions, [&](const DirectionLane& lane) {
            return !lane.probe_answers.empty() && lane.probe_answers.front() <= t;
        });
        if (probing) {
            out.push_back(
                {FactsStrip::tr("directions answered"),
                 FactsStrip::tr("%1 of %2").arg(answered).arg(directions.size()),
                 answered == static_cast<int>(directions.size()) ? theme.good : theme.bad});
        }
        out.push_back({FactsStrip::tr("calls up"), QString::number(up), theme.text});
        out.push_back({FactsStrip::tr("dropped"),
                       QString::number(world.calls_dropped),
                       world.calls_dropped > 0 ? theme.bad : theme.text});
    }
    return out;
}

FactsStrip::FactsStrip(Session& session, QWidget* parent) : Canvas(session, parent) {
    setObjectName(QStringLiteral("facts"));
    setAccessibleName(tr("Facts of the moment"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&session, &Session::runChanged, this, qOverload<>(&QWidget::update));
    connect(&session, &Session::timeChanged, this, qOverload<>(&QWidget::update));
}

void FactsStrip::paint(QPainter& painter, QSizeF size) {
    painter.fillRect(QRectF(QPointF(), size), theme().panel);
    painter.setRenderHint(QPainter::Antialiasing, true);
    double x = 10;
    for (const Fact& fact : facts_of(m_session, theme())) {
        painter.setFont(text_font(8));
        const double name =
            QFontMetricsF(painter.font(), painter.device()).horizontalAdvance(fact.name);
        painter.setFont(text_font(10.5, true));
        const double value =
            QFontMetricsF(painter.font(), painter.device()).horizontalAdvance(fact.value);
        // Widths in steps, so that cards do not jitter while numbers run.
        const double width = std::ceil((std::max(name, value) + 20) / 16) * 16;
        if (x + width > size.width() - 4) {
            break;
        }
        const QRectF card(x, 5, width, size.height() - 8);
        painter.setPen(QPen(theme().border, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
        painter.setFont(text_font(8));
        painter.setPen(theme().muted);
        draw_label(painter,
                   QRectF(card.left() + 9, card.top() + 3, width - 12, 15),
                   Qt::AlignLeft,
                   fact.name,
                   Importance::critical);
        painter.setFont(text_font(10.5, true));
        painter.setPen(fact.colour);
        draw_label(painter,
                   QRectF(card.left() + 9, card.top() + 18, width - 12, 19),
                   Qt::AlignLeft,
                   fact.value,
                   Importance::critical);
        x += width + 6;
    }
}

}  // namespace gui
