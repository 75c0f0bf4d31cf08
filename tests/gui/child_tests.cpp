// SPDX-License-Identifier: GPL-2.0-or-later
// From a scenario to a picture, with the real understudy and with children that misbehave.
#include "gui/window_support.hpp"

#include <QFile>
#include <QTableWidget>
#include <QTemporaryDir>

using namespace gui;
using namespace gui_test;

namespace {

constexpr int patience_ms = 60000;
const QString scenarios = QStringLiteral(SOURCE_DIR "/scenarios");

/// The reference scenario in a folder of its own, so that it can be written to.
struct OwnScenario {
    QTemporaryDir folder;
    QString path;

    OwnScenario() {
        QProcess copy;
        copy.start(QStringLiteral("cp"), {QStringLiteral("-r"), scenarios, folder.path()});
        REQUIRE(copy.waitForFinished());
        path = folder.filePath(QStringLiteral("scenarios/call-centre/primary-power.json"));
        REQUIRE(QFile::exists(path));
    }
    [[nodiscard]] QStringList left_over() const {
        return QDir(folder.filePath(QStringLiteral("scenarios/call-centre")))
            .entryList({QStringLiteral(".understudy*")}, QDir::Files | QDir::Hidden);
    }
};

/// A program that stands in for understudy while this lives.
class FakeChild {
  public:
    explicit FakeChild(const QByteArray& body) {
        const QString path = m_folder.filePath(QStringLiteral("understudy"));
        QFile file(path);
        REQUIRE(file.open(QIODevice::WriteOnly));
        file.write("#!/bin/sh\n" + body + "\n");
        file.close();
        REQUIRE(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
        m_before = qgetenv("UNDERSTUDY_PROGRAM");
        qputenv("UNDERSTUDY_PROGRAM", path.toUtf8());
    }
    ~FakeChild() { qputenv("UNDERSTUDY_PROGRAM", m_before); }
    FakeChild(const FakeChild&) = delete;
    FakeChild& operator=(const FakeChild&) = delete;

  private:
    QTemporaryDir m_folder;
    QByteArray m_before;
};

std::string notice_after_run(MainWindow& window) {
    window.script().run(false);
    REQUIRE(QTest::qWaitFor([&] { return !window.script().running(); }, patience_ms));
    settle();
    return window.notice().toStdString();
}

}  // namespace

TEST_CASE("End to end: open a scenario, move its fault, run, see the takeover, compare, export",
          "[gui][child]") {
    const OwnScenario own;
    MainWindow window;
    window.arrange_for({1440, 900});
    window.show();
    settle();
    CHECK(window.page() == PageId::start);
    window.open(own.path);
    settle();
    REQUIRE(window.page() == PageId::script);
    REQUIRE(QTest::qWaitFor([&] { return !window.script().checking(); }, patience_ms));
    CHECK(window.script().problems().contains(QStringLiteral("no error")));

    // Before.
    window.script().run(false);
    REQUIRE(QTest::qWaitFor([&] { return window.page() == PageId::player; }, patience_ms));
    REQUIRE(window.session().run()->result);
    const Time before = window.session().run()->history->faults().front().t;

    // Edit the time of the fault in the form, and make it short of two owners' trouble: 190 s.
    window.show_page(PageId::script);
    settle();
    auto* const list = window.script().findChild<QTableWidget*>(QStringLiteral("faultList"));
    auto* const at = window.script().findChild<QLineEdit*>(QStringLiteral("entryAt"));
    int fault_row = -1;
    for (int row = 0; row < list->rowCount(); ++row) {
        if (list->item(row, 1)->text() == QStringLiteral("power.off")) {
            fault_row = row;
        }
    }
    REQUIRE(fault_row >= 0);
    list->selectRow(fault_row);
    at->setFocus();
    at->setText(QStringLiteral("190s"));
    QTest::keyClick(at, Qt::Key_Return);
    settle();
    CHECK(window.script().changed());
    CHECK(window.script().editor().toPlainText().contains(QStringLiteral("\"190s\"")));
    CHECK(window.script()
              .findChild<QPlainTextEdit*>(QStringLiteral("changes"))
              ->toPlainText()
              .count(QLatin1Char('\n')) == 2);

    // After, compared.
    window.script().run(true);
    REQUIRE(QTest::qWaitFor([&] { return window.page() == PageId::compare; }, patience_ms));
    CHECK(window.compare().run_b()->history->faults().front().t == before + 10'000'000'000);
    CHECK(window.compare().run_b()->result->episodes.front().worst() != nullptr);
    REQUIRE(QTest::qWaitFor([&] { return !window.script().checking(); }, patience_ms));
    CHECK(own.left_over().isEmpty());

    QTemporaryDir folder;
    settle();
    CHECK(window.grab().save(folder.filePath(QStringLiteral("compare.png"))));

    // Undo brings the text back.
    window.script().editor().undo();
    settle();
    CHECK_FALSE(window.script().changed());
}

TEST_CASE("End to end: errors of the scenario lead to their line", "[gui][child]") {
    const OwnScenario own;
    MainWindow window;
    window.open(own.path);
    QString text = window.script().editor().toPlainText();
    const auto place = text.indexOf(QStringLiteral("\"power.off\""));
    REQUIRE(place > 0);
    window.script().editor().setPlainText(
        QString(text).replace(QStringLiteral("\"power.off\""), QStringLiteral("\"power.of\"")));
    REQUIRE(QTest::qWaitFor([&] { return !window.script().checking(); }, patience_ms));
    const auto line = text.left(place).count(QLatin1Char('\n')) + 1;
    CHECK(window.script().problems().contains(QStringLiteral("Line %1").arg(line)));
    window.script().editor().setPlainText(text.left(place));
    settle();
    CHECK(window.script().problems().contains(QStringLiteral("Line")));
    CHECK(own.left_over().isEmpty());
}

TEST_CASE("End to end: a child that crashes, prints garbage, or is not there is told in words",
          "[gui][child]") {
    const OwnScenario own;
    MainWindow window;
    window.show();
    SECTION("crash") {
        const FakeChild child("echo 'about to crash' >&2; kill -SEGV $$");
        window.open(own.path);
        const std::string notice = notice_after_run(window);
        CHECK(notice.find("crashed") != std::string::npos);
        CHECK(notice.find("about to crash") != std::string::npos);
    }
    SECTION("garbage on every channel, and as a trace") {
        const FakeChild child("head -c 3000000 /dev/urandom; head -c 300000 /dev/urandom >&2\n"
                              "while [ $# -gt 0 ]; do [ \"$1\" = --out ] && out=$2; shift; done\n"
                              "head -c 100000 /dev/urandom > \"$out/x.run.jsonl\"");
        window.open(own.path);
        CHECK(notice_after_run(window).find("cannot be opened") != std::string::npos);
    }
    SECTION("no trace although it says that all is well") {
        const FakeChild child("exit 0");
        window.open(own.path);
        CHECK(notice_after_run(window).find("left no trace") != std::string::npos);
    }
    SECTION("an exit code without a meaning") {
        const FakeChild child("exit 77");
        window.open(own.path);
        CHECK(notice_after_run(window).find("code 77") != std::string::npos);
    }
    SECTION("not there") {
        const FakeChild child("exit 0");
        qputenv("UNDERSTUDY_PROGRAM", "/nonexistent/understudy");
        window.open(own.path);
        CHECK(notice_after_run(window).find("could not be started") != std::string::npos);
    }
    CHECK(QTest::qWaitFor([&] { return !window.script().checking(); }, patience_ms));
}

TEST_CASE("End to end: a child that hangs is cancelled, even when it does not listen",
          "[gui][child]") {
    const OwnScenario own;
    MainWindow window;
    window.show();
    const FakeChild child(GENERATE(as<QByteArray>{}, "exec sleep 600", "trap '' TERM; sleep 600"));
    window.open(own.path);
    settle();
    window.script().run(false);
    CHECK(window.script().running());
    QTest::qWait(200);
    auto* const cancel = window.script().findChild<QPushButton*>(QStringLiteral("cancelRun"));
    cancel->click();
    REQUIRE(QTest::qWaitFor([&] { return !window.script().running(); }, 10000));
    CHECK(window.notice().toStdString().find("cancelled") != std::string::npos);
}

TEST_CASE("End to end: the demo outage plays after one click", "[gui][child]") {
    const OwnScenario own;
    qputenv("UNDERSTUDY_DEMO", own.path.toUtf8());
    MainWindow window;
    window.arrange_for({1440, 900});
    window.show();
    settle();
    auto* const demo = window.findChild<QPushButton*>(QStringLiteral("startDemo"));
    REQUIRE(demo->isVisible());
    demo->click();
    const bool shown =
        QTest::qWaitFor([&] { return window.page() == PageId::player; }, patience_ms);
    qunsetenv("UNDERSTUDY_DEMO");
    REQUIRE(shown);
    REQUIRE(window.session().run()->result);
    CHECK(window.session().run()->result->episodes.front().worst() != nullptr);
    REQUIRE(QTest::qWaitFor([&] { return !window.script().checking(); }, patience_ms));
    // The repository has it where a build looks for it.
    CHECK(QFile::exists(QStringLiteral(SOURCE_DIR "/scenarios/call-centre/primary-power.json")));
}

TEST_CASE("End to end: results over seeds, both daemons; the median run opens in the player",
          "[gui][child]") {
    QTemporaryDir out;
    QProcess understudy;
    understudy.start(qEnvironmentVariable("UNDERSTUDY_PROGRAM"),
                     {QStringLiteral("run"),
                      scenarios + QStringLiteral("/call-centre/primary-power.json"),
                      QStringLiteral("--seeds"),
                      QStringLiteral("1..3"),
                      QStringLiteral("--implementation"),
                      QStringLiteral("both"),
                      QStringLiteral("--trace"),
                      QStringLiteral("signalling"),
                      QStringLiteral("--out"),
                      out.path()});
    REQUIRE(understudy.waitForFinished(patience_ms));
    MainWindow window;
    window.arrange_for({1440, 900});
    window.show();
    window.open(out.path());
    settle();
    REQUIRE(window.page() == PageId::sweep);
    REQUIRE(window.sweep().runs().size() == 3);
    const SeedRun median = window.sweep().runs()[1];
    CHECK(window.sweep().runs()[0].cut_off <= median.cut_off);
    CHECK(median.cut_off <= window.sweep().runs()[2].cut_off);
    QTest::keyClick(&window.sweep().map(), Qt::Key_Return);
    REQUIRE(QTest::qWaitFor([&] { return window.page() == PageId::player; }, patience_ms));
    CHECK(window.session().run()->trace->header.seed == median.seed);
    CHECK(window.session().run()->result->episodes.front().worst()->longest == median.cut_off);

    // Ours against the profile, aligned at the fault.
    const auto trace_of = [&](const char* daemon) {
        return load_run(out.filePath(QStringLiteral("%1/seed-1/call-centre-primary-power.run.jsonl")
                                         .arg(QLatin1String(daemon))))
            .run;
    };
    const auto ours = trace_of("understudyd");
    const auto profile = trace_of("heartbeat-3.0.6");
    REQUIRE(ours);
    REQUIRE(profile);
    window.compare().set_runs(ours, profile);
    window.show_page(PageId::compare);
    settle();
    const auto* const warning = window.findChild<QLabel*>(QStringLiteral("compareWarning"));
    CHECK(warning->text().contains(QStringLiteral("The daemons differ")));
    window.compare().go(5'000'000'000);
    CHECK(window.compare().session_a().t() - ours->history->faults().front().t == 5'000'000'000);
    CHECK(window.compare().session_b().t() - profile->history->faults().front().t == 5'000'000'000);
    bool detect_differs = false;
    for (int row = 0; row < window.compare().table().rowCount(); ++row) {
        detect_differs =
            detect_differs ||
            (window.compare().table().item(row, 0)->text() == QStringLiteral("phase detect") &&
             window.compare().table().item(row, 3)->text() != QStringLiteral("="));
    }
    CHECK(detect_differs);
}
