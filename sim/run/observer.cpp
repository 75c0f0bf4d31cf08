// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/observer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sim {

namespace {

std::string_view because(cluster::TakeoverReason reason) {
    switch (reason) {
    case cluster::TakeoverReason::cold_start:
        return "cold start";
    case cluster::TakeoverReason::peer_dead:
        return "its peer is dead";
    case cluster::TakeoverReason::peer_shutdown:
        return "its peer shut down";
    case cluster::TakeoverReason::peer_standby:
        return "its peer went to standby";
    case cluster::TakeoverReason::peer_request:
        return "its peer asked";
    case cluster::TakeoverReason::failback:
        return "it is the preferred node again";
    case cluster::TakeoverReason::lone_start:
        return "no peer appeared";
    case cluster::TakeoverReason::operator_command:
        return "the operator asked";
    case cluster::TakeoverReason::start_retry:
        return "nobody else can";
    }
    return "?";
}

}  // namespace

std::string_view rule_words(cluster::PolicyDecision::Rule rule) {
    using Rule = cluster::PolicyDecision::Rule;
    switch (rule) {
    case Rule::carrier:
        return "no carrier on any heartbeat path";
    case Rule::ping_tie_break:
        return "its peer is silent and no ping target answers";
    case Rule::woke_up:
        return "it was not scheduled";
    case Rule::returned:
        return "its peer is back";
    case Rule::start_failure:
        return "the group starts nowhere";
    case Rule::stop_failure:
        return "the group does not stop";
    case Rule::daemon_death:
        return "its daemon died";
    case Rule::bridge_stream:
        return "the stream of the bridge ceased";
    }
    return "?";
}

std::string_view notice_words(cluster::ClusterNotice::Kind kind) {
    using Kind = cluster::ClusterNotice::Kind;
    switch (kind) {
    case Kind::no_quorum:
        return "no quorum, nothing is held here";
    case Kind::split_unsafe:
        return "no tie-breaker, the other node may run everything, too";
    case Kind::spares_exhausted:
        return "every eligible node is full";
    case Kind::no_eligible_node:
        return "no node may run the group";
    case Kind::configuration_differs:
        return "its nodes or groups are not the same as here";
    case Kind::mixed_cluster:
        return "it speaks the two-node protocol";
    }
    return "";
}

std::string_view decision_words(cluster::PolicyDecision::Decision decision) {
    using Decision = cluster::PolicyDecision::Decision;
    switch (decision) {
    case Decision::keeps:
        return "keeps what it runs";
    case Decision::takes_nothing:
        return "takes nothing";
    case Decision::releases:
        return "gives up what it runs";
    case Decision::waits:
        return "waits";
    case Decision::retries:
        return "will try again";
    case Decision::settled:
        return "is settled";
    case Decision::points:
        return "points the bridge here again";
    case Decision::leaves:
        return "leaves the bridge as it is";
    }
    return "?";
}

Observer::Observer(std::vector<std::string> members,
                   const cluster::HaResources& resources,
                   Invariants& invariants)
    : m_members(std::move(members)), m_resources(resources), m_invariants(invariants) {}

void Observer::tell(std::int64_t t, std::string text) {
    m_story.push_back({t, std::move(text)});
}

struct Observer::Reader {
    Observer& self;
    std::int64_t t;
    std::size_t member;
    std::uint64_t record;

    [[nodiscard]] const std::string& who() const { return self.m_members[member]; }
    [[nodiscard]] const cluster::ResourceWord& word(cluster::ResourceId id) const {
        return self.m_resources.groups.at(static_cast<std::size_t>(id.group))
            .resources.at(id.position);
    }
    [[nodiscard]] std::string group(cluster::GroupId id) const {
        const auto& group = self.m_resources.groups.at(static_cast<std::size_t>(id));
        return group.resources.empty() ? group.node : group.resources.front().text;
    }

