// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lab {
namespace {

namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
    std::ifstream in{path};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

void write_file(const std::string& path, const std::string& text, mode_t mode = 0644) {
    std::ofstream{path} << text;
    ::chmod(path.c_str(), mode);
}

/// Runs `body` in a child that dies with us; `body` does not return.
template <class F>
pid_t child(F body) {
    std::fflush(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        throw std::runtime_error(std::string{"fork: "} + std::strerror(errno));
    }
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) {
            ::_exit(1);
        }
        body();
        ::_exit(127);
    }
    return pid;
}

int status_of(int raw) {
    return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

[[noreturn]] void exec(const std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (const std::string& word : words) {
        argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    ::execvp(argv.front(), argv.data());
    ::_exit(127);
}

}  // namespace

std::string impossible() {
    static const std::string answer = [] {
        if (::geteuid() != 0) {
            return std::string{"not root"};
        }
        try {
            const Namespace one;
            one.sh("ip link set lo up && ip link add dev us0 type veth peer name us1 && "
                   "ip link add dev usb type bridge");
        } catch (const std::exception& problem) {
            return std::string{"no network namespace with veth and bridge: "} + problem.what();
        }
        return std::string{};
    }();
    return answer;
}

std::string heartbeat_program() {
    for (const char* const path :
         {"/usr/libexec/heartbeat/heartbeat", "/usr/lib/heartbeat/heartbeat"}) {
        if (::access(path, X_OK) == 0) {
            return path;
        }
    }
    return {};
}

bool wait_for(const std::function<bool()>& what, milliseconds limit) {
    const auto end = Clock::now() + limit;
    while (!what()) {
        if (Clock::now() > end) {
            return false;
        }
        sleep(milliseconds{2});
    }
    return true;
}

void sleep(milliseconds time) {
    std::this_thread::sleep_for(time);
}

// ---------------------------------------------------------------- namespaces

Namespace::Namespace() {
    std::array<int, 2> ready{};
    if (::pipe2(ready.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe");
    }
    m_keeper = child([&] {
        const char answer = ::unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
        (void)!::write(ready[1], &answer, 1);
        for (;;) {
            ::pause();
        }
    });
    ::close(ready[1]);
    char answer = 'n';
    (void)!::read(ready[0], &answer, 1);
    ::close(ready[0]);
    m_net = linux_host::Fd{
        ::open(("/proc/" + std::to_string(m_keeper) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC)};
    if (answer != 'y' || !m_net) {
        ::kill(m_keeper, SIGKILL);
        ::waitpid(m_keeper, nullptr, 0);
        throw std::runtime_error("unshare refused");
    }
}

Namespace::~Namespace() {
    ::kill(m_keeper, SIGKILL);
    ::waitpid(m_keeper, nullptr, 0);
}

void Namespace::sh(const std::string& command) const {
    const pid_t pid = child([&] {
        ::setns(m_net.get(), CLONE_NEWNET);
        exec({"/bin/sh", "-ec", command});
    });
    int raw = 0;
    ::waitpid(pid, &raw, 0);
    if (status_of(raw) != 0) {
        throw std::runtime_error("\"" + command + "\" ended with " +
                                 std::to_string(status_of(raw)));
    }
}

std::string Namespace::output(const std::string& command) const {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe");
    }
    const pid_t pid = child([&] {
        ::setns(m_net.get(), CLONE_NEWNET);
        ::dup2(ends[1], STDOUT_FILENO);
        exec({"/bin/sh", "-c", command});
    });
    ::close(ends[1]);
    std::string out;
    std::array<char, 4096> chunk{};
    for (ssize_t got = 0; (got = ::read(ends[0], chunk.data(), chunk.size())) > 0;) {
        out.append(chunk.data(), static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    ::waitpid(pid, nullptr, 0);
    return out;
}

void Namespace::inside(const std::function<void()>& what) const {
    const linux_host::Fd home{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
    if (::setns(m_net.get(), CLONE_NEWNET) != 0) {
        throw std::runtime_error("setns");
    }
    try {
        what();
    } catch (...) {
        ::setns(home.get(), CLONE_NEWNET);
        throw;
    }
    ::setns(home.get(), CLONE_NEWNET);
}

// ---------------------------------------------------------------- nodes

Node::Node(std::string folder, int number)
    : m_folder(std::move(folder)), m_name("asterisk" + std::to_string(number)) {
    for (const char* const part : {"", "/ha.d", "/ha.d/resource.d", "/state", "/hb", "/run"}) {
        fs::create_directories(m_folder + part);
    }
}

Node::~Node() {
    kill();
    if (m_container != 0) {
        ::kill(m_container, SIGKILL);
        ::waitpid(m_container, nullptr, 0);
    }
}

void Node::configure(const Config& config) {
    const std::string etc = m_folder + "/ha.d/";
    write_file(etc + "ha.cf",
               config.timing + config.links + "auto_failback " + config.auto_failback +
                   "\nnode asterisk1\nnode asterisk2\nlogfile " + m_folder + "/hb.log\n" +
                   config.more);
    write_file(etc + "haresources", config.haresources);
    write_file(etc + "authkeys", config.authkeys, 0600);
    if (!config.settings.empty()) {
        write_file(etc + "understudy.json", config.settings);
    }
    // A service that runs as long as its file is there.
    const std::string script = "#!/bin/sh\necho $1 >>" + m_folder +
                               "/calls\ncase $1 in\nstart) touch " + m_folder +
                               "/service;;\nstop) rm -f " + m_folder + "/service;;\nstatus) [ -e " +
                               m_folder + "/service ] && echo running || echo stopped;;\nesac\n";
    write_file(etc + "resource.d/svc", script, 0755);
}

void Node::start(Implementation implementation, const std::vector<std::string>& extra) {
    m_implementation = implementation;
    m_exit_status = -1;
    if (implementation == Implementation::understudyd) {
        m_daemon = child([&] {
            m_net.inside([&] {
                const int log =
                    ::open((m_folder + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
                ::dup2(log, STDOUT_FILENO);
                ::dup2(log, STDERR_FILENO);
                std::vector<std::string> words{PROGRAM_DIR "/understudyd",
                                               "--config=" + m_folder + "/ha.d",
                                               "--node=" + m_name,
                                               "--state=" + m_folder + "/state",
                                               "--heartbeat-state=" + m_folder + "/hb",
                                               "--socket=" + m_folder + "/run/control",
                                               "--resource-scripts=" + m_folder +
                                                   "/ha.d/resource.d"};
                words.insert(words.end(), extra.begin(), extra.end());
                exec(words);
            });
        });
        return;
    }
    // heartbeat finds its files at fixed places and other nodes by their process ids: it gets
    // namespaces of its own, in which its directories are this node's.
    if (m_container == 0) {
        // Its first process is a shell that keeps waiting for children: a dead daemon that nobody
        // buries looks alive to `heartbeat -k`, for ever.
        const std::string setup =
            "hostname " + m_name +
            "; mount --make-rprivate /; cp -r /etc/ha.d/rc.d "
            "/etc/ha.d/harc /etc/ha.d/shellfuncs " +
            m_folder +
            "/ha.d/; for r in "
            "/etc/ha.d/resource.d/*; do cp -n $r " +
            m_folder +
            "/ha.d/resource.d/; done; "
            "mkdir -p " +
            m_folder + "/hb/api " + m_folder + "/hb/ckpt " + m_folder + "/hb/casual " + m_folder +
            "/hb/cores/root; "
            "mount --bind " +
            m_folder +
            "/ha.d /etc/ha.d; "
            "mount --bind " +
            m_folder +
            "/hb /var/lib/heartbeat; mount -t tmpfs none /run; "
            "mkdir -p /run/heartbeat/ccm /run/heartbeat/crm /run/heartbeat/dopd /run/lock "
            "/run/resource-agents; chown -R hacluster:haclient /run/heartbeat; "
            "echo ready >" +
            m_folder + "/container; while :; do sleep 0.2; done";
        fs::remove(m_folder + "/container");
        m_container = child([&] {
            ::setns(::open(("/proc/" + std::to_string(m_net.keeper()) + "/ns/net").c_str(),
                           O_RDONLY | O_CLOEXEC),
                    CLONE_NEWNET);
            const int log =
                ::open((m_folder + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            ::dup2(log, STDOUT_FILENO);
            ::dup2(log, STDERR_FILENO);
            exec({"unshare",
                  "--uts",
                  "--ipc",
                  "--pid",
                  "--mount",
                  "--fork",
                  "--kill-child",
                  "--mount-proc",
                  "/bin/sh",
                  "-c",
                  setup});
        });
        if (!wait_for([&] { return fs::exists(m_folder + "/container"); }, milliseconds{5000})) {
            throw std::runtime_error("heartbeat's container did not come up: " + log());
        }
    }
    heartbeat_command(heartbeat_program());
}

void Node::heartbeat_command(const std::string& command) const {
    // The container's first process is the child of unshare.
    const std::string inner = read_file("/proc/" + std::to_string(m_container) + "/task/" +
                                        std::to_string(m_container) + "/children");
    const pid_t pid = child([&] {
        const int log = ::open((m_folder + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(log, STDOUT_FILENO);
        ::dup2(log, STDERR_FILENO);
        // A tool of heartbeat can wait for ever for a daemon that is not there.
        exec({"timeout",
              "20",
              "nsenter",
              "-t",
              std::to_string(std::atoi(inner.c_str())),
              "-m",
              "-u",
              "-i",
              "-n",
              "-p",
              "/bin/sh",
              "-c",
              command});
    });
    ::waitpid(pid, nullptr, 0);
}

void Node::signal(int number) const {
    if (m_daemon > 0) {
        ::kill(m_daemon, number);
    }
}

void Node::kill() {
    if (m_implementation == Implementation::heartbeat && m_container != 0) {
        heartbeat_command("for p in /proc/[0-9]*; do case $(readlink $p/exe) in "
                          "*/heartbeat/heartbeat*) kill -9 ${p#/proc/};; esac; done");
        return;
    }
    if (m_daemon > 0) {
        ::kill(m_daemon, SIGKILL);
        (void)wait_end(milliseconds{5000});
    }
}

bool Node::wait_end(milliseconds limit) {
    return wait_for([&] { return !running(); }, limit);
}

bool Node::running() {
    if (m_daemon <= 0) {
        return false;
    }
    int raw = 0;
    if (::waitpid(m_daemon, &raw, WNOHANG) == m_daemon) {
        m_exit_status = status_of(raw);
        m_daemon = 0;
        return false;
    }
    return true;
}

std::string Node::ask(const std::string& command) const {
    const linux_host::Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(
        address.sun_path, (m_folder + "/run/control").c_str(), sizeof address.sun_path - 1);
    const std::string line = command + "\n";
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) {
        return {};
    }
    std::string reply;
    std::array<char, 4096> chunk{};
    for (ssize_t got = 0; (got = ::recv(socket.get(), chunk.data(), chunk.size(), 0)) > 0;) {
        reply.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return reply;
}

namespace {

nlohmann::json status_of(const Node& node) {
    const std::string reply = node.ask("status json");
    const auto end = reply.find('\n');
    return end == std::string::npos ? nlohmann::json{}
                                    : nlohmann::json::parse(reply.substr(end + 1), nullptr, false);
}

}  // namespace

std::string Node::role() const {
    const auto status = status_of(*this);
    return status.is_object() ? status["groups"][0]["role"].get<std::string>() : std::string{};
}

std::string Node::phase() const {
    const auto status = status_of(*this);
    return status.is_object() ? status["phase"].get<std::string>() : std::string{};
}

std::vector<nlohmann::json> Node::history() const {
    std::istringstream lines{ask("history json")};
    std::string line;
    std::getline(lines, line);
    std::vector<nlohmann::json> out;
    while (std::getline(lines, line)) {
        out.push_back(nlohmann::json::parse(line));
    }
    return out;
}

bool Node::has_address(const std::string& address) const {
    return m_net.output("ip -o addr show dev eth0").find(' ' + address + '/') != std::string::npos;
}

bool Node::serves() const {
    return fs::exists(m_folder + "/service");
}

std::string Node::log() const {
    return read_file(m_folder + "/log");
}

std::string Node::script_calls() const {
    return read_file(m_folder + "/calls");
}

// ---------------------------------------------------------------- the LAN

Lab::Lab(const Config& config) {
    std::string pattern = "/tmp/understudy-lab-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("mkdtemp");
    }
    m_folder = pattern;
    ::chmod(m_folder.c_str(), 0755);
    m_switch.sh("ip link add dev br0 type bridge && ip link set br0 up");
    for (int i = 1; i <= 2; ++i) {
        auto& node = m_nodes.at(static_cast<std::size_t>(i - 1));
        node = std::make_unique<Node>(m_folder + "/" + std::to_string(i), i);
        node->configure(config);
        const std::string port = "p" + std::to_string(i);
        m_switch.sh("ip link add dev " + port + " type veth peer name eth0 netns " +
                    std::to_string(node->net().keeper()) + " && ip link set " + port +
                    " master br0 up");
        node->net().sh("ip link set lo up; ip addr add 10.10.10.10" + std::to_string(i) +
                       "/24 brd + dev eth0; ip link set eth0 up; ip route add default via "
                       "10.10.10.1");
    }
}

Lab::~Lab() {
    for (auto& node : m_nodes) {
        node.reset();
    }
    std::error_code ignored;
    fs::remove_all(m_folder, ignored);
}

void Lab::split() const {
    m_switch.sh("ip link set p2 nomaster");
}

void Lab::heal() const {
    m_switch.sh("ip link set p2 master br0");
}

void Lab::deafen(int number, bool deaf) const {
    m_switch.sh("bridge link set dev p" + std::to_string(number) + " bcast_flood " +
                (deaf ? "off" : "on"));
}

bool Lab::only_owner(int number) {
    Node& owner = node(number);
    Node& other = node(3 - number);
    return owner.has_address() && owner.serves() && !other.has_address() && !other.serves();
}

std::string Lab::logs() {
    std::string out;
    for (const auto& node : m_nodes) {
        out += "--- " + node->name() + "\n" + node->log();
    }
    return out;
}

}  // namespace lab
