// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/session.hpp"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include <algorithm>
#include <cmath>

namespace gui {

namespace {

constexpr Time second = 1'000'000'000;
constexpr int frame_ms = 16;
constexpr double slowest = 0.01;
constexpr double fastest = 100;
constexpr Time narrowest_window = 1000;  // 1 µs

}  // namespace

Session::Session(QObject* parent) : QObject(parent) {
    m_timer.setInterval(frame_ms);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, [this] { advance(m_since_tick.nsecsElapsed()); });
}

void Session::set_run(std::shared_ptr<const Run> run) {
    set_playing(false);
    m_run = std::move(run);
    m_clock = PlayerClock{};
    m_selection = {};
    m_hovered = no_row;
    m_range.reset();
    m_bookmarks.clear();
    if (m_run) {
        m_clock.end = m_run->trace->end();
        const auto& faults = m_run->history->faults();
        m_clock.t = faults.empty() ? 0 : faults.front().t;
        load_bookmarks();
    }
    list_again();
    m_window = {0, std::max<Time>(m_clock.end, 1)};
    if (m_run) {
        fit();
    }
    emit runChanged();
    emit filterChanged();
    emit timeChanged();
    emit selectionChanged();
    emit windowChanged();
    emit rangeChanged();
    emit bookmarksChanged();
}

void Session::go(Time t) {
    const Time before = m_clock.t;
    m_clock.go(t);
    if (m_clock.t != before) {
        emit timeChanged();
    }
}

void Session::set_playing(bool playing) {
    if (playing == m_clock.playing || (playing && !m_run)) {
        return;
    }
    if (playing && m_clock.direction > 0 && m_clock.t >= m_clock.end) {
        m_clock.t = m_clock.loop ? m_clock.loop->first : 0;
    }
    m_clock.playing = playing;
    if (playing) {
        m_since_tick.start();
        m_timer.start();
    } else {
        m_timer.stop();
        m_clock.direction = 1;
    }
    emit playingChanged();
}

void Session::set_speed(double speed) {
    m_clock.speed = std::clamp(speed, slowest, fastest);
    emit playingChanged();
}

void Session::push(int direction) {
    if (m_clock.playing && m_clock.direction == direction) {
        m_clock.speed = std::min(m_clock.speed * 2, fastest);
        emit playingChanged();
        return;
    }
    const bool was = m_clock.playing;
    set_playing(true);
    m_clock.direction = direction;
    if (was) {
        emit playingChanged();
    }
}

void Session::advance(Time real_time) {
    m_since_tick.restart();
    const Time before = m_clock.t;
    m_clock.advance(real_time);
    if (!m_clock.playing) {
        m_timer.stop();
        m_clock.direction = 1;
        emit playingChanged();
    }
    if (m_clock.t != before) {
        emit timeChanged();
    }
}

void Session::set_loop(std::optional<std::pair<Time, Time>> loop) {
    m_clock.loop = loop;
    emit playingChanged();
}

void Session::step_event(int direction) {
    if (m_listed.empty()) {
        return;
    }
    int at = listed_at(m_clock.t);
    if (m_selection.what == Selection::What::row) {
        const auto found = std::ranges::lower_bound(m_listed, m_selection.index);
        if (found != m_listed.end() && *found == m_selection.index &&
            m_run->trace->rows[*found].t == m_clock.t) {
            at = static_cast<int>(found - m_listed.begin());
        }
    }
    // Without a selected record the last one before t is the current one.
    const int next = std::clamp(at + direction, 0, static_cast<int>(m_listed.size()) - 1);
    select_row(m_listed[static_cast<std::size_t>(next)], true);
}

void Session::step_same_kind(int direction) {
    if (!m_run || m_selection.what != Selection::What::row) {
        step_event(direction);
        return;
    }
    const std::vector<Row>& rows = m_run->trace->rows;
    const NameId kind = rows[m_selection.index].kind;
    for (std::int64_t i = std::int64_t{m_selection.index} + direction;
         i >= 0 && i < static_cast<std::int64_t>(rows.size());
         i += direction) {
        if (rows[static_cast<std::size_t>(i)].kind == kind) {
            select_row(static_cast<std::uint32_t>(i), true);
            return;
        }
    }
}

void Session::step_fault(int direction) {
    if (!m_run) {
        return;
    }
    const FaultMark* best = nullptr;
    for (const FaultMark& mark : m_run->history->faults()) {
        if (direction > 0 ? mark.t > m_clock.t && best == nullptr : mark.t < m_clock.t) {
            best = &mark;
        }
    }
    if (best != nullptr) {
        select_row(best->row, true);
    }
}

void Session::select(Selection selection) {
    if (selection != m_selection) {
        m_selection = selection;
        emit selectionChanged();
    }
}

void Session::select_row(std::uint32_t row, bool go_there) {
    if (!m_run || row >= m_run->trace->rows.size()) {
        return;
    }
    select({Selection::What::row, row});
    if (go_there) {
        const Time t = m_run->trace->rows[row].t;
        go(t);
        if (t < m_window.first || t > m_window.second) {
            const Time half = (m_window.second - m_window.first) / 2;
            set_window(t - half, t + half);
        }
    }
}

