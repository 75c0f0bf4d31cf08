// SPDX-License-Identifier: GPL-2.0-or-later
// The people at phones and provider: probe calls, the workload with patience and redials, and what
// came of it per make of phone.
#include "sip.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "cluster/check.hpp"
#include "event.hpp"

namespace models {

namespace {

constexpr const char* outside_number = "95550100";

}  // namespace

struct SipTelephones::Impl {
    struct Station {
        SipPhones* phones;
        int index;
        bool busy = false;                                     ///< in a call of the workload
        std::optional<ns3::Time> outward_again, inward_again;  ///< after the first fault
    };

    /// A workload call; lives until its end was told.
    struct Call {
        CallReport report;
        Finished finished;
        ns3::Time hold;
        std::size_t station = 0;  ///< who calls, or is called
        std::optional<std::size_t> partner;
        std::uint64_t handle = 0;
        int attempts = 0;
        bool up = false;
        std::optional<ns3::Time> silent_since;
    };

    Impl(Context& c, SipProvider* p, SipPeople pp)
        : context(c), provider(p), people(pp), stream(c.stream("sip-people")) {}

    void probe(CallDirection direction, ns3::Time patience, Finished finished);
    void attempt(std::uint64_t id);
    void attempt_over(std::uint64_t id, bool was_answered, bool by_peer);
    void answered(std::uint64_t id);
    void finish(std::uint64_t id, bool dropped, std::string_view why);
    void hang_up(Call& call);
    void listen();
    [[nodiscard]] std::optional<sip::Sdp> heard_from(const Call& call) const;
    [[nodiscard]] bool sound_arrives(const sip::Sdp& from) const;
    std::optional<std::size_t> free_station();

