// SPDX-License-Identifier: GPL-2.0-or-later
// The analysis as people read it: what ends all calls first, then why, then all that was looked at.
#include "analysis/analysis_report.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "analysis/system_parts.hpp"
#include "report/page.hpp"
#include "scenario/quantities.hpp"

namespace sim::analysis {

namespace {

struct Cell {
    std::string text;
    Style style = Style::plain;
};
using Row = std::vector<Cell>;

/// Columns as wide as their widest cell; the last one is not padded.
class Table {
  public:
    void add(Row row) { m_rows.push_back({std::move(row), {}}); }
    /// Said below the row that was added last.
    void note(std::string text, Style style) {
        m_rows.back().notes.push_back({std::move(text), style});
    }
    void print(Page& page) const {
        std::vector<std::size_t> widths;
        for (const Line& line : m_rows) {
            widths.resize(std::max(widths.size(), line.row.size()), 0);
            for (std::size_t c = 0; c < line.row.size(); ++c) {
                widths[c] = std::max(widths[c], columns_of(line.row[c].text));
            }
        }
        for (const Line& line : m_rows) {
            std::string text = " ";
            for (std::size_t c = 0; c < line.row.size(); ++c) {
                const Cell& cell = line.row[c];
                text += ' ' + page.styled(cell.style, cell.text);
                if (c + 1 < line.row.size()) {
                    text += std::string(widths[c] + 1 - columns_of(cell.text), ' ');
                }
            }
            text.erase(text.find_last_not_of(' ') + 1);
            page.paragraph(text, widths.empty() ? 4 : widths[0] + 4);
            for (const Cell& note : line.notes) {
                page.paragraph("      " + page.styled(note.style, note.text), 8);
            }
        }
    }

