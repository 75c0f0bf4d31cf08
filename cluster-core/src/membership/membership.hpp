// SPDX-License-Identifier: GPL-2.0-or-later
// Who is there: own life cycle (init, up, active), per-link and per-peer liveness, the dead rule,
// generations, the reliable numbering of messages. Knows nothing of resources: it tells what
// happened to peers (take_events) and hands on the messages it does not understand itself.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "../node/context.hpp"
#include "bad_packets.hpp"
#include "cluster/wire/heartbeat.hpp"
#include "cluster/wire/native_fields.hpp"
#include "generations.hpp"
#include "peer.hpp"
#include "ping_watch.hpp"
#include "sender.hpp"

namespace cluster {

/// What ownership must know, in the order in which it happened.
struct PeerEvent {
    enum class Kind : std::uint8_t {
        active,  ///< we ourselves became active (`peer` has no meaning)
        died,
        healed,          ///< a node that we had declared dead is back and never stopped serving
        restarted,       ///< it began a new life
        new_generation,  ///< it raised its generation while we could hear it: it had declared *us*
                         ///< dead
        told_claims,     ///< it says what it runs
    } kind = Kind::active;
    std::size_t peer = 0;
};

/// Keys that replaced those of the options during this life, in a form that can be saved.
struct ReloadedKeys {
    AuthKeys keys;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.keys.sending_index);
        for (auto& key : self.keys.keys) {
            Slot slot = key ? Slot{true, key->method, key->secret} : Slot{};
            ar(slot.used, slot.method, slot.secret);
            if constexpr (!std::is_const_v<Self>) {
                key = slot.used ? std::optional{AuthKey{slot.method, slot.secret}} : std::nullopt;
            }
        }
    }

  private:
    struct Slot {
        bool used = false;
        AuthMethod method = AuthMethod::crc;
        std::string secret;
    };
};

class Membership {
  public:
    explicit Membership(Context& context);

    void start(std::span<const std::byte> durable_state);

    /// The native dialect: who is alive is judged by ownership, which also says when a beat is
    /// sent; every status and goodbye is handed to it. Nothing is acknowledged or repeated.
    void start_native(std::span<const std::byte> durable_state);
    void send_beat(std::string_view type,
                   const wire::NativeFields& fields,
                   const wire::NativeLimits& limits);
    /// A beat that was understood. `fresh`: not a copy of one that came before.
    void note_beat(
        std::size_t peer, LinkId link, const wire::MessageView& view, bool fresh, bool relayed);
    void refuse_malformed(LinkId link, std::size_t peer);
    void judge_beats(std::size_t peer, bool alive, bool goodbye);

    /// Calls on_message(peer index, view) for every accepted message that is not membership's own.
    template <class OnMessage>
    void feed(LinkId link, std::span<const std::byte> bytes, OnMessage&& on_message) {
        const auto index = static_cast<std::size_t>(link);
        if (index >= m_context.ha().links.size()) {
            return;
        }
        const auto one = [&](std::span<const std::byte> packet) {
            wire::MessageView view;
            if (const auto peer = accept(link, packet, view)) {
                on_message(*peer, view);
            }
        };
        ++m_received;
        if (m_context.ha().links[index].kind == LinkKind::serial) {
            m_framers[index].feed(bytes, one);
        } else {
            one(bytes);
        }
    }

    void on_carrier(LinkId link, bool carrier);
    /// In force at once, for sending and verifying. False, and nothing changed: no key to send
    /// with.
    bool reload_keys(const AuthKeys& keys);
    void on_ping_reply(PingTargetId target) { m_pings.on_reply(target); }
    bool on_completed(ActionId id, Outcome outcome) {
        return m_generations.on_completed(id, outcome);
    }
    void on_deadline();
    /// Last thing of every handle(): durable state is written after everything else was asked for.
    void finish() { m_generations.persist_if_due(); }
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    /// Quirk handle_on_tick: the loop looks at what came since it last did.
    [[nodiscard]] bool passes_now() const noexcept {
        const auto due = [&](std::optional<Instant> at) { return at && m_context.now >= *at; };
        return m_context.now >= m_next_beat || due(m_next_pass) || due(m_script_pass);
    }

