// SPDX-License-Identifier: GPL-2.0-or-later
// The tests of the player's views share one QApplication, without a display unless told otherwise.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"

#include <QApplication>
#include <QStandardPaths>
#include <QStyleFactory>
#include <QTemporaryDir>

#include <cstdio>

#include "model/theme.hpp"

namespace {

/// The offscreen platform says of every window that it has no size hints.
void quiet(QtMsgType, const QMessageLogContext&, const QString& text) {
    if (!text.contains(QLatin1String("propagateSizeHints"))) {
        std::fprintf(stderr, "%s\n", qPrintable(text));
    }
}

}  // namespace

int main(int argc, char** argv) {
    qInstallMessageHandler(quiet);
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    // Settings of whoever runs the tests are none of our business.
    QTemporaryDir home;
    qputenv("XDG_CONFIG_HOME", home.path().toUtf8());
    qputenv("XDG_RUNTIME_DIR", home.path().toUtf8());
    qputenv("UNDERSTUDY_PROGRAM", PROGRAM_DIR "/understudy");
    QApplication application(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("understudy-test"));
    QApplication::setApplicationName(QStringLiteral("understudy-gui-test"));
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setFont(gui::text_font(9));
    return Catch::Session().run(argc, argv);
}
