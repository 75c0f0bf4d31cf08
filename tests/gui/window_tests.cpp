// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window_support.hpp"

#include "gui/small_trace.hpp"
#include "gui/test_folder.hpp"
#include "model/time_text.hpp"
#include "trace/story.hpp"
#include "view/draw.hpp"

#include <QAbstractButton>
#include <QAccessible>
#include <QCheckBox>
#include <QFile>
#include <QSet>
#include <QTemporaryDir>
#include <QTranslator>

#include <random>

using namespace gui;
using namespace gui_test;

namespace {

constexpr Time second = 1'000'000'000;

int colours_of(const QImage& image) {
    QSet<QRgb> colours;
    for (int y = 0; y < image.height(); y += 2) {
        for (int x = 0; x < image.width(); x += 2) {
            colours.insert(image.pixel(x, y));
        }
    }
    return static_cast<int>(colours.size());
}

/// What is wrong with the labels of these views as they are now.
QStringList complaints(const std::vector<Canvas*>& canvases) {
    QStringList out;
    for (Canvas* const canvas : canvases) {
        if (!canvas->isVisible()) {
            continue;
        }
        QImage image(canvas->size(), QImage::Format_RGB32);
        QPainter painter(&image);
        const LabelAudit audit;
        canvas->paint(painter, canvas->size());
        for (const QString& complaint : audit.complaints()) {
            out << canvas->objectName() + QStringLiteral(": ") + complaint;
        }
    }
    return out;
}

void key(MainWindow& window, Qt::Key which, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
    QTest::keyClick(&window, which, modifiers);
    settle();
}

}  // namespace

TEST_CASE("Window: no critical label is cut short or covered, at any size, theme and moment",
          "[gui][window]") {
    const QSize size = GENERATE(QSize(1280, 720), QSize(1440, 900), QSize(1920, 1080));
    const bool dark = GENERATE(false, true);
    const auto window = reference_window(size, dark);
    REQUIRE(window->size() == size);
    const Time fault = reference_run().run->history->faults().front().t;
    for (const Time after : {-10 * second,
                             0 * second,
                             1 * second,
                             2 * second,
                             5 * second,
                             12 * second,
                             100 * second}) {
        window->session().go(fault + after);
        settle();
        const QStringList wrong = complaints(window->player().canvases());
        CAPTURE(size.width(), dark, after);
        CHECK(wrong.join(QLatin1Char('\n')).toStdString() == "");
    }
}

TEST_CASE("Window: the audit of labels finds what is cut short or covered", "[gui][window]") {
    QImage image(200, 50, QImage::Format_RGB32);
    QPainter painter(&image);
    painter.setFont(text_font(9));
    const LabelAudit audit;
    draw_label(painter,
               QRectF(0, 0, 100, 20),
               Qt::AlignLeft,
               QStringLiteral("fits"),
               Importance::critical);
    CHECK(audit.complaints().isEmpty());
    draw_label(painter, QRectF(2, 0, 100, 20), Qt::AlignLeft, QStringLiteral("on it"));
    CHECK(audit.complaints().size() == 1);
    draw_label(painter,
               QRectF(0, 30, 20, 20),
               Qt::AlignLeft,
               QStringLiteral("much too long"),
               Importance::critical);
    CHECK(audit.complaints().size() == 2);
}

TEST_CASE("Window: pictures are not blank, and the same moment gives the same picture",
          "[gui][window]") {
    const bool dark = GENERATE(false, true);
    const auto window = reference_window({1280, 720}, dark);
    const Time fault = reference_run().run->history->faults().front().t;
    window->session().go(fault + 5 * second);
    settle();
    const QImage first = window->grab().toImage();
    CHECK(colours_of(first) > 60);
    window->session().go(fault + 90 * second);
    settle();
    window->session().go(fault - 20 * second);
    settle();
    window->session().go(fault + 5 * second);
    settle();
    CHECK(window->grab().toImage() == first);
}

