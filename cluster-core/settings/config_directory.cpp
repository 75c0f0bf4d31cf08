// SPDX-License-Identifier: GPL-2.0-or-later
// Finds, reads and joins the configuration files of one node. Grammar and meaning are the parsers'
// business.
#include "cluster/config_directory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "../src/config/text.hpp"
#include "cluster/settings_json.hpp"

namespace cluster {

namespace {

namespace fs = std::filesystem;
using text::quote;

constexpr std::uintmax_t largest_file = 4U * 1024 * 1024;

class DirectoryReader {
  public:
    DirectoryReader(fs::path directory,
                    std::string node,
                    const DirectoryOptions& options,
                    NodeConfiguration& out)
        : m_directory(std::move(directory)), m_node(std::move(node)), m_options(options),
          m_out(out) {}

    void read();

  private:
    struct File {
        std::string text;
        std::string shown;
        fs::path path;
    };

    void
    add(Severity, std::string file, std::string_view rule, std::string found, std::string expected);
    void missing(const std::string& name, const std::string& why);
    [[nodiscard]] std::string shown(const std::string& name, bool overlay) const;
    /// Nullopt and no finding when the file is in neither place; nullopt and a finding when it
    /// cannot be read.
    std::optional<File> open(const std::string& name, bool& present);
    std::optional<File> required(const std::string& name, const std::string& why);
    template <class T>
    void take(Parsed<T>&& parsed, T& value);
    void judge_key_mode(const File&);
    void judge_unused_bindings(const std::set<std::string>& explicit_words);
    [[nodiscard]] std::string bridge_word() const;

