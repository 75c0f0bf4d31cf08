// SPDX-License-Identifier: GPL-2.0-or-later
// Groups at work: one member after the other, retries of a stop, unwinding of a failed start,
// queued wishes.
//
//   idle ──start──► starting ──every member runs──► idle (started)
//    ▲                  └──a member fails──► unwinding ──► idle (start_failed, or stop_failed)
//    └──(stopped, or stop_failed)── stopping ◄──stop── idle
#include "resource_manager.hpp"

#include <algorithm>
#include <utility>

#include "cluster/check.hpp"
#include "resource.hpp"
#include "state_bytes.hpp"

namespace cluster {

namespace {

enum class Activity : std::uint8_t { idle, starting, stopping };
enum class Wish : std::uint8_t { none, start, stop };

struct Group {
    GroupId id{};
    std::vector<std::unique_ptr<Resource>> members;
    std::vector<ResourceState> states;
    Activity activity = Activity::idle;
    Wish wish = Wish::none;    ///< to be carried out when idle; the latest one counts
    std::size_t position = 0;  ///< member at work
    int stop_tries = 0;
    Instant stop_begun{};  ///< of the member at `position`
    bool verifying = false;
    bool clearing = false;                      ///< what runs is found out first
    bool probing = false;                       ///< … for the member at `position`
    std::optional<Instant> retry_at;            ///< next attempt to stop the member at `position`
    std::optional<std::uint16_t> failed_start;  ///< set while unwinding
    std::optional<std::uint16_t> failed_stop;

    [[nodiscard]] bool all(ResourceState state) const {
        return std::all_of(
            members.begin(), members.end(), [&](const auto& m) { return m->state() == state; });
    }
};

}  // namespace

class ResourceManager::Impl {
  public:
    Impl(const NodeFiles& files, const Quirks& quirks, Issuer& issuer)
        : m_settings(files.settings), m_quirks(quirks), m_issuer(issuer) {
        const std::vector<Binding> bindings = resolve_bindings(files.resources, files.settings);
        for (std::size_t g = 0; g < files.resources.groups.size(); ++g) {
            Group& group = m_groups.emplace_back();
            group.id = static_cast<GroupId>(g);
            std::vector<AddressSpec> left;
            const auto& words = files.resources.groups[g].resources;
            for (std::size_t w = 0; w < words.size(); ++w) {
                const ResourceId id{group.id, static_cast<std::uint16_t>(w)};
                const auto bound = std::find_if(bindings.begin(),
                                                bindings.end(),
                                                [&](const Binding& b) { return b.resource == id; });
                CLUSTER_CHECK(bound != bindings.end());
                group.members.push_back(make_resource(files, id, bound->kind, left));
                if (bound->kind == BindingKind::address) {
                    if (const auto address = address_of(words[w])) {
                        left.push_back(*address);
                    }
                }
            }
            group.states.assign(group.members.size(), ResourceState::stopped);
        }
    }

    [[nodiscard]] Group& group(GroupId id) {
        CLUSTER_CHECK(static_cast<std::size_t>(id) < m_groups.size());
        return m_groups[static_cast<std::size_t>(id)];
    }

    [[nodiscard]] ResourceContext context(Instant now, ActionSink& out) {
        return {now, out, m_issuer};
    }

    void wish(Instant now, GroupId id, Wish what, ActionSink& out) {
        Group& g = group(id);
        const bool unwinding = g.failed_start.has_value();
        const bool under_way = what == Wish::start ? g.activity == Activity::starting
                                                   : g.activity == Activity::stopping && !unwinding;
        std::erase(m_order, id);
        if (under_way) {
            g.wish = Wish::none;  // the outcome of what is being done answers this, too
            return;
        }
        g.wish = what;
        m_order.push_back(id);
        auto c = context(now, out);
        pump(c);
    }

    bool on_completed(Instant now, const ActionCompleted& completed, ActionSink& out) {
        auto c = context(now, out);
        for (Group& g : m_groups) {
            for (const auto& member : g.members) {
                if (member->on_completed(c, completed)) {
                    pump(c);
                    return true;
                }
            }
        }
        return false;
    }

