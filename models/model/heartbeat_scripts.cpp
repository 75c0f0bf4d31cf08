// SPDX-License-Identifier: GPL-2.0-or-later
#include "heartbeat_scripts.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "cluster/config.hpp"
#include "cluster/wire/announce_frame.hpp"
#include "event.hpp"
#include "packets.hpp"

namespace models {
namespace {

std::string_view verb(cluster::AgentOp op) {
    switch (op) {
    case cluster::AgentOp::start:
        return "start";
    case cluster::AgentOp::stop:
        return "stop";
    case cluster::AgentOp::status:
        return "status";
    }
    return "";
}

RecordId begun(Host& host, const std::string& word, cluster::AgentOp op) {
    return host.context().recorder.record(
        "agent.run", host.name(), {{"word", std::string_view{word}}, {"op", verb(op)}});
}

RecordId ended(Host& host, const std::string& word, cluster::AgentOp op, int status) {
    return host.context().recorder.record(
        "agent.done",
        host.name(),
        {{"word", std::string_view{word}}, {"op", verb(op)}, {"status", std::int64_t{status}}});
}

}  // namespace

AddressScriptProfile AddressScriptProfile::ipaddr2() {
    AddressScriptProfile profile;
    profile.frames = 10;
    profile.interval = std::chrono::milliseconds{100};
    return profile;
}

ns3::Time HeartbeatShell::draw(Before what) {
    const auto takes = [&](const Distribution& cost) {
        return to_time(models::draw(cost, m_stream));
    };
    const auto late = [&](unsigned percent) {
        return m_stream.below(100) < percent ? to_time(m_costs.late_child) : ns3::Time{};
    };
    switch (what) {
    case Before::take:
        return takes(m_costs.take_chain);
    case Before::standby_take:
        return takes(m_costs.standby_take_chain);
    case Before::give:
        return takes(m_costs.give_chain);
    case Before::next_script:
        return takes(m_costs.next_script);
    case Before::fifo_command:
        return takes(m_costs.fifo_command);
    case Before::stop_command:
        return takes(m_costs.stop_command);
    case Before::first_message:
        return takes(m_costs.daemon_start);
    case Before::late_writer:
        return late(m_costs.late_writer_percent);
    case Before::late_reader:
        return late(m_costs.late_reader_percent);
    }
    return {};
}

// ---------------------------------------------------------------- IPaddr, IPaddr2

struct AddressScript::Impl {
    Impl(Host& h, std::string w, AddressScriptProfile p)
        : host(h), word(std::move(w)), profile(std::move(p)),
          stream(h.context().stream("agent/" + h.name() + "/" + word)) {}

    /// send_arp: one process per address, killed by the script's stop.
    void announce(const std::string& interface, const std::string& address, int number);
    void finish(cluster::AgentOp op, Result result, const Done& done);
    void start(const cluster::AddressSpec& spec, Done done);
    void stop(const cluster::AddressSpec& spec, const Done& done);

