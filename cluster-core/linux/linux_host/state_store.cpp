// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/state_store.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace linux_host {
namespace {

constexpr std::string_view file_head = "understudy-state/1 ";
/// A few hundred bytes are usual; this is what one message to the writer may hold.
constexpr std::size_t largest_state = 128UL * 1024;

std::optional<std::vector<std::byte>> read_all(const std::string& path, std::size_t limit) {
    // A link in its place would be somebody's attempt to have us read or replace another file.
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!file) {
        return std::nullopt;
    }
    std::vector<std::byte> bytes(limit + 1);
    std::size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
        if (got < 0) {
            return std::nullopt;
        }
        if (got == 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    if (size > limit) {
        errno = EFBIG;
        return std::nullopt;
    }
    bytes.resize(size);
    return bytes;
}

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// The whole life of the writing process: one message in, one errno out, until nobody is there.
[[noreturn]] void write_for_ever(int socket, const std::string& path) {
    // It ends when the daemon does, not before: what it was given is to be written.
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        ::signal(number, SIG_IGN);
    }
    std::vector<std::byte> message(largest_state);
    for (;;) {
        const ssize_t got = ::recv(socket, message.data(), message.size(), 0);
        if (got <= 0) {
            ::_exit(0);
        }
        const int error = write_file(path, std::span{message}.first(static_cast<std::size_t>(got)));
        if (::send(socket, &error, sizeof error, MSG_NOSIGNAL) < 0) {
            continue;  // the daemon is dead; what is still in the socket is written all the same
        }
    }
}

}  // namespace

int write_file(const std::string& path, std::span<const std::byte> bytes) {
    const std::string fresh = path + ".new";
    ::unlink(fresh.c_str());
    Fd file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) {
        return errno;
    }
    while (!bytes.empty()) {
        const ssize_t done = ::write(file.get(), bytes.data(), bytes.size());
        if (done < 0) {
            return errno;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    if (::fsync(file.get()) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0) {
        return errno;
    }
    const auto slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const Fd directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return directory && ::fsync(directory.get()) == 0 ? 0 : errno;
}

StoredState read_state(const std::string& directory) {
    StoredState state;
    const auto bytes = read_all(directory + "/state", largest_state);
    if (!bytes) {
        if (errno != ENOENT) {
            state.problem = directory + "/state: " + std::strerror(errno);
        }
        return state;
    }
    const std::string_view text = text_of(*bytes);
    const auto end = text.find('\n');
    const auto number = text.substr(std::min(file_head.size(), text.size()));
    if (!text.starts_with(file_head) || end == std::string_view::npos ||
        std::from_chars(number.data(), text.data() + end, state.generation).ptr !=
            text.data() + end) {
        state.problem = directory + "/state: not a state of ours";
        return state;
    }
    state.bytes.assign(bytes->begin() + static_cast<std::ptrdiff_t>(end) + 1, bytes->end());
    return state;
}

cluster::Uuid node_uuid(const std::string& directory, const std::string& heartbeat_directory) {
    cluster::Uuid uuid;
    for (const std::string& file : {directory + "/uuid", heartbeat_directory + "/hb_uuid"}) {
        if (const auto bytes = read_all(file, 64); bytes && bytes->size() >= uuid.bytes.size()) {
            std::copy_n(bytes->begin(), uuid.bytes.size(), uuid.bytes.begin());
            if (file.starts_with(directory)) {
                return uuid;
            }
            break;
        }
    }
    if (uuid == cluster::Uuid{}) {
        if (::getrandom(uuid.bytes.data(), uuid.bytes.size(), 0) !=
            static_cast<ssize_t>(uuid.bytes.size())) {
            throw std::system_error(errno, std::generic_category(), "random numbers");
        }
        uuid.bytes[6] = (uuid.bytes[6] & std::byte{0x0f}) | std::byte{0x40};  // RFC 4122 §4.4
        uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
    }
    if (const int error = write_file(directory + "/uuid", uuid.bytes); error != 0) {
        throw std::system_error(error, std::generic_category(), directory + "/uuid");
    }
    return uuid;
}

std::uint64_t read_heartbeat_generation(const std::string& heartbeat_directory) {
    const auto bytes = read_all(heartbeat_directory + "/hb_generation", 64);
    if (!bytes) {
        return 0;
    }
    std::string_view text = text_of(*bytes);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::uint64_t generation = 0;
    std::from_chars(text.data(), text.data() + text.size(), generation);
    return generation;
}

void write_heartbeat_generation(const std::string& heartbeat_directory, std::uint64_t generation) {
    if (::access(heartbeat_directory.c_str(), F_OK) != 0 ||
        read_heartbeat_generation(heartbeat_directory) >= generation) {
        return;
    }
    std::string text = std::to_string(generation);
    text.insert(0, text.size() < 15 ? 15 - text.size() : 0, ' ');
    text += '\n';
    (void)write_file(heartbeat_directory + "/hb_generation", bytes_of(text));
}

Fd lock_directory(const std::string& directory) {
    Fd lock{::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    for (int i = 0; lock && i < 200; ++i) {
        if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
            return lock;
        }
        ::usleep(10'000);
    }
    return {};
}

StateWriter::StateWriter(std::string directory) : m_directory(std::move(directory)) {
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw std::system_error(errno, std::generic_category(), "socket of the state writer");
    }
    m_socket = Fd{ends[0]};
    Fd other{ends[1]};
    const int room = 2 * static_cast<int>(largest_state);
    ::setsockopt(m_socket.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    m_process = ::fork();
    if (m_process < 0) {
        throw std::system_error(errno, std::generic_category(), "state writer");
    }
    if (m_process == 0) {
        m_socket.reset();
        write_for_ever(other.get(), m_directory + "/state");
    }
    ::fcntl(m_socket.get(), F_SETFL, O_NONBLOCK);
}

StateWriter::~StateWriter() {
    m_source.reset();
    m_socket.reset();
    for (int i = 0; i < 200 && ::waitpid(m_process, nullptr, WNOHANG) == 0; ++i) {
        ::usleep(10'000);
    }
}

void StateWriter::attach(Loop& loop) {
    m_source = loop.descriptor(m_socket.get(), EPOLLIN, [this] { answered(); });
}

void StateWriter::write(std::uint64_t generation,
                        std::span<const std::byte> bytes,
                        std::function<void(int)> done) {
    const std::string head = std::string{file_head} + std::to_string(generation) + "\n";
    std::vector<std::byte> message;
    message.reserve(head.size() + bytes.size());
    const auto text = bytes_of(head);
    message.insert(message.end(), text.begin(), text.end());
    message.insert(message.end(), bytes.begin(), bytes.end());
    if (message.size() > largest_state ||
        ::send(m_socket.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0) {
        done(message.size() > largest_state ? EFBIG : errno);
        return;
    }
    m_waiting.push_back(std::move(done));
}

void StateWriter::answered() {
    int error = 0;
    for (;;) {
        const ssize_t got = ::recv(m_socket.get(), &error, sizeof error, 0);
        if (got == 0) {
            error = EPIPE;  // the writer died; everything that waits has failed
            m_source.reset();
            for (auto& done : std::exchange(m_waiting, {})) {
                done(error);
            }
            return;
        }
        if (got != sizeof error || m_waiting.empty()) {
            return;
        }
        const auto done = std::move(m_waiting.front());
        m_waiting.pop_front();
        done(error);
    }
}

}  // namespace linux_host
