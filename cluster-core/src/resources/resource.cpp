// SPDX-License-Identifier: GPL-2.0-or-later
// What all resources share: the one pending action, its time limit, the state and its report,
// saving.
#include "resource.hpp"

#include "cluster/check.hpp"

namespace cluster {

void Resource::begin(ResourceContext& context, Operation operation) {
    CLUSTER_CHECK(m_progress != Progress::busy);
    m_operation = operation;
    m_progress = Progress::busy;
    m_limit.reset();
    switch (operation) {
    case Operation::start:
        begin_start(context);
        break;
    case Operation::stop:
        begin_stop(context);
        break;
    case Operation::verify:
        begin_verify(context);
        break;
    case Operation::probe:
        begin_probe(context);
        break;
    }
}

bool Resource::on_completed(ResourceContext& context, const ActionCompleted& completed) {
    if (!m_pending || *m_pending != completed.id) {
        return false;
    }
    m_pending.reset();
    m_limit.reset();
    answered(context, completed);
    return true;
}

void Resource::on_deadline(ResourceContext& context) {
    if (m_limit && *m_limit <= context.now) {
        m_limit.reset();
        ActionCompleted late{.outcome = Outcome::timed_out, .code = 0, .output = {}, .routes = {}};
        if (m_pending) {
            late.id = *m_pending;
            context.issuer.issue(context.out, Cancel{*m_pending});
            m_pending.reset();
        }
        answered(context, late);
    }
    if (const auto timer = next_timer(); timer && *timer <= context.now) {
        on_timer(context);
    }
}

std::optional<Instant> Resource::next_deadline() const {
    const auto timer = next_timer();
    if (m_limit && (!timer || *m_limit < *timer)) {
        return m_limit;
    }
    return timer;
}

void Resource::issue(ResourceContext& context, Action action, Duration limit) {
    m_pending = context.issuer.issue(context.out, std::move(action));
    set_limit(context, limit);
}

void Resource::abandon(ResourceContext& context) {
    if (m_pending) {
        context.issuer.issue(context.out, Cancel{*m_pending});
        m_pending.reset();
        m_limit.reset();
    }
}

void Resource::set_limit(ResourceContext& context, Duration limit) {
    m_limit = limit > Duration::zero() ? std::optional{context.now + limit} : std::nullopt;
}

void Resource::set_state(ResourceContext& context, ResourceState state, int code) {
    if (state != m_state) {
        m_state = state;
        context.issuer.issue(context.out, Report{ResourceStateChanged{m_id, state, code}});
    }
}

void Resource::save(std::vector<std::byte>& out) const {
    StateWriter writer{out};
    writer.word(m_state);
    writer.word(m_operation);
    writer.word(m_progress);
    writer.number(m_pending ? static_cast<std::uint64_t>(*m_pending) : 0);
    writer.time(m_limit);
    save_more(writer);
}

bool Resource::load(std::span<const std::byte>& in) {
    StateReader reader{in};
    m_state = reader.word(ResourceState::failed);
    m_operation = reader.word(Operation::probe);
    m_progress = reader.word(Progress::failed);
    const std::uint64_t pending = reader.number();
    m_pending = pending == 0 ? std::nullopt : std::optional{ActionId{pending}};
    m_limit = reader.time();
    load_more(reader);
    return reader.ok();
}

}  // namespace cluster
