// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"

#include <map>
#include <vector>

#include "sip/stack.hpp"

using namespace models::sip;
using namespace std::chrono_literals;

namespace {

/// Two stacks on a wire of 1 ms, in virtual time.
class Wire {
  public:
    struct Side {
        std::string address;
        std::unique_ptr<Stack> stack;
        std::vector<std::pair<Duration, std::string>> sent;  ///< when, start line
        bool cut = false;                                    ///< what it sends is lost
        std::function<void(ServerId, const Message&, const Target&, ServerId)> request;
        int acks = 0;
    };
    Side a, b;

    Wire() {
        make(a, "10.0.0.1", b);
        make(b, "10.0.0.2", a);
    }
    void later(Duration delay, std::function<void()> f) { m_events.emplace(now + delay, f); }
    void run(Duration until) {
        while (!m_events.empty() && m_events.begin()->first <= until) {
            auto event = m_events.extract(m_events.begin());
            now = event.key();
            event.mapped()();
        }
        now = until;
    }
    Duration now{};

  private:
    void make(Side& side, const std::string& address, Side& other) {
        side.address = address;
        side.stack = std::make_unique<Stack>(Stack::Hooks{
            .send =
                [this, &side, &other](const Target& to, const std::string& bytes) {
                    side.sent.emplace_back(now, bytes.substr(0, bytes.find("\r\n")));
                    if (!side.cut && to.address == other.address) {
                        later(1ms, [&side, &other, bytes] {
                            other.stack->receive(bytes, {side.address, 5060});
                        });
                    }
                },
            .local_address = [&side](const Target&) { return side.address; },
            .later = [this](Duration delay, std::function<void()> f) { later(delay, f); },
            .token = [this] { return std::to_string(++m_tokens); },
            .request =
                [&side](ServerId id, const Message& m, const Target& from, ServerId cancelled) {
                    if (side.request) {
                        side.request(id, m, from, cancelled);
                    }
                },
            .ack = [&side](const Message&, const Target&) { ++side.acks; }});
    }
    std::multimap<Duration, std::function<void()>> m_events;
    int m_tokens = 0;
};

Message request(Method method) {
    Message m;
    m.method = method;
    m.method_name = to_string(method);
    m.request_uri = {"101", "10.0.0.2", 0, ""};
    m.cseq = 1;
    m.headers = {{"Max-Forwards", "70"},
                 {"From", "<sip:100@10.0.0.1>;tag=f"},
                 {"To", "<sip:101@10.0.0.2>"},
                 {"Call-ID", "call-1"},
                 {"CSeq", "1 " + m.method_name}};
    return m;
}

std::vector<double> seconds(const std::vector<std::pair<Duration, std::string>>& sent) {
    std::vector<double> times;
    for (const auto& [at, line] : sent) {
        times.push_back(std::chrono::duration<double>(at).count());
    }
    return times;
}

}  // namespace

TEST_CASE("SIP transactions: an INVITE nobody answers goes out seven times and fails at 32 s",
          "[sip]") {
    Wire wire;
    wire.a.cut = true;
    Duration failed{};
    wire.a.stack->request(request(Method::invite),
                          {"10.0.0.2", 5060},
                          {.response = {}, .failed = [&](Stack::Failure why) {
                               CHECK(why == Stack::Failure::timeout);
                               failed = wire.now;
                           }});
    wire.run(100s);
    CHECK(seconds(wire.a.sent) == std::vector<double>{0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5});
    CHECK(failed == 32s);
    CHECK(wire.a.stack->open_transactions() == 0);
}

TEST_CASE("SIP transactions: another request goes out eleven times, 4 s apart at most", "[sip]") {
    Wire wire;
    wire.a.cut = true;
    bool failed = false;
    wire.a.stack->request(request(Method::register_),
                          {"10.0.0.2", 5060},
                          {.response = {}, .failed = [&](Stack::Failure) { failed = true; }});
    wire.run(31900ms);
    CHECK_FALSE(failed);
    wire.run(100s);
    CHECK(failed);
    CHECK(seconds(wire.a.sent) ==
          std::vector<double>{0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5});
}

TEST_CASE("SIP transactions: a probe is sent once", "[sip]") {
    Wire wire;
    wire.a.cut = true;
    bool failed = false;
    wire.a.stack->request(request(Method::invite),
                          {"10.0.0.2", 5060},
                          {.response = {}, .failed = [&](Stack::Failure) { failed = true; }},
                          {.timeout = 10s, .retransmit = false});
    wire.run(10s);
    CHECK(failed);
    CHECK(wire.a.sent.size() == 1);
}