TEST_CASE("Window: every control has a name for those who cannot see it", "[gui][window]") {
    const auto window = reference_window();
    QStringList nameless;
    for (QWidget* const widget : window->findChildren<QWidget*>()) {
        const bool control = qobject_cast<QAbstractButton*>(widget) != nullptr ||
                             qobject_cast<Canvas*>(widget) != nullptr ||
                             qobject_cast<QLineEdit*>(widget) != nullptr ||
                             qobject_cast<QComboBox*>(widget) != nullptr ||
                             qobject_cast<QAbstractItemView*>(widget) != nullptr;
        // Parts that Qt makes itself (arrows of scroll bars, headers, lists of combo boxes).
        const bool of_qt = widget->objectName().startsWith(QLatin1String("qt_")) ||
                           (widget->parentWidget() != nullptr &&
                            (qobject_cast<QComboBox*>(widget->parentWidget()) != nullptr ||
                             qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) != nullptr ||
                             widget->parentWidget()->inherits("QTabBar") ||
                             widget->parentWidget()->inherits("QToolBar") ||
                             widget->parentWidget()->inherits("QComboBoxPrivateContainer") ||
                             widget->parentWidget()->inherits("QAbstractItemView") ||
                             widget->parentWidget()->inherits("QLineEdit")));
        if (!control || of_qt || widget->inherits("QHeaderView")) {
            continue;
        }
        const QAccessibleInterface* const seen = QAccessible::queryAccessibleInterface(widget);
        if (seen == nullptr || seen->text(QAccessible::Name).isEmpty()) {
            nameless << QString::fromLatin1(widget->metaObject()->className()) + QLatin1Char(' ') +
                            widget->objectName();
        }
    }
    CHECK(nameless.join(QLatin1Char('\n')).toStdString() == "");
}

TEST_CASE("Window: keys move time as the key sheet says", "[gui][window]") {
    const auto window = reference_window();
    Session& session = window->session();
    const Time fault = reference_run().run->history->faults().front().t;
    session.go(fault - 10 * second);
    key(*window, Qt::Key_Right);
    CHECK(session.t() == fault - 10 * second + second / 10);
    key(*window, Qt::Key_Right, Qt::ShiftModifier);
    key(*window, Qt::Key_Left, Qt::AltModifier);
    CHECK(session.t() == fault - 9 * second + 9 * second / 100);
    key(*window, Qt::Key_N);
    CHECK(session.t() == fault);
    key(*window, Qt::Key_Period);
    const Time next = session.t();
    CHECK(next >= fault);
    key(*window, Qt::Key_Comma);
    CHECK(session.t() <= next);
    key(*window, Qt::Key_End);
    CHECK(session.t() == session.end());
    key(*window, Qt::Key_P);
    CHECK(session.t() == fault);
    key(*window, Qt::Key_Home);
    CHECK(session.t() == 0);
    key(*window, Qt::Key_L);
    CHECK(session.playing());
    key(*window, Qt::Key_K);
    CHECK_FALSE(session.playing());
    key(*window, Qt::Key_Space);
    CHECK(session.playing());
    key(*window, Qt::Key_Space);
    CHECK_FALSE(session.playing());
    // Where text is typed, keys are letters.
    auto* const filter = window->findChild<QLineEdit*>(QStringLiteral("filter"));
    filter->setFocus();
    settle();
    session.go(fault);
    QTest::keyClicks(filter, QStringLiteral("kind:ms"));
    settle();
    CHECK(session.t() == fault);
    CHECK(filter->text() == QStringLiteral("kind:ms"));
    for (const std::uint32_t row : session.listed()) {
        const Trace& trace = *session.run()->trace;
        CHECK(trace.name(trace.rows[row].kind).starts_with("ms."));
    }
}

TEST_CASE("Window: the same kind is stepped through with brackets", "[gui][window]") {
    const auto window = reference_window();
    Session& session = window->session();
    const Trace& trace = *session.run()->trace;
    const Milestone& first = session.run()->history->milestones().front();
    session.select_row(first.row, true);
    const NameId kind = trace.rows[first.row].kind;
    key(*window, Qt::Key_BracketRight);
    REQUIRE(session.selection().what == Selection::What::row);
    CHECK(session.selection().index > first.row);
    CHECK(trace.rows[session.selection().index].kind == kind);
    key(*window, Qt::Key_BracketLeft);
    CHECK(session.selection().index == first.row);
}

