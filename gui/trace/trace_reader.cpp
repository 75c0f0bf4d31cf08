// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_reader.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <thread>
#include <unordered_map>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <simdjson.h>
#ifdef PLAYER_ZSTD
#include <zstd.h>
#endif

namespace gui {

namespace {

using nlohmann::json;
using simdjson::SUCCESS;

constexpr std::size_t problems_kept = 100;
constexpr std::uint64_t lines_per_progress = 1 << 15;
constexpr std::size_t least_part = std::size_t{4} << 20;  // smaller ones are not worth a thread
constexpr std::size_t most_threads = 4;
constexpr std::string_view format_prefix = "failover-trace/";

struct ViewHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

std::string text_of(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string excerpt(std::string_view line) {
    constexpr std::size_t most = 60;
    std::string out(line.substr(0, most));
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') {
            c = '?';
        }
    }
    return out + (line.size() > most ? "…" : "");
}

/// Eight bytes at a time: the high bit of each byte that ends a plain run of a string, which is a
/// quote, a backslash, a control character or anything beyond ASCII. Only the first one (in the
/// order of the text) is exact.
std::uint64_t ends_of_run(std::uint64_t bytes) noexcept {
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
    constexpr std::uint64_t high = ones << 7;
    const auto zero = [](std::uint64_t x) { return (x - ones) & ~x; };
    return (zero(bytes ^ (ones * '"')) | zero(bytes ^ (ones * '\\')) |
            ((bytes - ones * ' ') & ~bytes) | bytes) &
           high;
}

/// Steps over the plain subset of JSON; each step says whether it found what was asked for. Eight
/// bytes behind the text can be read.
class PlainScanner {
  public:
    explicit PlainScanner(std::string_view text) noexcept
        : m_at(text.data()), m_end(text.data() + text.size()) {}

    [[nodiscard]] bool at_end() const noexcept { return m_at == m_end; }

    bool take(char c) noexcept {
        if (m_at == m_end || *m_at != c) {
            return false;
        }
        ++m_at;
        return true;
    }

    bool string(std::string_view& out) noexcept {
        if (!take('"')) {
            return false;
        }
        const char* const from = m_at;
        if constexpr (std::endian::native == std::endian::little) {
            for (; m_end - m_at > 0; m_at += sizeof(std::uint64_t)) {
                std::uint64_t bytes = 0;
                std::memcpy(&bytes, m_at, sizeof bytes);
                if (const std::uint64_t ends = ends_of_run(bytes); ends != 0) {
                    m_at += std::countr_zero(ends) / 8;
                    break;
                }
            }
            m_at = std::min(m_at, m_end);
        } else {
            while (m_at != m_end && *m_at != '"' && *m_at != '\\' && *m_at >= ' ') {
                ++m_at;
            }
        }
        out = {from, static_cast<std::size_t>(m_at - from)};
        return take('"');  // escapes and the like are for the JSON parser
    }

    bool number(std::uint64_t& out) noexcept {
        constexpr std::ptrdiff_t most_digits = 18;  // no overflow
        const char* const from = m_at;
        std::uint64_t value = 0;
        while (m_at != m_end && *m_at >= '0' && *m_at <= '9') {
            value = value * 10 + static_cast<std::uint64_t>(*m_at - '0');
            ++m_at;
            if (m_at - from > most_digits) {
                return false;
            }
        }
        out = value;
        return m_at != from && !(*from == '0' && m_at - from > 1);
    }

    bool scalar() noexcept {
        std::string_view text;
        std::uint64_t value = 0;
        if (m_at == m_end) {
            return false;
        }
        if (*m_at == '"') {
            return string(text);
        }
        for (const std::string_view literal : {"true", "false"}) {
            if (std::string_view(m_at, static_cast<std::size_t>(m_end - m_at))
                    .starts_with(literal)) {
                m_at += literal.size();
                return true;
            }
        }
        take('-');
        return number(value);
    }

