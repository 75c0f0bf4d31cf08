// SPDX-License-Identifier: GPL-2.0-or-later
// One core takes the place of one real node in a capture: it hears every packet the other real node
// sent, when it was sent, and gets the operator's commands. What it says is compared with what the
// real node said, message by message.
//
// tests/transcripts/captures/<case>.txt holds the comparison: "  " both, "- " only the real node,
// "+ " only the core. Every run of - and + lines must be followed by a line "# reason".
// UPDATE_GOLDEN=1 rewrites and keeps known reasons.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <sstream>

#include "cluster/cluster_node.hpp"
#include "support/catch.hpp"
#include "support/pcap.hpp"
#include "support/report_text.hpp"

using namespace std::chrono_literals;
using namespace cluster;

namespace {

enum class Before {
    nothing,      ///< the capture begins with the start of the node
    both_stable,  ///< each side holds its own groups (the group prefers asterisk1)
    peer_dead,    ///< the core took everything when the other died
    given_to_us,  ///< the other gave everything by hb_standby all
    given_away,   ///< the other holds everything, we nothing
};

struct Command {
    std::int64_t at_ms = 0;  ///< since the first packet of the capture
    AdminCommand command;
};

struct Case {
    std::string name;
    std::string file;
    int self = 1;  ///< 1 or 2
    std::string auto_failback = "on";
    Before before = Before::nothing;
    bool slow_scripts = true;  ///< start of fonulator 1 s and of asterisk 5 s, else at once
    std::vector<Command> commands;
};

const std::vector<Case>& cases() {
    static constexpr AdminCommand stop{AdminCommand::Kind::stop, ResourceScope::all};
    static constexpr AdminCommand standby_all{AdminCommand::Kind::standby, ResourceScope::all};
    static constexpr AdminCommand takeover_local{AdminCommand::Kind::takeover,
                                                 ResourceScope::local};
    static const std::vector<Case> all{
        {"startup-1", "startup-sha1", 1, "on", Before::nothing, true, {}},
        {"startup-2", "startup-sha1", 2, "on", Before::nothing, true, {}},
        {"startup-off-1", "afb-off-startup", 1, "off", Before::nothing, true, {}},
        {"startup-off-2", "afb-off-startup", 2, "off", Before::nothing, true, {}},
        {"startup-legacy-1", "afb-legacy-startup", 1, "legacy", Before::nothing, true, {}},
        {"startup-legacy-2", "afb-legacy-startup", 2, "legacy", Before::nothing, true, {}},
        {"primary-killed-1", "primary-killed", 1, "on", Before::both_stable, true, {}},
        {"primary-killed-2", "primary-killed", 2, "on", Before::both_stable, true, {}},
        {"rejoin-on-1", "rejoin-afb-on", 1, "on", Before::nothing, true, {}},
        {"rejoin-on-2", "rejoin-afb-on", 2, "on", Before::peer_dead, true, {}},
        {"return-off-1", "return-afb-off", 1, "off", Before::nothing, false, {{13300, stop}}},
        {"return-off-2", "return-afb-off", 2, "off", Before::nothing, false, {}},
        {"return-legacy-1",
         "return-afb-legacy",
         1,
         "legacy",
         Before::nothing,
         false,
         {{4100, stop}}},
        {"return-legacy-2", "return-afb-legacy", 2, "legacy", Before::nothing, false, {}},
        {"clean-stop-1", "clean-stop", 1, "on", Before::both_stable, true, {{980, stop}}},
        {"clean-stop-2", "clean-stop", 2, "on", Before::both_stable, true, {}},
        {"standby-all-1",
         "hb-standby-all",
         1,
         "on",
         Before::both_stable,
         true,
         {{1150, standby_all}}},
        {"standby-all-2", "hb-standby-all", 2, "on", Before::both_stable, true, {}},
        {"takeover-local-1",
         "hb-takeover-local",
         1,
         "on",
         Before::given_away,
         true,
         {{990, takeover_local}}},
        {"takeover-local-2", "hb-takeover-local", 2, "on", Before::given_to_us, true, {}},
    };
    return all;
}

struct Packet {
    Instant at{};
    std::vector<std::byte> bytes;
    std::uint64_t generation = 0;
    std::uint64_t seq = 0;
    std::string type{};
    std::string story{};
    bool first_of_life = false;
};

std::string node_name(int number) {
    return "asterisk" + std::to_string(number);
}

Uuid uuid_of(const std::vector<std::byte>& bytes, const wire::Authenticator& keys) {
    wire::MessageView view;
    REQUIRE(!wire::decode(bytes, keys, view));
    return view.get_uuid("srcuuid").value();
}

/// A core, its scripts and its clock.
class Stage {
  public:
    Stage(const Case& the_case, const std::vector<Packet>& real, const std::vector<Packet>& other)
        : m_case(the_case), m_keys(parse_authkeys("auth 1\n1 sha1 hbx-secret\n", "authkeys").value),
          m_other(other) {
        m_options.name = node_name(the_case.self);
        const std::string ha = "keepalive 200ms\ndeadtime 2\nwarntime 1\ninitdead 10\nudpport "
                               "694\nbcast eth0\nauto_failback " +
                               the_case.auto_failback + "\nnode asterisk1\nnode asterisk2\n";
        m_options.files.ha = parse_ha_cf(ha, "ha.cf", m_options.name).value;
        m_options.files.resources = parse_haresources("asterisk1 10.10.10.110 fonulator asterisk\n",
                                                      "haresources",
                                                      m_options.files.ha.nodes)
                                        .value;
        m_options.files.keys = parse_authkeys("auth 1\n1 sha1 hbx-secret\n", "authkeys").value;
        m_options.seed = 7;
        m_options.uuid = uuid_of(real.front().bytes, m_keys);
        m_other_uuid = uuid_of(other.front().bytes, m_keys);
    }