    void on_bridge_reply(Instant now, std::span<const std::byte> bytes, ActionSink& out) {
        if (Resource* user = bridge_user()) {
            auto c = context(now, out);
            user->on_bridge_reply(c, bytes);
            pump(c);
        }
    }

    void on_deadline(Instant now, ActionSink& out) {
        auto c = context(now, out);
        for (Group& g : m_groups) {
            for (const auto& member : g.members) {
                member->on_deadline(c);
            }
            if (g.retry_at && *g.retry_at <= now) {
                g.retry_at.reset();
                g.members[g.position]->begin(c, Resource::Operation::stop);
            }
        }
        pump(c);
    }

    [[nodiscard]] std::optional<Instant> next_deadline() const {
        std::optional<Instant> earliest;
        const auto consider = [&earliest](const std::optional<Instant>& at) {
            if (at && (!earliest || *at < *earliest)) {
                earliest = at;
            }
        };
        for (const Group& g : m_groups) {
            consider(g.retry_at);
            for (const auto& member : g.members) {
                consider(member->next_deadline());
            }
        }
        return earliest;
    }

    void announce_again(Instant now, GroupId id, ActionSink& out) {
        auto c = context(now, out);
        for (const auto& member : group(id).members) {
            member->announce(c);
        }
    }

    void set_silent(Instant now, GroupId id, bool silent, ActionSink& out) {
        auto c = context(now, out);
        change_voice(c, group(id), silent);
        pump(c);
    }

    void stop_whatever_runs(Instant now, GroupId id, ActionSink& out) {
        for (const auto& member : group(id).members) {
            member->assume_running();
        }
        wish(now, id, Wish::stop, out);
    }

    void set_suspended(Instant now, GroupId id, bool suspended, ActionSink& out) {
        auto c = context(now, out);
        for (const auto& member : group(id).members) {
            member->hold_back(suspended);
        }
        change_voice(c, group(id), suspended);
        pump(c);
    }

    void clear_group(Instant now, GroupId id, ActionSink& out) {
        auto c = context(now, out);
        Group& g = group(id);
        for (const auto& member : g.members) {
            member->assume_running();
            member->fall_silent(c);
        }
        g.clearing = true;
        wish(now, id, Wish::stop, out);
    }

    void repoint_again(Instant now, GroupId id, ActionSink& out) {
        auto c = context(now, out);
        for (const auto& member : group(id).members) {
            member->repoint(c);
        }
        pump(c);
    }

    void look_at_bridge(Instant now, GroupId id, ActionSink& out) {
        auto c = context(now, out);
        for (const auto& member : group(id).members) {
            member->look(c);
        }
        pump(c);
    }

    std::optional<bool> take_look(GroupId id) {
        std::optional<bool> there;
        for (const auto& member : group(id).members) {
            if (const auto found = member->take_look()) {
                there = found;
            }
        }
        return there;
    }

    void leave_bridge(GroupId id) {
        for (const auto& member : group(id).members) {
            member->leave_bridge();
        }
    }

    [[nodiscard]] std::vector<GroupOutcome> take_outcomes() {
        return std::exchange(m_outcomes, {});
    }

    [[nodiscard]] bool idle() const {
        return m_order.empty() && std::all_of(m_groups.begin(), m_groups.end(), [](const Group& g) {
                   return g.activity == Activity::idle;
               });
    }

    void save(std::vector<std::byte>& out) const {
        StateWriter w{out};
        for (const Group& g : m_groups) {
            w.word(g.activity);
            w.word(g.wish);
            w.number(g.position);
            w.signed_number(g.stop_tries);
            w.time(g.stop_begun);
            w.flag(g.verifying);
            w.flag(g.clearing);
            w.flag(g.probing);
            w.time(g.retry_at);
            w.flag(g.failed_start.has_value());
            w.number(g.failed_start.value_or(0));
            w.flag(g.failed_stop.has_value());
            w.number(g.failed_stop.value_or(0));
            for (const auto& member : g.members) {
                member->save(out);
            }
        }
        w.number(m_order.size());
        for (const GroupId id : m_order) {
            w.number(static_cast<std::uint64_t>(id));
        }
        w.number(m_outcomes.size());
        for (const GroupOutcome& outcome : m_outcomes) {
            w.number(static_cast<std::uint64_t>(outcome.group));
            w.word(outcome.kind);
            w.number(outcome.resource.position);
        }
    }

