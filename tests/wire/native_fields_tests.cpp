// SPDX-License-Identifier: GPL-2.0-or-later
// The fields of a native beat: what is written reads back equal, and every way of breaking one
// field is found and named.
#include <string>
#include <utility>
#include <vector>

#include "cluster/wire/native_fields.hpp"
#include "support/catch.hpp"

using namespace cluster;
using namespace cluster::wire;

namespace {

constexpr std::uint64_t mark = 0x0123456789abcdefU;

const Authenticator& keys() {
    static const Authenticator made = [] {
        AuthKeys values;
        values.sending_index = 1;
        values.keys[1] = AuthKey{AuthMethod::crc, ""};
        return Authenticator{values};
    }();
    return made;
}

std::optional<Result<NativeFields, NativeFieldError>>
read(const OutgoingMessage& message, const NativeLimits& limits, std::uint64_t own = mark) {
    std::vector<std::byte> bytes;
    encode_netstring(message, keys(), MessageFormat::netstring, bytes);
    MessageView view;
    REQUIRE_FALSE(decode(bytes, keys(), view).has_value());
    return read_native_fields(view, limits, own);
}

NodeSet set_of(std::initializer_list<std::size_t> nodes) {
    NodeSet set;
    for (const std::size_t node : nodes) {
        set.insert(node);
    }
    return set;
}

NativeFields full() {
    NativeFields fields;
    fields.dialect = 0x1f;
    fields.acknowledged = 0x20;
    fields.configuration = mark;
    fields.relayed_by = "node3";
    NativeState& s = fields.state.emplace();
    s.uptime_ms = 123456;
    s.ask = true;
    s.alive = NodeSet::all(5);
    s.recent = set_of({0, 1, 4});
    s.confirmed = set_of({1});
    s.agreed = {{7, 2, 40}, set_of({0, 1, 2})};
    s.attempted = {{{8, 0, 41}, set_of({0, 1})}, {{9, 1, 42}, set_of({1, 4})}};
    s.plan = Plan{{10, 1, 42}, {7, 2, 40}, set_of({1, 4}), {1, no_owner, 4}};
    s.groups = {{Hold::up, 10, FailureReason::none},
                {Hold::none, 3, FailureReason::start},
                {Hold::unknown, 0, FailureReason::stop}};
    s.flags.ready = true;
    s.flags.asked = true;
    s.flags.no_carrier = true;
    s.asked = {{0, 4}, {2, 1}};
    s.health_score = 50;
    s.health = HealthState::critical;
    s.fenced = set_of({0, 3});
    return fields;
}

const NativeLimits five{.nodes = 5, .groups = 3, .sender = 1};

OutgoingMessage written(const NativeFields& fields, const NativeLimits& limits) {
    OutgoingMessage message;
    message.add("t", "status");
    add_native_fields(fields, limits, message);
    return message;
}

std::string value_of(const OutgoingMessage& message, std::string_view name) {
    for (const OutgoingField& field : message.fields) {
        if (field.name == name) {
            return field.value;
        }
    }
    return "absent";
}

/// The field that is found wrong when `name` has that value; "none" when all is well.
std::string wrong_with(const std::string& name, const std::string& value) {
    OutgoingMessage message = written(full(), five);
    for (OutgoingField& field : message.fields) {
        if (field.name == name) {
            field.value = value;
        }
    }
    const auto answer = read(message, five);
    return !answer ? "no native beat" : *answer ? "none" : std::string{answer->error().field};
}

std::string wrong_without(const std::string& name) {
    OutgoingMessage message = written(full(), five);
    std::erase_if(message.fields, [&](const OutgoingField& field) { return field.name == name; });
    const auto answer = read(message, five);
    return !answer ? "no native beat" : *answer ? "none" : std::string{answer->error().field};
}

}  // namespace

