// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of the Linux driver that need no namespace: scripts and who may change them, durable state,
// serial lines on a pty, heartbeat's FIFO.
#include "support/catch.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "linux_host/clock.hpp"
#include "linux_host/heartbeat_fifo.hpp"
#include "linux_host/live_config.hpp"
#include "linux_host/observe.hpp"
#include "linux_host/runner.hpp"
#include "linux_host/serial_line.hpp"
#include "linux_host/state_store.hpp"

using namespace linux_host;
using cluster::AgentOp;
using cluster::BindingKind;

namespace {

namespace fs = std::filesystem;

class Folder {
  public:
    Folder() {
        std::string pattern = "/tmp/understudy-host-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void write(const std::string& name, const std::string& text, mode_t mode) const {
        std::ofstream{path + "/" + name} << text;
        ::chmod((path + "/" + name).c_str(), mode);
    }
    std::string path;
};

struct Run {
    Runner::Result result;
    cluster::Duration took{};
};

/// Runs a script to its end; cancels it after `cancel_after` unless that is zero.
Run run_script(const Folder& folder, AgentOp op, cluster::Duration cancel_after = {}) {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, nullptr);
    Loop loop;
    Run out;
    Runner runner{loop, [&](cluster::ActionId, const Runner::Result& result) {
                      out.result = result;
                      loop.end(0);
                  }};
    RunnerPaths paths;
    paths.resource_scripts = folder.path;
    const auto began = boot_time();
    Source timer = loop.timer([&] { runner.cancel(cluster::ActionId{1}); });
    if (cancel_after > cluster::Duration::zero()) {
        timer.ring_at(began + cancel_after);
    }
    runner.run(cluster::ActionId{1},
               {},
               op,
               find_agent(paths, "n1", BindingKind::script, "svc", {"a b", "$HOME"}, {}, op));
    loop.run();
    out.took = boot_time() - began;
    return out;
}

}  // namespace

TEST_CASE("Scripts: arguments are handed over as they stand, output and exit status come back",
          "[host]") {
    const Folder folder;
    folder.write("svc", "#!/bin/sh\necho \"$1|$2|$3|${SECRET-unset}\"\nexit 3\n", 0755);
    ::setenv("SECRET", "ours", 1);
    const Run run = run_script(folder, AgentOp::status);
    CHECK(run.result.output == "a b|$HOME|status|unset\n");
    CHECK(run.result.exit_status == 3);
    CHECK(run.result.error == 0);
}

TEST_CASE("Scripts: output without end neither blocks nor fills memory", "[host]") {
    const Folder folder;
    folder.write("svc", "#!/bin/sh\nhead -c 1000000 /dev/zero | tr '\\0' x\n", 0755);
    const Run run = run_script(folder, AgentOp::status);
    CHECK(run.result.output.size() == 4096);
    CHECK(run.result.exit_status == 0);
}

TEST_CASE("Scripts: one that hangs is ended with all it started", "[host]") {
    const Folder folder;
    folder.write("svc", "#!/bin/sh\ntrap '' TERM\nsleep 60 &\nwait; sleep 60\n", 0755);
    const Run run = run_script(folder, AgentOp::stop, std::chrono::milliseconds{100});
    CHECK(run.result.cancelled);
    CHECK(run.took < std::chrono::seconds{20});
}

TEST_CASE("Scripts: what others may change is refused, with the reason", "[host]") {
    const Folder folder;
    RunnerPaths paths;
    paths.resource_scripts = folder.path;
    paths.init_scripts = folder.path + "/none";
    const auto judge = [&](const std::string& name) {
        return find_agent(paths, "n1", BindingKind::script, name, {}, {}, AgentOp::start);
    };
    folder.write("good", "#!/bin/sh\n", 0755);
    CHECK(judge("good").error == 0);
    folder.write("open", "#!/bin/sh\n", 0777);
    CHECK(judge("open").error == EPERM);
    CHECK(judge("open").problem.find("writable for others") != std::string::npos);
    fs::create_symlink(folder.path + "/open", folder.path + "/link");
    CHECK(judge("link").error == EPERM);
    folder.write("plain", "#!/bin/sh\n", 0644);
    CHECK(judge("plain").error == EACCES);
    CHECK(judge("absent").error == ENOENT);
    CHECK(judge("../etc/passwd").error == EINVAL);
    CHECK(judge("good").argv.back() == "start");
    const auto agent =
        find_agent(paths, "n1", BindingKind::ocf_agent, "ocf:heart/beat:x", {}, {}, AgentOp::start);
    CHECK(agent.error == EINVAL);
}