  private:
    const char* m_at;
    const char* m_end;
};

/// What one line says, before it becomes a row.
struct Line {
    Row row;
    bool has_t = false;
    bool has_seq = false;
    bool is_end = false;
    std::int64_t t2 = 0;
    bool has_t2 = false;
    NameId drop = no_name;
    NameId from = no_name;
    NameId to = no_name;
    NameId protocol = no_name;
    const char* bad = nullptr;  ///< what is wrong with it
};

}  // namespace

struct TraceReader::Work {
    Trace& trace;
    simdjson::ondemand::parser parser{line_limit + simdjson::SIMDJSON_PADDING};
    std::unordered_map<std::string, NameId, ViewHash, std::equal_to<>> ids{};
    std::array<NameId, 512> recent = all_unknown();
    NameId pkt;
    Time first_t = 0;
    Time last_t = 0;
    std::uint64_t highest_seq = 0;
    bool sorted = true;
    bool told_of_rest = false;
    std::uint64_t trailer_line = 0;

    static std::array<NameId, 512> all_unknown() {
        std::array<NameId, 512> out{};
        out.fill(no_name);
        return out;
    }

    explicit Work(Trace& part) : trace(part), pkt(intern("pkt")) {}

    void problem(std::uint64_t line, std::string what) const {
        ++trace.problem_count;
        if (trace.problems.size() < problems_kept) {
            trace.problems.push_back({line, std::move(what)});
        }
    }

    /// A trace has few names and says them often: most are found without hashing them whole.
    NameId intern(std::string_view name) {
        const std::size_t slot =
            name.empty() ? 0
                         : (name.size() * 31 + static_cast<unsigned char>(name.back()) * 7 +
                            static_cast<unsigned char>(name.front()) +
                            static_cast<unsigned char>(name[name.size() / 2]) * 3) %
                               recent.size();
        if (recent[slot] != no_name && trace.m_names[recent[slot]] == name) {
            return recent[slot];
        }
        recent[slot] = intern_anew(name);
        return recent[slot];
    }

    NameId intern_anew(std::string_view name) {
        const auto found = ids.find(name);
        if (found != ids.end()) {
            return found->second;
        }
        const auto id = static_cast<NameId>(trace.m_names.size());
        trace.m_names.emplace_back(name);
        trace.m_counts.push_back(0);
        ids.emplace(name, id);
        return id;
    }

    /// The name in `value`; no_name (and `bad`) when it is no string.
    NameId name_in(simdjson::ondemand::value value, Line& line, const char* bad) {
        std::string_view text;
        if (value.get_string().get(text) != SUCCESS) {
            line.bad = bad;
            return no_name;
        }
        return intern(text);
    }

    /// Lines as the recorder writes them: an object of whole numbers, booleans and strings without
    /// escapes, with one such object as `d`, no blanks. False: anything else, for the JSON parser.
    /// Checks every byte, and is several times as fast.
    bool read_plain(std::string_view text, Line& line) {
        PlainScanner scan{text};
        if (!scan.take('{')) {
            return false;
        }
        do {
            std::string_view key;
            if (!scan.string(key) || !scan.take(':') || !read_plain_member(scan, key, line)) {
                return false;
            }
        } while (scan.take(','));
        return scan.take('}') && scan.at_end() && line.has_t && line.has_seq &&
               line.row.kind != no_name;
    }

    bool read_plain_member(PlainScanner& scan, std::string_view key, Line& line) {
        std::string_view text;
        std::uint64_t number = 0;
        if (key == "t") {
            line.has_t = scan.number(number);
            line.row.t = static_cast<Time>(number);
            return line.has_t;
        }
        if (key == "seq") {
            line.has_seq = scan.number(line.row.seq);
            return line.has_seq;
        }
        if (key == "cause") {
            return scan.number(line.row.cause);
        }
        if (key == "t2") {
            line.has_t2 = scan.number(number);
            line.t2 = static_cast<std::int64_t>(number);
            return line.has_t2;
        }
        if (key == "k" || key == "n" || key == "drop") {
            if (!scan.string(text)) {
                return false;
            }
            (key == "k" ? line.row.kind : key == "n" ? line.row.subject : line.drop) = intern(text);
            return true;
        }
        return key == "d" ? read_plain_details(scan, line) : key != "end" && scan.scalar();
    }