TEST_CASE("Native fields: a beat with every field reads back equal", "[wire][native]") {
    const OutgoingMessage message = written(full(), five);
    CHECK(value_of(message, "nv") == "1");
    CHECK(value_of(message, "nd") == "1f");
    CHECK(value_of(message, "na") == "20");
    CHECK(value_of(message, "nc") == "0123456789abcdef");
    CHECK(value_of(message, "nu") == "1e240");
    CHECK(value_of(message, "nl") == "*");
    CHECK(value_of(message, "nr") == "13");
    CHECK(value_of(message, "nk") == "2");
    CHECK(value_of(message, "nb") == "7.2.28/7");
    CHECK(value_of(message, "nt") == "8.0.29/3 9.1.2a/12");
    CHECK(value_of(message, "np") == "a.1.2a/7.2.28/12/1,-,4");
    CHECK(value_of(message, "nh") == "0:u:a 1:n:3 2:q:0");
    CHECK(value_of(message, "nx") == "1:s 2:t");
    CHECK(value_of(message, "nf") == "gnr");
    CHECK(value_of(message, "ng") == "0:4 2:1");
    CHECK(value_of(message, "ns") == "50c");
    CHECK(value_of(message, "nz") == "9");
    CHECK(value_of(message, "nw") == "node3");
    const auto answer = read(message, five);
    REQUIRE(answer.has_value());
    REQUIRE(answer->has_value());
    const NativeFields& got = **answer;
    const NativeFields sent = full();
    CHECK(got.version == 1);
    CHECK(got.dialect == sent.dialect);
    CHECK(got.acknowledged == sent.acknowledged);
    CHECK(got.configuration == mark);
    CHECK(got.relayed_by == sent.relayed_by);
    REQUIRE(got.state.has_value());
    CHECK(got.state->uptime_ms == sent.state->uptime_ms);
    CHECK(got.state->ask);
    CHECK(got.state->alive == sent.state->alive);
    CHECK(got.state->recent == sent.state->recent);
    CHECK(got.state->confirmed == sent.state->confirmed);
    CHECK(got.state->agreed == sent.state->agreed);
    CHECK(got.state->attempted == sent.state->attempted);
    CHECK(got.state->plan == sent.state->plan);
    CHECK(got.state->groups == sent.state->groups);
    CHECK(got.state->flags == sent.state->flags);
    CHECK(got.state->asked == sent.state->asked);
    CHECK(got.state->health_score == 50);
    CHECK(got.state->health == HealthState::critical);
    CHECK(got.state->fenced == sent.state->fenced);
}

TEST_CASE("Native fields: what is empty is left out", "[wire][native]") {
    NativeFields fields;
    fields.dialect = fields.acknowledged = 1;
    fields.configuration = mark;
    NativeState& s = fields.state.emplace();
    s.alive = s.recent = s.confirmed = set_of({1});
    s.agreed.members = NodeSet::all(5);
    s.groups.resize(3);
    const OutgoingMessage message = written(fields, five);
    for (const char* const name : {"na", "nq", "nt", "np", "nh", "nx", "nf", "ng", "nz", "nw"}) {
        CAPTURE(name);
        CHECK(value_of(message, name) == "absent");
    }
    CHECK(value_of(message, "nb") == "0");
    const auto answer = read(message, five);
    REQUIRE(answer.has_value());
    REQUIRE(answer->has_value());
    CHECK((*answer)->state->agreed == s.agreed);
    CHECK((*answer)->state->groups == s.groups);
}

TEST_CASE("Native fields: a beat in R1 has no state, one of heartbeat no fields",
          "[wire][native]") {
    NativeFields fields;
    fields.configuration = mark;
    const OutgoingMessage message = written(fields, five);
    CHECK(message.fields.size() == 4);
    const auto answer = read(message, five);
    REQUIRE(answer.has_value());
    REQUIRE(answer->has_value());
    CHECK_FALSE((*answer)->state.has_value());
    CHECK((*answer)->acknowledged == 0);
    OutgoingMessage other;
    other.add("t", "status");
    CHECK_FALSE(read(other, five).has_value());
}

TEST_CASE("Native fields: of another configuration only its mark is read", "[wire][native]") {
    OutgoingMessage message = written(full(), five);
    for (OutgoingField& field : message.fields) {
        field.value = field.name == "np" ? "whatever" : field.value;
    }
    const auto answer = read(message, five, mark + 1);
    REQUIRE(answer.has_value());
    REQUIRE(answer->has_value());
    CHECK((*answer)->configuration == mark);
    CHECK_FALSE((*answer)->state.has_value());
}

