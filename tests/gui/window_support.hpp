// SPDX-License-Identifier: GPL-2.0-or-later
// A window with the reference run, for tests.
#pragma once

#include <QApplication>
#include <QTest>

#include "app/main_window.hpp"
#include "support/catch.hpp"

namespace gui_test {

inline void settle() {
    for (int i = 0; i < 15; ++i) {
        QApplication::processEvents();
    }
}

inline const gui::LoadedRun& reference_run() {
    static const gui::LoadedRun loaded = gui::load_run(QStringLiteral(REFERENCE_RUN));
    REQUIRE(loaded.run);
    REQUIRE(loaded.run->result);
    return loaded;
}

/// Shown, settled, with the reference run open.
inline std::unique_ptr<gui::MainWindow> reference_window(QSize size = {1440, 900},
                                                         bool dark = false) {
    auto window = std::make_unique<gui::MainWindow>();
    window->set_theme(dark ? gui::ThemeChoice::dark : gui::ThemeChoice::light);
    window->arrange_for(size);
    window->show();
    window->show_run(reference_run());
    settle();
    QApplication::setActiveWindow(window.get());
    settle();
    return window;
}

}  // namespace gui_test
