// SPDX-License-Identifier: GPL-2.0-or-later
// The people: stations and far parties. Calls of the workload go over the wire, step by step. Probe
// calls are followed along the path at once: what is missing at their start fails them, what is
// lost until their end fails them too; only the sum of the delays is waited for.

#include <algorithm>
#include <map>
#include <typeinfo>
#include <utility>

#include "channel_bank_impl.hpp"
#include "cluster/check.hpp"
#include "fonebridge_impl.hpp"
#include "pbx_impl.hpp"
#include "pstn_impl.hpp"
#include "tdm_schedule.hpp"
#include "telephony.hpp"

namespace models {

namespace {

using Sound = Inband::Sound;

/// One T1 with framers, the TDMoE frame in between and the LAN [derived: 0.9 ms line, 0.3 ms three
/// hops of 1136 bytes].
constexpr Duration hop = std::chrono::microseconds{1200};
/// One octet of the D-channel at 64 kbit/s; SETUP has about 48 octets with LAPD, CONNECT about 12.
constexpr Duration octet = std::chrono::microseconds{125};
constexpr int setup_octets = 48;
constexpr int connect_octets = 12;
/// Stations of which fewer than this share may be out of reach for a probe to count (design:
/// restored at 95 %).
constexpr int restored_percent = 95;

constexpr char outside_prefix = '9';
constexpr std::size_t call_digits = 6;
constexpr std::uint64_t call_numbers = 1'000'000;

cluster::MacAddress bytes_of(ns3::Mac48Address mac) {
    cluster::MacAddress out{};
    mac.CopyTo(out.data());
    return out;
}

/// The bridge's end of a T1; null: something else. The class is final, so its own type settles it;
/// this is asked for every span of every probe call.
const Fonebridge::Impl::Span* span_at(const T1Port& port) {
    using Span = Fonebridge::Impl::Span;
    return typeid(port) == typeid(Span) ? static_cast<const Span*>(&port) : nullptr;
}

std::string_view reason_of(tdm::Cause cause) {
    switch (cause) {
    case tdm::Cause::unallocated_number:
        return "unallocated number";
    case tdm::Cause::normal_clearing:
        return "cleared by the other side";
    case tdm::Cause::user_busy:
        return "station busy";
    case tdm::Cause::out_of_order:
        return "T309: D-channel link was not restored";
    case tdm::Cause::no_channel:
        return "no channel";
    case tdm::Cause::network_out_of_order:
        return "span RED";
    case tdm::Cause::temporary_failure:
        return "cleared by the telco: link established anew";
    case tdm::Cause::channel_not_available:
        return "channel not available";
    case tdm::Cause::invalid_call_reference:
        return "call unknown to the new server";
    case tdm::Cause::timer_expired:
        return "no answer to signalling";
    }
    return "cleared";
}

}  // namespace

std::string_view to_string(CallDirection direction) noexcept {
    switch (direction) {
    case CallDirection::outward:
        return "outward";
    case CallDirection::inward:
        return "inward";
    case CallDirection::station_to_station:
        return "station-to-station";
    }
    return "?";
}

struct CallCentre::Impl {
    struct Station {
        ChannelBank::Impl* bank = nullptr;
        int port = 0;
        std::uint64_t call = 0;  ///< of the workload
    };

    struct Bank {
        ChannelBank::Impl* bank = nullptr;
        int stations = 0;
    };

    struct Call {
        CallReport report;
        ns3::Time hold;
        Finished finished;
        bool over = false;  ///< reported
        int caller = -1;    ///< station, -1: far party
        int callee = -1;
        bool caller_up = false, callee_up = false;  ///< off-hook
        std::optional<Pstn::Impl::CallId> far;
        bool dialled = false;
        std::uint64_t caller_timer = 0;  ///< generation: what the caller waits for
        std::map<int, std::uint64_t>
            silence;  ///< by station (-1: far party): generation of "hears nothing"
    };

    /// What a call relies on, as far as the path could be followed.
    struct Path {
        std::string_view failure;          ///< empty: complete
        RecordId record = RecordId::none;  ///< of the prerequisite that was satisfied last
        Pbx::Impl* server = nullptr;
        std::array<std::uint64_t, 5> ticket{};  ///< equal at two times: nothing was lost in between
    };

