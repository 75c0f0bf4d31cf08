// SPDX-License-Identifier: GPL-2.0-or-later
// The defects and costs of heartbeat 3.0.6 that a peer can observe, as switches. All off in our
// daemon; all on in the profile `heartbeat-3.0.6`. R1 is thus written once. Sources:
// facts/heartbeat.md, section in each comment.
#pragma once

#include "cluster/time.hpp"

namespace cluster {

struct Quirks {
    /// §2.8, §3: received packets are handled on the daemon's own keepalive tick (0 = at once).
    bool handle_on_tick = false;
    /// With handle_on_tick: at a tick when silence is due to be judged the loop mostly has a second
    /// pass, soon or late, in which what came meanwhile is handled and silence is judged. So many
    /// of 100 such ticks have one; at the others silence is judged in the tick itself.
    Duration soon_pass{};
    unsigned soon_pass_percent = 0;
    Duration late_pass{};
    unsigned late_pass_percent = 0;
    /// §3: silence is checked at most this often; 0 = exactly at the limit.
    Duration dead_check_interval{};
    /// §3.2: seeing a dead node return with its known generation stops everything and restarts the
    /// daemon 2 s later.
    bool restart_on_heal = false;
    /// §6 point 9: raise the generation at the moment the peer is declared dead, so that a real
    /// peer sees a restart. (This is our cure, so it is *off* in the profile.)
    bool new_generation_on_peer_death = true;
    /// §4.4: after a start failure the standby goes to the wrong side, and the group stays down
    /// everywhere.
    bool start_failure_bug = false;
    /// §4.4: a resource that cannot be stopped makes the daemon kill itself and reboot the machine.
    bool reboot_on_stop_failure = false;
    /// §2.5 / §5 no. 9: stable and held are announced before the start scripts have run.
    bool announce_hold_before_start = true;
    /// asterisk-real.md §6: an owner that wakes up does not announce its address again.
    bool no_announce_after_wake = false;
    /// Facts §1.2: an N packet of index i is verified with the key of the receiver's own sending
    /// index.
    bool verify_with_sending_key = false;

    /// §4.4: several groups of one node are started and stopped one after the other, in the order
    /// asked for.
    bool groups_one_after_another = false;
    /// §2.8: a node that starts alone takes everything at once but calls itself stable only 10 s
    /// later.
    bool wait_when_alone = false;

    [[nodiscard]] static Quirks ours() { return {}; }
    [[nodiscard]] static Quirks heartbeat_3_0_6();
    bool operator==(const Quirks&) const = default;
};

}  // namespace cluster
