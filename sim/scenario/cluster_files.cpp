// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include <nettle/sha2.h>

#include "cluster/config.hpp"
#include "cluster/config_directory.hpp"
#include "cluster/settings_json.hpp"

namespace sim {

namespace {

/// What can be read; what cannot is for the reader of the directory to report.
void collect(const std::filesystem::path& directory,
             const std::string& prefix,
             std::vector<NamedText>& texts) {
    for (const std::string& name : cluster::config_file_names()) {
        const std::filesystem::path path = directory / name;
        std::error_code ignored;
        std::vector<ScenarioError> unreadable;
        if (std::filesystem::is_regular_file(path, ignored)) {
            if (auto text = read_whole_file(path.string(), unreadable)) {
                texts.push_back({prefix + name, std::move(*text)});
            }
        }
    }
}

/// Words of haresources of any member, and which of them run a script somewhere.
struct Words {
    std::set<std::string> all;  ///< scripts and texts, as start orders and models name them
    std::set<std::string> scripts;
};

Words words_of(const ClusterSpec& cluster) {
    Words words;
    for (const auto& [member, files] : cluster.files) {
        for (const auto& group : files.resources.groups) {
            for (const auto& word : group.resources) {
                words.all.insert(word.text);
                words.all.insert(word.script);
            }
        }
        for (const auto& binding : cluster::resolve_bindings(files.resources, files.settings)) {
            const auto& group =
                files.resources.groups[static_cast<std::size_t>(binding.resource.group)];
            if (binding.kind == cluster::BindingKind::script ||
                binding.kind == cluster::BindingKind::systemd_unit ||
                binding.kind == cluster::BindingKind::ocf_agent) {
                words.scripts.insert(group.resources[binding.resource.position].script);
            }
        }
    }
    return words;
}

std::vector<std::string_view> views(const std::set<std::string>& words) {
    return {words.begin(), words.end()};
}

Cursor child(const Cursor& cursor, const std::string& key) {
    return {cursor.json().at(key),
            cursor.pointer() + '/' + escape_pointer_token(key),
            cursor.problems()};
}

void check_members(const Cursor& members, const ClusterSpec& cluster) {
    std::set<std::string> strangers;
    for (const auto& [member, files] : cluster.files) {
        for (const std::string& node : files.ha.nodes) {
            if (std::find(cluster.members.begin(), cluster.members.end(), node) ==
                cluster.members.end()) {
                strangers.insert(node);
            }
        }
    }
    for (const std::string& node : strangers) {
        members.wrong("no member \"" + printable(node) + '"', "every node of ha.cf");
    }
}

void check_models(const Cursor& cluster_cursor, const ClusterSpec& cluster, const Words& words) {
    for (const std::string& script : words.scripts) {
        if (!cluster.resources.contains(script)) {
            const std::string pointer_owner =
                cluster_cursor.json().contains("resources") ? "/resources" : "";
            cluster_cursor.problems().add(cluster_cursor.pointer() + pointer_owner,
                                          "no model of the script \"" + printable(script) + '"',
                                          "\"" + printable(script) +
                                              "\": {\"model\": \"durations\", \"profile\": …}");
        }
    }
    for (const auto& [word, model] : cluster.resources) {
        if (!words.all.contains(word)) {
            child(child(cluster_cursor, "resources"), word)
                .wrong("a model of \"" + printable(word) + '"',
                       "a word of haresources: " + quoted_list(views(words.all)));
        }
    }
}

void check_accepted(const Cursor& cluster_cursor,
                    const ClusterSpec& cluster,
                    const std::vector<cluster::Finding>& findings) {
    std::set<std::string> rules;
    for (const auto& finding : findings) {
        rules.insert(finding.rule);
    }
    for (std::size_t i = 0; i < cluster.accept_lint.size(); ++i) {
        const std::string& rule = cluster.accept_lint[i].rule;
        if (rule.empty() || rules.contains(rule)) {
            continue;
        }
        const Cursor list = child(cluster_cursor, "accept_lint");
        Cursor(list.json()[i], list.pointer() + '/' + std::to_string(i), list.problems())
            .wrong("\"" + printable(rule) + "\", which no finding has",
                   rules.empty() ? "no entry: the files have no findings"
                                 : "one of " + quoted_list(views(rules)));
    }
}

void check_start_orders(const Cursor& root, const Words& words) {
    const auto expect = root.json().find("expect");
    if (expect == root.json().end() || !expect->is_array()) {
        return;
    }
    std::size_t i = 0;
    for (const Json& entry : *expect) {
        const auto sequence = entry.is_object() ? entry.find("sequence") : entry.end();
        if (sequence != entry.end() && sequence->is_array()) {
            std::size_t j = 0;
            for (const Json& word : *sequence) {
                if (word.is_string() && !words.all.contains(word.get_ref<const std::string&>())) {
                    Cursor(word,
                           "/expect/" + std::to_string(i) + "/sequence/" + std::to_string(j),
                           root.problems())
                        .wrong_word(views(words.all));
                }
                ++j;
            }
        }
        ++i;
    }
}

/// Faults of resources name a word, too.
void check_resources(const Cursor& list, const Words& words) {
    for (std::size_t i = 0; i < list.json().size(); ++i) {
        const Json& entry = list.json()[i];
        const auto resource = entry.find("resource");
        if (resource != entry.end() &&
            !words.all.contains(resource->get_ref<const std::string&>())) {
            Cursor(
                *resource, list.pointer() + '/' + std::to_string(i) + "/resource", list.problems())
                .wrong_word(views(words.all));
        }
    }
}

}  // namespace

std::vector<cluster::Finding> read_cluster_files(const std::string& directory,
                                                 Scenario& scenario,
                                                 std::vector<NamedText>& texts) {
    std::vector<cluster::Finding> findings;
    const auto same = [](const cluster::Finding& a, const cluster::Finding& b) {
        return a.where == b.where && a.rule == b.rule && a.found == b.found;
    };
    cluster::DirectoryOptions options;
    options.default_bindings = cluster::simulator_default_bindings();
    collect(directory, "", texts);
    for (const std::string& member : scenario.cluster.members) {
        collect(std::filesystem::path(directory) / member, member + '/', texts);
        cluster::NodeConfiguration configuration =
            cluster::read_config_directory(directory, member, options);
        for (cluster::Finding& finding :
             configuration.findings) {  // a shared file is read once for each member
            if (std::none_of(findings.begin(), findings.end(), [&](const cluster::Finding& known) {
                    return same(known, finding);
                })) {
                findings.push_back(std::move(finding));
            }
        }
        scenario.cluster.files[member] = std::move(configuration.value);
    }
    return findings;
}

std::vector<cluster::Finding> relative_to(const std::string& base,
                                          std::vector<cluster::Finding> findings) {
    for (cluster::Finding& finding : findings) {
        const std::filesystem::path path =
            std::filesystem::path(finding.where.file).lexically_relative(base.empty() ? "." : base);
        if (!path.empty()) {
            finding.where.file = path.generic_string();
        }
    }
    return findings;
}

void check_cluster_files(const Cursor& root,
                         const Scenario& scenario,
                         const std::vector<cluster::Finding>& findings) {
    const Cursor cluster_cursor = child(root, "cluster");
    const Words words = words_of(scenario.cluster);
    check_members(child(cluster_cursor, "members"), scenario.cluster);
    check_models(cluster_cursor, scenario.cluster, words);
    check_accepted(cluster_cursor, scenario.cluster, findings);
    check_start_orders(root, words);
    if (root.problems().list().empty()) {
        check_resources(child(root, "timeline"), words);
        if (scenario.soak) {
            check_resources(child(child(root, "soak"), "faults"), words);
        }
    }
}

std::string digest_of(const std::vector<NamedText>& texts) {
    sha256_ctx context;
    sha256_init(&context);
    const auto update = [&](const std::string& bytes) {
        sha256_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
    };
    for (const NamedText& text : texts) {
        update(text.name + '\0' + std::to_string(text.text.size()) + '\0');
        update(text.text);
    }
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
    sha256_digest(&context, digest.size(), digest.data());
    std::string hex;
    for (const std::uint8_t byte : digest) {
        hex += "0123456789abcdef"[byte >> 4U];
        hex += "0123456789abcdef"[byte & 15U];
    }
    return hex;
}

}  // namespace sim