    /// We were not scheduled for longer than our dt: others may have declared us dead. Back to
    /// `up`, new generation.
    void wake_up();
    /// The same, but nobody can have taken anything: only forgive the others their silence.
    void excuse_silence();
    void set_phase(NodePhase phase);
    void
    set_restarting();  ///< raises our announced dt, as heartbeat does before it restarts itself
    void send_status();
    /// Quirk handle_on_tick, after this process has been stopped: everything is due at once, and
    /// two processes race. What the readers have in their sockets, or the look at who is silent.
    void catch_up();
    /// Quirk handle_on_tick: a script of the daemon's own ends after that long, which wakes the
    /// loop.
    void pass_at_end_of_script(Duration after);
    void before_backlog();
    /// What this node runs (ownership/claims.hpp); told while a peer may have to know.
    void set_claims(std::string_view claims) {
        if (m_claims != claims) {
            m_claims = claims;
        }
    }
    void set_running(std::string_view running) { m_generations.set_running(running); }
    [[nodiscard]] const std::string& left_running() const { return m_generations.left_running(); }
    void tell_claims_until(Instant at) { m_tell_until = std::max(m_tell_until, at); }
    [[nodiscard]] bool tells_claims() const;
    void settle_returned();

    [[nodiscard]] std::vector<PeerEvent> take_events();
    [[nodiscard]] Sender& sender() noexcept { return m_sender; }
    [[nodiscard]] const Sender& sender() const noexcept { return m_sender; }
    [[nodiscard]] const std::vector<Peer>& peers() const noexcept { return m_peers; }
    void mark_shut_down(std::size_t peer) { m_peers[peer].shut_down = true; }
    [[nodiscard]] const Uuid* uuid_of(std::size_t peer) const;
    [[nodiscard]] bool any_alive() const;
    [[nodiscard]] NodePhase phase() const noexcept { return m_phase; }
    /// No carrier on any link: silence proves nothing about others.
    [[nodiscard]] bool isolated() const;
    [[nodiscard]] const PingWatch& pings() const noexcept { return m_pings; }
    /// The peers understand claims: they are ours, not real heartbeats.
    [[nodiscard]] bool peers_speak_claims() const;
    void fill(NodeStatus& status) const;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_phase,
           self.m_started,
           self.m_next_beat,
           self.m_bonus_until,
           self.m_restarting,
           self.m_last_check,
           self.m_next_pass,
           self.m_script_pass,
           self.m_judges_first);
        ar(self.m_nodelist_known,
           self.m_ask_nodes_at,
           self.m_ask_next,
           self.m_claims,
           self.m_tell_until,
           self.m_carrier,
           self.m_received);
        ar(self.m_accepted,
           self.m_duplicates,
           self.m_peers,
           self.m_sender,
           self.m_generations,
           self.m_bad,
           self.m_pings);
        ar(self.m_new_keys, self.m_native);
    }
    void use_restored_keys();
    void save_framers(std::vector<std::vector<std::byte>>& out) const;
    void load_framers(const std::vector<std::vector<std::byte>>& in);

  private:
    static constexpr Duration start_bonus = std::chrono::seconds{2};  // added to dt …
    static constexpr Duration start_bonus_lasts =
        std::chrono::seconds{5};  // … for this long; heartbeat 3.0.6
    /// A peer that starts together with us has heard it by then [assumed].
    static constexpr Duration first_claims = std::chrono::seconds{5};
    static constexpr Duration restart_bonus = std::chrono::seconds{30};  // heartbeat 3.0.6
    static constexpr Duration nodes_interval = std::chrono::seconds{1};  // heartbeat 3.0.6
    /// The readers hand over what waited in their sockets [assumed: well within a tick].
    static constexpr Duration backlog_delay = std::chrono::milliseconds{1};
    /// Of 100 wake-ups, in so many silence is judged before the first waiting message is read
    /// [measured: both nodes restarted in 3 of 6 runs of SIGSTOP and SIGCONT, heartbeat
    /// 1:3.0.6-13].
    static constexpr unsigned judges_first_percent = 50;
    static constexpr Duration max_dt = std::chrono::hours{24};  // assumed: no sane limit is longer

    // receive.cpp
    std::optional<std::size_t>
    accept(LinkId link, std::span<const std::byte> packet, wire::MessageView& view);
    [[nodiscard]] bool
    is_beat(Peer& peer, std::string_view type, const wire::MessageView& view, LinkId link);
    void set_alive(Peer& peer, PeerChangeReason reason, Duration silent);
    void on_own(const wire::MessageView& view, LinkId link);
    void on_control(Peer& peer, std::string_view type, const wire::MessageView& view);
    bool take_number(Peer& peer,
                     std::size_t index,
                     std::string_view type,
                     std::uint64_t seq,
                     const wire::MessageView& view,
                     LinkId link);
    void on_status(std::size_t index,
                   const wire::MessageView& view,
                   std::uint64_t seq,
                   bool new_generation);
    void hear_claims(std::size_t index, std::string_view text);
    void
    came_up(std::size_t index, PeerState from, bool new_generation, bool fresh, Duration silent);
    void heard_on(Peer& peer, LinkId link);
    void acknowledge(const Peer& peer, std::uint64_t seq);
    bool on_nodes(std::size_t index, std::string_view type, const wire::MessageView& view);

    // membership.cpp
    [[nodiscard]] Duration limit_of(const Peer& peer) const;
    [[nodiscard]] Duration own_dt() const;
    void beat();
    [[nodiscard]] std::string_view announced_phase() const;
    bool judge_in_this_tick();
    void run_status_script(bool own);
    [[nodiscard]] bool judging_is_due() const {
        return m_context.now - m_last_check >= m_context.quirks().dead_check_interval;
    }
    void judge();
    void judge_peer(std::size_t index);
    void judge_links(Peer& peer);
    void declare_dead(std::size_t index, PeerChangeReason reason);
    void ask_missing(std::size_t index);
    void report_lost(Peer& peer);
    void ask_nodes();
    void check_active();
    [[nodiscard]] std::optional<Instant> peer_deadline(const Peer& peer) const;

    Context& m_context;
    wire::Authenticator m_keys;
    std::optional<ReloadedKeys> m_new_keys;  ///< since the start of this life
    Sender m_sender;
    Generations m_generations;
    BadPacketLog m_bad;
    PingWatch m_pings;
    std::vector<Peer> m_peers;
    std::vector<wire::SerialFramer> m_framers;  // by LinkId; used for serial links only
    std::vector<bool> m_carrier;
    std::vector<PeerEvent> m_events;
    NodePhase m_phase = NodePhase::init;
    Instant m_started{};
    Instant m_next_beat{};
    Instant m_last_check{};
    std::optional<Instant> m_next_pass;    ///< quirk: the second one after a tick
    std::optional<Instant> m_script_pass;  ///< quirk: a script of its own ends
    bool m_judges_first = false;           ///< quirk: how the race of a wake-up ends
    std::optional<Instant> m_bonus_until;
    bool m_restarting = false;
    bool m_native = false;
    bool m_nodelist_known = false;
    std::string m_claims;
    Instant m_tell_until{};
    std::optional<Instant> m_ask_nodes_at;
    std::size_t m_ask_next = 0;
    std::uint64_t m_received = 0;
    std::uint64_t m_accepted = 0;
    std::uint64_t m_duplicates = 0;
};

}  // namespace cluster