    Host& host;
    std::string word;
    AddressScriptProfile profile;
    RandomStream stream;
    std::uint64_t call = 0;  ///< invalidates a cancelled run
    std::map<std::string, std::uint64_t>
        announcing;  ///< by address; raised when send_arp is killed
};

void AddressScript::Impl::finish(cluster::AgentOp op, Result result, const Done& done) {
    const Recorder::Scope scope(host.context().recorder, ended(host, word, op, result.exit_status));
    done(std::move(result));
}

void AddressScript::Impl::announce(const std::string& interface,
                                   const std::string& address,
                                   int number) {
    const auto interfaces = host.interfaces();
    const auto card = std::ranges::find(interfaces, interface, &Host::InterfaceInfo::name);
    const auto ipv4 = cluster::wire::parse_ipv4(address);
    if (card == interfaces.end() || !ipv4 || number >= profile.frames) {
        return;
    }
    const bool request = number % 2 == 0;
    Recorder& recorder = host.context().recorder;
    const RecordId record =
        recorder.record("address.announced",
                        host.name(),
                        {{"address", std::string_view{address}},
                         {"interface", std::string_view{interface}},
                         {"form", std::string_view{request ? "request" : "reply"}}});
    host.announced(address, record);
    const Recorder::Scope scope(recorder, record);
    constexpr std::size_t ethernet_header =
        cluster::wire::arp_frame_bytes - cluster::wire::arp_body_bytes;
    cluster::MacAddress mac{};
    card->mac.CopyTo(mac.data());
    const auto frame = cluster::wire::gratuitous_arp(
        mac, *ipv4, request ? cluster::ArpForm::request : cluster::ArpForm::reply);
    host.send_raw(interface,
                  ns3::Mac48Address::GetBroadcast(),
                  ethertype_arp,
                  std::span{frame}.subspan(ethernet_header));
    host.schedule_user({},
                       to_time(profile.interval),
                       [this, interface, address, number, at = announcing[address]] {
                           if (at == announcing[address]) {
                               announce(interface, address, number + 1);
                           }
                       });
}

void AddressScript::Impl::start(const cluster::AddressSpec& spec, Done done) {
    const std::string interface =
        spec.interface.empty() ? host.interface_for(spec.address) : spec.interface;
    const std::string with_mask =
        spec.address + (spec.prefix_length ? "/" + std::to_string(*spec.prefix_length) : "");
    const bool had_it = host.has_address(spec.address);
    const int error = host.add_address(interface, with_mask);
    if (error != 0) {
        finish(cluster::AgentOp::start, {1, {}}, done);
        return;
    }
    Recorder& recorder = host.context().recorder;
    RecordId record = recorder.current();
    if (!had_it) {
        record = recorder.record("ms.address",
                                 host.name(),
                                 {{"address", std::string_view{spec.address}},
                                  {"interface", std::string_view{interface}}});
        host.announced(spec.address, record);
    }
    const Recorder::Scope scope(recorder, record);
    if (!had_it) {
        host.schedule_user(
            {},
            to_time(draw(profile.send_arp, stream)),
            [this, interface, address = spec.address, at = ++announcing[spec.address]] {
                if (at == announcing[address]) {
                    announce(interface, address, 0);
                }
            });
    }
    host.schedule_user(
        {}, to_time(draw(profile.rest, stream)), [this, at = call, done = std::move(done)] {
            if (at == call) {
                finish(cluster::AgentOp::start, {0, {}}, done);
            }
        });
}

void AddressScript::Impl::stop(const cluster::AddressSpec& spec, const Done& done) {
    ++announcing[spec.address];
    const std::string interface =
        spec.interface.empty() ? host.interface_of(spec.address) : spec.interface;
    Recorder& recorder = host.context().recorder;
    RecordId record = recorder.current();
    if (host.remove_address(interface, spec.address) == 0) {
        record = recorder.record(
            "address.removed", host.name(), {{"address", std::string_view{spec.address}}});
    }
    const Recorder::Scope scope(recorder, record);
    finish(cluster::AgentOp::stop, {0, {}}, done);
}

AddressScript::AddressScript(Host& host, std::string word, AddressScriptProfile profile)
    : m_impl(std::make_unique<Impl>(host, std::move(word), std::move(profile))) {}

AddressScript::~AddressScript() = default;

void AddressScript::run(cluster::AgentOp op, const std::vector<std::string>& arguments, Done done) {
    Impl& impl = *m_impl;
    const std::uint64_t call = ++impl.call;
    const Recorder::Scope scope(impl.host.context().recorder, begun(impl.host, impl.word, op));
    const Distribution& cost = op == cluster::AgentOp::start  ? impl.profile.start
                               : op == cluster::AgentOp::stop ? impl.profile.stop
                                                              : impl.profile.status;
    const auto spec =
        cluster::parse_address_spec(arguments.empty() ? std::string{} : arguments.front());
    if (op == cluster::AgentOp::stop && faults().stop_hangs()) {
        return;
    }
    const Duration drawn = draw(cost, impl.stream);
    impl.host.schedule_user(
        {},
        to_time(op == cluster::AgentOp::start ? faults().start_time(drawn) : drawn),
        [this, &impl, call, op, spec, done = std::move(done)]() mutable {
            if (call != impl.call) {
                return;
            }
            if ((op == cluster::AgentOp::start && faults().start_fails()) ||
                (op == cluster::AgentOp::stop && faults().stop_fails())) {
                impl.finish(op, {1, {}}, done);
            } else if (!spec) {
                impl.finish(op, {2, {}}, done);  // OCF: wrong arguments
            } else if (op == cluster::AgentOp::start) {
                impl.start(*spec, std::move(done));
            } else if (op == cluster::AgentOp::stop) {
                impl.stop(*spec, done);
            } else {
                const bool up = impl.host.has_address(spec->address);
                impl.finish(op, {up ? 0 : 7, up ? "running\n" : "not running\n"}, done);
            }
        });
}

void AddressScript::cancel() {
    ++m_impl->call;
}

void AddressScript::host_lost() {
    ++m_impl->call;
    for (auto& [address, process] : m_impl->announcing) {
        ++process;
    }
}

// ---------------------------------------------------------------- IPsrcaddr, routing script

struct RouteScript::Impl {
    Impl(Host& h, std::string w, std::vector<cluster::AddressSpec> a, ScriptAgent::Profile p)
        : host(h), word(std::move(w)), addresses(std::move(a)), profile(std::move(p)),
          stream(h.context().stream("agent/" + h.name() + "/" + word)) {}