    bool read_plain_details(PlainScanner& scan, Line& line) {
        if (!scan.take('{')) {
            return false;
        }
        if (scan.take('}')) {
            return true;
        }
        const bool hop = line.row.kind == pkt;
        do {
            std::string_view key;
            if (!scan.string(key) || !scan.take(':')) {
                return false;
            }
            NameId* const wanted = !hop                ? nullptr
                                   : key == "from"     ? &line.from
                                   : key == "to"       ? &line.to
                                   : key == "protocol" ? &line.protocol
                                                       : nullptr;
            std::string_view text;
            if (wanted == nullptr ? !scan.scalar() : !scan.string(text)) {
                return false;
            }
            if (wanted != nullptr) {
                *wanted = intern(text);
            }
        } while (scan.take(','));
        return scan.take('}');
    }

    void read_details(simdjson::ondemand::value value, Line& line) {
        simdjson::ondemand::object object;
        if (value.get_object().get(object) != SUCCESS) {
            line.bad = "d is no object";
            return;
        }
        if (line.row.kind != pkt) {
            return;  // read when it is asked for
        }
        for (auto field : object) {
            simdjson::ondemand::raw_json_string key;
            simdjson::ondemand::value member;
            if (field.key().get(key) != SUCCESS || field.value().get(member) != SUCCESS) {
                line.bad = "d is not complete";
                return;
            }
            if (key.unsafe_is_equal("from")) {
                line.from = name_in(member, line, "from is no string");
            } else if (key.unsafe_is_equal("to")) {
                line.to = name_in(member, line, "to is no string");
            } else if (key.unsafe_is_equal("protocol")) {
                line.protocol = name_in(member, line, "protocol is no string");
            }
        }
    }

    void read_field(simdjson::ondemand::raw_json_string key,
                    simdjson::ondemand::value value,
                    Line& line) {
        if (key.unsafe_is_equal("t")) {
            line.has_t = value.get_int64().get(line.row.t) == SUCCESS && line.row.t >= 0;
            line.bad = line.has_t ? line.bad : "t is no whole number of nanoseconds";
        } else if (key.unsafe_is_equal("seq")) {
            line.has_seq = value.get_uint64().get(line.row.seq) == SUCCESS;
            line.bad = line.has_seq ? line.bad : "seq is no whole number";
        } else if (key.unsafe_is_equal("cause")) {
            if (value.get_uint64().get(line.row.cause) != SUCCESS) {
                line.bad = "cause is no whole number";
            }
        } else if (key.unsafe_is_equal("k")) {
            line.row.kind = name_in(value, line, "k is no string");
        } else if (key.unsafe_is_equal("n")) {
            line.row.subject = name_in(value, line, "n is no string");
        } else if (key.unsafe_is_equal("t2")) {
            line.has_t2 = value.get_int64().get(line.t2) == SUCCESS;
            line.bad = line.has_t2 ? line.bad : "t2 is no whole number of nanoseconds";
        } else if (key.unsafe_is_equal("drop")) {
            line.drop = name_in(value, line, "drop is no string");
        } else if (key.unsafe_is_equal("d")) {
            read_details(value, line);
        } else if (key.unsafe_is_equal("end")) {
            line.is_end = true;
        }
    }

    Line read_line(std::string_view text, std::size_t room) {
        if (Line plain; read_plain(text, plain)) {
            return plain;
        }
        Line line;
        simdjson::ondemand::document document;
        simdjson::ondemand::object object;
        if (parser.iterate(
                      simdjson::padded_string_view(text.data(), text.size(), text.size() + room))
                    .get(document) != SUCCESS ||
            document.get_object().get(object) != SUCCESS) {
            line.bad = "no JSON object";
            return line;
        }
        for (auto field : object) {
            simdjson::ondemand::raw_json_string key;
            simdjson::ondemand::value value;
            if (field.key().get(key) != SUCCESS || field.value().get(value) != SUCCESS) {
                line.bad = "JSON object is not complete";
                return line;
            }
            read_field(key, value, line);
            if (line.bad != nullptr) {
                return line;
            }
        }
        const char* rest = nullptr;
        if (document.current_location().get(rest) == SUCCESS) {
            line.bad = "something follows the JSON object";
        } else if (!line.is_end) {
            line.bad = !line.has_t                ? "no t"
                       : !line.has_seq            ? "no seq"
                       : line.row.kind == no_name ? "no k"
                                                  : nullptr;
        }
        return line;
    }