    Impl(Context& c,
         Pstn& p,
         const std::vector<ChannelBank*>& b,
         int station_count,
         PeopleOptions o);

    // --- the path
    /// From a bridge on; kept while the lines of one instant are looked at, most of which end at
    /// the same bridge.
    struct Beyond {
        const Fonebridge::Impl* bridge = nullptr;
        Path path;
    };
    [[nodiscard]] Path from_bridge(const Fonebridge::Impl&) const;
    [[nodiscard]] Path to_server(const T1Line* line, const T1Port& end, Beyond&) const;
    [[nodiscard]] Path station_path(const Bank&, Beyond&) const;
    [[nodiscard]] Path trunk_path(Beyond&) const;
    [[nodiscard]] Path path(CallDirection) const;
    [[nodiscard]] double reachable() const;

    // --- probes
    void probe(CallDirection, ns3::Time patience, Finished);

    // --- workload
    std::uint64_t begin(CallDirection, ns3::Time hold, Finished);
    [[nodiscard]] int free_station(int except) const;
    [[nodiscard]] std::string extension(int station) const;
    [[nodiscard]] int station_of(const ChannelBank::Impl&, int port) const;
    Call* find(std::uint64_t id);
    void wait(std::uint64_t id, ns3::Time, std::string_view otherwise);
    void caller_hears(std::uint64_t id, Sound);
    void callee_hears(std::uint64_t id, Sound);
    void watch_silence(std::uint64_t id, int who, Sound);
    void answered(std::uint64_t id);
    void fail(std::uint64_t id, std::string_view why);
    void drop(std::uint64_t id, std::string_view why);
    void finish(std::uint64_t id);
    void hang_up_station(std::uint64_t id, int station);
    void hang_up_far(std::uint64_t id);
    void forget_if_done(std::uint64_t id);
    void station_hears(int station, Sound);
    void station_rings(int station, bool ringing);
    void far_incoming(Pstn::Impl::CallId, const std::string& number);
    void far_heard(Pstn::Impl::CallId, Sound);
    void far_connected(Pstn::Impl::CallId);
    void far_cleared(Pstn::Impl::CallId, tdm::Cause);

