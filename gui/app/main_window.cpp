// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/main_window.hpp"

#include <QApplication>
#include <QCloseEvent>
#include <QDateTime>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSettings>
#include <QShortcut>
#include <QSpinBox>
#include <QStatusBar>
#include <QTextBrowser>
#include <QToolBar>
#include <QVBoxLayout>

#include <fstream>

#include "model/time_text.hpp"
#include "trace/ladder.hpp"
#include "trace/perfetto.hpp"

namespace gui {

namespace {

constexpr int recent_kept = 10;
constexpr Time ms = 1'000'000;

std::vector<RecentRun> read_recent() {
    std::vector<RecentRun> out;
    const QJsonArray list =
        QJsonDocument::fromJson(QSettings().value(QStringLiteral("recent")).toByteArray()).array();
    for (const QJsonValue& value : list) {
        const QJsonObject o = value.toObject();
        out.push_back({o.value(QStringLiteral("path")).toString(),
                       o.value(QStringLiteral("verdict")).toString(),
                       o.value(QStringLiteral("good")).toBool(),
                       o.value(QStringLiteral("seed")).toString(),
                       o.value(QStringLiteral("opened")).toString()});
    }
    return out;
}

void write_recent(const std::vector<RecentRun>& runs) {
    QJsonArray list;
    for (const RecentRun& run : runs) {
        list.append(QJsonObject{{QStringLiteral("path"), run.path},
                                {QStringLiteral("verdict"), run.verdict},
                                {QStringLiteral("good"), run.good},
                                {QStringLiteral("seed"), run.seed},
                                {QStringLiteral("opened"), run.opened}});
    }
    QSettings().setValue(QStringLiteral("recent"),
                         QJsonDocument(list).toJson(QJsonDocument::Compact));
}

}  // namespace

std::optional<PageId> page_named(const QString& name) {
    static const std::array<std::pair<const char*, PageId>, 5> names{{{"start", PageId::start},
                                                                      {"player", PageId::player},
                                                                      {"compare", PageId::compare},
                                                                      {"script", PageId::script},
                                                                      {"sweep", PageId::sweep}}};
    for (const auto& [word, page] : names) {
        if (name == QLatin1String(word)) {
            return page;
        }
    }
    return std::nullopt;
}

MainWindow::MainWindow(QWidget* parent)
    : QMainWindow(parent), m_pages(new QStackedWidget), m_start(new StartPage),
      m_player(new PlayerPage(m_session)), m_compare(new ComparePage), m_script(new ScriptPage),
      m_sweep(new SweepPage), m_notice_strip(new QFrame), m_notice(new QLabel),
      m_filter(new QLineEdit), m_status(new QLabel), m_progress(new QProgressBar),
      m_cancel(new QToolButton) {
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Understudy player"));
    setAcceptDrops(true);
    m_pages->addWidget(m_start);
    m_pages->addWidget(m_player);
    m_pages->addWidget(m_compare);
    m_pages->addWidget(m_script);
    m_pages->addWidget(m_sweep);

    m_notice_strip->setObjectName(QStringLiteral("noticeStrip"));
    m_notice_strip->setAutoFillBackground(true);
    auto* const notice_row = new QHBoxLayout(m_notice_strip);
    notice_row->setContentsMargins(12, 6, 8, 6);
    m_notice->setObjectName(QStringLiteral("notice"));
    m_notice->setWordWrap(true);
    m_notice->setTextFormat(Qt::RichText);
    m_notice->setTextInteractionFlags(Qt::TextBrowserInteraction);
    auto* const close = new QToolButton;
    close->setObjectName(QStringLiteral("closeNotice"));
    close->setText(QStringLiteral("×"));
    close->setAccessibleName(tr("Close this notice"));
    close->setAutoRaise(true);
    connect(close, &QToolButton::clicked, m_notice_strip, &QWidget::hide);
    notice_row->addWidget(m_notice, 1);
    notice_row->addWidget(close);
    m_notice_strip->hide();

    auto* const centre = new QWidget;
    auto* const column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_notice_strip);
    column->addWidget(m_pages, 1);
    setCentralWidget(centre);

    m_status->setObjectName(QStringLiteral("status"));
    m_progress->setObjectName(QStringLiteral("progress"));
    m_progress->setAccessibleName(tr("Progress"));
    m_progress->setMaximumWidth(180);
    m_progress->setRange(0, 1000);
    m_progress->hide();
    m_cancel->setObjectName(QStringLiteral("cancel"));
    m_cancel->setText(tr("Cancel"));
    m_cancel->hide();
    connect(m_cancel, &QToolButton::clicked, this, &MainWindow::stop_loading);
    statusBar()->addWidget(m_status, 1);
    statusBar()->addPermanentWidget(m_progress);
    statusBar()->addPermanentWidget(m_cancel);

