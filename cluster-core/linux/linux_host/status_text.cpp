// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/status_text.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>

#include "linux_host/report_text.hpp"

namespace linux_host {
namespace {

using namespace cluster;
using nlohmann::ordered_json;

std::string resource_name(const NodeFiles& files, std::size_t group, std::size_t position) {
    return files.resources.groups.at(group).resources.at(position).text;
}

/// Seconds since the last status message; negative: none yet.
double age(const PeerStatus& peer) {
    if (peer.last_status == Instant{}) {
        return -1;
    }
    return static_cast<double>((boot_time() - peer.last_status).count()) / 1e9;
}

std::string wall_text(WallSeconds wall) {
    const auto seconds = static_cast<std::time_t>(wall);
    std::tm broken{};
    gmtime_r(&seconds, &broken);
    std::array<char, 32> out{};
    std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%SZ", &broken);
    return out.data();
}

/// A label value of the metrics format.
std::string label_value(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\\' || c == '"') {
            out += '\\';
        }
        out += c == '\n' ? ' ' : c;
    }
    return out + '"';
}

}  // namespace

std::string status_text(const Driver& driver) {
    const NodeStatus now = driver.status();
    const NodeFiles& files = driver.files();
    std::string out = "node " + now.node + ": " + std::string{word(now.phase)} +
                      (now.stable ? ", stable" : ", not settled") + ", generation " +
                      std::to_string(now.generation) + "\n";
    for (const PeerStatus& peer : now.peers) {
        out += "peer " + peer.node + ": " + std::string{word(peer.state)};
        if (!peer.announced_status.empty()) {
            std::array<char, 64> last{};
            std::snprintf(last.data(), last.size(), ", heard %.3f s ago", age(peer));
            out += ", says \"" + peer.announced_status + "\"" + last.data();
        }
        out += '\n';
        for (std::size_t i = 0; i < peer.links_up.size() && i < files.ha.links.size(); ++i) {
            out += "  link " + link_name(files.ha.links[i]) +
                   (peer.links_up[i] ? ": up\n" : ": down\n");
        }
    }
    for (std::size_t i = 0; i < now.ping_targets_up.size() && i < files.ha.ping_targets.size();
         ++i) {
        out += "ping " + files.ha.ping_targets[i].name +
               (now.ping_targets_up[i] ? ": answers\n" : ": silent\n");
    }
    for (std::size_t g = 0; g < now.groups.size(); ++g) {
        const GroupStatus& group = now.groups[g];
        out += "group " + group.key + ": " + std::string{word(group.role)} + " (prefers " +
               group.preferred_node + ")\n";
        for (std::size_t i = 0; i < group.resources.size(); ++i) {
            out += "  " + resource_name(files, g, i) + ": " +
                   std::string{word(group.resources[i])} + '\n';
        }
    }
    return out;
}

std::string status_json(const Driver& driver) {
    const NodeStatus now = driver.status();
    const NodeFiles& files = driver.files();
    ordered_json out;
    out["format"] = "understudy-status/1";
    out["node"] = now.node;
    out["phase"] = word(now.phase);
    out["stable"] = now.stable;
    out["generation"] = now.generation;
    out["holds_local"] = now.holds_local;
    out["holds_foreign"] = now.holds_foreign;
    out["peers"] = ordered_json::array();
    for (const PeerStatus& peer : now.peers) {
        ordered_json entry;
        entry["node"] = peer.node;
        entry["state"] = word(peer.state);
        entry["announced_status"] = peer.announced_status;
        entry["announced_dt_ms"] =
            std::chrono::duration_cast<std::chrono::milliseconds>(peer.announced_dt).count();
        entry["heard_s_ago"] =
            peer.last_status == Instant{} ? ordered_json{} : ordered_json(age(peer));
        entry["generation"] = peer.generation;
        entry["missing"] = peer.missing;
        for (std::size_t i = 0; i < peer.links_up.size() && i < files.ha.links.size(); ++i) {
            entry["links"][link_name(files.ha.links[i])] = static_cast<bool>(peer.links_up[i]);
        }
        out["peers"].push_back(std::move(entry));
    }
    out["ping"] = ordered_json::object();
    for (std::size_t i = 0; i < now.ping_targets_up.size() && i < files.ha.ping_targets.size();
         ++i) {
        out["ping"][files.ha.ping_targets[i].name] = static_cast<bool>(now.ping_targets_up[i]);
    }
    out["groups"] = ordered_json::array();
    for (std::size_t g = 0; g < now.groups.size(); ++g) {
        const GroupStatus& group = now.groups[g];
        ordered_json entry;
        entry["group"] = group.key;
        entry["preferred_node"] = group.preferred_node;
        entry["role"] = word(group.role);
        entry["resources"] = ordered_json::array();
        for (std::size_t i = 0; i < group.resources.size(); ++i) {
            entry["resources"].push_back(
                {{"resource", resource_name(files, g, i)}, {"state", word(group.resources[i])}});
        }
        out["groups"].push_back(std::move(entry));
    }
    return out.dump(2) + "\n";
}