TEST_CASE("SIP transactions: a lost answer is repeated, and the request is handled once", "[sip]") {
    Wire wire;
    int handled = 0;
    int status = 0;
    wire.b.request = [&](ServerId id, const Message& m, const Target&, ServerId) {
        ++handled;
        wire.b.stack->respond(id, make_response(m, 200, "t"));
    };
    wire.b.cut = true;
    wire.later(100ms, [&] { wire.b.cut = false; });
    wire.a.stack->request(request(Method::options),
                          {"10.0.0.2", 5060},
                          {.response = [&](const Message& m) { status = m.status; }, .failed = {}});
    wire.run(60s);
    CHECK(handled == 1);
    CHECK(status == 200);
    CHECK(wire.b.sent.size() == 2);
    CHECK(wire.b.stack->open_transactions() == 0);
}

TEST_CASE("SIP transactions: a refusal is acknowledged and repeated until then", "[sip]") {
    Wire wire;
    wire.b.request = [&](ServerId id, const Message& m, const Target&, ServerId) {
        wire.b.stack->respond(id, make_response(m, 403, "t"));
    };
    std::vector<int> heard;
    wire.a.stack->request(
        request(Method::invite),
        {"10.0.0.2", 5060},
        {.response = [&](const Message& m) { heard.push_back(m.status); }, .failed = {}});
    wire.later(1500us, [&] { wire.a.cut = true; });  // the first ACK is lost
    wire.later(100ms, [&] { wire.a.cut = false; });
    wire.run(60s);
    CHECK(heard == std::vector<int>{403});
    REQUIRE(wire.b.sent.size() == 2);
    CHECK(wire.b.sent[1].first == 501ms);
    REQUIRE(wire.a.sent.size() == 3);
    CHECK(wire.a.sent[1].second.substr(0, 4) == "ACK ");
    CHECK(wire.a.sent[2].second.substr(0, 4) == "ACK ");
    CHECK(wire.b.acks == 0);  // an ACK to a failure is the transaction's own
}

TEST_CASE("SIP transactions: an answer is repeated until the ACK is there", "[sip]") {
    Wire wire;
    wire.b.request = [&](ServerId id, const Message& m, const Target&, ServerId) {
        wire.b.stack->respond(id, make_response(m, 200, "t"));
    };
    ClientId invite{};
    int answers = 0;
    invite = wire.a.stack->request(
        request(Method::invite),
        {"10.0.0.2", 5060},
        {.response =
             [&](const Message&) {
                 ++answers;
                 wire.later(1s, [&] {
                     wire.a.stack->acknowledge(invite, request(Method::ack), {"10.0.0.2", 5060});
                 });
             },
         .failed = {}});
    wire.run(60s);
    CHECK(answers == 1);
    CHECK(wire.b.acks == 1);
    CHECK(wire.b.sent.size() == 2);  // at 0 and 0.5 s; 1.5 s comes after the ACK
}

TEST_CASE("SIP transactions: CANCEL waits for a provisional answer and finds its INVITE", "[sip]") {
    Wire wire;
    ServerId ringing{};
    Message offered;
    ServerId meant{};
    wire.b.request = [&](ServerId id, const Message& m, const Target&, ServerId cancelled) {
        if (m.method == Method::invite) {
            ringing = id;
            offered = m;
            wire.later(2s,
                       [&] { wire.b.stack->respond(ringing, make_response(offered, 180, "t")); });
        } else {
            meant = cancelled;
            wire.b.stack->respond(id, make_response(m, 200, "t"));
            wire.b.stack->respond(cancelled, make_response(offered, 487, "t"));
        }
    };
    int final = 0;
    const ClientId id = wire.a.stack->request(
        request(Method::invite),
        {"10.0.0.2", 5060},
        {.response = [&](const Message& m) { final = m.status; }, .failed = {}});
    wire.later(1s, [&] { wire.a.stack->cancel(id); });
    wire.run(1900ms);
    CHECK(std::ranges::none_of(wire.a.sent,
                               [](const auto& s) { return s.second.substr(0, 6) == "CANCEL"; }));
    wire.run(60s);
    CHECK(meant == ringing);
    CHECK(final == 487);
}

TEST_CASE("SIP transactions: ICMP ends what still tries there", "[sip]") {
    Wire wire;
    wire.a.cut = true;
    std::vector<Stack::Failure> why;
    const auto note = [&](Stack::Failure f) { why.push_back(f); };
    wire.a.stack->request(request(Method::invite), {"10.0.0.2", 5060}, {{}, note});
    wire.a.stack->request(request(Method::options), {"10.0.0.3", 5060}, {{}, note});
    wire.a.stack->unreachable({"10.0.0.2", 5060});
    CHECK(why == std::vector<Stack::Failure>{Stack::Failure::transport});
}

TEST_CASE("SIP transactions: garbage is counted and changes nothing", "[sip]") {
    Wire wire;
    wire.a.stack->receive("garbage", {"10.0.0.2", 5060});
    CHECK(wire.a.stack->counters().malformed == 1);
    CHECK(wire.a.stack->open_transactions() == 0);
}
