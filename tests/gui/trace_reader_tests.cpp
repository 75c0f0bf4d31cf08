// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_reader.hpp"

#include "gui/small_trace.hpp"
#include "gui/test_folder.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <random>
#ifdef TEST_ZSTD
#include <zstd.h>
#endif
#include <sstream>

using namespace gui;
using namespace gui_test;

namespace {

std::string reference_text() {
    std::ifstream in(REFERENCE_RUN, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("Trace reader: a whole trace has its header, rows, hops and trailer", "[gui][trace]") {
    const ReadTrace read = TraceReader::read_text(whole);
    REQUIRE(read.trace);
    const Trace& trace = *read.trace;
    CHECK(trace.problem_count == 0);
    CHECK(trace.header.scenario == "small");
    CHECK(trace.header.seed == 7);
    REQUIRE(trace.header.links.size() == 2);
    CHECK(trace.header.links[1].ends[0] == "b:eth0");
    CHECK(trace.rows.size() == 15);
    REQUIRE(trace.hops.size() == 2);
    CHECK(trace.name(trace.hops[0].protocol) == "heartbeat");
    CHECK(trace.hops[0].received == 30);
    CHECK(trace.name(trace.hops[1].drop) == "loss");
    CHECK_FALSE(trace.truncated());
    CHECK(trace.end() == 100);
    REQUIRE(trace.trailer);
    CHECK(trace.trailer->verdicts.front().second == "pass");
    CHECK(trace.rows[trace.row_of(8)].t == 22);
    CHECK(trace.row_of(4711) == no_row);
}

TEST_CASE("Trace reader: a trace without its last line is truncated, and a line that was being "
          "written is left out",
          "[gui][trace]") {
    const std::string text = header + events;
    const ReadTrace read = TraceReader::read_text(text.substr(0, text.size() - 20));
    REQUIRE(read.trace);
    CHECK(read.trace->truncated());
    CHECK(read.trace->rows.size() == 14);
    CHECK(read.trace->partial_bytes > 0);
    CHECK(read.trace->problem_count == 0);
    CHECK(read.trace->end() == 60);
}

TEST_CASE("Trace reader: a bad line is named by its number and the rest is read", "[gui][trace]") {
    const auto problem_of = [](const std::string& line) {
        const ReadTrace read = TraceReader::read_text(header + line + "\n" + events + trailer);
        REQUIRE(read.trace);
        CHECK(read.trace->rows.size() == 15);
        REQUIRE(read.trace->problem_count >= 1);
        CHECK(read.trace->problems.front().line == 2);
        return read.trace->problems.front().what;
    };
    CHECK(problem_of("garbage").starts_with("no JSON object"));
    CHECK(problem_of(R"({"t":1.5,"seq":90,"k":"x"})").starts_with("t is no whole number"));
    CHECK(problem_of(R"({"t":-1,"seq":90,"k":"x"})").starts_with("t is no whole number"));
    CHECK(problem_of(R"({"t":9223372036854775808,"seq":90,"k":"x"})").starts_with("t is no whole"));
    CHECK(problem_of(R"({"t":1,"k":"x"})").starts_with("no seq"));
    CHECK(problem_of(R"({"t":1,"seq":90})").starts_with("no k"));
    CHECK(problem_of(R"({"t":1,"seq":90,"k":"x","d":3})").starts_with("d is no object"));
    CHECK(problem_of(R"({"t":1,"seq":90,"k":"x"} {})").starts_with("something follows"));
    CHECK(problem_of(R"({"t":1,"seq":90,"k":"x")").find("JSON object") != std::string::npos);
    CHECK(problem_of(std::string(TraceReader::line_limit + 1, 'x')) == "longer than 1 MiB");
}

TEST_CASE("Trace reader: wrong order is put right and told, a taken seq is told", "[gui][trace]") {
    const ReadTrace read =
        TraceReader::read_text(header + events + R"({"t":1,"seq":20,"k":"note"})" + "\n" +
                               R"({"t":70,"seq":3,"k":"note"})" + "\n" + trailer);
    REQUIRE(read.trace);
    const Trace& trace = *read.trace;
    CHECK(std::ranges::is_sorted(trace.rows, {}, &Row::t));
    CHECK(trace.rows[2].seq == 20);
    CHECK(trace.rows[trace.row_of(3)].t == 5);
    for (const Hop& hop : trace.hops) {
        CHECK(trace.rows[hop.row].t == hop.sent);
    }
    REQUIRE(trace.problem_count == 3);  // and the count of the last line is wrong
    CHECK(trace.problems[0].line == 17);
    CHECK(trace.problems[2].what.starts_with("seq 3 is taken"));
    CHECK(trace.problems[2].line == 18);
}

TEST_CASE("Trace reader: unknown kinds, keys and values of any shape are kept", "[gui][trace]") {
    const ReadTrace read = TraceReader::read_text(
        header +
        R"({"t":1,"seq":1,"k":"odd","z":[1],"n":"a","d":{"x":"q\"\u00e4","y":{"w":[1, 2]},"n":-3,"f":0.5}})" +
        "\n");
    REQUIRE(read.trace);
    REQUIRE(read.trace->rows.size() == 1);
    const std::vector<Detail> details = read.trace->details(read.trace->rows[0]);
    CHECK(value_of(details, "x") == "q\"ä");
    CHECK(value_of(details, "y") == R"({"w":[1, 2]})");
    CHECK(value_of(details, "n") == "-3");
    CHECK(value_of(details, "f") == "0.5");
    CHECK(value_of(details, "z") == "[1]");
}

