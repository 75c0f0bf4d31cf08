// SPDX-License-Identifier: GPL-2.0-or-later
#include "console.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace app {

namespace {

constexpr int columns = 40;

}  // namespace

void say(std::FILE* stream, const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stream);
}

bool accept(const std::string& file, const sim::ReadScenario& read, const std::string& done) {
    std::size_t errors = read.errors.size();
    for (const sim::ScenarioError& error : read.errors) {
        say(stderr, sim::to_string(error) + '\n');
    }
    for (const cluster::Finding& finding : read.findings) {
        if (finding.severity == cluster::Severity::error) {
            say(stderr, cluster::to_string(finding) + '\n');
            ++errors;
        }
    }
    if (read.scenario) {
        return true;
    }
    say(stderr,
        fmt::format(
            "understudy: {}: {} error{}, {}\n", file, errors, errors == 1 ? "" : "s", done));
    return false;
}

ProgressBar::~ProgressBar() {
    if (m_drawn >= 0) {
        say(stderr, "\r\x1b[K");
    }
}

std::function<void(const Progress&)> ProgressBar::listener() {
    return m_shown ? [this](const Progress& progress) { draw(progress); }
                   : std::function<void(const Progress&)>{};
}

void ProgressBar::draw(const Progress& progress) {
    const double share =
        progress.of == 1 ? (progress.done == 1 ? 1.0
                                               : static_cast<double>(progress.simulated.count()) /
                                                     static_cast<double>(m_stop_at.count()))
                         : static_cast<double>(progress.done) / static_cast<double>(progress.of);
    const int filled = static_cast<int>(std::clamp(share, 0.0, 1.0) * columns);
    if (filled == m_drawn && progress.done == m_done) {
        return;
    }
    m_drawn = filled;
    m_done = progress.done;
    const std::string count =
        progress.of == 1 ? fmt::format("{} s simulated", progress.simulated.count() / 1'000'000'000)
                         : fmt::format("{} of {} runs", progress.done, progress.of);
    say(stderr,
        "\r[" + std::string(static_cast<std::size_t>(filled), '#') +
            std::string(static_cast<std::size_t>(columns - filled), '.') + "] " + count + "\x1b[K");
}

}  // namespace app