std::string metrics_text(const Driver& driver) {
    const NodeStatus now = driver.status();
    const DriverCounters own = driver.counters();
    std::string out;
    const auto family = [&](std::string_view name, std::string_view type, std::string_view help) {
        out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
        out.append(name).append(" ").append(type).append("\n");
    };
    const auto value = [&](std::string_view name, const std::string& labels, auto number) {
        out.append(name);
        if (!labels.empty()) {
            out.append("{").append(labels).append("}");
        }
        out.append(" ").append(std::to_string(number)).append("\n");
    };
    family("understudy_peer_up", "gauge", "1 while the peer is heard, also when late");
    for (const PeerStatus& peer : now.peers) {
        value("understudy_peer_up",
              "peer=" + label_value(peer.node),
              peer.state == PeerState::up || peer.state == PeerState::late ? 1 : 0);
    }
    family("understudy_peer_silence_seconds",
           "gauge",
           "Time since the last status message of the peer");
    for (const PeerStatus& peer : now.peers) {
        if (peer.last_status != Instant{}) {
            value("understudy_peer_silence_seconds", "peer=" + label_value(peer.node), age(peer));
        }
    }
    family("understudy_group_active", "gauge", "1 while the group is complete on this node");
    for (const GroupStatus& group : now.groups) {
        value("understudy_group_active",
              "group=" + label_value(group.key),
              group.role == GroupRole::active ? 1 : 0);
    }
    family("understudy_group_fault", "gauge", "1 while the group has failed on this node");
    for (const GroupStatus& group : now.groups) {
        value("understudy_group_fault",
              "group=" + label_value(group.key),
              group.role == GroupRole::fault ? 1 : 0);
    }
    const auto counter = [&](std::string_view name, std::uint64_t number, std::string_view help) {
        family(name, "counter", help);
        value(name, {}, number);
    };
    counter("understudy_received_total", now.counters.received, "Datagrams received");
    counter("understudy_accepted_total", now.counters.accepted, "Messages verified and used");
    counter("understudy_sent_total", now.counters.sent, "Messages sent");
    counter("understudy_retransmitted_total", now.counters.retransmitted, "Messages sent again");
    counter("understudy_send_failures_total", own.send_failures, "Datagrams the kernel refused");
    counter("understudy_restored_total",
            own.restored,
            "Addresses and route sources that others removed, put back");
    counter(
        "understudy_log_lines_dropped_total", dropped_log_lines(), "Lines the log did not take");
    family("understudy_refused_total", "counter", "Packets refused, by reason");
    for (std::size_t i = 0; i < now.counters.bad.size(); ++i) {
        value("understudy_refused_total",
              "reason=" + label_value(word(static_cast<BadPacketKind>(i))),
              now.counters.bad[i]);
    }
    return out;
}

std::string history_text(const Driver& driver, bool json) {
    std::string out;
    for (const HistoryEntry& entry : driver.history().entries()) {
        if (json) {
            ordered_json line;
            line["boot_ns"] = entry.at.time_since_epoch().count();
            line["wall"] = wall_text(entry.wall);
            line["level"] = static_cast<int>(entry.level);
            line["kind"] = entry.kind;
            line["text"] = entry.text;
            out += line.dump() + "\n";
        } else {
            out += wall_text(entry.wall) + "  " + entry.text + "\n";
        }
    }
    return out;
}

}  // namespace linux_host
