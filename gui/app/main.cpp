// SPDX-License-Identifier: GPL-2.0-or-later
// understudy-gui: the player. Shows the trace of a run; starts `understudy` as a child for new
// ones.
#include <QApplication>
#include <QCommandLineParser>
#include <QFileInfo>
#include <QFontDatabase>
#include <QLibraryInfo>
#include <QStyleFactory>
#include <QThread>
#include <QTranslator>

#include <cstdio>
#include <cstring>

#include "app/main_window.hpp"
#include "model/time_text.hpp"
#include "trace/compare.hpp"

namespace {

/// The offscreen platform warns of things that concern nobody.
void quiet(QtMsgType type, const QMessageLogContext&, const QString& text) {
    if (!text.contains(QLatin1String("propagateSizeHints")) &&
        !text.contains(QLatin1String("XDG_RUNTIME_DIR"))) {
        std::fprintf(stderr, "%s\n", qPrintable(text));
    }
    if (type == QtFatalMsg) {
        std::abort();
    }
}

int usage(const QString& text) {
    std::fprintf(stderr, "understudy-gui: %s\n", qPrintable(text));
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    bool screenshot = false;
    for (int i = 1; i < argc; ++i) {
        screenshot = screenshot || std::strncmp(argv[i], "--screenshot", 12) == 0;
        // The scale must be known before there is an application.
        if (std::strncmp(argv[i], "--scale=", 8) == 0) {
            qputenv("QT_SCALE_FACTOR", argv[i] + 8);
        } else if (std::strcmp(argv[i], "--scale") == 0 && i + 1 < argc) {
            qputenv("QT_SCALE_FACTOR", argv[i + 1]);
        }
    }
    if (screenshot && !qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    qInstallMessageHandler(quiet);
    QApplication::setOrganizationName(QStringLiteral("understudy"));
    QApplication::setApplicationName(QStringLiteral("understudy-gui"));
    QApplication::setApplicationVersion(QStringLiteral(UNDERSTUDY_VERSION));
    QApplication application(argc, argv);
    application.setProperty("platformDark",
                            QApplication::palette().color(QPalette::Window).lightness() < 128);
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setFont(gui::text_font(9));
    // The words of Qt's own dialogs, and ours; in English where there are no others.
    QTranslator of_qt;
    QTranslator ours;
    if (of_qt.load(QLocale(),
                   QStringLiteral("qtbase"),
                   QStringLiteral("_"),
                   QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {
        QApplication::installTranslator(&of_qt);
    }
    if (ours.load(QLocale(),
                  QStringLiteral("player"),
                  QStringLiteral("_"),
                  QStringLiteral(":/translations"))) {
        QApplication::installTranslator(&ours);
    }
    if (QFontDatabase::families().isEmpty()) {
        return usage(
            QStringLiteral("no font is installed; install fonts-dejavu-core or fonts-inter"));
    }

    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Shows what happened in a rehearsed failover, and why."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(
        QStringLiteral("trace"),
        QStringLiteral("A trace (.run.jsonl, .run.jsonl.zst), a scenario (.json), or a folder of "
                       "results to open."),
        QStringLiteral("[file]"));
    const QCommandLineOption at(QStringLiteral("at"),
                                QStringLiteral("Time to go to, such as 182.3 or 3:02.3."),
                                QStringLiteral("time"));
    const QCommandLineOption page(
        QStringLiteral("page"),
        QStringLiteral("Page to show: start, player, compare, script, sweep."),
        QStringLiteral("page"));
    const QCommandLineOption theme(
        QStringLiteral("theme"), QStringLiteral("light, dark or follow."), QStringLiteral("theme"));
    const QCommandLineOption size(QStringLiteral("size"),
                                  QStringLiteral("Size of the window, such as 1440x900."),
                                  QStringLiteral("WxH"));
    const QCommandLineOption select(
        QStringLiteral("select"),
        QStringLiteral("Node, link, record number, or scenario/daemon of a sweep."),
        QStringLiteral("what"));
    const QCommandLineOption scale(QStringLiteral("scale"),
                                   QStringLiteral("Scale of the screen, such as 2."),
                                   QStringLiteral("factor"));
    const QCommandLineOption shot(QStringLiteral("screenshot"),
                                  QStringLiteral("Save a picture of the window and end."),
                                  QStringLiteral("file.png"));
    const QCommandLineOption compare(QStringLiteral("compare"),
                                     QStringLiteral("Trace to compare the opened one with."),
                                     QStringLiteral("trace"));
    parser.addOptions({at, page, theme, size, select, scale, compare, shot});
    parser.process(application);

    gui::MainWindow window;
    if (screenshot) {
        gui::ThemeChoice choice = gui::ThemeChoice::light;
        if (parser.value(theme) == QLatin1String("dark")) {
            choice = gui::ThemeChoice::dark;
        }
        window.set_theme(choice);
    } else {
        window.restore_settings();
        if (parser.isSet(theme)) {
            window.set_theme(parser.value(theme) == QLatin1String("dark") ? gui::ThemeChoice::dark
                             : parser.value(theme) == QLatin1String("light")
                                 ? gui::ThemeChoice::light
                                 : gui::ThemeChoice::follow);
        }
    }
    if (parser.isSet(size) || screenshot) {
        const QStringList parts = parser.isSet(size)
                                      ? parser.value(size).split(QLatin1Char('x'))
                                      : QStringList{QStringLiteral("1440"), QStringLiteral("900")};
        const QSize wanted =
            parts.size() == 2 ? QSize(parts[0].toInt(), parts[1].toInt()) : QSize();
        if (wanted.width() < 400 || wanted.height() < 300) {
            return usage(QStringLiteral("--size: expected at least 400x300"));
        }
        window.arrange_for(wanted);
    }
    std::optional<gui::Time> time;
    if (parser.isSet(at)) {
        time = gui::parse_time(parser.value(at));
        if (!time) {
            return usage(QStringLiteral("--at: \"%1\" is no time").arg(parser.value(at)));
        }
    }
    const std::optional<gui::PageId> wanted_page =
        parser.isSet(page) ? gui::page_named(parser.value(page)) : std::nullopt;
    if (parser.isSet(page) && !wanted_page) {
        return usage(QStringLiteral("--page: \"%1\" is no page").arg(parser.value(page)));
    }
    window.show();

    const QString file = parser.positionalArguments().value(0);
    if (file.endsWith(QLatin1String(".json")) || QFileInfo(file).isDir()) {
        window.open(file);
    } else if (!file.isEmpty()) {
        const gui::LoadedRun loaded = gui::load_run(file);
        if (!loaded.run && screenshot) {
            std::fprintf(stderr, "understudy-gui: %s\n", qPrintable(loaded.error));
        }
        window.show_run(loaded);
    }
    if (parser.isSet(compare)) {
        const gui::LoadedRun other = gui::load_run(parser.value(compare));
        if (!other.run) {
            return usage(other.error);
        }
        window.compare().set_runs(window.session().shared_run(), other.run);
        window.show_page(gui::PageId::compare);
    }
    if (time) {
        window.session().go(*time);
        window.compare().go(*time - (window.session().run() == nullptr
                                         ? 0
                                         : gui::anchor(*window.session().run()->trace)));
    }
    if (wanted_page) {
        window.show_page(*wanted_page);
    }
    if (parser.isSet(select)) {
        window.sweep().select(parser.value(select));
    }
    if (parser.isSet(select) && window.session().run() != nullptr) {
        const gui::Run& run = *window.session().run();
        const std::string what = parser.value(select).toStdString();
        bool number = false;
        const qulonglong seq = parser.value(select).toULongLong(&number);
        if (const auto node = run.history->node_of(what); node != gui::nobody) {
            window.session().select({gui::Selection::What::node, node});
        } else if (const auto link = run.history->link_of(what); link != gui::nobody) {
            window.session().select({gui::Selection::What::link, link});
        } else if (number) {
            window.session().select_row(run.trace->row_of(seq), false);
        }
    }
    if (!screenshot) {
        return QApplication::exec();
    }
    // Layouts settle over several turns of the event loop.
    for (int i = 0; i < 20; ++i) {
        QApplication::processEvents();
    }
    // The editor asks understudy whether the scenario is right.
    for (int i = 0; window.page() == gui::PageId::script && window.script().checking() && i < 200;
         ++i) {
        QApplication::processEvents(QEventLoop::AllEvents, 50);
        QThread::msleep(20);
    }
    if (!window.grab().save(parser.value(shot))) {
        std::fprintf(
            stderr, "understudy-gui: %s cannot be written\n", qPrintable(parser.value(shot)));
        return 1;
    }
    return 0;
}