    /// From `at` on the core exists.
    void start(Instant at) {
        run_until(at);
        m_now = at;
        m_actions.clear();
        m_node = std::make_unique<ClusterNode>(m_options);
        handle(NodeStarted{m_durable});
    }
    void kill(Instant at) {
        run_until(at);
        m_node.reset();
    }
    void command(const AdminCommand& command) { handle(command); }
    void hear(std::span<const std::byte> bytes) { handle(DatagramReceived{LinkId{0}, bytes}); }

    void run_until(Instant end) {
        for (;;) {
            const auto deadline = m_node ? m_node->next_deadline() : std::nullopt;
            const auto action =
                m_actions.empty() ? std::nullopt : std::optional{m_actions.begin()->first};
            const bool answer = action && (!deadline || *action <= *deadline);
            const auto next = answer ? action : deadline;
            if (!next || *next > end) {
                m_now = std::max(m_now, end);
                return;
            }
            m_now = std::max(m_now, *next);
            if (answer) {
                const Answer taken = m_actions.begin()->second;
                m_actions.erase(m_actions.begin());
                if (!taken.word.empty()) {
                    taken.up ? static_cast<void>(m_running.insert(taken.word))
                             : static_cast<void>(m_running.erase(taken.word));
                }
                handle(ActionCompleted{taken.id, Outcome::done, 0, taken.output, {}});
            } else {
                handle(DeadlineReached{});
            }
        }
    }

    /// Before the capture: the other node as a few signed messages with numbers below those of the
    /// capture.
    void prelude(Instant capture_start, std::uint64_t generation);

    std::vector<std::string> story;
    bool recording = false;
    [[nodiscard]] bool alive() const { return m_node != nullptr; }

  private:
    struct Answer {
        ActionId id{};
        std::string output{};
        std::string word{};
        bool up = false;
    };