    bool load(std::span<const std::byte>& in) {
        StateReader r{in};
        for (Group& g : m_groups) {
            const std::uint64_t last = g.members.size() - 1;
            g.activity = r.word(Activity::stopping);
            g.wish = r.word(Wish::stop);
            g.position = static_cast<std::size_t>(r.number_up_to(last));
            g.stop_tries = static_cast<int>(r.number_up_to(1U << 30U));
            g.stop_begun = r.time().value_or(Instant{});
            g.verifying = r.flag();
            g.clearing = r.flag();
            g.probing = r.flag();
            g.retry_at = r.time();
            const bool failed_start = r.flag();
            const auto start_position = static_cast<std::uint16_t>(r.number_up_to(last));
            g.failed_start = failed_start ? std::optional{start_position} : std::nullopt;
            const bool failed_stop = r.flag();
            const auto stop_position = static_cast<std::uint16_t>(r.number_up_to(last));
            g.failed_stop = failed_stop ? std::optional{stop_position} : std::nullopt;
            if (!r.ok()) {
                return false;
            }
            for (const auto& member : g.members) {
                if (!member->load(in)) {
                    return false;
                }
            }
            const bool working = g.members[g.position]->progress() == Resource::Progress::busy;
            if (working == (g.activity == Activity::idle || g.retry_at.has_value())) {
                return false;  // would wait for ever, or be asked twice
            }
        }
        m_order.clear();
        for (std::uint64_t left = r.number_up_to(m_groups.size()); left > 0 && r.ok(); --left) {
            m_order.push_back(static_cast<GroupId>(r.number_up_to(m_groups.size() - 1)));
        }
        m_outcomes.clear();
        for (std::uint64_t left = r.number(); left > 0 && r.ok(); --left) {
            GroupOutcome outcome;
            outcome.group = static_cast<GroupId>(r.number_up_to(m_groups.size() - 1));
            outcome.kind = r.word(GroupOutcome::Kind::stop_failed);
            outcome.resource = {outcome.group, static_cast<std::uint16_t>(r.number_up_to(0xFFFF))};
            m_outcomes.push_back(outcome);
        }
        note_states();
        return r.ok();
    }

    std::vector<Group> m_groups;

  private:
    /// Off from right to left and on from left to right, as groups stop and start: a source fix-up
    /// stands behind its addresses.
    static void change_voice(ResourceContext& c, Group& g, bool silent) {
        if (silent) {
            std::for_each(
                g.members.rbegin(), g.members.rend(), [&](auto& m) { m->fall_silent(c); });
        } else {
            std::for_each(g.members.begin(), g.members.end(), [&](auto& m) { m->speak_again(c); });
        }
    }

    /// Does all that can be done without waiting. Ends, since every wish is taken once and every
    /// member moves on.
    void pump(ResourceContext& c) {
        bool moved = true;
        while (moved) {
            moved = begin_wishes(c);
            for (Group& g : m_groups) {
                moved = advance(g, c) || moved;
            }
            moved = lend_bridge(c) || moved;
        }
        note_states();
    }

    [[nodiscard]] bool somebody_works() const {
        return std::any_of(m_groups.begin(), m_groups.end(), [](const Group& g) {
            return g.activity != Activity::idle;
        });
    }

    /// Wishes in the order in which they came. heartbeat handles one group at a time; we handle
    /// them side by side.
    bool begin_wishes(ResourceContext& c) {
        bool moved = false;
        for (std::size_t i = 0; i < m_order.size();) {
            Group& g = group(m_order[i]);
            if (g.activity != Activity::idle ||
                (m_quirks.groups_one_after_another && somebody_works())) {
                ++i;
                continue;
            }
            m_order.erase(m_order.begin() + static_cast<std::ptrdiff_t>(i));
            begin_wish(g, std::exchange(g.wish, Wish::none), c);
            moved = true;
        }
        return moved;
    }