    Context& context;
    Pstn::Impl& pstn;
    std::vector<Bank> banks;
    std::vector<Station> stations;
    std::vector<Pbx::Impl*> servers;
    std::vector<cluster::MacAddress> server_macs;
    PeopleOptions people;
    std::map<std::uint64_t, Call> calls;
    std::map<Pstn::Impl::CallId, std::uint64_t> by_far;
    std::uint64_t next_id = 1;
    std::size_t next_station = 0;
    int in_progress = 0;
};

CallCentre::Impl::Impl(
    Context& c, Pstn& p, const std::vector<ChannelBank*>& b, int station_count, PeopleOptions o)
    : context(c), pstn(p.impl()), people(o) {
    for (ChannelBank* const bank : b) {
        Bank& entry = banks.emplace_back(Bank{&bank->impl(), 0});
        const std::size_t first = stations.size();
        for (int port = 1;
             port <= bank->ports() && static_cast<int>(stations.size()) < station_count;
             ++port) {
            stations.push_back({&bank->impl(), port, 0});
            ++entry.stations;
        }
        entry.bank->heard = [this, first](int port, Sound sound) {
            station_hears(static_cast<int>(first) + port - 1, sound);
        };
        entry.bank->ring = [this, first](int port, bool ringing) {
            station_rings(static_cast<int>(first) + port - 1, ringing);
        };
    }
    CLUSTER_CHECK(static_cast<int>(stations.size()) == station_count);
    pstn.incoming = [this](Pstn::Impl::CallId id, const std::string& number) {
        far_incoming(id, number);
    };
    pstn.heard = [this](Pstn::Impl::CallId id, Sound sound) { far_heard(id, sound); };
    pstn.connected = [this](Pstn::Impl::CallId id) { far_connected(id); };
    pstn.cleared = [this](Pstn::Impl::CallId id, tdm::Cause cause) { far_cleared(id, cause); };
}

// ---------------------------------------------------------------- the path

/// From a running bridge to the PBX that serves it and back.
CallCentre::Impl::Path CallCentre::Impl::from_bridge(const Fonebridge::Impl& bridge) const {
    Path out;
    if (!bridge.streaming()) {
        out.failure = "bridge does not transmit";
        return out;
    }
    const LightEndpoint& ethernet = bridge.tdm_port();
    if (!ethernet.carrier()) {
        out.failure = "bridge without carrier";
        return out;
    }
    const cluster::MacAddress& destination =
        *bridge.running.destination[static_cast<std::size_t>(bridge.running.port)];
    const auto found = std::find(server_macs.begin(), server_macs.end(), destination);
    if (found == server_macs.end()) {
        out.failure = "no server at the TDMoE destination";
        return out;
    }
    Pbx::Impl& server = *servers[static_cast<std::size_t>(found - server_macs.begin())];
    if (!server.host.kernel_runs()) {
        out.failure = "server down";
    } else if (!server.spans.receiving()) {
        out.failure = "no TDMoE at the server";
    } else if (!bridge.hears(destination)) {
        out.failure = "no TDMoE at the bridge";
    } else if (!server.runs() || !server.serving) {
        out.failure = "PBX not running";
    } else if (!server.serves()) {
        out.failure = "PBX does not answer";
    } else {
        out.server = &server;
        out.record = later(server.service_record, server.spans.flow_record());
        out.ticket = {server.life, server.spans.breaks(), bridge.stream_breaks, 0, 0};
    }
    return out;
}

/// From one end of a T1 through the bridge to the PBX that serves it and back.
CallCentre::Impl::Path
CallCentre::Impl::to_server(const T1Line* line, const T1Port& end, Beyond& beyond) const {
    Path out;
    if (line == nullptr || !line->in_frame(end)) {
        out.failure = "T1 out of frame";
        return out;
    }
    const Fonebridge::Impl::Span* const span = span_at(line->far_end(end));
    if (span == nullptr) {
        out.failure = "T1 does not lead to a bridge";
        return out;
    }
    const Fonebridge::Impl& bridge = span->bridge();
    if (!bridge.booted) {
        out.failure = "bridge down";
        return out;
    }
    if (!line->in_frame(*span)) {
        out.failure = "T1 out of frame";
        return out;
    }
    if (beyond.bridge != &bridge) {
        beyond = {&bridge, from_bridge(bridge)};
    }
    out = beyond.path;
    if (out.server != nullptr) {
        const tdm::DahdiSpans& spans = out.server->spans;
        if (spans.alarm(span->number()) != T1Port::Alarm::none) {
            out = {};
            out.failure = "span in alarm";
        } else {
            out.record = later(out.record, spans.alarm_record(span->number()));
        }
    }
    return out;
}

CallCentre::Impl::Path CallCentre::Impl::station_path(const Bank& bank, Beyond& beyond) const {
    return to_server(bank.bank->line, *bank.bank->port, beyond);
}

CallCentre::Impl::Path CallCentre::Impl::trunk_path(Beyond& beyond) const {
    Path out;
    const Pstn::Impl::Line* const way = pstn.working_line(out.failure);
    if (way == nullptr) {
        return out;
    }
    out = to_server(way->line, *way, beyond);
    if (out.server == nullptr) {
        return out;
    }
    if (!out.server->lapd->up()) {
        out.failure = "D-channel down";
        return out;
    }
    out.failure = {};
    out.record = later(out.record, later(out.server->trunk_record, way->record()));
    out.ticket[3] = out.server->trunk_breaks;
    out.ticket[4] = way->breaks;
    return out;
}

/// The path of a probe. Stations count together: while at least 95 % of them have a way, the probe
/// uses one that has.
CallCentre::Impl::Path CallCentre::Impl::path(CallDirection direction) const {
    Beyond beyond;
    Path good;
    Path bad;
    int cut_off = 0;
    for (const Bank& bank : banks) {
        const Path one = bank.stations > 0 ? station_path(bank, beyond) : Path{};
        if (bank.stations == 0) {
            continue;
        }
        if (one.server == nullptr) {
            cut_off += bank.stations;
            bad = one;
        } else {
            good = one;
        }
    }
    const int total = static_cast<int>(stations.size());
    if (good.server == nullptr || (total - cut_off) * 100 < total * restored_percent) {
        return bad;
    }
    if (direction == CallDirection::station_to_station) {
        return good;
    }
    Path trunk = trunk_path(beyond);
    if (trunk.server != nullptr && trunk.failure.empty() && trunk.server != good.server) {
        trunk.failure = "trunk and stations lead to different servers";
    }
    trunk.record = later(trunk.record, good.record);
    return trunk;
}

double CallCentre::Impl::reachable() const {
    Beyond beyond;
    if (stations.empty() || !trunk_path(beyond).failure.empty()) {
        return 0;
    }
    int reached = 0;
    for (const Bank& bank : banks) {
        if (bank.stations > 0 && station_path(bank, beyond).server != nullptr) {
            reached += bank.stations;
        }
    }
    return static_cast<double>(reached) / static_cast<double>(stations.size());
}

// ---------------------------------------------------------------- probes

void CallCentre::Impl::probe(CallDirection direction, ns3::Time patience, Finished finished) {
    CLUSTER_CHECK(!servers.empty());  // add_server() first
    CallReport report;
    report.id = next_id++;
    report.direction = direction;
    report.started = ns3::Simulator::Now();
    const Path at_start = path(direction);
    if (!at_start.failure.empty()) {
        report.failure = at_start.failure;
        report.ended = report.started;
        finished(report);
        return;
    }
    if (at_start.server->blocks_on_disk()) {
        report.failure = "PBX does not answer";
        report.ended = report.started;
        finished(report);
        return;
    }
    const ns3::Time setup =
        at_start.server->host.work_time(at_start.server->options.call_setup_time);
    ns3::Time takes;
    switch (direction) {
    case CallDirection::outward:  // off-hook, hot line, SETUP, CONNECT, hello
        takes = to_time(4 * hop + octet * (setup_octets + connect_octets)) + setup +
                pstn.options.answer_time;
        break;
    case CallDirection::inward:  // SETUP, ring, off-hook, CONNECT
        takes = to_time(4 * hop + octet * (setup_octets + connect_octets)) + setup +
                people.station_answer;
        break;
    case CallDirection::station_to_station:  // off-hook, hot line, ring, off-hook, hello
        takes = to_time(4 * hop) + setup + people.station_answer;
        break;
    }
    const bool too_slow = takes > patience;
    post(std::min(takes, patience),
         [this, report, at_start, too_slow, finished = std::move(finished)]() mutable {
             report.ended = ns3::Simulator::Now();
             const Path now = path(report.direction);
             if (too_slow) {
                 report.failure = "not answered in time";
             } else if (!now.failure.empty()) {
                 report.failure = now.failure;
             } else if (now.server != at_start.server || now.ticket != at_start.ticket) {
                 report.failure = "lost during the set-up";
             } else {
                 report.answered = report.ended;
                 report.answer_record = context.recorder.record_caused_by(
                     now.record,
                     "call.answered",
                     pstn.name,
                     {{"direction", to_string(report.direction)}, {"probe", true}});
             }
             const Recorder::Scope scope(context.recorder, report.answer_record);
             finished(report);
         });
}

// ---------------------------------------------------------------- workload: set-up

CallCentre::Impl::Call* CallCentre::Impl::find(std::uint64_t id) {
    const auto found = calls.find(id);
    return found == calls.end() ? nullptr : &found->second;
}

int CallCentre::Impl::free_station(int except) const {
    for (std::size_t i = 0; i < stations.size(); ++i) {
        const std::size_t candidate = (next_station + i) % stations.size();
        const Station& station = stations[candidate];
        const ChannelBank::Impl::Phone& phone =
            station.bank->phones[static_cast<std::size_t>(station.port)];
        if (station.call == 0 && !phone.off_hook && !phone.ringing &&
            static_cast<int>(candidate) != except) {
            return static_cast<int>(candidate);
        }
    }
    return -1;
}

std::string CallCentre::Impl::extension(int station) const {
    const Station& s = stations[static_cast<std::size_t>(station)];
    const Fonebridge::Impl::Span* const span = span_at(s.bank->line->far_end(*s.bank->port));
    CLUSTER_CHECK(span != nullptr);
    return std::to_string(span->number() * 100 + s.port);
}

std::uint64_t CallCentre::Impl::begin(CallDirection direction, ns3::Time hold, Finished finished) {
    const std::uint64_t id = next_id++;
    Call& call = calls[id];
    call.report.id = id;
    call.report.direction = direction;
    call.report.started = ns3::Simulator::Now();
    call.hold = hold;
    call.finished = std::move(finished);
    const Recorder::Scope scope(context.recorder,
                                context.recorder.record("call.started",
                                                        pstn.name,
                                                        {{"call", static_cast<std::int64_t>(id)},
                                                         {"direction", to_string(direction)}}));

    if (direction != CallDirection::inward) {
        call.caller = free_station(-1);
        if (call.caller < 0) {
            fail(id, "no free station");
            return id;
        }
        next_station = static_cast<std::size_t>(call.caller) + 1;
        stations[static_cast<std::size_t>(call.caller)].call = id;
    }
    if (direction != CallDirection::outward) {
        call.callee = free_station(call.caller);
        if (call.callee < 0) {
            fail(id, "no free station");
            return id;
        }
        next_station = static_cast<std::size_t>(call.callee) + 1;
        stations[static_cast<std::size_t>(call.callee)].call = id;
    }
    if (call.caller >= 0) {
        call.caller_up = true;
        const Station& station = stations[static_cast<std::size_t>(call.caller)];
        station.bank->off_hook(station.port);
        wait(id, people.patience, "no dial tone");
        return id;
    }
    std::string_view why;
    const Pstn::Impl::CallId far = pstn.place(extension(call.callee), why);
    if (far.handle == tdm::CallHandle::none) {
        fail(id, why);
        return id;
    }
    call.far = far;
    by_far[far] = id;
    wait(id, people.patience, "no answer");
    return id;
}

/// The caller gives up when nothing new has happened by then.
void CallCentre::Impl::wait(std::uint64_t id, ns3::Time time, std::string_view otherwise) {
    tdm::after(context, time, [this, id, otherwise, timer = ++calls.at(id).caller_timer] {
        const Call* const now = find(id);
        if (now != nullptr && now->caller_timer == timer && !now->over && !now->report.answered) {
            const Path obstacle = path(now->report.direction);
            fail(id,
                 obstacle.failure.empty() || otherwise == "no dial tone" ? otherwise
                                                                         : obstacle.failure);
        }
    });
}

void CallCentre::Impl::caller_hears(std::uint64_t id, Sound sound) {
    Call& call = calls.at(id);
    const Station& station = stations[static_cast<std::size_t>(call.caller)];
    switch (sound) {
    case Sound::dial_tone:
        if (call.report.answered) {
            drop(id, "dial tone in the middle of the call");
        } else if (call.dialled) {
            fail(id, "dial tone instead of an answer");
        } else {
            tdm::after(context, people.dial_time, [this, id, timer = ++call.caller_timer] {
                Call* const now = find(id);
                if (now == nullptr || now->over || now->caller_timer != timer) {
                    return;
                }
                now->dialled = true;
                std::string number;
                if (now->callee >= 0) {
                    number = extension(now->callee);
                } else {
                    const std::string digits = std::to_string(id % call_numbers);
                    number =
                        outside_prefix + std::string(call_digits - digits.size(), '0') + digits;
                }
                const Station& from = stations[static_cast<std::size_t>(now->caller)];
                from.bank->dial(from.port, number);
                wait(id, people.patience, "no answer");
            });
        }
        break;
    case Sound::speech:
        if (!call.report.answered && call.dialled) {
            station.bank->say(station.port, Sound::speech);
            answered(id);
        }
        break;
    case Sound::congestion:
        if (call.report.answered) {
            drop(id, "cleared by the PBX");
        } else {
            const Path obstacle = path(call.report.direction);
            fail(id, obstacle.failure.empty() ? "no channel" : obstacle.failure);
        }
        break;
    case Sound::silence:
    case Sound::ringback:
        break;
    }
}

void CallCentre::Impl::callee_hears(std::uint64_t id, Sound sound) {
    const Call& call = calls.at(id);
    if (sound == Sound::dial_tone || sound == Sound::congestion) {
        if (call.report.answered) {
            drop(id,
                 sound == Sound::dial_tone ? "dial tone in the middle of the call"
                                           : "cleared by the PBX");
        } else {
            hang_up_station(id, call.callee);
        }
    }
}

void CallCentre::Impl::station_hears(int index, Sound sound) {
    if (index >= static_cast<int>(stations.size())) {
        return;
    }
    const std::uint64_t id = stations[static_cast<std::size_t>(index)].call;
    Call* const call = find(id);
    if (call == nullptr) {
        return;
    }
    watch_silence(id, index, sound);
    if (call->over) {
        // The rest of a call that has been reported: hang up at any tone.
        if (sound == Sound::dial_tone || sound == Sound::congestion) {
            hang_up_station(id, index);
        }
        return;
    }
    if (index == call->caller) {
        caller_hears(id, sound);
    } else {
        callee_hears(id, sound);
    }
}

/// Whoever hears nothing for long enough in a call hangs up.
void CallCentre::Impl::watch_silence(std::uint64_t id, int who, Sound sound) {
    Call& call = calls.at(id);
    const std::uint64_t watch = ++call.silence[who];
    if (sound != Sound::silence || (!call.report.answered && !call.over)) {
        return;
    }
    tdm::after(context, people.silence_patience, [this, id, who, watch] {
        Call* const now = find(id);
        if (now == nullptr || now->silence[who] != watch) {
            return;
        }
        if (!now->over) {
            drop(id, "silence");
        } else if (who >= 0) {
            hang_up_station(id, who);
        } else {
            hang_up_far(id);
        }
    });
}

void CallCentre::Impl::station_rings(int index, bool ringing) {
    if (index >= static_cast<int>(stations.size()) || !ringing) {
        return;
    }
    const std::uint64_t id = stations[static_cast<std::size_t>(index)].call;
    const Call* const call = find(id);
    if (call == nullptr || call->callee != index) {
        return;
    }
    tdm::after(context, people.station_answer, [this, id, index] {
        Call* const now = find(id);
        const Station& station = stations[static_cast<std::size_t>(index)];
        if (now == nullptr || now->over ||
            !station.bank->phones[static_cast<std::size_t>(station.port)].ringing) {
            return;
        }
        now->callee_up = true;
        station.bank->off_hook(station.port);
        station.bank->say(station.port, Sound::speech);
    });
}

void CallCentre::Impl::far_incoming(Pstn::Impl::CallId far, const std::string& number) {
    const std::uint64_t id =
        number.size() == call_digits ? std::strtoull(number.c_str(), nullptr, 10) : 0;
    Call* const call = find(id);
    if (call != nullptr && !call->over) {
        call->far = far;
        by_far[far] = id;
    }
}

void CallCentre::Impl::far_heard(Pstn::Impl::CallId far, Sound sound) {
    const auto found = by_far.find(far);
    if (found != by_far.end() && find(found->second) != nullptr) {
        watch_silence(found->second, -1, sound);
    }
}

void CallCentre::Impl::far_connected(Pstn::Impl::CallId far) {
    const auto found = by_far.find(far);
    const Call* const call = found == by_far.end() ? nullptr : find(found->second);
    if (call != nullptr && !call->over) {
        pstn.say(far, Sound::speech);
        answered(call->report.id);
    }
}

void CallCentre::Impl::far_cleared(Pstn::Impl::CallId far, tdm::Cause cause) {
    const auto found = by_far.find(far);
    if (found == by_far.end()) {
        return;
    }
    const std::uint64_t id = found->second;
    by_far.erase(found);
    Call* const call = find(id);
    if (call == nullptr) {
        return;
    }
    call->far.reset();
    if (call->over) {
        forget_if_done(id);
    } else if (call->report.answered) {
        drop(id, reason_of(cause));
    } else if (call->report.direction == CallDirection::inward) {
        fail(id, reason_of(cause));
    }  // outward: the caller will hear of it
}

// ---------------------------------------------------------------- workload: end

void CallCentre::Impl::answered(std::uint64_t id) {
    Call& call = calls.at(id);
    ++call.caller_timer;
    call.report.answered = ns3::Simulator::Now();
    ++in_progress;
    const Path relied_on = path(call.report.direction);
    call.report.answer_record = context.recorder.record_caused_by(
        later(context.recorder.current(), relied_on.record),
        "call.answered",
        pstn.name,
        {{"call", static_cast<std::int64_t>(id)}, {"direction", to_string(call.report.direction)}});
    const Recorder::Scope scope(context.recorder, call.report.answer_record);
    tdm::after(context, call.hold, [this, id] {
        Call* const now = find(id);
        if (now != nullptr && !now->over) {
            now->report.ended = ns3::Simulator::Now();
            context.recorder.record(
                "call.ended", pstn.name, {{"call", static_cast<std::int64_t>(id)}});
            finish(id);
        }
    });
}

void CallCentre::Impl::fail(std::uint64_t id, std::string_view why) {
    Call& call = calls.at(id);
    call.report.failure = why;
    call.report.ended = ns3::Simulator::Now();
    context.recorder.record(
        "call.failed", pstn.name, {{"call", static_cast<std::int64_t>(id)}, {"reason", why}});
    finish(id);
}

void CallCentre::Impl::drop(std::uint64_t id, std::string_view why) {
    Call& call = calls.at(id);
    call.report.dropped = true;
    call.report.failure = why;
    call.report.ended = ns3::Simulator::Now();
    context.recorder.record(
        "call.dropped", pstn.name, {{"call", static_cast<std::int64_t>(id)}, {"reason", why}});
    finish(id);
}

/// Reports, and lets both parties go: the caller at once, the other one when it hears that the call
/// is over.
void CallCentre::Impl::finish(std::uint64_t id) {
    Call& call = calls.at(id);
    call.over = true;
    ++call.caller_timer;
    if (call.report.answered) {
        --in_progress;
    }
    const CallReport report = call.report;
    const Finished finished = std::move(call.finished);
    if (call.caller >= 0) {
        hang_up_station(id, call.caller);
    } else {
        hang_up_far(id);
    }
    if (Call* const still = find(id); still != nullptr) {
        if (still->callee >= 0 && !still->callee_up) {
            hang_up_station(id, still->callee);
        } else if (report.dropped && still->callee >= 0) {
            // It hears the same; if that was silence, its own patience has run as long.
            const Station& station = stations[static_cast<std::size_t>(still->callee)];
            if (station.bank->phones[static_cast<std::size_t>(station.port)].hears !=
                Sound::speech) {
                hang_up_station(id, still->callee);
            }
        }
    }
    forget_if_done(id);
    if (finished) {
        finished(report);
    }
}

void CallCentre::Impl::hang_up_station(std::uint64_t id, int index) {
    Call* const call = find(id);
    Station& station = stations[static_cast<std::size_t>(index)];
    if (call == nullptr || station.call != id) {
        return;
    }
    bool& up = index == call->caller ? call->caller_up : call->callee_up;
    if (up) {
        up = false;
        station.bank->on_hook(station.port);
    }
    station.call = 0;
    forget_if_done(id);
}

void CallCentre::Impl::hang_up_far(std::uint64_t id) {
    Call* const call = find(id);
    if (call == nullptr || !call->far) {
        return;
    }
    const Pstn::Impl::CallId far = *call->far;
    call->far.reset();
    by_far.erase(far);
    pstn.hang_up(far);
    forget_if_done(id);
}

void CallCentre::Impl::forget_if_done(std::uint64_t id) {
    const Call* const call = find(id);
    if (call != nullptr && call->over && !call->far && !call->caller_up && !call->callee_up) {
        for (Station& station : stations) {
            if (station.call == id) {
                station.call = 0;
            }
        }
        calls.erase(id);
    }
}

// ---------------------------------------------------------------- the public face

CallCentre::CallCentre(Context& context,
                       Pstn& pstn,
                       std::vector<ChannelBank*> banks,
                       int stations,
                       PeopleOptions people)
    : m_impl(std::make_unique<Impl>(context, pstn, banks, stations, people)) {}

CallCentre::~CallCentre() {
    m_impl->pstn.incoming = nullptr;
    m_impl->pstn.heard = nullptr;
    m_impl->pstn.connected = nullptr;
    m_impl->pstn.cleared = nullptr;
    for (const Impl::Bank& bank : m_impl->banks) {
        bank.bank->heard = nullptr;
        bank.bank->ring = nullptr;
    }
}

void CallCentre::add_server(Pbx& pbx) {
    m_impl->servers.push_back(&pbx.impl());
    m_impl->server_macs.push_back(bytes_of(pbx.impl().spans.own_mac()));
}

void CallCentre::probe(CallDirection direction, ns3::Time patience, Finished finished) {
    m_impl->probe(direction, patience, std::move(finished));
}

void CallCentre::call(CallDirection direction, ns3::Time hold, Finished finished) {
    m_impl->begin(direction, hold, std::move(finished));
}

int CallCentre::calls_in_progress() const {
    return m_impl->in_progress;
}

double CallCentre::stations_reachable() const {
    return m_impl->reachable();
}

}  // namespace models
