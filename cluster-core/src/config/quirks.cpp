// SPDX-License-Identifier: GPL-2.0-or-later
// The profile `heartbeat-3.0.6`: every observable defect switched on, with its measured figures.
#include "cluster/quirks.hpp"

namespace cluster {

Quirks Quirks::heartbeat_3_0_6() {
    Quirks quirks;
    quirks.handle_on_tick = true;
    // Sourced (3.0.6: silence is looked at no more than four times a second); measured excess with
    // keepalive 200 ms: 0…0.5 s over the dead time (heartbeat 1:3.0.6-13).
    quirks.dead_check_interval = std::chrono::milliseconds{250};
    quirks.restart_on_heal = true;
    quirks.new_generation_on_peer_death = false;
    quirks.start_failure_bug = true;
    quirks.reboot_on_stop_failure = true;
    quirks.announce_hold_before_start = true;
    quirks.no_announce_after_wake = true;
    quirks.verify_with_sending_key = true;
    quirks.groups_one_after_another = true;
    quirks.wait_when_alone = true;
    return quirks;
}

}  // namespace cluster