    make_actions();
    make_keys();

    connect(m_start, &StartPage::openWanted, this, &MainWindow::open_dialog);
    connect(m_start, &StartPage::recentWanted, this, &MainWindow::open);
    connect(m_start, &StartPage::runWanted, this, &MainWindow::run_scenario_dialog);
    connect(m_start, &StartPage::demoWanted, this, &MainWindow::run_demo);
    connect(m_script, &ScriptPage::noticeWanted, this, &MainWindow::show_notice);
    connect(m_script, &ScriptPage::ranTo, this, &MainWindow::ran_to);
    connect(m_script, &ScriptPage::busyChanged, this, [this](bool busy) {
        // The child does not say how far it is.
        m_progress->setRange(0, busy ? 0 : 1000);
        m_progress->setVisible(busy);
        if (busy) {
            m_status->setText(tr("Running the scenario …"));
        } else {
            show_status();
        }
    });
    connect(m_compare, &ComparePage::chooseWanted, this, &MainWindow::choose_for_compare);
    connect(m_sweep, &SweepPage::openWanted, this, &MainWindow::choose_results);
    connect(m_sweep, &SweepPage::noticeWanted, this, &MainWindow::show_notice);
    connect(m_sweep, &SweepPage::traceWanted, this, &MainWindow::open);
    connect(m_player, &PlayerPage::bookmarkWanted, this, &MainWindow::bookmark);
    connect(m_player, &PlayerPage::clearFilterWanted, m_filter, &QLineEdit::clear);
    connect(m_filter, &QLineEdit::textChanged, &m_session, &Session::set_filter);
    connect(&m_session, &Session::runChanged, this, &MainWindow::show_status);
    connect(&m_session, &Session::rangeChanged, this, &MainWindow::show_status);
    connect(&m_session, &Session::selectionChanged, this, &MainWindow::show_status);
    m_start->show_recent(read_recent());
    qApp->installEventFilter(this);
    show_page(PageId::start);
    show_status();
    set_theme(ThemeChoice::light);
}

MainWindow::~MainWindow() {
    qApp->removeEventFilter(this);
    if (m_loading) {
        m_loading->cancel = true;
        if (m_loading->thread.joinable()) {
            m_loading->thread.join();
        }
    }
}

QAction* MainWindow::action(Icon icon,
                            const QString& text,
                            const QString& object,
                            const QKeySequence& keys) {
    auto* const made = new QAction(text, this);
    made->setObjectName(object);
    made->setShortcut(keys);
    m_icons.emplace_back(made, icon);
    return made;
}