    void handle(const Event& event) {
        if (!m_node) {
            return;
        }
        ActionSink sink;
        m_node->handle({m_now,
                        WallSeconds{m_now.time_since_epoch().count() / 1'000'000'000},
                        "0.00 0.01 0.05 1/100 1000"},
                       event,
                       sink);
        bool left = false;
        for (const IssuedAction& issued : sink.actions()) {
            execute(issued, left);
        }
        if (left) {
            m_node.reset();
        }
    }

    void execute(const IssuedAction& issued, bool& left) {
        const auto answer = [&](Duration after, Answer with = {}) {
            with.id = issued.id;
            m_actions.emplace(m_now + after, with);
        };
        if (const auto* send = std::get_if<SendDatagram>(&issued.action)) {
            wire::MessageView view;
            REQUIRE(!wire::decode(send->bytes, m_keys, view));
            const std::string type{view.get("t").value()};
            if (recording && type != "status" && !type.starts_with("NS_")) {
                story.push_back(test_support::own_fields(view));
            }
        } else if (const auto* agent = std::get_if<RunAgent>(&issued.action)) {
            if (agent->op == AgentOp::status) {
                answer(5ms,
                       {.output = m_running.count(agent->name) != 0 ? "running" : "not running"});
            } else {
                const bool up = agent->op == AgentOp::start;
                const Duration takes =
                    up && m_case.slow_scripts
                        ? (agent->name == "asterisk" ? Duration{5s} : Duration{1s})
                        : Duration{10ms};
                answer(takes, {.word = agent->name, .up = up});
            }
        } else if (const auto* persist = std::get_if<PersistState>(&issued.action)) {
            m_durable.assign(persist->bytes.begin(), persist->bytes.end());
            answer(2ms);
        } else if (std::holds_alternative<AcquireAddress>(issued.action) ||
                   std::holds_alternative<ReleaseAddress>(issued.action)) {
            answer(2ms);
        } else if (std::holds_alternative<LeaveCluster>(issued.action)) {
            left = true;
        }
    }

    void other_says(Instant at, std::initializer_list<std::pair<const char*, const char*>> fields) {
        run_until(at);
        wire::OutgoingMessage message;
        for (const auto& [name, value] : fields) {
            message.add(name, value);
        }
        message.add("src", node_name(3 - m_case.self));
        message.add_uuid("srcuuid", m_other_uuid);
        message.add_hex("seq", ++m_other_seq);
        message.add_hex("hg", m_other_generation);
        message.add_hex("ts",
                        static_cast<std::uint64_t>(at.time_since_epoch().count() / 1'000'000'000));
        message.add("ld", "0.00 0.00 0.00 1/1 1");
        message.add("ttl", "3");
        std::vector<std::byte> bytes;
        wire::encode_netstring(message, m_keys, MessageFormat::classic, bytes);
        hear(bytes);
    }
    void other_beats(Instant from, Instant to, const char* status) {
        for (Instant at = from; at < to; at += 200ms) {
            other_says(at, {{"t", "status"}, {"st", status}, {"dt", "7d0"}, {"protocol", "1"}});
        }
    }

    const Case& m_case;
    NodeOptions m_options;
    wire::Authenticator m_keys;
    const std::vector<Packet>& m_other;
    Uuid m_other_uuid;
    std::unique_ptr<ClusterNode> m_node;
    Instant m_now{};
    std::multimap<Instant, Answer> m_actions;
    std::set<std::string> m_running;
    std::vector<std::byte> m_durable;
    std::uint64_t m_other_generation = 0;
    std::uint64_t m_other_seq = 0;
};

void Stage::prelude(Instant capture_start, std::uint64_t generation) {
    // A peer that dies before the capture comes back in it with a higher generation.
    m_other_generation = m_case.before == Before::peer_dead ? generation - 1 : generation;
    const Instant begin = capture_start - 18s;
    const std::string self = node_name(m_case.self);
    start(begin);
    other_says(begin + 10ms, {{"t", "status"}, {"st", "up"}, {"dt", "7d0"}, {"protocol", "1"}});
    other_says(begin + 20ms,
               {{"dest", self.c_str()},
                {"t", "repnodes"},
                {"nodelist", "asterisk1 asterisk2 "},
                {"delnodelist", " "}});
    other_says(begin + 30ms, {{"t", "status"}, {"st", "active"}, {"dt", "7d0"}, {"protocol", "1"}});
    other_says(begin + 40ms, {{"t", "starting"}});
    const char* held = m_case.before == Before::given_away ? "all" : "local";
    other_says(begin + 50ms,
               {{"t", "resource"}, {"rsc_hold", held}, {"rtype", "full"}, {"isstable", "1"}});
    const bool dies = m_case.before == Before::peer_dead;
    other_beats(begin + 100ms, dies ? begin + 2s : begin + 7s, "active");
    if (m_case.before == Before::given_to_us) {
        other_says(begin + 7s, {{"t", "ask_resources"}, {"rsc_hold", "all"}, {"info", "me"}});
        other_says(begin + 7050ms,
                   {{"t", "resource"},
                    {"rsc_hold", "none"},
                    {"rtype", "full"},
                    {"isstable", "0"},
                    {"info", "standby"}});
        other_says(begin + 7100ms, {{"t", "ask_resources"}, {"rsc_hold", "all"}, {"info", "done"}});
        other_beats(begin + 7200ms, begin + 14s, "active");
        other_says(begin + 14s,
                   {{"t", "resource"}, {"rsc_hold", "none"}, {"rtype", "full"}, {"isstable", "1"}});
        other_beats(begin + 14100ms, capture_start, "active");
    } else if (!dies) {
        other_beats(begin + 7s, capture_start, "active");
    }
    run_until(capture_start - 1ms);
}

struct Capture {
    std::vector<Packet> real;  // of the node whose place we take
    std::vector<Packet> other;
    Instant begin{};
};

Capture read(const Case& the_case) {
    const wire::Authenticator keys{parse_authkeys("auth 1\n1 sha1 hbx-secret\n", "authkeys").value};
    Capture capture;
    const auto packets =
        test_support::read_udp(test_support::capture_path(the_case.file + ".pcap"), 694);
    REQUIRE(!packets.empty());
    capture.begin = Instant{Duration{packets.front().time_ns}};
    for (const auto& raw : packets) {
        Packet packet{.at = Instant{Duration{raw.time_ns}}, .bytes = raw.payload};
        wire::MessageView view;
        REQUIRE(!wire::decode(packet.bytes, keys, view));
        packet.type = view.get("t").value();
        packet.generation = view.get_hex("hg").value_or(0);
        packet.seq = view.get_hex("seq").value_or(0);
        packet.story = test_support::own_fields(view);
        packet.first_of_life = packet.type == "status" && packet.seq == 1;
        const bool ours = view.get("src") == node_name(the_case.self);
        (ours ? capture.real : capture.other).push_back(std::move(packet));
    }
    return capture;
}

/// What the real node said, in the order in which it made the messages (the order on the wire can
/// differ).
std::vector<std::string> real_story(const std::vector<Packet>& real) {
    std::vector<const Packet*> told;
    for (const Packet& packet : real) {
        if (packet.type != "status" && !packet.type.starts_with("NS_")) {
            told.push_back(&packet);
        }
    }
    std::ranges::sort(told, [](const Packet* a, const Packet* b) {
        return std::pair{a->generation, a->seq} < std::pair{b->generation, b->seq};
    });
    std::vector<std::string> story;
    for (const Packet* packet : told) {
        story.push_back(packet->story);
    }
    return story;
}

std::vector<std::string> our_story(const Case& the_case, const Capture& capture) {
    Stage stage{the_case, capture.real, capture.other};
    struct Step {
        Instant at;
        int order;  // of equal times
        std::function<void()> act;
    };
    std::vector<Step> steps;
    for (const Packet& packet : capture.other) {
        steps.push_back({packet.at, 1, [&] { stage.hear(packet.bytes); }});
    }
    for (const Packet& packet : capture.real) {
        if (packet.first_of_life) {
            steps.push_back({packet.at, 0, [&] { stage.start(packet.at); }});
        }
    }
    for (const Command& command : the_case.commands) {
        steps.push_back({capture.begin + std::chrono::milliseconds{command.at_ms}, 0, [&] {
                             stage.command(command.command);
                         }});
    }
    // A life of the real node ends with its last packet; the core must not outlive it.
    for (std::size_t i = 0; i < capture.real.size(); ++i) {
        const bool last = i + 1 == capture.real.size() ||
                          capture.real[i + 1].generation != capture.real[i].generation;
        const bool capture_ends =
            i + 1 == capture.real.size() && capture.other.back().at - capture.real[i].at < 1s;
        if (last && !capture_ends) {
            steps.push_back(
                {capture.real[i].at + 50ms, 0, [&, i] { stage.kill(capture.real[i].at + 50ms); }});
        }
    }
    std::ranges::stable_sort(steps, [](const Step& a, const Step& b) {
        return std::pair{a.at, a.order} < std::pair{b.at, b.order};
    });
    if (the_case.before != Before::nothing) {
        const auto first =
            std::ranges::find_if(capture.other, [](const Packet& p) { return p.seq > 0; });
        stage.prelude(capture.begin, first->generation);
    }
    stage.recording = true;
    for (const Step& step : steps) {
        stage.run_until(step.at);
        step.act();
    }
    stage.run_until(std::max(capture.real.back().at, capture.other.back().at));
    return stage.story;
}

/// Longest common subsequence, as lines with "  ", "- ", "+ ".
std::vector<std::string> compare(const std::vector<std::string>& real,
                                 const std::vector<std::string>& ours) {
    std::vector<std::vector<std::size_t>> length(real.size() + 1,
                                                 std::vector<std::size_t>(ours.size() + 1, 0));
    for (std::size_t i = real.size(); i-- > 0;) {
        for (std::size_t j = ours.size(); j-- > 0;) {
            length[i][j] = real[i] == ours[j] ? length[i + 1][j + 1] + 1
                                              : std::max(length[i + 1][j], length[i][j + 1]);
        }
    }
    std::vector<std::string> lines;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < real.size() || j < ours.size()) {
        if (i < real.size() && j < ours.size() && real[i] == ours[j]) {
            lines.push_back("  " + real[i++]);
            ++j;
        } else if (i < real.size() && (j == ours.size() || length[i + 1][j] >= length[i][j + 1])) {
            lines.push_back("- " + real[i++]);
        } else {
            lines.push_back("+ " + ours[j++]);
        }
    }
    return lines;
}

bool deviates(const std::string& line) {
    return line.starts_with("- ") || line.starts_with("+ ");
}

/// Reason per run of deviating lines, keyed by the run's text.
std::map<std::string, std::string> reasons_in(std::istream& in) {
    std::map<std::string, std::string> reasons;
    std::string run;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("# ")) {
            reasons[run] += line + '\n';
        } else if (deviates(line)) {
            run += line + '\n';
            continue;
        }
        if (!line.starts_with("# ")) {
            run.clear();
        }
    }
    return reasons;
}

}  // namespace