    Context& context;
    SipProvider* provider;
    SipPeople people;
    RandomStream stream;
    std::vector<Station> stations;
    std::vector<SipPbx*> servers;
    std::array<std::size_t, 3> next_station{};
    std::uint64_t calls_begun = 0;
    std::map<std::uint64_t, Call> calls;
    std::optional<ns3::Time> outage;
    bool listening = false;
    std::int64_t attempts = 0, attempts_failed = 0, redials = 0, dropped = 0;
    std::int64_t ghost_ms = 0;
};

// ---------------------------------------------------------------- probes

void SipTelephones::Impl::probe(CallDirection direction, ns3::Time patience, Finished finished) {
    auto report = std::make_shared<CallReport>();
    report->id = ++calls_begun;
    report->direction = direction;
    report->started = ns3::Simulator::Now();
    // In turn, so that each phone is asked as often as any other.
    std::size_t& next = next_station[static_cast<std::size_t>(direction)];
    const std::size_t at = next;
    next = (next + 1) % stations.size();
    Station& station = stations[at];
    const Station& other = stations[(at + stations.size() / 2) % stations.size()];

    auto handle = std::make_shared<std::uint64_t>(0);
    const auto hang_up_later = [this, handle, direction, at] {
        // From an event of its own: the answer is still being handled.
        post(ns3::Time{}, [this, handle, direction, at] {
            const Recorder::Scope scope(context.recorder, RecordId::none);
            if (direction == CallDirection::inward) {
                provider->hang_up(*handle);
            } else {
                stations[at].phones->hang_up(stations[at].index, *handle);
            }
        });
    };
    SipPhones::Placed placed{
        .answered =
            [this, report, at, hang_up_later] {
                report->answered = ns3::Simulator::Now();
                report->answer_record =
                    context.recorder.record("call.answered",
                                            "phones",
                                            {{"call", static_cast<std::int64_t>(report->id)},
                                             {"direction", to_string(report->direction)},
                                             {"probe", true}});
                Station& again = stations[at];
                if (outage && report->started >= *outage) {
                    auto& first = report->direction == CallDirection::inward ? again.inward_again
                                                                             : again.outward_again;
                    if (!first && report->direction != CallDirection::station_to_station) {
                        first = ns3::Simulator::Now();
                    }
                }
                hang_up_later();
            },
        .ended =
            [report, finished = std::move(finished)](bool, bool, int status) {
                report->ended = ns3::Simulator::Now();
                if (!report->answered) {
                    report->failure = status == 403   ? "refused by the provider"
                                      : status == 503 ? "service unavailable"
                                      : status != 0   ? "refused"
                                                      : "no answer";
                }
                finished(*report);
            }};
    const Recorder::Scope scope(context.recorder, RecordId::none);
    switch (direction) {
    case CallDirection::outward:
        *handle = station.phones->place(
            station.index, outside_number, patience, false, std::move(placed));
        break;
    case CallDirection::inward:
        *handle = provider->place(
            station.phones->extension(station.index), patience, false, std::move(placed));
        break;
    case CallDirection::station_to_station:
        *handle = station.phones->place(station.index,
                                        other.phones->extension(other.index),
                                        patience,
                                        false,
                                        std::move(placed));
        break;
    }
}

// ---------------------------------------------------------------- workload

std::optional<std::size_t> SipTelephones::Impl::free_station() {
    const std::size_t first = stream.below(stations.size());
    for (std::size_t i = 0; i < stations.size(); ++i) {
        const std::size_t at = (first + i) % stations.size();
        if (!stations[at].busy) {
            return at;
        }
    }
    return std::nullopt;
}

void SipTelephones::Impl::attempt(std::uint64_t id) {
    Call& call = calls.at(id);
    ++call.attempts;
    ++attempts;
    redials += call.attempts > 1 ? 1 : 0;
    SipPhones::Placed placed{.answered = [this, id] { answered(id); },
                             .ended = [this, id](bool was_answered,
                                                 bool by_peer,
                                                 int) { attempt_over(id, was_answered, by_peer); }};
    const Recorder::Scope scope(context.recorder, RecordId::none);
    Station& station = stations[call.station];
    call.handle =
        call.report.direction == CallDirection::inward
            ? provider->place(station.phones->extension(station.index),
                              people.patience,
                              true,
                              std::move(placed))
            : station.phones->place(
                  station.index, outside_number, people.patience, true, std::move(placed));
}

void SipTelephones::Impl::answered(std::uint64_t id) {
    const auto found = calls.find(id);
    if (found == calls.end()) {
        return;
    }
    Call& call = found->second;
    call.up = true;
    call.report.answered = ns3::Simulator::Now();
    call.report.answer_record =
        context.recorder.record("call.answered",
                                "phones",
                                {{"call", static_cast<std::int64_t>(call.report.id)},
                                 {"direction", to_string(call.report.direction)},
                                 {"probe", false}});
    post(call.hold, [this, id] {
        if (const auto over = calls.find(id);
            over != calls.end() && over->second.up && !over->second.silent_since) {
            hang_up(over->second);
        }
    });
    if (!listening) {
        listening = true;
        post(ns3::Seconds(1), [this] { listen(); });
    }
}

void SipTelephones::Impl::attempt_over(std::uint64_t id, bool was_answered, bool by_peer) {
    const auto found = calls.find(id);
    if (found == calls.end()) {
        return;
    }
    Call& call = found->second;
    if (was_answered) {
        const bool silent = call.silent_since.has_value();
        finish(id, silent || by_peer, silent ? "silence" : by_peer ? "cleared by the PBX" : "");
        return;
    }
    ++attempts_failed;
    if (call.attempts > people.redials) {
        finish(id, false, "no answer");
        return;
    }
    post(people.redial_gap, [this, id] {
        if (calls.contains(id)) {
            attempt(id);
        }
    });
}

void SipTelephones::Impl::finish(std::uint64_t id, bool was_dropped, std::string_view why) {
    const auto found = calls.find(id);
    Call call = std::move(found->second);
    calls.erase(found);
    stations[call.station].busy = false;
    call.report.ended = ns3::Simulator::Now();
    call.report.dropped = was_dropped;
    call.report.failure = why;
    dropped += was_dropped ? 1 : 0;
    if (call.silent_since) {
        // The leg that lost its PBX went on, and was paid for, until here.
        ghost_ms += (ns3::Simulator::Now() - *call.silent_since).GetMilliSeconds();
    }
    context.recorder.record(was_dropped            ? "call.dropped"
                            : call.report.answered ? "call.ended"
                                                   : "call.failed",
                            "phones",
                            {{"call", static_cast<std::int64_t>(call.report.id)},
                             {"direction", to_string(call.report.direction)},
                             {"reason", why}});
    call.finished(call.report);
}

void SipTelephones::Impl::hang_up(Call& call) {
    const std::uint64_t handle = call.handle;
    const Station& station = stations[call.station];
    const Recorder::Scope scope(context.recorder, RecordId::none);
    if (call.report.direction == CallDirection::inward) {
        provider->hang_up(handle);
    } else {
        station.phones->hang_up(station.index, handle);
    }
}

std::optional<sip::Sdp> SipTelephones::Impl::heard_from(const Call& call) const {
    const Station& station = stations[call.station];
    return call.report.direction == CallDirection::inward
               ? provider->heard_from(call.handle)
               : station.phones->heard_from(station.index, call.handle);
}

bool SipTelephones::Impl::sound_arrives(const sip::Sdp& from) const {
    return std::ranges::any_of(servers, [&](SipPbx* server) {
        const std::string interface = server->host().interface_of(from.address);
        const auto interfaces = server->host().interfaces();
        return server->sends_media(from.address, from.port) &&
               std::ranges::any_of(interfaces, [&](const Host::InterfaceInfo& card) {
                   return card.name == interface && card.carrier;
               });
    });
}

/// RTP as windows: once a second everybody in a call notices whether sound still comes.
void SipTelephones::Impl::listen() {
    std::vector<std::uint64_t> gone;
    bool any = false;
    for (auto& [id, call] : calls) {
        if (!call.up) {
            continue;
        }
        any = true;
        const auto from = heard_from(call);
        if (from && sound_arrives(*from)) {
            call.silent_since.reset();
        } else if (!call.silent_since) {
            call.silent_since = ns3::Simulator::Now();
        } else if (ns3::Simulator::Now() - *call.silent_since >= people.silence_patience) {
            gone.push_back(id);
        }
    }
    for (const std::uint64_t id : gone) {
        if (const auto found = calls.find(id); found != calls.end()) {
            hang_up(found->second);
        }
    }
    listening = any;
    if (any) {
        post(ns3::Seconds(1), [this] { listen(); });
    }
}

// ---------------------------------------------------------------- SipTelephones

SipTelephones::SipTelephones(Context& context,
                             std::vector<SipPhones*> phones,
                             SipProvider* provider,
                             SipPeople people)
    : m_impl(std::make_unique<Impl>(context, provider, people)) {
    for (SipPhones* group : phones) {
        for (int i = 0; i < group->count(); ++i) {
            m_impl->stations.push_back({group, i, false, {}, {}});
        }
    }
    CLUSTER_CHECK(!m_impl->stations.empty());
}

SipTelephones::~SipTelephones() = default;

void SipTelephones::add_server(SipPbx& server) {
    m_impl->servers.push_back(&server);
}

void SipTelephones::probe(CallDirection direction, ns3::Time patience, Finished finished) {
    m_impl->probe(direction, patience, std::move(finished));
}

void SipTelephones::call(CallDirection direction, ns3::Time hold, Finished finished) {
    Impl& impl = *m_impl;
    const std::uint64_t id = ++impl.calls_begun;
    const auto station = impl.free_station();
    CallReport report;
    report.id = id;
    report.direction = direction;
    report.started = ns3::Simulator::Now();
    if (!station) {
        report.failure = "no free station";
        report.ended = report.started;
        finished(report);
        return;
    }
    impl.stations[*station].busy = true;
    Impl::Call& call = impl.calls[id];
    call.report = report;
    call.finished = std::move(finished);
    call.hold = hold;
    call.station = *station;
    impl.attempt(id);
}

int SipTelephones::calls_in_progress() const {
    return static_cast<int>(
        std::ranges::count_if(m_impl->calls, [](const auto& call) { return call.second.up; }));
}

double SipTelephones::stations_reachable() const {
    double best = 0;
    for (SipPbx* server : m_impl->servers) {
        if (server->answers_local_probe() && server->holds_service_address()) {
            best = std::max(best, server->registered_share());
        }
    }
    return best;
}

ns3::Time SipTelephones::settled_after() const {
    const SipPeople& people = m_impl->people;
    return people.patience * static_cast<std::int64_t>(people.redials + 1) +
           people.redial_gap * static_cast<std::int64_t>(people.redials) + ns3::Seconds(5);
}

void SipTelephones::outage_begins() {
    m_impl->outage = ns3::Simulator::Now();
}

void SipTelephones::add_metrics(std::vector<std::pair<std::string, std::int64_t>>& metrics) const {
    const Impl& impl = *m_impl;
    metrics.emplace_back("attempts", impl.attempts);
    metrics.emplace_back("attempts-failed", impl.attempts_failed);
    metrics.emplace_back("redials", impl.redials);
    metrics.emplace_back("ghost-leg-ms", impl.ghost_ms);
    std::uint64_t registrations = 0;
    std::uint64_t peak = 0;
    for (const SipPbx* server : impl.servers) {
        registrations += server->counters().registrations;
        peak = std::max(peak, server->counters().registrations_peak);
    }
    metrics.emplace_back("registrations", static_cast<std::int64_t>(registrations));
    metrics.emplace_back("registrations-peak-per-s", static_cast<std::int64_t>(peak));
    if (impl.provider != nullptr) {
        metrics.emplace_back("provider-refused",
                             static_cast<std::int64_t>(impl.provider->refused()));
    }
    if (!impl.outage) {
        return;
    }
    std::set<std::string> classes;
    for (const Impl::Station& station : impl.stations) {
        classes.insert(std::string{station.phones->options().profile->name});
    }
    for (const std::string& name : classes) {
        for (const bool inward : {false, true}) {
            std::vector<std::int64_t> after;
            std::int64_t never = 0;
            for (const Impl::Station& station : impl.stations) {
                if (station.phones->options().profile->name != name) {
                    continue;
                }
                const auto& first = inward ? station.inward_again : station.outward_again;
                if (first) {
                    after.push_back((*first - *impl.outage).GetMilliSeconds());
                } else {
                    ++never;
                }
            }
            std::ranges::sort(after);
            const std::string prefix = name + (inward ? "-first-inward-" : "-first-outward-");
            metrics.emplace_back(prefix + "never", never);
            if (!after.empty()) {
                const auto at = [&](double q) {
                    const auto rank =
                        static_cast<std::size_t>(q * static_cast<double>(after.size() - 1) + 0.5);
                    return after[rank];
                };
                metrics.emplace_back(prefix + "p50-ms", at(0.5));
                metrics.emplace_back(prefix + "p95-ms", at(0.95));
                metrics.emplace_back(prefix + "max-ms", after.back());
            }
        }
    }
}

}  // namespace models