    void read_header(const json& object) {
        TraceHeader& header = trace.header;
        header.scenario = text_of(object, "scenario");
        header.digest = text_of(object, "digest");
        header.implementation = text_of(object, "implementation");
        header.tool = text_of(object, "tool");
        header.ns3 = text_of(object, "ns3");
        header.level = text_of(object, "level");
        if (const auto seed = object.find("seed");
            seed != object.end() && seed->is_number_unsigned()) {
            header.seed = seed->get<std::uint64_t>();
        }
        if (const auto nodes = object.find("nodes"); nodes != object.end() && nodes->is_array()) {
            for (const json& node : *nodes) {
                if (node.is_object() && !text_of(node, "id").empty()) {
                    header.nodes.push_back({text_of(node, "id"), text_of(node, "kind")});
                }
            }
        }
        if (const auto links = object.find("links"); links != object.end() && links->is_array()) {
            for (const json& link : *links) {
                TraceLink read{text_of(link, "id"), text_of(link, "type"), {}};
                const auto ends = link.find("ends");
                if (!read.id.empty() && ends != link.end() && ends->is_array() &&
                    ends->size() == 2 && (*ends)[0].is_string() && (*ends)[1].is_string()) {
                    read.ends[0] = (*ends)[0].get<std::string>();
                    read.ends[1] = (*ends)[1].get<std::string>();
                    header.links.push_back(std::move(read));
                }
            }
        }
    }

    /// False: this is no trace (see `error`).
    bool read_first_line(std::string_view text, std::string& error) {
        const json object = json::parse(text.begin(), text.end(), nullptr, false);
        const std::string format = object.is_object() ? text_of(object, "format") : std::string{};
        if (format.rfind(format_prefix, 0) != 0) {
            error = "found \"" + (format.empty() ? excerpt(text) : format) +
                    "\" at its beginning, expected a trace (\"failover-trace/1\")";
            return false;
        }
        const std::string_view number = std::string_view(format).substr(format_prefix.size());
        trace.header.version = 0;
        std::from_chars(number.data(), number.data() + number.size(), trace.header.version);
        if (trace.header.version != version) {
            problem(1,
                    "format " + format +
                        ": this player knows failover-trace/1 and shows what it "
                        "understands");
        }
        read_header(object);
        return true;
    }

    void read_trailer(std::uint64_t line, std::string_view text) {
        const json object = json::parse(text.begin(), text.end(), nullptr, false);
        if (!object.is_object()) {
            problem(line, "the last line is no JSON object");
            return;
        }
        trailer_line = line;
        TraceTrailer trailer;
        if (const auto t = object.find("t"); t != object.end() && t->is_number_integer()) {
            trailer.t = t->get<Time>();
        }
        if (const auto n = object.find("events"); n != object.end() && n->is_number_unsigned()) {
            trailer.events = n->get<std::uint64_t>();
        }
        trailer.exit = text_of(object, "exit");
        if (const auto verdicts = object.find("verdicts");
            verdicts != object.end() && verdicts->is_object()) {
            for (const auto& [id, verdict] : verdicts->items()) {
                if (verdict.is_string()) {
                    trailer.verdicts.emplace_back(id, verdict.get<std::string>());
                }
            }
        }
        trace.trailer = std::move(trailer);
    }