    void operator()(const cluster::PeerStateChanged& r) const {
        if (r.to == cluster::PeerState::dead) {
            self.tell(t,
                      r.reason == cluster::PeerChangeReason::silent
                          ? fmt::format("{}: {} declared dead, silent for {}",
                                        who(),
                                        r.node,
                                        seconds(r.silent_for))
                          : fmt::format("{}: {} has left", who(), r.node));
        } else if (r.from == cluster::PeerState::dead && r.to == cluster::PeerState::up) {
            self.tell(t, fmt::format("{}: {} is back", who(), r.node));
        }
    }
    void operator()(const cluster::PeerLinkChanged&) const {}
    void operator()(const cluster::PingTargetChanged& r) const {
        self.tell(
            t,
            fmt::format("{}: ping target {} {}", who(), r.target, r.up ? "answers" : "is silent"));
    }
    void operator()(const cluster::LateHeartbeat&) const {}
    void operator()(const cluster::NodePhaseChanged&) const {}
    void operator()(const cluster::GroupRoleChanged& r) const {
        using cluster::GroupRole;
        if (r.to == GroupRole::takeover) {
            self.tell(
                t,
                fmt::format(
                    "{}: takes group {}, because {}", who(), group(r.group), because(r.reason)));
            // A takeover takes from somebody; the first owner of a run does not.
            const auto owner = self.m_owner.find(r.group);
            if (owner != self.m_owner.end() && owner->second != member) {
                self.m_takeovers.push_back({t, who(), record});
            }
            self.m_owner[r.group] = member;
        } else if (r.to == GroupRole::active) {
            self.tell(t, fmt::format("{}: group {} is complete", who(), group(r.group)));
        } else if (r.to == GroupRole::release) {
            self.tell(t, fmt::format("{}: gives up group {}", who(), group(r.group)));
        } else if (r.to == GroupRole::fault) {
            self.tell(t, fmt::format("{}: group {} has failed", who(), group(r.group)));
        }
    }
    void operator()(const cluster::ResourceStateChanged& r) const {
        self.m_invariants.resource(t, member, r.resource, r.to);
        if (r.to == cluster::ResourceState::running) {
            self.m_starts.push_back(
                {t, who(), word(r.resource).text, word(r.resource).script, record});
            self.tell(t, fmt::format("{}: {} runs", who(), word(r.resource).text));
        } else if (r.to == cluster::ResourceState::failed) {
            self.tell(t,
                      fmt::format("{}: {} failed with {}", who(), word(r.resource).text, r.code));
        }
    }
    void operator()(const cluster::BridgeStep& r) const {
        using What = cluster::BridgeStep::What;
        if (r.what == What::lost_reply) {
            self.tell(t,
                      fmt::format("{}: no reply to bridge step {} of {}, attempt {}",
                                  who(),
                                  r.step,
                                  r.steps,
                                  r.attempt));
        } else if (r.what == What::refused) {
            self.tell(t,
                      fmt::format("{}: bridge refuses step {} of {} with status {}",
                                  who(),
                                  r.step,
                                  r.steps,
                                  r.status));
        } else if (r.what == What::given_up) {
            self.tell(t,
                      fmt::format("{}: gives up at bridge step {} of {}", who(), r.step, r.steps));
        } else if (r.what == What::finished) {
            self.tell(t, fmt::format("{}: bridge re-pointed in {} steps", who(), r.steps));
        }
    }
    void operator()(const cluster::StandbyChanged& r) const {
        if (r.to == cluster::StandbyProgress::requested ||
            r.to == cluster::StandbyProgress::refused ||
            r.to == cluster::StandbyProgress::timed_out) {
            self.tell(t,
                      fmt::format("{}: standby {}",
                                  who(),
                                  r.to == cluster::StandbyProgress::requested ? "requested"
                                  : r.to == cluster::StandbyProgress::refused ? "refused"
                                                                              : "timed out"));
        }
    }
    void operator()(const cluster::OwnershipConflict& r) const {
        self.tell(t,
                  fmt::format("{}: both nodes {} the same resources",
                              who(),
                              r.conflict ? "claim" : "no longer claim"));
    }
    void operator()(const cluster::BadPackets&) const {}
    void operator()(const cluster::MessagesLost&) const {}
    void operator()(const cluster::FencingReport& r) const {
        using Result = cluster::FencingReport::Result;
        if (r.result != Result::none_configured) {
            self.tell(t,
                      fmt::format("{}: fencing of {} {}",
                                  who(),
                                  r.node,
                                  r.result == Result::requested   ? "requested"
                                  : r.result == Result::confirmed ? "confirmed"
                                                                  : "failed"));
        }
    }
    void operator()(const cluster::NodeSlept& r) const {
        self.tell(t, fmt::format("{}: was not scheduled for {}", who(), seconds(r.slept)));
    }
    void operator()(const cluster::PolicyDecision& r) const {
        std::string text = fmt::format(
            "{}: {}, because {}", who(), decision_words(r.decision), rule_words(r.rule));
        if (r.decision == cluster::PolicyDecision::Decision::settled) {
            text = fmt::format("{}: settled after: {}", who(), rule_words(r.rule));
        } else if (r.delay > Duration::zero()) {
            text += fmt::format(" ({})", seconds(r.delay));
        }
        self.tell(t, std::move(text));
    }
    void operator()(const cluster::KeysReloaded& r) const {
        self.tell(
            t, fmt::format("{}: reads authkeys again, sends with key {}", who(), r.sending_index));
    }
    void operator()(const cluster::ViewAgreed& r) const {
        self.tell(
            t,
            fmt::format("{}: agreed on plan {} of {}", who(), r.epoch, fmt::join(r.members, ", ")));
    }
    void operator()(const cluster::ClusterNotice& r) const {
        self.tell(t,
                  fmt::format("{}: {}{}{}{}",
                              who(),
                              r.begins ? "" : "no longer: ",
                              notice_words(r.kind),
                              r.subject.empty() ? "" : ": ",
                              r.subject));
    }
};

void Observer::reported(std::int64_t t,
                        std::size_t member,
                        const cluster::ReportBody& body,
                        std::uint64_t record) {
    std::visit(Reader{*this, t, member, record}, body);
}

}  // namespace sim
