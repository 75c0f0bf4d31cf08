// SPDX-License-Identifier: GPL-2.0-or-later
// The window: pages, actions and their keys, the filter, the strip that tells of problems, opening
// files in a thread, settings.
#pragma once

#include <QActionGroup>
#include <QLabel>
#include <QLineEdit>
#include <QMainWindow>
#include <QProgressBar>
#include <QStackedWidget>
#include <QToolButton>

#include <atomic>
#include <memory>
#include <thread>

#include "app/compare_page.hpp"
#include "app/script_page.hpp"
#include "app/start_page.hpp"
#include "app/sweep_page.hpp"
#include "view/player_page.hpp"

namespace gui {

enum class PageId : std::uint8_t { start, player, compare, script, sweep };
[[nodiscard]] std::optional<PageId> page_named(const QString&);

enum class ThemeChoice : std::uint8_t { light, dark, follow };

class MainWindow final : public QMainWindow {
    Q_OBJECT

  public:
    explicit MainWindow(QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] Session& session() noexcept { return m_session; }
    [[nodiscard]] PlayerPage& player() noexcept { return *m_player; }
    [[nodiscard]] ComparePage& compare() noexcept { return *m_compare; }
    [[nodiscard]] ScriptPage& script() noexcept { return *m_script; }
    [[nodiscard]] SweepPage& sweep() noexcept { return *m_sweep; }
    void show_page(PageId);
    [[nodiscard]] PageId page() const noexcept { return m_page; }
    void set_theme(ThemeChoice);
    [[nodiscard]] const Theme& theme() const noexcept { return *m_theme; }

    /// In a thread; the window stays usable. Traces open in the player, scenarios in the editor,
    /// folders and summaries on the sweep page.
    void open(const QString& path);
    /// Where the demo outage lies; empty: not installed here.
    [[nodiscard]] static QString demo_scenario();
    /// At once, for screenshots and tests.
    void show_run(LoadedRun);
    void restore_settings();
    /// For windows of a given size that nobody has arranged yet.
    void arrange_for(QSize);

    void show_notice(const QString& html);
    [[nodiscard]] QString notice() const;

  protected:
    void closeEvent(QCloseEvent*) override;
    void dragEnterEvent(QDragEnterEvent*) override;
    void dropEvent(QDropEvent*) override;
    bool eventFilter(QObject*, QEvent*) override;

  private:
    struct Loading {
        std::thread thread;
        std::atomic<bool> cancel{false};
        QString path;
    };

    void make_actions();
    void make_keys();
    void apply_theme();
    void open_dialog();
    void open_scenario(const QString&);
    void run_scenario_dialog();
    void run_demo();
    void choose_for_compare(bool first);
    void choose_results();
    void ran_to(const QString& trace, bool compare);
    [[nodiscard]] std::vector<Canvas*> canvases_of_page() const;
    void go_to_time();
    void bookmark();
    void show_keys();
    void export_view();
    void export_log();
    void export_ladder();
    void export_perfetto();
    void stop_loading();
    void loaded(const std::shared_ptr<Loading>&, const LoadedRun&);
    void remember(const Run&);
    void show_status();
    [[nodiscard]] bool typing() const;
    QAction* action(Icon, const QString& text, const QString& object, const QKeySequence&);

    Session m_session;
    const Theme* m_theme = &Theme::light();
    ThemeChoice m_theme_choice = ThemeChoice::follow;
    PageId m_page = PageId::start;
    QStackedWidget* m_pages;
    StartPage* m_start;
    PlayerPage* m_player;
    ComparePage* m_compare;
    ScriptPage* m_script;
    SweepPage* m_sweep;
    QFrame* m_notice_strip;
    QLabel* m_notice;
    QLineEdit* m_filter;
    QLabel* m_status;
    QProgressBar* m_progress;
    QToolButton* m_cancel;
    std::vector<std::pair<QAction*, Icon>> m_icons;
    std::vector<QAction*> m_page_actions;
    std::shared_ptr<Loading> m_loading;
    bool m_keep_settings = false;
};

}  // namespace gui
