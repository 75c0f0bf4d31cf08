// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/live_config.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include <net/if.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "linux_host/report_text.hpp"

namespace linux_host {
namespace {

namespace fs = std::filesystem;
using namespace cluster;

class Judge {
  public:
    Judge(NodeConfiguration& out, const RunnerPaths& paths, std::string node)
        : m_out(out), m_paths(paths), m_node(std::move(node)) {}

    void judge() {
        files();
        links();
        resources();
    }

  private:
    void add(Severity severity,
             SourcePosition where,
             std::string rule,
             std::string found,
             std::string expected) {
        m_out.findings.push_back(
            {severity, std::move(where), std::move(rule), std::move(found), std::move(expected)});
    }

    /// These files decide what root executes, and who is believed.
    void files() {
        for (const ConfigSource& source : m_out.sources) {
            struct stat status {};
            if (source.name == "authkeys" && ::lstat(source.path.c_str(), &status) == 0 &&
                S_ISLNK(status.st_mode)) {
                add(Severity::error,
                    {source.path, 0, 0},
                    "symbolic-link",
                    "a symbolic link",
                    "the file itself, so that nobody else decides which keys are used");
            }
            if (auto why = who_else_may_change(source.path); !why.empty()) {
                add(Severity::error,
                    {source.path, 0, 0},
                    "insecure-file",
                    std::move(why),
                    "a file and folders that only root may change");
            }
        }
    }

    void links() {
        for (const LinkConfig& link : m_out.value.ha.links) {
            if (link.kind == LinkKind::serial) {
                if (::access(link.device.c_str(), R_OK | W_OK) != 0) {
                    add(Severity::warning,
                        link.where,
                        "no-such-device",
                        link.device + ": " + std::strerror(errno),
                        "a serial line that is there");
                }
            } else if (::if_nametoindex(link.device.c_str()) == 0) {
                add(Severity::warning,
                    link.where,
                    "no-such-interface",
                    "interface \"" + link.device + "\", which is not there",
                    "an interface of this node");
            }
        }
    }

    void resources() {
        const NodeFiles& value = m_out.value;
        std::set<std::string> judged;
        for (const Binding& binding : resolve_bindings(value.resources, value.settings)) {
            const ResourceWord& word =
                value.resources.groups[static_cast<std::size_t>(binding.resource.group)]
                    .resources[binding.resource.position];
            const auto bound = value.settings.bindings.find(word.script);
            const bool named =
                bound != value.settings.bindings.end() && !bound->second.name.empty();
            if (binding.kind == BindingKind::systemd_unit) {
                enabled_at_boot(word, named ? bound->second.name : word.script);
            }
            if (binding.kind != BindingKind::script && binding.kind != BindingKind::ocf_agent) {
                continue;
            }
            const AgentCall call = find_agent(m_paths,
                                              m_node,
                                              binding.kind,
                                              named ? bound->second.name : word.script,
                                              word.arguments,
                                              {},
                                              AgentOp::status);
            if (call.error != 0 && judged.insert(word.script).second) {
                add(Severity::error,
                    word.where,
                    "unusable-script",
                    call.problem,
                    "a script that can be run");
            }
        }
    }

    /// A unit that the boot starts, too, runs on both nodes.
    void enabled_at_boot(const ResourceWord& word, const std::string& unit) {
        for (const char* const folder : {"/etc/systemd/system/multi-user.target.wants/",
                                         "/etc/systemd/system/graphical.target.wants/"}) {
            std::error_code problem;
            if (fs::is_symlink(folder + unit, problem)) {
                add(Severity::warning,
                    word.where,
                    "enabled-at-boot",
                    "unit " + unit + ", which is enabled: both nodes start it at boot",
                    "systemctl disable " + unit);
            }
        }
    }

    NodeConfiguration& m_out;
    const RunnerPaths& m_paths;
    std::string m_node;
};

}  // namespace

std::string own_node_name() {
    utsname names{};
    ::uname(&names);
    std::string name = names.nodename;
    std::ranges::transform(
        name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name;
}

LiveConfig
read_live_config(const std::string& directory, const std::string& node, const RunnerPaths& paths) {
    DirectoryOptions options;
    options.live = true;
    LiveConfig config{read_config_directory(directory, node, options)};
    if (!config.files.sources.empty()) {
        Judge(config.files, paths, node).judge();
    }
    return config;
}

int running_heartbeat() {
    std::error_code problem;
    const fs::path own_net = fs::read_symlink("/proc/self/ns/net", problem);
    for (const auto& entry : fs::directory_iterator("/proc", problem)) {
        const std::string name = entry.path().filename();
        if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; })) {
            continue;
        }
        const fs::path program = fs::read_symlink(entry.path() / "exe", problem);
        if (!problem && program.filename() == "heartbeat" &&
            fs::read_symlink(entry.path() / "ns/net", problem) == own_net) {
            return std::stoi(name);
        }
    }
    return 0;
}

std::string
bindings_text(const NodeFiles& files, const RunnerPaths& paths, const std::string& node) {
    static constexpr std::array kinds{"address",
                                      "source address",
                                      "script",
                                      "bridge switch",
                                      "source fix-up",
                                      "systemd unit",
                                      "OCF agent"};
    std::string out;
    std::size_t last = files.resources.groups.size();
    for (const Binding& binding : resolve_bindings(files.resources, files.settings)) {
        const auto group = static_cast<std::size_t>(binding.resource.group);
        if (group != last) {
            out += "group " + files.resources.groups[group].resources.front().text + ", prefers " +
                   files.resources.groups[group].node + "\n";
            last = group;
        }
        const ResourceWord& word =
            files.resources.groups[group].resources[binding.resource.position];
        out += "  " + binding.word + ": " + kinds[static_cast<std::size_t>(binding.kind)] + ", " +
               binding.detail;
        if (binding.kind == BindingKind::script) {
            const AgentCall call = find_agent(
                paths, node, binding.kind, word.script, word.arguments, {}, AgentOp::status);
            out += call.error == 0 ? " (" + call.argv.front() + ")" : " (" + call.problem + ")";
        }
        out += '\n';
    }
    return out;
}

}  // namespace linux_host
