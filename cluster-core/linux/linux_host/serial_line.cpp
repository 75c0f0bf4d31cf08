// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/serial_line.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace linux_host {
namespace {

/// Three messages of the usual size; at 19200 baud they take half a second.
constexpr std::size_t most_waiting = 1200;

speed_t speed_of(unsigned baud) {
    static constexpr std::array<std::pair<unsigned, speed_t>, 9> speeds{{{9600, B9600},
                                                                         {19200, B19200},
                                                                         {38400, B38400},
                                                                         {57600, B57600},
                                                                         {115200, B115200},
                                                                         {230400, B230400},
                                                                         {460800, B460800},
                                                                         {4800, B4800},
                                                                         {2400, B2400}}};
    for (const auto& [number, speed] : speeds) {
        if (number == baud) {
            return speed;
        }
    }
    return B19200;
}

}  // namespace

SerialLine::SerialLine(Loop& loop,
                       std::string device,
                       unsigned baud,
                       std::function<void(std::span<const std::byte>)> receive)
    : m_loop(loop), m_name(std::move(device)), m_baud(baud), m_receive(std::move(receive)) {}

std::string SerialLine::open() {
    Fd device{::open(m_name.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
    if (!device) {
        return std::strerror(errno);
    }
    termios settings{};
    if (::tcgetattr(device.get(), &settings) != 0) {
        return std::string{"no terminal: "} + std::strerror(errno);
    }
    ::cfmakeraw(&settings);
    settings.c_cflag &= ~static_cast<tcflag_t>(CSIZE | CSTOPB | PARENB);
    settings.c_cflag |= CS8 | CREAD | CLOCAL | CRTSCTS;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    ::cfsetispeed(&settings, speed_of(m_baud));
    ::cfsetospeed(&settings, speed_of(m_baud));
    if (::tcsetattr(device.get(), TCSANOW, &settings) != 0) {
        return std::string{"cannot be set up: "} + std::strerror(errno);
    }
    ::tcflush(device.get(), TCIOFLUSH);  // half a message of an earlier life
    m_waiting.clear();
    m_source = m_loop.descriptor(device.get(), EPOLLIN, [this] { ready(); });
    m_device = std::move(device);
    return {};
}

void SerialLine::ready() {
    write();
    read();
}

void SerialLine::read() {
    std::array<std::byte, 1024> chunk{};
    for (int i = 0; i < 8 && m_device; ++i) {
        const ssize_t got = ::read(m_device.get(), chunk.data(), chunk.size());
        if (got > 0) {
            m_receive(std::span{chunk}.first(static_cast<std::size_t>(got)));
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            m_source.reset();  // unplugged, or the other side of a pty is gone
            m_device.reset();
        } else {
            return;
        }
    }
}

void SerialLine::send(std::span<const std::byte> message) {
    if (!m_device) {
        return;
    }
    if (!m_waiting.empty() && m_waiting.size() + message.size() > most_waiting) {
        ++m_dropped;
        return;
    }
    m_waiting.insert(m_waiting.end(), message.begin(), message.end());
    write();
}

void SerialLine::write() {
    while (m_device && !m_waiting.empty()) {
        const ssize_t done = ::write(m_device.get(), m_waiting.data(), m_waiting.size());
        if (done <= 0) {
            break;
        }
        m_waiting.erase(m_waiting.begin(), m_waiting.begin() + done);
    }
    if (m_source) {
        m_source.watch_for(m_waiting.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
    }
}

}  // namespace linux_host
