// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/fencing_call.hpp"

#include <algorithm>
#include <cerrno>
#include <sstream>

#include <unistd.h>

namespace linux_host {

AgentCall fencing_call(const std::vector<cluster::StonithConfig>& devices,
                       const std::string& own_node,
                       const std::string& victim) {
    AgentCall call;
    call.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
    const auto device = std::ranges::find_if(devices, [&](const cluster::StonithConfig& d) {
        return d.host.empty() || d.host == "*" || d.host == own_node;
    });
    if (device == devices.end()) {
        call.error = ENODEV;
        call.problem = "no stonith or stonith_host line for this node";
        return call;
    }
    if (device->type.starts_with("fence_") && device->type.find('/') == std::string::npos) {
        call.argv = {"/usr/sbin/" + device->type};
        std::istringstream words{device->parameters};
        for (std::string word; words >> word;) {
            call.argv.push_back("--" + word);
        }
        call.argv.insert(call.argv.end(), {"--plug=" + victim, "--action=reboot"});
    } else if (device->host.empty()) {
        call.argv = {"/usr/sbin/stonith",
                     "-t",
                     device->type,
                     "-F",
                     device->parameters,
                     "-T",
                     "reset",
                     victim};
    } else {
        call.argv = {"/usr/sbin/stonith",
                     "-t",
                     device->type,
                     "-p",
                     device->parameters,
                     "-T",
                     "reset",
                     victim};
    }
    if (::access(call.argv.front().c_str(), X_OK) != 0) {
        call.error = errno;
        call.problem = call.argv.front() + " cannot be run";
    }
    return call;
}

}  // namespace linux_host