TEST_CASE("Native fields: 256 nodes and 256 groups fit every limit of the format",
          "[wire][native]") {
    NativeFields fields = full();
    const NativeLimits limits{.nodes = 256, .groups = 256, .sender = 1};
    NativeState& s = *fields.state;
    NodeSet odd;
    for (std::size_t n = 1; n < 256; n += 2) {
        odd.insert(n);
    }
    s.alive = s.recent = s.confirmed = odd;
    const PlanId id{0xffffffff, 255, 0xffffffff};
    s.agreed = {{0xfffffffe, 255, 0xffffffff}, odd};
    s.attempted.assign(8, {id, odd});
    s.plan = Plan{id, s.agreed.id, odd, std::vector<std::int32_t>(256, 255)};
    s.groups.assign(256, {Hold::up, 0xffffffff, FailureReason::monitor});
    s.asked.clear();
    s.flags.asked = false;
    s.fenced = odd;
    const OutgoingMessage message = written(fields, limits);
    std::vector<std::byte> bytes;
    encode_netstring(message, keys(), MessageFormat::classic, bytes);
    CHECK(bytes.size() < 10'000);
    const auto answer = read(message, limits);
    REQUIRE(answer.has_value());
    REQUIRE(answer->has_value());
    CHECK((*answer)->state->plan == s.plan);
    CHECK((*answer)->state->groups == s.groups);
    CHECK((*answer)->state->attempted == s.attempted);
}

TEST_CASE("Native fields: a steady beat stays small", "[wire][native]") {
    NativeFields fields;
    fields.dialect = fields.acknowledged = 1;
    fields.configuration = mark;
    NativeState& s = fields.state.emplace();
    s.uptime_ms = 86'400'000;
    s.alive = s.recent = s.confirmed = NodeSet::all(64);
    const PlanId id{0x40, 0, 0x20};
    s.agreed = {id, s.alive};
    s.plan = Plan{id, {0x3f, 0, 0x20}, s.alive, std::vector<std::int32_t>(32, 7)};
    s.groups.resize(32);
    s.groups[7] = {Hold::up, 0x40, FailureReason::none};
    s.flags.ready = true;
    OutgoingMessage message = written(fields, {.nodes = 64, .groups = 32, .sender = 7});
    std::vector<std::byte> bytes;
    encode_netstring(message, keys(), MessageFormat::classic, bytes);
    CHECK(bytes.size() < 600);
}

TEST_CASE("Native fields: each broken field is named", "[wire][native]") {
    REQUIRE(wrong_with("nq", "1") == "none");
    const std::vector<std::pair<std::string, std::vector<std::string>>> broken{
        {"nv", {"", "0", "01", "x", "-1", "1000001"}},
        {"nd", {"", "01", "1F", "g", "10000000000000000", "+1", " 1"}},
        {"na", {"", "1f", "020", "X"}},
        {"nc", {"", "0", "0123456789ABCDEF", "0123456789abcdef0", "0123456789abcdeg"}},
        {"nu", {"", "00", "1E", "-"}},
        {"nq", {"", "0", "yes"}},
        {"nl", {"", "20", "1f", "3f", "02", "1d", "g", "1D", "**", "0"}},
        {"nr", {"", "11", "100"}},
        {"nk", {"", "1", "0"}},
        {"nb",
         {"", "1", "7.2.28", "7.2.28/", "7.5.28/7", "7.2/7", "0.0.0/7", "7.2.28/5", "07.2.28/7"}},
        {"nt",
         {"",
          "0",
          "8.0.29/3 ",
          " 8.0.29/3",
          "8.0.29/3  8.0.29/3",
          "8.0.29",
          "8.0.29/40",
          "1.0.1/3 1.0.1/3 1.0.1/3 1.0.1/3 1.0.1/3 1.0.1/3 1.0.1/3 1.0.1/3 1.0.1/3"}},
        {"np",
         {"",
          "a.1.2a",
          "a.1.2a/7.2.28/12",
          "a.1.2a/7.2.28/12/1,-",
          "a.1.2a/7.2.28/12/1,-,4,1",
          "a.1.2a/7.2.28/12/1,-,3",
          "a.1.2a/7.2.28/12/1,-,5",
          "a.1.2a/7.2.28/12/1,,4",
          "a.1.2a/a.1.2a/12/1,-,4",
          "a.0.2a/7.2.28/12/1,-,4",
          "a.4.2a/7.2.28/11/-,-,4",
          "0.0.0/0.0.0/12/1,-,4",
          "a.1.2a/7.2.28/0/-,-,-",
          "a.1.2a/7.2.28/12/1,-,04"}},
        {"nh",
         {"",
          "3:u:1",
          "0:u",
          "0:z:1",
          "0::1",
          "0:uu:1",
          "1:u:1 0:u:1",
          "0:u:1 0:u:1",
          "0:u:x",
          "0:u:1 ",
          "0:n:0",
          "00:u:1"}},
        {"nx", {"", "0", "0:", "0:-", "0:x", "0:ss", "3:s", "1:s 1:m"}},
        {"nf", {"", "z", "rg", "gg", "gnr "}},
        {"ng", {"", "0", "0:5", "3:1", "2:1 0:1", "0:01"}},
        {"ns", {"", "o", "50", "50x", "-1o", "050o", "1000001o"}},
        {"nz", {"", "0", "20", "1f", "x"}},
        {"nw", {""}},
    };
    for (const auto& [name, values] : broken) {
        for (const std::string& value : values) {
            CAPTURE(name, value);
            CHECK(wrong_with(name, value) == name);
        }
    }
}

TEST_CASE("Native fields: each needed field that is missing is named", "[wire][native]") {
    for (const std::string name : {"nd", "nc", "nu", "nl", "nr", "nk", "nb", "ng", "ns"}) {
        CHECK(wrong_without(name) == name);
    }
    for (const std::string name : {"na", "nq", "nt", "np", "nh", "nx", "nz", "nw"}) {
        CAPTURE(name);
        CHECK(wrong_without(name) == "none");
    }
    CHECK(wrong_without("nv") == "no native beat");
    CHECK(wrong_without("nf") == "ng");
}