    int start(const std::vector<std::string>& arguments);
    int stop();

    Host& host;
    std::string word;
    std::vector<cluster::AddressSpec> addresses;
    ScriptAgent::Profile profile;
    RandomStream stream;
    std::uint64_t call = 0;
    std::vector<cluster::RouteChange> applied;
};

int RouteScript::Impl::start(const std::vector<std::string>& arguments) {
    std::vector<cluster::AddressSpec> wanted = addresses;
    std::vector<std::string> networks;
    if (!arguments.empty()) {
        const auto own = cluster::parse_address_spec(arguments.front());
        if (!own) {
            return 2;
        }
        wanted = {*own};
        networks = {"default"};
    }
    const auto plan = cluster::plan_route_fixup(host.routes(), wanted, networks);
    for (const cluster::RouteChange& change : plan.changes) {
        if (host.replace_route(change.route) != 0) {
            return 1;
        }
        applied.push_back(change);
        host.prerequisite(host.context().recorder.record(
            "ms.route",
            host.name(),
            {{"destination", std::string_view{change.route.destination}},
             {"interface", std::string_view{change.route.interface}},
             {"source", std::string_view{change.route.source}}}));
    }
    return plan.empty() ? 1 : 0;
}

int RouteScript::Impl::stop() {
    int status = 0;
    for (const cluster::Route& route : cluster::plan_route_undo(host.routes(), applied)) {
        if (host.replace_route(route) != 0) {
            status = 1;
            continue;
        }
        host.context().recorder.record("route.restored",
                                       host.name(),
                                       {{"destination", std::string_view{route.destination}},
                                        {"interface", std::string_view{route.interface}},
                                        {"source", std::string_view{route.source}}});
    }
    applied.clear();
    return status;
}

RouteScript::RouteScript(Host& host,
                         std::string word,
                         std::vector<cluster::AddressSpec> addresses,
                         ScriptAgent::Profile profile)
    : m_impl(
          std::make_unique<Impl>(host, std::move(word), std::move(addresses), std::move(profile))) {
}

RouteScript::~RouteScript() = default;

void RouteScript::run(cluster::AgentOp op, const std::vector<std::string>& arguments, Done done) {
    Impl& impl = *m_impl;
    const std::uint64_t call = ++impl.call;
    const Recorder::Scope scope(impl.host.context().recorder, begun(impl.host, impl.word, op));
    const Distribution& cost = op == cluster::AgentOp::start  ? impl.profile.start
                               : op == cluster::AgentOp::stop ? impl.profile.stop
                                                              : impl.profile.status;
    if (op == cluster::AgentOp::stop && faults().stop_hangs()) {
        return;
    }
    const Duration drawn = draw(cost, impl.stream);
    impl.host.schedule_user(
        {},
        to_time(op == cluster::AgentOp::start ? faults().start_time(drawn) : drawn),
        [this, &impl, call, op, arguments, done = std::move(done)] {
            if (call != impl.call) {
                return;
            }
            Result result;
            if ((op == cluster::AgentOp::start && faults().start_fails()) ||
                (op == cluster::AgentOp::stop && faults().stop_fails())) {
                result.exit_status = 1;
            } else if (op == cluster::AgentOp::start) {
                result.exit_status = impl.start(arguments);
            } else if (op == cluster::AgentOp::stop) {
                result.exit_status = impl.stop();
            } else {
                const bool up = !impl.applied.empty();
                result = {up ? 0 : 3, up ? "running\n" : "not running\n"};
            }
            const Recorder::Scope done_scope(impl.host.context().recorder,
                                             ended(impl.host, impl.word, op, result.exit_status));
            done(std::move(result));
        });
}

void RouteScript::cancel() {
    ++m_impl->call;
}

void RouteScript::host_lost() {
    ++m_impl->call;
    m_impl->applied.clear();
}

// ---------------------------------------------------------------- the published fixrouting

struct PublishedFixrouting::Impl {
    /// Exit status: 0, 1 (usage), 2 (ip route change failed).
    int change(bool start);