TEST_CASE("Window: the why of the first answered call leads to the fault in clicks",
          "[gui][window]") {
    const auto window = reference_window();
    Session& session = window->session();
    const Run& run = *session.run();
    session.select_row(first_answer(*run.trace, run.result->episodes.front()), true);
    int clicks = 0;
    std::vector<std::uint32_t> been;
    for (; clicks < 40; ++clicks) {
        const std::uint32_t here = session.selection().index;
        been.push_back(here);
        if (run.trace->name(run.trace->rows[here].kind) == "fault.inject") {
            break;
        }
        // The second step of the page is the cause of the record it is about.
        const std::vector<WhyStep> steps = why(*run.history, here);
        REQUIRE(steps.size() >= 2);
        const QString page = inspector_page(session, window->theme());
        const QString link = QStringLiteral("row:%1").arg(steps[1].row);
        REQUIRE(page.contains(link));
        CHECK(page.contains(QString::fromStdString(steps[1].node)));
        CHECK(page.contains(QString::fromStdString(steps[1].text).toHtmlEscaped()));
        auto* const inspector = window->findChild<QTextBrowser*>(QStringLiteral("inspector"));
        emit inspector->anchorClicked(QUrl(link));
        settle();
        CHECK(session.selection().index == steps[1].row);
        CHECK(session.t() == run.trace->rows[steps[1].row].t);
    }
    CHECK(clicks < 40);
    CHECK(session.t() == run.history->faults().front().t);
}

TEST_CASE("Window: bookmarks with notes survive a restart", "[gui][window]") {
    QTemporaryDir folder;
    const QString copy = folder.filePath(QStringLiteral("a.run.jsonl"));
    REQUIRE(QFile::copy(QStringLiteral(REFERENCE_RUN), copy));
    {
        MainWindow window;
        window.show_run(load_run(copy));
        window.session().add_bookmark(5 * second, QStringLiteral("later"));
        window.session().add_bookmark(second, QStringLiteral("“odd” \n note"));
    }
    MainWindow window;
    window.show_run(load_run(copy));
    REQUIRE(window.session().bookmarks().size() == 2);
    CHECK(window.session().bookmarks()[0] == Bookmark{second, QStringLiteral("“odd” \n note")});
    window.session().remove_bookmark(0);
    CHECK(window.session().bookmarks().front().note == QStringLiteral("later"));
    QFile sidecar(copy + QStringLiteral(".bookmarks.json"));
    REQUIRE(sidecar.open(QIODevice::WriteOnly));
    sidecar.write("garbage");
    sidecar.close();
    MainWindow again;
    again.show_run(load_run(copy));
    CHECK(again.session().bookmarks().empty());
}

TEST_CASE("Window: clicking a node selects it, the timeline scrubs and zooms without filtering",
          "[gui][window]") {
    const auto window = reference_window();
    Session& session = window->session();
    auto* const topology = window->findChild<TopologyView*>(QStringLiteral("topology"));
    const std::uint32_t wanted = session.run()->history->node_of("asterisk2");
    QPoint where;
    for (int y = 0; y < topology->height() && where.isNull(); y += 5) {
        for (int x = 0; x < topology->width() && where.isNull(); x += 5) {
            if (topology->node_at(QPointF(x, y)) == wanted) {
                where = QPoint(x, y);
            }
        }
    }
    REQUIRE_FALSE(where.isNull());
    QTest::mouseClick(topology, Qt::LeftButton, {}, where);
    CHECK(session.selection() == Selection{Selection::What::node, wanted});
    CHECK(inspector_page(session, window->theme()).contains(QStringLiteral("asterisk2")));

    auto* const timeline = window->findChild<TimelineView*>(QStringLiteral("timeline"));
    const TimelineScale scale = timeline->scale(timeline->size());
    const Time there = scale.from + (scale.to - scale.from) / 3;
    QTest::mouseClick(
        timeline, Qt::LeftButton, {}, QPoint(static_cast<int>(scale.to_x(there)), 36));
    CHECK(std::abs(session.t() - there) < (scale.to - scale.from) / 100);
    const std::size_t listed = session.listed().size();
    session.set_window(scale.from + second, scale.to - second);
    CHECK(session.listed().size() == listed);
    // A drag over the lanes marks a range with figures; Escape takes it away.
    QTest::mousePress(timeline, Qt::LeftButton, {}, QPoint(300, 120));
    QTest::mouseMove(timeline, QPoint(500, 120));
    QTest::mouseRelease(timeline, Qt::LeftButton, {}, QPoint(500, 120));
    REQUIRE(session.range());
    CHECK(session.range()->second > session.range()->first);
    CHECK(range_summary(session, session.range()->first, session.range()->second)
              .contains(QStringLiteral("records")));
    key(*window, Qt::Key_Escape);
    CHECK_FALSE(session.range());
}

