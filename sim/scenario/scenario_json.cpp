// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a scenario: JSON with its bases, then each block, then the configuration files of the
// members.
#include <algorithm>
#include <filesystem>

#include "cluster/config.hpp"
#include "cluster_files.hpp"
#include "reader.hpp"

namespace sim {

namespace {

constexpr std::string_view format_name = "failover-scenario/1";

constexpr std::array<std::pair<std::string_view, Implementation>, 2> implementations{
    {{"understudyd", Implementation::understudyd},
     {"heartbeat-3.0.6", Implementation::heartbeat_3_0_6}}};

constexpr std::array<std::pair<std::string_view, ScriptModel::Kind>, 5> script_kinds{
    {{"durations", ScriptModel::Kind::durations_only},
     {"pbx", ScriptModel::Kind::pbx},
     {"bridge-program", ScriptModel::Kind::bridge_program},
     {"sip-pbx", ScriptModel::Kind::sip_pbx},
     {"published-fixrouting", ScriptModel::Kind::published_fixrouting}}};

constexpr std::array<std::pair<std::string_view, ScriptModel::Standby>, 3> standby_kinds{
    {{"cold", ScriptModel::Standby::cold},
     {"warm", ScriptModel::Standby::warm},
     {"hot", ScriptModel::Standby::hot}}};

constexpr std::array<std::pair<std::string_view, ScriptModel::Registrar>, 3> registrar_kinds{
    {{"local", ScriptModel::Registrar::local},
     {"shared", ScriptModel::Registrar::shared},
     {"replicated", ScriptModel::Registrar::replicated}}};

constexpr std::array<std::pair<std::string_view, bool>, 2> trunk_kinds{
    {{"address", false}, {"registration", true}}};
constexpr std::array<std::pair<std::string_view, bool>, 2> rtp_kinds{
    {{"windows", false}, {"packets", true}}};

std::vector<std::string_view> profile_names(const Scenario& scenario) {
    std::vector<std::string_view> names;
    for (const auto& [profile, value] : scenario.profiles) {
        names.emplace_back(profile);
    }
    return names;
}

// ---------------------------------------------------------------- cluster

void read_members(const Cursor& list, Scenario& scenario) {
    const auto servers = ids_of(scenario.topology, {NodeKind::server});
    std::vector<std::string> seen;
    list.each("servers of the topology", [&](const Cursor& item) {
        if (auto member = read_reference(item, servers)) {
            claim_id(item, *member, seen, "member");
            scenario.cluster.members.push_back(std::move(*member));
        } else {
            item.problems().names_lost();
        }
    });
    if (list.json().is_array() && list.json().empty()) {
        list.wrong("at least one server of the topology");
    }
}

void read_sip_pbx(ObjectCursor& object, const Scenario& scenario, ScriptModel& model) {
    if (const auto provider = object.get("provider")) {
        model.provider =
            read_reference(*provider, ids_of(scenario.topology, {NodeKind::sip_provider}))
                .value_or("");
    }
    if (const auto standby = object.get("standby")) {
        model.standby = standby->word(standby_kinds).value_or(model.standby);
    }
    if (const auto registrar = object.get("registrar")) {
        model.registrar = registrar->word(registrar_kinds).value_or(model.registrar);
    }
    if (const auto trunk = object.get("trunk")) {
        model.trunk_registers = trunk->word(trunk_kinds).value_or(false);
    }
    if (const auto retry = object.get("forbidden_retry")) {
        model.forbidden_retry = retry->duration().value_or(model.forbidden_retry);
    }
    if (const auto qualify = object.get("qualify")) {
        model.qualify = qualify->duration().value_or(model.qualify);
    }
    if (const auto qualify = object.get("trunk_qualify")) {
        model.trunk_qualify = qualify->duration().value_or(model.trunk_qualify);
    }
    if (const auto rtp = object.get("rtp")) {
        model.rtp_packets = rtp->word(rtp_kinds).value_or(false);
    }
}

ScriptModel read_script_model(const Cursor& item, const Scenario& scenario) {
    ObjectCursor object(item, "{\"model\": …, \"profile\": …}");
    ScriptModel model;
    std::optional<ScriptModel::Kind> kind;
    if (const auto word =
            object.need("model", "\"model\": \"durations\", \"pbx\", \"sip-pbx\", …")) {
        kind = word->word(script_kinds);
    }
    if (const auto profile = object.need("profile", "\"profile\": a key of profiles")) {
        model.profile = read_reference(*profile, profile_names(scenario)).value_or("");
    }
    if (!kind) {
        return model;
    }
    model.kind = *kind;
    if (model.kind == ScriptModel::Kind::sip_pbx) {
        read_sip_pbx(object, scenario, model);
    }
    if (model.kind == ScriptModel::Kind::pbx || model.kind == ScriptModel::Kind::bridge_program) {
        if (const auto bridge = object.need("bridge", "\"bridge\": a fonebridge of the topology")) {
            model.bridge =
                read_reference(*bridge, ids_of(scenario.topology, {NodeKind::fonebridge}))
                    .value_or("");
        }
    }
    object.finish();
    return model;
}

void read_accepted(const Cursor& list, Scenario& scenario) {
    list.each("{\"rule\": …, \"reason\": …}", [&](const Cursor& item) {
        ObjectCursor object(item, "{\"rule\": …, \"reason\": …}");
        AcceptedFinding accepted;
        if (const auto rule =
                object.need("rule", "\"rule\": the name in brackets behind a warning")) {
            accepted.rule = rule->text().value_or("");
        }
        if (const auto reason = object.need("reason", "\"reason\": why the warning is accepted")) {
            accepted.reason = reason->text().value_or("");
            if (accepted.reason.empty() && reason->json().is_string()) {
                reason->wrong("why the warning is accepted");
            }
        }
        object.finish();
        scenario.cluster.accept_lint.push_back(std::move(accepted));
    });
}

void read_cluster(const Cursor& cursor, Scenario& scenario) {
    ObjectCursor object(cursor, "{\"members\": […], \"directory\": …}");
    if (const auto members = object.need("members", "\"members\": ids of servers")) {
        read_members(*members, scenario);
    }
    if (const auto directory = object.need(
            "directory", "\"directory\": the folder with ha.cf, haresources and authkeys")) {
        scenario.cluster.directory = directory->text().value_or("");
        if (directory->json().is_string() &&
            (scenario.cluster.directory.empty() ||
             scenario.cluster.directory.find('\0') != std::string::npos)) {
            directory->wrong("the path of a folder, relative to the scenario file");
            scenario.cluster.directory.clear();
        }
    }
    if (const auto resources = object.get("resources")) {
        ObjectCursor words(*resources,
                           "an object with a key for each word of haresources that runs a script");
        words.each_key([&](const std::string& word, const Cursor& item) {
            scenario.cluster.resources.emplace(word, read_script_model(item, scenario));
        });
    }
    if (const auto accept = object.get("accept_lint")) {
        read_accepted(*accept, scenario);
    }
    if (const auto implementation = object.get("implementation")) {
        scenario.cluster.implementation =
            read_implementation(*implementation).value_or(Implementation::understudyd);
    }
    object.finish();
}

// ---------------------------------------------------------------- probes

/// Which directions there are follows from the topology: stations and an outside line on the
/// bridge's spans.
ProbeSettings directions_of(const Topology& topology) {
    bool stations = false;
    bool outside = false;
    for (const LinkSpec& link : topology.links) {
        if (link.type != LinkType::t1) {
            continue;
        }
        for (const LinkEnd& end : link.ends) {
            const NodeSpec* node = topology.node(end.node);
            stations = stations || (node != nullptr && node->kind == NodeKind::channel_bank);
            outside = outside || (node != nullptr && node->kind == NodeKind::pstn);
        }
    }
    for (const NodeSpec& node : topology.nodes) {
        stations = stations || node.kind == NodeKind::phones;
        outside = outside || node.kind == NodeKind::sip_provider;
    }
    ProbeSettings probes;
    probes.outward = stations && outside;
    probes.inward = stations && outside;
    probes.station_to_station = stations;
    return probes;
}

void read_probes(const Cursor& cursor, ProbeSettings& probes) {
    ObjectCursor object(cursor, "{\"interval\": …, \"patience\": …}");
    if (const auto interval = object.get("interval")) {
        probes.interval = interval->duration(true).value_or(probes.interval);
    }
    if (const auto patience = object.get("patience")) {
        probes.patience = patience->duration(true).value_or(probes.patience);
    }
    object.finish();
}

// ---------------------------------------------------------------- the whole

void read_head(ObjectCursor& object, Scenario& scenario) {
    (void)object.get("$schema");
    if (const auto format =
            object.need("format", "\"format\": \"" + std::string(format_name) + '"')) {
        if (format->json() != format_name) {
            format->wrong('"' + std::string(format_name) + '"');
        }
    }
    if (const auto id = object.need("id", "\"id\": the scenario's id")) {
        scenario.id = id->id().value_or("");
    }
    if (const auto title = object.need("title", "\"title\": one line that says what happens")) {
        scenario.title = title->text().value_or("");
    }
    if (const auto tags = object.get("tags")) {
        scenario.tags = tags->texts("strings");
    }
    if (const auto stop = object.need(
            "stop_at", "\"stop_at\": the simulated time at which the run ends, such as \"420s\"")) {
        scenario.stop_at = stop->duration(true).value_or(Duration{});
    }
    if (const auto seeds = object.get("seeds")) {
        ObjectCursor entry(*seeds, "{\"campaign\": a whole number}");
        if (const auto campaign = entry.get("campaign")) {
            scenario.campaign_seed =
                static_cast<std::uint64_t>(campaign->integer(0, INT64_MAX).value_or(1));
        }
        entry.finish();
    }
}

void read_blocks(const Cursor& root, Scenario& scenario) {
    ObjectCursor object(root, "a scenario: {\"format\": \"failover-scenario/1\", …}");
    read_head(object, scenario);
    if (const auto topology =
            object.need("topology", "\"topology\": {\"nodes\": […], \"links\": […]}")) {
        read_topology(*topology, scenario.topology);
    }
    if (const auto profiles = object.get("profiles")) {
        read_profiles(*profiles, scenario.profiles);
    }
    if (const auto cluster =
            object.need("cluster", "\"cluster\": {\"members\": […], \"directory\": …}")) {
        read_cluster(*cluster, scenario);
    }
    if (const auto workload = object.get("workload")) {
        read_workload(*workload, scenario);
    }
    scenario.probes = directions_of(scenario.topology);
    if (const auto probes = object.get("probes")) {
        read_probes(*probes, scenario.probes);
    }
    if (const auto timeline =
            object.need("timeline", "\"timeline\": a list of faults and checks")) {
        read_timeline(*timeline, scenario);
    }
    if (const auto soak = object.get("soak")) {
        read_soak(*soak, scenario);
    }
    if (const auto expect = object.get("expect")) {
        read_expectations(*expect, scenario);
    }
    if (const auto invariants = object.get("invariants")) {
        read_invariants(*invariants, scenario);
    }
    object.finish();
}

// ---------------------------------------------------------------- files named by faults

/// Reads the key file of a config.reload. `pointer`: of the entry in the merged value.
void read_keys(ConfigReload& reload,
               const std::string& pointer,
               const DocumentChain& chain,
               Problems& problems,
               std::vector<cluster::Finding>& findings,
               std::vector<NamedText>& texts) {
    const auto origin = chain.origin(pointer + "/authkeys");
    const auto path = (std::filesystem::path(origin.document->file).parent_path() / reload.authkeys)
                          .lexically_normal()
                          .string();
    std::vector<ScenarioError> unreadable;
    auto text = read_whole_file(path, unreadable);
    if (!text) {
        problems.add(pointer + "/authkeys",
                     unreadable.empty() ? "no such file" : unreadable.front().found,
                     "a file of keys, relative to the scenario file");
        return;
    }
    auto parsed = cluster::parse_authkeys(*text, path);
    findings.insert(findings.end(), parsed.findings.begin(), parsed.findings.end());
    reload.keys = std::move(parsed.value);
    texts.push_back({reload.authkeys, std::move(*text)});
}

/// Of timeline and soak. Timeline entries stand sorted by time here; their ids tell which is which.
void read_reloads(Scenario& scenario,
                  const DocumentChain& chain,
                  Problems& problems,
                  std::vector<cluster::Finding>& findings,
                  std::vector<NamedText>& texts) {
    const auto read = [&](TimelineEntry& entry, const std::string& pointer) {
        auto* fault = std::get_if<Fault>(&entry.what);
        auto* reload = fault == nullptr ? nullptr : std::get_if<ConfigReload>(fault);
        if (reload != nullptr && !reload->authkeys.empty()) {
            read_keys(*reload, pointer, chain, problems, findings, texts);
        }
    };
    const Json& written = chain.merged.at("timeline");
    for (TimelineEntry& entry : scenario.timeline) {
        for (std::size_t i = 0; i < written.size(); ++i) {
            if (written[i].at("id") == entry.id) {
                read(entry, "/timeline/" + std::to_string(i));
            }
        }
    }
    for (std::size_t i = 0; scenario.soak && i < scenario.soak->faults.size(); ++i) {
        read(scenario.soak->faults[i].entry, "/soak/faults/" + std::to_string(i));
    }
}

/// Problems of the merged value become errors at the place where the file that wrote it has it.
void place(const std::vector<Problem>& problems,
           const DocumentChain& chain,
           std::vector<ScenarioError>& errors) {
    std::vector<DocumentChain::Origin> origins;
    std::map<const Document*, std::set<std::string, std::less<>>> wanted;
    for (const Problem& problem : problems) {
        origins.push_back(chain.origin(problem.pointer));
        wanted[origins.back().document].insert(origins.back().pointer);
    }
    std::map<const Document*, Located> located;
    for (const auto& [document, pointers] : wanted) {
        located.emplace(document, locate(document->text, pointers));
    }
    std::vector<ScenarioError> placed;
    for (std::size_t i = 0; i < problems.size(); ++i) {
        const auto& origin = origins[i];
        const Located& positions = located.at(origin.document);
        const auto& table = problems[i].at_key && positions.keys.contains(origin.pointer)
                                ? positions.keys
                                : positions.values;
        const auto where = table.find(origin.pointer);
        placed.push_back({origin.document->file,
                          printable(problems[i].pointer),
                          where == table.end() ? 0 : where->second.line,
                          where == table.end() ? 0 : where->second.column,
                          problems[i].found,
                          problems[i].expected});
    }
    std::stable_sort(
        placed.begin(), placed.end(), [](const ScenarioError& a, const ScenarioError& b) {
            return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
        });
    errors.insert(errors.end(), placed.begin(), placed.end());
    if (problems.size() >= Problems::most) {
        errors.push_back({errors.back().file,
                          "",
                          0,
                          0,
                          "more errors than these " + std::to_string(Problems::most),
                          "fewer"});
    }
}

}  // namespace

std::optional<Implementation> read_implementation(const Cursor& cursor) {
    return cursor.word(implementations);
}

ReadScenario read_scenario_text(const std::string& file, std::string_view text) {
    ReadScenario answer;
    auto value = parse_document(file, text, answer.errors);
    if (!value || !answer.errors.empty()) {
        return answer;
    }
    DocumentChain chain;
    chain.documents.push_back({file, std::string(text), *value});
    chain.merged = std::move(*value);
    Scenario scenario;
    scenario.file = file;
    scenario.text = text;
    Problems problems;
    read_blocks(Cursor(chain.merged, "", problems), scenario);
    if (problems.list().empty()) {
        answer.scenario = std::move(scenario);
    } else {
        place(problems.list(), chain, answer.errors);
    }
    return answer;
}

ReadScenario read_scenario(const std::string& path) {
    namespace fs = std::filesystem;
    ReadScenario answer;
    const auto chain = read_chain(path, answer.errors);
    if (!chain) {
        return answer;
    }
    Scenario scenario;
    scenario.file = path;
    scenario.text = chain->documents.front().text;
    Problems problems;
    read_blocks(Cursor(chain->merged, "", problems), scenario);
    std::vector<NamedText> texts;
    for (const Document& document : chain->documents) {
        texts.push_back({fs::path(document.file).filename().string(), document.text});
    }
    // The configuration files are judged even when the scenario is not right, as far as it says
    // which they are.
    if (!scenario.cluster.directory.empty() && !scenario.cluster.members.empty()) {
        const auto origin = chain->origin("/cluster/directory");
        const fs::path base = fs::path(origin.document->file).parent_path();
        const std::string directory =
            (base / scenario.cluster.directory).lexically_normal().string();
        scenario.cluster.directory_path = directory;
        std::error_code ignored;
        if (!fs::is_directory(directory, ignored)) {
            problems.add("/cluster/directory",
                         "no such folder (" + printable(directory) + ")",
                         "a folder with ha.cf, haresources and authkeys");
        } else {
            answer.findings = read_cluster_files(directory, scenario, texts);
            scenario.cluster.findings =
                relative_to(base.lexically_normal().string(), answer.findings);
            if (!cluster::has_errors(answer.findings)) {
                check_cluster_files(Cursor(chain->merged, "", problems), scenario, answer.findings);
            }
        }
    }
    if (problems.list().empty()) {
        read_reloads(scenario, *chain, problems, answer.findings, texts);
    }
    scenario.digest = digest_of(texts);
    if (!problems.list().empty()) {
        place(problems.list(), *chain, answer.errors);
    }
    if (answer.errors.empty() && !cluster::has_errors(answer.findings)) {
        answer.scenario = std::move(scenario);
    }
    return answer;
}

}  // namespace sim