TEST_CASE("Trace reader: a newer trace is read as far as it is understood", "[gui][trace]") {
    std::string text = whole;
    text.replace(text.find("trace/1"), 7, "trace/2");
    const ReadTrace read = TraceReader::read_text(text);
    REQUIRE(read.trace);
    CHECK(read.trace->header.version == 2);
    CHECK(read.trace->rows.size() == 15);
    CHECK(read.trace->problem_count == 1);
}

TEST_CASE("Trace reader: what is no trace is refused with what was found", "[gui][trace]") {
    CHECK(TraceReader::read_text("").error == "it is empty");
    CHECK(TraceReader::read_text("{}\n").error.find("expected a trace") != std::string::npos);
    CHECK(TraceReader::read_text(R"({"format":"failover-result/1"})")
              .error.find("failover-result/1") != std::string::npos);
    CHECK(TraceReader::read_text(std::string("\0\0\0", 3)).trace == nullptr);
    CHECK(TraceReader::read_file("/nonexistent/x").error.find("cannot be read") !=
          std::string::npos);
}

TEST_CASE("Trace reader: reading can be stopped", "[gui][trace]") {
    std::string text = header;
    for (int i = 1; i < 100000; ++i) {
        text += "{\"t\":1,\"seq\":" + std::to_string(i) + ",\"k\":\"x\"}\n";
    }
    const ReadTrace read = TraceReader::read_text(text, [](double) { return false; });
    CHECK(read.cancelled);
    CHECK(read.trace == nullptr);
}

TEST_CASE("Trace reader: hops on their way are found whatever their length", "[gui][trace]") {
    std::mt19937 random(GENERATE(1U, 2U, 3U));
    std::string text = header;
    struct Flight {
        Time from;
        Time to;
    };
    std::vector<Flight> flights;
    Time t = 0;
    for (int i = 1; i <= 5000; ++i) {
        t += static_cast<Time>(random() % 20);
        const Time length = random() % 500 == 0 ? 20000 : static_cast<Time>(random() % 50);
        flights.push_back({t, t + length});
        text += R"({"t":)" + std::to_string(t) + R"(,"seq":)" + std::to_string(i) +
                R"(,"k":"pkt","n":"l1","t2":)" + std::to_string(t + length) +
                R"(,"d":{"from":"a:eth0","to":"s:1","protocol":"arp"}})" + "\n";
    }
    const ReadTrace read = TraceReader::read_text(text);
    REQUIRE(read.trace);
    for (int i = 0; i < 300; ++i) {
        const Time at = static_cast<Time>(random() % static_cast<unsigned>(t));
        const Time stretch = static_cast<Time>(random() % 100);
        std::size_t expected = 0;
        for (const Flight& flight : flights) {
            expected +=
                flight.from <= at && (flight.to > at || flight.from > at - stretch) ? 1U : 0U;
        }
        std::size_t found = 0;
        read.trace->for_hops_at(at, stretch, [&](const Hop&) { ++found; });
        CHECK(found == expected);
    }
}

TEST_CASE("Trace reader: read in parts is the same as read at once", "[gui][trace]") {
    std::string text = reference_text().substr(0, 400000);
    std::mt19937 random(GENERATE(1U, 2U, 3U, 4U));
    for (int i = 0; i < 5; ++i) {
        text.insert(random() % text.size(), random() % 2 == 0 ? "x" : "\n");
    }
    const bool ended = random() % 2 == 0;
    const ReadTrace whole_read =
        TraceReader::read_text(text + (ended ? "\n" + trailer : ""), {}, 1);
    REQUIRE(whole_read.trace);
    for (const std::size_t parts : {2U, 3U, 7U}) {
        const ReadTrace read =
            TraceReader::read_text(text + (ended ? "\n" + trailer : ""), {}, parts);
        REQUIRE(read.trace);
        const Trace& a = *whole_read.trace;
        const Trace& b = *read.trace;
        CHECK(a.lines == b.lines);
        CHECK(a.problem_count == b.problem_count);
        CHECK(a.truncated() == b.truncated());
        CHECK(a.partial_bytes == b.partial_bytes);
        REQUIRE(a.rows.size() == b.rows.size());
        REQUIRE(a.hops.size() == b.hops.size());
        bool same = true;
        for (std::size_t i = 0; i < a.rows.size(); ++i) {
            same = same && a.rows[i].seq == b.rows[i].seq && a.rows[i].t == b.rows[i].t &&
                   a.text(a.rows[i]) == b.text(b.rows[i]) &&
                   a.name(a.rows[i].kind) == b.name(b.rows[i].kind) &&
                   a.name(a.rows[i].subject) == b.name(b.rows[i].subject);
        }
        for (std::size_t i = 0; i < a.hops.size(); ++i) {
            same = same && a.hops[i].row == b.hops[i].row &&
                   a.hops[i].received == b.hops[i].received &&
                   a.name(a.hops[i].from) == b.name(b.hops[i].from);
        }
        CHECK(same);
        for (std::size_t i = 0; i < a.problems.size() && i < b.problems.size(); ++i) {
            CHECK(a.problems[i].line == b.problems[i].line);
            CHECK(a.problems[i].what == b.problems[i].what);
        }
    }
}