TEST_CASE("Window: broken, truncated and newer traces open with a notice", "[gui][window]") {
    MainWindow window;
    window.arrange_for({1280, 720});
    window.show();
    const auto notice_for = [&](const std::string& text) {
        window.show_run(run_from_text(text, {}));
        settle();
        return window.notice().toStdString();
    };
    CHECK(notice_for(whole).empty());
    CHECK(notice_for(header + events).find("stops at 00:00.000") != std::string::npos);
    CHECK(notice_for(header + "garbage\n" + events + trailer).find("line 2") != std::string::npos);
    std::string newer = header + events +
                        R"({"t":70,"seq":99,"k":"odd","n":"a"})"
                        "\n" +
                        trailer;
    newer.replace(newer.find("trace/1"), 7, "trace/9");
    CHECK(notice_for(newer).find("1 records of 1 kinds") != std::string::npos);
    CHECK(notice_for("garbage").find("cannot be opened") != std::string::npos);
    // Without a result every panel says why it is empty.
    window.show_run(run_from_text(whole, {}));
    settle();
    CHECK(complaints(window.player().canvases()).isEmpty());
    CHECK(window.session().run()->no_result.contains(QStringLiteral("result.json")));
}

TEST_CASE("Run: a cut-off stays with its episode when a repair follows", "[gui][window]") {
    Run run;
    run.trace = TraceReader::read_text(whole).trace;
    run.result.emplace();
    DirectionResult cut;
    cut.direction = "inward";
    cut.interrupted = true;
    cut.longest = 30;
    cut.path = {10, 15};  // answered at 62
    EpisodeResult fault;
    fault.id = "cut";
    fault.at = 32;
    fault.worst_direction = "inward";
    fault.directions = {cut};
    EpisodeResult repair;
    repair.id = "cut/revert";
    repair.at = 40;
    EpisodeResult other;
    other.id = "other";
    other.at = 80;
    run.result->episodes = {fault, repair, other};
    const auto at = [&](Time t) {
        const EpisodeResult* const found = run.episode_at(t);
        return found == nullptr ? std::string("none") : found->id;
    };
    CHECK(at(10) == "none");
    CHECK(at(35) == "cut");
    CHECK(at(50) == "cut");
    CHECK(at(70) == "cut");
    CHECK(at(90) == "other");
}

