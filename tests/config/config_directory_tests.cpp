// SPDX-License-Identifier: GPL-2.0-or-later
// Directories: overlays, missing and unreadable files, host facts only on request, and the shipped
// call centre.
#include "cluster/config_directory.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "cluster/settings_json.hpp"
#include "config/finding_list.hpp"
#include "support/catch.hpp"

using namespace cluster;
namespace fs = std::filesystem;

namespace {

const fs::path call_centre = fs::path(SOURCE_DIR) / "scenarios" / "call-centre";

/// A directory of its own per test, removed afterwards.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        auto name = (fs::temp_directory_path() / "understudy-config-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        m_path = name;
    }
    ~TemporaryDirectory() { fs::remove_all(m_path); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const fs::path& path() const { return m_path; }
    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((m_path / name).parent_path());
        std::ofstream(m_path / name, std::ios::binary) << text;
        fs::permissions(m_path / name, fs::perms::owner_read | fs::perms::owner_write);
    }
    void write_sound() const {
        write("ha.cf", "use_logd on\nauto_failback on\nnode n1 n2\nbcast eth0 eth1\n");
        write("haresources", "n1 10.0.0.1 fonulator\n");
        write("authkeys", "auth 1\n1 sha1 k\n");
    }

  private:
    fs::path m_path;
};

const std::string redfone =
    "[globals]\nfb=192.168.1.254\nserver=02:00:00:00:01:02\n[span1]\nframing=esf\nencoding=b8zs\n";

DirectoryOptions shown_as_etc() {
    DirectoryOptions options;
    options.shown_as = "etc";
    return options;
}

}  // namespace

TEST_CASE("Directory: the published call centre draws exactly the expected findings",
          "[config][directory]") {
    for (const auto* node : {"asterisk1", "asterisk2"}) {
        CAPTURE(node);
        const auto read = read_config_directory(call_centre / "etc", node);
        CHECK(rules(read.findings, Severity::error) == Strings{});
        CHECK(rules(read.findings, Severity::warning) ==
              Strings{"single-heartbeat-path", "auto-failback-unset"});
        // A working copy may be more private than a repository; the mode is the only note that may
        // be absent.
        auto notes = rules(read.findings, Severity::note);
        std::erase(notes, "authkeys-mode");
        CHECK(notes ==
              Strings{"deprecated-directive", "deprecated-directive", "deprecated-directive"});
        const auto& ha = read.value.ha;
        CHECK(ha.keepalive == std::chrono::milliseconds{200});
        CHECK(ha.deadtime == std::chrono::seconds{2});
        CHECK(ha.warntime == std::chrono::seconds{1});
        CHECK(ha.initdead == std::chrono::seconds{120});
        CHECK(ha.nodes == Strings{"asterisk1", "asterisk2"});
        REQUIRE(read.value.redfone.has_value());
        CHECK(read.value.redfone->spans.size() == 4);
        CHECK_FALSE(read.value.redfone->spans[0].rbs);
        CHECK(read.value.redfone->spans[3].rbs);
        CHECK(to_string(*read.value.redfone->server) ==
              (std::string(node) == "asterisk1" ? "02:00:00:00:01:02" : "02:00:00:00:02:02"));
        CHECK(resolve_bindings(read.value.resources, read.value.settings).at(1).kind ==
              BindingKind::bridge_switch);
    }
}

TEST_CASE("Directory: the siblings differ in what they say they differ in", "[config][directory]") {
    const auto script = read_config_directory(call_centre / "etc-script", "asterisk2");
    CHECK(script.ok());
    CHECK(resolve_bindings(script.value.resources, script.value.settings).at(1).kind ==
          BindingKind::script);
    CHECK(script.value.redfone.has_value());
    const auto failback = read_config_directory(call_centre / "etc-failback-on", "asterisk1");
    CHECK(failback.ok());
    CHECK(failback.value.ha.auto_failback == AutoFailback::on);
    CHECK(failback.value.ha.initdead == std::chrono::seconds{10});
    CHECK(rules(failback.findings, Severity::warning) == Strings{"single-heartbeat-path"});
}

TEST_CASE("Directory: a file of the node wins over the shared one, and the sources say so",
          "[config][directory]") {
    const TemporaryDirectory dir;
    dir.write_sound();
    dir.write("n2/authkeys", "auth 2\n2 md5 other\n");
    const auto n1 = read_config_directory(dir.path(), "n1", shown_as_etc());
    const auto n2 = read_config_directory(dir.path(), "n2", shown_as_etc());
    CHECK(n1.findings.empty());
    CHECK(n1.value.keys.sending_index == 1);
    CHECK(n2.value.keys.sending_index == 2);
    REQUIRE(n2.sources.size() == 3);
    CHECK(n2.sources[0].path == "etc/ha.cf");
    CHECK_FALSE(n2.sources[0].overlay);
    CHECK(n2.sources[2].path == "etc/n2/authkeys");
    CHECK(n2.sources[2].overlay);
}

TEST_CASE("Directory: each missing file is an error that names the path", "[config][directory]") {
    const TemporaryDirectory dir;
    auto live = shown_as_etc();
    live.live = true;
    const auto read = read_config_directory(dir.path(), "n1", live);
    REQUIRE(read.findings.size() == 3);
    CHECK(rules(read.findings, Severity::error) ==
          Strings{"missing-file", "missing-file", "missing-file"});
    CHECK(to_string(read.findings[0]) ==
          "etc/ha.cf: error: found no file ha.cf, expected ha.cf of the cluster (looked for "
          "etc/n1/ha.cf too) [missing-file]");
    CHECK(read.findings[1].where.file == "etc/haresources");
    CHECK(read.findings[2].where.file == "etc/authkeys");
    CHECK(rules(read_config_directory(dir.path() / "nowhere", "n1").findings, Severity::error) ==
          Strings{"missing-directory"});
    CHECK(rules(read_config_directory(dir.path(), "../n1").findings, Severity::error) ==
          Strings{"bad-node-name"});
}

