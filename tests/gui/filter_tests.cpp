// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/filter.hpp"

#include "gui/small_trace.hpp"
#include "support/catch.hpp"
#include "trace/trace_reader.hpp"

using namespace gui;
using namespace gui_test;

namespace {

std::vector<std::uint64_t> seqs(const std::string& text, bool packets = false) {
    static const std::shared_ptr<const Trace> trace = TraceReader::read_text(whole).trace;
    Filter filter = Filter::parse(text);
    filter.packets = packets;
    std::vector<std::uint64_t> out;
    for (const std::uint32_t row : filter.rows(*trace)) {
        out.push_back(trace->rows[row].seq);
    }
    return out;
}

using List = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("Filter: words are wanted all at once", "[gui][filter]") {
    CHECK(seqs("").size() == 13);
    CHECK(seqs("", true).size() == 15);
    CHECK(seqs("kind:ms") == List{6, 13, 15});
    CHECK(seqs("kind:ms node:b") == List{13, 15});
    CHECK(seqs("KIND:ms") == List{});  // no such key: somewhere in the line
    CHECK(seqs("-kind:ms node:b") == List{3, 4, 12, 14});
    CHECK(seqs("peer-dead") == List{14});
    CHECK(seqs("PEER-DEAD") == List{14});
    CHECK(seqs("t:0.00000004..0.00000005") == List{10, 11, 12});
    CHECK(seqs("t:0.00000006..") == List{13, 14, 15});
    CHECK(seqs("  kind:node.boot   ") == List{1, 3});
}

TEST_CASE("Filter: what cannot be understood matches nothing and says why", "[gui][filter]") {
    for (const char* const bad : {"t:5", "t:b..c", "t:9..1", "node:", "t:-1..2", "t:1e99..2"}) {
        CAPTURE(bad);
        CHECK_FALSE(Filter::parse(bad).error.empty());
        CHECK(seqs(bad).empty());
    }
}