TEST_CASE("Window: a huge topology and long names are drawn", "[gui][window]") {
    std::string text =
        R"({"format":"failover-trace/1","scenario":"a-scenario-with-a-very-long-name-indeed-really",)"
        R"("seed":1,"nodes":[)";
    for (int i = 0; i < 1000; ++i) {
        text += (i > 0 ? "," : "") + std::string(R"({"id":"node-with-a-long-name-)") +
                std::to_string(i) + R"(","kind":")" + (i % 10 == 0 ? "switch" : "client") + "\"}";
    }
    text += R"(],"links":[)";
    for (int i = 1; i < 1000; ++i) {
        const int hub = i % 10 == 0 ? 0 : i / 10 * 10;
        text += (i > 1 ? "," : "") + std::string(R"({"id":"l)") + std::to_string(i) +
                R"(","type":"ethernet","ends":["node-with-a-long-name-)" + std::to_string(i) +
                R"(:0","node-with-a-long-name-)" + std::to_string(hub) + ":" + std::to_string(i) +
                "\"]}";
    }
    text += "]}\n";
    const LoadedRun loaded = run_from_text(text, {});
    REQUIRE(loaded.run);
    MainWindow window;
    window.arrange_for({1280, 720});
    window.show();
    window.show_run(loaded);
    settle();
    CHECK(colours_of(window.grab().toImage()) > 20);
}

TEST_CASE("Window: views are saved as PNG and SVG, lists as CSV", "[gui][window]") {
    const auto window = reference_window();
    QTemporaryDir folder;
    for (Canvas* const canvas : window->player().canvases()) {
        const QString base = folder.filePath(canvas->objectName());
        CHECK(canvas->save_png(base + QStringLiteral(".png"), 2));
        CHECK(QImage(base + QStringLiteral(".png")).width() == canvas->width() * 2);
        CHECK(canvas->save_svg(base + QStringLiteral(".svg")));
        CHECK(QFileInfo(base + QStringLiteral(".svg")).size() > 500);
    }
    window->session().set_filter(QStringLiteral("kind:ms"));
    const QByteArray csv = log_as_csv(window->session());
    CHECK(csv.count('\n') == static_cast<qsizetype>(window->session().listed().size()) + 1);
    CHECK(csv.contains("\"asterisk1 declared dead (silent)\""));
    const QByteArray phases = phases_as_csv(*reference_run().run);
    CHECK(phases.count('\n') == 4);
}

TEST_CASE("Window: two runs are compared on one clock", "[gui][window]") {
    const auto window = reference_window();
    std::string text;
    {
        QFile file(QStringLiteral(REFERENCE_RUN));
        REQUIRE(file.open(QIODevice::ReadOnly));
        text = file.readAll().toStdString();
    }
    window->compare().set_runs(reference_run().run, run_from_text(text, {}).run);
    window->show_page(PageId::compare);
    settle();
    ComparePage& page = window->compare();
    page.go(3 * second);
    CHECK(page.session_a().t() == page.session_b().t());
    page.session_a().go(page.session_a().t() + second);
    CHECK(page.session_a().t() == page.session_b().t());
    REQUIRE(page.table().rowCount() >= 1);
    CHECK(page.table().item(page.table().rowCount() - 1, 3)->text().startsWith(QLatin1Char('=')));
    CHECK(complaints(page.canvases()).join(QLatin1Char('\n')).toStdString() == "");
}

TEST_CASE("Window: what the timeline keeps painted is what it would paint anew", "[gui][window]") {
    const auto window = reference_window();
    Session& session = window->session();
    auto* const timeline = window->findChild<TimelineView*>(QStringLiteral("timeline"));
    std::mt19937 random(11);
    const auto some_time = [&] {
        return static_cast<Time>(random() % 1000) * (session.end() / 1000);
    };
    for (int i = 0; i < 60; ++i) {
        switch (i % 10) {
        case 0:
            session.set_window(some_time(), some_time() + 20 * second);
            break;
        case 1:
            session.select({Selection::What::node, static_cast<std::uint32_t>(random() % 3)});
            break;
        case 2:
            session.set_range(std::pair{10 * second, 10 * second + some_time()});
            break;
        case 3:
            window->set_theme(i % 20 < 10 ? ThemeChoice::dark : ThemeChoice::light);
            break;
        case 4:
            session.set_loop(std::pair{some_time() / 2, session.end()});
            break;
        case 5:
            session.hover_row(static_cast<std::uint32_t>(random() % 1000));
            break;
        case 6:
            window->resize(1300 + i, 820 + i);
            break;
        default:
            session.go(some_time());
        }
        settle();
        const QImage kept = timeline->grab().toImage();
        TimelineView fresh(session);
        fresh.set_theme(window->theme());
        fresh.resize(timeline->size());
        CAPTURE(i);
        REQUIRE(fresh.grab().toImage() == kept);
    }
}

TEST_CASE("Window: in German every critical label has room, too", "[gui][window]") {
    QTranslator german;
    if (!german.load(QStringLiteral(":/translations/player_de.qm"))) {
        WARN("built without translations");
        return;
    }
    QApplication::installTranslator(&german);
    {
        const auto window = reference_window({1280, 720});
        CHECK(window->findChild<QAction*>(QStringLiteral("compareAction"))->text() ==
              QStringLiteral("Vergleich"));
        const Time fault = reference_run().run->history->faults().front().t;
        for (const Time after : {-10 * second, 1 * second, 5 * second, 100 * second}) {
            window->session().go(fault + after);
            settle();
            CAPTURE(after);
            CHECK(complaints(window->player().canvases()).join(QLatin1Char('\n')).toStdString() ==
                  "");
        }
        CHECK(shown_words({State::failed, Reason::no_power}) ==
              QStringLiteral("ausgefallen · kein Strom"));
    }
    QApplication::removeTranslator(&german);
    CHECK(state_word(State::failed) == QStringLiteral("failed"));
}

TEST_CASE("Script: a fault that is dragged along the timeline gets another time, and nothing else "
          "changes",
          "[gui][window]") {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("s.json"));
    const QString text =
        QStringLiteral("{ \"id\": \"x\", \"stop_at\": \"100s\", \"timeline\": [\n"
                       "  { \"id\": \"a\", \"at\": \"20s\", \"fault\": \"power.off\", "
                       "\"target\": \"b\" },\n"
                       "  { \"id\": \"c\", \"after\": \"a\", \"check\": \"recovered\" } ] }\n");
    QFile file(path);
    REQUIRE(file.open(QIODevice::WriteOnly));
    file.write(text.toUtf8());
    file.close();
    MainWindow window;
    window.arrange_for({1280, 720});
    window.show();
    window.open(path);
    settle();
    ScriptStrip& strip = window.script().strip();
    const QPoint handle = strip.handle_of(0, strip.size()).toPoint();
    REQUIRE_FALSE(handle.isNull());
    CHECK(strip.handle_of(1, strip.size()).isNull());
    // A click alone changes nothing.
    QTest::mouseClick(&strip, Qt::LeftButton, {}, handle);
    CHECK(window.script().editor().toPlainText() == text);
    const QPoint there(strip.width() / 2, handle.y());
    QTest::mousePress(&strip, Qt::LeftButton, {}, handle);
    QTest::mouseMove(&strip, there);
    QTest::mouseRelease(&strip, Qt::LeftButton, {}, there);
    settle();
    const Time wanted = strip.time_at(there.x(), strip.size());
    const QString after = window.script().editor().toPlainText();
    CHECK(after != text);
    const auto at =
        parse_time(window.script().findChild<QLineEdit*>(QStringLiteral("entryAt"))->text());
    REQUIRE(at);
    CHECK(std::abs(*at - wanted) <= second / 20);
    CHECK(*at % (second / 10) == 0);
    QString expected = text;
    expected.replace(QStringLiteral("20s"),
                     window.script().findChild<QLineEdit*>(QStringLiteral("entryAt"))->text());
    CHECK(after == expected);
    window.script().editor().undo();
    settle();
    CHECK(window.script().editor().toPlainText() == text);
    CHECK(strip.handle_of(0, strip.size()).toPoint() == handle);
    CHECK(complaints({&strip}).isEmpty());
}

