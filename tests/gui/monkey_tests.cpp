// SPDX-License-Identifier: GPL-2.0-or-later
// Random keys, clicks, drags, wheels and opens; nothing may break. PLAYER_ACTIONS says how many
// (default 2000), PLAYER_SEED which.
#include "gui/window_support.hpp"

#include "gui/small_trace.hpp"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QWheelEvent>

#include <random>

using namespace gui;
using namespace gui_test;

TEST_CASE("Window: random user actions find nothing", "[gui][monkey]") {
    const int actions = qEnvironmentVariableIsSet("PLAYER_ACTIONS")
                            ? qEnvironmentVariableIntValue("PLAYER_ACTIONS")
                            : 2000;
    const auto seed = static_cast<std::uint32_t>(
        qEnvironmentVariableIsSet("PLAYER_SEED") ? qEnvironmentVariableIntValue("PLAYER_SEED") : 7);
    CAPTURE(actions, seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) {
        return static_cast<int>(random() % std::max<std::size_t>(n, 1));
    };

    const QByteArray program = qgetenv("UNDERSTUDY_PROGRAM");
    qputenv("UNDERSTUDY_PROGRAM", "/bin/false");
    QTemporaryDir folder;
    const QString trace = folder.filePath(QStringLiteral("a.run.jsonl"));
    const QString broken = folder.filePath(QStringLiteral("b.run.jsonl"));
    const QString scenario = folder.filePath(QStringLiteral("s.json"));
    REQUIRE(QFile::copy(QStringLiteral(REFERENCE_RUN), trace));
    for (
        const auto& [name, text] :
        {std::pair{broken, header + events},
         std::pair{
             scenario,
             std::string(
                 R"({"id":"x","timeline":[{"id":"a","at":"1s","fault":"power.off","target":"b"}]})")}}) {
        QFile file(name);
        REQUIRE(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(text));
    }
    const QString results = folder.filePath(QStringLiteral("results"));
    REQUIRE(QDir().mkpath(results));
    {
        QFile file(results + QStringLiteral("/summary.json"));
        REQUIRE(file.open(QIODevice::WriteOnly));
        file.write(
            R"({"format":"failover-summary/1","scenario":"x","implementation":"understudyd",)"
            R"("runs":2,"seeds":[1,2],"verdicts":{"faster":2}})");
    }
    const auto window = reference_window({1280, 800});
    // Dialogs and menus that an action opened are closed as soon as they are there.
    QTimer closer;
    QObject::connect(&closer, &QTimer::timeout, [] {
        if (QWidget* const popup = QApplication::activePopupWidget()) {
            popup->close();
        } else if (QWidget* const dialog = QApplication::activeModalWidget()) {
            dialog->close();
        }
    });
    closer.start(1);
    const std::vector<Qt::Key> keys{
        Qt::Key_Space, Qt::Key_J,     Qt::Key_K,         Qt::Key_L,           Qt::Key_Left,
        Qt::Key_Right, Qt::Key_Comma, Qt::Key_Period,    Qt::Key_BracketLeft, Qt::Key_BracketRight,
        Qt::Key_N,     Qt::Key_P,     Qt::Key_F,         Qt::Key_G,           Qt::Key_M,
        Qt::Key_Home,  Qt::Key_End,   Qt::Key_Escape,    Qt::Key_Tab,         Qt::Key_Return,
        Qt::Key_Up,    Qt::Key_Down,  Qt::Key_1,         Qt::Key_2,           Qt::Key_3,
        Qt::Key_4,     Qt::Key_A,     Qt::Key_Backspace, Qt::Key_PageDown,    Qt::Key_F1};
    for (int i = 0; i < actions; ++i) {
        const int what = below(100);
        if (what < 40) {
            const Qt::KeyboardModifiers modifiers = below(5) == 0   ? Qt::ShiftModifier
                                                    : below(8) == 0 ? Qt::AltModifier
                                                                    : Qt::NoModifier;
            QWidget* const focus = QApplication::focusWidget();
            QTest::keyClick(focus != nullptr && below(2) == 0 ? focus : window.get(),
                            keys[static_cast<std::size_t>(below(keys.size()))],
                            modifiers);
        } else if (what < 85) {
            QList<QWidget*> visible;
            for (QWidget* const widget : window->findChildren<QWidget*>()) {
                if (widget->isVisible() && widget->isEnabled() && !widget->size().isEmpty()) {
                    visible << widget;
                }
            }
            if (visible.isEmpty()) {
                continue;
            }
            const QPointer<QWidget> target =
                visible[below(static_cast<std::size_t>(visible.size()))];
            const auto point = [&] {
                return QPoint(below(static_cast<std::size_t>(target->width())),
                              below(static_cast<std::size_t>(target->height())));
            };
            const Qt::MouseButton button = below(6) == 0 ? Qt::MiddleButton : Qt::LeftButton;
            if (what < 60) {
                QTest::mouseClick(target, button, {}, point());
            } else if (what < 65) {
                QTest::mouseDClick(target, button, {}, point());
            } else if (what < 78) {
                QTest::mousePress(target, button, {}, point());
                if (target) {
                    QTest::mouseMove(target, point());
                }
                if (target) {
                    QTest::mouseRelease(target, button, {}, point());
                }
            } else {
                const QPoint at = point();
                QWheelEvent wheel(at,
                                  target->mapToGlobal(at),
                                  {},
                                  QPoint(0, 120 * (below(7) - 3)),
                                  Qt::NoButton,
                                  below(4) == 0 ? Qt::ShiftModifier : Qt::NoModifier,
                                  Qt::NoScrollPhase,
                                  false);
                QApplication::sendEvent(target, &wheel);
            }
        } else if (what < 90) {
            window->session().go(static_cast<Time>(random()) * 100);
        } else if (what < 93) {
            window->resize(700 + below(900), 480 + below(500));
        } else if (what < 95) {
            window->set_theme(below(2) == 0 ? ThemeChoice::dark : ThemeChoice::light);
        } else if (what < 97) {
            window->findChild<QLineEdit*>(QStringLiteral("filter"))
                ->setText(below(2) == 0 ? QString()
                                        : QStringLiteral("kind:ms t:1..%1").arg(below(400)));
        } else if (what == 97) {
            window->open(below(3) == 0 ? broken : trace);
        } else if (what == 98 && below(3) == 0) {
            window->open(results);
        } else if (what == 98) {
            window->open(below(3) == 0 ? folder.filePath(QStringLiteral("none.run.jsonl"))
                                       : scenario);
        } else {
            window->compare().set_runs(window->session().shared_run(), reference_run().run);
        }
        QApplication::processEvents();
        if (!window->isVisible()) {
            window->show();
        }
    }
    closer.stop();
    // What is still loading or running ends with the window.
    qputenv("UNDERSTUDY_PROGRAM", program);
    CHECK(window->session().t() >= 0);
    CHECK(window->session().t() <= window->session().end());
}