TEST_CASE("Files: authkeys that is a link or readable for others is an error", "[host]") {
    const Folder folder;
    folder.write("ha.cf", "bcast lo\nauto_failback on\nnode n1 n2\nuse_logd on\n", 0644);
    folder.write("haresources", "n1 10.0.0.1\n", 0644);
    folder.write("keys", "auth 1\n1 sha1 secret\n", 0600);
    fs::create_symlink(folder.path + "/keys", folder.path + "/authkeys");
    CHECK_FALSE(read_live_config(folder.path, "n1", {}).ok());
    fs::remove(folder.path + "/authkeys");
    fs::rename(folder.path + "/keys", folder.path + "/authkeys");
    CHECK(read_live_config(folder.path, "n1", {}).ok());
    ::chmod((folder.path + "/authkeys").c_str(), 0644);
    CHECK_FALSE(read_live_config(folder.path, "n1", {}).ok());
    ::chmod((folder.path + "/authkeys").c_str(), 0600);
    ::chmod((folder.path + "/haresources").c_str(), 0666);
    CHECK_FALSE(read_live_config(folder.path, "n1", {}).ok());
}

TEST_CASE("State: what was written is read; a damaged or foreign file is not taken", "[host]") {
    const Folder folder;
    CHECK(read_state(folder.path).bytes.empty());
    {
        Loop loop;
        StateWriter writer{folder.path};
        writer.attach(loop);
        const std::array<std::byte, 3> bytes{std::byte{1}, std::byte{'\n'}, std::byte{3}};
        writer.write(77, bytes, [&](int error) {
            CHECK(error == 0);
            loop.end(0);
        });
        loop.run();
    }
    const StoredState state = read_state(folder.path);
    CHECK(state.generation == 77);
    CHECK(state.bytes.size() == 3);
    folder.write("state", "something else\n", 0600);
    CHECK_FALSE(read_state(folder.path).problem.empty());
    const auto uuid = node_uuid(folder.path, folder.path);
    CHECK(node_uuid(folder.path, folder.path) == uuid);
    write_heartbeat_generation(folder.path, 1234);
    CHECK(read_heartbeat_generation(folder.path) == 1234);
    write_heartbeat_generation(folder.path, 5);  // never backwards
    CHECK(read_heartbeat_generation(folder.path) == 1234);
}

TEST_CASE("Serial: bytes pass both ways over a terminal, raw", "[host]") {
    const Fd master{::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)};
    REQUIRE(::grantpt(master.get()) == 0);
    REQUIRE(::unlockpt(master.get()) == 0);
    std::array<char, 64> name{};
    REQUIRE(::ptsname_r(master.get(), name.data(), name.size()) == 0);
    Loop loop;
    std::string heard;
    SerialLine line{loop, name.data(), 19200, [&](std::span<const std::byte> bytes) {
                        heard.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                        if (heard.size() >= 7) {
                            loop.end(0);
                        }
                    }};
    REQUIRE(line.open().empty());
    const std::string sent = ">>>\nt=x\n";
    line.send(std::as_bytes(std::span{sent}));
    std::array<char, 64> got{};
    const ssize_t size = ::read(master.get(), got.data(), got.size());
    CHECK(std::string(got.data(), size > 0 ? static_cast<std::size_t>(size) : 0) == sent);
    REQUIRE(::write(master.get(),
                    "a\r\n\x03"
                    "b\x04z",
                    7) == 7);
    Source limit = loop.timer([&] { loop.end(1); });
    limit.ring_at(boot_time() + std::chrono::seconds{5});
    CHECK(loop.run() == 0);
    CHECK(heard == "a\r\n\x03"
                   "b\x04z");
    CHECK_FALSE(SerialLine(loop, "/dev/null", 19200, {}).open().empty());
}

TEST_CASE("FIFO: hb_standby and hb_takeover are understood, the rest is not", "[host]") {
    const auto standby =
        parse_fifo_message(">>>\nt=ask_resources\nrsc_hold=foreign\ninfo=me\n<<<\n");
    REQUIRE(standby);
    CHECK(standby->kind == cluster::AdminCommand::Kind::standby);
    CHECK(standby->scope == cluster::ResourceScope::foreign);
    const auto takeover = parse_fifo_message(">>>\nt=hb_takeover\nrsc_hold=all\n<<<\n");
    REQUIRE(takeover);
    CHECK(takeover->kind == cluster::AdminCommand::Kind::takeover);
    CHECK_FALSE(parse_fifo_message(">>>\nt=hb_takeover\nrsc_hold=everything\n<<<\n"));
    CHECK_FALSE(parse_fifo_message(">>>\nt=ask_resources\nrsc_hold=all\ninfo=other\n<<<\n"));
    CHECK_FALSE(parse_fifo_message(""));
}

TEST_CASE("Observer: gaps are counted against each dead time", "[host]") {
    GapCounter gaps;
    cluster::Instant now{};
    for (const int ms : {100, 200, 600, 1100, 2500, 100}) {
        now += std::chrono::milliseconds{ms};
        (void)gaps.heard(now);
    }
    CHECK(gaps.longer() == std::array<std::uint64_t, 3>{1, 2, 3});
    CHECK(gaps.longest() == std::chrono::milliseconds{2500});
    CHECK(gaps.count() == 6);
}