    void take(const Line& line, std::uint64_t number) {
        const auto index = static_cast<std::uint32_t>(trace.rows.size());
        if (line.row.t < last_t) {
            problem(number, "earlier than the line before it; put where it belongs");
            sorted = false;
        }
        first_t = index == 0 ? line.row.t : first_t;
        last_t = line.row.t;
        highest_seq = std::max(highest_seq, line.row.seq);
        ++trace.m_counts[line.row.kind];
        trace.rows.push_back(line.row);
        if (line.row.kind != pkt) {
            return;
        }
        if (line.row.subject == no_name || line.from == no_name || line.to == no_name) {
            problem(number, "a hop without link, from and to; kept, not drawn");
            return;
        }
        Hop hop{line.row.t,
                line.row.t,
                index,
                line.row.subject,
                line.from,
                line.to,
                line.protocol,
                line.drop};
        if (line.has_t2) {
            if (line.t2 < line.row.t) {
                problem(number, "arrives before it is sent");
            }
            hop.received = std::max(line.t2, line.row.t);
        }
        trace.hops.push_back(hop);
    }

    /// The lines of [from, to), which end with a line break or the end of the text. `begin`: of the
    /// whole text. False: stopped.
    bool read_lines(const char* begin,
                    const char* from,
                    const char* to,
                    const char* end,
                    const ReadProgress& progress,
                    std::atomic<bool>& stop) {
        for (const char* at = from; at < to;) {
            const auto left = static_cast<std::size_t>(to - at);
            const auto* const newline = static_cast<const char*>(std::memchr(at, '\n', left));
            const std::string_view text{
                at, newline == nullptr ? left : static_cast<std::size_t>(newline - at)};
            read_one(text,
                     newline != nullptr,
                     static_cast<std::uint64_t>(at - begin),
                     static_cast<std::size_t>(end - at) - text.size());
            at += text.size() + 1;
            if (trace.lines % lines_per_progress == 0) {
                if (progress &&
                    !progress(static_cast<double>(at - from) / static_cast<double>(to - from))) {
                    stop = true;
                }
                if (stop) {
                    return false;
                }
            }
        }
        return true;
    }

    void read_one(std::string_view text, bool complete, std::uint64_t offset, std::size_t behind) {
        const std::uint64_t number = ++trace.lines;
        if (text.find_first_not_of(" \t\r") == std::string_view::npos) {
            return;
        }
        if (trace.trailer) {
            tell_of_rest(number);
            return;
        }
        if (text.size() > line_limit) {
            problem(number, "longer than 1 MiB");
            return;
        }
        Line line = read_line(text, behind + simdjson::SIMDJSON_PADDING);
        if (line.is_end && line.bad == nullptr) {
            read_trailer(number, text);
        } else if (line.bad != nullptr && !complete) {
            trace.partial_bytes = text.size();  // the run stopped while it wrote this
        } else if (line.bad != nullptr) {
            problem(number, std::string{line.bad} + ": " + excerpt(text));
        } else {
            line.row.offset = offset;
            line.row.length = static_cast<std::uint32_t>(text.size());
            take(line, number);
        }
    }

    void tell_of_rest(std::uint64_t number) {
        if (!told_of_rest) {
            problem(number, "something follows the last line of the run");
        }
        told_of_rest = true;
    }

    /// Puts what another part has read behind what this one has.
    void append(Work& part) {
        const std::uint64_t lines_before = trace.lines;
        trace.lines += part.trace.lines;
        if (trace.trailer) {
            if (!part.trace.rows.empty() || part.trace.trailer) {
                tell_of_rest(lines_before + 1);
            }
            return;
        }
        std::vector<NameId> names(part.trace.m_names.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
            names[i] = intern(part.trace.m_names[i]);
            trace.m_counts[names[i]] += part.trace.m_counts[i];
        }
        const auto name = [&](NameId id) { return id == no_name ? no_name : names[id]; };
        const auto rows_before = static_cast<std::uint32_t>(trace.rows.size());
        if (!part.trace.rows.empty()) {
            if (part.first_t < last_t) {
                sorted = false;
                problem(lines_before + 1, "earlier than the line before it; put where it belongs");
            }
            last_t = part.last_t;
        }
        sorted = sorted && part.sorted;
        highest_seq = std::max(highest_seq, part.highest_seq);
        for (Row row : part.trace.rows) {
            row.kind = name(row.kind);
            row.subject = name(row.subject);
            trace.rows.push_back(row);
        }
        for (Hop hop : part.trace.hops) {
            hop.row += rows_before;
            hop.link = name(hop.link);
            hop.from = name(hop.from);
            hop.to = name(hop.to);
            hop.protocol = name(hop.protocol);
            hop.drop = name(hop.drop);
            trace.hops.push_back(hop);
        }
        for (TraceProblem& told : part.trace.problems) {
            if (trace.problems.size() < problems_kept) {
                trace.problems.push_back({told.line + lines_before, std::move(told.what)});
            }
        }
        trace.problem_count += part.trace.problem_count;
        trace.partial_bytes = part.trace.partial_bytes;
        trace.trailer = std::move(part.trace.trailer);
        trailer_line = part.trailer_line + lines_before;
        told_of_rest = told_of_rest || part.told_of_rest;
    }