TEST_CASE("Capture stories: a core in the place of a real node says what that node said",
          "[core][capture]") {
    for (const Case& the_case : cases()) {
        DYNAMIC_SECTION(the_case.name) {
            const Capture capture = read(the_case);
            const auto lines = compare(real_story(capture.real), our_story(the_case, capture));
            const std::string path =
                SOURCE_DIR "/tests/transcripts/captures/" + the_case.name + ".txt";
            std::ifstream in{path};
            std::stringstream stored;
            stored << in.rdbuf();
            const auto reasons = reasons_in(stored);
            std::string text;
            std::string run;
            const auto end_run = [&] {
                if (!run.empty()) {
                    const auto reason = reasons.find(run);
                    CHECK((reason != reasons.end() && !reason->second.empty()));
                    text += reason != reasons.end() ? reason->second : "";
                    run.clear();
                }
            };
            for (const std::string& line : lines) {
                if (!deviates(line)) {
                    end_run();
                }
                text += line + '\n';
                if (deviates(line)) {
                    run += line + '\n';
                }
            }
            end_run();
            if (const char* update = std::getenv("UPDATE_GOLDEN");
                update != nullptr && std::string{update} == "1") {
                std::ofstream{path} << text;
            } else {
                CHECK(text == stored.str());
            }
        }
    }
}