    fs::path m_directory;
    std::string m_node;
    const DirectoryOptions& m_options;
    NodeConfiguration& m_out;
};

void DirectoryReader::add(Severity severity,
                          std::string file,
                          std::string_view rule,
                          std::string found,
                          std::string expected) {
    m_out.findings.push_back({severity,
                              {std::move(file), 0, 0},
                              std::string(rule),
                              std::move(found),
                              std::move(expected)});
}

std::string DirectoryReader::shown(const std::string& name, bool overlay) const {
    const fs::path base = m_options.shown_as.empty() ? m_directory : fs::path(m_options.shown_as);
    return (overlay ? base / m_node / name : base / name).generic_string();
}

std::optional<DirectoryReader::File> DirectoryReader::open(const std::string& name, bool& present) {
    for (const bool overlay : {true, false}) {
        const auto path = overlay ? m_directory / m_node / name : m_directory / name;
        std::error_code problem;
        const auto status = fs::status(path, problem);
        if (status.type() == fs::file_type::not_found) {
            continue;
        }
        present = true;
        const auto unreadable = [&](std::string found) {
            add(Severity::error,
                shown(name, overlay),
                "unreadable-file",
                std::move(found),
                "a readable file");
            return std::nullopt;
        };
        if (problem) {
            return unreadable(problem.message());
        }
        if (status.type() != fs::file_type::regular) {
            // A pipe or a device would block or never end.
            return unreadable(status.type() == fs::file_type::directory
                                  ? "a directory"
                                  : "something that is no regular file");
        }
        File file;
        file.path = path;
        file.shown = shown(name, overlay);
        errno = 0;
        std::ifstream in(path, std::ios::binary);
        if (!in) {
            return unreadable(errno != 0 ? std::generic_category().message(errno)
                                         : "a file that cannot be opened");
        }
        std::array<char, 65536> block;
        while (in && file.text.size() <= largest_file) {
            in.read(block.data(), block.size());
            file.text.append(block.data(), static_cast<std::size_t>(in.gcount()));
        }
        if (in.bad()) {
            return unreadable("a read error");
        }
        if (file.text.size() > largest_file) {
            return unreadable("more than 4 MiB");
        }
        m_out.sources.push_back({name, file.shown, overlay});
        return file;
    }
    present = false;
    return std::nullopt;
}

void DirectoryReader::missing(const std::string& name, const std::string& why) {
    add(Severity::error,
        shown(name, false),
        "missing-file",
        "no file " + name,
        why + " (looked for " + shown(name, true) + " too)");
}

std::optional<DirectoryReader::File> DirectoryReader::required(const std::string& name,
                                                               const std::string& why) {
    bool present = false;
    auto file = open(name, present);
    if (!present) {
        missing(name, why);
    }
    return file;
}

template <class T>
void DirectoryReader::take(Parsed<T>&& parsed, T& value) {
    value = std::move(parsed.value);
    m_out.findings.insert(m_out.findings.end(),
                          std::make_move_iterator(parsed.findings.begin()),
                          std::make_move_iterator(parsed.findings.end()));
}

void DirectoryReader::judge_key_mode(const File& file) {
    // heartbeat refuses a key file that group or others may read, and nothing else (measured with
    // 1:3.0.6-13).
    std::error_code problem;
    const auto mode = fs::status(file.path, problem).permissions();
    if (problem || (mode & (fs::perms::group_read | fs::perms::others_read)) == fs::perms::none) {
        return;
    }
    add(m_options.live ? Severity::error : Severity::note,
        file.shown,
        "authkeys-mode",
        "a file that group or others may read",
        m_options.live ? "mode 600: heartbeat does not start with it"
                       : "mode 600 once it is on a node");
}

std::string DirectoryReader::bridge_word() const {
    for (const auto& binding : resolve_bindings(m_out.value.resources, m_out.value.settings)) {
        if (binding.kind == BindingKind::bridge_switch) {
            return binding.word;
        }
    }
    return {};
}

void DirectoryReader::judge_unused_bindings(const std::set<std::string>& explicit_words) {
    std::set<std::string> used;
    for (const auto& group : m_out.value.resources.groups) {
        for (const auto& resource : group.resources) {
            used.insert(resource.script);
        }
    }
    const auto source =
        std::find_if(m_out.sources.begin(), m_out.sources.end(), [](const ConfigSource& s) {
            return s.name == "understudy.json";
        });
    for (const auto& word : explicit_words) {
        if (!used.contains(word) && source != m_out.sources.end()) {
            const auto near = text::nearest(word, {used.begin(), used.end()});
            add(Severity::warning,
                source->path,
                "unused-binding",
                text::printable("/bindings/" + word) + ": no such word in haresources",
                near.empty() ? std::string("a word of haresources") : quote(near));
        }
    }
}

void DirectoryReader::read() {
    auto& value = m_out.value;
    if (m_node.empty() || m_node == "." || m_node == ".." ||
        m_node.find_first_of(std::string_view("/\0", 2)) != std::string::npos) {
        add(Severity::error,
            shown("", false),
            "bad-node-name",
            "node " + quote(m_node),
            "a node name");
        return;
    }
    std::error_code problem;
    if (!fs::is_directory(m_directory, problem)) {
        add(Severity::error,
            m_options.shown_as.empty() ? m_directory.generic_string() : m_options.shown_as,
            "missing-directory",
            problem ? problem.message() : "no directory",
            "a directory with ha.cf, haresources and authkeys");
        return;
    }

    if (const auto file = required("ha.cf", "ha.cf of the cluster")) {
        take(parse_ha_cf(file->text, file->shown, m_node), value.ha);
    }
    if (const auto file = required("haresources", "haresources of the cluster")) {
        take(parse_haresources(file->text, file->shown, value.ha.nodes), value.resources);
        if (value.ha.crm) {
            add(Severity::error,
                file->shown,
                "crm-with-haresources",
                "haresources next to crm on in ha.cf",
                "crm off: heartbeat does not read this file with it, and nothing would be taken "
                "over");
        }
    }
    bool present = false;
    if (const auto file = open("authkeys", present)) {
        take(parse_authkeys(file->text, file->shown), value.keys);
        judge_key_mode(*file);
    } else if (!present && m_options.live) {
        missing("authkeys", "authkeys of the cluster");
    } else if (!present) {
        // A repository rightly keeps no secret. A rehearsal only needs that all nodes have the same
        // one.
        value.keys.sending_index = 1;
        value.keys.keys[1] = AuthKey{AuthMethod::sha1, "rehearsal"};
        add(Severity::note,
            shown("authkeys", false),
            "missing-file",
            "no file authkeys",
            "one on each node; rehearsed with a sha1 key of our own");
    }

    std::set<std::string> explicit_words;
    if (const auto file = open("understudy.json", present)) {
        take(parse_settings_json(file->text, file->shown), value.settings);
        for (const auto& [word, binding] : value.settings.bindings) {
            explicit_words.insert(word);
        }
    }
    add_default_bindings(value.settings, m_options.default_bindings);
    judge_unused_bindings(explicit_words);

    const auto word = bridge_word();
    if (const auto file = open("redfone.conf", present)) {
        RedfoneConfig redfone;
        take(parse_redfone_conf(file->text, file->shown), redfone);
        value.redfone = std::move(redfone);
    } else if (!present && !word.empty()) {
        missing("redfone.conf",
                "it, as the word " + quote(word) + " of haresources is bound to the bridge switch");
    }
}

}  // namespace

const std::vector<std::string>& config_file_names() {
    static const std::vector<std::string> names{
        "ha.cf", "haresources", "authkeys", "understudy.json", "redfone.conf"};
    return names;
}

NodeConfiguration read_config_directory(const fs::path& directory,
                                        const std::string& node,
                                        const DirectoryOptions& options) {
    NodeConfiguration out;
    DirectoryReader(directory, node, options, out).read();
    return out;
}

}  // namespace cluster