    void check_trailer() const {
        if (trace.trailer && trace.trailer->events != trace.rows.size()) {
            problem(trailer_line,
                    "the last line counts " + std::to_string(trace.trailer->events) + " events, " +
                        std::to_string(trace.rows.size()) + " were read");
        }
    }

    void sort() {
        if (sorted) {
            return;
        }
        std::vector<std::uint32_t> order(trace.rows.size());
        for (std::uint32_t i = 0; i < order.size(); ++i) {
            order[i] = i;
        }
        std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) {
            const Row& left = trace.rows[a];
            const Row& right = trace.rows[b];
            return std::pair{left.t, left.seq} < std::pair{right.t, right.seq};
        });
        std::vector<Row> rows(order.size());
        std::vector<std::uint32_t> place(order.size());
        for (std::uint32_t i = 0; i < order.size(); ++i) {
            rows[i] = trace.rows[order[i]];
            place[order[i]] = i;
        }
        trace.rows = std::move(rows);
        for (Hop& hop : trace.hops) {
            hop.row = place[hop.row];
        }
        std::ranges::stable_sort(trace.hops, {}, &Hop::sent);
    }

    void index_hops() const {
        Time latest = 0;
        for (std::size_t i = 0; i < trace.hops.size(); ++i) {
            latest = std::max(latest, trace.hops[i].received);
            if ((i + 1) % Trace::hops_per_chunk == 0 || i + 1 == trace.hops.size()) {
                trace.m_latest_arrival.push_back(latest);
            }
        }
    }

    void duplicate(const Row& row) const {
        if (trace.problems.size() >= problems_kept) {
            ++trace.problem_count;  // to find its line takes as long as the file is
            return;
        }
        const auto* const begin = trace.m_text.get();
        problem(static_cast<std::uint64_t>(std::count(begin, begin + row.offset, '\n')) + 1,
                "seq " + std::to_string(row.seq) + " is taken; causes mean the first one");
    }

    void index_seqs() const {
        const std::vector<Row>& rows = trace.rows;
        constexpr std::uint64_t gaps = 8;  // hops that a level leaves out still count
        if (highest_seq <= gaps * rows.size() + 4096) {
            trace.m_row_of.assign(highest_seq + 1, no_row);
            for (std::uint32_t i = 0; i < rows.size(); ++i) {
                std::uint32_t& slot = trace.m_row_of[rows[i].seq];
                if (slot != no_row) {
                    duplicate(rows[i]);
                } else {
                    slot = i;
                }
            }
            return;
        }
        for (std::uint32_t i = 0; i < rows.size(); ++i) {
            trace.m_by_seq.emplace_back(rows[i].seq, i);
        }
        std::ranges::sort(trace.m_by_seq);
        for (std::size_t i = 1; i < trace.m_by_seq.size(); ++i) {
            if (trace.m_by_seq[i].first == trace.m_by_seq[i - 1].first) {
                duplicate(rows[trace.m_by_seq[i].second]);
            }
        }
    }
};