void Session::hover_row(std::uint32_t row) {
    if (row != m_hovered) {
        m_hovered = row;
        emit hoverChanged();
    }
}

void Session::set_filter(const QString& text) {
    Filter filter = Filter::parse(text.toStdString());
    filter.packets = m_filter.packets;
    filter.probe_calls = m_filter.probe_calls;
    m_filter = std::move(filter);
    list_again();
    emit filterChanged();
}

void Session::set_listed(bool packets, bool probe_calls) {
    m_filter.packets = packets;
    m_filter.probe_calls = probe_calls;
    list_again();
    emit filterChanged();
}

void Session::list_again() {
    m_listed = m_run ? m_filter.rows(*m_run->trace) : std::vector<std::uint32_t>{};
}

int Session::listed_at(Time t) const {
    if (!m_run) {
        return -1;
    }
    const std::uint32_t after = m_run->trace->first_after(t);
    return static_cast<int>(std::ranges::lower_bound(m_listed, after) - m_listed.begin()) - 1;
}

void Session::set_window(Time from, Time to) {
    const Time whole = std::max<Time>(m_clock.end, 1);
    const Time width = std::clamp<Time>(to - from, std::min(narrowest_window, whole), whole);
    from = std::clamp<Time>(from, 0, whole - width);
    if (m_window != std::pair{from, from + width}) {
        m_window = {from, from + width};
        emit windowChanged();
    }
}

void Session::fit() {
    if (!m_run) {
        return;
    }
    const EpisodeResult* episode = m_run->episode_at(m_clock.t);
    if (episode == nullptr && m_run->result && !m_run->result->episodes.empty()) {
        episode = &m_run->result->episodes.front();
    }
    if (episode != nullptr) {
        if (const auto cut = m_run->cut_off(*episode)) {
            const Time first = std::min(cut->first, episode->at);
            const Time around = std::max<Time>((cut->second - cut->first) / 5, 2 * second);
            // The target band ends 20 s after the cut-off began.
            const Time last = std::max(cut->second, cut->first + 20 * second);
            set_window(first - around, last + (last - first) / 4);  // room for the verdict
            return;
        }
        set_window(episode->at - 5 * second, episode->at + 25 * second);
        return;
    }
    if (!m_run->history->faults().empty()) {
        const Time t = m_run->history->faults().front().t;
        set_window(t - 5 * second, t + 25 * second);
        return;
    }
    set_window(0, m_clock.end);
}

void Session::set_range(std::optional<std::pair<Time, Time>> range) {
    m_range = range;
    emit rangeChanged();
}

Time Session::stretch() const {
    // A quarter of a second of real time, at the speed of the moment.
    const double wanted = 0.25 * m_clock.speed * static_cast<double>(second);
    return static_cast<Time>(std::clamp(wanted, 1e5, 1e9));
}

void Session::set_reduced_motion(bool reduced) {
    m_reduced_motion = reduced;
    emit settingsChanged();
}

// ---------------------------------------------------------------- bookmarks

QString Session::bookmark_file() const {
    return m_run->path + QStringLiteral(".bookmarks.json");
}

void Session::load_bookmarks() {
    QFile file(bookmark_file());
    if (!file.open(QIODevice::ReadOnly)) {
        return;
    }
    const QJsonArray list = QJsonDocument::fromJson(file.readAll())
                                .object()
                                .value(QStringLiteral("bookmarks"))
                                .toArray();
    for (const QJsonValue& value : list) {
        const QJsonObject object = value.toObject();
        m_bookmarks.push_back({object.value(QStringLiteral("t_ns")).toInteger(),
                               object.value(QStringLiteral("note")).toString()});
    }
    std::ranges::stable_sort(m_bookmarks, {}, &Bookmark::t);
}

void Session::save_bookmarks() {
    QJsonArray list;
    for (const Bookmark& bookmark : m_bookmarks) {
        list.append(QJsonObject{{QStringLiteral("t_ns"), qint64{bookmark.t}},
                                {QStringLiteral("note"), bookmark.note}});
    }
    QSaveFile file(bookmark_file());
    if (file.open(QIODevice::WriteOnly)) {
        file.write(QJsonDocument(QJsonObject{{QStringLiteral("bookmarks"), list}}).toJson());
        file.commit();
    }
}

void Session::add_bookmark(Time t, const QString& note) {
    if (!m_run) {
        return;
    }
    m_bookmarks.push_back({t, note});
    std::ranges::stable_sort(m_bookmarks, {}, &Bookmark::t);
    save_bookmarks();
    emit bookmarksChanged();
}

void Session::remove_bookmark(std::size_t index) {
    if (m_run && index < m_bookmarks.size()) {
        m_bookmarks.erase(m_bookmarks.begin() + static_cast<std::ptrdiff_t>(index));
        save_bookmarks();
        emit bookmarksChanged();
    }
}

}  // namespace gui
