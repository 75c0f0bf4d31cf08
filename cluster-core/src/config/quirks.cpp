// SPDX-License-Identifier: GPL-2.0-or-later
// The profile `heartbeat-3.0.6`: every observable defect switched on, with its measured figures,
// and every rule of ours off.
#include "cluster/quirks.hpp"

#include "cluster/settings.hpp"

namespace cluster {

Quirks Quirks::heartbeat_3_0_6() {
    Quirks quirks;
    quirks.handle_on_tick = true;
    // Measured (heartbeat 1:3.0.6-13, keepalive 200 ms). Of 19 deaths 10 to 12 were declared 13 to
    // 46 ms after the survivor's tick, 4 about 95 ms after it, the others in it. Of about 110
    // packets that came within 20 ms after a tick, 30 were acknowledged 10 to 20 ms after it and 10
    // after about 100 ms: a second pass at every second tick, as silence is judged at every second
    // one, explains both.
    quirks.soon_pass = std::chrono::milliseconds{20};
    quirks.soon_pass_percent = 62;
    quirks.late_pass = std::chrono::milliseconds{100};
    quirks.late_pass_percent = 23;
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

Settings Settings::as_heartbeat_3_0_6() const {
    Settings settings = *this;
    settings.bindings.clear();
    for (const char* word : {"IPaddr", "IPaddr2", "IPsrcaddr"}) {
        settings.bindings[word].kind = BindingKind::script;
    }
    settings.start_failure = StartFailurePolicy::heartbeat;
    settings.start_retry_delay = Duration::zero();
    settings.stop_timeout = Duration::zero();
    settings.stop_deadline = Duration::zero();
    settings.carrier_policy = false;
    settings.ping_tie_break = false;
    settings.bridge.watch = false;
    return settings;
}

}  // namespace cluster