    Host& host;
    std::string word;
    std::vector<Segment> segments;
    ScriptAgent::Profile profile;
    RandomStream stream;
    std::uint64_t call = 0;
};

int PublishedFixrouting::Impl::change(bool start) {
    for (const Segment& segment : segments) {
        const std::string& source = start ? segment.virtual_address : segment.first_node;
        const cluster::Route route{.destination = segment.network,
                                   .gateway = {},
                                   .interface = segment.interface,
                                   .source = source,
                                   .protocol = {},
                                   .scope = {},
                                   .metric = 0};
        const int error = host.replace_route(route);
        const RecordId record =
            host.context().recorder.record(error != 0 ? "route.refused"
                                           : start    ? "ms.route"
                                                      : "route.restored",
                                           host.name(),
                                           {{"destination", std::string_view{segment.network}},
                                            {"interface", std::string_view{segment.interface}},
                                            {"source", std::string_view{source}}});
        if (error != 0) {
            return 2;
        }
        if (start) {
            host.prerequisite(record);
        }
    }
    return 0;
}

PublishedFixrouting::PublishedFixrouting(Host& host,
                                         std::string word,
                                         std::vector<Segment> segments,
                                         ScriptAgent::Profile profile)
    : m_impl(std::make_unique<Impl>(
          Impl{host,
               word,
               std::move(segments),
               std::move(profile),
               host.context().stream("agent/" + host.name() + "/" + word)})) {}

PublishedFixrouting::~PublishedFixrouting() = default;

void PublishedFixrouting::run(cluster::AgentOp op, const std::vector<std::string>&, Done done) {
    Impl& impl = *m_impl;
    const std::uint64_t call = ++impl.call;
    const Recorder::Scope scope(impl.host.context().recorder, begun(impl.host, impl.word, op));
    if (op == cluster::AgentOp::stop && faults().stop_hangs()) {
        return;
    }
    const Duration drawn = draw(op == cluster::AgentOp::start  ? impl.profile.start
                                : op == cluster::AgentOp::stop ? impl.profile.stop
                                                               : impl.profile.status,
                                impl.stream);
    impl.host.schedule_user(
        {},
        to_time(op == cluster::AgentOp::start ? faults().start_time(drawn) : drawn),
        [this, &impl, call, op, done = std::move(done)] {
            if (call != impl.call) {
                return;
            }
            Result result;
            if ((op == cluster::AgentOp::start && faults().start_fails()) ||
                (op == cluster::AgentOp::stop && faults().stop_fails())) {
                result.exit_status = 1;
            } else if (op == cluster::AgentOp::status) {
                result = {1, "Usage: fixrouting {start|stop|restart|force-reload}\n"};
            } else {
                result.exit_status = impl.change(op == cluster::AgentOp::start);
            }
            const Recorder::Scope done_scope(impl.host.context().recorder,
                                             ended(impl.host, impl.word, op, result.exit_status));
            done(std::move(result));
        });
}

void PublishedFixrouting::cancel() {
    ++m_impl->call;
}

void PublishedFixrouting::host_lost() {
    ++m_impl->call;
}

}  // namespace models
