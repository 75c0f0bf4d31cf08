// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/heartbeat_fifo.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux_host/log.hpp"

namespace linux_host {

std::optional<cluster::AdminCommand> parse_fifo_message(std::string_view frame) {
    std::map<std::string_view, std::string_view> fields;
    while (!frame.empty()) {
        const auto end = std::min(frame.find('\n'), frame.size());
        const std::string_view line = frame.substr(0, end);
        if (const auto equals = line.find('='); equals != std::string_view::npos) {
            fields.emplace(line.substr(0, equals), line.substr(equals + 1));
        }
        frame.remove_prefix(std::min(end + 1, frame.size()));
    }
    using cluster::AdminCommand;
    using cluster::ResourceScope;
    const std::string_view hold = fields["rsc_hold"];
    if (hold != "all" && hold != "local" && hold != "foreign") {
        return std::nullopt;
    }
    const ResourceScope scope = hold == "all"     ? ResourceScope::all
                                : hold == "local" ? ResourceScope::local
                                                  : ResourceScope::foreign;
    if (fields["t"] == "ask_resources" && fields["info"] == "me") {
        return AdminCommand{AdminCommand::Kind::standby, scope};
    }
    if (fields["t"] == "hb_takeover") {
        return AdminCommand{AdminCommand::Kind::takeover, scope};
    }
    return std::nullopt;
}

HeartbeatFifo::HeartbeatFifo(Loop& loop,
                             const std::string& heartbeat_directory,
                             std::function<void(const cluster::AdminCommand&)> asked)
    : m_asked(std::move(asked)) {
    const std::string path = heartbeat_directory + "/fifo";
    struct stat status {};
    if (::access(heartbeat_directory.c_str(), W_OK) != 0) {
        return;
    }
    if (::lstat(path.c_str(), &status) != 0) {
        if (::mkfifo(path.c_str(), 0600) != 0) {
            return;
        }
    } else if (!S_ISFIFO(status.st_mode) || (status.st_mode & 077U) != 0 ||
               status.st_uid != ::geteuid()) {
        log(Level::warning, path + " is no pipe of ours with mode 600; hb_standby will not work");
        return;
    }
    // Read and write: a writer that leaves is no end of the stream.
    m_fifo = Fd{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)};
    if (m_fifo) {
        m_source = loop.descriptor(m_fifo.get(), EPOLLIN, [this] { read(); });
    }
}

void HeartbeatFifo::read() {
    std::array<std::byte, 4096> chunk{};
    const ssize_t got = ::read(m_fifo.get(), chunk.data(), chunk.size());
    if (got <= 0) {
        return;
    }
    m_framer.feed(std::span{chunk}.first(static_cast<std::size_t>(got)),
                  [this](std::span<const std::byte> frame) {
                      const auto command = parse_fifo_message(
                          {reinterpret_cast<const char*>(frame.data()), frame.size()});
                      if (command) {
                          m_asked(*command);
                      } else {
                          log(Level::warning, "a message in heartbeat's FIFO is not understood");
                      }
                  });
}

}  // namespace linux_host
