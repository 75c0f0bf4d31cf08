// SPDX-License-Identifier: GPL-2.0-or-later
// Where the daemon's words go: the journal with fields when the service manager started us, else
// standard error. Never blocks on a journal that does not read: such lines are dropped and counted.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace linux_host {

/// Syslog's numbers.
enum class Level : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

struct LogField {
    std::string_view name;  ///< upper case, e.g. "UNDERSTUDY_PEER"
    std::string_view value;
};

/// Call once, before anything is logged.
void open_log();
void log(Level, std::string_view message, std::initializer_list<LogField> fields = {});
/// Lines that could not be handed over.
[[nodiscard]] std::uint64_t dropped_log_lines() noexcept;
/// True when lines go to the journal.
[[nodiscard]] bool log_is_journal() noexcept;

}  // namespace linux_host