TEST_CASE("Directory: a repository may keep its keys to itself", "[config][directory]") {
    const TemporaryDirectory dir;
    dir.write_sound();
    fs::remove(dir.path() / "authkeys");
    const auto read = read_config_directory(dir.path(), "n1", shown_as_etc());
    CHECK(read.ok());
    CHECK(summary(read.findings) == Strings{"note 0:0 missing-file"});
    REQUIRE(read.value.keys.keys[1].has_value());
    CHECK(read.value.keys.sending_index == 1);
}

TEST_CASE("Directory: what cannot be read is an error, not an empty file", "[config][directory]") {
    const TemporaryDirectory dir;
    dir.write_sound();
    fs::remove(dir.path() / "ha.cf");
    fs::create_directory(dir.path() / "ha.cf");
    fs::remove(dir.path() / "authkeys");
    fs::create_symlink("authkeys", dir.path() / "authkeys");  // points to itself
    dir.write("understudy.json", std::string(5U * 1024 * 1024, ' '));
    const auto read = read_config_directory(dir.path(), "n1", shown_as_etc());
    REQUIRE(rules(read.findings, Severity::error) ==
            Strings{"unreadable-file", "unreadable-file", "unreadable-file"});
    CHECK(to_string(read.findings[0]) ==
          "etc/ha.cf: error: found a directory, expected a readable file [unreadable-file]");
    CHECK(read.findings[1].where.file == "etc/authkeys");
    CHECK(read.findings[2].found == "more than 4 MiB");
}

TEST_CASE("Directory: a file without read permission is an error for everybody but root",
          "[config][directory]") {
    const TemporaryDirectory dir;
    dir.write_sound();
    fs::permissions(dir.path() / "ha.cf", fs::perms::none);
    const auto read = read_config_directory(dir.path(), "n1", shown_as_etc());
    if (::geteuid() == 0) {
        CHECK(read.ok());
    } else {
        CHECK(rules(read.findings, Severity::error) == Strings{"unreadable-file"});
        CHECK(read.findings[0].found == "Permission denied");
    }
}

TEST_CASE("Directory: redfone.conf is required only when a word is bound to the bridge",
          "[config][directory]") {
    const TemporaryDirectory dir;
    dir.write_sound();
    CHECK(read_config_directory(dir.path(), "n1").ok());
    CHECK_FALSE(read_config_directory(dir.path(), "n1").value.redfone.has_value());

    auto options = shown_as_etc();
    options.default_bindings = simulator_default_bindings();
    const auto bound = read_config_directory(dir.path(), "n1", options);
    REQUIRE(bound.findings.size() == 1);
    CHECK(to_string(bound.findings[0]) ==
          "etc/redfone.conf: error: found no file redfone.conf, expected it, as the word "
          "\"fonulator\" of haresources is bound to the bridge switch"
          " (looked for etc/n1/redfone.conf too) [missing-file]");

    dir.write("understudy.json",
              R"({"format":"understudy-settings/1","bindings":{"fonulator":{"kind":"script"}}})");
    CHECK(read_config_directory(dir.path(), "n1", options).ok());

    dir.write("n1/redfone.conf", redfone);
    CHECK(read_config_directory(dir.path(), "n1", options).value.redfone.has_value());
    CHECK_FALSE(read_config_directory(dir.path(), "n2", options).value.redfone.has_value());
}

TEST_CASE("Directory: file modes are judged only when asked", "[config][directory]") {
    const TemporaryDirectory dir;
    dir.write_sound();
    DirectoryOptions live;
    live.live = true;
    CHECK(read_config_directory(dir.path(), "n1", live).findings.empty());
    fs::permissions(dir.path() / "authkeys", fs::perms::group_write, fs::perm_options::add);
    CHECK(read_config_directory(dir.path(), "n1", live).findings.empty());
    fs::permissions(dir.path() / "authkeys", fs::perms::others_read, fs::perm_options::add);
    CHECK(summary(read_config_directory(dir.path(), "n1", live).findings) ==
          Strings{"error 0:0 authkeys-mode"});
    CHECK(summary(read_config_directory(dir.path(), "n1").findings) ==
          Strings{"note 0:0 authkeys-mode"});
}

TEST_CASE("Directory: files are judged against each other", "[config][directory]") {
    const TemporaryDirectory dir;
    dir.write_sound();
    CHECK(rules(read_config_directory(dir.path(), "n3").findings, Severity::error) ==
          Strings{"own-node-missing"});
    dir.write("haresources", "n3 10.0.0.1\n");
    CHECK(rules(read_config_directory(dir.path(), "n1").findings, Severity::error) ==
          Strings{"unknown-node"});
    dir.write_sound();
    dir.write("understudy.json",
              R"({"format":"understudy-settings/1","bindings":{"fonulater":{"kind":"script"}}})");
    const auto unused = read_config_directory(dir.path(), "n1", shown_as_etc());
    REQUIRE(rules(unused.findings, Severity::warning) == Strings{"unused-binding"});
    CHECK(unused.findings[0].expected == "\"fonulator\"");
    dir.write("ha.cf", "use_logd on\nauto_failback on\nnode n1 n2\nbcast eth0 eth1\ncrm on\n");
    CHECK(rules(read_config_directory(dir.path(), "n1").findings, Severity::error) ==
          Strings{"crm-with-haresources"});
}