  private:
    struct Line {
        Row row;
        std::vector<Cell> notes;
    };
    std::vector<Line> m_rows;
};

Row header(std::initializer_list<std::string_view> names) {
    Row row;
    for (const std::string_view name : names) {
        row.push_back({std::string(name), Style::faint});
    }
    return row;
}

std::string ids(const SystemModel& model,
                const std::vector<ComponentId>& components,
                std::string_view between = ", ") {
    std::string text;
    for (const ComponentId c : components) {
        text += std::string(text.empty() ? "" : between) + model.components()[c].id;
    }
    return text;
}

std::string count(std::size_t number, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string ways_text(const std::optional<std::size_t>& ways) {
    return !ways ? "no limit" : *ways == 0 ? "none" : std::to_string(*ways);
}

Style style_of(const std::optional<std::size_t>& ways) {
    return !ways || *ways > 1 ? Style::good : *ways == 1 ? Style::warning : Style::bad;
}

void title(Page& page, const SystemModel& model, const Analysis& analysis) {
    page.line(page.styled(
        Style::strong,
        fit(analysis.title.empty() ? analysis.scenario_id : analysis.title, page_width)));
    std::size_t devices = 0;
    std::size_t cables = 0;
    for (const Component& component : model.components()) {
        devices += component.kind == Component::Kind::node ? 1U : 0U;
        cables += component.kind == Component::Kind::link ? 1U : 0U;
    }
    page.line(page.styled(Style::faint,
                          fmt::format("analysis of {} · {} · {}, {}, {}",
                                      analysis.scenario_id,
                                      analysis.implementation,
                                      count(devices, "device", "devices"),
                                      count(cables, "cable", "cables"),
                                      count(model.supplies().size(), "supply", "supplies"))));
    page.line();
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

bool was_simulated(const std::vector<FailureResult>& results) {
    return std::any_of(results.begin(), results.end(), [](const FailureResult& result) {
        return result.simulated && result.simulated->not_simulated.empty();
    });
}

bool has_telephones(const Analysis& analysis) {
    return !analysis.singles.empty() &&
           std::any_of(analysis.singles.front().outlook.directions.begin(),
                       analysis.singles.front().outlook.directions.end(),
                       [](const Reach& reach) { return reach.kind == Ways::Kind::calls; });
}

/// "fb1 (foneBRIDGE)", "psu1 (feeds asterisk1 and asterisk2)"
std::string with_what(const SystemModel& model, ComponentId c) {
    const Component& component = model.components()[c];
    if (component.kind == Component::Kind::supply) {
        for (const PowerSupply& supply : model.supplies()) {
            if (supply.id == component.id && !supply.feeds.empty()) {
                return fmt::format("{} (feeds {})", component.id, listed(supply.feeds));
            }
        }
    }
    return fmt::format("{} ({})", component.id, component.what);
}

/// The headline that a single failure belongs under, worst first.
std::pair<Style, std::string> headline(const FailureResult& result, bool simulated) {
    const std::string within = simulated ? " within 20 s" : "";
    switch (calls_in_time(result)) {
    case InTime::never:
        return {Style::bad, "NO CALL" + within};
    case InTime::always:
        return {Style::good, "ALL CALLS" + within};
    case InTime::partly:
        break;
    }
    std::string lost;
    bool some_stations = false;
    for (const Reach& reach : result.outlook.directions) {
        if (reach.kind == Ways::Kind::calls) {
            some_stations = some_stations || (!reach.none() && !reach.all());
            if (direction_in_time(result, reach) == InTime::never) {
                lost += (lost.empty() ? "" : " or ") + reach.direction;
            }
        }
    }
    if (!lost.empty()) {
        return {Style::bad, "NO " + upper(lost) + " CALL" + within};
    }
    return {Style::warning,
            some_stations ? "SOME STATIONS CUT OFF" : "NOT WITH EVERY SEED" + within};
}

void verdict(Page& page, const SystemModel& model, const Analysis& analysis) {
    const bool simulated = was_simulated(analysis.singles);
    const bool telephones = has_telephones(analysis);
    // By headline, in the order of the first failure of each kind; then worst first.
    std::vector<std::tuple<Style, std::string, std::string>> lines;
    for (const FailureResult& result : analysis.singles) {
        const auto [style, words] =
            telephones ? headline(result, simulated)
            : result.impact == Impact::none
                ? std::pair{Style::good, std::string("EVERYBODY IS SERVED")}
            : result.impact == Impact::everything
                ? std::pair{Style::bad, std::string("NOBODY IS SERVED")}
                : std::pair{Style::warning, std::string("NOT EVERYBODY IS SERVED")};
        auto line = std::find_if(lines.begin(), lines.end(), [&words = words](const auto& known) {
            return std::get<1>(known) == words;
        });
        if (line == lines.end()) {
            line = lines.insert(lines.end(), {style, words, {}});
        }
        std::string& names = std::get<2>(*line);
        const ComponentId c = result.failure.front();
        names += (names.empty() ? "" : ", ") +
                 (style == Style::good ? model.components()[c].id : with_what(model, c));
    }
    const auto rank = [](const auto& line) {
        const bool everything =
            std::get<1>(line).starts_with("NO CALL") || std::get<1>(line).starts_with("NOBODY");
        return everything                            ? 0
               : std::get<0>(line) == Style::bad     ? 1
               : std::get<0>(line) == Style::warning ? 2
                                                     : 3;
    };
    std::stable_sort(lines.begin(), lines.end(), [&](const auto& a, const auto& b) {
        return rank(a) < rank(b);
    });
    for (const auto& [style, words, names] : lines) {
        page.paragraph(page.styled(style, words) + " after one failure of: " + names, 4);
    }
}

void pairs(Page& page, const SystemModel& model, const Analysis& analysis, Ways::Kind kind) {
    Table table;
    table.add(header({"from", "to", "ways", "single points on every way", ""}));
    bool any = false;
    for (const PairResult& pair : analysis.pairs) {
        if (pair.kind != kind) {
            continue;
        }
        any = true;
        table.add({{pair.from},
                   {pair.to},
                   {ways_text(pair.component_disjoint), style_of(pair.component_disjoint)},
                   {pair.single_points.empty() ? "none" : ids(model, pair.single_points)}});
        if (pair.edge_disjoint != pair.component_disjoint) {
            table.note(fmt::format("{} that share no cable, but a device",
                                   count(pair.edge_disjoint.value_or(0), "way", "ways")),
                       Style::faint);
        }
        if (pair.minimum_cut.size() > 1) {
            table.note("smallest cut: " + ids(model, pair.minimum_cut), Style::faint);
        }
    }
    if (any) {
        table.print(page);
    }
}

void service(Page& page, const SystemModel& model, const Analysis& analysis) {
    const auto group = [](const SystemModel::Service& service) {
        std::string text;
        for (const std::string& word : service.needs) {
            text += (text.empty() ? "" : ", ") + word;
        }
        return text;
    };
    const auto interfaces = [](const SystemModel::Service& service) {
        std::string text;
        for (const auto& [member, interface] : service.interfaces) {
            text += fmt::format("{}{}:{}",
                                text.empty() ? "" : ", ",
                                member,
                                interface.empty() ? "none" : interface);
        }
        return text;
    };
    if (const auto& calls = model.call_service()) {
        page.heading(fmt::format("Callers and {}, through {}", calls->name, calls->bridge));
        page.paragraph(page.styled(Style::faint,
                                   fmt::format("  group {}; preferred on {}; {} is pointed at {}",
                                               group(*calls),
                                               calls->owner,
                                               calls->bridge,
                                               interfaces(*calls))),
                       4);
        pairs(page, model, analysis, Ways::Kind::calls);
    }
    if (!model.addresses().empty() &&
        std::any_of(analysis.pairs.begin(), analysis.pairs.end(), [](const PairResult& pair) {
            return pair.kind == Ways::Kind::address;
        })) {
        std::vector<std::string> names;
        for (const auto& address : model.addresses()) {
            names.push_back(address.name);
        }
        page.heading("Clients and " + listed(names));
        pairs(page, model, analysis, Ways::Kind::address);
    }
}

void heartbeats(Page& page, const SystemModel& model, const Analysis& analysis) {
    page.heading("Heartbeats between the members");
    for (const HeartbeatPath& path : model.heartbeats()) {
        std::string text = fmt::format(
            "  {} and {}: \"{}\" of ha.cf", path.members[0], path.members[1], path.configured);
        if (!path.wired) {
            page.paragraph(text + ": " + page.styled(Style::bad, "no cable joins them"), 4);
            continue;
        }
        text += ": " + path.members[0];
        DependencyGraph::Vertex at = path.ways.source;
        for (const auto edge : path.ways.graph.shortest_way(path.ways.source, path.ways.sink)) {
            at = path.ways.graph.end(edge, 0) == at ? path.ways.graph.end(edge, 1)
                                                    : path.ways.graph.end(edge, 0);
            text += fmt::format(" – {} – {}",
                                model.components()[*path.ways.edge_component[edge]].id,
                                path.ways.vertex_component[at]
                                    ? model.components()[*path.ways.vertex_component[at]].id
                                    : std::string{});
        }
        page.paragraph(text, 4);
    }
    pairs(page, model, analysis, Ways::Kind::heartbeat);
}

void power(Page& page, const SystemModel& model) {
    if (model.supplies().empty() && model.without_supply().empty()) {
        return;
    }
    page.heading("Power");
    Table table;
    for (const PowerSupply& supply : model.supplies()) {
        table.add(
            {{supply.id},
             {supply.backup == Duration::zero() ? "no battery"
                                                : "battery for " + format_seconds(supply.backup)},
             {"feeds " + (supply.feeds.empty() ? "nothing" : listed(supply.feeds))}});
    }
    if (!model.without_supply().empty()) {
        table.add({{"not named"}, {""}, {"feeds " + listed(model.without_supply())}});
    }
    table.print(page);
}

void findings(Page& page, const SystemModel& model) {
    if (model.findings().empty()) {
        return;
    }
    page.heading("Worth knowing");
    for (const StructureFinding& finding : model.findings()) {
        page.paragraph(fmt::format("  {} [{}]", finding.text, finding.rule), 4);
    }
}

std::string reach_text(const Reach& reach) {
    return reach.all()    ? "all"
           : reach.none() ? "none"
                          : fmt::format("{} of {}", reach.served, reach.of);
}

std::string simulated_text(const SimulatedDirection& seen) {
    if (seen.not_cut == seen.runs) {
        return "not cut";
    }
    if (seen.never == seen.runs) {
        return "no call";
    }
    std::string text = seen.shortest == seen.longest
                           ? format_seconds(seen.longest, 1)
                           : fmt::format("{}–{}",
                                         format_seconds(seen.shortest, 1)
                                             .substr(0, format_seconds(seen.shortest, 1).find(' ')),
                                         format_seconds(seen.longest, 1));
    if (seen.never > 0) {
        text += fmt::format(", no call {}/{}", seen.never, seen.runs);
    } else if (seen.not_cut > 0) {
        text += fmt::format(", not cut {}/{}", seen.not_cut, seen.runs);
    }
    return text;
}

Style style_of(const Reach& reach) {
    return reach.all() ? Style::plain : reach.none() ? Style::bad : Style::warning;
}

Row failure_row(const SystemModel& model, const FailureResult& result) {
    // Of pairs the names must do: the page is only so wide.
    Row row{{result.failure.size() == 1 ? model.describe(result.failure)
                                        : ids(model, result.failure, " + ")}};
    for (const Reach& reach : result.outlook.directions) {
        Cell cell{reach_text(reach), style_of(reach)};
        if (result.simulated) {
            for (const SimulatedDirection& seen : result.simulated->directions) {
                if (seen.direction == reach.direction) {
                    // Of a part of the stations a probe call says nothing but that it is a part.
                    const bool part = !reach.none() && !reach.all();
                    cell.text +=
                        " · " + (part && seen.never == seen.runs ? "<95 %" : simulated_text(seen));
                    cell.style = part || seen.in_time == seen.runs ? cell.style : Style::bad;
                }
            }
        }
        row.push_back(std::move(cell));
    }
    const auto& owners = result.outlook.may_own;
    row.push_back({owners.empty()       ? "nobody"
                   : owners.size() == 1 ? owners.front()
                   : owners.size() == model.members().size() && owners.size() == 2
                       ? "either"
                       : fmt::format("one of {}", owners.size())});
    return row;
}

void failure_notes(Table& table, const FailureResult& result) {
    std::string last;
    for (const Reach& reach : result.outlook.directions) {
        if (!reach.why.empty() && reach.why != last) {
            table.note(reach.why, Style::faint);
            last = reach.why;
        }
    }
    if (result.simulated && result.simulated->how.find('(') != std::string::npos) {
        table.note("simulated by " + result.simulated->how, Style::faint);
    }
    for (const std::string& note : result.comparison.notes) {
        switch (result.comparison.agreement) {
        case Agreement::agrees:
        case Agreement::explained:
            table.note("≠ " + note, Style::warning);
            break;
        case Agreement::unexplained:
            table.note("UNEXPLAINED: " + note, Style::bad);
            break;
        case Agreement::not_simulated:
            table.note("not simulated: " + note, Style::faint);
            break;
        }
    }
}

Row failure_header(const FailureResult& any) {
    Row row{{"failure", Style::faint}};
    for (const Reach& reach : any.outlook.directions) {
        const bool only_address =
            reach.kind == Ways::Kind::address &&
            std::count_if(any.outlook.directions.begin(),
                          any.outlook.directions.end(),
                          [](const Reach& r) { return r.kind == Ways::Kind::address; }) == 1;
        row.push_back({only_address ? "address" : reach.direction, Style::faint});
    }
    row.push_back({"may own", Style::faint});
    return row;
}

void agreement(Page& page, const std::vector<FailureResult>& results) {
    int counts[4] = {};
    for (const FailureResult& result : results) {
        ++counts[static_cast<std::size_t>(result.comparison.agreement)];
    }
    const auto of = [&](Agreement a) { return counts[static_cast<std::size_t>(a)]; };
    page.paragraph(fmt::format("  graph and simulation: {} agree, {} differ for a reason that is "
                               "told (≠), {} unexplained, {} not simulated",
                               of(Agreement::agrees),
                               of(Agreement::explained),
                               of(Agreement::unexplained),
                               of(Agreement::not_simulated)),
                   4);
}

void legend(Page& page, const std::vector<FailureResult>& results) {
    for (const FailureResult& result : results) {
        if (result.simulated && !result.simulated->seeds.empty()) {
            page.paragraph(
                page.styled(Style::faint,
                            fmt::format("  by the graph · how long calls were cut off in {}",
                                        count(result.simulated->seeds.size(), "run", "runs"))),
                4);
            return;
        }
    }
}

void singles(Page& page, const SystemModel& model, const Analysis& analysis) {
    if (analysis.singles.empty()) {
        return;
    }
    page.heading(fmt::format("Every single failure ({})", analysis.singles.size()));
    legend(page, analysis.singles);
    Table table;
    table.add(failure_header(analysis.singles.front()));
    for (const FailureResult& result : analysis.singles) {
        table.add(failure_row(model, result));
        failure_notes(table, result);
    }
    table.print(page);
    if (was_simulated(analysis.singles)) {
        agreement(page, analysis.singles);
    }
}

void doubles(Page& page, const SystemModel& model, const Analysis& analysis, bool listed_too) {
    if (analysis.doubles.empty()) {
        return;
    }
    const auto ends_all = static_cast<std::size_t>(
        std::count_if(analysis.doubles.begin(), analysis.doubles.end(), [](const auto& result) {
            return result.impact == Impact::everything;
        }));
    const auto news = static_cast<std::size_t>(
        std::count_if(analysis.doubles.begin(), analysis.doubles.end(), [](const auto& result) {
            return result.only_together;
        }));
    page.heading(fmt::format("Every pair of failures ({})", analysis.doubles.size()));
    page.paragraph(fmt::format("  {} end everything; {} do more together than either alone{}",
                               ends_all,
                               news,
                               listed_too ? " and are listed" : " (--pairs lists them)"),
                   4);
    if (!listed_too) {
        return;
    }
    legend(page, analysis.doubles);
    Table table;
    bool any = false;
    table.add(failure_header(analysis.doubles.front()));
    for (const FailureResult& result : analysis.doubles) {
        // That a part of the stations does not count was said with the single failures.
        const bool differs = (result.comparison.agreement == Agreement::explained &&
                              !result.comparison.by_counting) ||
                             result.comparison.agreement == Agreement::unexplained;
        if (result.only_together || differs) {
            table.add(failure_row(model, result));
            failure_notes(table, result);
            any = true;
        }
    }
    if (any) {
        table.print(page);
    }
    if (was_simulated(analysis.doubles)) {
        agreement(page, analysis.doubles);
    }
}

}  // namespace

std::string
text_report(const SystemModel& model, const Analysis& analysis, const ReportOptions& options) {
    Page page(options.color);
    title(page, model, analysis);
    verdict(page, model, analysis);
    service(page, model, analysis);
    heartbeats(page, model, analysis);
    power(page, model);
    findings(page, model);
    singles(page, model, analysis);
    doubles(page, model, analysis, options.doubles);
    return page.text();
}

}  // namespace sim::analysis
