// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's local socket (mode 0660). One line in: a command; back: "ok" or "error N", then
// text. Who may connect may look; who may change things is root and the daemon's own user, told by
// the peer's credentials.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "linux_host/fd.hpp"
#include "linux_host/loop.hpp"

namespace linux_host {

struct ControlReply {
    int status = 0;  ///< exit status of understudyctl
    std::string text;
};

class ControlSocket final {
  public:
    using Answer = std::function<ControlReply(const std::string& command, bool may_control)>;

    /// Throws std::system_error. `group` empty: that of the process.
    ControlSocket(Loop&, std::string path, const std::string& group, Answer);
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

  private:
    struct Client;
    void accept();
    void serve(int client);

    Loop& m_loop;
    std::string m_path;
    Answer m_answer;
    Fd m_socket;
    Source m_source;
    std::map<int, std::unique_ptr<Client>> m_clients;
};

}  // namespace linux_host
