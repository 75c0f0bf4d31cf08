// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/control_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <grp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace linux_host {
namespace {

constexpr std::size_t longest_command = 256;
constexpr std::size_t most_clients = 16;

}  // namespace

struct ControlSocket::Client {
    Fd socket;
    Source source;
    std::string request;
    std::string reply;  ///< what is still to be written
    bool may_control = false;
};

ControlSocket::ControlSocket(Loop& loop, std::string path, const std::string& group, Answer answer)
    : m_loop(loop), m_path(std::move(path)), m_answer(std::move(answer)),
      m_socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (m_path.size() >= sizeof address.sun_path) {
        throw std::system_error(ENAMETOOLONG, std::generic_category(), m_path);
    }
    std::strncpy(address.sun_path, m_path.c_str(), sizeof address.sun_path - 1);
    ::unlink(m_path.c_str());
    const mode_t before = ::umask(0117);
    const int bound =
        ::bind(m_socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::umask(before);
    if (bound != 0 || ::listen(m_socket.get(), 8) != 0) {
        throw std::system_error(errno, std::generic_category(), m_path);
    }
    if (!group.empty()) {
        const ::group* const entry = ::getgrnam(group.c_str());
        if (entry == nullptr ||
            ::chown(m_path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) != 0) {
            throw std::system_error(
                entry == nullptr ? ENOENT : errno, std::generic_category(), "group " + group);
        }
    }
    m_source = m_loop.descriptor(m_socket.get(), EPOLLIN, [this] { accept(); });
}

ControlSocket::~ControlSocket() {
    ::unlink(m_path.c_str());
}

void ControlSocket::accept() {
    Fd fd{::accept4(m_socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!fd || m_clients.size() >= most_clients) {
        return;
    }
    ucred peer{};
    socklen_t size = sizeof peer;
    auto client = std::make_unique<Client>();
    client->may_control = ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
                          (peer.uid == 0 || peer.uid == ::geteuid());
    const int number = fd.get();
    client->socket = std::move(fd);
    client->source = m_loop.descriptor(number, EPOLLIN, [this, number] { serve(number); });
    m_clients[number] = std::move(client);
}

void ControlSocket::serve(int number) {
    const auto at = m_clients.find(number);
    if (at == m_clients.end()) {
        return;
    }
    Client& client = *at->second;
    if (client.reply.empty()) {
        std::array<char, longest_command> chunk{};
        const ssize_t got = ::recv(number, chunk.data(), chunk.size(), 0);
        if (got <= 0) {
            m_clients.erase(at);
            return;
        }
        client.request.append(chunk.data(), static_cast<std::size_t>(got));
        const auto end = client.request.find('\n');
        if (end == std::string::npos && client.request.size() <= longest_command) {
            return;
        }
        const ControlReply reply =
            end == std::string::npos ? ControlReply{2, "error: the command is too long\n"}
                                     : m_answer(client.request.substr(0, end), client.may_control);
        client.reply =
            (reply.status == 0 ? std::string{"ok"} : "error " + std::to_string(reply.status)) +
            "\n" + reply.text;
    }
    const ssize_t sent = ::send(number, client.reply.data(), client.reply.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        m_clients.erase(at);
        return;
    }
    client.reply.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
    if (client.reply.empty()) {
        m_clients.erase(at);
    } else {
        client.source.watch_for(EPOLLOUT);
    }
}

}  // namespace linux_host