    void begin_wish(Group& g, Wish wish, ResourceContext& c) {
        if (wish == Wish::stop) {
            for (const auto& member : g.members) {
                member->hold_back(false);
            }
        }
        if (wish == Wish::start) {
            if (g.all(ResourceState::running)) {
                finish(g, GroupOutcome::Kind::started, 0);
                return;
            }
            g.activity = Activity::starting;
            enter(g, first_from(g, 0), c);
        } else if (g.all(ResourceState::stopped)) {
            finish(g, GroupOutcome::Kind::stopped, 0);
        } else {
            g.activity = Activity::stopping;
            stop_from(g, g.members.size(), c);
        }
    }

    /// First member from `position` on that does not run yet; one past the end when all do.
    static std::size_t first_from(const Group& g, std::size_t position) {
        while (position < g.members.size() &&
               g.members[position]->state() == ResourceState::running) {
            ++position;
        }
        return position;
    }

    void enter(Group& g, std::size_t position, ResourceContext& c) {
        g.position = position;
        g.members[position]->begin(c, Resource::Operation::start);
    }

    /// Stops the nearest member left of `end` that may be up, or finishes.
    void stop_from(Group& g, std::size_t end, ResourceContext& c) {
        while (end > 0 && g.members[end - 1]->state() == ResourceState::stopped &&
               !stops_everything(g)) {
            --end;
        }
        if (end == 0) {
            if (g.failed_stop) {
                finish(g, GroupOutcome::Kind::stop_failed, *g.failed_stop);
            } else if (g.failed_start) {
                finish(g, GroupOutcome::Kind::start_failed, *g.failed_start);
            } else {
                finish(g, GroupOutcome::Kind::stopped, 0);
            }
            return;
        }
        g.position = end - 1;
        g.stop_begun = c.now;
        g.stop_tries = 0;
        g.verifying = false;
        g.probing = g.clearing;
        g.members[g.position]->begin(
            c, g.probing ? Resource::Operation::probe : Resource::Operation::stop);
    }

    /// heartbeat calls stop for every member, whether it has been started or not.
    [[nodiscard]] bool stops_everything(const Group& g) const {
        return g.failed_start && m_settings.start_failure == StartFailurePolicy::heartbeat;
    }

    void finish(Group& g, GroupOutcome::Kind kind, std::uint16_t position) {
        g.activity = Activity::idle;
        g.clearing = false;
        g.failed_start.reset();
        g.failed_stop.reset();
        m_outcomes.push_back({g.id, kind, {g.id, position}});
    }

    /// One step of one group; false when there is nothing to do but wait.
    bool advance(Group& g, ResourceContext& c) {
        if (g.activity == Activity::idle || g.retry_at) {
            return false;
        }
        Resource& member = *g.members[g.position];
        if (member.progress() == Resource::Progress::busy) {
            return false;
        }
        const bool well = member.progress() == Resource::Progress::done;
        if (g.activity == Activity::starting) {
            if (!well) {
                g.failed_start = static_cast<std::uint16_t>(g.position);
                g.activity = Activity::stopping;
                stop_from(g, g.members.size(), c);  // an earlier stop may have failed further right
            } else if (const std::size_t following = first_from(g, g.position + 1);
                       following < g.members.size()) {
                enter(g, following, c);
            } else {
                finish(g, GroupOutcome::Kind::started, 0);
            }
            return true;
        }
        if (std::exchange(g.probing, false) && !well) {
            member.begin(c, Resource::Operation::stop);
        } else if (well || g.verifying) {
            if (!well && !g.failed_stop) {
                g.failed_stop = static_cast<std::uint16_t>(g.position);
            }
            stop_from(g, g.position, c);
        } else if (g.stop_tries < m_settings.stop_attempts &&
                   (m_settings.stop_deadline == Duration::zero() ||
                    c.now < g.stop_begun + m_settings.stop_deadline)) {
            ++g.stop_tries;
            g.retry_at = c.now + m_settings.stop_retry_delay;
        } else {
            g.verifying = true;
            member.begin(c, Resource::Operation::verify);
        }
        return true;
    }

    [[nodiscard]] Resource* bridge_user() {
        for (Group& g : m_groups) {
            for (const auto& member : g.members) {
                if (member->has_bridge()) {
                    return member.get();
                }
            }
        }
        return nullptr;
    }

