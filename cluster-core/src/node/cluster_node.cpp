// SPDX-License-Identifier: GPL-2.0-or-later
// Dispatch: each event goes to the part it concerns, then ownership follows up on what has changed.
#include "cluster/cluster_node.hpp"

#include <algorithm>
#include <utility>

#include "cluster/check.hpp"
#include "node_impl.hpp"

namespace cluster {

ClusterNode::Impl::Impl(NodeOptions options)
    : m_context(std::move(options)), m_membership(m_context),
      m_resources(m_context.options.files, m_context.options.quirks, m_context.issuer),
      m_ownership(m_context, m_membership, m_resources),
      m_native(m_context, m_membership, m_resources),
      m_speaks_native(OwnershipNative::from_the_start(m_context.options)) {
    const auto& nodes = m_context.ha().nodes;
    CLUSTER_CHECK(std::ranges::find(nodes, m_context.options.name) != nodes.end());
}

void ClusterNode::Impl::handle(const Now& now, const Event& event, ActionSink& out) {
    if (left()) {
        return;
    }
    CLUSTER_CHECK(!m_started || now.monotonic >= m_last_run);
    m_context.now = now.monotonic;
    m_context.wall = now.wall;
    // The text form of a message cannot carry a newline.
    m_context.load.assign(
        now.load.substr(0, std::min<std::size_t>({63, now.load.find('\n'), now.load.size()})));
    m_context.out = &out;
    const bool starts = std::holds_alternative<NodeStarted>(event);
    CLUSTER_CHECK(starts != m_started);  // first of all, and once
    if (starts) {
        m_started = true;
        m_last_run = now.monotonic;
    }
    if (m_speaks_native) {
        m_native.wake(m_context.now - m_last_run);
    } else {
        notice_sleep();
    }
    std::visit([this](const auto& e) { on(e); }, event);
    if (m_speaks_native) {
        m_native.follow_up();
    } else {
        follow_events();
        m_ownership.follow_up();
    }
    m_membership.finish();
    m_last_run = now.monotonic;
    m_context.out = nullptr;
}

void ClusterNode::Impl::on(const NodeStarted& event) {
    if (m_speaks_native) {
        m_membership.start_native(event.durable_state);
        m_native.start();
        return;
    }
    m_ownership.note_claims();
    m_membership.start(event.durable_state);
    m_ownership.find_left_over();
}

void ClusterNode::Impl::on(const DatagramReceived& event) {
    if (!m_context.quirks().handle_on_tick) {
        receive(event.link, event.bytes);
    } else if (m_waiting.size() < max_waiting) {
        m_waiting.push_back({false, event.link, {event.bytes.begin(), event.bytes.end()}, {}, {}});
    }
}

void ClusterNode::Impl::receive(LinkId link, std::span<const std::byte> bytes) {
    if (m_speaks_native) {
        m_membership.feed(link, bytes, [&](std::size_t peer, const wire::MessageView& view) {
            m_native.on_message(peer, link, view);
        });
        return;
    }
    m_membership.feed(link, bytes, [this](std::size_t peer, const wire::MessageView& view) {
        follow_events();  // a serial chunk can hold the status that explains the message after it
        m_ownership.on_message(peer, view);
    });
    follow_events();
}

void ClusterNode::Impl::on(const LinkStateChanged& event) {
    m_membership.on_carrier(event.link, event.carrier);
    m_native.judge_again();
}

void ClusterNode::Impl::on(const ActionCompleted& event) {
    if (!m_membership.on_completed(event.id, event.outcome) &&
        (m_speaks_native || !m_ownership.on_completed(event.id, event.outcome))) {
        m_resources.on_completed(m_context.now, event, *m_context.out);
    }
}

void ClusterNode::Impl::on(const BridgeReplyReceived& event) {
    m_resources.on_bridge_reply(m_context.now, event.bytes, *m_context.out);
}

void ClusterNode::Impl::on(const PingReplyReceived& event) {
    m_membership.on_ping_reply(event.target);
}

void ClusterNode::Impl::on(const BridgeStreamChanged& event) {
    if (m_speaks_native) {
        m_native.on_stream(event);
    } else {
        m_ownership.on_stream(event);
    }
}

void ClusterNode::Impl::on(const ConfigReloaded& event) {
    if (event.keys != nullptr && m_membership.reload_keys(*event.keys)) {
        m_context.report(KeysReloaded{event.keys->sending_index});
    }
}

void ClusterNode::Impl::on(const AdminCommand& event) {
    if (m_speaks_native) {
        m_native.on_command(event);
        return;
    }
    // A clean stop comes as a signal, which wakes the loop; the rest through the FIFO.
    if (!m_context.quirks().handle_on_tick || event.kind == AdminCommand::Kind::stop) {
        m_ownership.on_command(event);
    } else if (m_waiting.size() < max_waiting) {
        m_waiting.push_back({true, {}, {}, event.kind, event.scope});
    }
}

/// Quirk handle_on_tick; after its goodbye the process only waits for its end.
bool ClusterNode::Impl::loop_waits_for_ticks() const {
    return m_context.quirks().handle_on_tick && !m_ownership.leaving();
}

void ClusterNode::Impl::on(const DeadlineReached&) {
    if (m_speaks_native) {
        m_membership.on_deadline();
        m_native.on_deadline();
        m_resources.on_deadline(m_context.now, *m_context.out);
        return;
    }
    // Quirk handle_on_tick: nothing is done between two passes of the loop, timers included.
    const bool pass = !loop_waits_for_ticks() || m_membership.passes_now();
    if (pass) {
        m_membership.before_backlog();
        follow_events();
        run_waiting();
    }
    m_membership.on_deadline();
    follow_events();
    if (pass) {
        m_ownership.on_deadline();
    }
    m_resources.on_deadline(m_context.now, *m_context.out);
}

void ClusterNode::Impl::run_waiting() {
    for (const Waiting& waiting : std::exchange(m_waiting, {})) {
        if (waiting.is_command) {
            m_ownership.on_command({waiting.kind, waiting.scope});
        } else {
            receive(waiting.link, waiting.bytes);
        }
    }
}

void ClusterNode::Impl::follow_events() {
    for (const PeerEvent& event : m_membership.take_events()) {
        m_ownership.on_event(event);
    }
}

/// The driver calls at least once per keepalive. A gap beyond what we announced as our dt means
/// that the node was frozen, and that others had the right to declare it dead.
void ClusterNode::Impl::notice_sleep() {
    const Duration slept = m_context.now - m_last_run;
    if (m_context.quirks().handle_on_tick && slept > m_context.ha().deadtime) {
        m_membership.catch_up();
    }
    const bool notices =
        !m_context.quirks().restart_on_heal;  // heartbeat 3.0.6 only wonders about the others
    if (!notices || slept <= std::max(m_context.ha().deadtime, m_context.ha().keepalive)) {
        return;
    }
    m_context.report(NodeSlept{slept});
    if (m_ownership.on_slept(slept)) {
        m_membership.wake_up();
    } else {
        m_membership.excuse_silence();
    }
}

std::optional<Instant> ClusterNode::Impl::next_deadline() const {
    if (!m_started || left()) {
        return std::nullopt;
    }
    if (m_speaks_native) {
        return earlier(m_membership.next_deadline(),
                       earlier(m_native.next_deadline(), m_resources.next_deadline()));
    }
    const std::optional<Instant> own =
        loop_waits_for_ticks() ? std::nullopt : m_ownership.next_deadline();
    return earlier(m_membership.next_deadline(), earlier(own, m_resources.next_deadline()));
}

NodeStatus ClusterNode::Impl::status() const {
    NodeStatus status;
    status.node = m_context.options.name;
    m_membership.fill(status);
    if (m_speaks_native) {
        m_native.fill(status);
    } else {
        m_ownership.fill(status);
    }
    return status;
}

ClusterNode::ClusterNode(NodeOptions options)
    : m_impl(std::make_unique<Impl>(std::move(options))) {}

ClusterNode::ClusterNode(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}

ClusterNode::~ClusterNode() = default;
ClusterNode::ClusterNode(ClusterNode&&) noexcept = default;
ClusterNode& ClusterNode::operator=(ClusterNode&&) noexcept = default;

void ClusterNode::handle(const Now& now, const Event& event, ActionSink& out) {
    m_impl->handle(now, event, out);
}

std::optional<Instant> ClusterNode::next_deadline() const {
    return m_impl->next_deadline();
}

NodeStatus ClusterNode::status() const {
    return m_impl->status();
}

std::vector<std::byte> ClusterNode::snapshot() const {
    return m_impl->snapshot();
}

Result<ClusterNode, RestoreError> ClusterNode::restore(NodeOptions options,
                                                       std::span<const std::byte> bytes) {
    auto impl = std::make_unique<Impl>(std::move(options));
    if (const auto error = impl->load(bytes)) {
        return Unexpected{*error};
    }
    return ClusterNode{std::move(impl)};
}

}  // namespace cluster