TEST_CASE("Sweep: an empty page says how to fill it; keys walk through the cells",
          "[gui][window]") {
    MainWindow window;
    window.arrange_for({1280, 720});
    window.show();
    window.show_page(PageId::sweep);
    settle();
    const auto* const empty = window.findChild<QLabel*>(QStringLiteral("sweepEmpty"));
    CHECK(empty->isVisible());
    CHECK(empty->text().contains(QStringLiteral("--seeds")));
    const TestFolder folder;
    const auto summary = [](const char* scenario, const char* daemon, const char* verdicts) {
        return std::string(
                   R"({"format":"failover-summary/1","runs":2,"seeds":[1,2],"scenario":")") +
               scenario + R"(","implementation":")" + daemon + R"(","verdicts":)" + verdicts +
               R"(,"phases":{"total":{"min_ns":1,"p50_ns":16000000000,"p95_ns":17000000000,"max_ns":17000000000}}})";
    };
    folder.write("a/u/summary.json", summary("one", "understudyd", R"({"in target":2})"));
    folder.write("a/h/summary.json",
                 summary("one", "heartbeat-3.0.6", R"({"faster":2,"two owners":1})"));
    folder.write("b/h/summary.json", summary("two", "heartbeat-3.0.6", R"({"no takeover":2})"));
    window.open(QString::fromStdString(folder.path("nothing/summary.json")));
    CHECK(window.notice().contains(QStringLiteral("cannot be read")));
    window.open(QString::fromStdString(folder.path()));
    settle();
    CHECK(window.page() == PageId::sweep);
    CHECK_FALSE(empty->isVisible());
    SweepMap& map = window.sweep().map();
    CHECK(map.accessibleDescription().contains(QStringLiteral("one with understudyd")));
    QTest::keyClick(&map, Qt::Key_Right);
    CHECK(map.accessibleDescription().contains(QStringLiteral("one with heartbeat")));
    QTest::keyClick(&map, Qt::Key_Down);
    CHECK(map.accessibleDescription().contains(QStringLiteral("two with heartbeat")));
    QTest::keyClick(&map, Qt::Key_Left);  // not run
    CHECK(map.accessibleDescription().contains(QStringLiteral("two with heartbeat")));
    QTest::mouseClick(&map, Qt::LeftButton, {}, map.cell_rect(0, 0, map.size()).center().toPoint());
    CHECK(map.accessibleDescription().contains(QStringLiteral("one with understudyd")));
    CHECK(complaints(window.sweep().canvases()).join(QLatin1Char('\n')).toStdString() == "");
    CHECK(colours_of(window.grab().toImage()) > 60);
}

TEST_CASE("Sweep: the colour of a cell gets darker with every second", "[gui][theme]") {
    double last = 101;
    for (Time t = 0; t <= 60 * second; t += second) {
        const QColor fill = cut_off_fill(t);
        const double light = 0.2126 * fill.redF() + 0.7152 * fill.greenF() + 0.0722 * fill.blueF();
        CHECK(light < last);
        CHECK(contrast(ink_on(fill), fill) >= 4.5);
        last = light;
    }
    CHECK(cut_off_fill(3600 * second) == cut_off_fill(60 * second));
}