TEST_CASE("Trace reader: the reference run has no problem", "[gui][trace]") {
    const ReadTrace read = TraceReader::read_file(REFERENCE_RUN);
    REQUIRE(read.trace);
    CHECK(read.trace->problem_count == 0);
    REQUIRE(read.trace->trailer);
    CHECK(read.trace->trailer->events == read.trace->rows.size());
    CHECK(read.trace->rows.size() > 30000);
}

TEST_CASE("Trace reader: bytes that were changed at random never harm it", "[gui][trace]") {
    const std::string text = reference_text().substr(0, 60000);
    std::mt19937 random(20101028);
    for (int round = 0; round < 300; ++round) {
        std::string bad = text;
        const auto changes = 1 + random() % 20;
        for (std::uint_fast32_t i = 0; i < changes && !bad.empty(); ++i) {
            const std::size_t at = random() % bad.size();
            switch (random() % 4) {
            case 0:
                bad[at] = static_cast<char>(random() % 256);
                break;
            case 1:
                bad.erase(at, random() % 40);
                break;
            case 2:
                bad.insert(at, bad.substr(random() % bad.size(), random() % 200));
                break;
            default:
                bad.resize(std::max<std::size_t>(at, 1));
                break;
            }
        }
        const ReadTrace read = TraceReader::read_text(bad);
        if (read.trace) {
            CHECK(std::ranges::is_sorted(read.trace->rows, {}, &Row::t));
            for (const Row& row : read.trace->rows) {
                (void)read.trace->details(row);
            }
        }
    }
}

TEST_CASE("Trace reader: a large file is read in parts as it would be in one piece",
          "[gui][trace]") {
    const TestFolder folder;
    std::string text = reference_text();
    text.resize(text.rfind('\n', text.size() - 2) + 1);  // without the trailer
    const std::string body = text.substr(text.find('\n') + 1);
    while (text.size() < (std::size_t{9} << 20)) {
        text += body;
    }
    const ReadTrace read = TraceReader::read_file(folder.write("x.run.jsonl", text));
    REQUIRE(read.trace);
    const ReadTrace expected = TraceReader::read_text(text, {}, 1);
    REQUIRE(read.trace->rows.size() == expected.trace->rows.size());
    CHECK(read.trace->problem_count == expected.trace->problem_count);
    bool same = true;
    for (std::size_t i = 0; i < read.trace->rows.size(); ++i) {
        same = same && read.trace->text(read.trace->rows[i]) ==
                           expected.trace->text(expected.trace->rows[i]);
    }
    CHECK(same);
}

TEST_CASE("Trace reader: a folder is refused in words", "[gui][trace]") {
    const TestFolder folder;
    const ReadTrace read = TraceReader::read_file(folder.path());
    CHECK_FALSE(read.trace);
    CHECK(read.error.find("no file") != std::string::npos);
    CHECK(TraceReader::read_file("/nonexistent/x").error.find("No such file") != std::string::npos);
}

TEST_CASE("Trace reader: a compressed trace is read like a plain one, also when it stops",
          "[gui][trace]") {
    const TestFolder folder;
    const auto read_bytes = [&](std::string_view bytes) {
        return TraceReader::read_file(folder.write("x.run.jsonl.zst", bytes));
    };
#ifdef TEST_ZSTD
    const std::string text = reference_text();
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
    const ReadTrace read = read_bytes(packed);
    REQUIRE(read.trace);
    CHECK(read.trace->rows.size() == TraceReader::read_text(text).trace->rows.size());
    CHECK_FALSE(read.trace->truncated());
    const ReadTrace half = read_bytes(std::string_view(packed).substr(0, packed.size() / 2));
    REQUIRE(half.trace);
    CHECK(half.trace->truncated());
    CHECK(half.trace->rows.size() > 1000);
    std::string damaged = packed;
    for (std::size_t i = 20; i < damaged.size(); i += 7) {
        damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    }
    const ReadTrace broken = read_bytes(damaged);
    CHECK_FALSE(broken.trace);
    CHECK_FALSE(broken.error.empty());
#else
    CHECK(read_bytes("\x28\xb5\x2f\xfd....").error.find("zstd -d") != std::string::npos);
#endif
}
