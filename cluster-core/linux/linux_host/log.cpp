// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/log.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "linux_host/fd.hpp"

namespace linux_host {
namespace {

struct Log {
    Fd journal;
    std::uint64_t dropped = 0;
};

Log& the_log() {
    static Log log;
    return log;
}

/// The service manager names the stream it connected to our standard error (JOURNAL_STREAM,
/// systemd.exec(5)); only then is it the journal's.
bool stderr_is_journal() {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) {
        return false;
    }
    return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

/// One "NAME=value" line of the journal's native protocol; a newline would begin the next field.
void add_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).push_back('=');
    const auto start = static_cast<std::ptrdiff_t>(out.size());
    out.append(value);
    std::replace(out.begin() + start, out.end(), '\n', ' ');
    out.push_back('\n');
}

}  // namespace

void open_log() {
    if (!stderr_is_journal()) {
        return;
    }
    // Not sd_journal_send(): it waits when the journal's buffer is full, and a failover daemon that
    // waits for a log is a dead one.
    Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, "/run/systemd/journal/socket", sizeof address.sun_path - 1);
    if (socket &&
        ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        the_log().journal = std::move(socket);
    }
}

void log(Level level, std::string_view message, std::initializer_list<LogField> fields) {
    Log& out = the_log();
    std::string text;
    if (out.journal) {
        add_field(text, "MESSAGE", message);
        add_field(text, "PRIORITY", std::to_string(static_cast<int>(level)));
        add_field(text, "SYSLOG_IDENTIFIER", "understudyd");
        for (const LogField& field : fields) {
            add_field(text, field.name, field.value);
        }
        if (::send(out.journal.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) {
            ++out.dropped;
        }
        return;
    }
    if (level <= Level::error) {
        text = "error: ";
    } else if (level == Level::warning) {
        text = "warning: ";
    }
    text.append(message).push_back('\n');
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) {
        ++out.dropped;
    }
}

std::uint64_t dropped_log_lines() noexcept {
    return the_log().dropped;
}

bool log_is_journal() noexcept {
    return static_cast<bool>(the_log().journal);
}

}  // namespace linux_host