namespace {

/// Asks the kernel for large pages where a lot is about to be written: handing out small ones takes
/// a quarter of the time that reading does. Only advice; nothing depends on it.
void prefer_large_pages([[maybe_unused]] void* from, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_HUGEPAGE
    constexpr std::size_t worth = std::size_t{8} << 20;
    if (bytes < worth) {
        return;
    }
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t skipped = (page - reinterpret_cast<std::uintptr_t>(from) % page) % page;
    (void)::madvise(static_cast<char*>(from) + skipped, bytes - skipped, MADV_HUGEPAGE);
#endif
}

template <class T>
void reserve_large(std::vector<T>& list, std::size_t count) {
    list.reserve(count);
    prefer_large_pages(list.data(), count * sizeof(T));
}

}  // namespace

std::unique_ptr<Trace> TraceReader::with_room(std::size_t bytes) {
    auto trace = std::make_unique<Trace>();
    trace->m_text.reset(new char[bytes + simdjson::SIMDJSON_PADDING]);
    prefer_large_pages(trace->m_text.get(), bytes);
    std::memset(trace->m_text.get() + bytes, 0, simdjson::SIMDJSON_PADDING);
    trace->m_text_bytes = bytes;
    return trace;
}

ReadTrace
TraceReader::read_text(std::string_view text, const ReadProgress& progress, std::size_t parts) {
    auto trace = with_room(text.size());
    if (!text.empty()) {
        std::memcpy(trace->m_text.get(), text.data(), text.size());
    }
    return read(std::move(trace), progress, parts);
}

namespace {

/// How many threads are worth it for that many bytes.
std::size_t threads_for(std::size_t bytes) {
    const std::size_t worth =
        std::min<std::size_t>(std::thread::hardware_concurrency(), bytes / least_part);
    return std::clamp<std::size_t>(worth, 1, most_threads);
}

/// Reads [from, to) of the file into the same place of `buffer`. Returns where it ended: a file
/// that shrinks meanwhile is read as far as it goes. An error is left in `error`.
std::size_t
read_range(int file, char* buffer, std::size_t from, std::size_t to, std::atomic<int>& error) {
    while (from < to) {
        const ssize_t got = ::pread(file, buffer + from, to - from, static_cast<off_t>(from));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            error = got < 0 ? errno : error.load();
            break;
        }
        from += static_cast<std::size_t>(got);
    }
    return from;
}

bool is_compressed(std::string_view bytes) {
    return bytes.starts_with("\x28\xb5\x2f\xfd");  // RFC 8878
}

/// A compressed trace that stops in the middle is as good as any other that does: what can be had
/// of it is.
bool uncompressed([[maybe_unused]] std::string_view bytes,
                  [[maybe_unused]] std::string& out,
                  std::string& error) {
#ifdef PLAYER_ZSTD
    constexpr std::size_t most = std::size_t{8} << 30;  // a bomb, or more than memory should hold
    const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                               &ZSTD_freeDStream);
    std::vector<char> piece(ZSTD_DStreamOutSize());
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (bool full = false; in.pos < in.size || full;) {
        ZSTD_outBuffer part{piece.data(), piece.size(), 0};
        const std::size_t code = ZSTD_decompressStream(stream.get(), &part, &in);
        if (ZSTD_isError(code) != 0) {
            error = std::string{"it is compressed (zstd), but damaged: "} + ZSTD_getErrorName(code);
            return false;
        }
        out.append(piece.data(), part.pos);
        full = part.pos == part.size;
        if (out.size() > most) {
            error = "unpacked it is larger than 8 GiB";
            return false;
        }
    }
    return true;
#else
    error = "it is compressed (zstd), and this program was built without libzstd; unpack it with "
            "zstd -d";
    return false;
#endif
}

}  // namespace

