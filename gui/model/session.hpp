// SPDX-License-Identifier: GPL-2.0-or-later
// What all views of one run share: the run, the clock, what is selected, hovered, filtered and
// marked. Views listen and paint; they keep no time of their own.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

#include "model/clock.hpp"
#include "model/run.hpp"
#include "trace/filter.hpp"

namespace gui {

struct Selection {
    enum class What : std::uint8_t { nothing, node, link, row };
    What what = What::nothing;
    std::uint32_t index = 0;
    bool operator==(const Selection&) const = default;
};

struct Bookmark {
    Time t = 0;
    QString note;
    bool operator==(const Bookmark&) const = default;
};

class Session final : public QObject {
    Q_OBJECT

  public:
    explicit Session(QObject* parent = nullptr);

    [[nodiscard]] const Run* run() const noexcept { return m_run.get(); }
    [[nodiscard]] std::shared_ptr<const Run> shared_run() const noexcept { return m_run; }
    void set_run(std::shared_ptr<const Run>);

    [[nodiscard]] Time t() const noexcept { return m_clock.t; }
    [[nodiscard]] Time end() const noexcept { return m_clock.end; }
    void go(Time t);
    [[nodiscard]] bool playing() const noexcept { return m_clock.playing; }
    void set_playing(bool);
    [[nodiscard]] double speed() const noexcept { return m_clock.speed; }
    void set_speed(double);
    [[nodiscard]] int direction() const noexcept { return m_clock.direction; }
    /// J and L: plays that way; again: twice as fast.
    void push(int direction);
    /// What the timer calls with the time that has passed.
    void advance(Time real_time);
    [[nodiscard]] std::optional<std::pair<Time, Time>> loop() const { return m_clock.loop; }
    void set_loop(std::optional<std::pair<Time, Time>>);

    void step_event(int direction);      ///< next or previous listed record
    void step_same_kind(int direction);  ///< of the kind of the selected record
    void step_fault(int direction);

    [[nodiscard]] Selection selection() const noexcept { return m_selection; }
    void select(Selection);
    void select_row(std::uint32_t row, bool go_there);
    [[nodiscard]] std::uint32_t hovered_row() const noexcept { return m_hovered; }
    void hover_row(std::uint32_t row);

    [[nodiscard]] const Filter& filter() const noexcept { return m_filter; }
    void set_filter(const QString& text);
    void set_listed(bool packets, bool probe_calls);
    [[nodiscard]] const std::vector<std::uint32_t>& listed() const noexcept { return m_listed; }
    /// Place in listed() of the last row with a time <= t; -1: none.
    [[nodiscard]] int listed_at(Time t) const;

    /// The part of the run that the timeline shows. Zooming never filters.
    [[nodiscard]] std::pair<Time, Time> window() const noexcept { return m_window; }
    void set_window(Time from, Time to);
    void fit();  ///< the last episode around t, or all

    [[nodiscard]] std::optional<std::pair<Time, Time>> range() const { return m_range; }
    void set_range(std::optional<std::pair<Time, Time>>);

    [[nodiscard]] const std::vector<Bookmark>& bookmarks() const noexcept { return m_bookmarks; }
    void add_bookmark(Time, const QString& note);
    void remove_bookmark(std::size_t index);

    /// How long a frame is drawn on its link: flights last microseconds, too short for the eye.
    [[nodiscard]] Time stretch() const;

    [[nodiscard]] bool reduced_motion() const noexcept { return m_reduced_motion; }
    void set_reduced_motion(bool);

  signals:
    void runChanged();
    void timeChanged();
    void playingChanged();
    void selectionChanged();
    void hoverChanged();
    void filterChanged();
    void windowChanged();
    void rangeChanged();
    void bookmarksChanged();
    void settingsChanged();

  private:
    void list_again();
    void load_bookmarks();
    void save_bookmarks();
    [[nodiscard]] QString bookmark_file() const;

    std::shared_ptr<const Run> m_run;
    PlayerClock m_clock;
    Selection m_selection;
    std::uint32_t m_hovered = no_row;
    Filter m_filter;
    std::vector<std::uint32_t> m_listed;
    std::pair<Time, Time> m_window{0, 1};
    std::optional<std::pair<Time, Time>> m_range;
    std::vector<Bookmark> m_bookmarks;
    bool m_reduced_motion = false;
    QTimer m_timer;
    QElapsedTimer m_since_tick;
};

}  // namespace gui
