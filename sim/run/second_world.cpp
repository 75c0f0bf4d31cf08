// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/second_world.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sim {

namespace {

bool write_all(int fd, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> chunk;
    while (true) {
        const ssize_t got = read(fd, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return text;
        }
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
}

void close_once(int& fd) noexcept {
    if (fd >= 0) {
        close(fd);
        fd = -1;
    }
}

[[noreturn]] void no_world(const char* what) {
    throw std::runtime_error(fmt::format("no {}: {}", what, std::strerror(errno)));
}

}  // namespace

bool SecondWorld::split() {
    std::array<int, 2> lines{};
    std::array<int, 2> answer{};
    if (pipe2(lines.data(), O_CLOEXEC) != 0) {
        no_world("pipe");
    }
    if (pipe2(answer.data(), O_CLOEXEC) != 0) {
        close(lines[0]);
        close(lines[1]);
        no_world("pipe");
    }
    const pid_t first = getpid();
    m_pid = fork();
    if (m_pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != first) {
            _exit(1);  // it died before that took effect
        }
        close(lines[1]);
        close(answer[0]);
        m_lines = lines[0];
        m_answer = answer[1];
        return true;
    }
    close(lines[0]);
    close(answer[1]);
    m_lines = lines[1];
    m_answer = answer[0];
    if (m_pid < 0) {
        const int why = errno;
        close_once(m_lines);
        close_once(m_answer);
        errno = why;
        no_world("process");
    }
    return false;
}

SecondWorld::~SecondWorld() {
    if (m_pid > 0) {
        kill(m_pid, SIGKILL);
        end_second_world();
    }
    close_once(m_lines);
    close_once(m_answer);
}

void SecondWorld::end_second_world() noexcept {
    int status = 0;
    while (waitpid(m_pid, &status, 0) < 0 && errno == EINTR) {
    }
    m_pid = -1;
}

void SecondWorld::tell(const std::string& line) {
    // A second world that has ended already reads nothing; that must not end the first.
    struct sigaction ignore {};
    struct sigaction before {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &before);
    (void)write_all(m_lines, line + '\n');
    sigaction(SIGPIPE, &before, nullptr);
}

void SecondWorld::tell_no_more() {
    close_once(m_lines);
}

std::string SecondWorld::told() {
    return read_all(m_lines);
}

void SecondWorld::answer(const CallsLost& lost) noexcept {
    std::array<char, 64> text{};
    const auto end =
        fmt::format_to_n(text.data(), text.size(), "{} {}", lost.dropped, lost.unanswered).out;
    const bool told = write_all(
        m_answer, std::string_view(text.data(), static_cast<std::size_t>(end - text.data())));
    _exit(told ? 0 : 1);
}

void SecondWorld::give_up(const std::string& reason) noexcept {
    (void)write_all(m_answer, "!");
    (void)write_all(m_answer, reason);
    _exit(1);
}

CallsLost SecondWorld::result() {
    tell_no_more();
    const std::string text = read_all(m_answer);
    end_second_world();
    CallsLost lost;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, lost.dropped);
    if (first.ec == std::errc{} && first.ptr != end) {
        const auto second = std::from_chars(first.ptr + 1, end, lost.unanswered);
        if (second.ec == std::errc{} && second.ptr == end) {
            return lost;
        }
    }
    throw std::runtime_error("the same run with all daemons standing still " +
                             (text.starts_with('!') ? "failed: " + text.substr(1)
                                                    : std::string("ended without an answer")));
}

}  // namespace sim