ReadTrace TraceReader::read_file(const std::string& path, const ReadProgress& progress) {
    const auto failed = [](const std::string& why) {
        return ReadTrace{nullptr, "it cannot be read: " + why, false};
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                               &std::fclose);
    struct stat facts {};
    if (!file || ::fstat(::fileno(file.get()), &facts) != 0) {
        return failed(std::strerror(errno));
    }
    if (!S_ISREG(facts.st_mode)) {
        return failed("it is no file");
    }
    // In parts, since fetching the pages is a good part of the work.
    const auto bytes = static_cast<std::size_t>(facts.st_size);
    auto trace = with_room(bytes);
    const std::size_t parts = threads_for(bytes);
    const auto border = [&](std::size_t part) { return bytes / parts * part; };
    std::vector<std::size_t> ends(parts);
    std::atomic<int> error{0};
    std::vector<std::thread> running;
    const auto fetch = [&](std::size_t part) {
        ends[part] = read_range(::fileno(file.get()),
                                trace->m_text.get(),
                                border(part),
                                part + 1 == parts ? bytes : border(part + 1),
                                error);
    };
    for (std::size_t part = 1; part < parts; ++part) {
        running.emplace_back(fetch, part);
    }
    fetch(0);
    for (std::thread& one : running) {
        one.join();
    }
    if (error != 0) {
        return failed(std::strerror(error));
    }
    std::size_t part = 0;
    while (part + 1 < parts && ends[part] == border(part + 1)) {
        ++part;
    }
    trace->m_text_bytes = ends[part];
    if (is_compressed({trace->m_text.get(), trace->m_text_bytes})) {
        std::string text;
        std::string why;
        if (!uncompressed({trace->m_text.get(), trace->m_text_bytes}, text, why)) {
            return failed(why);
        }
        return read_text(text, progress);
    }
    return read(std::move(trace), progress, 0);
}

ReadTrace TraceReader::read(std::unique_ptr<Trace> trace,
                            const ReadProgress& progress,
                            std::size_t wanted_parts) {
    const char* const begin = trace->m_text.get();
    const char* const end = begin + trace->m_text_bytes;
    if (begin == end) {
        return {nullptr, "it is empty", false};
    }
    Work work(*trace);
    const auto* const newline =
        static_cast<const char*>(std::memchr(begin, '\n', trace->m_text_bytes));
    const char* const first_end = newline == nullptr ? end : newline;
    ReadTrace refused;
    trace->lines = 1;
    if (!work.read_first_line({begin, static_cast<std::size_t>(first_end - begin)},
                              refused.error)) {
        return refused;
    }

    // The rest in parts of equal length, each by a thread of its own; this one takes the first.
    const char* const rest = first_end < end ? first_end + 1 : end;
    const auto bytes = static_cast<std::size_t>(end - rest);
    const std::size_t threads = wanted_parts > 0 ? wanted_parts : threads_for(bytes);
    std::vector<const char*> borders{rest};
    for (std::size_t i = 1; i < threads; ++i) {
        const char* const about = std::max(rest + bytes / threads * i, borders.back());
        const auto* const next = static_cast<const char*>(
            std::memchr(about, '\n', static_cast<std::size_t>(end - about)));
        borders.push_back(next == nullptr ? end : next + 1);
    }
    borders.push_back(end);
    constexpr std::size_t typical_line = 110;
    reserve_large(trace->rows, bytes / typical_line);
    reserve_large(trace->hops, bytes / typical_line / 2);
    std::atomic<bool> stop{false};
    std::vector<Trace> parts(threads - 1);
    std::vector<std::unique_ptr<Work>> others;
    std::vector<std::thread> running;
    for (std::size_t i = 1; i < threads; ++i) {
        reserve_large(parts[i - 1].rows, bytes / threads / typical_line);
        reserve_large(parts[i - 1].hops, bytes / threads / typical_line / 2);
        others.push_back(std::make_unique<Work>(parts[i - 1]));
        running.emplace_back([&, i] {
            (void)others[i - 1]->read_lines(begin, borders[i], borders[i + 1], end, {}, stop);
        });
    }
    (void)work.read_lines(begin, borders[0], borders[1], end, progress, stop);
    for (std::thread& one : running) {
        one.join();
    }
    if (stop) {
        return {nullptr, {}, true};
    }
    for (const std::unique_ptr<Work>& other : others) {
        work.append(*other);
    }
    work.check_trailer();
    work.sort();
    work.index_hops();
    work.index_seqs();
    return {std::move(trace), {}, false};
}

}  // namespace gui