void MainWindow::make_actions() {
    auto* const bar = new QToolBar(tr("Tools"), this);
    bar->setObjectName(QStringLiteral("tools"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->setIconSize({23, 18});
    addToolBar(bar);
    QAction* const open =
        action(Icon::open, tr("Open"), QStringLiteral("openAction"), QKeySequence::Open);
    open->setToolTip(tr("Open a trace or a scenario"));
    connect(open, &QAction::triggered, this, &MainWindow::open_dialog);
    bar->addAction(open);
    bar->addSeparator();
    auto* const group = new QActionGroup(this);
    const auto page = [&](Icon icon, const QString& text, const char* object, PageId id, int key) {
        QAction* const made =
            action(icon, text, QString::fromLatin1(object), QKeySequence(QString::number(key)));
        made->setCheckable(true);
        made->setData(static_cast<int>(id));
        group->addAction(made);
        connect(made, &QAction::triggered, this, [this, id] { show_page(id); });
        bar->addAction(made);
        m_page_actions.push_back(made);
    };
    page(Icon::player, tr("Player"), "playerAction", PageId::player, 1);
    page(Icon::compare, tr("Compare"), "compareAction", PageId::compare, 2);
    page(Icon::edit, tr("Script"), "scriptAction", PageId::script, 3);
    page(Icon::sweep, tr("Sweep"), "sweepAction", PageId::sweep, 4);
    bar->addSeparator();
    QAction* const save = action(
        Icon::save, tr("Export view"), QStringLiteral("exportAction"), QKeySequence(tr("Ctrl+E")));
    save->setToolTip(tr("Save this page as a picture (PNG), or its views as drawings (SVG)"));
    connect(save, &QAction::triggered, this, &MainWindow::export_view);
    bar->addAction(save);
    auto* const stretch = new QWidget;
    stretch->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(stretch);
    m_filter->setObjectName(QStringLiteral("filter"));
    m_filter->setAccessibleName(tr("Filter of all lists"));
    m_filter->setPlaceholderText(tr("Filter:  node:asterisk2  kind:ms  t:180..192   (Ctrl+F)"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMaximumWidth(380);
    m_filter->setMinimumWidth(200);
    bar->addWidget(m_filter);

    QMenu* const file = menuBar()->addMenu(tr("&File"));
    file->addAction(open);
    file->addAction(save);
    QAction* const csv = file->addAction(tr("Export the listed events (CSV)…"));
    csv->setObjectName(QStringLiteral("exportLogAction"));
    connect(csv, &QAction::triggered, this, &MainWindow::export_log);
    QAction* const phases = file->addAction(tr("Export the phases (CSV)…"));
    phases->setObjectName(QStringLiteral("exportPhasesAction"));
    connect(phases, &QAction::triggered, this, [this] {
        if (m_session.run() == nullptr) {
            return;
        }
        const QString name = QFileDialog::getSaveFileName(
            this, tr("Export the phases"), QStringLiteral("phases.csv"), tr("Tables (*.csv)"));
        QFile out(name);
        if (!name.isEmpty() &&
            (!out.open(QIODevice::WriteOnly) || out.write(phases_as_csv(*m_session.run())) < 0)) {
            show_notice(
                tr("%1 cannot be written: %2.").arg(name, out.errorString()).toHtmlEscaped());
        }
    });
    QAction* const ladder = file->addAction(tr("Export the ladder (Mermaid)…"));
    ladder->setObjectName(QStringLiteral("exportLadderAction"));
    connect(ladder, &QAction::triggered, this, &MainWindow::export_ladder);
    QAction* const perfetto = file->addAction(tr("Export for Perfetto (JSON)…"));
    perfetto->setObjectName(QStringLiteral("exportPerfettoAction"));
    connect(perfetto, &QAction::triggered, this, &MainWindow::export_perfetto);
    file->addSeparator();
    QAction* const quit = file->addAction(tr("&Quit"));
    quit->setShortcut(QKeySequence::Quit);
    connect(quit, &QAction::triggered, this, &QWidget::close);

    QMenu* const view = menuBar()->addMenu(tr("&View"));
    for (QAction* const one : m_page_actions) {
        view->addAction(one);
    }
    view->addSeparator();
    QMenu* const panels = view->addMenu(tr("Panels"));
    for (QDockWidget* const dock : m_player->findChildren<QDockWidget*>()) {
        panels->addAction(dock->toggleViewAction());
    }
    QMenu* const themes = view->addMenu(tr("Theme"));
    auto* const theme_group = new QActionGroup(this);
    for (const auto& [words, choice] : {std::pair{tr("Light"), ThemeChoice::light},
                                        std::pair{tr("Dark"), ThemeChoice::dark},
                                        std::pair{tr("As the desktop"), ThemeChoice::follow}}) {
        QAction* const made = themes->addAction(words);
        made->setCheckable(true);
        made->setData(static_cast<int>(choice));
        theme_group->addAction(made);
        connect(made, &QAction::triggered, this, [this, choice = choice] { set_theme(choice); });
    }
    QAction* const calm = view->addAction(tr("Reduced motion"));
    calm->setObjectName(QStringLiteral("reducedMotion"));
    calm->setCheckable(true);
    connect(calm, &QAction::toggled, &m_session, &Session::set_reduced_motion);

    QMenu* const play = menuBar()->addMenu(tr("&Playback"));
    const auto step = [&](const QString& words, auto what) {
        connect(play->addAction(words), &QAction::triggered, this, what);
    };
    step(tr("Play or pause\tSpace"), [this] { m_session.set_playing(!m_session.playing()); });
    step(tr("Next fault\tN"), [this] { m_session.step_fault(1); });
    step(tr("Previous fault\tP"), [this] { m_session.step_fault(-1); });
    step(tr("Next event\t."), [this] { m_session.step_event(1); });
    step(tr("Previous event\t,"), [this] { m_session.step_event(-1); });
    step(tr("Go to time…\tG"), [this] { go_to_time(); });
    step(tr("Fit the takeover\tF"), [this] { m_session.fit(); });
    step(tr("Bookmark…\tM"), [this] { bookmark(); });

    QMenu* const help = menuBar()->addMenu(tr("&Help"));
    QAction* const keys = help->addAction(tr("Keys"));
    keys->setShortcut(Qt::Key_F1);
    connect(keys, &QAction::triggered, this, &MainWindow::show_keys);
    QAction* const about = help->addAction(tr("About"));
    connect(about, &QAction::triggered, this, [this] {
        QMessageBox::about(
            this,
            tr("Understudy player"),
            tr("Understudy player %1\nShows what happened in a rehearsed failover, and "
               "why.\nGPL-2.0-or-later")
                .arg(QApplication::applicationVersion()));
    });
}

bool MainWindow::typing() const {
    const QWidget* const focus = QApplication::focusWidget();
    return qobject_cast<const QLineEdit*>(focus) != nullptr ||
           qobject_cast<const QPlainTextEdit*>(focus) != nullptr ||
           qobject_cast<const QAbstractSpinBox*>(focus) != nullptr;
}

void MainWindow::make_keys() {
    const auto focus_filter = new QShortcut(QKeySequence::Find, this);
    connect(focus_filter, &QShortcut::activated, this, [this] {
        m_filter->setFocus();
        m_filter->selectAll();
    });
    const auto loop = new QShortcut(QKeySequence(tr("Ctrl+L")), this);
    connect(loop, &QShortcut::activated, this, [this] {
        m_session.set_loop(m_session.loop() ? std::nullopt : m_session.range());
    });
}

/// The player's plain keys, wherever the focus is, save where text is typed.
bool MainWindow::eventFilter(QObject* object, QEvent* event) {
    if (event->type() != QEvent::KeyPress || m_page != PageId::player || !isActiveWindow() ||
        QApplication::activeModalWidget() != nullptr ||
        QApplication::activePopupWidget() != nullptr) {
        return QMainWindow::eventFilter(object, event);
    }
    auto* const widget = qobject_cast<QWidget*>(object);
    if (widget == nullptr || widget->window() != this || typing()) {
        return QMainWindow::eventFilter(object, event);
    }
    const auto* const press = static_cast<QKeyEvent*>(event);
    const bool shift = (press->modifiers() & Qt::ShiftModifier) != 0;
    const bool alt = (press->modifiers() & Qt::AltModifier) != 0;
    if ((press->modifiers() & (Qt::ControlModifier | Qt::MetaModifier)) != 0 ||
        m_session.run() == nullptr) {
        return QMainWindow::eventFilter(object, event);
    }
    const Time step = shift ? 1000 * ms : alt ? 10 * ms : 100 * ms;
    switch (press->key()) {
    case Qt::Key_Space:
        m_session.set_playing(!m_session.playing());
        return true;
    case Qt::Key_J:
        m_session.push(-1);
        return true;
    case Qt::Key_K:
        m_session.set_playing(false);
        return true;
    case Qt::Key_L:
        m_session.push(1);
        return true;
    case Qt::Key_Left:
        m_session.go(m_session.t() - step);
        return true;
    case Qt::Key_Right:
        m_session.go(m_session.t() + step);
        return true;
    case Qt::Key_Home:
        m_session.go(0);
        return true;
    case Qt::Key_End:
        m_session.go(m_session.end());
        return true;
    case Qt::Key_Comma:
        m_session.step_event(-1);
        return true;
    case Qt::Key_Period:
        m_session.step_event(1);
        return true;
    case Qt::Key_BracketLeft:
        m_session.step_same_kind(-1);
        return true;
    case Qt::Key_BracketRight:
        m_session.step_same_kind(1);
        return true;
    case Qt::Key_N:
        m_session.step_fault(1);
        return true;
    case Qt::Key_P:
        m_session.step_fault(-1);
        return true;
    case Qt::Key_F:
        m_session.fit();
        return true;
    case Qt::Key_G:
        go_to_time();
        return true;
    case Qt::Key_M:
        bookmark();
        return true;
    case Qt::Key_Escape:
        m_session.select({});
        m_session.set_range(std::nullopt);
        return true;
    default:
        return QMainWindow::eventFilter(object, event);
    }
}

void MainWindow::show_page(PageId page) {
    m_page = page;
    m_session.set_playing(false);
    m_compare->session_a().set_playing(false);
    // In the order of PageId.
    const std::array<QWidget*, 5> pages{m_start, m_player, m_compare, m_script, m_sweep};
    m_pages->setCurrentWidget(pages[static_cast<std::size_t>(page)]);
    if (page == PageId::compare && m_compare->run_a() == nullptr && m_session.run() != nullptr) {
        m_compare->set_runs(m_session.shared_run(), m_compare->run_b());
    }
    for (QAction* const one : m_page_actions) {
        one->setChecked(one->data().toInt() == static_cast<int>(page));
    }
    if (page == PageId::start) {
        m_start->show_recent(read_recent());
    }
}

void MainWindow::set_theme(ThemeChoice choice) {
    m_theme_choice = choice;
    // Qt 6.4 does not say what the desktop prefers; a dark palette of the platform does.
    const bool dark = choice == ThemeChoice::dark ||
                      (choice == ThemeChoice::follow && qApp->property("platformDark").toBool());
    m_theme = &Theme::of(dark);
    apply_theme();
    for (QAction* const one : findChildren<QAction*>()) {
        if (one->actionGroup() != nullptr && one->actionGroup()->actions().size() == 3 &&
            one->data().isValid()) {
            one->setChecked(one->data().toInt() == static_cast<int>(choice));
        }
    }
}

void MainWindow::apply_theme() {
    const Theme& theme = *m_theme;
    QApplication::setPalette(theme.palette());
    for (const auto& [act, icon] : m_icons) {
        act->setIcon(make_icon(icon, theme.text));
    }
    setStyleSheet(
        QStringLiteral(
            "QMainWindow::separator{background:%1;width:1px;height:1px}"
            "QDockWidget::title{background:%2;padding:5px 10px;text-align:left}"
            "QDockWidget{titlebar-close-icon:none;font-weight:600}"
            "QToolBar{background:%2;border:0;border-bottom:1px solid %1;padding:4px "
            "6px;spacing:4px}"
            "QMenuBar{background:%2}QStatusBar{background:%2;border-top:1px solid %1}"
            "QToolBar QToolButton{padding:5px 8px;border-radius:4px}"
            "QToolBar QToolButton:hover{background:%3}"
            "QToolBar QToolButton:checked{background:%4;color:%5}"
            "QSplitter::handle{background:%1}"
            "QHeaderView::section{background:%2;color:%6;border:0;border-bottom:1px solid %1;"
            "padding:3px 6px}"
            "QTreeWidget,QTableView,QTextBrowser{selection-background-color:%4;selection-color:%5}"
            "QTableView{alternate-background-color:%7}QTableView::item{padding:0 5px}"
            "QLineEdit{padding:4px 6px;border:1px solid %1;border-radius:4px;background:%8}"
            "#startPage QPushButton{padding:4px 12px}"
            "#transport{background:%2;border-top:1px solid %1}")
            .arg(theme.border.name(),
                 theme.window.name(),
                 theme.grid.name(),
                 theme.selection.name(),
                 theme.text.name(),
                 theme.muted.name(),
                 theme.lane.name(),
                 theme.panel.name()));
    QPalette strip = theme.palette();
    strip.setColor(QPalette::Window, theme.notice);
    m_notice_strip->setPalette(strip);
    m_start->set_theme(theme);
    m_player->set_theme(theme);
    m_compare->set_theme(theme);
    m_script->set_theme(theme);
    m_sweep->set_theme(theme);
}

// ---------------------------------------------------------------- opening

void MainWindow::open_dialog() {
    const QString path = QFileDialog::getOpenFileName(
        this,
        tr("Open"),
        QSettings().value(QStringLiteral("folder")).toString(),
        tr("Traces, scenarios and results (*.run.jsonl *.run.jsonl.zst *.json);;All files (*)"));
    if (!path.isEmpty()) {
        if (m_keep_settings) {
            QSettings().setValue(QStringLiteral("folder"), QFileInfo(path).absolutePath());
        }
        open(path);
    }
}

void MainWindow::open_scenario(const QString& path) {
    if (m_script->open(path)) {
        show_page(PageId::script);
    }
}

void MainWindow::run_scenario_dialog() {
    const QString path =
        QFileDialog::getOpenFileName(this,
                                     tr("Run a scenario"),
                                     QSettings().value(QStringLiteral("folder")).toString(),
                                     tr("Scenarios (*.json);;All files (*)"));
    if (!path.isEmpty() && m_script->open(path)) {
        show_page(PageId::script);
        m_script->run(false);
    }
}

QString MainWindow::demo_scenario() {
    const QString wanted = qEnvironmentVariable("UNDERSTUDY_DEMO");
    if (!wanted.isEmpty()) {
        return wanted;
    }
    // Beside a build tree, or installed.
    const QString program = QCoreApplication::applicationDirPath();
    for (const char* const folder : {"/../../../scenarios", "/../share/understudy/scenarios"}) {
        const QFileInfo file(program + QLatin1String(folder) +
                             QStringLiteral("/call-centre/primary-power.json"));
        if (file.exists()) {
            return file.canonicalFilePath();
        }
    }
    return {};
}

void MainWindow::run_demo() {
    const QString path = demo_scenario();
    if (path.isEmpty()) {
        show_notice(tr("The demo scenario (call-centre/primary-power.json) is not installed beside "
                       "this program.")
                        .toHtmlEscaped());
    } else if (m_script->open(path)) {
        m_script->run(false);
    }
}

void MainWindow::choose_for_compare(bool first) {
    const QString path =
        QFileDialog::getOpenFileName(this,
                                     first ? tr("Open run A") : tr("Open run B"),
                                     QSettings().value(QStringLiteral("folder")).toString(),
                                     tr("Traces (*.run.jsonl *.run.jsonl.zst);;All files (*)"));
    if (path.isEmpty()) {
        return;
    }
    const LoadedRun loaded_run = load_run(path);
    if (!loaded_run.run) {
        show_notice(loaded_run.error.toHtmlEscaped());
        return;
    }
    m_compare->set_runs(first ? loaded_run.run : m_compare->run_a(),
                        first ? m_compare->run_b() : loaded_run.run);
}

void MainWindow::ran_to(const QString& trace, bool compare) {
    const std::shared_ptr<const Run> before = m_session.shared_run();
    const LoadedRun loaded_run = load_run(trace);
    show_run(loaded_run);
    if (compare && loaded_run.run && before) {
        m_compare->set_runs(before, loaded_run.run);
        show_page(PageId::compare);
    }
}

void MainWindow::choose_results() {
    const QString path =
        QFileDialog::getExistingDirectory(this,
                                          tr("Open a folder of results"),
                                          QSettings().value(QStringLiteral("folder")).toString());
    if (!path.isEmpty()) {
        open(path);
    }
}

void MainWindow::open(const QString& path) {
    if (const QFileInfo info(path);
        info.isDir() || info.fileName() == QLatin1String("summary.json")) {
        if (m_sweep->open(path)) {
            show_page(PageId::sweep);
        }
        return;
    }
    if (path.endsWith(QLatin1String(".json"), Qt::CaseInsensitive)) {
        open_scenario(path);
        return;
    }
    stop_loading();
    auto loading = std::make_shared<Loading>();
    loading->path = path;
    m_loading = loading;
    m_status->setText(tr("Opening %1 …").arg(QFileInfo(path).fileName()));
    m_progress->setValue(0);
    // What is quick needs no progress bar.
    QTimer::singleShot(200, this, [this, loading] {
        if (m_loading == loading) {
            m_progress->show();
            m_cancel->show();
        }
    });
    loading->thread = std::thread([this, loading] {
        auto result =
            std::make_shared<LoadedRun>(load_run(loading->path, [this, loading](double done) {
                QMetaObject::invokeMethod(
                    m_progress,
                    [bar = m_progress, done] { bar->setValue(static_cast<int>(done * 1000)); },
                    Qt::QueuedConnection);
                return !loading->cancel;
            }));
        QMetaObject::invokeMethod(
            this, [this, loading, result] { loaded(loading, *result); }, Qt::QueuedConnection);
    });
}

void MainWindow::stop_loading() {
    if (!m_loading) {
        return;
    }
    m_loading->cancel = true;
    if (m_loading->thread.joinable()) {
        m_loading->thread.join();
    }
    m_loading.reset();
    m_progress->hide();
    m_cancel->hide();
    show_status();
}

void MainWindow::loaded(const std::shared_ptr<Loading>& loading, const LoadedRun& result) {
    if (m_loading != loading) {
        return;  // stopped meanwhile
    }
    loading->thread.join();
    m_loading.reset();
    m_progress->hide();
    m_cancel->hide();
    show_run(result);
}

void MainWindow::show_run(LoadedRun loaded_run) {
    if (!loaded_run.run) {
        if (!loaded_run.error.isEmpty()) {
            show_notice(loaded_run.error.toHtmlEscaped());
        }
        show_status();
        return;
    }
    m_filter->clear();
    m_session.set_run(loaded_run.run);
    setWindowTitle(tr("%1 – Understudy player").arg(loaded_run.run->title()));
    const QStringList notices = notices_of(*loaded_run.run);
    if (notices.isEmpty()) {
        m_notice_strip->hide();
    } else {
        show_notice(notices.join(QLatin1Char(' ')).toHtmlEscaped());
    }
    remember(*loaded_run.run);
    show_page(PageId::player);
    show_status();
}

void MainWindow::remember(const Run& run) {
    if (!m_keep_settings) {
        return;
    }
    RecentRun recent{QFileInfo(run.path).absoluteFilePath(),
                     tr("no result"),
                     false,
                     tr("seed %1").arg(run.trace->header.seed),
                     QDateTime::currentDateTime().toString(Qt::ISODate)};
    if (run.result) {
        recent.verdict = QString::fromStdString(run.result->verdict);
        recent.good = run.result->verdict == "pass";
        if (!run.result->episodes.empty()) {
            const EpisodeResult& first = run.result->episodes.front();
            recent.verdict =
                first.worst() != nullptr && first.worst()->restored
                    ? tr("%1 %2").arg(span_text(first.worst()->longest), verdict_words(first))
                    : verdict_words(first);
            recent.good = verdict_is_good(first);
        }
    }
    std::vector<RecentRun> all = read_recent();
    std::erase_if(all, [&](const RecentRun& old) { return old.path == recent.path; });
    all.insert(all.begin(), std::move(recent));
    all.resize(std::min<std::size_t>(all.size(), recent_kept));
    write_recent(all);
}

void MainWindow::show_notice(const QString& html) {
    m_notice->setText(
        QStringLiteral("<b style='color:%1'>✕</b>&nbsp; %2").arg(m_theme->bad.name(), html));
    m_notice_strip->show();
}

QString MainWindow::notice() const {
    return m_notice_strip->isHidden() ? QString() : m_notice->text();
}

void MainWindow::show_status() {
    const Run* const run = m_session.run();
    if (run == nullptr) {
        m_status->setText(tr("Ready"));
        return;
    }
    if (const auto range = m_session.range()) {
        m_status->setText(range_summary(m_session, range->first, range->second));
        return;
    }
    const QLocale locale;
    m_status->setText(
        tr("%1 records · %2 simulated · %3 · %4")
            .arg(locale.toString(static_cast<qulonglong>(run->trace->rows.size())),
                 span_text(run->trace->end()),
                 QString::fromStdString(run->trace->header.implementation),
                 run->trace->truncated() ? tr("trace is truncated") : tr("trace is complete")));
}

// ---------------------------------------------------------------- small dialogs

void MainWindow::go_to_time() {
    bool ok = false;
    const QString text = QInputDialog::getText(this,
                                               tr("Go to time"),
                                               tr("Time, such as 182.3, 3:02.3 or 250 ms:"),
                                               QLineEdit::Normal,
                                               clock_text(m_session.t()),
                                               &ok);
    if (!ok) {
        return;
    }
    if (const auto t = parse_time(text)) {
        m_session.go(*t);
        const auto [from, to] = m_session.window();
        if (*t < from || *t > to) {
            m_session.set_window(*t - (to - from) / 2, *t + (to - from) / 2);
        }
    } else {
        show_notice(
            tr("“%1” is no time. Examples: 182.3, 3:02.3, 250 ms.").arg(text).toHtmlEscaped());
    }
}

void MainWindow::bookmark() {
    if (m_session.run() == nullptr) {
        return;
    }
    const Time t = m_session.t();
    bool ok = false;
    const QString note = QInputDialog::getText(
        this, tr("Bookmark"), tr("Note for %1:").arg(clock_text(t)), QLineEdit::Normal, {}, &ok);
    if (ok) {
        m_session.add_bookmark(t, note);
    }
}

void MainWindow::show_keys() {
    QMessageBox box(this);
    box.setWindowTitle(tr("Keys"));
    box.setTextFormat(Qt::RichText);
    const std::vector<std::pair<QString, QString>> keys{
        {tr("Space"), tr("play or pause")},
        {tr("J, K, L"), tr("backwards, pause, forwards; again: faster")},
        {tr("← →"), tr("100 ms; with Shift 1 s, with Alt 10 ms")},
        {tr(", ."), tr("previous and next listed event")},
        {tr("[ ]"), tr("previous and next event of the same kind")},
        {tr("P, N"), tr("previous and next fault")},
        {tr("G"), tr("go to a time")},
        {tr("F"), tr("fit the takeover into the timeline")},
        {tr("Home, End"), tr("beginning and end")},
        {tr("M"), tr("bookmark with a note")},
        {tr("Ctrl+L"), tr("loop the marked range")},
        {tr("Ctrl+F"), tr("filter")},
        {tr("Ctrl+E"), tr("export this page")},
        {tr("1 to 4"), tr("Player, Compare, Script, Sweep")},
        {tr("Esc"), tr("clear selection and range")},
        {tr("wheel"), tr("zoom the timeline at the pointer; with Shift pan")}};
    QString table = QStringLiteral("<table cellpadding='3'>");
    for (const auto& [key, what] : keys) {
        table += QStringLiteral("<tr><td><b>%1</b></td><td>%2</td></tr>")
                     .arg(key.toHtmlEscaped(), what.toHtmlEscaped());
    }
    box.setText(table + QStringLiteral("</table>"));
    box.exec();
}

// ---------------------------------------------------------------- exports

void MainWindow::export_view() {
    const QString name = QFileDialog::getSaveFileName(
        this,
        tr("Export view"),
        QStringLiteral("understudy.png"),
        tr("Picture of the page (*.png);;Drawings of its views (*.svg)"));
    if (name.isEmpty()) {
        return;
    }
    if (!name.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
        if (!grab().save(name)) {
            show_notice(tr("%1 cannot be written.").arg(name).toHtmlEscaped());
        }
        return;
    }
    const QFileInfo info(name);
    for (Canvas* const canvas : canvases_of_page()) {
        const QString file =
            QStringLiteral("%1/%2-%3.svg")
                .arg(info.absolutePath(), info.completeBaseName(), canvas->objectName());
        if (!canvas->save_svg(file)) {
            show_notice(tr("%1 cannot be written.").arg(file).toHtmlEscaped());
        }
    }
}

std::vector<Canvas*> MainWindow::canvases_of_page() const {
    return m_page == PageId::player    ? m_player->canvases()
           : m_page == PageId::compare ? m_compare->canvases()
           : m_page == PageId::sweep   ? m_sweep->canvases()
                                       : std::vector<Canvas*>{};
}

void MainWindow::export_log() {
    if (m_session.run() == nullptr) {
        return;
    }
    const QString name = QFileDialog::getSaveFileName(
        this, tr("Export the listed events"), QStringLiteral("events.csv"), tr("Tables (*.csv)"));
    QFile out(name);
    if (!name.isEmpty() &&
        (!out.open(QIODevice::WriteOnly) || out.write(log_as_csv(m_session)) < 0)) {
        show_notice(tr("%1 cannot be written: %2.").arg(name, out.errorString()).toHtmlEscaped());
    }
}

void MainWindow::export_ladder() {
    if (m_session.run() == nullptr) {
        return;
    }
    const QString name = QFileDialog::getSaveFileName(
        this, tr("Export the ladder"), QStringLiteral("ladder.mmd"), tr("Diagrams (*.mmd)"));
    if (name.isEmpty()) {
        return;
    }
    // The marked range, else what the timeline shows.
    const auto [from, to] = m_session.range().value_or(m_session.window());
    constexpr std::size_t most = 500;  // Mermaid draws no more
    const History& history = *m_session.run()->history;
    const std::string text =
        mermaid(history, ladder(history, from, to, m_session.t(), most, LadderFilter{}));
    QFile out(name);
    if (!out.open(QIODevice::WriteOnly) || out.write(QByteArray::fromStdString(text)) < 0) {
        show_notice(tr("%1 cannot be written: %2.").arg(name, out.errorString()).toHtmlEscaped());
    }
}

void MainWindow::export_perfetto() {
    if (m_session.run() == nullptr) {
        return;
    }
    const QString name = QFileDialog::getSaveFileName(this,
                                                      tr("Export for Perfetto"),
                                                      QStringLiteral("understudy.trace.json"),
                                                      tr("Trace events (*.json)"));
    if (name.isEmpty()) {
        return;
    }
    const auto [from, to] = m_session.range().value_or(std::pair{Time{0}, m_session.end()});
    const Run& run = *m_session.run();
    std::ofstream out(name.toStdString(), std::ios::binary);
    if (!out || !write_perfetto(out,
                                *run.history,
                                run.result ? &*run.result : nullptr,
                                PerfettoOptions{from, to, true})) {
        show_notice(tr("%1 cannot be written.").arg(name).toHtmlEscaped());
    }
}

// ---------------------------------------------------------------- settings

void MainWindow::arrange_for(QSize size) {
    resize(size);
    m_player->arrange_for(size);
}

void MainWindow::restore_settings() {
    m_keep_settings = true;
    QSettings settings;
    if (!restoreGeometry(settings.value(QStringLiteral("geometry")).toByteArray())) {
        arrange_for({1440, 900});
    }
    if (!m_player->restoreState(settings.value(QStringLiteral("docks")).toByteArray())) {
        m_player->arrange_for(size());
    }
    set_theme(static_cast<ThemeChoice>(
        settings.value(QStringLiteral("theme"), static_cast<int>(ThemeChoice::follow)).toInt()));
    m_session.set_speed(settings.value(QStringLiteral("speed"), 1.0).toDouble());
    if (auto* const calm = findChild<QAction*>(QStringLiteral("reducedMotion"))) {
        calm->setChecked(settings.value(QStringLiteral("reducedMotion")).toBool());
    }
    m_start->show_recent(read_recent());
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (m_keep_settings) {
        QSettings settings;
        settings.setValue(QStringLiteral("geometry"), saveGeometry());
        settings.setValue(QStringLiteral("docks"), m_player->saveState());
        settings.setValue(QStringLiteral("theme"), static_cast<int>(m_theme_choice));
        settings.setValue(QStringLiteral("speed"), m_session.speed());
        settings.setValue(QStringLiteral("reducedMotion"), m_session.reduced_motion());
    }
    QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls()) {
        event->acceptProposedAction();
    }
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QList<QUrl> urls = event->mimeData()->urls();
    if (!urls.isEmpty() && urls.front().isLocalFile()) {
        open(urls.front().toLocalFile());
    }
}

}  // namespace gui