    bool lend_bridge(ResourceContext& c) {
        if (bridge_user() != nullptr) {
            return false;
        }
        for (Group& g : m_groups) {
            for (const auto& member : g.members) {
                if (member->waits_for_bridge()) {
                    member->give_bridge(c);
                    return true;
                }
            }
        }
        return false;
    }

    void note_states() {
        for (Group& g : m_groups) {
            for (std::size_t i = 0; i < g.members.size(); ++i) {
                g.states[i] = g.members[i]->state();
            }
        }
    }

    const Settings& m_settings;
    const Quirks& m_quirks;
    Issuer& m_issuer;
    std::vector<GroupId> m_order;  ///< groups with a wish, oldest first
    std::vector<GroupOutcome> m_outcomes;
};

ResourceManager::ResourceManager(const NodeFiles& files, const Quirks& quirks, Issuer& issuer)
    : m_impl(std::make_unique<Impl>(files, quirks, issuer)) {}

ResourceManager::~ResourceManager() = default;

void ResourceManager::start_group(Instant now, GroupId group, ActionSink& out) {
    m_impl->wish(now, group, Wish::start, out);
}

void ResourceManager::stop_group(Instant now, GroupId group, ActionSink& out) {
    m_impl->wish(now, group, Wish::stop, out);
}

bool ResourceManager::on_completed(Instant now, const ActionCompleted& completed, ActionSink& out) {
    return m_impl->on_completed(now, completed, out);
}

void ResourceManager::on_bridge_reply(Instant now,
                                      std::span<const std::byte> bytes,
                                      ActionSink& out) {
    m_impl->on_bridge_reply(now, bytes, out);
}

void ResourceManager::on_deadline(Instant now, ActionSink& out) {
    m_impl->on_deadline(now, out);
}

std::optional<Instant> ResourceManager::next_deadline() const {
    return m_impl->next_deadline();
}

void ResourceManager::announce_again(Instant now, GroupId group, ActionSink& out) {
    m_impl->announce_again(now, group, out);
}

void ResourceManager::repoint_again(Instant now, GroupId group, ActionSink& out) {
    m_impl->repoint_again(now, group, out);
}

void ResourceManager::look_at_bridge(Instant now, GroupId group, ActionSink& out) {
    m_impl->look_at_bridge(now, group, out);
}

std::optional<bool> ResourceManager::take_look(GroupId group) {
    return m_impl->take_look(group);
}

void ResourceManager::leave_bridge(GroupId group) {
    m_impl->leave_bridge(group);
}

void ResourceManager::fall_silent(Instant now, GroupId group, ActionSink& out) {
    m_impl->set_silent(now, group, true, out);
}

void ResourceManager::speak_again(Instant now, GroupId group, ActionSink& out) {
    m_impl->set_silent(now, group, false, out);
}

void ResourceManager::suspend_group(Instant now, GroupId group, ActionSink& out) {
    m_impl->set_suspended(now, group, true, out);
}

void ResourceManager::resume_group(Instant now, GroupId group, ActionSink& out) {
    m_impl->set_suspended(now, group, false, out);
}

void ResourceManager::clear_group(Instant now, GroupId group, ActionSink& out) {
    m_impl->clear_group(now, group, out);
}

void ResourceManager::stop_whatever_runs(Instant now, GroupId group, ActionSink& out) {
    m_impl->stop_whatever_runs(now, group, out);
}

std::vector<GroupOutcome> ResourceManager::take_outcomes() {
    return m_impl->take_outcomes();
}

const std::vector<ResourceState>& ResourceManager::states(GroupId group) const {
    return m_impl->group(group).states;
}

bool ResourceManager::all_running(GroupId group) const {
    return m_impl->group(group).all(ResourceState::running);
}

bool ResourceManager::any_running(GroupId group) const {
    return !m_impl->group(group).all(ResourceState::stopped);
}

bool ResourceManager::idle() const {
    return m_impl->idle();
}

void ResourceManager::save(std::vector<std::byte>& out) const {
    m_impl->save(out);
}

bool ResourceManager::load(std::span<const std::byte>& in) {
    return m_impl->load(in);
}

}  // namespace cluster
